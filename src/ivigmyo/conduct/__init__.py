"""What was planned held against what was done."""

from __future__ import annotations

from ivigmyo.conduct.checks import (
    ELIGIBILITY,
    PLANNED_COURSE,
    PROHIBITED_TREATMENTS,
    SCHEDULE,
    STEROIDS,
    TABLE_1,
    Course,
    Eligibility,
    ProtocolResult,
    check_course,
    check_eligibility,
    check_protocol,
    check_schedule,
    check_steroid_doses,
    explain_sets,
    find_prohibited_treatments,
    find_steroid_deviations,
    steroid_doses,
    steroid_resistance,
)
from ivigmyo.conduct.disposition import Disposition, disposition

__all__ = [
    "Disposition",
    "disposition",
    "Course",
    "ELIGIBILITY",
    "Eligibility",
    "PLANNED_COURSE",
    "PROHIBITED_TREATMENTS",
    "ProtocolResult",
    "SCHEDULE",
    "STEROIDS",
    "TABLE_1",
    "check_course",
    "check_eligibility",
    "check_protocol",
    "check_schedule",
    "check_steroid_doses",
    "explain_sets",
    "find_prohibited_treatments",
    "find_steroid_deviations",
    "steroid_doses",
    "steroid_resistance",
]
