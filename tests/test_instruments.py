"""What is measured: ranges, totals and the three measures of the study."""

import math
from fractions import Fraction

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.errors import DataError
from ivigmyo.instruments import ADL15, CK, MMT18, STUDY_INSTRUMENTS, Instrument

OPEN_SCORE = Instrument("OPEN", "A score without an upper bound", "points", minimum=-2)
SHARE = Instrument("SHARE", "A share of none", "%", maximum=100, minimum_possible=False)

# ---------------------------------------------------------------------------------------------------- the three measures


def test_the_paper_s_scores_add_up_to_its_maxima():
    assert (len(MMT18.items), MMT18.item_maximum, MMT18.maximum) == (18, 5, 90)
    assert (len(ADL15.items), ADL15.item_maximum, ADL15.maximum) == (15, 3, 45)
    for score in (MMT18, ADL15):
        assert len(set(score.items)) == len(score.items)
        assert score.item_maximum * len(score.items) == score.maximum
        assert (score.minimum, score.unit, score.higher_is_better, score.has_uln) == (0, "points", True, False)


def test_muscles_are_named_in_order_right_before_left():
    assert MMT18.items[:4] == ("neck flexors", "neck extensors", "right deltoid", "left deltoid")
    assert MMT18.items[-2:] == ("right hamstrings", "left hamstrings")
    sides = [item.split(" ", 1) for item in MMT18.items[2:]]
    assert [side for side, _ in sides] == ["right", "left"] * 8
    assert [muscle for _, muscle in sides[::2]] == [muscle for _, muscle in sides[1::2]]


def test_ck_is_an_enzyme_with_a_limit_of_normal():
    assert (CK.code, CK.unit, CK.has_uln, CK.higher_is_better, CK.items) == ("CK", "IU/L", True, False, ())
    assert dict(CK.units) == {"U/L": 1.0, "microkat/L": 60.0, "nkat/L": 0.06}


def test_a_study_has_the_three_measures_unless_told_otherwise():
    assert STUDY_INSTRUMENTS == (MMT18, ADL15, CK)
    assert [measure.code for measure in STUDY_INSTRUMENTS] == ["MMT", "ADL", "CK"]


# ---------------------------------------------------------------------------------------------------- making one


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"code": ""}, "'code' must be a text without blanks around it (got '') for instrument ''."),
        ({"code": " MMT"}, "'code' must be a text without blanks around it (got ' MMT') for instrument ' MMT'."),
        ({"code": 7}, "'code' must be a text without blanks around it (got 7) for instrument 7."),
        ({"name": ""}, "'name' must be a text without blanks around it (got '') for instrument 'X'."),
        ({"unit": None}, "'unit' must be a text without blanks around it (got None) for instrument 'X'."),
        ({"maximum": 0}, "'maximum' must be greater than 0 (got 0) for instrument 'X'."),
        ({"maximum": -1}, "'maximum' must be greater than 0 (got -1) for instrument 'X'."),
        ({"maximum": math.inf}, "'maximum' must be a finite number (got inf) for instrument 'X'."),
        ({"maximum": "90"}, "'maximum' must be a finite number (got '90') for instrument 'X'."),
        ({"minimum": None}, "'minimum' must be known for instrument 'X'."),
        ({"minimum": math.nan}, "'minimum' must be a finite number (got nan) for instrument 'X'."),
        ({"minimum": "0", "maximum": 5}, "'minimum' must be a finite number (got '0') for instrument 'X'."),
        ({"items": ["a", "a"], "item_maximum": 3}, "'items' must have different names (got ('a', 'a')) for instrument 'X'."),
        (
            {"items": ["a", " b"], "item_maximum": 3},
            "'items' must be a text without blanks around it (got ' b') for instrument 'X'.",
        ),
        ({"items": ["a"]}, "'item_maximum' must be known for instrument 'X'."),
        ({"items": ["a"], "item_maximum": 0}, "'item_maximum' must be greater than 0 (got 0) for instrument 'X'."),
        ({"items": ["a"], "item_maximum": True}, "'item_maximum' must be a finite number (got True) for instrument 'X'."),
        ({"item_maximum": 3}, "'item_maximum' needs 'items' (got 3) for instrument 'X'."),
        ({"units": [("g", 0)]}, "'factor of g' must be greater than 0 (got 0) for instrument 'X'."),
        ({"units": [("g", None)]}, "'factor of g' must be known for instrument 'X'."),
        ({"units": [("", 2)]}, "'units' must be a text without blanks around it (got '') for instrument 'X'."),
    ],
)
def test_an_impossible_measure_is_refused(change, text):
    with pytest.raises(DataError) as caught:
        Instrument(**({"code": "X", "name": "Anything", "unit": "points"} | change))
    assert str(caught.value) == text


def test_everything_that_is_wrong_with_a_measure_is_said_at_once():
    with pytest.raises(DataError) as caught:
        Instrument("X", " ", "points", minimum=5, maximum=5, items=["a"])
    assert [problem.column for problem in caught.value.problems] == ["name", "maximum", "item_maximum"]


def test_a_measure_is_frozen_hashable_and_equal_to_one_with_equal_content():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        MMT18.maximum = 100
    again = attrs.evolve(MMT18, items=list(MMT18.items))
    assert again == MMT18
    assert again is not MMT18
    assert hash(again) == hash(MMT18)
    assert attrs.evolve(MMT18, maximum=91) != MMT18
    assert hash(Instrument("X", "x", "g", units=[("kg", 1000.0)])) == hash(Instrument("X", "x", "g", units=(("kg", 1000),)))


# ---------------------------------------------------------------------------------------------------- ranges


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        (MMT18, "between 0 and 90"),
        (ADL15, "between 0 and 45"),
        (CK, "greater than 0 and at most 10000000"),
        (OPEN_SCORE, "at least -2"),
        (SHARE, "greater than 0 and at most 100"),
    ],
)
def test_ranges_in_words(measure, text):
    assert measure.range == text


@pytest.mark.parametrize(
    ("measure", "possible", "impossible"),
    [
        (MMT18, [0, 90, 45.5], [-1, 91, -0.001, 90.001, math.nan, math.inf, -math.inf]),
        (ADL15, [0, 45], [-1, 46, math.nan]),
        (CK, [1e-9, 1, 1e7], [0, -1, 1.01e7, 1e30, math.nan, math.inf]),
        (OPEN_SCORE, [-2, 0, 1e9], [-2.5, math.inf, math.nan]),
        (SHARE, [0.1, 100], [0, 100.1]),
    ],
)
def test_the_ends_of_the_ranges(measure, possible, impossible):
    assert measure.admits(possible).all()
    assert not measure.admits(impossible).any()
    for value in possible:
        measure.check(value)
        assert measure.problem(value) is None
    for value in impossible:
        with pytest.raises(ValueError, match="must be"):
            measure.check(value)


@given(st.lists(st.floats()), st.sampled_from([MMT18, ADL15, CK, OPEN_SCORE, SHARE]))
def test_one_value_and_many_are_judged_alike(values, measure):
    judged = measure.admits(np.array(values, dtype=float)).tolist()
    assert judged == [measure.problem(value) is None for value in values]


@given(st.integers(-9, 9), st.none() | st.integers(1, 9), st.booleans(), st.lists(st.integers(-30, 30), min_size=3))
def test_the_range_in_words_is_the_range_of_what_is_admitted(minimum, width, possible, values):
    maximum = None if width is None else minimum + width
    measure = Instrument("X", "Any", "points", minimum=minimum, maximum=maximum, minimum_possible=possible)
    bounds = [minimum] if maximum is None else [minimum, maximum]
    assert [int(word) for word in measure.range.split() if word.strip("-").isdigit()] == bounds
    assert measure.admits(bounds).tolist() == [not measure.range.startswith("greater than"), True][: len(bounds)]
    assert (not measure.admits(minimum + 10**6)) == ("and" in measure.range)
    # between two possible values all are possible
    admitted = measure.admits(sorted(values))
    assert np.abs(np.diff(np.r_[False, admitted, False].astype(int))).sum() <= 2
    # in another place, the same values as far from its ends
    moved = Instrument("X", "Any", "points", minimum + 7, None if width is None else maximum + 7, possible)
    assert moved.admits(np.array(sorted(values)) + 7).tolist() == admitted.tolist()


@given(st.floats() | st.integers(-5, 95) | st.just(math.nan), st.sampled_from([MMT18, ADL15, CK, OPEN_SCORE, SHARE]))
def test_what_is_refused_is_what_has_a_problem(value, measure):
    problem = measure.problem(value)
    if problem is None:
        measure.check(value)
    else:
        with pytest.raises(DataError) as caught:
            measure.check(value, "for patient 'P07'")
        assert [(each.rule, each.record) for each in caught.value.problems] == [(problem.rule, "for patient 'P07'")]
        assert problem.rule.endswith(measure.range)


def test_admits_keeps_the_form_of_its_argument():
    assert MMT18.admits(90).shape == ()
    assert MMT18.admits([[0, 91], [5, -1]]).tolist() == [[True, False], [True, False]]
    assert MMT18.admits(pd.Series([0, 91])).tolist() == [True, False]
    assert MMT18.admits(np.array([5], dtype=np.int8)).tolist() == [True]


@pytest.mark.parametrize("values", ["5", ["5", "6"], True, [True, False], None, [1, None], [1j]], ids=repr)
def test_only_numbers_are_judged(values):
    with pytest.raises(ValueError, match="values of 'MMT' must be numbers") as caught:
        MMT18.admits(values)
    assert str(caught.value) == f"values of 'MMT' must be numbers (got {values!r})."


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        (MMT18, 91, "'MMT' must be between 0 and 90 (got 91) for patient 'P07', week 4."),
        (MMT18, -1, "'MMT' must be between 0 and 90 (got -1) for patient 'P07', week 4."),
        (MMT18, math.nan, "'MMT' must be between 0 and 90 (got nan) for patient 'P07', week 4."),
        (MMT18, "5", "'MMT' must be between 0 and 90 (got '5') for patient 'P07', week 4."),
        (MMT18, True, "'MMT' must be between 0 and 90 (got True) for patient 'P07', week 4."),
        (MMT18, None, "'MMT' must be between 0 and 90 (got None) for patient 'P07', week 4."),
        (CK, 0, "'CK' must be greater than 0 and at most 10000000 (got 0) for patient 'P07', week 4."),
        (CK, -5.5, "'CK' must be greater than 0 and at most 10000000 (got -5.5) for patient 'P07', week 4."),
        (CK, math.inf, "'CK' must be greater than 0 and at most 10000000 (got inf) for patient 'P07', week 4."),
        (CK, 10**400, f"'CK' must be greater than 0 and at most 10000000 (got {10**400}) for patient 'P07', week 4."),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_an_impossible_value_is_refused_with_its_record(measure, value, text):
    with pytest.raises(DataError) as caught:
        measure.check(value, "for patient 'P07', week 4")
    assert str(caught.value) == text


@pytest.mark.parametrize("value", [59, 59.5, np.float64(59), np.float32(59), np.int64(59), Fraction(119, 2)])
def test_numbers_of_any_type_are_checked(value):
    MMT18.check(value)


# ---------------------------------------------------------------------------------------------------- totals


def test_totals_of_all_items():
    assert MMT18.total(dict.fromkeys(MMT18.items, 5)) == 90
    assert ADL15.total(dict.fromkeys(ADL15.items, 3)) == 45
    assert ADL15.total(dict.fromkeys(ADL15.items, 0)) == 0
    assert type(MMT18.total(dict.fromkeys(MMT18.items, np.int64(4)))) is float


@given(st.permutations(ADL15.items), st.lists(st.integers(0, 3), min_size=15, max_size=15))
def test_the_order_of_the_items_does_not_matter(items, scores):
    assert ADL15.total(dict(zip(items, scores, strict=True))) == sum(scores)


@given(st.sets(st.sampled_from(MMT18.items), min_size=1))
def test_every_missing_item_is_named(missing):
    with pytest.raises(DataError) as caught:
        MMT18.total({item: 5 for item in MMT18.items if item not in missing})
    lines = [f"'MMT' item {item!r} is missing." for item in MMT18.items if item in missing]
    assert str(caught.value) == "\n".join(lines)


score_dicts = st.fixed_dictionaries(dict.fromkeys(MMT18.items, st.integers(0, 5)))


@given(score_dicts, st.sampled_from(MMT18.items), st.integers(0, 5))
def test_the_total_and_what_was_lost_add_up_to_the_maximum(scores, item, other):
    total = MMT18.total(scores)
    assert total + MMT18.total({name: 5 - score for name, score in scores.items()}) == MMT18.maximum
    assert MMT18.total(scores | {item: other}) - total == other - scores[item]
    assert MMT18.admits(total)


@given(score_dicts, st.sets(st.sampled_from(MMT18.items)), st.sets(st.sampled_from(["a", "b"])), st.data())
def test_each_item_has_the_problem_it_has_alone(scores, missing, unknown, data):
    wrong = data.draw(st.sets(st.sampled_from(MMT18.items))) - missing
    given_scores = {name: 9 if name in wrong else score for name, score in scores.items() if name not in missing}
    given_scores |= dict.fromkeys(unknown, 1)
    problems = MMT18.item_problems(given_scores)
    assert set(problems) == missing | wrong | unknown
    for item in wrong:
        assert MMT18.item_problems(scores | {item: 9}) == {item: problems[item]}
    for item in unknown:
        assert MMT18.item_problems(scores | {item: 1}) == {item: problems[item]}


def test_everything_wrong_with_the_items_is_said_at_once():
    scores = dict.fromkeys(ADL15.items, 3) | {"swallowing": 3.5, "combing hair": -1, "swimming": 1}
    del scores["climbing stairs"]
    with pytest.raises(DataError) as caught:
        ADL15.total(scores)
    assert str(caught.value).split("\n") == [
        "'ADL' item 'climbing stairs' is missing.",
        "'ADL' item 'combing hair' must be between 0 and 3 (got -1).",
        "'ADL' item 'swallowing' must be between 0 and 3 (got 3.5).",
        "'ADL' has no item 'swimming'.",
    ]


@pytest.mark.parametrize("score", [None, math.nan, math.inf, "3", True, 5.01, -0.01, [3]])
def test_a_score_must_be_a_number_in_range(score):
    scores = dict.fromkeys(MMT18.items, 5) | {"neck flexors": score}
    problems = MMT18.item_problems(scores)
    assert list(problems) == ["neck flexors"]
    assert str(problems["neck flexors"]) == f"'MMT' item 'neck flexors' must be between 0 and 5 (got {score!r})."
    assert problems["neck flexors"].column == "value"
    with pytest.raises(DataError):
        MMT18.total(scores)


def test_items_in_order_have_no_problems():
    assert MMT18.item_problems(dict.fromkeys(MMT18.items, 5)) == {}
    assert MMT18.item_problems(dict.fromkeys(MMT18.items, 0)) == {}
    assert [problem.column for problem in MMT18.item_problems({"a": 1}).values()] == ["item"] * 19


def test_a_measure_without_items_has_no_total():
    with pytest.raises(DataError) as caught:
        CK.total({})
    assert str(caught.value) == "'CK' has no items to add up."


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *((unit, 1.0) for unit in ("IU/L", "iu/l", "U/L", "u / l", " U/L ")),
        *((unit, 60.0) for unit in ("\u00b5kat/L", "\u03bckat/l", "ukat/L", "micro kat/L", "microkat/L")),
        *((unit, 0.06) for unit in ("nkat/L", "NKAT/L")),
        *((unit, None) for unit in ("kat/L", "mg", "IUL", "xiu/L")),
    ],
)
def test_a_unit_is_known_in_its_spellings(unit, factor):
    assert CK.factor(unit) == factor


def test_what_is_wrong_with_a_value_is_said_of_its_column():
    assert MMT18.problem(91).column == "value"


def test_an_international_unit_is_a_unit():
    assert Instrument("X", "An enzyme", "U/L").factor("IU/l") == Instrument("X", "An enzyme", "IU/L").factor("u/L") == 1.0
