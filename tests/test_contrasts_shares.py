"""Shares of two arms compared: fractions by hand, published numbers, every table counted, and R."""

import math
import pickle
import runpy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ivigmyo.contrasts import ProportionComparison, compare_proportions, compare_response
from ivigmyo.estimates import Proportion

R = runpy.run_path(str(Path(__file__).with_name("reference") / "stored.py"))["load"]("contrasts")
Z = 1.959963984540054


@st.composite
def tables(draw, most=12):
    n, m = draw(st.integers(1, most)), draw(st.integers(1, most))
    return draw(st.integers(0, n)), n, draw(st.integers(0, m)), m


def compare(x, n, y, m):
    return compare_proportions(Proportion(x, n), Proportion(y, m))


# --- naive references -------------------------------------------------------------------------------------------------


def naive_fisher(x, n, y, m):
    """Every table with the same margins, as fractions."""
    total = x + y
    chance = {
        k: Fraction(math.comb(n, k) * math.comb(m, total - k), math.comb(n + m, total))
        for k in range(max(0, total - m), min(n, total) + 1)
    }
    return sum(each for each in chance.values() if each <= chance[x])


def naive_boschloo(x, n, y, m):
    """Every table at 4,001 rates; the one-sided Fisher P values as fractions."""

    def one_sided(x, n, y, m):
        def tail(k, j):
            total = k + j
            ways = [math.comb(n, i) * math.comb(m, total - i) for i in range(k, min(n, total) + 1)]
            return Fraction(sum(ways), math.comb(n + m, total))

        rates, seen = np.linspace(0, 1, 4001), tail(x, y)
        chance = np.zeros_like(rates)
        for k in range(n + 1):
            for j in range(m + 1):
                if tail(k, j) <= seen:
                    ways = math.comb(n, k) * math.comb(m, j)
                    chance += ways * rates ** (k + j) * (1 - rates) ** (n + m - k - j)
        return chance.max()

    return min(1.0, 2 * min(one_sided(x, n, y, m), one_sided(y, m, x, n)))


def naive_score(x, n, y, m, delta):
    """The score statistic with the rates of greatest likelihood found on ever finer grids."""

    def log_likelihood(p):
        q = p + delta
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [np.where(k > 0, k * np.log(r), 0.0) for k, r in ((x, q), (n - x, 1 - q), (y, p), (m - y, 1 - p))]
        return sum(parts)

    low, high = max(0.0, -delta), min(1.0, 1 - delta)
    for _ in range(12):
        grid = np.linspace(low, high, 101)
        best = int(np.nanargmax(log_likelihood(grid)))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 100)]
    p = grid[best]
    variance = ((p + delta) * (1 - p - delta) / n + p * (1 - p) / m) * (n + m) / (n + m - 1)
    return (x / n - y / m - delta) / math.sqrt(variance)


# --- by hand and as published -----------------------------------------------------------------------------------------


def test_all_against_none():
    found = compare(4, 4, 0, 4)
    assert (found.difference, found.risk_ratio, found.odds_ratio) == (1.0, None, None)
    assert found.p_value == 2 / 70
    assert found.difference_interval().high == 1.0
    assert found.difference_interval(method="wald") == (None, None)
    assert found.absent == {
        "risk_ratio": "nobody in the control arm responded",
        "odds_ratio": "nobody in the control arm, or everybody in the treated arm, responded",
    }
    # (4/4 - 0/4)^2 / (1/2 x 1/2 x (1/4 + 1/4) x 8/7) = 7
    assert found.score_p_value == pytest.approx(math.erfc(math.sqrt(3.5)), abs=1e-15)


def test_published_trial():
    found = compare(37, 47, 21, 48)
    assert found.difference == pytest.approx(0.349734, abs=5e-7)
    for method, limits in (
        ("wald", (0.167018, 0.532450)),
        ("newcombe", (0.154540, 0.509895)),
        ("miettinen-nurminen", (0.156030, 0.518450)),
    ):
        assert found.difference_interval(method=method) == pytest.approx(limits, abs=6e-7)
    assert found.score_p_value == pytest.approx(0.000508, abs=5e-7)
    assert found.p_value == pytest.approx(0.000689, abs=5e-7)
    assert found.boschloo_p_value == pytest.approx(0.000455, abs=5e-7)
    assert (found.risk_ratio, *found.risk_ratio_interval()) == pytest.approx((1.799392, 1.263537, 2.562499), abs=6e-7)
    assert (found.odds_ratio, *found.odds_ratio_interval()) == pytest.approx((4.757143, 1.930708, 11.721300), abs=6e-7)
    assert found.absent == {}


def test_newcombe_as_published():
    # Newcombe 1998, Table II: 56/70 - 48/80 and 9/10 - 3/10, method 10.
    assert compare(56, 70, 48, 80).difference_interval(method="newcombe") == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert compare(9, 10, 3, 10).difference_interval(method="newcombe") == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert compare(56, 70, 48, 80).difference_interval() == pytest.approx((0.0528, 0.3382), abs=5e-5)
    assert compare(9, 10, 3, 10).difference_interval() == pytest.approx((0.1700, 0.8406), abs=5e-5)


def test_three_strata():
    treated = [Proportion(10, 12), Proportion(19, 25), Proportion(8, 10)]
    control = [Proportion(4, 10), Proportion(14, 30), Proportion(3, 8)]
    found = compare_proportions(treated, control)
    assert (found.treated, found.control) == (Proportion(37, 47), Proportion(21, 48))
    assert found.cmh_statistic == pytest.approx(11.794931, abs=5e-7)
    assert found.cmh_p_value == pytest.approx(0.000593922, abs=5e-10)
    assert found.common_odds_ratio == pytest.approx(4.710263, abs=5e-7)
    assert found.common_difference == pytest.approx(0.350644, abs=5e-7)
    assert found.common_difference_interval() == pytest.approx((0.166493, 0.534795), abs=6e-7)
    assert found.common_odds_ratio_interval() == pytest.approx(R["three_strata"]["odds_ratio_interval"], rel=1e-10)
    assert (found.n_strata, found.n_strata_without_weight) == (3, 0)


# --- 0/n, n/n, n = 0, strata that say nothing -------------------------------------------------------------------------


def test_nobody_and_everybody():
    nobody, everybody = compare(0, 5, 0, 7), compare(5, 5, 7, 7)
    for found in (nobody, everybody):
        assert (found.difference, found.p_value, found.boschloo_p_value, found.score_p_value) == (0.0, 1.0, 1.0, None)
        assert found.absent["score_p_value"] == "all patients have the same outcome"
        low, high = found.difference_interval()
        assert -1 < low < 0 < high < 1
        assert found.difference_interval(method="wald") == (None, None)
    assert nobody.difference_interval() == pytest.approx([-x for x in everybody.difference_interval()[::-1]], abs=1e-14)
    assert (nobody.risk_ratio, everybody.risk_ratio) == (None, 1.0)
    assert everybody.risk_ratio_interval() == nobody.risk_ratio_interval() == (None, None)
    assert (nobody.odds_ratio, everybody.odds_ratio) == (None, None)


def test_none_of_the_treated():
    found = compare(0, 5, 3, 7)
    assert (found.risk_ratio, found.odds_ratio) == (0.0, 0.0)
    assert found.risk_ratio_interval() == found.odds_ratio_interval() == (None, None)


@pytest.mark.parametrize("counts", [(0, 0, 3, 7), (2, 5, 0, 0), (0, 0, 0, 0)])
def test_an_arm_without_patients(counts):
    found = compare(*counts)
    names = ["difference", "risk_ratio", "odds_ratio", "p_value", "score_p_value", "boschloo_p_value"]
    assert [getattr(found, name) for name in names] == [None] * 6
    assert found.absent == dict.fromkeys(names, "an arm has no patient")
    for method in ("miettinen-nurminen", "newcombe", "wald"):
        assert found.difference_interval(method=method) == (None, None)
    assert found.risk_ratio_interval() == found.odds_ratio_interval() == (None, None)
    assert math.isnan(found.to_frame()["difference"].iloc[0])


def test_a_stratum_without_an_arm_has_no_weight_and_is_counted():
    treated, control = [Proportion(10, 12), Proportion(19, 25)], [Proportion(4, 10), Proportion(14, 30)]
    without = compare_proportions(treated, control)
    found = compare_proportions([*treated, Proportion(1, 1)], [*control, Proportion(0, 0)])
    for name in ("common_difference", "common_odds_ratio", "cmh_statistic", "cmh_p_value"):
        assert getattr(found, name) == getattr(without, name)
    assert found.common_difference_interval() == without.common_difference_interval()
    assert (found.n_strata, found.n_strata_without_weight) == (3, 1)
    assert found.treated == Proportion(30, 38)


def test_no_stratum_has_both_arms():
    found = compare_proportions([Proportion(3, 5), Proportion(0, 0)], [Proportion(0, 0), Proportion(1, 4)])
    assert found.difference == pytest.approx(0.35)
    names = ["common_difference", "common_odds_ratio", "cmh_statistic", "cmh_p_value"]
    assert found.absent == dict.fromkeys(names, "no stratum has both arms")
    assert found.common_difference_interval() == found.common_odds_ratio_interval() == (None, None)


def test_strata_of_two_patients_and_with_one_outcome():
    # Matched pairs: McNemar's statistic (5 - 1)^2 / 6, odds ratio 5.
    pairs = [(1, 0)] * 5 + [(0, 1)] + [(1, 1)] * 3 + [(0, 0)] * 2
    found = compare_proportions([Proportion(x, 1) for x, _ in pairs], [Proportion(y, 1) for _, y in pairs])
    assert found.cmh_statistic == pytest.approx(16 / 6, abs=1e-14)
    assert found.common_odds_ratio == pytest.approx(5)
    assert found.common_difference == pytest.approx(4 / 11)
    alike = compare_proportions([Proportion(2, 2), Proportion(0, 3)], [Proportion(4, 4), Proportion(0, 2)])
    assert (alike.common_difference, alike.common_difference_interval()) == (0.0, (None, None))
    assert (alike.cmh_statistic, alike.common_odds_ratio) == (None, None)
    assert alike.absent["cmh_p_value"] == "all patients of each stratum have the same outcome"


def test_one_stratum_is_the_whole():
    found = compare_proportions([Proportion(37, 47)], [Proportion(21, 48)])
    assert found.common_difference == pytest.approx(found.difference, abs=1e-15)
    assert found.common_odds_ratio == pytest.approx(found.odds_ratio)
    assert found.cmh_p_value == pytest.approx(found.score_p_value)
    assert compare(37, 47, 21, 48).common_difference is None


# --- naive references and R -------------------------------------------------------------------------------------------


@given(tables())
def test_fisher_is_every_table_with_the_same_margins(table):
    found = compare(*table)
    assert found.p_value == pytest.approx(float(naive_fisher(*table)), abs=1e-15)
    x, n, y, m = table
    assert compare(y, m, x, n).p_value == pytest.approx(found.p_value, abs=1e-15)


@given(tables(most=5))
@settings(settings.get_profile("whole"))
def test_boschloo_is_the_greatest_chance_over_the_rates(table):
    x, n, y, m = table
    found, naive = compare(*table), naive_boschloo(*table)
    assert naive - 1e-12 <= found.boschloo_p_value <= naive + 1e-5
    if 0 < x + y < n + m:  # scipy has no answer there
        theirs = scipy.stats.boschloo_exact([[x, y], [n - x, m - y]]).pvalue
        assert found.boschloo_p_value == pytest.approx(theirs, abs=1e-6)
    assert compare(y, m, x, n).boschloo_p_value == pytest.approx(found.boschloo_p_value, abs=1e-12)


def test_boschloo_is_not_counted_out_for_large_trials():
    found = compare(150, 300, 160, 300)
    assert found.boschloo_p_value is None
    assert found.absent == {"boschloo_p_value": "more than 40000 tables would have to be counted"}


@given(tables(), st.floats(0.5, 0.99))
def test_the_score_at_the_limits(table, level):
    found = compare(*table)
    low, high = found.difference_interval(level)
    z = scipy.stats.norm.ppf((1 + level) / 2)
    assert -1 <= low <= found.difference <= high <= 1
    if low > -1 + 1e-6 and found.difference - low > 1e-6:
        assert naive_score(*table, low) == pytest.approx(z, abs=1e-6)
    if high < 1 - 1e-6 and high - found.difference > 1e-6:
        assert naive_score(*table, high) == pytest.approx(-z, abs=1e-6)
    if found.score_p_value is not None and abs(found.score_p_value - (1 - level)) > 1e-9:
        assert (low > 0 or high < 0) == (found.score_p_value < 1 - level)
    x, n, y, m = table
    turned = compare(y, m, x, n).difference_interval(level)
    assert turned == pytest.approx((-high, -low), abs=1e-12)


@given(tables(), st.sampled_from(["newcombe", "wald"]))
def test_other_intervals_turn_with_the_arms(table, method):
    x, n, y, m = table
    low, high = compare(*table).difference_interval(method=method)
    assume(low is not None)
    assert low <= x / n - y / m <= high
    assert compare(y, m, x, n).difference_interval(method=method) == pytest.approx((-high, -low), abs=1e-12)


def response(trial):
    frame = pd.DataFrame({name: trial[name] for name in ("responded", "treated", "stratum", "factor")})
    return frame["responded"], frame["treated"].map({1: "IVIG", 0: "placebo"}), frame["stratum"]


def agree(ours, r, rel=1e-8):
    """Equal to R, or both without a number."""
    pairs = zip(np.atleast_1d(np.array(ours, dtype=float)), np.atleast_1d(np.array(r, dtype=float)), strict=True)
    for one, other in pairs:
        assert (math.isnan(one) and math.isnan(other)) or one == pytest.approx(other, rel=rel, abs=rel), (ours, r)


def test_r_shares():
    in_strata = 0
    for trial in R["trials"]:
        r, found = trial["shares"], compare_response(*response(trial)[:2], "placebo")
        assert ([found.treated.count, found.treated.n], [found.control.count, found.control.n]) == (
            r["treated"],
            r["control"],
        )
        agree(found.difference, r["difference"])
        agree(found.difference_interval(method="newcombe"), r["newcombe"])
        agree(found.difference_interval(), r["miettinen_nurminen"])
        agree(found.p_value, r["fisher"])
        agree(found.score_p_value, r["score"])
        for interval, theirs in (
            (found.difference_interval(method="wald"), r["wald"]),
            (found.risk_ratio_interval(), r["katz"]),
            (found.odds_ratio_interval(), r["woolf"]),
        ):
            if interval.low is None:  # where there is no standard error the formula gives one number twice, or none
                assert theirs[0] is None or theirs[0] == theirs[1]
            else:
                agree(interval, theirs)
        if not trial["strata"]:
            continue
        r, found = trial["strata"], compare_response(*response(trial)[:2], "placebo", response(trial)[2])
        agree(found.common_difference, r["difference"])
        low, high = found.common_difference_interval()
        agree((low, high), r["sato"] if low is not None else (None, None))
        assert low is not None or r["sato"][0] == r["sato"][1]
        if r["cmh"] is not None:
            agree((found.cmh_statistic, found.cmh_p_value), (r["cmh"], r["cmh_p_value"]))
            if r["odds_ratio"] is not None:
                agree(found.common_odds_ratio, r["odds_ratio"])
                if found.common_odds_ratio:
                    agree(found.common_odds_ratio_interval(), r["odds_ratio_interval"])
            in_strata += 1
    assert in_strata > 100


# --- one row a patient ------------------------------------------------------------------------------------------------


def test_response_by_patient():
    responded = pd.Series([True, True, False, False, True, False], index=[*"abcdef"])
    arm = pd.Series(["IVIG"] * 3 + ["placebo"] * 3, index=[*"abcdef"])
    sites = pd.DataFrame({"site": [1, 1, 2, 2, 1, 1], "sex": [*"FFMMFM"]}, index=[*"abcdef"])
    found = compare_response(responded, arm, "placebo", sites)
    assert isinstance(found, ProportionComparison)
    assert (found.treated, found.control, found.n_strata) == (Proportion(2, 3), Proportion(1, 3), 3)
    # strata in their order: (1, F) 2/2 against 1/1, (1, M) 0/0 against 0/1, (2, M) 0/1 against 0/1
    assert found.strata[0] == (Proportion(2, 2), Proportion(1, 1))
    assert found.n_strata_without_weight == 1
    turned = compare_response(responded, arm, "IVIG")
    assert turned.difference == pytest.approx(-compare_response(responded, arm, "placebo").difference)
    nullable = responded.astype("boolean")
    assert compare_response(nullable, arm.astype("category"), "placebo", sites) == found
    assert compare_response(responded.astype(int).tolist(), arm.tolist(), "placebo").treated == found.treated


def test_faulty_arguments_are_refused():
    def said(call):
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            call()
        return str(caught.value)

    one = Proportion(1, 2)
    assert said(lambda: compare_response([1, 0, 1], [*"ABC"], "A")) == (
        "'arm' must have exactly two different labels (got 'A', 'B', 'C')."
    )
    assert (
        said(lambda: compare_response([1, 0], ["A", "A"], "A")) == "'arm' must have exactly two different labels (got 'A')."
    )
    assert said(lambda: compare_response([1, 0], [*"AB"], "C")) == "'control' must be one of the labels 'A', 'B' (got 'C')."
    assert said(lambda: compare_response([1, None], [*"AB"], "A")) == (
        "'responded' must be known: a missing outcome is counted as False, or left out, beforehand (got nan) at position 1."
    )
    assert said(lambda: compare_response([1, 2], [*"AB"], "A")) == "'responded' must be true or false (got 2) at position 1."
    assert said(lambda: compare_response([1, 0], ["A", None], "A")) == "'arm' must not be missing at position 1."
    assert said(lambda: compare_response([1, 0], [*"AB"], "A", ["x", None])) == "'strata' must not be missing at position 1."
    frame = pd.DataFrame(index=range(2))
    assert said(lambda: compare_response([1, 0], [*"AB"], "A", frame)).startswith("'strata' must have at least one column")
    assert said(lambda: compare_proportions(one, [one])).startswith("'treated' and 'control' must both be a Proportion")
    assert "one share for each stratum (got 1 and 2)" in said(lambda: compare_proportions([one], [one, one]))
    assert "one share for each stratum (got 0 and 0)" in said(lambda: compare_proportions([], []))
    assert said(lambda: compare_proportions([1], [one])) == "a share must be a Proportion (got 'int')."
    assert said(lambda: compare_proportions(one, Proportion(1, 2, 1, "non-response"))) == (
        "shares that are compared must count missing outcomes alike (got 'excluded' and 'non-response')."
    )
    found = compare_proportions(one, one)
    assert said(lambda: found.difference_interval(method="exact")).startswith("'method' must be one of")
    for call in (found.difference_interval, found.risk_ratio_interval, found.common_difference_interval, found.to_dict):
        assert said(lambda call=call: call(95)) == "'level' must lie strictly between 0 and 1 (got 95)."


def test_results_are_values():
    found = compare_proportions([Proportion(10, 12), Proportion(1, 1)], [Proportion(4, 10), Proportion(0, 2)])
    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found) == hash(pickle.loads(pickle.dumps(found)))
    row = found.to_dict(0.9)
    frame = found.to_frame(0.9)
    assert (list(frame.columns), len(frame)) == (list(row), 1)
    assert row["common_difference_low"] == found.common_difference_interval(0.9).low
    assert all(type(value) in (int, float, str, type(None)) for value in row.values())
