"""The rows of ``docs/validation.md`` on arms, rates and samples: each estimator beside what R said of the same data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import stored

import ivigmyo
from ivigmyo import contrasts, planning, safety
from ivigmyo.survival import interval_censored_curve

Pairs: TypeAlias = Iterator[tuple[float | None, float | None, str | None]]
Look: TypeAlias = Callable[..., Any]

# What R does otherwise, as in `validate.DIFFERENCES`.
DIFFERENCES = {
    "no standard error": """
Where nobody, or everybody, responded in both arms, or in one of them, the formulas of Wald, Katz, Woolf, Sato, and Robins,
Breslow and Greenland have no standard error, and R computes one limit twice, an infinite one, or none ({} numbers). Here
there is no limit.""",
    "no maximum": """
Without an event in an arm while both arms are at risk, the Cox likelihood has no maximum; R stops somewhere on the way
({} numbers). Here there is no hazard ratio, and the reason is given.""",
    "ends early": """
R's `survfit` for intervals ends its iterations before the maximum is reached ({} sets whose log-likelihood is above R's).
Here the gradient shows that it is.""",
    "slow": """
The steps of R's `survfit` for intervals, gone on with in `tests/reference/intervals.R`, reach an end; but not where a mass
goes to 0 as slowly as 1 / steps ({} numbers, which differ by 5e-6 after 200,000 steps).""",
}


def _equal(ours: Iterable[Any], r: Any, difference: str | None = None) -> Pairs:
    for one, other in zip(ours, np.atleast_1d(r), strict=True):
        yield one, None if other is None or math.isnan(other) else float(other), difference


def _limits(interval: Any, r: Any) -> Pairs:
    """Pair limits; where there is no standard error the formula gives R something else."""
    yield from _equal(interval, r, "no standard error" if interval.low is None else None)


def _arm(trial: dict[str, Any]) -> list[str]:
    return ["IVIG" if each else "placebo" for each in trial["treated"]]


def share_rows(look: Look, trials: list[dict[str, Any]]) -> Iterator[Any]:
    """Hold shares, in all and in strata."""
    test = "test_contrasts_shares.py::test_r_shares"
    found = [(ivigmyo.compare_response(t["responded"], _arm(t), "placebo"), t["shares"]) for t in trials]
    strata = [
        (ivigmyo.compare_response(t["responded"], _arm(t), "placebo", t["stratum"]), t["strata"])
        for t in trials
        if t["strata"]
    ]

    def row(name: str, truth: str, pairs: Pairs) -> Any:
        return look(name, truth, test, pairs, 1e-8)

    def each(take: Callable[[Any], Iterable[Any]], key: str) -> Pairs:
        return (pair for ours, r in found for pair in _equal(take(ours), r[key]))

    yield row("shares: difference", "R, by its formula", each(lambda ours: [ours.difference], "difference"))
    yield row(
        "shares: interval, Miettinen and Nurminen",
        "R, the score inverted",
        each(lambda ours: ours.difference_interval(), "miettinen_nurminen"),
    )
    yield row(
        "shares: interval, Newcombe",
        "R, from `prop.test`",
        each(lambda ours: ours.difference_interval(method="newcombe"), "newcombe"),
    )
    yield row("shares: Fisher's P", "R `fisher.test`", each(lambda ours: [ours.p_value], "fisher"))
    yield row("shares: score P", "R, from `prop.test`", each(lambda ours: [ours.score_p_value], "score"))
    for name, key, take in (
        ("shares: interval, Wald", "wald", lambda ours: ours.difference_interval(method="wald")),
        ("risk ratio: interval, Katz", "katz", lambda ours: ours.risk_ratio_interval()),
        ("odds ratio: interval, Woolf", "woolf", lambda ours: ours.odds_ratio_interval()),
    ):
        yield row(name, "R, by its formula", (pair for ours, r in found for pair in _limits(take(ours), r[key])))
    common = (pair for ours, r in strata for pair in _equal([ours.common_difference], r["difference"]))
    yield row("shares in strata: common difference", "R, by its formula", common)
    sato = (pair for ours, r in strata for pair in _limits(ours.common_difference_interval(), r["sato"]))
    yield row("shares in strata: interval, Sato", "R, by its formula", sato)
    known = [(ours, r) for ours, r in strata if r["cmh"] is not None]
    tests = (
        pair for ours, r in known for pair in _equal([ours.cmh_statistic, ours.cmh_p_value], [r["cmh"], r["cmh_p_value"]])
    )
    yield row("Cochran-Mantel-Haenszel: statistic and P", "R `mantelhaen.test(correct = FALSE)`", tests)
    odds = [(ours, r) for ours, r in known if r["odds_ratio"] is not None]
    ratios = (pair for ours, r in odds for pair in _equal([ours.common_odds_ratio], r["odds_ratio"]))
    yield row("Mantel-Haenszel: common odds ratio", "R `mantelhaen.test`", ratios)
    limits = (pair for ours, r in odds for pair in _limits(ours.common_odds_ratio_interval(), r["odds_ratio_interval"]))
    yield row("Mantel-Haenszel: interval of the common odds ratio", "R `mantelhaen.test`", limits)


def mean_rows(look: Look, trials: list[dict[str, Any]]) -> Iterator[Any]:
    """Hold analyses of covariance."""
    found = []
    for trial in trials:
        strata = pd.DataFrame({name: trial[name] for name in ("stratum", "factor")})
        for name, factors, scale in (("means", None, "raw"), ("means_in_strata", strata, "raw"), ("ln_means", None, "ln")):
            if r := trial[name]:
                values = trial["baseline"], trial["final"], _arm(trial)
                found.append((ivigmyo.compare_means(*values, "placebo", factors, scale), r))
    tested = [(ours, r) for ours, r in found if ours.reason is None]
    means = [(ours, r) for ours, r in found if not r["aliased"]]
    for title, pairs in (
        ("difference", (pair for ours, r in found for pair in _equal([ours.difference], r["difference"]))),
        ("standard error", (pair for ours, r in tested for pair in _equal([ours.se], r["se"]))),
        ("P", (pair for ours, r in tested for pair in _equal([ours.p_value], r["p_value"]))),
        ("interval", (pair for ours, r in tested for pair in _equal(ours.confidence_interval(), r["interval"]))),
        ("adjusted means", (pair for ours, r in means for pair in _equal(ours.adjusted_means.values(), r["means"]))),
    ):
        yield look(f"analysis of covariance: {title}", "R `lm`", "test_contrasts_means.py::test_r_means", pairs, 1e-8)


def rank_rows(look: Look, trials: list[dict[str, Any]]) -> Iterator[Any]:
    """Hold Hodges and Lehmann's estimates, where R is exact."""
    for key, title in (("ranks", "one sample"), ("ranks_of_two", "two samples")):
        found = []
        for trial in (trial for trial in trials if trial[key]):
            change, treated = np.subtract(trial["final"], trial["baseline"]), np.array(trial["treated"]) == 1
            values = (change,) if key == "ranks" else (change[treated], change[~treated])
            found += [(ivigmyo.hodges_lehmann(*values), r) for r in trial[key]]
        pairs = (
            pair
            for ours, r in found
            for pair in _equal(
                [ours.estimate, ours.p_value, *ours.confidence_interval(r["level"])],
                [r["estimate"], r["p_value"], *r["interval"]],
            )
        )
        truth = "R `wilcox.test(conf.int = TRUE, exact = TRUE)`"
        yield look(
            f"Hodges-Lehmann, {title}: estimate, P, interval", truth, "test_contrasts_ranks.py::test_r_ranks", pairs, 1e-8
        )


def duration_rows(look: Look, trials: list[dict[str, Any]]) -> Iterator[Any]:
    """Hold log-rank tests and hazard ratios, in strata and not."""
    tests, ratios = [], []
    for i, trial in enumerate(trials):
        arm, columns = trial["treated"], (trial["durations"], trial["events"])
        for name, groups, strata in (
            ("log_rank", arm, None),
            ("log_rank_in_strata", arm, trial["stratum"]),
            ("log_rank_of_groups", trial["stratum"], trial["factor"]),
        ):
            if (r := trial[name]) and len(set(groups)) > 1:
                tests.append((contrasts.compare_survival(*columns, groups, strata), r))
        name, strata = (("cox", None), ("cox_in_strata", trial["stratum"]))[i % 2]
        if r := trial[name]:
            ratios.append((ivigmyo.hazard_ratio(*columns, arm, 0, strata), r))
    tested = (pair for ours, r in tests for pair in _equal([ours.statistic, ours.p_value], [r["statistic"], r["p_value"]]))
    test = "test_contrasts_durations.py::test_r_log_rank_in_strata"
    yield look("log-rank, in strata too: statistic and P", "R `survdiff`", test, tested, 1e-8)
    hazards = (
        pair
        for ours, r in ratios
        for pair in _equal(
            [None if ours.ratio is None else math.log(ours.ratio), ours.se],
            [r["log_ratio"], r["se"]],
            "no maximum" if ours.ratio is None else None,
        )
    )
    truth = 'R `coxph(ties = "efron")`'
    yield look(
        "ln hazard ratio and its standard error", truth, "test_contrasts_durations.py::test_r_hazard_ratios", hazards, 1e-6
    )


def planning_rows(look: Look, reference: dict[str, Any]) -> Iterator[Any]:
    """Hold power and size of a trial of two arms."""
    sizes = (
        pair
        for r in reference["sizes"]
        for ours in [planning.patients_for_shares(r["p"], r["q"], r["power"], test="normal", alpha=r["alpha"])]
        for pair in _equal([ours.n_control], math.ceil(r["n"]))
    )
    test = "test_planning_two_arms.py::test_r_"
    yield look("patients of an arm, for shares", "R `power.prop.test`, rounded up", f"{test}sizes", sizes)
    powers = (
        pair
        for r in reference["powers"]
        for names in [{name: r[name] for name in ("correlation", "alpha")}]
        for pair in _equal([planning.power_of_means(r["difference"], 12, r["n"], r["m"], **names)], r["power"])
    )
    yield look("power of the analysis of covariance", "R `pt`, by its formula", f"{test}power_of_means", powers, 1e-8)


def other_rows(look: Look, reference: dict[str, Any]) -> Iterator[Any]:
    """Hold crossovers, interactions, rates, findings and interval-censored curves."""
    effects = (
        pair
        for r in reference["crossovers"]
        for name in ("treatment", "period", "carry_over")
        for effect in [getattr(ivigmyo.compare_crossover(r["first"], r["second"], r["treated_first"], 1), name)]
        for pair in _equal([effect.estimate, effect.se, effect.t, effect.p_value], r[name])
    )
    yield look(
        "crossover: treatment, period, carry-over", "R `t.test`", "test_contrasts_crossover.py::test_r", effects, 1e-8
    )
    trials = stored.load("interaction")
    found = [
        (contrasts.interaction_of_responses(t["responded"], t["arm"], "placebo", t["factor"]), t["responses"])
        for t in trials
    ]
    found += [
        (
            contrasts.interaction_of_means(t["baseline"], t["final"], t["arm"], "placebo", t["factor"], t["stratum"]),
            t["means"],
        )
        for t in trials
    ]
    both = (pair for ours, r in found for pair in _equal([ours.statistic, ours.p_value], [r["statistic"], r["p_value"]]))
    test = "test_contrasts_interaction.py::test_random_trials_agree_with_r"
    yield look("interaction of shares and of means: statistic and P", "R `anova` of `glm` and of `lm`", test, both, 1e-8)
    rates = stored.load("rates")
    limits = (
        pair
        for each in rates["rates"]
        for level, theirs in zip(rates["levels"], each["intervals"], strict=True)
        for pair in _equal(safety.event_rate(each["events"], each["exposure"], per=1).confidence_interval(level), theirs)
    )
    test = "test_safety_rates.py::test_intervals_are_those_of_r"
    yield look("rate by exposure: intervals at 0.8, 0.9, 0.95, 0.99", "R `poisson.test`", test, limits, 1e-9)
    mcnemar = (
        pair
        for each in rates["findings"]
        for lost, gained in [(each["lost"], each["gained"])]
        for ours in [safety.compare_findings([1] * lost + [0] * gained, [0] * lost + [1] * gained)]
        for pair in _equal([ours.p_value], each["p_value"])
    )
    yield look(
        "findings before and after: P", "R `binom.test`", "test_safety_rates.py::test_p_values_are_those_of_r", mcnemar
    )
    yield look(
        "interval-censored curve: log-likelihood",
        'R `survfit`, `type = "interval2"`',
        "test_survival_intervals.py::test_no_likelihood_is_below_that_of_r",
        likelihoods(),
        1e-8,
    )
    yield look(
        "interval-censored curve: S at every end",
        "R, the steps of `survfit` gone on with",
        "test_survival_intervals.py::test_r_curves",
        interval_curves(),
    )


def likelihoods() -> Pairs:
    """Pair the log-likelihoods; one above R's is nearer to the maximum."""
    for case in stored.load("intervals")["sets"]:
        rows = [(a, math.inf if b is None else b) for a, b in zip(case["left"], case["right"], strict=True)]
        jumps, never = list(zip(case["time"], case["mass"], strict=True)), 1 - sum(case["mass"])
        chances = [sum(m for t, m in jumps if a < t <= b or a == b == t) + (never if b == math.inf else 0) for a, b in rows]
        ours, theirs = interval_censored_curve(*zip(*rows, strict=True)).log_likelihood, math.fsum(map(math.log, chances))
        yield ours, theirs, "ends early" if ours > theirs + 1e-8 * abs(theirs) else None


def interval_curves() -> Pairs:
    """Pair S at the ends of the patients' intervals, where it is determined."""
    for case in stored.load("intervals")["sets"]:
        right = [math.inf if end is None else end for end in case["right"]]
        curve = interval_censored_curve(case["left"], right)
        jumps = list(zip(case["time"], case["further"], strict=True))
        for end in sorted({*case["left"], *right} - {math.inf}):
            if (ours := curve.survival_at(float(end))) is not None:
                yield ours, 1 - math.fsum(mass for time, mass in jumps if time <= end), None if case["ended"] else "slow"


def rows(look: Callable[..., Any], pair: Callable[..., Any]) -> list[Any]:
    """Compute every row: `look` makes one of pairs, `pair` makes one of two numbers and a named difference."""

    def seen(estimator: str, truth: str, test: str, pairs: Pairs, tolerance: float = 1e-10) -> Any:
        return look(estimator, truth, test, (pair(*each) for each in pairs), tolerance)

    reference = stored.load("contrasts")
    trials = reference["trials"]
    arms = (share_rows, mean_rows, rank_rows, duration_rows)
    of_trials = [row for part in arms for row in part(seen, trials)]
    return [*of_trials, *planning_rows(seen, reference), *other_rows(seen, reference)]
