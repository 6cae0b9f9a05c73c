"""The whole analysis of a trial: every result of the paper, computed for any study and held as objects."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Literal, TypeVar

import attrs
import numpy as np
import pandas as pd

from ivigmyo.change import (
    PUBLISHED_STEROID_LINE,
    ChangeComparison,
    Description,
    MeanChange,
    SteroidLine,
    change_from_baseline,
    changes_by_visit,
    compare_changes,
    compare_log_changes,
    describe,
    describe_by_visit,
    fit_steroid_line,
    percent_change,
)
from ivigmyo.conduct import Disposition, ProtocolResult, check_protocol, disposition
from ivigmyo.contrasts import LogRankTest, RestrictedMeanComparison, compare_restricted_means, compare_survival
from ivigmyo.errors import DataError, refusal
from ivigmyo.estimates import Proportion
from ivigmyo.instruments import CK, STUDY_INSTRUMENTS, Instrument
from ivigmyo.normalization import at_risk
from ivigmyo.outcomes import incidence
from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.outcomes.improvement import ImprovementResult, study_improvement
from ivigmyo.response import GRADERS, grade_ck, response_rate
from ivigmyo.safety import Incidence
from ivigmyo.study import Study
from ivigmyo.study.remarks import remarks
from ivigmyo.survival import Concordance, RestrictedMean, SurvivalCurve, concordance, kaplan_meier, reverse_kaplan_meier

__all__ = ["DurationResult", "LogCKResult", "MeasureResult", "PatientSummary", "TrialReport", "trial_report"]

BEFORE, START, AFTER = -4, 0, 4
"""The weeks whose changes are compared: four weeks before the first infusion, its week, and four weeks after."""

_T = TypeVar("_T")


@attrs.frozen
class PatientSummary:
    """Who the patients of an analysis set are.

    Parameters
    ----------
    n : int
        Patients.
    age, disease_duration : Description
        In years.
    diagnoses, sexes : dict of str to int
        Patients of each diagnosis and sex.
    """

    n: int
    age: Description
    disease_duration: Description
    diagnoses: dict[str, int]
    sexes: dict[str, int]


@attrs.frozen(eq=False)
class MeasureResult:
    """What was found of one measure.

    Parameters
    ----------
    instrument : Instrument
        The measure.
    values : pandas.DataFrame
        The values of all treated patients by week (an unscheduled one under the next scheduled week).
    visits_treated, visits : pandas.DataFrame
        `describe_by_visit` of all treated patients, and of the efficacy set.
    changes : pandas.DataFrame
        `changes_by_visit` of the efficacy set.
    final_values : pandas.Series
        Each patient's final value, of the efficacy set.
    final : Description
        The final values summarized.
    final_percent_change : pandas.Series
        Each patient's change from baseline to the final value, in percent of the baseline.
    final_change : MeanChange
        The change from baseline to the final value.
    comparison : ChangeComparison or None
        The change after the first infusion against the change before it.
    grades : pandas.Series or None
        Each patient's grade.
    response : Proportion or None
        The response rate.
    """

    instrument: Instrument
    values: pd.DataFrame
    visits_treated: pd.DataFrame
    visits: pd.DataFrame
    changes: pd.DataFrame
    final_values: pd.Series[float]
    final: Description
    final_percent_change: pd.Series[float]
    final_change: MeanChange
    comparison: ChangeComparison | None
    grades: pd.Series[Any] | None
    response: Proportion | None


@attrs.frozen(eq=False)
class LogCKResult:
    """The fall of ln CK before and after the first infusion (Table 3, Fig. 2).

    Parameters
    ----------
    values : pandas.DataFrame
        ln CK of the efficacy set in the three weeks that are compared.
    visits : pandas.DataFrame
        `describe_by_visit` of these.
    comparison : ChangeComparison
        Table 3.
    published_line, refitted_line : SteroidLine
        The course under steroids alone: as published, and by least squares on this study's values.
    """

    values: pd.DataFrame
    visits: pd.DataFrame
    comparison: ChangeComparison
    published_line: SteroidLine
    refitted_line: SteroidLine


@attrs.frozen(eq=False)
class DurationResult:
    """How long CK stayed within normal limits (Table 4, Fig. 3).

    Parameters
    ----------
    episodes : pandas.DataFrame
        One row a patient of the efficacy set.
    curve : SurvivalCurve or None
        Kaplan-Meier curve of the durations; None where no patient has one.
    follow_up : SurvivalCurve or None
        Its reverse: the curve of follow-up.
    mean : RestrictedMean or None
        Restricted mean up to the last event.
    curves_by_diagnosis : dict of str to SurvivalCurve
        The curve of each diagnosis.
    log_rank : LogRankTest or None
        The diagnoses compared.
    mean_difference : RestrictedMeanComparison or None
        DM minus PM, up to the last event or as far as both were followed.
    steroid_association : Concordance or None
        Concordance of the last steroid dose with the duration; described, not tested.
    """

    episodes: pd.DataFrame
    curve: SurvivalCurve | None
    follow_up: SurvivalCurve | None
    mean: RestrictedMean | None
    curves_by_diagnosis: dict[str, SurvivalCurve]
    log_rank: LogRankTest | None
    mean_difference: RestrictedMeanComparison | None
    steroid_association: Concordance | None


@attrs.frozen(eq=False)
class TrialReport:
    """Every analysis of a trial.

    Parameters
    ----------
    title, source : str
        What the study is called and where its data come from.
    study : Study
        The study itself.
    treated, efficacy : PatientSummary or None
        Who was treated, and who belongs to the efficacy set.
    measures : tuple of MeasureResult
        One for each instrument with values.
    log_ck : LogCKResult or None
        Table 3 and Fig. 2.
    duration : DurationResult or None
        Table 4 and Fig. 3.
    improvement : ImprovementResult or None
        Today's criteria: the Total Improvement Score and the definition of improvement.
    incidence : Incidence or None
        Table 5.
    disposition : Disposition
        How many patients passed each step.
    protocol : ProtocolResult
        What the protocol asks of the patients, and whether they meet it.
    remarks : tuple of str
        What is suspicious but possible in the data, and what was noted when they were read.
    absent : dict of str to str
        The analyses that the data do not allow, each with its reason.
    groups : dict of str to TrialReport
        The same for each part of the study, where asked for.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> report = trial_report(saito2008.load_study())
    >>> [(measure.instrument.code, measure.response.count, measure.response.n) for measure in report.measures]
    [('MMT', 14, 15), ('ADL', 12, 15), ('CK', 15, 15)]
    >>> report.duration.curve.median
    371.0
    >>> report.absent
    {'total improvement score': 'not measured.'}
    """

    title: str
    source: str
    study: Study
    treated: PatientSummary
    efficacy: PatientSummary | None
    measures: tuple[MeasureResult, ...]
    log_ck: LogCKResult | None
    duration: DurationResult | None
    improvement: ImprovementResult | None
    incidence: Incidence | None
    disposition: Disposition
    protocol: ProtocolResult
    remarks: tuple[str, ...]
    absent: dict[str, str]
    groups: dict[str, TrialReport]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries, lists, texts and numbers, ready for JSON.

        Returns
        -------
        dict
            One entry for each field; a number that does not exist is None, a frame is a list of its rows.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> report = trial_report(saito2008.load_study()).to_dict()
        >>> report["duration"]["curve"]["median"], report["measures"][0]["response"]["count"]
        (371.0, 14)
        """
        fields = {each.name: getattr(self, each.name) for each in attrs.fields(type(self)) if each.name != "study"}
        groups = {label: group.to_dict() for label, group in self.groups.items()}
        return {name: _plain(value) for name, value in fields.items() if name != "groups"} | {"groups": groups}


def trial_report(
    study: Study,
    by: Literal["diagnosis", "sex"] | None = None,
    missing: Literal["excluded", "non-response"] = "excluded",
) -> TrialReport:
    """Do every analysis of a trial that its data allow.

    Parameters
    ----------
    study : Study
        The study.
    by : {"diagnosis", "sex"}, optional
        Repeat the report for each part of the study.
    missing : {"excluded", "non-response"}, default "excluded"
        How patients without a grade count in the response rates.

    Returns
    -------
    TrialReport
        The results; an analysis that the data do not allow is None, and named with the reason in `absent`.

    Notes
    -----
    Efficacy is analysed in the efficacy set, safety in the safety set. Values of weeks -4, 0 and 4 enter the comparison
    of changes; the restricted mean reaches to the last event.

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
        raise ValueError(refusal("'study' must be a Study", type(study).__name__))
    absent: dict[str, str] = {}
    efficacy = _attempt(absent, "efficacy", lambda: study.efficacy_set)
    return TrialReport(
        title=study.title,
        source=study.source,
        study=study,
        treated=_patients(study),
        efficacy=None if efficacy is None else _patients(efficacy),
        measures=() if efficacy is None else _measures(study, efficacy, missing, absent),
        log_ck=None if efficacy is None else _attempt(absent, "ln CK", lambda: _log_ck(efficacy)),
        duration=None
        if efficacy is None
        else _attempt(absent, "duration of normal CK", lambda: _duration(efficacy, absent)),
        improvement=None
        if efficacy is None
        else _attempt(absent, "total improvement score", lambda: study_improvement(efficacy, missing)),
        incidence=_attempt(absent, "adverse reactions", lambda: _incidence(study)),
        disposition=disposition(study),
        protocol=check_protocol(study),
        remarks=(*study.notes, *remarks(study)),
        absent=absent,
        groups={} if by is None else {label: trial_report(part, missing=missing) for label, part in study.split(by).items()},
    )


def _attempt(absent: dict[str, str], name: str, analyse: Callable[[], _T]) -> _T | None:
    """Do an analysis; where the data do not allow it, say why."""
    try:
        return analyse()
    except DataError as error:
        absent[name] = str(error)
        return None


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


def _need(values: pd.DataFrame, measure: str, *weeks: int) -> list[pd.Series[float]]:
    """Return the values of some weeks, or refuse the analysis that needs them."""
    lacking = [week for week in weeks if week not in values or values[week].isna().all()]
    if lacking:
        listed = ", ".join(map(str, lacking))
        raise DataError([f"no patient of the efficacy set has a value of {measure!r} in week {listed}."])
    return [values[week] for week in weeks]


def _measures(study: Study, efficacy: Study, missing: Any, absent: dict[str, str]) -> tuple[MeasureResult, ...]:
    results = []
    for instrument in study.instruments:
        if not study.values(instrument).empty:
            results.append(_measure(study, efficacy, instrument, missing, absent))
        elif instrument in STUDY_INSTRUMENTS:
            absent[instrument.code] = "not measured."
    return tuple(results)


def _measure(study: Study, efficacy: Study, instrument: Instrument, missing: Any, absent: dict[str, str]) -> MeasureResult:
    code = instrument.code
    everyone = study.values(instrument, off_schedule="next")
    values = everyone.loc[efficacy.ids]
    baseline, final = efficacy.baseline(instrument), efficacy.final_values(instrument)
    grades = _attempt(absent, f"{code} response", lambda: _grades(efficacy, instrument, baseline, final))
    return MeasureResult(
        instrument=instrument,
        values=everyone,
        visits_treated=describe_by_visit(everyone),
        visits=describe_by_visit(values),
        changes=changes_by_visit(baseline, values[[week for week in values if week != START]]),
        final_values=final,
        final=describe(final),
        final_percent_change=percent_change(baseline, final),
        final_change=change_from_baseline(baseline, final),
        comparison=_attempt(
            absent, f"{code} before and after", lambda: compare_changes(*_need(values, code, BEFORE, START, AFTER))
        ),
        grades=grades,
        response=None if grades is None else response_rate(grades, missing=missing),
    )


def _grades(efficacy: Study, instrument: Instrument, baseline: pd.Series[float], final: pd.Series[float]) -> pd.Series[Any]:
    if instrument.code not in GRADERS:
        raise DataError([f"there is no rule that grades {instrument.code!r}."])
    if instrument != CK:
        return pd.Series(GRADERS[instrument.code](baseline, final))
    return grade_ck(baseline, final, efficacy.final_uln(CK), baseline_uln=efficacy.baseline_uln(CK))


def _log_ck(efficacy: Study) -> LogCKResult:
    known = CK.code in [instrument.code for instrument in efficacy.instruments]
    before, baseline, after = _need(efficacy.values(CK) if known else pd.DataFrame(), CK.code, BEFORE, START, AFTER)
    columns = {BEFORE: np.log(before), START: np.log(baseline), AFTER: np.log(after)}
    values = pd.DataFrame(columns).rename_axis(columns="week")
    return LogCKResult(
        values=values,
        visits=describe_by_visit(values),
        comparison=compare_log_changes(before, baseline, after),
        published_line=PUBLISHED_STEROID_LINE,
        refitted_line=fit_steroid_line(before, baseline, week_before=BEFORE),
    )


def _duration(efficacy: Study, absent: dict[str, str]) -> DurationResult:
    episodes = study_episodes(efficacy)
    risk = at_risk(episodes).set_index("patient")
    nothing = DurationResult(episodes, None, None, None, {}, None, None, None)
    if risk.empty:
        absent["duration of normal CK"] = "no patient's CK normalized."
        return nothing
    duration, event = risk["duration"], risk["event"]
    curve = kaplan_meier(duration, event)
    patients = efficacy.characteristics().loc[risk.index]
    groups = {label: kaplan_meier(part, event[part.index]) for label, part in duration.groupby(patients["diagnosis"])}
    return attrs.evolve(
        nothing,
        curve=curve,
        follow_up=reverse_kaplan_meier(duration, event),
        mean=None if curve.last_event_time is None else curve.restricted_mean(curve.last_event_time),
        curves_by_diagnosis={label: groups[label] for label in ("PM", "DM") if label in groups},
        steroid_association=concordance(patients["steroid_dose_last"], duration, event),
        **_diagnoses_compared(curve, groups, duration, event, patients["diagnosis"]),
    )


def _diagnoses_compared(
    curve: SurvivalCurve,
    groups: dict[Any, SurvivalCurve],
    duration: pd.Series[float],
    event: pd.Series[float],
    diagnosis: pd.Series[Any],
) -> dict[str, Any]:
    """Compare PM with DM, where both are there and any event was seen."""
    if len(groups) < 2 or curve.last_event_time is None:
        return {}
    until = min(curve.last_event_time, *(group.last_observed_time for group in groups.values()))
    # Where all patients of a group were last seen on the day CK normalized, there is no time to take a mean over.
    difference = compare_restricted_means(duration, event, diagnosis, until, reference="PM") if until > 0 else None
    return {"log_rank": compare_survival(duration, event, diagnosis), "mean_difference": difference}


def _incidence(study: Study) -> Incidence:
    if any(patient.adverse_events is None for patient in study.patients):
        raise DataError(["adverse events were not recorded."])
    return incidence(study.safety_set)


_DERIVED = ("rate", "median", "last_event_time", "signed_rank_p_value", "permutation_p_value")
"""Properties of results that stand beside their fields in a dictionary."""


def _plain(value: Any) -> Any:
    """Turn a result into dictionaries, lists, texts and numbers."""
    if isinstance(value, pd.DataFrame):
        return [_plain(row) for row in value.reset_index(drop=value.index.name is None).to_dict("records")]
    if isinstance(value, pd.Series):
        return {str(label): _plain(each) for label, each in value.items()}
    if attrs.has(type(value)):
        derived = [name for name in _DERIVED if hasattr(type(value), name)]
        names = [each.name for each in attrs.fields(type(value)) if not each.name.startswith("_")]
        return {name: _plain(getattr(value, name)) for name in (*names, *derived)}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and np.isnan(value) else value
