"""Wide tables: a row a patient, values in columns named by measure and week -> assessments, a row a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ivigmyo.errors import Problem, spell
from ivigmyo.files.cells import is_empty
from ivigmyo.files.columns import COLUMNS
from ivigmyo.files.tables import Table
from ivigmyo.instruments import Instrument

__all__ = ["NumberColumns", "WideColumn", "read_name", "unfold"]

_WEEK = r"(?P<sign>[-\u2212])?(?P<number>[0-9]{1,4})"
_REST = re.compile(
    rf"[\s_.:,()\[\]/]*(?:(?P<unit>weeks?|wks?|w|days?|d)[\s_.:]*)?{_WEEK}[\s_.)\]]*(?:weeks?|wks?)?[\s_.)\]]*",
    re.IGNORECASE,
)
_HYPHENED = re.compile(r"(?:-\s*|\s+-\s+)(?:(?P<unit>weeks?|wks?|w)[\s_.]*)?(?P<number>[0-9]{1,4})", re.IGNORECASE)
_START = re.compile(r"[\s_.:,()-]*(?:baseline|base|bl)[\s_.)]*", re.IGNORECASE)
_LIMIT = re.compile(r"[\s_.:,()-]*(?:uln|upper[\s_]limit(?:[\s_]of[\s_]normal)?)[\s_.:,()-]*", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*[(\[][^()\[\]]*/[^()\[\]]*[)\]]\s*$")
_UNIT = re.compile(r"[\s_.:,()-]*units?[\s_.)]*", re.IGNORECASE)


@attrs.frozen
class WideColumn:
    """What a column of a wide table holds.

    Parameters
    ----------
    measure : str
        The code of the measure.
    kind : {"value", "uln", "unit"}
        A value, an upper limit of normal, or the unit of all values.
    week, day : int, optional
        When; a limit without a time belongs to all values of the measure.
    """

    measure: str
    kind: str = "value"
    week: int | None = None
    day: int | None = None

    def __str__(self) -> str:
        when = f"week {self.week}" if self.week is not None else f"day {self.day}" if self.day is not None else "all weeks"
        return f"{self.measure} {when}" if self.kind == "value" else f"{self.kind} of {self.measure}, {when}"


def read_name(name: str, codes: Iterable[str]) -> WideColumn | str | None:
    """Tell what a column is by its name; a sentence where it may be two things, None where it is no value.

    Examples
    --------
    >>> read_name("ck_week_12", ["CK"]), read_name("ward", ["CK"])
    (WideColumn(measure='CK', kind='value', week=12, day=None), None)
    """
    known = sorted(codes, key=len, reverse=True)
    folded = name.strip().casefold()
    found = {code: column for code in known if folded.startswith(code.casefold()) and (column := _rest(name.strip(), code))}
    whole = next((code for code in known if code.casefold() == folded), None)
    if whole is not None and found:
        column = next(iter(found.values()))
        return f"column {spell(name)} may be {column} or the measure {whole} without a week: write 'week' before the number"
    if not found:
        return None
    # "MMT8 0" is week 0 of the measure MMT8, not of MMT: the longest code that fits.
    return next(iter(found.values()))


def _rest(name: str, code: str) -> WideColumn | str | None:
    """Read what follows the code of a measure."""
    rest = name[len(code) :]
    kind = "value"
    if match := _LIMIT.match(rest):
        kind, rest = "uln", rest[match.end() :]
        if not rest:
            return WideColumn(code, kind)
    elif _UNIT.fullmatch(rest):
        return WideColumn(code, "unit")
    elif match := re.search(r"[\s_.:,(-]+(?:uln)[\s_.)]*$", rest, re.IGNORECASE):
        kind, rest = "uln", rest[: match.start()]
    if (match := _BRACKETED.search(rest)) and isinstance(_rest(code + rest[: match.start()], code), WideColumn):
        return f"column {spell(name)} names a unit: leave it out of the name, and state it in a column '{code} unit'"
    if _START.fullmatch(rest):
        return WideColumn(code, kind, week=0)
    if match := _HYPHENED.fullmatch(rest):
        if match["unit"]:
            return WideColumn(code, kind, week=int(match["number"]))
        number = int(match["number"])
        return f"column {spell(name)} may be week {number} or week -{number}: write 'week' before the number"
    if (match := _REST.fullmatch(rest)) is None or (rest[:1].isalpha() and not match["unit"]):
        return None
    number = int(match["number"]) * (-1 if match["sign"] else 1)
    is_day = (match["unit"] or "").lower().startswith("d")
    return WideColumn(code, kind, day=number) if is_day else WideColumn(code, kind, week=number)


class NumberColumns:
    """The columns of numbers of a table: those it is known by, and in the patients table those of a wide one."""

    def __init__(self, table: str) -> None:
        self._known = {column.name: column.kind in ("number", "value", "whole") for column in COLUMNS[table]}
        self._wide = table == "patients"

    def __contains__(self, name: object) -> bool:
        if name in self._known or not isinstance(name, str):
            return self._known.get(str(name), False)
        # The measures of one's own are not known while a file is read: a name with a number at its end, or ULN, is enough.
        return self._wide and re.search(r"[0-9)\]]\s*$|uln|baseline", name, re.IGNORECASE) is not None


def unfold(tables: Mapping[str, Table], measures: Mapping[str, Instrument], kept: Iterable[str]) -> dict[str, Table]:
    """Make assessments of the columns of values of the patients table, beside the rows of `assessments` if there are any.

    `kept` names the columns that are something else, such as strata.
    """
    patients = tables["patients"]
    others = {*(column.name for column in COLUMNS["patients"]), *kept}
    meant = {name: read_name(name, measures) for name in dict.fromkeys(patients.columns) if name not in others}
    columns = {name: column for name, column in meant.items() if isinstance(column, WideColumn)}
    unclear = [patients.of_header(rule, name) for name, rule in meant.items() if isinstance(rule, str)]
    twice = _repeated(patients, columns)
    if not columns and not unclear:
        return dict(tables)
    said = ", ".join(f"{spell(name)} ({column})" for name, column in columns.items())
    notes = (*patients.notes, *([f"{patients.name}: columns were read as values: {said}."] if columns else []))
    gone = {*columns, *(name for name, rule in meant.items() if isinstance(rule, str))}
    rest = [i for i, name in enumerate(patients.columns) if name not in gone]
    narrow = attrs.evolve(
        patients,
        columns=tuple(patients.columns[i] for i in rest),
        cells=tuple(patients.cells[i] for i in rest),
        letters=None if patients.letters is None else tuple(patients.letters[i] for i in rest),
        problems=(*patients.problems, *unclear, *twice),
        notes=notes,
    )
    made = _assessments(patients, columns)
    given = tables.get("assessments")
    joined = made if given is None or given.absent else _joined(given, made)
    return {**tables, "patients": narrow, "assessments": joined}


def _repeated(patients: Table, columns: Mapping[str, WideColumn]) -> list[Problem]:
    seen: dict[WideColumn, str] = {}
    problems = []
    for name, column in columns.items():
        if patients.columns.count(name) > 1:
            problems.append(patients.of_header(f"column {spell(name)} must appear once", name))
        if column in seen:
            rule = f"columns {spell(seen[column])} and {spell(name)} must not both be {column}"
            problems.append(patients.of_header(rule, name))
        seen.setdefault(column, name)
    return problems


_NAMES = ("patient", "week", "day", "measure", "value", "unit", "uln")


def _assessments(patients: Table, columns: Mapping[str, WideColumn]) -> Table:
    """Lay the values out, a row a value; what is wrong with one stands at its cell."""
    names = [""] * len(patients) if "patient" not in patients else patients.column("patient")
    values = {name: column for name, column in columns.items() if column.kind == "value"}
    limits = {(column.measure, column.week, column.day): name for name, column in columns.items() if column.kind == "uln"}
    units = {column.measure: name for name, column in columns.items() if column.kind == "unit"}
    rows: list[tuple[Any, ...]] = []
    sources: list[tuple[Table, int, Mapping[str, str]]] = []
    cells = {name: patients.column(name) for name in columns}
    places = {}
    for name, column in values.items():
        limit = limits.get((column.measure, column.week, column.day)) or limits.get((column.measure, None, None))
        unit = units.get(column.measure)
        called = {"": name, "patient": "patient", **({"uln": limit} if limit else {}), **({"unit": unit} if unit else {})}
        places[name] = (called, limit, unit)
    seen: set[Any] = set()
    for row, patient in enumerate(names):
        own = patient.strip() if isinstance(patient, str) else patient
        if not isinstance(own, (str, int, float)) or own in seen:
            continue  # that a patient appears twice is told of the patient, not of each value
        seen.add(own)
        for name, column in values.items():
            value = cells[name][row]
            if is_empty(value) or row in patients.broken or is_empty(patient):
                continue
            called, limit, unit = places[name]
            rest = (cells[unit][row] if unit else None, cells[limit][row] if limit else None)
            rows.append((patient, column.week, column.day, column.measure, value, *rest))
            sources.append((patients, row, called))
    listed = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in _NAMES]
    return Table(patients.name, _NAMES, tuple(listed), sources=sources)


def _column(table: Table, name: str) -> list[Any]:
    return list(table.column(name)) if name in table else [None] * len(table)


def _joined(given: Table, made: Table) -> Table:
    """Put the rows of a wide table below those of the assessments."""
    if not given.columns:
        return given
    columns = tuple(dict.fromkeys([*given.columns, *made.columns]))
    cells = tuple(
        [
            *(given.column(name) if name in given else [None] * len(given)),
            *(made.column(name) if name in made else [None] * len(made)),
        ]
        for name in columns
    )
    sources = [*((given, row, {}) for row in range(len(given))), *(made.sources or ())]
    return attrs.evolve(given, columns=columns, cells=cells, sources=sources, lines=None, labels=None)
