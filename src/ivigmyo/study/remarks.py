"""What is suspicious but possible in a study: said, not refused."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd

from ivigmyo.display import counted, listed
from ivigmyo.errors import spell
from ivigmyo.instruments import CK
from ivigmyo.study.patients import Assessment, Patient, Visit
from ivigmyo.study.study import Study

__all__ = ["remarks"]

_LOWEST_CK = 10
"""A CK at baseline below this many IU/L is rather one in another unit."""

_WIDEST_LIMITS = 2
"""Limits of normal of one patient that differ by more than this factor are unlikely to be of one laboratory test."""

_MOST_NAMES = 10
"""Up to how many patients a remark names; a kind of remark that concerns more is said once, with their number."""


def remarks(study: Study) -> tuple[str, ...]:
    r"""List what is suspicious but possible in a study.

    Parameters
    ----------
    study : Study
        A study.

    Returns
    -------
    tuple of str
        One sentence for each thing a reader of the analyses should know: values that are missing at baseline, after it or
        at the end; values after the endpoint week or after leaving the trial; CK without its limit, with the analyses that
        it keeps from being made; limits that differ within patients; several values in one week; visits that were not
        scheduled; arms of one patient; sets and discontinuations that are not explained. Of a kind that concerns more than
        ten patients the first are said, with the number of the others.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> print(*remarks(saito2008.load_study()), sep="\n")
    Patient '16' has no value of MMT, ADL and CK after the first infusion.
    CK has no upper limit of normal in 76 of 76 values (the first: patient '1', week -4): its normalization cannot count in
    the grade of 15 patients.
    Patient '15' has MMT, ADL and CK in week 5, which is not scheduled: they keep a column of their own.
    """
    looks = (
        _missing_values,
        _values_after_leaving,
        _values_after_the_endpoint,
        _missing_limits,
        _limits_apart,
        _several_limits,
        _odd_limits,
        _odd_baselines,
        _crowded_weeks,
        _unscheduled_visits,
        _values_without_a_week,
        _lone_arms,
        _unexplained,
    )
    return tuple(sentence for look in looks for sentence in _capped(list(look(study))))


def _capped(sentences: list[str]) -> list[str]:
    if len(sentences) <= _MOST_NAMES:
        return sentences
    others = len(sentences) - _MOST_NAMES
    return [*sentences[:_MOST_NAMES], f"And {counted(others, 'more remark')} of this kind."]


def _of(patient: Patient) -> Iterator[tuple[Visit, Assessment]]:
    return ((visit, assessment) for visit in patient.visits for assessment in visit.assessments)


def _recorded(study: Study) -> list[str]:
    return [instrument.code for instrument in study.instruments if len(study.rows(instrument.code))]


def _codes(study: Study, visit: Visit) -> list[str]:
    """List the measures of a visit in the order of the study."""
    seen = {each.instrument.code for each in visit.assessments}
    return [instrument.code for instrument in study.instruments if instrument.code in seen]


def _missing_values(study: Study) -> Iterator[str]:
    """Say of whom a measure of the study is missing at baseline, after it, or at the end."""
    codes = _recorded(study)
    if not codes:
        yield "No patient has a value of any measure."
        return
    had = {code: set(study.rows(code)["patient"]) for code in codes}
    baselines = {code: set(study.baseline_rows(code)["patient"]) for code in codes}
    later = {code: set(study.rows(code).loc[study.rows(code)["day"] > 0, "patient"]) for code in codes}
    ends = {code: week for code in codes if (week := study.protocol.endpoint_of(code)) is not None}
    finals = {code: set(study.final_values(code).dropna().index) for code in ends}
    for patient in study.patients:
        name = patient.id
        lacking: dict[str, list[str]] = defaultdict(list)
        for code in codes:
            lacking["at all"] += [code] if name not in had[code] else []
            lacking["at or before the first infusion"] += [code] if name in had[code] - baselines[code] else []
            lacking["after the first infusion"] += [code] if name in had[code] - later[code] else []
            if code in ends and patient.discontinued_on is None and name in later[code] - finals[code]:
                lacking[f"in week {ends[code]} and did not leave the trial, so that there is no grade"].append(code)
        for when, missing in lacking.items():
            if missing:
                yield f"Patient {spell(name)} has no value of {listed(missing)} {when}."


def _values_after_leaving(study: Study) -> Iterator[str]:
    """Say which scores were taken after leaving and up to the endpoint week; CK is followed beyond that."""
    for patient in study.patients:
        left = patient.discontinued_on
        for visit in patient.visits if left is not None else ():
            graded = [code for code in _codes(study, visit) if not study.instrument(code).has_uln]
            codes = [code for code in graded if visit.nominal_day <= 7 * (study.protocol.endpoint_of(code) or 0)]
            if codes and left is not None and left < visit.nominal_day:
                name = f"Patient {spell(patient.id)} left the trial on day {left}"
                yield f"{name} and has {listed(codes)} in {visit.label}, which is not graded."


def _values_after_the_endpoint(study: Study) -> Iterator[str]:
    """Say which measures were taken after a stated endpoint week: those values are not graded."""
    if "endpoint_week" in (study.protocol.inferred or ()):
        return
    parts: dict[int, list[str]] = defaultdict(list)
    for code in _recorded(study):
        endpoint, rows = study.protocol.endpoint_of(code), study.rows(code)
        if endpoint is not None and not study.instrument(code).has_uln:
            after = rows[(rows["week"] > endpoint) | (rows["week"].isna() & (rows["day"] > 7 * endpoint))]
            if len(after):
                last = after["week"].max()
                until = f"day {after['day'].max()}" if np.isnan(last) else f"week {last:.0f}"
                parts[endpoint].append(f"{code} (up to {until}, {counted(after['patient'].nunique(), 'patient')})")
    for endpoint, measures in parts.items():
        yield f"Values after the endpoint week {endpoint} are not graded: {listed(measures)}."


def _missing_limits(study: Study) -> Iterator[str]:
    """Say how many values of a laboratory test have no limit, and what cannot be analysed for that."""
    every = [(patient, *each) for patient in study.patients for each in _of(patient)]
    for instrument in study.instruments:
        values = [each for each in every if each[2].instrument.code == instrument.code]
        unlimited = [(patient, visit) for patient, visit, assessment in values if assessment.uln is None]
        if not instrument.has_uln or not unlimited:
            continue
        patient, visit = unlimited[0]
        count = (
            f"{len(unlimited)} of {counted(len(values), 'value')} (the first: patient {spell(patient.id)}, {visit.label})"
        )
        consequence = "; ".join(_consequences(study, instrument.code, [patient for patient, _ in unlimited]))
        yield f"{instrument.code} has no upper limit of normal in {count}{': ' if consequence else ''}{consequence}."


def _consequences(study: Study, code: str, without: list[Patient]) -> Iterator[str]:
    start = study.baseline(code).notna() & study.baseline_uln(code).isna()
    end = study.final_values(code).notna() & study.final_uln(code).isna()
    graded = study.baseline(code).notna() & study.final_values(code).notna()
    n = int((graded & (start | end)).sum())
    if n:
        yield f"its normalization cannot count in the grade of {counted(n, 'patient')}"
    unknown = list(dict.fromkeys(spell(each.id) for each in without if each.follow_up is None and each.efficacy_set))
    if unknown and code == CK.code:
        who = listed(unknown) if len(unknown) <= _MOST_NAMES else f"{unknown[0]} and {len(unknown) - 1} others"
        yield f"how long it was normal cannot be analysed, since of patient {who} no follow-up was recorded"


def _limits_by_patient(study: Study, code: str) -> pd.DataFrame:
    """Return the lowest and the highest limit of a measure of each patient in whom they differ."""
    known = study.rows(code)[["patient", "uln"]].dropna().drop_duplicates()
    several = known[known.duplicated("patient", keep=False)]
    return several.groupby("patient", sort=False)["uln"].agg(["min", "max"])


def _limits_apart(study: Study) -> Iterator[str]:
    """Say whose limits are too far apart to be of one laboratory test."""
    for code in _recorded(study):
        for name, low, high in _limits_by_patient(study, code).itertuples():
            if high > _WIDEST_LIMITS * low:
                yield f"Patient {spell(name)} has upper limits of {code} from {spell(low)} to {spell(high)}."


def _several_limits(study: Study) -> Iterator[str]:
    """Say in how many patients a limit changes within reason, as it does where the laboratory does."""
    for code in _recorded(study):
        limits = _limits_by_patient(study, code)
        changed = limits[limits["max"] <= _WIDEST_LIMITS * limits["min"]]
        if len(changed):
            first = f"the first: patient {spell(changed.index[0])}, from {spell(changed['min'].iloc[0])}"
            yield (
                f"The upper limit of {code} changes in {counted(len(changed), 'patient')} ({first} to "
                f"{spell(changed['max'].iloc[0])}): each value is held against its own."
            )


def _odd_limits(study: Study) -> Iterator[str]:
    """Say which limits are ten times off the others of their measure, as one in another unit is."""
    for code in _recorded(study):
        rows = study.rows(code).dropna(subset="uln")
        middle = rows["uln"].median()
        off = rows[(rows["uln"] >= 10 * middle) | (rows["uln"] <= middle / 10)].drop_duplicates("patient")
        for name, uln in zip(off["patient"], off["uln"], strict=True):
            limit = f"an upper limit of {code} of {spell(uln)}"
            yield f"Patient {spell(name)} has {limit}, ten times off the median of {spell(float(middle))}."


def _odd_baselines(study: Study) -> Iterator[str]:
    """Say which CK at baseline is too low for the unit, as one in microkat/L without its unit is."""
    for name, value in study.baseline(CK).items():
        if value < _LOWEST_CK:
            yield f"Patient {spell(str(name))} has a CK of {spell(float(value))} {CK.unit} at baseline: is the unit right?"


def _crowded_weeks(study: Study) -> Iterator[str]:
    """Say where a patient has several values of a measure in one scheduled week, and which stands for it."""
    for code in _recorded(study):
        rows = study.rows(code)
        own = rows[rows["week"].isin(study.protocol.weeks_of(code))]
        crowded = own[own.duplicated(["patient", "week"], keep=False)]
        if crowded.empty:
            continue
        tables = study.values(code)
        for _, values in crowded.groupby(["patient", "week"], sort=False):
            patient, week = str(values["patient"].iloc[0]), float(values["week"].iloc[0])
            seen = listed([f"{spell(row.value)} ({_place(row)})" for row in values.itertuples()])
            stands = spell(tables[int(week)][patient])
            name = f"Patient {spell(patient)} has {len(values)} values of {code} in week {week:.0f}"
            yield f"{name}, {seen}: {stands} stands in tables by week."


def _place(row: object) -> str:
    recorded, week, day = (getattr(row, name) for name in ("recorded", "week", "day"))
    return f"week {week:.0f}" if recorded else f"day {day}"


def _unscheduled_visits(study: Study) -> Iterator[str]:
    """Say which visits of a recorded week lie within a stated schedule and are no part of it."""
    if "scheduled_weeks" in (study.protocol.inferred or ()):
        return
    found: dict[tuple[str, ...], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for patient in study.patients:
        for visit in patient.visits:
            if codes := tuple(code for code in _codes(study, visit) if _is_unscheduled(study, code, visit.week)):
                found[codes][patient.id].append(str(visit.week))
    several = len({name for patients in found.values() for name in patients}) > _MOST_NAMES
    for codes, patients in found.items():
        keep = "it keeps a column of its" if len(codes) == 1 else "they keep a column of their"
        if several:
            weeks = listed(sorted({week for each in patients.values() for week in each}, key=int))
            who = f"{counted(len(patients), 'patient')} {'has' if len(patients) == 1 else 'have'}"
            yield f"{who} {listed(codes)} in week {weeks}, out of schedule: {keep} own."
            continue
        for name, each in patients.items():
            which = "which is" if len(each) == 1 else "which are"
            where = f"{listed(codes)} in week {listed(each)}"
            yield f"Patient {spell(name)} has {where}, {which} not scheduled: {keep} own."


def _is_unscheduled(study: Study, code: str, week: int | None) -> bool:
    weeks = study.protocol.weeks_of(code)
    return bool(weeks) and week is not None and week not in weeks and week <= weeks[-1]


def _values_without_a_week(study: Study) -> Iterator[str]:
    """Say how many values lie, by their days, in no scheduled week's window: they stand in no table by week."""
    for code in _recorded(study):
        rows, weeks = study.rows(code), study.protocol.weeks_of(code)
        if not weeks:
            continue
        until = 7 * weeks[-1] + study.protocol.week_window
        baselines = study.baseline_rows(code).index
        apart: pd.DataFrame = rows[rows["week"].isna() & (rows["day"] <= until) & ~rows.index.isin(baselines)]
        if len(apart):
            first = apart.iloc[0]
            count = f"{counted(len(apart), 'value')} of {code} "
            where = f"in no window of a scheduled week (the first: patient {spell(first['patient'])}, day {first['day']})"
            yield f"{count}{'lies' if len(apart) == 1 else 'lie'} {where}: kept by day, in no table by week."


def _lone_arms(study: Study) -> Iterator[str]:
    """Say which arm has one patient alone, as a slip of the pen makes."""
    arms = Counter(patient.arm for patient in study.patients if patient.arm is not None)
    for arm, n in arms.items():
        if n == 1 and len(arms) > 1:
            yield f"Arm {spell(arm)} has one patient alone: is it spelled right?"


def _unexplained(study: Study) -> Iterator[str]:
    for patient in study.patients:
        name = f"Patient {spell(patient.id)}"
        reason, left = patient.exclusion_reason, patient.discontinuation_reason
        if reason is None and not patient.efficacy_set:
            yield f"{name} is outside the efficacy set without a reason."
        if reason is not None and patient.efficacy_set:
            yield f"{name} is in the efficacy set although there is a reason for exclusion, {spell(reason)}."
        if left is not None and patient.discontinued_on is None:
            yield f"{name} has a reason for leaving the trial, {spell(left)}, but no day: it is analysed as completed."
