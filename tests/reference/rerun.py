"""Let R compute the reference values anew: ``python tests/reference/rerun.py [--check]``.

Every R script beside this file prints one JSON document, but for those whose names start with an underscore: the others
read them. Without ``--check`` the document replaces the stored one; with it the two are compared, numbers to 1e-12, and the
exit status says whether they agree.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def differences(stored: Any, new: Any, place: str) -> list[str]:
    """List the places where two documents differ; the versions of R and its packages may."""
    if isinstance(stored, dict) and isinstance(new, dict) and stored.keys() == new.keys():
        return [each for key in stored for each in differences(stored[key], new[key], f"{place}.{key}")]
    if isinstance(stored, list) and isinstance(new, list) and len(stored) == len(new):
        return [each for i, pair in enumerate(zip(stored, new, strict=True)) for each in differences(*pair, f"{place}[{i}]")]
    if isinstance(stored, float | int) and isinstance(new, float | int):
        return [] if math.isclose(stored, new, rel_tol=1e-12, abs_tol=1e-12) else [f"{place}: {stored} is now {new}"]
    is_version = place.count(".") == 1 and isinstance(stored, str)
    return [] if stored == new or is_version else [f"{place}: {stored!r} is now {new!r}"]


def main() -> int:
    """Run every script; compare or replace what it printed."""
    failed = 0
    for script in sorted(HERE.glob("[!_]*.R")):
        done = subprocess.run(["Rscript", script.name], cwd=HERE, capture_output=True, text=True, check=True)
        path = script.with_suffix(".json")
        if "--check" not in sys.argv:
            path.write_text(done.stdout, encoding="utf-8")
            continue
        found = differences(json.loads(path.read_text(encoding="utf-8")), json.loads(done.stdout), script.stem)
        print(f"{script.name}: {len(found)} differences", *found[:20], sep="\n  ")
        failed += bool(found)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
