"""Conduct in a trial with arms: who was counted where, what was infused, and courses of placebo."""

import attrs
import numpy as np
import pandas as pd

from ivigmyo import saito2008
from ivigmyo.conduct import check_protocol
from ivigmyo.conduct.disposition import consort
from ivigmyo.conduct.exposure import exposure
from ivigmyo.conduct.regimen import check_course
from ivigmyo.display.results import frame_table
from ivigmyo.study import Conduct, Course, Protocol, Study
from ivigmyo.study.patients import DispositionStep, Patient, Treatment

PLAN = Protocol((0, 4), control="placebo", conduct=Conduct(course=Course("IVIG", days=2, dose=1.0, unit="g/kg/day")))


def person(name, arm, *treatments, **others):
    return Patient(name, "PM", "F", 40, arm=arm, treatments=treatments, **others)


def two_days(name, dose=1.0, unit="g/kg/day", first=0):
    return Treatment(name, first, first + 1, dose, unit)


def study_of(*people, protocol=PLAN, **others):
    return Study(people, protocol=protocol, **others)


def test_each_arm_is_counted_from_randomization_to_the_analyses():
    study = study_of(
        person("P1", "IVIG"),
        person("P2", "IVIG", discontinued_on=9, discontinuation_reason="worse"),
        person("P3", "placebo", discontinued_on=9, discontinuation_reason="worse"),
        person("P4", "placebo", discontinued_on=9),
        person("P5", "placebo", efficacy_set=False, exclusion_reason="no value", arm_received="IVIG"),
        person("P6", "placebo", efficacy_set=False, safety_set=False),
        disposition=[DispositionStep("screened", 7), DispositionStep("not randomized", 1, "declined")],
    )
    found = consort(study)
    assert list(found) == ["step", "reason", "arm", "patients"]
    assert found["patients"].dtype == int
    assert [tuple(row) for row in found.astype(object).to_numpy()] == [
        ("screened", None, None, 7),
        ("not randomized", "declined", None, 1),
        ("randomized", None, "IVIG", 2),
        ("randomized", None, "placebo", 4),
        ("treated", None, "IVIG", 2),
        ("treated", None, "placebo", 3),
        ("left", "worse", "IVIG", 1),
        ("left", "worse", "placebo", 1),
        ("left", "no reason is recorded", "placebo", 1),
        ("completed", None, "IVIG", 1),
        ("completed", None, "placebo", 2),
        ("not in the efficacy set", "no value", "placebo", 1),
        ("not in the efficacy set", "no reason is recorded", "placebo", 1),
        ("analysed for efficacy", None, "IVIG", 2),
        ("analysed for efficacy", None, "placebo", 2),
        ("analysed for safety", None, "IVIG", 3),
        ("analysed for safety", None, "placebo", 2),
    ]


def test_infusions_are_those_of_the_course_of_an_arm_or_of_placebo():
    study = study_of(
        person("P1", "IVIG", two_days("IVIG"), two_days("ivig", first=28), two_days("prednisolone", 5.0)),
        person("P2", "placebo", two_days("Placebo", 0.0)),
        person("P3", "placebo"),
        person("P4", "IVIG", two_days("IVIG", 70.0, "g/day"), weight=70.0),
        person("P5", "IVIG", Treatment("IVIG", 0)),
        person("P6", "IVIG", two_days("IVIG", 1.0, "g/m2")),
    )
    found = exposure(study)
    assert found["arm"].tolist() == ["IVIG", "placebo", "placebo", "IVIG", "IVIG", "IVIG"]
    nan = np.nan
    np.testing.assert_array_equal(
        found[["infusions", "courses", "dose_per_kg"]].to_numpy(dtype=float),
        [[4, 2, 4], [2, 1, 0], [nan, nan, nan], [2, 1, 2], [nan, nan, nan], [2, 1, nan]],
    )


def test_without_a_course_or_arms_the_infusions_are_those_of_ivig():
    alone = [Patient("P1", "PM", "F", 40, treatments=[two_days("IVIG"), two_days("methotrexate", 1.0)])]
    for protocol in (Protocol(), Protocol(conduct=Conduct())):
        found = exposure(study_of(*alone, protocol=protocol))
        assert found.loc[0, ["arm", "infusions", "dose_per_kg"]].tolist() == [None, 2.0, 2.0]
    other = Protocol(conduct=Conduct(course=Course("methotrexate")))
    assert exposure(study_of(*alone, protocol=other)).loc[0, "dose_per_kg"] == 2.0


def test_placebo_is_judged_by_its_days():
    study = study_of(
        person("P1", "placebo", two_days("placebo", 0.0)), person("P2", "placebo", Treatment("placebo", 0, 0, 0))
    )
    found = check_course(study)
    assert found["finding"].tolist() == ["completed", "not completed"]
    assert found["total_dose"].tolist() == [0.0, 0.0]
    assert found["reason"].tolist() == ["2 consecutive days of placebo", "1 of 2 consecutive days of placebo"]
    without = attrs.evolve(PLAN, conduct=Conduct(course=Course("IVIG", days=2)))
    assert check_course(study.under(without))["reason"].tolist() == found["reason"].tolist()


def test_the_checks_show_the_patients_by_criterion():
    result = check_protocol(saito2008.load_study())
    assert result._shown() == frame_table("Patients by criterion of the protocol", result.counts())
    assert result.counts().index.name == "criterion"
    assert isinstance(result.counts(), pd.DataFrame)
