"""What frames of core set measures must hold, and how much a measure changed between two of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from functools import reduce
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Columns, FloatArray, read_columns
from ivigmyo.core_set.juvenile import stand_in
from ivigmyo.core_set.measures import HAQ, MEASURES, MMT8, PHYSICIAN_GLOBAL
from ivigmyo.errors import is_number, refusal, spell
from ivigmyo.instruments import CK, Instrument

__all__ = [
    "Flags",
    "check_columns",
    "check_range",
    "gain",
    "measured_with",
    "names",
    "percent",
    "read_frame",
    "read_pair",
    "scale_instrument",
]

Flags: TypeAlias = npt.NDArray[np.bool_]
"""One truth value a row."""

# A percentage is rounded to this many decimals before it is compared, which sets a value that lies on a cut as written
# in decimals on the cut as computed (2.2 -> 0.7 of 10 is 15.000000000000004 in binary), and moves no value across one:
# - Binary noise: baseline, final and their difference are each off by at most 1.1e-16 of themselves, so the percentage
#   is off by less than 5e-10 (half the last decimal) while the values are below 10,000 times what they are divided by.
# - Absolute change: let the range have up to six significant digits, and the values up to two decimals more than it.
#   A cut is a whole percentage, so 100 * (baseline - final) - cut * range is a multiple of the range's last digit: if
#   it is not 0, it is at least 1e-6 of the range, which is 1e-6 in the percentage: a thousand roundings away. Scales
#   of 10, HAQ (3) and MMT (80, 150, 260) have shorter ranges and take up to seven decimals.
# - Relative change: the edges are the ratios 4/5, 6/5, 5/4 and 3/4. For values of up to six significant digits the
#   nearest other ratio is 1/(6 * 10^6) away in proportion, which is 1e-5 in the percentage.
_DECIMALS = 9


def scale_instrument(scale_maximum: float) -> Instrument:
    """Return the visual analogue scale of this length."""
    if not is_number(scale_maximum) or scale_maximum not in (10, 100):
        raise ValueError(refusal("'scale_maximum' must be 10 (cm) or 100 (mm)", scale_maximum))
    return attrs.evolve(PHYSICIAN_GLOBAL, maximum=scale_maximum)


def measured_with(
    mmt_maximum: float | None, scale_maximum: float, stand_ins: Collection[Instrument] = ()
) -> dict[str, Instrument]:
    """Name the instrument of each measure, with the range that the caller says it has."""
    others = stand_in(stand_ins)
    scale = scale_instrument(scale_maximum)
    if "mmt" not in others:
        if not is_number(mmt_maximum) or not 0 < mmt_maximum < math.inf:
            raise ValueError(refusal("'mmt_maximum' must be a number greater than 0", mmt_maximum))
        others["mmt"] = attrs.evolve(MMT8, maximum=mmt_maximum)
    elif mmt_maximum is not None:
        raise ValueError(refusal("'mmt_maximum' must be None where CMAS stands in for MMT", mmt_maximum))
    usual = dict(zip(MEASURES, (scale, scale, MMT8, HAQ, CK, scale), strict=True))
    return {measure: others.get(measure, instrument) for measure, instrument in usual.items()}


def read_pair(baseline: pd.DataFrame, final: pd.DataFrame, instruments: Mapping[str, Instrument]) -> tuple[Columns, Columns]:
    """Read the measures at two visits, one row a patient, within the ranges of their instruments."""
    frames = {"baseline": baseline, "final": final}
    for name, frame in frames.items():
        check_columns(name, frame, MEASURES)
        if absent := [measure for measure in MEASURES if measure not in frame.columns]:
            raise ValueError(f"{name!r} must have the column {absent[0]!r} (of NaN where it was not measured).")
    read_columns(baseline=baseline["mmt"], final=final["mmt"])  # refuses unequal indexes
    before, after = (read_frame(name, frame, MEASURES) for name, frame in frames.items())
    for columns in (before, after):
        for measure, instrument in instruments.items():
            check_range(columns, measure, instrument)
    return before, after


def read_frame(name: str, frame: pd.DataFrame, columns: Collection[str]) -> Columns:
    """Read columns of a frame that has one row a patient."""
    values: dict[str, Any] = {column: frame[column] for column in columns}
    return read_columns(name_record=lambda row: f"for patient {spell(frame.index[row])}, {name}", **values)


def check_columns(name: str, frame: pd.DataFrame, known: Collection[str]) -> None:
    """Refuse what is no frame, and a column that is unknown or stands there twice."""
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(refusal(f"{name!r} must be a DataFrame", type(frame).__name__))
    for column in frame.columns:
        if column not in known:
            raise ValueError(refusal(f"{name!r} must have columns among {', '.join(map(spell, known))}", column))
    if not frame.columns.is_unique:
        raise ValueError(f"{name!r} must not have the column {frame.columns[frame.columns.duplicated()][0]!r} twice.")


def check_range(columns: Columns, name: str, instrument: Instrument) -> None:
    """Refuse a value that its instrument cannot give; a missing one is none."""
    impossible = ~instrument.admits(columns[name]) & ~np.isnan(columns[name])
    columns.refuse(name, impossible, f"must be {instrument.range}")


def gain(instrument: Instrument, before: FloatArray, after: FloatArray) -> FloatArray:
    """Say how much a measure improved: strength rises, activity and disability fall."""
    return after - before if instrument.higher_is_better else before - after


def percent(gained: FloatArray, reference: Any) -> FloatArray:
    """100 x gain / reference, free of binary noise; no gain on a reference of 0 is 0 %, any other is infinite."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        result: FloatArray = np.round(100.0 * gained / reference, _DECIMALS)
    result[(gained == 0) & (reference == 0)] = 0.0
    return result


def names(flags: Mapping[str, Flags]) -> npt.NDArray[np.object_]:
    """Join the names of what is flagged, row by row."""
    pattern = reduce(np.add, (each.astype(np.uint8) << i for i, each in enumerate(flags.values())))
    joined = [", ".join(name for i, name in enumerate(flags) if code >> i & 1) for code in range(2 ** len(flags))]
    result: npt.NDArray[np.object_] = np.array(joined, dtype=object)[pattern]
    return result
