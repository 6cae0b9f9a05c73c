"""Time find_normalizations against sorting the same two keys, and against a groupby(...).apply of the same rule.

Run: python benchmarks/normalization.py [--quick]

Ten million shuffled rows of one million patients, 5 % of the CK values missing. The yardstick is
``numpy.lexsort`` of day and patient in the same process; the contestants take turns, and the best of their turns counts.
Times are processor times, which a busy machine disturbs least: everything here runs on one core. For text ids
``pandas.factorize`` of the column is timed too, and taken off before the ratio is formed. ``groupby(...).apply`` is timed
on 20,000 patients and extrapolated by the number of rows, since its cost is proportional to the number of patients. Peak
memory is what tracemalloc sees during one call, as a multiple of the input's four columns (8 bytes a cell).
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
from timing import QUICK, best_times, print_growth, print_table, surroundings

from ivigmyo.normalization import find_normalizations

ROWS = 10_000 if QUICK else 10_000_000
TURNS = 1 if QUICK else 3
ROWS_A_PATIENT = 10
APPLY_PATIENTS = 200 if QUICK else 20_000


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
    """Time groupby(...).apply on some patients, check its answer, and extrapolate the time to all rows."""
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


def main() -> None:
    """Print the table, and how cost grows."""
    print(surroundings())
    frame = random_rows(ROWS)
    keys = frame["day"].to_numpy(), frame["patient"].to_numpy()
    shifted, text = frame.assign(day=frame["day"] + 0.25), with_text_ids(frame)
    calls = {
        "lexsort": lambda: np.lexsort(keys),
        "whole": lambda: find_normalizations(frame),
        "parts": lambda: find_normalizations(shifted),
    }
    times = best_times(calls, TURNS)
    calls = {"factorize": lambda: pd.factorize(text["patient"]), "text": lambda: find_normalizations(text)}
    times |= best_times(calls, TURNS)
    lexsort, rows = times["lexsort"], []
    for name, seconds, rows_of in (
        ("integer ids, whole days", times["whole"], frame),
        ("text ids, beyond `pandas.factorize`", times["text"] - times["factorize"], text),
        ("integer ids, parts of a day", times["parts"], shifted),
    ):
        rows.append([name, f"{seconds / lexsort:.2f}", f"{peak_memory(rows_of):.2f}"])
    apply = time_apply(frame) / lexsort
    rows.append(
        [f"`groupby(...).apply` of the same rule, extrapolated from {APPLY_PATIENTS:,} patients", f"{apply:.0f}", ""]
    )
    print(f"{len(frame):,} rows; numpy.lexsort of day and patient {lexsort:.2f} s\n")
    print_table(["rows", "time / lexsort", "memory / input"], rows)
    print_growth(prepare, [10**power for power in range(3, 9) if 10**power <= ROWS], "rows")


if __name__ == "__main__":
    main()
