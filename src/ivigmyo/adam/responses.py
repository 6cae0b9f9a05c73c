"""Grades of response -> a data set of the basic data structure."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from ivigmyo.errors import Problem, refuse
from ivigmyo.instruments import CK
from ivigmyo.response import GRADERS, Grade
from ivigmyo.study import Study

__all__ = ["to_adrs"]

_GRADES = {grade.label: grade for grade in Grade}
_LONGEST_CODE = 4


def to_adrs(source: Study | pd.DataFrame, carry: Literal["stopped", "all"] = "stopped") -> pd.DataFrame:
    """Write the grades of response as a data set.

    Parameters
    ----------
    source : Study or pandas.DataFrame
        A study, whose patients are graded here in every measure that has a rule; or grades: one row a patient (index: the
        patients), one column a measure, named by its code, as `grade_patients` returns them.
    carry : {"stopped", "all"}, default "stopped"
        Whose last value is carried forward, as in `Study.final_values`.

    Returns
    -------
    pandas.DataFrame
        One row a graded patient and measure: USUBJID, PARAMCD (``MMTRESP``, ``ADLRESP``, ``CKRESP``), PARAM, AVISIT,
        AVISITN, AVAL (-1 worsened, 0 unchanged, 1 improved, 2 markedly improved), AVALC and DTYPE, ``LOCF`` where the final
        value was carried forward. Of grades alone the visit is not known: AVISIT is ``""`` then. A patient without a grade
        has no row.

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
    return _data_set(source, {str(code): str(code) for code in source.columns}, {}, None)


def _from_study(study: Study, carry: Literal["stopped", "all"]) -> pd.DataFrame:
    grades: dict[str, Any] = {}
    for instrument in study.instruments:
        if instrument.code in GRADERS and not study.values(instrument).empty:
            limits = {"uln": study.final_uln(CK, carry), "baseline_uln": study.baseline_uln(CK)} if instrument == CK else {}
            values = study.baseline(instrument), study.final_values(instrument, carry)
            grades[instrument.code] = GRADERS[instrument.code](*values, **limits)
    names = {code: study.instrument(code).name for code in grades}
    weeks = {code: study.final_weeks(code, carry) for code in grades}
    return _data_set(pd.DataFrame(grades, index=study.ids), names, weeks, study.scheduled_weeks[-1])


def _data_set(
    grades: pd.DataFrame, names: dict[str, str], weeks: dict[str, pd.Series[float]], last: int | None
) -> pd.DataFrame:
    rows = []
    for patient, labels in zip(grades.index, grades.astype(object).to_numpy().tolist(), strict=True):
        for (code, name), label in zip(names.items(), labels, strict=True):
            if pd.isna(label):
                continue
            refuse([None if label in _GRADES else Problem(f"a grade must be one of {', '.join(_GRADES)}", label)])
            carried = code in weeks and last is not None and weeks[code][patient] < last
            visit = ("", float("nan")) if last is None else (f"Week {last}", float(last))
            grade = (float(_GRADES[label]), label, "LOCF" if carried else "")
            rows.append((str(patient), f"{code}RESP", f"Response: {name}", *visit, *grade))
    columns = ["USUBJID", "PARAMCD", "PARAM", "AVISIT", "AVISITN", "AVAL", "AVALC", "DTYPE"]
    return pd.DataFrame(rows, columns=columns).astype({"AVISITN": float, "AVAL": float})
