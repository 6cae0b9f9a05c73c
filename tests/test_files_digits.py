"""A workbook keeps every digit of a number."""

import pandas as pd
import pytest

import ivigmyo


@pytest.mark.parametrize("value", [4.1 * 60, 0.1 + 0.2, 1 / 3])
def test_a_number_of_seventeen_digits_reads_back(tmp_path, value):
    patients = pd.DataFrame({"patient": ["P01"], "diagnosis": "PM", "sex": "F", "age": 50})
    rows = pd.DataFrame({"patient": ["P01"], "week": [0], "measure": "CK", "value": [value]})
    study = ivigmyo.study_from_frames(patients, rows)
    ivigmyo.write_study(study, tmp_path / "trial.xlsx")
    assert ivigmyo.read_study(tmp_path / "trial.xlsx").baseline("CK")["P01"] == value
