"""The table of a manuscript's printed numbers, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ivigmyo.errors import DataError, Problem, refuse, spell
from ivigmyo.files.columns import find_misspelt
from ivigmyo.files.delimited import read_table
from ivigmyo.files.tables import Table
from ivigmyo.manuscript.printed import read_printed

__all__ = ["read_printed_table"]

_NEEDED = ("where", "printed", "quantity")


def read_printed_table(path: Path) -> pd.DataFrame:
    """Read the file of printed numbers that `verify` takes, its cells as texts; a DataError where it is no such table."""
    table = read_table(path, known=(*_NEEDED, "note"))
    if table.problems:
        raise DataError(table.problems)
    refuse(_wrong_columns(table))
    cells = [["" if cell is None else str(cell) for cell in column] for column in table.cells]
    printed = pd.DataFrame(dict(zip(table.columns, cells, strict=True)), dtype=object)
    refuse(_unreadable(table, printed["printed"].tolist()))
    return printed


def _wrong_columns(table: Table) -> Iterator[Problem]:
    """Say which columns are not there as they must be, with those that are."""
    found = f"found: {', '.join(map(spell, table.columns)) or 'none'}"
    absent = [name for name in _NEEDED if name not in table]
    meant = find_misspelt([name for name in table.columns if name not in (*_NEEDED, "note")], absent)
    for name, right in meant.items():
        yield table.of_header(f"column {spell(name)} must be written {right!r}", name)
    lacking = [name for name in absent if name not in meant.values()]
    if lacking:
        listed = f"the columns must be {', '.join(map(spell, _NEEDED))}, and 'note' where there is one"
        yield table.of_header(f"{listed}; {', '.join(map(spell, lacking))} missing ({found})")
    for name in dict.fromkeys(table.columns):
        if table.columns.count(name) > 1:
            yield table.of_header(f"column {spell(name)} must appear once", name)
    if not len(table) and not absent:
        yield Problem("the file must have a row for each printed number, and has none", file=table.name)


def _unreadable(table: Table, texts: list[str]) -> Iterator[Problem]:
    """Say which texts are no numbers, each at its line."""
    for row, text in enumerate(texts):
        try:
            read_printed(text.strip())
        except ValueError as error:
            rule = str(error).removesuffix(".").rpartition(" (got ")[0]
            yield table.place(row, Problem(rule, text, column="printed"))
