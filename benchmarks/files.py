"""Time reading a study from CSV files and from a workbook against walking through the same files.

Run: python benchmarks/files.py [--quick]

The study is simulated and written by the package. The yardsticks do nothing but read every cell: ``pandas.read_csv`` of the
assessments, and a walk of openpyxl through every row of the workbook's sheets. Times are processor times; a study and its
yardstick take turns, and the best of their turns counts.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pandas as pd
from timing import QUICK, best_times, print_table, surroundings

from ivigmyo import read_study, simulate_trial, write_study

PATIENTS = 50 if QUICK else 2000
TURNS = 1 if QUICK else 3


def walk(path: Path) -> int:
    """Look at every cell of a workbook."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    cells = sum(cell is not None for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    book.close()
    return cells


def main() -> None:
    """Print the table."""
    print(surroundings("openpyxl"))
    study = simulate_trial(PATIENTS, seed=2008).study()
    with TemporaryDirectory() as name:
        folder, book = Path(name) / "study", Path(name) / "study.xlsx"
        write_study(study, folder)
        write_study(study, book)
        n = len(pd.read_csv(folder / "assessments.csv"))
        pairs = {
            "CSV files, over `pandas.read_csv` of the assessments": (
                lambda: read_study(folder),
                lambda: pd.read_csv(folder / "assessments.csv"),
            ),
            "a workbook, over openpyxl's walk through it": (lambda: read_study(book), lambda: walk(book)),
        }
        rows = []
        for what, (own, yardstick) in pairs.items():
            times = best_times({"own": own, "yardstick": yardstick}, TURNS)
            rows.append([what, f"{times['own']:.2f}", f"{times['own'] / times['yardstick']:.1f}"])
    print_table([f"{PATIENTS:,} patients, {n:,} assessments", "s", "ratio"], rows)


if __name__ == "__main__":
    main()
