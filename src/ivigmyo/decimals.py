"""Numbers compared and subtracted as they are written in decimals: one tolerance for every room."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["TOLERANCE", "at_least", "at_most", "subtract"]

Numbers: TypeAlias = npt.NDArray[np.float64] | float

TOLERANCE = 1e-9
"""Relative: every pair of numbers of up to six significant digits is decided exactly, the nearest other ratio being
7e-8 away. It is far above rounding in binary."""

_DIGITS = 12


def at_least(values: Numbers, threshold: Numbers) -> Any:
    """Tell which values reach a threshold from below; those within the tolerance of it lie on it."""
    return values >= threshold * (1 - TOLERANCE * np.sign(threshold))


def at_most(values: Numbers, threshold: Numbers) -> Any:
    """Tell which values do not exceed a threshold; those within the tolerance of it lie on it."""
    return values <= threshold * (1 + TOLERANCE * np.sign(threshold))


def subtract(later: npt.NDArray[np.float64], earlier: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Subtract days as they are written in decimals: 1.3 - 1.0 and 0.5 - 0.2 are the same 0.3.

    A difference that is not whole is rounded at the twelfth digit of the larger of the two.
    """
    difference = np.asarray(later - earlier, dtype=np.float64)
    rows = np.flatnonzero(difference % 1)  # whole differences, which most are, have nothing to be rounded
    if len(rows):
        larger = np.maximum(np.abs(later), np.abs(earlier))[rows]
        places = np.clip(_DIGITS - np.ceil(np.log10(larger)), 0, 200)
        scale = 10.0**places
        difference[rows] = np.rint(difference[rows] * scale) / scale
    return difference
