"""What the benchmarks share: naming the machine, timing calls in turn, and how cost grows."""

from __future__ import annotations

import importlib.metadata
import math
import platform
import time
from collections.abc import Callable, Iterable
from pathlib import Path

Call = Callable[[], object]


def surroundings(*packages: str) -> str:
    """Name the versions, the processor and the width of its vectors, as far as the system tells."""
    listing = Path("/proc/cpuinfo")
    text = listing.read_text() if listing.exists() else ""
    named = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    vectors = next(
        (name for flag, name in ((" avx512f ", "AVX-512"), (" avx2 ", "AVX2")) if flag in text), "vectors unknown"
    )
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("ivigmyo", "numpy", "pandas", *packages)]
    processor = named[0] if named else platform.processor() or platform.machine()
    return f"Python {platform.python_version()}, {', '.join(versions)}\n{processor} ({vectors})\n"


def best_times(calls: dict[str, Call], turns: int, clock: Callable[[], float] = time.process_time) -> dict[str, float]:
    """Let the calls take turns, and keep the best time of each in seconds.

    Processor time is what a busy machine disturbs least: everything here runs on one core.
    """
    best = dict.fromkeys(calls, math.inf)
    for _ in range(turns):
        for name, call in calls.items():
            start = clock()
            call()
            best[name] = min(best[name], clock() - start)
    return best


def print_growth(prepare: Callable[[int], Call], sizes: Iterable[int], what: str) -> None:
    """Print the time for each size, and the slope of its logarithm over the last hundredfold of sizes."""
    times: dict[int, float] = {}
    for size in sizes:
        times[size] = best_times({"call": prepare(size)}, turns=3)["call"]
        print(f"{size:>12,} {what} {times[size] * 1e3:10.2f} ms {times[size] / size * 1e9:10.1f} ns each")
    largest = max(times)
    if largest // 100 in times:
        slope = math.log10(times[largest] / times[largest // 100]) / 2
        print(f"slope of log time over log {what}, {largest // 100:,} to {largest:,}: {slope:.2f}\n")
