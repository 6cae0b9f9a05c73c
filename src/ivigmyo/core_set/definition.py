"""The IMACS definition of improvement of 2004."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.core_set.frames import gain, measured_with, names, percent, read_pair
from ivigmyo.core_set.measures import MEASURES

__all__ = [
    "definition_of_improvement",
]


def definition_of_improvement(
    baseline: pd.DataFrame, final: pd.DataFrame, *, mmt_maximum: float = 260, scale_maximum: float = 10
) -> pd.DataFrame:
    """Tell whether each patient meets the IMACS definition of improvement.

    It is met where at least three of the six core set measures improved by 20 % or more, no more than two worsened by
    25 % or more, and MMT is not one of those that worsened.

    Parameters
    ----------
    baseline, final : pandas.DataFrame
        As in `total_improvement_score`.
    mmt_maximum : float, default 260
        The highest possible MMT. The definition itself does not need it: it serves to refuse an impossible value.
    scale_maximum : {10, 100}, default 10
        The length of the three visual analogue scales, for the same purpose.

    Returns
    -------
    pandas.DataFrame
        The index of `baseline`; for each measure ``..._relative_change`` (percent of the baseline value, an improvement
        positive); `n_improved` and `n_worsened`; the names of these measures in `improved` and `worsened`, of the
        missing ones in `missing` (``""`` where none); and `met`, a nullable boolean.

    Raises
    ------
    ValueError
        If a column is unknown or absent, the indexes differ, or a value is outside its range.

    Notes
    -----
    The relative percent change is 100 (improvement) / baseline; a change of exactly 20 or 25 % counts. From a baseline
    of 0, no change is 0 %, and any change exceeds every percentage (it is infinite): a worsening counts as worsened,
    and an MMT that rises from 0 as improved.

    `met` is decided by the known measures where they decide it whichever way the missing ones went, and is missing
    otherwise. It is False where too few measures are left that may have improved, three have worsened, or MMT has. It
    is True only where MMT is known and no more than two measures have worsened or are missing.

    Edges are decided as the values are written in decimals, of up to six significant digits.

    References
    ----------
    Rider LG, et al. Arthritis Rheum 2004;50:2281.

    Examples
    --------
    >>> columns = ["physician_global", "patient_global", "extramuscular", "mmt", "haq", "enzyme"]
    >>> baseline = pd.DataFrame([[5.5, 2, 5.5, 146, 0, 66]], ["P01"], columns)
    >>> final = pd.DataFrame([[0.5, 1, 0, 150, 0, 84]], ["P01"], columns)
    >>> result = definition_of_improvement(baseline, final, mmt_maximum=150)
    >>> result.at["P01", "improved"]
    'physician_global, patient_global, extramuscular'
    >>> result[["n_improved", "n_worsened", "worsened", "met"]]
         n_improved  n_worsened worsened   met
    P01           3           1   enzyme  True
    """
    instruments = measured_with(mmt_maximum, scale_maximum)
    before, after = read_pair(baseline, final, instruments)
    gains = {measure: gain(instruments[measure], before[measure], after[measure]) for measure in MEASURES}
    changes = {measure: percent(gains[measure], before[measure]) for measure in MEASURES}
    improved = {measure: changes[measure] >= 20 for measure in MEASURES}
    worsened = {measure: changes[measure] <= -25 for measure in MEASURES}
    absent = {measure: np.isnan(changes[measure]) for measure in MEASURES}
    n_improved, n_worsened, n_absent = (sum(flags.values()) for flags in (improved, worsened, absent))
    possible = (n_improved + n_absent >= 3) & (n_worsened <= 2) & ~worsened["mmt"]
    certain = possible & (n_improved >= 3) & (n_worsened + n_absent <= 2) & ~absent["mmt"]
    columns: dict[str, Any] = {f"{measure}_relative_change": changes[measure] for measure in MEASURES}
    columns |= {"n_improved": n_improved, "n_worsened": n_worsened}
    columns |= {"improved": names(improved), "worsened": names(worsened), "missing": names(absent)}
    columns["met"] = pd.arrays.BooleanArray(certain, possible & ~certain)
    return pd.DataFrame(columns, index=baseline.index, copy=False)
