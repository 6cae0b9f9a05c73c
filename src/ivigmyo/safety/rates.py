"""Rates of events by exposure."""

from __future__ import annotations

import attrs

from ivigmyo.display import OneRow
from ivigmyo.errors import number_problem, refusal, refuse
from ivigmyo.estimates import ConfidenceInterval, check_level

__all__ = ["Rate", "event_rate"]


@attrs.frozen(repr=False)
class Rate(OneRow):
    """Events by exposure.

    Parameters
    ----------
    rate : float or None
        Events in `per` units of exposure; None without exposure.
    events : int
        Events counted.
    exposure : float
        Over how much they were counted: courses, infusions, patient-years.
    per : float
        How many units of exposure the rate refers to.
    method : str
        The interval.

    Examples
    --------
    >>> found = event_rate(8, 664)
    >>> round(found.rate, 6)
    1.204819
    """

    rate: float | None
    events: int
    exposure: float
    per: float
    method: str = "exact Poisson"

    def confidence_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the exact Poisson interval of the rate.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.

        Returns
        -------
        ConfidenceInterval
            The limits per `per` units, the lower one 0 without an event; both None without exposure.

        Notes
        -----
        The quantiles of the gamma distribution with as many events, and with one more: Garwood's interval, that of R's
        ``poisson.test``. It takes events as independent: count the first event of each patient where they may repeat.

        References
        ----------
        Garwood F. Biometrika 1936;28:437.

        Examples
        --------
        >>> low, high = event_rate(8, 664).confidence_interval()
        >>> round(low, 6), round(high, 6)
        (0.520155, 2.373974)
        """
        check_level(level)
        if self.rate is None:
            return ConfidenceInterval(None, None)
        from scipy.special import gammainccinv, gammaincinv

        tail = (1 - float(level)) / 2
        low = float(gammaincinv(self.events, tail)) if self.events else 0.0
        high = float(gammainccinv(self.events + 1, tail))
        return ConfidenceInterval(low / self.exposure * self.per, high / self.exposure * self.per)


def event_rate(events: int, exposure: float, per: float = 100) -> Rate:
    """Compute a rate of events by exposure.

    Parameters
    ----------
    events : int
        How many events, 0 or more.
    exposure : float
        Over how many units they were counted: courses, infusions, patient-years. 0 only without an event.
    per : float, default 100
        How many units the rate refers to.

    Returns
    -------
    Rate
        The rate; ``confidence_interval()`` is exact.

    Raises
    ------
    ValueError
        If `events` is no whole number of at least 0, `exposure` is negative, or 0 with events, or `per` is not above 0.

    Examples
    --------
    >>> event_rate(3, 12.5, per=1).rate
    0.24
    """
    refuse(
        [
            number_problem("events", events, 0, whole=True, required=True),
            number_problem("exposure", exposure, 0, required=True),
            number_problem("per", per, 0, above=True, required=True),
        ]
    )
    if exposure == 0 and events > 0:
        raise ValueError(refusal("'exposure' must be greater than 0 where there are events", exposure))
    rate = float(events / exposure * per) if exposure else None
    return Rate(rate, int(events), float(exposure), float(per))
