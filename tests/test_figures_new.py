"""Courses of patients, forests, flows of patients, and figures of several arms show what they are given."""

import itertools
import math
from xml.etree import ElementTree

import attrs
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from sampling import some

from ivigmyo import CK, MMT18, Assessment, Patient, Study, Treatment, Visit, trial_report
from ivigmyo.figures import draw_flow, draw_forest, draw_log_ck, draw_patient, draw_patients, draw_visits, figure_svg
from ivigmyo.figures.canvas import COLOURS, LINES
from ivigmyo.figures.gallery import report_pictures


def made(**changed):
    """A patient with a value before, one by its day only, and limits of normal from week 4 on."""
    visits = [
        Visit(week=-4, assessments=[Assessment(MMT18, 50), Assessment(CK, 2000)]),
        Visit(week=0, assessments=[Assessment(MMT18, 60)]),
        Visit(day=30, assessments=[Assessment(CK, 150, uln=200)]),
        Visit(week=8, assessments=[Assessment(MMT18, 70), Assessment(CK, 250, uln=200)]),
    ]
    treatments = [Treatment("IVIG", 0, 4), Treatment("IVIG", 28, 32), Treatment("steroid", None, 20), Treatment("other", 40)]
    return Patient("P1", "PM", "F", 50, visits=visits, treatments=treatments, **changed)


def shown(ax):
    """Every text that is drawn: matplotlib keeps ticks beyond the ends of an axis, which are not."""
    svg = ElementTree.fromstring(figure_svg(ax))
    drawn = {part.text for part in svg.iter("{http://www.w3.org/2000/svg}text")}
    found = [text for text in ax.figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in found if text.get_text().splitlines()[0] in drawn]


def inside(ax):
    texts, box = shown(ax), ax.figure.bbox
    ax.figure.draw_without_rendering()  # places every text at the resolution of the figure
    for text in texts:
        extent = text.get_window_extent()
        assert extent.x0 >= 0, text
        assert extent.y0 >= 0, text
        assert extent.x1 <= box.x1, text
        assert extent.y1 <= box.y1, text


# One patient


def test_a_course_shows_each_value_at_its_time():
    ax = draw_patient(Study([made()]), "P1")
    mmt, ck, given = ax.child_axes
    (line,) = mmt.get_lines()
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([-4, 0, 8], [50, 60, 70])
    assert mmt.get_ylim() == (0, 90)
    assert mmt.get_yscale() == "linear"
    limit, values = ck.get_lines()
    assert (list(values.get_xdata()), list(values.get_ydata())) == ([-4, 30 / 7, 8], [2000, 150, 250])
    np.testing.assert_array_equal(limit.get_ydata(), [math.nan, 200, 200])
    assert ck.get_yscale() == "log"
    assert [text.get_text() for text in ck.texts] == ["limit 200"]
    low, high = given.get_xlim()
    bars = [(bar.get_y() + 0.3, bar.get_x(), bar.get_x() + bar.get_width()) for bar in given.patches]
    expected = [(0, 0, 5 / 7), (0, 4, 33 / 7), (1, low, 3), (2, 40 / 7, high)]
    np.testing.assert_allclose(bars, expected)
    assert [tick.get_text() for tick in given.get_yticklabels()] == ["IVIG", "steroid", "other"]
    assert {panel.get_xlim() for panel in ax.child_axes} == {(low, high)}
    assert [text.get_text() for text in mmt.texts] == ["patient P1, PM"]
    inside(ax)


def test_a_course_has_a_panel_for_what_there_is(study):
    one = Study([attrs.evolve(made(), treatments=())])
    assert [panel.get_ylabel() for panel in draw_patient(one, "P1").child_axes] == ["MMT\n(points)", "CK\n(IU/L)"]
    (panel,) = draw_patient(Study([attrs.evolve(made(), visits=())]), "P1").child_axes
    assert len(panel.patches) == 4
    for patient in some(study.patients, 3):  # 16, without any value after baseline, among them
        inside(draw_patient(study, patient.id))
    axes = Figure().add_subplot()
    assert draw_patient(study, "4", axes) is axes


def test_a_course_of_nobody_or_of_nothing_is_refused(study):
    with pytest.raises(ValueError, match=r"'patient_id' must be a patient of the study \(got 'P99'\)\."):
        draw_patient(study, "P99")
    with pytest.raises(ValueError, match="a course needs a value or a treatment"):
        draw_patient(Study([Patient("A", "PM", "F", 50)]), "A")


# All patients


def test_courses_have_a_row_a_patient_on_one_scale(study):
    ax = draw_patients(study)
    mmt, adl, ck = ax.child_axes
    assert [tick.get_text() for tick in mmt.get_yticklabels()] == [patient.id for patient in study.patients]
    assert [column.texts[0].get_text().splitlines()[0] for column in (mmt, adl, ck)] == ["MMT", "ADL", "CK"]
    assert mmt.texts[0].get_text() == "MMT\n0 to 90 points"
    assert ck.texts[0].get_text().endswith("IU/L, log scale")
    for row, (patient, line) in enumerate(zip(study.patients, mmt.get_lines(), strict=True)):
        values = study.values("MMT").loc[patient.id].dropna()
        assert list(line.get_xdata()) == list(values.index)
        np.testing.assert_allclose(line.get_ydata(), row + 0.9 - 0.8 * values / 90)
    heights = np.concatenate([line.get_ydata() - row for row, line in enumerate(ck.get_lines())])
    assert (heights.min(), heights.max()) == pytest.approx((0.1, 0.9))
    ax.figure.draw_without_rendering()
    for text in (*mmt.get_yticklabels(), *(each for column in ax.child_axes for each in column.texts)):
        assert 0 <= text.get_window_extent().x0 < text.get_window_extent().x1 <= ax.figure.bbox.x1, text


@pytest.mark.parametrize(("patients", "drawn"), [(100, True), (101, False)])
def test_courses_end_at_100_patients(patients, drawn):
    many = Study([attrs.evolve(made(), id=f"P{k}") for k in range(patients)])
    if drawn:
        assert len(draw_patients(many).child_axes[0].get_lines()) == patients
        return
    with pytest.raises(ValueError, match=r"the courses of at most 100 patients can be drawn \(got 101\)"):
        draw_patients(many)


def test_courses_of_nothing_are_refused():
    with pytest.raises(ValueError, match="courses need a value"):
        draw_patients(Study([Patient("A", "PM", "F", 50)]))


# Forests


@pytest.fixture
def estimates():
    return pd.DataFrame(
        {
            "label": ["all", "immune-mediated necrotizing myopathy of patients who are older than 60 years", "DM", "none"],
            "estimate": [0.35, 0.3, -0.2, math.nan],
            "conf_low": [0.17, 0.02, math.nan, math.nan],
            "conf_high": [0.53, math.nan, 0.1, math.nan],
            "n": [95, 50, 45, 1],
        }
    )


def test_a_forest_shows_each_estimate_with_its_interval(estimates):
    ax = draw_forest(estimates, favours=("placebo", "IVIG"), title="difference in response")
    low, high = ax.get_xlim()
    lines = [(list(line.get_xdata()), line.get_ydata()[0]) for line in ax.get_lines() if len(line.get_xdata()) == 2]
    assert lines[0] == ([0, 0], 0)
    assert lines[1:] == [([0.17, 0.53], 0), ([0.02, high], 1), ([low, 0.1], 2)]
    squares = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.get_lines() if line.get_marker() == "s"]
    assert squares == [(0.35, 0), (0.3, 1), (-0.2, 2)]
    arrows = [(line.get_marker(), line.get_ydata()[0]) for line in ax.get_lines() if line.get_marker() in ("<", ">")]
    assert arrows == [(">", 1), ("<", 2)]
    said = [text.get_text() for text in ax.texts]
    assert said[3::2][:4] == [
        "0.35 (0.17 to 0.53)",
        "0.30 (0.02 to no limit)",
        "\u22120.20 (no limit to 0.10)",
        "not estimable",
    ]
    assert said[2::2][:4] == ["95", "50", "45", "1"]
    assert said[-2:] == ["\u2190 favours placebo", "favours IVIG \u2192"]
    assert ax.get_ylim() == (3.6, -0.6)
    assert ax.get_xlabel() == "difference in response"
    inside(ax)


def test_a_forest_of_ratios_has_one_as_its_line():
    rows = pd.DataFrame({"label": ["a"], "estimate": [2.0], "conf_low": [0.5], "conf_high": [8.0], "n": [9]})
    ax = draw_forest(rows, scale="log")
    assert ax.get_xscale() == "log"
    assert ax.get_lines()[0].get_xdata()[0] == 1
    assert "10^" not in "".join(tick.get_text() for tick in ax.get_xticklabels())
    with pytest.raises(ValueError, match=r"every value must be above 0 \(got -0.5\)"):
        draw_forest(rows.assign(conf_low=-0.5), scale="log")


def test_a_forest_without_rows_or_columns_is_refused(estimates):
    with pytest.raises(ValueError, match="'rows' must hold at least one estimate"):
        draw_forest(estimates.iloc[:0])
    with pytest.raises(ValueError, match="'rows' must have each of the columns"):
        draw_forest(estimates.drop(columns="n"))
    with pytest.raises(ValueError, match="'scale' must be one of"):
        draw_forest(estimates, scale="ln")


# Flows


ARMS = ("IVIG 2 g/kg every four weeks", "placebo", "IVIG 1 g/kg", "none")


def flow(arms):
    rows = [("screened", None, 120, None), ("excluded", "declined", 15, None), ("excluded", "too old", 10, None)]
    rows.append(("randomized", None, 95, None))
    for step, reason in (("allocated", None), ("left", "adverse event"), ("left", "withdrew"), ("analysed", None)):
        rows += [(step, reason, 20 + k, arm) for k, arm in enumerate(arms)]
    return pd.DataFrame(rows, columns=["step", "reason", "patients", "arm"])


@pytest.mark.parametrize("arms", [0, 1, 2, 3, 4])
def test_a_flow_has_a_box_for_each_step_and_arm(arms):
    ax = draw_flow(flow(ARMS[:arms]))
    words = [text.get_text() for text in ax.texts if text.get_text()]
    assert words[:3] == [
        "screened (n = 120)",
        "excluded (n = 25)\ndeclined (n = 15)\ntoo old (n = 10)",
        "randomized (n = 95)",
    ]
    assert len(words) == len(ax.patches) == 3 + 3 * arms
    assert len([text for text in ax.texts if not text.get_text()]) == 2 + 3 * arms  # arrows
    if arms:
        assert words[3].replace("\n", " ") == f"{ARMS[0]} allocated (n = 20)"
        assert words[3 + arms] == "left (n = 40)\nadverse event (n = 20)\nwithdrew (n = 20)"
    ax.figure.draw_without_rendering()
    boxes = [patch.get_window_extent() for patch in ax.patches]
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)
    for text, box in zip([text for text in ax.texts if text.get_text()], boxes, strict=True):
        extent = text.get_window_extent()
        assert box.x0 <= extent.x0 < extent.x1 <= box.x1
        assert box.y0 <= extent.y0 < extent.y1 <= box.y1
    inside(ax)


def test_a_flow_of_the_study_is_that_of_its_disposition(study):
    steps = pd.DataFrame([attrs.asdict(step) for step in study.disposition])
    words = [text.get_text() for text in draw_flow(steps).texts if text.get_text()]
    assert words[0] == "tentatively registered (n = 25)"
    assert words[1].startswith("not formally registered (n = 9)\nsteroid monotherapy effective\n(n = 5)\n")
    assert words[2] == "formally registered and treated\n(n = 16)"


def test_a_flow_of_nothing_or_of_too_many_arms_is_refused():
    with pytest.raises(ValueError, match="'steps' must hold at least one count"):
        draw_flow(flow([]).iloc[:0])
    with pytest.raises(ValueError, match=r"'steps' must have at most four arms \(got 5\)"):
        draw_flow(flow("ABCDE"))
    with pytest.raises(ValueError, match="'steps' must have each of the columns"):
        draw_flow(flow([]).drop(columns="reason"))


# Arms


@pytest.fixture(scope="module")
def arms(study):
    ids = {patient.id for patient in study.patients[:8]}
    halves = [[each for each in study.patients if (each.id in ids) == first] for first in (True, False)]
    names = ("IVIG 2 g/kg every four weeks + corticosteroid", "placebo")
    return {
        name: trial_report(attrs.evolve(study, patients=half, disposition=()))
        for name, half in zip(names, halves, strict=True)
    }


def test_visits_of_arms_stand_beside_each_other(arms):
    results = {arm: each.measures[0] for arm, each in arms.items()}
    ax = draw_visits(results)
    keys = [text.get_text().replace("\n", " ") for text in ax.get_legend().get_texts()]
    assert keys == list(results)
    for arm, look in zip(results, LINES, strict=False):
        (drawn,) = [each for each in ax.containers if each.get_label() == arm]
        line = drawn.lines[0]
        assert list(line.get_ydata()) == results[arm].visits["mean"].tolist()
        assert line.get_color() == look["color"]
        assert np.abs(line.get_xdata() - results[arm].visits.index.to_numpy()).max() < 0.2
    assert [tick.get_text() for tick in ax.get_xticklabels()][1] == "0\n(8)\n(7)"
    assert not any(line.get_color() == COLOURS["grey"] for line in ax.get_lines())
    assert list(ax.texts) == []  # no stars within an arm
    inside(ax)


@pytest.mark.parametrize("n", [0, 6])
def test_visits_of_no_arm_or_too_many_are_refused(report, n):
    with pytest.raises(ValueError, match=f"'result' must hold between 1 and 5 groups \\(got {n}\\)"):
        draw_visits({str(k): report.measures[0] for k in range(n)})


def test_visits_of_another_measure_or_a_name_that_is_no_text_are_refused(report):
    mmt, adl, _ = report.measures
    with pytest.raises(ValueError, match="the groups in 'result' must have one measure, 'MMT'"):
        draw_visits({"a": mmt, "b": adl})
    with pytest.raises(ValueError, match="the names of the groups in 'result' must be texts"):
        draw_visits({1: mmt})


def by_arm(report, arms):
    return attrs.evolve(report, arms=arms, measures=(), log_ck=None, duration=None)


def test_a_report_by_arms_has_its_arms_in_one_figure(report, arms):
    pictures = report_pictures(by_arm(report, arms))
    assert [picture.title for picture in pictures] == [
        "MMT by visit and arm",
        "ADL by visit and arm",
        "CK by visit and arm",
        "How long CK stayed within normal limits, by arm",
    ]
    assert "not compared" in pictures[-1].caption
    for picture in pictures:
        assert all(arm in picture.description for arm in arms)
        assert "Fig." not in picture.title + picture.caption
        assert figure_svg(picture.axes)


def test_more_arms_than_lines_have_figures_of_their_own(report, arms):
    one = next(iter(arms.values()))
    six = {f"arm {k}": attrs.evolve(one, measures=one.measures[:1], log_ck=None) for k in range(6)}
    titles = [picture.title for picture in report_pictures(by_arm(report, six))]
    assert titles[0] == "MMT by visit, arm 0"
    assert len(titles) == 6 * len(report_pictures(six["arm 0"]))


# What the results do not hold is not drawn


def test_without_a_test_there_are_no_stars_and_no_word_of_them(report):
    measure = report.measures[0]
    bare = attrs.evolve(
        measure,
        changes=measure.changes.drop(columns="p_value"),
        final_change=attrs.evolve(measure.final_change, p_value=None),
    )
    ax = draw_visits(bare)
    assert list(ax.texts) == []
    assert ax.get_xlabel() == "week (patients)"
    picture = report_pictures(attrs.evolve(report, measures=(bare,), log_ck=None, duration=None))[0]
    assert "Stars" not in picture.caption
    assert "P" not in picture.description.replace("SD", "").split("visit.")[1]


def test_the_course_under_steroids_alone_is_that_of_the_study(report):
    keys = [text.get_text() for text in draw_log_ck(report.log_ck).get_legend().get_texts()]
    assert keys == ["steroids alone", "mean ± SD", "patients"]
    (picture,) = report_pictures(attrs.evolve(report, measures=(), duration=None))
    assert "published" not in picture.caption + picture.description
    assert picture.description.endswith("under steroids alone: 5.58.")


def test_no_figure_is_named_by_the_papers_numbers(report):
    for picture in report_pictures(report):
        said = picture.title + picture.caption + picture.description
        assert not any(name in said for name in ("Fig.", "Table", "Saito", "paper"))
