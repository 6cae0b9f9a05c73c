"""Decimal marks and marks of thousands in columns of numbers."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Literal, TypeAlias

import attrs

from ivigmyo.errors import Problem, spell
from ivigmyo.files.tables import Table

__all__ = ["Decimal", "read_marks"]

Decimal: TypeAlias = Literal[".", ","]

_MARKED = re.compile(r"[<>]?\s*[+-]?[0-9]*([.,])[0-9]+([eE][+-]?[0-9]+)?")
_GROUPS = {mark: re.compile(rf"[<>]?\s*[+-]?[1-9][0-9]{{0,2}}(\{mark}[0-9]{{3}})+") for mark in ".,"}
_GROUPED = {
    mark: re.compile(rf"([<>]?\s*[+-]?[1-9][0-9]{{0,2}}(?:\{mark}[0-9]{{3}})+)(\{other}[0-9]+)?")
    for mark, other in (".,", ",.")
}


def read_marks(table: Table, numbers: Container[str], problems: list[Problem], decimal: Decimal | None) -> list[str]:
    """Turn the decimal mark of columns of numbers into a point, in place; return what is to be said of it.

    A file has one decimal mark. A column in which each mark is followed by three digits does not tell whether it marks
    thousands; another column, or `decimal`, does.
    """
    if decimal is not None:
        return list(_read_as_said(table, numbers, problems, decimal))
    marked = list(_marked(table, numbers))
    told = {mark: (line, cell) for line, cell, mark, _ in reversed(marked) if not _GROUPS[mark].fullmatch(cell)}
    commas, points = ([(line, cell) for line, cell, mark, _ in marked if mark == sign] for sign in ",.")
    if commas and points:
        (line, point), (other, comma) = min(points), min(commas)
        rule = f"numbers must have one decimal mark, not {spell(comma)} (line {other}) beside {spell(point)}"
        problems.append(Problem(rule, line=line))
    elif marked and not told:
        for name in dict.fromkeys(name for *_, name in marked):
            line, cell, mark, _ = next(each for each in marked if each[3] == name)
            readings = f"{cell.replace(mark, '')} or {cell.replace(mark, '.')}"
            rule = "a mark that three digits follow everywhere may mark thousands: say decimal='.' or ','"
            rule = f"{rule}; this is {readings}"
            problems.append(Problem(rule, cell, line=line, column=name))
    _replace_commas(table, numbers)
    return [f"commas in numbers were read as decimal commas, as in {spell(min(commas)[1])}."] if commas else []


def _marked(table: Table, numbers: Container[str]) -> Iterator[tuple[int, str, str, str]]:
    """Yield the line, text, mark and column of each number with a mark."""
    lines = table.lines or ()
    for name, cells in zip(table.columns, table.cells, strict=True):
        for row, cell in enumerate(map(str.strip, cells)) if name in numbers else ():
            if ("." in cell or "," in cell) and (found := _MARKED.fullmatch(cell)):
                yield lines[row], cell, found[1], name


def _replace_commas(table: Table, numbers: Container[str]) -> None:
    for name, cells in zip(table.columns, table.cells, strict=True):
        for row, cell in enumerate(cells) if name in numbers else ():
            if "," in cell and _MARKED.fullmatch(cell.strip()):
                cells[row] = cell.strip().replace(",", ".")


def _read_as_said(table: Table, numbers: Container[str], problems: list[Problem], decimal: Decimal) -> Iterator[str]:
    """Drop the marks of thousands and make the decimal mark a point; yield what is to be said."""
    thousands = "," if decimal == "." else "."
    first: str | None = None
    for name, cells in zip(table.columns, table.cells, strict=True):
        for row, cell in enumerate(map(str.strip, cells)) if name in numbers else ():
            if _GROUPED[thousands].fullmatch(cell):
                first = first or cell
                cells[row] = cell.replace(thousands, "").replace(decimal, ".")
            elif decimal == "," and _MARKED.fullmatch(cell) and thousands not in cell:
                cells[row] = cell.replace(",", ".")
            elif decimal == "," and _MARKED.fullmatch(cell):
                problem = Problem("numbers must have the decimal mark that is given, ','", cell)
                problems.append(attrs.evolve(problem, line=(table.lines or ())[row], column=name))
    if first is not None:
        yield f"{spell(thousands)} in numbers was read as a mark of thousands, as in {spell(first)}."
