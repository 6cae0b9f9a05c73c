"""Interval-censored curves against fractions by hand, R, self-consistency by plain loops, and Kaplan-Meier."""

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.display import table_text
from ivigmyo.survival import interval_censored_curve, kaplan_meier

INF = math.inf
R_SETS = json.loads((Path(__file__).parent / "reference" / "intervals.json").read_text())["sets"]
TEN = [0, 0, 28, 28, 56, 56, 84, 0, 28, 0], [28, 56, 56, 84, 84, INF, INF, 28, INF, 84]


def lies_within(a, b, inner, outer):
    """Whether the innermost interval (inner, outer] lies within (a, b], or is the exact time a = b."""
    if a == b:
        return inner == outer == a
    return a < outer <= b and (inner >= a if inner < outer else True)


def likelihood(rows, masses):
    """The log-likelihood, row by row, of masses given as (left, right, mass)."""
    return math.fsum(math.log(math.fsum(mass for c, d, mass in masses if lies_within(a, b, c, d))) for a, b in rows)


def self_consistent(rows, rounds=3000):
    """Turnbull's self-consistency, by plain loops over all elementary intervals."""
    points = sorted({0, *(end for row in rows for end in row if end < INF)})
    cells = [cell for i, t in enumerate(points) for cell in ((t, t), (t, [*points, INF][i + 1]))]
    inside = [[lies_within(a, b, *cell) for cell in cells] for a, b in rows]
    mass = [1 / len(cells)] * len(cells)
    for _ in range(rounds):
        new = [0.0] * len(cells)
        for row in inside:
            total = sum(m for m, within in zip(mass, row, strict=True) if within)
            for j, within in enumerate(row):
                new[j] += mass[j] / total / len(rows) if within else 0.0
        mass = new
    return [(*cell, m) for cell, m in zip(cells, mass, strict=True)]


looks = st.integers(0, 6)
rows_of_intervals = st.lists(
    st.tuples(looks, looks | st.just(INF)).map(sorted).filter(lambda row: row[0] < INF).map(tuple), min_size=1, max_size=9
)


# By hand


def test_two_thirds_by_hand():
    curve = interval_censored_curve([0, 0, 10], [10, 10, 20])
    assert [(left, right) for left, right, _ in curve.intervals] == [(0, 10), (10, 20)]
    assert [each.mass for each in curve.intervals] == pytest.approx([2 / 3, 1 / 3], abs=1e-12)
    assert curve.log_likelihood == pytest.approx(2 * math.log(2 / 3) + math.log(1 / 3), abs=1e-12)
    assert (curve.survival_at(0), curve.survival_at(5), curve.survival_at(20), curve.survival_at(99)) == (1, None, 0, 0)
    assert curve.survival_bounds(5) == pytest.approx((1 / 3, 1))
    assert curve.survival_bounds(10) == pytest.approx((1 / 3, 1 / 3))


def test_an_exact_time_lies_within_what_ends_there_and_not_within_what_begins_there():
    # 5 exactly, (3, 5], (5, 9], (5, inf), 7 exactly: the mass is at 5 and 7, with p at 5: 2 ln p + 3 ln(1 - p)
    curve = interval_censored_curve([5, 3, 5, 5, 7], [5, 5, 9, INF, 7])
    assert [(left, right) for left, right, _ in curve.intervals] == [(5, 5), (7, 7)]
    assert [each.mass for each in curve.intervals] == pytest.approx([0.4, 0.6], abs=1e-12)
    assert curve.survival_at([4, 5, 6, 7]).tolist() == pytest.approx([1, 0.6, 0.6, 0], abs=1e-12)


def test_the_ten_intervals():
    curve = interval_censored_curve(*TEN)
    found = [curve.survival_at(t) for t in (28, 56, 84)]
    assert found == pytest.approx([0.714018, 0.450762, 0.156715], abs=5e-7)
    assert curve.log_likelihood == pytest.approx(-9.403606, abs=5e-7)
    assert curve.max_gradient <= 1e-9 * curve.n
    assert curve.n == 10
    assert curve.survival_at(100) is None
    assert curve.survival_bounds(100) == pytest.approx((0, 0.156715), abs=5e-7)
    assert curve.to_frame()["estimate"].tolist() == pytest.approx([0.714018, 0.450762, 0.156715, 0], abs=5e-7)


def test_a_root_by_hand():
    # with a in (0, 28] and in (56, 84]: 2 ln a + 2 ln(1 - a) + ln(1 - 2 a), whose slope is 0 at (5 - sqrt 5) / 10
    curve = interval_censored_curve([0, 0, 28, 28, 56], [28, 56, 56, 84, INF])
    a = (5 - math.sqrt(5)) / 10
    assert [tuple(each) for each in curve.intervals] == [
        (0, 28, pytest.approx(a, abs=1e-12)),
        (28, 56, pytest.approx(1 - 2 * a, abs=1e-12)),
        (56, 84, pytest.approx(a, abs=1e-12)),
    ]


def test_nobody_was_seen_with_the_event():
    curve = interval_censored_curve([3, 8], [INF, INF])
    assert curve.intervals == ((8, INF, 1),)
    assert curve.survival_at(8) == 1
    assert curve.log_likelihood == 0


# R, plain loops, Kaplan-Meier


def test_r_curves():
    """Where R's steps, gone on with, reach an end; in the two other sets a mass goes to 0 as slowly as 1 / steps."""
    assert [case["ended"] for case in R_SETS].count(False) == 2
    for case in R_SETS:
        ends = sorted({end for end in (*case["left"], *case["right"]) if end is not None})
        right = [INF if end is None else end for end in case["right"]]
        ours = interval_censored_curve(case["left"], right).survival_at(ends)
        jumps = list(zip(case["time"], case["further"], strict=True))
        theirs = np.array([1 - math.fsum(mass for t, mass in jumps if t <= end) for end in ends])
        known = ~np.isnan(ours)
        assert ours[known] == pytest.approx(theirs[known], abs=1e-11 if case["ended"] else 1e-5)


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_no_likelihood_is_below_that_of_r(start):
    for case in R_SETS[start : start + 50]:
        rows = [(a, INF if b is None else b) for a, b in zip(case["left"], case["right"], strict=True)]
        curve = interval_censored_curve(*zip(*rows, strict=True))
        jumps = [(t, t, mass) for t, mass in zip(case["time"], case["mass"], strict=True)]
        never = 1 - sum(case["mass"])
        theirs = math.fsum(
            math.log(sum(m for t, _, m in jumps if a < t <= b or a == b == t) + (never if b == INF else 0)) for a, b in rows
        )
        assert curve.log_likelihood >= theirs - 1e-12
        assert curve.log_likelihood == pytest.approx(likelihood(rows, curve.intervals), abs=1e-10)
        assert 0 <= curve.max_gradient <= 1e-9 * curve.n
        assert math.fsum(each.mass for each in curve.intervals) == pytest.approx(1, abs=1e-12)


def test_r_is_near_where_it_does_not_end_early():
    case = R_SETS[0]
    curve = interval_censored_curve(*TEN)
    left = 1 - np.cumsum(case["mass"])
    theirs = [left[case["time"].index(t)] for t in (28, 56, 84)]
    assert [curve.survival_at(t) for t in (28, 56, 84)] == pytest.approx(theirs, abs=1e-4)


@given(rows_of_intervals)
def test_self_consistency_comes_as_far_and_no_farther(rows):
    curve = interval_censored_curve(*zip(*rows, strict=True))
    slow = self_consistent(rows)
    assert curve.log_likelihood == pytest.approx(likelihood(rows, curve.intervals), abs=1e-10)
    assert curve.log_likelihood >= likelihood(rows, slow) - 1e-10
    assert curve.log_likelihood == pytest.approx(likelihood(rows, slow), abs=1e-2)
    assert curve.max_gradient <= 1e-9 * curve.n


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=12))
def test_exact_and_right_censored_times_give_the_kaplan_meier_curve(rows):
    times, known = (list(column) for column in zip(*rows, strict=True))
    curve = interval_censored_curve(times, [t if event else INF for t, event in rows])
    for t in times:
        if (theirs := kaplan_meier(times, known).survival_at(t)) is not None:
            assert curve.survival_at(t) == pytest.approx(theirs, abs=1e-9)


@given(rows_of_intervals, st.randoms(use_true_random=False), st.sampled_from([0.5, 1e-200, 1e160]))
def test_neither_order_nor_unit_matters(rows, random, unit):
    curve = interval_censored_curve(*zip(*rows, strict=True))
    shuffled = random.sample(rows, len(rows))
    assert interval_censored_curve(*zip(*shuffled, strict=True)) == curve
    scaled = interval_censored_curve(*((unit * np.array(column)).tolist() for column in zip(*rows, strict=True)))
    assert [each.mass for each in scaled.intervals] == [each.mass for each in curve.intervals]
    bounds = [curve.survival_bounds(t) for t in range(8)]
    assert all(0 <= low <= high <= 1 for low, high in bounds)
    assert sorted((low for low, _ in bounds), reverse=True) == [low for low, _ in bounds]


def test_many_patients_reach_the_maximum_too():
    rng = np.random.default_rng(5)
    time, begin, width = rng.exponential(50, 800), rng.uniform(0, 20, 800), rng.uniform(5, 30, 800)
    looks_before = np.floor(np.maximum(time - begin, 0) / width)
    left = np.where(time < begin, 0, begin + looks_before * width)
    right = np.where(time < begin, begin, begin + (looks_before + 1) * width)
    curve = interval_censored_curve(left, np.where(right > 150, INF, right))
    assert curve.max_gradient <= 1e-9 * 800
    for t in (20, 60, 100):
        low, high = curve.survival_bounds(t)
        assert low - 0.08 <= math.exp(-t / 50) <= high + 0.08


# What is refused, and what a result is


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        ([], [], "'left' must hold at least one value."),
        ([1, 5], [2, 4], "'right' must not lie before 'left' (got 4) at position 1."),
        ([-1], [2], "'left' must be at least 0 (got -1) at position 0."),
        ([INF], [INF], "'left' must be finite (got inf) at position 0."),
        ([None], [2], "'left' must not be missing (got nan) at position 0."),
        ([1], [None], "'right' must not be missing (got nan) at position 0."),
        ([1], [1e305], "'right' must be at most 1e+300 in size (got 1e+305) at position 0."),
        ([1, 2], [3], "'left' and 'right' must have equal lengths (got left 2, right 1)."),
    ],
)
def test_what_is_no_interval_is_refused(left, right, message):
    with pytest.raises(ValueError, match="'") as refused:
        interval_censored_curve(left, right)
    assert str(refused.value) == message


def test_a_curve_is_plain_and_equal_by_content():
    curve = interval_censored_curve(pd.Series(TEN[0], dtype="Int64"), pd.Series(TEN[1]))
    assert pickle.loads(pickle.dumps(curve)) == curve == interval_censored_curve(*TEN)
    assert {type(number) for each in curve.intervals for number in each} == {float}
    assert type(curve.survival_at(28)) is float
    with pytest.raises(ValueError, match=r"^'t' must be at least 0 \(got -1\)\.$"):
        curve.survival_at(-1)


def test_the_median_lies_where_at_most_half_of_the_mass_is_left():
    assert interval_censored_curve([0, 0, 10, 10], [10, 10, 20, 20]).median_interval()[:2] == (0, 10)  # exactly half
    assert interval_censored_curve([0, 10, 10, 10], [10, 20, 20, 20]).median_interval()[:2] == (10, 20)
    assert interval_censored_curve([0, 10, 10], [10, np.inf, np.inf]).median_interval() is None
    assert interval_censored_curve([0, 0, 10], [10, 10, np.inf]).median_interval()[:2] == (0, 10)
    thirds = interval_censored_curve([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]).median_interval()
    assert thirds[:2] == (2, 3)  # 1 - 1/6 - 1/6 - 1/6 is a half but for rounding


def test_a_curve_shows_its_masses_and_the_likelihood_it_reaches():
    shown = table_text(interval_censored_curve([0, 0, 10], [10, 10, 20])._shown()).splitlines()
    assert shown[0] == "Masses of an interval-censored curve"
    assert [line.split() for line in shown if line.startswith("  ") and "--" not in line] == [
        *(["after", "up", "to", "mass"], ["0", "10", "0.6667"], ["10", "20", "0.3333"]),
        ["3", "patients;", "log-likelihood", "-1.91."],
    ]
