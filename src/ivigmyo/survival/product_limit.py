"""The arithmetic of Kaplan and Meier: durations counted at each time, S multiplied up from the counts, and its quantiles.

Patients are counted in integers, by counting where durations are whole days and by one sort otherwise. One curve and the
many samples of a bootstrap are read by the same rule.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray

__all__ = [
    "BoolArray",
    "EventTable",
    "IntArray",
    "count_events",
    "find_exact_sides",
    "find_quantiles",
    "greenwood_terms",
    "product_limit",
    "product_limits",
]

IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

# Times for which S is multiplied up at once: what lies between the counts and S then stays in a processor's cache.
_BLOCK = 32768
# Farther than this from a share, a float S is certainly on the side it seems to be on; nearer, integers decide.
_NEAR = 1e-9


class EventTable(NamedTuple):
    """Patients counted at each distinct observed time, ascending.

    Parameters
    ----------
    time : numpy.ndarray of float
        The distinct times, of events and of censorings.
    n_risk : numpy.ndarray of int
        Patients with that time or a longer one.
    n_event : numpy.ndarray of int
        Patients with the event at that time.
    """

    time: FloatArray
    n_risk: IntArray
    n_event: IntArray


def count_events(durations: FloatArray, event: BoolArray) -> EventTable:
    """Count patients at risk and patients with the event at each distinct time.

    Parameters
    ----------
    durations : numpy.ndarray of float
        One duration a patient, finite and at least 0; at least one patient. Rows may come in any order.
    event : numpy.ndarray of bool
        Whether the duration ended with the event.

    Returns
    -------
    EventTable
        The counts.

    Examples
    --------
    >>> table = count_events(np.array([9.0, 13.0, 13.0, 18.0]), np.array([True, True, False, False]))
    >>> table.time.tolist(), table.n_risk.tolist(), table.n_event.tolist()
    ([9.0, 13.0, 18.0], [4, 3, 1], [1, 1, 0])
    """
    days = _whole_days(durations)
    return _sort_times(durations, event) if days is None else _count_days(days, event)


def product_limit(n_risk: IntArray, n_event: IntArray) -> FloatArray:
    """Multiply up S at every time.

    Parameters
    ----------
    n_risk, n_event : numpy.ndarray of int
        The counts of an `EventTable`.

    Returns
    -------
    numpy.ndarray of float
        S, the share without the event up to and at each time; it never rises.

    Notes
    -----
    The product of (n - d) / n over the event times is taken as the last n - d over the first n, times those left over
    those at risk next: where nobody is censored in between that is 1, and S is rounded once.

    Examples
    --------
    >>> product_limit(np.array([4, 3, 1]), np.array([1, 1, 0])).tolist()
    [0.75, 0.5, 0.5]
    """
    estimate = np.empty(len(n_risk))
    first = left_before = n_risk[np.argmax(n_event > 0)]
    product = s = 1.0
    for start in range(0, len(estimate), _BLOCK):
        block = slice(start, start + _BLOCK)
        happens = n_event[block] > 0
        at = np.flatnonzero(happens)
        risk = n_risk[block][at]
        left = np.concatenate(([left_before], risk - n_event[block][at]))
        products = np.concatenate(([product], left[:-1] / risk)).cumprod()
        steps = np.concatenate(([s], products[1:] * left[1:] / first))
        estimate[block] = steps[happens.cumsum()]
        product, s, left_before = products[-1], steps[-1], left[-1]
    return estimate


def greenwood_terms(n_risk: IntArray, n_event: IntArray) -> FloatArray:
    """Compute Greenwood's d / (n (n - d)) at every time.

    Parameters
    ----------
    n_risk, n_event : numpy.ndarray of int
        The counts of an `EventTable`.

    Returns
    -------
    numpy.ndarray of float
        The terms, whose sum up to a time is the variance of ln S there; infinite where all at risk have the event.

    Examples
    --------
    >>> greenwood_terms(np.array([4, 3, 1]), np.array([1, 1, 1])).round(4).tolist()
    [0.0833, 0.1667, inf]
    """
    with np.errstate(divide="ignore"):
        return np.asarray(n_event / (n_risk * (n_risk - n_event)))


def product_limits(n_risk: IntArray, n_left: IntArray) -> FloatArray:
    """Multiply up S of many samples at once, one a row; where nobody is at risk it stays what it was."""
    share = np.ones(n_risk.shape)
    np.divide(n_left, n_risk, out=share, where=n_risk > 0)
    return np.asarray(share.cumprod(axis=1))


def find_quantiles(
    time: FloatArray, n_risk: IntArray, n_event: IntArray, estimate: FloatArray, left: Fraction
) -> FloatArray:
    """Find the time by which each of many samples has fallen to a share.

    Parameters
    ----------
    time : numpy.ndarray of float
        The event times, ascending; in a sample there may be none with the event at one of them.
    n_risk, n_event : numpy.ndarray of int
        One row a sample, one column an event time.
    estimate : numpy.ndarray of float
        S of each sample after each event time. It only filters: where it comes near the share, integers decide.
    left : fractions.Fraction
        The share, at least 0 and less than 1.

    Returns
    -------
    numpy.ndarray of float
        The smallest event time at which S is at most the share; where it equals the share, the midpoint to the sample's next
        event, if any; NaN where S stays above.

    Examples
    --------
    >>> time, n_event = np.array([1.0, 2.0, 3.0]), np.array([[1, 1, 0], [2, 0, 2]])
    >>> n_risk = np.array([[4, 3, 2], [4, 2, 2]])
    >>> find_quantiles(time, n_risk, n_event, product_limits(n_risk, n_risk - n_event), Fraction(1, 2))
    array([2., 2.])
    """
    slack = max(_NEAR, len(time) * float(np.finfo(np.float64).eps))
    at = np.count_nonzero(estimate > float(left) + slack, axis=1)
    found = np.flatnonzero(at < len(time))
    near = found[estimate[found, at[found]] >= float(left) - slack]
    tied = np.zeros(len(at), dtype=bool)
    while len(near):
        sides = find_exact_sides(n_risk[near], n_event[near], at[near], left)
        tied[near[sides == 0]] = True
        above = near[sides > 0]
        at[above] = _next_event(n_event[above], at[above])
        near = above[at[above] < len(time)]
    times = np.append(time, np.nan)
    quantiles = times[at]
    rows = np.flatnonzero(tied)
    following = times[_next_event(n_event[rows], at[rows])]
    quantiles[rows] = np.where(np.isnan(following), quantiles[rows], (quantiles[rows] + following) / 2)
    return np.asarray(quantiles)


def find_exact_sides(n_risk: IntArray, n_event: IntArray, at: IntArray, share: Fraction) -> IntArray:
    """Tell on which side of a share S of each sample lies after the event time in column `at`, in integers.

    Parameters
    ----------
    n_risk, n_event : numpy.ndarray of int
        One row a sample, one column an event time.
    at : numpy.ndarray of int
        The column of each sample.
    share : fractions.Fraction
        The share.

    Returns
    -------
    numpy.ndarray of int
        1 where S is above the share, 0 where the two are equal, -1 where S is below.

    Examples
    --------
    With 6 of 8 left at the first event time, and 2 of 3 at the second, S is one half:

    >>> find_exact_sides(np.array([[8, 3]]), np.array([[2, 1]]), np.array([1]), Fraction(1, 2))
    array([0])
    """
    n_risk, n_event = (counts[:, : int(at.max(initial=-1)) + 1] for counts in (n_risk, n_event))
    upto = np.arange(n_risk.shape[1]) <= at[:, np.newaxis]
    numerators, denominators = np.where(upto, n_risk - n_event, 1), np.where(upto, n_risk, 1)
    # Those left after one event time who all are at risk at the next cancel out.
    same = numerators[:, :-1] == denominators[:, 1:]
    numerators[:, :-1][same] = 1
    denominators[:, 1:][same] = 1
    sides = [
        share.denominator * _product(above[above != 1].tolist()) - share.numerator * _product(below[below != 1].tolist())
        for above, below in zip(numerators, denominators, strict=True)
    ]
    return np.array([(side > 0) - (side < 0) for side in sides], dtype=np.int64)


def _next_event(n_event: IntArray, at: IntArray) -> IntArray:
    """Find the next column in which a sample has an event, or the number of columns where there is none."""
    later = np.ones((len(at), n_event.shape[1] + 1), dtype=bool)
    later[:, :-1] = (n_event > 0) & (np.arange(n_event.shape[1]) > at[:, np.newaxis])
    return np.asarray(later.argmax(axis=1), dtype=np.int64)


def _whole_days(durations: FloatArray) -> IntArray | None:
    """Read durations as integers, where all are and none exceeds their number: then counting beats sorting."""
    if (durations[:1000] % 1).any() or durations.max() >= len(durations):
        return None
    days = durations.astype(np.int64)
    return days if np.array_equal(days, durations) else None


def _count_days(days: IntArray, event: BoolArray) -> EventTable:
    """Count with two counters a day; `days` is overwritten."""
    days *= 2
    days += event
    counts = np.bincount(days, minlength=int(days.max() | 1) + 1).reshape(-1, 2)
    counts_from = counts.sum(axis=1)[::-1].cumsum()[::-1]
    observed = np.flatnonzero(counts.any(axis=1))
    return EventTable(observed.astype(np.float64), counts_from[observed], counts[observed, 1])


def _sort_times(durations: FloatArray, event: BoolArray) -> EventTable:
    """Count with one sort.

    Read as integers, the bits of floats >= 0 sort as the floats do, and their sign bit is free: the event rides along.
    """
    keys = (durations + 0.0).view(np.uint64)
    keys <<= 1
    keys |= event
    keys.sort()
    n_event = (keys & 1).view(np.int64)
    keys >>= 1
    times = keys.view(np.float64)
    later = times[1:] != times[:-1]
    if later.all():
        return EventTable(times, np.arange(len(times), 0, -1), n_event)
    first = np.flatnonzero(np.concatenate(([True], later)))
    return EventTable(times[first], len(times) - first, np.add.reduceat(n_event, first))


def _product(factors: list[int]) -> int:
    """Multiply many integers, in halves of like size: one growing product would take quadratic time."""
    if len(factors) < 64:
        return math.prod(factors)
    half = len(factors) // 2
    return _product(factors[:half]) * _product(factors[half:])
