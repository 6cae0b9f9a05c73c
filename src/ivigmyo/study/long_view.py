"""The one long view of a study's values: which row is baseline, which stands for a week, which is final.

Every column, figure, export and check takes its values from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.study.patients import Patient
from ivigmyo.study.plan import Protocol

__all__ = ["NO_ROWS", "baseline_rows", "final_rows", "lay_out", "moved_to_schedule", "nearest_weeks", "standing_rows"]

_KINDS = {"week": float, "recorded": bool, "dated": bool, "day": int, "value": float, "uln": float, "bound": object}


def nearest_weeks(days: npt.NDArray[np.int64], scheduled: Iterable[int], window: int) -> npt.NDArray[np.float64]:
    """Find the scheduled week each day may stand for: the nearest within the window, the earlier of two; NaN for none.

    A day after the first infusion never stands for week 0.
    """
    weeks = np.array(sorted(scheduled), dtype=float)
    if not len(weeks):
        return np.full(len(days), np.nan)
    after = np.minimum(np.searchsorted(7 * weeks, days), len(weeks) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(days - 7 * weeks[before]) <= np.abs(days - 7 * weeks[after]), weeks[before], weeks[after])
    stands = (np.abs(days - 7 * nearest) <= window) & ~((nearest == 0) & (days > 0))
    return np.where(stands, nearest, np.nan)


def lay_out(patients: Iterable[Patient], protocol: Protocol) -> dict[str, pd.DataFrame]:
    """Lay the values of each measure out as rows, in order of patient and time; the weeks of days alone are found."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for patient in patients:
        for visit in patient.visits:
            time = (np.nan if visit.week is None else visit.week, visit.week is not None, visit.day is not None)
            for each in visit.assessments:
                row = (patient.id, *time, visit.nominal_day, each.value, each.uln, each.bound or "")
                found.setdefault(each.instrument.code, []).append(row)
    return {
        code: _with_weeks(_frame(rows), {*protocol.weeks_of(code), *_endpoint(protocol)}, protocol.week_window)
        for code, rows in found.items()
    }


def _endpoint(protocol: Protocol) -> tuple[int, ...]:
    """Return a stated endpoint week: a day may stand for it even where no visit is scheduled in it."""
    return () if protocol.endpoint_week is None else (protocol.endpoint_week,)


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = zip(*rows, strict=True) if rows else [()] * (len(_KINDS) + 1)
    patients, *numbers = columns
    cells = {"patient": pd.Series(patients, dtype=object)}
    for (name, kind), own in zip(_KINDS.items(), numbers, strict=True):
        cells[name] = pd.Series(np.array(own, dtype=kind), dtype=kind)
    return pd.DataFrame(cells)


def _with_weeks(rows: pd.DataFrame, scheduled: Iterable[int], window: int) -> pd.DataFrame:
    found = nearest_weeks(rows["day"].to_numpy(), scheduled, window)
    return rows.assign(week=rows["week"].where(rows["recorded"], found))


def _first_of_each(groups: Sequence[npt.NDArray[Any]], order: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.intp]:
    """Find where the first of each group stands in an order, by several keys each; the earlier of two that are alike."""
    at: npt.NDArray[np.intp] = np.lexsort((*reversed(order), *reversed(groups)))
    starts = np.arange(len(at)) == 0
    for key in groups:
        starts[1:] |= key[at][1:] != key[at][:-1]
    return np.asarray(at[starts])


def _codes(rows: pd.DataFrame) -> npt.NDArray[np.intp]:
    return np.asarray(pd.factorize(rows["patient"].to_numpy())[0], dtype=np.intp)


def standing_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the values of each patient and week of one measure, keep the one that stands for the week.

    A value recorded for the week goes first, then the nearest to its first day, the earlier of two. A value known to be of
    a day after the first infusion never stands for week 0.
    """
    week, day, recorded, dated = (rows[name].to_numpy() for name in ("week", "day", "recorded", "dated"))
    may = np.flatnonzero(~np.isnan(week) & ~((week == 0) & dated & (day > 0)))
    patient, week, day = _codes(rows)[may], week[may], day[may]
    first = _first_of_each((patient, week), (~recorded[may], np.abs(day - 7 * week), day))
    return rows.take(np.sort(may[first]))


def moved_to_schedule(rows: pd.DataFrame, scheduled: tuple[int, ...]) -> pd.DataFrame:
    """Put each standing value of an unscheduled week under the next scheduled one, once, where that is free."""
    weeks = np.array(scheduled, dtype=float)
    if not len(weeks):
        return rows
    following = np.append(weeks, 0)[np.searchsorted(weeks, rows["week"])]
    stays = rows["week"].isin(weeks) | (rows["week"] > weeks[-1])
    target = rows["week"].where(stays, following)
    # The latest of those that go to one week goes first, a value of that week before all; the others keep their column.
    latest_first = rows.assign(week=target).loc[rows["week"].sort_values(ascending=False).index]
    taken = latest_first.duplicated(["patient", "week"]).reindex(rows.index)
    return rows.assign(week=target.where(~taken, rows["week"]))


def baseline_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep each patient's last value at or before day 0 where days are known, else that of the recorded week 0."""
    week, day, dated = (rows[name].to_numpy() for name in ("week", "day", "dated"))
    may = np.flatnonzero(np.where(dated, day <= 0, week == 0))[::-1]
    return rows.take(np.sort(may[_first_of_each([_codes(rows)[may]], (-day[may], ~dated[may]))]))


def final_rows(rows: pd.DataFrame, endpoint: int, until: Mapping[str, float | None], carries: Iterable[str]) -> pd.DataFrame:
    """Keep each patient's value of the endpoint week, else the last before it of those in whom that is carried forward.

    `until` holds the last day whose values count, by patient; the baseline is never carried.
    """
    last_day = rows["patient"].map(dict(until)).to_numpy(dtype=float)
    rows = rows[(rows["day"].to_numpy() > 0) & ~(rows["day"].to_numpy() > last_day)]
    at_end = standing_rows(rows[rows["week"].to_numpy() == endpoint])
    week, day = rows["week"].to_numpy(), rows["day"].to_numpy()
    before = (week < endpoint) | (np.isnan(week) & (day < 7 * endpoint))
    others = before & rows["patient"].isin({*carries} - {*at_end["patient"]}).to_numpy()
    earlier = np.flatnonzero(others)[::-1]
    # of one day, a value that is in no week's window is the last
    latest_first = (-day[earlier], -np.nan_to_num(week[earlier], nan=np.inf))
    carried = earlier[_first_of_each([_codes(rows)[earlier]], latest_first)]
    return pd.concat([at_end, rows.take(carried)])


NO_ROWS = _frame([])
"""The rows of a measure that was not recorded."""
