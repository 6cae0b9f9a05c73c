import attrs
import pandas as pd
import pytest

from ivigmyo import (
    CK,
    Assessment,
    DataError,
    Patient,
    Study,
    Visit,
    adam,
    read_study,
    report_text,
    study_to_frames,
    trial_report,
    write_study,
)
from ivigmyo.core_set import ALDOLASE, CORE_SET_INSTRUMENTS, EXTRAMUSCULAR, HAQ, MMT8, PATIENT_GLOBAL, PHYSICIAN_GLOBAL
from ivigmyo.improvement import study_improvement
from ivigmyo.instruments import STUDY_INSTRUMENTS
from ivigmyo.tables import report_tables

INSTRUMENTS = (*STUDY_INSTRUMENTS, *CORE_SET_INSTRUMENTS)
MEASURED = (PHYSICIAN_GLOBAL, PATIENT_GLOBAL, EXTRAMUSCULAR, MMT8, HAQ)
PUBLISHED = (5.5, 2, 5.5, 146, 0), (0.5, 1, 0, 150, 0)


def patient(name="A", ck=((66, 200), (84, 200)), scores=PUBLISHED, extra=()):
    visits = [
        Visit(
            week,
            assessments=[
                *(Assessment(instrument, value) for instrument, value in zip(MEASURED, values, strict=True)),
                Assessment(CK, *enzyme),
                *(Assessment(instrument, pair[week > 0], 7) for instrument, pair in extra),
            ],
        )
        for week, values, enzyme in zip((0, 12), scores, ck, strict=True)
    ]
    return Patient(name, "DM", "F", 40, visits=visits, adverse_events=())


def study(*patients):
    return Study(patients or [patient()], instruments=INSTRUMENTS)


def test_the_published_example_is_moderate_and_meets_the_definition():
    result = study_improvement(study())
    assert result.scores.loc["A", "score"] == 52.5
    assert result.scores.loc["A", "category"] == "moderate"
    assert bool(result.definition.loc["A", "met"])
    assert (result.response.minimal.count, result.response.moderate.count, result.response.major.count) == (1, 1, 0)
    assert result.muscle_test is MMT8
    assert result.enzymes.loc["A", ["enzyme", "range"]].tolist() == ["CK", 3000.0]


def test_the_enzyme_that_was_most_abnormal_at_baseline_is_followed():
    result = study_improvement(study(patient(ck=((66, 200), (84, 200)), extra=[(ALDOLASE, (21, 7))])))
    assert result.enzymes.loc["A", ["enzyme", "value", "range"]].tolist() == ["ALDOLASE", 21.0, 42.0]
    assert result.scores.loc["A", "enzyme_change"] == pytest.approx(100 * 14 / 42)


def test_what_was_not_measured_is_named():
    lone = attrs.evolve(study(), patients=[Patient("A", "PM", "F", 40)])
    with pytest.raises(DataError, match=r"^not measured\.$"):
        study_improvement(lone)
    visits = [Visit(week, assessments=[Assessment(HAQ, 1)]) for week in (0, 12)]
    with pytest.raises(DataError) as refused:
        study_improvement(attrs.evolve(study(), patients=[Patient("A", "PM", "F", 40, visits=visits)]))
    assert str(refused.value) == (
        "not measured: PHGLOBAL, PTGLOBAL, EXTRAMUS, a muscle test of the core set, a muscle enzyme."
    )


def test_an_enzyme_without_its_limit_is_refused():
    unlimited = [patient(name, ck=((66, None), (84, None))) for name in "AB"]
    with pytest.raises(DataError) as refused:
        study_improvement(study(*unlimited))
    assert str(refused.value) == "'CK' needs its upper limit of normal for patient 'A', baseline, and 1 more."
    with pytest.raises(DataError, match=r"for patient 'B', baseline\.$"):
        study_improvement(study(patient("A"), unlimited[1]))


def test_the_report_shows_the_scores_where_a_study_has_them():
    report = trial_report(study(patient("A"), patient("B", scores=(PUBLISHED[1], PUBLISHED[0]))), missing="non-response")
    shown = {table.title: table for table in report_tables(report)}
    rows = shown["Total Improvement Score (ACR/EULAR 2016)"].rows
    assert rows[0] == ("A", "20", "5", "10", "0", "0", "20", "55.0", "moderate", "met") or rows[0][7:] == (
        "52.5",
        "moderate",
        "met",
    )
    assert rows[1][7:] == ("0.0", "none", "not met")
    assert shown["Response by the Total Improvement Score"].rows[1] == ("at least moderate", "1/2", "50.0 %", "1.3 to 98.7")
    assert "total improvement score" not in report.absent
    assert max(map(len, report_text(report).splitlines())) <= 80


def test_the_measures_are_read_from_files_by_their_codes(tmp_path):
    write_study(study(), tmp_path / "t")
    read = read_study(tmp_path / "t", instruments=INSTRUMENTS)
    assert read == study()
    assert {"PHGLOBAL", "MMT8", "HAQ"} <= set(study_to_frames(read)["assessments"]["measure"])
    pd.testing.assert_frame_equal(study_improvement(read).scores, study_improvement(study()).scores)


def test_a_patient_without_a_score_has_dashes():
    report = trial_report(study(patient("A"), Patient("B", "PM", "M", 50, adverse_events=())))
    rows = next(table for table in report_tables(report) if table.title.startswith("Total")).rows
    assert rows[1][0] == "B"
    assert rows[1][7:9] == ("-", "-")
    long = trial_report(study(*(patient(f"P{i}") for i in range(101))))
    assert not any(table.title.startswith("Total") for table in report_tables(long))


def test_the_measures_are_read_from_adam_by_their_codes():
    read = adam.read_study(adam.to_adsl(study()), adam.to_bds(study()), instruments=INSTRUMENTS)
    pd.testing.assert_frame_equal(study_improvement(read).scores, study_improvement(study()).scores)
