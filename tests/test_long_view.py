"""The long view: the week a day may stand for, the value that stands for a week, and where unscheduled values go."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo import CK, MMT18, Assessment, Patient, Protocol, Study, Visit
from ivigmyo.study.long_view import NO_ROWS, lay_out, moved_to_schedule, nearest_weeks, standing_rows

WEEKS = (-4, 0, 1, 2, 4, 8, 12)


def week_of(day, scheduled=WEEKS, window=3):
    (found,) = nearest_weeks(np.array([day]), scheduled, window)
    return None if np.isnan(found) else found


def at(week=None, day=None, mmt=None, ck=None, uln=None):
    found = [] if mmt is None else [Assessment(MMT18, mmt)]
    return Visit(week, day, found + ([] if ck is None else [Assessment(CK, ck, uln)]))


def study_of(*visits, protocol=Protocol(WEEKS), **others):  # noqa: B008 - a protocol is a value
    return Study([Patient("P1", "PM", "F", 39, visits=visits, **others)], protocol=protocol)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (-32, None), (-31, -4), (-28, -4), (-25, -4), (-24, None), (-4, None), (-3, 0), (0, 0),
        # a value after day 0 never stands for week 0
        (1, None), (3, None), (4, 1), (7, 1), (10, 1), (11, 2), (17, 2), (18, None), (24, None), (25, 4), (31, 4),
        (32, None), (53, 8), (59, 8), (60, None), (80, None), (81, 12), (84, 12), (87, 12),
        (88, None), (400, None),
    ],
)  # fmt: skip
def test_a_day_stands_for_the_nearest_scheduled_week_within_three_days_or_for_none(day, week):
    assert week_of(day) == week


def test_of_two_weeks_equally_near_the_earlier_counts_and_week_0_takes_no_later_day():
    assert week_of(14, (1, 3), 7) == 1
    assert week_of(14, (3, 1), 7) == 1
    assert week_of(14, (1, 3), 6) is None
    assert week_of(7, (0, 2), 7) is None
    assert week_of(-7, (-2, 0), 7) == -2
    assert week_of(-3, (0, 2), 3) == 0
    assert week_of(8, (0, 2), 7) == 2


def test_nothing_scheduled_nothing_stands():
    assert np.isnan(nearest_weeks(np.array([0, 28]), (), 3)).all()
    assert nearest_weeks(np.array([], dtype=int), WEEKS, 3).tolist() == []
    assert nearest_weeks(np.array([27, 0, 90]), [4, 0], 1).tolist()[:2] == [4, 0]


@given(st.integers(-200, 400), st.sets(st.integers(-10, 20), min_size=1), st.integers(0, 20))
def test_weeks_of_days_agree_with_a_search_day_by_day(day, scheduled, window):
    near = [week for distance in range(window + 1) for week in sorted(scheduled) if abs(day - 7 * week) == distance]
    best = near[0] if near else None
    assert week_of(day, scheduled, window) == (None if best == 0 and day > 0 else best)


@given(st.integers(-200, 400), st.sets(st.integers(-10, 20), min_size=1), st.integers(0, 20))
def test_a_wider_window_takes_no_week_away(day, scheduled, window):
    narrow, wide = week_of(day, scheduled, window), week_of(day, scheduled, window + 1)
    assert narrow is None or wide == narrow
    if narrow is None and wide is not None:
        assert abs(day - 7 * wide) == window + 1


def test_the_long_view_holds_every_value_and_marks_those_that_decide():
    visits = [
        at(-4, mmt=40),
        at(0, mmt=50, ck=900),
        at(day=30, mmt=60),
        at(4, 33, mmt=61),
        at(12, ck=90, uln=150),
        at(5, mmt=1),
    ]
    rows = study_of(*visits).long()
    assert rows.columns.tolist() == ["patient", "measure", "week", "day", "value", "uln", "baseline", "final", "stands"]
    mmt = rows[rows["measure"] == "MMT"]
    assert mmt["value"].tolist() == [40, 50, 60, 61, 1]
    assert mmt["week"].tolist() == [-4, 0, 4, 4, 5]
    assert mmt["day"].tolist() == [-28, 0, 30, 33, 35]
    assert mmt["baseline"].tolist() == [False, True, False, False, False]
    assert mmt["stands"].tolist() == [True, True, False, True, True]
    assert not mmt["final"].any()
    ck = rows[rows["measure"] == "CK"]
    assert ck[["value", "baseline", "final", "stands"]].to_numpy().tolist() == [
        [900, True, False, True],
        [90, False, True, True],
    ]
    assert ck["uln"].fillna(-1).tolist() == [-1, 150]
    assert rows.index.tolist() == list(range(7))


def test_without_an_endpoint_no_row_is_final():
    rows = study_of(at(0, mmt=50), at(4, mmt=60), protocol=Protocol([-4, 0])).long()
    assert rows["final"].tolist() == [False, False]


def test_measures_may_have_weeks_of_their_own():
    protocol = Protocol({"MMT": (0, 12), "CK": (0, 2, 4)})
    study = study_of(
        at(0, mmt=50, ck=900), at(day=15, mmt=55, ck=700), at(day=29, ck=500), at(day=83, mmt=70, ck=90), protocol=protocol
    )
    assert study.values("MMT").loc["P1"].to_dict() == {0: 50, 12: 70}
    assert study.values("CK").loc["P1"].to_dict() == {0: 900, 2: 700, 4: 500}
    assert (study.final_values("MMT").item(), study.final_values("CK").item()) == (70, 500)
    assert (study.endpoint_of("MMT"), study.endpoint_of(CK)) == (12, 4)


def test_a_value_known_to_be_of_a_later_day_never_stands_for_week_0():
    assert study_of(at(0, 2, mmt=50)).values("MMT").columns.tolist() == []
    assert study_of(at(0, 0, mmt=50)).values("MMT").columns.tolist() == [0]
    assert study_of(at(0, -3, mmt=50)).values("MMT").columns.tolist() == [0]
    assert study_of(at(0, mmt=50)).values("MMT").columns.tolist() == [0]
    assert study_of(at(0, 2, mmt=50), at(day=-1, mmt=40)).values("MMT").loc["P1"].to_dict() == {0: 40}


def rows_of(*cells):
    """Rows of one measure from (patient, week, recorded, dated, day, value)."""
    names = ["patient", "week", "recorded", "dated", "day", "value"]
    return pd.DataFrame(cells, columns=names).assign(uln=np.nan)


def test_of_several_values_of_a_week_the_recorded_then_the_nearest_then_the_earlier_stands():
    found = standing_rows(
        rows_of(
            ("A", 4, False, True, 28, 1), ("A", 4, True, True, 33, 2),
            ("B", 4, False, True, 25, 3), ("B", 4, False, True, 30, 4),
            ("C", 4, False, True, 29, 5), ("C", 4, False, True, 27, 6),
            ("D", np.nan, False, True, 18, 7), ("D", 0, True, True, 1, 8),
        )
    )  # fmt: skip
    assert found["value"].tolist() == [2, 4, 6]
    assert "distance" not in found


def test_moving_keeps_rows_and_needs_a_schedule():
    rows = standing_rows(rows_of(*[("A", week, True, False, 7 * week, week) for week in (0, 5, 6, 13)]))
    assert moved_to_schedule(rows, (0, 8, 12))["week"].tolist() == [0, 5, 8, 13]
    assert moved_to_schedule(rows, ()) is rows
    assert moved_to_schedule(NO_ROWS, (0, 8)).empty


def test_no_rows_have_the_columns_of_rows():
    made = lay_out([Patient("P1", "PM", "F", 39, visits=[at(0, mmt=1)])], Protocol())["MMT"]
    assert made.columns.tolist() == NO_ROWS.columns.tolist()
    assert made.dtypes.tolist() == NO_ROWS.dtypes.tolist()
    assert lay_out([Patient("P1", "PM", "F", 39)], Protocol()) == {}
