"""Time grading against one plain numpy pass over the same arrays, in the same process.

Run: python benchmarks/grading.py [ROWS ...]

The yardstick is ``(final - baseline) / baseline <= -0.5``: one relative change and one comparison, unchecked and wrong at
decimal thresholds. Grading includes reading and checking the arguments and making the categorical Series. Yardstick and
grading take turns; the ratio is that of their best times.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import ivigmyo
from ivigmyo.response import grade_ck, grade_mmt

ROUNDS = 7


def processor() -> str:
    """Name the processor as the system does."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def best_times(*calls: Callable[[], object]) -> list[float]:
    """Run the calls in turn, several rounds, and keep the best time of each in seconds."""
    best = [float("inf")] * len(calls)
    for _ in range(ROUNDS):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def measure(rows: int) -> None:
    """Print one line of the table for each kind of grading."""
    rng = np.random.default_rng(2008)
    baseline = np.maximum(1, rng.lognormal(6.6, 1, rows).round())
    final = np.maximum(1, (baseline * rng.lognormal(-0.7, 0.6, rows)).round())
    uln = rng.choice([150.0, 240.0], rows)
    with_missing = np.where(rng.random(rows) < 0.02, np.nan, final)
    score, later = np.minimum(baseline / 50, 90).round(), np.minimum(final / 50, 90).round()

    names = ["CK", "CK with 2 % missing", "CK with a ULN a patient", "MMT"]
    yardstick, *graded = best_times(
        lambda: (final - baseline) / baseline <= -0.5,
        lambda: grade_ck(baseline, final),
        lambda: grade_ck(baseline, with_missing),
        lambda: grade_ck(baseline, final, uln),
        lambda: grade_mmt(score, later),
    )
    for name, seconds in zip(names, graded, strict=True):
        print(f"| {rows:>10,} | {name:<23} | {yardstick * 1e3:10.2f} | {seconds * 1e3:10.2f} | {seconds / yardstick:5.2f} |")


def main(sizes: list[int]) -> None:
    """Print the table."""
    print(f"ivigmyo {ivigmyo.__version__}, numpy {np.__version__}, pandas {pd.__version__}, ", end="")
    print(f"Python {platform.python_version()}, {processor()}")
    print()
    print("|       rows | graded                  |  pass (ms) | grade (ms) | ratio |")
    print("| ---------: | :---------------------- | ---------: | ---------: | ----: |")
    for rows in sizes:
        measure(rows)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [10**3, 10**4, 10**5, 10**6, 10**7])
