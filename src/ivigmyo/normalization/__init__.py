"""When CK came within normal limits, when it left them again, and how long it stayed."""

from __future__ import annotations

from ivigmyo.normalization.episodes import (
    NormalizationEpisode,
    at_risk,
    contradictions,
    episodes_from_follow_up,
    find_contradictions,
    find_normalization,
    find_normalizations,
)
from ivigmyo.normalization.intervals import duration_bounds, normalization_intervals
from ivigmyo.normalization.limits import CommonLimits, common_limits, uln_bounds

__all__ = [
    "CommonLimits",
    "common_limits",
    "uln_bounds",
    "NormalizationEpisode",
    "at_risk",
    "contradictions",
    "duration_bounds",
    "episodes_from_follow_up",
    "find_contradictions",
    "find_normalization",
    "find_normalizations",
    "normalization_intervals",
]
