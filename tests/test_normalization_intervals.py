"""Every episode of a patient, and what lies between two samples: by hand, and against a plain loop."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.normalization import (
    at_risk,
    duration_bounds,
    episodes_from_follow_up,
    find_normalizations,
    normalization_intervals,
)
from ivigmyo.survival import interval_censored_curve, kaplan_meier


def serial(*rows):
    return pd.DataFrame(rows, columns=["patient", "day", "ck", "uln"])


def patient(name, *values, uln=180):
    return serial(*((name, day, ck, uln) for day, ck in values))


P01 = patient("P01", (-1, 900), (10, 150), (50, 400), (90, 150), (130, 420), (170, 150), (200, 140))


# Every episode


def test_a_patient_may_normalize_three_times():
    found = find_normalizations(P01, recurrent=True)
    assert found.columns[:2].tolist() == ["patient", "episode"]
    assert found["episode"].tolist() == [1, 2, 3]
    assert found["normalized_on"].tolist() == [10, 90, 170]
    assert found["duration"].tolist() == [40, 40, 30]
    assert found["event"].tolist() == [1, 1, 0]
    assert found["status"].tolist() == ["re-elevated", "re-elevated", "censored"]
    assert found["n_measurements"].tolist() == [7, 7, 7]
    assert len(at_risk(found)) == 3


def test_an_episode_that_never_came_has_one_row():
    never = patient("A", (0, 900), (10, 800))
    again_high = patient("B", (0, 900), (10, 150), (20, 300), (30, 301))
    nothing = patient("C", (5, None))
    found = find_normalizations(pd.concat([again_high, nothing, never, P01]), recurrent=True)
    assert found["patient"].tolist() == ["A", "B", "C", "P01", "P01", "P01"]
    assert found["episode"].tolist() == [1, 1, 1, 1, 2, 3]
    assert found["status"].tolist()[:3] == ["not normalized", "re-elevated", "no baseline"]


def test_each_episode_must_be_confirmed():
    frame = patient("A", (0, 900), (10, 150), (20, 160), (30, 300), (40, 170), (50, 310), (60, 100), (70, 110))
    found = find_normalizations(frame, recurrent=True, confirm=2)
    assert found["normalized_on"].tolist() == [10, 60]
    found = find_normalizations(frame, recurrent=True, origin="treatment")
    assert found["duration"].tolist() == [30, 50, 70]


values = st.lists(st.tuples(st.integers(-3, 9), st.sampled_from([1, 3, 4, None])), max_size=9, unique_by=lambda row: row[0])


def all_episodes(rows, confirm):
    """One patient's episodes, sample by sample."""
    samples = sorted((day, ck > 3) for day, ck in rows if ck is not None)
    before, after = [s for s in samples if s[0] <= 0], [s for s in samples if s[0] > 0]
    if not before or not before[-1][1]:
        return []
    found, i = [], 0
    while i < len(after):
        run = after[i : i + confirm]
        if len(run) == confirm and not any(high for _, high in run):
            later = [k for k in range(i, len(after)) if after[k][1]]
            found.append((after[i][0], after[later[0]][0] if later else None))
            if not later:
                break
            i = later[0]
        i += 1
    return found


@given(st.lists(values, min_size=1, max_size=4), st.integers(1, 2))
def test_every_episode_as_in_a_plain_loop(patients, confirm):
    rows = [(f"P{i}", day, ck, 3) for i, samples in enumerate(patients) for day, ck in samples]
    if not rows:
        return
    frame = serial(*rows)
    found = find_normalizations(frame, recurrent=True, confirm=confirm)
    first = find_normalizations(frame, confirm=confirm)
    pd.testing.assert_frame_equal(found[found["episode"] == 1].drop(columns="episode").reset_index(drop=True), first)
    for name, part in found.groupby("patient"):
        expected = all_episodes(patients[int(name[1:])], confirm)
        assert part["episode"].tolist() == list(range(1, max(len(expected), 1) + 1))
        days = part[["normalized_on", "re_elevated_on"]].to_numpy().tolist()
        got = [tuple(None if math.isnan(day) else day for day in row) for row in days]
        assert got == (expected or [(None, None)])


# Between two samples


def test_normalization_lies_between_the_last_abnormal_and_the_first_normal_sample():
    found = normalization_intervals(
        pd.concat(
            [
                P01,
                patient("A", (-2, 900), (28, 400), (56, 100), (84, 90)),
                patient("B", (0, 900), (28, 400), (56, 300)),
                patient("C", (0, 100), (28, 400)),  # normal at baseline
                patient("D", (0, 900)),  # no follow-up
                patient("E", (3, 900), (8, 100)),  # no baseline
            ]
        )
    )
    assert found.to_dict("list") == {"patient": ["A", "B", "P01"], "left": [28, 56, 0], "right": [56, math.inf, 10]}
    curve = interval_censored_curve(found["left"], found["right"])
    assert curve.n == 3


def test_a_normal_sample_that_was_not_confirmed_leaves_it_open():
    frame = patient("A", (0, 900), (28, 400), (56, 100))
    assert normalization_intervals(frame, confirm=2)[["left", "right"]].to_numpy().tolist() == [[28, math.inf]]
    frame = patient("A", (0, 900), (28, 100), (56, 400), (84, 100), (90, 90))
    assert normalization_intervals(frame, confirm=2)[["left", "right"]].to_numpy().tolist() == [[56, 84]]


def test_without_an_abnormal_sample_it_begins_with_the_infusion():
    frame = patient("A", (-5, 100), (28, 100))
    found = normalization_intervals(frame, abnormal_baseline=False)
    assert found[["left", "right"]].to_numpy().tolist() == [[0, 28]]


def test_the_shortest_and_the_longest_duration():
    found = duration_bounds(
        pd.concat(
            [
                patient("A", (0, 980), (28, 400), (56, 110), (84, 120), (112, 300)),
                patient("B", (0, 980), (0.2, 110), (0.5, 120)),
                patient("C", (0, 980), (28, 400)),
                patient("D", (-2, 980), (1.0, 110), (1.3, 400)),
            ]
        )
    )
    assert found.to_dict("list") == {
        "patient": ["A", "B", "D"],
        "shortest": [28, 0.3, 0],
        "longest": [84, math.inf, 1.3],
    }


@given(st.lists(values, min_size=1, max_size=4), st.integers(1, 2), st.booleans())
def test_the_convention_lies_between_the_bounds(patients, confirm, abnormal_baseline):
    rows = [(f"P{i}", day, ck, 3) for i, samples in enumerate(patients) for day, ck in samples]
    if not rows:
        return
    options = {"confirm": confirm, "abnormal_baseline": abnormal_baseline}
    episodes = find_normalizations(serial(*rows), **options).set_index("patient")
    intervals = normalization_intervals(serial(*rows), **options).set_index("patient")
    known = episodes[episodes["status"].isin(["re-elevated", "censored", "not normalized"])]
    assert intervals.index.tolist() == known.index.tolist()
    assert (intervals["right"] == known["normalized_on"].fillna(math.inf)).all()
    assert (intervals["left"] < intervals["right"]).all()
    bounds = duration_bounds(serial(*rows), **options).set_index("patient")
    normalized = episodes[episodes["duration"].notna()]
    assert bounds.index.tolist() == normalized.index.tolist()
    assert (bounds["shortest"] <= normalized["duration"]).all()
    assert (bounds["longest"] >= normalized["duration"]).all()
    assert ((bounds["longest"] < math.inf) == (normalized["event"] == 1)).all()


# Durations are subtracted as they are written


def test_differences_of_days_tie_as_written():
    frame = pd.DataFrame(
        {"patient": ["A", "B"], "normalized_on": [1.0, 0.2], "re_elevated_on": [1.3, None], "observed_until": [2.0, 0.5]}
    )
    episodes = episodes_from_follow_up(frame)
    assert episodes["duration"].tolist() == [0.3, 0.3]
    assert kaplan_meier(episodes["duration"], episodes["event"]).estimate.tolist() == [0.5]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 4))
def test_days_with_decimals_are_subtracted_exactly(first, length, places):
    unit = 10**places
    frame = pd.DataFrame(
        {
            "patient": ["A"],
            "normalized_on": [(first + 1) / unit],
            "re_elevated_on": [None],
            "observed_until": [(first + 1 + length) / unit],
        }
    )
    assert episodes_from_follow_up(frame)["duration"].tolist() == [length / unit]


def test_an_impossible_ck_is_refused():
    frame = patient("A", (0, 900), (28, 1e30))
    for call in (find_normalizations, normalization_intervals, duration_bounds):
        with pytest.raises(ValueError, match=r"^'ck' must be greater than 0 and at most 10000000 \(got 1e\+30\)"):
            call(frame)
