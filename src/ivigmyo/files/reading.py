"""Tables to a study: the one place where the rows of a study are validated, every problem collected."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import attrs

from ivigmyo.errors import Problem
from ivigmyo.files.cells import Column
from ivigmyo.files.columns import COLUMNS
from ivigmyo.files.dates import PATIENT_DATES, with_days
from ivigmyo.files.measures import read_measures
from ivigmyo.files.plan import Stated, merge, read_plan, resolve
from ivigmyo.files.rows import Rows, read_rows
from ivigmyo.files.samples import check_agreement, check_times, read_samples
from ivigmyo.files.tables import Findings, Table
from ivigmyo.files.wide import unfold
from ivigmyo.instruments import Instrument
from ivigmyo.study import Protocol, Study
from ivigmyo.study.diagnoses import Diagnosis, Sex
from ivigmyo.study.patients import (
    AdverseEvent,
    DispositionStep,
    FollowUp,
    Patient,
    Treatment,
    Visit,
)
from ivigmyo.study.plan import BUILT_IN

__all__ = ["study_from_tables"]

_T = TypeVar("_T")


@contextmanager
def _no_collection() -> Iterator[None]:
    """Spare the search for cycles while many small objects are made, none part of one: it takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_no_collection()
def study_from_tables(tables: Mapping[str, Table], protocol: Protocol | None = None) -> Study:
    """Make a study of its tables, by name; a DataError lists every problem of every table."""
    if not isinstance(protocol, Protocol | None):
        raise TypeError(f"'protocol' must be a Protocol (got {protocol!r}).")
    causes = ("measures", *COLUMNS)  # a measure that is wrong makes each of its values wrong
    findings = Findings(order=[tables[name].name for name in dict.fromkeys(causes) if name in tables])
    stated, protocol, measures = _read_protocol(tables, protocol, findings)
    tables = unfold(with_days(tables), measures, (*protocol.strata, *PATIENT_DATES))
    people = _read_people(tables, protocol, findings)
    others = {name: _rows_of(tables, name, people, findings) for name in ("ck_follow_up", "treatments", "adverse_events")}
    follow_ups = _read_follow_ups(others["ck_follow_up"])
    visits = _read_visits(tables, people, follow_ups, measures, protocol.week_day_distance, findings)
    treatments = _read_each(others["treatments"], _treatment)
    events = None if others["adverse_events"] is None else _read_each(others["adverse_events"], _adverse_event)
    if "adverse_events" in tables and events is None:
        events = {}
    patients = []
    for name, row in people.known.items():
        if people.rows is None or row in people.rows.table.broken:
            continue
        found = people.build(
            row,
            visits=visits.get(name, ()),
            treatments=treatments.get(name, ()),
            adverse_events=None if events is None else events.get(name, ()),
            follow_up=follow_ups.get(name),
        )
        patients += [] if found is None else [found]
    steps = _read_steps(tables, findings)
    findings.refuse()
    return Study(patients, disposition=steps, protocol=protocol, notes=findings.notes, **stated.described)


def _read_protocol(
    tables: Mapping[str, Table], given: Protocol | None, findings: Findings
) -> tuple[Stated, Protocol, dict[str, Instrument]]:
    """Put the protocol together of what is given and what the tables state, and list the measures values may be of."""
    rows = read_rows(tables["study"], "study", findings) if "study" in tables else None
    listed = read_rows(tables["measures"], "measures", findings) if "measures" in tables else None
    stated, told = read_plan(rows), read_measures(listed)
    if told.planned:
        stated.fields["measures"] = told.planned
    if told.rules:
        stated.fields["rules"] = told.rules
    if given is not None and given.outcomes is not None:
        stated.fields.pop("rules", None)  # the outcomes that are given have their own
    resolve(stated, rows, {**BUILT_IN, **told.known})
    protocol = merge(given, stated, rows)
    own = {instrument.code: instrument for instrument in protocol.measures or ()}
    return stated, protocol, {**BUILT_IN, **told.known, **own}


_WHO = ("diagnosis", "sex", "age")
"""What must be known of a patient."""


@attrs.define
class _People:
    """The rows of the patients table, and the row of each patient."""

    rows: Rows | None
    strata: tuple[str, ...]
    known: dict[str, int] = attrs.field(factory=dict)

    def build(self, row: int, **parts: Any) -> Patient | None:
        """Make the patient of a row."""
        assert self.rows is not None
        cells = {column: values[row] for column, values in self.rows.cells.items()}
        for name in PATIENT_DATES:
            cells.pop(name, None)
        factors = {factor: cells.pop(factor) for factor in self.strata}
        filled = {column: value for column, value in cells.items() if value is not None or column in _WHO}
        name, diagnosis, sex = filled.pop("patient"), filled["diagnosis"], filled["sex"]
        filled["diagnosis"] = diagnosis if diagnosis is None else Diagnosis.of(diagnosis) or diagnosis
        filled["sex"] = sex if sex is None else Sex.of(sex) or sex
        filled["factors"] = {factor: label for factor, label in factors.items() if label is not None}
        return self.rows.build(row, Patient, name, **filled, **parts)

    def consents(self) -> dict[str, int]:
        """Return the day of consent of those of whom it is known."""
        if self.rows is None:
            return {}
        days = self.rows["consented_on"]
        return {name: days[row] for name, row in self.known.items() if days[row] is not None}


def _read_people(tables: Mapping[str, Table], protocol: Protocol, findings: Findings) -> _People:
    """Read the patients: the row of each, by id."""
    own = {column.name for column in COLUMNS["patients"]}  # diagnosis and sex, for one, are columns of their own
    strata = tuple(name for name in protocol.strata if name not in own)
    dates = [Column(name, "text") for name in PATIENT_DATES if name in tables["patients"]]
    columns = (*COLUMNS["patients"], *dates, *(Column(name, "any", "cell") for name in strata))
    rows = read_rows(tables["patients"], "patients", findings, {each.name: each for each in columns}.values())
    people = _People(rows, strata)
    if rows is None:
        return people
    if not len(rows) and not findings.problems:
        findings.problems.append(Problem("a study must have at least one patient", 0, file=rows.table.name))
    for row, name in enumerate(rows["patient"]):
        if name in people.known:
            rows.note(row, Problem("a patient must appear once", name, column="patient"))
        elif name is not None:
            people.known[name] = row
    return people


def _rows_of(tables: Mapping[str, Table], name: str, people: _People, findings: Findings) -> Rows | None:
    """Read the rows of a table, those of unknown patients noted."""
    rows = read_rows(tables[name], name, findings) if name in tables else None
    if rows is None or not people.known:
        return rows
    strangers: dict[str, list[int]] = defaultdict(list)
    for row, patient in enumerate(rows["patient"]):
        if patient is not None and patient not in people.known:
            strangers[patient].append(row)
    for patient, found in strangers.items():
        # One fault, one problem: a patient who is missing in the patients table may have many rows here.
        first = next(filter(rows.sound, found), found[0])
        record = rows.record(first) + (f", and in {len(found) - 1} more rows" if len(found) > 1 else "")
        rows.note(first, Problem("'patient' must be one of the patients table", patient, record, column="patient"))
        for row in found:
            rows.wrong.setdefault(row, set())
    return rows


def _read_visits(
    tables: Mapping[str, Table],
    people: _People,
    follow_ups: Mapping[str, FollowUp],
    measures: Mapping[str, Instrument],
    week_day_distance: int,
    findings: Findings,
) -> dict[str, list[Visit]]:
    rows = _rows_of(tables, "assessments", people, findings)
    if rows is None:
        return {}
    if len(rows) and not {"week", "day"} & set(rows.table.columns):
        findings.problems.append(rows.table.of_header("column 'week' or 'day' is missing"))
        return {}
    check_times(rows, people.consents(), follow_ups, week_day_distance)
    samples = read_samples(rows, measures)
    check_agreement(rows, samples, follow_ups, week_day_distance)
    return samples.visits


def _treatment(rows: Rows, row: int) -> Treatment | None:
    cells = (rows[name][row] for name in ("treatment", "start_day", "end_day", "dose", "unit"))
    return rows.build(row, Treatment, *cells)


def _adverse_event(rows: Rows, row: int) -> AdverseEvent | None:
    columns = ("term", "group", "day", "relation", "serious", "severity", "outcome", "action")
    return rows.build(row, AdverseEvent, *(rows[name][row] for name in columns))


def _read_each(rows: Rows | None, read: Callable[[Rows, int], _T | None]) -> dict[str, list[_T]]:
    found: dict[str, list[_T]] = defaultdict(list)
    for row in rows.sound_rows() if rows is not None else ():
        made = read(rows, row) if rows is not None else None
        if rows is not None and made is not None:
            found[rows["patient"][row]].append(made)
    return found


def _read_follow_ups(rows: Rows | None) -> dict[str, FollowUp]:
    found: dict[str, FollowUp] = {}
    for row in rows.sound_rows() if rows is not None else ():
        if rows is None:
            continue
        name = rows["patient"][row]
        follow_up = rows.build(
            row, FollowUp, rows["observed_until"][row], rows["normalized_on"][row], rows["re_elevated_on"][row]
        )
        if name in found:
            rows.note(row, Problem("a patient must have one follow-up", name, column="patient"))
        elif follow_up is not None:
            found[name] = follow_up
    return found


def _read_steps(tables: Mapping[str, Table], findings: Findings) -> list[DispositionStep]:
    rows = read_rows(tables["disposition"], "disposition", findings) if "disposition" in tables else None
    if rows is None:
        return []
    made = (
        rows.build(row, DispositionStep, rows["step"][row], rows["patients"][row], rows["reason"][row])
        for row in rows.sound_rows()
    )
    return [step for step in made if step is not None]
