"""What the upper limit of normal of CK must have been, where a study recorded the days but not the limit."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import ByPatient, check_choice, check_frame, look_up, read_columns
from ivigmyo.display import OneRow, Shown
from ivigmyo.errors import refusal, spell
from ivigmyo.estimates import plain
from ivigmyo.instruments import CK
from ivigmyo.normalization.follow_up import read_follow_up

__all__ = ["CommonLimits", "GroupLimit", "common_limits", "uln_bounds"]


@attrs.frozen(repr=False)
class GroupLimit(OneRow):
    """Where the one limit of a group of patients must lie.

    Parameters
    ----------
    group : hashable
        The group.
    low : float or None
        The highest CK known to be within its limit, in IU/L; the limit is at least this. None where none is known.
    high : float or None
        The lowest CK known to be above its limit, in IU/L; the limit is less than this. None where none is known.
    n : int
        Patients in the group.

    Examples
    --------
    >>> GroupLimit("F", 147.0, 143.0, n=12).exists
    False
    """

    group: Hashable
    low: float | None
    high: float | None
    n: int

    @property
    def exists(self) -> bool:
        """Whether any limit fits: True unless `low` has reached `high`."""
        return self.low is None or self.high is None or self.low < self.high


@attrs.frozen(repr=False)
class CommonLimits(Shown):
    """One limit a group, and whether such limits fit all patients.

    Parameters
    ----------
    limits : tuple of GroupLimit
        Where the limit of each group must lie, sorted by group.
    in_the_way : tuple
        The patients whom no limit of their group fits along with the others, in the order of the bounds.
    abnormal_baseline : bool
        Whether the baseline had to be above the limit.

    Examples
    --------
    >>> CommonLimits((GroupLimit("F", 147.0, 159.0, n=12),), (), abnormal_baseline=False).fit
    True
    """

    limits: tuple[GroupLimit, ...]
    in_the_way: tuple[Any, ...]
    abnormal_baseline: bool

    @property
    def fit(self) -> bool:
        """Whether limits exist that fit all patients."""
        return not self.in_the_way

    def to_frame(self) -> pd.DataFrame:
        """Return the limits as a table.

        Returns
        -------
        pandas.DataFrame
            Columns ``group, low, high, n, exists``, one row a group; a bound that is not known is NaN.

        Examples
        --------
        >>> CommonLimits((GroupLimit("F", 147.0, None, n=12),), (), abnormal_baseline=False).to_frame()
          group    low  high   n  exists
        0     F  147.0   NaN  12    True
        """
        rows = [(limit.group, limit.low, limit.high, limit.n, limit.exists) for limit in self.limits]
        frame = pd.DataFrame(rows, columns=["group", "low", "high", "n", "exists"])
        return frame.astype({"low": float, "high": float})


def uln_bounds(serial: pd.DataFrame, follow_up: pd.DataFrame) -> pd.DataFrame:
    """Find the interval in which each patient's upper limit of normal must lie.

    Parameters
    ----------
    serial : pandas.DataFrame
        Columns ``patient, day, ck``, one row a measurement; CK in IU/L, greater than 0. A row without a day or without
        CK says nothing, and nor does a patient without a follow-up. Further columns are ignored.
    follow_up : pandas.DataFrame
        Columns ``patient, normalized_on, re_elevated_on, observed_until``, one row a patient.

    Returns
    -------
    pandas.DataFrame
        One row a patient of `follow_up`, in its order: ``patient, low, high, baseline, high_with_baseline``. The limit
        lies in [`low`, `high`); if the baseline was above it, in [`low`, `high_with_baseline`). NaN where nothing is
        known. Where `low` has reached the other bound, no constant limit agrees with the patient's values.

    Raises
    ------
    DataError
        If the follow-up contradicts itself.
    ValueError
        If a column is missing or holds anything but numbers, CK is not greater than 0, or no patient has both.

    Notes
    -----
    `low` is the highest CK measured on a day on which the follow-up says it was within its limit, and `high` the lowest
    measured on a day on which it says it was above: after day 0 until CK normalized (all days observed, where it did
    not), and on the day it re-elevated. After a re-elevation nothing is known. `baseline` is the last CK at or before
    day 0; of two on one day, the higher.

    References
    ----------
    Saito et al. 2008, Tables 2 and 4, which print the days but no limit.

    Examples
    --------
    Patient 10 of Tables 2 and 4, week w taken as day 7 x w:

    >>> serial = pd.DataFrame({"patient": "10", "day": [-28, 0, 28, 56, 84], "ck": [525, 183, 51, 91, 61]})
    >>> follow_up = pd.DataFrame({"patient": ["10"], "normalized_on": [12], "re_elevated_on": [96],
    ...                           "observed_until": [136]})
    >>> uln_bounds(serial, follow_up)
      patient   low  high  baseline  high_with_baseline
    0      10  91.0   NaN     183.0               183.0
    """
    check_frame("serial", serial, ("patient", "day", "ck"))
    values = read_columns(
        day=serial["day"], ck=serial["ck"], name_record=lambda row: f"for patient {spell(serial['patient'].iloc[row])}"
    )
    day, ck = values["day"], values["ck"]
    values.refuse("ck", ~(CK.admits(ck) | np.isnan(ck)), f"must be {CK.range}")
    follow = read_follow_up(follow_up)
    known = follow.of(serial["patient"].array)
    if not known.patients.isin(follow.patients).any():
        raise ValueError("'serial' and 'follow_up' must have a patient in common.")
    rows = pd.DataFrame({"day": day, "ck": ck}, index=known.patients)
    before = rows[day <= 0].dropna().sort_values(["day", "ck"])
    found = pd.DataFrame(
        {
            "low": rows["ck"][known.within(day)].groupby("patient", observed=True).max(),
            "high": rows["ck"][known.above(day)].groupby("patient", observed=True).min(),
            "baseline": before["ck"].groupby("patient", observed=True).last(),
        },
        index=follow.patients,
    )
    found["high_with_baseline"] = found[["high", "baseline"]].min(axis="columns")
    return found.reset_index()


def common_limits(bounds: pd.DataFrame, groups: ByPatient, *, abnormal_baseline: bool = False) -> CommonLimits:
    """Find one upper limit of normal for each group of patients that fits them all, or who stands in the way.

    Parameters
    ----------
    bounds : pandas.DataFrame
        What `uln_bounds` returned.
    groups : Series or mapping by patient
        The group of each patient, such as the sex.
    abnormal_baseline : bool, default False
        Whether the baseline must have been above the limit too.

    Returns
    -------
    CommonLimits
        The interval in which each group's limit must lie, and the patients whom none fits.

    Raises
    ------
    ValueError
        If a column is missing, there is no patient, or a patient has no group.

    Notes
    -----
    A group's limit must reach the highest `low` of its patients and stay below their lowest `high`. Where it cannot, both
    sides stand in the way: patients whose `high` is not above the highest `low`, and those whose `low` is not below the
    lowest `high`. With `abnormal_baseline` so does a patient whose baseline is not above the highest `low`: normal at
    baseline, by any limit that fits the others.

    References
    ----------
    Saito et al. 2008, Tables 2 and 4.

    Examples
    --------
    >>> bounds = pd.DataFrame({"patient": ["10", "11", "14"], "low": [91.0, 71.0, 229.0],
    ...                        "high": [None, 255.0, 418.0], "baseline": [183.0, 2482.0, 2005.0]})
    >>> sex = {"10": "M", "11": "M", "14": "M"}
    >>> common_limits(bounds, sex).limits
    (GroupLimit(group='M', low=229.0, high=255.0, n=3),)
    >>> common_limits(bounds, sex, abnormal_baseline=True).in_the_way
    ('10',)
    """
    check_choice("abnormal_baseline", abnormal_baseline, (True, False))
    check_frame("bounds", bounds, ("patient", "low", "high", "baseline"))
    if bounds.empty:
        raise ValueError(refusal("'bounds' must have at least one row", 0))
    patients: pd.Index[Any] = pd.Index(bounds["patient"].array)
    labels = look_up("groups", groups, patients)
    if labels.isna().any():
        raise ValueError(f"'groups' must not be missing for patient {spell(patients[int(labels.isna().argmax())])}.")
    values = read_columns(low=bounds["low"], high=bounds["high"], baseline=bounds["baseline"])
    low, high, baseline = values["low"], values["high"], values["baseline"]
    upper = np.fmin(high, baseline) if abnormal_baseline else high
    frame = pd.DataFrame({"low": low, "high": high, "upper": upper, "group": labels.to_numpy()})
    by_group = frame.groupby("group", observed=True)
    highest_low, lowest_high = by_group["low"].transform("max"), by_group["high"].transform("min")
    conflict = (low >= lowest_high) | (upper <= highest_low)
    limits = by_group.agg(low=("low", "max"), high=("upper", "min"), n=("low", "size"))
    rows = zip(limits.index.tolist(), limits["low"], limits["high"], limits["n"].tolist(), strict=True)
    return CommonLimits(
        tuple(GroupLimit(group, plain(low), plain(high), n) for group, low, high, n in rows),
        tuple(patients[np.asarray(conflict)].tolist()),
        abnormal_baseline,
    )
