"""The whole analysis of a trial."""

from __future__ import annotations

from ivigmyo.analysis.arms import Headline, headline
from ivigmyo.analysis.results import (
    NOT_TESTED,
    DurationResult,
    LogCKResult,
    MeasureResult,
    PatientSummary,
    SubgroupResult,
    TrialReport,
    is_test,
    outcome_words,
)
from ivigmyo.analysis.trial import trial_report

__all__ = [
    "NOT_TESTED",
    "DurationResult",
    "Headline",
    "LogCKResult",
    "MeasureResult",
    "PatientSummary",
    "SubgroupResult",
    "TrialReport",
    "headline",
    "is_test",
    "outcome_words",
    "trial_report",
]
