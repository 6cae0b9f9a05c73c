"""What counts as a number: spans of time and truth values do not, decimals and numbers of any width do, masks are gaps."""

import datetime
import math
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo import (
    FollowUp,
    Patient,
    Proportion,
    bootstrap_mean_change,
    bootstrap_median,
    change_from_baseline,
    describe,
    find_normalization,
    grade_ck,
    grade_mmt,
    kaplan_meier,
    trial_report,
)
from ivigmyo.arguments import look_up, native, read_columns, read_labels
from ivigmyo.change.student import mean_sd
from ivigmyo.decimals import at_least, at_most, round_off, subtract
from ivigmyo.errors import is_finite, is_number, span_rule, spell
from ivigmyo.response import CKThresholds, ScoreThresholds

DAYS = np.array([30, 50, 80], dtype="timedelta64[D]")
SPANS = [
    DAYS,
    DAYS.astype("timedelta64[ns]"),
    list(DAYS),
    tuple(DAYS.astype("timedelta64[us]")),
    [*DAYS[:2].tolist(), 80],
    pd.Series(DAYS.astype("timedelta64[ns]")),
    pd.Series(list(DAYS), dtype=object),
    pd.Index(pd.to_timedelta([30, 50, 80], unit="D")),
    np.array([5, "NaT", 7], dtype="timedelta64[ns]"),
    np.ma.array(DAYS, mask=[0, 0, 1]),
    np.array(list(DAYS), dtype=object),
    [5.0, np.timedelta64("NaT", "D"), 7.0],
]
DATES = [
    np.array(["2020-01-31", "2020-02-20", "NaT"], dtype="datetime64[D]"),
    [datetime.date(2020, 1, 31), 5, 7],
    pd.Series(pd.to_datetime(["2020-01-31", "2020-02-20", None])),
    [5.0, pd.NaT, 7.0],
]


@pytest.mark.parametrize("values", SPANS)
def test_spans_of_time_are_refused_with_what_to_pass(values):
    for call in (describe, lambda each: kaplan_meier(each, [1, 0, 1]), lambda each: grade_mmt(each, [1, 2, 3])):
        with pytest.raises(
            ValueError, match=r"must hold numbers, not a span of time: pass its days, such as `\.dt\.days` gives \("
        ):
            call(values)


@pytest.mark.parametrize("values", DATES)
def test_dates_are_refused_with_what_to_pass(values):
    with pytest.raises(ValueError, match=r"must hold numbers, not a date: pass the days since day 0.* \(got "):
        describe(values)


SPAN = np.timedelta64(40, "ns")


@pytest.mark.parametrize(
    "call",
    [
        lambda: Patient("P01", "PM", "F", SPAN),
        lambda: Patient("P01", "PM", "F", datetime.timedelta(40)),
        lambda: FollowUp(np.timedelta64(90, "D")),
        lambda: find_normalization([0, 5], [900, 100], 180, observed_until=SPAN),
        lambda: bootstrap_median([3, 5], [1, 1], seed=SPAN),
        lambda: kaplan_meier([3, 5], [1, 1]).quantile(SPAN),
        lambda: kaplan_meier([3, 5], [1, 1]).survival_at(SPAN),
        lambda: kaplan_meier([3, 5], [1, 1]).restricted_mean(SPAN),
        lambda: kaplan_meier([3, 5], [1, 1]).median_interval(SPAN),
        lambda: Proportion(SPAN, 50),
        lambda: ScoreThresholds(marked=SPAN),
        lambda: find_normalization([0, 5], [900, 100], 180, confirm=SPAN),
    ],
)
def test_a_single_span_is_refused_too(call):
    with pytest.raises(ValueError, match=r"timedelta.*\.$"):
        call()


def test_a_single_span_says_what_to_pass():
    with pytest.raises(
        ValueError, match=r"^'age' must be a number, not a span of time: pass its days, such as `\.dt\.days` gives \(got "
    ):
        Patient("P01", "PM", "F", SPAN)
    assert spell(SPAN) == repr(SPAN)
    assert span_rule(3) is None


def test_a_mask_means_missing_whatever_the_dtype():
    for dtype in (float, int, object, np.float32, ">f8", np.int8):
        column = describe(np.ma.array([1, 2, 90], mask=[0, 0, 1], dtype=dtype))
        assert (column.n, column.n_missing, column.mean) == (2, 1, 1.5)
    assert describe([1.0, np.ma.masked, 2.0]).n_missing == 1
    with pytest.raises(ValueError, match=r"^'events' must not be missing \(got nan\) at position 2\.$"):
        kaplan_meier([1, 2, 3, 4], np.ma.array([True, True, True, False], mask=[0, 0, 1, 0]))
    with pytest.raises(ValueError, match=r"^'x' must hold numbers \(got True\)"):
        read_columns(x=np.ma.array([True, False], mask=[0, 1]))


def test_numbers_of_every_kind_are_numbers():
    import pyarrow as pa

    whole, halves = [1, 2, 4], [0.5, 2, 4]
    arrow = pa.array(halves)
    kinds = [
        [Decimal(str(each)) for each in halves],
        [Fraction(each) for each in halves],
        [np.float16(each) for each in halves],
        np.array(halves, dtype=">f4"),
        np.array(halves, dtype=np.longdouble),
        np.array(halves, dtype=object),
        pd.Series(halves, dtype="Float32"),
        pd.Series(pd.arrays.SparseArray(halves)),
        pd.Series(pd.arrays.ArrowExtensionArray(arrow)),
        pd.Series(pd.arrays.ArrowExtensionArray(arrow.dictionary_encode())),
        pd.Categorical(halves),
    ]
    for column in kinds:
        assert read_columns(x=column)["x"].tolist() == halves
    for dtype in (np.int8, np.uint8, ">i2", np.uint64):
        assert describe(np.array(whole, dtype=dtype)).mean == 7 / 3
    for value in (5, 5.0, Decimal(5), Fraction(5), np.int8(5), np.float16(5), np.longdouble(5)):
        assert is_finite(value)
        assert Patient("P", "PM", "F", value).age == 5
        assert grade_mmt(value, 15) == 2
    for value in (True, np.True_, "5", None, SPAN, 5j, Decimal("sNaN"), 10**400, Fraction(10**400)):
        assert not is_finite(value)
    assert is_number(Decimal("sNaN"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([10**400, 1], rf"^'values' must hold numbers that a float can hold \(got {10**400}\) at position 0\.$"),
        ([10**5000, 1], r"^'values' must hold numbers that a float can hold \(got a number of over 3,900 digits\) at"),
        ([1, Decimal("sNaN")], r"^'values' must hold numbers that a float can hold \(got sNaN\) at position 1\.$"),
        ([1, Decimal("1e400")], r"^'values' must be finite|^'values' must hold numbers that a float can hold"),
        (np.array([1, np.longdouble("1e4000")]), r"^'values' must be finite \(got inf\) at position 1\.$"),
        ([1, [2]], r"^'values' must hold numbers \(got \[2\]\) at position 1\.$"),
        ([1e301, 1], r"^'values' must be at most 1e\+300 in size \(got 1e\+301\) at position 0\.$"),
        (frozenset([1]), r"^'values' must be a column of numbers \(got 'frozenset'\)\.$"),
    ],
)
def test_what_no_float_can_hold_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        describe(values)


def test_counts_are_whole_numbers_of_any_width():
    small = Proportion(np.int8(100), np.int8(120))
    assert small == Proportion(100, 120.0)
    assert (type(small.count), small.confidence_interval()) == (int, Proportion(100, 120).confidence_interval())
    for count, n in ((1.5, 2), (True, True), ("1", 2), (None, 2), (math.nan, 2), (SPAN, 50)):
        with pytest.raises(ValueError, match=r"^'count' must be a whole number \(got .*\)\.$"):
            Proportion(count, n)
    with pytest.raises(ValueError, match=r"^'n' must be a whole number \(got 2\.5\)\.$"):
        Proportion(1, 2.5)


def test_a_wrong_kind_names_what_was_expected():
    with pytest.raises(ValueError, match=r"^'thresholds' must be a ScoreThresholds \(got \[10, 5, 5\]\)\.$"):
        grade_mmt([1], [2], thresholds=[10, 5, 5])
    with pytest.raises(ValueError, match=r"^'thresholds' must be a CKThresholds \(got ScoreThresholds"):
        grade_ck([1], [2], thresholds=ScoreThresholds())
    with pytest.raises(ValueError, match=r"^'marked' must be a number \(got '10'\)\.$"):
        ScoreThresholds(marked="10")
    assert CKThresholds(marked=Decimal("0.5")) == CKThresholds()
    with pytest.raises(TypeError, match=r"^'study' must be a Study \(got list\)\.$"):
        trial_report([])
    with pytest.raises(ValueError, match=r"^'patient' must be a text that can be written"):
        Patient("\ud800", "PM", "F", 40)
    with pytest.raises(ValueError, match=r"^'groups' must hold texts or numbers that tell groups apart\.$"):
        read_labels(read_columns(x=[1, 2]), "groups", ["a", []])


# Very large and very small values


@pytest.mark.parametrize("unit", [1e160, 1e-200, 1e290, 5e-310])
def test_durations_in_any_unit(unit):
    times, events = np.array([1.0, 2, 3, 4]), [1, 1, 0, 1]
    curve, plain = kaplan_meier(times * unit, events), kaplan_meier(times, events)
    assert curve.median == pytest.approx(plain.median * unit, rel=1e-12)
    scaled, expected = curve.restricted_mean(3 * unit), plain.restricted_mean(3)
    assert scaled.mean == pytest.approx(expected.mean * unit, rel=1e-12)
    assert scaled.se == pytest.approx(expected.se * unit, rel=1e-12)


@pytest.mark.parametrize("unit", [1e160, 1e-200, 1e290])
def test_changes_in_any_unit(unit):
    first, later = np.array([1.0, 5, 3, 4]), np.array([2.5, 4, 7, 9])
    scaled, plain = change_from_baseline(first * unit, later * unit), change_from_baseline(first, later)
    assert (scaled.mean, scaled.sd) == pytest.approx((plain.mean * unit, plain.sd * unit), rel=1e-12)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-12)
    assert mean_sd(first * unit) == pytest.approx((3.25 * unit, np.std(first, ddof=1) * unit), rel=1e-12)
    boot = bootstrap_mean_change(first * unit, later * unit, seed=1, n_resamples=200)
    low, high = bootstrap_mean_change(first, later, seed=1, n_resamples=200).confidence_interval()
    assert boot.confidence_interval() == pytest.approx((low * unit, high * unit), rel=1e-9)


def test_bootstrap_results_are_equal_by_content():
    boot = bootstrap_median([3, 5, 8, 9], [1, 1, 0, 0], n_resamples=100, seed=1)
    again = pickle.loads(pickle.dumps(boot))
    assert again == boot != bootstrap_median([3, 5, 8, 9], [1, 1, 0, 0], n_resamples=100, seed=2)
    assert not again.distribution.flags.writeable
    assert boot.n_undefined > 0  # with NaN among the medians


# As written in decimals


@given(st.integers(0, 999_999), st.integers(0, 999_999), st.integers(0, 6))
def test_days_are_subtracted_as_written(later, earlier, places):
    unit = 10**places
    found = subtract(np.array([later / unit]), np.array([earlier / unit]))
    assert found.tolist() == [float(Fraction(later - earlier, unit))]


def test_differences_that_cannot_be_rounded_stay():
    assert subtract(np.array([math.nan, 5.0]), np.array([1.0, math.nan])).tolist() == pytest.approx(
        [math.nan] * 2, nan_ok=True
    )
    tiny = np.array([3e-250])
    assert round_off(tiny, tiny, 12).tolist() == [3e-250]
    large = np.array([1e16 / 3])
    assert round_off(np.array([0.5]), large, 12).tolist() == [0.5]


def test_the_threshold_is_reached_from_either_side():
    assert at_least(1.43, 1.3 * 1.1)
    assert at_most(np.array([0.1 + 0.2]), 0.3).all()
    assert at_least(-5.000000000000001, -5.0)
    assert not at_least(-5.0001, -5.0)
    assert at_most(-4.999999999999999, -5.0)
    assert not at_most(-4.9999, -5.0)


# At the edges


def test_values_of_1e300_are_not_too_large_and_larger_ones_are():
    read_columns(x=[1e300, -1e300]).require_sizes()
    with pytest.raises(ValueError, match=r"^'x' must be at most 1e\+300 in size \(got 1\.1e\+300\) at position 1\.$"):
        read_columns(x=[1, 1.1e300]).require_sizes()


def test_whole_numbers_of_ordinary_size_are_labels_beside_texts():
    columns = read_columns(x=[1, 2, 3])
    assert read_labels(columns, "groups", ["a", 200, -(2**63 - 1)]).tolist() == ["a", 200, -(2**63 - 1)]
    with pytest.raises(ValueError, match=r"^'groups' must hold texts or numbers of ordinary size\.$"):
        read_labels(columns, "groups", ["a", 200, -(2**63)])


def test_dates_are_no_numbers_and_the_first_is_named():
    with pytest.raises(ValueError, match=r"^'x' must hold numbers, .* at position 0\.$"):
        read_columns(x=np.array(["2024-05-27"], dtype="datetime64[D]"))


@pytest.mark.parametrize("value", [np.ma.masked, np.ma.array(5, mask=True), np.ma.array(5.0, mask=True)])
def test_a_single_value_that_is_masked_is_missing(value):
    assert np.isnan(read_columns(scalars=True, x=value)["x"]).tolist() == [True]


def test_an_array_of_no_dimension_is_its_value():
    assert read_columns(scalars=True, x=np.array(2.5))["x"].tolist() == [2.5]
    assert read_columns(x=[np.array(2.5), np.ma.array(5, mask=True), 1])["x"].tolist() == pytest.approx(
        [2.5, math.nan, 1], nan_ok=True
    )
    assert read_columns(allow_bool=True, x=[1, np.array(True)])["x"].tolist() == [1, 1]
    with pytest.raises(ValueError, match=r"^'x' must hold numbers \(got True\) at position 1\.$"):
        read_columns(x=[1, np.array(True)])
    with pytest.raises(ValueError, match=r"^'x' must hold numbers \(got array\(\[1\]\)\) at position 0\.$"):
        read_columns(x=[np.array([1])])


def test_categories_that_are_texts_are_no_numbers():
    for values in (pd.Series(["a", "b"], dtype="category"), pd.Index(["a", "b"], dtype="category")):
        with pytest.raises(ValueError, match=r"^'x' must hold numbers \(got 'a'\) at (index|position) 0\.$"):
            read_columns(x=values)
    columns = read_columns(x=[1, 2, 3])
    assert read_labels(columns, "groups", pd.Categorical(["PM", "DM", "PM"])).tolist() == ["PM", "DM", "PM"]


def test_a_column_of_another_library_is_what_it_gives_numpy():
    class Column:
        def __init__(self, cells):
            self.cells = cells

        def __array__(self, dtype=None, copy=None):
            return np.array(self.cells, dtype)

    assert read_columns(x=Column([0.5, 2]))["x"].tolist() == [0.5, 2]
    with pytest.raises(ValueError, match=r"^'x' must be a column of numbers \(got 'Column'\)\.$"):
        read_columns(x=Column([[0.5, 2]]))


def test_patients_may_be_named_by_pairs():
    pairs = pd.Index([("a", 1), ("b", 2)], tupleize_cols=False)
    assert look_up("groups", {("b", 2): "DM", ("a", 1): "PM"}, pairs).tolist() == ["PM", "DM"]


def test_another_byte_order_is_made_the_machine_s():
    frame = pd.DataFrame({"days": np.array([84.0, 85.0], dtype=">f8"), "event": [1, 0], "arm": ["IVIG", "placebo"]})
    made = native(frame)
    assert made.dtypes.tolist() == [np.dtype("=f8"), *frame.dtypes[1:]]
    assert made.equals(frame.astype({"days": float}))
    assert native(made) is made
