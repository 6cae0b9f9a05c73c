"""A finding before and after: who lost it, who gained it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import Column, read_columns
from ivigmyo.display import OneRow
from ivigmyo.errors import is_finite, refusal

__all__ = ["FindingsComparison", "compare_findings"]

_GRADES = {"negative": 0, "false-positive": 1, "positive": 2}


@attrs.frozen(repr=False)
class FindingsComparison(OneRow):
    """A finding before and after, in pairs.

    Parameters
    ----------
    lost, gained : int
        Patients in whom it was present before only, and after only.
    p_value : float or None
        McNemar's test, two-sided and exact; None without a pair.
    n : int
        Pairs of which both sides are known.
    kept, never : int
        Pairs in which it was present, or absent, on both sides.
    n_excluded : int
        Pairs that lack a side.
    method : str
        The test.

    Examples
    --------
    >>> found = compare_findings(["positive", "false-positive", "positive"], ["negative", "negative", "positive"])
    >>> found.lost, found.gained, found.p_value
    (2, 0, 0.5)
    """

    lost: int
    gained: int
    p_value: float | None
    n: int
    kept: int
    never: int
    n_excluded: int
    method: str = "exact McNemar"


def compare_findings(before: Column, after: Column) -> FindingsComparison:
    """Compare in how many patients a finding is present before and after.

    Parameters
    ----------
    before, after : array_like
        One finding a patient: truth values; or ``"positive"``, ``"false-positive"`` and ``"negative"``, in any case; or 2, 1
        and 0 for these. False-positive counts as present. Pairs in which a side is missing are left out and counted. Series
        must have equal indexes.

    Returns
    -------
    FindingsComparison
        Who lost and who gained it, with the P value.

    Raises
    ------
    ValueError
        If a finding is anything else, or lengths or indexes differ.

    Notes
    -----
    Those who changed are as likely to lose as to gain it if nothing changed: the P value is twice the smaller tail of the
    binomial distribution, at most 1, R's ``binom.test(lost, lost + gained)``; 1 where nobody changed.

    References
    ----------
    McNemar Q. Psychometrika 1947;12:153. Saito et al. 2008, Discussion: signs of the skin before and after.

    Examples
    --------
    >>> compare_findings([2, 1, 2, 0, None], [0, 0, 2, 0, 2]).n_excluded
    1
    """
    values = {"before": _read("before", before), "after": _read("after", after)}
    columns = read_columns(before=values["before"], after=values["after"])
    known = ~np.isnan(columns["before"]) & ~np.isnan(columns["after"])
    then, now = columns["before"][known] > 0, columns["after"][known] > 0
    lost, gained = int((then & ~now).sum()), int((~then & now).sum())
    n = int(known.sum())
    return FindingsComparison(
        lost=lost,
        gained=gained,
        p_value=_mcnemar(lost, gained) if n else None,
        n=n,
        kept=int((then & now).sum()),
        never=int((~then & ~now).sum()),
        n_excluded=int((~known).sum()),
    )


def _mcnemar(lost: int, gained: int) -> float:
    """Double the smaller tail, counted in whole numbers."""
    changed = lost + gained
    tail = sum(math.comb(changed, k) for k in range(min(lost, gained) + 1))
    return float(min(Fraction(2 * tail, 2**changed), Fraction(1)))


def _read(name: str, findings: Any) -> Any:
    """Read findings as grades, keeping the index that they have."""
    if isinstance(findings, (str, bytes, dict, set, pd.DataFrame)) or not isinstance(findings, Iterable):
        raise ValueError(refusal(f"{name!r} must be a column of findings", type(findings).__name__))
    grades = np.array([_grade(name, each, i) for i, each in enumerate(findings)], dtype=np.float64)
    return pd.Series(grades, findings.index) if isinstance(findings, pd.Series) else grades


def _grade(name: str, finding: Any, position: int) -> float:
    if finding is None or finding is pd.NA or finding is np.ma.masked or finding is pd.NaT:
        return math.nan
    if isinstance(finding, bool | np.bool_):
        return 2.0 if finding else 0.0
    if isinstance(finding, str) and (grade := _GRADES.get(" ".join(finding.split()).casefold())) is not None:
        return float(grade)
    if is_finite(finding) and finding in _GRADES.values():
        return float(finding)
    if isinstance(finding, float) and math.isnan(finding):
        return math.nan
    rule = f"{name!r} must be a truth value, or one of 'positive', 'false-positive', 'negative' (2, 1, 0)"
    raise ValueError(refusal(rule, finding, f"at position {position}"))
