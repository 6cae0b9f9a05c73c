"""What the small trial gives: numbers worked by hand, and every number as it is kept."""

import pin
import pytest

import ivigmyo
from ivigmyo.analysis.arms import headline


@pytest.fixture(scope="module")
def series():
    return ivigmyo.trial_report(pin.small_trial.small(arms=False))


@pytest.fixture(scope="module")
def trial():
    return ivigmyo.trial_report(pin.small_trial.small(arms=True))


def test_every_number_of_the_series_is_what_is_kept(series):
    assert pin.differences(pin.of_small(series)) == []


def test_every_number_of_the_trial_is_what_is_kept(trial):
    assert pin.differences(pin.of_small(trial)) == []


# --- worked by hand ---------------------------------------------------------------------------------------------------


def test_first_reactions_by_courses_and_by_years(series):
    # Eleven patients had 3 courses but A6, who had 2; B5 had 1. A1, A2, A4, B1, B2 and B4 reacted, on days 0, 2, 9, 1, 5
    # and 40; the others were seen to day 140 (A3, B6) and 84 (B3), or left on 70 (A5), 40 (A6) and 60 (B5).
    courses, years = series.rates["any"]["courses"], series.rates["any"]["patient-years"]
    assert (courses.events, courses.exposure, courses.per) == (6, 33, 100)
    assert years.exposure * 365.25 == pytest.approx(57 + 280 + 84 + 70 + 40 + 60)
    assert years.rate == pytest.approx(100 * 6 / (591 / 365.25))
    assert {name: {unit: rate.events for unit, rate in each.items()} for name, each in series.rates.items()} == {
        "any": {"courses": 6, "patient-years": 6},
        "thromboembolic": {"courses": 1},
        "haemolytic": {"courses": 0},
        "renal": {"courses": 0},
    }


def test_what_serial_ck_says_of_its_normalization(series):
    found = series.duration
    # First and last normal sample before CK rose or was last seen: 56-140, 56-98, 28, 28-56, 84-140 and 56-98.
    assert found.bounds.set_index("patient")["shortest"].to_dict() == {
        "A1": 84, "A2": 42, "A3": 0, "A5": 28, "B2": 56, "B6": 42,
    }  # fmt: skip
    assert found.recurrence.to_numpy().tolist() == [
        ["A1", 1, 0], ["A2", 1, 1], ["A3", 2, 1], ["A5", 1, 0], ["B2", 1, 0], ["B6", 1, 1],
    ]  # fmt: skip
    doses = found.doses.set_index("patient")
    assert doses.loc[["A1", "A2"], "at_normalization"].tolist() == [10, 30]
    assert doses["at_re_elevation"].dropna().to_dict() == {"A2": 30}
    # A4, B1, B3 never normalized; A6 was normal before. Of the others the day lies between two visits.
    assert found.time_to_normalization.n_events == 6
    assert found.normalization.n == found.time_to_normalization.n


def test_what_patients_had_before_is_counted_once_a_patient_whatever_the_case(series):
    assert series.previous_treatments.to_numpy().tolist() == [["PSL", 4], ["MTX", 3], ["Azathioprine", 1]]


def test_the_score_by_week_counts_those_at_least_so_much_better(series):
    visits = series.course.visits
    assert visits.index.tolist() == [4, 8, 12]
    assert (visits["n"] + visits["n_missing"]).tolist() == [11, 11, 11]
    scores = series.course.scores
    for week, row in visits.iterrows():
        own = scores.loc[scores["week"] == week, "score"].dropna()
        assert (row["mean"], row["median"]) == (pytest.approx(own.mean()), own.median())
        assert [row[name] for name in ("minimal", "moderate", "major")] == [sum(own >= low) for low in (20, 40, 60)]


def test_each_level_of_a_factor_is_contrasted_by_itself(trial):
    # Responders in strength: A1, A2, A3 and A5 of IVIG, B2 and B6 of placebo; B5 is not of the efficacy set.
    rows = trial.subgroups["IVIG"].rows.set_index(["factor", "level"])
    assert rows[["n_treated", "n_control"]].to_numpy().tolist() == [[6, 5], [3, 2], [3, 3], [4, 3], [2, 2], [4, 3], [2, 2]]
    assert rows.loc[("diagnosis", "PM"), "estimate"] == 3 / 3 - 0 / 2
    assert rows.loc[("diagnosis", "DM"), "estimate"] == pytest.approx(1 / 3 - 2 / 3)
    assert rows.loc[("sex", "F"), "estimate"] == pytest.approx(3 / 4 - 1 / 3)
    assert rows.loc[("site", "South"), "estimate"] == 1 / 2 - 1 / 2
    # Over the strata, Mantel and Haenszel's weights: 4·3/7 and 2·2/4.
    assert rows.loc[("", "all patients"), "estimate"] == pytest.approx((3 / 4 - 1 / 3) * (12 / 7) / (12 / 7 + 1))


def test_deviations_are_counted_in_patients_of_the_arm_planned(trial):
    counted = trial.deviations.groupby("finding")["patients"].agg(tuple).to_dict()
    assert counted == {
        "age not met": (1, 0),  # A4 is 62
        "MMT not met": (0, 1),  # B5 has 71 points
        "a visit missing": (2, 3),  # A5, A6, B4, B5 and B6: the rash was not looked at
        "planned course not completed": (2, 1),  # A4 had one day each, A6 left; B5 had one course
        "prohibited treatment": (0, 1),  # B3
        "steroid dose changed otherwise than planned": (1, 1),  # A1 from 20 to 10; B3 from 20 to 30
    }


def test_reactions_are_compared_by_the_arm_received(trial):
    # B1 received IVIG: headache in A1, A2 and B1 of seven, in B4 of five.
    row = trial.reactions.set_index(["kind", "label"]).loc[("term", "Headache")]
    assert row[["treated_arm", "treated_count", "treated_n", "control_count", "control_n"]].tolist() == ["IVIG", 3, 7, 1, 5]
    assert row["difference"] == pytest.approx(3 / 7 - 1 / 5)


def test_arms_at_baseline_differ_by_standard_deviations(trial):
    rows = trial.baseline.set_index(["characteristic", "level", "arm"])
    assert rows.loc[("age", "", "IVIG"), "mean"] == pytest.approx((34 + 41 + 55 + 62 + 29 + 47) / 6)
    gap = rows["mean"].loc["age", "", "IVIG"] - rows["mean"].loc["age", "", "placebo"]
    spread = ((rows["sd"].loc["age", "", "IVIG"] ** 2 + rows["sd"].loc["age", "", "placebo"] ** 2) / 2) ** 0.5
    assert rows.loc[("age", "", "IVIG"), "standardized_difference"] == pytest.approx(gap / spread)
    assert rows.loc[("disease_duration", "", "IVIG"), ["n", "n_missing"]].tolist() == [5, 1]


def test_every_p_value_of_the_contrasts_is_counted(trial):
    tests = [each.cmh_p_value if hasattr(each, "cmh_p_value") else each.p_value for each in trial.contrasts["IVIG"].values()]
    assert trial.n_tests["main analysis"] == sum(p is not None for p in tests)
    assert trial.n_tests["interactions"] == 3


def test_every_number_has_its_words(series, trial):
    for report in (series, trial):
        words = report.quantities()[["quantity", "unit", "method", "conventions"]]
        assert words.map(lambda cell: isinstance(cell, str)).all(axis=None)


def test_the_headline_is_the_estimate_with_its_limits_and_its_test(trial):
    found = trial.contrasts["IVIG"]
    shares, change, fall, time = (found[name] for name in ("MMT.response", "MMT.change", "CK.change", "CK.normalization"))
    limits = shares.common_difference_interval()
    assert headline(shares) == ("difference", shares.common_difference, limits, shares.cmh_p_value, 6, 5)
    assert headline(change) == ("difference", change.difference, change.confidence_interval(), change.p_value, 6, 5)
    assert headline(fall) == ("ratio", fall.ratio, fall.ratio_interval(), fall.p_value, 6, 4)
    ratio = time.hazard_ratio
    assert headline(time) == ("hazard ratio", ratio.ratio, ratio.confidence_interval(), time.p_value, 5, 4)


def test_within_an_arm_the_dictionary_has_no_test(trial, series):
    tests = {"t", "p_value", "signed_rank_p_value", "permutation_p_value"}
    assert tests <= set(series.to_dict()["measures"][0]["comparison"])
    found = trial.to_dict()["arms"]["IVIG"]["measures"][0]["comparison"]
    assert {name: found[name] for name in tests & set(found)} == {"t": None, "p_value": None}


def test_an_arm_keeps_its_durations_without_their_tests(trial, series):
    # CK of A1, A2, A3 and A5 normalized, and rose again in A2 and A3.
    own = trial.arms["IVIG"].duration
    assert (own.curve.n, own.curve.n_events, list(own.curves_by_diagnosis)) == (4, 2, ["PM", "DM"])
    assert (own.log_rank, own.mean_difference) == (None, None)
    assert (series.duration.log_rank is None, series.duration.mean_difference is None) == (False, False)
