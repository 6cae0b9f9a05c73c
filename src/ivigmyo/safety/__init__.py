"""Adverse reactions of patients, rates of events by exposure, and findings before and after."""

from __future__ import annotations

from ivigmyo.safety.findings import FindingsComparison, compare_findings
from ivigmyo.safety.rates import Rate, event_rate
from ivigmyo.safety.reactions import Incidence, incidence
from ivigmyo.safety.terms import SYNONYMS, TERMS_OF_INTEREST, UNRELATED, class_of_interest

__all__ = [
    "SYNONYMS",
    "TERMS_OF_INTEREST",
    "UNRELATED",
    "FindingsComparison",
    "Incidence",
    "Rate",
    "class_of_interest",
    "compare_findings",
    "event_rate",
    "incidence",
]
