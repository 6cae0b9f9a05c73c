"""Adverse reactions: their details, and their rates by exposure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd

from ivigmyo.conduct import exposure
from ivigmyo.outcomes import adverse_events
from ivigmyo.safety import TERMS_OF_INTEREST, Incidence, Rate, event_rate
from ivigmyo.safety.terms import rules_out
from ivigmyo.study import Study

__all__ = ["event_details", "rates_of"]

ANY = "any"
"""How the rates of all reactions together are called."""
_DETAILS = ("relation", "serious", "severity", "outcome", "action")
_NOT_RECORDED = "not recorded"
_YEAR = 365.25


def event_details(safety: Study) -> pd.DataFrame | None:
    """Count events and patients by relation, seriousness, severity, outcome and action, where any is recorded."""
    events = adverse_events(safety)
    rows = [row for name in _DETAILS if events[name].notna().any() for row in _counted(events, name)]
    return pd.DataFrame(rows, columns=["aspect", "value", "events", "patients"]) if rows else None


def _counted(events: pd.DataFrame, name: str) -> Iterator[tuple[str, str, int, int]]:
    cells = pd.Series([_words(cell) for cell in events[name]], events.index, dtype=object)
    counts = Counter(cells)
    for value in sorted(counts, key=lambda value: (value == _NOT_RECORDED, -counts[value], value)):
        yield name, value, counts[value], int(events.loc[cells == value, "patient"].nunique())


def _words(cell: Any) -> str:
    if cell is None or cell != cell:
        return _NOT_RECORDED
    return {True: "yes", False: "no"}[cell] if isinstance(cell, bool) else str(cell)


def _event_rates(safety: Study, incidence: Incidence) -> dict[str, dict[str, Rate]]:
    """Compute the rates of patients' first reactions by exposure, where several courses were planned or given.

    By class of reactions and by unit: ``courses``, per 100 courses given, and ``patient-years``, per 100 years that patients
    were observed up to the first reaction.
    """
    planned = None if safety.protocol.conduct is None else safety.protocol.conduct.course
    courses = exposure(safety.safety_set).set_index("patient")["courses"]
    if (planned is None or planned.number == 1) and not (courses > 1).any():
        return {}
    classes = incidence.by_class_of_interest().set_index("interest")["ids"]
    having = {ANY: incidence.ids, **{name: classes[name] for name in TERMS_OF_INTEREST}}
    return {name: dict(_rates(safety.safety_set, courses, set(ids), name)) for name, ids in having.items()}


def _rates(safety: Study, courses: pd.Series[float], ids: set[Any], name: str) -> Iterator[tuple[str, Rate]]:
    given = float(courses.sum())
    if not courses.isna().any() and (given or not ids):
        yield "courses", event_rate(len(ids), given)
    if name == ANY:  # the days of the reactions of a class are not told apart
        days = sum(_days_at_risk(safety).values())
        if days or not ids:
            yield "patient-years", event_rate(len(ids), days / _YEAR)


def _days_at_risk(safety: Study) -> dict[str, float]:
    """Say how long each patient was observed: to the first reaction, else to leaving or the last visit or infusion."""
    found = {}
    for patient in safety.patients:
        seen = [visit.nominal_day for visit in patient.visits]
        seen += [each.end_day for each in patient.treatments if each.end_day is not None]
        last = patient.discontinued_on if patient.discontinued_on is not None else max(seen, default=0)
        reactions = [each for each in patient.adverse_events or () if not rules_out(each.relation)]
        days = [each.day for each in reactions if each.day is not None and each.day >= 0]
        found[patient.id] = float(max(0, min(days) if days else last))
    return found


def rates_of(safety: Study, incidence: Incidence | None) -> dict[str, dict[str, Rate]]:
    """Return the rates where adverse events are recorded."""
    return {} if incidence is None else _event_rates(safety, incidence)
