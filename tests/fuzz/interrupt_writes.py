"""Kill `write_study` at random moments, and let two writers and a reader meet: no accepted mix, nothing left behind.

Run it from the root: ``python tests/fuzz/interrupt_writes.py [KILLS] [SECONDS]`` (200 kills and 30 seconds unless given).
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from ivigmyo import saito2008
from ivigmyo.errors import DataError
from ivigmyo.files.folder import read_study, write_study
from ivigmyo.study import Study


def two_studies() -> tuple[Study, Study]:
    """Return two studies that differ in every table."""
    whole = saito2008.load_study()
    return whole, Study(whole.efficacy_set.patients[:7], "another", "elsewhere")


def _write(study: Study, folder: str, started: object) -> None:
    started.set()
    write_study(study, folder)


def _write_again_and_again(study: Study, folder: str, until: float) -> None:
    while time.monotonic() < until:
        write_study(study, folder)


def read(folder: Path, studies: tuple[Study, ...]) -> str:
    """Read a folder and tell what was found: one of the studies, or that it is refused as unfinished."""
    try:
        found = read_study(folder)
    except DataError as error:
        message = str(error)
        return "refused" if "interrupted" in message else f"wrongly refused: {message[:300]}"
    return next((f"study {i}" for i, study in enumerate(studies) if found == study), "a mix was accepted")


def leftovers(folder: Path) -> list[str]:
    """List what is in a folder beside tables."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".csv")


def kill_writers(times: int, seed: int = 1) -> Counter[str]:
    """Kill a writer at random moments of its work, and count what is read then."""
    draw, context = random.Random(seed), multiprocessing.get_context("fork")
    first, second = two_studies()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.monotonic()
        write_study(first, folder)
        length = time.monotonic() - began
        for _ in range(times):
            started = context.Event()
            writer = context.Process(target=_write, args=(second, name, started))
            writer.start()
            started.wait(30)
            # Half the kills fall on the last tenth, when the files take their places.
            at = draw.uniform(0.9, 1.05) if draw.random() < 0.5 else draw.uniform(0, 1)
            time.sleep(at * length)
            os.kill(writer.pid or 0, signal.SIGKILL)
            writer.join()
            found[read(folder, (first, second))] += 1
            write_study(first, folder)
            if read(folder, (first,)) != "study 0":
                found["the next write does not mend it"] += 1
            if leftovers(folder):
                found[f"left behind: {leftovers(folder)}"] += 1
    return found


def let_writers_meet(seconds: float) -> Counter[str]:
    """Let two writers write to one folder while it is read, and count what is read."""
    context, studies = multiprocessing.get_context("fork"), two_studies()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_study(studies[0], folder)
        until = time.monotonic() + seconds
        writers = [context.Process(target=_write_again_and_again, args=(study, name, until)) for study in studies]
        for writer in writers:
            writer.start()
        while time.monotonic() < until:
            found[read(folder, studies)] += 1
        for writer in writers:
            writer.join(60)
            if writer.exitcode:
                found["a writer failed"] += 1
        found[f"at the end: {read(folder, studies)}"] += 1
        if leftovers(folder):
            found[f"left behind: {leftovers(folder)}"] += 1
    return found


def is_sound(found: Counter[str]) -> bool:
    """Tell whether nothing was found but the studies and refusals."""
    good = ("study 0", "study 1", "refused", "at the end: study 0", "at the end: study 1")
    return all(key in good for key in found)


if __name__ == "__main__":
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 30
    killed = kill_writers(kills)
    print(f"{kills} kills:", dict(killed))
    met = let_writers_meet(seconds)
    print(f"{seconds:g} s of two writers and a reader:", dict(met))
    sys.exit(not (is_sound(killed) and is_sound(met)))
