"""Patients, what was planned for them, and the study that holds both."""

from __future__ import annotations

from ivigmyo.study.study import SCHEDULED_WEEKS, WEEK_WINDOW, Study, nearest_week

__all__ = [
    "SCHEDULED_WEEKS",
    "Study",
    "WEEK_WINDOW",
    "nearest_week",
]
