"""SAS transport files of version 5 (XPT) <-> data frames."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.adam.labels import LABELS
from ivigmyo.errors import DataError, Problem, refuse

__all__ = ["is_missing", "read_xpt", "write_xpt"]

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
_NAME_RULE = "a {}'s name must be at most 8 of A-Z, 0-9 and _"
_LONGEST_TEXT = 200
_LONGEST_LABEL = 40


def is_missing(cell: Any) -> bool:
    """Tell whether a cell is missing: None, NaN, NaT, NA, or a text of blanks.

    Parameters
    ----------
    cell : object
        A cell.

    Returns
    -------
    bool
        True where it is missing.

    Examples
    --------
    >>> [is_missing(cell) for cell in (None, float("nan"), " ", 0)]
    [True, True, True, False]
    """
    return bool(pd.isna(cell)) or (isinstance(cell, str) and not cell.strip())


def read_xpt(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a SAS transport file (XPT).

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    pandas.DataFrame
        The data set, one column a variable: numbers as float (NaN where missing), text as str (``""`` where missing),
        dates as `datetime.date`.

    Raises
    ------
    ImportError
        If pyreadstat is not installed.
    DataError
        If the file is not there, or is no XPT file.

    Notes
    -----
    `pandas.read_sas` reads every 0 of such a file as 5.397605e-79, so that no event is found by ``CNSR == 0``.

    Examples
    --------
    >>> with TemporaryDirectory() as folder:
    ...     write_xpt(pd.DataFrame({"USUBJID": ["P01"], "CNSR": [0.0]}), Path(folder, "adtte.xpt"))
    ...     read_xpt(Path(folder, "adtte.xpt")).to_dict("records")
    [{'USUBJID': 'P01', 'CNSR': 0.0}]
    """
    pyreadstat = _import_pyreadstat()
    name = Path(path).name
    if not Path(path).is_file():
        raise DataError([Problem("the file is missing", file=name)])
    try:
        frame, _ = pyreadstat.read_xport(os.fspath(path))
    except (pyreadstat.ReadstatError, UnicodeDecodeError, OverflowError) as error:
        raise DataError([Problem(f"the file must be a SAS transport file (XPT): {error}".rstrip("."), file=name)]) from None
    result: pd.DataFrame = frame
    return result


def write_xpt(frame: pd.DataFrame, path: str | os.PathLike[str], labels: Mapping[str, str] | None = None) -> None:
    """Write a data set as a SAS transport file of version 5.

    Parameters
    ----------
    frame : pandas.DataFrame
        The data set: columns of numbers, of text, or of `datetime.date`. Text may be at most 200 bytes long, names eight
        characters of A-Z, 0-9 and _.
    path : path
        The file; the data set is named by it. An existing file is replaced by the whole new one.
    labels : mapping of str to str, optional
        Labels of variables, at most forty characters each; those of `ivigmyo.adam.LABELS` need not be given.

    Raises
    ------
    ImportError
        If pyreadstat is not installed.
    DataError
        If a name, label or value cannot be written, or would not read back equal.

    Examples
    --------
    >>> with TemporaryDirectory() as folder:
    ...     write_xpt(pd.DataFrame({"DURATION_DAYS": [371.0]}), Path(folder, "adtte.xpt"))
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: a variable's name must be at most 8 of A-Z, 0-9 and _ (got 'DURATION_DAYS').
    """
    pyreadstat = _import_pyreadstat()
    target = Path(path)
    known = {**LABELS, **(labels or {})}
    used = {str(name): known.get(str(name), "") for name in frame.columns}
    refuse(
        [*_wrong_names(target.stem.upper(), used), *(each for name in frame.columns for each in _unwritable(frame[name]))]
    )
    with TemporaryDirectory(prefix=".ivigmyo-", dir=target.parent) as staging:
        staged = Path(staging, target.name)
        names = {"table_name": target.stem.upper(), "column_labels": list(used.values())}
        pyreadstat.write_xport(frame, os.fspath(staged), file_format_version=5, **names)
        again = read_xpt(staged)
        refuse(
            Problem("what is written must read back equal", record=f"in variable {name!r}")
            for name in frame.columns
            if name not in again or not _equal(frame[name], again[name])
        )
        staged.replace(target)


def _wrong_names(table: str, labels: Mapping[str, str]) -> Iterator[Problem]:
    if not _NAME.fullmatch(table):
        yield Problem(_NAME_RULE.format("data set"), table)
    for name, label in labels.items():
        if not _NAME.fullmatch(name):
            yield Problem(_NAME_RULE.format("variable"), name)
        if len(label) > _LONGEST_LABEL:
            yield Problem(f"a label must have at most {_LONGEST_LABEL} characters", label, f"for variable {name!r}")


def _unwritable(column: pd.Series[Any]) -> Iterator[Problem]:
    record = f"in variable {str(column.name)!r}"
    if column.dtype.kind in "iufb":
        return
    for cell in column:
        if isinstance(cell, str) and len(cell.encode("utf-8", "replace")) > _LONGEST_TEXT:
            yield Problem(f"a text must have at most {_LONGEST_TEXT} bytes", cell, record)
        elif not isinstance(cell, (str, datetime.date)) and not pd.isna(cell):
            yield Problem("a cell must be a text or a date", cell, record)


def _equal(column: pd.Series[Any], again: pd.Series[Any]) -> bool:
    if column.dtype.kind in "iufb":
        return np.array_equal(column.to_numpy(dtype=float), again.to_numpy(dtype=float), equal_nan=True)
    return [None if is_missing(cell) else cell for cell in column] == [None if is_missing(cell) else cell for cell in again]


def _import_pyreadstat() -> Any:
    try:
        import pyreadstat
    except ImportError:
        raise ImportError('XPT files need pyreadstat: pip install "ivigmyo[adam]"') from None
    return pyreadstat
