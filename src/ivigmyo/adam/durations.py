"""Episodes of normal CK -> ADTTE, and ADTTE -> durations and events."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ivigmyo.adam.datasets import DataSet, Source, open_data_set, to_ady
from ivigmyo.arguments import check_choice, check_frame
from ivigmyo.decimals import subtract
from ivigmyo.errors import DataError, Problem, refuse, spell
from ivigmyo.files.tables import Findings
from ivigmyo.outcomes import TimeToResponse, planned_outcomes, study_episodes
from ivigmyo.study import Study

__all__ = ["read_durations", "to_adtte"]

_DURATION = "DURNORM"
_PARAMETERS = {
    "TTNORM": "Time to normalization of CK (days)",
    _DURATION: "Duration of normal CK (days)",
    "TTRESP": "Time to response by the Total Improvement Score (days)",
}
_DESCRIPTIONS = {
    "TTNORM": ("CK within normal limits", "CK not within normal limits"),
    _DURATION: ("CK above its limit again", "CK still within normal limits"),
    "TTRESP": ("Response", "No response"),
}
_LAST = "Last day CK was observed"
_UNIT = "weeks?|wks?|months?|mos?|mths?|years?|yrs?|hours?|hrs?"
_OTHER_UNITS = rf"(?i)[(\[]\s*(?:in\s+)?(?:{_UNIT})\.?\s*[)\]]|\bin\s+(?:{_UNIT})\b|[,:/-]\s*(?:{_UNIT})\s*$"
_DAYS = r"(?i)[(\[]\s*(?:in\s+)?days?\s*[)\]]|\bin\s+days\b|[,:/-]\s*days?\s*$"
_RESPONSE = "TTRESP"
_CENSORED = {
    "to be confirmed": "Last score, to be confirmed",
    "rescued": "Planned end, after rescue",
    "left": "Planned end, after leaving",
}


def to_adtte(
    episodes: pd.DataFrame | Study, *, add_one: bool = False, start_dates: Mapping[Any, Any] | pd.Series[Any] | None = None
) -> pd.DataFrame:
    """Write episodes of normal CK as a time-to-event data set.

    Parameters
    ----------
    episodes : pandas.DataFrame or Study
        What `find_normalizations` or `saito2008.load_episodes` returned, counted from normalization; or a study, whose
        episodes are written where it has any, and the time to response where it is among its outcomes.
    add_one : bool, default False
        Whether AVAL is ADT - STARTDT + 1, as many sponsors count, instead of the days between the two dates.
    start_dates : mapping or pandas.Series of date, optional
        The date of the first infusion (day 0) of each patient; then STARTDT and ADT are written as well.

    Returns
    -------
    pandas.DataFrame
        ADTTE: USUBJID, PARAMCD, PARAM, (STARTDT, ADT,) ADY, AVAL, CNSR, EVNTDESC, CNSDTDSC. CNSR is 0 for an event and 1
        for a censored time.

    Raises
    ------
    DataError
        If a duration does not count from normalization, or a date is missing or a day not whole where dates are given.

    Notes
    -----
    Two parameters. ``TTNORM``: from the first infusion until CK came within normal limits, of every patient who could
    normalize and was followed; censored at the last day observed. ``DURNORM``: from then until CK was above its limit
    again, of every patient who normalized. A study has a third: ``TTRESP``, from week 0 until the patient responded by the
    Total Improvement Score.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> adtte = to_adtte(saito2008.load_episodes())
    >>> adtte.loc[adtte["USUBJID"] == "3", ["PARAMCD", "ADY", "AVAL", "CNSR", "EVNTDESC"]]
       PARAMCD    ADY   AVAL  CNSR                  EVNTDESC
    3   TTNORM   20.0   19.0   0.0   CK within normal limits
    4  DURNORM  391.0  371.0   0.0  CK above its limit again
    """
    check_choice("add_one", add_one, (True, False))
    rows = _of_study(episodes) if isinstance(episodes, Study) else _of_episodes(episodes)
    names = ["USUBJID", "PARAMCD", "start", "end", "CNSR", "reason"]
    table = pd.DataFrame(rows, columns=names).astype({"start": float, "end": float, "CNSR": float})
    ends, starts = table["end"], table["start"]
    adtte = pd.DataFrame(
        {
            "USUBJID": table["USUBJID"].map(str).astype(object),
            "PARAMCD": table["PARAMCD"],
            "PARAM": table["PARAMCD"].map(_PARAMETERS).astype(object),
            "ADY": ends.map(to_ady),
            "AVAL": subtract(ends.to_numpy(), starts.to_numpy()) + int(add_one),
            "CNSR": table["CNSR"],
            "EVNTDESC": [
                _DESCRIPTIONS[name][int(censored)] for name, censored in table[["PARAMCD", "CNSR"]].itertuples(index=False)
            ],
            "CNSDTDSC": np.where(table["CNSR"] == 1, table["reason"], ""),
        }
    )
    if start_dates is not None:
        dates = _read_dates(start_dates, table["USUBJID"])
        refuse(
            Problem("a day must be whole to become a date", day, f"for patient {spell(name)}")
            for name, day in zip(table["USUBJID"], ends, strict=True)
            if day % 1
        )
        adtte.insert(3, "STARTDT", [date + datetime.timedelta(day) for date, day in zip(dates, starts, strict=True)])
        adtte.insert(4, "ADT", [date + datetime.timedelta(day) for date, day in zip(dates, ends, strict=True)])
    return adtte


def _of_episodes(episodes: pd.DataFrame) -> list[tuple[Any, ...]]:
    check_frame("episodes", episodes, ("patient", "normalized_on", "re_elevated_on", "observed_until", "duration", "status"))
    return [(*row, _LAST) for episode in episodes.to_dict("records") for row in _records(episode)]


def _of_study(study: Study) -> list[tuple[Any, ...]]:
    """Lay out the episodes of a study, where it has any, and its times to response."""
    try:
        rows = _of_episodes(study_episodes(study))
    except DataError:
        rows = []
    for outcome in planned_outcomes(study):
        if isinstance(outcome, TimeToResponse):
            try:
                found = outcome.observe(study)
            except DataError:
                continue
            for patient, days, event, status in zip(study.ids, found.duration, found.event, found.status, strict=True):
                if not np.isnan(days):
                    rows.append((patient, _RESPONSE, 0.0, days, int(event == 0), _CENSORED.get(status, "Planned end")))
    place = {patient: position for position, patient in enumerate(study.ids)}
    return sorted(rows, key=lambda row: place[row[0]])


def _records(episode: Mapping[Any, Any]) -> Iterator[tuple[Any, str, float, float, int]]:
    """Yield the records of one patient: the parameter, its first and last day, and whether it is censored."""
    patient, status = episode["patient"], episode["status"]
    normalized, re_elevated, until = (episode[name] for name in ("normalized_on", "re_elevated_on", "observed_until"))
    if status == "not normalized":
        yield patient, "TTNORM", 0.0, until, 1
    elif status in ("re-elevated", "censored"):
        end = re_elevated if status == "re-elevated" else until
        days = float(subtract(np.array([end], dtype=float), np.array([normalized], dtype=float))[0])
        if episode["duration"] != days:
            rule = f"'duration' must count from normalization ({spell(days)} days)"
            refuse([Problem(rule, episode["duration"], f"for patient {spell(patient)}")])
        yield patient, "TTNORM", 0.0, normalized, 0
        yield patient, _DURATION, normalized, end, int(status == "censored")


def _read_dates(dates: Mapping[Any, Any] | pd.Series[Any], patients: pd.Series[Any]) -> list[datetime.date]:
    known = {name: pd.Timestamp(date) for name, date in dates.items() if not pd.isna(date)}
    refuse(
        Problem("'start_dates' must have a date", record=f"for patient {spell(name)}")
        for name in dict.fromkeys(patients)
        if name not in known
    )
    return [known[name].date() for name in patients]


def read_durations(
    adtte: Source,
    paramcd: str | None = None,
    *,
    add_one: bool = False,
    as_is: bool = False,
    encoding: str | None = None,
) -> pd.DataFrame:
    """Read the durations and events of a time-to-event data set, as `kaplan_meier` takes them.

    Parameters
    ----------
    adtte : pandas.DataFrame or path
        A time-to-event data set with USUBJID, PARAMCD, AVAL (days) and CNSR; from memory, a CSV file or an XPT file.
    paramcd : str, optional
        The parameter; unless given the only one, or ``"DURNORM"`` if `to_adtte` wrote it beside others.
    add_one : bool, default False
        Whether AVAL is ADT - STARTDT + 1 instead of the days between the two dates. Where the dates are there, they must
        agree.
    as_is : bool, default False
        Whether AVAL is taken as it stands, whatever its unit and the dates beside it say.
    encoding : str, optional
        What a file is encoded in, where that is not UTF-8.

    Returns
    -------
    pandas.DataFrame
        Columns ``patient, duration, event``, in the order of the data set: days, and True where CNSR is 0.

    Raises
    ------
    DataError
        If a variable is missing, the parameter is not told or does not occur, a patient has two records, AVAL is missing,
        negative, or not in days, or does not agree with the dates, or CNSR is anything but 0 or a positive whole number.

    Notes
    -----
    CNSR is the opposite of an event indicator: 0 marks the event, and 1, 2, ... censoring by reason.

    Examples
    --------
    >>> from ivigmyo import kaplan_meier, saito2008
    >>> durations = read_durations(to_adtte(saito2008.load_episodes()))
    >>> durations.head(2)
      patient  duration  event
    0       2     254.0  False
    1       3     371.0   True
    >>> kaplan_meier(durations["duration"], durations["event"]).median
    371.0
    """
    check_choice("add_one", add_one, (True, False))
    check_choice("as_is", as_is, (True, False))
    if add_one and as_is:
        raise ValueError("'add_one' must not be stated where AVAL is taken as it stands ('as_is').")
    data = open_data_set(adtte, "ADTTE", Findings(), encoding)
    data.require("USUBJID", "PARAMCD", "AVAL", "CNSR")
    data = data.where(data.text("PARAMCD") == _choose(data, paramcd))
    patient, duration, censor = data.text("USUBJID"), data.numbers("AVAL") - int(add_one), data.numbers("CNSR")
    sound = ~data.frame.index.isin(data.faulty)
    data.note(patient == "", "USUBJID", "must not be missing")
    data.note(patient.duplicated() & (patient != ""), "USUBJID", "must have one record", patient)
    data.note(duration.isna() & sound, "AVAL", "must not be missing")
    least = f"must be at least {int(add_one)}{', where a duration of 0 days counts as 1' if add_one else ''}"
    data.note(duration < 0, "AVAL", least, duration + int(add_one))
    data.note(censor.isna() & sound, "CNSR", "must not be missing")
    data.note((censor < 0) | (censor % 1 > 0), "CNSR", "must be 0 (event) or a positive whole number (censored)", censor)
    if not as_is:
        _check_units(data)
        _check_dates(data, duration, add_one)
    data.findings.refuse()
    return pd.DataFrame({"patient": patient, "duration": duration, "event": censor == 0}).reset_index(drop=True)


def _choose(data: DataSet, given: str | None) -> str:
    found = list(dict.fromkeys(data.text("PARAMCD")))
    chosen = given if given is not None else found[0] if len(found) == 1 else _DURATION
    if chosen not in found:
        listed = ", ".join(map(spell, found))
        rule = f"'paramcd' must be one of {listed}" if found else "a time-to-event data set must have rows"
        data.findings.problems.append(Problem(rule, given, file=data.file))
        data.findings.refuse()
    return chosen


def _check_units(data: DataSet) -> None:
    """Note another unit than days, once for each way it is written: it is a fact of the whole parameter."""
    unit, param = data.text("AVALU"), data.text("PARAM")
    other = ~unit.str.upper().isin(["", "D", "DAY", "DAYS"])
    told = param.str.contains(_OTHER_UNITS, regex=True) & ~param.str.contains(_DAYS, regex=True) & (unit == "")
    rule = "must be {} (as_is=True takes AVAL as it stands)"
    data.note(other & ~unit.duplicated(), "AVALU", rule.format("'DAYS'"), unit)
    data.note(told & ~param.duplicated(), "PARAM", rule.format("in days"), param)


def _check_dates(data: DataSet, duration: pd.Series[float], add_one: bool) -> None:
    """Note where AVAL is not what the dates say; if every row is off alike, once, with the argument that would fit."""
    if not {"STARTDT", "ADT"} <= set(data.frame):
        return
    days: pd.Series[Any] = (data.dates("ADT") - data.dates("STARTDT")).dt.days
    known = days.notna() & duration.notna()
    off, kept = (duration - days)[known], duration + int(add_one)
    rule = f"must be ADT - STARTDT{' + 1' if add_one else ''}"
    fitting = {1.0: "add_one=True", -1.0: "add_one=False"}.get(float(off.iloc[0])) if len(off) else None
    if fitting is not None and len(off) > 1 and bool((off == off.iloc[0]).all()) and add_one != (fitting == "add_one=True"):
        first = known & ~known.duplicated()
        data.note(first, "AVAL", f"{rule}, and is a day off in all {len(off)} rows: {fitting} would fit", kept)
    else:
        data.note(known & (days != duration), "AVAL", f"{rule} (see 'add_one' and 'as_is')", kept)
