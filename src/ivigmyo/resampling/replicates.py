"""Samples drawn again from the same patients, as weights, and Kaplan-Meier statistics of all of them at once.

A weight is how often a patient stands in a sample. The rules of S and its median are those of `survival.product_limit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray
from ivigmyo.survival.product_limit import find_quantiles, product_limits

__all__ = ["WeightedCurves", "Weights", "count_blocks", "draw_weights", "leave_one_out"]

Weights: TypeAlias = npt.NDArray[np.int64]
"""One row a sample, one column a patient."""

# A block of samples is as large as a processor's cache holds well.
_CELLS = 1 << 18


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
        n_risk, n_event = self._count(weights)
        estimate = product_limits(n_risk, n_risk - n_event)
        return find_quantiles(self.time, n_risk, n_event, estimate, Fraction(1, 2))

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
        s = np.column_stack([np.ones(len(weights)), product_limits(risk, risk - happened)])
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


def _block_rows(n: int) -> int:
    return max(1, _CELLS // n)


def _blocks(n: int, n_samples: int) -> Iterator[range]:
    rows = _block_rows(n)
    for first in range(0, n_samples, rows):
        yield range(first, min(first + rows, n_samples))
