"""The whole analysis of a trial: for each outcome observe, summarize the parts, contrast the arms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pandas as pd

from ivigmyo.analysis.absent import attempt, found_or_none
from ivigmyo.analysis.arms import contrast_all, favours, observe_all, subgroups_of
from ivigmyo.analysis.by_arm import (
    baseline_by_arm,
    by_arm_received,
    compare_reactions,
    deviations_by_arm,
    exposure_by_arm,
    untested,
)
from ivigmyo.analysis.durations import duration_result
from ivigmyo.analysis.endpoints import (
    deterioration_result,
    score_course,
    tipping,
)
from ivigmyo.analysis.estimand import Estimand, estimand_of
from ivigmyo.analysis.measures import log_ck_result, measure_results, normal_responders
from ivigmyo.analysis.people import patient_summary, previous_treatments
from ivigmyo.analysis.results import TrialReport
from ivigmyo.analysis.safety import event_details, rates_of
from ivigmyo.conduct import check_protocol, consort, disposition
from ivigmyo.errors import DataError, refusal
from ivigmyo.outcomes import (
    Change,
    Endpoint,
    Improvement,
    Observation,
    Responses,
    SustainedResponse,
    WithoutDeterioration,
    compare_skin_signs,
    incidence,
    planned_outcomes,
    study_improvement,
)
from ivigmyo.safety import Incidence
from ivigmyo.study import Outcome, Study
from ivigmyo.study.plan import Missing, primary_problem
from ivigmyo.study.remarks import remarks

__all__ = ["trial_report"]


_SCORED = ("TIS.minimal", "TIS.moderate", "TIS.major", "TIS.time_to_response")
"""Outcomes that are planned wherever the core set was measured: what keeps one from being analysed keeps all."""

_LABELS = {"duration": "duration of normal CK", "reactions": "adverse reactions"}


def trial_report(study: Study, by: str | None = None, missing: Missing | None = None) -> TrialReport:
    """Do every analysis of a trial that its protocol plans and its data allow.

    Parameters
    ----------
    study : Study
        The study.
    by : {"diagnosis", "sex", "arm"} or str, optional
        Repeat the report for each part of the study, by a characteristic or one of the protocol's strata.
    missing : {"excluded", "non-response", "locf"}, optional
        How patients without a grade count in the response rates, in place of what each outcome says.

    Returns
    -------
    TrialReport
        The results; an analysis that the data do not allow is None, and named with the reason in `absent`.

    Raises
    ------
    DataError
        If the primary outcome is none of the outcomes.

    Notes
    -----
    Efficacy is analysed in the efficacy set, by the arm planned; safety in the safety set, by the arm received. A study with
    arms has a report for each arm, contrasts of each with the control, and no pooled result.

    References
    ----------
    Saito et al. 2008, Tables 2 to 5, Figs 1 to 3.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> report = trial_report(saito2008.load_study(), by="diagnosis")
    >>> {label: group.measures[1].response.count for label, group in report.groups.items()}
    {'PM': 7, 'DM': 5}
    """
    if not isinstance(study, Study):
        raise TypeError(f"'study' must be a Study (got {type(study).__name__}).")
    outcomes = planned_outcomes(study)
    names = [outcome.name for outcome in outcomes]
    if study.protocol.primary is not None and study.protocol.primary not in names:
        raise DataError([primary_problem(names, study.protocol.primary)])
    graded = [each for each in outcomes if isinstance(each, Endpoint | Change)]
    unrecorded = {each.name: each.code for each in graded if study.rows(each.code).empty}
    # every patient would count as one who did not respond, and the arms would be found alike
    contrasted = [each for each in outcomes if each.name not in unrecorded] if study.arms else outcomes
    observable = [_counted(each, missing) for each in contrasted]
    report = (_arms_report if study.arms else _report)(study, observable)
    absent = {_label(name): f"no value of {code} is recorded." for name, code in unrecorded.items()}
    return attrs.evolve(report, groups=_groups(report, by, missing), absent=absent | report.absent)


def _groups(report: TrialReport, by: str | None, missing: Missing | None) -> dict[str, TrialReport]:
    """Repeat a report for each part of its study: the arms as they are, other parts of a study with arms without tests."""
    if by is None:
        return {}
    if by == "arm" and report.arms:
        return dict(report.arms)
    parts = {label: trial_report(part, missing=missing) for label, part in report.study.split(by).items()}
    if not report.arms:
        return parts
    return {label: attrs.evolve(part, tested=False, subgroups={}, tipping={}) for label, part in parts.items()}


def _counted(outcome: Outcome, missing: Missing | None) -> Outcome:
    """Let an outcome count the missing as the caller says, where it has such a rule."""
    if isinstance(outcome, WithoutDeterioration):
        return attrs.evolve(outcome, outcome=_counted(outcome.outcome, missing))
    if missing is None or not isinstance(outcome, Endpoint | Improvement | SustainedResponse):
        return outcome
    if not isinstance(outcome, Endpoint):
        return attrs.evolve(outcome, missing="excluded" if missing == "locf" else missing)
    return attrs.evolve(outcome, missing=missing)


def _label(name: str) -> str:
    """Call an outcome as readers do: ``"MMT response"``."""
    return "total improvement score" if name in _SCORED else _LABELS.get(name, name.replace(".", " "))


def _observe(study: Study, outcomes: list[Outcome], absent: dict[str, str]) -> dict[str, Observation]:
    found = {each.name: attempt(absent, _label(each.name), lambda each=each: each.observe(study)) for each in outcomes}  # type: ignore[misc]
    for name, observation in found.items():
        if not isinstance(observation, Observation | None):
            rule = f"'observe' of the outcome {name!r} must return Responses, Changes, Durations or Amounts"
            raise TypeError(f"{rule} (got {observation!r}).")
    return {name: observation for name, observation in found.items() if observation is not None}


def _report(study: Study, outcomes: list[Outcome], treated: tuple[Study | None] | None = None) -> TrialReport:
    """Report on patients who were treated alike; `treated` holds those whose safety is analysed, where they are others."""
    absent: dict[str, str] = {}
    if study.protocol.control is not None and not study.arms:
        absent["contrasts"] = refusal("'control' needs arms, and no patient has one", study.protocol.control)
    efficacy = attempt(absent, "efficacy", lambda: study.efficacy_set)
    found = {} if efficacy is None else _observe(efficacy, [each for each in outcomes if each.name != "reactions"], absent)
    measures = () if efficacy is None else measure_results(study, efficacy, found, absent)
    scored = any(name.startswith("TIS.") for name in found)
    log_ck = None if efficacy is None else attempt(absent, "ln CK", lambda: log_ck_result(efficacy))
    duration = duration_result(efficacy, absent) if efficacy is not None and "duration" in found else None
    safety = study if treated is None else treated[0]
    reactions = attempt(absent, "adverse reactions", lambda: _incidence(safety))
    return TrialReport(
        title=study.title,
        source=study.source,
        study=study,
        treated=patient_summary(study),
        efficacy=None if efficacy is None else patient_summary(efficacy),
        measures=measures,
        log_ck=log_ck,
        duration=duration,
        improvement=study_improvement(efficacy, _tis_missing(found)) if efficacy is not None and scored else None,
        incidence=reactions,
        disposition=disposition(study),
        protocol=check_protocol(study),
        remarks=(*study.notes, *remarks(study), *normal_responders(efficacy, measures)),
        absent=absent,
        groups={},
        outcomes=found,
        course=score_course(efficacy, outcomes, found) if efficacy is not None and scored else None,
        deterioration=None if efficacy is None else found_or_none(lambda: deterioration_result(efficacy, outcomes)),
        skin={} if efficacy is None else attempt(absent, "signs of the skin", lambda: compare_skin_signs(efficacy)) or {},
        estimand=_estimand(study, outcomes) if treated is None else None,
        previous_treatments=previous_treatments(study),
        event_details=None if reactions is None or safety is None else event_details(safety),
        rates={} if safety is None else rates_of(safety, reactions),
    )


def _estimand(study: Study, outcomes: list[Outcome]) -> Estimand | None:
    """Describe the primary outcome, where the protocol names one."""
    primary = next((each for each in outcomes if each.name == study.protocol.primary), None)
    return None if primary is None else estimand_of(study, primary)


def _tis_missing(found: Mapping[str, Observation]) -> Any:
    observed = (each for name, each in found.items() if name.startswith("TIS.") and isinstance(each, Responses))
    return next((each.missing for each in observed), "excluded")


def _arms_report(study: Study, outcomes: list[Outcome]) -> TrialReport:
    """Report on each arm, and contrast each with the control; nothing is pooled."""
    planned, received = study.split("arm"), by_arm_received(study)
    arms = {label: untested(_report(part, outcomes, (received.get(label),))) for label, part in planned.items()}
    absent = {f"{arm}: {name}": reason for arm, report in arms.items() for name, reason in report.absent.items()}
    absent |= _received_otherwise(study, received)
    observed = observe_all(study, outcomes)
    contrasts = contrast_all(study, observed, lambda name, reason: absent.update({_label(name): reason}))
    against = {name: each for name, each in observed.items() if isinstance(each, Responses) and each.missing != "excluded"}
    partial = {name: each.complete_cases() for name, each in against.items()}
    efficacy = found_or_none(lambda: study.efficacy_set)
    primary = study.protocol.primary
    return TrialReport(
        title=study.title,
        source=study.source,
        study=study,
        treated=patient_summary(study),
        efficacy=None if efficacy is None else patient_summary(efficacy),
        measures=(),
        log_ck=None,
        duration=None,
        improvement=None,
        incidence=None,
        disposition=disposition(study),
        protocol=check_protocol(study),
        remarks=(*study.notes, *remarks(study)),
        absent=absent,
        groups={},
        arms=arms,
        contrasts=contrasts,
        sensitivity={"complete cases": contrast_all(study, partial, lambda *_: None)} if contrasts and partial else {},
        consort=consort(study),
        subgroups=subgroups_of(study, primary, observed[primary], contrasts) if primary in observed else {},
        better=favours(study, outcomes),
        baseline=baseline_by_arm(study),
        exposure=exposure_by_arm(study),
        deviations=deviations_by_arm(arms),
        reactions=compare_reactions(study, received),
        estimand=_estimand(study, outcomes),
        tipping=_tipping(study, observed) if contrasts else {},
        previous_treatments=previous_treatments(study),
    )


def _tipping(study: Study, observed: Mapping[str, Observation]) -> Any:
    control = str(study.protocol.control)
    labels = pd.Series({patient.id: patient.arm for patient in study.patients}, index=study.ids, dtype=object)
    return tipping(observed, labels, [arm for arm in study.arms if arm != control], control)


def _received_otherwise(study: Study, received: Mapping[str, Study]) -> dict[str, str]:
    """Name the treatments that patients received and nobody was randomized to."""
    return {
        f"adverse reactions under {label}": f"nobody was randomized to it; {len(part.patients)} received it."
        for label, part in received.items()
        if label not in study.arms
    }


def _incidence(study: Study | None) -> Incidence:
    if study is None:
        raise DataError(["nobody received it."])
    if any(patient.adverse_events is None for patient in study.patients):
        raise DataError(["adverse events were not recorded."])
    return incidence(study.safety_set)
