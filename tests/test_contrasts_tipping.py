"""Tipping points: every assignment of the missing, against scipy's test and by hand."""

import re

import pytest
from scipy.stats import fisher_exact

from ivigmyo import Proportion
from ivigmyo.contrasts import tipping_points


def naive(x, failed, a, y, control_failed, b):
    """P by scipy for each assignment, the missing made responders one by one."""
    return {
        (i, j): fisher_exact([[x + i, failed + a - i], [y + j, control_failed + b - j]]).pvalue
        for i in range(a + 1)
        for j in range(b + 1)
    }


class TestTheTrialOfTheIssue:
    def test_never_tips(self):
        for treated, control in (
            (Proportion(37, 45, 2), Proportion(21, 46, 2)),
            (Proportion(37, 47, 2, "non-response"), Proportion(21, 48, 2, "non-response")),
        ):
            found = tipping_points(treated, control)
            assert len(found.assignments) == 9
            assert (round(found.p_low, 6), round(found.p_high, 6)) == (0.000104, 0.002731)
            assert found.tips is False
            assert (found.n_treated, found.n_control, found.missing_treated, found.missing_control) == (47, 48, 2, 2)

    def test_each_assignment_is_that_of_scipy(self):
        found = tipping_points(Proportion(37, 45, 2), Proportion(21, 46, 2))
        assert {each[:2]: each.p_value for each in found.assignments} == pytest.approx(naive(37, 8, 2, 21, 25, 2), rel=1e-9)


class TestByHand:
    def test_three_of_four_and_none_of_four(self):
        found = tipping_points(Proportion(3, 3, 1), Proportion(0, 4))
        # of the 70 ways to choose 4 of 8 responders 2 are as far; of the 56 ways to choose 3, 8 are
        assert [each.p_value for each in found.assignments] == pytest.approx([8 / 56, 2 / 70], rel=1e-12)
        assert found.p_value == pytest.approx(1 / 35, rel=1e-12)
        assert [each.tips for each in found.assignments] == [True, False]
        assert found.tips is True

    def test_the_other_way_round_is_another_conclusion(self):
        found = tipping_points(Proportion(0, 0, 12), Proportion(5, 10), alpha=0.2)
        assert found.p_value == 1.0
        assert [(each.treated, each.tips) for each in found.assignments if each.treated in (0, 6, 12)] == [
            (0, True),
            (6, False),
            (12, True),
        ]
        significant = tipping_points(Proportion(12, 12, 12, "excluded"), Proportion(0, 1, 0), alpha=0.5)
        assert not significant.assignments[-1].tips

    def test_from_less_often_to_more_often(self):
        found = tipping_points(Proportion(0, 30, 30, "non-response"), Proportion(15, 30, 0, "non-response"))
        assert [found.assignments[i].tips for i in (0, 15, 30)] == [False, True, True]

    def test_nobody_missing_is_the_analysis(self):
        found = tipping_points(Proportion(9, 10), Proportion(3, 10))
        assert found.assignments == ((0, 0, found.p_value, False),)
        assert found.p_low == found.p_high == found.p_value


def test_many_assignments_are_those_one_by_one():
    found = tipping_points(Proportion(20, 40, 9), Proportion(12, 41, 8))
    assert len(found.assignments) == 90
    assert {each[:2]: each.p_value for each in found.assignments} == pytest.approx(naive(20, 20, 9, 12, 29, 8), rel=1e-9)
    frame = found.to_frame()
    assert list(frame) == ["treated", "control", "p_value", "tips"]
    assert frame["tips"].any() == found.tips


@pytest.mark.parametrize(
    ("treated", "control", "message"),
    [
        ((3, 4), Proportion(1, 2), "'treated' must be a Proportion (got 'tuple')."),
        (Proportion(0, 0), Proportion(1, 2), "'treated' must have patients."),
        (
            Proportion(3, 4, 2, "non-response"),
            Proportion(1, 2, 0, "non-response"),
            "'treated' must have no more missing than patients who did not respond (got 2).",
        ),
        (
            Proportion(3, 4),
            Proportion(1, 2, 0, "non-response"),
            "shares that are compared must count missing outcomes alike (got 'excluded' and 'non-response').",
        ),
        (Proportion(3, 1500), Proportion(1, 501), "the arms must have at most 2000 patients together (got 2001)."),
    ],
)
def test_what_cannot_be_tested_is_refused(treated, control, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        tipping_points(treated, control)


def test_2000_patients_are_not_too_many_but_200000_assignments_are():
    assert tipping_points(Proportion(3, 1500), Proportion(1, 500)).p_value == pytest.approx(1.0)
    with pytest.raises(ValueError, match="must have at most"):
        tipping_points(Proportion(0, 0, 447), Proportion(0, 0, 447))


def test_alpha_is_checked():
    with pytest.raises(ValueError, match="'alpha' must"):
        tipping_points(Proportion(1, 2), Proportion(1, 2), alpha=0)
