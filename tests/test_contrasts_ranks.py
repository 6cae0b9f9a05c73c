"""Hodges and Lehmann's estimates: by hand, the paper's, every assignment to groups, and R."""

import itertools
import math
import pickle
import runpy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo import compare_log_changes
from ivigmyo.contrasts import HodgesLehmann, hodges_lehmann

STORED = runpy.run_path(str(Path(__file__).with_name("reference") / "stored.py"))["load"]
R = STORED("contrasts")
PAPER = STORED("tests")["paper"]
DIFFERENCES = compare_log_changes(PAPER["before"], PAPER["baseline"], PAPER["after"]).differences
tenths = st.integers(-30, 30).map(lambda number: number / 10)


def rank_sum_by_enumeration(one, other):
    """Every choice of patients for the first group, with mean ranks as fractions."""
    pooled = [Fraction(str(each)) for each in (*one, *other)]
    ordered = sorted(pooled)
    ranks = [Fraction(2 * ordered.index(each) + ordered.count(each) + 1, 2) for each in pooled]
    middle = Fraction(len(one) * (len(pooled) + 1), 2)
    seen = abs(sum(ranks[: len(one)]) - middle)
    sums = [sum(each) for each in itertools.combinations(ranks, len(one))]
    return sum(abs(each - middle) >= seen for each in sums) / len(sums)


def test_one_group_by_hand():
    # means of two of 1, 2, 6: 1, 1.5, 2, 3.5, 4, 6
    found = hodges_lehmann([1, 6, 2, None])
    assert (found.estimate, found.n, found.n_control, found.n_missing, found.p_value) == (2.75, 3, None, 1, 0.25)
    # the rank sum is 0 with chance 1/8: the extremes hold 3/4
    assert found.confidence_interval() == (1.0, 6.0)
    assert found.achieved_level == 0.75
    # at 0.5 the quantile at 1/4 is the sum 1, whose tail is 1/8 too; at 0.3 it is 2, and 1/4 lies below
    assert (found.confidence_interval(0.5), found.level_achieved(0.5)) == ((1.0, 6.0), 0.75)
    assert (found.confidence_interval(0.3), found.level_achieved(0.3)) == ((1.5, 4.0), 0.5)
    assert found.method == "signed-rank test, exact"


def test_two_groups_by_hand():
    # differences 5-1, 5-2, 9-1, 9-2
    found = hodges_lehmann([5, 9], [1, 2, math.nan])
    assert (found.estimate, found.n, found.n_control, found.n_missing) == (5.5, 2, 2, 1)
    assert found.p_value == pytest.approx(1 / 3, abs=1e-15)
    assert (found.confidence_interval(), found.achieved_level) == ((3.0, 8.0), pytest.approx(2 / 3, abs=1e-15))
    assert found.method == "rank-sum test, exact"


def test_table_3():
    found = hodges_lehmann(DIFFERENCES)
    assert (found.estimate, *found.confidence_interval()) == pytest.approx((0.644940, 0.308049, 1.011731), abs=5e-7)
    assert found.achieved_level == pytest.approx(0.952087, abs=5e-7)
    assert found.p_value == pytest.approx(0.0084, abs=5e-5)


def test_table_3_by_diagnosis():
    from ivigmyo import saito2008

    study = saito2008.load_study()
    is_pm = np.array([each.diagnosis.value == "PM" for each in study.patients if each.efficacy_set])
    found = hodges_lehmann(DIFFERENCES[is_pm], DIFFERENCES[~is_pm])
    assert (found.estimate, *found.confidence_interval()) == pytest.approx((0.234880, -0.643576, 1.057175), abs=5e-7)
    assert (found.achieved_level, found.p_value) == pytest.approx((0.959907, 0.535820), abs=5e-7)


@given(st.lists(tenths, min_size=1, max_size=6), st.lists(tenths, min_size=1, max_size=5))
def test_rank_sums_with_ties_are_every_assignment(one, other):
    found = hodges_lehmann(one, other)
    assert found.p_value == pytest.approx(rank_sum_by_enumeration(one, other), rel=1e-12)
    turned = hodges_lehmann(other, one)
    assert turned.p_value == pytest.approx(found.p_value, rel=1e-12)
    assert turned.estimate == pytest.approx(-found.estimate, abs=1e-12)
    low, high = found.confidence_interval()
    assert low <= found.estimate <= high
    assert turned.confidence_interval() == pytest.approx((-high, -low), abs=1e-12)
    assert found.estimate == pytest.approx(float(np.median(np.subtract.outer(one, other))), abs=1e-12)
    shifted = hodges_lehmann([each + 50 for each in one], other)
    assert shifted.estimate == pytest.approx(found.estimate + 50, abs=1e-9)


@given(st.lists(tenths, min_size=1, max_size=12), st.floats(0.5, 0.99))
def test_one_group_turns_with_its_sign(values, level):
    found, turned = hodges_lehmann(values), hodges_lehmann([-each for each in values])
    low, high = found.confidence_interval(level)
    assert low <= found.estimate <= high
    assert (turned.estimate, turned.p_value) == (pytest.approx(-found.estimate, abs=1e-12), found.p_value)
    assert turned.confidence_interval(level) == pytest.approx((-high, -low), abs=1e-12)
    means = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(values, 2)]
    assert found.estimate == pytest.approx(np.median(means), abs=1e-12)


def test_level_achieved_covers_every_assignment():
    # Without ties the interval has the level it says: enumerated for 2 of 6 as the chance that U is 1 to 7.
    found = hodges_lehmann([0.5, 3.25], [1, 2, 4, 7.5])
    sums = [sum(each) - 3 for each in itertools.combinations(range(1, 7), 2)]
    assert found.level_achieved(0.8) == pytest.approx(sum(1 <= each <= 7 for each in sums) / len(sums), abs=1e-15)


def test_r_ranks():
    one = two = 0
    for trial in R["trials"]:
        change = np.subtract(trial["final"], trial["baseline"])
        treated = np.array(trial["treated"]) == 1
        for found, answers in (
            (hodges_lehmann(change), trial["ranks"]),
            (hodges_lehmann(change[treated], change[~treated]), trial["ranks_of_two"]),
        ):
            for r in answers:
                assert (found.estimate, found.p_value) == pytest.approx((r["estimate"], r["p_value"]), rel=1e-8)
                assert found.confidence_interval(r["level"]) == pytest.approx(r["interval"], rel=1e-8)
        one, two = one + bool(trial["ranks"]), two + bool(trial["ranks_of_two"])
    assert min(one, two) > 80


def test_r_larger_groups():
    x, y = R["larger"]["x"], R["larger"]["y"]
    for found, answers in ((hodges_lehmann(x), R["larger"]["one"]), (hodges_lehmann(x, y), R["larger"]["two"])):
        assert found.method.endswith("exact")
        for r in answers:
            assert (found.estimate, found.p_value) == pytest.approx((r["estimate"], r["p_value"]), rel=1e-8)
            assert found.confidence_interval(r["level"]) == pytest.approx(r["interval"], rel=1e-8)


def test_beyond_200_values_the_normal_distribution_serves():
    rng = np.random.default_rng(3)
    one, other = rng.integers(0, 60, 150), rng.integers(5, 65, 120)
    found = hodges_lehmann(one, other)
    theirs = scipy.stats.mannwhitneyu(one, other, method="asymptotic")
    assert (found.p_value, found.method) == (pytest.approx(theirs.pvalue, rel=1e-10), "rank-sum test, normal approximation")
    low, high = found.confidence_interval()
    assert low < found.estimate < high
    assert found.achieved_level == pytest.approx(0.95, abs=1e-3)
    exact, approximate = hodges_lehmann(rng.normal(size=200)), hodges_lehmann(rng.normal(size=201))
    assert (exact.method, approximate.method) == ("signed-rank test, exact", "signed-rank test, normal approximation")
    assert approximate.achieved_level == pytest.approx(exact.achieved_level, abs=2e-3)
    assert hodges_lehmann([5] * 150, [5] * 150).p_value == 1.0
    many = rng.normal(5, 1, 201)
    assert hodges_lehmann(many).confidence_interval() == pytest.approx(
        hodges_lehmann(many[1:]).confidence_interval(), abs=0.02
    )
    border = hodges_lehmann(one[:100], other[:100])
    assert border.method == "rank-sum test, exact"
    assert border.p_value == pytest.approx(hodges_lehmann(one[:100], other[:101]).p_value, rel=0.3)


def test_little_to_rank():
    nothing = hodges_lehmann([None, math.nan])
    assert (nothing.estimate, nothing.p_value, nothing.n_missing, nothing.achieved_level) == (None, None, 2, None)
    assert nothing.confidence_interval() == (None, None)
    empty = hodges_lehmann([None], [1, 2])
    assert (empty.estimate, empty.p_value, empty.n, empty.n_control, empty.n_missing) == (None, None, 0, 2, 1)
    assert (empty.method, empty.values.tolist(), empty.control.tolist()) == ("rank-sum test, none", [], [1.0, 2.0])
    zeros = hodges_lehmann([0, 0])
    assert (zeros.estimate, zeros.p_value, zeros.confidence_interval()) == (0.0, None, (0.0, 0.0))
    single = hodges_lehmann([3], [1])
    assert (single.estimate, single.p_value, single.confidence_interval(), single.achieved_level) == (
        2.0,
        1.0,
        (2.0, 2.0),
        0.0,
    )
    # A 0 counts in the estimate and in the interval, not in the test.
    assert hodges_lehmann([0, 1, 3]).estimate == 1.25
    assert hodges_lehmann([0, 1, 3]).p_value == 0.5


def test_values_equal_but_for_rounding_are_ties():
    found = hodges_lehmann([0.1 + 0.2, 0.5], [0.3, 0.4])
    assert found.p_value == rank_sum_by_enumeration([0.3, 0.5], [0.3, 0.4])


def test_results_are_values():
    values = np.array([1.0, 6, 2])
    found = hodges_lehmann(values, [1, 2])
    values[0] = 9
    assert isinstance(found, HodgesLehmann)
    assert found == hodges_lehmann([1, 6, 2], [1, 2]) == pickle.loads(pickle.dumps(found))
    assert found != hodges_lehmann([1, 6, 2.5], [1, 2])
    assert not found.values.flags.writeable
    row, frame = found.to_dict(0.9), found.to_frame(0.9)
    numbers = ["estimate", "conf_low", "conf_high", "level", "achieved_level", "p_value", "n", "n_control", "n_missing"]
    assert list(row) == [*numbers, "method"]
    assert (row["level"], row["n"], row["n_control"], row["n_missing"]) == (0.9, 3, 2, 0)
    assert (list(frame.columns), len(frame)) == (list(row), 1)
    assert row["achieved_level"] == found.level_achieved(0.9)
    assert all(type(value) in (int, float, str, type(None)) for value in row.values())
    with pytest.raises(ValueError, match="'level' must lie strictly between 0 and 1"):
        found.confidence_interval(95)
    with pytest.raises(ValueError, match="'values' must hold numbers"):
        hodges_lehmann(["a"])
