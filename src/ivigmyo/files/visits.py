"""The rows of the assessments -> the visits of each patient, item scores added up and units converted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TypeAlias

import attrs
import pandas as pd

from ivigmyo.errors import Problem, spell
from ivigmyo.files.sheets import Findings, Row
from ivigmyo.instruments import Instrument
from ivigmyo.normalization import find_contradictions
from ivigmyo.study.patients import Assessment, FollowUp, Visit

__all__ = ["check_agreement", "check_times", "read_visits"]

_Key: TypeAlias = tuple[str, int | None, int | None, str]


def check_times(
    rows: list[Row], records: Mapping[str, Row], follow_ups: Mapping[str, FollowUp], week_day_distance: int
) -> list[Row]:
    """Note rows without a time, with a week and a day far apart, or outside the time the patient was watched.

    Parameters
    ----------
    rows : list of Row
        The rows of the assessments.
    records : mapping of str to Row
        The row of each patient in the patients table.
    follow_ups : mapping of str to FollowUp
        The recorded follow-up of patients; it ends the monitoring.
    week_day_distance : int
        How many days a day may lie from the first day of its week. Where only the week is known, the visit is taken to
        lie anywhere within that distance.

    Returns
    -------
    list of Row
        The rows that are sound.

    Examples
    --------
    >>> findings = Findings()
    >>> row = Row({"patient": "P01", "week": 4, "day": 40}, findings, "assessments.csv", 2)
    >>> check_times([row], {}, {}, week_day_distance=7)
    []
    >>> print(findings.problems[0])
    assessments.csv:2: day: 'day' must lie within 7 days of week 4 (day 28) (got 40) for patient 'P01', week 4.
    """
    for row in rows:
        week, day, name = row["week"], row["day"], row["patient"]
        if row.build(Visit, week, day) is None:
            continue
        if week is not None and day is not None and abs(day - 7 * week) > week_day_distance:
            rule = f"'day' must lie within {week_day_distance} days of week {week} (day {7 * week})"
            row.note(Problem(rule, day, column="day"))
        column, got, slack = ("day", day, 0) if day is not None else ("week", week, week_day_distance)
        consented_on = records[name].cells.get("consented_on") if name in records else None
        if consented_on is not None and _nominal_day(row) + slack < consented_on:
            row.note(Problem(f"{column!r} must be on or after the day of consent (day {consented_on})", got, column=column))
        until = follow_ups[name].observed_until if name in follow_ups else None
        if until is not None and _nominal_day(row) - slack > until:
            row.note(Problem(f"{column!r} must be within the monitoring (until day {spell(until)})", got, column=column))
    return [row for row in rows if row.sound]


def _nominal_day(row: Row) -> int:
    day: int = row["day"] if row["day"] is not None else 7 * row["week"]
    return day


def read_visits(rows: list[Row], measures: Mapping[str, Instrument], findings: Findings) -> dict[str, list[Visit]]:
    """Gather each patient's values into visits: those of one week and day.

    Parameters
    ----------
    rows : list of Row
        Rows of the assessments, with a week or a day.
    measures : mapping of str to Instrument
        The measures that may occur, by code.
    findings : Findings
        Where it is noted how many values were converted.

    Returns
    -------
    dict of str to list of Visit
        The visits by patient. A row with a day alone belongs to the visit that another row records for that day; the
        items of a measure are added up, unless its total is given.

    Examples
    --------
    >>> from ivigmyo.instruments import CK
    >>> cells = {"patient": "P01", "week": 0, "day": None, "measure": "CK", "item": None, "value": 9.5}
    >>> findings = Findings()
    >>> row = Row(cells | {"unit": "microkat/L", "uln": None}, findings, "assessments.csv", 2)
    >>> read_visits([row], {"CK": CK}, findings)["P01"][0].assessments[0].value
    570.0
    >>> findings.notes
    ['1 value in microkat/L was converted (1 microkat/L = 60 IU/L).']
    """
    gathered: dict[tuple[str, int | None, int | None], list[Assessment]] = defaultdict(list)
    converted: Counter[str] = Counter()
    for (name, week, day, code), sample in _samples(rows, measures).items():
        assessment = _assess(sample, measures[code], converted)
        if assessment is not None:
            gathered[name, week, day].append(assessment)
    for conversion, count in converted.items():
        unit = conversion.split(" = ")[0].removeprefix("1 ")
        values = "1 value in {} was" if count == 1 else f"{count} values in {{}} were"
        findings.notes.append(f"{values.format(unit)} converted ({conversion}).")
    visits: dict[str, list[Visit]] = defaultdict(list)
    for (name, week, day), assessments in gathered.items():
        visits[name].append(Visit(week, day, assessments))
    return visits


def _samples(rows: list[Row], measures: Mapping[str, Instrument]) -> dict[_Key, list[Row]]:
    """Group rows by patient, week, day and measure; a row with a day alone belongs to the week recorded for that day."""
    weeks: dict[tuple[str, int], int] = {}
    for row in rows:
        if row["week"] is not None and row["day"] is not None:
            first = weeks.setdefault((row["patient"], row["day"]), row["week"])
            if first != row["week"]:
                row.note(Problem(f"day {row['day']} must belong to one week (week {first})", row["week"], column="week"))
    samples: dict[_Key, list[Row]] = defaultdict(list)
    days: dict[tuple[str, int, str], int | None] = {}
    for row in rows:
        name, day, code = row["patient"], row["day"], row["measure"]
        week = row["week"] if row["week"] is not None else weeks.get((name, day))
        if code not in measures:
            row.note(Problem(f"'measure' must be one of {', '.join(map(spell, measures))}", code, column="measure"))
        elif week is not None and days.setdefault((name, week, code), day) != day:
            row.note(Problem(f"{code!r} must be assessed once a visit", row["value"], column="measure"))
        else:
            samples[name, week, day, code].append(row)
    return {key: sample for key, sample in samples.items() if all(row.sound for row in sample)}


def _assess(sample: list[Row], instrument: Instrument, converted: Counter[str]) -> Assessment | None:
    """Make an assessment of the rows of one sample: its total, or its items; None where a row is refused."""
    totals = [row for row in sample if row["item"] is None]
    items = [row for row in sample if row["item"] is not None]
    for row in totals[1:]:
        row.note(Problem(f"{instrument.code!r} must be assessed once a visit", row["value"], column="measure"))
    factors = [_factor(row, instrument) for row in (*totals, *items)]
    value = totals[0]["value"] if totals else None
    if items:
        value = _total(items, value, instrument)
    if value is None or not all(row.sound for row in sample):
        return None
    row, factor = (totals or items)[0], factors[0]
    if factor != 1.0:
        converted[f"1 {row['unit']} = {spell(factor)} {instrument.unit}"] += 1
    uln = None if row["uln"] is None else row["uln"] * factor
    assessment: Assessment | None = row.build(Assessment, instrument, value * factor, uln)
    return assessment


def _factor(row: Row, instrument: Instrument) -> float:
    """Return what converts the value of a row to the unit of its instrument."""
    units = {instrument.unit: 1.0, **dict(instrument.units)}
    unit = row["unit"] if row["unit"] is not None else instrument.unit
    if unit not in units:
        row.note(Problem(f"the unit of {instrument.code!r} must be {' or '.join(units)}", unit, column="unit"))
    return units.get(unit, 1.0)


def _total(items: list[Row], given: float | None, instrument: Instrument) -> float | None:
    """Add up the items of a sample, unless its total is given; where all items are too, both must agree."""
    rows = {row["item"]: row for row in reversed(items)}
    for row in items:
        if rows[row["item"]] is not row:
            rule = f"{instrument.code!r} item {row['item']!r} must be scored once a visit"
            row.note(Problem(rule, row["value"], column="item"))
    scores = {item: row["value"] for item, row in rows.items()}
    problems = instrument.item_problems(scores)
    if given is not None or not set(scores) & set(instrument.items):
        # With the total given, items may be missing; those that are there must be possible all the same. Where no item is
        # known at all, a word has strayed into the column, and it would help nobody to call every item missing.
        problems = {item: problem for item, problem in problems.items() if item in rows}
    for item, problem in problems.items():
        rows.get(item, items[0]).note(problem)
    if problems or set(scores) < set(instrument.items):
        return given
    total = instrument.total(scores)
    if given is not None and given != total:
        rule = f"the total of {instrument.code!r} must be that of its items ({spell(total)})"
        items[0].note(Problem(rule, given, column="value"))
    return total


def check_agreement(
    rows: list[Row], visits: Mapping[str, list[Visit]], follow_ups: Mapping[str, FollowUp], week_day_distance: int
) -> None:
    """Note the serial CK values that contradict a patient's follow-up, in the rows they come from.

    Parameters
    ----------
    rows : list of Row
        The rows of the assessments.
    visits : mapping of str to list of Visit
        What `read_visits` made of them.
    follow_ups : mapping of str to FollowUp
        The recorded follow-up of patients.
    week_day_distance : int
        How far from the first day of its week a value may be of which only the week is known. Such a value contradicts
        only if it does so wherever it may be.

    Examples
    --------
    >>> from ivigmyo.instruments import CK
    >>> cells = {"patient": "P01", "week": None, "day": 28, "measure": "CK"}
    >>> findings = Findings()
    >>> visit = Visit(day=28, assessments=[Assessment(CK, 450, uln=180)])
    >>> row = Row(cells, findings, "assessments.csv", 2)
    >>> check_agreement([row], {"P01": [visit]}, {"P01": FollowUp(normalized_on=25, observed_until=279)}, 7)
    >>> print(findings.problems[0])
    assessments.csv:2: value: 'ck' must be at most its ULN of 180 from day 25, when it normalized (got 450) for patient
    'P01', day 28.
    """
    serial = [
        (name, visit.nominal_day, each.value, each.uln, 0 if visit.day is not None else week_day_distance)
        for name in follow_ups
        for visit in visits.get(name, ())
        for each in visit.assessments
        if each.instrument.code == "CK" and each.uln is not None and visit.nominal_day <= follow_ups[name].observed_until
    ]
    if not serial:
        return
    table = pd.DataFrame(serial, columns=["patient", "day", "ck", "uln", "slack"])
    recorded = pd.DataFrame({name: attrs.asdict(each) for name, each in follow_ups.items()}, dtype=float).T
    recorded = recorded.rename_axis("patient").reset_index()
    found, *ends = (
        find_contradictions(table.assign(day=table["day"] + part * table["slack"]), recorded) for part in (0, -1, 1)
    )
    sources = {(row["patient"], _nominal_day(row)): row for row in rows if row["measure"] == "CK"}
    for position, problem in found.items():
        if all(position in end for end in ends):
            name, day, *_ = serial[position]
            sources[name, day].note(attrs.evolve(problem, record="", column="value"))
