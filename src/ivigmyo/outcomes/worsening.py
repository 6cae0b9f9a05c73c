"""Deterioration by the core set measures, and a response that is not undone by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

import attrs
import numpy as np
import pandas as pd

from ivigmyo.core_set import PRODERM, DeteriorationRule, find_deterioration
from ivigmyo.errors import DataError, Problem, refuse
from ivigmyo.instruments import Instrument
from ivigmyo.outcomes.criteria import Improvement
from ivigmyo.outcomes.improvement import MUSCLE_TESTS, SCALES
from ivigmyo.outcomes.observations import Responses
from ivigmyo.outcomes.visits import planned_end, until_leaving
from ivigmyo.study import Outcome, Study

__all__ = ["Deterioration", "WithoutDeterioration", "deterioration_visits", "study_deterioration"]


def deterioration_visits(study: Study) -> pd.DataFrame:
    """Lay the visits of a study out as `core_set.find_deterioration` takes them.

    Parameters
    ----------
    study : Study
        A study that holds at least one of the five measures other than the enzyme.

    Returns
    -------
    pandas.DataFrame
        ``patient, week, physician_global, patient_global, mmt, haq, extramuscular``: each patient's baseline as week 0 (that
        of every other analysis), and every scheduled week after it in which any of them was taken, up to the day of
        leaving. A measure that the study does not hold is NaN. Of several muscle tests the one with the most muscle groups
        is taken.

    Raises
    ------
    DataError
        If none of the measures was taken.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> deterioration_visits(saito2008.load_study())
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: not measured.
    """
    codes = _codes(study)
    tables = {measure: study.values(code) for measure, code in codes.items()}
    weeks = sorted({week for code in codes.values() for week in study.protocol.weeks_of(code) if week > 0})
    parts = [pd.DataFrame({measure: study.baseline(code) for measure, code in codes.items()}).assign(week=0)]
    for week in weeks:
        found = {measure: values[week] for measure, values in tables.items() if week in values}
        parts.append(pd.DataFrame(found, index=study.ids).assign(week=week))
    rows = pd.concat(parts).rename_axis("patient").reset_index().reindex(columns=["patient", "week", *_NAMES])
    rows = rows[rows[list(codes)].notna().any(axis=1)].astype(dict.fromkeys(_NAMES, float))
    place = rows["patient"].map({patient: position for position, patient in enumerate(study.ids)})
    ordered = rows.assign(place=place).sort_values(["place", "week"], ignore_index=True).drop(columns="place")
    return until_leaving(study, ordered, codes.values())


_NAMES = ("physician_global", "patient_global", "mmt", "haq", "extramuscular")


def _codes(study: Study) -> dict[str, str]:
    """Return the code of each of the five measures that the study holds."""
    scales = {measure: scale.code for measure, scale in SCALES.items()}
    held = {measure: code for measure, code in scales.items() if len(study.rows(code))}
    test = _muscle_test(study)
    held |= {} if test is None else {"mmt": test.code}
    if not held:
        raise DataError(["not measured."])
    return held


def _muscle_test(study: Study) -> Instrument | None:
    return next((test for test in MUSCLE_TESTS if len(study.rows(test.code))), None)


def study_deterioration(study: Study, rule: DeteriorationRule = PRODERM) -> pd.DataFrame:
    """Find the first confirmed deterioration of each patient of a study.

    Parameters
    ----------
    study : Study
        A study that holds at least one of the five measures other than the enzyme.
    rule : DeteriorationRule, default `core_set.PRODERM`
        The rule. Where it leaves them open, the scheduled weeks and the endpoint week are the protocol's.

    Returns
    -------
    pandas.DataFrame
        As of `core_set.find_deterioration`, one row for each patient who was seen.

    Raises
    ------
    DataError
        If none of the measures was taken.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> study_deterioration(saito2008.load_study())
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: not measured.
    """
    codes = list(_codes(study).values())
    weeks = tuple(sorted({week for code in codes for week in study.protocol.weeks_of(code) if week > 0}))
    planned = attrs.evolve(
        rule,
        scheduled_weeks=rule.scheduled_weeks or weeks or None,
        endpoint_week=planned_end(study, codes) if rule.endpoint_week is None else rule.endpoint_week,
    )
    test = _muscle_test(study)
    highest = test.maximum if test is not None and test.maximum is not None else MUSCLE_TESTS[1].maximum
    return find_deterioration(deterioration_visits(study), cast(float, highest), planned)


def _check_rule(rule: object) -> None:
    if not isinstance(rule, DeteriorationRule):
        refuse([Problem("'rule' must be of the kind DeteriorationRule", rule)])


@attrs.frozen
class Deterioration:
    """Whether a patient had a confirmed deterioration: an outcome, of which less is better.

    Parameters
    ----------
    rule : DeteriorationRule, default `core_set.PRODERM`
        When a patient has deteriorated.

    Notes
    -----
    A patient without a baseline, or without a visit after it, is excluded.

    Examples
    --------
    >>> Deterioration().name
    'deterioration'
    """

    rule: DeteriorationRule = PRODERM

    def __attrs_post_init__(self) -> None:
        _check_rule(self.rule)

    @property
    def name(self) -> str:
        """``"deterioration"``."""
        return "deterioration"

    @property
    def paramcd(self) -> str:
        """The code of the outcome in a data set."""
        return "DETER"

    def observe(self, study: Study) -> Responses:
        """Tell who deteriorated."""
        found = study_deterioration(study, self.rule).set_index("patient").reindex(study.ids)
        status = found["status"].fillna("no baseline").astype(str)
        unknown = status.isin(["no baseline", "no visit"])
        happened = (status == "confirmed").astype("boolean").mask(unknown)
        why = [_why(row) for row in found.assign(status=status).to_dict("records")]
        return Responses(happened.rename(None), None, pd.Series(why, study.ids), "excluded")


def _why(row: Mapping[Any, Any]) -> str:
    """Say what of a deterioration a reader should know."""
    status = str(row["status"])
    if status == "confirmed":
        return f"confirmed in week {row['confirmed_week']:g}: {row['criterion']}"
    if status == "unconfirmed":
        return f"unconfirmed in week {row['unconfirmed_week']:g}"
    return "" if status == "none" else status if status == "no baseline" else "no value after baseline"


def _outcome(outcome: str | Outcome) -> Outcome:
    if isinstance(outcome, str):
        return Improvement(cast(Literal["minimal", "moderate", "major"], outcome))
    if not (isinstance(getattr(outcome, "name", None), str) and callable(getattr(outcome, "observe", None))):
        refuse([Problem("'outcome' must be a category of improvement, or have a name and a method 'observe'", outcome)])
    return outcome


@attrs.frozen
class WithoutDeterioration:
    """A response without a confirmed deterioration: an outcome that is composed of two.

    Parameters
    ----------
    outcome : {"minimal", "moderate", "major"} or Outcome
        The response: a category of the Total Improvement Score, or any outcome of which patients respond or do not.
    rule : DeteriorationRule, default `core_set.PRODERM`
        When a patient has deteriorated: who has does not respond, also where the response is not known.

    References
    ----------
    Aggarwal R, et al. N Engl J Med 2022;387:1264 (ProDERM): minimal improvement at week 16 without confirmed deterioration.

    Examples
    --------
    >>> WithoutDeterioration("minimal").name
    'TIS.minimal.without_deterioration'
    """

    outcome: Outcome = attrs.field(default=Improvement("minimal"), converter=_outcome)
    rule: DeteriorationRule = PRODERM

    def __attrs_post_init__(self) -> None:
        _check_rule(self.rule)

    @property
    def name(self) -> str:
        """The name of the response, and ``".without_deterioration"``."""
        return f"{self.outcome.name}.without_deterioration"

    @property
    def paramcd(self) -> str:
        """The code of the outcome in a data set."""
        code = getattr(self.outcome, "paramcd", "".join(each for each in self.outcome.name.upper() if each.isalnum()))
        return f"{code[:6]}WD"

    @property
    def missing(self) -> str | None:
        """How the response counts patients without a value."""
        found: str | None = getattr(self.outcome, "missing", None)
        return found

    def observe(self, study: Study) -> Responses:
        """Tell who responded and did not deteriorate."""
        response = self.outcome.observe(study)
        if not isinstance(response, Responses):
            raise DataError([f"{self.outcome.name!r} must tell who responded."])
        worse = Deterioration(self.rule).observe(study).of(response.responded.index)
        failed = worse.responded.fillna(False).astype(bool)
        why = pd.Series(np.where(failed, "deterioration " + worse.why, response.why), response.why.index)
        return attrs.evolve(response, responded=response.responded.mask(failed, False), grades=None, why=why)
