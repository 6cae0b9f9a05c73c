"""What the paper prints: every checkable number and claim, with the verdict to be expected."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType

import attrs
import pandas as pd

from ivigmyo.change import SteroidLine
from ivigmyo.instruments import ADL15, CK, MMT18

__all__ = ["PUBLISHED_STEROID_LINE", "TABLE_1", "Printed", "Verdict", "load_published", "printed_quantities"]

PUBLISHED_STEROID_LINE = SteroidLine(slope=-0.25602, intercept=6.60394)
"""The dotted line of Fig. 2. It does not follow from Table 2, which gives what `ivigmyo.change.fit_steroid_line` fits."""


TABLE_1: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {MMT18.code: (-4, 0, 2, 4, 8, 12), ADL15.code: (-4, 0, 2, 4, 8, 12), CK.code: (0, 2, 4, 8, 12)}
)
"""The weeks in which Table 1 schedules each measure, as printed; CK is among its laboratory tests. The protocol has CK in
weeks -4 and 1 as well: the paper reports CK of both, and Table 3 needs that of week -4."""


class Verdict(StrEnum):
    """What is said of a printed number or claim. 'Not reproduced' is none of the others: never in the bundled study."""

    REPRODUCED = "reproduced"
    ERRATUM = "erratum"
    EXPLAINED = "explained"
    NOT_SUPPORTED = "not supported"
    NOT_CONTRADICTED = "not contradicted"
    NOT_DERIVABLE = "not derivable"
    BY_DEFINITION = "by definition"
    EXTERNAL = "external"
    NOT_REPRODUCED = "not reproduced"


@attrs.frozen
class Printed:
    """One number or claim as the paper prints it.

    Parameters
    ----------
    id : str
        The place in the paper, a slash, and the name of the computation with its arguments, such as
        ``"table2/visit.efficacy.CK.12.sd"``.
    section, table : str
        The section, and the table or figure; the latter empty in running text.
    row, column : str
        The row and column of a table, or what a sentence speaks of.
    printed : str
        The number as printed, with its precision; of a claim, the few words that make it.
    expected : Verdict
        The verdict to be expected of the bundled study.
    instead : str
        What the patients' rows give, at the printed precision, where that is something else.
    quantity : str
        The name of the quantity of a report that is the same number; empty where there is none.
    explanation : str
        Why; names in braces stand for computed numbers.

    Examples
    --------
    >>> printed = load_published()["results/visit.efficacy.CK.12.sd"]
    >>> printed.where, printed.printed, printed.instead, printed.precision
    ('Results: CK, week 12, SD', '445.0', '455.0', 1)
    """

    id: str
    section: str
    table: str
    row: str
    column: str
    printed: str
    expected: Verdict = attrs.field(converter=Verdict)
    instead: str
    quantity: str
    explanation: str

    @property
    def place(self) -> str:
        """The table or figure, or else the section."""
        return self.table or self.section

    @property
    def where(self) -> str:
        """Where the number stands, in words."""
        return f"{self.place}: {', '.join(part for part in (self.row, self.column) if part)}"

    @property
    def precision(self) -> int | None:
        """Digits printed after the point; None for what is not a number."""
        found = re.fullmatch(r"-?\d+(?:\.(\d+))?", self.printed)
        return None if found is None else len(found[1] or "")

    @property
    def computation(self) -> tuple[str, tuple[str, ...]]:
        """The name of the computation, and its arguments."""
        name, *arguments = self.id.partition("/")[2].split(".")
        return name, tuple(arguments)


def load_published() -> dict[str, Printed]:
    """Read what the paper prints.

    Returns
    -------
    dict of str to Printed
        By id, in the order of the paper.

    References
    ----------
    Saito et al. 2008.

    Examples
    --------
    >>> load_published()["figure3/median"].printed
    '334.5'
    """
    text = (files("ivigmyo.saito2008") / "published.csv").read_text(encoding="utf-8")
    rows = [Printed(**row) for row in csv.DictReader(text.splitlines())]
    return {row.id: row for row in rows}


def printed_quantities() -> pd.DataFrame:
    """Return the printed numbers that are quantities of a report, to be verified like those of any manuscript.

    Returns
    -------
    pandas.DataFrame
        Columns ``where, printed, quantity, note``; the note is the row's id.

    Examples
    --------
    >>> printed_quantities().set_index("note").loc["table3/log_ck.p"].tolist()
    ['Table 3: paired t-test, P', '0.0122', 'log_ck.p_value']
    """
    rows = [(row.where, row.printed, row.quantity, row.id) for row in load_published().values() if row.quantity]
    return pd.DataFrame(rows, columns=["where", "printed", "quantity", "note"])
