"""Scores over time, deterioration, further responses, the estimand of the primary outcome, tipping points, skin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivigmyo.analysis import TrialReport, outcome_words
from ivigmyo.analysis.endpoints import DeteriorationResult, ScoreCourse
from ivigmyo.analysis.estimand import Estimand
from ivigmyo.contrasts import TippingPoints
from ivigmyo.display import Table, capital, counted, days, interval, number, p_value, percent, records, share_cells, spread
from ivigmyo.outcomes import Amounts, Changes, Durations, Responses
from ivigmyo.safety import FindingsComparison

__all__ = [
    "course_tables",
    "deterioration_table",
    "estimand_table",
    "further_table",
    "rules_notes",
    "skin_table",
    "stated_table",
    "tipping_tables",
]

_GRID = 13
"""Up to how many missing patients of each arm, and one, the P values of all assignments are shown."""


def course_tables(parts: Mapping[str, TrialReport]) -> Iterator[Table]:
    """Show the score by week, of all patients or a line for each arm, and the time to response."""
    courses = {label: part.course for label, part in parts.items() if part.course is not None}
    if not courses:
        return
    by_arm = list(parts) != [""]
    weeks = sorted({int(week) for course in courses.values() for week in course.visits.index})
    rows = []
    for week in weeks:
        for label, course in courses.items():
            found = [row for row in records(course.visits) if row.Index == week]
            for row in found:
                counts = [
                    f"{number(n)} ({percent(n / row.n if row.n else None)})" for n in (row.minimal, row.moderate, row.major)
                ]
                means = [spread(row.mean, row.sd), number(row.median, 1)]
                rows.append([str(week), *([label] if by_arm else []), number(row.n), number(row.n_missing), *means, *counts])
    header = ["week", *(["arm"] if by_arm else []), "n", "no score", "mean ± SD", "median", "minimal", "moderate", "major"]
    notes = ["At least a minimal, a moderate and a major improvement: patients (% of those scored in that week)."]
    yield Table("Total Improvement Score by week", header, rows, notes=notes, left=(0, 1) if by_arm else (0,))
    if any(course.time_to_response is not None for course in courses.values()):
        yield _time_table(courses)


def _said(name: str) -> str:
    """Say the name of an outcome in words."""
    return name.replace(".", " ").replace("_", " ")


def _time_table(courses: Mapping[str, ScoreCourse]) -> Table:
    rows, notes = [], []
    for label, course in courses.items():
        if (curve := course.time_to_response) is not None:
            limits = interval(curve.median_interval(), 0, absent="not reached")
            rows.append([label or "all", number(curve.n), number(curve.n_events), days(curve.median), limits])
            ended = ", ".join(f"{status} {n}" for status, n in course.status.items())
            notes.append(f"{f'{label}: ' if label else ''}{ended}.")
    first = (
        "Days from week 0 to the first response by the Total Improvement Score. Kaplan-Meier, log-log intervals; a "
        "patient who was rescued, left or had no response never responds and is censored at the planned end."
    )
    header = ["patients", "n", "responded", "median", "95 % interval"]
    return Table("Time to response", header, rows, notes=[first, *notes])


def deterioration_table(parts: Mapping[str, TrialReport]) -> Table | None:
    """Show who deteriorated, of all patients or a line for each arm."""
    found = {label: part.deterioration for label, part in parts.items() if part.deterioration is not None}
    if not found:
        return None
    by_arm = list(parts) != [""]
    rows = []
    for label, each in found.items():
        of = each.statuses
        others = [number(of.get(name, 0)) for name in ("unconfirmed", "none")]
        unseen = number(of.get("no baseline", 0) + of.get("no visit", 0) + _unseen(each))
        rows.append([label or "all", *share_cells(each.share), *others, unseen])
    header = ["patients", "deteriorated", "rate", "95 % exact", "unconfirmed", "none", "not assessed"]
    return Table("Confirmed deterioration", header, rows, notes=_deterioration_notes(found, by_arm))


def _unseen(result: DeteriorationResult) -> int:
    """Count the patients of whom no visit at all was recorded."""
    return result.share.n + result.share.n_missing - len(result.patients)


def _deterioration_notes(found: Mapping[str, DeteriorationResult], by_arm: bool) -> Iterator[str]:
    rule = next(iter(found.values())).rule
    yield (
        f"Worse than at baseline at two visits in a row: physician global by {rule.scale_worsening:g} cm and MMT by "
        f"{rule.mmt_percent:g} %, or extramuscular activity by {rule.scale_worsening:g} cm, or {rule.n_measures} of "
        f"5 measures by {rule.measure_percent:g} %. Met at the last visit only it is unconfirmed, and no deterioration."
    )
    for label, each in found.items():
        rows = each.patients[each.patients["status"] == "confirmed"]
        named = ", ".join(
            f"{row.patient} (week {row.confirmed_week:g}, {row.criterion})" for row in records(rows.head(_GRID))
        )
        if named:
            yield f"{f'{label}: ' if by_arm else ''}{named}."
        if zero := int((each.patients["zero_baseline"] != "").sum()):
            had = f"{counted(zero, 'patient')} had a measure of 0 at baseline"
            yield f"{f'{label}: ' if by_arm else ''}{had}, from which any worsening counts."


_HELD = ("TIS.minimal", "TIS.moderate", "TIS.major", "reactions", "deterioration")


def further_table(parts: Mapping[str, TrialReport]) -> Table | None:
    """Show the responses that no other table shows: of all patients, or a line for each arm."""
    by_arm = list(parts) != [""]
    rows = []
    names = dict.fromkeys(name for part in parts.values() for name in part.outcomes if name not in _HELD)
    for name in names:
        for label, part in parts.items():
            found = part.outcomes.get(name)
            rated = name.endswith(".response") and name.count(".") == 1  # in the table of response rates
            if isinstance(found, Responses) and not rated:
                share = found.summary()
                rules = ", ".join(f"{rule} {n}" for rule, n in found.concerned().items() if rule != "missing") or "-"
                counted_as = "-" if not share.n_missing else f"{share.n_missing} ({share.missing})"
                line = [_said(name), *([label] if by_arm else [])]
                rows.append([*line, *share_cells(share), counted_as, rules])
    if not rows:
        return None
    header = ["outcome", *(["arm"] if by_arm else []), "patients", "rate", "95 % exact", "missing", "rules"]
    notes = ["missing, rules: patients whom each rule concerned."]
    left = (0, 1, len(header) - 1) if by_arm else (0, len(header) - 1)
    return Table("Further responses", header, rows, notes=notes, left=left)


def stated_table(report: TrialReport) -> Table | None:
    """Show the changes, times and amounts that a protocol without arms states as outcomes, and no other table shows."""
    if report.study.protocol.outcomes is None:
        return None
    by_week = {f"{measure.instrument.code}.change" for measure in report.measures}
    rows = [
        [_said(name), outcome_words(found)]
        for name, found in report.outcomes.items()
        if isinstance(found, (Changes, Durations, Amounts))
        and not name.startswith(("duration", "TIS."))
        and not (name in by_week and _scale(found) == "raw")
    ]
    notes = ["Mean ± SD, or the median of a Kaplan-Meier curve."]
    return Table("Other outcomes", ["outcome", "result"], rows, notes=notes, left=(0, 1)) if rows else None


def _scale(found: object) -> str:
    return found.scale if isinstance(found, Changes) else ""


def rules_notes(parts: Mapping[str, TrialReport]) -> Iterator[str]:
    """Say of how many patients each rule decided the response in a measure."""
    for label, part in parts.items():
        for measure in part.measures:
            found = part.outcomes.get(f"{measure.instrument.code}.response")
            if isinstance(found, Responses):
                rules = {rule: n for rule, n in found.concerned().items() if rule != "missing"}
                if rules:
                    said = ", ".join(f"{rule} {n}" for rule, n in rules.items())
                    yield f"{measure.instrument.code}{f', {label}' if label else ''}: {said}."


def estimand_table(found: Estimand) -> Table:
    """Show what the primary outcome estimates, and how many patients each rule concerned."""
    arms = list(found.patients)
    rules = [*found.intercurrent, found.missing]
    rows = [
        ["population", found.population, *(number(found.patients[arm]) for arm in arms)],
        ["variable", found.variable, *("" for _ in arms)],
        *([rule.about, rule.rule, *(number(rule.patients[arm]) for arm in arms)] for rule in rules),
        ["summary", found.summary, *("" for _ in arms)],
    ]
    header = ["", _said(found.outcome), *(arm or "patients" for arm in arms)]
    notes = [
        "The five attributes of ICH E9(R1): an intercurrent event is one after which the outcome is another, and its "
        "strategy says how it counts; a missing outcome is a matter of its own. Patients: those whom each rule concerned."
    ]
    return Table("What the primary outcome estimates", header, rows, notes=notes, left=(0, 1))


def tipping_tables(report: TrialReport) -> Iterator[Table]:
    """Show whether the missing could tip the comparison of responses, and every assignment for the primary outcome."""
    every = [(arm, name, found) for arm, named in report.tipping.items() for name, found in named.items()]
    if not every:
        return
    control = str(report.study.protocol.control)
    rows = []
    for arm, name, found in every:
        p_values = [p_value(p) for p in (found.p_value, found.p_low, found.p_high)]
        missing = [number(found.missing_treated), number(found.missing_control)]
        tips = sum(each.tips for each in found.assignments)
        rows.append(
            [
                _said(name),
                arm,
                *missing,
                number(len(found.assignments)),
                *p_values,
                number(tips) if tips else "never",
            ]
        )
    header = ["outcome", "arm", "missing", f"missing, {control}", "assignments", "P", "least P", "greatest P", "tips"]
    notes = [
        "Every way in which the patients whose outcome is missing may have responded or not. P: the analysis. tips: "
        f"assignments that lead to another conclusion at {every[0][2].alpha:g}. {every[0][2].method}{_of_totals(report)}."
    ]
    yield Table("Tipping points of the missing", header, rows, notes=notes, left=(0, 1))
    for arm, name, found in every:
        alone = len(every) == 1 or name == report.primary
        if alone and max(found.missing_treated, found.missing_control) < _GRID:
            yield _grid(arm, control, name, found)


def _of_totals(report: TrialReport) -> str:
    return ", of all strata together" if report.study.protocol.strata else ""


def _grid(arm: str, control: str, name: str, found: TippingPoints) -> Table:
    cells = {(each.treated, each.control): each for each in found.assignments}
    header = [f"{arm} responders", *(str(j) for j in range(found.missing_control + 1))]
    rows = [
        [
            str(i),
            *(f"{p_value(cells[i, j].p_value)}{'*' if cells[i, j].tips else ''}" for j in range(found.missing_control + 1)),
        ]
        for i in range(found.missing_treated + 1)
    ]
    notes = [
        f"Rows: how many of the {found.missing_treated} missing in {arm} responded; columns: of the "
        f"{found.missing_control} in {control}. "
        f"Cells: P{'; *: another conclusion' if found.tips else '; no assignment leads to another conclusion'}."
    ]
    return Table(
        capital(f"{_said(name)}: every assignment of the missing, {arm} against {control}"),
        header,
        rows,
        notes=notes,
    )


def skin_table(signs: Mapping[str, FindingsComparison], names: Mapping[str, str], tested: bool = True) -> Table:
    """Show in how many patients each sign was there before and after; within an arm without tests."""
    rows = [[names.get(code, code), *map(number, _pairs(each)), p_value(each.p_value)] for code, each in signs.items()]
    notes = [
        "Before: baseline; after: the final value. A false-positive sign counts as present. "
        f"{'Exact McNemar; p' if tested else 'P'}atients without both values are excluded."
    ]
    header = ["sign", "n", "before", "after", "lost", "gained", "excluded", "P"]
    kept = slice(None if tested else -1)
    return Table("Signs of the skin before and after", header[kept], [row[kept] for row in rows], notes=notes)


def _pairs(found: FindingsComparison) -> tuple[int, ...]:
    changed = found.lost, found.gained, found.n_excluded
    return found.n, found.kept + found.lost, found.kept + found.gained, *changed
