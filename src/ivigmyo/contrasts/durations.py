"""Groups compared, and a value set against a duration: log-rank test, restricted means, concordance."""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Columns, Values, read_columns, read_labels
from ivigmyo.errors import refusal, spell
from ivigmyo.estimates import ConfidenceInterval, normal_quantile
from ivigmyo.survival import RestrictedMean, check_until, kaplan_meier

__all__ = [
    "GroupEvents",
    "LogRankTest",
    "RestrictedMeanComparison",
    "compare_restricted_means",
    "compare_survival",
]


@attrs.frozen
class GroupEvents:
    """One group in a log-rank test.

    Parameters
    ----------
    group : object
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

    group: Any
    n: int
    observed: int
    expected: float


@attrs.frozen
class LogRankTest:
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


@attrs.frozen
class RestrictedMeanComparison:
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
    other, reference : object
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
    other: Any
    reference: Any
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


def compare_survival(durations: Values, events: Values, groups: Values) -> LogRankTest:
    """Compare the survival of groups by the log-rank test.

    Parameters
    ----------
    durations : array_like of float
        One duration a patient, at least 0; none may be missing.
    events : array_like of int or bool
        1 or True for the event, 0 or False for a censoring; none may be missing.
    groups : array_like
        One label a patient; none may be missing.

    Returns
    -------
    LogRankTest
        The statistic, its degrees of freedom and P value, and each group's observed and expected events.

    Raises
    ------
    ValueError
        As for `kaplan_meier`, or if there are fewer than two groups.

    Notes
    -----
    This is R's ``survdiff`` and SAS PROC LIFETEST's log-rank test, with the hypergeometric variance at ties; the
    statistic is lifelines'. The degrees of freedom are the groups with expected events, less one. No test is possible
    without events, where only one group was at risk when they happened, or where one time took all who were at risk.

    References
    ----------
    Klein JP, Moeschberger ML. Survival Analysis, 2nd edition, 2003, section 7.3.

    Examples
    --------
    >>> test = compare_survival([6, 7, 10, 15, 19, 25], [1, 0, 1, 1, 0, 1], ["A", "A", "A", "B", "B", "B"])
    >>> round(test.statistic, 3), test.df, round(test.p_value, 3)
    (3.571, 1, 0.059)
    >>> [(each.group, each.n, each.observed, round(each.expected, 3)) for each in test.groups]
    [('A', 3, 2, 0.75), ('B', 3, 2, 3.25)]
    """
    pooled = kaplan_meier(durations, events)
    columns = read_columns(allow_bool=True, durations=durations, events=events)
    labels, codes = _read_groups(columns, groups)
    if len(labels) < 2:
        raise ValueError(refusal("'groups' must have at least two different labels", len(labels)))
    # A patient's share of the expected events is the pooled cumulative hazard at the patient's own duration.
    hazard = (pooled.n_event / pooled.n_risk).cumsum()[np.searchsorted(pooled.time, columns["durations"])]
    n, observed, expected = (np.bincount(codes, weights=each) for each in (None, columns["events"], hazard))
    df = int((expected > 0).sum()) - 1
    counts = zip(labels, n.tolist(), observed.astype(int).tolist(), expected.tolist(), strict=True)
    rows = tuple(GroupEvents(*each) for each in counts)
    # The variance is 0 unless someone was left at risk after an event.
    if df < 1 or not ((pooled.estimate > 0) & (pooled.estimate < 1)).any():
        return LogRankTest(None, 0, None, pooled.n, pooled.n_events, rows)
    with np.errstate(all="ignore"):
        from lifelines.statistics import multivariate_logrank_test
        from scipy.special import chdtrc

        statistic = multivariate_logrank_test(columns["durations"], codes, columns["events"]).test_statistic
    return LogRankTest(float(statistic), df, float(chdtrc(df, statistic)), pooled.n, pooled.n_events, rows)


def compare_restricted_means(
    durations: Values, events: Values, groups: Values, until: float, reference: object
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
    reference : object
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
    labels, codes = _read_groups(columns, groups)
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


def _read_groups(columns: Columns, groups: Values) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Read the labels in their order, and each patient's position among them."""
    codes, found = pd.factorize(read_labels(columns, "groups", groups))
    labels = found.tolist()
    try:
        ordered = sorted(labels)
    except TypeError:
        ordered = sorted(labels, key=str)
    rank = {label: position for position, label in enumerate(ordered)}
    return ordered, np.array([rank[label] for label in labels])[codes]


def _group_mean(columns: Columns, members: npt.NDArray[np.bool_], until: float, label: object) -> RestrictedMean:
    curve = kaplan_meier(columns["durations"][members], columns["events"][members])
    check_until(curve, until, f"for group {spell(label)}")
    return curve.restricted_mean(until)
