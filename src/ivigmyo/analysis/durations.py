"""How long CK stayed normal, in all patients and by diagnosis."""

from __future__ import annotations

from typing import Any

import attrs
import pandas as pd

from ivigmyo.analysis.between_samples import between_samples
from ivigmyo.analysis.results import DurationResult
from ivigmyo.contrasts import compare_restricted_means, compare_survival
from ivigmyo.normalization import at_risk
from ivigmyo.outcomes import study_episodes
from ivigmyo.study import Study
from ivigmyo.survival import SurvivalCurve, concordance, kaplan_meier, reverse_kaplan_meier

__all__ = ["duration_result"]


def duration_result(efficacy: Study, absent: dict[str, str]) -> DurationResult:
    """Find how long CK stayed normal; where no CK normalized, `absent` gets the reason."""
    episodes = study_episodes(efficacy)
    risk = at_risk(episodes).set_index("patient")
    nothing = DurationResult(episodes, None, None, None, {}, None, None, None, **between_samples(efficacy, episodes))
    if risk.empty:
        absent["duration of normal CK"] = "no patient's CK normalized."
        return nothing
    duration, event = risk["duration"], risk["event"]
    curve = kaplan_meier(duration, event)
    patients = efficacy.characteristics().loc[risk.index]
    groups = {label: kaplan_meier(part, event[part.index]) for label, part in duration.groupby(patients["diagnosis"])}
    in_order = {label: groups[label] for label in efficacy.split("diagnosis") if label in groups}
    return attrs.evolve(
        nothing,
        curve=curve,
        follow_up=reverse_kaplan_meier(duration, event),
        mean=None if curve.last_event_time is None else curve.restricted_mean(curve.last_event_time),
        curves_by_diagnosis=in_order,
        steroid_association=concordance(patients["steroid_dose_last"], duration, event),
        **_diagnoses_compared(curve, in_order, duration, event, patients["diagnosis"]),
    )


def _diagnoses_compared(
    curve: SurvivalCurve,
    groups: dict[str, SurvivalCurve],
    duration: pd.Series[float],
    event: pd.Series[float],
    diagnosis: pd.Series[Any],
) -> dict[str, Any]:
    """Compare the diagnoses, where there are several and any event was seen; the restricted means of two."""
    if len(groups) < 2 or curve.last_event_time is None:
        return {}
    until = min(curve.last_event_time, *(group.last_observed_time for group in groups.values()))
    # Where all patients of a group were last seen on the day CK normalized, there is no time to take a mean over.
    two = until > 0 and len(groups) == 2
    difference = compare_restricted_means(duration, event, diagnosis, until, next(iter(groups))) if two else None
    return {"log_rank": compare_survival(duration, event, diagnosis), "mean_difference": difference}
