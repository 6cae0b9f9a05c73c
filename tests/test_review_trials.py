"""Trials of several kinds, read and reported: what is planned, what is refused, and where each printed number stands."""

from __future__ import annotations

import re
from functools import cache

import attrs
import numpy as np
import pandas as pd
import pytest
from sampling import some

from ivigmyo import (
    DataError,
    Endpoint,
    Patient,
    Protocol,
    report_markdown,
    report_page,
    report_text,
    study_from_frames,
    trial_report,
)
from ivigmyo.outcomes import Change
from ivigmyo.response import ScoreThresholds

ROWS = ["patient", "week", "measure", "value", "uln"]


def people(n, **columns):
    ids = [f"P{i + 1:02d}" for i in range(n)]
    return pd.DataFrame({"patient": ids, "diagnosis": ["PM", "DM"] * (n // 2), "sex": "F", "age": 50}).assign(**columns)


def values(patients, weeks=(0, 12)):
    generator = np.random.default_rng(2)
    rows = []
    for i, patient in enumerate(patients["patient"]):
        for week in weeks:
            rows.append((patient, week, "MMT", 50 + i % 7 + (week > 0) * (12 if i % 2 else i % 6), None))
            rows.append((patient, week, "CK", round(float(1500 * 0.95**week * np.exp(generator.normal(0, 0.2)))), 180.0))
    return pd.DataFrame(rows, columns=ROWS)


def two_arms(**protocol):
    patients = people(16, arm=["placebo", "IVIG"] * 8, site=["A", "A", "B", "B"] * 4)
    patients["previous_treatment"] = "methotrexate"
    events = pd.DataFrame({"patient": ["P01", "P02", "P02"], "term": ["headache", "deep vein thrombosis", "odd feeling"]})
    plan = {"scheduled_weeks": (-4, 0, 12), "control": "placebo", "strata": ("site",), "primary": "MMT.response"} | protocol
    return study_from_frames(patients, values(patients, (-4, 0, 12)), adverse_events=events, protocol=Protocol(**plan))


@cache
def reported(by=None):
    return trial_report(two_arms(), by=by)


def refused(call, *arguments, **words):
    with pytest.raises(DataError) as caught:
        call(*arguments, **words)
    return str(caught.value)


def untraced(text, report):
    """Return the decimal numbers of a text that are no quantity of the report, at the digits they are printed with."""
    known = np.abs(report.quantities()["value"].dropna().to_numpy())
    known = np.concatenate([known, known * 100])  # shares are printed in per cent
    printed = set(re.findall(r"(?<![\w.<])\d+\.\d+(?![\w.])", text))
    return sorted(
        each for each in printed if not (np.abs(known - float(each)) <= 0.50001 * 10.0 ** -len(each.split(".")[1])).any()
    )


# --- every printed number is a quantity ---------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [None, *some(["site", "diagnosis"])])
def test_every_number_of_a_report_with_arms_is_a_quantity(by):
    report = reported(by)
    assert untraced(report_text(report), report) == []
    assert untraced(report_markdown(report), report) == []


def test_every_number_of_a_report_without_arms_is_a_quantity():
    study = study_from_frames(
        people(16, previous_treatment="methotrexate"),
        values(people(16), (-4, 0, 12)),
        adverse_events=pd.DataFrame({"patient": ["P01"], "term": ["deep vein thrombosis"], "serious": ["yes"]}),
        protocol=Protocol(scheduled_weeks=(-4, 0, 12), comparison_weeks=(-4, 12)),
    )
    report = trial_report(study, by="diagnosis")
    assert untraced(report_text(report), report) == []


def test_counts_of_a_table_are_quantities_too():
    found = reported().arms["IVIG"].quantities().set_index("quantity")["value"]
    assert found["reactions.interest.haemolytic"] == 0
    assert found["reactions.interest.thromboembolic"] == 1
    assert found["previous_treatment.methotrexate"] == 8
    assert found["reactions.term.odd feeling.rate"] == found["reactions.group.other.rate"] == 1 / 8
    assert found["reactions.interest.haemolytic.rate.conf_high"] == pytest.approx(1 - 0.025 ** (1 / 8))
    z2 = 1.959963984540054**2
    share = reported().arms["IVIG"].measures[0].response
    centre, n = share.rate, share.n
    low = (centre + z2 / (2 * n) - np.sqrt(z2 * (centre * (1 - centre) / n + z2 / (4 * n * n)))) / (1 + z2 / n)
    assert found["MMT.response.rate.wilson_low"] == pytest.approx(low)


def test_an_adjusted_mean_of_logs_is_a_ratio_too():
    report = reported()
    found = report.quantities().set_index("quantity")["value"]
    compared = report.contrasts["IVIG"]["CK.change"]
    assert found["contrasts.IVIG.CK.change.treated_ratio"] == pytest.approx(np.exp(compared.treated_mean))
    assert "contrasts.IVIG.MMT.change.treated_ratio" not in found


# --- parts of a trial with arms have no P value of their own -------------------------------------------------------------


@pytest.mark.parametrize("by", some(["site", "diagnosis"]))
def test_a_part_of_a_trial_with_arms_prints_no_p_value(by):
    report = reported(by)
    whole, *parts = re.split(r"(?m)^Patients: \w+$", report_text(report))
    assert "P = " in whole
    assert len(parts) == 2
    assert not any(re.search(r"\bP [=<] ", part) for part in parts)


# --- arms that are stated in part ---------------------------------------------------------------------------------------


def test_the_patient_without_an_arm_is_named():
    patients = people(4, arm=["IVIG", "placebo", "IVIG", None])
    assert "for patient 'P04'" in refused(study_from_frames, patients, values(patients))


def test_a_received_arm_without_a_planned_one_is_refused():
    patients = people(2, arm_received=["IVIG", "placebo"])
    text = refused(study_from_frames, patients, values(patients))
    assert "'arm_received' needs 'arm'" in text
    assert "'P01'" in text
    assert "'IVIG'" in text
    assert "'arm_received' needs 'arm'" in refused(Patient, "P01", "PM", "F", 50, arm_received="IVIG")


def test_a_control_without_arms_to_compare_is_said():
    alone = study_from_frames(people(4), values(people(4)), protocol=Protocol(scheduled_weeks=(0, 12), control="placebo"))
    assert trial_report(alone).absent["contrasts"] == "'control' needs arms, and no patient has one (got 'placebo')."
    patients = people(4, arm="IVIG")
    one = study_from_frames(patients, values(patients), protocol=Protocol(scheduled_weeks=(0, 12), control="IVIG"))
    assert trial_report(one).absent["contrasts"] == "no arm but the control 'IVIG' is known."


# --- points are no default of another measure ----------------------------------------------------------------------------


def test_a_score_rule_without_its_points_is_refused_for_a_measure_that_has_none():
    patients = people(2)
    rows = values(patients).query("measure == 'MMT'").assign(measure="GRIP")
    given = {"measure": ["GRIP"], "name": ["Grip"], "unit": ["kg"], "maximum": [100], "rule": ["score"], "marked": [6]}
    text = refused(study_from_frames, patients, rows, measures=pd.DataFrame(given))
    assert "'improved' must not be empty" in text
    assert "'worsened' must not be empty" in text
    assert "'GRIP'" in text
    study_from_frames(patients, rows, measures=pd.DataFrame(given | {"improved": [3], "worsened": [3]}))
    built_in = pd.DataFrame({"measure": ["MMT"], "rule": ["score"]})
    assert study_from_frames(patients, values(patients), measures=built_in).protocol.rules["MMT"].marked == 10


# --- arguments of another kind -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [5, "x", {}, object()])
def test_what_is_no_protocol_or_report_is_refused_with_a_sentence(wrong):
    patients = people(2)
    study = study_from_frames(patients, values(patients))
    for call in (lambda: study_from_frames(patients, values(patients), protocol=wrong), lambda: study.under(wrong)):
        with pytest.raises(TypeError, match="'protocol' must be a Protocol"):
            call()
    for layout in (report_text, report_markdown, report_page):
        with pytest.raises(TypeError, match="'report' must be a TrialReport"):
            layout(wrong)


@pytest.mark.parametrize("field", ["measures", "outcomes", "rules"])
def test_one_thing_in_place_of_several_is_refused(field):
    assert f"'{field}' must" in refused(Protocol, **{field: 5})


def test_strategies_that_are_no_mapping_are_refused():
    with pytest.raises(TypeError, match="'intercurrent' must map events to strategies"):
        Endpoint("MMT", ScoreThresholds(), intercurrent="composite")


def test_missing_patients_are_a_missing_table():
    assert refused(study_from_frames, None, values(people(2))).startswith("patients: the table is missing")


def test_a_wrong_measure_is_named_before_its_values():
    rows = values(people(2)).query("measure == 'MMT'").assign(measure="GRIP")
    given = pd.DataFrame({"measure": ["GRIP"], "name": ["Grip"], "unit": ["kg"], "better": ["up"]})
    first, *rest = refused(study_from_frames, people(2), rows, measures=given).splitlines()
    assert first == "measures: better: 'better' must be one of 'higher', 'lower' (got 'up') in row 0."
    assert len(rest) == 4


# --- rules and outcomes of one's own -------------------------------------------------------------------------------------


@attrs.frozen
class Says:
    """A rule that returns what it is told to, of the patients in the order of the study."""

    what: object

    def grade(self, pair):
        return self.what(pair.rows) if callable(self.what) else self.what


def graded(what):
    patients = people(4)
    outcomes = [Endpoint("MMT", Says(what))]
    protocol = Protocol(scheduled_weeks=(0, 12), outcomes=outcomes)
    return trial_report(study_from_frames(patients, values(patients), protocol=protocol)).measures[0]


LABELS = ["worsened", "unchanged", "improved", "markedly improved"]


@pytest.mark.parametrize("kind", [list, np.array, lambda labels: lambda rows: pd.Series(labels, rows.index)])
def test_plain_labels_of_a_rule_are_ordered_from_worst_to_best(kind):
    found = graded(kind(LABELS))
    assert (found.response.count, found.response.n, found.grades.tolist()) == (2, 4, LABELS)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (lambda rows: pd.Series("super", rows.index), "'grades' must be among 'worsened'"),
        (["improved"], "'grades' must be 4, one a row (got 1)."),
        (None, "'grades' must be a column of grades (got None)."),
        (pd.Series(LABELS), "'grades' must have the index of the rows that were graded"),
    ],
)
def test_what_is_no_grade_a_patient_is_refused(what, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        graded(what)


@pytest.mark.parametrize("arms", [{}, {"arm": ["IVIG", "placebo"] * 2}])
def test_an_outcome_of_a_measure_that_is_not_recorded_is_absent(arms):
    patients = people(4, **arms)
    outcomes = [Endpoint("ADL", ScoreThresholds()), Change("ADL"), Change("MMT")]
    plan = {"control": "placebo"} if arms else {}
    protocol = Protocol(scheduled_weeks=(0, 12), outcomes=outcomes, primary="ADL.response", **plan)
    report = trial_report(study_from_frames(patients, values(patients), protocol=protocol))
    assert report.absent["ADL response"] == report.absent["ADL change"] == "no value of ADL is recorded."
    known = report.quantities().set_index("quantity")["value"]
    assert not arms or not known.index.str.contains("ADL").any()
    assert list(report.contrasts.get("IVIG", {})) == (["MMT.change"] if arms else [])


def test_an_outcome_that_observes_nothing_of_the_kind_is_refused():
    class Five:
        name = "five"

        def observe(self, _study):
            return 5

    patients = people(2)
    study = study_from_frames(patients, values(patients), protocol=Protocol(scheduled_weeks=(0, 12), outcomes=[Five()]))
    with pytest.raises(TypeError, match="'observe' of the outcome 'five' must return Responses"):
        trial_report(study)


def test_an_arm_is_written_in_one_way():
    def study(labels, **others):
        patients = people(4, arm=labels, **others)
        return study_from_frames(patients, values(patients), protocol=Protocol((0, 12), control="placebo"))

    assert study(["IVIG", "placebo"] * 2).arms == ("IVIG", "placebo")
    with pytest.raises(DataError, match=r"one way, here as 'IVIG' \(got 'ivig'\) for patient 'P03'"):
        study(["IVIG", "placebo", "ivig", "placebo"])
    with pytest.raises(DataError, match=r"one way, here as 'placebo' \(got 'Placebo'\) for patient 'P01'"):
        study(["IVIG", "placebo"] * 2, arm_received=["Placebo", None, None, None])
    with pytest.raises(DataError, match=r"'control' must be written as the arm is, 'Placebo' \(got 'placebo'\)"):
        study(["IVIG", "Placebo"] * 2)


def test_of_two_spellings_the_rarer_is_named_of_strata_as_of_arms():
    names = [f"P{i:02d}" for i in range(1, 7)]

    def said(arms, sites):
        patients = pd.DataFrame({"patient": names, "diagnosis": "DM", "sex": "F", "age": 50, "arm": arms, "site": sites})
        with pytest.raises(DataError) as caught:
            study_from_frames(patients, values(patients), protocol=Protocol((0, 12), control="placebo", strata=("site",)))
        return str(caught.value).split("\n")

    right = ["IVIG", "placebo"] * 3
    assert said(["ivig", *right[1:]], "A") == [
        "an arm must be written in one way, here as 'IVIG' (got 'ivig') for patient 'P01'."
    ]
    assert said(right, ["a", "A", "A", "B", "B", "B"]) == [
        "a label of 'site' must be written in one way, here as 'A' (got 'a') for patient 'P01'."
    ]
