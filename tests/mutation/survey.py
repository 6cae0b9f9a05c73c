"""Change the code of rooms in one place at a time, and tell what no test notices: ``survey.py --room change``.

Every survivor is looked up in `survivors.toml`, which says why it changes no result; ``--write`` puts the counts into
``docs/mutation.md``. The exit status is 1 where a survivor is not listed, or less than 95 % of the mutants of a room that
computes are killed; of the rooms that only show, tried as one under the name ``shown``, no share is asked.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one process tries one mutant

import pytest
from mutants import ROOT, Mutant, mutants, rooms
from trial import Trial

from ivigmyo.estimates import Proportion

PAGE = ROOT / "docs" / "mutation.md"
HERE = Path(__file__).parent
LEAST = 95
SHOWN = ("__main__", "display", "errors", "figures", "report")  # compute nothing: one room for the survey
OWN: dict[str, list[str]] = tomllib.loads((HERE / "rooms.toml").read_text(encoding="utf-8"))
COMPUTING = tuple(room for room in rooms() if room not in SHOWN)

Name = tuple[str, str, str, str, int]


def name(mutant: Mutant) -> Name:
    return mutant[:5]


def of_room(room: str) -> list[Mutant]:
    parts = SHOWN if room == "shown" else (room,)
    return [mutant for part in parts for path in rooms()[part] for mutant in mutants(path)]


def tests_of(room: str) -> list[str]:
    """The tests that are a room's own, with the examples of its docstrings: what pytest is called with."""
    tests = HERE.parent
    own = [pattern.partition("::") for pattern in OWN[room]]
    files = [f"{path}{sign}{test}" for pattern, sign, test in own for path in sorted(tests.glob(pattern))]
    files += [f"--deselect=tests/{pattern.removeprefix('-')}" for pattern in OWN[room] if pattern.startswith("-")]
    modules = dict.fromkeys(mutant.file.removesuffix(".py").replace("/", ".") for mutant in of_room(room))
    names = [f"ivigmyo.{name}".removesuffix(".__init__") for name in modules if name != "__main__"]
    return [*files, *(f"{tests}/test_doctests.py::test_examples_print_what_they_say[{name}]" for name in names)]


def sample(population: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """As many mutants as asked for, drawn by their names alone, so that a change elsewhere does not draw others."""
    return sorted(population, key=lambda mutant: hashlib.sha256(repr((seed, *name(mutant))).encode()).digest())[:size]


def listed() -> dict[Name, str]:
    """Why the survivors that were read survive."""
    listing = tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8"))["reason"]
    return {tuple(change): reason["why"] for reason in listing for change in reason["changes"]}


def tried(chosen: list[Mutant], tests: list[str]) -> dict[Mutant, str]:
    """What became of each mutant."""
    outcomes: dict[Mutant, str] = {}

    def tell(mutant: Mutant, outcome: str) -> None:
        outcomes[mutant] = outcome
        if len(outcomes) % 50 == 0:
            print(f"{len(outcomes)} of {len(chosen)} tried", file=sys.__stderr__, flush=True)

    options = ["-q", *(f"-pno:{plugin}" for plugin in ("randomly", "cacheprovider", "cov", "xdist"))]
    status = pytest.main([*options, "--rootdir", str(ROOT), *tests], plugins=[Trial(chosen, tell)])
    if len(outcomes) < len(chosen):
        sys.exit(f"the tests ended with status {status} before every mutant was tried")
    return {mutant: outcome for mutant, outcome in outcomes.items() if outcome != "impossible"}


def row(room: str, size: int, outcomes: dict[Mutant, str]) -> str:
    killed = sum(outcome in ("killed", "ended") for outcome in outcomes.values())
    low, high = Proportion(killed, len(outcomes), 0, "excluded").confidence_interval(0.95, "wilson")
    interval = f"{100 * low:.1f} to {100 * high:.1f} %" if len(outcomes) < size else ""
    return f"| `{room}` | {size} | {len(outcomes)} | {killed} | {100 * killed / len(outcomes):.1f} % | {interval} |"


def write(rows: dict[str, str]) -> None:
    """Put the counts of rooms and of reasons into the page."""
    page = PAGE.read_text(encoding="utf-8")
    known = {found[1]: found[0] for found in re.finditer(r"^\| `(\w+)` \|.*$", page, re.MULTILINE)} | rows
    lines = "\n".join(known[room] for room in [*COMPUTING, "shown"] if room in known)
    page = re.sub(r"(?<=\|---:\|\n)(\| `.*\n)*", lambda _: f"{lines}\n", page, count=1)
    reasons = "".join(f"- {why} ({count})\n" for why, count in Counter(listed().values()).most_common())
    head, _, _ = page.partition("## Why the others survive\n")
    PAGE.write_text(f"{head}## Why the others survive\n\n{reasons}", encoding="utf-8")


def main() -> int:
    """Try the mutants of rooms, and say what survived and is not listed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--room", nargs="+", default=[*COMPUTING, "shown"], choices=[*COMPUTING, "shown"])
    parser.add_argument("--sample", type=int, default=200, help="mutants of a room, all if it has no more (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="which mutants are drawn (default 1)")
    parser.add_argument("--whole-suite", action="store_true", help="let every test try them, not the room's own alone")
    parser.add_argument("--write", action="store_true", help="write the counts into docs/mutation.md")
    options = parser.parse_args()

    populations = {room: of_room(room) for room in options.room}
    chosen = {room: sample(population, options.sample, options.seed) for room, population in populations.items()}
    known, rows, failed = listed(), {}, False
    for room, part in chosen.items():
        own = tried(part, ["tests", "docs", "README.md"] if options.whole_suite else tests_of(room))
        survived = {mutant: outcome for mutant, outcome in own.items() if outcome in ("survived", "not run")}
        for mutant, outcome in survived.items():
            if name(mutant) not in known:
                print(f"not listed ({outcome}), {mutant.file}, line {mutant.lines[0]}:\n{list(name(mutant))},")
        for mutant in own.keys() - survived.keys():
            if name(mutant) in known:
                print(f"listed, but no longer survives:\n{list(name(mutant))},")
        rows[room] = row(room, len(populations[room]), own)
        print(rows[room])
        failed |= not {name(mutant) for mutant in survived} <= known.keys()
        failed |= room in COMPUTING and 100 * len(survived) > (100 - LEAST) * len(own)
    if options.write:
        write(rows)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
