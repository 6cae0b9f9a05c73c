"""Time grading against one plain numpy pass over the same arrays, in the same process.

Run: python benchmarks/grading.py [ROWS ...]

The yardstick is ``(final - baseline) / baseline <= -0.5``: one relative change and one comparison, unchecked and wrong at
decimal thresholds. Grading includes reading and checking the arguments and making the categorical Series. Yardstick and
grading take turns; the ratio is that of their best times.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from timing import best_times, surroundings

from ivigmyo.response import grade_ck, grade_mmt

ROUNDS = 7


def measure(rows: int) -> None:
    """Print one line of the table for each kind of grading."""
    rng = np.random.default_rng(2008)
    baseline = np.maximum(1, rng.lognormal(6.6, 1, rows).round())
    final = np.maximum(1, (baseline * rng.lognormal(-0.7, 0.6, rows)).round())
    uln = rng.choice([150.0, 240.0], rows)
    with_missing = np.where(rng.random(rows) < 0.02, np.nan, final)
    score, later = np.minimum(baseline / 50, 90).round(), np.minimum(final / 50, 90).round()

    calls = {
        "pass": lambda: (final - baseline) / baseline <= -0.5,
        "CK": lambda: grade_ck(baseline, final),
        "CK with 2 % missing": lambda: grade_ck(baseline, with_missing),
        "CK with a ULN a patient": lambda: grade_ck(baseline, final, uln),
        "MMT": lambda: grade_mmt(score, later),
    }
    times = best_times(calls, ROUNDS, time.perf_counter)
    yardstick = times.pop("pass")
    for name, seconds in times.items():
        print(f"| {rows:>10,} | {name:<23} | {yardstick * 1e3:10.2f} | {seconds * 1e3:10.2f} | {seconds / yardstick:5.2f} |")


def main(sizes: list[int]) -> None:
    """Print the table."""
    print(surroundings())
    print("|       rows | graded                  |  pass (ms) | grade (ms) | ratio |")
    print("| ---------: | :---------------------- | ---------: | ---------: | ----: |")
    for rows in sizes:
        measure(rows)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [10**3, 10**4, 10**5, 10**6, 10**7])
