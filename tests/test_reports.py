import json

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ivigmyo
from ivigmyo import (
    CK,
    MMT18,
    Assessment,
    FollowUp,
    Grade,
    Instrument,
    Patient,
    Protocol,
    Study,
    Visit,
    saito2008,
    trial_report,
)
from ivigmyo.display import number
from ivigmyo.planning.simulation import simulated_study
from ivigmyo.response import response_rate


@pytest.fixture(scope="module")
def report(report_by_diagnosis):
    return report_by_diagnosis


def measure(report, code):
    return next(each for each in report.measures if each.instrument.code == code)


@pytest.mark.parametrize(
    ("code", "start", "end"),
    [("MMT", "57.4 13.5", "78.6 12.9"), ("ADL", "18.9 9.6", "34.4 8.4"), ("CK", "1259.8 1280.2", "219.3 455.0")],
)
def test_the_course_of_each_measure_is_the_papers(report, code, start, end):
    visits = measure(report, code).visits
    assert [number(visits.loc[0, key], 1) for key in ("mean", "sd")] == start.split()
    assert [number(visits.loc[12, key], 1) for key in ("mean", "sd")] == end.split()
    assert visits.loc[[0, 8, 12], "n"].tolist() == [15, 15, 14]


def test_the_response_rates_are_the_papers(report):
    assert [(each.response.count, each.response.n) for each in report.measures] == [(14, 15), (12, 15), (15, 15)]
    assert [number(100 * each.response.rate, 1) for each in report.measures] == ["93.3", "80.0", "100.0"]


def test_table_3_is_the_papers(report):
    test = report.log_ck.comparison
    shown = [(number(part.mean, 3), number(part.sd, 3)) for part in (test.pre, test.post, test.difference)]
    assert shown == [("1.051", "0.708"), ("1.652", "0.575"), ("0.601", "0.809")]
    assert (number(test.t, 3), number(test.p_value, 4), test.n) == ("2.877", "0.0122", 15)
    assert number(report.log_ck.refitted_line.slope, 5) == "-0.26280"
    assert report.log_ck.values.columns.tolist() == [-4, 0, 4]
    assert report.log_ck.values.loc["1", 0] == np.log(4565)


def test_the_duration_is_that_of_the_papers_definition(report):
    duration = report.duration
    assert (duration.curve.n, duration.curve.n_events, duration.curve.median) == (13, 8, 371.0)
    assert duration.curve.median_interval() == (99.0, None)
    assert (number(duration.mean.mean, 2), number(duration.mean.se, 2), duration.mean.until) == ("292.75", "40.37", 423.0)
    assert {label: (curve.n, curve.n_events) for label, curve in duration.curves_by_diagnosis.items()} == {
        "PM": (6, 3),
        "DM": (7, 5),
    }
    assert duration.mean_difference.until == 423.0
    assert (duration.mean_difference.reference, duration.mean_difference.other) == ("PM", "DM")
    assert duration.log_rank.df == 1
    assert duration.follow_up.median == 448.0
    assert (duration.steroid_association.n, duration.steroid_association.n_missing) == (12, 1)
    assert duration.episodes["status"].value_counts().to_dict() == {"re-elevated": 8, "censored": 5, "not normalized": 2}


def test_safety_disposition_and_patients_are_the_papers(report):
    assert (report.incidence.count, report.incidence.n) == (7, 16)
    assert [step.patients for step in report.disposition.steps if step.reason is None] == [25, 16, 16, 15, 14]
    assert (number(report.treated.age.mean, 1), number(report.treated.age.sd, 1)) == ("52.3", "10.0")
    assert (report.efficacy.diagnoses, report.efficacy.sexes) == ({"PM": 8, "DM": 7}, {"F": 12, "M": 3})
    assert report.absent == {}


def test_gains_after_are_held_against_changes_before(report):
    mmt, adl, ck = (each.comparison for each in report.measures)
    assert (mmt.p_value, adl.p_value) == (pytest.approx(8.7e-6, rel=0.01), pytest.approx(3.1e-4, rel=0.02))
    assert number(ck.p_value, 2) == "0.17"
    assert number(measure(report, "MMT").changes.loc[-4, "p_value"], 4) == "0.0030"


def test_each_group_is_reported_like_the_whole(report):
    assert list(report.groups) == ["PM", "DM"]
    pm, dm = report.groups.values()
    assert (pm.treated.n, dm.treated.n, dm.efficacy.n) == (8, 8, 7)
    assert [step.patients for step in dm.disposition.steps if step.reason is None] == [8, 8, 7, 6]
    assert pm.disposition.adds_up
    assert dm.disposition.adds_up
    assert (number(pm.log_ck.comparison.p_value, 4), number(dm.log_ck.comparison.p_value, 2)) == ("0.0029", "0.33")
    assert pm.duration.log_rank is None
    assert pm.duration.mean_difference is None
    assert list(trial_report(saito2008.load_study(), by="sex").groups) == ["F", "M"]


def test_the_final_value_counts_the_patient_who_left(report):
    assert measure(report, "MMT").final_change.n == 15
    assert measure(report, "MMT").changes.loc[12, "n"] == 14


def test_a_report_becomes_json_without_a_number_that_does_not_exist(report):
    text = json.dumps(report.to_dict(), allow_nan=False)
    read = json.loads(text)
    assert read["duration"]["curve"]["median"] == 371.0
    assert read["measures"][0]["response"]["rate"] == 14 / 15
    assert read["groups"]["PM"]["measures"][1]["response"]["count"] == 7
    assert read["duration"]["episodes"][0] == {
        "patient": "1",
        "normalized_on": None,
        "re_elevated_on": None,
        "observed_until": 409.0,
        "duration": None,
        "event": None,
        "status": "not normalized",
    }
    assert read["measures"][0]["grades"]["15"] == "worsened"
    assert "study" not in read


def test_missing_grades_can_count_against():
    study = saito2008.load_study()
    lost = [attrs.evolve(one, discontinued_on=None) if one.id == "15" else one for one in study.patients]
    changed = attrs.evolve(study, patients=lost)
    excluded = measure(trial_report(changed), "MMT").response
    counted = measure(trial_report(changed, missing="non-response"), "MMT").response
    assert (excluded.count, excluded.n, excluded.n_missing) == (14, 14, 1)
    assert (counted.count, counted.n, counted.n_missing) == (14, 15, 1)


def visit(week, *assessments):
    return Visit(week, assessments=assessments)


def test_what_the_data_do_not_allow_is_named_with_its_reason():
    patients = [Patient("A", "PM", "F", 40, visits=[visit(0, Assessment(MMT18, 50)), visit(12, Assessment(MMT18, 70))])]
    report = trial_report(Study(patients))
    assert report.study.protocol.inferred == ("scheduled_weeks", "endpoint_week")
    assert report.absent == {"adverse reactions": "adverse events were not recorded."}
    compared = trial_report(
        Study(patients, protocol=Protocol((-4, 0, 4, 12), comparison_weeks=(-4, 4), measures=[MMT18, CK]))
    )
    assert compared.absent == {
        "MMT before and after": "no patient of the efficacy set has a value of 'MMT' in week -4, 4.",
        "CK": "not measured.",
        "ln CK": "no patient of the efficacy set has a value of 'CK' in week -4, 4.",
        "adverse reactions": "adverse events were not recorded.",
    }
    for each in (report, compared):
        assert [one.instrument.code for one in each.measures] == ["MMT"]
        assert (each.log_ck, each.duration, each.incidence, each.improvement) == (None, None, None, None)
        assert measure(each, "MMT").response.count == 1


def test_a_measure_without_a_grading_rule_has_a_change_and_no_response():
    haq = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
    patients = [Patient("A", "PM", "F", 40, visits=[visit(0, Assessment(haq, 2)), visit(12, Assessment(haq, 1))])]
    report = trial_report(Study(patients, protocol=Protocol((0, 12), measures=[haq])))
    assert "HAQ response" not in report.absent
    assert measure(report, "HAQ").response is None
    assert measure(report, "HAQ").grades is None
    assert measure(report, "HAQ").final_change.mean == -1


def test_a_study_without_ck_among_its_measures_is_reported():
    patients = [Patient("A", "PM", "F", 40, visits=[visit(0, Assessment(MMT18, 60)), visit(12, Assessment(MMT18, 70))])]
    report = trial_report(Study(patients, protocol=Protocol((0, 12), measures=[MMT18])))
    assert set(report.absent) == {"adverse reactions"}
    assert [each.instrument for each in report.measures] == [MMT18]


def test_means_are_not_compared_where_a_diagnosis_was_not_followed_beyond_normalization():
    follow_ups = [FollowUp(20, normalized_on=10, re_elevated_on=20), FollowUp(10, normalized_on=10)]
    pairs = zip("AB", ("PM", "DM"), follow_ups, strict=True)
    patients = [Patient(each, diagnosis, "F", 40, follow_up=follow_up) for each, diagnosis, follow_up in pairs]
    duration = trial_report(Study(patients)).duration
    assert (duration.curve.n, duration.mean_difference, duration.log_rank.n) == (2, None, 2)


def test_without_an_efficacy_set_safety_is_still_reported():
    study = saito2008.load_study()
    outside = [attrs.evolve(one, efficacy_set=False, exclusion_reason="not infused") for one in study.patients]
    report = trial_report(attrs.evolve(study, patients=outside))
    assert report.absent["efficacy"] == "the efficacy set must have at least one patient (got 0)."
    assert (report.efficacy, report.measures, report.log_ck, report.duration) == (None, (), None, None)
    assert report.incidence.count == 7


def test_where_no_ck_normalized_there_is_no_curve():
    visits = [visit(0, Assessment(CK, 300, 100)), visit(4, Assessment(CK, 200, 100))]
    report = trial_report(Study([Patient("A", "PM", "F", 40, visits=visits)]))
    assert report.absent["duration of normal CK"] == "no patient's CK normalized."
    assert report.duration.curve is None
    assert report.duration.episodes["status"].tolist() == ["not normalized"]


def test_where_no_ck_rose_again_there_is_no_mean_and_no_comparison():
    visits = [visit(0, Assessment(CK, 300, 100)), visit(4, Assessment(CK, 90, 100))]
    patients = [Patient(name, kind, "F", 40, visits=visits) for name, kind in (("A", "PM"), ("B", "DM"))]
    duration = trial_report(Study(patients)).duration
    assert (duration.curve.n, duration.curve.n_events) == (2, 0)
    assert (duration.mean, duration.log_rank, duration.mean_difference) == (None, None, None)


def test_normalization_counts_in_the_grade_by_each_values_own_limit():
    visits = [visit(0, Assessment(CK, 150, 140)), visit(12, Assessment(CK, 145, 146))]
    report = trial_report(Study([Patient("A", "PM", "F", 40, visits=visits)]))
    assert measure(report, "CK").grades.tolist() == ["improved"]


def test_the_caller_keeps_his_state():
    import warnings

    import matplotlib as mpl

    trial_report(saito2008.load_study())  # what importing scipy and lifelines themselves adds comes with the first call
    before = np.geterr(), list(warnings.filters), dict(mpl.rcParams)
    trial_report(saito2008.load_study())
    assert (np.geterr(), list(warnings.filters), dict(mpl.rcParams)) == before
    with np.errstate(all="raise"):
        trial_report(saito2008.load_study())
        assert set(np.geterr().values()) == {"raise"}


def test_one_cell_changes_every_result_that_depends_on_it(report):
    frames = ivigmyo.study_to_frames(saito2008.load_study())
    rows = frames["assessments"]
    cell = (rows["patient"] == "8") & (rows["measure"] == "CK") & (rows["week"] == 4)
    rows.loc[cell, "value"] = 1990.0
    changed = trial_report(ivigmyo.study_from_frames(**frames))
    usual = report
    assert changed.log_ck.comparison.p_value != usual.log_ck.comparison.p_value
    assert measure(changed, "CK").visits.loc[4, "mean"] == pytest.approx(usual.measures[2].visits.loc[4, "mean"] + 1791 / 15)
    pd.testing.assert_frame_equal(measure(changed, "MMT").visits, measure(usual, "MMT").visits)


def test_numbers_of_any_storage_type_become_plain():
    from ivigmyo.analysis.results import _plain

    values = {
        "a": np.float64(1.5),
        "b": np.int64(2),
        "c": np.array([np.nan, 1.0]),
        "d": (np.bool_(True), None, Grade.IMPROVED),
    }
    assert _plain(values) == {"a": 1.5, "b": 2, "c": [None, 1.0], "d": [True, None, 1]}


@given(st.integers(0, 2**32))
@settings(settings.get_profile("whole"))
def test_groups_are_reported_by_themselves_and_add_up(seed):
    study = simulated_study(6, seed=seed)
    whole = trial_report(study, by="diagnosis")
    plain = whole.to_dict()
    # texts, numbers, lists and dictionaries alone, none of them NaN
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    of_arms = {"subgroups", "better", "baseline", "exposure", "deviations", "reactions"}
    left_out = {"study", "outcomes", "tested"} | of_arms
    assert set(plain) == {field.name for field in attrs.fields(type(whole))} - left_out
    parts = study.split("diagnosis")
    assert list(plain["groups"]) == list(parts)
    label, part = parts.popitem()
    assert plain["groups"][label] == trial_report(part).to_dict()
    groups = list(whole.groups.values())
    assert sum(group.treated.n for group in groups) == whole.treated.n == 6
    for code in ("MMT", "ADL", "CK"):
        found = measure(whole, code)
        parts = [measure(group, code) for group in groups]
        assert found.response.count == sum(part.response.count for part in parts)
        assert found.response == response_rate(found.grades)
        assert found.final.n + found.response.n_missing == 6
        pd.testing.assert_frame_equal(found.values, study.values(code))
        together = pd.concat([part.values for part in parts]).loc[study.ids]
        pd.testing.assert_frame_equal(together, found.values, check_index_type=False)
        assert plain["measures"][["MMT", "ADL", "CK"].index(code)]["response"]["rate"] == found.response.rate
    curves = [group.duration.curve for group in groups if group.duration and group.duration.curve]
    if whole.duration is not None and whole.duration.curve is not None:
        assert sum(curve.n for curve in curves) == whole.duration.curve.n
        assert sum(curve.n_events for curve in curves) == whole.duration.curve.n_events
        assert plain["duration"]["curve"]["median"] == whole.duration.curve.median
        for label, curve in whole.duration.curves_by_diagnosis.items():
            pd.testing.assert_frame_equal(curve.to_frame(), whole.groups[label].duration.curve.to_frame())


def rounded(value):
    """A result without its last digits, which the order of a sum changes, and without its patients one by one."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list):
        return [rounded(each) for each in value]
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items() if key != "differences"}
    return value


@given(st.integers(0, 2**32), st.permutations(range(6)))
@settings(settings.get_profile("whole"))
def test_what_patients_are_called_changes_no_number(seed, order):
    study = simulated_study(6, seed=seed)
    renamed = [attrs.evolve(one, id=f"P{k}") for one, k in zip(study.patients, order, strict=True)]
    one, other = (trial_report(each).to_dict() for each in (study, attrs.evolve(study, patients=renamed)))
    for name in ("treated", "efficacy", "disposition", "incidence", "groups"):
        assert rounded(one[name]) == rounded(other[name])
    for ours, theirs in zip(one["measures"], other["measures"], strict=True):
        for name in ("visits", "changes", "final", "final_change", "comparison", "response"):
            assert rounded(ours[name]) == rounded(theirs[name])
    for name in ("comparison", "refitted_line", "visits"):
        assert rounded(one["log_ck"][name]) == rounded(other["log_ck"][name])
    if one["duration"] is not None:
        for name in ("curve", "mean", "log_rank", "mean_difference"):
            assert rounded(one["duration"][name]) == rounded(other["duration"][name])
