"""Dates in place of days: what a cell means as a date, and tables with dates -> tables with days."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import attrs
import pandas as pd

from ivigmyo.errors import spell
from ivigmyo.files.cells import Faulty, is_empty
from ivigmyo.files.tables import Table

__all__ = ["DATED", "PATIENT_DATES", "read_date", "read_dates", "with_days"]

PATIENT_DATES = ("first_infusion", "birth_date", "consent_date", "discontinuation_date")
"""The dates that the patients table may hold: the first is day 0 of all others."""

DATED: Mapping[str, Mapping[str, str]] = {
    "patients": {"consent_date": "consented_on", "discontinuation_date": "discontinued_on"},
    "assessments": {"date": "day"},
    "adverse_events": {"date": "day"},
    "treatments": {"start_date": "start_day", "end_date": "end_day"},
    "ck_follow_up": {
        "normalized_date": "normalized_on",
        "re_elevated_date": "re_elevated_on",
        "observed_until_date": "observed_until",
    },
}
"""The columns of dates of each table, with the column of days that each may stand for."""

_Date: TypeAlias = "datetime.date | Faulty | None"
_Order: TypeAlias = Literal["day first", "month first"]

_ISO = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?")
_NUMERIC = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?: [0-9:.]+)?")
_NAMED = ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d.%b.%Y", "%d%b%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y")
_RULE = "a whole date such as 2024-05-27"
_UNKNOWN_ORDER = f"{_RULE}: day and month cannot be told apart in this column"


def read_dates(cells: Sequence[Any]) -> list[_Date]:
    """Read a column of dates: ISO, with the name of the month, or in an order of day and month that the column tells.

    Times of day are dropped: days are days of the calendar. What is no whole date is faulty; a part is never made up.
    """
    order = _order(cells)
    known: dict[Any, _Date] = {}
    found = []
    for cell in cells:
        kept = isinstance(cell, str)
        if kept and cell in known:
            found.append(known[cell])
            continue
        date = read_date(cell, order)
        if kept:
            known[cell] = date
        found.append(date)
    return found


def _order(cells: Iterable[Any]) -> _Order | None:
    """Tell whether the day stands before the month, by a number above 12; None where no cell, or two, tell."""
    parts = [match for cell in cells if isinstance(cell, str) and (match := _NUMERIC.fullmatch(cell.strip()))]
    day_first, month_first = (any(int(match[k]) > 12 for match in parts) for k in (1, 3))
    return None if day_first == month_first else "day first" if day_first else "month first"


def read_date(cell: Any, order: _Order | None = None) -> _Date:
    """Read one cell as a date; None where it is empty.

    Examples
    --------
    >>> read_date("2024-05-27T08:30"), read_date("2024-05").rule
    (datetime.date(2024, 5, 27), 'a whole date such as 2024-05-27')
    """
    if is_empty(cell):
        return None
    if isinstance(cell, datetime.datetime):  # also pandas' Timestamp
        return cell.date()
    if isinstance(cell, datetime.date):
        return cell
    if not isinstance(cell, str):
        date = pd.Timestamp(cell).date() if type(cell).__name__ == "datetime64" else None
        return Faulty(_RULE, cell) if date is None else date
    text = cell.strip()
    try:
        if match := _ISO.fullmatch(text):
            return datetime.date(int(match[1]), int(match[3]), int(match[4]))
        if match := _NUMERIC.fullmatch(text):
            if order is None and match[1] != match[3]:
                return Faulty(_UNKNOWN_ORDER, cell)
            day, month = (match[1], match[3]) if order != "month first" else (match[3], match[1])
            return datetime.date(int(match[4]), int(month), int(day))
    except ValueError:
        return Faulty(_RULE, cell)
    return _named_date(text) or Faulty(_RULE, cell)


def _named_date(text: str) -> datetime.date | None:
    for form in _NAMED:
        try:
            return datetime.datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def with_days(tables: Mapping[str, Table]) -> dict[str, Table]:
    """Put days since each patient's first infusion in place of dates, and ages in place of birth dates."""
    patients = tables["patients"]
    if "patient" not in patients or not any(name in tables[table] for table in tables for name in _names(table)):
        return dict(tables)
    dates = {name: read_dates(patients.column(name)) for name in PATIENT_DATES if name in patients}
    names = [cell.strip() if isinstance(cell, str) else cell for cell in patients.column("patient")]
    firsts = dict(zip(names, dates.get("first_infusion", [None] * len(names)), strict=True))
    made = {}
    for name, table in tables.items():
        present = {date: day for date, day in DATED.get(name, {}).items() if table.columns.count(date) == 1}
        if present and "first_infusion" not in patients:
            rule = f"column 'first_infusion' is missing, from which the days of {spell(next(iter(present)))} are counted"
            patients = attrs.evolve(patients, problems=(*patients.problems, patients.of_header(rule)))
            firsts = {}
        for date, day in present.items():
            table = _replaced(table, date, day, _days(table, read_dates(table.column(date)), firsts, date))
        made[name] = table
    made["patients"] = attrs.evolve(made["patients"], problems=patients.problems)
    if dates:
        made["patients"] = _with_ages(made["patients"], dates)
    return made


def _names(table: str) -> tuple[str, ...]:
    return (*DATED.get(table, {}), *(PATIENT_DATES if table == "patients" else ()))


def _days(table: Table, dates: list[_Date], firsts: Mapping[Any, _Date], name: str) -> list[Any]:
    """Count the days from each row's patient's first infusion."""
    who = table.column("patient") if "patient" in table else [None] * len(table)
    days: list[Any] = []
    for patient, date in zip(who, dates, strict=True):
        patient = patient.strip() if isinstance(patient, str) else patient
        first = firsts.get(patient)
        if not isinstance(date, datetime.date):
            days.append(None if date is None else attrs.evolve(date, name=name))
        elif isinstance(first, datetime.date):
            days.append((date - first).days)
        elif first is None and patient in firsts:
            days.append(Faulty("on a day that 'first_infusion' of the patient tells, which is missing", str(date), name))
        else:
            days.append(Faulty(None, date, name))  # the patient, or the first infusion, is the problem, told elsewhere
    return days


def _replaced(table: Table, date: str, day: str, days: list[Any]) -> Table:
    """Put days in the place of dates; beside a column of days they fill its gaps, and must agree with the rest."""
    at = table.columns.index(date)
    if day in table:
        given = table.column(day)
        days = [_agreed(own, other, date) for own, other in zip(given, days, strict=True)]
        other = table.columns.index(day)
        cells = tuple(days if i == other else column for i, column in enumerate(table.cells) if i != at)
        letters = None if table.letters is None else tuple(each for i, each in enumerate(table.letters) if i != at)
        columns = tuple(name for i, name in enumerate(table.columns) if i != at)
        return attrs.evolve(table, columns=columns, cells=cells, letters=letters)
    columns = tuple(day if i == at else name for i, name in enumerate(table.columns))
    cells = tuple(days if i == at else column for i, column in enumerate(table.cells))
    return attrs.evolve(table, columns=columns, cells=cells, called={**table.called, day: date})


def _agreed(given: Any, counted: Any, name: str) -> Any:
    if is_empty(given) or isinstance(counted, Faulty):
        return counted
    if counted is None or str(given).strip() in (str(counted), f"{counted}.0"):
        return given
    return Faulty(f"the day of {name!r}, which is day {counted}", given)


def _with_ages(table: Table, dates: Mapping[str, list[_Date]]) -> Table:
    """Put completed years on the day of consent, or of the first infusion, in place of birth dates; drop what was used."""
    if "birth_date" in dates:
        size = len(table)
        consent, first = (dates.get(name, [None] * size) for name in ("consent_date", "first_infusion"))
        ages = [_age(*each) for each in zip(dates["birth_date"], consent, first, strict=True)]
        table = _replaced(table, "birth_date", "age", ages)
    if "first_infusion" in table:
        # The column stays until its cells have been read, so that what is wrong with them is told.
        cells = [None if isinstance(date, datetime.date) else date for date in dates["first_infusion"]]
        named = zip(table.columns, table.cells, strict=True)
        table = attrs.evolve(table, cells=tuple(cells if name == "first_infusion" else own for name, own in named))
    return table


def _age(birth: _Date, *when: _Date) -> Any:
    if not isinstance(birth, datetime.date):
        return None if birth is None else attrs.evolve(birth, name="birth_date")
    day = next((date for date in when if isinstance(date, datetime.date)), None)
    if any(isinstance(date, Faulty) for date in when) and day is None:
        return Faulty(None, birth, "birth_date")  # which is told there
    if day is None:
        return Faulty("counted to 'consent_date' or 'first_infusion', which are missing", str(birth), "birth_date")
    if birth > day:
        return Faulty("before 'consent_date' and 'first_infusion'", str(birth), "birth_date")
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
