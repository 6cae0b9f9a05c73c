"""What serial CK values leave open: normalization, and the way back, happened on some day between two samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.arguments import FloatArray, check_choice
from ivigmyo.decimals import subtract
from ivigmyo.normalization.episodes import Found, SameDay, count_confirming, find_changes, read_rows
from ivigmyo.normalization.serial import Integers, Mask, SerialRows

__all__ = ["duration_bounds", "normalization_intervals"]


def normalization_intervals(
    serial: pd.DataFrame, *, confirm: int = 1, abnormal_baseline: bool = True, same_day: SameDay = "error"
) -> pd.DataFrame:
    """Find between which days each patient's CK normalized.

    Parameters
    ----------
    serial : pandas.DataFrame
        Columns ``patient, day, ck, uln``, one row a measurement, in any order, as for `find_normalizations`.
    confirm, abnormal_baseline, same_day : optional
        The conventions, as for `find_normalization`.

    Returns
    -------
    pandas.DataFrame
        Columns ``patient, left, right``, one row for each patient who could normalize and was measured after day 0, sorted
        by patient: CK normalized after day `left` and up to day `right`. `left` is the day of the last abnormal sample
        before the first normal one, but at least 0, the day of the first infusion; `right` is the day of that normal
        sample, and infinite where CK did not normalize.

    Raises
    ------
    ValueError
        As for `find_normalizations`.

    Notes
    -----
    These are the intervals that `survival.interval_censored_curve` takes. Those whom `find_normalizations` calls ``"no
    baseline"``, ``"normal at baseline"`` or ``"no follow-up"`` have no row.

    Examples
    --------
    >>> serial = pd.DataFrame({"patient": ["P01"] * 3 + ["P02"] * 2, "day": [-1, 28, 56, 0, 28],
    ...                        "ck": [980, 400, 110, 2200, 700], "uln": 180})
    >>> normalization_intervals(serial)
      patient  left  right
    0     P01  28.0   56.0
    1     P02  28.0    inf
    """
    rows, patients, changes, chosen = _read(serial, confirm, abnormal_baseline, same_day)
    left = np.maximum(_last_day(rows, rows.above, changes.start, changes.normalized), 0.0)
    right = _day_at(rows, changes.normalized, changes.stop)
    return pd.DataFrame({"patient": patients[chosen], "left": left[chosen], "right": right[chosen]})


def duration_bounds(
    serial: pd.DataFrame, *, confirm: int = 1, abnormal_baseline: bool = True, same_day: SameDay = "error"
) -> pd.DataFrame:
    """Find the shortest and the longest time for which each patient's CK may have been normal.

    Parameters
    ----------
    serial : pandas.DataFrame
        Columns ``patient, day, ck, uln``, one row a measurement, in any order, as for `find_normalizations`.
    confirm, abnormal_baseline, same_day : optional
        The conventions, as for `find_normalization`.

    Returns
    -------
    pandas.DataFrame
        Columns ``patient, shortest, longest`` in days, one row for each patient whose CK normalized, sorted by patient.

    Raises
    ------
    ValueError
        As for `find_normalizations`.

    Notes
    -----
    Shortest: from the first normal sample to the last before CK rose again. Longest: from the last abnormal sample before
    the first normal one (but from day 0 at the earliest) to the one with which it had risen again, and infinite where it
    had not. The duration of `find_normalizations` lies between the two: it ends later than the shortest, and begins later
    than the longest.

    Examples
    --------
    >>> serial = pd.DataFrame({"patient": "P01", "day": [0, 28, 56, 84, 112], "ck": [980, 400, 110, 120, 300], "uln": 180})
    >>> duration_bounds(serial)
      patient  shortest  longest
    0     P01      28.0     84.0
    """
    rows, patients, changes, chosen = _read(serial, confirm, abnormal_baseline, same_day)
    chosen = chosen[changes.normalized[chosen] < changes.stop[chosen]]
    first = _day_at(rows, changes.normalized, changes.stop)[chosen]
    last = rows.day[changes.re_elevated[chosen] - 1]
    begin = np.maximum(_last_day(rows, rows.above, changes.start, changes.normalized)[chosen], 0.0)
    end = _day_at(rows, changes.re_elevated, changes.stop)[chosen]
    longest, known = np.full(len(chosen), np.inf), np.isfinite(end)
    longest[known] = subtract(end[known], begin[known])
    return pd.DataFrame({"patient": patients[chosen], "shortest": subtract(last, first), "longest": longest})


def _read(
    serial: pd.DataFrame, confirm: int, abnormal_baseline: bool, same_day: SameDay
) -> tuple[SerialRows, pd.Index[Any], Found, Integers]:
    """Read serial values and find what changes; say who could normalize and was measured after day 0."""
    check_choice("abnormal_baseline", abnormal_baseline, (True, False))
    check_choice("same_day", same_day, ("error", "highest"))
    confirm = count_confirming(confirm)
    rows, patients = read_rows(serial, same_day)
    changes = find_changes(rows, confirm, abnormal_baseline)
    return rows, patients, changes, np.flatnonzero(changes.followed & (changes.first_after < changes.stop))


def _day_at(rows: SerialRows, row: Integers, stop: Integers) -> FloatArray:
    return np.where(row < stop, rows.day[np.minimum(row, stop - 1)], np.inf)


def _last_day(rows: SerialRows, holds: Mask, start: Integers, before: Integers) -> FloatArray:
    """Take the day of the last row from `start` and before another in which a condition holds; -inf where there is none."""
    last = np.maximum.accumulate(np.where(holds, np.arange(len(holds)), -1))[np.maximum(before - 1, 0)]
    return np.where((last >= start) & (before > start), rows.day[np.maximum(last, 0)], -np.inf)
