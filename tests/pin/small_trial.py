"""A trial of twelve patients that has a little of everything, written out so that its numbers can be worked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pandas as pd

import ivigmyo
from ivigmyo.outcomes import (
    Amounts,
    Change,
    Deterioration,
    Endpoint,
    Improvement,
    NormalDays,
    NormalDuration,
    Normalization,
    Reactions,
    SkinSign,
    SustainedResponse,
    TimeToResponse,
    WithoutDeterioration,
)
from ivigmyo.response import RULES
from ivigmyo.study.plan import Conduct, Course, Eligibility, SteroidRules

WEEKS = (-4, 0, 4, 8, 12)
# Strength, CK, and how ill the physician finds the patient, by week; None where the patient was not seen.
COURSES: dict[str, tuple[tuple[float | None, ...], tuple[float | None, ...], tuple[float | None, ...]]] = {
    "A1": ((60, 60, 66, 72, 80), (900, 1000, 300, 150, 120), (6, 6, 5, 3, 1)),
    "A2": ((52, 50, 55, 58, 61), (1500, 1200, 600, 180, 190), (7, 7, 6, 5, 4)),
    "A3": ((70, 68, 70, 74, 76), (420, 400, 150, 260, 140), (5, 5, 4, 5, 3)),
    "A4": ((45, 48, 47, 40, 44), (3000, 2800, 2500, 2600, 2400), (6, 6, 8, 9, 8)),
    "A5": ((63, 62, 70, 71, None), (800, 760, 190, 170, None), (6, 6, 4, 4, None)),
    "A6": ((58, 57, 59, None, None), (150, 160, 140, None, None), (4, 4, 4, None, None)),
    "B1": ((61, 60, 61, 60, 62), (950, 980, 900, 870, 860), (6, 6, 6, 6, 6)),
    "B2": ((55, 55, 60, 64, 66), (700, 720, 500, 300, 170), (5, 5, 4, 3, 2)),
    "B3": ((66, 64, 63, 60, 58), (600, 640, 700, 900, 1000), (5, 5, 6, 8, 8)),
    "B4": ((49, 50, 52, 51, 53), (1900, 1800, 1700, 1750, 1650), (7, 7, 7, 6, 6)),
    "B5": ((72, 71, 72, 73, None), (350, 330, 320, 310, None), (4, 4, 4, 4, None)),
    "B6": ((59, 58, 60, 61, 65), (1100, 1050, 800, 170, 160), (6, 6, 5, 5, 4)),
}
RASH = {"A1": (2, 0), "A2": (1, 0), "A3": (0, 0), "A4": (1, 2), "B1": (2, 2), "B2": (0, 1), "B3": (2, 0)}
UNTIL = {"A1": 140, "A2": 112, "A3": 98, "A4": None, "B2": 120, "B6": 126}
LATER = {"A1": (110, 170), "A2": (112, 460), "A3": (98, 150), "B6": (126, 230), "B2": (120, 150)}


@attrs.frozen
class Hours:
    """How long an infusion took: an amount of one's own."""

    name: str = "hours"
    better: str = "lower"

    def observe(self, study: ivigmyo.Study) -> Amounts:
        hours = pd.Series({"A1": 4.0, "A2": 5.0, "A4": 6.5, "B1": 3.0, "B3": 2.0}, dtype=float).reindex(study.ids)
        return Amounts(hours, hours.isna().map({True: "not noted", False: ""}), unit="h")


OF_ARMS = (
    Endpoint("MMT", RULES["MMT"]),
    Change("MMT"),
    Endpoint("CK", RULES["CK"], missing="non-response"),
    Change("CK", scale="ln"),
    NormalDuration(),
    Normalization(),
    NormalDays(),
    Hours(),
    Reactions(),
)
OUTCOMES = (
    *OF_ARMS,
    Improvement("minimal"),
    Improvement("moderate"),
    Improvement("major"),
    WithoutDeterioration("minimal"),
    TimeToResponse(),
    SustainedResponse(12, also_in=(8,)),
    Deterioration(),
    SkinSign("HELIO"),
)
OF_SCORES = (
    Change("CK", scale="ln"),
    Improvement("minimal"),
    WithoutDeterioration("minimal"),
    TimeToResponse(),
    Deterioration(),
    SkinSign("HELIO"),
)
CONDUCT = Conduct(
    eligibility=Eligibility(minimum_age=18, maximum_age=60, maximum_mmt=70),
    course=Course("IVIG", days=2, dose=1.0, unit="g/kg/day", number=3, interval=28),
    prohibited_treatments=("rituximab",),
    steroid_rules=SteroidRules(0.2, 14),
)


def _patients() -> pd.DataFrame:
    people = pd.DataFrame({"patient": list(COURSES), "diagnosis": ["PM", "DM"] * 6, "sex": ["F", "F", "M"] * 4})
    people["age"] = [34, 41, 55, 62, 29, 47, 38, 50, 44, 58, 33, 52]
    people["disease_duration"] = [0.5, 1.0, 2.5, None, 4.0, 1.5, 0.8, 3.0, 2.0, 1.2, None, 6.0]
    people["weight"] = [60.0, 72, 55, 81, 64, None, 58, 70, 66, 90, 75, 62]
    people["steroid_dose_start"] = [20.0, 30, 15, 40, 10, 20, 25, 30, 20, 35, 10, 15]
    people["steroid_dose_last"] = [5.0, 10, 12, 40, 8, 20, 25, 15, 30, 35, 10, 9]
    people["arm_received"] = ["IVIG"] * 6 + ["IVIG"] + ["placebo"] * 5
    people["efficacy_set"] = [name != "B5" for name in COURSES]
    people["exclusion_reason"] = [None if name != "B5" else "wrong diagnosis" for name in COURSES]
    people["site"] = ["North", "North", "South"] * 4
    people["previous_treatment"] = ["PSL, MTX", "psl;  mtx", "PSL", None, "Azathioprine", "PSL"] + [None] * 4 + ["MTX", ""]
    people["discontinued_on"] = people["patient"].map({"A5": 70, "A6": 40, "B5": 60})
    people["discontinuation_reason"] = people["patient"].map({"A5": "relapse", "A6": "relapse", "B5": "withdrew"})
    return people


def _values(scores: bool) -> Iterator[tuple[Any, ...]]:
    for name, course in COURSES.items():
        for week, strength, ck, ill in zip(WEEKS, *course, strict=True):
            if strength is not None:
                yield name, 7 * week, "MMT", strength, None
            if strength is not None and (name != "B4" or week <= 0):
                yield name, 7 * week, "CK", ck, 200
            if strength is not None and week >= 0 and scores:
                yield name, 7 * week, "MMT8", 70 + strength, None
                yield from ((name, 7 * week, code, ill, None) for code in ("PHGLOBAL", "EXTRAMUS"))
                yield name, 7 * week, "PTGLOBAL", ill + 1 - week / 12, None
                if (name, week) != ("B4", 12):
                    yield name, 7 * week, "HAQ", ill / 4, None
        for day, ck in zip((98, 140), LATER.get(name, ()), strict=False):
            yield name, day, "CK", ck, 200
        yield from ((name, day, "HELIO", grade, None) for day, grade in zip((0, 84), RASH.get(name, ()), strict=False))


def _infusions() -> Iterator[tuple[Any, ...]]:
    for name in COURSES:
        given, dose = ("IVIG", 1.0) if name[0] == "A" or name == "B1" else ("placebo", 0.0)
        for start in (0, 28, 56)[: {"A6": 2, "B5": 1}.get(name, 3)]:
            yield name, given, start, start + (0 if name == "A4" else 1), dose, "g/kg/day"
    yield from (("A1", "prednisolone", 0, 27, 20, "mg/day"), ("A1", "prednisolone", 28, None, 10, "mg/day"))
    yield from (("A2", "prednisolone", 0, None, 30, "mg/day"), ("B3", "rituximab", 20, 20, 1000, "mg"))


EVENTS = (
    ("A1", "Deep vein thrombosis", "vessels", 30, "related", "yes", "severe", "resolved", "stopped"),
    ("A1", "headache", "nervous system", 0, "related", "no", "mild", "resolved", None),
    ("A2", "Headache", "nervous system", 2, "possibly related", "no", "mild", "resolved", None),
    ("A2", "headache", "nervous system", 31, "related", "no", "moderate", None, None),
    ("A4", "rash", "skin", 9, "related", None, "mild", "resolved", None),
    ("B1", "headache", "nervous system", 1, "related", "no", "mild", "resolved", None),
    ("B2", "Elevation of blood pressure", None, 5, None, None, "mild", None, None),
    ("B3", "fever", None, 3, "unrelated", "no", "mild", None, None),
    ("B4", "headache", "nervous system", 40, "related", "no", None, None, None),
)


def small(arms: bool) -> ivigmyo.Study:
    """Return the trial: with its arms, or as a series of patients of whom the core set is known as well."""
    return _small(arms, scores=not arms, outcomes=OF_ARMS if arms else OUTCOMES, primary="MMT.response", strata=("site",))


def by_scores() -> ivigmyo.Study:
    """Return the trial with its arms, judged by CK and the core set, without strata."""
    return _small(arms=True, scores=True, outcomes=OF_SCORES, primary="CK.change")


def _small(arms: bool, scores: bool, **protocol: Any) -> ivigmyo.Study:
    people = _patients()
    people = people.assign(arm=["IVIG"] * 6 + ["placebo"] * 6) if arms else people.drop(columns=["arm_received"])
    columns = ["patient", "term", "group", "day", "relation", "serious", "severity", "outcome", "action"]
    steps = [("screened", None, 15), ("not randomized", "declined", 2), ("not randomized", "criteria not met", 1)]
    return ivigmyo.study_from_frames(
        people,
        pd.DataFrame(_values(scores), columns=["patient", "day", "measure", "value", "uln"]),
        treatments=pd.DataFrame(_infusions(), columns=["patient", "treatment", "start_day", "end_day", "dose", "unit"]),
        adverse_events=pd.DataFrame(EVENTS, columns=columns),
        disposition=pd.DataFrame(steps, columns=["step", "reason", "patients"]),
        study=pd.DataFrame({"key": ["title", "source"], "value": ["A small trial", "made up"]}),
        protocol=ivigmyo.Protocol(
            scheduled_weeks=WEEKS,
            endpoint_week=12,
            comparison_weeks=(-4, 4),
            control="placebo" if arms else None,
            conduct=CONDUCT,
            **protocol,
        ),
    )
