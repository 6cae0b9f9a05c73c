"""The numbers of a manuscript, each with what the report says of it."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import attrs
import pandas as pd

from ivigmyo.display import ABSENT, Shown, Table, table_text

__all__ = ["Ledger", "LedgerRow", "Verdict", "verification_text"]


class Verdict(StrEnum):
    """What is said of a printed number."""

    REPRODUCED = "reproduced"
    DIFFERS = "differs"
    NOT_IN_THE_DATA = "not in the data"
    UNKNOWN_QUANTITY = "unknown quantity"


@attrs.frozen(repr=False)
class LedgerRow(Shown):
    """One printed text, held against the quantity it is to show.

    Parameters
    ----------
    where : str
        Where it stands in the manuscript.
    printed : str
        The text as printed.
    quantity : str
        The name of the quantity.
    computed : str or None
        What the report gives, written like the printed text; None where it gives nothing.
    verdict : Verdict
        ``"reproduced"``: equal in every part, rounded half up at the printed precision. ``"differs"``: not equal in one.
        ``"not in the data"``: the report has no value for one part, and the others are equal. ``"unknown quantity"``.
    explanation : str
        What there is to say.
    note : str
        What the table of printed numbers says of it.

    Examples
    --------
    >>> LedgerRow("Table 2", "72.9", "MMT.visits.12.mean", "78.6", Verdict.DIFFERS, "").verdict
    <Verdict.DIFFERS: 'differs'>
    """

    where: str
    printed: str
    quantity: str
    computed: str | None
    verdict: Verdict
    explanation: str
    note: str = ""


@attrs.frozen(repr=False)
class Ledger(Shown):
    """The printed numbers of a manuscript, in its order.

    Parameters
    ----------
    rows : tuple of LedgerRow
        The rows.

    Examples
    --------
    >>> Ledger(()).differing
    ()
    """

    rows: tuple[LedgerRow, ...]

    @property
    def differing(self) -> tuple[LedgerRow, ...]:
        """The rows whose number is not that of the report."""
        return tuple(row for row in self.rows if row.verdict is Verdict.DIFFERS)

    def _shown(self) -> Table:
        rows = [[row.where, row.printed, row.computed or "", row.verdict, row.explanation] for row in self.differing]
        counts = ", ".join(f"{n} {verdict}" for verdict, n in self.counts().items())
        header = ["where", "printed", "computed", "verdict", "explanation"]
        return Table("Printed numbers", header, rows, notes=[f"{counts}."], left=(0, 3, 4))

    def counts(self) -> dict[Verdict, int]:
        """Count the rows by verdict.

        Returns
        -------
        dict of Verdict to int
            Every verdict, in their order.

        Examples
        --------
        >>> Ledger(()).counts()[Verdict.DIFFERS]
        0
        """
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in Verdict}

    def to_frame(self) -> pd.DataFrame:
        """Return the ledger as a table.

        Returns
        -------
        pandas.DataFrame
            One row a printed text: ``where, printed, quantity, computed, verdict, explanation, note``; ``computed`` is None
            where the report gives nothing.

        Examples
        --------
        >>> Ledger(()).to_frame().columns.tolist()
        ['where', 'printed', 'quantity', 'computed', 'verdict', 'explanation', 'note']
        """
        names = [field.name for field in attrs.fields(LedgerRow)]
        rows = [[str(cell) if isinstance(cell, Verdict) else cell for cell in attrs.astuple(row)] for row in self.rows]
        return pd.DataFrame(rows, columns=names, dtype=object)


_TITLES = {
    Verdict.DIFFERS: "Printed otherwise than the data give",
    Verdict.UNKNOWN_QUANTITY: "Held against no quantity: the report has none of that name",
    Verdict.NOT_IN_THE_DATA: "Not in the data",
}


def verification_text(ledger: Ledger, every_row: bool = False) -> str:
    """Show the ledger of a manuscript as text, 80 columns wide.

    Parameters
    ----------
    ledger : Ledger
        The ledger.
    every_row : bool, default False
        Whether the reproduced rows are listed as well.

    Returns
    -------
    str
        The counts, then the rows that are not reproduced with what there is to say of them; the text ends in a newline.

    Examples
    --------
    >>> row = LedgerRow("Abstract", "372", "duration.median", "371", Verdict.DIFFERS, "duration.median is 371.")
    >>> print(verification_text(Ledger((row,))), end="")
    Printed numbers held against the data
    <BLANKLINE>
      reproduced  differs  not in the data  unknown quantity
      ------------------------------------------------------
               0        1                0                 0
    <BLANKLINE>
    Printed otherwise than the data give
    <BLANKLINE>
      where     printed  computed  explanation
      ----------------------------------------------------
      Abstract  372      371       duration.median is 371.
    """
    counts = ledger.counts()
    cells = [str(count) for count in counts.values()]
    tables = [Table("Printed numbers held against the data", [str(each) for each in counts], [cells], left=())]
    shown = _TITLES | ({Verdict.REPRODUCED: "Reproduced"} if every_row else {})
    for verdict, title in shown.items():
        rows = [row for row in ledger.rows if row.verdict is verdict]
        if rows:
            tables.append(_listing(title, rows))
    return "\n\n".join(table_text(table) for table in tables) + "\n"


def _listing(title: str, rows: list[LedgerRow]) -> Table:
    header = ["where", "printed", "computed", "explanation"]
    cells = [[row.where, row.printed, row.computed or ABSENT, row.explanation] for row in rows]
    return Table(title, header, cells, left=(0, 1, 2, 3))
