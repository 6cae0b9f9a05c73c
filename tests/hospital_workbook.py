"""Write a workbook of 40 patients as a hospital keeps it: one row a patient, dates, bounds, two units, a limit a hospital.

Run it from the root: ``python tests/hospital_workbook.py trial.xlsx``.
"""

from __future__ import annotations

import datetime
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl

WEEKS = (0, 4, 8, 12)
HEADER = [
    *("patient", "diagnosis", "sex", "birth_date", "first_infusion", "discontinuation_date", "discontinuation_reason"),
    *(f"MMT wk{week}" for week in WEEKS),
    *(f"ck_week_{week}" for week in WEEKS),
    *("CK ULN", "CK unit", "hospital"),
]
HOSPITALS = {"North": (170, "IU/L"), "South": (3.0, "\u00b5kat/L"), "West": (200, "U/l")}
WORDS = ("polymyositis", "Dermatomyositis", "PM", "dm", "immune-mediated necrotizing myopathy")


def make_rows(seed: int = 1) -> list[list[Any]]:
    """Draw the rows of 40 patients, as a person would type them."""
    draw, rows = random.Random(seed), []
    for i in range(40):
        hospital, (uln, unit) = draw.choice(list(HOSPITALS.items()))
        first = datetime.date(2024, 1, 8) + datetime.timedelta(draw.randrange(200))
        birth: Any = datetime.date(1940 + draw.randrange(60), 1 + draw.randrange(12), 1 + draw.randrange(28))
        mmt = [draw.randint(40, 60)]
        mmt += [mmt[0] + draw.randint(0, 25) for _ in WEEKS[1:]]
        high = draw.uniform(3, 20) * uln
        ck: list[Any] = [round(high * share, 1) for share in (1, 0.6, 0.4, draw.uniform(0.05, 0.4))]
        if i % 10 == 3 and unit != "\u00b5kat/L":
            ck[-1] = "<40"
        left = first + datetime.timedelta(60) if i % 13 == 5 else None
        if left is not None:
            mmt[-1] = ck[-1] = None
        row = [f"P{i + 1:02d}", draw.choice(WORDS), draw.choice(["female", "Male", "F", "m"])]
        row += [birth if i % 2 else birth.isoformat(), first, left, "moved away" if left else None]
        rows.append([*row, *mmt, *ck, uln, unit, hospital])
    return rows


def write_book(path: Path, changes: Mapping[str, Any] | None = None) -> None:
    """Write the workbook, with other values in some cells: ``{"H5": 95}``, or ``{"adverse_events!B3": ""}``."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "patients"
    sheet["A1"] = "IVIG in myositis, 2024: values at each visit"
    for at, row in enumerate([HEADER, *make_rows()], 3):
        for column, value in enumerate(row, 1):
            sheet.cell(at, column).value = value
    events = book.create_sheet("adverse_events")
    for row in (
        ["patient", "term", "date", "serious"],
        ["P01", "headache", datetime.date(2024, 12, 1), "no"],
        ["P02", "rash", "2024-12-02", "no"],
    ):
        events.append(row)
    plan = book.create_sheet("study")
    for row in (["key", "value"], ["title", "IVIG in myositis"], ["endpoint_week", 12], ["scheduled_weeks", "0; 4; 8; 12"]):
        plan.append(row)
    for place, value in (changes or {}).items():
        name, _, cell = place.rpartition("!")
        book[name or "patients"][cell] = value
    book.save(path)


if __name__ == "__main__":
    write_book(Path(sys.argv[1]))
