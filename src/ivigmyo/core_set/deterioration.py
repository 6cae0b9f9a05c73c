"""Deterioration that the next visit confirms, by the rule of the ProDERM trial."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Columns, FloatArray, check_choice
from ivigmyo.core_set.frames import Flags, gain, measured_with, names, percent
from ivigmyo.core_set.visits import Rows, baseline_rows, read_visits, rows_by_patient
from ivigmyo.errors import Problem, is_finite, number_problem, refuse
from ivigmyo.instruments import Instrument

__all__ = ["PRODERM", "DeteriorationRule", "find_deterioration"]

_MEASURES = ("physician_global", "patient_global", "mmt", "haq", "extramuscular")

_COLUMNS = ["patient", "first_week", "confirmed_week", "criterion", "status", "unconfirmed_week", "zero_baseline"]

_NOT, _UNKNOWN, _MET = 0, 1, 2
"""What a criterion says of a visit; unknown where measures that are missing there would decide."""


def _weeks(weeks: Collection[float] | None) -> tuple[float, ...] | None:
    return None if weeks is None else tuple(weeks)


@attrs.frozen
class DeteriorationRule:
    """When a patient has deteriorated: what must be worse than at baseline, and what confirms it.

    Three criteria, each of which suffices: physician global and MMT; extramuscular activity; any `n_measures` of the five
    measures other than the enzyme.

    Parameters
    ----------
    scale_worsening : float, default 2
        Rise of the physician global, and of extramuscular activity, in cm.
    mmt_percent : float, default 20
        Fall of MMT beside the physician global, in percent of its baseline.
    measure_percent : float, default 30
        Worsening of each of the five measures, in percent of its baseline.
    n_measures : int, default 3
        How many of the five must be that much worse, 1 to 5.
    same_criterion : bool, default True
        Whether the confirming visit must meet the criterion that the first one met, or any.
    missing : {"skip", "break"}, default "skip"
        A visit at which missing measures leave a criterion open neither confirms nor clears (``"skip"``: the visit after it
        may confirm), or ends the sequence (``"break"``).
    zero_baseline : {"any", "none"}, default "any"
        From a baseline of 0 no percentage can be taken: any worsening counts, or none.
    scheduled_weeks : collection of float, optional
        The visits after baseline that count. None: each patient's own rows. A scheduled visit without a row is one at which
        everything is missing.
    endpoint_week : float, optional
        The last week that counts; None: all.

    Raises
    ------
    DataError
        If a number is not possible.

    See Also
    --------
    find_deterioration : Applies the rule.

    Examples
    --------
    >>> DeteriorationRule(missing="break", endpoint_week=16).n_measures
    3
    """

    scale_worsening: float = 2.0
    mmt_percent: float = 20.0
    measure_percent: float = 30.0
    n_measures: int = 3
    same_criterion: bool = True
    missing: Literal["skip", "break"] = "skip"
    zero_baseline: Literal["any", "none"] = "any"
    scheduled_weeks: tuple[float, ...] | None = attrs.field(default=None, converter=_weeks)
    endpoint_week: float | None = None

    def __attrs_post_init__(self) -> None:
        check_choice("same_criterion", self.same_criterion, (True, False))
        check_choice("missing", self.missing, ("skip", "break"))
        check_choice("zero_baseline", self.zero_baseline, ("any", "none"))
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        for name in ("scale_worsening", "mmt_percent", "measure_percent"):
            yield number_problem(name, getattr(self, name), 0, above=True, required=True)
        yield number_problem("n_measures", self.n_measures, 1, len(_MEASURES), whole=True, required=True)
        yield number_problem("endpoint_week", self.endpoint_week, 0, above=True)
        for week in self.scheduled_weeks or ():
            if not is_finite(week):
                yield Problem("'scheduled_weeks' must be numbers", week)

    @property
    def criteria(self) -> tuple[str, ...]:
        """The names of the three criteria, in the order of the publication."""
        return ("physician global and MMT", "extramuscular activity", f"{self.n_measures} of 5 measures")


PRODERM = DeteriorationRule()
"""The rule of the ProDERM trial; what its publication leaves open is chosen as `DeteriorationRule` says."""


def find_deterioration(visits: pd.DataFrame, mmt_maximum: float, rule: DeteriorationRule = PRODERM) -> pd.DataFrame:
    """Find the first confirmed deterioration of each patient.

    Parameters
    ----------
    visits : pandas.DataFrame
        One row a visit: ``patient, week, physician_global, patient_global, mmt, haq, extramuscular``, further columns being
        left aside. Scales in cm, HAQ from 0 to 3; a missing value is NaN. A patient's baseline is the last row at or before
        week 0; rows may come in any order.
    mmt_maximum : float
        The highest possible MMT, such as 150: it serves to refuse an impossible value.
    rule : DeteriorationRule, default `PRODERM`
        The thresholds, and what else must be decided.

    Returns
    -------
    pandas.DataFrame
        One row a patient: ``patient``; ``first_week``, of the first of the two visits, and ``confirmed_week``, of the
        confirming one (NaN where no deterioration was confirmed); ``criterion``, the criteria that both met (None without).
        Then ``status``: ``"confirmed"``, ``"unconfirmed"`` (met at the last visit only, which is no deterioration),
        ``"none"``, ``"no baseline"`` or ``"no visit"`` after it; ``unconfirmed_week``, of that last visit; and
        ``zero_baseline``, the names of the measures whose baseline is 0, from which any worsening counts (``""`` where
        there is none; MMT cannot fall from 0).

    Raises
    ------
    ValueError
        If a column is absent, a patient or week is missing or stands twice, or a value is outside its range.

    Notes
    -----
    A criterion is met where the measures known at a visit meet it, not met where those missing could not change that, and
    unknown otherwise. A measure that is missing at baseline never counts. Of several criteria that are confirmed, the one
    confirmed first is given; of these, the one that was met first.

    Thresholds are compared as the values are written in decimals: from 2.1 to 4.1 is 2 cm.

    References
    ----------
    Aggarwal R, et al. N Engl J Med 2022;387:1264 (ProDERM): worsening at two consecutive visits of the physician global by 2
    cm or more and MMT8 by 20 % or more, or extramuscular activity by 2 cm or more, or three of five core set measures by
    30 % or more.

    Examples
    --------
    >>> visits = pd.DataFrame({"patient": "P01", "week": [0, 4, 8, 12], "physician_global": [5, 7.0, 6, 5],
    ...     "patient_global": 5, "mmt": [120, 96, 120, 120], "haq": 1, "extramuscular": [2.1, 3, 4.1, 4.5]})
    >>> find_deterioration(visits, mmt_maximum=150)[["patient", "first_week", "confirmed_week", "criterion"]]
      patient  first_week  confirmed_week               criterion
    0     P01         8.0            12.0  extramuscular activity
    """
    instruments = {measure: each for measure, each in measured_with(mmt_maximum, 10).items() if measure in _MEASURES}
    columns = read_visits("visits", visits, instruments)
    rows = rows_by_patient(visits, columns)
    baselines = baseline_rows(rows, columns["week"])
    states = _judge(columns, _baseline_of_each_row(rows, baselines, len(columns)), instruments, rule)
    zero = names({measure: columns[measure] == 0 for measure in _MEASURES if measure != "mmt"})
    found = []
    for patient, each in rows.items():
        if patient not in baselines:
            found.append((patient, np.nan, np.nan, None, "no baseline", np.nan, ""))
            continue
        found.append((patient, *_follow(columns["week"][each], states[:, each], rule), zero[baselines[patient]]))
    names_of_columns = [
        "patient",
        "first_week",
        "confirmed_week",
        "criterion",
        "status",
        "unconfirmed_week",
        "zero_baseline",
    ]
    frame = pd.DataFrame(found, columns=names_of_columns, dtype=object)
    frame["patient"] = frame["patient"].infer_objects()
    return frame.astype({"first_week": float, "confirmed_week": float, "unconfirmed_week": float})


def _baseline_of_each_row(rows: dict[Hashable, Rows], baselines: dict[Hashable, int], n: int) -> Rows:
    """Give the position of the baseline that belongs to each row; without one, the row itself."""
    position = np.arange(n)
    for patient, baseline in baselines.items():
        position[rows[patient]] = baseline
    return position


def _judge(
    columns: Columns, baseline: Rows, instruments: dict[str, Instrument], rule: DeteriorationRule
) -> npt.NDArray[np.int8]:
    """Say what each criterion is at each visit, a row a criterion."""
    rise: dict[str, FloatArray] = {}
    relative: dict[str, FloatArray] = {}
    for measure, instrument in instruments.items():
        before = columns[measure][baseline]
        worsening = gain(instrument, columns[measure], before)
        rise[measure] = percent(worsening, 100.0)  # the difference as written, free of binary noise
        relative[measure] = percent(worsening, before)
        if rule.zero_baseline == "none":
            relative[measure][(before == 0) & (worsening != 0)] = 0.0
    assessed = {measure: ~np.isnan(columns[measure][baseline]) for measure in _MEASURES}
    worse = {measure: relative[measure] >= rule.measure_percent for measure in _MEASURES}
    known = {measure: ~np.isnan(columns[measure]) for measure in _MEASURES}
    both = [
        _state(rise["physician_global"] >= rule.scale_worsening, known["physician_global"], assessed["physician_global"]),
        _state(relative["mmt"] >= rule.mmt_percent, known["mmt"], assessed["mmt"]),
    ]
    outside = _state(rise["extramuscular"] >= rule.scale_worsening, known["extramuscular"], assessed["extramuscular"])
    each = np.array([_state(worse[measure], known[measure], assessed[measure]) for measure in _MEASURES])
    certain, possible = (each == _MET).sum(axis=0), (each >= _UNKNOWN).sum(axis=0)
    several = np.where(certain >= rule.n_measures, _MET, np.where(possible >= rule.n_measures, _UNKNOWN, _NOT))
    return np.array([np.minimum(*both), outside, several], dtype=np.int8)


def _state(met: Flags, known: Flags, assessed: Flags) -> npt.NDArray[np.int8]:
    """Say whether a worsening is there; what was not measured at baseline never is."""
    return np.where(met, _MET, np.where(known | ~assessed, _NOT, _UNKNOWN)).astype(np.int8)


def _follow(week: FloatArray, states: npt.NDArray[np.int8], rule: DeteriorationRule) -> tuple[Any, ...]:
    """Follow one patient from visit to visit: first and confirming week, criterion, status and unconfirmed week."""
    week, states = _visits_that_count(week, states, rule)
    if len(week) == 0:
        return np.nan, np.nan, None, "no visit", np.nan
    sequences = states if rule.same_criterion else states.max(axis=0, keepdims=True)
    walks = [_confirm(sequence, rule.missing) for sequence in sequences]
    confirmed = sorted({(second, first) for first, second in walks if second is not None and first is not None})
    if confirmed:
        second, first = confirmed[0]
        met = states[:, first] == _MET
        if rule.same_criterion:
            met &= [walk == (first, second) for walk in walks]
        criterion = ", ".join(name for name, flag in zip(rule.criteria, met, strict=True) if flag)
        return week[first], week[second], criterion, "confirmed", np.nan
    pending = [first for first, _ in walks if first is not None]
    if pending:
        return np.nan, np.nan, None, "unconfirmed", week[min(pending)]
    return np.nan, np.nan, None, "none", np.nan


def _visits_that_count(
    week: FloatArray, states: npt.NDArray[np.int8], rule: DeteriorationRule
) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Take the visits after baseline, scheduled and up to the endpoint week; a scheduled one without a row is unknown."""
    last = np.inf if rule.endpoint_week is None else rule.endpoint_week
    after = (week > 0) & (week <= last)
    if rule.scheduled_weeks is None:
        return week[after], states[:, after]
    planned = np.array([each for each in sorted(set(rule.scheduled_weeks)) if 0 < each <= last], dtype=np.float64)
    planned = planned[planned <= week.max()]  # beyond a patient's last row there is no visit to miss
    filled = np.full((len(states), len(planned)), _UNKNOWN, dtype=np.int8)
    for column, each in enumerate(planned):
        if (week == each).any():
            filled[:, column] = states[:, week == each][:, 0]
    return planned, filled


def _confirm(states: npt.NDArray[np.int8], missing: str) -> tuple[int | None, int | None]:
    """Find the first visit that met and the one that confirmed it; a first one alone is still to be confirmed."""
    first: int | None = None
    for visit, state in enumerate(states):
        if state == _MET and first is not None:
            return first, visit
        if state == _MET:
            first = visit
        elif state == _NOT or missing == "break":
            first = None
    return first, None
