"""What is said when data are refused: one problem, and the error that holds every problem found."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real

import attrs

__all__ = ["DataError", "Problem", "refusal", "spell"]

_SHOWN = 50


def spell(value: object) -> str:
    """Write a value the way a person would write it in a message.

    Parameters
    ----------
    value : object
        Anything; numbers lose the marks of their storage type, other values are shown by ``repr``.

    Returns
    -------
    str
        The value as text.

    Examples
    --------
    >>> spell(95.0), spell(0.5), spell("x"), spell(float("nan"))
    ('95', '0.5', "'x'", 'nan')
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return repr(str(value)) if isinstance(value, str) else repr(value)
    if isinstance(value, Integral):
        return str(int(value))
    number = float(value)
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


_ABSENT = object()


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
        Column of that file.

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

    @property
    def message(self) -> str:
        """The whole sentence, without the place."""
        if self.got is _ABSENT:
            return f"{self.rule}{' ' + self.record if self.record else ''}."
        return refusal(self.rule, self.got, self.record)

    def __str__(self) -> str:
        place = "" if self.file is None else self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.column or "", self.message) if part)


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
    The message lists the first 50 problems, one a line, and counts the rest; ``problems`` always holds all of them.

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
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"and {len(self.problems) - _SHOWN} more problems.")
        return "\n".join(lines)
