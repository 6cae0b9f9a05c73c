"""A folder of CSV files: read whole or refused with every problem, written whole and read back equal."""

import csv
import io
import random
import shutil
from pathlib import Path

import attrs
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivigmyo import ADL15, CK, MMT18, saito2008
from ivigmyo.errors import DataError
from ivigmyo.files.folder import read_study, write_study, write_template
from ivigmyo.files.frames import study_to_frames
from ivigmyo.files.plan import KEYS
from ivigmyo.instruments import Instrument
from ivigmyo.study import Protocol, Study
from ivigmyo.study.patients import AdverseEvent, Assessment, DispositionStep, FollowUp, Patient, Treatment, Visit

FILES = [
    "adverse_events.csv",
    "assessments.csv",
    "ck_follow_up.csv",
    "disposition.csv",
    "patients.csv",
    "study.csv",
    "treatments.csv",
]
UTF_8 = "the file must be text in UTF-8 (save it as 'CSV UTF-8', or name its encoding by encoding=)"
PATIENTS = "patient,diagnosis,sex,age\nP01,PM,F,39\nP02,DM,M,64\n"
ASSESSMENTS = "patient,week,measure,value\nP01,0,MMT,59\nP01,12,MMT,85\nP02,0,CK,1570\n"


@pytest.fixture
def template(tmp_path):
    write_template(tmp_path / "template")
    return tmp_path / "template"


def make(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, text in {"patients": PATIENTS, "assessments": ASSESSMENTS, **files}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return folder


def problems(folder, **options):
    with pytest.raises(DataError) as caught:
        read_study(folder, **options)
    return str(caught.value).splitlines()


class TestReading:
    def test_the_bundled_study(self, template):
        study = saito2008.load_study()
        # of what the template leaves empty nothing is planned: another trial is not judged by that of the paper
        planned = attrs.evolve(study.protocol, conduct=None, off_schedule="keep")
        assert read_study(template) == attrs.evolve(study, protocol=planned)
        assert read_study(str(template)).notes == ()

    def test_few_columns_in_any_order(self, tmp_path):
        folder = make(tmp_path, patients="age,sex,diagnosis,patient\n39,F,PM,P01\n64,M,DM,P02\n")
        assert read_study(folder) == read_study(make(tmp_path / "other"))

    @pytest.mark.parametrize("delimiter", [";", "\t"])
    def test_delimiter_and_decimal_comma(self, template, delimiter):
        study = read_study(template)
        for name in FILES:
            with (template / name).open(encoding="utf-8", newline="") as file:
                cells = [
                    [cell.replace(".", ",") if cell.replace(".", "").isdigit() else cell for cell in row]
                    for row in csv.reader(file)
                ]
            with (template / name).open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(cells)
        again = read_study(template)
        assert again == study
        assert again.notes == (
            "patients.csv: commas in numbers were read as decimal commas, as in '1,58'.",
            "treatments.csv: commas in numbers were read as decimal commas, as in '0,4'.",
        )

    def test_whole_numbers_as_a_table_of_floats_writes_them(self, tmp_path):
        folder = make(tmp_path, assessments="patient;day;measure;value\nP01;0,0;CK;950,5\nP01;28,0;CK;90,0\n")
        assert read_study(folder).ck_series()[["day", "ck"]].to_numpy().tolist() == [[0.0, 950.5], [28.0, 90.0]]

    def test_japanese_text(self, tmp_path):
        folder = make(tmp_path, patients=PATIENTS.replace("P01", "患者1"), assessments=ASSESSMENTS.replace("P01", "患者1"))
        assert read_study(folder).ids.tolist() == ["P02", "患者1"]

    def test_what_is_left_out_is_said(self, tmp_path):
        folder = make(
            tmp_path,
            patients=PATIENTS.replace("age", "age,ward").replace("39", "39,3B").replace("64", "64,"),
            laboratory="patient,LDH\n",
            study="key,value\ntitle,Trial\n",
        )
        (folder / "notes.txt").touch()
        study = read_study(folder)
        assert study.title == "Trial"
        assert study.notes == (
            "laboratory.csv: the file was left out.",
            "patients.csv: column 'ward' was left out.",
        )

    def test_an_unknown_key_is_a_problem(self, tmp_path):
        folder = make(tmp_path, study="key,value\ntitle,Trial\nsponsor,nobody\n")
        assert problems(folder) == ["study.csv:3: key: the key is not known; the nearest is 'source' (got 'sponsor')."]

    def test_units_are_converted_and_said(self, tmp_path):
        folder = make(
            tmp_path, assessments="patient,week,measure,value,unit,uln\nP01,0,CK,9.5,microkat/L,2.5\nP01,4,CK,95,U/L,150\n"
        )
        study = read_study(folder)
        assert study.ck_series()[["ck", "uln"]].to_numpy().tolist() == [[570.0, 150.0], [95.0, 150.0]]
        assert study.notes == ("1 value in microkat/L was converted (1 microkat/L = 60 IU/L).",)

    def test_options(self, tmp_path):
        haq = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
        folder = make(
            tmp_path, assessments="patient,week,day,measure,value\nP01,6,58,HAQ,1.5\nP01,,3,HAQ,2\nP01,,47,HAQ,2.5\n"
        )
        planned = Protocol([1, 7], week_window=4, week_day_distance=16, measures=(haq,))
        study = read_study(folder, protocol=planned)
        assert study.values("HAQ").loc["P01"].to_dict() == {1: 2.0, 6: 1.5, 7: 2.5}
        assert problems(folder, protocol=attrs.evolve(planned, week_day_distance=15)) == [
            "assessments.csv:2: day: 'day' must lie within 15 days of week 6 (day 42) (got 58) for patient 'P01', week 6."
        ]

    def test_items_are_added_up(self, tmp_path):
        rows = [f"P01,0,MMT,{item},{i % 6}" for i, item in enumerate(MMT18.items)]
        folder = make(tmp_path, assessments="\n".join(["patient,week,measure,item,value", *rows]))
        assert read_study(folder).values("MMT").loc["P01", 0] == 45.0


class TestProblems:
    def test_no_folder(self, tmp_path):
        assert problems(tmp_path / "none") == [
            f"a study must be a folder with its files, or a workbook (.xlsx) (got {str(tmp_path / 'none')!r})."
        ]
        (tmp_path / "file").touch()
        assert problems(tmp_path / "file") == [
            f"a study must be a folder with its files, or a workbook (.xlsx) (got {str(tmp_path / 'file')!r})."
        ]

    def test_missing_files_come_first(self, tmp_path):
        (tmp_path / "disposition.csv").write_text("step,patients\ntreated,x\n")
        assert problems(tmp_path) == [
            "patients.csv: the file is missing.",
            "assessments.csv: the file is missing, and the patients have no columns of values such as 'MMT week 0'.",
            "disposition.csv:2: patients: 'patients' must be a whole number: 'x' spoils it (got 'x').",
        ]

    def test_misspelt_files(self, tmp_path):
        folder = make(tmp_path, adverse_event="patient,term\n")
        (folder / "patients.csv").rename(folder / "Patients.csv")
        (folder / "treatments.CSV").touch()
        assert problems(folder) == [
            "Patients.csv: the file must be named 'patients.csv'.",
            "adverse_event.csv: the file must be named 'adverse_events.csv'.",
            "treatments.CSV: the file must be named 'treatments.csv'.",
        ]

    def test_columns(self, tmp_path):
        folder = make(
            tmp_path,
            patients="patient,diagnose,sex,efficacy set\nP01,PM,F,no\n",
            assessments="patient,measure,value,value\nP01,CK,1,2\n",
        )
        assert problems(folder) == [
            "patients.csv:1: column 'diagnose' must be written 'diagnosis'.",
            "patients.csv:1: column 'efficacy set' must be written 'efficacy_set'.",
            "patients.csv:1: column 'age' is missing (found: 'patient', 'diagnose', 'sex', 'efficacy set').",
            "assessments.csv:1: column 'value' must appear once.",
        ]

    def test_neither_week_nor_day(self, tmp_path):
        folder = make(tmp_path, assessments="patient,measure,value\nP01,CK,1\nP02,CK,x\n")
        assert problems(folder) == [
            "assessments.csv:1: column 'week' or 'day' is missing.",
            "assessments.csv:3: value: 'value' must be a number: 'x' spoils it (got 'x') for patient 'P02'.",
        ]

    def test_a_row_of_a_wrong_form_does_not_make_its_patient_unknown(self, tmp_path):
        folder = make(tmp_path, patients=PATIENTS.replace("P01,PM,F,39", "P01,PM,F,39,,"))
        assert problems(folder) == ["patients.csv:2: a row must have as many fields as the header, which has 4 (got 6)."]

    def test_nothing_else_is_said_of_a_row_of_a_wrong_form(self, tmp_path):
        folder = make(tmp_path, patients=PATIENTS.replace("P01,PM,F,39", "P01,PM,39"))
        (folder / "assessments.csv").write_bytes(ASSESSMENTS.replace("P01,0,MMT,59", "P01,0,MMT,5\xe9").encode("latin-1"))
        assert problems(folder) == [
            "patients.csv:2: a row must have as many fields as the header, which has 4 (got 3).",
            rf"assessments.csv:2: {UTF_8} (got b'\xe9').",
        ]

    def test_an_unknown_patient_is_one_problem_a_file(self, tmp_path):
        folder = make(tmp_path, patients=PATIENTS.replace("P01", "P1"), treatments="patient,treatment\nP01,IVIG\n")
        assert problems(folder) == [
            "assessments.csv:2: patient: 'patient' must be one of the patients table (got 'P01') for patient 'P01', week 0, "
            "and in 1 more rows.",
            "treatments.csv:2: patient: 'patient' must be one of the patients table (got 'P01') for patient 'P01', "
            "treatment 'IVIG'.",
        ]

    @pytest.mark.parametrize("name", ["patients", "assessments"])
    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"", ": the file must have a header and rows, and is empty."),
            (b"\x89PNG\r\n\x1a\n\x00\x00", ":3: the file must be text."),
            (b"9" * 10_000_000, ":1: a line must have at most 1000000 characters."),
        ],
        ids=["empty", "binary", "one line"],
    )
    def test_hostile_files(self, tmp_path, name, content, problem):
        folder = make(tmp_path)
        (folder / f"{name}.csv").write_bytes(content)
        found = problems(folder)
        expected = [f"{name}.csv{problem}"]
        if content.startswith(b"\x89"):
            expected = [f"{name}.csv:1: {UTF_8} (got b'\\x89')."]
        assert found == expected

    def test_a_folder_named_as_a_file(self, tmp_path):
        folder = make(tmp_path)
        (folder / "patients.csv").unlink()
        (folder / "patients.csv").mkdir()
        assert problems(folder) == ["patients.csv: the file must be a regular file, not a folder or a device."]

    def test_a_link_to_nowhere(self, tmp_path):
        folder = make(tmp_path)
        (folder / "study.csv").symlink_to(folder / "nothing.csv")
        assert problems(folder) == ["study.csv: the file must be a regular file, not a folder or a device."]


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def write_rows(path, header, rows):
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in [header, *rows]), encoding="utf-8")


def trial(folder):
    """Write a sound trial of 40 patients in three files."""
    draw = random.Random(40)
    patients, assessments, follow_ups = [], [], []
    for i in range(1, 41):
        name = f"P{i:02}"
        patients.append([name, draw.choice(["PM", "DM"]), draw.choice("FM"), 30 + i, 50 + i / 4, -20])
        for week in (-2, 0, 4, 8, 12):
            day = 7 * week + draw.choice([-2, 0, 3])
            assessments.append([name, week, day, "MMT", 50 + 2 * max(week, 0) + i % 5, "points", ""])
            assessments.append([name, week, day, "ADL", 20 + max(week, 0), "points", ""])
            assessments.append([name, week, day, "CK", 1000 - 40 * max(week, 0) if week < 12 else 120, "IU/L", 180])
        follow_ups.append([name, 77, 100 + 10 * i, 600])
    write_rows(folder / "patients.csv", ["patient", "diagnosis", "sex", "age", "weight", "consented_on"], patients)
    header = ["patient", "week", "day", "measure", "value", "unit", "uln"]
    write_rows(folder / "assessments.csv", header, assessments)
    write_rows(folder / "ck_follow_up.csv", ["patient", "normalized_on", "re_elevated_on", "observed_until"], follow_ups)


def spoil(path, start, column, cell, measure=""):
    """Put a cell into the first row that starts as given; return its line."""
    lines = lines_of(path)
    at = next(i for i, line in enumerate(lines) if line.startswith(start) and measure in line)
    cells = lines[at].split(",")
    cells[column] = cell
    lines[at] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return at + 1


def append(path, row):
    path.write_text(path.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    return len(lines_of(path))


def test_a_trial_of_forty_patients_with_twelve_faults(tmp_path):
    trial(tmp_path)
    assert len(read_study(tmp_path).patients) == 40
    patients, assessments, follow_up = (tmp_path / f"{name}.csv" for name in ("patients", "assessments", "ck_follow_up"))
    faults = {
        (
            "patients.csv",
            spoil(patients, "P03", 1, "MG"),
        ): "diagnosis: 'diagnosis' must be one of 'PM', 'DM', 'IMNM', 'ASYS', 'IBM', "
        "'JDM', 'CADM', 'OM', 'OTHER' (got 'MG')",
        ("patients.csv", spoil(patients, "P09", 3, "390")): "age: 'age' must be between 0 and 130 (got 390)",
        (
            "patients.csv",
            spoil(patients, "P21", 4, "5S.25"),
        ): "weight: 'weight' must be a number: 'S' spoils it (got '5S.25')",
        ("patients.csv", append(patients, "P12,PM,F,42,53.0,-20")): "patient: a patient must appear once (got 'P12')",
        ("assessments.csv", spoil(assessments, "P01,4,", 4, "95")): "value: 'MMT' must be between 0 and 90 (got 95)",
        ("assessments.csv", spoil(assessments, "P02,8,", 3, "KC", "CK")): (
            "measure: 'measure' must be one of 'MMT', 'ADL', 'CK', 'PHGLOBAL', 'PTGLOBAL', 'EXTRAMUS', 'MMT8', 'MMT8SIDE', "
            "'MMTALL', 'HAQ', 'ALDOLASE', 'AST', 'ALT', 'LDH', 'CMAS', 'DAS', 'HELIO', 'GOTTRON', 'RAYNAUD', 'CDASIA', "
            "'CDASID' (got 'KC')"
        ),
        ("assessments.csv", spoil(assessments, "P05,12,", 5, "mg/L", "CK")): (
            "unit: the unit of 'CK' must be IU/L or U/L or microkat/L or nkat/L (got 'mg/L')"
        ),
        ("assessments.csv", spoil(assessments, "P06,8,", 2, "86")): (
            "day: 'day' must lie within 7 days of week 8 (day 56) (got 86)"
        ),
        ("assessments.csv", append(assessments, lines_of(assessments)[spoil(assessments, "P07,4,", 5, "", "CK") - 1])): (
            "measure: 'CK' must be assessed once a visit (got 840)"
        ),
        ("assessments.csv", append(assessments, "P99,0,0,CK,900,IU/L,180")): (
            "patient: 'patient' must be one of the patients table (got 'P99')"
        ),
        ("assessments.csv", spoil(assessments, "P08,-2,", 2, "-21", "ADL")): (
            "day: 'day' must be on or after the day of consent (day -20) (got -21)"
        ),
        ("ck_follow_up.csv", spoil(follow_up, "P10", 2, "70")): (
            "re_elevated_on: 're_elevated_on' must be after 'normalized_on' (day 77) (got 70)"
        ),
    }
    found = problems(tmp_path)
    assert len(found) == len(faults) == 12
    for (file, line), rule in faults.items():
        assert [text for text in found if text.startswith(f"{file}:{line}: {rule} for patient")], (file, line, rule)
    assert [text.split(":")[0] for text in found] == ["patients.csv"] * 4 + ["assessments.csv"] * 7 + ["ck_follow_up.csv"]


SIGNS = [*"0123456789PDMFCKx ,;.-+eE'\"\n\r\tγ患", "\ufeff", "\xa0", "\0"]
TEXTS = ("term", "group", "relation", "reason", "step", "treatment", "unit")


def corrupt(text, draw):
    at = draw.randrange(len(text))
    sign = draw.choice(SIGNS)
    return draw.choice([text[:at] + sign + text[at + 1 :], text[:at] + sign + text[at:], text[:at] + text[at + 1 :]])


def naive_rows(text):
    """Read a file as simply as can be: rows as dictionaries of stripped text."""
    header, *rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row)]
    return [{name.strip(): cell.strip() for name, cell in zip(header, row, strict=True)} for row in rows]


def number(cell):
    return float(cell) if cell else None


def same(left, right):
    return sorted(map(repr, left)) == sorted(map(repr, right))


def check(study, name, text):
    """Hold what a study says against a naive reading of one file."""
    rows = naive_rows(text)
    patients = study.patients
    if name == "patients.csv":
        assert same([row["patient"] for row in rows], [patient.id for patient in patients])
        by_id = {patient.id: patient for patient in patients}
        for row in rows:
            for column, cell in row.items():
                if column == "patient" or not hasattr(Patient, column):
                    assert column == "patient" or any(repr(column) in note for note in study.notes)
                    continue
                value = getattr(by_id[row["patient"]], column)
                if column == "efficacy_set":
                    assert value is (cell.lower() in ("", "yes", "y", "1", "true"))
                elif isinstance(value, str) or not cell:
                    assert (value or "") == cell
                else:
                    assert value == float(cell)
    elif name == "assessments.csv":
        seen = [
            (patient.id, number(row_week(visit.week)), number(row_week(visit.day)), each.instrument.code, each.value)
            for patient in patients
            for visit in patient.visits
            for each in visit.assessments
        ]
        written = [
            (row["patient"], number(row["week"]), number(row["day"]), row["measure"], float(row["value"])) for row in rows
        ]
        assert same(seen, written)
    elif name == "ck_follow_up.csv":
        days = ("normalized_on", "re_elevated_on", "observed_until")
        seen = [(p.id, *map(as_float, attrs.astuple(p.follow_up))) for p in patients if p.follow_up]
        written = [(row["patient"], *(number(row[day]) for day in (days[2], *days[:2]))) for row in rows]
        assert same(seen, written)
    elif name == "adverse_events.csv":
        seen = [(p.id, e.term, e.group, as_float(e.day), e.relation) for p in patients for e in p.adverse_events]
        written = [
            (row["patient"], row["term"], row["group"] or None, number(row["day"]), row["relation"] or None) for row in rows
        ]
        assert same(seen, written)
    elif name == "treatments.csv":
        seen = [
            (p.id, t.name, as_float(t.start_day), as_float(t.end_day), t.dose, t.unit)
            for p in patients
            for t in p.treatments
        ]
        written = [
            (
                row["patient"],
                row["treatment"],
                number(row["start_day"]),
                number(row["end_day"]),
                number(row["dose"]),
                row["unit"] or None,
            )
            for row in rows
        ]
        assert same(seen, written)
    elif name == "disposition.csv":
        seen = [(each.step, each.reason, float(each.patients)) for each in study.disposition]
        assert seen == [(row["step"], row["reason"] or None, float(row["patients"])) for row in rows]
    else:
        told = {row["key"]: row["value"] for row in rows}
        assert (study.title, study.source) == (told.get("title", ""), told.get("source", ""))
        stated = study.protocol.scheduled_weeks
        for key in ("scheduled_weeks", "scheduled_weeks CK"):
            weeks = sorted({int(float(week)) for week in told.get(key, "").split(";") if week.strip()})
            assert not weeks or list(stated[key.removeprefix("scheduled_weeks").strip()]) == weeks
        for key in ("endpoint_week", "week_window"):
            assert not told.get(key) or getattr(study.protocol, key) == float(told[key])


def as_float(value):
    return None if value is None else float(value)


def row_week(value):
    return "" if value is None else str(value)


@pytest.mark.parametrize("seed", range(5))
def test_corrupted_characters_are_told_or_another_value(template, seed, rounds):
    draw = random.Random(seed)
    texts = {name: (template / name).read_bytes().decode("utf-8") for name in FILES}
    weights = [len(texts[name]) for name in FILES]
    refused = 0
    corruptions = rounds(400)
    for _ in corruptions:
        name = draw.choices(FILES, weights)[0] if draw.random() < 0.5 else draw.choice(FILES)
        corrupted = corrupt(texts[name], draw)
        (template / name).write_bytes(corrupted.encode("utf-8"))
        study = error = None
        try:
            study = read_study(template)
        except DataError as caught:
            error = caught
        if error is not None:
            refused += 1
            assert all(problem.file in FILES for problem in error.problems)
            assert error.problems
        else:
            for each, text in texts.items():
                check(study, each, corrupted if each == name else text)
        (template / name).write_bytes(texts[name].encode("utf-8"))
    assert 0.3 * len(corruptions) < refused < 0.9 * len(corruptions)


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool)
odd_words = st.one_of(
    words, st.sampled_from(['=SUM("A1";B2)', "a, b", 'x"', "two\nlines", "γ-globulin", "患者", "NA", "None", "0"])
)


def maybe(strategy):
    return st.one_of(st.none(), strategy)


@st.composite
def patients(draw, name, recorded):
    whole = st.integers(-300, 300)
    occasions = draw(st.lists(st.tuples(maybe(st.integers(-8, 60)), maybe(st.integers(-7, 7))), max_size=5))
    visits, days, weeks = [], set(), set()
    for week, shift in occasions:
        day = None if week is not None and shift is None else 7 * (week or 0) + (shift or 0)
        if day in days or (week is not None and week in weeks):
            continue
        days |= {day} - {None}
        weeks.add(week)
        values = {
            CK: st.floats(1e-300, 1e7),
            MMT18: st.floats(0, 90),
            ADL15: st.integers(0, 45),
        }
        chosen = draw(st.lists(st.sampled_from([CK, MMT18, ADL15]), min_size=1, max_size=3, unique=True))
        ulns = {CK: maybe(st.floats(1, 500)) if name != "2" else st.none()}
        visits.append(
            Visit(week, day, [Assessment(each, draw(values[each]), draw(ulns.get(each, st.none()))) for each in chosen])
        )
    start = draw(maybe(whole))
    return Patient(
        name,
        draw(st.sampled_from(["PM", "DM"])),
        draw(st.sampled_from(["F", "M"])),
        draw(st.floats(0, 130)),
        disease_duration=draw(maybe(st.floats(0, 50))),
        previous_treatment=draw(maybe(odd_words)),
        weight=draw(maybe(st.floats(1e-5, 200))),
        efficacy_set=draw(st.booleans()),
        safety_set=draw(st.booleans()),
        exclusion_reason=draw(maybe(odd_words)),
        exclusion_conditions=draw(
            maybe(st.lists(st.sampled_from(["malignancy", "IgA deficiency", "a, b"]), unique=True).map(tuple))
        ),
        consented_on=draw(maybe(st.integers(-600, -120))),
        discontinued_on=draw(maybe(whole)),
        discontinuation_reason=draw(maybe(odd_words)),
        visits=visits,
        treatments=[Treatment(draw(odd_words), start, start, draw(maybe(st.floats(0.1, 9))), draw(maybe(odd_words)))],
        adverse_events=draw(
            st.lists(st.builds(AdverseEvent, odd_words, maybe(odd_words), maybe(whole), maybe(odd_words)), max_size=2)
        )
        if recorded
        else None,
        follow_up=FollowUp(1000, 5.5, draw(maybe(st.floats(6, 999)))) if name == "2" else None,
    )


@st.composite
def studies(draw):
    recorded = draw(st.booleans())
    return Study(
        [draw(patients(name, recorded)) for name in draw(st.sampled_from([["1"], ["2", "10"], ["患者 1", "2", "x,y"]]))],
        title=draw(st.one_of(st.just(""), odd_words)),
        source=draw(st.one_of(st.just(""), odd_words)),
        disposition=draw(st.lists(st.builds(DispositionStep, odd_words, st.integers(0, 99), maybe(odd_words)), max_size=2)),
    )


class TestWriting:
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(study=studies())
    def test_a_round_trip_loses_nothing(self, tmp_path_factory, study):
        folder = tmp_path_factory.mktemp("study")
        write_study(study, folder)
        again = read_study(folder)
        assert again == study
        assert again.notes == ()

    @settings(settings.get_profile("whole"), suppress_health_check=[HealthCheck.too_slow])
    @given(study=studies(), delimiter=st.sampled_from(",;\t"), shuffle=st.randoms(use_true_random=False))
    def test_neither_order_nor_delimiter_matters_and_what_was_read_is_written_alike(
        self, tmp_path_factory, study, delimiter, shuffle
    ):
        folder = tmp_path_factory.mktemp("study")
        write_study(study, folder)
        written = {path.name: path.read_bytes() for path in folder.iterdir()}
        for path in folder.iterdir():
            with path.open(encoding="utf-8", newline="") as file:
                header, *rows = csv.reader(file)
            columns = shuffle.sample(range(len(header)), len(header))
            lines = [header, *(shuffle.sample(rows, len(rows)) if path.name != "disposition.csv" else rows)]
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter=delimiter).writerows([[line[k] for k in columns] for line in lines])
        again = read_study(folder)
        assert again == study
        assert set(study_to_frames(again)) == {Path(name).stem for name in written}
        write_study(study, folder)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == written

    def test_the_files(self, tmp_path):
        write_study(saito2008.load_study(), tmp_path / "new" / "folder")
        assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == FILES
        assert lines_of(tmp_path / "new" / "folder" / "patients.csv")[:3] == [
            "patient,diagnosis,sex,age,disease_duration,previous_treatment,steroid_dose_start,steroid_dose_last,"
            "efficacy_set,safety_set,exclusion_reason,discontinued_on,discontinuation_reason",
            '1,PM,F,39,1.58,"CS, MTX, CYA",41,20,yes,yes,,,',
            '2,PM,F,64,0.08,"CS, pulses MPS",70,35,yes,yes,,,',
        ]
        assert lines_of(tmp_path / "new" / "folder" / "assessments.csv")[:2] == [
            "patient,week,measure,value,unit",
            "1,-4,MMT,65,points",
        ]

    def test_files_of_another_study_do_not_stay(self, template):
        (template / "notes.txt").write_text("mine")
        study = Study([Patient("P01", "PM", "F", 39)])
        write_study(study, template)
        assert sorted(path.name for path in template.iterdir()) == ["assessments.csv", "notes.txt", "patients.csv"]
        assert read_study(template) == study

    def test_other_measures_weeks_and_distances(self, tmp_path):
        haq = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3)
        patient = Patient("P01", "PM", "F", 39, visits=[Visit(4, 60, [Assessment(haq, 1.5)])])
        study = Study([patient], protocol=Protocol([0, 24], week_window=10, week_day_distance=32, measures=(haq,)))
        write_study(study, tmp_path)
        assert read_study(tmp_path) == study

    @pytest.mark.parametrize(
        ("study", "message"),
        [
            (
                Study([Patient("P01", "PM", "F", 39, previous_treatment="a\0b")]),
                "patients.csv:2: the file must be text.",
            ),
            (
                Study(
                    [Patient("P01", "PM", "F", 39, visits=[Visit(day=9, assessments=[Assessment(CK, 9)])], consented_on=10)]
                ),
                "assessments.csv:2: day: 'day' must be on or after the day of consent (day 10) (got 9) "
                "for patient 'P01', day 9.",
            ),
        ],
        ids=["NUL", "before consent"],
    )
    def test_what_would_not_be_read_is_refused(self, template, study, message):
        before = {path.name: path.read_bytes() for path in template.iterdir()}
        with pytest.raises(DataError) as caught:
            write_study(study, template)
        assert str(caught.value) == message
        assert {path.name: path.read_bytes() for path in template.iterdir()} == before

    def test_what_would_not_read_back_equal_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(
            "ivigmyo.files.delimited.cell_text", lambda cell: "" if cell is None else str(cell).replace("65.0", "66.0")
        )
        with pytest.raises(DataError, match=r"^what is written must read back equal\.$"):
            write_study(saito2008.load_study(), tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_failure_leaves_everything_as_it_was(self, template, monkeypatch):
        before = {path.name: path.read_bytes() for path in template.iterdir()}
        write_text = Path.write_text

        def fail_at_the_last(path, text, **options):
            if path.name == "disposition.csv":
                raise OSError(28, "No space left on device", str(path))
            return write_text(path, text, **options)

        monkeypatch.setattr(Path, "write_text", fail_at_the_last)
        with pytest.raises(OSError, match="No space left on device"):
            write_study(attrs.evolve(saito2008.load_study(), title="Another"), template)
        assert {path.name: path.read_bytes() for path in template.iterdir()} == before

    def test_a_folder_in_the_way(self, template):
        (template / "study.csv").unlink()
        (template / "study.csv").mkdir()
        before = {path.name: path.read_bytes() for path in template.iterdir() if path.is_file()}
        with pytest.raises(IsADirectoryError, match="a file is to be written where a folder is") as caught:
            write_study(attrs.evolve(saito2008.load_study(), disposition=()), template)
        assert caught.value.filename == str(template / "study.csv")
        assert {path.name: path.read_bytes() for path in template.iterdir() if path.is_file()} == before


class TestTemplate:
    def test_the_bundled_files_byte_by_byte(self, template):
        data = Path(saito2008.__file__).parent / "data"
        assert sorted(path.name for path in template.iterdir()) == FILES
        for name in FILES:
            if name != "study.csv":
                assert (template / name).read_bytes() == (data / name).read_bytes()
        told = dict(csv.reader((template / "study.csv").read_text(encoding="utf-8").splitlines()))
        assert list(told) == ["key", *KEYS[:3], "scheduled_weeks CK", *KEYS[3:]]
        assert {key for key, value in told.items() if value} == {
            "key", "title", "source", "scheduled_weeks", "scheduled_weeks CK", "endpoint_week", "comparison_weeks",
        }  # fmt: skip

    def test_nothing_is_written_over(self, tmp_path):
        (tmp_path / "study.csv").write_text("mine")
        (tmp_path / "patients.csv").write_text("mine")
        with pytest.raises(DataError) as caught:
            write_template(tmp_path)
        assert str(caught.value) == ("a template must be written where no study is (got 'patients.csv, study.csv').")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["patients.csv", "study.csv"]
        (tmp_path / "study.csv").unlink()
        shutil.move(tmp_path / "patients.csv", tmp_path / "other.csv")
        write_template(tmp_path)
        assert isinstance(read_study(tmp_path).ck_series(), pd.DataFrame)
