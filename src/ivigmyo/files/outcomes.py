"""Outcomes by their names, as the key `outcomes` of the table `study` lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ivigmyo.errors import Problem, spell
from ivigmyo.instruments import Instrument
from ivigmyo.outcomes import (
    Change,
    Deterioration,
    Endpoint,
    Improvement,
    NormalDays,
    NormalDuration,
    Normalization,
    Reactions,
    SkinSign,
    SustainedResponse,
    TimeToResponse,
    WithoutDeterioration,
    outcome_named,
)
from ivigmyo.response import RULES
from ivigmyo.study import Outcome, Protocol, Rule
from ivigmyo.study.plan import BUILT_IN

__all__ = ["named_outcome", "rules_of", "unnamed_outcomes"]

_NAME = re.compile(r"(.+)\.(change|response)(?:\.([0-9]+))?")
_HORIZON = re.compile(r"CK\.normal_days\.([0-9]+(?:\.[0-9]+)?)")
_OTHERS: tuple[Outcome, ...] = (
    Improvement("minimal"),
    Improvement("moderate"),
    Improvement("major"),
    NormalDuration(),
    Normalization(),
    NormalDays(),
    Reactions(),
)
_OVER_TIME = (Deterioration, SkinSign, SustainedResponse, TimeToResponse, WithoutDeterioration)


def named_outcome(name: str, measures: Mapping[str, Instrument], rules: Mapping[str, Rule]) -> Outcome | None:
    """Make the outcome of a name, as a study without `outcomes` would have it; None where there is none of this name.

    Examples
    --------
    >>> named_outcome("MMT.response.8", BUILT_IN, {}).week
    8
    """
    for outcome in _OTHERS:
        if outcome.name == name:
            return outcome
    if (over_time := outcome_named(name, lambda inner: named_outcome(inner, measures, rules))) is not None:
        return over_time
    if (horizon := _HORIZON.fullmatch(name)) is not None:
        return NormalDays(float(horizon[1]))
    if (parts := _NAME.fullmatch(name)) is None or parts[1] not in measures:
        return None
    code, week = parts[1], None if parts[3] is None else int(parts[3])
    if parts[2] == "change":
        return Change(code, week, scale="ln" if measures[code].has_uln else "raw")
    known = {**RULES, **rules}
    return Endpoint(code, known[code], week) if code in known and week != 0 else None


def rules_of(protocol: Protocol) -> dict[str, Rule]:
    """Return the rule of each measure that is not graded by the built-in one, from the outcomes if there are such."""
    if protocol.outcomes is None:
        return dict(protocol.rules)
    endpoints = [outcome for outcome in protocol.outcomes if isinstance(outcome, Endpoint)]
    return {each.code: each.rule for each in endpoints if each.rule != RULES.get(each.code)}


def unnamed_outcomes(protocol: Protocol) -> Iterator[Problem]:
    """Name the outcomes that their names, and the rules of measures, do not tell."""
    measures = {**BUILT_IN, **{instrument.code: instrument for instrument in protocol.measures or ()}}
    rules = rules_of(protocol)
    for outcome in protocol.outcomes or ():
        if not isinstance(outcome, (Change, Endpoint, *_OVER_TIME, *map(type, _OTHERS))):
            yield Problem("files cannot hold an outcome of one's own", outcome.name)
        elif isinstance(outcome, (Change, Endpoint)) and outcome.code not in measures:
            yield Problem(f"'measures' must name {spell(outcome.code)}, which is not built in", outcome.name)
        elif outcome != named_outcome(outcome.name, measures, rules):
            yield Problem(
                "files cannot hold an outcome with strategies, a scale or a rule that its name does not tell", outcome.name
            )
