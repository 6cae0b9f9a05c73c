"""How many patients the next trial needs: power of the ln CK comparison, and precision of the median duration."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cache
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Column, FloatArray, Values, check_choice, read_columns
from ivigmyo.change.student import t_test
from ivigmyo.display import track
from ivigmyo.errors import is_finite, number_problem, refusal, refuse
from ivigmyo.estimates import check_level
from ivigmyo.normalization import at_risk, episodes_from_follow_up
from ivigmyo.planning.simulation import TrialDesign, draw_course, draw_last_visit, simulate_trial
from ivigmyo.survival import kaplan_meier
from ivigmyo.survival.curve import Transform

__all__ = ["check_alpha", "median_precision", "paired_t_power", "power_curve", "t_test_power"]

_Row: TypeAlias = Generator[int, None, dict[str, float]]
"""The columns of a row of results, which takes a step for each part of its trials."""

# So many patients are drawn at once, which bounds the memory.
_BLOCK = 1 << 18


@overload
def paired_t_power(n: int, difference: float, sd: float, *, alpha: float = ...) -> float: ...
@overload
def paired_t_power(n: Column, difference: Values, sd: Values, *, alpha: float = ...) -> FloatArray: ...
@overload
def paired_t_power(n: int, difference: Column, sd: Values, *, alpha: float = ...) -> FloatArray: ...
@overload
def paired_t_power(n: int, difference: float, sd: Column, *, alpha: float = ...) -> FloatArray: ...
def paired_t_power(n: Values, difference: Values, sd: Values, *, alpha: float = 0.05) -> float | FloatArray:
    """Compute the power of the paired t-test in closed form.

    Parameters
    ----------
    n : int or array_like of int
        Patients with all values, at least 2.
    difference : float or array_like of float
        True mean of the difference within patients.
    sd : float or array_like of float
        Its standard deviation between patients, greater than 0.
    alpha : float, default 0.05
        Level of the two-sided test, strictly between 0 and 1.

    Returns
    -------
    float or numpy.ndarray
        The probability that P <= `alpha`: a number for numbers, an array where any argument is a column.

    Raises
    ------
    ValueError
        If a value is missing or outside its range, or lengths differ.

    Notes
    -----
    t follows a noncentral t distribution with n - 1 degrees of freedom and noncentrality sqrt(n) difference / sd. Both
    tails count, as in R's ``power.t.test(type = "paired", strict = TRUE)`` and in PROC POWER of SAS.

    References
    ----------
    Cohen J. Statistical Power Analysis for the Behavioral Sciences, 2nd ed., 1988, chapter 2.

    Examples
    --------
    The difference of Table 3 of Saito et al. 2008, 0.601 with a standard deviation of 0.809:

    >>> paired_t_power([10, 15, 20], 0.601, 0.809).round(3)
    array([0.554, 0.763, 0.883])
    """
    check_alpha(alpha)
    columns = read_columns(scalars=True, n=n, difference=difference, sd=sd)
    columns.require("n", "difference", "sd")
    columns.refuse("n", (columns["n"] < 2) | (columns["n"] % 1 != 0), "must be a whole number of at least 2")
    columns.refuse("sd", columns["sd"] <= 0, "must be greater than 0")
    power = _power(columns["n"], columns["difference"] / columns["sd"], alpha)
    return float(power[0]) if columns.scalar else power


def power_curve(
    n_patients: Iterable[int],
    *,
    seed: int,
    n_trials: int = 2000,
    design: TrialDesign | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Simulate the power of the ln CK comparison by number of patients.

    Parameters
    ----------
    n_patients : iterable of int
        Numbers of patients, each at least 2.
    seed : int
        Seed of the random numbers, at least 0.
    n_trials : int, default 2000
        Trials to draw for each number of patients.
    design : TrialDesign, optional
        What is assumed; a trial in the neighbourhood of the bundled one unless given.
    alpha : float, default 0.05
        Level of the two-sided paired t-test, strictly between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row a number of patients: ``n_patients``, ``n_analysed`` (mean number with all three values), ``power`` (the
        share of trials with P <= alpha), ``power_se`` (its Monte Carlo standard error, sqrt(p (1 - p) / n_trials)),
        ``closed_form`` (what the noncentral t says), ``n_trials``, ``seed``.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Notes
    -----
    Tested is the difference of `compare_log_changes` between the visits before, at and after week 0. Each row is drawn
    from `seed` anew, so that it does not depend on the other rows. A trial in which fewer than two patients have all
    three values shows nothing and counts as such. The closed form is `paired_t_power` of `TrialDesign.difference_mean` and
    `TrialDesign.difference_sd`, averaged over the binomial number of patients who are not lost before the last of the
    three visits.

    Examples
    --------
    >>> curve = power_curve([10, 15, 20], seed=2008)
    >>> curve[["n_patients", "power", "power_se", "closed_form"]].round(3)
       n_patients  power  power_se  closed_form
    0          10  0.548     0.011        0.550
    1          15  0.746     0.010        0.759
    2          20  0.863     0.008        0.881
    """
    check_alpha(alpha)
    design = _one_arm(design)
    numbers = _read_numbers(n_patients, 2, seed, n_trials)

    def row(n: int) -> _Row:
        rng = np.random.default_rng(seed)
        tests = []
        for trials in _blocks(n, n_trials):
            tests.append(_test_trials(rng, n, trials, design))
            yield trials
        p_values, analysed = (np.concatenate(each) for each in zip(*tests, strict=True))
        power = float(np.mean(p_values <= alpha))
        return {
            "n_analysed": float(analysed.mean()),
            "power": power,
            "power_se": _share_se(power, n_trials),
            "closed_form": _expected_power(n, design, alpha),
        }

    n_blocks = sum(len(list(_blocks(n, n_trials))) for n in numbers)
    return _tabulate(numbers, row, n_blocks, "power curve", n_trials, seed)


def median_precision(
    n_patients: Iterable[int],
    *,
    seed: int,
    n_trials: int = 500,
    design: TrialDesign | None = None,
    level: float = 0.95,
    transform: Transform = "log-log",
) -> pd.DataFrame:
    """Simulate how precisely a trial tells the median duration of normal CK, by number of patients.

    Parameters
    ----------
    n_patients : iterable of int
        Numbers of patients treated, each at least 1; not all of them normalize.
    seed : int
        Seed of the random numbers, at least 0.
    n_trials : int, default 500
        Trials to draw for each number of patients.
    design : TrialDesign, optional
        What is assumed; a trial in the neighbourhood of the bundled one unless given.
    level : float, default 0.95
        Confidence level of the interval of the median, strictly between 0 and 1.
    transform : {"log-log", "log", "plain"}, default "log-log"
        Its scale, as for `SurvivalCurve.median_interval`.

    Returns
    -------
    pandas.DataFrame
        One row a number of patients: ``n_patients``, ``n_at_risk`` and ``n_events`` (means of a trial), ``reached`` (share
        of trials whose median is reached), ``median`` and ``median_sd`` (mean and spread of those medians, days),
        ``bounded`` (share of trials whose interval has both limits), ``width`` (mean width of those intervals, days), with
        the Monte Carlo standard errors ``reached_se, median_se, bounded_se, width_se``; then ``n_trials, seed``. NaN where
        there is nothing to take a mean or a spread of.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Notes
    -----
    The median assumed is `TrialDesign.median_duration`. In small trials the medians that are reached are the short ones,
    so that their mean lies below it: read it together with ``reached``.

    Examples
    --------
    >>> precision = median_precision([15, 60], seed=2008, n_trials=200)
    >>> precision[["n_patients", "n_at_risk", "reached", "median_sd", "bounded"]].round(2)
       n_patients  n_at_risk  reached  median_sd  bounded
    0          15       9.10     0.82     101.45     0.08
    1          60      36.26     0.97      72.93     0.44
    """
    check_level(level)
    check_choice("transform", transform, ("log-log", "log", "plain"))
    design = _one_arm(design)
    numbers = _read_numbers(n_patients, 1, seed, n_trials)

    def row(n: int) -> _Row:
        found = np.full((4, n_trials), np.nan)
        found[2:] = 0
        for trial, durations, events in _draw_durations(n, seed, n_trials, design):
            curve = kaplan_meier(durations, events)
            low, high = curve.median_interval(level, transform)
            median = math.nan if curve.median is None else curve.median
            width = math.nan if low is None or high is None else high - low
            found[:, trial - 1] = median, width, curve.n, curve.n_events
            yield trial
        medians, widths, at_risk_counts, event_counts = found
        reached, bounded = (float(np.mean(~np.isnan(each))) for each in (medians, widths))
        median, median_sd, median_se = _spread(medians)
        width, _, width_se = _spread(widths)
        return {
            "n_at_risk": float(at_risk_counts.mean()),
            "n_events": float(event_counts.mean()),
            "reached": reached,
            "reached_se": _share_se(reached, n_trials),
            "median": median,
            "median_sd": median_sd,
            "median_se": median_se,
            "bounded": bounded,
            "bounded_se": _share_se(bounded, n_trials),
            "width": width,
            "width_se": width_se,
        }

    return _tabulate(numbers, row, len(numbers) * n_trials, "precision of the median", n_trials, seed)


def check_alpha(alpha: float) -> None:
    """Refuse what is no level of significance."""
    if not is_finite(alpha) or not 0 < alpha < 1:
        raise ValueError(refusal("'alpha' must lie strictly between 0 and 1", alpha))


def _read_numbers(n_patients: Iterable[int], least: int, seed: int, n_trials: int) -> list[int]:
    numbers: list[Any] = list(n_patients) if hasattr(n_patients, "__iter__") else [n_patients]
    refuse(
        [
            *(number_problem("n_patients", n, least, whole=True, required=True) for n in numbers),
            number_problem("seed", seed, 0, whole=True, required=True),
            number_problem("n_trials", n_trials, 1, whole=True, required=True),
        ]
    )
    if not numbers:
        raise ValueError(refusal("'n_patients' must hold at least one number", 0))
    return [int(n) for n in numbers]


def _tabulate(
    numbers: list[int], row: Callable[[int], _Row], n_steps: int, label: str, n_trials: int, seed: int
) -> pd.DataFrame:
    rows = []

    def steps() -> Iterator[int]:
        for n in numbers:
            columns = yield from row(n)
            rows.append({"n_patients": n, **columns})

    for _ in track(steps(), n_steps, label):
        pass
    return pd.DataFrame(rows).assign(n_trials=n_trials, seed=seed)


def _blocks(n: int, n_trials: int) -> Iterator[int]:
    """Divide trials so that a block holds a bounded number of patients."""
    size = max(1, _BLOCK // n)
    for first in range(0, n_trials, size):
        yield min(size, n_trials - first)


def _test_trials(
    rng: np.random.Generator, n: int, n_trials: int, design: TrialDesign
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Draw trials and test each: the P value (NaN where there is no test) and the number of patients it rests on."""
    baseline = design.weeks.index(0)
    before, start, after = draw_course(rng, n * n_trials, design.ln_ck)[:, baseline - 1 : baseline + 2].T
    seen = (draw_last_visit(rng, n * n_trials, design) > baseline).reshape(n_trials, n)
    differences = ((start - after) - (before - start)).reshape(n_trials, n)
    count = seen.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(seen, differences, 0).sum(axis=1) / count
        squares = np.where(seen, (differences - mean[:, np.newaxis]) ** 2, 0).sum(axis=1)
        sd = np.sqrt(squares / (count - 1))
    return t_test(mean, sd, count)[1], count


def _one_arm(design: TrialDesign | None) -> TrialDesign:
    """Take a design whose patients are all treated alike."""
    if design is not None and design.control is not None:
        raise ValueError("'design' must have no control arm: for two arms there are the functions of their tests.")
    return design or TrialDesign()


def _expected_power(n: int, design: TrialDesign, alpha: float) -> float:
    """Average the closed form over the number of patients who are seen after week 0."""
    from scipy.special import bdtr

    baseline = design.weeks.index(0)
    seen = 1 - design.dropout / (len(design.weeks) - 1 - baseline)
    counts = np.arange(n + 1)
    weights = np.diff(bdtr(counts, n, seen), prepend=0)[2:]
    return float(weights @ _power(counts[2:], design.difference_mean / design.difference_sd, alpha))


def _power(n: npt.NDArray[Any], effect: float | FloatArray, alpha: float) -> FloatArray:
    """Compute the power of the paired t-test of `n` differences whose mean is `effect` standard deviations."""
    n = np.asarray(n, dtype=np.float64)
    return t_test_power(n - 1, np.sqrt(n) * effect, alpha)


def t_test_power(df: FloatArray, shift: FloatArray, alpha: float) -> FloatArray:
    """Average the power, given the standard deviation found, over the distribution of the latter.

    `shift` is the noncentrality. SciPy's noncentral t is not a number at some of the arguments that occur here.
    """
    from scipy.special import gammaincinv, ndtr, stdtrit

    shares, weights = _quadrature()
    df, shift = df[:, np.newaxis], shift[:, np.newaxis]
    # At these quantiles the standard deviation found is so many times the true one.
    ratio = np.sqrt(2 * gammaincinv(df / 2, shares) / df)
    beyond = stdtrit(df, 1 - alpha / 2) * ratio
    return np.asarray((ndtr(shift - beyond) + ndtr(-shift - beyond)) @ weights)


@cache
def _quadrature() -> tuple[FloatArray, FloatArray]:
    """Points and weights on (0, 1) by Gauss and Legendre, crowded towards both ends: 1e-9 is reached."""
    points, weights = np.polynomial.legendre.leggauss(256)
    angle = np.pi / 2 * points
    return (1 + np.sin(angle)) / 2, weights * np.pi / 4 * np.cos(angle)


def _draw_durations(n: int, seed: int, n_trials: int, design: TrialDesign) -> Iterator[tuple[int, FloatArray, FloatArray]]:
    """Draw trials; yield the number, the durations and the events of each in which CK of any patient normalized."""
    follow_up = simulate_trial(n, seed=seed, n_trials=n_trials, design=design).ck_follow_up
    if not len(follow_up):
        return
    # Patients stand in the order of their trials; taken together, each needs a name of its own.
    follow_up["patient"] = np.arange(len(follow_up))
    episodes = at_risk(episodes_from_follow_up(follow_up))
    trials, starts = np.unique(follow_up["trial"].to_numpy()[episodes.index], return_index=True)
    durations, events = episodes["duration"].to_numpy(), episodes["event"].to_numpy()
    for trial, start, stop in zip(trials, starts, np.append(starts, len(episodes))[1:], strict=True):
        yield int(trial), durations[start:stop], events[start:stop]


def _spread(values: FloatArray) -> tuple[float, float, float]:
    """Mean, standard deviation and standard error of the values that exist; NaN where there are too few."""
    present = values[~np.isnan(values)]
    mean = float(present.mean()) if len(present) else math.nan
    sd = float(present.std(ddof=1)) if len(present) > 1 else math.nan
    return mean, sd, sd / math.sqrt(len(present)) if len(present) > 1 else math.nan


def _share_se(share: float, n_trials: int) -> float:
    return math.sqrt(share * (1 - share) / n_trials)
