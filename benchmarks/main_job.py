"""The report of the bundled study, as a whole process, against R doing the same by hand.

Run it with a Python that has the package: ``python benchmarks/main_job.py [RUNS]``. R and its package survival are needed.
Each pair of runs gives a ratio; the median is printed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from importlib.resources import as_file, files
from pathlib import Path


def seconds(command: list[str]) -> float:
    """Run a command and tell how long it took."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Time both in turn."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with as_file(files("ivigmyo.saito2008") / "data") as folder:
        by_hand = ["Rscript", "--vanilla", str(Path(__file__).with_suffix(".R")), str(folder)]
        ours = [sys.executable, "-m", "ivigmyo"]
        pairs = [(seconds(ours), seconds(by_hand)) for _ in range(runs + 1)][1:]
    ratios = sorted(one / other for one, other in pairs)
    print(f"ivigmyo {statistics.median(one for one, _ in pairs):.2f} s, R {statistics.median(b for _, b in pairs):.2f} s")
    print(f"ratio: median {statistics.median(ratios):.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f} in {runs} pairs")


if __name__ == "__main__":
    main()
