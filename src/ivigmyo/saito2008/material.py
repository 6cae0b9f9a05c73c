"""What several rows of the ledger rest on, computed once for a study; and what is found for one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import attrs
import pandas as pd

from ivigmyo.change import ChangeComparison, changes_by_visit, compare_changes, compare_log_changes, describe_by_visit
from ivigmyo.conduct import check_eligibility
from ivigmyo.display import p_statement
from ivigmyo.errors import DataError
from ivigmyo.instruments import CK, MMT18
from ivigmyo.outcomes import adverse_events, incidence
from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.response import GRADERS
from ivigmyo.safety import Incidence
from ivigmyo.saito2008.readings import Reading, readings
from ivigmyo.study import Study

__all__ = ["AFTER", "BEFORE", "LAST", "START", "Found", "Material", "claim", "listed", "of_patient"]

BEFORE, START, AFTER = -4, 0, 4
"""The weeks whose changes Table 3 compares."""

LAST = 12
"""The last scheduled week."""

SIGNIFICANT = 0.05
"""The two-sided level of the paper."""

_T = TypeVar("_T")


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
    holds = p is not None and p < SIGNIFICANT and direction
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
    """A study, and the results that several rows share.

    Parameters
    ----------
    study : Study
        The study.
    """

    study: Study
    _kept: dict[Any, Any] = attrs.field(factory=dict, init=False, repr=False)

    def _once(self, key: Any, compute: Callable[[], _T]) -> _T:
        if key not in self._kept:
            self._kept[key] = compute()
        result: _T = self._kept[key]
        return result

    def patients(self, group: str) -> Study:
        """Return all treated patients, the efficacy set, the safety set, or the patients of it with one diagnosis or sex."""
        if group == "treated":
            return self.study
        parts = {"efficacy": lambda: self.study.efficacy_set, "safety": lambda: self.study.safety_set}
        return self._once(("patients", group), parts.get(group, lambda: self._part(group)))

    def _part(self, label: str) -> Study:
        """Return the part of the efficacy set with a diagnosis or a sex."""
        efficacy = self.patients("efficacy")
        parts = efficacy.split("diagnosis") | efficacy.split("sex")
        if label not in parts:
            raise DataError([f"no patient of the efficacy set is {label}."])
        return parts[label]

    @property
    def efficacy(self) -> Study:
        """The efficacy set."""
        return self.patients("efficacy")

    def people(self, group: str = "treated") -> pd.DataFrame:
        """Return what is known of each patient."""
        if group == "treated":
            return self._once(("people", group), self.study.characteristics)
        return self._once(("people", group), lambda: self.people().loc[self.patients(group).ids])

    def values(self, code: str, group: str = "efficacy") -> pd.DataFrame:
        """Return the values by week; one of an unscheduled week stands under the next scheduled one."""
        if group == "treated":
            return self._once(("values", code, group), lambda: self.study.values(code, off_schedule="next"))
        everyone = self.values(code, "treated")
        return self._once(("values", code, group), lambda: everyone.loc[self.patients(group).ids])

    def week(self, code: str, week: int, group: str = "efficacy") -> pd.Series[float]:
        """Return the values of one week, or refuse what needs them."""
        values = self.values(code, group)
        if week not in values or values[week].isna().all():
            raise DataError([f"no patient has a value of {code!r} in week {week}."])
        return values[week]

    def visits(self, code: str, group: str) -> pd.DataFrame:
        """Return the footers of Table 2."""
        return self._once(("visits", code, group), lambda: describe_by_visit(self.values(code, group)))

    def baseline(self, code: str) -> pd.Series[float]:
        """Return the baseline of the efficacy set."""
        return self._once(("baseline", code), lambda: self.efficacy.baseline(code))

    def final(self, code: str) -> pd.Series[float]:
        """Return the final values of the efficacy set."""
        return self._once(("final", code), lambda: self.efficacy.final_values(code))

    def changes(self, code: str) -> pd.DataFrame:
        """Return the changes from baseline by week."""
        values = self.values(code)
        weeks = [week for week in values if week != START]
        return self._once(("changes", code), lambda: changes_by_visit(self.baseline(code), values[weeks]))

    def grades(self, code: str) -> pd.Series[Any]:
        """Return each patient's grade."""
        return self._once(("grades", code), lambda: GRADERS[code](self.baseline(code), self.final(code)))

    def comparison(self, scale: str, code: str = CK.code, group: str = "efficacy") -> ChangeComparison:
        """Compare the change after the first infusion with the change before it."""
        compare = compare_log_changes if scale == "ln" else compare_changes
        weeks = (BEFORE, START, AFTER)
        return self._once(
            ("comparison", scale, code, group), lambda: compare(*(self.week(code, week, group) for week in weeks))
        )

    def episodes(self) -> pd.DataFrame:
        """Return when CK of each patient of the efficacy set normalized, by patient."""
        return self._once("episodes", lambda: study_episodes(self.efficacy).set_index("patient"))

    def readings(self) -> tuple[Reading, Reading, Reading]:
        """Read Table 4 in three ways."""
        return self._once("readings", lambda: readings(self.study))

    def eligibility(self) -> pd.DataFrame:
        """Hold all treated patients against every criterion."""
        return self._once("eligibility", lambda: check_eligibility(self.study))

    def final_weeks(self) -> pd.Series[float]:
        """Return the week of each patient's last values."""
        return self._once("final weeks", lambda: self.study.final_weeks(MMT18))

    def adverse_events(self) -> pd.DataFrame:
        """Return the adverse events as recorded."""
        return self._once("adverse events", lambda: adverse_events(self.study))

    def reactions(self) -> Incidence:
        """Return the adverse reactions."""
        return self._once("reactions", lambda: incidence(self.study))
