"""Trials with a control arm: drawn by the design of each arm, and the same without one as ever."""

from collections import Counter

import attrs
import numpy as np
import pytest

from ivigmyo import trial_report
from ivigmyo.errors import DataError
from ivigmyo.planning import example_trial, median_precision, power_curve
from ivigmyo.planning.simulation import Course, TrialDesign, simulate_trial

FLAT = Course(40.0, 0.0, (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0))
RISE = Course(40.0, 0.0, (0.0, 10.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0))
DESIGN = TrialDesign(mmt=RISE, dropout=0, control=TrialDesign(mmt=FLAT, dropout=0))


def test_each_arm_follows_its_own_design():
    trials = simulate_trial(95, seed=4, n_trials=3, design=DESIGN)
    sizes = trials.patients.groupby(["trial", "arm"]).size()
    assert sizes.loc[:, "IVIG"].tolist() == [47] * 3
    assert sizes.loc[:, "placebo"].tolist() == [48] * 3
    arms = trials.patients.set_index(["trial", "patient"])["arm"]
    rows = trials.assessments.query("measure == 'MMT' and week == 12").set_index(["trial", "patient"])["value"]
    assert set(rows[arms[rows.index] == "IVIG"]) == {50}
    assert set(rows[arms[rows.index] == "placebo"]) == {40}
    report = trial_report(trials.study(2))
    compared = report.contrasts["IVIG"]["MMT.response"]
    assert (compared.treated.count, compared.treated.n) == (47, 47)
    assert (compared.control.count, compared.control.n) == (0, 48)


def test_who_is_treated_is_drawn_and_the_same_for_a_seed():
    one, other = (simulate_trial(20, seed=7, n_trials=2, design=DESIGN) for _ in range(2))
    assert one.patients.equals(other.patients)
    assert one.assessments.equals(other.assessments)
    first, second = (one.patients.loc[one.patients["trial"] == k, "arm"].tolist() for k in (1, 2))
    assert first != second
    assert one.patients["patient"].tolist() == [str(k) for k in range(1, 21)] * 2
    third = attrs.evolve(DESIGN, treated_share=2 / 3, arms=("high", "low"))
    sizes = simulate_trial(30, seed=1, design=third).patients["arm"].value_counts()
    assert sizes.to_dict() == {"high": 20, "low": 10}
    assert third.protocol.control == "low"


def test_a_design_without_a_control_arm_draws_what_it_drew():
    trials = simulate_trial(15, seed=1)
    assert "arm" not in trials.patients
    assert TrialDesign().protocol.control is None
    # as the example of `SimulatedTrials` has it since before there were arms
    ck = simulate_trial(15, seed=1, n_trials=100).assessments.query("trial == 2 and patient == '1' and measure == 'CK'")
    assert ck["value"].round(1).tolist() == [4052.2, 648.6, 68.6, 32.6, 32.5]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"control": "placebo"}, "'control' must be of the kind TrialDesign"),
        ({"control": DESIGN}, "'control' must have the same weeks, and no control arm of its own"),
        ({"arms": ("a", "a")}, "'arms' must name the treated and the control arm"),
        ({"treated_share": 1.5}, "'treated_share' must be between 0 and 1"),
    ],
)
def test_impossible_arms_are_refused(changes, said):
    with pytest.raises(DataError, match=said):
        TrialDesign(**changes)


def test_the_functions_of_one_arm_refuse_two():
    for count in (power_curve, median_precision):
        with pytest.raises(ValueError, match="'design' must have no control arm"):
            count([10], seed=1, n_trials=2, design=DESIGN)


def test_the_example_is_the_same_at_every_call():
    study = example_trial()
    assert study == example_trial()
    assert [len(part.patients) for part in study.split("arm").values()] == [47, 48]
    assert sum(patient.arm != patient.arm_treated for patient in study.patients) == 1
    assert study.protocol.primary == "MMT.response"
    given = {each.dose for patient in study.patients if patient.arm_treated == "placebo" for each in patient.treatments}
    assert given == {0}


def test_the_example_holds_what_its_documentation_says():
    study = example_trial()
    assert study.title == "Made-up trial of IVIG"
    assert study.source == "Simulated with seed 2022; no patient of this trial exists."
    assert [attrs.astuple(step) for step in study.disposition] == [
        ("screened", 118, None),
        ("not randomized", 17, "criteria not met"),
        ("not randomized", 6, "declined"),
        ("randomized", 95, None),
    ]
    protocol = study.protocol
    assert (protocol.all_weeks, protocol.endpoint_week) == ((-4, 0, 4, 8, 12, 16), 16)
    assert (protocol.control, protocol.strata) == ("placebo", ("diagnosis",))
    assert [(patient.id, patient.arm_received) for patient in study.patients if patient.arm_received] == [("2", "IVIG")]
    reasons = Counter(patient.discontinuation_reason for patient in study.patients)
    assert reasons == {None: 83, "adverse event": 5, "withdrew consent": 4, "lack of efficacy": 3}
    assert Counter(patient.steroid_dose_start for patient in study.patients) == {10: 24, 15: 25, 20: 24, 30: 22}
    assert round(np.mean([patient.weight for patient in study.patients]), 3) == 68.157
    assert round(np.mean([patient.disease_duration for patient in study.patients]), 3) == 3.564


def test_infusions_and_events_of_the_example():
    study = example_trial()
    given = [each for patient in study.patients for each in patient.treatments]
    courses = Counter((each.name, each.dose, each.unit, each.end_day - each.start_day + 1) for each in given)
    assert courses == {
        ("IVIG", 0.4, "g/kg/day", 5): 183,
        ("placebo", 0.0, "g/kg/day", 5): 171,
        ("IVIG", 0.4, "g/kg/day", 3): 4,
        ("placebo", 0.0, "g/kg/day", 3): 4,
    }
    assert {each.start_day for each in given} == {0, 28, 56, 84}
    events = [event for patient in study.patients for event in patient.adverse_events]
    assert Counter((event.term, event.group, event.serious) for event in events) == {
        ("headache", "nervous system", False): 22,
        ("fever", "general", False): 11,
        ("nausea", "digestive system", False): 10,
        ("rash", "skin", False): 7,
        ("deep vein thrombosis", "vessels", True): 1,
    }
    assert Counter(event.relation for event in events) == {"possibly related": 46, "unrelated": 5}
    assert Counter(event.day for event in events) == {0: 7, 1: 11, 2: 9, 3: 9, 4: 15}
