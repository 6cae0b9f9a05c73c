"""What was planned: every field of a protocol and its parts, what each refuses, and that they are values."""

import copy
import pickle
import re

import attrs
import pytest

from ivigmyo import CK, MMT18, Endpoint, Instrument, Protocol
from ivigmyo.core_set import HAQ
from ivigmyo.errors import DataError
from ivigmyo.response import CKThresholds, ScoreThresholds
from ivigmyo.saito2008 import PROTOCOL
from ivigmyo.study import Conduct, Course, Eligibility, SteroidRules
from ivigmyo.study.frozen import FrozenMapping
from ivigmyo.study.plan import BUILT_IN
from ivigmyo.study.words import final_week, in_words, named

GRIP = Instrument("GRIP", "Hand grip strength", "kg", maximum=100)


def refused(make, *args, **kwargs):
    with pytest.raises(DataError) as caught:
        make(*args, **kwargs)
    for problem in caught.value.problems:  # the field that a sentence begins with is the column it is said of
        named = re.match(r"'([a-z_]+)' must", problem.rule)
        assert (
            named is None or problem.column == named[1] or named[1] in ("rules", "eligibility", "course", "steroid_rules")
        ), problem
    return str(caught.value).split("\n")


class Named:
    """An outcome of one's own."""

    def __init__(self, name="grip"):
        self.name = name

    def __repr__(self):
        return f"Named({self.name!r})"

    def observe(self, study):
        raise NotImplementedError


# ---------------------------------------------------------------------------------------------------- the protocol


def test_a_protocol_that_states_nothing():
    protocol = Protocol()
    assert attrs.asdict(protocol, recurse=False) == {
        "scheduled_weeks": (),
        "endpoint_week": None,
        "comparison_weeks": None,
        "week_window": 3,
        "week_day_distance": 7,
        "measures": None,
        "outcomes": None,
        "primary": None,
        "control": None,
        "strata": (),
        "off_schedule": "keep",
        "population": "adult",
        "conduct": None,
        "rules": {},
        "inferred": None,
    }
    assert (protocol.all_weeks, protocol.weeks_of("MMT"), protocol.endpoint_of("MMT")) == ((), (), None)


def test_the_order_of_its_fields_is_part_of_the_contract():
    names = [each.name for each in attrs.fields(Protocol)]
    assert names[:13] == [
        "scheduled_weeks", "endpoint_week", "comparison_weeks", "week_window", "week_day_distance", "measures", "outcomes",
        "primary", "control", "strata", "off_schedule", "population", "conduct",
    ]  # fmt: skip
    assert [each.name for each in attrs.fields(Conduct)] == [
        "eligibility", "course", "prohibited_treatments", "steroid_rules",
    ]  # fmt: skip


def test_weeks_stand_in_time_once_and_are_whole_numbers():
    assert Protocol([12, 0, 4.0, 4, -4]).scheduled_weeks == (-4, 0, 4, 12)
    assert all(type(week) is int for week in Protocol([12.0, 0]).scheduled_weeks)
    by_measure = Protocol({"CK": [8, 0], "": [12, 0]})
    assert by_measure.scheduled_weeks == {"CK": (0, 8), "": (0, 12)}
    assert by_measure.all_weeks == (0, 8, 12)
    assert (by_measure.weeks_of("CK"), by_measure.weeks_of("MMT")) == ((0, 8), (0, 12))
    assert Protocol({"CK": [0, 8]}).weeks_of("MMT") == ()


def test_the_endpoint_is_the_last_week_of_each_measure_unless_stated():
    by_measure = Protocol({"CK": [0, 8], "MMT": [0, 12], "ADL": [-4, 0], "HAQ": [0, 1]})
    assert [by_measure.endpoint_of(code) for code in ("CK", "MMT", "ADL", "HAQ", "GRIP")] == [8, 12, None, 1, None]
    assert attrs.evolve(by_measure, endpoint_week=4).endpoint_of("CK") == 4
    assert attrs.evolve(by_measure, endpoint_week=4).endpoint_of("GRIP") == 4
    assert Protocol([-4, 0]).endpoint_of("MMT") is None
    assert Protocol([0, 12], inferred=["scheduled_weeks"]).endpoint_of("MMT") is None
    assert Protocol([0, 12], inferred=["endpoint_week"]).endpoint_of("MMT") == 12
    assert Protocol([0, 12], endpoint_week=12, inferred=["scheduled_weeks", "endpoint_week"]).endpoint_of("MMT") == 12


def test_measures_may_be_named_by_code():
    assert Protocol(measures="HAQ").measures == (HAQ,)
    assert Protocol(measures=GRIP).measures == (GRIP,)
    assert Protocol(measures=["CK", GRIP, MMT18]).measures == (CK, GRIP, MMT18)
    assert BUILT_IN["MMT"] is MMT18
    assert set(BUILT_IN) >= {"MMT", "ADL", "CK", "PHGLOBAL", "PTGLOBAL", "EXTRAMUS", "MMT8", "HAQ", "ALDOLASE", "LDH"}


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"scheduled_weeks": [0, 2.5]}, ["'scheduled_weeks' must be a whole number (got 2.5)."]),
        (
            {"scheduled_weeks": [4, "0", None]},
            ["'scheduled_weeks' must be a finite number (got '0').", "'scheduled_weeks' must be known."],
        ),
        ({"scheduled_weeks": 12.5}, ["'scheduled_weeks' must be a whole number (got 12.5)."]),
        ({"scheduled_weeks": [True]}, ["'scheduled_weeks' must be a finite number (got True)."]),
        ({"scheduled_weeks": [-5001, 0]}, ["'scheduled_weeks' must be between -5000 and 5000 (got -5001)."]),
        ({"scheduled_weeks": [0, 5001]}, ["'scheduled_weeks' must be between -5000 and 5000 (got 5001)."]),
        ({"scheduled_weeks": {"CK": [0, 1.5]}}, ["'scheduled_weeks' must be a whole number (got 1.5)."]),
        ({"endpoint_week": 0}, ["'endpoint_week' must be greater than 0 (got 0)."]),
        ({"endpoint_week": 5001}, ["'endpoint_week' must be between -5000 and 5000 (got 5001)."]),
        ({"endpoint_week": 1.5}, ["'endpoint_week' must be a whole number (got 1.5)."]),
        ({"comparison_weeks": (4, -4)}, ["'comparison_weeks' must be a week before 0 and a week after it (got (4, -4))."]),
        ({"comparison_weeks": (0, 4)}, ["'comparison_weeks' must be a week before 0 and a week after it (got (0, 4))."]),
        ({"comparison_weeks": (-4, 0)}, ["'comparison_weeks' must be a week before 0 and a week after it (got (-4, 0))."]),
        ({"comparison_weeks": 4}, ["'comparison_weeks' must be a week before 0 and a week after it (got 4)."]),
        ({"comparison_weeks": (-4,)}, ["'comparison_weeks' must be a week before 0 and a week after it (got (-4,))."]),
        (
            {"comparison_weeks": (-4, 4, 8)},
            ["'comparison_weeks' must be a week before 0 and a week after it (got (-4, 4, 8))."],
        ),
        (
            {"comparison_weeks": (-4, 4.5)},
            ["'comparison_weeks' must be a week before 0 and a week after it (got (-4, 4.5))."],
        ),
        ({"week_window": -1}, ["'week_window' must be at least 0 (got -1)."]),
        ({"week_window": 3.5}, ["'week_window' must be a whole number (got 3.5)."]),
        ({"week_window": None}, ["'week_window' must be known."]),
        ({"week_window": True}, ["'week_window' must be a finite number (got True)."]),
        ({"week_day_distance": -1}, ["'week_day_distance' must be at least 0 (got -1)."]),
        ({"measures": ["GRIP"]}, ["'measures' must be instruments, or codes of built-in ones (got 'GRIP')."]),
        ({"measures": [5]}, ["each must be of the kind Instrument (got 5)."]),
        (
            {"measures": [MMT18, CK, attrs.evolve(MMT18, maximum=150)]},
            ["an instrument's code must be its own: 'MMT' (got 2)."],
        ),
        ({"outcomes": ["MMT"]}, ["an outcome must have a name and a method 'observe' (got 'MMT')."]),
        ({"outcomes": [Named(5)]}, None),
        ({"outcomes": [Named("a"), Named("a")]}, ["an outcome's name must be its own: 'a' (got 2)."]),
        ({"outcomes": (), "primary": "x"}, ["'primary' must be one of the outcomes, and there are none (got 'x')."]),
        ({"outcomes": [Named("a"), Named("b")], "primary": "c"}, ["'primary' must be one of 'a', 'b' (got 'c')."]),
        ({"primary": ""}, ["'primary' must be a text without blanks around it (got '')."]),
        ({"control": " A"}, ["'control' must be a text without blanks around it (got ' A')."]),
        ({"strata": ["site", "site"]}, ["a stratum must be named once: 'site' (got 2)."]),
        ({"strata": [1]}, ["each must be of the kind str (got 1)."]),
        ({"off_schedule": "last"}, ["'off_schedule' must be one of 'keep', 'next' (got 'last')."]),
        ({"population": "old"}, ["'population' must be one of 'adult', 'juvenile' (got 'old')."]),
        ({"conduct": "strict"}, ["'conduct' must be of the kind Conduct (got 'strict')."]),
        ({"rules": {"MMT": "half"}}, ["a rule must have a method 'grade' (got 'half')."]),
        (
            {"rules": {"MMT": ScoreThresholds()}, "outcomes": [Named()]},
            ["'rules' must not be stated beside 'outcomes', which have their own (got ('MMT',))."],
        ),
    ],
    ids=repr,
)
def test_what_cannot_be_planned_is_refused(fields, texts):
    found = refused(Protocol, **fields)
    assert found == texts if texts is not None else found[0].startswith("an outcome must have a name and a method 'observe'")


def test_the_limits_of_what_may_be_planned():
    assert Protocol([-5000, 5000], endpoint_week=5000).all_weeks == (-5000, 5000)
    assert Protocol(week_window=0, week_day_distance=0, endpoint_week=1).endpoint_week == 1
    assert Protocol(comparison_weeks=(-1.0, 1)).comparison_weeks == (-1, 1)
    assert Protocol(outcomes=[Named("a"), Named("b")], primary="b").primary == "b"
    assert Protocol(primary="not yet known").primary == "not yet known"
    assert Protocol(outcomes=[]).outcomes == ()


def test_everything_wrong_is_said_at_once():
    assert refused(Protocol, [0.5], endpoint_week=0, week_window=-1, population="old") == [
        "'scheduled_weeks' must be a whole number (got 0.5).",
        "'endpoint_week' must be greater than 0 (got 0).",
        "'week_window' must be at least 0 (got -1).",
        "'population' must be one of 'adult', 'juvenile' (got 'old').",
    ]


EVERYTHING = Protocol(
    {"CK": [0, 4], "": [0, 12]},
    endpoint_week=12,
    comparison_weeks=(-4, 4),
    week_window=5,
    week_day_distance=9,
    measures=[GRIP],
    outcomes=[Endpoint("MMT", ScoreThresholds()), Endpoint("CK", CKThresholds(), intercurrent={"rescue": "composite"})],
    primary="MMT.response",
    control="placebo",
    strata=["site"],
    off_schedule="next",
    population="juvenile",
    conduct=PROTOCOL.conduct,
)


@pytest.mark.parametrize("protocol", [Protocol(), PROTOCOL, EVERYTHING, Protocol(rules={"MMT": ScoreThresholds()})])
def test_a_protocol_is_a_value(protocol):
    for again in (
        pickle.loads(pickle.dumps(protocol)),
        copy.deepcopy(protocol),
        copy.copy(protocol),
        attrs.evolve(protocol),
    ):
        assert again == protocol
        assert hash(again) == hash(protocol)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        protocol.endpoint_week = 5


@pytest.mark.parametrize(
    "change",
    [
        {"scheduled_weeks": {"CK": [0, 4], "": [0, 8]}},
        {"endpoint_week": 4},
        {"comparison_weeks": (-4, 8)},
        {"week_window": 4},
        {"week_day_distance": 8},
        {"measures": None},
        {"outcomes": EVERYTHING.outcomes[:1]},
        {"primary": None},
        {"control": None},
        {"strata": []},
        {"off_schedule": "keep"},
        {"population": "adult"},
        {"conduct": None},
    ],
    ids=repr,
)
def test_every_field_is_part_of_equality(change):
    assert attrs.evolve(EVERYTHING, **change) != EVERYTHING


def test_what_was_inferred_is_not_part_of_equality():
    assert attrs.evolve(EVERYTHING, inferred=["endpoint_week"]) == EVERYTHING
    assert "inferred" not in repr(EVERYTHING)
    assert attrs.evolve(EVERYTHING, inferred=["endpoint_week"]).inferred == ("endpoint_week",)


# ---------------------------------------------------------------------------------------------------- a mapping kept


def test_a_frozen_mapping_is_a_mapping_that_stays_as_it_is():
    given = {"b": 1, "a": 2}
    kept = FrozenMapping(given)
    given["c"] = 3
    assert list(kept.items()) == [("b", 1), ("a", 2)]
    assert (len(kept), kept["a"], "c" in kept, kept.get("c")) == (2, 2, False, None)
    assert kept == {"a": 2, "b": 1} == FrozenMapping({"a": 2, "b": 1})
    assert hash(kept) == hash(FrozenMapping({"a": 2, "b": 1}))
    assert kept != {"a": 2}
    assert repr(kept) == "{'b': 1, 'a': 2}"
    assert FrozenMapping() == {} == FrozenMapping(None)
    with pytest.raises(TypeError):
        kept["a"] = 3
    with pytest.raises(KeyError):
        kept["c"]
    for again in (pickle.loads(pickle.dumps(kept)), copy.deepcopy(kept)):
        assert (again, list(again), hash(again)) == (kept, ["b", "a"], hash(kept))


# ---------------------------------------------------------------------------------------------------- conduct


@pytest.mark.parametrize(
    ("make", "fields", "texts"),
    [
        (Eligibility, {"minimum_age": -1}, ["'minimum_age' must be at least 0 (got -1)."]),
        (Eligibility, {"maximum_age": "64"}, ["'maximum_age' must be a finite number (got '64')."]),
        (Eligibility, {"minimum_age": 18, "maximum_age": 17}, ["'maximum_age' must be at least 'minimum_age' (got 17)."]),
        (Eligibility, {"maximum_mmt": -1}, ["'maximum_mmt' must be at least 0 (got -1)."]),
        (Eligibility, {"maximum_mmt_gain": -1}, ["'maximum_mmt_gain' must be at least 0 (got -1)."]),
        (Eligibility, {"minimum_dose": -1}, ["'minimum_dose' must be at least 0 (got -1)."]),
        (Eligibility, {"minimum_dose_per_kg": -1}, ["'minimum_dose_per_kg' must be at least 0 (got -1)."]),
        (
            Eligibility,
            {"exclusion_conditions": [" sepsis"]},
            ["'exclusion_conditions' must be a text without blanks around it (got ' sepsis')."],
        ),
        (Course, {"treatment": ""}, ["'treatment' must be a text without blanks around it (got '')."]),
        (Course, {"treatment": None}, ["'treatment' must be a text without blanks around it (got None)."]),
        (Course, {"days": 0}, ["'days' must be at least 1 (got 0)."]),
        (Course, {"days": 1.5}, ["'days' must be a whole number (got 1.5)."]),
        (Course, {"dose": -1}, ["'dose' must be at least 0 (got -1)."]),
        (Course, {"unit": ""}, ["'unit' must be a text without blanks around it (got '')."]),
        (Course, {"number": 0}, ["'number' must be at least 1 (got 0)."]),
        (Course, {"number": None}, ["'number' must be known."]),
        (Course, {"interval": 0}, ["'interval' must be at least 1 (got 0)."]),
        (
            SteroidRules,
            {"max_reduction": 1.5, "within_days": 14},
            ["'max_reduction' must be between 0 and 1 (got 1.5)."],
        ),
        (SteroidRules, {"max_reduction": 0.1, "within_days": 0}, ["'within_days' must be greater than 0 (got 0)."]),
        (SteroidRules, {"max_reduction": 0.1}, ["'max_reduction' and 'within_days' must be stated together."]),
        (SteroidRules, {"within_days": 14}, ["'max_reduction' and 'within_days' must be stated together."]),
        (Conduct, {"eligibility": 1}, ["'eligibility' must be of the kind Eligibility (got 1)."]),
        (Conduct, {"course": 1}, ["'course' must be of the kind Course (got 1)."]),
        (Conduct, {"steroid_rules": 1}, ["'steroid_rules' must be of the kind SteroidRules (got 1)."]),
        (
            Conduct,
            {"prohibited_treatments": [""]},
            ["'prohibited_treatments' must be a text without blanks around it (got '')."],
        ),
        (Conduct, {"prohibited_treatments": [1]}, ["each must be of the kind str (got 1)."]),
    ],
    ids=repr,
)
def test_conduct_that_cannot_be_is_refused(make, fields, texts):
    assert refused(make, **fields) == texts


def test_conduct_that_can_be():
    assert Eligibility(minimum_age=18, maximum_age=18).maximum_age == 18
    assert Eligibility(minimum_age=0, maximum_mmt=0, minimum_dose=0).minimum_dose == 0
    assert (Course().treatment, Course().number, Course().days) == ("IVIG", 1, None)
    assert (Course(days=5.0).days, Course(dose=0).dose, Course(days=1, number=2, interval=1).interval) == (5, 0, 1)
    assert SteroidRules() == SteroidRules(None, None)
    assert SteroidRules(0, 1).max_reduction == 0
    assert SteroidRules(1, 0.5).within_days == 0.5
    assert Conduct() == Conduct(None, None, [], None)
    assert Conduct(prohibited_treatments=["MTX"]).prohibited_treatments == ("MTX",)


def test_the_protocol_of_the_paper():
    assert PROTOCOL.weeks_of("MMT") == PROTOCOL.weeks_of("ADL") == (-4, 0, 2, 4, 8, 12)
    assert PROTOCOL.weeks_of("CK") == (-4, 0, 1, 2, 4, 8, 12)
    assert (PROTOCOL.endpoint_week, PROTOCOL.comparison_weeks, PROTOCOL.off_schedule) == (12, (-4, 4), "next")
    assert (PROTOCOL.conduct.eligibility.minimum_age, PROTOCOL.conduct.eligibility.maximum_age) == (16, 64)
    assert (PROTOCOL.conduct.steroid_rules.max_reduction, PROTOCOL.conduct.steroid_rules.within_days) == (0.1, 14)


# ---------------------------------------------------------------------------------------------------- in words


def test_a_protocol_shows_what_is_planned_and_what_was_inferred():
    plan = Protocol(
        {"CK": [0, 1], "": [0, 4]},
        4,
        rules={"MMT": ScoreThresholds()},
        strata=["sex"],
        inferred=["endpoint_week"],
        control="P",
    )
    shown = plan._shown()
    assert (shown.title, shown.header, shown.left) == ("Protocol", ("", "planned"), frozenset({0, 1}))
    assert [tuple(row) for row in shown.rows] == [
        ("scheduled weeks", "CK: 0, 1; others: 0, 4"),
        ("endpoint week", "4"),
        ("week window", "3 days"),
        ("week day distance", "7 days"),
        ("control", "P"),
        ("strata", "sex"),
        ("off schedule", "keep"),
        ("population", "adult"),
        ("rules", "MMT: marked 10; improved 5; worsened 5"),
        ("inferred", "endpoint_week"),
    ]
    assert list(shown.notes) == ["Inferred: endpoint week."]
    assert list(Protocol([0, 4])._shown().notes) == []


def test_a_plan_in_words_has_every_field_and_those_of_its_conduct_by_part():
    words = dict(in_words(Protocol([0, 12], conduct=Conduct(Eligibility(minimum_age=18), Course(dose=0.4), ["MTX"]))))
    assert {name: words[name] for name in list(words)[:6]} == {
        "scheduled_weeks": "0, 12",
        "endpoint_week": "not stated",
        "comparison_weeks": "not stated",
        "week_window": "3 days",
        "week_day_distance": "7 days",
        "measures": "not stated",
    }
    assert (words["outcomes"], words["strata"], words["rules"]) == ("not stated", "none", "not stated")
    assert (words["eligibility.minimum_age"], words["eligibility.maximum_age"]) == ("18 years", "not stated")
    assert (words["course.treatment"], words["course.dose"], words["course.number"]) == ("IVIG", "0.4", "1")
    assert (words["prohibited_treatments"], words["steroid_rules"]) == ("MTX", "not stated")
    assert "conduct" not in words
    measured = dict(in_words(Protocol([0, 12], measures=[CK, MMT18], outcomes=[Named("grip")])))
    assert (measured["measures"], measured["outcomes"]) == ("CK, MMT", "grip")
    assert named("eligibility.minimum_age") == "eligibility: minimum age"


def test_the_final_week_in_words():
    assert final_week(Protocol([0, 4, 12])) == final_week(Protocol([0, 4, 12], 12)) == "the last scheduled week"
    assert final_week(Protocol([0, 4, 12], 4)) == "week 4"


@pytest.mark.parametrize(
    ("fields", "column", "text"),
    [
        ({"outcomes": 5}, "outcomes", "'outcomes' must be several, such as a list (got 5)."),
        ({"measures": 5}, "measures", "'measures' must be several, such as a list (got 5)."),
        ({"measures": ["XX"]}, "measures", "'measures' must be instruments, or codes of built-in ones (got 'XX')."),
        ({"rules": [5]}, "rules", "'rules' must map codes of measures to rules (got [5])."),
        ({"conduct": 5}, "conduct", "'conduct' must be of the kind Conduct (got 5)."),
    ],
)
def test_what_is_no_part_of_a_plan_is_refused_by_its_name(fields, column, text):
    with pytest.raises(DataError) as caught:
        Protocol([0, 4], **fields)
    assert [(problem.column, str(problem)) for problem in caught.value.problems] == [(column, text)]


def test_a_course_has_a_whole_number_of_infusions():
    assert refused(Course, number=1.5) == ["'number' must be a whole number (got 1.5)."]
