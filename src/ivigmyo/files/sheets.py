"""The tables a study is kept in: the columns of each, and the reading of their cells with every problem noted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

import attrs
import pandas as pd

from ivigmyo.arguments import check_frame
from ivigmyo.errors import DataError, Problem, is_finite, spell

__all__ = ["COLUMNS", "Column", "Findings", "Row", "find_misspelt", "read_cells", "read_rows"]

Kind: TypeAlias = Literal["text", "number", "whole", "flag", "list"]

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BEGINNING = re.compile(rf"{_NUMBER.pattern}|[+-]?")
_PARTS = ("week", "day", "treatment")
_FLAGS = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}


@attrs.frozen
class Column:
    """A column of one of a study's tables.

    Parameters
    ----------
    name : str
        Its name in the header.
    kind : {"text", "number", "whole", "flag", "list"}
        What its cells hold. A list is a text whose entries are separated by semicolons, or ``none``.
    needed : {"no", "column", "cell"}, default "no"
        Whether the column may be left out, must be there, or must be there with every cell filled.

    Examples
    --------
    >>> [column.name for column in COLUMNS["patients"] if column.needed == "cell"]
    ['patient', 'diagnosis', 'sex', 'age']
    """

    name: str
    kind: Kind
    needed: Literal["no", "column", "cell"] = "no"


COLUMNS: dict[str, tuple[Column, ...]] = {
    "patients": (
        Column("patient", "text", "cell"),
        Column("diagnosis", "text", "cell"),
        Column("sex", "text", "cell"),
        Column("age", "number", "cell"),
        Column("disease_duration", "number"),
        Column("previous_treatment", "text"),
        Column("weight", "number"),
        Column("highest_previous_dose", "number"),
        Column("steroid_dose_start", "number"),
        Column("steroid_dose_last", "number"),
        Column("efficacy_set", "flag"),
        Column("safety_set", "flag"),
        Column("exclusion_reason", "text"),
        Column("exclusion_conditions", "list"),
        Column("consented_on", "whole"),
        Column("discontinued_on", "whole"),
        Column("discontinuation_reason", "text"),
    ),
    "assessments": (
        Column("patient", "text", "cell"),
        Column("week", "whole"),
        Column("day", "whole"),
        Column("measure", "text", "cell"),
        Column("item", "text"),
        Column("value", "number", "cell"),
        Column("unit", "text"),
        Column("uln", "number"),
    ),
    "ck_follow_up": (
        Column("patient", "text", "cell"),
        Column("normalized_on", "number", "column"),
        Column("re_elevated_on", "number", "column"),
        Column("observed_until", "number", "cell"),
    ),
    "adverse_events": (
        Column("patient", "text", "cell"),
        Column("term", "text", "cell"),
        Column("group", "text"),
        Column("day", "whole"),
        Column("relation", "text"),
    ),
    "treatments": (
        Column("patient", "text", "cell"),
        Column("treatment", "text", "cell"),
        Column("start_day", "whole"),
        Column("end_day", "whole"),
        Column("dose", "number"),
        Column("unit", "text"),
    ),
    "study": (Column("key", "text", "cell"), Column("value", "text", "column")),
    "disposition": (
        Column("step", "text", "cell"),
        Column("reason", "text"),
        Column("patients", "whole", "cell"),
    ),
}
"""The columns of each table, by the name of its file without ``.csv``."""


@attrs.define
class Findings:
    """What was found while tables were read: problems, which refuse the study, and notes, which go with it.

    Parameters
    ----------
    problems : list of Problem
        Everything that is wrong.
    notes : list of str
        Everything a reader should know.

    Examples
    --------
    >>> findings = Findings()
    >>> findings.refuse()
    >>> findings.problems.append(Problem("a study must have at least one patient"))
    >>> findings.refuse()
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: a study must have at least one patient.
    """

    problems: list[Problem] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    def refuse(self) -> None:
        """Raise a DataError with every problem, if there is any: those of whole files first, then line by line."""
        if self.problems:
            files = dict.fromkeys([*(f"{table}{end}" for table in COLUMNS for end in ("", ".csv")), *self._files()])
            order = {file: position for position, file in enumerate(files)}
            self.problems.sort(key=lambda problem: (_is_of_row(problem), order[problem.file or ""], problem.line or 0))
            raise DataError(self.problems)

    def _files(self) -> Iterator[str]:
        """Yield the files of the problems, last those that have none."""
        yield from (problem.file for problem in self.problems if problem.file is not None)
        yield ""


def _is_of_row(problem: Problem) -> bool:
    """Tell a problem of a row from one of a header or a whole file, which may explain what is wrong below."""
    return problem.line != 1 and (problem.line is not None or problem.column is not None or problem.file is None)


@attrs.define
class Row:
    """One row of a table: its cells by column, None where empty, and where it stands.

    Parameters
    ----------
    cells : dict
        The cells, as the kinds of value their columns hold.
    findings : Findings
        Where its problems are noted.
    file : str
        The table's file.
    line : int, optional
        The line of that file.
    where : str, default ""
        Which row of a table without lines it is, such as ``"in row 0"``.
    sound : bool
        False once a problem of the row has been noted.
    faulty : set of str
        The columns of the problems that have been noted.

    Examples
    --------
    >>> findings = Findings()
    >>> frame = pd.DataFrame({"step": ["treated"], "patients": ["1O"]})
    >>> [row.sound for row in read_rows(frame, "disposition", findings)]
    [False]
    >>> print(findings.problems[0])
    disposition: patients: 'patients' must be a whole number: 'O' spoils it (got '1O') in row 0.
    """

    cells: dict[str, Any]
    findings: Findings
    file: str
    line: int | None
    where: str = ""
    sound: bool = True
    faulty: set[str | None] = attrs.field(factory=set)

    def __getitem__(self, column: str) -> Any:
        return self.cells[column]

    @property
    def record(self) -> str:
        """Whose row it is: the patient and the visit or treatment as far as they are known, else the row itself."""
        if self.cells.get("patient") is None:
            return "" if self.line is not None else self.where
        known = [f", {part} {spell(self.cells[part])}" for part in _PARTS if self.cells.get(part) is not None]
        return f"for patient {spell(self.cells['patient'])}{known[0] if known else ''}"

    def note(self, problem: Problem) -> None:
        """Note a problem of this row, with its place."""
        self.sound = False
        self.faulty.add(problem.column)
        record = problem.record or self.record
        self.findings.problems.append(attrs.evolve(problem, file=self.file, line=self.line, record=record))

    def build(self, kind: Any, *args: Any, **kwargs: Any) -> Any:
        """Make a record of this row; where it is refused, note why and return None."""
        try:
            return kind(*args, **kwargs)
        except DataError as error:
            self.note_all(error)
            return None

    def note_all(self, error: DataError) -> None:
        """Note every problem of an error that this row gave rise to, save for columns whose cell was faulty before."""
        for problem in [problem for problem in error.problems if problem.column not in self.faulty]:
            self.note(problem if self.cells.get("patient") is None else attrs.evolve(problem, record=self.record))


def read_rows(frame: pd.DataFrame, name: str, findings: Findings) -> list[Row]:
    """Read the rows of one of a study's tables.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table. Cells may be typed or text; an index named ``line`` gives the line of each row in its file, and
        ``frame.attrs["file"]`` the file's name. ``frame.attrs["problems"]`` and ``frame.attrs["notes"]`` hold what was
        found while the file was read: a row on the line of such a problem, or with one of the labels in
        ``frame.attrs["faulty"]``, is not sound, and not looked at further.
    name : str
        The table's name, a key of `COLUMNS`.
    findings : Findings
        Where problems and notes are added.

    Returns
    -------
    list of Row
        The rows, those with problems included (their `sound` is False); none where a needed column is missing.

    Raises
    ------
    ValueError
        If the table is no DataFrame.

    Examples
    --------
    >>> frame = pd.DataFrame({"patient": ["P01"], "week": ["4"], "measure": ["MMT"], "value": ["85"], "ward": ["3B"]})
    >>> findings = Findings()
    >>> row, = read_rows(frame, "assessments", findings)
    >>> row["week"], row["value"], row["uln"]
    (4, 85.0, None)
    >>> findings.notes
    ["assessments: column 'ward' was left out."]
    """
    check_frame(name, frame, ())
    file = str(frame.attrs.get("file", name))
    columns = COLUMNS[name]
    of_file: tuple[Problem, ...] = frame.attrs.get("problems", ())
    findings.problems += of_file
    findings.notes += frame.attrs.get("notes", ())
    if (of_file and not len(frame.columns)) or not _has_columns(frame, columns, file, findings):
        return []
    present = [column for column in columns if column.name in frame.columns]
    bare = pd.DataFrame(frame)  # without the attributes, which would be copied with every column
    cells = {column.name: list(read_cells(bare[column.name], column)) for column in present}
    absent = {column.name: None for column in columns if column.name not in cells}
    lined = frame.index.name == "line"
    faulty = {*(problem.line for problem in of_file if lined), *frame.attrs.get("faulty", ())}
    rows = []
    for i, label in enumerate(frame.index):
        values = absent | {column: cells[column][i][0] for column in cells}
        row = Row(values, findings, file, int(label) if lined else None, f"in row {label}")
        if label in faulty:
            row.sound = False
            row.faulty.update(column.name for column in columns)
        for column in present if row.sound else ():
            problem = cells[column.name][i][1]
            if problem is not None:
                row.note(problem)
        rows.append(row)
    return rows


def _has_columns(frame: pd.DataFrame, columns: tuple[Column, ...], file: str, findings: Findings) -> bool:
    names = [str(name) for name in frame.columns]
    wrong = [f"column {spell(name)} must appear once" for name in dict.fromkeys(names) if names.count(name) > 1]
    absent = [column.name for column in columns if column.name not in names]
    extra = [name for name in dict.fromkeys(names) if name not in {column.name for column in columns}]
    meant = find_misspelt(extra, absent)
    wrong += [f"column {spell(name)} must be written {right!r}" for name, right in meant.items()]
    needed = [column.name for column in columns if column.needed != "no"]
    wrong += [f"column {spell(name)} is missing" for name in absent if name in needed and name not in meant.values()]
    line = frame.attrs.get("header", 1) if frame.index.name == "line" else None
    findings.problems += [Problem(rule, file=file, line=line) for rule in wrong]
    findings.notes += [f"{file}: column {spell(name)} was left out." for name in extra if name not in meant]
    return not wrong


def find_misspelt(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Find names that are known ones misspelt: but for case, blanks and signs, or one letter.

    Parameters
    ----------
    names : iterable of str
        Names that are not known.
    known : iterable of str
        Names that are known and were not found.

    Returns
    -------
    dict of str to str
        The known name that each misspelt one must mean.

    Examples
    --------
    >>> find_misspelt(["Efficacy set", "ulm", "ward"], ["efficacy_set", "uln"])
    {'Efficacy set': 'efficacy_set', 'ulm': 'uln'}
    """
    left = list(known)
    return {name: right for name in names for right in left if _one_letter_apart(_letters(name), _letters(right))}


def _letters(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _one_letter_apart(name: str, right: str) -> bool:
    """Tell whether one name becomes the other when at most one letter is changed, dropped or put in, or two are swapped."""
    same = next((i for i, (a, b) in enumerate(zip(name, right, strict=False)) if a != b), min(len(name), len(right)))
    one, other = name[same:], right[same:]
    swapped = one[:2] == other[1::-1] and one[2:] == other[2:]
    return swapped or one[1:] == other[1:] or one[1:] == other or one == other[1:]


def read_cells(cells: pd.Series[Any], column: Column) -> Iterator[tuple[Any, Problem | None]]:
    """Yield each cell's value and what is wrong with it.

    Parameters
    ----------
    cells : pandas.Series
        Cells, typed or text.
    column : Column
        What they hold.

    Yields
    ------
    tuple of object and (Problem or None)
        The value, None where the cell is empty or no such value; and the problem, if there is one.

    Examples
    --------
    >>> [value for value, _ in read_cells(pd.Series(["4", "", "4.5"]), Column("week", "whole"))]
    [4, None, None]
    """
    for cell in cells.astype(object):
        if _is_empty(cell):
            missing = Problem(f"{column.name!r} must not be empty", column=column.name)
            yield None, missing if column.needed == "cell" else None
            continue
        value, rule = _READERS[column.kind](cell.strip() if isinstance(cell, str) else cell)
        yield value, None if rule is None else Problem(f"{column.name!r} must be {rule}", cell, column=column.name)


def _is_empty(cell: Any) -> bool:
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, (float, int, Real)) and cell != cell)


def _read_text(cell: Any) -> tuple[str | None, str | None]:
    if isinstance(cell, str):
        return str(cell), None
    return (str(int(cell)), None) if isinstance(cell, Integral) and is_finite(cell) else (None, "a text")


def _read_number(cell: Any) -> tuple[float | None, str | None]:
    if isinstance(cell, str) and not _NUMBER.fullmatch(cell):
        return None, f"a number: {spell(_spoiler(cell))} spoils it"
    number = float(cell) if isinstance(cell, str) else cell
    return (float(number), None) if is_finite(number) else (None, "a finite number")


def _spoiler(text: str) -> str:
    """Name the first character that keeps a text from being a number; where more should follow, the last."""
    return _BEGINNING.sub("", text, count=1)[:1] or text[-1]


def _read_whole(cell: Any) -> tuple[int | None, str | None]:
    number, rule = _read_number(cell)
    if number is None:
        return None, None if rule is None else rule.replace("a number", "a whole number")
    # Beyond 2 ** 53 a float may stand for another whole number than the one written.
    return (int(number), None) if number.is_integer() and abs(number) < 2**53 else (None, "a whole number")


def _read_flag(cell: Any) -> tuple[bool | None, str | None]:
    flag = _FLAGS.get(spell(cell) if is_finite(cell) else str(cell).lower())
    return (flag, None) if flag is not None else (None, "yes or no")


def _read_list(cell: Any) -> tuple[tuple[str, ...] | None, str | None]:
    text, rule = _read_text(cell)
    if text is None:
        return None, rule
    return () if text.lower() == "none" else tuple(part.strip() for part in text.split(";") if part.strip()), None


_READERS = {
    "text": _read_text,
    "number": _read_number,
    "whole": _read_whole,
    "flag": _read_flag,
    "list": _read_list,
}
