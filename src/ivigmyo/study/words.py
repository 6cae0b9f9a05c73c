"""What was planned, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ivigmyo.errors import is_number, spell
from ivigmyo.instruments import Instrument

if TYPE_CHECKING:
    from ivigmyo.study.plan import Protocol

__all__ = ["final_week", "in_words", "named"]


_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("week_window", "week_day_distance", "days", "interval", "within_days"), "days"),
    **dict.fromkeys(("minimum_age", "maximum_age"), "years"),
    **dict.fromkeys(("maximum_mmt", "maximum_mmt_gain"), "points"),
    "minimum_dose": "mg/day",
    "minimum_dose_per_kg": "mg/kg/day",
    "max_reduction": "of the dose",
}
"""The unit of each number of a plan; those of weeks say it in their names, and that of a dose is stated beside it."""


def in_words(value: Any, within: str = "") -> Iterator[tuple[str, str]]:
    """Yield the fields of a plan in words, those of its parts under their own names."""
    for field in attrs.fields(type(value)):
        held = getattr(value, field.name)
        name = f"{within}.{field.name}" if within else field.name
        if field.name == "conduct" and held is not None:
            for part in attrs.fields(type(held)):
                yield from _part(part.name, getattr(held, part.name))
        elif not field.name.startswith("_"):
            yield name, _with_unit(_words(held), field.name, value) if is_number(held) else _words(held)


def _with_unit(words: str, name: str, owner: Any) -> str:
    """Put the unit of a field behind its number."""
    unit = _UNITS.get(name) or (getattr(owner, "unit", None) if name == "dose" else None) or ""
    return f"{words} {unit.removesuffix('s') if words == '1' else unit}".strip()


def _part(name: str, held: Any) -> Iterator[tuple[str, str]]:
    if held is not None and attrs.has(type(held)):
        yield from in_words(held, name)
    else:
        yield name, _words(held)


def final_week(protocol: Protocol) -> str:
    """Say which week final values are of: the last scheduled one, or an endpoint week that is another."""
    week = protocol.endpoint_week
    return "the last scheduled week" if week is None or week == max(protocol.all_weeks, default=week) else f"week {week}"


def named(name: str) -> str:
    """Say the name of a field."""
    return name.replace("_", " ").replace(".", ": ")


def _words(value: Any) -> str:
    """Say a planned value: a text, a number, several of them, or what they are by measure."""
    if value is None:
        return "not stated"
    if isinstance(value, str):
        return value or "not stated"
    if isinstance(value, Mapping):
        ordered = sorted(value.items(), key=lambda item: item[0] == "")  # what holds for all others comes last
        return "; ".join(f"{key or 'others'}: {_words(each)}" for key, each in ordered) or "not stated"
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return ", ".join(map(_words, items)) or "none"
    own = value.code if isinstance(value, Instrument) else getattr(value, "name", None)
    if isinstance(own, str):
        return own
    if attrs.has(type(value)):
        parts = [(field.name, getattr(value, field.name)) for field in attrs.fields(type(value))]
        return "; ".join(f"{named(name)} {_words(each)}" for name, each in parts if each is not None)
    return spell(value)
