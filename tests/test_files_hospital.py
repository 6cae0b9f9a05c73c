"""A workbook as a hospital keeps it is read without a line of code, and each of twenty faults is named with its cell."""

import datetime
import re
import runpy
from pathlib import Path

import pytest

from ivigmyo import report_text, trial_report
from ivigmyo.errors import DataError
from ivigmyo.files.folder import read_study, write_study

HOSPITAL = runpy.run_path(str(Path(__file__).parent / "hospital_workbook.py"))


def test_it_is_read_as_it_is(tmp_path):
    path = tmp_path / "hospital.xlsx"
    HOSPITAL["write_book"](path)
    study = read_study(path)
    assert len(study.patients) == 40
    for one, row in zip(study.patients, HOSPITAL["make_rows"](), strict=True):
        cells = dict(zip(HOSPITAL["HEADER"], row, strict=True))
        factor = 60 if "kat" in cells["CK unit"] else 1
        birth = datetime.date.fromisoformat(str(cells["birth_date"]))
        days = (cells["first_infusion"] - birth).days
        assert abs(one.age - days / 365.25) < 1.01
        left = cells["discontinuation_date"]
        assert one.discontinued_on == (None if left is None else (left - cells["first_infusion"]).days)
        for visit in one.visits:
            for each in visit.assessments:
                if each.instrument.code == "MMT":
                    assert each.value == cells[f"MMT wk{visit.week}"]
                else:
                    typed = cells[f"ck_week_{visit.week}"]
                    assert each.value == pytest.approx(factor * float(str(typed).lstrip("<")))
                    assert each.bound == ("<" if str(typed).startswith("<") else None)
                    assert each.uln == pytest.approx(factor * cells["CK ULN"])
    assert study.title == "IVIG in myositis"
    assert "were converted (1 \u00b5kat/L = 60 IU/L)" in " ".join(study.notes)
    assert "read as that bound" in " ".join(study.notes)
    assert "MMT" in report_text(trial_report(study))
    write_study(study, tmp_path / "again.xlsx")
    assert read_study(tmp_path / "again.xlsx") == study


FAULTS = {
    "B4": "PMM",
    "C5": "x",
    "D6": "1960-13-01",
    "E7": "2024-03",
    "H8": 95,
    "I9": "6O",
    "L10": -5,
    "M11": datetime.datetime(2024, 3, 4),
    "P12": 0,
    "Q13": "mg/dL",
    "L14": "<",
    "A15": "P11",
    "L16": 1e9,
    "H17": "<40",
    "I18": "#REF!",
    "D19": "2031-01-01",
    "F20": 45000,
    "adverse_events!A3": "P99",
    "adverse_events!C2": "12/2024",
    "study!A3": "endpoint_weak",
}


def test_twenty_faults_are_named_with_sheet_and_cell_and_none_is_invented(tmp_path):
    HOSPITAL["write_book"](tmp_path / "hospital.xlsx", FAULTS)
    with pytest.raises(DataError) as caught:
        read_study(tmp_path / "hospital.xlsx")
    places = [re.match(r"(\w+)!([A-Z]+[0-9]+): ", str(problem)) for problem in caught.value.problems]
    assert all(places), str(caught.value)
    named = {f"{match[1]}!{match[2]}" for match in places}
    expected = {place if "!" in place else f"patients!{place}" for place in FAULTS}
    # The limit of 0 of one patient stands for four values: one cell, whatever the number of its problems.
    assert named == expected, (named - expected, expected - named, str(caught.value))
