"""A report says by which week response is judged."""

import pandas as pd
import pytest

import ivigmyo

SENTENCE = "Response is judged at week 16, the last scheduled week."


def report(**plan):
    patients = pd.DataFrame({"patient": ["P01", "P02"], "diagnosis": ["PM", "DM"], "sex": "F", "age": 50})
    rows = pd.DataFrame(
        [
            (patient, week, code, value)
            for patient in ("P01", "P02")
            for code, values in (("MMT", (50, 56, 60)), ("ADL", (20, 25, 30)))
            for week, value in zip((0, 12, 16), values, strict=True)
        ],
        columns=["patient", "week", "measure", "value"],
    )
    return ivigmyo.report_text(
        ivigmyo.trial_report(ivigmyo.study_from_frames(patients, rows, protocol=ivigmyo.Protocol(**plan)))
    )


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"scheduled_weeks": (0, 12, 16)}, True),
        ({"scheduled_weeks": (0, 12, 16), "endpoint_week": 12}, False),
        ({"scheduled_weeks": {"MMT": (0, 16), "ADL": (0, 12, 16)}}, True),
        ({"scheduled_weeks": {"MMT": (0, 16), "ADL": (0, 12)}}, False),
    ],
)
def test_the_last_scheduled_week_is_said_where_it_is_that_of_every_measure(plan, said):
    assert (SENTENCE in report(**plan)) is said
