"""Score ten million pairs of core set measures: time and memory.

Run as ``python benchmarks/core_set.py [PAIRS]``.
"""

import resource
import sys
import time

import numpy as np
import pandas as pd
from timing import surroundings

from ivigmyo.core_set import (
    definition_of_improvement,
    most_abnormal_enzyme,
    response_by_category,
    total_improvement_score,
)


def random_measures(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw one visit of every patient, on the grids on which the measures are written."""
    columns = {
        "physician_global": rng.integers(0, 101, n) / 10,
        "patient_global": rng.integers(0, 101, n) / 10,
        "mmt": rng.integers(0, 151, n).astype(float),
        "haq": rng.integers(0, 25, n) / 8,
        "enzyme": rng.integers(20, 9_000, n).astype(float),
        "extramuscular": rng.integers(0, 101, n) / 10,
    }
    for column in columns.values():
        column[rng.random(n) < 0.01] = np.nan
    return pd.DataFrame(columns)


def timed(name: str, call):
    start = time.perf_counter()
    result = call()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{name:40} {time.perf_counter() - start:6.2f} s, peak memory so far {peak:.1f} GB")
    return result


def main(n: int) -> None:
    print(surroundings())
    rng = np.random.default_rng(2016)
    baseline = timed(f"draw {n:,} pairs", lambda: random_measures(n, rng))
    final = random_measures(n, rng)
    options = {"mmt_maximum": 150, "enzyme_range": 15 * 200}
    scores = timed("score", lambda: total_improvement_score(baseline, final, **options))
    timed("response by category", lambda: response_by_category(scores))
    timed("score, partial", lambda: total_improvement_score(baseline, final, missing="partial", **options))
    timed("definition of improvement", lambda: definition_of_improvement(baseline, final, mmt_maximum=150))
    enzymes = pd.DataFrame(rng.integers(20, 9_000, (n, 5)).astype(float), columns=["CK", "ALDOLASE", "AST", "ALT", "LDH"])
    limits = {"CK": 200, "ALDOLASE": 8, "AST": 40, "ALT": 40, "LDH": 240}
    timed("most abnormal enzyme", lambda: most_abnormal_enzyme(enzymes, limits))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
