"""What the cells of a table hold: how each kind of cell is read, with what is wrong with it, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
import pandas as pd

from ivigmyo.errors import Problem, is_finite, spell

__all__ = ["Bound", "Column", "Faulty", "Kind", "cell_text", "is_empty", "read_cells", "read_number"]

Kind: TypeAlias = Literal["text", "number", "value", "whole", "flag", "list", "any"]

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BEGINNING = re.compile(rf"{_NUMBER.pattern}|[+-]?")
_FLAGS = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}

_Read: TypeAlias = "tuple[Any, str | None]"


@attrs.frozen
class Column:
    """A column of one of a study's tables.

    Parameters
    ----------
    name : str
        Its name in the header.
    kind : {"text", "number", "value", "whole", "flag", "list", "any"}
        What its cells hold. A value is a number, or a bound such as ``<40`` or ``>20000``. A list is a text whose entries
        are separated by semicolons, or ``none``; any is a text or a number, as text.
    needed : {"no", "column", "cell"}, default "no"
        Whether the column may be left out, must be there, or must be there with every cell filled.

    Examples
    --------
    >>> Column("age", "number", "cell").kind
    'number'
    """

    name: str
    kind: Kind
    needed: Literal["no", "column", "cell"] = "no"


@attrs.frozen
class Faulty:
    """A cell that was looked at before and holds nothing: why, what it held, and what its column is called there.

    Without a rule the reason is told elsewhere.
    """

    rule: str | None
    got: Any = None
    name: str | None = None


def read_cells(cells: Sequence[Any], column: Column) -> tuple[list[Any], dict[int, Problem]]:
    """Read the cells of a column: the value of each, None where it is empty or none, and what is wrong, by row.

    Examples
    --------
    >>> read_cells(["4", "", "4.5"], Column("week", "whole"))[0]
    [4, None, None]
    """
    if column.kind in ("number", "value") and set(map(type, cells)) == {float}:
        array = np.array(cells)
        empty = np.isnan(array)
        if not np.isinf(array).any() and not (column.needed == "cell" and empty.any()):
            filled = array.astype(object)
            filled[empty] = None
            return filled.tolist(), {}
    values: list[Any] = []
    problems: dict[int, Problem] = {}
    known: dict[Any, tuple[Any, Problem | None]] = {}
    for row, cell in enumerate(cells):
        kept = type(cell) is str or type(cell) is int
        found = known.get(cell) if kept else None
        if found is None:
            found = _read(cell, column)
            if kept:
                known[cell] = found
        values.append(found[0])
        if found[1] is not None:
            problems[row] = found[1]
    return values, problems


def _read(cell: Any, column: Column) -> tuple[Any, Problem | None]:
    if isinstance(cell, Faulty):
        wrong = "" if cell.rule is None else f"{(cell.name or column.name)!r} must be {cell.rule}"
        return None, Problem(wrong, cell.got, column=column.name)
    if is_empty(cell):
        missing = Problem(f"{column.name!r} must not be empty", column=column.name)
        return None, missing if column.needed == "cell" else None
    value, rule = _READERS[column.kind](cell.strip() if isinstance(cell, str) else cell)
    return value, None if rule is None else Problem(f"{column.name!r} must be {rule}", cell, column=column.name)


def is_empty(cell: Any) -> bool:
    """Tell whether a cell holds nothing: None, NaN, NaT, NA, or a text of blanks."""
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, (float, int, Real)) and cell != cell)


def _read_text(cell: Any) -> _Read:
    if isinstance(cell, str):
        return str(cell), None
    return (str(int(cell)), None) if isinstance(cell, Integral) and not isinstance(cell, bool) else (None, "a text")


def _read_any(cell: Any) -> _Read:
    return (spell(cell), None) if not isinstance(cell, str) and is_finite(cell) else _read_text(cell)


def read_number(cell: Any) -> tuple[float | None, str | None]:
    """Read one cell as a number: its value, or the rule it breaks."""
    if isinstance(cell, str) and not _NUMBER.fullmatch(cell):
        return None, f"a number: {spell(_spoiler(cell))} spoils it"
    number = float(cell) if isinstance(cell, str) else cell
    return (float(number), None) if is_finite(number) else (None, "a finite number")


def _spoiler(text: str) -> str:
    """Name the first character that keeps a text from being a number; where more should follow, the last."""
    return _BEGINNING.sub("", text, count=1)[:1] or text[-1]


class Bound(float):
    """A number that a value is less or greater than, as laboratories write it: ``<40``, ``>20000``."""

    sign: Literal["<", ">"]

    @classmethod
    def of(cls, number: float, sign: Literal["<", ">"]) -> Bound:
        """Make a bound of a number and its sign."""
        bound = cls(number)
        bound.sign = sign
        return bound


def _read_value(cell: Any) -> tuple[float | None, str | None]:
    """Read a number or a bound; a bound that the value may reach is told from none by nobody who measures."""
    if isinstance(cell, Bound):
        return cell, None
    if isinstance(cell, str) and cell[0] in "<>\u2264\u2265":
        number, rule = read_number(cell[1:].removeprefix("=").strip() or "-")
        if number is None or rule is not None:
            return None, rule
        return Bound.of(number, "<" if cell[0] in "<\u2264" else ">"), None
    return read_number(cell)


def _read_whole(cell: Any) -> tuple[int | None, str | None]:
    number, rule = read_number(cell)
    if number is None:
        return None, None if rule is None else rule.replace("a number", "a whole number")
    # Beyond 2 ** 53 a float may stand for another whole number than the one written.
    return (int(number), None) if number.is_integer() and abs(number) < 2**53 else (None, "a whole number")


def _read_flag(cell: Any) -> tuple[bool | None, str | None]:
    flag = _FLAGS.get(spell(cell) if is_finite(cell) else str(cell).lower())
    return (flag, None) if flag is not None else (None, "yes or no")


def _read_list(cell: Any) -> tuple[tuple[str, ...] | None, str | None]:
    text, rule = _read_text(cell)
    if text is None:
        return None, rule
    return () if text.lower() == "none" else tuple(part.strip() for part in text.split(";") if part.strip()), None


_READERS: Mapping[str, Callable[[Any], tuple[Any, str | None]]] = {
    "text": _read_text,
    "number": read_number,
    "value": _read_value,
    "whole": _read_whole,
    "flag": _read_flag,
    "list": _read_list,
    "any": _read_any,
}


def cell_text(cell: Any) -> str:
    """Write a cell so that it reads back equal: numbers with every digit that matters, flags as ``yes`` and ``no``.

    Examples
    --------
    >>> [cell_text(cell) for cell in (None, 65.0, 27.5, 0.1 + 0.2, 12, True, "CS")]
    ['', '65', '27.5', '0.30000000000000004', '12', 'yes', 'CS']
    """
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cell if isinstance(cell, str) else spell(cell)
