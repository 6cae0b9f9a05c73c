"""The patients, their values by week, response and change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from ivigmyo.analysis import MeasureResult, PatientSummary, TrialReport
from ivigmyo.display import (
    LISTED,
    Table,
    capital,
    capped,
    counted,
    interval,
    number,
    other_share,
    p_value,
    percent,
    records,
    share_cells,
    spread,
)
from ivigmyo.estimates import ConfidenceInterval, plain
from ivigmyo.report.tables.endpoints import rules_notes
from ivigmyo.study.words import final_week

__all__ = [
    "changes_table",
    "gains_table",
    "grades_table",
    "patients_table",
    "previous_treatments_table",
    "response_table",
    "visits_table",
    "week_tables",
    "weeks_table",
]

_PATIENTS, _CELLS = 30, 400
"""Up to how many patients and single values a table by week shows."""


def patients_table(report: TrialReport) -> Table:
    """Show who the patients are; what is known of none of them has no column."""
    people = report.study.characteristics()
    shown = people if len(people) <= LISTED else people.iloc[:0]
    sets = [("all treated", report.treated)]
    if report.efficacy is not None and report.efficacy != report.treated:
        sets.append(("efficacy set", report.efficacy))
    described = [] if report.arms else [(f"{label}, {name}", who, key) for name, who in sets for label, key in _MEAN_SD]
    header, columns, footers, words = ["patient"], [list(map(str, shown.index))], [[label for label, *_ in described]], [0]
    for name, (title, digits) in _PROFILE.items():
        if people[name].isna().all() or (name == "arm" and not report.arms):
            continue
        words += [len(header)] if digits is None else []
        header.append(title)
        columns.append([(cell or "-") if digits is None else number(cell, digits) for cell in shown[name]])
        footers.append(["" if digits is None else _described(who, name, key) for _, who, key in described])
    counts = [
        f"{capital(name)}: {counted(who.n, 'patient')}, "
        + ", ".join(f"{count} {label}" for kinds in (who.diagnoses, who.sexes) for label, count in kinds.items())
        + "."
        for name, who in sets
    ]
    years = f"{'Age and disease duration' if 'duration' in header else 'Age'} in years."
    rows, footer = (list(map(list, zip(*each, strict=True))) for each in (columns, footers))
    return Table("Patient profile", header, rows, footer, [years, *counts], left=tuple(words))


_MEAN_SD = (("Mean", "mean"), ("SD", "sd"))

_PROFILE: Mapping[str, tuple[str, int | None]] = {
    "arm": ("arm", None),
    "diagnosis": ("diagnosis", None),
    "age": ("age", 0),
    "sex": ("sex", None),
    "disease_duration": ("duration", 2),
    "previous_treatment": ("previous treatment", None),
}
"""The columns of the patient profile: their titles, and the digits of those that are numbers."""


def _described(who: PatientSummary, name: str, key: str) -> str:
    """Show the mean or the SD of a column, with a digit more than whole years have."""
    return number(getattr(getattr(who, name), key), max(1, _PROFILE[name][1] or 0))


def previous_treatments_table(report: TrialReport) -> Table | None:
    """Show how many patients had had each treatment before; None where none is recorded."""
    if (found := report.previous_treatments) is None:
        return None
    n = report.treated.n
    shown, others = capped(records(found), LISTED)
    rows = [[row.treatment, number(row.patients), percent(row.patients / n)] for row in shown]
    notes = [f"In the words of the record, of {counted(n, 'patient')}; a patient may have had several."]
    notes += [f"And {counted(others, 'other treatment')}."] if others else []
    return Table("Previous treatments", ["treatment", "patients", "rate"], rows, notes=notes)


def week_tables(measure: MeasureResult, report: TrialReport, tested: bool = True) -> Iterator[Table]:
    """Show a measure by week: its values and their changes, or both in one where the values are too many to be listed."""
    if len(measure.values) <= _PATIENTS and measure.values.size <= _CELLS:
        yield visits_table(measure, report)
        yield changes_table(measure, report, tested)
    else:
        yield weeks_table(measure, report, tested)


def visits_table(measure: MeasureResult, report: TrialReport) -> Table:
    """Show a measure by week: every value, and the means."""
    weeks = list(measure.visits_treated.index)
    digits = _digits(measure)
    rows = [[str(name), *(number(value, digits) for value in one)] for name, one in measure.values.iterrows()]
    footer = [
        [f"{label}, {name}", *(number(value, 0 if key == "n" else 1) for value in visits.reindex(weeks)[key])]
        for name, visits in (("all treated", measure.visits_treated), ("efficacy set", measure.visits))
        for label, key in (("n", "n"), ("Mean", "mean"), ("SD", "sd"))
    ]
    header = ["patient", *(f"{week}" for week in weeks)]
    return Table(_by_week(measure), header, rows, footer, _moved(report))


def weeks_table(measure: MeasureResult, report: TrialReport, tested: bool = True) -> Table:
    """Show the means of a measure and its changes from baseline, a row a week."""
    alike = measure.visits.equals(measure.visits_treated)
    sets = {"": measure.visits} if alike else {"all treated": measure.visits_treated, "efficacy set": measure.visits}
    changes = changes_table(measure, report, tested)
    means = {name: {str(row.Index): row for row in records(visits)} for name, visits in sets.items()}
    # where a change is known of every patient seen in a week, as is usual, its n need not be said again
    seen = means["" if alike else "efficacy set"]
    first = 2 if alike and all(row[0] in seen and number(seen[row[0]].n) == row[1] for row in changes.rows[:-1]) else 1
    by_week = {row[0]: row[first:] for row in changes.rows}
    final = measure.final
    rows = []
    for week in (*map(str, measure.visits_treated.index), "final"):
        cells = [week]
        for visits in means.values():
            one = visits.get(week, final if week == "final" else None)
            cells += ["-", "-"] if one is None else [number(one.n), spread(one.mean, one.sd)]
        rows.append([*cells, *by_week.get(week, ["-"] * (len(changes.header) - first))])
    header = ["week", *(cell for name in sets for cell in (f"n {name}".strip(), f"mean ± SD {name}".strip()))]
    header += ["change ± SD" if name.startswith("mean") else name for name in changes.header[first:]]
    shape = f"{counted(len(measure.values), 'patient')} in {counted(measure.values.shape[1], 'week')}"
    notes = [f"The values of {shape} are too many to be listed.", *changes.notes, *_moved(report)]
    if not alike:
        notes.append("The final mean is that of the efficacy set.")
    return Table(_by_week(measure), header, rows, notes=notes)


def _by_week(measure: MeasureResult) -> str:
    return f"{measure.instrument.name} ({measure.instrument.unit}) by week"


def _moved(report: TrialReport) -> list[str]:
    moved = report.study.protocol.off_schedule == "next"
    return ["A value of an unscheduled week stands under the next scheduled one."] if moved else []


def _digits(measure: MeasureResult) -> int:
    """Choose the digits of single values: none where all are whole."""
    values = np.asarray(measure.values)
    known = values[~np.isnan(values)]
    return 0 if (known == np.round(known)).all() else 1


def response_table(parts: Mapping[str, TrialReport]) -> Table:
    """Show the response rates: of all patients, or a line for each arm."""
    by_arm = list(parts) != [""]
    found = [
        (measure.instrument.code, label, measure.response)
        for code in dict.fromkeys(measure.instrument.code for part in parts.values() for measure in part.measures)
        for label, part in parts.items()
        for measure in part.measures
        if measure.instrument.code == code and measure.response is not None
    ]
    rows = []
    for code, label, response in found:
        wilson = interval(response.confidence_interval(method="wilson"), 1, 100)
        rows.append([code, *([label] if by_arm else []), *share_cells(response), wilson, number(response.n_missing)])
    header = ["measure", *(["arm"] if by_arm else []), "responders", "rate", "95 % exact", "95 % Wilson", "no grade"]
    when = final_week(next(iter(parts.values())).study.protocol)
    notes = [f"Improved or markedly improved at {when} or at discontinuation."]
    if any(response.missing == "non-response" for *_, response in found):
        notes.append("Patients without a grade count as non-responders.")
    for code, label, response in found:
        if other := other_share(response):
            notes.append(f"{code}{f', {label}' if label else ''}: {other}.")
    notes += rules_notes(parts)
    title = "Response rates by arm" if by_arm else "Response rates"
    return Table(title, header, rows, notes=notes, left=(0, 1) if by_arm else (0,))


def grades_table(report: TrialReport) -> Table:
    """Show each patient's grades."""
    graded = {measure.instrument.code: measure.grades for measure in report.measures if measure.grades is not None}
    frame = pd.DataFrame(graded).astype(object)
    rows = [[str(name), *("-" if grade != grade else str(grade) for grade in one)] for name, one in frame.iterrows()]
    return Table("Grades by patient", ["patient", *graded], rows, left=range(len(graded) + 1))


def changes_table(measure: MeasureResult, report: TrialReport, tested: bool = True) -> Table:
    """Show the change from baseline by week; within an arm without tests."""
    final = measure.final_change
    rows = [
        [
            str(row.Index),
            number(row.n),
            spread(row.mean, row.sd),
            interval(ConfidenceInterval(plain(row.conf_low), plain(row.conf_high)), 1),
            number(row.t, 2),
            p_value(row.p_value),
        ]
        for row in records(measure.changes)
    ]
    limits = interval(final.confidence_interval(), 1)
    rows.append(["final", number(final.n), spread(final.mean, final.sd), limits, number(final.t, 2), p_value(final.p_value)])
    notes = [f"Final: {final_week(report.study.protocol)}, or discontinuation."]
    if tested:
        notes = [f"{capital(final.method)}. {notes[0]}"]
    header = ["week", "n", "mean change ± SD", "95 % interval", "t", "P"]
    kept = slice(None if tested else -2)
    title = f"{measure.instrument.code} ({measure.instrument.unit}): change from baseline"
    return Table(title, header[kept], [row[kept] for row in rows], notes=notes)


def gains_table(report: TrialReport) -> Table:
    """Show the changes after the first infusion against those before."""
    rows = []
    for measure in report.measures:
        if (test := measure.comparison) is not None:
            changes = [spread(part.mean, part.sd) for part in (test.pre, test.post, test.difference)]
            rows.append([measure.instrument.code, number(test.n), *changes, number(test.t, 2), p_value(test.p_value)])
    notes = [
        "A rise is positive. Paired t-test. Where the values had fallen before, the difference measures that fall as well."
    ]
    header = ["measure", "n", "before", "after", "difference", "t", "P"]
    return Table("Changes before and after the first infusion", header, rows, notes=notes)
