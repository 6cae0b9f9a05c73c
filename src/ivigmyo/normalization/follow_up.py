"""What a recorded CK follow-up says of a day: whether CK was above its limit, within it, or unknown."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Columns, FloatArray, check_frame, read_columns
from ivigmyo.errors import DataError, Problem, spell

__all__ = ["KnownDays", "read_follow_up"]


@attrs.frozen(eq=False)
class KnownDays:
    """A patient a row: when CK normalized, when it re-elevated, and until when it was observed.

    Parameters
    ----------
    patients : pandas.Index
        The patients; each has one row in a follow-up, and as many as it has values where the days are looked up for a
        table of values.
    normalized_on, re_elevated_on, observed_until : numpy.ndarray
        Days since the first infusion, one a row; NaN where there is none.

    Notes
    -----
    CK was above its limit after day 0 until it normalized, and on the day it re-elevated. It was within from the day it
    normalized until, but not on, the day it re-elevated. Nothing is known of day 0 and before, of the days after a
    re-elevation, and of those after the last one observed.

    Examples
    --------
    >>> follow_up = read_follow_up(pd.DataFrame({"patient": ["P01"], "normalized_on": [9.0], "re_elevated_on": [139.0],
    ...                                          "observed_until": [615.0]}))
    >>> days = np.array([0.0, 7.0, 9.0, 139.0, 200.0])
    >>> known = follow_up.of(["P01"] * 5)
    >>> known.above(days).tolist()
    [False, True, False, True, False]
    >>> known.within(days).tolist()
    [False, False, True, False, False]
    """

    patients: pd.Index[Any]
    normalized_on: FloatArray
    re_elevated_on: FloatArray
    observed_until: FloatArray

    def of(self, patients: Any) -> KnownDays:
        """Look up the days of each row's patient.

        Parameters
        ----------
        patients : array_like
            The patient of each row of a table of values.

        Returns
        -------
        KnownDays
            Its rows are those of the table; NaN where a patient has no follow-up.

        Examples
        --------
        >>> known = KnownDays(pd.Index(["P01"]), *np.array([[9.0], [139.0], [615.0]]))
        >>> known.of(["P02", "P01"]).normalized_on
        array([nan,  9.])
        """
        rows: pd.Index[Any] = pd.Index(patients, name="patient", tupleize_cols=False)
        # Position -1, of a patient without a follow-up, takes the NaN that is put at the end.
        positions = self.patients.get_indexer(rows)
        days = (self.normalized_on, self.re_elevated_on, self.observed_until)
        return KnownDays(rows, *(np.append(column, np.nan)[positions] for column in days))

    def above(self, days: FloatArray) -> npt.NDArray[np.bool_]:
        """Tell where CK is known to have been above its limit.

        Parameters
        ----------
        days : numpy.ndarray
            One day a row.

        Returns
        -------
        numpy.ndarray of bool
            True where the follow-up says so.

        Examples
        --------
        >>> known = KnownDays(pd.Index(["P01"]), *np.array([[np.nan], [np.nan], [409.0]]))
        >>> known.above(np.array([84.0])), known.above(np.array([410.0]))
        (array([ True]), array([False]))
        """
        until = ~(days >= self.normalized_on) | (days == self.re_elevated_on)
        return np.asarray(until & (days > 0) & (days <= self.observed_until))

    def within(self, days: FloatArray) -> npt.NDArray[np.bool_]:
        """Tell where CK is known to have been within its limit.

        Parameters
        ----------
        days : numpy.ndarray
            One day a row.

        Returns
        -------
        numpy.ndarray of bool
            True where the follow-up says so.

        Examples
        --------
        >>> known = KnownDays(pd.Index(["P01"]), *np.array([[25.0], [np.nan], [279.0]]))
        >>> known.within(np.array([279.0])), known.within(np.array([280.0]))
        (array([ True]), array([False]))
        """
        since = (days >= self.normalized_on) & ~(days >= self.re_elevated_on)
        return np.asarray(since & (days <= self.observed_until))


def read_follow_up(follow_up: pd.DataFrame) -> KnownDays:
    """Read a CK follow-up, refusing days that contradict each other.

    Parameters
    ----------
    follow_up : pandas.DataFrame
        Columns ``patient, normalized_on, re_elevated_on, observed_until``, one row a patient; days since the first
        infusion, missing where CK did not normalize or re-elevate. Further columns are ignored.

    Returns
    -------
    KnownDays
        The patients and their days, in the order given.

    Raises
    ------
    DataError
        If a patient is missing or has two rows, `observed_until` is missing or negative, `normalized_on` is not greater than
        0, CK re-elevated without having normalized or not after it, or a day lies after `observed_until`. It lists every
        such fault.
    ValueError
        If a column is missing or holds anything but numbers.

    Examples
    --------
    >>> read_follow_up(pd.DataFrame({"patient": ["P01"], "normalized_on": [25], "re_elevated_on": [20],
    ...                              "observed_until": [None]}))
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: 'observed_until' must not be missing (got nan) for patient 'P01'.
    're_elevated_on' must be after 'normalized_on' (day 25) (got 20) for patient 'P01'.
    """
    check_frame("follow_up", follow_up, ("patient", "normalized_on", "re_elevated_on", "observed_until"))
    days = [follow_up[name] for name in ("normalized_on", "re_elevated_on", "observed_until")]
    try:
        patients: pd.Index[Any] = pd.Index(follow_up["patient"].array, name="patient")
        wrong = _wrong_patients(patients)
    except (TypeError, ArithmeticError):  # a list; a signalling NaN
        raise ValueError("'patient' must hold texts or numbers that tell patients apart.") from None
    normalized_on, re_elevated_on, observed_until = (each.set_axis(patients) for each in days)
    columns = read_columns(normalized_on=normalized_on, re_elevated_on=re_elevated_on, observed_until=observed_until)
    problems = wrong + _wrong_days(columns)
    if problems:
        raise DataError(problems)
    return KnownDays(patients, **columns.arrays)


def _wrong_patients(patients: pd.Index[Any]) -> list[Problem]:
    gaps = np.asarray(patients.isna())
    missing, repeated = np.flatnonzero(gaps), np.flatnonzero(patients.duplicated() & ~gaps)
    return [
        *(Problem("'patient' must not be missing", record=f"at position {row}") for row in missing.tolist()),
        *(Problem("'patient' must have one row", patients[row], f"at position {row}") for row in repeated.tolist()),
    ]


def _wrong_days(columns: Columns) -> list[Problem]:
    """List what is wrong with the days, patient by patient."""
    normalized, re_elevated, until = (columns[name] for name in ("normalized_on", "re_elevated_on", "observed_until"))
    after, on_or_after = "must be after {!r} (day {})", "must be on or after {!r} (day {})"
    rules = (
        ("observed_until", np.isnan(until), "must not be missing", ""),
        ("observed_until", until < 0, "must be at least 0", ""),
        ("normalized_on", normalized <= 0, "must be greater than 0", ""),
        ("re_elevated_on", np.isnan(normalized) & ~np.isnan(re_elevated), "needs 'normalized_on'", ""),
        ("re_elevated_on", re_elevated <= normalized, after, "normalized_on"),
        ("observed_until", until < normalized, on_or_after, "normalized_on"),
        ("observed_until", until < re_elevated, on_or_after, "re_elevated_on"),
    )
    found = []
    for row, number in np.argwhere(np.column_stack([broken for _, broken, _, _ in rules])).tolist():
        name, _, rule, other = rules[number]
        text = rule.format(other, spell(columns[other][row])) if other else rule
        found.append(Problem(f"{name!r} {text}", columns[name][row], columns.record(row)))
    return found
