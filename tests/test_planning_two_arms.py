"""Power and sample size of two arms: published numbers, every pair of counts, and R."""

import itertools
import math
import runpy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo.contrasts import compare_proportions
from ivigmyo.estimates import Proportion
from ivigmyo.planning import (
    TwoArmSize,
    events_for_hazard_ratio,
    patients_for_means,
    patients_for_shares,
    power_of_hazard_ratio,
    power_of_means,
    power_of_shares,
)

R = runpy.run_path(str(Path(__file__).with_name("reference") / "stored.py"))["load"]("contrasts")


def binomial(k, n, rate):
    return math.comb(n, k) * rate**k * (1 - rate) ** (n - k)


def power_by_enumeration(treated, control, n, m, name, alpha):
    """Test every pair of counts by the comparison that a trial would report."""
    total = 0.0
    for x, y in itertools.product(range(n + 1), range(m + 1)):
        p_value = getattr(compare_proportions(Proportion(x, n), Proportion(y, m)), name)
        if p_value is not None and p_value <= alpha:
            total += binomial(x, n, treated) * binomial(y, m, control)
    return total


def test_sixty_against_thirty_per_cent():
    normal = patients_for_shares(0.6, 0.3, test="normal")
    assert (normal.n_treated, normal.n_control, normal.n) == (42, 42, 84)
    assert power_of_shares(0.6, 0.3, 42) == pytest.approx(0.764, abs=5e-4)
    exact = patients_for_shares(0.6, 0.3)
    assert (exact.n_treated, exact.n_control) == (48, 48)
    assert exact == TwoArmSize(48, 48, power_of_shares(0.6, 0.3, 48), 0.8, 0.05, "fisher")
    assert power_of_shares(0.6, 0.3, 47) < 0.8 <= exact.power


def test_events():
    assert events_for_hazard_ratio(0.5) == events_for_hazard_ratio(2) == 66
    # Schoenfeld: 4 (1.96 + 1.2816)^2 / ln(2/3)^2 = 255.7
    assert events_for_hazard_ratio(2 / 3, 0.9) == 256
    assert power_of_hazard_ratio(0.5, 65) < 0.8 <= power_of_hazard_ratio(0.5, 66)
    assert power_of_hazard_ratio(1, 66) == pytest.approx(0.025)
    assert events_for_hazard_ratio(0.5, share_treated=0.25) == math.ceil(65.346 * 4 / 3)


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([("fisher", "p_value"), ("score", "score_p_value")]),
    st.sampled_from([0.01, 0.05, 0.2]),
)
@settings(settings.get_profile("whole"))
def test_exact_power_counts_every_pair(treated, control, n, m, names, alpha):
    test, name = names
    power = power_of_shares(treated, control, n, m, test=test, alpha=alpha)
    assert power == pytest.approx(power_by_enumeration(treated, control, n, m, name, alpha), abs=1e-12)
    assert power == pytest.approx(power_of_shares(control, treated, m, n, test=test, alpha=alpha), abs=1e-12)


def test_fishers_test_keeps_its_level():
    for rate in (0, 0.1, 0.35, 0.5, 1):
        assert power_of_shares(rate, rate, 20, 15) <= 0.05


@pytest.mark.parametrize("r", R["sizes"], ids=str)
def test_r_sizes(r):
    size = patients_for_shares(r["p"], r["q"], r["power"], test="normal", alpha=r["alpha"])
    assert size.n_control == size.n_treated == math.ceil(r["n"])


def test_r_power_of_means():
    for r in R["powers"]:
        power = power_of_means(r["difference"], 12, r["n"], r["m"], correlation=r["correlation"], alpha=r["alpha"])
        assert power == pytest.approx(r["power"], abs=1e-8)


def test_the_least_number_of_means():
    for correlation, allocation in ((0, 1), (0.5, 2), (-0.8, 0.5)):
        size = patients_for_means(8, 12, correlation=correlation, allocation=allocation)
        assert size.n_treated == math.ceil(allocation * size.n_control)
        assert size.power == power_of_means(8, 12, size.n_treated, size.n_control, correlation=correlation) >= 0.8
        fewer = size.n_control - 1
        assert power_of_means(8, 12, math.ceil(allocation * fewer), fewer, correlation=correlation) < 0.8
    assert power_of_means(0, 12, 30) == pytest.approx(0.05, abs=1e-9)
    assert power_of_means(-8, 12, 30) == power_of_means(8, 12, 30)
    assert patients_for_means(1000, 1).n_control == 2


def test_the_least_number_of_shares():
    for test in ("fisher", "score"):
        size = patients_for_shares(0.9, 0.4, 0.9, test=test, allocation=2)
        assert size.n_treated == 2 * size.n_control
        assert size.power == power_of_shares(0.9, 0.4, size.n_treated, size.n_control, test=test) >= 0.9
        fewer = range(1, size.n_control)
        assert all(power_of_shares(0.9, 0.4, 2 * m, m, test=test) < 0.9 for m in fewer)
    assert patients_for_shares(1, 0).n == 8
    assert power_of_shares(1, 0, 4) == 1.0
    assert power_of_shares(1, 0, 1, test="normal") in (0.0, 1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power_of_shares(1.2, 0.3, 40), "'treated' must be between 0 and 1 (got 1.2)."),
        (lambda: power_of_shares(0.6, 0.3, 0), "'n_treated' must be at least 1 (got 0)."),
        (lambda: power_of_shares(0.6, 0.3, 40, test="t"), "'test' must be one of 'fisher', 'score', 'normal' (got 't')."),
        (lambda: power_of_shares(0.6, 0.3, 40, alpha=5), "'alpha' must lie strictly between 0 and 1 (got 5)."),
        (lambda: power_of_shares(0.6, 0.3, 2000), "an arm must have at most 1000 patients for test='fisher' (got 2000)."),
        (lambda: patients_for_shares(0.3, 0.3), "'treated' and 'control' must differ (got 0.3)."),
        (lambda: patients_for_shares(0.6, 0.3, 80), "'power' must lie strictly between 'alpha' and 1 (got 80)."),
        (lambda: patients_for_shares(0.6, 0.3, allocation=0), "'allocation' must be greater than 0 (got 0)."),
        (
            lambda: patients_for_shares(0.51, 0.5),
            "an arm must need at most 1000 patients for test='fisher' (got 39240).",
        ),
        (lambda: power_of_means(8, 0, 30), "'sd' must be greater than 0 (got 0)."),
        (lambda: power_of_means(8, 12, 30, correlation=1), "'correlation' must lie strictly between -1 and 1 (got 1)."),
        (
            lambda: power_of_means(8, 12, 1, 1),
            "'n_treated' must be at least 2 (got 1).\n'n_control' must be at least 2 (got 1).",
        ),
        (lambda: patients_for_means(0, 12), "'difference' must not be 0 (got 0)."),
        (lambda: events_for_hazard_ratio(1), "'ratio' must not be 1 (got 1)."),
        (lambda: events_for_hazard_ratio(0), "'ratio' must be greater than 0 (got 0)."),
        (lambda: power_of_hazard_ratio(0.5, 0), "'events' must be at least 1 (got 0)."),
        (
            lambda: power_of_hazard_ratio(0.5, 66, share_treated=1),
            "'share_treated' must lie strictly between 0 and 1 (got 1).",
        ),
    ],
)
def test_faulty_arguments_are_refused(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call()
    assert str(caught.value) == message
