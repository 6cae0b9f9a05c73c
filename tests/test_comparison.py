"""Groups compared and values set against durations: fractions by hand, naive references and R."""

import enum
import math
import runpy
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.contrasts import GroupEvents, LogRankTest, compare_restricted_means, compare_survival
from ivigmyo.survival import Concordance, concordance, kaplan_meier

Z = 1.959963984540054

# Saito et al. 2008, Table 4: the 13 patients whose CK normalized.
DURATIONS = [254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131, 52]
EVENTS = [0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0]
DIAGNOSES = ["PM"] * 6 + ["DM"] * 7
LAST_DOSES = [35, 25, 27.5, 22.5, 27.5, 35, 20, 32.5, 17, 28, 20, 15, None]

# The sets that R was asked about: the paper's, awkward ones, random trials, and the data sets of R's survival package.
SETS = runpy.run_path(str(Path(__file__).with_name("reference") / "stored.py"))["survival_sets"]()


# --- naive references -----------------------------------------------------------------------------------------------


def naive_log_rank(durations, events, groups):
    """Observed and expected events, and for two groups the statistic (None where its variance is 0), as fractions."""
    labels = sorted(set(groups))
    rows = list(zip(durations, events, groups, strict=True))
    observed = [sum(1 for _, e, g in rows if e and g == label) for label in labels]
    expected, variance = [Fraction(0)] * len(labels), Fraction(0)
    for t in sorted({t for t, e, _ in rows if e}):
        n, d = sum(1 for x, *_ in rows if x >= t), sum(1 for x, e, _ in rows if x == t and e)
        at_risk = [sum(1 for x, _, g in rows if x >= t and g == label) for label in labels]
        expected = [sofar + Fraction(d * k, n) for sofar, k in zip(expected, at_risk, strict=True)]
        if n > 1:
            variance += Fraction(d * at_risk[0] * (n - at_risk[0]) * (n - d), n * n * (n - 1))
    statistic = (observed[0] - expected[0]) ** 2 / variance if variance else None
    return observed, expected, statistic


def naive_pairs(values, durations, events):
    """Concordant, discordant and tied pairs, one pair at a time."""
    counts = [0, 0, 0]
    for i, (v, t, e) in enumerate(zip(values, durations, events, strict=True)):
        for j, (w, u, f) in enumerate(zip(values, durations, events, strict=True)):
            # i is known to be the shorter of the two.
            if i != j and e and (t < u or (t == u and not f)):
                counts[0 if v < w else 1 if v > w else 2] += 1
    return counts


patients = st.tuples(st.integers(0, 9), st.booleans(), st.integers(1, 4))
trials = st.lists(patients, min_size=2, max_size=14).map(lambda rows: tuple(map(list, zip(*rows, strict=True))))


# --- log-rank -------------------------------------------------------------------------------------------------------


def test_log_rank_by_hand():
    # At 6: 3 of 6 at risk are A; at 10: 1 of 4; at 15 and 25 only B is at risk.
    test = compare_survival([6, 7, 10, 15, 19, 25], [1, 0, 1, 1, 0, 1], list("AAABBB"))
    assert test.groups == (GroupEvents("A", 3, 2, 0.75), GroupEvents("B", 3, 2, 3.25))
    # (2 - 3/4)^2 / (1/4 + 3/16) = 25/7.
    assert test.statistic == pytest.approx(25 / 7, abs=1e-14)
    assert test.p_value == pytest.approx(math.erfc(math.sqrt(25 / 14)), abs=1e-15)
    assert (test.df, test.n, test.n_events, test.method) == (1, 6, 4, "log-rank")
    values = [test.statistic, test.p_value, test.df, test.groups[0].n, test.groups[0].observed, test.groups[0].expected]
    assert [type(value) for value in values] == [float, float, int, int, int, float]


def test_the_paper_by_diagnosis():
    test = compare_survival(DURATIONS, EVENTS, DIAGNOSES)
    assert [(each.group, each.n, each.observed) for each in test.groups] == [("DM", 7, 5), ("PM", 6, 3)]
    assert (round(test.statistic, 3), round(test.p_value, 3)) == (0.267, 0.605)


@pytest.mark.parametrize(
    ("durations", "events", "groups"),
    [
        ([1, 2, 3, 4], [0, 0, 0, 0], list("AABB")),  # no event
        ([1, 2, 3, 4], [0, 0, 1, 1], list("AABB")),  # one group alone at risk when events happened
        ([5, 5, 5, 5], [1, 1, 1, 1], list("AABB")),  # the only event time took all
        ([2, 5, 5, 5], [0, 1, 1, 1], list("AABB")),  # the same, one having left before
    ],
)
def test_no_test_is_possible(durations, events, groups):
    test = compare_survival(durations, events, groups)
    assert (test.statistic, test.df, test.p_value) == (None, 0, None)
    assert (test.n, test.n_events) == (4, sum(events))
    assert [each.observed for each in test.groups] == [sum(events[:2]), sum(events[2:])]


def test_a_group_that_was_never_at_risk_takes_no_degree_of_freedom():
    test = compare_survival([1, 1, 6, 7, 8, 9], [0, 0, 1, 1, 0, 1], [1, 1, 2, 3, 2, 3])
    without = compare_survival([6, 7, 8, 9], [1, 1, 0, 1], [2, 3, 2, 3])
    assert test.df == 1
    assert (test.statistic, test.p_value) == pytest.approx((without.statistic, without.p_value), abs=1e-14)
    assert test.groups[0] == GroupEvents(1, 2, 0, 0.0)


def test_equal_groups_differ_by_nothing():
    test = compare_survival([1, 1, 2, 2, 3, 3], [1, 1, 0, 0, 1, 1], list("ABABAB"))
    assert test.statistic == pytest.approx(0, abs=1e-30)
    assert test.p_value == pytest.approx(1)


@given(trials)
def test_log_rank_equals_the_naive_reference(trial):
    durations, events, groups = trial[0], trial[1], [g % 2 for g in trial[2]]
    if len(set(groups)) < 2:
        return
    test = compare_survival(durations, events, groups)
    observed, expected, statistic = naive_log_rank(durations, events, groups)
    assert [each.observed for each in test.groups] == observed
    assert [each.expected for each in test.groups] == pytest.approx([float(e) for e in expected], abs=1e-12)
    assert test.statistic == (None if statistic is None else pytest.approx(float(statistic), abs=1e-10))
    assert sum(each.expected for each in test.groups) == pytest.approx(sum(events), abs=1e-12)


@given(trials, st.randoms(use_true_random=False))
def test_log_rank_needs_neither_order_nor_names(trial, random):
    rows = list(zip(*trial, strict=True))
    if len(set(trial[2])) < 2:
        return
    test = compare_survival(*trial)
    random.shuffle(rows)
    shuffled = compare_survival(*map(list, zip(*rows, strict=True)))
    assert [each.group for each in test.groups] == [each.group for each in shuffled.groups] == sorted(set(trial[2]))
    renamed = compare_survival(trial[0], trial[1], [f"removed:{9 - g}" for g in trial[2]])
    for other in (shuffled, renamed):
        assert other.df == test.df
        assert other.statistic == (None if test.statistic is None else pytest.approx(test.statistic, abs=1e-9))
    assert test.p_value is None or 0 <= test.p_value <= 1


def test_r_log_rank():
    compared, without_test = 0, []
    for each in SETS:
        if "log_rank" not in each:
            continue
        r, test = each["log_rank"], compare_survival(each["durations"], each["events"], each["groups"])
        assert test.df == r["df"]
        assert [row.observed for row in test.groups] == r["observed"]
        assert [row.expected for row in test.groups] == pytest.approx(r["expected"], rel=1e-10, abs=1e-10)
        # Difference: with one group alone at risk R gives the statistic 0 and no P value; here there is none of either.
        if r["df"] == 0:
            assert (test.statistic, r["statistic"], test.p_value, r["p_value"]) == (None, 0, None, None)
            without_test.append(each["name"])
            continue
        assert test.statistic == pytest.approx(r["statistic"], rel=1e-10, abs=1e-10)
        assert test.p_value == pytest.approx(r["p_value"], rel=1e-10, abs=1e-10)
        compared += 1
    assert compared == 229
    assert without_test == ["trial 72"]


# --- restricted means compared --------------------------------------------------------------------------------------


def test_restricted_means_by_hand():
    comparison = compare_restricted_means([2, 4, 6, 3, 6, 9], [1, 1, 1, 1, 1, 0], list("AAABBB"), 6, "A")
    # A: 2 + 2 x 2/3 + 2 x 1/3; B: 3 + 3 x 2/3. Variances 4/6 + (4/9)/2 = 8/9 and 4/6.
    assert (comparison.reference_mean.mean, comparison.other_mean.mean, comparison.difference) == (4.0, 5.0, 1.0)
    assert comparison.se == pytest.approx(math.sqrt(8 / 9 + 2 / 3), abs=1e-15)
    assert comparison.statistic == pytest.approx(1 / comparison.se, abs=1e-15)
    assert comparison.p_value == pytest.approx(math.erfc(comparison.statistic / math.sqrt(2)), abs=1e-15)
    assert comparison.confidence_interval() == pytest.approx((1 - Z * comparison.se, 1 + Z * comparison.se))
    assert (comparison.until, comparison.other, comparison.reference) == (6.0, "B", "A")
    assert comparison.method == "normal"
    values = (comparison.difference, comparison.se, comparison.statistic, comparison.p_value, comparison.until)
    assert [type(value) for value in values] == [float] * 5


def test_the_paper_by_diagnosis_up_to_the_last_event():
    comparison = compare_restricted_means(DURATIONS, EVENTS, DIAGNOSES, 423, "PM")
    pm = kaplan_meier(DURATIONS[:6], EVENTS[:6]).restricted_mean(423)
    dm = kaplan_meier(DURATIONS[6:], EVENTS[6:]).restricted_mean(423)
    assert (comparison.reference_mean, comparison.other_mean) == (pm, dm)
    assert comparison.difference == dm.mean - pm.mean
    assert comparison.se == pytest.approx(math.sqrt(pm.se**2 + dm.se**2), abs=1e-12)
    assert comparison.p_value > 0.5


def test_groups_without_events_have_no_standard_error_to_divide_by():
    comparison = compare_restricted_means([5, 6, 7, 8], [0, 0, 0, 0], [1, 1, 2, 2], 5, 1)
    assert (comparison.difference, comparison.se, comparison.statistic, comparison.p_value) == (0.0, 0.0, None, None)
    assert comparison.confidence_interval() == (0.0, 0.0)


def test_a_curve_that_has_reached_zero_goes_on():
    comparison = compare_restricted_means([1, 2, 8, 9], [1, 1, 0, 0], list("AABB"), 8, "A")
    assert (comparison.reference_mean.mean, comparison.other_mean.mean, comparison.difference) == (1.5, 8.0, 6.5)


@given(trials)
def test_swapping_the_reference_turns_the_sign(trial):
    # Two long-followed patients are added so that both groups can be compared.
    durations, events = [*trial[0], 9, 9], [*trial[1], False, False]
    groups = [*("A" if g % 2 else "B" for g in trial[2]), "A", "B"]
    one = compare_restricted_means(durations, events, groups, 8, "A")
    other = compare_restricted_means(durations, events, groups, 8, "B")
    assert (one.other, one.reference, other.other, other.reference) == ("B", "A", "A", "B")
    assert other.difference == -one.difference
    assert (other.se, other.p_value) == (one.se, one.p_value)
    assert one.statistic is None or other.statistic == -one.statistic
    low, high = one.confidence_interval()
    assert low <= one.difference <= high
    assert other.confidence_interval() == pytest.approx((-high, -low))


def test_r_compared_means():
    compared, without_error = 0, 0
    for each in SETS:
        for r in each.get("compared_means", []):
            durations, events, groups = each["durations"], each["events"], each["groups"]
            ours = compare_restricted_means(durations, events, groups, r["until"], min(groups))
            for name in ("difference", "se"):
                assert getattr(ours, name) == pytest.approx(r[name], rel=1e-10, abs=1e-10), each["name"]
            # Both curves are 1 up to there: nothing can be divided by the standard error 0, in R neither.
            if r["p_value"] is None:
                assert (ours.difference, ours.se, ours.statistic, ours.p_value) == (0.0, 0.0, None, None)
                without_error += 1
            else:
                assert ours.p_value == pytest.approx(r["p_value"], rel=1e-10, abs=1e-10), each["name"]
            compared += 1
    assert (compared, without_error) == (245, 8)


# --- concordance ----------------------------------------------------------------------------------------------------


def test_concordance_by_hand():
    # 3 < 5 and 3 < 9 are known, 5 < 9 too; the values rise in the first two pairs and are equal in the third.
    result = concordance([10, 20, 20, None], [3, 5, 9, 11], [1, 1, 0, 1])
    assert result == Concordance(pytest.approx(2.5 / 3, abs=1e-15), 3, 1, 3, 2, 0, 1)
    assert result == concordance([10, 20, 20, None], [3, 5, 9, 11], [True, True, False, True])
    assert result.method == "Harrell's C"
    assert [type(value) for value in (result.index, result.n_pairs, result.concordant, result.tied)] == [float] + 3 * [int]


def test_concordance_says_which_way_it_points():
    assert concordance([1, 2, 3], [10, 20, 30], [1, 1, 1]).index == 1.0
    assert concordance([3, 2, 1], [10, 20, 30], [1, 1, 1]).index == 0.0
    assert concordance([1, 1, 1], [10, 20, 30], [1, 1, 1]).index == 0.5


def test_tied_durations():
    # Two events at one time cannot be told apart; of an event and a censoring, the censored one is longer.
    assert concordance([1, 2], [5, 5], [1, 1]) == Concordance(None, 2, 0, 0, 0, 0, 0)
    assert concordance([1, 2], [5, 5], [1, 0]) == Concordance(1.0, 2, 0, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("values", "events", "n", "n_missing"),
    [([1, 2, 3], [0, 0, 0], 3, 0), ([None, None, None], [1, 1, 1], 0, 3), ([None, 4, None], [1, 1, 1], 1, 2)],
)
def test_no_comparable_pair(values, events, n, n_missing):
    assert concordance(values, [1, 2, 3], events) == Concordance(None, n, n_missing, 0, 0, 0, 0)


def test_the_paper_by_last_steroid_dose():
    result = concordance(LAST_DOSES, DURATIONS, EVENTS)
    assert (result.n, result.n_missing) == (12, 1)
    # No clear relationship: close to one half.
    assert (round(result.index, 3), result.n_pairs) == (0.482, 56)


@given(trials)
def test_concordance_equals_the_naive_reference(trial):
    durations, events, values = trial
    result = concordance(values, durations, events)
    concordant, discordant, tied = naive_pairs(values, durations, events)
    assert (result.concordant, result.discordant, result.tied) == (concordant, discordant, tied)
    assert result.n_pairs == concordant + discordant + tied
    if result.n_pairs:
        assert result.index == pytest.approx((concordant + tied / 2) / result.n_pairs, abs=1e-14)
        turned = concordance([-v for v in values], durations, events)
        assert turned.index == pytest.approx(1 - result.index, abs=1e-14)
        assert (turned.concordant, turned.discordant) == (discordant, concordant)


@given(trials)
def test_missing_values_leave_the_rest_as_it_is(trial):
    durations, events, values = trial
    with_gap = concordance([*values, None, math.nan], [*durations, 1, 5], [*events, 1, 0])
    alone = concordance(values, durations, events)
    assert (with_gap.index, with_gap.n, with_gap.n_missing) == (alone.index, alone.n, 2)
    assert (with_gap.concordant, with_gap.discordant, with_gap.tied) == (alone.concordant, alone.discordant, alone.tied)


def test_r_concordance():
    compared = 0
    for each in SETS:
        if "concordance" not in each:
            continue
        r, result = each["concordance"], concordance(each["values"], each["durations"], each["events"])
        counts = (result.concordant, result.discordant, result.tied)
        assert counts == (r["concordant"], r["discordant"], r["tied"]), each["name"]
        assert result.index == (None if r["index"] is None else pytest.approx(r["index"], abs=1e-10)), each["name"]
        compared += 1
    assert compared == 232


# --- labels, refusals and the caller's state ------------------------------------------------------------------------


class Arm(enum.Enum):
    HIGH = 1
    LOW = 2


@pytest.mark.parametrize(
    ("groups", "labels"),
    [
        (["b", "a", "b", "a"], ["a", "b"]),
        ([10, 9, 10, 9], [9, 10]),
        (np.array([2.5, 1.0, 2.5, 1.0]), [1.0, 2.5]),
        ([True, False, True, False], [False, True]),
        (pd.Series(["b", "a", "b", "a"], dtype="category"), ["a", "b"]),
        ([Arm.LOW, Arm.HIGH, Arm.LOW, Arm.HIGH], [Arm.HIGH, Arm.LOW]),
        (["b", 1, "b", 1], [1, "b"]),
    ],
)
def test_labels_of_every_kind(groups, labels):
    test = compare_survival([1, 2, 3, 4], [1, 1, 1, 0], groups)
    assert [each.group for each in test.groups] == labels
    assert [type(each.group) for each in test.groups] == [type(label) for label in labels]
    assert [each.observed for each in test.groups] == [1, 2]
    comparison = compare_restricted_means([1, 2, 3, 4], [1, 1, 1, 0], groups, 3, labels[0])
    assert (comparison.reference, comparison.other) == tuple(labels)
    assert comparison.reference_mean.mean == 2.5


def test_series_with_equal_indexes():
    index = pd.Index(["P1", "P2", "P3", "P4"], name="patient")
    durations, events = pd.Series([1, 2, 3, 4], index=index), pd.Series([True, True, True, False], index=index)
    groups = pd.Series(list("abab"), index=index)
    assert compare_survival(durations, events, groups) == compare_survival([1, 2, 3, 4], [1, 1, 1, 0], list("abab"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: compare_survival([1, 2], [1, 1], ["A", "A"]),
            "'groups' must have at least two different labels (got 1).",
        ),
        (
            lambda: compare_restricted_means([1, 2, 3], [1, 1, 1], ["A", "B", "C"], 1, "A"),
            "'groups' must have exactly two different labels (got 3).",
        ),
        (
            lambda: compare_restricted_means([1, 2, 3], [1, 1, 1], ["A", "B", "A"], 1, "C"),
            "'reference' must be one of the groups 'A', 'B' (got 'C').",
        ),
        (
            lambda: compare_restricted_means(DURATIONS, EVENTS, DIAGNOSES, 449, "PM"),
            "'until' must be at most 448, the last observed time, since S has not reached 0 (got 449) for group 'PM'.",
        ),
        (
            lambda: compare_restricted_means(DURATIONS, EVENTS, DIAGNOSES, 0, "PM"),
            "'until' must be a finite number greater than 0 (got 0).",
        ),
        (lambda: compare_survival([1, 2], [1, 1], ["A", None]), "'groups' must not be missing at position 1."),
        (
            lambda: compare_survival([1, 2], [1, 1], ["A"]),
            "'groups' must have one label for each of the 2 values (got 1).",
        ),
        (lambda: compare_survival([1, -2], [1, 1], ["A", "B"]), "'durations' must be at least 0 (got -2) at position 1."),
        (
            lambda: compare_restricted_means([1, 2], [1, 3], ["A", "B"], 1, "A"),
            "'events' must be 0 or 1 (got 3) at position 1.",
        ),
        (lambda: concordance([1, 2], [1, 2], [1, 2]), "'events' must be 0 or 1 (got 2) at position 1."),
        (lambda: concordance([1, math.inf], [1, 2], [1, 0]), "'values' must be finite (got inf) at position 1."),
        (lambda: concordance([1, "x"], [1, 2], [1, 0]), "'values' must hold numbers (got 'x') at position 1."),
        (
            lambda: concordance([1], [1, 2], [1, 0]),
            "'values' and 'durations' and 'events' must have equal lengths (got values 1, durations 2, events 2).",
        ),
        (lambda: concordance([], [], []), "'durations' must hold at least one value."),
        (
            lambda: compare_restricted_means([1, 2], [1, 0], ["A", "B"], 1, "A").confidence_interval(1),
            "'level' must lie strictly between 0 and 1 (got 1).",
        ),
    ],
)
def test_faulty_arguments_are_refused(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call()
    assert str(caught.value) == message


def test_numpy_settings_and_warning_filters_survive():
    compare_survival(DURATIONS, EVENTS, DIAGNOSES)  # importing lifelines may add filters of its own
    filters = list(warnings.filters)
    with np.errstate(all="raise"):
        before = np.geterr()
        compare_survival(DURATIONS, EVENTS, DIAGNOSES)
        compare_restricted_means([1, 2, 8, 9], [1, 1, 0, 0], list("AABB"), 8, "A")
        concordance(LAST_DOSES, DURATIONS, EVENTS)
        assert np.geterr() == before
    assert warnings.filters == filters


def test_results_are_frozen():
    test = compare_survival(DURATIONS, EVENTS, DIAGNOSES)
    assert isinstance(test, LogRankTest)
    with pytest.raises(AttributeError):
        test.statistic = 0
    assert hash(test) == hash(compare_survival(DURATIONS, EVENTS, DIAGNOSES))


@given(trials, st.floats(1, 8), st.floats(0.5, 0.9))
def test_compared_means_are_those_of_the_curves_in_any_unit(trial, until, level):
    durations, events = [*trial[0], 9, 9], [*trial[1], False, False]
    groups = [*("A" if g % 2 else "B" for g in trial[2]), "A", "B"]
    found = compare_restricted_means(durations, events, groups, until, "A")
    means = {}
    for label in "AB":
        rows = [(d, e) for d, e, g in zip(durations, events, groups, strict=True) if g == label]
        means[label] = kaplan_meier(*zip(*rows, strict=True)).restricted_mean(until)
    assert found.difference == pytest.approx(means["B"].mean - means["A"].mean, abs=1e-12)
    assert found.se == pytest.approx(math.hypot(*(each.se or 0 for each in means.values())), abs=1e-12)
    doubled = compare_restricted_means([2 * d for d in durations], events, groups, 2 * until, "A")
    assert (doubled.difference, doubled.se) == pytest.approx((2 * found.difference, 2 * found.se))
    assert doubled.p_value == (None if found.p_value is None else pytest.approx(found.p_value))
    (low, high), (lower, higher) = found.confidence_interval(level), found.confidence_interval((1 + level) / 2)
    assert lower <= low <= found.difference <= high <= higher
    if found.p_value is not None and abs(found.p_value - (1 - level)) > 1e-9:
        assert (low > 0 or high < 0) == (found.p_value < 1 - level)


@given(trials)
def test_times_count_by_their_ranks_alone(trial):
    durations, events, groups = trial
    # a rising curve of the times leaves every set of patients at risk what it was
    bent = [d**3 + d for d in durations]
    if len(set(groups)) > 1:
        one, other = compare_survival(durations, events, groups), compare_survival(bent, events, groups)
        assert other.statistic == (None if one.statistic is None else pytest.approx(one.statistic, abs=1e-9))
        assert [each.observed for each in other.groups] == [each.observed for each in one.groups]
    before, after = concordance(groups, durations, events), concordance(groups, bent, events)
    assert (before.index, before.n_pairs, before.tied) == (after.index, after.n_pairs, after.tied)
    curved = concordance([g**3 + g for g in groups], durations, events)
    assert (curved.index, curved.tied) == (before.index, before.tied)
