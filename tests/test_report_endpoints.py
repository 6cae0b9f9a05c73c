"""Endpoints of today's trials in the report: from a study with two arms to tables, quantities and frames."""

import math
import re

import attrs
import numpy as np
import pandas as pd
import pytest

from ivigmyo import CK as CK_INSTRUMENT
from ivigmyo import (
    Assessment,
    FollowUp,
    Patient,
    Protocol,
    Study,
    Visit,
    read_study,
    report_docx,
    report_markdown,
    report_text,
    saito2008,
    study_from_frames,
    trial_report,
    write_study,
)
from ivigmyo.analysis.estimand import estimand_of
from ivigmyo.core_set import chq_phs
from ivigmyo.figures import draw_scores
from ivigmyo.figures.gallery import report_pictures
from ivigmyo.outcomes import (
    Change,
    Deterioration,
    Endpoint,
    Improvement,
    NormalDays,
    NormalDuration,
    Normalization,
    Reactions,
    SkinSign,
    SustainedResponse,
    TimeToResponse,
    WithoutDeterioration,
)
from ivigmyo.report.document import report_tables
from ivigmyo.report.frames import report_frames
from ivigmyo.response import ScoreThresholds
from ivigmyo.study.plan import Conduct, Course

BEFORE = {"PHGLOBAL": 6, "PTGLOBAL": 6, "MMT8": 100, "HAQ": 2, "EXTRAMUS": 5}
BETTER = BEFORE | {"MMT8": 120, "PHGLOBAL": 5}
WORSE = BEFORE | {"EXTRAMUS": 8}
MUCH = BEFORE | {"MMT8": 140, "PHGLOBAL": 1, "PTGLOBAL": 1}

OUTCOMES = (
    WithoutDeterioration("minimal"),
    Improvement("minimal"),
    Improvement("moderate"),
    Improvement("major"),
    TimeToResponse(),
    SustainedResponse(12, also_in=(4, 8)),
    Deterioration(),
    SkinSign("HELIO"),
    NormalDuration(),
    Reactions(),
)


def patients(arm, *courses):
    """Patients of an arm: for each the values at weeks 4, 8 and 12, None where not seen."""
    return {f"{arm[0]}{k:02d}": (arm, course) for k, course in enumerate(courses, start=1)}


COURSES = {
    **patients(
        "ivig",
        (BETTER, BETTER, MUCH),
        (BETTER, MUCH, MUCH),
        (BEFORE, BETTER, BETTER),
        (WORSE, WORSE, MUCH),
        (BETTER, BETTER, None),
        (BEFORE, None, None),
    ),
    **patients(
        "placebo", (BEFORE, BEFORE, BEFORE), (BEFORE, BETTER, BEFORE), (WORSE, BEFORE, BEFORE), (BEFORE, BETTER, None)
    ),
}
SKIN = {"i01": (2, 0), "i02": (1, 0), "i03": (0, 0), "p01": (2, 2)}
CK = {0: 900, 4: 150, 8: 400, 12: 120}


def two_arms(arms=True, **protocol):
    rows = []
    for name, (_, course) in COURSES.items():
        for week, values in zip((0, 4, 8, 12), (BEFORE, *course), strict=True):
            rows += [(name, week, code, value, None) for code, value in (values or {}).items()]
            if values is not None:
                ck = CK[week] if name in ("i01", "i02") else 900 if week < 12 else 150
                rows.append((name, week, "CK", ck, 200))
        rows += [(name, week, "HELIO", grade, None) for week, grade in zip((0, 12), SKIN.get(name, ()), strict=False)]
    people = pd.DataFrame({"patient": list(COURSES), "diagnosis": "DM", "sex": "F", "age": 40})
    if arms:
        people["arm"] = [arm for arm, _ in COURSES.values()]
    people["discontinued_on"] = people["patient"].map({"i06": 40})
    people["previous_treatment"] = ["PSL, MTX", "PSL; mtx", *["PSL"] * 7, None]
    given = [(name, "IVIG", day, day + 1, 1.0, "g/kg/day") for name in COURSES if name[0] == "i" for day in (0, 28, 56)]
    given += [("i01", "prednisolone", 0, 40, 30, "mg/day"), ("i01", "prednisolone", 41, None, 12.5, "mg/day")]
    events = [
        ("i01", "Deep vein thrombosis", 30, "related", "yes", "severe", "resolved", "stopped"),
        ("i02", "headache", 2, "related", "no", "mild", "resolved", None),
        ("i02", "headache", 31, "unrelated", "no", "mild", None, None),
        ("p01", "Elevation of blood pressure", 5, None, None, "mild", None, None),
    ]
    protocol = {
        "scheduled_weeks": (0, 4, 8, 12),
        "outcomes": OUTCOMES,
        "primary": "TIS.minimal.without_deterioration",
        "control": "placebo" if arms else None,
        "conduct": Conduct(course=Course("IVIG", days=2, dose=1.0, unit="g/kg/day", number=3, interval=28)),
        **protocol,
    }
    columns = ["patient", "term", "day", "relation", "serious", "severity", "outcome", "action"]
    return study_from_frames(
        people,
        pd.DataFrame(rows, columns=["patient", "week", "measure", "value", "uln"]),
        treatments=pd.DataFrame(given, columns=["patient", "treatment", "start_day", "end_day", "dose", "unit"]),
        adverse_events=pd.DataFrame(events, columns=columns),
        protocol=Protocol(**protocol),
    )


@pytest.fixture(scope="module")
def by_arm():
    return trial_report(two_arms())


@pytest.fixture(scope="module")
def of_all():
    return trial_report(two_arms(arms=False))


KEPT = {}


def tables(report):
    """The tables of a report, made once."""
    if id(report) not in KEPT:
        KEPT[id(report)] = report, report_tables(report)
    return KEPT[id(report)][1]


def table(report, title):
    found = [each for each in tables(report) if each.title == title]
    assert len(found) == 1, [each.title for each in tables(report)]
    return found[0]


def cells(report, title):
    return [list(row) for row in table(report, title).rows]


class TestScoresOverTime:
    def test_by_week(self, of_all):
        visits = of_all.course.visits
        assert visits.index.tolist() == [4, 8, 12]
        assert visits["n"].tolist() == [10, 9, 7]
        assert visits["n_missing"].tolist() == [0, 1, 3]
        at_12 = of_all.course.scores.query("week == 12")["score"]
        assert visits.loc[12, "minimal"] == (at_12 >= 20).sum() == 4
        assert visits.loc[12, "median"] == np.median(at_12)
        assert cells(of_all, "Total Improvement Score by week")[0][:3] == ["4", "10", "0"]
        quantities = of_all.quantities().set_index("quantity")["value"]
        assert quantities["TIS.visits.12.n"] == 7
        assert quantities["TIS.visits.12.mean"] == pytest.approx(at_12.mean())

    def test_time_to_response(self, by_arm):
        rows = cells(by_arm, "Time to response")
        assert rows == [["ivig", "6", "5", "42", "28 to not reached"], ["placebo", "4", "2", "56", "56 to not reached"]]
        assert by_arm.contrasts["ivig"]["TIS.time_to_response"].hazard_ratio is not None

    def test_pictures(self, by_arm, of_all):
        arms = {name: attrs.evolve(arm, measures=()) for name, arm in by_arm.arms.items()}
        for report, how in (
            (attrs.evolve(by_arm, arms=arms), " and arm"),
            (attrs.evolve(of_all, measures=()), ""),
        ):
            titles = [picture.title for picture in report_pictures(report)]
            assert f"Total Improvement Score by week{how}" in titles
            assert any(title.startswith("Time to response") for title in titles)
        axes = draw_scores(of_all.course.visits)
        assert [text.get_text() for text in axes.get_xticklabels()] == ["4\n(10)", "8\n(9)", "12\n(7)"]
        with pytest.raises(ValueError, match="between 1 and 5 groups"):
            draw_scores({})

    def test_one_visit_is_no_course(self):
        report = trial_report(two_arms(scheduled_weeks=(0, 12), outcomes=None, primary=None))
        assert all(arm.course is None for arm in report.arms.values())


class TestDeterioration:
    def test_table_and_quantities(self, by_arm):
        rows = cells(by_arm, "Confirmed deterioration")
        assert [[row[0], row[1], *row[4:]] for row in rows] == [
            ["ivig", "1/6", "0", "5", "0"],
            ["placebo", "0/4", "0", "4", "0"],
        ]
        notes = " ".join(table(by_arm, "Confirmed deterioration").notes)
        assert "i04 (week 8, extramuscular activity)" in notes
        quantities = by_arm.quantities().set_index("quantity")["value"]
        assert quantities["arms.ivig.deterioration.count"] == 1
        assert quantities["arms.ivig.deterioration.status.none"] == 5

    def test_a_baseline_of_zero_is_said(self):
        study = two_arms(arms=False)
        people = [
            attrs.evolve(
                patient,
                visits=[
                    attrs.evolve(
                        visit,
                        assessments=[
                            attrs.evolve(each, value=0.0 if visit.week == 0 else each.value)
                            if each.instrument.code == "PTGLOBAL" and patient.id == "p01"
                            else each
                            for each in visit.assessments
                        ],
                    )
                    for visit in patient.visits
                ],
            )
            for patient in study.patients
        ]
        notes = table(trial_report(attrs.evolve(study, patients=people)), "Confirmed deterioration").notes
        assert "1 patient had a measure of 0 at baseline, from which any worsening counts." in notes


class TestEstimand:
    def test_every_attribute_is_there(self, by_arm):
        shown = table(by_arm, "What the primary outcome estimates")
        assert shown.header == ("", "TIS minimal without deterioration", "ivig", "placebo")
        rows = {row[0]: list(row[1:]) for row in shown.rows}
        assert rows == {
            "population": ["efficacy set, by the arm planned", "6", "4"],
            "variable": [
                "at least minimal improvement (Total Improvement Score of 20 or more) at week 12, without a confirmed "
                "deterioration",
                "",
                "",
            ],
            "discontinuation": ["while on treatment", "1", "0"],
            "rescue": ["treatment policy (not named)", "0", "0"],
            "deterioration": ["composite", "1", "0"],
            "missing": ["counts as no response", "1", "1"],
            "summary": ["difference of shares (Miettinen and Nurminen's interval; Fisher's exact test)", "", ""],
        }

    def test_strategies_as_stated(self):
        rule = ScoreThresholds()
        strategies = {"discontinuation": "composite", "rescue": "treatment policy"}
        outcome = Endpoint("MMT8", rule, intercurrent=strategies, missing="excluded")
        report = trial_report(two_arms(outcomes=[outcome], primary="MMT8.response"))
        rules = {each.about: (each.rule, dict(each.patients)) for each in report.estimand.intercurrent}
        assert rules == {
            "discontinuation": ("composite", {"ivig": 1, "placebo": 0}),
            "rescue": ("treatment policy", {"ivig": 0, "placebo": 0}),
        }
        assert (report.estimand.missing.rule, report.estimand.missing.patients) == ("left out", {"ivig": 1, "placebo": 1})
        assert "MMT8, ivig: left: no response 1." in table(report, "Response rates by arm").notes

    @pytest.mark.parametrize(
        ("primary", "variable", "summary"),
        [
            (
                "TIS.time_to_response",
                "days from week 0 to a Total Improvement Score of 20 or more",
                "Kaplan-Meier curve and its median",
            ),
            (
                "TIS.sustained.12.with.4.8",
                "a Total Improvement Score of 20 or more at week 12 and at week 4 or 8",
                "share of patients with its exact interval",
            ),
            (
                "deterioration",
                "a deterioration that the next visit confirms, up to week 12",
                "share of patients with its exact interval",
            ),
            ("reactions", "reactions", "share of patients with its exact interval"),
        ],
    )
    def test_of_other_outcomes(self, primary, variable, summary):
        found = trial_report(two_arms(arms=False, primary=primary)).estimand
        assert (found.variable, found.summary) == (variable, summary)

    def test_who_left_after_the_end_is_not_concerned(self):
        study = two_arms(arms=False)
        people = [
            attrs.evolve(each, discontinued_on=85 if each.id == "i01" else each.discontinued_on) for each in study.patients
        ]
        found = estimand_of(attrs.evolve(study, patients=people), OUTCOMES[0])
        assert {each.about: dict(each.patients) for each in found.intercurrent}["discontinuation"] == {"": 1}

    def test_none_without_a_primary_outcome(self):
        report = trial_report(two_arms(primary=None))
        assert report.estimand is None
        assert "What the primary outcome estimates" not in [each.title for each in report_tables(report)]


class TestTippingPoints:
    def test_each_response_with_anyone_missing(self, by_arm):
        found = by_arm.tipping["ivig"]["TIS.minimal.without_deterioration"]
        assert (found.missing_treated, found.missing_control, len(found.assignments)) == (1, 1, 4)
        # 3 of 6 against 0 of 4 is the analysis
        assert found.p_value == pytest.approx(by_arm.contrasts["ivig"]["TIS.minimal.without_deterioration"].p_value)
        rows = {row[0]: list(row[2:]) for row in cells(by_arm, "Tipping points of the missing")}
        assert rows["TIS minimal without deterioration"][:3] == ["1", "1", "4"]
        assert rows["TIS minimal without deterioration"][-1] == "never"
        quantities = by_arm.quantities().set_index("quantity")["value"]
        assert quantities["tipping.ivig.TIS.minimal.without_deterioration.n_tipping"] == 0
        frame = report_frames(by_arm)["tipping"]
        assert list(frame)[:4] == ["treated_arm", "outcome", "treated", "control"]

    def test_the_primary_outcome_is_shown_whole(self, by_arm):
        title = "TIS minimal without deterioration: every assignment of the missing, ivig against placebo"
        assert [row[0] for row in cells(by_arm, title)] == ["0", "1"]
        assert table(by_arm, title).notes[-1].endswith("no assignment leads to another conclusion.")

    def test_none_without_arms(self, of_all):
        assert of_all.tipping == {}


class TestBetweenSamples:
    def test_ten_patients_seen_in_weeks_4_8_and_12(self):
        rows = []
        inf = math.inf
        for k, (left, right) in enumerate(
            [(0, 28), (0, 56), (28, 56), (28, 84), (56, 84), (56, inf), (84, inf), (0, 28), (28, inf), (0, 84)]
        ):
            name = f"P{k}"
            rows.append((name, 0, "CK", 900, 200))
            if left:
                rows.append((name, left, "CK", 800, 200))
            if right < inf:
                rows.append((name, right, "CK", 100, 200))
            elif not left:
                raise AssertionError
        people = pd.DataFrame({"patient": [f"P{k}" for k in range(10)], "diagnosis": "DM", "sex": "F", "age": 40})
        values = pd.DataFrame(rows, columns=["patient", "day", "measure", "value", "uln"])
        report = trial_report(study_from_frames(people, values, protocol=Protocol(scheduled_weeks=(0, 4, 8, 12))))
        curve = report.duration.normalization
        assert [round(curve.survival_at(t), 6) for t in (28, 56, 84)] == [0.714018, 0.450762, 0.156715]
        assert round(curve.log_likelihood, 6) == -9.403606
        shown = cells(report, "Time to normalization of CK")
        assert [(row[0], row[2]) for row in shown] == [("28", "71.4 %"), ("56", "45.1 %"), ("84", "15.7 %")]
        assert "between samples: after day 28, up to day 56." in table(report, "Time to normalization of CK").notes[-1]
        quantities = report.quantities().set_index("quantity")["value"]
        assert quantities["duration.normalization.log_likelihood"] == pytest.approx(-9.403606, abs=1e-6)
        assert quantities["duration.time_to_normalization.n_events"] == 7

    def test_bounds_recurrence_and_doses(self, of_all):
        duration = of_all.duration
        bounds = duration.bounds.set_index("patient")
        assert bounds.loc["i01"].tolist() == [0, 56]
        assert bounds.loc["i03", "longest"] == math.inf
        counts = duration.recurrence.set_index("patient")
        assert counts.loc["i01"].tolist() == [2, 1]
        assert counts.loc["i03"].tolist() == [1, 0]
        doses = duration.doses.set_index("patient")
        assert doses.loc["i01"].tolist() == [30, 12.5]
        assert doses.loc["i02"].isna().all()
        assert ["i01", "0", "56"] in cells(of_all, "Days that CK may have been normal")
        assert ["i01", "2", "1"] in cells(of_all, "Episodes of normal CK")
        assert ["i01", "30.0", "12.5"] in cells(of_all, "Steroid dose when CK normalized and rose again")
        quantities = of_all.quantities().set_index("quantity")["value"]
        assert quantities["duration.recurrence.patients"] == 2

    def test_nothing_of_it_without_limits(self, report):
        duration = report.duration
        found = (
            duration.normalization,
            duration.time_to_normalization,
            duration.bounds,
            duration.recurrence,
            duration.doses,
        )
        assert found == (None,) * 5


class TestSkinAndSafety:
    def test_signs_before_and_after(self, of_all):
        signs = of_all.skin["HELIO"]
        assert (signs.lost, signs.gained, signs.n, signs.n_excluded, signs.p_value) == (2, 0, 4, 6, 0.5)
        assert cells(of_all, "Signs of the skin before and after") == [
            ["Heliotrope rash", "4", "3", "1", "2", "0", "6", "0.5000"]
        ]
        assert of_all.quantities().set_index("quantity").loc["HELIO.before_and_after.p_value", "value"] == 0.5

    def test_previous_treatments(self, of_all):
        assert cells(of_all, "Previous treatments") == [["PSL", "9", "90.0 %"], ["MTX", "2", "20.0 %"]]

    def test_the_words_of_the_record(self, of_all):
        rows = {row[0]: list(row[4:]) for row in cells(of_all, "Adverse reactions by patient")}
        assert rows["p01"] == ["Elevation of blood pressure", "hypertension"]
        assert rows["i02"] == ["headache", ""]
        terms = {row[0]: row[4] for row in cells(of_all, "Patients with adverse reactions by term")}
        assert terms["hypertension"] == "Elevation of blood pressure"

    def test_details_as_recorded(self, of_all):
        title = "Adverse events by relation, serious, severity, outcome, action"
        rows = cells(of_all, title)
        assert ["serious", "yes", "1", "1"] in rows
        assert ["serious", "no", "2", "1"] in rows
        assert ["serious", "not recorded", "1", "1"] in rows
        assert ["severity", "mild", "3", "2"] in rows
        assert ["relation", "unrelated", "1", "1"] in rows
        assert ["action", "stopped", "1", "1"] in rows

    def test_known_reactions_are_a_group(self, of_all):
        rows = cells(of_all, "Patients with reactions that immunoglobulin is known for")
        assert [row[:2] for row in rows] == [["thromboembolic", "1"], ["haemolytic", "0"], ["renal", "0"]]

    def test_rates_by_exposure(self, by_arm):
        rates = by_arm.arms["ivig"].rates
        assert (rates["any"]["courses"].events, rates["any"]["courses"].exposure) == (2, 18)
        assert rates["thromboembolic"]["courses"].rate == pytest.approx(100 / 18)
        # i01 to day 30, i02 to day 2, i03 and i04 to day 84, i05 to day 57 (the last infusion), i06 left on day 40
        assert rates["any"]["patient-years"].exposure == pytest.approx((30 + 2 + 84 + 84 + 57 + 40) / 365.25)
        quantities = by_arm.quantities().set_index("quantity")["value"]
        assert quantities["arms.ivig.reactions.rates.any.courses.rate"] == pytest.approx(200 / 18)
        assert "courses" not in by_arm.arms["placebo"].rates.get("any", {})

    def test_none_where_one_course_was_planned_and_given(self, report):
        assert report.rates == {}


class TestTheBundledStudy:
    def test_no_section_without_data(self, report):
        titles = [each.title for each in report_tables(report)]
        for absent in (
            "Total Improvement Score by week",
            "Time to response",
            "Further responses",
            "Confirmed deterioration",
        ):
            assert absent not in titles
        assert not any("known for" in title or "exposure" in title or "Skin" in title for title in titles)

    def test_the_papers_own_words_stand_in_table_5(self, report):
        rows = {row[0]: row[4:] for row in cells(report, "Adverse reactions by patient")}
        assert "Elevation of blood pressure" in rows["8"][0]
        assert "hypertension" not in rows["8"][0]
        assert rows["8"][1] == "hypertension"
        assert rows["10"][1] == ""


def test_every_layout_and_the_dictionary_take_it(by_arm, tmp_path, monkeypatch):
    monkeypatch.setattr("ivigmyo.report.word.report_pictures", lambda _: [])  # which others look at
    text = report_text(by_arm)
    for said in ("Endpoints over time", "Estimand", "Tipping points of the missing"):
        assert said in text
        assert said in report_markdown(by_arm)
    report_docx(by_arm, tmp_path / "report.docx")
    found = by_arm.to_dict()
    assert found["estimand"]["missing"][1] == "counts as no response"
    assert found["arms"]["ivig"]["course"]["status"]["responded"] == 5


def test_a_protocol_of_these_outcomes_survives_files(by_arm, tmp_path):
    write_study(two_arms(), tmp_path)
    again = read_study(tmp_path)
    assert again.protocol.outcomes == OUTCOMES
    assert trial_report(again).quantities().equals(by_arm.quantities())


def test_children_from_the_protocol_to_the_report(tmp_path):
    before = {"PHGLOBAL": 6, "PTGLOBAL": 6, "CMAS": 20, "HAQ": 2, "DAS": 10, "CHQPHS": 20}
    better = before | {"CMAS": 40, "PHGLOBAL": 5.5}
    rows = [
        (name, week, code, value)
        for name, last in (("A", better), ("B", before))
        for week, values in ((0, before), (4, last), (12, last))
        for code, value in values.items()
    ]
    study = study_from_frames(
        pd.DataFrame({"patient": ["A", "B"], "diagnosis": "JDM", "sex": "F", "age": 9}),
        pd.DataFrame(rows, columns=["patient", "week", "measure", "value"]),
        protocol=Protocol(scheduled_weeks=(0, 4, 12), population="juvenile", measures=(chq_phs(0, 100),)),
    )
    report = trial_report(study)
    assert report.improvement.response.minimal.count == 1
    assert report.course.visits["minimal"].tolist() == [1, 1]
    assert report.course.visits["moderate"].tolist() == [0, 0]
    text = re.sub(r"\s+", " ", report_text(report))
    assert "for children: minimal from 30, moderate from 45, major from 70" in text
    assert "CHQ-PhS in place of an enzyme" in text
    pictures = {picture.title: picture.axes for picture in report_pictures(report)}
    lines = pictures["Total Improvement Score, patient by patient"].get_lines()
    assert [line.get_ydata()[0] for line in lines if len(set(line.get_ydata())) == 1][:3] == [30, 45, 70]
    write_study(study, tmp_path)
    again = trial_report(read_study(tmp_path))
    assert again.quantities().equals(report.quantities())
    adult = trial_report(study.under(attrs.evolve(study.protocol, population="adult")))
    assert adult.improvement is None


def test_two_samples_of_one_day_beside_a_recorded_follow_up_count_as_the_higher():
    def visit(ck, **when):
        return Visit(**when, assessments=[Assessment(CK_INSTRUMENT, ck, 200)])

    visits = [visit(900, day=0), visit(150, week=4), visit(250, day=28), visit(100, day=56)]
    patient = Patient("P1", "DM", "F", 40, visits=visits, follow_up=FollowUp(90, normalized_on=56))
    report = trial_report(Study([patient], protocol=Protocol(scheduled_weeks=(0, 4, 8))))
    assert [each[:2] for each in report.duration.normalization.intervals] == [(28, 56)]


class TestStatedOutcomes:
    def report(self, *outcomes):
        study = saito2008.load_study()
        return trial_report(attrs.evolve(study, protocol=attrs.evolve(study.protocol, outcomes=outcomes)))

    def table(self, report):
        return next((table for table in report_tables(report) if table.title == "Other outcomes"), None)

    def test_each_stands_in_the_report_whatever_its_kind(self):
        shown = self.table(self.report(Change("MMT", week=4), Change("CK", scale="ln"), Normalization(), NormalDays(84)))
        study = saito2008.load_study()
        gained = study.efficacy_set.values("MMT")[4] - study.efficacy_set.baseline("MMT")
        fall = np.log(study.efficacy_set.final_values("CK")) - np.log(study.efficacy_set.baseline("CK"))
        assert [row[0] for row in shown.rows] == ["MMT change 4", "CK change", "CK normalization", "CK normal days 84"]
        assert shown.rows[0][1] == f"{gained.mean():.1f} ± {gained.std():.1f} (n 15)"
        assert shown.rows[1][1] == f"ln {fall.mean():.1f} ± {fall.std():.1f} (n 15)"
        assert shown.rows[2][1].startswith("median ")
        assert shown.rows[3][1].endswith("(n 14)")

    def test_what_other_tables_show_is_not_repeated(self, report):
        assert self.table(self.report(Change("MMT"), Endpoint("MMT", ScoreThresholds()))) is None
        assert self.table(report) is None
