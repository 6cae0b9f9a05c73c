"""The protocol: the schedule, eligibility, steroid resistance and the analysis sets, at every boundary."""

import math
from fractions import Fraction

import attrs
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import Protocol, saito2008
from ivigmyo.conduct import (
    check_eligibility,
    check_protocol,
    check_schedule,
    explain_sets,
    steroid_resistance,
)
from ivigmyo.instruments import STUDY_INSTRUMENTS, Instrument
from ivigmyo.study import Conduct, Course, Eligibility, Study
from ivigmyo.study.patients import Assessment, Patient, Treatment, Visit

HAQ = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
MMT8 = Instrument("MMT8", "Manual muscle test, 8 muscles", "points", maximum=150)
SCHEDULE = dict(saito2008.PROTOCOL.scheduled_weeks)
SCHEDULE = {"MMT": SCHEDULE[""], "ADL": SCHEDULE[""], "CK": SCHEDULE["CK"]}
TABLE_1 = SCHEDULE | {"CK": (0, 2, 4, 8, 12)}
PLANNED = attrs.evolve(saito2008.PROTOCOL, scheduled_weeks=SCHEDULE)
ELIGIBILITY = PLANNED.conduct.eligibility
PER_KG = attrs.evolve(ELIGIBILITY, minimum_dose_per_kg=1.1)
CONDITIONS = (
    "malignancy, acute interstitial pneumonia, IgA deficiency, severe liver disorder, severe kidney disorder, "
    "severe cardiac disorder, pregnancy"
)


@pytest.fixture(scope="module")
def bundled():
    return saito2008.load_study()


def seen(week=None, day=None, **values):
    """A visit with values by code."""
    instruments = {each.code: each for each in (*STUDY_INSTRUMENTS, HAQ, MMT8)}
    return Visit(week, day, [Assessment(instruments[code], value) for code, value in values.items()])


def patient(name="P01", visits=(), age=39, **others):
    return Patient(name, "PM", "F", age, visits=visits, **others)


def complete(name, *, without=(), **others):
    """A patient seen on the first day of every week of Table 1, except at some (week, code)."""
    visits = []
    for week in (-4, 0, 1, 2, 4, 8, 12):
        codes = [code for code in SCHEDULE if week in SCHEDULE[code] and (week, code) not in without]
        if codes:
            visits.append(seen(week, 7 * week, **dict.fromkeys(codes, 40)))
    return patient(name, visits, **others)


def rows(frame):
    """The rows of a frame, NaN as None."""
    return [
        tuple(None if isinstance(cell, float) and math.isnan(cell) else cell for cell in row) for row in frame.to_numpy()
    ]


def planned(patients, **others):
    return Study(patients, protocol=attrs.evolve(PLANNED, **others))


def findings(*patients, schedule=None, window=None, **others):
    return rows(check_schedule(planned(patients, **others), schedule, window))


# --- the schedule


def test_the_bundled_study_misses_nothing(bundled):
    everyone = "not recorded for any patient"
    assert rows(check_schedule(bundled)) == [
        (None, 1, "CK", None, everyone),
        (None, 2, "MMT", None, everyone),
        (None, 2, "ADL", None, everyone),
        (None, 2, "CK", None, everyone),
        ("15", 5, "MMT", None, "not scheduled"),
        ("15", 5, "ADL", None, "not scheduled"),
        ("15", 5, "CK", None, "not scheduled"),
    ]


def test_table_1_as_printed_leaves_ck_of_week_minus_4_unscheduled(bundled):
    found = check_schedule(bundled, TABLE_1)
    early = found[(found["week"] == -4) & (found["finding"] == "not scheduled")]
    assert early["measure"].tolist() == ["CK"] * 16
    assert early["patient"].tolist() == [str(number) for number in range(1, 17)]
    assert not (found["week"] == 1).any()


def test_the_table_of_a_study_without_findings_keeps_its_types():
    found = check_schedule(planned([complete("P01")]))
    assert found.empty
    assert found.dtypes.astype(str).to_dict() == {
        "patient": "object",
        "week": "int64",
        "measure": "object",
        "day": "float64",
        "finding": "object",
    }


def test_a_value_that_others_have_is_missing():
    absent = [(4, "ADL"), (0, "CK"), (4, "MMT")]
    assert findings(complete("P01"), complete("P02", without=absent)) == [
        ("P02", 0, "CK", None, "missing"),
        ("P02", 4, "MMT", None, "missing"),
        ("P02", 4, "ADL", None, "missing"),
    ]


@pytest.mark.parametrize(("left", "missing"), [(None, [8, 12]), (84, [8, 12]), (83, [8]), (56, [8]), (55, []), (2, [])])
def test_a_patient_who_left_is_not_expected_later(left, missing):
    absent = [(week, code) for week in (8, 12) for code in SCHEDULE]
    found = findings(complete("P01"), complete("P02", without=absent, discontinued_on=left))
    assert found == [("P02", week, code, None, "missing") for week in missing for code in ("MMT", "ADL", "CK")]


def test_a_week_in_which_nobody_was_expected_is_not_looked_for():
    absent = [(week, code) for week in (8, 12) for code in SCHEDULE]
    assert findings(complete("P01", without=absent, discontinued_on=40)) == []


@pytest.mark.parametrize(
    ("day", "window", "finding"),
    [
        (25, None, None),
        (31, None, None),
        (24, None, "out of window"),
        (32, None, "out of window"),
        (32, 4, None),
        (28, 0, None),
        (29, 0, "out of window"),
        (27, 0, "out of window"),
    ],
)
def test_the_window_is_held_against_the_first_day_of_the_week(day, window, finding):
    found = findings(patient(visits=[seen(4, day, MMT=40)]), schedule={"MMT": [4]}, window=window)
    assert found == ([] if finding is None else [("P01", 4, "MMT", day, finding)])


def test_the_window_is_the_studys_own():
    one = patient(visits=[seen(4, 33, MMT=40)])
    assert findings(one, schedule={"MMT": [4]}, week_window=5) == []
    assert findings(one, schedule={"MMT": [4]}, week_window=4) == [("P01", 4, "MMT", 33, "out of window")]


def test_days_alone_stand_for_a_week_within_the_window_of_the_protocol_or_for_none():
    visits = [seen(day=30, MMT=40), seen(day=33, ADL=20), seen(day=37, CK=300)]
    assert findings(patient(visits=visits), schedule={"MMT": [4], "ADL": [4], "CK": [4, 8]}) == [
        (None, 4, "ADL", None, "not recorded for any patient"),
        (None, 4, "CK", None, "not recorded for any patient"),
        (None, 8, "CK", None, "not recorded for any patient"),
    ]


def test_of_several_values_in_a_week_the_nearest_counts():
    near = patient(visits=[seen(day=23, CK=300), seen(day=30, CK=280), seen(day=34, CK=290)])
    assert findings(near, schedule={"CK": [4]}, window=2) == []
    early = patient(visits=[seen(day=25, CK=300), seen(day=29, CK=280)])
    assert findings(early, schedule={"CK": [4]}, window=2) == []
    both = patient(visits=[seen(day=27, CK=300), seen(day=31, CK=280)])
    assert findings(both, schedule={"CK": [4]}, window=2) == []
    assert findings(early, schedule={"CK": [4]}, window=0) == [("P01", 4, "CK", 29, "out of window")]
    assert findings(near, schedule={"CK": [4]}, window=1) == [("P01", 4, "CK", 30, "out of window")]


def test_a_value_whose_day_is_not_known_is_not_held_against_the_window():
    one = patient(visits=[seen(4, MMT=40), seen(4, 34, ADL=20), seen(day=33, CK=100)])
    assert findings(one, schedule={"MMT": [4]}) == []
    both = patient(visits=[seen(4, CK=100), seen(day=33, CK=90)])
    assert findings(both, schedule={"CK": [4]}) == []


def test_values_after_the_last_scheduled_week_are_follow_up():
    one = patient(visits=[seen(4, CK=300), seen(6, 41, CK=280), seen(12, CK=90), seen(13, CK=80), seen(40, CK=70)])
    assert findings(one, schedule={"CK": [4, 12]}) == [("P01", 6, "CK", 41, "not scheduled")]


def test_a_measure_that_is_not_in_the_schedule_is_not_looked_at():
    one = patient(visits=[seen(4, CK=300, MMT=40), seen(5, MMT=40)])
    assert findings(one, schedule={"CK": [4]}) == []


def test_a_measure_planned_for_no_week_is_follow_up_after_the_first_infusion():
    one = patient(visits=[seen(-4, CK=300), seen(0, 0, CK=280), seen(1, CK=90)])
    found = findings(one, schedule={"CK": []})
    assert found == [("P01", -4, "CK", None, "not scheduled"), ("P01", 0, "CK", 0, "not scheduled")]


def test_an_empty_schedule_finds_nothing(bundled):
    assert check_schedule(bundled, {}).empty


def test_a_further_measure_is_expected_whenever_the_study_is():
    one = patient(visits=[seen(week, HAQ=1) for week in (-4, 0, 1, 4, 8, 12)])
    weeks = (-4, 0, 1, 2, 4, 8, 12)
    assert findings(one, scheduled_weeks=weeks) == [(None, 2, "HAQ", None, "not recorded for any patient")]
    assert findings(one, scheduled_weeks={"MMT": [0]}) == [(None, 0, "MMT", None, "not recorded for any patient")]
    assert findings(one, scheduled_weeks={"HAQ": weeks[4:]}) == [
        ("P01", week, "HAQ", None, "not scheduled") for week in (-4, 0, 1)
    ]


def test_weeks_that_were_inferred_were_not_planned():
    people = [
        patient(name, [seen(0, MMT=40), *others, seen(12, MMT=45)]) for name, others in (("A", []), ("B", [seen(4, MMT=41)]))
    ]
    study = Study(people)
    assert study.protocol.scheduled_weeks == (0, 4, 12)
    assert check_schedule(study).empty
    assert rows(check_schedule(study.under(Protocol([0, 4, 12])))) == [("A", 4, "MMT", None, "missing")]


def test_a_study_with_weeks_of_its_own_expects_every_measure_in_each():
    one = patient(visits=[seen(0, MMT=40, CK=300), seen(6, MMT=45)])
    assert findings(one, scheduled_weeks=[0, 6]) == [(None, 6, "CK", None, "not recorded for any patient")]


def test_an_unknown_measure_is_refused(bundled):
    with pytest.raises(ValueError, match=r"^'measure' must be one of 'MMT', 'ADL', 'CK', .* \(got 'GRIP'\)\.$"):
        check_schedule(bundled, {"GRIP": [0]})


def test_a_negative_window_is_refused(bundled):
    with pytest.raises(ValueError, match=r"^'window' must be at least 0 \(got -1\)\.$"):
        check_schedule(bundled, window=-1)


@st.composite
def trials(draw):
    """A few patients seen on days or in weeks drawn at random, some of whom left."""
    patients = []
    for number in range(draw(st.integers(1, 4))):
        visits = []
        for week in draw(st.sets(st.sampled_from([-4, 0, 2, 3, 4, 8, 12, 20]))):
            day = draw(st.none() | st.integers(7 * week - 5, 7 * week + 5))
            codes = draw(st.sets(st.sampled_from(["MMT", "ADL", "CK"]), min_size=1))
            visits.append(seen(week, day, **dict.fromkeys(sorted(codes), 40)))
        days = [visit.day for visit in visits if visit.day is not None]
        if len(set(days)) == len(days):
            left = draw(st.none() | st.integers(0, 100))
            patients.append(patient(f"P{number}", visits, discontinued_on=left))
    return patients or [patient()]


def schedule_by_hand(patients, schedule, window):
    """Look up every patient, week and measure one by one."""
    found = set()
    values = {
        (one.id, visit.week, each.instrument.code): visit.day
        for one in patients
        for visit in one.visits
        for each in visit.assessments
    }
    for code, weeks in schedule.items():
        for week in range(-4, 13):
            for one in patients:
                here = one.discontinued_on is None or one.discontinued_on >= 7 * week
                anyone = any((other.id, week, code) in values for other in patients)
                if (one.id, week, code) in values:
                    day = values[one.id, week, code]
                    if week not in weeks:
                        found.add((one.id, week, code, day, "not scheduled"))
                    elif day is not None and abs(day - 7 * week) > window:
                        found.add((one.id, week, code, day, "out of window"))
                elif week in weeks and here:
                    found.add(
                        (one.id, week, code, None, "missing")
                        if anyone
                        else (None, week, code, None, "not recorded for any patient")
                    )
    return found


@given(trials(), st.integers(0, 5))
def test_the_schedule_agrees_with_a_look_at_every_cell(patients, window):
    found = findings(*patients, window=window)
    assert len(set(found)) == len(found)
    assert set(found) == schedule_by_hand(patients, SCHEDULE, window)
    assert found == findings(*reversed(patients), window=window)


@given(trials(), st.integers(0, 5), st.sampled_from(list(SCHEDULE)))
@settings(settings.get_profile("whole"))
def test_a_wider_window_finds_no_more_and_measures_are_looked_at_one_by_one(patients, window, code):
    study = planned(patients)
    found, wider = (check_schedule(study, window=each) for each in (window, window + 1))
    outside = found["finding"] == "out of window"
    kept = set(map(str, wider.itertuples(index=False)))
    assert kept <= set(map(str, found.itertuples(index=False)))
    assert len(found) - len(wider) == outside.sum() - (wider["finding"] == "out of window").sum()
    # one measure alone, as far as its own last week
    alone = check_schedule(study, {code: SCHEDULE[code]}, window)
    pd.testing.assert_frame_equal(alone, found[found["measure"] == code].reset_index(drop=True))


# --- eligibility


def check(criterion, one, criteria=ELIGIBILITY):
    frame = check_eligibility(one, criteria).set_index("criterion")
    return tuple(frame.loc[criterion, ["value", "finding", "reason"]])


def test_every_criterion_of_the_bundled_patients_is_met_or_not_assessable(bundled):
    found = check_eligibility(bundled)
    assert found.columns.tolist() == ["patient", "criterion", "value", "finding", "reason"]
    assert len(found) == 64
    counts = found.groupby("criterion")["finding"].value_counts().to_dict()
    assert counts == {
        ("MMT", "met"): 16,
        ("age", "met"): 16,
        ("exclusion conditions", "not assessable"): 16,
        ("previous steroid dose", "met"): 10,
        ("previous steroid dose", "not assessable"): 6,
    }
    doses = found[found["criterion"] == "previous steroid dose"].set_index("patient")
    open_ = doses[doses["finding"] == "not assessable"]
    assert open_.index.tolist() == ["1", "4", "6", "9", "15", "16"]
    assert open_["value"].tolist() == [41, 40, 45, 45, 40, None]
    assert doses.loc["1", "reason"] == (
        "41 mg/day at the start of the study, below 50 mg/day, and the body weight is not recorded"
    )


@pytest.mark.parametrize(
    ("age", "finding", "reason"),
    [
        (15.99, "not met", "15 completed years, not between 16 and 64"),
        (16, "met", "16 completed years, between 16 and 64"),
        (64, "met", "64 completed years, between 16 and 64"),
        (64.9, "met", "64 completed years, between 16 and 64"),
        (65, "not met", "65 completed years, not between 16 and 64"),
    ],
)
def test_age(age, finding, reason):
    assert check("age", patient(age=age)) == (age, finding, reason)


@pytest.mark.parametrize(
    ("mmt", "finding", "reason"),
    [
        (0, "met", "0 points, at most 80"),
        (80, "met", "80 points, at most 80"),
        (80.5, "not met", "80.5 points, more than 80"),
        (81, "not met", "81 points, more than 80"),
    ],
)
def test_mmt_at_the_baseline(mmt, finding, reason):
    assert check("MMT", patient(visits=[seen(-4, MMT=90), seen(0, MMT=mmt), seen(4, MMT=90)])) == (mmt, finding, reason)


def test_mmt_without_a_baseline_is_not_assessable():
    nothing = (None, "not assessable", "no MMT at the first infusion or before is recorded")
    assert check("MMT", patient(visits=[seen(4, MMT=90)])) == nothing
    assert check("MMT", Study([patient(visits=[seen(0, CK=300)])])) == nothing


def test_the_mmt_may_be_one_of_another_range():
    other = Instrument("MMT", "Manual muscle test, 26 muscles", "points", maximum=130)
    alone = patient(visits=[Visit(0, assessments=[Assessment(other, 120), Assessment(HAQ, 1)])])
    assert check("MMT", Study([alone], protocol=Protocol(measures=[other]))) == (120, "not met", "120 points, more than 80")


@pytest.mark.parametrize(
    ("doses", "finding", "reason"),
    [
        ({}, "not assessable", "no steroid dose is recorded"),
        ({"weight": 60}, "not assessable", "no steroid dose is recorded"),
        ({"highest_previous_dose": 50}, "met", "50 mg/day before registration, at least 50 mg/day"),
        (
            {"highest_previous_dose": 49.9},
            "not assessable",
            "49.9 mg/day before registration, below 50 mg/day, and the body weight is not recorded",
        ),
        (
            {"highest_previous_dose": 40, "weight": 40},
            "met",
            "40 mg/day before registration, at least 1 mg/kg/day at 40 kg",
        ),
        (
            {"highest_previous_dose": 40, "weight": 40.1},
            "not met",
            "40 mg/day before registration, below 50 mg/day and below 1 mg/kg/day at 40.1 kg",
        ),
        # The dose at the start of the study speaks only where the highest is not recorded,
        (
            {"highest_previous_dose": 40, "weight": 60, "steroid_dose_start": 60},
            "not met",
            "40 mg/day before registration, below 50 mg/day and below 1 mg/kg/day at 60 kg",
        ),
        ({"steroid_dose_start": 50}, "met", "50 mg/day at the start of the study, at least 50 mg/day"),
        (
            {"steroid_dose_start": 40, "weight": 40},
            "met",
            "40 mg/day at the start of the study, at least 1 mg/kg/day at 40 kg",
        ),
        # and never against the patient.
        (
            {"steroid_dose_start": 40, "weight": 60},
            "not assessable",
            "40 mg/day at the start of the study, below 50 mg/day and below 1 mg/kg/day at 60 kg; "
            "the highest dose before registration is not recorded",
        ),
    ],
)
def test_the_previous_steroid_dose(doses, finding, reason):
    value = doses.get("highest_previous_dose", doses.get("steroid_dose_start"))
    assert check("previous steroid dose", patient(**doses)) == (value, finding, reason)


def test_a_dose_exactly_at_the_limit_is_met_as_decimals_are_written():
    edge = 1 - 1e-9
    assert check("previous steroid dose", patient(highest_previous_dose=50 * edge))[1] == "met"
    assert check("previous steroid dose", patient(highest_previous_dose=40 * edge, weight=40))[1] == "met"
    assert check("previous steroid dose", patient(highest_previous_dose=40 * (1 - 2e-9), weight=40))[1] == "not met"
    criteria = attrs.evolve(ELIGIBILITY, minimum_dose=0.1 + 0.2)
    assert check("previous steroid dose", patient(highest_previous_dose=0.3), criteria)[1] == "met"
    assert 1.1 * 1.1 > 1.21
    assert check("previous steroid dose", patient(highest_previous_dose=1.21, weight=1.1), PER_KG)[1] == "met"


@pytest.mark.parametrize(
    ("conditions", "value", "finding", "reason"),
    [
        (None, None, "not assessable", f"not recorded: {CONDITIONS}"),
        ((), "none", "met", f"none of {CONDITIONS}"),
        (("malignancy", "IgA deficiency"), "malignancy; IgA deficiency", "not met", "has malignancy, IgA deficiency"),
    ],
)
def test_exclusion_conditions(conditions, value, finding, reason):
    assert check("exclusion conditions", patient(exclusion_conditions=conditions)) == (value, finding, reason)


def test_criteria_of_ones_own():
    criteria = Eligibility(18, 75, 120, None, 20, 0.5, ("sepsis",))
    one = patient(age=70, highest_previous_dose=15, weight=40, exclusion_conditions=())
    assert check_eligibility(one, criteria)["finding"].tolist() == ["met", "not assessable", "not met", "met"]
    assert check("exclusion conditions", one, criteria)[2] == "none of sepsis"
    assert check("age", patient(age=17), criteria)[2] == "17 completed years, not between 18 and 75"
    assert check("previous steroid dose", one, criteria)[2] == (
        "15 mg/day before registration, below 20 mg/day and below 0.5 mg/kg/day at 40 kg"
    )


# --- steroid resistance


def test_the_bundled_patients_are_resistant(bundled):
    before, baseline = bundled.values("MMT")[-4], bundled.baseline("MMT")
    assert (baseline - before).max() == 4
    found = steroid_resistance(before, baseline, 4)
    assert found.index.equals(bundled.ids)
    assert set(found) == {"resistant"}
    assert steroid_resistance(before, baseline, 3).value_counts().to_dict() == {"resistant": 14, "responded": 2}


@pytest.mark.parametrize(
    ("before", "baseline", "label"),
    [
        (70, 74, "resistant"),
        (70, 75, "responded"),
        (70, 74.1, "responded"),
        (70, 0, "resistant"),
        (0, 90, "responded"),
        (None, 74, "not assessable"),
        (70, float("nan"), "not assessable"),
    ],
)
def test_resistance_of_one(before, baseline, label):
    found = steroid_resistance(before, baseline, 4)
    assert type(found) is str
    assert found == label
    assert steroid_resistance([before], [baseline], 4).tolist() == [label]


def test_a_gain_exactly_at_the_limit_counts_as_decimals_are_written():
    assert 8.3 - 4.3 > 4
    assert steroid_resistance(4.3, 8.3, 4) == "resistant"
    assert steroid_resistance([50, 50], [50, 50.1], max_improvement=0).tolist() == ["resistant", "responded"]
    assert 0.8 - 0.7 > 0.1
    assert steroid_resistance([0.7], [0.8], max_improvement=0.1).tolist() == ["resistant"]


@given(st.lists(st.tuples(*[st.integers(0, 900)] * 2), max_size=20), st.integers(-50, 50))
def test_resistance_agrees_with_fractions(pairs, limit):
    found = steroid_resistance([a / 10 for a, _ in pairs], [b / 10 for _, b in pairs], limit / 10)
    assert found.tolist() == [
        "resistant" if Fraction(b, 10) - Fraction(a, 10) <= Fraction(limit, 10) else "responded" for a, b in pairs
    ]


def test_resistance_refuses_what_cannot_be():
    index = pd.Index(["P01", "P07"], name="patient")
    good = pd.Series([50.0, 60.0], index=index)
    with pytest.raises(ValueError, match=r"^'MMT' must be between 0 and 90 \(got 95\) for patient 'P07'\.$"):
        steroid_resistance(good, pd.Series([50.0, 95.0], index=index), 4)
    with pytest.raises(ValueError, match=r"^'MMT' must be between 0 and 90 \(got -1\) at position 0\.$"):
        steroid_resistance([-1, 90], [50, 50], 4)
    with pytest.raises(
        ValueError, match=r"^'before' and 'baseline' must have equal lengths \(got before 1, baseline 2\)\.$"
    ):
        steroid_resistance([50], [50, 60], 4)
    with pytest.raises(ValueError, match=r"^'before' and 'baseline' must have equal indexes \(got .* and .*\)\.$"):
        steroid_resistance(good, good.iloc[::-1], 4)


@given(st.lists(st.tuples(*[st.integers(0, 45)] * 2), min_size=1, max_size=8), st.integers(-9, 9), st.integers(0, 45))
def test_only_the_change_decides_who_is_resistant_and_a_lower_demand_no_fewer(pairs, limit, shift):
    before, baseline = (pd.Series(each) for each in zip(*pairs, strict=True))
    found = steroid_resistance(before, baseline, limit)
    assert steroid_resistance(before + shift, baseline + shift, limit).tolist() == found.tolist()
    more = steroid_resistance(before, baseline, limit + 1)
    assert ((found == "resistant") <= (more == "resistant")).all()
    assert [steroid_resistance(*pair, limit) for pair in pairs] == found.tolist()
    assert steroid_resistance(before[::-1], baseline[::-1], limit).tolist() == found.tolist()[::-1]


amounts = st.none() | st.sampled_from([0.0, 20.0, 39.0, 40.0, 50.0, 60.0])
people = st.lists(
    st.builds(
        lambda age, before, mmt, dose, start, weight, conditions, safe, left: {
            "age": age,
            "visits": [seen(-4, MMT=before), seen(0, MMT=mmt)] if mmt is not None else [],
            "highest_previous_dose": dose,
            "steroid_dose_start": start,
            "weight": weight,
            "exclusion_conditions": conditions,
            "safety_set": safe,
            "efficacy_set": safe,
            "discontinued_on": left,
        },
        st.sampled_from([15.9, 16.0, 64.9, 65.0]),
        st.sampled_from([70, 80]),
        st.none() | st.sampled_from([79, 80, 81]),
        amounts,
        amounts,
        st.none() | st.sampled_from([39.0, 45.0]),
        st.none() | st.sampled_from([(), ("malignancy",)]),
        st.booleans(),
        st.none() | st.integers(-9, 90),
    ),
    min_size=1,
    max_size=4,
).map(lambda rows: [patient(f"P{number}", **row) for number, row in enumerate(rows)])


@given(people)
@settings(settings.get_profile("whole"))
def test_patients_are_judged_by_themselves(patients):
    together = planned(patients)
    for look in (check_eligibility, explain_sets):
        alone = pd.concat([look(planned([one])) for one in patients], ignore_index=True)
        pd.testing.assert_frame_equal(look(together), alone)
    pd.testing.assert_frame_equal(check_eligibility(patients[0], ELIGIBILITY), check_eligibility(planned(patients[:1])))
    for one, row in zip(together.patients, explain_sets(together).itertuples(), strict=True):
        assert (row.efficacy_set, row.safety_set) == (one.efficacy_set, one.safety_set)
        assert ("out of the efficacy set" in row.reason) == (not one.efficacy_set)
        assert ("out of the safety set" in row.reason) == (not one.safety_set)
        assert (f"left on day {one.discontinued_on}" in row.reason) == (one.discontinued_on is not None)


@given(people, st.integers(0, 3), st.integers(0, 3))
@settings(settings.get_profile("whole"))
def test_milder_criteria_turn_nobody_away(patients, points, mg):
    mild = attrs.evolve(
        ELIGIBILITY,
        minimum_age=16 - points,
        maximum_age=64 + points,
        maximum_mmt=80 + points,
        minimum_dose=50 - 10 * mg,
        minimum_dose_per_kg=1 - mg / 10,
    )
    strict, milder = (check_eligibility(Study(patients), each) for each in (ELIGIBILITY, mild))
    pd.testing.assert_frame_equal(strict[["patient", "criterion", "value"]], milder[["patient", "criterion", "value"]])
    assert (milder["finding"][strict["finding"] == "met"] == "met").all()
    assert (strict["finding"][milder["finding"] == "not met"] == "not met").all()
    # what is not known is not known by any criteria
    unknown = strict["value"].isna()
    assert (strict["finding"][unknown] == "not assessable").all()
    assert (milder["finding"][unknown] == "not assessable").all()


# --- the analysis sets


def test_the_sets_of_the_bundled_study(bundled):
    found = explain_sets(bundled)
    assert found.columns.tolist() == ["patient", "efficacy_set", "safety_set", "reason"]
    assert found["efficacy_set"].dtype == found["safety_set"].dtype == bool
    assert found["safety_set"].all()
    assert found.loc[~found["efficacy_set"], "patient"].tolist() == ["16"]
    assert found["reason"].tolist() == [
        *["days of infusion: 5"] * 14,
        "days of infusion: 5; left on day 35: DM worsened and a prohibited drug (cyclosporin) was needed",
        "out of the efficacy set: infused on two days only; days of infusion: 2; no value after day 0; "
        "left on day 2: bronchial asthma",
    ]


def test_sets_whose_reasons_are_not_recorded():
    nobody = patient("P01", efficacy_set=False, safety_set=False, discontinued_on=0)
    empty = patient("P02", [seen(0, MMT=40)], treatments=[Treatment("IVIG", 0, 4)])
    late = patient("P03", [seen(day=1, MMT=40)])
    assert explain_sets(planned([nobody, empty, late]))["reason"].tolist() == [
        "out of the efficacy set: no reason is recorded; out of the safety set; days of infusion: not recorded; "
        "no value after day 0; left on day 0: no reason is recorded",
        "days of infusion: 5; no value after day 0",
        "days of infusion: not recorded",
    ]


# --- all of it


def test_the_bundled_study_against_its_protocol(bundled):
    found = check_protocol(bundled)
    pd.testing.assert_frame_equal(found.eligibility, check_eligibility(bundled))
    pd.testing.assert_frame_equal(found.schedule, check_schedule(bundled))
    pd.testing.assert_frame_equal(found.sets, explain_sets(bundled))
    assert found.resistance.value_counts().to_dict() == {"resistant": 16}
    assert found.course["finding"].value_counts().to_dict() == {"completed": 15, "not completed": 1}
    assert found.counts().loc["planned course"].to_dict() == {"met": 15, "not met": 1, "not assessable": 0}
    assert found.steroid_deviations.empty
    assert found.prohibited_treatments["patient"].tolist() == ["15"]


@pytest.mark.parametrize(
    "visits", [[seen(0, CK=300)], [seen(0, MMT=40)], [seen(-4, MMT=40)], [seen(-4, CK=300), seen(0, MMT=40)]]
)
def test_resistance_without_both_values_is_not_assessable(visits):
    found = check_protocol(planned([patient(visits=visits)])).resistance
    assert found.to_dict() == {"P01": "not assessable"}


def test_what_a_protocol_does_not_state_is_not_checked():
    study = Study([patient("P01", [seen(-4, MMT=40), seen(0, MMT=50)], age=70, treatments=[Treatment("MTX", 0, 1)])])
    found = check_protocol(study)
    assert (found.eligibility, found.resistance, found.course) == (None, None, None)
    assert (found.steroid_deviations, found.prohibited_treatments) == (None, None)
    assert found.schedule.empty
    assert found.sets["reason"].tolist() == ["no value after day 0"]
    assert found.counts().empty
    one = check_protocol(study.under(Protocol(conduct=Conduct(eligibility=Eligibility(minimum_age=71))))).eligibility
    assert rows(one) == [("P01", "age", 70, "not met", "70 completed years, not at least 71")]
    two = check_protocol(study.under(Protocol(conduct=Conduct(eligibility=Eligibility(maximum_age=70, maximum_mmt=45)))))
    assert rows(two.eligibility)[0][3:] == ("met", "70 completed years, at most 70")
    assert rows(two.eligibility)[1][1:] == ("MMT", 50, "not met", "50 points, more than 45")
    assert two.resistance is None
    gain = Conduct(eligibility=Eligibility(maximum_mmt_gain=9))
    assert check_protocol(study.under(Protocol(conduct=gain))).resistance is None
    after = Protocol(comparison_weeks=(-4, 4), conduct=gain)
    assert check_protocol(study.under(after)).resistance.to_dict() == {"P01": "responded"}
    other = check_protocol(
        study.under(Protocol(conduct=Conduct(course=Course(days=2), prohibited_treatments=["methotrexate"])))
    )
    assert other.counts().to_dict("index") == {"planned course": {"met": 0, "not met": 0, "not assessable": 1}}
    assert other.prohibited_treatments["finding"].tolist() == ["does not agree"]


def test_criteria_must_come_from_somewhere():
    with pytest.raises(ValueError, match=r"^'criteria' must be given where the protocol of the study states none\.$"):
        check_eligibility(patient())


def test_the_patients_who_meet_each_criterion_are_counted():
    study = planned(
        [
            patient("P01", [seen(-4, MMT=40), seen(0, MMT=50)], age=70, treatments=[Treatment("IVIG", 0, 1, 0.4)]),
            patient("P02", [seen(-4, MMT=80), seen(0, MMT=81)], exclusion_conditions=["malignancy"]),
            patient("P03", highest_previous_dose=60, exclusion_conditions=[]),
        ]
    )
    found = check_protocol(study).counts()
    assert found.index.name == "criterion"
    assert found.index.tolist()[:2] == ["age", "MMT"]
    assert found.to_dict("index") == {
        "age": {"met": 2, "not met": 1, "not assessable": 0},
        "MMT": {"met": 1, "not met": 1, "not assessable": 1},
        "previous steroid dose": {"met": 1, "not met": 0, "not assessable": 2},
        "exclusion conditions": {"met": 1, "not met": 1, "not assessable": 1},
        "steroid resistance": {"met": 1, "not met": 1, "not assessable": 1},
        "planned course": {"met": 0, "not met": 1, "not assessable": 2},
    }


@given(people)
@settings(settings.get_profile("whole"))
def test_every_patient_is_counted_once_by_every_criterion(patients):
    study = planned(patients)
    found = check_protocol(study)
    counts = found.counts()
    assert (counts.sum(axis=1) == len(patients)).all()
    for criterion, part in check_eligibility(study).groupby("criterion"):
        assert counts.loc[criterion].to_dict() == {
            finding: (part["finding"] == finding).sum() for finding in ("met", "not met", "not assessable")
        }
    assert counts.loc["steroid resistance", "met"] == (found.resistance == "resistant").sum()
    assert counts.loc["steroid resistance", "not met"] == (found.resistance == "responded").sum()
    pd.testing.assert_frame_equal(check_protocol(planned(patients[::-1])).counts(), counts)


def test_every_finding_has_a_column_of_counts_though_nobody_has_it():
    counts = check_protocol(planned([patient("P01", [seen(-4, MMT=40), seen(0, MMT=40)])])).counts()
    assert counts.columns.tolist() == ["met", "not met", "not assessable"]
    assert counts["not met"].tolist() == [0] * len(counts)
    assert set(map(str, counts.dtypes)) == {"int64"}


def test_nothing_is_changed_by_a_check(bundled):
    before = saito2008.load_study()
    check_protocol(bundled)
    assert bundled == before


def test_a_result_is_equal_to_itself_alone(bundled):
    found = check_protocol(bundled)
    assert found == found
    assert found != check_protocol(bundled)
