"""A progress bar for what takes longer than two seconds, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["track"]

Step = TypeVar("Step")

_QUIET_SECONDS = 2.0
_WIDTH = 30


def track(steps: Iterable[Step], n_steps: int, label: str) -> Iterator[Step]:
    """Pass steps on, and show on a terminal how many are done.

    Parameters
    ----------
    steps : iterable
        The steps.
    n_steps : int
        How many there are, at least 1.
    label : str
        What is being done.

    Yields
    ------
    object
        Each step, unchanged.

    Notes
    -----
    The bar stands on the error stream, appears after two seconds and is wiped away at the end. Where that stream is no
    terminal (a pipe, a file, a notebook), nothing is written.

    Examples
    --------
    >>> sum(track([1, 2, 3], 3, "adding"))
    6
    """
    stream = sys.stderr
    if stream is None or not stream.isatty():
        yield from steps
        return
    start, shown = time.monotonic(), 0
    try:
        for done, step in enumerate(steps):
            if time.monotonic() - start > _QUIET_SECONDS:
                bar = "#" * (_WIDTH * done // n_steps)
                line = f"{label} [{bar:{_WIDTH}}] {100 * done // n_steps:3} %"
                stream.write(f"\r{line}")
                stream.flush()
                shown = len(line)
            yield step
    finally:
        if shown:
            stream.write(f"\r{'':{shown}}\r")
            stream.flush()
