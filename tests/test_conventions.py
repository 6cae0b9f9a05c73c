"""The sentences say what was done, and only of what was done."""

import attrs
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo import Endpoint, Instrument, Protocol, report_text, saito2008, study_from_frames, trial_report
from ivigmyo.instruments import MMT18
from ivigmyo.report.conventions import report_conventions
from ivigmyo.response import GRADE_DTYPE, CKThresholds, ScoreThresholds


def test_every_rule_of_a_full_report_is_said(report):
    assert report_conventions(report) == [
        "Day 0 is the day of the first infusion. Efficacy is analysed in the efficacy set, safety in the safety set.",
        "Numbers are rounded for display only, halves away from zero. A standard deviation (SD) divides by n - 1. Tests are "
        "two-sided; P values are not adjusted for their number.",
        "Baseline is the last value at or before the first infusion. The final value is that of the last scheduled week; of "
        "a patient who stopped, the last value after the first infusion and up to the day of stopping.",
        "Changes from baseline: one-sample t-test, two-sided. A rise is positive.",
        "MMT and ADL: a gain of 10 points or more is a marked improvement, of 5 or more an improvement; a loss of 5 or more "
        "is a worsening.",
        "CK: a rise by 30 % or more is a worsening, a fall by 50 % or more a marked improvement, a fall by 30 % or more, or "
        "to within normal limits, an improvement.",
        "Responders are patients with an improvement or a marked improvement; those without a grade are left out. Intervals "
        "of shares: 95 %, exact (Clopper and Pearson).",
        "ln CK is the natural logarithm. Changes before and after are those of weeks -4 to 0 and 0 to 4, within patients: "
        "paired t-test, two-sided, Wilcoxon's signed-rank test and the exact sign-flip test.",
        "CK is normal again from its first value at or below its upper limit after the first infusion, and raised again "
        "from the first later value above it; without one, the duration is censored when the patient was last observed.",
        "Kaplan-Meier estimates. A quantile is the first time at which the curve is at or below the share, and the midpoint "
        "to the next event where it meets the share exactly. Intervals: 95 %, log-log.",
        "The restricted mean is the area under the curve up to day 423; its variance is Greenwood's.",
        "An adverse reaction is an adverse event since the first infusion that was not judged unrelated; each patient "
        "counts once for each term.",
    ]


def test_nothing_is_said_of_what_was_not_done(report):
    bare = attrs.evolve(report, measures=(), log_ck=None, duration=None, incidence=None)
    assert report_conventions(bare) == report_conventions(report)[:2]
    scored = report_conventions(attrs.evolve(bare, improvement=object()))
    assert scored == [
        *report_conventions(report)[:2],
        "Total Improvement Score: ACR/EULAR 2016, for adults: minimal from 20, moderate from 40, major from 60 of 100 "
        "points. A patient in whom a measure is missing has no score. Definition of improvement: IMACS 2004.",
    ]
    nothing = attrs.evolve(report.duration, curve=None, mean=None)
    assert report_conventions(attrs.evolve(bare, duration=nothing)) == [
        *report_conventions(report)[:2],
        report_conventions(report)[8],
    ]


def test_only_measures_with_grades_are_named(report):
    mmt, adl, ck = report.measures
    ungraded = attrs.evolve(adl, grades=None, response=None)
    sentences = report_conventions(attrs.evolve(report, measures=(mmt, ungraded)))
    assert sum(sentence.startswith("MMT: a gain of 10") for sentence in sentences) == 1
    assert not any(sentence.startswith("CK: a rise") for sentence in sentences)
    sentences = report_conventions(attrs.evolve(report, measures=(ungraded, ck)))
    assert not any("a gain of" in sentence for sentence in sentences)
    assert any(sentence.startswith("CK: a rise") for sentence in sentences)
    sentences = report_conventions(attrs.evolve(report, measures=(ungraded,)))
    assert not any(sentence.startswith("Responders") for sentence in sentences)
    assert mmt.instrument == MMT18


def test_how_patients_without_a_grade_count_is_said():
    report = trial_report(saito2008.load_study(), missing="non-response")
    assert any("those without a grade are counted against." in sentence for sentence in report_conventions(report))


PARTS = ("measures", "log_ck", "duration", "incidence")


@given(st.sets(st.sampled_from(PARTS)), st.sets(st.sampled_from([0, 1, 2])))
def test_what_was_not_done_leaves_the_other_sentences_as_they_are(report, left_out, graded):
    whole = report_conventions(report)
    bare = attrs.evolve(report, **{name: () if name == "measures" else None for name in left_out})
    said = report_conventions(bare)
    # in the order of the whole, each once
    assert said == [sentence for sentence in whole if sentence in said]
    lost = {name: 2 + 3 if name == "measures" else {"duration": 3}.get(name, 1) for name in PARTS}
    assert len(whole) - len(said) == sum(lost[name] for name in left_out)
    # what is lost with two parts is what is lost with either
    alone = [set(report_conventions(attrs.evolve(report, **{n: () if n == "measures" else None}))) for n in left_out]
    assert set(said) == set(whole).intersection(*alone)
    measures = [m if k in graded else attrs.evolve(m, response=None) for k, m in enumerate(report.measures)]
    found = report_conventions(attrs.evolve(report, measures=measures))
    for k, code in enumerate(("MMT", "ADL")):
        assert any(code in sentence and "a gain of" in sentence for sentence in found) == (k in graded)
    assert any(sentence.startswith("CK: a rise") for sentence in found) == (2 in graded)
    assert not any("CK" in sentence and "a gain of" in sentence for sentence in found)
    assert any(sentence.startswith("Responders") for sentence in found) == bool(graded)


GRIP = Instrument("GRIP", "Hand grip strength", "kg", maximum=100)
PAIN = Instrument("PAIN", "Pain", "mm", maximum=100, higher_is_better=False)


class Halved:
    """A rule of one's own: whoever has half the baseline value has improved."""

    def grade(self, pair):
        labels = (pair.rows["final"] <= pair.rows["baseline"] / 2).map({True: "improved", False: "unchanged"})
        return labels.astype(GRADE_DTYPE)


def of_own_rules(protocol):
    """Two patients with a value of each of four measures in weeks 0, 4, 16 and 52."""
    patients = pd.DataFrame({"patient": ["A", "B"], "diagnosis": "DM", "sex": "F", "age": 50})
    codes, weeks = ("MMT", "CK", "GRIP", "PAIN"), (0, 4, 16, 52)
    rows = [(name, week, code, 50.0 + week / 2) for name in "AB" for code in codes for week in weeks]
    values = pd.DataFrame(rows, columns=["patient", "week", "measure", "value"])
    return trial_report(study_from_frames(patients, values, protocol=protocol))


def test_the_rules_of_a_trial_are_said_and_not_those_of_the_paper():
    rules = {
        "MMT": ScoreThresholds(25, 12, 12),
        "CK": CKThresholds(0.25, 0.725, 2),
        "GRIP": CKThresholds(0.5, 0.75, 1.25),
        "PAIN": ScoreThresholds(30, 20, 10),
    }
    said = report_conventions(of_own_rules(Protocol(scheduled_weeks=(0, 4, 16), measures=[GRIP, PAIN], rules=rules)))
    assert said[4:8] == [
        "GRIP: by the ratio of baseline to final value: up to 0.5 a marked improvement, up to 0.75 an improvement, from "
        "1.25 on a worsening.",
        "PAIN: a fall of 30 mm or more is a marked improvement, of 20 or more an improvement; a rise of 10 or more is a "
        "worsening.",
        "MMT: a gain of 25 points or more is a marked improvement, of 12 or more an improvement; a loss of 12 or more is a "
        "worsening.",
        "CK: a rise by 100 % or more is a worsening, a fall by 75 % or more a marked improvement, a fall by 27.5 % or more, "
        "or to within normal limits, an improvement.",
    ]
    outcomes = [Endpoint("MMT", Halved()), Endpoint(PAIN, CKThresholds())]
    said = report_conventions(of_own_rules(Protocol(scheduled_weeks=(0, 16), measures=[GRIP, PAIN], outcomes=outcomes)))
    assert said[4:6] == [
        "PAIN: a rise by 30 % or more is a worsening, a fall by 50 % or more a marked improvement, a fall by 30 % or more "
        "an improvement.",
        "MMT: graded by a rule of the trial's own.",
    ]


def test_the_week_of_final_values_is_said_where_it_is_not_the_last_scheduled_one():
    def text(**weeks):
        return " ".join(report_text(of_own_rules(Protocol(measures=[GRIP, PAIN], **weeks))).split())

    early = text(scheduled_weeks=(0, 4, 16, 52), endpoint_week=16)
    assert "The final value is that of week 16; of a patient who stopped" in early
    assert "Improved or markedly improved at week 16 or at discontinuation." in early
    assert "Final: week 16, or discontinuation." in early
    assert "last scheduled week" not in early
    for last in (text(scheduled_weeks=(0, 4, 16), endpoint_week=16), text(scheduled_weeks=(0, 4, 16))):
        assert "Final: the last scheduled week, or discontinuation." in last
