"""Rules of ADaM data sets, each on the smallest data that tell it apart."""

import re

import pandas as pd
import pytest

from ivigmyo import adam, saito2008
from ivigmyo.errors import DataError
from ivigmyo.study.patients import AdverseEvent, Treatment

TIMES = pd.DataFrame({"USUBJID": ["P1", "P2"], "PARAMCD": "OS", "AVAL": [5.0, 0.0], "CNSR": [0, 2]})


def adsl():
    return pd.DataFrame(
        {"USUBJID": ["P1", "P2"], "AGE": [39.0, 64.0], "SEX": ["F", "M"], "DIAG": ["PM", "DM"], "EFFFL": "Y", "SAFFL": "Y"}
    )


def ck(*rows, **constants):
    """Values of CK of patient P1, by ADY; the first is the baseline."""
    frame = pd.DataFrame(rows, columns=["ADY", "AVAL"]).assign(USUBJID="P1", PARAMCD="CK", **constants)
    return frame.assign(ABLFL=["Y", *[""] * (len(rows) - 1)])


def refused(call, *args, **options):
    with pytest.raises(DataError) as caught:
        call(*args, **options)
    return [re.sub(r", row \d+\.$", ".", line) for line in str(caught.value).splitlines()]


def test_the_variables_of_adsl_stand_in_order():
    assert list(adam.to_adsl(saito2008.load_study())) == [
        *("STUDYID", "USUBJID", "SEX", "AGE", "DISDUR", "PREVTRT", "WEIGHTBL", "PREVDOSE", "STERSTRT", "STERLAST"),
        *("EXCLREAS", "EXCLCOND", "AGEU", "DIAG", "EFFFL", "SAFFL", "CONSDY", "EOSSTT", "EOSDY", "DCSREAS"),
        *("CKNRMDY", "CKRELDY", "CKOBSDY"),
    ]


def test_a_parameter_that_names_days_is_in_days_whatever_else_it_names():
    units = TIMES.assign(AVALU="", PARAM=["Overall survival (days), in weeks on treatment", "OS (days; not weeks)"])
    assert adam.read_durations(units)["duration"].tolist() == [5.0, 0.0]


def test_a_duration_that_its_dates_contradict_is_said_with_both():
    dated = TIMES.assign(STARTDT="2020-01-01", ADT=["2020-01-06", "2020-01-04"])
    assert refused(adam.read_durations, dated) == [
        "ADTTE: AVAL: 'AVAL' must be ADT - STARTDT (see 'add_one' and 'as_is') (got 0) for patient 'P2', PARAMCD 'OS'."
    ]


@pytest.mark.parametrize("name", ["USUBJID", "AGE", "SEX"])
def test_what_every_subject_must_have(name):
    assert refused(adam.read_study, adsl().drop(columns=name), ck((1, 980))) == [f"ADSL: variable {name!r} is missing."]


def test_of_two_samples_of_a_week_the_nearest_to_its_day_stands():
    frame = ck((1, 980), (26, 500), (30, 400), AVISIT=["Week 0", "Week 4", "Week 4"])
    assert adam.read_study(adsl(), frame).values("CK").loc["P1", 4] == 400


def test_a_bound_is_read_with_its_sign():
    visits = adam.read_study(adsl(), ck((1, 980), (29, 40), AVALC=["980", "<40"])).patients[0].visits
    assert [(visit.assessments[0].value, visit.assessments[0].bound) for visit in visits] == [(980, None), (40, "<")]


def test_treatments_and_events_are_read_where_they_are_given():
    given = pd.DataFrame({"USUBJID": ["P1"], "EXTRT": ["IVIG"], "ASTDY": [1.0]})
    events = pd.DataFrame({"USUBJID": ["P2"], "AEDECOD": ["fever"]})
    study = adam.read_study(adsl(), ck((1, 980)), adex=given, adae=events)
    assert study.patients[0].treatments == (Treatment("IVIG", 0),)
    assert [patient.adverse_events for patient in study.patients] == [(), (AdverseEvent("fever"),)]


def test_what_is_wrong_with_an_event_or_a_treatment_names_its_variable():
    events = pd.DataFrame({"USUBJID": ["P1", "P1"], "AETERM": ["fever", ""], "ASTDY": [2.5, 3.0], "AESER": ["Y", "Y"]})
    given = pd.DataFrame(
        {"USUBJID": "P1", "EXTRT": "IVIG", "ASTDY": [1.5, 1, 1], "AENDY": [3, 2.5, 3], "EXDOSE": [0.4, 0.4, -1.0]}
    )
    assert refused(adam.read_study, adsl(), ck((1, 980)), adae=events, adex=given) == [
        "ADAE: ASTDY: 'day' must be a whole number (got 1.5) for patient 'P1'.",
        "ADAE: AETERM: 'term' must not be empty for patient 'P1', day 2.",
        "ADEX: ASTDY: 'start_day' must be a whole number (got 0.5) for patient 'P1', treatment 'IVIG'.",
        "ADEX: AENDY: 'end_day' must be a whole number (got 1.5) for patient 'P1', treatment 'IVIG'.",
        "ADEX: EXDOSE: 'dose' must be at least 0 (got -1) for patient 'P1', treatment 'IVIG'.",
    ]


def test_what_is_wrong_is_told_with_its_parameter_also_where_subjects_were_not_treated():
    subjects = adsl().assign(TRTSDT=["2008-01-10", ""])
    assert refused(adam.read_study, subjects, ck((1, 980), (29, -5))) == refused(
        adam.read_study, adsl(), ck((1, 980), (29, -5))
    )
    assert "PARAMCD 'CK'" in refused(adam.read_study, subjects, ck((1, 980), (29, -5)))[0]
