"""What was read of a study: its patients, its values by week, and the limits of normal that go with them."""

from __future__ import annotations

from collections.abc import Iterator

from ivigmyo.display import ABSENT, Table, counted, listed
from ivigmyo.instruments import Instrument
from ivigmyo.study import Study
from ivigmyo.study.diagnoses import Diagnosis

__all__ = ["limits_in_words", "overview_tables"]

_FEW = 6
"""Up to how many limits are listed one by one."""


def overview_tables(study: Study) -> Iterator[Table]:
    """Show what was read of a study: patients by arm and diagnosis, values by week, limits of normal."""
    yield _patients(study)
    yield _values(study)
    limits = [_limits(instrument, study) for instrument in study.instruments if instrument.has_uln]
    if limits:
        yield Table("Upper limits of normal read", ["measure", "values with a limit", "limits"], limits, left=(0, 2))


def _patients(study: Study) -> Table:
    people = study.characteristics()
    kinds = [str(kind) for kind in Diagnosis if (people["diagnosis"] == kind).any()]
    rows = []
    for arm in study.arms or ("all",):
        part = people[people["arm"] == arm] if study.arms else people
        rows.append([arm, *(str((part["diagnosis"] == kind).sum()) for kind in kinds), str(len(part))])
    women, men = (int((people["sex"] == sex).sum()) for sex in ("F", "M"))
    notes = [f"{counted(women, 'woman', 'women')}, {counted(men, 'man', 'men')}."]
    return Table("Patients read", ["arm" if study.arms else "", *kinds, "all"], rows, notes=notes)


def _values(study: Study) -> Table:
    recorded = {instrument.code: study.rows(instrument.code)["week"] for instrument in study.instruments}
    weeks = sorted({int(week) for column in recorded.values() for week in column.dropna()})
    other = any(column.isna().any() for column in recorded.values())
    rows = []
    for code, column in recorded.items():
        cells = [str(n) if n else ABSENT for n in ((column == week).sum() for week in weeks)]
        rows.append([code, *cells, *([str(column.isna().sum())] if other else []), str(len(column))])
    notes = [f"Scheduled weeks: {listed([*map(str, study.scheduled_weeks)]) or 'not stated'}."]
    notes += ["Other days are in no scheduled week's window."] if other else []
    header = ["measure", *(f"week {week}" for week in weeks), *(["other days"] if other else []), "all"]
    return Table("Values read, by week", header, rows, notes=notes)


def _limits(instrument: Instrument, study: Study) -> list[str]:
    limits = study.rows(instrument.code)["uln"]
    return [instrument.code, f"{limits.notna().sum()} of {len(limits)}", limits_in_words(instrument, study) or "none"]


def limits_in_words(instrument: Instrument, study: Study) -> str:
    """List the upper limits of normal that came with the values of a measure; empty where none did."""
    distinct = sorted(study.rows(instrument.code)["uln"].dropna().unique())
    if not distinct:
        return ""
    few = ", ".join(f"{limit:g}" for limit in distinct)
    return f"{few if len(distinct) <= _FEW else _range(distinct)} {instrument.unit}"


def _range(distinct: list[float]) -> str:
    return f"{distinct[0]:g} to {distinct[-1]:g}, {len(distinct)} different"
