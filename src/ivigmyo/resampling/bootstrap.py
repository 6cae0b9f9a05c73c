"""Bootstrap intervals by patient: of the median, the restricted mean, the response rate and the mean change."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Literal, TypeAlias

import attrs
import numpy as np

from ivigmyo.arguments import FloatArray, Values, check_choice, read_columns
from ivigmyo.change.signs import as_written
from ivigmyo.display import OneRow, Scalar, track
from ivigmyo.errors import number_problem, refusal, refuse
from ivigmyo.estimates import ConfidenceInterval, Rebuilt, check_level, read_only, same_content
from ivigmyo.resampling.replicates import WeightedCurves, Weights, count_blocks, draw_weights, leave_one_out
from ivigmyo.response import response_rate
from ivigmyo.survival import SurvivalCurve, kaplan_meier

__all__ = [
    "BootstrapEstimate",
    "bootstrap_geometric_ratio",
    "bootstrap_mean_change",
    "bootstrap_median",
    "bootstrap_response_rate",
    "bootstrap_restricted_mean",
]

Method: TypeAlias = Literal["BCa", "percentile"]
_METHODS = ("BCa", "percentile")
# Sums taken in another order differ by less than this, relative to their size; such values count as equal.
_TIE = 1e-12


@attrs.frozen(repr=False)
class BootstrapEstimate(Rebuilt, OneRow):
    """An estimate, and its distribution over samples drawn again from the same patients.

    Parameters
    ----------
    estimate : float or None
        The statistic of the patients themselves; None for a median that is not reached.
    n : int
        Patients; each sample has as many.
    n_excluded : int
        Patients left out, since a value of theirs is missing.
    n_resamples : int
        Samples drawn.
    n_undefined : int
        Samples in which the statistic does not exist.
    undefined : {"ranked highest", "left out"}
        What became of these: a median that is not reached is greater than any that is, so it takes the highest ranks; a
        restricted mean that cannot be computed says nothing of its size, so the sample is left out.
    statistic : str
        What was estimated.
    method : {"BCa", "percentile"}
        Method of `confidence_interval` unless another is given there.
    level : float
        Its level, likewise.
    seed : int
        Seed of the random numbers.
    distribution : numpy.ndarray of float
        The statistic of each sample, NaN where it does not exist; read-only.
    jackknife : numpy.ndarray of float
        The statistic without each patient in turn, NaN where it does not exist; read-only. Patients are sorted by their
        values first, so that the order of rows does not matter.

    Examples
    --------
    >>> boot = bootstrap_mean_change([59, 53, 62, 74], [90, 73, 79, 89], seed=2008)
    >>> boot
    BootstrapEstimate(estimate=20.75, n=4, n_excluded=0, n_resamples=10000, n_undefined=0, undefined='left out',
    statistic='mean change', method='BCa', level=0.95, seed=2008)
    """

    estimate: float | None
    n: int
    n_excluded: int
    n_resamples: int
    n_undefined: int
    undefined: Literal["ranked highest", "left out"]
    statistic: str
    method: Method
    level: float
    seed: int
    distribution: FloatArray = attrs.field(converter=read_only, eq=same_content, hash=False, repr=False)
    jackknife: FloatArray = attrs.field(converter=read_only, eq=same_content, hash=False, repr=False)

    def to_dict(self, level: float | None = None) -> dict[str, Scalar]:
        """Give the numbers by name, with the limits at `level`, by default that of the estimate."""
        return super().to_dict(self.level if level is None else level)

    def confidence_interval(self, level: float | None = None, method: Method | None = None) -> ConfidenceInterval:
        """Read the limits off the distribution.

        Parameters
        ----------
        level : float, optional
            Confidence level, strictly between 0 and 1; that of the estimate unless given.
        method : {"BCa", "percentile"}, optional
            That of the estimate unless given.

        Returns
        -------
        ConfidenceInterval
            The limits, in the unit of the estimate. A limit that falls among medians that are not reached is None. Both
            are None where no sample has a value, and with BCa where its bias correction or acceleration does not exist.

        Raises
        ------
        ValueError
            If `level` or `method` is not among what is allowed.

        Notes
        -----
        Percentile: the quantiles of the distribution at (1 - level) / 2 and its complement, linear between two ranks
        (numpy's default, R's type 7). BCa takes them at other shares: with z for the normal quantile of such a share, at
        Phi(z0 + (z0 + z) / (1 - a (z0 + z))), z0 being `bias_correction` and a `acceleration`.

        References
        ----------
        Efron B. J Am Stat Assoc 1987;82:171-185. Efron B. J Am Stat Assoc 1981;76:312-319, for censored durations.

        Examples
        --------
        >>> boot = bootstrap_mean_change([59, 53, 62, 74], [90, 73, 79, 89], seed=2008)
        >>> boot.confidence_interval(method="percentile")
        ConfidenceInterval(low=16.0, high=27.5)
        """
        level = self.level if level is None else level
        method = self.method if method is None else method
        check_level(level)
        check_choice("method", method, _METHODS)
        tail = (1 - float(level)) / 2
        tails = (tail, 1 - tail) if method == "percentile" else self._corrected(tail)
        ranked = self._ranked()
        if tails is None or not len(ranked):
            return ConfidenceInterval(None, None)
        low, high = (_quantile(ranked, share) for share in tails)
        return ConfidenceInterval(low, high)

    @property
    def bias_correction(self) -> float | None:
        """BCa's z0: the normal quantile of the share of samples below the estimate, ties counting half.

        None where no sample, or every one, lies below.
        """
        ranked = self._ranked()
        estimate = math.inf if self.estimate is None else self.estimate
        values = np.where(np.isnan(ranked), math.inf, ranked)
        slack = 0.0 if math.isinf(estimate) else _TIE * abs(estimate)
        below, not_above = np.count_nonzero(values < estimate - slack), np.count_nonzero(values <= estimate + slack)
        doubled = int(below + not_above)
        return NormalDist().inv_cdf(doubled / (2 * len(values))) if 0 < doubled < 2 * len(values) else None

    @property
    def acceleration(self) -> float | None:
        """BCa's a: a sixth of the skewness of the jackknife, with the sign turned; None where a value is missing.

        0 where all values of the jackknife are equal.
        """
        if np.isnan(self.jackknife).any():
            return None
        falls = self.jackknife.mean() - self.jackknife
        falls = np.ldexp(falls, -int(np.frexp(np.abs(falls).max())[1]))  # cubes stay within what a float holds
        squares = float((falls**2).sum())
        return float((falls**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0

    def _ranked(self) -> FloatArray:
        """Sort the distribution, NaN last, without the samples that are left out."""
        kept = self.n_resamples - (self.n_undefined if self.undefined == "left out" else 0)
        return np.sort(self.distribution)[:kept]

    def _corrected(self, tail: float) -> tuple[float, float] | None:
        z0, a = self.bias_correction, self.acceleration
        if z0 is None or a is None:
            return None
        normal = NormalDist()
        z = normal.inv_cdf(tail)
        low, high = (normal.cdf(z0 + (z0 + each) / (1 - a * (z0 + each))) for each in (z, -z))
        return low, high


def bootstrap_median(
    durations: Values,
    events: Values,
    *,
    seed: int,
    n_resamples: int = 10_000,
    level: float = 0.95,
    method: Method = "BCa",
) -> BootstrapEstimate:
    """Bootstrap the Kaplan-Meier median.

    Parameters
    ----------
    durations, events : array_like
        One duration a patient and whether it ended with the event, as for `kaplan_meier`.
    seed : int
        Seed of the random numbers, at least 0: the same seed gives the same samples.
    n_resamples : int, default 10000
        Samples to draw, at least 1.
    level : float, default 0.95
        Confidence level, strictly between 0 and 1.
    method : {"BCa", "percentile"}, default "BCa"
        How limits are read off the distribution.

    Returns
    -------
    BootstrapEstimate
        The median with its distribution; a sample whose median is not reached takes the highest ranks.

    Raises
    ------
    ValueError
        As for `kaplan_meier`, or if an option is not among what is allowed.

    Notes
    -----
    The median of each sample is exactly that of `kaplan_meier`, midpoints at a half included.

    Examples
    --------
    Saito et al. 2008, Table 4; compare the interval by log-log, 99 to not reached:

    >>> durations = [254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131, 52]
    >>> events = [0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0]
    >>> boot = bootstrap_median(durations, events, seed=2008)
    >>> boot.estimate, boot.n_undefined > 0
    (371.0, True)
    >>> boot.confidence_interval(method="percentile")
    ConfidenceInterval(low=130.5, high=None)
    """
    curve, curves = _read_curve(durations, events)
    plan = _Plan(seed, n_resamples, level, method)
    return plan.carry_out("median", curve.median, curve.n, curves.medians, undefined="ranked highest")


def bootstrap_restricted_mean(
    durations: Values,
    events: Values,
    until: float,
    *,
    seed: int,
    n_resamples: int = 10_000,
    level: float = 0.95,
    method: Method = "BCa",
) -> BootstrapEstimate:
    """Bootstrap the restricted mean duration.

    Parameters
    ----------
    durations, events : array_like
        One duration a patient and whether it ended with the event, as for `kaplan_meier`.
    until : float
        The time up to which the mean is taken.
    seed : int
        Seed of the random numbers, at least 0.
    n_resamples : int, default 10000
        Samples to draw, at least 1.
    level : float, default 0.95
        Confidence level, strictly between 0 and 1.
    method : {"BCa", "percentile"}, default "BCa"
        How limits are read off the distribution.

    Returns
    -------
    BootstrapEstimate
        The restricted mean with its distribution; a sample that was not observed up to `until` is left out and counted.

    Raises
    ------
    ValueError
        As for `kaplan_meier` and `SurvivalCurve.restricted_mean`, or if an option is not among what is allowed.

    Examples
    --------
    >>> boot = bootstrap_restricted_mean([2, 5, 7, 9, 12], [1, 1, 0, 1, 0], until=8, seed=1)
    >>> round(boot.estimate, 2), boot.undefined
    (6.2, 'left out')
    """
    curve, curves = _read_curve(durations, events)
    estimate = curve.restricted_mean(until).mean
    plan = _Plan(seed, n_resamples, level, method)
    return plan.carry_out(
        "restricted mean", estimate, curve.n, lambda weights: curves.restricted_means(weights, float(until))
    )


def bootstrap_response_rate(
    grades: Values,
    missing: Literal["excluded", "non-response"] = "excluded",
    *,
    seed: int,
    n_resamples: int = 10_000,
    level: float = 0.95,
    method: Method = "BCa",
) -> BootstrapEstimate:
    """Bootstrap the share of patients who responded.

    Parameters
    ----------
    grades : array_like
        One grade a patient, as for `response_rate`.
    missing : {"excluded", "non-response"}, default "excluded"
        Whether patients without a grade are left out, or counted against.
    seed : int
        Seed of the random numbers, at least 0.
    n_resamples : int, default 10000
        Samples to draw, at least 1.
    level : float, default 0.95
        Confidence level, strictly between 0 and 1.
    method : {"BCa", "percentile"}, default "BCa"
        How limits are read off the distribution.

    Returns
    -------
    BootstrapEstimate
        The rate with its distribution. Near 0 and 1 the exact interval of `response_rate` is the better one: where all
        responded, so do all samples.

    Raises
    ------
    ValueError
        As for `response_rate`, if no patient is counted, or if an option is not among what is allowed.

    Examples
    --------
    >>> boot = bootstrap_response_rate([2] * 12 + [0, 0, -1], seed=2008)
    >>> low, high = boot.confidence_interval(method="percentile")
    >>> boot.estimate, round(low, 4), round(high, 4)
    (0.8, 0.6, 1.0)
    """
    rate = response_rate(grades, missing)
    responded = np.repeat([1.0, 0.0], [rate.count, rate.n - rate.count])
    excluded = rate.n_missing if missing == "excluded" else 0
    return _bootstrap_mean("response rate", responded, excluded, _Plan(seed, n_resamples, level, method))


def bootstrap_mean_change(
    baseline: Values,
    values: Values,
    *,
    seed: int,
    n_resamples: int = 10_000,
    level: float = 0.95,
    method: Method = "BCa",
) -> BootstrapEstimate:
    """Bootstrap the mean change from baseline.

    Parameters
    ----------
    baseline, values : array_like of float
        One value a patient at the start of treatment and one later, as for `change_from_baseline`.
    seed : int
        Seed of the random numbers, at least 0.
    n_resamples : int, default 10000
        Samples to draw, at least 1.
    level : float, default 0.95
        Confidence level, strictly between 0 and 1.
    method : {"BCa", "percentile"}, default "BCa"
        How limits are read off the distribution.

    Returns
    -------
    BootstrapEstimate
        The mean change with its distribution; patients without both values are left out and counted.

    Raises
    ------
    ValueError
        As for `change_from_baseline`, if no patient has both values, or if an option is not among what is allowed.

    Examples
    --------
    >>> boot = bootstrap_mean_change([59, 53, 62, None], [90, 73, 79, 60], seed=1, n_resamples=2000)
    >>> round(boot.estimate, 2), boot.n, boot.n_excluded
    (22.67, 3, 1)
    """
    first, later, excluded = _read_pairs(baseline, values)
    changes = as_written(later - first, first, later)
    return _bootstrap_mean("mean change", changes, excluded, _Plan(seed, n_resamples, level, method))


def bootstrap_geometric_ratio(
    baseline: Values,
    values: Values,
    *,
    seed: int,
    n_resamples: int = 10_000,
    level: float = 0.95,
    method: Method = "BCa",
) -> BootstrapEstimate:
    """Bootstrap the geometric mean of values / baseline: what remains of CK.

    Parameters
    ----------
    baseline, values : array_like of float
        One value a patient at the start and one later, greater than 0, in the same unit. None and NaN are missing.
    seed : int
        Seed of the random numbers, at least 0.
    n_resamples : int, default 10000
        Samples to draw, at least 1.
    level : float, default 0.95
        Confidence level, strictly between 0 and 1.
    method : {"BCa", "percentile"}, default "BCa"
        How limits are read off the distribution.

    Returns
    -------
    BootstrapEstimate
        The ratio with its distribution; patients without both values are left out and counted.

    Raises
    ------
    ValueError
        If a value is not greater than 0 and finite, indexes or lengths differ, no patient has both values, or an option
        is not among what is allowed.

    Notes
    -----
    The ratio is that of `compare_log_changes`: exp of the mean of ln(values) - ln(baseline).

    Examples
    --------
    CK of the 15 patients of the paper at weeks 0 and 4; Table 3 prints a ratio of 0.19:

    >>> baseline = [4565, 554, 366, 973, 2871, 275, 1107, 487, 282, 183, 2482, 581, 2023, 2005, 143]
    >>> after = [1570, 82, 83, 147, 1141, 35, 164, 199, 34, 51, 255, 65, 159, 418, 73]
    >>> boot = bootstrap_geometric_ratio(baseline, after, seed=2008)
    >>> low, high = boot.confidence_interval()
    >>> round(boot.estimate, 2), round(low, 2), round(high, 2)
    (0.19, 0.15, 0.26)
    """
    first, later, excluded = _read_pairs(baseline, values, positive=True)
    plan = _Plan(seed, n_resamples, level, method)
    return _bootstrap_mean("geometric ratio", np.log(later) - np.log(first), excluded, plan, np.exp)


@attrs.frozen
class _Plan:
    """How samples are drawn and limits are read off; checked when it is made."""

    seed: int
    n_resamples: int
    level: float
    method: Method

    def __attrs_post_init__(self) -> None:
        check_level(self.level)
        check_choice("method", self.method, _METHODS)
        seed = number_problem("seed", self.seed, 0, whole=True, required=True)
        refuse([seed, number_problem("n_resamples", self.n_resamples, 1, whole=True, required=True)])

    def carry_out(
        self,
        statistic: str,
        estimate: float | None,
        n: int,
        compute: Callable[[Weights], FloatArray],
        *,
        undefined: Literal["ranked highest", "left out"] = "left out",
        n_excluded: int = 0,
    ) -> BootstrapEstimate:
        seed, n_resamples = int(self.seed), int(self.n_resamples)
        blocks = track(draw_weights(n, n_resamples, seed), count_blocks(n, n_resamples), f"bootstrap of the {statistic}")
        distribution = np.concatenate([compute(weights) for weights in blocks])
        # Without its only patient a statistic does not exist.
        jackknife = np.concatenate([compute(weights) for weights in leave_one_out(n)]) if n > 1 else np.full(1, np.nan)
        return BootstrapEstimate(
            estimate=estimate,
            n=n,
            n_excluded=n_excluded,
            n_resamples=n_resamples,
            n_undefined=int(np.isnan(distribution).sum()),
            undefined=undefined,
            statistic=statistic,
            method=self.method,
            level=float(self.level),
            seed=seed,
            distribution=distribution,
            jackknife=jackknife,
        )


def _bootstrap_mean(
    statistic: str,
    values: FloatArray,
    n_excluded: int,
    plan: _Plan,
    transform: Callable[[FloatArray], FloatArray] = np.asarray,
) -> BootstrapEstimate:
    if not len(values):
        raise ValueError(refusal(f"the {statistic} must rest on at least one patient", 0))
    estimate, values = float(transform(values.mean())), np.sort(values)
    return plan.carry_out(
        statistic,
        estimate,
        len(values),
        lambda weights: transform(weights @ values / weights.sum(axis=1)),
        n_excluded=n_excluded,
    )


def _read_pairs(baseline: Values, values: Values, *, positive: bool = False) -> tuple[FloatArray, FloatArray, int]:
    """Read two columns; patients in whom one is missing are left out and counted."""
    columns = read_columns(baseline=baseline, values=values)
    columns.require_sizes()
    if positive:
        for name, array in columns.arrays.items():
            columns.refuse(name, array <= 0, "must be greater than 0")
    first, later = columns["baseline"], columns["values"]
    complete = ~(np.isnan(first) | np.isnan(later))
    return first[complete], later[complete], int((~complete).sum())


def _read_curve(durations: Values, events: Values) -> tuple[SurvivalCurve, WeightedCurves]:
    curve = kaplan_meier(durations, events)
    columns = read_columns(allow_bool=True, durations=durations, events=events)
    return curve, WeightedCurves.of(columns["durations"], columns["events"] == 1)


def _quantile(ranked: FloatArray, share: float) -> float | None:
    """Read a quantile, linear between two ranks; None where a rank it needs has no value."""
    position = share * (len(ranked) - 1)
    rank = math.floor(position)
    beyond = position - rank
    low = float(ranked[rank])
    value = low if beyond == 0 else low + beyond * (float(ranked[rank + 1]) - low)
    return None if math.isnan(value) else value
