"""What several rows of the ledger rest on; and what is found for one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import attrs
import pandas as pd

from ivigmyo.analysis import MeasureResult, TrialReport, trial_report
from ivigmyo.change import ChangeComparison, compare_log_changes
from ivigmyo.display import p_statement
from ivigmyo.errors import DataError
from ivigmyo.instruments import CK, MMT18
from ivigmyo.manuscript.held import Quantity, read_quantities
from ivigmyo.outcomes import adverse_events
from ivigmyo.saito2008.readings import Reading, readings
from ivigmyo.study import Study

__all__ = ["AFTER", "BEFORE", "Found", "LAST", "Material", "SIGNIFICANT", "START", "claim", "listed", "of_patient"]

BEFORE, START, AFTER = -4, 0, 4
"""The weeks whose changes Table 3 compares."""

LAST = 12
"""The last scheduled week."""

SIGNIFICANT = 0.05
"""The two-sided level of the paper."""


@attrs.frozen(eq=False)
class Found:
    """What was computed for one printed number or claim.

    Parameters
    ----------
    value : float, str or None
        The number, or a text of the form printed; None where the data do not give it.
    by : callable or None
        The public function that computed it.
    conventions : str
        The conventions chosen.
    holds : bool or None
        Of a claim, whether it is borne out; None for what is compared as printed.
    contradicted : bool or None
        Of a claim that the rows do not bear out, whether they speak against it; None where only `holds` is asked.
    other : float, str or None
        The value by another definition than the stated one.
    facts : mapping of str to str
        Numbers that the explanation quotes.
    needs : str
        What is lacking, where there is no value.
    """

    value: float | str | None
    by: Callable[..., Any] | None
    conventions: str = ""
    holds: bool | None = None
    contradicted: bool | None = None
    other: float | str | None = None
    facts: Mapping[str, str] = MappingProxyType({})
    needs: str = ""


def claim(
    p: float | None, direction: bool, by: Callable[..., Any], conventions: str, facts: Mapping[str, str] | None = None
) -> Found:
    """Hold a claim of significance against a P value and the direction of the effect."""
    holds = bool(p is not None and p < SIGNIFICANT and direction)
    return Found(p_statement(p), by, conventions, holds=holds, facts=facts or {})


def listed(labels: Iterable[Any]) -> str:
    """Name several in one text; none is said, since nothing could be taken for what was printed."""
    return ", ".join(map(str, labels)) or "none"


def of_patient(series: pd.Series[Any], patient: str) -> Any:
    """Return the value of one patient, or refuse what needs it."""
    if patient not in series.index or pd.isna(series[patient]):
        raise DataError([f"there is no such value of patient {patient!r}."])
    return series[patient]


@attrs.frozen(eq=False)
class Material:
    """A study, and what the analysis of it found; what takes long is computed once.

    Parameters
    ----------
    study : Study
        The study.
    """

    study: Study

    @cached_property
    def report(self) -> TrialReport:
        """What `trial_report` found."""
        return trial_report(self.study)

    @cached_property
    def _quantities(self) -> Mapping[str, Quantity]:
        return read_quantities(self.report)

    def quantity(self, name: str) -> Quantity:
        """Return a quantity of the report that has a value, or refuse what needs it."""
        found = self._quantities.get(name)
        if found is None or found.value is None:
            raise DataError([f"the report has no value of {name!r}."])
        return found

    @cached_property
    def efficacy(self) -> Study:
        """The efficacy set."""
        return self.study.efficacy_set

    @cached_property
    def _diagnoses(self) -> Mapping[str, Study]:
        return self.efficacy.split("diagnosis")

    def patients(self, group: str) -> Study:
        """Return all treated patients, the efficacy set, or the patients of it with one diagnosis."""
        if group == "treated":
            return self.study
        if group == "efficacy":
            return self.efficacy
        if group not in self._diagnoses:
            raise DataError([f"no patient of the efficacy set is {group}."])
        return self._diagnoses[group]

    @cached_property
    def _people(self) -> pd.DataFrame:
        return self.study.characteristics()

    def people(self, group: str = "treated") -> pd.DataFrame:
        """Return what is known of each patient."""
        return self._people.loc[self.patients(group).ids]

    def measure(self, code: str) -> MeasureResult:
        """Return what was found of one measure, or refuse what needs it."""
        found = [measure for measure in self.report.measures if measure.instrument.code == code]
        if not found:
            raise DataError([f"no patient has a value of {code!r}."])
        return found[0]

    def values(self, code: str, group: str = "efficacy") -> pd.DataFrame:
        """Return the values by week; one of an unscheduled week stands under the next scheduled one."""
        return self.measure(code).values.loc[self.patients(group).ids]

    def week(self, code: str, week: int, group: str = "efficacy") -> pd.Series[float]:
        """Return the values of one week, or refuse what needs them."""
        values = self.values(code, group)
        if week not in values or values[week].isna().all():
            raise DataError([f"no patient has a value of {code!r} in week {week}."])
        return values[week]

    def baseline(self, code: str) -> pd.Series[float]:
        """Return the baseline of the efficacy set."""
        return self.efficacy.baseline(code)

    def grades(self, code: str) -> pd.Series[Any]:
        """Return each patient's grade."""
        grades = self.measure(code).grades
        if grades is None:
            raise DataError([f"{code!r} was not graded."])
        return grades

    def comparison(self, code: str) -> ChangeComparison:
        """Return the change after the first infusion against the change before it."""
        found = self.measure(code).comparison
        if found is None:
            raise DataError([f"{code!r} was not compared before and after."])
        return found

    def log_ck(self, group: str = "efficacy") -> ChangeComparison:
        """Return the fall of ln CK after the first infusion against the one before it, of one diagnosis where asked for."""
        if group != "efficacy":
            return compare_log_changes(*(self.week(CK.code, week, group) for week in (BEFORE, START, AFTER)))
        if self.report.log_ck is None:
            self.week(CK.code, BEFORE)
            raise DataError(["ln CK was not compared before and after."])
        return self.report.log_ck.comparison

    def episodes(self) -> pd.DataFrame:
        """Return when CK of each patient of the efficacy set normalized, by patient."""
        if self.report.duration is None:
            raise DataError([self.report.absent.get("duration", "no patient has a CK follow-up.")])
        return self.report.duration.episodes.set_index("patient")

    @cached_property
    def readings(self) -> tuple[Reading, Reading, Reading]:
        """Table 4, read in three ways."""
        return readings(self.study)

    @cached_property
    def final_weeks(self) -> pd.Series[float]:
        """The week of each patient's last values."""
        return self.study.final_weeks(MMT18)

    @cached_property
    def adverse_events(self) -> pd.DataFrame:
        """The adverse events as recorded."""
        return adverse_events(self.study)
