"""Patients, what was planned for them, and the study that holds both."""

from __future__ import annotations

from ivigmyo.study.pair import Pair
from ivigmyo.study.plan import Conduct, Course, Eligibility, Outcome, Protocol, Rule, SteroidRules
from ivigmyo.study.study import Study

__all__ = ["Conduct", "Course", "Eligibility", "Outcome", "Pair", "Protocol", "Rule", "SteroidRules", "Study"]
