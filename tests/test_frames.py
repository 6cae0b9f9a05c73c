"""Tables to a study and back: every problem in one error, and nothing lost on the way."""

import math
from random import Random

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import read_study, saito2008, write_study
from ivigmyo.errors import DataError, Problem
from ivigmyo.files.columns import COLUMNS
from ivigmyo.files.frames import study_from_frames, study_to_frames
from ivigmyo.files.reading import study_from_tables
from ivigmyo.files.tables import Table, table_of_frame
from ivigmyo.instruments import ADL15, CK, MMT18, Instrument
from ivigmyo.normalization import find_contradictions
from ivigmyo.study import Protocol, Study
from ivigmyo.study.patients import AdverseEvent, Assessment, Diagnosis, DispositionStep, FollowUp, Patient, Treatment, Visit
from ivigmyo.study.plan import BUILT_IN


def table(header, *rows):
    return pd.DataFrame([row.split(",") for row in rows], columns=header.split(","), dtype=object)


DIAGNOSES = ", ".join(repr(str(each)) for each in Diagnosis)
MEASURES = ", ".join(map(repr, BUILT_IN))
PATIENTS = table("patient,diagnosis,sex,age", "P1,PM,F,39", "P2,DM,M,64")


def values(*rows, header="patient,week,day,measure,value,unit,uln"):
    """Assessments, one text a row; the columns after the fifth may be left out."""
    width = header.count(",")
    return table(header, *(row + "," * (width - row.count(",")) for row in rows))


def read(*rows, patients=PATIENTS, **tables):
    return from_files(patients, values(*rows), **tables)


def refused(*rows, **tables):
    """What is said of assessments, one line a problem."""
    with pytest.raises(DataError) as caught:
        read(*rows, **tables)
    return str(caught.value).split("\n")


def placed(frame, file, first=2):
    """The table that a file with these cells is read as."""
    lines = list(range(first, first + len(frame)))
    return attrs.evolve(table_of_frame(frame, file), labels=None, lines=lines, header=1)


def from_files(patients=PATIENTS, assessments=None, **tables):
    """A study of tables some of which were read from files."""
    given = {"patients": patients, "assessments": assessments, **tables}
    protocol = given.pop("protocol", None)
    kept = {name: each for name, each in given.items() if each is not None}
    made = {name: each if isinstance(each, Table) else table_of_frame(each, name) for name, each in kept.items()}
    return study_from_tables(made, protocol)


# ---------------------------------------------------------------------------------------------------- the whole


def test_tables_become_the_study_they_describe():
    study = study_from_frames(
        table(
            "patient,diagnosis,sex,age,disease_duration,previous_treatment,weight,highest_previous_dose,steroid_dose_start,"
            "steroid_dose_last,efficacy_set,safety_set,exclusion_reason,exclusion_conditions,consented_on,discontinued_on,"
            "discontinuation_reason",
            "P2,DM,M,64.5,0.5,MTX,61,60,40,20,no,yes,two days only,infection; fever,-40,35,worse",
            "P1,PM,F,39,,,,,,,,,,none,,,",
        ),
        values("P2,0,0,CK,500,IU/L,170", "P2,0,0,MMT,60,points,", "P2,,30,MMT,65,,", "P1,4,,ADL,20,,"),
        ck_follow_up=table("patient,normalized_on,re_elevated_on,observed_until", "P2,19,,409"),
        adverse_events=table("patient,term,group,day,relation", "P2,fever,general,1,related", "P2,cough,,,"),
        treatments=table("patient,treatment,start_day,end_day,dose,unit", "P2,IVIG,0,4,0.4,g/kg/day", "P1,IVIG,,,,"),
        study=table("key,value", "title,A trial", "source,A paper"),
        disposition=table("step,reason,patients", "registered,,3", "left,moved away,1"),
        protocol=Protocol(scheduled_weeks=[0, 4, 12], week_window=2),
    )
    second = Patient(
        "P2",
        "DM",
        "M",
        64.5,
        disease_duration=0.5,
        previous_treatment="MTX",
        weight=61,
        highest_previous_dose=60,
        steroid_dose_start=40,
        steroid_dose_last=20,
        efficacy_set=False,
        safety_set=True,
        exclusion_reason="two days only",
        exclusion_conditions=("infection", "fever"),
        consented_on=-40,
        discontinued_on=35,
        discontinuation_reason="worse",
        visits=[
            Visit(0, 0, [Assessment(CK, 500, 170), Assessment(MMT18, 60)]),
            Visit(None, 30, [Assessment(MMT18, 65)]),
        ],
        treatments=[Treatment("IVIG", 0, 4, 0.4, "g/kg/day")],
        adverse_events=[AdverseEvent("fever", "general", 1, "related"), AdverseEvent("cough")],
        follow_up=FollowUp(409, 19),
    )
    first = Patient(
        "P1",
        "PM",
        "F",
        39,
        exclusion_conditions=(),
        visits=[Visit(4, None, [Assessment(ADL15, 20)])],
        treatments=[Treatment("IVIG")],
        adverse_events=[],
    )
    steps = [DispositionStep("registered", 3), DispositionStep("left", 1, "moved away")]
    expected = Study([first, second], "A trial", "A paper", steps, Protocol(scheduled_weeks=[0, 4, 12], week_window=2))
    assert study == expected
    assert study.notes == ()
    for name in (field.name for field in attrs.fields(Patient)):
        assert getattr(study.patients[1], name) == getattr(expected.patients[1], name), name


@pytest.mark.parametrize("day", [-3, 0, 2])
def test_week_0_has_a_day_like_any_other_week(day, tmp_path):
    rows = table("patient,week,day,measure,value", f"P1,0,{day},MMT,59", f"P1,,{day},ADL,20", "P1,4,30,MMT,61")
    study = study_from_frames(PATIENTS, rows)
    first = Visit(0, day, [Assessment(MMT18, 59), Assessment(ADL15, 20)])
    assert study.patients[0].visits == (first, Visit(4, 30, [Assessment(MMT18, 61)]))
    write_study(study, tmp_path / "t")
    assert read_study(tmp_path / "t") == study
    assert f"P1,0,{day},MMT,59," in (tmp_path / "t" / "assessments.csv").read_text(encoding="utf-8")


def test_few_columns_are_enough():
    study = study_from_frames(PATIENTS, table("patient,week,measure,value", "P1,0,MMT,59"))
    assert study == Study(
        [Patient("P1", "PM", "F", 39, visits=[Visit(0, None, [Assessment(MMT18, 59)])]), Patient("P2", "DM", "M", 64)]
    )
    assert study_from_frames(PATIENTS, table("day,value,measure,patient", "0,59,MMT,P1")).patients[0].visits == (
        Visit(None, 0, [Assessment(MMT18, 59)]),
    )


def test_typed_cells_and_text_give_the_same_study():
    typed = study_from_frames(
        pd.DataFrame(
            {
                "patient": [1, 2],
                "diagnosis": ["PM", "DM"],
                "sex": ["F", "M"],
                "age": [39, 64.0],
                "efficacy_set": [True, False],
            }
        ),
        pd.DataFrame(
            {
                "patient": [1, 1],
                "week": [0, np.nan],
                "day": [np.nan, 28],
                "measure": ["MMT", "CK"],
                "value": [59, 500.0],
                "uln": [np.nan, 170],
            }
        ),
    )
    text = study_from_frames(
        table("patient,diagnosis,sex,age,efficacy_set", "1,PM,F,39,yes", "2,DM,M,64,no"),
        values("1,0,,MMT,59", "1,,28,CK,500,,170"),
    )
    assert typed == text


def test_adverse_events_not_recorded_are_none():
    assert [patient.adverse_events for patient in read("P1,0,,MMT,59").patients] == [None, None]
    empty = pd.DataFrame(columns=["patient", "term"])
    assert [patient.adverse_events for patient in read("P1,0,,MMT,59", adverse_events=empty).patients] == [(), ()]


def test_a_patient_without_any_value_is_kept():
    assert read("P1,0,,MMT,59").patients[1].visits == ()
    assert study_from_frames(PATIENTS, values()).values("MMT").shape == (2, 0)


@pytest.mark.parametrize("name", ["patients", "assessments", "ck_follow_up", "treatments", "study"])
def test_a_table_is_a_data_frame(name):
    tables = {"patients": PATIENTS, "assessments": values("P1,0,,MMT,59"), name: [{"patient": "P1"}]}
    with pytest.raises(ValueError, match="must be a DataFrame") as caught:
        study_from_frames(**tables)
    assert str(caught.value) == f"{name!r} must be a DataFrame (got 'list')."


# ---------------------------------------------------------------------------------------------------- visits


def test_values_of_one_week_and_day_are_one_visit():
    study = read("P1,0,0,MMT,59", "P1,0,0,ADL,20", "P1,0,0,CK,500", "P1,4,,MMT,60", "P1,4,,ADL,21")
    assert [(visit.week, visit.day, len(visit.assessments)) for visit in study.patients[0].visits] == [
        (0, 0, 3),
        (4, None, 2),
    ]


def test_a_row_with_a_day_alone_belongs_to_the_visit_of_that_day():
    study = read("P1,,83,ADL,20", "P1,12,83,MMT,59", "P1,,83,CK,500", "P2,,83,MMT,1")
    assert [(visit.week, visit.day, len(visit.assessments)) for visit in study.patients[0].visits] == [(12, 83, 3)]
    assert [(visit.week, visit.day) for visit in study.patients[1].visits] == [(None, 83)]


def test_a_week_without_a_day_is_a_visit_of_its_own():
    study = read("P1,4,,MMT,59", "P1,4,28,ADL,20", "P1,,28,CK,500")
    assert [(visit.week, visit.day, len(visit.assessments)) for visit in study.patients[0].visits] == [
        (4, 28, 2),
        (4, None, 1),
    ]


def test_units_are_converted_and_it_is_said():
    study = read(
        "P1,0,,CK,10,microkat/L,3", "P1,4,,CK,2.5,microkat/L", "P1,8,,CK,150,U/L,170", "P1,12,,CK,120,IU/L", "P2,0,,CK,90"
    )
    assert study.values("CK").loc["P1"].tolist() == [600, 150, 150, 120]
    assert study.ck_series()["uln"].fillna(-1).tolist() == [180, -1, 170, -1, -1]
    assert study.notes == ("2 values in microkat/L were converted (1 microkat/L = 60 IU/L).",)
    assert read("P1,0,,CK,10,microkat/L").notes == ("1 value in microkat/L was converted (1 microkat/L = 60 IU/L).",)


def test_what_is_left_out_is_noted():
    study = from_files(
        PATIENTS.assign(ward="3B"),
        placed(values("P1,0,,MMT,59").assign(remark=""), "assessments.csv"),
        study=table("key,value", "title,A trial"),
    )
    assert study.notes == (
        "patients: column 'ward' was left out.",
        "assessments.csv: column 'remark' was left out.",
    )
    assert study.title == "A trial"


def test_a_key_without_a_value_is_empty():
    study = read("P1,0,,MMT,59", study=table("key,value", "title,", "source,A paper"))
    assert (study.title, study.source) == ("", "A paper")


# ---------------------------------------------------------------------------------------------------- items

ITEMS = "patient,week,measure,item,value"


def item_rows(instrument, score, week=0, name="P1", **changed):
    scores = {item: changed.get(item.replace(" ", "_"), score) for item in instrument.items}
    return [f"{name},{week},{instrument.code},{item},{value}" for item, value in scores.items() if value is not None]


def read_items(*rows):
    return study_from_frames(PATIENTS, table(ITEMS, *rows))


def refused_items(*rows):
    with pytest.raises(DataError) as caught:
        from_files(PATIENTS, placed(table(ITEMS, *rows), "assessments.csv"))
    return str(caught.value).split("\n")


def test_items_are_added_up():
    study = read_items(*item_rows(MMT18, 4, neck_flexors=2), *item_rows(ADL15, 3), *item_rows(ADL15, 1, 4), "P2,0,MMT,,60")
    assert study.values("MMT")[0].tolist() == [70, 60]
    assert study.values("ADL").loc["P1"].tolist() == [45, 15]


def test_a_total_may_stand_beside_its_items():
    assert read_items("P1,0,ADL,,45", *item_rows(ADL15, 3)).values("ADL")[0].tolist()[0] == 45
    assert read_items(*item_rows(ADL15, 3, swallowing=None), "P1,0,ADL,,43").values("ADL")[0].tolist()[0] == 43
    assert refused_items("P1,0,ADL,,44", *item_rows(ADL15, 3)) == [
        "assessments.csv:3: value: the total of 'ADL' must be that of its items (45) (got 44) for patient 'P1', week 0."
    ]


def test_a_missing_item_is_named_unless_the_total_is_given():
    assert refused_items(*item_rows(MMT18, 5, neck_flexors=None, left_hamstrings=None)) == [
        "assessments.csv:2: item: 'MMT' item 'neck flexors' is missing for patient 'P1', week 0.",
        "assessments.csv:2: item: 'MMT' item 'left hamstrings' is missing for patient 'P1', week 0.",
    ]


def test_a_word_strayed_into_the_column_of_items_is_one_problem():
    assert refused_items("P1,0,MMT,points,59", "P1,4,MMT,,60") == [
        "assessments.csv:2: item: 'MMT' has no item 'points' for patient 'P1', week 0."
    ]
    assert len(refused_items("P1,0,MMT,neck flexor,5", "P1,0,MMT,neck extensors,5")) == 18


def test_every_faulty_item_is_reported_on_its_own_line():
    rows = item_rows(ADL15, 3, raising_the_arms=4, swallowing=-1)
    expected = [
        "assessments.csv:2: value: 'ADL' item 'raising the arms' must be between 0 and 3 (got 4) for patient 'P1', week 0.",
        "assessments.csv:16: value: 'ADL' item 'swallowing' must be between 0 and 3 (got -1) for patient 'P1', week 0.",
        "assessments.csv:17: item: 'ADL' has no item 'swimming' for patient 'P1', week 0.",
    ]
    assert refused_items(*rows, "P1,0,ADL,swimming,1") == expected
    assert refused_items(*rows, "P1,0,ADL,swimming,1", "P1,0,ADL,,40") == expected


def test_an_item_is_scored_once_a_visit():
    found = refused_items(*item_rows(ADL15, 3), "P1,0,ADL,swallowing,2", "P1,0,CK,,500")
    assert found == [
        "assessments.csv:17: item: 'ADL' item 'swallowing' must be scored once a visit (got 2) for patient 'P1', week 0."
    ]


def test_a_measure_without_items_has_none():
    assert refused_items("P1,0,CK,left arm,5") == [
        "assessments.csv:2: item: 'CK' has no item 'left arm' for patient 'P1', week 0."
    ]


@given(st.permutations(item_rows(ADL15, 2, swallowing=1) + item_rows(MMT18, 3) + ["P2,0,MMT,,60", "P2,4,ADL,,7"]))
@settings(settings.get_profile("whole"))
def test_the_order_of_items_does_not_matter(rows):
    study = read_items(*rows)
    assert study.values("ADL").fillna(-1).to_numpy().tolist() == [[29, -1], [-1, 7]]
    assert study.values("MMT")[0].tolist() == [54, 60]


# ---------------------------------------------------------------------------------------------------- refused values


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("P1,4,,MMT,91", "value: 'MMT' must be between 0 and 90 (got 91) for patient 'P1', week 4."),
        ("P1,4,,MMT,-1", "value: 'MMT' must be between 0 and 90 (got -1) for patient 'P1', week 4."),
        ("P1,4,,MMT,", "value: 'value' must not be empty for patient 'P1', week 4."),
        ("P1,4,,MMT,nan", "value: 'value' must be a number: 'n' spoils it (got 'nan') for patient 'P1', week 4."),
        ("P1,4,,MMT,5O", "value: 'value' must be a number: 'O' spoils it (got '5O') for patient 'P1', week 4."),
        ("P1,,30,ADL,46", "value: 'ADL' must be between 0 and 45 (got 46) for patient 'P1', day 30."),
        ("P1,4,,CK,0", "value: 'CK' must be greater than 0 and at most 10000000 (got 0) for patient 'P1', week 4."),
        ("P1,4,,CK,-5", "value: 'CK' must be greater than 0 and at most 10000000 (got -5) for patient 'P1', week 4."),
        ("P1,4,,CK,1e999", "value: 'value' must be a finite number (got '1e999') for patient 'P1', week 4."),
        (
            "P1,4,,CK,1e308,microkat/L",
            "value: 'CK' must be greater than 0 and at most 10000000 (got inf) for patient 'P1', week 4.",
        ),
        ("P1,4,,CK,500,IU/L,0", "uln: 'uln' must be greater than 0 (got 0) for patient 'P1', week 4."),
        ("P1,4,,CK,500,IU/L,-1", "uln: 'uln' must be greater than 0 (got -1) for patient 'P1', week 4."),
        ("P1,4,,MMT,59,,170", "uln: 'MMT' has no upper limit of normal (got 170) for patient 'P1', week 4."),
        (
            "P1,4,,CK,500,ng/mL",
            "unit: the unit of 'CK' must be IU/L or U/L or microkat/L or nkat/L (got 'ng/mL') for patient 'P1', week 4.",
        ),
        ("P1,4,,MMT,59,IU/L", "unit: the unit of 'MMT' must be points (got 'IU/L') for patient 'P1', week 4."),
        ("P1,4,,MTM,59", "measure: 'measure' must be one of MEASURES (got 'MTM') for patient 'P1', week 4."),
        ("P1,4,,mmt,59", "measure: 'measure' must be one of MEASURES (got 'mmt') for patient 'P1', week 4."),
        ("P1,4,,,59", "measure: 'measure' must not be empty for patient 'P1', week 4."),
        ("P9,4,,MMT,59", "patient: 'patient' must be one of the patients table (got 'P9') for patient 'P9', week 4."),
        (",4,,MMT,59", "patient: 'patient' must not be empty."),
        ("P1,four,,MMT,59", "week: 'week' must be a whole number: 'f' spoils it (got 'four') for patient 'P1'."),
        ("P1,4.5,,MMT,59", "week: 'week' must be a whole number (got '4.5') for patient 'P1'."),
        ("P1,4,36,MMT,59", "day: 'day' must lie within 7 days of week 4 (day 28) (got 36) for patient 'P1', week 4."),
        ("P1,4,20,MMT,59", "day: 'day' must lie within 7 days of week 4 (day 28) (got 20) for patient 'P1', week 4."),
        ("P1,5001,,MMT,59", "week: 'week' must be between -5000 and 5000 (got 5001) for patient 'P1', week 5001."),
        ("P1,,40000,MMT,59", "day: 'day' must be between -35000 and 35000 (got 40000) for patient 'P1', day 40000."),
        ("P1,,2e79,MMT,59", "day: 'day' must be a whole number (got '2e79') for patient 'P1'."),
    ],
)
def test_an_impossible_value_is_refused_with_its_line(row, text):
    with pytest.raises(DataError) as caught:
        from_files(PATIENTS, placed(values("P2,0,,MMT,59", row), "assessments.csv"))
    assert str(caught.value) == f"assessments.csv:3: {text}".replace("MEASURES", MEASURES)
    assert caught.value.problems[0].line == 3


def test_a_value_without_a_time_is_refused():
    (line,) = refused("P1,,,MMT,59")
    assert line.startswith("assessments: week: ")
    assert line.endswith(" for patient 'P1'.")
    assert "week" in line
    assert "day" in line


def test_a_table_with_neither_week_nor_day_says_so_once():
    with pytest.raises(DataError) as caught:
        from_files(PATIENTS, placed(table("patient,measure,value", "P1,MMT,59", "P2,MMT,60"), "assessments.csv"))
    assert str(caught.value) == "assessments.csv:1: column 'week' or 'day' is missing."


@pytest.mark.parametrize("day", [77, 83, 84, 91])
def test_a_week_12_visit_is_normal_within_a_week(day):
    assert read(f"P1,12,{day},MMT,59").values("MMT").columns.tolist() == [12]


def test_many_days_far_from_their_weeks_are_one_fact_that_names_the_field_which_admits_them():
    far = values(*[f"{patient},{week},{7 * week + 9},MMT,59" for patient in ("P1", "P2") for week in range(1, 7)])
    with pytest.raises(DataError) as caught:
        study_from_frames(PATIENTS, far)
    assert len(caught.value.problems) == 12
    assert str(caught.value) == (
        "assessments: day: 'day' must lie within 7 days of the first day of its week, 7 x 'week': a 'week_day_distance' of "
        "9 in the protocol admits all 12 that do not (got 16) for patient 'P1', week 1. And 11 more of this rule, the next "
        "at patient 'P1', week 2 and patient 'P1', week 3."
    )
    study = study_from_frames(PATIENTS, far, protocol=Protocol(week_day_distance=9))
    assert study.values("MMT").columns.tolist() == [1, 2, 3, 4, 5, 6]


def test_the_distance_of_week_and_day_is_a_named_choice():
    with pytest.raises(DataError) as caught:
        study_from_frames(PATIENTS, values("P1,12,83,MMT,59"), protocol=Protocol(week_day_distance=0))
    assert str(caught.value) == (
        "assessments: day: 'day' must lie within 0 days of week 12 (day 84) (got 83) for patient 'P1', week 12."
    )
    study = study_from_frames(PATIENTS, values("P1,12,60,MMT,59"), protocol=Protocol(week_day_distance=24))
    assert study.values("MMT").columns.tolist() == [12]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            ["P1,4,,MMT,59", "P1,4,,MMT,59"],
            "measure: 'MMT' must be assessed once a visit (got 59) for patient 'P1', week 4.",
        ),
        (
            ["P1,,30,MMT,59", "P1,,30,MMT,60"],
            "measure: 'MMT' must be assessed once a visit (got 60) for patient 'P1', day 30.",
        ),
        (
            ["P1,4,28,MMT,59", "P1,4,29,MMT,60"],
            "measure: 'MMT' must be assessed once a visit (got 60) for patient 'P1', week 4.",
        ),
        (
            ["P1,4,,MMT,59", "P1,4,29,MMT,60"],
            "measure: 'MMT' must be assessed once a visit (got 60) for patient 'P1', week 4.",
        ),
        (
            ["P1,4,29,MMT,59", "P1,,29,MMT,60"],
            "measure: 'MMT' must be assessed once a visit (got 60) for patient 'P1', day 29.",
        ),
        (
            ["P1,4,30,MMT,59", "P1,5,30,ADL,20"],
            "week: day 30 must belong to one week (week 4) (got 5) for patient 'P1', week 5.",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(rows, text):
    assert refused(*rows) == [f"assessments: {text}"]


# ---------------------------------------------------------------------------------------------------- refused patients


@pytest.mark.parametrize(
    ("row", "texts"),
    [
        ("P3,PMM,F,39", [f"diagnosis: 'diagnosis' must be one of {DIAGNOSES} (got 'PMM') for patient 'P3'."]),
        ("P3,PM,W,39", ["sex: 'sex' must be one of 'F', 'M' (got 'W') for patient 'P3'."]),
        ("P3,PM,F,390", ["age: 'age' must be between 0 and 130 (got 390) for patient 'P3'."]),
        ("P3,PM,F,", ["age: 'age' must not be empty for patient 'P3'."]),
        ("P1,PM,F,39", ["patient: a patient must appear once (got 'P1') for patient 'P1'."]),
        (",PM,F,39", ["patient: 'patient' must not be empty."]),
        (
            "P3,,X,old",
            [
                "diagnosis: 'diagnosis' must not be empty for patient 'P3'.",
                "age: 'age' must be a number: 'o' spoils it (got 'old') for patient 'P3'.",
                "sex: 'sex' must be one of 'F', 'M' (got 'X') for patient 'P3'.",
            ],
        ),
    ],
)
def test_an_impossible_patient_is_refused_with_its_line(row, texts):
    patients = placed(table("patient,diagnosis,sex,age", "P1,PM,F,39", row), "patients.csv")
    assert refused("P1,0,,MMT,59", patients=patients) == [f"patients.csv:3: {text}" for text in texts]


def test_an_empty_study_is_refused():
    empty = table("patient,diagnosis,sex,age")
    with pytest.raises(DataError) as caught:
        study_from_frames(empty, values())
    assert str(caught.value) == "patients: a study must have at least one patient (got 0)."
    with pytest.raises(DataError) as caught:
        from_files(placed(empty, "patients.csv"), values("P1,0,,MMT,59"))
    assert str(caught.value) == "patients.csv: a study must have at least one patient (got 0)."


def test_where_the_patients_table_cannot_be_read_no_patient_is_called_unknown():
    assert refused("P1,0,,MMT,59", patients=table("patient,sex,age", "P1,F,39")) == [
        "patients: column 'diagnosis' is missing (found: 'patient', 'sex', 'age')."
    ]


def test_a_patient_with_a_problem_is_not_called_unknown_elsewhere():
    patients = table("patient,diagnosis,sex,age", "P1,PM,F,390")
    found = refused("P1,0,,MMT,59", "P1,4,,MMT,99", patients=patients)
    assert found == [
        "patients: age: 'age' must be between 0 and 130 (got 390) for patient 'P1'.",
        "assessments: value: 'MMT' must be between 0 and 90 (got 99) for patient 'P1', week 4.",
    ]


def test_an_unknown_patient_is_one_problem_a_table():
    found = refused(
        "P9,0,,MMT,59",
        "P8,0,,MMT,59",
        "P9,4,,MMT,99",
        "P9,8,,MMT,59",
        treatments=table("patient,treatment", "P9,IVIG"),
        adverse_events=table("patient,term", "P7,fever"),
        ck_follow_up=table("patient,normalized_on,re_elevated_on,observed_until", "P6,,,409"),
    )
    known = "patient: 'patient' must be one of the patients table"
    assert sorted(found) == sorted(
        [
            f"ck_follow_up: {known} (got 'P6') for patient 'P6'.",
            f"assessments: {known} (got 'P9') for patient 'P9', week 0, and in 2 more rows.",
            f"assessments: {known} (got 'P8') for patient 'P8', week 0.",
            f"treatments: {known} (got 'P9') for patient 'P9', treatment 'IVIG'.",
            f"adverse_events: {known} (got 'P7') for patient 'P7'.",
        ]
    )


# ---------------------------------------------------------------------------------------------------- the other tables


@pytest.mark.parametrize(
    ("name", "header", "row", "texts"),
    [
        (
            "treatments",
            "patient,treatment,start_day,end_day",
            "P1,IVIG,4,0",
            ["end_day: 'end_day' must be on or after 'start_day' (day 4) (got 0) for patient 'P1', treatment 'IVIG'."],
        ),
        (
            "treatments",
            "patient,treatment,dose",
            "P1,IVIG,-1",
            ["dose: 'dose' must be at least 0 (got -1) for patient 'P1', treatment 'IVIG'."],
        ),
        ("treatments", "patient,treatment,dose", "P1,,1", ["treatment: 'treatment' must not be empty for patient 'P1'."]),
        (
            "adverse_events",
            "patient,term,day",
            "P1,fever,1.5",
            ["day: 'day' must be a whole number (got '1.5') for patient 'P1'."],
        ),
        (
            "adverse_events",
            "patient,term,day",
            "P1,fever,99999",
            ["day: 'day' must be between -35000 and 35000 (got 99999) for patient 'P1', day 99999."],
        ),
        (
            "ck_follow_up",
            "patient,normalized_on,re_elevated_on,observed_until",
            "P1,,19,409",
            ["re_elevated_on: 're_elevated_on' needs 'normalized_on' (got 19) for patient 'P1'."],
        ),
        (
            "ck_follow_up",
            "patient,normalized_on,re_elevated_on,observed_until",
            "P1,19,10,5",
            [
                "observed_until: 'observed_until' must be on or after 'normalized_on' (day 19) (got 5) for patient 'P1'.",
                "observed_until: 'observed_until' must be on or after 're_elevated_on' (day 10) (got 5) for patient 'P1'.",
                "re_elevated_on: 're_elevated_on' must be after 'normalized_on' (day 19) (got 10) for patient 'P1'.",
            ],
        ),
        (
            "ck_follow_up",
            "patient,normalized_on,re_elevated_on,observed_until",
            "P1,,,",
            ["observed_until: 'observed_until' must not be empty for patient 'P1'."],
        ),
        (
            "ck_follow_up",
            "patient,normalized_on,observed_until",
            "P1,,409",
            ["column 're_elevated_on' is missing (found: 'patient', 'normalized_on', 'observed_until')."],
        ),
        (
            "disposition",
            "step,patients",
            "treated,-1",
            ["patients: 'patients' must be at least 0 (got -1) for step 'treated'."],
        ),
        (
            "disposition",
            "step,patients",
            "treated,many",
            ["patients: 'patients' must be a whole number: 'm' spoils it (got 'many')."],
        ),
        ("study", "key,value", ",A trial", ["key: 'key' must not be empty."]),
    ],
)
def test_what_is_wrong_in_the_other_tables(name, header, row, texts):
    found = refused("P1,0,,MMT,59", **{name: placed(table(header, row), f"{name}.csv")})
    line = 1 if texts[0].startswith("column") else 2
    assert found == [f"{name}.csv:{line}: {text}" for text in texts]


def test_a_patient_has_one_follow_up_and_a_key_one_value():
    found = refused(
        "P1,0,,MMT,59",
        ck_follow_up=table("patient,normalized_on,re_elevated_on,observed_until", "P1,,,409", "P2,,,9", "P1,,,400"),
        study=table("key,value", "title,A trial", "title,A trial"),
    )
    assert found == [
        "ck_follow_up: patient: a patient must have one follow-up (got 'P1') for patient 'P1'.",
        "study: key: a key must appear once (got 'title') in row 1.",
    ]


def test_a_text_too_long_to_show_is_cut():
    (line,) = refused("P1,0,,MMT," + "9" * 10_000_000 + "x")
    assert line.endswith("...') for patient 'P1', week 0.")
    assert len(line) < 400


# ---------------------------------------------------------------------------------------------------- watched times

CONSENTED = table("patient,diagnosis,sex,age,consented_on", "P1,PM,F,39,-30", "P2,DM,M,64,")
FOLLOWED = table("patient,normalized_on,re_elevated_on,observed_until", "P1,,,59")


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("P1,,-30,MMT,59", None),
        (
            "P1,,-31,MMT,59",
            "day: 'day' must be on or after the day of consent (day -30) (got -31) for patient 'P1', day -31.",
        ),
        (
            "P1,-4,-31,MMT,59",
            "day: 'day' must be on or after the day of consent (day -30) (got -31) for patient 'P1', week -4.",
        ),
        ("P1,-5,,MMT,59", None),
        (
            "P1,-6,,MMT,59",
            "week: 'week' must be on or after the day of consent (day -30) (got -6) for patient 'P1', week -6.",
        ),
        ("P2,,-300,MMT,59", None),
        ("P1,,59,MMT,59", None),
        ("P1,,60,MMT,59", "day: 'day' must be within the monitoring (until day 59) (got 60) for patient 'P1', day 60."),
        ("P1,9,,MMT,59", None),
        ("P1,10,,MMT,59", "week: 'week' must be within the monitoring (until day 59) (got 10) for patient 'P1', week 10."),
        ("P2,,600,MMT,59", None),
    ],
)
def test_a_visit_lies_between_consent_and_the_end_of_monitoring(row, text):
    if text is None:
        read(row, patients=CONSENTED, ck_follow_up=FOLLOWED)
    else:
        assert refused(row, patients=CONSENTED, ck_follow_up=FOLLOWED) == [f"assessments: {text}"]


# ---------------------------------------------------------------------------------------------------- agreement


def followed(normalized, re_elevated, until):
    row = ",".join(["P1", *("" if day is None else str(day) for day in (normalized, re_elevated, until))])
    return table("patient,normalized_on,re_elevated_on,observed_until", row)


def disagreements(rows, *follow_up):
    """The lines of the values that contradict a follow-up."""
    try:
        from_files(PATIENTS, placed(values(*rows), "assessments.csv"), ck_follow_up=followed(*follow_up))
    except DataError as error:
        return [problem.line for problem in error.problems if problem.column == "value"]
    return []


@pytest.mark.parametrize(
    ("rows", "follow_up", "lines"),
    [
        # Never normal: no later value within its limit.
        (["P1,,0,CK,100,,170", "P1,,28,CK,500,,170", "P1,,56,CK,170,,170"], (None, None, 409), [4]),
        # Normal from day 25 on.
        (["P1,,20,CK,100,,170", "P1,,25,CK,170,,170", "P1,,30,CK,171,,170"], (25, None, 409), [2, 4]),
        # Above again on day 60, and unknown after it.
        (["P1,,59,CK,171,,170", "P1,,60,CK,170,,170", "P1,,70,CK,1,,170", "P1,,71,CK,999,,170"], (25, 60, 409), [2, 3]),
        # Without a limit, of another measure, or of another patient, a value says nothing.
        (["P1,,20,CK,100", "P1,,20,MMT,5", "P2,,20,CK,100,,170"], (25, None, 409), []),
        # Where only the week is known, the value contradicts only if it does so on every day within a week's distance.
        (["P1,4,,CK,100,,170"], (None, None, 409), [2]),
        (["P1,4,,CK,100,,170"], (30, None, 409), []),
        (["P1,4,,CK,100,,170"], (35, None, 409), []),
        (["P1,4,,CK,100,,170"], (36, None, 409), [2]),
        (["P1,4,,CK,900,,170"], (22, None, 409), []),
        (["P1,4,,CK,900,,170"], (21, None, 409), [2]),
        (["P1,0,,CK,100,,170"], (25, None, 409), []),
    ],
)
def test_serial_values_must_agree_with_the_follow_up(rows, follow_up, lines):
    assert disagreements(rows, *follow_up) == lines


def test_a_disagreement_is_said_in_words():
    assert refused("P1,,28,CK,450,,180", ck_follow_up=followed(25, None, 279)) == [
        "assessments: value: 'ck' must be at most its ULN of 180 from day 25, when it normalized (got 450) "
        "for patient 'P1', day 28."
    ]
    assert refused("P1,4,,CK,100,,180", ck_follow_up=followed(None, None, 279)) == [
        "assessments: value: 'ck' must be above its ULN of 180 where it did not normalize (got 100) "
        "for patient 'P1', week 4."
    ]


# ---------------------------------------------------------------------------------------------------- all at once


def test_all_problems_of_all_tables_are_reported_at_once_and_none_is_invented():
    with pytest.raises(DataError) as caught:
        from_files(
            placed(
                table("patient,diagnosis,sex,age", "P1,PM,F,39", "P2,PMM,F,39", "P3,DM,M,6O", "P1,DM,F,20"), "patients.csv"
            ),
            placed(
                values(
                    "P1,0,,MMT,59",
                    "P1,0,,MMT,60",
                    "P1,4,,MMT,91",
                    "P1,8,99,ADL,20",
                    "P1,9,,CK,-4",
                    "P1,10,,CK,5,mg",
                    "P2,0,,CK,x",
                    "P3,0,,Q,1",
                    "P4,0,,MMT,1",
                    "P3,0,,MMT,50",
                ),
                "assessments.csv",
            ),
            treatments=placed(table("patient,treatment,start_day,end_day", "P1,IVIG,4,0", "P3,IVIG,0,4"), "treatments.csv"),
        )
    places = [(problem.file, problem.line, problem.column) for problem in caught.value.problems]
    assert sorted(places) == [
        ("assessments.csv", 3, "measure"),
        ("assessments.csv", 4, "value"),
        ("assessments.csv", 5, "day"),
        ("assessments.csv", 6, "value"),
        ("assessments.csv", 7, "unit"),
        ("assessments.csv", 8, "value"),
        ("assessments.csv", 9, "measure"),
        ("assessments.csv", 10, "patient"),
        ("patients.csv", 3, "diagnosis"),
        ("patients.csv", 4, "age"),
        ("patients.csv", 5, "patient"),
        ("treatments.csv", 2, "end_day"),
    ]


def test_what_was_found_in_a_file_is_among_the_problems():
    problem = Problem("a row must have as many fields as the header", 3, file="assessments.csv", line=9)
    broken = attrs.evolve(placed(values("P1,0,,MMT,59"), "assessments.csv"), problems=(problem,))
    with pytest.raises(DataError) as caught:
        from_files(PATIENTS, broken)
    assert str(caught.value) == "assessments.csv:9: a row must have as many fields as the header (got 3)."


# ---------------------------------------------------------------------------------------------------- instruments


def test_a_measure_of_one_s_own_is_read_beside_the_built_in_ones():
    vas = Instrument("VAS", "Pain", "mm", maximum=100, higher_is_better=False)
    study = read("P1,0,,VAS,15", "P1,0,,MMT,59", protocol=Protocol(measures=[vas]))
    assert study.values(vas).loc["P1", 0] == 15
    assert study.values("MMT").loc["P1", 0] == 59
    listed = table("measure,name,unit,maximum,better", "VAS,Pain,mm,100,lower")
    assert read("P1,0,,VAS,15", "P1,0,,MMT,59", measures=listed) == study


# ---------------------------------------------------------------------------------------------------- round trip


def test_the_bundled_study_goes_round():
    study = saito2008.load_study()
    frames = study_to_frames(study)
    assert list(frames) == [name for name in COLUMNS if name != "measures"]
    assert study_from_frames(**frames) == study
    assert study_to_frames(study_from_frames(**frames)).keys() == frames.keys()
    for name, frame in study_to_frames(study_from_frames(**frames)).items():
        pd.testing.assert_frame_equal(frame, frames[name])


def test_tables_have_all_their_columns_and_no_empty_cell_but_none():
    frames = study_to_frames(read("P1,0,,MMT,59", "P1,,7,CK,500"))
    assert list(frames) == ["patients", "assessments"]
    for name, frame in frames.items():
        assert frame.columns.tolist() == [column.name for column in COLUMNS[name]]
        assert all(cell is None or cell == cell for cell in frame.to_numpy().ravel())
        assert frame.dtypes.eq(object).all()
    assert frames["assessments"].to_numpy().tolist() == [
        ["P1", 0, None, "MMT", None, 59.0, "points", None],
        ["P1", None, 7, "CK", None, 500.0, "IU/L", None],
    ]
    assert frames["patients"].iloc[0].dropna().to_dict() == {
        "patient": "P1", "diagnosis": "PM", "sex": "F", "age": 39.0, "efficacy_set": True, "safety_set": True,
    }  # fmt: skip
    assert all(type(cell) is str for cell in frames["patients"][["diagnosis", "sex"]].to_numpy().ravel())


def test_events_recorded_but_none_found_keep_their_table():
    study = Study([Patient("P1", "PM", "F", 39, adverse_events=[])])
    frames = study_to_frames(study)
    assert list(frames) == ["patients", "assessments", "adverse_events"]
    assert len(frames["adverse_events"]) == 0
    assert study_from_frames(**frames) == study
    assert "adverse_events" not in study_to_frames(Study([Patient("P1", "PM", "F", 39)]))


TEXTS = st.sampled_from(["fever", "a, b", "日本語", "12", "nan", 'quoted "text"', "two\nlines", "none", "; x"])
DAYS = st.none() | st.integers(-200, 500)
AMOUNTS = st.none() | st.floats(0, 100)
POSITIVE = st.none() | st.floats(1e-3, 1e6)


@st.composite
def follow_ups(draw):
    until = draw(st.floats(0, 1000))
    normalized = draw(st.none() | st.floats(0, until, exclude_min=True)) if until else None
    later = normalized is not None and normalized < until
    return FollowUp(until, normalized, draw(st.none() | st.floats(normalized, until, exclude_min=True)) if later else None)


@st.composite
def any_patients(draw, name, events):
    weeks = draw(st.lists(st.integers(-20, 100), unique=True, max_size=4))
    visits = []
    for week in weeks:
        assessed = [Assessment(MMT18, draw(st.floats(0, 90))), Assessment(CK, draw(st.floats(1e-3, 1e5)), draw(POSITIVE))]
        kind = draw(st.sampled_from(["week", "day", "both"]))
        day = 7 * week + draw(st.integers(-3, 3))
        chosen = draw(st.sampled_from([assessed, assessed[:1], assessed[1:]]))
        visits.append(Visit(None if kind == "day" else week, None if kind == "week" else day, chosen))
    conditions = st.lists(st.sampled_from(["infection", "heart failure", "日本"]), max_size=3).map(tuple)
    return Patient(
        name,
        draw(st.sampled_from(["PM", "DM"])),
        draw(st.sampled_from(["F", "M"])),
        draw(st.floats(0, 130)),
        disease_duration=draw(AMOUNTS),
        previous_treatment=draw(st.none() | TEXTS),
        weight=draw(POSITIVE),
        highest_previous_dose=draw(AMOUNTS),
        steroid_dose_start=draw(AMOUNTS),
        steroid_dose_last=draw(AMOUNTS),
        efficacy_set=draw(st.booleans()),
        safety_set=draw(st.booleans()),
        exclusion_reason=draw(st.none() | TEXTS),
        exclusion_conditions=draw(st.none() | conditions),
        discontinued_on=draw(DAYS),
        discontinuation_reason=draw(st.none() | TEXTS),
        visits=visits,
        treatments=[Treatment(draw(TEXTS), 0, draw(st.none() | st.integers(0, 9)), draw(POSITIVE), draw(st.none() | TEXTS))]
        * draw(st.integers(0, 2)),
        adverse_events=[AdverseEvent(draw(TEXTS), draw(st.none() | TEXTS), draw(DAYS))] * draw(st.integers(0, 2))
        if events
        else None,
        follow_up=None if visits else draw(st.none() | follow_ups()),
    )


@st.composite
def any_studies(draw):
    events = draw(st.booleans())
    names = draw(st.lists(st.sampled_from(["1", "2", "10", "P1", "日本", "a b"]), min_size=1, max_size=3, unique=True))
    steps = [DispositionStep(draw(TEXTS), draw(st.integers(0, 99)), draw(st.none() | TEXTS))] * draw(st.integers(0, 2))
    people = [draw(any_patients(name, events)) for name in names]
    return Study(people, draw(st.just("") | TEXTS), draw(st.just("") | TEXTS), steps)


@given(any_studies(), st.integers(0, 1000))
def test_a_study_goes_round_and_the_order_of_rows_does_not_matter(study, seed):
    frames = study_to_frames(study)
    again = study_from_frames(**frames)
    assert again == study
    assert hash(again) == hash(study)
    assert again.notes == ()
    random = Random(seed)
    shuffled = {name: frame.iloc[random.sample(range(len(frame)), len(frame))] for name, frame in frames.items()}
    shuffled = {name: frame[random.sample(list(frame), frame.shape[1])] for name, frame in shuffled.items()}
    assert study_from_frames(**shuffled) == study
    for code in ("MMT", "CK"):
        pd.testing.assert_frame_equal(study_from_frames(**shuffled).values(code), study.values(code))


@given(any_studies())
def test_a_study_survives_being_written_as_text(study):
    frames = {
        name: frame.map(lambda cell: "" if cell is None else str(cell)) for name, frame in study_to_frames(study).items()
    }
    assert study_from_frames(**frames) == study


@given(any_studies())
@settings(settings.get_profile("whole"))
def test_a_study_s_tables_hold_every_part_of_it_once(study):
    frames = study_to_frames(study)
    parts = {
        "patients": len(study.patients),
        "assessments": sum(len(visit.assessments) for one in study.patients for visit in one.visits),
        "treatments": sum(len(one.treatments) for one in study.patients),
        "adverse_events": sum(len(one.adverse_events or ()) for one in study.patients),
        "ck_follow_up": sum(one.follow_up is not None for one in study.patients),
        "disposition": len(study.disposition),
        "study": bool(study.title) + bool(study.source),
    }
    assert {name: len(frames.get(name, ())) for name in parts} == parts
    for name, frame in study_to_frames(study_from_frames(**frames)).items():
        pd.testing.assert_frame_equal(frame, frames[name])
    # the tables of one patient are that patient's rows
    one = attrs.evolve(study, patients=study.patients[:1])
    alone = study_to_frames(one)
    for name, frame in frames.items():
        if name == "study":  # what was inferred of all is not inferred of one alone, and so is written
            continue
        rows = frame[frame["patient"] == one.patients[0].id] if "patient" in frame else frame
        assert alone.get(name, pd.DataFrame()).to_numpy().tolist() == rows.to_numpy().tolist()


def is_refused(*rows, **tables):
    try:
        read(*rows, **tables)
    except DataError:
        return True
    return False


@given(st.integers(-6, 14), st.integers(-60, 110), st.integers(0, 14), st.integers(0, 5))
@settings(settings.get_profile("whole"))
def test_a_day_must_lie_as_near_its_week_as_is_asked_and_in_the_time_watched(week, day, distance, late):
    row = f"P1,{week},{day},CK,500"
    assert is_refused(row, protocol=Protocol(week_day_distance=distance)) == (abs(day - 7 * week) > distance)
    # moved by whole weeks, it lies as near
    assert is_refused(f"P1,{week + 1},{day + 7},CK,500", protocol=Protocol(week_day_distance=distance)) == (
        abs(day - 7 * week) > distance
    )
    followed = table("patient,normalized_on,re_elevated_on,observed_until", f"P1,,,{10 * late}")
    assert is_refused(f"P1,,{day},CK,500", ck_follow_up=followed) == (day > 10 * late)
    consented = table("patient,diagnosis,sex,age,consented_on", f"P1,PM,F,39,{-late}")
    assert is_refused(f"P1,,{day},CK,500", patients=consented) == (day < -late)


@given(st.dictionaries(st.integers(-6, 14), st.tuples(st.integers(1, 300), st.none() | st.integers(1, 9)), min_size=1))
@settings(settings.get_profile("whole"))
def test_microkatals_and_units_are_the_same_values(values):
    katals = [f"P1,{week},,CK,{ck},microkat/L,{uln or ''}" for week, (ck, uln) in values.items()]
    units = [f"P1,{week},,CK,{60 * ck},U/L,{60 * uln if uln else ''}" for week, (ck, uln) in values.items()]
    study = read(*katals)
    assert study == read(*units)
    assert study.values("CK").loc["P1"].to_dict() == {week: 60 * ck for week, (ck, _) in values.items()}
    # as many values are said to be converted as were
    assert len(study.notes) == 1
    assert study.notes[0].startswith(f"{len(values)} value")


@given(st.lists(st.tuples(st.integers(1, 20), st.sampled_from([50, 150])), max_size=4, unique_by=lambda row: row[0]))
@settings(settings.get_profile("whole"))
def test_values_that_contradict_a_follow_up_are_refused_as_by_themselves(values):
    rows = [f"P1,,{day},CK,{ck},,100" for day, ck in values]
    days = pd.DataFrame([("P1", 5.0, 12.0, 18.0)], columns=["patient", "normalized_on", "re_elevated_on", "observed_until"])
    serial = pd.DataFrame([("P1", day, ck, 100) for day, ck in values], columns=["patient", "day", "ck", "uln"]).astype(
        {"day": float, "ck": float, "uln": float}
    )
    found = find_contradictions(serial, days)
    assert is_refused(*rows, ck_follow_up=days) == bool(found)
    if found:
        assert len(refused(*rows, ck_follow_up=days)) == len(found)


def test_tables_are_not_changed_by_reading():
    frames = study_to_frames(saito2008.load_study())
    before = {name: frame.copy(deep=True) for name, frame in frames.items()}
    study_from_frames(**frames)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_one_changed_cell_changes_the_study():
    study = saito2008.load_study()
    frames = study_to_frames(study)
    changed = frames["assessments"].copy()
    changed.loc[0, "value"] += 1
    other = study_from_frames(**(frames | {"assessments": changed}))
    assert other != study
    difference = other.values("MMT") - study.values("MMT")
    assert np.nansum(difference.to_numpy()) == 1
    assert math.isclose(other.values("MMT")[-4].mean() - study.values("MMT")[-4].mean(), 1 / 16)
