"""How a result shows itself: in a line, by its numbers, as one row of a frame, and as a small table in a notebook."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from typing import Any, TypeAlias

import attrs
import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from ivigmyo.display.notebook import html_table
from ivigmyo.display.tables import Table
from ivigmyo.display.words import ABSENT, counted, number, p_value

__all__ = ["Named", "OneRow", "Scalar", "Shown", "cell", "frame_table"]

Scalar: TypeAlias = "str | int | float | bool | None"
"""What stands in a cell of a row: a number, a truth value or a text; None where it does not exist."""

_LONGEST, _LONGEST_FIELD = 390, 80


class Shown:
    """What shows itself in a line and, in a notebook, as a small table: a class of attrs with ``repr=False``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return short_repr(self)

    def _shown(self) -> Table:
        """Return the table: what a reader looks for first."""
        to_frame = getattr(self, "to_frame", None)
        return _numbers(self, dict(_named(self))) if to_frame is None else frame_table(_title(self), to_frame())

    def _repr_html_(self) -> str:
        return html_table(self._shown())

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))


class Named(Shown):
    """What offers its numbers by name."""

    __slots__ = ()

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:
        """Give the numbers by name, with the limits at `level`; what does not exist is None."""
        found = dict(_named(self))
        if (interval := getattr(self, "confidence_interval", None)) is not None:
            found["conf_low"], found["conf_high"] = interval(level)
            found["level"] = level
        return found

    def _shown(self) -> Table:
        return _numbers(self, self.to_dict())


class OneRow(Named):
    """What is one row of a frame, so that results stack."""

    __slots__ = ()

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Lay the numbers out as one row, with the limits at `level` (0.95); a number that does not exist is NaN."""
        row = self.to_dict() if level is None else self.to_dict(level)
        texts = {name for name in row if name.endswith(("method", "reason", "scale"))}
        return pd.DataFrame({name: [math.nan if v is None and name not in texts else v] for name, v in row.items()})


def frame_table(title: str, frame: pd.DataFrame) -> Table:
    """Show a frame, its index too where it has a name."""
    frame = frame if frame.index.name is None else frame.reset_index()
    cells = [[cell(str(name), _scalar(each)) for each in frame[name]] for name in frame]
    left = [place for place, name in enumerate(frame) if not is_numeric_dtype(frame[name])]
    return Table(title, map(str, frame), zip(*cells, strict=True), left=left)


def _numbers(result: object, row: Mapping[str, Scalar]) -> Table:
    return Table(_title(result), ["", "value"], [[name.replace("_", " "), cell(name, each)] for name, each in row.items()])


def _scalar(value: Any) -> Scalar:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    scalar: Scalar = None if value is None or value is pd.NA or value != value else value
    return scalar


def _title(result: object) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(result).__name__)


def _named(result: Any, within: str = "") -> Iterator[tuple[str, Scalar]]:
    """Yield the numbers and texts of a result by name, those of its parts under the name of the part."""
    fields = [field.name for field in attrs.fields(type(result)) if not field.name.startswith("_")]
    for name in dict.fromkeys((*fields, *_derived(result))):
        value = getattr(result, name)
        if isinstance(value, Enum):
            yield within + name, str(value.value)
        elif value is None or isinstance(value, str | int | float):
            yield within + name, value
        elif name in fields and attrs.has(type(value)):
            yield from _named(value, f"{within}{name}_")


def _derived(result: object) -> Iterator[str]:
    """Name the public properties of a result that has a row."""
    kinds = reversed(type(result).__mro__) if isinstance(result, Named) else ()
    for kind in kinds:
        yield from (name for name, each in vars(kind).items() if isinstance(each, property) and name[0] != "_")


def cell(name: str, value: Scalar) -> str:
    """Show a value in at most four significant digits, a large one to the unit.

    Parameters
    ----------
    name : str
        What it is called; of a ``p_value`` four digits after the point are shown.
    value : str, int, float, bool or None
        The value.

    Returns
    -------
    str
        Such as ``"0.9333"``, ``"yes"`` or ``"-"``.

    Examples
    --------
    >>> cell("rate", 14 / 15), cell("p_value", 8.6e-6), cell("n", 15), cell("event", True), cell("median", None)
    ('0.9333', '<0.0001', '15', 'yes', '-')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str):
        return value or ABSENT
    if name.endswith("p_value"):
        return p_value(value)
    if isinstance(value, int) or value == 0 or not math.isfinite(value):
        return ABSENT if value != value else f"{value:g}" if isinstance(value, float) else str(value)
    size = math.floor(math.log10(abs(value)))
    if size < -4:
        return f"{value:.3g}"
    digits = number(value, max(0, 3 - size))
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def short_repr(result: Any) -> str:
    """Write a result with its fields in a line of at most 400 signs.

    Long fields are counted; where that is too long, those without a value are left out, and then the last.
    """
    name = type(result).__name__
    held = {field.name: getattr(result, field.name) for field in attrs.fields(type(result)) if field.repr}
    parts = [f"{field}={_brief(value)}" for field, value in held.items()]
    if _length(name, parts) > _LONGEST:
        empty = [value is None or (isinstance(value, Collection) and len(value) == 0) for value in held.values()]
        parts = [part for part, without in zip(parts, empty, strict=True) if not without]
    while _length(name, parts) > _LONGEST:
        parts = [*parts[:-2], "..."]
    return f"{name}({', '.join(parts)})"


def _length(name: str, parts: list[str]) -> int:
    return len(name) + sum(len(part) + 2 for part in parts)


def _brief(value: Any) -> str:
    if isinstance(value, pd.DataFrame):
        return f"<{counted(len(value), 'row')} x {counted(value.shape[1], 'column')}>"
    if isinstance(value, pd.Series | np.ndarray):
        return f"<{counted(len(value), 'value')}>"
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST_FIELD else f"{value[: _LONGEST_FIELD - 3]}...")
    if isinstance(value, Collection) and len(value) > 12:
        return f"<{len(value)} items>"
    if isinstance(value, Mapping):
        written = f"{{{', '.join(f'{key!r}: {_brief(each)}' for key, each in value.items())}}}"
    else:
        written = repr(value)
    if len(written) <= _LONGEST_FIELD:
        return written
    return f"<{counted(len(value), 'item')}>" if isinstance(value, Collection) else f"<{type(value).__name__}>"
