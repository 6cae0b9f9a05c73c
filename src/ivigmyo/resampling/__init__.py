"""Bootstrap intervals."""

from __future__ import annotations

from ivigmyo.resampling.bootstrap import (
    BootstrapEstimate,
    bootstrap_geometric_ratio,
    bootstrap_mean_change,
    bootstrap_median,
    bootstrap_response_rate,
    bootstrap_restricted_mean,
)

__all__ = [
    "BootstrapEstimate",
    "bootstrap_geometric_ratio",
    "bootstrap_mean_change",
    "bootstrap_median",
    "bootstrap_response_rate",
    "bootstrap_restricted_mean",
]
