"""What was given against what was planned: the course of infusions, steroid doses, prohibited treatments."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import Values, read_columns
from ivigmyo.decimals import TOLERANCE
from ivigmyo.errors import refusal
from ivigmyo.study import Study
from ivigmyo.study.patients import Patient, Treatment
from ivigmyo.study.plan import Course, SteroidRules
from ivigmyo.study.treatments import GRAMS_PER_KG, STEROIDS, named_treatment, spellings_of

__all__ = [
    "check_course",
    "check_steroid_doses",
    "find_prohibited_treatments",
    "find_steroid_deviations",
    "steroid_doses",
]

_PLACEBO: dict[str, tuple[str, ...]] = {"placebo": ()}


def check_course(study: Study, course: Course | None = None) -> pd.DataFrame:
    """Tell which patients completed the planned course of infusions.

    Parameters
    ----------
    study : Study
        A study; its treatments tell what was infused and when.
    course : Course, optional
        What was planned; that of the study's protocol unless given.

    Returns
    -------
    pandas.DataFrame
        One row a patient: ``patient``; ``days``, on how many days it was infused, and ``total_dose``, the doses of these
        days added up (NaN where not recorded); ``finding``, ``"completed"``, ``"not completed"`` or
        ``"not assessable"``; ``reason``.

    Notes
    -----
    A course is completed by at least the planned dose on the planned number of consecutive days. A dose without a unit
    is in the unit of the course; infusions of one day are added up. Who had placebo alone is judged by its days. Where
    no infusion is recorded, or the course seems incomplete but a day, a dose or its unit is not known, the finding is
    ``"not assessable"``.

    References
    ----------
    Saito et al. 2008, 'Study design'; Table 2, footnote b: patient 16 was infused on two days.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> check_course(saito2008.load_study()).set_index("patient").loc[["1", "16"], ["days", "total_dose", "finding"]]
             days  total_dose        finding
    patient
    1         5.0         2.0      completed
    16        2.0         0.8  not completed
    """
    planned = course or (None if study.protocol.conduct is None else study.protocol.conduct.course)
    if planned is None:
        raise ValueError("'course' must be given where the protocol of the study states none.")
    rows = [(patient.id, *_check_infusions(patient, planned)) for patient in study.patients]
    frame = pd.DataFrame(rows, columns=["patient", "days", "total_dose", "finding", "reason"], dtype=object)
    return frame.astype({"days": float, "total_dose": float})


def _check_infusions(patient: Patient, course: Course) -> tuple[float | None, float | None, str, str]:
    """Return the days infused, the total dose, the finding and its reason."""
    sought = spellings_of([course.treatment])
    infusions = [each for each in patient.treatments if named_treatment(each.name, sought)]
    placebo = [each for each in patient.treatments if named_treatment(each.name, _PLACEBO)]
    if placebo and not infusions:
        return _check_placebo(patient, placebo, course)
    if not infusions:
        return None, None, "not assessable", f"no infusion of {course.treatment} is recorded"
    periods = _periods(infusions, course)
    undated = any(each.days is None for each in infusions)
    days = None if undated else sum(length for _, length, _ in periods)
    total = None if undated else math.fsum(length * dose for _, length, dose in periods)
    least = None if course.dose is None else course.dose * (1 - TOLERANCE)
    runs = _runs(periods, least)
    needed = course.days or 1
    done = _courses(runs, needed, course)
    longest = max((length for _, length in runs), default=0)
    planned = f"consecutive days{_at_least(course)}"
    if course.number > 1:
        planned = f"{planned}; {min(done, course.number)} of {course.number} courses"
    if done >= course.number:
        return days, total, "completed", f"{longest} {planned}"
    reason = f"{longest} of {needed} {planned}"
    if undated or (least is not None and any(math.isnan(dose) for _, _, dose in periods)):
        return days, total, "not assessable", f"{reason}; a day or a dose is not recorded"
    return days, total, "not completed", reason


def _at_least(course: Course) -> str:
    """Say the least daily dose of a course, where one is stated."""
    return "" if course.dose is None else f" at {course.dose:g} {course.unit or ''}".rstrip() + " or more"


def _check_placebo(
    patient: Patient, infusions: Iterable[Treatment], course: Course
) -> tuple[float | None, float | None, str, str]:
    """Judge the days of a placebo as those of the planned dose; it is given with a dose of 0."""
    as_planned = [attrs.evolve(each, name=course.treatment, dose=course.dose or 1.0, unit=course.unit) for each in infusions]
    days, _, finding, reason = _check_infusions(attrs.evolve(patient, treatments=as_planned), course)
    dose = _at_least(course)
    return days, 0.0, finding, reason.replace(dose, " of placebo") if dose else f"{reason} of placebo"


def _periods(infusions: Iterable[Treatment], course: Course) -> list[tuple[int, int, float]]:
    """Return the periods of one daily dose in order of time: first day, length in days, dose; a pause has the dose 0."""
    units: dict[str | None, float] = {None: 1.0, course.unit: 1.0}
    if planned := GRAMS_PER_KG.get(course.unit or ""):
        units |= {unit: grams / planned for unit, grams in GRAMS_PER_KG.items()}
    spans = [
        (each.start_day, each.end_day + 1, math.nan if each.dose is None else each.dose * units.get(each.unit, math.nan))
        for each in infusions
        if each.start_day is not None and each.end_day is not None
    ]
    edges = sorted({day for start, stop, _ in spans for day in (start, stop)})
    return [
        (day, after - day, math.fsum(dose for start, stop, dose in spans if start <= day < stop))
        for day, after in pairwise(edges)
        if any(start <= day < stop for start, stop, _ in spans)
    ]


def _runs(periods: Iterable[tuple[int, int, float]], least: float | None) -> list[tuple[int, int]]:
    """Return the runs of consecutive days with at least a dose, each with its first day."""
    runs: list[tuple[int, int]] = []
    for day, length, dose in periods:
        if least is not None and not dose >= least:
            continue
        if runs and runs[-1][0] + runs[-1][1] == day:
            runs[-1] = runs[-1][0], runs[-1][1] + length
        else:
            runs.append((day, length))
    return runs


def _courses(runs: Iterable[tuple[int, int]], days: int, course: Course) -> int:
    """Count the runs that are long enough, each at least half the planned interval after the one before."""
    starts: list[int] = []
    for start, length in runs:
        apart = not starts or course.interval is None or start - starts[-1] >= course.interval / 2
        starts += [start] if length >= days and apart else []
    return len(starts)


def check_steroid_doses(
    days: Values, doses: Values, *, max_reduction: float, within: float, until: float | None = None
) -> pd.DataFrame:
    """List where a patient's steroid dose was increased, or reduced faster than recommended.

    Parameters
    ----------
    days : array_like of float
        The days on which doses began, counted from the first infusion, in any order; each day once, none missing.
    doses : array_like of float
        The daily dose from each of these days until the next one, at least 0, all in one unit; none missing. 0 is no
        steroid.
    max_reduction : float
        The greatest share by which the dose may fall within the time, between 0 and 1.
    within : float
        That time in days, greater than 0.
    until : float, optional
        The last day on which the rules hold, such as 84 (week 12, the end of the paper's follow-up study); all days
        unless given.

    Returns
    -------
    pandas.DataFrame
        One row a finding, in order of time: ``day``; ``from`` and ``to``, the doses; ``rule``: ``"increase"`` or
        ``"reduction above 10 % within 14 days"``. Empty where there is none.

    Raises
    ------
    ValueError
        If a value is missing, a day appears twice, a dose is negative, or lengths or indexes differ.

    Notes
    -----
    Every dose above the one before it is an increase. A dose below the one before it is compared with the highest dose
    in force on any of the `within` days before it, the dose of exactly `within` days ago included: from 50 to 45 on day
    14 and to 40.5 on day 28 is allowed, on day 27 it is a fall by 19 % within two weeks. A reduction by exactly the share is
    allowed; it is decided as decimals are written, by a relative tolerance of 1e-9.

    References
    ----------
    Saito et al. 2008, 'Study design'.

    Examples
    --------
    >>> check_steroid_doses([0, 14, 27, 40], [50, 45, 40.5, 50], max_reduction=0.1, within=14)
        day  from    to                                rule
    0  27.0  50.0  40.5  reduction above 10 % within 14 days
    1  40.0  40.5  50.0                            increase
    """
    if not 0 <= max_reduction <= 1:
        raise ValueError(refusal("'max_reduction' must be between 0 and 1", max_reduction))
    if not within > 0:
        raise ValueError(refusal("'within' must be greater than 0", within))
    columns = read_columns(days=days, doses=doses)
    columns.require("days", "doses")
    columns.refuse("days", pd.Series(columns["days"]).duplicated().to_numpy(), "must have one dose each")
    columns.refuse("doses", columns["doses"] < 0, "must be at least 0")
    order = np.argsort(columns["days"])
    day, dose = columns["days"][order], columns["doses"][order]
    reduction = f"reduction above {100 * max_reduction:g} % within {within:g} days"
    rows: list[tuple[float, float, float, str]] = []
    # The record in force so many days before each dose; the first record where none was yet.
    first = np.maximum(np.searchsorted(day, day - within, side="right") - 1, 0)
    for i in range(1, len(day)):
        before, highest = dose[i - 1], dose[first[i] : i].max()
        if until is not None and day[i] > until:
            break
        if dose[i] > before * (1 + TOLERANCE):
            rows.append((day[i], before, dose[i], "increase"))
        elif dose[i] < before and dose[i] < highest * (1 - max_reduction) * (1 - TOLERANCE):
            rows.append((day[i], highest, dose[i], reduction))
    frame = pd.DataFrame(rows, columns=["day", "from", "to", "rule"], dtype=object)
    return frame.astype({"day": float, "from": float, "to": float})


def steroid_doses(patient: Patient, steroids: Mapping[str, float] = STEROIDS) -> pd.DataFrame:
    """Return the steroid doses of a patient over time, as `check_steroid_doses` takes them.

    Parameters
    ----------
    patient : Patient
        A patient; the treatments named as one of the steroids count.
    steroids : mapping of str to float, optional
        Steroids, each with the mg of prednisolone that 1 mg stands for.

    Returns
    -------
    pandas.DataFrame
        ``day`` and ``dose``, in mg of prednisolone a day, one row for each day on which the dose may have changed.

    Notes
    -----
    A treatment lasts to its end day, or to the day before the same steroid is next begun; with neither it goes on.
    Different steroids given at one time are added up. A treatment without a start day, or whose daily dose in mg cannot
    be told (no dose, or a unit other than mg, g, or mg/kg with a body weight known), is left out;
    `find_steroid_deviations` lists it.

    Examples
    --------
    >>> patient = Patient("P01", "PM", "F", 39, treatments=[
    ...     Treatment("prednisolone", 0, dose=50, unit="mg/day"), Treatment("prednisolone", 14, 27, 45, "mg/day")])
    >>> steroid_doses(patient)
        day  dose
    0   0.0  50.0
    1  14.0  45.0
    2  28.0   0.0
    """
    spans = _spans(_steroid_treatments(patient, steroids))
    days = sorted({day for start, stop, _ in spans for day in (start, stop) if day < math.inf})
    doses = [math.fsum(dose for start, stop, dose in spans if start <= day < stop) for day in days]
    return pd.DataFrame({"day": days, "dose": doses}, dtype=float)


def _steroid_treatments(patient: Patient, steroids: Mapping[str, float]) -> list[tuple[str, Treatment, float]]:
    """Return each steroid treatment with the steroid's name and its daily dose of prednisolone, NaN where not known."""
    names = dict.fromkeys(steroids, ())
    found = [(named_treatment(each.name, names), each) for each in patient.treatments]
    weight = math.nan if patient.weight is None else patient.weight
    factors = {None: 1.0, "mg": 1.0, "mg/day": 1.0, "g": 1000.0, "g/day": 1000.0, "mg/kg": weight, "mg/kg/day": weight}
    return [
        (name, each, math.nan if each.dose is None else each.dose * factors.get(each.unit, math.nan) * steroids[name])
        for name, each in found
        if name is not None
    ]


def _spans(given: Iterable[tuple[str, Treatment, float]]) -> list[tuple[float, float, float]]:
    """Return for each treatment that can be placed the day it began, the first day without it, and its dose."""
    placed = [
        (name, each.start_day, each.end_day, dose)
        for name, each, dose in given
        if each.start_day is not None and not math.isnan(dose)
    ]
    spans: list[tuple[float, float, float]] = []
    for name, start, end, dose in placed:
        following = min((other for same, other, _, _ in placed if same == name and other > start), default=math.inf)
        spans.append((start, following if end is None else min(end + 1, following), dose))
    return spans


def find_steroid_deviations(
    study: Study,
    *,
    steroids: Mapping[str, float] = STEROIDS,
    rules: SteroidRules | None = None,
    until: float | None = None,
) -> pd.DataFrame:
    """List where the steroid doses of a study's patients departed from the rules.

    Parameters
    ----------
    study : Study
        A study: its treatments named as steroids, and the doses at the start and at the last observation.
    steroids : mapping of str to float, optional
        Steroids, each with the mg of prednisolone that 1 mg stands for.
    rules : SteroidRules, optional
        What was planned; that of the study's protocol unless given.
    until : optional
        As in `check_steroid_doses`.

    Returns
    -------
    pandas.DataFrame
        One row a finding: ``patient``, ``day``, ``from``, ``to``, ``rule``. The rules are those of
        `check_steroid_doses`; ``"increase from the start to the last observation"``, without a day; and
        ``"not assessable: start day or dose not recorded"`` for a steroid that cannot be placed in time. Empty where
        there is none.

    References
    ----------
    Saito et al. 2008, 'Study design'; Table 4 prints the two doses.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> len(find_steroid_deviations(saito2008.load_study()))
    0
    """
    conduct = study.protocol.conduct
    planned = rules or (None if conduct is None else conduct.steroid_rules)
    if planned is None:
        raise ValueError("'rules' must be given where the protocol of the study states none.")
    reduction = 1.0 if planned.max_reduction is None else planned.max_reduction
    within = 14.0 if planned.within_days is None else planned.within_days
    rows: list[tuple[object, ...]] = []
    for patient in study.patients:
        given = _steroid_treatments(patient, steroids)
        if given:
            doses = steroid_doses(patient, steroids)
            found = check_steroid_doses(doses["day"], doses["dose"], max_reduction=reduction, within=within, until=until)
            rows += [(patient.id, *row) for row in found.itertuples(index=False)]
        for _, each, dose in given:
            if each.start_day is None or math.isnan(dose):
                rows.append((patient.id, each.start_day, None, None, "not assessable: start day or dose not recorded"))
        first, last = patient.steroid_dose_start, patient.steroid_dose_last
        if first is not None and last is not None and last > first * (1 + TOLERANCE):
            rows.append((patient.id, None, first, last, "increase from the start to the last observation"))
    frame = pd.DataFrame(rows, columns=["patient", "day", "from", "to", "rule"], dtype=object)
    return frame.astype({"day": float, "from": float, "to": float})


def find_prohibited_treatments(study: Study, prohibited: Iterable[str] | None = None) -> pd.DataFrame:
    """List the prohibited treatments that were given during the trial, and whether grading ended with them.

    Parameters
    ----------
    study : Study
        A study.
    prohibited : iterable of str, optional
        The treatments, by their usual names; those of the study's protocol unless given. Known spellings count too.

    Returns
    -------
    pandas.DataFrame
        One row a treatment: ``patient``; ``treatment``, by its name in `prohibited`; ``recorded``, its name in the data;
        ``day``, its first; ``discontinued_on``; ``finding``; ``followed_until``, the last day of the CK follow-up. Days
        are NaN where there is none.

    Notes
    -----
    A prohibited treatment ends the grading of efficacy, not the CK follow-up. Grading ends on the day a patient left:
    ``"agrees"`` where that is the treatment's first day or earlier, ``"does not agree"`` where the patient left later or
    not at all, so that values under the treatment would be graded; ``"not assessable"`` where the day is not known. A
    treatment that ended before the first scheduled week (week -4), or began after the last one (week 12), was not given
    during the trial.

    References
    ----------
    Saito et al. 2008, 'Study design'; Table 2, footnote a: patient 15 was given cyclosporin on day 35.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> found = find_prohibited_treatments(saito2008.load_study())
    >>> found[["patient", "treatment", "day", "discontinued_on", "finding", "followed_until"]]
      patient    treatment   day  discontinued_on finding  followed_until
    0      15  cyclosporin  35.0             35.0  agrees            59.0
    """
    conduct = study.protocol.conduct
    names = (() if conduct is None else conduct.prohibited_treatments) if prohibited is None else tuple(prohibited)
    sought = spellings_of(names)
    weeks = study.scheduled_weeks
    first, last = (7 * weeks[0], 7 * weeks[-1]) if weeks else (-math.inf, math.inf)
    rows = [
        (patient.id, name, each.name, each.start_day, patient.discontinued_on, _grading(each, patient), _until(patient))
        for patient in study.patients
        for each in patient.treatments
        if (name := named_treatment(each.name, sought)) is not None
        and (each.end_day is None or each.end_day >= first)
        and (each.start_day is None or each.start_day <= last)
    ]
    columns = ["patient", "treatment", "recorded", "day", "discontinued_on", "finding", "followed_until"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    return frame.astype({"day": float, "discontinued_on": float, "followed_until": float})


def _grading(treatment: Treatment, patient: Patient) -> str:
    if treatment.start_day is None:
        return "not assessable"
    left = patient.discontinued_on
    return "agrees" if left is not None and left <= treatment.start_day else "does not agree"


def _until(patient: Patient) -> float | None:
    return None if patient.follow_up is None else patient.follow_up.observed_until
