"""A study: what it refuses, and the columns analyses take from it, by the rules of time and of the final value."""

import copy
import functools
import itertools
import math
import pickle
import re
from random import Random

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import saito2008
from ivigmyo.errors import DataError
from ivigmyo.files.columns import COLUMNS
from ivigmyo.instruments import CK, MMT18, Instrument
from ivigmyo.study import Protocol, Study
from ivigmyo.study.patients import AdverseEvent, Assessment, DispositionStep, FollowUp, Patient, Visit
from ivigmyo.study.plan import BUILT_IN

WEEKS = (-4, 0, 1, 2, 4, 8, 12)

HAQ = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
GRIP = Instrument("GRIP", "Hand grip strength", "kg", maximum=100)


def at(week=None, day=None, mmt=None, ck=None, uln=None, score=MMT18):
    """A visit at which MMT, CK or both were assessed."""
    found = [] if mmt is None else [Assessment(score, mmt)]
    return Visit(week, day, found + ([] if ck is None else [Assessment(CK, ck, uln)]))


def person(name, *visits, **others):
    return Patient(name, **({"diagnosis": "PM", "sex": "F", "age": 39} | others), visits=visits)


def planned(patients, weeks=WEEKS, **fields):
    """A study of patients who were to be seen in some weeks, those of the paper unless others are given."""
    return Study(patients, protocol=Protocol(weeks, **fields))


def study_of(*visits, **others):
    return planned([person("P1", *visits, **others)])


def final(study, carry="stopped", code="MMT"):
    return study.final_values(code, carry=carry).tolist()


def refused(make, *args, **kwargs):
    with pytest.raises(DataError) as caught:
        make(*args, **kwargs)
    for problem in caught.value.problems:  # the field that a sentence begins with is the column it is said of
        named = re.match(r"'([a-z_]+)' must", problem.rule)
        assert named is None or problem.column == named[1] or named[1] in ("protocol",), problem
    return str(caught.value).split("\n")


@pytest.fixture(scope="module")
def saito():
    return saito2008.load_study()


# ---------------------------------------------------------------------------------------------------- what is refused

MMT59 = at(0, mmt=59)


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        ({"patients": []}, ["a study must have at least one patient (got 0)."]),
        ({"patients": [{"id": "P1"}]}, ["each must be of the kind Patient (got {'id': 'P1'})."]),
        (
            {"patients": [person(name) for name in ("P2", "P1", "P2", "P3", "P3", "P3")]},
            ["a patient must appear once (got 2) for patient 'P2'.", "a patient must appear once (got 3) for patient 'P3'."],
        ),
        (
            {"patients": [person("P1", adverse_events=[]), person("P2")]},
            ["adverse events must be recorded of every patient or of none."],
        ),
        ({"title": " A study"}, ["'title' must be a text without blanks around it (got ' A study')."]),
        ({"source": None}, ["'source' must be a text without blanks around it (got None)."]),
        ({"disposition": ["treated"]}, ["each must be of the kind DispositionStep (got 'treated')."]),
        ({"protocol": None}, ["'protocol' must be a Protocol (got None)."]),
        (
            {"protocol": Protocol(measures=[attrs.evolve(MMT18, maximum=150)])},
            [
                "'MMT' must be one instrument, that of the protocol or of the other values for patient 'P1', week 0.",
            ],
        ),
        (
            {"patients": [person("P1", MMT59), person("P2", at(day=3, mmt=5, score=attrs.evolve(MMT18, maximum=150)))]},
            ["'MMT' must be one instrument, that of the protocol or of the other values for patient 'P2', day 3."],
        ),
        (
            {"patients": [person("P1", arm="IVIG"), person("P2")]},
            ["an arm must be known of every patient or of none for patient 'P2'."],
        ),
        (
            {"protocol": Protocol(strata=["site", "sex"]), "patients": [person("P1", factors={"site": "A"}), person("P2")]},
            ["'site' must be known for patient 'P2'."],
        ),
        ({"notes": [5]}, ["each must be of the kind str (got 5)."]),
    ],
)
def test_an_impossible_study_is_refused(change, texts):
    assert refused(Study, **({"patients": [person("P1", MMT59)]} | change)) == texts


def test_a_measure_of_one_s_own_is_a_further_column():
    study = Study([person("P1", Visit(4, assessments=[Assessment(HAQ, 1.5)]))])
    assert study.values("HAQ").loc["P1", 4] == 1.5
    assert study.values(HAQ).equals(study.values("HAQ"))
    assert study.instrument("HAQ") is HAQ


KNOWN = ", ".join(map(repr, BUILT_IN))


@pytest.mark.parametrize("measure", ["mmt", "GRIP", GRIP, None, 5, ["MMT"]], ids=repr)
@pytest.mark.parametrize(
    "method", ["values", "baseline", "baseline_uln", "final_values", "final_uln", "final_weeks", "instrument"]
)
def test_a_measure_nobody_knows_is_refused_by_every_column(saito, measure, method):
    shown = "'GRIP'" if measure is GRIP else repr(measure)
    with pytest.raises(ValueError, match="must be one of") as caught:
        getattr(saito, method)(measure)
    assert str(caught.value) == f"'measure' must be one of {KNOWN} (got {shown})."


def test_options_nobody_knows_are_refused(saito):
    for call, text in [
        (lambda: saito.values("MMT", "last"), "'off_schedule' must be one of 'keep', 'next' (got 'last')."),
        (lambda: saito.final_values("MMT", "none"), "'carry' must be one of 'stopped', 'all' (got 'none')."),
        (lambda: saito.final_uln("MMT", True), "'carry' must be one of 'stopped', 'all' (got True)."),
        (lambda: saito.final_weeks("MMT", None), "'carry' must be one of 'stopped', 'all' (got None)."),
        (lambda: saito.split("age"), "'by' must be one of 'diagnosis', 'sex', 'arm' (got 'age')."),
    ]:
        with pytest.raises(ValueError, match="must be one of") as caught:
            call()
        assert str(caught.value) == text


# ---------------------------------------------------------------------------------------------------- order and equality


def test_patients_stand_in_the_natural_order_of_their_ids():
    ids = ["10", "2", "1", "P10", "P2", "P02", "A", "P2b", "P2a", "007", "7", "9" * 5000, "1" + "0" * 5000]
    study = Study([person(name) for name in ids])
    expected = ["1", "2", "007", "7", "10", "9" * 5000, "1" + "0" * 5000, "A", "P02", "P2", "P2a", "P2b", "P10"]
    assert study.ids.tolist() == expected
    assert study.ids.name == "patient"
    assert study.ids.dtype == object


STEPS = [DispositionStep("registered", 3), DispositionStep("left", 1, "a reason"), DispositionStep("left", 1, "another")]


@given(st.permutations(["1", "2", "10", "11", "P1"]), st.permutations(STEPS))
def test_studies_with_equal_content_are_equal(names, steps):
    one = Study([person(name, at(0, mmt=50)) for name in ["1", "2", "10", "11", "P1"]], disposition=STEPS)
    other = Study([person(name, at(0, mmt=50)) for name in names], disposition=steps)
    assert one == other
    assert hash(one) == hash(other)
    assert other.ids.tolist() == ["1", "2", "10", "11", "P1"]
    assert other.disposition == tuple(steps)


def test_any_difference_of_content_makes_studies_differ():
    study = Study([person("P1", at(0, mmt=50)), person("P2")], "Title", "Source", STEPS)
    for change in (
        {"patients": study.patients[:1]},
        {"patients": [person("P1", at(0, mmt=51)), person("P2")]},
        {"patients": [person("P1", at(0, 0, mmt=50)), person("P2")]},
        {"title": ""},
        {"source": "Another"},
        {"disposition": STEPS[:2]},
        {"disposition": [*STEPS, STEPS[0]]},
        {"protocol": Protocol(measures=[HAQ])},
        {"protocol": Protocol([0, 12])},
        {"protocol": Protocol(week_window=2)},
    ):
        assert attrs.evolve(study, **change) != study
    assert attrs.evolve(study, notes=["a column was left out"]) == study
    assert hash(attrs.evolve(study, notes=["a column was left out"])) == hash(study)


def test_a_study_is_frozen_and_survives_copying(saito):
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        saito.title = "Another"
    for again in (copy.deepcopy(saito), pickle.loads(pickle.dumps(saito)), attrs.evolve(saito)):
        assert again == saito
        assert hash(again) == hash(saito)


def test_the_scheduled_weeks_are_those_of_the_protocol():
    assert planned([person("P1")], [12, 0, 4, 4]).scheduled_weeks == (0, 4, 12)
    assert planned([person("P1")], {"CK": [0, 2], "": [0, 8]}).scheduled_weeks == (0, 2, 8)
    assert Study([person("P1")]).scheduled_weeks == ()


# ---------------------------------------------------------------------------------------------------- sets and parts


def test_sets_are_studies_of_their_patients():
    study = Study(
        [person("P1"), person("P2", efficacy_set=False), person("P3", safety_set=False)],
        "Title",
        disposition=STEPS,
        protocol=Protocol([0, 12]),
        notes=["a note"],
    )
    assert study.efficacy_set.ids.tolist() == ["P1", "P3"]
    assert study.safety_set.ids.tolist() == ["P1", "P2"]
    assert study.efficacy_set.safety_set.ids.tolist() == ["P1"]
    assert study.efficacy_set.notes == ("a note",)
    assert study.efficacy_set == attrs.evolve(study, patients=[study.patients[0], study.patients[2]])


@pytest.mark.parametrize("name", ["efficacy_set", "safety_set"])
def test_an_empty_set_is_refused(name):
    study = Study([person("P1", **{name: False})])
    with pytest.raises(DataError) as caught:
        getattr(study, name)
    assert str(caught.value) == f"the {name.replace('_', ' ')} must have at least one patient (got 0)."


def test_parts_come_in_the_order_of_the_enumeration_and_only_where_there_are_patients():
    study = Study([person("P1", diagnosis="DM"), person("P2", diagnosis="PM"), person("P3", diagnosis="DM")])
    parts = study.split("diagnosis")
    assert {label: part.ids.tolist() for label, part in parts.items()} == {"PM": ["P2"], "DM": ["P1", "P3"]}
    assert list(parts) == ["PM", "DM"]
    assert all(type(label) is str for label in parts)
    assert list(study.split("sex")) == ["F"]


def test_characteristics_hold_what_the_patients_file_holds():
    one = person(
        "P1", disease_duration=1.5, exclusion_conditions=["infection"], exclusion_reason="a reason", discontinued_on=35
    )
    frame = Study([one, person("P2", diagnosis="DM", sex="M", efficacy_set=False)]).characteristics()
    assert frame.index.equals(pd.Index(["P1", "P2"], name="patient"))
    assert frame[["diagnosis", "sex"]].to_numpy().tolist() == [["PM", "F"], ["DM", "M"]]
    assert all(type(cell) is str for cell in frame[["diagnosis", "sex"]].to_numpy().ravel())
    assert frame[["efficacy_set", "safety_set"]].to_numpy().tolist() == [[True, True], [False, True]]
    assert frame.dtypes[["efficacy_set", "safety_set"]].tolist() == [bool, bool]
    numbers = ["age", "disease_duration", "weight", "highest_previous_dose", "steroid_dose_start", "steroid_dose_last",
               "consented_on", "discontinued_on"]  # fmt: skip
    assert frame.dtypes[numbers].tolist() == [float] * 8
    assert frame.loc["P1", numbers].isna().tolist() == [False, False, True, True, True, True, True, False]
    assert frame.loc["P1", "exclusion_conditions"] == ("infection",)
    assert frame.loc["P2", "exclusion_reason"] is None
    assert {"patient", *frame.columns} == {column.name for column in COLUMNS["patients"]}


# ---------------------------------------------------------------------------------------------------- values


def test_values_stand_by_patient_and_week():
    study = Study([person("2", at(0, mmt=50), at(4, mmt=60)), person("10", at(4, mmt=70)), person("3", at(0, ck=9))])
    values = study.values("MMT")
    assert values.index.tolist() == ["2", "3", "10"]
    assert values.index.equals(study.ids)
    assert values.index.name == "patient"
    assert values.columns.tolist() == [0, 4]
    assert values.columns.name == "week"
    assert values.dtypes.tolist() == [float, float]
    assert values.loc["2"].tolist() == [50, 60]
    assert values.loc["10"].isna().tolist() == [True, False]
    assert values.loc["3"].isna().all()


def test_a_measure_without_a_value_has_a_row_for_each_patient_and_no_column():
    values = study_of(at(0, mmt=50)).values("ADL")
    assert values.shape == (1, 0)
    assert values.index.tolist() == ["P1"]
    assert values.columns.name == "week"
    assert study_of(at(0, mmt=50)).values("ADL", off_schedule="next").shape == (1, 0)
    assert study_of(at(0, mmt=50)).baseline("ADL").isna().tolist() == [True]
    assert study_of(at(0, mmt=50)).final_values("ADL", carry="all").isna().tolist() == [True]


def test_the_recorded_week_goes_before_the_day():
    values = study_of(at(12, 83, mmt=80), at(8, 60, mmt=70), at(4, 35, mmt=60)).values("MMT")
    assert values.loc["P1"].to_dict() == {4: 60, 8: 70, 12: 80}


def test_a_week_12_visit_on_day_83_or_91_is_of_week_12():
    assert study_of(at(12, 83, mmt=80)).values("MMT").columns.tolist() == [12]
    assert study_of(at(12, 91, mmt=80)).values("MMT").columns.tolist() == [12]
    assert final(study_of(at(12, 83, mmt=80))) == [80]
    assert final(study_of(at(12, 91, mmt=80))) == [80]
    assert study_of(at(day=83, mmt=80)).values("MMT").columns.tolist() == [12]
    assert study_of(at(day=91, mmt=80)).values("MMT").columns.tolist() == []


def test_where_only_the_day_is_known_the_nearest_scheduled_week_is_found_or_none():
    study = study_of(at(day=-27, mmt=1), at(day=-2, mmt=2), at(day=2, mmt=5), at(day=30, mmt=3), at(day=37, mmt=4))
    assert study.values("MMT").loc["P1"].to_dict() == {-4: 1, 0: 2, 4: 3}
    assert study.long()["week"].fillna(99).tolist() == [-4, 0, 99, 4, 99]
    assert study.long()["day"].tolist() == [-27, -2, 2, 30, 37]


def test_weeks_recorded_and_found_may_be_mixed():
    study = Study([person("P1", at(0, mmt=50), at(day=29, mmt=60)), person("P2", at(day=0, mmt=51), at(4, mmt=61))])
    assert study.values("MMT").to_numpy().tolist() == [[50, 60], [51, 61]]


@pytest.mark.parametrize(
    ("visits", "shown"),
    [
        ([at(day=27, mmt=1), at(day=30, mmt=2)], 1),
        ([at(day=25, mmt=1), at(day=29, mmt=2)], 2),
        ([at(day=27, mmt=1), at(day=29, mmt=2)], 1),
        ([at(day=28, mmt=1), at(4, 33, mmt=2)], 2),
        ([at(day=28, mmt=1), at(4, mmt=2)], 2),
        ([at(4, mmt=1), at(4, 30, ck=2), at(day=29, mmt=3)], 1),
    ],
)
def test_of_several_values_in_a_week_one_stands_for_it(visits, shown):
    assert study_of(*visits).values("MMT").loc["P1"].to_dict() == {4: shown}


def test_the_window_of_the_protocol_is_the_one_used():
    def shown(day, weeks, **fields):
        return (
            planned([person("P1", at(day=day, mmt=50), at(day=0, mmt=40))], weeks, **fields).values("MMT").columns.tolist()
        )

    assert shown(33, WEEKS) == [0]
    assert shown(33, WEEKS, week_window=5) == [0, 4]
    assert shown(34, [0, 5]) == [0, 5]
    assert shown(34, [0, 6]) == [0]
    assert shown(34, [0, 6], week_window=8) == [0, 6]


# ---------------------------------------------------------------------------------------------------- off schedule


@pytest.mark.parametrize(
    ("weeks", "moved"),
    [
        # An unscheduled value goes under the next scheduled week, and only there.
        ({0: 1, 5: 2}, {0: 1, 8: 2}),
        ({3: 1}, {4: 1}),
        ({9: 1}, {12: 1}),
        ({-6: 1}, {-4: 1}),
        ({-2: 1}, {0: 1}),
        # Where the week has a value of its own, both stay.
        ({5: 1, 8: 2}, {5: 1, 8: 2}),
        # Of two that go to one week the later goes; the earlier keeps its column.
        ({5: 1, 6: 2}, {5: 1, 8: 2}),
        ({5: 1, 6: 2, 7: 3, 9: 4}, {5: 1, 6: 2, 8: 3, 12: 4}),
        ({5: 1, 6: 2, 8: 3}, {5: 1, 6: 2, 8: 3}),
        # After the last scheduled week there is nowhere to go.
        ({13: 1, 20: 2}, {13: 1, 20: 2}),
        ({12: 1, 13: 2}, {12: 1, 13: 2}),
        # Scheduled values stay.
        ({-4: 1, 0: 2, 1: 3, 2: 4, 4: 5, 8: 6, 12: 7}, {-4: 1, 0: 2, 1: 3, 2: 4, 4: 5, 8: 6, 12: 7}),
    ],
)
def test_an_unscheduled_value_goes_under_the_next_scheduled_week_once(weeks, moved):
    study = study_of(*(at(week, mmt=value) for week, value in weeks.items()))
    assert study.values("MMT").loc["P1"].to_dict() == weeks
    assert study.values("MMT", off_schedule="next").loc["P1"].to_dict() == moved


def test_patients_are_moved_one_by_one():
    study = planned([person("P1", at(5, mmt=1)), person("P2", at(5, mmt=2), at(8, mmt=3)), person("P3", at(5, 37, mmt=4))])
    assert study.values("MMT").columns.tolist() == [5, 8]
    moved = study.values("MMT", off_schedule="next")
    assert moved[8].tolist() == [1, 3, 4]
    assert moved[5].dropna().to_dict() == {"P2": 2}


def test_another_schedule_moves_values_elsewhere():
    study = planned([person("P1", at(4, mmt=1), at(8, mmt=2))], [0, 6, 24])
    assert study.values("MMT", off_schedule="next").loc["P1"].to_dict() == {6: 1, 24: 2}


# ---------------------------------------------------------------------------------------------------- baseline


@pytest.mark.parametrize(
    ("visits", "baseline"),
    [
        # Days known: the last value at or before day 0.
        ([at(-4, -28, mmt=1), at(0, 0, mmt=2), at(1, 7, mmt=3)], 2),
        ([at(-4, -28, mmt=1), at(0, -1, mmt=2)], 2),
        ([at(-4, -28, mmt=1)], 1),
        ([at(day=-28, mmt=1), at(day=-3, mmt=2), at(day=1, mmt=3)], 2),
        ([at(-4, -28, mmt=1), at(0, 1, mmt=2)], 1),
        ([at(0, 2, mmt=2)], None),
        ([at(day=3, mmt=2)], None),
        # Days unknown: the nominal week 0.
        ([at(-4, mmt=1), at(0, mmt=2), at(4, mmt=3)], 2),
        ([at(-4, mmt=1), at(4, mmt=3)], None),
        ([at(-1, mmt=1)], None),
        # Mixed.
        ([at(-4, -28, mmt=1), at(0, mmt=2)], 2),
        ([at(-4, mmt=1), at(0, 0, mmt=2)], 2),
        ([at(-4, mmt=1), at(day=-10, mmt=2)], 2),
        ([at(0, mmt=1), at(day=-1, mmt=2)], 1),
        ([at(0, mmt=1), at(day=0, mmt=2)], 2),
        ([at(-4, -28, mmt=1), at(0, 1, ck=5), at(day=0, ck=6)], 1),
    ],
)
def test_the_baseline_is_the_last_value_at_or_before_day_0(visits, baseline):
    found = study_of(*visits).baseline("MMT")
    assert found.index.equals(pd.Index(["P1"], name="patient"))
    assert found.dtype == float
    assert found.tolist() == [baseline] if baseline is not None else found.isna().all()


def test_the_limit_of_the_baseline_is_its_own():
    study = Study(
        [
            person("P1", at(-4, -28, ck=900, uln=150), at(0, 0, ck=1000, uln=170)),
            person("P2", at(-4, -28, ck=900, uln=150), at(0, 0, ck=1000)),
            person("P3", at(4, ck=900, uln=150)),
        ]
    )
    assert study.baseline_uln("CK").tolist()[:1] == [170]
    assert study.baseline_uln("CK").isna().tolist() == [False, True, True]
    assert study.baseline_uln("MMT").isna().all()


# ---------------------------------------------------------------------------------------------------- final values

NONE = object()


@pytest.mark.parametrize(
    ("visits", "left", "stopped", "carried"),
    [
        # A completer: week 12, or nothing; with carry="all" the last value after baseline.
        ([at(0, mmt=1), at(8, mmt=2), at(12, mmt=3)], None, 3, 3),
        ([at(0, mmt=1), at(8, mmt=2)], None, NONE, 2),
        ([at(0, mmt=1), at(8, mmt=2), at(13, mmt=4)], None, NONE, 2),
        ([at(0, mmt=1), at(12, mmt=3), at(13, mmt=4)], None, 3, 3),
        ([at(0, mmt=1), at(5, mmt=2)], None, NONE, 2),
        # The baseline is never carried.
        ([at(-4, mmt=1), at(0, mmt=2)], None, NONE, NONE),
        ([at(-4, mmt=1), at(0, mmt=2)], 35, NONE, NONE),
        ([at(-4, -28, mmt=1), at(0, 0, mmt=2)], 35, NONE, NONE),
        ([], None, NONE, NONE),
        # A patient who left: the last value after baseline, at or before leaving.
        ([at(0, mmt=1), at(4, mmt=2), at(5, mmt=3)], 35, 3, 3),
        ([at(0, mmt=1), at(4, mmt=2), at(5, mmt=3)], 34, 2, 2),
        ([at(0, mmt=1), at(4, 30, mmt=2)], 30, 2, 2),
        ([at(0, mmt=1), at(4, 30, mmt=2)], 29, NONE, NONE),
        ([at(0, mmt=1), at(4, 27, mmt=2)], 27, 2, 2),
        ([at(0, mmt=1), at(day=1, mmt=2)], 2, 2, 2),
        # What follows the day of leaving does not count, week 12 neither.
        ([at(0, mmt=1), at(4, mmt=2), at(12, mmt=3)], 35, 2, 2),
        ([at(0, mmt=1), at(12, mmt=3)], 35, NONE, NONE),
        # One who left on or after the last visit has a week 12.
        ([at(0, mmt=1), at(8, mmt=2), at(12, mmt=3)], 84, 3, 3),
        ([at(0, mmt=1), at(8, mmt=2), at(12, mmt=3), at(13, mmt=4)], 100, 3, 3),
        ([at(0, mmt=1), at(8, mmt=2), at(13, mmt=4)], 100, 2, 2),
        # One who left before the first infusion has no final value.
        ([at(0, mmt=1), at(4, mmt=2)], -1, NONE, NONE),
        # A value on day 3 belongs to week 0, whose own value hides it from `values`; it is after baseline all the same.
        ([at(0, 0, mmt=1), at(day=3, mmt=2)], 3, 2, 2),
        ([at(day=0, mmt=1), at(day=3, mmt=2)], 10, 2, 2),
        # Of two values in one week the later is the last, whichever stands for the week.
        ([at(0, mmt=1), at(day=28, mmt=2), at(day=30, mmt=3)], 31, 3, 3),
        ([at(0, mmt=1), at(day=28, mmt=2), at(day=30, mmt=3)], 29, 2, 2),
        # In week 12 the one that stands for it counts.
        ([at(0, mmt=1), at(day=82, mmt=2), at(day=85, mmt=3)], None, 3, 3),
        ([at(0, mmt=1), at(day=83, mmt=2), at(day=86, mmt=3)], None, 2, 2),
        ([at(0, mmt=1), at(12, 90, mmt=2), at(day=84, mmt=3)], None, 2, 2),
        ([at(0, mmt=1), at(day=82, mmt=2), at(day=85, mmt=3)], 84, 2, 2),
        ([at(0, mmt=1), at(day=83, mmt=2), at(day=86, mmt=3)], 90, 2, 2),
        # A recorded week 12 counts wherever its day is, after day 0.
        ([at(0, mmt=1), at(12, 91, mmt=2)], None, 2, 2),
        ([at(0, mmt=1), at(12, 91, mmt=2)], 90, NONE, NONE),
        # A recorded week 0 of a later day is after baseline.
        ([at(-4, -28, mmt=1), at(0, 2, mmt=2)], 10, 2, 2),
        # On one day, the visit with a recorded week is the later; so is the later week.
        ([at(0, mmt=1), at(4, mmt=2), at(day=28, mmt=3)], 30, 2, 2),
        ([at(0, mmt=1), at(5, mmt=2), at(4, 35, mmt=3)], 40, 2, 2),
        ([at(0, mmt=1), at(10, mmt=2), at(9, 70, mmt=3)], 75, 2, 2),
    ],
)
def test_the_final_value(visits, left, stopped, carried):
    study = study_of(*visits, discontinued_on=left)
    for carry, expected in (("stopped", stopped), ("all", carried)):
        found = study.final_values("MMT", carry=carry)
        assert found.index.equals(pd.Index(["P1"], name="patient"))
        assert found.dtype == float
        assert found.isna().all() if expected is NONE else found.tolist() == [expected]


def test_the_last_week_is_that_of_the_schedule():
    study = study_of(at(0, mmt=1), at(12, mmt=2), at(24, mmt=3))
    assert final(study.under(Protocol([0, 24]))) == [3]
    assert final(study.under(Protocol([0, 12]))) == [2]
    assert final(study.under(Protocol([0, 24], endpoint_week=12))) == [2]
    assert math.isnan(final(study.under(Protocol([0, 20])))[0])
    assert final(study.under(Protocol([0, 20])), carry="all") == [2]


def test_carrying_everyone_changes_nobody_who_has_a_final_value():
    study = planned(
        [
            person("P1", at(0, mmt=1), at(8, mmt=2)),
            person("P2", at(0, mmt=3), at(8, mmt=4), at(12, mmt=5)),
            person("P3", at(0, mmt=6), at(4, mmt=7), at(8, mmt=8), discontinued_on=30),
        ]
    )
    assert study.final_values("MMT").fillna(-1).tolist() == [-1, 5, 7]
    assert final(study, carry="all") == [2, 5, 7]
    assert study.final_weeks("MMT").fillna(-1).tolist() == [-1, 12, 4]
    assert study.final_weeks("MMT", carry="all").tolist() == [8, 12, 4]


def test_leaving_ends_grading_but_not_the_ck_series():
    study = study_of(at(0, 0, ck=900), at(4, 28, ck=500), at(8, 56, ck=90), discontinued_on=35)
    assert final(study, code="CK") == [500]
    assert study.ck_series()["ck"].tolist() == [900, 500, 90]
    assert study.values("CK").loc["P1"].tolist() == [900, 500, 90]


def test_the_limit_of_the_final_value_is_its_own():
    study = study_of(at(0, ck=900, uln=150), at(8, ck=500, uln=160), at(12, ck=90, uln=170))
    assert study.final_uln("CK").tolist() == [170]
    early = study.under(Protocol([0, 10]))
    assert early.final_uln("CK").isna().tolist() == [True]
    assert early.final_uln("CK", carry="all").tolist() == [160]
    assert study_of(at(12, ck=90)).final_uln("CK").isna().all()


# ---------------------------------------------------------------------------------------------------- series


def test_the_ck_series_holds_every_value_in_order_with_its_limit():
    study = Study(
        [
            person("10", at(0, ck=900, uln=150), at(day=3, ck=800), at(mmt=5, day=4)),
            person("2", at(26, ck=100), at(-4, -27, ck=700), at(day=28, ck=1), at(4, 27, ck=2)),
        ]
    )
    series = study.ck_series()
    assert series.columns.tolist() == ["patient", "day", "ck", "uln"]
    assert series["patient"].tolist() == ["2", "2", "2", "2", "10", "10"]
    assert series["day"].tolist() == [-27, 27, 28, 182, 0, 3]
    assert series["ck"].tolist() == [700, 2, 1, 100, 900, 800]
    assert series["uln"].fillna(-1).tolist() == [-1, -1, -1, -1, 150, -1]
    assert series.dtypes[["day", "ck", "uln"]].tolist() == [float, float, float]


def test_series_without_rows_keep_their_columns():
    empty = study_of(at(0, mmt=5))
    assert empty.ck_series().columns.tolist() == ["patient", "day", "ck", "uln"]
    assert empty.follow_up().columns.tolist() == ["patient", "normalized_on", "re_elevated_on", "observed_until"]
    assert len(empty.ck_series()) == len(empty.follow_up()) == 0
    assert empty.follow_up().dtypes.tolist()[1:] == [float] * 3


def test_the_follow_up_holds_those_who_have_one():
    study = Study([person("P2", follow_up=FollowUp(510, 19, 390)), person("P1", follow_up=FollowUp(409)), person("P3")])
    frame = study.follow_up()
    assert frame["patient"].tolist() == ["P1", "P2"]
    assert frame.iloc[:, 1:].fillna(-1).to_numpy().tolist() == [[-1, -1, 409], [19, 390, 510]]
    assert frame.dtypes.tolist()[1:] == [float] * 3


# ---------------------------------------------------------------------------------------------------- naive references


WIDE = attrs.evolve(MMT18, maximum=1e6)


def random_visits(random, value):
    """Visits with a week, a day or both, in no order; every value, counted on from the given one, is different."""
    visits, occasions, assessed = [], set(), set()
    for _ in range(random.randint(0, 9)):
        week = random.choice([None, 0, 12, random.randint(-5, 14)])
        day = random.choice([None, random.randint(-35, 100), random.randint(-2, 4), random.randint(80, 92)])
        measures = [one for one in random.choice(["M", "C", "MC"]) if week is None or (week, one) not in assessed]
        occasion = (week, day) if day is None else day
        if occasion == (None, None) or occasion in occasions or not measures:
            continue
        occasions.add(occasion)
        assessed.update((week, one) for one in measures)
        values = {one: next(value) for one in measures}
        visits.append(
            at(week, day, **{{"M": "mmt", "C": "ck"}[one]: values[one] for one in measures}, uln=values.get("C"), score=WIDE)
        )
    return visits


@functools.cache
def random_study(seed, n=200):
    random, value = Random(seed), itertools.count(1)
    people = []
    for name in range(n):
        left = random.choice([None, random.randint(-10, 100)])
        people.append(person(str(name), *random_visits(random, value), discontinued_on=left))
    return planned(people, measures=[WIDE, CK])


def naive_nearest(day):
    """The scheduled week within three days of a day; none after day 0 for week 0."""
    near = [week for week in WEEKS if abs(day - 7 * week) <= 3 and not (week == 0 and day > 0)]
    return near[0] if near else None


def rows_of(patient, code):
    """(week, week recorded, day known, day, value, limit) of every value of a patient, in no particular order."""
    rows = []
    for visit in patient.visits:
        day = visit.day if visit.day is not None else visit.week * 7
        week = visit.week if visit.week is not None else naive_nearest(day)
        known = (week, visit.week is not None, visit.day is not None, day)
        rows += [(*known, each.value, each.uln) for each in visit.assessments if each.instrument.code == code]
    return rows


def naive_week(rows, week):
    """The row that stands for a week: the recorded one, else the nearest, else the earlier."""
    best = None
    for row in rows:
        if row[0] != week or (week == 0 and row[2] and row[3] > 0):
            continue
        if best is None:
            best = row
        elif row[1] != best[1]:
            best = row if row[1] else best
        elif abs(row[3] - 7 * week) != abs(best[3] - 7 * week):
            best = row if abs(row[3] - 7 * week) < abs(best[3] - 7 * week) else best
        elif row[3] < best[3]:
            best = row
    return best


def naive_values(patient, code, off_schedule):
    rows = rows_of(patient, code)
    standing = {week: naive_week(rows, week) for week in {row[0] for row in rows} - {None}}
    shown = {week: row[4] for week, row in standing.items() if row is not None}
    if off_schedule == "next":
        for week in sorted(shown, reverse=True):
            following = [scheduled for scheduled in WEEKS if scheduled >= week]
            if following and following[0] not in shown:
                shown[following[0]] = shown.pop(week)
    return shown


def naive_baseline(patient, code):
    counted = [row for row in rows_of(patient, code) if (row[3] <= 0 if row[2] else row[0] == 0)]
    return max(counted, key=lambda row: (row[3], row[2]), default=None)


def naive_final(patient, code, carry):
    left = math.inf if patient.discontinued_on is None else patient.discontinued_on
    after = [
        row for row in rows_of(patient, code) if 0 < row[3] <= left and (row[3] < 84 if row[0] is None else row[0] <= 12)
    ]
    standing = naive_week(after, 12)
    if standing is not None:
        return standing
    if carry == "all" or patient.discontinued_on is not None:
        return max(after, key=lambda row: (row[3], -math.inf if row[0] is None else row[0], row[1]), default=None)
    return None


def same(column, expected):
    """Whether a column holds the expected rows' parts, NaN where there is none."""
    return column.fillna(-9).tolist() == [-9 if each is None else each for each in expected]


SEEDS = pytest.mark.parametrize("seed", range(3))
CODES = pytest.mark.parametrize("code", ["MMT", "CK"])


@SEEDS
@CODES
@pytest.mark.parametrize("off_schedule", ["keep", "next"])
def test_values_agree_with_a_naive_reference(seed, code, off_schedule):
    study = random_study(seed)
    shown = study.values(code, off_schedule=off_schedule)
    expected = {patient.id: naive_values(patient, code, off_schedule) for patient in study.patients}
    assert {name: row.dropna().to_dict() for name, row in shown.iterrows()} == expected
    assert shown.columns.tolist() == sorted({week for weeks in expected.values() for week in weeks})


@SEEDS
@CODES
def test_baselines_agree_with_a_naive_reference_and_lie_at_or_before_day_0(seed, code):
    study = random_study(seed)
    rows = [naive_baseline(patient, code) for patient in study.patients]
    assert same(study.baseline(code), [row and row[4] for row in rows])
    assert same(study.baseline_uln(code), [row and row[5] for row in rows])
    assert all(row[3] <= 0 for row in rows if row is not None)


@SEEDS
@CODES
@pytest.mark.parametrize("carry", ["stopped", "all"])
def test_final_values_agree_with_a_naive_reference_and_are_never_the_baseline(seed, code, carry):
    study = random_study(seed)
    rows = [naive_final(patient, code, carry) for patient in study.patients]
    assert same(study.final_values(code, carry), [row and row[4] for row in rows])
    assert same(study.final_uln(code, carry), [row and row[5] for row in rows])
    assert same(study.final_weeks(code, carry), [row and row[0] for row in rows])
    # Every value of these studies is different.
    assert not (study.final_values(code, carry) == study.baseline(code)).any()


@SEEDS
def test_moving_to_the_schedule_loses_and_repeats_no_value(seed):
    kept, moved = (random_study(seed).values("MMT", off_schedule=rule) for rule in ("keep", "next"))
    for name, row in kept.iterrows():
        assert sorted(row.dropna()) == sorted(moved.loc[name].dropna())


@given(st.dictionaries(st.sampled_from(WEEKS), st.integers(0, 90), min_size=1), st.booleans())
def test_values_holds_exactly_the_values_put_in(weeks, with_days):
    study = study_of(*(at(week, 7 * week - 1 if with_days else None, mmt=value) for week, value in weeks.items()))
    assert study.values("MMT").loc["P1"].to_dict() == weeks
    assert study.values("MMT", off_schedule="next").loc["P1"].to_dict() == weeks


any_seed = st.integers(0, 10**6)


def small_study(seed):
    """A few patients of every kind, followed up or not, in and out of either set."""
    random = Random(seed)
    return attrs.evolve(
        random_study.__wrapped__(seed, 5),
        patients=[
            attrs.evolve(
                one,
                diagnosis=random.choice(["PM", "DM"]),
                sex=random.choice("FM"),
                weight=random.choice([None, 55.5]),
                efficacy_set=number == 0 or random.random() < 0.5,
                safety_set=number == 0 or random.random() < 0.5,
                follow_up=random.choice([None, FollowUp(400), FollowUp(500, 30, 90)]),
            )
            for number, one in enumerate(random_study.__wrapped__(seed, 5).patients)
        ],
    )


def columns_of(study, code="CK"):
    """Every column that a study gives of a measure, and all that is known of its patients."""
    whole = {f"{code} in week {week}": column for week, column in study.values(code).items()}
    whole |= {name: getattr(study, name)(code) for name in ("baseline", "baseline_uln")}
    whole |= {name: getattr(study, name)(code, "all") for name in ("final_values", "final_uln", "final_weeks")}
    return pd.concat([pd.DataFrame(whole), study.characteristics()], axis=1)


@given(any_seed, st.sampled_from(["efficacy_set", "safety_set", "PM", "F"]))
@settings(settings.get_profile("whole"))
def test_the_parts_of_a_study_hold_its_rows_each_once(seed, which):
    study = small_study(seed)
    everything = study.split("diagnosis") | study.split("sex")
    for by in ("diagnosis", "sex"):
        parts = study.split(by)
        assert sorted(name for part in parts.values() for name in part.ids) == sorted(study.ids)
        for label, part in parts.items():
            assert {str(getattr(one, by)) for one in part.patients} == {label}
            assert part.split(by) == {label: part}
    part = everything.get(which, study) if len(which) < 3 else getattr(study, which)
    found = columns_of(part)
    pd.testing.assert_frame_equal(found, columns_of(study).loc[found.index, found.columns])
    for name in ("ck_series", "follow_up"):
        expected = getattr(study, name)().query("patient in @part.ids").reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(part, name)(), expected)
    for name in ("efficacy_set", "safety_set"):
        chosen = getattr(study, name)
        assert chosen.ids.tolist() == study.characteristics().query(name).index.tolist()
        assert getattr(chosen, name) == chosen


@given(any_seed, st.sampled_from(["stopped", "all"]))
@settings(settings.get_profile("whole"))
def test_what_comes_before_day_0_and_what_comes_after_do_not_touch_each_other(seed, carry):
    study = small_study(seed)
    early, late = (
        attrs.evolve(
            study,
            patients=[
                attrs.evolve(one, visits=[visit for visit in one.visits if (visit.nominal_day > 0) == after])
                for one in study.patients
            ],
        )
        for after in (False, True)
    )
    for name in ("baseline", "baseline_uln"):
        pd.testing.assert_series_equal(getattr(early, name)("CK"), getattr(study, name)("CK"))
    for name in ("final_values", "final_uln", "final_weeks"):
        column = getattr(study, name)("CK", carry)
        pd.testing.assert_series_equal(getattr(late, name)("CK", carry), column)
        assert getattr(early, name)("CK", carry).isna().all()
        # carried for all, the value of whoever has one stays
        everyone = getattr(study, name)("CK", "all")
        assert (everyone[column.notna()] == column.dropna()).all()
    # each is one of the patient's values, with the limit that was recorded beside it (equal to it in these studies)
    series = study.ck_series()
    assert len(series) == sum(visit.assessments[-1].instrument is CK for one in study.patients for visit in one.visits)
    for column, limits in (
        (study.baseline("CK"), study.baseline_uln("CK")),
        (study.final_values("CK", carry), study.final_uln("CK", carry)),
    ):
        assert limits.equals(column)
        assert set(zip(column.dropna().index, column.dropna(), strict=True)) <= set(
            zip(series["patient"], series["ck"], strict=True)
        )
    days = series.set_index("ck")["day"]
    assert (days[study.baseline("CK").dropna()] <= 0).all()
    assert (days[study.final_values("CK", carry).dropna()] > 0).all()


@given(any_seed)
@settings(settings.get_profile("whole"))
def test_what_is_recorded_of_a_patient_stands_in_the_row_of_that_patient(seed):
    study = small_study(seed)
    rows = study.characteristics()
    for one in study.patients:
        row = rows.loc[one.id]
        assert {name: None if cell is None or cell != cell else cell for name, cell in row.items()} == {
            name: getattr(one, name) for name in rows.columns
        }
        followed = study.follow_up().query("patient == @one.id").drop(columns="patient").replace(np.nan, None)
        recorded = one.follow_up and (
            one.follow_up.normalized_on,
            one.follow_up.re_elevated_on,
            one.follow_up.observed_until,
        )
        assert list(followed.itertuples(index=False, name=None)) == ([recorded] if recorded else [])
    for each in study.instruments:
        assert study.instrument(each.code) == each
    assert study.ids.tolist() == sorted((one.id for one in study.patients), key=int) == rows.index.tolist()


@SEEDS
def test_the_order_of_patients_and_visits_does_not_matter(seed):
    study, random = random_study(seed, 20), Random(seed)
    people = [attrs.evolve(one, visits=random.sample(one.visits, len(one.visits))) for one in study.patients]
    other = attrs.evolve(study, patients=random.sample(people, len(people)))
    assert other == study
    assert hash(other) == hash(study)
    assert other.patients == study.patients
    pd.testing.assert_frame_equal(other.ck_series(), study.ck_series())


@pytest.mark.parametrize("method", ["values", "baseline", "final_values"])
def test_columns_are_new_each_time_and_share_the_index_of_the_patients(method):
    study = random_study(7, 20)
    column = getattr(study, method)("CK")
    assert column.index.equals(study.ids)
    column.iloc[:] = -1.0
    assert not (getattr(study, method)("CK") == -1).to_numpy().any()


# ---------------------------------------------------------------------------------------------------- the paper


def test_the_bundled_study_gives_the_figures_of_table_2(saito):
    figures = {
        "MMT": [(64.2, 11.7), (57.4, 13.5), (70.4, 15.4), (72.9, 13.8), (78.6, 12.9)],
        "ADL": [(20.7, 8.5), (18.9, 9.6), (26.1, 10.4), (30.3, 11.9), (34.4, 8.4)],
        "CK": [(2897.1, 2019.6), (1259.8, 1280.2), (298.4, 448.2), (227.7, 449.6), (219.3, 455.0)],
    }
    for code, printed in figures.items():
        values = saito.efficacy_set.values(code, off_schedule="next")
        assert values.columns.tolist() == [-4, 0, 4, 8, 12]
        assert [(round(values[week].mean(), 1), round(values[week].std(), 1)) for week in values] == printed
        assert saito.efficacy_set.baseline(code).equals(values[0].rename(None))


def test_week_8_of_table_2_counts_patient_15_and_week_12_does_not(saito):
    for code in ("MMT", "ADL", "CK"):
        assert saito.efficacy_set.values(code, off_schedule="next").count()[[8, 12]].tolist() == [15, 14]
        assert saito.efficacy_set.values(code).count()[[5, 8, 12]].tolist() == [1, 14, 14]


def test_patient_15_is_graded_by_week_5_and_patient_16_by_nothing(saito):
    assert [saito.final_values(code)["15"] for code in ("MMT", "ADL", "CK")] == [54, 5, 39]
    assert [saito.final_weeks(code)["15"] for code in ("MMT", "ADL", "CK")] == [5, 5, 5]
    assert saito.final_values("MMT").isna()[lambda missing: missing].index.tolist() == ["16"]
    assert saito.final_weeks("MMT").drop(["15", "16"]).eq(12).all()
    assert round(saito.final_values("MMT").mean(), 1) == 76.9


def test_the_sets_of_the_paper(saito):
    assert saito.ids.tolist() == [str(number) for number in range(1, 17)]
    assert saito.efficacy_set.ids.tolist() == [str(number) for number in range(1, 16)]
    assert saito.safety_set == saito
    assert all(patient.adverse_events is not None for patient in saito.patients)


def test_an_event_of_one_patient_makes_events_recorded_of_all():
    events = [AdverseEvent("fever", day=1)]
    study = Study([person("P1", adverse_events=events), person("P2", adverse_events=[])])
    assert [len(patient.adverse_events) for patient in study.patients] == [1, 0]
    assert np.isnan(study.final_values("CK")).all()


def test_a_study_shows_who_and_what_it_holds(saito):
    shown = saito._shown()
    assert (shown.title, shown.header, shown.left, list(shown.notes)) == ("GB-0998 study", ("", ""), frozenset({0, 1}), [])
    assert [tuple(row) for row in shown.rows] == [
        ("patients", "16 (8 PM, 8 DM; 13 F, 3 M)"),
        ("efficacy set", "15"),
        *((code, "76 values, weeks -4 to 12") for code in ("MMT", "ADL", "CK")),
        ("scheduled weeks", "-4, 0, 1, 2, 4, 8, 12"),
        ("endpoint week", "12"),
    ]
    guessed = Study(
        [person("P1", at(0, mmt=59), arm="A")], protocol=Protocol([0, 4], inferred=["scheduled_weeks", "strata"])
    )
    assert (guessed._shown().title, list(guessed._shown().notes)) == ("Study", ["Inferred: scheduled weeks and strata."])
    assert tuple(guessed._shown().rows[0]) == ("patients", "1 (1 A; 1 PM; 1 F)")
    assert tuple(guessed._shown().rows[2]) == ("MMT", "1 value, weeks 0 to 0")


def test_the_control_arm_is_the_last_whatever_it_is_called():
    people = [person(f"P{k}", MMT59, arm=arm) for k, arm in enumerate(["A", "10", "9"])]
    assert Study(people).arms == ("9", "10", "A")
    assert Study(people, protocol=Protocol(control="10")).arms == ("9", "A", "10")


def test_the_rows_of_a_pair_name_their_measure(saito):
    frame = saito.pair("CK").to_frame()
    assert set(frame.pop("measure")) == {"CK"}
    assert frame.equals(saito.pair("CK").rows)


def test_a_stratum_that_is_not_known_is_said_of_its_column():
    with pytest.raises(DataError) as caught:
        Study([person("P1", MMT59)], protocol=Protocol(strata=["site"]))
    assert [(each.column, str(each)) for each in caught.value.problems] == [
        ("site", "'site' must be known for patient 'P1'.")
    ]
