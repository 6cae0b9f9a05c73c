"""What the protocol asks: when patients are seen, who may enter, who is steroid-resistant, who is analysed.

What was given, and whether that was as planned, is in `ivigmyo.conduct.regimen`; its functions are offered here too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, overload

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import Column, Values, read_columns
from ivigmyo.conduct.regimen import (
    PLANNED_COURSE,
    PROHIBITED_TREATMENTS,
    STEROIDS,
    Course,
    check_course,
    check_steroid_doses,
    find_prohibited_treatments,
    find_steroid_deviations,
    steroid_doses,
)
from ivigmyo.decimals import TOLERANCE
from ivigmyo.errors import refusal, spell
from ivigmyo.instruments import ADL15, CK, MMT18, STUDY_INSTRUMENTS
from ivigmyo.study import SCHEDULED_WEEKS, Study
from ivigmyo.study.patients import Patient

__all__ = [
    "ELIGIBILITY",
    "PLANNED_COURSE",
    "PROHIBITED_TREATMENTS",
    "SCHEDULE",
    "STEROIDS",
    "TABLE_1",
    "Course",
    "Eligibility",
    "ProtocolResult",
    "check_course",
    "check_eligibility",
    "check_protocol",
    "check_schedule",
    "check_steroid_doses",
    "explain_sets",
    "find_prohibited_treatments",
    "find_steroid_deviations",
    "steroid_doses",
    "steroid_resistance",
]

_Check: TypeAlias = tuple[object, str, str]

MET, NOT_MET, NOT_ASSESSABLE = "met", "not met", "not assessable"

TABLE_1: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        MMT18.code: (-4, 0, 2, 4, 8, 12),
        ADL15.code: (-4, 0, 2, 4, 8, 12),
        CK.code: (0, 2, 4, 8, 12),
    }
)
"""The weeks in which Table 1 of Saito et al. 2008 schedules each measure, as printed; CK is among its laboratory tests."""

SCHEDULE: Mapping[str, tuple[int, ...]] = MappingProxyType({**TABLE_1, CK.code: (-4, 0, 1, 2, 4, 8, 12)})
"""`TABLE_1` with CK in weeks -4 and 1 as well: Table 1 shows no laboratory tests in these weeks, yet the paper reports CK
of both (Table 2, Fig. 1c), and Table 3 needs that of week -4."""


def check_schedule(
    study: Study, schedule: Mapping[str, Iterable[int]] | None = None, window: int | None = None
) -> pd.DataFrame:
    """List the assessments of a study that are missing, outside their window, or were not scheduled.

    Parameters
    ----------
    study : Study
        A study.
    schedule : mapping of str to iterable of int, optional
        The weeks in which each measure, named by its code, is scheduled. Unless given: `SCHEDULE`, and for a further
        measure every week the study schedules; every measure in every such week where these are other weeks than those
        of the paper.
    window : int, optional
        How many days an assessment may lie from the first day of its week (7 x week), at least 0; the study's own
        ``week_window`` unless given.

    Returns
    -------
    pandas.DataFrame
        One row a finding: ``patient`` (None where the finding is of all), ``week``, ``measure``, ``day`` (NaN where it is
        not known or nothing was done), ``finding``: ``"missing"``, ``"out of window"``, ``"not scheduled"`` or
        ``"not recorded for any patient"``. Findings of all patients stand first, the others in the order of patients,
        weeks and measures.

    Raises
    ------
    ValueError
        If a scheduled measure is none of the study's, or the window is negative.

    Notes
    -----
    A patient who left is not expected in the weeks that begin after the day of leaving. A measure that no patient has in
    a week is not missing of each, but not recorded for any. The window is looked at only where the day is known; of
    several values in one week the nearest counts. Values after the last scheduled week belong to the follow-up.

    References
    ----------
    Saito et al. 2008, Table 1.

    Examples
    --------
    Weeks 1 and 2 are not printed, and patient 15 was last seen in week 5:

    >>> from ivigmyo import saito2008
    >>> check_schedule(saito2008.load_study())
      patient  week measure  day                       finding
    0    None     1      CK  NaN  not recorded for any patient
    1    None     2     MMT  NaN  not recorded for any patient
    2    None     2     ADL  NaN  not recorded for any patient
    3    None     2      CK  NaN  not recorded for any patient
    4      15     5     MMT  NaN                 not scheduled
    5      15     5     ADL  NaN                 not scheduled
    6      15     5      CK  NaN                 not scheduled
    """
    planned = _planned(study, schedule)
    window = study.week_window if window is None else window
    if not window >= 0:
        raise ValueError(refusal("'window' must be at least 0", window))
    seen = _days_seen(study)
    recorded = {occasion for own in seen.values() for occasion in own}
    ahead = sorted({(week, code) for code, weeks in planned.items() for week in weeks}, key=_by_week(planned))
    rows: list[tuple[object, ...]] = [
        (None, week, code, None, "not recorded for any patient")
        for week, code in ahead
        if (week, code) not in recorded and any(_expected(patient, week) for patient in study.patients)
    ]
    last = max((week for week, _ in ahead), default=0)
    for patient in study.patients:
        own = seen[patient.id]
        done = {(week, code) for week, code in own if code in planned and week <= last}
        due = {(week, code) for week, code in ahead if (week, code) in recorded and _expected(patient, week)}
        for week, code in sorted(done | due, key=_by_week(planned)):
            day, finding = _find(own.get((week, code)), week, week in planned[code], window)
            if finding is not None:
                rows.append((patient.id, week, code, day, finding))
    frame = pd.DataFrame(rows, columns=["patient", "week", "measure", "day", "finding"], dtype=object)
    return frame.astype({"week": int, "day": float})


def _planned(study: Study, schedule: Mapping[str, Iterable[int]] | None) -> dict[str, tuple[int, ...]]:
    if schedule is not None:
        return {study.instrument(code).code: tuple(weeks) for code, weeks in schedule.items()}
    usual = SCHEDULE if study.scheduled_weeks == SCHEDULED_WEEKS else {}
    measured = {each.instrument for patient in study.patients for visit in patient.visits for each in visit.assessments}
    # That a measure may occur does not plan it: one that the protocol does not name counts once it was taken.
    planned = [each for each in study.instruments if each in STUDY_INSTRUMENTS or each in measured]
    return {each.code: usual.get(each.code, study.scheduled_weeks) for each in planned}


def _by_week(planned: Mapping[str, object]) -> Any:
    """Order weeks, and within a week the measures as they are planned."""
    order = list(planned)
    return lambda key: (key[0], order.index(key[1]))


def _days_seen(study: Study) -> dict[str, dict[tuple[int, str], list[int | None]]]:
    """Gather for each patient, and each week and measure, the days of the values, None where a day was not recorded."""
    seen: dict[str, dict[tuple[int, str], list[int | None]]] = {}
    for patient in study.patients:
        days = seen.setdefault(patient.id, defaultdict(list))
        for visit in patient.visits:
            for assessment in visit.assessments:
                days[study.week_of(visit), assessment.instrument.code].append(visit.day)
    return seen


def _expected(patient: Patient, week: int) -> bool:
    return patient.discontinued_on is None or 7 * week <= patient.discontinued_on


def _find(days: list[int | None] | None, week: int, scheduled: bool, window: int) -> tuple[int | None, str | None]:
    """Return the day that decides, and what is found; None where all is well."""
    if days is None:
        return None, "missing"
    known = sorted((day for day in days if day is not None), key=lambda day: abs(day - 7 * week))
    nearest = known[0] if known else None
    if not scheduled:
        return nearest, "not scheduled"
    outside = len(known) == len(days) and abs(known[0] - 7 * week) > window
    return nearest, "out of window" if outside else None


@attrs.frozen
class Eligibility:
    """Who may enter the trial.

    Parameters
    ----------
    minimum_age, maximum_age : float
        The least and the greatest age in completed years.
    maximum_mmt : float
        The greatest MMT total at formal registration (the baseline).
    minimum_dose : float
        The least previous steroid dose in mg of prednisolone a day, or else
    minimum_dose_per_kg : float
        the same in mg per kg of body weight.
    exclusion_conditions : tuple of str
        The conditions that bar a patient.

    Examples
    --------
    >>> Eligibility(maximum_age=75).maximum_age
    75
    """

    minimum_age: float = 16
    maximum_age: float = 64
    maximum_mmt: float = 80
    minimum_dose: float = 50
    minimum_dose_per_kg: float = 1
    exclusion_conditions: tuple[str, ...] = (
        "malignancy",
        "acute interstitial pneumonia",
        "IgA deficiency",
        "severe liver disorder",
        "severe kidney disorder",
        "severe cardiac disorder",
        "pregnancy",
    )


ELIGIBILITY = Eligibility()
"""The criteria of Saito et al. 2008."""


def check_eligibility(patients: Patient | Study, criteria: Eligibility = ELIGIBILITY) -> pd.DataFrame:
    """Hold patients against every criterion of eligibility.

    Parameters
    ----------
    patients : Patient or Study
        One patient, or all of a study.
    criteria : Eligibility, optional
        The criteria; those of Saito et al. 2008 unless given.

    Returns
    -------
    pandas.DataFrame
        One row a patient and criterion (``"age"``, ``"MMT"``, ``"previous steroid dose"``, ``"exclusion conditions"``):
        ``patient``; ``criterion``; ``value``, what decides; ``finding``, ``"met"``, ``"not met"`` or
        ``"not assessable"``; ``reason``.

    Notes
    -----
    Age counts in completed years. The MMT is the baseline. The highest dose before registration decides where it is
    recorded. Where it is not, the dose at the start of the study stands for it, but only in favour: the highest was at
    least as much, so a starting dose that is high enough meets the criterion, while one that is not leaves open
    whether more was given before. A dose below the one in mg a day needs the body weight. Every condition recorded in
    ``exclusion_conditions`` bars the patient. What the data cannot decide is ``"not assessable"``.

    Whether the diagnosis was definite by Bohan and Peter, and whether consent was given, is not part of a `Patient`.
    Steroid resistance is a finding of its own: `steroid_resistance`.

    References
    ----------
    Saito et al. 2008, 'Patients'.

    Examples
    --------
    >>> patient = Patient("P01", "PM", "F", 70, weight=38, highest_previous_dose=40, exclusion_conditions=())
    >>> check_eligibility(patient)[["criterion", "value", "finding"]]
                   criterion value         finding
    0                    age  70.0         not met
    1                    MMT  None  not assessable
    2  previous steroid dose  40.0             met
    3   exclusion conditions  none             met
    """
    study = patients if isinstance(patients, Study) else _alone(patients)
    mmt = _baseline(study)
    rows = [
        (patient.id, criterion, *check)
        for patient in study.patients
        for criterion, check in (
            ("age", _check_age(patient.age, criteria)),
            (MMT18.code, _check_mmt(float(mmt[patient.id]), criteria)),
            ("previous steroid dose", _check_dose(patient, criteria)),
            ("exclusion conditions", _check_conditions(patient.exclusion_conditions, criteria)),
        )
    ]
    return pd.DataFrame(rows, columns=["patient", "criterion", "value", "finding", "reason"], dtype=object)


def _alone(patient: Patient) -> Study:
    """Make a study of one patient, with the measures assessed."""
    assessed = {each.instrument.code: each.instrument for visit in patient.visits for each in visit.assessments}
    return Study([patient], instruments=({MMT18.code: MMT18} | assessed).values())


def _baseline(study: Study) -> pd.Series[float]:
    if MMT18.code in [instrument.code for instrument in study.instruments]:
        return study.baseline(MMT18.code)
    return pd.Series(np.nan, index=study.ids)


def _check_age(age: float, criteria: Eligibility) -> _Check:
    low, high = criteria.minimum_age, criteria.maximum_age
    met = low <= math.floor(age) <= high
    reason = f"{math.floor(age)} completed years, {'' if met else 'not '}between {spell(low)} and {spell(high)}"
    return age, MET if met else NOT_MET, reason


def _check_mmt(baseline: float, criteria: Eligibility) -> _Check:
    if math.isnan(baseline):
        return None, NOT_ASSESSABLE, "no MMT at the first infusion or before is recorded"
    met = baseline <= criteria.maximum_mmt
    reason = f"{spell(baseline)} points, {'at most' if met else 'more than'} {spell(criteria.maximum_mmt)}"
    return baseline, MET if met else NOT_MET, reason


def _check_dose(patient: Patient, criteria: Eligibility) -> _Check:
    recorded = patient.highest_previous_dose is not None
    dose = patient.highest_previous_dose if recorded else patient.steroid_dose_start
    least, per_kg, weight = spell(criteria.minimum_dose), spell(criteria.minimum_dose_per_kg), patient.weight
    if dose is None:
        return None, NOT_ASSESSABLE, "no steroid dose is recorded"
    what = f"{spell(dose)} mg/day {'before registration' if recorded else 'at the start of the study'}"
    if dose >= criteria.minimum_dose * (1 - TOLERANCE):
        return dose, MET, f"{what}, at least {least} mg/day"
    if weight is None:
        return dose, NOT_ASSESSABLE, f"{what}, below {least} mg/day, and the body weight is not recorded"
    if dose >= criteria.minimum_dose_per_kg * weight * (1 - TOLERANCE):
        return dose, MET, f"{what}, at least {per_kg} mg/kg/day at {spell(weight)} kg"
    reason = f"{what}, below {least} mg/day and below {per_kg} mg/kg/day at {spell(weight)} kg"
    if recorded:
        return dose, NOT_MET, reason
    return dose, NOT_ASSESSABLE, f"{reason}; the highest dose before registration is not recorded"


def _check_conditions(conditions: tuple[str, ...] | None, criteria: Eligibility) -> _Check:
    sought = ", ".join(criteria.exclusion_conditions)
    if conditions is None:
        return None, NOT_ASSESSABLE, f"not recorded: {sought}"
    if conditions:
        return "; ".join(conditions), NOT_MET, f"has {', '.join(conditions)}"
    return "none", MET, f"none of {sought}"


@overload
def steroid_resistance(before: float | None, baseline: float | None, max_improvement: float = ...) -> str: ...
@overload
def steroid_resistance(before: Column, baseline: Column, max_improvement: float = ...) -> pd.Series[Any]: ...
def steroid_resistance(before: Values, baseline: Values, max_improvement: float = 4) -> str | pd.Series[Any]:
    """Tell who was resistant to high-dose steroids by the change of MMT before the first infusion.

    Parameters
    ----------
    before : float or array_like of float
        MMT at tentative registration (week -4), 0 to 90 points. None and NaN are missing.
    baseline : float or array_like of float
        MMT at formal registration (week 0), likewise. Series must have equal indexes; lists and arrays go by position.
    max_improvement : float, default 4
        The greatest gain in points with which a patient counts as resistant.

    Returns
    -------
    str or pandas.Series
        ``"resistant"`` where baseline - before is at most `max_improvement`, ``"responded"`` where it is more,
        ``"not assessable"`` where a value is missing: for columns a Series with their index.

    Raises
    ------
    ValueError
        If a value is not between 0 and 90, or indexes or lengths differ.

    Notes
    -----
    A gain within 1e-9 of `max_improvement`, relative to it, equals it, so that decimals are compared as they are
    written.

    References
    ----------
    Saito et al. 2008, 'Patients'.

    Examples
    --------
    Patient 4 of the paper gained four points:

    >>> steroid_resistance(70, 74)
    'resistant'
    >>> steroid_resistance([70, 70], [75, None]).tolist()
    ['responded', 'not assessable']
    """
    called = {"before": MMT18.code, "baseline": MMT18.code}
    columns = read_columns(scalars=True, called=called, before=before, baseline=baseline)
    for name, values in columns.arrays.items():
        columns.refuse(name, ~(MMT18.admits(values) | np.isnan(values)), f"must be {MMT18.range}")
    gain = columns["baseline"] - columns["before"]
    resistant = gain <= max_improvement + abs(max_improvement) * TOLERANCE
    labels = np.select([np.isnan(gain), resistant], [NOT_ASSESSABLE, "resistant"], "responded").astype(object)
    return str(labels[0]) if columns.scalar else pd.Series(labels, index=columns.index)


def explain_sets(study: Study) -> pd.DataFrame:
    """Say why each patient is in or out of each analysis set.

    Parameters
    ----------
    study : Study
        A study.

    Returns
    -------
    pandas.DataFrame
        One row a patient: ``patient``; ``efficacy_set`` and ``safety_set``, whether the patient belongs to each;
        ``reason``, what is recorded that bears on it.

    Notes
    -----
    The sets are those recorded. The paper's safety set is every patient infused, its efficacy set all but those infused
    on too few days; a patient who left is graded by the last values before leaving.

    References
    ----------
    Saito et al. 2008, 'Patient profile'.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> sets = explain_sets(saito2008.load_study()).set_index("patient")
    >>> print(sets.loc["16", "reason"])
    out of the efficacy set: infused on two days only; days of infusion: 2; no value after day 0;
    left on day 2: bronchial asthma
    """
    infused = check_course(study)["days"]
    rows = [
        (patient.id, patient.efficacy_set, patient.safety_set, "; ".join(_reasons(patient, float(days))))
        for patient, days in zip(study.patients, infused, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["patient", "efficacy_set", "safety_set", "reason"], dtype=object)
    return frame.astype({"efficacy_set": bool, "safety_set": bool})


def _reasons(patient: Patient, infused: float) -> Iterator[str]:
    if not patient.efficacy_set:
        yield f"out of the efficacy set: {patient.exclusion_reason or 'no reason is recorded'}"
    if not patient.safety_set:
        yield "out of the safety set"
    yield f"days of infusion: {'not recorded' if math.isnan(infused) else spell(infused)}"
    if not any(visit.nominal_day > 0 for visit in patient.visits):
        yield "no value after day 0"
    if patient.discontinued_on is not None:
        yield f"left on day {patient.discontinued_on}: {patient.discontinuation_reason or 'no reason is recorded'}"


@attrs.frozen(eq=False)
class ProtocolResult:
    """A study held against its protocol.

    Parameters
    ----------
    eligibility : pandas.DataFrame
        `check_eligibility`.
    resistance : pandas.Series
        `steroid_resistance` from the first scheduled week to the baseline, by patient.
    schedule : pandas.DataFrame
        `check_schedule`.
    course : pandas.DataFrame
        `check_course`.
    steroid_deviations : pandas.DataFrame
        `find_steroid_deviations`.
    prohibited_treatments : pandas.DataFrame
        `find_prohibited_treatments`.
    sets : pandas.DataFrame
        `explain_sets`.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> check_protocol(saito2008.load_study()).counts().loc["planned course"].tolist()
    [15, 1, 0]
    """

    eligibility: pd.DataFrame
    resistance: pd.Series[Any]
    schedule: pd.DataFrame
    course: pd.DataFrame
    steroid_deviations: pd.DataFrame
    prohibited_treatments: pd.DataFrame
    sets: pd.DataFrame

    def counts(self) -> pd.DataFrame:
        """Count the patients by criterion and finding.

        Returns
        -------
        pandas.DataFrame
            One row a criterion of eligibility, then ``"steroid resistance"`` and ``"planned course"`` (index
            ``criterion``); columns ``met``, ``not met``, ``not assessable``.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> check_protocol(saito2008.load_study()).counts()
                               met  not met  not assessable
        criterion
        age                     16        0               0
        MMT                     16        0               0
        previous steroid dose   10        0               6
        exclusion conditions     0        0              16
        steroid resistance      16        0               0
        planned course          15        1               0
        """
        alike = {"resistant": MET, "responded": NOT_MET, "completed": MET, "not completed": NOT_MET}
        findings = {"steroid resistance": self.resistance, "planned course": self.course["finding"]}
        rows = {str(name): part["finding"] for name, part in self.eligibility.groupby("criterion", sort=False)} | findings
        counted = {name: row.replace(alike).value_counts() for name, row in rows.items()}
        frame = pd.DataFrame(counted).T.reindex(columns=[MET, NOT_MET, NOT_ASSESSABLE])
        return frame.fillna(0).astype(int).rename_axis(index="criterion", columns=None)


def check_protocol(study: Study) -> ProtocolResult:
    """Hold a study against its protocol in every respect.

    Parameters
    ----------
    study : Study
        A study.

    Returns
    -------
    ProtocolResult
        What each check found, by the rules of Saito et al. 2008.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> found = check_protocol(saito2008.load_study())
    >>> found.eligibility["finding"].value_counts().to_dict()
    {'met': 42, 'not assessable': 22}
    >>> found.resistance.value_counts().to_dict()
    {'resistant': 16}
    >>> found.course["finding"].value_counts().to_dict()
    {'completed': 15, 'not completed': 1}
    """
    baseline = _baseline(study)
    before = study.values(MMT18.code) if baseline.notna().any() else pd.DataFrame(index=study.ids)
    return ProtocolResult(
        eligibility=check_eligibility(study),
        resistance=steroid_resistance(before.get(study.scheduled_weeks[0], pd.Series(np.nan, index=study.ids)), baseline),
        schedule=check_schedule(study),
        course=check_course(study),
        steroid_deviations=find_steroid_deviations(study),
        prohibited_treatments=find_prohibited_treatments(study),
        sets=explain_sets(study),
    )
