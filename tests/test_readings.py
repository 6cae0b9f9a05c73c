"""The readings of Table 4: by hand, as printed, against a naive estimator, and the only one of 32,768 that fits."""

import itertools
import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo.display import number, table_text
from ivigmyo.saito2008.readings import Reading, readings, readings_table, steroid_lines_table, take_reading

# Table 4 as printed: patient, normalized, re-elevated, end of monitoring, for the 13 whose CK normalized.
TABLE_4 = {
    "2": (25, None, 279),
    "3": (19, 390, 510),
    "4": (24, None, 472),
    "6": (9, 139, 615),
    "7": (35, None, 444),
    "8": (38, 137, 714),
    "9": (15, 438, 487),
    "10": (12, 96, 136),
    "11": (35, 255, 729),
    "12": (21, 400, 757),
    "13": (34, None, 628),
    "14": (49, 180, 511),
    "15": (7, None, 59),
}


@pytest.fixture(scope="module")
def taken(study):
    return readings(study)


def naive(rows):
    """Median and restricted mean to the last event with both variances, in fractions, one event at a time."""
    s, last, area, median, steps, held = Fraction(1), 0, Fraction(0), None, [], False
    for day in sorted(day for day, event in rows if event):
        at_risk = sum(other >= day for other, _ in rows)
        if held:
            median, held = Fraction(median + day, 2), False
        area += s * (day - last)
        s *= Fraction(at_risk - 1, at_risk)
        if median is None and s <= Fraction(1, 2):
            median, held = day, s == Fraction(1, 2)
        steps.append((day, at_risk, s))
        last = day
    variance = Fraction(0)
    for day, at_risk, _ in steps:
        edges = [each for each in steps if each[0] >= day]
        ahead = sum((s * (after - start) for (start, _, s), (after, _, _) in itertools.pairwise(edges)), Fraction(0))
        if at_risk > 1:
            variance += ahead**2 / (at_risk * (at_risk - 1))
    m = len(steps)
    return median, area, variance, variance * Fraction(m, m - 1)


def rounded(value, digits):
    return str(Decimal(f"{value:.10f}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def rows_of(origin, events=()):
    rows = []
    for patient, (normalized, re_elevated, until) in TABLE_4.items():
        end = until if re_elevated is None else re_elevated
        start = normalized if origin == "normalization" else 0
        rows.append((end - start, re_elevated is not None or patient in events))
    return rows


@pytest.mark.parametrize(
    ("position", "origin", "events"), [(0, "normalization", ()), (1, "treatment", ()), (2, "treatment", ("2",))]
)
def test_each_reading_equals_the_naive_estimate(taken, position, origin, events):
    reading = taken[position]
    median, mean, variance, small = naive(rows_of(origin, events))
    assert (reading.origin, reading.counted_as_events) == (origin, events)
    assert reading.curve.n == 13
    assert reading.curve.n_events == 8 + len(events)
    assert reading.curve.median == float(median)
    assert reading.mean.mean == pytest.approx(float(mean), rel=1e-12)
    assert reading.mean.se == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert reading.mean_small_sample.mean == reading.mean.mean
    assert reading.mean_small_sample.se == pytest.approx(math.sqrt(small), rel=1e-12)
    assert reading.mean.until == reading.mean_small_sample.until == reading.curve.last_event_time


def test_the_papers_definition(taken):
    paper = taken[0]
    assert paper.curve.median == 371
    assert paper.curve.median_interval() == (99, None)
    assert paper.curve.median_interval(transform="log") == (131, None)
    assert paper.mean.until == 423
    assert (rounded(paper.mean.mean, 2), rounded(paper.mean.se, 2)) == ("292.75", "40.37")
    assert paper.label == "from normalization to re-elevation (Methods, Table 4)"


def test_the_published_figures_follow_from_the_last_reading_alone(taken):
    shown = [
        (rounded(one.curve.median, 1), rounded(one.mean.mean, 1), rounded(one.mean_small_sample.se, 1)) for one in taken
    ]
    assert shown == [("371.0", "292.8", "43.2"), ("390.0", "314.4", "41.6"), ("334.5", "302.3", "40.0")]
    published = taken[2]
    assert published.mean.until == 438
    assert rounded(published.mean.mean, 2) == "302.33"
    assert rounded(published.mean_small_sample.se, 2) == "40.04"
    assert published.curve.survival_at([278, 279, 389, 390]).tolist() == pytest.approx([7 / 12, 0.5, 0.5, 5 / 12])


def test_neither_change_alone_gives_the_published_median(study):
    assert take_reading(study, "treatment").curve.median == 390
    alone = take_reading(study, counted_as_events=["2"], label="patient 2 alone")
    assert alone.curve.median == 312.5
    assert (alone.label, alone.origin, alone.counted_as_events) == ("patient 2 alone", "normalization", ("2",))
    assert rounded(alone.mean.mean, 1) == rounded(float(naive(rows_of("normalization", ("2",)))[1]), 1)


def figures(durations, recodings):
    """Median, restricted mean to the last event and its standard errors for many recodings of the events at once."""
    order = np.argsort(durations)
    time, event = durations[order], recodings[:, order]
    at_risk = len(time) - np.arange(len(time))
    s = np.cumprod(1 - event / at_risk, axis=1)
    last = np.where(event, time, 0).max(axis=1)[:, None]
    inside = np.clip(np.append(time[1:], time[-1]), None, last) - np.clip(time, None, last)
    areas = s * inside
    mean = time[0].clip(max=last[:, 0]) + areas.sum(axis=1)
    ahead = areas[:, ::-1].cumsum(axis=1)[:, ::-1]
    with np.errstate(all="ignore"):
        terms = np.where(ahead > 0, event * ahead**2 / (at_risk * (at_risk - 1)), 0)
    variance, m = terms.sum(axis=1), event.sum(axis=1)
    below = s < 0.5 + 1e-12
    first = below.argmax(axis=1)
    later = np.where(event & (np.arange(len(time)) > first[:, None]), time, np.inf).min(axis=1)
    tied = np.isclose(s[np.arange(len(s)), first], 0.5) & np.isfinite(later)
    median = np.where(below.any(axis=1), np.where(tied, (time[first] + later) / 2, time[first]), np.nan)
    with np.errstate(all="ignore"):
        return median, mean, np.sqrt(variance), np.sqrt(variance * m / (m - 1))


def test_of_all_recodings_from_four_origins_one_gives_all_three_figures():
    normalized = np.array([row[0] for row in TABLE_4.values()], dtype=float)
    ends = np.array([row[2] if row[1] is None else row[1] for row in TABLE_4.values()], dtype=float)
    recodings = np.array(list(itertools.product((False, True), repeat=13)))
    assert len(recodings) == 8192
    origins = {"normalization": normalized, "first infusion": 0, "last infusion": 4, "tentative registration": -28}
    fits = []
    for origin, start in origins.items():
        assert len(set(ends - start)) == 13
        median, mean, plain, small = figures(ends - start, recodings)
        for which, se in (("plain", plain), ("small sample", small)):
            found = (median == 334.5) & (np.abs(mean - 302.3) < 0.05) & (np.abs(se - 40.0) < 0.05)
            fits += [(origin, which, tuple(row)) for row in recodings[found]]
    published = tuple(row[1] is not None or patient == "2" for patient, row in TABLE_4.items())
    assert fits == [("first infusion", "small sample", published)]


def test_the_many_at_once_agree_with_the_library(taken):
    for reading, origin in zip(taken, ("normalization", "treatment", "treatment"), strict=True):
        rows = rows_of(origin, reading.counted_as_events)
        durations, events = (np.array(column) for column in zip(*rows, strict=True))
        median, mean, plain, small = (each[0] for each in figures(durations.astype(float), events[None, :].astype(bool)))
        assert median == reading.curve.median
        assert (mean, plain, small) == pytest.approx((reading.mean.mean, reading.mean.se, reading.mean_small_sample.se))


origins = st.sampled_from(["normalization", "treatment"])


@given(origins, st.sets(st.sampled_from(list(TABLE_4))))
@settings(settings.get_profile("whole"))
def test_every_reading_equals_the_naive_estimate_and_is_laid_out_as_it_is(study, origin, events):
    reading = take_reading(study, origin, events, "any")
    median, mean, variance, small = naive(rows_of(origin, events))
    assert reading.curve.median == (None if median is None else float(median))
    assert (reading.curve.n, set(reading.counted_as_events)) == (13, events)
    assert reading.mean.mean == reading.mean_small_sample.mean == pytest.approx(float(mean))
    assert reading.mean.se == pytest.approx(math.sqrt(variance))
    assert reading.mean_small_sample.se == pytest.approx(math.sqrt(small))
    table = readings_table([reading])
    assert table.rows[0][:3] == ("any", f"{reading.curve.n_events}/13", str(float(median)).removesuffix(".0"))
    shown = [reading.mean.mean, reading.mean.se, reading.mean_small_sample.se]
    assert list(table.rows[0][4:]) == [number(each, 2) for each in shown]
    assert table.footer == readings_table([]).footer


@given(origins, st.sets(st.sampled_from(list(TABLE_4))), st.sets(st.sampled_from(list(TABLE_4))))
@settings(settings.get_profile("whole"))
def test_the_more_count_as_events_the_lower_the_curve(study, origin, some, others):
    fewer, more = (take_reading(study, origin, events).curve for events in (some, some | others))
    times = np.arange(0.0, min(fewer.last_observed_time, more.last_observed_time))
    assert (more.survival_at(times) <= fewer.survival_at(times) + 1e-12).all()
    assert fewer.n_events <= more.n_events
    # whoever was seen to re-elevate is an event anyway
    seen = {patient for patient, (_, re_elevated, _) in TABLE_4.items() if re_elevated is not None}
    again = take_reading(study, origin, some | seen).curve
    assert again.to_frame().equals(fewer.to_frame())


def test_any_study_can_be_read(study):
    few = attrs.evolve(study, patients=[patient for patient in study.patients if patient.id in ("2", "3", "4")])
    paper, start, published = readings(few)
    assert (paper.curve.n, paper.curve.n_events, paper.curve.median) == (3, 1, 371)
    assert start.curve.median == 390
    # Patient 2 of 3 on day 279, then 3 of 2 on day 390: S is 2/3, then 1/3.
    assert published.curve.median == 390
    assert published.mean.mean == pytest.approx(279 + 111 * 2 / 3)


def test_the_bundled_study_is_read_unless_another_is_given(taken):
    assert [one.curve.median for one in readings()] == [one.curve.median for one in taken]
    assert readings_table() == readings_table(taken)


def test_a_patient_without_a_duration_cannot_be_an_event(study):
    message = r"^'counted_as_events' must name patients whose CK normalized \(got '1'\)\.$"
    with pytest.raises(ValueError, match=message):
        take_reading(study, counted_as_events=["2", "1"])


def test_readings_hold_one_another_apart(taken):
    assert taken[0] == taken[0]
    assert taken[0] != taken[1]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        taken[0].origin = "treatment"


def test_the_table(taken):
    table = readings_table(taken)
    assert table.title == "How the published survival figures arise (Fig. 3)"
    assert table.header == ("reading", "events", "median", "95 % interval", "mean", "SE", "SE*")
    assert [row[1:] for row in table.rows] == [
        ("8/13", "371", "99 to not reached", "292.75", "40.37", "43.15"),
        ("8/13", "390", "137 to not reached", "314.39", "38.96", "41.65"),
        ("9/13", "334.5", "137 to not reached", "302.33", "37.75", "40.04"),
    ]
    assert [row[0] for row in table.rows] == [one.label for one in taken]
    assert table.footer == (("printed", "", "334.5", "", "302.3", "", "40.0"),)
    assert all(len(line) <= 80 for line in table_text(table).splitlines())


def test_the_printed_standard_error_stands_where_it_is_computed(taken):
    table = readings_table(taken)
    column = table.header.index("SE*")
    assert Decimal(table.rows[2][column]).quantize(Decimal("0.1")) == Decimal(table.footer[0][column])


def test_without_events_there_is_neither_median_nor_mean(study):
    few = attrs.evolve(study, patients=[patient for patient in study.patients if patient.id in ("4", "7")])
    reading = take_reading(few, label="censored")
    assert reading.curve.n_events == 0
    assert (reading.mean, reading.mean_small_sample) == (None, None)
    table = readings_table([reading])
    assert table.rows == (("censored", "0/2", "not reached", "not estimable", "-", "-", "-"),)


def test_results_are_named():
    assert [field.name for field in attrs.fields(Reading)] == [
        "label",
        "curve",
        "mean",
        "mean_small_sample",
        "origin",
        "counted_as_events",
    ]


def test_the_steroid_lines_stand_below_their_heading(report):
    shown = steroid_lines_table(report.log_ck.refitted_line)
    assert shown.title == "The published course of ln CK under steroids alone (Fig. 2)"
    assert list(shown.header) == ["line", "slope a week", "at week 0", "at week 4"]
    assert [list(row) for row in shown.rows] == [
        ["printed", "-0.25602", "6.60394", "5.57986"],
        ["least squares", "-0.26280", "6.63432", "5.58312"],
    ]
    assert list(shown.notes) == [
        "The printed line does not follow from Table 2: the line of least squares through its 15 patients does."
    ]
