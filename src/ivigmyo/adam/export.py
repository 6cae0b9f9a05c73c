"""A study -> ADSL, BDS and event data sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.adam.datasets import to_ady
from ivigmyo.adam.labels import NUMERIC
from ivigmyo.adam.subjects import CHARACTERISTICS, FOLLOW_UP, stratum_variable
from ivigmyo.errors import DataError, Problem, refuse
from ivigmyo.files.cells import cell_text
from ivigmyo.files.frames import lay_out_tables
from ivigmyo.instruments import Instrument
from ivigmyo.study import Study

__all__ = ["to_adae", "to_adex", "to_adsl", "to_bds"]

_LONGEST_CODE = 8


def to_adsl(study: Study) -> pd.DataFrame:
    """Write the patients of a study as a subject-level data set.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    pandas.DataFrame
        ADSL: one row a patient. Text is ``""`` and a number NaN where it is missing. Beside the variables of CDISC there
        are some of this study's own, such as DIAG, DISDUR and CKNRMDY: see `ivigmyo.adam.LABELS`.

    Notes
    -----
    Relative days (names ending in DY) have no day 0: the day of the first infusion is 1, the day before is -1.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> adsl = to_adsl(saito2008.load_study()).set_index("USUBJID")
    >>> adsl.loc[["14", "15"], ["AGE", "SEX", "DIAG", "EFFFL", "EOSSTT", "EOSDY"]]
              AGE SEX DIAG EFFFL        EOSSTT  EOSDY
    USUBJID
    14       55.0   M   DM     Y     COMPLETED    NaN
    15       64.0   F   DM     Y  DISCONTINUED   36.0
    """
    cells = lay_out_tables(study)["patients"]
    kept = {variable: cells[column] for variable, column in CHARACTERISTICS.items() if column != "discontinuation_reason"}
    stopped = cells["discontinued_on"].notna()
    follow_ups = [patient.follow_up for patient in study.patients]
    return _data_set(
        {
            "STUDYID": [study.title] * len(cells),
            **kept,
            "AGEU": ["YEARS"] * len(cells),
            "DIAG": cells["diagnosis"],
            **({"TRT01P": cells["arm"], "TRT01A": [each.arm_treated for each in study.patients]} if study.arms else {}),
            **{stratum_variable(each): cells[each] for each in study.protocol.strata if each not in ("diagnosis", "sex")},
            "EFFFL": cells["efficacy_set"].map({True: "Y", False: "N"}),
            "SAFFL": cells["safety_set"].map({True: "Y", False: "N"}),
            "CONSDY": cells["consented_on"].map(to_ady),
            "EOSSTT": stopped.map({True: "DISCONTINUED", False: "COMPLETED"}),
            "EOSDY": cells["discontinued_on"].map(to_ady),
            "DCSREAS": cells["discontinuation_reason"],
            **{variable: [to_ady(getattr(each, name, None)) for each in follow_ups] for variable, name in FOLLOW_UP.items()},
        }
    )


def to_bds(study: Study, *measures: Instrument | str) -> pd.DataFrame:
    """Write the values of a study as a data set of the basic data structure.

    Parameters
    ----------
    study : Study
        The study.
    *measures : Instrument or str
        The measures, or their codes, which become PARAMCD; all of the study unless given.

    Returns
    -------
    pandas.DataFrame
        One row a patient, parameter and visit: USUBJID, PARAMCD, PARAM, AVISIT, AVISITN, ADY, AVAL, AVALU, ANRHI, BASE,
        ABLFL; AVALC where a value is a bound, such as ``"<40"``. ADY is NaN where only the week of a visit is known; a visit
        of which only the day is known is ``"Unscheduled"``.

    Raises
    ------
    ValueError
        If a measure is not one of the study's, or its code is longer than eight characters.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> adqs = to_bds(saito2008.load_study(), "MMT")
    >>> adqs[["USUBJID", "PARAMCD", "AVISIT", "ABLFL", "AVAL", "BASE"]].head(3)
      USUBJID PARAMCD   AVISIT ABLFL  AVAL  BASE
    0       1     MMT  Week -4        65.0  59.0
    1       1     MMT   Week 0     Y  59.0  59.0
    2       1     MMT   Week 4        85.0  59.0
    """
    codes = [each.code if isinstance(each, Instrument) else each for each in measures or study.instruments]
    instruments = [study.instrument(code) for code in codes]
    refuse(
        Problem(f"a PARAMCD must have at most {_LONGEST_CODE} characters", code)
        for code in codes
        if len(code) > _LONGEST_CODE
    )
    rows = [row for each in instruments for row in _values(study, each)]
    names = ["USUBJID", "PARAMCD", "PARAM", "AVISIT", "AVISITN", "ADY", "AVAL", "AVALC", "AVALU", "ANRHI", "BASE", "ABLFL"]
    table = pd.DataFrame(rows, columns=names, dtype=object)
    if not table["AVALC"].any():
        names.remove("AVALC")
    return _data_set({"STUDYID": [study.title] * len(table), **{name: table[name] for name in names}})


def _values(study: Study, instrument: Instrument) -> Iterator[tuple[Any, ...]]:
    code, baselines = instrument.code, study.baseline(instrument)
    flagged = set(study.baseline_rows(code).index)
    rows: list[Any] = list(study.rows(code).itertuples())
    for row in rows:
        week = int(row.week) if row.recorded else None
        when = ("Unscheduled" if week is None else f"Week {week}", week, to_ady(row.day if row.dated else None))
        flag = "Y" if row.Index in flagged else ""
        param = f"{instrument.name} ({instrument.unit})"
        bound = f"{row.bound}{cell_text(row.value)}" if row.bound else ""
        yield row.patient, code, param, *when, row.value, bound, instrument.unit, row.uln, baselines[row.patient], flag


def to_adae(study: Study) -> pd.DataFrame:
    """Write the adverse events of a study as a data set.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    pandas.DataFrame
        ADAE: one row an event, with USUBJID, AETERM, AEBODSYS (the group), ASTDY and AEREL.

    Raises
    ------
    DataError
        If adverse events were not recorded.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> to_adae(saito2008.load_study())[["USUBJID", "AETERM", "ASTDY"]].head(1)
      USUBJID        AETERM  ASTDY
    0       3  elevated LDH    8.0
    """
    frames = lay_out_tables(study)
    if "adverse_events" not in frames:
        raise DataError([Problem("adverse events must have been recorded")])
    cells = frames["adverse_events"]
    columns = {"USUBJID": "patient", "AETERM": "term", "AEBODSYS": "group", "AEREL": "relation"}
    kept = {variable: cells[column] for variable, column in columns.items()}
    details = {"AESER": cells["serious"].map({True: "Y", False: "N"})}
    details |= {"AESEV": cells["severity"], "AEOUT": cells["outcome"], "AEACN": cells["action"]}
    kept |= {variable: column for variable, column in details.items() if column.notna().any()}
    return _data_set({"STUDYID": [study.title] * len(cells), **kept, "ASTDY": cells["day"].map(to_ady)})


def to_adex(study: Study) -> pd.DataFrame:
    """Write the treatments of a study as a data set.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    pandas.DataFrame
        One row a treatment, with USUBJID, EXTRT, EXDOSE, EXDOSU, ASTDY and AENDY.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> to_adex(saito2008.load_study())[["USUBJID", "EXTRT", "EXDOSE", "ASTDY", "AENDY"]].head(1)
      USUBJID EXTRT  EXDOSE  ASTDY  AENDY
    0       1  IVIG     0.4    1.0    5.0
    """
    rows = [
        (patient.id, each.name, each.dose, each.unit, to_ady(each.start_day), to_ady(each.end_day))
        for patient in study.patients
        for each in patient.treatments
    ]
    names = ["USUBJID", "EXTRT", "EXDOSE", "EXDOSU", "ASTDY", "AENDY"]
    table = pd.DataFrame(rows, columns=names, dtype=object)
    return _data_set({"STUDYID": [study.title] * len(table), **{name: table[name] for name in names}})


def _data_set(columns: dict[str, Iterable[Any]]) -> pd.DataFrame:
    """Make a data set: numbers as floats, text as it is, ``""`` where it is missing."""
    frame = pd.DataFrame({name: pd.Series(list(cells), dtype=object) for name, cells in columns.items()})
    numbers = [name for name in frame if name in NUMERIC]
    return frame.fillna({name: "" for name in frame if name not in NUMERIC}).astype(dict.fromkeys(numbers, np.float64))
