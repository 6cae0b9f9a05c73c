"""Serial CK values of many patients, checked and put in order of patient and day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Columns, FloatArray
from ivigmyo.errors import refusal, spell
from ivigmyo.instruments import CK

__all__ = ["Integers", "Mask", "SerialRows", "number_patients", "read_serial"]

Mask: TypeAlias = npt.NDArray[np.bool_]
Integers: TypeAlias = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class SerialRows:
    """Rows in order of patient and day.

    Parameters
    ----------
    patient : numpy.ndarray
        The number of each row's patient.
    day : numpy.ndarray
        Days since the first infusion; -inf in a row without a measurement (CK missing), so that such rows stand first among
        those of their patient.
    above : numpy.ndarray of bool
        True where CK is above its limit.

    Examples
    --------
    >>> rows = SerialRows(np.array([7, 7, 9]), np.array([0.0, 20.0, 0.0]), np.array([True, False, True]))
    >>> rows.starts.tolist()
    [0, 2]
    """

    patient: Integers
    day: FloatArray
    above: Mask

    @property
    def starts(self) -> Integers:
        """The first row of each patient."""
        return np.append(0, np.flatnonzero(self.patient[1:] != self.patient[:-1]) + 1)

    @property
    def repeats(self) -> Mask:
        """True where a measurement has the patient and the day of the row before."""
        same_patient = self.patient[1:] == self.patient[:-1]
        return np.append(False, same_patient & (self.day[1:] == self.day[:-1]) & (self.day[1:] > -np.inf))


def number_patients(patient: pd.Series[Any]) -> tuple[Integers, Callable[[Integers], pd.Index[Any]]]:
    """Give patients numbers that are in the patients' order.

    Parameters
    ----------
    patient : pandas.Series
        The patient of each row: any hashable values, none missing.

    Returns
    -------
    numbers : numpy.ndarray
        The number of each row's patient.
    name_patients : callable
        Turns numbers back into patients.

    Raises
    ------
    ValueError
        If a patient is missing.

    Notes
    -----
    Patients that cannot be compared, such as texts with numbers among them, are ordered by their text. Two texts that
    differ only after a NUL character are one patient: pandas, which gathers them, does not tell them apart.

    Examples
    --------
    >>> numbers, name_patients = number_patients(pd.Series(["P02", "P01", "P02"]))
    >>> numbers.tolist(), name_patients(np.array([0, 1])).tolist()
    ([1, 0, 1], ['P01', 'P02'])
    """
    dtype = patient.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iu" and np.can_cast(dtype, np.int64):
        # Whole numbers are in order as they are, which spares a hash table of all rows.
        return patient.to_numpy().astype(np.int64, copy=False), lambda numbers: pd.Index(numbers.astype(dtype))
    if isinstance(dtype, pd.ArrowDtype):
        patient = patient.astype(object)  # Arrow's dictionaries are not gathered by pandas
    try:
        codes, patients = pd.factorize(patient)
    except (TypeError, ArithmeticError):  # a list; a signalling NaN
        raise ValueError("'patient' must hold texts or numbers that tell patients apart.") from None
    missing = codes < 0
    if missing.any():
        raise ValueError(f"'patient' must not be missing at index {spell(patient.index[int(missing.argmax())])}.")
    order = _sort_patients(patients)
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    return ranks[codes], lambda numbers: patients.take(order[numbers])


def _sort_patients(patients: pd.Index[Any]) -> Integers:
    if patients.dtype != object:
        return np.asarray(patients.argsort())
    labels = patients.tolist()  # Python sorts its own objects twice as fast as numpy does
    try:
        order = sorted(range(len(labels)), key=labels.__getitem__)
    except TypeError:
        order = sorted(range(len(labels)), key=lambda i: (str(labels[i]), type(labels[i]).__name__))
    return np.array(order, dtype=np.int64)


def read_serial(patient: Integers, day: FloatArray, values: Columns, same_day: str) -> SerialRows:
    """Check measurements, put them in order, and leave one a day.

    Parameters
    ----------
    patient : numpy.ndarray
        The number of each row's patient.
    day : numpy.ndarray
        Days since the first infusion, none missing.
    values : Columns
        Columns ``ck`` and ``uln``, which names its records.
    same_day : {"error", "highest"}
        Whether two measurements of a patient on one day are refused, or the one with the highest CK is left (of two equal
        ones, that with the lower limit).

    Returns
    -------
    SerialRows
        The rows in order, those without a measurement among them.

    Raises
    ------
    ValueError
        If `ck` or `uln` is not greater than 0, `uln` is missing where `ck` is given, or a day has two measurements.

    Examples
    --------
    >>> from ivigmyo.arguments import read_columns
    >>> values = read_columns(ck=[110, 980, None], uln=[180, 180, None])
    >>> rows = read_serial(np.zeros(3, dtype=int), np.array([20.0, 0.0, 41.0]), values, "error")
    >>> rows.day.tolist(), rows.above.tolist()
    ([-inf, 0.0, 20.0], [False, True, False])
    """
    ck, uln = values["ck"], values["uln"]
    missing = np.isnan(ck)
    for name, column in (("ck", ck), ("uln", uln)):
        values.refuse(name, ~(CK.admits(column) | np.isnan(column)), f"must be {CK.range}")
    values.refuse("uln", np.isnan(uln) & ~missing, "must not be missing where 'ck' is given")
    above = ck > uln
    rows = _sort_packed(patient, day, missing, above) or _sort(patient, day, missing, above)
    repeats = rows.repeats
    if not repeats.any():
        return rows
    if same_day == "error":
        row = int(repeats.argmax())
        same = (patient == rows.patient[row]) & (day == rows.day[row]) & ~missing
        others = int(repeats.sum()) - int(same.sum()) + 1
        rule = "a patient must have one measurement a day unless same_day='highest'"
        record = values.record(int(same.argmax())) + (f", and {others} more" if others else "")
        raise ValueError(refusal(rule, int(same.sum()), record))
    rows = _sort(patient, day, missing, above, ck)
    last_of_day = ~np.append(rows.repeats[1:], False)
    return SerialRows(rows.patient[last_of_day], rows.day[last_of_day], rows.above[last_of_day])


def _sort(patient: Integers, day: FloatArray, missing: Mask, above: Mask, *ck: FloatArray) -> SerialRows:
    """Sort by patient and day; within a day by CK if given, and then by limit."""
    day = np.where(missing, -np.inf, day)
    order = np.lexsort((above, *ck, day, patient))
    return SerialRows(patient[order], day[order], above[order])


def _sort_packed(patient: Integers, day: FloatArray, missing: Mask, above: Mask) -> SerialRows | None:
    """Sort likewise, many times faster, by one whole number that holds patient, day and limit; None if it cannot."""
    first, last = float(day.min()), float(day.max())
    lowest, highest = int(patient.min()), int(patient.max())
    if max(-first, last) > 2**51 or (day != np.floor(day)).any():
        return None
    bits = int(last - first + 1).bit_length()
    if (highest - lowest).bit_length() + bits + 1 > 63:
        return None
    steps = day - (first - 1)
    steps[missing] = 0  # before the first day
    key = patient - lowest
    key <<= bits
    key += steps.astype(np.int64)
    key <<= 1
    key |= above
    key.sort()
    above = (key & 1).astype(bool)
    key >>= 1
    patient = (key >> bits) + lowest
    key &= (1 << bits) - 1
    day = (key + (first - 1)).astype(np.float64, copy=False)
    day[key == 0] = -np.inf
    return SerialRows(patient, day, above)
