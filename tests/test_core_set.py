"""The ACR/EULAR 2016 score and the IMACS definition, against the table, hand-worked edges and a walk with fractions."""

import itertools
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo.core_set import (
    CATEGORIES,
    CORE_SET_INSTRUMENTS,
    CUTS,
    ENZYMES,
    EXTRAMUSCULAR,
    HAQ,
    MEASURES,
    MMT8,
    MMT8_ONE_SIDE,
    MMT_ALL_GROUPS,
    PATIENT_GLOBAL,
    PHYSICIAN_GLOBAL,
    POINTS,
    RANGE_MULTIPLES,
    THRESHOLDS,
    CategoryResponse,
    definition_of_improvement,
    follow_enzyme,
    most_abnormal_enzyme,
    response_by_category,
    total_improvement_score,
)
from ivigmyo.estimates import Proportion
from ivigmyo.instruments import STUDY_INSTRUMENTS

OPTIONS = {"mmt_maximum": 150, "enzyme_range": 3000}
SCALES = ("physician_global", "patient_global", "extramuscular")
UNCHANGED = {
    "physician_global": 5,
    "patient_global": 5,
    "mmt": 100,
    "haq": 1.5,
    "enzyme": 2500,
    "extramuscular": 5,
}

# The published table, typed in once more: for each measure the upper end of each bin and its points.
TABLE = {
    "physician_global": "5:0 15:7.5 25:15 40:17.5 1000:20",
    "patient_global": "5:0 15:2.5 25:5 40:7.5 1000:10",
    "mmt": "2:0 10:10 20:20 30:27.5 1000:32.5",
    "haq": "5:0 15:5 25:7.5 40:7.5 1000:10",
    "enzyme": "5:0 15:2.5 25:5 40:7.5 1000:7.5",
    "extramuscular": "5:0 15:7.5 25:12.5 40:15 1000:20",
}
LOWEST = {"adult": {"minimal": 20, "moderate": 40, "major": 60}, "juvenile": {"minimal": 30, "moderate": 45, "major": 70}}


def visits(*finals, baseline=None):
    """Baseline and final frames: what a final does not name is unchanged."""
    index = pd.Index([f"P{i:02}" for i in range(1, len(finals) + 1)], name="patient")
    before = UNCHANGED | (baseline or {})
    rows = [before | final for final in finals]
    return pd.DataFrame([before] * len(finals), index), pd.DataFrame(rows, index)


def grid(**columns):
    """A frame in which only the named measures are known."""
    length = len(next(iter(columns.values())))
    return pd.DataFrame({measure: columns.get(measure, np.full(length, np.nan)) for measure in MEASURES})


@cache
def walk(measure, improvement, full_range):
    """Points of one measure by a walk down the table, in exact numbers."""
    percent = 100 * improvement / Fraction(full_range)
    for entry in TABLE[measure].split():
        upper, points = entry.split(":")
        if percent <= int(upper):
            return float(points)
    raise AssertionError(percent)


def name_category(score, population="adult"):
    """The category of a score by comparison, one after the other."""
    reached = [name for name, lowest in LOWEST[population].items() if score >= lowest]
    return reached[-1] if reached else "none"


class TestWorkedExample:
    baseline = pd.DataFrame([[5.5, 2, 146, 0, 66, 5.5]], ["P01"], MEASURES)
    final = pd.DataFrame([[0.5, 1, 150, 0, 84, 0]], ["P01"], MEASURES)

    def test_scores_52_5_and_is_moderate(self):
        result = total_improvement_score(self.baseline, self.final, mmt_maximum=150, enzyme_range=3000)
        row = result.loc["P01"]
        assert [row[f"{measure}_points"] for measure in MEASURES] == [20, 2.5, 10, 0, 0, 20]
        changes = [row[f"{measure}_change"] for measure in MEASURES]
        assert changes == pytest.approx([50, 10, 400 / 150, 0, -0.6, 55], abs=1e-9)
        assert (row["score"], row["category"], row["missing"]) == (52.5, "moderate", "")

    def test_meets_the_definition(self):
        row = definition_of_improvement(self.baseline, self.final, mmt_maximum=150).loc["P01"]
        changes = [row[f"{measure}_relative_change"] for measure in MEASURES]
        assert changes == pytest.approx([1000 / 11, 50, 400 / 146, 0, -1800 / 66, 100], abs=1e-9)
        assert (row["n_improved"], row["improved"]) == (3, "physician_global, patient_global, extramuscular")
        assert (row["n_worsened"], row["worsened"], row["missing"]) == (1, "enzyme", "")
        assert row["met"] is np.True_ or row["met"] is True

    def test_the_range_is_immaterial_where_the_enzyme_rose(self):
        scores = [
            total_improvement_score(self.baseline, self.final, mmt_maximum=150, enzyme_range=each)["score"].item()
            for each in (18, 3000, 1e9)
        ]
        assert scores == [52.5, 52.5, 52.5]


class TestTable:
    # no change, then on each cut and a step above it, then as far as it goes; last a worsening
    @pytest.mark.parametrize(
        ("measure", "finals", "bins"),
        [
            ("physician_global", [5, 4.5, 4.4, 3.5, 3.4, 2.5, 2.4, 1, 0.9, 0, 6], [0, 7.5, 15, 17.5, 20]),
            ("patient_global", [5, 4.5, 4.4, 3.5, 3.4, 2.5, 2.4, 1, 0.9, 0, 6], [0, 2.5, 5, 7.5, 10]),
            ("mmt", [100, 103, 104, 115, 116, 130, 131, 145, 146, 150, 99], [0, 10, 20, 27.5, 32.5]),
            ("haq", [1.5, 1.35, 1.34, 1.05, 1.0, 0.75, 0.7, 0.3, 0.25, 0, 3], [0, 5, 7.5, 7.5, 10]),
            ("enzyme", [2500, 2350, 2349, 2050, 2049, 1750, 1749, 1300, 1299, 1, 9e5], [0, 2.5, 5, 7.5, 7.5]),
            ("extramuscular", [5, 4.5, 4.4, 3.5, 3.4, 2.5, 2.4, 1, 0.9, 0, 6], [0, 7.5, 12.5, 15, 20]),
        ],
    )
    def test_a_bin_is_open_below_and_closed_above(self, measure, finals, bins):
        result = total_improvement_score(*visits(*({measure: final} for final in finals)), **OPTIONS)
        points = [*np.repeat(bins, 2), 0]
        assert result[f"{measure}_points"].tolist() == points
        assert result["score"].tolist() == points

    def test_points_and_cuts_are_those_published(self):
        for measure, row in TABLE.items():
            bins = [entry.split(":") for entry in row.split()]
            assert POINTS[measure] == tuple(float(points) for _, points in bins)
            assert CUTS[measure] == tuple(float(upper) for upper, _ in bins[:-1])
        assert list(TABLE) == list(MEASURES)
        assert sum(points[-1] for points in POINTS.values()) == 100

    def test_the_highest_score_is_100_and_the_lowest_0(self):
        best = dict.fromkeys(MEASURES, 0) | {"mmt": 150, "enzyme": 30}
        worst = dict.fromkeys(SCALES, 10) | {"mmt": 0, "haq": 3, "enzyme": 9e5}
        assert total_improvement_score(*visits(best, worst), **OPTIONS)["score"].tolist() == [100, 0]

    @pytest.mark.parametrize(
        ("population", "scores", "categories"),
        [
            ("adult", [17.5, 20, 37.5, 40, 57.5, 60], ["none", "minimal", "minimal", "moderate", "moderate", "major"]),
            ("juvenile", [27.5, 30, 42.5, 45, 67.5, 70], ["none", "minimal", "minimal", "moderate", "moderate", "major"]),
        ],
    )  # fmt: skip
    def test_a_score_on_a_threshold_reaches_it(self, population, scores, categories):
        finals = {
            17.5: {"physician_global": 2.4},
            20: {"physician_global": 0},
            27.5: {"mmt": 131},
            30: {"mmt": 116, "patient_global": 0},
            37.5: {"mmt": 131, "patient_global": 0},
            40: {"mmt": 131, "extramuscular": 3.4},
            42.5: {"mmt": 131, "physician_global": 3.4},
            45: {"mmt": 131, "physician_global": 2.4},
            57.5: {"mmt": 131, "physician_global": 0, "patient_global": 0},
            60: {"mmt": 131, "physician_global": 0, "extramuscular": 3.4},
            67.5: {"mmt": 131, "physician_global": 0, "extramuscular": 0},
            70: {"mmt": 131, "physician_global": 0, "extramuscular": 0, "patient_global": 4.4},
        }
        before, after = visits(*(finals[score] for score in scores))
        result = total_improvement_score(before, after, population=population, **OPTIONS)
        assert result["score"].tolist() == scores
        assert result["category"].tolist() == categories
        assert result["category"].dtype == CATEGORIES
        assert (result["category"] >= "moderate").tolist() == [score >= THRESHOLDS[population][1] for score in scores]


class TestExactEdges:
    """Every pair of values as written in decimals, against the walk with fractions."""

    def test_all_pairs_of_a_scale(self):
        pairs = list(itertools.product(range(101), repeat=2))
        for scale_maximum, step in ((10, 10), (100, 1)):
            before, after = (np.array(column) / step for column in zip(*pairs, strict=True))
            result = total_improvement_score(
                grid(**dict.fromkeys(SCALES, before)),
                grid(**dict.fromkeys(SCALES, after)),
                scale_maximum=scale_maximum,
                **OPTIONS,
                missing="partial",
            )
            for measure in SCALES:
                expected = [walk(measure, Fraction(b - f), 100) for b, f in pairs]
                assert result[f"{measure}_points"].tolist() == expected

    def test_all_pairs_of_haq_eighths(self):
        pairs = list(itertools.product(range(25), repeat=2))
        before, after = (np.array(column) / 8 for column in zip(*pairs, strict=True))
        result = total_improvement_score(grid(haq=before), grid(haq=after), **OPTIONS)
        assert result["haq_points"].tolist() == [walk("haq", Fraction(b - f, 8), 3) for b, f in pairs]

    def test_all_pairs_of_haq_hundredths(self):
        pairs = list(itertools.product(range(301), repeat=2))
        before, after = (np.array(column) / 100 for column in zip(*pairs, strict=True))
        result = total_improvement_score(grid(haq=before), grid(haq=after), **OPTIONS)
        assert result["haq_points"].tolist() == [walk("haq", Fraction(b - f, 100), 3) for b, f in pairs]

    @pytest.mark.parametrize("maximum", [80, 90, 150, 260])
    def test_all_pairs_of_mmt(self, maximum):
        pairs = list(itertools.product(range(maximum + 1), repeat=2))
        before, after = (np.array(column) for column in zip(*pairs, strict=True))
        result = total_improvement_score(grid(mmt=before), grid(mmt=after), mmt_maximum=maximum, enzyme_range=1)
        assert result["mmt_points"].tolist() == [walk("mmt", Fraction(f - b), maximum) for b, f in pairs]

    def test_enzymes_on_and_beside_every_edge(self):
        rng = np.random.default_rng(7)
        tenths = rng.integers(1, 1_000_000, 20_000)  # a range in tenths, its values in thousandths
        cuts = rng.choice([5, 15, 25, 40], 20_000)
        falls = tenths * cuts + rng.integers(-1, 2, 20_000)
        finals = rng.integers(1, 100_000_000, 20_000)
        before = grid(enzyme=(finals + falls) / 1000)
        result = total_improvement_score(
            before, grid(enzyme=finals / 1000), mmt_maximum=80, enzyme_range=pd.Series(tenths / 10)
        )
        exact = zip(falls.tolist(), tenths.tolist(), strict=True)
        expected = [walk("enzyme", Fraction(fall, 1000), Fraction(tenth, 10)) for fall, tenth in exact]
        assert result["enzyme_points"].tolist() == expected

    def test_the_change_itself_is_free_of_binary_noise(self):
        before, after = visits({"physician_global": 0.7}, baseline={"physician_global": 2.2})
        assert 100 * (2.2 - 0.7) / 10 > 15
        assert total_improvement_score(before, after, **OPTIONS)["physician_global_change"].item() == 15

    def test_all_pairs_of_a_scale_in_the_definition(self):
        pairs = list(itertools.product(range(101), repeat=2))
        before, after = (np.array(column) / 10 for column in zip(*pairs, strict=True))
        result = definition_of_improvement(grid(haq=before / 4, mmt=before), grid(haq=after / 4, mmt=after))
        fell = [b > f and 100 * (b - f) >= 20 * b for b, f in pairs]
        rose = [f > b and 100 * (f - b) >= 25 * b for b, f in pairs]
        strengthened = [f > b and 100 * (f - b) >= 20 * b for b, f in pairs]
        weakened = [b > f and 100 * (b - f) >= 25 * b for b, f in pairs]
        assert result["improved"].str.contains("haq").tolist() == fell
        assert result["worsened"].str.contains("haq").tolist() == rose
        assert result["improved"].str.contains("mmt").tolist() == strengthened
        assert result["worsened"].str.contains("mmt").tolist() == weakened


class TestMissing:
    def test_a_missing_measure_makes_the_score_missing(self):
        before, after = visits({"haq": None}, {})
        result = total_improvement_score(before, after, **OPTIONS)
        assert result["missing"].tolist() == ["haq", ""]
        assert result["score"].isna().tolist() == [True, False]
        assert result["category"].isna().tolist() == [True, False]
        assert result["haq_change"].isna().tolist() == [True, False]
        assert result["haq_points"].isna().tolist() == [True, False]

    def test_partial_adds_up_the_rest_and_names_what_is_missing(self):
        strong = {"mmt": 131, "haq": None, "enzyme": None}  # 27.5 points
        weak = {"mmt": 104, "patient_global": None}  # 10 points
        full = {"mmt": 104}
        result = total_improvement_score(*visits(strong, weak, full), missing="partial", **OPTIONS)
        assert result["score"].tolist() == [27.5, 10, 10]
        assert result["missing"].tolist() == ["haq, enzyme", "patient_global", ""]
        assert result["category"].astype(object).where(result["category"].notna(), None).tolist() == [
            "minimal",
            None,
            "none",
        ]

    def test_partial_of_nothing_is_missing(self):
        nothing = grid(haq=[np.nan])
        result = total_improvement_score(nothing, nothing, missing="partial", **OPTIONS)
        assert result["score"].isna().all()
        assert result["category"].isna().all()
        assert result["missing"].tolist() == ["physician_global, patient_global, mmt, haq, enzyme, extramuscular"]

    def test_an_enzyme_that_was_not_measured_needs_no_range(self):
        before, after = visits({"enzyme": None}, {})
        ranges = pd.Series([None, 3000.0], index=before.index)
        result = total_improvement_score(before, after, mmt_maximum=150, enzyme_range=ranges, missing="partial")
        assert result["missing"].tolist() == ["enzyme", ""]
        before["enzyme"] = after["enzyme"] = np.nan
        result = total_improvement_score(before, after, mmt_maximum=150, enzyme_range=None, missing="partial")
        assert result["score"].tolist() == [0, 0]

    def test_the_definition_is_decided_where_the_known_measures_decide_it(self):
        states = ("improved", "worsened", "neither", "missing")
        rows = list(itertools.product(states, repeat=6))
        falls = {"improved": 8.0, "worsened": 12.5, "neither": 10.0, "missing": np.nan}
        rises = {"improved": 120.0, "worsened": 75.0, "neither": 100.0, "missing": np.nan}
        before = pd.DataFrame([[100.0 if measure == "mmt" else 10.0 for measure in MEASURES]] * len(rows), columns=MEASURES)
        before["haq"] = 2.0
        cells = [[(rises if m == "mmt" else falls)[state] for m, state in zip(MEASURES, row, strict=True)] for row in rows]
        after = pd.DataFrame(cells, columns=MEASURES)
        after["haq"] /= 5
        before[list(SCALES)] /= 2
        after[list(SCALES)] /= 2
        result = definition_of_improvement(before, after)
        expected = [_possible_answers(row) for row in rows]
        met = [{True, False} if pd.isna(each) else {bool(each)} for each in result["met"]]
        assert met == expected
        for state, column in (("improved", "n_improved"), ("worsened", "n_worsened")):
            assert result[column].tolist() == [row.count(state) for row in rows]
            named = [", ".join(m for m, each in zip(MEASURES, row, strict=True) if each == state) for row in rows]
            assert result[state].tolist() == named
        assert result["missing"].eq("").tolist() == ["missing" not in row for row in rows]


@cache
def _possible_answers(row):
    """Whether the definition is met, for every way in which the missing measures may have gone."""
    if "missing" in row:
        at = row.index("missing")
        filled = ((*row[:at], state, *row[at + 1 :]) for state in ("improved", "worsened", "neither"))
        return set().union(*(_possible_answers(each) for each in filled))
    worsened = [measure for measure, state in zip(MEASURES, row, strict=True) if state == "worsened"]
    return {row.count("improved") >= 3 and len(worsened) <= 2 and "mmt" not in worsened}


class TestDefinition:
    def test_edges_count(self):
        finals = [
            {"physician_global": 4, "patient_global": 4, "haq": 1.2},
            {"physician_global": 4, "patient_global": 4, "haq": 1.21},
            {"physician_global": 4, "patient_global": 4, "mmt": 120, "haq": 1.875, "enzyme": 3125},
            {"physician_global": 4, "patient_global": 4, "mmt": 120, "haq": 1.875, "enzyme": 3125, "extramuscular": 6.25},
            {"physician_global": 4, "patient_global": 4, "mmt": 120, "haq": 1.875, "enzyme": 3125, "extramuscular": 6.2},
            {"physician_global": 4, "patient_global": 4, "mmt": 75, "haq": 1.2},
            {"physician_global": 4, "patient_global": 4, "mmt": 76, "haq": 1.2},
        ]
        result = definition_of_improvement(*visits(*finals))
        assert result["n_improved"].tolist() == [3, 2, 3, 3, 3, 3, 3]
        assert result["n_worsened"].tolist() == [0, 0, 2, 3, 2, 1, 0]
        assert result["met"].tolist() == [True, False, True, False, True, False, True]
        assert str(result["met"].dtype) == "boolean"

    def test_from_a_baseline_of_0(self):
        zeros = {"physician_global": 0, "patient_global": 0, "mmt": 0, "haq": 0, "extramuscular": 0}
        before, after = visits({}, {"physician_global": 0.1, "haq": 0.125, "mmt": 1}, baseline=zeros)
        result = definition_of_improvement(before, after)
        assert result["physician_global_relative_change"].tolist() == [0, -np.inf]
        assert result["mmt_relative_change"].tolist() == [0, np.inf]
        assert result["improved"].tolist() == ["", "mmt"]
        assert result["worsened"].tolist() == ["", "physician_global, haq"]
        assert result["met"].tolist() == [False, False]


class TestMostAbnormalEnzyme:
    def test_multiples_decide_not_raw_values(self):
        values = pd.DataFrame({"LDH": [700, 700], "CK": [600, 500], "ALDOLASE": [8, 25.2]}, ["P01", "P02"])
        result = most_abnormal_enzyme(values, {"CK": 200, "LDH": 240, "ALDOLASE": 8.4, "AST": 40})
        assert result["enzyme"].tolist() == ["CK", "ALDOLASE"]
        assert result["value"].tolist() == [600, 25.2]
        assert result["uln"].tolist() == [200, 8.4]
        assert result["multiple"].tolist() == pytest.approx([3, 3])
        assert result["range"].tolist() == pytest.approx([3000, 50.4])
        assert result["enzyme"].cat.categories.tolist() == ["CK", "ALDOLASE", "AST", "ALT", "LDH"]

    def test_each_enzyme_has_its_range(self):
        codes = [enzyme.code for enzyme in ENZYMES]
        values = pd.DataFrame(np.eye(5) * 9 + 1, columns=codes)
        result = most_abnormal_enzyme(values, dict.fromkeys(codes, 2))
        assert result["enzyme"].tolist() == codes
        assert result["range"].tolist() == [30, 12, 6, 6, 6]
        assert dict(RANGE_MULTIPLES) == {"CK": 15, "ALDOLASE": 6, "AST": 3, "ALT": 3, "LDH": 3}
        given = most_abnormal_enzyme(values, dict.fromkeys(codes, 2), range_multiples=dict.fromkeys(codes, 10))
        assert given["range"].tolist() == [20] * 5

    def test_ties_go_by_the_stated_order_whatever_that_of_the_columns(self):
        codes = ["LDH", "ALT", "AST", "ALDOLASE", "CK"]
        limits = dict(zip(codes, [3, 0.7, 0.3, 0.1, 11], strict=True))
        values = pd.DataFrame(
            {"LDH": [3.3] * 5, "ALT": [0.77] * 5, "AST": [0.33] * 5, "ALDOLASE": [0.11] * 5, "CK": [12.1] * 5}
        )
        for row, code in enumerate(["CK", "ALDOLASE", "AST", "ALT"], start=1):
            values.loc[row:, code] = limits[code]
        assert most_abnormal_enzyme(values, limits)["enzyme"].tolist() == ["CK", "ALDOLASE", "AST", "ALT", "LDH"]

    def test_multiples_are_compared_as_written(self):
        rng = np.random.default_rng(16)
        ck, ck_uln = rng.integers(1000, 999_999, 3000), rng.integers(1000, 999_999, 3000)
        ratio, step = rng.integers(2, 9, 3000), rng.integers(-1, 2, 3000)
        ldh, ldh_uln = ck * ratio + step, ck_uln * ratio
        values = pd.DataFrame({"LDH": ldh / 100, "CK": ck / 1000})
        ulns = pd.DataFrame({"CK": ck_uln / 1000, "LDH": ldh_uln / 100})
        chosen = most_abnormal_enzyme(values, ulns)["enzyme"]
        # LDH / its limit = (10 x ratio x CK + 10 x step) / (10 x ratio x limit): above CK's multiple if step is 1
        assert chosen.tolist() == ["LDH" if each > 0 else "CK" for each in step]

    def test_six_digits_tell_multiples_apart(self):
        # 999999 x 999997 is 999998 squared less 1
        values = pd.DataFrame({"CK": [999_999, 999_998], "LDH": [999_998, 999_998]})
        ulns = pd.DataFrame({"CK": [999_998, 999_997], "LDH": [999_997, 999_997]})
        assert most_abnormal_enzyme(values, ulns)["enzyme"].tolist() == ["LDH", "CK"]

    def test_what_was_not_measured_is_not_chosen(self):
        values = pd.DataFrame({"CK": [None, 300.0, None], "LDH": [100.0, None, None]}, ["P01", "P02", "P03"])
        ulns = pd.DataFrame({"CK": [None, 200.0, 200.0], "LDH": [250.0] * 3}, ["P01", "P02", "P03"])
        result = most_abnormal_enzyme(values, ulns)
        assert result["enzyme"].tolist() == ["LDH", "CK", np.nan]
        for column in ("value", "uln", "multiple", "range"):
            assert result[column].isna().tolist() == [False, False, True]
        assert most_abnormal_enzyme(values, pd.Series({"CK": 200, "LDH": 250})).equals(result)

    def test_its_result_scores_a_trial(self):
        before, after = visits({"haq": 1}, {"haq": 1}, {"haq": 1})
        at_baseline = pd.DataFrame({"CK": [600, 90, None], "LDH": [700, 480, None]}, before.index)
        at_the_end = pd.DataFrame({"LDH": [300, 230, 1], "CK": [150, 80, 1]}, before.index)
        chosen = most_abnormal_enzyme(at_baseline, {"CK": 200, "LDH": 240})
        before["enzyme"] = chosen["value"]
        after["enzyme"] = follow_enzyme(at_the_end, chosen["enzyme"])
        result = total_improvement_score(before, after, mmt_maximum=150, enzyme_range=chosen["range"])
        assert after["enzyme"].tolist()[:2] == [150, 230]
        assert result["enzyme_change"].tolist()[:2] == pytest.approx([15, 100 * 250 / 720])
        assert result["enzyme_points"].tolist()[:2] == [2.5, 7.5]
        assert result["missing"].tolist() == ["", "", "enzyme"]

    def test_codes_in_text_can_be_followed_too(self):
        values = pd.DataFrame({"CK": [1.0, None], "LDH": [3.0, 4.0]})
        assert follow_enzyme(values, pd.Series(["LDH", "CK"])).isna().tolist() == [False, True]
        assert follow_enzyme(values, pd.Series(["LDH", None])).isna().tolist() == [False, True]
        assert follow_enzyme(values, pd.Series(["LDH", "LDH"])).tolist() == [3, 4]
        assert follow_enzyme(values, pd.Series(["LDH", "CK"])).name == "enzyme"


class TestResponseByCategory:
    finals = (
        {"mmt": 146, "physician_global": 0, "extramuscular": 0},  # 72.5, major
        {"mmt": 131, "physician_global": 0},  # 47.5, moderate
        {"physician_global": 0},  # 20, minimal
        {"mmt": 104},  # 10, none
        {"mmt": 131, "physician_global": 0, "haq": None},  # at least moderate
        {"mmt": 104, "haq": None},  # undecided
    )

    def score(self, missing):
        return total_improvement_score(*visits(*self.finals), missing=missing, **OPTIONS)

    @pytest.mark.parametrize("missing", ["missing", "partial"])
    def test_patients_with_a_missing_measure_are_left_out(self, missing):
        response = response_by_category(self.score(missing))
        assert response == CategoryResponse(Proportion(3, 4, 2), Proportion(2, 4, 2), Proportion(1, 4, 2))

    @pytest.mark.parametrize(("missing", "counts"), [("missing", (3, 2, 1)), ("partial", (4, 3, 1))])
    def test_or_are_counted_against_unless_they_have_reached_it(self, missing, counts):
        response = response_by_category(self.score(missing), missing="non-response")
        assert response == CategoryResponse(*(Proportion(count, 6, 2, "non-response") for count in counts))

    def test_the_frame_holds_the_shares_and_their_intervals(self):
        response = response_by_category(self.score("missing"))
        frame = response.to_frame(0.9, "wilson")
        assert frame.index.tolist() == ["minimal", "moderate", "major"]
        assert frame["count"].tolist() == [3, 2, 1]
        assert frame["n"].tolist() == [4, 4, 4]
        assert frame["n_missing"].tolist() == [2, 2, 2]
        assert frame["estimate"].tolist() == [0.75, 0.5, 0.25]
        assert tuple(frame.loc["major", ["conf_low", "conf_high"]]) == Proportion(1, 4).confidence_interval(0.9, "wilson")
        exact = response.to_frame().loc["minimal", ["conf_low", "conf_high"]]
        assert tuple(exact) == Proportion(3, 4).confidence_interval()

    def test_without_patients_there_is_no_rate(self):
        frame = response_by_category(self.score("missing").iloc[:0]).to_frame()
        assert frame["n"].tolist() == [0, 0, 0]
        assert frame[["estimate", "conf_low", "conf_high"]].isna().all(axis=None)
        assert frame["estimate"].dtype == float


class TestInstruments:
    def test_codes_serve_as_parameter_codes_and_collide_with_no_other(self):
        codes = [instrument.code for instrument in (*STUDY_INSTRUMENTS, *CORE_SET_INSTRUMENTS)]
        assert len(set(codes)) == len(codes)
        assert all(len(code) <= 8 and code.isalnum() and code.isupper() for code in codes)

    def test_ranges_and_directions(self):
        for scale in (PHYSICIAN_GLOBAL, PATIENT_GLOBAL, EXTRAMUSCULAR):
            assert (scale.minimum, scale.maximum, scale.unit, scale.higher_is_better) == (0, 10, "cm", False)
        for test, maximum in ((MMT8, 150), (MMT8_ONE_SIDE, 80), (MMT_ALL_GROUPS, 260)):
            assert (test.minimum, test.maximum, test.higher_is_better) == (0, maximum, True)
        assert (HAQ.minimum, HAQ.maximum, HAQ.higher_is_better) == (0, 3, False)
        for enzyme in ENZYMES:
            assert (enzyme.range, enzyme.has_uln, enzyme.higher_is_better) == (
                "greater than 0 and at most 10000000",
                True,
                False,
            )
        assert [enzyme.code for enzyme in ENZYMES] == list(RANGE_MULTIPLES)


class TestFrames:
    def test_one_patient_is_scored_as_among_many(self):
        before, after = visits({"mmt": 131}, {"haq": 0, "patient_global": 1}, {"enzyme": 100, "extramuscular": 9.9})
        for function, options in ((total_improvement_score, OPTIONS), (definition_of_improvement, {})):
            together = function(before, after, **options)
            alone = [function(before.iloc[[i]], after.iloc[[i]], **options) for i in range(3)]
            pd.testing.assert_frame_equal(pd.concat(alone), together)

    def test_columns_and_index(self):
        before, after = visits({}, {})
        result = total_improvement_score(before, after[list(MEASURES[::-1])], **OPTIONS)
        named = [f"{measure}_{kind}" for measure in MEASURES for kind in ("change", "points")]
        assert result.columns.tolist() == [*named, "score", "category", "missing"]
        assert result.index.equals(before.index)
        assert result.index.name == "patient"
        names = [f"{measure}_relative_change" for measure in MEASURES]
        names += ["n_improved", "n_worsened", "improved", "worsened", "missing", "met"]
        assert definition_of_improvement(before, after).columns.tolist() == names

    def test_no_patients(self):
        empty = pd.DataFrame({measure: pd.Series(dtype=float) for measure in MEASURES})
        assert total_improvement_score(empty, empty, missing="partial", **OPTIONS).shape == (0, 15)
        assert definition_of_improvement(empty, empty).shape == (0, 12)
        assert most_abnormal_enzyme(pd.DataFrame({"CK": pd.Series(dtype=float)}), {"CK": 200}).shape == (0, 5)

    def test_nothing_is_changed(self):
        before, after = visits({"haq": None}, {"mmt": 1})
        kept = before.copy(deep=True), after.copy(deep=True)
        result = total_improvement_score(before, after, missing="partial", **OPTIONS)
        definition_of_improvement(before, after)
        result.iloc[:, :13] = 0.0
        pd.testing.assert_frame_equal(before, kept[0])
        pd.testing.assert_frame_equal(after, kept[1])

    def test_absurd_numbers_make_no_warning(self):
        before, after = visits({"enzyme": 1}, baseline={"enzyme": 1e7})
        result = total_improvement_score(before, after, mmt_maximum=150, enzyme_range=1e-303)
        assert result[["enzyme_change", "enzyme_points"]].iloc[0].tolist() == [np.inf, 7.5]

    def test_a_range_for_each_patient_goes_by_position_in_a_list(self):
        before, after = visits({"enzyme": 2000}, {"enzyme": 2000})
        result = total_improvement_score(before, after, mmt_maximum=150, enzyme_range=[10_000, 1000])
        assert result["enzyme_points"].tolist() == [0, 7.5]

    def test_whole_and_extension_numbers_are_read(self):
        before, after = visits({"mmt": 131}, {"haq": 1})
        expected = total_improvement_score(before, after, **OPTIONS)
        given = total_improvement_score(before.astype("Float64"), after.astype("Float64"), **OPTIONS)
        pd.testing.assert_frame_equal(given, expected)


class TestRefusals:
    def refused(self, message, before=None, after=None, function=total_improvement_score, **options):
        baseline, final = visits({}, {})
        options = (OPTIONS if function is total_improvement_score else {}) | options
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
            function(baseline if before is None else before(baseline), final if after is None else after(final), **options)
        assert str(caught.value) == message

    @pytest.mark.parametrize("function", [total_improvement_score, definition_of_improvement])
    def test_frames_that_do_not_fit(self, function):
        self.refused("'baseline' must be a DataFrame (got 'dict').", lambda frame: dict(frame), function=function)
        self.refused(
            "'final' must have columns among 'physician_global', 'patient_global', 'mmt', 'haq', 'enzyme', "
            "'extramuscular' (got 'MMT').",
            after=lambda frame: frame.rename(columns={"mmt": "MMT"}),
            function=function,
        )
        self.refused(
            "'baseline' must have the column 'enzyme' (of NaN where it was not measured).",
            lambda frame: frame.drop(columns="enzyme"),
            function=function,
        )
        self.refused(
            "'final' must not have the column 'haq' twice.",
            after=lambda frame: pd.concat([frame, frame[["haq"]]], axis=1),
            function=function,
        )
        self.refused(
            "'baseline' and 'final' must have equal indexes (got ['P01', 'P02'] and ['P02', 'P01']).",
            after=lambda frame: frame.iloc[::-1],
            function=function,
        )

    @pytest.mark.parametrize("function", [total_improvement_score, definition_of_improvement])
    @pytest.mark.parametrize(
        ("measure", "value", "rule"),
        [
            ("physician_global", 10.1, "must be between 0 and 10 (got 10.1)"),
            ("patient_global", -0.1, "must be between 0 and 10 (got -0.1)"),
            ("extramuscular", 55, "must be between 0 and 10 (got 55)"),
            ("mmt", 151, "must be between 0 and 150 (got 151)"),
            ("mmt", -1, "must be between 0 and 150 (got -1)"),
            ("haq", 3.125, "must be between 0 and 3 (got 3.125)"),
            ("enzyme", 0, "must be greater than 0 and at most 10000000 (got 0)"),
            ("enzyme", np.inf, "must be finite (got inf)"),
        ],
    )
    def test_values_out_of_range(self, function, measure, value, rule):
        def put(frame):
            return frame.astype(float).assign(**{measure: [frame[measure].iloc[0], value]})

        message = f"{measure!r} {rule} for patient 'P02',"
        self.refused(f"{message} baseline.", put, function=function, mmt_maximum=150)
        self.refused(f"{message} final.", None, put, function=function, mmt_maximum=150)

    def test_text_is_not_a_number(self):
        self.refused("'haq' must hold numbers (got 'mild') at position 0.", None, lambda f: f.assign(haq="mild"))

    def test_millimetres_reach_100(self):
        before, after = visits({"physician_global": 100})
        assert total_improvement_score(before, after, scale_maximum=100, **OPTIONS)["score"].item() == 0
        self.refused(
            "'physician_global' must be between 0 and 100 (got 101) for patient 'P01', final, and 1 more.",
            after=lambda frame: frame.assign(physician_global=101),
            scale_maximum=100,
        )

    def test_the_mmt_maximum_must_be_given(self):
        before, after = visits({})
        with pytest.raises(TypeError, match="mmt_maximum"):
            total_improvement_score(before, after, enzyme_range=3000)

    @pytest.mark.parametrize(
        ("value", "shown"), [(None, "None"), (0, "0"), (np.nan, "nan"), (np.inf, "inf"), (True, "True"), ("80", "'80'")]
    )
    def test_the_mmt_maximum_must_be_a_number(self, value, shown):
        self.refused(f"'mmt_maximum' must be a number greater than 0 (got {shown}).", mmt_maximum=value)

    @pytest.mark.parametrize(("value", "shown"), [(None, "None"), (50, "50"), (True, "True"), ("mm", "'mm'")])
    def test_the_scale_is_of_10_or_100(self, value, shown):
        self.refused(f"'scale_maximum' must be 10 (cm) or 100 (mm) (got {shown}).", scale_maximum=value)

    def test_options(self):
        self.refused("'population' must be one of 'adult', 'juvenile' (got 'child').", population="child")
        self.refused("'missing' must be one of 'missing', 'partial' (got 'zero').", missing="zero")

    def test_ranges_of_the_enzyme(self):
        index = pd.Index(["P01", "P02"], name="patient")
        above, given = "'enzyme_range' must be greater than 0", "'enzyme_range' must be given where 'enzyme' was measured"
        together = "'baseline' and 'enzyme_range' must have equal"
        for value, message in (
            (0, f"{above} (got 0)."),
            (pd.Series([3000, -1], index), f"{above} (got -1) for patient 'P02'."),
            (None, f"{given} (got nan) for patient 'P01', and 1 more."),
            (pd.Series([3000, None], index), f"{given} (got nan) for patient 'P02'."),
            (pd.Series([3000, 3000]), f"{together} indexes (got ['P01', 'P02'] and [0, 1])."),
            ([1, 2, 3], f"{together} lengths (got baseline 2, enzyme_range 3)."),
        ):
            self.refused(message, enzyme_range=value)

    def test_enzymes(self):
        values = pd.DataFrame({"CK": [600.0, 90], "LDH": [700.0, 480]}, ["P01", "P02"])
        limits = {"CK": 200, "LDH": 240}
        known = "'CK', 'ALDOLASE', 'AST', 'ALT', 'LDH'"
        for arguments, message in (
            ((dict(limits), limits), "'values' must be a DataFrame (got 'dict')."),
            ((values.rename(columns={"LDH": "ldh"}), limits), f"'values' must have columns among {known} (got 'ldh')."),
            ((values[[]], limits), "'values' must have a column for at least one enzyme."),
            ((values, {"CK": 200}), "'ulns' must have the limit of 'LDH'."),
            ((values, values[["LDH"]]), "'ulns' must have the limit of 'CK'."),
            ((-values, limits), "'CK' must be greater than 0 and at most 10000000 "
            "(got -600) for patient 'P01', values, and 1 more."),
            ((values, {"CK": 200, "LDH": 0}), "'LDH' must be greater than 0 and at most 10000000 "
             "(got 0) for patient 'P01', ulns, and 1 more."),
            (
                (values, values.iloc[::-1]),
                "'values' and 'ulns' must have equal indexes (got ['P01', 'P02'] and ['P02', 'P01']).",
            ),
            (
                (values, values.assign(LDH=[240, np.nan])),
                "'LDH' must have an upper limit of normal (got nan) for patient 'P02', ulns.",
            ),
        ):  # fmt: skip
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
                most_abnormal_enzyme(*arguments)
            assert str(caught.value) == message
        for factor, shown in ((None, "None"), (0, "0"), (np.inf, "inf")):
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
                most_abnormal_enzyme(values, limits, range_multiples={"CK": 15, "LDH": factor})
            assert str(caught.value) == f"'range_multiples' must have a number greater than 0 for 'LDH' (got {shown})."

    def test_enzymes_that_cannot_be_followed(self):
        values = pd.DataFrame({"CK": [600.0, 90]}, ["P01", "P02"])
        for enzyme, message in (
            (["CK", "CK"], "'enzyme' must be a Series (got 'list')."),
            (pd.Series(["CK", "CK"]), "'values' and 'enzyme' must have equal indexes (got ['P01', 'P02'] and [0, 1])."),
            (
                pd.Series(["CK", "LDH"], ["P01", "P02"]),
                "'enzyme' must be a column of 'values' (got 'LDH') for patient 'P02', values.",
            ),
        ):
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
                follow_enzyme(values, enzyme)
            assert str(caught.value) == message

    def test_scores_that_are_none(self):
        scores = total_improvement_score(*visits({}), **OPTIONS)
        for argument, message in (
            ([20, 30], "'scores' must be a DataFrame (got 'list')."),
            (scores.drop(columns="missing"), "'scores' must have the column 'missing'."),
            (scores.drop(columns="category"), "'scores' must have the column 'category'."),
            (
                scores.assign(category=pd.Series("minimal", scores.index, dtype=object)),
                "'category' must hold the ordered categories (got 'object').",
            ),
        ):
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
                response_by_category(argument)
            assert str(caught.value) == message
        with pytest.raises(ValueError, match=r"^'missing' must be one of 'excluded', 'non-response' \(got 'partial'\)\.$"):
            response_by_category(scores, missing="partial")


VALUES = {
    "physician_global": st.integers(0, 100).map(lambda tenths: tenths / 10),
    "patient_global": st.integers(0, 100).map(lambda tenths: tenths / 10),
    "mmt": st.integers(0, 150),
    "haq": st.integers(0, 24).map(lambda eighths: eighths / 8),
    "enzyme": st.integers(1, 20_000),
    "extramuscular": st.integers(0, 100).map(lambda tenths: tenths / 10),
}
PATIENTS = st.lists(st.tuples(st.fixed_dictionaries(VALUES), st.fixed_dictionaries(VALUES)), min_size=1, max_size=6)
SOME_MISSING = st.fixed_dictionaries({measure: values | st.none() for measure, values in VALUES.items()})


def frames(pairs):
    return tuple(pd.DataFrame(list(rows), dtype=float) for rows in zip(*pairs, strict=True))


class TestProperties:
    @given(PATIENTS)
    def test_scores_follow_the_walk_down_the_table(self, pairs):
        result = total_improvement_score(*frames(pairs), **OPTIONS)
        ranges = dict.fromkeys(SCALES, 10) | {"mmt": 150, "haq": 3, "enzyme": 3000}
        for (before, after), score, category in zip(pairs, result["score"], result["category"], strict=True):
            total = 0
            for measure, full in ranges.items():
                fall = Fraction(str(before[measure])) - Fraction(str(after[measure]))
                total += walk(measure, -fall if measure == "mmt" else fall, full)
            assert score == total
            assert 0 <= score <= 100
            assert category == name_category(score)

    @given(PATIENTS, st.sampled_from(MEASURES), st.data())
    def test_improving_a_measure_never_lowers_the_score(self, pairs, measure, data):
        before, after = frames(pairs)
        changed = after.copy()
        changed[measure] = [float(data.draw(VALUES[measure])) for _ in pairs]
        higher = changed[measure] >= after[measure]
        better = higher if measure == "mmt" else ~higher
        one, other = (total_improvement_score(before, each, **OPTIONS)["score"] for each in (after, changed))
        assert (other[better] >= one[better]).all()
        assert (other[~better] <= one[~better]).all()

    @given(PATIENTS)
    def test_the_juvenile_category_is_never_above_the_adult_one(self, pairs):
        adult, juvenile = (
            total_improvement_score(*frames(pairs), population=population, **OPTIONS) for population in ("adult", "juvenile")
        )
        assert (juvenile["category"] <= adult["category"]).all()
        assert juvenile["category"].tolist() == [name_category(score, "juvenile") for score in juvenile["score"]]
        assert juvenile["score"].equals(adult["score"])

    @given(PATIENTS, st.randoms(use_true_random=False))
    def test_the_order_of_patients_does_not_matter(self, pairs, random):
        order = random.sample(range(len(pairs)), len(pairs))
        before, after = frames(pairs)
        for function, options in ((total_improvement_score, OPTIONS), (definition_of_improvement, {})):
            shuffled = function(before.iloc[order], after.iloc[order], **options)
            pd.testing.assert_frame_equal(shuffled, function(before, after, **options).iloc[order])

    @given(st.lists(st.tuples(SOME_MISSING, SOME_MISSING), min_size=1, max_size=6))
    def test_a_partial_score_is_a_lower_bound(self, pairs):
        before, after = frames(pairs)
        whole = total_improvement_score(before, after, **OPTIONS)
        partial = total_improvement_score(before, after, missing="partial", **OPTIONS)
        complete = whole["missing"] == ""
        pd.testing.assert_frame_equal(partial[complete], whole[complete])
        assert whole["score"].isna().tolist() == (~complete).tolist()
        filled = after.fillna(before).fillna(UNCHANGED)
        least = total_improvement_score(before.fillna(filled), filled, **OPTIONS)
        known = partial["score"].notna()
        assert (least["score"][known] == partial["score"][known]).all()

    @given(st.lists(st.tuples(SOME_MISSING, SOME_MISSING), min_size=1, max_size=6))
    @settings(settings.get_profile("whole"))
    def test_what_improved_when_read_forwards_did_not_improve_when_read_backwards(self, pairs):
        before, after = frames(pairs)
        result, back = (definition_of_improvement(*each) for each in ((before, after), (after, before)))
        names = {column: result[column].str.split(", ").map(set) for column in ("improved", "worsened", "missing")}
        for (improved, worsened, missing), there, here in zip(
            zip(*names.values(), strict=True), back.itertuples(), result.itertuples(), strict=True
        ):
            assert not (improved & worsened | improved & missing | worsened & missing) - {""}
            assert (here.n_improved, here.n_worsened) == (len(improved - {""}), len(worsened - {""}))
            assert not (improved & set(there.improved.split(", "))) - {""}
            assert here.missing == there.missing
        # a change as large as the baseline value, seen from where it ended: d / b and -d / (b + d)
        for measure in MEASURES:
            forth, reverse = (each[f"{measure}_relative_change"] / 100 for each in (result, back))
            sign = 1 if measure == "mmt" else -1
            known = np.isfinite(forth) & np.isfinite(reverse)
            product = (1 + sign * forth[known]) * (1 + sign * reverse[known])
            np.testing.assert_allclose(product, np.ones(known.sum()))

    @given(PATIENTS, st.permutations(MEASURES), st.integers(1, 3), st.booleans(), st.booleans())
    @settings(settings.get_profile("whole"))
    def test_what_is_decided_stays_so_whatever_the_missing_values_were(self, pairs, measures, n_missing, worst, mmt):
        before, after = frames(pairs)
        measures = sorted(measures, key=lambda measure: mmt and measure != "mmt")
        missing, improved = measures[:n_missing], measures[n_missing : n_missing + 3]
        for measure in improved:
            after[measure] = 150 if measure == "mmt" else 0.001
        after[missing] = np.nan
        decided = definition_of_improvement(before, after)["met"]
        for measure in missing:
            # as bad as can be, or as good
            after[measure] = 0.001 if worst == (measure == "mmt") else {"mmt": 150, "haq": 3, "enzyme": 1e6}.get(measure, 10)
        full = definition_of_improvement(before, after)
        assert full["met"].notna().all()
        assert (full["met"][decided.notna()] == decided.dropna()).all()
        # all measures known, it is the rule as it is printed
        rule = (full["n_improved"] >= 3) & (full["n_worsened"] <= 2) & ~full["worsened"].str.contains("mmt")
        assert full["met"].tolist() == rule.tolist()

    @given(st.lists(st.tuples(*[st.none() | st.integers(1, 9)] * 3), min_size=1, max_size=5), st.data())
    @settings(settings.get_profile("whole"))
    def test_the_enzyme_chosen_is_the_most_abnormal_in_any_order_and_unit(self, rows, data):
        codes = data.draw(st.lists(st.sampled_from(list(RANGE_MULTIPLES)), min_size=3, max_size=3, unique=True))
        values = pd.DataFrame(rows, columns=codes, dtype=float)
        limits = dict(zip(codes, data.draw(st.tuples(*[st.integers(1, 4)] * 3)), strict=True))
        chosen = most_abnormal_enzyme(values, limits)
        for row, code, multiple in zip(rows, chosen["enzyme"], chosen["multiple"], strict=True):
            multiples = {each: Fraction(ck, limits[each]) for each, ck in zip(codes, row, strict=True) if ck is not None}
            first = max(RANGE_MULTIPLES, key=lambda each: multiples.get(each, 0))
            assert (code, multiple) == (first, float(multiples[first])) if multiples else pd.isna(code)
        # what is followed is, at the visit at which it was chosen, the value by which it was
        followed = follow_enzyme(values, chosen["enzyme"])
        pd.testing.assert_series_equal(followed, chosen["value"], check_names=False)
        columns = data.draw(st.permutations(codes))
        pd.testing.assert_frame_equal(most_abnormal_enzyme(values[columns][::-1], limits), chosen[::-1])
        other = most_abnormal_enzyme(values * 2, {code: 2 * limit for code, limit in limits.items()})
        pd.testing.assert_frame_equal(other[["enzyme", "multiple"]], chosen[["enzyme", "multiple"]])
        assert other["range"].equals(2 * chosen["range"])

    @given(st.lists(st.tuples(st.none() | st.integers(1, 9), st.none() | st.integers(1, 9)), min_size=1, max_size=6))
    def test_each_patient_is_followed_by_the_enzyme_named(self, rows):
        values = pd.DataFrame(rows, columns=["CK", "LDH"], dtype=float)
        for code in ("CK", "LDH"):
            assert follow_enzyme(values, pd.Series(code, values.index)).equals(values[code].rename("enzyme"))
        enzyme = pd.Series(["CK", "LDH", None] * 2, dtype=object)[: len(rows)]
        followed = follow_enzyme(values, enzyme)
        assert followed[enzyme == "CK"].equals(values["CK"][enzyme == "CK"].rename("enzyme"))
        assert followed[enzyme.isna()].isna().all()
        assert follow_enzyme(values[::-1], enzyme[::-1]).equals(followed[::-1])

    @given(st.lists(st.tuples(SOME_MISSING, SOME_MISSING), min_size=1, max_size=8))
    @settings(settings.get_profile("whole"))
    def test_responses_add_up_and_those_of_a_higher_category_are_among_those_of_a_lower(self, pairs):
        before, after = frames(pairs)
        scores = total_improvement_score(before, after, missing="partial", **OPTIONS)
        excluded, against = (response_by_category(scores, missing) for missing in ("excluded", "non-response"))
        complete = response_by_category(scores[scores["missing"] == ""])
        for response in (excluded, against):
            counts = [response.minimal.count, response.moderate.count, response.major.count]
            assert counts == sorted(counts, reverse=True)
        for name in LOWEST["adult"]:
            share, all_shares = getattr(excluded, name), getattr(against, name)
            assert share.count == getattr(complete, name).count <= all_shares.count
            assert share.n + share.n_missing == all_shares.n == len(pairs)
            # a patient more who reached it adds one, one who did not adds none
            assert all_shares.count == (scores["score"] >= LOWEST["adult"][name]).sum()
        assert response_by_category(scores[::-1]) == excluded

    @given(st.lists(st.integers(0, 12), min_size=4, max_size=4).map(sorted), st.sampled_from(["exact", "wilson"]))
    @settings(settings.get_profile("whole"))
    def test_the_table_of_a_response_holds_each_share(self, counts, method):
        major, moderate, minimal, n = counts
        response = CategoryResponse(*(Proportion(count, n) for count in (minimal, moderate, major)))
        frame = response.to_frame(method=method)
        for name, row in frame.iterrows():
            share = getattr(response, name)
            assert (row["count"], row["n"], row["n_missing"]) == (share.count, share.n, share.n_missing)
            if n:
                assert (row["conf_low"], row["conf_high"]) == share.confidence_interval(0.95, method)
                assert row["conf_low"] <= row["estimate"] == share.count / n <= row["conf_high"]
        assert frame["count"].is_monotonic_decreasing
        assert frame["conf_high"].dropna().is_monotonic_decreasing
        assert frame.index.tolist() == list(LOWEST["adult"])
