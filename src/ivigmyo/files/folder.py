"""A folder of CSV files, or a workbook, <-> a study."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path

import attrs
import pandas as pd

from ivigmyo.errors import DataError, Problem
from ivigmyo.files.cells import read_number
from ivigmyo.files.columns import COLUMNS, find_misspelt
from ivigmyo.files.delimited import read_table, table_text
from ivigmyo.files.frames import study_to_frames
from ivigmyo.files.marks import Decimal
from ivigmyo.files.plan import KEYS
from ivigmyo.files.reading import study_from_tables
from ivigmyo.files.tables import Table, absent_table
from ivigmyo.files.whole import UNFINISHED, is_being_written, replace_files
from ivigmyo.files.wide import NumberColumns
from ivigmyo.files.workbook import is_workbook, read_workbook, write_workbook
from ivigmyo.study import Protocol, Study

__all__ = ["read_study", "write_study", "write_template"]


def read_study(
    path: str | os.PathLike[str],
    protocol: Protocol | None = None,
    *,
    encoding: str | None = None,
    decimal: Decimal | None = None,
) -> Study:
    """Read a study from a folder of CSV files, or from a workbook (.xlsx) with the same tables as sheets.

    Parameters
    ----------
    path : path
        The folder, or the workbook, which needs the extra ``ivigmyo[excel]``. ``patients.csv`` and ``assessments.csv`` (or
        the sheets ``patients`` and ``assessments``) must be there; ``ck_follow_up.csv``, ``adverse_events.csv``,
        ``treatments.csv``, ``study.csv``, ``disposition.csv`` and ``measures.csv`` may be. Their columns, which may stand in
        any order, are those of `study_from_frames`. A file is UTF-8 text (with or without byte order mark) with a header,
        separated by commas, semicolons or tabs; with semicolons or tabs, numbers may have decimal commas. An empty cell is a
        missing value; blank lines are skipped.
    protocol : Protocol, optional
        What was planned, as in `study_from_frames`: a field that it states is taken from it, any other from ``study.csv``
        and ``measures.csv``.
    encoding : str, optional
        What the files are encoded in, where that is neither UTF-8 nor UTF-16 with its mark: ``"cp932"``, ``"latin-1"``.
    decimal : {".", ","}, optional
        The decimal mark of numbers; the other one then marks thousands. Needed only where the files do not tell: in a file
        separated by semicolons or tabs in which three digits follow every mark.

    Returns
    -------
    Study
        The study; its `notes` name the files and columns that were left out, and what was converted.

    Raises
    ------
    DataError
        If anything is wrong. It lists every problem of every file, with file and line: first those of whole files. A folder
        whose writing was interrupted, or is going on, is refused.

    Notes
    -----
    The patients table may be a wide one: columns named by measure and week (``MMT 0``, ``ck_week_12``, ``CK ULN``) become
    assessments, which the notes say; ``assessments`` may then be missing. A workbook with one sheet of patients needs no
    other. Dates may stand for days: ``first_infusion`` among the patients, ``date`` among the assessments. In a workbook the
    header may stand below titles, formulas count by their stored values, and problems name sheet and cell.

    A row of a wrong form (too many fields, a quote that is not closed, bytes that are no UTF-8) is one problem, and the
    lines after it are read. A file, a column or a key whose name is nearly a known one that is missing is a problem too, so
    that a slip of the pen does not cost a table or a column in silence.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_template(folder)
    ...     study = read_study(folder)
    >>> len(study.patients), study.protocol.scheduled_weeks["CK"]
    (16, (-4, 0, 1, 2, 4, 8, 12))

    Every problem is told at once:

    >>> with TemporaryDirectory() as folder:
    ...     write_template(folder)
    ...     text = Path(folder, "patients.csv").read_text(encoding="utf-8")
    ...     _ = Path(folder, "patients.csv").write_text(text.replace("1,PM,F,39", "1,PM,F,3g"), encoding="utf-8")
    ...     Path(folder, "assessments.csv").unlink()
    ...     read_study(folder)
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: assessments.csv: the file is missing, and the patients have no columns of values such as
    'MMT week 0'.
    patients.csv:2: age: 'age' must be a number: 'g' spoils it (got '3g') for patient '1'.
    """
    where = Path(path)
    tables = read_workbook(where) if is_workbook(where) and not where.is_dir() else _read_tables(where, encoding, decimal)
    return study_from_tables(tables, protocol)


def _read_tables(folder: Path, encoding: str | None, decimal: Decimal | None) -> dict[str, Table]:
    """Read the tables of a folder as they are at one moment; a folder that is unfinished is refused."""
    if not folder.is_dir():
        raise DataError([Problem("a study must be a folder with its files, or a workbook (.xlsx)", str(folder))])
    for _ in range(_ATTEMPTS):
        before = _state(folder)
        if UNFINISHED not in before:
            tables = _read_files(folder, encoding, decimal)
            if _state(folder) == before:
                return tables
        elif not is_being_written(folder):
            break
        time.sleep(_PAUSE)
    rule = "the folder's files are being replaced, or this was interrupted: read it again, or write the study again"
    raise DataError([Problem(rule, str(folder))])


_ATTEMPTS, _PAUSE = 50, 0.02
"""How often a folder is tried whose files are replaced meanwhile, and how long is waited in between, in seconds."""


def _state(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return what changes when a file of a folder is replaced."""
    found: dict[str, tuple[int, ...]] = {}
    for name in (UNFINISHED, *(f"{table}.csv" for table in COLUMNS)):
        try:
            stat = (folder / name).stat()
        except OSError:
            continue
        found[name] = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return found


def _read_files(folder: Path, encoding: str | None = None, decimal: Decimal | None = None) -> dict[str, Table]:
    """Read the tables of a folder; what is wrong with the folder itself goes with the patients."""
    present = {path.stem: path.name for path in sorted(folder.iterdir()) if path.suffix.lower() == ".csv"}
    tables: dict[str, Table] = {}
    for name, columns in COLUMNS.items():
        path = folder / f"{name}.csv"
        if path.exists() or path.is_symlink():
            tables[name] = read_table(
                path, [column.name for column in columns], NumberColumns(name), encoding=encoding, decimal=decimal
            )
    extra = [stem for stem, file in present.items() if stem not in tables]
    meant = find_misspelt(extra, [name for name in COLUMNS if name not in tables])
    if "patients" not in tables:
        missing = () if "patients" in meant.values() else (Problem("the file is missing", file="patients.csv"),)
        tables["patients"] = Table("patients.csv", (), (), problems=missing)
    if "assessments" not in tables:
        absent = absent_table("assessments.csv", "the file is missing")
        tables["assessments"] = attrs.evolve(absent, problems=()) if "assessments" in meant.values() else absent
    first = tables["patients"]
    rule = "the file must be named '{}.csv'"
    problems = tuple(Problem(rule.format(right), file=present[stem]) for stem, right in meant.items())
    notes = tuple(f"{present[stem]}: the file was left out." for stem in extra if stem not in meant)
    return tables | {"patients": attrs.evolve(first, problems=problems + first.problems, notes=notes + first.notes)}


def write_study(study: Study, path: str | os.PathLike[str]) -> None:
    """Write a study as a folder of CSV files, or as a workbook, from which `read_study` makes an equal study.

    Parameters
    ----------
    study : Study
        The study.
    path : path
        The folder; it is made if it is not there. Afterwards its study files are those of this study: files of the same
        names are replaced, and one that this study has no rows for is removed. Other files are left alone. A name that ends
        in ``.xlsx`` is that of a workbook, which is replaced as a whole.

    Raises
    ------
    DataError
        If files cannot hold the study (it names what they cannot hold), or `read_study` would refuse them (a visit before
        consent, one day in two weeks, a text of over 131,072 characters); nothing is written then.
    OSError
        If the folder cannot be written to.

    Notes
    -----
    All files are first written beside their place, complete, and read back; only then do they take their places, all or
    none: where that is interrupted, `read_study` refuses the folder until the study is written again. Numbers are written
    with every digit that matters, whole ones without a decimal point; columns without any value are left out. Cells are
    written exactly as they are, also those that a spreadsheet program may take for a formula.

    The protocol is written to ``study.csv`` and ``measures.csv``, but for what was inferred and would be inferred again.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from ivigmyo import saito2008
    >>> study = saito2008.load_study()
    >>> with TemporaryDirectory() as folder:
    ...     write_study(study, folder)
    ...     sorted(path.name for path in Path(folder).iterdir())[:3], read_study(folder) == study
    (['adverse_events.csv', 'assessments.csv', 'ck_follow_up.csv'], True)
    """
    frames = {name: _filled(name, frame) for name, frame in study_to_frames(study).items()}
    where = Path(path)
    if is_workbook(where):
        tables = {name: (list(frame.columns), frame.itertuples(index=False)) for name, frame in frames.items()}
        write_workbook(where, tables, lambda staged: _check_equal(study, read_workbook(staged)))
        return
    texts = {f"{name}.csv": table_text(frame.columns, frame.itertuples(index=False)) for name, frame in frames.items()}
    _replace(texts, where, lambda staging: _check_equal(study, _read_files(staging)))


def _filled(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out the columns without any value, save those that are needed."""
    needed = [column.name for column in COLUMNS[name] if column.needed != "no"]
    return frame[[column for column in frame if column in needed or frame[column].notna().any()]]


def _replace(texts: Mapping[str, str], folder: Path, check: Callable[[Path], None]) -> None:
    obsolete = [f"{name}.csv" for name in COLUMNS if f"{name}.csv" not in texts]
    replace_files(folder, texts, obsolete, check)


def _check_equal(study: Study, tables: Mapping[str, Table]) -> None:
    """Refuse a study whose files would not be read, or not be read as it is."""
    if study_from_tables(tables) != study:
        raise DataError([Problem("what is written must read back equal")])


def write_template(path: str | os.PathLike[str]) -> None:
    """Write the files of the bundled study, to copy from; the keys of its conduct are left empty.

    Parameters
    ----------
    path : path
        The folder; it is made if it is not there. A name that ends in ``.xlsx`` is that of a workbook.

    Raises
    ------
    DataError
        If the workbook is there, or the folder has any file of a study already; nothing is written then.
    OSError
        If the folder cannot be written to.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
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
    target = Path(path)
    book = is_workbook(target)
    files = [target.name] if book else [f"{name}.csv" for name in COLUMNS]
    there = [name for name in files if (target.parent if book else target).joinpath(name).exists()]
    if there:
        raise DataError([Problem("a template must be written where no study is", ", ".join(there))])
    texts = template_texts()
    if book:
        write_workbook(target, {Path(name).stem: _typed(text) for name, text in texts.items()}, lambda _: None)
    else:
        _replace(texts, target, lambda _: None)


def _typed(text: str) -> tuple[list[str], list[list[str | float | None]]]:
    """Cut a CSV text into its header and its cells, those of numbers as numbers."""
    header, *rows = csv.reader(io.StringIO(text))
    texts = ("patient", "step")  # names stay texts, also where they look like numbers
    return header, [
        [cell if name in texts else _number(cell) for name, cell in zip(header, row, strict=True)] for row in rows
    ]


def _number(cell: str) -> str | float | None:
    value, rule = read_number(cell) if cell else (None, None)
    return (cell or None) if value is None or rule is not None else int(value) if value.is_integer() else value


_TEMPLATE_KEYS = ("title", "source", "scheduled_weeks", "endpoint_week", "comparison_weeks")
"""The keys that a template has filled: without them its own values could not be read as they are meant."""


def template_texts() -> dict[str, str]:
    """Return the files of the bundled study by name, without its conduct, so that nobody inherits it by copying."""
    data = files("ivigmyo.saito2008") / "data"
    found = {name: data / f"{name}.csv" for name in COLUMNS}
    texts = {f"{name}.csv": file.read_bytes().decode("utf-8") for name, file in found.items() if file.is_file()}
    lines = texts["study.csv"].splitlines()
    stated = {next(csv.reader([line]))[0]: line for line in lines[1:]}
    kept = {key: line for key, line in stated.items() if key.startswith(_TEMPLATE_KEYS)}
    open_keys = [f"{key}," for key in KEYS if key not in kept]
    texts["study.csv"] = "".join(f"{line}\n" for line in (lines[0], *kept.values(), *open_keys))
    return texts
