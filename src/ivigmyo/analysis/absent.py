"""What could not be found, with the reason: absent, never 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ivigmyo.errors import DataError

__all__ = ["attempt", "found_or_none"]

_T = TypeVar("_T")


def attempt(absent: dict[str, str], name: str, analyse: Callable[[], _T]) -> _T | None:
    """Do an analysis; where the data do not allow it, say why."""
    try:
        return analyse()
    except DataError as error:
        absent[name] = str(error)
        return None


def found_or_none(analyse: Callable[[], _T]) -> _T | None:
    """Do an analysis; None where the data do not allow it, for a reason that is told elsewhere."""
    try:
        return analyse()
    except DataError:
        return None
