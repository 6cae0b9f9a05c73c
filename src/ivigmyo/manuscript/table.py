"""The table of a manuscript's printed numbers, as a file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ivigmyo.errors import DataError
from ivigmyo.files.delimited import read_table

__all__ = ["read_printed_table"]


def read_printed_table(path: Path) -> pd.DataFrame:
    """Read the file of printed numbers that `verify` takes, its cells as texts; a DataError where it is no such table."""
    table = read_table(path, known=("where", "printed", "quantity", "note"))
    if table.problems:
        raise DataError(table.problems)
    cells = [["" if cell is None else str(cell) for cell in column] for column in table.cells]
    return pd.DataFrame(dict(zip(table.columns, cells, strict=True)), dtype=object)
