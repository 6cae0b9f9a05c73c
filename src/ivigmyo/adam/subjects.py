"""ADSL, BDS and event data sets -> a study, its rows validated where all rows are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import pandas as pd

from ivigmyo.adam.datasets import DataSet, Source, open_data_set, table_of, with_first_dose
from ivigmyo.adam.events import read_events, read_treatments
from ivigmyo.adam.measurements import WeekVariable, read_samples
from ivigmyo.arguments import check_choice
from ivigmyo.errors import Problem, refusal, spell
from ivigmyo.files.cells import Bound, is_empty
from ivigmyo.files.reading import study_from_tables
from ivigmyo.files.tables import Findings, Table, table_of_frame
from ivigmyo.instruments import Instrument
from ivigmyo.study import Protocol, Study
from ivigmyo.study.diagnoses import Diagnosis
from ivigmyo.study.plan import BUILT_IN

__all__ = ["ARMS", "CHARACTERISTICS", "FOLLOW_UP", "read_study", "stratum_variable"]

CHARACTERISTICS = {
    "USUBJID": "patient",
    "SEX": "sex",
    "AGE": "age",
    "DISDUR": "disease_duration",
    "PREVTRT": "previous_treatment",
    "WEIGHTBL": "weight",
    "PREVDOSE": "highest_previous_dose",
    "STERSTRT": "steroid_dose_start",
    "STERLAST": "steroid_dose_last",
    "EXCLREAS": "exclusion_reason",
    "EXCLCOND": "exclusion_conditions",
    "DCSREAS": "discontinuation_reason",
}
"""The variables of ADSL that hold a column of the patients table as it is."""

FOLLOW_UP = {"CKNRMDY": "normalized_on", "CKRELDY": "re_elevated_on", "CKOBSDY": "observed_until"}
"""The variables of ADSL that hold the recorded CK follow-up, as relative days."""

ARMS = {"TRT01P": "arm", "TRT01A": "arm_received"}
"""The variables of ADSL with the arm as planned and as received."""

_SAMPLE = ["patient", "week", "day", "measure", "value", "unit", "uln"]
_CALLED = {
    "patient": "USUBJID",
    "week": "AVISIT",
    "day": "ADY",
    "measure": "PARAMCD",
    "value": "AVAL",
    "unit": "AVALU",
    "uln": "ANRHI",
}
_STOPPED = "DISCONTINUED"


def read_study(
    adsl: Source,
    *bds: Source,
    parameters: Mapping[str, Instrument | str] | None = None,
    adae: Source | None = None,
    adex: Source | None = None,
    disposition: pd.DataFrame | None = None,
    title: str | None = None,
    source: str = "",
    diagnosis: str | None = None,
    efficacy_flag: str = "EFFFL",
    safety_flag: str = "SAFFL",
    week_from: WeekVariable = "AVISIT",
    encoding: str | None = None,
    protocol: Protocol | None = None,
) -> Study:
    """Read a study from ADaM data sets, each a DataFrame, a CSV file or an XPT file.

    Parameters
    ----------
    adsl : pandas.DataFrame or path
        The subjects: USUBJID, AGE (in years), SEX and the diagnosis; as far as they exist EFFFL, SAFFL, EOSSTT, EOSDY (or
        EOSDT and TRTSDT), DCSREAS, STUDYID, and the variables that `to_adsl` writes.
    *bds : pandas.DataFrame or path
        The values: USUBJID, PARAMCD, AVAL, and ADY or a week; as far as they exist AVISIT, AVISITN, ANRHI (or A1HI), ABLFL,
        DTYPE, LBSEQ, AVALU, PARAM and ANL01FL.
    parameters : mapping of str to Instrument or str, optional
        The measure, or its code, of each PARAMCD that is to be read. Unless given, a PARAMCD that is the code of one of
        `instruments` is that measure. Other parameters are not read.
    adae : pandas.DataFrame or path, optional
        Adverse events: USUBJID, AEDECOD (or AETERM), and as far as they exist AEBODSYS, ASTDY, AREL (or AEREL). Without it
        adverse events count as not recorded.
    adex : pandas.DataFrame or path, optional
        Treatments: USUBJID, EXTRT, and as far as they exist ASTDY, AENDY, EXDOSE, EXDOSU.
    disposition : pandas.DataFrame, optional
        ``step, reason, patients``, as in `study_from_frames`; ADaM has no place for it.
    title, source : str, optional
        What the study is called (STUDYID unless given) and where its data come from.
    diagnosis : str, optional
        The variable of ADSL with the diagnosis, ``PM`` or ``DM``; unless given, the one variable that holds nothing else.
    efficacy_flag, safety_flag : str
        The population flags, ``Y`` or ``N``. Without EFFFL, or SAFFL, every subject belongs to the set, which the notes say
        with the flags that are there; another name must be that of a variable.
    week_from : {"AVISIT", "AVISITN"}, default "AVISIT"
        Where the nominal week stands: in the text of AVISIT (``"Week 4"``), or as the number AVISITN. Other visits,
        unscheduled ones among them, are kept by ADY alone.
    encoding : str, optional
        What the files are encoded in, where that is not UTF-8 (or, of a CSV file, UTF-16 with its mark).
    protocol : Protocol, optional
        What was planned, as in `study_from_frames`; the variables of its strata are read from ADSL.

    Returns
    -------
    Study
        The study; its `notes` tell which rows were left out and which variables were not read, and of how many patients
        the baseline is not a value flagged by ABLFL but the last one at or before ADY 1.

    Raises
    ------
    DataError
        If anything is wrong; it lists every problem of every data set.

    Notes
    -----
    Samples are counted, days converted and baselines found as in `ck_series`. Where several samples of a patient and
    measure bear one week, that with ANL01FL ``Y``, else the nearest to the week's first day, is that week's; the others are
    kept by ADY alone. A row without AVAL is no value. Where ADY, ASTDY or AENDY is missing, the day is counted from TRTSDT
    to ADT, ASTDT or AENDT, and the notes say so.

    A subject left the trial if EOSSTT is ``DISCONTINUED`` or, without that variable, if DCSREAS is filled; the day must be
    known.

    Examples
    --------
    >>> from ivigmyo import adam, saito2008
    >>> study = saito2008.load_study()
    >>> adsl, adlb, adqs = adam.to_adsl(study), adam.to_bds(study, "CK"), adam.to_bds(study, "MMT", "ADL")
    >>> again = adam.read_study(adsl, adlb, adqs)
    >>> again.values("MMT").equals(study.values("MMT"))
    True
    >>> again.efficacy_set.final_values("CK").equals(study.efficacy_set.final_values("CK"))
    True
    """
    check_choice("week_from", week_from, ("AVISIT", "AVISITN"))
    instruments = tuple({**BUILT_IN, **{each.code: each for each in (protocol or Protocol()).measures or ()}}.values())
    subjects, left_out = _treated(open_data_set(adsl, "ADSL", Findings(), encoding))
    strata = () if protocol is None else protocol.strata
    flags = (("efficacy_set", efficacy_flag), ("safety_set", safety_flag))
    patients = _read_patients(subjects, diagnosis, flags, strata)
    titles = [text for text in subjects.text("STUDYID").unique() if text] if title is None else [title]
    codes = _read_parameters(parameters, instruments)
    distance = Protocol().week_day_distance if protocol is None else protocol.week_day_distance
    sources = [with_first_dose(open_data_set(each, "BDS", Findings(), encoding), subjects) for each in bds]
    described = {"title": titles[0] if len(titles) == 1 else None, "source": source or None}
    tables: dict[str, Table | None] = {
        "patients": patients,
        "assessments": _read_assessments(sources, codes, parameters is not None, week_from, distance),
        "ck_follow_up": _read_follow_up(subjects),
        "adverse_events": None if adae is None else read_events(adae, encoding, subjects),
        "treatments": None if adex is None else read_treatments(adex, encoding, subjects),
        "study": Table("study", ("key", "value"), (list(described), list(described.values()))),
        "disposition": left_out.steps() if disposition is None else table_of_frame(disposition, "disposition"),
    }
    present = {name: left_out.without(table) for name, table in tables.items() if table is not None}
    return study_from_tables(present, protocol)


_NOT_TREATED = frozenset(
    {"screen failure", "not assigned", "not treated", "unplanned treatment", "scrnfail", "notassgn", "nottrt"}
)
"""What the arm of a subject is called who was not treated."""


@attrs.frozen
class _LeftOut:
    """The subjects who were not treated: they are part of the disposition, and no patients."""

    subjects: frozenset[str] = frozenset()
    reasons: Mapping[str, int] = attrs.field(factory=dict)

    def steps(self) -> Table | None:
        """Return what the disposition counts of them, reason by reason."""
        if not self.subjects:
            return None
        reasons = list(self.reasons)
        cells = ["not treated"] * len(reasons), [each or "not stated" for each in reasons], list(self.reasons.values())
        return Table("disposition", ("step", "reason", "patients"), cells)

    def without(self, table: Table) -> Table:
        """Leave out their rows; the patients table has none."""
        if not self.subjects or "patient" not in table or table.sources is None:
            return table
        kept = [row for row, name in enumerate(table.column("patient")) if str(name).strip() not in self.subjects]
        places = {row: position for position, row in enumerate(kept)}
        return attrs.evolve(
            table,
            cells=tuple([cells[row] for row in kept] for cells in table.cells),
            sources=[table.sources[row] for row in kept],
            details=None if table.details is None else [table.details[row] for row in kept],
            broken=frozenset(places[row] for row in table.broken if row in places),
        )


def _treated(data: DataSet) -> tuple[DataSet, _LeftOut]:
    """Part the subjects who were treated from those who were not: no first dose, or an actual arm that says so."""
    untreated = pd.Series(False, index=data.frame.index)
    for name in ("TRTSDT", "TRTSDTM"):
        if name in data.frame:
            untreated = data.frame[name].map(is_empty).astype(bool)
            break
    for name in ("ACTARM", "ACTARMCD", "TRT01A", "ARM", "ARMCD", "TRT01P"):
        if name in data.frame:
            untreated |= data.text(name).str.casefold().isin(_NOT_TREATED)
    n = int(untreated.sum())
    if not n or n == len(untreated):
        return data, _LeftOut()
    apart = data.where(untreated)
    reasons = Counter(apart.text("DCSREAS"))
    data.say(n, "subject", "{} who {} not treated: counted in the disposition, not among the patients")
    return data.where(~untreated), _LeftOut(frozenset(apart.text("USUBJID")), reasons)


def stratum_variable(factor: str) -> str:
    """Name the variable of ADSL that holds a stratum: its letters and digits, at most eight."""
    return re.sub(r"[^A-Z0-9_]", "", factor.upper())[:8]


def _read_patients(
    data: DataSet, diagnosis: str | None, flags: tuple[tuple[str, str], ...], strata: tuple[str, ...] = ()
) -> Table:
    data.require("USUBJID", "AGE", "SEX")
    columns: dict[str, Any] = {
        column: data.frame[variable] for variable, column in CHARACTERISTICS.items() if variable in data.frame
    }
    diagnosis = _find_diagnosis(data, diagnosis)
    data.say_unread([diagnosis, *(variable for _, variable in flags), *strata, *map(stratum_variable, strata)])
    columns["diagnosis"] = data.text(diagnosis)
    for column, variable in flags:
        if variable in data.frame:
            columns[column] = data.text(variable)
            data.note(~columns[column].isin(["Y", "N"]), variable, "must be 'Y' or 'N'", columns[column])
        else:
            _absent_flag(data, column.replace("_", " "), variable, [name for _, name in flags])
    unit = data.text("AGEU")
    data.note(~unit.isin(["", "YEARS"]), "AGEU", "must be 'YEARS'", unit)
    columns["consented_on"] = data.days("CONSDY")
    columns["discontinued_on"] = _read_last_days(data)
    called = {column: variable for variable, column in {**CHARACTERISTICS, **ARMS}.items()} | dict(flags)
    if "TRT01P" in data.frame:
        planned, received = (data.text(variable) for variable in ARMS)
        columns["arm"], columns["arm_received"] = planned, received.where(received != planned, "")
    for factor in (each for each in strata if each not in ("diagnosis", "sex")):
        variable = factor if factor in data.frame else stratum_variable(factor)
        data.require(variable)
        columns[factor], called[factor] = data.frame[variable], variable
    return table_of(data, columns, called | {"consented_on": "CONSDY", "discontinued_on": "EOSDY"})


def _absent_flag(data: DataSet, which: str, variable: str, named: list[str]) -> None:
    """Say that a set has no flag, and which flags there are; refuse a name that somebody chose and no variable has."""
    texts = {name: set(data.text(name)) for name in map(str, data.frame) if name.endswith("FL") and name not in named}
    others = ", ".join(name for name, values in texts.items() if values <= {"Y", "N", ""})
    if variable not in ("EFFFL", "SAFFL"):
        rule = f"variable {variable!r}, which is to flag the {which}, is missing; flags there: {others or 'none'}"
        data.findings.problems.append(data.table.of_header(rule))
        return
    found = f" (other flags there: {others})" if others else ""
    data.findings.notes.append(f"{data.file}: no variable {variable!r}, every patient is in the {which}{found}.")


def _find_diagnosis(data: DataSet, given: str | None) -> str:
    if given is None:
        known = {str(each) for each in Diagnosis}
        texts = {str(name): {str(cell).strip() for cell in data.frame[name].dropna()} - {""} for name in data.frame}
        found = [name for name, values in texts.items() if values and values <= known]
        if len(found) == 1:
            return found[0]
        problem = Problem("the variable with the diagnosis must be named", ", ".join(found) or None, file=data.file)
        data.findings.problems.append(problem)
        data.findings.refuse()
    data.require(str(given))
    return str(given)


def _read_last_days(data: DataSet) -> pd.Series[float]:
    """Read the day on which each subject left the trial; NaN for those who did not."""
    status, reason = data.text("EOSSTT"), data.text("DCSREAS")
    stopped = status.str.upper() == _STOPPED if "EOSSTT" in data.frame else reason != ""
    day = data.days("EOSDY")
    if {"EOSDT", "TRTSDT"} <= set(data.frame):
        elapsed: pd.Series[Any] = (data.dates("EOSDT") - data.dates("TRTSDT")).dt.days
        day = day.where(day.notna(), elapsed.astype(float))
    data.note(stopped & day.isna(), "EOSDY", "must be known of a subject who left the trial")
    return day.where(stopped)


def _read_follow_up(data: DataSet) -> Table | None:
    if not set(FOLLOW_UP) <= set(data.frame):
        return None
    apart = attrs.evolve(data, findings=Findings())
    days = {column: apart.days(variable) for variable, column in FOLLOW_UP.items()}
    frame = pd.DataFrame({"patient": data.text("USUBJID"), **days})
    kept = frame[list(days)].notna().any(axis=1)
    called = {column: variable for variable, column in FOLLOW_UP.items()}
    return table_of(apart.where(kept), {str(name): frame[name][kept] for name in frame}, called | {"patient": "USUBJID"})


def _read_parameters(
    parameters: Mapping[str, Instrument | str] | None, instruments: tuple[Instrument, ...]
) -> dict[str, str]:
    """Return the code of the measure of each PARAMCD."""
    codes = [instrument.code for instrument in instruments]
    if parameters is None:
        return {code: code for code in codes}
    named = {paramcd: each.code if isinstance(each, Instrument) else each for paramcd, each in parameters.items()}
    for paramcd, code in named.items():
        if code not in codes:
            rule = f"'parameters' must name one of the measures {', '.join(map(spell, codes))}"
            raise ValueError(refusal(rule, code, f"for PARAMCD {spell(paramcd)}"))
    return named


def _read_assessments(
    sources: list[DataSet], parameters: Mapping[str, str], needed: bool, week_from: WeekVariable, distance: int
) -> Table:
    """Read the samples of all parameters from all data sets, each row with its place there."""
    tables: list[Table] = []
    details: list[str] = []
    opened: list[DataSet] = []
    for data in sources:
        data.require("USUBJID", "PARAMCD", "AVAL")
        data.say_unread()
        there = set(data.text("PARAMCD"))
        # Where none is there, one is read all the same: a table without rows has columns too.
        held = [each for each in parameters.items() if each[0] in there] or list(parameters.items())[:1]
        samples = pd.concat([_read_parameter(data, *each, week_from, distance) for each in held])
        apart = attrs.evolve(data, frame=data.frame.loc[samples.index])
        tables.append(table_of(apart, {name: samples[name] for name in _SAMPLE}, _CALLED, told=False))
        details += [f"PARAMCD {spell(paramcd)}" for paramcd in apart.text("PARAMCD")]
        opened.append(data)
    found = {paramcd for data in opened for paramcd in data.text("PARAMCD")}
    absent = [paramcd for paramcd in parameters if paramcd not in found]
    missing = Problem(f"a data set must have PARAMCD {' or '.join(map(spell, absent))}")
    starts = np.cumsum([0, *map(len, tables)]).tolist()
    return Table(
        ", ".join(dict.fromkeys(data.file for data in opened)),
        tuple(_SAMPLE),
        tuple([cell for table in tables for cell in table.column(name)] for name in _SAMPLE),
        sources=[source for table in tables for source in table.sources or ()],
        details=details,
        called=_CALLED,
        problems=(
            *([missing] if absent and (needed or len(absent) == len(parameters)) else []),
            *(problem for data in opened for problem in data.findings.problems),
        ),
        notes=tuple(note for data in opened for note in data.findings.notes),
        broken=frozenset(start + row for start, table in zip(starts, tables, strict=False) for row in table.broken),
    )


def _read_parameter(data: DataSet, paramcd: str, code: str, week_from: WeekVariable, distance: int) -> pd.DataFrame:
    rows, samples = read_samples(data, paramcd, week_from)
    # A baseline is not nominal week 0 wherever it lies: one of a screening visit is kept by its day.
    far = samples["start"] & ((samples["day"] - 7 * samples["week"]).abs() > distance)
    samples = samples.assign(week=samples["week"].where(~far))
    valued = samples["value"].notna()
    rows.say(int((~valued & ~samples.index.isin(data.faulty)).sum()), "row", f"{{}} of {paramcd} without AVAL {{}} left out")
    rows, samples = rows.where(valued), samples[valued]
    preferred = rows.text("ANL01FL") == "Y"
    apart = (samples["day"] - 7 * samples["week"]).abs()
    order = pd.DataFrame({"second": ~preferred, "distance": apart, "day": samples["day"]}, index=samples.index)
    best_first = order.sort_values(["second", "distance", "day"]).index
    again = samples.loc[best_first].duplicated(["patient", "week"]).reindex(samples.index)
    again &= samples["week"].notna() & samples["day"].notna()
    rows.say(int(again.sum()), "value", f"{{}} of {paramcd} in a week that has another {{}} kept by ADY alone")
    samples = samples.assign(week=samples["week"].where(~again), measure=code)
    cells = zip(samples["value"], samples["sign"], strict=True)
    values = pd.Series([Bound.of(value, sign) if sign else value for value, sign in cells], samples.index, dtype=object)
    return samples.assign(value=values)[_SAMPLE].astype(object)
