"""What today's trials ask beside one final value: scores over time, deterioration, tipping points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pandas as pd

from ivigmyo.analysis.by_content import ByContent
from ivigmyo.contrasts import TippingPoints, tipping_points
from ivigmyo.core_set import THRESHOLDS, DeteriorationRule
from ivigmyo.estimates import Proportion
from ivigmyo.outcomes import (
    Deterioration,
    Durations,
    Observation,
    Responses,
    TimeToResponse,
    WithoutDeterioration,
    scores_by_visit,
    study_deterioration,
)
from ivigmyo.study import Outcome, Study
from ivigmyo.survival import SurvivalCurve

__all__ = [
    "DeteriorationResult",
    "ScoreCourse",
    "deterioration_result",
    "score_course",
    "tipping",
]


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
