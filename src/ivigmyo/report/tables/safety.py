"""Adverse reactions: by patient, by term and by group, those immunoglobulin is known for, and by exposure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ivigmyo.analysis import TrialReport
from ivigmyo.display import LISTED, Table, capped, counted, interval, number, percent, records
from ivigmyo.estimates import ConfidenceInterval
from ivigmyo.safety import Incidence

__all__ = ["safety_tables"]


def safety_tables(report: TrialReport, people: pd.DataFrame) -> Iterator[Table]:
    """Show the adverse reactions by patient, by term and by group; who received an arm may have been planned for another."""
    if (found := report.incidence) is None:
        return
    yield _by_patient(report, found, people)
    yield _counted(found, "term", found.by_term())
    if (groups := found.by_group())["group"].astype(bool).any():
        yield _counted(found, "group", groups)
    interest = found.by_class_of_interest()
    if interest["patients"].any():
        yield _of_interest(interest)
    if report.event_details is not None:
        yield _details(report.event_details)
    if report.rates:
        yield _rates(report)


def _by_patient(report: TrialReport, found: Incidence, people: pd.DataFrame) -> Table:
    """List the reactions in the words of the record; the terms that these are counted under have a column of their own."""
    rows = []
    if report.treated.n <= LISTED:
        for name, own in found.reactions.groupby("patient", sort=False):
            person: Any = people.loc[str(name)]
            grouped = [term for term, recorded in zip(own["term"], own["recorded"], strict=True) if _differ(term, recorded)]
            cells = [person["diagnosis"], number(person["age"]), person["sex"]]
            rows.append([str(name), *cells, _joined(own["recorded"]), _joined(grouped)])
    share = f"{found.count} of {counted(found.n, 'patient')} ({percent(found.rate)})"
    limits = interval(found.confidence_interval(), 1, 100)
    notes = [f"Adverse reactions in {share}, 95 % exact interval {limits}."]
    header = ["patient", "diagnosis", "age", "sex", "adverse reactions", "counted as"]
    if any(row[-1] for row in rows):
        notes.append("In the words of the record; counted as: the terms that stand for other spellings among them.")
    else:
        header, rows = header[:-1], [row[:-1] for row in rows]
    return Table("Adverse reactions by patient", header, rows, notes=notes, left=(0, 1, 3, 4, 5))


def _joined(words: Any) -> str:
    return ", ".join(dict.fromkeys(str(word) for word in words))


def _differ(term: str, recorded: str) -> bool:
    return any(term.casefold() != each.casefold() for each in recorded.split("; "))


def _counted(found: Incidence, name: str, counts: pd.DataFrame) -> Table:
    """Count the patients by term or group; other spellings of a term stand in a column of their own."""
    shown, others = capped(records(counts), LISTED)
    spelled = _spellings(found) if name == "term" else {}
    rows = []
    for row in shown:
        label = getattr(row, name)
        also = [spelled.get(label, "")] if spelled else []
        rows.append([label or "other", *_counts(row), *also])
    header = [name, "patients", "rate", "95 % exact", *(["recorded as"] if spelled else [])]
    notes = [f"And {counted(others, f'other {name}')}."] if others else []
    title = f"Patients with adverse reactions by {name}"
    return Table(title, header, rows, notes=notes, left=(0, 4))


def _spellings(found: Incidence) -> dict[str, str]:
    """Give each term that stands for other spellings the words of the record."""
    spelled: dict[str, dict[str, None]] = {}
    for term, recorded in zip(found.reactions["term"], found.reactions["recorded"], strict=True):
        spelled.setdefault(term, {}).update(dict.fromkeys(recorded.split("; ")))
    return {term: _joined(words) for term, words in spelled.items() if any(_differ(term, each) for each in words)}


def _counts(row: Any) -> list[str]:
    return [number(row.patients), percent(row.rate), interval(ConfidenceInterval(row.conf_low, row.conf_high), 1, 100)]


def _of_interest(counts: pd.DataFrame) -> Table:
    rows = [[row.interest, *_counts(row)] for row in records(counts)]
    notes = ["By the words of their terms."]
    header = ["reactions", "patients", "rate", "95 % exact"]
    return Table("Patients with reactions that immunoglobulin is known for", header, rows, notes=notes)


def _details(frame: pd.DataFrame) -> Table:
    rows = [[row.aspect, row.value, number(row.events), number(row.patients)] for row in records(frame)]
    said = ", ".join(dict.fromkeys(row.aspect for row in records(frame)))
    notes = ["All adverse events recorded of the safety set, those judged unrelated among them, in the words of the record."]
    return Table(f"Adverse events by {said}", ["", "recorded", "events", "patients"], rows, notes=notes, left=(0, 1))


def _rates(report: TrialReport) -> Table:
    """Show the rates of first reactions by each unit of exposure."""
    rows = []
    for name, by_unit in report.rates.items():
        for unit, rate in by_unit.items():
            limits = interval(rate.confidence_interval(), 2)
            exposure = number(rate.exposure, 0 if unit == "courses" else 2)
            rows.append([name, number(rate.events), exposure, unit, number(rate.rate, 2), limits])
    notes = [
        "First reactions of patients, so that each patient counts once. Per 100 courses given (a course is a run of "
        "consecutive days of infusion), or per 100 years that patients were observed up to the first reaction. Exact "
        "Poisson intervals."
    ]
    header = ["reactions", "patients", "exposure", "", "per 100", "95 % exact"]
    return Table("Adverse reactions by exposure", header, rows, notes=notes, left=(0, 3))
