"""Power against R's power.t.test, a numerical integral and simulation; precision against what theory expects."""

import json
import math
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest
import scipy.integrate
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo.change import compare_log_changes
from ivigmyo.planning import median_precision, paired_t_power, power_curve
from ivigmyo.planning import power as planning
from ivigmyo.planning.simulation import Course, TrialDesign, simulate_trial
from ivigmyo.survival import kaplan_meier

R = json.loads(Path(__file__).with_name("reference").joinpath("power.json").read_text())


def integrated_power(n, effect, alpha):
    """Integrate the normal mean over the chi distribution of the standard deviation."""
    df, critical = n - 1, scipy.stats.t.ppf(1 - alpha / 2, n - 1)

    def inner(s):
        shift = math.sqrt(n) * effect
        beyond = scipy.stats.norm.sf(critical * s - shift) + scipy.stats.norm.cdf(-critical * s - shift)
        return beyond * scipy.stats.chi.pdf(s * math.sqrt(df), df) * math.sqrt(df)

    return scipy.integrate.quad(inner, 0, np.inf, epsabs=1e-11)[0]


# --- closed form ------------------------------------------------------------------------------------------------------


def test_the_power_is_that_of_r():
    for row in R["power"]:
        assert paired_t_power(row["n"], row["delta"], row["sd"], alpha=row["alpha"]) == pytest.approx(row["power"], abs=1e-8)


@pytest.mark.parametrize("effect", [0, 0.2, -0.75])
def test_the_power_is_the_integral(effect):
    for n, alpha in ((2, 0.05), (6, 0.01), (15, 0.2)):
        assert paired_t_power(n, effect, 1, alpha=alpha) == pytest.approx(integrated_power(n, effect, alpha), abs=1e-7)


def test_numbers_give_a_number_and_columns_an_array():
    assert type(paired_t_power(15, 0.6, 0.8)) is float
    powers = paired_t_power([5, 15], 0.6, [0.8, 0.8])
    assert powers.tolist() == pytest.approx([paired_t_power(5, 0.6, 0.8), paired_t_power(15, 0.6, 0.8)], rel=1e-12)


@given(st.integers(2, 200), st.floats(-3, 3), st.floats(0.001, 0.5))
def test_power_is_at_least_the_level_and_grows_with_patients(n, effect, alpha):
    power, more = paired_t_power([n, n + 1], effect, 1, alpha=alpha)
    assert alpha - 1e-8 <= power <= more + 1e-9 <= 1 + 2e-9
    assert paired_t_power(n, -effect, 1, alpha=alpha) == pytest.approx(power, abs=1e-9)
    assert paired_t_power(n, 10 * effect, 10, alpha=alpha) == pytest.approx(power, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([5, 1], 0.6, 0.8), "'n' must be a whole number of at least 2 (got 1) at position 1."),
        ((5.5, 0.6, 0.8), "'n' must be a whole number of at least 2 (got 5.5)."),
        ((5, 0.6, 0), "'sd' must be greater than 0 (got 0)."),
        ((5, None, 1), "'difference' must not be missing (got nan)."),
        ((5, "a", 1), "'difference' must be a column of numbers (got 'str')."),
    ],
)
def test_what_has_no_power_is_refused(arguments, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        paired_t_power(*arguments)
    assert str(error.value) == message


@pytest.mark.parametrize("alpha", [0, 1, True, None, math.nan])
def test_a_level_outside_its_range_is_refused(alpha):
    for call in (lambda: paired_t_power(5, 1, 1, alpha=alpha), lambda: power_curve([5], seed=1, alpha=alpha)):
        with pytest.raises(ValueError, match="strictly between 0 and 1") as error:
            call()
        shown = int(alpha) if alpha in (0, 1) and alpha is not True else alpha
        assert str(error.value) == f"'alpha' must lie strictly between 0 and 1 (got {shown})."


# --- power by simulation ----------------------------------------------------------------------------------------------


def test_the_simulated_power_is_the_closed_form_within_its_error():
    for dropout in (0.0, 0.6):
        design = TrialDesign(dropout=dropout)
        curve = power_curve([4, 12, 30], seed=3, n_trials=6000, design=design)
        assert (np.abs(curve["power"] - curve["closed_form"]) < 4 * curve["power_se"]).all()
        # a third of those who stop do so at week 0
        assert curve["n_analysed"].to_numpy() == pytest.approx(np.array([4, 12, 30]) * (1 - dropout / 3), rel=0.02)
        np.testing.assert_allclose(curve["power_se"], np.sqrt(curve["power"] * (1 - curve["power"]) / 6000))


def test_without_dropout_the_closed_form_is_the_paired_t():
    design = TrialDesign(dropout=0)
    curve = power_curve([2, 15], seed=3, n_trials=10, design=design, alpha=0.1)
    expected = paired_t_power([2, 15], design.difference_mean, design.difference_sd, alpha=0.1)
    np.testing.assert_allclose(curve["closed_form"], expected, rtol=1e-12)


def test_without_a_true_difference_the_power_is_the_level():
    course = Course(7.0, 0.8, (-1.0, -1.0, 0.0, 0.0), (0.5, 0.5, 0.2, 0.2), noise=0.1)
    curve = power_curve([8], seed=5, n_trials=8000, design=TrialDesign(ln_ck=course, dropout=0), alpha=0.1)
    assert curve["closed_form"][0] == pytest.approx(0.1, abs=1e-9)
    assert curve["power"][0] == pytest.approx(0.1, abs=4 * curve["power_se"][0])


def test_each_trial_is_tested_as_compare_log_changes_does():
    design = TrialDesign(dropout=0.5)
    p_values, counts = planning._test_trials(np.random.default_rng(4), 6, 40, design)
    # the same random numbers, drawn once more
    rng = np.random.default_rng(4)
    ln_ck = planning.draw_course(rng, 240, design.ln_ck)
    stopped = planning.draw_last_visit(rng, 240, design) < 2
    ln_ck[stopped, 2] = np.nan
    for trial in range(40):
        ck = np.exp(ln_ck[6 * trial : 6 * trial + 6])
        comparison = compare_log_changes(ck[:, 0], ck[:, 1], ck[:, 2])
        assert counts[trial] == comparison.n
        assert p_values[trial] == pytest.approx(comparison.p_value, rel=1e-9)


def test_a_trial_without_a_test_shows_nothing():
    curve = power_curve([2], seed=1, n_trials=400, design=TrialDesign(dropout=1))
    assert curve["power"][0] <= curve["closed_form"][0] + 4 * curve["power_se"][0] + 0.01
    # both patients are seen at week 4 in 4 of 9 trials
    assert curve["closed_form"][0] == pytest.approx(4 / 9 * paired_t_power(2, 0.6, TrialDesign().difference_sd))


designs = st.builds(
    lambda drop, start_sd, sds, correlation, noise, dropout: TrialDesign(
        ln_ck=Course(7.7, start_sd, (-1.0, -1.0 - drop, -0.5, 0.0), (*sds, 0.25, 0.125), correlation, noise), dropout=dropout
    ),
    st.integers(0, 12).map(lambda k: k / 8),
    st.sampled_from([0.5, 1.0]),
    st.tuples(*[st.sampled_from([0.5, 0.75])] * 2),
    st.sampled_from([0.0, 0.25, 1.0]),
    st.sampled_from([0.125, 0.5]),
    st.sampled_from([0.0, 0.3, 1.0]),
)
numbers_of_patients = st.lists(st.integers(2, 12), min_size=2, max_size=3)
seeds = st.integers(0, 2**32)


@given(numbers_of_patients, seeds, designs, st.lists(st.floats(0.01, 0.9), min_size=2, max_size=2))
@settings(settings.get_profile("whole"))
def test_a_higher_level_shows_more_of_the_same_trials(numbers, seed, design, alphas):
    strict, lax = (power_curve(numbers, seed=seed, n_trials=15, design=design, alpha=alpha) for alpha in sorted(alphas))
    assert (strict["power"] <= lax["power"]).all()
    assert (strict["closed_form"] <= lax["closed_form"] + 1e-12).all()
    assert strict["n_analysed"].tolist() == lax["n_analysed"].tolist()
    assert (lax["n_analysed"] <= numbers).all()
    # a share of 15 trials
    assert (15 * lax["power"]).round(9).mod(1).eq(0).all()


@given(numbers_of_patients, seeds, designs)
@settings(settings.get_profile("whole"))
def test_power_depends_neither_on_the_unit_of_ln_ck_nor_on_its_level(numbers, seed, design):
    ln_ck = design.ln_ck
    doubled = Course(
        2 * ln_ck.start,
        2 * ln_ck.start_sd,
        tuple(2 * each for each in ln_ck.changes),
        tuple(2 * each for each in ln_ck.change_sds),
        ln_ck.correlation,
        2 * ln_ck.noise,
    )
    curve = power_curve(numbers, seed=seed, n_trials=15, design=design)
    # doubling is exact in floating point
    other = power_curve(numbers, seed=seed, n_trials=15, design=attrs.evolve(design, ln_ck=doubled))
    pd.testing.assert_frame_equal(curve, other, check_exact=True)
    moved = attrs.evolve(design, ln_ck=attrs.evolve(ln_ck, start=ln_ck.start + 2))
    pd.testing.assert_frame_equal(curve, power_curve(numbers, seed=seed, n_trials=15, design=moved), rtol=1e-9)


@given(numbers_of_patients, seeds)
@settings(settings.get_profile("whole"))
def test_rows_stand_as_their_numbers_do(numbers, seed):
    for plan in (power_curve, median_precision):
        rows = plan(numbers, seed=seed, n_trials=2)
        turned = plan(numbers[::-1], seed=seed, n_trials=2)
        assert rows["n_patients"].tolist() == numbers
        pd.testing.assert_frame_equal(rows[::-1].reset_index(drop=True), turned, check_exact=True)


def test_a_row_does_not_depend_on_the_others_nor_on_the_size_of_blocks(monkeypatch):
    both, one = (power_curve(numbers, seed=7, n_trials=100) for numbers in ([5, 9], [9]))
    assert both.iloc[1].tolist() == one.iloc[0].tolist()
    assert both.columns.tolist() == ["n_patients", "n_analysed", "power", "power_se", "closed_form", "n_trials", "seed"]
    assert both[["n_patients", "n_trials", "seed"]].to_numpy().tolist() == [[5, 100, 7], [9, 100, 7]]
    monkeypatch.setattr(planning, "_BLOCK", 20)
    assert list(planning._blocks(9, 5)) == [2, 2, 1]
    assert list(planning._blocks(90, 2)) == [1, 1]
    blocked = power_curve([9], seed=7, n_trials=2000)
    assert blocked["power"][0] == pytest.approx(blocked["closed_form"][0], abs=0.05)


# --- precision of the median ------------------------------------------------------------------------------------------


def test_the_spread_of_the_median_is_what_theory_expects():
    design = TrialDesign(relapse_hazard=0.01, monitored_from=3000, monitored_to=3000, dropout=0)
    row = median_precision([150], seed=2, n_trials=200, design=design).iloc[0]
    # without censoring the median of n exponential times has the standard error 1 / (hazard sqrt(n))
    theory = 1 / (0.01 * math.sqrt(row["n_at_risk"]))
    assert row["median_sd"] == pytest.approx(theory, rel=0.15)
    assert row["median"] == pytest.approx(design.median_duration, abs=4 * row["median_se"] + 1)
    assert row["width"] == pytest.approx(2 * 1.96 * theory, rel=0.15)
    assert (row["reached"], row["bounded"], row["reached_se"]) == (1, 1, 0)
    assert row["n_events"] == row["n_at_risk"]
    assert row["median_se"] == pytest.approx(row["median_sd"] / math.sqrt(200))


def test_medians_and_widths_are_those_of_the_curves():
    trials = simulate_trial(12, seed=5, n_trials=40)
    medians, widths, sizes, events = [], [], [], []
    for trial in range(1, 41):
        rows = trials.ck_follow_up[trials.ck_follow_up["trial"] == trial].dropna(subset="normalized_on")
        end = rows["re_elevated_on"].fillna(rows["observed_until"])
        curve = kaplan_meier(end - rows["normalized_on"], rows["re_elevated_on"].notna())
        low, high = curve.median_interval(0.8, "log")
        medians += [] if curve.median is None else [curve.median]
        widths += [] if low is None or high is None else [high - low]
        sizes.append(curve.n)
        events.append(curve.n_events)
    row = median_precision([12], seed=5, n_trials=40, level=0.8, transform="log").iloc[0]
    assert 0 < len(widths) < len(medians) < 40
    assert row["reached"] == len(medians) / 40
    assert row["reached_se"] == pytest.approx(math.sqrt(len(medians) * (40 - len(medians)) / 40**3))
    assert row["bounded"] == len(widths) / 40
    assert row["bounded_se"] == pytest.approx(math.sqrt(len(widths) * (40 - len(widths)) / 40**3))
    assert (row["median"], row["median_sd"]) == pytest.approx((np.mean(medians), np.std(medians, ddof=1)))
    assert row["median_se"] == pytest.approx(np.std(medians, ddof=1) / math.sqrt(len(medians)))
    assert (row["width"], row["width_se"]) == pytest.approx(
        (np.mean(widths), np.std(widths, ddof=1) / math.sqrt(len(widths)))
    )
    assert (row["n_at_risk"], row["n_events"]) == (np.mean(sizes), np.mean(events))
    assert (row["n_patients"], row["n_trials"], row["seed"]) == (12, 40, 5)


@pytest.mark.parametrize("uln", [1e-9, 1e9])
def test_trials_in_which_nobody_normalizes(uln):
    # every CK above its limit, or none: at week 0 nobody can normalize
    design = TrialDesign(uln_female=uln, uln_male=uln)
    row = median_precision([3], seed=1, n_trials=4, design=design).iloc[0]
    assert row[["n_at_risk", "n_events", "reached", "bounded"]].tolist() == [0, 0, 0, 0]
    assert row[["median", "median_sd", "median_se", "width", "width_se"]].isna().all()


def test_one_median_has_no_spread():
    design = TrialDesign(relapse_hazard=5, dropout=0, uln_female=200, uln_male=200)
    row = median_precision([20], seed=1, n_trials=1, design=design).iloc[0]
    assert row["median"] == 1.0
    assert math.isnan(row["median_sd"])
    assert math.isnan(row["median_se"])


@given(
    st.integers(4, 30),
    seeds,
    st.lists(st.sampled_from([0.5, 0.8, 0.9, 0.99]), min_size=2, max_size=2, unique=True).map(sorted),
    st.lists(st.sampled_from(["log-log", "log", "plain"]), min_size=2, max_size=2),
)
@settings(settings.get_profile("whole"))
def test_the_level_moves_the_intervals_and_nothing_else(n, seed, levels, transforms):
    lower, higher = (
        median_precision([n], seed=seed, n_trials=6, level=level, transform=transforms[0]).iloc[0] for level in levels
    )
    other = median_precision([n], seed=seed, n_trials=6, level=levels[0], transform=transforms[1]).iloc[0]
    same = ["n_at_risk", "n_events", "reached", "reached_se", "median", "median_sd", "median_se"]
    for row in (higher, other):
        pd.testing.assert_series_equal(lower[same], row[same], check_names=False, check_exact=True)
    # whose upper limit is reached, its median is; a wider interval is bounded less often
    assert higher["bounded"] <= lower["bounded"] <= lower["reached"]
    assert lower["n_events"] <= lower["n_at_risk"] <= n


@given(st.integers(2, 20), seeds, st.lists(st.sampled_from([0.0005, 0.002, 0.01, 1.0]), min_size=2, max_size=2).map(sorted))
@settings(settings.get_profile("whole"))
def test_a_higher_hazard_brings_more_events_to_the_same_patients(n, seed, hazards):
    slow, fast = (
        median_precision([n], seed=seed, n_trials=3, design=TrialDesign(relapse_hazard=hazard)).iloc[0] for hazard in hazards
    )
    assert slow["n_at_risk"] == fast["n_at_risk"]
    assert slow["n_events"] <= fast["n_events"]


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power_curve([5, 1], seed=1), "'n_patients' must be at least 2 (got 1)."),
        (lambda: median_precision([0], seed=1), "'n_patients' must be at least 1 (got 0)."),
        (lambda: power_curve([2.5], seed=-1),
         "'n_patients' must be a whole number (got 2.5).\n'seed' must be at least 0 (got -1)."),
        (lambda: median_precision([5], seed=1, n_trials=0), "'n_trials' must be at least 1 (got 0)."),
        (lambda: power_curve([], seed=1), "'n_patients' must hold at least one number (got 0)."),
        (lambda: median_precision([5], seed=1, level=95), "'level' must lie strictly between 0 and 1 (got 95)."),
        (lambda: median_precision([15], seed=1, n_trials=3, transform="logit"),
         "'transform' must be one of 'log-log', 'log', 'plain' (got 'logit')."),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_refused(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        call()
    assert str(error.value) == message


def test_the_bar_knows_how_many_steps_there_are(monkeypatch):
    seen = []

    def count(steps, n_steps, label):
        steps = list(steps)
        seen.append((len(steps), n_steps, label))
        return steps

    monkeypatch.setattr(planning, "track", count)
    monkeypatch.setattr(planning, "_BLOCK", 100)
    power_curve([10, 30], seed=1, n_trials=20)
    median_precision([20, 30], seed=1, n_trials=6)
    assert seen == [(2 + 7, 9, "power curve"), (12, 12, "precision of the median")]
