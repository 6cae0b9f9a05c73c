"""Where the endpoint week is not stated: inferred only where nothing is left to choose."""

import attrs
import pytest

from ivigmyo import ADL15, CK, MMT18, Assessment, Patient, Protocol, Study, Visit, trial_report
from ivigmyo.errors import DataError
from ivigmyo.study.inference import last_weeks


def patient(name, *weeks, days=(), code=MMT18, **others):
    visits = [Visit(week, assessments=[Assessment(code, 50)]) for week in weeks]
    visits += [Visit(day=day, assessments=[Assessment(code, 51)]) for day in days]
    return Patient(name, "PM", "F", 40, visits=visits, **others)


def reason(study, code="MMT"):
    with pytest.raises(DataError) as caught:
        study.endpoint_of(code)
    return str(caught.value)


BOTH = ("scheduled_weeks", "endpoint_week")


def test_one_last_week_in_which_everyone_has_a_value_is_the_endpoint():
    study = Study([patient("A", 0, 12, 16), patient("B", 0, 4, 16)])
    assert study.protocol.endpoint_week == 16
    assert study.protocol.scheduled_weeks == (0, 4, 12, 16)
    assert study.protocol.inferred == BOTH
    assert study.endpoint_of("MMT") == 16


def test_whoever_left_need_not_have_it():
    study = Study([patient("A", 0, 16), patient("B", 0, 4, discontinued_on=30)])
    assert study.protocol.endpoint_week == 16
    stayed = Study([patient("A", 0, 16), patient("B", 0, 4)])
    assert stayed.protocol.endpoint_week is None
    assert stayed.protocol.inferred == ("scheduled_weeks",)
    assert reason(stayed) == "'endpoint_week' must be stated; last weeks recorded: 4 (1 patient), 16 (1)."
    nobody = Study([patient("A", 0, 16, discontinued_on=150)])
    assert nobody.protocol.endpoint_week is None


def test_a_straggler_or_an_extension_leaves_a_choice():
    straggler = Study([patient(f"P{i}", 0, 12, *([13] if i == 3 else [])) for i in range(40)])
    assert reason(straggler) == "'endpoint_week' must be stated; last weeks recorded: 12 (40 patients), 13 (1)."
    extension = Study([patient(f"P{i}", 0, 16, *([40] if i < 25 else [])) for i in range(40)])
    assert reason(extension) == "'endpoint_week' must be stated; last weeks recorded: 16 (40 patients), 40 (25)."
    report = trial_report(extension)
    assert report.absent["MMT response"] == report.absent["MMT change"] == reason(extension)
    assert report.measures[0].visits["n"].to_dict() == {0: 40, 16: 40, 40: 25}
    assert (report.measures[0].response, report.measures[0].grades, report.measures[0].final_change.n) == (None, None, 0)


def test_measures_that_end_in_different_weeks_leave_a_choice():
    adl = Visit(8, assessments=[Assessment(CK, 5)])
    one = patient("A", 0, 12)
    with_ck = Study([Patient("A", "PM", "F", 40, visits=[*one.visits, adl])])
    assert with_ck.protocol.endpoint_week == 12
    with_adl = Study([Patient("A", "PM", "F", 40, visits=[*one.visits, Visit(8, assessments=[Assessment(ADL15, 5)])])])
    assert with_adl.protocol.endpoint_week is None
    assert reason(with_adl) == "'endpoint_week' must be stated; last weeks recorded: 12 (1 patient)."


def test_measures_with_a_limit_speak_only_where_there_are_no_others():
    only = Study([patient("A", 0, 26, code=CK), patient("B", 0, 26, code=CK)])
    assert (only.protocol.endpoint_week, only.protocol.scheduled_weeks) == (26, (0, 26))
    visits = [
        *patient("A", 0, 12).visits,
        Visit(26, assessments=[Assessment(CK, 100)]),
        Visit(4, assessments=[Assessment(CK, 9)]),
    ]
    mixed = Study([Patient("A", "PM", "F", 40, visits=visits)])
    assert (mixed.protocol.endpoint_week, mixed.protocol.scheduled_weeks) == (12, (0, 4, 12))


def test_nothing_after_week_0_is_nothing_to_judge_by():
    study = Study([patient("A", -4, 0), patient("B", 0)])
    assert (study.protocol.endpoint_week, study.protocol.scheduled_weeks) == (None, (-4, 0))
    assert study.protocol.inferred == ("scheduled_weeks",)
    assert reason(study) == "'endpoint_week' must be stated; no week after week 0 is recorded."
    none = Study([Patient("A", "PM", "F", 40)])
    assert (none.protocol.inferred, none.protocol.scheduled_weeks) == ((), ())


def test_days_alone_are_no_weeks():
    study = Study([patient("A", 0, days=[84])])
    assert (study.protocol.endpoint_week, study.protocol.scheduled_weeks) == (None, (0,))
    assert study.under(Protocol([0, 12])).final_values("MMT").tolist() == [51]


def test_with_arms_nothing_is_inferred_but_the_weeks_recorded():
    study = Study([patient("A", 0, 12, arm="IVIG"), patient("B", 0, 12, arm="placebo")])
    assert study.protocol.endpoint_week is None
    assert (study.protocol.scheduled_weeks, study.protocol.inferred) == ((0, 12), ("scheduled_weeks",))
    assert reason(study) == "'endpoint_week' must be stated; last weeks recorded: 12 (2 patients)."


def test_what_is_stated_is_not_inferred():
    patients = [patient("A", 0, 4, 12, 24)]
    stated = Study(patients, protocol=Protocol([0, 12]))
    assert (stated.protocol.endpoint_of("MMT"), stated.protocol.inferred) == (12, ())
    week = Study(patients, protocol=Protocol(endpoint_week=12))
    assert (week.protocol.scheduled_weeks, week.protocol.inferred) == ((0, 4, 12), ("scheduled_weeks",))
    assert week.endpoint_of("MMT") == 12
    unseen = Study(patients, protocol=Protocol(endpoint_week=16))
    assert unseen.protocol.scheduled_weeks == (0, 4, 12, 16)
    before = Study(patients, protocol=Protocol([-4, 0]))
    assert reason(before) == "no week after week 0 is scheduled for 'MMT'."


def test_before_and_after_and_conduct_are_never_inferred():
    protocol = Study([patient("A", -4, 0, 4, 12)]).protocol
    assert (protocol.comparison_weeks, protocol.conduct, protocol.primary, protocol.control) == (None, None, None, None)


def test_subsets_keep_what_was_inferred_and_another_protocol_is_inferred_anew():
    study = Study([patient("A", 0, 16), patient("B", 0, 4, discontinued_on=30)])
    parts = (study.efficacy_set, study.safety_set, study.split("diagnosis")["PM"])
    assert all(part.protocol.endpoint_week == 16 and part.protocol.inferred == BOTH for part in parts)
    left = attrs.evolve(study, patients=study.patients[1:])
    assert (left.protocol.endpoint_week, left.protocol.inferred) == (16, BOTH)
    assert study.under(Protocol()).protocol.inferred == BOTH
    assert study.under(Protocol([0, 4])).protocol.inferred == ()
    assert study.under(study.protocol).protocol.inferred == ()
    assert study.under(Protocol([0, 4])).under(Protocol()) == study


def test_the_last_weeks_recorded_are_counted():
    people = [patient("A", 0, 4, 12), patient("B", 0, 4), patient("C", 0, 12, 13), patient("D", -4, 0)]
    assert last_weeks(people) == {4: 2, 12: 2, 13: 1}
    assert last_weeks([patient("D", -4, 0)]) == {}
