"""What a rule grades: each patient's baseline and final value, with the reason where one is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import check_choice
from ivigmyo.display import Shown
from ivigmyo.instruments import Instrument
from ivigmyo.study.long_view import final_rows
from ivigmyo.study.patients import Patient
from ivigmyo.study.plan import Missing

if TYPE_CHECKING:
    from ivigmyo.study.study import Study

__all__ = ["STRATEGIES", "Pair", "Strategy", "check_strategies", "make_pair"]

Strategy: TypeAlias = Literal["while on treatment", "composite", "treatment policy"]

STRATEGIES = ("while on treatment", "composite", "treatment policy")
"""How an intercurrent event counts (ICH E9(R1)): the last value up to it; no response; as if it had not happened."""

EVENTS = ("discontinuation", "rescue")


@attrs.frozen(eq=False, repr=False)
class Pair(Shown):
    """The values of one measure at baseline and at the end, one row a patient.

    Parameters
    ----------
    instrument : Instrument
        The measure.
    rows : pandas.DataFrame
        Index ``patient``, columns ``baseline``, ``final``, ``baseline_uln``, ``final_uln``, ``week`` (the week of the final
        value; NaN where it has none), ``failed`` (True where an intercurrent event counts as no response), ``why`` (what is
        missing or was carried, an empty text where nothing is to be said), ``baseline_bound`` and ``final_bound`` (``"<"``
        or ``">"`` where the value is a bound, else an empty text).
    """

    instrument: Instrument
    rows: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the rows with the code of the measure."""
        return self.rows.assign(measure=self.instrument.code)


def check_strategies(intercurrent: Mapping[str, str]) -> None:
    """Refuse an unknown event or strategy; one is known and not implemented."""
    if not isinstance(intercurrent, Mapping):
        raise TypeError(f"'intercurrent' must map events to strategies (got {intercurrent!r}).")
    for event, strategy in intercurrent.items():
        check_choice("intercurrent", event, EVENTS)
        if strategy == "hypothetical":
            raise ValueError("the strategy 'hypothetical' is not implemented: it needs a model of what did not happen.")
        check_choice(event, strategy, STRATEGIES)


def make_pair(study: Study, code: str, endpoint: int, intercurrent: Mapping[str, str], missing: Missing) -> Pair:
    """Find each patient's baseline and final value under strategies that were checked."""
    until, failed = {}, {}
    for patient in study.patients:
        days = dict(_events(study, patient, intercurrent))
        until[patient.id] = min((day for event, day in days.items() if intercurrent[event] == STRATEGIES[0]), default=None)
        composite = [event for event, day in days.items() if intercurrent[event] == STRATEGIES[1] and day <= 7 * endpoint]
        failed[patient.id] = ", ".join(f"{event} on day {days[event]:g}" for event in composite)
    carries = [name for name, day in until.items() if day is not None or missing == "locf"]
    start, end = study.baseline_rows(code), final_rows(study.rows(code), endpoint, until, carries)
    before, after = (part.set_index("patient").reindex(study.ids) for part in (start, end))
    measured = set(study.rows(code).loc[study.rows(code)["day"] > 0, "patient"])
    cells = zip(study.ids, before["value"], after["value"], after["week"], strict=True)
    whys = [
        failed[name] or _why(start_value, end_value, week, endpoint, name in measured, until[name])
        for name, start_value, end_value, week in cells
    ]
    columns = {
        "baseline": before["value"],
        "final": after["value"],
        "baseline_uln": before["uln"],
        "final_uln": after["uln"],
        "week": after["week"],
        "failed": [failed[name] != "" for name in study.ids],
        "why": whys,
        "baseline_bound": before["bound"].fillna(""),
        "final_bound": after["bound"].fillna(""),
    }
    return Pair(study.instrument(code), pd.DataFrame(columns, index=study.ids))


def _events(study: Study, patient: Patient, intercurrent: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """Yield the intercurrent events that a strategy speaks of, with their days."""
    if "discontinuation" in intercurrent and patient.discontinued_on is not None:
        yield "discontinuation", patient.discontinued_on
    if "rescue" in intercurrent and (day := study.rescued_on(patient)) is not None:
        yield "rescue", day


def _why(baseline: float, final: float, week: float, endpoint: int, measured: bool, until: float | None) -> str:
    if np.isnan(baseline):
        return "no baseline"
    if np.isnan(final):
        if not measured:
            return "no value after baseline"
        return f"no value in week {endpoint}" if until is None else f"no value up to day {until:g}"
    return "" if week == endpoint else "carried forward"
