"""What a recorded follow-up says of other days, and the follow-ups that are refused."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.errors import DataError
from ivigmyo.normalization.follow_up import KnownDays, read_follow_up
from ivigmyo.study.patients import FollowUp


def table(*rows):
    return pd.DataFrame(rows, columns=["patient", "normalized_on", "re_elevated_on", "observed_until"])


def test_a_follow_up_is_read_in_its_order():
    known = read_follow_up(table(("b", 25, None, 279), ("a", 9, 139, 615)).assign(site="Tokyo"))
    assert known.patients.tolist() == ["b", "a"]
    assert known.normalized_on.tolist() == [25, 9]
    np.testing.assert_array_equal(known.re_elevated_on, [np.nan, 139])
    assert known.observed_until.tolist() == [279, 615]


def test_an_empty_follow_up_knows_nothing():
    known = read_follow_up(table()).of(["a", "b"])
    days = np.array([5.0, 9.0])
    assert not known.above(days).any()
    assert not known.within(days).any()


def test_days_are_looked_up_by_patient():
    known = read_follow_up(table((("b", 1), 25, None, 279), (("a", 1), 9, 139, 615))).of([("a", 1), ("c", 1), ("b", 1)])
    np.testing.assert_array_equal(known.normalized_on, [9, np.nan, 25])
    np.testing.assert_array_equal(known.observed_until, [615, np.nan, 279])


@pytest.mark.parametrize("follow_up", [(None, None, 20), (5, None, 20), (5, 12, 20), (20, None, 20), (5, 20, 20)])
def test_each_day_is_above_within_or_unknown(follow_up):
    """Day by day, as a person would say it."""
    normalized_on, re_elevated_on, observed_until = follow_up
    days = np.arange(-3, 25)
    known = read_follow_up(table(("a", *follow_up))).of(["a"] * len(days))
    expected = []
    for day in days:
        if day <= 0 or day > observed_until:
            expected.append("unknown")
        elif normalized_on is None or day < normalized_on:
            expected.append("above")
        elif re_elevated_on is None or day < re_elevated_on:
            expected.append("within")
        else:
            expected.append("above" if day == re_elevated_on else "unknown")
    above, within = known.above(days.astype(float)), known.within(days.astype(float))
    assert np.select([above, within], ["above", "within"], "unknown").tolist() == expected
    assert not (above & within).any()


def test_every_fault_is_listed_patient_by_patient():
    faulty = table(
        ("a", 0, None, 9),
        ("b", None, 5, 9),
        ("c", 5, 5, None),
        ("d", 5, 3, 2),
        (None, 5, None, 9),
        ("a", 5, None, -1),
        ("e", None, -2, 9),
        ("f", 5, 7, 9),
    )
    with pytest.raises(DataError) as error:
        read_follow_up(faulty)
    assert str(error.value).splitlines() == [
        "'patient' must not be missing at position 4.",
        "'patient' must have one row (got 'a') at position 5.",
        "'normalized_on' must be greater than 0 (got 0) for patient 'a'.",
        "'re_elevated_on' needs 'normalized_on' (got 5) for patient 'b'.",
        "'observed_until' must not be missing (got nan) for patient 'c'.",
        "'re_elevated_on' must be after 'normalized_on' (day 5) (got 5) for patient 'c'.",
        "'re_elevated_on' must be after 'normalized_on' (day 5) (got 3) for patient 'd'.",
        "'observed_until' must be on or after 'normalized_on' (day 5) (got 2) for patient 'd'.",
        "'observed_until' must be on or after 're_elevated_on' (day 3) (got 2) for patient 'd'.",
        "'observed_until' must be at least 0 (got -1) for patient 'a'.",
        "'observed_until' must be on or after 'normalized_on' (day 5) (got -1) for patient 'a'.",
        "'re_elevated_on' needs 'normalized_on' (got -2) for patient 'e'.",
    ]


def is_refused(call):
    try:
        call()
    except DataError:
        return True
    return False


def test_a_row_is_refused_exactly_where_a_patients_follow_up_is():
    for days in itertools.product((None, -1, 0, 1, 2, 3), repeat=3):
        row = is_refused(lambda days=days: read_follow_up(table(("a", *days))))
        patient = is_refused(lambda days=days: FollowUp(days[2], normalized_on=days[0], re_elevated_on=days[1]))
        assert row == patient, days


@st.composite
def follow_ups(draw):
    """Rows of different patients, none of which contradicts itself."""
    rows = []
    for patient in draw(st.lists(st.integers(1, 3), min_size=1, unique=True)):
        normalized_on = draw(st.none() | st.integers(1, 8))
        re_elevated_on = None if normalized_on is None else draw(st.none() | st.integers(normalized_on + 1, 10))
        rows.append((patient, normalized_on, re_elevated_on, draw(st.integers(10, 14))))
    return rows


visit_days = st.lists(st.tuples(st.integers(1, 3), st.integers(-1, 16)), min_size=4, max_size=12)


def said(rows, asked):
    """Above and within, of each pair of a patient and a day."""
    patients, days = zip(*asked, strict=True)
    known = read_follow_up(table(*rows)).of(patients)
    return known.above(np.array(days, dtype=float)), known.within(np.array(days, dtype=float))


@given(follow_ups(), visit_days, st.randoms(use_true_random=False))
def test_the_days_of_a_patient_are_the_same_in_any_order_and_company(rows, asked, random):
    known = read_follow_up(table(*rows)).of([patient for patient, _ in asked])
    shuffled = read_follow_up(table(*random.sample(rows, len(rows)))).of([patient for patient, _ in asked])
    by_patient = {patient: days for patient, *days in rows}
    for column, name in enumerate(("normalized_on", "re_elevated_on", "observed_until")):
        expected = [by_patient.get(patient, [None] * 3)[column] for patient, _ in asked]
        np.testing.assert_array_equal(getattr(known, name), np.array(expected, dtype=float))
        np.testing.assert_array_equal(getattr(known, name), getattr(shuffled, name))
    # what was looked up once can be looked up in its turn
    if len(set(known.patients)) == len(asked):
        np.testing.assert_array_equal(known.of(known.patients).observed_until, known.observed_until)


@given(follow_ups(), visit_days, st.sampled_from([0.25, 3]), st.integers(1, 9))
def test_whoever_is_observed_for_longer_is_known_on_no_fewer_days(rows, asked, unit, longer):
    above, within = said(rows, asked)
    assert not (above & within).any()
    # days in another unit
    scaled = [(patient, *(None if day is None else unit * day for day in days)) for patient, *days in rows]
    for ours, theirs in zip((above, within), said(scaled, [(patient, unit * day) for patient, day in asked]), strict=True):
        assert ours.tolist() == theirs.tolist()
    more = said([(*days, until + longer) for *days, until in rows], asked)
    ends = {patient: until for patient, _, _, until in rows}
    inside = np.array([day <= ends.get(patient, 0) for patient, day in asked])
    for ours, theirs in zip((above, within), more, strict=True):
        assert (theirs[inside] == ours[inside]).all()
        assert not ours[~inside].any()


@given(follow_ups(), visit_days)
def test_a_re_elevation_changes_what_is_known_from_its_day_on(rows, asked):
    above, within = said(rows, asked)
    normal_above, normal_within = said([(patient, day, None, until) for patient, day, _, until in rows], asked)
    re_elevated = {patient: day for patient, _, day, _ in rows if day is not None}
    before = np.array([day < re_elevated.get(patient, 99) for patient, day in asked])
    assert (above[before] == normal_above[before]).all()
    assert (within[before] == normal_within[before]).all()
    assert not within[~before].any()
    assert above[~before].tolist() == [
        day == re_elevated[patient] for patient, day in asked if day >= re_elevated.get(patient, 99)
    ]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            table().drop(columns="observed_until"),
            "'follow_up' must have each of the columns 'patient', 'normalized_on', 're_elevated_on', 'observed_until'"
            " once (got 'patient', 'normalized_on', 're_elevated_on').",
        ),
        (table(("a", "25", None, 279)), "'normalized_on' must hold numbers (got '25') at position 0."),
        (table(("a", 25, None, math.inf)), "'observed_until' must be finite (got inf) for patient 'a'."),
    ],
)
def test_a_wrong_table_is_refused_in_plain_words(frame, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        read_follow_up(frame)
    assert str(error.value) == message


def test_reading_changes_nothing_about_the_table():
    frame = table(("a", 25, None, 279))
    before = frame.copy(deep=True)
    assert isinstance(read_follow_up(frame), KnownDays)
    pd.testing.assert_frame_equal(frame, before)
