"""The measures of a study and the rules that grade them, as the table `measures` states them, and written again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from ivigmyo.errors import Problem, spell
from ivigmyo.files.cells import Column, read_cells
from ivigmyo.files.outcomes import rules_of
from ivigmyo.files.rows import Rows
from ivigmyo.instruments import Instrument
from ivigmyo.response import RULES, CKThresholds, ScoreThresholds
from ivigmyo.study import Study
from ivigmyo.study.plan import BUILT_IN, Rule

__all__ = ["Measures", "read_measures", "unwritable_measures", "write_measures"]


@attrs.frozen
class Measures:
    """What the table `measures` states.

    Parameters
    ----------
    known : dict of str to Instrument
        The measures that values may be of, beside the built-in ones.
    planned : tuple of Instrument
        Those of them that the protocol names.
    rules : dict of str to Rule
        The rules by code.
    """

    known: dict[str, Instrument] = attrs.field(factory=dict)
    planned: tuple[Instrument, ...] = ()
    rules: dict[str, Rule] = attrs.field(factory=dict)


_OF_RULE = ("rule", "marked", "improved", "worsened")


def read_measures(rows: Rows | None) -> Measures:
    """Read the table `measures`: a row of a built-in measure that has only a rule says how that one is graded."""
    found = Measures()
    if rows is None:
        return found
    planned: list[Instrument] = []
    seen: set[str] = set()
    for row in rows.sound_rows():
        code = rows["measure"][row]
        if code in seen:
            rows.note(row, Problem("a measure must appear once", code, column="measure"))
            continue
        seen.add(code)
        if (instrument := _read_instrument(rows, row, code)) is not None:
            found.known[code] = instrument
            if _is_planned(rows, row):
                planned.append(instrument)
        if (rule := _read_rule(rows, row, code)) is not None:
            found.rules[code] = rule
    return attrs.evolve(found, planned=tuple(planned))


def _is_planned(rows: Rows, row: int) -> bool:
    if rows["planned"][row] is not None:
        return bool(rows["planned"][row])
    filled = [name for name, cells in rows.cells.items() if cells[row] is not None and name != "measure"]
    return not filled or any(name not in _OF_RULE for name in filled)


def _read_instrument(rows: Rows, row: int, code: str) -> Instrument | None:
    """Make the instrument of a row, on the ground of the built-in one of its code if there is one."""
    cells = {name: rows[name][row] for name in ("name", "unit", "minimum", "maximum", "minimum_possible", "has_uln")}
    given = {name: cell for name, cell in cells.items() if cell is not None}
    better = rows["better"][row]
    if better is not None:
        if better.lower() not in ("higher", "lower"):
            rows.note(row, Problem("'better' must be one of 'higher', 'lower'", better, column="better"))
            return None
        given["higher_is_better"] = better.lower() == "higher"
    if rows["units"][row] is not None:
        given["units"] = _read_units(rows, row, rows["units"][row])
    for needed in ("name", "unit") if code not in BUILT_IN else ():
        if needed not in given:
            rule = f"{needed!r} must not be empty where the measure is not built in"
            rows.note(row, Problem(rule, record=f"for measure {spell(code)}", column=needed))
    if not rows.sound(row):
        return None
    if code in BUILT_IN:
        return rows.build(row, lambda: attrs.evolve(BUILT_IN[code], **given))
    return rows.build(row, Instrument, code, **given)


def _read_units(rows: Rows, row: int, parts: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    units = []
    for part in parts:
        unit, _, factor = part.rpartition("=")
        (number, *_), problems = read_cells([factor.strip()], Column("units", "number"))
        if problems or number is None or not unit.strip():
            rows.note(row, Problem("'units' must be such as 'microkat/L = 60'", part, column="units"))
        else:
            units.append((unit.strip(), number))
    return tuple(units)


_RULES: Mapping[str, Callable[..., Rule]] = {"score": ScoreThresholds, "ratio": CKThresholds}


_THRESHOLDS = ("marked", "improved", "worsened")


def _read_rule(rows: Rows, row: int, code: str) -> Rule | None:
    kind = rows["rule"][row]
    given = {name: rows[name][row] for name in _THRESHOLDS if rows[name][row] is not None}
    if kind is None:
        for name in given:
            rows.note(row, Problem(f"{name!r} needs 'rule'", given[name], column=name))
        return None
    if kind.lower() not in _RULES:
        rows.note(row, Problem("'rule' must be one of 'score', 'ratio'", kind, column="rule"))
        return None
    kind = kind.lower()
    # points mean something on their own scale only: those of one measure are no default for another
    needed = [name for name in _THRESHOLDS if name not in given] if kind == "score" and _known_rule(code) != "score" else []
    for name in needed:
        rule = f"{name!r} must not be empty where the measure has no 'score' rule of its own"
        rows.note(row, Problem(rule, record=f"for measure {spell(code)}", column=name))
    if needed:
        return None
    try:
        return _RULES[kind](**given)
    except ValueError as error:
        rule, _, _ = str(error).partition(" (got ")
        column = next((name for name in _THRESHOLDS if rule.startswith(repr(name))), "rule")
        rows.note(row, Problem(rule, given.get(column), column=column))
        return None


def _known_rule(code: str) -> str | None:
    """Return the kind of the rule that a measure is graded by where nothing is stated."""
    return next((name for name, kind in _RULES.items() if type(RULES.get(code)) is kind), None)


def write_measures(study: Study) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table `measures`: those the protocol names, others that are recorded, and rules."""
    named = {instrument.code: instrument for instrument in study.protocol.measures or ()}
    others = {each.code: each for each in study.instruments if each != {**BUILT_IN, **named}.get(each.code)}
    rules = rules_of(study.protocol)
    for code, instrument in {**named, **others}.items():
        cells = {"measure": code, **_instrument_cells(instrument), **_rule_cells(rules.get(code))}
        yield cells | {"planned": None if code in named else False}
    for code, rule in rules.items():
        if code not in named and code not in others:
            yield {"measure": code, **_rule_cells(rule)}


def _instrument_cells(instrument: Instrument) -> dict[str, Any]:
    ground = BUILT_IN.get(instrument.code) or Instrument(instrument.code, "-", "-")
    cells: dict[str, Any] = {"name": instrument.name, "unit": instrument.unit}
    for name in ("minimum", "maximum", "minimum_possible", "has_uln"):
        if (value := getattr(instrument, name)) != getattr(ground, name):
            cells[name] = value
    if instrument.higher_is_better != ground.higher_is_better:
        cells["better"] = "higher" if instrument.higher_is_better else "lower"
    if instrument.units != ground.units:
        cells["units"] = "; ".join(f"{unit} = {spell(factor)}" for unit, factor in instrument.units) or "none"
    return cells


def _rule_cells(rule: Rule | None) -> dict[str, Any]:
    kind = next((name for name, kind in _RULES.items() if type(rule) is kind), None)
    return {} if kind is None else {"rule": kind, **{name: getattr(rule, name) for name in _THRESHOLDS}}


def unwritable_measures(study: Study) -> Iterator[Problem]:
    """Name what the table cannot hold of a study's measures and rules."""
    for code, rule in rules_of(study.protocol).items():
        if type(rule) not in _RULES.values():
            yield Problem("files cannot hold a rule that is no threshold", rule, f"for measure {spell(code)}")
    for instrument in study.instruments:
        ground = BUILT_IN.get(instrument.code)
        if (instrument.items, instrument.item_maximum) != ((ground.items, ground.item_maximum) if ground else ((), None)):
            yield Problem("files cannot hold a measure with items of its own", instrument.code)
        if ground is not None and instrument.maximum is None and ground.maximum is not None:
            yield Problem("files cannot hold a built-in measure without its maximum", instrument.code)
