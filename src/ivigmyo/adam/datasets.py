"""ADaM data sets as they come (a DataFrame, a CSV file, an XPT file), their variables read with every problem noted."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import numpy as np
import pandas as pd

from ivigmyo.adam.labels import LABELS, NUMERIC
from ivigmyo.adam.transport import plain_frame, read_xpt
from ivigmyo.display import capped, listed
from ivigmyo.errors import Problem, refusal, refuse, spell
from ivigmyo.files.cells import Column, Faulty, is_empty, read_cells
from ivigmyo.files.dates import read_date
from ivigmyo.files.delimited import read_table
from ivigmyo.files.tables import Findings, Table

__all__ = ["DataSet", "Source", "open_data_set", "table_of", "to_ady", "with_first_dose"]

Source: TypeAlias = "pd.DataFrame | str | os.PathLike[str]"

_ISO = re.compile("[0-9]{4}-")
_NO_DATE = Faulty("a date")
_SHOWN = 12
_KNOWN = frozenset(
    {
        *("SUBJID", "SITEID", "DOMAIN", "AESEQ", "EXSEQ"),
        *("TRTSDT", "TRTSDTM", "EOSDT", "ACTARM", "ACTARMCD", "ARM", "ARMCD"),
        *("TRTP", "TRTA", "A1HI", "LBSEQ", "ANL01FL", "CHG", "PCHG", "AEDECOD", "AREL"),
    }
)
"""Variables that are read where they occur, or hold what others hold, besides those that are written."""
_FIRST_DOSE = ("TRTSDT", "TRTSDTM")
"""The date of the first dose, alone or with its time."""
_SAS_ZERO = 5.397605346934028e-79
"""What `pandas.read_sas` makes of a 0 that an XPT file holds."""


@attrs.define
class DataSet:
    """A data set: its cells, where each row stands, and where its problems are noted.

    Parameters
    ----------
    table : Table
        Where the rows stand.
    frame : pandas.DataFrame
        The cells; the index holds the rows of the table.
    findings : Findings
        Where problems and notes are added.
    faulty : set of int
        The rows of which a problem was noted.

    Examples
    --------
    >>> adlb = open_data_set(pd.DataFrame({"USUBJID": ["P01"], "ADY": ["1O"]}), "ADLB", Findings())
    >>> adlb.numbers("ADY").tolist()
    [nan]
    >>> print(adlb.findings.problems[0])
    ADLB: ADY: 'ADY' must be a number: 'O' spoils it (got '1O') for patient 'P01', row 0.
    """

    table: Table
    frame: pd.DataFrame
    findings: Findings
    faulty: set[int] = attrs.field(factory=set)
    _noted: set[tuple[int, str, str]] = attrs.field(factory=set, alias="_noted")

    @property
    def file(self) -> str:
        """What messages call it."""
        return self.table.name

    def where(self, rows: pd.Series[bool]) -> DataSet:
        """Keep some of the rows."""
        return attrs.evolve(self, frame=self.frame.loc[rows.to_numpy()])

    def say(self, n: int, what: str, where: str) -> None:
        """Note for the reader how many rows something was done with: ``"{} of CK {} left out"``."""
        if n:
            counted, was = (f"1 {what}", "was") if n == 1 else (f"{n} {what}s", "were")
            self.findings.notes.append(f"{self.file}: {where.format(counted, was)}.")

    def say_unread(self, also: Collection[str] = ()) -> None:
        """Note which variables are not read: those that `ivigmyo.adam` neither writes nor knows, other than `also`."""
        known = {*LABELS, *_KNOWN, *also}
        unread, more = capped([str(name) for name in self.frame if str(name) not in known], _SHOWN)
        if unread:
            others = [f"{more} others"] if more else []
            self.findings.notes.append(f"{self.file}: not read: {listed([*unread, *others])}.")

    def require(self, *names: str) -> None:
        """Note each variable that is missing, and stop there if one is."""
        absent = [name for name in names if name not in self.frame.columns]
        self.findings.problems += [self.table.of_header(f"variable {name!r} is missing") for name in absent]
        if absent:
            self.findings.refuse()

    def text(self, name: str) -> pd.Series[str]:
        """Read a character variable: blanks around it cut off, ``""`` where it is missing."""
        return self._read(name, "text", "", str)

    def numbers(self, name: str) -> pd.Series[float]:
        """Read a numeric variable: NaN where it is missing."""
        series = self.frame.get(name)
        if series is None or series.dtype.kind not in "iuf":
            series = self._read(name, "number", np.nan, float)
        numbers: pd.Series[float] = series.astype(float)
        infinite = numbers.abs() == np.inf
        self.note(infinite, name, "must be a finite number", numbers)
        zeros = numbers == _SAS_ZERO
        self.note(zeros, name, "must be read with `adam.read_xpt`: pandas.read_sas makes this of 0", numbers)
        return numbers.where(~infinite & ~zeros)

    def days(self, name: str) -> pd.Series[float]:
        """Read a relative day of ADaM, which has no day 0, as days since the first infusion, which is day 0."""
        numbers = self.numbers(name)
        self.note(numbers == 0, name, "must not be 0: day 1 is the day of the first dose, day -1 the day before", numbers)
        return numbers.where(numbers < 0, numbers - 1).where(numbers != 0)

    def dated_days(self, name: str, date: str, of: str = "") -> pd.Series[float]:
        """Read a relative day; where it is missing, count it from its date and that of the first dose, and say so."""
        days = self.days(name)
        if date not in self.frame:
            return days
        dated = ~self.frame[date].map(is_empty).astype(bool)
        rows = self.where(days.isna() & dated & ~days.index.isin(list(self.faulty)))
        what = f"{{}}{of and f' of {of}'} without {name}"
        start = next((each for each in _FIRST_DOSE if each in self.frame), None)
        if start is None:
            reason = f"there is no TRTSDT from which {date} is counted"
            self.say(len(rows.frame), "row", f"{what} {{}} read without a day: {reason}")
            return days
        elapsed: pd.Series[Any] = (rows.dates(date) - rows.dates(start)).dt.days
        self.say(int(elapsed.notna().sum()), "row", f"{what} {{}} given the days from {start} to {date}")
        lost = int(rows.frame[start].map(is_empty).sum())
        self.say(lost, "row", f"{what} {{}} not given a day: {start} is missing")
        return days.fillna(elapsed.astype(float))

    def dates(self, name: str) -> pd.Series[Any]:
        """Read a date: NaT where it is missing."""
        absent = pd.Series(index=self.frame.index, dtype=object)
        cells = self.frame.get(name, absent).map(lambda cell: None if is_empty(cell) else cell).astype(object)
        read = [
            read_date(cell, "day first") if not isinstance(cell, str) or _ISO.match(cell) else _NO_DATE for cell in cells
        ]
        dates = pd.Series([None if isinstance(each, Faulty) else each for each in read], index=cells.index, dtype=object)
        self.note(dates.isna() & cells.notna(), name, "must be a whole date such as 2008-01-31", cells)
        return pd.to_datetime(dates, errors="coerce")

    def note(self, wrong: pd.Series[bool], name: str, rule: str, got: pd.Series[Any] | None = None) -> None:
        """Note a problem of each row where something is wrong."""
        for position in np.flatnonzero(wrong.to_numpy()).tolist():
            self._note_one(position, name, rule, *([] if got is None else [got.iloc[position]]))

    def _note_one(self, position: int, name: str, rule: str, *got: Any) -> None:
        row = int(self.frame.index[position])
        if (row, name, rule) in self._noted:
            return
        problem = attrs.evolve(Problem(f"{name!r} {rule}", *got), record=self._record(position, name), column=name)
        self.findings.problems.append(self.table.place(row, problem))
        self.faulty.add(row)
        self._noted.add((row, name, rule))

    def _record(self, position: int, apart: str) -> str:
        row, place = self.frame.iloc[position], self.table.name_row(int(self.frame.index[position]))
        names = [name for name in ("USUBJID", "PARAMCD", "ADY") if name in row.index and name != apart]
        known = {name: row[name] for name in names if not is_empty(row[name])}
        if "USUBJID" not in known:
            return place
        told = (spell(value.strip() if isinstance(value, str) else value) for value in known.values())
        named = zip(known, told, strict=True)
        parts = [f"patient {value}" if name == "USUBJID" else f"{name} {value}" for name, value in named]
        return "for " + ", ".join([*parts, *([place.removeprefix("in ")] if place else [])])

    def _read(self, name: str, kind: Any, missing: Any, dtype: type) -> pd.Series[Any]:
        if name not in self.frame.columns:
            return pd.Series(missing, index=self.frame.index, dtype=dtype)
        if kind == "text" and all(type(cell) is str for cell in self.frame[name]):
            return self.frame[name].str.strip()
        found, problems = read_cells(self.frame[name].tolist(), Column(name, kind))
        for position, problem in problems.items():
            self._note_one(position, name, problem.rule.removeprefix(f"{name!r} "), problem.got)
        values = [missing if value is None else value for value in found]
        return pd.Series(values, index=self.frame.index, dtype=dtype)


def to_ady(day: float | None) -> float:
    """Turn a day since the first infusion into a relative day of ADaM.

    Parameters
    ----------
    day : float or None
        Days since the first infusion, which is day 0.

    Returns
    -------
    float
        The relative day: day 0 is 1, the day before is -1; NaN for None and NaN.

    Examples
    --------
    >>> [to_ady(day) for day in (-28, -1, 0, 84)]
    [-28.0, -1.0, 1.0, 85.0]
    """
    if day is None or np.isnan(day):
        return np.nan
    return float(day + 1 if day >= 0 else day)


def open_data_set(source: Source, name: str, findings: Findings, encoding: str | None = None) -> DataSet:
    """Open a data set.

    Parameters
    ----------
    source : pandas.DataFrame or path
        The data set, or the file that holds it: XPT where its name ends in ``.xpt``, else delimited text.
    name : str
        What messages call a DataFrame.
    findings : Findings
        Where problems and notes are added.
    encoding : str, optional
        What a file is encoded in, where that is not UTF-8.

    Returns
    -------
    DataSet
        The data set.

    Raises
    ------
    DataError
        If the file cannot be read, or a variable appears twice.

    Examples
    --------
    >>> open_data_set(pd.DataFrame({"USUBJID": ["P01"]}), "ADSL", Findings()).text("USUBJID").tolist()
    ['P01']
    """
    if isinstance(source, pd.DataFrame):
        data = _of_frame(source, Table(name, tuple(map(str, source.columns)), (), labels=source.index.tolist()), findings)
    elif not isinstance(source, (str, os.PathLike)):
        raise ValueError(refusal(f"{name!r} must be a DataFrame or a path", type(source).__name__))
    elif Path(source).suffix.lower() == ".xpt":
        frame = read_xpt(source, encoding=encoding)
        data = _of_frame(frame, Table(Path(source).name, tuple(frame.columns), (), labels=frame.index.tolist()), findings)
    else:
        table = read_table(Path(source), LABELS, NUMERIC, encoding=encoding)
        findings.take(table)
        if not table.columns:
            findings.refuse()
        frame = pd.DataFrame(dict(enumerate(table.cells)), dtype=object)
        data = DataSet(table, frame.set_axis(list(table.columns), axis=1).drop(index=list(table.broken)), findings)
    names = [str(column) for column in data.frame.columns]
    refuse(
        Problem(f"variable {spell(column)} must appear once", file=data.file)
        for column in dict.fromkeys(names)
        if names.count(column) > 1
    )
    return data


def with_first_dose(data: DataSet, subjects: DataSet) -> DataSet:
    """Give the rows of a data set that lacks it the date of the first dose of their subject, as ADSL has it."""
    name = next((each for each in _FIRST_DOSE if each in subjects.frame), None)
    if name is None or "USUBJID" not in data.frame or any(each in data.frame for each in _FIRST_DOSE):
        return data
    firsts = dict(zip(subjects.text("USUBJID"), subjects.frame[name], strict=True))
    return attrs.evolve(data, frame=data.frame.assign(**{name: data.text("USUBJID").map(firsts).astype(object)}))


def _of_frame(frame: pd.DataFrame, table: Table, findings: Findings) -> DataSet:
    return DataSet(table, plain_frame(frame), findings)


def table_of(data: DataSet, columns: Mapping[str, Any], called: Mapping[str, str], *, told: bool = True) -> Table:
    """Make a table of columns read from a data set, each row with its place there, and what was found in it."""
    frame = pd.DataFrame(columns, index=data.frame.index)
    rows = frame.index.tolist()
    return Table(
        data.file,
        tuple(frame.columns),
        tuple(frame[name].tolist() for name in frame),
        sources=[(data.table, row, {}) for row in rows],
        called=called,
        problems=tuple(data.findings.problems) if told else (),
        notes=tuple(data.findings.notes) if told else (),
        broken=frozenset(position for position, row in enumerate(rows) if row in data.faulty),
    )
