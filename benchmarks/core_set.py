"""Score ten million pairs of core set measures: time and memory.

Run: python benchmarks/core_set.py [--quick]
"""

import resource
import time

import numpy as np
import pandas as pd
from timing import QUICK, print_table, surroundings

from ivigmyo.core_set import (
    definition_of_improvement,
    most_abnormal_enzyme,
    response_by_category,
    total_improvement_score,
)

PAIRS = 10_000 if QUICK else 10_000_000
LIMITS = {"CK": 200, "ALDOLASE": 8, "AST": 40, "ALT": 40, "LDH": 240}


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


def main() -> None:
    """Print the table."""
    print(surroundings())
    rng = np.random.default_rng(2016)
    baseline, final = (random_measures(PAIRS, rng) for _ in range(2))
    enzymes = pd.DataFrame(rng.integers(20, 9_000, (PAIRS, 5)).astype(float), columns=list(LIMITS))
    options = {"mmt_maximum": 150, "enzyme_range": 15 * 200}
    scores = total_improvement_score(baseline, final, **options)
    calls = {
        "the Total Improvement Score": lambda: total_improvement_score(baseline, final, **options),
        "the same of what is there": lambda: total_improvement_score(baseline, final, missing="partial", **options),
        "response by category": lambda: response_by_category(scores),
        "definition of improvement": lambda: definition_of_improvement(baseline, final, mmt_maximum=150),
        "most abnormal of five enzymes": lambda: most_abnormal_enzyme(enzymes, LIMITS),
    }
    rows = []
    for name, call in calls.items():
        start = time.perf_counter()
        call()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        rows.append([name, f"{seconds:.1f}", f"{peak:.1f}"])
    print_table([f"{PAIRS:,} pairs", "s", "peak of the process so far, GB"], rows)


if __name__ == "__main__":
    main()
