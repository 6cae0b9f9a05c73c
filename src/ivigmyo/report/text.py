"""A report as text, 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ivigmyo.analysis import TrialReport
from ivigmyo.display import WIDTH, Table, counted, printable, table_text, wrapped
from ivigmyo.report.arms import parts_of
from ivigmyo.report.document import (
    Document,
    Listing,
    Paragraph,
    Part,
    Section,
    gaps,
    readable,
    report_document,
    report_tables,
)
from ivigmyo.report.key import KeyResult, key_table
from ivigmyo.report.markdown import report_markdown
from ivigmyo.report.overview import overview_tables

__all__ = ["check_text", "report_markdown", "report_tables", "report_text"]


def report_text(report: TrialReport) -> str:
    r"""Show a report as text, 80 columns wide.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    str
        The text, ending in a newline.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> text = report_text(trial_report(saito2008.load_study()))
    >>> print(*[line for line in text.splitlines() if line.startswith("  MMT")][:2], sep="\n")
      MMT, week 0 -> 12             57.4 ± 13.5 -> 78.6 ± 12.9 points (n 15 -> 14)
      MMT response                  14/15 (93.3 %; 68.1 to 99.8)
    """
    return document_text(report_document(report))


def document_text(document: Document) -> str:
    """Lay a document out as text; figures are left to the layouts that can show them."""
    title = _filled(document.title)
    parts = [f"{title}\n{_rule(title, '=')}"]
    for kind, group in groupby(readable(document.parts), type):
        if kind is KeyResult:
            parts.append(_without_title(key_table([part for part in group if isinstance(part, KeyResult)], "")))
        else:
            parts += [_text(part) for part in group]
    return "\n\n".join(parts) + "\n"


def _text(part: Part) -> str:
    if isinstance(part, Section):
        title = _filled(part.title)
        return f"{title}\n{_rule(title, '=' if part.level < 3 and part.id.startswith(('group', 'arm')) else '-')}"
    if isinstance(part, Paragraph):
        return _filled(part.text)
    if isinstance(part, Listing):
        items = [line for item in part.items for line in wrapped(item, WIDTH, "  - ", "    ")]
        lines = "\n".join([*items, *([f"  {part.rest}"] if part.rest else [])])
        return f"{_filled(part.title)}\n\n{lines}" if part.title else lines
    return table_text(part) if isinstance(part, Table) else ""


def _filled(text: str) -> str:
    return "\n".join(wrapped(text, WIDTH))


def _rule(title: str, sign: str) -> str:
    return sign * max(map(len, title.splitlines()))


def _without_title(table: Table) -> str:
    return table_text(table).lstrip("\n")


def check_text(report: TrialReport) -> str:
    r"""Say what was read of a study, what its data allow, and what is remarkable about them.

    Parameters
    ----------
    report : TrialReport
        The report of the study.

    Returns
    -------
    str
        The text, 80 columns wide, ending in a newline.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> print(*check_text(trial_report(saito2008.load_study())).splitlines()[:6], sep="\n")
    GB-0998 study: 16 patients, 15 of them in the efficacy set.
    <BLANKLINE>
    Patients read
    <BLANKLINE>
           PM  DM  all
      ----------------
    """
    n = 0 if report.efficacy is None else report.efficacy.n
    title = printable(report.title) or "Trial report"
    first = f"{title}: {counted(report.treated.n, 'patient')}, {n} of them in the efficacy set."
    parts: list[Part] = [*overview_tables(report.study), _allowed(report), *gaps(report)]
    return "\n\n".join([_filled(first), *map(_text, parts)]) + "\n"


def _allowed(report: TrialReport) -> Table:
    parts = list(parts_of(report).values())
    made = dict.fromkeys(name for part in parts for name in _made(part))
    return Table("What can be analysed", ["analysis", "can be made"], [[name, "yes"] for name in made])


def _made(report: TrialReport) -> Iterator[str]:
    yield from (f"{measure.instrument.code} by visit and change from baseline" for measure in report.measures)
    yield from (f"{measure.instrument.code} response" for measure in report.measures if measure.response is not None)
    found = {
        "fall of ln CK before and after": report.log_ck is not None,
        "duration of normal CK": report.duration is not None and report.duration.curve is not None,
        "total improvement score": report.improvement is not None,
        "adverse reactions": report.incidence is not None,
    }
    yield from (name for name, made in found.items() if made)
