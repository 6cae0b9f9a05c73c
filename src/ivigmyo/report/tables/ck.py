"""The fall of ln CK before and after the first infusion, and how long CK stayed normal."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from ivigmyo.analysis import DurationResult, LogCKResult, TrialReport
from ivigmyo.contrasts import RestrictedMeanComparison
from ivigmyo.display import (
    LISTED,
    NOT_ESTIMABLE,
    Table,
    capped,
    counted,
    days,
    interval,
    listed,
    lone,
    number,
    p_statement,
    percent,
    records,
    spread,
)
from ivigmyo.survival import IntervalCurve, RestrictedMean, SurvivalCurve

__all__ = [
    "between_samples_tables",
    "duration_table",
    "episodes_table",
    "log_ck_table",
    "steroid_line_table",
]


_PATIENTS = 30
"""Up to how many patients what serial CK leaves open is shown patient by patient."""


def log_ck_table(result: LogCKResult) -> Table:
    """Show the fall of ln CK before and after."""
    test = result.comparison
    before, start, after = result.values.columns
    parts = (
        (f"before (week {before} to week {start})", test.pre),
        (f"after (week {start} to week {after})", test.post),
        ("difference", test.difference),
    )
    rows = [[label, spread(part.mean, part.sd, 3), number(part.ratio, 2)] for label, part in parts]
    notes = [
        f"n = {test.n}. Paired t-test: t = {number(test.t, 3)}, {p_statement(test.p_value)}; 95 % interval of the "
        f"difference {interval(test.confidence_interval(), 3)}.",
        f"Wilcoxon signed-rank {p_statement(test.signed_rank_p_value)}; exact sign-flip permutation "
        f"{p_statement(test.permutation_p_value)}.",
        f"CK fell by {_fall(test.pre.ratio)} before and by {_fall(test.post.ratio)} after the first infusion (geometric "
        "mean).",
    ]
    header = ["fall of ln CK", "mean ± SD", "CK ratio"]
    return Table("Fall of ln CK before and after the first infusion", header, rows, notes=notes)


def _fall(ratio: float | None) -> str:
    return "-" if ratio is None else percent(1 - ratio, 0)


def steroid_line_table(result: LogCKResult) -> Table:
    """Show the course of ln CK that would have gone on under steroids alone."""
    line = result.refitted_line
    weeks = list(result.values.columns)
    row = ["refitted", number(line.slope, 5), number(line.intercept, 5)]
    row += [number(line.at(float(week)), 2) for week in weeks]
    notes = [f"By least squares from the values of weeks {weeks[0]} and {weeks[1]} (n = {line.n})."]
    header = ["line", "slope", "intercept", *(f"week {week}" for week in weeks)]
    return Table("Course of ln CK expected under steroids alone", header, [row], notes=notes)


def episodes_table(report: TrialReport, result: DurationResult) -> Table:
    """Show when each patient's CK normalized and re-elevated; steroid doses where any is recorded."""
    people = report.study.characteristics().loc[result.episodes["patient"]]
    doses = {title: people[name] for title, name in _DOSES.items()}
    doses = doses if any(column.notna().any() for column in doses.values()) else {}
    rows = []
    for episode in records(result.episodes):
        own = [number(column[episode.patient], 1).removesuffix(".0") for column in doses.values()]
        days = [number(day) for day in (episode.observed_until, episode.normalized_on, episode.re_elevated_on)]
        duration = f"{'>' if episode.event == 0 else ''}{number(episode.duration)}"
        rows.append([str(episode.patient), people["diagnosis"][episode.patient], *own, *days, duration, episode.status])
    header = ["patient", "dx", *doses, "followed", "normal", "raised", "days", "status"]
    dosed = "dose, last: steroid dose in mg/day at the start of the study and at the last observation. " if doses else ""
    notes = [
        f"{dosed}followed, normal, raised: day, since the first infusion, on which monitoring ended, CK came within its "
        "limit, and CK was above it again. days: from normal to raised, or (>) to the end of monitoring."
    ]
    return Table("Normalization of CK by patient", header, rows, notes=notes, left=(0, 1, len(header) - 1))


_DOSES = {"dose": "steroid_dose_start", "last": "steroid_dose_last"}


def duration_table(result: DurationResult, curve: SurvivalCurve, tested: bool = True) -> Table:
    """Show how long CK stayed within normal limits; within an arm without tests."""
    curves = {"all": curve, **result.curves_by_diagnosis}
    rows = [_curve_row(label, part) for label, part in curves.items()]
    header = ["patients", "n", "events", "median", "95 % interval", "25 % by", "75 % by"]
    return Table("Days that CK stayed within normal limits", header, rows, notes=_duration_notes(result, curve, tested))


def _curve_row(label: str, curve: SurvivalCurve) -> list[str]:
    limits = interval(curve.median_interval(), 0, absent="not reached")
    quartiles = [days(curve.quantile(q)) for q in (0.25, 0.75)]
    return [label, number(curve.n), number(curve.n_events), days(curve.median), limits, *quartiles]


def _duration_notes(result: DurationResult, curve: SurvivalCurve, tested: bool) -> Iterator[str]:
    yield "Kaplan-Meier; the event is a CK above its limit again. Log-log intervals."
    log = interval(curve.median_interval(transform="log"), 0, absent="not reached")
    yield f"By the log transform the median's interval is {log}."
    if (mean := result.mean) is not None:
        yield (
            f"Restricted mean up to the last event (day {number(mean.until)}): {number(mean.mean, 2)} days, standard error "
            f"{number(mean.se, 2)}, 95 % interval {_interval_of(mean)}"
            f"{' (one patient alone)' if curve.n == 1 else ''}."
        )
    if result.follow_up is not None:
        unit = "" if result.follow_up.median is None else " days"
        yield f"Median follow-up {days(result.follow_up.median)}{unit} (reverse Kaplan-Meier)."
    if tested and (test := result.log_rank) is not None:
        labels, few = listed([str(group.group) for group in test.groups]), lone(test.lone_groups)
        yield f"{labels} by the log-rank test: chi-square {number(test.statistic, 2)}, {p_statement(test.p_value)}{few}."
    if tested and (gap := result.mean_difference) is not None:
        yield (
            f"Restricted means up to day {number(gap.until)}, {gap.other} minus {gap.reference}: "
            f"{number(gap.difference, 1)} days ({_interval_of(gap)}), {p_statement(gap.p_value)}"
            f"{lone([] if result.log_rank is None else result.log_rank.lone_groups)}."
        )
    if (going := result.steroid_association) is not None and going.index is not None:
        yield (
            f"Concordance of the last steroid dose with the duration: {number(going.index, 2)} (n = {going.n}; 0.5 is none; "
            "described, not tested: the dose is measured after the outcome)."
        )


def _interval_of(found: RestrictedMean | RestrictedMeanComparison) -> str:
    """Show the interval of a restricted mean, or of a difference; where nothing varies there is none."""
    return interval(found.confidence_interval(), 1) if found.se else NOT_ESTIMABLE


def between_samples_tables(report: TrialReport, result: DurationResult) -> Iterator[Table]:
    """Show what serial CK leaves open: when it normalized, for how long, how often; and the steroid doses of these days."""
    if result.normalization is not None and result.time_to_normalization is not None:
        yield _normalization_table(result.normalization, result.time_to_normalization)
    many = report.treated.n > _PATIENTS
    if result.bounds is not None:
        yield _bounds_table(result.bounds, result, many)
    if (found := result.recurrence) is not None:
        rows = [[str(row.patient), number(row.episodes), number(row.re_elevations)] for row in records(found)]
        of_all = result.of_patients
        total = ["all", *(number(of_all[f"recurrence.{name}"].value) for name in ("episodes", "re_elevations"))]
        again = counted(int(of_all["recurrence.patients"].value or 0), "patient")
        notes = [
            f"CK normalized more than once in {again} of {len(found)} in whom it did. Durations above are of the first."
        ]
        header = ["patient", "episodes", "re-elevations"]
        yield Table("Episodes of normal CK", header, [] if many else rows, [total], notes)
    if (doses := result.doses) is not None:
        yield _doses_table(doses, result, many)


def _normalization_table(intervals: IntervalCurve, curve: SurvivalCurve) -> Table:
    """Set the day of the first normal sample beside what is known: that CK normalized between two samples."""
    at = sorted({right for _, right, _ in intervals.intervals if right < math.inf})
    rows = []
    shown, others = capped(at, LISTED)
    for day in shown:
        low, high = intervals.survival_bounds(day)
        share = percent(low) if low == high else f"{percent(low)} to {percent(high)}"
        rows.append([number(day), percent(curve.survival_at(day)), share])
    notes = [
        f"Patients whose CK was not yet normal after so many days since the first infusion (n = {intervals.n}). Day "
        "of sample: Kaplan-Meier by the day of the first normal sample. Between samples: the nonparametric maximum "
        "likelihood estimate, normalization lying somewhere after the last raised sample and up to that day; log-likelihood "
        f"{number(intervals.log_likelihood, 4)}. Between the days shown it is not determined how the share falls.",
        f"Median by the day of sample: {days(curve.median)}; between samples: {_median_interval(intervals)}.",
    ]
    notes += [f"And {counted(others, 'other day')}."] if others else []
    return Table("Time to normalization of CK", ["day", "day of sample", "between samples"], rows, notes=notes)


def _median_interval(intervals: IntervalCurve) -> str:
    """Name the interval in which the share falls to half."""
    found = intervals.median_interval()
    return "not reached" if found is None else f"after day {number(found.left)}, up to day {number(found.right)}"


def _bounds_table(bounds: pd.DataFrame, result: DurationResult, many: bool) -> Table:
    rows = [[str(row.patient), number(row.shortest), _longest(row.longest)] for row in records(bounds)]
    shortest, longest = (result.of_patients[f"bounds.{name}.median"].value for name in ("shortest", "longest"))
    middle = ["median", number(shortest), _longest(longest)]
    notes = [
        "Shortest: from the first normal sample to the last before CK rose again. Longest: from the last raised "
        "sample before to the one with which it had risen again; not known where it had not."
    ]
    return Table(
        "Days that CK may have been normal", ["patient", "shortest", "longest"], [] if many else rows, [middle], notes
    )


def _longest(days: float | None) -> str:
    return "not known" if days is None or days == math.inf else number(days)


def _doses_table(doses: pd.DataFrame, result: DurationResult, many: bool) -> Table:
    rows = [[str(row.patient), number(row.at_normalization, 1), number(row.at_re_elevation, 1)] for row in records(doses)]
    names = ("at_normalization", "at_re_elevation")
    middle = ["median", *(number(result.of_patients[f"steroid_dose.{name}.median"].value, 1) for name in names)]
    notes = ["In mg of prednisolone a day, by the treatments recorded: the dose in force on these days."]
    header = ["patient", "normalized", "raised again"]
    return Table("Steroid dose when CK normalized and rose again", header, [] if many else rows, [middle], notes)
