"""Hold the printed numbers of a manuscript against the quantities of a report."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import attrs
import pandas as pd

from ivigmyo.arguments import check_frame
from ivigmyo.display import records
from ivigmyo.errors import DataError, Problem, spell
from ivigmyo.manuscript.agreement import agrees, as_printed, scales
from ivigmyo.manuscript.causes import find_causes
from ivigmyo.manuscript.held import HasQuantities, Held, Quantity, candidates, read_quantities
from ivigmyo.manuscript.ledger import Ledger, LedgerRow, Verdict
from ivigmyo.manuscript.printed import Part, PrintedNumber, PrintedText, read_printed

__all__ = ["verify"]

_LEVEL = 0.95
"""The level of a report's intervals."""


def verify(report: HasQuantities | pd.DataFrame, printed: pd.DataFrame) -> Ledger:
    """Hold printed numbers against the quantities of a report.

    Parameters
    ----------
    report : TrialReport or pandas.DataFrame
        A report, or what its ``quantities()`` returned: columns ``quantity, value`` and, where they are there,
        ``unit, n, method``.
    printed : pandas.DataFrame
        One row a printed text: columns ``where``, ``printed`` (the text as printed, or a number), ``quantity`` (the name of
        what it shows; empty where the report has nothing of the kind) and optionally ``note``.

    Returns
    -------
    Ledger
        One row a printed text, in the same order, with a verdict.

    Raises
    ------
    ValueError
        If a column is missing, a quantity of the report is there twice, or a printed text cannot be read; the message
        holds every such text.

    Notes
    -----
    A text is held in all its parts: the quantity named is the first estimate of the text, and what is printed beside it is
    looked for beside that name (``X.rate`` and ``X.count``, ``X.n``; ``X.mean`` and ``X.sd``; ``X`` and ``X.conf_low``,
    ``X.conf_high``). A number is reproduced where the computed one, rounded half up at the printed precision, is the same;
    what fits only when truncated or rounded half to even differs, and the explanation says so. ``P < 0.05`` is reproduced
    by every smaller P.

    Where a number differs, the explanation names the quantities of the report that the printed one equals, those of the
    nearest names first.

    Examples
    --------
    >>> report = pd.DataFrame(
    ...     [("MMT.visits.8.mean", 72.87, "points", 15), ("MMT.visits.12.mean", 78.57, "points", 14)],
    ...     columns=["quantity", "value", "unit", "n"],
    ... )
    >>> printed = pd.DataFrame([("Table 2", "72.9", "MMT.visits.12.mean")], columns=["where", "printed", "quantity"])
    >>> row = verify(report, printed).rows[0]
    >>> row.verdict.value, row.computed
    ('differs', '78.6')
    >>> print(row.explanation)
    MMT.visits.12.mean is 78.6; 72.9 is MMT.visits.8.mean (week 8, not week 12).
    """
    check_frame("printed", printed, ("where", "printed", "quantity"))
    held = read_quantities(report)
    rows = [*records(printed)]
    texts = _read_all([row.printed for row in rows])
    return Ledger(tuple(_row(row, text, held) for row, text in zip(rows, texts, strict=True)))


def _read_all(cells: list[object]) -> list[PrintedText]:
    """Read every printed text, or refuse all that cannot be read at once."""
    texts, problems = [], []
    for position, cell in enumerate(cells, 1):
        try:
            texts.append(read_printed(_text(cell)))
        except ValueError as error:
            problems.append(Problem(str(error).removesuffix("."), record=f"in row {position}"))
    if problems:
        raise DataError(problems)
    return texts


def _row(row: object, text: PrintedText, held: Held) -> LedgerRow:
    where, name, note = (_text(getattr(row, column, "")) for column in ("where", "quantity", "note"))
    computed, verdict, explanation = _judged(text, name, held)
    return LedgerRow(where, text.text, name, computed, verdict, explanation, note)


def _text(cell: object) -> str:
    """Read a cell of words; an empty one is NaN in a frame that was read from a file."""
    if isinstance(cell, str):
        return cell.strip()
    return "" if cell is None or cell != cell else spell(cell)


def _judged(text: PrintedText, name: str, held: Held) -> tuple[str | None, Verdict, str]:
    if not name:
        return None, Verdict.NOT_IN_THE_DATA, "No quantity is named for it."
    if name not in held:
        return None, Verdict.UNKNOWN_QUANTITY, _nearest(name, held)
    findings = list(_findings(text, held[name], held))
    computed = _together(text, findings) or None
    said = " ".join(each.explanation for each in findings if each.explanation)
    for verdict in (Verdict.DIFFERS, Verdict.NOT_IN_THE_DATA):
        if any(each.verdict is verdict for each in findings):
            return computed, verdict, said
    return computed, Verdict.REPRODUCED, said


def _nearest(name: str, held: Held) -> str:
    folded = {each.casefold(): each for each in held}
    near = [folded[each] for each in get_close_matches(name.casefold(), folded, 3)]
    near += [each for each in held if each.casefold().startswith(f"{name.casefold()}.")][:3]
    near = list(dict.fromkeys(near))[:3]
    if not near:
        return f"The report has no quantity {name!r}, nor one of a name like it."
    return f"The report has no quantity {name!r}; the nearest are {', '.join(map(repr, near))}."


@attrs.frozen
class _Finding:
    """What is said of one part of a printed text."""

    part: Part
    verdict: Verdict
    computed: str = ""
    explanation: str = ""


def _findings(text: PrintedText, quantity: Quantity, held: Held) -> Iterator[_Finding]:
    numbers = [number for part in text.parts if part.role == "estimate" for number in part.numbers]
    beside_percent = len(numbers) > 1 and any(number is not None and number.percent for number in numbers)
    beside_percent |= len(text.parts) > 1 and f"{quantity.stem}.rate" in held and text.parts[1].role == "second"
    for part in _in_percent(text):
        if part.role == "limits" and text.level not in (None, _LEVEL):
            said = f"The intervals of the report are at {100 * _LEVEL:.0f} %."
            yield _Finding(part, Verdict.NOT_IN_THE_DATA, explanation=said)
        else:
            yield _finding(part, candidates(part, quantity, held, beside_percent), held)


def _in_percent(text: PrintedText) -> tuple[Part, ...]:
    """Read what stands beside a percentage as percentages too: the sign is printed once."""
    estimates = [number for part in text.parts if part.role == "estimate" for number in part.numbers]
    if not any(number is not None and number.percent for number in estimates):
        return text.parts
    return tuple(
        attrs.evolve(part, numbers=tuple(number and attrs.evolve(number, percent=True) for number in part.numbers))
        if part.role in ("limits", "range", "quartiles", "second", "sd", "se")
        else part
        for part in text.parts
    )


def _finding(part: Part, meant: list[tuple[Quantity, ...]], held: Held) -> _Finding:
    if not meant:
        said = f"The report has no {_WORDS.get(part.role, 'number')} of it."
        return _Finding(part, Verdict.NOT_IN_THE_DATA, explanation=said)
    best = next((each for each in meant if _all_agree(part, each)), meant[0])
    pairs = list(zip(part.numbers, best, strict=True))
    computed = _joined(part, [_shown(number, each) for number, each in pairs])
    if _all_agree(part, best):
        return _Finding(part, Verdict.REPRODUCED, computed, " ".join(_remarks(pairs)))
    wrong = [(number, each) for number, each in pairs if not _agree(number, each)]
    if all(each.value is None and not each.may_be_unreached for _, each in wrong):
        said = f"The report has no value of {' and '.join(each.name for _, each in wrong)}."
        return _Finding(part, Verdict.NOT_IN_THE_DATA, "", said)
    said = " ".join(_differs(number, each, held) for number, each in wrong)
    return _Finding(part, Verdict.DIFFERS, computed, said)


_WORDS = {
    "limits": "limits",
    "n": "number of patients",
    "p": "P value",
    "quartiles": "quartiles",
    "range": "range",
    "sd": "standard deviation",
    "se": "standard error",
    "second": "standard deviation or error",
    "share": "count",
}


def _agree(number: PrintedNumber | None, quantity: Quantity) -> bool:
    return quantity.may_be_unreached if number is None else agrees(number, quantity)


def _all_agree(part: Part, meant: tuple[Quantity, ...]) -> bool:
    return all(_agree(number, each) for number, each in zip(part.numbers, meant, strict=True))


def _shown(number: PrintedNumber | None, quantity: Quantity) -> str:
    if number is not None:
        return as_printed(number, quantity)
    return "not reached" if quantity.value is None else f"{quantity.value:.6g}"


def _remarks(pairs: list[tuple[PrintedNumber | None, Quantity]]) -> Iterator[str]:
    """Say what is not to be seen in a number that is reproduced."""
    for number, each in pairs:
        if number is not None and number.relation != "=":
            yield f"{each.name} is {as_printed(number, each)}."
        elif number is not None and len(scales(number, each)) > 1 and number.value > 1:
            yield "Read as a percentage."


def _differs(number: PrintedNumber | None, quantity: Quantity, held: Held) -> str:
    said = f"{quantity.name} is {_shown(number, quantity)}"
    causes = [] if number is None else find_causes(number, quantity, held)
    if number is None or not causes:
        return f"{said}."
    sign = " %" if number.percent else ""
    return f"{said}; {number.value:f}{sign} is {', or '.join(causes)}."


def _joined(part: Part, shown: list[str]) -> str:
    if part.role == "share":
        return "/".join(shown)
    label = {"p": "P = ", "n": "n = "}.get(part.role, "")
    return label + " to ".join(shown)


def _together(text: PrintedText, findings: list[_Finding]) -> str:
    """Write what was computed for a text like the text: the first part, the others behind it."""
    first, *others = [each.computed for each in findings if each.computed] or [""]
    spread = any(sign in text.text for sign in ("\u00b1", "+/-", "+-"))
    return first + "".join(f" \u00b1 {each}" if spread else f" ({each})" for each in others)
