"""What is observed of a study: the only room, with `conduct`, where a study meets a rule."""

from __future__ import annotations

from ivigmyo.outcomes.criteria import Improvement, NormalDays, NormalDuration, Normalization, Reactions
from ivigmyo.outcomes.endpoint import Change, Endpoint
from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.outcomes.improvement import ImprovementResult, scores_by_visit, study_improvement
from ivigmyo.outcomes.observations import Amounts, Changes, Durations, Observation, Responses
from ivigmyo.outcomes.planned import planned_outcomes
from ivigmyo.outcomes.reactions import adverse_events, incidence

__all__ = [
    "Amounts",
    "Change",
    "Changes",
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
    "adverse_events",
    "incidence",
    "planned_outcomes",
    "scores_by_visit",
    "study_episodes",
    "study_improvement",
]
