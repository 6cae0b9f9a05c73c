"""What must hold of one value, what is said when it does not, and the error that holds every problem found."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from typing import TypeGuard

import attrs
import numpy as np
import pandas as pd

__all__ = [
    "DataError",
    "Problem",
    "is_finite",
    "is_number",
    "number_problem",
    "order_problem",
    "refusal",
    "refuse",
    "span_rule",
    "spell",
    "text_problem",
]

_SHOWN = 50
_ALIKE = 10
"""More problems of one rule than this are one line."""
_LONGEST_TEXT = 200
_MOST_BITS = 13_000  # Python writes no whole number of more than 4,300 digits


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a real number, of Python, its ``decimal`` and ``fractions``, or numpy of any width.

    Truth values, text, dates and spans of time are no numbers.
    """
    # The two builtin types come first because asking an abstract class takes ten times as long. To numpy a span of time is
    # a kind of integer, counted in whatever unit it happens to have.
    if isinstance(value, bool) or not isinstance(value, (float, int, Real, Decimal)):
        return False
    return not isinstance(value, np.timedelta64)


def span_rule(value: object) -> str | None:
    """Say what to pass instead of a span of time or a date; None for anything else."""
    if isinstance(value, (np.timedelta64, datetime.timedelta)):
        return "a number, not a span of time: pass its days, such as `.dt.days` gives"
    if isinstance(value, (np.datetime64, datetime.date, type(pd.NaT))):
        return "a number, not a date: pass the days since day 0, such as `(date - first).dt.days` gives"
    return None


def is_finite(value: object) -> TypeGuard[float]:
    """Tell whether a value is a finite number; booleans, text, spans of time, NaN and infinity are not.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    bool
        True for finite real numbers of Python and numpy, decimals and fractions among them, that a float can hold.

    Examples
    --------
    >>> is_finite(5), is_finite(True), is_finite("5"), is_finite(float("nan"))
    (True, False, False, False)
    """
    if type(value) is float:  # the commonest type first: what follows takes several times as long
        return math.isfinite(value)
    try:
        return (type(value) is int or is_number(value)) and math.isfinite(value)
    except (OverflowError, ValueError):  # too large for a float; a signalling NaN
        return False


def spell(value: object) -> str:
    """Write a value the way a person would write it in a message.

    Parameters
    ----------
    value : object
        Anything; numbers and truth values lose the marks of their storage type, other values are shown by ``repr``, and what
        takes over 200 characters loses its end.

    Returns
    -------
    str
        The value as text.

    Examples
    --------
    >>> spell(95.0), spell(0.5), spell("x"), spell(float("nan"))
    ('95', '0.5', "'x'", 'nan')
    """
    if isinstance(value, str):
        return repr(str(value) if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}...")
    if isinstance(value, bool | np.bool_):
        return repr(bool(value))
    if isinstance(value, Decimal):
        return str(value)
    if not is_number(value):
        shown = repr(value)
        return shown if len(shown) <= _LONGEST_TEXT else f"{shown[:_LONGEST_TEXT]}..."
    if isinstance(value, Integral):
        whole = int(value)
        return str(whole) if whole.bit_length() < _MOST_BITS else "a number of over 3,900 digits"
    try:
        number = float(value)
    except OverflowError:
        return repr(value)
    return str(int(number)) if math.isfinite(number) and number == int(number) and abs(number) < 1e15 else repr(number)


def refusal(rule: str, got: object, record: str = "") -> str:
    """Compose the sentence that refuses a value: the rule, the value and the record.

    Parameters
    ----------
    rule : str
        What must hold, without a full stop.
    got : object
        The value that breaks the rule.
    record : str, default ""
        Whose value it is, such as ``"for patient 'P07', week 4"``.

    Returns
    -------
    str
        The whole sentence.

    Examples
    --------
    >>> refusal("'MMT' must be between 0 and 90", 95, "for patient 'P07', week 4")
    "'MMT' must be between 0 and 90 (got 95) for patient 'P07', week 4."
    """
    return f"{rule} (got {spell(got)}){' ' + record if record else ''}."


class _Absent(Enum):
    """Stands for the value of a problem that has none, and stays itself when the problem is copied or pickled."""

    ABSENT = 0


_ABSENT = _Absent.ABSENT


@attrs.frozen
class Problem:
    """One thing that is wrong with data, and where it stands.

    Parameters
    ----------
    rule : str
        What must hold, without a full stop.
    got : object, optional
        The value that breaks the rule.
    record : str, default ""
        Whose value it is, such as ``"for patient 'P07', week 4"``.
    file : str, optional
        Name of the file or table that holds the value.
    line : int, optional
        Line of that file, counted from 1 (the header is line 1).
    column : str, optional
        Column of that file; without a file it is not written.
    cell : str, optional
        Where the file is a sheet of a workbook, the cell, such as ``"D17"``; it is written in place of line and column.

    Examples
    --------
    >>> print(Problem("'age' must be between 0 and 130", 390, file="patients.csv", line=2, column="age"))
    patients.csv:2: age: 'age' must be between 0 and 130 (got 390).
    >>> print(Problem("a study must have at least one patient"))
    a study must have at least one patient.
    """

    rule: str
    got: object = _ABSENT
    record: str = ""
    file: str | None = None
    line: int | None = None
    column: str | None = None
    cell: str | None = None

    @property
    def message(self) -> str:
        """The whole sentence, without the place."""
        if self.got is _ABSENT:
            return f"{self.rule}{' ' + self.record if self.record else ''}."
        return refusal(self.rule, self.got, self.record)

    @property
    def kind(self) -> tuple[str | None, str | None, str]:
        """What many problems may have in common: file, column and rule, but for the character that spoils a cell."""
        return self.file, self.column, re.sub(r": .* spoils it$", "", self.rule)

    @property
    def place(self) -> str:
        """Where it stands in its file: the line or the cell, else the record."""
        if self.cell is not None:
            return self.cell
        return self.record.removeprefix("for ").removeprefix("in ") if self.line is None else f"line {self.line}"

    def __str__(self) -> str:
        if self.file is None:
            return self.message
        if self.cell is not None:
            return f"{self.file}!{self.cell}: {self.message}"
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.column, self.message) if part)


class DataError(ValueError):
    """Data that cannot be used, with every problem that was found.

    Parameters
    ----------
    problems : iterable of Problem or str
        What is wrong, most useful first; at least one.

    Attributes
    ----------
    problems : tuple of Problem
        Every problem found, in the order given.

    Notes
    -----
    The message lists the first 50 problems, one a line, and counts the rest; more than ten of one rule in one column of a
    file are one line with their number and the first three places. ``problems`` always holds all of them.

    Examples
    --------
    >>> error = DataError(["'CK' must be greater than 0 (got 0).", "'age' must be between 0 and 130 (got 390)."])
    >>> print(error)
    'CK' must be greater than 0 (got 0).
    'age' must be between 0 and 130 (got 390).
    >>> len(error.problems)
    2
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem | str]) -> None:
        self.problems = tuple(each if isinstance(each, Problem) else Problem(each.removesuffix(".")) for each in problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        alike: dict[object, list[Problem]] = {}
        for problem in self.problems:
            alike.setdefault(problem.kind, []).append(problem)
        few = {kind for kind, own in alike.items() if len(own) <= _ALIKE or own[0].file is None}
        shown = [each for each in self.problems if each.kind in few or each is alike[each.kind][0]]
        lines = [str(each) if each.kind in few else _line(each, alike[each.kind]) for each in shown[:_SHOWN]]
        if len(shown) > _SHOWN:
            others = len(shown) - _SHOWN
            lines.append(f"and {others} more problem{'' if others == 1 else 's'}.")
        return "\n".join(lines)


def _line(problem: Problem, alike: list[Problem]) -> str:
    """Write a problem, with how many others there are of its rule and where the next two stand."""
    places = [each.place for each in alike[1:3] if each.place]
    others = f"And {len(alike) - 1} more of this rule{', the next at ' + ' and '.join(places) if places else ''}."
    return f"{problem} {others}"


def refuse(problems: Iterable[Problem | None], record: str = "") -> None:
    """Raise an error with every problem found, if there is any.

    Parameters
    ----------
    problems : iterable of Problem or None
        What is wrong; None stands for a check that was passed.
    record : str, default ""
        Whose values were checked; problems that name no record of their own get it.

    Raises
    ------
    DataError
        If there is a problem.

    Examples
    --------
    >>> refuse([None, number_problem("age", 390, 0, 130)], "for patient 'P02'")
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: 'age' must be between 0 and 130 (got 390) for patient 'P02'.
    """
    found = [problem for problem in problems if problem is not None]
    if found:
        raise DataError(attrs.evolve(problem, record=problem.record or record) for problem in found)


def number_problem(
    column: str,
    value: object,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
    whole: bool = False,
    required: bool = False,
) -> Problem | None:
    """Say what is wrong with a number.

    Parameters
    ----------
    column : str
        What the number is called.
    value : object
        The value; None where it is not known.
    low, high : float
        The least and the greatest possible value.
    above : bool, default False
        Whether the value must be greater than `low`.
    whole : bool, default False
        Whether it must be of an integer type.
    required : bool, default False
        Whether it must be known.

    Returns
    -------
    Problem or None
        The problem; None where there is none.

    Examples
    --------
    >>> print(number_problem("dose", 0, 0, above=True))
    'dose' must be greater than 0 (got 0).
    >>> print(number_problem("week", 4.5, whole=True))
    'week' must be a whole number (got 4.5).
    """
    if value is None:
        return Problem(f"{column!r} must be known", column=column) if required else None
    if not is_finite(value):
        rule = span_rule(value) or "a finite number"
    elif whole and not isinstance(value, Integral):
        rule = "a whole number"
    elif low <= (number := float(value)) <= high and not (above and number == low):
        return None
    elif above:
        rule = f"greater than {spell(low)}" + (f" and at most {spell(high)}" if high < math.inf else "")
    else:
        rule = f"between {spell(low)} and {spell(high)}" if high < math.inf else f"at least {spell(low)}"
    return Problem(f"{column!r} must be {rule}", value, column=column)


def text_problem(column: str, value: object, *, required: bool = False) -> Problem | None:
    """Say what is wrong with a text.

    Parameters
    ----------
    column : str
        What the text is called.
    value : object
        The value; None where it is not known.
    required : bool, default False
        Whether it must be known.

    Returns
    -------
    Problem or None
        The problem; None where there is none.

    Examples
    --------
    >>> print(text_problem("term", " fever"))
    'term' must be a text without blanks around it (got ' fever').
    """
    if value is None and not required:
        return None
    if not isinstance(value, str) or not value or value != value.strip():
        return Problem(f"{column!r} must be a text without blanks around it", value, column=column)
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        return Problem(f"{column!r} must be a text that can be written: it holds half a character", value, column=column)
    return None


def order_problem(early: str, first: object, late: str, last: object, *, strictly: bool = False) -> Problem | None:
    """Say where a day comes before the one it must follow.

    Parameters
    ----------
    early : str
        What the earlier day is called.
    first : float or None
        The earlier day; what is no finite number is passed over.
    late : str
        What the later day is called.
    last : float or None
        The later day, as the earlier one.
    strictly : bool, default False
        Whether they must differ.

    Returns
    -------
    Problem or None
        The problem; None where there is none.

    Examples
    --------
    >>> print(order_problem("start_day", 4, "end_day", 2))
    'end_day' must be on or after 'start_day' (day 4) (got 2).
    """
    if not is_finite(first) or not is_finite(last) or not (last < first or (strictly and last == first)):
        return None
    rule = f"{late!r} must be {'after' if strictly else 'on or after'} {early!r} (day {spell(first)})"
    return Problem(rule, last, column=late)
