"""A value that is a bound decides a grade, or a normalization, only where all that it may stand for gives one answer."""

import numpy as np
import pandas as pd
import pytest

import ivigmyo
from ivigmyo.outcomes import Endpoint
from ivigmyo.response import CKThresholds
from ivigmyo.study import Pair


def study_of(*patients, weeks=(0, 12)):
    """Make a study of patients, each with CK as laboratories write it, and a limit."""
    rows = [
        (f"P{k}", week, "CK", cell, uln)
        for k, (*cells, uln) in enumerate(patients, 1)
        for week, cell in zip(weeks, cells, strict=True)
    ]
    people = pd.DataFrame(
        {"patient": [f"P{k}" for k in range(1, len(patients) + 1)], "diagnosis": "PM", "sex": "F", "age": 50}
    )
    return ivigmyo.study_from_frames(people, pd.DataFrame(rows, columns=["patient", "week", "measure", "value", "uln"]))


@pytest.mark.parametrize(
    ("baseline", "final", "uln", "grade"),
    [
        ("980", "<40", 180, "markedly improved"),  # every value below 40 is a fall by half
        ("60", "<40", 30, None),  # 39 is a fall by a third, 20 by two thirds
        ("70", "<40", 180, None),
        ("80", "<40", 180, "markedly improved"),  # 40 itself is half
        (">20000", "900", 180, "markedly improved"),
        (">20000", "9999", 180, "markedly improved"),
        (">20000", "12000", 180, None),
        ("500", ">20000", 180, "worsened"),
        (">20000", "<40", 180, "markedly improved"),
        (">20000", ">20000", 180, None),
        ("<40", "<40", 180, None),
        ("<40", "60", 180, "worsened"),
    ],
)
def test_a_bound_grades_where_nothing_is_open(baseline, final, uln, grade):
    found = Endpoint("CK", CKThresholds()).observe(study_of((baseline, final, uln)))
    assert found.grades.astype(object).where(found.grades.notna(), None).tolist() == [grade]
    assert found.why.tolist() == ["" if grade else "a value is a bound that does not tell the grade"]
    assert found.responded.isna().tolist() == [grade is None]


def test_an_open_grade_is_missing_and_counted():
    report = ivigmyo.trial_report(study_of(("980", "<40", 180), ("60", "<40", 30)))
    response = report.measures[0].response
    assert (response.count, response.n, response.n_missing) == (1, 1, 1)


def test_values_that_are_no_bounds_are_graded_as_ever():
    study = study_of(("1000", "500", 180), ("1000", "<500", 180))
    assert Endpoint("CK", CKThresholds()).observe(study).grades.tolist() == ["markedly improved"] * 2
    assert study.rows("CK")["bound"].tolist() == ["", "", "", "<"]


def test_a_rule_of_ones_own_needs_no_bounds():
    rows = pd.DataFrame({"baseline": [10.0], "final": [5.0], "final_uln": [np.nan], "baseline_uln": [np.nan]})
    pair = Pair(ivigmyo.CK, rows)
    assert Endpoint("CK", CKThresholds())._grade(pair).tolist() == ["markedly improved"]


def test_a_bound_normalizes_where_it_tells_the_side_of_the_limit():
    study = study_of(("980", "<40", "400", 180), ("980", "<40", "<20", 30), ("980", ">20000", "<20", 180), weeks=(0, 4, 12))
    series = study.ck_series()
    assert series["ck"].isna().tolist() == [False, False, False, False, True, False, False, False, False]
    found = ivigmyo.find_normalizations(series).set_index("patient")
    assert found["normalized_on"].tolist() == [28.0, 84.0, 84.0]
    assert found["n_missing"].tolist() == [0, 1, 0]


def test_a_bound_survives_the_files(tmp_path):
    study = study_of(("980", "<40", 180), (">20000", "900", 180))
    ivigmyo.write_study(study, tmp_path / "trial")
    again = ivigmyo.read_study(tmp_path / "trial")
    assert again == study
    assert again.rows("CK")["bound"].tolist() == ["", "<", ">", ""]
