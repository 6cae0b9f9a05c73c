"""A study held against its protocol in every respect that the protocol states."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import pandas as pd

from ivigmyo.conduct.eligibility import MET, NOT_ASSESSABLE, NOT_MET, check_eligibility, steroid_resistance
from ivigmyo.conduct.regimen import check_course, find_prohibited_treatments, find_steroid_deviations
from ivigmyo.conduct.schedule import check_schedule
from ivigmyo.display import Shown, Table, frame_table
from ivigmyo.errors import spell
from ivigmyo.instruments import MMT18
from ivigmyo.study import Conduct, Eligibility, Study
from ivigmyo.study.patients import Patient

__all__ = ["ProtocolResult", "check_protocol", "explain_sets"]


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
    conduct = study.protocol.conduct
    course = None if conduct is None else conduct.course
    infused = [math.nan] * len(study.patients) if course is None else check_course(study, course)["days"]
    rows = [
        (patient.id, patient.efficacy_set, patient.safety_set, "; ".join(_reasons(patient, float(days), course is not None)))
        for patient, days in zip(study.patients, infused, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["patient", "efficacy_set", "safety_set", "reason"], dtype=object)
    return frame.astype({"efficacy_set": bool, "safety_set": bool})


def _reasons(patient: Patient, infused: float, planned: bool) -> Iterator[str]:
    if not patient.efficacy_set:
        yield f"out of the efficacy set: {patient.exclusion_reason or 'no reason is recorded'}"
    if not patient.safety_set:
        yield "out of the safety set"
    if planned:
        yield f"days of infusion: {'not recorded' if math.isnan(infused) else spell(infused)}"
    if not any(visit.nominal_day > 0 for visit in patient.visits):
        yield "no value after day 0"
    if patient.discontinued_on is not None:
        yield f"left on day {patient.discontinued_on}: {patient.discontinuation_reason or 'no reason is recorded'}"


@attrs.frozen(eq=False, repr=False)
class ProtocolResult(Shown):
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

    eligibility: pd.DataFrame | None
    resistance: pd.Series[Any] | None
    schedule: pd.DataFrame
    course: pd.DataFrame | None
    steroid_deviations: pd.DataFrame | None
    prohibited_treatments: pd.DataFrame | None
    sets: pd.DataFrame

    def _shown(self) -> Table:
        return frame_table("Patients by criterion of the protocol", self.counts())

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
        criteria = () if self.eligibility is None else self.eligibility.groupby("criterion", sort=False)
        rows = {str(name): part["finding"] for name, part in criteria}
        rows |= {} if self.resistance is None else {"steroid resistance": self.resistance}
        rows |= {} if self.course is None else {"planned course": self.course["finding"]}
        counted = {name: row.replace(alike).value_counts() for name, row in rows.items()}
        frame = pd.DataFrame(counted).T.reindex(index=list(rows), columns=[MET, NOT_MET, NOT_ASSESSABLE])
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
    conduct = study.protocol.conduct or Conduct()
    return ProtocolResult(
        eligibility=None if conduct.eligibility is None else check_eligibility(study),
        resistance=_resistance(study, conduct.eligibility),
        schedule=check_schedule(study),
        course=None if conduct.course is None else check_course(study),
        steroid_deviations=None if conduct.steroid_rules is None else find_steroid_deviations(study),
        prohibited_treatments=find_prohibited_treatments(study) if conduct.prohibited_treatments else None,
        sets=explain_sets(study),
    )


def _resistance(study: Study, criteria: Eligibility | None) -> pd.Series[Any] | None:
    """Tell who was resistant, where a greatest gain and the week before are stated."""
    weeks = study.protocol.comparison_weeks
    if criteria is None or criteria.maximum_mmt_gain is None or weeks is None:
        return None
    before = study.values(MMT18.code).get(weeks[0], pd.Series(np.nan, index=study.ids))
    return steroid_resistance(before, study.baseline(MMT18.code), criteria.maximum_mmt_gain)
