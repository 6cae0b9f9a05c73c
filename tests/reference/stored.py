"""What R printed, read for the tests and for ``validate.py``.

This folder is no package: the tests read it by path, ``runpy.run_path(".../stored.py")["survival_sets"]()``.
"""

from __future__ import annotations

import json
from itertools import chain, repeat
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def load(name: str) -> Any:
    """Read what R printed."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def survival_sets() -> list[dict[str, Any]]:
    """List every set that R's survival package was asked about, with its durations, events, groups and values.

    The paper's, the awkward and the random ones are stored as they are. Of the package's own data sets only R's event
    tables of the groups are: patients of one group, one time and one outcome are alike, so the tables give them back,
    in another order. Their group is the value set against the durations, too.
    """
    return [*load("survival")["sets"], *(each | rebuild(each["tables"]) for each in load("datasets")["sets"])]


def rebuild(tables: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Repeat each time of each group's event table, once a patient."""
    rows = [
        row
        for group, table in enumerate(tables, start=1)
        for time, n_event, n_censor in zip(table["time"], table["n_event"], table["n_censor"], strict=True)
        for row in chain(repeat((time, 1, group), n_event), repeat((time, 0, group), n_censor))
    ]
    durations, events, groups = (list(column) for column in zip(*rows, strict=True))
    return {"durations": durations, "events": events, "groups": groups, "values": groups}
