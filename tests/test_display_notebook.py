"""A small table in a notebook: valid inside a cell, styled by itself, safe, and short."""

import re
import warnings

import attrs
import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.display import (
    Shown,
    Table,
    blocks,
    capital,
    capped,
    counted,
    html_table,
    interval,
    listed,
    other_share,
    paragraph_markdown,
    share,
    share_cells,
    table_text,
    wrapped,
)
from ivigmyo.estimates import ConfidenceInterval, Proportion

CELL = '<!DOCTYPE html><html><head><title>n</title></head><body><div class="jp-OutputArea-output">{}</div></body></html>'
HTML = "{http://www.w3.org/1999/xhtml}"


def parse(piece):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return html5lib.HTMLParser(strict=True).parse(CELL.format(piece))


TABLE = Table("A <b>", ["patient", "", "day"], [["P<1>", "x & y", "3"]], [["mean", "", "3.0"]], ['a "note"'], left=(0, 1))


def test_a_piece_is_valid_inside_a_cell_and_holds_every_text():
    root = parse(html_table(TABLE))
    cells = [[cell.text or "" for cell in row] for row in root.iter(f"{HTML}tr")]
    assert cells == [list(row) for row in (TABLE.header, *TABLE.rows, *TABLE.footer)]
    assert [each.text for each in root.iter(f"{HTML}caption")] == ["A <b>"]
    assert [each.text for each in root.iter(f"{HTML}p")] == ['a "note"']
    assert [cell.get("scope") for cell in root.iter(f"{HTML}th")] == ["col", "col", "row", "row"]
    assert TABLE._repr_html_() == html_table(TABLE)


def test_no_style_leaks_and_colours_are_those_of_the_page():
    piece = html_table(TABLE)
    assert not re.search(r"<style|<link|<script|class=|\bid=", piece)
    for element in parse(piece).iter():
        style = element.get("style")
        if style is not None:
            assert "color:inherit" in style or element.tag == f"{HTML}tr"
            assert not re.search(r"#[0-9a-f]{3}|(?<!-)color:(?!inherit)", style)
    # every element that a notebook styles has a style of its own
    assert all(each.get("style") for tag in ("table", "tr", "th", "td", "p") for each in parse(piece).iter(f"{HTML}{tag}"))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=4), texts)
def test_whatever_is_in_a_table_is_shown_as_text(rows, title):
    table = Table(title, ["a", "b"], rows)
    found = [[cell.text or "" for cell in row] for row in parse(html_table(table)).iter(f"{HTML}tr")]
    assert found[1:] == [list(row) for row in table.rows]


def test_a_long_table_is_cut_and_says_so():
    piece = html_table(Table("", ["a"], [[str(k)] for k in range(23)]))
    assert piece.count("<tr") == 21
    assert "And 3 more rows." in piece
    assert "<caption" not in piece
    assert "And 1 more row." in html_table(Table("", ["a"], [[str(k)] for k in range(21)]))


def test_a_result_that_has_a_table_is_shown_by_it():
    @attrs.frozen(repr=False)
    class Result(Shown):
        rate: float

        def _shown(self):
            return Table("Rate", ["rate"], [[str(self.rate)]])

    assert "0.5" in Result(0.5)._repr_html_()
    assert not hasattr(Result(0.5), "__dict__")
    assert repr(Result(0.5)).endswith("Result(rate=0.5)")


@given(st.integers(1, 40), st.integers(10, 90))
def test_blocks_hold_every_column_once_and_the_first_in_each(columns, width):
    table = Table(
        "T", ["patient", *map(str, range(columns))], [["P", *["1000"] * columns]], [["n", *["2"] * columns]], ["end"]
    )
    parts = blocks(table, width)
    assert [name for part in parts for name in part.header[1:]] == [str(k) for k in range(columns)]
    assert {part.header[0] for part in parts} == {"patient"}
    assert [part.notes for part in parts] == [()] * (len(parts) - 1) + [("end",)]
    for part in parts:
        assert len(part.footer) == len(part.rows) == 1
        line = sum(max(len(name), 4) + 2 for name in part.header[1:]) + 7
        assert line <= width or len(part.header) == 2


def test_columns_of_words_stay_words_in_their_block():
    table = Table("T", ["a", "1" * 30, "word", "2" * 30], [["x", "1", "w", "2"]], left=(0, 2))
    first, second = blocks(table, 50)
    assert (first.left, second.left) == (frozenset({0, 2}), frozenset({0}))


def test_an_equation_is_not_broken_at_the_end_of_a_line():
    for width in range(12, 60):
        lines = wrapped("The test gives P = 0.6904 in 15 %, or 5.0 ± 2.1 at n = 3 and P < 0.01.", width)
        assert max(map(len, lines)) <= width
        assert not [line for line in lines if line.endswith(("=", "±", "<", " P", " n")) or line.startswith(("=", "±", "%"))]
        assert " ".join(lines) == "The test gives P = 0.6904 in 15 %, or 5.0 ± 2.1 at n = 3 and P < 0.01."
    assert "\u00a0" not in table_text(Table("P = 1", ["a"], [["P = 1"]], notes=["P = 1"]))


def test_words_follow_their_number():
    assert [counted(n, "patient") for n in (0, 1, 2)] == ["0 patients", "1 patient", "2 patients"]
    assert [counted(n, "diagnosis", "diagnoses") for n in (1, 3)] == ["1 diagnosis", "3 diagnoses"]
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert [capital(text) for text in ("", "ln CK", "MMT")] == ["", "Ln CK", "MMT"]
    assert capped(range(3), 3) == ([0, 1, 2], 0)
    assert capped(range(5), 3) == ([0, 1, 2], 2)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 5))
def test_a_share_is_one_number_in_every_form(count, others, missing):
    excluded = Proportion(count, count + others, missing)
    against = Proportion(count, count + others + missing, missing, "non-response")
    cells = share_cells(excluded)
    assert share(excluded) == (cells[0], f"{cells[1]}; {cells[2]}")
    assert cells[0] == f"{count}/{count + others}"
    # either rule names the denominator of the other
    assert other_share(excluded).split(" ")[0] == (share(against)[0] if missing else "")
    assert other_share(against).split(" ")[0] == (share(excluded)[0] if missing else "")
    assert other_share(attrs.evolve(excluded, missing="locf")) == ""


def test_an_interval_with_neither_limit_is_not_estimable():
    assert interval(ConfidenceInterval(None, None), absent="not reached") == "not estimable"
    assert interval(ConfidenceInterval(None, 3.0), 0, absent="not reached") == "not reached to 3"
    assert share_cells(Proportion(0, 0)) == ["0/0", "-", "not estimable"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("12) a", "12\\) a"),
        ("+ a", "\\+ a"),
        ("=== a", "\\=== a"),
        ("# a ~b~ $c$", "\\# a \\~b\\~ \\$c\\$"),
        ("a - b", "a - b"),
        ("1.5 days", "1\\.5 days"),
    ],
)
def test_a_paragraph_begins_no_list_rule_or_heading(text, written):
    assert paragraph_markdown(text) == written
