"""A group of one patient: what compares it with others says so, wherever the P value stands."""

import pandas as pd
import pytest

from ivigmyo import Protocol, compare_survival, report_text, study_from_frames, trial_report
from ivigmyo.figures.gallery import report_pictures

WEEKS = {0: [900] * 7, 4: [100, 180, 400, 100, 110, 120, 130], 12: [180, 200, 100, 300, 170, 400, 500]}


@pytest.fixture(scope="module")
def study():
    names = [f"P{i}" for i in range(7)]
    people = pd.DataFrame({"patient": names, "diagnosis": ["PM"] * 3 + ["DM"] * 3 + ["IMNM"], "sex": "F", "age": 50})
    rows = [
        pd.DataFrame({"patient": names, "week": week, "measure": "CK", "value": ck, "uln": 190})
        for week, ck in WEEKS.items()
    ]
    return study_from_frames(people, pd.concat(rows), protocol=Protocol(scheduled_weeks=tuple(WEEKS)))


def words(text):
    return " ".join(text.split())


def test_the_test_knows_them():
    assert compare_survival([3, 5, 4], [1, 1, 1], ["A", "A", "B"]).lone_groups == ("B",)
    assert compare_survival([3, 5, 4, 9], [1, 1, 1, 0], ["A", "A", "B", "B"]).lone_groups == ()


def test_the_report_and_its_figure_name_them_beside_the_p_value(study):
    report = trial_report(study)
    said = words(report_text(report))
    assert "DM, IMNM and PM by the log-rank test:" in said
    assert said.count("(of IMNM one patient alone).") == 1
    captions = [picture.caption for picture in report_pictures(report)]
    assert sum("Log-rank test:" in caption and caption.endswith("(of IMNM one patient alone).") for caption in captions) == 1


def test_groups_of_several_draw_no_such_words(study):
    several = study_from_frames(
        study.characteristics().reset_index()[["patient", "diagnosis", "sex", "age"]].query("diagnosis != 'IMNM'"),
        study.long().query("patient != 'P6'")[["patient", "week", "measure", "value", "uln"]],
        protocol=study.protocol,
    )
    assert "alone" not in report_text(trial_report(several))


def test_a_group_of_one_has_no_test_of_its_own_and_its_mean_says_so(study):
    said = words(report_text(trial_report(study, by="diagnosis").groups["IMNM"]))
    assert "log-rank" not in said
    assert "standard error 0.00, 95 % interval not estimable (one patient alone)." in said
