"""By which rules the numbers of a report were found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from ivigmyo.analysis import DurationResult, TrialReport
from ivigmyo.core_set import THRESHOLDS
from ivigmyo.display import listed, number
from ivigmyo.errors import spell
from ivigmyo.instruments import Instrument
from ivigmyo.outcomes import Endpoint, planned_outcomes
from ivigmyo.response import CKThresholds, ScoreThresholds
from ivigmyo.study import Rule
from ivigmyo.study.words import final_week

__all__ = ["report_conventions"]

_FOR = {"adult": "adults", "juvenile": "children"}


def report_conventions(report: TrialReport) -> list[str]:
    """Say which rules and methods the numbers of a report rest on.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    list of str
        One or two sentences for each rule; only those of the analyses that were made.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> sentences = report_conventions(trial_report(saito2008.load_study()))
    >>> print(sentences[0])
    Day 0 is the day of the first infusion. Efficacy is analysed in the efficacy set, safety in the safety set.
    """
    return list(_sentences(report))


def _sentences(report: TrialReport) -> Iterator[str]:
    yield "Day 0 is the day of the first infusion. Efficacy is analysed in the efficacy set, safety in the safety set."
    yield (
        "Numbers are rounded for display only, halves away from zero. A standard deviation (SD) divides by n - 1. Tests are "
        "two-sided; P values are not adjusted for their number."
    )
    if report.measures:
        yield (
            f"Baseline is the last value at or before the first infusion. The final value is that of "
            f"{final_week(report.study.protocol)}; of a patient who stopped, the last value after the first infusion and up "
            "to the day of stopping."
        )
        method = (
            report.measures[0].final_change.method if report.tested else "intervals by Student's t, no test within an arm"
        )
        yield f"Changes from baseline: {method}. A rise is positive."
    yield from _grading(report)
    if report.log_ck is not None:
        before, start, after = report.log_ck.values.columns
        weeks = f"weeks {before} to {start} and {start} to {after}"
        yield (
            f"ln CK is the natural logarithm. Changes before and after are those of {weeks}, "
            f"within patients: {report.log_ck.comparison.method}, Wilcoxon's signed-rank test and the exact sign-flip test."
        )
    if report.duration is not None:
        yield from _survival(report.duration)
    if report.improvement is not None:
        population = report.study.protocol.population
        minimal, moderate, major = map(spell, THRESHOLDS[population])
        yield (
            f"Total Improvement Score: ACR/EULAR 2016, for {_FOR[population]}: minimal from {minimal}, moderate from "
            f"{moderate}, major from {major} of 100 points. A patient in whom a measure is missing has no score. Definition "
            "of improvement: IMACS 2004."
        )
    if report.incidence is not None:
        yield (
            "An adverse reaction is an adverse event since the first infusion that was not judged unrelated; each patient "
            "counts once for each term."
        )


def _grading(report: TrialReport) -> Iterator[str]:
    graded = {measure.instrument.code: measure.instrument for measure in report.measures if measure.response is not None}
    codes = list(graded)
    endpoints = {each.name: each.rule for each in planned_outcomes(report.study) if isinstance(each, Endpoint)}
    alike: dict[str, list[str]] = {}
    for code in codes:
        alike.setdefault(_rule_in_words(endpoints.get(f"{code}.response"), graded[code]), []).append(code)
    for words, own in alike.items():
        yield f"{listed(own)}: {words}"
    if codes:
        responses = [measure.response for measure in report.measures if measure.response is not None]
        against = responses[0].missing == "non-response"
        yield (
            "Responders are patients with an improvement or a marked improvement; those without a grade are "
            f"{'counted against' if against else 'left out'}. Intervals of shares: 95 %, exact (Clopper and Pearson)."
        )


def _rule_in_words(rule: Rule | None, instrument: Instrument) -> str:
    """Say from where on each grade holds, by the rule that graded a measure."""
    if isinstance(rule, ScoreThresholds):
        better, worse = ("gain", "loss") if instrument.higher_is_better else ("fall", "rise")
        marked, improved, worsened = map(spell, (rule.marked, rule.improved, rule.worsened))
        return (
            f"a {better} of {marked} {instrument.unit} or more is a marked improvement, of {improved} or more an "
            f"improvement; a {worse} of {worsened} or more is a worsening."
        )
    if isinstance(rule, CKThresholds) and not instrument.higher_is_better:
        marked, improved, worsened = map(_share, (1 - rule.marked, 1 - rule.improved, rule.worsened - 1))
        normal = ", or to within normal limits," if instrument.has_uln else ""
        return (
            f"a rise by {worsened} or more is a worsening, a fall by {marked} or more a marked improvement, a fall by "
            f"{improved} or more{normal} an improvement."
        )
    if isinstance(rule, CKThresholds):
        marked, improved, worsened = map(spell, (rule.marked, rule.improved, rule.worsened))
        return (
            f"by the ratio of baseline to final value: up to {marked} a marked improvement, up to {improved} an "
            f"improvement, from {worsened} on a worsening."
        )
    return "graded by a rule of the trial's own."


def _share(share: float) -> str:
    """Show a share in percent with the digits it has."""
    return f"{spell(round(100 * share, 9))} %"


def _survival(result: DurationResult) -> Iterator[str]:
    yield (
        "CK is normal again from its first value at or below its upper limit after the first infusion, and raised again "
        "from the first later value above it; without one, the duration is censored when the patient was last observed."
    )
    if result.curve is not None:
        yield (
            f"{result.curve.method} estimates. A quantile is the first time at which the curve is at or below the share, "
            "and the midpoint to the next event where it meets the share exactly. Intervals: 95 %, log-log."
        )
    if result.mean is not None:
        yield (
            f"The restricted mean is the area under the curve up to day {number(result.mean.until)}; its variance is "
            f"{result.mean.method}'s."
        )
