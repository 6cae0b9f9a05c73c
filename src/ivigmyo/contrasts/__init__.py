"""Arms compared."""

from __future__ import annotations

from ivigmyo.contrasts.durations import (
    GroupEvents,
    LogRankTest,
    RestrictedMeanComparison,
    compare_restricted_means,
    compare_survival,
)

__all__ = [
    "GroupEvents",
    "LogRankTest",
    "RestrictedMeanComparison",
    "compare_restricted_means",
    "compare_survival",
]
