"""Where a printed number that differs may come from: another quantity of the same report."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ivigmyo.manuscript.agreement import agrees, alterations
from ivigmyo.manuscript.held import Held, Quantity
from ivigmyo.manuscript.printed import PrintedNumber

__all__ = ["find_causes"]

_MOST = 4
_NEAR = 2
"""Up to how many exchanged parts of a name two quantities are near each other."""

_STATISTICS = {
    "conf_high": "the upper limit",
    "conf_low": "the lower limit",
    "count": "the count",
    "maximum": "the maximum",
    "mean": "the mean",
    "median": "the median",
    "minimum": "the minimum",
    "n": "the number of patients",
    "rate": "the rate",
    "sd": "a standard deviation",
    "se": "a standard error",
    "std_error": "a standard error",
}
_SETTINGS = {
    "arms": ("an arm", "another arm"),
    "contrasts": ("a contrast", "another arm"),
    "groups": ("a group", "another group"),
    "sensitivity": ("a sensitivity analysis", "another sensitivity analysis"),
    "treated": ("all treated", ""),
}
"""What the parts of a name set apart: in words for one of its kind, and for another one of the same kind."""


def find_causes(printed: PrintedNumber, quantity: Quantity, held: Held) -> list[str]:
    """Say what the printed number is, the likeliest first: the quantity altered, or another one."""
    found = [*alterations(printed, quantity), *_of_another_n(printed, quantity, held), *_others(printed, quantity, held)]
    if quantity.last == "sd" and not any("standard error" in each for each in found):
        found += _standard_error(printed, quantity)
    return list(dict.fromkeys(found))[:_MOST]


def _others(printed: PrintedNumber, quantity: Quantity, held: Held) -> list[str]:
    """Name other quantities that are printed so: those of a near name, and far ones where the number says much."""
    if printed.relation != "=":
        return []
    equal = [each for each in held.values() if each.name != quantity.name and agrees(printed, each)]
    ranked = sorted((_distance(quantity.name, each.name), place) for place, each in enumerate(equal))
    telling = len(f"{abs(printed.value):f}".replace(".", "").strip("0")) >= 3
    return [_named(quantity, equal[place]) for distance, place in ranked if telling or distance <= _NEAR]


def _named(quantity: Quantity, other: Quantity) -> str:
    words = _difference(quantity, other)
    return f"{other.name} ({words})" if words else other.name


def _apart(one: str, other: str) -> tuple[list[str], list[str], list[str]]:
    """Split two names into what they begin with alike, and where they differ."""
    a, b = one.split("."), other.split(".")
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    return a[:start], a[start : len(a) - end], b[start : len(b) - end]


def _distance(one: str, other: str) -> int:
    _, here, there = _apart(one, other)
    return max(len(here), len(there))


def _difference(quantity: Quantity, other: Quantity) -> str:
    """Say in words how another quantity is another one."""
    before, here, there = _apart(quantity.name, other.name)
    at_end = quantity.last != other.last
    if "p_value" in quantity.last and "p_value" in other.last and at_end:
        return f"P of another test: {other.method}" if other.method else "P of another test"
    if before and before[-1] == "visits" and len(here) == len(there) == 1:
        return f"week {there[0]}, not week {here[0]}"
    if at_end and len(here) == len(there) == 1 and here[0] in _STATISTICS and there[0] in _STATISTICS:
        return f"{_STATISTICS[there[0]]}, not {_STATISTICS[here[0]]}"
    if here and here[0] in _SETTINGS and not there:
        return "all patients"
    if there and there[0] in _SETTINGS:
        return _SETTINGS[there[0]][0]
    return _SETTINGS[before[-1]][1] if before and before[-1] in _SETTINGS else ""


def _standard_error(printed: PrintedNumber, quantity: Quantity) -> Iterator[str]:
    """Recognize a standard error that the report does not hold."""
    if quantity.value is not None and quantity.n:
        error = Quantity(quantity.name, quantity.value / math.sqrt(quantity.n), quantity.unit)
        if agrees(printed, error):
            yield f"the standard error of the mean, {quantity.name} divided by the root of n = {quantity.n}"


def _of_another_n(printed: PrintedNumber, quantity: Quantity, held: Held) -> Iterator[str]:
    """Recognize the same count as a percentage of another number of patients of the report."""
    count = held.get(f"{quantity.stem}.count")
    if not quantity.is_share or count is None or count.value is None or printed.relation != "=":
        return
    sizes = {each.n for each in held.values() if each.n}
    sizes |= {int(each.value) for each in held.values() if each.last == "n" and each.value}
    for n in sorted(sizes - {quantity.n}):
        if n >= count.value and agrees(printed, Quantity(quantity.name, count.value / n, quantity.unit)):
            yield f"{count.value:.0f} of n = {n}, not of {quantity.n}" if quantity.n else f"{count.value:.0f} of n = {n}"
