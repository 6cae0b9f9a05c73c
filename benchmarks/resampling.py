"""Time the bootstrap of the median against a loop over lifelines fits, and simulated trials against one another.

Run: python benchmarks/resampling.py [RESAMPLES]

The default is 10,000 resamples of the 13 durations of Saito et al. 2008, Table 4, and of 1,000 patients. The loop over
lifelines draws its samples outside the clock, fits `KaplanMeierFitter` to each and takes its median; of a tenth of the
resamples it is timed, and scaled, since its cost is proportional to their number. Times are processor times, the best of
three turns. Then a study of 2,000 simulated patients is built from its tables, and the path of columns is held against the
path of objects.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import lifelines
import numpy as np
import pandas as pd
from timing import best_times, surroundings

import ivigmyo
from ivigmyo.change import compare_log_changes
from ivigmyo.planning import median_precision, power_curve
from ivigmyo.planning.simulation import simulate_trial
from ivigmyo.resampling import bootstrap_geometric_ratio, bootstrap_median, bootstrap_restricted_mean

TURNS = 3
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


def time_resampling(resamples: int) -> None:
    tenth = max(1, resamples // 10)
    loop = loop_over_lifelines(tenth) * resamples / tenth
    own = seconds(lambda: bootstrap_median(DURATIONS, EVENTS, seed=1, n_resamples=resamples))
    print(
        f"{resamples:,} resamples of 13 durations, median {own:.3f} s; lifelines in a loop {loop:.1f} s: 1/{loop / own:.0f}"
    )
    rng = np.random.default_rng(2008)
    events = (rng.random(1000) < 0.6).astype(int)
    days = rng.integers(1, 2000, 1000).astype(float)
    times = rng.exponential(500, 1000)
    everyone = np.ones(1000)
    ck = rng.lognormal(6, 1, (2, 1000))
    options = {"seed": 1, "n_resamples": resamples}
    for name, call in {
        "median, whole days": lambda: bootstrap_median(days, events, **options),
        "median, continuous times": lambda: bootstrap_median(times, events, **options),
        "median, no censoring": lambda: bootstrap_median(times, everyone, **options),
        "restricted mean": lambda: bootstrap_restricted_mean(days, events, 1000, **options),
        "geometric ratio": lambda: bootstrap_geometric_ratio(*ck, **options),
    }.items():
        print(f"{resamples:,} resamples of 1,000 patients, {name:25} {seconds(call, turns=1):6.2f} s")


def time_simulation() -> None:
    trials = seconds(lambda: simulate_trial(15, seed=1, n_trials=10_000), turns=1)
    curve = seconds(lambda: power_curve([15], seed=1, n_trials=10_000), turns=1)
    precision = seconds(lambda: median_precision([15], seed=1, n_trials=1000), turns=1)
    print(f"\n10,000 trials of 15 patients drawn as tables {trials:.2f} s; the power of as many {curve:.2f} s")
    print(f"the precision of the median, 1,000 trials of 15 patients {precision:.2f} s")
    many = simulate_trial(2000, seed=2008)
    print(f"a study of 2,000 patients built from its tables {seconds(many.study):.2f} s")
    compare_paths(many.study(), many.assessments)


def compare_paths(study: ivigmyo.Study, assessments: pd.DataFrame) -> None:
    """Hold grades and the ln CK comparison by columns against those by objects."""
    table = assessments.assign(patient=assessments["patient"].astype(int))
    wide = table.pivot(index="patient", columns=["measure", "week"], values="value")
    for code, grade in (("MMT", ivigmyo.grade_mmt), ("ADL", ivigmyo.grade_adl)):
        direct = grade(wide[code][0], wide[code][[4, 8, 12]].ffill(axis=1)[12])
        assert grade(study.baseline(code), study.final_values(code)).tolist() == direct.tolist()
    direct, modelled = (compare_log_changes(ck[-4], ck[0], ck[4]) for ck in (wide["CK"], study.values("CK")))
    assert direct == modelled
    print("grades and the ln CK comparison by columns and by objects are identical")


def main() -> None:
    resamples = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(surroundings("lifelines", "scipy"))
    time_resampling(resamples)
    time_simulation()


if __name__ == "__main__":
    main()
