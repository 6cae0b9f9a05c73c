"""The Word document has real headings, tables whose header repeats, and figures with words."""

import sys
import zipfile

import attrs
import pytest

from ivigmyo.display import Table, blocks
from ivigmyo.report.document import Document, Section, report_document, report_tables
from ivigmyo.report.word import _SIGNS, _TEXT_WIDTH, _word, report_docx

docx = pytest.importorskip("docx")


@pytest.fixture(scope="module")
def word(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("word") / "report.docx"
    report_docx(report, path)
    return docx.Document(str(path))


def test_the_headings_are_those_of_the_document(word, report):
    found = [(each.text, each.style.name) for each in word.paragraphs if each.style.name.startswith(("Heading", "Title"))]
    sections = [part for part in report_document(report).parts if isinstance(part, Section)]
    assert found == [("GB-0998 study", "Title"), *((each.title, f"Heading {each.level - 1}") for each in sections)]


def test_every_table_is_there_cell_by_cell_and_its_header_repeats(word, report):
    summary, *tables = report_tables(report)
    expected = [summary, *tables]
    assert len(word.tables) == len(expected)
    for made, table in zip(word.tables, expected, strict=True):
        rows = [tuple(cell.text for cell in row.cells) for row in made.rows]
        assert rows == [table.header, *table.rows, *table.footer]
        repeated = [bool(row._tr.xpath("./w:trPr/w:tblHeader")) for row in made.rows]
        assert repeated == [True] + [False] * (len(rows) - 1)
        assert all(row._tr.xpath("./w:trPr/w:cantSplit") for row in made.rows)
        width = sum(column.width.inches for column in made.columns)
        assert width <= _TEXT_WIDTH + 0.01
    texts = [each.text for each in word.paragraphs]
    assert all(note in texts for table in tables for note in table.notes)


def test_figures_have_their_numbers_as_alternative_text_and_a_caption(word):
    described = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]
    assert len(described) == 8
    assert all(len(words) > 60 for words in described)
    assert any("week 12: 78.6 ± 12.9 (n = 14" in words for words in described)
    captions = [each.text for each in word.paragraphs if each.style.name == "Caption"]
    assert sum("mean and standard deviation" in text.lower() for text in captions) >= 3


def test_a_wide_table_stands_in_blocks():
    table = Table("W", ["patient", *map(str, range(60))], [["P", *["1000"] * 60]], notes=["end"])
    made = _word(Document("a", (Section("S", 2, "s"), table)))
    parts = blocks(table, _SIGNS)
    assert len(parts) > 3
    assert [tuple(cell.text for cell in each.rows[0].cells) for each in made.tables] == [part.header for part in parts]
    assert [each.text for each in made.paragraphs].count("end") == 1


def test_signs_that_a_document_cannot_hold_are_left_out(report, tmp_path):
    path = tmp_path / "odd.docx"
    report_docx(attrs.evolve(report, measures=(), log_ck=None, duration=None, title="\x00a\ud800 <b>"), path)
    assert docx.Document(str(path)).paragraphs[0].text == "a <b>"


def test_without_figures_a_document_has_no_heading_of_them(report, tmp_path):
    path = tmp_path / "bare.docx"
    report_docx(attrs.evolve(report, measures=(), log_ck=None, duration=None, improvement=None), path)
    assert "Figures" not in [each.text for each in docx.Document(str(path)).paragraphs]


def test_a_file_is_replaced_by_a_whole_one(report, tmp_path):
    path = tmp_path / "r.docx"
    path.write_text("old")
    report_docx(attrs.evolve(report, measures=(), log_ck=None, duration=None), path)
    assert zipfile.is_zipfile(path)
    assert [each.name for each in tmp_path.iterdir()] == ["r.docx"]
    with pytest.raises(OSError, match="none"):
        report_docx(attrs.evolve(report, measures=(), log_ck=None, duration=None), tmp_path / "none" / "r.docx")


def test_without_python_docx_the_extra_is_named(report, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(ImportError, match=r"a Word document needs python-docx: pip install 'ivigmyo\[docx\]'"):
        report_docx(report, tmp_path / "r.docx")
    assert list(tmp_path.iterdir()) == []
