"""What stands in for a measure in children, and the measures of the skin."""

import re

import numpy as np
import pandas as pd
import pytest

from ivigmyo.core_set import (
    CDASI_ACTIVITY,
    CDASI_DAMAGE,
    CMAS,
    CORE_SET_INSTRUMENTS,
    DAS,
    GOTTRON,
    HELIOTROPE,
    JUVENILE_INSTRUMENTS,
    MEASURES,
    RAYNAUD,
    SKIN_INSTRUMENTS,
    STAND_INS,
    chq_phs,
    total_improvement_score,
)
from ivigmyo.errors import DataError
from ivigmyo.instruments import STUDY_INSTRUMENTS

ALL = (CMAS, chq_phs(10, 60), DAS)


def score(before, after, **options):
    frames = (pd.DataFrame([row], ["P01"], MEASURES) for row in (before, after))
    options = {"mmt_maximum": None, "enzyme_range": None} | options
    return total_improvement_score(*frames, population="juvenile", **options).loc["P01"]


def test_each_alternative_takes_the_range_of_its_own_and_the_points_of_what_it_stands_for():
    # physician 10 of 10, parent 10 of 10, CMAS 13 of 52, CHAQ 1.5 of 3, CHQ-PhS 15 of 50, DAS 5 of 20
    row = score([10, 10, 26, 3, 20, 15], [0, 0, 39, 1.5, 35, 10], stand_ins=ALL)
    changes = [row[f"{measure}_change"] for measure in MEASURES]
    assert changes == [100, 100, 25, 50, 30, 25]
    points = [row[f"{measure}_points"] for measure in MEASURES]
    assert points == [20, 10, 27.5, 10, 7.5, 12.5]
    assert (row["score"], row["category"]) == (87.5, "major")


@pytest.mark.parametrize(("measure", "before", "after"), [("mmt", 39, 26), ("enzyme", 35, 20), ("extramuscular", 10, 15)])
def test_a_worsening_of_what_stands_in_scores_0(measure, before, after):
    baseline = dict(zip(MEASURES, [5, 5, 26, 1, 20, 10], strict=True)) | {measure: before}
    final = baseline | {measure: after}
    row = score(list(baseline.values()), list(final.values()), stand_ins=ALL)
    assert row[f"{measure}_change"] < 0
    assert row["score"] == 0


def test_one_may_stand_in_alone():
    before, after = [5, 5, 26, 1, 900, 5], [5, 5, 29, 1, 900, 5]
    row = score(before, after, stand_ins=[CMAS], enzyme_range=3000)
    assert row["mmt_points"] == 10  # 3 of 52 is 5.8 %
    assert row["score"] == 10
    assert (
        score([5, 5, 80, 1, 900, 18], [5, 5, 80, 1, 900, 9], mmt_maximum=80, enzyme_range=3000, stand_ins=[DAS])["score"]
        == 20
    )


def test_what_is_missing_is_missing_under_its_measure():
    row = score([5, 5, 26, 1, 20, 10], [5, 5, np.nan, 1, 35, 10], stand_ins=ALL)
    assert (row["missing"], np.isnan(row["score"])) == ("mmt", True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"stand_ins": ALL, "mmt_maximum": 80},
            "'mmt_maximum' must be None where CMAS stands in for MMT (got 80).",
        ),
        (
            {"stand_ins": ALL, "enzyme_range": 3000},
            "'enzyme_range' must be None where CHQ-PhS stands in for the enzyme.",
        ),
        ({"stand_ins": [CMAS, CMAS]}, "'stand_ins' must name 'CMAS' once."),
        (
            {"stand_ins": [HELIOTROPE]},
            "'stand_ins' must be among CMAS, DAS and what chq_phs(minimum, maximum) gives (got 'HELIO').",
        ),
        (
            {"stand_ins": ["CMAS"]},
            "'stand_ins' must be among CMAS, DAS and what chq_phs(minimum, maximum) gives (got 'CMAS').",
        ),
        ({"enzyme_range": 3000}, "'mmt_maximum' must be a number greater than 0 (got None)."),
        (
            {"mmt_maximum": 80},
            "'enzyme_range' must be given where 'enzyme' was measured (got nan) at index 'P01'.",
        ),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        score([5, 5, 26, 1, 20, 10], [5, 5, 26, 1, 20, 10], **options)


def test_a_value_outside_what_stands_in_is_refused():
    with pytest.raises(ValueError, match=r"^'mmt' must be between 0 and 52 \(got 53\) for patient 'P01', baseline.$"):
        score([5, 5, 53, 1, 20, 10], [5, 5, 26, 1, 20, 10], stand_ins=ALL)


def test_adults_have_no_stand_ins():
    frame = pd.DataFrame([[5, 5, 26, 1, 20, 10]], ["P01"], MEASURES)
    message = r"^'stand_ins' must be left out unless 'population' is 'juvenile' \(got 'adult'\).$"
    with pytest.raises(ValueError, match=message):
        total_improvement_score(frame, frame, stand_ins=ALL, mmt_maximum=None, enzyme_range=None)


def test_a_t_score_has_the_range_that_is_stated():
    assert chq_phs(-10, 70).range == "between -10 and 70"
    assert chq_phs(-10, 70).higher_is_better
    with pytest.raises(DataError):
        chq_phs(60, 10)


def test_the_instruments_of_children_and_of_the_skin_have_codes_of_their_own():
    every = (*STUDY_INSTRUMENTS, *CORE_SET_INSTRUMENTS, *JUVENILE_INSTRUMENTS, *SKIN_INSTRUMENTS, chq_phs(0, 60))
    codes = [instrument.code for instrument in every]
    assert len(set(codes)) == len(codes)
    assert max(map(len, codes)) <= 8  # what ADaM's PARAMCD holds
    assert set(STAND_INS.values()) <= set(codes)


def test_signs_are_graded_0_1_2_and_the_skin_scores_have_their_ranges():
    for sign in (HELIOTROPE, GOTTRON, RAYNAUD):
        assert sign.admits([0, 1, 2, 3]).tolist() == [True, True, True, False]
    assert (CDASI_ACTIVITY.range, CDASI_DAMAGE.range) == ("between 0 and 100", "between 0 and 32")
    assert not any(instrument.higher_is_better for instrument in SKIN_INSTRUMENTS)
