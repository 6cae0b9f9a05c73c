"""Whether a treatment does more in some than in others, and whether arms start alike."""

import itertools
import math
import runpy
from pathlib import Path

import numpy as np
import pytest

from ivigmyo.contrasts import (
    interaction_of_durations,
    interaction_of_means,
    interaction_of_responses,
    standardized_difference,
    standardized_difference_of_shares,
)
from ivigmyo.estimates import Proportion

TRIALS = runpy.run_path(str(Path(__file__).parent / "reference" / "stored.py"))["load"]("interaction")


def agrees(found, expected, rel=1e-8):
    assert found.df == expected["df"]
    assert found.statistic == pytest.approx(expected["statistic"], rel=rel, abs=1e-10)
    assert found.p_value == pytest.approx(expected["p_value"], rel=rel, abs=1e-12)


@pytest.mark.parametrize("trial", TRIALS, ids=range(len(TRIALS)))
def test_random_trials_agree_with_r(trial):
    arm, factor = trial["arm"], trial["factor"]
    agrees(interaction_of_responses(trial["responded"], arm, "placebo", factor), trial["responses"])
    found = interaction_of_means(trial["baseline"], trial["final"], arm, "placebo", factor, trial["stratum"])
    agrees(found, trial["means"])
    assert found.df_residual == trial["means"]["df_residual"]
    agrees(interaction_of_durations(trial["time"], trial["event"], arm, "placebo", factor), trial["durations"], 1e-5)


def people(*levels):
    """Lay out levels of (treated responders, treated, control responders, controls)."""
    rows = [
        (responds, arm, level)
        for level, (x, n, y, m) in enumerate(levels)
        for arm, count, of in (("A", x, n), ("P", y, m))
        for responds in [1] * count + [0] * (of - count)
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def likelihood_ratio(levels):
    """Maximize the likelihood of one odds ratio on a grid of it, each level's fitted cell by the quadratic's numpy roots."""

    def deviance(psi):
        total = 0.0
        for x, n, y, m in levels:
            t = x + y
            roots = np.roots([1 - psi, (m - t) + psi * (n + t), -psi * n * t]).real
            a = next(root for root in roots if max(0, t - m) - 1e-9 <= root <= min(n, t) + 1e-9)
            for seen, fit in ((x, a), (n - x, n - a), (y, t - a), (m - y, m - t + a)):
                total += 2 * seen * math.log(seen / fit) if seen else 0
        return total

    return min(deviance(math.exp(b)) for b in np.linspace(-6, 6, 4001))


@pytest.mark.parametrize("levels", [[(8, 10, 3, 9), (4, 9, 5, 11)], [(2, 6, 1, 5), (5, 6, 1, 7), (3, 8, 3, 9)]])
def test_one_odds_ratio_is_the_likeliest(levels):
    found = interaction_of_responses(*people(*levels)[:2], "P", people(*levels)[2])
    assert found.statistic == pytest.approx(likelihood_ratio(levels), abs=1e-4)


def test_the_same_odds_ratio_everywhere_is_no_interaction():
    responded, arm, factor = people((4, 8, 2, 8), (4, 8, 2, 8))
    assert interaction_of_responses(responded, arm, "P", factor).statistic == pytest.approx(0, abs=1e-12)


def test_a_zero_is_no_obstacle():
    # all of A and none of P respond at both levels: one infinite odds ratio fits both exactly
    responded, arm, factor = people((4, 4, 0, 4), (3, 3, 0, 3))
    assert interaction_of_responses(responded, arm, "P", factor).p_value == 1
    # at the second level the odds ratio is 0: with one odds ratio (by symmetry 1) every cell is half
    responded, arm, factor = people((4, 4, 0, 4), (0, 4, 4, 4))
    assert interaction_of_responses(responded, arm, "P", factor).statistic == pytest.approx(2 * 16 * math.log(2))


def test_levels_that_say_nothing_are_counted_and_have_no_degree_of_freedom():
    levels = (8, 10, 3, 9), (4, 9, 5, 11)
    alone = interaction_of_responses(*people(*levels)[:2], "P", people(*levels)[2])
    more = people(*levels, (0, 4, 0, 5), (3, 4, 0, 0))
    found = interaction_of_responses(more[0], more[1], "P", more[2])
    assert (found.statistic, found.df, found.n_levels, found.n_levels_without_weight) == (alone.statistic, 1, 4, 2)
    one = people((3, 5, 1, 5))
    found = interaction_of_responses(one[0], one[1], "P", one[2])
    assert (found.p_value, found.df, found.reason) == (None, 0, "fewer than two levels say anything of the treatment")


def test_means_say_why_there_is_no_test():
    before, arm = [50.0, 55, 61, 64], list("APAP")
    few = interaction_of_means(before, [55, 58, 66, 64], arm, "P", list("xxyy"))
    assert few.p_value is None
    assert few.reason == "no degree of freedom is left"
    apart = interaction_of_means(before, [55, 58, 66, 64], arm, "P", list("xyxy"))
    assert apart.n_levels_without_weight == 2
    assert apart.reason.startswith("fewer than two levels")
    arm, factor = list("AAPPAAPP"), list("xxxxyyyy")
    baseline = [50.0, 52, 54, 57, 59, 61, 66, 63]
    exact = interaction_of_means(baseline, [b + 3 for b in baseline], arm, "P", factor)
    assert exact.p_value is None
    assert exact.reason == "the model fits exactly"
    missing = interaction_of_means([None, *baseline[1:]], [b + i for i, b in enumerate(baseline)], arm, "P", factor)
    assert missing.n == 7


def test_ratios_are_compared_on_the_ln_scale():
    rng = np.random.default_rng(3)
    before, after = rng.lognormal(6, 1, 30), rng.lognormal(5, 1, 30)
    arm, factor = list("AP" * 15), list("xxxyyy" * 5)
    on_ln = interaction_of_means(before, after, arm, "P", factor, scale="ln")
    by_hand = interaction_of_means(np.log(before), np.log(after), arm, "P", factor)
    assert on_ln.statistic == pytest.approx(by_hand.statistic)
    with pytest.raises(ValueError, match="ln scale"):
        interaction_of_means([0.0, *before[1:]], after, arm, "P", factor, scale="ln")


def test_durations_without_a_ratio_have_no_weight():
    days, events = [6, 7, 10, 15, 19, 25, 4, 9, 12, 3], [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    found = interaction_of_durations(days, events, list("ABABBABAAB"), "A", list("xxxxxxyyyy"))
    assert found.p_value is None
    assert found.n_levels_without_weight == 1


def test_each_interaction_says_how_it_was_found():
    days, events, arm, factor = [6, 7, 10, 15, 4, 9, 12, 3], [1] * 8, list("AABBAABB"), list("xyxyxyxy")
    assert interaction_of_durations(days, events, arm, "A", factor).method == "Cochran's Q of the log hazard ratios"
    assert (
        interaction_of_means(days, [5, 2, 8, 9, 1, 1, 3, 7], arm, "A", factor).method
        == "F test in an analysis of covariance"
    )
    assert "likelihood" in interaction_of_responses([1, 0, 1, 1, 0, 0, 1, 0], arm, "A", factor).method


def test_a_level_with_one_patient_of_an_arm_weighs_and_one_without_an_arm_does_not():
    days, arm, factor = [6, 7, 10, 15, 19, 25, 4, 9, 12, 3], list("BABBBBBABB"), list("xxxxyyyyzz")
    for reference in "AB":
        found = interaction_of_durations(days, [True] * 10, arm, reference, factor)
        assert (found.df, found.n_levels, found.n_levels_without_weight) == (1, 3, 1)
        assert found.method == "Cochran's Q of the log hazard ratios"
        assert found == interaction_of_durations(days, [1] * 10, arm, reference, factor)


def test_order_and_labels_do_not_matter():
    responded, arm, factor = people((8, 10, 3, 9), (4, 9, 5, 11))
    whole = interaction_of_responses(responded, arm, "P", factor)
    swapped = interaction_of_responses(responded, arm, "A", factor)
    assert swapped.statistic == pytest.approx(whole.statistic)
    order = np.random.default_rng(1).permutation(len(arm))
    shuffled = interaction_of_responses(*(np.array(each)[order] for each in (responded, arm)), "P", np.array(factor)[order])
    assert shuffled.statistic == pytest.approx(whole.statistic)


# --- balance ----------------------------------------------------------------------------------------------------------


def test_standardized_differences_by_hand():
    # means 2 and 4, variances 1 and 4: -2 / sqrt(2.5)
    assert standardized_difference([1, 2, 3], [2, 4, 6, None]) == pytest.approx(-2 / math.sqrt(2.5))
    assert standardized_difference([1, 1], [2, 2]) is None
    assert standardized_difference([1], [2, 4]) is None
    shares = standardized_difference_of_shares(Proportion(3, 4), Proportion(1, 4))
    assert shares == pytest.approx(0.5 / math.sqrt(3 / 16))
    for one, other in itertools.product((Proportion(0, 3), Proportion(3, 3)), repeat=2):
        assert standardized_difference_of_shares(one, other) is None
    assert standardized_difference_of_shares(Proportion(0, 0), Proportion(1, 2)) is None
