from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.survival import product_limit as room
from ivigmyo.survival.product_limit import count_events, find_exact_sides, greenwood_terms, product_limit, product_limits

patients = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30)
# The same patients by whole days, which are counted, and by quarters of days or in huge units, which are sorted.
units = st.sampled_from([1.0, 0.25, 2.0**40])


def naive_table(rows):
    """Each time with those at risk and those with the event, every patient being asked at every time."""
    times = sorted({time for time, _ in rows})
    return [(t, sum(time >= t for time, _ in rows), sum(event and time == t for time, event in rows)) for t in times]


def naive_shares(rows):
    s, shares = Fraction(1), []
    for _, n, d in naive_table(rows):
        s *= Fraction(n - d, n)
        shares.append(s)
    return shares


def count(rows, unit=1.0):
    return count_events(np.array([unit * time for time, _ in rows]), np.array([event for _, event in rows]))


@given(patients, units)
def test_counts_equal_the_naive_reference(rows, unit):
    table = count(rows, unit)
    expected = [(unit * t, n, d) for t, n, d in naive_table(rows)]
    assert list(zip(*(column.tolist() for column in table), strict=True)) == expected


@given(patients)
def test_those_at_risk_are_those_before_less_who_left(rows):
    _, n_risk, n_event = count(rows)
    left = n_risk - np.append(n_risk[1:], 0)
    assert n_risk[0] == len(rows)
    assert ((left >= n_event) & (left > 0)).all()
    assert n_event.sum() == sum(event for _, event in rows)


@pytest.mark.parametrize(
    ("durations", "counted"),
    [([1, 3, 3, 1], True), ([0, 0], True), ([3, 3, 3], False), ([0, 1, 1.5, 2], False), ([0] * 1000 + [0.5], False)],
)
def test_whole_days_below_the_number_of_patients_are_counted_and_others_sorted(monkeypatch, durations, counted):
    other = "_sort_times" if counted else "_count_days"
    monkeypatch.delattr(room, other)
    event = np.ones(len(durations), dtype=bool)
    assert count_events(np.array(durations, dtype=float), event).n_event.sum() == len(durations)


@pytest.mark.parametrize("unit", [1.0, 0.5])
def test_the_arguments_stay_as_they_are(unit):
    durations, event = unit * np.array([3.0, 1.0, 2.0, 1.0]), np.array([True, False, True, True])
    before = durations.tolist(), event.tolist()
    count_events(durations, event)
    assert (durations.tolist(), event.tolist()) == before


def test_days_that_are_whole_only_at_first_are_sorted():
    durations = np.append(np.zeros(1500), 0.5)
    time, n_risk, n_event = count_events(durations, durations > 0)
    assert (time.tolist(), n_risk.tolist(), n_event.tolist()) == ([0.0, 0.5], [1501, 1], [0, 1])


def test_a_negative_zero_is_zero():
    assert count_events(np.array([-0.0, 0.0, 0.5]), np.array([True, False, True])).n_risk.tolist() == [3, 1]


@given(patients, st.sampled_from([1, 2, 3, 7, 1000]))
def test_s_does_not_depend_on_the_blocks_it_is_taken_in(rows, block):
    _, n_risk, n_event = count(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_BLOCK", block)
        assert product_limit(n_risk, n_event).tolist() == pytest.approx([float(s) for s in naive_shares(rows)], abs=1e-14)
        in_blocks = product_limit(n_risk, n_event)
    assert in_blocks.tolist() == product_limit(n_risk, n_event).tolist()


@given(st.integers(1, 60), st.integers(1, 10**6), st.data())
def test_the_first_share_is_rounded_once_however_many_left_before(left_before, n, data):
    d = data.draw(st.integers(1, n))
    assert product_limit(np.array([n + left_before, n]), np.array([0, d]))[1] == (n - d) / n


def test_a_long_curve_without_censoring_is_rounded_once():
    n = 3 * room._BLOCK + 5
    rest = np.arange(n, 0, -1)
    assert product_limit(rest, np.ones_like(rest)).tolist() == ((rest - 1) / n).tolist()


def test_a_block_without_events_keeps_the_share_before_it():
    n_risk = np.arange(3 * room._BLOCK, 0, -1)
    n_event = np.zeros_like(n_risk)
    n_event[[0, -room._BLOCK]] = 1
    s = product_limit(n_risk, n_event)
    first, n = Fraction(len(s) - 1, len(s)), room._BLOCK
    assert set(s[: 2 * n].tolist()) == {float(first)}
    assert s[2 * n :] == pytest.approx(float(first * Fraction(n - 1, n)), abs=1e-15)


def test_of_many_samples_one_whom_nobody_is_left_of_keeps_its_share():
    assert product_limits(np.array([[2, 0], [4, 2]]), np.array([[1, 0], [3, 1]])).tolist() == [[0.5, 0.5], [0.75, 0.375]]


def test_greenwood_by_hand():
    assert greenwood_terms(np.array([5, 3, 2]), np.array([1, 0, 2])).tolist() == [1 / 20, 0.0, np.inf]


@given(patients)
def test_greenwood_without_censoring_is_the_variance_of_a_share(rows):
    # Then the sum up to t is (1 - S) / (n S).
    _, n_risk, n_event = count([(time, True) for time, _ in rows])
    s = [float(share) for share in naive_shares([(time, True) for time, _ in rows])]
    sums = greenwood_terms(n_risk, n_event).cumsum()
    assert sums[:-1].tolist() == pytest.approx([(1 - one) / (len(rows) * one) for one in s[:-1]])
    assert sums[-1] == np.inf


def test_no_sample_has_no_side():
    nothing = np.empty((0, 3), dtype=np.int64)
    assert find_exact_sides(nothing, nothing, np.empty(0, dtype=np.int64), Fraction(1, 2)).tolist() == []


def exact_side(n_risk, n_event, share):
    (side,) = find_exact_sides(n_risk[np.newaxis], n_event[np.newaxis], np.array([len(n_risk) - 1]), share)
    return side


@given(patients, st.fractions(0, 1, max_denominator=12))
def test_the_side_of_a_share_is_that_of_the_fractions(rows, share):
    _, n_risk, n_event = count(rows)
    at = np.flatnonzero(n_event)
    shares = [s for s, d in zip(naive_shares(rows), n_event, strict=True) if d]
    for k, s in enumerate(shares):
        side = exact_side(n_risk[at[: k + 1]], n_event[at[: k + 1]], share)
        assert np.sign(side) == (s > share) - (s < share)
        assert exact_side(n_risk[at[: k + 1]], n_event[at[: k + 1]], s) == 0


@pytest.mark.parametrize("share", [Fraction(1, 2), Fraction(1, 3)])
def test_the_side_of_a_share_after_many_censorings(share):
    # 200 times at which one of two at risk afterwards has been censored: products far beyond a float.
    n_risk = np.arange(600, 0, -3)
    n_event = np.ones_like(n_risk)
    exact = Fraction(1)
    for n in n_risk.tolist():
        exact *= Fraction(n - 1, n)
    assert np.sign(exact_side(n_risk, n_event, share)) == (exact > share) - (exact < share)
    assert exact_side(n_risk, n_event, exact) == 0
