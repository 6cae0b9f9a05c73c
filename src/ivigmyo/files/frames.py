"""Rows to a study and back: the one place where the rows of a study are validated, every problem collected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import pandas as pd

from ivigmyo.errors import Problem, spell
from ivigmyo.files.sheets import COLUMNS, Findings, Row, read_rows
from ivigmyo.files.visits import check_agreement, check_times, read_visits
from ivigmyo.study import Protocol, Study
from ivigmyo.study.patients import AdverseEvent, DispositionStep, FollowUp, Patient, Treatment, Visit
from ivigmyo.study.plan import BUILT_IN

__all__ = ["study_from_frames", "study_to_frames"]


def study_from_frames(
    patients: pd.DataFrame,
    assessments: pd.DataFrame,
    *,
    ck_follow_up: pd.DataFrame | None = None,
    adverse_events: pd.DataFrame | None = None,
    treatments: pd.DataFrame | None = None,
    study: pd.DataFrame | None = None,
    disposition: pd.DataFrame | None = None,
    protocol: Protocol | None = None,
) -> Study:
    """Make a study of tables with one row a patient, one a value, one an event.

    Parameters
    ----------
    patients : pandas.DataFrame
        One row a patient: ``patient, diagnosis, sex, age`` and the optional columns of `ivigmyo.files.sheets.COLUMNS`.
    assessments : pandas.DataFrame
        One row a value: ``patient``, ``week`` or ``day`` or both, ``measure`` (an instrument's code), ``value``, and
        optionally ``unit``, ``uln`` and ``item``. Rows with an item are scores of single items, which are added up.
    ck_follow_up : pandas.DataFrame, optional
        ``patient, normalized_on, re_elevated_on, observed_until``: at most one row a patient.
    adverse_events : pandas.DataFrame, optional
        ``patient, term`` and optionally ``group, day, relation``. Without this table adverse events count as not
        recorded; with it, a patient without a row had none.
    treatments : pandas.DataFrame, optional
        ``patient, treatment`` and optionally ``start_day, end_day, dose, unit``.
    study : pandas.DataFrame, optional
        ``key, value``: the study's ``title`` and ``source``.
    disposition : pandas.DataFrame, optional
        ``step, patients`` and optionally ``reason``.
    protocol : Protocol, optional
        What was planned.

    Returns
    -------
    Study
        The study; its `notes` tell what was left out, converted or added up.

    Raises
    ------
    DataError
        If anything is wrong; it lists every problem of every table.

    Notes
    -----
    Text cells are read as they are written: a number must be a number from its first character to its last. Every row
    must hold a value; an assessment that was not made has no row. Where the serial CK values and the follow-up of a
    patient contradict each other, that is a problem: one of them is wrong. A value of which only the week is known
    contradicts only if it does so wherever within `week_day_distance` it may be.

    Examples
    --------
    >>> patients = pd.DataFrame({"patient": ["P07"], "diagnosis": ["PM"], "sex": ["F"], "age": [39]})
    >>> assessments = pd.DataFrame(
    ...     {"patient": ["P07", "P07"], "week": [0, 4], "measure": ["MMT", "MMT"], "value": [59, 85]}
    ... )
    >>> study_from_frames(patients, assessments).values("MMT").loc["P07"].tolist()
    [59.0, 85.0]
    >>> study_from_frames(patients, assessments.assign(value=[59, 95], measure=["MTM", "MMT"]))
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: assessments: measure: 'measure' must be one of 'MMT', 'ADL', 'CK' (got 'MTM') for patient
    'P07', week 0.
    assessments: value: 'MMT' must be between 0 and 90 (got 95) for patient 'P07', week 4.
    """
    findings = Findings()
    protocol = protocol or Protocol()
    week_day_distance = protocol.week_day_distance
    measures = {**BUILT_IN, **{instrument.code: instrument for instrument in protocol.measures or ()}}
    records = _read_patients(patients, findings)
    follow_ups = _read_follow_ups(ck_follow_up, records, findings)
    rows = _read_assessments(assessments, records, findings)
    rows = check_times(rows, records, follow_ups, week_day_distance)
    visits = read_visits(rows, measures, findings)
    given = _read_each(treatments, "treatments", records, findings, _treatment)
    events = (
        None if adverse_events is None else _read_each(adverse_events, "adverse_events", records, findings, _adverse_event)
    )
    steps = _read_steps(disposition, findings)
    described = _read_description(study, findings)
    check_agreement(rows, visits, follow_ups, week_day_distance)
    findings.refuse()
    return Study(
        patients=_make_patients(records, visits, given, events, follow_ups),
        disposition=steps,
        protocol=protocol,
        notes=findings.notes,
        **described,
    )


def _read_patients(frame: pd.DataFrame, findings: Findings) -> dict[str, Row]:
    """Read and check the patients: the row of each, by id."""
    records: dict[str, Row] = {}
    rows = read_rows(frame, "patients", findings)
    if not rows and not findings.problems:
        findings.problems.append(Problem("a study must have at least one patient", 0, file=_file(frame, "patients")))
    for row in rows:
        name = row["patient"]
        if name in records:
            row.note(Problem("a patient must appear once", name, column="patient"))
        elif name is not None:
            records[name] = row
            row.build(Patient, **_named(row))
    return records


def _named(row: Row) -> dict[str, Any]:
    """Name the filled cells of a row of the patients table as the arguments of a Patient."""
    filled = {column: value for column, value in row.cells.items() if value is not None or column in _WHO}
    return {"id": filled.pop("patient"), **filled}


_WHO = ("diagnosis", "sex", "age")
"""What must be known of a patient."""


def _rows_of(frame: pd.DataFrame | None, name: str, records: Mapping[str, Row], findings: Findings) -> list[Row]:
    """Read the rows of a table, those of unknown patients noted; the sound ones are returned."""
    rows = [] if frame is None else read_rows(frame, name, findings)
    strangers: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["patient"] is not None and records and row["patient"] not in records:
            strangers[row["patient"]].append(row)
    for patient, (first, *others) in strangers.items():
        # One fault, one problem: a patient who is missing in the patients table may have many rows here.
        record = first.record + (f", and in {len(others)} more rows" if others else "")
        first.note(Problem("'patient' must be one of the patients table", patient, record, column="patient"))
        for row in others:
            row.sound = False
    return [row for row in rows if row.sound]


def _make_patients(
    records: Mapping[str, Row],
    visits: Mapping[str, list[Visit]],
    treatments: Mapping[str, list[Treatment]],
    events: Mapping[str, list[AdverseEvent]] | None,
    follow_ups: Mapping[str, FollowUp],
) -> list[Patient]:
    return [
        Patient(
            **_named(record),
            visits=visits.get(name, ()),
            treatments=treatments.get(name, ()),
            adverse_events=None if events is None else events.get(name, ()),
            follow_up=follow_ups.get(name),
        )
        for name, record in records.items()
    ]


def _read_assessments(frame: pd.DataFrame, records: Mapping[str, Row], findings: Findings) -> list[Row]:
    rows = _rows_of(frame, "assessments", records, findings)
    if not rows or {"week", "day"} & set(frame.columns):
        return rows
    findings.problems.append(Problem("column 'week' or 'day' is missing", file=_file(frame, "assessments")))
    return []


def _treatment(row: Row) -> Any:
    cells = row.cells
    return row.build(Treatment, cells["treatment"], cells["start_day"], cells["end_day"], cells["dose"], cells["unit"])


def _adverse_event(row: Row) -> Any:
    return row.build(AdverseEvent, row["term"], row["group"], row["day"], row["relation"])


def _read_each(
    frame: pd.DataFrame | None, name: str, records: Mapping[str, Row], findings: Findings, read: Any
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in _rows_of(frame, name, records, findings):
        found[row["patient"]].append(read(row))
    return found


def _read_follow_ups(frame: pd.DataFrame | None, records: Mapping[str, Row], findings: Findings) -> dict[str, FollowUp]:
    found: dict[str, FollowUp] = {}
    for row in _rows_of(frame, "ck_follow_up", records, findings):
        follow_up = row.build(FollowUp, row["observed_until"], row["normalized_on"], row["re_elevated_on"])
        if row["patient"] in found:
            row.note(Problem("a patient must have one follow-up", row["patient"], column="patient"))
        elif follow_up is not None:
            found[row["patient"]] = follow_up
    return found


def _read_steps(frame: pd.DataFrame | None, findings: Findings) -> list[DispositionStep]:
    rows = [] if frame is None else read_rows(frame, "disposition", findings)
    steps = [row.build(DispositionStep, row["step"], row["patients"], row["reason"]) for row in rows if row.sound]
    return [step for step in steps if step is not None]


def _read_description(frame: pd.DataFrame | None, findings: Findings) -> dict[str, str]:
    described: dict[str, str] = {}
    for row in [] if frame is None else read_rows(frame, "study", findings):
        if row["key"] in described:
            row.note(Problem("a key must appear once", row["key"], column="key"))
        elif row["key"] in ("title", "source"):
            described[row["key"]] = row["value"] or ""
        elif row["key"] is not None:
            findings.notes.append(f"{row.file}: key {spell(row['key'])} was left out.")
    return described


def _file(frame: pd.DataFrame, name: str) -> str:
    return str(frame.attrs.get("file", name))


def study_to_frames(study: Study) -> dict[str, pd.DataFrame]:
    """Turn a study into tables, those that `study_from_frames` takes.

    Parameters
    ----------
    study : Study
        A study.

    Returns
    -------
    dict of str to pandas.DataFrame
        A table for each name of `ivigmyo.files.sheets.COLUMNS` that the study has rows for (``patients`` and ``assessments``
        always), with all its columns; an empty cell is None.

    Notes
    -----
    ``study_from_frames(**study_to_frames(study))`` equals the study, given the same instruments, scheduled weeks and
    window where these are not the usual ones. A study made of objects may hold what tables may not: visits before consent
    or after the monitoring, weeks far from their days, CK values that contradict the follow-up. Its tables are refused.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> study = saito2008.load_study()
    >>> frames = study_to_frames(study)
    >>> frames["assessments"].loc[0, ["patient", "week", "measure", "value"]].tolist()
    ['1', -4, 'MMT', 65.0]
    >>> study_from_frames(**frames) == study
    True
    """
    recorded = [patient for patient in study.patients if patient.adverse_events is not None]
    rows: dict[str, Iterable[tuple[Any, ...]]] = {
        "patients": (_patient_cells(patient) for patient in study.patients),
        "assessments": (
            (patient.id, visit.week, visit.day, each.instrument.code, None, each.value, each.instrument.unit, each.uln)
            for patient in study.patients
            for visit in patient.visits
            for each in visit.assessments
        ),
        "ck_follow_up": (
            (patient.id, each.normalized_on, each.re_elevated_on, each.observed_until)
            for patient in study.patients
            if (each := patient.follow_up) is not None
        ),
        "adverse_events": (
            (patient.id, event.term, event.group, event.day, event.relation)
            for patient in recorded
            for event in patient.adverse_events or ()
        ),
        "treatments": (
            (patient.id, *attrs.astuple(treatment)) for patient in study.patients for treatment in patient.treatments
        ),
        "study": ((key, text) for key in ("title", "source") if (text := getattr(study, key))),
        "disposition": ((step.step, step.reason, step.patients) for step in study.disposition),
    }
    frames = {name: _frame(name, cells) for name, cells in rows.items()}
    kept = {"patients", "assessments"} | ({"adverse_events"} if recorded else set())
    return {name: frame for name, frame in frames.items() if name in kept or len(frame)}


def _patient_cells(patient: Patient) -> tuple[Any, ...]:
    conditions = patient.exclusion_conditions
    listed = None if conditions is None else "; ".join(conditions) or "none"
    special: dict[str, str | None] = {"patient": patient.id, "diagnosis": str(patient.diagnosis), "sex": str(patient.sex)}
    special |= {"exclusion_conditions": listed}
    return tuple(
        special[column.name] if column.name in special else getattr(patient, column.name) for column in COLUMNS["patients"]
    )


def _frame(name: str, rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=[column.name for column in COLUMNS[name]], dtype=object)
