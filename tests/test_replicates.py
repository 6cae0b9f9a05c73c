"""Statistics of weighted samples against fractions worked by hand and against the curve of each sample."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.resampling import replicates
from ivigmyo.resampling.replicates import WeightedCurves, count_blocks, draw_weights, leave_one_out
from ivigmyo.survival import kaplan_meier

# Saito et al. 2008, Table 4.
DURATIONS = [254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131, 52]
EVENTS = [0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0]


def curves_of(durations, events):
    return WeightedCurves.of(np.asarray(durations, dtype=float), np.asarray(events, dtype=bool))


def curve_of(curves, weights):
    """The Kaplan-Meier curve of one sample, every patient as often as it was drawn."""
    return kaplan_meier(np.repeat(curves.durations, weights), np.repeat(curves.events, weights))


def expected_median(curves, weights):
    median = curve_of(curves, weights).median
    return np.nan if median is None else median


def expected_mean(curves, weights, until):
    try:
        return curve_of(curves, weights).restricted_mean(until).mean
    except ValueError:
        return np.nan


@pytest.mark.parametrize(
    ("events", "weights", "median"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 1], 2.5),  # S(2) = 1/2: the midpoint of 2 and 3
        ([1, 1, 1, 1], [2, 0, 1, 1], 2.0),  # S(1) = 1/2: nobody has an event at 2, so the midpoint of 1 and 3
        ([1, 1, 1, 1], [0, 2, 0, 2], 3.0),
        ([1, 1, 1, 1], [4, 0, 0, 0], 1.0),  # S(1) = 0
        ([1, 1, 1, 1], [0, 1, 2, 1], 3.0),  # S(2) = 3/4, S(3) = 1/4
        ([1, 0, 0, 0], [2, 1, 1, 0], 1.0),  # S(1) = 1/2, and no later event
        ([1, 0, 0, 0], [1, 1, 1, 1], np.nan),  # S(1) = 3/4
        ([1, 0, 1, 1], [1, 1, 1, 1], 3.0),  # S(1) = 3/4, S(3) = 3/8
        ([1, 0, 1, 1], [2, 4, 1, 2], 4.0),  # S(1) = 7/9, S(3) = 14/27, S(4) = 0
        ([1, 0, 1, 1], [2, 2, 1, 3], 4.0),  # S(1) = 3/4, S(3) = 9/16
        ([1, 0, 1, 1], [2, 3, 1, 2], 3.5),  # S(1) = 3/4, S(3) = 3/4 x 2/3 = 1/2
        ([0, 0, 0, 0], [1, 1, 1, 1], np.nan),
    ],
)
def test_medians_by_hand(events, weights, median):
    curves = curves_of([1, 2, 3, 4], events)
    np.testing.assert_equal(curves.medians(np.array([weights])), [median])


@pytest.mark.parametrize(
    ("weights", "side", "median"),
    [
        ([6040, 3922, 22219, 27820], 1, 4.0),
        ([6251, 3749, 22093, 27908], -1, 3.0),
        ([15000, 15000, 10000, 20000], 0, 3.5),
    ],
)
def test_near_a_half_integers_decide(weights, side, median):
    # S(1) S(3) = (n - a) / n x (m - c) / m lies within 2e-10 of a half, above, below, and exactly there
    a, b, c, d = weights
    n, m = a + b + c + d, c + d
    assert 2 * (n - a) * (m - c) - n * m == side
    curves = curves_of([1, 2, 3, 4], [1, 0, 1, 1])
    assert curves.medians(np.array([weights, [1, 1, 1, 1]])).tolist() == [median, 3.0]
    assert expected_median(curves, weights) == median
    # where the patients at risk at the end are censored, a curve just above a half never falls to it
    assert curves_of([1, 2, 3, 4], [1, 0, 1, 0]).medians(np.array([weights]))[0] == pytest.approx(
        3.0 if side <= 0 else np.nan, nan_ok=True
    )


def test_medians_are_those_of_the_curves_to_the_last_digit():
    rng = np.random.default_rng(1)
    sets = [
        (DURATIONS, EVENTS),
        (np.arange(1, 9), np.ones(8)),
        (rng.integers(0, 6, 20), rng.integers(0, 2, 20)),
        (rng.exponential(10, 30), rng.random(30) < 0.7),
        (rng.integers(1, 40, 120), rng.random(120) < 0.5),
    ]
    ties = 0
    for durations, events in sets:
        curves = curves_of(durations, events)
        weights = next(draw_weights(len(durations), 800, seed=3))
        expected = [expected_median(curves, row) for row in weights]
        np.testing.assert_array_equal(curves.medians(weights), expected)
        ties += np.count_nonzero(~np.isin(expected, curves.time) & ~np.isnan(expected))
    assert ties > 100


@pytest.mark.parametrize("until", [60, 131, 423, 423.5, 500, 594])
def test_restricted_means_are_those_of_the_curves(until):
    curves = curves_of(DURATIONS, EVENTS)
    weights = next(draw_weights(13, 400, seed=5))
    expected = [expected_mean(curves, row, until) for row in weights]
    found = curves.restricted_means(weights, until)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.isnan(found).any() == (until > 131)


def test_restricted_means_by_hand():
    curves = curves_of([1, 2, 4], [1, 1, 0])
    # 1 + 2/3 + 2 x 1/3; all at risk have the event at 2; the last patient is seen until 2 only, at S = 1/2
    weights = np.array([[1, 1, 1], [1, 2, 0], [1, 0, 2], [0, 0, 3]])
    np.testing.assert_allclose(curves.restricted_means(weights, 4.0), [7 / 3, 5 / 3, 3, 4])
    assert np.isnan(curves_of([1, 2], [1, 0]).restricted_means(np.array([[1, 1]]), 3.0)).all()
    np.testing.assert_array_equal(curves_of([1, 2], [0, 0]).restricted_means(np.array([[0, 2]]), 1.5), [1.5])
    # a censoring at the time itself has been seen up to it
    np.testing.assert_array_equal(curves_of([1, 2], [1, 0]).restricted_means(np.array([[1, 1]]), 2.0), [1.5])


def test_samples_hold_as_many_patients_and_every_block_its_own():
    blocks = list(draw_weights(1000, 600, seed=7))
    assert [len(block) for block in blocks] == [262, 262, 76]
    assert count_blocks(1000, 600) == 3
    assert count_blocks(1000, 524) == 2
    assert count_blocks(10**7, 3) == 3
    weights = np.concatenate(blocks)
    assert (weights.sum(axis=1) == 1000).all()
    assert (weights >= 0).all()
    assert not np.array_equal(weights[0], weights[262])
    # each weight is binomial: mean 1, variance 1 - 1/1000
    assert abs(weights.var() - 0.999) < 0.02
    np.testing.assert_array_equal(next(draw_weights(1000, 600, seed=7)), blocks[0])
    assert not np.array_equal(next(draw_weights(1000, 600, seed=8)), blocks[0])


def test_every_patient_is_left_out_once():
    weights = np.concatenate(list(leave_one_out(600)))
    np.testing.assert_array_equal(weights, 1 - np.eye(600, dtype=np.int64))


@given(st.data())
def test_any_sample_of_any_patients(data):
    n = data.draw(st.integers(1, 7))
    durations = data.draw(st.lists(st.sampled_from([0, 1, 2, 2.5, 7]), min_size=n, max_size=n))
    events = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    weights = data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n).filter(any))
    curves = curves_of(durations, events)
    row = np.array([weights])
    np.testing.assert_array_equal(curves.medians(row), [expected_median(curves, weights)])
    until = data.draw(st.sampled_from([0.5, 1, 2, 3, 7, 9]))
    np.testing.assert_allclose(curves.restricted_means(row, until), [expected_mean(curves, weights, until)], rtol=1e-12)


@given(st.integers(1, 9), st.integers(1, 40), st.integers(0, 2**32), st.integers(1, 60))
def test_blocks_divide_the_samples_and_change_none(n, n_samples, seed, cells):
    whole = np.concatenate(list(draw_weights(n, n_samples, seed)))
    assert whole.shape == (n_samples, n)
    assert (whole.sum(axis=1) == n).all()
    with mock.patch.object(replicates, "_CELLS", cells):
        blocks, jackknife = list(draw_weights(n, n_samples, seed)), list(leave_one_out(n))
        assert (len(blocks), len(jackknife)) == (count_blocks(n, n_samples), count_blocks(n, n))
    assert all(len(block) == 1 or block.size <= cells for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    np.testing.assert_array_equal(np.concatenate(jackknife) + np.eye(n), np.ones((n, n)))
    # more samples begin with the fewer
    np.testing.assert_array_equal(np.concatenate(list(draw_weights(n, n_samples + 3, seed)))[:n_samples], whole)


@given(st.data())
def test_every_patient_some_times_over_is_every_patient_once(data):
    n, times = data.draw(st.integers(1, 7)), data.draw(st.integers(2, 5))
    durations = data.draw(st.lists(st.sampled_from([0, 1, 2, 2.5, 7]), min_size=n, max_size=n))
    events = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    weights = np.array([data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n).filter(any))])
    # the patients in any order, and in a unit half as long
    order = data.draw(st.permutations(range(n)))
    curves = curves_of(durations, events)
    other = curves_of([2 * durations[k] for k in order], [events[k] for k in order])
    np.testing.assert_array_equal(other.durations, 2 * curves.durations)
    np.testing.assert_array_equal(other.events, curves.events)
    np.testing.assert_array_equal(other.time, 2 * curves.time)
    np.testing.assert_array_equal(other.medians(times * weights), 2 * curves.medians(weights))
    until = data.draw(st.sampled_from([0.5, 1, 2, 3, 7, 9]))
    np.testing.assert_allclose(
        other.restricted_means(times * weights, 2 * until), 2 * curves.restricted_means(weights, until), rtol=1e-12
    )
