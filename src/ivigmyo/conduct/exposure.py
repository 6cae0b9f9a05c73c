"""How much of the study treatment each patient was given."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from ivigmyo.study import Study
from ivigmyo.study.patients import Patient, Treatment
from ivigmyo.study.treatments import GRAMS_PER_KG, named_treatment, spellings_of

__all__ = ["exposure"]

_PER_PATIENT = {"g/day": 1.0, "mg/day": 0.001}


def exposure(study: Study) -> pd.DataFrame:
    """Count the infusions of each patient, and add up their doses.

    Parameters
    ----------
    study : Study
        A study; its treatments tell what was infused and when.

    Returns
    -------
    pandas.DataFrame
        One row a patient: ``patient``; ``arm`` as received, None without arms; ``infusions``, on how many days it was
        infused; ``courses``, how many runs of consecutive days these are; ``dose_per_kg``, all doses together in g/kg. NaN
        where a day, a dose or its unit is not known, and where no infusion is recorded.

    Notes
    -----
    Study treatments are those named like the treatment of the protocol's course (IVIG, where none is stated), like an arm,
    or placebo. A placebo is infused with a dose of 0. A dose that is not per kg is divided by the recorded weight.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> exposure(saito2008.load_study()).tail(2)
       patient   arm  infusions  courses  dose_per_kg
    14      15  None        5.0      1.0          2.0
    15      16  None        2.0      1.0          0.8
    """
    conduct = study.protocol.conduct
    course = "IVIG" if conduct is None or conduct.course is None else conduct.course.treatment
    sought = spellings_of([course, "placebo", *study.arms])
    rows = [
        (patient.id, patient.arm_treated, *_given(patient, [each for each in patient.treatments if _named(each, sought)]))
        for patient in study.patients
    ]
    frame = pd.DataFrame(rows, columns=["patient", "arm", "infusions", "courses", "dose_per_kg"], dtype=object)
    return frame.astype({"infusions": float, "courses": float, "dose_per_kg": float})


def _named(treatment: Treatment, sought: dict[str, tuple[str, ...]]) -> bool:
    return named_treatment(treatment.name, sought) is not None


def _given(patient: Patient, infusions: Iterable[Treatment]) -> tuple[float, float, float]:
    """Return the days of infusion, the runs of such days, and the dose per kg."""
    days: set[int] = set()
    dose = 0.0
    for each in infusions:
        if each.start_day is None or each.end_day is None:
            return math.nan, math.nan, math.nan
        days |= set(range(each.start_day, each.end_day + 1))
        dose += (each.days or 0) * _per_kg(each, patient.weight)
    if not days:
        return math.nan, math.nan, math.nan
    return len(days), sum(day - 1 not in days for day in days), round(dose, 9)


def _per_kg(infusion: Treatment, weight: float | None) -> float:
    """Return the dose of one day in g/kg; NaN where it is not known."""
    if infusion.dose is None:
        return math.nan
    if infusion.dose == 0:
        return 0.0
    unit = (infusion.unit or "").replace(" ", "")
    if unit in _PER_PATIENT:
        return infusion.dose * _PER_PATIENT[unit] / (weight or math.nan)
    return infusion.dose * GRAMS_PER_KG.get(unit, math.nan)
