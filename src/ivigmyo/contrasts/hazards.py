"""The hazard of one arm over that of another, by Cox's model."""

from __future__ import annotations

import math
import warnings
from collections.abc import Hashable

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import FloatArray, Values, read_columns
from ivigmyo.contrasts.arms import Codes, cross, read_arms, read_factors
from ivigmyo.contrasts.log_rank import count_groups
from ivigmyo.display import OneRow, Scalar
from ivigmyo.errors import spell
from ivigmyo.estimates import ConfidenceInterval, normal_quantile
from ivigmyo.survival import kaplan_meier

__all__ = ["HazardRatio", "hazard_ratio"]

_PRECISION = 1e-12  # lifelines stops in the fifth digit by default


@attrs.frozen(repr=False)
class HazardRatio(OneRow):
    """The hazard in one group over that in the reference group.

    Parameters
    ----------
    ratio : float or None
        Below 1 where events come later, or fewer, in the other group; None where it does not exist.
    se : float or None
        The standard error of its logarithm.
    statistic, p_value : float or None
        Wald's z and its two-sided P value.
    other, reference : hashable
        The labels of the two groups.
    n, n_events : int
        Patients, and those with the event.
    n_events_other, n_events_reference : int
        Patients with the event in each group.
    n_strata : int
        Strata, each of which has a hazard of its own; 0 where there are none.
    reason : str or None
        Why there is no ratio; None where there is one.
    method : str
        The name of the model.

    Examples
    --------
    >>> found = hazard_ratio([6, 7, 10, 15, 19, 25], [1, 1, 0, 1, 0, 0], ["A", "B", "B", "A", "A", "B"], "A")
    >>> found.other, round(found.ratio, 4), found.n_events_other
    ('B', 0.531, 1)
    """

    ratio: float | None
    se: float | None
    statistic: float | None
    p_value: float | None
    other: Hashable
    reference: Hashable
    n: int
    n_events: int
    n_events_other: int
    n_events_reference: int
    n_strata: int = 0
    reason: str | None = None
    method: str = "Cox, ties by Efron, Wald"

    def confidence_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute Wald's confidence interval of the ratio: exp(ln ratio -+ z x se).

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.

        Returns
        -------
        ConfidenceInterval
            The limits; both None where there is no ratio.

        Examples
        --------
        >>> found = hazard_ratio([6, 7, 10, 15, 19, 25], [1, 1, 0, 1, 0, 0], ["A", "B", "B", "A", "A", "B"], "A")
        >>> low, high = found.confidence_interval()
        >>> round(low, 3), round(high, 3)
        (0.046, 6.164)
        """
        z = normal_quantile(level)
        if self.ratio is None or self.se is None:
            return ConfidenceInterval(None, None)
        return ConfidenceInterval(self.ratio * math.exp(-z * self.se), self.ratio * math.exp(z * self.se))

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:
        """Give the numbers by name, with the limits at `level`; what does not exist is None."""
        low, high = self.confidence_interval(level)
        row: dict[str, Scalar] = {"ratio": self.ratio, "conf_low": low, "conf_high": high, "level": level}
        names = ("se", "statistic", "p_value", "n", "n_events", "n_events_other", "n_events_reference", "n_strata")
        return row | {name: getattr(self, name) for name in (*names, "reason", "method")}


def hazard_ratio(
    durations: Values, events: Values, groups: Values, reference: Hashable, strata: Values | pd.DataFrame | None = None
) -> HazardRatio:
    """Compare the hazards of two groups by Cox's model.

    Parameters
    ----------
    durations : array_like of float
        One duration a patient, at least 0; none may be missing.
    events : array_like of int or bool
        1 or True for the event, 0 or False for a censoring; none may be missing.
    groups : array_like
        One label a patient, of exactly two groups; none may be missing.
    reference : hashable
        The label of the group whose hazard is divided by.
    strata : array_like or DataFrame, optional
        One label a patient, or a frame of several columns whose combinations are the strata, each with a baseline hazard
        of its own; none may be missing.

    Returns
    -------
    HazardRatio
        The ratio, the other group over the reference, with its test and interval; without a ratio, the reason.

    Raises
    ------
    ValueError
        As for `kaplan_meier`, or if there are not exactly two groups, or `reference` is neither of them.

    Notes
    -----
    R's ``coxph(ties = "efron")`` with ``strata()``, and PROC PHREG of SAS with TIES=EFRON. The likelihood has no maximum,
    and R's answer is where it stops, if one group has no event at a time when both groups of a stratum are at risk.
    lifelines computes the fit, asked for 12 digits.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Efron B. J Am Stat Assoc 1977;72:557-565.

    Examples
    --------
    >>> found = hazard_ratio([6, 7, 10, 15], [1, 0, 1, 0], ["A", "B", "A", "B"], "A")
    >>> found.ratio is None, found.reason
    (True, "no event in group 'B' while both groups were at risk")
    """
    kaplan_meier(durations, events)  # refuses what are no durations and events
    columns = read_columns(allow_bool=True, durations=durations, events=events)
    arms = read_arms(columns, "groups", groups, "reference", reference)
    factors = read_factors(columns, strata)
    stratum, event, other = cross(factors, len(columns)), columns["events"] == 1, arms.is_treated
    counts = len(columns), int(event.sum()), int(event[other].sum()), int(event[~other].sum())
    n_strata = int(stratum.max()) + 1 if factors else 0
    lacking = _without_event(columns["durations"], event, other, stratum)
    if lacking is not None:
        reason = f"no event in group {spell((arms.control, arms.treated)[lacking])} while both groups were at risk"
        return HazardRatio(None, None, None, None, arms.treated, arms.control, *counts, n_strata, reason)
    log_ratio, se = _fit(columns["durations"], event, other, stratum)
    z = log_ratio / se
    p_value = math.erfc(abs(z) / math.sqrt(2))
    return HazardRatio(math.exp(log_ratio), se, z, p_value, arms.treated, arms.control, *counts, n_strata)


def _without_event(
    durations: FloatArray, event: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_], stratum: Codes
) -> int | None:
    """Say which group had no event while the other was at risk too: 0 the reference, 1 the other."""
    seen = np.zeros(2, dtype=np.int64)
    for each in range(int(stratum.max()) + 1):
        members = stratum == each
        table = count_groups(durations[members], event[members], other[members].astype(np.int64), 2)
        seen += table.n_event[(table.n_risk > 0).all(axis=1)].sum(axis=0)
    return None if seen.all() else int(seen.argmin())


def _fit(
    durations: FloatArray, event: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_], stratum: Codes
) -> tuple[float, float]:
    """Let lifelines maximize the partial likelihood: the logarithm of the ratio and its standard error."""
    frame = pd.DataFrame({"duration": durations, "event": event, "other": other.astype(np.float64), "stratum": stratum})
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import CoxPHFitter

        fitter = CoxPHFitter()
        options = {"precision": _PRECISION, "r_precision": _PRECISION}
        fitter.fit(frame, "duration", "event", strata=["stratum"], fit_options=options)
    return float(fitter.params_["other"]), float(fitter.standard_errors_["other"])
