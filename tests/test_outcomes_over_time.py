"""Outcomes that follow a study over its visits: sustained response, time to response, deterioration, signs of the skin."""

import math
import re

import attrs
import numpy as np
import pandas as pd
import pytest

from ivigmyo import DataError, Protocol, Study, adam, saito2008, scores_by_visit, study_from_frames
from ivigmyo.core_set import PRODERM, SKIN_INSTRUMENTS, chq_phs, find_deterioration
from ivigmyo.files.outcomes import named_outcome
from ivigmyo.outcomes import (
    Deterioration,
    Improvement,
    SkinSign,
    SustainedResponse,
    TimeToResponse,
    WithoutDeterioration,
    compare_skin_signs,
    deterioration_visits,
    planned_outcomes,
    study_deterioration,
    study_improvement,
)
from ivigmyo.study.plan import BUILT_IN, Conduct

NAN = math.nan
BEFORE = {"PHGLOBAL": 6, "PTGLOBAL": 6, "MMT8": 100, "HAQ": 2, "EXTRAMUS": 5, "CK": 1000}


def make(visits, weeks=(0, 4, 8, 12), patients=None, uln=200, **protocol):
    """A study of patients and their visits: {patient: {week: values or None}}."""
    rows = [
        (name, week, code, value, uln if code == "CK" else None)
        for name, seen in visits.items()
        for week, values in seen.items()
        if values is not None
        for code, value in values.items()
        if value is not None
    ]
    frame = pd.DataFrame(rows, columns=["patient", "week", "measure", "value", "uln"])
    people = pd.DataFrame({"patient": list(visits), "diagnosis": "DM", "sex": "F", "age": 40})
    for name, column in (patients or {}).items():
        people[name] = people["patient"].map(column)
    options = {key: protocol.pop(key) for key in ("treatments", "adverse_events") if key in protocol}
    return study_from_frames(people, frame, protocol=Protocol(scheduled_weeks=weeks, **protocol), **options)


NO, YES, MUCH = {}, {"MMT8": 120, "CK": 500}, {"MMT8": 140, "PHGLOBAL": 1, "PTGLOBAL": 1, "CK": 300}


def course(*answers, weeks=(4, 8, 12)):
    """Visits by week: True a response, False none, None not seen."""
    seen = {0: BEFORE}
    return seen | {w: None if a is None else BEFORE | (YES if a else NO) for w, a in zip(weeks, answers, strict=True)}


def test_the_visits_made_here_have_the_scores_they_should():
    scores = scores_by_visit(make({"A": course(False, True, True)}))
    assert scores["week"].tolist() == [4, 8, 12]
    more = make({"A": {-4: BEFORE} | course(False, True, True)}, weeks=(-4, 0, 4, 8, 12, 16))
    pd.testing.assert_frame_equal(scores_by_visit(more), scores)
    assert (scores["score"] >= 20).tolist() == [False, True, True]
    assert scores["score"].tolist() == [0.0, 25.0, 25.0]


def test_without_a_visit_after_baseline_there_is_no_score():
    none = scores_by_visit(make({"A": {0: BEFORE}}, weeks=(0, 12)))
    assert none.empty
    assert list(none) == ["patient", "week", "score", "category", "missing"]


class TestSustained:
    def test_of_the_published_trial(self):
        weeks = (0, 17, 21, 25)
        study = make(
            {
                "A": course(False, True, True, weeks=weeks[1:]),
                "B": course(True, False, False, weeks=weeks[1:]),
                "C": course(True, True, False, weeks=weeks[1:]),
                "D": course(None, True, True, weeks=weeks[1:]),
                "E": course(True, True, True, weeks=weeks[1:]),
            },
            weeks=weeks,
            treatments=pd.DataFrame({"patient": ["E"], "treatment": ["rituximab"], "start_day": [100]}),
            conduct=Conduct(prohibited_treatments=["rituximab"]),
        )
        found = SustainedResponse(25, also_in=(17, 21)).observe(study)
        assert found.responded.to_dict() == {"A": True, "B": False, "C": False, "D": True, "E": False}
        assert found.why["E"] == "rescue on day 100"
        assert (found.summary().count, found.summary().n, found.summary().n_missing) == (2, 5, 0)

    def test_what_missing_scores_leave_open_is_counted(self):
        study = make(
            {
                "A": course(True, True, None),
                "B": course(True, None, True),
                "C": course(None, False, True),
                "D": course(False, None, False),
                "E": course(True, None, None),
            },
            patients={"discontinued_on": {"E": 40}},
        )
        outcome = SustainedResponse(12, also_in=(8, 4))
        found = outcome.observe(study)
        assert [None if pd.isna(each) else bool(each) for each in found.responded] == [None, True, None, False, False]
        assert found.why.tolist() == [
            "no score in week 12",
            "",
            "no score in the other weeks",
            "",
            "discontinuation on day 40",
        ]
        share = found.summary()
        assert (share.count, share.n, share.n_missing, share.missing) == (1, 5, 2, "non-response")
        complete = attrs.evolve(outcome, missing="excluded").observe(study).summary()
        assert (complete.count, complete.n, complete.n_missing) == (1, 3, 2)

    def test_a_threshold_of_its_own(self):
        study = make({"A": course(True, True, True), "B": {0: BEFORE, 12: BEFORE | MUCH}})
        assert SustainedResponse(12, threshold=40).observe(study).responded.tolist() == [False, True]

    def test_a_visit_after_leaving_does_not_count(self):
        visits = {"A": course(True, True, True), "B": course(True, True, True)}
        study = make(visits, patients={"discontinued_on": {"A": 83, "B": 84}})
        assert SustainedResponse(12).observe(study).responded.tolist() == [False, True]


class TestTime:
    def test_each_way_it_ends(self):
        study = make(
            {
                "confirmed": course(False, True, True),
                "pending": course(False, False, True),
                "never": course(False, True, False),
                "left": course(False, None, None),
                "rescued": course(False, True, True),
                "unseen": {0: BEFORE},
                "gone": {0: BEFORE},
            },
            weeks=(0, 4, 8, 12),
            endpoint_week=12,
            patients={"discontinued_on": {"left": 30, "gone": 10}},
            treatments=pd.DataFrame({"patient": ["rescued"], "treatment": ["rituximab"], "start_day": [40]}),
            conduct=Conduct(prohibited_treatments=["rituximab"]),
        )
        found = TimeToResponse(confirm=2).observe(study)
        table = {
            name: (found.duration[name], found.event[name], found.status[name])
            for name in found.duration.index
            if name != "unseen"
        }
        assert table == {
            "confirmed": (56.0, 1.0, "responded"),
            "pending": (84.0, 0.0, "no response"),
            "never": (84.0, 0.0, "no response"),
            "left": (84.0, 0.0, "left"),
            "rescued": (84.0, 0.0, "rescued"),
            "gone": (84.0, 0.0, "left"),
        }
        assert np.isnan(found.duration["unseen"])
        assert found.status["unseen"] == "no score"
        once = TimeToResponse().observe(study)
        assert once.duration[["confirmed", "pending", "never"]].tolist() == [56.0, 84.0, 56.0]
        assert once.event[["confirmed", "pending", "never", "rescued"]].tolist() == [1.0, 1.0, 1.0, 0.0]
        assert once.summary().n_events == 3

    def test_first_met_at_the_last_visit_is_censored_there(self):
        study = make({"A": course(False, True, None), "B": course(True, True, True)}, endpoint_week=12)
        found = TimeToResponse(confirm=2).observe(study)
        assert (found.duration["A"], found.event["A"], found.status["A"]) == (56.0, 0.0, "to be confirmed")

    def test_scores_after_the_endpoint_week_are_left_aside(self):
        study = make({"A": course(False, False, True), "B": course(True, True, True)}, endpoint_week=8)
        found = TimeToResponse().observe(study)
        assert (found.duration["A"], found.event["A"]) == (56.0, 0.0)


BASE = {"PHGLOBAL": 5, "PTGLOBAL": 5, "EXTRAMUS": 3, "MMT8": 120, "HAQ": 1, "CK": 900}


class TestDeterioration:
    def visits(self):
        base = BASE
        return {
            "A": {0: base, 4: base | {"PHGLOBAL": 7.0, "MMT8": 96}, 8: base | {"PHGLOBAL": 7.2, "MMT8": 95}},
            "B": {0: base} | {w: base | {"EXTRAMUS": e} for w, e in ((4, 5.0), (8, 4.9), (12, 5.1), (16, 5.0))},
            "C": {0: base, 4: base | {"PHGLOBAL": 7.0, "MMT8": 97}, 8: base | {"PHGLOBAL": 7.0, "MMT8": 97}},
            "D": {4: base},
            "E": {0: base},
            "F": {0: base, 16: base | {"EXTRAMUS": 5.0}},
        }

    def test_each_way_a_course_may_go(self):
        study = make(self.visits(), weeks=(0, 4, 8, 12, 16))
        found = study_deterioration(study).set_index("patient")
        assert found.loc["A", ["first_week", "confirmed_week"]].tolist() == [4, 8]
        assert found.loc["B", "confirmed_week"] == 16
        assert found["status"].to_dict() == {
            "A": "confirmed",
            "B": "confirmed",
            "C": "none",
            "D": "no baseline",
            "E": "no visit",
            "F": "unconfirmed",
        }
        observed = Deterioration().observe(study)
        assert [None if pd.isna(each) else bool(each) for each in observed.responded] == [
            True,
            True,
            False,
            None,
            None,
            False,
        ]
        assert observed.why.tolist() == [
            "confirmed in week 8: physician global and MMT",
            "confirmed in week 16: extramuscular activity",
            "",
            "no baseline",
            "no value after baseline",
            "unconfirmed in week 16",
        ]
        assert (observed.summary().count, observed.summary().n, observed.summary().n_missing) == (2, 4, 2)

    def test_of_whom_nothing_was_measured_nothing_is_known(self):
        observed = Deterioration().observe(make({"Z": {}} | self.visits(), weeks=(0, 4, 8, 12, 16)))
        assert observed.responded.index.tolist() == observed.why.index.tolist() == list("ABCDEFZ")
        assert pd.isna(observed.responded["Z"])
        assert observed.why["Z"] == "no baseline"
        assert observed.missing == "excluded"

    def test_the_frame_is_that_of_the_rule(self):
        study = make(self.visits(), weeks=(0, 4, 8, 12, 16))
        visits = deterioration_visits(study)
        columns = ["patient", "week", "physician_global", "patient_global", "mmt", "haq", "extramuscular"]
        assert list(visits) == columns
        assert visits.loc[visits["patient"] == "B", "week"].tolist() == [0, 4, 8, 12, 16]
        assert visits["patient"].tolist() == list("AAABBBBBCCCDEFF")
        assert visits.index.tolist() == list(range(15))
        rule = attrs.evolve(PRODERM, scheduled_weeks=(4, 8, 12, 16), endpoint_week=16)
        pd.testing.assert_frame_equal(study_deterioration(study), find_deterioration(visits, 150, rule))

    def test_the_muscle_test_is_judged_by_its_own_maximum(self):
        base = {"MMTALL": 200, "HAQ": 1}
        fallen = {week: base | {"MMTALL": 150} for week in (4, 8)}
        study = make({"A": {0: base} | fallen}, weeks=(0, 4, 8))
        rule = attrs.evolve(PRODERM, scheduled_weeks=(4, 8), endpoint_week=8)
        found = study_deterioration(study)
        pd.testing.assert_frame_equal(found, find_deterioration(deterioration_visits(study), 260, rule))

    def test_not_beyond_the_endpoint_week_nor_after_leaving(self):
        assert (
            study_deterioration(make(self.visits(), weeks=(0, 4, 8, 12, 16), endpoint_week=12))
            .set_index("patient")
            .loc["B", "status"]
            == "unconfirmed"
        )
        left = make(self.visits(), weeks=(0, 4, 8, 12, 16), patients={"discontinued_on": {"A": 40}})
        assert study_deterioration(left).set_index("patient").loc["A", "status"] == "unconfirmed"

    def test_a_missed_visit_breaks_where_the_rule_says_so(self):
        base = BASE
        worse = base | {"EXTRAMUS": 6}
        study = make({"A": {0: base, 4: worse, 12: worse}, "B": {0: base, 4: base, 8: base}}, weeks=(0, 4, 8, 12))
        assert study_deterioration(study).loc[0, "status"] == "confirmed"
        assert study_deterioration(study, attrs.evolve(PRODERM, missing="break")).loc[0, "status"] == "unconfirmed"

    def test_the_composite_is_one_line(self):
        study = make(
            {
                "yes": course(True, True, True),
                "worse": {0: BEFORE, 4: BEFORE | {"EXTRAMUS": 8}, 8: BEFORE | {"EXTRAMUS": 8}, 12: BEFORE | MUCH},
                "no": course(False, False, False),
                "missing": course(True, True, None),
                "both": {0: BEFORE, 4: BEFORE | {"EXTRAMUS": 8}, 8: BEFORE | {"EXTRAMUS": 8}},
            },
        )
        outcome = WithoutDeterioration("minimal")
        assert Improvement("minimal").observe(study).responded["worse"]
        found = outcome.observe(study)
        answers = {name: None if pd.isna(each) else bool(each) for name, each in found.responded.items()}
        assert answers == {"yes": True, "worse": False, "no": False, "missing": None, "both": False}
        assert found.why["worse"].startswith("deterioration confirmed in week 8")
        assert found.concerned() == {"deteriorated: no response": 2, "missing": 1}
        sustained = WithoutDeterioration(SustainedResponse(12))
        assert sustained.name == "TIS.sustained.12.without_deterioration"
        assert sustained.observe(study).summary().count == 1

    def test_a_change_cannot_be_composed(self):
        from ivigmyo.outcomes import Change

        study = make({"A": course(True, True, True)})
        with pytest.raises(DataError, match=re.escape("'MMT8.change' must tell who responded.")):
            WithoutDeterioration(Change("MMT8")).observe(study)


class TestSkin:
    def study(self):
        grades = {"A": (2, 0), "B": (1, 0), "C": (2, 1), "D": (0, 0), "E": (2, None), "F": (0, 1)}
        return make(
            {name: {0: {"HELIO": a, "CDASIA": 20}, 12: {"HELIO": b, "CDASIA": 10}} for name, (a, b) in grades.items()},
            weeks=(0, 12),
        )

    def test_signs_before_and_after(self):
        found = compare_skin_signs(self.study())
        assert list(found) == ["HELIO"]
        each = found["HELIO"]
        assert (each.lost, each.gained, each.kept, each.never, each.n, each.n_excluded) == (2, 1, 1, 1, 5, 1)
        assert each.p_value == 1.0

    def test_two_lost_and_none_gained(self):
        study = make({name: {0: {"GOTTRON": 2}, 12: {"GOTTRON": 0}} for name in "AB"}, weeks=(0, 12))
        assert compare_skin_signs(study)["GOTTRON"].p_value == 0.5

    def test_as_an_outcome_of_those_who_had_it(self):
        found = SkinSign("HELIO").observe(self.study())
        answers = {name: None if pd.isna(each) else bool(each) for name, each in found.responded.items()}
        assert answers == {"A": True, "B": True, "C": False, "E": None}
        assert (found.summary().count, found.summary().n, found.summary().n_missing) == (2, 3, 1)


OUTCOMES = {
    "TIS.sustained.25": SustainedResponse(25),
    "TIS.sustained.25.with.17.21.from.37.5": SustainedResponse(25, (17, 21), 37.5),
    "TIS.sustained.25.from.40": SustainedResponse(25, threshold=40),
    "TIS.time_to_response": TimeToResponse(),
    "TIS.time_to_response.confirmed.2.from.40": TimeToResponse(40, 2),
    "TIS.minimal.without_deterioration": WithoutDeterioration("minimal"),
    "TIS.sustained.25.without_deterioration": WithoutDeterioration(SustainedResponse(25)),
    "deterioration": Deterioration(),
    "HELIO.resolved": SkinSign("HELIO"),
}


class TestNames:
    @pytest.mark.parametrize("name", OUTCOMES)
    def test_a_name_gives_its_outcome(self, name):
        outcome = OUTCOMES[name]
        assert outcome.name == name
        assert named_outcome(name, BUILT_IN, {}) == outcome
        assert len(outcome.paramcd) <= 8

    @pytest.mark.parametrize("name", ["TIS.sustained", "X.without_deterioration", "TIS.sustained.25.with", "MMT.resolved"])
    def test_no_outcome_of_other_names(self, name):
        assert named_outcome(name, BUILT_IN, {}) is None

    @pytest.mark.parametrize(
        ("make_it", "message"),
        [
            (lambda: SustainedResponse(0), "'week' must be greater than 0 (got 0)."),
            (lambda: SustainedResponse(12.5), "'week' must be a whole number (got 12.5)."),
            (lambda: SustainedResponse(None), "'week' must be known."),
            (lambda: SustainedResponse(25, also_in=(17, 0.5)), "'also_in' must be a whole number (got 0.5)."),
            (lambda: SustainedResponse(25, also_in=(0,)), "'also_in' must be greater than 0 (got 0)."),
            (lambda: SustainedResponse(25, also_in=(None,)), "'also_in' must be known."),
            (lambda: SustainedResponse(25, threshold=101), "'threshold' must be greater than 0 and at most 100 (got 101)."),
            (lambda: SustainedResponse(25, threshold=0), "'threshold' must be greater than 0 and at most 100 (got 0)."),
            (
                lambda: SustainedResponse(25, missing="locf"),
                "'missing' must be one of 'non-response', 'excluded' (got 'locf').",
            ),
            (lambda: TimeToResponse(confirm=0), "'confirm' must be at least 1 (got 0)."),
            (lambda: TimeToResponse(confirm=1.5), "'confirm' must be a whole number (got 1.5)."),
            (lambda: TimeToResponse(confirm=None), "'confirm' must be known."),
            (lambda: TimeToResponse(100.5), "'threshold' must be greater than 0 and at most 100 (got 100.5)."),
            (lambda: Deterioration("PRODERM"), "'rule' must be of the kind DeteriorationRule (got 'PRODERM')."),
            (
                lambda: WithoutDeterioration("minimal", "PRODERM"),
                "'rule' must be of the kind DeteriorationRule (got 'PRODERM').",
            ),
            (
                lambda: WithoutDeterioration("great"),
                "'category' must be one of 'minimal', 'moderate', 'major' (got 'great').",
            ),
            (
                lambda: WithoutDeterioration(3),
                "'outcome' must be a category of improvement, or have a name and a method 'observe' (got 3).",
            ),
            (lambda: SkinSign(3), "'measure' must be an Instrument or its code (got 3)."),
        ],
    )
    def test_what_is_no_outcome_is_refused(self, make_it, message):
        with pytest.raises(ValueError) as refused:  # noqa: PT011 - the sentence is compared whole
            make_it()
        assert str(refused.value) == message

    def test_the_greatest_score_is_a_threshold(self):
        assert SustainedResponse(25, threshold=100).name == "TIS.sustained.25.from.100"


class TestPlanned:
    def test_time_to_response_is_planned_where_visits_allow(self):
        several = make({"A": course(True, True, True)})
        assert "TIS.time_to_response" in [each.name for each in planned_outcomes(several)]
        once = make({"A": {0: BEFORE, 12: BEFORE}}, weeks=(0, 12))
        names = [each.name for each in planned_outcomes(once)]
        assert "TIS.time_to_response" not in names
        assert "TIS.minimal" in names
        assert not any("sustained" in name or "deterioration" in name or "resolved" in name for name in names)


def test_children_are_scored_by_their_own_thresholds_and_measures():
    before = {"PHGLOBAL": 6, "PTGLOBAL": 6, "CMAS": 20, "HAQ": 2, "DAS": 10, "CHQPHS": 20}
    better = {"CMAS": 40, "PHGLOBAL": 5.5}
    visits = {"A": {0: before, 4: before | better, 12: before | better}, "B": {0: before, 4: before, 12: before}}
    juvenile = make(visits, weeks=(0, 4, 12), population="juvenile", measures=(chq_phs(0, 100),))
    scores = scores_by_visit(juvenile)
    assert scores.loc[scores["patient"] == "A", "score"].tolist() == [32.5, 32.5]
    assert study_improvement(juvenile).scores["score"].tolist() == [32.5, 0.0]
    assert study_improvement(juvenile).scores["category"].tolist() == scores.groupby("patient")["category"].last().tolist()
    assert TimeToResponse().observe(juvenile).event.tolist() == [1.0, 0.0]
    assert SustainedResponse(12).observe(juvenile).responded.tolist() == [True, False]
    assert SustainedResponse(12, threshold=33).observe(juvenile).responded.tolist() == [False, False]
    with pytest.raises(DataError, match="not measured: "):
        SustainedResponse(12).observe(make(visits, weeks=(0, 4, 12), measures=(chq_phs(0, 100),)))


def test_the_instruments_of_the_skin_are_built_in():
    assert {each.code for each in SKIN_INSTRUMENTS} <= set(BUILT_IN)
    assert isinstance(make({"A": {0: {"CDASIA": 20}}}), Study)


class TestDataSets:
    def study(self):
        visits = {"A": course(False, True, True), "B": course(False, False, None), "C": course(True, True, None)}
        outcomes = [TimeToResponse(confirm=3), SustainedResponse(12), SustainedResponse(8), WithoutDeterioration("minimal")]
        return make(visits, outcomes=outcomes, patients={"discontinued_on": {"B": 60}}, endpoint_week=12)

    def test_scores_and_responses(self):
        adrs = adam.to_adrs(self.study())
        scores = adrs[adrs["PARAMCD"] == "TIS"]
        assert scores["AVISITN"].tolist() == [4, 8, 12, 4, 8, 4, 8]
        assert scores["AVAL"].tolist() == [0, 25, 25, 0, 0, 25, 25]
        assert scores["AVALC"].tolist()[:2] == ["none", "minimal"]
        answers = {code: part["AVALC"].tolist() for code, part in adrs.groupby("PARAMCD") if code != "TIS"}
        assert answers == {"TISS12": ["Y", "N"], "TISS8": ["Y", "N", "Y"], "TISMINWD": ["Y", "N"]}
        assert adrs.loc[adrs["PARAMCD"] == "TISS8", "AVISIT"].tolist() == ["Week 8"] * 3

    def test_time_to_response(self):
        adtte = adam.to_adtte(self.study())
        response = adtte[adtte["PARAMCD"] == "TTRESP"]
        assert response["AVAL"].tolist() == [56, 84, 28]
        assert response["CNSR"].tolist() == [1, 1, 1]
        assert response["CNSDTDSC"].tolist() == [
            "Last score, to be confirmed",
            "Planned end, after leaving",
            "Last score, to be confirmed",
        ]
        assert adtte[adtte["PARAMCD"] == "TTNORM"]["USUBJID"].tolist() == ["A", "B", "C"]
        again = adam.read_durations(adtte, "TTRESP")
        assert again["duration"].tolist() == [56, 84, 28]

    def test_a_code_is_one_outcome_s(self):
        study = make({"A": course(False, True, True)}, outcomes=[SustainedResponse(12), SustainedResponse(12, (4,))])
        adrs = adam.to_adrs(study)
        assert adrs.loc[adrs["PARAMCD"] != "TIS", ["PARAMCD", "AVALC"]].to_numpy().tolist() == [
            ["TISS12", "Y"],
            ["TISS122", "N"],
        ]

    def test_a_study_of_episodes_alone_is_written_as_they_are(self):
        study = saito2008.load_study().efficacy_set
        pd.testing.assert_frame_equal(adam.to_adtte(study), adam.to_adtte(saito2008.load_episodes()))
