"""Mean changes of two arms compared: by hand, the paper's patients, normal equations and R."""

import math
import pickle
import runpy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.contrasts import MeanComparison, compare_means

R = runpy.run_path(str(Path(__file__).with_name("reference") / "stored.py"))["load"]("contrasts")
ARMS = {1: "IVIG", 0: "placebo"}


def fitted_by_fractions(rows):
    """Solve the normal equations of change ~ 1 + arm + baseline as fractions: coefficients, residual sum of squares."""
    design = [[Fraction(1), Fraction(arm), Fraction(b)] for b, _, arm in rows]
    change = [Fraction(f) - Fraction(b) for b, f, _ in rows]
    left = [[sum(x[i] * x[j] for x in design) for j in range(3)] for i in range(3)]
    right = [sum(x[i] * y for x, y in zip(design, change, strict=True)) for i in range(3)]
    inverse = [[Fraction(int(i == j)) for j in range(3)] for i in range(3)]
    for i in range(3):
        pivot = next(k for k in range(i, 3) if left[k][i])
        left[i], left[pivot] = left[pivot], left[i]
        inverse[i], inverse[pivot] = inverse[pivot], inverse[i]
        factor = left[i][i]
        left[i], inverse[i] = [v / factor for v in left[i]], [v / factor for v in inverse[i]]
        for k in range(3):
            if k != i:
                factor = left[k][i]
                left[k] = [a - factor * b for a, b in zip(left[k], left[i], strict=True)]
                inverse[k] = [a - factor * b for a, b in zip(inverse[k], inverse[i], strict=True)]
    coefficients = [sum(a * b for a, b in zip(row, right, strict=True)) for row in inverse]
    residuals = [y - sum(a * b for a, b in zip(x, coefficients, strict=True)) for x, y in zip(design, change, strict=True)]
    return coefficients, sum(r * r for r in residuals) * inverse[1][1]


def test_equal_baselines_give_the_difference_of_mean_changes():
    # changes 4, 6 and 1, 3 on baselines 10, 20 in each arm: slope 1/5, difference 3, residuals 0
    found = compare_means([10, 20, 10, 20], [14, 26, 11, 23], [*"TTCC"], "C")
    assert found.difference == pytest.approx(3, abs=1e-12)
    assert found.adjusted_means == pytest.approx({"T": 5, "C": 2})
    assert (found.se, found.t, found.p_value) == (None, None, None)
    assert (found.df, found.reason) == (1, "the model fits every patient exactly")
    assert found.confidence_interval() == found.adjusted_interval("T") == (None, None)


def test_the_patients_of_the_paper():
    from ivigmyo import saito2008

    study = saito2008.load_study()
    baseline, final = study.baseline("MMT"), study.final_values("MMT")
    diagnosis = pd.Series({patient.id: patient.diagnosis.value for patient in study.patients}).reindex(baseline.index)
    diagnosis.index.name = baseline.index.name
    found = compare_means(baseline, final, diagnosis, "PM")
    assert (found.n, found.df, found.treated) == (15, 12, "DM")
    assert (found.difference, found.se) == pytest.approx((2.06089, 6.32334), abs=5e-6)
    assert found.confidence_interval() == pytest.approx((-11.71648, 15.83826), abs=5e-6)
    assert found.adjusted_means == pytest.approx({"DM": 20.63247, "PM": 18.57159}, abs=5e-6)
    ck = {week: pd.Series({p.id: value_at(p, week) for p in study.patients}, dtype=float) for week in (0, 4)}
    ratio = compare_means(ck[0], ck[4], diagnosis.rename_axis(None), "PM", scale="ln")
    assert ratio.ratio == pytest.approx(0.725547, abs=5e-7)
    assert ratio.ratio_interval() == pytest.approx((0.370247, 1.421805), abs=6e-7)
    assert (ratio.n, ratio.n_excluded) == (15, 1)


def value_at(patient, week):
    for visit in patient.visits:
        for each in visit.assessments:
            if visit.week == week and each.instrument.code == "CK":
                return each.value
    return math.nan


rows = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 1)), min_size=5, max_size=10)


@given(rows)
def test_least_squares_as_fractions(rows):
    rows = [*rows, (1, 3, 0), (4, 9, 0), (2, 2, 1), (7, 5, 1)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    found = compare_means(*columns, 0)
    (_, difference, _), spread = fitted_by_fractions(rows)
    assert found.difference == pytest.approx(float(difference), abs=1e-10)
    assert found.df == len(rows) - 3
    if found.reason is None:
        assert found.se == pytest.approx(math.sqrt(spread / found.df), rel=1e-9)
        low, high = found.confidence_interval()
        assert low < found.difference < high
        assert (low > 0 or high < 0) == (found.p_value < 0.05)
    turned = compare_means(*columns, 1)
    assert turned.difference == pytest.approx(-found.difference, abs=1e-10)
    assert turned.adjusted_means == pytest.approx(found.adjusted_means, abs=1e-9)
    tens = compare_means([10 * b for b in columns[0]], [10 * f for f in columns[1]], columns[2], 0)
    assert tens.difference == pytest.approx(10 * found.difference, abs=1e-9)


def test_r_means():
    compared = 0
    for trial in R["trials"]:
        arm = [ARMS[each] for each in trial["treated"]]
        strata = pd.DataFrame({name: trial[name] for name in ("stratum", "factor")})
        for name, factors, scale in (("means", None, "raw"), ("means_in_strata", strata, "raw"), ("ln_means", None, "ln")):
            r = trial[name]
            if not r:
                with pytest.raises(ValueError, match="'arm' must not be told by 'strata'"):
                    compare_means(trial["baseline"], trial["final"], arm, "placebo", factors)
                continue
            found = compare_means(trial["baseline"], trial["final"], arm, "placebo", factors, scale)
            assert (found.df, found.n) == (r["df"], len(arm))
            assert found.difference == pytest.approx(r["difference"], rel=1e-8, abs=1e-8)
            if not r["aliased"]:
                assert [*found.adjusted_means.values()] == pytest.approx(r["means"], rel=1e-8, abs=1e-8)
            if found.reason is not None:
                assert found.df == 0
                continue
            assert (found.se, found.p_value) == pytest.approx((r["se"], r["p_value"]), rel=1e-8, abs=1e-8)
            assert found.confidence_interval() == pytest.approx(r["interval"], rel=1e-8, abs=1e-8)
            compared += 1
    assert compared > 550


def test_the_missing_are_left_out_and_counted():
    arm = [*"TTTTCCCCC"]
    found = compare_means([1, 2, 4, None, 2, 3, 5, 9, 9], [3, 3, 8, 9, 2, 4, 5, math.nan, 9], arm, "C")
    alone = compare_means([1, 2, 4, 2, 3, 5, 9], [3, 3, 8, 2, 4, 5, 9], [*"TTTCCCC"], "C")
    assert (found.n, found.n_excluded, found.n_treated, found.n_control) == (7, 2, 3, 4)
    assert (found.difference, found.p_value) == (alone.difference, alone.p_value)


def test_nothing_to_compare():
    found = compare_means([1, 2, None, 4], [2, 3, 4, None], [*"TTCC"], "C")
    assert (found.difference, found.se, found.df, found.reason) == (
        None,
        None,
        None,
        "no patient of arm 'C' has both values",
    )
    assert found.adjusted_means == {"T": None, "C": None}
    aliased = compare_means([1, 1, 2, 2], [2, 3, 4, 6], [*"TTCC"], "C")
    assert (aliased.difference, aliased.reason) == (None, "the baselines tell the arms apart")
    few = compare_means([1, 2, 3], [2, 5, 4], [*"TTC"], "C")
    assert (few.df, few.p_value, few.reason) == (0, None, "no degree of freedom is left")
    assert few.difference is not None
    assert few.confidence_interval() == (None, None)
    same = compare_means([5, 5, 5, 5], [6, 7, 8, 9], [*"TTCC"], "C")  # a baseline that says nothing takes no degree
    assert (same.difference, same.df) == (pytest.approx(-2), 2)


def test_aliased_strata_leave_the_difference_but_no_adjusted_means():
    # The second factor repeats the first: 3 columns for 2 ranks.
    strata = pd.DataFrame({"site": [1, 1, 2, 2, 1, 1, 2, 2], "region": [*"aabbaabb"]})
    arm, baseline, final = [*"TCTCTCTC"], [3, 1, 4, 1, 5, 9, 2, 6], [5, 3, 5, 8, 9, 7, 9, 3]
    found = compare_means(baseline, final, arm, "C", strata)
    alone = compare_means(baseline, final, arm, "C", strata["site"])
    assert (found.df, found.difference) == (alone.df, pytest.approx(alone.difference, abs=1e-12))
    three = pd.DataFrame({"site": [1, 1, 2, 2, 3, 3, 3, 3], "region": [*"aabbbbbb"]})
    assert compare_means(baseline, final, arm, "C", three).adjusted_means == {"T": None, "C": None}
    assert compare_means(baseline, final, arm, "C", three).p_value is not None


def test_faulty_arguments_are_refused():
    def said(*arguments, **options):
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            compare_means(*arguments, **options)
        return str(caught.value)

    told = "'arm' must not be told by 'strata' (got no stratum, all factors together, that has both arms)."
    assert said([1, 2, 3, 4], [2, 3, 4, 6], [*"TTCC"], "C", [1, 1, 2, 2]) == told
    assert said([1, 2, 3], [2, 3, 4], [*"ABC"], "C") == "'arm' must have exactly two different labels (got 'A', 'B', 'C')."
    assert said([1, 2], [2, 3], [*"AB"], "C") == "'control' must be one of the labels 'A', 'B' (got 'C')."
    assert said([1, 0], [2, 3], [*"AB"], "B", scale="ln") == (
        "'baseline' must be greater than 0 on the ln scale (got 0) at position 1."
    )
    assert said([1, 2], [2, 3], [*"AB"], "B", scale="log") == "'scale' must be one of 'raw', 'ln' (got 'log')."
    found = compare_means([1, 2, 3, 5], [2, 3, 4, 9], [*"ABAB"], "B")
    with pytest.raises(ValueError, match="'arm' must be one of 'A', 'B'"):
        found.adjusted_interval("C")


def test_results_are_values():
    found = compare_means([1, 2, 3, 5, 4], [2, 3, 4, 9, 9], [*"ABABA"], "B", scale="ln")
    assert isinstance(found, MeanComparison)
    assert pickle.loads(pickle.dumps(found)) == found
    row = found.to_dict(0.9)
    assert (list(found.to_frame(0.9).columns), len(found.to_frame())) == (list(row), 1)
    assert (row["conf_low"], row["ratio_low"]) == (found.confidence_interval(0.9).low, found.ratio_interval(0.9).low)
    assert row["ratio"] == math.exp(found.difference)
    assert compare_means([1, 2, 3, 5], [2, 3, 4, 9], [*"ABAB"], "B").ratio_interval() == (None, None)
    assert all(type(value) in (int, float, str, type(None)) for value in row.values())
    low, high = found.adjusted_interval("A")
    assert low < found.adjusted_means["A"] < high
    assert np.isfinite(low)
