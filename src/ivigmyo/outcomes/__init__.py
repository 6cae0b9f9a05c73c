"""What is observed of a study: the only room, with `conduct`, where a study meets a rule."""

from __future__ import annotations

from ivigmyo.outcomes.criteria import Improvement, NormalDays, NormalDuration, Normalization, Reactions
from ivigmyo.outcomes.endpoint import Change, Endpoint
from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.outcomes.improvement import ImprovementResult, scores_by_visit, study_improvement
from ivigmyo.outcomes.names import outcome_named
from ivigmyo.outcomes.observations import Amounts, Changes, Durations, Observation, Responses
from ivigmyo.outcomes.over_time import SustainedResponse, TimeToResponse, scores_until_leaving
from ivigmyo.outcomes.planned import planned_outcomes
from ivigmyo.outcomes.reactions import adverse_events, incidence
from ivigmyo.outcomes.skin import SkinSign, compare_skin_signs
from ivigmyo.outcomes.worsening import (
    Deterioration,
    WithoutDeterioration,
    deterioration_visits,
    study_deterioration,
)

__all__ = [
    "Amounts",
    "Change",
    "Changes",
    "Deterioration",
    "Durations",
    "Endpoint",
    "Improvement",
    "ImprovementResult",
    "NormalDays",
    "NormalDuration",
    "Normalization",
    "Observation",
    "Reactions",
    "Responses",
    "SkinSign",
    "SustainedResponse",
    "TimeToResponse",
    "WithoutDeterioration",
    "adverse_events",
    "compare_skin_signs",
    "deterioration_visits",
    "incidence",
    "outcome_named",
    "planned_outcomes",
    "scores_by_visit",
    "scores_until_leaving",
    "study_deterioration",
    "study_episodes",
    "study_improvement",
]
