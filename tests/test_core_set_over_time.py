"""Scores visit by visit: sustained response, time to response, and the score of every visit."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo import kaplan_meier
from ivigmyo.core_set import (
    CMAS,
    DAS,
    MEASURES,
    chq_phs,
    scores_over_time,
    sustained_response,
    time_to_response,
    total_improvement_score,
)

NAN = math.nan


def scores(weeks=(4, 8, 12), **patients):
    """Scores by patient, one a week; None is a visit that did not take place."""
    rows = [
        (patient, week, score)
        for patient, values in patients.items()
        for week, score in zip(weeks, values, strict=True)
        if score is not None
    ]
    return pd.DataFrame(rows, columns=["patient", "week", "score"]).astype({"score": float})


def response_of(frame, **options):
    found = time_to_response(frame, **options)
    return dict(zip(found["patient"], zip(found["duration"], found["event"], strict=True), strict=True))


class TestSustainedResponse:
    def test_at_a_week_and_at_one_of_two_others(self):
        frame = scores(
            (17, 21, 25),
            A=(15, 22.5, 25),
            B=(30, 15, 15),
            C=(25, 25, 17.5),
            D=(None, 20, 20),
            E=(NAN, 20, 20),
            F=(15, 15, 30),
            G=(40, 40, None),
            H=(20, NAN, 20),
        )
        found = sustained_response(frame, 25, also_in=(17, 21))
        assert found.index.name == "patient"
        assert found.dtype == bool
        assert found.to_dict() == dict(zip("ABCDEFGH", [True, False, False, True, True, False, False, True], strict=True))

    def test_rescue_up_to_the_week_is_no_response(self):
        frame = scores((17, 21, 25), A=(60, 60, 60), B=(60, 60, 60), C=(60, 60, 60), D=(60, 60, 60))
        rescued = {"A": 8, "B": 25, "C": 26, "X": 1}
        assert sustained_response(frame, 25, also_in=[17, 21], rescued=rescued).tolist() == [False, False, True, True]
        series = pd.Series({"D": 3.0, "A": NAN})
        assert sustained_response(frame, 25, rescued=series).tolist() == [True, True, True, False]

    @pytest.mark.parametrize("answer", [True, np.False_, 0, 0.0, -4, "no", "12"])
    @pytest.mark.parametrize("kind", [dict, pd.Series])
    @pytest.mark.parametrize(
        "function", [lambda frame, rescued: sustained_response(frame, 12, rescued=rescued), response_of]
    )
    def test_an_answer_in_place_of_the_week_of_rescue_is_refused(self, answer, kind, function):
        rule = "'rescued' must be weeks after week 0, missing where there was none, and no truth values"
        with pytest.raises(ValueError, match=rule):
            function(scores(A=(60, 60, 60), B=(60, 60, 60)), rescued=kind({"A": 8, "B": answer}))

    @pytest.mark.parametrize("missing", [None, NAN, pd.NA])
    def test_a_week_that_is_missing_is_no_rescue(self, missing):
        frame = scores(A=(60, 60, 60), B=(60, 60, 60))
        assert sustained_response(frame, 12, rescued={"A": 8, "B": missing}).to_dict() == {"A": False, "B": True}
        assert sustained_response(frame, 12, rescued={"A": missing}).all()

    def test_without_other_weeks_the_week_alone_decides(self):
        assert sustained_response(scores(A=(0, 0, 20), B=(60, 60, 19.5)), 12).tolist() == [True, False]

    def test_the_threshold_is_minimal_of_the_population_or_the_one_given(self):
        frame = scores((12,), A=(20,), B=(30,), C=(40,))
        assert sustained_response(frame, 12).tolist() == [True, True, True]
        assert sustained_response(frame, 12, population="juvenile").tolist() == [False, True, True]
        assert sustained_response(frame, 12, threshold=40).tolist() == [False, False, True]

    def test_a_week_without_scores_is_a_response_of_nobody(self):
        assert sustained_response(scores(A=(50, 50, 50)), 16).tolist() == [False]
        assert sustained_response(scores(A=(50, 50, 50)), 12, also_in=[16]).tolist() == [False]
        assert sustained_response(scores(), 12).empty


class TestTimeToResponse:
    def test_the_first_response_is_the_event(self):
        assert response_of(scores(A=(15, 20, 0), B=(20, 0, 0))) == {"A": (56, True), "B": (28, True)}

    def test_a_confirmed_response_is_dated_at_the_first_of_its_visits(self):
        frame = scores((4, 8, 12, 16), A=(20, 15, 25, 30), B=(20, 20, 0, 0), C=(20, 0, 20, 0), D=(0, 0, 0, 20))
        expected = {"A": (84, True), "B": (28, True), "C": (112, False), "D": (112, False)}
        assert response_of(frame, confirm=2) == expected
        ended = {"A": (84, True), "B": (28, True), "C": (140, False), "D": (112, False)}
        assert response_of(frame, confirm=2, planned_end=20) == ended  # D is still to be confirmed

    def test_of_several_visits_to_be_confirmed_the_first_is_where_it_is_censored(self):
        assert response_of(scores(A=(0, 30, 30)), confirm=3) == {"A": (56, False)}

    def test_a_visit_without_a_score_neither_confirms_nor_clears(self):
        assert response_of(scores(A=(20, NAN, 20), B=(20, NAN, 0)), confirm=2) == {"A": (28, True), "B": (84, False)}
        assert response_of(scores(A=(0, 0, NAN))) == {"A": (56, False)}

    def test_rescue_and_leaving_without_response_never_respond(self):
        frame = scores(A=(0, 30, 30), B=(0, 10, None), C=(30, 30, 30), D=(0, 0, 30))
        rescued = {"A": 8, "C": 8}
        assert response_of(frame, rescued=rescued) == {"A": (84, False), "B": (56, False), "C": (28, True), "D": (84, True)}
        ended = response_of(frame, rescued=rescued, planned_end=25)
        assert ended == {"A": (175, False), "B": (175, False), "C": (28, True), "D": (84, True)}
        confirmed = response_of(frame, rescued=rescued, planned_end=25, confirm=2)
        assert confirmed == {"A": (175, False), "B": (175, False), "C": (175, False), "D": (84, False)}

    def test_what_comes_after_the_planned_end_is_left_aside(self):
        frame = scores(A=(0, 0, 30), B=(0, 20, 30))
        assert response_of(frame, planned_end=8) == {"A": (56, False), "B": (56, True)}
        assert response_of(frame, planned_end=8, confirm=2, rescued={"B": 12}) == {"A": (56, False), "B": (56, False)}

    def test_scores_at_or_before_week_0_and_patients_without_any(self):
        assert response_of(scores((-4, 0, 4), A=(90, 90, 0), B=(90, NAN, None))) == {"A": (28, False), "B": (0, False)}
        assert response_of(scores((-4, 0, 4), B=(90, NAN, None)), planned_end=16) == {"B": (112, False)}

    def test_a_survival_curve_takes_it(self):
        found = time_to_response(scores(A=(20, 0, 0), B=(0, 0, 0), C=(0, 20, 0)))
        assert kaplan_meier(found["duration"], found["event"]).survival_at(56) == pytest.approx(1 / 3)
        assert found.drop(columns="patient").dtypes.astype(str).to_dict() == {"duration": "float64", "event": "bool"}
        assert str(found["patient"].dtype) in ("object", "str")  # the latter by pandas 3
        nobody = time_to_response(scores())
        assert nobody.empty
        assert nobody.columns.tolist() == ["patient", "duration", "event"]

    def test_thresholds(self):
        frame = scores(A=(20, 30, 40))
        assert response_of(frame, threshold=40) == {"A": (84, True)}
        assert response_of(frame, population="juvenile") == {"A": (56, True)}


def naive(rows, confirm, rescue, planned_end):
    """One patient's duration by trying every visit as the first of the confirming ones."""
    seen = sorted(
        (week, score) for week, score in rows if week > 0 and not math.isnan(score) and week <= (planned_end or 999)
    )
    rescued = rescue is not None and rescue <= (planned_end or 999)
    usable = [(week, score) for week, score in seen if not rescued or week < rescue]
    for i in range(len(usable) - confirm + 1):
        if all(score >= 20 for _, score in usable[i : i + confirm]):
            return 7 * usable[i][0], True
    tail = []
    for week, score in reversed(usable):
        if score < 20:
            break
        tail.append(week)
    if tail and not rescued:
        return 7 * min(tail), False
    return 7 * (planned_end or (seen[-1][0] if seen else 0)), False


@given(
    st.lists(st.sampled_from([0.0, 17.5, 20.0, 45.0, NAN]), min_size=1, max_size=6),
    st.integers(1, 3),
    st.sampled_from([None, 3, 8, 30]),
    st.sampled_from([None, 12, 24]),
)
def test_durations_are_those_of_a_naive_search(values, confirm, rescue, planned_end):
    frame = pd.DataFrame({"patient": 7, "week": [4 * i for i in range(len(values))], "score": values})
    rescued = None if rescue is None else {7: rescue}
    found = response_of(frame.iloc[::-1], confirm=confirm, rescued=rescued, planned_end=planned_end)
    assert found[7] == naive(frame[["week", "score"]].to_numpy().tolist(), confirm, rescue, planned_end)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 0}, "'threshold' must be greater than 0 and at most 100 (got 0)."),
        ({"threshold": "minimal"}, "'threshold' must be greater than 0 and at most 100 (got 'minimal')."),
        ({"confirm": 0}, "'confirm' must be a whole number of at least 1 (got 0)."),
        ({"confirm": 1.5}, "'confirm' must be a whole number of at least 1 (got 1.5)."),
        ({"planned_end": 0}, "'planned_end' must be a week after 0 (got 0)."),
        ({"population": "all"}, "'population' must be one of 'adult', 'juvenile' (got 'all')."),
        ({"rescued": [8]}, "'rescued' must be a Series or a mapping by patient (got 'list')."),
    ],
)
def test_options_that_are_not_possible_are_refused(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        time_to_response(scores(A=(0, 0, 0)), **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": 101}, "'score' must be between 0 and 100 (got 101) for patient 'A', week 4, and 2 more."),
        ({"week": 4}, "'week' must be given once a patient (got 4 twice for patient 'A')."),
        ({"week": NAN}, "'week' must not be missing (got nan) for patient 'A', week nan, and 2 more."),
        ({"patient": None}, "'patient' must not be missing for patient None, week 4."),
    ],
)
def test_scores_that_are_not_possible_are_refused(change, message):
    for judge in (lambda frame: sustained_response(frame, 12), time_to_response):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            judge(scores(A=(0, 0, 0)).assign(**change))
        with pytest.raises(ValueError, match=r"^'scores' must have each of the columns 'patient', 'week', 'score' once"):
            judge(scores(A=(0, 0, 0)).drop(columns="score"))


def test_weeks_that_are_no_weeks_are_refused():
    frame = scores(A=(0, 0, 0))
    with pytest.raises(ValueError, match=r"^'week' must be a number \(got nan\).$"):
        sustained_response(frame, NAN)
    with pytest.raises(ValueError, match=r"^'also_in' must be a list of weeks \(got 8\).$"):
        sustained_response(frame, 12, also_in=8)
    with pytest.raises(ValueError, match=r"^'also_in' must hold numbers \(got '8'\).$"):
        sustained_response(frame, 12, also_in="8")


# ---------------------------------------------------------------- the score of every visit

FIVE = ["physician_global", "patient_global", "mmt", "haq", "extramuscular"]
COLUMNS = ["patient", "week", *FIVE, "CK", "LDH"]
VISITS = pd.DataFrame(
    [
        ("B", 4, 2, 3, 140, 0.5, 1, 300, 300),
        ("A", 0, 6, 6, 110, 1.5, 4, 150, 720),
        ("A", 8, 2, 3, 132, 0.75, 1, 130, 300),
        ("A", 4, 5, 6, 116, 1.5, 4, 140, NAN),
        ("B", -4, 9, 9, 90, 3, 9, 9000, 200),
        ("B", 0, 6, 6, 110, 1.5, 4, 2000, 240),
        ("B", 8, 2, 3, NAN, NAN, 1, 300, 300),
        ("C", 4, 2, 3, 140, 0.5, 1, 300, 300),
    ],
    columns=COLUMNS,
)
ULNS = {"CK": 200, "LDH": 240}


def test_the_enzyme_most_times_its_limit_at_baseline_is_followed_at_every_visit():
    found = scores_over_time(VISITS, mmt_maximum=150, ulns=ULNS)
    assert found.columns.tolist() == ["patient", "week", "score", "category", "missing"]
    assert list(zip(found["patient"], found["week"], strict=True)) == [("B", 4), ("B", 8), ("A", 4), ("A", 8), ("C", 4)]
    by_hand = {
        # LDH 3 times its limit at baseline: 720 to 300 of 720 is 58.3 %; CK from 150 would be next to nothing
        ("A", 8): 17.5 + 7.5 + 20 + 7.5 + 7.5 + 15,
        # CK 10 times its limit: 2000 to 300 of 3000 is 56.7 %; strength 20 %, HAQ 33.3 %
        ("B", 4): 17.5 + 7.5 + 20 + 7.5 + 7.5 + 15,
    }
    score = found.set_index(["patient", "week"])["score"]
    assert {place: score[place] for place in by_hand} == by_hand
    assert found["missing"].tolist() == ["", "mmt, haq", "enzyme", "", ", ".join(MEASURES)]
    assert found["category"].astype(object).where(found["category"].notna(), None).tolist() == [
        "major",
        None,
        None,
        "major",
        None,
    ]


def test_every_visit_is_scored_as_a_final_visit_is():
    frame = VISITS.rename(columns={"CK": "enzyme"})
    found = scores_over_time(frame, mmt_maximum=150, enzyme_range={"B": 3000, "A": 2000, "C": 1})
    for _, row in found.iterrows():
        of = frame[frame["patient"] == row["patient"]].sort_values("week").set_index("patient")
        before = of[of["week"] <= 0].tail(1)[list(MEASURES)]
        if before.empty:
            assert math.isnan(row["score"])
            continue
        after = of[of["week"] == row["week"]][list(MEASURES)]
        limit = {"A": 2000, "B": 3000}[row["patient"]]
        expected = total_improvement_score(before, after, mmt_maximum=150, enzyme_range=limit).iloc[0]
        assert (row["missing"], str(row["category"])) == (expected["missing"], str(expected["category"]))
        assert row["score"] == expected["score"] or math.isnan(expected["score"]) == math.isnan(row["score"])


def test_a_baseline_of_the_callers_stands_in_place_of_the_last_row():
    baseline = pd.DataFrame([[9, 9, 90, 3, 9, 9000, 200]], pd.Index(["B"]), COLUMNS[2:])
    found = scores_over_time(VISITS, mmt_maximum=150, baseline=baseline, ulns=ULNS).set_index(["patient", "week"])
    # 7 of 10, 6 of 10, 50 of 150, 2.5 of 3, 8700 of 3000, 8 of 10
    assert found.loc[("B", 4), "score"] == 20 + 10 + 32.5 + 10 + 7.5 + 20
    assert found["score"].notna().sum() == 1
    limits = pd.DataFrame({"CK": [1000.0], "LDH": [10.0]}, ["B"])  # LDH is 20 times its limit, and rose
    other = scores_over_time(VISITS, mmt_maximum=150, baseline=baseline, ulns=limits).set_index(["patient", "week"])
    assert other.loc[("B", 4), "score"] == 92.5


def test_children_are_scored_by_what_stands_in():
    columns = ["patient", "week", *MEASURES]
    rows = [("K", 0, 10, 10, 26, 3, 20, 15), ("K", 12, 0, 0, 39, 1.5, 35, 10)]
    stand_ins = (CMAS, DAS, chq_phs(10, 60))
    frame = pd.DataFrame(rows, columns=columns)
    found = scores_over_time(frame, mmt_maximum=None, population="juvenile", stand_ins=stand_ins)
    assert found[["score", "category"]].to_numpy().tolist() == [[87.5, "major"]]


def test_the_population_gives_the_category():
    frame = VISITS.iloc[[1, 3]].assign(LDH=600)
    assert scores_over_time(frame, mmt_maximum=150, ulns=ULNS)["category"].tolist() == ["none"]
    frame = frame.assign(haq=[1.5, 1.35 - 0.1])  # 8.3 %, 5 points
    found = [
        scores_over_time(frame, mmt_maximum=150, ulns=ULNS, population=each)["category"].item()
        for each in ("adult", "juvenile")
    ]
    assert found == ["minimal", "none"]


def test_nobody_is_scored():
    found = scores_over_time(VISITS.iloc[:0], mmt_maximum=150, ulns=ULNS)
    assert found.columns.tolist() == ["patient", "week", "score", "category", "missing"]
    assert found.empty
    assert scores_over_time(VISITS.query("week <= 0"), mmt_maximum=150, ulns=ULNS).empty


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (VISITS, {}, "'ulns' must be given where 'visits' names its enzymes, and 'enzyme_range' must not."),
        (
            VISITS.assign(enzyme=100),
            {"ulns": ULNS},
            "'ulns' must not be given where 'visits' has the column 'enzyme', but 'enzyme_range'.",
        ),
        (
            VISITS.assign(haq=4),
            {"ulns": ULNS},
            "'haq' must be between 0 and 3 (got 4) for patient 'B', week 4, and 7 more.",
        ),
        (VISITS, {"ulns": {"CK": 200}}, "'ulns' must have the limit of 'LDH'."),
    ],
)
def test_what_cannot_be_scored_is_refused(frame, options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        scores_over_time(frame, mmt_maximum=150, **options)


def test_what_was_given_is_left_as_it_was():
    before = VISITS.copy()
    scores_over_time(VISITS, mmt_maximum=150, ulns=ULNS)
    pd.testing.assert_frame_equal(VISITS, before)
    assert np.array_equal(VISITS.index, range(len(VISITS)))
