import re

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import CK, Assessment, DataError, FollowUp, Patient, Study, Visit, find_normalizations, saito2008
from ivigmyo.outcomes.episodes import study_episodes

COLUMNS = ["patient", "normalized_on", "re_elevated_on", "observed_until", "duration", "event", "status"]


def patient(name, *values, uln=100, follow_up=None):
    visits = [Visit(day=day, assessments=[Assessment(CK, ck, uln)]) for day, ck in values]
    return Patient(name, "PM", "F", 40, visits=visits, follow_up=follow_up)


def test_table_4_comes_from_the_follow_up():
    study = saito2008.load_study()
    pd.testing.assert_frame_equal(study_episodes(study.efficacy_set), saito2008.load_episodes())


def test_serial_values_give_episodes_by_themselves():
    study = Study([patient("A", (-7, 200), (0, 300), (30, 90), (60, 80), (200, 150)), patient("B", (0, 300), (30, 200))])
    episodes = study_episodes(study)
    assert episodes.columns.tolist() == COLUMNS
    assert episodes.loc[0].tolist() == ["A", 30, 200, 200, 170, 1, "re-elevated"]
    assert episodes.loc[1, ["patient", "status"]].tolist() == ["B", "not normalized"]
    expected = find_normalizations(study.ck_series())[COLUMNS]
    pd.testing.assert_frame_equal(episodes, expected, check_dtype=False)


def test_a_recorded_follow_up_comes_first_and_patients_keep_their_order():
    known = FollowUp(observed_until=400, normalized_on=10)
    serial = [
        patient("2", (0, 300), (30, 90)),
        patient("10", (0, 300), (30, 90), follow_up=known),
        patient("1", (0, 300), (9, 99)),
    ]
    episodes = study_episodes(Study(serial))
    assert episodes["patient"].tolist() == ["1", "2", "10"]
    assert episodes["duration"].tolist() == [0, 0, 390]
    assert study_episodes(Study(serial), origin="treatment")["duration"].tolist() == [9, 30, 400]


def test_a_ck_without_its_limit_is_refused_and_named():
    study = Study([patient("A", (0, 300), (30, 90), uln=None)])
    with pytest.raises(DataError) as refused:
        study_episodes(study)
    assert str(refused.value) == "'CK' needs its upper limit of normal (got nan) for patient 'A', day 0, and 1 more."
    one = attrs.evolve(study, patients=[patient("A", (30, 90), uln=None)])
    with pytest.raises(DataError, match=re.escape("(got nan) for patient 'A', day 30.")):
        study_episodes(one)


def test_a_study_without_ck_has_no_episodes():
    with pytest.raises(DataError, match=re.escape("a study must have a CK follow-up or a CK value with its limit (got 0).")):
        study_episodes(Study([Patient("A", "PM", "F", 40)]))


def test_patients_without_any_ck_have_no_row():
    episodes = study_episodes(Study([patient("A", (0, 300), (30, 90)), Patient("B", "DM", "M", 50)]))
    assert episodes["patient"].tolist() == ["A"]
    assert episodes["event"].tolist() == [0.0]
    assert np.isnan(episodes.loc[0, "re_elevated_on"])


values = st.dictionaries(st.integers(1, 20), st.sampled_from([50, 100, 150]), max_size=5)
treated = st.lists(values, min_size=1, max_size=4).map(
    lambda series: [patient(str(k), (0, 300), *ck.items()) for k, ck in enumerate(series, start=9)]
)


@given(treated, st.sampled_from(["normalization", "treatment"]))
@settings(settings.get_profile("whole"))
def test_the_episodes_of_a_study_are_those_of_its_patients(patients, origin):
    alone = [study_episodes(Study([each]), origin) for each in patients]
    # patients are kept in their natural order
    together = study_episodes(Study(patients[::-1]), origin)
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))
    found = find_normalizations(Study(patients).ck_series(), origin=origin).set_index("patient")
    pd.testing.assert_frame_equal(together.set_index("patient"), found.loc[together["patient"], COLUMNS[1:]])


@given(treated)
@settings(settings.get_profile("whole"))
def test_what_serial_values_show_gives_the_same_episodes_when_it_is_recorded(patients):
    episodes = study_episodes(Study(patients))
    known = episodes[episodes["status"] != "no follow-up"].set_index("patient")
    days = known[["normalized_on", "re_elevated_on", "observed_until"]].replace(np.nan, None)
    recorded = [
        attrs.evolve(each, follow_up=FollowUp(last, normalized_on=normal, re_elevated_on=high))
        for each in patients
        if each.id in days.index
        for normal, high, last in [days.loc[each.id]]
    ]
    if not recorded:
        return
    again = study_episodes(Study(recorded))
    pd.testing.assert_frame_equal(again.set_index("patient"), known)
    # from the start of treatment on, durations are longer by the days it took
    since = study_episodes(Study(recorded), origin="treatment")
    assert (since["duration"] - again["duration"]).dropna().tolist() == again["normalized_on"].dropna().tolist()
