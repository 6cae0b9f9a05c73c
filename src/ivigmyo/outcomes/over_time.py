"""Outcomes over time by the Total Improvement Score: a response that is sustained, and the time until there is one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import check_choice
from ivigmyo.core_set import CORE_SET_INSTRUMENTS, STAND_INS, sustained_response, time_to_response
from ivigmyo.errors import Problem, number_problem, refuse, spell
from ivigmyo.instruments import CK
from ivigmyo.outcomes.improvement import scores_by_visit
from ivigmyo.outcomes.observations import Durations, Responses
from ivigmyo.outcomes.visits import leaving_days, planned_end, rescue_days, until_leaving
from ivigmyo.study import Study

__all__ = ["SustainedResponse", "TimeToResponse", "scores_until_leaving"]

_CODES = (CK.code, *(instrument.code for instrument in CORE_SET_INSTRUMENTS), *STAND_INS.values())
_DAYS = 7


def scores_until_leaving(study: Study) -> pd.DataFrame:
    """Score every scheduled visit up to the day on which the patient left, as `scores_by_visit` does."""
    return until_leaving(study, scores_by_visit(study), _CODES)


def _weeks(weeks: Iterable[int]) -> tuple[int, ...]:
    return tuple(weeks)


def _threshold_problem(threshold: float | None) -> Problem | None:
    return number_problem("threshold", threshold, 0, 100, above=True)


def _from(threshold: float | None) -> str:
    return "" if threshold is None else f".from.{spell(threshold)}"


@attrs.frozen
class SustainedResponse:
    """A response by the Total Improvement Score at a week, and at one of several others: an outcome.

    Parameters
    ----------
    week : int
        The week at which response is judged.
    also_in : iterable of int, default ()
        Weeks of which at least one must be a response too; none is asked for where it is empty.
    threshold : float, optional
        The lowest score that is a response; None: minimal improvement of the protocol's population.
    missing : {"non-response", "excluded"}, default "non-response"
        How a patient counts of whom missing scores leave it open.

    Notes
    -----
    Rescue up to the week, and leaving before it, are no response (the composite strategy of ICH E9(R1)), whatever `missing`
    says.

    Examples
    --------
    >>> SustainedResponse(25).name, SustainedResponse(25, also_in=(17, 21)).name
    ('TIS.sustained.25', 'TIS.sustained.25.with.17.21')
    """

    week: int
    also_in: tuple[int, ...] = attrs.field(default=(), converter=_weeks)
    threshold: float | None = None
    missing: Literal["non-response", "excluded"] = "non-response"

    def __attrs_post_init__(self) -> None:
        check_choice("missing", self.missing, ("non-response", "excluded"))
        weeks = [number_problem("week", self.week, 0, above=True, whole=True, required=True)]
        weeks += [number_problem("also_in", week, 0, above=True, whole=True, required=True) for week in self.also_in]
        refuse([*weeks, _threshold_problem(self.threshold)])

    @property
    def name(self) -> str:
        """``"TIS.sustained.25"``, with the other weeks and the threshold behind it where they are stated."""
        others = f".with.{'.'.join(map(str, self.also_in))}" if self.also_in else ""
        return f"TIS.sustained.{self.week}{others}{_from(self.threshold)}"

    @property
    def paramcd(self) -> str:
        """The code of the outcome in a data set."""
        return f"TISS{self.week}"

    def observe(self, study: Study) -> Responses:
        """Tell of each patient whether the response was sustained."""
        weeks = list(dict.fromkeys((self.week, *self.also_in)))
        scores = scores_until_leaving(study)
        wide = scores.pivot(index="patient", columns="week", values="score").reindex(index=study.ids, columns=weeks)
        rescued, left = rescue_days(study), leaving_days(study)
        found = self._judge(wide, rescued, study)
        left = left.where((left < _DAYS * self.week) & wide[self.week].isna())  # of those who did not come to the week
        # what the missing scores leave open: the answer turns on them
        is_open = (self._judge(wide.fillna(100.0), rescued, study) != found) & left.isna()
        why = pd.Series(
            [_why(self.week, *each) for each in zip(wide[self.week].isna(), is_open, rescued, left, strict=True)],
            study.ids,
        )
        return Responses(found.astype("boolean").mask(is_open), None, why, self.missing)

    def _judge(self, wide: pd.DataFrame, rescued: pd.Series[float], study: Study) -> pd.Series[bool]:
        scores = pd.DataFrame(
            {
                "patient": np.repeat(wide.index.to_numpy(), wide.shape[1]),
                "week": np.tile(np.array(wide.columns, dtype=float), len(wide)),
                "score": wide.to_numpy(dtype=float).ravel(),
            }
        )
        population = study.protocol.population
        found = sustained_response(scores, self.week, self.threshold, self.also_in, rescued / _DAYS, population=population)
        return found.reindex(wide.index)


def _why(week: int, missing: bool, is_open: bool, rescued: float, left: float) -> str:
    if rescued <= _DAYS * week:
        return f"rescue on day {rescued:g}"
    if left == left:
        return f"discontinuation on day {left:g}"
    return f"no score in week {week}" if missing and is_open else "no score in the other weeks" if is_open else ""


@attrs.frozen
class TimeToResponse:
    """The days from week 0 until a patient responds by the Total Improvement Score: an outcome.

    Parameters
    ----------
    threshold : float, optional
        The lowest score that is a response; None: minimal improvement of the protocol's population.
    confirm : int, default 1
        How many visits in a row must be a response; the first of them is its date.

    Notes
    -----
    A patient who was rescued or left without response, or did not respond, never responds: censored at the planned end, the
    endpoint week. One whose response was still to be confirmed at the last visit is censored there. A patient who was
    never scored, and was neither rescued nor left, has no duration.

    Examples
    --------
    >>> TimeToResponse().name, TimeToResponse(40, confirm=2).name
    ('TIS.time_to_response', 'TIS.time_to_response.confirmed.2.from.40')
    """

    threshold: float | None = None
    confirm: int = 1

    def __attrs_post_init__(self) -> None:
        confirm = number_problem("confirm", self.confirm, 1, whole=True, required=True)
        refuse([confirm, _threshold_problem(self.threshold)])

    @property
    def name(self) -> str:
        """``"TIS.time_to_response"``, with what is stated behind it."""
        confirmed = "" if self.confirm == 1 else f".confirmed.{self.confirm}"
        return f"TIS.time_to_response{confirmed}{_from(self.threshold)}"

    @property
    def paramcd(self) -> str:
        """The code of the outcome in a data set."""
        return "TTRESP"

    def observe(self, study: Study) -> Durations:
        """Find the day of the first response, or until when there was none."""
        end = planned_end(study, _CODES)
        scores = scores_until_leaving(study)
        rescued, left = rescue_days(study), leaving_days(study)
        last = np.inf if end is None else end
        scored = scores.loc[scores["score"].notna() & (scores["week"] <= last), "patient"]
        ended = (rescued <= _DAYS * last) | (left <= _DAYS * last)
        follow = study.ids.isin(scored) | (ended.to_numpy() & np.isfinite(last))
        unseen = pd.DataFrame({"patient": study.ids[~study.ids.isin(scores["patient"])], "week": 1.0, "score": np.nan})
        found = time_to_response(
            pd.concat([scores[["patient", "week", "score"]].astype({"week": float}), unseen]),
            self.threshold,
            self.confirm,
            rescued / _DAYS,
            end,
            population=study.protocol.population,
        ).set_index("patient")
        found = found.reindex(study.ids)
        event = found["event"].astype(float).where(follow)
        status = [
            _status(*each, last=_DAYS * last)
            for each in zip(follow, event == 1, found["duration"], rescued, left, strict=True)
        ]
        return Durations(found["duration"].where(follow), event, pd.Series(status, study.ids))


def _status(follow: Any, event: bool, duration: float, rescued: float, left: float, last: float) -> str:
    """Say how the observation of a patient ended."""
    if not follow:
        return "no score"
    if event:
        return "responded"
    if duration < last < np.inf:
        return "to be confirmed"
    return "rescued" if rescued <= last else "left" if left <= last else "no response"
