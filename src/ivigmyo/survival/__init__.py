"""Kaplan-Meier curves and what is read off them."""

from __future__ import annotations

from ivigmyo.survival.concordance import Concordance, concordance
from ivigmyo.survival.curve import (
    ConfidenceBand,
    RestrictedMean,
    SurvivalCurve,
    check_until,
    kaplan_meier,
    reverse_kaplan_meier,
)
from ivigmyo.survival.product_limit import count_events

__all__ = [
    "Concordance",
    "concordance",
    "ConfidenceBand",
    "RestrictedMean",
    "SurvivalCurve",
    "check_until",
    "count_events",
    "kaplan_meier",
    "reverse_kaplan_meier",
]
