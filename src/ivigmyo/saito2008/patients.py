"""The ledger's computations on patients: who they are, who was registered, what they were given, who left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ivigmyo.conduct import check_course, check_eligibility, disposition, steroid_resistance
from ivigmyo.errors import DataError
from ivigmyo.instruments import MMT18
from ivigmyo.saito2008.material import BEFORE, START, Found, Material, listed, of_patient
from ivigmyo.saito2008.protocol import MAXIMUM_MMT_GAIN
from ivigmyo.study import Study

__all__ = ["PATIENTS"]


def _left_before(material: Material) -> int:
    """Count those who were not formally registered, reason by reason."""
    steps = material.report.disposition.steps[: len(material.study.disposition)]
    if not steps:
        raise DataError(["who was registered is not recorded."])
    return sum(step.patients for step in steps if step.reason is not None)


def _registered(material: Material) -> Found:
    value = _left_before(material) + len(material.study.patients)
    return Found(value, disposition, "those who left before treatment, by reason, and those treated")


def _not_registered(material: Material) -> Found:
    return Found(_left_before(material), disposition, "added up over the reasons")


def _discontinued(material: Material) -> Found:
    return Found(int(material.people()["discontinued_on"].notna().sum()), Study.characteristics)


def _last_seen(material: Material, patient: str) -> Found:
    week = of_patient(material.final_weeks, patient)
    return Found(7 * int(week), Study.final_weeks, "the week of the last values, as a day")


def _eligible(material: Material, which: str) -> Found:
    criterion = {"dose": "previous steroid dose"}.get(which, which)
    found = material.report.protocol.eligibility
    if found is None:
        raise DataError(["the protocol states no criteria of eligibility."])
    found = found[found["criterion"] == criterion]
    if not found["finding"].ne("not assessable").any():
        raise DataError(["of no patient this can be told."])
    met = int((found["finding"] == "met").sum())
    facts = {"open": listed(found["patient"][found["finding"] == "not assessable"])}
    return Found(f"{met} of {len(found)}", check_eligibility, "all treated", holds=met == len(found), facts=facts)


def _resistant(material: Material) -> Found:
    before, baseline = (material.week(MMT18.code, week, "treated") for week in (BEFORE, START))
    count, n = int((steroid_resistance(before, baseline, MAXIMUM_MMT_GAIN) == "resistant").sum()), len(baseline)
    return Found(f"{count} of {n}", steroid_resistance, "all treated", holds=count == n)


def _no_increase(material: Material) -> Found:
    people = material.people("efficacy")
    doses = people[["steroid_dose_start", "steroid_dose_last"]].dropna()
    if doses.empty:
        raise DataError(["no patient has a first and a last steroid dose."])
    below = doses["steroid_dose_last"] < doses["steroid_dose_start"]
    text = f"{int(below.sum())} of {len(doses)}"
    return Found(text, Study.characteristics, "efficacy set, both doses known", contradicted=not below.all())


def _weeks(material: Material) -> list[int]:
    return [visit.week for patient in material.study.patients for visit in patient.visits if visit.week is not None]


def _observed_before(material: Material) -> Found:
    weeks = -min(_weeks(material), default=0)
    return Found("four weeks" if weeks == 4 else f"{weeks} weeks", Study.values, "up to the first infusion")


def _observed_after(material: Material) -> Found:
    return Found(max(_weeks(material), default=None), Study.values, "the last week in which a patient was seen")


def _course(material: Material, part: str) -> Found:
    """Tell what the patients of the efficacy set were given, if all were given the same."""
    infusions = [
        each for patient in material.efficacy.patients for each in patient.treatments if each.name.casefold() == "ivig"
    ]
    if not infusions:
        raise DataError(["no infusion is recorded."])
    given = sorted({each.dose if part == "dose" else each.days for each in infusions}, key=str)
    value = given[0] if len(given) == 1 else listed(given)
    return Found(value, check_course, "efficacy set, every patient the same")


def _dose_above(material: Material) -> Found:
    doses = material.people("efficacy")["steroid_dose_start"].dropna()
    if doses.empty:
        raise DataError(["no patient has a steroid dose at the start."])
    above = doses > 40
    facts = {"who": " and ".join(doses.index[~above])}
    return Found(
        f"{int(above.sum())} of {len(doses)}", Study.characteristics, "efficacy set", holds=bool(above.all()), facts=facts
    )


def _ages(material: Material, patient: str) -> Found:
    return Found(of_patient(material.people()["age"], patient), Study.characteristics, "Table 2")


def _reacting(material: Material) -> list[Any]:
    if material.report.incidence is None:
        raise DataError([material.report.absent.get("adverse reactions", "no adverse event is recorded.")])
    return list(material.report.incidence.ids)


def _characteristics(material: Material, column: str, table: str) -> Found:
    ids = _reacting(material) if table == "reactions" else list(material.study.follow_up()["patient"])
    cells = material.people()[column][ids]
    return Found(" ".join(cells), Study.characteristics, "Table 2, in this table's order of patients")


PATIENTS: Mapping[str, Callable[..., Found]] = MappingProxyType(
    {
        "age": _ages,
        "diagnoses": lambda material, table: _characteristics(material, "diagnosis", table),
        "course": _course,
        "discontinued": _discontinued,
        "dose_above_40": _dose_above,
        "eligible": _eligible,
        "last_seen": _last_seen,
        "no_increase": _no_increase,
        "not_registered": _not_registered,
        "observed_after": _observed_after,
        "observed_before": _observed_before,
        "registered": _registered,
        "resistant": _resistant,
        "sexes": lambda material, table: _characteristics(material, "sex", table),
    }
)
"""The computations by the name that published.csv uses."""
