"""A report as Markdown."""

from __future__ import annotations

from itertools import groupby

from ivigmyo.analysis import TrialReport
from ivigmyo.display import Table, escape_markdown, paragraph_markdown, table_markdown
from ivigmyo.report.document import Document, Listing, Paragraph, Part, Section, readable, report_document
from ivigmyo.report.key import KeyResult

__all__ = ["document_markdown", "report_markdown"]


def report_markdown(report: TrialReport) -> str:
    """Show a report as Markdown.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    str
        The document, ending in a newline; whatever came with the data is shown as it is, and no sign of it is a mark.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> text = report_markdown(trial_report(saito2008.load_study()))
    >>> print(text.splitlines()[0])
    # GB-0998 study
    """
    return document_markdown(report_document(report))


def document_markdown(document: Document) -> str:
    """Lay a document out as Markdown; figures are left to the layouts that can show them."""
    lines, level = [f"# {escape_markdown(document.title)}"], 1
    for kind, group in groupby(readable(document.parts), type):
        if kind is KeyResult:
            lines.append("\n".join(f"- {_key(part)}" for part in group if isinstance(part, KeyResult)))
            continue
        for part in group:
            level = part.level if isinstance(part, Section) else level
            lines.append(_markdown(part, level))
    return "\n\n".join(lines) + "\n"


def _key(result: KeyResult) -> str:
    label, value, rest = map(escape_markdown, (result.label, result.value, result.words[len(result.value) :]))
    return f"{label}: **{value}**{rest}"


def _markdown(part: Part, level: int) -> str:
    if isinstance(part, Section):
        return f"{'#' * part.level} {escape_markdown(part.title)}"
    if isinstance(part, Table):
        return table_markdown(part, level + 1)
    if isinstance(part, Paragraph):
        return paragraph_markdown(part.text)
    if isinstance(part, Listing):
        items = "\n".join(f"- {paragraph_markdown(item)}" for item in (*part.items, *([part.rest] if part.rest else [])))
        return f"{'#' * (level + 1)} {escape_markdown(part.title)}\n\n{items}" if part.title else items
    return ""
