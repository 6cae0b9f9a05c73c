"""Workbooks, wide tables and dates: as people have them, into a study; problems with sheet and cell."""

import datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest

from ivigmyo import saito2008
from ivigmyo.errors import DataError
from ivigmyo.files.dates import read_date
from ivigmyo.files.folder import read_study, write_study, write_template
from ivigmyo.files.frames import study_from_frames
from ivigmyo.files.wide import WideColumn, read_name
from ivigmyo.outcomes import Endpoint
from ivigmyo.response import RULES
from ivigmyo.study import Protocol, Study
from ivigmyo.study.patients import AdverseEvent, Patient
from ivigmyo.study.plan import BUILT_IN

# ---------------------------------------------------------------------------------------------------- names of columns


@pytest.mark.parametrize(
    ("name", "column"),
    [
        *((name, WideColumn("MMT", week=4)) for name in (
            "MMT 4", "MMT4", "mmt_4", "MMT wk4", "MMT wk 4", "MMT week 4", "mmt_week_4", "MMT W4", "MMT.w4", "MMT (week 4)",
            "MMT, week 4", "MMT [4]", "MMT 4 weeks", " MMT wk4 ", "MMT-week 4", "MMT - wk 4", "MMT week-4",
        ) if name != "MMT week-4"),
        *((name, WideColumn("CK", week=-4)) for name in ("CK -4", "CK_-4", "CK week -4", "ck_week_-4", "CK w-4")),
        *((name, WideColumn("CK", week=-4)) for name in ("CK (-4)", "CK \u22124")),
        *((name, WideColumn("CK", week=0)) for name in ("CK baseline", "CK 0", "CK BL", "ck_baseline")),
        *((name, WideColumn("CK", day=30)) for name in ("CK day 30", "CK d30", "ck_day_30")),
        *((name, WideColumn("CK", "uln")) for name in ("CK ULN", "ck_uln", "CK upper limit of normal")),
        *((name, WideColumn("CK", "uln", week=4)) for name in ("CK ULN 4", "CK ULN wk4", "CK wk4 ULN", "CK 4 uln")),
        *((name, WideColumn("CK", "uln", week=0)) for name in ("CK ULN baseline", "CK baseline ULN", "ck_uln_0")),
        *((name, WideColumn("CK", "unit")) for name in ("CK unit", "ck_units")),
        ("MMT8 0", WideColumn("MMT8", week=0)),
        *((name, None) for name in ("MMT", "CK", "CKD stage 4", "MMTs 4", "ward", "MMT total", "CK at 4", "CK-MB 4")),
        *((name, None) for name in ("age at 4", "4 MMT")),
    ],
)  # fmt: skip
def test_names_in_the_usual_spellings(name, column):
    assert read_name(name, BUILT_IN) == column


@pytest.mark.parametrize("name", ["CK-4", "MMT8", "CK - 4"])
def test_a_name_that_may_be_two_things_is_asked_about(name):
    assert isinstance(read_name(name, BUILT_IN), str)
    people = pd.DataFrame({"patient": ["P1"], "diagnosis": "PM", "sex": "F", "age": 50, "MMT 0": 60, name: 70})
    with pytest.raises(DataError, match=r"may be .* write 'week' before the number"):
        study_from_frames(people)


# ---------------------------------------------------------------------------------------------------- wide tables

PEOPLE = pd.DataFrame({"patient": ["P1", "P2"], "diagnosis": ["PM", "DM"], "sex": ["F", "M"], "age": [39, 64]})
WIDE = PEOPLE.assign(
    **{"MMT 0": [60, 50], "MMT wk12": [70, None], "ck_week_0": [900, "<40"], "CK 12": [None, 100], "CK ULN": [170, 180]}
)


def test_a_wide_table_is_the_same_study_as_a_long_one():
    rows = [("P1", 0, "MMT", 60, None), ("P1", 12, "MMT", 70, None), ("P2", 0, "MMT", 50, None), ("P1", 0, "CK", 900, 170)]
    rows += [("P2", 0, "CK", "<40", 180), ("P2", 12, "CK", 100, 180)]
    long = pd.DataFrame(rows, columns=["patient", "week", "measure", "value", "uln"])
    assert study_from_frames(WIDE) == study_from_frames(PEOPLE, long)
    # beside rows, and in any order
    assert study_from_frames(
        WIDE.drop(columns="MMT 0"), long[(long["measure"] == "MMT") & (long["week"] == 0)]
    ) == study_from_frames(WIDE)
    assert study_from_frames(WIDE[WIDE.columns[::-1]]) == study_from_frames(WIDE)


def test_what_was_taken_for_what_is_said():
    (note, _) = study_from_frames(WIDE.assign(**{"CK unit": "ukat/L", "CK ULN": 3, "ck_week_0": 15, "CK 12": 2})).notes
    assert note == (
        "patients: columns were read as values: 'MMT 0' (MMT week 0), 'MMT wk12' (MMT week 12), 'ck_week_0' (CK week 0), "
        "'CK 12' (CK week 12), 'CK ULN' (uln of CK, all weeks), 'CK unit' (unit of CK, all weeks)."
    )


def test_what_is_wrong_stands_at_its_column(tmp_path):
    text = "patient,diagnosis,sex,age,MMT 0,CK 0,CK ULN\nP1,PM,F,39,95,9OO,170\nP2,DM,M,64,,5,-1\nP3,DM,M,640,1,5,170\n"
    (tmp_path / "patients.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        read_study(tmp_path)
    assert str(caught.value).split("\n") == [
        "patients.csv:2: CK 0: 'value' must be a number: 'O' spoils it (got '9OO') for patient 'P1', week 0.",
        "patients.csv:2: MMT 0: 'MMT' must be between 0 and 90 (got 95) for patient 'P1', week 0.",
        "patients.csv:3: CK ULN: 'uln' must be greater than 0 (got -1) for patient 'P2', week 0.",
        "patients.csv:4: age: 'age' must be between 0 and 130 (got 640) for patient 'P3'.",
    ]


def test_two_columns_of_one_thing_are_refused():
    with pytest.raises(DataError, match="columns 'MMT 0' and 'mmt_wk0' must not both be MMT week 0"):
        study_from_frames(WIDE.assign(mmt_wk0=1))
    with pytest.raises(DataError, match="column 'MMT 0' must appear once"):
        study_from_frames(pd.concat([WIDE, WIDE[["MMT 0"]]], axis=1))


def test_strata_and_other_columns_are_no_values():
    people = WIDE.assign(**{"CK 2": ["low", "high"]})
    study = study_from_frames(people, protocol=Protocol(strata=("CK 2",)))
    assert [dict(one.factors) for one in study.patients] == [{"CK 2": "low"}, {"CK 2": "high"}]


def test_without_values_anywhere_that_is_said(tmp_path):
    with pytest.raises(DataError, match="assessments: the table is missing, and the patients have no columns of values"):
        study_from_frames(PEOPLE)
    PEOPLE.to_csv(tmp_path / "patients.csv", index=False)
    with pytest.raises(
        DataError, match=r"assessments\.csv: the file is missing, and the patients have no columns of values"
    ):
        read_study(tmp_path)
    without = "assessments.csv: the file is missing, and the patients have no columns of values such as 'MMT week 0'."
    (tmp_path / "patients.csv").rename(tmp_path / "Patients.csv")
    assert problems(tmp_path) == [without, "Patients.csv: the file must be named 'patients.csv'."]
    (tmp_path / "Patients.csv").rename(tmp_path / "people.txt")
    assert problems(tmp_path) == ["patients.csv: the file is missing.", without]


def test_decimal_commas_and_marks_of_thousands_in_wide_columns(tmp_path):
    (tmp_path / "patients.csv").write_text("patient;diagnosis;sex;age;CK 0;MMT 0\nP1;PM;F;39,5;4565,5;60\n")
    assert read_study(tmp_path).baseline("CK").tolist() == [4565.5]
    (tmp_path / "patients.csv").write_text("patient;diagnosis;sex;age;CK 0;MMT 0\nP1;PM;F;39;4.565;60\n")
    with pytest.raises(DataError, match=r"4565 or 4\.565"):
        read_study(tmp_path)


def table_2():
    """The paper's Table 2 as one wide sheet, the week-5 values of patient 15 under week 8 as its footers count them."""
    study = saito2008.load_study()
    kept = ["diagnosis", "sex", "age", "efficacy_set", "exclusion_reason", "discontinued_on", "discontinuation_reason"]
    wide = study.characteristics()[kept].reset_index()
    for code in ("MMT", "ADL", "CK"):
        values = study.values(code, off_schedule="next")
        for week in values:
            wide[f"{code} wk{week}" if week >= 0 else f"{code} {week}"] = values[week].to_numpy()
    return study, wide.astype(object).where(wide.notna(), None)


@pytest.mark.parametrize("kind", ["frame", "csv", "xlsx"])
def test_table_2_as_one_wide_sheet(kind, tmp_path):
    study, wide = table_2()
    planned = Protocol(scheduled_weeks=saito2008.PROTOCOL.scheduled_weeks, endpoint_week=12)
    if kind == "frame":
        read = study_from_frames(wide, protocol=planned)
    elif kind == "csv":
        wide.to_csv(tmp_path / "patients.csv", index=False)
        read = read_study(tmp_path, planned)
    else:
        wide.to_excel(tmp_path / "table 2.xlsx", index=False)
        read = read_study(tmp_path / "table 2.xlsx", planned)
    assert len(read.patients) == 16
    for code in ("MMT", "ADL", "CK"):
        assert read.baseline(code).equals(study.baseline(code))
        pd.testing.assert_frame_equal(read.values(code), study.values(code, off_schedule="next"))
        outcome = Endpoint(code, RULES[code])
        assert outcome.observe(read.efficacy_set).summary() == outcome.observe(study.efficacy_set).summary()


# ---------------------------------------------------------------------------------------------------- dates

DATED = PEOPLE.drop(columns="age").assign(
    first_infusion=["2024-03-04", datetime.date(2024, 4, 1)],
    birth_date=["1984-03-05", "1960-04-01"],
    consent_date=["2024-02-20", None],
)
SEEN = pd.DataFrame(
    {"patient": ["P1", "P1", "P2"], "measure": "MMT", "value": [50, 60, 70],
     "date": ["2024-03-04", "2024-05-27T16:00", pd.Timestamp("2024-04-29 23:59")]}
)  # fmt: skip


def refused(people=DATED, seen=SEEN, **tables):
    with pytest.raises(DataError) as caught:
        study_from_frames(people, seen, **tables)
    return str(caught.value).split("\n")


def test_dates_become_days_and_birth_dates_ages():
    events = pd.DataFrame({"patient": ["P1"], "term": ["fever"], "date": ["5 Mar 2024"]})
    given = pd.DataFrame(
        {"patient": ["P2"], "treatment": ["IVIG"], "start_date": ["2024-04-01"], "end_date": ["05-Apr-2024"]}
    )
    study = study_from_frames(DATED, SEEN, adverse_events=events, treatments=given)
    first, second = study.patients
    assert [visit.day for visit in first.visits] == [0, 84]
    assert [visit.day for visit in second.visits] == [28]
    assert (first.age, second.age) == (39, 64)
    assert (first.consented_on, second.consented_on) == (-13, None)
    assert first.adverse_events == (AdverseEvent("fever", day=1),)
    assert (second.treatments[0].start_day, second.treatments[0].days) == (0, 5)
    assert study.notes == ()


@pytest.mark.parametrize(
    "cell",
    ["2024-05", "2024", "05/2024", "2024-13-01", "2024-02-30", "27.5.24", "soon", 45439, 45439.5, True, "20240527",
     "2024-05-UN"],
)  # fmt: skip
def test_what_is_no_whole_date_is_refused(cell):
    (line,) = refused(seen=SEEN.assign(date=["2024-03-04", cell, "2024-04-29"]))
    assert line == f"assessments: date: 'date' must be a whole date such as 2024-05-27 (got {cell!r}) for patient 'P1'."


def test_a_date_of_numpy_is_a_date():
    assert read_date(np.datetime64("2024-05-27")) == read_date("2024-05-27") == datetime.date(2024, 5, 27)


def test_day_and_month_are_told_apart_by_the_column_or_not_at_all():
    def days(*dates):
        return [visit.day for one in study_from_frames(DATED, SEEN.assign(date=dates)).patients for visit in one.visits]

    assert days("04/03/2024", "27/05/2024", "29/04/2024") == [0, 84, 28]
    assert days("03/04/2024", "05/27/2024", "04/29/2024") == [0, 84, 28]
    assert days("04.03.2024", "27.05.2024", "29.04.2024") == [0, 84, 28]
    assert days("04/04/2024", "05/05/2024", "06/06/2024") == [31, 62, 66]
    for dates in (("04/03/2024", "03/04/2024", "04/04/2024"), ("27/05/2024", "05/27/2024", "03/04/2024")):
        lines = refused(seen=SEEN.assign(date=dates))
        assert all("day and month cannot be told apart" in line or "a whole date" in line for line in lines)


def test_a_date_needs_the_first_infusion():
    assert refused(people=PEOPLE) == [
        "patients: column 'first_infusion' is missing, from which the days of 'date' are counted."
    ]
    (line, *_) = refused(people=DATED.assign(first_infusion=["2024-03-04", None]).drop(columns="birth_date").assign(age=50))
    assert line == (
        "assessments: date: 'date' must be on a day that 'first_infusion' of the patient tells, which is missing "
        "(got '2024-04-29') for patient 'P2'."
    )
    assert refused(people=DATED.assign(first_infusion=["2024-03-04", "2024-04"])) == [
        "patients: first_infusion: 'first_infusion' must be a whole date such as 2024-05-27 (got '2024-04') for patient "
        "'P2'."
    ]


def test_a_day_beside_a_date_must_agree():
    study = study_from_frames(DATED, SEEN.assign(day=[0, None, "28"]))
    assert study == study_from_frames(DATED, SEEN)
    (line,) = refused(seen=SEEN.assign(day=[0, 85, 28]))
    assert line == "assessments: day: 'day' must be the day of 'date', which is day 84 (got 85) for patient 'P1'."


def test_an_unknown_patient_is_said_also_where_dates_are():
    (line,) = refused(seen=SEEN.assign(patient=["P1", "P1", "P9"]))
    assert "'patient' must be one of the patients table (got 'P9')" in line


def test_a_birth_date_after_the_trial_is_refused():
    (line,) = refused(people=DATED.assign(birth_date=["2024-03-05", "1960-04-01"]))
    assert "'birth_date' must be before" in line


def test_misspelt_dates_are_said():
    assert "assessments: column 'Date' must be written 'date'." in refused(seen=SEEN.rename(columns={"date": "Date"}))


# ---------------------------------------------------------------------------------------------------- workbooks


def book(path, **sheets):
    """Write sheets of rows as a workbook."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name.replace("_", " ") if name.startswith("Sheet") else name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


WHO = [["patient", "diagnosis", "sex", "age"], ["P1", "PM", "F", 39], ["P2", "dermatomyositis", "male", 64]]
ROWS = [["patient", "week", "measure", "value", "uln"], ["P1", 0, "CK", 900, 180], ["P1", 12, "CK", "<40", 180]]


def test_a_study_goes_round_through_a_workbook(tmp_path):
    for study in (
        saito2008.load_study(),
        Study([Patient("1", "PM", "F", 39.5, previous_treatment="=1+1", discontinuation_reason="yes", adverse_events=[])]),
    ):
        write_study(study, tmp_path / "trial.xlsx")
        again = read_study(tmp_path / "trial.xlsx")
        assert again == study
        assert again.notes == ()
    assert [path.name for path in tmp_path.iterdir()] == ["trial.xlsx"]


def test_a_workbook_that_cannot_hold_a_text_is_not_written(tmp_path):
    study = Study([Patient("P1", "PM", "F", 39, previous_treatment="a\x0bb")])
    with pytest.raises(DataError, match="a text in a workbook must have at most 32767 characters, all of them printable"):
        write_study(study, tmp_path / "trial.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_template_is_a_workbook_too(tmp_path):
    write_template(tmp_path / "trial.xlsx")
    write_template(tmp_path / "folder")
    assert read_study(tmp_path / "trial.xlsx") == read_study(tmp_path / "folder")
    with pytest.raises(DataError, match="must be written where no study is"):
        write_template(tmp_path / "trial.xlsx")


def problems(path, *args):
    with pytest.raises(DataError) as caught:
        read_study(path, *args)
    return str(caught.value).split("\n")


def test_problems_name_sheet_and_cell(tmp_path):
    rows = [["Our values"], [], ROWS[0], ["P1", 0, "CK", datetime.datetime(2024, 3, 4), 180], ["P1", 4, "MMT", 95, None]]
    rows += [["P2", None, "CK", "#DIV/0!", "x"], ["P1", 8, "CKK", 5, None]]
    path = book(tmp_path / "trial.xlsx", patients=WHO, assessments=rows, notes=[["ask Bob"]])
    assert problems(path) == [
        "assessments!D4: 'value' must be a number, and is a date here: the spreadsheet may have made one of it "
        "(got '2024-03-04 00:00:00') for patient 'P1', week 0.",
        "assessments!D5: 'MMT' must be between 0 and 90 (got 95) for patient 'P1', week 4.",
        "assessments!D6: 'value' must be a value, and is an error of the spreadsheet (got '#DIV/0!') for patient 'P2'.",
        "assessments!E6: 'uln' must be a number: 'x' spoils it (got 'x') for patient 'P2'.",
        f"assessments!C7: 'measure' must be one of {', '.join(map(repr, BUILT_IN))} (got 'CKK') for patient 'P1', week 8.",
    ]
    path = book(tmp_path / "other.xlsx", patients=[[*WHO[0][:3], "Age"], ["P1", "PM", "F", 39]], assesments=ROWS)
    assert problems(path) == [
        "patients!D1: column 'Age' must be written 'age'.",
        "assesments: the sheet must be named 'assessments'.",
    ]


def test_cells_below_no_name_are_left_out_with_a_note(tmp_path):
    path = book(tmp_path / "trial.xlsx", patients=[[*WHO[0], None], [*WHO[1], None], [*WHO[2], "moved"]], assessments=ROWS)
    assert read_study(path).notes[0] == "patients: column E left out: without a name in the header, row 1."


def test_titles_blank_rows_merged_headers_and_trailing_columns(tmp_path):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Sheet1"
    sheet["A1"] = "The trial of 2024"
    sheet["E3"], sheet["G3"] = "MMT", "CK"
    sheet.merge_cells("E3:F3")
    sheet.merge_cells("G3:I3")
    for row in (
        ["patient", "diagnosis", "sex", "age", "wk0", "wk12", "0", "12", "ULN"],
        ["P1", "PM", "F", 39, 60, 70, 900, 100, 180],
    ):
        sheet.append(row)
    sheet["N40"] = " "
    made.save(tmp_path / "trial.xlsx")
    study = read_study(tmp_path / "trial.xlsx")
    assert study.baseline("MMT").tolist() == [60]
    assert study.values("CK").loc["P1"].tolist() == [900, 100]
    assert study.final_uln("CK").tolist() == [180]
    assert study.notes[0] == "Sheet1: the sheet was read as the patients."


def test_formulas_count_by_their_stored_values_and_only_with_them(tmp_path):
    rows = [ROWS[0], ["P1", 0, "CK", "=450*2", 180], ["P1", 4, "CK", 100, 180]]
    path = book(tmp_path / "trial.xlsx", patients=WHO, assessments=rows)
    assert problems(path) == [
        "assessments!D2: 'value' must be a stored value: open the workbook in a spreadsheet program and save it "
        "(got '=450*2') for patient 'P1', week 0."
    ]
    # What a spreadsheet program stores beside the formula counts.
    import zipfile

    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet2.xml"
    assert b"<f>450*2</f><v></v>" in parts[name] or b"<f>450*2</f><v />" in parts[name]
    parts[name] = (
        parts[name]
        .replace(b"<f>450*2</f><v></v>", b"<f>450*2</f><v>900</v>")
        .replace(b"<f>450*2</f><v />", b"<f>450*2</f><v>900</v>")
    )
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    assert read_study(path).baseline("CK")["P1"] == 900


def test_a_file_that_is_no_workbook_is_one_problem(tmp_path):
    (tmp_path / "trial.xlsx").write_bytes(b"PK\x03\x04 but not really")
    (line,) = problems(tmp_path / "trial.xlsx")
    assert line.startswith("trial.xlsx: the file must be a workbook (.xlsx) that a spreadsheet program can open")
    (line,) = problems(tmp_path / "none.xlsx")
    assert line == "trial.xlsx: the file is missing.".replace("trial", "none")
    (line, _) = problems(book(tmp_path / "empty.xlsx", notes=[["nothing"]]))
    assert line == "patients: the sheet is missing."


def test_without_openpyxl_that_is_said(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ImportError, match=r'^workbooks need openpyxl: pip install "ivigmyo\[excel\]"$'):
        read_study(tmp_path / "trial.xlsx")


@pytest.mark.parametrize(("old", "new"), [(b'<row r="2">', b'<row r="9">'), (b'r="C3"', b'r="A3"'), (b'r="C3"', b'r="C2"')])
def test_a_damaged_workbook_loses_no_row_in_silence(tmp_path, old, new):
    import zipfile

    path = book(tmp_path / "trial.xlsx", patients=WHO, assessments=ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet2.xml"
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    (line,) = problems(path)
    assert "the file must be a workbook (.xlsx) that a spreadsheet program can open" in line
