"""Random trials, and what a trial can find by its number of patients."""

from __future__ import annotations

from ivigmyo.planning.power import median_precision, paired_t_power, power_curve

__all__ = [
    "median_precision",
    "paired_t_power",
    "power_curve",
]
