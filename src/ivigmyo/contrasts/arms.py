"""Which arm and which stratum each patient belongs to."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Columns, Values, read_labels
from ivigmyo.errors import refusal, spell

__all__ = ["Arms", "Codes", "cross", "read_arms", "read_factors", "read_levels"]

Codes = npt.NDArray[np.int64]


class Arms(NamedTuple):
    """Two arms: their labels, and who is treated."""

    treated: Hashable
    control: Hashable
    is_treated: npt.NDArray[np.bool_]


def read_levels(columns: Columns, name: str, labels: Values) -> tuple[list[Any], Codes]:
    """Read the labels in their order, and each patient's position among them."""
    codes, found = pd.factorize(read_labels(columns, name, labels))
    levels = found.tolist()
    try:
        ordered = sorted(levels)
    except TypeError:
        ordered = sorted(levels, key=str)
    rank = {label: position for position, label in enumerate(ordered)}
    return ordered, np.array([rank[label] for label in levels], dtype=np.int64)[codes]


def read_arms(columns: Columns, name: str, labels: Values, called: str, control: Hashable) -> Arms:
    """Read two arms, of which `control` is one; `called` is the argument that names it."""
    levels, codes = read_levels(columns, name, labels)
    if len(levels) != 2:
        found = ", ".join(map(spell, levels))
        raise ValueError(f"{name!r} must have exactly two different labels (got {found or 'none'}).")
    if control not in levels:
        raise ValueError(refusal(f"{called!r} must be one of the labels {', '.join(map(spell, levels))}", control))
    position = levels.index(control)
    return Arms(levels[1 - position], levels[position], codes != position)


def read_factors(columns: Columns, strata: Values | pd.DataFrame | None) -> list[Codes]:
    """Read the positions of each patient among the levels of each factor: one column, or a frame of several."""
    if strata is None:
        return []
    if not isinstance(strata, pd.DataFrame):
        return [read_levels(columns, "strata", strata)[1]]
    if strata.shape[1] == 0 or not strata.columns.is_unique:
        raise ValueError(f"'strata' must have at least one column, each once (got {list(strata.columns)}).")
    return [read_levels(columns, str(name), strata[name])[1] for name in strata.columns]


def cross(factors: Sequence[Codes], n: int) -> Codes:
    """Give each patient a stratum, numbered from 0: the combinations of the factors' levels that occur."""
    if not factors:
        return np.zeros(n, dtype=np.int64)
    codes = np.unique(np.column_stack(factors), axis=0, return_inverse=True)[1]
    return np.asarray(codes, dtype=np.int64).reshape(-1)
