"""The whole analysis of a trial: for each outcome observe, summarize the parts, contrast the arms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs
import numpy as np
import pandas as pd

from ivigmyo.analysis.arms import contrast_all, favours, observe_all, subgroups_of
from ivigmyo.analysis.beside import (
    baseline_by_arm,
    by_arm_received,
    compare_reactions,
    deviations_by_arm,
    exposure_by_arm,
    untested,
)
from ivigmyo.analysis.endpoints import (
    deterioration_result,
    event_details,
    previous_treatments,
    rates_of,
    score_course,
    tipping,
)
from ivigmyo.analysis.estimand import Estimand, estimand_of
from ivigmyo.analysis.intervals import between_samples
from ivigmyo.analysis.results import DurationResult, LogCKResult, MeasureResult, PatientSummary, TrialReport
from ivigmyo.change import (
    change_from_baseline,
    changes_by_visit,
    compare_changes,
    compare_log_changes,
    describe,
    describe_by_visit,
    fit_steroid_line,
    percent_change,
)
from ivigmyo.conduct import check_protocol, consort, disposition
from ivigmyo.contrasts import compare_restricted_means, compare_survival
from ivigmyo.errors import DataError, refusal
from ivigmyo.instruments import CK, Instrument
from ivigmyo.normalization import at_risk
from ivigmyo.outcomes import (
    Endpoint,
    Improvement,
    Observation,
    Responses,
    SustainedResponse,
    WithoutDeterioration,
    compare_skin_signs,
    incidence,
    planned_outcomes,
    study_episodes,
    study_improvement,
)
from ivigmyo.safety import Incidence
from ivigmyo.study import Outcome, Study
from ivigmyo.study.plan import Missing
from ivigmyo.study.remarks import remarks
from ivigmyo.survival import SurvivalCurve, concordance, kaplan_meier, reverse_kaplan_meier

__all__ = ["trial_report"]

_T = TypeVar("_T")

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
        raise DataError([refusal(f"'primary' must be one of {', '.join(map(repr, names))}", study.protocol.primary)])
    report = (_arms_report if study.arms else _report)(study, [_counted(each, missing) for each in outcomes])
    return attrs.evolve(report, groups=_groups(report, by, missing))


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


def _attempt(absent: dict[str, str], name: str, analyse: Callable[[], _T]) -> _T | None:
    """Do an analysis; where the data do not allow it, say why."""
    try:
        return analyse()
    except DataError as error:
        absent[name] = str(error)
        return None


def _label(name: str) -> str:
    """Call an outcome as readers do: ``"MMT response"``."""
    return "total improvement score" if name in _SCORED else _LABELS.get(name, name.replace(".", " "))


def _observe(study: Study, outcomes: list[Outcome], absent: dict[str, str]) -> dict[str, Observation]:
    found = {each.name: _attempt(absent, _label(each.name), lambda each=each: each.observe(study)) for each in outcomes}  # type: ignore[misc]
    return {name: observation for name, observation in found.items() if observation is not None}


def _report(study: Study, outcomes: list[Outcome], treated: tuple[Study | None] | None = None) -> TrialReport:
    """Report on patients who were treated alike; `treated` holds those whose safety is analysed, where they are others."""
    absent: dict[str, str] = {}
    efficacy = _attempt(absent, "efficacy", lambda: study.efficacy_set)
    found = {} if efficacy is None else _observe(efficacy, [each for each in outcomes if each.name != "reactions"], absent)
    measures = () if efficacy is None else _measures(study, efficacy, found, absent)
    scored = any(name.startswith("TIS.") for name in found)
    log_ck = None if efficacy is None else _attempt(absent, "ln CK", lambda: _log_ck(efficacy))
    duration = _duration(efficacy, absent) if efficacy is not None and "duration" in found else None
    safety = study if treated is None else treated[0]
    reactions = _attempt(absent, "adverse reactions", lambda: _incidence(safety))
    return TrialReport(
        title=study.title,
        source=study.source,
        study=study,
        treated=_patients(study),
        efficacy=None if efficacy is None else _patients(efficacy),
        measures=measures,
        log_ck=log_ck,
        duration=duration,
        improvement=study_improvement(efficacy, _tis_missing(found)) if efficacy is not None and scored else None,
        incidence=reactions,
        disposition=disposition(study),
        protocol=check_protocol(study),
        remarks=(*study.notes, *remarks(study), *_normal_responders(efficacy, measures)),
        absent=absent,
        groups={},
        outcomes=found,
        course=score_course(efficacy, outcomes, found) if efficacy is not None and scored else None,
        deterioration=None if efficacy is None else _attempt({}, "", lambda: deterioration_result(efficacy, outcomes)),
        skin={} if efficacy is None else _attempt(absent, "signs of the skin", lambda: compare_skin_signs(efficacy)) or {},
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
    efficacy = _attempt({}, "efficacy", lambda: study.efficacy_set)
    primary = study.protocol.primary
    return TrialReport(
        title=study.title,
        source=study.source,
        study=study,
        treated=_patients(study),
        efficacy=None if efficacy is None else _patients(efficacy),
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


def _patients(study: Study) -> PatientSummary:
    people = study.characteristics()
    counts = {by: {label: len(part.patients) for label, part in study.split(by).items()} for by in ("diagnosis", "sex")}
    return PatientSummary(
        n=len(people),
        age=describe(people["age"]),
        disease_duration=describe(people["disease_duration"]),
        diagnoses=counts["diagnosis"],
        sexes=counts["sex"],
    )


def _measures(
    study: Study, efficacy: Study, found: Mapping[str, Observation], absent: dict[str, str]
) -> tuple[MeasureResult, ...]:
    results = []
    for instrument in study.instruments:
        if len(study.rows(instrument.code)):
            results.append(_measure(study, efficacy, instrument, found.get(f"{instrument.code}.response"), absent))
        else:
            absent[instrument.code] = "not measured."
    return tuple(results)


def _measure(
    study: Study, efficacy: Study, instrument: Instrument, response: Observation | None, absent: dict[str, str]
) -> MeasureResult:
    code = instrument.code
    weeks = study.protocol.weeks_of(code)
    everyone = study.values(instrument, off_schedule=study.protocol.off_schedule)
    everyone = everyone[[week for week in everyone if week in weeks]]
    values = everyone.loc[efficacy.ids]
    baseline, final = efficacy.baseline(instrument), efficacy.final_values(instrument)
    graded = response if isinstance(response, Responses) else None
    return MeasureResult(
        instrument=instrument,
        values=everyone,
        visits_treated=describe_by_visit(everyone),
        visits=describe_by_visit(values),
        changes=changes_by_visit(baseline, values[[week for week in values if week != 0]]),
        final_values=final,
        final=describe(final),
        final_percent_change=percent_change(baseline, final),
        final_change=change_from_baseline(baseline, final),
        comparison=_attempt(absent, f"{code} before and after", lambda: _before_and_after(efficacy, instrument)),
        grades=None if graded is None else graded.grades,
        response=None if graded is None else graded.summary(),
    )


def _around_baseline(study: Study, code: str, weeks: tuple[int, int]) -> dict[int, pd.Series[float]]:
    """Take the values before, at and after baseline; a baseline that is the value before stands for nothing else."""
    values = study.values(code)
    lacking = [week for week in weeks if week not in values or values[week].isna().all()]
    if lacking:
        listed = ", ".join(map(str, lacking))
        raise DataError([f"no patient of the efficacy set has a value of {code!r} in week {listed}."])
    starts = study.baseline_rows(code).set_index("patient")["week"].reindex(study.ids)
    baseline = study.baseline(code).mask(starts == weeks[0])
    return {weeks[0]: values[weeks[0]], 0: baseline, weeks[1]: values[weeks[1]]}


def _before_and_after(efficacy: Study, instrument: Instrument) -> Any:
    weeks = efficacy.protocol.comparison_weeks
    if weeks is None:
        return None
    return compare_changes(*_around_baseline(efficacy, instrument.code, weeks).values())


def _log_ck(efficacy: Study) -> LogCKResult | None:
    weeks = efficacy.protocol.comparison_weeks
    if weeks is None:
        return None
    columns = _around_baseline(efficacy, CK.code, weeks)
    before, baseline, after = columns.values()
    values = pd.DataFrame({week: np.log(column) for week, column in columns.items()}).rename_axis(columns="week")
    return LogCKResult(
        values=values,
        visits=describe_by_visit(values),
        comparison=compare_log_changes(before, baseline, after),
        refitted_line=fit_steroid_line(before, baseline, week_before=weeks[0]),
    )


def _duration(efficacy: Study, absent: dict[str, str]) -> DurationResult:
    episodes = study_episodes(efficacy)
    risk = at_risk(episodes).set_index("patient")
    nothing = DurationResult(episodes, None, None, None, {}, None, None, None, **between_samples(efficacy, episodes))
    if risk.empty:
        absent["duration of normal CK"] = "no patient's CK normalized."
        return nothing
    duration, event = risk["duration"], risk["event"]
    curve = kaplan_meier(duration, event)
    patients = efficacy.characteristics().loc[risk.index]
    groups = {label: kaplan_meier(part, event[part.index]) for label, part in duration.groupby(patients["diagnosis"])}
    in_order = {label: groups[label] for label in efficacy.split("diagnosis") if label in groups}
    return attrs.evolve(
        nothing,
        curve=curve,
        follow_up=reverse_kaplan_meier(duration, event),
        mean=None if curve.last_event_time is None else curve.restricted_mean(curve.last_event_time),
        curves_by_diagnosis=in_order,
        steroid_association=concordance(patients["steroid_dose_last"], duration, event),
        **_diagnoses_compared(curve, in_order, duration, event, patients["diagnosis"]),
    )


def _diagnoses_compared(
    curve: SurvivalCurve,
    groups: dict[str, SurvivalCurve],
    duration: pd.Series[float],
    event: pd.Series[float],
    diagnosis: pd.Series[Any],
) -> dict[str, Any]:
    """Compare the diagnoses, where there are several and any event was seen; the restricted means of two."""
    if len(groups) < 2 or curve.last_event_time is None:
        return {}
    until = min(curve.last_event_time, *(group.last_observed_time for group in groups.values()))
    # Where all patients of a group were last seen on the day CK normalized, there is no time to take a mean over.
    two = until > 0 and len(groups) == 2
    difference = compare_restricted_means(duration, event, diagnosis, until, next(iter(groups))) if two else None
    return {"log_rank": compare_survival(duration, event, diagnosis), "mean_difference": difference}


def _incidence(study: Study | None) -> Incidence:
    if study is None:
        raise DataError(["nobody received it."])
    if any(patient.adverse_events is None for patient in study.patients):
        raise DataError(["adverse events were not recorded."])
    return incidence(study.safety_set)


def _normal_responders(efficacy: Study | None, measures: tuple[MeasureResult, ...]) -> list[str]:
    """Say how many responders of a test with limits were within them before treatment."""
    said = []
    for measure in measures:
        if efficacy is None or not measure.instrument.has_uln or measure.grades is None or measure.response is None:
            continue
        code = measure.instrument.code
        responders = measure.grades.index[measure.grades >= "improved"]
        normal = (efficacy.baseline(code) <= efficacy.baseline_uln(code)).loc[responders]
        if n := int(normal.sum()):
            said.append(f"Of {len(responders)} responders in {code}, {n} had a normal {code} at baseline.")
    return said
