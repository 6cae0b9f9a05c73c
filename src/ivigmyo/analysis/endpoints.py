"""What today's trials ask beside one final value: scores over time, deterioration, tipping points, rates by exposure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import pandas as pd

from ivigmyo.analysis.by_content import ByContent
from ivigmyo.conduct import exposure
from ivigmyo.contrasts import TippingPoints, tipping_points
from ivigmyo.core_set import THRESHOLDS, DeteriorationRule
from ivigmyo.errors import DataError
from ivigmyo.estimates import Proportion
from ivigmyo.outcomes import (
    Deterioration,
    Durations,
    Observation,
    Responses,
    TimeToResponse,
    WithoutDeterioration,
    adverse_events,
    scores_by_visit,
    study_deterioration,
)
from ivigmyo.safety import TERMS_OF_INTEREST, UNRELATED, Incidence, Rate, event_rate
from ivigmyo.safety.terms import comparable
from ivigmyo.study import Outcome, Study
from ivigmyo.survival import SurvivalCurve

__all__ = [
    "DeteriorationResult",
    "ScoreCourse",
    "deterioration_result",
    "event_details",
    "previous_treatments",
    "rates_of",
    "score_course",
    "tipping",
]

ANY = "any"
"""How the rates of all reactions together are called."""

_DETAILS = ("relation", "serious", "severity", "outcome", "action")
_NOT_RECORDED = "not recorded"
_YEAR = 365.25
_UNRELATED = frozenset(map(comparable, UNRELATED))


@attrs.frozen(eq=False, repr=False)
class ScoreCourse(ByContent):
    """The Total Improvement Score over the visits of a trial.

    Parameters
    ----------
    scores : pandas.DataFrame
        `scores_by_visit` of the efficacy set.
    visits : pandas.DataFrame
        One row a week (index ``week``): ``n`` scored, ``n_missing`` without a score, ``mean``, ``sd``, ``median``, and
        ``minimal``, ``moderate``, ``major``: how many had at least that improvement.
    time_to_response : SurvivalCurve or None
        Kaplan-Meier curve of the time to response, where that is an outcome.
    status : mapping of str to int
        How the observation of that time ended, in patients.
    """

    scores: pd.DataFrame
    visits: pd.DataFrame
    time_to_response: SurvivalCurve | None
    status: Mapping[str, int]

    def to_frame(self) -> pd.DataFrame:
        """Return the weeks as rows."""
        return self.visits.reset_index()


def score_course(efficacy: Study, outcomes: Sequence[Outcome], found: Mapping[str, Observation]) -> ScoreCourse | None:
    """Describe the score by week, where it can be followed over several."""
    scores = scores_by_visit(efficacy)
    if scores["week"].nunique() < 2:
        return None
    name = next((each.name for each in outcomes if isinstance(each, TimeToResponse)), None)
    observed = None if name is None else found.get(name)
    timed = observed if isinstance(observed, Durations) else None
    rows = {week: _week(scores[scores["week"] == week], efficacy) for week in sorted(map(int, scores["week"].unique()))}
    return ScoreCourse(
        scores=scores,
        visits=pd.DataFrame.from_dict(rows, orient="index").rename_axis("week"),
        time_to_response=None if timed is None or timed.duration.isna().all() else timed.summary(),
        status={} if timed is None else {str(name): int(n) for name, n in timed.status.value_counts().items()},
    )


def _week(part: pd.DataFrame, efficacy: Study) -> dict[str, float]:
    score = part["score"].dropna()
    counts: dict[str, float] = {"n": len(score), "n_missing": len(efficacy.ids) - len(score)}
    counts |= {"mean": float(score.mean()), "sd": float(score.std()), "median": float(score.median())}
    limits = dict(zip(("minimal", "moderate", "major"), THRESHOLDS[efficacy.protocol.population], strict=True))
    return counts | {name: int((score >= lowest).sum()) for name, lowest in limits.items()}


@attrs.frozen(eq=False, repr=False)
class DeteriorationResult(ByContent):
    """Who deteriorated, by the rule of the outcomes.

    Parameters
    ----------
    share : Proportion
        The patients with a confirmed deterioration.
    patients : pandas.DataFrame
        `core_set.find_deterioration`, one row a patient.
    rule : DeteriorationRule
        The rule.
    """

    share: Proportion
    patients: pd.DataFrame
    rule: DeteriorationRule

    @property
    def statuses(self) -> dict[str, int]:
        """Patients by what was found of them."""
        counts = Counter(map(str, self.patients["status"]))
        return {
            name: counts[name] for name in ("confirmed", "unconfirmed", "none", "no baseline", "no visit") if counts[name]
        }


def deterioration_result(efficacy: Study, outcomes: Sequence[Outcome]) -> DeteriorationResult | None:
    """Find who deteriorated, by the first outcome that asks; None where none does."""
    rule = next((each.rule for each in outcomes if isinstance(each, Deterioration | WithoutDeterioration)), None)
    if rule is None:
        return None
    share = Deterioration(rule).observe(efficacy).summary()
    return DeteriorationResult(share, study_deterioration(efficacy, rule), rule)


def tipping(
    observed: Mapping[str, Observation], labels: pd.Series[Any], arms: Sequence[str], control: str
) -> dict[str, dict[str, TippingPoints]]:
    """Find, for each arm and each response of which any patient is missing, whether the conclusion tips."""
    found: dict[str, dict[str, TippingPoints]] = {}
    for arm in arms:
        own = {}
        for name, each in observed.items():
            if isinstance(each, Responses) and name != "reactions":
                treated, other = (each.of(labels.index[labels == label]).summary() for label in (arm, control))
                if treated.n_missing or other.n_missing:
                    try:
                        own[name] = tipping_points(treated, other)
                    except ValueError:  # an arm without patients, or too many to be counted out
                        continue
        if own:
            found[arm] = own
    return found


# --- safety -----------------------------------------------------------------------------------------------------------


def event_details(safety: Study) -> pd.DataFrame | None:
    """Count events and patients by relation, seriousness, severity, outcome and action, where any is recorded."""
    events = adverse_events(safety)
    rows = [row for name in _DETAILS if events[name].notna().any() for row in _counted(events, name)]
    return pd.DataFrame(rows, columns=["aspect", "value", "events", "patients"]) if rows else None


def _counted(events: pd.DataFrame, name: str) -> Iterator[tuple[str, str, int, int]]:
    cells = pd.Series([_words(cell) for cell in events[name]], events.index, dtype=object)
    counts = Counter(cells)
    for value in sorted(counts, key=lambda value: (value == _NOT_RECORDED, -counts[value], value)):
        yield name, value, counts[value], int(events.loc[cells == value, "patient"].nunique())


def _words(cell: Any) -> str:
    if cell is None or cell != cell:
        return _NOT_RECORDED
    return {True: "yes", False: "no"}[cell] if isinstance(cell, bool) else str(cell)


def previous_treatments(study: Study) -> pd.DataFrame | None:
    """Count the patients by each previous treatment that their records list, the words as recorded."""
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for patient in study.patients:
        listed = [" ".join(part.split()) for part in (patient.previous_treatment or "").replace(";", ",").split(",")]
        own = {name.casefold(): name for name in listed if name}
        for key, name in own.items():
            spelled.setdefault(key, name)
        counts.update(own.keys())
    if not counts:
        return None
    order = sorted(counts, key=lambda key: (-counts[key], key))
    return pd.DataFrame({"treatment": [spelled[key] for key in order], "patients": [counts[key] for key in order]})


def _event_rates(safety: Study, incidence: Incidence) -> dict[str, dict[str, Rate]]:
    """Compute the rates of patients' first reactions by exposure, where several courses were planned or given.

    By class of reactions and by unit: ``courses``, per 100 courses given, and ``patient-years``, per 100 years that patients
    were observed up to the first reaction.
    """
    planned = None if safety.protocol.conduct is None else safety.protocol.conduct.course
    courses = exposure(safety.safety_set).set_index("patient")["courses"]
    if (planned is None or planned.number == 1) and not (courses > 1).any():
        return {}
    classes = incidence.by_class_of_interest().set_index("interest")["ids"]
    having = {ANY: incidence.ids, **{name: classes[name] for name in TERMS_OF_INTEREST}}
    return {name: dict(_rates(safety.safety_set, courses, set(ids), name)) for name, ids in having.items()}


def _rates(safety: Study, courses: pd.Series[float], ids: set[Any], name: str) -> Iterator[tuple[str, Rate]]:
    given = float(courses.sum())
    if not courses.isna().any() and (given or not ids):
        yield "courses", event_rate(len(ids), given)
    if name == ANY:  # the days of the reactions of a class are not told apart
        days = sum(_days_at_risk(safety).values())
        if days or not ids:
            yield "patient-years", event_rate(len(ids), days / _YEAR)


def _days_at_risk(safety: Study) -> dict[str, float]:
    """Say how long each patient was observed: to the first reaction, else to leaving or the last visit or infusion."""
    found = {}
    for patient in safety.patients:
        seen = [visit.nominal_day for visit in patient.visits]
        seen += [each.end_day for each in patient.treatments if each.end_day is not None]
        last = patient.discontinued_on if patient.discontinued_on is not None else max(seen, default=0)
        reactions = [each for each in patient.adverse_events or () if comparable(each.relation) not in _UNRELATED]
        days = [each.day for each in reactions if each.day is not None and each.day >= 0]
        found[patient.id] = float(max(0, min(days) if days else last))
    return found


def rates_of(safety: Study, incidence: Incidence | None) -> dict[str, dict[str, Rate]]:
    """Return the rates where adverse events are recorded."""
    try:
        return {} if incidence is None else _event_rates(safety, incidence)
    except DataError:
        return {}
