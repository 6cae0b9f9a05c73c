"""Today's criteria: the Total Improvement Score and the definition of improvement."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ivigmyo.core_set import MEASURES
from ivigmyo.display import LISTED, Table, number, share_cells
from ivigmyo.outcomes.improvement import ImprovementResult

__all__ = ["improvement_tables"]

_SHORT = {"physician_global": "phys", "patient_global": "pat", "extramuscular": "extra"}


def improvement_tables(result: ImprovementResult) -> Iterator[Table]:
    """Show the scores patient by patient, and the response by category."""
    if len(result.scores) <= LISTED:
        yield _scores(result)
    shares = (("at least minimal", result.response.minimal), ("at least moderate", result.response.moderate))
    rows = [[label, *share_cells(share)] for label, share in (*shares, ("major", result.response.major))]
    notes = [f"Without a score: {result.response.minimal.n_missing}. Intervals are exact."]
    header = ["improvement", "patients", "rate", "95 % exact"]
    yield Table("Response by the Total Improvement Score", header, rows, notes=notes)


def _scores(result: ImprovementResult) -> Table:
    definition = result.definition
    nothing = pd.Series("-", index=result.scores.index)
    words = {True: "met", False: "not met"}
    met = nothing if definition is None else definition["met"].astype(object).map(words).fillna("-")
    rows = []
    for name, one in result.scores.iterrows():
        points = [number(float(one[f"{measure}_points"]), 1).removesuffix(".0") for measure in MEASURES]
        category = one["category"] if isinstance(one["category"], str) else "-"
        rows.append([str(name), *points, number(float(one["score"]), 1), category, str(met[str(name)])])
    header = ["patient", *(_SHORT.get(measure, measure) for measure in MEASURES), "score", "improvement", "definition"]
    enzyme = "CHQ-PhS in place of an enzyme" if result.enzymes is None else "most abnormal enzyme"
    notes = [
        "Points by measure: physician and patient global activity, muscle test "
        f"({result.muscle_test.code}), HAQ, {enzyme}, extramuscular activity. definition: the IMACS definition "
        f"of improvement{', which does not know measures that stand in for others' if definition is None else ''}."
    ]
    return Table("Total Improvement Score (ACR/EULAR 2016)", header, rows, notes=notes, left=(0, 8, 9))
