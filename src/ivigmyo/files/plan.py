"""The protocol as the table `study` states it, put together with one that is given, and written again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

import attrs

from ivigmyo.errors import DataError, Problem, spell
from ivigmyo.files.cells import Column, read_cells
from ivigmyo.files.columns import nearest
from ivigmyo.files.measures import unwritable_measures
from ivigmyo.files.outcomes import named_outcome, unnamed_outcomes
from ivigmyo.files.rows import Rows
from ivigmyo.instruments import Instrument
from ivigmyo.study import Study
from ivigmyo.study.inference import infer
from ivigmyo.study.patients import repeated
from ivigmyo.study.plan import Conduct, Course, Eligibility, Protocol, SteroidRules, primary_problem

__all__ = ["KEYS", "Stated", "merge", "read_plan", "resolve", "unwritable", "write_plan"]

_Kind: TypeAlias = Literal["text", "number", "whole", "weeks", "texts"]

_WEEKS, _ONE_MEASURE = "scheduled_weeks", "scheduled_weeks "

_PLAN: Mapping[str, _Kind] = {
    "scheduled_weeks": "weeks",
    "endpoint_week": "whole",
    "comparison_weeks": "weeks",
    "week_window": "whole",
    "week_day_distance": "whole",
    "outcomes": "texts",
    "primary": "text",
    "control": "text",
    "strata": "texts",
    "off_schedule": "text",
    "population": "text",
    "inferred": "texts",
}
"""The keys that are fields of a protocol of their own."""

_CONDUCT: Mapping[str, tuple[str, str, _Kind]] = {
    "minimum_age": ("eligibility", "minimum_age", "number"),
    "maximum_age": ("eligibility", "maximum_age", "number"),
    "maximum_mmt": ("eligibility", "maximum_mmt", "number"),
    "maximum_mmt_gain": ("eligibility", "maximum_mmt_gain", "number"),
    "minimum_dose": ("eligibility", "minimum_dose", "number"),
    "minimum_dose_per_kg": ("eligibility", "minimum_dose_per_kg", "number"),
    "exclusion_conditions": ("eligibility", "exclusion_conditions", "texts"),
    "course_treatment": ("course", "treatment", "text"),
    "course_days": ("course", "days", "whole"),
    "course_dose": ("course", "dose", "number"),
    "course_unit": ("course", "unit", "text"),
    "course_number": ("course", "number", "whole"),
    "course_interval": ("course", "interval", "whole"),
    "steroid_max_reduction": ("steroid_rules", "max_reduction", "number"),
    "steroid_within_days": ("steroid_rules", "within_days", "number"),
    "prohibited_treatments": ("", "prohibited_treatments", "texts"),
}
"""The keys of conduct: the part of it, the field of that part, and what is written there."""

_PARTS: Mapping[str, Any] = {"eligibility": Eligibility, "course": Course, "steroid_rules": SteroidRules}

KEYS: tuple[str, ...] = ("title", "source", *(key for key in _PLAN if key != "inferred"), *_CONDUCT)
"""The keys of the table `study`, apart from ``scheduled_weeks`` with the code of a measure."""


@attrs.frozen
class Stated:
    """What the tables state of a protocol: its fields, and the row of the table `study` that states each.

    Parameters
    ----------
    fields : dict of str to object
        The fields that are stated, as arguments of a `Protocol`.
    described : dict of str to str
        The study's title and source.
    rows : dict of str to int
        The row of each key.
    """

    fields: dict[str, Any] = attrs.field(factory=dict)
    described: dict[str, str] = attrs.field(factory=dict)
    rows: dict[str, int] = attrs.field(factory=dict)


def read_plan(rows: Rows | None) -> Stated:
    """Read the table `study`: its title, its source and what it states of the protocol."""
    stated = Stated()
    values: dict[str, Any] = {}
    for row, key in enumerate(rows["key"]) if rows is not None else ():
        if rows is None or key is None or not rows.sound(row):
            continue
        if key in stated.rows:
            rows.note(row, Problem("a key must appear once", key, column="key"))
            continue
        stated.rows[key] = row
        text = rows["value"][row]
        if key in ("title", "source"):
            stated.described[key] = text or ""
        elif _kind(key) is None:
            meant = nearest(key, KEYS)
            rows.note(row, Problem(f"the key is not known; the nearest is {spell(meant)}", key, column="key"))
        elif text is not None:
            values[key] = _read_value(rows, row, key, text)
    fields = {key: value for key, value in values.items() if key in _PLAN and value is not None}
    weeks = {key.removeprefix(_ONE_MEASURE): each for key, each in values.items() if key.startswith(_ONE_MEASURE)}
    if weeks:
        others = {"": fields[_WEEKS]} if _WEEKS in fields else {}
        fields[_WEEKS] = {code: own for code, own in (others | weeks).items() if own is not None}
    conduct = _read_conduct(rows, stated, {key: value for key, value in values.items() if key in _CONDUCT})
    if conduct is not None:
        fields["conduct"] = conduct
    if rows is not None:
        fields = _possible(rows, stated, fields)
    return attrs.evolve(stated, fields=fields)


def _kind(key: str) -> _Kind | None:
    if key.startswith(_ONE_MEASURE):
        return "weeks"
    return _PLAN[key] if key in _PLAN else _CONDUCT[key][2] if key in _CONDUCT else None


def _read_value(rows: Rows, row: int, key: str, text: str) -> Any:
    """Read one value by its kind; None where it is none, which is noted."""
    kind = _kind(key)
    listed = kind in ("weeks", "texts")
    parts = [part.strip() for part in text.split(";") if part.strip()] if listed else [text]
    parts = [] if listed and text.casefold() == "none" else parts
    column = Column(key, "whole" if kind in ("weeks", "whole") else "number" if kind == "number" else "text")
    values, problems = read_cells(parts, column)
    if kind == "weeks" and "," in text:
        rows.note(row, Problem(f"{key!r} must be whole numbers with semicolons between them", text, column="value"))
        return None
    for problem in problems.values():
        rows.note(row, attrs.evolve(problem, column="value"))
    return None if problems else tuple(values) if listed else values[0]


def _read_conduct(rows: Rows | None, stated: Stated, values: Mapping[str, Any]) -> Conduct | None:
    """Put the parts of conduct together; one of which nothing is stated is None."""
    parts: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        part, name, _ = _CONDUCT[key]
        if value is not None:
            parts.setdefault(part, {})[name] = value
    if rows is None or not parts:
        return None
    made: dict[str, Any] = dict(parts.pop("", {}))
    for part, fields in parts.items():
        keys = {name: key for key, (own, name, _) in _CONDUCT.items() if own == part}
        try:
            made[part] = _PARTS[part](**fields)
        except DataError as error:
            for problem in error.problems:
                _note(
                    rows,
                    stated,
                    keys.get(problem.column or "", next(key for key in keys.values() if key in values)),
                    problem,
                )
    return Conduct(**made)


def _note(rows: Rows, stated: Stated, key: str, problem: Problem) -> None:
    """Note a problem of a key in its row."""
    row = stated.rows.get(key)
    if row is None:
        row = next((own for name, own in stated.rows.items() if name.startswith(key)), 0)
    rule = problem.rule if problem.column in (None, key) else problem.rule.replace(repr(problem.column), repr(key))
    if key.startswith("steroid_"):
        rule = rule.replace("'max_reduction'", "'steroid_max_reduction'").replace("'within_days'", "'steroid_within_days'")
    rows.note(row, attrs.evolve(problem, rule=rule, column="value"))


def _possible(rows: Rows, stated: Stated, fields: dict[str, Any]) -> dict[str, Any]:
    """Keep the fields that a protocol admits, noting those that it does not."""
    apart = {name: value for name, value in fields.items() if name not in ("outcomes", "primary", "conduct")}
    try:
        Protocol(**apart)
    except DataError as error:
        for problem in error.problems:
            _note(rows, stated, problem.column or _WEEKS, problem)
        return {name: value for name, value in fields.items() if name not in apart}
    return fields


def resolve(stated: Stated, rows: Rows | None, measures: Mapping[str, Instrument]) -> None:
    """Make outcomes of their names, in place: the rules of measures go into them."""
    names = stated.fields.pop("outcomes", None)
    if names is None or rows is None:
        return
    rules = stated.fields.pop("rules", {})
    found = {name: named_outcome(name, measures, rules) for name in names}
    kinds = "a measure's change or response (of a measure with a rule), TIS.minimal, duration, reactions"
    for name, outcome in found.items():
        if outcome is None:
            _note(rows, stated, "outcomes", Problem(f"'outcomes' must be names of outcomes ({kinds})", name))
    for name, _ in repeated(names):
        _note(rows, stated, "outcomes", Problem("an outcome must be named once", name))
    kept = tuple(outcome for outcome in found.values() if outcome is not None)
    primary = stated.fields.get("primary")
    if primary is not None and primary not in found:
        _note(rows, stated, "primary", primary_problem(names, primary))
        del stated.fields["primary"]
    if len(kept) == len(names):
        stated.fields["outcomes"] = kept


def merge(given: Protocol | None, stated: Stated, rows: Rows | None) -> Protocol:
    """Put a protocol together field by field: what is given, else what the tables state; where both differ, it is noted."""
    told = Protocol(**stated.fields)
    if given is None:
        return told

    def disagree(key: str, own: object) -> None:
        if rows is not None:
            rule = f"{key!r} must be that of the argument 'protocol', {_shown(own)}"
            row = next((row for name, row in stated.rows.items() if name == key or name.startswith(f"{key} ")), 0)
            rows.note(row, Problem(rule, rows["value"][row], column="value"))

    blank = {name: getattr(Protocol(), name) for name in given.inferred or ()}
    merged: Protocol = _merge(attrs.evolve(given, **blank, inferred=None), told, Protocol(), "", disagree)
    # What was inferred before stays as it was, unless the tables state it.
    kept = [name for name in blank if getattr(merged, name) == blank[name]]
    return attrs.evolve(merged, **{name: getattr(given, name) for name in kept}, inferred=kept if kept else None)


def _merge(given: Any, told: Any, blank: Any, part: str, disagree: Callable[[str, object], None]) -> Any:
    keys = {(own, name): key for key, (own, name, _) in _CONDUCT.items()}
    found: dict[str, Any] = {}
    for field in attrs.fields(type(given)):
        name = field.name
        own, other, none = (getattr(each, name) for each in (given, told, blank))
        if name == "inferred" or other in (none, own):
            continue
        if own == none:
            found[name] = other
        elif name in ("measures", "rules"):
            found[name] = _joined(own, other)
        elif isinstance(own, Conduct | Eligibility | Course | SteroidRules):
            found[name] = _merge(own, other, type(own)(), "" if name == "conduct" else name, disagree)
        else:
            disagree(keys.get((part, name)) or name, own)
    return attrs.evolve(given, **found)


def _joined(own: Any, other: Any) -> Any:
    """Join measures, or rules: those that are given, then those of the tables whose codes are not among them."""
    if isinstance(own, tuple):
        codes = {instrument.code for instrument in own}
        return (*own, *(instrument for instrument in other if instrument.code not in codes))
    return {**other, **own}


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{code or 'all others'}: {_shown(own)}" for code, own in value.items())
    if isinstance(value, tuple) and value and hasattr(value[0], "observe"):
        return "; ".join(outcome.name for outcome in value)
    return "; ".join(_shown(each) for each in value) if isinstance(value, tuple) else spell(value)


def write_plan(study: Study) -> Iterator[tuple[str, str | float]]:
    """Yield the rows of the table `study`; what may be inferred again is left out."""
    for key in ("title", "source"):
        if text := getattr(study, key):
            yield key, text
    protocol, blank = study.protocol, Protocol()
    bare = attrs.evolve(protocol, **{name: getattr(blank, name) for name in protocol.inferred or ()}, inferred=None)
    again = infer(bare, study.patients)
    if (again, again.inferred) == (protocol, protocol.inferred):
        protocol = bare
    for name in _PLAN:
        value = getattr(protocol, name)
        if name == _WEEKS and isinstance(value, Mapping):
            for code, weeks in value.items():
                yield f"{_ONE_MEASURE}{code}".strip(), _text(weeks)
        elif name == "inferred" and not value:
            continue
        elif name == "outcomes" and protocol.outcomes is not None:
            yield name, _text(tuple(outcome.name for outcome in protocol.outcomes))
        elif value != getattr(blank, name):
            yield name, _text(value)
    yield from _write_conduct(protocol.conduct)


def _write_conduct(conduct: Conduct | None) -> Iterator[tuple[str, str | float]]:
    for key, (part, name, _) in _CONDUCT.items() if conduct is not None else ():
        owner = getattr(conduct, part) if part else conduct
        value = None if owner is None else getattr(owner, name)
        if value not in (None, ()) and (key == "course_treatment" or value != getattr(_default(part), name)):
            yield key, _text(value)


def _default(part: str) -> Any:
    return _PARTS[part]() if part else Conduct()


def _text(value: Any) -> str | float:
    if isinstance(value, tuple):
        return "; ".join(str(_text(each)) for each in value) or "none"
    text: str | float = value
    return text


def unwritable(study: Study) -> Iterator[Problem]:
    """Name what files cannot hold of a study's protocol."""
    protocol = study.protocol
    yield from unnamed_outcomes(protocol)
    yield from unwritable_measures(study)
    texts = {"strata": protocol.strata}
    if protocol.conduct is not None:
        texts["prohibited_treatments"] = protocol.conduct.prohibited_treatments
        if protocol.conduct.eligibility is not None:
            texts["exclusion_conditions"] = protocol.conduct.eligibility.exclusion_conditions
        if protocol.conduct == Conduct() or any(
            getattr(protocol.conduct, name) == kind() for name, kind in _PARTS.items() if name != "course"
        ):
            yield Problem("files cannot hold a part of 'conduct' that states nothing: None says the same")
    for key, listed in texts.items():
        for text in listed:
            if ";" in text or text.casefold() == "none":
                yield Problem(f"files cannot hold a semicolon or 'none' in {key!r}", text)
