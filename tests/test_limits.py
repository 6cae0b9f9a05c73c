"""What the limit must have been: by hand, from Tables 2 and 4 of the paper, and by a plain loop."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo.normalization.limits import CommonLimits, GroupLimit, common_limits, uln_bounds

WEEKS = (-4, 0, 4, 8, 12)

# Saito et al. 2008: sex and CK at each week (Table 2), days of normalization, re-elevation and monitoring (Table 4)
PAPER = {
    "1": ("F", (3613, 4565, 1570, 1640, 1719), None, None, 409),
    "2": ("F", (4162, 554, 82, 23, 39), 25, None, 279),
    "3": ("F", (598, 366, 83, 34, 42), 19, 390, 510),
    "4": ("F", (1789, 973, 147, 52, 33), 24, None, 472),
    "5": ("F", (4557, 2871, 1141, 908, 586), None, None, 374),
    "6": ("F", (941, 275, 35, 33, 70), 9, 139, 615),
    "7": ("F", (3629, 1107, 164, 42, 30), 35, None, 444),
    "8": ("F", (755, 487, 199, 84, 99), 38, 137, 714),
    "9": ("F", (1862, 282, 34, 28, 48), 15, 438, 487),
    "10": ("M", (525, 183, 51, 91, 61), 12, 96, 136),
    "11": ("M", (3455, 2482, 255, 71, 46), 35, 255, 729),
    "12": ("F", (3068, 581, 65, 52, 51), 21, 400, 757),
    "13": ("F", (7180, 2023, 159, 89, 73), 34, None, 628),
    "14": ("M", (5922, 2005, 418, 229, 173), 49, 180, 511),
}
SEX = {patient: row[0] for patient, row in PAPER.items()} | {"15": "F"}


def serial(*rows):
    return pd.DataFrame(rows, columns=["patient", "day", "ck"])


def follow_up(*rows):
    return pd.DataFrame(rows, columns=["patient", "normalized_on", "re_elevated_on", "observed_until"])


@pytest.fixture
def paper_serial():
    rows = [(patient, 7 * week, ck) for patient, row in PAPER.items() for week, ck in zip(WEEKS, row[1], strict=True)]
    rows += [("15", 7 * week, ck) for week, ck in ((-4, 1400), (0, 143), (4, 73), (5, 39))]
    return serial(*rows, ("16", -28, 312), ("16", 0, 83))


@pytest.fixture
def paper_follow_up():
    return follow_up(*((patient, *row[2:]) for patient, row in PAPER.items()), ("15", 7, None, 59))


# By hand


def test_each_value_bounds_the_limit_by_what_its_day_says():
    rows = serial(
        ("a", -7, 50),
        ("a", 0, 300),
        ("a", 10, 260),
        ("a", 20, 100),
        ("a", 30, 180),
        ("a", 40, 250),
        ("a", 50, 10),
        ("a", 60, 999),
    )
    bounds = uln_bounds(rows, follow_up(("a", 20, 40, 55)))
    assert bounds.to_dict("list") == {
        "patient": ["a"],
        "low": [180.0],
        "high": [250.0],
        "baseline": [300.0],
        "high_with_baseline": [250.0],
    }


def test_a_patient_who_did_not_normalize_was_above_on_every_day_observed():
    rows = serial(("a", 0, 900), ("a", 10, 400), ("a", 20, 300), ("a", 30, 50))
    bounds = uln_bounds(rows, follow_up(("a", None, None, 20)))
    expected = pd.DataFrame(
        {"patient": ["a"], "low": [np.nan], "high": [300.0], "baseline": [900.0], "high_with_baseline": [300.0]}
    )
    pd.testing.assert_frame_equal(bounds, expected)


def test_the_baseline_is_the_last_value_at_or_before_day_0():
    rows = serial(("a", 0, None), ("a", -7, 70), ("a", -1, 50), ("a", -1, 60), ("a", -14, 80), ("a", 1, 90))
    bounds = uln_bounds(rows, follow_up(("a", None, None, 20), ("b", None, None, 9)))
    np.testing.assert_array_equal(bounds["baseline"], [60, np.nan])
    np.testing.assert_array_equal(bounds["high_with_baseline"], [60, np.nan])


def test_rows_without_a_day_or_a_value_say_nothing():
    rows = serial(("a", None, 10), ("a", 5, None), ("a", 6, 40), ("b", 6, 1))
    bounds = uln_bounds(rows, follow_up(("a", None, None, 20)))
    assert bounds["patient"].tolist() == ["a"]
    assert bounds["high"].tolist() == [40.0]
    assert bounds["baseline"].isna().all()


def test_the_rows_are_those_of_the_follow_up_and_nothing_is_changed():
    rows, days = serial((2, 5, 40), (1, 5, 30)), follow_up((2, None, None, 9), (3, None, None, 9), (1, 3, None, 9))
    before = rows.copy(deep=True), days.copy(deep=True)
    assert uln_bounds(rows, days)["patient"].tolist() == [2, 3, 1]
    pd.testing.assert_frame_equal(rows, before[0])
    pd.testing.assert_frame_equal(days, before[1])


@pytest.mark.parametrize(
    "ids", [[("a", 1), ("b", 1)], pd.Categorical(["a", "b"], categories=["c", "b", "a"]), pd.array([2, 1], dtype="Int64")]
)
def test_a_patient_is_any_hashable_value(ids):
    ids = pd.Series(ids)
    rows = pd.DataFrame({"patient": pd.concat([ids, ids]), "day": [5, 5, 0, 0], "ck": [40, 50, 60, 70]})
    days = pd.DataFrame({"patient": ids, "normalized_on": [None, 3], "re_elevated_on": None, "observed_until": 9})
    bounds = uln_bounds(rows, days)
    np.testing.assert_array_equal(bounds[["low", "high", "baseline"]], [[np.nan, 40, 60], [50, np.nan, 70]])
    groups = pd.Series(pd.Categorical(["x", "x"], categories=["y", "x"]), index=pd.Index(ids, tupleize_cols=False))
    found = common_limits(bounds, groups)
    assert found.limits == (GroupLimit("x", 50.0, 40.0, n=2),)
    assert found.in_the_way == tuple(ids)


# The paper


def test_one_pair_of_limits_fits_the_paper_if_the_baseline_may_be_normal(paper_serial, paper_follow_up):
    bounds = uln_bounds(paper_serial, paper_follow_up)
    found = common_limits(bounds, SEX)
    assert found == CommonLimits(
        (GroupLimit("F", 147.0, 159.0, n=12), GroupLimit("M", 229.0, 255.0, n=3)), (), abnormal_baseline=False
    )
    assert found.fit
    assert all(type(limit.low) is float and type(limit.n) is int for limit in found.limits)


def test_no_pair_fits_the_paper_if_the_baseline_must_be_abnormal(paper_serial, paper_follow_up):
    bounds = uln_bounds(paper_serial, paper_follow_up)
    found = common_limits(bounds, pd.Series(SEX), abnormal_baseline=True)
    assert not found.fit
    assert found.in_the_way == ("10", "15")
    assert found.abnormal_baseline
    expected = pd.DataFrame(
        {"group": ["F", "M"], "low": [147.0, 229.0], "high": [143.0, 183.0], "n": [12, 3], "exists": [False, False]}
    )
    pd.testing.assert_frame_equal(found.to_frame(), expected)


def test_without_patients_10_and_15_the_baseline_can_be_abnormal(paper_serial, paper_follow_up):
    bounds = uln_bounds(paper_serial, paper_follow_up)
    kept = bounds[~bounds["patient"].isin(["10", "15"])]
    found = common_limits(kept, SEX, abnormal_baseline=True)
    assert found.fit
    assert [(limit.group, limit.low, limit.high, limit.n) for limit in found.limits] == [
        ("F", 147.0, 159.0, 11),
        ("M", 229.0, 255.0, 2),
    ]


def test_no_single_limit_fits_both_sexes(paper_serial, paper_follow_up):
    bounds = uln_bounds(paper_serial, paper_follow_up)
    found = common_limits(bounds, dict.fromkeys(SEX, "all"))
    assert found.limits == (GroupLimit("all", 229.0, 159.0, n=15),)
    assert not found.limits[0].exists
    assert found.in_the_way == ("7", "8", "13", "14")


# Common limits by hand


def bounds_of(*rows):
    return pd.DataFrame(rows, columns=["patient", "low", "high", "baseline"])


def test_a_bound_that_nobody_gives_is_none():
    found = common_limits(
        bounds_of(("a", None, 50.0, None), ("b", 60.0, None, None), ("c", None, None, None)), {"a": 1, "b": 2, "c": 3}
    )
    assert found.limits == (GroupLimit(1, None, 50.0, 1), GroupLimit(2, 60.0, None, 1), GroupLimit(3, None, None, 1))
    assert found.fit
    assert all(limit.exists for limit in found.limits)
    assert found.to_frame()["low"].isna().tolist() == [True, False, True]


def test_a_limit_equal_to_the_upper_bound_does_not_fit():
    touching = bounds_of(("a", 50.0, None, None), ("b", None, 50.0, None), ("c", 49.0, 51.0, None))
    found = common_limits(touching, dict.fromkeys("abc", "x"))
    assert not found.limits[0].exists
    assert found.in_the_way == ("a", "b")
    assert common_limits(touching[1:], dict.fromkeys("abc", "x")).fit


def test_a_baseline_equal_to_the_lower_bound_stands_in_the_way():
    equal = bounds_of(("a", 50.0, 80.0, 50.0), ("b", 40.0, 80.0, 51.0))
    found = common_limits(equal, {"a": "x", "b": "x"}, abnormal_baseline=True)
    assert found.in_the_way == ("a",)
    assert common_limits(equal, {"a": "x", "b": "y"}, abnormal_baseline=True).in_the_way == ("a",)
    assert common_limits(equal[1:], {"b": "x"}, abnormal_baseline=True).limits == (GroupLimit("x", 40.0, 51.0, 1),)


# A plain loop


@st.composite
def studies(draw):
    rows, days = [], []
    for patient in range(draw(st.integers(1, 5))):
        measured = draw(st.dictionaries(st.integers(-3, 12), st.integers(1, 9), max_size=6))
        rows += [(patient, day, ck) for day, ck in measured.items()]
        normalized_on = draw(st.none() | st.integers(1, 8))
        re_elevated_on = None if normalized_on is None else draw(st.none() | st.integers(normalized_on + 1, 10))
        days.append((patient, normalized_on, re_elevated_on, draw(st.integers(10, 12))))
    return rows, days


@given(studies(), st.booleans())
def test_a_limit_fits_exactly_where_trying_it_does(study, demand):
    """Try every limit in turn, halves included, on every value of every patient."""
    rows, days = study
    if not rows:
        return
    fits = {}
    for patient, normalized_on, re_elevated_on, observed_until in days:
        mine = sorted((day, ck) for other, day, ck in rows if other == patient)
        fits[patient] = []
        for limit in np.arange(0.5, 10.5, 0.5):
            agrees = True
            for day, ck in mine:
                if 0 < day <= observed_until and (normalized_on is None or day < normalized_on or day == re_elevated_on):
                    agrees &= ck > limit
                elif 0 < day <= observed_until and (re_elevated_on is None or day < re_elevated_on):
                    agrees &= ck <= limit
            before = [ck for day, ck in mine if day <= 0]
            if demand and before:
                agrees &= before[-1] > limit
            if agrees:
                fits[patient].append(limit)
    bounds = uln_bounds(serial(*rows), follow_up(*days))
    high = bounds["high_with_baseline"] if demand else bounds["high"]
    for patient, low, top in zip(bounds["patient"], bounds["low"].fillna(0), high.fillna(math.inf), strict=True):
        assert fits[patient] == [limit for limit in np.arange(0.5, 10.5, 0.5) if low <= limit < top]
    common = set.intersection(*map(set, fits.values()))
    found = common_limits(bounds, dict.fromkeys(fits, "all"), abnormal_baseline=demand)
    assert found.fit == bool(common) == found.limits[0].exists


@given(studies().filter(lambda study: study[0]))
@settings(settings.get_profile("whole"))
def test_bounds_know_no_order_and_scale_with_the_unit(study):
    rows, days = study
    bounds = uln_bounds(serial(*rows), follow_up(*days))
    pd.testing.assert_frame_equal(uln_bounds(serial(*rows[::-1]), follow_up(*days)), bounds)
    doubled = uln_bounds(serial(*((patient, day, 2 * ck) for patient, day, ck in rows)), follow_up(*days))
    pd.testing.assert_frame_equal(doubled.set_index("patient"), 2 * bounds.set_index("patient"))
    # each value that is left out can only widen what is left
    fewer = uln_bounds(serial(*rows[:-1], (days[0][0], None, 1)), follow_up(*days))
    assert not (fewer["low"] > bounds["low"]).any()
    assert not (fewer["high"] < bounds["high"]).any()
    assert (bounds["high_with_baseline"].fillna(99) <= bounds["high"].fillna(99)).all()


@given(st.sampled_from([None, 1, 2, 3]), st.sampled_from([None, 1, 2, 3]))
def test_a_limit_exists_where_a_number_lies_between_its_bounds(low, high):
    lies_between = [half / 2 for half in range(12) if (low or 0) <= half / 2 < (high or 9)]
    assert GroupLimit("x", low, high, n=1).exists == bool(lies_between)


@st.composite
def bounds_of_groups(draw):
    bound = st.sampled_from([None, 1, 2, 3, 4])
    rows = draw(st.lists(st.tuples(bound, bound, bound), min_size=1, max_size=6))
    groups = draw(st.lists(st.sampled_from("xy"), min_size=len(rows), max_size=len(rows)))
    return [(k, *row) for k, row in enumerate(rows)], dict(enumerate(groups))


@given(bounds_of_groups(), st.booleans(), st.randoms(use_true_random=False))
@settings(settings.get_profile("whole"))
def test_a_limit_for_all_lies_where_those_of_the_groups_meet(case, demand, random):
    rows, groups = case
    bounds = bounds_of(*rows).astype(float)
    apart = common_limits(bounds, groups, abnormal_baseline=demand)
    together = common_limits(bounds, dict.fromkeys(groups, "all"), abnormal_baseline=demand)
    lows, highs = ([getattr(limit, each) for limit in apart.limits] for each in ("low", "high"))
    assert together.limits == (
        GroupLimit(
            "all",
            max((low for low in lows if low is not None), default=None),
            min((high for high in highs if high is not None), default=None),
            sum(limit.n for limit in apart.limits),
        ),
    )
    # what one limit fits, several do; each group has its own say
    assert set(apart.in_the_way) <= set(together.in_the_way)
    assert apart.fit == all(limit.exists for limit in apart.limits)
    shuffled = common_limits(bounds.sample(frac=1, random_state=random.randrange(99)), groups, abnormal_baseline=demand)
    assert (shuffled.limits, set(shuffled.in_the_way)) == (apart.limits, set(apart.in_the_way))
    # the table holds each limit as it is
    frame = apart.to_frame()
    assert frame["exists"].tolist() == [limit.exists for limit in apart.limits]
    again = [
        GroupLimit(row.group, None if np.isnan(row.low) else row.low, None if np.isnan(row.high) else row.high, row.n)
        for row in frame.itertuples()
    ]
    assert tuple(again) == apart.limits


@given(bounds_of_groups(), st.booleans())
def test_without_those_in_the_way_a_limit_fits_the_others(case, demand):
    rows, groups = case
    bounds = bounds_of(*rows).astype(float)
    found = common_limits(bounds, groups, abnormal_baseline=demand)
    kept = bounds[~bounds["patient"].isin(found.in_the_way)]
    assert kept.empty or common_limits(kept, groups, abnormal_baseline=demand).fit
    # each of them is by reason of another, or of itself
    tops = {
        patient: min((each for each in (high, demand and baseline) if each), default=99)
        for patient, _, high, baseline in rows
    }
    assert found.in_the_way == tuple(
        one
        for one, low, _, _ in rows
        if any(
            groups[one] == groups[other] and ((low or 0) >= (high or 99) or tops[one] <= (least or 0))
            for other, least, high, _ in rows
        )
    )


# What is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: uln_bounds(serial(("P", 5, 0)), follow_up(("P", None, None, 9))),
            "'ck' must be greater than 0 and at most 10000000 (got 0) for patient 'P'.",
        ),
        (
            lambda: uln_bounds(serial(("P", math.inf, 5)), follow_up(("P", None, None, 9))),
            "'day' must be finite (got inf) for patient 'P'.",
        ),
        (
            lambda: uln_bounds(serial(("P", 5, 9)), follow_up((1, None, None, 9))),
            "'serial' and 'follow_up' must have a patient in common.",
        ),
        (
            lambda: uln_bounds(serial(("P", 5, 9))[["patient"]], follow_up()),
            "'serial' must have each of the columns 'patient', 'day', 'ck' once (got 'patient').",
        ),
        (
            lambda: uln_bounds(serial(("P", 5, 9)), follow_up(("P", None, 5, 9))),
            "'re_elevated_on' needs 'normalized_on' (got 5) for patient 'P'.",
        ),
        (
            lambda: common_limits(bounds_of(("P", 5, 9, 9)).drop(columns="low"), {"P": "F"}),
            "'bounds' must have each of the columns 'patient', 'low', 'high', 'baseline' once"
            " (got 'patient', 'high', 'baseline').",
        ),
        (lambda: common_limits(bounds_of(), {}), "'bounds' must have at least one row (got 0)."),
        (lambda: common_limits(bounds_of(("P", 5, 9, 9)), {"Q": "F"}), "'groups' must not be missing for patient 'P'."),
        (
            lambda: common_limits(bounds_of(("P", 5, 9, 9)), ["F"]),
            "'groups' must be a Series or a mapping by patient (got 'list').",
        ),
        (
            lambda: common_limits(bounds_of(("P", 5, 9, 9)), {"P": "F"}, abnormal_baseline="yes"),
            "'abnormal_baseline' must be one of True, False (got 'yes').",
        ),
    ],
)
def test_what_is_wrong_is_refused_in_plain_words(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        call()
    assert str(error.value) == message
