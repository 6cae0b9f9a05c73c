"""What serial CK leaves open of normalization, how often it came back, and the steroid doses of these days."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.conduct import steroid_doses
from ivigmyo.normalization import duration_bounds, find_normalizations, normalization_intervals
from ivigmyo.study import Study
from ivigmyo.survival import interval_censored_curve, kaplan_meier

__all__ = ["between_samples"]


def between_samples(efficacy: Study, episodes: pd.DataFrame) -> dict[str, Any]:
    """Return the fields of a `DurationResult` that rest on serial CK with limits, and on treatments."""
    found: dict[str, Any] = {"doses": _doses(efficacy, episodes)}
    serial = efficacy.ck_series()
    limited = serial["uln"].notna().groupby(serial["patient"]).transform("all")
    serial = serial[limited & serial["ck"].notna()]
    if serial.empty:
        return found
    intervals = normalization_intervals(serial, same_day="highest")
    if np.isfinite(intervals["right"]).any():  # of those of whom none normalized there is nothing to tell
        first = intervals["right"].where(np.isfinite(intervals["right"]), _last_days(serial, intervals["patient"]))
        found["time_to_normalization"] = kaplan_meier(first, np.isfinite(intervals["right"]))
        found["normalization"] = interval_censored_curve(intervals["left"], intervals["right"])
    bounds = duration_bounds(serial, same_day="highest")
    found["bounds"] = bounds if len(bounds) else None
    found["recurrence"] = _recurrence(serial)
    return found


def _last_days(serial: pd.DataFrame, patients: pd.Series[Any]) -> pd.Series[float]:
    last: dict[Any, float] = serial.groupby("patient")["day"].max().to_dict()
    return patients.map(last).astype(float)


def _recurrence(serial: pd.DataFrame) -> pd.DataFrame | None:
    """Count the episodes and re-elevations of each patient whose CK normalized; None where nobody has a second one."""
    every = find_normalizations(serial, recurrent=True, same_day="highest")
    every = every[every["normalized_on"].notna()]
    if every.empty or not (every["episode"] > 1).any():
        return None
    counts = every.groupby("patient", sort=False).agg(episodes=("episode", "size"), re_elevations=("event", "sum"))
    return counts.astype(int).reset_index()


def _doses(efficacy: Study, episodes: pd.DataFrame) -> pd.DataFrame | None:
    """Tell the steroid dose in force on the days of normalization and re-elevation; None where no steroid is recorded."""
    given = {patient.id: steroid_doses(patient) for patient in efficacy.patients}
    if all(doses.empty for doses in given.values()):
        return None
    own = episodes[episodes["normalized_on"].notna()]
    rows = [
        (name, _dose(given[name], normalized), _dose(given[name], raised))
        for name, normalized, raised in own[["patient", "normalized_on", "re_elevated_on"]].itertuples(index=False)
    ]
    frame = pd.DataFrame(rows, columns=["patient", "at_normalization", "at_re_elevation"])
    return frame.astype({"at_normalization": float, "at_re_elevation": float}) if rows else None


def _dose(doses: pd.DataFrame, day: float) -> float:
    """Return the dose in force on a day; NaN where no dose is recorded up to it."""
    before = doses[doses["day"] <= day]
    return float(before["dose"].iloc[-1]) if len(before) else float("nan")
