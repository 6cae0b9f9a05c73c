"""Cases of the published tests of other projects, read from ``published.toml`` and run against the functions here."""

import math
import tomllib
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import ivigmyo
from ivigmyo import Proportion, contrasts, planning, safety
from ivigmyo.survival import concordance, interval_censored_curve

PUBLISHED = tomllib.loads((Path(__file__).parent / "published.toml").read_text(encoding="utf-8"))
CASES = [case | {"compute": test["compute"]} for test in PUBLISHED["tests"] for case in test["cases"]]
NO_NUMBER = "-"


# What is computed: the functions of the package, and how a case's inputs become their arguments


def curve(durations, events, at=None, level=0.95, transform="log-log"):
    frame = ivigmyo.kaplan_meier(durations, events).to_frame(level, transform)
    return frame if at is None else frame.set_index("time").loc[at]


def quantiles(durations, events, shares, level=0.95, transform="log-log"):
    fit = ivigmyo.kaplan_meier(durations, events)
    low, high = zip(*(fit.quantile_interval(q, level, transform) for q in shares), strict=True)
    return SimpleNamespace(quantile=[fit.quantile(q) for q in shares], low=list(low), high=list(high))


def hazards(**inputs):
    found = ivigmyo.hazard_ratio(**inputs)
    return SimpleNamespace(log_ratio=math.log(found.ratio), **found.to_dict())


def strata(tables):
    treated, control = zip(*((Proportion(x, n), Proportion(y, m)) for x, n, y, m in tables), strict=True)
    return ivigmyo.compare_proportions(treated, control)


def two_means(final, arm, control):
    """Without a baseline the analysis of covariance is the t-test of two groups with one variance."""
    return ivigmyo.compare_means([0] * len(final), final, arm, control)


COMPUTE = {
    "curve": curve,
    "quantiles": quantiles,
    "restricted_mean": lambda durations, events, until: ivigmyo.kaplan_meier(durations, events).restricted_mean(until),
    "intervals": interval_censored_curve,
    "log_rank": contrasts.compare_survival,
    "hazards": hazards,
    "concordance": concordance,
    "share": Proportion,
    "shares": lambda treated, control: ivigmyo.compare_proportions(Proportion(*treated), Proportion(*control)),
    "strata": strata,
    "change": lambda baseline, values: ivigmyo.change_from_baseline(baseline, values),
    "two_means": two_means,
    "signed_ranks": lambda values, control: ivigmyo.compare_changes(control, control, values).signed_rank,
    "rank_sums": ivigmyo.hodges_lehmann,
    "findings": lambda lost, gained, kept: safety.compare_findings(
        [1] * lost + [0] * gained + [1] * kept, [0] * lost + [1] * (gained + kept)
    ),
    "power_of_shares": lambda **inputs: SimpleNamespace(power=planning.power_of_shares(**inputs, test="normal")),
    "size_of_shares": lambda **inputs: planning.patients_for_shares(**inputs, test="normal"),
    "rate": lambda events, exposure: safety.event_rate(events, exposure, per=1),
}


# What must come out


def look(result, path, arguments):
    """Follow a dotted path: a method is called, a row of results gives the attribute of each, a mapping its values."""
    for name in path.split("."):
        if isinstance(result, tuple):
            result = [getattr(each, name) for each in result]
            continue
        result = getattr(result, name)
        if callable(result):
            result, arguments = result(**arguments), {}
    values = list(result.values()) if isinstance(result, dict) else np.atleast_1d(np.asarray(result, dtype=object)).tolist()
    return [None if value is None or math.isnan(value) else value for value in values]


def read(text):
    """Read a printed number and the half unit of its last digit; a whole number or fraction is exact."""
    if text == NO_NUMBER:
        return None, 0.0
    if "." not in text:
        return math.inf if text == "inf" else float(Fraction(text)), 1e-10
    digits, _, exponent = text.lower().partition("e")
    return float(text), 0.5001 * 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2])) + 1e-10 * abs(float(text))


def misses(found, texts, within):
    """List the numbers that are not those of the texts; all, where there are more or fewer."""
    expected = [read(text) for text in texts.split()]
    if len(found) != len(expected):
        return [(found, texts)]
    return [
        (ours, theirs)
        for ours, (theirs, half) in zip(found, expected, strict=True)
        if (ours is None) != (theirs is None) or (ours is not None and not abs(ours - theirs) <= (within or half))
    ]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case):
    inputs = PUBLISHED["data"].get(case.get("data"), {}) | case.get("input", {})
    result = COMPUTE[case["compute"]](**inputs)
    found = {path: look(result, path, case.get("arguments", {})) for path in case["expected"]}
    within = float(case.get("within", 0))
    theirs = {path: misses(found[path], texts, within) for path, texts in case["expected"].items()}
    if "differs" not in case:
        assert not any(theirs.values()), theirs
        return
    assert case["differs"] in PUBLISHED["differences"]
    assert any(theirs.values()), "the difference is gone"
    assert case["ours"].keys() == found.keys()
    ours = {path: misses(found[path], texts, within) for path, texts in case["ours"].items()}
    assert not any(ours.values()), ours


MET = """
curve.estimate curve.std_error curve.conf_low curve.conf_high quantiles.quantile quantiles.low restricted_mean.mean
log_rank.statistic log_rank.df log_rank.n_strata hazards.log_ratio hazards.se concordance.index intervals.intervals
intervals.survival_at share.confidence_interval shares.difference_interval shares.risk_ratio shares.risk_ratio_interval
shares.odds_ratio shares.odds_ratio_interval shares.p_value shares.boschloo_p_value strata.common_odds_ratio
strata.common_odds_ratio_interval strata.cmh_statistic change.t change.confidence_interval two_means.difference two_means.t
signed_ranks.p_value rank_sums.p_value rate.confidence_interval findings.p_value
power_of_shares.power size_of_shares.n_control
"""


def test_every_estimator_and_every_project_is_met():
    met = {f"{case['compute']}.{path.partition('.')[0]}" for case in CASES for path in case["expected"]}
    assert not set(MET.split()) - met
    methods = {(case["compute"], case.get("arguments", {}).get("method")) for case in CASES}
    assert {("share", "wilson"), ("shares", None), ("shares", "newcombe"), ("shares", "wald")} <= methods
    assert {test["project"] for test in PUBLISHED["tests"]} == PUBLISHED["projects"].keys()
    assert {case["differs"] for case in CASES if "differs" in case} == PUBLISHED["differences"].keys()
    assert {case["data"] for case in CASES if "data" in case} == PUBLISHED["data"].keys()
    assert len({case["id"] for case in CASES}) == len(CASES) >= 150
