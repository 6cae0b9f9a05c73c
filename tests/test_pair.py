"""What a rule grades: baseline and final value under each strategy, with the reason where one is missing."""

import numpy as np
import pytest

from ivigmyo import CK, MMT18, Assessment, Patient, Protocol, Study, Treatment, Visit
from ivigmyo.errors import DataError
from ivigmyo.study import Conduct, Pair
from ivigmyo.study.pair import check_strategies

WHILE, COMPOSITE, POLICY = "while on treatment", "composite", "treatment policy"
PLAN = Protocol([0, 4, 8, 12], conduct=Conduct(prohibited_treatments=["methotrexate"]))


def at(week=None, day=None, mmt=None, ck=None, uln=None):
    found = [] if mmt is None else [Assessment(MMT18, mmt)]
    return Visit(week, day, found + ([] if ck is None else [Assessment(CK, ck, uln)]))


def one(*visits, protocol=PLAN, code="MMT", week=None, intercurrent=None, missing="excluded", **others):
    study = Study([Patient("P1", "PM", "F", 40, visits=visits, **others)], protocol=protocol)
    pair = study.pair(code, week, intercurrent or {}, missing)
    assert isinstance(pair, Pair)
    assert pair.instrument.code == code
    columns = ["baseline", "final", "baseline_uln", "final_uln", "week", "failed", "why", "baseline_bound", "final_bound"]
    assert pair.rows.columns.tolist() == columns
    assert pair.rows.index.tolist() == ["P1"]
    row = pair.rows.iloc[0]
    return tuple(None if row[name] != row[name] else row[name] for name in ("baseline", "final", "week", "failed", "why"))


SEEN = (at(0, mmt=50), at(4, mmt=55), at(8, mmt=60), at(12, mmt=70))


def test_a_completer_is_judged_by_the_week():
    assert one(*SEEN) == (50, 70, 12, False, "")
    assert one(*SEEN, week=8) == (50, 60, 8, False, "")
    assert one(*SEEN, protocol=Protocol([0, 4])) == (50, 55, 4, False, "")


def test_what_is_missing_is_said():
    assert one(*SEEN[1:]) == (None, 70, 12, False, "no baseline")
    assert one(SEEN[0]) == (50, None, None, False, "no value after baseline")
    assert one(*SEEN[:3]) == (50, None, None, False, "no value in week 12")
    assert one(*SEEN[:2], week=2) == (50, None, None, False, "no value in week 2")
    assert one(SEEN[0], SEEN[3], discontinued_on=30, intercurrent={"discontinuation": WHILE}) == (
        50, None, None, False, "no value up to day 30",
    )  # fmt: skip
    assert one() == (None, None, None, False, "no baseline")


def test_the_last_value_is_carried_where_the_missing_are_so_counted():
    assert one(*SEEN[:3], missing="locf") == (50, 60, 8, False, "carried forward")
    assert one(SEEN[0], missing="locf") == (50, None, None, False, "no value after baseline")
    assert one(*SEEN, missing="locf") == (50, 70, 12, False, "")
    assert one(*SEEN[:3], missing="non-response") == (50, None, None, False, "no value in week 12")


@pytest.mark.parametrize(
    ("strategy", "found"),
    [
        (WHILE, (50, 60, 8, False, "carried forward")),
        (COMPOSITE, (50, 70, 12, True, "discontinuation on day 60")),
        (POLICY, (50, 70, 12, False, "")),
        (None, (50, 70, 12, False, "")),
    ],
)
def test_leaving_counts_by_its_strategy(strategy, found):
    assert one(*SEEN, discontinued_on=60, intercurrent=strategy and {"discontinuation": strategy}) == found


@pytest.mark.parametrize(
    ("strategy", "found"),
    [
        (WHILE, (50, 55, 4, False, "carried forward")),
        (COMPOSITE, (50, 70, 12, True, "rescue on day 29")),
        (POLICY, (50, 70, 12, False, "")),
        (None, (50, 70, 12, False, "")),
    ],
)
def test_a_prohibited_treatment_is_a_rescue(strategy, found):
    given = [Treatment("MTX 8 mg", 29), Treatment("methotrexate", 70), Treatment("prednisolone", 3)]
    assert one(*SEEN, treatments=given, intercurrent=strategy and {"rescue": strategy}) == found


def test_a_rescue_begins_after_the_first_infusion_and_needs_a_list():
    def rescued(*treatments, protocol=PLAN):
        study = Study([Patient("P1", "PM", "F", 40, treatments=treatments)], protocol=protocol)
        return study.rescued_on(study.patients[0])

    assert rescued(Treatment("MTX", 0)) is None
    assert rescued(Treatment("MTX", -5, 50)) is None
    assert rescued(Treatment("MTX", None, 50)) is None
    assert rescued(Treatment("MTX", 1)) == 1
    assert rescued(Treatment("MTX", 30), Treatment("methotrexate", 20), Treatment("MTX", -3)) == 20
    assert rescued(Treatment("rituximab", 20)) is None
    assert rescued(Treatment("MTX", 20), protocol=Protocol([0, 12])) is None


def test_of_two_events_the_first_ends_what_counts_and_each_failure_is_named():
    given = [Treatment("MTX", 29)]
    both = {"discontinuation": WHILE, "rescue": WHILE}
    assert one(*SEEN, treatments=given, discontinued_on=60, intercurrent=both) == (50, 55, 4, False, "carried forward")
    failed = dict.fromkeys(both, COMPOSITE)
    assert one(*SEEN, treatments=given, discontinued_on=60, intercurrent=failed)[3:] == (
        True, "discontinuation on day 60, rescue on day 29",
    )  # fmt: skip
    mixed = {"discontinuation": WHILE, "rescue": COMPOSITE}
    assert one(*SEEN, treatments=given, discontinued_on=60, intercurrent=mixed) == (50, 60, 8, True, "rescue on day 29")


def test_an_event_after_the_endpoint_is_no_failure():
    failed = {"discontinuation": COMPOSITE}
    assert one(*SEEN, discontinued_on=84, intercurrent=failed)[3:] == (True, "discontinuation on day 84")
    assert one(*SEEN, discontinued_on=85, intercurrent=failed)[3:] == (False, "")
    assert one(*SEEN, discontinued_on=85, intercurrent=failed, week=13)[3:] == (True, "discontinuation on day 85")


def test_a_value_carried_from_a_day_without_a_week_has_none():
    visits = (at(0, mmt=50), at(day=40, mmt=60))
    assert one(*visits, discontinued_on=41, intercurrent={"discontinuation": WHILE}) == (
        50,
        60,
        None,
        False,
        "carried forward",
    )


def test_the_limits_go_with_the_values():
    study = Study([Patient("P1", "PM", "F", 40, visits=[at(0, ck=900, uln=150), at(12, ck=90, uln=170)])], protocol=PLAN)
    assert study.pair("CK").rows.iloc[0].tolist()[:5] == [900, 90, 150, 170, 12]
    assert study.pair(CK).rows.equals(study.pair("CK").rows)
    bare = study.pair("MMT").rows
    assert np.isnan(bare[["baseline", "final", "baseline_uln", "final_uln", "week"]].to_numpy(dtype=float)).all()
    assert bare["why"].tolist() == ["no baseline"]


def test_the_default_is_the_papers():
    study = Study([Patient("P1", "PM", "F", 40, visits=SEEN, discontinued_on=60)], protocol=PLAN)
    assert study.pair("MMT").rows["final"].tolist() == [60]


def test_strategies_nobody_knows_are_refused():
    for intercurrent, text in [
        ({"death": WHILE}, "'intercurrent' must be one of 'discontinuation', 'rescue' (got 'death')."),
        (
            {"rescue": "ignore"},
            "'rescue' must be one of 'while on treatment', 'composite', 'treatment policy' (got 'ignore').",
        ),
        (
            {"rescue": "hypothetical"},
            "the strategy 'hypothetical' is not implemented: it needs a model of what did not happen.",
        ),
    ]:
        for call in (check_strategies, lambda given: one(*SEEN, intercurrent=given)):
            with pytest.raises(ValueError, match=r"must be one of|not implemented") as caught:
                call(intercurrent)
            assert str(caught.value) == text


def test_no_week_no_pair():
    study = Study([Patient("P1", "PM", "F", 40, visits=SEEN)], protocol=Protocol([-4, 0]))
    with pytest.raises(DataError, match=r"^no week after week 0 is scheduled for 'MMT'\.$"):
        study.pair("MMT")
    assert study.pair("MMT", 8).rows["final"].tolist() == [60]


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"week": 4.5}, "'week' must be a whole number (got 4.5)."),
        ({"week": [12]}, "'week' must be a finite number (got [12])."),
        ({"missing": "mean"}, "'missing' must be one of 'excluded', 'non-response', 'locf' (got 'mean')."),
    ],
)
def test_what_is_no_week_or_rule_is_refused(study, options, rule):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        study.pair("MMT", **options)
    assert str(caught.value) == rule


def test_a_pair_may_be_written_to_and_a_week_of_any_type_is_one_week(study):
    first = study.pair("MMT", 8.0, {})
    first.rows["final"] = 0.0
    again = study.pair("MMT", 8, {})
    assert again.rows["final"].dropna().gt(0).all()
    assert again.rows.loc["16", "why"] == "no value after baseline"
    assert {study.pair("MMT", week, {}).rows.loc["1", "why"] for week in (13.0, 13)} == {"no value in week 13"}
