"""What was planned: weeks, measures, outcomes, arms, and who may enter and what is given, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar
from typing import Protocol as Structure

import attrs
import numpy as np

from ivigmyo.arguments import as_whole
from ivigmyo.core_set import CORE_SET_INSTRUMENTS, JUVENILE_INSTRUMENTS, SKIN_INSTRUMENTS
from ivigmyo.display import Shown, Table, listed
from ivigmyo.errors import Problem, is_finite, number_problem, refuse, spell, text_problem
from ivigmyo.instruments import STUDY_INSTRUMENTS, Instrument
from ivigmyo.study.frozen import FrozenMapping
from ivigmyo.study.patients import keep, repeated
from ivigmyo.study.words import in_words, named

if TYPE_CHECKING:
    from ivigmyo.outcomes.observations import Observation
    from ivigmyo.study.pair import Pair
    from ivigmyo.study.study import Study

__all__ = [
    "BUILT_IN",
    "Conduct",
    "Course",
    "Eligibility",
    "Missing",
    "Outcome",
    "Population",
    "Protocol",
    "Rule",
    "SteroidRules",
    "primary_problem",
]

Missing: TypeAlias = Literal["excluded", "non-response", "locf"]
"""How a patient without a value counts: not at all, as one who did not respond, or by the last value before."""

Population: TypeAlias = Literal["adult", "juvenile"]

_T = TypeVar("_T")

BUILT_IN: Mapping[str, Instrument] = FrozenMapping(
    {
        instrument.code: instrument
        for instrument in (*STUDY_INSTRUMENTS, *CORE_SET_INSTRUMENTS, *JUVENILE_INSTRUMENTS, *SKIN_INSTRUMENTS)
    }
)
"""The measures that every study may hold, by their codes."""


class Rule(Structure):
    """What grades a measure: anything with a method `grade` that takes a `Pair`."""

    def grade(self, pair: Pair, /) -> object:
        """Return a grade a patient."""
        ...


class Outcome(Structure):
    """What is looked at in a trial: anything with a stable `name` that can be observed of a study."""

    @property
    def name(self) -> str:
        """The name, with dots: ``"MMT.response"``."""
        ...

    def observe(self, study: Study, /) -> Observation:
        """Observe it, one row a patient."""
        ...


def _texts(records: Iterable[str]) -> tuple[str, ...]:
    return keep(records, str)


@attrs.frozen(repr=False)
class Eligibility(Shown):
    """Who may enter a trial; a criterion that is None was not stated and is not checked.

    Parameters
    ----------
    minimum_age, maximum_age : float, optional
        In completed years, both ends included.
    maximum_mmt : float, optional
        The highest MMT score at baseline.
    maximum_mmt_gain : float, optional
        The greatest gain of MMT under steroids alone, from the week before to baseline, that still counts as resistance.
    minimum_dose, minimum_dose_per_kg : float, optional
        The least steroid dose before, in mg of prednisolone a day, and in mg/kg a day: either suffices.
    exclusion_conditions : tuple of str
        Conditions that bar a patient.

    Examples
    --------
    >>> Eligibility(minimum_age=18).maximum_age is None
    True
    """

    minimum_age: float | None = None
    maximum_age: float | None = None
    maximum_mmt: float | None = None
    maximum_mmt_gain: float | None = None
    minimum_dose: float | None = None
    minimum_dose_per_kg: float | None = None
    exclusion_conditions: tuple[str, ...] = attrs.field(default=(), converter=_texts)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        for field in attrs.fields(type(self)):
            if field.name != "exclusion_conditions":
                yield number_problem(field.name, getattr(self, field.name), 0)
        ages = self.minimum_age, self.maximum_age
        if all(is_finite(age) for age in ages) and (ages[1] or 0) < (ages[0] or 0):
            yield Problem("'maximum_age' must be at least 'minimum_age'", ages[1], column="maximum_age")
        for condition in self.exclusion_conditions:
            yield text_problem("exclusion_conditions", condition, required=True)


@attrs.frozen
class Course:
    """What is infused, and how often.

    Parameters
    ----------
    treatment : str, default "IVIG"
        What is infused.
    days : int, optional
        On how many consecutive days, at least 1.
    dose : float, optional
        The dose of one day in `unit`, at least 0 (a placebo).
    unit : str, optional
        The unit of the dose, such as ``"g/kg/day"``.
    number : int, default 1
        How many courses are planned.
    interval : int, optional
        Days from the start of one course to that of the next, where there are several.

    Examples
    --------
    >>> Course(days=2, dose=1.0, unit="g/kg/day", number=4, interval=28).number
    4
    """

    treatment: str = "IVIG"
    days: int | None = attrs.field(default=None, converter=as_whole)
    dose: float | None = None
    unit: str | None = None
    number: int = attrs.field(default=1, converter=as_whole)
    interval: int | None = attrs.field(default=None, converter=as_whole)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        yield text_problem("treatment", self.treatment, required=True)
        yield number_problem("days", self.days, 1, whole=True)
        yield number_problem("dose", self.dose, 0)
        yield text_problem("unit", self.unit)
        yield number_problem("number", self.number, 1, whole=True, required=True)
        yield number_problem("interval", self.interval, 1, whole=True)


@attrs.frozen
class SteroidRules:
    """How the steroid dose may change: never up, and down by no more than a share within some days.

    Parameters
    ----------
    max_reduction : float, optional
        The greatest share by which a dose may fall, from 0 to 1; None where any reduction is allowed.
    within_days : float, optional
        Within how many days.

    Examples
    --------
    >>> SteroidRules(max_reduction=0.1, within_days=14).max_reduction
    0.1
    """

    max_reduction: float | None = None
    within_days: float | None = None

    def __attrs_post_init__(self) -> None:
        refuse(
            [
                number_problem("max_reduction", self.max_reduction, 0, 1),
                number_problem("within_days", self.within_days, 0, above=True),
                None
                if (self.max_reduction is None) == (self.within_days is None)
                else Problem("'max_reduction' and 'within_days' must be stated together"),
            ]
        )


@attrs.frozen(repr=False)
class Conduct(Shown):
    """How a trial is to be conducted; what is None or empty was not stated, and is neither checked nor remarked on.

    Parameters
    ----------
    eligibility : Eligibility, optional
        Who may enter.
    course : Course, optional
        What is infused.
    prohibited_treatments : tuple of str
        Treatments that may not be given, by their usual names; spellings that `ivigmyo.conduct` knows count as well.
    steroid_rules : SteroidRules, optional
        How the steroid dose may change.

    Examples
    --------
    >>> Conduct(prohibited_treatments=["rituximab"]).prohibited_treatments
    ('rituximab',)
    """

    eligibility: Eligibility | None = None
    course: Course | None = None
    prohibited_treatments: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    steroid_rules: SteroidRules | None = None

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        for name, kind in (("eligibility", Eligibility), ("course", Course), ("steroid_rules", SteroidRules)):
            if not isinstance(value := getattr(self, name), kind | None):
                yield Problem(f"{name!r} must be of the kind {kind.__name__}", value)
        for treatment in self.prohibited_treatments:
            yield text_problem("prohibited_treatments", treatment, required=True)


Weeks: TypeAlias = "tuple[int, ...] | FrozenMapping[str, tuple[int, ...]]"


def _in_time(weeks: Iterable[int]) -> tuple[int, ...]:
    """Arrange weeks in time; anything that is no week is left for the check to refuse."""
    given: Any = weeks
    kept: tuple[Any, ...] = tuple(map(as_whole, given)) if np.iterable(given) else (given,)
    return tuple(sorted(set(kept))) if all(is_finite(week) for week in kept) else kept


def _weeks(weeks: Iterable[int] | Mapping[str, Iterable[int]]) -> Weeks:
    if isinstance(weeks, Mapping):
        given: Mapping[Any, Any] = weeks
        by_measure: dict[str, tuple[int, ...]] = {code: _in_time(own) for code, own in given.items()}
        return FrozenMapping(by_measure)
    return _in_time(weeks)


def _pair(weeks: Any) -> Any:
    """Keep two weeks as whole numbers; anything else is left for the check to refuse."""
    return tuple(map(as_whole, weeks)) if np.iterable(weeks) else weeks


def _check_several(column: str, given: Any) -> None:
    """Refuse what holds no things at all, such as one thing that was not put into a list."""
    if not np.iterable(given):
        refuse([Problem(f"{column!r} must be several, such as a list", given, column=column)])


def _measures(measures: Iterable[Instrument | str] | None) -> tuple[Instrument, ...] | None:
    if measures is None:
        return None
    if not isinstance(measures, (str, Instrument)):
        _check_several("measures", measures)
    kept = (measures,) if isinstance(measures, (str, Instrument)) else tuple(measures)
    for each in kept:
        if isinstance(each, str) and each not in BUILT_IN:
            refuse([Problem("'measures' must be instruments, or codes of built-in ones", each, column="measures")])
    return keep([BUILT_IN[each] if isinstance(each, str) else each for each in kept], Instrument)


def _outcomes(outcomes: Iterable[Outcome] | None) -> tuple[Outcome, ...] | None:
    if outcomes is None:
        return None
    _check_several("outcomes", outcomes)
    return tuple(outcomes)


_NO_RULES: FrozenMapping[str, Rule] = FrozenMapping()


def _rules(rules: Mapping[str, Rule]) -> FrozenMapping[str, Rule]:
    if not isinstance(rules, Mapping):
        refuse([Problem("'rules' must map codes of measures to rules", rules, column="rules")])
    return FrozenMapping(rules)


def _names(names: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if names is None else keep(names, str)


def primary_problem(names: Iterable[str], primary: str) -> Problem:
    """Say that a primary outcome is none of those that are looked at."""
    listed = ", ".join(map(spell, names))
    rule = f"'primary' must be one of {listed}" if listed else "'primary' must be one of the outcomes, and there are none"
    return Problem(rule, primary, column="primary")


@attrs.frozen(repr=False)
class Protocol(Shown):
    """What a trial planned: when patients are seen, by which week they are judged, what is looked at, which arms there are.

    What a protocol does not plan is not analysed, tested, drawn or remarked on.

    Parameters
    ----------
    scheduled_weeks : iterable of int, or mapping of str to iterable of int
        The weeks in which visits are planned, for all measures, or by code of measure; a measure that the mapping lacks
        takes the entry ``""``, or has none. Means, tests and figures by visit take scheduled weeks only.
    endpoint_week : int, optional
        The week by which response is judged. None: the last scheduled week (of each measure).
    comparison_weeks : (int, int), optional
        The weeks before and after the first infusion whose changes are compared: from the first to baseline, and from
        baseline to the second. None: no such comparison.
    week_window : int, default 3
        How many days a value of which only the day is known may lie from a scheduled week and stand for it.
    week_day_distance : int, default 7
        How far the day of a visit may lie from its recorded week before the two contradict each other.
    measures : iterable of Instrument or str, optional
        Measures that are not built in, or that differ from the built-in one of the same code; they come first in reports.
        None: those recorded.
    outcomes : iterable of Outcome, optional
        What is looked at. None: for each recorded measure its change and, where a rule is known, its response; the Total
        Improvement Score, the duration of normal CK and adverse reactions where they are recorded.
    primary : str, optional
        The name of the primary outcome.
    control : str, optional
        The arm that the others are compared with.
    strata : iterable of str
        The factors by which randomization was stratified: columns of the patients table.
    off_schedule : {"keep", "next"}, default "keep"
        Whether a value of an unscheduled week is left out of results by visit, or stands under the next scheduled week
        where that is free (as Table 2 of Saito et al. 2008 has it).
    population : {"adult", "juvenile"}, default "adult"
        Which thresholds of the Total Improvement Score hold.
    conduct : Conduct, optional
        Who may enter, what is given, what is prohibited.
    rules : mapping of str to Rule
        What grades a measure otherwise than the built-in rule of its code, where `outcomes` is None.
    inferred : tuple of str, optional
        The fields that were inferred from the data when a study was made; None before. Not part of equality.

    Examples
    --------
    >>> protocol = Protocol(scheduled_weeks=(0, 4, 16))
    >>> protocol.endpoint_of("MMT")
    16
    >>> Protocol(scheduled_weeks=(0, 12), comparison_weeks=(4, -4))
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: 'comparison_weeks' must be a week before 0 and a week after it (got (4, -4)).
    """

    scheduled_weeks: Weeks = attrs.field(default=(), converter=_weeks)
    endpoint_week: int | None = attrs.field(default=None, converter=as_whole)
    comparison_weeks: tuple[int, int] | None = attrs.field(default=None, converter=_pair)
    week_window: int = attrs.field(default=3, converter=as_whole)
    week_day_distance: int = attrs.field(default=7, converter=as_whole)
    measures: tuple[Instrument, ...] | None = attrs.field(default=None, converter=_measures)
    outcomes: tuple[Outcome, ...] | None = attrs.field(default=None, converter=_outcomes)
    primary: str | None = None
    control: str | None = None
    strata: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    off_schedule: Literal["keep", "next"] = "keep"
    population: Population = "adult"
    conduct: Conduct | None = None
    rules: FrozenMapping[str, Rule] = attrs.field(default=_NO_RULES, converter=_rules)
    inferred: tuple[str, ...] | None = attrs.field(default=None, converter=_names, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        yield from self._wrong_weeks()
        for column in ("week_window", "week_day_distance"):
            yield number_problem(column, getattr(self, column), 0, whole=True, required=True)
        for code, times in repeated(instrument.code for instrument in self.measures or ()):
            yield Problem(f"an instrument's code must be its own: {spell(code)}", times)
        for column in ("primary", "control"):
            yield text_problem(column, getattr(self, column))
        for column, choices in (("off_schedule", ("keep", "next")), ("population", ("adult", "juvenile"))):
            if not isinstance(value := getattr(self, column), str) or value not in choices:
                yield Problem(f"{column!r} must be one of {', '.join(map(spell, choices))}", value, column=column)
        if not isinstance(self.conduct, Conduct | None):
            yield Problem("'conduct' must be of the kind Conduct", self.conduct, column="conduct")
        for name, times in repeated(self.strata):
            yield Problem(f"a stratum must be named once: {spell(name)}", times, column="strata")
        yield from self._wrong_outcomes()

    def _wrong_weeks(self) -> Iterator[Problem | None]:
        for week in self.all_weeks:
            yield number_problem("scheduled_weeks", week, -5000, 5000, whole=True, required=True)
        low = number_problem("endpoint_week", self.endpoint_week, 0, above=True, whole=True)
        yield low or number_problem("endpoint_week", self.endpoint_week, -5000, 5000)
        if self.comparison_weeks is not None:
            weeks: Any = self.comparison_weeks
            whole = isinstance(weeks, tuple) and len(weeks) == 2 and all(isinstance(week, int) for week in weeks)
            if not (whole and weeks[0] < 0 < weeks[1]):
                rule = "'comparison_weeks' must be a week before 0 and a week after it"
                yield Problem(rule, self.comparison_weeks, column="comparison_weeks")

    def _wrong_outcomes(self) -> Iterator[Problem]:
        for outcome in self.outcomes or ():
            if not (isinstance(getattr(outcome, "name", None), str) and callable(getattr(outcome, "observe", None))):
                yield Problem("an outcome must have a name and a method 'observe'", outcome, column="outcomes")
                return
        names = [outcome.name for outcome in self.outcomes or ()]
        for name, times in repeated(names):
            yield Problem(f"an outcome's name must be its own: {spell(name)}", times, column="outcomes")
        if self.outcomes is not None and self.primary is not None and self.primary not in names:
            yield primary_problem(names, self.primary)
        if self.outcomes is not None and self.rules:
            yield Problem("'rules' must not be stated beside 'outcomes', which have their own", tuple(self.rules))
        for rule in self.rules.values():
            if not callable(getattr(rule, "grade", None)):
                yield Problem("a rule must have a method 'grade'", rule, column="rules")

    def _shown(self) -> Table:
        rows = [[named(name), words] for name, words in in_words(self) if words not in ("not stated", "none")]
        notes = [f"Inferred: {listed([*map(named, self.inferred)])}."] if self.inferred else []
        return Table("Protocol", ["", "planned"], rows, notes=notes, left=(0, 1))

    @property
    def all_weeks(self) -> tuple[int, ...]:
        """The scheduled weeks of all measures, in order."""
        if isinstance(self.scheduled_weeks, FrozenMapping):
            return _in_time(week for weeks in self.scheduled_weeks.values() for week in weeks)
        return self.scheduled_weeks

    def weeks_of(self, code: str) -> tuple[int, ...]:
        """Return the scheduled weeks of a measure."""
        if isinstance(self.scheduled_weeks, FrozenMapping):
            return self.scheduled_weeks.get(code, self.scheduled_weeks.get("", ()))
        return self.scheduled_weeks

    def endpoint_of(self, code: str) -> int | None:
        """Return the week by which a measure is judged; None where it is neither stated nor can be inferred."""
        if self.endpoint_week is not None or "scheduled_weeks" in (self.inferred or ()):
            return self.endpoint_week
        weeks = self.weeks_of(code)
        return weeks[-1] if weeks and weeks[-1] > 0 else None
