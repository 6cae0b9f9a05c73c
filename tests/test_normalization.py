"""When CK normalized and re-elevated: by hand, by the paper's Table 4, by a plain loop, and by properties."""

import itertools
import math

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import some

from ivigmyo.errors import DataError
from ivigmyo.normalization import (
    at_risk,
    contradictions,
    episodes_from_follow_up,
    find_contradictions,
    find_normalization,
    find_normalizations,
)

DAYS = ["normalized_on", "re_elevated_on", "observed_until", "duration"]
COLUMNS = ["patient", *DAYS, "event", "status", "n_measurements", "n_missing"]
CONVENTIONS = [
    {"origin": origin, "confirm": confirm, "abnormal_baseline": abnormal}
    for origin, confirm, abnormal in itertools.product(["normalization", "treatment"], [1, 2, 3], [True, False])
]


def naive(rows, origin, confirm, abnormal_baseline, observed_until=None):
    """The rule as a person would apply it to one patient's (day, ck, uln), one after the other."""
    measured = {}
    n_missing = 0
    for day, ck, uln in rows:
        if math.isnan(ck):
            n_missing += 1
        elif day not in measured or (ck, -uln) > (measured[day][0], -measured[day][1]):
            measured[day] = (ck, uln)
    normal = [(day, ck <= uln) for day, (ck, uln) in sorted(measured.items())]
    last = observed_until if observed_until is not None else max(measured, default=None)
    before = [is_normal for day, is_normal in normal if day <= 0]
    after = [(day, is_normal) for day, is_normal in normal if day > 0]

    normalized_on = re_elevated_on = None
    if abnormal_baseline and not before:
        status = "no baseline"
    elif abnormal_baseline and before[-1]:
        status = "normal at baseline"
    elif not after:
        status = "no follow-up"
    else:
        status = "not normalized"
        run = []
        for day, is_normal in after:
            if normalized_on is None:
                run = [*run, day] if is_normal else []
                if len(run) == confirm:
                    normalized_on, status = run[0], "censored"
            elif not is_normal:
                re_elevated_on, status = day, "re-elevated"
                break
    duration = event = None
    if normalized_on is not None:
        event = re_elevated_on is not None
        duration = (re_elevated_on if event else last) - (normalized_on if origin == "normalization" else 0)
    return normalized_on, re_elevated_on, last, duration, event, status, len(measured), n_missing


def random_rows(rng, n_patients, repeats):
    """Shuffled rows of patients with none to ten values, many of them equal to their limit, some missing."""
    rows = {"patient": [], "day": [], "ck": [], "uln": []}
    for patient in range(n_patients):
        possible = np.arange(-4, 9)
        n = rng.integers(1, 11)
        days = rng.choice(possible, n, replace=repeats) + rng.choice([-3, 0, 0, 3])
        rows["patient"] += [patient] * n
        rows["day"] += days.tolist()
        level = rng.choice([1.5, 2.5, 4])
        rows["ck"] += np.clip(np.round(rng.normal(level, 1, n)), 1, None).tolist()
        rows["uln"] += rng.choice([2.0, 3.0], n).tolist()
    frame = pd.DataFrame(rows)
    frame.loc[rng.random(len(frame)) < 0.1, "ck"] = np.nan
    frame.loc[frame["patient"] % 50 == 7, "ck"] = np.nan
    frame.loc[frame["ck"].isna() & (rng.random(len(frame)) < 0.5), "uln"] = np.nan
    return frame.sample(frac=1, random_state=7, ignore_index=True)


def by_patient(frame):
    rows = {}
    for patient, day, ck, uln in frame[["patient", "day", "ck", "uln"]].itertuples(index=False):
        rows.setdefault(patient, []).append((day, ck, uln))
    return rows


def expected_frame(rows, last_days=None, **conventions):
    """What `find_normalizations` must return, found patient by patient with the loop above."""
    found = [
        (patient, *naive(rows[patient], observed_until=None if last_days is None else last_days[patient], **conventions))
        for patient in sorted(rows)
    ]
    return pd.DataFrame(found, columns=COLUMNS).astype(dict.fromkeys([*DAYS, "event"], float))


@pytest.fixture(scope="module")
def ten_thousand():
    return random_rows(np.random.default_rng(20080125), 10_000, repeats=False)


@pytest.fixture(scope="module")
def ten_thousand_by_patient(ten_thousand):
    return by_patient(ten_thousand)


def table_4():
    """Patient, timing of normalization, of re-elevation, monitoring period, and the duration as printed."""
    return [
        ("1", None, None, 409, "-"),
        ("2", 25, None, 279, ">254"),
        ("3", 19, 390, 510, "371"),
        ("4", 24, None, 472, ">448"),
        ("5", None, None, 374, "-"),
        ("6", 9, 139, 615, "130"),
        ("7", 35, None, 444, ">409"),
        ("8", 38, 137, 714, "99"),
        ("9", 15, 438, 487, "423"),
        ("10", 12, 96, 136, "84"),
        ("11", 35, 255, 729, "220"),
        ("12", 21, 400, 757, "379"),
        ("13", 34, None, 628, ">594"),
        ("14", 49, 180, 511, "131"),
        ("15", 7, None, 59, ">52"),
    ]


def follow_up(*rows):
    return pd.DataFrame(rows, columns=["patient", "normalized_on", "re_elevated_on", "observed_until"])


def serial(*rows):
    return pd.DataFrame(rows, columns=["patient", "day", "ck", "uln"])


# By hand


def test_a_value_equal_to_its_limit_is_normal():
    episode = find_normalization([0, 10, 20, 30], [301, 300, 300, 301], uln=300)
    assert (episode.normalized_on, episode.re_elevated_on, episode.duration) == (10.0, 30.0, 20.0)


def test_the_episode_holds_plain_numbers_counts_and_conventions():
    episode = find_normalization([0, 7, 20, 41, 90], [980, None, 110, 95, 250], uln=180)
    assert attrs.asdict(episode) == {
        "normalized_on": 20.0,
        "re_elevated_on": 90.0,
        "observed_until": 90.0,
        "duration": 70.0,
        "event": True,
        "status": "re-elevated",
        "n_measurements": 4,
        "n_missing": 1,
        "origin": "normalization",
        "confirm": 1,
        "abnormal_baseline": True,
        "same_day": "error",
    }
    assert type(episode.event) is bool
    assert {type(getattr(episode, name)) for name in DAYS} == {float}
    assert type(episode.n_missing) is int


def test_conventions_are_echoed():
    episode = find_normalization(
        [-1, 2, 4], [1, 5, 5], 3, origin="treatment", confirm=np.int64(2), abnormal_baseline=False, same_day="highest"
    )
    assert (episode.origin, episode.confirm, episode.abnormal_baseline, episode.same_day) == (
        "treatment",
        2,
        False,
        "highest",
    )
    assert type(episode.confirm) is int


@pytest.mark.parametrize(
    ("days", "ck", "status", "observed_until"),
    [
        ([], [], None, None),
        ([0, 5], [None, None], "no baseline", None),
        ([5], [1], "no baseline", 5),
        ([0, 5], [None, 9], "no baseline", 5),
        ([0], [1], "normal at baseline", 0),
        ([-7, 0, 5], [9, 1, 9], "normal at baseline", 5),
        ([-7], [9], "no follow-up", -7),
        ([0, 5], [9, None], "no follow-up", 0),
        ([0, 5], [9, 9], "not normalized", 5),
    ],
)
def test_without_a_normalization_there_is_a_status_and_no_duration(days, ck, status, observed_until):
    if not days:
        with pytest.raises(ValueError, match=r"^'days' must have at least one value \(got 0\)\.$"):
            find_normalization(days, ck, 3)
        return
    episode = find_normalization(days, ck, 3)
    assert (episode.status, episode.observed_until) == (status, observed_until)
    assert (episode.normalized_on, episode.re_elevated_on, episode.duration, episode.event) == (None,) * 4


def test_the_last_value_at_or_before_day_0_is_the_baseline():
    assert find_normalization([-7, 0, 5], [1, 9, 1], 3).status == "censored"
    assert find_normalization([-7, -1, 5], [1, 9, 1], 3).status == "censored"
    assert find_normalization([-7, -1, 5], [9, 1, 1], 3).status == "normal at baseline"


def test_a_value_on_day_0_does_not_normalize_and_one_just_after_does():
    assert find_normalization([0, 0.5, 1], [9, 1, 9], 3).normalized_on == 0.5
    assert find_normalization([-1, 0, 1], [9, 1, 9], 3, abnormal_baseline=False).status == "not normalized"


@pytest.mark.parametrize(
    ("days", "ck", "status", "duration"),
    [
        ([0, 5, 8], [1, 1, 9], "re-elevated", 3),
        ([5, 8], [1, 1], "censored", 3),
        ([5, 8], [9, 9], "not normalized", None),
        ([-5, 0], [9, 9], "no follow-up", None),
        ([-5, 0], [1, None], "no follow-up", None),
        ([3], [None], "no follow-up", None),
    ],
)
def test_every_patient_is_followed_if_the_baseline_does_not_matter(days, ck, status, duration):
    episode = find_normalization(days, ck, 3, abnormal_baseline=False)
    assert (episode.status, episode.duration) == (status, duration)


def test_the_duration_is_counted_from_day_0_on_request():
    days, ck = [0, 10, 30], [9, 1, 9]
    assert find_normalization(days, ck, 3, origin="treatment").duration == 30
    assert find_normalization(days[:2], ck[:2], 3, origin="treatment").duration == 10
    assert find_normalization([0, 10], [9, 9], 3, origin="treatment").duration is None


@pytest.mark.parametrize(
    ("ck", "confirm", "normalized_on", "status"),
    [
        ([9, 1, 9, 1, 1], 2, 40, "censored"),
        ([9, 1, 1, 9, 1], 2, 20, "re-elevated"),
        ([9, 1, None, 1, 9], 2, 20, "re-elevated"),
        ([9, 9, 9, 9, 1], 2, None, "not normalized"),
        ([9, 1, 9, 1, 9], 2, None, "not normalized"),
        ([9, 1, 1, 1, 1], 4, 20, "censored"),
        ([9, 1, 1, 1, 1], 5, None, "not normalized"),
        ([9, 1, 1, 1, 1], 6, None, "not normalized"),
    ],
)
def test_several_normal_values_in_a_row_can_be_asked_for(ck, confirm, normalized_on, status):
    episode = find_normalization([0, 20, 30, 40, 50], ck, 3, confirm=confirm)
    assert (episode.normalized_on, episode.status) == (normalized_on, status)


def test_a_run_may_take_up_all_rows():
    episode = find_normalization([5, 8], [1, 1], 3, confirm=2, abnormal_baseline=False)
    assert (episode.normalized_on, episode.status) == (5, "censored")


def test_a_run_of_normal_values_does_not_pass_from_one_patient_to_the_next():
    frame = serial(("a", 0, 9, 3), ("a", 5, 1, 3), ("b", 5, 1, 3), ("b", 6, 9, 3))
    episodes = find_normalizations(frame, confirm=2, abnormal_baseline=False)
    assert episodes["status"].tolist() == ["not normalized", "not normalized"]


def test_of_two_values_on_one_day_the_highest_counts_with_its_own_limit():
    days, ck, uln = [0, 5, 5, 9], [9, 4, 5, 1], [3, 3, 6, 3]
    assert find_normalization(days, ck, uln, same_day="highest").normalized_on == 5
    assert find_normalization(days, ck, uln, same_day="highest").n_measurements == 3
    assert find_normalization(days, ck, [3, 6, 4, 3], same_day="highest").normalized_on == 9


@pytest.mark.parametrize("limits", [[3, 6], [6, 3]])
def test_of_two_equal_values_on_one_day_the_lower_limit_counts(limits):
    episode = find_normalization([0, 5, 5, 9], [9, 4, 4, 1], [3, *limits, 3], same_day="highest")
    assert episode.normalized_on == 9


def test_a_row_without_ck_does_not_make_a_second_measurement():
    episode = find_normalization([0, 5, 5, 0], [9, 1, None, None], [3, 3, None, 3])
    assert (episode.status, episode.n_measurements, episode.n_missing) == ("censored", 2, 2)


def test_a_later_last_day_observed_ends_the_duration():
    assert find_normalization([0, 5], [9, 1], 3, observed_until=30).duration == 25
    assert find_normalization([0, 5], [9, 1], 3, observed_until=5).duration == 0
    episode = find_normalization([0, 5, 9], [9, 1, 9], 3, observed_until=30)
    assert (episode.duration, episode.observed_until) == (4, 30)
    assert find_normalization([0], [None], 3, observed_until=30).observed_until == 30


def test_limits_belong_to_measurements():
    assert find_normalization([0, 5, 9], [250, 250, 250], [240, 260, 240]).status == "re-elevated"


# The frame


def test_the_frame_is_sorted_and_complete():
    frame = pd.DataFrame(
        {
            "site": "Tokyo",
            "ck": [1, 9, np.nan, 9.0, 9],
            "patient": ["b", "b", "c", "a", "a"],
            "day": [5, 0, 0, 0, 7],
            "uln": [3, 3, np.nan, 3, 3],
        },
        index=[9, 9, 8, 8, 7],
    )
    before = frame.copy(deep=True)
    episodes = find_normalizations(frame)
    pd.testing.assert_frame_equal(frame, before)
    expected = pd.DataFrame(
        {
            "patient": ["a", "b", "c"],
            "normalized_on": [np.nan, 5, np.nan],
            "re_elevated_on": [np.nan] * 3,
            "observed_until": [7, 5, np.nan],
            "duration": [np.nan, 0, np.nan],
            "event": [np.nan, 0, np.nan],
            "status": ["not normalized", "censored", "no baseline"],
            "n_measurements": [2, 2, 0],
            "n_missing": [0, 0, 1],
        }
    )
    pd.testing.assert_frame_equal(episodes, expected)


def test_nothing_hides_in_the_attributes_of_the_frame():
    frame = serial(("a", 0, 9, 3), ("a", 5, 1, 3))
    frame.attrs["notes"] = "from lab"
    assert find_normalizations(frame, origin="treatment", confirm=2).attrs == {}


PATIENTS = {
    "whole numbers": [30, 1, 200],
    "far apart": [-(2**63), 5, 2**63 - 1],
    "unsigned": np.array([2**64 - 1, 0, 7], dtype=np.uint64),
    "small": np.array([127, -128, 0], dtype=np.int8),
    "texts": ["b", "a", "Ä"],
    "pairs": [("b", 1), ("a", 2), ("a", 1)],
    "floats": [2.5, 1.0, -3.0],
    "nullable": pd.array([3, 1, 2], dtype="Int64"),
    "strings": pd.array(["b", "a", "c"], dtype="string"),
    "categories": pd.Categorical(["b", "a", "c"], categories=["z", "b", "a", "c"]),
}


@pytest.mark.parametrize("kind", PATIENTS)
def test_a_patient_is_any_hashable_value(kind):
    ids = pd.Series(PATIENTS[kind])
    frame = pd.DataFrame({"patient": pd.concat([ids, ids]), "day": [0] * 3 + [5, 6, 7], "ck": [9] * 3 + [1] * 3, "uln": 3})
    last = pd.Series([10, 20, 30], index=pd.Index(ids, tupleize_cols=False))
    episodes = find_normalizations(frame, observed_until=last)
    order = ids.argsort() if kind == "categories" else sorted(range(3), key=ids.tolist().__getitem__)
    if kind == "categories":
        order = [0, 1, 2]  # as their categories are ordered
    assert episodes["patient"].tolist() == [ids.tolist()[i] for i in order]
    assert episodes["patient"].dtype == frame["patient"].dtype
    assert episodes["normalized_on"].tolist() == [5.0 + i for i in order]
    assert episodes["observed_until"].tolist() == [10.0 * (i + 1) for i in order]


def test_patients_of_different_types_are_sorted_by_their_text():
    frame = pd.DataFrame({"patient": ["b", 1, "1", "a"], "day": 5, "ck": 1, "uln": 3})
    assert find_normalizations(frame)["patient"].tolist() == [1, "1", "a", "b"]


def test_last_days_may_come_as_a_mapping_that_holds_others_too():
    frame = pd.DataFrame({"patient": [("b", 1), ("a", 1)], "day": 5, "ck": 1, "uln": 3})
    episodes = find_normalizations(frame, observed_until={("a", 1): 8, ("b", 1): 9, ("c", 1): 7})
    assert episodes["observed_until"].tolist() == [8.0, 9.0]


def test_numbers_may_be_nullable():
    frame = pd.DataFrame(
        {
            "patient": [1, 1, 1],
            "day": pd.array([0, 5, 6], dtype="Int64"),
            "ck": pd.array([9, 1, None], dtype="Float64"),
            "uln": pd.array([3, 3, None], dtype="Int32"),
        }
    )
    assert find_normalizations(frame)["status"].tolist() == ["censored"]


def test_those_at_risk_are_selected_whatever_the_byte_order():
    durations = np.array([np.nan, 84, 12], dtype=">f8")
    chosen = at_risk(pd.DataFrame({"patient": ["A", "B", "C"], "duration": durations}))
    assert chosen["patient"].tolist() == ["B", "C"]
    assert chosen["duration"].tolist() == [84, 12]


def test_those_at_risk_are_those_with_a_duration():
    frame = serial(
        ("a", 0, 9, 3), ("a", 5, 9, 3), ("b", 0, 9, 3), ("b", 5, 1, 3), ("c", 0, 9, 3), ("c", 5, 1, 3), ("c", 6, 9, 3)
    )
    chosen = at_risk(find_normalizations(frame))
    assert chosen["patient"].tolist() == ["b", "c"]
    assert chosen.index.tolist() == [1, 2]
    chosen["arm"] = "A"  # a frame of its own


# The plain loop


@pytest.mark.parametrize("conventions", some(CONVENTIONS), ids=str)
def test_ten_thousand_random_patients_agree_with_a_plain_loop(conventions, ten_thousand, ten_thousand_by_patient):
    found = find_normalizations(ten_thousand, **conventions)
    pd.testing.assert_frame_equal(found, expected_frame(ten_thousand_by_patient, **conventions), check_exact=True)
    assert found["status"].nunique() == (6 if conventions["abnormal_baseline"] else 4)


@pytest.mark.parametrize("conventions", CONVENTIONS[::5], ids=str)
def test_last_days_agree_with_a_plain_loop(conventions, ten_thousand, ten_thousand_by_patient):
    last = {patient: 20.0 + patient % 3 for patient in ten_thousand_by_patient}
    found = find_normalizations(ten_thousand, observed_until=last, **conventions)
    expected = expected_frame(ten_thousand_by_patient, last, **conventions)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@pytest.mark.parametrize("conventions", CONVENTIONS[::5], ids=str)
def test_the_highest_of_a_day_agrees_with_a_plain_loop(conventions):
    frame = random_rows(np.random.default_rng(371), 3_000, repeats=True)
    found = find_normalizations(frame, same_day="highest", **conventions)
    pd.testing.assert_frame_equal(found, expected_frame(by_patient(frame), **conventions), check_exact=True)


@pytest.mark.parametrize("way", ["texts", "parts of a day", "far apart", "long ago"])
def test_every_way_of_sorting_finds_the_same(way, ten_thousand):
    frame, expected = ten_thousand.copy(), find_normalizations(ten_thousand, confirm=2)
    if way == "texts":
        frame["patient"] = frame["patient"].map("P{:05d}".format)
        expected["patient"] = expected["patient"].map("P{:05d}".format)
    elif way == "parts of a day":
        frame["day"] /= 8
        expected[DAYS] /= 8
    elif way == "far apart":
        frame["patient"] = frame["patient"] * 2**49 - 2**62
        expected["patient"] = expected["patient"] * 2**49 - 2**62
    else:
        frame["day"] *= 2.0**60
        expected[DAYS] *= 2.0**60
    pd.testing.assert_frame_equal(find_normalizations(frame, confirm=2), expected, check_exact=True)


def test_one_patient_alone_is_found_as_among_all(ten_thousand):
    rows = by_patient(ten_thousand[ten_thousand["patient"] < 300])
    table = find_normalizations(ten_thousand).set_index("patient")
    for patient, values in rows.items():
        episode = attrs.asdict(find_normalization(*zip(*values, strict=True)))
        row = table.loc[patient]
        assert {name: None if pd.isna(row[name]) else row[name] for name in table.columns}.items() <= episode.items()


# Table 4


def test_table_4_gives_its_printed_durations():
    table = table_4()
    episodes = episodes_from_follow_up(follow_up(*(row[:4] for row in table)))
    printed = {"re-elevated": "{:.0f}", "censored": ">{:.0f}", "not normalized": "-"}
    shown = [
        printed[status].format(duration) for status, duration in zip(episodes["status"], episodes["duration"], strict=True)
    ]
    assert shown == [row[4] for row in table]
    assert episodes["patient"].tolist() == [row[0] for row in table]
    assert list(episodes.columns) == COLUMNS[:7]
    assert len(at_risk(episodes)) == 13
    assert at_risk(episodes)["event"].sum() == 8


def test_a_follow_up_counts_from_day_0_on_request():
    rows = follow_up(("b", 25, None, 279), ("a", 19, 390, 510), ("c", None, None, 8))
    episodes = episodes_from_follow_up(rows, origin="treatment")
    expected = pd.DataFrame(
        {
            "patient": ["b", "a", "c"],
            "normalized_on": [25, 19, np.nan],
            "re_elevated_on": [np.nan, 390, np.nan],
            "observed_until": [279.0, 510, 8],
            "duration": [279, 390, np.nan],
            "event": [0, 1, np.nan],
            "status": ["censored", "re-elevated", "not normalized"],
        }
    )
    pd.testing.assert_frame_equal(episodes, expected)
    assert episodes.attrs == {}


def test_serial_values_of_table_4_give_its_episodes():
    """A value above on day 0, one within on the day of normalization, and so on, is all that the table says."""
    rows = []
    for patient, normalized_on, re_elevated_on, observed_until, _ in table_4():
        rows += [(patient, 0, 2, 1), (patient, observed_until, 2 if normalized_on is None else 1, 1)]
        rows += [(patient, day, ck, 1) for day, ck in ((normalized_on, 1), (re_elevated_on, 2)) if day is not None]
    found = find_normalizations(serial(*rows)).set_index("patient")
    expected = episodes_from_follow_up(follow_up(*(row[:4] for row in table_4()))).set_index("patient")
    pd.testing.assert_frame_equal(found.loc[expected.index, expected.columns], expected)


# Contradictions


BEFORE = "'ck' must be above its ULN of 180 before it normalized on day 25"
DURING = "'ck' must be at most its ULN of 180 from day 25, when it normalized"
BACK = "'ck' must be above its ULN of 180 when it re-elevated on day 90"
NEVER = "'ck' must be above its ULN of 180 where it did not normalize"
LATE = "'day' must be at most 279, the last day observed"

CASES = [
    (14, 900, ()),
    (0, 100, ()),
    (-7, 100, ()),
    (14, 180, (f"{BEFORE} (got 180) for patient 'P', day 14.",)),
    (25, 180, ()),
    (25, 181, (f"{DURING}, to day 90 (got 181) for patient 'P', day 25.",)),
    (60, 181, (f"{DURING}, to day 90 (got 181) for patient 'P', day 60.",)),
    (89.5, 100, ()),
    (90, 181, ()),
    (90, 180, (f"{BACK} (got 180) for patient 'P', day 90.",)),
    (91, 100, ()),
    (279, 900, ()),
    (280, 900, (f"{LATE} (got 280) for patient 'P', day 280.",)),
    (280, 100, (f"{LATE} (got 280) for patient 'P', day 280.",)),
]


@pytest.mark.parametrize(("day", "ck", "sentences"), CASES)
def test_a_serial_value_may_contradict_the_follow_up(day, ck, sentences):
    assert contradictions(serial(("P", day, ck, 180)), follow_up(("P", 25, 90, 279))) == sentences


@pytest.mark.parametrize(
    ("day", "ck", "sentences"),
    [
        (279, 100, ()),
        (279, 200, (f"{DURING} (got 200) for patient 7, day 279.",)),
        (300, 200, (f"{LATE} (got 300) for patient 7, day 300.",)),
    ],
)
def test_a_serial_value_may_contradict_a_censored_follow_up(day, ck, sentences):
    assert contradictions(serial((7, day, ck, 180)), follow_up((7, 25, None, 279))) == sentences


@pytest.mark.parametrize(
    ("day", "ck", "sentences"),
    [
        (0, 100, ()),
        (84, 200, ()),
        (84, 100, (f"{NEVER} (got 100) for patient 'P', day 84.",)),
        (279, 100, (f"{NEVER} (got 100) for patient 'P', day 279.",)),
        (280, 100, (f"{LATE} (got 280) for patient 'P', day 280.",)),
    ],
)
def test_a_serial_value_may_contradict_that_ck_did_not_normalize(day, ck, sentences):
    assert contradictions(serial(("P", day, ck, 180)), follow_up(("P", None, None, 279))) == sentences


def test_contradictions_keep_the_order_of_the_serial_values():
    values = serial(("b", 500, 1, 3), ("a", 5, 1, 3), ("b", 5, 1, 3), ("c", 5, 1, 3))
    found = contradictions(values, follow_up(("a", None, None, 9), ("b", 10, None, 400)))
    assert [sentence.partition("for patient ")[2] for sentence in found] == ["'b', day 500.", "'a', day 5.", "'b', day 5."]


def test_contradictions_are_found_by_row():
    values = serial(("b", 500, 1, 3), ("b", 12, 1, 3), ("b", 5, 1, 3))
    found = find_contradictions(values, follow_up(("b", 10, None, 400)))
    assert {row: (problem.got, problem.record) for row, problem in found.items()} == {
        0: (500, "for patient 'b', day 500"),
        2: (1, "for patient 'b', day 5"),
    }


def test_rows_that_lack_something_and_finer_follow_ups_contradict_nothing():
    silent = serial(
        ("P", 14, None, 180), ("P", 14, 100, None), ("P", None, 100, 180), ("P", 500, None, 180), ("P", 500, 9, None)
    )
    assert contradictions(silent, follow_up(("P", 25, None, 279))) == ()
    assert contradictions(serial(("P", 0, 900, 180), ("P", 28, 100, 180)), follow_up(("P", 25, 139, 279))) == ()
    assert contradictions(silent, follow_up()) == ()


# Properties


@st.composite
def patient_rows(draw):
    """Days in any order, with CK and limits from a few small numbers so that ties are common."""
    days = draw(st.lists(st.integers(-5, 12), min_size=1, max_size=9, unique=True))
    values = st.one_of(st.sampled_from([1.0, 2.0, 3.0, 4.0]), st.just(math.nan))
    ck = draw(st.lists(values, min_size=len(days), max_size=len(days)))
    uln = draw(st.lists(st.sampled_from([2.0, 3.0]), min_size=len(days), max_size=len(days)))
    return list(zip(days, ck, uln, strict=True))


conventions = st.sampled_from(CONVENTIONS)


def solve(rows, **options):
    return find_normalization(*zip(*rows, strict=True), **options)


@given(patient_rows(), conventions, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, options, random):
    shuffled = random.sample(rows, len(rows))
    assert solve(shuffled, **options) == solve(rows, **options)


@given(patient_rows(), conventions, st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_of_ck_does_not_matter(rows, options, factor):
    scaled = [(day, ck * factor, uln * factor) for day, ck, uln in rows]
    assert solve(scaled, **options) == solve(rows, **options)


@given(patient_rows(), conventions, st.data())
def test_one_more_normal_value_while_ck_is_normal_changes_nothing(rows, options, data):
    episode = solve(rows, **options)
    if episode.duration is None:
        return
    end = episode.observed_until if episode.re_elevated_on is None else episode.re_elevated_on
    if end > episode.normalized_on:
        share = data.draw(st.sampled_from([0.25, 0.5, 0.75]))
        day = episode.normalized_on + share * (end - episode.normalized_on)
        if day not in {row[0] for row in rows}:
            more = solve([*rows, (day, 1.0, 2.0)], **options)
            assert more == attrs.evolve(episode, n_measurements=episode.n_measurements + 1)


@given(patient_rows(), conventions)
def test_days_are_in_order_and_the_origin_only_moves_the_start(rows, options):
    episode = solve(rows, **options)
    if episode.duration is not None:
        end = episode.observed_until if episode.re_elevated_on is None else episode.re_elevated_on
        assert 0 < episode.normalized_on <= end <= episode.observed_until
        from_normal = solve(rows, **options | {"origin": "normalization"}).duration
        from_treatment = solve(rows, **options | {"origin": "treatment"}).duration
        assert from_treatment - from_normal == episode.normalized_on
    assert (episode.status in {"re-elevated", "censored"}) == (episode.duration is not None)
    assert episode.n_measurements + episode.n_missing == len(rows)


@given(patient_rows(), conventions)
def test_a_demand_can_only_delay_or_prevent_a_normalization(rows, options):
    strict = solve(rows, **options)
    free = solve(rows, **options | {"abnormal_baseline": False, "confirm": 1})
    if strict.normalized_on is not None:
        assert free.normalized_on <= strict.normalized_on


@given(st.lists(patient_rows(), min_size=1, max_size=5), conventions)
def test_patients_do_not_touch_each_other(patients, options):
    frame = serial(*((i, *row) for i, rows in enumerate(patients) for row in rows))
    together = find_normalizations(frame, **options)
    alone = [find_normalizations(frame[frame["patient"] == i], **options) for i in range(len(patients))]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


@given(patient_rows(), st.integers(1, 9))
def test_measurements_after_the_re_elevation_change_only_the_last_day(rows, later):
    episode = solve(rows)
    if episode.event:
        more = solve([*rows, (12 + later, 1.0, 2.0)])
        expected = attrs.evolve(episode, observed_until=12.0 + later, n_measurements=episode.n_measurements + 1)
        assert more == expected


@st.composite
def follow_up_rows(draw):
    """Days of different patients that do not contradict each other."""
    rows = []
    for patient in draw(st.lists(st.integers(1, 3), min_size=1, unique=True)):
        normalized_on = draw(st.none() | st.integers(1, 8))
        re_elevated_on = None if normalized_on is None else draw(st.none() | st.integers(normalized_on + 1, 10))
        rows.append((patient, normalized_on, re_elevated_on, draw(st.integers(10, 14))))
    return rows


@given(follow_up_rows(), st.sampled_from(["normalization", "treatment"]), st.randoms(use_true_random=False))
def test_recorded_days_give_the_episodes_of_values_on_those_days(rows, origin, random):
    episodes = episodes_from_follow_up(follow_up(*rows), origin)
    values = [(patient, 0, 2, 1) for patient, *_ in rows]
    for patient, normalized_on, re_elevated_on, until in rows:
        days = {until: 2 if normalized_on is None else 1, normalized_on: 1, re_elevated_on: 2}
        values += [(patient, day, ck, 1) for day, ck in days.items() if day is not None]
    found = find_normalizations(serial(*values), origin=origin)
    expected = episodes.sort_values("patient", ignore_index=True)
    pd.testing.assert_frame_equal(found[expected.columns.tolist()], expected, check_like=True)
    # and such values contradict nothing
    assert find_contradictions(serial(*values), follow_up(*rows)) == {}
    shuffled = episodes_from_follow_up(follow_up(*random.sample(rows, len(rows))), origin)
    pd.testing.assert_frame_equal(shuffled.sort_values("patient", ignore_index=True), expected)


@given(follow_up_rows())
def test_those_at_risk_and_the_others_are_all(rows):
    episodes = episodes_from_follow_up(follow_up(*rows))
    chosen = at_risk(episodes)
    pd.testing.assert_frame_equal(at_risk(chosen), chosen)
    assert chosen["patient"].tolist() == [patient for patient, normalized_on, *_ in rows if normalized_on is not None]
    rest = episodes.drop(chosen.index)
    assert set(rest["status"]) <= {"not normalized"}
    assert set(chosen["status"]) <= {"re-elevated", "censored"}
    pd.testing.assert_frame_equal(pd.concat([chosen, rest]).sort_index(), episodes)
    # until the re-elevation or the last day observed
    ends = chosen["re_elevated_on"].fillna(chosen["observed_until"])
    assert (chosen["normalized_on"] + chosen["duration"] == ends).all()
    assert (chosen["event"] == chosen["re_elevated_on"].notna()).all()


@given(
    follow_up_rows(),
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(-1, 14), st.integers(1, 3), st.sampled_from([None, 2, 2, 2])),
        min_size=3,
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_a_value_contradicts_by_itself_where_its_opposite_does_not(rows, values, random):
    frame, known = serial(*values), follow_up(*rows)
    found = find_contradictions(frame, known)
    assert contradictions(frame, known) == tuple(problem.message for problem in found.values())
    until = {patient: last for patient, _, _, last in rows}
    for row, (patient, day, ck, uln) in enumerate(values):
        alone = find_contradictions(serial((patient, day, ck, uln)), known)
        assert alone == ({0: found[row]} if row in found else {})
        if uln is not None and day <= until.get(patient, day):
            # a CK of 3 is above its limit of 2, one of 1 within
            opposite = find_contradictions(serial((patient, day, 1 if ck > uln else 3, uln)), known)
            assert not (opposite and alone)
    order = random.sample(range(len(values)), len(values))
    shuffled = find_contradictions(serial(*(values[k] for k in order)), known)
    assert {order[row]: problem for row, problem in shuffled.items()} == found


@given(patient_rows(), conventions)
def test_one_patient_is_found_as_in_a_table(rows, options):
    episode = attrs.asdict(solve(rows, **options))
    row = find_normalizations(serial(*(("a", *each) for each in rows)), **options).loc[0]
    found = {name: None if pd.isna(value) else value for name, value in row.items()}
    assert {name: episode[name] for name in found if name != "patient"}.items() <= found.items()


# What is refused

GOOD = {"days": [0, 5, 9], "ck": [9, 1, 9], "uln": [3, 3, 3]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ck": [9, 0, 9]}, "'ck' must be greater than 0 and at most 10000000 (got 0) on day 5."),
        ({"ck": [-1, 0, 9]}, "'ck' must be greater than 0 and at most 10000000 (got -1) on day 0, and 1 more."),
        ({"ck": [9, math.inf, 9]}, "'ck' must be finite (got inf) on day 5."),
        ({"ck": [9, "1", 9]}, "'ck' must hold numbers (got '1') at position 1."),
        ({"ck": [9, 1]}, "'days' and 'ck' and 'uln' must have equal lengths (got days 3, ck 2, uln 3)."),
        ({"ck": 9}, "'ck' must be a column of numbers (got 9)."),
        ({"uln": [3, 0, 3]}, "'uln' must be greater than 0 and at most 10000000 (got 0) on day 5."),
        ({"uln": -180}, "'uln' must be greater than 0 and at most 10000000 (got -180) on day 0, and 2 more."),
        ({"uln": [3, None, 3]}, "'uln' must not be missing where 'ck' is given (got nan) on day 5."),
        ({"uln": None}, "'uln' must not be missing where 'ck' is given (got nan) on day 0, and 2 more."),
        ({"uln": math.inf}, "'uln' must be finite (got inf) on day 0, and 2 more."),
        ({"uln": "3"}, "'uln' must hold numbers (got '3') at position 0."),
        ({"uln": True}, "'uln' must hold numbers (got True) at position 0."),
        ({"days": [0, None, 9]}, "'days' must not be missing (got nan) at position 1."),
        ({"days": [0, 5, math.inf]}, "'days' must be finite (got inf) at position 2."),
        ({"days": 0}, "'days' must be a column of numbers (got 0)."),
        (
            {"days": [0, 5, 5]},
            "a patient must have one measurement a day unless same_day='highest' (got 2) on day 5.",
        ),
        ({"observed_until": 8}, "'observed_until' must be on or after the last measurement (day 9) (got 8)."),
        ({"observed_until": math.nan}, "'observed_until' must not be missing (got nan)."),
        ({"observed_until": [10]}, "'observed_until' must be one number (got 'list')."),
        ({"origin": "infusion"}, "'origin' must be one of 'normalization', 'treatment' (got 'infusion')."),
        ({"same_day": "mean"}, "'same_day' must be one of 'error', 'highest' (got 'mean')."),
        ({"abnormal_baseline": 1}, "'abnormal_baseline' must be one of True, False (got 1)."),
        ({"confirm": 0}, "'confirm' must be a whole number of at least 1 (got 0)."),
        ({"confirm": 1.0}, "'confirm' must be a whole number of at least 1 (got 1)."),
        ({"confirm": True}, "'confirm' must be a whole number of at least 1 (got True)."),
    ],
)
def test_one_patient_is_refused_in_plain_words(changes, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        find_normalization(**GOOD | changes)
    assert str(error.value) == message


def test_series_of_one_patient_must_have_equal_indexes():
    with pytest.raises(ValueError, match=r"^'days' and 'ck' must have equal indexes"):
        find_normalization(pd.Series([0, 5]), pd.Series([9, 1], index=[1, 0]), 3)


FRAME = serial(("P1", 0, 9.0, 3.0), ("P1", 5, 1.0, 3.0), ("P2", 0, 9.0, 3.0), ("P2", 7, 9.0, 3.0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ck": [9, 1, 9, 0]}, "'ck' must be greater than 0 and at most 10000000 (got 0) for patient 'P2', day 7."),
        ({"ck": [9, 1, -math.inf, 9]}, "'ck' must be finite (got -inf) for patient 'P2', day 0."),
        ({"uln": [3, 3, -3, 3]}, "'uln' must be greater than 0 and at most 10000000 (got -3) for patient 'P2', day 0."),
        (
            {"uln": [None, 3, None, 3]},
            "'uln' must not be missing where 'ck' is given (got nan) for patient 'P1', day 0, and 1 more.",
        ),
        ({"day": [0, 5, 0, None]}, "'day' must not be missing (got nan) for patient 'P2'."),
        ({"day": [0, 5, 0, math.inf]}, "'day' must be finite (got inf) for patient 'P2'."),
        (
            {"day": [0, 0, 7, 7]},
            "a patient must have one measurement a day unless same_day='highest' (got 2) for patient 'P1', day 0,"
            " and 1 more.",
        ),
        ({"patient": ["P1", "P1", None, "P2"]}, "'patient' must not be missing at index 2."),
        ({"patient": [1, 1, math.nan, 2]}, "'patient' must not be missing at index 2."),
    ],
)
def test_a_frame_is_refused_in_plain_words(changes, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        find_normalizations(FRAME.assign(**changes))
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("observed_until", "message"),
    [
        ({"P1": 5}, "'observed_until' must not be missing (got nan) for patient 'P2'."),
        ({"P1": 5, "P2": None}, "'observed_until' must not be missing (got nan) for patient 'P2'."),
        ({}, "'observed_until' must not be missing (got nan) for patient 'P1', and 1 more."),
        ({"P1": 5, "P2": 3}, "'observed_until' must be on or after the last measurement (day 7) (got 3) for patient 'P2'."),
        (
            pd.Series({"P2": 6, "P1": 3}),
            "'observed_until' must be on or after the last measurement (day 5) (got 3) for patient 'P1', and 1 more.",
        ),
        (
            pd.Series([5, 6, 7], index=["P1", "P2", "P2"]),
            "'observed_until' must have one value a patient (got two for patient 'P2').",
        ),
        (9, "'observed_until' must be a Series or a mapping by patient (got 'int')."),
        ({"P1": 5, "P2": "7"}, "'observed_until' must hold numbers (got '7') at position 1."),
    ],
)
def test_last_days_are_refused_in_plain_words(observed_until, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        find_normalizations(FRAME, observed_until=observed_until)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: find_normalizations(FRAME.drop(columns="uln")),
            "'frame' must have each of the columns 'patient', 'day', 'ck', 'uln' once (got 'patient', 'day', 'ck').",
        ),
        (lambda: find_normalizations(FRAME[:0]), "'frame' must have at least one row (got 0)."),
        (lambda: find_normalizations([1]), "'frame' must be a DataFrame (got 'list')."),
        (
            lambda: find_normalizations(FRAME, origin="first"),
            "'origin' must be one of 'normalization', 'treatment' (got 'first').",
        ),
        (
            lambda: at_risk(FRAME),
            "'episodes' must have each of the columns 'duration' once (got 'patient', 'day', 'ck', 'uln').",
        ),
        (lambda: episodes_from_follow_up(follow_up()), "'follow_up' must have at least one row (got 0)."),
        (
            lambda: episodes_from_follow_up(follow_up(("a", 1, 2, 3)), origin="first"),
            "'origin' must be one of 'normalization', 'treatment' (got 'first').",
        ),
        (
            lambda: contradictions(FRAME[["patient", "day"]], follow_up()),
            "'serial' must have each of the columns 'patient', 'day', 'ck', 'uln' once (got 'patient', 'day').",
        ),
    ],
)
def test_wrong_tables_are_refused_in_plain_words(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        call()
    assert str(error.value) == message


@pytest.mark.parametrize("call", [episodes_from_follow_up, lambda rows: contradictions(FRAME, rows)])
def test_a_follow_up_that_contradicts_itself_is_refused(call):
    with pytest.raises(DataError) as error:
        call(follow_up(("P1", 25, 20, 279)))
    assert str(error.value) == "'re_elevated_on' must be after 'normalized_on' (day 25) (got 20) for patient 'P1'."
