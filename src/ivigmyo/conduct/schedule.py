"""When patients were seen, against when they were to be seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from ivigmyo.errors import refusal
from ivigmyo.study import Study
from ivigmyo.study.patients import Patient

__all__ = ["check_schedule"]


def check_schedule(
    study: Study, schedule: Mapping[str, Iterable[int]] | None = None, window: int | None = None
) -> pd.DataFrame:
    """List the assessments of a study that are missing, outside their window, or were not scheduled.

    Parameters
    ----------
    study : Study
        A study.
    schedule : mapping of str to iterable of int, optional
        The weeks in which each measure, named by its code, is scheduled. Unless given: `SCHEDULE`, and for a further
        measure every week the study schedules; every measure in every such week where these are other weeks than those
        of the paper.
    window : int, optional
        How many days an assessment may lie from the first day of its week (7 x week), at least 0; the study's own
        ``week_window`` unless given.

    Returns
    -------
    pandas.DataFrame
        One row a finding: ``patient`` (None where the finding is of all), ``week``, ``measure``, ``day`` (NaN where it is
        not known or nothing was done), ``finding``: ``"missing"``, ``"out of window"``, ``"not scheduled"`` or
        ``"not recorded for any patient"``. Findings of all patients stand first, the others in the order of patients,
        weeks and measures.

    Raises
    ------
    ValueError
        If a scheduled measure is none of the study's, or the window is negative.

    Notes
    -----
    A patient who left is not expected in the weeks that begin after the day of leaving. A measure that no patient has in
    a week is not missing of each, but not recorded for any. The window is looked at only where the day is known; of
    several values in one week the nearest counts. Values after the last scheduled week belong to the follow-up.

    References
    ----------
    Saito et al. 2008, Table 1.

    Examples
    --------
    Weeks 1 and 2 are not printed, and patient 15 was last seen in week 5:

    >>> from ivigmyo import saito2008
    >>> check_schedule(saito2008.load_study())
      patient  week measure  day                       finding
    0    None     1      CK  NaN  not recorded for any patient
    1    None     2     MMT  NaN  not recorded for any patient
    2    None     2     ADL  NaN  not recorded for any patient
    3    None     2      CK  NaN  not recorded for any patient
    4      15     5     MMT  NaN                 not scheduled
    5      15     5     ADL  NaN                 not scheduled
    6      15     5      CK  NaN                 not scheduled
    """
    planned = _planned(study, schedule)
    window = study.protocol.week_window if window is None else window
    if not window >= 0:
        raise ValueError(refusal("'window' must be at least 0", window))
    seen = _days_seen(study)
    recorded = {occasion for own in seen.values() for occasion in own}
    ahead = sorted({(week, code) for code, weeks in planned.items() for week in weeks}, key=_by_week(planned))
    rows: list[tuple[object, ...]] = [
        (None, week, code, None, "not recorded for any patient")
        for week, code in ahead
        if (week, code) not in recorded and any(_expected(patient, week) for patient in study.patients)
    ]
    last = max((week for week, _ in ahead), default=0)
    for patient in study.patients:
        own = seen.get(patient.id, {})
        done = {(week, code) for week, code in own if code in planned and week <= last}
        due = {(week, code) for week, code in ahead if (week, code) in recorded and _expected(patient, week)}
        for week, code in sorted(done | due, key=_by_week(planned)):
            day, finding = _find(own.get((week, code)), week, week in planned[code], window)
            if finding is not None:
                rows.append((patient.id, week, code, day, finding))
    frame = pd.DataFrame(rows, columns=["patient", "week", "measure", "day", "finding"], dtype=object)
    return frame.astype({"week": int, "day": float})


def _planned(study: Study, schedule: Mapping[str, Iterable[int]] | None) -> dict[str, tuple[int, ...]]:
    """List the weeks of each measure; weeks that were inferred were not planned."""
    if schedule is not None:
        return {study.instrument(code).code: tuple(weeks) for code, weeks in schedule.items()}
    if "scheduled_weeks" in (study.protocol.inferred or ()):
        return {}
    named = study.protocol.scheduled_weeks if isinstance(study.protocol.scheduled_weeks, Mapping) else ()
    codes = dict.fromkeys([*(each.code for each in study.instruments), *(code for code in named if code)])
    weeks = {code: study.protocol.weeks_of(code) for code in codes}
    return {code: own for code, own in weeks.items() if own}


def _by_week(planned: Mapping[str, object]) -> Callable[[tuple[int, str]], tuple[int, int]]:
    """Order weeks, and within a week the measures as they are planned."""
    order = list(planned)
    return lambda key: (key[0], order.index(key[1]) if key[1] in order else len(order))


def _days_seen(study: Study) -> dict[str, dict[tuple[int, str], list[int | None]]]:
    """Gather for each patient, and each week and measure, the days of the values, None where a day was not recorded."""
    seen: dict[str, dict[tuple[int, str], list[int | None]]] = {}
    for each in study.instruments:
        rows = study.rows(each.code)
        rows = rows[rows["week"].notna()]
        for patient, week, dated, day in rows[["patient", "week", "dated", "day"]].itertuples(index=False):
            own = seen.setdefault(patient, defaultdict(list))
            own[int(week), each.code].append(int(day) if dated else None)
    return seen


def _expected(patient: Patient, week: int) -> bool:
    return patient.discontinued_on is None or 7 * week <= patient.discontinued_on


def _find(days: list[int | None] | None, week: int, scheduled: bool, window: int) -> tuple[int | None, str | None]:
    """Return the day that decides, and what is found; None where all is well."""
    if days is None:
        return None, "missing"
    known = sorted((day for day in days if day is not None), key=lambda day: abs(day - 7 * week))
    nearest = known[0] if known else None
    if not scheduled:
        return nearest, "not scheduled"
    outside = len(known) == len(days) and abs(known[0] - 7 * week) > window
    return nearest, "out of window" if outside else None
