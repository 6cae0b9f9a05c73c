"""The ledger: every checkable number and claim of the paper, held against the patients' rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import MappingProxyType

import attrs
import pandas as pd

from ivigmyo.display import ABSENT, Shown, Table, number, table_text
from ivigmyo.errors import refusal
from ivigmyo.saito2008 import load_study
from ivigmyo.saito2008.definitions import DEFINITIONS
from ivigmyo.saito2008.duration import DURATION
from ivigmyo.saito2008.efficacy import EFFICACY
from ivigmyo.saito2008.events import EVENTS
from ivigmyo.saito2008.material import Found, Material
from ivigmyo.saito2008.patients import PATIENTS
from ivigmyo.saito2008.plain import find_quantity
from ivigmyo.saito2008.published import Printed, Verdict, load_published
from ivigmyo.study import Study

__all__ = ["Ledger", "LedgerRow", "VERDICTS", "Verdict", "ledger_text", "reproduce"]

VERDICTS = tuple(Verdict)
"""The verdicts. A row is 'not reproduced' where it is none of the others: never in the bundled study."""

COMPUTATIONS: Mapping[str, Callable[..., Found]] = MappingProxyType(
    {**PATIENTS, **EVENTS, **EFFICACY, **DURATION, **DEFINITIONS}
)
"""The computations by the name that published.csv uses."""


@attrs.frozen(repr=False)
class LedgerRow(Shown):
    """One number or claim of the paper, held against the patients' rows.

    Parameters
    ----------
    id : str
        Its name in the data file of printed numbers.
    section, table, row, column : str
        Where it stands: the section, the table or figure (empty in running text), and there the row and the column, or
        what the sentence speaks of.
    where : str
        The same in one text.
    printed : str
        What is printed.
    precision : int or None
        Digits printed after the point; None for what is not a number.
    computed : str or None
        What the rows give, at the printed precision; None where they do not give it.
    verdict : Verdict
        ``"reproduced"`` (equal at the printed precision), ``"erratum"`` (the paper contradicts itself or its own table),
        ``"explained"`` (does not follow under the stated definition, but exactly under another), ``"not supported"`` (a
        claim that the rows do not bear out), ``"not contradicted"`` (a claim that the rows neither bear out nor speak
        against), ``"not derivable"`` (needs data that are not there), ``"by definition"`` (compared with what the library
        holds for the same sentence), ``"external"`` (quoted from others), or ``"not reproduced"``: none of these.
    expected : Verdict
        The verdict to be expected of the bundled study.
    function : str
        The public function that computes it; empty where nothing can be computed.
    conventions : str
        The conventions chosen.
    explanation : str
        What there is to say, with computed numbers.

    Examples
    --------
    >>> (row,) = reproduce(ids=["figure3/median"]).rows
    >>> row.printed, row.computed, row.verdict.value
    ('334.5', '371.0', 'explained')
    """

    id: str
    section: str
    table: str
    row: str
    column: str
    where: str
    printed: str
    precision: int | None
    computed: str | None
    verdict: Verdict
    expected: Verdict
    function: str
    conventions: str
    explanation: str

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.verdict == self.expected

    @property
    def place(self) -> str:
        """The table or figure, or else the section."""
        return self.table or self.section


@attrs.frozen(repr=False)
class Ledger(Shown):
    """Every checkable number and claim of the paper, in its order.

    Parameters
    ----------
    rows : tuple of LedgerRow
        The rows.

    Examples
    --------
    >>> ledger = reproduce()
    >>> ledger.as_expected, ledger.unexpected
    (True, ())
    """

    rows: tuple[LedgerRow, ...]

    @property
    def unexpected(self) -> tuple[LedgerRow, ...]:
        """The rows whose verdict is not the expected one."""
        return tuple(row for row in self.rows if not row.as_expected)

    @property
    def as_expected(self) -> bool:
        """Whether every verdict is the expected one."""
        return not self.unexpected

    def _shown(self) -> Table:
        counts = Counter(row.verdict for row in self.rows)
        rows = [[str(verdict), str(counts[verdict])] for verdict in VERDICTS if counts[verdict]]
        note = "Every verdict is the expected one." if self.as_expected else f"Not as expected: {len(self.unexpected)}."
        return Table("Printed numbers and claims", ["verdict", "rows"], rows, [["all", str(len(self.rows))]], notes=[note])

    def row(self, id: str) -> LedgerRow:
        """Return one row.

        Parameters
        ----------
        id : str
            Its name.

        Returns
        -------
        LedgerRow
            The row.

        Raises
        ------
        ValueError
            If there is none of that name.

        Examples
        --------
        >>> id = "discussion/response.ADL.percent"
        >>> print(reproduce(ids=[id]).row(id).explanation)
        12/15 is 80.0 %, as the Abstract and Results print.
        """
        found = [row for row in self.rows if row.id == id]
        if not found:
            raise ValueError(refusal("'id' must be that of a row", id))
        return found[0]

    def summary(self) -> pd.DataFrame:
        """Count the rows by place and verdict.

        Returns
        -------
        pandas.DataFrame
            One row a table, figure or section (index ``place``), one column a verdict.

        Examples
        --------
        >>> counts = reproduce().summary().loc["Fig. 3"]
        >>> counts[counts > 0].to_dict()
        {'reproduced': 1, 'explained': 3}
        """
        places = list(dict.fromkeys(row.place for row in self.rows))
        counts = Counter((row.place, row.verdict) for row in self.rows)
        table = [[counts[place, verdict] for verdict in VERDICTS] for place in places]
        return pd.DataFrame(table, index=pd.Index(places, name="place"), columns=[str(verdict) for verdict in VERDICTS])

    def to_frame(self) -> pd.DataFrame:
        """Return the ledger as a table.

        Returns
        -------
        pandas.DataFrame
            One row a number or claim, the columns those of `LedgerRow`; ``computed`` is None where there is nothing
            computed, ``precision`` NaN where the printed is not a number.

        Examples
        --------
        >>> frame = reproduce().to_frame()
        >>> errata = frame[frame["verdict"] == "erratum"]
        >>> for row in errata.itertuples():
        ...     print(f"{row.where}: by the rows {row.computed}")
        Table 1: laboratory tests, week -4: by the rows 16 patients
        Table 1: laboratory tests, week 1: by the rows 15 patients
        Results: CK, week 12, SD: by the rows 455.0
        Results: change of ln CK before IVIG, from week: by the rows -4
        Table 5: patient 12, age: by the rows 50
        Discussion: efficacy rate, ADL, %: by the rows 80.0
        Discussion: more than 40 mg of prednisolone, at the start of IVIG: by the rows 13 of 15
        """
        columns = [field.name for field in attrs.fields(LedgerRow)]
        rows = [attrs.astuple(row) for row in self.rows]
        frame = pd.DataFrame(rows, columns=columns, dtype=object).astype({"verdict": str, "expected": str})
        return frame.astype({"precision": float})


def reproduce(study: Study | None = None, ids: Iterable[str] | None = None) -> Ledger:
    """Hold every checkable number and claim of the paper against the patients' rows.

    Parameters
    ----------
    study : Study, optional
        The study whose rows are used; the bundled one unless given.
    ids : iterable of str, optional
        The rows that are looked at, in the order of the paper; every one unless given.

    Returns
    -------
    Ledger
        One row a number or claim. What is printed comes from the package's data file; what is computed is computed on
        every call.

    Raises
    ------
    ValueError
        If an id is not that of a row.

    Notes
    -----
    A number is reproduced where the computed one, rounded half-up at the printed precision, is the same. A claim of
    significance is reproduced where P < 0.05 and the effect has the direction claimed.

    A number that is known not to follow has the verdict that was found for it only as long as the rows give what they
    gave then; otherwise it is 'not reproduced'. So with any change in the data that matters, a verdict changes.

    References
    ----------
    Saito et al. 2008.

    Examples
    --------
    >>> ledger = reproduce()
    >>> for verdict, count in ledger.summary().sum().items():
    ...     print(verdict, count)
    reproduced 235
    erratum 7
    explained 7
    not supported 1
    not contradicted 3
    not derivable 38
    by definition 16
    external 5
    not reproduced 0
    >>> print(reproduce(ids=["results/visit.efficacy.CK.12.sd"]).rows[0].explanation)
    Table 2 prints 455.0 for the same SD, and its rows give it.
    """
    material = _of_the_bundled_study() if study is None else Material(study)
    published = load_published()
    wanted = set(published if ids is None else ids)
    if unknown := sorted(map(str, wanted - set(published))):
        raise ValueError(refusal("'ids' must be those of rows", unknown[0]))
    return Ledger(tuple(_row(each, _compute(each, material)) for id, each in published.items() if id in wanted))


@cache
def _of_the_bundled_study() -> Material:
    """Keep what was computed of the bundled study, which does not change, for the next rows asked for."""
    return Material(load_study())


def _compute(printed: Printed, material: Material) -> Found:
    name, arguments = printed.computation
    try:
        # What is more than a quantity of the report, or is looked at in several ways, has a computation of its own.
        whole = ".".join((name, *arguments))
        if whole in COMPUTATIONS:
            return COMPUTATIONS[whole](material)
        if name in COMPUTATIONS:
            return COMPUTATIONS[name](material, *arguments)
        return find_quantity(material, printed)
    except ValueError as error:
        return Found(None, None, needs=str(error))


def _row(printed: Printed, found: Found) -> LedgerRow:
    computed, other = (_shown(value, printed.precision) for value in (found.value, found.other))
    verdict = _verdict(printed, found, computed, other)
    place = {name: getattr(printed, name) for name in ("id", "section", "table", "row", "column", "where")}
    return LedgerRow(
        **place,
        printed=printed.printed,
        precision=printed.precision,
        computed=computed,
        verdict=verdict,
        expected=printed.expected,
        function="" if found.by is None else _public_name(found.by),
        conventions=found.conventions,
        explanation=_explanation(printed, found, verdict, {"computed": computed, "other": other, **found.facts}),
    )


def _shown(value: float | str | None, precision: int | None) -> str | None:
    """Write a value as it would be printed."""
    if isinstance(value, str):
        return value
    return None if value is None or value != value else number(value, precision or 0)


def _verdict(printed: Printed, found: Found, computed: str | None, other: str | None) -> Verdict:
    expected = printed.expected
    if computed is None:
        # Where the rows once gave something, nothing is another answer, also of what needs data that are not there.
        lost = expected is Verdict.NOT_DERIVABLE and bool(printed.instead)
        nothing = Verdict.NOT_REPRODUCED if lost else Verdict.NOT_DERIVABLE
        return expected if expected is Verdict.EXTERNAL else nothing
    if found.contradicted is not None and not found.holds:
        return Verdict.NOT_REPRODUCED if found.contradicted else Verdict.NOT_CONTRADICTED
    if computed == printed.printed if found.holds is None else found.holds:
        return Verdict.BY_DEFINITION if expected is Verdict.BY_DEFINITION else Verdict.REPRODUCED
    as_known = bool(printed.instead) and computed == printed.instead
    if not as_known or (expected is Verdict.EXPLAINED and other != printed.printed):
        return Verdict.NOT_REPRODUCED
    return expected


def _explanation(printed: Printed, found: Found, verdict: str, facts: Mapping[str, str | None]) -> str:
    known = found.value is not None or not printed.instead
    if verdict == printed.expected and known:
        return printed.explanation.format_map(facts)
    instead = f" ({printed.instead})" if printed.instead else ""
    return found.needs or f"Expected was: {printed.expected}{instead}."


def ledger_text(ledger: Ledger, every_row: bool = False) -> str:
    """Show a ledger as text, 80 columns wide.

    Parameters
    ----------
    ledger : Ledger
        The ledger.
    every_row : bool, default False
        Whether the reproduced rows are listed as well.

    Returns
    -------
    str
        The counts, then the rows with another verdict than expected, then those not plainly reproduced with their
        explanations; the text ends in a newline.

    Examples
    --------
    >>> text = ledger_text(reproduce())
    >>> "312 numbers and claims; every verdict is the expected one." in text
    True
    """
    tables = [_summary_table(ledger)]
    if not ledger.as_expected:
        tables.append(_listing("Not as expected", ledger.unexpected))
    for verdict, title in _TITLES.items():
        rows = [row for row in ledger.rows if row.verdict == verdict and row.as_expected and row.explanation]
        if rows:
            tables.append(_listing(title, rows))
    if every_row:
        tables.append(_complete(ledger))
    return "\n\n".join(table_text(table) for table in tables) + "\n"


_TITLES = {
    Verdict.ERRATUM: "Errata: the paper contradicts itself or its own table",
    Verdict.EXPLAINED: "Explained: does not follow by the stated definition, but exactly by another",
    Verdict.NOT_SUPPORTED: "Not supported: the rows do not bear the claim out",
    Verdict.NOT_CONTRADICTED: "Not contradicted: the rows neither bear the claim out nor speak against it",
    Verdict.NOT_DERIVABLE: "Not derivable: needs data that are not printed",
    Verdict.BY_DEFINITION: "By definition: compared with what the library holds for the same sentence",
    Verdict.EXTERNAL: "External: quoted from others",
    Verdict.REPRODUCED: "Reproduced, with a reservation",
}


def _summary_table(ledger: Ledger) -> Table:
    counts = ledger.summary()
    shown = [verdict for verdict in VERDICTS if verdict != Verdict.NOT_REPRODUCED or counts[verdict].any()]
    rows = [[place, *map(number, row)] for place, row in zip(counts.index, counts[shown].to_numpy().tolist(), strict=True)]
    total = ["all", *(number(counts[verdict].sum()) for verdict in shown)]
    n, unexpected = len(ledger.rows), len(ledger.unexpected)
    outcome = "every verdict is the expected one" if not unexpected else f"{unexpected} have another verdict than expected"
    title = "Every checkable number and claim of Saito et al. 2008, held against the patients' rows"
    return Table(title, ["", *shown], rows, [total], [f"{n} numbers and claims; {outcome}."])


def _listing(title: str, rows: Iterable[LedgerRow]) -> Table:
    """List rows; those that say the same of the same number stand in one."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        places.setdefault((row.printed, row.computed or ABSENT, row.explanation), []).append(row.where)
    cells = [["; ".join(where), *said] for said, where in places.items()]
    return Table(title, ["where", "printed", "computed", "explanation"], cells, left=(0, 1, 2, 3))


def _complete(ledger: Ledger) -> Table:
    cells = [[row.where, row.printed, row.computed or ABSENT, row.verdict] for row in ledger.rows]
    return Table("Every row", ["where", "printed", "computed", "verdict"], cells, left=(0, 1, 2, 3))


def _public_name(function: Callable[..., object]) -> str:
    """Name a function by the room that offers it, whichever file of the room it stands in."""
    return ".".join((*function.__module__.split(".")[:2], function.__qualname__))
