"""Who may enter the trial, and who was resistant to steroids before."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias, overload

import numpy as np
import pandas as pd

from ivigmyo.arguments import Column, Values, read_columns
from ivigmyo.decimals import TOLERANCE
from ivigmyo.errors import spell
from ivigmyo.instruments import MMT18
from ivigmyo.study import Eligibility, Study
from ivigmyo.study.patients import Patient

__all__ = ["MET", "NOT_ASSESSABLE", "NOT_MET", "check_eligibility", "steroid_resistance"]

_Check: TypeAlias = tuple[object, str, str]

MET, NOT_MET, NOT_ASSESSABLE = "met", "not met", "not assessable"
"""What is found of a criterion."""


def check_eligibility(patients: Patient | Study, criteria: Eligibility | None = None) -> pd.DataFrame:
    """Hold patients against every criterion of eligibility.

    Parameters
    ----------
    patients : Patient or Study
        One patient, or all of a study.
    criteria : Eligibility, optional
        The criteria; those of the study's protocol unless given.

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
    >>> from ivigmyo import saito2008
    >>> check_eligibility(patient, saito2008.PROTOCOL.conduct.eligibility)[["criterion", "value", "finding"]]
                   criterion value         finding
    0                    age  70.0         not met
    1                    MMT  None  not assessable
    2  previous steroid dose  40.0             met
    3   exclusion conditions  none             met
    """
    study = patients if isinstance(patients, Study) else Study([patients])
    conduct = study.protocol.conduct
    planned = criteria or (None if conduct is None else conduct.eligibility)
    if planned is None:
        raise ValueError("'criteria' must be given where the protocol of the study states none.")
    mmt = study.baseline(MMT18.code)
    rows = [
        (patient.id, criterion, *check)
        for patient in study.patients
        for criterion, check in _checks(patient, float(mmt[patient.id]), planned)
    ]
    return pd.DataFrame(rows, columns=["patient", "criterion", "value", "finding", "reason"], dtype=object)


def _checks(patient: Patient, mmt: float, criteria: Eligibility) -> Iterator[tuple[str, _Check]]:
    """Yield what is found of each criterion that was stated."""
    if criteria.minimum_age is not None or criteria.maximum_age is not None:
        yield "age", _check_age(patient.age, criteria)
    if criteria.maximum_mmt is not None:
        yield MMT18.code, _check_mmt(mmt, criteria.maximum_mmt)
    if criteria.minimum_dose is not None or criteria.minimum_dose_per_kg is not None:
        yield "previous steroid dose", _check_dose(patient, criteria)
    if criteria.exclusion_conditions:
        yield "exclusion conditions", _check_conditions(patient.exclusion_conditions, criteria)


def _check_age(age: float, criteria: Eligibility) -> _Check:
    low = -math.inf if criteria.minimum_age is None else criteria.minimum_age
    high = math.inf if criteria.maximum_age is None else criteria.maximum_age
    met = low <= math.floor(age) <= high
    if criteria.minimum_age is not None and criteria.maximum_age is not None:
        rule = f"between {spell(low)} and {spell(high)}"
    else:
        rule = f"at most {spell(high)}" if criteria.minimum_age is None else f"at least {spell(low)}"
    return age, MET if met else NOT_MET, f"{math.floor(age)} completed years, {'' if met else 'not '}{rule}"


def _check_mmt(baseline: float, maximum: float) -> _Check:
    if math.isnan(baseline):
        return None, NOT_ASSESSABLE, "no MMT at the first infusion or before is recorded"
    met = baseline <= maximum
    reason = (
        f"{spell(baseline)} {'point' if baseline == 1 else 'points'}, {'at most' if met else 'more than'} {spell(maximum)}"
    )
    return baseline, MET if met else NOT_MET, reason


def _check_dose(patient: Patient, criteria: Eligibility) -> _Check:
    recorded = patient.highest_previous_dose is not None
    dose = patient.highest_previous_dose if recorded else patient.steroid_dose_start
    weight = patient.weight
    if dose is None:
        return None, NOT_ASSESSABLE, "no steroid dose is recorded"
    what = f"{spell(dose)} mg/day {'before registration' if recorded else 'at the start of the study'}"
    least = None if criteria.minimum_dose is None else f"{spell(criteria.minimum_dose)} mg/day"
    if least is not None and dose >= (criteria.minimum_dose or 0) * (1 - TOLERANCE):
        return dose, MET, f"{what}, at least {least}"
    below = "" if least is None else f", below {least}"
    if criteria.minimum_dose_per_kg is not None:
        if weight is None:
            return dose, NOT_ASSESSABLE, f"{what}{below}, and the body weight is not recorded"
        per_kg = f"{spell(criteria.minimum_dose_per_kg)} mg/kg/day at {spell(weight)} kg"
        if dose >= criteria.minimum_dose_per_kg * weight * (1 - TOLERANCE):
            return dose, MET, f"{what}, at least {per_kg}"
        below = f", below {per_kg}" if least is None else f"{below} and below {per_kg}"
    reason = f"{what}{below}"
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
def steroid_resistance(before: float | None, baseline: float | None, max_improvement: float) -> str: ...
@overload
def steroid_resistance(before: Column, baseline: Column, max_improvement: float) -> pd.Series[Any]: ...
def steroid_resistance(before: Values, baseline: Values, max_improvement: float) -> str | pd.Series[Any]:
    """Tell who was resistant to high-dose steroids by the change of MMT before the first infusion.

    Parameters
    ----------
    before : float or array_like of float
        MMT at tentative registration (week -4), 0 to 90 points. None and NaN are missing.
    baseline : float or array_like of float
        MMT at formal registration (week 0), likewise. Series must have equal indexes; lists and arrays go by position.
    max_improvement : float
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

    >>> steroid_resistance(70, 74, max_improvement=4)
    'resistant'
    >>> steroid_resistance([70, 70], [75, None], max_improvement=4).tolist()
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
