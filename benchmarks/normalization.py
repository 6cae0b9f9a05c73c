"""Time find_normalizations against sorting the same two keys, and against a groupby(...).apply of the same rule.

Run: python benchmarks/normalization.py [ROWS]

The default is ten million shuffled rows of one million patients, 5 % of the CK values missing. The yardstick is
``numpy.lexsort`` of day and patient in the same process; the contestants take turns, and the best of their turns counts.
Times are processor times, which a busy machine disturbs least: everything here runs on one core. For text ids
``pandas.factorize`` of the column is timed too, and taken off before the ratio is formed. ``groupby(...).apply`` is timed on
20,000 patients and scaled by the number of rows, since its cost is proportional to the number of patients. Peak memory is
what tracemalloc sees during one call, as a multiple of the input's four columns (8 bytes a cell).
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
from timing import best_times, print_growth, surroundings

from ivigmyo.normalization import find_normalizations

TURNS = 3
ROWS_A_PATIENT = 10
APPLY_PATIENTS = 20_000


def random_rows(n: int) -> pd.DataFrame:
    """Draw shuffled CK series: a visit every two weeks from day -28, shifted by up to ten days."""
    rng = np.random.default_rng(2008)
    patients = max(1, n // ROWS_A_PATIENT)
    order = rng.permutation(patients * ROWS_A_PATIENT)
    day = np.tile(np.arange(ROWS_A_PATIENT) * 14 - 28, patients) + rng.integers(0, 10, len(order))
    ck = rng.lognormal(5.5, 1, len(order)).round() + 1
    ck[rng.random(len(order)) < 0.05] = np.nan
    patient = np.repeat(np.arange(patients), ROWS_A_PATIENT)
    return pd.DataFrame({"patient": patient[order], "day": day[order], "ck": ck, "uln": 180.0})


def with_text_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the patients ids such as 'P0000017', which do not sort as the numbers do."""
    numbers = np.random.default_rng(12).permutation(int(frame["patient"].max()) + 1)
    ids = np.array([f"P{number:07d}" for number in numbers], dtype=object)
    return frame.assign(patient=ids[frame["patient"].to_numpy()])


def one_patient(rows: pd.DataFrame) -> pd.Series:
    """Apply the rule as one would write it for groupby(...).apply."""
    measured = rows.dropna(subset="ck").sort_values("day")
    above = measured["ck"] > measured["uln"]
    before, after = measured["day"] <= 0, measured["day"] > 0
    days = dict.fromkeys(["normalized_on", "re_elevated_on"], np.nan)
    if before.any() and above[before].iloc[-1]:
        normal = measured.loc[after & ~above, "day"]
        if len(normal):
            days["normalized_on"] = normal.iloc[0]
            again = measured.loc[above & (measured["day"] > normal.iloc[0]), "day"]
            days["re_elevated_on"] = again.iloc[0] if len(again) else np.nan
    return pd.Series(days | {"observed_until": measured["day"].max()}, dtype=float)


def peak_memory(frame: pd.DataFrame) -> float:
    """Measure the memory one call needs beyond its input, as a multiple of the input's columns."""
    tracemalloc.start()
    find_normalizations(frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (8 * frame.shape[0] * frame.shape[1])


def time_apply(frame: pd.DataFrame) -> float:
    """Time groupby(...).apply on some patients, check its answer, and scale the time to all rows."""
    some = frame[frame["patient"] < APPLY_PATIENTS]
    start = time.process_time()
    applied = some.groupby("patient")[["day", "ck", "uln"]].apply(one_patient)
    seconds = time.process_time() - start
    pd.testing.assert_frame_equal(find_normalizations(some).set_index("patient")[list(applied.columns)], applied)
    return seconds * len(frame) / len(some)


def prepare(rows: int) -> Callable[[], object]:
    """Draw rows, and give the call to time on them."""
    frame = random_rows(rows)
    return lambda: find_normalizations(frame)


def main(rows: int) -> None:
    print(surroundings())
    frame = random_rows(rows)
    print(f"{len(frame):,} rows of {len(frame) // ROWS_A_PATIENT:,} patients, shuffled\n")
    keys = frame["day"].to_numpy(), frame["patient"].to_numpy()
    shifted = frame.assign(day=frame["day"] + 0.25)
    calls = {
        "lexsort": lambda: np.lexsort(keys),
        "whole": lambda: find_normalizations(frame),
        "parts": lambda: find_normalizations(shifted),
    }
    times = best_times(calls, TURNS)
    text = with_text_ids(frame)
    calls = {"factorize": lambda: pd.factorize(text["patient"]), "text": lambda: find_normalizations(text)}
    times |= best_times(calls, TURNS)
    apply = time_apply(frame)
    lexsort, beyond = times["lexsort"], times["text"] - times["factorize"]
    print(f"{'':44} {'seconds':>8} {'ratio':>8} {'memory':>8}")
    for name, seconds, ratio, memory in (
        ("numpy.lexsort of day and patient", lexsort, 1.0, None),
        ("integer ids, whole days", times["whole"], times["whole"] / lexsort, peak_memory(frame)),
        ("integer ids, parts of a day", times["parts"], times["parts"] / lexsort, peak_memory(shifted)),
        ("text ids, beyond pandas.factorize", beyond, beyond / lexsort, peak_memory(text)),
        (f"groupby.apply, {APPLY_PATIENTS:,} patients scaled", apply, apply / lexsort, None),
    ):
        print(f"{name:44} {seconds:8.2f} {ratio:8.2f} {'' if memory is None else f'{memory:.2f}':>8}")
    print(f"\ngroupby(...).apply takes {apply / times['whole']:,.0f} times as long as find_normalizations\n")
    sizes = [10**power for power in range(3, 9) if 10**power <= rows]
    print_growth(prepare, sizes, "rows")


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000)
