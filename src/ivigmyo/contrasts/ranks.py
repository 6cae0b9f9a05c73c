"""How far values lie from 0, or two groups from each other, by their ranks: Hodges and Lehmann's estimates."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray, Values, read_columns
from ivigmyo.change.signs import EXACT_RANKS, as_written, double_ranks, rank_sum_chances, signed_rank_test
from ivigmyo.display import OneRow, Scalar
from ivigmyo.estimates import ConfidenceInterval, check_level, read_only

__all__ = ["HodgesLehmann", "hodges_lehmann"]

_ROUNDING = 1e-13  # relative


@attrs.frozen(repr=False)
class HodgesLehmann(OneRow):
    """The median of all means of two values, or of all differences of two groups, with the test that it inverts.

    Parameters
    ----------
    estimate : float or None
        One group: the median of the means of every two values, each also with itself. Two: that of every difference,
        value minus control. None without values.
    p_value : float or None
        The two-sided P value of the signed-rank test (one group) or the rank-sum test (two), ties and zeros taken
        exactly; None where there is no test.
    n, n_control : int
        Values of each group; `n_control` is None where there is one group.
    n_missing : int
        Values left out, being missing.
    method : str
        The name of the test.
    values, control : numpy.ndarray
        The values; `control` is None where there is one group.

    Examples
    --------
    >>> found = hodges_lehmann([1.1, 2.3, -0.4, 3.6, 1.9])
    >>> low, high = found.confidence_interval()
    >>> found.estimate, low, high, found.achieved_level
    (1.7, -0.4, 3.6, 0.9375)
    """

    estimate: float | None
    p_value: float | None
    n: int
    n_control: int | None
    n_missing: int
    method: str
    values: FloatArray = attrs.field(eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False)
    control: FloatArray | None = attrs.field(eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False)

    @property
    def achieved_level(self) -> float | None:
        """The level that the interval asked for at 0.95 has; below 0.95 where there are too few values for it."""
        return self.level_achieved(0.95)

    def level_achieved(self, level: float = 0.95) -> float | None:
        """Compute the level that the interval asked for at `level` has, without ties.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.

        Returns
        -------
        float or None
            The level achieved; None without values.

        Examples
        --------
        >>> hodges_lehmann([1.1, 2.3, -0.4, 3.6, 1.9]).level_achieved(0.8)
        0.8125
        """
        check_level(level)
        return None if self.estimate is None else 1 - 2 * self._place(level).tail

    def confidence_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of the estimate, from the ordered means or differences.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1. The limits are order statistics, so that the level achieved is
            another: see `level_achieved`.

        Returns
        -------
        ConfidenceInterval
            The limits; both None without values. With too few values for the level they are the extremes.

        Examples
        --------
        >>> low, high = hodges_lehmann([12, 15, 11, 19], [8, 10, 9, 14]).confidence_interval(0.8)
        >>> low, high
        (1.0, 9.0)
        """
        check_level(level)
        if self.estimate is None:
            return ConfidenceInterval(None, None)
        pairs, position = self._pairs(), self._place(level).position
        low, high = np.partition(pairs, (position - 1, len(pairs) - position))[[position - 1, len(pairs) - position]]
        return ConfidenceInterval(float(low), float(high))

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
        low, high = self.confidence_interval(level)
        row: dict[str, Scalar] = {"estimate": self.estimate, "conf_low": low, "conf_high": high, "level": level}
        row |= {"achieved_level": self.level_achieved(level), "p_value": self.p_value, "n": self.n}
        return row | {"n_control": self.n_control, "n_missing": self.n_missing, "method": self.method}

    def _pairs(self) -> FloatArray:
        return _means_of_two(self.values) if self.control is None else _differences(self.values, self.control)

    def _place(self, level: float) -> _Place:
        n, m = self.n, self.n_control
        tail = (1 - float(level)) / 2
        if n + (m or 0) <= EXACT_RANKS:
            return _counted_place(tail, _untied_signed_sums(n) if m is None else _untied_rank_sums(n, m))
        if m is None:
            return _normal_place(tail, n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24)
        return _normal_place(tail, n * m / 2, n * m * (n + m + 1) / 12)


def hodges_lehmann(values: Values, control: Values | None = None) -> HodgesLehmann:
    """Estimate by ranks how far values lie from 0, or from those of a control group.

    Parameters
    ----------
    values : array_like of float
        One value a patient (with one group: one difference a patient). None and NaN are missing: left out and counted.
    control : array_like of float, optional
        One value a patient of the control group, which are other patients.

    Returns
    -------
    HodgesLehmann
        The estimate, value minus control where there are two groups, with its interval and test.

    Raises
    ------
    ValueError
        If an argument is not a column of finite numbers.

    Notes
    -----
    The interval is that of R's ``wilcox.test(conf.int = TRUE, exact = TRUE)``: its limits are the q-th smallest and the
    q-th greatest mean (difference), q the quantile of the rank sum at (1 - level) / 2, or 1. The P value is counted out
    over all assignments of signs (patients to groups) to the ranks, tied values sharing their mean rank, for up to 200
    values; sums at least as far from their mean count. Values of 0 are left out of the signed-rank test, but not of the
    estimate and its interval. Beyond 200 values both rest on the normal distribution, corrected for continuity.

    References
    ----------
    Hodges JL, Lehmann EL. Ann Math Stat 1963;34:598-611. Hollander M, Wolfe DA, Chicken E. Nonparametric Statistical
    Methods, 3rd ed., 3.2, 3.3, 4.2, 4.3.

    Examples
    --------
    >>> found = hodges_lehmann([12, 15, 11, 19], [8, 10, 9, 14])
    >>> found.estimate, round(found.p_value, 4), found.method
    (3.5, 0.1143, 'rank-sum test, exact')
    """
    groups = [read_columns(values=values)["values"]]
    groups += [] if control is None else [read_columns(control=control)["control"]]
    known = [read_only(each[~np.isnan(each)].copy()) for each in groups]
    n_missing = sum(map(len, groups)) - sum(map(len, known))
    if control is None:
        test = signed_rank_test(as_written(known[0], known[0]))
        estimate = float(np.median(_means_of_two(known[0]))) if len(known[0]) else None
        return HodgesLehmann(
            estimate, test.p_value, len(known[0]), None, n_missing, f"signed-rank test, {test.method}", known[0], None
        )
    one, other = known
    if not len(one) or not len(other):
        return HodgesLehmann(None, None, len(one), len(other), n_missing, "rank-sum test, none", one, other)
    p_value, method = _rank_sum_p_value(one, other)
    estimate = float(np.median(_differences(one, other)))
    return HodgesLehmann(estimate, p_value, len(one), len(other), n_missing, f"rank-sum test, {method}", one, other)


class _Place(NamedTuple):
    """Which order statistic a limit is, and the chance that lies beyond it."""

    position: int
    tail: float


def _counted_place(tail: float, chances: FloatArray) -> _Place:
    """Take the least rank sum that is reached with a chance of at least `tail`, but at least 1."""
    reached = chances.cumsum()
    # As R's quantiles, which allow for rounding where a sum is reached with exactly this chance.
    position = max(int(np.searchsorted(reached, tail * (1 - _ROUNDING))), 1)
    return _Place(position, float(reached[position - 1]))


def _normal_place(tail: float, mean: float, variance: float) -> _Place:
    rank_sum = NormalDist(mean, math.sqrt(variance))
    position = max(math.ceil(rank_sum.inv_cdf(tail) - 0.5), 1)
    return _Place(position, rank_sum.cdf(position - 0.5))


def _untied_signed_sums(n: int) -> FloatArray:
    return rank_sum_chances(np.arange(1, n + 1))


def _untied_rank_sums(n: int, m: int) -> FloatArray:
    """Give the chance of each number of pairs in which the first group's value is the greater, without ties."""
    ways = _count_sums(np.arange(n + m), n)[n * (n - 1) // 2 :]
    return np.asarray(ways / ways.sum())


def _count_sums(ranks: npt.NDArray[np.int64], n: int) -> FloatArray:
    """Count the ways to each sum of n of the ranks, from 0 up."""
    ways = np.zeros((n + 1, int(np.sort(ranks)[-n:].sum()) + 1))
    ways[0, 0] = 1
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank]
    return np.asarray(ways[n])


def _rank_sum_p_value(one: FloatArray, other: FloatArray) -> tuple[float, str]:
    """Test whether two groups' values lie alike, by their ranks among all."""
    pooled = np.concatenate((one, other))
    ranks, ties = double_ranks(as_written(pooled, pooled))
    n, size = len(one), len(pooled)
    seen = int(ranks[:n].sum())
    if size <= EXACT_RANKS:
        if 2 * n > size:  # the smaller group is drawn: its sum lies as far from its mean
            n, seen = size - n, int(ranks.sum()) - seen
        ways = _count_sums(ranks, n)
        # doubled ranks have the mean size + 1
        extreme = np.abs(np.arange(len(ways)) - n * (size + 1)) >= abs(seen - n * (size + 1))
        return float(ways[extreme].sum() / ways.sum()), "exact"
    m = size - n
    variance = n * m / 12 * (size + 1 - int((ties**3 - ties).sum()) / (size * (size - 1)))
    if variance == 0:
        return 1.0, "normal approximation"
    z = max(abs(seen / 2 - n * (size + 1) / 2) - 0.5, 0) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2)), "normal approximation"


def _means_of_two(values: FloatArray) -> FloatArray:
    first, second = np.triu_indices(len(values))
    return np.asarray((values[first] + values[second]) / 2)


def _differences(values: FloatArray, control: FloatArray) -> FloatArray:
    return np.asarray((values[:, None] - control).ravel())
