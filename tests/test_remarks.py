"""What is suspicious but possible: each remark, and no remark where nothing is."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import ADL15, CK, MMT18, Protocol, saito2008
from ivigmyo.instruments import Instrument
from ivigmyo.study import Study
from ivigmyo.study.patients import Assessment, FollowUp, Patient, Visit
from ivigmyo.study.remarks import remarks


def visit(week=None, day=None, **values):
    instruments = {"mmt": MMT18, "adl": ADL15, "ck": CK}
    made = [
        Assessment(instruments[code], *(value if isinstance(value, tuple) else (value,))) for code, value in values.items()
    ]
    return Visit(week, day, made)


PLANNED = Protocol((-4, 0, 1, 2, 4, 8, 12))


def told(*visits, protocol=PLANNED, **characteristics):
    patient = Patient("P1", "PM", "F", 39, visits=visits, **characteristics)
    return remarks(Study([patient], protocol=protocol))


START, END = visit(0, mmt=59), visit(12, mmt=85)


def test_nothing_suspicious():
    assert told(visit(-4, mmt=60), START, visit(4, mmt=70), END) == ()
    assert told(visit(0, mmt=59, ck=(900, 180)), visit(12, mmt=85, ck=(120, 180))) == ()
    assert told(START, visit(5, mmt=60), discontinued_on=36, discontinuation_reason="worse")[1:] == ()
    assert told(START, END, efficacy_set=False, exclusion_reason="protocol") == ()


def test_the_bundled_study():
    assert remarks(saito2008.load_study()) == (
        "Patient '16' has no value of MMT, ADL and CK after the first infusion.",
        "CK has no upper limit of normal in 76 of 76 values (the first: patient '1', week -4): its normalization cannot "
        "count in the grade of 15 patients.",
        "Patient '15' has MMT, ADL and CK in week 5, which is not scheduled: they keep a column of their own.",
    )


APART = "{} in no window of a scheduled week (the first: patient 'P1', day {}): kept by day, in no table by week."


class TestMissingValues:
    def test_no_values_at_all(self):
        assert told() == ("No patient has a value of any measure.",)

    def test_none_of_a_measure(self):
        other = Patient("P2", "DM", "M", 40, visits=[visit(0, adl=20), visit(12, adl=30)])
        study = Study([Patient("P1", "PM", "F", 39, visits=[START, END]), other, Patient("P3", "DM", "M", 50)])
        assert remarks(study) == (
            "Patient 'P1' has no value of ADL at all.",
            "Patient 'P2' has no value of MMT at all.",
            "Patient 'P3' has no value of MMT and ADL at all.",
        )

    def test_no_baseline(self):
        sentence = "Patient 'P1' has no value of MMT at or before the first infusion."
        assert told(visit(-4, mmt=60), END) == (sentence,)
        assert told(visit(day=-20, mmt=60), END) == ()
        assert told(visit(day=0, mmt=60), END) == ()
        assert told(visit(day=1, mmt=60), END) == (sentence, APART.format("1 value of MMT lies", 1))

    def test_none_after_the_first_infusion(self):
        assert told(START) == ("Patient 'P1' has no value of MMT after the first infusion.",)
        assert told(visit(-4, mmt=60)) == (
            "Patient 'P1' has no value of MMT at or before the first infusion.",
            "Patient 'P1' has no value of MMT after the first infusion.",
        )

    def test_none_at_the_end(self):
        assert told(START, visit(8, mmt=60)) == (
            "Patient 'P1' has no value of MMT in week 12 and did not leave the trial, so that there is no grade.",
        )
        assert told(START, visit(8, mmt=60), discontinued_on=60) == ()

    def test_after_leaving(self):
        sentence = "Patient 'P1' left the trial on day 60 and has MMT and ADL in week 12, which is not graded."
        after = visit(12, mmt=60, ck=(120, 180), adl=30)
        early = [visit(0, mmt=59, adl=20, ck=(900, 180)), visit(8, mmt=60, adl=20, ck=(900, 180))]
        assert told(*early, after, discontinued_on=60) == (sentence,)
        assert told(*early, after, discontinued_on=84) == ()
        assert told(*early, after, discontinued_on=83) == (sentence.replace("60", "83"),)
        later = "Values after the endpoint week 12 are not graded: MMT (up to week 13, 1 patient)."
        assert told(*early, visit(13, mmt=60), discontinued_on=60) == (later,)
        assert told(*early, visit(12, ck=(120, 180)), discontinued_on=60) == ()


class TestLimits:
    def test_missing_at_baseline_and_end(self):
        sentence = (
            "CK has no upper limit of normal in {} of 3 values (the first: patient 'P1', {}): its normalization cannot "
            "count in the grade of 1 patient; how long it was normal cannot be analysed, since of patient 'P1' no follow-up "
            "was recorded."
        )
        visits = [visit(0, ck=900), visit(4, ck=(500, 180)), visit(12, ck=(120, 180))]
        assert told(*visits) == (sentence.format(1, "week 0"),)
        assert told(visit(0, ck=(900, 180)), visits[1], visit(12, ck=120)) == (sentence.format(1, "week 12"),)
        assert told(visits[0], visits[1], visit(12, ck=120)) == (sentence.format(2, "week 0"),)

    def test_missing_in_between(self):
        visits = [visit(0, ck=(900, 180)), visit(day=30, ck=500), visit(12, ck=(120, 180))]
        start = "CK has no upper limit of normal in 1 of 3 values (the first: patient 'P1', day 30)"
        assert told(*visits) == (
            f"{start}: how long it was normal cannot be analysed, since of patient 'P1' no follow-up was recorded.",
        )
        assert told(*visits, follow_up=FollowUp(200)) == (f"{start}.",)
        outside = {"efficacy_set": False, "exclusion_reason": "protocol"}
        assert told(*visits, **outside) == (f"{start}.",)

    def test_of_several_patients(self):
        visits = [visit(0, ck=900), visit(12, ck=120)]
        study = Study([Patient(f"P{i}", "PM", "F", 39, visits=visits) for i in (1, 2, 3)], protocol=PLANNED)
        assert remarks(study) == (
            "CK has no upper limit of normal in 6 of 6 values (the first: patient 'P1', week 0): its normalization cannot "
            "count in the grade of 3 patients; how long it was normal cannot be analysed, since of patient 'P1', 'P2' and "
            "'P3' no follow-up was recorded.",
        )

    def test_of_another_test_no_duration_depends(self):
        aldolase = Instrument("ALD", "Aldolase", "U/L", has_uln=True, higher_is_better=False)
        visits = [Visit(week, assessments=[Assessment(aldolase, 9)]) for week in (0, 12)]
        assert told(*visits) == (
            "ALD has no upper limit of normal in 2 of 2 values (the first: patient 'P1', week 0): its normalization cannot "
            "count in the grade of 1 patient.",
        )

    def test_far_apart(self):
        assert told(visit(0, ck=(900, 100)), visit(12, ck=(120, 201))) == (
            "Patient 'P1' has upper limits of CK from 100 to 201.",
        )
        assert told(visit(0, ck=(900, 200)), visit(12, ck=(120, 200))) == ()

    def test_that_change_within_reason_are_said_once(self):
        assert told(visit(0, ck=(900, 100)), visit(12, ck=(120, 200))) == (
            "The upper limit of CK changes in 1 patient (the first: patient 'P1', from 100 to 200): each value is held "
            "against its own.",
        )
        changed = [visit(0, ck=(900, 170)), visit(12, ck=(120, 200))]
        steady = [visit(0, ck=(900, 200)), visit(12, ck=(120, 200))]
        people = [Patient(f"P{i}", "PM", "F", 39, visits=each) for i, each in enumerate((steady, changed, changed))]
        (sentence,) = remarks(Study(people, protocol=PLANNED))
        assert sentence.startswith("The upper limit of CK changes in 2 patients (the first: patient 'P1', from 170 to 200)")


class TestWeeks:
    def test_several_values_in_one_week(self):
        ck = [visit(day=26, ck=(900, 180)), visit(day=29, ck=(500, 180)), visit(day=24, ck=(950, 180))]
        around = [visit(0, ck=(990, 180)), visit(12, ck=(120, 180))]
        assert told(*around, *ck[:2]) == (
            "Patient 'P1' has 2 values of CK in week 4, 900 (day 26) and 500 (day 29): 500 stands in tables by week.",
        )
        assert told(*around, *ck[:1], ck[2]) == (APART.format("1 value of CK lies", 24),)
        twice = visit(day=23, ck=(950, 180))
        assert told(*around, *ck[:1], ck[2], twice) == (APART.format("2 values of CK lie", 23),)
        assert told(*around, visit(4, 20, ck=(300, 180)), *ck[:2])[0].endswith(
            "300 (week 4), 900 (day 26) and 500 (day 29): 300 stands in tables by week."
        )

    def test_the_last_scheduled_week_counts(self):
        twice = [visit(day=83, ck=(130, 180)), visit(day=85, ck=(120, 180))]
        assert told(visit(0, ck=(990, 180)), *twice) == (
            "Patient 'P1' has 2 values of CK in week 12, 130 (day 83) and 120 (day 85): 130 stands in tables by week.",
        )

    def test_serial_values_beyond_the_schedule_are_expected(self):
        late = [visit(day=120, ck=(120, 180)), visit(day=121, ck=(120, 180))]
        assert told(visit(0, ck=(990, 180)), visit(12, ck=(120, 180)), *late) == ()

    def test_other_measures_of_one_day_are_not_counted(self):
        assert told(START, visit(4, 28, mmt=60), visit(day=30, adl=20), END)[0].endswith(
            "has no value of ADL at or before the first infusion."
        )

    def test_unscheduled(self):
        assert told(START, visit(5, mmt=60), END) == (
            "Patient 'P1' has MMT in week 5, which is not scheduled: it keeps a column of its own.",
        )
        assert told(START, visit(day=35, mmt=60), END) == (APART.format("1 value of MMT lies", 35),)
        assert told(START, visit(5, mmt=60, ck=(1, 2)), END)[-1] == (
            "Patient 'P1' has MMT and CK in week 5, which is not scheduled: they keep a column of their own."
        )

    def test_after_the_endpoint(self):
        sentence = "Values after the endpoint week {} are not graded: {}."
        two = [visit(13, mmt=60), visit(day=120, adl=20)]
        scores = [visit(0, mmt=59, adl=20), visit(12, mmt=60, adl=30)]
        told_of_both = sentence.format(12, "MMT (up to week 13, 1 patient) and ADL (up to day 120, 1 patient)")
        assert told(*scores, *two) == (told_of_both,)
        stated = Protocol((0, 12, 24), endpoint_week=13)
        assert sentence.format(13, "ADL (up to day 120, 1 patient)") in told(*scores, *two, protocol=stated)
        assert told(*scores, visit(13, mmt=60, adl=20), protocol=Protocol()) == ()
        assert told(visit(0, ck=(900, 180)), visit(12, ck=(120, 180)), visit(13, ck=(100, 180))) == ()

    def test_by_measure(self):
        protocol = Protocol({"MMT": (0, 12), "CK": (0, 4)})
        seen = [visit(0, mmt=59, ck=(900, 180)), visit(4, mmt=60, ck=(500, 180)), visit(12, mmt=60)]
        assert told(*seen, protocol=protocol) == (
            "Patient 'P1' has MMT in week 4, which is not scheduled: it keeps a column of its own.",
        )


def test_what_many_have_out_of_schedule_is_said_once():
    def said(n, late=7):
        visits = sorted([START, visit(5, mmt=60), visit(late, mmt=61), END], key=lambda each: each.week)
        return remarks(Study([Patient(f"P{i}", "PM", "F", 39, visits=visits) for i in range(n)], protocol=PLANNED))

    assert said(10)[3] == "Patient 'P3' has MMT in week 5 and 7, which are not scheduled: it keeps a column of its own."
    assert said(11, 10) == ("11 patients have MMT in week 5 and 10, out of schedule: it keeps a column of its own.",)
    assert said(11) == ("11 patients have MMT in week 5 and 7, out of schedule: it keeps a column of its own.",)


def test_of_a_kind_ten_are_said_and_the_others_counted():
    def said(n):
        people = [Patient(f"P{i}", "PM", "F", 39, visits=[START, END], efficacy_set=False) for i in range(n)]
        return remarks(Study(people, protocol=PLANNED))

    assert len(said(10)) == 10
    assert said(11)[9:] == ("Patient 'P9' is outside the efficacy set without a reason.", "And 1 more remark of this kind.")
    assert said(12)[10:] == ("And 2 more remarks of this kind.",)


def test_of_many_without_a_follow_up_one_is_named():
    def said(n):
        people = [Patient(f"P{i}", "PM", "F", 39, visits=[visit(0, ck=900), visit(12, ck=120)]) for i in range(n)]
        return remarks(Study(people, protocol=PLANNED))[0].split("since of ")[1]

    assert said(10).endswith("'P8' and 'P9' no follow-up was recorded.")
    assert said(11) == "patient 'P0' and 10 others no follow-up was recorded."


class TestUnexplained:
    @pytest.mark.parametrize(
        ("characteristics", "sentence"),
        [
            ({"efficacy_set": False}, "Patient 'P1' is outside the efficacy set without a reason."),
            (
                {"exclusion_reason": "protocol"},
                "Patient 'P1' is in the efficacy set although there is a reason for exclusion, 'protocol'.",
            ),
            (
                {"discontinuation_reason": "worse"},
                "Patient 'P1' has a reason for leaving the trial, 'worse', but no day: it is analysed as completed.",
            ),
        ],
    )
    def test_sets_and_leaving(self, characteristics, sentence):
        assert told(START, END, **characteristics) == (sentence,)


def test_an_arm_of_one_patient_is_asked_about():
    arms = ["IVIG", "IVIG", "placebo", "plcebo", "placebo"]
    people = [Patient(f"P{i}", "PM", "F", 39, visits=[START, END], arm=arm) for i, arm in enumerate(arms)]
    lone = "Arm 'plcebo' has one patient alone: is it spelled right?"
    assert [each for each in remarks(Study(people, protocol=PLANNED)) if each.startswith("Arm")] == [lone]
    assert not [each for each in remarks(Study(people[:3:3], protocol=PLANNED)) if each.startswith("Arm")]


LIMIT = 180


@st.composite
def patients(draw, name):
    """A patient with a limit beside each CK, and anything missing, unscheduled, crowded or unexplained."""
    weeks = draw(st.sets(st.sampled_from([-4, 0, 4, 5, 8, 12])))
    visits = [
        visit(week, mmt=draw(st.integers(0, 90)), ck=(draw(st.integers(1, 999)), LIMIT)) for week in sorted(weeks | {0})
    ]
    visits += [
        visit(day=day, ck=(500, draw(st.sampled_from([100, LIMIT, 201])))) for day in draw(st.sets(st.integers(20, 40)))
    ]
    return Patient(
        name,
        "PM",
        "F",
        39,
        visits=visits,
        efficacy_set=draw(st.booleans()),
        exclusion_reason=draw(st.sampled_from([None, "protocol"])),
        discontinued_on=draw(st.none() | st.integers(0, 90)),
        discontinuation_reason=draw(st.sampled_from([None, "worse"])),
    )


@given(patients("P1"), patients("P2"))
@settings(settings.get_profile("whole"))
def test_what_is_said_of_a_patient_does_not_depend_on_the_others(one, other):
    alone = [remarks(Study([each], protocol=PLANNED)) for each in (one, other)]
    together = remarks(Study([other, one], protocol=PLANNED))
    counted = ("in no window of a scheduled week", "The upper limit of CK changes")

    def of_one(said):
        return [sentence for sentence in said if not any(each in sentence for each in counted)]

    assert sorted(of_one(together)) == sorted(sentence for said in alone for sentence in of_one(said))
    for each in counted:
        assert any(each in sentence for sentence in together) == any(each in sentence for said in alone for sentence in said)
    for each, said in zip((one, other), alone, strict=True):
        own = of_one(said)
        assert all(sentence.startswith(f"Patient {each.id!r} ") for sentence in own)
        unexplained = (not each.efficacy_set) == (each.exclusion_reason is None)
        assert any("efficacy set" in sentence for sentence in said) == unexplained
        limits = {assessed.uln for seen in each.visits for assessed in seen.assessments if assessed.uln}
        assert any("upper limits of CK from" in sentence for sentence in said) == (max(limits) > 2 * min(limits))
        assert any("not scheduled" in sentence for sentence in said) == any(seen.week == 5 for seen in each.visits)


@given(
    st.sets(st.sampled_from([-4, 1, 2, 4, 8])),
    st.integers(LIMIT, 2 * LIMIT),
    st.sampled_from([None, 30, 50, 90]),
)
@settings(settings.get_profile("whole"))
def test_whoever_is_seen_as_planned_draws_no_remark_until_something_is_taken_away(weeks, limit, left):
    seen = [visit(week, ck=(500, limit)) for week in sorted(weeks | {0, 12})]
    assert told(*seen) == ()
    assert len(told(*seen[:-1])) == 1
    assert len(told(*(each for each in seen if each.week != 0))) == 1
    assert len(told(*seen, visit(7, ck=(500, limit)))) == 1
    # CK is followed beyond the day a patient leaves
    reason = None if left is None else "worse"
    assert told(*seen, discontinued_on=left, discontinuation_reason=reason) == ()


def test_the_study_is_not_changed():
    study = saito2008.load_study()
    before = attrs.evolve(study)
    remarks(study)
    assert study == before
