"""The visits of a study that count for outcomes over time: up to leaving, and to the end that was planned."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.study import Study

__all__ = ["leaving_days", "planned_end", "rescue_days", "until_leaving"]

_DAYS = 7


def planned_end(study: Study, codes: Collection[str]) -> int | None:
    """Return the week of the endpoint, else the last scheduled one of some measures; None where there is none after 0."""
    if study.protocol.endpoint_week is not None:
        return study.protocol.endpoint_week
    weeks = [week for code in codes for week in study.protocol.weeks_of(code) if week > 0]
    return max(weeks, default=None)


def rescue_days(study: Study) -> pd.Series[float]:
    """Return the day of rescue by patient; NaN where there was none."""
    days = {patient.id: study.rescued_on(patient) for patient in study.patients}
    return pd.Series(days, index=study.ids, dtype=float)


def leaving_days(study: Study) -> pd.Series[float]:
    """Return the day of leaving the trial by patient; NaN of those who did not."""
    return pd.Series({patient.id: patient.discontinued_on for patient in study.patients}, index=study.ids, dtype=float)


def until_leaving(study: Study, visits: pd.DataFrame, codes: Collection[str]) -> pd.DataFrame:
    """Keep the visits that began up to the day on which their patient left; `visits` has ``patient`` and ``week``."""
    left = leaving_days(study)
    if left.isna().all() or visits.empty:
        return visits
    taken = pd.concat([study.rows(code)[["patient", "week", "day"]] for code in codes])
    first: dict[Any, float] = taken.groupby(["patient", "week"])["day"].min().to_dict()
    days = np.array([first.get(key, _DAYS * key[1]) for key in zip(visits["patient"], visits["week"], strict=True)])
    after = days > visits["patient"].map(left).to_numpy(dtype=float)
    return visits[~after].reset_index(drop=True)
