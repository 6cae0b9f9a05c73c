"""Patients and what was seen of them: nothing impossible can be held, and equal content is equal."""

import copy
import math
import pickle
import re
from fractions import Fraction

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.errors import DataError
from ivigmyo.instruments import ADL15, CK, MMT18, Instrument
from ivigmyo.study.patients import (
    AdverseEvent,
    Assessment,
    Diagnosis,
    DispositionStep,
    FollowUp,
    Patient,
    Sex,
    Treatment,
    Visit,
    in_any_order,
    keep,
    repeated,
)

MMT59, MMT90, ADL20, CK500 = Assessment(MMT18, 59), Assessment(MMT18, 90), Assessment(ADL15, 20), Assessment(CK, 500, 170)


DIAGNOSES = "'PM', 'DM', 'IMNM', 'ASYS', 'IBM', 'JDM', 'CADM', 'OM', 'OTHER'"


def refused(make, *args, **kwargs):
    """Return what is said when a record is refused, one line a problem."""
    with pytest.raises(DataError) as caught:
        make(*args, **kwargs)
    for problem in caught.value.problems:  # the field that a sentence begins with is the column it is said of
        named = re.match(r"'([a-z_]+)' must", problem.rule)
        assert named is None or problem.column == named[1] or named[1] in ("instrument", "follow_up"), problem
        others = {"a day must have one visit": "day", "a visit must be recorded once": "week"}
        assert problem.column == others.get(problem.rule, problem.column)
    return str(caught.value).split("\n")


# ---------------------------------------------------------------------------------------------------- assessments


@pytest.mark.parametrize(
    ("instrument", "value", "text"),
    [
        (MMT18, 91, "'MMT' must be between 0 and 90 (got 91)."),
        (MMT18, -1, "'MMT' must be between 0 and 90 (got -1)."),
        (MMT18, math.nan, "'MMT' must be between 0 and 90 (got nan)."),
        (MMT18, np.float64("nan"), "'MMT' must be between 0 and 90 (got nan)."),
        (MMT18, None, "'MMT' must be between 0 and 90 (got None)."),
        (MMT18, "59", "'MMT' must be between 0 and 90 (got '59')."),
        (MMT18, True, "'MMT' must be between 0 and 90 (got True)."),
        (MMT18, np.True_, "'MMT' must be between 0 and 90 (got True)."),
        (ADL15, 45.5, "'ADL' must be between 0 and 45 (got 45.5)."),
        (CK, 0, "'CK' must be greater than 0 and at most 10000000 (got 0)."),
        (CK, -300, "'CK' must be greater than 0 and at most 10000000 (got -300)."),
        (CK, math.inf, "'CK' must be greater than 0 and at most 10000000 (got inf)."),
        (CK, [500], "'CK' must be greater than 0 and at most 10000000 (got [500])."),
        ("CK", 500, "'instrument' must be an Instrument (got 'CK')."),
        (None, 500, "'instrument' must be an Instrument (got None)."),
    ],
)
def test_an_impossible_value_is_refused(instrument, value, text):
    assert refused(Assessment, instrument, value) == [text]


@pytest.mark.parametrize(
    ("uln", "text"),
    [
        (0, "'uln' must be greater than 0 (got 0)."),
        (-170, "'uln' must be greater than 0 (got -170)."),
        (math.nan, "'uln' must be a finite number (got nan)."),
        (math.inf, "'uln' must be a finite number (got inf)."),
        ("170", "'uln' must be a finite number (got '170')."),
        (True, "'uln' must be a finite number (got True)."),
    ],
)
def test_an_impossible_limit_is_refused(uln, text):
    assert refused(Assessment, CK, 500, uln) == [text]


def test_only_laboratory_values_have_a_limit():
    assert refused(Assessment, MMT18, 59, 170) == ["'MMT' has no upper limit of normal (got 170)."]
    assert refused(Assessment, MMT18, 91, -1) == [
        "'MMT' must be between 0 and 90 (got 91).",
        "'MMT' has no upper limit of normal (got -1).",
        "'uln' must be greater than 0 (got -1).",
    ]
    assert Assessment(MMT18, 59).uln is None


@pytest.mark.parametrize("value", [59, 59.0, np.int64(59), np.float64(59), np.float32(59), Fraction(59)])
def test_a_number_of_any_type_is_kept_as_a_float(value):
    assessment = Assessment(CK, value, uln=value)
    assert type(assessment.value) is float
    assert type(assessment.uln) is float
    assert assessment == Assessment(CK, 59.0, 59.0)
    assert repr(assessment) == repr(Assessment(CK, 59.0, 59.0))


def test_a_measure_of_one_s_own_is_assessed_by_its_own_range():
    haq = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
    assert Assessment(haq, 2.25).value == 2.25
    assert refused(Assessment, haq, 3.5) == ["'HAQ' must be between 0 and 3 (got 3.5)."]


# ---------------------------------------------------------------------------------------------------- visits


def test_a_visit_has_a_week_or_a_day():
    assert refused(Visit) == ["a visit must have a week or a day."]
    assert refused(Visit, assessments=[MMT59]) == ["a visit must have a week or a day."]


@pytest.mark.parametrize(
    ("week", "day", "label", "nominal_day"),
    [
        (4, None, "week 4", 28),
        (None, 30, "day 30", 30),
        (4, 30, "week 4", 30),
        (-4, None, "week -4", -28),
        (0, None, "week 0", 0),
        (None, 0, "day 0", 0),
        (12, 0, "week 12", 0),
        (5000, 35000, "week 5000", 35000),
        (-5000, None, "week -5000", -35000),
    ],
)
def test_a_visit_is_called_by_its_week_and_stands_at_its_day(week, day, label, nominal_day):
    visit = Visit(week, day)
    assert (visit.label, visit.nominal_day) == (label, nominal_day)


@pytest.mark.parametrize(
    ("week", "day", "text"),
    [
        (4.5, None, "'week' must be a whole number (got 4.5) for week 4.5."),
        ("4", None, "'week' must be a finite number (got '4') for week 4."),
        (True, None, "'week' must be a finite number (got True) for week True."),
        (math.nan, None, "'week' must be a finite number (got nan) for week nan."),
        (5001, None, "'week' must be between -5000 and 5000 (got 5001) for week 5001."),
        (-5001, None, "'week' must be between -5000 and 5000 (got -5001) for week -5001."),
        (None, 28.5, "'day' must be a whole number (got 28.5) for day 28.5."),
        (None, math.inf, "'day' must be a finite number (got inf) for day inf."),
        (None, "28", "'day' must be a finite number (got '28') for day 28."),
        (None, 35001, "'day' must be between -35000 and 35000 (got 35001) for day 35001."),
        (None, 10**30, f"'day' must be between -35000 and 35000 (got {10**30}) for day {10**30}."),
        (4, -35001, "'day' must be between -35000 and 35000 (got -35001) for week 4."),
    ],
)
def test_an_impossible_time_is_refused(week, day, text):
    assert refused(Visit, week, day, [MMT59]) == [text]


@pytest.mark.parametrize("number", [4, 4.0, np.int64(4), np.float64(4)])
def test_a_whole_number_of_any_type_is_kept_as_an_int(number):
    visit = Visit(number, number, [MMT59])
    assert type(visit.week) is int
    assert type(visit.day) is int
    assert repr(visit) == repr(Visit(4, 4, [MMT59]))


def test_a_measure_is_assessed_once_a_visit():
    assert refused(Visit, 4, assessments=[MMT59, ADL20, MMT90, CK500, CK500, CK500]) == [
        "'MMT' must be assessed once a visit (got 2) for week 4.",
        "'CK' must be assessed once a visit (got 3) for week 4.",
    ]
    assert refused(Visit, None, 30, [MMT59, MMT59]) == ["'MMT' must be assessed once a visit (got 2) for day 30."]


def test_a_visit_holds_assessments_and_nothing_else():
    assert refused(Visit, 4, assessments=[59]) == ["each must be of the kind Assessment (got 59)."]
    assert refused(Visit, 4, assessments="MMT") == ["each must be of the kind Assessment (got 'MMT')."]
    assert Visit(4).assessments == ()
    assert Visit(4, assessments=(each for each in [MMT59, ADL20])).assessments == (MMT59, ADL20)


@given(st.permutations([MMT59, ADL20, CK500]))
def test_the_order_of_assessments_does_not_matter(order):
    one, other = Visit(4, assessments=[MMT59, ADL20, CK500]), Visit(4, assessments=order)
    assert one == other
    assert hash(one) == hash(other)
    assert other.assessments == tuple(order)


# ---------------------------------------------------------------------------------------------------- treatments


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        ({"name": ""}, ["'treatment' must be a text without blanks around it (got '') for treatment ''."]),
        ({"name": 5}, ["'treatment' must be a text without blanks around it (got 5) for treatment 5."]),
        ({"start_day": 5}, ["'end_day' must be on or after 'start_day' (day 5) (got 4) for treatment 'IVIG'."]),
        ({"start_day": 0.5}, ["'start_day' must be a whole number (got 0.5) for treatment 'IVIG'."]),
        ({"start_day": "0"}, ["'start_day' must be a finite number (got '0') for treatment 'IVIG'."]),
        ({"end_day": 35001}, ["'end_day' must be between -35000 and 35000 (got 35001) for treatment 'IVIG'."]),
        ({"end_day": True}, ["'end_day' must be a finite number (got True) for treatment 'IVIG'."]),
        ({"end_day": math.nan}, ["'end_day' must be a finite number (got nan) for treatment 'IVIG'."]),
        ({"dose": -0.1}, ["'dose' must be at least 0 (got -0.1) for treatment 'IVIG'."]),
        ({"dose": "0.4"}, ["'dose' must be a finite number (got '0.4') for treatment 'IVIG'."]),
        ({"unit": " g"}, ["'unit' must be a text without blanks around it (got ' g') for treatment 'IVIG'."]),
        (
            {"dose": -1, "end_day": -1},
            [
                "'end_day' must be on or after 'start_day' (day 0) (got -1) for treatment 'IVIG'.",
                "'dose' must be at least 0 (got -1) for treatment 'IVIG'.",
            ],
        ),
    ],
)
def test_an_impossible_treatment_is_refused(change, texts):
    given_ = {"name": "IVIG", "start_day": 0, "end_day": 4, "dose": 0.4, "unit": "g/kg/day"}
    assert refused(Treatment, **(given_ | change)) == texts


@pytest.mark.parametrize(
    ("start", "end", "days"), [(0, 4, 5), (3, 3, 1), (-2, 1, 4), (None, 4, None), (0, None, None), (None, None, None)]
)
def test_a_treatment_lasts_from_its_first_day_to_its_last(start, end, days):
    assert Treatment("IVIG", start, end).days == days


# ---------------------------------------------------------------------------------------------------- follow-up


@pytest.mark.parametrize(
    ("days", "texts"),
    [
        ((None,), ["'observed_until' must be known."]),
        ((-1,), ["'observed_until' must be between 0 and 35000 (got -1)."]),
        ((35001,), ["'observed_until' must be between 0 and 35000 (got 35001)."]),
        (("409",), ["'observed_until' must be a finite number (got '409')."]),
        ((math.nan,), ["'observed_until' must be a finite number (got nan)."]),
        ((409, 0), ["'normalized_on' must be greater than 0 (got 0)."]),
        ((409, "19"), ["'normalized_on' must be a finite number (got '19')."]),
        ((409, True), ["'normalized_on' must be a finite number (got True)."]),
        ((409, 410), ["'observed_until' must be on or after 'normalized_on' (day 410) (got 409)."]),
        ((409, 19, 19), ["'re_elevated_on' must be after 'normalized_on' (day 19) (got 19)."]),
        ((409, 19, 410), ["'observed_until' must be on or after 're_elevated_on' (day 410) (got 409)."]),
        ((409, None, 19), ["'re_elevated_on' needs 'normalized_on' (got 19)."]),
        (
            (409, 19, -5),
            [
                "'re_elevated_on' must be greater than 0 (got -5).",
                "'re_elevated_on' must be after 'normalized_on' (day 19) (got -5).",
            ],
        ),
    ],
)
def test_an_impossible_follow_up_is_refused(days, texts):
    assert refused(FollowUp, *days) == texts


def test_the_ends_of_a_follow_up_are_possible():
    assert FollowUp(0) == FollowUp(0.0)
    assert FollowUp(19, 19).normalized_on == 19
    assert FollowUp(390, 19, 390).re_elevated_on == 390
    assert FollowUp(0.5, 0.5).observed_until == 0.5
    assert [type(day) for day in attrs.astuple(FollowUp(np.int64(390), 19, np.float64(390)))] == [float] * 3


# ---------------------------------------------------------------------------------------------------- events and steps


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"term": None}, "'term' must be a text without blanks around it (got None)."),
        ({"group": ""}, "'group' must be a text without blanks around it (got '')."),
        ({"day": 1.5}, "'day' must be a whole number (got 1.5)."),
        ({"day": -35001}, "'day' must be between -35000 and 35000 (got -35001)."),
        ({"relation": 1}, "'relation' must be a text without blanks around it (got 1)."),
    ],
)
def test_an_impossible_event_is_refused(change, text):
    assert refused(AdverseEvent, **({"term": "fever"} | change)) == [text]


@pytest.mark.parametrize(
    ("step", "patients", "reason", "text"),
    [
        ("", 5, None, "'step' must be a text without blanks around it (got '') for step ''."),
        ("treated", None, None, "'patients' must be known for step 'treated'."),
        ("treated", -1, None, "'patients' must be at least 0 (got -1) for step 'treated'."),
        ("treated", 1.5, None, "'patients' must be a whole number (got 1.5) for step 'treated'."),
        ("treated", "16", None, "'patients' must be a finite number (got '16') for step 'treated'."),
        ("treated", 16, " ", "'reason' must be a text without blanks around it (got ' ') for step 'treated'."),
    ],
)
def test_an_impossible_step_is_refused(step, patients, reason, text):
    assert refused(DispositionStep, step, patients, reason) == [text]


def test_a_diagnosis_and_a_sex_are_found_in_words_whatever_their_case_and_blanks():
    words = ("dm", " Polymyositis", "Inclusion  Body\nMyositis", "")
    assert [Diagnosis.of(text) for text in words] == ["DM", "PM", "IBM", None]
    assert [Sex.of(text) for text in ("f", "Male", "x")] == ["F", "M", None]


def test_factors_are_kept_by_name():
    one = Patient("P1", "PM", "F", 39, factors={"site": "A", "region": "north"})
    assert dict(one.factors) == {"site": "A", "region": "north"}
    assert refused(Patient, "P1", "PM", "F", 39, factors={"site": " A"}) == [
        "'site' must be a text without blanks around it (got ' A') for patient 'P1'."
    ]


def test_a_step_may_count_nobody():
    assert DispositionStep("not treated", 0).patients == 0
    assert type(DispositionStep("treated", np.float64(16)).patients) is int


# ---------------------------------------------------------------------------------------------------- patients


def patient(**change):
    return Patient(**({"id": "P1", "diagnosis": "PM", "sex": "F", "age": 39} | change))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"id": ""}, "'patient' must be a text without blanks around it (got '') for patient ''."),
        ({"id": 1}, "'patient' must be a text without blanks around it (got 1) for patient 1."),
        ({"id": "1 "}, "'patient' must be a text without blanks around it (got '1 ') for patient '1 '."),
        (
            {"diagnosis": "XYZ"},
            f"'diagnosis' must be one of {DIAGNOSES} (got 'XYZ') for patient 'P1'.",
        ),
        (
            {"diagnosis": "pm"},
            f"'diagnosis' must be one of {DIAGNOSES} (got 'pm') for patient 'P1'.",
        ),
        (
            {"diagnosis": None},
            f"'diagnosis' must be one of {DIAGNOSES} (got None) for patient 'P1'.",
        ),
        ({"sex": "female"}, "'sex' must be one of 'F', 'M' (got 'female') for patient 'P1'."),
        ({"sex": ["F"]}, "'sex' must be one of 'F', 'M' (got ['F']) for patient 'P1'."),
        ({"age": None}, "'age' must be known for patient 'P1'."),
        ({"age": -1}, "'age' must be between 0 and 130 (got -1) for patient 'P1'."),
        ({"age": 131}, "'age' must be between 0 and 130 (got 131) for patient 'P1'."),
        ({"age": "39"}, "'age' must be a finite number (got '39') for patient 'P1'."),
        ({"age": True}, "'age' must be a finite number (got True) for patient 'P1'."),
        ({"age": math.nan}, "'age' must be a finite number (got nan) for patient 'P1'."),
        ({"age": 10**400}, f"'age' must be a finite number (got {10**400}) for patient 'P1'."),
        ({"disease_duration": 131}, "'disease_duration' must be between 0 and 130 (got 131) for patient 'P1'."),
        ({"disease_duration": -0.1}, "'disease_duration' must be between 0 and 130 (got -0.1) for patient 'P1'."),
        ({"weight": 0}, "'weight' must be greater than 0 (got 0) for patient 'P1'."),
        ({"weight": "60"}, "'weight' must be a finite number (got '60') for patient 'P1'."),
        ({"highest_previous_dose": -1}, "'highest_previous_dose' must be at least 0 (got -1) for patient 'P1'."),
        ({"steroid_dose_start": -1}, "'steroid_dose_start' must be at least 0 (got -1) for patient 'P1'."),
        ({"steroid_dose_last": -1}, "'steroid_dose_last' must be at least 0 (got -1) for patient 'P1'."),
        (
            {"previous_treatment": ""},
            "'previous_treatment' must be a text without blanks around it (got '') for patient 'P1'.",
        ),
        ({"exclusion_reason": 1}, "'exclusion_reason' must be a text without blanks around it (got 1) for patient 'P1'."),
        (
            {"discontinuation_reason": " "},
            "'discontinuation_reason' must be a text without blanks around it (got ' ') for patient 'P1'.",
        ),
        (
            {"exclusion_conditions": [" a"]},
            "'exclusion_conditions' must be a text without blanks around it (got ' a') for patient 'P1'.",
        ),
        (
            {"exclusion_conditions": ["a; b"]},
            "'exclusion_conditions' must have no semicolon and not be 'none' (got 'a; b') for patient 'P1'.",
        ),
        (
            {"exclusion_conditions": ["None"]},
            "'exclusion_conditions' must have no semicolon and not be 'none' (got 'None') for patient 'P1'.",
        ),
        ({"exclusion_conditions": [1]}, "each must be of the kind str (got 1)."),
        ({"efficacy_set": 1}, "'efficacy_set' must be True or False (got 1) for patient 'P1'."),
        ({"safety_set": "yes"}, "'safety_set' must be True or False (got 'yes') for patient 'P1'."),
        ({"safety_set": None}, "'safety_set' must be True or False (got None) for patient 'P1'."),
        ({"consented_on": 0.5}, "'consented_on' must be a whole number (got 0.5) for patient 'P1'."),
        ({"discontinued_on": "35"}, "'discontinued_on' must be a finite number (got '35') for patient 'P1'."),
        ({"discontinued_on": 35001}, "'discontinued_on' must be between -35000 and 35000 (got 35001) for patient 'P1'."),
        ({"follow_up": 409}, "'follow_up' must be a FollowUp (got 409) for patient 'P1'."),
        ({"visits": [4]}, "each must be of the kind Visit (got 4)."),
        ({"treatments": ["IVIG"]}, "each must be of the kind Treatment (got 'IVIG')."),
        ({"treatments": "IVIG"}, "each must be of the kind Treatment (got 'IVIG')."),
        ({"adverse_events": ["fever"]}, "each must be of the kind AdverseEvent (got 'fever')."),
        ({"visits": [Visit(8)]}, "a visit must have at least one assessment for patient 'P1', week 8."),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_an_impossible_patient_is_refused(change, text):
    assert refused(patient, **change) == [text]


def test_everything_wrong_with_a_patient_is_said_at_once():
    assert refused(Patient, "P2", "XYZ", "X", 390, weight=-1, visits=[Visit(4), Visit(8, assessments=[MMT59])]) == [
        f"'diagnosis' must be one of {DIAGNOSES} (got 'XYZ') for patient 'P2'.",
        "'sex' must be one of 'F', 'M' (got 'X') for patient 'P2'.",
        "'age' must be between 0 and 130 (got 390) for patient 'P2'.",
        "'weight' must be greater than 0 (got -1) for patient 'P2'.",
        "a visit must have at least one assessment for patient 'P2', week 4.",
    ]


@pytest.mark.parametrize(
    ("visits", "texts"),
    [
        (
            [Visit(4, assessments=[MMT59]), Visit(4, assessments=[ADL20])],
            ["a visit must be recorded once (got 2) for patient 'P1', week 4."],
        ),
        (
            [Visit(4, 30, [MMT59]), Visit(4, 30, [ADL20]), Visit(4, 30, [CK500])],
            ["a visit must be recorded once (got 3) for patient 'P1', week 4."],
        ),
        (
            [Visit(None, 30, [MMT59]), Visit(None, 30, [MMT59])],
            ["a visit must be recorded once (got 2) for patient 'P1', day 30."],
        ),
        (
            [Visit(4, 30, [MMT59]), Visit(None, 30, [ADL20])],
            ["a day must have one visit (got 2) for patient 'P1', day 30."],
        ),
        (
            [Visit(4, 30, [MMT59]), Visit(5, 30, [MMT59])],
            ["a day must have one visit (got 2) for patient 'P1', day 30."],
        ),
        (
            [Visit(4, 30, [MMT59, ADL20]), Visit(4, 31, [MMT90])],
            ["'MMT' must be assessed once a visit (got 2) for patient 'P1', week 4."],
        ),
        (
            [Visit(4, None, [MMT59]), Visit(4, 28, [MMT59])],
            ["'MMT' must be assessed once a visit (got 2) for patient 'P1', week 4."],
        ),
        (
            [Visit(0, assessments=[MMT59]), Visit(0, assessments=[MMT59])],
            [
                "a visit must be recorded once (got 2) for patient 'P1', week 0.",
                "'MMT' must be assessed once a visit (got 2) for patient 'P1', week 0.",
            ],
        ),
    ],
)
def test_visits_that_contradict_each_other_are_refused(visits, texts):
    assert refused(patient, visits=visits) == texts


@pytest.mark.parametrize(
    "visits",
    [
        [Visit(4, None, [MMT59]), Visit(4, 28, [ADL20])],
        [Visit(None, 30, [MMT59]), Visit(None, 31, [MMT59])],
        [Visit(None, 28, [MMT59]), Visit(4, None, [MMT59])],
        [Visit(4, 28, [MMT59]), Visit(None, 29, [MMT59])],
        [Visit(4, 30, [MMT59]), Visit(5, 30, [ADL20])],
    ],
)
def test_visits_that_may_both_have_been_are_kept(visits):
    assert len(patient(visits=visits).visits) == 2


def test_members_of_the_enumerations_and_their_values_are_the_same():
    one = Patient("P1", "DM", "M", 39)
    assert one == Patient("P1", Diagnosis.DM, Sex.MALE, 39.0)
    assert (one.diagnosis, one.sex) == (Diagnosis.DM, Sex.MALE)
    assert [str(each) for each in Diagnosis] == ["PM", "DM", "IMNM", "ASYS", "IBM", "JDM", "CADM", "OM", "OTHER"]
    assert [str(each) for each in Sex] == ["F", "M"]


def test_one_exclusion_condition_need_not_be_put_in_a_list():
    assert patient(exclusion_conditions="infection").exclusion_conditions == ("infection",)
    assert patient(exclusion_conditions=[]).exclusion_conditions == ()
    assert patient().exclusion_conditions is None


def test_adverse_events_not_recorded_are_not_the_same_as_none():
    assert patient().adverse_events is None
    assert patient(adverse_events=[]).adverse_events == ()
    assert patient() != patient(adverse_events=[])


def test_the_numbers_of_a_patient_are_plain():
    one = patient(age=np.int64(39), weight=np.float64(60), consented_on=np.float64(-30), discontinued_on=np.int64(35))
    assert [type(each) for each in (one.age, one.weight, one.consented_on, one.discontinued_on)] == [float, float, int, int]


VISITS = [
    Visit(-4, assessments=[MMT59]),
    Visit(0, 0, [MMT59, CK500]),
    Visit(4, None, [MMT59]),
    Visit(4, 28, [ADL20]),
    Visit(None, 28 + 7, [CK500]),
    Visit(5, None, [MMT59]),
    Visit(12, 83, [MMT90]),
]
TREATMENTS = [Treatment("IVIG", 0, 4), Treatment("cyclosporin", 35), Treatment("cyclosporin", 35)]
EVENTS = [AdverseEvent("fever", day=1), AdverseEvent("fever", day=1), AdverseEvent("cough")]


@given(st.permutations(VISITS), st.permutations(TREATMENTS), st.permutations(EVENTS))
def test_the_order_of_what_was_seen_does_not_matter(visits, treatments, events):
    one = patient(visits=VISITS, treatments=TREATMENTS, adverse_events=EVENTS)
    other = patient(visits=visits, treatments=treatments, adverse_events=events)
    assert one == other
    assert hash(one) == hash(other)
    assert one.visits == other.visits
    assert [visit.nominal_day for visit in other.visits] == [-28, 0, 28, 28, 35, 35, 83]


def test_how_often_a_thing_happened_matters():
    assert patient(adverse_events=EVENTS) != patient(adverse_events=EVENTS[1:])
    assert patient(treatments=TREATMENTS) != patient(treatments=TREATMENTS[1:])


def test_differences_of_any_field_matter():
    one = patient(visits=VISITS, treatments=TREATMENTS, adverse_events=EVENTS, follow_up=FollowUp(409))
    for field, value in {
        "id": "P2",
        "age": 40,
        "weight": 60,
        "efficacy_set": False,
        "exclusion_conditions": (),
        "discontinued_on": 35,
        "visits": VISITS[:-1],
        "treatments": [],
        "adverse_events": None,
        "follow_up": None,
    }.items():
        assert attrs.evolve(one, **{field: value}) != one


# ---------------------------------------------------------------------------------------------------- all records


RECORDS = [
    MMT59,
    Visit(4, assessments=[MMT59]),
    Treatment("IVIG", 0, 4),
    FollowUp(409),
    AdverseEvent("fever"),
    DispositionStep("treated", 16),
    patient(visits=VISITS, adverse_events=EVENTS),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_records_are_frozen_hashable_and_survive_copying(record):
    name = attrs.fields(type(record))[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(record, name, None)
    for again in (copy.deepcopy(record), pickle.loads(pickle.dumps(record)), attrs.evolve(record)):
        assert again == record
        assert hash(again) == hash(record)


@given(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(), st.text("01.9 x", max_size=5)),
    st.sampled_from(["week", "day", "value", "uln", "age", "weight", "normalized_on", "start_day", "patients"]),
)
def test_whatever_is_put_where_a_number_belongs_is_held_as_that_number_or_refused(value, where):
    makers = {
        "week": lambda: Visit(value, 0).week,
        "day": lambda: Visit(0, value).day,
        "value": lambda: Assessment(CK, value).value,
        "uln": lambda: Assessment(CK, 500, value).uln,
        "age": lambda: patient(age=value).age,
        "weight": lambda: patient(weight=value).weight,
        "normalized_on": lambda: FollowUp(35000, value).normalized_on,
        "start_day": lambda: Treatment("IVIG", value).start_day,
        "patients": lambda: DispositionStep("treated", value).patients,
    }
    try:
        held = makers[where]()
    except DataError:
        return
    assert held == value
    assert held is None or (type(held) in (int, float) and math.isfinite(held) and not isinstance(value, bool))


# ---------------------------------------------------------------------------------------------------- small helpers


def test_keep_makes_a_tuple_of_one_kind():
    assert keep([], int) == ()
    assert keep((each for each in (1, 2)), int) == (1, 2)
    assert keep("ab", str) == ("ab",)
    assert refused(keep, [1, "b", 2.0], int) == [
        "each must be of the kind int (got 'b').",
        "each must be of the kind int (got 2).",
    ]


def test_any_order_counts():
    assert in_any_order(None) is None
    assert in_any_order([]) == frozenset()
    assert in_any_order([1, 2, 2]) == in_any_order([2, 1, 2]) != in_any_order([1, 1, 2])


def test_repeated_lists_in_order_of_appearance():
    assert repeated([]) == []
    assert repeated(["b", "a", "c", "a", "b", "b"]) == [("b", 3), ("a", 2)]


@given(st.none() | st.integers(-5000, 5000), st.none() | st.integers(-35000, 35000))
def test_a_visit_is_called_by_its_week_and_dated_by_its_day(week, day):
    if week is None and day is None:
        return
    visit = Visit(week, day)
    kind, number = visit.label.split()
    assert int(number) == {"week": week, "day": day}[kind]
    assert (kind == "week") == (week is not None)
    assert visit.nominal_day == (7 * week if day is None else day)
    # known by its nominal day alone, it lies where it lay
    assert Visit(day=visit.nominal_day).nominal_day == visit.nominal_day


@given(st.integers(-999, 999), st.integers(0, 999), st.integers(0, 999), st.integers(-99, 99))
def test_a_course_lasts_as_long_as_its_parts_and_as_one_moved(start, first, second, by):
    whole = Treatment("IVIG", start, start + first + second + 1)
    parts = Treatment("IVIG", start, start + first), Treatment("IVIG", start + first + 1, start + first + second + 1)
    assert whole.days == sum(part.days for part in parts) == len(range(start, whole.end_day + 1))
    assert Treatment("IVIG", start + by, whole.end_day + by).days == whole.days
    assert Treatment("IVIG", start).days is Treatment("IVIG", None, start).days is None


@given(st.lists(st.sampled_from([MMT59, MMT90, CK500])), st.lists(st.sampled_from([MMT59, MMT90, CK500])), st.data())
def test_records_are_kept_as_they_are_and_compared_as_a_bag(one, other, data):
    assert keep(one, Assessment) == keep(iter(one), Assessment) == keep(keep(one, Assessment), Assessment) == tuple(one)
    same = sorted(map(str, one)) == sorted(map(str, other))
    assert (in_any_order(one) == in_any_order(other)) == same
    assert in_any_order(data.draw(st.permutations(one))) == in_any_order(one)
    counts = dict(repeated(one))
    assert all(counts.get(each, 1) == one.count(each) for each in one)
    assert set(counts) == {each for each in one if one.count(each) > 1}
    # nothing is repeated in what is left when each thing is taken once
    assert repeated(set(one)) == []
