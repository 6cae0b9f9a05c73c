"""A study's CK episodes: from the recorded follow-up where there is one, else from serial CK values and their limits."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ivigmyo.errors import DataError, Problem
from ivigmyo.normalization import episodes_from_follow_up, find_normalizations
from ivigmyo.study import Study

__all__ = ["study_episodes"]


def study_episodes(study: Study, origin: Literal["normalization", "treatment"] = "normalization") -> pd.DataFrame:
    """Return when each patient's CK normalized, re-elevated or was last seen.

    Parameters
    ----------
    study : Study
        A study.
    origin : {"normalization", "treatment"}, default "normalization"
        From when durations are counted.

    Returns
    -------
    pandas.DataFrame
        Columns ``patient, normalized_on, re_elevated_on, observed_until, duration, event, status``, in the study's order
        of patients: those with a recorded follow-up, and those with a CK value.

    Raises
    ------
    DataError
        If a patient without a follow-up has a CK value without its upper limit of normal, or no patient has either.

    Notes
    -----
    The recorded days of a follow-up come before those that the serial values give, since they may be finer; where the
    two contradict each other the study is refused when it is read.

    References
    ----------
    Saito et al. 2008, Table 4.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> study = saito2008.load_study().efficacy_set
    >>> study_episodes(study)["status"].value_counts().to_dict()
    {'re-elevated': 8, 'censored': 5, 'not normalized': 2}
    """
    follow_up, serial = study.follow_up(), study.ck_series()
    serial = serial[~serial["patient"].isin(follow_up["patient"])]
    unlimited = serial[serial["uln"].isna()]
    if len(unlimited):
        first = unlimited.iloc[0]
        record = f"for patient {first['patient']!r}, day {first['day']:.0f}"
        others = f", and {len(unlimited) - 1} more" if len(unlimited) > 1 else ""
        raise DataError([Problem("'CK' needs its upper limit of normal", np.nan, record + others)])
    found = []
    if len(follow_up):
        found.append(episodes_from_follow_up(follow_up, origin=origin))
    if len(serial):
        found.append(find_normalizations(serial, origin=origin)[list(_COLUMNS)])
    if not found:
        raise DataError([Problem("a study must have a CK follow-up or a CK value with its limit", 0)])
    order = {name: i for i, name in enumerate(study.ids)}
    episodes = pd.concat([frame[list(_COLUMNS)] for frame in found], ignore_index=True)
    return episodes.sort_values("patient", key=lambda names: names.map(order), ignore_index=True)


_COLUMNS = ("patient", "normalized_on", "re_elevated_on", "observed_until", "duration", "event", "status")
