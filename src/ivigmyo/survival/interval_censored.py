"""When an event is only known to have happened between two looks: the nonparametric maximum likelihood estimate of S."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple, overload

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Column, FloatArray, Values, read_columns
from ivigmyo.decimals import at_most
from ivigmyo.display import Named, Table, cell, counted
from ivigmyo.estimates import plain
from ivigmyo.survival.product_limit import IntArray

__all__ = ["IntervalCurve", "MassInterval", "SurvivalBounds", "interval_censored_curve"]

# The gradient at the maximum, as a share of the patients, at which the search ends; and how long it may go on.
_FLAT = 1e-12
_STEPS = 500
_HALVINGS = 40
# A mass smaller than this is none.
_NO_MASS = 1e-13


class MassInterval(NamedTuple):
    """An interval that has mass: the event happens after `left` and up to `right`, or at both where they are equal."""

    left: float
    right: float
    mass: float


class SurvivalBounds(NamedTuple):
    """The least and the greatest S that the estimate allows at a time."""

    low: float
    high: float


@attrs.frozen(repr=False)
class IntervalCurve(Named):
    """The share of patients without the event, where the event is only known to lie in an interval.

    Parameters
    ----------
    intervals : tuple of MassInterval
        The intervals in which the estimate has mass, ascending; where inside an interval its mass lies is not known.
        ``right`` is infinite for the mass of those who may never have the event.
    log_likelihood : float
        The sum of ln(mass in a patient's interval) over the patients.
    n : int
        Patients.
    max_gradient : float
        How far the estimate is from the maximum, in patients: the most that the log-likelihood could rise, per unit of mass
        moved to any one interval. It is 0 at the maximum, up to rounding.
    method : str
        Name of the estimate.

    Examples
    --------
    >>> curve = interval_censored_curve([0, 0, 10], [10, 10, 20])
    >>> [(left, right, round(mass, 4)) for left, right, mass in curve.intervals]
    [(0.0, 10.0, 0.6667), (10.0, 20.0, 0.3333)]
    """

    intervals: tuple[MassInterval, ...]
    log_likelihood: float
    n: int
    max_gradient: float
    method: str = "nonparametric maximum likelihood"

    @overload
    def survival_at(self, t: float) -> float | None: ...
    @overload
    def survival_at(self, t: Column) -> FloatArray: ...
    def survival_at(self, t: float | Column) -> float | FloatArray | None:
        """Read S at one time or at several.

        Parameters
        ----------
        t : float or array_like of float
            Times, at least 0; a missing one gives a missing S.

        Returns
        -------
        float, None or numpy.ndarray of float
            For a number S(t), None strictly inside an interval that has mass, where S is not determined; for a column an
            array, NaN there.

        Raises
        ------
        ValueError
            If a time is negative, infinite or not a number.

        Examples
        --------
        >>> curve = interval_censored_curve([0, 0, 10], [10, 10, 20])
        >>> round(curve.survival_at(10), 4), curve.survival_at(5)
        (0.3333, None)
        """
        columns = read_columns(scalars=True, t=t)
        columns.refuse("t", columns["t"] < 0, "must be at least 0")
        low, high = self._bounds(columns["t"])
        values = np.where(low == high, low, np.nan)
        return plain(values[0]) if columns.scalar else values

    def survival_bounds(self, t: float) -> SurvivalBounds:
        """Give the least and the greatest S at a time that the estimate allows.

        Parameters
        ----------
        t : float
            A time, at least 0.

        Returns
        -------
        SurvivalBounds
            Both limits, equal where `survival_at` is a number. They say where mass may lie within its interval, not how
            sure the estimate is.

        Raises
        ------
        ValueError
            If the time is no finite number of at least 0.

        Examples
        --------
        >>> low, high = interval_censored_curve([0, 0, 10], [10, 10, 20]).survival_bounds(5)
        >>> round(low, 4), high
        (0.3333, 1.0)
        """
        columns = read_columns(scalars=True, t=[t])
        columns.require("t")
        columns.refuse("t", columns["t"] < 0, "must be at least 0")
        low, high = self._bounds(columns["t"])
        return SurvivalBounds(float(low[0]), float(high[0]))

    def median_interval(self) -> MassInterval | None:
        """Find the interval in which S falls to one half: the first after which at most half of the mass is left.

        Returns
        -------
        MassInterval or None
            The interval; where in it the median lies is not known. None where S does not fall so far in any finite time.

        Examples
        --------
        >>> interval_censored_curve([0, 0, 10], [10, 10, 20]).median_interval()[:2]
        (0.0, 10.0)
        >>> interval_censored_curve([0, 10, 10], [10, np.inf, np.inf]).median_interval() is None
        True
        """
        fallen = at_most(self._after()[1:], 0.5)
        found = self.intervals[int(fallen.argmax())]
        return None if math.isinf(found.right) else found

    def _shown(self) -> Table:
        rows = [[*(cell("", each) for each in row)] for row in self.intervals]
        notes = [f"{counted(self.n, 'patient')}; log-likelihood {cell('', self.log_likelihood)}."]
        return Table("Masses of an interval-censored curve", ["after", "up to", "mass"], rows, notes=notes)

    def to_frame(self) -> pd.DataFrame:
        """Lay the estimate out as a table.

        Returns
        -------
        pandas.DataFrame
            Columns ``left, right, mass, estimate``, one row an interval with mass; ``estimate`` is S at ``right``.

        Examples
        --------
        >>> interval_censored_curve([0, 0, 10], [10, 10, 20]).to_frame().round(4)
           left  right    mass  estimate
        0   0.0   10.0  0.6667    0.3333
        1  10.0   20.0  0.3333    0.0000
        """
        frame = pd.DataFrame(list(self.intervals), columns=["left", "right", "mass"])
        return frame.assign(estimate=self._after()[1:])

    def _after(self) -> FloatArray:
        """S before the first interval and after each: summed from the end, so that S is 0 after the last."""
        masses = np.array([each.mass for each in self.intervals])
        after = np.append(masses[::-1].cumsum()[::-1], 0.0)
        after[0] = 1.0
        return after

    def _bounds(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        after = self._after()
        left, right = (np.array([each[i] for each in self.intervals]) for i in range(2))
        # up to t all mass is gone of an interval that ends by then, and none of one that begins at t or later
        gone, begun = np.searchsorted(right, t, side="right"), np.searchsorted(left, t, side="left")
        missing = np.isnan(t)
        low, high = after[np.maximum(gone, begun)], after[gone]
        return np.where(missing, np.nan, low), np.where(missing, np.nan, high)


def interval_censored_curve(left: Values, right: Values) -> IntervalCurve:
    """Estimate the survival curve of events that are only known to have happened between two looks.

    Parameters
    ----------
    left : array_like of float
        The last time at which each patient was seen without the event, at least 0 (0 where the first look showed it); none
        may be missing.
    right : array_like of float
        The first time at which the event was seen, not before `left`: the event happened after `left` and up to `right`.
        Equal to `left` where its time is known; infinite where it was not seen.

    Returns
    -------
    IntervalCurve
        The masses of highest likelihood, with what they leave open.

    Raises
    ------
    ValueError
        If there is no patient, lengths or indexes differ, a value is missing, negative or not a number, or `left` is
        infinite or lies after `right`.

    Notes
    -----
    Only the innermost intervals, which begin with a left end and end with the next right one, can have mass (Peto,
    Turnbull). Their masses are found by the constrained Newton method: masses of a quadratic model by nonnegative least
    squares, with a halving line search, the interval of steepest gradient between any two that have mass joining in each
    step, until no gradient is above 1e-12 of the patients. R's ``survfit(Surv(left, right, type = "interval2") ~ 1)`` is
    the same estimate by self-consistency, which it ends early; it draws the mass at the midpoint of its interval.

    The masses are unique: an innermost interval ends where a patient's interval ends, whose mass is that of this innermost
    interval and of some before it. So the masses within the patients' intervals, which the maximum determines, give one mass
    after the other. What is not determined is where the mass of an interval lies within it.

    References
    ----------
    Peto R. J R Stat Soc C 1973;22:86-91. Turnbull BW. J R Stat Soc B 1976;38:290-295. Wang Y. J R Stat Soc B
    2007;69:185-198. Gentleman R, Geyer CJ. Biometrika 1994;81:618-623.

    Examples
    --------
    >>> curve = interval_censored_curve([0, 0, 28, 28, 56], [28, 56, 56, 84, float("inf")])
    >>> round(curve.survival_at(28), 4), round(curve.survival_at(56), 4)
    (0.7236, 0.2764)
    """
    low, high = _read(left, right)
    begin, end = _innermost(low, high)
    pairs, counts = np.unique(np.column_stack(_cover(low, high, begin, end)), axis=0, return_counts=True)
    sample = _Sample(pairs[:, 0], pairs[:, 1], counts / len(low), len(begin))
    mass = _maximize(sample)
    kept = np.flatnonzero(mass)
    return IntervalCurve(
        tuple(MassInterval(*map(float, (begin[j], end[j], mass[j]))) for j in kept),
        math.fsum(counts * np.log(sample.within(mass))),
        len(low),
        float(max(sample.gradient(mass).max(), 0.0)) * len(low),
    )


def _read(left: Values, right: Values) -> tuple[FloatArray, FloatArray]:
    columns = read_columns(allow_infinite=("right",), left=left, right=right)
    if not len(columns):
        raise ValueError("'left' must hold at least one value.")
    columns.require("left", "right")
    columns.require_sizes()
    columns.refuse("left", columns["left"] < 0, "must be at least 0")
    columns.refuse("right", columns["right"] < columns["left"], "must not lie before 'left'")
    return columns["left"] + 0.0, columns["right"] + 0.0


def _innermost(left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Find the innermost intervals: a left end that is followed by a right one with no other end between."""
    exact = left == right
    # at one time an exact event begins first, then intervals end, then those begin that are open at their left
    ends = [(t, 0 if known else 2) for t, known in zip(left.tolist(), exact.tolist(), strict=True)]
    ends += [(t, 1) for t in right.tolist()]
    ends = sorted(set(ends))
    found = [(a[0], b[0]) for a, b in pairwise(ends) if a[1] != 1 and b[1] == 1]
    begin, end = np.array(found).T
    return begin, end


def _cover(left: FloatArray, right: FloatArray, begin: FloatArray, end: FloatArray) -> tuple[IntArray, IntArray]:
    """Find the first and the last innermost interval that lie within each patient's interval."""
    exact = left == right
    first = np.searchsorted(begin, left, side="left")
    # an exact innermost interval at t lies within (s, t], and not within (t, u]
    at = np.minimum(first, len(begin) - 1)
    first = first + (~exact & (begin[at] == left) & (end[at] == left))
    last = np.searchsorted(end, right, side="right") - 1
    return first, np.where(exact, first, last)


@attrs.frozen(eq=False)
class _Sample:
    """The patients' intervals as ranges of innermost ones, first to last; equal ones once, with their share of patients."""

    first: IntArray
    last: IntArray
    weight: FloatArray
    m: int

    def within(self, mass: FloatArray) -> FloatArray:
        """Add up the mass within each patient's interval."""
        sums = np.append(0.0, mass.cumsum())
        return np.asarray(sums[self.last + 1] - sums[self.first])

    def gradient(self, mass: FloatArray) -> FloatArray:
        """Tell how the mean log-likelihood rises where mass is moved to each innermost interval."""
        pull = self.weight / self.within(mass)
        steps = np.bincount(self.first, pull, self.m + 1) - np.bincount(self.last + 1, pull, self.m + 1)
        return steps.cumsum()[:-1] - 1

    def covers(self, columns: IntArray) -> npt.NDArray[np.float64]:
        """Lay out one row a patient's interval, one column an innermost one: 1 where it lies within."""
        return ((columns >= self.first[:, np.newaxis]) & (columns <= self.last[:, np.newaxis])).astype(np.float64)

    def mean_log(self, mass: FloatArray) -> float:
        within = self.within(mass)
        return float(self.weight @ np.log(within)) if (within > 0).all() else -math.inf


def _maximize(sample: _Sample) -> FloatArray:
    mass = _start(sample)
    best, flattest = mass, math.inf
    for _ in range(_STEPS):
        gradient = sample.gradient(mass)
        if gradient.max() < flattest:
            best, flattest = mass, float(gradient.max())
        if flattest <= _FLAT:
            break
        columns = _candidates(mass, gradient)
        target = np.zeros(sample.m)
        target[columns] = _solve_quadratic(sample, mass, columns)
        mass = _search(sample, mass, target)
    return best


def _start(sample: _Sample) -> FloatArray:
    """Put equal mass on as few innermost intervals as reach every patient's interval."""
    chosen: list[int] = []
    for first, last in sorted(zip(sample.first.tolist(), sample.last.tolist(), strict=True), key=lambda pair: pair[1]):
        if not chosen or chosen[-1] < first:
            chosen.append(last)
    mass = np.zeros(sample.m)
    mass[chosen] = 1 / len(chosen)
    return mass


def _candidates(mass: FloatArray, gradient: FloatArray) -> IntArray:
    """Take the intervals that have mass and, before, between and after them, those of the steepest rise."""
    held = np.flatnonzero(mass)
    joined = [
        start + int(gradient[start:stop].argmax())
        for start, stop in zip(np.append(0, held + 1).tolist(), np.append(held, len(mass)).tolist(), strict=True)
        if start < stop and gradient[start:stop].max() > 0
    ]
    return np.sort(np.append(held, np.array(joined, dtype=np.int64)))


def _solve_quadratic(sample: _Sample, mass: FloatArray, columns: IntArray) -> FloatArray:
    """Find the masses that maximize the quadratic model of the likelihood, among those that add up to 1.

    With S the shares of `mass` moved, the model is -|S p - 2|^2 / 2; that p adds up to 1 makes it a problem of nonnegative
    least squares with one more row, whose solution is p but for a factor (Dax).
    """
    from scipy.optimize import nnls

    shares = sample.covers(columns) / sample.within(mass)[:, np.newaxis]
    rows = np.vstack([np.sqrt(sample.weight)[:, np.newaxis] * (shares - 2), np.ones(len(columns))])
    found, _ = nnls(rows, np.append(np.zeros(len(rows) - 1), 1.0), maxiter=100 + 30 * len(columns))
    return np.asarray(found / found.sum())


def _search(sample: _Sample, mass: FloatArray, target: FloatArray) -> FloatArray:
    """Go from the masses towards others as far as the likelihood rises, halving the way."""
    before, slope = sample.mean_log(mass), float(sample.gradient(mass) @ (target - mass))
    step = 1.0
    for _ in range(_HALVINGS):
        tried = mass + step * (target - mass)
        tried[tried < _NO_MASS] = 0.0
        tried /= tried.sum()
        # close to the maximum a rise is lost in rounding
        if sample.mean_log(tried) >= before + slope * step / 3 - 1e-15 * max(1.0, abs(before)):
            return tried
        step /= 2
    return mass
