"""Random trials of the form of the bundled one: how they are designed, and many of them drawn at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import FloatArray
from ivigmyo.display import Shown
from ivigmyo.errors import Problem, is_finite, number_problem, refuse, text_problem
from ivigmyo.files.frames import study_from_frames
from ivigmyo.instruments import ADL15, CK, MMT18
from ivigmyo.study import Protocol, Study

__all__ = ["Course", "SimulatedTrials", "TrialDesign", "draw_course", "draw_last_visit", "simulate_trial", "simulated_study"]

Mask: TypeAlias = npt.NDArray[np.bool_]


def _numbers(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


@attrs.frozen
class Course:
    """How a measure runs in a patient: a level at the first visit, and a change to each later one.

    Parameters
    ----------
    start : float
        Mean at the first visit.
    start_sd : float
        Standard deviation between patients at the first visit, without measurement noise.
    changes : tuple of float
        Mean change from each visit to the next.
    change_sds : tuple of float
        Standard deviation between patients of each change, as many as `changes`.
    correlation : float, default 0
        Correlation of two changes of a patient, from 0 to 1: who falls fast before treatment falls fast after it.
    noise : float, default 0
        Standard deviation of one measurement about the patient's true value.

    Raises
    ------
    DataError
        If a number is not finite, a standard deviation is below 0, `correlation` is not between 0 and 1, or there are not
        as many standard deviations as changes.

    Examples
    --------
    >>> Course(start=7.7, start_sd=0.85, changes=(-1, -1.6), change_sds=(0.6, 0.6)).means
    (7.7, 6.7, 5.1)
    """

    start: float
    start_sd: float
    changes: tuple[float, ...] = attrs.field(converter=_numbers)
    change_sds: tuple[float, ...] = attrs.field(converter=_numbers)
    correlation: float = 0.0
    noise: float = 0.0

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        yield number_problem("start", self.start, required=True)
        for change in self.changes:
            yield number_problem("changes", change, required=True)
        for sd in self.change_sds:
            yield number_problem("change_sds", sd, 0, required=True)
        if len(self.change_sds) != len(self.changes):
            yield Problem(f"'change_sds' must have {len(self.changes)} values, one to each change", len(self.change_sds))
        for name in ("start_sd", "noise"):
            yield number_problem(name, getattr(self, name), 0, required=True)
        yield number_problem("correlation", self.correlation, 0, 1, required=True)

    @property
    def means(self) -> tuple[float, ...]:
        """The mean at each visit."""
        return tuple(math.fsum((self.start, *self.changes[:k])) for k in range(len(self.changes) + 1))


@attrs.frozen(repr=False)
class TrialDesign(Shown):
    """What is assumed of a trial that is simulated.

    The defaults lie in the neighbourhood of the bundled trial (Saito et al. 2008, 15 patients), rounded. Noise cannot be
    told from change in a trial with one measurement a visit: its values are assumptions.

    Parameters
    ----------
    weeks : tuple of int
        The scheduled weeks, ascending; 0 is among them, as is at least one before and one after it. A visit is held on
        the first day of its week.
    ln_ck : Course
        The course of ln CK (IU/L).
    mmt, adl : Course
        The courses of the two scores. Values are rounded to whole points and cut off at the ends of the scale.
    female, dermatomyositis : float
        Probability that a patient is a woman, and that the diagnosis is dermatomyositis.
    age, age_sd : float
        Mean and standard deviation of the age in years; ages are whole and cut off at 18 and 90.
    uln_female, uln_male : float
        Upper limit of normal of CK in women and men (IU/L).
    dropout : float
        Probability that a patient stops before the last visit. The last visit held is then any from week 0 on but the
        last one scheduled, each as likely as the others.
    relapse_hazard : float
        Hazard of re-elevation on each day of normal CK (1 / mean days).
    relapse_ratio : float
        CK at visits from the re-elevation on is at least this multiple of its upper limit, more than 1.
    monitored_from, monitored_to : float
        CK is monitored up to a day between these two, each as likely as the others.
    control : TrialDesign, optional
        What is assumed of the patients of a control arm; its weeks are the same. None: all are treated alike.
    treated_share : float, default 0.5
        Where there is a control arm, the share of patients who are treated: of 95 patients 47, the number being rounded
        down. Who they are is drawn.
    arms : (str, str), default ("IVIG", "placebo")
        The names of the treated and the control arm.

    Raises
    ------
    DataError
        If a value is not possible, or a course does not have one change for each visit after the first.

    Notes
    -----
    The first visit after week 0 with CK <= ULN normalizes. From then on CK stays within the limit: values of later visits
    above it are set to it. The re-elevation comes after an exponential time, rounded up to whole days, unless the
    monitoring ends before.

    Examples
    --------
    >>> design = TrialDesign()
    >>> design.weeks
    (-4, 0, 4, 8, 12)
    >>> round(design.difference_mean, 2), round(design.difference_sd, 2), round(design.median_duration)
    (0.6, 0.8, 315)
    """

    weeks: tuple[int, ...] = attrs.field(default=(-4, 0, 4, 8, 12), converter=_numbers)
    ln_ck: Course = Course(7.7, 0.85, (-1.05, -1.65, -0.55, 0.0), (0.6, 0.6, 0.3, 0.15), correlation=0.3, noise=0.15)
    mmt: Course = Course(64.0, 12.0, (-7.0, 13.0, 4.0, 4.0), (6.0, 6.0, 4.0, 3.0), noise=2.0)
    adl: Course = Course(21.0, 8.5, (-2.0, 7.0, 5.0, 3.0), (4.5, 4.5, 3.0, 2.0), noise=1.5)
    female: float = 0.8
    dermatomyositis: float = 0.5
    age: float = 52.0
    age_sd: float = 10.0
    uln_female: float = 150.0
    uln_male: float = 240.0
    dropout: float = 0.07
    relapse_hazard: float = 0.0022
    relapse_ratio: float = 1.5
    monitored_from: float = 240.0
    monitored_to: float = 640.0
    control: TrialDesign | None = None
    treated_share: float = 0.5
    arms: tuple[str, str] = attrs.field(default=("IVIG", "placebo"), converter=_numbers)

    def __attrs_post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        weeks = [number_problem("weeks", week, whole=True, required=True) for week in self.weeks]
        yield from weeks
        if not any(weeks) and not (self.weeks == tuple(sorted(set(self.weeks))) and 0 in self.weeks[1:-1]):
            yield Problem("'weeks' must ascend, with 0 between the first and the last", self.weeks)
        for name in ("ln_ck", "mmt", "adl"):
            if len(changes := getattr(self, name).changes) != len(self.weeks) - 1:
                yield Problem(f"{name!r} must have {len(self.weeks) - 1} changes, one to each visit", len(changes))
        for name in ("female", "dermatomyositis", "dropout"):
            yield number_problem(name, getattr(self, name), 0, 1, required=True)
        for name in ("age", "age_sd", "monitored_from"):
            yield number_problem(name, getattr(self, name), 0, required=True)
        for name in ("uln_female", "uln_male", "relapse_hazard"):
            yield number_problem(name, getattr(self, name), 0, above=True, required=True)
        yield number_problem("relapse_ratio", self.relapse_ratio, 1, above=True, required=True)
        earliest = self.monitored_from if is_finite(self.monitored_from) else 0
        yield number_problem("monitored_to", self.monitored_to, earliest, required=True)
        yield number_problem("treated_share", self.treated_share, 0, 1, required=True)
        if len(set(self.arms)) != 2:
            yield Problem("'arms' must name the treated and the control arm", self.arms)
        for arm in self.arms:
            yield text_problem("arms", arm, required=True)
        yield from self._wrong_control()

    def _wrong_control(self) -> Iterator[Problem]:
        if self.control is None:
            return
        if not isinstance(self.control, TrialDesign):
            yield Problem("'control' must be of the kind TrialDesign", self.control)
        elif self.control.control is not None or self.control.weeks != self.weeks:
            yield Problem("'control' must have the same weeks, and no control arm of its own", self.control.weeks)

    @property
    def protocol(self) -> Protocol:
        """What such a trial plans: its weeks, the changes around baseline compared, and the control arm, if any."""
        baseline = self.weeks.index(0)
        around = (self.weeks[baseline - 1], self.weeks[baseline + 1])
        control = None if self.control is None else self.arms[1]
        return Protocol(scheduled_weeks=self.weeks, comparison_weeks=around, control=control)

    @property
    def difference_mean(self) -> float:
        """Mean of what `compare_log_changes` tests: the fall of ln CK after week 0 minus that before it."""
        before, after = self._around_baseline(self.ln_ck.changes)
        return before - after

    @property
    def difference_sd(self) -> float:
        """Standard deviation of that difference between patients, noise included.

        The middle one of the three measurements counts twice, so that the noise enters with 1 + 4 + 1 variances.
        """
        before, after = self._around_baseline(self.ln_ck.change_sds)
        shared = 2 * self.ln_ck.correlation * before * after
        return math.sqrt(before**2 + after**2 - shared + 6 * self.ln_ck.noise**2)

    @property
    def median_duration(self) -> float:
        """Median duration of normal CK in days, before rounding up to whole days: ln 2 / `relapse_hazard`."""
        return math.log(2) / self.relapse_hazard

    def _around_baseline(self, changes: tuple[float, ...]) -> tuple[float, float]:
        """Take what belongs to the change to week 0 and to the one from it."""
        baseline = self.weeks.index(0)
        return changes[baseline - 1], changes[baseline]


@attrs.frozen(eq=False, repr=False)
class SimulatedTrials(Shown):
    """Random trials, as tidy tables.

    Parameters
    ----------
    patients : pandas.DataFrame
        One row a patient: ``trial`` (from 1), ``patient`` ("1" to the number of patients, in each trial), ``diagnosis,
        sex, age, discontinued_on, discontinuation_reason``, and ``arm`` where there is a control arm.
    assessments : pandas.DataFrame
        One row a value: ``trial, patient, week, day, measure, value, uln``.
    ck_follow_up : pandas.DataFrame
        One row for each patient whose CK was above its limit at week 0 and who was seen later: ``trial, patient,
        normalized_on, re_elevated_on, observed_until``.
    n_patients, n_trials : int
        Patients of a trial, and trials.
    seed : int
        Seed of the random numbers.
    design : TrialDesign
        What was assumed.

    Examples
    --------
    >>> trials = simulate_trial(15, seed=1, n_trials=100)
    >>> trials
    SimulatedTrials(n_patients=15, n_trials=100, seed=1)
    >>> trials.assessments.query("trial == 2 and patient == '1' and measure == 'CK'")[["week", "value", "uln"]].round(1)
         week   value    uln
    235    -4  4052.2  150.0
    236     0   648.6  150.0
    237     4    68.6  150.0
    238     8    32.6  150.0
    239    12    32.5  150.0
    """

    patients: pd.DataFrame = attrs.field(repr=False)
    assessments: pd.DataFrame = attrs.field(repr=False)
    ck_follow_up: pd.DataFrame = attrs.field(repr=False)
    n_patients: int
    n_trials: int
    seed: int
    design: TrialDesign = attrs.field(repr=False)

    def study(self, trial: int = 1) -> Study:
        """Make a study of one trial.

        Parameters
        ----------
        trial : int, default 1
            Which one, from 1 to `n_trials`.

        Returns
        -------
        Study
            The study, read and checked as any other by `study_from_frames`.

        Raises
        ------
        DataError
            If there is no such trial.

        Examples
        --------
        >>> len(simulate_trial(15, seed=1, n_trials=2).study(2).patients)
        15
        """
        refuse([number_problem("trial", trial, 1, self.n_trials, whole=True, required=True)])
        patients, assessments, ck_follow_up = (
            table[table["trial"] == trial].drop(columns="trial").reset_index(drop=True)
            for table in (self.patients, self.assessments, self.ck_follow_up)
        )
        described = pd.DataFrame({"key": ["title"], "value": [f"simulated trial {trial} (seed {self.seed})"]})
        return study_from_frames(
            patients, assessments, ck_follow_up=ck_follow_up, study=described, protocol=self.design.protocol
        )


def simulate_trial(n_patients: int, *, seed: int, n_trials: int = 1, design: TrialDesign | None = None) -> SimulatedTrials:
    """Draw random trials.

    Parameters
    ----------
    n_patients : int
        Patients of a trial, at least 1.
    seed : int
        Seed of the random numbers, at least 0. The same arguments give the same trials.
    n_trials : int, default 1
        How many trials to draw, at least 1.
    design : TrialDesign, optional
        What is assumed; a trial in the neighbourhood of the bundled one unless given.

    Returns
    -------
    SimulatedTrials
        The trials as tables; `SimulatedTrials.study` makes a study of one.

    Raises
    ------
    DataError
        If a number is not a whole one in its range.

    Notes
    -----
    Patients are independent. ln CK and the two scores each follow their `Course`; changes and noise are normal, and the
    three measures are independent of each other. What follows from CK and the limits (days of normalization and
    re-elevation) agrees with the CK values of the visits.

    Examples
    --------
    >>> import ivigmyo
    >>> study = simulate_trial(30, seed=12).study()
    >>> ck = study.values("CK")
    >>> comparison = ivigmyo.compare_log_changes(ck[-4], ck[0], ck[4])
    >>> comparison.n, comparison.post.ratio < comparison.pre.ratio
    (29, True)
    """
    design = design or TrialDesign()
    refuse(
        [
            number_problem("n_patients", n_patients, 1, whole=True, required=True),
            number_problem("seed", seed, 0, whole=True, required=True),
            number_problem("n_trials", n_trials, 1, whole=True, required=True),
        ]
    )
    rng = np.random.default_rng(seed)
    if design.control is None:
        tables = _draw(rng, _everyone(n_patients, n_trials), design)
    else:
        tables = _draw_arms(rng, n_patients, n_trials, design, design.control)
    return SimulatedTrials(*tables, int(n_patients), int(n_trials), int(seed), design)


_Who: TypeAlias = dict[str, npt.NDArray[Any]]
_Tables: TypeAlias = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def _everyone(n_patients: int, n_trials: int) -> _Who:
    """Give each patient a number, and each trial."""
    names = np.array([str(k) for k in range(1, n_patients + 1)], dtype=object)
    return {"trial": np.repeat(np.arange(1, n_trials + 1), n_patients), "patient": np.tile(names, n_trials)}


def _draw(rng: np.random.Generator, who: _Who, design: TrialDesign) -> _Tables:
    """Draw patients who are treated alike: who they are, their values, and the follow-up of their CK."""
    n = len(who["trial"])
    female = rng.random(n) < design.female
    uln = np.where(female, design.uln_female, design.uln_male)
    patients = pd.DataFrame(who | _describe_patients(rng, female, design))
    last_visit = draw_last_visit(rng, n, design)
    patients["discontinued_on"], patients["discontinuation_reason"] = _discontinue(last_visit, design)
    ck = np.exp(draw_course(rng, n, design.ln_ck))
    follow_up = _follow_ck(rng, ck, uln, last_visit, design)
    held = np.arange(len(design.weeks)) <= last_visit[:, np.newaxis]
    values = {
        MMT18.code: _score(draw_course(rng, n, design.mmt), MMT18.maximum),
        ADL15.code: _score(draw_course(rng, n, design.adl), ADL15.maximum),
        CK.code: ck,
    }
    assessments = _tidy(who, values, held, uln, design)
    followed = ~np.isnan(follow_up["observed_until"])
    return patients, assessments, pd.DataFrame(who | follow_up)[followed].reset_index(drop=True)


def _draw_arms(
    rng: np.random.Generator, n_patients: int, n_trials: int, design: TrialDesign, control: TrialDesign
) -> _Tables:
    """Draw who is treated in each trial, then each arm by its own design; patients come in the order of their numbers."""
    n_treated = math.floor(n_patients * design.treated_share)
    order = rng.permuted(np.tile(np.arange(n_patients), (n_trials, 1)), axis=1)
    treated = (order < n_treated).ravel()
    everyone, drawn = _everyone(n_patients, n_trials), []
    for arm, members, own in zip(design.arms, (treated, ~treated), (design, control), strict=True):
        tables = _draw(rng, {name: column[members] for name, column in everyone.items()}, own)
        drawn.append((tables[0].assign(arm=arm), *tables[1:]))
    patients, assessments, follow_up = (
        pd.concat(each, ignore_index=True).sort_values(["trial", "patient"], key=_numbered, kind="stable", ignore_index=True)
        for each in zip(*drawn, strict=True)
    )
    return patients, assessments, follow_up


def _numbered(column: pd.Series[Any]) -> pd.Series[Any]:
    """Order patients by number, which they are named by."""
    return column.astype(int)


def simulated_study(n_patients: int, *, seed: int, design: TrialDesign | None = None) -> Study:
    """Draw one random trial as a study.

    Parameters
    ----------
    n_patients : int
        Patients, at least 1.
    seed : int
        Seed of the random numbers, at least 0.
    design : TrialDesign, optional
        What is assumed; a trial in the neighbourhood of the bundled one unless given.

    Returns
    -------
    Study
        The study, which every analysis takes.

    Raises
    ------
    DataError
        If a number is not a whole one in its range.

    Examples
    --------
    >>> simulated_study(15, seed=2008).title
    'simulated trial 1 (seed 2008)'
    """
    return simulate_trial(n_patients, seed=seed, design=design).study()


def draw_course(rng: np.random.Generator, n: int, course: Course) -> FloatArray:
    """Draw the measurements of a measure.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where random numbers come from.
    n : int
        Patients.
    course : Course
        How the measure runs.

    Returns
    -------
    numpy.ndarray of float
        One row a patient, one column a visit.

    Examples
    --------
    >>> draw_course(np.random.default_rng(1), 2, Course(7, 0, (-1, -2), (0, 0))).tolist()
    [[7.0, 6.0, 4.0], [7.0, 6.0, 4.0]]
    """
    start = course.start_sd * rng.standard_normal((n, 1))
    shared = math.sqrt(course.correlation) * rng.standard_normal((n, 1))
    own = math.sqrt(1 - course.correlation) * rng.standard_normal((n, len(course.changes)))
    changes = np.asarray(course.changes) + np.asarray(course.change_sds) * (shared + own)
    true = np.concatenate((course.start + start, changes), axis=1).cumsum(axis=1)
    return np.asarray(true + course.noise * rng.standard_normal(true.shape))


def draw_last_visit(rng: np.random.Generator, n: int, design: TrialDesign) -> npt.NDArray[np.int64]:
    """Draw the last visit that each patient holds.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where random numbers come from.
    n : int
        Patients.
    design : TrialDesign
        What is assumed.

    Returns
    -------
    numpy.ndarray of int
        Its position among the scheduled visits, from 0; the last position for those who complete the trial.

    Examples
    --------
    >>> draw_last_visit(np.random.default_rng(1), 3, TrialDesign(dropout=0)).tolist()
    [4, 4, 4]
    """
    last = len(design.weeks) - 1
    stops = rng.random(n) < design.dropout
    return np.where(stops, rng.integers(design.weeks.index(0), last, size=n), last)


def _describe_patients(rng: np.random.Generator, female: Mask, design: TrialDesign) -> dict[str, npt.NDArray[Any]]:
    dermatomyositis = rng.random(len(female)) < design.dermatomyositis
    age = rng.normal(design.age, design.age_sd, len(female)).round()
    return {
        "diagnosis": np.where(dermatomyositis, "DM", "PM").astype(object),
        "sex": np.where(female, "F", "M").astype(object),
        "age": np.clip(age, 18, 90),
    }


def _discontinue(last_visit: npt.NDArray[np.int64], design: TrialDesign) -> tuple[FloatArray, npt.NDArray[Any]]:
    """Date the end of treatment of those who stop: the day of the last visit they hold."""
    stops = last_visit < len(design.weeks) - 1
    day = 7.0 * np.asarray(design.weeks)[last_visit]
    return np.where(stops, day, np.nan), np.where(stops, np.array("simulated dropout", dtype=object), np.array(None))


def _follow_ck(
    rng: np.random.Generator, ck: FloatArray, uln: FloatArray, last_visit: npt.NDArray[np.int64], design: TrialDesign
) -> dict[str, FloatArray]:
    """Find when CK normalizes, draw when it re-elevates, and make the values of later visits agree (in place)."""
    day, limit = 7.0 * np.asarray(design.weeks), uln[:, np.newaxis]
    held = np.arange(len(day)) <= last_visit[:, np.newaxis]
    until = np.maximum(np.floor(rng.uniform(design.monitored_from, design.monitored_to, len(ck))), day[-1])
    lasts = np.ceil(rng.exponential(1 / design.relapse_hazard, len(ck)))
    after, above = day > 0, ck > limit
    known = above[:, design.weeks.index(0)] & (held & after).any(axis=1)
    normal = held & after & ~above & known[:, np.newaxis]
    normalized_on = np.where(normal.any(axis=1), day[normal.argmax(axis=1)], np.nan)
    re_elevated_on = normalized_on + lasts
    normalized, re_elevated = (day >= each[:, np.newaxis] for each in (normalized_on, re_elevated_on))
    np.minimum(ck, limit, out=ck, where=normalized & ~re_elevated)
    np.maximum(ck, design.relapse_ratio * limit, out=ck, where=re_elevated)
    return {
        "normalized_on": normalized_on,
        "re_elevated_on": np.where(re_elevated_on <= until, re_elevated_on, np.nan),
        "observed_until": np.where(known, until, np.nan),
    }


def _score(values: FloatArray, maximum: float | None) -> FloatArray:
    return np.clip(values.round(), 0, maximum)


def _tidy(
    who: dict[str, npt.NDArray[Any]], values: dict[str, FloatArray], held: Mask, uln: FloatArray, design: TrialDesign
) -> pd.DataFrame:
    """Lay the values of the visits that were held out, one a row: patient by patient, measure by measure."""
    shape = (len(held), len(values), len(design.weeks))
    kept = np.broadcast_to(held[:, np.newaxis, :], shape)

    def spread(column: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
        along = column.reshape([-1 if each == axis else 1 for each in range(3)])
        return np.asarray(np.broadcast_to(along, shape)[kept])

    measures = np.array(list(values), dtype=object)
    is_ck = spread(measures, 1) == CK.code
    columns = {name: spread(column, 0) for name, column in who.items()}
    weeks = spread(np.asarray(design.weeks), 2)
    columns |= {"week": weeks, "day": 7 * weeks, "measure": spread(measures, 1)}
    columns["value"] = np.stack(list(values.values()), axis=1)[kept]
    return pd.DataFrame(columns | {"uln": np.where(is_ck, spread(uln, 0), np.nan)})
