"""Signed ranks and sign flips: exact to the last tie, by full enumeration, R and scipy."""

import itertools
import json
import math
import operator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.change.signs import SignedRankTest, as_written, make_level, sign_flip_p_value, signed_rank_test

R = json.loads((Path(__file__).parent / "reference" / "tests.json").read_text())

tenths = st.integers(-60, 60).map(lambda number: number / 10)


def sign_flip_by_enumeration(differences):
    """Every assignment of signs, in whole numbers: the decimals over their common denominator."""
    fractions = [Fraction(str(each)) for each in differences]
    unit = math.lcm(*(each.denominator for each in fractions))
    values = [int(each * unit) for each in fractions]
    observed = abs(sum(values))
    signs = itertools.product((-1, 1), repeat=len(values))
    return sum(abs(sum(map(operator.mul, each, values))) >= observed for each in signs) / 2 ** len(values)


def signed_rank_by_enumeration(differences):
    """Every assignment of signs to the mean ranks of the differences other than 0."""
    values = [Fraction(str(each)) for each in differences if each != 0]
    sizes = sorted(abs(each) for each in values)
    ranks = [Fraction(2 * sizes.index(abs(each)) + sizes.count(abs(each)) + 1, 2) for each in values]
    signed = [rank if each > 0 else -rank for rank, each in zip(ranks, values, strict=True)]
    return sign_flip_by_enumeration(signed) if values else None


# By hand


def test_signed_ranks_by_hand():
    # sizes 1, 2, 3: the rank sums of the eight sign patterns are 0, 1, 2, 3, 3, 4, 5, 6
    assert signed_rank_test(np.array([1.0, 2.0, 3.0])) == SignedRankTest(0.25, 6.0, 3, 0, "exact")
    assert signed_rank_test(np.array([-1.0, 2.0, 3.0])) == SignedRankTest(0.5, 5.0, 3, 0, "exact")
    assert signed_rank_test(np.array([-3.0, 1.0, 2.0])) == SignedRankTest(1.0, 3.0, 3, 0, "exact")
    # sizes 2, 2, 5 have ranks 1.5, 1.5, 3: the sums are 0, 1.5, 1.5, 3, 3, 4.5, 4.5, 6
    assert signed_rank_test(np.array([2.0, -2.0, 0.0, 5.0, 0.0])) == SignedRankTest(0.75, 4.5, 3, 2, "exact")


def test_sign_flips_by_hand():
    # the sums of 1, 2, 5 with every sign: -8, -6, -4, -2, 2, 4, 6, 8
    assert sign_flip_p_value(np.array([1.0, 2.0, 5.0])) == 0.25
    assert sign_flip_p_value(np.array([-1.0, 2.0, 5.0])) == 0.5
    assert sign_flip_p_value(np.array([1.0, -2.0, -5.0])) == 0.5
    assert sign_flip_p_value(np.array([1.0, 2.0, -5.0])) == 1.0
    assert sign_flip_p_value(np.array([1.0, 0.0, 2.0, 5.0])) == 0.25


def test_few_differences():
    nothing, zeros, one = np.array([]), np.zeros(3), np.array([-2.5])
    assert signed_rank_test(nothing) == SignedRankTest(None, 0.0, 0, 0, "none")
    assert signed_rank_test(zeros) == SignedRankTest(None, 0.0, 0, 3, "none")
    assert signed_rank_test(one) == SignedRankTest(1.0, 0.0, 1, 0, "exact")
    assert sign_flip_p_value(nothing) is None
    assert sign_flip_p_value(zeros) == 1.0
    assert sign_flip_p_value(one) == 1.0


def test_a_p_value_never_exceeds_one():
    # of 80 ranks the chances add up to 1.0000000000000002, and with these signs every sum is as far from the middle
    test = signed_rank_test(np.arange(1, 81) * np.resize([1.0, -1.0, -1.0, 1.0], 80))
    assert (test.statistic, test.p_value) == (80 * 81 / 4, 1.0)


def test_results_are_plain_numbers():
    test = signed_rank_test(np.array([1.0, 2.0, -3.0]))
    assert [type(each) for each in (test.p_value, test.statistic, test.n, test.n_zero)] == [float, float, int, int]
    assert type(sign_flip_p_value(np.array([1.0, 2.0]))) is float


# Equal as written


def test_differences_equal_as_decimals_are_made_equal():
    before, after = np.array([57.3, 3.2, 0.3, 8.7, 5.0]), np.array([62.3, 8.2, 0.3, 3.7, 5.5])
    differences = after - before
    assert len(set(np.abs(differences))) > 3
    same = as_written(differences, before, after)
    assert same[0] == same[1] == -same[3]
    assert same[2] == 0
    assert same.tolist() == pytest.approx([5, 5, 0, -5, 0.5], abs=1e-13)


def test_rounding_counts_by_the_values_of_each_pair():
    differences = np.array([4e-12, -4e-12, 1e-6, 2e-6, -0.0])
    assert as_written(differences, np.array([5000.0])).tolist() == [0.0, 0.0, 1e-6, 2e-6, 0.0]
    assert as_written(differences, np.array([1.0]), np.array([-5000.0])).tolist() == [0.0, 0.0, 1e-6, 2e-6, 0.0]
    kept = as_written(differences, np.array([1.0]))
    assert kept.tolist() == [4e-12, -4e-12, 1e-6, 2e-6, 0.0]
    assert not np.signbit(as_written(differences, np.array([5000.0]))).any()
    assert not np.signbit(kept[-1])
    mixed = as_written(differences, np.array([5000.0, 1.0, 1.0, 1.0, 1.0]))
    assert mixed.tolist() == [0.0, -4e-12, 1e-6, 2e-6, 0.0]


def test_a_pair_of_huge_values_changes_no_other_pair():
    before = np.array([10.0, 20, 30, 40, 9e12])
    after = before + np.array([2.001, 3.001, 1.002, 1.003, 1.0])
    assert as_written(after - before, before, after).tolist() == [2.001, 3.001, 1.002, 1.003, 1.002]


def test_there_are_no_chains():
    step = 1e-15  # within the rounding of values near 1, which reaches 1.8e-15 for two
    sizes = 2 + step * np.arange(40)
    level = make_level(sizes, np.ones(40))
    assert 8 < len(set(level)) < 40
    assert np.abs(level - sizes).max() <= 2 * 4 * 2.3e-16


def test_computed_values_are_equal_too():
    thirds = np.array([10, 13, 22, 7]) / 3
    change = as_written(thirds + 0.7 - thirds, thirds, thirds + 0.7)
    assert change.tolist() == [0.7] * 4


@given(st.lists(st.tuples(*[st.integers(0, 9999)] * 2), max_size=12), st.integers(0, 4))
def test_ties_are_those_of_whole_numbers(rows, decimal_places):
    unit = 10**decimal_places
    before, after = (np.array([row[i] for row in rows], dtype=float) / unit for i in range(2))
    same = as_written(after - before, before, after)
    whole = [row[1] - row[0] for row in rows]
    assert np.sign(same).tolist() == np.sign(whole).tolist()
    assert len(set(np.abs(same))) == len({abs(each) for each in whole})
    assert same * unit == pytest.approx(np.array(whole), abs=1e-8)


@given(st.lists(st.tuples(tenths, tenths), max_size=12), st.sampled_from([0.5, 2, 1024]), st.randoms(use_true_random=False))
def test_differences_as_written_stay_as_they_are_and_turn_with_their_sign(rows, unit, random):
    before, after = (np.array([row[i] for row in rows]) for i in range(2))
    same = as_written(after - before, before, after)
    np.testing.assert_array_equal(as_written(same, before, after), same)
    np.testing.assert_array_equal(as_written(before - after, after, before), -same + 0.0)
    np.testing.assert_array_equal(as_written(unit * (after - before), unit * before, unit * after), unit * same)
    order = random.sample(range(len(rows)), len(rows))
    np.testing.assert_array_equal(as_written((after - before)[order], before[order], after[order]), same[order])


def test_sums_that_tie_but_for_rounding_are_counted():
    differences = np.array([0.1, 0.2, -0.3, 0.6])
    assert 0.1 + 0.2 - 0.3 != 0
    assert sign_flip_p_value(differences) == sign_flip_by_enumeration(differences) == 0.625
    assert sign_flip_p_value(np.array([0.1, 0.2, -0.3])) == 1.0


# Enumeration, R, scipy


@given(st.lists(tenths, max_size=9))
def test_exact_p_values_agree_with_full_enumeration(differences):
    array = np.array(differences)
    expected = signed_rank_by_enumeration(differences)
    assert signed_rank_test(array).p_value == (None if expected is None else pytest.approx(expected, rel=1e-12))
    assert sign_flip_p_value(array) == (sign_flip_by_enumeration(differences) if differences else None)


@given(st.lists(st.integers(-999, 999).filter(bool), min_size=2, max_size=8, unique_by=abs))
def test_exact_p_values_agree_with_scipy(differences):
    array = np.array(differences, dtype=float)
    theirs = scipy.stats.wilcoxon(array, method="exact").pvalue
    assert signed_rank_test(array).p_value == pytest.approx(theirs, rel=1e-12)
    theirs = scipy.stats.permutation_test((array,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert sign_flip_p_value(array) == pytest.approx(theirs, rel=1e-12)


@given(st.lists(tenths, min_size=1, max_size=30), st.integers(1, 1000))
def test_neither_sign_nor_unit_matters(differences, factor):
    array = np.array(differences)
    test, mirrored, scaled = (signed_rank_test(each) for each in (array, -array, array * factor))
    assert mirrored.p_value == test.p_value
    assert mirrored.statistic == test.n * (test.n + 1) / 2 - test.statistic
    assert scaled == test
    p_value = sign_flip_p_value(array)
    assert sign_flip_p_value(-array) == p_value
    assert sign_flip_p_value(array * factor) == p_value
    assert 2 / 2**test.n <= p_value <= 1 or test.n == 0


@pytest.mark.parametrize("name", list(R["large"]))
def test_many_differences_take_the_normal_approximation_of_r(name):
    case = R["large"][name]
    test = signed_rank_test(np.array(case["values"], dtype=float))
    assert test.method == "normal approximation"
    assert test.statistic == case["statistic"]
    assert test.p_value == pytest.approx(case["p_value"], rel=1e-10)
    assert test.n + test.n_zero == len(case["values"])


def test_where_exactness_ends():
    rng = np.random.default_rng(7)
    differences = rng.permutation(np.arange(1, 202)) * rng.choice([-1, 1], 201, p=[0.45, 0.55]) / 10
    exact, approximate = signed_rank_test(differences[:200]), signed_rank_test(differences)
    assert (exact.method, approximate.method) == ("exact", "normal approximation")
    assert exact.p_value == pytest.approx(scipy.stats.wilcoxon(differences[:200], method="exact").pvalue, rel=1e-10)
    assert approximate.p_value == pytest.approx(scipy.stats.wilcoxon(differences, method="exact").pvalue, rel=0.05)
    assert sign_flip_p_value(differences[:40]) is not None
    assert sign_flip_p_value(differences[:41]) is None
    assert sign_flip_p_value(np.append(differences[:30], np.zeros(20))) == sign_flip_p_value(differences[:30])


def test_no_lean_at_all_has_p_1():
    balanced = np.array([1.0, -1.0] * 150)
    assert signed_rank_test(balanced) == SignedRankTest(1.0, 300 * 301 / 4, 300, 0, "normal approximation")
    assert signed_rank_test(balanced[:100]).p_value == 1.0
    assert sign_flip_p_value(balanced[:20]) == 1.0


def test_forty_differences_are_counted_out():
    # all 2^40 sums of equal sizes are binomial: 26 up and 14 down
    exact = scipy.stats.binomtest(26, 40).pvalue
    assert sign_flip_p_value(np.array([0.1] * 26 + [-0.1] * 14)) == pytest.approx(exact, rel=1e-12)
    assert sign_flip_p_value(np.full(40, 0.1)) == 2 / 2**40
    assert sign_flip_p_value(np.array([0.1] * 20 + [-0.1] * 20)) == 1.0
