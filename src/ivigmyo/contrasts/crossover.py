"""Two treatments in two periods, in one order or the other."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import NamedTuple

import attrs
import numpy as np

from ivigmyo.arguments import FloatArray, Values, read_columns
from ivigmyo.contrasts.arms import read_arms
from ivigmyo.display import OneRow, Scalar
from ivigmyo.estimates import ConfidenceInterval, check_level

__all__ = ["CrossoverComparison", "CrossoverEffect", "compare_crossover"]

_EXACT = 1e-12  # relative to the largest value: a spread as small as this is rounding


@attrs.frozen(repr=False)
class CrossoverEffect(OneRow):
    """One of the effects in a crossover trial.

    Parameters
    ----------
    estimate, se : float or None
        The effect and its standard error, in the unit of the outcome.
    df : int or None
        Degrees of freedom: patients with both values, less 2.
    t, p_value : float or None
        estimate / se and its two-sided P value; None where there is no test.

    Examples
    --------
    >>> trial = compare_crossover([9, 8, 5, 4], [6, 4, 8, 9], list("AABB"), treated_first="A")
    >>> trial.treatment.estimate, trial.treatment.df, round(trial.treatment.p_value, 4)
    (3.75, 2, 0.0215)
    """

    estimate: float | None
    se: float | None
    df: int | None
    t: float | None
    p_value: float | None

    def confidence_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of the effect by Student's t.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.

        Returns
        -------
        ConfidenceInterval
            The limits; both None where there is no standard error.
        """
        check_level(level)
        if self.estimate is None or self.se is None or not self.df:
            return ConfidenceInterval(None, None)
        from scipy.special import stdtrit

        margin = -float(stdtrit(self.df, (1 - float(level)) / 2)) * self.se
        return ConfidenceInterval(self.estimate - margin, self.estimate + margin)


@attrs.frozen(repr=False)
class CrossoverComparison(OneRow):
    """The effects in a crossover trial of two treatments in two periods.

    Parameters
    ----------
    treatment : CrossoverEffect
        Treated minus control.
    period : CrossoverEffect
        Period 2 minus period 1.
    carry_over : CrossoverEffect
        The mean total of both periods where the treatment came first, less that where it came second. It compares
        patients with each other, is hardly ever found, and decides nothing.
    n_treated_first, n_control_first : int
        Patients with both values in each sequence.
    n_excluded : int
        Patients left out, since one of their values is missing.
    reason : str or None
        Why there is no effect or no test; None where there are both.
    method : str
        The name of the tests.

    Examples
    --------
    >>> trial = compare_crossover([9, 8, 5, 4], [6, 4, 8, 9], list("AABB"), treated_first="A")
    >>> trial.period.estimate, trial.carry_over.estimate, trial.n_excluded
    (0.25, 0.5, 0)
    """

    treatment: CrossoverEffect
    period: CrossoverEffect
    carry_over: CrossoverEffect
    n_treated_first: int
    n_control_first: int
    n_excluded: int
    reason: str | None = None
    method: str = "two-sample t-tests of the differences and totals of the periods"

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:
        """Give the numbers by name, with the limits at `level`; what does not exist is None.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of the limits.

        Returns
        -------
        dict
            One entry a number; `to_frame` lays out the same as one row.
        """
        row: dict[str, Scalar] = {}
        for name in ("treatment", "period", "carry_over"):
            effect: CrossoverEffect = getattr(self, name)
            low, high = effect.confidence_interval(level)
            row |= {name: effect.estimate, f"{name}_low": low, f"{name}_high": high}
            row |= {f"{name}_{part}": getattr(effect, part) for part in ("se", "df", "t", "p_value")}
        counts = ("n_treated_first", "n_control_first", "n_excluded")
        row |= {name: getattr(self, name) for name in counts}
        return row | {"level": level, "reason": self.reason, "method": self.method}


def compare_crossover(first: Values, second: Values, sequence: Values, treated_first: Hashable) -> CrossoverComparison:
    """Compare two treatments that every patient had, in one order or the other.

    Parameters
    ----------
    first, second : array_like of float
        One value a patient in period 1 and in period 2 (or the change in each). A patient who lacks one is left out and
        counted. Series must have equal indexes; lists and arrays go by position.
    sequence : array_like
        One label a patient, of exactly two sequences; none may be missing.
    treated_first : hashable
        The label of the sequence that had the treatment in period 1.

    Returns
    -------
    CrossoverComparison
        The effects of treatment, period and carry-over.

    Raises
    ------
    ValueError
        If there are not exactly two sequences, `treated_first` is neither, a value is not a finite number, or indexes or
        lengths differ.

    Notes
    -----
    With d = first - second of a patient, and m and k its means where the treatment came first and where it came second:
    the treatment effect is (m - k) / 2, the effect of the period -(m + k) / 2, each with the standard error of the
    two-sample t-test of d, halved; the carry-over is the two-sample t-test of first + second. Equal variances are
    assumed. The analysis does not depend on the carry-over: a test before the test makes the second one wrong.

    References
    ----------
    Senn S. Cross-over Trials in Clinical Research, 2nd ed., 2002, chapter 3. Freeman PR. Stat Med 1989;8:1421-1432.

    Examples
    --------
    >>> trial = compare_crossover([9, 8, 5, 4], [6, 4, 8, 9], list("AABB"), treated_first="A")
    >>> low, high = trial.treatment.confidence_interval()
    >>> trial.treatment.estimate, round(low, 2), round(high, 2)
    (3.75, 1.34, 6.16)
    """
    columns = read_columns(first=first, second=second)
    arms = read_arms(columns, "sequence", sequence, "treated_first", treated_first)
    known = ~(np.isnan(columns["first"]) | np.isnan(columns["second"]))
    one, two = columns["first"][known], columns["second"][known]
    came_first = ~arms.is_treated[known]  # what is called control there is the sequence named
    differences, totals = one - two, one + two
    noise = _EXACT * float(np.abs(np.concatenate((one, two))).max(initial=0.0))
    period = _two_means(differences[came_first], differences[~came_first], noise)
    total = _two_means(totals[came_first], totals[~came_first], noise)
    counts = int(came_first.sum()), int((~came_first).sum())
    return CrossoverComparison(
        _effect(period.minus, period, 0.5),
        _effect(period.plus, period, -0.5),
        _effect(total.minus, total, 1.0),
        *counts,
        len(columns) - len(one),
        _reason(counts, (period, total)),
    )


class _TwoMeans(NamedTuple):
    """Two means subtracted and added, with the standard error of either."""

    minus: float | None = None
    plus: float | None = None
    se: float | None = None
    df: int | None = None


def _two_means(one: FloatArray, other: FloatArray, noise: float) -> _TwoMeans:
    n, m = len(one), len(other)
    if not n or not m:
        return _TwoMeans()
    means, df = (float(one.mean()), float(other.mean())), n + m - 2
    residuals = np.concatenate((one - means[0], other - means[1]))
    varies = df and float(np.abs(residuals).max()) > noise
    se = math.sqrt(float(residuals @ residuals) / df * (1 / n + 1 / m)) if varies else None
    return _TwoMeans(means[0] - means[1], means[0] + means[1], se, df)


def _effect(sum_of_means: float | None, means: _TwoMeans, factor: float) -> CrossoverEffect:
    if sum_of_means is None:
        return CrossoverEffect(None, None, None, None, None)
    estimate = factor * sum_of_means + 0.0  # -0.0 becomes 0.0
    if means.se is None or means.df is None:
        return CrossoverEffect(estimate, None, means.df, None, None)
    from scipy.special import stdtr

    se = abs(factor) * means.se
    t = estimate / se
    return CrossoverEffect(estimate, se, means.df, t, 2 * float(stdtr(means.df, -abs(t))))


def _reason(counts: tuple[int, int], means: tuple[_TwoMeans, _TwoMeans]) -> str | None:
    if not all(counts):
        return "a sequence has no patient with both values"
    if sum(counts) == 2:
        return "no degree of freedom is left"
    return "the patients of each sequence are alike" if any(each.se is None for each in means) else None
