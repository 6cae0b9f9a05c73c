"""The GB-0998 study of Saito et al. 2008: its patients, row by row, and its CK episodes."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from ivigmyo.files.folder import read_study
from ivigmyo.normalization import episodes_from_follow_up
from ivigmyo.saito2008.protocol import PROTOCOL
from ivigmyo.saito2008.published import PUBLISHED_STEROID_LINE
from ivigmyo.study import Study

if TYPE_CHECKING:
    from ivigmyo.saito2008.ledger import reproduce as reproduce

__all__ = ["PROTOCOL", "PUBLISHED_STEROID_LINE", "load_episodes", "load_study", "reproduce"]


def __getattr__(name: str) -> Any:
    """Load the ledger when it is first used."""
    if name != "reproduce":
        raise AttributeError(f"module 'ivigmyo.saito2008' has no attribute {name!r}")
    from ivigmyo.saito2008.ledger import reproduce

    return reproduce


def load_study() -> Study:
    """Read the bundled study.

    Returns
    -------
    Study
        All 16 treated patients, ids "1" to "16"; patient 16 is in the safety set only.

    References
    ----------
    Saito et al. 2008, Tables 2, 4 and 5. What comes from where stands in the README beside the data files.

    Examples
    --------
    >>> study = load_study()
    >>> study.title, study.protocol == PROTOCOL
    ('GB-0998 study', True)
    >>> study.efficacy_set.values("CK").mean().round(1).tolist()
    [2897.1, 1259.8, 298.4, 39.0, 241.1, 219.3]
    """
    with as_file(files("ivigmyo.saito2008") / "data") as folder:
        return read_study(folder)


def load_episodes(origin: Literal["normalization", "treatment"] = "normalization") -> pd.DataFrame:
    """Read the CK follow-up of the 15 patients of the efficacy set as episodes.

    Parameters
    ----------
    origin : {"normalization", "treatment"}, default "normalization"
        From when the duration is counted: from the day CK came within normal limits, as the paper defines it, or from
        the first infusion.

    Returns
    -------
    pandas.DataFrame
        Columns ``patient, normalized_on, re_elevated_on, observed_until, duration, event, status``, in the order of
        Table 4.

    References
    ----------
    Saito et al. 2008, Table 4.

    Examples
    --------
    >>> load_episodes().loc[[0, 1, 2], ["patient", "duration", "event", "status"]]
      patient  duration  event          status
    0       1       NaN    NaN  not normalized
    1       2     254.0    0.0        censored
    2       3     371.0    1.0     re-elevated
    """
    return episodes_from_follow_up(load_study().follow_up(), origin=origin)
