"""A report as a Word document."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivigmyo.analysis import TrialReport
from ivigmyo.display import Table, blocks
from ivigmyo.figures.canvas import save_figure
from ivigmyo.figures.gallery import Picture, report_pictures
from ivigmyo.report.document import Document, Listing, Paragraph, Part, Pictures, Section, report_document
from ivigmyo.report.frames import write_whole
from ivigmyo.report.key import KeyResult, key_table

if TYPE_CHECKING:
    from docx.document import Document as Word

__all__ = ["report_docx"]

_SIGNS = 84
"""How many signs stand beside each other on a sheet of A4, where a wider table is broken into blocks."""

_TEXT_WIDTH = 6.7
"""Inches between the margins of a sheet of A4."""


def report_docx(report: TrialReport, path: str | Path) -> None:
    """Write a report as a Word document.

    Parameters
    ----------
    report : TrialReport
        The report.
    path : str or Path
        The file; one that is there is replaced once the new one is complete.

    Raises
    ------
    ImportError
        If python-docx is not installed; it comes with the extra ``docx``.
    OSError
        If the file cannot be written.

    Notes
    -----
    Headings are Word's own, so that its navigation and table of contents find them. Tables are tables, whose header rows
    repeat on every page; one wider than the sheet stands in blocks, the first column repeated. Figures carry their
    numbers in words as alternative text. Notes stand below their table.

    Examples
    --------
    >>> import ivigmyo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report_docx(ivigmyo.trial_report(ivigmyo.saito2008.load_study()), Path(folder, "report.docx"))
    ...     Path(folder, "report.docx").stat().st_size > 10_000
    True
    """
    buffer = io.BytesIO()
    _word(report_document(report)).save(buffer)
    write_whole(Path(path), buffer.getvalue())


def _word(document: Document) -> Word:
    try:
        import docx
    except ImportError as error:
        raise ImportError("a Word document needs python-docx: pip install 'ivigmyo[docx]'") from error
    word = docx.Document()
    _set_up(word, document.title)
    word.add_heading(document.title, 0)
    for kind, group in groupby(_drawn(document.parts), type):
        if kind is KeyResult:
            _add_table(word, key_table([part for part in group if isinstance(part, KeyResult)], ""))
        else:
            for part in group:
                _add(word, part)
    return word


def _drawn(parts: Sequence[Part]) -> Iterator[Part | Picture]:
    """Draw the figures; leave out the heading of a section that turns out to have none."""
    waiting: list[Section] = []
    for part in parts:
        if isinstance(part, Section):
            yield from (each for each in waiting if part.level > each.level)
            waiting = [part]
        elif found := report_pictures(part.report) if isinstance(part, Pictures) else [part]:
            yield from waiting
            yield from found
            waiting = []


def _set_up(word: Word, title: str) -> None:
    """Set the sheet, the small print, and the title of the file."""
    from docx.shared import Mm, Pt, RGBColor

    word.core_properties.title = title[:255]
    word.core_properties.author = "ivigmyo"
    for section in word.sections:
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(20)
    styles: Any = word.styles
    styles["Normal"].font.size = Pt(10)
    styles["Normal"].paragraph_format.space_after = Pt(4)
    styles["Caption"].font.size = Pt(9)
    styles["Caption"].font.color.rgb = RGBColor(0x1B, 0x1F, 0x24)
    styles["Caption"].font.bold = False


def _add(word: Word, part: Part | Picture) -> None:
    if isinstance(part, Section):
        word.add_heading(part.title, part.level - 1)
    elif isinstance(part, Paragraph):
        word.add_paragraph(part.text, "Subtitle" if part.kind == "source" else None)
    elif isinstance(part, Listing):
        if part.title:
            _caption(word, part.title).paragraph_format.keep_with_next = True
        for item in (*part.items, *([part.rest] if part.rest else [])):
            word.add_paragraph(item, "List Bullet")
    elif isinstance(part, Table):
        _add_table(word, part)
    elif isinstance(part, Picture):
        _add_picture(word, part)


def _add_picture(word: Word, picture: Picture) -> None:
    """Put a figure in, its caption below, what it shows in words as its alternative text."""
    from docx.shared import Inches

    figure: Any = picture.axes.figure.figure
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "figure.png")
        save_figure(picture.axes, path, dpi=200)
        shape = word.add_picture(str(path), Inches(min(_TEXT_WIDTH, 1.15 * figure.get_figwidth())))
    described = shape._inline.docPr
    described.set("title", picture.title)
    described.set("descr", picture.description)
    word.paragraphs[-1].paragraph_format.keep_with_next = True
    _caption(word, f"{picture.title}. ").add_run(picture.caption)


def _caption(word: Word, title: str) -> Any:
    caption = word.add_paragraph(style="Caption")
    caption.add_run(title).bold = True
    return caption


def _add_table(word: Word, table: Table) -> None:
    if table.title:
        _caption(word, table.title).paragraph_format.keep_with_next = True
    parts = blocks(table, _SIGNS)
    for place, part in enumerate(parts):
        _add_block(word, part)
        if place < len(parts) - 1:
            word.add_paragraph()
    for note in table.notes:
        _small(word.add_paragraph(), note)
    word.add_paragraph()


def _add_block(word: Word, part: Table) -> None:
    from docx.oxml.parser import OxmlElement

    rows = [part.header, *part.rows, *part.footer]
    made = word.add_table(len(rows), len(part.header))
    made.autofit = False
    lines = OxmlElement("w:tblBorders")
    for side, weight, colour in (("top", 8, "1B1F24"), ("bottom", 8, "1B1F24"), ("insideH", 4, "C9D1D9")):
        lines.append(_element(OxmlElement, f"w:{side}", val="single", sz=str(weight), color=colour))
    made._tbl.tblPr.append(lines)
    widths = _widths(rows)
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    for place, (row, cells) in enumerate(zip(made.rows, rows, strict=True)):
        _fill(row.cells, cells, part.left, place == 0)
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if place == 0:
            properties.append(_element(OxmlElement, "w:tblHeader", val="true"))


def _element(make: Callable[[str], Any], name: str, **values: str) -> Any:
    from docx.oxml.ns import qn

    element = make(name)
    for key, value in values.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _widths(rows: Sequence[Sequence[str]]) -> list[Any]:
    """Give each column the width of its longest cell, and less to those of words where the sheet is too narrow."""
    from docx.shared import Inches

    needed = [0.075 * max(len(row[i]) for row in rows) + 0.28 for i in range(len(rows[0]))]
    spare = _TEXT_WIDTH - sum(width for width in needed if width <= 1.5)
    wide = sum(width for width in needed if width > 1.5)
    factor = min(1.0, max(spare, 1.0) / wide) if wide else 1.0
    widths = [width * factor if width > 1.5 else width for width in needed]
    return [Inches(width * min(1.0, _TEXT_WIDTH / sum(widths))) for width in widths]


def _fill(row: Iterable[Any], cells: Iterable[str], left: frozenset[int], bold: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    for i, (cell, text) in enumerate(zip(row, cells, strict=True)):
        paragraph = cell.paragraphs[0]
        _small(paragraph, text, bold)
        if i not in left:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _small(paragraph: Any, text: str, bold: bool = False) -> None:
    from docx.shared import Pt

    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(8), bold
    paragraph.paragraph_format.space_after = Pt(0)
