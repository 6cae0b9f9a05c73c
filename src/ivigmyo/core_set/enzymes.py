"""Which muscle enzyme is followed: the one that is the most times its upper limit of normal at baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.arguments import Columns, FloatArray, read_columns
from ivigmyo.core_set.frames import check_columns, check_range, read_frame
from ivigmyo.core_set.measures import ENZYMES, RANGE_MULTIPLES
from ivigmyo.errors import is_number, refusal
from ivigmyo.instruments import CK

__all__ = [
    "follow_enzyme",
    "most_abnormal_enzyme",
]

_ENZYME_CODES = [enzyme.code for enzyme in ENZYMES]
_ENZYME_DTYPE = pd.CategoricalDtype(_ENZYME_CODES)

# Two multiples of the ULN are each off by at most 3.4e-16 of themselves. Two different ones, of values and limits with
# up to six significant digits each, are at least 1e-12 apart in proportion.
_TIE = 1e-13


def most_abnormal_enzyme(
    values: pd.DataFrame,
    ulns: pd.DataFrame | Mapping[str, float],
    *,
    range_multiples: Mapping[str, float] = RANGE_MULTIPLES,
) -> pd.DataFrame:
    """Choose the muscle enzyme that is followed in each patient: the most abnormal one at baseline.

    Parameters
    ----------
    values : pandas.DataFrame
        The enzymes at baseline, one row a patient; columns among ``"CK"``, ``"ALDOLASE"``, ``"AST"``, ``"ALT"`` and
        ``"LDH"``, each value greater than 0. An enzyme that was not measured is NaN.
    ulns : pandas.DataFrame or mapping of str to float
        The upper limits of normal in the same units: one a value (a frame with the same index), or one an enzyme.
    range_multiples : mapping of str to float, default `RANGE_MULTIPLES`
        The range of each enzyme as a multiple of its upper limit of normal.

    Returns
    -------
    pandas.DataFrame
        The index of `values`; `enzyme` (its code), `value`, `uln`, `multiple` (value / uln) and `range` (uln times the
        multiple of `range_multiples`), all missing where no enzyme was measured.

    Raises
    ------
    ValueError
        If a column is unknown, the indexes differ, a value or limit is not greater than 0, or a value has no limit.

    See Also
    --------
    follow_enzyme : The later values of the enzyme chosen.

    Notes
    -----
    Enzymes are compared by multiples of their limits, never by raw values. Of equal multiples, the first in the order
    CK, aldolase, AST, ALT, LDH is taken; this order is a choice made here. Multiples are equal as the values are
    written in decimals, of up to six significant digits.

    The criteria say which enzyme is followed, but the multiples that make its range were seen in third-party code only
    (CK 15; AST, ALT and LDH 3), and that of aldolase (6) is unverified.

    References
    ----------
    Aggarwal R, et al. Ann Rheum Dis 2017;76:792.

    Examples
    --------
    An LDH of 700 is higher than a CK of 600, and less abnormal:

    >>> values = pd.DataFrame({"CK": [600, 90], "LDH": [700, 480]}, ["P01", "P02"])
    >>> most_abnormal_enzyme(values, {"CK": 200, "LDH": 240})
        enzyme  value    uln  multiple   range
    P01     CK  600.0  200.0       3.0  3000.0
    P02    LDH  480.0  240.0       2.0   720.0
    """
    measured = _read_enzymes("values", values)
    codes = [code for code in _ENZYME_CODES if code in measured.arrays]
    limits = _read_limits(ulns, values, codes)
    for code in codes:
        limits.refuse(code, np.isnan(limits[code]) & ~np.isnan(measured[code]), "must have an upper limit of normal")
    factors = _read_factors(range_multiples, codes)
    multiples = _stack(measured, codes) / _stack(limits, codes)
    ranked = np.where(np.isnan(multiples), -np.inf, multiples)
    best = ranked.max(axis=1)
    chosen = (ranked >= best[:, None] * (1 - _TIE)).argmax(axis=1)
    none = np.isneginf(best)
    at = np.arange(len(chosen)), chosen
    uln = np.where(none, np.nan, _stack(limits, codes)[at])
    named = np.array([_ENZYME_CODES.index(code) for code in codes])
    enzyme = pd.Categorical.from_codes(np.where(none, -1, named[chosen]), dtype=_ENZYME_DTYPE)
    value = _stack(measured, codes)[at]
    columns = {"enzyme": enzyme, "value": value, "uln": uln, "multiple": multiples[at], "range": uln * factors[chosen]}
    return pd.DataFrame(columns, index=values.index)


def follow_enzyme(values: pd.DataFrame, enzyme: pd.Series[Any]) -> pd.Series[float]:
    """Take each patient's own enzyme from a frame of all enzymes.

    Parameters
    ----------
    values : pandas.DataFrame
        The enzymes at one visit, as in `most_abnormal_enzyme`.
    enzyme : pandas.Series
        The code of the enzyme that is followed in each patient, with the same index; missing where there is none.

    Returns
    -------
    pandas.Series
        The values, named ``"enzyme"``; NaN where the enzyme was not measured or none is followed.

    Raises
    ------
    ValueError
        If a column is unknown, the indexes differ, a value is not greater than 0, or an enzyme that is followed has no
        column.

    Examples
    --------
    >>> baseline = pd.DataFrame({"CK": [600, 90], "LDH": [700, 480]}, ["P01", "P02"])
    >>> final = pd.DataFrame({"CK": [150, 80], "LDH": [300, 230]}, ["P01", "P02"])
    >>> chosen = most_abnormal_enzyme(baseline, {"CK": 200, "LDH": 240})
    >>> follow_enzyme(final, chosen["enzyme"]).to_dict()
    {'P01': 150.0, 'P02': 230.0}
    """
    if not isinstance(enzyme, pd.Series):
        raise ValueError(refusal("'enzyme' must be a Series", type(enzyme).__name__))
    measured = _read_enzymes("values", values)
    absent = read_columns(allow_bool=True, values=values.iloc[:, 0], enzyme=enzyme.isna())["enzyme"] == 1
    codes = list(measured.arrays)
    position = pd.Index(codes).get_indexer(pd.Index(enzyme.astype(object)))
    unknown = (position < 0) & ~absent
    if unknown.any():
        first = int(unknown.argmax())
        raise ValueError(refusal("'enzyme' must be a column of 'values'", enzyme.iloc[first], measured.record(first)))
    followed = np.where(absent, np.nan, _stack(measured, codes)[np.arange(len(position)), position])
    return pd.Series(followed, index=values.index, name="enzyme")


def _read_enzymes(name: str, frame: pd.DataFrame) -> Columns:
    check_columns(name, frame, _ENZYME_CODES)
    if frame.columns.empty:
        raise ValueError(f"{name!r} must have a column for at least one enzyme.")
    columns = read_frame(name, frame, frame.columns)
    for code in columns.arrays:
        check_range(columns, code, CK)
    return columns


def _read_limits(ulns: pd.DataFrame | Mapping[str, float], values: pd.DataFrame, codes: list[str]) -> Columns:
    """Read the limits of the enzymes that were measured, one a value."""
    if absent := [code for code in codes if code not in ulns]:
        raise ValueError(f"'ulns' must have the limit of {absent[0]!r}.")
    if not isinstance(ulns, pd.DataFrame):
        ulns = pd.DataFrame({code: ulns[code] for code in codes}, values.index)
    read_columns(values=values[codes[0]], ulns=ulns[codes[0]])  # refuses unequal indexes
    return _read_enzymes("ulns", ulns)


def _read_factors(range_multiples: Mapping[str, float], codes: list[str]) -> FloatArray:
    for code in codes:
        factor: Any = range_multiples.get(code)
        if not is_number(factor) or not 0 < factor < math.inf:
            raise ValueError(refusal(f"'range_multiples' must have a number greater than 0 for {code!r}", factor))
    return np.array([range_multiples[code] for code in codes], dtype=np.float64)


def _stack(columns: Columns, codes: list[str]) -> FloatArray:
    return np.column_stack([columns[code] for code in codes])
