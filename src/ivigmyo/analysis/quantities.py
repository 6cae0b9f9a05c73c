"""Every number of a report by a stable name: what tables show, and what a manuscript is held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.analysis.endpoints import DeteriorationResult, ScoreCourse
from ivigmyo.analysis.quantities_of_arms import of_arms, of_outcomes
from ivigmyo.analysis.quantity import Quantity, curve_of, under
from ivigmyo.analysis.results import (
    NOT_TESTED,
    DurationResult,
    LogCKResult,
    MeasureResult,
    PatientSummary,
    TrialReport,
    is_test,
)
from ivigmyo.change import ChangeComparison, MeanChange
from ivigmyo.contrasts import TippingPoints
from ivigmyo.display import records
from ivigmyo.errors import is_finite
from ivigmyo.estimates import Proportion
from ivigmyo.outcomes import Changes, Durations, ImprovementResult, Responses
from ivigmyo.response import Grade
from ivigmyo.safety import FindingsComparison, Incidence, Rate

__all__ = ["COLUMNS", "quantities", "quantities_of"]

COLUMNS = ("quantity", "value", "unit", "n", "method", "conventions")

_EXACT = "Clopper and Pearson, 95 %"
_SHARE = "share of patients"


def quantities(report: TrialReport) -> pd.DataFrame:
    """Lay every number of a report out as rows, as `TrialReport.quantities` says."""
    return _framed(_quantities(report))


def quantities_of(result: object) -> pd.DataFrame:
    """Lay the numbers of a part of a report out as rows, by the names they have in the report."""
    rows: Iterator[Quantity] = iter(())
    if isinstance(result, MeasureResult):
        rows = under(result.instrument.code, _measure(result))
    elif isinstance(result, LogCKResult):
        rows = under("log_ck", _log_ck(result))
    elif isinstance(result, DurationResult):
        rows = under("duration", _duration(result))
    return _framed(rows)


def _framed(rows: Iterable[Quantity]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS), dtype=object)
    return frame.astype({"value": float, "n": float})


def _quantities(report: TrialReport) -> Iterator[Quantity]:
    """Yield the numbers of a report; those of tests only where they belong to it."""
    return (row for row in _every(report) if report.tested or not is_test(row.quantity))


def _every(report: TrialReport) -> Iterator[Quantity]:
    yield from under("treated", _people(report.treated))
    if report.efficacy is not None:
        yield from under("efficacy", _people(report.efficacy))
    for measure in report.measures:
        yield from under(measure.instrument.code, _measure(measure))
    if report.previous_treatments is not None:
        for row in records(report.previous_treatments):
            yield Quantity(f"previous_treatment.{row.treatment}", row.patients, "patients", report.treated.n)
    if report.log_ck is not None:
        yield from under("log_ck", _log_ck(report.log_ck))
    if report.duration is not None:
        yield from under("duration", _duration(report.duration))
    if report.improvement is not None:
        yield from under("TIS", _improvement(report.improvement))
    if report.course is not None:
        yield from under("TIS", _course(report.course))
    if report.deterioration is not None:
        yield from under("deterioration", _deterioration(report.deterioration))
    yield from _further(report)
    yield from of_outcomes(report.outcomes)
    for code, signs in report.skin.items():
        yield from under(code, _findings(signs))
    if report.incidence is not None:
        yield from under("reactions", _reactions(report.incidence))
    if report.event_details is not None:
        yield from under("reactions.details", _details(report.event_details))
    for name, rates in report.rates.items():
        for unit, rate in rates.items():
            yield from under(f"reactions.rates.{name}.{unit}", _rate(rate, unit))
    yield from under("disposition", _disposition(report))
    for label, arm in report.arms.items():
        yield from under(f"arms.{label}", _quantities(arm))
    if report.arms:
        yield from of_arms(report)
    for label, by_outcome in report.tipping.items():
        for name, points in by_outcome.items():
            yield from under(f"tipping.{label}.{name}", _tipping(points))
    for label, group in report.groups.items():
        yield from under(f"groups.{label}", _quantities(group))


def _people(summary: PatientSummary) -> Iterator[Quantity]:
    yield Quantity("n", summary.n, "patients", summary.n)
    for name in ("age", "disease_duration"):
        description = getattr(summary, name)
        for statistic in ("mean", "sd", "median", "minimum", "maximum"):
            yield Quantity(f"{name}.{statistic}", getattr(description, statistic), "years", description.n)
    for kind, counts in (("diagnosis", summary.diagnoses), ("sex", summary.sexes)):
        for label, count in counts.items():
            yield Quantity(f"{kind}.{label}", count, "patients", summary.n)


def _measure(measure: MeasureResult) -> Iterator[Quantity]:
    unit = measure.instrument.unit
    for name, visits in (("visits", measure.visits), ("treated.visits", measure.visits_treated)):
        conventions = "scheduled weeks; SD divides by n - 1"
        for week, row in visits.iterrows():
            yield Quantity(f"{name}.{week}.n", row["n"], "patients", row["n"])
            for statistic in ("mean", "sd", "median", "minimum", "maximum"):
                yield Quantity(f"{name}.{week}.{statistic}", row[statistic], unit, row["n"], "", conventions)
            yield Quantity(f"{name}.{week}.se", _standard_error(row["sd"], row["n"]), unit, row["n"], "", "SD / sqrt(n)")
    for week, row in measure.changes.iterrows():
        for statistic in ("mean", "sd", "t", "df", "p_value", "conf_low", "conf_high", "n"):
            method = measure.final_change.method
            of = unit if statistic in ("mean", "sd", "conf_low", "conf_high") else ""
            yield Quantity(f"changes.{week}.{statistic}", row[statistic], of, row["n"], method, "from baseline")
    for statistic in ("n", "mean", "sd", "median", "minimum", "maximum"):
        value = getattr(measure.final, statistic)
        yield Quantity(f"final.{statistic}", value, "patients" if statistic == "n" else unit, measure.final.n)
    yield from under("change", _mean_change(measure.final_change, unit))
    if measure.comparison is not None:
        yield from under("before_and_after", _comparison(measure.comparison, unit))
    if measure.grades is not None:
        graded = int(measure.grades.notna().sum())
        for grade in Grade:
            yield Quantity(f"grades.{grade.label}", int((measure.grades == grade.label).sum()), "patients", graded)
    if measure.response is not None:
        yield from under("response", _share(measure.response))
        limits = measure.response.confidence_interval(method="wilson")
        missing = f"missing: {measure.response.missing}"
        for end, value in zip(("low", "high"), limits, strict=True):
            yield Quantity(f"response.rate.wilson_{end}", value, _SHARE, measure.response.n, "Wilson, 95 %", missing)


def _standard_error(sd: float, n: float) -> float | None:
    return None if np.isnan(sd) or n < 1 else float(sd / np.sqrt(n))


def _mean_change(change: MeanChange, unit: str) -> Iterator[Quantity]:
    low, high = change.confidence_interval()
    numbers = {"mean": change.mean, "sd": change.sd, "conf_low": low, "conf_high": high}
    for name, value in numbers.items():
        yield Quantity(name, value, unit, change.n, change.method, "final value minus baseline; 95 %")
    for name in ("t", "df", "p_value", "n", "n_excluded"):
        yield Quantity(name, getattr(change, name), "", change.n, change.method)


def _comparison(test: ChangeComparison, unit: str) -> Iterator[Quantity]:
    scale = "ln; a fall is positive" if test.scale == "ln" else "a rise is positive"
    for part in ("pre", "post", "difference"):
        for statistic in ("mean", "sd", "ratio"):
            value = getattr(getattr(test, part), statistic)
            if statistic != "ratio" or test.scale == "ln":
                yield Quantity(f"{part}.{statistic}", value, "" if statistic == "ratio" else unit, test.n, "", scale)
    low, high = test.confidence_interval()
    ratio_low, ratio_high = test.ratio_interval()
    yield Quantity("difference.conf_low", low, unit, test.n, test.method, "95 %")
    yield Quantity("difference.conf_high", high, unit, test.n, test.method, "95 %")
    if test.scale == "ln":
        yield Quantity("difference.ratio.conf_low", ratio_low, "", test.n, test.method, "95 %")
        yield Quantity("difference.ratio.conf_high", ratio_high, "", test.n, test.method, "95 %")
    for name in ("t", "df", "p_value", "n", "n_excluded"):
        yield Quantity(name, getattr(test, name), "", test.n, test.method)
    if test.reason == NOT_TESTED:
        return
    yield Quantity("signed_rank_p_value", test.signed_rank_p_value, "", test.n, "Wilcoxon's signed-rank test")
    yield Quantity("permutation_p_value", test.permutation_p_value, "", test.n, "exact sign-flip test of the mean")


def _log_ck(result: LogCKResult) -> Iterator[Quantity]:
    yield from _comparison(result.comparison, "ln IU/L")
    for week, row in result.visits.iterrows():
        for statistic in ("n", "mean", "sd"):
            yield Quantity(f"visits.{week}.{statistic}", row[statistic], "ln IU/L", row["n"])
    line = result.refitted_line
    for name in ("slope", "intercept"):
        yield Quantity(f"line.{name}", getattr(line, name), "ln IU/L", line.n, line.method)
    for week in result.values.columns:
        yield Quantity(f"line.at.{week}", line.at(float(week)), "ln IU/L", line.n, line.method)


def _share(share: Proportion) -> Iterator[Quantity]:
    low, high = share.confidence_interval()
    for name, value in (("rate", share.rate), ("rate.conf_low", low), ("rate.conf_high", high)):
        yield Quantity(name, value, _SHARE, share.n, _EXACT if "." in name else "", f"missing: {share.missing}")
    for name in ("count", "n", "n_missing"):
        yield Quantity(name, getattr(share, name), "patients", share.n, "", f"missing: {share.missing}")


def _duration(result: DurationResult) -> Iterator[Quantity]:
    counts = result.episodes["status"].value_counts()
    for status, count in counts.items():
        yield Quantity(f"episodes.{status}", count, "patients", len(result.episodes))
    if result.curve is not None:
        yield from curve_of(result.curve)
    if result.mean is not None:
        low, high = result.mean.confidence_interval()
        numbers = {"mean": result.mean.mean, "mean.se": result.mean.se, "mean.conf_low": low, "mean.conf_high": high}
        n = None if result.curve is None else result.curve.n
        for name, value in (numbers | {"mean.until": result.mean.until}).items():
            yield Quantity(name, value, "days", n, result.mean.method, "restricted to the last event")
    yield from _between_samples(result)
    if result.follow_up is not None:
        yield from under("follow_up", curve_of(result.follow_up))
    for label, curve in result.curves_by_diagnosis.items():
        yield from under(label, curve_of(curve))
    if result.log_rank is not None:
        test = result.log_rank
        for name in ("statistic", "df", "p_value"):
            yield Quantity(f"log_rank.{name}", getattr(test, name), "", test.n, test.method)
    if result.mean_difference is not None:
        yield from under("mean_difference", _of_row(result.mean_difference.to_dict()))
    if result.steroid_association is not None:
        yield Quantity("steroid_association", result.steroid_association.index, "", result.steroid_association.n)


def _between_samples(result: DurationResult) -> Iterator[Quantity]:
    """Yield what is known of normalization, and of how long it lasted, where it is only seen in samples."""
    if result.time_to_normalization is not None:
        yield from under("time_to_normalization", curve_of(result.time_to_normalization))
    if (curve := result.normalization) is not None:
        yield Quantity("normalization.log_likelihood", curve.log_likelihood, "", curve.n, curve.method)
        for left, right, mass in curve.intervals:
            name = f"normalization.mass.{left:g}.{'inf' if np.isinf(right) else f'{right:g}'}"
            yield Quantity(name, mass, _SHARE, curve.n, curve.method, "after the first day, up to the second")
        if (middle := curve.median_interval()) is not None:
            for name, day in (("after", middle.left), ("up_to", middle.right)):
                yield Quantity(
                    f"normalization.median.{name}", day, "days", curve.n, curve.method, "the interval of the median"
                )
    yield from result.of_patients.values()


def _course(course: ScoreCourse) -> Iterator[Quantity]:
    for week, row in course.visits.iterrows():
        for name, unit in _OF_VISIT.items():
            yield Quantity(f"visits.{week}.{name}", row[name], unit, row["n"], "", "scheduled weeks; those scored")
    for status, n in course.status.items():
        yield Quantity(f"time_to_response.status.{status}", n, "patients", sum(course.status.values()))


_OF_VISIT = {"n": "patients", "n_missing": "patients", "mean": "points", "sd": "points", "median": "points"}
_OF_VISIT |= dict.fromkeys(("minimal", "moderate", "major"), "patients")


def _deterioration(result: DeteriorationResult) -> Iterator[Quantity]:
    yield from _share(result.share)
    for status, n in result.statuses.items():
        yield Quantity(f"status.{status}", n, "patients", len(result.patients))


def _further(report: TrialReport) -> Iterator[Quantity]:
    """Yield the outcomes that no other result holds, under their own names."""
    codes = [measure.instrument.code for measure in report.measures]
    held = {f"{code}.{kind}" for code in codes for kind in ("response", "change")}
    held |= {"duration", "reactions", "deterioration", *(f"TIS.{category}" for category in ("minimal", "moderate", "major"))}
    units = {measure.instrument.code: measure.instrument.unit for measure in report.measures}
    for name, found in report.outcomes.items():
        if name not in held and isinstance(found, Responses):
            yield from under(name, _share(found.summary()))
        elif name not in held and isinstance(found, Durations) and found.duration.notna().any():
            yield from under(name, curve_of(found.summary()))
        elif isinstance(found, Changes) and found.scale == "ln":  # beside the raw change of a measure, which has the name
            yield from under(name if name not in held else f"{name}.ln", _mean_change(found.summary(), "ln"))
        elif isinstance(found, Changes) and name not in held:
            yield from under(name, _mean_change(found.summary(), units.get(name.split(".")[0], "")))


def _findings(signs: FindingsComparison) -> Iterator[Quantity]:
    for name in ("n", "lost", "gained", "kept", "never", "n_excluded"):
        yield Quantity(f"before_and_after.{name}", getattr(signs, name), "patients", signs.n)
    yield Quantity("before_and_after.p_value", signs.p_value, "", signs.n, signs.method)


def _rate(rate: Rate, unit: str) -> Iterator[Quantity]:
    low, high = rate.confidence_interval()
    of = f"per {rate.per:g} {unit}"
    for name, value in (("rate", rate.rate), ("rate.conf_low", low), ("rate.conf_high", high)):
        yield Quantity(name, value, of, None, rate.method if "." in name else "", "first reactions of patients; 95 %")
    yield Quantity("events", rate.events, "patients")
    yield Quantity("exposure", rate.exposure, unit)


def _tipping(found: TippingPoints) -> Iterator[Quantity]:
    n = found.n_treated + found.n_control
    for name, value in (("p_value", found.p_value), ("p_low", found.p_low), ("p_high", found.p_high)):
        yield Quantity(name, value, "", n, found.method, "every assignment of the missing" if name != "p_value" else "")
    yield Quantity("n_assignments", len(found.assignments), "", n)
    yield Quantity("n_tipping", sum(each.tips for each in found.assignments), "", n, "", f"P below {found.alpha:g}")


def _improvement(result: ImprovementResult) -> Iterator[Quantity]:
    for category in ("minimal", "moderate", "major"):
        yield from under(category, _share(getattr(result.response, category)))
    scores = result.scores["score"].dropna()
    if len(scores):
        yield Quantity("score.mean", float(scores.mean()), "points", len(scores))
        yield Quantity("score.median", float(scores.median()), "points", len(scores))


def _reactions(incidence: Incidence) -> Iterator[Quantity]:
    yield from _share(incidence.proportion)
    yield Quantity("n_events", incidence.n_events, "events", incidence.n)
    interest = incidence.by_class_of_interest()
    frames = {"term": incidence.by_term(), "group": incidence.by_group()}
    if interest["patients"].any():
        frames["interest"] = interest
    for kind, frame in frames.items():
        for row in frame.to_dict("records"):
            stem = f"{kind}.{row[kind] or 'other'}"
            yield Quantity(stem, row["patients"], "patients", incidence.n)
            yield Quantity(f"{stem}.rate", row["rate"], _SHARE, incidence.n)
            for end in ("conf_low", "conf_high"):
                yield Quantity(f"{stem}.rate.{end}", row[end], _SHARE, incidence.n, _EXACT)


def _details(events: pd.DataFrame) -> Iterator[Quantity]:
    for row in records(events):
        for name in ("events", "patients"):
            yield Quantity(f"{row.aspect}.{row.value}.{name}", getattr(row, name), name)


def _disposition(report: TrialReport) -> Iterator[Quantity]:
    seen: Counter[str] = Counter()
    for step in report.disposition.steps:
        name = step.step if step.reason is None else f"{step.step}: {step.reason}"
        seen[name] += 1  # what was recorded may be called as what follows from the patients, and stands first
        yield Quantity(name if seen[name] == 1 else f"{name} ({seen[name]})", step.patients, "patients", step.patients)


def _of_row(row: Mapping[str, Any]) -> Iterator[Quantity]:
    """Take the numbers of a comparison's row; its texts say by which method."""
    n = row.get("n") if is_finite(row.get("n")) else None
    for name, value in row.items():
        if value is None or (is_finite(value) and not isinstance(value, bool)):
            yield Quantity(name, value, "", n, str(row.get("method") or ""), f"level {row.get('level', 0.95)}")
