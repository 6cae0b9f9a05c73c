"""Where the patients of a trial went, step by step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs
import pandas as pd

from ivigmyo.display import Shown, counted
from ivigmyo.errors import refusal, spell
from ivigmyo.study import Study
from ivigmyo.study.patients import DispositionStep, Patient

__all__ = ["Disposition", "consort", "disposition"]


@attrs.frozen(repr=False)
class Disposition(Shown):
    """Where the patients of a trial went, step by step.

    Parameters
    ----------
    steps : tuple of DispositionStep
        The steps in order of time. A step without a reason counts those who were there, one with a reason those who left.
    disagreements : tuple of str
        For each count that is not the count before it less those who left in between, a sentence; empty where all add up.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> result = disposition(saito2008.load_study())
    >>> result.adds_up
    True
    """

    steps: tuple[DispositionStep, ...]
    disagreements: tuple[str, ...]

    @property
    def adds_up(self) -> bool:
        """Whether every count is the one before it less those who left in between."""
        return not self.disagreements

    def to_frame(self) -> pd.DataFrame:
        """Return the steps as a table.

        Returns
        -------
        pandas.DataFrame
            ``step, reason, patients``; the reason is None where the step counts those who were there.

        Examples
        --------
        >>> Disposition((DispositionStep("treated", 16),), ()).to_frame()
              step reason  patients
        0  treated   None        16
        """
        rows = [(each.step, each.reason, each.patients) for each in self.steps]
        return pd.DataFrame(rows, columns=["step", "reason", "patients"], dtype=object).astype({"patients": int})


def disposition(study: Study) -> Disposition:
    """Follow the patients of a study from registration to the endpoint week.

    Parameters
    ----------
    study : Study
        A study. Its own ``disposition`` tells what was before treatment; without one the first step is ``"treated"``.

    Returns
    -------
    Disposition
        The recorded steps, then those that follow from the patients: the safety set, the efficacy set, and those of it
        with any value in the last scheduled week, each after those who are not in it, by reason. Whether they add up is
        part of the result.

    Notes
    -----
    A step with a reason counts patients who left; a step without one counts those who were there, which must be the
    count before it less those who left in between. Reasons are those recorded, in the order of patients.

    References
    ----------
    Saito et al. 2008, 'Patient profile'.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> result = disposition(saito2008.load_study())
    >>> result.to_frame()[["step", "patients"]]
                                 step  patients
    0          tentatively registered        25
    1         not formally registered         5
    2         not formally registered         1
    3         not formally registered         1
    4         not formally registered         2
    5  formally registered and treated        16
    6                      safety set        16
    7       not in the efficacy set         1
    8                    efficacy set        15
    9             not seen at week 12         1
    10                seen at week 12        14
    """
    before = study.disposition or (DispositionStep("treated", len(study.patients)),)
    steps = (*before, *_steps_of(study))
    return Disposition(steps, tuple(_disagreements(steps)))


def _steps_of(study: Study) -> Iterator[DispositionStep]:
    """Yield the steps that follow from the patients."""
    last = _last_week(study)
    rows = [study.rows(each.code) for each in study.instruments]
    seen = {str(name) for own in rows for name in own.loc[own["week"] == last, "patient"]}
    unsafe = [patient for patient in study.patients if not patient.safety_set]
    ineffective = [patient for patient in study.patients if patient.safety_set and not patient.efficacy_set]
    graded = [patient for patient in study.patients if patient.efficacy_set]
    unseen = [patient for patient in graded if patient.id not in seen]
    yield from _leaving("not in the safety set", unsafe, _why_excluded)
    yield DispositionStep("safety set", len(study.patients) - len(unsafe))
    yield from _leaving("not in the efficacy set", ineffective, _why_excluded)
    yield DispositionStep("efficacy set", len(graded))
    if last is None:
        return
    yield from _leaving(f"not seen at week {last}", unseen, _why_left)
    yield DispositionStep(f"seen at week {last}", len(graded) - len(unseen))


def _last_week(study: Study) -> int | None:
    """Return the last endpoint week of the measures; None where there is none."""
    weeks = [study.protocol.endpoint_of(each.code) for each in study.instruments]
    return max((week for week in weeks if week is not None), default=None)


def _leaving(step: str, patients: Iterable[Patient], reason: Callable[[Patient], str | None]) -> Iterator[DispositionStep]:
    reasons = Counter(reason(patient) or "no reason is recorded" for patient in patients)
    return (DispositionStep(step, count, each) for each, count in reasons.items())


def _disagreements(steps: Iterable[DispositionStep]) -> Iterator[str]:
    """Say of each count that it is not the one before less those who left."""
    present, left = math.nan, 0
    for step in steps:
        if step.reason is not None:
            left += step.patients
            if math.isnan(present):
                yield f"{step.step!r} must come after a count of patients (got {step.patients} for {step.reason!r} first)."
        else:
            if not math.isnan(present) and step.patients != present - left:
                right = counted(int(present - left), "patient")
                rule = f"{step.step!r} must be {right} ({spell(present)} less {left} who left)"
                yield refusal(rule, step.patients)
            present, left = step.patients, 0


def consort(study: Study) -> pd.DataFrame:
    """Count the patients of each arm: randomized, treated, left by reason, analysed.

    Returns
    -------
    pandas.DataFrame
        Columns ``step``, ``reason`` (None but for those who left), ``arm`` (None before randomization), ``patients``.
    """
    rows: list[tuple[str, str | None, str | None, int]] = [
        (each.step, each.reason, None, each.patients) for each in study.disposition
    ]
    arms = {arm: [patient for patient in study.patients if patient.arm == arm] for arm in study.arms}
    left = {arm: [patient for patient in own if patient.discontinued_on is not None] for arm, own in arms.items()}
    excluded = {arm: [patient for patient in own if not patient.efficacy_set] for arm, own in arms.items()}
    rows += [("randomized", None, arm, len(own)) for arm, own in arms.items()]
    rows += [("treated", None, arm, sum(patient.safety_set for patient in own)) for arm, own in arms.items()]
    rows += _by_reason("left", left, _why_left)
    rows += [("completed", None, arm, len(own) - len(left[arm])) for arm, own in arms.items()]
    rows += _by_reason("not in the efficacy set", excluded, _why_excluded)
    rows += [("analysed for efficacy", None, arm, len(own) - len(excluded[arm])) for arm, own in arms.items()]
    rows += [("analysed for safety", None, arm, _treated_as(study, arm)) for arm in arms]
    return pd.DataFrame(rows, columns=["step", "reason", "arm", "patients"], dtype=object).astype({"patients": int})


def _by_reason(
    step: str, arms: Mapping[str, list[Patient]], reason: Callable[[Patient], str | None]
) -> Iterator[tuple[str, str, str, int]]:
    """Count those who left each arm by reason, the reasons of all arms in one order; where nobody did, there is no count."""
    counts = {arm: {each.reason: each.patients for each in _leaving(step, left, reason)} for arm, left in arms.items()}
    for why in dict.fromkeys(why for each in counts.values() for why in each):
        yield from ((step, str(why), arm, each[why]) for arm, each in counts.items() if why in each)


def _why_left(patient: Patient) -> str | None:
    return patient.discontinuation_reason


def _why_excluded(patient: Patient) -> str | None:
    return patient.exclusion_reason


def _treated_as(study: Study, arm: str) -> int:
    return sum(patient.safety_set and patient.arm_treated == arm for patient in study.patients)
