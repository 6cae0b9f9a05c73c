"""How long, in groups compared: log-rank test, restricted means."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Columns, Values, read_columns
from ivigmyo.contrasts.arms import cross, read_arms, read_factors, read_levels
from ivigmyo.contrasts.hazards import HazardRatio, hazard_ratio
from ivigmyo.contrasts.log_rank import count_log_rank, quadratic_form
from ivigmyo.display import OneRow, Scalar
from ivigmyo.errors import refusal, spell
from ivigmyo.estimates import ConfidenceInterval, normal_quantile
from ivigmyo.survival import RestrictedMean, SurvivalCurve, check_until, kaplan_meier

__all__ = [
    "DurationComparison",
    "GroupEvents",
    "LogRankTest",
    "RestrictedMeanComparison",
    "compare_durations",
    "compare_restricted_means",
    "compare_survival",
]


@attrs.frozen(repr=False)
class GroupEvents(OneRow):
    """One group in a log-rank test.

    Parameters
    ----------
    group : hashable
        The group's label.
    n : int
        Patients.
    observed : int
        Patients with the event.
    expected : float
        Events to be expected if the hazard were the same in all groups.

    Examples
    --------
    >>> compare_survival([3, 5, 4, 9], [1, 1, 1, 0], ["A", "A", "B", "B"]).groups[0]
    GroupEvents(group='A', n=2, observed=2, expected=1.3333333333333333)
    """

    group: Hashable
    n: int
    observed: int
    expected: float


@attrs.frozen(repr=False)
class LogRankTest(OneRow):
    """The log-rank test of equal survival in two or more groups.

    Parameters
    ----------
    statistic : float or None
        The chi-squared statistic; None where no test is possible.
    df : int
        Degrees of freedom; 0 where no test is possible.
    p_value : float or None
        The P value; None where no test is possible.
    n : int
        Patients.
    n_events : int
        Patients with the event.
    groups : tuple of GroupEvents
        The counts of each group, in the order of the labels.
    method : str, default "log-rank"
        The name of the test.
    n_strata : int, default 0
        Strata whose observed and expected events were added up; 0 where there are none.

    Examples
    --------
    >>> test = compare_survival([3, 5, 4, 9], [1, 1, 1, 0], ["A", "A", "B", "B"])
    >>> round(test.statistic, 4), test.df, test.n_events
    (0.6154, 1, 3)
    >>> compare_survival([3, 5, 4, 9], [0, 0, 0, 0], ["A", "A", "B", "B"]).statistic is None
    True
    """

    statistic: float | None
    df: int
    p_value: float | None
    n: int
    n_events: int
    groups: tuple[GroupEvents, ...]
    method: str = "log-rank"
    n_strata: int = 0

    @property
    def lone_groups(self) -> tuple[Hashable, ...]:
        """The groups of one patient alone, on whose one day the P value rests."""
        return tuple(each.group for each in self.groups if each.n == 1)

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:  # noqa: ARG002 - a test has no limits
        """Give the numbers by name, the groups' counts under their labels; what does not exist is None."""
        row: dict[str, Scalar] = {name: getattr(self, name) for name in ("statistic", "df", "p_value", "n", "n_events")}
        for each in self.groups:
            row |= {f"{name}_{each.group}": getattr(each, name) for name in ("n", "observed", "expected")}
        return row | {"n_strata": self.n_strata, "method": self.method}


@attrs.frozen(repr=False)
class RestrictedMeanComparison(OneRow):
    """The difference of two groups' restricted means.

    Parameters
    ----------
    difference : float
        The restricted mean of the other group minus that of the reference group, in the unit of the durations.
    se : float
        Its standard error.
    statistic : float or None
        `difference` / `se`; None where `se` is 0.
    p_value : float or None
        The two-sided P value by the normal distribution; None where `se` is 0.
    until : float
        The time up to which both means are taken.
    other, reference : hashable
        The labels of the two groups.
    other_mean, reference_mean : RestrictedMean
        The restricted mean of each.
    method : str, default "normal"
        The distribution the test and the interval rest on.

    Examples
    --------
    >>> comparison = compare_restricted_means([3, 5, 4, 9], [1, 1, 1, 0], ["A", "A", "B", "B"], 9, "A")
    >>> comparison.reference, comparison.other, comparison.difference
    ('A', 'B', 2.5)
    """

    difference: float
    se: float
    statistic: float | None
    p_value: float | None
    until: float
    other: Hashable
    reference: Hashable
    other_mean: RestrictedMean
    reference_mean: RestrictedMean
    method: str = "normal"

    def confidence_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of the difference: difference -+ z x se, by the normal distribution.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.

        Returns
        -------
        ConfidenceInterval
            The limits, in the unit of the durations.

        Raises
        ------
        ValueError
            If `level` is not strictly between 0 and 1.

        Examples
        --------
        >>> groups = ["A", "A", "A", "B", "B", "B"]
        >>> comparison = compare_restricted_means([2, 4, 6, 3, 6, 9], [1, 1, 1, 1, 1, 0], groups, 6, "A")
        >>> low, high = comparison.confidence_interval(0.9)
        >>> comparison.difference, round(low, 2), round(high, 2)
        (1.0, -1.05, 3.05)
        """
        margin = normal_quantile(level) * self.se
        return ConfidenceInterval(self.difference - margin, self.difference + margin)

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:
        """Give the numbers by name, with the limits at `level`; what does not exist is None."""
        low, high = self.confidence_interval(level)
        row: dict[str, Scalar] = {"difference": self.difference, "conf_low": low, "conf_high": high, "level": level}
        row |= {name: getattr(self, name) for name in ("se", "statistic", "p_value", "until")}
        means = {"mean_other": self.other_mean.mean, "mean_reference": self.reference_mean.mean}
        return row | means | {"method": self.method}


def _same_counts(one: SurvivalCurve, other: SurvivalCurve) -> bool:
    """Tell whether two curves rest on the same counts: a curve itself is equal to no other."""
    columns = ("time", "n_risk", "n_event")
    return one.method == other.method and all(np.array_equal(getattr(one, c), getattr(other, c)) for c in columns)


@attrs.frozen(repr=False)
class DurationComparison(OneRow):
    """How long it takes in the treated arm against the control arm.

    Parameters
    ----------
    hazard_ratio : HazardRatio
        The hazard of the treated over that of the control arm.
    restricted_mean : RestrictedMeanComparison or None
        The difference of the restricted means, treated minus control; None where no time was stated.
    log_rank : LogRankTest
        The test that both arms are alike.
    treated, control : hashable
        The labels of the arms.
    treated_curve, control_curve : SurvivalCurve
        The curve of each arm, of all strata together.

    Examples
    --------
    >>> arm = ["IVIG", "IVIG", "IVIG", "placebo", "placebo", "placebo"]
    >>> comparison = compare_durations([2, 4, 6, 3, 6, 9], [1, 1, 1, 1, 1, 0], arm, "placebo", until=6)
    >>> comparison.restricted_mean.difference, comparison.log_rank.df, comparison.curves["placebo"].median
    (-1.0, 1, 6.0)
    """

    hazard_ratio: HazardRatio
    restricted_mean: RestrictedMeanComparison | None
    log_rank: LogRankTest
    treated: Hashable
    control: Hashable
    treated_curve: SurvivalCurve = attrs.field(eq=attrs.cmp_using(eq=_same_counts), hash=False)
    control_curve: SurvivalCurve = attrs.field(eq=attrs.cmp_using(eq=_same_counts), hash=False)

    @property
    def curves(self) -> dict[Any, SurvivalCurve]:
        """The curve of each arm by its label, treated first."""
        return {self.treated: self.treated_curve, self.control: self.control_curve}

    @property
    def p_value(self) -> float | None:
        """The P value of the log-rank test; None where no test is possible."""
        return self.log_rank.p_value

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:
        """Give the numbers by name, with the limits at `level`; what does not exist is None.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of the limits.

        Returns
        -------
        dict
            One entry a number; `to_frame` lays out the same as one row.
        """
        ratio, mean, test = self.hazard_ratio, self.restricted_mean, self.log_rank
        row: dict[str, Scalar] = {"log_rank": test.statistic, "log_rank_df": test.df, "log_rank_p_value": test.p_value}
        low, high = ratio.confidence_interval(level)
        row |= {"hazard_ratio": ratio.ratio, "hazard_ratio_low": low, "hazard_ratio_high": high}
        row |= {"hazard_ratio_p_value": ratio.p_value, "hazard_ratio_reason": ratio.reason}
        if mean is not None:
            row |= {f"restricted_mean_{name}": value for name, value in mean.to_dict(level).items() if name != "level"}
        for name, curve in (("treated", self.treated_curve), ("control", self.control_curve)):
            row |= {f"{name}_n": curve.n, f"{name}_n_events": curve.n_events, f"{name}_median": curve.median}
        return row | {"n_strata": test.n_strata, "level": level, "method": f"{test.method}; {ratio.method}"}


def compare_survival(
    durations: Values, events: Values, groups: Values, strata: Values | pd.DataFrame | None = None
) -> LogRankTest:
    """Compare the survival of groups by the log-rank test.

    Parameters
    ----------
    durations : array_like of float
        One duration a patient, at least 0; none may be missing.
    events : array_like of int or bool
        1 or True for the event, 0 or False for a censoring; none may be missing.
    groups : array_like
        One label a patient; none may be missing.
    strata : array_like or DataFrame, optional
        One label a patient, or a frame of several columns whose combinations are the strata; none may be missing.
        Patients are compared within their stratum only.

    Returns
    -------
    LogRankTest
        The statistic, its degrees of freedom and P value, and each group's observed and expected events.

    Raises
    ------
    ValueError
        As for `kaplan_meier`, or if there are fewer than two groups, or a stratum is missing.

    Notes
    -----
    This is R's ``survdiff`` (with ``strata()``) and SAS PROC LIFETEST's log-rank test, with the hypergeometric variance at
    ties. The degrees of freedom are the groups with expected events, less one; less one more for each further set of
    groups that were never at risk together with the others. No test is possible without events, where only one group was
    at risk when they happened, or where one time took all who were at risk.

    References
    ----------
    Klein JP, Moeschberger ML. Survival Analysis, 2nd edition, 2003, sections 7.3 and 7.5.

    Examples
    --------
    >>> test = compare_survival([6, 7, 10, 15, 19, 25], [1, 0, 1, 1, 0, 1], ["A", "A", "A", "B", "B", "B"])
    >>> round(test.statistic, 3), test.df, round(test.p_value, 3)
    (3.571, 1, 0.059)
    >>> [(each.group, each.n, each.observed, round(each.expected, 3)) for each in test.groups]
    [('A', 3, 2, 0.75), ('B', 3, 2, 3.25)]
    """
    kaplan_meier(durations, events)  # refuses what are no durations and events
    columns = read_columns(allow_bool=True, durations=durations, events=events)
    labels, codes = read_levels(columns, "groups", groups)
    if len(labels) < 2:
        raise ValueError(refusal("'groups' must have at least two different labels", len(labels)))
    factors = read_factors(columns, strata)
    stratum, event = cross(factors, len(columns)), columns["events"] == 1
    counts = [
        count_log_rank(columns["durations"][members], event[members], codes[members], len(labels))
        for members in (stratum == each for each in range(int(stratum.max()) + 1))
    ]
    n, observed = np.bincount(codes), np.bincount(codes, weights=event)
    expected, covariance = (np.sum([each[i] for each in counts], axis=0) for i in range(2))
    statistic, df = quadratic_form(observed - expected, covariance)
    rows = zip(labels, n.tolist(), observed.astype(int).tolist(), expected.tolist(), strict=True)
    p_value = None
    if statistic is not None:
        from scipy.special import chdtrc

        p_value = float(chdtrc(df, statistic))
    method, n_strata = ("stratified log-rank", len(counts)) if factors else ("log-rank", 0)
    groups_seen = tuple(GroupEvents(*each) for each in rows)
    return LogRankTest(statistic, df, p_value, len(columns), int(event.sum()), groups_seen, method, n_strata)


def compare_restricted_means(
    durations: Values, events: Values, groups: Values, until: float, reference: Hashable
) -> RestrictedMeanComparison:
    """Compare the restricted mean survival times of two groups.

    Parameters
    ----------
    durations : array_like of float
        One duration a patient, at least 0; none may be missing.
    events : array_like of int or bool
        1 or True for the event, 0 or False for a censoring; none may be missing.
    groups : array_like
        One label a patient, of exactly two groups; none may be missing.
    until : float
        The time up to which both means are taken, greater than 0 and within the follow-up of both groups: at most the
        last observed time of each, unless its S has reached 0.
    reference : hashable
        The label of the group that is subtracted.

    Returns
    -------
    RestrictedMeanComparison
        The difference, the other group minus the reference, with its standard error, test and interval.

    Raises
    ------
    ValueError
        As for `kaplan_meier`, or if there are not exactly two groups, `reference` is neither of them, or `until` lies
        outside a group's follow-up.

    Notes
    -----
    The two means are independent, so their variances (`SurvivalCurve.restricted_mean`, without the small-sample factor)
    add up; difference / se is compared with the normal distribution. R's package survRM2 gives the same figures.

    References
    ----------
    Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152.

    Examples
    --------
    >>> groups = ["A", "A", "A", "B", "B", "B"]
    >>> comparison = compare_restricted_means([2, 4, 6, 3, 6, 9], [1, 1, 1, 1, 1, 0], groups, until=6, reference="A")
    >>> comparison.other_mean.mean, comparison.reference_mean.mean, comparison.difference
    (5.0, 4.0, 1.0)
    >>> round(comparison.se, 3), round(comparison.p_value, 3)
    (1.247, 0.423)
    """
    kaplan_meier(durations, events)  # refuses what are no durations and events
    columns = read_columns(allow_bool=True, durations=durations, events=events)
    labels, codes = read_levels(columns, "groups", groups)
    if len(labels) != 2:
        raise ValueError(refusal("'groups' must have exactly two different labels", len(labels)))
    if reference not in labels:
        raise ValueError(refusal(f"'reference' must be one of the groups {', '.join(map(spell, labels))}", reference))
    first = labels.index(reference)
    base, other = (_group_mean(columns, codes == code, until, labels[code]) for code in (first, 1 - first))
    difference, se = other.mean - base.mean, math.hypot(other.se or 0.0, base.se or 0.0)
    statistic = difference / se if se else None
    p_value = None if statistic is None else math.erfc(abs(statistic) / math.sqrt(2))
    return RestrictedMeanComparison(
        difference, se, statistic, p_value, other.until, labels[1 - first], labels[first], other, base
    )


def compare_durations(
    durations: Values,
    events: Values,
    arm: Values,
    control: Hashable,
    until: float | None = None,
    strata: Values | pd.DataFrame | None = None,
) -> DurationComparison:
    """Compare how long it takes in two arms: log-rank test, hazard ratio, restricted means and curves.

    Parameters
    ----------
    durations : array_like of float
        One duration a patient, at least 0; none may be missing.
    events : array_like of int or bool
        1 or True for the event, 0 or False for a censoring; none may be missing.
    arm : array_like
        One label a patient, of exactly two arms; none may be missing.
    control : hashable
        The label of the control arm.
    until : float, optional
        The time up to which the restricted means are taken, within the follow-up of both arms; without it there are none.
    strata : array_like or DataFrame, optional
        One label a patient, or a frame of several columns, for the test and the hazard ratio.

    Returns
    -------
    DurationComparison
        The comparison, treated minus (or over) control.

    Raises
    ------
    ValueError
        As for `compare_survival`, `hazard_ratio` and `compare_restricted_means`.

    Examples
    --------
    >>> arm = ["IVIG", "IVIG", "IVIG", "placebo", "placebo", "placebo"]
    >>> comparison = compare_durations([2, 4, 6, 3, 6, 9], [1, 1, 1, 1, 1, 0], arm, "placebo")
    >>> round(comparison.log_rank.statistic, 3), round(comparison.hazard_ratio.ratio, 3), comparison.restricted_mean
    (0.905, 2.365, None)
    """
    ratio = hazard_ratio(durations, events, arm, control, strata)
    test = compare_survival(durations, events, arm, strata)
    mean = None if until is None else compare_restricted_means(durations, events, arm, until, control)
    columns = read_columns(allow_bool=True, durations=durations, events=events)
    arms = read_arms(columns, "arm", arm, "control", control)
    curves = (
        kaplan_meier(columns["durations"][members], columns["events"][members])
        for members in (arms.is_treated, ~arms.is_treated)
    )
    return DurationComparison(ratio, mean, test, arms.treated, arms.control, *curves)


def _group_mean(columns: Columns, members: npt.NDArray[np.bool_], until: float, label: Hashable) -> RestrictedMean:
    curve = kaplan_meier(columns["durations"][members], columns["events"][members])
    check_until(curve, until, f"for group {spell(label)}")
    return curve.restricted_mean(until)
