"""The report of the bundled study, as a whole process, against R doing the same by hand.

Run: python benchmarks/main_job.py [--quick]

R and its package survival are needed; without them nothing is timed, and that is said. Each pair of runs gives a ratio, of
which the median and the extremes are printed.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from importlib.resources import as_file, files
from pathlib import Path

from timing import QUICK, print_table, surroundings

PAIRS = 1 if QUICK else 9


def seconds(command: list[str]) -> float:
    """Run a command and tell how long it took."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Time both in turn, after a pair that does not count."""
    print(surroundings())
    if not shutil.which("Rscript"):
        print("R is not installed: nothing was timed.")
        return
    with as_file(files("ivigmyo.saito2008") / "data") as folder:
        by_hand = ["Rscript", "--vanilla", str(Path(__file__).with_suffix(".R")), str(folder)]
        ours = [sys.executable, "-m", "ivigmyo"]
        pairs = [(seconds(ours), seconds(by_hand)) for _ in range(PAIRS + 1)][1:]
    middle = [statistics.median(times) for times in zip(*pairs, strict=True)]
    ratios = sorted(one / other for one, other in pairs)
    rows = [["ivigmyo", f"{middle[0]:.2f}"], ["R", f"{middle[1]:.2f}"]]
    print_table(["the report of the bundled study, a process", "s"], rows)
    print(f"ratio: median {statistics.median(ratios):.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f} in {PAIRS} pairs")


if __name__ == "__main__":
    main()
