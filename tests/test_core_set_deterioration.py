"""Deterioration that the next visit confirms: by hand, against a naive reading of the rule, and what is refused."""

import math
import re
from fractions import Fraction

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.core_set import PRODERM, DeteriorationRule, find_deterioration

NAN = math.nan
BASE = {"physician_global": 5.0, "patient_global": 5.0, "mmt": 120.0, "haq": 1.0, "extramuscular": 3.0}
GLOBAL, OUTSIDE, SEVERAL = PRODERM.criteria


def visits(*rows, base=None, patient="P01"):
    """One patient's visits: a baseline, then what differs from it at weeks 4, 8, 12, ..."""
    before = BASE | (base or {})
    weeks = range(0, 4 * len(rows) + 1, 4)
    return pd.DataFrame(
        [{"patient": patient, "week": w, **before, **row} for w, row in zip(weeks, ({}, *rows), strict=True)]
    )


def found(frame, rule=PRODERM):
    row = find_deterioration(frame, 150, rule).iloc[0]
    return row["first_week"], row["confirmed_week"], row["criterion"], row["status"]


def confirmed(first, second, criterion):
    return first, second, criterion, "confirmed"


def outside(*values):
    return visits(*({"extramuscular": value} for value in values))


def is_nothing(result, status):
    return math.isnan(result[0]) and math.isnan(result[1]) and result[2:] == (None, status)


ALL_MISSING = dict.fromkeys(BASE, NAN)


def test_physician_and_strength_worse_at_two_visits():
    frame = visits({"physician_global": 7.0, "mmt": 96}, {"physician_global": 7.2, "mmt": 95})
    assert found(frame) == confirmed(4, 8, GLOBAL)


def test_strength_must_fall_by_20_percent_of_its_baseline():
    worse = {"physician_global": 7.0, "mmt": 97}
    assert is_nothing(found(visits(worse, worse)), "none")
    assert is_nothing(found(visits(worse | {"mmt": 96, "physician_global": 6.9}, worse)), "none")


def test_a_visit_that_is_better_again_ends_the_sequence():
    assert found(outside(5.0, 4.9, 5.1, 5.0)) == confirmed(12, 16, OUTSIDE)


@pytest.mark.parametrize(("baseline", "now"), [(2.1, 4.1), (0.3, 2.3), (1.1, 3.1), (5.7, 7.7)])
def test_two_centimetres_as_written(baseline, now):
    frame = visits({"extramuscular": now}, {"extramuscular": now}, base={"extramuscular": baseline})
    assert found(frame) == confirmed(4, 8, OUTSIDE)
    less = visits({"extramuscular": now - 0.01}, {"extramuscular": now - 0.01}, base={"extramuscular": baseline})
    assert is_nothing(found(less), "none")


def test_three_of_five_by_30_percent_of_their_own_baseline():
    worse = {"patient_global": 6.5, "haq": 1.3, "mmt": 84}
    assert found(visits(worse, worse)) == confirmed(4, 8, SEVERAL)
    for measure, value in (("patient_global", 6.4), ("haq", 1.29), ("mmt", 85)):
        assert is_nothing(found(visits(worse, worse | {measure: value})), "none")
    assert found(visits(worse, worse | {"haq": 1, "physician_global": 6.5})) == confirmed(4, 8, SEVERAL)


def test_both_visits_must_meet_the_same_criterion_unless_any_will_do():
    frame = visits({"extramuscular": 5}, {"physician_global": 7, "mmt": 96})
    assert is_nothing(found(frame), "unconfirmed")
    assert found(frame, attrs.evolve(PRODERM, same_criterion=False)) == confirmed(4, 8, OUTSIDE)


def test_several_criteria_met_by_the_same_visits_are_all_named():
    worse = {"physician_global": 7, "mmt": 96, "extramuscular": 5}
    assert found(visits(worse, worse)) == confirmed(4, 8, f"{GLOBAL}, {OUTSIDE}")
    assert found(visits(worse, worse | {"extramuscular": 3})) == confirmed(4, 8, GLOBAL)


def test_what_is_confirmed_first_counts():
    # extramuscular is met first, but a missing value leaves it open until the other criterion is confirmed
    rows = [
        {"extramuscular": 5},
        {"extramuscular": NAN, "physician_global": 7, "mmt": 96},
        {"extramuscular": NAN, "physician_global": 7, "mmt": 96},
        {"extramuscular": 5},
    ]
    assert found(visits(*rows)) == confirmed(8, 12, GLOBAL)


def test_a_visit_that_cannot_be_assessed_neither_confirms_nor_clears_or_breaks():
    frame = visits({"extramuscular": 5}, ALL_MISSING, {"extramuscular": 5})
    assert found(frame) == confirmed(4, 12, OUTSIDE)
    assert is_nothing(found(frame, attrs.evolve(PRODERM, missing="break")), "unconfirmed")
    only = visits({"extramuscular": 5}, {"extramuscular": NAN}, {"extramuscular": 5})
    assert found(only) == confirmed(4, 12, OUTSIDE)


def test_missing_measures_cannot_count():
    worse = {"patient_global": 9, "haq": 3, "mmt": NAN}
    assert is_nothing(found(visits(worse, worse)), "none")
    no_strength = {"physician_global": 9, "mmt": NAN}
    assert is_nothing(found(visits(no_strength, no_strength)), "none")


def test_two_known_of_three_clear_nothing_while_a_third_is_missing():
    worse = {"patient_global": 9, "haq": 3, "physician_global": 6.5}
    open_visit = {"patient_global": 9, "haq": 3, "physician_global": NAN}
    assert found(visits(worse, open_visit, worse)) == confirmed(4, 12, SEVERAL)
    cleared = {"patient_global": 5, "haq": 3, "physician_global": NAN}  # at most two can be worse
    assert is_nothing(found(visits(worse, cleared, worse)), "unconfirmed")


def test_a_measure_missing_at_baseline_never_counts_nor_leaves_a_visit_open():
    frame = visits({"extramuscular": 9}, {"extramuscular": 9}, base={"extramuscular": NAN})
    assert is_nothing(found(frame), "none")
    rows = [{"physician_global": 7, "mmt": 96}, {}, {"physician_global": 7, "mmt": 96}]
    anything = attrs.evolve(PRODERM, same_criterion=False)
    assert is_nothing(found(visits(*rows, base={"haq": NAN, "extramuscular": NAN}), anything), "unconfirmed")


def test_first_met_at_the_last_visit_is_unconfirmed():
    result = find_deterioration(outside(3, 5), 150).iloc[0]
    assert (result["status"], result["unconfirmed_week"], result["criterion"]) == ("unconfirmed", 8, None)
    assert math.isnan(result["first_week"])
    later = find_deterioration(pd.concat([outside(3, 5), visits(ALL_MISSING).iloc[1:].assign(week=12)]), 150).iloc[0]
    assert (later["status"], later["unconfirmed_week"]) == ("unconfirmed", 8)


def test_any_worsening_of_a_baseline_of_0_counts_and_is_said():
    base = {"haq": 0, "patient_global": 0, "physician_global": 0}
    worse = {"haq": 0.125, "patient_global": 0.1, "physician_global": 0.1}
    frame = visits(worse, worse, base=base)
    result = find_deterioration(frame, 150).iloc[0]
    assert (result["status"], result["criterion"]) == ("confirmed", SEVERAL)
    assert result["zero_baseline"] == "physician_global, patient_global, haq"
    assert is_nothing(found(frame, attrs.evolve(PRODERM, zero_baseline="none")), "none")
    assert is_nothing(found(visits({}, {}, base=base)), "none")
    weakest = visits({}, {}, base={"mmt": 0})  # strength cannot fall from 0
    assert find_deterioration(weakest, 150).iloc[0]["zero_baseline"] == ""


def test_the_baseline_is_the_last_row_at_or_before_week_0_and_rows_come_in_any_order():
    early = pd.DataFrame([{"patient": "P01", "week": -4, **BASE, "extramuscular": 0.0}])
    frame = pd.concat([outside(5, 5), early]).sample(frac=1, random_state=1)
    assert found(frame) == confirmed(4, 8, OUTSIDE)
    assert is_nothing(found(pd.concat([outside(4.5, 4.5), early])), "none")
    before = pd.concat([outside(5, 5).query("week > 0"), early.assign(extramuscular=4)])
    assert is_nothing(found(before), "none")


def test_visits_after_the_endpoint_week_do_not_count():
    frame = outside(3, 5, 5)
    assert found(frame) == confirmed(8, 12, OUTSIDE)
    assert is_nothing(found(frame, attrs.evolve(PRODERM, endpoint_week=8)), "unconfirmed")
    assert found(frame, attrs.evolve(PRODERM, endpoint_week=12)) == confirmed(8, 12, OUTSIDE)


def test_unscheduled_visits_do_not_count_and_a_scheduled_one_without_a_row_is_missing():
    frame = outside(5, 3, 5)
    every_8 = attrs.evolve(PRODERM, scheduled_weeks=(12, 4))
    assert found(frame, every_8) == confirmed(4, 12, OUTSIDE)
    gap = frame.query("week != 8")
    planned = attrs.evolve(PRODERM, scheduled_weeks=[0, 4, 8, 12, 16])
    assert found(gap, planned) == confirmed(4, 12, OUTSIDE)
    assert is_nothing(found(gap, attrs.evolve(planned, missing="break")), "unconfirmed")


def test_patients_without_a_baseline_or_a_visit_are_said():
    frame = pd.concat([outside(5, 5), visits(patient="P02"), outside(5, 5).query("week > 0").assign(patient="P00")])
    result = find_deterioration(frame, 150)
    assert result["patient"].tolist() == ["P01", "P02", "P00"]
    assert result["status"].tolist() == ["confirmed", "no visit", "no baseline"]
    assert result["criterion"].tolist() == [OUTSIDE, None, None]
    nobody = find_deterioration(frame.iloc[:0], 150)
    assert nobody.columns.equals(result.columns)
    assert nobody.empty


def test_the_rule_names_its_number_of_measures():
    worse = {"patient_global": 6.5, "haq": 1.3}
    rule = attrs.evolve(PRODERM, n_measures=2)
    assert found(visits(worse, worse), rule) == confirmed(4, 8, "2 of 5 measures")
    assert found(visits(worse, worse), attrs.evolve(rule, measure_percent=30.1))[3] == "none"
    assert found(outside(5, 5), attrs.evolve(PRODERM, scale_worsening=2.1))[3] == "none"
    frame = visits({"physician_global": 7, "mmt": 96}, {"physician_global": 7, "mmt": 96})
    assert found(frame, attrs.evolve(PRODERM, mmt_percent=21))[3] == "none"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missing": "clear"}, "'missing' must be one of 'skip', 'break' (got 'clear')."),
        ({"same_criterion": "yes"}, "'same_criterion' must be one of True, False (got 'yes')."),
        ({"zero_baseline": "some"}, "'zero_baseline' must be one of 'any', 'none' (got 'some')."),
        ({"scale_worsening": 0}, "'scale_worsening' must be greater than 0 (got 0)."),
        ({"mmt_percent": NAN}, "'mmt_percent' must be a finite number (got nan)."),
        ({"n_measures": 6}, "'n_measures' must be between 1 and 5 (got 6)."),
        ({"n_measures": 2.5}, "'n_measures' must be a whole number (got 2.5)."),
        ({"endpoint_week": -4}, "'endpoint_week' must be greater than 0 (got -4)."),
        (
            {"scheduled_weeks": [4, NAN, "8"]},
            "'scheduled_weeks' must be numbers (got nan).\n'scheduled_weeks' must be numbers (got '8').",
        ),
    ],
)
def test_a_rule_that_is_not_possible_is_refused(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        DeteriorationRule(**options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mmt": 151}, "'mmt' must be between 0 and 150 (got 151) for patient 'P01', week 0, and 2 more."),
        ({"haq": -1}, "'haq' must be between 0 and 3 (got -1) for patient 'P01', week 0, and 2 more."),
        ({"week": 4}, "'week' must be given once a patient (got 4 twice for patient 'P01')."),
        ({"week": NAN}, "'week' must not be missing (got nan) for patient 'P01', week nan, and 2 more."),
        ({"patient": None}, "'patient' must not be missing for patient None, week 0."),
    ],
)
def test_impossible_visits_are_refused(change, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        find_deterioration(outside(3, 5).assign(**change), 150)
    with pytest.raises(ValueError, match=r"^'visits' must have each of the columns 'patient', 'week', 'physician_global'"):
        find_deterioration(outside(3).drop(columns="haq"), 150)


# ---------------------------------------------------------------- a naive reading, in exact numbers


def judge(base, now):
    """Three answers of one visit: True, False, or None where what is missing decides."""

    def fraction(value):
        return Fraction(str(value))

    def answer(measure, test):
        if math.isnan(base[measure]):
            return False
        if math.isnan(now[measure]):
            return None
        sign = -1 if measure == "mmt" else 1
        return test(sign * (fraction(now[measure]) - fraction(base[measure])), fraction(base[measure]))

    def and_(one, other):
        if one is False or other is False:
            return False
        return None if one is None or other is None else True

    def worse_by(share):
        return lambda rise, before: rise > 0 if before == 0 else rise >= share * before

    two_cm = [answer(measure, lambda rise, _: rise >= 2) for measure in ("physician_global", "extramuscular")]
    each = [answer(measure, worse_by(Fraction(3, 10))) for measure in BASE]
    sure, maybe = each.count(True), each.count(True) + each.count(None)
    several = True if sure >= 3 else (None if maybe >= 3 else False)
    return and_(two_cm[0], answer("mmt", worse_by(Fraction(1, 5)))), two_cm[1], several


def walk(rows, missing, same):
    """First and confirming week by a walk over the visits."""
    base = rows[0]
    judged = [(row["week"], judge(base, row)) for row in rows[1:]]
    if not same:
        judged = [(week, (True if True in said else (None if None in said else False),)) for week, said in judged]
    best = None
    for kind in range(3 if same else 1):
        open_since = None
        for week, said in judged:
            if said[kind] and open_since is not None:
                if best is None or (week, open_since) < (best[1], best[0]):
                    best = (open_since, week)
                break
            if said[kind]:
                open_since = week
            elif said[kind] is False or missing == "break":
                open_since = None
    return best


scale = st.sampled_from([0.0, 0.1, 2.0, 2.1, 2.6, 4.1, 6.0, NAN])
visit = st.fixed_dictionaries(
    {
        "physician_global": scale,
        "patient_global": scale,
        "mmt": st.sampled_from([0.0, 70.0, 80.0, 84.0, 96.0, 100.0, 120.0, NAN]),
        "haq": st.sampled_from([0.0, 1.0, 1.3, 1.25, 2.0, NAN]),
        "extramuscular": scale,
    }
)


@given(st.lists(visit, min_size=2, max_size=7), st.sampled_from(["skip", "break"]), st.booleans())
def test_the_weeks_are_those_of_a_naive_walk(rows, missing, same):
    rows = [{"patient": "A", "week": 4 * i, **row} for i, row in enumerate(rows)]
    rule = DeteriorationRule(missing=missing, same_criterion=same)
    first, second, criterion, status = found(pd.DataFrame(rows).iloc[::-1], rule)
    expected = walk(rows, missing, same)
    if expected is None:
        assert math.isnan(first)
        assert status in ("none", "unconfirmed")
    else:
        assert (first, second, status) == (*expected, "confirmed")
        assert criterion


def test_patients_do_not_see_each_other():
    several = pd.concat([outside(5, 4.9, 5.1, 5), outside(5, 5).assign(patient=2), outside(4, 5).assign(patient=3)])
    whole = find_deterioration(several, 150)
    alone = pd.concat([find_deterioration(each, 150) for _, each in several.groupby("patient", sort=False)])
    pd.testing.assert_frame_equal(whole, alone.reset_index(drop=True), check_dtype=False)
    assert np.array_equal(whole["first_week"], [12, 4, NAN], equal_nan=True)


def test_of_several_criteria_that_wait_for_a_visit_the_first_week_is_said():
    rows = [{"extramuscular": 5}, {"extramuscular": NAN, "physician_global": 7, "mmt": 96}]
    result = find_deterioration(visits(*rows), 150).iloc[0]
    assert (result["status"], result["unconfirmed_week"]) == ("unconfirmed", 4)
