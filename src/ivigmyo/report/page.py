"""A report as one page for a browser, laid out by a template that shows whatever came with the data as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ivigmyo import __version__
from ivigmyo.analysis import TrialReport
from ivigmyo.display import Table, blocks, counted
from ivigmyo.figures.canvas import figure_svg
from ivigmyo.figures.gallery import report_pictures
from ivigmyo.figures.inline import inline_svg
from ivigmyo.report.document import Document, Listing, Paragraph, Part, Pictures, Section, report_document
from ivigmyo.report.key import KeyResult

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["report_page"]

_ROWS = 500
"""Up to how many rows of a table the page shows."""

_SIGNS = 88
"""How many signs stand beside each other on a sheet of A4, where a wider table is broken into blocks."""

_COLUMN = 4.5
"""Up to which width, in inches, two figures stand side by side."""

_Node = dict[str, Any]


def report_page(report: TrialReport) -> str:
    """Show a report as one self-contained HTML page.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    str
        The page. It needs no network and no scripts: styles and figures are inside it. The same report gives the same
        page on every run with the same releases of the libraries, which it names.

    Notes
    -----
    Everything that came with the data is shown as text, whatever signs it holds, and the page forbids the browser to run
    or load anything. A table wider than a sheet of paper stands in blocks, its first column repeated; of one of more than
    500 rows the page shows the first 500.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> page = report_page(trial_report(saito2008.load_study()))
    >>> page.startswith("<!DOCTYPE html>"), page.count("<svg"), "://" in page
    (True, 8, False)
    """
    return document_page(report_document(report))


def document_page(document: Document) -> str:
    """Lay a document out as a page."""
    first = next(i for i, part in enumerate(document.parts) if isinstance(part, Section))
    written = _template().render(
        title=document.title,
        style=(files("ivigmyo.report") / "page.css").read_text(encoding="utf-8"),
        opening=document.parts[:first],
        chapters=_chapters(document.parts[first:]),
        release=__version__,
    )
    return f"{written.strip()}\n"


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    source = (files("ivigmyo.report") / "page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source)


def _chapters(parts: Sequence[Part]) -> list[_Node]:
    """Turn the flat order of a document into sections within sections, without those that turn out to be empty."""
    chapters: list[_Node] = []
    for section, items in _sections(parts):
        if not items and section.level > 2:
            continue
        node: _Node = {"id": section.id, "title": section.title, "level": section.level, "content": items, "parts": []}
        (chapters if section.level == 2 else chapters[-1]["parts"]).append(node)
    kept = [chapter for chapter in chapters if chapter["content"] or chapter["parts"]]
    for chapter in kept:
        for node in (chapter, *chapter["parts"]):
            node["within"] = f"{chapter['title']}: " if chapter["parts"] else ""
        chapter["entries"] = [entry for node in (chapter, *chapter["parts"]) for entry in _entries(node)]
    return kept


def _entries(node: _Node) -> Iterator[_Node]:
    for item in node["content"]:
        yield from item["pictures"] if item["kind"] == "pictures" else [item] if item["kind"] == "table" else []


def _sections(parts: Sequence[Part]) -> Iterator[tuple[Section, list[_Node]]]:
    starts = [i for i, part in enumerate(parts) if isinstance(part, Section)]
    for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
        section = parts[start]
        assert isinstance(section, Section)
        yield section, list(_items(parts[start + 1 : end], section.id))


def _items(parts: Sequence[Part], name: str) -> Iterator[_Node]:
    place = 0
    for kind, group in groupby(parts, type):
        if kind is KeyResult:
            yield {"kind": "key", "results": list(group)}
            continue
        for part in group:
            place += 1
            if (item := _item(part, f"{name}-{place}")) is not None:
                yield item


def _item(part: Part, name: str) -> _Node | None:
    if isinstance(part, Table):
        return _table(part, name)
    if isinstance(part, Listing):
        return {"kind": "list", "id": name, "title": part.title, "sentences": part.items, "rest": part.rest}
    if isinstance(part, Paragraph):
        return {"kind": part.kind, "text": part.text}
    pictures = list(_pictures(part.report, name)) if isinstance(part, Pictures) else []
    return {"kind": "pictures", "pictures": pictures} if pictures else None


def _pictures(report: TrialReport, name: str) -> Iterator[_Node]:
    for i, picture in enumerate(report_pictures(report)):
        place = f"{name}-figure{i + 1}"
        svg = inline_svg(figure_svg(picture.axes), place, picture.title, picture.description)
        wide = picture.axes.figure.figure.get_figwidth() > _COLUMN
        yield {"id": place, "title": picture.title, "caption": picture.caption, "svg": svg, "wide": wide}


def _table(table: Table, name: str) -> _Node:
    parts = blocks(table, _SIGNS)
    notes = [f"The first {_ROWS} of {counted(len(table.rows), 'row')}."] if len(table.rows) > _ROWS else []
    shown = [
        {"table": part, "rows": part.rows[:_ROWS], "name": f"{table.title}{f', part {i + 1}' if len(parts) > 1 else ''}"}
        for i, part in enumerate(parts)
    ]
    return {"kind": "table", "id": name, "title": table.title, "blocks": shown, "notes": [*notes, *table.notes]}
