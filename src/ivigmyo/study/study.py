"""A study: its patients, and the columns of numbers that analyses take from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import attrs
import pandas as pd

from ivigmyo.arguments import as_whole, check_choice
from ivigmyo.display import Shown, Table, counted, listed
from ivigmyo.errors import DataError, Problem, number_problem, refusal, refuse, spell, text_problem
from ivigmyo.instruments import Instrument
from ivigmyo.study.diagnoses import Diagnosis, Sex
from ivigmyo.study.inference import infer, last_weeks
from ivigmyo.study.long_view import NO_ROWS, baseline_rows, final_rows, lay_out, moved_to_schedule, standing_rows
from ivigmyo.study.pair import Pair, check_strategies, make_pair
from ivigmyo.study.patients import (
    CHARACTERISTICS,
    NUMBERS,
    Assessment,
    DispositionStep,
    Patient,
    Visit,
    in_any_order,
    keep,
    repeated,
)
from ivigmyo.study.plan import BUILT_IN, Missing, Protocol
from ivigmyo.study.treatments import named_treatment, spellings_of

__all__ = ["Study"]

_T = TypeVar("_T")


def _in_natural_order(text: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Order "2" before "10", and "P2" before "P10": of two numbers the longer is the greater."""
    parts = re.findall(r"0*([0-9]+)|([^0-9]+)", text)
    return [(not digits, len(digits), digits or word) for digits, word in parts], text


def _in_order(records: Iterable[Any]) -> tuple[Patient, ...]:
    return tuple(sorted(keep(records, Patient), key=lambda patient: _in_natural_order(patient.id)))


def _steps(records: Iterable[Any]) -> tuple[DispositionStep, ...]:
    return keep(records, DispositionStep)


def _texts(records: Iterable[Any]) -> tuple[str, ...]:
    return keep(records, str)


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()


def _spellings(labels: Iterable[str | None]) -> dict[str, str]:
    """Find how each label is written, without regard to case and blanks: as it is most often, the first of two."""
    counts = Counter(label for label in labels if label)
    return {_folded(label): label for label, _ in reversed(counts.most_common())}


def _spelled_apart(
    what: str, patient: Patient, column: str, label: str | None, right: Mapping[str, str]
) -> Iterator[Problem]:
    if label and (first := right[_folded(label)]) != label:
        rule = f"{what} must be written in one way, here as {spell(first)}"
        yield Problem(rule, label, f"for patient {spell(patient.id)}", column=column)


@attrs.frozen(repr=False)
class Study(Shown):
    """A trial: its patients and how its visits were planned.

    Parameters
    ----------
    patients : iterable of Patient
        At least one, with different ids. Kept in the natural order of their ids ("2" before "10"), so that studies with
        equal content are equal.
    title, source : str, default ""
        What the study is called and where its data come from.
    disposition : iterable of DispositionStep
        How many patients passed or left before treatment, step by step.
    protocol : Protocol
        What was planned. What it leaves open is inferred from the recorded weeks where nothing is left to choose, once, when
        the study is made: `Protocol.inferred` names the fields.
    notes : tuple of str
        What was said when the study was read (columns left out, units converted). Not part of equality.

    Raises
    ------
    DataError
        If there is no patient, an id appears twice, or a patient was assessed with an unknown measure.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> study = saito2008.load_study()
    >>> len(study.patients), len(study.efficacy_set.patients)
    (16, 15)
    >>> study.values("MMT").loc["15"].tolist()
    [70.0, 60.0, 63.0, 54.0, nan, nan]
    >>> study.values("MMT").columns.tolist()
    [-4, 0, 4, 5, 8, 12]
    """

    patients: tuple[Patient, ...] = attrs.field(converter=_in_order)
    title: str = ""
    source: str = ""
    disposition: tuple[DispositionStep, ...] = attrs.field(default=(), converter=_steps, eq=in_any_order)
    protocol: Protocol = attrs.field(factory=Protocol)
    notes: tuple[str, ...] = attrs.field(default=(), converter=_texts, eq=False)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())
        object.__setattr__(self, "protocol", infer(self.protocol, self.patients))

    def _problems(self) -> Iterator[Problem | None]:
        if not self.patients:
            yield Problem("a study must have at least one patient", 0)
        for each, times in repeated(patient.id for patient in self.patients):
            yield Problem("a patient must appear once", times, f"for patient {spell(each)}", column="patient")
        if len({patient.adverse_events is None for patient in self.patients}) > 1:
            yield Problem("adverse events must be recorded of every patient or of none")
        for column in ("title", "source"):
            yield None if getattr(self, column) == "" else text_problem(column, getattr(self, column), required=True)
        if not isinstance(self.protocol, Protocol):
            yield Problem("'protocol' must be a Protocol", self.protocol)
            return
        if any(patient.arm is not None for patient in self.patients):
            for patient in self.patients:
                if patient.arm is None:
                    rule = "an arm must be known of every patient or of none"
                    yield Problem(rule, record=f"for patient {spell(patient.id)}", column="arm")
        yield from self._labels_spelled_apart()
        for factor in self.protocol.strata:
            for patient in self.patients:
                if _label(patient, factor) is None:
                    yield Problem(f"{factor!r} must be known", record=f"for patient {spell(patient.id)}", column=factor)
        yield from self._wrong_measures()

    def _labels_spelled_apart(self) -> Iterator[Problem]:
        """Name the arms and strata that differ from a commoner one, or from the control, in case or blanks alone."""
        control = self.protocol.control
        arms = [(each, name, getattr(each, name)) for each in self.patients for name in ("arm", "arm_received")]
        right = _spellings([label for *_, label in arms])
        for patient, column, label in arms:
            yield from _spelled_apart("an arm", patient, column, label, right)
        first = control and right.get(_folded(control), control)
        if first != control:
            yield Problem(f"'control' must be written as the arm is, {spell(first)}", control)
        for factor in self.protocol.strata:
            labels = [(each, _label(each, factor)) for each in self.patients]
            right = _spellings([label for _, label in labels])
            for patient, label in labels:
                yield from _spelled_apart(f"a label of {factor!r}", patient, factor, label, right)

    def _shown(self) -> Table:
        people, endpoint = self.characteristics(), self.protocol.endpoint_week
        counts = [people[name].value_counts() for name in ("arm", "diagnosis", "sex")]
        kinds = [", ".join(f"{n} {label}" for label, n in found.items()) for found in counts if len(found)]
        rows = [["patients", f"{len(people)} ({'; '.join(kinds)})"], ["efficacy set", str(people["efficacy_set"].sum())]]
        for instrument in self.instruments:
            weeks = self.rows(instrument.code)["week"].dropna().astype(int)
            when = f", weeks {weeks.min()} to {weeks.max()}" if len(weeks) else ""
            rows.append([instrument.code, counted(len(self.rows(instrument.code)), "value") + when])
        rows += [["scheduled weeks", ", ".join(map(str, self.scheduled_weeks)) or "not stated"]]
        rows += [["endpoint week", "not stated" if endpoint is None else str(endpoint)]]
        inferred = f"Inferred: {listed([each.replace('_', ' ') for each in self.protocol.inferred or ()])}."
        return Table(self.title or "Study", ["", ""], rows, notes=[inferred] if self.protocol.inferred else [], left=(0, 1))

    def _wrong_measures(self) -> Iterator[Problem]:
        known = self._known
        for patient, visit, assessment in self._assessments():
            instrument = known.setdefault(assessment.instrument.code, assessment.instrument)
            if assessment.instrument is not instrument and assessment.instrument != instrument:
                record = f"for patient {spell(patient.id)}, {visit.label}"
                rule = f"{instrument.code!r} must be one instrument, that of the protocol or of the other values"
                yield Problem(rule, record=record, column="measure")

    @property
    def _known(self) -> dict[str, Instrument]:
        """The measures that may be asked for: those of the protocol, and the built-in ones."""
        return {**BUILT_IN, **{instrument.code: instrument for instrument in self.protocol.measures or ()}}

    @cached_property
    def instruments(self) -> tuple[Instrument, ...]:
        """The measures of the study: those that the protocol names, then those recorded, the built-in ones first."""
        recorded = {each.instrument.code: each.instrument for _, _, each in self._assessments()}
        named = {instrument.code: instrument for instrument in self.protocol.measures or ()}
        order = {**named, **{code: each for code, each in BUILT_IN.items() if code in recorded}}
        return tuple({**{code: recorded.get(code, each) for code, each in order.items()}, **recorded}.values())

    @property
    def scheduled_weeks(self) -> tuple[int, ...]:
        """The weeks for which visits were planned, of all measures, in order."""
        return self.protocol.all_weeks

    @property
    def arms(self) -> tuple[str, ...]:
        """The labels of the arms as planned, in their natural order, the control last; empty where there are none."""
        found = sorted({patient.arm for patient in self.patients if patient.arm is not None}, key=_in_natural_order)
        return tuple(sorted(found, key=lambda arm: arm == self.protocol.control))

    def under(self, protocol: Protocol) -> Study:
        """Return the same patients under another protocol; what it leaves open is inferred anew."""
        if not isinstance(protocol, Protocol):
            raise TypeError(f"'protocol' must be a Protocol (got {protocol!r}).")
        return attrs.evolve(self, protocol=attrs.evolve(protocol, inferred=None))

    def _assessments(self, code: str | None = None) -> Iterator[tuple[Patient, Visit, Assessment]]:
        for patient in self.patients:
            for visit in patient.visits:
                for assessment in visit.assessments:
                    if code is None or assessment.instrument.code == code:
                        yield patient, visit, assessment

    def _code(self, measure: Instrument | str) -> str:
        code: object = measure.code if isinstance(measure, Instrument) else measure
        known = dict.fromkeys([*(each.code for each in self.instruments), *self._known])
        if not isinstance(code, str) or code not in known:
            raise ValueError(refusal(f"'measure' must be one of {', '.join(map(spell, known))}", code))
        return code

    def instrument(self, code: str) -> Instrument:
        """Return the instrument with a code.

        Parameters
        ----------
        code : str
            The code, such as ``"MMT"``.

        Returns
        -------
        Instrument
            The measure.

        Raises
        ------
        ValueError
            If the study has no such measure.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().instrument("ADL").maximum
        45
        """
        code = self._code(code)
        return {**self._known, **{each.code: each for each in self.instruments}}[code]

    @property
    def ids(self) -> pd.Index[Any]:
        """The patients' ids, as the index of every column."""
        return pd.Index([patient.id for patient in self.patients], name="patient", dtype=object)

    @property
    def efficacy_set(self) -> Study:
        """The study of the patients whose efficacy is analysed; a DataError if there is none."""
        return self._having("efficacy_set")

    @property
    def safety_set(self) -> Study:
        """The study of the patients whose safety is analysed; a DataError if there is none."""
        return self._having("safety_set")

    def _having(self, name: str) -> Study:
        """Return the patients of a set, once; all of them are the study itself, with the rows found of it."""
        chosen = [patient for patient in self.patients if getattr(patient, name)]
        if not chosen:
            raise DataError([Problem(f"the {name.replace('_', ' ')} must have at least one patient", 0)])
        if len(chosen) == len(self.patients):
            return self
        return self._once((name,), lambda: attrs.evolve(self, patients=chosen))

    def split(self, by: str) -> dict[str, Study]:
        """Split the study by a characteristic of its patients.

        Parameters
        ----------
        by : {"diagnosis", "sex", "arm"} or str
            The characteristic, or one of the protocol's strata.

        Returns
        -------
        dict of str to Study
            A study for each value that occurs, in the order of the enumeration, of arms (the control last) or of labels;
            without the disposition before treatment, which counts the patients of the whole.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> {label: len(part.patients) for label, part in saito2008.load_study().split("diagnosis").items()}
        {'PM': 8, 'DM': 8}
        """
        check_choice("by", by, tuple(dict.fromkeys(("diagnosis", "sex", "arm", *self.protocol.strata))))
        return dict(self._once(("split", by), lambda: self._parts(by)))

    def _parts(self, by: str) -> dict[str, Study]:
        labels = {patient.id: _label(patient, by) for patient in self.patients}
        orders: dict[str, Iterable[str]] = {"diagnosis": list(Diagnosis), "sex": list(Sex), "arm": self.arms}
        found = orders.get(by) or sorted({label for label in labels.values() if label is not None}, key=_in_natural_order)
        whole = attrs.evolve(self, disposition=())  # its counts are those of all patients
        parts = {str(label): [each for each in self.patients if labels[each.id] == label] for label in found}
        return {label: attrs.evolve(whole, patients=part) for label, part in parts.items() if part}

    def characteristics(self) -> pd.DataFrame:
        """Return what is known of each patient apart from visits, treatments and events.

        Returns
        -------
        pandas.DataFrame
            One row a patient (index ``patient``) with the columns of ``patients.csv``.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().characteristics().loc[["1", "16"], ["diagnosis", "sex", "age", "efficacy_set"]]
                diagnosis sex   age  efficacy_set
        patient
        1              PM   F  39.0          True
        16             DM   F  58.0         False
        """
        return self._characteristics.copy()

    @cached_property
    def _characteristics(self) -> pd.DataFrame:
        frame = pd.DataFrame(
            {name: pd.Series([getattr(one, name) for one in self.patients], dtype=object) for name in CHARACTERISTICS}
        )
        frame[list(NUMBERS)] = frame[list(NUMBERS)].astype(float)
        frame[["diagnosis", "sex"]] = frame[["diagnosis", "sex"]].map(str)
        for factor in self.protocol.strata:
            frame[factor] = pd.Series([_label(one, factor) for one in self.patients], dtype=object)
        return frame.astype({"efficacy_set": bool, "safety_set": bool}).set_index(self.ids)

    def values(self, measure: Instrument | str, off_schedule: Literal["keep", "next"] = "keep") -> pd.DataFrame:
        """Return the values of a measure, one row a patient and one column a week.

        Parameters
        ----------
        measure : Instrument or str
            The measure, or its code.
        off_schedule : {"keep", "next"}, default "keep"
            Where a value of an unscheduled week stands: in a column of its own, or (``"next"``) under the next scheduled
            week, once: in a week where the patient has a value of its own, and beside a later unscheduled value that
            goes to the same week, it keeps its own column.

        Returns
        -------
        pandas.DataFrame of float
            Index ``patient``, columns ``week`` (those in which any patient has a value), NaN where there is no value.

        Raises
        ------
        ValueError
            If the study has no such measure.

        Notes
        -----
        The week is the recorded one; where only the day was recorded, the nearest scheduled week within the protocol's
        window, else none. A value after day 0 never stands for week 0. Of several values of a patient in one week, the cell
        holds the one recorded for the week, else the nearest to its first day (the earlier of two). `long` holds them all.

        References
        ----------
        Saito et al. 2008, Table 2, whose footers count the week-5 values of patient 15 under week 8.

        Examples
        --------
        >>> from ivigmyo import CK, saito2008
        >>> study = saito2008.load_study()
        >>> study.values(CK, off_schedule="next").loc["15"].tolist()
        [1400.0, 143.0, 73.0, 39.0, nan]
        """
        check_choice("off_schedule", off_schedule, ("keep", "next"))
        code = self._code(measure)
        return self._once(("values", code, off_schedule), lambda: self._wide(code, off_schedule)).copy()

    def _wide(self, code: str, off_schedule: str) -> pd.DataFrame:
        rows = self._standing_rows(code)
        if off_schedule == "next":
            rows = moved_to_schedule(rows, self.protocol.weeks_of(code))
        wide = rows.astype({"week": int}).set_index(["patient", "week"])["value"].unstack("week")
        return wide.reindex(self.ids).astype(float)

    def baseline(self, measure: Instrument | str) -> pd.Series[float]:
        """Return each patient's last value at or before the first infusion.

        Parameters
        ----------
        measure : Instrument or str
            The measure, or its code.

        Returns
        -------
        pandas.Series of float
            Index ``patient``; the last value at or before day 0 where days are known, else that of the nominal week 0;
            NaN where there is none.

        Notes
        -----
        Where a patient has values with a day and values without, one of the recorded week 0 without a day stands on
        day 0, after any earlier day; a value known to be of day 0 goes before it.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().baseline("CK").head(3).tolist()
        [4565.0, 554.0, 366.0]
        """
        return self._column(self.baseline_rows(self._code(measure)), "value")

    def baseline_uln(self, measure: Instrument | str) -> pd.Series[float]:
        """Return the upper limit of normal that belongs to each baseline value.

        Parameters
        ----------
        measure : Instrument or str
            The measure, or its code.

        Returns
        -------
        pandas.Series of float
            Index ``patient``; NaN where there is no baseline or its limit was not recorded.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().baseline_uln("CK").count().item()
        0
        """
        return self._column(self.baseline_rows(self._code(measure)), "uln")

    def final_values(self, measure: Instrument | str, carry: Literal["stopped", "all"] = "stopped") -> pd.Series[float]:
        """Return the value by which each patient's response is graded.

        Parameters
        ----------
        measure : Instrument or str
            The measure, or its code.
        carry : {"stopped", "all"}, default "stopped"
            Whose last value stands for a missing final one: that of a patient who left the trial, or also that of a
            patient who completed it but has no value in the last week.

        Returns
        -------
        pandas.Series of float
            Index ``patient``. The value of the last scheduled week; for a patient who left the trial, the last value
            after baseline and at or before leaving. The baseline is never carried: NaN where there is no later value.

        Notes
        -----
        Of several values in the last scheduled week, the one that `values` shows there. A value of which only the week
        is known stands on day 7 x week.

        References
        ----------
        Saito et al. 2008, Efficacy assessment: week 12 or study discontinuation.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().final_values("MMT")[["14", "15", "16"]].tolist()
        [55.0, 54.0, nan]
        """
        return self._column(self._final_rows(self._code(measure), carry), "value")

    def final_uln(self, measure: Instrument | str, carry: Literal["stopped", "all"] = "stopped") -> pd.Series[float]:
        """Return the upper limit of normal that belongs to each final value.

        Parameters
        ----------
        measure : Instrument or str
            The measure, or its code.
        carry : {"stopped", "all"}, default "stopped"
            As in `final_values`.

        Returns
        -------
        pandas.Series of float
            Index ``patient``; NaN where there is no final value or its limit was not recorded.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().final_uln("CK").count().item()
        0
        """
        return self._column(self._final_rows(self._code(measure), carry), "uln")

    def final_weeks(self, measure: Instrument | str, carry: Literal["stopped", "all"] = "stopped") -> pd.Series[float]:
        """Return the week from which each final value comes.

        Parameters
        ----------
        measure : Instrument or str
            The measure, or its code.
        carry : {"stopped", "all"}, default "stopped"
            As in `final_values`.

        Returns
        -------
        pandas.Series of float
            Index ``patient``; an earlier week than the last scheduled one marks a value carried forward; NaN where there
            is no final value.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().final_weeks("MMT")[["14", "15"]].tolist()
        [12.0, 5.0]
        """
        return self._column(self._final_rows(self._code(measure), carry), "week")

    def ck_series(self) -> pd.DataFrame:
        """Return every CK value with its day and limit, as `find_normalizations` takes them.

        Returns
        -------
        pandas.DataFrame
            Columns ``patient, day, ck, uln``, one row a value, in order of patient and day. Where only the week was
            recorded, the day is 7 x week; ``uln`` is NaN where it was not recorded. ``ck`` is NaN where the value is a bound
            that does not tell on which side of the limit it lies (``<40`` where the limit is 30).

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().ck_series().head(2)
          patient   day      ck  uln
        0       1 -28.0  3613.0  NaN
        1       1   0.0  4565.0  NaN
        """
        rows = self.rows("CK")
        above, below = rows["value"] > rows["uln"], rows["value"] < rows["uln"]
        undecided = ((rows["bound"] == "<") & above) | ((rows["bound"] == ">") & below)
        series = pd.DataFrame({"patient": rows["patient"], "day": rows["day"].astype(float)})
        return series.assign(ck=rows["value"].mask(undecided), uln=rows["uln"]).reset_index(drop=True)

    def follow_up(self) -> pd.DataFrame:
        """Return the recorded CK follow-up, as `episodes_from_follow_up` takes it.

        Returns
        -------
        pandas.DataFrame
            Columns ``patient, normalized_on, re_elevated_on, observed_until``, one row for each patient with a
            follow-up; days are NaN where there is none.

        References
        ----------
        Saito et al. 2008, Table 4.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().follow_up().head(2)
          patient  normalized_on  re_elevated_on  observed_until
        0       1            NaN             NaN           409.0
        1       2           25.0             NaN           279.0
        """
        days = ["normalized_on", "re_elevated_on", "observed_until"]
        found = [
            (patient.id, *(getattr(patient.follow_up, day) for day in days))
            for patient in self.patients
            if patient.follow_up is not None
        ]
        return pd.DataFrame(found, columns=["patient", *days], dtype=object).astype(dict.fromkeys(days, float))

    def _column(self, rows: pd.DataFrame, name: str) -> pd.Series[float]:
        return rows.set_index("patient")[name].reindex(self.ids).astype(float).rename(None)

    def long(self) -> pd.DataFrame:
        """Return every value of the study as a row, those that decide marked.

        Returns
        -------
        pandas.DataFrame
            Columns ``patient, measure, week, day, value, uln``, and the truth values ``baseline``, ``final`` (by the
            endpoint week of the measure, the last value of a patient who left carried forward) and ``stands`` (for its
            week). ``week`` is NaN where a value has a day alone that is in no scheduled week's window; ``day`` is
            7 x week where only the week was recorded.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> rows = saito2008.load_study().long()
        >>> rows[(rows["patient"] == "15") & rows["final"]][["measure", "week", "value"]].to_numpy().tolist()
        [['MMT', 5.0, 54.0], ['ADL', 5.0, 5.0], ['CK', 5.0, 39.0]]
        """
        return pd.concat([self._marked(each.code) for each in self.instruments], ignore_index=True)

    def _marked(self, code: str) -> pd.DataFrame:
        rows = self.rows(code)
        parts: dict[str, pd.DataFrame] = {"baseline": self.baseline_rows(code), "stands": self._standing_rows(code)}
        parts["final"] = rows[:0] if self.protocol.endpoint_of(code) is None else self._final_rows(code, "stopped")
        marks = {name: rows.index.isin(parts[name].index) for name in ("baseline", "final", "stands")}
        return rows[["patient", "week", "day", "value", "uln"]].assign(**marks).assign(measure=code)[list(_LONG)]

    def rows(self, code: str) -> pd.DataFrame:
        """Return the rows of one measure in the long view, which nobody may write to."""
        return self._long.get(code, NO_ROWS)

    @cached_property
    def _long(self) -> dict[str, pd.DataFrame]:
        """The long view by measure, made once: every column is taken from it, and none writes to it."""
        return lay_out(self.patients, self.protocol)

    def baseline_rows(self, code: str) -> pd.DataFrame:
        """Return the row of each patient's baseline, which nobody may write to."""
        return self._once(("baseline", code), lambda: baseline_rows(self.rows(code)))

    def _standing_rows(self, code: str) -> pd.DataFrame:
        return self._once(("standing", code), lambda: standing_rows(self.rows(code)))

    def _final_rows(self, code: str, carry: str) -> pd.DataFrame:
        """Return the row of each patient's final value, by the endpoint week; none where there is no such week."""
        check_choice("carry", carry, ("stopped", "all"))
        endpoint = self.protocol.endpoint_of(code)
        if endpoint is None:
            return self.rows(code)[:0]
        left = {patient.id: patient.discontinued_on for patient in self.patients}
        carries = [name for name, day in left.items() if day is not None or carry == "all"]
        return self._once(("final", code, carry), lambda: final_rows(self.rows(code), endpoint, left, carries))

    def _once(self, key: tuple[Hashable, ...], make: Callable[[], _T]) -> _T:
        """Find something, or take what was found before: it stays true, for nothing of a study changes or is written to."""
        if key not in self._found:
            self._found[key] = make()
        found: _T = self._found[key]
        return found

    @cached_property
    def _found(self) -> dict[tuple[Hashable, ...], Any]:
        return {}

    def endpoint_of(self, measure: Instrument | str) -> int:
        """Return the week by which a measure is judged; a DataError with the weeks recorded where it is not known."""
        code = self._code(measure)
        endpoint = self.protocol.endpoint_of(code)
        if endpoint is None:
            raise DataError([self._endpoint_rule(code)])
        return endpoint

    def _endpoint_rule(self, code: str) -> str:
        if "scheduled_weeks" not in (self.protocol.inferred or ()) and self.protocol.all_weeks:
            return f"no week after week 0 is scheduled for {code!r}."
        weeks = last_weeks(self.patients)
        if not weeks:
            return "'endpoint_week' must be stated; no week after week 0 is recorded."
        (first, n), *others = weeks.items()
        listed = [f"{first} ({n} patient{'' if n == 1 else 's'})", *(f"{week} ({count})" for week, count in others)]
        return f"'endpoint_week' must be stated; last weeks recorded: {', '.join(listed)}."

    def pair(
        self,
        measure: Instrument | str,
        week: int | None = None,
        intercurrent: Mapping[str, str] = MappingProxyType({"discontinuation": "while on treatment"}),
        missing: Missing = "excluded",
    ) -> Pair:
        """Return each patient's baseline and final value of a measure, as a rule grades them.

        Parameters
        ----------
        measure : Instrument or str
            The measure, or its code.
        week : int, optional
            The week of the final value; None: the measure's endpoint week.
        intercurrent : mapping of str to str
            The strategy (ICH E9(R1)) for ``"discontinuation"`` and ``"rescue"``: ``"while on treatment"`` takes the last
            value up to it, ``"composite"`` counts it as no response, ``"treatment policy"`` takes the value of the week
            whatever happened. An event that is not named counts as if it had not happened.
        missing : {"excluded", "non-response", "locf"}
            Only ``"locf"`` matters here: the last value after baseline stands for a missing final one.

        Returns
        -------
        Pair
            The values, with the reason where one is missing.

        Raises
        ------
        DataError
            If the endpoint week is neither given nor known, or `week` is no whole number.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().pair("MMT").rows.loc[["15"], ["baseline", "final", "week", "why"]].to_numpy().tolist()
        [[60.0, 54.0, 5.0, 'carried forward']]
        """
        code = self._code(measure)
        week = as_whole(week)
        refuse([number_problem("week", week, whole=True)])
        check_choice("missing", missing, ("excluded", "non-response", "locf"))
        check_strategies(intercurrent)
        endpoint = self.endpoint_of(code) if week is None else week
        key = ("pair", code, endpoint, missing == "locf", *sorted(intercurrent.items()))
        found = self._once(key, lambda: make_pair(self, code, endpoint, intercurrent, missing))
        return attrs.evolve(found, rows=found.rows.copy())  # which the caller may write to

    def rescued_on(self, patient: Patient) -> int | None:
        """Return the first day after the first infusion on which a patient was given what the protocol prohibits."""
        names = () if self.protocol.conduct is None else self.protocol.conduct.prohibited_treatments
        sought = spellings_of(names)
        days = [each.start_day for each in patient.treatments if named_treatment(each.name, sought)]
        return min((day for day in days if day is not None and day > 0), default=None)


def _label(patient: Patient, by: str) -> str | None:
    """Return a patient's label by a characteristic or a stratification factor."""
    if by in patient.factors:
        return patient.factors[by]
    return getattr(patient, by) if by in ("diagnosis", "sex", "arm") else None


_LONG = ("patient", "measure", "week", "day", "value", "uln", "baseline", "final", "stands")
