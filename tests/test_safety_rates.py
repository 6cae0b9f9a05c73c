"""Rates by exposure and findings before and after: by hand, by R, and by their own mathematics."""

import math
import pickle
import re
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ivigmyo.safety import FindingsComparison, Rate, compare_findings, event_rate

STORED = runpy.run_path(str(Path(__file__).parent / "reference" / "stored.py"))["load"]("rates")


class TestRates:
    def test_eight_events_in_664_courses(self):
        found = event_rate(8, 664)
        assert round(found.rate, 6) == 1.204819
        low, high = found.confidence_interval()
        assert (round(low, 6), round(high, 6)) == (0.520155, 2.373974)

    @pytest.mark.parametrize("each", STORED["rates"], ids=lambda each: f"{each['events']}-{each['exposure']}")
    def test_intervals_are_those_of_r(self, each):
        found = event_rate(each["events"], each["exposure"], per=1)
        for level, limits in zip(STORED["levels"], each["intervals"], strict=True):
            assert found.confidence_interval(level) == pytest.approx(limits, rel=1e-9)

    @pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
    @pytest.mark.parametrize("events", [1, 4, 60])
    def test_each_limit_leaves_half_of_the_rest_in_its_tail(self, events, level):
        low, high = event_rate(events, 1, per=1).confidence_interval(level)
        assert stats.poisson.sf(events - 1, low) == pytest.approx((1 - level) / 2)
        assert stats.poisson.cdf(events, high) == pytest.approx((1 - level) / 2)

    def test_no_event_has_an_upper_limit_by_hand(self):
        low, high = event_rate(0, 30, per=1).confidence_interval()
        assert low == 0
        assert high == pytest.approx(-math.log(0.025) / 30)

    def test_without_exposure_there_is_no_rate(self):
        found = event_rate(0, 0)
        assert (found.rate, *found.confidence_interval()) == (None, None, None)
        assert found.to_frame()["rate"].isna().all()

    @given(st.integers(0, 500), st.floats(0.1, 1e4), st.sampled_from([1, 100, 1000]))
    def test_the_rate_lies_within_its_interval_and_scales(self, events, exposure, per):
        found = event_rate(events, exposure, per)
        low, high = found.confidence_interval()
        assert low <= found.rate <= high
        assert found.rate == pytest.approx(event_rate(events, exposure, 1).rate * per)
        wider = found.confidence_interval(0.99)
        assert wider.low <= low
        assert high <= wider.high

    def test_results_are_plain_and_equal_by_content(self):
        found = event_rate(np.int64(8), np.float64(664))
        assert found == pickle.loads(pickle.dumps(event_rate(8, 664)))
        assert [type(each) for each in (found.rate, found.events, found.exposure, found.per)] == [float, int, float, float]
        names = ["rate", "events", "exposure", "per", "method", "conf_low", "conf_high", "level"]
        assert list(found.to_dict()) == names
        assert found.to_frame(0.9).columns.tolist() == names
        assert found.to_dict(0.9)["conf_low"] == found.confidence_interval(0.9).low
        assert isinstance(found, Rate)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((-1, 5), "'events' must be at least 0 (got -1)."),
            ((1.5, 5), "'events' must be a whole number (got 1.5)."),
            ((None, 5), "'events' must be known."),
            ((1, -5), "'exposure' must be at least 0 (got -5)."),
            ((1, 0), "'exposure' must be greater than 0 where there are events (got 0)."),
            ((1, math.inf), "'exposure' must be a finite number (got inf)."),
            ((1, 5, 0), "'per' must be greater than 0 (got 0)."),
        ],
    )
    def test_refusals(self, arguments, message):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            event_rate(*arguments)

    def test_a_level_must_lie_between_0_and_1(self):
        with pytest.raises(ValueError, match="'level' must lie strictly between 0 and 1"):
            event_rate(8, 664).confidence_interval(95)


class TestFindings:
    def test_lost_by_two_and_gained_by_none(self):
        before = ["positive", "False-Positive ", "positive", "negative"]
        found = compare_findings(before, ["negative", "negative", "positive", "negative"])
        assert found == FindingsComparison(lost=2, gained=0, p_value=0.5, n=4, kept=1, never=1, n_excluded=0)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ([True, True, False, None, True], [False, True, True, True, None]),
            (
                ["positive", "false-positive", "negative", None, "positive"],
                ["negative", "positive", "positive", "positive", None],
            ),
            ([2, 1, 0, np.nan, 2.0], [0, 2, 1, 1, None]),
            (np.array([2.0, 1, 0, np.nan, 2]), np.ma.masked_array([0, 2, 1, 1, 2], [0, 0, 0, 0, 1])),
            (pd.array([True, True, False, None, True], "boolean"), pd.array([0, 1, 2, 2, None], "Int64")),
            (pd.Categorical(["positive", "positive", "negative", None, "positive"]), ["negative", *["positive"] * 3, pd.NA]),
        ],
    )
    def test_findings_as_they_are_written(self, before, after):
        expected = FindingsComparison(lost=1, gained=1, p_value=1.0, n=3, kept=1, never=0, n_excluded=2)
        assert compare_findings(before, after) == expected
        assert compare_findings(pd.Series(before, list("abcde")), pd.Series(after, list("abcde"))) == expected

    @pytest.mark.parametrize("each", STORED["findings"], ids=lambda each: f"{each['lost']}-{each['gained']}")
    def test_p_values_are_those_of_r(self, each):
        lost, gained = each["lost"], each["gained"]
        before = [1] * lost + [0] * gained
        found = compare_findings(before, [0] * lost + [1] * gained)
        assert (found.lost, found.gained) == (lost, gained)
        assert found.p_value == pytest.approx(each["p_value"], rel=1e-12)

    def test_thousands_are_counted_out(self):
        found = compare_findings([1] * 1000 + [0] * 1100, [0] * 1000 + [1] * 1100)
        assert found.p_value == pytest.approx(stats.binomtest(1000, 2100).pvalue, rel=1e-9)

    def test_nobody_changed_and_nobody_at_all(self):
        assert compare_findings([1, 0], [2, 0]).p_value == 1.0
        nobody = compare_findings([], [])
        assert (nobody.n, nobody.p_value) == (0, None)
        assert compare_findings([None], [True]).p_value is None
        assert nobody.to_frame()["p_value"].isna().all()

    @given(st.lists(st.tuples(*[st.sampled_from([0, 1, 2, None])] * 2), max_size=30), st.randoms(use_true_random=False))
    def test_counts_add_up_and_swapping_swaps(self, pairs, random):
        before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        found, swapped = compare_findings(before, after), compare_findings(after, before)
        assert found.lost + found.gained + found.kept + found.never == found.n
        assert found.n + found.n_excluded == len(pairs)
        assert (found.lost, found.gained, found.p_value) == (swapped.gained, swapped.lost, swapped.p_value)
        random.shuffle(pairs)
        assert compare_findings([pair[0] for pair in pairs], [pair[1] for pair in pairs]) == found

    def test_series_must_have_equal_indexes(self):
        with pytest.raises(ValueError, match="'before' and 'after' must have equal indexes"):
            compare_findings(pd.Series([1, 0], ["a", "b"]), pd.Series([1, 0], ["b", "a"]))
        with pytest.raises(ValueError, match="'before' and 'after' must have equal lengths"):
            compare_findings([1, 0], [1])

    @pytest.mark.parametrize(
        ("before", "message"),
        [
            (
                [3],
                "'before' must be a truth value, or one of 'positive', 'false-positive', 'negative' (2, 1, 0) "
                "(got 3) at position 0.",
            ),
            ([0, "present"], "(got 'present') at position 1."),
            ([0.5], "(got 0.5) at position 0."),
            ("positive", "'before' must be a column of findings (got 'str')."),
            (1, "'before' must be a column of findings (got 'int')."),
        ],
    )
    def test_refusals(self, before, message):
        with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
            compare_findings(before, [1])

    def test_results_are_laid_out(self):
        found = compare_findings([1, 1], [0, 1])
        assert found.to_dict()["method"] == "exact McNemar"
        names = ["lost", "gained", "p_value", "n", "kept", "never", "n_excluded", "method"]
        assert found.to_frame().columns.tolist() == list(found.to_dict()) == names
        assert found == pickle.loads(pickle.dumps(found))
