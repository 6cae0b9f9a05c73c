"""SAS transport files of version 5 (XPT) <-> data frames."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd

from ivigmyo.adam.labels import LABELS
from ivigmyo.errors import DataError, Problem, refusal, refuse
from ivigmyo.files.cells import is_empty
from ivigmyo.files.whole import whole_file

__all__ = ["check_whole", "plain_frame", "read_xpt", "write_xpt"]

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
_NAME_RULE = "a {}'s name must be at most 8 of A-Z, 0-9 and _"
_LONGEST_TEXT = 200
_LONGEST_LABEL = 40
_LARGEST = 2**53  # the greatest whole number up to which a float holds every one
_RECORD = 80
_EVERY_BYTE = "ISO-8859-1"
_NAMES = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
_ROWS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"


def read_xpt(path: str | os.PathLike[str], *, encoding: str | None = None) -> pd.DataFrame:
    """Read a SAS transport file (XPT).

    Parameters
    ----------
    path : path
        The file.
    encoding : str, optional
        What its text is encoded in, where that is not UTF-8: ``"cp932"``, ``"latin-1"``. A file does not tell.

    Returns
    -------
    pandas.DataFrame
        The data set, one column a variable: numbers as float (NaN where missing), text as str (``""`` where missing),
        dates as `datetime.date`.

    Raises
    ------
    ImportError
        If pyreadstat is not installed.
    ValueError
        If `encoding` is no encoding of texts that Python knows.
    DataError
        If the file is not there, is no XPT file, ends within a record, or holds text in another encoding.

    Notes
    -----
    A file of version 5 does not say how many records it has: one from which whole records were cut off reads short.

    `pandas.read_sas` reads every 0 of such a file as 5.397605e-79, so that no event is found by ``CNSR == 0``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_xpt(pd.DataFrame({"USUBJID": ["P01"], "CNSR": [0.0]}), Path(folder, "adtte.xpt"))
    ...     read_xpt(Path(folder, "adtte.xpt")).to_dict("records")
    [{'USUBJID': 'P01', 'CNSR': 0.0}]
    """
    pyreadstat = _import_pyreadstat()
    name = Path(path).name
    _check_encoding(encoding)
    if not Path(path).is_file():
        raise DataError([Problem("the file is missing", file=name)])
    try:
        check_whole(Path(path).read_bytes())
        frame, _ = _read(pyreadstat, path, encoding)
    except OSError as error:
        raise DataError([Problem("the file must be readable", error.strerror, file=name)]) from None
    except DataError as error:
        raise DataError([attrs.evolve(problem, file=name) for problem in error.problems]) from None
    except UnicodeDecodeError:
        rule = f"the text of the file must be in {encoding or 'UTF-8'}: name its encoding by encoding="
        raise DataError([Problem(rule, file=name)]) from None
    except (pyreadstat.ReadstatError, OverflowError, ValueError) as error:
        raise DataError([Problem(f"the file must be a SAS transport file (XPT): {error}", file=name)]) from None
    result: pd.DataFrame = frame
    return result


def _read(pyreadstat: Any, path: str | os.PathLike[str], encoding: str | None) -> tuple[pd.DataFrame, Any]:
    if encoding is None:
        frame, meta = pyreadstat.read_xport(os.fspath(path))
        return frame, meta
    # The library that reads it knows other names of encodings than Python: it is told one that keeps every byte.
    frame, meta = pyreadstat.read_xport(os.fspath(path), encoding=_EVERY_BYTE)
    decode = partial(_decode, encoding=encoding)
    texts = {name: column.map(decode) for name, column in frame.items() if column.dtype.kind == "O"}
    return frame.assign(**texts), meta


def _check_encoding(encoding: str | None) -> None:
    try:
        "a".encode(encoding or "utf-8")
    except (LookupError, TypeError, ValueError):
        raise ValueError(refusal("'encoding' must be a name that Python knows, such as 'cp932'", encoding)) from None


def _decode(cell: Any, encoding: str) -> Any:
    return cell.encode(_EVERY_BYTE).decode(encoding) if isinstance(cell, str) else cell


def check_whole(content: bytes) -> None:
    """Refuse a file that ends within a record of 80 bytes, or within the last row of its data set."""
    if len(content) % _RECORD:
        rule = f"a SAS transport file must consist of records of {_RECORD} bytes: this one is cut off"
        raise DataError([Problem(rule, f"{len(content)} bytes")])
    names = content.find(_NAMES)
    rows = content.find(_ROWS)
    if names < 0 or rows < 0:
        return  # what it is instead is told by the reader
    count, size = int(content[names + 54 : names + 58]), 140
    lengths = [
        int.from_bytes(content[names + _RECORD + size * i + 4 : names + _RECORD + size * i + 6], "big") for i in range(count)
    ]
    width, data = sum(lengths), content[rows + _RECORD :]
    rest = data[len(data) // width * width :] if width else b""
    if rest.strip(b" ") or len(rest) >= _RECORD:
        raise DataError([Problem("the last row of a SAS transport file must be complete: this one is cut off")])


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
        Labels of variables, at most forty bytes each in UTF-8; those of `ivigmyo.adam.LABELS` need not be given.

    Raises
    ------
    ImportError
        If pyreadstat is not installed.
    DataError
        If a name, label or value cannot be written (an infinite number, a whole number beyond 2^53, a label of over forty
        bytes, two variables of one name), or would not read back equal.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_xpt(pd.DataFrame({"DURATION_DAYS": [371.0]}), Path(folder, "adtte.xpt"))
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: a variable's name must be at most 8 of A-Z, 0-9 and _ (got 'DURATION_DAYS').
    """
    pyreadstat = _import_pyreadstat()
    target = Path(path)
    known = {**LABELS, **(labels or {})}
    found = [str(name) for name in frame.columns]
    refuse(Problem("a variable's name must be its own", name) for name in dict.fromkeys(found) if found.count(name) > 1)
    used = {name: known.get(name, "") for name in found}
    frame = plain_frame(frame).set_axis(found, axis=1)
    refuse([*_wrong_names(target.stem.upper(), used), *(each for name in found for each in _unwritable(frame[name]))])
    with whole_file(target) as staged:
        names = {"table_name": target.stem.upper(), "column_labels": list(used.values())}
        pyreadstat.write_xport(frame, os.fspath(staged), file_format_version=5, **names)
        again, meta = _read(pyreadstat, staged, None)
        labels = dict(zip(meta.column_names, meta.column_labels, strict=True))
        refuse(
            Problem("what is written must read back equal", record=f"in variable {name!r}")
            for name in found
            if name not in again or not _equal(frame[name], again[name]) or (labels[name] or "") != used[name]
        )


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of any storage, also of Arrow's, as one of numpy's: numbers with NaN, anything else as objects."""
    plain = pd.DataFrame(dict(enumerate(_plain(frame.iloc[:, i]) for i in range(frame.shape[1]))))
    return plain.set_axis(list(frame.columns), axis=1)


def _plain(series: pd.Series[Any]) -> Any:
    if not pd.api.types.is_extension_array_dtype(series.dtype):
        return series.to_numpy()
    if series.dtype.kind in "iuf":
        whole = series.dropna().astype(object)
        if series.dtype.kind in "iu" and any(abs(int(each)) > _LARGEST for each in whole):
            return series.astype(object).to_numpy(dtype=object)  # which a float cannot hold
        return series.to_numpy(dtype=float, na_value=np.nan)
    return series.astype(object).to_numpy(dtype=object)


def _wrong_names(table: str, labels: Mapping[str, str]) -> Iterator[Problem]:
    if not _NAME.fullmatch(table):
        yield Problem(_NAME_RULE.format("data set"), table)
    for name, label in labels.items():
        if not _NAME.fullmatch(name):
            yield Problem(_NAME_RULE.format("variable"), name)
        if len(label.encode("utf-8", "replace")) > _LONGEST_LABEL:
            yield Problem(f"a label must have at most {_LONGEST_LABEL} bytes", label, f"for variable {name!r}")


def _unwritable(column: pd.Series[Any]) -> Iterator[Problem]:
    record = f"in variable {str(column.name)!r}"
    if column.dtype.kind in "iufb":
        numbers = column.to_numpy()
        if column.dtype.kind == "f" and np.isinf(numbers).any():
            yield Problem("a number must be finite", float(numbers[np.isinf(numbers)][0]), record)
        if column.dtype.kind in "iu" and any(
            abs(int(each)) > _LARGEST for each in (numbers.max(), numbers.min()) if len(numbers)
        ):
            yield Problem("a whole number must lie within 2^53", int(max(numbers, key=abs)), record)
        return
    for cell in column:
        if isinstance(cell, str) and len(cell.encode("utf-8", "replace")) > _LONGEST_TEXT:
            yield Problem(f"a text must have at most {_LONGEST_TEXT} bytes", cell, record)
        elif not isinstance(cell, (str, datetime.date)) and not pd.isna(cell):
            yield Problem("a cell must be a text or a date", cell, record)


def _equal(column: pd.Series[Any], again: pd.Series[Any]) -> bool:
    if column.dtype.kind in "iufb":
        return np.array_equal(column.to_numpy(dtype=float), again.to_numpy(dtype=float), equal_nan=True)
    return [None if is_empty(cell) else cell for cell in column] == [None if is_empty(cell) else cell for cell in again]


def _import_pyreadstat() -> Any:
    try:
        import pyreadstat
    except ImportError:
        raise ImportError('XPT files need pyreadstat: pip install "ivigmyo[adam]"') from None
    return pyreadstat
