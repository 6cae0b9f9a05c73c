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
from ivigmyo.survival.interval_censored import IntervalCurve, MassInterval, SurvivalBounds, interval_censored_curve
from ivigmyo.survival.product_limit import count_events

__all__ = [
    "Concordance",
    "concordance",
    "ConfidenceBand",
    "IntervalCurve",
    "MassInterval",
    "RestrictedMean",
    "SurvivalBounds",
    "SurvivalCurve",
    "check_until",
    "count_events",
    "interval_censored_curve",
    "kaplan_meier",
    "reverse_kaplan_meier",
]
