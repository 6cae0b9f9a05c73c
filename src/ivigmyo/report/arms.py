"""The arms of a trial beside each other: a column or a line for each, and the contrasts; never a rate of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ivigmyo.analysis import MeasureResult, PatientSummary, TrialReport
from ivigmyo.display import Table, days, interval, number, percent, records, share_cells, spread
from ivigmyo.estimates import Proportion
from ivigmyo.report.contrasts import contrast_tables
from ivigmyo.report.tables.visits import response_table

__all__ = ["arm_tables", "parts_of"]


def parts_of(report: TrialReport) -> dict[str, TrialReport]:
    """Return the report of each arm by its label, the control last; that of all patients, where there are no arms."""
    return dict(getattr(report, "arms", None) or {"": report})


def arm_tables(report: TrialReport) -> Iterator[Table]:
    """Show what was found in each arm, and what compares them."""
    if not getattr(report, "arms", None):
        return
    arms = parts_of(report)
    yield _characteristics(arms)
    if any(measure.response is not None for arm in arms.values() for measure in arm.measures):
        yield response_table(arms)
    measures = {measure.instrument.code: measure for arm in arms.values() for measure in arm.measures}
    for measure in measures.values():
        yield _means_by_week(measure, arms)
    if measures:
        yield _final_changes(arms)
    if any(arm.duration is not None and arm.duration.curve is not None for arm in arms.values()):
        yield _durations(arms)
    if any(arm.incidence is not None for arm in arms.values()):
        yield _reactions(arms)
    control = list(arms)[-1]
    yield from contrast_tables(getattr(report, "contrasts", None) or {}, control)
    for label, contrasts in (getattr(report, "sensitivity", None) or {}).items():
        yield from contrast_tables(contrasts, control, label)


def _characteristics(arms: Mapping[str, TrialReport]) -> Table:
    people = [arm.treated for arm in arms.values()]

    def row(label: str, cell: Callable[[PatientSummary], str]) -> list[str]:
        return [label, *(cell(one) for one in people)]

    rows = [row("patients", lambda one: number(one.n))]
    rows += [row("age, years", lambda one: spread(one.age.mean, one.age.sd))]
    rows += [row("disease duration, years", lambda one: spread(one.disease_duration.mean, one.disease_duration.sd, 2))]
    for kind in ("diagnoses", "sexes"):
        for label in dict.fromkeys(label for one in people for label in getattr(one, kind)):
            rows.append([label, *(_of(getattr(one, kind).get(label, 0), one.n) for one in people)])
    return Table("Patients by arm", ["", *arms], rows, notes=["Mean ± SD, or patients (%)."])


def _of(count: int, n: int) -> str:
    return f"{count} ({percent(count / n if n else None)})"


def _measure(arm: TrialReport, code: str) -> MeasureResult | None:
    return next((measure for measure in arm.measures if measure.instrument.code == code), None)


def _means_by_week(measure: MeasureResult, arms: Mapping[str, TrialReport]) -> Table:
    found = {label: _measure(arm, measure.instrument.code) for label, arm in arms.items()}
    weeks = sorted({week for each in found.values() if each is not None for week in each.visits.index})

    def cell(each: MeasureResult | None, week: int) -> str:
        found = [] if each is None else [row for row in records(each.visits) if row.Index == week]
        return "".join(f"{spread(row.mean, row.sd)} ({number(row.n)})" for row in found) or "-"

    rows = [[str(week), *(cell(each, week) for each in found.values())] for week in weeks]
    title = f"{measure.instrument.name} ({measure.instrument.unit}) by week and arm"
    return Table(title, ["week", *arms], rows, notes=["Mean ± SD (n), each over the patients seen in that week."])


def _final_changes(arms: Mapping[str, TrialReport]) -> Table:
    rows = []
    codes = dict.fromkeys(measure.instrument.code for arm in arms.values() for measure in arm.measures)
    for code in codes:
        for label, arm in arms.items():
            if (measure := _measure(arm, code)) is not None:
                change = measure.final_change
                limits = interval(change.confidence_interval(), 1)
                rows.append([code, label, number(change.n), spread(change.mean, change.sd), limits])
    notes = ["From baseline to the final value. Within an arm a change has an interval and no P value."]
    header = ["measure", "arm", "n", "mean change ± SD", "95 % interval"]
    return Table("Change to the final value by arm", header, rows, notes=notes, left=(0, 1))


def _durations(arms: Mapping[str, TrialReport]) -> Table:
    rows = []
    for label, arm in arms.items():
        if arm.duration is not None and (curve := arm.duration.curve) is not None:
            limits = interval(curve.median_interval(), 0, absent="not reached")
            rows.append([label, number(curve.n), number(curve.n_events), days(curve.median), limits])
    notes = [
        "Among the patients whose CK normalized, whom the treatment selects: described, not compared. Kaplan-Meier; the "
        "event is a CK above its limit again. Log-log intervals."
    ]
    header = ["arm", "n", "events", "median", "95 % interval"]
    return Table("Days that CK stayed within normal limits, by arm", header, rows, notes=notes)


def _reactions(arms: Mapping[str, TrialReport]) -> Table:
    rows = [
        [label, *share_cells(Proportion(arm.incidence.count, arm.incidence.n))]
        for label, arm in arms.items()
        if arm.incidence is not None
    ]
    header = ["arm", "patients", "rate", "95 % exact"]
    return Table("Patients with adverse reactions by arm", header, rows)
