"""Random trials, and what a trial can find by its number of patients."""

from __future__ import annotations

from ivigmyo.planning.example import example_trial
from ivigmyo.planning.power import median_precision, paired_t_power, power_curve
from ivigmyo.planning.two_arms import (
    TwoArmSize,
    events_for_hazard_ratio,
    patients_for_means,
    patients_for_shares,
    power_of_hazard_ratio,
    power_of_means,
    power_of_shares,
)

__all__ = [
    "TwoArmSize",
    "events_for_hazard_ratio",
    "example_trial",
    "median_precision",
    "paired_t_power",
    "patients_for_means",
    "patients_for_shares",
    "power_curve",
    "power_of_hazard_ratio",
    "power_of_means",
    "power_of_shares",
]
