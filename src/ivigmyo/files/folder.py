"""A folder of CSV files <-> a study."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from errno import EISDIR
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from ivigmyo.errors import DataError, Problem
from ivigmyo.files.delimited import read_table, table_text
from ivigmyo.files.frames import study_from_frames, study_to_frames
from ivigmyo.files.sheets import COLUMNS, find_misspelt
from ivigmyo.study import Protocol, Study

__all__ = ["read_study", "write_study", "write_template"]

_NEEDED = ("patients", "assessments")


def read_study(
    folder: str | os.PathLike[str],
    protocol: Protocol | None = None,
) -> Study:
    """Read a study from a folder of CSV files.

    Parameters
    ----------
    folder : path
        The folder. ``patients.csv`` and ``assessments.csv`` must be there; ``ck_follow_up.csv``, ``adverse_events.csv``,
        ``treatments.csv``, ``study.csv`` and ``disposition.csv`` may be. Their columns, which may stand in any order, are
        those of `study_from_frames`. A file is UTF-8 text (with or without byte order mark) with a header, separated by
        commas, semicolons or tabs; with semicolons or tabs, numbers may have decimal commas. An empty cell is a missing
        value; blank lines are skipped.
    instruments, scheduled_weeks, week_window, week_day_distance
        As in `study_from_frames`.

    Returns
    -------
    Study
        The study; its `notes` name the files and columns that were left out, and what was converted.

    Raises
    ------
    DataError
        If anything is wrong. It lists every problem of every file, with file and line: first those of whole files.

    Notes
    -----
    A row of a wrong form (too many fields, a quote that is not closed, bytes that are no UTF-8) is one problem, and the
    lines after it are read. A file or a column whose name is one letter from a known one that is missing is a problem
    too, so that a slip of the pen does not cost a table or a column in silence.

    Examples
    --------
    >>> with TemporaryDirectory() as folder:
    ...     write_template(folder)
    ...     study = read_study(folder)
    >>> len(study.patients), study.notes
    (16, ())

    Every problem is told at once:

    >>> with TemporaryDirectory() as folder:
    ...     write_template(folder)
    ...     text = Path(folder, "patients.csv").read_text(encoding="utf-8")
    ...     _ = Path(folder, "patients.csv").write_text(text.replace("1,PM,F,39", "1,PM,F,3g"), encoding="utf-8")
    ...     Path(folder, "assessments.csv").unlink()
    ...     read_study(folder)
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: assessments.csv: the file is missing.
    patients.csv:2: age: 'age' must be a number: 'g' spoils it (got '3g') for patient '1'.
    """
    return study_from_frames(
        **_read_tables(Path(folder)),
        protocol=protocol,
    )


def _read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables of a folder; what is wrong with the folder itself goes with the patients."""
    if not folder.is_dir():
        raise DataError([Problem("a study must be a folder with its files", str(folder))])
    found = {path.stem: path.name for path in sorted(folder.iterdir()) if path.suffix.lower() == ".csv"}
    frames: dict[str, pd.DataFrame] = {}
    for name, columns in COLUMNS.items():
        path = folder / f"{name}.csv"
        if path.exists() or path.is_symlink():
            numbers = [column.name for column in columns if column.kind in ("number", "whole")]
            frames[name] = read_table(path, [column.name for column in columns], numbers)
    extra = [stem for stem, file in found.items() if stem not in frames]
    meant = find_misspelt(extra, [name for name in COLUMNS if name not in frames])
    problems = [Problem(f"the file must be named '{right}.csv'", file=found[stem]) for stem, right in meant.items()]
    for name in _NEEDED:
        if name not in frames:
            frames[name] = pd.DataFrame()
            missing = () if name in meant.values() else (Problem("the file is missing", file=f"{name}.csv"),)
            frames[name].attrs = {"file": f"{name}.csv", "problems": missing, "notes": ()}
    patients = frames["patients"].attrs
    patients["problems"] = (*problems, *patients["problems"])
    patients["notes"] = (*(f"{found[stem]}: the file was left out." for stem in extra), *patients["notes"])
    return frames


def write_study(study: Study, folder: str | os.PathLike[str]) -> None:
    """Write a study as a folder of CSV files, from which `read_study` makes an equal study.

    Parameters
    ----------
    study : Study
        The study.
    folder : path
        The folder; it is made if it is not there. Afterwards its study files are those of this study: files of the same
        names are replaced, and one that this study has no rows for is removed. Other files are left alone.

    Raises
    ------
    DataError
        If `read_study` would refuse the files (a visit before consent, a text of over 131,072 characters); nothing is
        written then.
    OSError
        If the folder cannot be written to.

    Notes
    -----
    All files are first written beside their place, complete, and read back; only then does each take its place in one
    step. Numbers are written with every digit that matters, whole ones without a decimal point; columns without any value
    are left out. Cells are written exactly as they are, also those that a spreadsheet program may take for a formula.

    A measure that is not among the usual ones, other scheduled weeks and another window or distance are not part of the
    files: give them to `read_study` again.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> study = saito2008.load_study()
    >>> with TemporaryDirectory() as folder:
    ...     write_study(study, folder)
    ...     sorted(path.name for path in Path(folder).iterdir())[:3], read_study(folder) == study
    (['adverse_events.csv', 'assessments.csv', 'ck_follow_up.csv'], True)
    """
    tables = {name: _without_empty_columns(name, frame) for name, frame in study_to_frames(study).items()}
    texts = {f"{name}.csv": table_text(frame.columns, frame.itertuples(index=False)) for name, frame in tables.items()}
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".ivigmyo-", dir=target) as staging:
        _write(texts, Path(staging))
        _check_equal(study, Path(staging))
        _put_in_place(texts, Path(staging), target)
    for name in COLUMNS:
        if name not in tables:
            (target / f"{name}.csv").unlink(missing_ok=True)


def _without_empty_columns(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    needed = [column.name for column in COLUMNS[name] if column.needed != "no"]
    return frame[[column for column in frame if column in needed or frame[column].notna().any()]]


def _write(texts: Mapping[str, str], folder: Path) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _put_in_place(names: Iterable[str], staging: Path, folder: Path) -> None:
    for name in COLUMNS:
        if (folder / f"{name}.csv").is_dir():
            raise IsADirectoryError(EISDIR, "a file is to be written where a folder is", str(folder / f"{name}.csv"))
    for name in names:
        (staging / name).replace(folder / name)


def _check_equal(study: Study, staging: Path) -> None:
    """Refuse a study whose files would not be read, or not be read as it is."""
    again = study_from_frames(
        **_read_tables(staging),
        protocol=study.protocol,
    )
    if again != study:
        raise DataError([Problem("what is written must read back equal")])


def _distances(study: Study) -> Iterator[int]:
    """Yield how far the day of each visit lies from the first day of its week: a study may have been read with any."""
    for patient in study.patients:
        for visit in patient.visits:
            if visit.week is not None and visit.day is not None:
                yield abs(visit.day - 7 * visit.week)


def write_template(folder: str | os.PathLike[str]) -> None:
    """Write the files of the bundled study, to copy from.

    Parameters
    ----------
    folder : path
        The folder; it is made if it is not there.

    Raises
    ------
    DataError
        If the folder has any file of a study already; nothing is written then.
    OSError
        If the folder cannot be written to.

    Examples
    --------
    >>> with TemporaryDirectory() as folder:
    ...     write_template(folder)
    ...     print(Path(folder, "patients.csv").read_text(encoding="utf-8")[:25])
    patient,diagnosis,sex,age

    What is there is not written over:

    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, "patients.csv").touch()
    ...     write_template(folder)
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: a template must be written where no study is (got 'patients.csv').
    """
    target = Path(folder)
    there = [f"{name}.csv" for name in COLUMNS if (target / f"{name}.csv").exists()]
    if there:
        raise DataError([Problem("a template must be written where no study is", ", ".join(there))])
    data = files("ivigmyo.saito2008") / "data"
    texts = {f"{name}.csv": (data / f"{name}.csv").read_bytes().decode("utf-8") for name in COLUMNS}
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".ivigmyo-", dir=target) as staging:
        _write(texts, Path(staging))
        _put_in_place(texts, Path(staging), target)
