"""Parts of the analysis of a trial by themselves: what is absent and why, what is counted, what an outcome estimates."""

import attrs
import numpy as np
import pandas as pd
import pytest

from ivigmyo import CK, MMT18, Assessment, FollowUp, Patient, Protocol, Study, Treatment, Visit, trial_report
from ivigmyo.analysis.arms import favours, headline
from ivigmyo.analysis.by_arm import baseline_by_arm, compare_reactions, exposure_by_arm
from ivigmyo.analysis.by_content import ByContent
from ivigmyo.analysis.durations import duration_result
from ivigmyo.analysis.estimand import _variable, _week, estimand_of
from ivigmyo.analysis.people import previous_treatments
from ivigmyo.analysis.quantities import quantities_of
from ivigmyo.analysis.results import is_test
from ivigmyo.analysis.safety import event_details, rates_of
from ivigmyo.analysis.trial import _counted
from ivigmyo.contrasts import compare_proportions
from ivigmyo.core_set import HELIOTROPE
from ivigmyo.errors import DataError
from ivigmyo.estimates import Proportion
from ivigmyo.outcomes import (
    Change,
    Deterioration,
    Endpoint,
    Improvement,
    NormalDuration,
    Reactions,
    SustainedResponse,
    TimeToResponse,
    WithoutDeterioration,
    incidence,
)
from ivigmyo.response import RULES
from ivigmyo.study.patients import AdverseEvent
from ivigmyo.study.plan import Conduct, Course


def patient(name, values=(), arm=None, **others):
    """A patient by strength and CK at weeks 0, 4, 8, ...; None where a value is missing."""
    visits = []
    for number, (strength, ck) in enumerate(values):
        known = [Assessment(MMT18, strength)] if strength is not None else []
        known += [Assessment(CK, ck, 200)] if ck is not None else []
        if known:
            visits.append(Visit(4 * number, assessments=known))
    plain = {"diagnosis": "PM", "sex": "F", "age": 40} | others
    return Patient(name, plain.pop("diagnosis"), plain.pop("sex"), plain.pop("age"), visits=visits, arm=arm, **plain)


def study_of(*patients, **protocol):
    return Study(patients, protocol=Protocol(**({"scheduled_weeks": (0, 4, 8), "endpoint_week": 8} | protocol)))


# --- what is absent ---------------------------------------------------------------------------------------------------


def test_without_an_efficacy_set_safety_alone_is_reported():
    events = [AdverseEvent("fever", day=1)]
    alone = patient("A", [(50, 900), (60, 500)], efficacy_set=False, exclusion_reason="declined", adverse_events=events)
    report = trial_report(study_of(alone, outcomes=[Change("MMT"), Deterioration(), Reactions()]))
    assert report.absent == {"efficacy": "the efficacy set must have at least one patient (got 0)."}
    assert (report.efficacy, report.measures, report.log_ck, report.duration) == (None, (), None, None)
    assert (report.improvement, report.course, report.deterioration, report.skin) == (None, None, None, {})
    assert (report.treated.n, report.incidence.count) == (1, 1)


def test_an_outcome_without_a_value_is_absent_by_its_name_and_not_contrasted():
    rules = [Endpoint("CK", RULES["CK"]), Change("MMT")]
    people = [patient("ABCD"[k], [(50, None), (60 + k**2, None)], arm="xyxy"[k]) for k in range(4)]
    report = trial_report(study_of(*people, outcomes=rules, control="y", endpoint_week=4))
    assert report.absent["CK response"] == "no value of CK is recorded."
    assert list(report.contrasts["x"]) == ["MMT.change"]
    assert list(report.arms["x"].outcomes) == ["MMT.change"]


def test_signs_of_the_skin_without_an_end_are_told():
    visits = [Visit(0, assessments=[Assessment(HELIOTROPE, 1), Assessment(MMT18, 50)])]
    weeks = {"HELIO": (0,), "MMT": (0, 4)}
    report = trial_report(study_of(Patient("A", "DM", "F", 40, visits=visits), scheduled_weeks=weeks, endpoint_week=None))
    assert report.skin == {}
    assert report.absent["signs of the skin"] == "no week after week 0 is scheduled for 'HELIO'."


def test_a_control_without_arms_is_told():
    report = trial_report(study_of(patient("A", [(50, 900), (60, 500)]), control="placebo"))
    assert report.absent["contrasts"] == "'control' needs arms, and no patient has one (got 'placebo')."


def test_adverse_events_that_were_not_recorded_are_told_and_not_taken_for_none():
    report = trial_report(study_of(patient("A", [(50, 900), (60, 500)]), patient("B")))
    assert report.absent["adverse reactions"] == "adverse events were not recorded."
    assert (report.incidence, report.event_details, report.rates) == (None, None, {})


def test_an_outcome_returns_one_of_four_kinds():
    @attrs.frozen
    class Wrong:
        name: str = "wrong"

        def observe(self, study):
            return 5 if study else 6

    with pytest.raises(TypeError) as caught:
        trial_report(study_of(patient("A", [(50, 900), (60, 500)]), outcomes=[Wrong()]))
    assert str(caught.value) == (
        "'observe' of the outcome 'wrong' must return Responses, Changes, Durations or Amounts (got 5)."
    )


def test_a_report_without_a_title_names_itself_and_says_what_it_lacks():
    report = trial_report(study_of(patient("A", [(50, None), (60, None)])))
    shown = report._shown()
    assert shown.title == "Trial report"
    assert shown.notes == ("Not analysed: adverse reactions.",)
    assert attrs.evolve(report, absent={}, title="Mine")._shown().notes == ()


def test_a_primary_outcome_that_is_not_observed_is_refused_with_those_that_are():
    study = study_of(patient("A", [(50, 900), (60, 500)]), outcomes=[Change("MMT"), Change("CK")])
    study = attrs.evolve(study, protocol=attrs.evolve(study.protocol, outcomes=None, primary="ADL.change"))
    with pytest.raises(DataError) as caught:
        trial_report(study)
    listed = "'MMT.change', 'MMT.response', 'CK.change', 'CK.response', 'duration'"
    assert str(caught.value) == f"'primary' must be one of {listed} (got 'ADL.change')."


# --- the missing, counted as the caller says --------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["excluded", "non-response"])
def test_the_missing_count_as_the_caller_says_in_every_response_and_in_each_group(missing):
    people = [patient("A", [(50, 900), (60, 500), (70, 190)]), patient("B", [(50, 900)], sex="M")]
    rules = [Endpoint("MMT", RULES["MMT"]), WithoutDeterioration("minimal"), Improvement("minimal"), SustainedResponse(8)]
    report = trial_report(study_of(*people, outcomes=rules), by="sex", missing=missing)
    assert report.outcomes["MMT.response"].missing == missing
    assert report.groups["M"].outcomes["MMT.response"].missing == missing
    assert list(report.groups) == ["F", "M"]
    share = report.measures[0].response
    assert (share.count, share.n, share.n_missing) == {"excluded": (1, 1, 1), "non-response": (1, 2, 1)}[missing]


@pytest.mark.parametrize(
    ("missing", "of_scores"), [("excluded", "excluded"), ("non-response", "non-response"), ("locf", "excluded")]
)
def test_a_score_is_not_carried_forward_and_a_rule_of_deterioration_asks_its_outcome(missing, of_scores):
    assert _counted(WithoutDeterioration("minimal"), missing).outcome.missing == of_scores
    assert _counted(SustainedResponse(8), missing).missing == of_scores
    assert _counted(Endpoint("MMT", RULES["MMT"]), missing).missing == missing
    assert _counted(Change("MMT"), missing) == Change("MMT")
    assert _counted(Improvement("major"), None) == Improvement("major")


# --- people -----------------------------------------------------------------------------------------------------------


def test_previous_treatments_are_told_apart_by_commas_and_semicolons():
    words = ("PSL; MTX", "mtx ,  high   dose PSL,", None, "psl")
    study = study_of(*(patient(name, previous_treatment=said) for name, said in zip("ABCD", words, strict=True)))
    assert previous_treatments(study).to_numpy().tolist() == [["MTX", 2], ["PSL", 2], ["high dose PSL", 1]]
    assert previous_treatments(study_of(patient("A"))) is None


# --- adverse events ---------------------------------------------------------------------------------------------------


def test_details_of_events_are_counted_the_frequent_first_and_the_unknown_last():
    events = [AdverseEvent("fever", severity=s, serious=x) for s, x in [("mild", True), ("mild", False), (None, None)]]
    study = study_of(
        patient("A", adverse_events=events),
        patient("B", adverse_events=[AdverseEvent("rash", severity="severe"), AdverseEvent("rash")]),
        patient("C", adverse_events=[AdverseEvent("rash")]),
    )
    assert event_details(study).to_numpy().tolist() == [
        ["serious", "no", 1, 1],
        ["serious", "yes", 1, 1],
        ["serious", "not recorded", 4, 3],
        ["severity", "mild", 2, 1],
        ["severity", "severe", 1, 1],
        ["severity", "not recorded", 3, 3],
    ]
    assert event_details(study_of(patient("A", adverse_events=[AdverseEvent("fever")]))) is None


def infused(*days, treatment="IVIG"):
    return [Treatment(treatment, day, day + 1, 1.0, "g/kg/day") for day in days]


COURSES = Conduct(course=Course("IVIG", days=2, dose=1.0, unit="g/kg/day", number=2, interval=28))


def test_rates_are_those_of_patients_observed_up_to_their_first_reaction():
    def reacted(*days, relation=None):
        return [AdverseEvent("fever", day=day, relation=relation) for day in days]

    study = study_of(
        patient("A", [(50, 900), (60, 500)], treatments=infused(0, 28), adverse_events=reacted(9, 5)),  # to day 5
        patient("B", [(50, 900)], treatments=infused(0, 28), adverse_events=reacted(3, relation="unrelated")),  # 29, infused
        patient("C", [(50, 900), (60, 500), (1, 1)], treatments=infused(0), adverse_events=[], discontinued_on=40),  # 40
        patient("D", [(50, 900), (60, 500)], treatments=infused(0), adverse_events=reacted(-2)),  # 28
        conduct=COURSES,
    )  # what happens before day 0 is no reaction
    rates = rates_of(study, incidence(study))["any"]
    assert (rates["courses"].events, rates["courses"].exposure) == (1, 6)
    assert rates["patient-years"].exposure * 365.25 == pytest.approx(5 + 29 + 40 + 28)


def test_rates_are_told_where_several_courses_were_planned_or_given():
    def rates(*given, conduct=None):
        people = [patient(f"P{days}", [(50, 900)], treatments=infused(*days), adverse_events=[]) for days in given]
        study = study_of(*people, conduct=conduct)
        return rates_of(study, incidence(study))

    one = Conduct(course=Course("IVIG", days=2, dose=1.0, unit="g/kg/day"))
    assert rates((0,)) == rates((0,), conduct=one) == {}
    for found in (rates((0, 28), (0,)), rates((0, 28), conduct=one)):
        assert list(found) == ["any", "thromboembolic", "haemolytic", "renal"]
    assert rates((0,), conduct=COURSES)["any"]["courses"].exposure == 1
    assert "courses" not in rates((), (0,), conduct=COURSES)["any"]  # of the first no infusion is recorded


def test_a_term_is_one_in_both_arms_however_it_is_spelled():
    def had(*terms):
        return [AdverseEvent(term, group=group, day=1) for term, group in terms]

    study = study_of(
        patient("A", arm="IVIG", adverse_events=had(("headache", "Nerves"))),
        patient("B", arm="IVIG", adverse_events=had(("Rash", None))),
        patient("C", arm="placebo", adverse_events=had(("Headache", "nerves"))),
        patient("D", arm="placebo", adverse_events=[]),
        control="placebo",
    )
    found = compare_reactions(study, study.split("arm"))
    columns = ["kind", "label", "treated_arm", "treated_count", "treated_n", "control_count", "control_n", "difference"]
    assert found[columns].to_numpy().tolist() == [
        ["group", "Nerves", "IVIG", 1, 2, 1, 2, 0.0],
        ["term", "Headache", "IVIG", 1, 2, 1, 2, 0.0],
        ["term", "Rash", "IVIG", 1, 2, 0, 2, 0.5],
    ]
    unrecorded = study_of(patient("A", arm="IVIG"), patient("C", arm="placebo"), control="placebo")
    assert compare_reactions(unrecorded, unrecorded.split("arm")) is None


# --- arms -------------------------------------------------------------------------------------------------------------


def test_arms_without_a_control_differ_from_nothing():
    study = study_of(patient("A", [(50, 900)], arm="x"), patient("B", [(60, 900)], arm="y"))
    frame = baseline_by_arm(study)
    assert frame["standardized_difference"].isna().all()
    strength = frame[frame["characteristic"] == "MMT"]
    assert strength[["arm", "n", "mean"]].to_numpy().tolist() == [["x", 1, 50], ["y", 1, 60]]
    shares = frame[frame["characteristic"] == "sex"]
    assert shares[["level", "arm", "count", "n", "share"]].to_numpy().tolist() == [["F", "x", 1, 1, 1], ["F", "y", 1, 1, 1]]


def test_exposure_is_described_by_the_arm_received_where_any_infusion_is_recorded():
    study = study_of(
        patient("A", arm="IVIG", treatments=infused(0, 28)),
        patient("B", arm="placebo", arm_received="IVIG", treatments=infused(0)),
        patient("C", arm="placebo", treatments=infused(0, treatment="placebo")),
    )
    frame = exposure_by_arm(study).set_index(["arm", "quantity"])
    assert frame["mean"].to_dict() == {
        ("IVIG", "courses"): 1.5, ("IVIG", "infusions"): 3.0, ("IVIG", "dose_per_kg"): 3.0,
        ("placebo", "courses"): 1.0, ("placebo", "infusions"): 2.0, ("placebo", "dose_per_kg"): 2.0,
    }  # fmt: skip
    assert exposure_by_arm(study_of(patient("A", arm="IVIG"), patient("C", arm="placebo"))) is None


def test_more_is_better_or_worse_as_the_measure_or_the_outcome_says():
    class Silent:
        name = "mine"

    outcomes = [Change("MMT"), Change("CK", scale="ln"), Endpoint("MMT", RULES["MMT"]), Silent()]
    found = favours(study_of(patient("A", [(50, 900)])), outcomes)
    assert found == {"MMT.change": "higher", "CK.change": "lower", "MMT.response": "higher"}


def test_the_headline_of_shares_is_their_difference_or_that_over_the_strata():
    shares = compare_proportions(Proportion(6, 10), Proportion(2, 8))
    assert headline(shares) == ("difference", shares.difference, shares.difference_interval(), shares.p_value, 10, 8)
    assert headline(shares).estimate == 0.35


def test_without_adjusted_means_there_is_no_ratio():
    people = [patient(f"A{k}", [(50, 900), (60, 500), (60, 200 + k)], arm="x") for k in range(2)]
    people += [patient(f"B{k}", [(50, 700), (60, 500), (60, 400 + k)], arm="y") for k in range(2)]
    report = trial_report(study_of(*people, outcomes=[Change("CK", scale="ln")], control="y"))
    assert report.contrasts["x"]["CK.change"].reason == "the baselines tell the arms apart"
    numbers = report.quantities().set_index("quantity")["value"]
    assert numbers[[f"contrasts.x.CK.change.{name}" for name in ("treated_ratio", "control_ratio", "ratio")]].isna().all()
    assert numbers["contrasts.x.CK.change.n"] == 4


# --- durations --------------------------------------------------------------------------------------------------------


def followed(name, duration, event, diagnosis):
    seen = FollowUp(normalized_on=10, re_elevated_on=10 + duration if event else None, observed_until=10 + duration)
    return patient(name, [(50, 900), (60, 100), (70, 100)], diagnosis=diagnosis, follow_up=seen)


def durations(*rows):
    absent = {}
    return duration_result(study_of(*(followed(f"P{k}", *row) for k, row in enumerate(rows))), absent), absent


def test_two_diagnoses_are_compared_as_far_as_both_were_followed():
    found, absent = durations((100, True, "PM"), (300, False, "PM"), (150, True, "DM"), (200, False, "DM"))
    assert absent == {}
    # Up to the last event, on day 150: PM 100 and 150 with halves, DM 150.
    assert (found.mean_difference.until, list(found.curves_by_diagnosis)) == (150, ["PM", "DM"])
    assert found.mean_difference.difference == pytest.approx(150 - (100 + 150) / 2)
    assert found.log_rank is not None
    shorter, _ = durations((100, True, "PM"), (300, True, "PM"), (50, False, "DM"), (60, False, "DM"))
    assert shorter.mean_difference.until == 60


@pytest.mark.parametrize(
    "rows",
    [
        [(100, True, "PM"), (200, False, "PM")],
        [(100, False, "PM"), (200, False, "DM")],
    ],
)
def test_one_diagnosis_or_none_who_rose_again_is_not_compared(rows):
    found, _ = durations(*rows)
    assert (found.log_rank, found.mean_difference) == (None, None)
    assert (found.mean is None) == (not any(event for _, event, _ in rows))


def test_of_three_diagnoses_no_difference_of_means_is_told():
    found, _ = durations((100, True, "PM"), (300, True, "DM"), (200, True, "IMNM"))
    assert found.mean_difference is None
    assert found.log_rank.df == 2


def test_where_no_ck_normalized_the_reason_is_told():
    absent = {}
    found = duration_result(study_of(patient("A", [(50, 900), (50, 800), (50, 700)])), absent)
    assert absent == {"duration of normal CK": "no patient's CK normalized."}
    assert (found.curve, found.mean, found.curves_by_diagnosis) == (None, None, {})
    assert (found.bounds, found.time_to_normalization, found.normalization) == (None, None, None)


# --- estimands --------------------------------------------------------------------------------------------------------


def test_an_outcome_is_judged_at_its_own_week_and_deterioration_up_to_the_last():
    study = study_of(patient("A", [(50, 900), (60, 500), (70, 190)]), scheduled_weeks=(0, 4, 8), endpoint_week=None)
    early = estimand_of(study, Endpoint("MMT", RULES["MMT"], week=4))
    assert early.variable == "improvement or marked improvement in Manual muscle test, 18 muscles at week 4"
    changed = estimand_of(study, Change("CK", week=4))
    assert changed.variable == "change of Serum creatine kinase from baseline at week 4"
    assert estimand_of(study, Improvement("minimal")) is None  # no measure of the core set
    assert _week(study, NormalDuration()) == 8
    assert _week(attrs.evolve(study, protocol=Protocol(scheduled_weeks=(-4, 0))), NormalDuration()) is None
    assert _week(study, WithoutDeterioration(SustainedResponse(4))) == 4
    assert _variable(study, Deterioration(), 8) == "a deterioration that the next visit confirms, up to week 8"
    assert _variable(study, Deterioration(), None) == "a confirmed deterioration"
    assert _variable(study, TimeToResponse(threshold=40, confirm=2), 8) == (
        "days from week 0 to a Total Improvement Score of 40 or more at 2 visits in a row"
    )
    assert _variable(study, SustainedResponse(8), None) == "a Total Improvement Score of 20 or more"


# --- equality ---------------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False, repr=False)
class Held(ByContent):
    value: object


@attrs.frozen(eq=False)
class Plain:
    value: object


ONE = pd.DataFrame({"a": [1.0, np.nan]})


@pytest.mark.parametrize(
    ("mine", "same", "other"),
    [
        (ONE, ONE.copy(), ONE.assign(a=2.0)),
        (ONE["a"], ONE["a"].copy(), ONE["a"] + 1),
        (np.array([1.0, 2.0]), np.array([1.0, 2.0]), np.array([1.0, 3.0])),
        ({"a": ONE}, {"a": ONE.copy()}, {"a": ONE.assign(a=2.0)}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 1}, [("a", 1)]),
        ((1, ONE), (1, ONE.copy()), (1, ONE, 2)),
        ([1, 2], [1, 2], (1, 2)),
        ([1, 2], [1, 2], [1, 3]),
        (Held(ONE), Held(ONE.copy()), Held(ONE.assign(a=2.0))),
        (Held(1), Held(1), 1),
        (Plain(ONE), Plain(ONE.copy()), Plain(ONE.assign(a=2.0))),
        (Plain(1), Plain(1), Held(1)),
        ("a", "a", ONE),
        (1.0, 1.0, np.array([1.0])),
    ],
)
def test_results_are_equal_where_their_content_is(mine, same, other):
    assert Held(mine) == Held(same)
    assert Held(mine) != Held(other)
    assert Held(other) != Held(mine)
    assert Held(mine) != "another"


# --- numbers by name --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tested"),
    [("MMT.change.p_value", True), ("CK.t", True), ("x.signed_rank_p_value", True), ("log_rank", True),
     ("MMT.change.mean", False), ("p_value.mean", False), ("cmh_statistic", True), ("a.not", False)],
)  # fmt: skip
def test_a_number_of_a_test_is_known_by_the_last_part_of_its_name(name, tested):
    assert is_test(name) is tested


def test_what_has_no_numbers_is_an_empty_frame():
    frame = quantities_of("a text")
    assert len(frame) == 0
    assert frame.columns.tolist() == ["quantity", "value", "unit", "n", "method", "conventions"]
