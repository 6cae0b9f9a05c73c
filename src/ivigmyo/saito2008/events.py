"""The ledger's computations on adverse reactions, and on what is recorded of single patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

import pandas as pd

from ivigmyo.core_set import GOTTRON, HELIOTROPE, RAYNAUD
from ivigmyo.display import number
from ivigmyo.errors import DataError
from ivigmyo.outcomes import adverse_events
from ivigmyo.saito2008.material import START, Found, Material, listed, of_patient
from ivigmyo.study import Study

__all__ = ["EVENTS"]

_KINDS = {
    "infections": ("group", "infection"),
    "ischemia": ("term", "subendocardial ischemia"),
    "liver": ("group", "liver function"),
    "asthma": ("term", "bronchial asthma"),
}
"""The kinds of reactions the paper speaks of, each with the column and the text by which it is found."""

_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_CODES = {"HELIOTROPE": HELIOTROPE.code, "GOTTRON": GOTTRON.code, "RAYNAUD": RAYNAUD.code}
_SIGNS = {"positive": 2, "false-positive": 1, "negative": 0}


def _infections(material: Material) -> Found:
    """Count the infections among the reactions; that there is none there does not tell that there was none."""
    column, text = _KINDS["infections"]
    events = material.adverse_events
    named = events[column].str.contains(text, case=False, regex=False, na=False)
    if not named.any():
        raise DataError(["no infection is recorded, and only what may be related to treatment is."])
    return Found(f"{events['patient'][named].nunique()} patients", adverse_events, "among what may be related to treatment")


def _events_of(material: Material, patient: str, column: str, text: str) -> pd.DataFrame:
    events = material.adverse_events
    named = events[column].str.contains(text, case=False, regex=False, na=False)
    return events[(events["patient"] == patient) & named]


def _first_day(events: pd.DataFrame, patient: str) -> int:
    return int(of_patient(events.groupby("patient")["day"].min(), patient))


def _first_event(material: Material, patient: str, kind: str) -> Found:
    day = _first_day(_events_of(material, patient, *_KINDS[kind]), patient)
    return Found(day, adverse_events, "the first day recorded")


def _event(material: Material, patient: str, term: str) -> Found:
    return Found(_first_day(_events_of(material, patient, "term", term), patient), adverse_events)


def _stopped(material: Material, patient: str) -> int:
    return int(of_patient(material.people()["discontinued_on"], patient))


def _asthma(material: Material, patient: str) -> Found:
    day = _first_day(_events_of(material, patient, *_KINDS["asthma"]), patient)
    return Found(day, adverse_events, "day of the asthma; or of leaving", other=_stopped(material, patient))


def _infused(material: Material, patient: str) -> Found:
    day = _first_day(_events_of(material, patient, *_KINDS["asthma"]), patient)
    return Found(day + 1, adverse_events, "infused each day up to the day of the asthma")


def _day_of(material: Material, what: str, patient: str) -> Found:
    """Name a day of the course by its place: day 0 is the first."""
    stopped = what == "stop"
    day = _stopped(material, patient) if stopped else _first_day(_events_of(material, patient, *_KINDS[what]), patient)
    by: Callable[..., object] = Study.characteristics if stopped else adverse_events
    text = _ORDINALS[day] if 0 <= day < len(_ORDINALS) else f"day {day}"
    return Found(text, by, "the day of the first infusion is the first")


def _relation(material: Material, patient: str) -> Found:
    events = material.adverse_events
    own = events["patient"] == "3"
    relations = events["relation"][own if patient == "3" else ~own]
    if relations.dropna().empty:
        raise DataError(["no relation to treatment is recorded."])
    return Found(listed(relations.fillna("not recorded").unique()), adverse_events, "every event of these patients")


def _given(material: Material, patient: str) -> Found:
    own = [each for each in material.study.patients if each.id == patient]
    names = sorted(each.name for one in own for each in one.treatments if each.name.casefold() != "ivig")
    return Found(" and ".join(names) or "none", Study.characteristics, "treatments besides IVIG")


def _sign_at_start(material: Material, sign: str) -> pd.Series[float]:
    return material.week(_CODES[sign], START, "treated")


def _sign(material: Material, sign: str) -> Found:
    """Count the patients with a skin sign; 'any' is any of those the study holds."""
    signs = list(_CODES) if sign == "any" else [sign]
    present = [_sign_at_start(material, each) > 0 for each in signs]
    return Found(int(pd.concat(present, axis=1).any(axis=1).sum()), Study.values, "all treated, week 0")


def _sign_gone(material: Material, sign: str, was: str | None = None) -> Found:
    start = _sign_at_start(material, sign)
    last = material.values(_CODES[sign], "treated").ffill(axis=1).iloc[:, -1]
    before = start > 0 if was is None else start == _SIGNS[was]
    return Found(int((before & (last == 0)).sum()), Study.values, "all treated, week 0 and the last value")


def _sign_kept(material: Material, sign: str) -> Found:
    _sign_at_start(material, sign)
    present = (material.values(_CODES[sign], "treated") > 0).any()
    return Found(max(map(float, present.index[present]), default=None), Study.values, "the last week with the sign")


def _highest(material: Material, patient: str, marker: str) -> Found:
    material.week(marker, START, "treated")
    highest = of_patient(material.values(marker, "treated").max(axis=1), patient)
    return Found(f"{Decimal(number(highest)):,f}", Study.values, "the highest value")


EVENTS: Mapping[str, Callable[..., Found]] = MappingProxyType(
    {
        "asthma": _asthma,
        "day_of": _day_of,
        "event": _event,
        "first_event": _first_event,
        "given": _given,
        "highest": _highest,
        "infused": _infused,
        "reactions.infections": _infections,
        "relation": _relation,
        "sign": _sign,
        "sign_gone": _sign_gone,
        "sign_kept": _sign_kept,
    }
)
"""The computations by the name that published.csv uses."""
