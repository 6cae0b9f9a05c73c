"""Small tables as a notebook shows them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ivigmyo.display.words import capped, counted

if TYPE_CHECKING:
    from ivigmyo.display.tables import Table

__all__ = ["html_table"]

_RULE = "1px solid rgba(128,128,128,.7)"
_STYLES = {
    "div": "max-width:100%;overflow-x:auto;margin:.25em 0;color:inherit;background:transparent",
    "table": "border-collapse:collapse;border:0;margin:0;width:auto;color:inherit;background:transparent;font-size:.95em",
    "caption": "caption-side:top;padding:0 0 .3em;text-align:left;font-weight:bold;color:inherit",
    "tr": "background:transparent;border:0",
    "cell": "padding:.15em .7em;border:0;max-width:40em;white-space:normal;vertical-align:top;color:inherit;"
    "background:transparent",
    "p": "margin:.3em 0 0;max-width:48em;font-size:.85em;color:inherit",
}
"""Styles that stand on the elements themselves: they take the colours of the page, light or dark, and nothing else."""


def html_table(table: Table) -> str:
    """Lay a table out as a piece of HTML that depends on nothing around it.

    Parameters
    ----------
    table : Table
        The table; of more than 20 rows the first 20 are shown, and the rest counted.

    Returns
    -------
    str
        A ``div``. Every style stands on its element, so that none reaches the page around it, and few of the page's
        reach in; colours are those of the page, light or dark. Every text is shown as it is, whatever signs it holds.

    Examples
    --------
    >>> from ivigmyo.display import Table
    >>> "<th" in html_table(Table("Days", ["patient", "day"], [["<P01>", "25"]]))
    True
    """
    rows, others = capped(table.rows)
    notes = ([f"And {counted(others, 'more row')}."] if others else []) + list(table.notes)
    return "".join(
        (
            f'<div style="{_STYLES["div"]}"><table style="{_STYLES["table"]}">',
            f'<caption style="{_STYLES["caption"]}">{escape(table.title)}</caption>' if table.title else "",
            f"<thead>{_row(table, table.header, 'col', f'border-bottom:{_RULE};font-weight:bold')}</thead>",
            f"<tbody>{''.join(_row(table, row, 'row') for row in rows)}",
            *(_row(table, row, "row", f"border-top:{_RULE}" * (i == 0)) for i, row in enumerate(table.footer)),
            "</tbody></table>",
            *(f'<p style="{_STYLES["p"]}">{escape(note)}</p>' for note in notes),
            "</div>",
        )
    )


def _row(table: Table, cells: Sequence[str], scope: str, more: str = "") -> str:
    written = []
    for i, cell in enumerate(cells):
        side = "left" if i in table.left else "right"
        weight = "" if scope == "col" else "font-weight:normal;"
        style = f"{_STYLES['cell']};{weight}text-align:{side};{more}".rstrip(";")
        heads = cell != "" and (scope == "col" or i == 0)
        kind, scoped = ("th", f' scope="{scope}"') if heads else ("td", "")
        written.append(f'<{kind}{scoped} style="{style}">{escape(cell)}</{kind}>')
    return f'<tr style="{_STYLES["tr"]}">{"".join(written)}</tr>'
