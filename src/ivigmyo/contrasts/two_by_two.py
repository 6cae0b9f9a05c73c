"""The arithmetic of responders in two arms: score limits, Fisher's and Boschloo's tests, Mantel and Haenszel's sums.

A table is written (x, n, y, m): x of n responded in the treated arm, y of m in the control arm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray

__all__ = [
    "MantelHaenszel",
    "Table",
    "binomial_chances",
    "boschloo_p_value",
    "fisher_p_value",
    "fisher_p_values",
    "mantel_haenszel",
    "score_limits",
    "score_statistic",
]

Table: TypeAlias = tuple[int, int, int, int]

_TINY = 1e-300  # keeps what rounding made 0 from being divided by
_SAME = 1e-12  # relative: P values nearer than this are equal but for rounding
_GRID = 1001  # response rates looked at first for the greatest P value
_ZOOMS = 6  # times that the neighbourhood of each peak is looked at more closely


# --- the score of a difference ----------------------------------------------------------------------------------------


def score_limits(table: Table, z: float) -> tuple[float, float]:
    """Find the differences whose score statistic is z and -z (Miettinen and Nurminen); both arms have patients."""
    x, n, y, m = table
    difference = x / n - y / m
    low = _last_accepted(-1.0, difference, lambda delta: score_statistic(table, delta) <= z)
    high = _last_accepted(1.0, difference, lambda delta: score_statistic(table, delta) >= -z)
    return low, high


def score_statistic(table: Table, delta: float = 0.0) -> float:
    """Divide the difference less `delta` by its standard error, were the true difference `delta`."""
    x, n, y, m = table
    excess = x / n - y / m - delta
    if excess == 0:
        return 0.0
    p = _restricted_rate(table, delta)
    q = min(max(p + delta, 0.0), 1.0)
    variance = (q * (1 - q) / n + p * (1 - p) / m) * (n + m) / (n + m - 1)
    return excess / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, excess)


def _restricted_rate(table: Table, delta: float) -> float:
    """Find the likeliest rate of the control arm, were that of the treated arm `delta` greater.

    The slope of the log-likelihood falls all the way, so that halving finds its zero; the cubic equation's closed form
    loses half the digits where two roots meet.
    """
    x, n, y, m = table
    if delta == 0:
        return (x + y) / (n + m)

    def rises(p: float) -> bool:
        up = x / max(p + delta, _TINY) + y / max(p, _TINY)
        return up > (n - x) / max(1 - p - delta, _TINY) + (m - y) / max(1 - p, _TINY)

    low, high = max(0.0, -delta), min(1.0, 1.0 - delta)
    if not rises(low):  # numbers are so dense about 0 that a thousand halvings would lead there
        return low
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if rises(middle) else (low, middle)
    return high if rises(high) else low


def _last_accepted(outside: float, inside: float, accepts: Callable[[float], bool]) -> float:
    """Halve the way from an accepted number to one beyond until they are neighbours; give the accepted one."""
    if accepts(outside):
        return outside
    while (middle := (outside + inside) / 2) not in (outside, inside):
        outside, inside = (outside, middle) if accepts(middle) else (middle, inside)
    return inside


# --- exact tests ------------------------------------------------------------------------------------------------------


def _ways(n: int, m: int, total: int) -> Iterator[int]:
    """Count the ways to have each number of treated responders, given `total` responders, from the least such number up."""
    least = max(0, total - m)
    ways = math.comb(n, least) * math.comb(m, total - least)
    yield ways
    for x in range(least, min(n, total)):
        ways = ways * (n - x) * (total - x) // ((x + 1) * (m - total + x + 1))
        yield ways


def fisher_p_value(table: Table) -> float:
    """Add up the chances of all tables with the same margins that are no likelier than the one seen."""
    x, n, y, m = table
    seen = math.comb(n, x) * math.comb(m, y)
    return sum(each for each in _ways(n, m, x + y) if each <= seen) / math.comb(n + m, x + y)


def fisher_p_values(n: int, m: int, totals: Iterable[int] | None = None) -> FloatArray:
    """Give Fisher's P value of every table (of some totals only), by treated (rows) and control responders (columns)."""
    p_values = np.full((n + 1, m + 1), np.nan)
    for total in range(n + m + 1) if totals is None else totals:
        least, ways = max(0, total - m), list(_ways(n, m, total))
        ordered = sorted(ways)
        up_to = dict(zip(ordered, accumulate(ordered), strict=True))  # of equal ways the last, which counts them all
        whole = sum(ways)
        for i, each in enumerate(ways):
            p_values[least + i, total - least - i] = up_to[each] / whole
    return p_values


def boschloo_p_value(table: Table) -> float:
    """Double the smaller of the two one-sided P values, each the greatest that any common response rate gives."""
    x, n, y, m = table
    one_sided = (_greatest_chance(_no_likelier(x, n, y, m)), _greatest_chance(_no_likelier(y, m, x, n)))
    return min(1.0, 2 * min(one_sided))


def _no_likelier(x: int, n: int, y: int, m: int) -> npt.NDArray[np.float64]:
    """Mark the tables whose one-sided Fisher P value, that the first arm responds more, is at most that of the one seen."""
    p_values = np.empty((n + 1, m + 1))
    for total in range(n + m + 1):
        ways, whole = list(_ways(n, m, total)), math.comb(n + m, total)
        for i, tail in enumerate(accumulate(reversed(ways))):
            treated = min(n, total) - i
            p_values[treated, total - treated] = tail / whole
    return np.asarray(p_values <= p_values[x, y] * (1 + _SAME), dtype=np.float64)


def _greatest_chance(marked: FloatArray) -> float:
    """Find the greatest chance of the marked tables over the rates that both arms may have in common.

    The rates are spread so that those near 0 and 1 are near each other; then every peak is looked at more and more closely.
    """
    angles = np.linspace(0, np.pi / 2, _GRID)
    chances = _chances(marked, np.sin(angles) ** 2)
    if float(chances.max()) > 1 - _SAME:  # nearly every table is marked: a plateau of rounding, whose every point is a peak
        return 1.0
    peaks = 1 + np.flatnonzero((chances[1:-1] >= chances[:-2]) & (chances[1:-1] >= chances[2:]))
    best = float(chances.max())
    for peak in peaks[chances[peaks] > 0.9 * best]:
        low, high = angles[peak - 1], angles[peak + 1]
        for _ in range(_ZOOMS):
            closer = np.linspace(low, high, 21)
            found = _chances(marked, np.sin(closer) ** 2)
            top = int(found.argmax())
            best = max(best, float(found[top]))
            low, high = closer[max(top - 1, 0)], closer[min(top + 1, 20)]
    return best


def _chances(marked: FloatArray, rates: FloatArray) -> FloatArray:
    """Give the chance of the marked tables at each rate."""
    treated, control = (binomial_chances(size - 1, rates) for size in marked.shape)
    return np.asarray(((treated @ marked) * control).sum(axis=1))


def binomial_chances(n: int, rates: FloatArray) -> FloatArray:
    """Give the chance of each number of responders (columns) at each rate (rows)."""
    ways = np.array([math.log(math.comb(n, k)) for k in range(n + 1)])
    counts = np.arange(n + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.nan_to_num(counts * np.log(rates)[:, None]) + np.nan_to_num((n - counts) * np.log1p(-rates)[:, None])
    return np.asarray(np.exp(ways + logs))


# --- strata -----------------------------------------------------------------------------------------------------------


class MantelHaenszel(NamedTuple):
    """What strata say together; None where it does not exist."""

    difference: float | None
    difference_se: float | None
    odds_ratio: float | None
    log_odds_ratio_se: float | None
    statistic: float | None


def mantel_haenszel(tables: Iterable[Table]) -> MantelHaenszel:
    """Pool strata, each of which has patients in both arms."""
    weight = change = p = q = r = s = pr = ps_qr = qs = excess = spread = 0.0
    for x, n, y, m in tables:
        size, failed, control_failed = n + m, n - x, m - y
        weight += n * m / size
        change += (x * m - y * n) / size
        p += (n * n * y - m * m * x + n * m * (m - n) / 2) / size**2
        q += (x * control_failed + y * failed) / (2 * size)
        good, bad = x * control_failed / size, failed * y / size
        same, other = (x + control_failed) / size, (failed + y) / size
        r, s = r + good, s + bad
        pr, ps_qr, qs = pr + same * good, ps_qr + same * bad + other * good, qs + other * bad
        excess += x - n * (x + y) / size
        spread += n * m * (x + y) * (failed + control_failed) / (size**2 * (size - 1))
    difference = change / weight if weight else None
    variance = None if difference is None else (difference * p + q) / weight**2
    log_variance = pr / (2 * r * r) + ps_qr / (2 * r * s) + qs / (2 * s * s) if r and s else None
    return MantelHaenszel(
        difference,
        math.sqrt(variance) if variance is not None and variance > _SAME else None,
        r / s if s else None,
        None if log_variance is None else math.sqrt(log_variance),
        excess * excess / spread if spread else None,
    )
