"""Sheets as people leave them: what a cell shows and what it holds, what is hidden, what has no name."""

import datetime
import zipfile

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from ivigmyo.errors import DataError
from ivigmyo.files.folder import read_study

HEADER = ["patient", "diagnosis", "sex", "age", "MMT wk0", "MMT wk4", "CK wk0", "CK wk4", "CK ULN"]
PEOPLE = [[f"P{i}", "PM", "F", 50, 60 + i, 65 + i, 900 + i, 400 + i, 190] for i in range(4)]


@pytest.fixture
def book():
    made = openpyxl.Workbook()
    made.active.title = "patients"
    for row in (HEADER, *PEOPLE):
        made.active.append(row)
    return made


def read(made, folder):
    made.save(folder / "trial.xlsx")
    return read_study(folder / "trial.xlsx")


def refused(made, folder):
    with pytest.raises(DataError) as caught:
        read(made, folder)
    return str(caught.value).split("\n")


def test_a_number_that_is_shown_as_a_percentage_is_refused(book, tmp_path):
    book["patients"]["E3"].value, book["patients"]["E3"].number_format = 0.65, "0%"
    book["patients"]["H4"].value, book["patients"]["H4"].number_format = 0.4, "0.0%"
    rule = "'value' must be a number, and is a percentage here: type the number alone"
    assert refused(book, tmp_path) == [
        f"patients!E3: {rule} (got '65 %') for patient 'P1', week 0.",
        f"patients!H4: {rule} (got '40 %') for patient 'P2', week 4.",
    ]


def test_other_formats_change_no_number(book, tmp_path):
    plain = read(book, tmp_path)
    for cell, form in {"E3": "0.00", "F3": '0 "points"', "G3": "#,##0", "H3": "0.00E+00"}.items():
        book["patients"][cell].number_format = form
    assert read(book, tmp_path) == plain
    # ... nor does a percentage where no number belongs
    book["patients"]["J1"], book["patients"]["J2"] = "note", 0.5
    book["patients"]["J2"].number_format = "0%"
    assert read(book, tmp_path) == plain


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1.250", "'value' must be a number, and is a text here whose point may mark decimals or thousands"),
        ("1,250", "'value' must be a number: ',' spoils it"),
        ("1 250", "'value' must be a number: ' ' spoils it"),
        ("1250,5", "'value' must be a number: ',' spoils it"),
        ("65 %", "'value' must be a number: ' ' spoils it"),
    ],
)
def test_a_number_that_is_a_text_is_read_only_where_it_can_be_read_in_one_way(book, tmp_path, text, rule):
    book["patients"]["G3"] = text
    assert refused(book, tmp_path) == [f"patients!G3: {rule} (got {text!r}) for patient 'P1', week 0."]
    book["patients"]["G3"] = "901"
    assert read(book, tmp_path).baseline("CK")["P1"] == 901


def test_a_unit_in_the_name_of_a_column_is_refused_with_where_it_belongs(book, tmp_path):
    book["patients"]["G1"] = "CK wk0 (U/l)"
    assert refused(book, tmp_path) == [
        "patients!G1: column 'CK wk0 (U/l)' names a unit: leave it out of the name, and state it in a column 'CK unit'."
    ]


def test_a_cell_that_is_of_several_values_is_one_problem(book, tmp_path):
    book["patients"]["I2"] = "190 U/l"
    assert refused(book, tmp_path) == [
        "patients!I2: 'uln' must be a number: ' ' spoils it (got '190 U/l') for patient 'P0', week 0."
    ]


def test_two_sheets_of_one_table_are_refused(book, tmp_path):
    book.create_sheet("Adverse Events").append(["patient", "term"])
    book.create_sheet("adverse_events").append(["patient", "term"])
    (line,) = refused(book, tmp_path)
    assert line == "Adverse Events: two sheets must not both be 'adverse_events' (the other is 'adverse_events')."


def test_what_is_hidden_is_read_and_said(book, tmp_path):
    shown = read(book, tmp_path)
    book["patients"].row_dimensions[3].hidden = True
    book["patients"].column_dimensions["F"].hidden = True
    book.create_sheet("mine").append(["ask", "Bob"])
    book.active = book["mine"]
    book["patients"].sheet_state = "hidden"
    study = read(book, tmp_path)
    assert study == shown
    assert study.notes[:3] == (
        "trial.xlsx: 1 row that is hidden there was read as any other.",
        "mine: the sheet was left out.",
        "patients: the sheet is hidden in the workbook, and was read.",
    )


def test_cells_below_no_name_are_left_out_by_their_letters(book, tmp_path):
    plain = read(book, tmp_path)
    book["patients"]["L3"], book["patients"]["N4"], book["patients"]["P90"] = "ask Bob", 0.5, " "
    study = read(book, tmp_path)
    assert study == plain
    assert study.notes[0] == "patients: columns L and N left out: without a name in the header, row 1."


def test_dates_count_from_1904_where_the_workbook_says_so(book, tmp_path):
    book.epoch = CALENDAR_MAC_1904
    for column, cell in {"J": "first_infusion", "K": "discontinuation_date", "L": "discontinuation_reason"}.items():
        book["patients"][f"{column}1"] = cell
    for row in range(2, 6):
        book["patients"][f"J{row}"] = datetime.date(2024, 1, 8)
    book["patients"]["K2"], book["patients"]["L2"] = datetime.date(2024, 2, 8), "moved"
    assert read(book, tmp_path).patients[0].discontinued_on == 31
    with zipfile.ZipFile(tmp_path / "trial.xlsx") as archive:
        assert b'date1904="1"' in archive.read("xl/workbook.xml")


def test_means_below_the_patients_are_refused_with_their_cells(book, tmp_path):
    book["patients"].append(["Mean", None, None, 50, 61.5, 66.5, 901.5, 401.5, 190])
    assert [line.split(":")[0] for line in refused(book, tmp_path)] == ["patients!B6", "patients!C6"]
