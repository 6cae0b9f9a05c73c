"""The checks that array arguments pass before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from typing import Any, SupportsFloat, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

from ivigmyo.errors import is_finite, is_number, refusal, span_rule, spell

__all__ = [
    "ByPatient",
    "Column",
    "Columns",
    "FloatArray",
    "LARGEST",
    "Values",
    "check_choice",
    "check_frame",
    "look_up",
    "native",
    "read_columns",
    "read_labels",
    "as_whole",
]

FloatArray: TypeAlias = npt.NDArray[np.float64]
Values: TypeAlias = (
    "Sequence[Any] | npt.NDArray[Any] | pd.Series[Any] | pd.Index[Any] | ExtensionArray | SupportsFloat | None"
)
"""A column of numbers: a list, an array or a Series (None and NaN are missing); where stated, one number."""

Column: TypeAlias = "Sequence[Any] | npt.NDArray[Any] | pd.Series[Any] | pd.Index[Any]"
"""A column where a number would have another answer."""

ByPatient: TypeAlias = "pd.Series[Any] | Mapping[Any, Any] | None"
"""One value a patient: a Series whose index holds the patients, or a mapping."""

LARGEST = 1e300
"""The largest value that is computed with: room is left for sums and differences; squares are taken of scaled values."""


def check_choice(name: str, value: object, choices: Collection[object]) -> None:
    """Refuse an option that is not one of those offered.

    Parameters
    ----------
    name : str
        The option's name.
    value : object
        What was given.
    choices : collection
        What may be given.

    Raises
    ------
    ValueError
        If `value` is not among `choices`.

    Examples
    --------
    >>> check_choice("carry", "never", ("stopped", "all"))
    Traceback (most recent call last):
        ...
    ValueError: 'carry' must be one of 'stopped', 'all' (got 'never').
    """
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise ValueError(refusal(f"{name!r} must be one of {', '.join(map(spell, choices))}", value))


def check_frame(name: str, frame: pd.DataFrame, columns: Collection[str]) -> None:
    """Refuse a table that lacks a column, or has two of the same name.

    Parameters
    ----------
    name : str
        The argument's name.
    frame : pandas.DataFrame
        The table; it may have further columns.
    columns : collection of str
        The columns that are needed.

    Raises
    ------
    ValueError
        If it is no DataFrame, or does not have each column once.

    Examples
    --------
    >>> check_frame("frame", pd.DataFrame({"patient": ["P01"], "CK": [120]}), ("patient", "ck"))
    Traceback (most recent call last):
        ...
    ValueError: 'frame' must have each of the columns 'patient', 'ck' once (got 'patient', 'CK').
    """
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(refusal(f"{name!r} must be a DataFrame", type(frame).__name__))
    found = list(frame.columns)
    if any(found.count(column) != 1 for column in columns):
        needed, got = ", ".join(map(spell, columns)), ", ".join(map(spell, found))
        raise ValueError(f"{name!r} must have each of the columns {needed} once (got {got}).")


def as_whole(value: Any) -> Any:
    """Keep a whole number of any type as an int; anything else is left for the check to refuse.

    Examples
    --------
    >>> as_whole(np.float32(12)), as_whole(12.5), as_whole(None)
    (12, 12.5, None)
    """
    if value is None or type(value) is int:  # most are, and to look further takes ten times as long
        return value
    return int(value) if is_finite(value) and float(value).is_integer() else value


def native(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a table whose numbers are in the byte order of the machine: pandas selects no rows of others.

    Examples
    --------
    >>> native(pd.DataFrame({"duration": np.array([84.0], dtype=">f8")})).iloc[[0]]["duration"].item()
    84.0
    """
    kinds = {name: kind for name, kind in frame.dtypes.items() if isinstance(kind, np.dtype) and not kind.isnative}
    return frame.astype({name: kind.newbyteorder("=") for name, kind in kinds.items()}) if kinds else frame


@attrs.frozen(eq=False)
class Columns:
    """Arguments that belong together, as float arrays of one length.

    Parameters
    ----------
    arrays : dict of str to numpy.ndarray
        The arrays by name of argument; they may share memory with what the caller passed and are not to be written to.
    index : pandas.Index or None
        The index that the Series among the arguments share; None where none was a Series.
    scalar : bool
        True where every argument was one number; the arrays then have length 1.
    called : mapping of str to str
        What messages call an argument, where that is not its own name: a baseline may be called ``"MMT"``.
    name_record : callable, optional
        Says whose value stands at a position, where the index cannot: ``"for patient 'P07', day 14"``.

    Examples
    --------
    >>> columns = read_columns(baseline=[59, 53], final=[90, None])
    >>> columns["final"]
    array([90., nan])
    """

    arrays: dict[str, FloatArray]
    index: pd.Index[Any] | None
    scalar: bool = False
    called: Mapping[str, str] = attrs.field(factory=dict)
    name_record: Callable[[int], str] | None = None

    def __getitem__(self, name: str) -> FloatArray:
        return self.arrays[name]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def record(self, position: int) -> str:
        """Say whose value stands at a position: ``"for patient 'P07'"``, ``"at index 3"``, ``"at position 3"``."""
        if self.name_record is not None:
            return self.name_record(position)
        if self.scalar:
            return ""
        if self.index is None:
            return f"at position {position}"
        return f"{'for patient' if self.index.name == 'patient' else 'at index'} {spell(self.index[position])}"

    def refuse(self, name: str, bad: npt.NDArray[np.bool_], rule: str) -> None:
        """Refuse an argument where any value breaks a rule.

        Parameters
        ----------
        name : str
            The argument's name.
        bad : numpy.ndarray of bool
            True where a value breaks the rule.
        rule : str
            What must hold, such as ``"must be 0 or 1"``.

        Raises
        ------
        ValueError
            If any value is bad; it names the first and counts the others.

        Examples
        --------
        >>> columns = read_columns(durations=[1, -2, -3])
        >>> columns.refuse("durations", columns["durations"] < 0, "must be at least 0")
        Traceback (most recent call last):
            ...
        ValueError: 'durations' must be at least 0 (got -2) at position 1, and 1 more.
        """
        if bad.any():
            first, others = int(bad.argmax()), int(bad.sum()) - 1
            record = self.record(first) + (f", and {others} more" if others else "")
            raise ValueError(refusal(f"{self.called.get(name, name)!r} {rule}", self[name][first], record))

    def require(self, *names: str) -> None:
        """Refuse arguments in which a value is missing.

        Parameters
        ----------
        *names : str
            The arguments in which no value may be missing.

        Raises
        ------
        ValueError
            If a value is NaN.

        Examples
        --------
        >>> read_columns(events=[1, None]).require("events")
        Traceback (most recent call last):
            ...
        ValueError: 'events' must not be missing (got nan) at position 1.
        """
        for name in names:
            self.refuse(name, np.isnan(self[name]), "must not be missing")

    def require_sizes(self) -> None:
        """Refuse values so large that sums and differences of them could leave what a float can hold."""
        for name, array in self.arrays.items():
            size = np.abs(array)
            self.refuse(name, (size > LARGEST) & (size < np.inf), f"must be at most {LARGEST:g} in size")


def read_columns(
    *,
    scalars: bool = False,
    allow_bool: bool = False,
    allow_infinite: Collection[str] = (),
    called: Mapping[str, str] | None = None,
    name_record: Callable[[int], str] | None = None,
    **values: Values,
) -> Columns:
    """Read arguments that belong together, changing nothing about them.

    Series must have equal indexes: they are never aligned and never paired by position. Lists and arrays go by
    position and must have equal lengths. Text, dates, spans of time and (unless allowed) booleans are refused, not
    converted; so are infinite values. Missing values (None, NaN, NA, and what is masked) become NaN.

    Parameters
    ----------
    scalars : bool, default False
        Whether single numbers are accepted; beside a column, a single number stands for every row.
    allow_bool : bool, default False
        Whether booleans are accepted, as 0 and 1.
    allow_infinite : collection of str, default ()
        The arguments in which infinite values are accepted.
    called : mapping of str to str, optional
        What messages about a value call an argument, where that is not its own name.
    name_record : callable, optional
        Says whose value stands at a position, where the index cannot.
    **values : array_like
        The arguments by name.

    Returns
    -------
    Columns
        The arrays and the index they share.

    Raises
    ------
    ValueError
        If indexes or lengths differ, or a value is not a finite number.

    Examples
    --------
    >>> before = pd.Series([4.0], index=["P01"])
    >>> after = pd.Series([2.0], index=["P02"])
    >>> read_columns(before=before, after=after)
    Traceback (most recent call last):
        ...
    ValueError: 'before' and 'after' must have equal indexes (got ['P01'] and ['P02']).
    """
    index = _shared_index({name: value for name, value in values.items() if isinstance(value, pd.Series)})
    arrays = {name: _read(name, value, scalars, allow_bool) for name, value in values.items()}
    lengths = {name: len(array) for name, array in arrays.items() if not _is_single(values[name])}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {n}" for name, n in lengths.items())
        names = " and ".join(repr(name) for name in lengths)
        raise ValueError(f"{names} must have equal lengths (got {listed}).")
    n = next(iter(lengths.values()), 1)
    spread = {name: array if name in lengths else np.broadcast_to(array, n) for name, array in arrays.items()}
    columns = Columns(spread, index, scalar=not lengths, called=called or {}, name_record=name_record)
    for name, array in spread.items():
        if name not in allow_infinite:
            columns.refuse(name, np.isinf(array), "must be finite")
    return columns


def read_labels(columns: Columns, name: str, labels: Values) -> npt.NDArray[Any]:
    """Read the labels (groups, patient ids) that go with columns already read.

    Parameters
    ----------
    columns : Columns
        What the labels belong to.
    name : str
        The argument's name.
    labels : array_like
        One label a row; none may be missing.

    Returns
    -------
    numpy.ndarray
        The labels, in the storage type they came in.

    Raises
    ------
    ValueError
        If a label is missing, the lengths differ, or both sides have an index and these differ.

    Examples
    --------
    >>> read_labels(read_columns(durations=[5, 8]), "groups", ["PM", "DM"]).tolist()
    ['PM', 'DM']
    """
    if isinstance(labels, pd.Series) and columns.index is not None and not labels.index.equals(columns.index):
        raise ValueError(f"{name!r} must have the index of the values it belongs to.")
    several = not isinstance(labels, (str, bytes, Mapping, Set, pd.DataFrame)) and not _is_single(labels)
    if not several or getattr(labels, "ndim", 1) != 1:
        raise ValueError(refusal(f"{name!r} must be a column of labels", labels))
    try:
        series = pd.Series(labels)
    except OverflowError:
        raise ValueError(f"{name!r} must hold texts or numbers of ordinary size.") from None
    if len(series) != len(columns):
        raise ValueError(f"{name!r} must have one label for each of the {len(columns)} values (got {len(series)}).")
    if series.dtype.kind == "O":
        try:
            sizes = [abs(each) for each in series.unique() if isinstance(each, int)]
        except (TypeError, ArithmeticError):  # a list; a signalling NaN
            raise ValueError(f"{name!r} must hold texts or numbers that tell groups apart.") from None
        if max(sizes, default=0) >= 2**63:
            raise ValueError(f"{name!r} must hold texts or numbers of ordinary size.")
    missing = series.isna().to_numpy()
    if missing.any():
        raise ValueError(f"{name!r} must not be missing {columns.record(int(missing.argmax()))}.")
    return np.asarray(series)


def look_up(name: str, values: ByPatient, patients: pd.Index[Any]) -> pd.Series[Any]:
    """Take each patient's value.

    Parameters
    ----------
    name : str
        The argument's name.
    values : Series or mapping by patient
        One value a patient; those of other patients are left out.
    patients : pandas.Index
        The patients.

    Returns
    -------
    pandas.Series
        The values in the order of `patients`, missing where a patient has none; its index is named ``patient``.

    Raises
    ------
    ValueError
        If `values` is neither a Series nor a mapping, or has two values of a patient.

    Examples
    --------
    >>> look_up("groups", {"P02": "DM", "P01": "PM"}, pd.Index(["P01", "P02"])).tolist()
    ['PM', 'DM']
    """
    if isinstance(values, Mapping):
        values = pd.Series(list(values.values()), index=pd.Index(list(values), tupleize_cols=False))
    if not isinstance(values, pd.Series):
        raise ValueError(refusal(f"{name!r} must be a Series or a mapping by patient", type(values).__name__))
    if not values.index.is_unique:
        twice = values.index[values.index.duplicated()][0]
        raise ValueError(f"{name!r} must have one value a patient (got two for patient {spell(twice)}).")
    return values.reindex(patients).rename_axis("patient")


def _shared_index(series: dict[str, pd.Series[Any]]) -> pd.Index[Any] | None:
    if not series:
        return None
    (first, one), *others = series.items()
    for name, other in others:
        if not one.index.equals(other.index):
            raise ValueError(
                f"{first!r} and {name!r} must have equal indexes (got {_brief(one.index)} and {_brief(other.index)})."
            )
    return one.index


def _brief(index: pd.Index[Any]) -> str:
    shown = ", ".join(spell(label) for label in index[:3])
    return f"[{shown}{', ...' if len(index) > 3 else ''}]"


def _is_single(value: Any) -> bool:
    """Tell a single value from a column, without asking numpy to make an array of a list."""
    return not isinstance(value, (Sequence, pd.Series, pd.Index)) and np.ndim(value) == 0


def _read(name: str, value: Any, scalars: bool, allow_bool: bool) -> FloatArray:
    if isinstance(value, (str, bytes, Mapping, Set, pd.DataFrame)):
        raise ValueError(refusal(f"{name!r} must be a column of numbers", type(value).__name__))
    if _is_single(value):
        if not scalars:
            raise ValueError(refusal(f"{name!r} must be a column of numbers", value))
        value = [value]
    items = value if isinstance(value, Sequence) else np.asanyarray(value)  # a mask stays
    if isinstance(items, np.ndarray) and items.ndim != 1:
        raise ValueError(refusal(f"{name!r} must be a column of numbers", type(value).__name__))
    if isinstance(items, np.ndarray) and items.dtype.kind in ("iufb" if allow_bool else "iuf"):
        with np.errstate(over="ignore"):  # what a wider float holds beyond float64 becomes infinite, which is refused
            return np.asarray(np.ma.filled(np.asanyarray(items, np.float64), np.nan))
    return np.array([_number(name, item, i, allow_bool) for i, item in enumerate(items)])


def _numbers(item: object) -> str:
    rule = span_rule(item)
    return "numbers" if rule is None else rule.replace("a number, ", "numbers, ", 1)


def _number(name: str, item: object, position: int, allow_bool: bool) -> float:
    if item is None or item is pd.NA or item is np.ma.masked:
        return math.nan
    if is_number(item) or (allow_bool and isinstance(item, (bool, np.bool_))):
        try:
            return float(item)
        except (OverflowError, ValueError):  # too large for a float; a signalling NaN
            rule = f"{name!r} must hold numbers that a float can hold"
            raise ValueError(refusal(rule, item, f"at position {position}")) from None
    if isinstance(item, np.ndarray) and item.ndim == 0:
        return _number(name, item[()], position, allow_bool)
    raise ValueError(refusal(f"{name!r} must hold {_numbers(item)}", item, f"at position {position}"))
