"""A crossover trial: by hand, a textbook's, and R's model of patients and periods."""

import math
import pickle
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.contrasts import CrossoverComparison, compare_crossover

R = runpy.run_path(str(Path(__file__).with_name("reference") / "stored.py"))["load"]("contrasts")


def test_by_hand():
    # d = 3, 4 | -3, -5: means 3.5 and -4; residuals 1/2 and 1, squares 2.5, df 2: se sqrt(1.25) / 2
    found = compare_crossover([9, 8, 5, 4], [6, 4, 8, 9], [*"AABB"], "A")
    assert (found.treatment.estimate, found.period.estimate, found.carry_over.estimate) == (3.75, 0.25, 0.5)
    assert found.treatment.se == found.period.se == pytest.approx(math.sqrt(1.25) / 2, abs=1e-15)
    # totals 15, 12 | 13, 13: squares 4.5
    assert found.carry_over.se == pytest.approx(math.sqrt(2.25), abs=1e-15)
    assert (found.treatment.df, found.n_treated_first, found.n_control_first, found.n_excluded) == (2, 2, 2, 0)


def test_peak_flow():
    r = R["crossovers"][0]
    sequence = ["A" if each else "B" for each in r["treated_first"]]
    found = compare_crossover(r["first"], r["second"], sequence, "A")
    assert (found.treatment.estimate, found.treatment.se) == pytest.approx((46.607143, 10.776560), abs=5e-7)
    assert found.treatment.confidence_interval() == pytest.approx((22.888095, 70.326191), abs=5e-7)
    assert (found.treatment.df, found.treatment.p_value) == (11, pytest.approx(0.0012048, abs=5e-8))
    assert (found.period.estimate, found.period.p_value) == pytest.approx((15.892857, 0.168314), abs=5e-7)
    carry_over = (found.carry_over.estimate, found.carry_over.se, found.carry_over.p_value)
    assert carry_over == pytest.approx((14.404762, 80.405293, 0.861076), abs=5e-7)


@pytest.mark.parametrize("r", R["crossovers"])
def test_r(r):
    found = compare_crossover(r["first"], r["second"], r["treated_first"], 1)
    for name in ("treatment", "period", "carry_over"):
        effect = getattr(found, name)
        assert (effect.estimate, effect.se, effect.t, effect.p_value) == pytest.approx(r[name], rel=1e-8, abs=1e-8)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.booleans()), max_size=8))
def test_exchanging_treatments_or_periods_turns_the_signs(rows):
    rows = [*rows, (1, 5, True), (9, 2, True), (4, 4, False), (0, 7, False)]
    first, second, sequence = map(list, zip(*rows, strict=True))
    found = compare_crossover(first, second, sequence, True)
    other = compare_crossover(first, second, sequence, False)
    assert other.treatment.estimate == pytest.approx(-found.treatment.estimate)
    assert other.period.estimate == pytest.approx(found.period.estimate)
    assert other.carry_over.estimate == pytest.approx(-found.carry_over.estimate)
    turned = compare_crossover(second, first, sequence, False)
    assert turned.treatment.estimate == pytest.approx(found.treatment.estimate)
    assert turned.period.estimate == pytest.approx(-found.period.estimate)
    # A period effect alone is no treatment effect.
    later = compare_crossover(first, [each + 7 for each in second], sequence, True)
    assert later.treatment.estimate == pytest.approx(found.treatment.estimate)
    assert later.period.estimate == pytest.approx(found.period.estimate + 7)


def test_little_to_compare():
    def compare(*rows):
        return compare_crossover(*map(list, zip(*rows, strict=True)), "A")

    none = compare((1, None, "A"), (2, 3, "B"), (4, 4, "B"))
    assert (none.treatment.estimate, none.n_excluded) == (None, 1)
    assert none.reason == "a sequence has no patient with both values"
    two = compare((1, 4, "A"), (2, 3, "B"))
    assert (two.treatment.estimate, two.treatment.df, two.treatment.p_value) == (-1.0, 0, None)
    assert (two.reason, two.treatment.confidence_interval()) == ("no degree of freedom is left", (None, None))
    alike = compare((1.1, 4.2, "A"), (1.1, 4.2, "A"), (2.3, 3.4, "B"), (2.3, 3.4, "B"))
    assert (alike.treatment.se, alike.reason) == (None, "the patients of each sequence are alike")
    assert alike.treatment.estimate == pytest.approx(-1)


def test_faulty_arguments_are_refused():
    def said(*arguments):
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            compare_crossover(*arguments)
        return str(caught.value)

    three = "'sequence' must have exactly two different labels (got 'A', 'B', 'C')."
    assert said([1, 2, 3], [1, 2, 3], [*"ABC"], "A") == three
    assert said([1, 2], [1, 2], [*"AB"], "C") == "'treated_first' must be one of the labels 'A', 'B' (got 'C')."
    assert said([1, 2], [1, math.inf], [*"AB"], "A") == "'second' must be finite (got inf) at position 1."


def test_results_are_values():
    found = compare_crossover([9, 8, 5, None], [6, 4, 8, 9], [*"AABB"], "A")
    assert isinstance(found, CrossoverComparison)
    assert pickle.loads(pickle.dumps(found)) == found
    row, frame = found.to_dict(0.9), found.to_frame(0.9)
    assert (list(frame.columns), len(frame)) == (list(row), 1)
    assert row["treatment_low"] == found.treatment.confidence_interval(0.9).low
    assert all(type(value) in (int, float, str, type(None)) for value in row.values())
