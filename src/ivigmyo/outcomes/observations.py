"""What is observed of an outcome, a row a patient: who responded, how a value changed, how long or how much there was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
import pandas as pd

from ivigmyo.change import Description, MeanChange, change_from_baseline, describe
from ivigmyo.contrasts import (
    DurationComparison,
    Interaction,
    MeanComparison,
    ProportionComparison,
    compare_durations,
    compare_means,
    compare_response,
    interaction_of_durations,
    interaction_of_means,
    interaction_of_responses,
)
from ivigmyo.display import Shown, Table
from ivigmyo.errors import DataError
from ivigmyo.estimates import Proportion
from ivigmyo.study.plan import Missing
from ivigmyo.survival import SurvivalCurve, kaplan_meier

__all__ = ["Amounts", "Changes", "Comparison", "Durations", "Observation", "Responses", "Strata"]

Strata: TypeAlias = "pd.DataFrame | None"
"""One column a stratification factor, one row a patient."""


_RULES = {
    "carried forward": "carried forward",
    "discontinuation on": "left: no response",
    "rescue on": "rescued: no response",
    "deterioration confirmed": "deteriorated: no response",
    "": "missing",
}
"""How the reason given of a patient begins, and the rule that it tells of."""


def _rule(why: str) -> str:
    return next((rule for begin, rule in _RULES.items() if begin and why.startswith(begin)), "")


@attrs.frozen(eq=False, repr=False)
class Responses(Shown):
    """Who responded.

    Parameters
    ----------
    responded : pandas.Series of bool
        Index ``patient``; of the nullable type ``boolean``, missing where it is not known.
    grades : pandas.Series or None
        The grades it follows from, where there are such.
    why : pandas.Series of str
        What is missing or was carried of each patient; empty where nothing is to be said.
    missing : {"excluded", "non-response", "locf"}
        How patients of whom it is not known count.
    """

    responded: pd.Series[Any]
    grades: pd.Series[Any] | None
    why: pd.Series[Any]
    missing: Missing

    def of(self, ids: Iterable[Any]) -> Responses:
        """Keep some of the patients."""
        index = self.responded.index.intersection(pd.Index(list(ids)))
        grades = None if self.grades is None else self.grades.loc[index]
        return attrs.evolve(self, responded=self.responded.loc[index], grades=grades, why=self.why.loc[index])

    def complete_cases(self) -> Responses:
        """Leave out the patients of whom it is not known."""
        return attrs.evolve(self, missing="excluded")

    def concerned(self) -> dict[str, int]:
        """Count the patients whom each rule concerned: carried forward, no response for what happened, not known."""
        counts = Counter(
            "missing" if pd.isna(answer) else _rule(why) for answer, why in zip(self.responded, self.why, strict=True)
        )
        return {rule: counts[rule] for rule in _RULES.values() if counts[rule]}

    def _shown(self) -> Table:
        return self.summary()._shown()

    def summary(self) -> Proportion:
        """Count the responders."""
        n_missing = int(self.responded.isna().sum())
        against = self.missing == "non-response"
        n = len(self.responded) - (0 if against else n_missing)
        return Proportion(int(self.responded.sum()), n, n_missing, "non-response" if against else "excluded")

    def contrast(self, arm: pd.Series[Any], control: str, strata: Strata = None) -> ProportionComparison:
        """Compare the share of responders of one arm with that of the control."""
        counted = self._counted()
        _need_both(arm.loc[counted.index], control)
        own = None if strata is None else strata.loc[counted.index]
        compared = compare_response(counted, arm.loc[counted.index], control, own)
        rule = "non-response" if self.missing == "non-response" else "excluded"
        unknown = arm.loc[self.responded.index[self.responded.isna()]] == control
        treated = attrs.evolve(compared.treated, n_missing=int((~unknown).sum()), missing=rule)
        its = attrs.evolve(compared.control, n_missing=int(unknown.sum()), missing=rule)
        return attrs.evolve(compared, treated=treated, control=its)

    def interaction(
        self,
        arm: pd.Series[Any],
        control: str,
        factor: pd.Series[Any],
        strata: Strata = None,  # noqa: ARG002 - a logistic model of few patients has no room for them
    ) -> Interaction:
        """Test whether the odds ratio is the same at every level of a factor."""
        counted = self._counted()
        _need_both(arm.loc[counted.index], control)
        return interaction_of_responses(counted, arm.loc[counted.index], control, factor.loc[counted.index])

    def _counted(self) -> pd.Series[Any]:
        """Give the patients who count, the missing as they are to count."""
        known = self.responded.fillna(False) if self.missing == "non-response" else self.responded.dropna()
        return known.astype(bool)


@attrs.frozen(eq=False, repr=False)
class Changes(Shown):
    """How a value changed.

    Parameters
    ----------
    baseline, final : pandas.Series of float
        Index ``patient``; NaN where a value is missing.
    why : pandas.Series of str
        What is missing or was carried of each patient; empty where nothing is to be said.
    scale : {"raw", "ln"}
        On which scale changes are taken between arms.
    """

    baseline: pd.Series[float]
    final: pd.Series[float]
    why: pd.Series[Any]
    scale: Literal["raw", "ln"] = "raw"

    def of(self, ids: Iterable[Any]) -> Changes:
        """Keep some of the patients."""
        index = self.baseline.index.intersection(pd.Index(list(ids)))
        return attrs.evolve(self, baseline=self.baseline.loc[index], final=self.final.loc[index], why=self.why.loc[index])

    def _shown(self) -> Table:
        return self.summary()._shown()

    def summary(self) -> MeanChange:
        """Return the mean change, on the scale of the outcome."""
        if self.scale == "ln":
            return change_from_baseline(np.log(self.baseline), np.log(self.final))
        return change_from_baseline(self.baseline, self.final)

    def contrast(self, arm: pd.Series[Any], control: str, strata: Strata = None) -> MeanComparison:
        """Compare the changes of one arm with those of the control, adjusted for baseline and strata."""
        complete = self.baseline.notna() & self.final.notna()
        _need_both(arm[complete], control)
        return compare_means(self.baseline, self.final, arm, control, strata, self.scale)

    def interaction(self, arm: pd.Series[Any], control: str, factor: pd.Series[Any], strata: Strata = None) -> Interaction:
        """Test whether the adjusted difference is the same at every level of a factor."""
        _need_both(arm[self.baseline.notna() & self.final.notna()], control)
        return interaction_of_means(self.baseline, self.final, arm, control, factor, strata, self.scale)


@attrs.frozen(eq=False, repr=False)
class Amounts(Shown):
    """How much of something each patient had, with nothing to set it against at baseline.

    Parameters
    ----------
    amount : pandas.Series of float
        Index ``patient``; NaN where it is not known.
    why : pandas.Series of str
        Why it is not known; empty where it is.
    unit : str
        The unit.
    """

    amount: pd.Series[float]
    why: pd.Series[Any]
    unit: str

    def of(self, ids: Iterable[Any]) -> Amounts:
        """Keep some of the patients."""
        index = self.amount.index.intersection(pd.Index(list(ids)))
        return attrs.evolve(self, amount=self.amount.loc[index], why=self.why.loc[index])

    def _shown(self) -> Table:
        return self.summary()._shown()

    def summary(self) -> Description:
        """Describe the amounts."""
        return describe(self.amount)

    def contrast(self, arm: pd.Series[Any], control: str, strata: Strata = None) -> MeanComparison:
        """Compare the mean amounts of two arms, adjusted for the strata: Student's t-test, where there are none."""
        _need_both(arm[self.amount.notna()], control)
        # a change from 0, the same for all, is the amount itself
        compared = compare_means(self.amount * 0, self.amount, arm, control, strata)
        method = "two-sample t-test" if strata is None else "analysis of variance with the strata"
        return attrs.evolve(compared, method=method)

    def interaction(self, arm: pd.Series[Any], control: str, factor: pd.Series[Any], strata: Strata = None) -> Interaction:
        """Test whether the difference is the same at every level of a factor."""
        _need_both(arm[self.amount.notna()], control)
        return interaction_of_means(self.amount * 0, self.amount, arm, control, factor, strata)


@attrs.frozen(eq=False, repr=False)
class Durations(Shown):
    """How long something lasted, or took to happen.

    Parameters
    ----------
    duration : pandas.Series of float
        Index ``patient``, in days; NaN where a patient has none.
    event : pandas.Series of float
        1 where it ended or happened, 0 where it was censored; NaN where there is no duration.
    status : pandas.Series of str
        How each patient's observation ended.
    compared : bool, default True
        Whether arms may be compared in it: not where it is known only of patients selected by their outcome.
    """

    duration: pd.Series[float]
    event: pd.Series[float]
    status: pd.Series[Any]
    compared: bool = True

    def of(self, ids: Iterable[Any]) -> Durations:
        """Keep some of the patients."""
        index = self.duration.index.intersection(pd.Index(list(ids)))
        return attrs.evolve(
            self, duration=self.duration.loc[index], event=self.event.loc[index], status=self.status.loc[index]
        )

    def _shown(self) -> Table:
        counts = self.status.value_counts()
        return Table("Durations", ["status", "patients"], [[str(status), str(n)] for status, n in counts.items()])

    def summary(self) -> SurvivalCurve:
        """Return the Kaplan-Meier curve of the patients who have a duration; a DataError where none has."""
        known = self.duration.dropna()
        if known.empty:
            raise DataError(["no patient has a duration."])
        return kaplan_meier(known, self.event.loc[known.index])

    def contrast(self, arm: pd.Series[Any], control: str, strata: Strata = None) -> DurationComparison:
        """Compare the durations of one arm with those of the control; a DataError where they may not be compared."""
        known = self._known(arm, control)
        own = None if strata is None else strata.loc[known.index]
        labels = arm.loc[known.index]
        until = min(float(part.max()) for _, part in known.groupby(labels))
        event = self.event.loc[known.index]
        return compare_durations(known, event, labels, control, until if until > 0 else None, own)

    def interaction(
        self,
        arm: pd.Series[Any],
        control: str,
        factor: pd.Series[Any],
        strata: Strata = None,  # noqa: ARG002 - each level has a hazard of its own
    ) -> Interaction:
        """Test whether the hazard ratio is the same at every level of a factor."""
        known = self._known(arm, control)
        labels, levels = arm.loc[known.index], factor.loc[known.index]
        return interaction_of_durations(known, self.event.loc[known.index], labels, control, levels)

    def _known(self, arm: pd.Series[Any], control: str) -> pd.Series[float]:
        """Give the durations that arms may be compared in."""
        if not self.compared:
            raise DataError(["described only: it is known of patients who were selected by their outcome."])
        known = self.duration.dropna()
        _need_both(arm.loc[known.index], control)
        return known


def _need_both(arm: pd.Series[Any], control: str) -> None:
    """Refuse a contrast in which an arm has no patient."""
    labels = set(arm)
    if control not in labels or len(labels) < 2:
        lacking = "the control arm" if control not in labels else "the arm compared with the control"
        raise DataError([f"no patient of {lacking} has a value."])


Observation: TypeAlias = Responses | Changes | Durations | Amounts
Comparison: TypeAlias = ProportionComparison | MeanComparison | DurationComparison
