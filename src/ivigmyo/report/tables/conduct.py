"""How the trial was planned and how it went: disposition, the protocol, and deviations from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ivigmyo.analysis import TrialReport
from ivigmyo.display import Table, capped, counted, listed, number, records
from ivigmyo.study import Protocol
from ivigmyo.study.words import in_words, named

__all__ = ["consort_table", "criteria_table", "deviations_table", "disposition_table", "plan_table"]


def disposition_table(report: TrialReport) -> Table:
    """Show how many patients passed each step."""
    steps = report.disposition.steps
    rows = [[_step(step.step, step.reason), number(step.patients)] for step in steps]
    notes = report.disposition.disagreements or ("All counts add up.",)
    return Table("Disposition of patients", ["step", "patients"], rows, notes=notes)


def consort_table(consort: pd.DataFrame) -> Table:
    """Show how many patients of each arm passed each step."""
    arms = list(dict.fromkeys(str(arm) for arm in consort["arm"].dropna()))
    counts: dict[tuple[str, str], dict[str, float]] = {}
    for row in records(consort):
        reason = row.reason if isinstance(row.reason, str) else ""
        arm = "" if row.arm is None or row.arm != row.arm else str(row.arm)
        counts.setdefault((row.step, reason), {})[arm] = row.patients
    everyone = any("" in cells for cells in counts.values())
    columns = [*([""] if everyone else []), *arms]
    rows = [
        [_step(*step), *(number(cells.get(arm, 0 if arm and set(cells) - {""} else None)) for arm in columns)]
        for step, cells in counts.items()
    ]
    return Table("Disposition of patients by arm", ["step", *(arm or "all" for arm in columns)], rows)


def _step(step: str, reason: str | None) -> str:
    return step if not reason else f"{step}: {reason}"


def plan_table(report: TrialReport) -> Table | None:
    """Show the protocol the study was read by, and which of it was inferred; None where nothing was planned."""
    protocol = report.study.protocol
    if protocol == Protocol():
        return None
    inferred = protocol.inferred or ()
    planned = {name: words for name, words in in_words(protocol) if name != "inferred"}
    rows = [
        [named(name), words, "inferred" if name.split(".")[0] in inferred else ""]
        for name, words in planned.items()
        if words not in ("not stated", "none")
    ]
    open_fields = [named(name) for name, words in planned.items() if words in ("not stated", "none")]
    notes = [f"Not stated: {', '.join(open_fields)}."] if open_fields else []
    return Table("What was planned", ["", "planned", ""], rows, notes=notes, left=(0, 1, 2))


def criteria_table(report: TrialReport) -> Table | None:
    """Show how many patients meet each criterion; None where none is stated."""
    found: Any = report.protocol
    counts = None if found is None else found.counts()
    if counts is None or counts.empty:
        return None
    rows = [[str(name), *(number(count) for count in row)] for name, row in counts.iterrows()]
    return Table("Patients by criterion of the protocol", ["criterion", *counts.columns], rows)


def deviations_table(report: TrialReport) -> Table | None:
    """Show the first deviations and gaps, and count the rest; None where there are none."""
    checked: Any = report.protocol
    found, others = capped([] if checked is None else _deviations(checked))
    notes = [f"And {counted(others, 'other finding')}; the frames hold them all."] if others else []
    return Table("Deviations and gaps", ["patient", "finding"], found, notes=notes, left=(0, 1)) if found else None


def _rows(frame: pd.DataFrame | None, finding: str | None = None) -> list[Any]:
    """Return the rows of a check that was made, and none of one that was not."""
    if frame is None:
        return []
    return records(frame if finding is None else frame[frame["finding"] == finding])


def _deviations(found: Any) -> Iterator[list[str]]:
    for row in _rows(found.eligibility, "not met"):
        yield [str(row.patient), f"{row.criterion} not met: {row.reason}"]
    if found.resistance is not None:
        for name in found.resistance.index[found.resistance == "responded"]:
            yield [str(name), "not steroid resistant: MMT improved before the first infusion"]
    for row in _rows(found.course, "not completed"):
        yield [str(row.patient), f"planned course not completed: {row.reason}"]
    for row in _rows(found.steroid_deviations):
        yield [str(row.patient), f"steroid dose, day {number(row.day)}: {row.rule}"]
    for row in _rows(found.prohibited_treatments):
        yield [str(row.patient), f"prohibited treatment: {row.treatment} from day {number(row.day)}"]
    yield from _schedule(found.schedule)


def _schedule(schedule: pd.DataFrame | None) -> Iterator[list[str]]:
    """Yield what was not as scheduled, the measures of a patient's week together."""
    if schedule is None:
        return
    for finding, part in schedule.groupby("finding", sort=False):
        for name, visits in part.groupby("patient", sort=False, dropna=False):
            weeks: dict[Any, list[str]] = {}
            for week, measure in zip(visits["week"], visits["measure"], strict=True):
                weeks.setdefault(week, []).append(str(measure))
            shown, others = capped(f"{listed(codes)} week {number(week)}" for week, codes in weeks.items())
            missed = ", ".join(shown) + (f", and {counted(others, 'other week')}" if others else "")
            yield ["all" if name != name or name is None else str(name), f"{finding}: {missed}"]
