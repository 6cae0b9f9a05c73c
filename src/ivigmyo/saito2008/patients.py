"""The ledger's computations on patients: who they are, who was registered, who left, who had adverse reactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ivigmyo.change import describe
from ivigmyo.conduct import TABLE_1, check_eligibility, check_schedule, disposition, steroid_resistance
from ivigmyo.errors import DataError
from ivigmyo.instruments import ADL15, MMT18
from ivigmyo.outcomes import adverse_events, incidence
from ivigmyo.saito2008.material import BEFORE, START, Found, Material, listed, of_patient
from ivigmyo.study import Study

__all__ = ["PATIENTS"]

_KINDS = {
    "infections": ("group", "infection"),
    "ischemia": ("term", "subendocardial ischemia"),
    "liver": ("group", "liver function"),
}
"""The kinds of reactions the paper counts, each with the column and the text by which it is found."""
_SCORES = {MMT18.code: MMT18, ADL15.code: ADL15}


def _patients(material: Material, group: str, label: str | None = None) -> Found:
    people = material.people(group)
    if label is None:
        return Found(len(people), Study.characteristics)
    labels = people["sex" if label in ("F", "M") else "diagnosis"]
    return Found(int((labels == label).sum()), Study.characteristics)


def _describe(material: Material, group: str, column: str, statistic: str) -> Found:
    found = describe(material.people(group)[column])
    return Found(getattr(found, statistic), describe, f"n = {found.n}; SD divides by n - 1")


def _enrolled(material: Material, label: str) -> Found:
    part, everyone = (material.people(group)["diagnosis"] for group in ("efficacy", "treated"))
    facts = {"set": str(len(part)), "all": str(len(everyone))}
    other = int((everyone == label).sum())
    return Found(int((part == label).sum()), Study.characteristics, "efficacy set; or all treated", other=other, facts=facts)


def _left_before(material: Material) -> int:
    """Count those who were not formally registered, reason by reason."""
    steps = disposition(material.study).steps[: len(material.study.disposition)]
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
    week = of_patient(material.final_weeks(), patient)
    return Found(7 * int(week), Study.final_weeks, "the week of the last values, as a day")


def _asthma_day(material: Material, patient: str) -> int:
    events = material.adverse_events()
    own = events[(events["patient"] == patient) & (events["term"].str.casefold() == "bronchial asthma")]
    return int(of_patient(own.groupby("patient")["day"].min(), patient))


def _asthma(material: Material, patient: str) -> Found:
    stopped = int(of_patient(material.people()["discontinued_on"], patient))
    return Found(_asthma_day(material, patient), adverse_events, "day of the asthma; or of leaving", other=stopped)


def _infused(material: Material, patient: str) -> Found:
    return Found(_asthma_day(material, patient) + 1, adverse_events, "infused each day up to the day of the asthma")


def _eligible(material: Material, which: str) -> Found:
    criterion = {"dose": "previous steroid dose"}.get(which, which)
    found = material.eligibility()
    found = found[found["criterion"] == criterion]
    met = int((found["finding"] == "met").sum())
    facts = {"open": listed(found["patient"][found["finding"] == "not assessable"])}
    return Found(f"{met} of {len(found)}", check_eligibility, "all treated", holds=met == len(found), facts=facts)


def _resistant(material: Material) -> Found:
    before, baseline = (material.week(MMT18.code, week, "treated") for week in (BEFORE, START))
    count, n = int((steroid_resistance(before, baseline) == "resistant").sum()), len(baseline)
    return Found(f"{count} of {n}", steroid_resistance, "all treated", holds=count == n)


def _items(_: Material, code: str) -> Found:
    return Found(len(_SCORES[code].items), _SCORES[code].total)


def _full_score(_: Material, code: str) -> Found:
    instrument = _SCORES[code]
    best = {MMT18.code: 5, ADL15.code: 3}[code]
    return Found(instrument.total(dict.fromkeys(instrument.items, best)), instrument.total, f"every item {best}")


def _unscheduled(material: Material, code: str, week: str) -> Found:
    material.week(code, int(week))
    found = check_schedule(material.study, TABLE_1)
    rows = (found["finding"] == "not scheduled") & (found["measure"] == code) & (found["week"] == int(week))
    return Found(f"{int(rows.sum())} patients", check_schedule, "Table 1 as printed", holds=not rows.any())


def _dose_above(material: Material) -> Found:
    doses = material.people("efficacy")["steroid_dose_start"].dropna()
    above = doses > 40
    facts = {"who": " and ".join(doses.index[~above])}
    return Found(
        f"{int(above.sum())} of {len(doses)}", Study.characteristics, "efficacy set", holds=bool(above.all()), facts=facts
    )


def _reactions(material: Material, which: str) -> Found:
    found = material.reactions()
    if which in _KINDS:
        column, text = _KINDS[which]
        named = found.reactions[column].str.contains(text, case=False, regex=False, na=False)
        value: float | str | None = found.reactions["patient"][named].nunique()
    else:
        percent = None if found.rate is None else 100 * found.rate
        forms: dict[str, float | str | None] = {"patients": found.count, "percent": percent}
        value = forms.get(which, f"{found.count}/{found.n}")
    return Found(value, incidence, "safety set; each patient once")


def _ages(material: Material, patient: str) -> Found:
    return Found(of_patient(material.people()["age"], patient), Study.characteristics, "Table 2")


def _characteristics(column: str) -> Callable[[Material, str], Found]:
    def compute(material: Material, table: str) -> Found:
        ids = material.reactions().ids if table == "reactions" else material.study.follow_up()["patient"]
        people = material.people()[column]
        return Found(" ".join(people[list(ids)]), Study.characteristics, "Table 2, in this table's order of patients")

    return compute


PATIENTS: Mapping[str, Callable[..., Found]] = MappingProxyType(
    {
        "age": _ages,
        "asthma": _asthma,
        "describe": _describe,
        "diagnoses": _characteristics("diagnosis"),
        "discontinued": _discontinued,
        "dose_above_40": _dose_above,
        "eligible": _eligible,
        "enrolled": _enrolled,
        "full_score": _full_score,
        "infused": _infused,
        "items": _items,
        "last_seen": _last_seen,
        "not_registered": _not_registered,
        "patients": _patients,
        "reactions": _reactions,
        "registered": _registered,
        "resistant": _resistant,
        "sexes": _characteristics("sex"),
        "unscheduled": _unscheduled,
    }
)
"""The computations by the name that published.csv uses."""
