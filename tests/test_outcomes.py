"""Outcomes: what each is called, what it observes, and how its observation is summed up and contrasted."""

import copy
import pickle

import attrs
import numpy as np
import pandas as pd
import pytest

from ivigmyo import (
    ADL15,
    CK,
    MMT18,
    Assessment,
    Endpoint,
    FollowUp,
    Instrument,
    Patient,
    Protocol,
    Study,
    Treatment,
    Visit,
    compare_means,
    compare_response,
    saito2008,
    trial_report,
)
from ivigmyo.contrasts import compare_durations
from ivigmyo.core_set import EXTRAMUSCULAR, HAQ, MMT8, PATIENT_GLOBAL, PHYSICIAN_GLOBAL
from ivigmyo.errors import DataError
from ivigmyo.estimates import Proportion
from ivigmyo.outcomes import (
    Change,
    Changes,
    Durations,
    Improvement,
    NormalDuration,
    Normalization,
    Reactions,
    Responses,
    planned_outcomes,
)
from ivigmyo.response import CKThresholds, ScoreThresholds
from ivigmyo.study import Conduct
from ivigmyo.study.patients import AdverseEvent

PLAN = Protocol([0, 4, 12], control="placebo", conduct=Conduct(prohibited_treatments=["methotrexate"]))


def seen(week, **values):
    instruments = {"mmt": MMT18, "adl": ADL15, "ck": CK}
    return Visit(
        week, assessments=[Assessment(instruments[k], *(v if isinstance(v, tuple) else (v,))) for k, v in values.items()]
    )


def person(name, start=None, end=None, **others):
    visits = [seen(week, mmt=value) for week, value in ((0, start), (12, end)) if value is not None]
    return Patient(name, "PM", "F", 40, visits=others.pop("visits", visits), **others)


def study_of(*patients, protocol=PLAN):
    return Study(patients, protocol=protocol)


def plain(column):
    return [None if value is pd.NA or value != value else value for value in column]


# ---------------------------------------------------------------------------------------------------- endpoints


def test_an_endpoint_is_a_value_known_by_its_measures_code():
    one, other = Endpoint(MMT18, ScoreThresholds()), Endpoint("MMT", ScoreThresholds())
    assert one == other
    assert hash(one) == hash(other)
    assert (one.code, other.code, one.name, Endpoint("CK", CKThresholds(), 8).name) == (
        "MMT",
        "MMT",
        "MMT.response",
        "CK.response.8",
    )
    assert dict(one.intercurrent) == {"discontinuation": "while on treatment"}
    assert (one.week, one.missing) == (None, None)
    for again in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert again == one
    for change in ({"week": 4}, {"missing": "locf"}, {"intercurrent": {}}, {"rule": CKThresholds()}, {"measure": "ADL"}):
        assert attrs.evolve(one, **change) != one


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"week": 0}, "'week' must be greater than 0 (got 0)."),
        ({"week": 1.5}, "'week' must be a whole number (got 1.5)."),
        ({"missing": "never"}, "'missing' must be one of 'excluded', 'non-response', 'locf' (got 'never')."),
        ({"rule": "half"}, "a rule must have a method 'grade'."),
        (
            {"intercurrent": {"discontinuation": "hypothetical"}},
            "the strategy 'hypothetical' is not implemented: it needs a model of what did not happen.",
        ),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(fields, text):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the sentence is compared whole
        Endpoint(**({"measure": "MMT", "rule": ScoreThresholds()} | fields))
    assert str(caught.value) == text


def test_an_endpoint_grades_and_counts_the_missing_as_told():
    study = study_of(person("A", 50, 60), person("B", 50, 51), person("C", 50), person("D", 50, 44))
    found = Endpoint("MMT", ScoreThresholds()).observe(study)
    assert plain(found.grades) == ["markedly improved", "unchanged", None, "worsened"]
    assert plain(found.responded) == [True, False, None, False]
    assert found.why.tolist() == ["", "", "no value after baseline", ""]
    assert found.summary() == Proportion(1, 3, 1, "excluded")
    against = Endpoint("MMT", ScoreThresholds(), missing="non-response").observe(study)
    assert against.summary() == Proportion(1, 4, 1, "non-response")
    assert against.complete_cases().summary() == Proportion(1, 3, 1, "excluded")
    carried = Endpoint("MMT", ScoreThresholds(), missing="locf").observe(study)
    assert carried.summary() == Proportion(1, 3, 1, "excluded")
    assert found.of(["D", "A", "X"]).responded.index.tolist() == ["A", "D"]
    assert found.of(["D", "A"]).grades.tolist() == ["markedly improved", "worsened"]
    assert found.of(["C"]).why.tolist() == ["no value after baseline"]


def test_the_missing_count_against_where_there_are_arms():
    study = study_of(person("A", 50, 60, arm="IVIG"), person("B", 50, arm="placebo"))
    assert Endpoint("MMT", ScoreThresholds()).observe(study).missing == "non-response"
    assert Endpoint("MMT", ScoreThresholds(), missing="excluded").observe(study).missing == "excluded"
    assert Endpoint("MMT", ScoreThresholds()).observe(study_of(person("A", 50, 60))).missing == "excluded"


def test_a_failure_is_no_response_whatever_the_value():
    study = study_of(
        person("A", 50, 60, treatments=[Treatment("MTX", 20)]), person("B", 50, treatments=[Treatment("MTX", 20)])
    )
    found = Endpoint("MMT", ScoreThresholds(), intercurrent={"rescue": "composite"}).observe(study)
    assert plain(found.grades) == ["markedly improved", None]
    assert plain(found.responded) == [False, False]
    assert found.why.tolist() == ["rescue on day 20"] * 2
    assert found.summary() == Proportion(0, 2, 0, "excluded")


def test_a_rule_of_ones_own_grades_a_pair():
    class Half:
        def grade(self, pair):
            halved = pair.rows["final"] <= pair.rows["baseline"] / 2
            return ScoreThresholds().grade(attrs.evolve(pair, rows=pair.rows.assign(baseline=0, final=10 * halved)))

    found = Endpoint("MMT", Half()).observe(study_of(person("A", 50, 25), person("B", 50, 26)))
    assert plain(found.responded) == [True, False]


# ---------------------------------------------------------------------------------------------------- changes


def test_a_change_is_the_final_value_and_the_baseline():
    found = Change("MMT").observe(study_of(person("A", 50, 60), person("B", 50), person("C", 40, 44)))
    assert plain(found.baseline) == [50, 50, 40]
    assert plain(found.final) == [60, None, 44]
    assert found.why.tolist() == ["", "no value after baseline", ""]
    summary = found.summary()
    assert (summary.mean, summary.n, summary.n_excluded) == (7, 2, 1)
    assert found.of(["C"]).summary().mean == 4
    assert (Change("MMT").name, Change(CK, 4, "ln").name, Change(MMT18) == Change("MMT")) == (
        "MMT.change",
        "CK.change.4",
        True,
    )
    with pytest.raises(ValueError, match=r"^'scale' must be one of 'raw', 'ln' \(got 'log'\)\.$"):
        Change("MMT", scale="log")


def test_a_change_from_or_to_nothing_is_one():
    found = Change("MMT").observe(study_of(person("A", 0, 20), person("B", 10, 0)))
    assert (plain(found.baseline), plain(found.final)) == ([0, 10], [20, 0])


def test_a_change_of_logarithms_leaves_zeros_out():
    found = Change("MMT", scale="ln").observe(study_of(person("A", 10, 20), person("B", 0, 20), person("C", 10, 0)))
    assert plain(found.baseline) == [10, None, 10]
    assert plain(found.final) == [20, 20, None]
    assert found.summary().mean == pytest.approx(np.log(2))
    assert found.summary().n == 1


# ---------------------------------------------------------------------------------------------------- criteria


def test_improvement_by_the_core_set():
    measures = (PHYSICIAN_GLOBAL, PATIENT_GLOBAL, EXTRAMUSCULAR, MMT8, HAQ)

    def scored(name, before, after, uln=200, **others):
        visits = [
            Visit(week, assessments=[*(map(Assessment, measures, values)), Assessment(CK, 100, uln)])
            for week, values in ((0, before), (12, after))
            if values is not None
        ]
        return Patient(name, "DM", "F", 40, visits=visits, **others)

    better = scored("A", (5.5, 2, 5.5, 146, 0), (0.5, 1, 0, 150, 0))
    study = study_of(better, scored("B", (1, 1, 1, 140, 0), (1, 1, 1, 140, 0)), person("C"))
    found = {each: Improvement(each).observe(study) for each in ("minimal", "moderate", "major")}
    assert {each: plain(one.responded) for each, one in found.items()} == {
        "minimal": [True, False, None],
        "moderate": [True, False, None],
        "major": [False, False, None],
    }
    assert found["minimal"].grades.astype(object).tolist()[:2] == ["moderate", "none"]
    nothing = "without physician_global, patient_global, mmt, haq, enzyme, extramuscular"
    assert found["minimal"].why.tolist() == ["", "", nothing]
    assert found["minimal"].summary() == Proportion(1, 2, 1, "excluded")
    assert Improvement("major", missing="non-response").observe(study).summary() == Proportion(0, 3, 1, "non-response")
    assert (Improvement().name, Improvement("major").name) == ("TIS.minimal", "TIS.major")
    with pytest.raises(ValueError, match=r"^'category' must be one of 'minimal', 'moderate', 'major' \(got 'some'\)\.$"):
        Improvement("some")
    with pytest.raises(ValueError, match=r"^'missing' must be one of 'excluded', 'non-response' \(got 'locf'\)\.$"):
        Improvement(missing="locf")


def test_how_long_ck_stayed_normal_and_how_long_it_took():
    followed = [
        person("A", follow_up=FollowUp(200, normalized_on=30, re_elevated_on=130)),
        person("B", follow_up=FollowUp(250, normalized_on=40)),
        person("C", follow_up=FollowUp(180)),
        person("D"),
    ]
    study = study_of(*followed)
    lasted, took = NormalDuration().observe(study), Normalization().observe(study)
    assert plain(lasted.duration) == [100, 210, None, None]
    assert plain(lasted.event) == [1, 0, None, None]
    assert lasted.status.tolist() == ["re-elevated", "censored", "not normalized", "not followed"]
    assert (lasted.summary().n, lasted.summary().n_events) == (2, 1)
    assert plain(took.duration) == [30, 40, 180, None]
    assert plain(took.event) == [1, 1, 0, None]
    assert took.status.tolist() == ["re-elevated", "censored", "not normalized", "not followed"]
    assert (NormalDuration().name, Normalization().name) == ("duration", "CK.normalization")
    assert (lasted.compared, took.compared) == (False, True)
    assert took.of(["C", "A"]).duration.tolist() == [30, 180]
    with pytest.raises(DataError, match=r"^no patient has a duration\.$"):
        took.of(["D"]).summary()


def test_reactions_are_known_of_everyone_in_the_safety_set():
    events = [AdverseEvent("fever", day=1)], [AdverseEvent("fever", day=1, relation="unrelated")], [], []
    study = study_of(
        *(person(name, adverse_events=each, safety_set=name != "D") for name, each in zip("ABCD", events, strict=True))
    )
    found = Reactions().observe(study)
    assert found.responded.to_dict() == {"A": True, "B": False, "C": False}
    assert (found.grades, found.missing, found.why.tolist()) == (None, "excluded", ["", "", ""])
    assert found.summary() == Proportion(1, 3, 0, "excluded")
    assert Reactions().name == "reactions"
    assert found.of(["B"]).grades is None


# ---------------------------------------------------------------------------------------------------- contrasts

IDS = pd.Index([f"P{i}" for i in range(8)], name="patient", dtype=object)
ARM = pd.Series(["IVIG"] * 4 + ["placebo"] * 4, index=IDS)
SITE = pd.DataFrame({"site": ["x", "y"] * 4}, index=IDS)


def test_responses_are_contrasted_with_the_missing_as_told():
    responded = pd.Series([True, True, True, pd.NA, False, False, True, pd.NA], index=IDS, dtype="boolean")
    why = pd.Series("", index=IDS)
    against = Responses(responded, None, why, "non-response")
    found = against.contrast(ARM, "placebo", SITE)
    filled = responded.fillna(False).astype(bool)
    same = compare_response(filled, ARM, "placebo", SITE)
    told = [attrs.evolve(each, n_missing=1, missing="non-response") for each in (same.treated, same.control)]
    assert found == attrs.evolve(same, treated=told[0], control=told[1])
    assert (found.treated.count, found.treated.n, found.control.count, found.control.n) == (3, 4, 1, 4)
    known = responded.dropna().index
    complete = against.complete_cases().contrast(ARM, "placebo")
    same = compare_response(responded.dropna().astype(bool), ARM[known], "placebo")
    told = [attrs.evolve(each, n_missing=1) for each in (same.treated, same.control)]
    assert complete == attrs.evolve(same, treated=told[0], control=told[1])
    assert (complete.treated.n, complete.control.n) == (3, 3)


def test_changes_are_contrasted_by_the_analysis_of_covariance():
    baseline = pd.Series([50.0, 52, 55, 60, 51, 53, 56, 58], index=IDS)
    final = pd.Series([60.0, 66, 63, 70, 52, 54, 60, np.nan], index=IDS)
    found = Changes(baseline, final, pd.Series("", index=IDS)).contrast(ARM, "placebo", SITE)
    assert found == compare_means(baseline, final, ARM, "placebo", SITE)
    assert (found.n, found.n_excluded) == (7, 1)
    ln = Changes(baseline, final, pd.Series("", index=IDS), "ln").contrast(ARM, "placebo")
    assert ln == compare_means(baseline, final, ARM, "placebo", None, "ln")
    assert ln.ratio > 1


def test_durations_are_contrasted_as_far_as_both_arms_were_followed():
    days = pd.Series([10.0, 20, 30, 40, 50, 60, 70, np.nan], index=IDS)
    event = pd.Series([1.0, 1, 0, 1, 1, 0, 1, np.nan], index=IDS)
    known = days.dropna().index
    found = Durations(days, event, pd.Series("", index=IDS)).contrast(ARM, "placebo")
    assert found == compare_durations(days[known], event[known], ARM[known], "placebo", 40.0)
    with pytest.raises(DataError, match=r"^described only: it is known of patients who were selected by their outcome\.$"):
        Durations(days, event, pd.Series("", index=IDS), compared=False).contrast(ARM, "placebo")


@pytest.mark.parametrize(
    ("arm", "text"),
    [
        ("IVIG", "no patient of the control arm has a value."),
        ("placebo", "no patient of the arm compared with the control has a value."),
    ],
)
def test_an_arm_without_a_value_is_not_contrasted(arm, text):
    ids = ARM.index[arm == ARM]
    responded = pd.Series(True, index=IDS, dtype="boolean").where(IDS.isin(ids))
    numbers = pd.Series([1.0, 3, 2, 5, 1, 2, 4, 2], index=IDS).where(IDS.isin(ids))
    why = pd.Series("", index=IDS)
    for observed in (
        Responses(responded, None, why, "excluded"),
        Changes(numbers, numbers, why),
        Durations(numbers, numbers * 0 + 1, why),
    ):
        with pytest.raises(DataError) as caught:
            observed.contrast(ARM, "placebo")
        assert str(caught.value) == text


# ---------------------------------------------------------------------------------------------------- which are planned


def names(study):
    return [each.name for each in planned_outcomes(study)]


def test_without_a_plan_one_of_each_kind_that_the_data_allow():
    assert names(saito2008.load_study()) == [
        "MMT.change", "MMT.response", "ADL.change", "ADL.response", "CK.change", "CK.response", "duration", "reactions",
    ]  # fmt: skip
    assert names(study_of(person("A", 50, 60))) == ["MMT.change", "MMT.response"]
    grip = Instrument("GRIP", "Grip", "kg", maximum=100)
    visit = Visit(0, assessments=[Assessment(grip, 5)])
    assert names(study_of(person("A", visits=[visit]))) == ["GRIP.change"]
    rules = Protocol(rules={"GRIP": ScoreThresholds()})
    assert names(study_of(person("A", visits=[visit]), protocol=rules)) == ["GRIP.change", "GRIP.response"]
    assert names(study_of(person("A", follow_up=FollowUp(9)))) == ["duration"]
    assert names(study_of(person("A", adverse_events=[]))) == ["reactions"]
    haq = Visit(0, assessments=[Assessment(HAQ, 1)])
    assert names(study_of(person("A", visits=[haq]))) == ["HAQ.change", "TIS.minimal", "TIS.moderate", "TIS.major"]
    assert names(study_of(person("A", follow_up=FollowUp(9), arm="IVIG"))) == [
        "duration", "CK.normalization", "CK.normal_days",
    ]  # fmt: skip


def test_ck_is_compared_on_the_ln_scale_and_rules_replace_the_built_in():
    ck = study_of(person("A", visits=[seen(0, ck=900), seen(12, ck=90)]))
    assert planned_outcomes(ck)[0] == Change("CK", scale="ln")
    milder = study_of(person("A", 50, 53), protocol=attrs.evolve(PLAN, rules={"MMT": ScoreThresholds(6, 3, 3)}))
    assert planned_outcomes(milder)[1].observe(milder).grades.tolist() == ["improved"]


def test_a_plan_is_followed():
    planned = (Endpoint("MMT", ScoreThresholds(), week=4),)
    assert planned_outcomes(study_of(person("A", 50, 60), protocol=Protocol([0, 12], outcomes=planned))) == planned
    assert planned_outcomes(study_of(person("A", 50, 60), protocol=Protocol([0, 12], outcomes=()))) == ()


class Better:
    """An outcome of one's own: any gain at all."""

    name = "MMT.better"

    def observe(self, study):
        rows = study.pair("MMT").rows
        gain = rows["final"] - rows["baseline"]
        return Responses((gain > 0).astype("boolean").mask(gain.isna()), None, rows["why"], "excluded")


def test_an_outcome_of_ones_own_goes_through_the_report():
    patients = [person("A", 50, 51), person("B", 50, 50), person("C", 50)]
    report = trial_report(study_of(*patients, protocol=Protocol([0, 12], outcomes=[Better()], primary="MMT.better")))
    assert list(report.outcomes) == ["MMT.better"]
    assert report.outcomes["MMT.better"].summary() == Proportion(1, 2, 1, "excluded")
    assert report.primary == "MMT.better"
    arms = [person(f"{arm}{i}", 50, 50 + gain, arm=arm) for arm, gain in (("IVIG", 1), ("placebo", 0)) for i in range(3)]
    whole = trial_report(study_of(*arms, protocol=Protocol([0, 12], outcomes=[Better()], control="placebo")))
    assert whole.contrasts["IVIG"]["MMT.better"].difference == 1
    assert list(whole.arms["placebo"].outcomes) == ["MMT.better"]
