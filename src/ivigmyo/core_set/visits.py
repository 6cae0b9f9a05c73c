"""Rows of patients' visits: whose they are, in which order they come, and which of them is the baseline."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Columns, check_frame, look_up, read_columns, read_labels
from ivigmyo.core_set.frames import check_range
from ivigmyo.errors import refusal, spell
from ivigmyo.instruments import Instrument

__all__ = ["Rows", "baseline_rows", "name_visit", "read_visits", "read_weeks", "rows_by_patient"]

Rows: TypeAlias = npt.NDArray[np.int64]
"""Positions of rows."""


def name_visit(frame: pd.DataFrame) -> Callable[[int], str]:
    """Say whose value stands in a row, and of which week."""
    patients, weeks = frame["patient"].tolist(), frame["week"].tolist()
    return lambda row: f"for patient {spell(patients[row])}, week {spell(weeks[row])}"


def read_visits(name: str, frame: pd.DataFrame, instruments: Mapping[str, Instrument]) -> Columns:
    """Read weeks and measures, one row a visit, each value within the range of its instrument."""
    check_frame(name, frame, ("patient", "week", *instruments))
    values: dict[str, Any] = {column: frame[column].reset_index(drop=True) for column in ("week", *instruments)}
    columns = read_columns(name_record=name_visit(frame), **values)
    columns.require("week")
    for measure, instrument in instruments.items():
        check_range(columns, measure, instrument)
    return columns


def rows_by_patient(frame: pd.DataFrame, weeks: Columns) -> dict[Hashable, Rows]:
    """Give each patient's rows by week, the patients in the order in which they come; a week stands once a patient."""
    patients = read_labels(weeks, "patient", frame["patient"].reset_index(drop=True))
    order = np.argsort(weeks["week"], kind="stable")
    groups = pd.Series(order).groupby(pd.Series(patients[order]).to_numpy(), sort=False)
    found = {patient: rows.to_numpy() for patient, rows in groups}
    for patient, rows in found.items():
        repeated = np.diff(weeks["week"][rows]) == 0
        if repeated.any():
            week = spell(float(weeks["week"][rows[:-1]][repeated][0]))
            raise ValueError(f"'week' must be given once a patient (got {week} twice for patient {spell(patient)}).")
    return {patient: found[patient] for patient in dict.fromkeys(patients.tolist())}


def baseline_rows(rows: Mapping[Hashable, Rows], week: npt.NDArray[np.float64]) -> dict[Hashable, int]:
    """Give the last row at or before week 0 of each patient who has one."""
    before = {patient: each[week[each] <= 0] for patient, each in rows.items()}
    return {patient: int(each[-1]) for patient, each in before.items() if len(each)}


def read_weeks(name: str, weeks: Any, patients: pd.Index[Any]) -> npt.NDArray[np.float64]:
    """Read one week after 0 a patient, missing where there is none; None is no week for anyone."""
    if weeks is None:
        return np.full(len(patients), np.nan)
    given = look_up(name, weeks, patients)
    rule = "must be weeks after week 0, missing where there was none, and no truth values"
    for patient, week in given.items():
        if isinstance(week, (bool, np.bool_, str)):
            raise ValueError(refusal(f"{name!r} {rule}", week, f"for patient {spell(patient)}"))
    values: dict[str, Any] = {name: given}
    columns = read_columns(**values)
    columns.refuse(name, columns[name] <= 0, rule)
    return columns[name]
