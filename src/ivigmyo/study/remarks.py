"""What is suspicious but possible in a study: said, not refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ivigmyo.errors import spell
from ivigmyo.instruments import CK, Instrument
from ivigmyo.study.patients import Assessment, Patient, Visit
from ivigmyo.study.study import Study

__all__ = ["remarks"]

_WIDEST_LIMITS = 2
"""Limits of normal of one patient that differ by more than this factor are unlikely to be of one laboratory test."""


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
        at the end; values after leaving the trial; CK without its limit, with the analyses that it keeps from being
        made; limits of one patient that differ by more than a factor of 2; several values in one week; visits that were
        not scheduled; sets and discontinuations that are not explained.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> print(*remarks(saito2008.load_study()), sep="\n")
    Patient '16' has no value of MMT, ADL and CK after the first infusion.
    CK has no upper limit of normal in 76 of 76 values (the first: patient '1', week -4): its normalization cannot count in
    the grade of 15 patients.
    Patient '15' has MMT, ADL and CK in week 5, which is not scheduled: they keep a column of their own.
    """
    looks = (_missing_values, _missing_limits, _limits_apart, _crowded_weeks, _unscheduled_visits, _unexplained)
    return tuple(sentence for look in looks for sentence in look(study))


def _of(patient: Patient) -> Iterator[tuple[Visit, Assessment]]:
    return ((visit, assessment) for visit in patient.visits for assessment in visit.assessments)


def _codes(study: Study, visit: Visit) -> list[str]:
    """List the measures of a visit in the order of the study."""
    seen = [each.instrument for each in visit.assessments]
    return [instrument.code for instrument in study.instruments if instrument in seen]


def _listed(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _missing_values(study: Study) -> Iterator[str]:
    """Say of whom a measure of the study is missing at baseline, after it, or at the end; or was taken after leaving."""
    measured = {each.instrument.code for patient in study.patients for _, each in _of(patient)}
    codes = [instrument.code for instrument in study.instruments if instrument.code in measured]
    if not codes:
        yield "No patient has a value of any measure."
        return
    baselines = {code: set(study.baseline(code).dropna().index) for code in codes}
    finals = {code: set(study.final_values(code).dropna().index) for code in codes}
    for patient in study.patients:
        seen = {code: [visit for visit, each in _of(patient) if each.instrument.code == code] for code in codes}
        lacking: dict[str, list[str]] = defaultdict(list)
        for code, visits in seen.items():
            after = any(visit.nominal_day > 0 for visit in visits)
            lacking["at all"] += [code] if not visits else []
            lacking["at or before the first infusion"] += [code] if visits and patient.id not in baselines[code] else []
            lacking["after the first infusion"] += [code] if visits and not after else []
            completed = after and patient.discontinued_on is None
            last = f"in week {study.scheduled_weeks[-1]} and did not leave the trial, so that there is no grade"
            lacking[last] += [code] if completed and patient.id not in finals[code] else []
        for when, missing in lacking.items():
            if missing:
                yield f"Patient {spell(patient.id)} has no value of {_listed(missing)} {when}."
        yield from _values_after_leaving(study, patient)


def _values_after_leaving(study: Study, patient: Patient) -> Iterator[str]:
    """Say which scores were taken after leaving; CK is followed beyond that."""
    left, last = patient.discontinued_on, study.scheduled_weeks[-1]
    for visit in patient.visits if left is not None else ():
        codes = [code for code in _codes(study, visit) if not study.instrument(code).has_uln]
        if codes and left is not None and left < visit.nominal_day <= 7 * last:
            name = f"Patient {spell(patient.id)} left the trial on day {left}"
            yield f"{name} and has {_listed(codes)} in {visit.label}, which is not graded."


def _missing_limits(study: Study) -> Iterator[str]:
    """Say how many values of a laboratory test have no limit, and what cannot be analysed for that."""
    for instrument in study.instruments:
        every = [(patient, *each) for patient in study.patients for each in _of(patient)]
        values = [each for each in every if each[2].instrument == instrument]
        unlimited = [(patient, visit) for patient, visit, assessment in values if assessment.uln is None]
        if not instrument.has_uln or not unlimited:
            continue
        patient, visit = unlimited[0]
        count = f"{len(unlimited)} of {len(values)} values (the first: patient {spell(patient.id)}, {visit.label})"
        consequence = "; ".join(_consequences(study, instrument, [patient for patient, _ in unlimited]))
        yield f"{instrument.code} has no upper limit of normal in {count}{': ' if consequence else ''}{consequence}."


def _consequences(study: Study, instrument: Instrument, without: list[Patient]) -> Iterator[str]:
    code = instrument.code
    start = study.baseline(code).notna() & study.baseline_uln(code).isna()
    end = study.final_values(code).notna() & study.final_uln(code).isna()
    graded = study.baseline(code).notna() & study.final_values(code).notna()
    n = int((graded & (start | end)).sum())
    if n:
        yield f"its normalization cannot count in the grade of {n} patient{'s' if n > 1 else ''}"
    unknown = dict.fromkeys(spell(each.id) for each in without if each.follow_up is None and each.efficacy_set)
    if unknown and instrument == CK:
        yield f"how long it was normal cannot be analysed, since of patient {_listed(unknown)} no follow-up was recorded"


def _limits_apart(study: Study) -> Iterator[str]:
    for patient in study.patients:
        limits: dict[Instrument, list[float]] = defaultdict(list)
        for _, assessment in _of(patient):
            if assessment.uln is not None:
                limits[assessment.instrument].append(assessment.uln)
        for instrument, ulns in limits.items():
            if max(ulns) > _WIDEST_LIMITS * min(ulns):
                between = f"from {spell(min(ulns))} to {spell(max(ulns))}"
                yield f"Patient {spell(patient.id)} has upper limits of {instrument.code} {between}."


def _crowded_weeks(study: Study) -> Iterator[str]:
    """Say where a patient has several values of a measure in one week of the schedule, and which stands for it."""
    for instrument in study.instruments:
        tables = study.values(instrument)
        for patient in study.patients:
            weeks: dict[int, list[tuple[Visit, float]]] = defaultdict(list)
            for visit, each in _of(patient):
                if each.instrument == instrument:
                    weeks[study.week_of(visit)].append((visit, each.value))
            for week, values in weeks.items():
                if len(values) > 1 and week <= study.scheduled_weeks[-1]:
                    listed = _listed(f"{spell(value)} ({visit.label})" for visit, value in values)
                    stands = spell(tables.loc[patient.id, week])
                    name = f"Patient {spell(patient.id)} has {len(values)} values of {instrument.code} in week {week}"
                    yield f"{name}, {listed}: {stands} stands in tables by week."


def _unscheduled_visits(study: Study) -> Iterator[str]:
    for patient in study.patients:
        for visit in patient.visits:
            codes = _codes(study, visit)
            week, last = visit.week, study.scheduled_weeks[-1]
            if codes and week is not None and week not in study.scheduled_weeks and week <= last:
                keep = "it keeps a column of its" if len(codes) == 1 else "they keep a column of their"
                name = f"Patient {spell(patient.id)} has {_listed(codes)} in {visit.label}"
                yield f"{name}, which is not scheduled: {keep} own."


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
