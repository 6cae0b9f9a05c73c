"""What results share: intervals and proportions."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, Literal, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import as_whole, check_choice
from ivigmyo.display import OneRow
from ivigmyo.errors import is_finite, refusal

__all__ = [
    "ConfidenceInterval",
    "Proportion",
    "Rebuilt",
    "check_level",
    "normal_quantile",
    "plain",
    "read_only",
    "same_content",
]

_MOST = 10**12  # patients; with more, the quantiles of the beta distribution lose their digits

same_content = attrs.cmp_using(eq=lambda mine, theirs: np.array_equal(mine, theirs, equal_nan=True))
"""How the arrays of two results are compared."""


@attrs.frozen(repr=False)
class Rebuilt:
    """A result that holds arrays: a copy or an unpickled one is made by its class, which makes its arrays read-only."""

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), tuple(getattr(self, field.name) for field in attrs.fields(type(self)))


class ConfidenceInterval(NamedTuple):
    """The two limits of an interval.

    Parameters
    ----------
    low, high : float or None
        The limits; None where a limit does not exist (a median's upper limit that was not reached).

    Examples
    --------
    >>> low, high = ConfidenceInterval(99.0, None)
    >>> low, high
    (99.0, None)
    """

    low: float | None
    high: float | None


@attrs.frozen(repr=False)
class Proportion(OneRow):
    """A share of patients, with the counts it rests on.

    Parameters
    ----------
    count : int
        Patients counted (responders, patients with an event).
    n : int
        Patients in the denominator.
    n_missing : int, default 0
        Patients whose outcome is missing.
    missing : {"excluded", "non-response"}, default "excluded"
        Whether those with a missing outcome are outside `n` or in it, counted against.

    Examples
    --------
    >>> response = Proportion(14, 15)
    >>> round(response.rate, 4)
    0.9333
    >>> low, high = response.confidence_interval()
    >>> round(low, 4), round(high, 4)
    (0.6805, 0.9983)
    """

    count: int = attrs.field(converter=as_whole)
    n: int = attrs.field(converter=as_whole)
    n_missing: int = attrs.field(default=0, converter=as_whole)
    missing: str = "excluded"

    def __attrs_post_init__(self) -> None:
        for name in ("count", "n", "n_missing"):
            value = getattr(self, name)
            if not is_finite(value) or not isinstance(value, int):
                raise ValueError(refusal(f"{name!r} must be a whole number", value))
            if value > _MOST:
                raise ValueError(refusal(f"{name!r} must be at most {_MOST}", value))
        if not 0 <= self.count <= self.n:
            raise ValueError(refusal(f"'count' must be between 0 and n = {self.n}", self.count))
        if self.n_missing < 0:
            raise ValueError(refusal("'n_missing' must be at least 0", self.n_missing))

    @property
    def rate(self) -> float | None:
        """`count` / `n`, from 0 to 1; None where `n` is 0."""
        return self.count / self.n if self.n else None

    @property
    def responders(self) -> int:
        """The same as `count`."""
        return self.count

    def confidence_interval(self, level: float = 0.95, method: Literal["exact", "wilson"] = "exact") -> ConfidenceInterval:
        """Compute the confidence interval of the rate.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.
        method : {"exact", "wilson"}, default "exact"
            ``"exact"`` is Clopper and Pearson's (R's ``binom.test``), ``"wilson"`` the score interval without
            continuity correction.

        Returns
        -------
        ConfidenceInterval
            The limits, from 0 to 1; both None where `n` is 0.

        References
        ----------
        Clopper CJ, Pearson ES. Biometrika 1934;26:404. Wilson EB. J Am Stat Assoc 1927;22:209.

        Examples
        --------
        >>> low, high = Proportion(7, 16).confidence_interval(method="wilson")
        >>> round(low, 3), round(high, 3)
        (0.231, 0.668)
        """
        check_level(level)
        check_choice("method", method, ("exact", "wilson"))
        if self.n == 0:
            return ConfidenceInterval(None, None)
        if method == "exact":
            return self._exact_interval((1 - level) / 2)
        return self._wilson_interval(normal_quantile(level))

    def _wilson_interval(self, z: float) -> ConfidenceInterval:
        """Solve |rate - p| = z sqrt(p (1 - p) / n) for p."""
        share, spread = self.count / self.n, z * z / self.n
        middle, half = share + spread / 2, math.sqrt(spread * (share * (1 - share) + spread / 4))
        low = (middle - half) / (1 + spread) if self.count else 0.0
        return ConfidenceInterval(low, (middle + half) / (1 + spread) if self.count < self.n else 1.0)

    def _exact_interval(self, tail: float) -> ConfidenceInterval:
        """Take the limits from the quantiles of the beta distribution, which SciPy's ``binomtest`` searches for."""
        from scipy.special import betainccinv, betaincinv

        others = self.n - self.count
        low = float(betaincinv(self.count, others + 1, tail)) if self.count else 0.0
        high = float(betainccinv(self.count + 1, others, tail)) if others else 1.0
        return ConfidenceInterval(low, high)


def check_level(level: float) -> None:
    """Refuse a confidence level that is not strictly between 0 and 1.

    Parameters
    ----------
    level : float
        The level.

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> check_level(95)
    Traceback (most recent call last):
        ...
    ValueError: 'level' must lie strictly between 0 and 1 (got 95).
    """
    if not is_finite(level) or not 0 < float(level) < 1:
        raise ValueError(refusal("'level' must lie strictly between 0 and 1", level))


def normal_quantile(level: float) -> float:
    """Find how many standard errors a two-sided interval by the normal distribution reaches to each side.

    Parameters
    ----------
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    float
        The quantile at 1 - (1 - level) / 2.

    Raises
    ------
    ValueError
        If `level` is not strictly between 0 and 1.

    Examples
    --------
    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    check_level(level)
    # The lower tail keeps every digit where the upper one would be rounded to 1.
    return -NormalDist().inv_cdf((1 - float(level)) / 2)


def plain(number: Any) -> float | None:
    """Turn a number of any storage type into a Python float, and NaN into None.

    Parameters
    ----------
    number : float
        A number.

    Returns
    -------
    float or None
        The same number; None where it is missing.

    Examples
    --------
    >>> import numpy as np
    >>> plain(np.float64(1.5)), plain(np.nan)
    (1.5, None)
    """
    value = float(number)
    return None if math.isnan(value) else value


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Make an array that belongs to a result unwritable.

    Parameters
    ----------
    array : numpy.ndarray
        An array that nobody else holds.

    Returns
    -------
    numpy.ndarray
        The same array, not writeable.

    Examples
    --------
    >>> import numpy as np
    >>> read_only(np.zeros(2)).flags.writeable
    False
    """
    array.setflags(write=False)
    return array
