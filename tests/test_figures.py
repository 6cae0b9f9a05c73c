"""The figures carry the numbers of the results they are drawn from, and leave everything else as it was."""

import itertools
import math
import re
import warnings
from xml.etree import ElementTree

import attrs
import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from ivigmyo import kaplan_meier, saito2008, trial_report
from ivigmyo.change import changes_by_visit, describe, describe_by_visit, percent_change
from ivigmyo.core_set import MEASURES, MMT8, response_by_category, total_improvement_score
from ivigmyo.display import printable
from ivigmyo.figures import (
    draw_improvement_scores,
    draw_log_ck,
    draw_survival,
    draw_swimmer,
    draw_visits,
    draw_waterfall,
    figure_svg,
    save_figure,
)
from ivigmyo.figures.canvas import COLOURS, short_labels
from ivigmyo.figures.gallery import report_pictures
from ivigmyo.figures.inline import inline_svg
from ivigmyo.normalization import episodes_from_follow_up
from ivigmyo.outcomes.improvement import ImprovementResult

SCORES = ["physician_global", "patient_global", "mmt", "haq", "enzyme", "extramuscular"]
GRADES = ("worsened", "unchanged", "improved", "markedly improved")
BY_DIAGNOSIS = (
    "Kaplan-Meier curves by diagnosis; the event is a CK above its limit again. Upright strokes: patients censored there."
)
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def scores():
    baseline = pd.DataFrame([[5.5, 2, 146, 0, 66, 5.5], [6, 5, 120, 1.5, 900, 4], [5, 5, 90, 2, 900, 5]], columns=SCORES)
    final = pd.DataFrame([[0.5, 1, 150, 0, 84, 0], [5, 5, 123, 1.5, 450, 3], [1, 1, 120, None, 100, 2]], columns=SCORES)
    baseline.index = final.index = ["P01", "P02", "P03"]
    return total_improvement_score(baseline, final, mmt_maximum=150, enzyme_range=3000, missing="partial")


@pytest.fixture(scope="module")
def drawings(report, scores):
    """A figure of every kind, by name: the function that draws it, what it draws, its axes and its SVG."""
    mmt, adl, _ = report.measures
    results = {
        "visits": (draw_visits, mmt),
        "waterfall": (draw_waterfall, adl),
        "log ck": (draw_log_ck, report.log_ck),
        "survival": (draw_survival, report.duration),
        "groups": (draw_survival, report.duration.curves_by_diagnosis),
        "swimmer": (draw_swimmer, report.duration.episodes),
        "scores": (draw_improvement_scores, scores),
    }
    axes = {name: draw(result) for name, (draw, result) in results.items()}
    return {name: (*results[name], ax, figure_svg(ax)) for name, ax in axes.items()}


NAMES = ["visits", "waterfall", "log ck", "survival", "groups", "swimmer", "scores"]


def drawn(ax, label):
    """The one artist that stands for something in the key."""
    artists = [*ax.get_lines(), *ax.patches, *ax.collections, *ax.containers]
    (found,) = [artist for artist in artists if artist.get_label() == label]
    return found


def bars(ax, label):
    """Read an error bar: places, middles, lower and upper ends."""
    line, _, (segments,) = drawn(ax, label).lines
    ends = [segment[:, 1] if len(segment) else [math.nan] * 2 for segment in segments.get_segments()]
    low, high = np.transpose(ends)
    return np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float), low, high


def key(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def texts(figure):
    """Every text that is shown."""
    found = figure.findobj(matplotlib.text.Text)
    return [text for text in found if text.get_visible() and text.get_text().strip()]


# Any figure


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_the_same_under_any_settings_and_leaves_them_as_they_were(drawings, name):
    draw, result, _, svg = drawings[name]
    with matplotlib.rc_context({"font.size": 13, "svg.hashsalt": "other", "svg.fonttype": "path", "axes.linewidth": 3}):
        settings, filters = dict(matplotlib.rcParams), list(warnings.filters)
        ax = draw(result)
        assert figure_svg(ax) == svg
        assert dict(matplotlib.rcParams) == settings
        assert warnings.filters == filters
    assert figure_svg(ax.figure) == svg


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_drawn_on_the_axes_it_is_given(drawings, name):
    draw, result, own, svg = drawings[name]
    figure = Figure(figsize=(12, 5))
    left, right = figure.subfigures(1, 2)
    axes = right.add_subplot()
    assert draw(result, axes) is axes
    assert not left.axes
    assert [text.get_text() for text in axes.texts] == [text.get_text() for text in own.texts]
    assert (len(axes.lines), len(axes.patches), key(axes)) == (len(own.lines), len(own.patches), key(own))
    assert figure_svg(axes).count("<path") >= svg.count("<path")


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_small_or_hidden_by_another_or_cut_off(drawings, name):
    _, _, ax, svg = drawings[name]
    ax.figure.draw_without_rendering()  # places every text at the resolution of the figure
    said = set(words(svg))
    shown = [text for text in texts(ax.figure) if text.get_text().splitlines()[0] in said]
    assert len(shown) > 10
    assert min(text.get_fontsize() for text in shown) == 8
    boxes = [text.get_window_extent() for text in shown]
    paper = ax.figure.bbox
    for text, box in zip(shown, boxes, strict=True):
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= paper.x1, text
        assert box.y1 <= paper.y1, text
    for (one, a), (other, b) in itertools.combinations(zip(shown, boxes, strict=True), 2):
        across, along = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 0.5 or along <= 0.5, (one, other)


def test_a_figure_fits_a_journal_column(drawings):
    assert {round(ax.figure.get_figwidth() * 25.4, 6) for _, _, ax, _ in drawings.values()} == {85}


def test_areas_that_differ_in_colour_differ_in_grey_too(drawings):
    for _, _, ax, _ in drawings.values():
        patches = {(patch.get_facecolor(), patch.get_hatch()) for patch in ax.patches}
        greys = {(round(float(np.dot(colour[:3], (0.299, 0.587, 0.114))), 1), hatch) for colour, hatch in patches}
        assert len(greys) == len(patches)


def test_files_are_written_whole_and_the_same_each_time(report, tmp_path):
    ax, again = draw_survival(report.duration), draw_survival(report.duration)
    for ending in (".svg", ".pdf", ".PNG"):
        first, second = tmp_path / f"first{ending}", tmp_path / f"second{ending}"
        save_figure(ax, first)
        save_figure(again.figure, str(second))
        assert first.read_bytes() == second.read_bytes()
    assert (tmp_path / "first.svg").read_text(encoding="utf-8") == figure_svg(ax)
    assert (tmp_path / "first.pdf").read_bytes().startswith(b"%PDF")
    assert b"CreationDate" not in (tmp_path / "first.pdf").read_bytes()
    assert "<dc:" not in figure_svg(ax)
    width, height = np.frombuffer((tmp_path / "first.PNG").read_bytes()[16:24], ">u4")
    assert (width, height) == (int(85 / 25.4 * 300), int(72 / 25.4 * 300))
    save_figure(ax, tmp_path / "small.png", dpi=100)
    assert np.frombuffer((tmp_path / "small.png").read_bytes()[16:20], ">u4")[0] == int(85 / 25.4 * 100)


@pytest.mark.parametrize("path", ["curve.jpg", "curve", "svg"])
def test_another_file_ending_is_refused(drawings, path):
    with pytest.raises(ValueError, match="must end in") as error:
        save_figure(drawings["survival"][2], path)
    assert str(error.value) == f"'path' must end in .svg, .pdf or .png (got {path!r})."


# By visit


def test_the_means_and_deviations_drawn_are_those_of_the_result(report):
    for measure in report.measures:
        ax = draw_visits(measure)
        x, mean, low, high = bars(ax, "mean ± SD")
        assert list(x) == [-4, 0, 4, 8, 12]  # to scale
        assert list(mean) == measure.visits["mean"].tolist()
        np.testing.assert_allclose(low, measure.visits["mean"] - measure.visits["sd"])
        np.testing.assert_allclose(high, measure.visits["mean"] + measure.visits["sd"])
        x, mean, low, high = bars(ax, "final")
        final = measure.final
        assert (len(x), list(mean)) == (1, [final.mean])
        assert 12 < x[0] < 17
        np.testing.assert_allclose([*low, *high], [final.mean - final.sd, final.mean + final.sd])
        assert ax.get_ylim()[0] == 0
        assert ax.get_ylim()[1] > max(high.max(), np.nanmax(measure.values.drop("16")))
        low, high = ax.get_xlim()
        assert low < -4
        assert high > x[0]


def test_the_week_0_mean_of_mmt_is_drawn_where_table_2_prints_it(drawings):
    _, mean, low, _ = bars(drawings["visits"][2], "mean ± SD")
    assert (round(mean[1], 1), round(mean[1] - low[1], 1)) == (57.4, 13.5)


def test_every_visit_names_its_patients(drawings):
    labels = [tick.get_text() for tick in drawings["visits"][2].get_xticklabels()]
    assert labels == ["\u22124\n(15)", "0\n(15)", "4\n(15)", "8\n(15)", "12\n(14)", "final\n(15)"]


def test_stars_stand_above_the_bars_of_visits_that_differ_from_baseline(report):
    expected = {"MMT": ["**", "", "**", "**", "**", "**"], "ADL": ["", "", "**", "**", "**", "**"]}
    for measure in report.measures[:2]:
        ax = draw_visits(measure)
        places = list(ax.get_xticks())
        stars = {places.index(text.xy[0]): text for text in ax.texts}
        assert [stars[x].get_text() if x in stars else "" for x in range(6)] == expected[measure.instrument.code]
        tops = np.append(measure.visits["mean"] + measure.visits["sd"], measure.final.mean + measure.final.sd)
        for x, text in stars.items():
            assert text.xy[1] == pytest.approx(tops[x])
        assert "* P < 0.05, ** P < 0.01" in ax.get_xlabel()


@pytest.mark.parametrize(("p", "star"), [(0.0099, "**"), (0.01, "*"), (0.0499, "*"), (0.05, None), (math.nan, None)])
def test_one_star_below_5_percent_and_two_below_1(report, p, star):
    measure = report.measures[0]
    changes = measure.changes.assign(p_value=math.nan)
    changes.loc[8, "p_value"] = p
    change = attrs.evolve(measure.final_change, p_value=None)
    ax = draw_visits(attrs.evolve(measure, changes=changes, final_change=change))
    assert [text.get_text() for text in ax.texts] == [star] * (star is not None)


def test_single_patients_are_those_of_the_efficacy_set(report):
    measure = report.measures[2]
    lines = [line for line in draw_visits(measure).get_lines() if line.get_color() == COLOURS["grey"]]
    np.testing.assert_array_equal([line.get_ydata() for line in lines], measure.values.drop("16"))
    assert all(list(line.get_xdata()) == [-4, 0, 4, 8, 12] for line in lines)


def evolved(measure, values):
    """The same measure with other values."""
    later = values[[week for week in values if week != 0]]
    return attrs.evolve(
        measure,
        values=values,
        visits=describe_by_visit(values),
        changes=changes_by_visit(values[0], later),
        final_values=values.iloc[:, -1],
        final=describe(values.iloc[:, -1]),
    )


@pytest.mark.parametrize(("patients", "lines"), [(100, 100), (101, 0)])
def test_more_than_100_patients_are_not_drawn_one_by_one(report, patients, lines):
    values = pd.DataFrame(np.arange(2.0 * patients).reshape(-1, 2) % 90, columns=pd.Index([0, 4], name="week"))
    ax = draw_visits(evolved(report.measures[0], values))
    assert sum(line.get_color() == COLOURS["grey"] for line in ax.get_lines()) == lines
    assert key(ax) == ["mean ± SD", "final", "patients"][: 2 + (lines > 0)]


@pytest.mark.parametrize("weeks", [range(15), range(40), range(0, 120, 4), [0, 1, 2, 4, 12, 26, 52, 104], [-52, 0]])
def test_weeks_stand_to_scale_each_marked_and_as_many_named_as_fit(report, weeks):
    frame = pd.DataFrame(np.full((3, len(weeks)), 50.0), columns=pd.Index(weeks, name="week"))
    ax = draw_visits(evolved(report.measures[0], frame + np.array([[0], [1], [2]])))
    assert list(ax.get_xticks())[:-1] == list(weeks)
    named = [tick for tick in ax.get_xticklabels() if tick.get_text()]
    names = [tick.get_text().splitlines()[0] for tick in named]
    assert {"0", "final", str(weeks[-1])} <= {name.replace("\u2212", "-") for name in names}
    assert len(names) >= min(6, len(weeks))
    ax.figure.draw_without_rendering()
    boxes = [tick.get_window_extent() for tick in named]
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(boxes))
    assert ax.figure.get_figwidth() * 25.4 <= 174.001


def test_one_patient_has_no_deviation_and_no_patient_no_final_value(report):
    values = report.measures[0].values.loc[["15"]]
    ax = draw_visits(evolved(report.measures[0], values))
    assert "final" not in key(ax)
    assert [tick.get_text() for tick in ax.get_xticklabels()][-1] == "12\n(0)"
    single = draw_visits(evolved(report.measures[0], report.measures[0].values.loc[["1"]]))
    assert bars(single, "final")[1].tolist() == [90]
    assert figure_svg(single)


def test_ln_ck_is_drawn_as_its_result_holds_it(report, drawings):
    result = report.log_ck
    ax = drawings["log ck"][2]
    x, mean, low, high = bars(ax, "mean ± SD")
    assert list(x) == [-4, 0, 4]
    assert list(mean) == result.visits["mean"].tolist()
    np.testing.assert_allclose([low, high], [mean - result.visits["sd"], mean + result.visits["sd"]])
    artist = drawn(ax, "steroids alone")
    assert artist.get_linestyle() == "-."
    np.testing.assert_array_equal(artist.get_ydata(), result.refitted_line.at([-4, 0, 4]))
    patients = [line for line in ax.get_lines() if line.get_color() == COLOURS["grey"]]
    np.testing.assert_array_equal([line.get_ydata() for line in patients], result.values)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["\u22124\n(15)", "0\n(15)", "4\n(15)"]


def test_the_right_scale_of_ln_ck_reads_ck(drawings):
    ax = drawings["log ck"][2]
    (right,) = ax.child_axes
    assert [label.get_text() for label in right.get_yticklabels()] == ["30", "100", "300", "1000", "3000"]
    np.testing.assert_allclose(right.get_yticks(), np.log([30, 100, 300, 1000, 3000]))
    ax.figure.draw_without_rendering()
    assert right.get_ylim() == ax.get_ylim()


# Survival


DURATIONS = [254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131, 52]
EVENTS = [0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0]


def at_risk(ax):
    """Read the numbers below the axis: by row, label and numbers by time."""
    rows = {}
    for text in ax.texts:
        if isinstance(text.xycoords, tuple):
            rows.setdefault(text.xyann[1], []).append(text)
    return [
        (
            next(t.get_text() for t in row if t.get_ha() == "right"),
            {t.xy[0]: t.get_text() for t in row if t.get_ha() == "center"},
        )
        for _, row in sorted(rows.items(), reverse=True)
    ]


def test_the_curve_drawn_is_the_curve(report, drawings):
    curve = report.duration.curve
    line = drawn(drawings["survival"][2], "Kaplan-Meier estimate")
    assert line.get_drawstyle() == "steps-post"
    assert line.get_xdata().tolist() == [0, *curve.time]
    assert line.get_ydata().tolist() == [1, *curve.estimate]


@pytest.mark.parametrize(
    ("level", "label", "transform"), [(0.95, "95 %", "log-log"), (0.9, "90 %", "log"), (0.975, "97.5 %", "plain")]
)
def test_the_band_is_the_curves_own(level, label, transform):
    curve = kaplan_meier(DURATIONS, EVENTS)
    ax = draw_survival(curve, level=level, transform=transform)
    band = drawn(ax, f"{label} interval ({transform})").get_paths()[0].vertices
    frame = curve.to_frame(level, transform)
    for row in frame.itertuples():
        assert [row.time, row.conf_low] in band.tolist()
        assert [row.time, row.conf_high] in band.tolist()
    assert (set(band[:, 0]), band[:, 1].max()) == ({0, *curve.time}, 1)


def test_a_stroke_marks_each_time_of_a_censoring(report, drawings):
    ax = drawings["survival"][2]
    (marks,) = [line for line in ax.get_lines() if line.get_marker() == "|" and len(line.get_xdata())]
    assert marks.get_xdata().tolist() == sorted(t for t, event in zip(DURATIONS, EVENTS, strict=True) if not event)
    np.testing.assert_array_equal(marks.get_ydata(), report.duration.curve.survival_at(marks.get_xdata()))


def test_dashes_lead_to_the_median(drawings):
    ax = drawings["survival"][2]
    (line,) = [line for line in ax.get_lines() if line.get_color() == COLOURS["grey"]]
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([0, 371, 371], [0.5, 0.5, 0])
    assert ax.texts[0].get_text() == "median 371 days"
    assert (ax.texts[0].get_ha(), ax.texts[0].get_va()) == ("right", "top")
    early = draw_survival(kaplan_meier([1, 2, 3, 4, 9], [1, 1, 1, 1, 0])).texts[0]
    assert (early.get_text(), early.get_ha(), early.get_va()) == ("median 3", "left", "bottom")
    limit = draw_survival(kaplan_meier([6, 6, 10], [1, 1, 0])).texts[0]
    assert limit.get_ha() == "right"


def test_a_median_that_is_not_reached_is_not_drawn():
    ax = draw_survival(kaplan_meier([1, 2, 3], [1, 0, 0]))
    assert not any(text.get_text().startswith("median") for text in ax.texts)
    assert not any(line.get_color() == COLOURS["grey"] for line in ax.get_lines())
    assert key(draw_survival({"A": kaplan_meier([1, 2, 3], [1, 0, 0])}))[0] == "A (n = 3, median not reached)"


def test_the_numbers_at_risk_are_counted_before_each_time():
    ax = draw_survival(kaplan_meier(DURATIONS, EVENTS))
    ((label, numbers),) = at_risk(ax)
    assert label == "at risk"
    assert list(numbers) == list(ax.get_xticks()) == [0, 100, 200, 300, 400, 500, 600]
    assert numbers == {t: str(sum(duration >= t for duration in DURATIONS)) for t in numbers}
    exact = draw_survival(kaplan_meier([1, 2, 2, 3, 4], [1, 1, 0, 0, 1]))
    ((_, numbers),) = at_risk(exact)
    assert {t: int(n) for t, n in numbers.items() if t == int(t)} == {0: 5, 1: 5, 2: 4, 3: 2, 4: 1}


def test_groups_have_a_line_and_a_row_each(report, drawings):
    ax = drawings["groups"][2]
    assert key(ax) == ["PM (n = 6, median 371)", "DM (n = 7, median 299.5)", "censored"]
    assert [label for label, _ in at_risk(ax)] == ["PM at risk", "DM at risk"]
    assert [numbers[0] for _, numbers in at_risk(ax)] == ["6", "7"]
    assert not ax.collections
    styles = [drawn(ax, label).get_linestyle() for label in key(ax)[:2]]
    assert styles == ["-", "--"]
    for label, curve in report.duration.curves_by_diagnosis.items():
        line = drawn(ax, f"{label} (n = {curve.n}, median {'371' if label == 'PM' else '299.5'})")
        assert line.get_ydata().tolist() == [1, *curve.estimate]
    assert not any(text.get_text().startswith("median") for text in ax.texts)


def test_axes_say_days_only_where_they_are(drawings):
    days, other = drawings["survival"][2], drawings["groups"][2]
    assert days.get_xlabel() == "days since CK came within normal limits"
    assert days.get_ylabel() == "patients with normal CK"
    assert other.get_xlabel() == "time"
    assert other.get_ylabel() == "patients without the event"
    ticks = [tick.get_text() for tick in days.get_yticklabels()]
    assert ticks == ["0 %", "25 %", "50 %", "75 %", "100 %"]


def test_a_curve_may_reach_zero_or_hold_only_time_zero():
    done = draw_survival(kaplan_meier([1, 2], [1, 1]))
    assert drawn(done, "Kaplan-Meier estimate").get_ydata().tolist() == [1, 0.5, 0]
    assert figure_svg(done)
    assert draw_survival(kaplan_meier([0, 0], [1, 0])).get_xlim() == (0, 1)


@pytest.mark.parametrize("n", [0, 6])
def test_no_curve_or_too_many_are_refused(n):
    with pytest.raises(ValueError, match="between 1 and 5") as error:
        draw_survival({str(k): kaplan_meier([1, 2], [1, 1]) for k in range(n)})
    assert str(error.value) == f"'result' must hold between 1 and 5 curves (got {n})."
    assert len(key(draw_survival({str(k): kaplan_meier([1, 2], [1, 1]) for k in range(5)}))) == 6


def test_a_report_without_durations_has_no_curve_to_draw(report):
    with pytest.raises(ValueError, match=r"'result' must hold between 1 and 5 curves \(got 0\)\."):
        draw_survival(attrs.evolve(report.duration, curve=None))


# By patient


def spans(container):
    """Read bars that lie: by row, from where to where."""
    return {round(bar.get_y() + bar.get_height() / 2): (bar.get_x(), bar.get_x() + bar.get_width()) for bar in container}


def test_a_swimmer_shows_each_patients_days(report, drawings):
    episodes = report.duration.episodes
    ax = drawings["swimmer"][2]
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["13", "4", "9", "7", "12", "3", "2", "11", "14", "6", "8", "10", "15", "1", "5"]
    monitored, normal = (spans(drawn(ax, label)) for label in ("CK monitored", "within normal limits"))
    raised, still = (drawn(ax, label) for label in ("above them again", "still normal"))
    for row in episodes.itertuples():
        place = names.index(row.patient)
        assert monitored[place] == (0, row.observed_until)
        end = row.observed_until if math.isnan(row.re_elevated_on) else row.re_elevated_on
        if row.status == "not normalized":
            assert place not in normal
        else:
            assert normal[place] == (row.normalized_on, end)
            assert normal[place][1] - normal[place][0] == row.duration
        np.testing.assert_equal(raised.get_xdata()[place], row.re_elevated_on)
        np.testing.assert_equal(still.get_xdata()[place], end if row.status == "censored" else math.nan)
    assert list(raised.get_ydata()) == list(range(15))
    assert {(text.get_text(), names[round(text.xy[1])], text.xy[0]) for text in ax.texts} == {
        ("not normalized", "1", 409),
        ("not normalized", "5", 374),
    }
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, pytest.approx(1.05 * 757)), (14.6, -0.6))


def test_a_swimmer_takes_any_index_and_patients_without_any_day():
    frame = pd.DataFrame(
        {
            "patient": ["A", "B", "C"],
            "normalized_on": [10.0, math.nan, 20.0],
            "re_elevated_on": [30.0, math.nan, math.nan],
            "observed_until": [90.0, math.nan, 45.0],
            "status": ["re-elevated", "no follow-up", "censored"],
        },
        index=[7, 7, 7],
    )
    before = frame.copy()
    ax = draw_swimmer(frame)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["C", "A", "B"]
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("no follow-up", (0, 2))]
    assert figure_svg(ax)
    pd.testing.assert_frame_equal(frame, before)
    assert draw_swimmer(frame.iloc[:0]).get_yticklabels() == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("last", [0.0, -3.0])
def test_a_swimmer_of_patients_who_were_not_seen_after_day_0_has_a_width(last):
    days = {name: [math.nan] for name in ("normalized_on", "re_elevated_on")}
    ax = draw_swimmer(pd.DataFrame({"patient": ["A"], **days, "observed_until": [last], "status": ["no follow-up"]}))
    assert ax.get_xlim() == (0, 1)


def test_a_swimmer_without_a_column_is_refused(report):
    with pytest.raises(ValueError, match="'episodes' must have each of the columns 'patient', 'normalized_on'"):
        draw_swimmer(report.duration.episodes.drop(columns="status"))


def test_a_waterfall_shows_each_patients_change_in_the_colour_of_the_grade(report):
    colours = {"worsened": "vermillion", "unchanged": "pale", "improved": "sky", "markedly improved": "blue"}
    for measure in report.measures:
        ax = draw_waterfall(measure)
        names = [tick.get_text() for tick in ax.get_xticklabels()]
        heights = {names[round(bar.get_x() + bar.get_width() / 2)]: bar.get_height() for bar in ax.patches}
        assert heights == measure.final_percent_change.to_dict()
        assert [heights[name] for name in names] == sorted(heights.values(), reverse=True)
        for bar in ax.patches:
            grade = measure.grades[names[round(bar.get_x() + bar.get_width() / 2)]]
            assert bar.get_facecolor() == to_rgba(COLOURS[colours[grade]])
        counts = measure.grades.value_counts()
        assert key(ax) == [f"{grade} ({counts[grade]})" for grade in colours if counts[grade]]
    assert list(report.measures[2].final_percent_change.round(1)[["1", "15"]]) == [-62.3, -72.7]


def test_the_thresholds_of_ck_are_drawn_and_no_others(report):
    levels = {text.get_text(): text.xy[1] for text in draw_waterfall(report.measures[2]).texts}
    assert levels == {"\u221250 %": -50, "\u221230 %": pytest.approx(-30), "+30 %": pytest.approx(30)}
    lines = [line.get_ydata()[0] for line in draw_waterfall(report.measures[2]).get_lines()]
    assert lines == pytest.approx([0, -50, -30, 30])
    assert [line.get_ydata()[0] for line in draw_waterfall(report.measures[0]).get_lines()] == [0]


def test_patients_without_a_grade_or_a_change_are_shown_as_such(report):
    measure = report.measures[2]
    ungraded = draw_waterfall(attrs.evolve(measure, grades=None))
    assert key(ungraded) == ["not graded (15)"]
    changes, grades = measure.final_percent_change.copy(), measure.grades.copy()
    changes["1"], grades["2"] = math.nan, math.nan
    ax = draw_waterfall(attrs.evolve(measure, final_percent_change=changes, grades=grades))
    assert key(ax) == ["markedly improved (13)", "not graded (1)"]
    assert "1" not in [tick.get_text() for tick in ax.get_xticklabels()]


@pytest.mark.parametrize(
    ("patients", "named", "upright"), [(13, True, False), (21, True, True), (50, True, True), (51, False, False)]
)
def test_many_patients_are_named_upright_or_not_at_all(report, patients, named, upright):
    names = [f"{k:02}" for k in range(patients)]
    changes = pd.Series(np.linspace(-90, 40, patients), index=names)
    ax = draw_waterfall(attrs.evolve(report.measures[2], final_percent_change=changes, grades=None))
    assert [tick.get_text() for tick in ax.get_xticklabels()] == (names[::-1] if named else [])
    assert ax.xaxis.get_major_ticks()[0].label1.get_rotation() == (90 if upright else 0) if named else True
    assert ax.get_xlim() == (-0.6, patients - 0.4)
    assert 85 <= round(ax.figure.get_figwidth() * 25.4) <= 174


def test_points_are_stacked_to_the_score(scores, drawings):
    ax = drawings["scores"][2]
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    assert names == ["P03", "P01", "P02"]
    assert key(ax) == ["physician global", "patient global", "MMT", "HAQ", "muscle enzyme", "extramuscular"]
    below = np.zeros(3)
    for label, measure in zip(key(ax), MEASURES, strict=True):
        points = scores.loc[names, f"{measure}_points"].fillna(0)
        for bar, bottom, height in zip(drawn(ax, label), below, points, strict=True):
            assert (bar.get_y(), bar.get_height()) == (bottom, height)
        below += points
    np.testing.assert_array_equal(below, scores.loc[names, "score"])
    written = {text.get_text(): text.xy for text in ax.texts}
    assert {name: written[name][1] for name in ("52.5", "17.5")} == {"52.5": 52.5, "17.5": 17.5}
    assert f"≥{scores.loc['P03', 'score']:g}" in written


@pytest.mark.parametrize(("population", "thresholds"), [("adult", [20, 40, 60]), ("juvenile", [30, 45, 70])])
def test_the_thresholds_are_those_of_the_population(scores, population, thresholds):
    ax = draw_improvement_scores(scores, population=population)
    levels = {text.get_text(): text.xy[1] for text in ax.texts}
    assert [levels[name] for name in ("minimal", "moderate", "major")] == thresholds
    assert [line.get_ydata()[0] for line in ax.get_lines()] == thresholds


def test_a_patient_without_a_score_has_no_bar(scores):
    lacking = scores.assign(score=scores["score"].where(scores["missing"] == ""))
    ax = draw_improvement_scores(lacking)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["P01", "P02", "P03"]
    assert sum(bar.get_height() for bar in ax.patches if bar.get_x() > 1.5) == 0
    assert ("no score", (2, 0)) in [(text.get_text(), text.xy) for text in ax.texts]


def test_the_scores_of_many_patients_are_not_written(scores):
    many = pd.concat([scores.iloc[[1]]] * 21)
    many.index = range(21)
    assert [text.get_text() for text in draw_improvement_scores(many).texts] == ["minimal", "moderate", "major"]
    assert len(draw_improvement_scores(many.iloc[:20]).texts) == 23


def test_scores_are_refused_where_they_lack_a_column_or_the_population_is_unknown(scores):
    with pytest.raises(ValueError, match="'scores' must have each of the columns 'physician_global_points'"):
        draw_improvement_scores(scores.drop(columns="missing"))
    with pytest.raises(ValueError, match=r"'population' must be one of 'adult', 'juvenile' \(got 'child'\)\."):
        draw_improvement_scores(scores, population="child")


# Words


def words(svg):
    """Every text of an SVG document."""
    return [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


NAMED = {"$x$": "$x$", "$": "$", "_a": "_a", "a\nb": "a b", "\x00c": "c", "<b>": "<b>", "患者": "患者", "\ud800d": "d"}


def test_any_name_is_shown_as_text(report, scores):
    names, shown = list(NAMED), set(NAMED.values())
    labels = pd.Index(names, dtype=object)  # as pandas 3 keeps them too
    episodes = report.duration.episodes.assign(patient=pd.Series([*names, *"BCDEFGH"], dtype=object))
    assert shown <= set(words(figure_svg(draw_swimmer(episodes))))
    many = pd.concat([scores.iloc[[0]]] * len(names)).set_axis(labels)
    assert shown <= set(words(figure_svg(draw_improvement_scores(many))))
    changes = report.measures[2].final_percent_change.iloc[: len(names)].set_axis(labels)
    measure = attrs.evolve(report.measures[2], final_percent_change=changes, grades=None)
    assert shown <= set(words(figure_svg(draw_waterfall(measure))))
    for five in (names[:5], names[5:]):
        said = words(figure_svg(draw_survival(dict.fromkeys(five, report.duration.curve))))
        for name in five:
            assert f"{NAMED[name]} (n = 13, median 371)" in said
            assert f"{NAMED[name]} at risk" in said


@pytest.mark.parametrize("name", ["$x$", "\x00c", "<b>", "患者"])
def test_any_instrument_is_shown_as_text(report, name):
    instrument = attrs.evolve(report.measures[2].instrument, code=name, unit=name)
    measure = attrs.evolve(report.measures[2], instrument=instrument)
    assert f"{NAMED[name]} ({NAMED[name]})" in words(figure_svg(draw_visits(measure)))
    assert f"change in {NAMED[name]} (%)" in words(figure_svg(draw_waterfall(measure)))


@pytest.mark.parametrize(("name", "shown"), [("A" * 16, "A" * 16), ("01234567890123456", "…234567890123456")])
def test_of_a_long_name_the_end_is_shown(report, name, shown):
    episodes = report.duration.episodes.assign(patient=[name, *"BCDEFGHIJKLMNO"])
    ax = draw_swimmer(episodes)
    assert shown in words(figure_svg(ax))
    assert ax.figure.get_figwidth() * 25.4 == pytest.approx(85 + 1.6 * 14)


@pytest.mark.parametrize("name", NAMES)
def test_an_svg_within_a_page_keeps_its_shapes_and_has_its_own_ids(drawings, name):
    *_, svg = drawings[name]
    page = inline_svg(svg, "f7", "A < B", HOSTILE)
    root, original = ElementTree.fromstring(page), ElementTree.fromstring(svg)
    assert root.attrib == {"viewBox": original.get("viewBox"), "role": "img", "aria-labelledby": "f7-title f7-desc"}
    words = [(child.tag, child.get("id"), child.text) for child in list(root)[:2]]
    assert words == [("title", "f7-title", "A < B"), ("desc", "f7-desc", HOSTILE)]
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) > 20
    assert all(name.startswith("f7-") for name in ids)
    references = re.findall(r'(?:url\(#|href="#)([^")]+)', page)
    assert references
    assert set(references) <= set(ids)
    for tag in ("path", "use", "text", "clipPath", "pattern", "rect"):
        kept = [(each.get("d"), each.get("fill"), each.get("width")) for each in root.iter(tag)]
        drawn_as = original.iter(f"{{http://www.w3.org/2000/svg}}{tag}")
        assert kept == [(each.get("d"), each.get("fill"), each.get("width")) for each in drawn_as]
    assert page.replace("url(#f7-", "url(#").count("style=") == svg.count("style=")
    assert {tag: len(list(root.iter(tag))) for tag in ("style", "metadata")} == {"style": 0, "metadata": 0}
    assert "://" not in page
    assert "xmlns" not in page


def test_an_svg_without_metadata_or_text_becomes_part_of_a_page_too():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><g clip-path="url(#c)" fill="#abc"> <text>a '
        "<tspan/></text></g></svg>"
    )
    assert inline_svg(svg, "n", "t", "d") == (
        '<svg viewBox="0 0 1 1" role="img" aria-labelledby="n-title n-desc"><title id="n-title">t</title>'
        '<desc id="n-desc">d</desc><g clip-path="url(#n-c)" fill="#abc"><text>a <tspan /></text></g></svg>'
    )


# Any result, on axes of the caller

some_days = st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=8)
spreads = st.lists(st.tuples(st.integers(1, 90), st.integers(0, 20)), min_size=3, max_size=3)


def blank():
    return Figure().add_subplot()


@given(some_days)
@settings(settings.get_profile("whole"))
def test_any_curve_is_drawn_as_it_is_with_those_at_risk_counted(rows):
    durations, events = zip(*rows, strict=True)
    curve = kaplan_meier(durations, events)
    ax = draw_survival(curve, blank())
    line = drawn(ax, "Kaplan-Meier estimate")
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([0, *curve.time], [1, *curve.estimate])
    ((_, numbers),) = at_risk(ax)
    assert numbers == {t: str(sum(duration >= t for duration in durations)) for t in ax.get_xticks()}
    strokes, *_ = [each for each in ax.get_lines() if each.get_marker() == "|"]
    assert strokes.get_xdata().tolist() == sorted({duration for duration, event in rows if not event})


@given(some_days)
@settings(settings.get_profile("whole"))
def test_any_episodes_are_bars_as_long_as_they_lasted_the_longest_first(rows):
    days = pd.DataFrame(
        [
            (f"P{k}", day if event else math.nan, day + 9 if k % 2 and event else math.nan, 90.0)
            for k, (day, event) in enumerate(rows)
        ],
        columns=["patient", "normalized_on", "re_elevated_on", "observed_until"],
    )
    episodes = episodes_from_follow_up(days)
    ax = draw_swimmer(episodes, blank())
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert sorted(names) == sorted(episodes["patient"])
    found = episodes.set_index("patient").loc[names]
    monitored, normal = (spans(drawn(ax, label)) for label in ("CK monitored", "within normal limits"))
    assert [monitored[place] for place in range(len(names))] == [(0, until) for until in found["observed_until"]]
    lengths = [normal[place][1] - normal[place][0] if place in normal else math.nan for place in range(len(names))]
    np.testing.assert_array_equal(lengths, found["duration"])
    assert found["duration"].dropna().is_monotonic_decreasing
    raised = drawn(ax, "above them again")
    np.testing.assert_array_equal(raised.get_xdata(), found["re_elevated_on"])


@given(st.lists(st.tuples(st.none() | st.integers(-99, 99), st.sampled_from([*GRADES, None])), min_size=1, max_size=9))
@settings(settings.get_profile("whole"))
def test_any_changes_are_bars_in_their_order_each_in_its_grade(report, rows):
    changes, grades = (
        pd.Series(each, [f"P{k}" for k, _ in enumerate(rows)], dtype=object) for each in zip(*rows, strict=True)
    )
    changes = changes.astype(float)
    ax = draw_waterfall(attrs.evolve(report.measures[0], final_percent_change=changes, grades=grades), blank())
    known = changes.dropna()
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in ax.patches}
    assert [heights[place] for place in range(len(known))] == sorted(known, reverse=True)
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    assert {name: heights[place] for place, name in enumerate(names)} == known.to_dict()
    shown = grades[known.index].fillna("not graded")
    assert key(ax) == [f"{grade} ({(shown == grade).sum()})" for grade in [*GRADES, "not graded"] if (shown == grade).any()]


@given(
    st.lists(st.tuples(*[st.integers(1, 10)] * 12), min_size=1, max_size=5),
    st.sampled_from(["adult", "juvenile"]),
)
@settings(settings.get_profile("whole"))
def test_any_points_are_stacked_to_their_scores_the_highest_first(rows, population):
    index = [f"P{k}" for k, _ in enumerate(rows)]
    visits = (pd.DataFrame([row[6 * k : 6 * k + 6] for row in rows], index, SCORES, dtype=float) for k in (0, 1))
    baseline, final = (each.assign(haq=each["haq"] / 4) for each in visits)
    found = total_improvement_score(baseline, final, mmt_maximum=10, enzyme_range=10, population=population)
    ax = draw_improvement_scores(found, blank(), population)
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    tops = np.zeros(len(rows))
    for label, measure in zip(key(ax), MEASURES, strict=True):
        heights = np.array([bar.get_height() for bar in drawn(ax, label)])
        assert [bar.get_y() for bar in drawn(ax, label)] == tops.tolist()
        np.testing.assert_array_equal(heights, found.loc[names, f"{measure}_points"])
        tops = tops + heights
    assert tops.tolist() == found.loc[names, "score"].tolist() == sorted(found["score"], reverse=True)


@given(spreads)
@settings(settings.get_profile("whole"))
def test_any_means_are_drawn_where_they_are_with_a_deviation_on_either_side(report, rows):
    measure, result = report.measures[0], report.log_ck
    changed = {"mean": [float(mean) for mean, _ in rows], "sd": [float(sd) for _, sd in rows]}
    visits = measure.visits.head(3).assign(**changed)
    by_visit = draw_visits(attrs.evolve(measure, visits=visits), blank())
    log_ck = draw_log_ck(attrs.evolve(result, visits=result.visits.assign(**changed)), blank())
    for ax in (by_visit, log_ck):
        places, mean, low, high = bars(ax, "mean ± SD")
        assert mean.tolist() == changed["mean"]
        np.testing.assert_allclose(high - mean, changed["sd"])
        np.testing.assert_allclose(mean - low, changed["sd"])
        assert np.all(np.diff(places) > 0)
    # the numbers of patients stand below, whatever is drawn above
    assert [text.get_text().splitlines()[1] for text in by_visit.get_xticklabels()][:3] == [f"({n})" for n in visits["n"]]
    alone = drawn(log_ck, "steroids alone")
    np.testing.assert_allclose(alone.get_ydata(), [result.refitted_line.at(float(week)) for week in (-4, 0, 4)])


labels = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(labels, max_size=4))
def test_short_labels_are_the_ends_of_the_names_and_short_already(names):
    shown = short_labels(names)
    for name, label in zip(names, shown, strict=True):
        whole = printable(name)
        assert label == whole if len(whole) <= 16 else (len(label) == 16 and whole.endswith(label.removeprefix("…")))
    assert short_labels(shown) == [printable(label) for label in shown]


@given(st.text("ab<>&\"'é", max_size=8), st.text("ab<>&\"'é", max_size=8), st.sampled_from(["f1", "all-figure2"]))
def test_the_words_of_an_inline_svg_are_read_as_they_were_said(title, description, name):
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><g id="g" clip-path="url(#c)"><use href="#g"/></g></svg>'
    )
    page = ElementTree.fromstring(inline_svg(svg, name, title, description))
    assert [(each.tag, each.text or "") for each in list(page)[:2]] == [("title", title), ("desc", description)]
    assert page.attrib["aria-labelledby"].split() == [each.attrib["id"] for each in list(page)[:2]]
    # references lead where they led
    group, use = page.find("g"), page.find("g/use")
    assert group.attrib == {"id": f"{name}-g", "clip-path": f"url(#{name}-c)"}
    assert use.attrib["href"] == f"#{group.attrib['id']}"


# The figures of a report


def test_a_report_has_the_figures_that_its_data_allow():
    study = saito2008.load_study()
    patients = [attrs.evolve(each, follow_up=None, visits=()) for each in study.patients]
    assert report_pictures(trial_report(attrs.evolve(study, patients=patients))) == []
    one = report_pictures(trial_report(attrs.evolve(study, patients=study.patients[:1], disposition=())))
    assert [picture.title for picture in one] == [
        "MMT by visit",
        "ADL by visit",
        "CK by visit",
        "Percentage change in CK, patient by patient",
        "ln CK before and after the first infusion",
        "The course of CK, patient by patient",
    ]


@pytest.mark.parametrize(("n", "count"), [(0, 1), (1, 3), (100, 3), (101, 1)])
def test_figures_with_a_bar_a_patient_end_at_100_patients(report, n, count):
    changes = pd.Series(np.linspace(-90.0, 40.0, n), index=[f"P{k}" for k in range(n)])
    measure = attrs.evolve(report.measures[2], final_percent_change=changes, grades=None)
    episodes = pd.concat([report.duration.episodes.iloc[[1]]] * n) if n else report.duration.episodes.iloc[:0]
    duration = attrs.evolve(report.duration, curve=None, curves_by_diagnosis={}, episodes=episodes)
    assert len(report_pictures(attrs.evolve(report, measures=(measure,), log_ck=None, duration=duration))) == count


@pytest.mark.parametrize(("n", "count"), [(3, 1), (100, 1), (101, 0)])
def test_the_improvement_scores_of_a_report_are_drawn_with_their_words(report, scores, n, count):
    rows = pd.concat([scores.iloc[:1]] * (n - 3) + [scores]).assign(
        score=lambda each: each["score"].where(each["missing"] == "")
    )
    result = ImprovementResult(rows, rows, response_by_category(rows), rows, MMT8)
    pictures = report_pictures(attrs.evolve(report, measures=(), log_ck=None, duration=None, improvement=result))
    assert len(pictures) == count
    if n == 3:
        assert pictures[-1].title == "Total Improvement Score, patient by patient"
        assert pictures[-1].description == (
            "From the highest score to the lowest, of 100. patient P01: 52.5 (moderate); patient P02: 17.5 (none); "
            "patient P03: no score, without haq."
        )


def test_the_descriptions_hold_the_numbers(report):
    pictures = {picture.title: picture for picture in report_pictures(report)}
    assert pictures["MMT by visit"].description == (
        "Mean ± SD in points by visit, and P of the change from baseline. week -4: 64.2 ± 11.7 (n = 15, P = 0.0030); "
        "week 0: 57.4 ± 13.5 (n = 15); week 4: 70.4 ± 15.4 (n = 15, P < 0.0001); week 8: 72.9 ± 13.8 (n = 15, P < "
        "0.0001); week 12: 78.6 ± 12.9 (n = 14, P < 0.0001); final: 76.9 ± 13.9 (n = 15, P < 0.0001)."
    )
    assert pictures["Percentage change in CK, patient by patient"].description.startswith(
        "From the greatest rise to the greatest fall. patient 1: -62 %; patient 10: -67 %; "
    )
    assert pictures["ln CK before and after the first infusion"].description == (
        "Mean ± SD of ln CK. week -4: 7.69 ± 0.85 (n = 15); week 0: 6.63 ± 1.08 (n = 15); week 4: 4.98 ± 1.15 (n = 15). "
        "Expected in week 4 under steroids alone: 5.58."
    )
    assert pictures["How long CK stayed within normal limits"].description == (
        "Of 13 patients, CK rose above its limit again in 8. Half had risen by: 371 days (95 % interval 99 to not reached)."
    )
    groups = pictures["How long CK stayed within normal limits, by diagnosis"]
    assert groups.description.startswith(
        "PM: Of 6 patients, CK rose above its limit again in 3. Half had risen by: 371 days"
    )
    assert groups.caption == f"{BY_DIAGNOSIS} Log-rank test: P = 0.6052."
    assert groups.axes.get_xlabel() == "days since CK came within normal limits"
    assert groups.axes.get_ylabel() == "patients with normal CK"
    course = pictures["The course of CK, patient by patient"].description
    assert course.startswith(
        "patient 1: not normalized, monitored to day 409; patient 2: censored, within normal limits day 25, monitored to "
        "day 279; patient 3: re-elevated, within normal limits day 19, above them again day 390, monitored to day 510; "
    )
    assert pictures["ln CK before and after the first infusion"].caption.endswith(
        "Fall after minus fall before: 0.601 ± 0.809, P = 0.0122 (paired t-test, two-sided)."
    )


def test_a_median_that_is_not_reached_is_said(report):
    curve = kaplan_meier([1, 2, 3], [1, 0, 0])
    duration = attrs.evolve(report.duration, curve=curve, log_rank=None)
    pictures = {picture.title: picture for picture in report_pictures(attrs.evolve(report, duration=duration))}
    assert pictures["How long CK stayed within normal limits"].description == (
        "Of 3 patients, CK rose above its limit again in 1. Half had risen by: not reached (95 % interval 1 to not reached)."
    )
    assert pictures["How long CK stayed within normal limits, by diagnosis"].caption.strip() == BY_DIAGNOSIS


def test_percentages_come_from_the_result(report, drawings):
    for measure in report.measures:
        baseline = measure.values.loc[measure.final_values.index, 0]
        pd.testing.assert_series_equal(
            measure.final_percent_change, percent_change(baseline, measure.final_values), check_names=False
        )
    assert isinstance(drawn(drawings["visits"][2], "final"), ErrorbarContainer)
