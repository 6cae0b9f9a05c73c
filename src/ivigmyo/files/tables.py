"""A table that was read is a value: its cells, where each row stands, and what is wrong with its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pandas as pd

from ivigmyo.arguments import check_frame
from ivigmyo.errors import DataError, Problem

__all__ = ["Findings", "Table", "absent_table", "table_of_frame"]


@attrs.frozen(eq=False)
class Table:
    """A table as it was read from a file, a sheet, or a DataFrame.

    Parameters
    ----------
    name : str
        What messages call it: the file, the sheet, or the argument.
    columns : tuple of str
        The header; a name may stand twice, which is a problem for whoever reads it.
    cells : tuple of list
        The cells of each column, text or typed.
    lines : sequence of int, optional
        The line of the file, or the row of the sheet, on which each row starts.
    labels : sequence, optional
        The index of a DataFrame, by which its rows are named.
    header : int, optional
        The line of the header.
    letters : tuple of str, optional
        The columns of a sheet, as letters.
    sources : sequence, optional
        For a table made from others, the table and row that each row comes from, and what its columns are called there
        (``""`` stands for all others).
    details : sequence of str, optional
        What else tells a row from others beside patient and visit, such as ``"PARAMCD 'CK'"``.
    called : mapping of str to str
        What the source calls a column, where that is not the column's own name.
    problems : tuple of Problem
        What is wrong with its form.
    notes : tuple of str
        What a reader should know of how it was read.
    broken : frozenset of int
        Rows with a problem that was told already, which are not looked at further.
    absent : bool
        Whether there is no such table, which its problems say.

    Examples
    --------
    >>> table = table_of_frame(pd.DataFrame({"patient": ["P01"], "age": [39]}), "patients")
    >>> table.column("age"), len(table)
    ([39], 1)
    """

    name: str
    columns: tuple[str, ...]
    cells: tuple[list[Any], ...]
    lines: Sequence[int] | None = None
    labels: Sequence[object] | None = None
    header: int | None = None
    letters: tuple[str, ...] | None = None
    sources: Sequence[tuple[Table, int, Mapping[str, str]]] | None = None
    details: Sequence[str] | None = None
    called: Mapping[str, str] = attrs.field(factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    broken: frozenset[int] = frozenset()
    absent: bool = False

    def __len__(self) -> int:
        return len(self.cells[0]) if self.cells else 0

    def __contains__(self, column: object) -> bool:
        return column in self.columns

    def column(self, name: str) -> list[Any]:
        """Return the cells of a column."""
        return self.cells[self.columns.index(name)]

    def place(self, row: int, problem: Problem) -> Problem:
        """Return a problem with the place it stands at: file and line, sheet and cell, or the name of the table."""
        column = problem.column
        if self.sources is not None:
            table, origin, called = self.sources[row]
            named = called.get(column or "", called.get("", self.called.get(column or "", column)))
            return table.place(origin, attrs.evolve(problem, column=named))
        column = self.called.get(column or "", column)
        line = None if self.lines is None else self.lines[row]
        cell = None
        if self.letters is not None and line is not None:
            own = problem.column if problem.column in self.columns else column
            letter = self.letters[self.columns.index(own)] if own in self.columns else self.letters[0]
            cell = f"{letter}{line}"
        return attrs.evolve(problem, file=self.name, line=line, column=column, cell=cell)

    def name_row(self, row: int) -> str:
        """Name a row that has no line: ``"in row 3"``."""
        if self.sources is not None:
            table, origin, _ = self.sources[row]
            return table.name_row(origin)
        return "" if self.lines is not None or self.labels is None else f"in row {self.labels[row]}"

    def detail(self, row: int) -> str:
        """Say what else tells a row from others; empty where patient and visit do."""
        if self.details is None:
            return ""
        place = self.name_row(row).removeprefix("in ")
        return ", ".join(part for part in (self.details[row], place) if part)

    def of_header(self, rule: str, column: str | None = None) -> Problem:
        """Return a problem of the header."""
        cell = None
        if self.letters is not None and self.header is not None:
            at = self.columns.index(column) if column in self.columns else 0
            cell = f"{self.letters[at]}{self.header}" if self.letters else None
        return Problem(rule, file=self.name, line=self.header, cell=cell)


def absent_table(name: str, rule: str) -> Table:
    """Return a table that is not there, with the problem that says so."""
    rule = f"{rule}, and the patients have no columns of values such as 'MMT week 0'"
    return Table(name, (), (), problems=(Problem(rule, file=name),), absent=True)


def table_of_frame(frame: pd.DataFrame, name: str) -> Table:
    """Take a user's DataFrame as a table; of its index only the labels are kept, to name rows by.

    Raises
    ------
    ValueError
        If it is no DataFrame.
    """
    check_frame(name, frame, ())
    cells = tuple(_listed(frame.iloc[:, i]) for i in range(frame.shape[1]))
    return Table(name, tuple(str(column) for column in frame.columns), cells, labels=frame.index.tolist())


def _listed(series: pd.Series[Any]) -> list[Any]:
    return series.tolist() if series.dtype.kind in "iufb" and not _is_extension(series) else series.astype(object).tolist()


def _is_extension(series: pd.Series[Any]) -> bool:
    return pd.api.types.is_extension_array_dtype(series.dtype)


@attrs.define
class Findings:
    """What was found while tables were read: problems, which refuse the study, and notes, which go with it.

    Parameters
    ----------
    problems : list of Problem
        Everything that is wrong.
    notes : list of str
        Everything a reader should know.
    order : sequence of str
        The tables in the order in which problems are listed; those of other tables come after.

    Examples
    --------
    >>> findings = Findings()
    >>> findings.refuse()
    >>> findings.problems.append(Problem("a study must have at least one patient"))
    >>> findings.refuse()
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: a study must have at least one patient.
    """

    problems: list[Problem] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    order: Sequence[str] = ()

    def take(self, table: Table) -> None:
        """Add what was found while a table was read."""
        self.problems += table.problems
        self.notes += table.notes

    def refuse(self) -> None:
        """Raise a DataError with every problem, if there is any: those of whole files first, then line by line."""
        if self.problems:
            named = [problem.file for problem in self.problems if problem.file is not None]
            order = {file: position for position, file in enumerate(dict.fromkeys([*self.order, *named]))}
            last = len(order)
            self.problems[:] = _once(self.problems)
            self.problems.sort(key=lambda each: (_is_of_row(each), order.get(each.file or "", last), each.line or 0))
            raise DataError(self.problems)


def _once(problems: Sequence[Problem]) -> list[Problem]:
    """Keep one of the problems of one cell: the unit of a wide table's patient, for one, is that of several values."""
    seen: dict[object, Problem] = {}
    for each in problems:
        place = (each.file, each.line, each.column, each.rule, repr(each.got)) if each.line is not None else id(each)
        seen.setdefault(place, each)
    return list(seen.values())


def _is_of_row(problem: Problem) -> bool:
    """Tell a problem of a row from one of a header or a whole file, which may explain what is wrong below."""
    return problem.line != 1 and (problem.line is not None or problem.column is not None or problem.file is None)
