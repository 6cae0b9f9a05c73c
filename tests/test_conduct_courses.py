"""Several planned courses: whether they were given, and how many were."""

import pandas as pd

from ivigmyo import Patient, Protocol, Study, Treatment, read_study, trial_report, write_study
from ivigmyo.conduct import check_course, check_protocol
from ivigmyo.study.plan import Conduct, Course

MONTHLY = Course("IVIG", days=2, dose=1.0, unit="g/kg/day", number=3, interval=28)


def study(*starts, days=2, dose=1.0, unit="g/kg/day", course=MONTHLY, name="IVIG"):
    given = [Treatment(name, start, start + days - 1, dose, unit) for start in starts]
    protocol = Protocol(scheduled_weeks=(0, 12), conduct=Conduct(course=course))
    return Study([Patient("P1", "DM", "F", 40, treatments=given)], protocol=protocol)


def finding(*starts, **options):
    row = check_course(study(*starts, **options)).iloc[0]
    return row["finding"], row["reason"]


class TestChecked:
    def test_all_courses_given(self):
        assert finding(0, 28, 56) == ("completed", "2 consecutive days at 1 g/kg/day or more; 3 of 3 courses")

    def test_one_course_lacks(self):
        assert finding(0, 28) == ("not completed", "2 of 2 consecutive days at 1 g/kg/day or more; 2 of 3 courses")

    def test_more_courses_than_planned_complete_it(self):
        assert finding(0, 28, 56, 84)[0] == "completed"

    def test_a_course_given_early_or_late_counts(self):
        assert finding(0, 25, 60)[0] == "completed"

    def test_courses_nearer_than_half_the_interval_are_one(self):
        assert finding(0, 13, 27, 55)[0] == "completed"  # 0, 27, 55
        assert finding(0, 13, 26)[0] == "not completed"  # 0, 26

    def test_exactly_half_the_interval_apart_are_two(self):
        assert finding(0, 14, 28)[0] == "completed"

    def test_a_course_on_too_few_days_is_none(self):
        given = [Treatment("IVIG", a, b, 1.0, "g/kg/day") for a, b in ((0, 1), (28, 28), (56, 57))]
        whole = study()
        one = Study([Patient("P1", "DM", "F", 40, treatments=given)], protocol=whole.protocol)
        assert check_course(one).loc[0, "finding"] == "not completed"
        assert check_course(one).loc[0, "reason"].endswith("2 of 3 courses")

    def test_a_course_at_too_low_a_dose_is_none(self):
        assert finding(0, 28, 56, dose=0.9)[0] == "not completed"
        assert finding(0, 28, 56, dose=1000, unit="mg/kg/day")[0] == "completed"

    def test_one_long_run_is_one_course(self):
        assert finding(0, days=60)[0] == "not completed"

    def test_without_an_interval_each_run_is_a_course(self):
        course = Course("IVIG", days=2, dose=1.0, unit="g/kg/day", number=2)
        assert finding(0, 5, course=course)[0] == "completed"
        assert finding(0, 2, course=course)[0] == "not completed"  # four days in a row

    def test_what_is_not_recorded_leaves_it_open(self):
        given = [
            Treatment("IVIG", 0, 1, 1.0, "g/kg/day"),
            Treatment("IVIG", 28, 29),
            Treatment("IVIG", 56, 57, 1.0, "g/kg/day"),
        ]
        one = Study([Patient("P1", "DM", "F", 40, treatments=given)], protocol=study().protocol)
        assert check_course(one).loc[0, "finding"] == "not assessable"
        assert finding()[0] == "not assessable"

    def test_the_report_says_it(self):
        counts = check_protocol(study(0, 28)).counts()
        assert counts.loc["planned course"].tolist() == [0, 1, 0]


def test_a_plan_of_several_courses_survives_files(tmp_path):
    one = study(0, 28, 56)
    write_study(one, tmp_path)
    again = read_study(tmp_path)
    assert again.protocol.conduct.course == MONTHLY
    pd.testing.assert_frame_equal(check_course(again), check_course(one))
    assert trial_report(again).protocol.counts().loc["planned course", "met"] == 1
