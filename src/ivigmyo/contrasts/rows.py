"""A result laid out as one row, so that results stack."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TypeAlias

import pandas as pd

__all__ = ["OneRow", "Scalar"]

Scalar: TypeAlias = "str | int | float | bool | None"
"""What stands in a cell of a row: a number, a truth value or a text; None where it does not exist."""


class OneRow(ABC):
    """What every comparison offers: its numbers by name, and as one row of a frame."""

    __slots__ = ()

    @abstractmethod
    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:
        """Give the numbers by name, with the limits at `level`; what does not exist is None."""

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Lay the numbers out as one row, with the limits at `level`; a number that does not exist is NaN."""
        row = self.to_dict(level)
        texts = {name for name in row if name.endswith(("method", "reason", "scale"))}
        return pd.DataFrame({name: [math.nan if v is None and name not in texts else v] for name, v in row.items()})
