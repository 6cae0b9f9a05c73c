"""Trials that are not the paper's: other schedules, baselines, measures and diagnoses, judged by their own protocols."""

import time

import pandas as pd
import pytest

from ivigmyo import (
    CK,
    MMT18,
    Assessment,
    Endpoint,
    Instrument,
    Patient,
    Protocol,
    Study,
    Visit,
    report_text,
    study_from_frames,
    trial_report,
)
from ivigmyo.response import ScoreThresholds
from ivigmyo.study.remarks import remarks


def people(n, **columns):
    base = {"patient": [f"P{i:02d}" for i in range(n)], "diagnosis": "PM", "sex": "F", "age": 50}
    return pd.DataFrame(base).assign(**columns)


def assessed(rows, *columns):
    return pd.DataFrame(rows, columns=["patient", *columns])


def measure(report, code):
    return next(each for each in report.measures if each.instrument.code == code)


# ---------------------------------------------------------------------------------------------------- schedules


def test_two_visits_are_a_trial():
    rows = assessed(
        [(f"P{i:02d}", week, "MMT", 50 + 10 * (week > 0)) for i in range(5) for week in (0, 24)], "week", "measure", "value"
    )
    report = trial_report(study_from_frames(people(5), rows))
    assert report.study.protocol.endpoint_week == 24
    assert (measure(report, "MMT").response.count, measure(report, "MMT").response.n) == (5, 5)
    assert measure(report, "MMT").changes.index.tolist() == [24]
    assert "inferred" in report_text(report)


def test_days_alone_need_a_schedule():
    rows = assessed(
        [(f"P{i:02d}", day, "MMT", 50 + 10 * (day > 0)) for i in range(3) for day in (-1, 110)], "day", "measure", "value"
    )
    bare = trial_report(study_from_frames(people(3), rows))
    assert measure(bare, "MMT").response is None
    assert bare.absent["MMT response"] == "'endpoint_week' must be stated; no week after week 0 is recorded."
    planned = trial_report(study_from_frames(people(3), rows, protocol=Protocol([0, 16])))
    assert (measure(planned, "MMT").response.count, measure(planned, "MMT").response.n) == (3, 3)
    narrow = trial_report(study_from_frames(people(3), rows, protocol=Protocol([0, 16], week_window=1)))
    assert (measure(narrow, "MMT").response.count, measure(narrow, "MMT").response.n) == (0, 0)
    carried = trial_report(study_from_frames(people(3), rows, protocol=Protocol([0, 16], week_window=1)), missing="locf")
    assert (measure(carried, "MMT").response.count, measure(carried, "MMT").response.n) == (3, 3)


@pytest.mark.parametrize(
    ("last", "weeks"),
    [
        (lambda i: (13,) if i == 7 else (), "12 (40 patients), 13 (1)"),
        (lambda i: (40,) if i < 25 else (), "12 (40 patients), 40 (25)"),
        (lambda i: (26, 52) if i < 2 else (), "12 (40 patients), 52 (2)"),
    ],
)
def test_a_straggler_or_an_extension_is_not_the_endpoint(last, weeks):
    rows = [(f"P{i:02d}", week, "MMT", 50 + week // 2) for i in range(40) for week in (0, 4, 8, 12, *last(i))]
    study = study_from_frames(people(40), assessed(rows, "week", "measure", "value"))
    report = trial_report(study)
    reason = f"'endpoint_week' must be stated; last weeks recorded: {weeks}."
    assert report.absent["MMT response"] == reason
    stated = trial_report(study.under(Protocol(endpoint_week=12)))
    assert (measure(stated, "MMT").response.count, measure(stated, "MMT").response.n) == (40, 40)
    assert any(
        each.startswith("Values after the endpoint week 12 are not graded: MMT (up to week") for each in stated.remarks
    )


def test_every_measure_may_have_weeks_of_its_own():
    rows = [("P00", week, "MMT", 50 + week) for week in (0, 12, 26)] + [
        ("P00", week, "CK", 900 - 100 * week) for week in (0, 2, 4, 8)
    ]
    protocol = Protocol({"MMT": [0, 26], "CK": [0, 2, 4]})
    report = trial_report(study_from_frames(people(1), assessed(rows, "week", "measure", "value"), protocol=protocol))
    assert measure(report, "MMT").visits.index.tolist() == [0, 26]
    assert measure(report, "CK").visits.index.tolist() == [0, 2, 4]
    assert measure(report, "MMT").final_values.tolist() == [76]
    assert measure(report, "CK").final_values.tolist() == [500]
    assert measure(report, "CK").grades.tolist() == ["improved"]
    assert [step.step for step in report.disposition.steps][-1] == "seen at week 26"


def test_unscheduled_values_stand_in_no_result_by_visit_unless_the_protocol_says_so():
    rows = [("P00", week, "CK", value) for week, value in ((0, 900), (5, 5000), (12, 100), (26, 1))]
    frame = assessed(rows, "week", "measure", "value")
    kept = trial_report(study_from_frames(people(1), frame, protocol=Protocol([0, 8, 12])))
    assert measure(kept, "CK").visits.index.tolist() == [0, 12]
    assert measure(kept, "CK").changes.index.tolist() == [12]
    moved = trial_report(study_from_frames(people(1), frame, protocol=Protocol([0, 8, 12], off_schedule="next")))
    assert measure(moved, "CK").visits["mean"].to_dict() == {0: 900, 8: 5000, 12: 100}


# ---------------------------------------------------------------------------------------------------- baselines


def test_the_baseline_is_one_in_every_analysis():
    rows = [
        (f"P{i:02d}", day, value + i)
        for i, start in enumerate((-8, -3, 0))
        for day, value in ((-28, 3000), (start, 1500), (28, 300), (84, 200))
    ]
    frame = assessed(rows, "day", "value").assign(measure="CK", uln=180)
    protocol = Protocol([-4, 0, 4, 12], comparison_weeks=(-4, 4))
    report = trial_report(study_from_frames(people(3), frame, protocol=protocol))
    found = measure(report, "CK")
    assert report.study.baseline("CK").tolist() == [1500, 1501, 1502]
    assert found.final_change.mean == -1300
    assert (found.comparison.n, report.log_ck.comparison.n) == (3, 3)
    assert report.log_ck.values[0].notna().all()
    assert found.visits["n"].to_dict() == {-4: 3, 0: 2, 4: 3, 12: 3}


def test_a_baseline_that_is_the_value_before_is_left_out_of_the_comparison():
    rows = [("P00", -28, 3000), ("P00", 28, 300), ("P01", -28, 3000), ("P01", -1, 2000), ("P01", 28, 200)]
    frame = assessed(rows, "day", "value").assign(measure="CK", uln=180)
    report = trial_report(study_from_frames(people(2), frame, protocol=Protocol([-4, 0, 4], comparison_weeks=(-4, 4))))
    assert (report.log_ck.comparison.n, report.log_ck.comparison.n_excluded) == (1, 1)
    assert (measure(report, "CK").comparison.n, measure(report, "CK").comparison.n_excluded) == (1, 1)
    assert report.study.baseline("CK").tolist() == [3000, 2000]


def test_without_comparison_weeks_nothing_before_and_after_is_compared():
    rows = assessed([("P00", week, "CK", 900 - week) for week in (-4, 0, 4)], "week", "measure", "value")
    report = trial_report(study_from_frames(people(1), rows, protocol=Protocol([-4, 0, 4])))
    assert (report.log_ck, measure(report, "CK").comparison) == (None, None)
    assert not any("before" in name or "ln" in name for name in report.absent)


# ---------------------------------------------------------------------------------------------------- measures, diagnoses


def test_a_measure_of_ones_own_with_a_limit_and_one_without():
    troponin = Instrument("TNT", "Troponin T", "ng/L", maximum=1e5, has_uln=True, higher_is_better=False)
    fatigue = Instrument("FAT", "Fatigue", "points", maximum=10, higher_is_better=False)

    def seen(week, tnt, fat):
        return Visit(week, assessments=[Assessment(troponin, tnt, 14), Assessment(fatigue, fat)])

    patients = [Patient("A", "IBM", "M", 60, visits=[seen(0, 90, 8), seen(12, 13, 4)])]
    rule = ScoreThresholds(marked=6, improved=3, worsened=3)
    protocol = Protocol([0, 12], measures=[fatigue, troponin], outcomes=[Endpoint("FAT", rule)])
    report = trial_report(Study(patients, protocol=protocol))
    assert [each.instrument.code for each in report.measures] == ["FAT", "TNT"]
    assert measure(report, "FAT").grades.tolist() == ["improved"]
    assert measure(report, "TNT").grades is None
    assert measure(report, "TNT").final_change.mean == -77
    worse = trial_report(Study([Patient("A", "IBM", "M", 60, visits=[seen(0, 90, 4), seen(12, 13, 8)])], protocol=protocol))
    assert measure(worse, "FAT").grades.tolist() == ["worsened"]


def test_of_responders_who_were_normal_at_baseline_a_remark_says_how_many():
    def seen(week, value):
        return Visit(week, assessments=[Assessment(CK, value, 180)])

    pairs = ((170, 60), (900, 100), (150, 149), (180, 80))
    patients = [
        Patient(f"P{i}", "PM", "F", 40, visits=[seen(0, start), seen(12, end)]) for i, (start, end) in enumerate(pairs)
    ]
    report = trial_report(Study(patients, protocol=Protocol([0, 12])))
    assert report.remarks[-1] == "Of 3 responders in CK, 2 had a normal CK at baseline."
    none = trial_report(Study(patients[1:2], protocol=Protocol([0, 12])))
    assert not any("normal CK at baseline" in each for each in none.remarks)


@pytest.mark.parametrize("diagnosis", ["IMNM", "ASYS", "IBM", "JDM", "CADM", "OM", "OTHER"])
def test_other_myopathies_are_analysed_like_any(diagnosis):
    rows = assessed([("P00", 0, "MMT", 50), ("P00", 12, "MMT", 60)], "week", "measure", "value")
    report = trial_report(study_from_frames(people(1, diagnosis=diagnosis), rows), by="diagnosis")
    assert report.treated.diagnoses == {diagnosis: 1}
    assert list(report.groups) == [diagnosis]


def test_children_are_scored_by_their_thresholds():
    from ivigmyo.core_set import EXTRAMUSCULAR, HAQ, MMT8, PATIENT_GLOBAL, PHYSICIAN_GLOBAL

    measures = (PHYSICIAN_GLOBAL, PATIENT_GLOBAL, EXTRAMUSCULAR, MMT8, HAQ)
    visits = [
        Visit(week, assessments=[*map(Assessment, measures, values), Assessment(CK, 100, 200)])
        for week, values in ((0, (5.5, 2, 5.5, 146, 0)), (12, (3.5, 2, 4.5, 148, 0)))
    ]
    patients = [Patient("A", "JDM", "F", 9, visits=visits)]
    grown, child = (
        trial_report(Study(patients, protocol=Protocol([0, 12], population=each))) for each in ("adult", "juvenile")
    )
    assert [each.improvement.scores.loc["A", "score"] for each in (grown, child)] == [22.5, 22.5]
    assert [each.improvement.scores.loc["A", "category"] for each in (grown, child)] == ["minimal", "none"]
    assert [each.improvement.response.minimal.count for each in (grown, child)] == [1, 0]
    assert [each.outcomes["TIS.minimal"].summary().count for each in (grown, child)] == [1, 0]


# ---------------------------------------------------------------------------------------------------- how long it takes


def monthly(n, months=24):
    """Patients with CK every month, which falls and in every other one rises once, and MMT at the start and the end."""
    patients = []
    for i in range(n):
        visits = [
            Visit(
                day=30 * month, assessments=[Assessment(CK, 500 if month == 20 and i % 2 else 1000 / (month + 1) + i, 180)]
            )
            for month in range(months + 1)
        ]
        visits += [Visit(week, assessments=[Assessment(MMT18, 50 + week + i % 9)]) for week in (0, 12)]
        patients.append(Patient(f"P{i}", ("PM", "DM")[i % 2], "F", 40, visits=visits, adverse_events=[]))
    return Study(patients, protocol=Protocol([0, 4, 12]))


def test_serial_ck_beyond_the_schedule_is_followed_and_not_tested_by_visit():
    report = trial_report(monthly(40))
    assert measure(report, "CK").visits.index.tolist() == [0, 4]  # day 90 is 6 days from week 12
    assert measure(report, "CK").changes.index.tolist() == [4]
    assert (report.duration.curve.n, report.duration.curve.n_events) == (40, 20)
    text = report_text(report)
    assert len(text.splitlines()) <= 400
    assert len(remarks(report.study)) <= 40


def test_time_grows_with_the_patients_and_not_with_their_square():
    def taken(n):
        study = monthly(n)
        start = time.process_time()
        trial_report(study)
        return time.process_time() - start

    taken(5)
    # Ten times the patients: a hundred times the time if anything were quadratic.
    assert taken(400) < 25 * max(taken(40), 0.02)
