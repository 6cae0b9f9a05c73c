"""What compares the arms of a study: every outcome in all patients, and the primary one by diagnosis, sex and strata."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from ivigmyo.analysis.results import SubgroupResult
from ivigmyo.contrasts import Interaction, MeanComparison, ProportionComparison
from ivigmyo.errors import DataError, refusal
from ivigmyo.estimates import ConfidenceInterval
from ivigmyo.outcomes import Amounts, Changes, Observation, Responses
from ivigmyo.outcomes.observations import Comparison
from ivigmyo.study import Outcome, Study

__all__ = ["Headline", "contrast_all", "favours", "headline", "observe_all", "subgroups_of"]


class Headline(NamedTuple):
    """What a comparison says first: its estimate with the limits, and the P value of its test."""

    scale: str
    estimate: float | None
    limits: ConfidenceInterval
    p_value: float | None
    n_treated: int
    n_control: int


def headline(compared: Comparison) -> Headline:
    """Take the estimate of a comparison: over the strata, where there are any."""
    if isinstance(compared, ProportionComparison):
        sizes = compared.treated.n, compared.control.n
        if compared.strata:
            limits = compared.common_difference_interval()
            return Headline("difference", compared.common_difference, limits, compared.cmh_p_value, *sizes)
        return Headline("difference", compared.difference, compared.difference_interval(), compared.p_value, *sizes)
    if isinstance(compared, MeanComparison):
        sizes = compared.n_treated, compared.n_control
        if compared.scale == "ln":
            return Headline("ratio", compared.ratio, compared.ratio_interval(), compared.p_value, *sizes)
        return Headline("difference", compared.difference, compared.confidence_interval(), compared.p_value, *sizes)
    ratio, sizes = compared.hazard_ratio, (compared.treated_curve.n, compared.control_curve.n)
    return Headline("hazard ratio", ratio.ratio, ratio.confidence_interval(), compared.p_value, *sizes)


def favours(study: Study, outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Say of each outcome whether more of it is better: ``"higher"`` or ``"lower"``; of one that does not say, nothing."""
    known = {instrument.code: instrument for instrument in study.instruments}
    found = {}
    for outcome in outcomes:
        measure = known.get(getattr(outcome, "code", ""))
        better = getattr(outcome, "better", None)
        if better is None and measure is not None and f"{measure.code}.change" in outcome.name:
            better = "higher" if measure.higher_is_better else "lower"
        if better is not None:
            found[outcome.name] = str(better)
    return found


# --- contrasts --------------------------------------------------------------------------------------------------------


def observe_all(study: Study, outcomes: Iterable[Outcome]) -> dict[str, Observation]:
    """Observe each outcome of all arms at once: efficacy in the efficacy set, adverse reactions in the safety set."""
    found: dict[str, Observation] = {}
    for outcome in outcomes:
        try:
            found[outcome.name] = outcome.observe(study if outcome.name == "reactions" else study.efficacy_set)
        except DataError:  # the reports of the arms say why
            continue
    return found


def contrast_all(
    study: Study, observed: Mapping[str, Observation], say: Callable[[str, str], None]
) -> dict[str, dict[str, Comparison]]:
    """Contrast each arm with the control, on those two alone; what the data do not allow is said."""
    control = study.protocol.control
    if control is None:
        say("contrasts", "'control' must be stated.")
        return {}
    if control not in study.arms:
        say("contrasts", refusal(f"'control' must be one of the arms {', '.join(map(repr, study.arms))}", control))
        return {}
    if len(study.arms) == 1:
        say("contrasts", f"no arm but the control {control!r} is known.")
        return {}
    strata = study.characteristics()[list(study.protocol.strata)] if study.protocol.strata else None
    found: dict[str, dict[str, Comparison]] = {}
    for arm in (each for each in study.arms if each != control):
        found[arm] = {}
        for name, observation in observed.items():
            own = _two_arms(study, name, observation, arm, control)
            try:
                by = None if strata is None else strata.loc[own.index]
                found[arm][name] = observation.of(own.index).contrast(own, control, by)
            except ValueError as error:
                say(f"{arm} against {control}: {name}", str(error))
    return found


def _two_arms(study: Study, name: str, observation: Observation, arm: str, control: str) -> pd.Series[Any]:
    """Give the arm of each observed patient of two arms: as received where reactions are observed, else as planned."""
    arms = {each.id: each.arm_treated if name == "reactions" else each.arm for each in study.patients}
    labels: pd.Series[Any] = pd.Series(list(arms.values()), index=study.ids).loc[_index(observation)]
    return labels[labels.isin([arm, control])]


def _index(observation: Observation) -> pd.Index[Any]:
    if isinstance(observation, Responses):
        return observation.responded.index
    if isinstance(observation, Amounts):
        return observation.amount.index
    return observation.baseline.index if isinstance(observation, Changes) else observation.duration.index


# --- subgroups --------------------------------------------------------------------------------------------------------


def subgroups_of(
    study: Study, name: str, observation: Observation, contrasts: Mapping[str, Mapping[str, Comparison]]
) -> dict[str, SubgroupResult]:
    """Contrast the arms in one outcome by diagnosis, by sex and by each stratum, and test each factor once."""
    control = str(study.protocol.control)
    people = study.characteristics()
    factors = tuple(dict.fromkeys(("diagnosis", "sex", *study.protocol.strata)))
    found = {}
    for arm, compared in contrasts.items():
        if name not in compared:
            continue
        labels = _two_arms(study, name, observation, arm, control)
        rows: list[tuple[Any, ...]] = [("", "all patients", *_estimate(compared[name]))]
        interactions: dict[str, Interaction] = {}
        for factor in factors:
            levels = people.loc[labels.index, factor]
            if levels.nunique() < 2:
                continue
            for level in _in_order(study, factor, levels):
                rows.append((factor, level, *_in_level(observation, labels[levels == level], control)))
            test = _interaction(study, observation.of(labels.index), labels, levels)
            if test is not None:
                interactions[factor] = test
        columns = ["factor", "level", "estimate", "conf_low", "conf_high", "n", "n_treated", "n_control"]
        frame = pd.DataFrame(rows, columns=columns, dtype=object)
        numbers = dict.fromkeys(columns[2:5], float) | dict.fromkeys(columns[5:], int)
        scale = headline(compared[name]).scale
        found[arm] = SubgroupResult(name, arm, control, scale, frame.astype(numbers), interactions)
    return found


def _in_order(study: Study, factor: str, levels: pd.Series[Any]) -> list[str]:
    present = set(levels)
    return [label for label in study.split(factor) if label in present]


def _estimate(compared: Comparison) -> tuple[Any, ...]:
    found = headline(compared)
    return found.estimate, *found.limits, found.n_treated + found.n_control, found.n_treated, found.n_control


def _in_level(observation: Observation, labels: pd.Series[Any], control: str) -> tuple[Any, ...]:
    """Contrast the arms in one level alone; without an estimate, the patients are counted."""
    part = observation.of(labels.index)
    try:
        return _estimate(part.contrast(labels, control))
    except ValueError:
        n, n_control = len(labels), int((labels == control).sum())
        return None, None, None, n, n - n_control, n_control


def _interaction(
    study: Study, observation: Observation, labels: pd.Series[Any], levels: pd.Series[Any]
) -> Interaction | None:
    control, factor = str(study.protocol.control), str(levels.name)
    others = [each for each in study.protocol.strata if each != factor]
    strata = study.characteristics().loc[labels.index, others] if others else None
    try:
        return observation.interaction(labels, control, levels, strata)
    except ValueError:
        return None
