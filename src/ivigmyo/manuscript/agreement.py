"""When a printed number is a computed one, and what was done to it where it is not."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from ivigmyo.manuscript.held import Quantity
from ivigmyo.manuscript.printed import PrintedNumber, Relation

__all__ = ["agrees", "alterations", "as_printed", "scales"]

_RELATIONS: dict[Relation, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def scales(printed: PrintedNumber, quantity: Quantity) -> tuple[int, ...]:
    """Tell by what a value may be multiplied before it is printed: 100 makes a percentage of a share."""
    if printed.percent:
        return (1,) if quantity.is_percent else (100,)
    return (1, 100) if quantity.is_share else (1,)


def agrees(printed: PrintedNumber, quantity: Quantity) -> bool:
    """Tell whether a printed number is that of a quantity, rounded half up at its precision."""
    if quantity.value is None:
        return False
    exact = [_decimal(factor * quantity.value) for factor in scales(printed, quantity)]
    if printed.relation != "=":
        return any(_RELATIONS[printed.relation](value, printed.value) for value in exact)
    return any(_rounded(value, printed, ROUND_HALF_UP) == printed.value for value in exact)


def as_printed(printed: PrintedNumber, quantity: Quantity) -> str:
    """Write a quantity as the printed number is written."""
    if quantity.value is None:
        return "not reached" if quantity.may_be_unreached else "-"
    # A table prints shares as percentages without the sign; the number printed tells which is meant.
    factors = scales(printed, quantity)
    factor = min(factors, key=lambda each: abs(_decimal(each * (quantity.value or 0.0)) - printed.value))
    value = _decimal(factor * quantity.value)
    sign = " %" if printed.percent else ""
    if printed.relation != "=":
        return f"{value:.3g}{sign}" if abs(value) < 1 else f"{value:.6g}{sign}"
    rounded = _rounded(value, printed, ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:f}{sign}"


def alterations(printed: PrintedNumber, quantity: Quantity) -> Iterator[str]:
    """Say what was done to a quantity where it is printed otherwise than it is."""
    if quantity.value is None or printed.relation != "=":
        return
    sign = " %" if printed.percent else ""
    for factor in scales(printed, quantity):
        value = _decimal(factor * quantity.value)
        half_up = _rounded(value, printed, ROUND_HALF_UP)
        if _rounded(value, printed, ROUND_HALF_EVEN) == printed.value:
            yield f"{value:f}{sign} rounded half to even; half up it is {half_up:f}{sign}"
        elif _rounded(value, printed, ROUND_DOWN) == printed.value:
            yield f"{value:f}{sign} truncated; rounded half up it is {half_up:f}{sign}"
        if half_up and half_up == -printed.value:
            yield "it with the other sign"
        if quantity.is_share and _rounded(factor - value, printed, ROUND_HALF_UP) == printed.value:
            yield "one minus the share"
        if _digits_exchanged(half_up, printed.value):
            yield f"{half_up:f} with two digits exchanged"
        if half_up and any(_rounded(value.scaleb(by), printed, ROUND_HALF_UP) == printed.value for by in (-2, -1, 1, 2)):
            yield "it with the point moved"


def _decimal(value: float) -> Decimal:
    """Read a binary number as the decimal it stands for, noise beyond the twelfth digit taken off."""
    return Decimal(f"{value:.12g}")


def _rounded(value: Decimal, printed: PrintedNumber, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-printed.decimals), rounding)


def _digits_exchanged(one: Decimal, other: Decimal) -> bool:
    a, b = f"{one:f}", f"{other:f}"
    if len(a) != len(b):
        return False
    places = [place for place in range(len(a)) if a[place] != b[place]]
    if len(places) != 2:
        return False
    first, second = places
    return a[first] == b[second] and a[second] == b[first]
