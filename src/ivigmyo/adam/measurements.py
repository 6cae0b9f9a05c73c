"""BDS data sets (one row a subject, parameter and time point) -> samples, each counted once."""

from __future__ import annotations

from typing import Literal, TypeAlias

import pandas as pd

from ivigmyo.adam.datasets import DataSet, Source, open_data_set, to_ady
from ivigmyo.errors import Problem, spell
from ivigmyo.files.cells import is_empty
from ivigmyo.files.tables import Findings
from ivigmyo.instruments import CK, Instrument

__all__ = ["WeekVariable", "ck_notes", "ck_series", "read_samples"]

WeekVariable: TypeAlias = Literal["AVISIT", "AVISITN"]

_WEEK = r"(?i)^(?:week|wk)\s*([+-]?[0-9]+)$"
_START = r"(?i)^baseline$"
_BOUND = r"^\s*([<>\u2264\u2265])=?\s*([0-9]*\.?[0-9]+)\s*$"
_SIGNS = {"<": "<", "\u2264": "<", ">": ">", "\u2265": ">"}
_UNIT = r"\(([^()]*/[^()]*)\)$"


def ck_series(bds: Source, paramcd: str = "CK") -> pd.DataFrame:
    """Read the CK samples of a laboratory data set (ADLB), as `find_normalizations` takes them.

    Parameters
    ----------
    bds : pandas.DataFrame or path
        A BDS data set with USUBJID, PARAMCD, ADY and AVAL, and as far as they exist ANRHI (or A1HI), ABLFL, DTYPE, LBSEQ,
        AVALU and PARAM; from memory, a CSV file or an XPT file.
    paramcd : str, default "CK"
        The PARAMCD of creatine kinase.

    Returns
    -------
    pandas.DataFrame
        Columns ``patient, day, ck, uln``, one row a sample, by patient (in the order of the data set) and day; `ck` in
        IU/L. `ck_notes` tells how many rows were left out and why, and of how many patients the baseline is not a flagged
        value.

    Raises
    ------
    DataError
        If a variable is missing, the parameter does not occur, a day is 0 or missing, a number is none, a unit is unknown,
        two rows of one sample disagree, or a baseline flag is on a value after day 1 or on two values; it lists every
        such problem.

    Notes
    -----
    Relative days of ADaM have no day 0: ADY 1, the day of the first dose, becomes day 0, and ADY -1 day -1.

    Derived rows (DTYPE not empty: MAXIMUM, LOCF and others) are no samples. Rows of one LBSEQ of a subject are one sample,
    as are, where there is no LBSEQ, rows of one day with equal value and limit: 'End of Treatment' repeats a visit.

    The baseline is the value flagged by ABLFL: later values at or before ADY 1 are left out, so that `find_normalizations`
    finds it there. Without a flag it is the last value at or before ADY 1.

    The upper limit is ANRHI, or A1HI where that is missing. ANRIND is not looked at, since some sponsors flag by another
    limit. A missing AVAL stays missing, and counts as no measurement.

    References
    ----------
    CDISC Analysis Data Model Implementation Guide: basic data structure, timing variables.

    Examples
    --------
    >>> adlb = pd.DataFrame(
    ...     {
    ...         "USUBJID": "P01",
    ...         "PARAMCD": "CK",
    ...         "AVISIT": ["Baseline", "Week 4", "End of Treatment", "Maximum"],
    ...         "ADY": [1, 29, 29, 1],
    ...         "AVAL": [980, 110, 110, 980],
    ...         "ANRHI": 180,
    ...         "ABLFL": ["Y", "", "", ""],
    ...         "DTYPE": ["", "", "", "MAXIMUM"],
    ...     }
    ... )
    >>> series = ck_series(adlb)
    >>> series
      patient   day     ck    uln
    0     P01   0.0  980.0  180.0
    1     P01  28.0  110.0  180.0
    >>> for note in ck_notes(adlb):
    ...     print(note)
    BDS: 1 derived row of CK was left out.
    BDS: 1 row of CK that repeats another was left out.
    """
    series, _ = _read_ck(bds, paramcd)
    return series


def ck_notes(bds: Source, paramcd: str = "CK") -> tuple[str, ...]:
    """Tell what `ck_series` leaves out or takes otherwise.

    Parameters
    ----------
    bds : pandas.DataFrame or path
        As in `ck_series`.
    paramcd : str, default "CK"
        As in `ck_series`.

    Returns
    -------
    tuple of str
        How many rows were left out and why, which values were converted, and of how many patients the baseline is not a
        value flagged by ABLFL.

    Raises
    ------
    DataError
        As `ck_series`.

    Examples
    --------
    >>> adlb = pd.DataFrame({"USUBJID": "P01", "PARAMCD": "CK", "ADY": [1, 29], "AVAL": [980, 110], "ANRHI": 180})
    >>> ck_notes(adlb)
    ('BDS: the baseline of CK is the last value at or before ADY 1 for 1 patient of whom ABLFL flags none.',)
    """
    _, notes = _read_ck(bds, paramcd)
    return notes


def _read_ck(bds: Source, paramcd: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    findings = Findings()
    data = open_data_set(bds, "BDS", findings)
    data.require("USUBJID", "PARAMCD", "ADY", "AVAL")
    data, samples = read_samples(data, paramcd)
    if samples.empty:
        findings.problems.append(Problem(f"'PARAMCD' {spell(paramcd)} must have rows", 0, file=data.file))
    data.note(
        samples["day"].isna() & samples["value"].notna() & ~samples.index.isin(data.faulty), "ADY", "must not be missing"
    )
    factor = _factors(data, samples["unit"], CK)
    findings.refuse()
    series = samples[["patient", "day"]].assign(ck=samples["value"] * factor, uln=samples["uln"] * factor)
    series = series.dropna(subset=["day"])
    numbers = series.assign(patient=pd.factorize(series["patient"])[0])
    series = series.loc[numbers.sort_values(["patient", "day"]).index].reset_index(drop=True)
    return series, tuple(findings.notes)


def _factors(data: DataSet, unit: pd.Series[str], instrument: Instrument) -> pd.Series[float]:
    """Return what converts each value to the unit of its instrument; a unit that is not told is taken to be that."""
    known = {each: instrument.factor(each) if each else 1.0 for each in unit.unique()}
    known = {each: factor for each, factor in known.items() if factor is not None}
    name = "AVALU" if "AVALU" in data.frame else "PARAM"
    rule = f"must give the unit {' or '.join([instrument.unit, *dict(instrument.units)])}"
    data.note(~unit.isin(list(known)), name, rule, unit)
    for other, factor in known.items():
        converted = int((unit == other).sum()) if factor != 1.0 else 0
        data.say(converted, "value", f"{{}} in {other} {{}} converted (1 {other} = {spell(factor)} {instrument.unit})")
    return unit.map(known).fillna(1.0)


def read_samples(data: DataSet, paramcd: str, week_from: WeekVariable = "AVISIT") -> tuple[DataSet, pd.DataFrame]:
    """Read the samples of one parameter.

    Parameters
    ----------
    data : DataSet
        A BDS data set.
    paramcd : str
        The parameter.
    week_from : {"AVISIT", "AVISITN"}, default "AVISIT"
        Where the nominal week stands: in the text of AVISIT (``"Week 4"``), or as the number AVISITN.

    Returns
    -------
    DataSet, pandas.DataFrame
        The rows of the data set that are samples, and for each of them ``patient, week, day, value, uln, unit``: days
        since the first infusion, NaN where week or day are not known.

    Examples
    --------
    >>> adqs = pd.DataFrame({"USUBJID": ["P01"], "PARAMCD": "MMT", "AVISIT": " Week 4", "ADY": [30], "AVAL": [85]})
    >>> _, samples = read_samples(open_data_set(adqs, "ADQS", Findings()), "MMT")
    >>> samples[["patient", "week", "day", "value"]].to_dict("records")
    [{'patient': 'P01', 'week': 4.0, 'day': 29.0, 'value': 85.0}]
    """
    data = data.where(data.text("PARAMCD") == paramcd)
    derived = data.text("DTYPE") != ""
    data.say(int(derived.sum()), "derived row", f"{{}} of {paramcd} {{}} left out")
    data = data.where(~derived)
    samples = _read(data, paramcd, week_from)
    once = _mark_repeats(data, samples)
    data.say(int((~once).sum()), "row", f"{{}} of {paramcd} that repeats another {{}} left out")
    data, samples = data.where(once), samples[once]
    kept = _keep_baseline(data, samples, paramcd)
    return data.where(kept), samples[kept]


def _read(data: DataSet, paramcd: str, week_from: WeekVariable) -> pd.DataFrame:
    """Read the variables of every row, noting what is wrong with each by itself."""
    unit, visit, flag = data.text("AVALU"), data.text("AVISIT"), data.text("ABLFL")
    limits = data.numbers("ANRHI")
    values, sign = _values(data)
    samples = pd.DataFrame(
        {
            "patient": data.text("USUBJID"),
            "visit": visit,
            "week": data.numbers("AVISITN") if week_from == "AVISITN" else _weeks(visit),
            "start": (week_from == "AVISIT") & visit.str.match(_START),
            "day": data.dated_days("ADY", "ADT", of=paramcd),
            "value": values,
            "sign": sign,
            "uln": limits.fillna(data.numbers("A1HI")),
            "unit": unit.where(unit != "", data.text("PARAM").str.extract(_UNIT)[0].fillna("")),
            "flagged": flag == "Y",
            "sequence": data.numbers("LBSEQ"),
        }
    )
    data.note(samples["patient"] == "", "USUBJID", "must not be missing")
    data.note(samples["day"] % 1 > 0, "ADY", "must be a whole number", samples["day"].map(to_ady))
    data.note(~flag.isin(["", "Y", "N"]), "ABLFL", "must be 'Y' or missing", flag)
    return samples


def _values(data: DataSet) -> tuple[pd.Series[float], pd.Series[str]]:
    """Read AVAL, and where AVALC says that it is a bound (``<20``) its sign; without AVAL the bound stands for it."""
    bounds = data.text("AVALC").str.extract(_BOUND)
    numbers, sign = pd.to_numeric(bounds[1], errors="coerce").astype(float), bounds[0].map(_SIGNS).fillna("")
    missing = data.frame["AVAL"].map(is_empty).astype(bool)
    values = data.numbers("AVAL").mask(missing & (sign != ""), numbers)
    return values, sign.where(values == numbers, "")


def _weeks(visit: pd.Series[str]) -> pd.Series[float]:
    """Find the week in the name of a visit; the baseline is week 0."""
    weeks = visit.str.extract(_WEEK)[0].astype(float)
    return weeks.mask(visit.str.match(_START), 0.0)


def _mark_repeats(data: DataSet, samples: pd.DataFrame) -> pd.Series[bool]:
    """Tell which row stands for each sample; what its other rows know of it is moved there, in place."""
    numbered = samples["sequence"].notna()
    same = samples[["patient", "sequence"]].copy()
    for name in ("day", "value", "uln"):
        same[name] = samples[name].where(~numbered, 0.0)
    same["visit"] = samples["visit"].where(~numbered & samples["day"].isna(), "")
    sample = same.groupby(list(same), dropna=False, sort=False).ngroup()
    for name, variable in (("day", "ADY"), ("value", "AVAL"), ("uln", "ANRHI")):
        first = samples.groupby(sample)[name].transform("first")
        differs = samples[name].notna() & (samples[name] != first)
        data.note(differs, variable, "must be the same in all rows of one LBSEQ", samples[name])
        samples[name] = first
    samples["week"] = samples.groupby(sample)["week"].transform("first")
    samples["flagged"] = samples.groupby(sample)["flagged"].transform("any")
    return ~sample.duplicated()


def _keep_baseline(data: DataSet, samples: pd.DataFrame, paramcd: str) -> pd.Series[bool]:
    """Tell which rows to keep so that the flagged value is the last one at or before day 0; say whose baseline is which."""
    day = samples["day"].fillna(7 * samples["week"])
    flagged = samples["flagged"]
    data.note(flagged & (day > 0), "ABLFL", "must flag a value at or before ADY 1")
    again = samples["patient"].where(flagged).duplicated() & flagged
    data.note(again, "ABLFL", "must flag one value of a patient")
    # Where only the week is known, the baseline is that of week 0.
    early = (samples["day"] <= 0) | (samples["day"].isna() & (samples["week"] == 0))
    chosen = samples.assign(nominal=day)[flagged & ~again].set_index("patient")
    at = chosen[["nominal", "day"]].reindex(samples["patient"]).set_axis(samples.index)
    start = at["nominal"]
    late = early & ~flagged & ((day > start) | (samples["day"] == at["day"]))
    data.say(int(late.sum()), "value", f"{{}} of {paramcd} after the flagged baseline and at or before ADY 1 {{}} left out")
    unflagged = int(samples["patient"][early & start.isna() & samples["value"].notna()].nunique())
    last = f"the baseline of {paramcd} is the last value at or before ADY 1"
    data.say(unflagged, "patient", f"{last} for {{}} of whom ABLFL flags none")
    return ~late
