"""Time grading against one plain numpy pass over the same arrays, in the same process.

Run: python benchmarks/grading.py [--quick]

The yardstick is ``(final - baseline) / baseline <= -0.5``: one relative change and one comparison, unchecked and wrong at
decimal thresholds. Grading includes reading and checking the arguments and making the categorical Series. Yardstick and
grading take turns; the ratio is that of their best times.
"""

from __future__ import annotations

import time

import numpy as np
from timing import QUICK, best_times, print_table, surroundings

from ivigmyo.response import grade_ck, grade_mmt

TURNS = 2 if QUICK else 7
SIZES = (10**3, 10**4) if QUICK else (10**6, 10**7)


def ratios(pairs: int) -> dict[str, float]:
    """Time each kind of grading over the pass."""
    rng = np.random.default_rng(2008)
    baseline = np.maximum(1, rng.lognormal(6.6, 1, pairs).round())
    final = np.maximum(1, (baseline * rng.lognormal(-0.7, 0.6, pairs)).round())
    uln = rng.choice([150.0, 240.0], pairs)
    with_missing = np.where(rng.random(pairs) < 0.02, np.nan, final)
    score, later = np.minimum(baseline / 50, 90).round(), np.minimum(final / 50, 90).round()

    calls = {
        "pass": lambda: (final - baseline) / baseline <= -0.5,
        "CK": lambda: grade_ck(baseline, final),
        "CK, 2 % missing": lambda: grade_ck(baseline, with_missing),
        "CK, a ULN a patient": lambda: grade_ck(baseline, final, uln),
        "MMT": lambda: grade_mmt(score, later),
    }
    times = best_times(calls, TURNS, time.perf_counter)
    yardstick = times.pop("pass")
    return {name: seconds / yardstick for name, seconds in times.items()}


def main() -> None:
    """Print the table."""
    print(surroundings())
    found = {pairs: ratios(pairs) for pairs in SIZES}
    names = list(next(iter(found.values())))
    print_table(["pairs", *names], [[f"{pairs:,}", *(f"{own[name]:.1f}" for name in names)] for pairs, own in found.items()])


if __name__ == "__main__":
    main()
