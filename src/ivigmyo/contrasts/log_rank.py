"""The arithmetic of the log-rank test: patients counted by group at each time with an event."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray
from ivigmyo.survival import count_events

__all__ = ["GroupTable", "LogRankCounts", "count_groups", "count_log_rank", "quadratic_form"]


class GroupTable(NamedTuple):
    """Patients of each group (columns) at each time with an event (rows): at risk, and with the event."""

    n_risk: npt.NDArray[np.int64]
    n_event: npt.NDArray[np.int64]


class LogRankCounts(NamedTuple):
    """The events to be expected in each group of a stratum, and the covariance of those observed."""

    expected: FloatArray
    covariance: FloatArray


def count_groups(
    durations: FloatArray, event: npt.NDArray[np.bool_], codes: npt.NDArray[np.int64], n_groups: int
) -> GroupTable:
    """Count the patients of each group at each time with an event; a group may be empty."""
    times = np.unique(durations[event])
    table = GroupTable(*(np.zeros((len(times), n_groups), dtype=np.int64) for _ in range(2)))
    for code in np.unique(codes):
        members = codes == code
        counted = count_events(durations[members], event[members])
        place = np.searchsorted(counted.time, times)
        table.n_risk[:, code] = np.append(counted.n_risk, 0)[place]
        seen = np.append(counted.time, np.inf)[place] == times
        table.n_event[seen, code] = counted.n_event[place[seen]]
    return table


def count_log_rank(
    durations: FloatArray, event: npt.NDArray[np.bool_], codes: npt.NDArray[np.int64], n_groups: int
) -> LogRankCounts:
    """Count one stratum: the hypergeometric means and covariances, added up over its times with an event."""
    table = count_groups(durations, event, codes, n_groups)
    n, d = table.n_risk.sum(axis=1), table.n_event.sum(axis=1)
    share = table.n_risk / n[:, None]
    factor = d * (n - d) / np.maximum(n - 1, 1)
    covariance = np.diag(factor @ share) - (share * factor[:, None]).T @ share
    # A group alone at risk has no variance: what rounding leaves of 1 - 1 is none.
    return LogRankCounts(d @ share, np.where(_met(table, factor), covariance, 0.0))


def quadratic_form(excess: FloatArray, covariance: FloatArray) -> tuple[float | None, int]:
    """Set the excess of events against its covariance: the chi-squared statistic and its degrees of freedom.

    Groups that were at risk together are linked; of each set of linked groups one follows from the others and is left
    out. Without any link there is no test.
    """
    linked = covariance < 0
    kept: list[int] = []
    left = set(range(len(excess)))
    while left:
        found, new = set[int](), {min(left)}
        while new:
            found |= new
            new = set(np.flatnonzero(linked[sorted(new)].any(axis=0)).tolist()) - found
        left -= found
        kept += sorted(found)[1:]
    if not kept:
        return None, 0
    some = excess[kept]
    return float(some @ np.linalg.solve(covariance[np.ix_(kept, kept)], some)), len(kept)


def _met(table: GroupTable, factor: FloatArray) -> npt.NDArray[np.bool_]:
    """Tell which groups were at risk together when an event left some of them: their covariance is not 0."""
    present = (table.n_risk[factor > 0] > 0).astype(np.int64)
    together = present.T @ present > 0
    np.fill_diagonal(together, False)
    np.fill_diagonal(together, together.any(axis=1))
    return together
