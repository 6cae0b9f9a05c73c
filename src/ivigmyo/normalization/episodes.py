"""When CK came within normal limits, when it left them again, and how long it stayed."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import (
    ByPatient,
    Columns,
    FloatArray,
    Values,
    check_choice,
    check_frame,
    look_up,
    native,
    read_columns,
)
from ivigmyo.decimals import subtract
from ivigmyo.display import OneRow
from ivigmyo.errors import Problem, is_finite, refusal, spell
from ivigmyo.estimates import plain
from ivigmyo.normalization.follow_up import read_follow_up
from ivigmyo.normalization.serial import Integers, Mask, SerialRows, number_patients, read_serial

__all__ = [
    "Found",
    "NormalizationEpisode",
    "SameDay",
    "at_risk",
    "contradictions",
    "count_confirming",
    "episodes_from_follow_up",
    "find_changes",
    "find_contradictions",
    "find_normalization",
    "find_normalizations",
    "read_rows",
]

_MOST_CONFIRMING = 1 << 40  # more than there are values

Origin: TypeAlias = Literal["normalization", "treatment"]
SameDay: TypeAlias = Literal["error", "highest"]


@attrs.frozen(repr=False)
class NormalizationEpisode(OneRow):
    """One patient's period of normal CK.

    Parameters
    ----------
    normalized_on : float or None
        The day of the first normal value after the first infusion; None where CK did not normalize.
    re_elevated_on : float or None
        The day of the first later value above its limit; None where none was seen.
    observed_until : float or None
        The last day observed: that of the last measurement, unless it was given; None without any measurement.
    duration : float or None
        Days from `origin` to the re-elevation, or else to the last day observed; None where CK did not normalize.
    event : bool or None
        True where CK re-elevated, False where the duration is censored, None where there is no duration.
    status : str
        ``"re-elevated"``, ``"censored"``, ``"not normalized"``, ``"no follow-up"`` (nothing measured after day 0),
        ``"normal at baseline"`` or ``"no baseline"`` (nothing measured at or before day 0).
    n_measurements : int
        Measurements used, one a day.
    n_missing : int
        Rows without a CK value, which are no measurements.
    origin, confirm, abnormal_baseline, same_day : optional
        The conventions, as `find_normalization` was given them.

    Examples
    --------
    >>> find_normalization([0, 20, 90], [980, 110, 250], uln=180).status
    're-elevated'
    """

    normalized_on: float | None
    re_elevated_on: float | None
    observed_until: float | None
    duration: float | None
    event: bool | None
    status: str
    n_measurements: int
    n_missing: int
    origin: str
    confirm: int
    abnormal_baseline: bool
    same_day: str


def count_confirming(confirm: object) -> int:
    """Read how many normal values in a row make a normalization; no more than there can be values."""
    if not is_finite(confirm) or not isinstance(confirm, Integral) or confirm < 1:
        raise ValueError(refusal("'confirm' must be a whole number of at least 1", confirm))
    return min(int(confirm), _MOST_CONFIRMING)


@attrs.frozen
class _Conventions:
    """The named parameters of one call, checked."""

    origin: str
    confirm: int = attrs.field(converter=count_confirming)
    abnormal_baseline: bool
    same_day: str

    def __attrs_post_init__(self) -> None:
        check_choice("origin", self.origin, ("normalization", "treatment"))
        check_choice("abnormal_baseline", self.abnormal_baseline, (True, False))
        check_choice("same_day", self.same_day, ("error", "highest"))


def find_normalization(
    days: Values,
    ck: Values,
    uln: Values,
    *,
    origin: Origin = "normalization",
    confirm: int = 1,
    abnormal_baseline: bool = True,
    same_day: SameDay = "error",
    observed_until: float | None = None,
) -> NormalizationEpisode:
    """Find when one patient's CK normalized, when it re-elevated, and for how long it was normal.

    Parameters
    ----------
    days : array_like of float
        Days since the first infusion, which is day 0; in any order, none missing.
    ck : array_like of float
        Creatine kinase in IU/L, greater than 0. A missing value is no measurement: it is skipped and counted.
    uln : array_like of float, or float
        The upper limit of normal that belongs to each measurement, in IU/L; one number stands for all. It may be
        missing only where `ck` is.
    origin : {"normalization", "treatment"}, default "normalization"
        Where the duration starts: on the day CK normalized, or on day 0.
    confirm : int, default 1
        How many normal values in a row make a normalization, which is dated at the first of them. One value above its
        limit re-elevates, and one between normal values ends their row.
    abnormal_baseline : bool, default True
        Whether only a patient whose last value at or before day 0 was above its limit can normalize. With False every
        patient is followed, whatever the baseline, and without one.
    same_day : {"error", "highest"}, default "error"
        Whether two measurements on one day are refused, or the one with the highest CK counts, with its own limit
        (of two equal ones, that with the lower limit).
    observed_until : float, optional
        The last day observed, if later than the last measurement.

    Returns
    -------
    NormalizationEpisode
        The three days, the duration, whether it ended in an event, the status, the counts and the conventions.

    Raises
    ------
    ValueError
        If there is no row; a day is missing; `ck` or `uln` is not greater than 0 or not finite; `uln` is missing where
        `ck` is given; a day has two measurements; `observed_until` lies before the last of them; lengths or indexes
        differ; or a convention is unknown.

    Notes
    -----
    The first measurement after day 0 with CK <= ULN normalizes, so that a value equal to its limit is normal; the first
    later one with CK > ULN is the event. Without an event the duration is censored at the last day observed. Nothing is
    interpolated: CK may have crossed its limit on any day since the measurement before.

    Where several statuses would fit, ``"no baseline"`` goes before ``"normal at baseline"``, and that before
    ``"no follow-up"``.

    References
    ----------
    Saito et al. 2008, 'Statistical analysis' and the notes to Table 4.

    Examples
    --------
    CK is abnormal on day 0, normal on day 20 and above its limit again on day 90:

    >>> episode = find_normalization([0, 7, 20, 41, 90], [980, 400, 110, 95, 250], uln=180)
    >>> episode.normalized_on, episode.re_elevated_on, episode.duration, episode.event
    (20.0, 90.0, 70.0, True)

    While CK stays normal, the duration is only known to exceed what was observed:

    >>> episode = find_normalization([0, 20, 41], [980, 110, 95], uln=180, observed_until=60)
    >>> episode.duration, episode.event, episode.status
    (40.0, False, 'censored')
    """
    conventions = _Conventions(origin, confirm, abnormal_baseline, same_day)
    day = read_columns(days=days)
    day.require("days")
    if not len(day):
        raise ValueError(refusal("'days' must have at least one value", 0))
    limit: Any = uln
    limits = [limit] * len(day) if np.ndim(limit) == 0 else limit
    values = read_columns(
        days=days,
        ck=ck,
        uln=limits,
        name_record=lambda row: f"on day {spell(day['days'][row])}",
    )
    rows = read_serial(np.zeros(len(day), dtype=np.int64), day["days"], values, conventions.same_day)
    last = None if observed_until is None else read_columns(scalars=True, observed_until=observed_until)
    if last is not None and not last.scalar:
        raise ValueError(refusal("'observed_until' must be one number", type(observed_until).__name__))
    changes = find_changes(rows, conventions.confirm, conventions.abnormal_baseline)
    found = _find_episodes(rows, changes, last, conventions.origin)
    event = plain(found["event"][0])
    return NormalizationEpisode(
        normalized_on=plain(found["normalized_on"][0]),
        re_elevated_on=plain(found["re_elevated_on"][0]),
        observed_until=plain(found["observed_until"][0]),
        duration=plain(found["duration"][0]),
        event=None if event is None else bool(event),
        status=found["status"][0],
        n_measurements=int(found["n_measurements"][0]),
        n_missing=int(found["n_missing"][0]),
        **attrs.asdict(conventions),
    )


def find_normalizations(
    frame: pd.DataFrame,
    *,
    origin: Origin = "normalization",
    confirm: int = 1,
    abnormal_baseline: bool = True,
    same_day: SameDay = "error",
    observed_until: ByPatient | None = None,
    recurrent: bool = False,
) -> pd.DataFrame:
    """Find when each patient's CK normalized, when it re-elevated, and for how long it was normal.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``patient, day, ck, uln``, one row a measurement, in any order; what `find_normalization` says of `days`,
        `ck` and `uln` holds for them. A patient is any hashable value. Further columns are ignored.
    origin, confirm, abnormal_baseline, same_day : optional
        The conventions, as for `find_normalization`.
    observed_until : Series or mapping by patient, optional
        The last day each patient was observed, if later than the last measurement: one value for every patient of
        `frame`. Values of other patients are not used.
    recurrent : bool, default False
        Whether every episode is given, instead of the first of each patient.

    Returns
    -------
    pandas.DataFrame
        One row a patient, sorted by patient, with a patient whose every CK is missing among them: ``patient,
        normalized_on, re_elevated_on, observed_until, duration, event, status, n_measurements, n_missing``. The fields are
        those of `NormalizationEpisode`; days, duration and event (1 or 0) are floats, NaN where they do not exist. The
        conventions are those of the call, which `find_normalization` echoes in its result. With `recurrent` one row an
        episode, and after ``patient`` a column ``episode`` that counts from 1: a patient who never normalized has one row,
        and a later episode follows a re-elevation, if CK normalizes again.

    Raises
    ------
    ValueError
        If a column is missing, there is no row, a patient is missing, `observed_until` has no value for a patient, or
        anything holds that `find_normalization` refuses. The message names the patient and the day.

    Notes
    -----
    The rule is that of `find_normalization`, which calls the same code. Patients who cannot be put in order because their
    types differ are sorted by their text.

    The episodes of one patient resemble each other: a curve of them all, as if each were of another patient, has intervals
    that are too narrow.

    References
    ----------
    Saito et al. 2008, 'Statistical analysis' and the notes to Table 4.

    Examples
    --------
    >>> frame = pd.DataFrame({"patient": ["P01"] * 4 + ["P02"] * 3,
    ...                       "day": [0, 20, 41, 90, 0, 20, 41],
    ...                       "ck": [980, 110, 95, 250, 2200, 700, 640],
    ...                       "uln": 180})
    >>> episodes = find_normalizations(frame)
    >>> episodes[["patient", "normalized_on", "duration", "event", "status"]]
      patient  normalized_on  duration  event          status
    0     P01           20.0      70.0    1.0     re-elevated
    1     P02            NaN       NaN    NaN  not normalized

    CK that rises again may normalize again:

    >>> frame = pd.DataFrame({"patient": "P01", "day": [0, 20, 41, 90], "ck": [980, 110, 250, 120], "uln": 180})
    >>> find_normalizations(frame, recurrent=True)[["patient", "episode", "normalized_on", "duration", "status"]]
      patient  episode  normalized_on  duration       status
    0     P01        1           20.0      21.0  re-elevated
    1     P01        2           90.0       0.0     censored
    """
    check_choice("recurrent", recurrent, (True, False))
    conventions = _Conventions(origin, confirm, abnormal_baseline, same_day)
    rows, patients = read_rows(frame, conventions.same_day)
    last = _read_last_days(observed_until, patients)
    if not recurrent:
        changes = find_changes(rows, conventions.confirm, conventions.abnormal_baseline)
        return pd.DataFrame({"patient": patients, **_find_episodes(rows, changes, last, conventions.origin)})
    found = pd.concat([pd.DataFrame(one) for one in _find_all_episodes(rows, last, conventions)], ignore_index=True)
    found = found.sort_values(["row", "episode"], ignore_index=True)
    found.insert(0, "patient", patients.take(found.pop("row").to_numpy()))
    return found


def read_rows(frame: pd.DataFrame, same_day: str) -> tuple[SerialRows, pd.Index[Any]]:
    """Read serial CK values; return their rows in order, and the patients in that order."""
    check_frame("frame", frame, ("patient", "day", "ck", "uln"))
    if frame.empty:
        raise ValueError(refusal("'frame' must have at least one row", 0))
    codes, name_patients = number_patients(frame["patient"])
    day = read_columns(day=frame["day"], name_record=lambda row: f"for patient {spell(frame['patient'].iloc[row])}")
    day.require("day")
    values = read_columns(
        ck=frame["ck"],
        uln=frame["uln"],
        name_record=lambda row: f"{day.record(row)}, day {spell(day['day'][row])}",
    )
    rows = read_serial(codes, day["day"], values, same_day)
    return rows, name_patients(rows.patient[rows.starts])


def at_risk(episodes: pd.DataFrame) -> pd.DataFrame:
    """Select the patients whose CK normalized, and who could re-elevate.

    Parameters
    ----------
    episodes : pandas.DataFrame
        What `find_normalizations` or `episodes_from_follow_up` returned.

    Returns
    -------
    pandas.DataFrame
        The rows that have a duration, those with status ``"re-elevated"`` or ``"censored"``, with their index.

    Raises
    ------
    ValueError
        If there is no column ``duration``, or it holds anything but numbers.

    Examples
    --------
    >>> follow_up = pd.DataFrame({"patient": ["1", "2"], "normalized_on": [None, 25], "re_elevated_on": [None, None],
    ...                           "observed_until": [409, 279]})
    >>> at_risk(episodes_from_follow_up(follow_up))[["patient", "duration", "event"]]
      patient  duration  event
    1       2     254.0    0.0
    """
    check_frame("episodes", episodes, ("duration",))
    return native(episodes)[~np.isnan(read_columns(duration=episodes["duration"])["duration"])].copy()


def episodes_from_follow_up(follow_up: pd.DataFrame, origin: Origin = "normalization") -> pd.DataFrame:
    """Turn recorded days of normalization and re-elevation into episodes.

    Parameters
    ----------
    follow_up : pandas.DataFrame
        Columns ``patient, normalized_on, re_elevated_on, observed_until``, one row a patient; days since the first
        infusion, missing where CK did not normalize or re-elevate. Further columns are ignored.
    origin : {"normalization", "treatment"}, default "normalization"
        Where the duration starts: on the day CK normalized, or on day 0.

    Returns
    -------
    pandas.DataFrame
        One row a patient in the order given: ``patient, normalized_on, re_elevated_on, observed_until, duration, event,
        status``, as `find_normalizations` returns them; the status is ``"re-elevated"``, ``"censored"`` or
        ``"not normalized"``.

    Raises
    ------
    DataError
        If days contradict each other or a patient has two rows, as `read_follow_up` lists them.
    ValueError
        If a column is missing or holds anything but numbers, or there is no row.

    References
    ----------
    Saito et al. 2008, Table 4.

    Examples
    --------
    Patients 1 to 3 of Table 4, whose durations are printed there as '-', '>254' and '371':

    >>> follow_up = pd.DataFrame({"patient": ["1", "2", "3"], "normalized_on": [None, 25, 19],
    ...                           "re_elevated_on": [None, None, 390], "observed_until": [409, 279, 510]})
    >>> episodes_from_follow_up(follow_up)[["patient", "duration", "event", "status"]]
      patient  duration  event          status
    0       1       NaN    NaN  not normalized
    1       2     254.0    0.0        censored
    2       3     371.0    1.0     re-elevated
    """
    check_choice("origin", origin, ("normalization", "treatment"))
    known = read_follow_up(follow_up)
    if not len(known.patients):
        raise ValueError(refusal("'follow_up' must have at least one row", 0))
    found = _measure(known.normalized_on, known.re_elevated_on, known.observed_until, origin)
    return pd.DataFrame({"patient": known.patients, **found})


def contradictions(serial: pd.DataFrame, follow_up: pd.DataFrame) -> tuple[str, ...]:
    """List the serial CK values that contradict a recorded follow-up.

    Parameters
    ----------
    serial : pandas.DataFrame
        Columns ``patient, day, ck, uln``, one row a measurement. A row that lacks a day, its CK or its limit says
        nothing, and nor does a patient without a follow-up.
    follow_up : pandas.DataFrame
        Columns ``patient, normalized_on, re_elevated_on, observed_until``, one row a patient.

    Returns
    -------
    tuple of str
        One sentence for each value that contradicts, in the order of `serial`; empty where both agree.

    Raises
    ------
    DataError
        If the follow-up contradicts itself.
    ValueError
        If a column is missing or holds anything but numbers.

    Notes
    -----
    After day 0, CK must be above its limit until it normalized and on the day it re-elevated, and within from the day it
    normalized until it re-elevated; after a re-elevation it may be either. No value may come after the last day observed.
    A follow-up that is only finer than the serial values, with days between them, contradicts nothing.

    Examples
    --------
    >>> serial = pd.DataFrame({"patient": ["P01"] * 3, "day": [14, 28, 56], "ck": [900, 450, 120], "uln": 180})
    >>> follow_up = pd.DataFrame({"patient": ["P01"], "normalized_on": [25], "re_elevated_on": [None],
    ...                           "observed_until": [279]})
    >>> contradictions(serial, follow_up)
    ("'ck' must be at most its ULN of 180 from day 25, when it normalized (got 450) for patient 'P01', day 28.",)
    """
    return tuple(problem.message for problem in find_contradictions(serial, follow_up).values())


def find_contradictions(serial: pd.DataFrame, follow_up: pd.DataFrame) -> dict[int, Problem]:
    """Find the serial CK values that contradict a recorded follow-up, as `contradictions` lists them.

    Parameters
    ----------
    serial, follow_up : pandas.DataFrame
        As for `contradictions`.

    Returns
    -------
    dict of int to Problem
        What is wrong, by the position of the row of `serial`; in that order.

    Raises
    ------
    DataError
        If the follow-up contradicts itself.
    ValueError
        If a column is missing or holds anything but numbers.

    Examples
    --------
    >>> serial = pd.DataFrame({"patient": "P01", "day": [14, 300], "ck": [900, 120], "uln": 180})
    >>> follow_up = pd.DataFrame({"patient": ["P01"], "normalized_on": [25], "re_elevated_on": [None],
    ...                           "observed_until": [279]})
    >>> {row: problem.rule for row, problem in find_contradictions(serial, follow_up).items()}
    {1: "'day' must be at most 279, the last day observed"}
    """
    check_frame("serial", serial, ("patient", "day", "ck", "uln"))
    values = read_columns(day=serial["day"], ck=serial["ck"], uln=serial["uln"])
    known = read_follow_up(follow_up).of(serial["patient"].array)
    day, ck, uln = values["day"], values["ck"], values["uln"]
    # Comparisons with NaN are False, so that a row which lacks something says nothing.
    within, above = ck <= uln, ck > uln
    re_elevates = ~np.isnan(known.re_elevated_on)
    too_low, too_high = known.above(day) & within, known.within(day) & above
    rules = (
        ("day", "must be at most {2}, the last day observed", (day > known.observed_until) & (within | above)),
        ("ck", "must be above its ULN of {3} before it normalized on day {0}", too_low & (day < known.normalized_on)),
        ("ck", "must be above its ULN of {3} when it re-elevated on day {1}", too_low & (day == known.re_elevated_on)),
        ("ck", "must be above its ULN of {3} where it did not normalize", too_low),
        ("ck", "must be at most its ULN of {3} from day {0}, when it normalized, to day {1}", too_high & re_elevates),
        ("ck", "must be at most its ULN of {3} from day {0}, when it normalized", too_high),
    )
    which = np.select([broken for _, _, broken in rules], range(len(rules)), default=-1)
    facts = np.column_stack([known.normalized_on, known.re_elevated_on, known.observed_until, uln])
    found = {}
    for row in np.flatnonzero(which >= 0).tolist():
        name, rule, _ = rules[which[row]]
        record = f"for patient {spell(known.patients[row])}, day {spell(day[row])}"
        found[row] = Problem(f"{name!r} {rule.format(*map(spell, facts[row]))}", values[name][row], record)
    return found


@attrs.frozen(eq=False)
class Found:
    """The rows at which patients' states change, one entry a patient; the end of a patient's rows stands for 'never'."""

    start: Integers
    stop: Integers
    first_measured: Integers
    first_after: Integers
    followed: Mask
    begins: Mask
    normalized: Integers
    re_elevated: Integers


def find_changes(rows: SerialRows, confirm: int, abnormal_baseline: bool) -> Found:
    """Apply the rule; each row is the first of a patient's to meet a condition."""
    start = rows.starts
    stop = np.append(start[1:], len(rows.day))
    first_measured = _first(rows.day > -np.inf, start, stop)
    first_after = _first(rows.day > 0, start, stop)
    has_baseline = first_after > first_measured
    followed = has_baseline & rows.above[first_after - 1] if abnormal_baseline else np.full(len(start), True)

    begins = _begin_runs(~rows.above, rows.patient, confirm)
    normalized = np.where(followed, _first(begins, first_after, stop), stop)
    re_elevated = _first(rows.above, normalized, stop)
    return Found(start, stop, first_measured, first_after, followed, begins, normalized, re_elevated)


def _find_episodes(
    rows: SerialRows, changes: Found, observed_until: Columns | None, origin: str
) -> dict[str, npt.NDArray[Any]]:
    """Measure the first episode of each patient."""
    last = _last_observed(rows.day[changes.stop - 1], observed_until)
    found = _measure_rows(rows, changes, last, origin)
    found["status"][changes.first_after == changes.stop] = "no follow-up"
    found["status"][~changes.followed] = "normal at baseline"
    found["status"][~changes.followed & (changes.first_after == changes.first_measured)] = "no baseline"
    n_measurements, n_missing = changes.stop - changes.first_measured, changes.first_measured - changes.start
    return found | {"n_measurements": n_measurements, "n_missing": n_missing}


def _find_all_episodes(
    rows: SerialRows, observed_until: Columns | None, conventions: _Conventions
) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Yield the first episodes, the second ones of those whose CK normalizes again, and so on; `row` is the patient's."""
    changes = find_changes(rows, conventions.confirm, conventions.abnormal_baseline)
    first = _find_episodes(rows, changes, observed_until, conventions.origin)
    patients = np.arange(len(changes.start))
    yield {"row": patients, "episode": np.full(len(patients), 1), **first}
    number, re_elevated = 1, changes.re_elevated
    while True:
        number += 1
        normalized = _first(changes.begins, re_elevated, changes.stop)
        re_elevated = _first(rows.above, normalized, changes.stop)
        again = np.flatnonzero(normalized < changes.stop)
        if not len(again):
            return
        later = attrs.evolve(changes, normalized=normalized, re_elevated=re_elevated)
        found = _measure_rows(rows, later, first["observed_until"], conventions.origin)
        found |= {"n_measurements": first["n_measurements"], "n_missing": first["n_missing"]}
        yield {"row": again, "episode": np.full(len(again), number), **{name: each[again] for name, each in found.items()}}


def _measure_rows(rows: SerialRows, changes: Found, observed_until: FloatArray, origin: str) -> dict[str, npt.NDArray[Any]]:
    normalized_on, re_elevated_on = (_day_of(row, changes.stop, rows) for row in (changes.normalized, changes.re_elevated))
    return _measure(normalized_on, re_elevated_on, observed_until, origin)


def _measure(
    normalized_on: FloatArray, re_elevated_on: FloatArray, observed_until: FloatArray, origin: str
) -> dict[str, npt.NDArray[Any]]:
    """Measure the duration between the days found, and say how it ended."""
    normalized, re_elevated = ~np.isnan(normalized_on), ~np.isnan(re_elevated_on)
    begin = normalized_on if origin == "normalization" else np.where(normalized, 0.0, np.nan)
    status = np.full(len(normalized), "not normalized", dtype=object)
    status[normalized] = "censored"
    status[re_elevated] = "re-elevated"
    return {
        "normalized_on": normalized_on,
        "re_elevated_on": re_elevated_on,
        "observed_until": observed_until,
        "duration": subtract(np.where(re_elevated, re_elevated_on, observed_until), begin),
        "event": np.where(normalized, re_elevated, np.nan),
        "status": status,
    }


def _first(holds: Mask, start: Integers, stop: Integers) -> Integers:
    """Find the first row of each stretch where a condition holds, or its end where it nowhere does."""
    rows = np.append(np.flatnonzero(holds), len(holds))
    return np.asarray(np.minimum(rows[np.searchsorted(rows, start)], stop))


def _begin_runs(normal: Mask, patient: Integers, length: int) -> Mask:
    """Tell which rows begin so many normal values in a row, all of one patient."""
    if length == 1:
        return normal
    begins = np.zeros(len(normal), dtype=bool)
    possible = len(normal) - length + 1
    if possible > 0:
        count = np.append(0, np.cumsum(normal))
        begins[:possible] = count[length:] - count[:possible] == length
        begins[:possible] &= patient[length - 1 :] == patient[:possible]
    return begins


def _day_of(row: Integers, stop: Integers, rows: SerialRows) -> FloatArray:
    return np.where(row < stop, rows.day[np.minimum(row, stop - 1)], np.nan)


def _read_last_days(observed_until: ByPatient | None, patients: pd.Index[Any]) -> Columns | None:
    if observed_until is None:
        return None
    return read_columns(observed_until=look_up("observed_until", observed_until, patients))


def _last_observed(last_day: FloatArray, observed_until: Columns | None) -> FloatArray:
    """Take the last day measured, unless a later last day is known."""
    if observed_until is None:
        return np.where(np.isneginf(last_day), np.nan, last_day)
    observed_until.require("observed_until")
    given = observed_until["observed_until"]
    early = given < last_day
    last = spell(last_day[int(early.argmax())])
    observed_until.refuse("observed_until", early, f"must be on or after the last measurement (day {last})")
    return given
