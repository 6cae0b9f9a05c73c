"""A delimited text file <-> a table of text cells, with the line of each row and everything that is wrong with its form."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Collection, Container, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import attrs

from ivigmyo.errors import DataError, Problem, refusal, spell
from ivigmyo.files.cells import cell_text
from ivigmyo.files.marks import Decimal, read_marks
from ivigmyo.files.tables import Table

__all__ = ["read_table", "table_text"]

_DELIMITERS = (",", ";", "\t")
_LONGEST_LINE = 1_000_000
_MOST_COLUMNS = 1000
_MOST_PROBLEMS = 1000
_SEPARATOR = re.compile(r'"?sep=([^\r\n"])"?\s*', re.IGNORECASE)
_FORM = "the file must be text in UTF-8 (save it as 'CSV UTF-8', or name its encoding by encoding=)"
_BAD_BYTE = re.compile("[\udc80-\udcff]")


def read_table(
    path: Path,
    known: Collection[str] = (),
    numbers: Container[str] = (),
    *,
    encoding: str | None = None,
    decimal: Decimal | None = None,
) -> Table:
    r"""Read a delimited text file into a table of its cells as they are written.

    Parameters
    ----------
    path : pathlib.Path
        The file: UTF-8 with or without a byte order mark, or UTF-16 with one, lines ending in LF, CRLF or CR, the first line
        that is not blank the header. A first line such as ``sep=;``, which Excel writes, names the delimiter.
    known : collection of str
        Names a header may hold. The delimiter (comma, semicolon or tab) is the one by which most of them are found, or by
        which the header has most fields.
    numbers : container of str
        Columns of numbers: where the delimiter is not a comma, a comma in them is a decimal comma and becomes a point. A
        column in which every mark is followed by exactly three digits is refused, since that may be a mark of thousands,
        unless another column of the file tells.
    encoding : str, optional
        What the file is encoded in, where it is neither.
    decimal : {".", ","}, optional
        The decimal mark; the other one then marks thousands.

    Returns
    -------
    Table
        Text cells, with the line each row starts on; blank rows are left out. A file that cannot be read at all gives a
        table without columns.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "patients.csv")
    ...     _ = path.write_text("patient;age\n\nP01;39,5\nP02;41;F\n")
    ...     table = read_table(path, known=("patient", "age"), numbers=("age",))
    >>> table.lines, table.column("age")
    ([3, 4], ['39.5', '41'])
    >>> print(table.problems[0])
    patients.csv:4: a row must have as many fields as the header, which has 2 (got 3).
    """
    problems: list[Problem] = []
    delimiter, notes = ",", []
    table = Table(path.name, (), ())
    try:
        table, delimiter = _read_cells(path, known, problems, encoding or _encoding(path))
    except DataError as error:
        problems += error.problems
    except OSError as error:
        problems.append(Problem("the file must be readable", error.strerror))
    except UnicodeError:
        problems.append(Problem(f"{_FORM}, or {encoding} as it is said to be" if encoding else _FORM))
    except LookupError:
        raise ValueError(refusal("'encoding' must be a name that Python knows, such as 'cp932'", encoding)) from None
    if delimiter != "," or decimal is not None:
        notes = read_marks(table, numbers, problems, decimal)
    broken = {problem.line for problem in problems if problem.line is not None}
    return attrs.evolve(
        table,
        problems=tuple(attrs.evolve(problem, file=path.name) for problem in problems),
        notes=tuple(f"{path.name}: {note}" for note in notes),
        broken=frozenset(row for row, line in enumerate(table.lines or ()) if line in broken),
    )


class _Lines:
    """The lines of a file as an editor counts them, read when they are asked for; those that are no text are noted."""

    def __init__(self, file: TextIO, problems: list[Problem]) -> None:
        self._file, self._problems = file, problems
        self._kept: deque[str] = deque()
        self._first = 0

    def since(self, number: int) -> Iterator[str]:
        """Yield the lines from a number on, counted from 0."""
        while True:
            if number == self._first + len(self._kept):
                line = self._file.readline(_LONGEST_LINE + 1)
                if not line:
                    return
                self._kept.append(line)
                self._check(line)
            yield self._kept[number - self._first]
            number += 1

    def forget(self, number: int) -> None:
        """Drop the lines before a number, which are not asked for again."""
        while self._first < number:
            self._kept.popleft()
            self._first += 1

    def _check(self, line: str) -> None:
        bad = None if line.isascii() else _BAD_BYTE.search(line)
        number = self._first + len(self._kept)
        if "\0" in line or len(line) > _LONGEST_LINE:
            rule = f"a line must have at most {_LONGEST_LINE} characters" if "\0" not in line else "the file must be text"
            raise DataError([Problem(rule, line=number)])
        if bad is not None:
            # One such byte tells of the whole file: what follows from it in single rows would help nobody.
            raise DataError([Problem(_FORM, bad[0].encode("utf-8", "surrogateescape"), line=number)])


def _encoding(path: Path) -> str:
    """Tell the encoding by the mark at the beginning; without one it is UTF-8."""
    if not path.is_file():
        return "utf-8"
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _read_cells(path: Path, known: Collection[str], problems: list[Problem], encoding: str) -> tuple[Table, str]:
    """Cut a file into cells; rows of a wrong form are noted and kept as far as they go."""
    if not path.is_file():
        raise DataError([Problem("the file must be a regular file, not a folder or a device")])
    if (quick := _read_quickly(path, known, encoding)) is not None:
        return quick
    found: list[tuple[int, list[str]]] = []
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        lines = _Lines(file, problems)
        first, header = _header(lines, 0)
        named = _SEPARATOR.fullmatch(header)
        if named is not None:
            first, header = _header(lines, first + 1)
        delimiter = _find_delimiter(header, known) if named is None else named[1]
        for line, fields, problem in _records(lines, first, delimiter):
            if problem is not None:
                problems.append(attrs.evolve(problem, line=line))
            if len(problems) > _MOST_PROBLEMS:
                raise DataError([Problem("the rest of the file was not read", line=line)])
            if any(map(str.strip, fields)):
                found.append((line, fields))
    if not found:
        raise DataError([Problem("the file must have a header and rows, and is empty")])
    return _make_table(path.name, found), delimiter


def _read_quickly(path: Path, known: Collection[str], encoding: str) -> tuple[Table, str] | None:
    """Cut a file without any fault of form, in one go; None where there may be one, which is looked for line by line."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_LINE)
        if b"\n" not in start and b"\r" not in start:
            return None
        content = start + file.read()
    try:
        text = content.decode(encoding)
    except (UnicodeError, LookupError):
        return None
    if "\0" in text or _SEPARATOR.match(text.lstrip()):
        return None
    if '"' in text:
        return None  # fields may go over several lines
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    delimiter = _find_delimiter(next(filter(str.strip, lines), ""), known)
    numbers = [number for number, line in enumerate(lines, 1) if line.replace(delimiter, "").strip()]
    kept = [lines[number - 1] for number in numbers]
    width = kept[0].count(delimiter) + 1 if kept else 0
    if not kept or max(map(len, kept)) > csv.field_size_limit() or {line.count(delimiter) for line in kept} != {width - 1}:
        return None
    # All fields in one list: a list for every row would take several times as long.
    fields = delimiter.join(kept).split(delimiter)
    names, cells = fields[:width], [fields[i + width :: width] for i in range(width)]
    return _named(path.name, names, cells, numbers[1:], numbers[0]), delimiter


def _header(lines: _Lines, start: int) -> tuple[int, str]:
    """Find the first line from a number on that is not blank."""
    return next(((start + i, line) for i, line in enumerate(lines.since(start)) if line.strip()), (start, ""))


def _make_table(name: str, found: list[tuple[int, list[str]]]) -> Table:
    width = len(found[0][1])
    rows = [fields if len(fields) == width else (fields + [""] * width)[:width] for _, fields in found[1:]]
    cells = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
    return _named(name, found[0][1], cells, [line for line, _ in found[1:]], found[0][0])


def _named(name: str, header: list[str], cells: list[list[str]], lines: list[int], at: int) -> Table:
    names = [name.strip() for name in header]
    if len(names) > _MOST_COLUMNS:
        raise DataError([Problem(f"a header must have at most {_MOST_COLUMNS} columns", len(names), line=at)])
    # A spreadsheet may write columns without a name and without a value at its right edge.
    filled = [i for i, name in enumerate(names) if name or any(map(str.strip, cells[i]))]
    return Table(name, tuple(names[i] for i in filled), tuple(cells[i] for i in filled), lines, header=at)


def _find_delimiter(header: str, known: Collection[str]) -> str:
    def score(delimiter: str) -> tuple[int, int]:
        try:
            names = [name.strip() for name in next(csv.reader([header.strip("\r\n")], delimiter=delimiter), [])]
        except csv.Error:
            return 0, 0
        return sum(name in known for name in names), len(names)

    return max(_DELIMITERS, key=score)


def _records(lines: _Lines, at: int, delimiter: str) -> Iterator[tuple[int, list[str], Problem | None]]:
    """Yield the line each record starts on, its fields, and what is wrong with its form.

    After a record of a wrong form reading goes on at the line below its first, so that a stray quote costs one line.
    """
    width = 0
    while next(lines.since(at), None) is not None:
        reader = csv.reader(lines.since(at), delimiter=delimiter, strict=True)
        start = at
        problem: Problem | None = None
        while problem is None:
            try:
                fields = next(reader, None)
            except csv.Error as error:
                problem = Problem(_form(str(error), delimiter))
                break
            if fields is None:
                return
            filled = any(map(str.strip, fields))
            width = width or (len(fields) if filled else 0)
            if filled and len(fields) != width:
                problem = Problem(f"a row must have as many fields as the header, which has {width}", len(fields))
            else:
                yield start + 1, fields, None
                start = at + reader.line_num
                lines.forget(start)
        yield start + 1, next(lines.since(start)).rstrip("\r\n").split(delimiter), problem
        at = start + 1


def _form(message: str, delimiter: str) -> str:
    """Say in words what the reader of fields stumbled over."""
    if "limit" in message:
        return f"a field must have at most {csv.field_size_limit()} characters"
    if "unexpected end" in message:
        return "a quote that is opened must be closed"
    return f"a quoted field must end with a quote and {spell(delimiter)} or the end of the line"


def table_text(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    r"""Write a table as comma-separated text.

    Parameters
    ----------
    names : iterable of str
        The header.
    rows : iterable of iterable
        The cells, row by row, as `cell_text` takes them.

    Returns
    -------
    str
        The text, each line ended by LF. Fields are quoted where they hold a comma, a quote, or a line's end.

    Examples
    --------
    >>> table_text(["patient", "previous_treatment"], [("P01", "CS, MTX"), ("P02", None)])
    'patient,previous_treatment\nP01,"CS, MTX"\nP02,\n'
    """
    lines = [",".join(map(_quoted, names)), *(",".join(_quoted(cell_text(cell)) for cell in row) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n\r') else text
