"""Which outcomes a study is analysed by: those its protocol names, or one of each kind that its data allow."""

from __future__ import annotations

from collections.abc import Iterator

from ivigmyo.core_set import CORE_SET_INSTRUMENTS
from ivigmyo.instruments import CK
from ivigmyo.outcomes.criteria import Improvement, NormalDays, NormalDuration, Normalization, Reactions
from ivigmyo.outcomes.endpoint import Change, Endpoint
from ivigmyo.outcomes.over_time import TimeToResponse
from ivigmyo.response import RULES
from ivigmyo.study import Outcome, Study

__all__ = ["planned_outcomes"]


def planned_outcomes(study: Study) -> tuple[Outcome, ...]:
    """List the outcomes of a study.

    Parameters
    ----------
    study : Study
        A study.

    Returns
    -------
    tuple of Outcome
        Those of its protocol; where it names none, for each recorded measure its change and, where a rule is known, its
        response; the Total Improvement Score (with the time to response, where it can be followed over several visits),
        the duration of normal CK and adverse reactions where they are recorded; with arms also the time to normal CK and the
        days of normal CK up to the endpoint week.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> [outcome.name for outcome in planned_outcomes(saito2008.load_study())][:3]
    ['MMT.change', 'MMT.response', 'ADL.change']
    """
    return tuple(_usual(study)) if study.protocol.outcomes is None else study.protocol.outcomes


def _usual(study: Study) -> Iterator[Outcome]:
    recorded = [instrument for instrument in study.instruments if len(study.rows(instrument.code))]
    rules = {**RULES, **study.protocol.rules}
    for instrument in recorded:
        # Between arms, CK is compared on the ln scale only: its raw changes are those of a few patients.
        yield Change(instrument.code, scale="ln" if instrument.has_uln else "raw")
        if instrument.code in rules:
            yield Endpoint(instrument.code, rules[instrument.code])
    core_set = {instrument.code for instrument in CORE_SET_INSTRUMENTS if not instrument.has_uln}
    if core_set & {instrument.code for instrument in recorded}:
        yield from (Improvement("minimal"), Improvement("moderate"), Improvement("major"))
        if len({week for code in core_set for week in _weeks_seen(study, code)}) > 1:
            yield TimeToResponse()
    codes = [instrument.code for instrument in recorded]
    if CK.code in codes or any(patient.follow_up is not None for patient in study.patients):
        yield NormalDuration()
        if study.arms:
            yield from (Normalization(), NormalDays())
    if any(patient.adverse_events is not None for patient in study.patients):
        yield Reactions()


def _weeks_seen(study: Study, code: str) -> Iterator[int]:
    """Yield the scheduled weeks after 0 in which a measure was taken."""
    weeks = set(study.rows(code)["week"].dropna())
    yield from (week for week in study.protocol.weeks_of(code) if week > 0 and week in weeks)
