"""The patients of a trial and what was seen of them, as values that cannot be impossible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Literal

import attrs

from ivigmyo.arguments import as_whole
from ivigmyo.display import Shown, Table, cell, listed, number
from ivigmyo.errors import Problem, is_finite, number_problem, order_problem, refuse, spell, text_problem
from ivigmyo.instruments import Instrument
from ivigmyo.study.diagnoses import Diagnosis, Sex
from ivigmyo.study.frozen import FrozenMapping

__all__ = [
    "AdverseEvent",
    "Assessment",
    "CHARACTERISTICS",
    "DispositionStep",
    "FollowUp",
    "NUMBERS",
    "Patient",
    "Treatment",
    "Visit",
    "in_any_order",
    "keep",
    "repeated",
    "time_problems",
]


_LONGEST = 35_000
"""How many days a visit may lie from the first infusion: what lies further is no day of a life."""


def _day_problem(column: str, value: object, low: int = -_LONGEST, **rule: bool) -> Problem | None:
    """Say what is wrong with a day."""
    return number_problem(column, value, low, _LONGEST, **rule)


def _float(value: Any) -> Any:
    """Keep a number of any type as a float; anything else is left for the check to refuse."""
    if value is None or type(value) is float:
        return value
    return float(value) if is_finite(value) else value


def keep(records: Iterable[Any], kind: type) -> tuple[Any, ...]:
    """Keep records as a tuple.

    Parameters
    ----------
    records : iterable
        Records of one kind.
    kind : type
        The kind.

    Returns
    -------
    tuple
        The same, which nobody can change.

    Raises
    ------
    DataError
        If any is of another kind.

    Examples
    --------
    >>> keep([Diagnosis.PM, "DM"], Diagnosis)
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: each must be of the kind Diagnosis (got 'DM').
    """
    try:
        kept = (records,) if isinstance(records, str) else tuple(records)
    except TypeError:  # one thing that is no collection
        kept = (records,)
    refuse(None if isinstance(one, kind) else Problem(f"each must be of the kind {kind.__name__}", one) for one in kept)
    return kept


def _assessments(records: Iterable[Any]) -> tuple[Assessment, ...]:
    return keep(records, Assessment)


def repeated(keys: Iterable[Any]) -> list[tuple[Any, int]]:
    """List what occurs more than once.

    Parameters
    ----------
    keys : iterable
        Hashable values.

    Returns
    -------
    list of tuple
        Each such value with the number of times it occurs.

    Examples
    --------
    >>> repeated("cocoon")
    [('c', 2), ('o', 3)]
    """
    listed = list(keys)
    if len(set(listed)) == len(listed):  # most often nothing does, and that is soon said
        return []
    return [(key, times) for key, times in Counter(listed).items() if times > 1]


def in_any_order(records: Iterable[Any] | None) -> frozenset[Any] | None:
    """Arrange records for comparison, where their order says nothing.

    Parameters
    ----------
    records : iterable or None
        Hashable records; None where they were not recorded.

    Returns
    -------
    frozenset or None
        Each record with the number of times it occurs.

    Examples
    --------
    >>> in_any_order(["fever", "cough", "fever"]) == in_any_order(["fever", "fever", "cough"])
    True
    """
    return None if records is None else frozenset(Counter(records).items())


@attrs.frozen(repr=False)
class Assessment(Shown):
    """One value of one measure.

    Parameters
    ----------
    instrument : Instrument
        What was measured.
    value : float
        The value in the instrument's unit, within its range.
    uln : float, optional
        The upper limit of normal that belongs to this value, in the same unit; greater than 0.
    bound : {"<", ">"}, optional
        Where the laboratory only said that the value is less, or greater, than what stands for it: of a measure with limits
        of normal.

    Raises
    ------
    DataError
        If the value is not possible for the instrument, or a limit is given to a measure that has none.

    Examples
    --------
    >>> from ivigmyo import CK, MMT18
    >>> Assessment(CK, 1570, uln=170).value
    1570.0
    >>> Assessment(MMT18, 91)
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: 'MMT' must be between 0 and 90 (got 91).
    """

    instrument: Instrument
    value: float = attrs.field(converter=_float)
    uln: float | None = attrs.field(default=None, converter=_float)
    bound: Literal["<", ">"] | None = None

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        if not isinstance(self.instrument, Instrument):
            yield Problem("'instrument' must be an Instrument", self.instrument)
            return
        if self.bound is not None and (self.bound not in ("<", ">") or not self.instrument.has_uln):
            rule = f"a value of {self.instrument.code!r} must be a number, not a bound"
            yield Problem(rule, self.bound, column="value")
        yield self.instrument.problem(self.value)
        if self.uln is not None and not self.instrument.has_uln:
            yield Problem(f"{self.instrument.code!r} has no upper limit of normal", self.uln, column="uln")
        yield number_problem("uln", self.uln, 0, above=True)


def time_problems(week: int | None, day: int | None) -> Iterator[Problem | None]:
    """Say what is wrong with the time of a visit."""
    if week is None and day is None:
        yield Problem("a visit must have a week or a day", column="week")
    yield number_problem("week", week, -_LONGEST // 7, _LONGEST // 7, whole=True)
    yield _day_problem("day", day, whole=True)


def _label(week: int | None, day: int | None) -> str:
    name, value = ("day", day) if week is None else ("week", week)
    if type(value) is int and -_LONGEST <= value <= _LONGEST:  # as nearly always: this is asked of every visit
        return f"{name} {value}"
    return f"{name} {spell(value) if isinstance(value, int) else value}"


@attrs.frozen(repr=False)
class Visit(Shown):
    """What was assessed of a patient on one occasion.

    Parameters
    ----------
    week : int, optional
        The nominal week as recorded, counted from the first infusion (week 0; negative before): within 5,000 weeks of it.
    day : int, optional
        Days since the first infusion (0 is that day; negative before). At least one of `week` and `day` is known.
    assessments : iterable of Assessment
        The values, at most one for each measure; their order does not matter.

    Raises
    ------
    DataError
        If neither week nor day is known, or a measure appears twice.

    Examples
    --------
    >>> from ivigmyo import ADL15, MMT18
    >>> visit = Visit(week=4, assessments=[Assessment(MMT18, 85), Assessment(ADL15, 40)])
    >>> visit.nominal_day
    28
    """

    week: int | None = attrs.field(default=None, converter=as_whole)
    day: int | None = attrs.field(default=None, converter=as_whole)
    assessments: tuple[Assessment, ...] = attrs.field(default=(), converter=_assessments, eq=in_any_order)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems(), "" if self.week is None and self.day is None else f"for {self.label}")

    def _problems(self) -> Iterator[Problem | None]:
        yield from time_problems(self.week, self.day)
        for code, times in repeated(assessment.instrument.code for assessment in self.assessments):
            yield Problem(f"{code!r} must be assessed once a visit", times, column="measure")

    @property
    def label(self) -> str:
        """The visit in words: ``"week 4"``, or ``"day 30"`` where no week was recorded."""
        return _label(self.week, self.day)

    @property
    def nominal_day(self) -> int:
        """The day where it is known, else the first day of the recorded week (7 x week)."""
        return self.day if self.day is not None else 7 * (self.week or 0)


@attrs.frozen
class Treatment:
    """A treatment and when it was given.

    Parameters
    ----------
    name : str
        What was given, such as ``"IVIG"`` or ``"cyclosporin"``.
    start_day, end_day : int, optional
        First and last day, counted from the first infusion.
    dose : float, optional
        The dose in `unit`, at least 0 (a placebo).
    unit : str, optional
        The unit of the dose, such as ``"g/kg/day"``.

    Examples
    --------
    >>> Treatment("IVIG", start_day=0, end_day=4, dose=0.4, unit="g/kg/day").days
    5
    """

    name: str
    start_day: int | None = attrs.field(default=None, converter=as_whole)
    end_day: int | None = attrs.field(default=None, converter=as_whole)
    dose: float | None = attrs.field(default=None, converter=_float)
    unit: str | None = None

    def __attrs_post_init__(self) -> None:
        refuse(self._problems(), f"for treatment {spell(self.name)}")

    def _problems(self) -> Iterator[Problem | None]:
        yield text_problem("treatment", self.name, required=True)
        yield _day_problem("start_day", self.start_day, whole=True)
        yield _day_problem("end_day", self.end_day, whole=True)
        yield order_problem("start_day", self.start_day, "end_day", self.end_day)
        yield number_problem("dose", self.dose, 0)
        yield text_problem("unit", self.unit)

    @property
    def days(self) -> int | None:
        """How many days it was given for, both ends counted; None where an end is not known."""
        return None if self.start_day is None or self.end_day is None else self.end_day - self.start_day + 1


@attrs.frozen
class FollowUp:
    """When a patient's CK came within normal limits, left them again, and until when it was watched.

    Parameters
    ----------
    observed_until : float
        The last day on which CK was monitored, counted from the first infusion.
    normalized_on : float, optional
        The day CK was first within normal limits after the first infusion; None where it never was.
    re_elevated_on : float, optional
        The first later day CK was above its limit again; None where it was not.

    References
    ----------
    Saito et al. 2008, Table 4.

    Examples
    --------
    >>> FollowUp(observed_until=510, normalized_on=19, re_elevated_on=390).re_elevated_on
    390.0
    """

    observed_until: float = attrs.field(converter=_float)
    normalized_on: float | None = attrs.field(default=None, converter=_float)
    re_elevated_on: float | None = attrs.field(default=None, converter=_float)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        yield _day_problem("observed_until", self.observed_until, 0, required=True)
        for column in ("normalized_on", "re_elevated_on"):
            yield number_problem(column, getattr(self, column), 0, above=True)
            yield order_problem(column, getattr(self, column), "observed_until", self.observed_until)
        if self.re_elevated_on is not None and self.normalized_on is None:
            yield Problem("'re_elevated_on' needs 'normalized_on'", self.re_elevated_on, column="re_elevated_on")
        yield order_problem("normalized_on", self.normalized_on, "re_elevated_on", self.re_elevated_on, strictly=True)


@attrs.frozen
class AdverseEvent:
    """One adverse event of one patient.

    Parameters
    ----------
    term : str
        What happened.
    group : str, optional
        The group of terms it belongs to, such as ``"liver function"``.
    day : int, optional
        The day it was seen, counted from the first infusion.
    relation : str, optional
        The judged relation to the treatment, such as ``"probably related"``.
    serious : bool, optional
        Whether it was serious.
    severity, outcome, action : str, optional
        How severe it was, how it ended, and what was done with the treatment, in words.

    Examples
    --------
    >>> AdverseEvent("bronchial asthma", day=1).term
    'bronchial asthma'
    """

    term: str
    group: str | None = None
    day: int | None = attrs.field(default=None, converter=as_whole)
    relation: str | None = None
    serious: bool | None = None
    severity: str | None = None
    outcome: str | None = None
    action: str | None = None

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        yield text_problem("term", self.term, required=True)
        yield text_problem("group", self.group)
        yield _day_problem("day", self.day, whole=True)
        yield _flag_problem("serious", self.serious)
        for column in ("relation", "severity", "outcome", "action"):
            yield text_problem(column, getattr(self, column))


@attrs.frozen
class DispositionStep:
    """How many patients passed or left at one step before treatment.

    Parameters
    ----------
    step : str
        The step, such as ``"tentatively registered"``.
    patients : int
        How many patients, at least 0.
    reason : str, optional
        Why they left; None where the step counts those who were there.

    Examples
    --------
    >>> DispositionStep("not formally registered", 5, "steroid monotherapy was effective").patients
    5
    """

    step: str
    patients: int = attrs.field(converter=as_whole)
    reason: str | None = None

    def __attrs_post_init__(self) -> None:
        refuse(self._problems(), f"for step {spell(self.step)}")

    def _problems(self) -> Iterator[Problem | None]:
        yield text_problem("step", self.step, required=True)
        yield number_problem("patients", self.patients, 0, whole=True, required=True)
        yield text_problem("reason", self.reason)


def _in_time(records: Iterable[Any]) -> tuple[Visit, ...]:
    # The last key parts two visits of one week of which one has a day, so that one order is left.
    return tuple(sorted(keep(records, Visit), key=lambda visit: (visit.nominal_day, visit.label, visit.day is None)))


def _treatments(records: Iterable[Any]) -> tuple[Treatment, ...]:
    return keep(records, Treatment)


def _events(records: Iterable[Any] | None) -> tuple[AdverseEvent, ...] | None:
    return None if records is None else keep(records, AdverseEvent)


def _conditions(records: Iterable[Any] | None) -> tuple[str, ...] | None:
    return None if records is None else keep(records, str)


def _diagnosis(value: Any) -> Any:
    """Let an enumeration's value stand for its member; anything else is left for the check to refuse."""
    return Diagnosis(value) if isinstance(value, str) and value in list(Diagnosis) else value


def _sex(value: Any) -> Any:
    return Sex(value) if isinstance(value, str) and value in list(Sex) else value


def _factors(factors: Mapping[str, str] | None) -> FrozenMapping[str, str]:
    return FrozenMapping(factors)


def _flag_problem(column: str, value: object, *, required: bool = False) -> Problem | None:
    if isinstance(value, bool) or (value is None and not required):
        return None
    return Problem(f"{column!r} must be True or False", value, column=column)


def _member_problem(column: str, value: object, kind: type[StrEnum]) -> Problem | None:
    if isinstance(value, kind):
        return None
    return Problem(f"{column!r} must be one of {', '.join(spell(each.value) for each in kind)}", value, column=column)


@attrs.frozen(repr=False)
class Patient(Shown):
    """One patient: who, how treated before, and everything seen in the trial.

    Parameters
    ----------
    id : str
        The patient's identifier within the study.
    diagnosis : Diagnosis
        ``"PM"``, ``"DM"`` or another of `Diagnosis`.
    sex : Sex
        ``"F"`` or ``"M"``.
    age : float
        Age in years at registration, from 0 to 130.
    disease_duration : float, optional
        Years since onset, at least 0.
    previous_treatment : str, optional
        Treatment before registration, in words.
    weight : float, optional
        Body weight in kg, greater than 0.
    highest_previous_dose : float, optional
        Highest steroid dose before registration, in mg of prednisolone equivalent a day.
    steroid_dose_start, steroid_dose_last : float, optional
        Daily steroid dose in mg at the start of the study and at the last observation.
    efficacy_set, safety_set : bool, default True
        Whether the patient belongs to each analysis set.
    exclusion_reason : str, optional
        Why the patient is outside the efficacy set.
    exclusion_conditions : tuple of str, optional
        Conditions that bar a patient from the trial and that this patient has; an empty tuple where it was asked and there
        is none, None where it is not known.
    consented_on : int, optional
        Day of consent, counted from the first infusion.
    discontinued_on : int, optional
        Day on which the patient left the trial; it ends grading, not the CK follow-up.
    discontinuation_reason : str, optional
        Why.
    visits : iterable of Visit
        The visits, kept in order of time. Refused are a visit at which nothing was assessed, a visit recorded twice, two
        visits on one day (unless they are of different weeks and measures), and two values of one measure recorded for one
        week.
    treatments : iterable of Treatment
        What was given during the trial; their order does not matter.
    adverse_events : iterable of AdverseEvent, optional
        The adverse events in any order; None where they were not recorded, empty where none occurred.
    follow_up : FollowUp, optional
        The CK follow-up, where it was recorded as days.
    arm, arm_received : str, optional
        The treatment arm as planned, and as received where that differs.
    factors : mapping of str to str
        The patient's stratum by each stratification factor.

    Raises
    ------
    DataError
        If any value is not possible; it lists every such value.

    References
    ----------
    Saito et al. 2008, Patients, Tables 2 and 4.

    Examples
    --------
    >>> from ivigmyo import MMT18
    >>> visits = [Visit(0, assessments=[Assessment(MMT18, 59)]), Visit(12, assessments=[Assessment(MMT18, 90)])]
    >>> Patient("P01", "PM", "F", 39, visits=visits).diagnosis
    <Diagnosis.PM: 'PM'>
    >>> Patient("P02", "PMM", "F", 390)
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: 'diagnosis' must be one of 'PM', 'DM', 'IMNM', 'ASYS', 'IBM', 'JDM', 'CADM', 'OM', 'OTHER' (got
    'PMM') for patient 'P02'.
    'age' must be between 0 and 130 (got 390) for patient 'P02'.
    """

    id: str
    diagnosis: Diagnosis = attrs.field(converter=_diagnosis)
    sex: Sex = attrs.field(converter=_sex)
    age: float = attrs.field(converter=_float)
    disease_duration: float | None = attrs.field(default=None, converter=_float)
    previous_treatment: str | None = None
    weight: float | None = attrs.field(default=None, converter=_float)
    highest_previous_dose: float | None = attrs.field(default=None, converter=_float)
    steroid_dose_start: float | None = attrs.field(default=None, converter=_float)
    steroid_dose_last: float | None = attrs.field(default=None, converter=_float)
    efficacy_set: bool = True
    safety_set: bool = True
    exclusion_reason: str | None = None
    exclusion_conditions: tuple[str, ...] | None = attrs.field(default=None, converter=_conditions)
    consented_on: int | None = attrs.field(default=None, converter=as_whole)
    discontinued_on: int | None = attrs.field(default=None, converter=as_whole)
    discontinuation_reason: str | None = None
    visits: tuple[Visit, ...] = attrs.field(default=(), converter=_in_time)
    treatments: tuple[Treatment, ...] = attrs.field(default=(), converter=_treatments, eq=in_any_order)
    adverse_events: tuple[AdverseEvent, ...] | None = attrs.field(default=None, converter=_events, eq=in_any_order)
    follow_up: FollowUp | None = None
    arm: str | None = None
    arm_received: str | None = None
    factors: FrozenMapping[str, str] = attrs.field(default=None, converter=_factors)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems(), self._record)

    def _shown(self) -> Table:
        values = {(visit.label, each.instrument.code): each.value for visit in self.visits for each in visit.assessments}
        times = list(dict.fromkeys(visit.label for visit in self.visits))
        codes = list(dict.fromkeys(code for _, code in values))
        rows = [[code, *(cell(code, values.get((time, code))) for time in times)] for code in codes]
        left = None if self.discontinued_on is None else f"Left on day {self.discontinued_on}."
        given = f"Treatments: {listed([each.name for each in self.treatments])}." if self.treatments else None
        title = f"Patient {self.id}: {self.diagnosis}, {self.sex}, {number(self.age)} years"
        title += "" if self.arm is None else f", {self.arm}"
        return Table(title, ["measure", *times], rows, notes=[note for note in (left, given) if note])

    @property
    def arm_treated(self) -> str | None:
        """The arm as received: the planned one unless another was recorded."""
        return self.arm if self.arm_received is None else self.arm_received

    @property
    def _record(self) -> str:
        return f"for patient {spell(self.id)}"

    def _problems(self) -> Iterator[Problem | None]:
        yield text_problem("patient", self.id, required=True)
        yield _member_problem("diagnosis", self.diagnosis, Diagnosis)
        yield _member_problem("sex", self.sex, Sex)
        yield number_problem("age", self.age, 0, 130, required=True)
        yield number_problem("disease_duration", self.disease_duration, 0, 130)
        yield number_problem("weight", self.weight, 0, above=True)
        for column in ("highest_previous_dose", "steroid_dose_start", "steroid_dose_last"):
            yield number_problem(column, getattr(self, column), 0)
        for column in ("previous_treatment", "exclusion_reason", "discontinuation_reason"):
            yield text_problem(column, getattr(self, column))
        for condition in self.exclusion_conditions or ():
            yield text_problem("exclusion_conditions", condition)
            # A cell lists conditions between semicolons, and says "none" where there is none.
            if ";" in condition or condition.lower() == "none":
                rule = "'exclusion_conditions' must have no semicolon and not be 'none'"
                yield Problem(rule, condition, column="exclusion_conditions")
        for column in ("efficacy_set", "safety_set"):
            yield _flag_problem(column, getattr(self, column), required=True)
        for column in ("arm", "arm_received"):
            yield text_problem(column, getattr(self, column))
        if self.arm is None and self.arm_received is not None:
            yield Problem("'arm_received' needs 'arm', the arm as planned", self.arm_received, column="arm_received")
        for factor, label in self.factors.items():
            yield text_problem(factor, label, required=True)
        for column in ("consented_on", "discontinued_on"):
            yield _day_problem(column, getattr(self, column), whole=True)
        if not isinstance(self.follow_up, FollowUp | None):
            yield Problem("'follow_up' must be a FollowUp", self.follow_up)
        yield from self._wrong_visits()

    def _wrong_visits(self) -> Iterator[Problem]:
        for visit in self.visits:
            if not visit.assessments:
                yield Problem("a visit must have at least one assessment", record=f"{self._record}, {visit.label}")
        occasions = Counter((visit.week, visit.day) for visit in self.visits)
        for (week, day), times in repeated(occasions.elements()):
            yield Problem("a visit must be recorded once", times, f"{self._record}, {_label(week, day)}", column="week")
        for day, times in repeated(day for _, day in occasions if day is not None):
            own = [visit for visit in self.visits if visit.day == day]
            codes = [each.instrument.code for visit in own for each in visit.assessments]
            # Measures may have visits of their own: one day may then be of different weeks.
            if repeated(codes) or any(visit.week is None for visit in own):
                yield Problem("a day must have one visit", times, f"{self._record}, day {day}", column="day")
        weekly = [(visit.week, each.instrument.code) for visit in self.visits for each in visit.assessments]
        for (week, code), times in repeated(key for key in weekly if key[0] is not None):
            record = f"{self._record}, week {week}"
            yield Problem(f"{code!r} must be assessed once a visit", times, record, column="measure")


CHARACTERISTICS = tuple(
    each.name
    for each in attrs.fields(Patient)
    if each.name not in ("id", "visits", "treatments", "adverse_events", "follow_up", "factors")
)
"""What is known of a patient apart from visits, treatments, events and strata, in order."""

NUMBERS = tuple(each.name for each in attrs.fields(Patient) if str(each.type).startswith(("float", "int")))
"""Those of them that are numbers."""
