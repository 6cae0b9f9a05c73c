"""The section of ``docs/validation.md`` on the published tests of other projects: how many cases, and which differ."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import stored

# How the page calls what a case computes.
TITLES = {
    "curve": "Kaplan-Meier curves",
    "quantiles": "quantiles",
    "restricted_mean": "restricted means",
    "intervals": "interval-censored curves",
    "log_rank": "log-rank tests",
    "hazards": "hazard ratios",
    "concordance": "concordance",
    "share": "intervals of a share",
    "shares": "two shares",
    "strata": "shares in strata",
    "change": "paired t-tests",
    "two_means": "two means",
    "signed_ranks": "signed ranks",
    "rank_sums": "rank sums",
    "rate": "rates",
    "findings": "findings before and after",
    "power_of_shares": "power",
    "size_of_shares": "size of a trial",
}


def load() -> dict[str, Any]:
    """Read the cases."""
    return tomllib.loads((stored.HERE / "published.toml").read_text(encoding="utf-8"))


def count(published: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Count each project's cases, their numbers, and the cases that differ; say what they compute."""
    for key, project in published["projects"].items():
        tests = [test for test in published["tests"] if test["project"] == key]
        cases = [case for test in tests for case in test["cases"]]
        numbers = sum(len(texts.split()) for case in cases for texts in case["expected"].values())
        differing = sum("differs" in case for case in cases)
        computed = dict.fromkeys(TITLES[test["compute"]] for test in tests)
        yield project["name"], project["where"], f"{len(cases)}", f"{numbers}", f"{differing}", ", ".join(computed)


def section(wrap: Callable[..., list[str]]) -> list[str]:
    """Lay the section out; `wrap` breaks text into lines."""
    published = load()
    rows = list(count(published))
    n_cases, n_differing = (sum(int(row[i]) for row in rows) for i in (2, 4))
    met = {case["differs"]: case["id"] for test in published["tests"] for case in test["cases"] if "differs" in case}
    how = f"""{n_cases} cases of the tests that other projects publish of themselves are run, too
        (`test_published.py::test_case`): inputs and expected numbers are written down in `tests/reference/published.toml`,
        with the test they come from. A number must agree to half a unit of the last digit printed there, or to what that
        test allows. In {n_differing} cases the convention here is another: there the number worked out by hand must come
        out, and the published one must not."""
    lines = [
        "## Published tests of other projects",
        "",
        *wrap(how),
        "",
        "| project | where | cases | numbers | differ | of what |",
        "|---|---|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        *wrap("Welch's t-test has no case: SciPy's own is called where the paper's discussion needs one."),
        "",
        "Where they differ, by a case that shows it:",
        "",
    ]
    for name, why in published["differences"].items():
        lines += wrap(f"`{met[name]}`: {why}", "- ")
    return [*lines, ""]
