"""What was planned held against what was done."""

from __future__ import annotations

from ivigmyo.conduct.checks import ProtocolResult, check_protocol, explain_sets
from ivigmyo.conduct.disposition import Disposition, consort, disposition
from ivigmyo.conduct.eligibility import check_eligibility, steroid_resistance
from ivigmyo.conduct.exposure import exposure
from ivigmyo.conduct.regimen import (
    check_course,
    check_steroid_doses,
    find_prohibited_treatments,
    find_steroid_deviations,
    steroid_doses,
)
from ivigmyo.conduct.schedule import check_schedule

__all__ = [
    "Disposition",
    "ProtocolResult",
    "check_course",
    "check_eligibility",
    "check_protocol",
    "check_schedule",
    "check_steroid_doses",
    "consort",
    "disposition",
    "explain_sets",
    "exposure",
    "find_prohibited_treatments",
    "find_steroid_deviations",
    "steroid_doses",
    "steroid_resistance",
]
