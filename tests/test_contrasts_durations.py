"""Durations of arms compared: log-rank tests in strata, hazard ratios, and both with restricted means."""

import itertools
import math
import pickle
import runpy
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
from hypothesis import assume, given
from hypothesis import strategies as st
from sampling import FULL, some

from ivigmyo.contrasts import (
    DurationComparison,
    HazardRatio,
    compare_durations,
    compare_restricted_means,
    compare_survival,
    hazard_ratio,
)
from ivigmyo.survival import concordance, kaplan_meier

STORED = runpy.run_path(str(Path(__file__).with_name("reference") / "stored.py"))
R = STORED["load"]("contrasts")
SETS = STORED["survival_sets"]()
patients = st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 2), st.integers(0, 2))
trials = st.lists(patients, min_size=4, max_size=16).map(lambda rows: tuple(map(list, zip(*rows, strict=True))))


# --- naive references -------------------------------------------------------------------------------------------------


def naive_log_rank(durations, events, groups, strata):
    """Excess of events and its covariance as fractions, each stratum and each time with an event on its own."""
    labels, rows = sorted(set(groups)), list(zip(durations, events, groups, strata, strict=True))
    excess = [Fraction(sum(1 for _, e, g, _ in rows if e and g == label)) for label in labels]
    covariance = [[Fraction(0)] * len(labels) for _ in labels]
    for stratum in set(strata):
        here = [row[:3] for row in rows if row[3] == stratum]
        for time in {t for t, e, _ in here if e}:
            risk = [sum(1 for t, _, g in here if t >= time and g == label) for label in labels]
            n, d = sum(risk), sum(1 for t, e, _ in here if t == time and e)
            excess = [x - Fraction(d * k, n) for x, k in zip(excess, risk, strict=True)]
            if n > 1:
                factor = Fraction(d * (n - d), n - 1)
                for i, j in itertools.product(range(len(labels)), repeat=2):
                    covariance[i][j] += factor * (Fraction(risk[i] * (i == j), n) - Fraction(risk[i] * risk[j], n * n))
    return excess, covariance


def solve(matrix, right):
    """The quadratic form of a generalized inverse, and its rank, by elimination of fractions."""
    rows, form, rank = [[*row, x] for row, x in zip(matrix, right, strict=True)], Fraction(0), 0
    for i in range(len(rows)):
        if rows[i][i] == 0:
            continue
        rank += 1
        form += rows[i][-1] ** 2 / rows[i][i]
        for k in range(i + 1, len(rows)):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return (form if rank else None), rank


def efron(durations, events, other, strata):
    """Minus the logarithm of Efron's partial likelihood, as a function of the log ratio."""
    rows = list(zip(durations, events, other, strata, strict=True))

    def minus(beta):
        total = 0.0
        for stratum in set(strata):
            here = [row[:3] for row in rows if row[3] == stratum]
            for time in {t for t, e, _ in here if e}:
                weights = [math.exp(beta * x) for t, _, x in here if t >= time]
                dead = [math.exp(beta * x) for t, e, x in here if t == time and e]
                total -= sum(map(math.log, dead))
                total += sum(math.log(sum(weights) - k / len(dead) * sum(dead)) for k in range(len(dead)))
        return total

    return minus


# --- log-rank test in strata ------------------------------------------------------------------------------------------


def test_strata_by_hand():
    # stratum x: at 1, one of two is A; at 2 B alone. Stratum y: at 3, two of three are A, and so at 5 one of two.
    test = compare_survival([1, 2, 3, 5, 6], [1, 1, 1, 1, 0], [*"ABAAB"], [*"xxyyy"])
    assert [each.expected for each in test.groups] == [pytest.approx(1 / 2 + 2 / 3 + 1 / 2), pytest.approx(7 / 3)]
    excess, variance = 3 - 5 / 3, 1 / 4 + 2 / 9 + 1 / 4
    assert test.statistic == pytest.approx(excess**2 / variance, abs=1e-14)
    assert (test.df, test.n_strata, test.method) == (1, 2, "stratified log-rank")
    assert test.p_value == pytest.approx(math.erfc(math.sqrt(test.statistic / 2)), abs=1e-15)
    alone = compare_survival([1, 2, 3, 5, 6], [1, 1, 1, 1, 0], [*"ABAAB"])
    assert (alone.n_strata, alone.method) == (0, "log-rank")


@given(trials)
def test_strata_and_any_number_of_groups_as_fractions(trial):
    durations, events, groups, strata = trial
    assume(len(set(groups)) > 1)
    test = compare_survival(durations, events, groups, strata)
    excess, covariance = naive_log_rank(*trial)
    assert [each.observed - each.expected for each in test.groups] == pytest.approx(list(map(float, excess)), abs=1e-12)
    statistic, df = solve(covariance, excess)
    assert test.df == df
    assert test.statistic == (None if statistic is None else pytest.approx(float(statistic), rel=1e-10, abs=1e-10))
    assert (test.p_value is None) == (statistic is None)


@given(trials)
def test_a_stratum_of_one_changes_nothing(trial):
    durations, events, groups, strata = trial
    assume(len(set(groups)) > 1)
    test = compare_survival(durations, events, groups, strata)
    more = compare_survival([*durations, 3], [*events, 1], [*groups, groups[0]], [*strata, 9])
    assert more.df == test.df
    assert more.statistic == (None if test.statistic is None else pytest.approx(test.statistic, rel=1e-12, abs=1e-12))
    one = compare_survival(durations, events, groups, [7] * len(groups))
    assert one.statistic == compare_survival(durations, events, groups).statistic


def test_groups_that_never_meet_are_sets_of_their_own():
    # A and B meet in one stratum, C and D in the other: two tests of one degree each.
    one, other = ([1, 2, 3, 4, 6], [1, 1, 0, 1, 0]), ([2, 2, 5, 7], [1, 0, 1, 1])
    both = compare_survival(
        [*one[0], *other[0]], [*one[1], *other[1]], [*"ABABA", *"CDCD"], ["x"] * len(one[0]) + ["y"] * len(other[0])
    )
    apart = compare_survival(*one, [*"ABABA"]), compare_survival(*other, [*"CDCD"])
    assert (both.df, both.statistic) == (2, pytest.approx(sum(each.statistic for each in apart), abs=1e-12))


def test_a_frame_of_several_strata():
    frame = pd.DataFrame({"site": [1, 1, 2, 2, 1, 1], "sex": [*"FFMMFM"]})
    columns = [1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 1], [*"ABABAB"]
    crossed = frame["site"].astype(str) + frame["sex"]
    assert compare_survival(*columns, frame) == compare_survival(*columns, crossed.tolist())
    assert compare_survival(*columns, frame).n_strata == 3


def test_r_log_rank_in_strata():
    compared = alone = 0
    for trial in R["trials"]:
        arm, columns = trial["treated"], (trial["durations"], trial["events"])
        for name, groups, strata in (
            ("log_rank", arm, None),
            ("log_rank_in_strata", arm, trial["stratum"]),
            ("log_rank_of_groups", trial["stratum"], trial["factor"]),
        ):
            r = trial[name]
            if not r or len(set(groups)) < 2:
                continue
            test = compare_survival(*columns, groups, strata)
            assert [each.observed for each in test.groups] == r["observed"]
            assert [each.expected for each in test.groups] == pytest.approx(r["expected"], rel=1e-10, abs=1e-10)
            if test.statistic is None or test.df != r["df"]:  # R counts groups with expected events, even if none ever met
                alone += 1
                continue
            assert (test.statistic, test.p_value) == pytest.approx((r["statistic"], r["p_value"]), rel=1e-8, abs=1e-10)
            compared += 1
    assert compared > 450
    assert alone < 40


def test_lifelines_log_rank_and_concordance():
    from lifelines.statistics import multivariate_logrank_test
    from lifelines.utils import concordance_index

    compared = 0
    few = some([each for each in SETS if len(each["durations"]) <= 60], 10)
    for each in few:
        durations, events, groups = (np.array(each[name], dtype=float) for name in ("durations", "events", "groups"))
        values = np.array([math.nan if v is None else v for v in each["values"]], dtype=float)
        ours, known = concordance(values, durations, events), ~np.isnan(values)
        if ours.index is not None:
            theirs = concordance_index(durations[known], values[known], events[known])
            assert ours.index == pytest.approx(theirs, abs=1e-12)
        if len(set(groups)) > 1:
            test = compare_survival(durations, events, groups)
            if test.statistic is not None:
                theirs = multivariate_logrank_test(durations, groups, events).test_statistic
                assert test.statistic == pytest.approx(theirs, rel=1e-12, abs=1e-12)
                compared += 1
    assert compared > (150 if FULL else len(few) / 2)


# --- hazard ratio -----------------------------------------------------------------------------------------------------


def test_hazard_ratio_by_hand():
    # At 1 a patient of B of two and two has the event; at 2 one of A of two and one. With r the ratio the likelihood is
    # r / (2r + 2) x 1 / (r + 2): greatest where 1/r = 1/(r + 1) + 1/(r + 2), at r = sqrt(2).
    found = hazard_ratio([1, 2, 3, 3], [1, 1, 0, 0], [*"BABA"], "A")
    assert found.ratio == pytest.approx(math.sqrt(2), rel=1e-9)
    information = sum(p * (1 - p) for p in (found.ratio / (found.ratio + 1), found.ratio / (found.ratio + 2)))
    assert found.se == pytest.approx(1 / math.sqrt(information), rel=1e-6)
    assert (found.other, found.reference, found.n, found.n_events, found.n_events_other, found.n_events_reference) == (
        "B",
        "A",
        4,
        2,
        1,
        1,
    )
    z = 1.959963984540054
    limits = (found.ratio * math.exp(-z * found.se), found.ratio * math.exp(z * found.se))
    assert found.confidence_interval() == pytest.approx(limits, rel=1e-12)
    assert found.p_value == pytest.approx(math.erfc(abs(math.log(found.ratio) / found.se) / math.sqrt(2)))


@given(trials)
def test_the_ratio_has_the_greatest_likelihood(trial):
    durations, events, groups, strata = trial
    other = [int(g > 0) for g in groups]
    assume(len(set(other)) == 2)
    found = hazard_ratio(durations, events, other, 0, strata)
    minus = efron(durations, events, other, strata)
    if found.ratio is None:
        # no finite ratio is best
        assert min(minus(-30), minus(30)) <= min(minus(beta) for beta in (-8, -1, 0, 1, 8)) + 1e-9
        assert found.reason.endswith("while both groups were at risk")
        assert found.confidence_interval() == (None, None)
        return
    best = scipy.optimize.minimize_scalar(minus, bounds=(-12, 12), method="bounded", options={"xatol": 1e-10})
    assert math.log(found.ratio) == pytest.approx(best.x, abs=1e-5)
    curvature = (minus(best.x + 1e-4) + minus(best.x - 1e-4) - 2 * minus(best.x)) / 1e-8
    assert found.se == pytest.approx(1 / math.sqrt(curvature), rel=1e-3)
    turned = hazard_ratio(durations, events, other, 1, strata)
    assert turned.ratio == pytest.approx(1 / found.ratio, rel=1e-6)


def test_r_hazard_ratios():
    trials, compared, without = some([*enumerate(R["trials"])], 10), 0, []
    for i, trial in trials:
        for name, strata in ((("cox", None), ("cox_in_strata", trial["stratum"]))[i % 2],):
            found, r = hazard_ratio(trial["durations"], trial["events"], trial["treated"], 0, strata), trial[name]
            if found.ratio is None:  # R stops somewhere on the way to 0 or infinity, or has nothing
                assert not r or r["log_ratio"] is None or abs(r["log_ratio"]) > 10
                without.append(i)
                continue
            assert (math.log(found.ratio), found.se) == pytest.approx((r["log_ratio"], r["se"]), rel=1e-6, abs=1e-6)
            compared += 1
    assert compared > 0.85 * len(trials)
    assert without or not FULL


@pytest.mark.parametrize(
    ("durations", "events", "strata", "group"),
    [
        ([1, 2, 3, 4], [0, 1, 0, 1], None, "A"),  # no event in an arm
        ([1, 2, 3, 4], [0, 0, 0, 0], None, "A"),  # no event at all
        ([3, 1, 4, 2], [1, 1, 1, 1], None, "A"),  # all of B have left when A's first event comes
        ([1, 2, 3, 4], [1, 1, 1, 1], [1, 2, 1, 2], "A"),  # no stratum has both arms
    ],
)
def test_no_ratio(durations, events, strata, group):
    found = hazard_ratio(durations, events, [*"ABAB"], "A", strata)
    assert (found.ratio, found.se, found.statistic, found.p_value) == (None,) * 4
    assert found.reason == f"no event in group '{group}' while both groups were at risk"
    assert found.n_events == sum(events)


def test_a_stratum_of_one_arm_and_of_one_patient_say_nothing():
    columns = [1, 2, 3, 3, 5], [1, 1, 0, 0, 1], [*"BABAA"]
    found = hazard_ratio(*columns, "A", [1, 1, 1, 1, 2])
    alone = hazard_ratio(*(column[:4] for column in columns), "A")
    assert (found.ratio, found.se) == pytest.approx((alone.ratio, alone.se), rel=1e-9)
    assert (found.n_strata, found.n, alone.n_strata) == (2, 5, 0)


def test_the_callers_settings_survive():
    hazard_ratio([1, 2, 3, 3], [1, 1, 0, 0], [*"BABA"], "A")
    filters = list(warnings.filters)
    with np.errstate(all="raise"):
        before = np.geterr()
        hazard_ratio([1, 2, 3, 3], [1, 1, 0, 0], [*"BABA"], "A")
        compare_durations([1, 2, 3, 3], [1, 1, 0, 0], [*"BABA"], "A", 3)
        assert np.geterr() == before
    assert warnings.filters == filters


# --- all of it --------------------------------------------------------------------------------------------------------


def test_two_arms():
    durations, events, arm = [2, 4, 6, 3, 6, 9], [1, 1, 1, 1, 1, 0], ["IVIG"] * 3 + ["placebo"] * 3
    found = compare_durations(durations, events, arm, "placebo", until=6, strata=[1, 2, 1, 2, 1, 2])
    assert found.hazard_ratio == hazard_ratio(durations, events, arm, "placebo", [1, 2, 1, 2, 1, 2])
    assert found.log_rank == compare_survival(durations, events, arm, [1, 2, 1, 2, 1, 2])
    assert found.restricted_mean == compare_restricted_means(durations, events, arm, 6, "placebo")
    assert (found.treated, found.control, found.p_value) == ("IVIG", "placebo", found.log_rank.p_value)
    assert list(found.curves) == ["IVIG", "placebo"]
    assert found.curves["placebo"].estimate.tolist() == kaplan_meier([3, 6, 9], [1, 1, 0]).estimate.tolist()
    assert compare_durations(durations, events, arm, "placebo").restricted_mean is None


def test_faulty_arguments_are_refused():
    def said(call):
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            call()
        return str(caught.value)

    three = "'groups' must have exactly two different labels (got 'A', 'B', 'C')."
    assert said(lambda: hazard_ratio([1, 2, 3], [1, 1, 1], [*"ABC"], "A")) == three
    assert said(lambda: hazard_ratio([1, 2], [1, 1], [*"AB"], "C")) == (
        "'reference' must be one of the labels 'A', 'B' (got 'C')."
    )
    assert said(lambda: hazard_ratio([1, -2], [1, 1], [*"AB"], "A")).startswith("'durations' must be at least 0")
    assert (
        said(lambda: compare_survival([1, 2], [1, 1], [*"AB"], [1, None])) == "'strata' must not be missing at position 1."
    )
    assert said(lambda: compare_durations([1, 2], [1, 1], [*"AB"], "A", 0)).startswith("'until' must be")


def test_results_are_values():
    found = compare_durations([2, 4, 6, 3, 6, 9], [1, 1, 1, 1, 1, 0], ["T"] * 3 + ["C"] * 3, "C", until=6)
    assert isinstance(found, DurationComparison)
    assert isinstance(found.hazard_ratio, HazardRatio)
    assert pickle.loads(pickle.dumps(found)) == found
    for each in (found, found.hazard_ratio, found.log_rank, found.restricted_mean):
        row, frame = each.to_dict(0.9), each.to_frame(0.9)
        assert (list(frame.columns), len(frame)) == (list(row), 1)
        assert all(type(value) in (int, float, str, type(None)) for value in row.values())
    row = found.to_dict(0.9)
    assert row["hazard_ratio_low"] == found.hazard_ratio.confidence_interval(0.9).low
    assert row["restricted_mean_difference"] == found.restricted_mean.difference
    assert math.isnan(hazard_ratio([1, 2], [0, 1], [*"AB"], "A").to_frame()["ratio"].iloc[0])
