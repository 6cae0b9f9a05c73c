"""Grades of response -> a data set of the basic data structure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Literal

import attrs
import pandas as pd

from ivigmyo.errors import DataError, Problem, refuse
from ivigmyo.outcomes import Endpoint, SustainedResponse, planned_outcomes, scores_by_visit
from ivigmyo.response import Grade
from ivigmyo.study import Outcome, Study

__all__ = ["to_adrs"]

_GRADES = {grade.label: grade for grade in Grade}
_LONGEST_CODE = 4


def to_adrs(source: Study | pd.DataFrame, carry: Literal["stopped", "all"] = "stopped") -> pd.DataFrame:
    """Write the grades of response as a data set.

    Parameters
    ----------
    source : Study or pandas.DataFrame
        A study: each response among the outcomes of its protocol, or where it names none that of every measure with a rule;
        or grades: one row a patient (index: the patients), one column a measure, named by its code, as `grade_patients`
        returns them.
    carry : {"stopped", "all"}, default "stopped"
        Whose last value is carried forward, as in `Study.final_values`.

    Returns
    -------
    pandas.DataFrame
        One row a graded patient and measure: USUBJID, PARAMCD (``MMTRESP``, ``ADLRESP``, ``CKRESP``), PARAM, AVISIT,
        AVISITN, AVAL (-1 worsened, 0 unchanged, 1 improved, 2 markedly improved), AVALC and DTYPE, ``LOCF`` where the final
        value was carried forward. ``TIS``: the Total Improvement Score of every visit where the core set was measured, with
        its category as AVALC. Of other outcomes that the protocol names, AVAL is 1 for a response and 0 for
        none. Of grades alone the visit is not known:
        AVISIT is ``""`` then. A patient without a grade has no row.

    Raises
    ------
    ValueError
        If a code has more than four characters, or a grade is none of the four.

    References
    ----------
    Saito et al. 2008, 'Efficacy assessment'.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> adrs = to_adrs(saito2008.load_study().efficacy_set)
    >>> adrs[["USUBJID", "PARAMCD", "AVISIT", "DTYPE", "AVAL", "AVALC"]].tail(3)
       USUBJID  PARAMCD   AVISIT DTYPE  AVAL              AVALC
    42      15  MMTRESP  Week 12  LOCF  -1.0           worsened
    43      15  ADLRESP  Week 12  LOCF  -1.0           worsened
    44      15   CKRESP  Week 12  LOCF   2.0  markedly improved
    """
    if isinstance(source, Study):
        return _from_study(source, carry)
    refuse(
        Problem(f"a measure's code must have at most {_LONGEST_CODE} characters", str(code))
        for code in source.columns
        if len(str(code)) > _LONGEST_CODE
    )
    return _data_set(source)


def _from_study(study: Study, carry: Literal["stopped", "all"]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    outcomes = planned_outcomes(study)
    if any(outcome.name.startswith("TIS.") for outcome in outcomes):
        rows += _scores(study)
    for outcome in outcomes:
        if isinstance(outcome, Endpoint):
            if (study.rows(outcome.code)["day"] > 0).any():
                rows += _graded(study, outcome if carry == "stopped" else attrs.evolve(outcome, missing="locf"))
        elif study.protocol.outcomes is not None:
            rows += _observed(study, outcome, _own(_paramcd(outcome), {row[1] for row in rows}))
    order = {patient: position for position, patient in enumerate(study.ids)}
    return _frame(sorted(rows, key=lambda row: order[row[0]]))


def _graded(study: Study, outcome: Endpoint) -> Iterator[tuple[Any, ...]]:
    found, week = outcome.observe(study), outcome.week or study.endpoint_of(outcome.code)
    grades = pd.Series(found.grades, dtype=object)
    name = f"Response: {study.instrument(outcome.code).name}"
    for patient, grade, why in zip(study.ids, grades, found.why, strict=True):
        if not pd.isna(grade):
            refuse([_grade_problem(grade)])
            visit = f"Week {week}", float(week)
            carried = "LOCF" if why == "carried forward" else ""
            yield patient, _paramcd(outcome), name, *visit, float(_GRADES[grade]), grade, carried


def _scores(study: Study) -> Iterator[tuple[Any, ...]]:
    """Yield the Total Improvement Score of every visit; none where the measures do not allow it."""
    try:
        scores = scores_by_visit(study)
    except DataError:
        return
    for row in scores.dropna(subset="score").itertuples(index=False):
        week, score = (float(str(cell)) for cell in (row.week, row.score))
        yield row.patient, "TIS", "Total Improvement Score", f"Week {week:g}", week, score, row.category, ""


def _own(code: str, taken: Collection[str]) -> str:
    """Make a code an outcome's own by a digit at its end, where another has it already."""
    return next(each for each in (code, *(f"{code[:7]}{digit}" for digit in range(2, 10))) if each not in taken)


def _observed(study: Study, outcome: Outcome, code: str) -> Iterator[tuple[Any, ...]]:
    """Yield who responded by an outcome that is no graded measure: AVAL 1 and 0."""
    found = outcome.observe(study)
    visit = (f"Week {outcome.week}", float(outcome.week)) if isinstance(outcome, SustainedResponse) else ("", float("nan"))
    responded = getattr(found, "responded", None)
    for patient, each in responded.items() if responded is not None else ():
        if not pd.isna(each):
            value = (1.0, "Y") if each else (0.0, "N")
            yield patient, code, outcome.name, *visit, *value, ""


def _paramcd(outcome: Outcome) -> str:
    if isinstance(outcome, Endpoint):
        return f"{outcome.code}RESP" if outcome.week is None else f"{outcome.code}R{outcome.week}"[:8]
    return getattr(outcome, "paramcd", re.sub(r"[^A-Z0-9]", "", outcome.name.upper()))[:8]


def _grade_problem(label: object) -> Problem | None:
    return None if label in _GRADES else Problem(f"a grade must be one of {', '.join(_GRADES)}", label)


def _data_set(grades: pd.DataFrame) -> pd.DataFrame:
    """Make a data set of grades alone, of which the visit is not known."""
    rows = []
    for patient, labels in zip(grades.index, grades.astype(object).to_numpy().tolist(), strict=True):
        for code, label in zip(grades.columns, labels, strict=True):
            if not pd.isna(label):
                refuse([_grade_problem(label)])
                rows.append(
                    (str(patient), f"{code}RESP", f"Response: {code}", "", float("nan"), float(_GRADES[label]), label, "")
                )
    return _frame(rows)


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = ["USUBJID", "PARAMCD", "PARAM", "AVISIT", "AVISITN", "AVAL", "AVALC", "DTYPE"]
    return pd.DataFrame(rows, columns=columns).astype({"AVISITN": float, "AVAL": float})
