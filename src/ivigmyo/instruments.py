"""What is measured: the manual muscle test, activities of daily living, creatine kinase, and any further measure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ivigmyo.display import Shown
from ivigmyo.errors import Problem, is_finite, number_problem, refusal, refuse, spell, text_problem

__all__ = ["ADL15", "CK", "MMT18", "STUDY_INSTRUMENTS", "Instrument"]


def _kept(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


def _spelled(unit: str) -> str:
    """Write a unit in one way: micro as one sign, international units as units, no case and no blanks."""
    text = unicodedata.normalize("NFKC", unit).casefold().replace(" ", "").replace("micro", "\u03bc")
    return re.sub(r"^u(?=kat|mol|g)", "\u03bc", re.sub(r"^iu(?=/)", "u", text))


@attrs.frozen(repr=False)
class Instrument(Shown):
    """A measure: its code, its range and, for a sum score, its items.

    Parameters
    ----------
    code : str
        The short name that files and frames use, such as ``"MMT"``.
    name : str
        The name in full.
    unit : str
        The unit in which values are kept.
    minimum : float, default 0
        The lowest possible value.
    maximum : float, optional
        The highest possible value; None where there is no upper bound.
    minimum_possible : bool, default True
        Whether a value can equal `minimum`. False for a concentration, which is always greater than 0.
    higher_is_better : bool, default True
        The direction: True where a rise is an improvement.
    items : tuple of str, default ()
        The names of the items that add up to the total, in order.
    item_maximum : float, optional
        The highest score of one item; the lowest is 0. Given where there are items, and only there.
    has_uln : bool, default False
        Whether an upper limit of normal (ULN) belongs to each value, as with a laboratory test.
    units : tuple of (str, float), default ()
        Further units that are understood, each with the factor that converts it to `unit`.

    Raises
    ------
    DataError
        If the code, the range, the items or the units are not possible.

    Examples
    --------
    A measure of your own is one more value:

    >>> haq = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
    >>> haq.range
    'between 0 and 3'
    >>> CK.range
    'greater than 0 and at most 10000000'
    """

    code: str
    name: str
    unit: str
    minimum: float = 0.0
    maximum: float | None = None
    minimum_possible: bool = True
    higher_is_better: bool = True
    items: tuple[str, ...] = attrs.field(default=(), converter=_kept)
    item_maximum: float | None = None
    has_uln: bool = False
    units: tuple[tuple[str, float], ...] = attrs.field(default=(), converter=_kept)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems(), f"for instrument {spell(self.code)}")

    def _problems(self) -> Iterator[Problem | None]:
        for column in ("code", "name", "unit"):
            yield text_problem(column, getattr(self, column), required=True)
        minimum = number_problem("minimum", self.minimum, required=True)
        yield minimum or number_problem("maximum", self.maximum, self.minimum, above=True)
        for item in self.items:
            yield text_problem("items", item, required=True)
        if len(set(self.items)) != len(self.items):
            yield Problem("'items' must have different names", self.items)
        if self.item_maximum is not None and not self.items:
            yield Problem("'item_maximum' needs 'items'", self.item_maximum)
        yield number_problem("item_maximum", self.item_maximum, 0, above=True, required=bool(self.items))
        for unit, factor in self.units:
            yield text_problem("units", unit, required=True)
            yield number_problem(f"factor of {unit}", factor, 0, above=True, required=True)

    def factor(self, unit: str) -> float | None:
        """Return what converts a unit to that of the instrument, whatever its case and spelling; None where it is unknown.

        Parameters
        ----------
        unit : str
            A unit as laboratories write it: ``"U/l"``, ``"ukat/L"``, with either sign for micro.

        Returns
        -------
        float or None
            The factor.

        Examples
        --------
        >>> CK.factor("IU/l"), CK.factor("\u00b5kat/L"), CK.factor("mg/dL")
        (1.0, 60.0, None)
        """
        known = {self.unit: 1.0, **dict(self.units)}
        if unit in known:
            return known[unit]
        alike = {factor for name, factor in known.items() if _spelled(name) == _spelled(unit)}
        return alike.pop() if len(alike) == 1 else None

    @property
    def range(self) -> str:
        """The possible values in words, such as ``'between 0 and 90'``."""
        low = spell(self.minimum)
        if self.maximum is None:
            return f"{'at least' if self.minimum_possible else 'greater than'} {low}"
        if self.minimum_possible:
            return f"between {low} and {spell(self.maximum)}"
        return f"greater than {low} and at most {spell(self.maximum)}"

    def admits(self, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Tell which values are possible.

        Parameters
        ----------
        values : array_like of float
            Values in the instrument's unit. A missing value (NaN) is not a possible value, nor is an infinite one.

        Returns
        -------
        numpy.ndarray of bool
            True where the value lies in the instrument's range.

        Raises
        ------
        ValueError
            If the values are not numbers.

        Examples
        --------
        >>> MMT18.admits([0, 90, 91, float("nan")]).tolist()
        [True, True, False, False]
        """
        array = np.asarray(values)
        if array.dtype.kind not in "iuf":
            raise ValueError(refusal(f"values of {self.code!r} must be numbers", values))
        return np.asarray(self._contains(array))

    def _contains(self, value: Any) -> Any:
        """Apply the range to an array, or to one number as it is: numpy is slow with single numbers."""
        high = math.inf if self.maximum is None else self.maximum
        low = (value >= self.minimum) if self.minimum_possible else (value > self.minimum)
        return low & (value <= high) & (value < math.inf)

    def check(self, value: float, record: str = "") -> None:
        """Refuse a value that is not possible.

        Parameters
        ----------
        value : float
            One value in the instrument's unit.
        record : str, default ""
            Whose value it is, for the message.

        Raises
        ------
        DataError
            If the value is no number, outside the range, missing or infinite.

        Examples
        --------
        >>> MMT18.check(95, "for patient 'P07', week 4")
        Traceback (most recent call last):
            ...
        ivigmyo.errors.DataError: 'MMT' must be between 0 and 90 (got 95) for patient 'P07', week 4.
        """
        refuse([self.problem(value)], record)

    def problem(self, value: object) -> Problem | None:
        """Say what is wrong with a value.

        Parameters
        ----------
        value : object
            One value in the instrument's unit.

        Returns
        -------
        Problem or None
            The problem; None where the value is possible.

        Examples
        --------
        >>> print(CK.problem(0))
        'CK' must be greater than 0 and at most 10000000 (got 0).
        """
        if is_finite(value) and self._contains(float(value)):
            return None
        return Problem(f"{self.code!r} must be {self.range}", value, column="value")

    def item_problems(self, scores: Mapping[str, object]) -> dict[str, Problem]:
        """Say what is wrong with the scores of single items.

        Parameters
        ----------
        scores : mapping of str to float
            Scores by item.

        Returns
        -------
        dict of str to Problem
            A problem for each item that is missing, unknown or scored out of range.

        Examples
        --------
        >>> problems = MMT18.item_problems(dict.fromkeys(MMT18.items, 5) | {"neck flexors": 6})
        >>> [str(problem) for problem in problems.values()]
        ["'MMT' item 'neck flexors' must be between 0 and 5 (got 6)."]
        """
        problems = {
            item: Problem(f"{self.code!r} item {item!r} is missing", column="item")
            for item in self.items
            if item not in scores
        }
        for item, score in scores.items():
            if item not in self.items:
                problems[item] = Problem(f"{self.code!r} has no item {spell(item)}", column="item")
            elif not (is_finite(score) and 0 <= float(score) <= (self.item_maximum or 0)):
                rule = f"{self.code!r} item {item!r} must be between 0 and {spell(self.item_maximum)}"
                problems[item] = Problem(rule, score, column="value")
        return problems

    def total(self, scores: Mapping[str, float]) -> float:
        """Add up the scores of all items.

        Parameters
        ----------
        scores : mapping of str to float
            One score for each item, from 0 to `item_maximum`. No item may be left out: a missing item is refused,
            since a total without it would look like weakness.

        Returns
        -------
        float
            The total.

        Raises
        ------
        DataError
            If the instrument has no items, an item is missing or unknown, or a score is out of range; it lists every
            such item.

        References
        ----------
        Saito et al. 2008, 'Efficacy assessment': 18 muscles from 0 to 5 points, 15 activities from 0 to 3 points.

        Examples
        --------
        >>> scores = dict.fromkeys(MMT18.items, 5) | {"right iliopsoas": 2, "left iliopsoas": 2}
        >>> MMT18.total(scores)
        84.0
        """
        refuse([None if self.items else Problem(f"{self.code!r} has no items to add up")])
        refuse(self.item_problems(scores).values())
        return float(sum(scores[item] for item in self.items))


_PAIRED_MUSCLES = (
    "deltoid",
    "biceps brachii",
    "brachioradialis",
    "triceps brachii",
    "iliopsoas",
    "gluteus maximus",
    "quadriceps femoris",
    "hamstrings",
)

MMT18 = Instrument(
    code="MMT",
    name="Manual muscle test, 18 muscles",
    unit="points",
    maximum=90,
    items=(
        "neck flexors",
        "neck extensors",
        *(f"{side} {muscle}" for muscle in _PAIRED_MUSCLES for side in ("right", "left")),
    ),
    item_maximum=5,
)
"""Manual muscle test of 18 proximal muscles, 0 to 5 points each, 90 in all (Saito et al. 2008, Efficacy assessment)."""

ADL15 = Instrument(
    code="ADL",
    name="Activities of daily living, 15 activities",
    unit="points",
    maximum=45,
    items=(
        "raising the arms",
        "taking off outer clothes",
        "turning on a water tap",
        "combing hair",
        "fastening buttons",
        "getting out of bed",
        "lifting up the feet",
        "standing up from a chair",
        "climbing stairs",
        "walking on a flat surface",
        "turning over in bed",
        "holding up the head",
        "sitting down on a bed",
        "having a conversation",
        "swallowing",
    ),
    item_maximum=3,
)
"""Activities of daily living: 15 activities, 0 to 3 points each, 45 in all (Saito et al. 2008, Efficacy assessment)."""

CK = Instrument(
    code="CK",
    name="Serum creatine kinase",
    unit="IU/L",
    maximum=1e7,
    minimum_possible=False,
    higher_is_better=False,
    has_uln=True,
    units=(("U/L", 1.0), ("microkat/L", 60.0), ("nkat/L", 0.06)),
)
"""Serum creatine kinase activity in IU/L, always greater than 0; 1 microkat/L is 60 U/L. The greatest possible value, 10^7,
is far above any that was ever measured: what exceeds it is a slip."""

STUDY_INSTRUMENTS = (MMT18, ADL15, CK)
"""The measures of the GB-0998 study, which a study is read with unless others are given."""
