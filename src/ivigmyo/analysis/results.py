"""The results of a trial's analyses, held as objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import attrs
import numpy as np
import pandas as pd

from ivigmyo.analysis.by_content import ByContent
from ivigmyo.analysis.endpoints import DeteriorationResult, ScoreCourse
from ivigmyo.analysis.estimand import Estimand
from ivigmyo.analysis.quantity import Quantity
from ivigmyo.change import ChangeComparison, Description, MeanChange, SteroidLine
from ivigmyo.conduct import Disposition, ProtocolResult
from ivigmyo.contrasts import Interaction, LogRankTest, ProportionComparison, RestrictedMeanComparison, TippingPoints
from ivigmyo.display import ABSENT, OneRow, Shown, Table, days, frame_table, interval, listed, number, share, spread
from ivigmyo.errors import DataError
from ivigmyo.estimates import ConfidenceInterval, Proportion
from ivigmyo.instruments import Instrument
from ivigmyo.outcomes import Changes, ImprovementResult, Observation
from ivigmyo.outcomes.observations import Comparison
from ivigmyo.safety import FindingsComparison, Incidence, Rate
from ivigmyo.study import Study
from ivigmyo.survival import Concordance, IntervalCurve, RestrictedMean, SurvivalCurve

__all__ = [
    "DurationResult",
    "LogCKResult",
    "MeasureResult",
    "NOT_TESTED",
    "PatientSummary",
    "SubgroupResult",
    "TrialReport",
    "is_test",
    "outcome_words",
]

NOT_TESTED = "within an arm a change is not tested"
"""The reason why the changes of an arm have no P value."""


class _InQuantities(ByContent):
    """Results that are several numbers of a report."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the result as nested dictionaries, lists, texts and numbers; a number that does not exist is None."""
        plain: dict[str, Any] = _plain(self)
        return plain

    def to_frame(self) -> pd.DataFrame:
        """Return the numbers as rows, as `TrialReport.quantities` names them; frames of several results stack."""
        from ivigmyo.analysis.quantities import quantities_of

        return quantities_of(self)


@attrs.frozen(repr=False)
class PatientSummary(Shown):
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


@attrs.frozen(eq=False, repr=False)
class MeasureResult(_InQuantities):
    """What was found of one measure.

    Parameters
    ----------
    instrument : Instrument
        The measure.
    values : pandas.DataFrame
        The values of all treated patients in the scheduled weeks (an unscheduled one under the next, where the protocol says
        so).
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
        The change after the first infusion against the change before it, where the protocol compares them.
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

    def _shown(self) -> Table:
        shown = frame_table(f"{self.instrument.name} ({self.instrument.unit})", self.visits)
        final = f"Change to the final value: {_in_words(self.final_change)}."
        response = [] if self.response is None else [f"Response: {_in_words(self.response)}."]
        return attrs.evolve(shown, notes=[final, *response])


@attrs.frozen(eq=False, repr=False)
class LogCKResult(_InQuantities):
    """The fall of ln CK before and after the first infusion.

    Parameters
    ----------
    values : pandas.DataFrame
        ln CK of the efficacy set: the week before, baseline (column 0) and the week after.
    visits : pandas.DataFrame
        `describe_by_visit` of these.
    comparison : ChangeComparison
        The fall from baseline against the fall to it.
    refitted_line : SteroidLine
        The course under steroids alone, by least squares on this study's values.
    """

    values: pd.DataFrame
    visits: pd.DataFrame
    comparison: ChangeComparison
    refitted_line: SteroidLine

    def _shown(self) -> Table:
        low, high = self.comparison.confidence_interval()
        limits = interval(ConfidenceInterval(low, high), 3)
        said = f"Fall after minus fall before: {number(self.comparison.difference.mean, 3)} (95 % interval {limits})."
        return attrs.evolve(frame_table("ln CK before and after the first infusion", self.visits), notes=[said])


@attrs.frozen(eq=False, repr=False)
class DurationResult(_InQuantities):
    """How long CK stayed within normal limits.

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
        The second diagnosis minus the first, where there are two, up to the last event or as far as both were followed.
    steroid_association : Concordance or None
        Concordance of the last steroid dose with the duration; described, not tested.
    time_to_normalization : SurvivalCurve or None
        Kaplan-Meier curve of the days from the first infusion to the first normal value, where serial CK with limits is
        there: that of the patients in `normalization`.
    normalization : IntervalCurve or None
        The same, the day of normalization known only to lie between two samples.
    bounds : pandas.DataFrame or None
        `normalization.duration_bounds`: the shortest and the longest duration that the samples allow.
    recurrence : pandas.DataFrame or None
        ``patient, episodes, re_elevations`` of those whose CK normalized; None where no patient has a second episode.
    doses : pandas.DataFrame or None
        ``patient, at_normalization, at_re_elevation``: the steroid dose in force on these days in mg of prednisolone a day,
        where treatments with steroids are recorded.
    """

    episodes: pd.DataFrame
    curve: SurvivalCurve | None
    follow_up: SurvivalCurve | None
    mean: RestrictedMean | None
    curves_by_diagnosis: dict[str, SurvivalCurve]
    log_rank: LogRankTest | None
    mean_difference: RestrictedMeanComparison | None
    steroid_association: Concordance | None
    time_to_normalization: SurvivalCurve | None = None
    normalization: IntervalCurve | None = None
    bounds: pd.DataFrame | None = None
    recurrence: pd.DataFrame | None = None
    doses: pd.DataFrame | None = None

    @property
    def of_patients(self) -> dict[str, Quantity]:
        """The medians and sums over `bounds`, `recurrence` and `doses`, by name; None where half of them are not known."""
        return {each.quantity: each for each in self._of_patients()}

    def _of_patients(self) -> Iterator[Quantity]:
        if (bounds := self.bounds) is not None:
            for name in ("shortest", "longest"):
                middle, said = _known(bounds[name].median()), "between samples, censoring left aside"
                yield Quantity(f"bounds.{name}.median", middle, "days", len(bounds), "", said)
        if (found := self.recurrence) is not None:
            yield Quantity("recurrence.patients", int((found["episodes"] > 1).sum()), "patients", len(found))
            yield Quantity("recurrence.episodes", int(found["episodes"].sum()), "episodes", len(found))
            yield Quantity("recurrence.re_elevations", int(found["re_elevations"].sum()), "re-elevations", len(found))
        if (doses := self.doses) is not None:
            for name in ("at_normalization", "at_re_elevation"):
                middle, n = _known(doses[name].median()), int(doses[name].count())
                yield Quantity(f"steroid_dose.{name}.median", middle, "mg/day", n, "", "as prednisolone")

    def _shown(self) -> Table:
        counts = self.episodes["status"].value_counts()
        curves = {"all": self.curve, **self.curves_by_diagnosis}
        notes = [f"{label}: {_in_words(curve)}." for label, curve in curves.items() if curve is not None]
        rows = [[str(status), str(n)] for status, n in counts.items()]
        return Table("How long CK stayed normal", ["status", "patients"], rows, notes=notes)


@attrs.frozen(eq=False, repr=False)
class SubgroupResult(ByContent):
    """One outcome contrasted by diagnosis, sex and strata.

    Parameters
    ----------
    outcome : str
        The name of the outcome.
    treated, control : str
        The labels of the arms.
    scale : {"difference", "ratio", "hazard ratio"}
        What is estimated.
    rows : pandas.DataFrame
        ``factor, level, estimate, conf_low, conf_high, n, n_treated, n_control``: all patients first (no factor), then each
        level of each factor on its own. A level has no P value.
    interactions : dict of str to Interaction
        One test a factor, by its name.
    """

    outcome: str
    treated: str
    control: str
    scale: str
    rows: pd.DataFrame
    interactions: dict[str, Interaction]

    def to_frame(self) -> pd.DataFrame:
        """Return the rows with the outcome and the arms."""
        return self.rows.assign(outcome=self.outcome, treated=self.treated, control=self.control, scale=self.scale)


@attrs.frozen(eq=False, repr=False)
class TrialReport(ByContent):
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
        One for each instrument with values; empty where there are arms, as all results of efficacy and safety are.
    log_ck : LogCKResult or None
        The fall of ln CK before and after, where the protocol compares them.
    duration : DurationResult or None
        How long CK stayed normal.
    improvement : ImprovementResult or None
        Today's criteria: the Total Improvement Score and the definition of improvement.
    incidence : Incidence or None
        Adverse reactions.
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
    outcomes : mapping of str to Observation
        What was observed of each outcome, by its name; empty where there are arms.
    arms : mapping of str to TrialReport
        The report of each arm, the control last: efficacy by the arm planned, safety by the arm received.
    contrasts : mapping of str to mapping of str to Comparison
        Each arm against the control, by arm and outcome.
    sensitivity : mapping of str to mapping of str to mapping of str to Comparison
        The same by other rules, by label of the analysis: ``"complete cases"``.
    consort : pandas.DataFrame or None
        How many patients of each arm were randomized, treated, left and analysed: ``step, reason, arm, patients``.
    subgroups : mapping of str to SubgroupResult
        The primary outcome by diagnosis, sex and strata, each arm against the control.
    better : mapping of str to str
        Whether more of an outcome is ``"higher"`` or ``"lower"``, by its name, where it says so.
    baseline : pandas.DataFrame or None
        All randomized at baseline: ``characteristic, unit, level, arm, n, n_missing, mean, sd, count,
        share, standardized_difference`` (from the control; of measures with a limit of normal, on the ln scale).
    exposure : pandas.DataFrame or None
        What the safety set was given, by the arm received: ``arm, quantity, n, n_missing, mean, sd, median, minimum,
        maximum`` of ``courses``, ``infusions`` (days) and ``dose_per_kg`` (g/kg).
    deviations : pandas.DataFrame or None
        How many patients of each arm deviated from the protocol: ``finding, arm, patients, n``.
    reactions : pandas.DataFrame or None
        Adverse reactions by term and group, each arm received against the control, without tests: ``kind, label,
        treated_arm, treated_count, treated_n, control_count, control_n, difference, conf_low, conf_high``.
    course : ScoreCourse or None
        The Total Improvement Score over the visits, where there are several.
    deterioration : DeteriorationResult or None
        Who deteriorated, where an outcome asks.
    skin : mapping of str to FindingsComparison
        Signs of the skin before and after, by code.
    estimand : Estimand or None
        What the primary outcome estimates, where the protocol names one.
    tipping : mapping of str to mapping of str to TippingPoints
        For each arm against the control and each response of which any patient is missing, whether the conclusion tips.
    previous_treatments : pandas.DataFrame or None
        ``treatment, patients``, where recorded.
    event_details : pandas.DataFrame or None
        ``aspect, value, events, patients`` of adverse events by relation, seriousness, severity, outcome and action, where
        any is recorded.
    rates : mapping of str to mapping of str to Rate
        First reactions of patients by exposure, by class and unit, where several courses were planned or given.
    tested : bool
        Whether P values belong to it: not to the report of an arm, nor to that of a part of a study with arms.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> report = trial_report(saito2008.load_study())
    >>> [(measure.instrument.code, measure.response.count, measure.response.n) for measure in report.measures]
    [('MMT', 14, 15), ('ADL', 12, 15), ('CK', 15, 15)]
    >>> report.duration.curve.median
    371.0
    >>> report.absent
    {}
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
    outcomes: Mapping[str, Observation] = attrs.field(factory=dict, repr=False)
    arms: Mapping[str, TrialReport] = attrs.field(factory=dict)
    contrasts: Mapping[str, Mapping[str, Comparison]] = attrs.field(factory=dict)
    sensitivity: Mapping[str, Mapping[str, Mapping[str, Comparison]]] = attrs.field(factory=dict)
    consort: pd.DataFrame | None = None
    subgroups: Mapping[str, SubgroupResult] = attrs.field(factory=dict)
    better: Mapping[str, str] = attrs.field(factory=dict)
    baseline: pd.DataFrame | None = None
    exposure: pd.DataFrame | None = None
    deviations: pd.DataFrame | None = None
    reactions: pd.DataFrame | None = None
    course: ScoreCourse | None = attrs.field(default=None, repr=False)
    deterioration: DeteriorationResult | None = attrs.field(default=None, repr=False)
    skin: Mapping[str, FindingsComparison] = attrs.field(factory=dict, repr=False)
    estimand: Estimand | None = attrs.field(default=None, repr=False)
    tipping: Mapping[str, Mapping[str, TippingPoints]] = attrs.field(factory=dict, repr=False)
    previous_treatments: pd.DataFrame | None = attrs.field(default=None, repr=False)
    event_details: pd.DataFrame | None = attrs.field(default=None, repr=False)
    rates: Mapping[str, Mapping[str, Rate]] = attrs.field(factory=dict, repr=False)
    tested: bool = True

    @property
    def primary(self) -> str | None:
        """The name of the primary outcome, where the protocol names one."""
        return self.study.protocol.primary

    def _shown(self) -> Table:
        parts = dict(self.arms) or {"all": self}
        names = list(dict.fromkeys(name for part in parts.values() for name in part.outcomes))
        rows = [[name, *(outcome_words(part.outcomes.get(name)) for part in parts.values())] for name in names]
        rows = [["patients treated", *(str(part.treated.n) for part in parts.values())], *rows]
        notes = [f"Not analysed: {listed(list(self.absent))}."] if self.absent else []
        return Table(self.title or "Trial report", ["outcome", *parts], rows, notes=notes, left=range(len(parts) + 1))

    @property
    def n_tests(self) -> dict[str, int]:
        """How many P values the contrasts have, by analysis: the main one, each sensitivity analysis, interactions."""
        if not self.tested:
            return {}
        found = {"main analysis": _count_tests(self.contrasts)}
        found |= {label: _count_tests(contrasts) for label, contrasts in self.sensitivity.items()}
        interactions = [test for each in self.subgroups.values() for test in each.interactions.values()]
        found["interactions"] = sum(test.p_value is not None for test in interactions)
        return {label: n for label, n in found.items() if n}

    def quantities(self) -> pd.DataFrame:
        """Return every number of the report, one a row.

        Returns
        -------
        pandas.DataFrame
            Columns ``quantity`` (a stable name with dots), ``value`` (NaN where it does not exist), ``unit``, ``n`` (the
            patients it rests on), ``method`` and ``conventions``.

        Examples
        --------
        >>> from ivigmyo import saito2008, trial_report
        >>> rows = trial_report(saito2008.load_study()).quantities().set_index("quantity")
        >>> rows.loc[["MMT.response.count", "duration.median"], "value"].tolist()
        [14.0, 371.0]
        """
        from ivigmyo.analysis.quantities import quantities

        return quantities(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries, lists, texts and numbers, ready for JSON.

        Returns
        -------
        dict
            One entry for each field; a number that does not exist is None, a frame is a list of its rows.

        Examples
        --------
        >>> from ivigmyo import saito2008, trial_report
        >>> report = trial_report(saito2008.load_study()).to_dict()
        >>> report["duration"]["curve"]["median"], report["measures"][0]["response"]["count"]
        (371.0, 14)
        """
        parts, of_arms = ("groups", "arms"), ("subgroups", "better", "baseline", "exposure", "deviations", "reactions")
        left_out = ("study", "outcomes", "contrasts", "sensitivity", "tested", *parts, *(() if self.arms else of_arms))
        names = [each.name for each in attrs.fields(type(self)) if each.name not in left_out]
        plain = {name: _plain(getattr(self, name)) for name in names}
        plain["contrasts"] = self._in_rows(self.contrasts)
        plain["sensitivity"] = {label: self._in_rows(contrasts) for label, contrasts in self.sensitivity.items()}
        return plain | {name: {label: part.to_dict() for label, part in getattr(self, name).items()} for name in parts}

    def _in_rows(self, contrasts: Mapping[str, Mapping[str, Comparison]]) -> dict[str, Any]:
        """Lay comparisons out by their numbers' names; without the P values, where none belong to the report."""
        return {
            arm: {name: _numbers(compared, self.tested) for name, compared in by_outcome.items()}
            for arm, by_outcome in contrasts.items()
        }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def outcome_words(outcome: Observation | None) -> str:
    """Say what was observed of an outcome: a share, a mean change, a median time, a mean amount."""
    try:
        said = ABSENT if outcome is None else _in_words(outcome.summary())
    except DataError:  # where no patient has a duration there is no curve
        return ABSENT
    return f"ln {said}" if isinstance(outcome, Changes) and outcome.scale == "ln" and said != ABSENT else said


def _in_words(summary: object) -> str:
    """Say what summarizes an outcome: a share, a mean change or amount, or a median time."""
    if isinstance(summary, Proportion):
        count, rest = share(summary)
        return f"{count} ({rest})"
    if isinstance(summary, SurvivalCurve):
        limits = interval(summary.median_interval(), 0, absent="not reached")
        return f"median {days(summary.median)} ({limits}; n {summary.n}, events {summary.n_events})"
    if isinstance(summary, (MeanChange, Description)):
        return f"{spread(summary.mean, summary.sd)} (n {summary.n})"
    return ABSENT


def _count_tests(contrasts: Mapping[str, Mapping[str, Comparison]]) -> int:
    """Count the tests of contrasts: one each, where it exists."""
    found = [compared for by_outcome in contrasts.values() for compared in by_outcome.values()]
    return sum(_p_of(compared) is not None for compared in found)


def _p_of(compared: Comparison) -> float | None:
    return compared.cmh_p_value if isinstance(compared, ProportionComparison) and compared.strata else compared.p_value


def _numbers(compared: OneRow, tested: bool) -> dict[str, Any]:
    row = compared.to_dict()
    return {name: value for name, value in row.items() if tested or not is_test(name)}


_TESTS = ("p_value", "t", "df", "statistic", "cmh_statistic", "log_rank", "log_rank_df", "restricted_mean_statistic")


def is_test(name: str) -> bool:
    """Tell whether a number belongs to a test, by its name or the last part of it."""
    last = name.rpartition(".")[2]
    return last in _TESTS or last.endswith("p_value")


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
        if getattr(value, "reason", None) == NOT_TESTED:
            derived = [name for name in derived if not is_test(name)]
        names = [each.name for each in attrs.fields(type(value)) if not each.name.startswith("_")]
        return {name: _plain(getattr(value, name)) for name in (*names, *derived)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not np.isfinite(value) else value
