"""The protocol in tables: what is given, what is stated, where both differ, and all of it back again."""

import attrs
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo import saito2008
from ivigmyo.errors import DataError
from ivigmyo.files.folder import read_study, write_study, write_template
from ivigmyo.files.frames import study_from_frames, study_to_frames
from ivigmyo.files.plan import KEYS
from ivigmyo.instruments import CK, MMT18, Instrument
from ivigmyo.outcomes import Change, Endpoint, Improvement, NormalDays, NormalDuration, Normalization, Reactions
from ivigmyo.response import CKThresholds, ScoreThresholds
from ivigmyo.study import Conduct, Course, Eligibility, Protocol, SteroidRules, Study
from ivigmyo.study.patients import AdverseEvent, Assessment, Patient, Treatment, Visit

PEOPLE = pd.DataFrame({"patient": ["P1", "P2"], "diagnosis": ["pm", "Dermatomyositis"], "sex": ["Female", "m"], "age": 50})
VALUES = pd.DataFrame({"patient": ["P1", "P2"] * 2, "week": [0, 0, 16, 16], "measure": "MMT", "value": [50, 60, 70, 61]})


class Own:
    """An outcome, and a rule, that no file can hold."""

    name = "mine"

    def observe(self, study):
        raise NotImplementedError

    def grade(self, pair):
        raise NotImplementedError


def keys(**stated):
    return pd.DataFrame({"key": [name.replace("__", " ") for name in stated], "value": list(stated.values())}, dtype=object)


def protocol(given=None, **stated):
    return study_from_frames(PEOPLE, VALUES, study=keys(**stated), protocol=given).protocol


def refused(given=None, people=PEOPLE, values=VALUES, measures=None, **stated):
    with pytest.raises(DataError) as caught:
        study_from_frames(people, values, study=keys(**stated), measures=measures, protocol=given)
    return str(caught.value).split("\n")


def test_every_key_is_read():
    found = protocol(
        scheduled_weeks="16; 0; -4",
        scheduled_weeks__CK="0; 1",
        endpoint_week=16,
        comparison_weeks="-4; 16",
        week_window="2",
        week_day_distance=3.0,
        primary="MMT.response",
        control="placebo",
        off_schedule="next",
        population="juvenile",
        minimum_age=18,
        maximum_age="75",
        maximum_mmt="80",
        maximum_mmt_gain="4",
        minimum_dose="40.5",
        minimum_dose_per_kg="0.8",
        exclusion_conditions="pregnancy; cancer",
        course_treatment="Octagam",
        course_days="2",
        course_dose="1",
        course_unit="g/kg/day",
        course_number="4",
        course_interval="28",
        steroid_max_reduction=0.2,
        steroid_within_days="7",
        prohibited_treatments="rituximab;methotrexate",
    )
    assert found == Protocol(
        scheduled_weeks={"": (-4, 0, 16), "CK": (0, 1)},
        endpoint_week=16,
        comparison_weeks=(-4, 16),
        week_window=2,
        week_day_distance=3,
        primary="MMT.response",
        control="placebo",
        off_schedule="next",
        population="juvenile",
        conduct=Conduct(
            Eligibility(18, 75, 80, 4, 40.5, 0.8, ("pregnancy", "cancer")),
            Course("Octagam", 2, 1, "g/kg/day", 4, 28),
            ("rituximab", "methotrexate"),
            SteroidRules(0.2, 7),
        ),
    )


def test_an_empty_value_states_nothing():
    stated = dict.fromkeys(KEYS, "")
    assert protocol(**stated) == protocol()
    assert protocol().inferred == ("scheduled_weeks", "endpoint_week")
    assert protocol(endpoint_week="12").inferred == ("scheduled_weeks",)
    assert protocol(endpoint_week="12").scheduled_weeks == (0, 12)


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        (
            {"endpoint_weak": "12"},
            "key: the key is not known; the nearest is 'endpoint_week' (got 'endpoint_weak') in row 0.",
        ),
        ({"sponsor": "me"}, "key: the key is not known; the nearest is "),
        ({"endpoint_week": "soon"}, "value: 'endpoint_week' must be a whole number: 's' spoils it (got 'soon') in row 0."),
        ({"endpoint_week": "-4"}, "value: 'endpoint_week' must be greater than 0 (got -4) in row 0."),
        (
            {"scheduled_weeks": "0; 4w"},
            "value: 'scheduled_weeks' must be a whole number: 'w' spoils it (got '4w') in row 0.",
        ),
        (
            {"scheduled_weeks__CK": "0,5"},
            "value: 'scheduled_weeks CK' must be whole numbers with semicolons between them (got '0,5')",
        ),
        (
            {"comparison_weeks": "4"},
            "value: 'comparison_weeks' must be a week before 0 and a week after it (got (4,)) in row 0.",
        ),
        ({"off_schedule": "last"}, "value: 'off_schedule' must be one of 'keep', 'next' (got 'last') in row 0."),
        ({"title": "A", "maximum_age": "-1"}, "value: 'maximum_age' must be at least 0 (got -1) in row 1."),
        ({"course_days": "0"}, "value: 'course_days' must be at least 1 (got 0) in row 0."),
        (
            {"steroid_max_reduction": "2", "steroid_within_days": "14"},
            "value: 'steroid_max_reduction' must be between 0 and 1",
        ),
        (
            {"steroid_max_reduction": "0.1"},
            "value: 'steroid_max_reduction' and 'steroid_within_days' must be stated together in row 0.",
        ),
        (
            {"minimum_age": "70", "maximum_age": "60"},
            "value: 'maximum_age' must be at least 'minimum_age' (got 60) in row 1.",
        ),
        ({"outcomes": "MMT.response; mine"}, "value: 'outcomes' must be names of outcomes ("),
        ({"outcomes": "MMT.response.0"}, "value: 'outcomes' must be names of outcomes ("),
        (
            {"outcomes": "MMT.change", "primary": "MMT.response"},
            "value: 'primary' must be one of 'MMT.change' (got 'MMT.response')",
        ),
    ],
)
def test_what_a_key_may_not_state(stated, text):
    lines = refused(**stated)
    assert lines[0].startswith(f"study: {text}"), lines
    assert len(lines) == 1


def test_of_a_row_that_cannot_be_read_nothing_more_is_said():
    assert refused(sheduled_weeks=True) == ["study: value: 'value' must be a text (got True) in row 0."]


def test_a_protocol_is_put_together_field_by_field():
    given = Protocol(endpoint_week=16, conduct=Conduct(Eligibility(minimum_age=18)))
    found = protocol(given, scheduled_weeks="0; 16", endpoint_week="16", maximum_age="75", course_treatment="IVIG")
    assert found == Protocol(scheduled_weeks=(0, 16), endpoint_week=16, conduct=Conduct(Eligibility(18, 75), Course("IVIG")))


def test_rules_and_measures_that_are_given_stand_beside_those_of_the_tables():
    given = Protocol(rules={"ADL": ScoreThresholds(6, 3, 3)}, measures=[CK])
    listed = measures("GRIP,Hand grip strength,kg,0,100,higher,no,score,6,3,3", "MMT,,,,,,,score,12,6,6")
    found = study_from_frames(PEOPLE, VALUES, measures=listed, protocol=given).protocol
    assert [each.code for each in found.measures] == ["CK", "GRIP"]
    assert {code: rule.marked for code, rule in found.rules.items()} == {"ADL": 6, "GRIP": 6, "MMT": 12}


def test_a_given_value_that_contradicts_the_tables_is_a_problem():
    given = Protocol(endpoint_week=12, scheduled_weeks=(0, 12), conduct=Conduct(Eligibility(minimum_age=18)))
    assert refused(given, endpoint_week="16", scheduled_weeks="0; 16", minimum_age="20") == [
        "study: value: 'scheduled_weeks' must be that of the argument 'protocol', 0; 12 (got '0; 16') in row 1.",
        "study: value: 'endpoint_week' must be that of the argument 'protocol', 12 (got '16') in row 0.",
        "study: value: 'minimum_age' must be that of the argument 'protocol', 18 (got '20') in row 2.",
    ]


def test_what_was_inferred_before_gives_way_to_what_is_stated():
    inferred = study_from_frames(PEOPLE, VALUES).protocol
    assert protocol(inferred, endpoint_week="12").endpoint_week == 12
    again = protocol(inferred)
    assert (again, again.inferred) == (inferred, inferred.inferred)


def test_arms_strata_and_events_are_read():
    people = PEOPLE.assign(arm=["IVIG", 2], arm_received=["", "IVIG"], site=["A", 7])
    events = pd.DataFrame({"patient": ["P1"], "term": ["fever"], "serious": ["no"], "severity": [2], "outcome": ["well"]})
    given = pd.DataFrame({"patient": ["P1"], "treatment": ["placebo"], "dose": [0]})
    study = study_from_frames(
        people, VALUES, study=keys(strata="site"), adverse_events=events.assign(action="none taken"), treatments=given
    )
    assert [(one.arm, one.arm_received, dict(one.factors)) for one in study.patients] == [
        ("IVIG", None, {"site": "A"}),
        ("2", "IVIG", {"site": "7"}),
    ]
    assert [(str(one.diagnosis), str(one.sex)) for one in study.patients] == [("PM", "F"), ("DM", "M")]
    event = AdverseEvent("fever", serious=False, severity="2", outcome="well", action="none taken")
    assert study.patients[0].adverse_events == (event,)
    assert study.patients[0].treatments[0].dose == 0
    assert study_from_frames(**study_to_frames(study)) == study
    assert refused(people=PEOPLE, strata="site") == [
        "patients: column 'site' is missing (found: 'patient', 'diagnosis', 'sex', 'age')."
    ]
    assert refused(people=people.assign(site=["A", ""]), strata="site") == [
        "patients: site: 'site' must not be empty for patient 'P2'."
    ]


MEASURES = ["measure", "name", "unit", "minimum", "maximum", "better", "has_uln", "rule", "marked", "improved", "worsened"]


def measures(*rows):
    return pd.DataFrame([row.split(",") for row in rows], columns=MEASURES, dtype=object)


def test_measures_and_rules_are_read():
    listed = measures(
        "GRIP,Hand grip strength,kg,0,100,higher,no,score,6,3,3",
        "LDH2,Another enzyme,U/L,,,lower,yes,ratio,0.4,0.6,1.5",
        "MMT,,,,,,,score,12,6,6",
    )
    found = study_from_frames(PEOPLE, VALUES, measures=listed).protocol
    grip = Instrument("GRIP", "Hand grip strength", "kg", maximum=100)
    enzyme = Instrument("LDH2", "Another enzyme", "U/L", higher_is_better=False, has_uln=True)
    assert found.measures == (grip, enzyme)
    rules = {"GRIP": ScoreThresholds(6, 3, 3), "LDH2": CKThresholds(0.4, 0.6, 1.5), "MMT": ScoreThresholds(12, 6, 6)}
    assert dict(found.rules) == rules


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("GRIP,,kg,,,,,,,,", "name: 'name' must not be empty where the measure is not built in for measure 'GRIP'."),
        ("GRIP,Grip,kg,5,1,,,,,,", "maximum: 'maximum' must be greater than 5 (got 1) for instrument 'GRIP'."),
        ("GRIP,Grip,kg,,,up,,,,,", "better: 'better' must be one of 'higher', 'lower' (got 'up') in row 0."),
        ("GRIP,Grip,kg,,,,,points,,,", "rule: 'rule' must be one of 'score', 'ratio' (got 'points') in row 0."),
        ("GRIP,Grip,kg,,,,,,5,,", "marked: 'marked' needs 'rule' (got 5) in row 0."),
        (
            "GRIP,Grip,kg,,,,,score,2,5,5",
            "improved: 'improved' must be greater than 0 and less than marked = 2 (got 5)",
        ),
        (
            "GRIP,Grip,kg,,,,,score,5,,",
            "improved: 'improved' must not be empty where the measure has no 'score' rule of its own for measure 'GRIP'.",
        ),
        (",Grip,kg,,,,,,,,", "measure: 'measure' must not be empty in row 0."),
    ],
)
def test_what_a_row_of_measures_may_not_be(row, text):
    line, *_ = refused(measures=measures(row))
    assert line.startswith(f"measures: {text}")


def test_a_measure_is_listed_once():
    assert refused(measures=measures("MMT,,,,,,,score,,,", "MMT,,,,,,,score,,,")) == [
        "measures: measure: a measure must appear once (got 'MMT') in row 1."
    ]


# ---------------------------------------------------------------------------------------------------- round trip


@pytest.fixture
def written(tmp_path):
    """Write a study and read it back without further arguments."""

    def write(study):
        write_study(study, tmp_path / "study")
        return read_study(tmp_path / "study")

    return write


def made(given=None, **who):
    visits = [Visit(week, None, [Assessment(MMT18, 50 + week)]) for week in (0, 4, 16)]
    return Study([Patient("P1", "PM", "F", 39, visits=visits, **who)], protocol=given or Protocol())


def test_the_bundled_study_holds_its_protocol(written):
    study = saito2008.load_study()
    assert study.protocol == saito2008.PROTOCOL
    assert study.protocol.inferred == ()
    assert study.notes == ()
    again = written(study)
    assert (again, again.protocol) == (study, study.protocol)


def test_what_was_inferred_is_not_written_where_it_would_be_again(written):
    study = made()
    assert "study" not in study_to_frames(study)
    again = written(study)
    assert (again, again.protocol.inferred) == (study, ("scheduled_weeks", "endpoint_week"))


def test_what_would_be_inferred_otherwise_is_written_and_stays_inferred(written):
    both = Study([*made().patients, Patient("P2", "PM", "F", 39, visits=made().patients[0].visits[:2])])
    assert both.protocol.inferred == ("scheduled_weeks",)
    part = attrs.evolve(both, patients=both.patients[:1])
    again = written(part)
    assert (again, again.protocol.inferred) == (part, ("scheduled_weeks",))
    assert again.protocol.endpoint_of("MMT") is None


WEEKS = st.lists(st.integers(-10, 60), min_size=1, max_size=5)
TEXTS = st.sampled_from(["rituximab", "plasma exchange", "IgA deficiency", "日本"])
AGES = st.none() | st.integers(0, 60)


@st.composite
def protocols(draw):
    eligibility = draw(st.none() | st.builds(Eligibility, AGES, st.none() | st.floats(60, 99), AGES, AGES, AGES))
    course = draw(st.none() | st.builds(Course, TEXTS, AGES.map(lambda n: n or None), AGES, st.none() | TEXTS))
    rules = draw(st.none() | st.builds(SteroidRules, st.floats(0, 1), st.integers(1, 99)))
    prohibited = draw(st.lists(TEXTS, unique=True))
    parts = (None if eligibility == Eligibility() else eligibility, course, tuple(prohibited), rules)
    grip = Instrument("GRIP", "Grip", "kg", maximum=100, units=(("N", 0.102),))
    return Protocol(
        scheduled_weeks=draw(WEEKS | st.dictionaries(st.sampled_from(["", "MMT", "CK"]), WEEKS, min_size=1).filter(
            lambda weeks: set(weeks) != {""})),
        endpoint_week=draw(st.none() | st.integers(1, 60)),
        comparison_weeks=draw(st.none() | st.tuples(st.integers(-9, -1), st.integers(1, 9))),
        week_window=draw(st.integers(0, 9)),
        week_day_distance=draw(st.integers(0, 9)),
        measures=draw(st.none() | st.lists(st.sampled_from([grip, MMT18, CK]), unique=True, min_size=1)),
        primary=draw(st.none() | st.just("MMT.response")),
        control=draw(st.none() | TEXTS),
        off_schedule=draw(st.sampled_from(["keep", "next"])),
        population=draw(st.sampled_from(["adult", "juvenile"])),
        conduct=None if parts == (None, None, (), None) else Conduct(*parts),
        rules=draw(st.dictionaries(st.sampled_from(["MMT", "CK"]), st.sampled_from([ScoreThresholds(9), CKThresholds()]))),
    )  # fmt: skip


@given(protocols())
def test_any_protocol_goes_round(protocol):
    study = made(protocol)
    again = study_from_frames(**study_to_frames(study))
    assert again.protocol == study.protocol
    assert again == study
    assert again.protocol.inferred == study.protocol.inferred


def test_a_measure_that_the_protocol_does_not_name_goes_round(written):
    grip = Instrument("GRIP", "Grip", "kg", minimum=1, minimum_possible=False)
    visit = Visit(0, None, [Assessment(grip, 5), Assessment(CK, 500, 180)])
    study = Study([Patient("P1", "PM", "F", 39, visits=[visit])])
    again = written(study)
    assert again == study
    assert again.protocol.measures is None


OUTCOMES = [
    Change("MMT"),
    Change("CK", scale="ln"),
    Change("MMT", 4),
    Endpoint("MMT", ScoreThresholds(8, 4, 4)),
    Endpoint("MMT", ScoreThresholds(8, 4, 4), week=4),
    Endpoint("CK", CKThresholds()),
    Improvement("major"),
    NormalDays(),
    NormalDays(until=240.0),
    NormalDuration(),
    Normalization(),
    Reactions(),
]


@pytest.mark.parametrize("chosen", [OUTCOMES, [], *([each] for each in OUTCOMES)], ids=lambda each: str(len(each)))
def test_outcomes_go_round_by_their_names(chosen, written):
    study = made(Protocol(scheduled_weeks=(0, 16), outcomes=chosen))
    again = written(study)
    assert again == study
    assert again.protocol.outcomes == tuple(chosen)


def test_outcomes_by_name_take_the_rules_of_the_table():
    listed = measures("GRIP,Grip,kg,0,100,higher,no,score,6,3,3")
    found = study_from_frames(
        PEOPLE, VALUES, measures=listed, study=keys(outcomes="GRIP.response; MMT.response", primary="GRIP.response")
    ).protocol
    rules = {outcome.name: outcome.rule for outcome in found.outcomes}
    assert rules == {"GRIP.response": ScoreThresholds(6, 3, 3), "MMT.response": ScoreThresholds()}
    assert dict(found.rules) == {}
    given = Protocol(outcomes=[Endpoint("MMT", ScoreThresholds(9, 4, 4))])
    assert study_from_frames(PEOPLE, VALUES, measures=listed, protocol=given).protocol.outcomes == given.outcomes
    assert refused(given, outcomes="MMT.response") == [
        "study: value: 'outcomes' must be that of the argument 'protocol', MMT.response (got 'MMT.response') in row 0."
    ]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            Protocol(outcomes=[Endpoint("MMT", ScoreThresholds(), missing="locf")]),
            "files cannot hold an outcome with strategies, a scale or a rule that its name does not tell (got",
        ),
        (
            Protocol(outcomes=[Endpoint("MMT", ScoreThresholds(), intercurrent={"rescue": "composite"})]),
            "files cannot hold an outcome with strategies, a scale or a rule that its name does not tell (got",
        ),
        (Protocol(outcomes=[Own()]), "files cannot hold an outcome of one's own (got 'mine')."),
        (Protocol(rules={"MMT": Own()}), "files cannot hold a rule that is no threshold (got "),
        (
            Protocol(measures=[Instrument("X", "x", "points", maximum=6, items=("a", "b"), item_maximum=3)]),
            "files cannot hold a measure with items of its own (got 'X').",
        ),
        (
            Protocol(conduct=Conduct(prohibited_treatments=["a; b"])),
            "files cannot hold a semicolon or 'none' in 'prohibited_treatments' (got 'a; b').",
        ),
        (Protocol(conduct=Conduct()), "files cannot hold a part of 'conduct' that states nothing: None says the same."),
    ],
)
def test_what_files_cannot_hold_is_refused_by_name(given, text, tmp_path):
    with pytest.raises(DataError) as caught:
        write_study(made(given), tmp_path / "study")
    assert str(caught.value).startswith(text)
    assert not (tmp_path / "study").exists()


def test_a_template_has_its_schedule_and_nobody_s_conduct(tmp_path):
    write_template(tmp_path)
    study = read_study(tmp_path)
    assert study.patients == saito2008.load_study().patients
    assert study.protocol == Protocol(
        scheduled_weeks=saito2008.PROTOCOL.scheduled_weeks, endpoint_week=12, comparison_weeks=(-4, 4)
    )
    lines = (tmp_path / "study.csv").read_text(encoding="utf-8").splitlines()
    assert {line.removesuffix(",") for line in lines if line.endswith(",")} == set(KEYS) - {
        *("title", "source", "scheduled_weeks", "endpoint_week", "comparison_weeks")
    }


def test_a_placebo_is_written_and_read(written):
    study = made(arm="placebo", treatments=[Treatment("placebo", 0, 1, 0, "g/kg/day")])
    assert written(study) == study


def test_weeks_between_commas_are_refused_with_what_to_write():
    (line,) = refused(scheduled_weeks="0, 16")
    assert (
        line == "study: value: 'scheduled_weeks' must be whole numbers with semicolons between them (got '0, 16') in row 0."
    )


@pytest.mark.parametrize("name", ["study", "study.xlsx"])
def test_one_day_for_two_weeks_is_refused_when_written_and_nothing_is_paired_anew(name, tmp_path):
    seen = [Visit(0, 0, [Assessment(MMT18, 60)]), Visit(4, 28, [Assessment(MMT18, 70)]), Visit(5, 28, [Assessment(CK, 400)])]
    one = Study([Patient("P1", "PM", "F", 50, visits=seen)], protocol=Protocol(scheduled_weeks=(0, 4, 5)))
    with pytest.raises(DataError, match=r"day 28 must belong to one week \(week 4\) \(got 5\) for patient 'P1', week 5"):
        write_study(one, tmp_path / name)
    apart = [*seen[:2], Visit(5, 29, [Assessment(CK, 400)])]
    two = Study([Patient("P1", "PM", "F", 50, visits=apart)], protocol=one.protocol)
    write_study(two, tmp_path / name)
    assert read_study(tmp_path / name) == two
