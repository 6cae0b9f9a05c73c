"""Who the patients of an analysis set are, and what they had before."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from ivigmyo.analysis.results import PatientSummary
from ivigmyo.change import describe
from ivigmyo.study import Study

__all__ = ["patient_summary", "previous_treatments"]


def patient_summary(study: Study) -> PatientSummary:
    """Summarize the patients of a study."""
    people = study.characteristics()
    counts = {by: {label: len(part.patients) for label, part in study.split(by).items()} for by in ("diagnosis", "sex")}
    return PatientSummary(
        n=len(people),
        age=describe(people["age"]),
        disease_duration=describe(people["disease_duration"]),
        diagnoses=counts["diagnosis"],
        sexes=counts["sex"],
    )


def previous_treatments(study: Study) -> pd.DataFrame | None:
    """Count the patients by each previous treatment that their records list, the words as recorded."""
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for patient in study.patients:
        listed = [" ".join(part.split()) for part in (patient.previous_treatment or "").replace(";", ",").split(",")]
        own = {name.casefold(): name for name in listed if name}
        for key, name in own.items():
            spelled.setdefault(key, name)
        counts.update(own.keys())
    if not counts:
        return None
    order = sorted(counts, key=lambda key: (-counts[key], key))
    return pd.DataFrame({"treatment": [spelled[key] for key in order], "patients": [counts[key] for key in order]})
