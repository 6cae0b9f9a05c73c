"""Samples drawn again from the same patients, as weights, and Kaplan-Meier statistics of all of them at once.

A weight is how often a patient stands in a sample. Medians follow the rule of `SurvivalCurve.quantile` to the letter:
floats prefilter, and where S comes near a half, integers decide.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray

__all__ = ["WeightedCurves", "count_blocks", "draw_weights", "leave_one_out"]

Weights: TypeAlias = npt.NDArray[np.int64]
"""One row a sample, one column a patient."""

# A block of samples is as large as a processor's cache holds well.
_CELLS = 1 << 18
# Farther than this from a half, a float S is certainly on the side it seems to be on.
_NEAR = 1e-9


def count_blocks(n: int, n_samples: int) -> int:
    """Count the blocks in which samples are drawn.

    Parameters
    ----------
    n : int
        Patients, at least 1.
    n_samples : int
        Samples.

    Returns
    -------
    int
        Blocks; one holds as many samples as fit into 262,144 weights, and at least one.

    Examples
    --------
    >>> count_blocks(13, 10_000), count_blocks(1000, 10_000)
    (1, 39)
    """
    return -(-n_samples // _block_rows(n))


def draw_weights(n: int, n_resamples: int, seed: int) -> Iterator[Weights]:
    """Draw n of n patients with replacement, many times.

    Parameters
    ----------
    n : int
        Patients, at least 1.
    n_resamples : int
        How many samples to draw.
    seed : int
        Seed of the random numbers (numpy's default generator).

    Yields
    ------
    numpy.ndarray of int
        A block of samples: one row a sample, one column a patient; each row adds up to `n`.

    Examples
    --------
    >>> next(draw_weights(4, 2, seed=1)).sum(axis=1).tolist()
    [4, 4]
    """
    rng = np.random.default_rng(seed)
    for rows in _blocks(n, n_resamples):
        drawn = rng.integers(n, size=(len(rows), n))
        drawn += n * np.arange(len(rows))[:, np.newaxis]
        yield np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)


def leave_one_out(n: int) -> Iterator[Weights]:
    """Leave each patient out once: the samples of the jackknife.

    Parameters
    ----------
    n : int
        Patients, at least 1.

    Yields
    ------
    numpy.ndarray of int
        A block of samples, as `draw_weights` yields them.

    Examples
    --------
    >>> next(leave_one_out(3)).tolist()
    [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    """
    for rows in _blocks(n, n):
        weights = np.ones((len(rows), n), dtype=np.int64)
        weights[np.arange(len(rows)), rows] = 0
        yield weights


@attrs.frozen(eq=False)
class WeightedCurves:
    """The Kaplan-Meier curves of many samples of the same patients.

    Parameters
    ----------
    durations : numpy.ndarray of float
        One duration a patient, ascending.
    events : numpy.ndarray of bool
        Whether it ended with the event.
    time : numpy.ndarray of float
        The distinct event times.

    Examples
    --------
    >>> curves = WeightedCurves.of(np.array([3.0, 1.0, 2.0]), np.array([True, True, False]))
    >>> curves.medians(np.array([[1, 1, 1], [2, 0, 1]]))
    array([3., 1.])
    """

    durations: FloatArray
    events: npt.NDArray[np.bool_]
    time: FloatArray

    @classmethod
    def of(cls, durations: FloatArray, events: npt.NDArray[np.bool_]) -> WeightedCurves:
        """Sort the patients by duration, at ties censored ones first; weights then stand in that order.

        Parameters
        ----------
        durations : numpy.ndarray of float
            One duration a patient, in any order.
        events : numpy.ndarray of bool
            Whether it ended with the event.

        Returns
        -------
        WeightedCurves
            What all samples share.
        """
        order = np.lexsort((events, durations))
        return cls(durations[order], events[order], np.unique(durations[events]))

    def medians(self, weights: Weights) -> FloatArray:
        """Find the median of each sample.

        Parameters
        ----------
        weights : numpy.ndarray of int
            One row a sample, one column a patient in the order of `durations`.

        Returns
        -------
        numpy.ndarray of float
            What ``kaplan_meier(...).median`` gives for each sample; NaN where it is None.
        """
        risk, happened = self._count(weights)
        left = risk - happened
        s = _product_limit(risk, left)
        slack = max(_NEAR, len(self.time) * float(np.finfo(np.float64).eps))
        at = np.count_nonzero(s > 0.5 + slack, axis=1)
        found = np.flatnonzero(at < len(self.time))
        near = found[s[found, at[found]] >= 0.5 - slack]
        tied = np.zeros(len(at), dtype=bool)
        while len(near):
            sides = _exact_sides(risk[near], left[near], at[near])
            tied[near[sides == 0]] = True
            above = near[sides > 0]
            at[above] = _next_event(happened[above], at[above])
            near = above[at[above] < len(self.time)]
        return self._times_at(at, tied, happened)

    def restricted_means(self, weights: Weights, until: float) -> FloatArray:
        """Find the area under the curve of each sample.

        Parameters
        ----------
        weights : numpy.ndarray of int
            One row a sample, one column a patient in the order of `durations`.
        until : float
            The time up to which the area is taken.

        Returns
        -------
        numpy.ndarray of float
            What ``kaplan_meier(...).restricted_mean(until).mean`` gives for each sample; NaN where it is refused: the
            sample's last observed time lies before `until`, and S has not reached 0.
        """
        risk, happened = self._count(weights)
        s = np.column_stack([np.ones(len(weights)), _product_limit(risk, risk - happened)])
        k = int(np.searchsorted(self.time, until, side="right"))
        edges = np.concatenate(([0.0], self.time[:k], [until]))
        observed = weights[:, self.durations >= until].any(axis=1) | (s[:, -1] == 0)
        return np.where(observed, s[:, : k + 1] @ np.diff(edges), np.nan)

    def _count(self, weights: Weights) -> tuple[Weights, Weights]:
        """Count the patients at risk and the events at each event time."""
        ending = np.concatenate((np.zeros((len(weights), 1), dtype=np.int64), weights.cumsum(axis=1)), axis=1)
        risk = ending[:, -1:] - ending[:, np.searchsorted(self.durations, self.time)]
        starts = np.searchsorted(self.durations[self.events], self.time)
        return risk, np.add.reduceat(weights[:, self.events], starts, axis=1)

    def _times_at(self, at: Weights, tied: npt.NDArray[np.bool_], happened: Weights) -> FloatArray:
        """Take the event times at the columns found; where S stays at a half, the midpoint to the next event time."""
        times = np.append(self.time, np.nan)
        medians = times[at]
        rows = np.flatnonzero(tied)
        following = times[_next_event(happened[rows], at[rows])]
        medians[rows] = np.where(np.isnan(following), medians[rows], (medians[rows] + following) / 2)
        return medians


def _block_rows(n: int) -> int:
    return max(1, _CELLS // n)


def _blocks(n: int, n_samples: int) -> Iterator[range]:
    rows = _block_rows(n)
    for first in range(0, n_samples, rows):
        yield range(first, min(first + rows, n_samples))


def _product_limit(risk: Weights, left: Weights) -> FloatArray:
    """Multiply up S at the event times; where nobody is at risk it stays what it was."""
    share = np.ones(risk.shape)
    np.divide(left, risk, out=share, where=risk > 0)
    return np.asarray(share.cumprod(axis=1))


def _next_event(happened: Weights, at: Weights) -> Weights:
    """Find the next column in which a sample has an event, or the number of columns where there is none."""
    later = np.ones((len(at), happened.shape[1] + 1), dtype=bool)
    later[:, :-1] = (happened > 0) & (np.arange(happened.shape[1]) > at[:, np.newaxis])
    return np.asarray(later.argmax(axis=1), dtype=np.int64)


def _exact_sides(risk: Weights, left: Weights, at: Weights) -> npt.NDArray[np.int64]:
    """Tell whether S after column `at` is above (1), at (0) or below (-1) a half, in integers."""
    upto = np.arange(risk.shape[1]) <= at[:, np.newaxis]
    numerators, denominators = np.where(upto, left, 1), np.where(upto, risk, 1)
    # Those left after one event time who all are at risk at the next cancel out.
    same = numerators[:, :-1] == denominators[:, 1:]
    numerators[:, :-1][same] = 1
    denominators[:, 1:][same] = 1
    sides = [
        2 * math.prod(above[above != 1].tolist()) - math.prod(below[below != 1].tolist())
        for above, below in zip(numerators, denominators, strict=True)
    ]
    return np.array([(side > 0) - (side < 0) for side in sides], dtype=np.int64)
