"""Grades and response rates: exact at every threshold, and as the paper counts them."""

import re
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import response
from ivigmyo.estimates import Proportion
from ivigmyo.instruments import CK, MMT18, Instrument
from ivigmyo.response import (
    CK_THRESHOLDS,
    GRADE_DTYPE,
    GRADERS,
    SCORE_THRESHOLDS,
    CKThresholds,
    Grade,
    ScoreThresholds,
    grade_adl,
    grade_ck,
    grade_mmt,
    grade_patients,
    grade_scores,
    ordered_grades,
    response_rate,
)

MARKED, IMPROVED, UNCHANGED, WORSENED = Grade.MARKEDLY_IMPROVED, Grade.IMPROVED, Grade.UNCHANGED, Grade.WORSENED
LABELS = ["worsened", "unchanged", "improved", "markedly improved"]

# Saito et al. 2008, Table 2, patients 1 to 15, week 0 and week 12; patient 15 stopped at week 5
PATIENTS = pd.Index([str(number) for number in range(1, 16)], name="patient")
BASELINES = pd.DataFrame(
    {
        "MMT": [59, 53, 62, 74, 76, 61, 69, 41, 64, 46, 59, 68, 42, 27, 60],
        "ADL": [26, 14, 31, 26, 29, 13, 24, 11, 23, 7, 15, 36, 12, 3, 14],
        "CK": [4565, 554, 366, 973, 2871, 275, 1107, 487, 282, 183, 2482, 581, 2023, 2005, 143],
    },
    index=PATIENTS,
)
FINALS = pd.DataFrame(
    {
        "MMT": [90, 73, 79, 86, 86, 81, 90, 48, 88, 72, 79, 87, 86, 55, 54],
        "ADL": [44, 28, 35, 43, 37, 38, 42, 22, 38, 27, 36, 37, 40, 15, 5],
        "CK": [1719, 39, 42, 33, 586, 70, 30, 99, 48, 61, 46, 51, 73, 173, 39],
    },
    index=PATIENTS,
)


def codes(grades):
    """The grades as integers, -1 to 2; missing is -2."""
    return grades.cat.codes.to_numpy().astype(int) - 1


def ck_by_hand(baseline, final, uln=None, thresholds=CK_THRESHOLDS):
    """The rule as the paper words it, in fractions, one patient at a time."""
    marked, improved, worsened = (
        Fraction(str(each)) for each in (thresholds.marked, thresholds.improved, thresholds.worsened)
    )
    if final / baseline >= worsened:
        return WORSENED
    if final / baseline <= marked:
        return MARKED
    if final / baseline <= improved:
        return IMPROVED
    if uln is not None and baseline > uln and final <= uln:
        return IMPROVED
    return UNCHANGED


def score_by_hand(baseline, final, higher_is_better=True):
    change = final - baseline if higher_is_better else baseline - final
    if change <= -5:
        return WORSENED
    return MARKED if change >= 10 else IMPROVED if change >= 5 else UNCHANGED


@st.composite
def decimals(draw, digits=6, smallest=-6, largest=0):
    """A number greater than 0 of up to six significant digits, as its decimal text."""
    mantissa = draw(st.integers(1, 10**digits - 1))
    exponent = draw(st.integers(smallest, largest))
    return f"{mantissa}e{exponent}"


# The grades themselves


def test_grades_are_ordered_integers_with_labels():
    assert [int(grade) for grade in Grade] == [-1, 0, 1, 2]
    assert [grade.label for grade in Grade] == LABELS
    assert [grade.is_response for grade in Grade] == [False, False, True, True]
    assert MARKED > IMPROVED > UNCHANGED > WORSENED


def test_columns_of_grades_share_one_ordered_type():
    assert GRADE_DTYPE.ordered
    assert GRADE_DTYPE.categories.tolist() == LABELS
    for grades in (grade_mmt([1], [2]), grade_adl([1], [2]), grade_ck([1], [2])):
        assert grades.dtype == GRADE_DTYPE


def test_responders_can_be_selected_by_comparison():
    grades = grade_mmt([50, 50, 50, 50, 50], [60, 55, 54, 45, None])
    assert (grades >= "improved").tolist() == [True, True, False, False, False]


def test_graders_go_by_the_code_of_the_instrument():
    assert dict(GRADERS) == {"MMT": grade_mmt, "ADL": grade_adl, "CK": grade_ck}


# Thresholds by hand


@pytest.mark.parametrize("grade", [grade_mmt, grade_adl])
@pytest.mark.parametrize(
    ("baseline", "final", "expected"),
    [
        (20, 30, MARKED),
        (20, 29, IMPROVED),
        (20, 25, IMPROVED),
        (20, 24, UNCHANGED),
        (20, 20, UNCHANGED),
        (20, 16, UNCHANGED),
        (20, 15, WORSENED),
        (20, 0, WORSENED),
        (0, 45, MARKED),
        (17.3, 22.3, IMPROVED),
        (3.2, 8.2, IMPROVED),
        (8.2, 3.2, WORSENED),
        (17.3, 27.3, MARKED),
        (3.2, 8.19, UNCHANGED),
        (0.3, 5.2, UNCHANGED),
    ],
)
def test_scores_at_their_thresholds(grade, baseline, final, expected):
    assert grade(baseline, final) is expected


@pytest.mark.parametrize(
    ("baseline", "final", "uln", "expected"),
    [
        (1.1, 1.43, None, WORSENED),
        (1000, 1300, None, WORSENED),
        (1000, 1299, None, UNCHANGED),
        (1000, 1299.99, None, UNCHANGED),
        (1000, 500, None, MARKED),
        (1000, 500.001, None, IMPROVED),
        (1000, 501, None, IMPROVED),
        (1000, 700, None, IMPROVED),
        (0.3, 0.21, None, IMPROVED),
        (1.1, 0.77, None, IMPROVED),
        (1000, 700.001, None, UNCHANGED),
        (1000, 701, None, UNCHANGED),
        (1000, 1000, None, UNCHANGED),
        (200, 160, 170, IMPROVED),
        (200, 170, 170, IMPROVED),
        (200, 171, 170, UNCHANGED),
        (170, 160, 170, UNCHANGED),
        (171, 170, 170, IMPROVED),
        (200, 160, None, UNCHANGED),
        (200, 160, float("nan"), UNCHANGED),
        (200, 100, 170, MARKED),
        (200, 140, 100, IMPROVED),
        (200, 260, 300, WORSENED),
        (200, 140, 170, IMPROVED),
        (169, 1000, 170, WORSENED),
    ],
)
def test_ck_at_its_thresholds(baseline, final, uln, expected):
    assert grade_ck(baseline, final, uln) is expected


@pytest.mark.parametrize("scale", range(7))
def test_ck_near_its_thresholds_is_exact_for_every_baseline_of_six_digits(scale):
    step = 1 if scale in (1, 4) else 11
    baseline = np.arange(1 + scale, 10**6, step)
    for tenths in (5, 7, 13):
        nearest = baseline * tenths // 10
        for final in (nearest - 1, nearest, nearest + 1):
            final = np.maximum(final, 1)
            # dividing whole numbers by a power of ten gives the float that the decimal text reads as
            grades = codes(grade_ck(baseline / 10**scale, final / 10**scale))
            worsened, marked, improved = 10 * final >= 13 * baseline, 2 * final <= baseline, 10 * final <= 7 * baseline
            expected = np.select([worsened, marked, improved], [-1, 2, 1], default=0)
            assert np.array_equal(grades, expected)


@pytest.mark.parametrize(("grade", "top"), [(grade_mmt, 90), (grade_adl, 45)])
def test_scores_with_one_decimal_are_exact_for_every_pair(grade, top):
    tenths = np.arange(10 * top + 1)
    baseline, final = (each.ravel() for each in np.meshgrid(tenths, tenths))
    change = final - baseline
    expected = np.select([change <= -50, change >= 100, change >= 50], [-1, 2, 1], default=0)
    assert np.array_equal(codes(grade(baseline / 10, final / 10)), expected)


@pytest.mark.parametrize("decimal_places", [2, 3, 4])
def test_scores_near_their_thresholds_are_exact_with_more_decimals(decimal_places):
    unit = 10**decimal_places
    baseline = np.arange(0, 90 * unit + 1, 1 if decimal_places < 4 else 7)
    for threshold in (-5, 5, 10):
        for off in (-1, 0, 1):
            final = np.clip(baseline + threshold * unit + off, 0, 90 * unit)
            change = final - baseline
            expected = np.select([change <= -5 * unit, change >= 10 * unit, change >= 5 * unit], [-1, 2, 1], default=0)
            assert np.array_equal(codes(grade_mmt(baseline / unit, final / unit)), expected)


@given(decimals(), decimals(), st.none() | decimals())
def test_ck_follows_the_rule_in_fractions(baseline, final, uln):
    expected = ck_by_hand(Fraction(baseline), Fraction(final), None if uln is None else Fraction(uln))
    assert grade_ck(float(baseline), float(final), None if uln is None else float(uln)) is expected


@given(decimals(), st.sampled_from(["0.5", "0.7", "1.3"]), st.integers(-2, 2), st.none() | decimals())
def test_ck_follows_the_rule_in_fractions_next_to_the_thresholds(baseline, ratio, off, uln):
    mantissa, exponent = (int(part) for part in baseline.split("e"))
    final = f"{max(int(mantissa * Fraction(ratio)) + off, 1)}e{exponent}"
    expected = ck_by_hand(Fraction(baseline), Fraction(final), None if uln is None else Fraction(uln))
    assert grade_ck(float(baseline), float(final), None if uln is None else float(uln)) is expected


@given(st.integers(0, 90_000), st.integers(0, 90_000), st.booleans())
def test_scores_follow_the_rule_in_fractions(baseline, final, higher_is_better):
    instrument = Instrument("X", "Any score", "points", maximum=90, higher_is_better=higher_is_better)
    expected = score_by_hand(Fraction(baseline, 1000), Fraction(final, 1000), higher_is_better)
    assert grade_scores(float(f"{baseline}e-3"), float(f"{final}e-3"), instrument) is expected


# Properties


@given(decimals(), decimals(), decimals(), st.none() | decimals())
def test_a_lower_final_ck_is_never_graded_worse(baseline, one, other, uln):
    limit = None if uln is None else float(uln)
    low, high = sorted((float(one), float(other)))
    assert grade_ck(float(baseline), low, limit) >= grade_ck(float(baseline), high, limit)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 6))
def test_the_unit_of_ck_does_not_matter(baseline, final, uln, exponent):
    unit = 10**exponent
    assert grade_ck(baseline, final, uln) is grade_ck(baseline / unit, final / unit, uln / unit)


@given(st.integers(0, 45), st.integers(0, 45))
def test_a_loss_is_a_gain_read_backwards(one, other):
    assert (grade_adl(one, other) is WORSENED) == grade_adl(other, one).is_response
    assert grade_adl(one, other) is grade_mmt(one, other)


@given(st.lists(st.tuples(*[st.none() | st.integers(1, 500)] * 3), max_size=12))
def test_columns_and_single_numbers_are_graded_alike(rows):
    baseline, final, uln = ([row[i] for row in rows] for i in range(3))
    grades = grade_ck(baseline, final, uln)
    expected = [None if grade is None else grade.label for grade in (grade_ck(*row) for row in rows)]
    assert [None if pd.isna(each) else each for each in grades] == expected


@given(st.lists(st.sampled_from([*Grade, None]), max_size=20))
def test_response_rates_add_up(grades):
    excluded, against = response_rate(grades), response_rate(grades, missing="non-response")
    assert excluded.n + excluded.n_missing == against.n == len(grades)
    assert excluded.count == against.count == sum(grade is not None and grade.is_response for grade in grades)
    assert against.n_missing == excluded.n_missing
    assert response_rate(grades[::-1]) == excluded


@given(st.integers(0, 45), st.lists(st.integers(0, 45), min_size=2, max_size=2).map(sorted), st.integers(0, 45))
def test_more_points_are_never_graded_worse_and_only_the_change_counts(baseline, finals, shift):
    lower, higher = finals
    for grade in (grade_mmt, grade_adl):
        assert grade(baseline, lower) <= grade(baseline, higher)
        # whoever had been worse at baseline has gained more
        assert grade(higher, baseline) <= grade(lower, baseline)
    assert grade_mmt(baseline + shift, higher + shift) is grade_mmt(baseline, higher)
    # on the scale read from its other end, the same patient
    lost = Instrument("LOST", "Points lost", "points", maximum=45, higher_is_better=False)
    assert grade_scores(45 - baseline, 45 - higher, lost) is grade_adl(baseline, higher)


@given(
    st.lists(st.tuples(*[st.sampled_from([None, 1, 28, 30, 33, 40, 45])] * 3), min_size=4, max_size=7),
    st.permutations(["MMT", "ADL", "CK"]),
    st.randoms(use_true_random=False),
)
@settings(settings.get_profile("whole"))
def test_patients_are_graded_in_each_measure_as_by_it_alone(rows, codes, random):
    index = pd.Index([f"P{k}" for k, _ in enumerate(rows)], name="patient")
    columns = pd.DataFrame(rows, index, dtype=float)
    baselines, finals = (pd.DataFrame(dict.fromkeys(codes, columns[k])) for k in (0, 1))
    grades = grade_patients(baselines, finals, columns[2])
    assert grades.columns.tolist() == list(codes)
    for code, grade in (("MMT", grade_mmt), ("ADL", grade_adl)):
        assert grades[code].tolist() == grade(columns[0], columns[1]).tolist()
    assert grades["CK"].tolist() == grade_ck(columns[0], columns[1], columns[2]).tolist()
    order = random.sample(range(len(rows)), len(rows))
    shuffled = grade_patients(baselines.iloc[order], finals.iloc[order], columns[2].iloc[order])
    pd.testing.assert_frame_equal(shuffled, grades.iloc[order])


# Shapes, missing values, state


def test_one_patient_gives_a_grade_or_none():
    assert grade_mmt(59, 90) is MARKED
    assert grade_mmt(np.int64(59), np.float64(90)) is MARKED
    for missing in (None, float("nan"), pd.NA, np.nan):
        assert grade_mmt(59, missing) is None
        assert grade_adl(missing, 20) is None
        assert grade_ck(missing, 20, 10) is None
        assert grade_ck(100, missing, 10) is None
        assert grade_ck(100, 90, missing) is UNCHANGED


def test_a_series_keeps_its_index_and_is_missing_where_a_value_is():
    index = pd.Index(["P07", "P02", "P11"], name="patient")
    grades = grade_mmt(pd.Series([50, np.nan, 50], index=index), pd.Series([60, 60, np.nan], index=index))
    expected = pd.Series(pd.Categorical(["markedly improved", None, None], dtype=GRADE_DTYPE), index=index)
    pd.testing.assert_series_equal(grades, expected)


def test_lists_and_arrays_give_a_series_by_position():
    expected = pd.Series(pd.Categorical(["improved", "unchanged"], dtype=GRADE_DTYPE))
    for make in (list, tuple, np.array, pd.Series):
        pd.testing.assert_series_equal(grade_mmt(make([50, 50]), make([55, 54])), expected)


def test_the_limit_at_baseline_may_be_another_one():
    # 200 was normal where the limit was 250, abnormal where it was 150; 190 is normal where it is 195.
    assert grade_ck([200, 200, 200], [190, 190, 190], 195, baseline_uln=[250, 150, None]).tolist() == [
        "unchanged",
        "improved",
        "unchanged",
    ]
    assert grade_ck(200, 190, 195, baseline_uln=150) is IMPROVED
    assert grade_ck(200, 190, baseline_uln=150) is UNCHANGED
    with pytest.raises(ValueError, match="'baseline_uln'") as refused:
        grade_ck([200], [190], 195, baseline_uln=[0])
    assert str(refused.value) == "'baseline_uln' must be greater than 0 and at most 10000000 (got 0) at position 0."


@pytest.mark.parametrize("threshold", [1.0, 5.0, 10.0, 12.5])
def test_a_score_at_the_edge_of_the_tolerance_has_reached_the_threshold(threshold):
    edge = threshold * (1 - 1e-9)
    assert grade_mmt(0, edge, ScoreThresholds(improved=threshold, marked=90)) is IMPROVED
    assert grade_mmt(0, edge, ScoreThresholds(improved=0.5, marked=threshold)) is MARKED
    assert grade_mmt(edge, 0, ScoreThresholds(worsened=threshold)) is WORSENED
    assert grade_mmt(0, threshold * (1 - 2e-9), ScoreThresholds(improved=threshold, marked=90)) is UNCHANGED


def test_a_ck_at_the_edge_of_the_tolerance_has_reached_the_threshold():
    assert grade_ck(1, 0.7 * (1 + 1e-9)) is IMPROVED
    assert grade_ck(1, 0.5 * (1 + 1e-9)) is MARKED
    assert grade_ck(1, 1.3 * (1 - 1e-9)) is WORSENED
    assert [grade_ck(1, 0.7 * (1 + 2e-9)), grade_ck(1, 1.3 * (1 - 2e-9))] == [UNCHANGED, UNCHANGED]


def test_a_column_beside_one_number():
    assert grade_ck([200, 200], [160, 180], 170).tolist() == ["improved", "unchanged"]
    assert grade_ck([200, 200], [160, 160], [170, None]).tolist() == ["improved", "unchanged"]
    assert grade_mmt(50, [60, 55]).tolist() == ["markedly improved", "improved"]


def test_no_patients():
    grades = grade_ck([], [])
    assert len(grades) == 0
    assert grades.dtype == GRADE_DTYPE
    assert response_rate(grades) == Proportion(0, 0)
    assert response_rate([]).rate is None


@pytest.mark.parametrize("block", [1, 3, 4, 100])
def test_large_columns_are_graded_block_by_block(monkeypatch, block):
    monkeypatch.setattr(response, "_BLOCK", block)
    mark_missing, sizes = response._mark_missing, []
    monkeypatch.setattr(response, "_mark_missing", lambda *block: sizes.append(len(block[0])) or mark_missing(*block))
    baseline = [100, 100, None, 100, 100, 100, 100, None, 100, 200]
    final = [50, 70, 10, 100, 130, None, 71, None, 49, 120]
    grades = grade_ck(baseline, final, [90] * 9 + [None])
    assert codes(grades).tolist() == [2, 1, -2, 0, -1, -2, 1, -2, 2, 1]
    assert sizes == [min(block, 10 - start) for start in range(0, 10, block)]
    with pytest.raises(ValueError, match="'CK'") as refused:
        grade_ck(baseline, [*final[:8], 0, -1])
    assert str(refused.value) == "'CK' must be greater than 0 and at most 10000000 (got 0) at position 8, and 1 more."


def test_nothing_of_the_caller_is_changed():
    baseline, final = np.array([1.1, np.nan, 3.0]), np.array([1.43, 2.0, 1.0])
    copies = baseline.copy(), final.copy()
    baseline.setflags(write=False)
    with np.errstate(all="raise"):
        before = np.geterr()
        grade_ck(baseline, final, 1.2)
        grade_ck([1e-308, 1e7], [1e7, 1e-308])
        grade_mmt(baseline, final)
        assert np.geterr() == before
    np.testing.assert_array_equal(baseline, copies[0])
    np.testing.assert_array_equal(final, copies[1])


def test_ck_beyond_any_measured_value_is_refused():
    for value in (1.01e7, 1e30, 1.7e308):
        with pytest.raises(ValueError, match=r"^'CK' must be greater than 0 and at most 10000000 \(got .* at position 1\.$"):
            grade_ck([1, value], [1, 1])


# Thresholds as values


def test_the_papers_thresholds_are_the_default():
    assert ScoreThresholds(marked=10, improved=5, worsened=5) == SCORE_THRESHOLDS
    assert CKThresholds(marked=0.5, improved=0.7, worsened=1.3) == CK_THRESHOLDS


def test_other_thresholds_grade_otherwise():
    stricter = ScoreThresholds(marked=20, improved=10, worsened=2.5)
    assert [grade_mmt(50, final, stricter) for final in (70, 69, 60, 59, 47.6, 47.5)] == [
        MARKED,
        IMPROVED,
        IMPROVED,
        UNCHANGED,
        UNCHANGED,
        WORSENED,
    ]
    assert grade_adl([20, 20], [40, 39], thresholds=stricter).tolist() == ["markedly improved", "improved"]
    thresholds = CKThresholds(marked=0.25, improved=0.9, worsened=2)
    assert [grade_ck(1000, final, thresholds=thresholds) for final in (250, 251, 900, 901, 1999, 2000)] == [
        MARKED,
        IMPROVED,
        IMPROVED,
        UNCHANGED,
        UNCHANGED,
        WORSENED,
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ScoreThresholds(improved=0),
            "'improved' must be greater than 0 and less than marked = 10 (got 0).",
        ),
        (
            lambda: ScoreThresholds(marked=5),
            "'improved' must be greater than 0 and less than marked = 5 (got 5).",
        ),
        (
            lambda: ScoreThresholds(improved=float("nan")),
            "'improved' must be greater than 0 and less than marked = 10 (got nan).",
        ),
        (lambda: ScoreThresholds(worsened=0), "'worsened' must be greater than 0 (got 0)."),
        (lambda: ScoreThresholds(worsened=-5), "'worsened' must be greater than 0 (got -5)."),
        (
            lambda: CKThresholds(marked=0),
            "'marked' must be greater than 0 and less than improved = 0.7 (got 0).",
        ),
        (
            lambda: CKThresholds(marked=0.7),
            "'marked' must be greater than 0 and less than improved = 0.7 (got 0.7).",
        ),
        (lambda: CKThresholds(improved=1), "'improved' must be less than 1 (got 1)."),
        (lambda: CKThresholds(worsened=1), "'worsened' must be greater than 1 (got 1)."),
        (lambda: CKThresholds(worsened=float("nan")), "'worsened' must be greater than 1 (got nan)."),
    ],
)
def test_impossible_thresholds_are_refused(make, message):
    with pytest.raises(ValueError, match="must be") as refused:
        make()
    assert str(refused.value) == message


# Refusals


def patients(values):
    return pd.Series(values, index=pd.Index(["P01", "P07"], name="patient"))


@pytest.mark.parametrize(
    ("grade", "message"),
    [
        (
            lambda: grade_mmt(patients([59, 91]), patients([90, 90])),
            "'MMT' must be between 0 and 90 (got 91) for patient 'P07'.",
        ),
        (
            lambda: grade_mmt(patients([59, 90]), patients([-1, -2])),
            "'MMT' must be between 0 and 90 (got -1) for patient 'P01', and 1 more.",
        ),
        (lambda: grade_mmt(59, 91), "'MMT' must be between 0 and 90 (got 91)."),
        (lambda: grade_mmt(59, float("inf")), "'MMT' must be finite (got inf)."),
        (lambda: grade_mmt(None, 91), "'MMT' must be between 0 and 90 (got 91)."),
        (lambda: grade_adl([1, 46], [1, 1]), "'ADL' must be between 0 and 45 (got 46) at position 1."),
        (lambda: grade_adl([1, None], [1, 45.5]), "'ADL' must be between 0 and 45 (got 45.5) at position 1."),
        (lambda: grade_ck(0, 100), "'CK' must be greater than 0 and at most 10000000 (got 0)."),
        (lambda: grade_ck(100, -5), "'CK' must be greater than 0 and at most 10000000 (got -5)."),
        (lambda: grade_ck(100, float("inf")), "'CK' must be finite (got inf)."),
        (lambda: grade_ck(100, 90, 0), "'uln' must be greater than 0 and at most 10000000 (got 0)."),
        (
            lambda: grade_ck([100, 100], [90, 90], [170, -1]),
            "'uln' must be greater than 0 and at most 10000000 (got -1) at position 1.",
        ),
        (lambda: grade_ck([100], [90], [float("inf")]), "'uln' must be finite (got inf) at position 0."),
        (lambda: grade_ck([100], [90, 80]), "'baseline' and 'final' must have equal lengths (got baseline 1, final 2)."),
        (
            lambda: grade_ck(patients([1, 2]), pd.Series([1, 2])),
            "'baseline' and 'final' must have equal indexes (got ['P01', 'P07'] and [0, 1]).",
        ),
        (lambda: grade_ck("100", 90), "'baseline' must be a column of numbers (got 'str')."),
        (lambda: grade_ck(["100"], [90]), "'baseline' must hold numbers (got '100') at position 0."),
        (lambda: grade_mmt([True], [1]), "'baseline' must hold numbers (got True) at position 0."),
    ],
)
def test_impossible_values_are_refused(grade, message):
    with pytest.raises(ValueError, match="must") as refused:
        grade()
    assert str(refused.value) == message


# Several measures


def test_the_papers_patients():
    grades = grade_patients(BASELINES, FINALS)
    assert grades.index.equals(PATIENTS)
    assert grades["CK"].eq("markedly improved").all()
    assert grades["MMT"].value_counts().to_dict() == {
        "markedly improved": 13,
        "improved": 1,
        "worsened": 1,
        "unchanged": 0,
    }
    assert grades.index[grades["MMT"] == "improved"].tolist() == ["8"]
    assert grades.index[grades["ADL"] < "improved"].tolist() == ["3", "12", "15"]
    rates = {code: response_rate(grades[code]) for code in grades}
    assert {code: (rate.responders, rate.n, f"{rate.rate:.1%}") for code, rate in rates.items()} == {
        "MMT": (14, 15, "93.3%"),
        "ADL": (12, 15, "80.0%"),
        "CK": (15, 15, "100.0%"),
    }


def test_several_measures_are_graded_as_each_alone():
    uln = pd.Series([150.0] * 14 + [np.nan], index=PATIENTS)
    finals = FINALS.astype(float)
    finals.loc["4", "MMT"] = np.nan
    finals["CK"] = BASELINES["CK"] * 0.8
    grades = grade_patients(BASELINES, finals, uln)
    pd.testing.assert_series_equal(grades["MMT"], grade_mmt(BASELINES["MMT"], finals["MMT"]), check_names=False)
    pd.testing.assert_series_equal(grades["CK"], grade_ck(BASELINES["CK"], finals["CK"], uln), check_names=False)
    assert grades.loc["10", "CK"] == "improved"
    assert grade_patients(BASELINES, finals).loc["10", "CK"] == "unchanged"
    assert grade_patients(BASELINES[["ADL"]], FINALS[["ADL"]]).columns.tolist() == ["ADL"]
    assert grade_patients(BASELINES[[]], FINALS[[]]).index.equals(PATIENTS)


def test_measures_that_cannot_be_graded_together_are_refused():
    with pytest.raises(ValueError, match="equal columns") as refused:
        grade_patients(BASELINES[["MMT", "CK"]], FINALS[["CK", "MMT"]])
    assert str(refused.value) == (
        "'baselines' and 'finals' must have equal columns, each once (got ['MMT', 'CK'] and ['CK', 'MMT'])."
    )
    twice = BASELINES[["MMT", "MMT"]]
    with pytest.raises(ValueError, match="each once"):
        grade_patients(twice, twice)
    with pytest.raises(ValueError, match="HAQ") as refused:
        grade_patients(BASELINES.rename(columns={"CK": "HAQ"}), FINALS.rename(columns={"CK": "HAQ"}))
    assert str(refused.value) == "'instrument' must be one of 'MMT', 'ADL', 'CK' (got 'HAQ')."
    with pytest.raises(ValueError, match="equal indexes"):
        grade_patients(BASELINES, FINALS.iloc[::-1])


# Response rate


def test_response_rate_by_either_rule_for_missing_grades():
    grades = grade_mmt([50, 50, 50, 50, 50], [60, 55, 54, 45, None])
    assert response_rate(grades) == Proportion(2, 4, 1, "excluded")
    assert response_rate(grades, missing="non-response") == Proportion(2, 5, 1, "non-response")


@pytest.mark.parametrize(
    "grades",
    [
        [MARKED, IMPROVED, UNCHANGED, WORSENED, None],
        (MARKED, IMPROVED, UNCHANGED, WORSENED, float("nan")),
        [2, 1, 0, -1, pd.NA],
        ["markedly improved", "improved", "unchanged", "worsened", None],
        pd.Series([MARKED, IMPROVED, UNCHANGED, WORSENED, None]),
        pd.Series(["markedly improved", "improved", "unchanged", "worsened", np.nan]),
        np.array([2, 1, 0, -1, np.nan]),
        pd.Categorical(["markedly improved", "improved", "unchanged", "worsened", None], dtype=GRADE_DTYPE),
        pd.Series(["markedly improved", "improved", "unchanged", "worsened", None], dtype="category"),
    ],
)
def test_grades_may_come_in_any_form(grades):
    assert response_rate(grades) == Proportion(2, 4, 1, "excluded")


@pytest.mark.parametrize(
    ("grades", "message"),
    [
        ([IMPROVED, "better"], "(got 'better') at position 1."),
        ([3], "(got 3) at position 0."),
        ([0.5], "(got 0.5) at position 0."),
        ([True], "(got True) at position 0."),
        ([b"improved"], "(got b'improved') at position 0."),
        (patients([IMPROVED, -2]), "(got -2) for patient 'P07'."),
    ],
)
def test_unknown_grades_are_refused(grades, message):
    with pytest.raises(ValueError, match="'grades'") as refused:
        response_rate(grades)
    rule = "'grades' must be among 'worsened', 'unchanged', 'improved', 'markedly improved' "
    assert str(refused.value) == rule + message


@pytest.mark.parametrize(
    ("grades", "got"),
    [("improved", "'improved'"), (1, "1"), (None, "None"), ({"a": 1}, "{'a': 1}"), ([[1]], "[[1]]")],
)
def test_what_is_no_column_of_grades_is_refused(grades, got):
    with pytest.raises(ValueError, match="'grades'") as refused:
        response_rate(grades)
    assert str(refused.value) == f"'grades' must be a column of grades (got {got})."


def test_an_unknown_rule_for_missing_grades_is_refused():
    with pytest.raises(ValueError, match="'missing'") as refused:
        response_rate([IMPROVED], missing="worst")
    assert str(refused.value) == "'missing' must be one of 'excluded', 'non-response' (got 'worst')."


def test_a_score_of_ones_own_names_its_instrument():
    haq = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
    thresholds = ScoreThresholds(marked=0.5, improved=0.22, worsened=0.22)
    grades = grade_scores([2.5, 2.5, 2.5, 2.5], [2, 2.28, 2.29, 2.72], haq, thresholds)
    assert grades.tolist() == ["markedly improved", "improved", "unchanged", "worsened"]
    with pytest.raises(ValueError, match="HAQ") as refused:
        grade_scores([3.1], [3], haq, thresholds)
    assert str(refused.value) == "'HAQ' must be between 0 and 3 (got 3.1) at position 0."
    assert grade_scores(50, 60, MMT18) is MARKED


def pair(instrument, **columns):
    """What a rule grades: a measure, and a row a patient."""
    return SimpleNamespace(instrument=instrument, rows=pd.DataFrame(columns, index=pd.Index(["P1", "P2", "P3"])))


def test_thresholds_grade_a_pair_by_its_instrument():
    gains = ScoreThresholds().grade(pair(MMT18, baseline=[50.0, 60, 70], final=[60.0, 65, None]))
    assert gains.index.tolist() == ["P1", "P2", "P3"]
    assert gains.tolist() == ["markedly improved", "improved", np.nan]
    columns = {"baseline": [200.0, 1000, 160], "final": [160.0, 500, 150]}
    limits = {"final_uln": [170.0, 170, 155], "baseline_uln": [170.0, 170, 170]}  # the third began within its limits
    assert CKThresholds().grade(pair(CK, **columns, **limits)).tolist() == ["improved", "markedly improved", "unchanged"]
    aldolase = Instrument("ALD", "Aldolase", "U/L", higher_is_better=False)
    assert CKThresholds().grade(pair(aldolase, **columns, **limits)).tolist() == [
        "unchanged",
        "markedly improved",
        "unchanged",
    ]


def test_grades_of_a_rule_are_read_one_a_row():
    index = pd.Index(["P1", "P2"])
    found = ordered_grades(["improved", None], index)
    assert (found.index.tolist(), found.dtype, found.tolist()) == (["P1", "P2"], GRADE_DTYPE, ["improved", np.nan])
    assert ordered_grades(pd.Series(found), index).equals(found)
    with pytest.raises(ValueError, match=r"^'grades' must be 2, one a row \(got 1\)\.$"):
        ordered_grades(["improved"], index)
    with pytest.raises(
        ValueError, match=r"^'grades' must have the index of the rows that were graded \(got \['P2', 'P1'\]\)\.$"
    ):
        ordered_grades(found[::-1], index)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: grade_scores(1, 2, "MMT", SCORE_THRESHOLDS), "'instrument' must be an Instrument (got 'MMT')."),
        (lambda: grade_scores(1, 2, MMT18, 5), "'thresholds' must be a ScoreThresholds (got 5)."),
        (lambda: grade_ck(1, 2, thresholds=5), "'thresholds' must be a CKThresholds (got 5)."),
        (lambda: ScoreThresholds(marked="10"), "'marked' must be a number (got '10')."),
    ],
)
def test_what_is_no_rule_is_refused(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()


def test_thresholds_are_floats_unless_they_are_whole():
    thresholds = ScoreThresholds(np.float64(8), Fraction(7, 2), 3)
    assert [type(each) for each in (thresholds.marked, thresholds.improved, thresholds.worsened)] == [float, float, int]
    with pytest.raises(ValueError, match="'marked' must be a number"):
        ScoreThresholds(marked="10")
