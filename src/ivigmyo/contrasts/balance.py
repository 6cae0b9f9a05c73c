"""How much two arms differ before treatment, in units of their spread."""

from __future__ import annotations

import math

from ivigmyo.arguments import Values, read_columns
from ivigmyo.change import describe
from ivigmyo.estimates import Proportion

__all__ = ["standardized_difference", "standardized_difference_of_shares"]


def standardized_difference(treated: Values, control: Values) -> float | None:
    """Divide the difference of two means by the root of the mean of both variances.

    Parameters
    ----------
    treated, control : array_like of float
        One value a patient; missing ones are left out.

    Returns
    -------
    float or None
        Treated minus control, in standard deviations; None where an arm has fewer than two values or neither varies.

    Notes
    -----
    It describes how well chance has balanced the arms; a test of what chance did would ask nothing.

    References
    ----------
    Austin PC. Stat Med 2009;28:3083-3107.

    Examples
    --------
    >>> round(standardized_difference([1, 2, 3], [2, 4, 6]), 3)
    -1.265
    """
    one, other = (describe(read_columns(values=values)["values"]) for values in (treated, control))
    if one.mean is None or other.mean is None or one.sd is None or other.sd is None:
        return None
    return _over(one.mean - other.mean, one.sd**2, other.sd**2)


def standardized_difference_of_shares(treated: Proportion, control: Proportion) -> float | None:
    """Divide the difference of two shares by the root of the mean of their variances, p (1 - p).

    Parameters
    ----------
    treated, control : Proportion
        The patients of each arm who have a characteristic.

    Returns
    -------
    float or None
        Treated minus control; None where an arm has no patient, or neither share lies strictly between 0 and 1.

    Examples
    --------
    >>> round(standardized_difference_of_shares(Proportion(12, 20), Proportion(8, 20)), 3)
    0.408
    """
    p, q = treated.rate, control.rate
    return None if p is None or q is None else _over(p - q, p * (1 - p), q * (1 - q))


def _over(difference: float, variance: float, other: float) -> float | None:
    spread = math.sqrt((variance + other) / 2)
    return difference / spread if spread else None
