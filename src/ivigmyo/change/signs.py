"""Differences within patients against chance alone, under which every sign is a coin toss: signed ranks, sign flips."""

from __future__ import annotations

import math

import attrs
import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray

__all__ = [
    "EXACT_RANKS",
    "SignedRankTest",
    "as_written",
    "double_ranks",
    "rank_sum_chances",
    "sign_flip_p_value",
    "signed_rank_test",
]

_NOISE = 1e-12  # relative to the largest value: differences nearer than this are equal but for rounding in binary
_TIE = 1e-9  # relative to the sum of all differences: sums nearer than this are equal
EXACT_RANKS = 200
"""Values up to which the distribution of a rank sum is counted out."""

_EXACT_SIGNS = 40  # differences up to which all assignments of signs are counted out


@attrs.frozen
class SignedRankTest:
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
    """Make differences equal that are equal as decimals, though in binary they differ in the last digits.

    Parameters
    ----------
    differences : numpy.ndarray of float
        Differences of `values`, none missing.
    *values : numpy.ndarray of float
        What the differences were taken of; their size says how far rounding can reach.

    Returns
    -------
    numpy.ndarray of float
        The differences; those whose sizes lie within 1e-12 of each other, relative to the largest value, have the
        smallest of their sizes, and those as near to 0 are 0.

    Examples
    --------
    >>> before, after = np.array([57.3, 3.2, 0.1, 0.3]), np.array([62.3, 8.2, 0.3, 0.3])
    >>> (after - before).tolist()
    [5.0, 4.999999999999999, 0.19999999999999998, 0.0]
    >>> as_written(after - before, before, after).tolist()
    [4.999999999999999, 4.999999999999999, 0.19999999999999998, 0.0]
    """
    noise = _NOISE * max(float(np.abs(each).max(initial=0.0)) for each in values)
    size = np.abs(differences)
    order = np.argsort(size)
    ascending = size[order]
    starts = np.diff(ascending, prepend=0.0) > noise
    levels = np.concatenate(([0.0], ascending[starts]))[np.cumsum(starts)]
    result = np.empty_like(differences)
    result[order] = np.sign(differences[order]) * levels + 0.0  # -0.0 becomes 0.0
    return result


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
    Exact: nothing is drawn at random. Sums count as equal within 1e-9, relative to the sum of all sizes, so that ties
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
