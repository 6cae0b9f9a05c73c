"""Time kaplan_meier against lifelines, scipy's ecdf, scikit-survival and R's survfit.

Run it with ``python benchmarks/kaplan_meier.py [PATIENTS]`` (default one million). The contestants take turns on the
same data, the best of their turns counts, and every other time is given as a multiple of ivigmyo's. scikit-survival and
R (with its package survival) are left out where they are not installed.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from lifelines import KaplanMeierFitter
from scipy.stats import CensoredData, ecdf

from ivigmyo.survival import kaplan_meier

TURNS = 7
R_TURNS = 5
R_CODE = """
suppressPackageStartupMessages(library(survival))
args <- commandArgs(TRUE); n <- as.integer(args[2]); turns <- as.integer(args[3])
data <- readBin(args[1], "double", 2 * n)
y <- Surv(data[1:n], data[(n + 1):(2 * n)])
cat(min(sapply(1:turns, function(i) system.time(survfit(y ~ 1))[["elapsed"]])), as.character(packageVersion("survival")))
"""


def processor() -> str:
    """Name the processor, as far as the system tells."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def contestants(durations: np.ndarray, events: np.ndarray) -> dict[str, Callable[[], object]]:
    """One call for each package, from durations and events to an estimate."""
    happened = events == 1
    calls: dict[str, Callable[[], object]] = {
        "ivigmyo": lambda: kaplan_meier(durations, events),
        "lifelines": lambda: KaplanMeierFitter().fit(durations, events),
        "scipy ecdf": lambda: ecdf(CensoredData(uncensored=durations[happened], right=durations[~happened])).sf,
    }
    if importlib.util.find_spec("sksurv"):
        from sksurv.nonparametric import kaplan_meier_estimator

        calls["scikit-survival"] = lambda: kaplan_meier_estimator(happened, durations)
    return calls


def best_of_turns(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of each contestant's best turn."""
    seconds = dict.fromkeys(calls, float("inf"))
    for _ in range(TURNS):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return seconds


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
    """Print the two tables."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rng = np.random.default_rng(2008)
    events = (rng.random(n) < 0.6).astype(np.float64)
    kinds = {"whole days": rng.integers(0, 2000, n).astype(np.float64), "continuous times": rng.exponential(500, n)}
    packages = ("ivigmyo", "numpy", "pandas", "lifelines", "scipy")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    print(f"{n:,} patients, 60 % events; {processor()}; Python {platform.python_version()}, {versions}")
    for kind, durations in kinds.items():
        seconds = best_of_turns(contestants(durations, events))
        from_r = time_r(durations, events)
        if from_r:
            seconds[f"R survfit ({from_r[1]})"] = from_r[0]
        own = seconds["ivigmyo"]
        print(f"\n{kind:24}{'ms':>10}{'times ivigmyo':>16}{'ivigmyo / it':>14}")
        for name, taken in seconds.items():
            print(f"{name:24}{taken * 1e3:10.1f}{taken / own:16.1f}{own / taken:14.3f}")


if __name__ == "__main__":
    main()
