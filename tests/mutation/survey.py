"""Tell what ``mutmut run`` left alive: ``python tests/mutation/survey.py``.

Every survivor is looked up in `survivors.toml`, which says why it changes no result; ``docs/mutation.md`` is written anew.
The exit status is 1 where less than 95 % of a room's mutants were killed, or a survivor is not listed.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "mutation.md"
LEAST = 95

INTRODUCTION = """\
# Mutation testing

`nox -s mutation` changes the code in one place at a time (an operator, a number, a name, an argument left out) and runs the
tests of the rooms concerned. A mutant is killed where a test fails or runs out of time. What survives is listed in
`tests/mutation/survivors.toml`, change by change, each with the reason why it alters no result; the command fails where a
survivor is not listed, or less than {least} % of a room's mutants are killed. Constants of a module and properties are not
changed by the program used, `mutmut`. `tests/mutation/survey.py` writes this page.

| room | mutants | killed | share |
|---|---:|---:|---:|
"""


class Change(NamedTuple):
    """A mutant, told by what it changes."""

    room: str
    before: str
    after: str


def mutmut(*arguments: str) -> list[str]:
    return subprocess.run(["mutmut", *arguments], capture_output=True, text=True, check=True).stdout.splitlines()


def describe(name: str) -> Change:
    """Read the lines that a mutant takes out and puts in."""
    lines = [line for line in mutmut("show", name) if not line.startswith(("---", "+++"))]
    before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Change(name.split(".")[1], before, after)


def table(killed: Counter[str], total: Counter[str]) -> str:
    rows = [(f"`{room}`", killed[room], total[room]) for room in sorted(total)]
    rows.append(("all", killed.total(), total.total()))
    return "".join(f"| {room} | {n} | {dead} | {100 * dead / n:.1f} % |\n" for room, dead, n in rows)


def main() -> int:
    """Compare what survived with what is listed, and write the page."""
    results = [line.strip().rsplit(": ", 1) for line in mutmut("results", "--all", "true") if ": " in line]
    total = Counter(name.split(".")[1] for name, _ in results)
    killed = Counter(name.split(".")[1] for name, status in results if status in ("killed", "timeout"))
    survived = [describe(name) for name, status in results if status not in ("killed", "timeout")]

    listing = tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8"))["reason"]
    listed = {Change(*change): reason["why"] for reason in listing for change in reason["changes"]}
    unlisted = [change for change in survived if change not in listed]
    for change in unlisted:
        print(f"not listed, in {change.room}:\n    {change.before}\n    {change.after}")
    for change in listed.keys() - set(survived):
        print(f"no longer survives, in {change.room}:\n    {change.before}\n    {change.after}")
    weak = [room for room in sorted(total) if 100 * killed[room] < LEAST * total[room]]
    print(f"{killed.total()} of {total.total()} mutants killed; below {LEAST} %: {', '.join(weak) or 'none'}")

    reasons = Counter(listed[change] for change in survived if change in listed)
    lines = "".join(f"- {why} ({count})\n" for why, count in reasons.most_common())
    PAGE.write_text(
        f"{INTRODUCTION.format(least=LEAST)}{table(killed, total)}\nWhy the others survive, and how many:\n\n{lines}",
        encoding="utf-8",
    )
    return int(bool(unlisted or weak))


if __name__ == "__main__":
    sys.exit(main())
