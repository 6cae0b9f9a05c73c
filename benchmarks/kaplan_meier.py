"""Time kaplan_meier against lifelines, scipy's ecdf, scikit-survival and R's survfit.

Run: python benchmarks/kaplan_meier.py [--quick]

One million patients. The contestants take turns on the same data, the best of their turns counts, and ivigmyo's time is
given over that of every other. scikit-survival and
R (with its package survival) are left out where they are not installed.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from lifelines import KaplanMeierFitter
from scipy.stats import CensoredData, ecdf
from timing import QUICK, best_times, print_growth, print_table, surroundings

from ivigmyo.survival import kaplan_meier

PATIENTS = 1_000 if QUICK else 1_000_000
TURNS = 2 if QUICK else 7
R_TURNS = 1 if QUICK else 5
R_CODE = """
suppressPackageStartupMessages(library(survival))
args <- commandArgs(TRUE); n <- as.integer(args[2]); turns <- as.integer(args[3])
data <- readBin(args[1], "double", 2 * n)
y <- Surv(data[1:n], data[(n + 1):(2 * n)])
cat(min(sapply(1:turns, function(i) system.time(survfit(y ~ 1))[["elapsed"]])), as.character(packageVersion("survival")))
"""


def random_patients(n: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Draw durations, and events of 60 %."""
    rng = np.random.default_rng(2008)
    durations = rng.integers(0, 2000, n).astype(np.float64) if kind == "whole days" else rng.exponential(500, n)
    return durations, (rng.random(n) < 0.6).astype(np.float64)


def prepare(n: int, kind: str) -> Callable[[], object]:
    """Draw patients, and give the call to time on them."""
    durations, events = random_patients(n, kind)
    return lambda: kaplan_meier(durations, events)


def contestants(durations: np.ndarray, events: np.ndarray) -> dict[str, Callable[[], object]]:
    """One call for each package, from durations and events to an estimate."""
    happened = events == 1
    calls: dict[str, Callable[[], object]] = {
        "ivigmyo": lambda: kaplan_meier(durations, events),
        "lifelines": lambda: KaplanMeierFitter().fit(durations, events),
        "scipy `ecdf`": lambda: ecdf(CensoredData(uncensored=durations[happened], right=durations[~happened])).sf,
    }
    if importlib.util.find_spec("sksurv"):
        from sksurv.nonparametric import kaplan_meier_estimator

        calls["scikit-survival"] = lambda: kaplan_meier_estimator(happened, durations)
    return calls


def time_r(durations: np.ndarray, events: np.ndarray) -> tuple[float, str] | None:
    """Seconds of R's best turn and the version of its package, or None where there is no R."""
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data.bin")
        np.concatenate([durations, events]).tofile(data)
        command = ["Rscript", "-e", R_CODE, str(data), str(len(durations)), str(R_TURNS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    seconds, version = done.stdout.split()
    return float(seconds), version


def main() -> None:
    """Print the two tables, and how cost grows."""
    print(surroundings("lifelines", "scipy", *(["scikit-survival"] if importlib.util.find_spec("sksurv") else [])))
    print(f"{PATIENTS:,} patients, 60 % with an event\n")
    for kind in ("whole days", "continuous times"):
        durations, events = random_patients(PATIENTS, kind)
        seconds = best_times(contestants(durations, events), TURNS, time.perf_counter)
        from_r = time_r(durations, events)
        if from_r:
            print(f"survival {from_r[1]}\n")
            seconds["R `survfit`"] = from_r[0]
        own = seconds["ivigmyo"]
        rows = [[name, f"{taken * 1e3:.1f}", f"{own / taken:.3f}"] for name, taken in seconds.items()]
        print_table([kind, "ms", "ivigmyo / it"], rows)
    for kind in ("whole days", "continuous times"):
        print(f"{kind}:\n")
        sizes = [10**power for power in range(3, 5 if QUICK else 8)]
        print_growth(lambda size, kind=kind: prepare(size, kind), sizes, "patients")


if __name__ == "__main__":
    main()
