"""What stands beside the contrasts of arms: how they started, what they were given, deviations, reactions by term."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np
import pandas as pd

from ivigmyo.analysis.results import NOT_TESTED, MeasureResult, TrialReport
from ivigmyo.change import describe
from ivigmyo.conduct import ProtocolResult, exposure
from ivigmyo.contrasts import compare_proportions, standardized_difference, standardized_difference_of_shares
from ivigmyo.estimates import Proportion
from ivigmyo.instruments import Instrument
from ivigmyo.outcomes import incidence
from ivigmyo.safety import Incidence
from ivigmyo.safety.terms import comparable
from ivigmyo.study import Study

__all__ = [
    "baseline_by_arm",
    "by_arm_received",
    "compare_reactions",
    "deviations_by_arm",
    "exposure_by_arm",
    "untested",
]


def baseline_by_arm(study: Study) -> pd.DataFrame:
    """Describe all randomized patients at baseline, arm by arm, each arm's difference from the control in its spread."""
    people = study.characteristics()
    arms = {arm: people.index[people["arm"] == arm] for arm in study.arms}
    rows: list[dict[str, Any]] = []
    for name, unit, values, scale in _numbers_at_baseline(study, people):
        for arm, ids in arms.items():
            found = describe(values.loc[ids])
            row = {"n": found.n, "n_missing": found.n_missing, "mean": found.mean, "sd": found.sd}
            other = _of_control(study, arms, arm)
            gap = None if other is None else standardized_difference(scale.loc[ids], scale.loc[other])
            rows.append(
                {"characteristic": name, "unit": unit, "level": "", "arm": arm, **row, "standardized_difference": gap}
            )
    for factor in dict.fromkeys(("diagnosis", "sex", *study.protocol.strata)):
        for level in study.split(factor):
            shares = {arm: _share(people.loc[ids, factor], level) for arm, ids in arms.items()}
            for arm, share in shares.items():
                its = shares.get(str(study.protocol.control)) if arm != study.protocol.control else None
                gap = None if its is None else standardized_difference_of_shares(share, its)
                row = {"n": share.n, "n_missing": 0, "count": share.count, "share": share.rate}
                rows.append({"characteristic": factor, "level": level, "arm": arm, **row, "standardized_difference": gap})
    counts, numbers = ["n", "n_missing"], ["mean", "sd", "count", "share", "standardized_difference"]
    frame = pd.DataFrame(rows, columns=["characteristic", "unit", "level", "arm", *counts, *numbers], dtype=object)
    frame["unit"] = frame["unit"].fillna("")
    return frame.astype(dict.fromkeys(counts, int) | dict.fromkeys(numbers, float))


def _share(labels: pd.Series[Any], level: str) -> Proportion:
    return Proportion(int((labels == level).sum()), len(labels))


def _of_control(study: Study, arms: Mapping[str, pd.Index[Any]], arm: str) -> pd.Index[Any] | None:
    control = study.protocol.control
    return None if control is None or arm == control else arms.get(control)


_RECORDED = {"age": "years", "disease_duration": "years", "weight": "kg", "steroid_dose_start": "mg/day"}


def _numbers_at_baseline(
    study: Study, people: pd.DataFrame
) -> Iterator[tuple[str, str, pd.Series[float], pd.Series[float]]]:
    """Yield what was measured before treatment, and the scale it is compared on: ln, where there is a limit of normal."""
    for name, unit in _RECORDED.items():
        if people[name].notna().any():
            yield name, unit, people[name], people[name]
    for instrument in study.instruments:
        values = study.baseline(instrument)
        if values.notna().any():
            yield instrument.code, instrument.unit, values, _scale(instrument, values)


def _scale(instrument: Instrument, values: pd.Series[float]) -> pd.Series[float]:
    return pd.Series(np.log(values.where(values > 0)) if instrument.has_uln else values)


def exposure_by_arm(study: Study) -> pd.DataFrame | None:
    """Describe what the patients of the safety set were given, by the arm received; None where no infusion is recorded."""
    given = exposure(study)
    safe = [patient.id for patient in study.patients if patient.safety_set]
    given = given[given["patient"].isin(safe)]
    if given["infusions"].isna().all():
        return None
    rows = []
    for arm, part in _by_received(study, given):
        for name in ("courses", "infusions", "dose_per_kg"):
            found = describe(part[name])
            rows.append((arm, name, *attrs.astuple(found)))
    columns = ["arm", "quantity", "n", "n_missing", "mean", "sd", "median", "minimum", "maximum"]
    return pd.DataFrame(rows, columns=columns, dtype=object).astype(dict.fromkeys(columns[4:], float))


def _by_received(study: Study, given: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    present = list(dict.fromkeys(given["arm"]))
    for arm in (*(arm for arm in study.arms if arm in present), *(arm for arm in present if arm not in study.arms)):
        yield arm, given[given["arm"] == arm]


def deviations_by_arm(arms: Mapping[str, TrialReport]) -> pd.DataFrame:
    """Count the patients of each arm with each kind of deviation from the protocol: ``finding, arm, patients, n``."""
    counted = {arm: Counter(dict(_deviations(report.protocol))) for arm, report in arms.items()}
    findings = dict.fromkeys(finding for each in counted.values() for finding in each)
    rows = [
        (finding, arm, counted[arm][finding], arms[arm].treated.n)
        for finding in findings
        if any(counted[arm][finding] for arm in arms)
        for arm in arms
    ]
    return pd.DataFrame(rows, columns=["finding", "arm", "patients", "n"], dtype=object).astype({"patients": int, "n": int})


def _deviations(found: ProtocolResult) -> Iterator[tuple[str, int]]:
    if found.eligibility is not None:
        for criterion, part in found.eligibility.groupby("criterion", sort=False):
            yield f"{criterion} not met", int((part["finding"] == "not met").sum())
    if found.resistance is not None:
        yield "not steroid resistant", int((found.resistance == "responded").sum())
    if found.course is not None:
        yield "planned course not completed", int((found.course["finding"] == "not completed").sum())
    for name, frame in (
        ("steroid dose changed otherwise than planned", found.steroid_deviations),
        ("prohibited treatment", found.prohibited_treatments),
    ):
        if frame is not None:
            yield name, int(frame["patient"].nunique())
    visits = found.schedule[found.schedule["patient"].notna()]
    for finding in ("missing", "out of window"):
        yield f"a visit {finding}", int(visits.loc[visits["finding"] == finding, "patient"].nunique())


# --- safety -----------------------------------------------------------------------------------------------------------


def by_arm_received(study: Study) -> dict[str, Study]:
    """Give the patients of the safety set of each arm as received."""
    labels = dict.fromkeys(patient.arm_treated for patient in study.patients if patient.safety_set)
    return {
        str(label): attrs.evolve(study, patients=[each for each in study.patients if each.arm_treated == label])
        for label in labels
    }


def compare_reactions(study: Study, received: Mapping[str, Study]) -> pd.DataFrame | None:
    """Compare the arms in each term and each group of adverse reactions, without tests; None without a control."""
    control = study.protocol.control
    if control not in received or any(patient.adverse_events is None for patient in study.patients):
        return None
    counted = {arm: incidence(part) for arm, part in received.items()}
    rows = [
        row
        for arm in (each for each in study.arms if each != control and each in counted)
        for kind in ("group", "term")
        for row in _compare_counts(kind, arm, counted[arm], counted[str(control)])
    ]
    columns = ["kind", "label", "treated_arm", "treated_count", "treated_n", "control_count", "control_n"]
    limits = ["difference", "conf_low", "conf_high"]
    frame = pd.DataFrame(rows, columns=columns + limits, dtype=object)
    return frame.astype(dict.fromkeys(columns[3:], int) | dict.fromkeys(limits, float))


def _compare_counts(kind: str, arm: str, treated: Incidence, control: Incidence) -> Iterator[tuple[Any, ...]]:
    """Count a term in both arms, however it is spelled in each: of several spellings the first of the alphabet stands."""
    sides = [dict(_counts(each.by_term() if kind == "term" else each.by_group(), kind)) for each in (treated, control)]
    spelled: dict[str, str] = {}
    for label in sorted({*sides[0], *sides[1]}):
        spelled.setdefault(comparable(label), label)
    one, other = ({comparable(label): count for label, count in side.items()} for side in sides)
    for key in sorted(spelled, key=lambda key: (-one.get(key, 0) - other.get(key, 0), spelled[key])):
        compared = compare_proportions(Proportion(one.get(key, 0), treated.n), Proportion(other.get(key, 0), control.n))
        counts = compared.treated.count, compared.treated.n, compared.control.count, compared.control.n
        yield kind, spelled[key], arm, *counts, compared.difference, *compared.difference_interval()


def _counts(frame: pd.DataFrame, kind: str) -> Iterator[tuple[str, int]]:
    """Yield each label with its patients; events of no group have none."""
    named = frame[frame[kind].notna()]
    return zip(named[kind], map(int, named["patients"]), strict=True)


# --- within an arm nothing is tested ----------------------------------------------------------------------------------


def untested(report: TrialReport) -> TrialReport:
    """Take the tests out of the report of an arm: within an arm a change has an interval and no P value."""
    duration = report.duration
    return attrs.evolve(
        report,
        measures=tuple(map(_untested, report.measures)),
        log_ck=None
        if report.log_ck is None
        else attrs.evolve(report.log_ck, comparison=_without_test(report.log_ck.comparison)),
        duration=None if duration is None else attrs.evolve(duration, log_rank=None, mean_difference=None),
        skin={code: attrs.evolve(signs, p_value=None) for code, signs in report.skin.items()},
        tested=False,
    )


def _untested(measure: MeasureResult) -> MeasureResult:
    changes = measure.changes.assign(t=math.nan, p_value=math.nan) if len(measure.changes) else measure.changes
    comparison = None if measure.comparison is None else _without_test(measure.comparison)
    change = _without_test(measure.final_change)
    return attrs.evolve(measure, changes=changes, final_change=change, comparison=comparison)


def _without_test(found: Any) -> Any:
    return attrs.evolve(found, t=None, p_value=None, reason=NOT_TESTED)
