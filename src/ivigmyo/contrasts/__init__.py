"""Arms compared: shares, means, ranks, durations, and the periods of a crossover. Treated minus, or over, control."""

from __future__ import annotations

from ivigmyo.contrasts.balance import standardized_difference, standardized_difference_of_shares
from ivigmyo.contrasts.crossover import CrossoverComparison, CrossoverEffect, compare_crossover
from ivigmyo.contrasts.durations import (
    DurationComparison,
    GroupEvents,
    LogRankTest,
    RestrictedMeanComparison,
    compare_durations,
    compare_restricted_means,
    compare_survival,
)
from ivigmyo.contrasts.hazards import HazardRatio, hazard_ratio
from ivigmyo.contrasts.interaction import (
    Interaction,
    interaction_of_durations,
    interaction_of_means,
    interaction_of_responses,
)
from ivigmyo.contrasts.means import MeanComparison, compare_means
from ivigmyo.contrasts.ranks import HodgesLehmann, hodges_lehmann
from ivigmyo.contrasts.shares import ProportionComparison, compare_proportions, compare_response
from ivigmyo.contrasts.tipping import TippingPoints, tipping_points

__all__ = [
    "CrossoverComparison",
    "CrossoverEffect",
    "DurationComparison",
    "GroupEvents",
    "HazardRatio",
    "HodgesLehmann",
    "Interaction",
    "LogRankTest",
    "MeanComparison",
    "ProportionComparison",
    "RestrictedMeanComparison",
    "TippingPoints",
    "compare_crossover",
    "compare_durations",
    "compare_means",
    "compare_proportions",
    "compare_response",
    "compare_restricted_means",
    "compare_survival",
    "hazard_ratio",
    "hodges_lehmann",
    "interaction_of_durations",
    "interaction_of_means",
    "interaction_of_responses",
    "standardized_difference",
    "standardized_difference_of_shares",
    "tipping_points",
]
