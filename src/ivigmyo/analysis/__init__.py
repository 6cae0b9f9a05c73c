"""The whole analysis of a trial."""

from __future__ import annotations

from ivigmyo.analysis.trial import DurationResult, LogCKResult, MeasureResult, PatientSummary, TrialReport, trial_report

__all__ = [
    "DurationResult",
    "LogCKResult",
    "MeasureResult",
    "PatientSummary",
    "TrialReport",
    "trial_report",
]
