"""Serial values in order: the same by the fast way of sorting as by the general one, up to the edge of the fast one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.arguments import read_columns
from ivigmyo.normalization.serial import SerialRows, number_patients, read_serial


def order(rows, same_day="error"):
    """Read (patient, day, ck, uln) and give the sorted rows back as (patient, day, above)."""
    patient, day, ck, uln = zip(*rows, strict=True)
    values = read_columns(ck=ck, uln=uln)
    found = read_serial(np.array(patient, dtype=np.int64), np.array(day, dtype=float), values, same_day)
    assert found.patient.dtype == np.int64
    assert found.day.dtype == np.float64
    assert found.above.dtype == bool
    return list(zip(found.patient.tolist(), found.day.tolist(), found.above.tolist(), strict=True))


def by_hand(rows):
    """Sort by Python, rows without a measurement first."""
    return sorted((patient, -np.inf if ck is None else day, ck is not None and ck > uln) for patient, day, ck, uln in rows)


@pytest.mark.parametrize("shift", [0, 0.5, -(2.0**52), 2.0**52 - 4, 2.0**52, -(2.0**53), 2.0**60, 1e300])
@pytest.mark.parametrize("patients", [(0, 1), (-3, 5), (2**58, 2**59 - 1), (-(2**59), 2**59), (-(2**63), 2**63 - 1)])
def test_every_range_of_days_and_patients_is_sorted_alike(patients, shift):
    low, high = patients
    step = max(1.0, 2 * np.spacing(abs(shift)))
    rows = [
        (high, shift + 2 * step, 9, 3),
        (low, shift + 3 * step, 3, 3),
        (high, shift, None, 3),
        (high, shift + step, 1, 3),
        (low, shift, 9, 3),
        (low, shift + 2 * step, None, None),
    ]
    assert order(rows) == by_hand(rows)


@pytest.mark.parametrize("reach", [2.0**50, 2.0**51, 2.0**51 + 1, 2.0**52])
def test_days_far_apart_stay_as_they_are(reach):
    rows = [(0, reach, 9, 3), (0, -reach, 1, 3), (0, reach - 1, 1, 3)]
    assert order(rows) == by_hand(rows)


def test_patients_that_python_can_compare_are_in_its_order_and_others_in_that_of_their_texts():
    numbers, _ = number_patients(pd.Series([10, 9, 10], dtype=object))
    assert numbers.tolist() == [1, 0, 1]
    for patients in ([1, "1", "0"], ["1", 1, "0"]):
        numbers, _ = number_patients(pd.Series(patients, dtype=object))
        assert dict(zip(patients, numbers.tolist(), strict=True)) == {"0": 0, 1: 1, "1": 2}


@pytest.mark.parametrize("bits", range(55, 64))
def test_the_key_never_overflows(bits):
    high = 2**bits - 1
    rows = [(high, 6, 9, 3), (0, 6, 1, 3), (high, 0, 1, 3), (0, 0, 9, 3), (high // 2 + 1, 3, 4, 3)]
    assert order(rows) == by_hand(rows)


@given(
    st.lists(
        st.tuples(st.integers(-3, 3), st.integers(-9, 9), st.none() | st.integers(1, 4), st.integers(1, 4)),
        min_size=1,
        max_size=12,
        unique_by=lambda row: row[:2],
    ),
    st.sampled_from([1, 0.5, 2.0**50]),
)
def test_rows_are_sorted_as_by_hand(rows, unit):
    rows = [(patient, day * unit, ck, uln) for patient, day, ck, uln in rows]
    assert order(rows) == by_hand(rows)


measured = st.tuples(st.integers(0, 1), st.integers(-1, 0), st.integers(1, 3), st.integers(1, 3))


@given(st.lists(measured, min_size=4, max_size=12), st.randoms(use_true_random=False))
def test_the_highest_of_each_day_is_left_whatever_the_order(rows, random):
    """Of two equal ones, that with the lower limit."""
    highest = {}
    for patient, day, ck, uln in rows:
        highest[patient, day] = max(highest.get((patient, day), (0, 0)), (ck, -uln))
    expected = [(*key, ck > -uln) for key, (ck, uln) in sorted(highest.items())]
    assert order(rows, "highest") == expected
    assert order(random.sample(rows, len(rows)), "highest") == expected
    # another unit of CK
    assert order([(patient, day, 60 * ck, 60 * uln) for patient, day, ck, uln in rows], "highest") == expected


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([-np.inf, 0.0, 1.0, 2.0])), min_size=1, max_size=9))
def test_starts_and_repeats_divide_the_rows(pairs):
    patient, day = (np.array(each) for each in zip(*sorted(pairs), strict=True))
    rows = SerialRows(patient, day, np.zeros(len(day), dtype=bool))
    assert patient[rows.starts].tolist() == sorted(set(patient.tolist()))
    parts = np.split(patient, rows.starts[1:])
    assert all(len(set(part.tolist())) == 1 for part in parts)
    # without the repeats every measurement stands once; rows without one all stay
    kept = list(zip(patient[~rows.repeats].tolist(), day[~rows.repeats].tolist(), strict=True))
    dated = [pair for pair in kept if pair[1] > -np.inf]
    assert dated == sorted({pair for pair in pairs if pair[1] > -np.inf})
    assert len(kept) - len(dated) == sum(each == -np.inf for _, each in pairs)


@given(
    st.one_of(
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
        st.lists(st.text(st.characters(exclude_characters="\0"), max_size=3), min_size=1),
        st.lists(st.tuples(st.text(max_size=1), st.integers(0, 3)), min_size=1),
    )
)
def test_numbers_are_in_the_order_of_the_patients_and_lead_back_to_them(patients):
    numbers, name_patients = number_patients(pd.Series(patients, dtype=None if type(patients[0]) is int else object))
    assert name_patients(numbers).tolist() == patients
    for first, second, one, other in zip(patients, patients[1:], numbers, numbers[1:], strict=False):
        assert (first < second, first == second) == (one < other, one == other)


def test_one_row_and_no_measurement_are_enough():
    assert order([(4, 7, 9, 3)]) == [(4, 7.0, True)]
    assert order([(4, 7, None, None), (4, 7, None, None)]) == [(4, -np.inf, False)] * 2


def test_the_highest_of_a_day_is_left_and_every_row_without_a_measurement():
    rows = [(1, 5, 4, 3), (1, 5, 6, 9), (1, 5, None, 3), (1, 5, None, 3), (2, 5, 2, 3), (2, 5, 2, 1), (2, 6, 2, 3)]
    expected = [
        (1, -np.inf, False),
        (1, -np.inf, False),
        (1, 5.0, False),
        (2, 5.0, True),
        (2, 6.0, False),
    ]
    assert order(rows, "highest") == expected
    assert order(rows[::-1], "highest") == expected


def test_nothing_is_changed_about_the_input():
    patient, day, ck = np.array([3, 1, 3]), np.array([5.0, 0.0, 2.0]), np.array([9.0, np.nan, 1.0])
    read_serial(patient, day, read_columns(ck=ck, uln=[3, 3, 3]), "error")
    assert patient.tolist() == [3, 1, 3]
    assert day.tolist() == [5, 0, 2]
    np.testing.assert_array_equal(ck, [9, np.nan, 1])


def test_whole_numbers_are_their_own_numbers():
    patient = pd.Series([30, 1, 30])
    numbers, name_patients = number_patients(patient)
    assert np.shares_memory(numbers, patient.to_numpy())
    assert name_patients(np.array([1, 30])).tolist() == [1, 30]


def test_a_missing_patient_is_refused_with_its_index():
    with pytest.raises(ValueError, match=r"^'patient' must not be missing at index 'y'\.$"):
        number_patients(pd.Series(["a", None, "b", None], index=["x", "y", "z", "w"]))


def test_a_registry_is_sorted_without_lexsort(monkeypatch):
    monkeypatch.setattr(np, "lexsort", None)
    rows = [(10**12, 36_500, 9, 3), (0, 20, 1, 3), (10**12, -3_650, 4, 3)]
    assert order(rows) == by_hand(rows)


def test_days_need_not_be_whole_nor_have_the_same_part():
    rows = [(1, 0.75, 9, 3), (1, 0.25, 1, 3), (0, 1.5, 9, 3)]
    assert order(rows) == by_hand(rows)
