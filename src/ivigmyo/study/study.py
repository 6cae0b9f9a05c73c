"""A study: its patients, and the columns of numbers that analyses take from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import check_choice
from ivigmyo.errors import DataError, Problem, is_finite, number_problem, refusal, refuse, spell, text_problem
from ivigmyo.instruments import STUDY_INSTRUMENTS, Instrument
from ivigmyo.study.patients import Assessment, Diagnosis, DispositionStep, Patient, Sex, Visit, in_any_order, keep, repeated

__all__ = ["SCHEDULED_WEEKS", "WEEK_WINDOW", "Study", "nearest_week"]

SCHEDULED_WEEKS = (-4, 0, 1, 2, 4, 8, 12)
"""The weeks in which Table 1 of Saito et al. 2008 schedules visits, counted from the first infusion."""

WEEK_WINDOW = 3
"""How many days a visit may lie from a scheduled week and still be taken for it, where only the day was recorded."""


def nearest_week(day: int, scheduled: Iterable[int] = SCHEDULED_WEEKS, window: int = WEEK_WINDOW) -> int:
    """Tell which week a day belongs to, where only the day was recorded.

    Parameters
    ----------
    day : int
        Days since the first infusion.
    scheduled : iterable of int
        The scheduled weeks.
    window : int, default 3
        How many days a visit may lie from the first day of a scheduled week and still be taken for it.

    Returns
    -------
    int
        The nearest scheduled week within the window (the earlier of two equally near), else ``day // 7``.

    Examples
    --------
    >>> [nearest_week(day) for day in (-27, 3, 35, 86, 90)]
    [-4, 0, 5, 12, 12]
    """
    nearest = min(scheduled, key=lambda week: (abs(day - 7 * week), week))
    return nearest if abs(day - 7 * nearest) <= window else day // 7


def _natural(patient: Patient) -> tuple[list[tuple[bool, int, str]], str]:
    """Order "2" before "10", and "P2" before "P10": of two numbers the longer is the greater."""
    parts = re.findall(r"0*([0-9]+)|([^0-9]+)", patient.id)
    return [(not digits, len(digits), digits or text) for digits, text in parts], patient.id


def _in_order(records: Iterable[Any]) -> tuple[Patient, ...]:
    return tuple(sorted(keep(records, Patient), key=_natural))


def _steps(records: Iterable[Any]) -> tuple[DispositionStep, ...]:
    return keep(records, DispositionStep)


def _instruments(records: Iterable[Any]) -> tuple[Instrument, ...]:
    return keep(records, Instrument)


def _texts(records: Iterable[Any]) -> tuple[str, ...]:
    return keep(records, str)


def _sorted(weeks: Iterable[Any]) -> tuple[Any, ...]:
    """Arrange weeks in time; anything that is no week is left for the check to refuse."""
    kept = tuple(weeks)
    return tuple(sorted(set(kept))) if all(is_finite(week) for week in kept) else kept


@attrs.frozen
class Study:
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
    instruments : tuple of Instrument
        The measures of the study; every assessment is of one of them.
    scheduled_weeks : tuple of int
        The weeks for which visits were planned.
    week_window : int, default 3
        See `nearest_week`: how a visit of which only the day is known finds its week.
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
    instruments: tuple[Instrument, ...] = attrs.field(default=STUDY_INSTRUMENTS, converter=_instruments)
    scheduled_weeks: tuple[int, ...] = attrs.field(default=SCHEDULED_WEEKS, converter=_sorted)
    week_window: int = WEEK_WINDOW
    notes: tuple[str, ...] = attrs.field(default=(), converter=_texts, eq=False)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        if not self.patients:
            yield Problem("a study must have at least one patient", 0)
        for each, times in repeated(patient.id for patient in self.patients):
            yield Problem("a patient must appear once", times, f"for patient {spell(each)}", column="patient")
        if len({patient.adverse_events is None for patient in self.patients}) > 1:
            yield Problem("adverse events must be recorded of every patient or of none")
        for column in ("title", "source"):
            yield None if getattr(self, column) == "" else text_problem(column, getattr(self, column), required=True)
        if not self.scheduled_weeks:
            yield Problem("a study must have at least one scheduled week", 0)
        for week in self.scheduled_weeks:
            yield number_problem("scheduled_weeks", week, whole=True, required=True)
        yield number_problem("week_window", self.week_window, 0, whole=True, required=True)
        yield from self._wrong_measures()

    def _wrong_measures(self) -> Iterator[Problem]:
        for each, times in repeated(instrument.code for instrument in self.instruments):
            yield Problem(f"an instrument's code must be its own: {spell(each)}", times)
        for patient, visit, assessment in self._assessments():
            if assessment.instrument not in self.instruments:
                record = f"for patient {spell(patient.id)}, {visit.label}"
                yield Problem(self._measures, assessment.instrument.code, record, column="measure")

    @property
    def _measures(self) -> str:
        return f"'measure' must be one of {', '.join(repr(instrument.code) for instrument in self.instruments)}"

    def _assessments(self, code: str | None = None) -> Iterator[tuple[Patient, Visit, Assessment]]:
        for patient in self.patients:
            for visit in patient.visits:
                for assessment in visit.assessments:
                    if code is None or assessment.instrument.code == code:
                        yield patient, visit, assessment

    def _code(self, measure: Instrument | str) -> str:
        code = measure.code if isinstance(measure, Instrument) else measure
        if code not in [instrument.code for instrument in self.instruments]:
            raise ValueError(refusal(self._measures, code))
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
        return next(instrument for instrument in self.instruments if instrument.code == code)

    def week_of(self, visit: Visit) -> int:
        """Return the week a visit belongs to.

        Parameters
        ----------
        visit : Visit
            A visit.

        Returns
        -------
        int
            The recorded week; where only the day was recorded, the one found by `nearest_week`.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> study = saito2008.load_study()
        >>> study.week_of(Visit(day=30)), study.week_of(Visit(week=5, day=35))
        (4, 5)
        """
        if visit.week is not None:
            return visit.week
        return nearest_week(visit.nominal_day, self.scheduled_weeks, self.week_window)

    @property
    def ids(self) -> pd.Index[Any]:
        """The patients' ids, as the index of every column."""
        return pd.Index([patient.id for patient in self.patients], name="patient", dtype=object)

    @property
    def efficacy_set(self) -> Study:
        """The study of the patients whose efficacy is analysed; a DataError if there is none."""
        return self._subset("the efficacy set", [patient for patient in self.patients if patient.efficacy_set])

    @property
    def safety_set(self) -> Study:
        """The study of the patients whose safety is analysed; a DataError if there is none."""
        return self._subset("the safety set", [patient for patient in self.patients if patient.safety_set])

    def _subset(self, name: str, patients: list[Patient]) -> Study:
        if not patients:
            raise DataError([Problem(f"{name} must have at least one patient", 0)])
        return attrs.evolve(self, patients=patients)

    def split(self, by: Literal["diagnosis", "sex"]) -> dict[str, Study]:
        """Split the study by a characteristic of its patients.

        Parameters
        ----------
        by : {"diagnosis", "sex"}
            The characteristic.

        Returns
        -------
        dict of str to Study
            A study for each value that occurs, in the order of the enumeration; without the disposition before
            treatment, which counts the patients of the whole.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> {label: len(part.patients) for label, part in saito2008.load_study().split("diagnosis").items()}
        {'PM': 8, 'DM': 8}
        """
        check_choice("by", by, ("diagnosis", "sex"))
        kinds: dict[str, type[Diagnosis] | type[Sex]] = {"diagnosis": Diagnosis, "sex": Sex}
        parts = {str(kind): [patient for patient in self.patients if getattr(patient, by) == kind] for kind in kinds[by]}
        whole = attrs.evolve(self, disposition=())  # its counts are those of all patients
        return {label: whole._subset(label, part) for label, part in parts.items() if part}

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
            {name: pd.Series([getattr(one, name) for one in self.patients], dtype=object) for name in _CHARACTERISTICS}
        )
        frame[list(_NUMBERS)] = frame[list(_NUMBERS)].astype(float)
        frame[["diagnosis", "sex"]] = frame[["diagnosis", "sex"]].map(str)
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
        The week is the recorded one. Where only the day was recorded it is found by `nearest_week`; of several such
        values of a patient that fall in one week, the cell holds the nearest to the week's first day (the earlier of two
        equally near), after any value recorded for that week. `ck_series` holds them all.

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
        rows = self._once(("standing", code), lambda: _standing(self._all_rows(code)))
        if off_schedule == "next":
            rows = self._moved_to_schedule(rows)
        wide = rows.set_index(["patient", "week"])["value"].unstack("week")
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
        return self._column(self._baseline_rows(self._code(measure)), "value")

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
        return self._column(self._baseline_rows(self._code(measure)), "uln")

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
            recorded, the day is 7 x week; ``uln`` is NaN where it was not recorded.

        Examples
        --------
        >>> from ivigmyo import saito2008
        >>> saito2008.load_study().ck_series().head(2)
          patient   day      ck  uln
        0       1 -28.0  3613.0  NaN
        1       1   0.0  4565.0  NaN
        """
        found = [
            (patient.id, visit.nominal_day, assessment.value, assessment.uln)
            for patient, visit, assessment in self._assessments("CK")
        ]
        frame = pd.DataFrame(found, columns=["patient", "day", "ck", "uln"], dtype=object)
        return frame.astype({"day": float, "ck": float, "uln": float})

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

    def _all_rows(self, code: str) -> pd.DataFrame:
        """Every value of a measure with its week, recorded or found, and its day, known or nominal."""
        return self._rows_by_code[code]

    @cached_property
    def _rows_by_code(self) -> dict[str, pd.DataFrame]:
        """The rows of each measure, made once: every column of the study is taken from them, and none writes to them."""
        found: dict[str, list[tuple[Any, ...]]] = {each.code: [] for each in self.instruments}
        for patient in self.patients:
            for visit in patient.visits:
                time = (self.week_of(visit), visit.week is not None, visit.day is not None, visit.nominal_day)
                for each in visit.assessments:
                    found[each.instrument.code].append((patient.id, *time, each.value, each.uln))
        kinds = {"week": int, "recorded": bool, "dated": bool, "day": int, "value": float, "uln": float}
        return {
            code: pd.DataFrame(rows, columns=["patient", *kinds], dtype=object).astype(kinds) for code, rows in found.items()
        }

    def _moved_to_schedule(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Put each unscheduled value under the next scheduled week, where that is free."""
        scheduled = np.array(self.scheduled_weeks)
        following = np.append(scheduled, 0)[np.searchsorted(scheduled, rows["week"])]
        stays = rows["week"].isin(scheduled) | (rows["week"] > scheduled[-1])
        target = rows["week"].where(stays, following)
        # The latest of those that go to one week goes first, a value of that week before all; the others keep their column.
        latest_first = rows.assign(week=target).loc[rows["week"].sort_values(ascending=False).index]
        taken = latest_first.duplicated(["patient", "week"]).reindex(rows.index)
        return rows.assign(week=target.where(~taken, rows["week"]))

    def _baseline_rows(self, code: str) -> pd.DataFrame:
        return self._once(("baseline", code), lambda: self._find_baseline_rows(code))

    def _find_baseline_rows(self, code: str) -> pd.DataFrame:
        rows = self._all_rows(code)
        counts = (rows["dated"] & (rows["day"] <= 0)) | (~rows["dated"] & (rows["week"] == 0))
        return rows[counts].sort_values(["day", "dated"]).drop_duplicates("patient", keep="last")

    def _final_rows(self, code: str, carry: str) -> pd.DataFrame:
        """Of the values after day 0, that of the last scheduled week, else the last where it may be carried forward."""
        check_choice("carry", carry, ("stopped", "all"))
        return self._once(("final", code, carry), lambda: self._find_final_rows(code, carry))

    def _once(self, key: tuple[str, ...], make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Find rows, or take those found before: they stay true, for nothing of a study changes, and none writes to them."""
        if key not in self._found:
            self._found[key] = make()
        return self._found[key]

    @cached_property
    def _found(self) -> dict[tuple[str, ...], pd.DataFrame]:
        return {}

    def _find_final_rows(self, code: str, carry: str) -> pd.DataFrame:
        rows, last = self._all_rows(code), self.scheduled_weeks[-1]
        left_on = rows["patient"].map({patient.id: patient.discontinued_on for patient in self.patients}).astype(float)
        rows = rows.assign(carries=left_on.notna() | (carry == "all"))
        rows = rows[(rows["day"] > 0) & ~(rows["day"] > left_on)]
        at_end = _standing(rows[rows["week"] == last])
        earlier = rows[(rows["week"] < last) & rows["carries"]]
        carried = earlier.sort_values(["day", "week"]).drop_duplicates("patient", keep="last")
        return pd.concat([at_end, carried]).drop_duplicates("patient")


def _standing(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the values of each patient and week, the one that stands for the week."""
    distance = (rows["day"] - 7 * rows["week"]).abs()
    best_first = rows.assign(distance=distance).sort_values(["recorded", "distance", "day"], ascending=[False, True, True])
    return best_first.drop_duplicates(["patient", "week"]).sort_index()


_NUMBERS = (
    "age",
    "disease_duration",
    "weight",
    "highest_previous_dose",
    "steroid_dose_start",
    "steroid_dose_last",
    "consented_on",
    "discontinued_on",
)
_CHARACTERISTICS = (
    "diagnosis",
    "sex",
    *_NUMBERS,
    "previous_treatment",
    "efficacy_set",
    "safety_set",
    "exclusion_reason",
    "exclusion_conditions",
    "discontinuation_reason",
)
