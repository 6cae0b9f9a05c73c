"""Whether a treatment does more in some patients than in others: one test for each factor."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import FloatArray, Values, check_choice, read_columns
from ivigmyo.contrasts.arms import Codes, read_arms, read_factors, read_levels
from ivigmyo.contrasts.hazards import hazard_ratio
from ivigmyo.contrasts.two_by_two import Table
from ivigmyo.display import OneRow, Scalar

__all__ = ["Interaction", "interaction_of_durations", "interaction_of_means", "interaction_of_responses"]

_RANK = 1e-10  # relative to the largest singular value: columns nearer than this to a sum of others are one
_SAME = 1e-12  # relative: rounding
_LEVELS = "fewer than two levels say anything of the treatment"


@attrs.frozen(repr=False)
class Interaction(OneRow):
    """The test that a treatment does the same at every level of a factor.

    Parameters
    ----------
    statistic : float or None
        Chi-squared, or F; None where there is no test.
    df : int
        Its degrees of freedom; 0 where there is no test.
    df_residual : int or None
        The second degrees of freedom of F.
    p_value : float or None
        The P value; None where there is no test.
    n : int
        Patients.
    n_levels, n_levels_without_weight : int
        Levels of the factor, and those of them that say nothing of the treatment.
    reason : str or None
        Why there is no test; None where there is one.
    method : str
        The name of the test.

    Examples
    --------
    >>> responded = [1, 1, 0, 0, 1, 0, 0, 1]
    >>> test = interaction_of_responses(responded, list("AAPPAAPP"), "P", list("xxxxyyyy"))
    >>> round(test.statistic, 3), test.df, round(test.p_value, 3)
    (3.452, 1, 0.063)
    """

    statistic: float | None
    df: int
    df_residual: int | None
    p_value: float | None
    n: int
    n_levels: int
    n_levels_without_weight: int
    reason: str | None = None
    method: str = ""

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:  # noqa: ARG002 - a test has no limits
        """Give the numbers by name; what does not exist is None."""
        return {each.name: getattr(self, each.name) for each in attrs.fields(type(self))}


def interaction_of_responses(responded: Values, arm: Values, control: Hashable, factor: Values) -> Interaction:
    """Test whether the odds ratio of a response is the same at every level of a factor.

    Parameters
    ----------
    responded : array_like of bool
        True or 1 for a patient who responded, False or 0 for one who did not; none may be missing.
    arm : array_like
        One label a patient, of exactly two arms; none may be missing.
    control : hashable
        The label of the control arm.
    factor : array_like
        One label a patient; none may be missing.

    Returns
    -------
    Interaction
        The test.

    Raises
    ------
    ValueError
        If there are not exactly two arms, `control` is neither, or lengths or indexes differ.

    Notes
    -----
    The likelihood-ratio test of the interaction in a logistic model of arm and factor: R's ``anova(glm(y ~ arm + factor),
    glm(y ~ arm * factor), test = "Chisq")``. The fit with one odds ratio is found from the margins of each level, also
    where nobody or everybody responded in an arm, in which R warns. A level that lacks an arm, or in which all patients
    have the same outcome, says nothing of the odds ratio: it has no degree of freedom, and is counted.

    References
    ----------
    Breslow NE, Day NE. Statistical methods in cancer research, volume 1. IARC 1980, section 4.4.

    Examples
    --------
    >>> interaction_of_responses([1, 0, 1, 0], list("APAP"), "P", list("xxyy")).p_value
    1.0
    """
    columns = read_columns(allow_bool=True, responded=responded)
    columns.refuse("responded", ~np.isin(columns["responded"], (0, 1)), "must be 0 or 1")
    treated = read_arms(columns, "arm", arm, "control", control).is_treated
    levels, codes = read_levels(columns, "factor", factor)
    tables = [_count(columns["responded"], treated, codes == each) for each in range(len(levels))]
    telling = [(x, n, y, m) for x, n, y, m in tables if n and m and 0 < x + y < n + m]
    df = len(telling) - 1
    counts = len(columns), len(levels), len(levels) - len(telling)
    method = "likelihood-ratio test in a logistic model"
    if df < 1:
        return Interaction(None, 0, None, None, *counts, _LEVELS, method)
    statistic = sum(_deviance(table, fitted) for table, fitted in zip(telling, _with_one_odds_ratio(telling), strict=True))
    return Interaction(statistic, df, None, _chi_squared(statistic, df), *counts, None, method)


def _count(responded: FloatArray, treated: npt.NDArray[np.bool_], here: npt.NDArray[np.bool_]) -> Table:
    x, n, y, m = (
        int(each.sum()) for each in (responded[here & treated], here & treated, responded[here & ~treated], here & ~treated)
    )
    return x, n, y, m


def _with_one_odds_ratio(tables: Sequence[Table]) -> list[float]:
    """Find the responders in the treated arm of each table that one odds ratio makes likeliest.

    Their sum rises with the odds ratio and must be the one that was seen. Halving finds the ratio on the log scale.
    """
    seen = sum(x for x, *_ in tables)
    if seen == sum(min(n, x + y) for x, n, y, _ in tables):
        return [float(min(n, x + y)) for x, n, y, _ in tables]
    if seen == sum(max(0, x + y - m) for x, _, y, m in tables):
        return [float(max(0, x + y - m)) for x, _, y, m in tables]
    low, high = -50.0, 50.0
    while low < (middle := (low + high) / 2) < high:
        below = sum(_expected(table, math.exp(middle)) for table in tables) < seen
        low, high = (middle, high) if below else (low, middle)
    return [_expected(table, math.exp(high)) for table in tables]


def _expected(table: Table, ratio: float) -> float:
    """Give the responders of the treated arm at an odds ratio, the margins being as they are."""
    x, n, y, m = table
    total = x + y
    if ratio == 1:
        return n * total / (n + m)
    # (ratio - 1) a^2 - b a + ratio n total = 0; the root within the margins, written so that no digits cancel
    b = (ratio - 1) * (n + total) + n + m
    root = math.sqrt(max(b * b - 4 * (ratio - 1) * ratio * n * total, 0.0))
    return 2 * ratio * n * total / (b + root)


def _deviance(table: Table, fitted: float) -> float:
    x, n, y, m = table
    total = x + y
    cells = ((x, fitted), (n - x, n - fitted), (y, total - fitted), (m - y, m - total + fitted))
    return max(0.0, 2 * math.fsum(seen * math.log(seen / expected) for seen, expected in cells if seen))


def interaction_of_means(
    baseline: Values,
    final: Values,
    arm: Values,
    control: Hashable,
    factor: Values,
    strata: Values | pd.DataFrame | None = None,
    scale: Literal["raw", "ln"] = "raw",
) -> Interaction:
    """Test whether the adjusted difference of mean changes is the same at every level of a factor.

    Parameters
    ----------
    baseline, final, arm : array_like
        As in `compare_means`.
    control : hashable
        The label of the control arm.
    factor : array_like
        One label a patient; none may be missing.
    strata : array_like or DataFrame, optional
        As in `compare_means`.
    scale : {"raw", "ln"}, default "raw"
        As in `compare_means`.

    Returns
    -------
    Interaction
        The test.

    Raises
    ------
    ValueError
        As `compare_means`, but that arms may be told by strata: then there is no test.

    Notes
    -----
    The F test of the interaction in the analysis of covariance: R's ``anova(lm(change ~ baseline + arm + strata + factor),
    lm(change ~ baseline + arm * factor + strata))``.

    Examples
    --------
    >>> baseline, final = [59, 53, 62, 60, 57, 66, 61, 55], [90, 73, 79, 66, 61, 74, 60, 70]
    >>> test = interaction_of_means(baseline, final, list("AAPPAAPP"), "P", list("xyxyxyxy"))
    >>> round(test.statistic, 3), test.df, test.df_residual
    (0.013, 1, 3)
    """
    check_choice("scale", scale, ("raw", "ln"))
    columns = read_columns(baseline=baseline, final=final)
    treated = read_arms(columns, "arm", arm, "control", control).is_treated
    levels, codes = read_levels(columns, "factor", factor)
    factors = read_factors(columns, strata)
    if scale == "ln":
        for name in ("baseline", "final"):
            columns.refuse(name, columns[name] <= 0, "must be greater than 0 on the ln scale")
    known = ~(np.isnan(columns["baseline"]) | np.isnan(columns["final"]))
    before, after = (columns[name][known] for name in ("baseline", "final"))
    before, after = (np.log(before), np.log(after)) if scale == "ln" else (before, after)
    treated, codes, factors = treated[known], codes[known], [each[known] for each in factors]
    telling = sum(0 < treated[codes == each].sum() < (codes == each).sum() for each in range(len(levels)))
    method = "F test in an analysis of covariance"
    counts = len(before), len(levels), len(levels) - int(telling)
    if telling < 2:
        return Interaction(None, 0, None, None, *counts, _LEVELS, method)
    change = after - before
    main = np.column_stack(
        [np.ones(len(before)), before - before.mean(), np.asarray(treated, dtype=float), *map(_dummies, (codes, *factors))]
    )
    whole = np.column_stack([main, _dummies(codes) * np.asarray(treated, dtype=float)[:, None]])
    (rest, rank), (rest_whole, rank_whole) = (_residual(design, change) for design in (main, whole))
    df, df_residual = rank_whole - rank, len(change) - rank_whole
    if df < 1 or df_residual < 1 or rest_whole <= (_SAME * float(np.abs(after).max())) ** 2 * len(change):
        reason = "no degree of freedom is left" if df_residual < 1 else _LEVELS if df < 1 else "the model fits exactly"
        return Interaction(None, 0, None, None, *counts, reason, method)
    from scipy.special import fdtrc

    f = max(0.0, (rest - rest_whole) / df) / (rest_whole / df_residual)
    return Interaction(f, df, df_residual, float(fdtrc(df, df_residual, f)), *counts, None, method)


def _dummies(codes: Codes) -> FloatArray:
    return np.asarray(codes[:, None] == np.unique(codes)[1:], dtype=np.float64)


def _residual(design: FloatArray, values: FloatArray) -> tuple[float, int]:
    """Give the sum of squares that a design leaves, and its rank."""
    scale = np.abs(design).max(axis=0)
    u, s, _ = np.linalg.svd(design / np.where(scale > 0, scale, 1.0), full_matrices=False)
    u = u[:, s > _RANK * s[0]]
    residual = values - u @ (u.T @ values)
    return float(residual @ residual), u.shape[1]


def interaction_of_durations(
    durations: Values, events: Values, groups: Values, reference: Hashable, factor: Values
) -> Interaction:
    """Test whether the hazard ratio is the same at every level of a factor.

    Parameters
    ----------
    durations, events, groups : array_like
        As in `hazard_ratio`.
    reference : hashable
        The label of the group whose hazard is divided by.
    factor : array_like
        One label a patient; none may be missing.

    Returns
    -------
    Interaction
        The test.

    Raises
    ------
    ValueError
        As `hazard_ratio`.

    Notes
    -----
    Cochran's Q of the logarithms of the hazard ratios, each level's by Cox's model of its own, weighted by the inverse of
    their variance. A level without a ratio (it lacks an arm, or an arm has no event) has no weight, and is counted.

    References
    ----------
    Altman DG, Bland JM. BMJ 2003;326:219.

    Examples
    --------
    >>> days, events = [6, 7, 10, 15, 19, 25, 4, 9, 12, 3], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    >>> test = interaction_of_durations(days, events, list("ABABABABAB"), "A", list("xxxxxyyyyy"))
    >>> round(test.statistic, 3), test.df
    (0.147, 1)
    """
    columns = read_columns(allow_bool=True, durations=durations, events=events)
    arms = read_arms(columns, "groups", groups, "reference", reference)
    levels, codes = read_levels(columns, "factor", factor)
    found = []
    for each in range(len(levels)):
        here = codes == each
        if 0 < arms.is_treated[here].sum() < here.sum():
            one = hazard_ratio(columns["durations"][here], columns["events"][here], arms.is_treated[here], False)
            found += [(math.log(one.ratio), one.se**-2)] if one.ratio is not None and one.se else []
    logs, weights = np.array(found).reshape(-1, 2).T
    df = len(found) - 1
    counts = len(columns), len(levels), len(levels) - len(found)
    method = "Cochran's Q of the log hazard ratios"
    if df < 1:
        return Interaction(None, 0, None, None, *counts, _LEVELS, method)
    statistic = float(weights @ (logs - weights @ logs / weights.sum()) ** 2)
    return Interaction(statistic, df, None, _chi_squared(statistic, df), *counts, None, method)


def _chi_squared(statistic: float, df: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))
