"""A titled table of text cells, and how it becomes text and Markdown."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

import attrs

from ivigmyo.display.markdown import escape_markdown, paragraph_markdown
from ivigmyo.display.notebook import html_table
from ivigmyo.display.words import printable

__all__ = ["WIDTH", "Table", "blocks", "table_markdown", "table_text", "wrapped"]

WIDTH = 80
"""Columns of the text report."""


def _cells(rows: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(printable(cell) for cell in row) for row in rows)


def _header(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(printable(name) for name in names)


def _columns(columns: Iterable[int]) -> frozenset[int]:
    return frozenset(columns)


@attrs.frozen
class Table:
    """A table as it is shown: a title, a header, rows of cells, and notes.

    Parameters
    ----------
    title : str
        What the table shows.
    header : iterable of str
        The names of the columns.
    rows, footer : iterable of iterable of str
        The cells, each row as long as the header; the footer stands below a rule.
    notes : iterable of str, default ()
        What a reader must know: units, counts, methods, conventions.
    left : iterable of int, default (0,)
        The columns that hold words and are set to the left.

    Examples
    --------
    >>> table = Table("Response", ["measure", "rate"], [["MMT", "93.3 %"]], notes=["Exact intervals."])
    >>> print(table_text(table))
    Response
    <BLANKLINE>
      measure    rate
      ---------------
      MMT      93.3 %
    <BLANKLINE>
      Exact intervals.
    """

    title: str = attrs.field(converter=printable)
    header: tuple[str, ...] = attrs.field(converter=_header)
    rows: tuple[tuple[str, ...], ...] = attrs.field(converter=_cells)
    footer: tuple[tuple[str, ...], ...] = attrs.field(default=(), converter=_cells)
    notes: tuple[str, ...] = attrs.field(default=(), converter=_header)
    left: frozenset[int] = attrs.field(default=frozenset({0}), converter=_columns)

    def __attrs_post_init__(self) -> None:
        for row in (*self.rows, *self.footer):
            if len(row) != len(self.header):
                raise ValueError(f"a row of table {self.title!r} must have {len(self.header)} cells (got {len(row)}).")

    def _repr_html_(self) -> str:
        return html_table(self)


def blocks(table: Table, width: int) -> list[Table]:
    """Break a wide table into tables that fit, the first column repeated in each.

    Parameters
    ----------
    table : Table
        The table.
    width : int
        Signs in a line, two between columns; a column of words counts as no wider than 16, since it can be wrapped.

    Returns
    -------
    list of Table
        The parts with the title of the whole; the last has its notes. One part where the table fits.

    Examples
    --------
    >>> wide = Table("CK by week", ["patient", "0", "4", "8"], [["P01", "4565", "1570", "1640"]])
    >>> [part.header for part in blocks(wide, 20)]
    [('patient', '0', '4'), ('patient', '8')]
    """
    dealt = _blocks(table, width)
    return [_part(table, columns, () if columns is not dealt[-1] else table.notes) for columns in dealt]


def _part(table: Table, columns: Sequence[int], notes: Iterable[str]) -> Table:
    header, *rows = ([row[i] for i in columns] for row in (table.header, *table.rows, *table.footer))
    kept = len(table.rows)
    left = [place for place, i in enumerate(columns) if i in table.left]
    return Table(table.title, header, rows[:kept], rows[kept:], notes, left)


def table_text(table: Table, width: int = WIDTH) -> str:
    """Lay a table out as text.

    Parameters
    ----------
    table : Table
        The table.
    width : int, default 80
        Columns of the terminal. Columns of words are wrapped to fit; where that is not enough, the columns stand in
        several blocks, the first column repeated.

    Returns
    -------
    str
        The text, without a newline at its end.

    Examples
    --------
    >>> print(table_text(Table("Days", ["patient", "day"], [["P01", "25"], ["P02", "-"]])))
    Days
    <BLANKLINE>
      patient  day
      ------------
      P01       25
      P02        -
    """
    parts = ["\n".join(wrapped(table.title, width))]
    parts += [_block(part, width - 2) for part in blocks(table, width - 2)]
    if table.notes:
        parts.append("\n".join(line for note in table.notes for line in wrapped(note, width - 2)))
    first, *others = parts
    return "\n\n".join([first, *(textwrap.indent(part, "  ") for part in others)])


def table_markdown(table: Table, level: int = 3) -> str:
    """Lay a table out as Markdown.

    Parameters
    ----------
    table : Table
        The table.
    level : int, default 3
        Level of its heading.

    Returns
    -------
    str
        A heading, a pipe table, and the notes; signs that Markdown or HTML would read are escaped.

    Examples
    --------
    >>> print(table_markdown(Table("Days", ["patient", "day"], [["P<1>", "25"]])))
    ### Days
    <BLANKLINE>
    | patient | day |
    | :--- | ---: |
    | P&lt;1&gt; | 25 |
    """
    rules = [":---" if i in table.left else "---:" for i in range(len(table.header))]
    rows = [[escape_markdown(cell) for cell in row] for row in (*table.rows, *table.footer)]
    lines = [f"| {' | '.join(row)} |" for row in ([escape_markdown(name) for name in table.header], rules, *rows)]
    notes = [paragraph_markdown(note) for note in table.notes]
    return "\n\n".join([f"{'#' * level} {escape_markdown(table.title)}", "\n".join(lines), *notes])


def wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    """Wrap a text, and keep together what is read together.

    Parameters
    ----------
    text : str
        A text of one line.
    width : int
        Columns of a line.
    first, others : str, default ""
        What the first line and the others begin with.

    Returns
    -------
    list of str
        The lines.

    Examples
    --------
    >>> wrapped("the log-rank test: P = 0.6904", 24)
    ['the log-rank test:', 'P = 0.6904']
    >>> wrapped("contrasts.IVIG.MMT.response.p_value is 0.03", 20)
    ['contrasts.IVIG.', 'MMT.response.', 'p_value is 0.03']
    """
    # a blank that does not break is no blank to textwrap, and none is in a text that was made printable
    tied = re.sub(r" (?=[=<±] )|(?<= [=<±]) | (?=%)", "\u00a0", text)
    lines = textwrap.wrap(_loosened(tied, width), width, initial_indent=first, subsequent_indent=others)
    return [line.replace(f"{_BREAK} ", "").replace(_BREAK, "").replace("\u00a0", " ") for line in lines]


_BREAK = "\ue000"
"""Marks where a word may be parted, with the blank behind it; no text holds it."""


def _loosened(text: str, width: int) -> str:
    """Let a dotted name that is longer than a line be parted behind its dots."""
    longer = re.compile(rf"\S{{{width + 1},}}")
    return longer.sub(lambda found: re.sub(r"\.(?=\w)", f".{_BREAK} ", found[0]), text)


def _length(text: str) -> int:
    """Count the columns a text takes on a terminal: two for each wide sign, none for a combining one."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(unicodedata.combining(sign) > 0 for sign in text)


def _widths(table: Table, columns: Sequence[int]) -> dict[int, int]:
    rows = (table.header, *table.rows, *table.footer)
    return {i: max(_length(row[i]) for row in rows) for i in columns}


def _blocks(table: Table, width: int) -> list[list[int]]:
    """Deal the columns out to blocks that fit, counting a column of words as no wider than it must be."""
    widths = {i: min(size, 16) if i in table.left else size for i, size in _widths(table, range(len(table.header))).items()}
    blocks: list[list[int]] = [[0]]
    for i in range(1, len(table.header)):
        if sum(widths[j] + 2 for j in blocks[-1]) + widths[i] > width and len(blocks[-1]) > 1:
            blocks.append([0])
        blocks[-1].append(i)
    return blocks


def _block(table: Table, width: int) -> str:
    columns = range(len(table.header))
    widths = _widths(table, columns)
    while sum(widths.values()) + 2 * (len(columns) - 1) > width:
        widest = max((i for i in columns if i in table.left), key=lambda i: widths[i], default=None)
        if widest is None or widths[widest] <= 12:
            break
        widths[widest] -= 1
    lines = _lines(table.header, widths, table.left)
    rule = "-" * (sum(widths.values()) + 2 * (len(columns) - 1))
    for part in (table.rows, table.footer):
        lines += [rule, *(line for row in part for line in _lines(row, widths, table.left))] if part else []
    return "\n".join(lines)


def _lines(row: Sequence[str], widths: dict[int, int], left: frozenset[int]) -> list[str]:
    """Set one row, its long words wrapped, as lines."""
    cells = {i: wrapped(row[i], max(widths[i], 1)) or [""] for i in widths}
    height = max(len(lines) for lines in cells.values())
    return [
        "  ".join(_padded(lines[k] if k < len(lines) else "", widths[i], i in left) for i, lines in cells.items()).rstrip()
        for k in range(height)
    ]


def _padded(text: str, width: int, to_left: bool) -> str:
    blank = " " * (width - _length(text))
    return text + blank if to_left else blank + text
