"""What is observed of a study: the only room, with `conduct`, where a study meets a rule."""

from __future__ import annotations

from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.outcomes.improvement import ImprovementResult, study_improvement
from ivigmyo.outcomes.reactions import adverse_events, incidence

__all__ = ["adverse_events", "incidence", "ImprovementResult", "study_episodes", "study_improvement"]
