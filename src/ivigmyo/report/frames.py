"""The results of a report as tidy frames, unrounded, for the next tool, and as CSV files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pandas as pd
from pandas.api.types import is_numeric_dtype

from ivigmyo.analysis import NOT_TESTED, TrialReport, is_test
from ivigmyo.contrasts import ProportionComparison
from ivigmyo.estimates import Proportion
from ivigmyo.files.whole import write_whole

__all__ = ["as_text", "report_frames", "write_frames", "write_whole"]

_COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a text begins that a spreadsheet would compute; the last four are full-width."""

_COUNTS = ("count", "n", "n_missing", "n_excluded")


def report_frames(report: TrialReport) -> dict[str, pd.DataFrame]:
    """Return the results of a report as tidy frames.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    dict of str to pandas.DataFrame
        A frame for each kind of result that the report has, numbers unrounded and NaN where there is none: ``visits``,
        ``changes``, ``comparisons``, ``grades``, ``response``, ``episodes``, ``survival``, ``adverse_reactions``,
        ``disposition``, ``eligibility``, ``schedule``, ``absent``; where they were found ``duration_bounds``,
        ``recurrence``, ``scores``, ``deterioration``, ``skin`` and ``tipping``; ``quantities`` where the report counts
        them; with arms also ``consort``, a frame for each kind of contrast, ``subgroups``, ``interactions`` and, by arm,
        ``baseline``, ``exposure``, ``deviations`` and ``reactions``. A report by groups has the rows of each group after its
        own, told apart by the column ``group``; one with arms those of each arm, by the column ``arm``; one with both has
        those of each arm within each group.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> frames = report_frames(trial_report(saito2008.load_study()))
    >>> frames["response"][["measure", "count", "n", "conf_low", "conf_high"]].round(3)
      measure  count   n  conf_low  conf_high
    0     MMT     14  15     0.681      0.998
    1     ADL     12  15     0.519      0.957
    2      CK     15  15     0.782      1.000
    """
    arms = report.arms
    groups = {label: group for label, group in report.groups.items() if group is not arms.get(label)}
    parts = [(group, arm, part) for group, whole in {"": report, **groups}.items() for arm, part in _by_arm(whole)]
    found: dict[str, list[pd.DataFrame]] = {}
    for group, arm, part in parts:
        # the quantities of a report hold those of its arms and groups already, under names of their own
        quantities = getattr(part, "quantities", None)
        whole = [("quantities", quantities())] if quantities is not None and part is report else []
        for name, frame in (*whole, *_frames(part)):
            if groups:
                frame = frame.assign(group=group or "all")
            if arms and "arm" not in frame:
                frame = frame.assign(arm=arm or "all")
            found.setdefault(name, []).append(frame)
    return {name: frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True) for name, frames in found.items()}


def _by_arm(report: TrialReport) -> Iterator[tuple[str, TrialReport]]:
    """Yield a report, then that of each of its arms, each under its label."""
    yield "", report
    yield from report.arms.items()


def _frames(report: TrialReport) -> Iterator[tuple[str, pd.DataFrame]]:
    for measure in report.measures:
        code = measure.instrument.code
        for name, visits in (("all treated", measure.visits_treated), ("efficacy set", measure.visits)):
            yield "visits", _labelled(visits.reset_index(), measure=code, set=name)
        yield "changes", _labelled(measure.changes.reset_index(), measure=code)
        if measure.comparison is not None:
            yield "comparisons", _comparison(measure.comparison, code, "raw")
        if measure.grades is not None:
            grades = measure.grades.astype(object).rename("grade").rename_axis("patient").reset_index()
            yield "grades", _labelled(grades, measure=code)
        if measure.response is not None:
            yield "response", _labelled(_proportion(measure.response), measure=code)
    if report.log_ck is not None:
        yield "comparisons", _comparison(report.log_ck.comparison, "CK", "ln")
    if report.duration is not None:
        yield "episodes", report.duration.episodes
        for label, curve in {"all": report.duration.curve, **report.duration.curves_by_diagnosis}.items():
            if curve is not None:
                yield "survival", _labelled(curve.to_frame(), patients=label)
        for name, part in (("duration_bounds", report.duration.bounds), ("recurrence", report.duration.recurrence)):
            if part is not None:
                yield name, part
    if report.course is not None:
        yield "scores", report.course.scores
    if report.deterioration is not None:
        yield "deterioration", report.deterioration.patients
    for code, signs in report.skin.items():
        yield "skin", _labelled(signs.to_frame(), measure=code)
    for arm, named in report.tipping.items():
        for outcome, found in named.items():
            yield "tipping", _labelled(found.to_frame(), treated_arm=arm, outcome=outcome)
    if report.incidence is not None:
        yield "adverse_reactions", _joined(report.incidence.by_term())
    yield "disposition", report.disposition.to_frame()
    for name in ("eligibility", "schedule"):
        if (frame := getattr(report.protocol, name)) is not None:
            yield name, frame
    if report.consort is not None:
        yield "consort", report.consort
    yield from _contrasts(report)
    yield from _of_arms(report)
    if report.absent:
        yield "absent", pd.DataFrame(list(report.absent.items()), columns=["analysis", "reason"])


def _contrasts(report: TrialReport) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield what compares the arms, each comparison its own rows under the names of analysis, arm and outcome."""
    analyses = {"": report.contrasts, **report.sensitivity}
    for analysis, arms in analyses.items():
        for arm, outcomes in arms.items():
            for outcome, each in outcomes.items():
                numbers = each.to_frame()
                numbers = numbers if report.tested else numbers[[name for name in numbers if not is_test(str(name))]]
                kind = "shares" if isinstance(each, ProportionComparison) else type(each).__name__
                yield f"contrasts_{kind}", _labelled(numbers, analysis=analysis or "main", treated_arm=arm, outcome=outcome)


def _of_arms(report: TrialReport) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield what stands beside the contrasts: subgroups, the arms at the start and as treated, reactions."""
    for arm, found in report.subgroups.items():
        yield "subgroups", _labelled(found.rows, treated_arm=arm, outcome=found.outcome, scale=found.scale)
        for factor, test in found.interactions.items():
            yield "interactions", _labelled(test.to_frame(), treated_arm=arm, outcome=found.outcome, factor=factor)
    for name in ("baseline", "exposure", "deviations", "reactions"):
        if (frame := getattr(report, name)) is not None:
            yield f"{name}_by_arm", frame


def _labelled(frame: pd.DataFrame, **labels: str) -> pd.DataFrame:
    """Put columns of labels before the others."""
    return frame.assign(**labels)[[*labels, *frame.columns]]


def _joined(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(ids=["; ".join(map(str, ids)) for ids in frame["ids"]])


def _proportion(share: Proportion) -> pd.DataFrame:
    low, high = share.confidence_interval()
    cells = {"count": share.count, "n": share.n, "n_missing": share.n_missing, "missing": share.missing, "rate": share.rate}
    return _row(cells | {"conf_low": low, "conf_high": high})


def _comparison(test: Any, code: str, scale: str) -> pd.DataFrame:
    low, high = test.confidence_interval()
    cells: dict[str, Any] = {"measure": code, "scale": scale, "n": test.n, "n_excluded": test.n_excluded}
    for name in ("pre", "post", "difference"):
        cells |= {f"{name}_{key}": value for key, value in attrs.asdict(getattr(test, name)).items() if key != "ratio"}
    tested = {"t": test.t, "df": test.df, "p_value": test.p_value, "conf_low": low, "conf_high": high}
    others: dict[str, Any] = dict.fromkeys(("signed_rank_p_value", "permutation_p_value"))
    if test.reason != NOT_TESTED:
        others = {name: getattr(test, name) for name in others}
    return _row(cells | tested | others)


def _row(cells: dict[str, Any]) -> pd.DataFrame:
    """Make a frame of one result. Its numbers are floats but for counts, so that one that does not exist is NaN."""
    numbers = [name for name, cell in cells.items() if name not in _COUNTS and not isinstance(cell, str)]
    return pd.DataFrame([cells]).astype(dict.fromkeys(numbers, float))


def write_frames(frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    r"""Write frames to a folder as CSV files, one a frame.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        The frames by name of file, without ``.csv``.
    folder : Path
        The folder; it is made if need be.

    Notes
    -----
    A text that a spreadsheet would compute, since it begins with ``=``, ``+``, ``-``, ``@`` or their full-width forms, a
    tab or a line break, is written with an apostrophe before it, and so is shown as it is. Numbers stay numbers.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_frames({"days": pd.DataFrame({"day": [-1], "term": ["=1+1"]})}, Path(folder))
    ...     Path(folder, "days.csv").read_text()
    "day,term\n-1,'=1+1\n"
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        write_whole(folder / f"{name}.csv", as_text(frame).to_csv(index=False, lineterminator="\n"))


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Make sure that no text of a frame, nor the name of a column, is a formula to a spreadsheet."""
    texts = {i: frame.iloc[:, i] for i, kind in enumerate(frame.dtypes) if not is_numeric_dtype(kind)}
    safe = [texts[i].astype(object).map(_no_formula) if i in texts else frame.iloc[:, i] for i in range(frame.shape[1])]
    return pd.concat(safe, axis=1).set_axis([_no_formula(name) for name in frame.columns], axis=1) if safe else frame


def _no_formula(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_COMPUTED) else cell
