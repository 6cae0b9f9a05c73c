"""A workbook (.xlsx) <-> tables, one a sheet: cells with their places, headers below titles, formulas as stored."""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from ivigmyo.display import counted, listed
from ivigmyo.errors import DataError, Problem, spell
from ivigmyo.files.cells import Faulty, is_empty
from ivigmyo.files.columns import COLUMNS, find_misspelt
from ivigmyo.files.dates import DATED, PATIENT_DATES
from ivigmyo.files.tables import Table, absent_table
from ivigmyo.files.whole import whole_file
from ivigmyo.files.wide import read_name
from ivigmyo.study.plan import BUILT_IN

__all__ = ["is_workbook", "read_workbook", "write_workbook"]

_HIGHEST_HEADER = 30
"""In how many rows at the top of a sheet its header is looked for, below titles and notes."""

_ERRORS = frozenset(
    {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"}
)
_MOST_COLUMNS = 1000
_LONGEST_TEXT = 32_767


def is_workbook(path: Path) -> bool:
    """Tell a workbook by its name."""
    return path.suffix.lower() in (".xlsx", ".xlsm")


def _openpyxl() -> Any:
    try:
        return import_module("openpyxl")
    except ImportError:
        raise ImportError('workbooks need openpyxl: pip install "ivigmyo[excel]"') from None


def read_workbook(path: Path) -> dict[str, Table]:
    """Read the sheets of a workbook that are tables of a study; the first one with patients stands for them all, if need be.

    Raises
    ------
    ImportError
        If openpyxl is not installed.
    DataError
        If the file is no workbook.
    """
    sheets, notes, hidden = _read_sheets(path)
    named: dict[str, list[str]] = {}
    for name in sheets:
        named.setdefault(name.strip().casefold().replace(" ", "_"), []).append(name)
    known = {name: own[0] for name, own in named.items()}
    problems = [
        Problem(f"two sheets must not both be {name!r} (the other is {spell(other)})", file=own[0])
        for name, own in named.items()
        if name in COLUMNS
        for other in own[1:]
    ]
    found = {name: sheets.pop(known[name]) for name in COLUMNS if name in known}
    meant = find_misspelt(sheets, [name for name in COLUMNS if name not in found])
    for name, right in meant.items():
        problems.append(Problem(f"the sheet must be named {right!r}", file=name))
    if "patients" not in found and "patients" not in meant.values():
        lone = [name for name, rows in sheets.items() if _is_of_patients(rows)]
        if len(lone) == 1:
            notes.append(f"{lone[0]}: the sheet was read as the patients.")
            found["patients"] = sheets.pop(lone[0])
            known["patients"] = lone[0]
    notes += [f"{name}: the sheet was left out." for name, rows in sheets.items() if name not in meant and rows]
    notes += [
        f"{known[name]}: the sheet is hidden in the workbook, and was read." for name in found if known[name] in hidden
    ]
    tables = {name: _make_table(known[name], name, rows) for name, rows in found.items()}
    if "patients" not in tables:
        missing = () if "patients" in meant.values() else (Problem("the sheet is missing", file="patients"),)
        tables["patients"] = Table("patients", (), (), problems=missing)
    if "assessments" not in tables:
        absent = absent_table("assessments", "the sheet is missing")
        tables["assessments"] = attrs.evolve(absent, problems=()) if "assessments" in meant.values() else absent
    first = tables["patients"]
    first = attrs.evolve(first, problems=(*problems, *first.problems), notes=(*notes, *first.notes))
    return {**tables, "patients": first}


_Rows = list[tuple[int, list[Any]]]
"""The rows of a sheet that are not blank, each with its number."""


def _read_sheets(path: Path) -> tuple[dict[str, _Rows], list[str], frozenset[str]]:
    """Read the cells of every sheet, what to note of all, and which are hidden; what is no workbook is refused."""
    openpyxl = _openpyxl()
    if not path.is_file():
        raise DataError([Problem("the file is missing", file=path.name)])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError([Problem("the file must be readable", error.strerror, file=path.name)]) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which say nothing of cells
            seen = _look_over(content)
            values, hidden = _cells(openpyxl, content, stored=True, percentages=seen.percentages)
            formulas = _cells(openpyxl, content, stored=False)[0] if seen.formulas else {}
    except Exception as error:
        # openpyxl has no error of its own for a damaged file: what comes depends on the byte that is wrong (BadZipFile,
        # zlib.error, ParseError, KeyError, AttributeError, ValueError, ...), and its name is all there is to tell.
        rule = "the file must be a workbook (.xlsx) that a spreadsheet program can open"
        raise DataError([Problem(rule, type(error).__name__, file=path.name)]) from None
    rows_hidden = counted(seen.hidden, "row that is hidden there was", "rows that are hidden there were")
    notes = [f"{path.name}: {rows_hidden} read as any other."] if seen.hidden else []
    return {name: _with_formulas(rows, dict(formulas.get(name, ()))) for name, rows in values.items()}, notes, hidden


def _cells(
    openpyxl: Any, content: bytes, *, stored: bool, percentages: bool = False
) -> tuple[dict[str, _Rows], frozenset[str]]:
    """Return the rows of each sheet by its name, and the names of the hidden ones."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=stored)
    try:
        hidden = frozenset(sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible")
        return {sheet.title: _filled(sheet, percentages) for sheet in book.worksheets}, hidden
    finally:
        book.close()


class _Percentage(float):
    """The number of a cell that shows it times 100."""


def _value(cell: Any) -> Any:
    is_percentage = type(cell.value) in (int, float) and "%" in cell.number_format
    return _Percentage(cell.value) if is_percentage else cell.value


def _filled(sheet: Any, percentages: bool) -> _Rows:
    sheet.reset_dimensions()  # programs write wrong ones, by which cells would be left out
    rows: _Rows = []
    for number, row in enumerate(sheet.iter_rows(values_only=not percentages), 1):
        cells = [_value(cell) for cell in row] if percentages else row
        if any(cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in cells):
            rows.append((number, list(cells)))
    return rows


_PLACE = re.compile(rb'<(?:\w+:)?(row|c)\s(?:[^>]*?\s)?r="([A-Z]*)([0-9]+)"')


_HIDDEN = re.compile(rb'<(?:\w+:)?row\s[^>]*?hidden="(?:1|true)"')
_PERCENTAGE = re.compile(rb'numFmtId="(?:9|10)"|formatCode="[^"]*%')


class _Seen(NamedTuple):
    """What is seen of a workbook before its cells are read: formulas, formats of percentages, how many rows are hidden."""

    formulas: bool
    percentages: bool
    hidden: int


def _look_over(content: bytes) -> _Seen:
    """Look a workbook over; refuse one whose rows or cells are out of order, which would be left out."""
    has_formulas, hidden = False, 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        styles = archive.read("xl/styles.xml") if "xl/styles.xml" in archive.namelist() else b""
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                sheet = archive.read(name)
                has_formulas = has_formulas or re.search(rb"<(?:\w+:)?f[ />]", sheet) is not None
                hidden += len(_HIDDEN.findall(sheet))
                last, before = 0, (0, b"")
                for kind, letters, digits in _PLACE.findall(sheet):
                    row, place = int(digits), (len(letters), letters)
                    if row != last if kind == b"c" else row <= last:
                        raise ValueError("a row is out of its place")
                    if kind == b"c" and place <= before:
                        raise ValueError("a cell is out of its place")
                    last, before = row, place if kind == b"c" else (0, b"")
    return _Seen(has_formulas, _PERCENTAGE.search(styles) is not None, hidden)


def _with_formulas(rows: _Rows, formulas: Mapping[int, list[Any]]) -> _Rows:
    """Mark the cells of formulas that have no stored value: they would look empty."""
    for number, cells in formulas.items():
        own = next((own for at, own in rows if at == number), None)
        for i, cell in enumerate(cells):
            if isinstance(cell, str) and cell.startswith("=") and (own is None or i >= len(own) or own[i] is None):
                if own is None:
                    own = list[Any]([None] * len(cells))
                    rows.append((number, own))
                own += [None] * (i + 1 - len(own))
                own[i] = Faulty("a stored value: open the workbook in a spreadsheet program and save it", cell)
    rows.sort(key=lambda row: row[0])
    return rows


def _is_of_patients(rows: _Rows) -> bool:
    at = _find_header(rows, "patients")
    return at is not None and {"patient", "diagnosis"} <= {_name(cell) for cell in rows[at][1]}


def _name(cell: Any) -> str:
    return "" if is_empty(cell) or isinstance(cell, Faulty) else (cell if isinstance(cell, str) else spell(cell)).strip()


def _find_header(rows: _Rows, table: str) -> int | None:
    """Find the row, of those at the top, that has most names of columns; the first of several."""
    known = {column.name for column in COLUMNS[table]} | set(DATED.get(table, ())) | set(PATIENT_DATES)

    def score(position: int) -> int:
        names = {_name(cell) for cell in rows[position][1]} - {""}
        wide = [name for name in names if table == "patients" and read_name(name, BUILT_IN) is not None]
        return len(names & known) + len(wide) + len(find_misspelt(names - known, known - names))

    top = range(min(len(rows), _HIGHEST_HEADER))
    best = max(top, key=lambda position: (score(position), -position), default=None)
    return best if best is not None and score(best) else None


def _make_table(sheet: str, name: str, rows: _Rows) -> Table:
    """Make the table of a sheet: the columns that have a name, or a cell, below its header."""
    if not rows:
        return Table(sheet, (), (), problems=(Problem("the sheet must have a header and rows, and is empty", file=sheet),))
    at = _find_header(rows, name) or 0
    header, below = _names(rows, at), rows[at + 1 :]
    width = max([len(header), *(len(cells) for _, cells in below)])
    if width > _MOST_COLUMNS:
        width = max(
            (i + 1 for i in range(width) if any(i < len(cells) and not is_empty(cells[i]) for _, cells in rows)), default=0
        )
    header += [""] * (width - len(header))
    columns = [[cells[i] if i < len(cells) else None for _, cells in below] for i in range(width)]
    filled = [i for i in range(width) if header[i]]
    unnamed = [_letter(i) for i in range(width) if not header[i] and not all(map(is_empty, columns[i]))]
    where = f"{'column' if len(unnamed) == 1 else 'columns'} {listed(unnamed)}"
    notes = (f"{sheet}: {where} left out: without a name in the header, row {rows[at][0]}.",) if unnamed else ()
    numeric = {column.name for column in COLUMNS[name] if column.kind in ("number", "value", "whole")}
    cells = tuple([_cell(cell, header[i] in numeric or _is_wide(name, header[i])) for cell in columns[i]] for i in filled)
    letters = tuple(_letter(i) for i in filled)
    names = tuple(header[i] for i in filled)
    return Table(sheet, names, cells, [number for number, _ in below], header=rows[at][0], letters=letters, notes=notes)


def _is_wide(table: str, name: str) -> bool:
    return table == "patients" and read_name(name, BUILT_IN) is not None


def _names(rows: _Rows, at: int) -> list[str]:
    """Return the names of the header; one that is only a week takes the measure that a merged cell above it names."""
    names = [_name(cell) for cell in rows[at][1]]
    if at == 0 or rows[at - 1][0] != rows[at][0] - 1:
        return names
    above = [_name(cell) for cell in rows[at - 1][1]]
    group = ""
    for i, name in enumerate(names):
        group = above[i] if i < len(above) and above[i] else group
        if name and re.fullmatch(r"(?i)(?:(?:week|wk|w|day|d)\s*)?-?[0-9]+|uln|baseline", name) and group in BUILT_IN:
            names[i] = f"{group} {name}"
    return names


_MARKED = re.compile(r"\s*[-+]?[1-9][0-9]{0,2}\.[0-9]{3}\s*")
"""A text whose point may mark thousands: where it marks decimals, a spreadsheet makes a number of what is typed."""


def _cell(cell: Any, is_number: bool) -> Any:
    if isinstance(cell, str):
        if is_number and _MARKED.fullmatch(cell):
            return Faulty("a number, and is a text here whose point may mark decimals or thousands", cell)
        return Faulty("a value, and is an error of the spreadsheet", cell) if cell.strip() in _ERRORS else cell
    if isinstance(cell, _Percentage):
        shown = f"{spell(round(100 * cell, 9))} %"
        return Faulty("a number, and is a percentage here: type the number alone", shown) if is_number else float(cell)
    if is_number and isinstance(cell, (datetime.date, datetime.time, datetime.timedelta)):
        return Faulty("a number, and is a date here: the spreadsheet may have made one of it", str(cell))
    return cell


def _letter(position: int) -> str:
    """Name a column as a sheet does.

    Examples
    --------
    >>> [_letter(position) for position in (0, 25, 26, 701, 702)]
    ['A', 'Z', 'AA', 'ZZ', 'AAA']
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def write_workbook(path: Path, tables: Mapping[str, tuple[Sequence[str], Iterable[Iterable[Any]]]], check: Any) -> None:
    """Write tables as a workbook, one a sheet, whole or not at all: cells as they are, texts that look like formulas too.

    `check` looks at the complete file before it takes its place.
    """
    openpyxl = _openpyxl()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, (header, rows) in tables.items():
        sheet = book.create_sheet(name)
        for at, cells in enumerate([header, *rows], 1):
            for column, value in enumerate(cells, 1):
                if value is not None and value == value:
                    _write(sheet.cell(at, column), value, name)
        sheet.freeze_panes = "A2"
    buffer = io.BytesIO()
    book.save(buffer)
    with whole_file(path) as staged:
        staged.write_bytes(buffer.getvalue())
        check(staged)


def _write(cell: Any, value: Any, sheet: str) -> None:
    if isinstance(value, str):
        if len(value) > _LONGEST_TEXT or re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", value):
            rule = f"a text in a workbook must have at most {_LONGEST_TEXT} characters, all of them printable"
            raise DataError([Problem(rule, value, file=sheet)])
        cell.value = value
        cell.data_type = "s"
    elif isinstance(value, bool):
        cell.value = "yes" if value else "no"
    else:
        cell.value = value
        if isinstance(value, float):  # openpyxl writes 16 digits of a number, and leaves a text as it is
            cell._value = repr(value)
