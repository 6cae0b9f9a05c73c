"""What an outcome estimates, in the five attributes of ICH E9(R1), and how many patients each rule concerned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import attrs
import pandas as pd

from ivigmyo.analysis.by_content import ByContent
from ivigmyo.core_set import THRESHOLDS
from ivigmyo.errors import DataError, spell
from ivigmyo.outcomes import (
    Change,
    Changes,
    Deterioration,
    Durations,
    Endpoint,
    Improvement,
    Observation,
    Responses,
    SustainedResponse,
    TimeToResponse,
    WithoutDeterioration,
)
from ivigmyo.outcomes.observations import Amounts
from ivigmyo.study import Outcome, Study

__all__ = ["Concerned", "Estimand", "estimand_of"]

_NOT_NAMED = "treatment policy (not named)"
_BY_DEFAULT: Mapping[str, str] = {"discontinuation": "while on treatment"}
_COMPOSITE: Mapping[str, str] = {"discontinuation": "composite", "rescue": "composite"}


class Concerned(NamedTuple):
    """One rule: what it is about, what it says, and how many patients of each arm it concerned."""

    about: str
    rule: str
    patients: Mapping[str, int]


@attrs.frozen(eq=False, repr=False)
class Estimand(ByContent):
    """What an outcome estimates.

    Parameters
    ----------
    outcome : str
        The name of the outcome.
    population : str
        Whose outcome it is.
    patients : mapping of str to int
        How many they are, by arm; by ``""`` where there are no arms.
    variable : str
        What is observed of each patient.
    intercurrent : tuple of Concerned
        Each intercurrent event, the strategy for it, and how many patients had it up to the end, by arm.
    missing : Concerned
        How a missing outcome counts, apart from the events, and in how many patients.
    summary : str
        The measure that summarizes it.
    """

    outcome: str
    population: str
    patients: Mapping[str, int]
    variable: str
    intercurrent: tuple[Concerned, ...]
    missing: Concerned
    summary: str


def estimand_of(study: Study, outcome: Outcome) -> Estimand | None:
    """Describe what an outcome estimates in a study; None where it cannot be observed."""
    try:
        everyone = study if outcome.name == "reactions" else study.efficacy_set
        found = outcome.observe(everyone)
        week = _week(everyone, outcome)
    except DataError:
        return None
    received = outcome.name == "reactions"
    arms = pd.Series(
        [(each.arm_treated if received else each.arm) or "" for each in everyone.patients], everyone.ids, dtype=object
    )
    ids = found.duration.index if isinstance(found, Durations) else found.why.index
    arms = arms.loc[ids]
    return Estimand(
        outcome=outcome.name,
        population=f"{'all treated' if received else 'efficacy set'}, by the arm {'received' if received else 'planned'}"
        if study.arms
        else "all treated"
        if received
        else "efficacy set",
        patients=_by_arm(arms, pd.Series(True, ids)),
        variable=_variable(everyone, outcome, week),
        intercurrent=tuple(_intercurrent(everyone, outcome, week, arms)),
        missing=_missing(found, arms),
        summary=_summary(found, bool(study.arms), bool(study.protocol.strata)),
    )


def _by_arm(arms: pd.Series[Any], chosen: pd.Series[bool]) -> dict[str, int]:
    return {str(arm): int(chosen.loc[part.index].sum()) for arm, part in arms.groupby(arms, sort=False)}


def _week(study: Study, outcome: Outcome) -> int | None:
    """Return the week by which an outcome is judged, where it has one."""
    if isinstance(outcome, WithoutDeterioration):
        return _week(study, outcome.outcome)
    if isinstance(outcome, SustainedResponse):
        return outcome.week
    if isinstance(outcome, Endpoint | Change):
        return outcome.week if outcome.week is not None else study.endpoint_of(outcome.code)
    weeks = [week for week in study.scheduled_weeks if week > 0]
    return study.protocol.endpoint_week if study.protocol.endpoint_week is not None else max(weeks, default=None)


def _variable(study: Study, outcome: Outcome, week: int | None) -> str:
    """Say in words what is observed of each patient."""
    until = "" if week is None else f" at week {week}"
    lowest = dict(zip(("minimal", "moderate", "major"), THRESHOLDS[study.protocol.population], strict=True))
    if isinstance(outcome, WithoutDeterioration):
        return f"{_variable(study, outcome.outcome, week)}, without a confirmed deterioration"
    if isinstance(outcome, Endpoint):
        return f"improvement or marked improvement in {study.instrument(outcome.code).name}{until}"
    if isinstance(outcome, Change):
        of = "ln " if outcome.scale == "ln" else ""
        return f"change of {of}{study.instrument(outcome.code).name} from baseline{until}"
    if isinstance(outcome, Improvement):
        least = "" if outcome.category == "major" else "at least "
        return (
            f"{least}{outcome.category} improvement (Total Improvement Score of {lowest[outcome.category]} or more){until}"
        )
    score = f"a Total Improvement Score of {spell(getattr(outcome, 'threshold', None) or lowest['minimal'])} or more"
    if isinstance(outcome, SustainedResponse):
        others = " or ".join(map(str, outcome.also_in))
        return f"{score}{until}{f' and at week {others}' if others else ''}"
    if isinstance(outcome, TimeToResponse):
        confirmed = f" at {outcome.confirm} visits in a row" if outcome.confirm > 1 else ""
        return f"days from week 0 to {score}{confirmed}"
    if isinstance(outcome, Deterioration):
        return f"a deterioration that the next visit confirms, up to week {week}" if week else "a confirmed deterioration"
    return outcome.name.replace(".", " ")


def _strategies(outcome: Outcome) -> Mapping[str, str]:
    if isinstance(outcome, WithoutDeterioration):
        return {**_strategies(outcome.outcome), "deterioration": "composite"}
    if isinstance(outcome, Endpoint):
        return outcome.intercurrent
    return _COMPOSITE if isinstance(outcome, SustainedResponse | TimeToResponse) else _BY_DEFAULT


def _intercurrent(study: Study, outcome: Outcome, week: int | None, arms: pd.Series[Any]) -> list[Concerned]:
    strategies = _strategies(outcome)
    last = float("inf") if week is None else 7.0 * week
    days = {
        "discontinuation": {patient.id: patient.discontinued_on for patient in study.patients},
        "rescue": {patient.id: study.rescued_on(patient) for patient in study.patients},
    }
    rules = [
        Concerned(
            event, strategies.get(event, _NOT_NAMED), _by_arm(arms, pd.Series(when, dtype=float).reindex(arms.index) <= last)
        )
        for event, when in days.items()
    ]
    if isinstance(outcome, WithoutDeterioration):
        worse = Deterioration(outcome.rule).observe(study).responded.fillna(False).astype(bool)
        rules.append(Concerned("deterioration", strategies["deterioration"], _by_arm(arms, worse.reindex(arms.index))))
    return rules


def _missing(found: Observation, arms: pd.Series[Any]) -> Concerned:
    if isinstance(found, Responses):
        rule = {
            "non-response": "counts as no response",
            "excluded": "left out",
            "locf": "last value carried forward, else left out",
        }
        return Concerned("missing", rule[found.missing], _by_arm(arms, found.responded.isna()))
    if isinstance(found, Changes):
        absent = found.baseline.isna() | found.final.isna()
    else:
        absent = (found.duration if isinstance(found, Durations) else found.amount).isna()
    return Concerned("missing", "left out", _by_arm(arms, absent))


def _summary(found: Observation, arms: bool, strata: bool) -> str:
    """Say by which measure an outcome is summarized."""
    if isinstance(found, Responses):
        if not arms:
            return "share of patients with its exact interval"
        if strata:
            return "difference of shares over the strata (Mantel and Haenszel; Cochran-Mantel-Haenszel test)"
        return "difference of shares (Miettinen and Nurminen's interval; Fisher's exact test)"
    if isinstance(found, Changes):
        of = "ratio" if found.scale == "ln" else "difference"
        return f"{of} of adjusted mean changes (analysis of covariance)" if arms else "mean change with its interval"
    if isinstance(found, Amounts):
        return "difference of means" if arms else "mean"
    if not found.compared or not arms:
        return "Kaplan-Meier curve and its median"
    return f"hazard ratio, {'stratified ' if strata else ''}log-rank test and restricted means"
