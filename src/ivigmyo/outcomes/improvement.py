"""A study's Total Improvement Score and definition of improvement, from the core set measures it holds."""

from __future__ import annotations

from typing import Any, Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.core_set import (
    ENZYMES,
    EXTRAMUSCULAR,
    HAQ,
    MMT8,
    MMT8_ONE_SIDE,
    MMT_ALL_GROUPS,
    PATIENT_GLOBAL,
    PHYSICIAN_GLOBAL,
    STAND_INS,
    CategoryResponse,
    definition_of_improvement,
    follow_enzyme,
    most_abnormal_enzyme,
    response_by_category,
    scores_over_time,
    total_improvement_score,
)
from ivigmyo.display import Shown
from ivigmyo.errors import DataError, Problem, spell
from ivigmyo.instruments import Instrument
from ivigmyo.study import Study

__all__ = ["MUSCLE_TESTS", "SCALES", "ImprovementResult", "scores_by_visit", "study_improvement"]

MUSCLE_TESTS = (MMT_ALL_GROUPS, MMT8, MMT8_ONE_SIDE)
"""The muscle tests of the core set, that with the most muscle groups first."""

SCALES = {
    "physician_global": PHYSICIAN_GLOBAL,
    "patient_global": PATIENT_GLOBAL,
    "haq": HAQ,
    "extramuscular": EXTRAMUSCULAR,
}


@attrs.frozen(eq=False, repr=False)
class ImprovementResult(Shown):
    """Today's criteria, applied to a study.

    Parameters
    ----------
    scores : pandas.DataFrame
        `core_set.total_improvement_score`, one row a patient.
    definition : pandas.DataFrame or None
        `core_set.definition_of_improvement`, one row a patient; None where other measures stand in for three of the six.
    response : CategoryResponse
        The patients with at least minimal, moderate and major improvement.
    enzymes : pandas.DataFrame or None
        `core_set.most_abnormal_enzyme`: which enzyme was followed, with its limit and range.
    muscle_test : Instrument
        The muscle test that was used, which gives the maximum.
    """

    scores: pd.DataFrame
    definition: pd.DataFrame | None
    response: CategoryResponse
    enzymes: pd.DataFrame | None
    muscle_test: Instrument

    def to_frame(self) -> pd.DataFrame:
        """Return the share of patients with at least each category of improvement."""
        return self.response.to_frame()


def study_improvement(study: Study, missing: Literal["excluded", "non-response"] = "excluded") -> ImprovementResult:
    """Score a study by the criteria of 2016 and by the definition of 2004.

    Parameters
    ----------
    study : Study
        A study that holds the core set measures; its protocol says by which population's thresholds.
    missing : {"excluded", "non-response"}, default "excluded"
        How patients without a score count in the response.

    Returns
    -------
    ImprovementResult
        The scores from baseline to the final value.

    Raises
    ------
    DataError
        If a core set measure was not measured in any patient, or an enzyme has no upper limit of normal; it names them.

    Notes
    -----
    In children (the protocol's population), CMAS may stand in for the muscle test, a score ``CHQPHS`` for the enzyme and DAS
    for extramuscular activity, where these themselves were not measured. Scales are in cm. Of several muscle tests the one
    with the most muscle groups is used; the 18-muscle test of Saito et al. is none of the core set's. The enzyme is chosen
    at baseline and then followed; its limit is that of the baseline value.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> study_improvement(saito2008.load_study())
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: not measured.
    """
    measured = _find_measures(study)
    chosen = measured.choose_enzyme(study)
    frames = [measured.values(study, chosen, final) for final in (False, True)]
    enzyme_range = None if chosen is None else chosen["range"]
    options: dict[str, Any] = {"mmt_maximum": measured.mmt_maximum, "enzyme_range": enzyme_range}
    scores = total_improvement_score(*frames, population=study.protocol.population, stand_ins=measured.stand_ins, **options)
    return ImprovementResult(
        scores=scores,
        definition=None if measured.stand_ins else definition_of_improvement(*frames, mmt_maximum=measured.mmt_maximum or 0),
        response=response_by_category(scores, missing=missing),
        enzymes=chosen,
        muscle_test=measured.muscle_test,
    )


def scores_by_visit(study: Study) -> pd.DataFrame:
    """Score every scheduled visit of a study after baseline by the ACR/EULAR 2016 criteria.

    Parameters
    ----------
    study : Study
        A study that holds the core set measures.

    Returns
    -------
    pandas.DataFrame
        One row a patient and scheduled week after 0 in which any of the measures was taken, in order: ``patient, week,
        score, category, missing`` as of `ivigmyo.core_set.scores_over_time`. Baseline is that of every other analysis; the
        enzyme that is the most times its limit there is followed at every visit; a measure that is missing gives no score.

    Raises
    ------
    DataError
        If a core set measure was not measured in any patient, or an enzyme has no upper limit of normal; it names them.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> scores_by_visit(saito2008.load_study())
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: not measured.
    """
    measured = _find_measures(study)
    chosen = measured.choose_enzyme(study)
    baseline = measured.values(study, chosen, final=False)
    codes = measured.codes | ({} if chosen is None else {code: code for code in measured.enzymes})
    weekly = {name: _planned_values(study, code) for name, code in codes.items()}
    weeks = sorted({week for values in weekly.values() for week in values})
    parts = []
    for week in weeks:
        columns = {name: values.get(week, np.nan) for name, values in weekly.items()}
        parts.append(pd.DataFrame(columns, index=study.ids).assign(week=week))
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in ("patient", "week", "score", "category", "missing")})
    visits = pd.concat(parts).rename_axis("patient")
    visits = visits[visits[list(codes)].notna().any(axis=1)]
    if chosen is not None:
        visits["enzyme"] = follow_enzyme(visits[list(measured.enzymes)], chosen["enzyme"].loc[visits.index])
    place = {patient: position for position, patient in enumerate(study.ids)}
    scored = scores_over_time(
        visits.drop(columns=list(measured.enzymes)).reset_index(),
        mmt_maximum=measured.mmt_maximum,
        baseline=baseline,
        enzyme_range=None if chosen is None else chosen["range"],
        population=study.protocol.population,
        stand_ins=measured.stand_ins,
    )
    order = scored.assign(place=scored["patient"].map(place)).sort_values(["place", "week"])
    return order.drop(columns="place").reset_index(drop=True)


def _planned_values(study: Study, code: str) -> dict[int, pd.Series[float]]:
    """Return the values of a measure in its scheduled weeks after 0."""
    values = study.values(code)
    return {week: values[week] for week in study.protocol.weeks_of(code) if week > 0 and week in values}


@attrs.frozen
class _Measures:
    """The measures of the core set that a study holds."""

    codes: dict[str, str]
    enzymes: tuple[str, ...]
    muscle_test: Instrument
    stand_ins: tuple[Instrument, ...]

    @property
    def mmt_maximum(self) -> float | None:
        """The highest score of the muscle test; None where another measure stands in for it."""
        return None if self.muscle_test in self.stand_ins else self.muscle_test.maximum

    def choose_enzyme(self, study: Study) -> pd.DataFrame | None:
        """Choose the enzyme followed in each patient; None where another measure stands in for it."""
        return _most_abnormal(study, list(self.enzymes)) if self.enzymes else None

    def values(self, study: Study, chosen: pd.DataFrame | None, final: bool) -> pd.DataFrame:
        """Take the values at baseline or at the end, one column a measure."""

        def take(code: str) -> pd.Series[float]:
            return study.final_values(code) if final else study.baseline(code)

        columns: dict[str, Any] = {name: take(code) for name, code in self.codes.items()}
        if chosen is not None:
            columns["enzyme"] = follow_enzyme(pd.DataFrame({code: take(code) for code in self.enzymes}), chosen["enzyme"])
        return pd.DataFrame(columns)


def _find_measures(study: Study) -> _Measures:
    """Find which measures stand for the six; a DataError names those that were not measured."""
    codes = {name: each.code for name, each in SCALES.items()}
    tests = [test for test in MUSCLE_TESTS if _measured(study, test.code)]
    enzymes = tuple(enzyme.code for enzyme in ENZYMES if _measured(study, enzyme.code))
    absent = {name: code for name, code in codes.items() if not _measured(study, code)}
    if len(absent) == len(SCALES) and not tests:
        raise DataError(["not measured."])
    absent |= {} if tests else {"mmt": "a muscle test of the core set"}
    absent |= {} if enzymes else {"enzyme": "a muscle enzyme"}
    others = STAND_INS if study.protocol.population == "juvenile" else {}
    stand_ins = {name: others[name] for name in absent if name in others and _measured(study, others[name])}
    lacking = [code for name, code in absent.items() if name not in stand_ins]
    if lacking:
        raise DataError([f"not measured: {', '.join(lacking)}."])
    muscle_test = tests[0] if tests else study.instrument(stand_ins["mmt"])
    codes = {**codes, "mmt": muscle_test.code, **stand_ins}
    return _Measures(codes, enzymes, muscle_test, tuple(study.instrument(code) for code in stand_ins.values()))


def _measured(study: Study, code: str) -> bool:
    return len(study.baseline_rows(code)) > 0


def _most_abnormal(study: Study, codes: list[str]) -> pd.DataFrame:
    values = pd.DataFrame({code: study.baseline(code) for code in codes})
    limits = pd.DataFrame({code: study.baseline_uln(code) for code in codes})
    unlimited = values.notna() & limits.isna()
    for code in codes:
        without = list(values.index[unlimited[code]])
        if without:
            others = f", and {len(without) - 1} more" if len(without) > 1 else ""
            record = f"for patient {spell(without[0])}, baseline{others}"
            raise DataError([Problem(f"{code!r} needs its upper limit of normal", record=record)])
    return most_abnormal_enzyme(values, limits)
