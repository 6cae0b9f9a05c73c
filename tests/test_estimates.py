"""What results share: intervals of proportions, and what is refused before anything is computed."""

import json
import math
import pickle
import re
from fractions import Fraction
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.arguments import check_choice, check_frame, look_up, read_columns, read_labels
from ivigmyo.estimates import ConfidenceInterval, Proportion, check_level, normal_quantile, plain, read_only
from ivigmyo.survival import kaplan_meier

R = json.loads((Path(__file__).parent / "reference" / "tests.json").read_text())


def message(call):
    with pytest.raises(ValueError, match=r"\.$") as refused:
        call()
    return str(refused.value)


def counts(max_n=40):
    return st.integers(0, max_n).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# Proportions


def test_proportion_holds_counts_and_rate():
    proportion = Proportion(7, 16, 2, "non-response")
    assert (proportion.count, proportion.n, proportion.n_missing, proportion.missing) == (7, 16, 2, "non-response")
    assert proportion.responders == 7
    assert proportion.rate == 7 / 16
    assert Proportion(7, 16).missing == "excluded"
    assert Proportion(7, 16).n_missing == 0


def test_proportion_of_nobody():
    nobody = Proportion(0, 0, 3)
    assert nobody.rate is None
    for method in ("exact", "wilson"):
        assert nobody.confidence_interval(method=method) == ConfidenceInterval(None, None)


def test_intervals_by_hand():
    # exact: the limit of 0 of n, and of n of n, is a power of alpha / 2
    low, high = Proportion(0, 10).confidence_interval()
    assert (low, high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10), rel=1e-12))
    low, high = Proportion(10, 10).confidence_interval(0.9)
    assert (low, high) == (pytest.approx(0.05 ** (1 / 10), rel=1e-12), 1.0)
    # Wilson: centre and half width in closed form
    z2, rate, n = 1.959963984540054**2, 7 / 16, 16
    centre, half = rate + z2 / (2 * n), math.sqrt(z2 * (rate * (1 - rate) + z2 / (4 * n)) / n)
    expected = (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)
    assert Proportion(7, 16).confidence_interval(method="wilson") == pytest.approx(expected, rel=1e-12)


def test_intervals_agree_with_r():
    for case in R["proportions"]:
        proportion = Proportion(case["count"], case["n"])
        for i, level in enumerate(R["levels"]):
            exact, wilson = proportion.confidence_interval(level), proportion.confidence_interval(level, "wilson")
            assert exact == pytest.approx(case["exact"][i], abs=1e-10)
            assert wilson == pytest.approx(case["wilson"][i], abs=1e-10)


@given(counts().filter(lambda each: each[1] > 0), st.floats(0.5, 0.999), st.sampled_from(["exact", "wilson"]))
def test_intervals_hold_the_rate_and_mirror(count_n, level, method):
    count, n = count_n
    low, high = Proportion(count, n).confidence_interval(level, method)
    assert type(low) is type(high) is float
    assert 0 <= low <= count / n + 1e-12
    assert count / n - 1e-12 <= high <= 1
    mirrored = Proportion(n - count, n).confidence_interval(level, method)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(counts().filter(lambda each: each[1] > 0), st.sampled_from(["exact", "wilson"]))
def test_a_higher_level_gives_a_wider_interval(count_n, method):
    narrow, wide = (Proportion(*count_n).confidence_interval(level, method) for level in (0.8, 0.95))
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: Proportion(4, 3), "'count' must be between 0 and n = 3 (got 4)."),
        (lambda: Proportion(-1, 3), "'count' must be between 0 and n = 3 (got -1)."),
        (lambda: Proportion(1, 3, -1), "'n_missing' must be at least 0 (got -1)."),
        (
            lambda: Proportion(1, 3).confidence_interval(95),
            "'level' must lie strictly between 0 and 1 (got 95).",
        ),
        (
            lambda: Proportion(1, 3).confidence_interval(method="wald"),
            "'method' must be one of 'exact', 'wilson' (got 'wald').",
        ),
    ],
)
def test_impossible_proportions_are_refused(call, expected):
    assert message(call) == expected


def test_an_interval_is_a_pair():
    low, high = ConfidenceInterval(1.0, None)
    assert (low, high) == (1.0, None)
    assert ConfidenceInterval(1.0, 2.0) == (1.0, 2.0)


# Options and single numbers


@pytest.mark.parametrize("level", [0, 1, -0.1, 1.5, math.nan, "0.95", None, True])
def test_impossible_levels_are_refused(level):
    assert message(lambda: check_level(level)).startswith("'level' must lie strictly between 0 and 1 (got ")
    assert message(lambda: normal_quantile(level)).startswith("'level' must lie strictly between 0 and 1 (got ")


def test_levels_may_be_of_any_number_type():
    for level in (0.95, np.float64(0.95), Fraction(19, 20)):
        check_level(level)
        assert normal_quantile(level) == pytest.approx(1.959963984540054, rel=1e-12)
    assert normal_quantile(0.5) == pytest.approx(0.6744897501960817, rel=1e-12)


def test_choices_are_not_coerced():
    check_choice("carry", "all", ("stopped", "all"))
    assert message(lambda: check_choice("carry", "none", ("a", "b"))) == "'carry' must be one of 'a', 'b' (got 'none')."
    assert message(lambda: check_choice("confirm", True, (1, 2))) == "'confirm' must be one of 1, 2 (got True)."


def test_tables_are_checked_for_their_columns():
    frame = pd.DataFrame({"patient": ["P01"], "day": [0]})
    check_frame("frame", frame, ("patient", "day"))
    check_frame("frame", frame, ())
    assert message(lambda: check_frame("frame", [1], ())) == "'frame' must be a DataFrame (got 'list')."
    rule = "'frame' must have each of the columns 'patient', 'ck' once (got 'patient', 'day')."
    assert message(lambda: check_frame("frame", frame, ("patient", "ck"))) == rule
    twice = frame[["day", "day"]]
    rule = "'frame' must have each of the columns 'day' once (got 'day', 'day')."
    assert message(lambda: check_frame("frame", twice, ("day",))) == rule


def test_plain_numbers():
    assert plain(np.float32(1.5)) == 1.5
    assert type(plain(np.int64(2))) is float
    assert plain(np.nan) is None


def test_read_only_arrays_cannot_be_written():
    array = read_only(np.zeros(2))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


# Columns


@pytest.mark.parametrize(
    "values",
    [
        [1, 2.5, None],
        (1, 2.5, math.nan),
        [1, 2.5, pd.NA],
        [1, Fraction(5, 2), None],
        np.array([1, 2.5, np.nan]),
        np.array([1, 2.5, None], dtype=object),
        np.ma.array([1, 2.5, 7], mask=[False, False, True]),
        pd.Series([1, 2.5, np.nan]),
        pd.Series([1, 2.5, None], dtype=object),
        pd.Series([1, 2.5, None], dtype="Float64"),
        pd.Index([1, 2.5, np.nan]),
    ],
)
def test_numbers_of_any_storage_type_are_read(values):
    array = read_columns(x=values)["x"]
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, [1, 2.5, np.nan])


def test_whole_numbers_are_read_as_floats():
    for values in ([1, 2], np.array([1, 2], dtype=np.uint8), pd.Series([1, 2], dtype="Int64"), range(1, 3)):
        array = read_columns(x=values)["x"]
        assert array.dtype == np.float64
        assert array.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("values", "got"),
    [
        (["1"], "'1'"),
        (np.array(["1"]), "'1'"),
        ([True], "True"),
        ([1j], "1j"),
        ([[]], "[]"),
    ],
)
def test_what_is_no_number_is_refused(values, got):
    assert message(lambda: read_columns(x=values)) == f"'x' must hold numbers (got {got}) at position 0."


def test_booleans_among_numbers_are_refused_unless_allowed():
    for values in ([1, True], (0.5, True), [None, True]):
        assert message(lambda values=values: read_columns(x=values)) == "'x' must hold numbers (got True) at position 1."
    assert read_columns(allow_bool=True, x=[0, True])["x"].tolist() == [0.0, 1.0]
    assert read_columns(allow_bool=True, x=np.array([False, True]))["x"].tolist() == [0.0, 1.0]
    assert read_columns(allow_bool=True, x=[True, None])["x"][0] == 1.0
    assert "must hold numbers" in message(lambda: read_columns(x=pd.Series([True, False])))


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ("12", "'str'"),
        (b"12", "'bytes'"),
        ({"a": 1}, "'dict'"),
        ({1, 2}, "'set'"),
        (pd.DataFrame({"a": [1]}), "'DataFrame'"),
        (np.zeros((2, 2)), "'ndarray'"),
        (5, "5"),
        (None, "None"),
    ],
)
def test_what_is_no_column_is_refused(value, got):
    assert message(lambda: read_columns(x=value)) == f"'x' must be a column of numbers (got {got})."


def test_infinite_values_are_refused():
    assert message(lambda: read_columns(x=[1, -math.inf])) == "'x' must be finite (got -inf) at position 1."
    assert message(lambda: read_columns(scalars=True, x=math.inf)) == "'x' must be finite (got inf)."


def test_single_numbers_beside_columns():
    both = read_columns(scalars=True, x=[1, 2, 3], y=5)
    assert both["y"].tolist() == [5, 5, 5]
    assert not both.scalar
    assert len(both) == 3
    one = read_columns(scalars=True, x=5, y=None)
    assert one.scalar
    assert one["x"].tolist() == [5.0]
    assert math.isnan(one["y"][0])
    assert one.record(0) == ""
    nobody = read_columns(scalars=True, x=[], y=5)
    assert len(nobody) == len(nobody["y"]) == 0


def test_columns_must_go_together():
    assert message(lambda: read_columns(x=[1], y=[1, 2])) == "'x' and 'y' must have equal lengths (got x 1, y 2)."
    one, other = pd.Series([1, 2], index=["a", "b"]), pd.Series([1, 2], index=["b", "a"])
    expected = "'x' and 'y' must have equal indexes (got ['a', 'b'] and ['b', 'a'])."
    assert message(lambda: read_columns(x=one, y=other)) == expected
    long = pd.Series(range(4))
    expected = "'x' and 'y' must have equal indexes (got [0, 1, 2, ...] and ['a', 'b'])."
    assert message(lambda: read_columns(x=long, y=one)) == expected
    three = pd.Series(range(3))
    assert "[0, 1, 2]" in message(lambda: read_columns(x=three, y=one))
    shared = read_columns(x=one, y=[3, 4], z=one * 2)
    assert shared.index.equals(one.index)
    assert read_columns(x=[1]).index is None


def test_records_are_named_by_patient_index_or_position():
    patients = pd.Series([1.0, -2.0], index=pd.Index(["P01", "P07"], name="patient"))
    bad = np.array([False, True])
    columns = read_columns(x=patients)
    assert message(lambda: columns.refuse("x", bad, "must be good")) == "'x' must be good (got -2) for patient 'P07'."
    columns = read_columns(x=patients.rename_axis("id"))
    assert message(lambda: columns.refuse("x", bad, "must be good")) == "'x' must be good (got -2) at index 'P07'."
    columns = read_columns(x=[1, -2])
    assert message(lambda: columns.refuse("x", bad, "must be good")) == "'x' must be good (got -2) at position 1."
    columns = read_columns(x=[1, -2], name_record=lambda position: f"on day {position}")
    assert message(lambda: columns.refuse("x", bad, "must be good")) == "'x' must be good (got -2) on day 1."
    columns.refuse("x", ~(bad | ~bad), "must be good")


def test_refusals_count_the_others_and_may_use_another_name():
    columns = read_columns(called={"x": "MMT"}, x=[95, 4, 96, 97], y=[1, 1, None, 1])
    bad = columns["x"] > 90
    expected = "'MMT' must be at most 90 (got 95) at position 0, and 2 more."
    assert message(lambda: columns.refuse("x", bad, "must be at most 90")) == expected
    assert message(lambda: columns.require("x", "y")) == "'y' must not be missing (got nan) at position 2."
    columns.require("x")
    assert (
        message(lambda: read_columns(called={"x": "MMT"}, x=[math.inf])) == "'MMT' must be finite (got inf) at position 0."
    )


def test_what_is_read_is_not_changed():
    array = np.array([1.0, np.nan])
    array.setflags(write=False)
    columns = read_columns(x=array)
    np.testing.assert_array_equal(columns["x"], array)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        columns.scalar = True
    assert columns == columns
    assert columns != read_columns(x=array)


# Labels and values by patient


def test_labels_are_read():
    columns = read_columns(x=pd.Series([1, 2], index=["a", "b"]))
    for labels in (["PM", "DM"], ("PM", "DM"), np.array(["PM", "DM"]), pd.Series(["PM", "DM"], index=["a", "b"])):
        assert read_labels(columns, "groups", labels).tolist() == ["PM", "DM"]
    assert read_labels(read_columns(x=[1, 2]), "groups", pd.Series([1, 2], index=[5, 6])).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (pd.Series(["PM", "DM"], index=["b", "a"]), "'groups' must have the index of the values it belongs to."),
        ("PM", "'groups' must be a column of labels (got 'PM')."),
        (5, "'groups' must be a column of labels (got 5)."),
        (["PM"], "'groups' must have one label for each of the 2 values (got 1)."),
        (["PM", None], "'groups' must not be missing at index 'b'."),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, expected):
    columns = read_columns(x=pd.Series([1, 2], index=["a", "b"]))
    assert message(lambda: read_labels(columns, "groups", labels)) == expected


def test_values_are_looked_up_by_patient():
    patients = pd.Index(["P02", "P01", "P03"], name="patient")
    for values in ({"P01": 1.0, "P02": 2.0, "P09": 9.0}, pd.Series([1.0, 2.0, 9.0], index=["P01", "P02", "P09"])):
        found = look_up("dose", values, patients)
        assert found.index.equals(patients)
        assert found.index.name == "patient"
        np.testing.assert_array_equal(found, [2.0, 1.0, np.nan])
    assert look_up("dose", {("a", 1): 5}, pd.Index([("a", 1)], tupleize_cols=False)).tolist() == [5]


def test_values_that_cannot_be_looked_up_are_refused():
    patients = pd.Index(["P01"])
    expected = "'dose' must be a Series or a mapping by patient (got 'list')."
    assert message(lambda: look_up("dose", [1], patients)) == expected
    twice = pd.Series([1, 2], index=["P01", "P01"])
    expected = "'dose' must have one value a patient (got two for patient 'P01')."
    assert message(lambda: look_up("dose", twice, patients)) == expected


levels = st.floats(0.01, 0.999)
cells = st.none() | st.integers(-9, 9) | st.floats(-9, 9)


@given(levels, levels)
def test_normal_quantiles_undo_the_distribution_and_rise_with_the_level(one, other):
    low, high = sorted((one, other))
    check_level(low)
    reach = normal_quantile(low)
    assert math.erf(reach / math.sqrt(2)) == pytest.approx(low, abs=1e-12)
    assert 0 < reach <= normal_quantile(high)
    # what is no level is neither a share turned round nor one in percent
    for wrong in (-low, 1 + low, 100 * high):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            check_level(wrong)


@given(
    st.lists(st.sampled_from(["exact", "wilson", 1, True, None]), min_size=1), st.sampled_from(["exact", 1, True, 1.0, None])
)
def test_a_choice_is_one_of_those_offered_in_any_order(choices, value):
    offered = any(choice is value or (choice == value and type(choice) is type(value)) for choice in choices)
    for order in (choices, choices[::-1], choices * 2):
        if offered:
            check_choice("x", value, order)
        else:
            assert message(lambda order=order: check_choice("x", value, order)).startswith("'x' must be one of ")


@given(st.lists(st.sampled_from("abc"), max_size=5), st.sets(st.sampled_from("abc")))
def test_a_frame_passes_where_each_column_asked_for_stands_in_it_once(columns, asked):
    frame = pd.DataFrame([[0] * len(columns)], columns=columns)
    once = all(columns.count(column) == 1 for column in asked)
    for order in (frame, frame.iloc[:, ::-1]):
        if once:
            check_frame("frame", order, sorted(asked))
        else:
            assert message(lambda order=order: check_frame("frame", order, sorted(asked))).startswith("'frame' must have")


@given(st.integers(-99, 99) | st.floats(allow_infinity=False))
def test_a_plain_number_is_the_same_from_any_type_and_plain_already(number):
    found = plain(number)
    assert found is None if number != number else (type(found), found) == (float, number)
    assert plain(np.float64(number)) == found
    assert found is None or plain(found) == found
    array = read_only(np.array([number, 1.0]))
    assert array[1] == 1
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 0


@given(st.lists(cells, min_size=1, max_size=5), st.permutations(["list", "tuple", "array", "series", "nullable"]))
def test_columns_are_read_alike_from_any_storage(values, kinds):
    floats = [math.nan if cell is None else float(cell) for cell in values]
    stored = {
        "list": list(values),
        "tuple": tuple(values),
        "array": np.array(floats),
        "series": pd.Series(values, dtype=object),
        "nullable": pd.Series(values, dtype="Float64"),
    }
    columns = read_columns(**{kind: stored[kind] for kind in kinds})
    assert len(columns) == len(values)
    for kind in kinds:
        np.testing.assert_array_equal(columns[kind], floats)
    # one number stands for as many as there are
    spread = read_columns(scalars=True, many=values, one=3)
    assert spread["one"].tolist() == [3] * len(values)
    assert not spread.scalar
    missing = [k for k, cell in enumerate(values) if cell is None]
    if missing:
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        expected = f"'many' must not be missing (got nan) at position {missing[0]}{more}."
        assert message(lambda: spread.require("one", "many")) == expected
    else:
        spread.require("many", "one")


@given(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 9), min_size=1), st.permutations("abcde"))
def test_values_are_looked_up_by_patient_whatever_their_order(values, patients):
    found = look_up("groups", values, pd.Index(patients, name="patient"))
    assert found.index.tolist() == list(patients)
    assert [None if cell != cell else cell for cell in found] == [values.get(patient) for patient in patients]
    by_series = pd.Series(values).iloc[::-1]
    pd.testing.assert_series_equal(look_up("groups", by_series, pd.Index(patients, name="patient")), found)
    # labels of as many values are read in their order, and refused where one is missing
    columns = read_columns(values=[1.0] * 5)
    if found.isna().any():
        assert message(lambda: read_labels(columns, "groups", found.tolist())).startswith("'groups' must not be missing at")
    else:
        assert read_labels(columns, "groups", found.tolist()).tolist() == found.tolist()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ((1.5, 4), "'count' must be a whole number (got 1.5)."),
        ((1, "4"), "'n' must be a whole number (got '4')."),
        ((1, 4, None), "'n_missing' must be a whole number (got None)."),
        ((1, 10**12 + 1), "'n' must be at most 1000000000000 (got 1000000000001)."),
    ],
)
def test_a_share_of_no_whole_number_of_patients_is_refused(fields, text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        Proportion(*fields)
    assert Proportion(1, 10**12).n == 10**12


def test_a_share_goes_through_a_pickle():
    share = Proportion(3, 8, 2, "non-response")
    assert pickle.loads(pickle.dumps(share)) == share


def test_a_result_with_arrays_goes_through_a_pickle_and_stays_read_only():
    curve = kaplan_meier([1, 2, 3], [1, 0, 1])
    again = pickle.loads(pickle.dumps(curve))
    assert again == curve
    assert not again.time.flags.writeable


@pytest.mark.parametrize("n", [*range(1, 60), 997, 10**6])
def test_wilsons_interval_reaches_0_and_1_exactly(n):
    assert Proportion(0, n).confidence_interval(method="wilson").low == 0.0
    assert Proportion(n, n).confidence_interval(method="wilson").high == 1.0
