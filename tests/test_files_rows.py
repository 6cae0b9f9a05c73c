"""The tables of a study: their columns, and how their cells and rows are read."""

import datetime
import decimal
import math

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.errors import DataError, Problem, spell
from ivigmyo.files.cells import Column, cell_text
from ivigmyo.files.cells import read_cells as read_listed
from ivigmyo.files.columns import COLUMNS, find_misspelt
from ivigmyo.files.rows import Rows, read_rows
from ivigmyo.files.tables import Findings, Table, table_of_frame
from ivigmyo.instruments import CK, MMT18
from ivigmyo.study.patients import Assessment, DispositionStep, Patient


def read_cells(series, column):
    """Each cell of a frame's column, with what is wrong with it."""
    cells = table_of_frame(pd.DataFrame({"x": series}), "x").column("x")
    values, problems = read_listed(cells, column)
    return [(value, problems.get(row)) for row, value in enumerate(values)]


def read(cell, kind, needed="no"):
    """Read one cell: its value and what is said of it."""
    ((value, problem),) = read_cells(pd.Series([cell], dtype=object), Column("x", kind, needed))
    return value, None if problem is None else str(problem)


def rows_of(table, name):
    findings = Findings()
    table = table if isinstance(table, Table) else table_of_frame(table, name)
    return read_rows(table, name, findings), findings


def cells_of(rows, row):
    return {column: cells[row] for column, cells in rows.cells.items()}


def lined(first=2, header=1, **columns):
    """A table of text cells as it is read from a file."""
    lines = list(range(first, first + len(next(iter(columns.values())))))
    return Table("study.csv", tuple(columns), tuple(map(list, columns.values())), lines, header=header)


def a_row(cells, file="a.csv", line=None):
    """A row by itself."""
    findings = Findings()
    lines = None if line is None else [line]
    table = Table(file, tuple(cells), tuple([cell] for cell in cells.values()), lines, labels=[3])
    return Rows(table, findings, {name: [cell] for name, cell in cells.items()}), findings


def said(findings):
    return [str(problem) for problem in findings.problems]


# ---------------------------------------------------------------------------------------------------- columns


def test_the_columns_of_each_file():
    names = {table: [column.name for column in columns] for table, columns in COLUMNS.items()}
    assert names["patients"][:4] == ["patient", "diagnosis", "sex", "age"]
    assert {"disease_duration", "previous_treatment", "weight", "highest_previous_dose", "steroid_dose_start",
            "steroid_dose_last", "efficacy_set", "exclusion_reason", "discontinued_on", "discontinuation_reason",
            } <= set(names["patients"])  # fmt: skip
    assert {"patient", "week", "day", "measure", "value", "unit", "uln"} < set(names["assessments"])
    assert names["ck_follow_up"] == ["patient", "normalized_on", "re_elevated_on", "observed_until"]
    assert names["adverse_events"][:5] == ["patient", "term", "group", "day", "relation"]
    assert names["treatments"] == ["patient", "treatment", "start_day", "end_day", "dose", "unit"]
    assert names["study"] == ["key", "value"]
    assert names["disposition"] == ["step", "reason", "patients"]
    assert all(len(set(columns)) == len(columns) for columns in names.values())


def test_few_columns_are_needed():
    needed = {table: [column.name for column in columns if column.needed != "no"] for table, columns in COLUMNS.items()}
    assert needed == {
        "patients": ["patient", "diagnosis", "sex", "age"],
        "assessments": ["patient", "measure", "value"],
        "ck_follow_up": ["patient", "normalized_on", "re_elevated_on", "observed_until"],
        "adverse_events": ["patient", "term"],
        "treatments": ["patient", "treatment"],
        "study": ["key", "value"],
        "disposition": ["step", "patients"],
        "measures": ["measure"],
    }
    with pytest.raises(AttributeError):
        COLUMNS["study"][0].name = "another"


# ---------------------------------------------------------------------------------------------------- empty cells

EMPTY = [None, "", " ", "\t", "\u3000", float("nan"), np.float32("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize("cell", EMPTY, ids=repr)
@pytest.mark.parametrize("kind", ["text", "number", "whole", "flag", "list"])
def test_an_empty_cell_is_none(cell, kind):
    assert read(cell, kind) == (None, None)
    assert read(cell, kind, "column") == (None, None)
    assert read(cell, kind, "cell") == (None, "'x' must not be empty.")


# ---------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("59", 59), ("59.5", 59.5), ("59.", 59), (".5", 0.5), ("-28", -28), ("+4", 4), ("1e3", 1000), ("1E-2", 0.01),
        ("-.5e+1", -5), (" 59 ", 59), ("\u300059\t", 59), ("007", 7), (59, 59), (59.5, 59.5), (np.int8(5), 5),
        (np.float32(0.5), 0.5), (-0.0, 0),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_written(cell, value):
    number, problem = read(cell, "number")
    assert (number, problem) == (value, None)
    assert type(number) is float


@pytest.mark.parametrize(
    ("cell", "spoiler"),
    [
        ("1O", "O"), ("l0", "l"), ("1,5", ","), ("1 000", " "), ("1_000", "_"), ("１２", "１"), ("12.3.4", "."),
        ("5-", "-"), ("--5", "-"), ("+-5", "-"), ("..5", "."), ("1e", "e"), ("1e+", "e"), ("1e5.5", "."), ("e5", "e"),
        ("0x1F", "x"), ("<5", "<"), ("5*", "*"), ("nan", "n"), ("inf", "i"), ("-inf", "i"), ("NA", "N"), ("-", "-"),
        ("+", "+"), (".", "."), ("-.", "."), ("12\n3", "\n"), ("1²", "²"), ("٣", "٣"), ("'5'", "'"), ("−5", "−"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_number_is_refused_with_the_character_that_spoils_it(cell, spoiler):
    assert read(cell, "number") == (None, f"'x' must be a number: {spell(spoiler)} spoils it (got {cell!r}).")
    assert read(cell, "whole") == (None, f"'x' must be a whole number: {spell(spoiler)} spoils it (got {cell!r}).")


@pytest.mark.parametrize(
    "cell",
    [
        "1e400", "-1e400", math.inf, -math.inf, True, False, np.True_, 10**400, 1j, b"5", [5], (5,), {5}, {"x": 5},
        np.array([1, 2]), decimal.Decimal("nan"), datetime.date(2008, 1, 1),
        pd.Timestamp("2008-01-01"), pd.Timedelta(datetime.timedelta(1)),
    ],
    ids=lambda cell: repr(cell)[:20],
)  # fmt: skip
def test_what_is_no_finite_number_is_refused(cell):
    assert read(cell, "number") == (None, f"'x' must be a finite number (got {spell(cell)}).")
    assert read(cell, "whole") == (None, f"'x' must be a finite number (got {spell(cell)}).")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_and_read_is_the_same(number):
    assert read(repr(number), "number") == (number, None)
    assert read(number, "number") == (number, None)


@given(st.text("0123456789.eE+- ,x", max_size=8))
def test_a_text_is_a_number_exactly_where_python_reads_it_as_one(text):
    value, problem = read(text, "number")
    try:
        expected = float(text)
    except ValueError:
        expected = None
    if not text.strip():
        assert (value, problem) == (None, None)
    elif expected is None or not math.isfinite(expected):
        assert value is None
        assert problem.endswith(f"(got {text!r}).")
    else:
        assert (value, problem) == (expected, None)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("4", 4), ("4.0", 4), ("-28", -28), ("1e1", 10), (4, 4), (4.0, 4), (np.int64(4), 4), (2**53 - 1, 2**53 - 1)],
)
def test_whole_numbers(cell, value):
    number, problem = read(cell, "whole")
    assert (number, problem) == (value, None)
    assert type(number) is int


@pytest.mark.parametrize("cell", ["4.5", 4.5, "1e-3", "2e79", 2**53, -(2**53), "9007199254740993"])
def test_what_is_no_whole_number_is_refused(cell):
    assert read(cell, "whole") == (None, f"'x' must be a whole number (got {spell(cell)}).")


# ---------------------------------------------------------------------------------------------------- texts, flags, lists


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("P1", "P1"),
        (" P1 ", "P1"),
        ("日本", "日本"),
        (1, "1"),
        (np.int64(16), "16"),
        (np.str_("P1"), "P1"),
        ("nan", "nan"),
        ("0", "0"),
    ],
)
def test_texts(cell, value):
    text, problem = read(cell, "text")
    assert (text, problem) == (value, None)
    assert type(text) is str


@pytest.mark.parametrize("cell", [1.0, 1.5, True, math.inf, ["P1"], b"P1", pd.Timestamp("2008-01-01")], ids=repr)
def test_what_is_no_text_is_refused(cell):
    assert read(cell, "text") == (None, f"'x' must be a text (got {spell(cell)}).")
    assert read(cell, "list") == (None, f"'x' must be a text (got {spell(cell)}).")


@pytest.mark.parametrize(
    "cell", [True, np.True_, 1, 1.0, np.int64(1), "1", "yes", "Yes", "YES", "y", "true", "TRUE", " True "], ids=repr
)
def test_yes(cell):
    assert read(cell, "flag") == (True, None)


@pytest.mark.parametrize("cell", [False, np.False_, 0, 0.0, -0.0, "0", "no", "No", "N", "false", "FALSE "], ids=repr)
def test_no(cell):
    assert read(cell, "flag") == (False, None)


@pytest.mark.parametrize("cell", ["maybe", "2", 2, 0.5, math.inf, "yes no", "ja", [True], "1.0"], ids=repr)
def test_what_is_neither_is_refused(cell):
    assert read(cell, "flag") == (None, f"'x' must be yes or no (got {spell(cell)}).")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("none", ()), ("None", ()), ("infection", ("infection",)), ("a; b;c", ("a", "b", "c")), (";a;;b; ", ("a", "b")),
        (";", ()), ("a, b", ("a, b",)), (5, ("5",)), ("none; a", ("none", "a")), ("a; ;b", ("a", "b")),
    ],
)  # fmt: skip
def test_lists_stand_between_semicolons(cell, value):
    assert read(cell, "list") == (value, None)


CELLS = {
    "text": st.text(st.characters(exclude_categories=["C"]), max_size=6),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "whole": st.integers(-(2**53) + 1, 2**53 - 1),
    "flag": st.booleans(),
    "list": st.lists(st.sampled_from(["infection", "heart failure", "日本"])).map("; ".join),
}


@pytest.mark.parametrize("kind", CELLS)
@given(data=st.data())
def test_cells_are_read_one_by_one_and_once_for_all(kind, data):
    column, cells = Column("x", kind), data.draw(st.lists(st.none() | CELLS[kind], max_size=5))
    found = [value for value, _ in read_cells(pd.Series(cells, dtype=object), column)]
    assert found == [read(cell, kind)[0] for cell in cells]
    for cell, value in zip(cells, found, strict=True):
        # blanks around a text and what it was read as say the same
        assert read(f"  {cell_text(cell)}\t", kind) == (value, None)
        if kind == "list":
            assert value == (tuple(cell.split("; ")) if cell else None)
        if value:
            assert read("; ".join(value) if kind == "list" else value, kind) == (value, None)


def test_cells_of_any_storage_type_are_read_alike():
    column = Column("x", "number")
    for cells in (
        pd.Series([1.0, None, 3.0]),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1, None, 3], dtype="Float64"),
        pd.Series(["1", "", "3"], dtype="string"),
        pd.Series(["1", None, "3"]),
        pd.Series(["1", None, "3"], dtype="category"),
        pd.Series([1, pd.NA, "3"], dtype=object),
    ):
        assert list(read_cells(cells, column)) == [(1.0, None), (None, None), (3.0, None)]


# ---------------------------------------------------------------------------------------------------- rows


def test_the_cells_of_a_row_by_column():
    frame = pd.DataFrame({"value": ["85"], "patient": ["P1"], "measure": ["MMT"], "week": [4.0]})
    rows, findings = rows_of(frame, "assessments")
    filled = {"patient": "P1", "week": 4, "measure": "MMT", "value": 85.0}
    assert cells_of(rows, 0) == dict.fromkeys(["day", "item", "unit", "uln"]) | filled
    assert (rows["value"], rows.sound(0), rows.sound_rows(), rows.table.name) == ([85.0], True, [0], "assessments")
    assert (findings.problems, findings.notes) == ([], [])


def test_a_table_without_rows_has_none():
    rows, findings = rows_of(pd.DataFrame(columns=["step", "patients"]), "disposition")
    assert (len(rows), findings.problems, findings.notes) == (0, [], [])


def test_every_problem_of_every_row_is_noted_with_its_place():
    table = lined(step=["treated", "", "left"], patients=["1O", "x", "5"], reason=["", "", " a reason "])
    rows, findings = rows_of(table, "disposition")
    assert said(findings) == [
        "study.csv:2: patients: 'patients' must be a whole number: 'O' spoils it (got '1O').",
        "study.csv:3: step: 'step' must not be empty.",
        "study.csv:3: patients: 'patients' must be a whole number: 'x' spoils it (got 'x').",
    ]
    assert rows.sound_rows() == [2]
    assert cells_of(rows, 2) == {"step": "left", "patients": 5, "reason": "a reason"}


def test_rows_of_a_frame_are_named_by_their_label_where_no_patient_is_known():
    frame = pd.DataFrame({"patient": ["P1", None], "term": [None, "fever"], "day": ["x", "1"]}, index=["a", "b"])
    _, findings = rows_of(frame, "adverse_events")
    assert said(findings) == [
        "adverse_events: term: 'term' must not be empty for patient 'P1'.",
        "adverse_events: day: 'day' must be a whole number: 'x' spoils it (got 'x') for patient 'P1'.",
        "adverse_events: patient: 'patient' must not be empty in row b.",
    ]


@pytest.mark.parametrize(
    ("cells", "record"),
    [
        ({"patient": "P1", "week": 4, "day": 30}, "for patient 'P1', week 4"),
        ({"patient": "P1", "week": None, "day": 30}, "for patient 'P1', day 30"),
        ({"patient": "P1", "week": 0, "day": None}, "for patient 'P1', week 0"),
        ({"patient": "P1", "week": None, "day": None}, "for patient 'P1'"),
        ({"patient": "P1", "treatment": "IVIG"}, "for patient 'P1', treatment 'IVIG'"),
        ({"patient": "P1", "age": 5}, "for patient 'P1'"),
        ({"patient": None, "week": 4}, "in row 3"),
        ({"step": "treated"}, "in row 3"),
    ],
)
def test_whose_row_it_is(cells, record):
    assert a_row(cells)[0].record(0) == record
    assert a_row(cells, line=5)[0].record(0) == ("" if record == "in row 3" else record)


def test_a_problem_noted_makes_a_row_unsound_and_keeps_its_own_record():
    rows, findings = a_row({"patient": "P1"}, line=2)
    assert rows.sound(0)
    rows.note(0, Problem("a rule", 5, column="age"))
    rows.note(0, Problem("another rule", record="for patient 'P2'"))
    assert not rows.sound(0)
    assert said(findings) == ["a.csv:2: age: a rule (got 5) for patient 'P1'.", "a.csv:2: another rule for patient 'P2'."]


def test_what_was_wrong_with_a_cell_is_not_said_again_of_the_record():
    rows, findings = a_row({"patient": "P1", "age": None}, line=2)
    rows.note(0, Problem("'age' must be a number", "old", column="age"))
    assert rows.build(0, Patient, "P1", "PM", "X", None, steroid_dose_start=-1) is None
    assert [problem.column for problem in findings.problems] == ["age", "sex", "steroid_dose_start"]


def test_a_record_is_made_of_a_row_or_the_reasons_noted():
    rows, findings = a_row({"patient": "P1", "week": 4}, line=2)
    assert rows.build(0, Assessment, MMT18, 85) == Assessment(MMT18, 85)
    assert rows.sound(0)
    assert rows.build(0, Assessment, CK, 0, uln=-1) is None
    assert not rows.sound(0)
    assert said(findings) == [
        "a.csv:2: value: 'CK' must be greater than 0 and at most 10000000 (got 0) for patient 'P1', week 4.",
        "a.csv:2: uln: 'uln' must be greater than 0 (got -1) for patient 'P1', week 4.",
    ]
    rows, findings = a_row({"step": "treated"}, "d.csv", line=5)
    assert rows.build(0, DispositionStep, "treated", -1) is None
    assert said(findings) == ["d.csv:5: patients: 'patients' must be at least 0 (got -1) for step 'treated'."]


def test_rows_called_broken_are_not_looked_at_further():
    table = attrs.evolve(lined(step=["treated", "", ""], patients=["1", "x", "x"]), broken=frozenset([1]))
    rows, findings = rows_of(table, "disposition")
    assert rows.sound_rows() == [0]
    assert {problem.line for problem in findings.problems} == {4}


def test_a_row_made_of_another_table_stands_where_that_one_does():
    origin = lined(first=7, USUBJID=["P1", "P2"], AVAL=["5", "x"])
    table = Table("made", ("patient", "value"), (["P2"], ["x"]), sources=[(origin, 1, {})], called={"value": "AVAL"})
    placed = table.place(0, Problem("a rule", column="value"))
    assert (placed.file, placed.line, placed.column) == ("study.csv", 8, "AVAL")
    wide = attrs.evolve(table, sources=[(origin, 0, {"": "AVAL"})], called={})
    assert str(wide.place(0, Problem("a rule", column="patient"))) == "study.csv:7: AVAL: a rule."


def test_a_row_of_a_sheet_is_named_by_its_cell():
    sheet = attrs.evolve(lined(step=["treated"], patients=["x"]), letters=("B", "D"), name="disposition")
    _, findings = rows_of(sheet, "disposition")
    assert said(findings) == ["disposition!D2: 'patients' must be a whole number: 'x' spoils it (got 'x')."]


ORDER = ("patients", "patients.csv", "assessments", "assessments.csv", "disposition.csv")


def test_problems_come_file_by_file_and_line_by_line_those_of_whole_files_first():
    problems = [
        Problem("of nothing"),
        Problem("of another table", file="extra.csv", line=2),
        Problem("of a later line", file="patients.csv", line=10),
        Problem("of a table", file="assessments", column="value"),
        Problem("of a line", file="patients.csv", line=9, column="age"),
        Problem("of the same line", file="patients.csv", line=9, column="sex"),
        Problem("of a later file", file="assessments.csv", line=2),
        Problem("of the last file", file="disposition.csv", line=2),
        Problem("of a header", file="assessments.csv", line=1),
        Problem("of a whole file", file="patients.csv"),
    ]
    with pytest.raises(DataError) as caught:
        Findings(problems=problems, order=ORDER).refuse()
    assert [problem.rule for problem in caught.value.problems] == [
        "of a whole file",
        "of a header",
        "of a line",
        "of the same line",
        "of a later line",
        "of a table",
        "of a later file",
        "of the last file",
        "of another table",
        "of nothing",
    ]


def test_findings_refuse_only_where_there_is_a_problem():
    findings = Findings(notes=["a note"])
    findings.refuse()
    findings.problems += [Problem("a rule"), Problem("another")]
    with pytest.raises(DataError) as caught:
        findings.refuse()
    assert caught.value.problems == tuple(findings.problems)


# ---------------------------------------------------------------------------------------------------- headers


def test_missing_and_repeated_columns_are_named():
    frame = pd.DataFrame([["P1", "P2", "F"]], columns=["patient", "patient", "sex"])
    rows, findings = rows_of(frame, "patients")
    assert rows is None
    found = "(found: 'patient', 'patient', 'sex')"
    assert said(findings) == [
        "patients: column 'patient' must appear once.",
        f"patients: column 'diagnosis' is missing {found}.",
        f"patients: column 'age' is missing {found}.",
    ]
    rows, findings = rows_of(lined(key=["title"]), "study")
    assert said(findings) == ["study.csv:1: column 'value' is missing (found: 'key')."]
    assert said(rows_of(lined(key=["title"], header=4), "study")[1]) == [
        "study.csv:4: column 'value' is missing (found: 'key')."
    ]


def test_columns_nobody_knows_are_left_out_with_a_note():
    frame = pd.DataFrame({"key": ["title"], "value": ["A"], "remarks": ["x"], 7: [1]})
    rows, findings = rows_of(frame, "study")
    assert (len(rows), cells_of(rows, 0)) == (1, {"key": "title", "value": "A"})
    assert findings.notes == ["study: column 'remarks' was left out.", "study: column '7' was left out."]


def test_a_misspelt_column_is_refused_rather_than_left_out():
    frame = lined(patient=["1"], Week=["4"], measure=["MMT"], value=["5"], ulm=["9"])
    rows, findings = rows_of(frame, "assessments")
    assert rows is None
    assert said(findings) == [
        "study.csv:1: column 'Week' must be written 'week'.",
        "study.csv:1: column 'ulm' must be written 'uln'.",
    ]
    rows, findings = rows_of(lined(Patient=["1"], treatment=["IVIG"]), "treatments")
    assert said(findings) == ["study.csv:1: column 'Patient' must be written 'patient'."]


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("Week", "week", True),
        ("WEEK ", "week", True),
        ("efficacy set", "efficacy_set", True),
        ("EfficacySet", "efficacy_set", True),
        ("wek", "week", True),
        ("weeek", "week", True),
        ("week1", "week", True),
        ("weak", "week", True),
        ("ewek", "week", False),
        ("days", "day", True),
        ("dya", "day", True),
        ("yda", "day", False),
        ("wkee", "week", True),
        ("ward", "week", False),
        ("ewab", "week", False),
        ("weekday", "week", False),
        ("height", "weight", False),
        ("site", "item", False),
        ("steroid_start", "steroid_dose_start", True),
        ("we", "week", True),
        ("unit", "uln", False),
        ("", "week", False),
    ],
)
def test_misspelt_names_differ_by_case_signs_or_one_letter(name, known, found):
    assert find_misspelt([name], [known]) == ({name: known} if found else {})


@given(st.text("ab_c", min_size=1, max_size=4), st.text("ab_c", min_size=1, max_size=4))
def test_a_misspelt_name_is_found_whatever_its_case_and_signs(name, other):
    found = find_misspelt([name], [other])
    assert find_misspelt([name.upper()], [other]) == ({name.upper(): other} if found else {})
    assert find_misspelt([f" {name}-"], [other]) == ({f" {name}-": other} if found else {})
    bare = name.replace("_", "")
    assert bool(found) >= (bare == other.replace("_", "") != "")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["P1", "P2", ""]),
            st.sampled_from(["4", "4.5", ""]),
            st.sampled_from(["MMT", ""]),
            st.sampled_from(["50", "x", ""]),
        ),
        max_size=6,
    ),
    st.permutations(range(4)),
    st.randoms(use_true_random=False),
)
def test_rows_and_what_is_wrong_with_them_stand_by_themselves(cells, columns, random):
    frame = lined(
        **dict(zip(("patient", "week", "measure", "value"), zip(*cells, strict=True) if cells else [[]] * 4, strict=True))
    )
    rows, findings = rows_of(frame, "assessments")
    assert rows["patient"] == [patient or None for patient, *_ in cells]
    wrong = [
        (patient == "") + (week == "4.5") + (measure == "") + (value != "50") for patient, week, measure, value in cells
    ]
    assert len(findings.problems) == sum(wrong)
    assert rows.sound_rows() == [row for row, each in enumerate(wrong) if not each]
    order = random.sample(range(len(cells)), len(cells))
    moved = attrs.evolve(
        frame,
        columns=tuple(frame.columns[k] for k in columns),
        cells=tuple([frame.cells[k][row] for row in order] for k in columns),
        lines=[frame.lines[row] for row in order],
    )
    others, found = rows_of(moved, "assessments")
    assert [cells_of(others, row) for row in range(len(cells))] == [cells_of(rows, k) for k in order]
    assert sorted(said(found)) == sorted(said(findings))
    # in whatever order they were noted, they are listed line by line
    if findings.problems:
        with pytest.raises(DataError) as caught:
            found.refuse()
        assert [problem.line for problem in caught.value.problems] == sorted(problem.line for problem in findings.problems)


def test_what_was_found_in_the_file_goes_first():
    table = attrs.evolve(
        lined(key=["title", ""], value=["A", ""]),
        problems=(Problem("a row must have as many fields as the header", 3, file="study.csv", line=3),),
        notes=("study.csv: a note",),
        broken=frozenset([1]),
    )
    rows, findings = rows_of(table, "study")
    assert said(findings) == ["study.csv:3: a row must have as many fields as the header (got 3)."]
    assert findings.notes == ["study.csv: a note"]
    assert rows.sound_rows() == [0]
    unread = Table("study.csv", (), (), problems=(Problem("the file is missing", file="study.csv"),))
    rows, findings = rows_of(unread, "study")
    assert (rows, said(findings)) == (None, ["study.csv: the file is missing."])


@pytest.mark.parametrize(
    "table", [None, [{"key": "title"}], {"key": ["title"]}, pd.Series(["title"])], ids=lambda each: type(each).__name__
)
def test_a_table_is_a_data_frame(table):
    with pytest.raises(ValueError, match="must be a DataFrame") as caught:
        table_of_frame(table, "study")
    assert str(caught.value) == f"'study' must be a DataFrame (got {type(table).__name__!r})."


def test_a_frame_is_not_changed_by_reading():
    frame = pd.DataFrame({"step": ["treated"], "patients": ["16"], "ward": ["3B"]})
    before = frame.copy(deep=True)
    rows_of(frame, "disposition")
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs == before.attrs
