"""Write ``docs/validation.md``: each estimator, what it was held against, and the largest difference seen.

Run as ``python tests/reference/validate.py``; needs neither R nor a network. The tests make the same comparisons and
fail beyond the tolerances that the page names.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import ivigmyo
from ivigmyo import Proportion, saito2008
from ivigmyo.comparison import concordance

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "validation.md"
TRANSFORMS = ("log-log", "log", "plain")

Row = tuple[str, str, str, str, Iterator[tuple[float | None, float | None]]]


def load(name: str) -> Any:
    """Read what R printed."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def largest(pairs: Iterable[tuple[float | None, float | None]]) -> tuple[int, float]:
    """Count the pairs where both numbers exist, and find their largest difference, relative above 1."""
    known = [(ours, r) for ours, r in pairs if ours is not None and r is not None and not math.isnan(ours)]
    return len(known), max((abs(ours - r) / max(1.0, abs(r)) for ours, r in known), default=0.0)


def survival_rows() -> Iterator[Row]:
    """Hold curves, quantiles, restricted means and comparisons against R's survival package."""
    reference = load("survival")
    sets = [(each, ivigmyo.kaplan_meier(each["durations"], each["events"])) for each in reference["sets"]]
    truth, where = f"R {reference['R']}, survival {reference['survival']}", "test_survival.py"

    def frame(name: str) -> Iterator[tuple[float, float]]:
        return (pair for each, curve in sets for pair in zip(curve.to_frame()[name], each[name], strict=True))

    def band(transform: str) -> Iterator[tuple[float, float]]:
        for each, curve in sets:
            table = curve.to_frame(transform=transform)
            for ours, r in (("conf_low", "low"), ("conf_high", "high")):
                yield from zip(table[ours], each[transform][r], strict=True)

    def median_limits(transform: str) -> Iterator[tuple[float | None, float | None]]:
        for each, curve in sets:
            r = each[transform]
            for level, low, high in zip(reference["levels"], r["median_low"], r["median_high"], strict=True):
                yield from zip(curve.median_interval(level, transform), (low, high), strict=True)

    def means(name: str) -> Iterator[tuple[float | None, float | None]]:
        for each, curve in sets:
            for r in each["restricted_mean"]:
                if r["until"] <= curve.last_observed_time or curve.estimate[-1] == 0:
                    yield getattr(curve.restricted_mean(r["until"]), name), r[name]

    yield "Kaplan-Meier estimate", truth, where, "1e-10", frame("estimate")
    yield "Greenwood's standard error", truth, where, "1e-10", frame("std_error")
    for transform in TRANSFORMS:
        yield f"pointwise band, {transform}", truth, where, "1e-10", band(transform)
        yield f"median's interval at four levels, {transform}", truth, where, "1e-10", median_limits(transform)
    yield "median", truth, where, "1e-10", ((curve.median, each["median"]) for each, curve in sets)
    yield "restricted mean", truth, where, "1e-10", means("mean")
    yield "restricted mean's standard error", truth, where, "1e-10", means("se")
    tested = [each for each, _ in sets if "log_rank" in each and each["log_rank"]["df"]]
    ranked = [
        (ivigmyo.compare_survival(each["durations"], each["events"], each["groups"]), each["log_rank"]) for each in tested
    ]
    grouped = "test_comparison.py"
    yield "log-rank statistic", truth, grouped, "1e-10", ((ours.statistic, r["statistic"]) for ours, r in ranked)
    yield "log-rank P", truth, grouped, "1e-10", ((ours.p_value, r["p_value"]) for ours, r in ranked)
    going = (
        (concordance(each["values"], each["durations"], each["events"]).index, each["concordance"]["index"])
        for each, _ in sets
        if "concordance" in each
    )
    yield "concordance index", truth, grouped, "1e-10", going


def test_rows() -> Iterator[Row]:
    """Hold t tests, signed-rank tests and intervals of proportions against base R."""
    reference = load("tests")
    truth, where = f"{reference['R']}, stats".replace("R version ", "R "), "test_change.py"
    kinds = {
        "change": lambda each: ivigmyo.change_from_baseline(each["baseline"], each["after"]),
        "raw": lambda each: ivigmyo.compare_changes(each["before"], each["baseline"], each["after"]),
        "ln": lambda each: ivigmyo.compare_log_changes(each["before"], each["baseline"], each["after"]),
    }
    names = {"change": "one-sample t-test", "raw": "paired t-test of changes", "ln": "paired t-test of ln changes"}
    sets = [reference["paper"], *reference["trials"]]
    for kind, compute in kinds.items():
        results = [(compute(each), each[kind]) for each in sets]
        yield f"{names[kind]}: t", truth, where, "1e-10", ((ours.t, r["t"]) for ours, r in results)
        yield f"{names[kind]}: P", truth, where, "1e-10", ((ours.p_value, r["p_value"]) for ours, r in results)
        limits = (
            pair
            for ours, r in results
            for level, both in zip(reference["levels"], r["intervals"], strict=True)
            for pair in zip(ours.confidence_interval(level), both, strict=True)
        )
        yield f"{names[kind]}: intervals at four levels", truth, where, "1e-10", limits
    ranked = (
        (kinds["ln"](each).signed_rank_p_value, each["signed_rank"]["p_value"]) for each in sets if each.get("signed_rank")
    )
    yield "signed-rank P (no ties)", truth, where, "1e-10", ranked
    levels = (0.8, 0.9, 0.95, 0.99)
    for method in ("exact", "wilson"):
        limits = (
            pair
            for each in reference["proportions"]
            for level, both in zip(levels, each[method], strict=True)
            for pair in zip(Proportion(each["count"], each["n"]).confidence_interval(level, method), both, strict=True)
        )
        yield f"{method} interval of a proportion", truth, "test_estimates.py", "1e-10", limits


def page() -> str:
    """Compose the page."""
    lines = [
        "# Validation",
        "",
        "Each estimator, what it was held against, in which test file, to which tolerance, over how many numbers, and the",
        "largest difference seen (relative where the number is above 1). The page is written by",
        "`tests/reference/validate.py`; the R scripts and what they printed are in `tests/reference/`, and",
        "`tests/reference/rerun.py` runs them anew.",
        "",
        "| estimator | truth | test | tolerance | numbers | largest difference |",
        "|---|---|---|---|---|---|",
    ]
    for name, truth, test, tolerance, pairs in (*survival_rows(), *test_rows()):
        count, difference = largest(pairs)
        lines.append(f"| {name} | {truth} | `{test}` | {tolerance} | {count} | {difference:.1e} |")
    ledger = saito2008.reproduce()
    counts = ledger.to_frame()["verdict"].value_counts()
    listed = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    lines += [
        "",
        "The printed numbers of the paper are held against the patients' rows at their printed precision by",
        f"`ivigmyo reproduce` and `test_ledger.py`: {listed}.",
        "",
        "## Where programs differ",
        "",
        "The tests name each difference from R and count where it occurs:",
        "",
        "- Before the first event R leaves the log-log band undefined; here it is [1, 1].",
        "- Where S meets a share exactly and no later event follows, R's `quantile` takes the midpoint of the event and the",
        "  last follow-up; here, as in R's printed table, it is the event.",
        "- Where a band rises again after a fall, R's `quantile` sorts it first; here the limit is the first time at which",
        "  the band has fallen so far, as in R's printed table.",
        "- R extends a restricted mean beyond the last observed time; here that is refused.",
        "- With one group alone at risk R gives a log-rank statistic of 0 without a P value; here there is neither.",
        "- With ties or zeros R's and SciPy's signed-rank P values are not exact; here they are counted out, and the truth",
        "  in the tests is the enumeration of all signs.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name} is written.")
