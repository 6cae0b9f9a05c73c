import re
from decimal import ROUND_HALF_UP, Decimal
from html import unescape

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.display import (
    Table,
    days,
    escape_markdown,
    interval,
    number,
    p_statement,
    p_value,
    percent,
    printable,
    records,
    spread,
    table_markdown,
    table_text,
)
from ivigmyo.estimates import ConfidenceInterval


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (1186.25, 1, "1186.3"),
        (0.625, 2, "0.63"),
        (-0.625, 2, "-0.63"),
        (2.675, 2, "2.68"),
        (0.1 + 0.2, 1, "0.3"),
        (2.5, 0, "3"),
        (-0.04, 1, "0.0"),
        (0.0, 0, "0"),
        (1e-9, 4, "0.0000"),
        (123456789.0, 0, "123456789"),
        (52.35 - 1e-14, 1, "52.4"),
        (9.9e15, 1, "9900000000000000.0"),
        (1e16, 1, "1e+16"),
        (-1.23456789e300, 3, "-1.23457e+300"),
        (float("inf"), 1, "inf"),
        (5e-324, 1, "0.0"),
        (None, 1, "-"),
        (float("nan"), 1, "-"),
    ],
)
def test_numbers_are_rounded_half_away_from_zero(value, digits, shown):
    assert number(value, digits) == shown


@given(st.integers(-(10**6), 10**6), st.integers(0, 3), st.integers(0, 4))
def test_numbers_round_as_their_decimals_do(mantissa, places, digits):
    written = Decimal(mantissa).scaleb(-places)
    expected = written.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    assert Decimal(number(float(written), digits)) == expected


numbers = st.integers(-(10**6), 10**6).map(lambda thousandths: thousandths / 1000)
digit_counts = st.integers(0, 4)


@given(numbers, numbers, digit_counts)
def test_rounding_keeps_the_order_and_turns_with_the_sign(value, other, digits):
    low, high = sorted((value, other))
    assert Decimal(number(low, digits)) <= Decimal(number(high, digits))
    shown = number(value, digits)
    assert abs(Decimal(shown) - Decimal(str(value))) <= Decimal(5).scaleb(-digits - 1)
    # what was rounded once stays as it is
    assert number(float(shown), digits) == shown
    assert Decimal(number(-value, digits)) == -Decimal(shown)
    assert len(shown.partition(".")[2]) == digits


@given(st.integers(0, 10**6), digit_counts, digit_counts)
def test_parts_of_a_cell_are_numbers_in_their_own_right(millionths, digits, more):
    share = millionths / 10**6
    assert percent(share, digits) == f"{number(100 * share, digits)} %"
    # what responded and what did not are all, but for a rounding each
    parts = [Decimal(percent(each, digits).removesuffix(" %")) for each in (share, 1 - share)]
    assert abs(sum(parts) - 100) <= Decimal(1).scaleb(-digits)
    limits = ConfidenceInterval(share, None if millionths % 3 == 0 else share + more)
    low, high = interval(limits, digits, 100, absent="none").split(" to ")
    assert (low, high) == (number(100 * share, digits), "none" if limits.high is None else number(100 * limits.high, digits))
    assert (
        interval(ConfidenceInterval(*(limit and 100 * limit for limit in limits)), digits, absent="none")
        == f"{low} to {high}"
    )
    assert spread(share, share, digits).split(" ± ") == [number(share, digits)] * 2
    assert spread(share, None, digits) == number(share, digits)
    assert Decimal(days(millionths / 2)) == Decimal(str(millionths / 2))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_p_values_keep_their_order_and_say_the_same_in_either_form(one, other):
    smaller, greater = (p_value(each / 10**6) for each in sorted((one, other)))
    assert smaller.startswith("<") or Decimal(smaller) <= Decimal(greater)
    for p, shown in zip(sorted((one, other)), (smaller, greater), strict=True):
        assert shown.startswith("<") == (p < 100)
        assert p_statement(p / 10**6).removeprefix("P ").replace("= ", "").replace("< ", "<") == shown
        assert ("=" in p_statement(p / 10**6)) == (not shown.startswith("<"))
        assert len(shown) == 6 + shown.startswith("<")


def test_other_cells():
    assert percent(7 / 16) == "43.8 %"
    assert percent(2 / 3, 0) == "67 %"
    assert percent(float("nan")) == "-"
    assert spread(57.4, None) == "57.4"
    assert spread(None, None) == "-"
    assert spread(1.0514, 0.7081, 3) == "1.051 ± 0.708"
    assert p_value(0.00005) == "<0.0001"
    assert p_value(0.0001) == "0.0001"
    assert p_value(None) == "-"
    assert interval(ConfidenceInterval(0.1, 0.5), 1, 100) == "10.0 to 50.0"
    assert interval(ConfidenceInterval(None, None)) == "not estimable"
    assert [days(value) for value in (371.0, 334.5, None)] == ["371", "334.5", "not reached"]
    assert [row.a for row in records(pd.DataFrame({"a": [1, 2]}))] == [1, 2]


def test_a_table_refuses_a_row_of_another_length():
    with pytest.raises(ValueError, match=re.escape("a row of table 'Days' must have 2 cells (got 3).")):
        Table("Days", ["patient", "day"], [["P01", "3", "4"]])


def test_cells_lose_what_would_break_a_line():
    table = Table("Days", ["patient"], [["P\n01\x1b[31m\t\u2028x"]])
    assert table.rows == (("P 01 [31m x",),)


def test_text_sets_words_left_and_numbers_right_and_the_footer_below_a_rule():
    table = Table("Days", ["patient", "day"], [["P01", "3"], ["P2", "12"]], [["mean", "7.5"]], ["A note."])
    assert table_text(table) == (
        "Days\n\n  patient  day\n  ------------\n  P01        3\n  P2        12\n  ------------\n  mean     7.5\n\n  A note."
    )


def test_text_wraps_long_words_within_the_width():
    table = Table("T" * 100, ["a", "reason"], [["1", "word " * 40]], notes=["note " * 40], left=(0, 1))
    lines = table_text(table).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.count("word") for line in lines) == 40


def test_text_deals_many_columns_out_to_blocks():
    table = Table("Wide", ["patient", *(f"column {i}" for i in range(20))], [["P01", *map(str, range(20))]])
    text = table_text(table)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("P01") == text.count("patient") > 1
    assert re.findall(r"column (\d+)", text) == [str(i) for i in range(20)]


def test_text_lets_a_number_stand_that_is_wider_than_the_page():
    text = table_text(Table("Huge", ["a", "b"], [["1", "9" * 90]]))
    assert "9" * 90 in text.replace("\n", "").replace(" ", "")


def test_text_counts_the_columns_of_wide_and_combining_signs():
    lines = table_text(Table("Names", ["patient", "day"], [["患者", "3"], ["e\u0301a", "4"]])).splitlines()
    assert lines[4] == "  患者       3"
    assert lines[5] == "  e\u0301a         4"


def test_markdown_escapes_what_would_be_read_as_a_mark():
    table = Table("A | B", ["*p*"], [["<b>&|_`[x]#\\"]], notes=["a < b"])
    assert table_markdown(table) == (
        "### A \\| B\n\n| \\*p\\* |\n| :--- |\n| &lt;b&gt;&amp;\\|\\_\\`\\[x\\]\\#\\\\ |\n\na &lt; b"
    )


@given(st.lists(st.lists(st.text(max_size=30), min_size=2, max_size=2), max_size=5))
def test_every_word_of_a_table_is_shown(rows):
    table = Table("Title", ["a", "b"], rows, left=(0, 1))
    shown = table_text(table).replace(" ", "").replace("\n", "")
    for cell in (cell for row in table.rows for cell in row):
        assert all(sign in shown for sign in cell.replace(" ", ""))


def unescaped(markdown):
    """What a reader of Markdown shows."""
    return unescape(re.sub(r"\\(.)", r"\1", markdown))


@given(st.text(), st.text())
def test_what_is_escaped_is_shown_as_it_was(text, other):
    assert unescaped(escape_markdown(text)) == text
    assert escape_markdown(text + other) == escape_markdown(text) + escape_markdown(other)


texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("|*\\<&\n "), max_size=8)


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=4), st.lists(texts, min_size=2, max_size=2), texts)
def test_a_table_is_read_out_of_its_markdown(rows, footer, note):
    table = Table("Title", ["a", "b"], rows, [footer], [note])
    heading, lines, *notes = table_markdown(table).split("\n\n")
    assert heading == "### Title"
    cells = [re.findall(r"(?<=\| )(?:[^\\|]|\\.)*(?= \|)", line) for line in lines.split("\n")]
    found = [tuple(map(unescaped, row)) for row in cells]
    expected = [table.header, (":---", "---:"), *table.rows, *table.footer]
    assert found == expected
    assert [unescaped(each) for each in notes] == list(table.notes)


@given(texts, texts)
def test_what_prints_stays_and_printing_it_again_changes_nothing(text, other):
    shown = printable(text)
    assert printable(shown) == shown
    assert shown.isprintable()
    assert shown.replace(" ", "") == "".join(sign for sign in text if sign.isprintable() and not sign.isspace())
    assert printable(f"{text}\n{other}") == f"{shown} {printable(other)}".strip()
    # so does a table made of the cells of a table
    table = Table("Title", ["a"], [[text]], [[other]], [text])
    assert Table(table.title, table.header, table.rows, table.footer, table.notes) == table


@given(st.lists(st.tuples(st.integers(), st.text(max_size=3)), max_size=5))
def test_records_are_the_rows_of_a_frame(rows):
    frame = pd.DataFrame(rows, columns=["day", "name"], index=range(5, 5 + len(rows)))
    assert [tuple(row)[1:] for row in records(frame)] == rows
    assert [row.Index for row in records(frame)] == frame.index.tolist()


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.01216, "P = 0.0122"), (0.0001, "P = 0.0001"), (0.00009, "P < 0.0001"), (1.0, "P = 1.0000"), (None, "P = -")],
)
def test_a_p_value_is_said_in_running_text(p, said):
    assert p_statement(p) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b", "a b"),
        (" a\n\tb ", "a b"),
        ("a\x00\x1bb", "a b"),
        ("\ud800\u202ea", "a"),
        ("γ-GTP 患者", "γ-GTP 患者"),
        ("", ""),
    ],
)
def test_signs_that_do_not_print_become_blanks(text, shown):
    assert printable(text) == shown
