"""The Kaplan-Meier curve against fractions worked by hand, printed results, a naive reference and R."""

import copy
import functools
import itertools
import math
import pickle
import runpy
import subprocess
import sys
import warnings
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo.survival import ConfidenceBand, RestrictedMean, check_until, kaplan_meier, reverse_kaplan_meier

Z = 1.959963984540054
TRANSFORMS = ("log-log", "log", "plain")

# Saito et al. 2008, Table 4: days of normal CK of the 13 patients whose CK normalized, and whether it rose again.
DURATIONS = [254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131, 52]
EVENTS = [0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0]
# The same patients' days from the start of treatment.
FROM_START = [279, 390, 472, 139, 444, 137, 438, 96, 255, 400, 628, 180, 59]

# SAS results printed by the CAMIS project for these ten patients.
CAMIS = ([54, 75, 77, 84, 87, 92, 103, 105, 112, 118], [1] * 5 + [0] * 5)

STORED = runpy.run_path(str(Path(__file__).with_name("reference") / "stored.py"))
REFERENCE, DATASETS = STORED["load"]("survival"), STORED["load"]("datasets")
SETS = STORED["survival_sets"]()  # the paper's, awkward ones, random trials, and the data sets of R's survival package


# --- a naive reference: patients are counted one by one, S is a fraction ---------------------------------------------


def naive_steps(durations, events):
    """Each distinct time with those at risk, events, censorings, S and Greenwood's sum (None where it is infinite)."""
    s, greenwood, steps = Fraction(1), Fraction(0), []
    for t in sorted(set(durations)):
        n = sum(1 for d in durations if d >= t)
        d = sum(1 for time, event in zip(durations, events, strict=True) if time == t and event)
        c = sum(1 for time, event in zip(durations, events, strict=True) if time == t and not event)
        s *= Fraction(n - d, n)
        greenwood = None if n == d or greenwood is None else greenwood + Fraction(d, n * (n - d))
        steps.append((t, n, d, c, s, greenwood))
    return steps


def naive_quantile(durations, events, q):
    deaths = [(t, s) for t, _, d, _, s, _ in naive_steps(durations, events) if d]
    for k, (t, s) in enumerate(deaths):
        if s < 1 - q or (s == 1 - q and k + 1 == len(deaths)):
            return float(t)
        if s == 1 - q:
            return (t + deaths[k + 1][0]) / 2
    return None


def naive_s(durations, events, t):
    s = Fraction(1)
    for time, *_, value, _ in naive_steps(durations, events):
        if time <= t:
            s = value
    return s


def naive_restricted_mean(durations, events, until):
    """Mean and variance, the area being summed over the stretches between all distinct times."""

    def area(start):
        edges = sorted({start, until} | {t for t in durations if start < t < until})
        pairs = itertools.pairwise(edges)
        return sum((Fraction(b - a) * naive_s(durations, events, a) for a, b in pairs), Fraction(0))

    variance = Fraction(0)
    for t, n, d, *_ in naive_steps(durations, events):
        if t <= until and d and n > d:
            variance += area(t) ** 2 * Fraction(d, n * (n - d))
    return area(0), variance


def naive_limits(s, greenwood, transform):
    if s == 1:
        return 1.0, 1.0
    if s == 0:
        return math.nan, math.nan
    root = math.sqrt(greenwood)
    if transform == "plain":
        return max(0.0, s - Z * s * root), min(1.0, s + Z * s * root)
    if transform == "log":
        return math.exp(math.log(s) - Z * root), min(1.0, math.exp(math.log(s) + Z * root))
    middle, reach = math.log(-math.log(s)), Z * root / abs(math.log(s))
    return math.exp(-math.exp(middle + reach)), math.exp(-math.exp(middle - reach))


patients = st.tuples(st.integers(0, 9), st.booleans())
trials = st.lists(patients, min_size=1, max_size=14).map(lambda rows: tuple(map(list, zip(*rows, strict=True))))
shares = st.integers(1, 20).map(lambda twentieths: twentieths / 20)


def test_naive_reference_gives_the_paper_by_its_own_definition():
    # The reference is itself held against figures known from elsewhere.
    assert naive_quantile(DURATIONS, EVENTS, Fraction(1, 2)) == 371
    mean, variance = naive_restricted_mean(DURATIONS, EVENTS, 423)
    assert (float(mean), round(math.sqrt(variance), 2)) == (292.75, 40.37)


# --- fractions by hand ----------------------------------------------------------------------------------------------


def test_event_table_of_four_patients_by_hand():
    frame = kaplan_meier([18, 13, 9, 13], [0, 1, 1, 0]).to_frame(transform="plain")
    assert list(frame.columns) == [
        "time",
        "n_risk",
        "n_event",
        "n_censor",
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
    ]
    assert frame["time"].tolist() == [9.0, 13.0, 18.0]
    assert frame["n_risk"].tolist() == [4, 3, 1]
    assert frame["n_event"].tolist() == [1, 1, 0]
    assert frame["n_censor"].tolist() == [0, 1, 1]
    assert frame["estimate"].tolist() == [3 / 4, 1 / 2, 1 / 2]
    # Greenwood: 1/12, then 1/12 + 1/6 = 1/4.
    assert frame["std_error"].tolist() == pytest.approx([3 / 4 * math.sqrt(1 / 12), 1 / 4, 1 / 4], abs=1e-15)
    assert frame["conf_low"].tolist() == pytest.approx([0.75 - Z * 0.75 / math.sqrt(12), 0.5 - Z / 4, 0.5 - Z / 4])
    assert frame["conf_high"].tolist() == pytest.approx([1.0, 0.5 + Z / 4, 0.5 + Z / 4])
    assert [str(dtype) for dtype in frame.dtypes] == ["float64"] + ["int64"] * 3 + ["float64"] * 4


def test_censoring_tied_with_an_event_is_still_at_risk():
    curve = kaplan_meier([3, 3, 5, 5, 8, 8], [1, 0, 1, 0, 1, 0])
    assert curve.estimate.tolist() == pytest.approx([5 / 6, 5 / 6 * 3 / 4, 5 / 6 * 3 / 4 / 2], abs=1e-16)
    assert curve.n_risk.tolist() == [6, 4, 2]
    assert curve.median == 8.0


def test_events_at_duration_zero_count_at_time_zero():
    curve = kaplan_meier([0, 0, 2, 4], [1, 0, 1, 0])
    assert curve.survival_at(0) == 0.75
    assert curve.survival_at([0, 1, 2]).tolist() == [0.75, 0.75, 0.375]
    assert curve.quantile(0.25) == 1.0
    assert curve.restricted_mean(4).mean == 2 * 0.75 + 2 * 0.375


def test_negative_zero_is_zero():
    curve = kaplan_meier([-0.0, 0.0, 2.5], [1, 1, 0])
    assert (curve.time.tolist(), curve.n_event.tolist()) == ([0.0, 2.5], [2, 0])
    assert math.copysign(1, curve.time[0]) == 1


def test_all_censored():
    curve = kaplan_meier([2, 4, 6], [0, 0, 0])
    assert (curve.n, curve.n_events, curve.median, curve.last_event_time) == (3, 0, None, None)
    assert curve.last_observed_time == 6.0
    assert curve.estimate.tolist() == [1.0, 1.0, 1.0]
    for transform in TRANSFORMS:
        assert curve.median_interval(transform=transform) == (None, None)
        assert curve.interval_at(6, transform=transform) == (1.0, 1.0)
    assert curve.restricted_mean(6) == RestrictedMean(6.0, 0.0, 6.0, 3, 0, False)
    assert curve.restricted_mean(6, small_sample=True).se == 0.0
    assert math.copysign(1, curve.restricted_mean(6, small_sample=True).se) == 1


def test_one_patient_with_the_event():
    curve = kaplan_meier([5], [True])
    assert (curve.n, curve.n_events, curve.median, curve.last_event_time) == (1, 1, 5.0, 5.0)
    assert (curve.survival_at(4.9), curve.survival_at(5), curve.survival_at(1000)) == (1.0, 0.0, 0.0)
    assert curve.interval_at(4.9) == (1.0, 1.0)
    assert curve.interval_at(5) == (None, None)
    assert curve.median_interval() == (None, None)
    # The mean is known exactly, and one patient says nothing about its spread.
    assert (curve.restricted_mean(8).mean, curve.restricted_mean(8).se) == (5.0, 0.0)
    assert curve.restricted_mean(8, small_sample=True).se is None
    assert math.isnan(curve.to_frame()["std_error"].iloc[0])


def test_one_censored_patient():
    curve = kaplan_meier([5], [False])
    assert (curve.median, curve.survival_at(5), curve.survival_at(5.1)) == (None, 1.0, None)


@pytest.mark.parametrize(
    ("durations", "events", "q", "expected"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.5, 2.5),  # S(2) is one half: midpoint
        ([1, 2, 3, 4, 5, 6], [1] * 6, 0.5, 3.5),
        ([1, 2, 3, 4, 5], [1] * 5, 0.5, 3.0),  # 3/5, then 2/5: no tie
        ([1, 2, 3, 4], [1, 1, 0, 0], 0.5, 2.0),  # a tie with no later event
        ([1, 2, 3, 4], [1, 1, 0, 1], 0.5, 3.0),  # the midpoint lies between events, not between observed times
        ([1, 2, 3, 4], [1, 0, 0, 0], 0.5, None),
        ([1, 2, 3, 4, 5, 6, 7], [1, 0, 1, 0, 1, 1, 0], 0.5, 5.0),  # 6/7, 24/35, 16/35
        ([1, 1, 2, 2, 2, 3, 4, 5], [1, 1, 0, 0, 0, 1, 0, 1], 0.5, 4.0),  # 6/8 x 2/3
        ([1, 1, *[2] * 5, 3, 3, 4, 5, 6], [1, 1, *[0] * 5, 1, 1, 1, 0, 1], 0.5, 3.5),  # 10/12 x 3/5
        ([5, 5, 5, 7, 7, 9], [1, 1, 1, 0, 1, 1], 0.5, 6.0),  # several events at once
        ([1, 2, 3, 4], [1, 1, 1, 1], 1, 4.0),  # S reaches 0, no later event
        ([1, 2, 3, 4], [1, 1, 1, 0], 1, None),
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.25, 1.5),
        ([1, 2, 3, 4], [1, 1, 1, 1], 1e-300, 1.0),
    ],
)
def test_quantiles_by_hand(durations, events, q, expected):
    assert kaplan_meier(durations, events).quantile(q) == expected


def test_every_tenth_of_ten_patients_is_a_midpoint():
    # In floats 1 - 0.9 and 1 - 0.7 miss the tenths; as what they mean they meet them.
    curve = kaplan_meier(range(1, 11), [1] * 10)
    assert [curve.quantile(k / 10) for k in range(1, 11)] == [*(k + 0.5 for k in range(1, 10)), 10.0]
    assert curve.quantile(0.1 + 0.2) == 3.5  # written 0.30000000000000004
    assert [curve.quantile(q) for q in np.linspace(0.1, 0.9, 9)] == [k + 0.5 for k in range(1, 10)]
    assert curve.quantile(np.float64(0.3)) == curve.quantile(np.float32(0.3)) == curve.quantile(Decimal("0.3")) == 3.5
    assert kaplan_meier([1, 2, 3], [1, 1, 1]).quantile(Fraction(1, 3)) == 1.5


def test_a_share_that_is_nearly_met_is_not_met():
    curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])
    assert [curve.quantile(q) for q in (0.4999999999, 0.5, 0.5000000001)] == [2.0, 2.5, 3.0]
    assert [curve.quantile(q) for q in (0.499, 0.501)] == [2.0, 3.0]
    thirds = kaplan_meier([1, 2, 3], [1, 1, 1])
    assert [thirds.quantile(q) for q in (0.3333333333, 0.3333333334)] == [1.0, 2.0]


def test_restricted_mean_by_hand():
    curve = kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0])
    # 1 + 3/4 + 2 x 1/2; areas ahead 7/4 and 1: 49/16 x 1/12 + 1 x 1/6 = 81/192.
    assert curve.restricted_mean(4).mean == 2.75
    assert curve.restricted_mean(4).se == pytest.approx(math.sqrt(81 / 192), abs=1e-15)
    assert curve.restricted_mean(4, small_sample=True).se == pytest.approx(math.sqrt(2 * 81 / 192), abs=1e-15)
    # Between observed times, at an event (which then counts without area), and before any event.
    assert curve.restricted_mean(2.5) == RestrictedMean(
        2.0, pytest.approx(math.sqrt(1 / 12 + 0.25**2 / 6)), 2.5, 4, 2, False
    )
    assert curve.restricted_mean(2).n_events == 2
    assert curve.restricted_mean(2).se == pytest.approx(0.75 / math.sqrt(12), abs=1e-15)
    assert curve.restricted_mean(1.5, small_sample=True) == RestrictedMean(1.375, None, 1.5, 4, 1, True)
    assert curve.restricted_mean(0.5) == RestrictedMean(0.5, 0.0, 0.5, 4, 0, False)


def test_restricted_mean_of_uncensored_durations_is_their_mean():
    rmst = kaplan_meier([2, 4, 6], [1, 1, 1]).restricted_mean(6)
    assert rmst.mean == 4.0
    # Greenwood's variance is then that of the mean with n, not n - 1: (4 + 0 + 4) / 3 / 3.
    assert rmst.se == pytest.approx(math.sqrt(8 / 9), abs=1e-15)
    # It stays where it is after S has reached 0.
    assert kaplan_meier([2, 4, 6], [1, 1, 1]).restricted_mean(60).mean == 4.0


def test_restricted_mean_interval():
    rmst = kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0]).restricted_mean(4)
    low, high = rmst.confidence_interval()
    assert (low, high) == pytest.approx((2.75 - Z * rmst.se, 2.75 + Z * rmst.se), abs=1e-14)
    narrow = rmst.confidence_interval(0.8)
    assert narrow == pytest.approx((2.75 - 1.2815515655446004 * rmst.se, 2.75 + 1.2815515655446004 * rmst.se))
    assert RestrictedMean(1.0, None, 2.0, 3, 1, True).confidence_interval() == (None, None)


# --- printed results ------------------------------------------------------------------------------------------------


def test_the_paper_by_its_own_definition():
    curve = kaplan_meier(DURATIONS, EVENTS)
    assert (curve.n, curve.n_events, curve.median) == (13, 8, 371.0)
    assert curve.median_interval() == (99.0, None)
    assert curve.median_interval(transform="log") == (131.0, None)
    rmst = curve.restricted_mean(curve.last_event_time)
    assert (rmst.until, round(rmst.mean, 2), round(rmst.se, 2)) == (423.0, 292.75, 40.37)
    assert reverse_kaplan_meier(DURATIONS, EVENTS).median == 448.0


def test_the_published_figures_follow_from_another_convention():
    events = [1, *EVENTS[1:]]
    curve = kaplan_meier(FROM_START, events)
    # S is one half from day 279 to day 390.
    assert curve.survival_at([279, 389]).tolist() == [0.5, 0.5]
    assert curve.median == 334.5
    rmst = curve.restricted_mean(438, small_sample=True)
    assert (round(rmst.mean, 1), round(rmst.mean, 2), round(rmst.se, 2)) == (302.3, 302.33, 40.04)
    # From the start of treatment alone, with patient 2 censored, the median is another.
    assert kaplan_meier(FROM_START, EVENTS).median == 390.0


def test_camis_results_of_sas():
    curve = kaplan_meier(*CAMIS)
    assert curve.quantile(0.25) == 77.0
    assert curve.quantile_interval(0.25) == (54.0, None)
    low, high = curve.interval_at(80)
    assert (curve.survival_at(80), round(low, 3), round(high, 3)) == (0.7, 0.329, 0.892)
    low, high = curve.interval_at(100)
    assert (curve.survival_at(100), round(low, 3), round(high, 3)) == (0.5, 0.184, 0.753)


# --- the naive reference on random trials ---------------------------------------------------------------------------


@given(trials)
def test_curve_equals_the_naive_reference(trial):
    curve = kaplan_meier(*trial)
    steps = naive_steps(*trial)
    counts = [curve.time, curve.n_risk, curve.n_event, curve.n_censor]
    assert [list(map(int, row)) for row in zip(*counts, strict=True)] == [list(step[:4]) for step in steps]
    assert curve.estimate.tolist() == pytest.approx([float(step[4]) for step in steps], abs=1e-14)
    assert (curve.n, curve.n_events) == (len(trial[0]), sum(trial[1]))
    events = [step[0] for step in steps if step[2]]
    assert curve.last_event_time == (events[-1] if events else None)
    assert curve.last_observed_time == steps[-1][0]


@given(trials, st.sampled_from(TRANSFORMS))
def test_bands_equal_the_naive_reference(trial, transform):
    frame = kaplan_meier(*trial).to_frame(transform=transform)
    limits = [naive_limits(s, greenwood, transform) for *_, s, greenwood in naive_steps(*trial)]
    assert frame["conf_low"].tolist() == pytest.approx([low for low, _ in limits], abs=1e-12, nan_ok=True)
    assert frame["conf_high"].tolist() == pytest.approx([high for _, high in limits], abs=1e-12, nan_ok=True)


@given(trials, shares)
def test_quantiles_equal_the_naive_reference(trial, q):
    assert kaplan_meier(*trial).quantile(q) == naive_quantile(*trial, Fraction(str(q)))


@given(trials, shares, st.sampled_from(TRANSFORMS))
def test_quantile_intervals_equal_a_walk_along_the_band(trial, q, transform):
    expected = []
    for side in (0, 1):
        reached = [
            float(t)
            for t, *_, d, _, s, greenwood in naive_steps(*trial)
            if d and naive_limits(s, greenwood, transform)[side] < 1 - q - 1e-7
        ]
        expected.append(reached[0] if reached else None)
    if q < 1:  # at 1 the plain band, cut off at 0, meets the share: see the test below
        assert kaplan_meier(*trial).quantile_interval(q, transform=transform) == tuple(expected)


def test_a_band_cut_off_at_zero_meets_the_share_one():
    curve = kaplan_meier(range(1, 6), [1] * 5)
    lower = curve.to_frame(transform="plain")["conf_low"].tolist()
    assert [low > 0 for low in lower[:4]] == [True, True, False, False]
    assert curve.quantile_interval(1, transform="plain") == (3.5, None)
    assert curve.quantile_interval(1, transform="log") == (None, None)


def test_a_band_meets_a_share_within_the_tolerance_of_r():
    curve = kaplan_meier([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0])
    lower = curve.interval_at(3, transform="log").low
    # Asked for just the share that the band has left at 3, the limit is the midpoint to the next event.
    for shift, expected in ((0, 3.5), (1e-8, 3.5), (-1e-8, 3.5), (2e-8, 4.0), (-2e-8, 3.0)):
        assert curve.quantile_interval(1 - lower + shift, transform="log").low == expected


def test_a_limit_that_meets_a_share_lies_between_events_not_between_observed_times():
    curve = kaplan_meier([1, 2, 3, 4, 5, 6, 7], [1, 1, 1, 0, 0, 1, 0])
    lower = curve.interval_at(3, transform="log").low
    assert curve.quantile_interval(1 - lower, transform="log").low == 4.5


@given(trials, st.integers(1, 9))
def test_restricted_mean_equals_the_naive_reference(trial, until):
    curve = kaplan_meier(*trial)
    if until > max(trial[0]) and curve.estimate[-1] > 0:
        with pytest.raises(ValueError, match="'until' must be at most"):
            curve.restricted_mean(until)
        return
    mean, variance = naive_restricted_mean(*trial, until)
    rmst, small = curve.restricted_mean(until), curve.restricted_mean(until, small_sample=True)
    m = sum(1 for d, e in zip(*trial, strict=True) if e and d <= until)
    assert (rmst.mean, rmst.se) == pytest.approx((float(mean), math.sqrt(variance)), abs=1e-12)
    assert (rmst.n, rmst.n_events, rmst.until, rmst.small_sample) == (len(trial[0]), m, until, False)
    assert small.se == (None if m == 1 else pytest.approx(math.sqrt(variance * m / (m - 1)), abs=1e-12))


@given(trials, st.lists(st.integers(0, 24), min_size=1, max_size=6))
def test_values_at_times_equal_the_naive_reference(trial, halves):
    curve, last = kaplan_meier(*trial), max(trial[0])
    times = [half / 2 for half in halves]
    exact = [naive_s(*trial, t) for t in times]
    expected = [float(s) if t <= last or s == 0 else math.nan for t, s in zip(times, exact, strict=True)]
    assert curve.survival_at(times).tolist() == pytest.approx(expected, abs=1e-14, nan_ok=True)
    scalars = [curve.survival_at(t) for t in times]
    assert scalars == pytest.approx([None if math.isnan(s) else s for s in expected], abs=1e-14)


# --- properties -----------------------------------------------------------------------------------------------------


@given(trials, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(trial, random):
    rows = list(zip(*trial, strict=True))
    random.shuffle(rows)
    shuffled = kaplan_meier(*map(list, zip(*rows, strict=True)))
    pd.testing.assert_frame_equal(kaplan_meier(*trial).to_frame(), shuffled.to_frame(), check_exact=True)


@given(trials)
def test_s_never_rises_and_stays_between_0_and_1(trial):
    estimate = kaplan_meier(*trial).estimate
    assert ((estimate >= 0) & (estimate <= 1)).all()
    assert (np.diff(estimate) <= 0).all()


@given(st.lists(st.integers(0, 9) | st.floats(0, 9), min_size=1, max_size=30))
def test_without_censoring_s_is_the_share_still_waiting_exactly(durations):
    curve = kaplan_meier(durations, [1] * len(durations))
    waiting = [sum(1 for d in durations if d > t) for t in curve.time]
    assert curve.estimate.tolist() == [w / len(durations) for w in waiting]


@given(trials)
def test_both_curves_multiply_up_to_the_share_still_observed(trial):
    # Shifted by half a day, no censoring is tied with an event, and S x C is the share observed beyond t.
    durations = [d if e else d + 0.5 for d, e in zip(*trial, strict=True)]
    times = sorted(set(durations))
    survival, follow_up = kaplan_meier(durations, trial[1]), reverse_kaplan_meier(durations, trial[1])
    product = survival.survival_at(times) * follow_up.survival_at(times)
    assert product.tolist() == pytest.approx([sum(d > t for d in durations) / len(durations) for t in times], abs=1e-14)


@given(trials)
def test_reversing_twice_changes_nothing(trial):
    again = reverse_kaplan_meier(trial[0], [not e for e in trial[1]])
    pd.testing.assert_frame_equal(again.to_frame(), kaplan_meier(*trial).to_frame(), check_exact=True)
    assert (again.method, kaplan_meier(*trial).method) == ("reverse Kaplan-Meier", "Kaplan-Meier")


@given(trials, st.sampled_from(TRANSFORMS), st.floats(0.01, 0.999))
def test_intervals_hold_their_estimate_and_widen_with_the_level(trial, transform, level):
    curve = kaplan_meier(*trial)
    frame, wider = curve.to_frame(level, transform), curve.to_frame((1 + level) / 2, transform)
    known = frame["conf_low"].notna()
    assert (frame["conf_low"] <= frame["estimate"] + 1e-15)[known].all()
    assert (frame["conf_high"] >= frame["estimate"] - 1e-15)[known].all()
    assert ((frame["conf_low"] >= wider["conf_low"]) & (frame["conf_high"] <= wider["conf_high"]))[known].all()
    assert known.tolist() == (frame["estimate"] > 0).tolist()
    low, high = curve.median_interval(level, transform)
    if curve.median is not None:
        assert low is None or low <= curve.median
        assert high is None or high >= curve.median


@given(trials, shares, shares)
def test_quantiles_never_fall_as_the_share_grows(trial, one, other):
    curve = kaplan_meier(*trial)
    first, second = (curve.quantile(q) for q in sorted((one, other)))
    assert second is None or (first is not None and first <= second)


@given(trials, st.floats(0.1, 9), st.floats(0.1, 9))
def test_restricted_mean_rises_with_its_limit_but_by_no_more(trial, one, other):
    curve = kaplan_meier([*trial[0], 9], [*trial[1], False])
    first, second = sorted((one, other))
    early, late = curve.restricted_mean(first), curve.restricted_mean(second)
    assert -1e-12 <= late.mean - early.mean <= second - first + 1e-12
    assert early.mean <= first + 1e-12
    assert early.n_events <= late.n_events


@given(trials, st.sampled_from([0.25, 2.0, 1024.0]))
def test_a_change_of_unit_changes_times_and_nothing_else(trial, unit):
    curve = kaplan_meier([*trial[0], 9], [*trial[1], False])
    scaled = kaplan_meier([unit * d for d in (*trial[0], 9)], [*trial[1], False])
    assert scaled.estimate.tolist() == curve.estimate.tolist()
    assert scaled.median == (None if curve.median is None else unit * curve.median)
    low, high = curve.median_interval()
    assert scaled.median_interval() == (None if low is None else unit * low, None if high is None else unit * high)
    ours, theirs = curve.restricted_mean(7), scaled.restricted_mean(7 * unit)
    assert (theirs.mean, theirs.se) == pytest.approx((unit * ours.mean, unit * ours.se), rel=1e-12)


@given(trials)
def test_counted_and_sorted_times_give_the_same_curve(trial):
    # Many patients censored at 0 make the whole days few against n, which are then counted; half days are sorted.
    durations, events = [*trial[0], *[0] * 20], [*trial[1], *[0] * 20]
    counted = kaplan_meier(durations, events)
    sorted_ = kaplan_meier([d + 0.5 for d in durations], events)
    assert (sorted_.time - 0.5).tolist() == counted.time.tolist()
    for name in ("n_risk", "n_event", "n_censor", "estimate"):
        assert getattr(sorted_, name).tolist() == getattr(counted, name).tolist()
        assert getattr(sorted_, name).dtype == getattr(counted, name).dtype


# --- many patients --------------------------------------------------------------------------------------------------


def test_many_uncensored_patients_meet_the_half_exactly():
    n = 100_000
    curve = kaplan_meier(np.arange(n) + 0.25, np.ones(n))
    assert curve.median == n / 2 - 0.25
    assert curve.quantile(0.1) == n / 10 - 0.25


def test_fractions_decide_where_floats_are_too_near():
    # Event and censoring in turn: S is a product of two hundred factors, none of which cancel.
    durations, events = list(range(400)), [1, 0] * 200
    curve = kaplan_meier(durations, events)
    exact = [s for _, _, d, _, s, _ in naive_steps(durations, events) if d][99]
    share = 1 - float(curve.survival_at(198))
    for q in (share, math.nextafter(share, 0), math.nextafter(share, 1)):
        expected = 198.0 if exact <= 1 - Fraction(str(q)) else 200.0
        assert curve.quantile(q) == expected
    assert {curve.quantile(share - 1e-12), curve.quantile(share + 1e-12)} == {198.0, 200.0}


def test_long_whole_days_do_not_take_memory_by_the_day():
    curve = kaplan_meier([1, 10**15, 10**300], [1, 1, 0])
    assert curve.time.tolist() == [1.0, 1e15, 1e300]
    assert curve.median == 1e15


# --- R --------------------------------------------------------------------------------------------------------------


def agree(ours, r, where):
    """Equal to 1e-10, relative above 1; None and NaN where R has NA."""
    if r is None or ours is None or math.isnan(ours):
        assert r is None, where
        assert ours is None or math.isnan(ours), where
    else:
        assert abs(ours - r) <= 1e-10 * max(1.0, abs(r)), where


@functools.cache
def curves():
    return [(each, kaplan_meier(each["durations"], each["events"])) for each in SETS]


def test_reference_says_what_made_it():
    for reference in (REFERENCE, DATASETS):
        assert (reference["R"], reference["survival"]) == ("4.2.2", "3.5.3")
        assert (reference["levels"], reference["shares"]) == ([0.8, 0.9, 0.95, 0.99], [k / 10 for k in range(1, 10)])
    assert (len(REFERENCE["sets"]), len(DATASETS["sets"]), len(SETS)) == (223, 15, 238)


def test_data_sets_are_rebuilt_from_event_tables():
    table = {"time": [2, 5], "n_event": [2, 0], "n_censor": [1, 1]}
    rebuilt = STORED["rebuild"]([table, {"time": [0.5], "n_event": [0], "n_censor": [1]}])
    assert (rebuilt["durations"], rebuilt["events"]) == ([2, 2, 2, 5, 0.5], [1, 1, 0, 0, 0])
    assert rebuilt["groups"] == rebuilt["values"] == [1, 1, 1, 1, 2]


def test_r_event_table_and_estimates():
    for each, curve in curves():
        frame = curve.to_frame()
        for name in ("time", "n_risk", "n_event", "n_censor"):
            assert frame[name].tolist() == each[name]
        for name in ("estimate", "std_error"):
            for ours, r in zip(frame[name], each[name], strict=True):
                agree(ours, r, (each["name"], name))


def test_r_groups():
    compared = 0
    for each in SETS[-len(DATASETS["sets"]) :]:
        rows = list(zip(each["durations"], each["events"], each["groups"], strict=True))
        for group, r in enumerate(each["tables"], start=1):
            curve = kaplan_meier([d for d, _, g in rows if g == group], [e for _, e, g in rows if g == group])
            for name in ("time", "n_risk", "n_event", "n_censor"):
                assert getattr(curve, name).tolist() == r[name], (each["name"], group, name)
            for ours, limit in zip(
                (curve.median, *curve.median_interval()), (r["median"], r["low"], r["high"]), strict=True
            ):
                agree(ours, limit, (each["name"], group))
            compared += 1
    assert compared == 38


def test_r_joins_nearly_equal_times():
    # Difference: R takes times that differ by a relative 1.5e-8 or less for one (timefix). Here 0.1 + 0.2, which is
    # 0.30000000000000004, and 0.3 are two. R joined none in its own data sets.
    assert REFERENCE["nearly_equal_n_event"] == [2, 1]
    assert kaplan_meier([0.3, 0.1 + 0.2, 1], [1, 1, 1]).n_event.tolist() == [1, 1, 1]
    assert [each["joined_times"] for each in DATASETS["sets"]] == [0] * 15


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_r_bands(transform):
    undefined_in_r = 0
    for each, curve in curves():
        frame = curve.to_frame(transform=transform)
        for ours, name in (("conf_low", "low"), ("conf_high", "high")):
            for s, limit, r in zip(curve.estimate, frame[ours], each[transform][name], strict=True):
                # Difference: before the first event R leaves the log-log band undefined; here it is [1, 1].
                if s == 1 and transform == "log-log":
                    assert (limit, r) == (1.0, None)
                    undefined_in_r += 1
                else:
                    agree(limit, r, (each["name"], transform, name))
    assert undefined_in_r == (128 if transform == "log-log" else 0)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_r_printed_median_and_intervals_at_four_levels(transform):
    for each, curve in curves():
        agree(curve.median, each["median"], each["name"])
        r = each[transform]
        for level, low, high in zip(REFERENCE["levels"], r["median_low"], r["median_high"], strict=True):
            ours = curve.median_interval(level, transform)
            agree(ours.low, low, (each["name"], transform, level))
            agree(ours.high, high, (each["name"], transform, level))


def test_r_quantiles():
    no_later_event = []
    for each, curve in curves():
        for q, r in zip(REFERENCE["shares"], each["quantile"], strict=True):
            ours = curve.quantile(q)
            # Difference: where S meets 1 - q at the last event and follow-up goes on, R's quantile() takes the midpoint
            # of that event and the end of follow-up. Here, as in R's printed table, it is the event.
            if ours != r and ours == curve.last_event_time < curve.last_observed_time:
                assert naive_s(each["durations"], each["events"], ours) == 1 - Fraction(str(q))
                assert r == (ours + curve.last_observed_time) / 2
                no_later_event.append(each["name"])
            else:
                agree(ours, r, (each["name"], q))
    assert no_later_event == ["CAMIS", "half, no later event", "trial 74", "trial 152", "trial 167"]


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_r_quantile_intervals(transform):
    differs = []
    for each, curve in curves():
        for q, *r in zip(
            REFERENCE["shares"], each[transform]["quantile_low"], each[transform]["quantile_high"], strict=True
        ):
            interval = curve.quantile_interval(q, transform=transform)
            for side, ours, limit in zip(("low", "high"), interval, r, strict=True):
                # Difference: where the band rises again after a fall, R's quantile() sorts it first. Here the limit is
                # the first time at which the band has fallen to 1 - q, as in R's printed table.
                if ours != limit:
                    frame = curve.to_frame(transform=transform)
                    assert (frame[f"conf_{side}"].dropna().diff() > 1e-12).any()
                    assert frame.loc[frame["time"] == ours, f"conf_{side}"].item() <= 1 - q
                    differs.append((each["name"], q, ours, limit))
    rising = [("trial 109", 0.1, 18.0, 19), ("aml, by maintenance", 0.5, 45.0, 48)]
    assert differs == (rising if transform == "log" else [])


def test_r_restricted_means():
    beyond, before, equal = 0, 0, 0
    for each, curve in curves():
        for r in each["restricted_mean"]:
            until = r["until"]
            # Difference: R extends S beyond the last observed time without saying so; here that is refused.
            if until > curve.last_observed_time and curve.estimate[-1] > 0:
                with pytest.raises(ValueError, match="'until' must be at most"):
                    curve.restricted_mean(until)
                beyond += 1
                continue
            rmst, small = curve.restricted_mean(until), curve.restricted_mean(until, small_sample=True)
            # Difference: R refuses a time before the first observed one; here S is 1 up to there.
            if until < curve.time[0]:
                assert (r["mean"], r["se"]) == (None, None)
                assert (rmst.mean, rmst.se, small.se) == (until, 0.0, 0.0)
                before += 1
                continue
            agree(rmst.mean, r["mean"], each["name"])
            agree(rmst.se, r["se"], each["name"])
            # R has no small-sample factor: it is put to R's standard error here.
            m = sum(d for time, d in zip(each["time"], each["n_event"], strict=True) if time <= until)
            agree(small.se, None if m == 1 else r["se"] * math.sqrt(m / (m - 1)) if m else 0.0, each["name"])
            equal += 1
    assert (beyond, before, equal) == (127, 10, 627)


def test_r_median_follow_up():
    for each in SETS:
        agree(reverse_kaplan_meier(each["durations"], each["events"]).median, each["follow_up"], each["name"])


# --- times asked for ------------------------------------------------------------------------------------------------


def test_numbers_give_numbers_and_columns_give_arrays():
    curve = kaplan_meier(*CAMIS)
    assert type(curve.survival_at(80)) is float
    assert type(curve.interval_at(np.int64(80)).low) is float
    assert curve.survival_at(np.array(80.0)) == 0.7
    for times in ([80, 119], (80, 119), np.array([80, 119]), pd.Series([80, 119], index=["a", "b"])):
        values, band = curve.survival_at(times), curve.interval_at(times)
        assert isinstance(values, np.ndarray)
        assert values.dtype == np.float64
        assert values.tolist() == pytest.approx([0.7, math.nan], nan_ok=True)
        assert isinstance(band, ConfidenceBand)
        assert band.low.round(3).tolist() == pytest.approx([0.329, math.nan], nan_ok=True)
        assert band.high.round(3).tolist() == pytest.approx([0.892, math.nan], nan_ok=True)
    assert curve.survival_at([]).tolist() == []


def test_a_band_is_read_only_and_compares_by_content():
    curve = kaplan_meier(*CAMIS)
    band, again, other = curve.interval_at([80, 119]), curve.interval_at([80, 119]), curve.interval_at([80, 100])
    assert not band.low.flags.writeable
    assert not band.high.flags.writeable
    assert (band == again, band != again, band == other, band != other) == (True, False, False, True)
    assert (band == curve.interval_at([80]), band == tuple(band), band != (1, 2)) == (False, False, True)


def test_a_missing_time_has_a_missing_value_even_where_s_is_zero():
    curve = kaplan_meier([1, 2], [1, 1])
    assert (curve.survival_at(3), curve.survival_at(math.nan), curve.survival_at(None)) == (0.0, None, None)
    assert curve.survival_at([1, None, 3]).tolist() == pytest.approx([0.5, math.nan, 0.0], nan_ok=True)
    assert curve.interval_at(math.nan) == (None, None)


def test_intervals_take_their_level_and_transform():
    curve = kaplan_meier(*CAMIS)
    for transform in TRANSFORMS:
        frame = curve.to_frame(0.9, transform)
        row = frame[frame["time"] == 84].iloc[0]
        assert curve.interval_at(85, 0.9, transform) == (row["conf_low"], row["conf_high"])
    assert curve.interval_at(85) == curve.interval_at(85, 0.95, "log-log")
    assert curve.median_interval() == curve.quantile_interval(0.5, 0.95, "log-log")
    # An extreme level is still a level.
    assert curve.interval_at(85, math.nextafter(1, 0), "plain") == (0.0, 1.0)


# --- input and refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "events",
    [
        [1, 0, 1],
        [True, False, True],
        (1.0, 0.0, 1.0),
        np.array([1, 0, 1], dtype=np.uint8),
        pd.Series([True, False, True]),
        pd.Series([1, 0, 1], dtype="Int64"),
    ],
)
def test_events_of_every_storage_type(events):
    curve = kaplan_meier([1, 2, 3], events)
    assert curve.n_event.tolist() == [1, 0, 1]
    assert reverse_kaplan_meier([1, 2, 3], events).n_event.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("durations", "events", "message"),
    [
        ([], [], "'durations' must hold at least one value."),
        ([1, -2], [1, 1], "'durations' must be at least 0 (got -2) at position 1."),
        ([1, None], [1, 1], "'durations' must not be missing (got nan) at position 1."),
        ([1, math.inf], [1, 1], "'durations' must be finite (got inf) at position 1."),
        ([1, "2"], [1, 1], "'durations' must hold numbers (got '2') at position 1."),
        (5, 1, "'durations' must be a column of numbers (got 5)."),
        ([1, 2, 3], [1, 2, 2], "'events' must be 0 or 1 (got 2) at position 1, and 1 more."),
        ([1, 2], [1, 0.5], "'events' must be 0 or 1 (got 0.5) at position 1."),
        ([1, 2], [-1, 0], "'events' must be 0 or 1 (got -1) at position 0."),
        ([1, 2], [1, math.nan], "'events' must not be missing (got nan) at position 1."),
        ([1, 2], ["1", "0"], "'events' must hold numbers (got '1') at position 0."),
        ([1, 2], [1], "'durations' and 'events' must have equal lengths (got durations 2, events 1)."),
        (
            pd.Series([1, -2], index=pd.Index(["P01", "P02"], name="patient")),
            [1, 1],
            "'durations' must be at least 0 (got -2) for patient 'P02'.",
        ),
        (
            pd.Series([1, 2], index=["a", "b"]),
            pd.Series([1, 2], index=["b", "a"]),
            "'durations' and 'events' must have equal indexes (got ['a', 'b'] and ['b', 'a']).",
        ),
    ],
)
@pytest.mark.parametrize("function", [kaplan_meier, reverse_kaplan_meier])
def test_faulty_data_are_refused(function, durations, events, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        function(durations, events)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda curve: curve.quantile(0), "'q' must be greater than 0 and at most 1 (got 0)."),
        (lambda curve: curve.quantile(1.01), "'q' must be greater than 0 and at most 1 (got 1.01)."),
        (lambda curve: curve.quantile(50), "'q' must be greater than 0 and at most 1 (got 50)."),
        (lambda curve: curve.quantile(True), "'q' must be greater than 0 and at most 1 (got True)."),
        (lambda curve: curve.quantile("0.5"), "'q' must be greater than 0 and at most 1 (got '0.5')."),
        (lambda curve: curve.quantile(math.nan), "'q' must be greater than 0 and at most 1 (got nan)."),
        (lambda curve: curve.quantile_interval(-0.1), "'q' must be greater than 0 and at most 1 (got -0.1)."),
        (lambda curve: curve.median_interval(95), "'level' must lie strictly between 0 and 1 (got 95)."),
        (
            lambda curve: curve.median_interval(transform="loglog"),
            "'transform' must be one of 'log-log', 'log', 'plain' (got 'loglog').",
        ),
        (
            lambda curve: curve.interval_at(1, transform=None),
            "'transform' must be one of 'log-log', 'log', 'plain' (got None).",
        ),
        (lambda curve: curve.to_frame(level=1), "'level' must lie strictly between 0 and 1 (got 1)."),
        (lambda curve: curve.survival_at(-1), "'t' must be at least 0 (got -1)."),
        (lambda curve: curve.survival_at([1, -1]), "'t' must be at least 0 (got -1) at position 1."),
        (lambda curve: curve.interval_at(math.inf), "'t' must be finite (got inf)."),
        (
            lambda curve: curve.restricted_mean(9, small_sample=2),
            "'small_sample' must be one of True, False (got 2).",
        ),
        (lambda curve: curve.restricted_mean(0), "'until' must be a finite number greater than 0 (got 0)."),
        (lambda curve: curve.restricted_mean(-3), "'until' must be a finite number greater than 0 (got -3)."),
        (lambda curve: curve.restricted_mean(math.inf), "'until' must be a finite number greater than 0 (got inf)."),
        (lambda curve: curve.restricted_mean(math.nan), "'until' must be a finite number greater than 0 (got nan)."),
        (lambda curve: curve.restricted_mean("9"), "'until' must be a finite number greater than 0 (got '9')."),
        (lambda curve: curve.restricted_mean(True), "'until' must be a finite number greater than 0 (got True)."),
        (
            lambda curve: curve.restricted_mean(118.5),
            "'until' must be at most 118, the last observed time, since S has not reached 0 (got 118.5).",
        ),
        (
            lambda curve: curve.restricted_mean(100).confidence_interval(0),
            "'level' must lie strictly between 0 and 1 (got 0).",
        ),
        (
            lambda _: RestrictedMean(1.0, None, 2.0, 3, 1, True).confidence_interval(2),
            "'level' must lie strictly between 0 and 1 (got 2).",
        ),
    ],
)
def test_faulty_questions_are_refused(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call(kaplan_meier(*CAMIS))
    assert str(caught.value) == message


# --- results, hand-over and the caller's state ----------------------------------------------------------------------


def test_results_are_plain_frozen_and_do_not_change():
    curve = kaplan_meier(DURATIONS, EVENTS)
    assert repr(curve) == "SurvivalCurve(n=13, n_events=8, method='Kaplan-Meier')"
    for value in (curve.median, curve.last_event_time, curve.last_observed_time, *curve.median_interval(0.8)):
        assert type(value) is float
    rmst = curve.restricted_mean(np.int64(400))
    assert [type(value) for value in (rmst.mean, rmst.se, rmst.until)] == [float] * 3
    assert [type(value) for value in (curve.n, curve.n_events, rmst.n, rmst.n_events)] == [int] * 4
    assert rmst.method == "Greenwood"
    for name in ("time", "n_risk", "n_event", "n_censor", "estimate"):
        assert not getattr(curve, name).flags.writeable
    before = curve.to_frame()
    changed = curve.to_frame()
    changed.loc[:, :] = -1
    pd.testing.assert_frame_equal(curve.to_frame(), before)
    with pytest.raises(AttributeError):
        curve.n = 5
    assert curve == curve
    assert curve == kaplan_meier(DURATIONS, EVENTS) != kaplan_meier(DURATIONS[1:], EVENTS[1:])
    for again in (pickle.loads(pickle.dumps(curve)), copy.copy(curve), copy.deepcopy(curve)):
        assert again == curve
        assert not again.estimate.flags.writeable
    assert hash(curve) == hash(curve)


def test_input_is_left_as_it_was():
    durations, events = np.array([3.5, 1.0, 2.0, 2.0]), np.array([1.0, 0.0, 1.0, 0.0])
    durations.setflags(write=False)
    events.setflags(write=False)
    kaplan_meier(durations, events)
    days = np.array([3.0, 1.0, 2.0, 2.0])
    kaplan_meier(days, events)
    assert days.tolist() == [3.0, 1.0, 2.0, 2.0]
    strided = np.arange(8.0)[::2]
    assert kaplan_meier(strided, [1, 1, 1, 1]).time.tolist() == [0.0, 2.0, 4.0, 6.0]


def test_lifelines_receives_the_same_data():
    curve = kaplan_meier(DURATIONS, EVENTS)
    fitter = curve.to_lifelines()
    assert sorted(zip(fitter.durations, fitter.event_observed, strict=True)) == sorted(zip(DURATIONS, EVENTS, strict=True))
    assert fitter.predict(curve.time).tolist() == pytest.approx(curve.estimate.tolist(), abs=1e-12)
    band = fitter.confidence_interval_.loc[1:].to_numpy()
    ours = curve.to_frame()[["conf_low", "conf_high"]].to_numpy()
    assert band == pytest.approx(ours, abs=1e-12)
    assert fitter.median_survival_time_ == curve.median
    # Where S meets one half, lifelines does not take the midpoint.
    tied = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])
    assert (tied.median, float(tied.to_lifelines().median_survival_time_)) == (2.5, 2.0)


@pytest.mark.parametrize("trial", [(DURATIONS, EVENTS), ([5], [1]), ([2, 4], [0, 0]), ([1.5, 0.5], [1, 1])])
def test_numpy_settings_and_warning_filters_survive(trial):
    kaplan_meier(*trial).to_lifelines()  # importing lifelines may add filters of its own
    filters = list(warnings.filters)
    with np.errstate(all="raise"):
        settings_before = np.geterr()
        curve = kaplan_meier(*trial)
        for transform in TRANSFORMS:
            curve.to_frame(transform=transform)
            curve.quantile_interval(0.5, transform=transform)
            curve.interval_at([0, 1, 100], transform=transform)
        curve.restricted_mean(2)
        curve.to_lifelines()
        assert np.geterr() == settings_before
    assert warnings.filters == filters


def test_importing_the_module_is_light():
    code = "import sys, ivigmyo.contrasts; print([m for m in ('lifelines', 'scipy', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@given(trials, st.floats(0.1, 20))
def test_a_restricted_mean_exists_exactly_where_the_curve_is_known_up_to_its_limit(trial, until):
    curve = kaplan_meier(*trial)
    known = until <= max(trial[0]) or curve.survival_at(max(trial[0])) == 0
    if known:
        check_until(curve, until)
        found = curve.restricted_mean(until)
        assert 0 <= found.mean <= until + 1e-12
        low, high = found.confidence_interval(0.9)
        # an interval is symmetric and widens with the level
        if low is not None:
            lower, higher = found.confidence_interval(0.95)
            assert lower <= low <= found.mean <= high <= higher
            assert low + high == pytest.approx(2 * found.mean, abs=1e-9)
    else:
        for call in (lambda: check_until(curve, until), lambda: curve.restricted_mean(until)):
            with pytest.raises(ValueError, match="'until' must be at most"):
                call()


@given(trials)
@settings(settings.get_profile("whole"))
def test_lifelines_counts_the_same_rows(trial):
    curve = kaplan_meier(*trial)
    fitted = curve.to_lifelines()
    table = fitted.event_table.loc[curve.time]
    assert table["observed"].tolist() == curve.n_event.tolist()
    assert table["censored"].tolist() == curve.n_censor.tolist()
    assert table["at_risk"].tolist() == curve.n_risk.tolist()
    assert fitted.survival_function_at_times(curve.time).tolist() == pytest.approx(curve.estimate.tolist(), abs=1e-12)
    assert (curve.last_observed_time, curve.n) == (max(trial[0]), len(trial[0]))
    happened = [d for d, e in zip(*trial, strict=True) if e]
    assert curve.last_event_time == max(happened, default=None)
    assert curve.n_censor.sum() + curve.n_event.sum() == curve.n


def test_numbers_by_name_hold_the_median_with_its_limits():
    curve = kaplan_meier(*CAMIS)
    row = curve.to_dict(0.8)
    numbers = ("median", "median_conf_low", "median_conf_high", "level")
    assert [row[name] for name in numbers] == [curve.median, *curve.median_interval(0.8), 0.8]
    assert curve.to_dict() == curve.to_dict(0.95) != row
