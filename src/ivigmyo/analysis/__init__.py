"""The whole analysis of a trial."""

from __future__ import annotations

from ivigmyo.analysis.results import DurationResult, LogCKResult, MeasureResult, PatientSummary, TrialReport
from ivigmyo.analysis.trial import trial_report

__all__ = ["DurationResult", "LogCKResult", "MeasureResult", "PatientSummary", "TrialReport", "trial_report"]
