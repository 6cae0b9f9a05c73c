"""Durations and events become a Kaplan-Meier curve, which answers for its quantiles, its values and its mean.

The event table is counted in integers. Estimates are floats taken from the counts; whether a curve meets a quantile
exactly is decided in integers.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, overload

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import LARGEST, Column, Columns, FloatArray, Values, check_choice, read_columns
from ivigmyo.display import Named, OneRow, Scalar
from ivigmyo.errors import is_finite, refusal, spell
from ivigmyo.estimates import ConfidenceInterval, Rebuilt, normal_quantile, plain, read_only, same_content
from ivigmyo.survival.product_limit import BoolArray, IntArray, count_events, find_quantiles, greenwood_terms, product_limit

if TYPE_CHECKING:
    from lifelines import KaplanMeierFitter

__all__ = [
    "ConfidenceBand",
    "RestrictedMean",
    "SurvivalCurve",
    "Transform",
    "check_until",
    "kaplan_meier",
    "reverse_kaplan_meier",
]

Transform: TypeAlias = Literal["log-log", "log", "plain"]

# A share that lies as near to a simple fraction means it: 1/3, 0.1 + 0.2, numpy's linspace.
_SIMPLE = 1000
_MEANT = Fraction(1, 2**50)
# A band is irrational and never meets a share exactly; within this R calls the two equal, and so do we.
_BAND_TIE = math.sqrt(np.finfo(np.float64).eps)


class ConfidenceBand(NamedTuple):
    """The limits of S at several times.

    Parameters
    ----------
    low, high : numpy.ndarray of float
        The limits, one for each time, read-only; NaN where they are not defined. Bands with equal limits are equal.

    Examples
    --------
    >>> low, high = kaplan_meier([2, 5, 7, 9], [1, 1, 0, 1]).interval_at([1, 2, 10])
    >>> high.round(4).tolist()
    [1.0, 0.9605, nan]
    """

    low: FloatArray
    high: FloatArray

    def __eq__(self, other: object) -> bool:
        # A tuple's own comparison asks the arrays for one truth value, which they do not have.
        if not isinstance(other, ConfidenceBand):
            return False
        return all(np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in zip(self, other, strict=True))

    def __ne__(self, other: object) -> bool:
        return not self == other


@attrs.frozen(repr=False)
class RestrictedMean(OneRow):
    """The mean duration up to a time: the area under S from 0 to that time.

    Parameters
    ----------
    mean : float
        The restricted mean, in the unit of the durations.
    se : float or None
        Its standard error; None where it is not defined (one event, with `small_sample`).
    until : float
        The time up to which the mean is taken.
    n : int
        Patients the curve rests on.
    n_events : int
        Events up to and at `until`.
    small_sample : bool
        Whether the variance was multiplied by m / (m - 1), m being `n_events`.
    method : str, default "Greenwood"
        Where the variance comes from.

    Examples
    --------
    >>> rmst = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).restricted_mean(4)
    >>> rmst.mean, round(rmst.se, 4)
    (2.5, 0.559)
    """

    mean: float
    se: float | None
    until: float
    n: int
    n_events: int
    small_sample: bool
    method: str = "Greenwood"

    def confidence_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of the restricted mean: mean -+ z x se, by the normal distribution.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.

        Returns
        -------
        ConfidenceInterval
            The limits, in the unit of the durations; both None where `se` is None. They are not cut off at 0 or at
            `until`.

        Raises
        ------
        ValueError
            If `level` is not strictly between 0 and 1.

        Examples
        --------
        >>> low, high = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).restricted_mean(4).confidence_interval()
        >>> round(low, 3), round(high, 3)
        (1.404, 3.596)
        """
        z = normal_quantile(level)
        if self.se is None:
            return ConfidenceInterval(None, None)
        return ConfidenceInterval(self.mean - z * self.se, self.mean + z * self.se)


@attrs.frozen(repr=False)
class SurvivalCurve(Rebuilt, Named):
    """A Kaplan-Meier curve: S(t), the share of patients without the event up to and at time t.

    It is made by `kaplan_meier` or `reverse_kaplan_meier`. The arrays are read-only and hold one value for each
    distinct observed time, ascending; curves of equal content are equal.

    Parameters
    ----------
    n : int
        Patients.
    n_events : int
        Patients with the event.
    method : str
        ``"Kaplan-Meier"`` or ``"reverse Kaplan-Meier"``.
    time : numpy.ndarray of float
        The distinct observed times, of events and of censorings.
    n_risk : numpy.ndarray of int
        Patients with that time or a longer one.
    n_event : numpy.ndarray of int
        Patients with the event at that time.
    estimate : numpy.ndarray of float
        S at that time.

    Examples
    --------
    >>> curve = kaplan_meier([9, 13, 13, 18], [1, 1, 0, 0])
    >>> curve
    SurvivalCurve(n=4, n_events=2, method='Kaplan-Meier')
    >>> curve.time.tolist(), curve.n_risk.tolist(), curve.estimate.tolist()
    ([9.0, 13.0, 18.0], [4, 3, 1], [0.75, 0.5, 0.5])
    """

    n: int
    n_events: int
    method: str
    time: FloatArray = attrs.field(converter=read_only, eq=same_content, hash=False, repr=False)
    n_risk: IntArray = attrs.field(converter=read_only, eq=same_content, hash=False, repr=False)
    n_event: IntArray = attrs.field(converter=read_only, eq=same_content, hash=False, repr=False)
    estimate: FloatArray = attrs.field(converter=read_only, eq=same_content, hash=False, repr=False)

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:
        """Give the numbers by name, the median with its limits at `level`."""
        low, high = self.median_interval(level)
        return super().to_dict(level) | {"median_conf_low": low, "median_conf_high": high, "level": level}

    @property
    def n_censor(self) -> IntArray:
        """Patients censored at each time: those at risk there, neither with the event nor at risk later."""
        return read_only(self.n_risk - self.n_event - np.append(self.n_risk[1:], 0))

    @property
    def median(self) -> float | None:
        """The time by which half have had the event, ``quantile(0.5)``; None where S does not fall to 0.5."""
        return self.quantile(0.5)

    @property
    def last_event_time(self) -> float | None:
        """The time of the last event; None without events."""
        times = self.time[self.n_event > 0]
        return float(times[-1]) if len(times) else None

    @property
    def last_observed_time(self) -> float:
        """The longest duration, of an event or a censoring: where follow-up ends."""
        return float(self.time[-1])

    def quantile(self, q: float) -> float | None:
        """Find the time by which a share of patients has had the event.

        Parameters
        ----------
        q : float
            The share, greater than 0 and at most 1. It is taken as the simple fraction (denominator at most 1,000) that it
            equals within 2^-50, so that 1/3 is one third and 0.1 + 0.2 three tenths, or else as the decimal it is written
            as.

        Returns
        -------
        float or None
            The time; None where S does not fall to 1 - q.

        Raises
        ------
        ValueError
            If `q` is outside its range or not a number.

        Notes
        -----
        It is the smallest event time t with S(t) <= 1 - q. Where S(t) equals 1 - q, S stays there until the next
        event, and the quantile is the midpoint of the two event times (SAS PROC LIFETEST; R's ``print.survfit`` and
        ``quantile.survfit``). Equality is decided in integers, never by rounded products. Where no later event follows,
        three answers are in use: t itself (here, and in R's printed table), 'not evaluable' (SAS), and the midpoint of
        t and the end of follow-up (R's ``quantile``).

        References
        ----------
        Klein JP, Moeschberger ML. Survival Analysis, 2nd edition, 2003, section 4.5.

        Examples
        --------
        >>> kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).quantile(0.5)
        2.5
        >>> kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0]).quantile(0.5)
        2.0
        >>> kaplan_meier([1, 2, 3, 4], [1, 0, 0, 0]).quantile(0.5) is None
        True
        """
        left = 1 - _share(q)
        at = np.flatnonzero(self.n_event > 0)
        rows = self.n_risk[np.newaxis, at], self.n_event[np.newaxis, at], self.estimate[np.newaxis, at]
        return plain(find_quantiles(self.time[at], *rows, left)[0])

    def median_interval(self, level: float = 0.95, transform: Transform = "log-log") -> ConfidenceInterval:
        """Compute the confidence interval of the median, ``quantile_interval(0.5, level, transform)``.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.
        transform : {"log-log", "log", "plain"}, default "log-log"
            The scale on which the pointwise band is symmetric. SAS and lifelines use log-log, R's default is log.

        Returns
        -------
        ConfidenceInterval
            The limits, in the unit of the durations; None where a limit is not reached.

        Raises
        ------
        ValueError
            If `level` or `transform` is not among what is allowed.

        See Also
        --------
        SurvivalCurve.quantile_interval : The rule, and where R differs.

        Examples
        --------
        >>> curve = kaplan_meier([9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161], [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0])
        >>> curve.median, curve.median_interval(), curve.median_interval(transform="log")
        (31.0, ConfidenceInterval(low=13.0, high=None), ConfidenceInterval(low=18.0, high=None))
        """
        return self.quantile_interval(0.5, level, transform)

    def quantile_interval(self, q: float, level: float = 0.95, transform: Transform = "log-log") -> ConfidenceInterval:
        """Compute the confidence interval of a quantile by inverting the pointwise band.

        Parameters
        ----------
        q : float
            The share, greater than 0 and at most 1, taken as by `quantile`.
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.
        transform : {"log-log", "log", "plain"}, default "log-log"
            The scale on which the pointwise band is symmetric.

        Returns
        -------
        ConfidenceInterval
            The limits, in the unit of the durations; None where a limit is not reached.

        Raises
        ------
        ValueError
            If `q`, `level` or `transform` is not among what is allowed.

        Notes
        -----
        Each limit is the quantile read off a limit of the band by the same rule: the smallest event time at which the
        lower (upper) limit is at most 1 - q, or the midpoint to the next event time where it equals 1 - q. A band
        equals a share only by rounding, so here equality means within 1.5e-8, R's tolerance. Where S is 0 the band is
        not defined, and a limit that would need it is None.

        R's printed table (``print.survfit``) gives the same limits. R's ``quantile`` differs where a limit of the band
        rises again after a fall, as the upper one may late in follow-up: it reads the band sorted.

        References
        ----------
        Brookmeyer R, Crowley J. Biometrics 1982;38:29-41.

        Examples
        --------
        >>> curve = kaplan_meier([54, 75, 77, 84, 87, 92, 103, 105, 112, 118], [1] * 5 + [0] * 5)
        >>> curve.quantile(0.25), curve.quantile_interval(0.25)
        (77.0, ConfidenceInterval(low=54.0, high=None))
        """
        left = float(1 - _share(q))
        band = self._band(level, transform)
        at = np.flatnonzero(self.n_event > 0)
        low, high = (_invert(self.time[at], limit[at], left) for limit in band)
        return ConfidenceInterval(low, high)

    @overload
    def survival_at(self, t: float) -> float | None: ...
    @overload
    def survival_at(self, t: Column) -> FloatArray: ...
    def survival_at(self, t: float | Column) -> float | FloatArray | None:
        """Read S at one time or at several.

        Parameters
        ----------
        t : float or array_like of float
            Times, at least 0; a missing one gives a missing S.

        Returns
        -------
        float, None or numpy.ndarray of float
            For a number S(t), None where it is not defined; for a column an array, NaN where it is not defined.

        Raises
        ------
        ValueError
            If a time is negative, infinite or not a number.

        Notes
        -----
        S(t) includes the events at t. Before the first event it is 1. Beyond the last observed time it is not defined,
        unless it has reached 0, where it stays (as in SAS; R's ``summary`` with ``extend=TRUE`` carries it forward).

        Examples
        --------
        >>> curve = kaplan_meier([54, 75, 77, 84, 87, 92, 103, 105, 112, 118], [1] * 5 + [0] * 5)
        >>> curve.survival_at(80), curve.survival_at(119)
        (0.7, None)
        >>> curve.survival_at([0, 80, 100, 119])
        array([1. , 0.7, 0.5, nan])
        """
        columns = _read_times(t)
        values = self._read_off(self.estimate, columns["t"])
        return plain(values[0]) if columns.scalar else values

    @overload
    def interval_at(self, t: float, level: float = ..., transform: Transform = ...) -> ConfidenceInterval: ...
    @overload
    def interval_at(self, t: Column, level: float = ..., transform: Transform = ...) -> ConfidenceBand: ...
    def interval_at(
        self, t: float | Column, level: float = 0.95, transform: Transform = "log-log"
    ) -> ConfidenceInterval | ConfidenceBand:
        """Compute the pointwise confidence interval of S at one time or at several.

        Parameters
        ----------
        t : float or array_like of float
            Times, at least 0; a missing one gives missing limits.
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.
        transform : {"log-log", "log", "plain"}, default "log-log"
            The scale on which the interval is symmetric.

        Returns
        -------
        ConfidenceInterval or ConfidenceBand
            For a number two limits from 0 to 1, None where they are not defined; for a column two arrays, with NaN.

        Raises
        ------
        ValueError
            If a time is negative, infinite or not a number, or `level` or `transform` is not among what is allowed.

        Notes
        -----
        With Greenwood's G(t) = sum of d / (n (n - d)) over the event times up to t, and z the normal quantile:
        plain S -+ z S sqrt(G); log S exp(-+ z sqrt(G)); log-log S to the power exp(-+ z sqrt(G) / ln S). Plain and log
        limits are cut off at 0 and 1. Before the first event the limits are 1 and 1 (R leaves the log-log ones
        undefined there). Where S is 0, and beyond the last observed time, they are not defined.

        References
        ----------
        Klein JP, Moeschberger ML. Survival Analysis, 2nd edition, 2003, sections 4.2 and 4.3.

        Examples
        --------
        >>> curve = kaplan_meier([54, 75, 77, 84, 87, 92, 103, 105, 112, 118], [1] * 5 + [0] * 5)
        >>> low, high = curve.interval_at(80)
        >>> round(low, 3), round(high, 3)
        (0.329, 0.892)
        >>> curve.interval_at(119)
        ConfidenceInterval(low=None, high=None)
        """
        columns = _read_times(t)
        low, high = (self._read_off(limit, columns["t"]) for limit in self._band(level, transform))
        if columns.scalar:
            return ConfidenceInterval(plain(low[0]), plain(high[0]))
        return ConfidenceBand(read_only(low), read_only(high))

    def restricted_mean(self, until: float, small_sample: bool = False) -> RestrictedMean:
        """Compute the restricted mean survival time (RMST): the area under S from 0 up to a time.

        Parameters
        ----------
        until : float
            The time up to which the mean is taken, greater than 0; at most the last observed time, unless S has
            reached 0.
        small_sample : bool, default False
            Whether to multiply the variance by m / (m - 1), where m counts the events up to and at `until`.

        Returns
        -------
        RestrictedMean
            The mean with its standard error.

        Raises
        ------
        ValueError
            If `until` is not a finite number greater than 0, or lies beyond the last observed time of a curve that has
            not reached 0.

        Notes
        -----
        The variance is the sum of A(t)^2 d / (n (n - d)) over the event times t up to `until`, A(t) being the area from
        t to `until` (Greenwood's). R's ``print(survfit, rmean=until)`` gives the same two figures, but extends the last
        S beyond follow-up without saying so; SAS has them as PROC LIFETEST's RMST option. The factor m / (m - 1) is
        Kaplan and Meier's; SAS applies it to the 'Mean', which is taken up to the last event time. It is not defined
        for one event, and changes nothing without events, where the standard error is 0.

        References
        ----------
        Klein JP, Moeschberger ML. Survival Analysis, 2nd edition, 2003, section 4.5.
        Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481.

        Examples
        --------
        >>> curve = kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0])
        >>> rmst = curve.restricted_mean(4)
        >>> rmst.mean, round(rmst.se, 4), round(curve.restricted_mean(4, small_sample=True).se, 4)
        (2.75, 0.6495, 0.9186)
        >>> curve.restricted_mean(5)
        Traceback (most recent call last):
            ...
        ValueError: 'until' must be at most 4, the last observed time, since S has not reached 0 (got 5).
        """
        check_until(self, until)
        check_choice("small_sample", small_sample, (True, False))
        until = float(until)
        k = int(np.searchsorted(self.time, until, side="right"))
        edges = np.concatenate(([0.0], self.time[:k], [until]))
        areas = np.diff(edges) * np.concatenate(([1.0], self.estimate[:k]))
        ahead = areas[:0:-1].cumsum()[::-1]
        exponent = math.frexp(until)[1]  # squares of the scaled areas stay within what a float holds
        with np.errstate(all="ignore"):
            terms = np.ldexp(ahead, -exponent) ** 2 * greenwood_terms(self.n_risk[:k], self.n_event[:k])
        # Where the last patient at risk has the event, no area lies ahead and the term is 0 times infinity: nothing.
        variance, m = float(np.nansum(terms)), int(self.n_event[:k].sum())
        if small_sample and m > 1:
            variance *= m / (m - 1)
        se = None if small_sample and m == 1 else math.ldexp(math.sqrt(variance), exponent)
        return RestrictedMean(math.fsum(areas), se, until, self.n, m, small_sample)

    def to_frame(self, level: float = 0.95, transform: Transform = "log-log") -> pd.DataFrame:
        """Lay the curve out as a table with one row for each distinct observed time.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of the pointwise limits, strictly between 0 and 1.
        transform : {"log-log", "log", "plain"}, default "log-log"
            The scale on which the limits are symmetric.

        Returns
        -------
        pandas.DataFrame
            Columns ``time``, ``n_risk``, ``n_event``, ``n_censor``, ``estimate`` (S), ``std_error`` (of S, by
            Greenwood), ``conf_low``, ``conf_high``. Where S is 0, the standard error and the limits are NaN, as in R.

        Raises
        ------
        ValueError
            If `level` or `transform` is not among what is allowed.

        Examples
        --------
        >>> frame = kaplan_meier([9, 13, 13, 18], [1, 1, 0, 0]).to_frame()
        >>> print(frame.round(3).to_string(index=False))
         time  n_risk  n_event  n_censor  estimate  std_error  conf_low  conf_high
          9.0       4        1         0      0.75      0.217     0.128      0.961
         13.0       3        1         1      0.50      0.250     0.058      0.845
         18.0       1        0         1      0.50      0.250     0.058      0.845
        """
        low, high = self._band(level, transform)
        with np.errstate(all="ignore"):
            std_error = self.estimate * self._log_se()
        columns = {"time": self.time, "n_risk": self.n_risk, "n_event": self.n_event, "n_censor": self.n_censor}
        limits = {"std_error": std_error, "conf_low": low, "conf_high": high}
        return pd.DataFrame(columns | {"estimate": self.estimate} | limits)

    def to_lifelines(self) -> KaplanMeierFitter:
        """Hand the data over to lifelines.

        Returns
        -------
        lifelines.KaplanMeierFitter
            Fitted to the same durations and events, patients with the event first. Its median may differ from this
            one's where S meets 0.5 exactly.

        Examples
        --------
        >>> fitter = kaplan_meier([1, 2, 3, 4], [1, 1, 0, 1]).to_lifelines()
        >>> round(float(fitter.predict(2)), 10)
        0.5
        """
        durations = np.concatenate((np.repeat(self.time, self.n_event), np.repeat(self.time, self.n_censor)))
        events = np.arange(self.n) < self.n_events
        with np.errstate(all="ignore"):
            from lifelines import KaplanMeierFitter

            return KaplanMeierFitter().fit(durations, events)

    def _log_se(self) -> FloatArray:
        """Greenwood's standard error of ln S; infinite where S is 0."""
        return np.asarray(np.sqrt(greenwood_terms(self.n_risk, self.n_event).cumsum()))

    def _band(self, level: float, transform: Transform) -> tuple[FloatArray, FloatArray]:
        check_choice("transform", transform, ("log-log", "log", "plain"))
        z = normal_quantile(level)
        with np.errstate(all="ignore"):
            s, spread = self.estimate, z * self._log_se()
            if transform == "plain":
                limits = s - s * spread, s + s * spread
            elif transform == "log":
                limits = s * np.exp(-spread), s * np.exp(spread)
            else:
                power = spread / np.log(s)
                limits = s ** np.exp(-power), s ** np.exp(power)
        low, high = (np.where(s == 0, np.nan, np.where(s == 1, 1.0, np.clip(limit, 0, 1))) for limit in limits)
        return low, high

    def _read_off(self, values: FloatArray, t: FloatArray) -> FloatArray:
        """Values of a step function at times t: 1 before the first observed time."""
        steps = np.concatenate(([1.0], values))[np.searchsorted(self.time, t, side="right")]
        undefined = np.isnan(t) | ((t > self.time[-1]) & (self.estimate[-1] > 0))
        return np.where(undefined, np.nan, steps)


def kaplan_meier(durations: Values, events: Values) -> SurvivalCurve:
    """Estimate the survival curve of right-censored durations.

    Parameters
    ----------
    durations : array_like of float
        One duration a patient, at least 0, in any unit; none may be missing. Rows may come in any order.
    events : array_like of int or bool
        1 or True where the duration ended with the event, 0 or False where it was censored; none may be missing.

    Returns
    -------
    SurvivalCurve
        The curve, which answers for its quantiles, its values at a time, its restricted mean and their intervals.

    Raises
    ------
    ValueError
        If there is no patient, lengths or indexes differ, a duration is negative, missing or infinite, or an event is
        anything but 0 and 1.

    Notes
    -----
    S(t) is the product of (n - d) / n over the event times up to t, n being the patients with that duration or a longer
    one and d the events at it: a patient censored at the time of an event is still at risk there. An event at duration
    0 counts, so that S(0) is below 1. Durations are compared as they are: two that differ in the last binary digit are
    two times (R's ``survfit`` joins times that differ by a relative 1.5e-8, unless ``timefix=FALSE``).

    References
    ----------
    Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481.
    Saito et al. 2008, Table 4 and Fig. 3.

    Examples
    --------
    The durations of normal CK in Saito et al. 2008, Table 4 (13 patients, ``>`` read as censored), in days:

    >>> durations = [254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131, 52]
    >>> events = [0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0]
    >>> curve = kaplan_meier(durations, events)
    >>> curve.median, curve.median_interval()
    (371.0, ConfidenceInterval(low=99.0, high=None))
    >>> rmst = curve.restricted_mean(curve.last_event_time)
    >>> round(rmst.mean, 2), round(rmst.se, 2), rmst.until
    (292.75, 40.37, 423.0)

    The published 334.5 days and 302.3 +- 40.0 follow if time runs from the start of treatment and patient 2 (day 279,
    'monitoring discontinued') is an event:

    >>> from_start = [279, 390, 472, 139, 444, 137, 438, 96, 255, 400, 628, 180, 59]
    >>> published = kaplan_meier(from_start, [1, *events[1:]])
    >>> rmst = published.restricted_mean(438, small_sample=True)
    >>> published.median, round(rmst.mean, 2), round(rmst.se, 2)
    (334.5, 302.33, 40.04)
    """
    return _curve(*_read(durations, events, event=1), "Kaplan-Meier")


def reverse_kaplan_meier(durations: Values, events: Values) -> SurvivalCurve:
    """Estimate the curve of follow-up: how long patients would have been observed, had no event ended it.

    Parameters
    ----------
    durations : array_like of float
        One duration a patient, at least 0; none may be missing.
    events : array_like of int or bool
        1 or True where the duration ended with the event, 0 or False where it was censored: the same as for
        `kaplan_meier`.

    Returns
    -------
    SurvivalCurve
        The curve in which censoring is the event; its median is the median follow-up.

    Raises
    ------
    ValueError
        As for `kaplan_meier`.

    Notes
    -----
    The roles of event and censoring are exchanged, as with R's ``survfit(Surv(time, 1 - event) ~ 1)``: a patient whose
    event falls on the day of another's censoring is still at risk of being censored on that day.

    References
    ----------
    Schemper M, Smith TL. Control Clin Trials 1996;17:343-346.

    Examples
    --------
    >>> reverse_kaplan_meier([10, 20, 30, 40, 50], [1, 0, 0, 1, 0]).median
    40.0
    """
    return _curve(*_read(durations, events, event=0), "reverse Kaplan-Meier")


def check_until(curve: SurvivalCurve, until: float, record: str = "") -> None:
    """Refuse a time up to which a curve has no restricted mean.

    Parameters
    ----------
    curve : SurvivalCurve
        The curve.
    until : float
        The time.
    record : str, default ""
        Whose curve it is, for the message, such as ``"for group 'PM'"``.

    Raises
    ------
    ValueError
        If `until` is not a finite number greater than 0, or lies beyond the last observed time of a curve that has not
        reached 0.

    Examples
    --------
    >>> check_until(kaplan_meier([3, 5], [1, 0]), 6, "for group 'PM'")
    Traceback (most recent call last):
        ...
    ValueError: 'until' must be at most 5, the last observed time, since S has not reached 0 (got 6) for group 'PM'.
    """
    if not is_finite(until) or not 0 < float(until) <= LARGEST:
        raise ValueError(refusal("'until' must be a finite number greater than 0", until))
    if float(until) > curve.time[-1] and curve.estimate[-1] > 0:
        rule = f"'until' must be at most {spell(curve.time[-1])}, the last observed time, since S has not reached 0"
        raise ValueError(refusal(rule, until, record))


def _read(durations: Values, events: Values, event: int) -> tuple[FloatArray, BoolArray]:
    columns = read_columns(allow_bool=True, durations=durations, events=events)
    if not len(columns):
        raise ValueError("'durations' must hold at least one value.")
    columns.require("durations", "events")
    columns.require_sizes()
    columns.refuse("durations", columns["durations"] < 0, "must be at least 0")
    columns.refuse("events", (columns["events"] != 0) & (columns["events"] != 1), "must be 0 or 1")
    return columns["durations"], columns["events"] == event


def _read_times(t: Values) -> Columns:
    columns = read_columns(scalars=True, t=t)
    columns.refuse("t", columns["t"] < 0, "must be at least 0")
    return columns


def _share(q: float) -> Fraction:
    """Take a share as the simple fraction it equals but for rounding, or else as the decimal it is written as."""
    if not is_finite(q) or not 0 < q <= 1:
        raise ValueError(refusal("'q' must be greater than 0 and at most 1", q))
    written = Fraction(str(q))
    simple = written.limit_denominator(_SIMPLE)
    return simple if simple > 0 and abs(simple - written) <= _MEANT else written


def _curve(durations: FloatArray, event: BoolArray, method: str) -> SurvivalCurve:
    time, n_risk, n_event = count_events(durations, event)
    estimate = product_limit(n_risk, n_event)
    return SurvivalCurve(len(durations), int(np.count_nonzero(event)), method, time, n_risk, n_event, estimate)


def _time_at(time: FloatArray, k: int, tied: bool) -> float:
    """Give the k-th event time, or where S stays at the share asked for, the midpoint to the next one."""
    return float(time[k] + time[k + 1]) / 2 if tied and k + 1 < len(time) else float(time[k])


def _invert(time: FloatArray, limit: FloatArray, left: float) -> float | None:
    reached = np.flatnonzero(limit < left + _BAND_TIE)
    if not len(reached):
        return None
    k = int(reached[0])
    return _time_at(time, k, tied=abs(float(limit[k]) - left) < _BAND_TIE)
