"""What a protocol leaves open, inferred from the recorded weeks where nothing is left to choose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import attrs

from ivigmyo.study.patients import Patient
from ivigmyo.study.plan import Protocol

__all__ = ["infer", "last_weeks"]


def _recorded(patients: Iterable[Patient]) -> dict[str, dict[int, set[str]]]:
    """List the patients with a value, by week and measure, of the measures without a limit of normal if there are such."""
    scores: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    tests: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for patient in patients:
        for visit in patient.visits:
            if visit.week is not None:
                for each in visit.assessments:
                    kept = tests if each.instrument.has_uln else scores
                    kept[each.instrument.code][visit.week].add(patient.id)
    return scores or tests


def _all_weeks(patients: Iterable[Patient]) -> set[int]:
    return {visit.week for patient in patients for visit in patient.visits if visit.week is not None}


def infer(protocol: Protocol, patients: tuple[Patient, ...]) -> Protocol:
    """Fill what may be inferred: the endpoint week and the scheduled weeks; `Protocol.inferred` names the fields filled."""
    if protocol.inferred is not None or protocol.all_weeks:
        return attrs.evolve(protocol, inferred=protocol.inferred or ())
    if protocol.endpoint_week is not None:
        return _up_to(protocol, patients, protocol.endpoint_week, ("scheduled_weeks",))
    recorded = _recorded(patients)
    endpoint = None if any(patient.arm is not None for patient in patients) else _endpoint(recorded, patients)
    if endpoint is not None:
        found = attrs.evolve(protocol, endpoint_week=endpoint)
        return _up_to(found, patients, endpoint, ("scheduled_weeks", "endpoint_week"))
    weeks = {week for own in recorded.values() for week in own}
    return attrs.evolve(protocol, scheduled_weeks=weeks, inferred=("scheduled_weeks",) if weeks else ())


def _up_to(protocol: Protocol, patients: Iterable[Patient], endpoint: int, inferred: tuple[str, ...]) -> Protocol:
    weeks = {week for week in _all_weeks(patients) if week <= endpoint} | {endpoint}
    return attrs.evolve(protocol, scheduled_weeks=weeks, inferred=inferred)


def _endpoint(recorded: dict[str, dict[int, set[str]]], patients: Iterable[Patient]) -> int | None:
    """Find the one last week in which every patient who has not left has a value; None where there is a choice."""
    lasts = {max(weeks) for weeks in recorded.values() if max(weeks) > 0}
    if len(lasts) != 1:
        return None
    last = lasts.pop()
    seen = {patient for weeks in recorded.values() for patient in weeks.get(last, ())}
    stayed = {patient.id for patient in patients if patient.discontinued_on is None}
    return last if stayed and stayed <= seen else None


def last_weeks(patients: Iterable[Patient]) -> dict[int, int]:
    """Count the patients with a value in each week that is the last recorded one of any of them."""
    seen: dict[int, set[str]] = defaultdict(set)
    for weeks in _recorded(patients).values():
        for week, names in weeks.items():
            seen[week] |= names if week > 0 else set()
    lasts = {max(week for week, names in seen.items() if name in names) for name in set().union(*seen.values())}
    return {week: len(seen[week]) for week in sorted(lasts)}
