"""The checks of single values, and what is said when one fails."""

import ast
import copy
import math
import pickle
import sys
from fractions import Fraction

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.errors import (
    DataError,
    Problem,
    is_finite,
    number_problem,
    order_problem,
    refusal,
    refuse,
    spell,
    text_problem,
)


def said(problem):
    return None if problem is None else str(problem)


# ---------------------------------------------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (95, "95"),
        (95.0, "95"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (999999999999999.0, "999999999999999"),
        (float("nan"), "nan"),
        (-math.inf, "-inf"),
        (np.float64(2.5), "2.5"),
        (np.int64(7), "7"),
        (Fraction(1, 2), "0.5"),
        (True, "True"),
        (None, "None"),
        ("x", "'x'"),
        (np.str_("x"), "'x'"),
        ("it's", '"it\'s"'),
        (pd.NA, "<NA>"),
        ([1, "a"], "[1, 'a']"),
    ],
)
def test_values_are_spelt_as_a_person_would_write_them(value, text):
    assert spell(value) == text


def test_only_the_beginning_of_a_very_long_text_is_spelt():
    assert spell("x" * 200) == repr("x" * 200)
    assert spell("x" * 201) == repr("x" * 200 + "...")
    assert len(spell("x" * 10_000_000)) == 205


def test_a_refusal_names_the_rule_the_value_and_the_record():
    assert refusal("'MMT' must be between 0 and 90", 95.0) == "'MMT' must be between 0 and 90 (got 95)."
    assert (
        refusal("'MMT' must be a number", "x", "for patient 'P07'") == "'MMT' must be a number (got 'x') for patient 'P07'."
    )


numbers = st.integers(-(10**14), 10**14) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=8)
records = st.sampled_from(["", "for patient 'P1'"])


@given(numbers)
def test_a_number_spelt_reads_back_equal_whatever_its_type(value):
    assert float(spell(value)) == value
    assert spell(float(value)) == spell(np.float64(value)) == spell(value)


@given(texts, st.integers(1, 40))
def test_a_text_spelt_reads_back_equal_as_far_as_it_is_shown(text, times):
    whole = text * times
    shown = ast.literal_eval(spell(whole))
    assert shown == whole or (len(shown) == 203 and whole.startswith(shown.removesuffix("...")))


@given(st.floats() | st.integers() | st.integers(-(10**400), 10**400))
def test_a_number_is_finite_where_its_negative_and_its_float_are(value):
    assert is_finite(value) == is_finite(-value) == (abs(value) <= sys.float_info.max)
    if is_finite(value):
        assert is_finite(float(value))


# ---------------------------------------------------------------------------------------------------- problems


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({}, "'age' must be known."),
        ({"record": "for patient 'P1'"}, "'age' must be known for patient 'P1'."),
        ({"got": None}, "'age' must be known (got None)."),
        ({"got": 7, "record": "for patient 'P1'"}, "'age' must be known (got 7) for patient 'P1'."),
        ({"column": "age"}, "'age' must be known."),
        ({"line": 3, "column": "age"}, "'age' must be known."),
        ({"file": "patients.csv"}, "patients.csv: 'age' must be known."),
        ({"file": "patients.csv", "column": "age"}, "patients.csv: age: 'age' must be known."),
        ({"file": "patients.csv", "line": 3}, "patients.csv:3: 'age' must be known."),
        ({"file": "patients.csv", "line": 3, "column": "age"}, "patients.csv:3: age: 'age' must be known."),
    ],
)
def test_a_problem_is_written_with_its_place_as_far_as_it_is_known(place, text):
    assert str(Problem("'age' must be known", **place)) == text


def test_the_message_of_a_problem_leaves_out_the_place():
    problem = Problem("'age' must be known", 7, "for patient 'P1'", "patients.csv", 3, "age")
    assert problem.message == "'age' must be known (got 7) for patient 'P1'."


def test_problems_with_equal_content_are_equal_and_hashable():
    one, other = Problem("a rule", 1, file="a.csv"), Problem("a rule", 1.0, file="a.csv")
    assert one == other
    assert hash(one) == hash(other)
    assert one != Problem("a rule", 2, file="a.csv")
    assert Problem("a rule") != Problem("a rule", None)


# ---------------------------------------------------------------------------------------------------- the error


def test_an_error_is_a_value_error_that_holds_every_problem():
    error = DataError([Problem("'age' must be known"), "'sex' must be known."])
    assert isinstance(error, ValueError)
    assert error.problems == (Problem("'age' must be known"), Problem("'sex' must be known"))
    assert str(error) == "'age' must be known.\n'sex' must be known."


@pytest.mark.parametrize(
    ("count", "last"),
    [(50, "problem 49."), (51, "and 1 more problem."), (52, "and 2 more problems."), (1234, "and 1184 more problems.")],
)
def test_an_error_lists_fifty_problems_and_counts_the_rest(count, last):
    error = DataError(f"problem {i}." for i in range(count))
    lines = str(error).split("\n")
    assert lines[:50] == [f"problem {i}." for i in range(50)]
    assert lines[-1] == last
    assert len(lines) == min(count, 51)
    assert len(error.problems) == count


@pytest.mark.parametrize("carry_over", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_copied_or_pickled_error_says_the_same(carry_over):
    rule = "'CK' must be greater than 0 and at most 10000000"
    error = DataError([Problem("'age' must be known"), Problem(rule, 0, file="a.csv", line=2)])
    again = carry_over(error)
    assert type(again) is DataError
    assert again.problems == error.problems
    assert str(again) == "'age' must be known.\na.csv:2: 'CK' must be greater than 0 and at most 10000000 (got 0)."


def test_refuse_raises_only_where_there_is_a_problem():
    refuse([])
    refuse([None, None], "for patient 'P1'")
    with pytest.raises(DataError) as caught:
        refuse([None, Problem("a rule"), Problem("another", 3, "for patient 'P2'")], "for patient 'P1'")
    assert str(caught.value) == "a rule for patient 'P1'.\nanother (got 3) for patient 'P2'."


problems = st.builds(Problem, st.sampled_from(["a rule", "another"]), numbers | texts, records)


@given(problems)
def test_a_problem_with_a_value_is_a_refusal(problem):
    assert problem.message == refusal(problem.rule, problem.got, problem.record)
    assert problem.message.startswith(f"{problem.rule} (got {spell(problem.got)})")
    assert problem.message.endswith(f"{problem.record}.")
    # put into a place, it says the same after it
    assert str(attrs.evolve(problem, file="a.csv", line=3)) == f"a.csv:3: {problem.message}"


@given(st.lists(problems, max_size=3), st.integers(0, 30), st.lists(problems, max_size=3))
def test_errors_one_after_the_other_say_what_both_say(first, times, second):
    first = first * times
    both = DataError(first + second)
    assert both.problems == DataError(first).problems + DataError(second).problems
    said_alone = [str(problem) for problem in both.problems]
    shown, others = said_alone[:50], len(said_alone) - 50
    if others > 0:
        assert str(both).removeprefix("\n".join(shown)) == f"\nand {others} more problem{'s' * (others > 1)}."
    else:
        assert str(both) == "\n".join(shown)


@given(st.lists(st.none() | problems, max_size=6), st.sampled_from(["", "for patient 'P2'"]))
def test_whatever_is_found_is_raised_once_in_its_order(found, record):
    some = [problem for problem in found if problem is not None]
    if not some:
        refuse(found, record)
        return
    with pytest.raises(DataError) as caught:
        refuse(found, record)
    raised = caught.value.problems
    assert [(problem.rule, problem.got) for problem in raised] == [(problem.rule, problem.got) for problem in some]
    assert [problem.record for problem in raised] == [problem.record or record for problem in some]
    # what has a record keeps it when it is refused again
    with pytest.raises(DataError) as again:
        refuse(raised, record)
    assert again.value.problems == raised


# ---------------------------------------------------------------------------------------------------- single values

NUMBERS = [0, -3, 2.5, np.float64(1), np.float32(1), np.int8(1), Fraction(1, 3), 1.7976931348623157e308]
NO_NUMBERS = [
    None,
    True,
    False,
    np.True_,
    "5",
    b"5",
    float("nan"),
    math.inf,
    -math.inf,
    np.inf,
    10**400,
    -(10**400),
    1j,
    [5],
]


@pytest.mark.parametrize("value", NUMBERS, ids=repr)
def test_finite_numbers_of_any_type_are_numbers(value):
    assert is_finite(value) is True
    assert number_problem("x", value) is None


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: repr(value)[:20])
def test_everything_else_is_no_number(value):
    assert is_finite(value) is False


@pytest.mark.parametrize("value", NO_NUMBERS[1:], ids=lambda value: repr(value)[:20])
def test_a_number_must_be_one(value):
    assert said(number_problem("x", value)) == f"'x' must be a finite number (got {spell(value)})."


@pytest.mark.parametrize(
    ("value", "rule", "text"),
    [
        (None, {}, None),
        (None, {"required": True}, "'x' must be known."),
        (4, {"whole": True}, None),
        (np.int64(4), {"whole": True}, None),
        (4.5, {"whole": True}, "'x' must be a whole number (got 4.5)."),
        (0, {"low": 0}, None),
        (-0.1, {"low": 0}, "'x' must be at least 0 (got -0.1)."),
        (0, {"low": 0, "above": True}, "'x' must be greater than 0 (got 0)."),
        (-1, {"low": 0, "above": True}, "'x' must be greater than 0 (got -1)."),
        (1e-300, {"low": 0, "above": True}, None),
        (130, {"low": 0, "high": 130}, None),
        (130.5, {"low": 0, "high": 130}, "'x' must be between 0 and 130 (got 130.5)."),
        (-1, {"low": 0, "high": 130}, "'x' must be between 0 and 130 (got -1)."),
        (0, {"low": 0, "high": 130}, None),
    ],
)
def test_a_number_must_lie_in_its_range(value, rule, text):
    problem = number_problem("x", value, **rule)
    assert said(problem) == text
    assert problem is None or problem.column == "x"


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-5, 5), st.integers(-5, 5), st.booleans())
def test_a_number_passes_exactly_where_the_range_holds_it(value, low, high, above):
    passes = value > low if above else value >= low
    assert (number_problem("x", value, low, high, above=above) is None) == (passes and value <= high)


@given(numbers, st.integers(-5, 5), st.integers(-5, 5), st.integers(0, 5), st.booleans())
def test_a_wider_range_holds_whatever_a_narrower_one_holds(value, low, high, by, above):
    if number_problem("x", value, low, high, above=above) is None:
        assert number_problem("x", value, low - by, high + by, above=above) is None
        assert number_problem("x", -value, -high, -low, above=False) is None
    # a whole number is a number, and one that is known
    if number_problem("x", value, low, high, whole=True, required=True) is None:
        assert number_problem("x", value, low, high) is None
        assert isinstance(value, int)


@given(st.text(alphabet=" \t\n\u3000\xa0ab", max_size=6))
def test_a_text_is_possible_exactly_where_stripping_leaves_it_as_it_is(text):
    assert (text_problem("term", text) is None) == (text.strip() == text != "")
    assert (text_problem("term", text.strip()) is None) == bool(text.strip())
    assert (text_problem("term", f"a{text}b", required=True)) is None


@pytest.mark.parametrize("value", ["fever", "a b", "日本語", "0", "elevation\nof CK"])
def test_a_text_is_a_text(value):
    assert text_problem("term", value) is None
    assert text_problem("term", value, required=True) is None


@pytest.mark.parametrize("value", ["", " ", " fever", "fever\t", "\u3000fever", 5, True, float("nan"), b"fever", ["fever"]])
def test_a_text_is_refused_where_it_is_empty_padded_or_none_at_all(value):
    problem = text_problem("term", value)
    assert said(problem) == f"'term' must be a text without blanks around it (got {spell(value)})."
    assert problem.column == "term"


def test_a_text_may_be_unknown_unless_it_is_required():
    assert text_problem("term", None) is None
    assert said(text_problem("term", None, required=True)) == "'term' must be a text without blanks around it (got None)."


@pytest.mark.parametrize(
    ("first", "last", "strictly", "text"),
    [
        (4, 5, True, None),
        (4, 4, False, None),
        (4, 4, True, "'end' must be after 'start' (day 4) (got 4)."),
        (4, 3, False, "'end' must be on or after 'start' (day 4) (got 3)."),
        (4, 3.5, True, "'end' must be after 'start' (day 4) (got 3.5)."),
        (None, 3, False, None),
        (4, None, False, None),
        ("4", 3, False, None),
        (4, "3", False, None),
        (float("nan"), 3, False, None),
        (True, 0, False, None),
    ],
)
def test_days_must_follow_each_other(first, last, strictly, text):
    problem = order_problem("start", first, "end", last, strictly=strictly)
    assert said(problem) == text
    assert problem is None or problem.column == "end"


days = st.integers(-99, 99).map(lambda half: half / 2)


@given(days, days, days)
def test_of_two_days_either_may_follow_or_the_other_must(first, last, shift):
    follows = order_problem("a", first, "b", last) is None
    strictly = order_problem("a", first, "b", last, strictly=True) is None
    before = order_problem("b", last, "a", first, strictly=True) is None
    assert follows != before
    assert follows - strictly == (first == last)
    # the days are counted from any other day as well
    assert (order_problem("a", first + shift, "b", last + shift) is None) == follows


# ------------------------------------------------------------------------------------------- many problems alike


def many(count, file="a.csv"):
    return [Problem("'age' must be a number", f"x{k}", file=file, line=k + 2, column="age") for k in range(count)]


def test_more_than_ten_problems_of_one_rule_in_a_file_are_one_line_with_the_next_two_places():
    assert len(str(DataError(many(10))).splitlines()) == 10
    lines = str(DataError([*many(11), Problem("'sex' must be 'F' or 'M'", "x", file="a.csv", line=4)])).splitlines()
    assert lines == [
        "a.csv:2: age: 'age' must be a number (got 'x0'). And 10 more of this rule, the next at line 3 and line 4.",
        "a.csv:4: 'sex' must be 'F' or 'M' (got 'x').",
    ]


def test_problems_of_no_file_are_each_listed_and_those_after_fifty_counted():
    assert str(DataError(many(50, None))).count("must be") == 50
    assert str(DataError(many(51, None))).splitlines()[-1] == "and 1 more problem."
    assert str(DataError(many(52, None))).splitlines()[50:] == ["and 2 more problems."]


def test_problems_alike_that_stand_nowhere_are_counted_alone():
    alike = [Problem("'age' must be a number", k, file="a.csv", column="age") for k in range(11)]
    assert str(DataError(alike)) == "a.csv: age: 'age' must be a number (got 0). And 10 more of this rule."
