"""The rows of a table whose cells were read, each with the place its problems are noted at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import attrs

from ivigmyo.errors import DataError, Problem, spell
from ivigmyo.files.cells import Column, read_cells
from ivigmyo.files.columns import COLUMNS, find_misspelt
from ivigmyo.files.dates import DATED
from ivigmyo.files.tables import Findings, Table

__all__ = ["Rows", "read_rows"]

_PARTS = ("week", "day", "treatment")
_T = TypeVar("_T")


@attrs.define
class Rows:
    """The rows of a table, by number: the values of their cells by column, and which have problems.

    Parameters
    ----------
    table : Table
        The table.
    findings : Findings
        Where problems are noted.
    cells : dict of str to list
        The values of each column, None where a cell is empty; a column that the table lacks is empty.
    wrong : dict of int to set of str
        The columns in which a problem was noted, by row.

    Examples
    --------
    >>> import pandas as pd
    >>> from ivigmyo.files.tables import table_of_frame
    >>> findings = Findings()
    >>> frame = pd.DataFrame({"step": ["treated"], "patients": ["1O"]})
    >>> rows = read_rows(table_of_frame(frame, "disposition"), "disposition", findings)
    >>> rows.sound(0)
    False
    >>> print(findings.problems[0])
    disposition: patients: 'patients' must be a whole number: 'O' spoils it (got '1O') in row 0.
    """

    table: Table
    findings: Findings
    cells: dict[str, list[Any]]
    wrong: dict[int, set[str | None]] = attrs.field(factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, column: str) -> list[Any]:
        return self.cells[column]

    def sound(self, row: int) -> bool:
        """Tell whether no problem of a row has been noted."""
        return row not in self.wrong

    def sound_rows(self) -> list[int]:
        """List the rows without a problem."""
        wrong = self.wrong
        return [row for row in range(len(self.table)) if row not in wrong] if wrong else list(range(len(self.table)))

    def record(self, row: int) -> str:
        """Whose row it is: the patient and the visit or treatment as far as they are known, else the row itself."""
        patient = self.cells["patient"][row] if "patient" in self.cells else None
        if patient is None:
            return self.table.name_row(row)
        known = ((part, self.cells[part][row]) for part in _PARTS if part in self.cells)
        parts = [f", {part} {spell(value)}" for part, value in known if value is not None]
        detail = self.table.detail(row)
        return f"for patient {spell(patient)}{parts[0] if parts else ''}{', ' + detail if detail else ''}"

    def note(self, row: int, problem: Problem) -> None:
        """Note a problem of a row, with its place and its record."""
        self.wrong.setdefault(row, set()).add(problem.column)
        placed = self.table.place(row, problem)
        self.findings.problems.append(attrs.evolve(placed, record=problem.record or self.record(row)))

    def build(self, row: int, kind: Callable[..., _T], *args: Any, **kwargs: Any) -> _T | None:
        """Make a record of a row; where it is refused, note why, save for cells that were faulty before, and return None."""
        try:
            return kind(*args, **kwargs)
        except DataError as error:
            faulty = frozenset(self.wrong.get(row, ()))
            for problem in error.problems:
                if problem.column not in faulty:
                    self.note(
                        row, attrs.evolve(problem, record=self.record(row) if "patient" in self.cells else problem.record)
                    )
            self.wrong.setdefault(row, set())
            return None


def read_rows(table: Table, name: str, findings: Findings, columns: Iterable[Column] | None = None) -> Rows | None:
    """Read the cells of a table by the columns it should have, those of its name unless given; None where one is missing."""
    findings.take(table)
    columns = tuple(COLUMNS[name] if columns is None else columns)
    if table.absent or (not table.columns and table.problems):
        return None
    if not _has_columns(table, columns, DATED.get(name, ()), findings):
        return None
    rows = Rows(table, findings, {})
    found: dict[int, list[Problem]] = defaultdict(list)
    for column in columns:
        if column.name not in table:
            rows.cells[column.name] = [None] * len(table)
            continue
        rows.cells[column.name], problems = read_cells(table.column(column.name), column)
        for row, problem in problems.items():
            found[row].append(problem)
    rows.wrong.update({row: {column.name for column in columns} for row in table.broken})
    for row in sorted(found):
        if row not in table.broken:
            for problem in found[row]:
                if problem.rule:
                    rows.note(row, problem)
                else:  # the reason is told elsewhere
                    rows.wrong.setdefault(row, set()).add(problem.column)
    return rows


def _has_columns(table: Table, columns: tuple[Column, ...], also: Iterable[str], findings: Findings) -> bool:
    names, known = table.columns, {column.name: column for column in columns}
    wrong = {name: f"column {spell(name)} must appear once" for name in dict.fromkeys(names) if names.count(name) > 1}
    absent = [name for name in (*known, *also) if name not in names]
    extra = [name for name in dict.fromkeys(names) if name not in known]
    meant = find_misspelt(extra, absent)
    wrong |= {name: f"column {spell(name)} must be written {right!r}" for name, right in meant.items()}
    lacking = [name for name in absent if name in known and known[name].needed != "no" and name not in meant.values()]
    listed = f" (found: {', '.join(map(spell, names))})" if names else ""
    findings.problems += [table.of_header(rule, name) for name, rule in wrong.items()]
    findings.problems += [table.of_header(f"column {spell(name)} is missing{listed}") for name in lacking]
    findings.notes += [f"{table.name}: column {spell(name)} was left out." for name in extra if name not in meant]
    return not wrong and not lacking
