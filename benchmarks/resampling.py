"""Time the bootstrap of the median against a loop over lifelines fits, and simulated trials against one another.

Run: python benchmarks/resampling.py [--quick]

10,000 resamples of the 13 durations of Saito et al. 2008, Table 4, and of 1,000 patients. The loop over lifelines draws its
samples outside the clock, fits `KaplanMeierFitter` to each and takes its median; a tenth of the resamples is timed, and
extrapolated, since its cost is proportional to their number. Times are processor times, the best of three turns for what is
quick. Then trials are simulated, and the path of columns is held against the path of objects.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import lifelines
import numpy as np
import pandas as pd
from timing import QUICK, best_times, print_table, surroundings

import ivigmyo
from ivigmyo.change import compare_log_changes
from ivigmyo.planning import median_precision, power_curve
from ivigmyo.planning.simulation import simulate_trial
from ivigmyo.resampling import bootstrap_geometric_ratio, bootstrap_median, bootstrap_restricted_mean

RESAMPLES = 100 if QUICK else 10_000
TURNS = 1 if QUICK else 3
DURATIONS = np.array([254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131, 52], dtype=float)
EVENTS = np.array([0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0])


def seconds(call: Callable[[], object], turns: int = TURNS) -> float:
    """Processor time of a call's best turn."""
    return best_times({"call": call}, turns)["call"]


def loop_over_lifelines(resamples: int) -> float:
    """Seconds of a loop over lifelines fits to resamples of the 13 durations."""
    rows = np.random.default_rng(1).integers(13, size=(resamples, 13))
    start = time.process_time()
    for chosen in rows:
        lifelines.KaplanMeierFitter().fit(DURATIONS[chosen], EVENTS[chosen]).median_survival_time_  # noqa: B018
    return time.process_time() - start


def resampling_calls(resamples: int) -> dict[str, Callable[[], object]]:
    """Name what is resampled of 1,000 patients."""
    rng = np.random.default_rng(2008)
    events = (rng.random(1000) < 0.6).astype(int)
    days = rng.integers(1, 2000, 1000).astype(float)
    times = rng.exponential(500, 1000)
    ck = rng.lognormal(6, 1, (2, 1000))
    options = {"seed": 1, "n_resamples": resamples}
    return {
        "median, whole days": lambda: bootstrap_median(days, events, **options),
        "median, continuous times": lambda: bootstrap_median(times, events, **options),
        "median, no censoring": lambda: bootstrap_median(times, np.ones(1000), **options),
        "restricted mean": lambda: bootstrap_restricted_mean(days, events, 1000, **options),
        "geometric ratio": lambda: bootstrap_geometric_ratio(*ck, **options),
    }


def time_resampling(resamples: int) -> list[list[str]]:
    """Time the bootstrap."""
    tenth = max(1, resamples // 10)
    loop = loop_over_lifelines(tenth) * resamples / tenth
    own = seconds(lambda: bootstrap_median(DURATIONS, EVENTS, seed=1, n_resamples=resamples))
    rows = [
        [f"{resamples:,} resamples of 13 durations, median", f"{own:.3f}"],
        [f"the same by a loop over lifelines' fits, extrapolated from {tenth:,}", f"{loop:.1f}"],
    ]
    for name, call in resampling_calls(resamples).items():
        rows.append([f"{resamples:,} resamples of 1,000 patients, {name}", f"{seconds(call, turns=1):.2f}"])
    return rows


def time_simulation(trials: int) -> list[list[str]]:
    """Time simulated trials, and hold their numbers against one another."""
    many = simulate_trial(200 if QUICK else 2000, seed=2008)
    compare_paths(many.study(), many.assessments)
    calls = {
        f"{trials:,} trials of 15 patients, drawn as tables": lambda: simulate_trial(15, seed=1, n_trials=trials),
        f"the power of {trials:,} trials of 15 patients": lambda: power_curve([15], seed=1, n_trials=trials),
        f"the precision of the median, {trials // 10:,} trials of 15 patients": lambda: median_precision(
            [15], seed=1, n_trials=trials // 10
        ),
        f"a study of {200 if QUICK else 2000:,} patients, built from its tables": many.study,
    }
    return [[name, f"{seconds(call, turns=1):.2f}"] for name, call in calls.items()]


def compare_paths(study: ivigmyo.Study, assessments: pd.DataFrame) -> None:
    """Hold grades and the ln CK comparison by columns against those by objects."""
    table = assessments.assign(patient=assessments["patient"].astype(int))
    wide = table.pivot(index="patient", columns=["measure", "week"], values="value")
    for code, grade in (("MMT", ivigmyo.grade_mmt), ("ADL", ivigmyo.grade_adl)):
        direct = grade(wide[code][0], wide[code][[4, 8, 12]].ffill(axis=1)[12])
        assert grade(study.baseline(code), study.final_values(code)).tolist() == direct.tolist()
    direct, modelled = (compare_log_changes(ck[-4], ck[0], ck[4]) for ck in (wide["CK"], study.values("CK")))
    assert direct == modelled


def main() -> None:
    """Print the table."""
    print(surroundings("lifelines", "scipy"))
    print_table(["what", "s"], [*time_resampling(RESAMPLES), *time_simulation(RESAMPLES)])


if __name__ == "__main__":
    main()
