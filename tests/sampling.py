"""How much of what is long the quick profile runs."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
"""Whether the full profile runs, as it does each night."""


def some(cases: Sequence[T], every: int = 4) -> Sequence[T]:
    """All cases in the full profile, else one of every few, the first among them."""
    return cases if FULL else cases[::every]
