"""Differences within patients against chance alone, under which every sign is a coin toss: signed ranks, sign flips."""

from __future__ import annotations

import math
from bisect import bisect_left, insort

import attrs
import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray
from ivigmyo.decimals import round_off
from ivigmyo.display import OneRow

__all__ = [
    "EXACT_RANKS",
    "SignedRankTest",
    "as_written",
    "double_ranks",
    "make_level",
    "rank_sum_chances",
    "sign_flip_p_value",
    "signed_rank_test",
]

_NOISE = 4 * float(np.finfo(np.float64).eps)  # rounding of a pair's values, and of what is computed from them, in binary
_DIGITS = 15  # that every float holds of the decimal it was written as
_TIE = 1e-12  # relative to the sum of all differences: sums nearer than this are equal
EXACT_RANKS = 200
"""Values up to which the distribution of a rank sum is counted out."""

_EXACT_SIGNS = 40  # differences up to which all assignments of signs are counted out


@attrs.frozen(repr=False)
class SignedRankTest(OneRow):
    """Wilcoxon's signed-rank test.

    Parameters
    ----------
    p_value : float or None
        Two-sided P value; None where no difference is other than 0.
    statistic : float
        Sum of the ranks of the positive differences (R's V); tied differences share their mean rank.
    n : int
        Differences ranked: those other than 0.
    n_zero : int
        Differences left out, being 0.
    method : {"exact", "normal approximation", "none"}
        How the P value was found.

    Examples
    --------
    >>> signed_rank_test(np.array([3.0, 3.0, -2.0, 0.0]))
    SignedRankTest(p_value=0.5, statistic=5.0, n=3, n_zero=1, method='exact')
    """

    p_value: float | None
    statistic: float
    n: int
    n_zero: int
    method: str


def as_written(differences: FloatArray, *values: FloatArray) -> FloatArray:
    """Make differences what they are as decimals, though in binary they differ in the last digits.

    Parameters
    ----------
    differences : numpy.ndarray of float
        Differences of `values`, none missing.
    *values : numpy.ndarray of float
        What the differences were taken of; the size of each pair's own values says how far rounding can reach.

    Returns
    -------
    numpy.ndarray of float
        The differences, made level and rounded to 15 digits of the larger of each pair's values.

    Examples
    --------
    >>> before, after = np.array([57.3, 3.2, 0.1, 0.3]), np.array([62.3, 8.2, 0.3, 0.3])
    >>> (after - before).tolist()
    [5.0, 4.999999999999999, 0.19999999999999998, 0.0]
    >>> as_written(after - before, before, after).tolist()
    [5.0, 5.0, 0.2, 0.0]
    """
    level = make_level(differences, *values)
    rows = np.flatnonzero(level % 1)
    if len(rows):
        # of those made equal, the pair of the smallest values knows the most decimals
        sizes, group = np.unique(np.abs(level[rows]), return_inverse=True)
        smallest = np.full(len(sizes), np.inf)
        np.minimum.at(smallest, group, _largest(differences, values)[rows])
        level[rows] = round_off(level[rows], smallest[group], _DIGITS)
    return level


def make_level(differences: FloatArray, *values: FloatArray) -> FloatArray:
    """Make differences equal whose sizes lie within the rounding of their own values, and 0 what lies as near to 0.

    The more exactly a difference is known, the earlier it is settled; each later one takes the size of the nearest that
    is settled within reach. So none moves by more than its own rounding, there are no chains, and a pair of huge values
    changes no other.
    """
    noise = _NOISE * _largest(differences, values)
    size = np.abs(differences)
    size[size <= noise] = 0.0
    order = np.argsort(size - noise, kind="stable")
    sorted_size, sorted_noise = size[order], noise[order]
    # groups of sizes that are within reach of each other, directly or by others in between
    highest = np.maximum.accumulate(sorted_size + sorted_noise)
    begins = np.append(True, (sorted_size - sorted_noise)[1:] > highest[:-1])[: len(size)]
    starts, group = np.flatnonzero(begins), np.cumsum(begins) - 1
    if len(starts) < len(size):
        least = np.minimum.reduceat(sorted_noise, starts)[group]
        first = np.minimum.reduceat(np.where(sorted_noise == least, sorted_size, np.inf), starts)[group]
        reached = np.abs(sorted_size - first) <= sorted_noise + least
        for one in np.unique(group[~reached]).tolist():
            rows = slice(starts[one], starts[one + 1] if one + 1 < len(starts) else len(size))
            first[rows] = _settle(sorted_size[rows], sorted_noise[rows])
        size[order] = first
    return np.sign(differences) * size + 0.0  # -0.0 becomes 0.0


def _settle(size: FloatArray, noise: FloatArray) -> FloatArray:
    """Settle the sizes of a group in which not all are within reach of the first."""
    settled: list[tuple[float, float]] = []  # size and noise, sorted
    result = np.empty_like(size)
    for i in np.lexsort((size, noise)).tolist():
        own, reach = float(size[i]), float(noise[i])
        at = bisect_left(settled, (own, 0.0))
        near = [each for each in settled[max(at - 1, 0) : at + 1] if abs(each[0] - own) <= each[1] + reach]
        if near:
            result[i] = min(near, key=lambda each: abs(each[0] - own))[0]
        else:
            result[i] = own
            insort(settled, (own, reach))
    return result


def _largest(differences: FloatArray, values: tuple[FloatArray, ...]) -> FloatArray:
    largest = np.zeros_like(differences)
    for each in values:
        largest = np.maximum(largest, np.abs(each))
    return largest


def signed_rank_test(differences: FloatArray) -> SignedRankTest:
    """Test whether differences lie evenly about 0, by their ranks.

    Parameters
    ----------
    differences : numpy.ndarray of float
        One difference a patient, none missing. Ties and zeros are taken exactly: see `as_written`.

    Returns
    -------
    SignedRankTest
        The P value, with the counts it rests on.

    Notes
    -----
    Differences of 0 are left out, ties share their mean rank. For up to 200 differences the distribution of the sum of
    positive ranks is counted out, ties included: without ties it is that of R's ``wilcox.test(exact = TRUE)``. Beyond,
    it is the normal approximation, corrected for ties and for continuity, as ``wilcox.test(exact = FALSE)``.

    References
    ----------
    Hollander M, Wolfe DA, Chicken E. Nonparametric Statistical Methods, 3rd ed., 3.1.

    Examples
    --------
    >>> test = signed_rank_test(np.array([2.0, 4.0, 1.0, -3.0, 5.0]))
    >>> test.statistic, test.p_value
    (12.0, 0.3125)
    """
    moved = differences[differences != 0]
    n, n_zero = len(moved), len(differences) - len(moved)
    ranks, ties = double_ranks(np.abs(moved))
    positive = int(ranks[moved > 0].sum())
    if n == 0:
        return SignedRankTest(None, 0.0, n, n_zero, "none")
    if n <= EXACT_RANKS:
        return SignedRankTest(_rank_chance(ranks, positive), positive / 2, n, n_zero, "exact")
    spread = math.sqrt(n * (n + 1) * (2 * n + 1) / 24 - int((ties**3 - ties).sum()) / 48)
    z = max(abs(positive / 2 - n * (n + 1) / 4) - 0.5, 0) / spread
    return SignedRankTest(math.erfc(z / math.sqrt(2)), positive / 2, n, n_zero, "normal approximation")


def sign_flip_p_value(differences: FloatArray) -> float | None:
    """Test whether differences lie evenly about 0, by their mean.

    Parameters
    ----------
    differences : numpy.ndarray of float
        One difference a patient, none missing.

    Returns
    -------
    float or None
        Share of all 2^n assignments of signs to the differences whose mean is at least as far from 0, to either side;
        None without a difference, and with more than 40 other than 0.

    Notes
    -----
    Exact: nothing is drawn at random. Sums count as equal within 1e-12, relative to the sum of all sizes, so that ties
    are not lost to rounding. scipy's ``permutation_test(permutation_type="samples", n_resamples=np.inf)`` is the same
    for few differences.

    References
    ----------
    Fisher RA. The Design of Experiments, 1935, section 21.

    Examples
    --------
    >>> sign_flip_p_value(np.array([2.0, 4.0, 1.0, -3.0, 5.0]))
    0.3125
    """
    moved = differences[differences != 0]
    n = len(moved)
    if len(differences) == 0 or n > _EXACT_SIGNS:
        return None
    reach = abs(float(moved.sum())) - _TIE * float(np.abs(moved).sum())
    if reach <= 0:
        return 1.0
    # every sum is one of the first half's plus one of the second half's: 2 x 2^(n/2) sums stand for all 2^n
    ones, others = np.sort(_signed_sums(moved[: n // 2])), np.sort(_signed_sums(moved[n // 2 :]))
    below = int(np.searchsorted(others, reach - ones).sum())
    return 2 * ((1 << n) - below) / (1 << n)


def double_ranks(values: FloatArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rank values, ties sharing their mean rank, and count each tie; ranks are doubled, so that all are whole numbers."""
    _, level, ties = np.unique(values, return_inverse=True, return_counts=True)
    return (2 * np.cumsum(ties) - ties + 1)[level], ties


def rank_sum_chances(ranks: npt.NDArray[np.int64]) -> FloatArray:
    """Give the chance of each sum of positive ranks, from 0 up, every sign being a coin toss."""
    chance = np.zeros(int(ranks.sum()) + 1)
    chance[0] = 1
    for rank in ranks:
        chance = (chance + np.concatenate((np.zeros(rank), chance[:-rank]))) / 2
    return chance


def _rank_chance(ranks: npt.NDArray[np.int64], positive: int) -> float:
    """Give the chance of a sum of positive ranks at least as far from its middle as the one seen."""
    total, chance = int(ranks.sum()), rank_sum_chances(ranks)
    extreme = np.abs(2 * np.arange(total + 1) - total) >= abs(2 * positive - total)
    return min(float(chance[extreme].sum()), 1.0)


def _signed_sums(values: FloatArray) -> FloatArray:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate((sums - value, sums + value))
    return sums
