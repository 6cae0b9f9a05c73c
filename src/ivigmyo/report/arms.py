"""The arms of a trial beside each other: a column or a line for each, and the contrasts; never a rate of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from ivigmyo.analysis import MeasureResult, TrialReport
from ivigmyo.contrasts import ProportionComparison
from ivigmyo.display import LISTED, Table, capped, counted, days, interval, number, percent, records, share_cells, spread
from ivigmyo.estimates import ConfidenceInterval, Proportion
from ivigmyo.report.contrasts import contrast_tables, estimate_cell, short_names, subgroup_table
from ivigmyo.report.tables.visits import response_table

__all__ = ["arm_tables", "comparison_tables", "parts_of", "reaction_tables", "start_tables"]


def parts_of(report: TrialReport) -> Mapping[str, TrialReport]:
    """Return the report of each arm by its label, the control last; that of all patients, where there are no arms."""
    return report.arms or {"": report}


def start_tables(report: TrialReport) -> Iterator[Table]:
    """Show how the arms started, what they were given, and where they deviated from the protocol."""
    if report.baseline is not None:
        yield _baseline(report.baseline, report.study.protocol.control)
    if report.exposure is not None:
        yield _exposure(report.exposure)
    if report.deviations is not None and len(report.deviations):
        yield _deviations(report.deviations)


def comparison_tables(report: TrialReport) -> Iterator[Table]:
    """Show what compares the arms, the primary outcome in subgroups too, and the same of complete cases."""
    control = str(report.study.protocol.control)
    yield from contrast_tables(report.contrasts, control, report.better, tested=report.tested)
    for arm, found in report.subgroups.items():
        share = isinstance(report.contrasts[arm][found.outcome], ProportionComparison)
        yield subgroup_table(found, share, report.better.get(found.outcome))
    for label, contrasts in report.sensitivity.items():
        yield from contrast_tables(contrasts, control, report.better, label, report.tested)


def arm_tables(report: TrialReport) -> Iterator[Table]:
    """Show what was found in each arm."""
    arms = parts_of(report)
    if any(measure.response is not None for arm in arms.values() for measure in arm.measures):
        yield response_table(arms)
    measures = {measure.instrument.code: measure for arm in arms.values() for measure in arm.measures}
    for measure in measures.values():
        yield _means_by_week(measure, arms)
    if measures:
        yield _final_changes(arms)
    if any(arm.duration is not None and arm.duration.curve is not None for arm in arms.values()):
        yield _durations(arms)


def reaction_tables(report: TrialReport) -> Iterator[Table]:
    """Show adverse reactions by the arm received."""
    arms = parts_of(report)
    if any(arm.incidence is not None for arm in arms.values()):
        yield _reactions(arms)
    if report.reactions is not None and len(report.reactions):
        yield from _by_term(report.reactions, report.study.protocol.control)


def _baseline(frame: pd.DataFrame, control: str | None) -> Table:
    arms = list(map(str, dict.fromkeys(frame["arm"])))
    treated = [arm for arm in arms if arm != control] if control in arms else []
    rows: list[list[str]] = []
    said: set[str] = set()
    for (name, unit, level), part in _parts(frame, "characteristic", "unit", "level"):
        of = {row.arm: row for row in records(part)}
        gaps = [number(of[arm].standardized_difference, 2) for arm in treated]
        if not level:
            rows.append([f"{name.replace('_', ' ')}, {unit}", *(_mean(of[arm]) for arm in arms), *gaps])
            continue
        if name not in said:
            said.add(name)
            rows.append([name, *("" for _ in (*arms, *treated))])
        rows.append([f"- {level}", *(_of(int(of[arm].count), of[arm].n) for arm in arms), *gaps])
    one = len(treated) == 1
    header = ["", *arms, *("std. difference" if one else f"std. difference, {arm}" for arm in treated)]
    totals = ["patients", *(number(report) for report in _sizes(frame, arms)), *("" for _ in treated)]
    notes = ["All randomized, by the arm planned. Mean ± SD (n, where it is not known of all), or patients (%)."]
    if treated:
        notes.append(
            f"Standardized difference: from {control}, in standard deviations; of a test with a limit of normal, of its ln. "
            "What chance did is described, not tested."
        )
    return Table("Arms at baseline", header, [totals, *rows], notes=notes)


def _parts(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Yield the rows that have the same texts in some columns, in the order of the first of them."""
    for labels, part in frame.groupby(list(columns), sort=False):
        yield tuple(map(str, labels)), part


def _sizes(frame: pd.DataFrame, arms: Iterable[str]) -> list[int]:
    sizes = (frame["n"] + frame["n_missing"]).groupby(frame["arm"], sort=False).max()
    return [int(sizes[arm]) for arm in arms]


def _mean(row: Any) -> str:
    digits = 0 if row.mean == row.mean and abs(row.mean) >= 1000 else 1
    return f"{spread(row.mean, row.sd, digits)}{f' ({row.n})' if row.n_missing else ''}"


def _of(count: int, n: int) -> str:
    return f"{count} ({percent(count / n if n else None)})"


def _exposure(frame: pd.DataFrame) -> Table:
    names = {"courses": "courses", "infusions": "days of infusion", "dose_per_kg": "dose, g/kg"}
    rows = []
    for (arm,), part in _parts(frame, "arm"):
        of = {row.quantity: row for row in records(part)}
        rows.append([arm, number(of["courses"].n), *(_given(of[name]) for name in names)])
    notes = [
        "The safety set by the arm received. Mean ± SD (least to most) of the patients of whom it is known; a course is a "
        "run of consecutive days of infusion."
    ]
    return Table("Infusions by arm", ["arm", "n", *names.values()], rows, notes=notes)


def _given(row: Any) -> str:
    least, most = (number(each, 1).removesuffix(".0") for each in (row.minimum, row.maximum))
    return f"{spread(row.mean, row.sd)} ({least} to {most})"


def _deviations(frame: pd.DataFrame) -> Table:
    arms = list(map(str, dict.fromkeys(frame["arm"])))
    rows = []
    for (finding,), part in _parts(frame, "finding"):
        of = {row.arm: row for row in records(part)}
        rows.append([finding, *(_of(of[arm].patients, of[arm].n) for arm in arms)])
    notes = ["Patients with at least one (%), of all randomized, by the arm planned."]
    return Table("Deviations from the protocol by arm", ["", *arms], rows, notes=notes)


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
        [label, *share_cells(Proportion(arm.incidence.count, arm.incidence.n)), number(arm.incidence.n_events)]
        for label, arm in arms.items()
        if arm.incidence is not None
    ]
    notes = ["The safety set by the arm received. reactions: each term counts once a patient."]
    return Table(
        "Patients with adverse reactions by arm", ["arm", "patients", "rate", "95 % exact", "reactions"], rows, notes=notes
    )


def _by_term(frame: pd.DataFrame, control: str | None) -> Iterator[Table]:
    for (arm, kind), part in _parts(frame, "treated_arm", "kind"):
        shown, others = capped(records(part), LISTED)
        rows = []
        for row in shown:
            shares = [
                f"{count}/{n}" for count, n in ((row.treated_count, row.treated_n), (row.control_count, row.control_n))
            ]
            limits = ConfidenceInterval(row.conf_low, row.conf_high)
            rows.append([row.label, *shares, estimate_cell(row.difference, limits, 1, 100)])
        notes = [
            f"Patients. Differences in percentage points, {arm} minus {control}, without strata, Miettinen and Nurminen's "
            f"intervals; not tested. Below 0 favours {arm}.",
            *([f"And {counted(others, f'other {kind}')}."] if others else []),
        ]
        header = [kind, *short_names(arm, str(control)), "difference, 95 %"]
        yield Table(f"Adverse reactions by {kind}: {arm} against {control}", header, rows, notes=notes)
