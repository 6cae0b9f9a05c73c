"""How much values changed: summaries by visit, change from baseline, the changes before and after compared."""

from __future__ import annotations

from ivigmyo.change.means import (
    ChangeComparison,
    ChangeSummary,
    Description,
    MeanChange,
    SteroidLine,
    change_from_baseline,
    changes_by_visit,
    compare_changes,
    compare_log_changes,
    describe,
    describe_by_visit,
    fit_steroid_line,
    percent_change,
)
from ivigmyo.change.signs import SignedRankTest

__all__ = [
    "ChangeComparison",
    "ChangeSummary",
    "Description",
    "MeanChange",
    "SignedRankTest",
    "SteroidLine",
    "change_from_baseline",
    "changes_by_visit",
    "compare_changes",
    "compare_log_changes",
    "describe",
    "describe_by_visit",
    "fit_steroid_line",
    "percent_change",
]
