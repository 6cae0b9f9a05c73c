"""The rows of the assessments -> the visits of each patient, item scores added up and units converted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.display import counted
from ivigmyo.errors import Problem, spell
from ivigmyo.files.cells import Bound
from ivigmyo.files.rows import Rows
from ivigmyo.instruments import Instrument
from ivigmyo.normalization import find_contradictions
from ivigmyo.study.patients import Assessment, FollowUp, Visit, time_problems

__all__ = ["Samples", "check_agreement", "check_times", "read_samples"]

_Key: TypeAlias = tuple[str, int | None, int | None, str]
_Floats: TypeAlias = npt.NDArray[np.float64]


def _numbers(cells: Sequence[float | None]) -> _Floats:
    return np.array(cells, dtype=float)  # None becomes NaN


def check_times(rows: Rows, consents: Mapping[str, int], follow_ups: Mapping[str, FollowUp], week_day_distance: int) -> None:
    """Note rows without a time, with a week and a day far apart, or outside the time the patient was watched.

    Where only the week is known, the visit is taken to lie anywhere within `week_day_distance` days of its first day.
    """
    week, day = _numbers(rows["week"]), _numbers(rows["day"])
    with np.errstate(invalid="ignore"):
        nominal = np.where(np.isnan(day), 7 * week, day)
        slack = np.where(np.isnan(day), float(week_day_distance), 0.0)
        consent = _by_patient(rows, consents)
        until = _by_patient(rows, {name: each.observed_until for name, each in follow_ups.items()})
        doubtful = np.isnan(nominal) | (np.abs(week) > 5000) | (np.abs(day) > 35_000)
        distance = np.abs(day - 7 * week)
        apart = distance > week_day_distance
        early, late = nominal + slack < consent, nominal - slack > until
    of_many = _many_apart(distance[apart & ~doubtful & np.isfinite(distance)], week_day_distance)
    for row in np.flatnonzero(doubtful | apart | early | late).tolist():
        if rows.sound(row):
            known = int(week[row]) if week[row] == week[row] else None, int(day[row]) if day[row] == day[row] else None
            _note_time(rows, row, known, week_day_distance if apart[row] else None, of_many)
            column, got = ("week", known[0]) if known[1] is None else ("day", known[1])
            if early[row]:
                rule = f"{column!r} must be on or after the day of consent (day {spell(consent[row])})"
                rows.note(row, Problem(rule, got, column=column))
            if late[row]:
                rule = f"{column!r} must be within the monitoring (until day {spell(until[row])})"
                rows.note(row, Problem(rule, got, column=column))


_MANY_APART = 10
"""More rows than this whose day is far from their week are a fact of the table, and said as one."""


def _many_apart(distances: _Floats, allowed: int) -> str | None:
    """Say what would admit the rows whose day is far from their week, where there are many of them."""
    if len(distances) <= _MANY_APART:
        return None
    rule = f"'day' must lie within {counted(allowed, 'day')} of the first day of its week, 7 x 'week'"
    return (
        f"{rule}: a 'week_day_distance' of {spell(distances.max())} in the protocol admits all {len(distances)} that do not"
    )


def _note_time(
    rows: Rows, row: int, known: tuple[int | None, int | None], distance: int | None, of_many: str | None
) -> None:
    """Note what is wrong with a row's time; `distance` is the one allowed, where its day lies further from its week."""
    for problem in time_problems(*known):
        if problem is not None:
            rows.note(row, problem)
    week, day = known
    if rows.sound(row) and distance is not None and week is not None:
        rule = of_many or f"'day' must lie within {counted(distance, 'day')} of week {week} (day {7 * week})"
        rows.note(row, Problem(rule, day, column="day"))


def _by_patient(rows: Rows, known: Mapping[str, float]) -> _Floats:
    """Look up a number for the patient of each row; NaN where there is none."""
    if not known:
        return np.full(len(rows), np.nan)
    return np.array([known.get(name, np.nan) for name in rows["patient"]], dtype=float)


@attrs.define
class Samples:
    """The samples of a table of assessments: the rows that pass for each patient, week, day and measure.

    Parameters
    ----------
    visits : dict of str to list of Visit
        The visits by patient.
    values, ulns : numpy.ndarray
        The value and limit of each row in the unit of its measure; NaN in rows that stand for no sample.
    """

    visits: dict[str, list[Visit]]
    values: _Floats
    ulns: _Floats


def read_samples(rows: Rows, measures: Mapping[str, Instrument]) -> Samples:
    """Gather each patient's values into visits: those of one week and day.

    A row with a day alone belongs to the visit that another row records for that day; the items of a measure are added up,
    unless its total is given.
    """
    samples = _group(rows, measures)
    size = len(rows)
    factors, converted = _factors(rows, measures)
    with np.errstate(over="ignore"):  # what becomes infinite is refused as a value
        values, ulns = _numbers(rows["value"]) * factors, _numbers(rows["uln"]) * factors
    kept = np.zeros(size, dtype=bool)
    gathered: dict[str, dict[tuple[int | None, int | None], list[Assessment]]] = defaultdict(dict)
    counts: Counter[str] = Counter()
    made: dict[tuple[str, float, float | None, str | None], Assessment] = {}
    bounds = {row: cell.sign for row, cell in enumerate(rows["value"]) if isinstance(cell, Bound)}
    items = rows["item"]
    listed, limits = values.tolist(), [None if uln != uln else uln for uln in ulns.tolist()]
    for (name, week, day, code), sample in samples.items():
        first = sample[0]
        if len(sample) > 1 or items[first] is not None:
            chosen = _combine(rows, sample, measures[code])
            if chosen is None:
                continue
            first, value = chosen[0], chosen[1] * float(factors[chosen[0]])
        else:
            value = listed[first]
        if rows.wrong and not all(map(rows.sound, sample)):
            continue
        key = code, value, limits[first], bounds.get(first)
        assessment = made.get(key)  # values repeat, scores above all, and equal ones may be one
        if assessment is None:
            assessment = rows.build(first, Assessment, measures[code], *key[1:])
            if assessment is None:
                continue
            made[key] = assessment
        kept[first] = True
        values[first] = value
        if first in converted:
            counts[converted[first]] += 1
        visits = gathered[name]
        if (week, day) in visits:
            visits[week, day].append(assessment)
        else:
            visits[week, day] = [assessment]
    for conversion, count in counts.items():
        unit = conversion.split(" = ")[0].removeprefix("1 ")
        said = f"1 value in {unit} was" if count == 1 else f"{count} values in {unit} were"
        rows.findings.notes.append(f"{said} converted ({conversion}).")
    _say_bounds(rows, bounds, kept)
    times = {name: [Visit(*time, each) for time, each in visits.items()] for name, visits in gathered.items()}
    return Samples(times, np.where(kept, values, np.nan), np.where(kept, ulns, np.nan))


def _say_bounds(rows: Rows, bounds: Mapping[int, str], kept: npt.NDArray[np.bool_]) -> None:
    """Note how many values of each measure are bounds, and where the first stands."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, sign in bounds.items():
        if kept[row]:
            found[rows["measure"][row], sign].append(row)
    for (code, sign), own in found.items():
        values, first = "1 value" if len(own) == 1 else f"{len(own)} values", f"{sign}{spell(float(rows['value'][own[0]]))}"
        side = "below a limit of detection" if sign == "<" else "above what could be measured"
        said = f"{values} of {code} {side}, read as that bound (the first: {first} {rows.record(own[0])})"
        rows.findings.notes.append(f"{rows.table.name}: {said}.")


def _group(rows: Rows, measures: Mapping[str, Instrument]) -> dict[_Key, list[int]]:
    """Group rows by patient, week, day and measure; a row with a day alone belongs to the week recorded for that day."""
    names, weeks, days, codes = (rows[column] for column in ("patient", "week", "day", "measure"))
    recorded: dict[tuple[str, int, str], int] = {}
    anywhere: dict[tuple[str, int], int] = {}
    # In ADaM each parameter has visits of its own: one day may be of different weeks.
    apart = rows.table.details is not None
    sound = rows.sound_rows()
    for row in sound:
        if weeks[row] is not None and days[row] is not None:
            anywhere.setdefault((names[row], days[row]), weeks[row])
            first = recorded.setdefault((names[row], days[row], codes[row] if apart else ""), weeks[row])
            if first != weeks[row]:
                rule = f"day {days[row]} must belong to one week (week {first})"
                rows.note(row, Problem(rule, weeks[row], column="week"))
    samples: dict[_Key, list[int]] = {}
    dates: dict[tuple[str, int, str], int | None] = {}
    for row in sound:
        name, week, day, code = names[row], weeks[row], days[row], codes[row]
        if week is None:
            week = recorded.get((name, day, code if apart else ""))
            if week is None and apart:  # the visit that another parameter has on that day
                week = anywhere.get((name, day))
        if code not in measures:
            rows.note(row, Problem(f"'measure' must be one of {', '.join(map(spell, measures))}", code, column="measure"))
        elif week is not None and dates.setdefault((name, week, code), day) != day:
            rows.note(row, Problem(f"{code!r} must be assessed once a visit", rows["value"][row], column="measure"))
        elif (key := (name, week, day, code)) in samples:
            samples[key].append(row)
        else:
            samples[key] = [row]
    if not rows.wrong:
        return samples
    return {key: sample for key, sample in samples.items() if all(map(rows.sound, sample))}


def _factors(rows: Rows, measures: Mapping[str, Instrument]) -> tuple[_Floats, dict[int, str]]:
    """Find what converts each row to the unit of its measure, and what to say of the rows that it changes."""
    factors = np.ones(len(rows))
    converted: dict[int, str] = {}
    units = rows["unit"]
    if all(unit is None for unit in units):
        return factors, converted
    known: dict[tuple[str, str], float | None] = {}
    for row, (unit, code) in enumerate(zip(units, rows["measure"], strict=True)):
        if unit is None or code not in measures or not rows.sound(row):
            continue
        instrument = measures[code]
        if (code, unit) not in known:
            known[code, unit] = instrument.factor(unit)
        factor = known[code, unit]
        if factor is None:
            listed = " or ".join([instrument.unit, *dict(instrument.units)])
            rows.note(row, Problem(f"the unit of {code!r} must be {listed}", unit, column="unit"))
        elif factor != 1.0:
            factors[row] = factor
            converted[row] = f"1 {unit} = {spell(factor)} {instrument.unit}"
    return factors, converted


def _combine(rows: Rows, sample: list[int], instrument: Instrument) -> tuple[int, float] | None:
    """Find the value of a sample of several rows, its total or its items, and the row it stands in; None if refused."""
    totals = [row for row in sample if rows["item"][row] is None]
    items = [row for row in sample if rows["item"][row] is not None]
    for row in totals[1:]:
        rule = f"{instrument.code!r} must be assessed once a visit"
        rows.note(row, Problem(rule, rows["value"][row], column="measure"))
    value = rows["value"][totals[0]] if totals else None
    if items:
        value = _total(rows, items, value, instrument)
    return None if value is None else ((totals or items)[0], value)


def _total(rows: Rows, items: list[int], given: float | None, instrument: Instrument) -> float | None:
    """Add up the items of a sample, unless its total is given; where all items are too, both must agree."""
    names = rows["item"]
    first = {names[row]: row for row in reversed(items)}
    for row in items:
        if first[names[row]] != row:
            rule = f"{instrument.code!r} item {names[row]!r} must be scored once a visit"
            rows.note(row, Problem(rule, rows["value"][row], column="item"))
    scores = {item: rows["value"][row] for item, row in first.items()}
    problems = instrument.item_problems(scores)
    if given is not None or not set(scores) & set(instrument.items):
        # With the total given, items may be missing; those that are there must be possible all the same. Where no item is
        # known at all, a word has strayed into the column, and it would help nobody to call every item missing.
        problems = {item: problem for item, problem in problems.items() if item in first}
    for item, problem in problems.items():
        rows.note(first.get(item, items[0]), problem)
    if problems or set(scores) < set(instrument.items):
        return given
    total = instrument.total(scores)
    if given is not None and given != total:
        rule = f"the total of {instrument.code!r} must be that of its items ({spell(total)})"
        rows.note(items[0], Problem(rule, given, column="value"))
    return total


def _undecided(rows: Rows, samples: Samples) -> npt.NDArray[np.bool_]:
    """Tell which rows hold a bound that does not tell on which side of the limit the value lies."""
    undecided = np.zeros(len(rows), dtype=bool)
    for row, cell in enumerate(rows["value"]):
        if isinstance(cell, Bound):
            value, uln = samples.values[row], samples.ulns[row]
            undecided[row] = not (value <= uln if cell.sign == "<" else value >= uln)
    return undecided


def check_agreement(rows: Rows, samples: Samples, follow_ups: Mapping[str, FollowUp], week_day_distance: int) -> None:
    """Note the serial CK values that contradict a patient's follow-up, in the rows they come from.

    A value of which only the week is known contradicts only if it does so wherever within `week_day_distance` it may be.
    """
    if not follow_ups:
        return
    followed = np.array([name in follow_ups for name in rows["patient"]], dtype=bool)
    is_ck = np.array([code == "CK" for code in rows["measure"]], dtype=bool)
    day = _numbers(rows["day"])
    slack = np.where(np.isnan(day), float(week_day_distance), 0.0)
    day = np.where(np.isnan(day), 7 * _numbers(rows["week"]), day)
    until = _by_patient(rows, {name: each.observed_until for name, each in follow_ups.items()})
    undecided = _undecided(rows, samples)
    chosen = np.flatnonzero(
        followed & ~undecided & is_ck & ~np.isnan(samples.values) & ~np.isnan(samples.ulns) & (day <= until)
    )
    if not len(chosen):
        return
    names = [rows["patient"][row] for row in chosen.tolist()]
    table = pd.DataFrame({"patient": names, "ck": samples.values[chosen], "uln": samples.ulns[chosen]})
    days = ("normalized_on", "re_elevated_on", "observed_until")
    recorded = pd.DataFrame(
        {"patient": list(follow_ups)}
        | {name: _numbers([getattr(each, name) for each in follow_ups.values()]) for name in days}
    )
    found, *ends = (
        find_contradictions(table.assign(day=day[chosen] + part * slack[chosen]), recorded) for part in (0, -1, 1)
    )
    for position, problem in found.items():
        if all(position in end for end in ends):
            rows.note(int(chosen[position]), attrs.evolve(problem, record="", column="value"))
