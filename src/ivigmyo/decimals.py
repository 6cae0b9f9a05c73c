"""Numbers compared and subtracted as they are written in decimals: one tolerance for every room."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["TOLERANCE", "at_least", "at_most", "round_off", "subtract"]

Array: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = Array | float

TOLERANCE = 1e-9
"""Relative: every pair of numbers of up to six significant digits is decided exactly, the nearest other ratio being
7e-8 away. It is far above rounding in binary."""

_DAY_DIGITS = 12
_MOST_PLACES = 200  # smaller values are left as they are: ten to the power of more leaves what a float can hold


def at_least(values: Numbers, threshold: Numbers) -> Any:
    """Tell which values reach a threshold from below; those within the tolerance of it lie on it."""
    return values >= threshold * (1 - TOLERANCE * np.sign(threshold))


def at_most(values: Numbers, threshold: Numbers) -> Any:
    """Tell which values do not exceed a threshold; those within the tolerance of it lie on it."""
    return values <= threshold * (1 + TOLERANCE * np.sign(threshold))


def subtract(later: Array, earlier: Array) -> Array:
    """Subtract days as they are written in decimals: 1.3 - 1.0 and 0.5 - 0.2 are the same 0.3.

    A difference that is not whole is rounded at the twelfth digit of the larger of the two.
    """
    return round_off(later - earlier, np.maximum(np.abs(later), np.abs(earlier)), _DAY_DIGITS)


def round_off(differences: Array, larger: Array, digits: int) -> Array:
    """Round differences at so many digits of the larger of the values they were taken of."""
    result = np.array(differences, dtype=np.float64)
    rows = np.flatnonzero(result % 1)  # whole differences, which most are, have nothing to be rounded
    if len(rows):
        places = digits - np.ceil(np.log10(larger[rows]))
        possible = (places > 0) & (places <= _MOST_PLACES)
        rows, scale = rows[possible], 10.0 ** places[possible]
        result[rows] = np.rint(result[rows] * scale) / scale
    return result
