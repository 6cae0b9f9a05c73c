"""A made-up randomized trial, to learn and to test with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.files.frames import study_from_frames
from ivigmyo.planning.simulation import Course, TrialDesign, simulate_trial
from ivigmyo.study import Protocol, Study

__all__ = ["EXAMPLE_DESIGN", "EXAMPLE_SEED", "example_trial"]

EXAMPLE_SEED = 2022
"""The seed of the random numbers of the example."""

_WEEKS, _COURSES = (-4, 0, 4, 8, 12, 16), (0, 28, 56, 84)

_CONTROL = TrialDesign(
    weeks=_WEEKS,
    ln_ck=Course(6.2, 0.7, (0.0, -0.1, -0.1, -0.05, 0.0), (0.2, 0.4, 0.3, 0.2, 0.2), noise=0.15),
    mmt=Course(64.0, 9.0, (0.0, 1.0, 1.0, 1.0, 0.5), (2.0, 4.0, 3.0, 2.0, 2.0), noise=2.0),
    adl=Course(24.0, 7.0, (0.0, 0.5, 0.5, 0.5, 0.0), (1.0, 2.5, 2.0, 1.5, 1.5), noise=1.5),
    dropout=0.12,
    relapse_hazard=0.006,
    monitored_from=112,
    monitored_to=240,
)

EXAMPLE_DESIGN = TrialDesign(
    weeks=_WEEKS,
    ln_ck=Course(6.2, 0.7, (0.0, -0.8, -0.4, -0.2, -0.1), (0.2, 0.5, 0.3, 0.2, 0.2), noise=0.15),
    mmt=Course(64.0, 9.0, (0.0, 4.0, 3.0, 2.0, 1.0), (2.0, 4.0, 3.0, 2.0, 2.0), noise=2.0),
    adl=Course(24.0, 7.0, (0.0, 2.0, 2.0, 1.0, 0.5), (1.0, 2.5, 2.0, 1.5, 1.5), noise=1.5),
    dropout=0.08,
    relapse_hazard=0.006,
    monitored_from=112,
    monitored_to=240,
    control=_CONTROL,
)
"""What the example was drawn from: the arms start alike."""

_PROTOCOL = Protocol(
    scheduled_weeks=_WEEKS, endpoint_week=16, control="placebo", primary="MMT.response", strata=("diagnosis",)
)

_REACTIONS = (
    ("headache", "nervous system", 0.40, 0.10),
    ("fever", "general", 0.18, 0.06),
    ("nausea", "digestive system", 0.15, 0.06),
    ("rash", "skin", 0.08, 0.04),
    ("deep vein thrombosis", "vessels", 0.03, 0.0),
)
"""Term, group, and the share of the treated and of the controls in whom it occurs."""

_REASONS = ("adverse event", "lack of efficacy", "withdrew consent")


def example_trial() -> Study:
    """Return a made-up trial of 95 patients, 47 with IVIG and 48 with placebo, the same at every call.

    Returns
    -------
    Study
        Sixteen weeks, four courses of infusions; response in MMT is primary, diagnosis the stratum.

    Notes
    -----
    Values come from `simulate_trial` with `EXAMPLE_DESIGN` and `EXAMPLE_SEED`; the infusions, adverse events and reasons for
    leaving from random numbers of their own by the same seed. One patient received the other arm's treatment.

    Examples
    --------
    >>> study = example_trial()
    >>> {arm: len(part.patients) for arm, part in study.split("arm").items()}
    {'IVIG': 47, 'placebo': 48}
    """
    trials = simulate_trial(95, seed=EXAMPLE_SEED, design=EXAMPLE_DESIGN)
    patients, assessments, follow_up = (
        table.drop(columns="trial") for table in (trials.patients, trials.assessments, trials.ck_follow_up)
    )
    rng = np.random.default_rng(EXAMPLE_SEED)
    patients["weight"] = rng.normal(70, 12, len(patients)).round(1)
    patients["disease_duration"] = rng.gamma(2.0, 1.8, len(patients)).round(1)
    patients["steroid_dose_start"] = rng.choice([10.0, 15.0, 20.0, 30.0], len(patients))
    left = patients["discontinued_on"].notna()
    patients.loc[left, "discontinuation_reason"] = rng.choice(_REASONS, int(left.sum()))
    switched = int(patients.index[(patients["arm"] == "placebo") & ~left][0])
    patients["arm_received"] = pd.Series({switched: "IVIG"}, dtype=object).reindex(patients.index)
    rows: list[dict[Any, Any]] = patients.to_dict("records")
    columns = ["step", "reason", "patients"]
    screened = [("screened", None, 118), ("not randomized", "criteria not met", 17), ("not randomized", "declined", 6)]
    return study_from_frames(
        patients,
        assessments,
        ck_follow_up=follow_up,
        treatments=pd.DataFrame(_infusions(rng, rows)),
        adverse_events=pd.DataFrame(_events(rng, rows)),
        disposition=pd.DataFrame([*screened, ("randomized", None, 95)], columns=columns),
        study=pd.DataFrame({"key": ["title", "source"], "value": ["Made-up trial of IVIG", _SOURCE]}),
        protocol=_PROTOCOL,
    )


_SOURCE = f"Simulated with seed {EXAMPLE_SEED}; no patient of this trial exists."


def _infusions(rng: np.random.Generator, rows: Sequence[Mapping[Any, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the courses until a patient stops, one in thirty of them cut short."""
    for row in rows:
        treatment, dose = _received(row), 0.4 if _received(row) == "IVIG" else 0.0
        last = np.inf if np.isnan(row["discontinued_on"]) else row["discontinued_on"]
        for start in (day for day in _COURSES if day <= last):
            days = 5 if rng.random() < 29 / 30 else 3
            course = {"start_day": start, "end_day": start + days - 1, "dose": dose, "unit": "g/kg/day"}
            yield {"patient": row["patient"], "treatment": treatment} | course


def _events(rng: np.random.Generator, rows: Sequence[Mapping[Any, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the adverse events, each on a day of an infusion."""
    for row in rows:
        for term, group, treated, control in _REACTIONS:
            if rng.random() < (treated if _received(row) == "IVIG" else control):
                relation = "possibly related" if rng.random() < 0.9 else "unrelated"
                event = {"term": term, "group": group, "day": int(rng.integers(0, 5)), "relation": relation}
                yield {"patient": row["patient"]} | event | {"serious": group == "vessels"}


def _received(row: Mapping[Any, Any]) -> str:
    return str(row["arm_received"] if isinstance(row["arm_received"], str) else row["arm"])
