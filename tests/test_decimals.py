"""Numbers as they are written in decimals: by hand, at the edges of the digits that are rounded."""

import numpy as np
import pytest

from ivigmyo.decimals import TOLERANCE, at_least, at_most, round_off, subtract


def test_differences_are_those_of_the_decimals():
    found = subtract(np.array([1.3, 0.5, 30.1, 7.0]), np.array([1.0, 0.2, 30.4, 4.0]))
    assert found.tolist() == [0.3, 0.3, -0.3, 3.0]
    assert subtract(np.array([3]), np.array([1])).dtype == np.float64


@pytest.mark.parametrize("threshold", [-2.5, 0.0, 0.7, 12])
def test_a_threshold_is_met_within_the_tolerance_from_either_side(threshold):
    near, off = abs(threshold) * TOLERANCE / 2, abs(threshold) * TOLERANCE * 2
    assert at_least(threshold, threshold)
    assert at_most(threshold, threshold)
    assert at_least(threshold - near, threshold)
    assert at_most(threshold + near, threshold)
    assert not at_least(threshold - off - 1e-300, threshold)
    assert not at_most(threshold + off + 1e-300, threshold)
    assert at_least(np.array([threshold, threshold - 1]), threshold).tolist() == [True, False]


@pytest.mark.parametrize(
    ("difference", "larger", "rounded"),
    [
        (0.25, 1e11, 0.2),  # one digit after the point is left of twelve
        (0.5, 1e12, 0.5),  # none is: left as it is
        (0.5, 1e13, 0.5),
        (1.0000000000004e-188, 1e-188, 1e-188),  # two hundred places
        (1.0000000000004e-189, 1e-189, 1.0000000000004e-189),  # more are left as they are
        (5.0, 1e12, 5.0),
        (123456789.123456, 1e9, 123456789.123),
    ],
)
def test_a_difference_is_rounded_at_the_twelfth_digit_of_the_larger_value(difference, larger, rounded):
    assert round_off(np.array([difference]), np.array([larger]), 12).tolist() == [pytest.approx(rounded, rel=1e-15, abs=0)]


def test_each_difference_is_rounded_by_its_own_value():
    found = round_off(np.array([0.25, 3.0, 0.5, 0.125]), np.array([1e11, 5.0, 1e12, 1.0]), 12)
    assert found.tolist() == [0.2, 3.0, 0.5, 0.125]
