"""Many problems of one kind are one line; all of them are there for whoever asks."""

import pandas as pd
import pytest

from ivigmyo.errors import DataError, Problem
from ivigmyo.files.frames import study_from_frames

PEOPLE = pd.DataFrame({"patient": [f"P{i}" for i in range(300)], "diagnosis": "PM", "sex": "F", "age": 50})


def refused(**columns):
    frame = pd.DataFrame({"patient": PEOPLE["patient"], "week": 0, "measure": "MMT", "value": 50}).assign(**columns)
    with pytest.raises(DataError) as caught:
        study_from_frames(PEOPLE, frame)
    return caught.value


def test_hundreds_of_one_rule_are_one_line():
    error = refused(value=[95] * 299 + ["x"])
    assert str(error).split("\n") == [
        "assessments: value: 'value' must be a number: 'x' spoils it (got 'x') for patient 'P299', week 0.",
        "assessments: value: 'MMT' must be between 0 and 90 (got 95) for patient 'P0', week 0. And 298 more of this rule, "
        "the next at patient 'P1', week 0 and patient 'P2', week 0.",
    ]
    assert len(error.problems) == 300


def test_what_spoils_a_cell_does_not_part_them():
    (line,) = str(refused(value=[f"{i}{'xyz'[i % 3]}" for i in range(300)])).split("\n")
    assert "And 299 more of this rule" in line


def test_a_few_stay_lines_of_their_own_and_files_and_columns_apart():
    error = DataError([Problem("a rule", i, file="a.csv", line=i, column=name) for name in "xy" for i in range(10)])
    assert len(str(error).split("\n")) == 20
    error = DataError([Problem("a rule", i, file=f"{name}.csv", line=i, column="x") for name in "ab" for i in range(2, 14)])
    assert str(error).split("\n") == [
        "a.csv:2: x: a rule (got 2). And 11 more of this rule, the next at line 3 and line 4.",
        "b.csv:2: x: a rule (got 2). And 11 more of this rule, the next at line 3 and line 4.",
    ]
    error = DataError([Problem("a rule", i, file="assessments", line=i, column="x", cell=f"D{i}") for i in range(2, 14)])
    assert str(error) == "assessments!D2: a rule (got 2). And 11 more of this rule, the next at D3 and D4."
