"""DataFrames with one row a patient, one a value, one an event <-> a study."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import pandas as pd

from ivigmyo.errors import refuse
from ivigmyo.files.cells import cell_text
from ivigmyo.files.columns import COLUMNS
from ivigmyo.files.measures import write_measures
from ivigmyo.files.plan import unwritable, write_plan
from ivigmyo.files.reading import study_from_tables
from ivigmyo.files.tables import absent_table, table_of_frame
from ivigmyo.study import Protocol, Study
from ivigmyo.study.patients import Assessment, Patient

__all__ = ["lay_out_tables", "study_from_frames", "study_to_frames"]


def study_from_frames(
    patients: pd.DataFrame,
    assessments: pd.DataFrame | None = None,
    *,
    ck_follow_up: pd.DataFrame | None = None,
    adverse_events: pd.DataFrame | None = None,
    treatments: pd.DataFrame | None = None,
    study: pd.DataFrame | None = None,
    disposition: pd.DataFrame | None = None,
    measures: pd.DataFrame | None = None,
    protocol: Protocol | None = None,
) -> Study:
    """Make a study of tables with one row a patient, one a value, one an event.

    Parameters
    ----------
    patients : pandas.DataFrame
        One row a patient: ``patient, diagnosis, sex, age`` and the optional columns of `ivigmyo.files.columns.COLUMNS`,
        among them ``arm`` and ``arm_received``; further a column for each of the protocol's `strata`. Diagnosis and sex in
        any case, as codes or in words.
    assessments : pandas.DataFrame
        One row a value: ``patient``, ``week`` or ``day`` or both, ``measure`` (an instrument's code), ``value``, and
        optionally ``unit``, ``uln`` and ``item``. Rows with an item are scores of single items, which are added up.
    ck_follow_up : pandas.DataFrame, optional
        ``patient, normalized_on, re_elevated_on, observed_until``: at most one row a patient.
    adverse_events : pandas.DataFrame, optional
        ``patient, term`` and optionally ``group, day, relation, serious, severity, outcome, action``.
        Without this table adverse events count as not
        recorded; with it, a patient without a row had none.
    treatments : pandas.DataFrame, optional
        ``patient, treatment`` and optionally ``start_day, end_day, dose, unit``.
    study : pandas.DataFrame, optional
        ``key, value``: the study's ``title`` and ``source``, and what was planned: the keys of `ivigmyo.files.plan.KEYS`.
        Lists stand between semicolons (``scheduled_weeks``: ``-4; 0; 4; 12``); ``scheduled_weeks CK`` states the weeks of
        one measure. An empty value states nothing.
    disposition : pandas.DataFrame, optional
        ``step, patients`` and optionally ``reason``.
    measures : pandas.DataFrame, optional
        ``measure, name, unit, minimum, maximum, better, has_uln, rule, marked, improved, worsened``: one row a measure that
        is not built in, differs from the built-in one, or is graded by other thresholds (``rule`` is ``score`` for changes
        in points, ``ratio`` for final / baseline).
    protocol : Protocol, optional
        What was planned. A field that it states is taken from it, any other from the tables; a value that contradicts the
        tables is a problem. What neither states is left open: `Study` infers it where nothing is left to choose.

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
    ivigmyo.errors.DataError: assessments: measure: 'measure' must be one of 'MMT', ... (got 'MTM') for patient 'P07',
    week 0.
    assessments: value: 'MMT' must be between 0 and 90 (got 95) for patient 'P07', week 4.
    """
    frames = {
        "patients": patients,
        "assessments": assessments,
        "ck_follow_up": ck_follow_up,
        "adverse_events": adverse_events,
        "treatments": treatments,
        "study": study,
        "disposition": disposition,
        "measures": measures,
    }
    tables = {name: table_of_frame(frame, name) for name, frame in frames.items() if frame is not None}
    for name in ("patients", "assessments"):
        if frames[name] is None:
            tables[name] = absent_table(name, "the table is missing")
    return study_from_tables(tables, protocol)


def study_to_frames(study: Study) -> dict[str, pd.DataFrame]:
    """Turn a study into tables, those that `study_from_frames` takes.

    Parameters
    ----------
    study : Study
        A study.

    Returns
    -------
    dict of str to pandas.DataFrame
        A table for each name of `ivigmyo.files.columns.COLUMNS` that the study has rows for (``patients`` and
        ``assessments`` always), with all its columns; an empty cell is None.

    Raises
    ------
    DataError
        If tables cannot hold the protocol; it names what they cannot hold: an outcome of one's own, a rule that is no
        threshold, a measure with items of its own.

    Notes
    -----
    ``study_from_frames(**study_to_frames(study))`` equals the study. Of the protocol what was inferred is left out where it
    would be inferred again. A study made of objects may hold what tables may not: visits before consent or after the
    monitoring, weeks far from their days, one day in two weeks, CK values that contradict the follow-up. Its tables are
    refused.

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
    refuse(unwritable(study))
    return lay_out_tables(study)


def lay_out_tables(study: Study) -> dict[str, pd.DataFrame]:
    """Turn a study into tables as `study_to_frames` does, whether or not they can hold all of its protocol."""
    frames = {name: _frame(name, cells, study.protocol.strata) for name, cells in _rows(study).items()}
    recorded = any(patient.adverse_events is not None for patient in study.patients)
    kept = {"patients", "assessments"} | ({"adverse_events"} if recorded else set())
    return {name: frame for name, frame in frames.items() if name in kept or len(frame)}


def _rows(study: Study) -> dict[str, Iterable[Sequence[Any]]]:
    """List the rows of each table, in the order of its columns."""
    patients = study.patients
    measures = [[cells.get(column.name) for column in COLUMNS["measures"]] for cells in write_measures(study)]
    return {
        "patients": (_patient_cells(patient, study.protocol.strata) for patient in patients),
        "assessments": (
            (patient.id, visit.week, visit.day, each.instrument.code, None, _value(each), each.instrument.unit, each.uln)
            for patient in patients
            for visit in patient.visits
            for each in visit.assessments
        ),
        "ck_follow_up": (
            (patient.id, each.normalized_on, each.re_elevated_on, each.observed_until)
            for patient in patients
            if (each := patient.follow_up) is not None
        ),
        "adverse_events": (
            (patient.id, *attrs.astuple(event)) for patient in patients for event in patient.adverse_events or ()
        ),
        "treatments": ((patient.id, *attrs.astuple(each)) for patient in patients for each in patient.treatments),
        "study": write_plan(study),
        "disposition": ((step.step, step.reason, step.patients) for step in study.disposition),
        "measures": measures,
    }


def _value(each: Assessment) -> float | str:
    return each.value if each.bound is None else f"{each.bound}{cell_text(each.value)}"


def _patient_cells(patient: Patient, strata: Iterable[str]) -> tuple[Any, ...]:
    conditions = patient.exclusion_conditions
    listed = None if conditions is None else "; ".join(conditions) or "none"
    special: dict[str, str | None] = {"patient": patient.id, "diagnosis": str(patient.diagnosis), "sex": str(patient.sex)}
    special |= {"exclusion_conditions": listed} | dict(patient.factors)
    names = _names("patients", strata)
    return tuple(special[name] if name in special else getattr(patient, name) for name in names)


def _names(table: str, strata: Iterable[str] = ()) -> list[str]:
    own = [column.name for column in COLUMNS[table]]
    return list(dict.fromkeys([*own, *strata])) if table == "patients" else own


def _frame(table: str, rows: Iterable[Sequence[Any]], strata: Iterable[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=_names(table, strata), dtype=object)
