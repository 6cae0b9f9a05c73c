"""Results that are equal where their content is, frames included."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import pandas as pd

from ivigmyo.display import Shown

__all__ = ["ByContent"]


class ByContent(Shown):
    """Results that are equal where their content is, frames included."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(getattr(self, name), getattr(other, name)) for name in _names(self))

    __hash__ = None  # type: ignore[assignment]


def _names(result: Any) -> list[str]:
    return [each.name for each in attrs.fields(type(result))]


def _same(mine: Any, theirs: Any) -> bool:
    """Compare values by content; what is missing in both is equal."""
    if isinstance(theirs, pd.DataFrame | pd.Series | np.ndarray) and type(mine) is not type(theirs):
        return False  # pandas would compare cell by cell
    if isinstance(mine, pd.DataFrame):
        return isinstance(theirs, pd.DataFrame) and mine.equals(theirs)
    if isinstance(mine, pd.Series):
        return isinstance(theirs, pd.Series) and mine.equals(theirs)
    if isinstance(mine, np.ndarray):
        return isinstance(theirs, np.ndarray) and pickle.dumps(mine) == pickle.dumps(theirs)
    if isinstance(mine, Mapping):
        same_keys = isinstance(theirs, Mapping) and list(mine) == list(theirs)
        return same_keys and all(_same(value, theirs[key]) for key, value in mine.items())
    if isinstance(mine, tuple | list):
        return type(mine) is type(theirs) and len(mine) == len(theirs) and all(map(_same, mine, theirs))
    if attrs.has(type(mine)) and "__eq__" not in vars(type(mine)):
        alike = type(mine) is type(theirs)
        return alike and all(_same(getattr(mine, name), getattr(theirs, name)) for name in _names(mine))
    return bool(mine == theirs)
