"""A titled table of text cells, how numbers become cells, and how a table becomes text or Markdown."""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

import attrs
import pandas as pd

from ivigmyo.estimates import ConfidenceInterval

__all__ = [
    "LISTED",
    "Table",
    "days",
    "escape_markdown",
    "interval",
    "number",
    "p_statement",
    "p_value",
    "percent",
    "printable",
    "records",
    "spread",
    "table_markdown",
    "table_text",
    "track",
]

_Step = TypeVar("_Step")

ABSENT = "-"
"""What a cell shows where there is no value."""

LISTED = 100
"""Up to how many patients a table lists them one by one."""

WIDTH = 80
"""Columns of the text report."""


def number(value: float | None, digits: int = 0) -> str:
    """Round a number for display, halves away from zero as printed tables do.

    Parameters
    ----------
    value : float or None
        The number; None and NaN have no value to show.
    digits : int, default 0
        Digits after the point.

    Returns
    -------
    str
        The rounded number, or ``"-"``.

    Notes
    -----
    Python's ``round`` and ``format`` round the binary value and halves to even: 1186.25 gives 1186.2 there, and 1186.3
    here and in Table 2. Noise beyond the twelfth significant digit is taken off first.

    Examples
    --------
    >>> number(1186.25, 1), number(0.625, 2), number(None), f"{1186.25:.1f}"
    ('1186.3', '0.63', '-', '1186.2')
    """
    if value is None or value != value:
        return ABSENT
    rounded = Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def percent(share: float | None, digits: int = 1) -> str:
    """Show a share as a percentage.

    Parameters
    ----------
    share : float or None
        A number from 0 to 1.
    digits : int, default 1
        Digits after the point.

    Returns
    -------
    str
        The percentage with its sign, or ``"-"``.

    Examples
    --------
    >>> percent(14 / 15), percent(None)
    ('93.3 %', '-')
    """
    return ABSENT if share is None or share != share else f"{number(100 * share, digits)} %"


def spread(mean: float | None, sd: float | None, digits: int = 1) -> str:
    """Show a mean and its standard deviation, or an estimate and its standard error.

    Parameters
    ----------
    mean, sd : float or None
        The two numbers.
    digits : int, default 1
        Digits after the point.

    Returns
    -------
    str
        Such as ``"57.4 ± 13.5"``; the mean alone where there is no deviation.

    Examples
    --------
    >>> spread(57.4, 13.4791)
    '57.4 ± 13.5'
    """
    return number(mean, digits) if sd is None or sd != sd else f"{number(mean, digits)} ± {number(sd, digits)}"


def p_value(p: float | None) -> str:
    """Show a P value to four digits.

    Parameters
    ----------
    p : float or None
        The P value.

    Returns
    -------
    str
        Such as ``"0.0122"`` or ``"<0.0001"``.

    Examples
    --------
    >>> p_value(0.01216), p_value(8.7e-6)
    ('0.0122', '<0.0001')
    """
    return "<0.0001" if p is not None and p < 0.0001 else number(p, 4)


def p_statement(p: float | None) -> str:
    """Say in running text what a P value is.

    Parameters
    ----------
    p : float or None
        The P value.

    Returns
    -------
    str
        Such as ``"P = 0.0122"`` or ``"P < 0.0001"``.

    Examples
    --------
    >>> p_statement(0.01216), p_statement(8.7e-6)
    ('P = 0.0122', 'P < 0.0001')
    """
    shown = p_value(p)
    return f"P < {shown[1:]}" if shown.startswith("<") else f"P = {shown}"


def days(value: float | None) -> str:
    """Show a number of days, with a half day where there is one.

    Parameters
    ----------
    value : float or None
        Days; None where the time was not reached.

    Returns
    -------
    str
        Such as ``"371"``, ``"334.5"`` or ``"not reached"``.

    Examples
    --------
    >>> days(371.0), days(334.5), days(None)
    ('371', '334.5', 'not reached')
    """
    return "not reached" if value is None else number(value, 0 if value == int(value) else 1)


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a frame as named tuples.

    Parameters
    ----------
    frame : pandas.DataFrame
        A frame.

    Returns
    -------
    list of namedtuple
        The rows; ``Index`` is the index.

    Examples
    --------
    >>> [row.day for row in records(pd.DataFrame({"day": [3, 5]}))]
    [3, 5]
    """
    return list(frame.itertuples())


def interval(limits: ConfidenceInterval, digits: int = 1, scale: float = 1.0, absent: str = ABSENT) -> str:
    """Show the two limits of an interval.

    Parameters
    ----------
    limits : ConfidenceInterval
        The interval.
    digits : int, default 1
        Digits after the point.
    scale : float, default 1
        What the limits are multiplied by (100 for percentages).
    absent : str, default "-"
        What stands for a limit that does not exist.

    Returns
    -------
    str
        Such as ``"99 to not reached"``.

    Examples
    --------
    >>> interval(ConfidenceInterval(99.0, None), 0, absent="not reached")
    '99 to not reached'
    """
    low, high = (absent if limit is None else number(scale * limit, digits) for limit in limits)
    return f"{low} to {high}"


def printable(text: str) -> str:
    r"""Keep a text on one line and free of control characters.

    Parameters
    ----------
    text : str
        A text.

    Returns
    -------
    str
        The text, each run of blanks and of signs that do not print made one blank.

    Examples
    --------
    >>> printable(" P\x0007\n")
    'P 07'
    """
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


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

    title: str
    header: tuple[str, ...] = attrs.field(converter=_header)
    rows: tuple[tuple[str, ...], ...] = attrs.field(converter=_cells)
    footer: tuple[tuple[str, ...], ...] = attrs.field(default=(), converter=_cells)
    notes: tuple[str, ...] = attrs.field(default=(), converter=_header)
    left: frozenset[int] = attrs.field(default=frozenset({0}), converter=_columns)

    def __attrs_post_init__(self) -> None:
        for row in (*self.rows, *self.footer):
            if len(row) != len(self.header):
                raise ValueError(f"a row of table {self.title!r} must have {len(self.header)} cells (got {len(row)}).")


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
    parts = [textwrap.fill(table.title, width)]
    parts += [_block(table, columns, width - 2) for columns in _blocks(table, width - 2)]
    if table.notes:
        parts.append("\n".join(textwrap.fill(note, width - 2) for note in table.notes))
    first, *others = parts
    return "\n\n".join([first, *(textwrap.indent(part, "  ") for part in others)])


def table_markdown(table: Table) -> str:
    """Lay a table out as Markdown.

    Parameters
    ----------
    table : Table
        The table.

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
    notes = [escape_markdown(note) for note in table.notes]
    return "\n\n".join([f"### {escape_markdown(table.title)}", "\n".join(lines), *notes])


def escape_markdown(text: str) -> str:
    r"""Escape the signs of a text that Markdown or HTML would read as marks.

    Parameters
    ----------
    text : str
        A text of one line.

    Returns
    -------
    str
        Markdown that shows the text as it is.

    Examples
    --------
    >>> escape_markdown("<b> of MMT_8")
    '&lt;b&gt; of MMT\\_8'
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{sign}" if sign in "\\`*_[]|#" else sign for sign in text)


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


def _block(table: Table, columns: Sequence[int], width: int) -> str:
    widths = _widths(table, columns)
    while sum(widths.values()) + 2 * (len(columns) - 1) > width:
        widest = max((i for i in columns if i in table.left), key=lambda i: widths[i], default=None)
        if widest is None or widths[widest] <= 12:
            break
        widths[widest] -= 1
    lines = _lines(table.header, widths, table.left)
    rule = "-" * (sum(widths.values()) + 2 * (len(columns) - 1))
    lines.append(rule)
    lines += [line for row in table.rows for line in _lines(row, widths, table.left)]
    if table.footer:
        lines.append(rule)
        lines += [line for row in table.footer for line in _lines(row, widths, table.left)]
    return "\n".join(lines)


def _lines(row: Sequence[str], widths: dict[int, int], left: frozenset[int]) -> list[str]:
    """Set one row, its long words wrapped, as lines."""
    wrapped = {i: textwrap.wrap(row[i], max(widths[i], 1)) or [""] for i in widths}
    height = max(len(lines) for lines in wrapped.values())
    return [
        "  ".join(_padded(lines[k] if k < len(lines) else "", widths[i], i in left) for i, lines in wrapped.items()).rstrip()
        for k in range(height)
    ]


def _padded(text: str, width: int, to_left: bool) -> str:
    blank = " " * (width - _length(text))
    return text + blank if to_left else blank + text


def track(steps: Iterable[_Step], n_steps: int, label: str) -> Iterable[_Step]:
    """Pass steps on; on a terminal, and where tqdm is installed, show after two seconds how many are done."""
    if sys.stderr is None or not sys.stderr.isatty():
        return steps
    try:
        from tqdm import tqdm
    except ImportError:
        return steps
    shown: Iterable[_Step] = tqdm(steps, label, n_steps, leave=False, delay=2, file=sys.stderr)
    return shown
