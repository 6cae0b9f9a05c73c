"""Trials of several arms: never pooled, each held against the control alone, efficacy as planned, safety as received."""

import copy
import pickle

import attrs
import pandas as pd
import pytest

from ivigmyo import CK, MMT18, Assessment, Patient, Protocol, Study, Visit, compare_means, compare_response, trial_report
from ivigmyo.errors import DataError
from ivigmyo.study.patients import AdverseEvent

FINALS = {"IVIG": (66, 60, None, 52), "high dose": (70, 71, 60, 75), "placebo": (50, 54, 62, 51)}
PLAN = Protocol([0, 12], control="placebo")


def patient(arm, number, final, **others):
    visits = [Visit(0, assessments=[Assessment(MMT18, 48 + number), Assessment(CK, 900 + 10 * number, 180)])]
    if final is not None:
        visits.append(Visit(12, assessments=[Assessment(MMT18, final), Assessment(CK, 100 + 200 * number, 180)]))
    events = [AdverseEvent("fever", day=1)] if arm == "IVIG" and number else []
    return Patient(
        f"{arm}{number}",
        ("PM", "DM")[number % 2],
        "F",
        40 + number,
        visits=visits,
        adverse_events=events,
        **({"arm": arm, "factors": {"site": "xy"[number // 2]}} | others),
    )


def study_of(arms=("IVIG", "placebo"), protocol=PLAN, **others):
    return Study(
        [patient(arm, i, final, **others) for arm in arms for i, final in enumerate(FINALS[arm])], protocol=protocol
    )


@pytest.fixture(scope="module")
def report():
    return trial_report(study_of())


@pytest.fixture(scope="module")
def three():
    return trial_report(study_of(("IVIG", "high dose", "placebo")))


def test_nothing_is_pooled(report):
    assert (report.measures, report.outcomes, report.log_ck, report.duration) == ((), {}, None, None)
    assert (report.improvement, report.incidence) == (None, None)
    assert report.absent == {
        "IVIG against placebo: duration": "described only: it is known of patients who were selected by their outcome."
    }
    assert (report.treated.n, report.efficacy.n) == (8, 8)


def test_each_arm_has_its_report_the_control_last(report):
    assert list(report.arms) == ["IVIG", "placebo"]
    ivig, placebo = report.arms.values()
    assert (ivig.measures[0].response.count, ivig.measures[0].response.n, ivig.measures[0].response.n_missing) == (2, 4, 1)
    assert (placebo.measures[0].response.count, placebo.measures[0].response.n) == (2, 4)
    assert [each.incidence.count for each in (ivig, placebo)] == [3, 0]
    assert list(ivig.outcomes) == [
        "MMT.change", "MMT.response", "CK.change", "CK.response", "duration", "CK.normalization", "CK.normal_days",
    ]  # fmt: skip


def test_contrasts_are_those_of_the_pure_functions(report):
    found = report.contrasts["IVIG"]
    ids = [f"{arm}{i}" for arm in ("IVIG", "placebo") for i in range(4)]
    arm = pd.Series(["IVIG"] * 4 + ["placebo"] * 4, index=ids)
    responded = pd.Series([True, True, False, False, False, True, True, False], index=ids)
    responded["placebo1"], responded["placebo2"] = True, True
    expected = compare_response(responded, arm, "placebo")
    got = found["MMT.response"]
    assert (got.treated.count, got.treated.n, got.control.count, got.control.n) == (2, 4, 2, 4)
    assert got.difference == expected.difference
    assert got.p_value == expected.p_value
    baseline = pd.Series([48.0 + i for i in range(4)] * 2, index=ids)
    final = pd.Series([*FINALS["IVIG"], *FINALS["placebo"]], index=ids, dtype=float)
    means = compare_means(baseline, final, arm, "placebo")
    assert (found["MMT.change"].difference, found["MMT.change"].n, found["MMT.change"].n_excluded) == (
        means.difference,
        7,
        1,
    )
    assert found["CK.change"].ratio > 0
    assert "duration" not in found
    assert "CK.normalization" in found
    assert (found["reactions"].treated.count, found["reactions"].control.count) == (3, 0)


def test_complete_cases_stand_beside(report):
    assert list(report.sensitivity) == ["complete cases"]
    complete = report.sensitivity["complete cases"]["IVIG"]
    assert set(complete) == {"MMT.response", "CK.response"}
    assert (complete["MMT.response"].treated.count, complete["MMT.response"].treated.n) == (2, 3)


def test_three_arms_are_each_held_against_the_control_on_those_two_alone(report, three):
    assert list(three.arms) == ["IVIG", "high dose", "placebo"]
    assert list(three.contrasts) == ["IVIG", "high dose"]
    for name, found in report.contrasts["IVIG"].items():
        assert three.contrasts["IVIG"][name].to_dict() == found.to_dict()
    alone = trial_report(study_of(("high dose", "placebo")))
    for name, found in alone.contrasts["high dose"].items():
        assert three.contrasts["high dose"][name].to_dict() == found.to_dict()
    assert (
        three.sensitivity["complete cases"]["IVIG"]["MMT.response"]
        == report.sensitivity["complete cases"]["IVIG"]["MMT.response"]
    )


def test_safety_goes_by_the_arm_received():
    study = study_of()
    swapped = [attrs.evolve(one, arm_received="placebo") if one.id == "IVIG1" else one for one in study.patients]
    report = trial_report(attrs.evolve(study, patients=swapped))
    counts = {label: (arm.incidence.count, arm.incidence.n) for label, arm in report.arms.items()}
    assert counts == {"IVIG": (2, 3), "placebo": (1, 5)}
    reactions = report.contrasts["IVIG"]["reactions"]
    assert (reactions.treated.count, reactions.treated.n, reactions.control.count, reactions.control.n) == (2, 3, 1, 5)
    assert report.contrasts["IVIG"]["MMT.response"].treated.n == 4
    assert report.arms["IVIG"].treated.n == 4


def test_strata_go_into_every_contrast(report):
    study = study_of(protocol=attrs.evolve(PLAN, strata=["site"]))
    stratified = trial_report(study, by="site")
    found = stratified.contrasts["IVIG"]["MMT.response"]
    assert found.common_difference is not None
    assert list(stratified.groups) == ["x", "y"]
    assert [part.treated.n for part in stratified.groups.values()] == [4, 4]
    assert report.contrasts["IVIG"]["MMT.response"].common_difference is None
    with pytest.raises(ValueError, match=r"^'by' must be one of 'diagnosis', 'sex', 'arm', 'site' \(got 'age'\)\.$"):
        trial_report(study, by="age")


def test_without_a_control_there_are_no_contrasts():
    none = trial_report(study_of(protocol=Protocol([0, 12])))
    assert (none.contrasts, none.sensitivity) == ({}, {})
    assert none.absent["contrasts"] == "'control' must be stated."
    other = trial_report(study_of(protocol=Protocol([0, 12], control="sham")))
    assert other.absent["contrasts"] == "'control' must be one of the arms 'IVIG', 'placebo' (got 'sham')."
    assert (other.contrasts, other.sensitivity) == ({}, {})
    assert list(other.arms) == ["IVIG", "placebo"]


def test_without_an_endpoint_week_the_arms_are_described():
    report = trial_report(study_of(protocol=Protocol(control="placebo")))
    reason = "'endpoint_week' must be stated; last weeks recorded: 12 (7 patients)."
    assert report.absent["IVIG: MMT response"] == reason or "endpoint_week" in report.absent["IVIG: MMT response"]
    assert "MMT.response" not in report.contrasts["IVIG"]
    assert report.arms["placebo"].measures[0].visits["n"].to_dict() == {0: 4, 12: 4}


def test_the_primary_outcome_must_be_one_of_the_outcomes():
    assert trial_report(study_of(protocol=attrs.evolve(PLAN, primary="MMT.response"))).primary == "MMT.response"
    with pytest.raises(DataError, match=r"^'primary' must be one of 'MMT\.change', .*'reactions' \(got 'MMT\.cure'\)\.$"):
        trial_report(study_of(protocol=attrs.evolve(PLAN, primary="MMT.cure")))


def test_the_missing_may_be_counted_otherwise():
    report = trial_report(study_of(), missing="excluded")
    assert report.contrasts["IVIG"]["MMT.response"].treated.n == 3
    assert report.arms["IVIG"].measures[0].response.n == 3


def test_patients_are_counted_from_randomization_to_analysis():
    study = study_of()
    changed = [
        attrs.evolve(
            one, discontinued_on=20, discontinuation_reason="moved", efficacy_set=False, exclusion_reason="no value"
        )
        if one.id == "IVIG2"
        else one
        for one in study.patients
    ]
    rows = trial_report(attrs.evolve(study, patients=changed)).consort
    assert rows.to_numpy().tolist() == [
        ["randomized", None, "IVIG", 4],
        ["randomized", None, "placebo", 4],
        ["treated", None, "IVIG", 4],
        ["treated", None, "placebo", 4],
        ["left", "moved", "IVIG", 1],
        ["completed", None, "IVIG", 3],
        ["completed", None, "placebo", 4],
        ["not in the efficacy set", "no value", "IVIG", 1],
        ["analysed for efficacy", None, "IVIG", 3],
        ["analysed for efficacy", None, "placebo", 4],
        ["analysed for safety", None, "IVIG", 4],
        ["analysed for safety", None, "placebo", 4],
    ]
    assert rows.columns.tolist() == ["step", "reason", "arm", "patients"]
    assert trial_report(Study([attrs.evolve(patient("IVIG", 0, 60), arm=None)], protocol=PLAN)).consort is None


def test_reports_are_equal_by_content(report, three):
    for again in (pickle.loads(pickle.dumps(report)), copy.deepcopy(report), trial_report(study_of())):
        assert again == report
    assert report != three
    assert report != "a report"
    assert report.arms["IVIG"] != report.arms["placebo"]
    for change in (
        {"title": "x"},
        {"remarks": ("x",)},
        {"absent": {}},
        {"contrasts": {}},
        {"consort": None},
        {"sensitivity": {}},
    ):
        assert attrs.evolve(report, **change) != report
    with pytest.raises(TypeError, match="unhashable"):
        hash(report)


@pytest.mark.parametrize("study", [[], None, "study", {}])
def test_only_a_study_is_reported(study):
    with pytest.raises(TypeError) as caught:
        trial_report(study)
    assert str(caught.value) == f"'study' must be a Study (got {type(study).__name__})."
