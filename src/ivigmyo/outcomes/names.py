"""Outcomes over time by their names."""

from __future__ import annotations

import re
from collections.abc import Callable

from ivigmyo.outcomes.over_time import SustainedResponse, TimeToResponse
from ivigmyo.outcomes.skin import SKIN_SIGNS, SkinSign
from ivigmyo.outcomes.worsening import Deterioration, WithoutDeterioration
from ivigmyo.study import Outcome

__all__ = ["outcome_named"]

_FROM = r"(?:\.from\.(?P<threshold>[0-9]+(?:\.[0-9]+)?))?"
_SUSTAINED = re.compile(rf"TIS\.sustained\.(?P<week>[0-9]+)(?:\.with\.(?P<also_in>[0-9]+(?:\.[0-9]+)*?))?{_FROM}")
_TIME = re.compile(rf"TIS\.time_to_response(?:\.confirmed\.(?P<confirm>[0-9]+))?{_FROM}")
_COMPOSED = ".without_deterioration"


def outcome_named(name: str, inner: Callable[[str], Outcome | None]) -> Outcome | None:
    """Make the outcome of a name; `inner` makes the response of one without deterioration. None where there is none.

    Examples
    --------
    >>> outcome_named("TIS.sustained.25.with.17.21", lambda name: None)
    SustainedResponse(week=25, also_in=(17, 21), threshold=None, missing='non-response')
    """
    if name == Deterioration().name:
        return Deterioration()
    for sign in SKIN_SIGNS:
        if name == SkinSign(sign).name:
            return SkinSign(sign)
    if name.endswith(_COMPOSED):
        response = inner(name.removesuffix(_COMPOSED))
        return None if response is None else WithoutDeterioration(response)
    if found := _SUSTAINED.fullmatch(name):
        others = tuple(map(int, (found["also_in"] or "").split("."))) if found["also_in"] else ()
        return SustainedResponse(int(found["week"]), others, _number(found["threshold"]))
    if found := _TIME.fullmatch(name):
        return TimeToResponse(_number(found["threshold"]), int(found["confirm"] or 1))
    return None


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)
