"""The Total Improvement Score visit by visit: when a patient responds, and whether the response lasts."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from ivigmyo.arguments import ByPatient, Columns, FloatArray, check_choice, check_frame, look_up, read_columns
from ivigmyo.core_set.enzymes import follow_enzyme, most_abnormal_enzyme
from ivigmyo.core_set.frames import Flags, measured_with
from ivigmyo.core_set.measures import ENZYMES, MEASURES, RANGE_MULTIPLES, THRESHOLDS
from ivigmyo.core_set.score import total_improvement_score
from ivigmyo.core_set.visits import Rows, baseline_rows, name_visit, read_visits, read_weeks, rows_by_patient
from ivigmyo.errors import is_finite, number_problem, refusal
from ivigmyo.instruments import CK, Instrument

__all__ = ["scores_over_time", "sustained_response", "time_to_response"]

Population = Literal["adult", "juvenile"]

_DAYS = 7
_HIGHEST = 100


def scores_over_time(
    visits: pd.DataFrame,
    *,
    mmt_maximum: float | None,
    baseline: pd.DataFrame | None = None,
    ulns: pd.DataFrame | Mapping[str, float] | None = None,
    enzyme_range: float | ByPatient = None,
    range_multiples: Mapping[str, float] = RANGE_MULTIPLES,
    population: Population = "adult",
    stand_ins: Collection[Instrument] = (),
) -> pd.DataFrame:
    """Score every visit after baseline.

    Parameters
    ----------
    visits : pandas.DataFrame
        One row a visit: ``patient, week``, the measures of `total_improvement_score` other than the enzyme, and for it
        either ``enzyme`` or the enzymes as `most_abnormal_enzyme` names them (``CK``, ``LDH``, ...). Scales in cm; further
        columns are left aside. Rows may come in any order.
    mmt_maximum : float
        As in `total_improvement_score`.
    baseline : pandas.DataFrame, optional
        The same measures, one row a patient, the index being the patients. None: each patient's last row at or before
        week 0.
    ulns : pandas.DataFrame or mapping of str to float, optional
        The upper limits of the enzymes at baseline: one a patient (the index being the patients), or one an enzyme. With
        it the enzyme that is the most times its limit at baseline is chosen in each patient, and followed at every visit.
    enzyme_range : float or by patient, optional
        Where `visits` has the column ``enzyme``: its range, one number or one a patient.
    range_multiples : mapping of str to float, default `RANGE_MULTIPLES`
        As in `most_abnormal_enzyme`.
    population, stand_ins : optional
        As in `total_improvement_score`.

    Returns
    -------
    pandas.DataFrame
        One row a patient and week after 0, in the order of patients and weeks: ``patient, week, score, category, missing``.
        A measure that is missing at the visit or at baseline gives no score.

    Raises
    ------
    ValueError
        If a column is absent, a week stands twice, a value is outside its range, or both or neither of `ulns` and
        `enzyme_range` are given where the enzyme needs one.

    See Also
    --------
    sustained_response, time_to_response : What is read off the scores.

    References
    ----------
    Aggarwal R, et al. Ann Rheum Dis 2017;76:792.

    Examples
    --------
    LDH is followed, being 3 times its limit at baseline:

    >>> visits = pd.DataFrame({"patient": "P01", "week": [0, 4, 8], "physician_global": [6, 5, 2],
    ...     "patient_global": [6, 6, 3], "mmt": [110, 116, 132], "haq": [1.5, 1.5, 0.75], "extramuscular": [4, 4, 1],
    ...     "CK": [150, 140, 130], "LDH": [720, 600, 300]})
    >>> scores = scores_over_time(visits, mmt_maximum=150, ulns={"CK": 200, "LDH": 240})
    >>> scores[["patient", "week", "score", "category"]]
      patient  week  score category
    0     P01   4.0   22.5  minimal
    1     P01   8.0   75.0    major
    """
    instruments = _instruments(visits, measured_with(mmt_maximum, 10, stand_ins))
    columns = read_visits("visits", visits, instruments)
    rows = rows_by_patient(visits, columns)
    patients = pd.Index(list(rows), name="patient", tupleize_cols=False)
    measured = pd.DataFrame({each: columns[each] for each in instruments})
    if baseline is None:
        last = baseline_rows(rows, columns["week"])
        before = measured.reindex([last.get(patient, -1) for patient in rows]).set_axis(patients)
    else:
        check_frame("baseline", baseline, tuple(instruments))
        before = baseline[list(instruments)].reindex(patients)
    later = [each[columns["week"][each] > 0] for each in rows.values()]
    place = np.repeat(np.arange(len(patients)), [len(each) for each in later])
    positions = np.concatenate([np.zeros(0, dtype=np.int64), *later])
    after = measured.iloc[positions].set_axis(patients[place])
    if "enzyme" not in instruments:
        if ulns is None or enzyme_range is not None:
            raise ValueError("'ulns' must be given where 'visits' names its enzymes, and 'enzyme_range' must not.")
        before["enzyme"], after["enzyme"], enzyme_range = _follow_enzyme(before, after, place, ulns, range_multiples)
    elif ulns is not None:
        raise ValueError("'ulns' must not be given where 'visits' has the column 'enzyme', but 'enzyme_range'.")
    if isinstance(enzyme_range, (pd.Series, Mapping)):
        enzyme_range = look_up("enzyme_range", enzyme_range, patients).iloc[place]
    options: dict[str, Any] = {"mmt_maximum": mmt_maximum, "population": population, "stand_ins": stand_ins}
    known = list(MEASURES)
    scored = total_improvement_score(before[known].iloc[place], after[known], enzyme_range=enzyme_range, **options)
    found = scored[["score", "category", "missing"]].reset_index()
    found.insert(1, "week", columns["week"][positions])
    return found


def _follow_enzyme(
    before: pd.DataFrame,
    after: pd.DataFrame,
    place: Rows,
    ulns: pd.DataFrame | Mapping[str, float],
    range_multiples: Mapping[str, float],
) -> tuple[pd.Series[float], pd.Series[float], pd.Series[float]]:
    """Choose each patient's enzyme at baseline: its value there, its value at each visit, and its range."""
    codes = [each.code for each in ENZYMES if each.code in before.columns]
    limits = ulns.reindex(before.index) if isinstance(ulns, pd.DataFrame) else ulns
    chosen = most_abnormal_enzyme(before[codes], limits, range_multiples=range_multiples)
    return chosen["value"], follow_enzyme(after[codes], chosen["enzyme"].iloc[place]), chosen["range"]


def _instruments(visits: pd.DataFrame, instruments: dict[str, Instrument]) -> dict[str, Instrument]:
    """Leave the enzyme to its single ones where these stand in its place."""
    check_frame("visits", visits, ("patient", "week"))
    single = {each.code: CK for each in ENZYMES if each.code in visits.columns}
    if "enzyme" in visits.columns or not single:
        return instruments
    return {measure: each for measure, each in instruments.items() if measure != "enzyme"} | single


def sustained_response(
    scores: pd.DataFrame,
    week: float,
    threshold: float | None = None,
    also_in: Collection[float] = (),
    rescued: ByPatient = None,
    *,
    population: Population = "adult",
) -> pd.Series[bool]:
    """Tell who responded at a week, and at one of several others.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a visit: ``patient, week, score``, as of `scores_over_time`; a missing score is NaN.
    week : float
        The week at which response is judged.
    threshold : float, optional
        The lowest score that is a response; None: minimal improvement of the population.
    also_in : collection of float, optional
        Weeks of which at least one must be a response too; none is asked for where it is empty.
    rescued : Series or mapping by patient, optional
        The week of rescue, after week 0, missing where there was none (a truth value, or 0 for 'no', is refused). Rescue
        up to `week` counts as no response.
    population : {"adult", "juvenile"}, default "adult"
        Whose threshold applies where none is given.

    Returns
    -------
    pandas.Series
        True or False by patient, in the order in which they come. A missing score is no response.

    Raises
    ------
    ValueError
        If a column is absent, a week stands twice, a score is not between 0 and 100, or an option is not possible.

    Examples
    --------
    >>> scores = pd.DataFrame({"patient": ["A"] * 3 + ["B"] * 3, "week": [17, 21, 25] * 2,
    ...     "score": [15, 22.5, 25, 30, 15, 15]})
    >>> sustained_response(scores, 25, also_in=(17, 21)).to_dict()
    {'A': True, 'B': False}
    """
    lowest = _read_threshold(threshold, population)
    others = _read_weeks_asked(week, also_in)
    columns, patients, met = _read_scores(scores, lowest)
    rescue = read_weeks("rescued", rescued, patients)
    rows_met = [met & (columns["week"] == week), met & np.isin(columns["week"], others)]
    then, also = (patients.isin(scores["patient"].to_numpy()[rows]) for rows in rows_met)
    return pd.Series(then & (also | (not others)) & ~(rescue <= week), index=patients, name="responded")


def time_to_response(
    scores: pd.DataFrame,
    threshold: float | None = None,
    confirm: int = 1,
    rescued: ByPatient = None,
    planned_end: float | None = None,
    *,
    population: Population = "adult",
) -> pd.DataFrame:
    """Say after how many days each patient responded, as `kaplan_meier` takes it.

    Parameters
    ----------
    scores : pandas.DataFrame
        As in `sustained_response`. Scores at or before week 0 are left aside.
    threshold : float, optional
        The lowest score that is a response; None: minimal improvement of the population.
    confirm : int, default 1
        How many visits in a row must be a response; the first of them is its date. A visit without a score is none.
    rescued : Series or mapping by patient, optional
        As in `sustained_response`. Scores from that week on are no response.
    planned_end : float, optional
        The week in which the trial was planned to end. Who never responds, for whatever reason, is followed up to it;
        later scores are left aside.
    population : {"adult", "juvenile"}, default "adult"
        Whose threshold applies where none is given.

    Returns
    -------
    pandas.DataFrame
        One row a patient, in the order in which they come: ``patient, duration, event``. The duration is in days, weeks x 7
        from week 0; an event of False is censored: at the visit that was still to be confirmed when the scores ended, else
        at `planned_end` where it is given, else at the patient's last score (0 without one).

    Raises
    ------
    ValueError
        As `sustained_response`.

    Notes
    -----
    That a patient who was rescued, or left, without response stays at risk to the planned end says that they never respond
    (the composite strategy of ICH E9(R1)). Of several visits still to be confirmed, the first is where they are censored:
    it would be the date of the response.

    Examples
    --------
    >>> scores = pd.DataFrame({"patient": ["A"] * 3 + ["B"] * 3, "week": [4, 8, 12] * 2,
    ...     "score": [15, 22.5, 25, 15, 15, 30]})
    >>> time_to_response(scores, confirm=2)
      patient  duration  event
    0       A      56.0   True
    1       B      84.0  False
    """
    lowest = _read_threshold(threshold, population)
    if number_problem("confirm", confirm, 1, whole=True, required=True):
        raise ValueError(refusal("'confirm' must be a whole number of at least 1", confirm))
    if planned_end is not None and (not is_finite(planned_end) or planned_end <= 0):
        raise ValueError(refusal("'planned_end' must be a week after 0", planned_end))
    columns, patients, met = _read_scores(scores, lowest)
    end = math.inf if planned_end is None else planned_end
    counts = ~np.isnan(columns["score"]) & (columns["week"] > 0) & (columns["week"] <= end)
    rescue = read_weeks("rescued", rescued, patients)
    found = []
    for each, week in zip(rows_by_patient(scores, columns).values(), rescue, strict=True):
        rows = each[counts[each]]
        found.append(_follow(columns["week"][rows], met[rows], confirm, week if week <= end else math.inf, planned_end))
    durations, events = zip(*found, strict=True) if found else ((), ())
    days = np.array(durations, dtype=np.float64) * _DAYS
    return pd.DataFrame({"patient": patients, "duration": days, "event": np.array(events, dtype=np.bool_)})


def _follow(week: FloatArray, met: Flags, confirm: int, rescue: float, planned_end: float | None) -> tuple[float, bool]:
    """Follow one patient to the response; without one, to where it can be ruled out no further."""
    run = 0
    for i in np.flatnonzero(week < rescue):
        run = run + 1 if met[i] else 0
        if run == confirm:
            return float(week[i - run + 1]), True
    if run and rescue == math.inf:
        return float(week[len(week) - run]), False
    if planned_end is not None:
        return float(planned_end), False
    return float(week[-1]) if len(week) else 0.0, False


def _read_threshold(threshold: float | None, population: str) -> float:
    check_choice("population", population, THRESHOLDS)
    if threshold is None:
        return THRESHOLDS[population][0]
    if not is_finite(threshold) or not 0 < threshold <= _HIGHEST:
        raise ValueError(refusal(f"'threshold' must be greater than 0 and at most {_HIGHEST}", threshold))
    return float(threshold)


def _read_weeks_asked(week: float, also_in: Collection[float]) -> tuple[float, ...]:
    if not is_finite(week):
        raise ValueError(refusal("'week' must be a number", week))
    if not isinstance(also_in, Collection):
        raise ValueError(refusal("'also_in' must be a list of weeks", also_in))
    for each in also_in:
        if not is_finite(each):
            raise ValueError(refusal("'also_in' must hold numbers", each))
    return tuple(also_in)


def _read_scores(scores: pd.DataFrame, lowest: float) -> tuple[Columns, pd.Index[Any], Flags]:
    """Read weeks and scores, the patients in the order in which they come, and which scores are a response."""
    check_frame("scores", scores, ("patient", "week", "score"))
    values: dict[str, Any] = {column: scores[column].reset_index(drop=True) for column in ("week", "score")}
    columns = read_columns(name_record=name_visit(scores), **values)
    columns.require("week")
    impossible = (columns["score"] < 0) | (columns["score"] > _HIGHEST)
    columns.refuse("score", impossible, f"must be between 0 and {_HIGHEST}")
    rows: dict[Hashable, Any] = rows_by_patient(scores, columns)
    return columns, pd.Index(list(rows), name="patient", tupleize_cols=False), columns["score"] >= lowest
