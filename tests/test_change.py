"""Summaries, changes from baseline and the comparison of changes: Table 2's footers, Table 3, Figs 1 and 2."""

import itertools
import json
import math
import operator
import runpy
import statistics
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.change import (
    ChangeSummary,
    Description,
    MeanChange,
    SteroidLine,
    change_from_baseline,
    changes_by_visit,
    compare_changes,
    compare_log_changes,
    describe,
    describe_by_visit,
    fit_steroid_line,
    percent_change,
)
from ivigmyo.change.means import _ratio
from ivigmyo.change.signs import SignedRankTest
from ivigmyo.estimates import ConfidenceInterval

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "tests.json").read_text())
SIGNS = runpy.run_path(str(REFERENCE / "enumeration.py"))

# Saito et al. 2008, Table 2: age, disease duration, then MMT, ADL and CK at weeks -4, 0, 4, 8 and 12
ROWS = """
1  39 1.58  65 59 85 87 90  24 26 40 43 44  3613 4565 1570 1640 1719
2  64 0.08  58 53 65 68 73  12 14 20 24 28  4162 554 82 23 39
3  46 0.92  72 62 74 73 79  34 31 36 33 35  598 366 83 34 42
4  64 0.67  70 74 89 89 86  20 26 34 40 43  1789 973 147 52 33
5  42 0.58  78 76 81 83 86  27 29 29 35 37  4557 2871 1141 908 586
6  42 0.17  57 61 73 78 81  15 13 22 35 38  941 275 35 33 70
7  31 0.08  72 69 88 89 90  24 24 35 42 42  3629 1107 164 42 30
8  50 1.42  38 41 45 48 48  11 11 13 19 22  755 487 199 84 99
9  58 2.67  72 64 83 83 88  30 23 31 38 38  1862 282 34 28 48
10 60 1.17  58 46 67 69 72  9 7 23 25 27  525 183 51 91 61
11 59 0.33  77 59 67 74 79  29 15 21 29 36  3455 2482 255 71 46
12 50 0.75  73 68 75 76 87  33 36 41 39 37  3068 581 65 52 51
13 55 0.33  58 42 68 75 86  13 12 27 39 40  7180 2023 159 89 73
14 55 0.25  45 27 33 47 55  15 3 6 8 15  5922 2005 418 229 173
15 64 0.17  70 60 63 54 -  14 14 13 5 -  1400 143 73 39 -
16 58 5.42  72 75 - - -  34 37 - - -  312 83 - - -
"""
WEEKS = [-4, 0, 4, 8, 12]
CELLS = [[math.nan if cell == "-" else float(cell) for cell in line.split()] for line in ROWS.strip().splitlines()]
TABLE = pd.DataFrame(CELLS, index=pd.Index([str(number) for number in range(1, 17)], name="patient"))
MEASURES = {
    code: TABLE[range(first, first + 5)].set_axis(WEEKS, axis=1) for code, first in [("MMT", 3), ("ADL", 8), ("CK", 13)]
}
EFFICACY = {code: frame.drop("16") for code, frame in MEASURES.items()}
MMT, ADL, CK = EFFICACY["MMT"], EFFICACY["ADL"], EFFICACY["CK"]
PM, DM = [str(number) for number in range(1, 9)], [str(number) for number in range(9, 16)]

FOOTERS = {
    (16, "mean"): "52.3 1.04 64.7 58.5 70.4 72.9 78.6 21.5 20.1 26.1 30.3 34.4 2735.5 1186.3 298.4 227.7 219.3",
    (16, "sd"): "10.0 1.36 11.4 13.7 15.4 13.8 12.9 8.9 10.3 10.4 11.9 8.4 2055.4 1271.3 448.2 449.6 455.0",
    (15, "mean"): "51.9 0.74 64.2 57.4 70.4 72.9 78.6 20.7 18.9 26.1 30.3 34.4 2897.1 1259.8 298.4 227.7 219.3",
    (15, "sd"): "10.2 0.72 11.7 13.5 15.4 13.8 12.9 8.5 9.6 10.4 11.9 8.4 2019.6 1280.2 448.2 449.6 455.0",
}

changes = st.integers(-60, 60).map(lambda tenths: tenths / 10)
positive = st.integers(1, 9_999)


def printed(number, digits):
    """Round a number as the paper does: decimal, half up."""
    return str(Decimal(repr(number)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def triples(element, min_size=0, max_size=9):
    return st.lists(st.tuples(element, element, element), min_size=min_size, max_size=max_size)


def columns(rows):
    return [[row[i] for row in rows] for i in range(3)]


def with_differences(differences):
    """Compare three columns whose raw differences are those given."""
    zeros = [0] * len(differences)
    return compare_changes(zeros, zeros, differences)


def assert_near(found, expected, tolerance):
    """Compare numbers one by one, relative to their size or to 1e-4 if that is more; None is equal to None only."""
    for one, other in zip(found, expected, strict=True):
        assert one == (None if other is None else pytest.approx(other, rel=tolerance, abs=tolerance * 1e-4))


def sign_flip_by_enumeration(differences):
    """Every assignment of signs, in whole numbers: the decimals over their common denominator."""
    fractions = [Fraction(str(each)) for each in differences]
    unit = math.lcm(*(each.denominator for each in fractions))
    values = [int(each * unit) for each in fractions]
    observed = abs(sum(values))
    signs = itertools.product((-1, 1), repeat=len(values))
    return sum(abs(sum(map(operator.mul, each, values))) >= observed for each in signs) / 2 ** len(values)


# Summaries


def test_summary_by_hand():
    assert describe([2, None, 7, 3]) == Description(
        n=3, n_missing=1, mean=4.0, sd=math.sqrt(7), median=3.0, minimum=2.0, maximum=7.0
    )
    assert describe(np.array([1.5, 4.5])).median == 3.0


def test_summary_of_few_values():
    assert describe([]) == Description(0, 0, None, None, None, None, None)
    assert describe([None, np.nan]) == Description(0, 2, None, None, None, None, None)
    assert describe([5]) == Description(1, 0, 5.0, None, 5.0, 5.0, 5.0)


def test_equal_values_have_no_spread():
    assert np.std([0.1] * 3, ddof=1) > 0
    for values in ([0.1] * 3, [0.7] * 6, [57.3] * 11):
        assert describe(values).sd == 0.0


def test_summaries_are_plain_numbers():
    for each in attrs.astuple(describe(pd.Series([3, 5]))):
        assert type(each) in (int, float)


@given(st.lists(st.none() | st.integers(0, 900).map(lambda tenths: tenths / 10), max_size=30))
def test_summary_agrees_with_the_statistics_module(values):
    present = [value for value in values if value is not None]
    summary = describe(values)
    assert (summary.n, summary.n_missing) == (len(present), len(values) - len(present))
    if present:
        assert summary.mean == pytest.approx(statistics.fmean(present), abs=1e-12)
        assert summary.median == statistics.median(present)
        assert (summary.minimum, summary.maximum) == (min(present), max(present))
        assert summary.minimum - 1e-12 <= summary.mean <= summary.maximum + 1e-12
    if len(present) > 1:
        assert summary.sd == pytest.approx(statistics.stdev(present), abs=1e-12)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=20), st.integers(-9, 9), st.integers(1, 9))
def test_summary_follows_a_change_of_unit(values, shift, factor):
    one, other = describe(values), describe([factor * value + shift for value in values])
    assert other.mean == pytest.approx(factor * one.mean + shift, abs=1e-9)
    assert other.sd == pytest.approx(factor * one.sd, abs=1e-9)
    assert other.median == factor * one.median + shift


def test_every_footer_of_table_2():
    checked = 0
    for (n_patients, statistic), line in FOOTERS.items():
        table = TABLE.iloc[:n_patients]
        for position, footer in enumerate(line.split(), start=1):
            digits = len(footer.partition(".")[2])
            assert printed(getattr(describe(table[position]), statistic), digits) == footer
            checked += 1
    assert checked == 68


def test_visits_of_table_2():
    summary = describe_by_visit(MEASURES["CK"])
    assert summary.index.name == "week"
    assert summary.index.tolist() == WEEKS
    assert summary.columns.tolist() == ["n", "n_missing", "mean", "sd", "median", "minimum", "maximum"]
    assert summary["n"].tolist() == [16, 16, 15, 15, 14]
    assert summary["n_missing"].tolist() == [0, 0, 1, 1, 2]
    assert [printed(mean, 1) for mean in summary["mean"]] == FOOTERS[16, "mean"].split()[-5:]
    assert [printed(sd, 1) for sd in summary["sd"]] == FOOTERS[16, "sd"].split()[-5:]


def test_a_visit_without_values_is_nan():
    summary = describe_by_visit(pd.DataFrame({0: [1.0, 2.0], 4: [3.0, np.nan], 8: [np.nan, np.nan]}))
    assert summary["n"].tolist() == [2, 1, 0]
    assert summary["sd"].isna().tolist() == [False, True, True]
    assert summary.loc[8].isna().tolist() == [False, False, True, True, True, True, True]
    assert [str(dtype) for dtype in summary.dtypes] == ["int64", "int64", *["float64"] * 5]
    empty = describe_by_visit(pd.DataFrame(index=["P01"]))
    assert empty.shape == (0, 7)
    assert empty.index.name == "week"


# Change from baseline


def test_change_by_hand():
    # changes 1, 2, 6: mean 3, variance 7, t = 3 / sqrt(7 / 3)
    change = change_from_baseline([10, 20, 30, None, 5], [11, 22, 36, 40, None])
    assert change.n == 3
    assert change.n_excluded == 2
    assert change.df == 2
    assert change.mean == 3.0
    assert change.sd == pytest.approx(math.sqrt(7), rel=1e-15)
    assert change.t == pytest.approx(3 / math.sqrt(7 / 3), rel=1e-15)
    # with two degrees of freedom the distribution of t has a closed form
    assert change.p_value == pytest.approx(1 - change.t / math.sqrt(2 + change.t**2), rel=1e-13)
    assert change.reason is None
    assert change.method == "one-sample t-test, two-sided"
    half = 4.302652729749464 * math.sqrt(7 / 3)
    assert change.confidence_interval() == pytest.approx((3 - half, 3 + half), rel=1e-12)
    assert isinstance(change.confidence_interval(), ConfidenceInterval)
    assert change.confidence_interval(Fraction(19, 20)) == change.confidence_interval(0.95)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], MeanChange(0, None, None, None, None, None, 0, "fewer than two patients")),
        ([None, None], MeanChange(0, None, None, None, None, None, 2, "fewer than two patients")),
        ([12, None], MeanChange(1, 2.0, None, None, None, None, 1, "fewer than two patients")),
        ([12, 22], MeanChange(2, 2.0, 0.0, None, 1, None, 0, "all changes are equal")),
        ([10, 20], MeanChange(2, 0.0, 0.0, None, 1, None, 0, "all changes are equal")),
    ],
)
def test_without_a_test_there_is_a_reason(values, expected):
    change = change_from_baseline([10, 20][: len(values)], values)
    assert change == expected
    assert change.confidence_interval() == ConfidenceInterval(None, None)


def test_changes_equal_as_decimals_are_equal():
    baseline = [57.3, 58.1, 3.2, 0.3, 8.7]
    values = [62.3, 63.1, 8.2, 5.3, 13.7]
    assert len({after - before for after, before in zip(values, baseline, strict=True)}) > 1
    change = change_from_baseline(baseline, values)
    assert (change.sd, change.t, change.p_value, change.reason) == (0.0, None, None, "all changes are equal")


def test_a_small_spread_is_a_spread():
    change = change_from_baseline([50, 50, 50], [55, 55, 55.000001])
    assert change.reason is None
    assert change.sd > 0
    assert change.t == pytest.approx(5 / (change.sd / math.sqrt(3)), rel=1e-6)


def test_a_change_before_baseline_is_read_forwards():
    before = change_from_baseline(MMT[-4], MMT[0])
    assert (before.n, printed(before.mean, 1), printed(before.p_value, 4)) == (15, "-6.8", "0.0030")
    assert printed(change_from_baseline(ADL[-4], ADL[0]).p_value, 2) == "0.24"


def test_percent_change_by_hand():
    baseline = pd.Series([200.0, 80, 0, None, 50, 50], index=pd.Index(list("abcdef"), name="patient"))
    values = pd.Series([50.0, 100, 3, 60, None, 50], index=baseline.index)
    expected = pd.Series([-75, 25, None, None, None, 0], baseline.index, dtype=float, name="percent_change")
    pd.testing.assert_series_equal(percent_change(baseline, values), expected)
    assert percent_change([3], [1]).tolist() == [pytest.approx(-200 / 3)]
    assert percent_change([], []).dtype == np.float64
    with np.errstate(all="raise"):
        percent_change(baseline, values)
    with pytest.raises(ValueError, match="equal indexes"):
        percent_change(baseline, values.iloc[::-1])


@given(st.lists(st.tuples(positive, positive), max_size=9))
def test_percent_change_is_the_ratio_less_one(rows):
    baseline, values = [row[0] for row in rows], [row[1] for row in rows]
    expected = [float(100 * (Fraction(after, before) - 1)) for before, after in rows]
    assert percent_change(baseline, values).tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_changes_of_figure_1():
    table = changes_by_visit(MMT[0], MMT)
    assert table.index.name == "week"
    assert table.index.tolist() == WEEKS
    expected_names = ["n", "n_excluded", "mean", "sd", "t", "df", "p_value", "conf_low", "conf_high"]
    assert table.columns.tolist() == expected_names
    assert table["n"].tolist() == [15, 15, 15, 15, 14]
    assert table["n_excluded"].tolist() == [0, 0, 0, 0, 1]
    assert table.loc[0, ["mean", "sd"]].tolist() == [0.0, 0.0]
    assert table.loc[0, ["t", "p_value", "conf_low", "conf_high"]].isna().all()
    assert [str(dtype) for dtype in table.dtypes] == ["int64", "int64", *["float64"] * 7]
    change = change_from_baseline(MMT[0], MMT[12])
    low, high = change.confidence_interval(0.9)
    row = changes_by_visit(MMT[0], MMT, level=0.9).loc[12]
    assert row.tolist() == [14, 1, change.mean, change.sd, change.t, 13, change.p_value, low, high]
    for frame in EFFICACY.values():
        assert (changes_by_visit(frame[0], frame[[4, 8, 12]])["p_value"] < 0.01).all()


def exact_sizes(scale, before, baseline, after):
    """The differences' sizes, as fractions, and the size of no difference: on the ln scale those of which logarithms are."""
    if scale == "raw":
        return [abs(each) for each in SIGNS["raw_differences"](before, baseline, after)], 0
    return [max(each, 1 / each) for each in SIGNS["ratios"](before, baseline, after)], 1


@pytest.mark.parametrize("trial", range(len(R["trials"])))
def test_random_trials_agree_with_r(trial):
    case = R["trials"][trial]
    before, baseline, after = case["before"], case["baseline"], case["after"]
    results = {
        "change": change_from_baseline(baseline, after),
        "raw": compare_changes(before, baseline, after),
        "ln": compare_log_changes(before, baseline, after),
    }
    for name, ours in results.items():
        theirs = case[name]
        mean_sd = (ours.mean, ours.sd) if name == "change" else (ours.difference.mean, ours.difference.sd)
        assert mean_sd == pytest.approx((theirs["mean"], theirs["sd"]), rel=1e-10, abs=1e-12)
        assert (ours.t, ours.p_value) == pytest.approx((theirs["t"], theirs["p_value"]), rel=1e-10, abs=1e-12)
        assert ours.df == theirs["df"]
        for level, limits in zip(R["levels"], theirs["intervals"], strict=True):
            assert ours.confidence_interval(level) == pytest.approx(limits, rel=1e-10, abs=1e-10)
    assert results["ln"].pre.ratio == pytest.approx(case["pre_ratio"], rel=1e-10)
    for name, ranks in case["signed_rank"].items():
        sizes, none = exact_sizes(name, before, baseline, after)
        # Difference: with ties or zeros R has no exact P value; every assignment of signs is counted below instead.
        assert (ranks is None) == SIGNS["has_ties"](sizes, none)
        if ranks is not None:
            ours = results[name].signed_rank
            assert (ours.statistic, ours.method) == (ranks["statistic"], "exact")
            assert ours.p_value == pytest.approx(ranks["p_value"], rel=1e-10)


@pytest.mark.parametrize("scale", ["raw", "ln"])
def test_random_trials_agree_with_every_assignment_of_signs(scale):
    compare = {"raw": compare_changes, "ln": compare_log_changes}[scale]
    take, rank, flip = {
        "raw": (SIGNS["raw_differences"], SIGNS["signed_rank"], SIGNS["sign_flip"]),
        "ln": (SIGNS["ratios"], SIGNS["signed_rank_of_ratios"], SIGNS["sign_flip_of_ratios"]),
    }[scale]
    ranked = flipped = tied = 0
    for case in [R["paper"], *R["trials"]]:
        data = [case[name] for name in ("before", "baseline", "after")]
        ours, exact = compare(*data), take(*data)
        assert ours.signed_rank.n_zero == exact.count(0 if scale == "raw" else 1)
        assert ours.signed_rank_p_value == pytest.approx(rank(exact), rel=1e-10, abs=0)
        ranked += 1
        tied += case["signed_rank"][scale] is None
        truth = flip(exact)
        if truth is not None and ours.permutation_p_value is not None:
            assert ours.permutation_p_value == pytest.approx(truth, rel=1e-10, abs=0)
            flipped += 1
    assert (ranked, tied, flipped) == {"raw": (201, 93, 90), "ln": (201, 75, 44)}[scale]


def test_signs_are_counted_as_they_are_assigned():
    # The truth is itself held against another: two ways to count, and P values by hand.
    for sizes in ([1, 2, 3], [3, 3, 4, 8, 10, 12], [5], [0, 0, 2]):
        assigned = [total for total, _ in SIGNS["assign"](sizes)]
        assert len(assigned) == 2 ** len(sizes)
        assert SIGNS["count_ways"](sizes) == sorted((total, assigned.count(total)) for total in set(assigned))
    # Sizes 2, 2, 5 have ranks 1.5, 1.5, 3; of the sums of 1, 2, 5 with every sign, two in eight are as far as 8.
    assert SIGNS["signed_rank"]([Fraction(2), Fraction(-2), Fraction(0), Fraction(5)]) == 0.75
    assert SIGNS["sign_flip"]([Fraction(1), Fraction(2), Fraction(5)]) == 0.25
    # ln 2, ln 4 and -ln 8 add up to 0, and every sum is as far from it.
    assert SIGNS["sign_flip_of_ratios"]([Fraction(2), Fraction(4), Fraction(1, 8)]) == 1.0
    assert SIGNS["sign_flip_of_ratios"]([Fraction(2), Fraction(4), Fraction(8)]) == 0.25
    assert SIGNS["signed_rank_of_ratios"]([Fraction(2), Fraction(1), Fraction(1, 2), Fraction(8)]) == 0.75


def test_the_papers_ck_agrees_with_r():
    theirs = R["paper"]
    ours = compare_log_changes(CK[-4], CK[0], CK[4])
    assert CK[4].tolist() == theirs["after"]
    assert ours.p_value == pytest.approx(theirs["ln"]["p_value"], rel=1e-10)
    assert ours.confidence_interval() == pytest.approx(theirs["ln"]["intervals"][2], rel=1e-10)
    assert ours.signed_rank.statistic == theirs["signed_rank"]["ln"]["statistic"]
    assert ours.signed_rank_p_value == pytest.approx(theirs["signed_rank"]["ln"]["p_value"], rel=1e-10)


@given(st.lists(st.tuples(changes, changes), min_size=2, max_size=15))
def test_change_agrees_with_scipy(rows):
    baseline, values = [row[0] for row in rows], [row[1] for row in rows]
    ours = change_from_baseline(baseline, values)
    exact = [Fraction(str(after)) - Fraction(str(before)) for before, after in rows]
    assert (ours.reason is None) == (len(set(exact)) > 1)
    assert ours.mean == pytest.approx(float(sum(exact) / len(exact)), abs=1e-12)
    if ours.reason is None:
        theirs = scipy.stats.ttest_1samp([float(each) for each in exact], 0)
        assert (ours.t, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9, abs=1e-12)
        # older releases of scipy find the quantile of t to six digits only
        assert ours.confidence_interval(0.9) == pytest.approx(theirs.confidence_interval(0.9), rel=1e-5, abs=1e-6)
        low, high = ours.confidence_interval()
        assert low <= ours.mean <= high


@given(st.lists(st.tuples(changes, changes), min_size=2, max_size=12))
def test_change_read_backwards_has_the_other_sign(rows):
    baseline, values = [row[0] for row in rows], [row[1] for row in rows]
    there, back = change_from_baseline(baseline, values), change_from_baseline(values, baseline)
    assert back.mean == -there.mean
    assert back.p_value == there.p_value
    reordered = change_from_baseline(baseline[::-1], values[::-1])
    assert reordered.mean == pytest.approx(there.mean, abs=1e-12)


# Changes before and after, compared


def test_table_3():
    comparison = compare_log_changes(CK[-4], CK[0], CK[4])
    assert comparison.n == 15
    cells = [(printed(each.mean, 3), printed(each.sd, 3)) for each in (comparison.pre, comparison.post)]
    assert cells == [("1.051", "0.708"), ("1.652", "0.575")]
    assert printed(comparison.difference.mean, 3) == "0.601"
    assert printed(comparison.difference.sd, 3) == "0.809"
    assert printed(comparison.t, 3) == "2.877"
    assert printed(comparison.p_value, 4) == "0.0122"
    assert comparison.df == 14
    assert tuple(printed(limit, 3) for limit in comparison.confidence_interval()) == ("0.153", "1.049")
    assert printed(comparison.signed_rank_p_value, 4) == "0.0084"
    assert comparison.permutation_p_value == 444 / 32768
    assert printed(comparison.pre.ratio, 2) == "0.35"
    assert printed(comparison.post.ratio, 2) == "0.19"
    assert comparison.scale == "ln"
    assert comparison.method == "paired t-test, two-sided"


@pytest.mark.parametrize(
    ("compare", "frame", "patients", "p_value"),
    [
        (compare_changes, MMT, MMT.index, 8.65e-6),
        (compare_changes, ADL, ADL.index, 3.14e-4),
        (compare_log_changes, CK, PM, 0.00295),
        (compare_log_changes, CK, DM, 0.331),
        (compare_changes, CK, CK.index, 0.172),
    ],
)
def test_what_else_follows_from_table_2(compare, frame, patients, p_value):
    chosen = frame.loc[patients]
    comparison = compare(chosen[-4], chosen[0], chosen[4])
    assert comparison.n == len(patients)
    assert f"{comparison.p_value:.3g}" == f"{p_value:.3g}"
    assert comparison.permutation_p_value == sign_flip_by_enumeration(comparison.differences.tolist())


def test_comparison_by_hand():
    # before 10, 20, 30; baseline 8, 20, 33; after 9, 26, 40: pre -2, 0, 3; post 1, 6, 7; difference 3, 6, 4
    comparison = compare_changes([10, 20, 30, None, 1, 2], [8, 20, 33, 4, None, 3], [9, 26, 40, 5, 6, None])
    assert (comparison.n, comparison.n_excluded, comparison.df) == (3, 3, 2)
    assert comparison.differences.tolist() == [3, 6, 4]
    assert comparison.pre == ChangeSummary(pytest.approx(1 / 3), pytest.approx(math.sqrt(19 / 3)), None)
    assert comparison.post == ChangeSummary(pytest.approx(14 / 3), pytest.approx(math.sqrt(31 / 3)), None)
    assert comparison.difference == ChangeSummary(pytest.approx(13 / 3), pytest.approx(math.sqrt(7 / 3)), None)
    assert comparison.t == pytest.approx(13 / math.sqrt(7))
    assert comparison.reason is None
    assert comparison.scale == "raw"
    assert comparison.ratio_interval() == ConfidenceInterval(None, None)
    assert comparison.signed_rank == SignedRankTest(p_value=0.25, statistic=6.0, n=3, n_zero=0, method="exact")
    assert comparison.permutation_p_value == 0.25


def test_log_comparison_by_hand():
    # CK halves, then falls to an eighth, in one patient; quarters twice in the other
    comparison = compare_log_changes([800, 1600], [400, 400], [50, 100])
    ln2 = math.log(2)
    assert comparison.pre.mean == pytest.approx(1.5 * ln2)
    assert comparison.post.mean == pytest.approx(2.5 * ln2)
    assert comparison.difference.mean == pytest.approx(ln2)
    assert comparison.pre.ratio == pytest.approx(2**-1.5)
    assert comparison.post.ratio == pytest.approx(2**-2.5)
    assert comparison.difference.ratio == pytest.approx(0.5)
    assert comparison.differences.tolist() == [pytest.approx(2 * ln2), 0.0]
    assert comparison.signed_rank == SignedRankTest(p_value=1.0, statistic=1.0, n=1, n_zero=1, method="exact")
    assert comparison.permutation_p_value == 1.0
    low, high = comparison.confidence_interval(0.8)
    assert comparison.ratio_interval(0.8) == pytest.approx((math.exp(-high), math.exp(-low)))
    assert comparison.ratio_interval(0.8).low < 0.5 < comparison.ratio_interval(0.8).high


@pytest.mark.parametrize("compare", [compare_changes, compare_log_changes])
def test_comparison_without_patients(compare):
    comparison = compare([], [], [])
    assert (comparison.n, comparison.n_excluded) == (0, 0)
    assert comparison.pre == comparison.post == comparison.difference == ChangeSummary(None, None, None)
    assert (comparison.t, comparison.df, comparison.p_value) == (None, None, None)
    assert comparison.reason == "fewer than two patients"
    assert comparison.confidence_interval() == comparison.ratio_interval() == ConfidenceInterval(None, None)
    assert comparison.signed_rank == SignedRankTest(p_value=None, statistic=0.0, n=0, n_zero=0, method="none")
    assert comparison.permutation_p_value is None


def test_comparison_of_one_patient():
    comparison = compare_log_changes([400], [200], [50])
    assert comparison.n == 1
    assert comparison.difference.ratio == pytest.approx(0.5)
    assert comparison.difference.sd is None
    assert (comparison.p_value, comparison.reason) == (None, "fewer than two patients")
    assert comparison.signed_rank_p_value == comparison.permutation_p_value == 1.0
    assert comparison.ratio_interval() == ConfidenceInterval(None, None)


def test_equal_differences_are_seen_on_either_scale():
    # every patient halves, then falls to a quarter: ln 2 in all, though logarithms differ in the last digit
    before = [3613, 41.7, 598, 0.3, 955]
    halved, last = [each / 2 for each in before], [each / 8 for each in before]
    comparison = compare_log_changes(before, halved, last)
    assert comparison.reason == "all changes are equal"
    assert comparison.pre.sd == comparison.difference.sd == 0.0
    assert comparison.signed_rank_p_value == comparison.permutation_p_value == 2 / 32
    nothing = compare_log_changes(before, halved, [each / 4 for each in before])
    assert nothing.differences.tolist() == [0.0] * 5
    assert not np.signbit(nothing.differences).any()
    assert nothing.signed_rank == SignedRankTest(p_value=None, statistic=0.0, n=0, n_zero=5, method="none")
    assert nothing.permutation_p_value == 1.0


def test_ties_are_seen_as_decimals_are_written():
    # differences 0.3, 0.3, -0.3, 0, 0.6: in binary 0.1 + 0.2 is not 0.3
    comparison = compare_changes([0] * 5, [0.1, 0.2, 0.3, 0.7, 0.4], [0.5, 0.7, 0.3, 1.4, 1.4])
    assert comparison.differences.tolist() == pytest.approx([0.3, 0.3, -0.3, 0.0, 0.6], abs=1e-15)
    assert comparison.differences[3] == 0
    assert comparison.signed_rank == SignedRankTest(p_value=0.5, statistic=8.0, n=4, n_zero=1, method="exact")
    assert comparison.permutation_p_value == sign_flip_by_enumeration([0.3, 0.3, -0.3, 0, 0.6])


@given(triples(st.integers(0, 900).map(lambda tenths: tenths / 10), min_size=2))
def test_raw_comparison_is_the_test_of_the_second_difference(rows):
    before, baseline, after = columns(rows)
    comparison = compare_changes(before, baseline, after)
    exact = [Fraction(str(a)) - 2 * Fraction(str(o)) + Fraction(str(b)) for b, o, a in rows]
    alone = change_from_baseline([0] * len(rows), [float(each) for each in exact])
    assert (comparison.reason, comparison.df) == (alone.reason, alone.df)
    found = (comparison.difference.mean, comparison.difference.sd, comparison.t, comparison.p_value)
    assert_near(found, (alone.mean, alone.sd, alone.t, alone.p_value), 1e-8)
    assert comparison.signed_rank_p_value == with_differences([float(each) for each in exact]).signed_rank_p_value
    total = comparison.post.mean - comparison.pre.mean
    assert comparison.difference.mean == pytest.approx(total, abs=1e-10)


@given(triples(positive, min_size=2))
def test_log_comparison_does_not_depend_on_the_unit(rows):
    one = compare_log_changes(*columns(rows))
    other = compare_log_changes(*([each / 60 for each in column] for column in columns(rows)))
    assert other.reason == one.reason
    assert other.difference.ratio == pytest.approx(one.difference.ratio, rel=1e-9)
    assert_near((other.t, other.p_value), (one.t, one.p_value), 1e-6)
    assert other.signed_rank_p_value == one.signed_rank_p_value
    assert other.permutation_p_value == one.permutation_p_value


@given(triples(positive, min_size=2))
def test_time_reversed_leaves_the_raw_difference(rows):
    # read backwards, pre is minus post and post is minus pre: their difference stays
    before, baseline, after = columns(rows)
    there, back = compare_changes(before, baseline, after), compare_changes(after, baseline, before)
    assert back.pre.mean == -there.post.mean
    assert back.difference.mean == there.difference.mean
    assert back.permutation_p_value == there.permutation_p_value
    falls, rises = (compare_log_changes(*each) for each in ((before, baseline, after), (after, baseline, before)))
    assert rises.pre.mean == pytest.approx(-falls.post.mean, abs=1e-12)
    assert rises.difference.mean == pytest.approx(falls.difference.mean, abs=1e-9)


@given(triples(st.none() | positive), st.randoms(use_true_random=False))
def test_the_order_of_patients_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    one, other = (compare_log_changes(*columns(each)) for each in (rows, shuffled))
    assert (one.n, one.n_excluded, one.reason) == (other.n, other.n_excluded, other.reason)
    assert one.n == sum(None not in row for row in rows)
    assert_near((one.p_value, one.signed_rank_p_value), (other.p_value, other.signed_rank_p_value), 1e-9)
    assert one.permutation_p_value == other.permutation_p_value


def test_comparisons_can_be_compared_and_not_changed():
    one, other = (compare_log_changes(CK[-4], CK[0], CK[4]) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert "differences" not in repr(one)
    assert one != compare_log_changes(CK[-4], CK[0], CK[8])
    assert one != compare_changes(CK[-4], CK[0], CK[4])
    with pytest.raises(ValueError, match="read-only"):
        one.differences[0] = 0
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.t = 0
    for each in (one.t, one.p_value, one.difference.mean, one.post.ratio, one.signed_rank_p_value):
        assert type(each) is float
    assert type(one.permutation_p_value) is float
    assert type(one.n) is type(one.df) is int


def test_nothing_of_the_caller_is_changed():
    arrays = [np.array([100.0, np.nan, 50.0, 70.0]), np.array([40.0, 3.0, 60.0, 9.0]), np.array([10.0, 5.0, 5.0, 2.0])]
    copies = [array.copy() for array in arrays]
    with np.errstate(all="raise"):
        before = np.geterr()
        comparison = compare_log_changes(*arrays)
        comparison.confidence_interval()
        assert comparison.signed_rank_p_value == comparison.permutation_p_value
        change_from_baseline(arrays[0], arrays[1]).confidence_interval()
        describe(arrays[0])
        fit_steroid_line(arrays[0], arrays[1])
        assert np.geterr() == before
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
        assert array.flags.writeable


# The line under steroids alone


PUBLISHED = SteroidLine(slope=-0.25602, intercept=6.60394)


def test_a_line_that_was_published():
    assert PUBLISHED.at(0) == 6.60394
    assert PUBLISHED.at(4) == pytest.approx(6.60394 - 4 * 0.25602)
    assert PUBLISHED.method == "published"
    assert (PUBLISHED.n, PUBLISHED.n_excluded) == (None, 0)
    assert type(PUBLISHED.at(np.int64(4))) is float
    weeks = np.array([-4, 0, np.nan])
    np.testing.assert_allclose(PUBLISHED.at(weeks), [7.62802, 6.60394, np.nan])
    assert PUBLISHED.at(None) is None


def test_the_line_that_follows_from_table_2():
    line = fit_steroid_line(CK[-4], CK[0])
    assert printed(line.slope, 5) == "-0.26280"
    assert printed(line.intercept, 5) == "6.63432"
    assert (line.n, line.n_excluded, line.method) == (15, 0, "least squares")
    weeks, logs = np.repeat([-4.0, 0.0], 15), np.log(np.concatenate([CK[-4], CK[0]]))
    assert (line.slope, line.intercept) == pytest.approx(np.polyfit(weeks, logs, 1), rel=1e-10)
    assert line.slope == pytest.approx(-compare_log_changes(CK[-4], CK[0], CK[4]).pre.mean / 4)
    assert line.intercept == pytest.approx(np.log(CK[0]).mean())


def test_the_line_leaves_out_who_has_one_value():
    line = fit_steroid_line([math.e**4, 1000, None], [math.e**2, None, 5], week_before=-2)
    assert (line.n, line.n_excluded) == (1, 2)
    assert (line.slope, line.intercept) == pytest.approx((-1, 2))
    nobody = fit_steroid_line([100, None], [None, 5])
    assert nobody == SteroidLine(None, None, 0, 2, "least squares")
    assert nobody.at(4) is None
    assert np.isnan(nobody.at([0, 4])).all()


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=12), st.integers(-12, -1))
def test_the_line_is_the_line_of_least_squares(rows, week):
    before, baseline = [row[0] for row in rows], [row[1] for row in rows]
    line = fit_steroid_line(before, baseline, week)
    residuals = np.log(before) - line.at(week), np.log(baseline) - line.at(0)
    assert [each.sum() for each in residuals] == pytest.approx([0, 0], abs=1e-9)


# Refusals


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: describe(["5"]), "'values' must hold numbers (got '5') at position 0."),
        (lambda: describe([1, float("inf")]), "'values' must be finite (got inf) at position 1."),
        (lambda: describe(5), "'values' must be a column of numbers (got 5)."),
        (lambda: describe_by_visit([1, 2]), "'frame' must be a DataFrame (got 'list')."),
        (
            lambda: change_from_baseline([1, 2], [1]),
            "'baseline' and 'values' must have equal lengths (got baseline 2, values 1).",
        ),
        (
            lambda: change_from_baseline(MMT[0], MMT[12].iloc[::-1]),
            "'baseline' and 'values' must have equal indexes (got ['1', '2', '3', ...] and ['15', '14', '13', ...]).",
        ),
        (lambda: change_from_baseline([1], [2]).confidence_interval(95), None),
        (lambda: changes_by_visit([1, 2], pd.DataFrame({4: [1, 2]}), level=1), None),
        (lambda: compare_changes([1], [1], [1]).ratio_interval(0), None),
        (
            lambda: compare_changes([1], [1, 2], [1]),
            "'before' and 'baseline' and 'after' must have equal lengths (got before 1, baseline 2, after 1).",
        ),
        (
            lambda: compare_log_changes(CK[-4], CK[0].where(CK.index != "7", 0), CK[4]),
            "'baseline' must be greater than 0 (got 0) for patient '7'.",
        ),
        (
            lambda: compare_log_changes([None, 1], [1, 1], [-3, -4]),
            "'after' must be greater than 0 (got -3) at position 0, and 1 more.",
        ),
        (lambda: compare_log_changes([0], [1], [1]), "'before' must be greater than 0 (got 0) at position 0."),
        (lambda: fit_steroid_line([1], [0]), "'baseline' must be greater than 0 (got 0) at position 0."),
        (lambda: fit_steroid_line([1], [1], 0), "'week_before' must be finite and less than 0 (got 0)."),
        (lambda: fit_steroid_line([1], [1], -math.inf), "'week_before' must be finite and less than 0 (got -inf)."),
        (lambda: fit_steroid_line([1], [1], math.nan), "'week_before' must be finite and less than 0 (got nan)."),
        (lambda: PUBLISHED.at("4"), "'weeks' must be a column of numbers (got 'str')."),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match="must") as refused:
        call()
    assert str(refused.value).startswith(message or "'level' must lie strictly between 0 and 1 (got ")


LARGE, SMALL = (10000.1, 10000.2), (0.2, 0.3)


@pytest.mark.parametrize("columns", [(LARGE, SMALL), (SMALL, LARGE)])
def test_changes_equal_as_decimals_have_no_spread_whichever_value_is_large(columns):
    assert columns[0][0] - columns[1][0] != columns[0][1] - columns[1][1]
    assert change_from_baseline(*columns).sd == 0.0


@pytest.mark.parametrize("columns", [(LARGE, SMALL, SMALL), (SMALL, LARGE, SMALL), (SMALL, SMALL, LARGE)])
def test_differences_equal_as_decimals_have_no_spread_whichever_value_is_large(columns):
    comparison = compare_changes(*columns)
    assert comparison.pre.sd == comparison.post.sd == comparison.difference.sd == 0.0


visits = st.lists(st.tuples(*[st.none() | st.integers(0, 900).map(lambda tenths: tenths / 10)] * 3), min_size=1, max_size=8)


@given(visits, st.permutations([0, 1, 2]), st.floats(0.5, 0.99))
def test_visits_are_summarized_one_by_one_in_any_order(rows, order, level):
    frame = pd.DataFrame(rows, columns=[0, 1, 2], dtype=float)
    baseline = frame[0]
    summary, changes = describe_by_visit(frame), changes_by_visit(baseline, frame, level=level)
    for week in frame:
        alone = describe(frame[week])
        found = [None if cell != cell else cell for cell in summary.loc[week]]
        assert found == [getattr(alone, name) for name in summary.columns]
        change = change_from_baseline(baseline, frame[week])
        row = changes.loc[week]
        expected = (change.mean, change.sd, change.t, change.p_value, *change.confidence_interval(level))
        assert_near(
            [None if cell != cell else cell for cell in row[["mean", "sd", "t", "p_value", "conf_low", "conf_high"]]],
            expected,
            1e-12,
        )
        assert (row["n"], row["n_excluded"]) == (change.n, change.n_excluded)
    # the columns stand as they were given, and one left out changes no other
    pd.testing.assert_frame_equal(describe_by_visit(frame[list(order)]), summary.loc[list(order)])
    pd.testing.assert_frame_equal(changes_by_visit(baseline, frame[[2]], level=level), changes.loc[[2]])


@given(st.lists(st.tuples(positive, positive, positive), min_size=1, max_size=8), st.sampled_from([0.5, 4.0]))
def test_percent_changes_know_no_unit_and_multiply_up(rows, unit):
    first, second, third = (np.array(each) for each in zip(*rows, strict=True))
    there, on = percent_change(first, second), percent_change(second, third)
    assert percent_change(unit * first, unit * second).tolist() == there.tolist()
    whole = percent_change(first, third)
    np.testing.assert_allclose((1 + there / 100) * (1 + on / 100), 1 + whole / 100, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose((1 + there / 100) * (1 + percent_change(second, first) / 100), 1, rtol=1e-12)


@given(triples(positive, min_size=2), st.floats(0.5, 0.9))
def test_intervals_hold_the_difference_widen_with_the_level_and_follow_to_ratios(rows, level):
    comparison = compare_log_changes(*columns(rows))
    if comparison.t is None:
        assert comparison.confidence_interval(level) == comparison.ratio_interval(level) == (None, None)
        return
    (low, high), (lower, higher) = comparison.confidence_interval(level), comparison.confidence_interval((1 + level) / 2)
    assert lower <= low <= comparison.difference.mean <= high <= higher
    # the interval leaves out 0 exactly where the test is significant at its level
    if abs(comparison.p_value - (1 - level)) > 1e-9:
        assert (low > 0 or high < 0) == (comparison.p_value < 1 - level)
    least, most = comparison.ratio_interval(level)
    assert (least, most) == pytest.approx((math.exp(-high), math.exp(-low)))
    assert least <= comparison.difference.ratio * (1 + 1e-12)
    raw = compare_changes(*columns(rows))
    assert raw.ratio_interval(level) == (None, None)


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=8), st.integers(-12, -1), st.sampled_from([0.5, 60.0]))
def test_the_line_moves_with_the_unit_and_passes_the_means(rows, week, unit):
    before, baseline = (np.array(each) for each in zip(*rows, strict=True))
    line, other = fit_steroid_line(before, baseline, week), fit_steroid_line(unit * before, unit * baseline, week)
    assert other.slope == pytest.approx(line.slope, abs=1e-9)
    assert other.intercept == pytest.approx(line.intercept + math.log(unit), abs=1e-9)
    assert [line.at(week), line.at(0)] == pytest.approx([np.log(before).mean(), np.log(baseline).mean()], abs=1e-9)
    # a straight line: half way it lies half way, and many weeks are read as one
    assert line.at(week / 2) == pytest.approx((line.at(week) + line.at(0)) / 2, abs=1e-9)
    assert line.at([week, 0, 4]).tolist() == [line.at(week), line.at(0), line.at(4)]


def test_a_ratio_beyond_all_floats_is_refused():
    assert _ratio(700) == pytest.approx(math.exp(700))
    with pytest.raises(
        ValueError, match=r"^the geometric mean of the ratios must be at most 1e308 \(got 'exp\(710\.0\)'\)\.$"
    ):
        _ratio(710)
