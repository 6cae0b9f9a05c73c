"""The results of a report as tidy frames, unrounded, for the next tool; and files replaced only by whole new ones."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pandas as pd

from ivigmyo.analysis import TrialReport
from ivigmyo.estimates import Proportion

__all__ = ["report_frames", "write_frames", "write_whole"]

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
        ``disposition``, ``eligibility``, ``schedule``, ``absent``. A report by groups has the rows of each group after its
        own, told apart by the column ``group``.

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
    parts = {"": report, **report.groups}
    found: dict[str, list[pd.DataFrame]] = {}
    for label, part in parts.items():
        for name, frame in _frames(part):
            if report.groups:
                frame = frame.assign(group=label or "all")
            found.setdefault(name, []).append(frame)
    return {name: frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True) for name, frames in found.items()}


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
    if report.incidence is not None:
        yield "adverse_reactions", _joined(report.incidence.by_term())
    yield "disposition", report.disposition.to_frame()
    yield "eligibility", report.protocol.eligibility
    yield "schedule", report.protocol.schedule
    if report.absent:
        yield "absent", pd.DataFrame(list(report.absent.items()), columns=["analysis", "reason"])


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
    others = {"signed_rank_p_value": test.signed_rank_p_value, "permutation_p_value": test.permutation_p_value}
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

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_frames({"days": pd.DataFrame({"day": [1]})}, Path(folder))
    ...     Path(folder, "days.csv").read_text()
    'day\n1\n'
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        write_whole(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))


def write_whole(path: Path, text: str) -> None:
    """Write a text file; one that is there is replaced only once the new one is complete.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        What it is to hold.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is then still there.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.txt"), "whole")
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    try:
        _replace(path, text)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # the file that was asked for, not the one on its way there
        raise


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    new = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        new.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        new.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
