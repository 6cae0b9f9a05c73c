"""Write ``docs/validation.md``: each estimator, what it was held against, and the largest difference seen.

Run as ``python tests/reference/validate.py``; needs neither R nor a network. The tests make the same comparisons and
fail beyond the tolerances that the page names.
"""

from __future__ import annotations

import functools
import math
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import enumeration
import numpy as np
import pandas as pd
import stored
import validate_arms
import validate_published

import ivigmyo
from ivigmyo import Proportion, saito2008
from ivigmyo.planning import paired_t_power
from ivigmyo.survival import SurvivalCurve, concordance

PAGE = stored.HERE.parents[1] / "docs" / "validation.md"
TRANSFORMS = ("log-log", "log", "plain")
KINDS = {"raw": ivigmyo.compare_changes, "ln": ivigmyo.compare_log_changes}
SIGNS_AT_MOST = 40  # differences up to which the package counts out the sign flips

# What others do, what is done here, and why; {} is the number of times that the rows of the table met it.
DIFFERENCES = {
    "undefined band": """
Before the first event R leaves the log-log band undefined, as its formula divides by ln 1 = 0 ({} limits). Here it is
[1, 1], as R's log and plain bands are there: the standard error is 0 on any scale.""",
    "midpoint": """
Where S meets 1 - q exactly and a later event follows, the quantile is the midpoint between the two, as in R and SAS;
lifelines gives the first. S stays at 1 - q all the way, so that no time between them is better than another.""",
    "no later event": """
Where S meets 1 - q exactly and no later event follows, R's printed table gives that event, R's `quantile` the midpoint
between it and the last follow-up ({} quantiles), and SAS nothing. Here it is the event, the first time with S at or
below 1 - q: when S would have left 1 - q is not known, and a midpoint would depend on when follow-up happened to stop.""",
    "rising band": """
Where a limit of the band rises again after a fall, R's `quantile` sorts the band first, its printed table does not ({}
limits of quantiles; the log interval of the median of all of `aml` ends at {aml_printed} in the table, at {aml_sorted}
in `quantile`). Here the limit is the first time at which the band has fallen to 1 - q, as in the table that R's users
quote: a band that rises again says no more than that few patients are left.""",
    "beyond follow-up": """
Beyond the last observed time R extends S at its last value, and the restricted mean with it ({} numbers). Here that is
refused unless S has reached 0: nobody was observed there.""",
    "before follow-up": """
R refuses a restricted mean up to a time before the first observed one ({} numbers). Here it is that time, with a
standard error of 0, as S is 1 up to there.""",
    "small sample": """
The factor m / (m - 1) of the restricted mean's variance is in the mean of SAS `PROC LIFETEST`, and not in R: the truth
is R's standard error with the factor put to it.""",
    "one group": """
With one group alone at risk at every event R gives a log-rank statistic of 0 and no P value ({} numbers). Here there is
neither: nothing was compared.""",
    "joined times": """
R takes times that differ by a relative 1.5e-8 or less for one (`timefix`; {} number, of a curve made for it: no data
set has such times). Here durations are compared as they are: whole days need no tolerance, and whoever computes others
can round them.""",
    "ties": """
With ties or zeros R's `wilcox.test` takes an approximation, and SciPy's `method="exact"` is not exact ({} comparisons
without an exact P value in R). Here the distribution of the rank sum is counted out, and the truth is every assignment
of signs.""",
} | validate_arms.DIFFERENCES


class Pair(NamedTuple):
    """A number of the package, the truth, and the named difference that lets them differ."""

    ours: float | None
    truth: float | None
    difference: str | None = None


class Row(NamedTuple):
    """A line of the table: what, against what, in which test, how near, and what the numbers came to."""

    estimator: str
    truth: str
    test: str
    tolerance: float
    numbers: int
    differences: Counter[str]
    largest: float


Sets = list[tuple[dict[str, Any], SurvivalCurve]]


def look(estimator: str, truth_from: str, test: str, pairs: Iterable[Pair], tolerance: float = 1e-10) -> Row:
    """Count the numbers compared, and find their largest difference, relative above 1.

    Where either lacks a number that the other has, and no named difference says so, the difference is infinite.
    """
    numbers, differences, largest = 0, Counter[str](), 0.0
    for ours, truth, difference in pairs:
        exists = ours is not None and not math.isnan(ours)
        if difference is not None:
            differences[difference] += 1
        elif ours is not None and exists and truth is not None:
            numbers += 1
            largest = max(largest, abs(ours - truth) / max(1.0, abs(truth)))
        elif exists or truth is not None:
            largest = math.inf
    return Row(estimator, truth_from, test, tolerance, numbers, differences, largest)


@functools.cache
def lay_out(curve: SurvivalCurve, transform: str) -> pd.DataFrame:
    """Lay a curve out once for all rows that ask for it."""
    return curve.to_frame(transform=transform)


# --- curves -----------------------------------------------------------------------------------------------------------


def columns(sets: Sets, *names: str) -> Iterator[Pair]:
    """Pair the columns of the event tables."""
    for each, curve in sets:
        frame = lay_out(curve, "log-log")
        for name in names:
            yield from map(Pair, frame[name], each[name])


def band(sets: Sets, transform: str) -> Iterator[Pair]:
    """Pair the pointwise limits."""
    for each, curve in sets:
        frame = lay_out(curve, transform)
        for ours, r in (("conf_low", "low"), ("conf_high", "high")):
            for s, limit, truth in zip(curve.estimate, frame[ours], each[transform][r], strict=True):
                yield Pair(limit, truth, "undefined band" if s == 1 and transform == "log-log" else None)


def median_limits(sets: Sets, levels: list[float], transform: str) -> Iterator[Pair]:
    """Pair the limits of the medians, at every level."""
    for each, curve in sets:
        for level, *limits in zip(levels, each[transform]["median_low"], each[transform]["median_high"], strict=True):
            yield from map(Pair, curve.median_interval(level, transform), limits)


def quantiles(sets: Sets, shares: list[float]) -> Iterator[Pair]:
    """Pair the quantiles; S at the last event is multiplied up in fractions."""
    for each, curve in sets:
        steps = zip(each["n_risk"], each["n_event"], strict=True)
        last_s = math.prod((Fraction(n - d, n) for n, d in steps), start=Fraction(1))
        goes_on = curve.last_event_time is not None and curve.last_event_time < curve.last_observed_time
        for q, truth in zip(shares, each["quantile"], strict=True):
            met_at_last = goes_on and last_s == 1 - Fraction(str(q))
            yield Pair(curve.quantile(q), truth, "no later event" if met_at_last else None)


def quantile_limits(sets: Sets, shares: list[float], transform: str) -> Iterator[Pair]:
    """Pair the limits of the quantiles."""
    for each, curve in sets:
        for q, *limits in zip(shares, each[transform]["quantile_low"], each[transform]["quantile_high"], strict=True):
            interval = curve.quantile_interval(q, transform=transform)
            for name, ours, truth in zip(("conf_low", "conf_high"), interval, limits, strict=True):
                rises = ours != truth and bool((lay_out(curve, transform)[name].dropna().diff() > 1e-12).any())
                yield Pair(ours, truth, "rising band" if rises else None)


def means(sets: Sets, name: str, small_sample: bool = False) -> Iterator[Pair]:
    """Pair the restricted means or their standard errors; the factor m / (m - 1) is not R's and is put to R's here."""
    for each, curve in sets:
        for r in each["restricted_mean"]:
            until, truth = r["until"], r[name]
            if until > max(each["time"]) and each["estimate"][-1] > 0:
                yield Pair(None, truth, "beyond follow-up")
                continue
            ours = getattr(curve.restricted_mean(until, small_sample=small_sample), name)
            if small_sample and truth is not None:
                m = sum(n for time, n in zip(each["time"], each["n_event"], strict=True) if time <= until)
                truth = None if m == 1 else truth * math.sqrt(m / (m - 1)) if m else truth
            yield Pair(ours, truth, "before follow-up" if r[name] is None else None)


def group_numbers(sets: Sets) -> Iterator[Pair]:
    """Pair the medians of the groups of the package's data sets, and their intervals."""
    for each, _ in sets:
        for group, table in enumerate(each.get("tables", []), start=1):
            members = [i for i, label in enumerate(each["groups"]) if label == group]
            curve = ivigmyo.kaplan_meier(*([each[name][i] for i in members] for name in ("durations", "events")))
            ours = (curve.median, *curve.median_interval())
            yield from map(Pair, ours, (table["median"], table["low"], table["high"]))


def joined_times(reference: dict[str, Any]) -> Iterator[Pair]:
    """Pair the events at the times 0.3, 0.30000000000000004 and 1, of which R makes two."""
    ours = ivigmyo.kaplan_meier([0.3, 0.1 + 0.2, 1], [1, 1, 1]).n_event.tolist()
    yield Pair(len(ours), len(reference["nearly_equal_n_event"]), "joined times")


def curve_rows(reference: dict[str, Any], sets: Sets) -> Iterator[Row]:
    """Hold curves, quantiles and restricted means against R's survival package."""
    survfit, levels, shares = "R `survfit`", reference["levels"], reference["shares"]
    follow_up = ((ivigmyo.reverse_kaplan_meier(each["durations"], each["events"]), each) for each, _ in sets)

    def row(estimator: str, test: str, pairs: Iterable[Pair], truth: str = survfit) -> Row:
        return look(estimator, truth, f"test_survival.py::test_r_{test}", pairs)

    counts = ("time", "n_risk", "n_event", "n_censor")
    yield row("event table: times, at risk, events, censored", "event_table_and_estimates", columns(sets, *counts))
    yield row("Kaplan-Meier estimate", "event_table_and_estimates", columns(sets, "estimate"))
    yield row("Greenwood's standard error", "event_table_and_estimates", columns(sets, "std_error"))
    for transform in TRANSFORMS:
        yield row(f"pointwise band, {transform}", "bands", band(sets, transform))
    medians = (Pair(curve.median, each["median"]) for each, curve in sets)
    printed = "R `survfit`, printed table"
    yield row("median", "printed_median_and_intervals_at_four_levels", medians, printed)
    for transform in TRANSFORMS:
        limits = median_limits(sets, levels, transform)
        name = f"median's interval at 0.8, 0.9, 0.95, 0.99, {transform}"
        yield row(name, "printed_median_and_intervals_at_four_levels", limits, printed)
    yield row("medians of groups and their intervals", "groups", group_numbers(sets), printed)
    yield row("quantiles 0.1 to 0.9", "quantiles", quantiles(sets, shares), "R `quantile`")
    for transform in TRANSFORMS:
        limits = quantile_limits(sets, shares, transform)
        yield row(f"intervals of the quantiles 0.1 to 0.9, {transform}", "quantile_intervals", limits, "R `quantile`")
    yield row(
        "median follow-up (reverse Kaplan-Meier)",
        "median_follow_up",
        (Pair(curve.median, each["follow_up"]) for curve, each in follow_up),
    )
    yield row("restricted mean", "restricted_means", means(sets, "mean"))
    yield row("restricted mean's standard error", "restricted_means", means(sets, "se"))
    yield row(
        "restricted mean's standard error, small sample",
        "restricted_means",
        means(sets, "se", small_sample=True),
        "R `survfit`, times (m / (m - 1))^0.5",
    )
    yield row("times equal but for rounding", "joins_nearly_equal_times", joined_times(reference))


# --- groups -----------------------------------------------------------------------------------------------------------


def compared_means(sets: Sets) -> Iterator[tuple[Any, dict[str, float]]]:
    """Compare the two groups of each set as R's numbers do: the second less the first."""
    for each, _ in sets:
        for r in each.get("compared_means", []):
            data = (each[name] for name in ("durations", "events", "groups"))
            yield ivigmyo.compare_restricted_means(*data, until=r["until"], reference=min(each["groups"])), r


def group_rows(sets: Sets) -> Iterator[Row]:
    """Hold comparisons of groups against R's survival package."""
    tested = [each for each, _ in sets if "log_rank" in each]
    ranked = [
        (ivigmyo.compare_survival(each["durations"], each["events"], each["groups"]), each["log_rank"]) for each in tested
    ]

    def row(estimator: str, test: str, truth: str, pairs: Iterable[Pair]) -> Row:
        return look(estimator, truth, f"test_comparison.py::test_r_{test}", pairs)

    def log_rank(name: str) -> Iterator[Pair]:
        return (Pair(getattr(ours, name), r[name], None if r["df"] else "one group") for ours, r in ranked)

    events = (
        pair
        for ours, r in ranked
        for name in ("observed", "expected")
        for pair in map(Pair, (getattr(group, name) for group in ours.groups), r[name])
    )
    yield row("log-rank: observed and expected events", "log_rank", "R `survdiff`", events)
    yield row("log-rank: statistic", "log_rank", "R `survdiff`", log_rank("statistic"))
    yield row("log-rank: P", "log_rank", "R `survdiff`", log_rank("p_value"))
    pairs = list(compared_means(sets))
    for name, title in (("difference", "difference"), ("se", "its standard error"), ("p_value", "P")):
        numbers = (Pair(getattr(ours, name), r[name]) for ours, r in pairs)
        yield row(f"restricted means of two groups: {title}", "compared_means", "R `survfit`, by group", numbers)
    going = (
        Pair(concordance(each["values"], each["durations"], each["events"]).index, each["concordance"]["index"])
        for each, _ in sets
        if "concordance" in each
    )
    yield row("concordance index", "concordance", "R `concordance`", going)


# --- changes and proportions ------------------------------------------------------------------------------------------


def test_rows(reference: dict[str, Any]) -> Iterator[Row]:
    """Hold t tests against base R."""
    sets = [reference["paper"], *reference["trials"]]
    computed = {
        kind: [(compute(each["before"], each["baseline"], each["after"]), each) for each in sets]
        for kind, compute in KINDS.items()
    }
    computed["change"] = [(ivigmyo.change_from_baseline(each["baseline"], each["after"]), each) for each in sets]
    titles = {"change": "one-sample t-test", "raw": "paired t-test of changes", "ln": "paired t-test of ln changes"}

    def row(estimator: str, truth: str, pairs: Iterable[Pair]) -> Row:
        return look(estimator, truth, "test_change.py::test_random_trials_agree_with_r", pairs)

    for kind, title in titles.items():
        results = [(ours if kind == "change" else ours.difference, ours, each[kind]) for ours, each in computed[kind]]
        for name in ("mean", "sd"):
            pairs = (Pair(getattr(summary, name), r[name]) for summary, _, r in results)
            yield row(f"{title}: {name}", f"R `{name}`", pairs)
        for name, letter in (("t", "t"), ("p_value", "P")):
            yield row(f"{title}: {letter}", "R `t.test`", (Pair(getattr(ours, name), r[name]) for _, ours, r in results))
        limits = (
            pair
            for _, ours, r in results
            for level, both in zip(reference["levels"], r["intervals"], strict=True)
            for pair in map(Pair, ours.confidence_interval(level), both)
        )
        yield row(f"{title}: intervals at 0.8, 0.9, 0.95, 0.99", "R `t.test`", limits)
    ratios = (Pair(ours.pre.ratio, each["pre_ratio"]) for ours, each in computed["ln"])
    yield row("ratio of geometric means", "R `exp`, `mean`, `log`", ratios)
    for kind in KINDS:
        results = [(ours.signed_rank, each["signed_rank"][kind]) for ours, each in computed[kind]]
        pairs = (
            Pair(ours.p_value, None if r is None else r["p_value"], "ties" if r is None else None) for ours, r in results
        )
        yield row(f"signed-rank P, {kind} changes without ties", "R `wilcox.test(exact = TRUE)`", pairs)


def sign_rows(reference: dict[str, Any]) -> Iterator[Row]:
    """Hold signed ranks and sign flips, ties included, against every assignment of signs."""
    sets = [reference["paper"], *reference["trials"]]
    truths: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
        "raw": (enumeration.raw_differences, enumeration.signed_rank, enumeration.sign_flip),
        "ln": (enumeration.ratios, enumeration.signed_rank_of_ratios, enumeration.sign_flip_of_ratios),
    }
    for kind, (take, rank, flip) in truths.items():
        ranks, flips = [], []
        for each in sets:
            data = [each[name] for name in ("before", "baseline", "after")]
            ours, exact = KINDS[kind](*data), take(*data)
            ranks.append(Pair(ours.signed_rank_p_value, rank(exact)))
            truth = flip(exact)
            if truth is not None and np.count_nonzero(ours.differences) <= SIGNS_AT_MOST:
                flips.append(Pair(ours.permutation_p_value, truth))
        test = f"test_change.py::test_random_trials_agree_with_every_assignment_of_signs[{kind}]"
        signs = "every assignment of signs, counted in integers"
        yield look(f"signed-rank P, {kind} changes, ties included", signs, test, ranks)
        yield look(f"sign-flip P, {kind} changes, ties included", f"{signs} where that is within reach", test, flips)


def other_rows(reference: dict[str, Any]) -> Iterator[Row]:
    """Hold intervals of proportions and the power of the t-test against base R."""
    truths = {"exact": "R `binom.test`", "wilson": "R `prop.test(correct = FALSE)`"}
    for method, truth in truths.items():
        limits = (
            pair
            for each in reference["proportions"]
            for level, both in zip(reference["levels"], each[method], strict=True)
            for pair in map(Pair, Proportion(each["count"], each["n"]).confidence_interval(level, method), both)
        )
        name = f"{method.replace('w', 'W')} interval of a proportion at 0.8, 0.9, 0.95, 0.99"
        yield look(name, truth, "test_estimates.py::test_intervals_agree_with_r", limits)
    powers = (
        Pair(paired_t_power(row["n"], row["delta"], row["sd"], alpha=row["alpha"]), row["power"])
        for row in stored.load("power")["power"]
    )
    yield look(
        "power of the paired t-test", "R `power.t.test`", "test_planning.py::test_the_power_is_that_of_r", powers, 1e-8
    )


# --- the page ---------------------------------------------------------------------------------------------------------


def rows() -> list[Row]:
    """Compute every row of the table."""
    survival, tests = stored.load("survival"), stored.load("tests")
    sets = [(each, ivigmyo.kaplan_meier(each["durations"], each["events"])) for each in stored.survival_sets()]
    one_arm = [*curve_rows(survival, sets), *group_rows(sets), *test_rows(tests), *sign_rows(tests), *other_rows(tests)]
    return [*one_arm, *validate_arms.rows(look, Pair)]


def describe_sets() -> list[str]:
    """Say which data the numbers come from."""
    survival, datasets, tests = (stored.load(name) for name in ("survival", "datasets", "tests"))
    drawn = [each for each in survival["sets"] if each["name"].startswith("trial ")]
    sizes = [len(each["durations"]) for each in drawn]
    own = []
    for each in datasets["sets"]:
        name, *details = each["name"].split(", ")
        own.append(f"`{name}` ({', '.join([*details, str(each['n_risk'][0])])})")
    small = len(survival["sets"]) - len(drawn) - 2
    points = [
        f"""the paper's patients, from normalization and as published, and {small} small awkward sets: S at one half,
        ties of events and censorings, one patient, no event, an event on day 0, ...;""",
        f"""{len(drawn)} random trials of {min(sizes)} to {max(sizes)} patients with heavy ties, drawn by seed, for curves,
        and {len(tests["trials"])} for changes, every other one with heavy ties;""",
        f"{len(tests['proportions'])} proportions;",
        f"""{len(stored.load("contrasts")["trials"])} random trials of two arms with strata and ties,
        {len(stored.load("intervals")["sets"])} sets of intervals, {len(stored.load("rates")["rates"])} rates;""",
        f"{len(own)} data sets of the package survival, with groups and number of patients: {'; '.join(own)}.",
    ]
    origin = """These data sets come with R's package, under the LGPL. They are named in `tests/reference/datasets.R` and
        taken from R whenever it is run. `datasets.json` holds no row and no covariate of them, only what `survfit` and the
        others computed, the event tables of the groups among it; from these the tests put durations, events and groups
        together again."""
    return [
        "## The data",
        "",
        f"R {survival['R']} with its packages survival {survival['survival']} and stats {tests['stats']} was asked about:",
        "",
        *(line for point in points for line in wrap(point, "- ")),
        "",
        *wrap(origin),
        "",
    ]


def wrap(text: str, first: str = "") -> list[str]:
    """Break text into lines; those after the first are indented as far as it begins."""
    return textwrap.wrap(" ".join(text.split()), 120, initial_indent=first, subsequent_indent=" " * len(first))


def table(seen: list[Row]) -> list[str]:
    """Lay out the table."""
    lines = [
        "| estimator | truth | test | tolerance | numbers | named differences | largest difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for estimator, truth, test, tolerance, numbers, differences, largest in seen:
        cells = (estimator, truth, f"`{test}`", f"{tolerance:.0e}", f"{numbers}", f"{differences.total()}", f"{largest:.1e}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def page(seen: list[Row]) -> str:
    """Compose the page."""
    met = sum((row.differences for row in seen), Counter[str]())
    counts = saito2008.reproduce().to_frame()["verdict"].value_counts()
    listed = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    how = """Each estimator, what it was held against, in which test, to which tolerance, over how many numbers, how often a
        named difference (below) took the place of agreement, and the largest difference seen, relative where the number is
        above 1. Where one side has no number, the other has none either. The page is written by
        `tests/reference/validate.py`; the R scripts and what they printed are in `tests/reference/`, and
        `tests/reference/rerun.py` runs them anew."""
    printed = f"""The printed numbers of the paper are held against the patients' rows at their printed precision by `ivigmyo
        reproduce` and `test_ledger.py`: {listed}."""
    aml = stored.load("datasets")["sets"][0]["log"]
    limits = {"aml_printed": aml["median_high"][2], "aml_sorted": aml["quantile_high"][4]}
    differences = (text.format(met[name], **limits) for name, text in DIFFERENCES.items())
    lines = [
        "# Validation",
        "",
        *wrap(how),
        "",
        *table(seen),
        "",
        *wrap(printed),
        "",
        *describe_sets(),
        "## Where programs differ",
        "",
        "Each difference from R is named in the tests, which count where it occurs; nothing else is left out.",
        "",
        *(line for text in differences for line in wrap(text, "- ")),
        "",
        *validate_published.section(wrap),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(rows()), encoding="utf-8")
    print(f"{PAGE.name} is written.")
