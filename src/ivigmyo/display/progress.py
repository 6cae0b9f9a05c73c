"""How far a long computation has come."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeVar

__all__ = ["track"]

_Step = TypeVar("_Step")


def track(steps: Iterable[_Step], n_steps: int, label: str) -> Iterable[_Step]:
    """Pass steps on; on a terminal, and where tqdm is installed, show after two seconds how many are done."""
    if sys.stderr is None or not sys.stderr.isatty():
        return steps
    try:
        from tqdm import tqdm
    except ImportError:
        return steps
    shown: Iterable[_Step] = tqdm(steps, label, n_steps, leave=False, delay=2, file=sys.stderr)
    return shown
