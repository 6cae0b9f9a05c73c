"""What is found of each measure: its course, its changes, its grades; and of ln CK before and after treatment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.analysis.absent import attempt
from ivigmyo.analysis.results import LogCKResult, MeasureResult
from ivigmyo.change import (
    change_from_baseline,
    changes_by_visit,
    compare_changes,
    compare_log_changes,
    describe,
    describe_by_visit,
    fit_steroid_line,
    percent_change,
)
from ivigmyo.errors import DataError
from ivigmyo.instruments import CK, Instrument
from ivigmyo.outcomes import Observation, Responses
from ivigmyo.study import Study

__all__ = ["log_ck_result", "measure_results", "normal_responders"]


def measure_results(
    study: Study, efficacy: Study, found: Mapping[str, Observation], absent: dict[str, str]
) -> tuple[MeasureResult, ...]:
    """Find the result of each measure of the efficacy set; `absent` gets the measures without a value."""
    results = []
    for instrument in study.instruments:
        if len(study.rows(instrument.code)):
            results.append(_measure(study, efficacy, instrument, found.get(f"{instrument.code}.response"), absent))
        else:
            absent[instrument.code] = "not measured."
    return tuple(results)


def _measure(
    study: Study, efficacy: Study, instrument: Instrument, response: Observation | None, absent: dict[str, str]
) -> MeasureResult:
    code = instrument.code
    weeks = study.protocol.weeks_of(code)
    everyone = study.values(instrument, off_schedule=study.protocol.off_schedule)
    everyone = everyone[[week for week in everyone if week in weeks]]
    values = everyone.loc[efficacy.ids]
    baseline, final = efficacy.baseline(instrument), efficacy.final_values(instrument)
    graded = response if isinstance(response, Responses) else None
    return MeasureResult(
        instrument=instrument,
        values=everyone,
        visits_treated=describe_by_visit(everyone),
        visits=describe_by_visit(values),
        changes=changes_by_visit(baseline, values[[week for week in values if week != 0]]),
        final_values=final,
        final=describe(final),
        final_percent_change=percent_change(baseline, final),
        final_change=change_from_baseline(baseline, final),
        comparison=attempt(absent, f"{code} before and after", lambda: _before_and_after(efficacy, instrument)),
        grades=None if graded is None else graded.grades,
        response=None if graded is None else graded.summary(),
    )


def _around_baseline(study: Study, code: str, weeks: tuple[int, int]) -> dict[int, pd.Series[float]]:
    """Take the values before, at and after baseline; a baseline that is the value before stands for nothing else."""
    values = study.values(code)
    lacking = [week for week in weeks if week not in values or values[week].isna().all()]
    if lacking:
        listed = ", ".join(map(str, lacking))
        raise DataError([f"no patient of the efficacy set has a value of {code!r} in week {listed}."])
    starts = study.baseline_rows(code).set_index("patient")["week"].reindex(study.ids)
    baseline = study.baseline(code).mask(starts == weeks[0])
    return {weeks[0]: values[weeks[0]], 0: baseline, weeks[1]: values[weeks[1]]}


def _before_and_after(efficacy: Study, instrument: Instrument) -> Any:
    weeks = efficacy.protocol.comparison_weeks
    if weeks is None:
        return None
    return compare_changes(*_around_baseline(efficacy, instrument.code, weeks).values())


def log_ck_result(efficacy: Study) -> LogCKResult | None:
    """Compare the fall of ln CK before and after treatment; None where no weeks to compare are planned."""
    weeks = efficacy.protocol.comparison_weeks
    if weeks is None:
        return None
    columns = _around_baseline(efficacy, CK.code, weeks)
    before, baseline, after = columns.values()
    values = pd.DataFrame({week: np.log(column) for week, column in columns.items()}).rename_axis(columns="week")
    return LogCKResult(
        values=values,
        visits=describe_by_visit(values),
        comparison=compare_log_changes(before, baseline, after),
        refitted_line=fit_steroid_line(before, baseline, week_before=weeks[0]),
    )


def normal_responders(efficacy: Study | None, measures: tuple[MeasureResult, ...]) -> list[str]:
    """Say how many responders of a test with limits were within them before treatment."""
    said = []
    for measure in measures:
        if efficacy is None or not measure.instrument.has_uln or measure.grades is None or measure.response is None:
            continue
        code = measure.instrument.code
        responders = measure.grades.index[measure.grades >= "improved"]
        normal = (efficacy.baseline(code) <= efficacy.baseline_uln(code)).loc[responders]
        if n := int(normal.sum()):
            said.append(f"Of {len(responders)} responders in {code}, {n} had a normal {code} at baseline.")
    return said
