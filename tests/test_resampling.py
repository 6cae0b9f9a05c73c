"""Bootstrap intervals against fractions worked by hand, scipy's BCa on the same samples, and the printed estimates."""

import math
import warnings
from statistics import NormalDist

import attrs
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.estimates import ConfidenceInterval
from ivigmyo.resampling import (
    BootstrapEstimate,
    bootstrap_geometric_ratio,
    bootstrap_mean_change,
    bootstrap_median,
    bootstrap_response_rate,
    bootstrap_restricted_mean,
)
from ivigmyo.resampling import bootstrap as resampling
from ivigmyo.resampling.replicates import draw_weights
from ivigmyo.response import response_rate
from ivigmyo.survival import kaplan_meier

DURATIONS = [254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131, 52]
EVENTS = [0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0]
BASELINE = [4565, 554, 366, 973, 2871, 275, 1107, 487, 282, 183, 2482, 581, 2023, 2005, 143]
AFTER = [1570, 82, 83, 147, 1141, 35, 164, 199, 34, 51, 255, 65, 159, 418, 73]
MMT_BASELINE = [59, 53, 62, 74, 76, 61, 69, 41, 64, 46, 59, 68, 42, 27, 60]
MMT_AFTER = [85, 65, 74, 89, 81, 73, 88, 45, 83, 67, 67, 75, 68, 33, 63]


def estimate_of(distribution, estimate, *, undefined="left out", jackknife=(0.0, 0.0), level=0.5, method="percentile"):
    """A result with a distribution worked out by hand."""
    distribution = np.array(distribution, dtype=float)
    return BootstrapEstimate(
        estimate=estimate,
        n=len(jackknife),
        n_excluded=0,
        n_resamples=len(distribution),
        n_undefined=int(np.isnan(distribution).sum()),
        undefined=undefined,
        statistic="any",
        method=method,
        level=level,
        seed=0,
        distribution=distribution,
        jackknife=np.array(jackknife, dtype=float),
    )


# --- limits by hand ---------------------------------------------------------------------------------------------------


def test_percentile_limits_are_linear_between_two_ranks():
    boot = estimate_of([5, 1, 4, 2], 3.0)
    # at 1/4 and 3/4 of the three steps between four ranks: 1 + 3/4 x 1, and 4 + 1/4 x 1
    assert boot.confidence_interval() == (1.75, 4.25)
    assert boot.confidence_interval(level=0.9) == pytest.approx((1.15, 4.85))


def test_a_limit_among_medians_that_are_not_reached_does_not_exist():
    boot = estimate_of([3, np.nan, 1, 2], 3.0, undefined="ranked highest")
    assert boot.confidence_interval() == ConfidenceInterval(1.75, None)
    # a limit that falls on the last median that is reached exists
    assert estimate_of([1, 2, 3, 4, np.nan], 3.0, undefined="ranked highest").confidence_interval() == (2.0, 4.0)
    assert estimate_of([np.nan] * 3, None, undefined="ranked highest").confidence_interval() == (None, None)


def test_samples_that_say_nothing_are_left_out():
    boot = estimate_of([3, np.nan, 1, 2], 3.0)
    assert boot.confidence_interval() == (1.5, 2.5)
    nothing = estimate_of([np.nan, np.nan], 3.0)
    assert nothing.confidence_interval() == (None, None)


def test_the_bias_correction_counts_ties_half():
    # one below and one tie of four: (1 + 1/2) / 4
    boot = estimate_of([1, 2, 3, 4], 2.0)
    assert boot.bias_correction == NormalDist().inv_cdf(3 / 8)
    # values that differ by rounding are ties
    assert estimate_of([1, 2 * (1 + 1e-15), 2 * (1 - 1e-15), 4], 2.0).bias_correction == NormalDist().inv_cdf(0.5)
    assert estimate_of([-1, -2 * (1 + 1e-15), -4, -4], -2.0).bias_correction == NormalDist().inv_cdf(5 / 8)


def test_the_bias_correction_ranks_medians_that_are_not_reached_highest():
    # an estimate that is not reached: two below, two ties
    boot = estimate_of([1, np.nan, 2, np.nan], None, undefined="ranked highest")
    assert boot.bias_correction == NormalDist().inv_cdf(3 / 4)
    # one below, one tie, two above
    boot = estimate_of([1, np.nan, 2, np.nan], 2.0, undefined="ranked highest")
    assert boot.bias_correction == NormalDist().inv_cdf(3 / 8)


@pytest.mark.parametrize("estimate", [0.5, 9.0])
def test_without_a_sample_on_one_side_there_is_no_bias_correction(estimate):
    boot = estimate_of([1, 2, 3, 4], estimate, method="BCa")
    assert boot.bias_correction is None
    assert boot.confidence_interval() == (None, None)
    assert boot.confidence_interval(method="percentile") == (1.75, 3.25)


def test_the_acceleration_by_hand():
    # mean 1: falls 1, 1, -2; cubes 1 + 1 - 8 = -6, squares 1 + 1 + 4 = 6
    boot = estimate_of([1, 2, 3, 4], 2.5, jackknife=[0, 0, 3])
    assert boot.acceleration == pytest.approx(-6 / (6 * 6**1.5), rel=1e-12)
    assert estimate_of([1, 2], 1.5, jackknife=[2, 2]).acceleration == 0
    assert estimate_of([1, 2], 1.5, jackknife=[2, np.nan]).acceleration is None
    assert estimate_of([1, 2], 1.5, jackknife=[2, np.nan], method="BCa").confidence_interval() == (None, None)


def test_without_bias_and_acceleration_both_methods_agree():
    boot = estimate_of(range(1001), 500.0)
    assert boot.confidence_interval(0.9, "BCa") == pytest.approx(boot.confidence_interval(0.9, "percentile"), abs=1e-6)


def test_bca_by_its_formula():
    boot = estimate_of(range(1001), 400.0, jackknife=[0, 0, 3])
    normal = NormalDist()
    z0, a = normal.inv_cdf(400.5 / 1001), -6 / (6 * 6**1.5)
    shares = [normal.cdf(z0 + (z0 + z) / (1 - a * (z0 + z))) for z in (normal.inv_cdf(0.05), normal.inv_cdf(0.95))]
    assert boot.confidence_interval(0.9, "BCa") == pytest.approx([1000 * share for share in shares], rel=1e-9)


def test_the_level_and_method_of_the_call_hold_unless_others_are_given():
    boot = bootstrap_mean_change(MMT_BASELINE, MMT_AFTER, seed=4, n_resamples=500, level=0.8, method="percentile")
    assert (boot.level, boot.method) == (0.8, "percentile")
    assert boot.confidence_interval() == boot.confidence_interval(0.8, "percentile")
    assert boot.confidence_interval() != boot.confidence_interval(0.95)
    assert boot.confidence_interval() != boot.confidence_interval(method="BCa")


# --- another program --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["BCa", "percentile"])
def test_the_limits_of_a_mean_are_those_of_scipy_on_the_same_samples(method):
    changes = np.sort(np.array(MMT_AFTER, dtype=float) - MMT_BASELINE)
    boot = bootstrap_mean_change(MMT_BASELINE, MMT_AFTER, seed=11, n_resamples=2000)
    rng = np.random.default_rng(11)
    scipys = scipy.stats.bootstrap((changes,), np.mean, n_resamples=2000, method=method, random_state=rng)
    np.testing.assert_allclose(boot.distribution, scipys.bootstrap_distribution, rtol=1e-12)
    limits = scipys.confidence_interval
    assert boot.confidence_interval(method=method) == pytest.approx((limits.low, limits.high), rel=1e-9)


def test_the_jackknife_of_a_mean_by_hand():
    boot = bootstrap_mean_change([0, 0, 0], [3, 6, 12], seed=1, n_resamples=10)
    assert boot.jackknife.tolist() == [9.0, 7.5, 4.5]
    # falls -2, -1/2, 5/2: a sixth of their skewness
    assert boot.acceleration == pytest.approx((-8 - 1 / 8 + 125 / 8) / (6 * (4 + 1 / 4 + 25 / 4) ** 1.5))


def test_the_jackknife_of_the_median_leaves_each_patient_out():
    boot = bootstrap_median(DURATIONS, EVENTS, seed=1, n_resamples=10)
    rows = sorted(zip(DURATIONS, EVENTS, strict=True))
    expected = [kaplan_meier(*zip(*[*rows[:k], *rows[k + 1 :]], strict=True)).median for k in range(13)]
    assert boot.jackknife.tolist() == expected


def test_two_patients_have_four_samples():
    # changes 0 and 2: the mean is 0, 1 or 2 in 1, 2 and 1 of 4 samples
    boot = bootstrap_mean_change([5, 5], [5, 7], seed=3, n_resamples=4000)
    values, counts = np.unique(boot.distribution, return_counts=True)
    assert values.tolist() == [0, 1, 2]
    assert np.abs(counts / 4000 - [0.25, 0.5, 0.25]).max() < 0.03
    assert boot.confidence_interval(method="percentile") == (0, 2)
    assert boot.jackknife.tolist() == [2, 0]


# --- the paper --------------------------------------------------------------------------------------------------------


def test_the_median_duration_of_the_paper():
    boot = bootstrap_median(DURATIONS, EVENTS, seed=2008)
    assert (boot.estimate, boot.n, boot.n_resamples, boot.undefined) == (371.0, 13, 10_000, "ranked highest")
    assert boot.n_undefined == np.isnan(boot.distribution).sum() > 250
    # more than a fortieth of the samples do not reach their median: neither does the upper limit
    assert boot.confidence_interval(method="percentile").high is None
    assert boot.confidence_interval(level=0.8, method="percentile").high is not None


def test_the_restricted_mean_of_the_paper():
    boot = bootstrap_restricted_mean(DURATIONS, EVENTS, 423, seed=2008)
    assert boot.estimate == 292.75
    # the samples without any of the three patients seen up to day 423 that do not fall to 0: at most (10/13)^13
    assert 0 < boot.n_undefined / 10_000 < (10 / 13) ** 13 + 0.006
    # the spread of the distribution is of the size of Greenwood's standard error
    assert np.nanstd(boot.distribution) == pytest.approx(40.37, rel=0.1)
    low, high = boot.confidence_interval()
    assert 292.75 - 2.5 * 40.37 < low < 292.75 < high < 292.75 + 2.5 * 40.37


def test_response_rates_of_the_paper():
    boot = bootstrap_response_rate([2] * 14 + [-1], seed=2008)
    assert boot.estimate == 14 / 15
    # each sample is binomial
    assert np.mean(boot.distribution == 1) == pytest.approx((14 / 15) ** 15, abs=0.02)
    everyone = bootstrap_response_rate([2] * 15, seed=2008)
    assert everyone.confidence_interval() == (1.0, 1.0)
    assert everyone.confidence_interval(method="percentile") == (1.0, 1.0)


def test_the_geometric_ratio_of_the_paper():
    boot = bootstrap_geometric_ratio(BASELINE, AFTER, seed=2008)
    assert round(boot.estimate, 2) == 0.19
    assert boot.estimate == pytest.approx(math.exp(np.mean(np.log(AFTER) - np.log(BASELINE))), rel=1e-12)
    # percentile limits follow the transformation but for the step between two ranks; the jackknife of BCa does not quite
    logs = bootstrap_mean_change(np.log(BASELINE), np.log(AFTER), seed=2008)
    for method, tolerance in (("percentile", 1e-3), ("BCa", 0.03)):
        expected = [math.exp(limit) for limit in logs.confidence_interval(method=method)]
        assert boot.confidence_interval(method=method) == pytest.approx(expected, rel=tolerance)


# --- missing values, one patient --------------------------------------------------------------------------------------


def test_missing_values_are_left_out_and_counted():
    boot = bootstrap_mean_change([1, None, 3, 5], [2, 4, None, 8], seed=1, n_resamples=50)
    assert (boot.estimate, boot.n, boot.n_excluded) == (2.0, 2, 2)
    ratio = bootstrap_geometric_ratio([1, None, 3], [2, 4, 6], seed=1, n_resamples=50)
    assert (ratio.n, ratio.n_excluded) == (2, 1)
    assert ratio.estimate == pytest.approx(2)


def test_missing_grades_are_left_out_or_counted_against():
    grades = [2, 1, 0, None]
    left_out = bootstrap_response_rate(grades, seed=1, n_resamples=50)
    assert (left_out.estimate, left_out.n, left_out.n_excluded) == (2 / 3, 3, 1)
    against = bootstrap_response_rate(grades, "non-response", seed=1, n_resamples=50)
    assert (against.estimate, against.n, against.n_excluded) == (0.5, 4, 0)


def test_a_curve_leaves_nobody_out_and_a_mean_leaves_out_what_has_no_value():
    curve = bootstrap_median(DURATIONS, EVENTS, seed=1, n_resamples=20)
    assert (curve.n, curve.n_excluded, curve.undefined) == (13, 0, "ranked highest")
    until = bootstrap_restricted_mean(DURATIONS, EVENTS, 100, seed=1, n_resamples=20)
    assert (until.n, until.n_excluded, until.undefined) == (13, 0, "left out")
    rate = bootstrap_response_rate([2, 1], seed=1, n_resamples=20)
    assert (rate.n, rate.n_excluded, rate.undefined) == (2, 0, "left out")


@pytest.mark.parametrize(
    "bootstrap",
    [
        lambda: bootstrap_median(DURATIONS, EVENTS, seed=1),
        lambda: bootstrap_restricted_mean(DURATIONS, EVENTS, 100, seed=1),
        lambda: bootstrap_response_rate([2, 1], seed=1),
        lambda: bootstrap_mean_change([1, 2], [3, 5], seed=1),
        lambda: bootstrap_geometric_ratio([1, 2], [3, 5], seed=1),
    ],
)
def test_unless_said_otherwise_ten_thousand_samples_give_95_percent_limits(bootstrap):
    boot = bootstrap()
    assert (boot.n_resamples, len(boot.distribution), boot.level, boot.method) == (10_000, 10_000, 0.95, "BCa")


def test_one_patient_has_percentile_limits_but_no_jackknife():
    boot = bootstrap_mean_change([1], [4], seed=1, n_resamples=20)
    assert boot.confidence_interval(method="percentile") == (3.0, 3.0)
    assert boot.confidence_interval() == (None, None)
    alone = bootstrap_median([5], [0], seed=1, n_resamples=20)
    assert (alone.estimate, alone.n_undefined) == (None, 20)
    assert alone.confidence_interval(method="percentile") == (None, None)


# --- what a result is -------------------------------------------------------------------------------------------------


def test_acceleration_has_no_scale():
    found = [estimate_of([1, 2], 1.5, jackknife=np.array([1, 2, 3, 6]) * scale).acceleration for scale in (1, 1e200, 1e-200)]
    assert found[0] == pytest.approx(-18 / (6 * 14**1.5))
    assert found[1:] == pytest.approx(found[:1] * 2)


def test_numbers_by_name_have_the_limits_of_the_estimate_or_of_a_level_asked_for():
    boot = estimate_of([1, 2, 3, 4, 5], 3.0, level=0.5)
    assert [boot.to_dict()[name] for name in ("level", "conf_low", "conf_high")] == [0.5, 2.0, 4.0]
    wide = boot.to_dict(0.9)
    assert [wide[name] for name in ("level", "conf_low", "conf_high")] == [0.9, *boot.confidence_interval(0.9)]


def test_a_result_is_frozen_and_its_arrays_are_read_only():
    boot = bootstrap_median(DURATIONS, EVENTS, seed=1, n_resamples=10)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        boot.estimate = 0
    for array in (boot.distribution, boot.jackknife):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    for name in ("estimate", "level"):
        assert type(getattr(boot, name)) is float
    for name in ("n", "n_excluded", "n_resamples", "n_undefined", "seed"):
        assert type(getattr(boot, name)) is int


def test_the_same_seed_gives_the_same_samples_and_the_global_state_is_left_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (bootstrap_median(DURATIONS, EVENTS, seed=seed, n_resamples=300) for seed in (1, np.int64(1), 2))
    np.testing.assert_array_equal(first.distribution, again.distribution)
    assert not np.array_equal(first.distribution, other.distribution, equal_nan=True)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_nothing_is_written_and_nothing_given_is_changed(capsys):
    durations, events = pd.Series(DURATIONS, dtype=float), pd.Series(EVENTS, dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bootstrap_median(durations, events, seed=1, n_resamples=200)
    assert durations.tolist() == DURATIONS
    assert events.tolist() == EVENTS
    assert capsys.readouterr() == ("", "")


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "'seed' must be at least 0 (got -1)."),
        ({"seed": 1.5}, "'seed' must be a whole number (got 1.5)."),
        ({"seed": True}, "'seed' must be a finite number (got True)."),
        ({"seed": None}, "'seed' must be known."),
        ({"seed": 1, "n_resamples": 0}, "'n_resamples' must be at least 1 (got 0)."),
        ({"seed": -1, "n_resamples": 0}, "'seed' must be at least 0 (got -1).\n'n_resamples' must be at least 1 (got 0)."),
        ({"seed": 1, "level": 95}, "'level' must lie strictly between 0 and 1 (got 95)."),
        ({"seed": 1, "method": "bca"}, "'method' must be one of 'BCa', 'percentile' (got 'bca')."),
    ],
)
def test_options_that_are_refused(options, message):
    calls = [
        lambda: bootstrap_median([1], [1], **options),
        lambda: bootstrap_restricted_mean([1], [1], 1, **options),
        lambda: bootstrap_response_rate([1], **options),
        lambda: bootstrap_mean_change([1], [1], **options),
        lambda: bootstrap_geometric_ratio([1], [1], **options),
    ]
    for call in calls:
        with pytest.raises(ValueError) as error:  # noqa: PT011
            call()
        assert str(error.value) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap_median([1, -2], [1, 0], seed=1), "'durations' must be at least 0 (got -2) at position 1."),
        (
            lambda: bootstrap_restricted_mean([1, 2], [1, 0], 3, seed=1),
            "'until' must be at most 2, the last observed time, since S has not reached 0 (got 3).",
        ),
        (
            lambda: bootstrap_geometric_ratio([1, 0], [1, 2], seed=1),
            "'baseline' must be greater than 0 (got 0) at position 1.",
        ),
        (lambda: bootstrap_mean_change([None], [1], seed=1), "the mean change must rest on at least one patient (got 0)."),
        (
            lambda: bootstrap_geometric_ratio([], [], seed=1),
            "the geometric ratio must rest on at least one patient (got 0).",
        ),
        (lambda: bootstrap_response_rate([None], seed=1), "the response rate must rest on at least one patient (got 0)."),
        (lambda: estimate_of([1], 1.0).confidence_interval(1.0), "'level' must lie strictly between 0 and 1 (got 1)."),
        (
            lambda: estimate_of([1], 1.0).confidence_interval(method="basic"),
            "'method' must be one of 'BCa', 'percentile' (got 'basic').",
        ),
    ],
)
def test_data_that_are_refused(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        call()
    assert str(error.value) == message


def test_an_event_and_a_censoring_on_one_day_may_stand_in_either_order():
    first = bootstrap_median([5, 5, 8, 9], [1, 0, 1, 1], seed=1, n_resamples=100)
    second = bootstrap_median([5, 5, 8, 9], [0, 1, 1, 1], seed=1, n_resamples=100)
    np.testing.assert_array_equal(first.distribution, second.distribution)


# --- properties -------------------------------------------------------------------------------------------------------

patients = st.lists(
    st.tuples(st.integers(1, 20), st.booleans(), st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=8
)


@given(patients, st.randoms(use_true_random=False), st.sampled_from(["BCa", "percentile"]))
def test_the_order_of_rows_does_not_matter_and_limits_are_ordered(rows, random, method):
    shuffled = random.sample(rows, len(rows))
    calls = [
        lambda d, e, *_: bootstrap_median(d, e, seed=1, n_resamples=60, method=method),
        lambda d, e, *_: bootstrap_restricted_mean(d, e, max(d) / 2, seed=1, n_resamples=60, method=method),
        lambda _d, e, *_: bootstrap_response_rate([2 if each else 0 for each in e], seed=1, n_resamples=60, method=method),
        lambda _d, _e, b, v: bootstrap_mean_change(b, v, seed=1, n_resamples=60, method=method),
        lambda _d, _e, b, v: bootstrap_geometric_ratio(b, v, seed=1, n_resamples=60, method=method),
    ]
    for call in calls:
        boot, other = call(*zip(*rows, strict=True)), call(*zip(*shuffled, strict=True))
        np.testing.assert_array_equal(boot.distribution, other.distribution)
        (low, high), (lower, higher) = boot.confidence_interval(0.5), boot.confidence_interval(0.9)
        assert low is None or high is None or low <= high
        assert low is None or lower is None or lower <= low
        assert high is None or higher is None or high <= higher


seeds = st.integers(0, 2**32)
changes = st.lists(st.integers(-40, 40), min_size=1, max_size=8)
times = st.lists(st.integers(1, 30), min_size=1, max_size=8)
distributions = st.lists(st.integers(-9, 9), min_size=2, max_size=12)


def samples(values, n_samples, seed):
    """The samples themselves, every value as often as it was drawn."""
    return [np.repeat(np.sort(values), row) for row in next(draw_weights(len(values), n_samples, seed))]


def limits(boot, *args):
    """The limits as an array, NaN where one does not exist."""
    return np.array(boot.confidence_interval(*args), dtype=float)


@given(distributions, st.integers(-9, 9), st.lists(st.integers(-5, 5), min_size=2, max_size=5), st.floats(0.05, 0.99))
def test_turning_the_sign_mirrors_every_limit(values, estimate, jackknife, level):
    boot = estimate_of(values, estimate, jackknife=jackknife)
    mirror = estimate_of(np.negative(values), -estimate, jackknife=np.negative(jackknife))
    assert mirror.acceleration == pytest.approx(-boot.acceleration)
    turned = None if boot.bias_correction is None else pytest.approx(-boot.bias_correction)
    assert mirror.bias_correction == turned
    for method in ("BCa", "percentile"):
        low, high = limits(boot, level, method)
        np.testing.assert_allclose(limits(mirror, level, method), (-high, -low), atol=1e-7)
        assert np.isnan(low) or min(values) <= low <= high <= max(values)


@given(distributions, st.integers(-9, 9), st.lists(st.integers(-5, 5), min_size=2, max_size=5), st.integers(-9, 9))
def test_the_bias_correction_knows_ranks_only_and_the_acceleration_no_unit(values, estimate, jackknife, shift):
    boot = estimate_of(values, estimate, jackknife=jackknife)
    # a rising curve, which keeps ranks and ties, and a line
    bent = estimate_of(np.power(values, 3), estimate**3, jackknife=[4 * each + shift for each in jackknife])
    assert bent.bias_correction == boot.bias_correction
    assert bent.acceleration == pytest.approx(boot.acceleration)
    if boot.bias_correction is not None:
        share = np.mean([each < estimate for each in values]) + np.mean([each == estimate for each in values]) / 2
        assert NormalDist().cdf(boot.bias_correction) == pytest.approx(share)


@given(times, seeds)
def test_without_censoring_the_median_and_the_mean_are_those_of_the_samples(durations, seed):
    events = [1] * len(durations)
    median = bootstrap_median(durations, events, seed=seed, n_resamples=20)
    assert median.estimate == np.median(durations)
    assert median.distribution.tolist() == [np.median(sample) for sample in samples(durations, 20, seed)]
    mean = bootstrap_restricted_mean(durations, events, max(durations), seed=seed, n_resamples=20)
    change = bootstrap_mean_change([0] * len(durations), durations, seed=seed, n_resamples=20)
    assert mean.estimate == pytest.approx(np.mean(durations))
    np.testing.assert_allclose(mean.distribution, change.distribution)
    np.testing.assert_allclose(mean.jackknife, change.jackknife)


@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=8), seeds, st.data())
def test_restricted_means_rise_with_their_limit_but_by_no_more(rows, seed, data):
    durations, events = zip(*rows, strict=True)
    sooner, later = sorted(data.draw(st.tuples(*[st.integers(1, max(durations))] * 2)))
    first, second = (
        bootstrap_restricted_mean(durations, events, until, seed=seed, n_resamples=20) for until in (sooner, later)
    )
    # whoever was seen up to the later time was seen up to the sooner
    assert first.n_undefined <= second.n_undefined
    gained = (second.distribution - first.distribution)[~np.isnan(second.distribution)]
    assert ((gained >= -1e-9) & (gained <= later - sooner + 1e-9)).all()
    assert second.estimate - first.estimate <= later - sooner + 1e-9


@given(st.lists(st.sampled_from([-1, 0, 1, 2, None]), min_size=1, max_size=9), seeds)
def test_a_response_rate_is_the_mean_of_those_who_responded(grades, seed):
    for missing in ("excluded", "non-response"):
        counted = [grade for grade in grades if grade is not None or missing == "non-response"]
        if not counted:
            continue
        rate = bootstrap_response_rate(grades, missing, seed=seed, n_resamples=20)
        responded = [grade is not None and grade >= 1 for grade in counted]
        mean = bootstrap_mean_change([0] * len(counted), np.array(responded, dtype=float), seed=seed, n_resamples=20)
        assert rate.estimate == response_rate(grades, missing).rate
        assert (rate.n, rate.n + rate.n_excluded) == (len(counted), len(grades))
        np.testing.assert_array_equal(rate.distribution, mean.distribution)
        responders = rate.distribution * rate.n
        np.testing.assert_allclose(responders, responders.round(), atol=1e-9)


@given(changes, seeds, st.integers(-30, 30))
def test_a_mean_change_moves_and_stretches_with_the_changes(gains, seed, shift):
    zeros = [0] * len(gains)
    boot = bootstrap_mean_change(zeros, gains, seed=seed, n_resamples=20)
    moved = bootstrap_mean_change(zeros, [4 * each + shift for each in gains], seed=seed, n_resamples=20)
    # what both values share drops out
    shared = bootstrap_mean_change([7] * len(gains), [each + 7 for each in gains], seed=seed, n_resamples=20)
    np.testing.assert_array_equal(shared.distribution, boot.distribution)
    np.testing.assert_allclose(moved.distribution, 4 * boot.distribution + shift, atol=1e-12)
    np.testing.assert_allclose(limits(moved), 4 * limits(boot) + shift, atol=1e-9)
    if len(gains) > 1:
        assert boot.jackknife.mean() == pytest.approx(boot.estimate)
    np.testing.assert_allclose(boot.distribution, [sample.mean() for sample in samples(gains, 20, seed)], atol=1e-12)


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.one_of(st.none(), st.integers(1, 5000))), min_size=1, max_size=8).filter(
        lambda pairs: any(later for _, later in pairs)
    ),
    seeds,
)
def test_a_geometric_ratio_is_the_exponential_of_a_mean_and_knows_no_unit(pairs, seed):
    baseline, values = (np.array(each, dtype=float) for each in zip(*pairs, strict=True))
    boot = bootstrap_geometric_ratio(baseline, values, seed=seed, n_resamples=20)
    logs = bootstrap_mean_change(np.log(baseline), np.log(values), seed=seed, n_resamples=20)
    np.testing.assert_allclose(boot.distribution, np.exp(logs.distribution))
    np.testing.assert_allclose(boot.jackknife, np.exp(logs.jackknife))
    assert (boot.n, boot.n_excluded) == (logs.n, logs.n_excluded)
    other = bootstrap_geometric_ratio(2 * baseline, 2 * values, seed=seed, n_resamples=20)
    np.testing.assert_allclose(other.distribution, boot.distribution)
    # what remains of it, read backwards, is what it was a multiple of
    back = bootstrap_geometric_ratio(values, baseline, seed=seed, n_resamples=20)
    assert boot.estimate * back.estimate == pytest.approx(1)


@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=8), seeds)
def test_durations_in_another_unit_have_limits_in_that_unit(rows, seed):
    durations, events = zip(*rows, strict=True)
    doubled, until = [2 * each for each in durations], max(durations) / 2
    pairs = (
        [bootstrap_median(each, events, seed=seed, n_resamples=30) for each in (durations, doubled)],
        [
            bootstrap_restricted_mean(each, events, limit, seed=seed, n_resamples=30)
            for each, limit in ((durations, until), (doubled, 2 * until))
        ],
    )
    for boot, twice in pairs:
        np.testing.assert_array_equal(twice.distribution, 2 * boot.distribution)
        for method in ("BCa", "percentile"):
            np.testing.assert_allclose(limits(twice, 0.8, method), 2 * limits(boot, 0.8, method))


def test_the_bar_knows_how_many_steps_there_are(monkeypatch):
    seen = []

    def count(steps, n_steps, label):
        steps = list(steps)
        seen.append((len(steps), n_steps, label))
        return steps

    monkeypatch.setattr(resampling, "track", count)
    bootstrap_mean_change(np.zeros(1000), np.arange(1000), seed=1, n_resamples=600)
    assert seen == [(3, 3, "bootstrap of the mean change")]
