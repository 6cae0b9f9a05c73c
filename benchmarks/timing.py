"""What the benchmarks share: naming the machine, timing calls in turn, how cost grows, and tables as the page has them."""

from __future__ import annotations

import importlib.metadata
import math
import platform
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

Call = Callable[[], object]

QUICK = "--quick" in sys.argv
"""Whether a script is only to show that it runs: sizes and turns are cut down, and no figure is to be quoted."""


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
    times = {size: best_times({"call": prepare(size)}, turns=3)["call"] for size in sizes}
    print_table([what, "ms"], [[f"{size:,}", f"{seconds * 1e3:.3g}"] for size, seconds in times.items()])
    largest = max(times)
    if largest // 100 in times:
        slope = math.log10(times[largest] / times[largest // 100]) / 2
        print(f"slope of log time over log {what}, {largest // 100:,} to {largest:,}: {slope:.2f}\n")


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table in Markdown, the first column of words, the others of numbers."""
    words, *rest = (f"| {' | '.join(map(str, line))} |" for line in (header, *rows))
    print("\n".join([words, f"|---|{'---:|' * (len(header) - 1)}", *rest]), end="\n\n")
