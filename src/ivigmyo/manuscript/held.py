"""The quantities of a report by name, and which of them belong together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeAlias

import attrs
import pandas as pd

from ivigmyo.arguments import check_frame
from ivigmyo.display import records
from ivigmyo.errors import refusal
from ivigmyo.manuscript.printed import Part, Role

__all__ = ["Held", "HasQuantities", "Quantity", "candidates", "read_quantities"]


class HasQuantities(Protocol):
    """A report: anything that lays its numbers out as one frame."""

    def quantities(self) -> pd.DataFrame:
        """Return one row a number, with the columns ``quantity, value, unit, n, method, conventions``."""
        ...


Held: TypeAlias = "Mapping[str, Quantity]"
"""The quantities of a report by name, in its order."""


@attrs.frozen
class Quantity:
    """One number of a report.

    Parameters
    ----------
    name : str
        Its dotted name.
    value : float or None
        The number; None where it does not exist.
    unit : str
        Its unit; that of a number from 0 to 1 that papers print as a percentage begins with ``"share"``.
    n : int or None
        The patients it rests on.
    method, conventions : str
        How it was computed, and what was chosen.
    """

    name: str
    value: float | None
    unit: str = ""
    n: int | None = None
    method: str = ""
    conventions: str = ""

    @property
    def last(self) -> str:
        """The statistic: what follows the last point of the name."""
        return self.name.rpartition(".")[2]

    @property
    def stem(self) -> str:
        """What the statistic is of."""
        return self.name.rpartition(".")[0]

    @property
    def is_percent(self) -> bool:
        """Whether the value counts in hundredths already."""
        return self.unit.strip().lower() in ("%", "percent")

    @property
    def is_share(self) -> bool:
        """Whether the value is a share of one, which papers print as a percentage."""
        unit = self.unit.strip().lower()
        return unit.startswith(_SHARES) or (not unit and self.last in ("rate", "share"))

    @property
    def may_be_unreached(self) -> bool:
        """Whether a value that does not exist is a time that was not reached."""
        named = any(part.endswith("median") for part in self.name.split("."))
        return self.value is None and named and self.n != 0


_SHARES = ("share", "proportion", "fraction")


def read_quantities(report: HasQuantities | pd.DataFrame) -> Held:
    """Read the quantities of a report, or a frame of them."""
    frame = report if isinstance(report, pd.DataFrame) else report.quantities()
    check_frame("report", frame, ("quantity", "value"))
    repeated = frame["quantity"][frame["quantity"].duplicated()]
    if len(repeated):
        raise ValueError(refusal("each quantity of a report must have one row", repeated.iloc[0]))
    table = frame.reindex(columns=["quantity", "value", "unit", "n", "method", "conventions"])
    numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in ("value", "n")}
    found = [
        Quantity(
            str(row.quantity),
            _present(value),
            _words(row.unit),
            None if math.isnan(n) else int(n),
            _words(row.method),
            _words(row.conventions),
        )
        for row, value, n in zip(records(table), numbers["value"], numbers["n"], strict=True)
    ]
    return {each.name: each for each in found}


def _present(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _words(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


_PAIRS: Mapping[Role, tuple[tuple[str, str], ...]] = {
    "limits": (
        ("conf_low", "conf_high"),
        ("low", "high"),
        ("minimum", "maximum"),
        ("min", "max"),
        ("q1", "q3"),
        ("q25", "q75"),
    ),
    "range": (("minimum", "maximum"), ("min", "max")),
    "quartiles": (("q1", "q3"), ("q25", "q75")),
}
_SINGLES: Mapping[Role, tuple[str, ...]] = {
    "sd": ("sd",),
    "se": ("se", "std_error"),
    "second": ("sd", "se", "std_error"),
    "p": ("p_value",),
    "n": ("n",),
}


def candidates(part: Part, quantity: Quantity, held: Held, beside_percent: bool) -> list[tuple[Quantity, ...]]:
    """Name the quantities that a part of a printed text may mean, the likeliest first.

    Beside a percentage a whole number is a count. What a report has no row for is not among them.
    """
    if part.role == "estimate":
        return [(_estimate(part, quantity, held, beside_percent),)]
    if part.role == "share":
        return list(_shares(quantity, held))
    if part.role in _PAIRS:
        return _present_ones(_siblings(quantity, held, low, high) for low, high in _PAIRS[part.role])
    if part.role == "second" and f"{quantity.stem}.rate" in held:
        return [(held[f"{quantity.stem}.rate"],)]
    if part.role == "p" and "p_value" in quantity.last:
        return [(quantity,)]
    if part.role == "n" and quantity.last == "n":
        return [(quantity,)]
    found = _present_ones(_siblings(quantity, held, last) for last in _SINGLES[part.role])
    if part.role == "n" and not found and quantity.n is not None:
        found = [(_n_of(quantity),)]
    return found[:1]


def _estimate(part: Part, quantity: Quantity, held: Held, beside_percent: bool) -> Quantity:
    """Tell which of a count and its percentage a number is."""
    number = part.numbers[0]
    percent = number is not None and number.percent
    if percent and quantity.last in ("count", "n"):
        return held.get(f"{quantity.stem}.rate", quantity)
    if beside_percent and not percent and quantity.last == "rate":
        return held.get(f"{quantity.stem}.count", quantity)
    return quantity


def _present_ones(found: Iterable[tuple[Quantity, ...] | None]) -> list[tuple[Quantity, ...]]:
    return [each for each in found if each is not None]


def _siblings(quantity: Quantity, held: Held, *lasts: str) -> tuple[Quantity, ...] | None:
    """Find statistics of the same thing: below the quantity itself, behind its own word, or beside it."""
    for place in _places(quantity):
        names = [f"{place}{last}" for last in lasts]
        if all(name in held for name in names):
            return tuple(held[name] for name in names)
    return None


def _places(quantity: Quantity) -> list[str]:
    """Tell where the statistics of a thing stand, the nearest first.

    What is beside a statistic of one arm, such as ``treated_mean``, is of that arm or of something else.
    """
    own = [f"{quantity.name}.", f"{quantity.name}_"]
    if "_" not in quantity.last or quantity.last.startswith(("conf_", "p_", "n_")):
        return [*own, f"{quantity.stem}."]
    return [*own, f"{quantity.stem}.{quantity.last.rpartition('_')[0]}_"]


def _shares(quantity: Quantity, held: Held) -> Iterator[tuple[Quantity, ...]]:
    for place in _places(quantity):
        count = held.get(f"{place}count")
        if count is not None:
            yield count, held.get(f"{place}n") or _n_of(count)


def _n_of(quantity: Quantity) -> Quantity:
    """Make a quantity of the number of patients that another rests on."""
    return Quantity(f"n of {quantity.name}", None if quantity.n is None else float(quantity.n), "patients")
