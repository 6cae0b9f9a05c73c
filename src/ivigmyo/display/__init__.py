"""Numbers, shares and intervals in words, and small tables: how what was found is shown, wherever it is shown."""

from __future__ import annotations

from ivigmyo.display.markdown import escape_markdown, paragraph_markdown
from ivigmyo.display.notebook import html_table
from ivigmyo.display.progress import track
from ivigmyo.display.results import Named, OneRow, Scalar, Shown, cell, frame_table
from ivigmyo.display.tables import WIDTH, Table, blocks, table_markdown, table_text, wrapped
from ivigmyo.display.words import (
    ABSENT,
    CAPPED,
    LISTED,
    NOT_ESTIMABLE,
    capital,
    capped,
    counted,
    days,
    interval,
    listed,
    lone,
    number,
    other_share,
    p_statement,
    p_value,
    percent,
    printable,
    records,
    share,
    share_cells,
    spread,
)

__all__ = [
    "ABSENT",
    "CAPPED",
    "LISTED",
    "NOT_ESTIMABLE",
    "Named",
    "OneRow",
    "Scalar",
    "Shown",
    "Table",
    "WIDTH",
    "blocks",
    "capital",
    "capped",
    "cell",
    "counted",
    "days",
    "escape_markdown",
    "frame_table",
    "html_table",
    "interval",
    "listed",
    "lone",
    "number",
    "other_share",
    "p_statement",
    "p_value",
    "paragraph_markdown",
    "percent",
    "printable",
    "records",
    "share",
    "share_cells",
    "spread",
    "table_markdown",
    "table_text",
    "track",
    "wrapped",
]
