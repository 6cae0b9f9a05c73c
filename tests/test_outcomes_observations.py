"""What was observed is described, contrasted and tested for interaction by the rules for its kind, as they stand."""

import numpy as np
import pandas as pd
import pytest

from ivigmyo import CK, Assessment, Endpoint, FollowUp, Instrument, Patient, Protocol, Study, Visit, saito2008
from ivigmyo.change import change_from_baseline, describe
from ivigmyo.contrasts import (
    compare_means,
    interaction_of_durations,
    interaction_of_means,
    interaction_of_responses,
)
from ivigmyo.errors import DataError
from ivigmyo.outcomes import Change, Improvement, NormalDays, Normalization, Reactions, incidence
from ivigmyo.outcomes.observations import Amounts, Changes, Durations, Responses
from ivigmyo.response import CKThresholds, ScoreThresholds

IDS = pd.Index([f"P{number:02d}" for number in range(16)], name="patient")
RNG = np.random.default_rng(7)
ARM = pd.Series(["IVIG", "placebo"] * 8, IDS)
SEX = pd.Series(["F"] * 8 + ["M"] * 8, IDS)
SITE = pd.Series(list("aabbccdd" * 2), IDS)
WHY = pd.Series("", IDS)
BASELINE, FINAL = (pd.Series(RNG.uniform(200, 900, 16).round(1), IDS) for _ in range(2))
FINAL["P03"] = np.nan
KNOWN = FINAL.notna()


def test_changes():
    raw, ln = Changes(BASELINE, FINAL, WHY), Changes(BASELINE, FINAL, WHY, "ln")
    assert raw.summary() == change_from_baseline(BASELINE, FINAL)
    assert ln.summary() == change_from_baseline(np.log(BASELINE), np.log(FINAL))
    assert raw.contrast(ARM, "placebo", SITE) == compare_means(BASELINE, FINAL, ARM, "placebo", SITE)
    found = ln.interaction(ARM, "placebo", SEX, SITE)
    assert found == interaction_of_means(BASELINE, FINAL, ARM, "placebo", SEX, SITE, "ln")
    assert found.p_value != interaction_of_means(BASELINE, FINAL, ARM, "placebo", SEX, SITE).p_value
    assert raw._shown() == raw.summary()._shown()
    assert raw.of(["P02", "P01"]).final.index.tolist() == ["P01", "P02"]


def test_amounts():
    amounts = Amounts(FINAL, WHY, "days")
    assert amounts.summary() == describe(FINAL)
    assert amounts._shown() == amounts.summary()._shown()
    plain, stratified = amounts.contrast(ARM, "placebo"), amounts.contrast(ARM, "placebo", SITE)
    parts = [FINAL[KNOWN & (arm == ARM)] for arm in ("IVIG", "placebo")]
    assert plain.difference == pytest.approx(parts[0].mean() - parts[1].mean())
    assert (plain.method, stratified.method) == ("two-sample t-test", "analysis of variance with the strata")
    assert stratified.difference == compare_means(FINAL * 0, FINAL, ARM, "placebo", SITE).difference != plain.difference
    found = amounts.interaction(ARM, "placebo", SEX, SITE)
    assert found == interaction_of_means(FINAL * 0, FINAL, ARM, "placebo", SEX, SITE)
    assert found.p_value != amounts.interaction(ARM, "placebo", SEX).p_value
    assert amounts.of(["P02", "P01"]).amount.index.tolist() == ["P01", "P02"]


def test_responses():
    answers = (FINAL > 500).astype("boolean").mask(~KNOWN)
    excluded, against = (Responses(answers, None, WHY, missing) for missing in ("excluded", "non-response"))
    counted = answers[KNOWN].astype(bool)
    assert excluded.interaction(ARM, "placebo", SEX, SITE) == interaction_of_responses(
        counted, ARM[KNOWN], "placebo", SEX[KNOWN]
    )
    filled = answers.fillna(False).astype(bool)
    assert against.interaction(ARM, "placebo", SEX) == interaction_of_responses(filled, ARM, "placebo", SEX)
    assert excluded._shown() == excluded.summary()._shown()
    assert (excluded.summary().n, against.summary().n) == (15, 16)
    assert against.complete_cases().summary() == excluded.summary()


def test_durations():
    event = pd.Series([1.0, 1, 0, 1] * 4, IDS)
    durations = Durations(FINAL, event.mask(~KNOWN), pd.Series(["ended", "going on"] * 8, IDS))
    found = durations.interaction(ARM, "placebo", SEX, SITE)
    assert found == interaction_of_durations(FINAL[KNOWN], event[KNOWN], ARM[KNOWN], "placebo", SEX[KNOWN])
    shown = durations._shown()
    assert (shown.title, [list(row) for row in shown.rows]) == ("Durations", [["ended", "8"], ["going on", "8"]])


@pytest.mark.parametrize("method", ["contrast", "interaction"])
@pytest.mark.parametrize("lacking", ["the control arm", "the arm compared with the control"])
def test_an_arm_without_a_value_is_refused_in_every_kind(method, lacking):
    gone = (ARM == "placebo") if lacking == "the control arm" else (ARM == "IVIG")
    values = FINAL.mask(gone)
    answers = (values > 500).astype("boolean").mask(values.isna())
    kinds = [
        Changes(BASELINE, values, WHY),
        Amounts(values, WHY, "days"),
        Responses(answers, None, WHY, "excluded"),
        Durations(values, values * 0 + 1, WHY),
    ]
    for each in kinds:
        with pytest.raises(DataError, match=f"^no patient of {lacking} has a value\\.$"):
            getattr(each, method)(ARM, "placebo", *([SEX] if method == "interaction" else []))


def test_more_is_better_but_for_reactions():
    better = {type(each).__name__: each.better for each in (Improvement(), Normalization(), NormalDays(), Reactions())}
    assert better == {"Improvement": "higher", "Normalization": "higher", "NormalDays": "higher", "Reactions": "lower"}


def test_treated_goes_with_a_table_of_events_alone():
    with pytest.raises(ValueError, match=r"^'treated' must not be given with a study, of which it is the safety set\.$"):
        incidence(saito2008.load_study(), 16)


# Bounds: a grade holds where all that a value may stand for has it


def graded(instrument, rule, *pairs):
    """The grades of patients with a value, and its bound, at weeks 0 and 12."""
    patients = [
        Patient(
            f"P{k}",
            "PM",
            "F",
            40,
            visits=[Visit(w, assessments=[Assessment(instrument, *v)]) for w, v in zip((0, 12), pair, strict=True)],
        )
        for k, pair in enumerate(pairs)
    ]
    study = Study(patients, protocol=Protocol([0, 12], measures=[instrument]))
    found = Endpoint(instrument, rule).observe(study)
    return [None if grade != grade else grade for grade in found.grades], found.why.tolist()


def test_a_bound_of_ck_tells_its_grade_where_any_value_would():
    why = "a value is a bound that does not tell the grade"
    grades, said = graded(
        CK,
        CKThresholds(),
        ((1000, 900), (400, 900, "<")),  # at most 0.4: marked, whatever below
        ((1000, 900), (600, 900, "<")),  # improved or marked
        ((1000, 900), (1400, 900, ">")),  # at least 1.4: worsened, whatever above
        ((1000, 900), (1200, 900, ">")),
        ((1000, 900, ">"), (400, 900)),
        ((1000, 900, ">"), (900, 900, "<")),
    )
    assert grades == ["markedly improved", None, "worsened", None, "markedly improved", None]
    assert said == ["", why, "", why, "", why]


def test_a_bound_of_a_score_reaches_to_its_limits():
    scale = Instrument("VAS", "Global assessment", "mm", minimum=10, maximum=100, higher_is_better=False, has_uln=True)
    rule = ScoreThresholds(marked=30, improved=15, worsened=15)
    grades, _ = graded(
        scale,
        rule,
        ((60,), (25, None, "<")),  # down by 35 to 50: marked
        ((35,), (12, None, "<")),  # down by 23 to 25: improved
        ((60,), (80, None, ">")),  # up by 20 to 40: worsened
        ((90,), (95, None, ">")),  # up by 5 to 10: unchanged
        ((80,), (90, None, ">")),  # up by 10 to 20
    )
    assert grades == ["markedly improved", "improved", "worsened", "unchanged", None]


def test_normal_days_say_why_they_are_not_known():
    followed = [FollowUp(300, 20, 200), FollowUp(300, 20), FollowUp(100, 20), FollowUp(300)]
    visits = [Visit(0, 0, [Assessment(CK, 900, 170)])]
    patients = [Patient(f"P{k}", "PM", "F", 40, visits=visits, follow_up=each) for k, each in enumerate(followed)]
    patients.append(Patient("P9", "PM", "F", 40, visits=[Visit(0, 0, [Assessment(CK, 100, 170)])]))
    patients.append(Patient("P8", "PM", "F", 40))
    found = NormalDays(until=240).observe(Study(patients))
    assert found.unit == "days"
    assert found.amount.fillna(-1).to_dict() == {"P0": 180.0, "P1": 220.0, "P2": -1.0, "P3": 0.0, "P9": -1.0, "P8": -1.0}
    assert found.why.to_dict() == {
        "P0": "",
        "P1": "",
        "P2": "followed too short",
        "P3": "",
        "P9": "normal at baseline",
        "P8": "not followed",
    }
    assert found.amount.dtype == np.float64
    assert Change("CK", scale="ln").observe(Study(patients, protocol=Protocol([0, 12], endpoint_week=12))).scale == "ln"


def test_a_bound_above_of_a_measure_without_a_maximum_reaches_far():
    grip = Instrument("GRIP", "Grip strength", "kg", has_uln=True)
    rule = ScoreThresholds(marked=10, improved=5, worsened=5)
    pairs = ((10,), (25, None, ">")), ((10,), (12, None, ">")), ((10, None, ">"), (3,)), ((10, None, ">"), (30,))
    grades, _ = graded(grip, rule, *pairs)
    # at least 25; 12 or far more; from 10 or far more down to 3; from 10, or from far more, to 30
    assert grades == ["markedly improved", None, "worsened", None]


@pytest.mark.parametrize("kind", [Responses, Changes, Amounts, Durations])
def test_patients_are_kept_in_the_order_they_have(kind):
    ids = pd.Index(["2", "9", "10", "11"], name="patient")
    numbers, words = pd.Series([1.0, 2, 3, 4], ids), pd.Series(list("abcd"), ids)
    made = {
        Responses: lambda: Responses((numbers > 2).astype("boolean"), words, words, "excluded"),
        Changes: lambda: Changes(numbers, numbers, words),
        Amounts: lambda: Amounts(numbers, words, "days"),
        Durations: lambda: Durations(numbers, numbers, words),
    }[kind]()
    some = made.of(["11", "10", "2", "elsewhere"])
    columns = [each for each in vars_of(some) if isinstance(each, pd.Series)]
    assert len(columns) == 3 - (kind is Amounts)
    assert [each.index.tolist() for each in columns] == [["2", "10", "11"]] * len(columns)


def vars_of(observed):
    return [getattr(observed, each.name) for each in type(observed).__attrs_attrs__]


def test_events_that_were_not_recorded_are_not_none():
    with pytest.raises(DataError, match=r"^'adverse_events' must be recorded, as an empty table .* \(got None\)"):
        incidence(Study([Patient("A", "PM", "F", 40)]))
    assert incidence(Study([Patient("A", "PM", "F", 40, adverse_events=())])).n == 1


def test_times_to_normal_ck_are_numbers_whoever_was_followed():
    patients = [Patient("A", "PM", "F", 40, follow_up=FollowUp(180)), Patient("B", "PM", "F", 40)]
    found = Normalization().observe(Study(patients))
    assert (found.duration.dtype, found.event.dtype) == (np.float64, np.float64)
    assert found.event.fillna(-1).to_dict() == {"A": 0.0, "B": -1.0}
