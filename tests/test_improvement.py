import attrs
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import (
    CK,
    Assessment,
    DataError,
    Patient,
    Protocol,
    Study,
    Visit,
    adam,
    read_study,
    report_text,
    study_to_frames,
    trial_report,
    write_study,
)
from ivigmyo.core_set import (
    ALDOLASE,
    EXTRAMUSCULAR,
    HAQ,
    MMT8,
    PATIENT_GLOBAL,
    PHYSICIAN_GLOBAL,
    definition_of_improvement,
    most_abnormal_enzyme,
    response_by_category,
    total_improvement_score,
)
from ivigmyo.outcomes.improvement import study_improvement
from ivigmyo.report.text import report_tables

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
    return Study(patients or [patient()], protocol=Protocol((0, 12)))


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
    read = read_study(tmp_path / "t")
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
    read = adam.read_study(adam.to_adsl(study()), adam.to_bds(study()))
    pd.testing.assert_frame_equal(study_improvement(read).scores, study_improvement(study()).scores)


scores = st.tuples(
    *[st.integers(0, 20).map(lambda half: half / 2)] * 3, st.integers(0, 150), st.integers(0, 24).map(lambda k: k / 8)
)
enzymes = st.tuples(st.integers(1, 4000), st.integers(100, 300))
patients = st.lists(st.tuples(st.tuples(scores, scores), st.tuples(enzymes, enzymes)), min_size=1, max_size=3)


def named(cases):
    return [patient(f"P{k}", ck, each) for k, (each, ck) in enumerate(cases, start=1)]


@given(patients)
@settings(settings.get_profile("whole"))
def test_the_result_is_that_of_the_functions_on_the_values_themselves(cases):
    result = study_improvement(study(*named(cases)))
    columns = ["physician_global", "patient_global", "extramuscular", "mmt", "haq"]
    index = pd.Index([f"P{k}" for k, _ in enumerate(cases, start=1)], name="patient", dtype=object)
    baseline, final = (pd.DataFrame([each[visit] for each, _ in cases], index, columns, dtype=float) for visit in (0, 1))
    baseline["enzyme"], final["enzyme"] = ([float(ck[visit][0]) for _, ck in cases] for visit in (0, 1))
    ulns = pd.DataFrame({"CK": [ck[0][1] for _, ck in cases]}, index, dtype=float)
    chosen = most_abnormal_enzyme(baseline[["enzyme"]].set_axis(["CK"], axis=1), ulns)
    expected = total_improvement_score(baseline, final, mmt_maximum=150, enzyme_range=chosen["range"])
    pd.testing.assert_frame_equal(result.scores, expected)
    pd.testing.assert_frame_equal(result.definition, definition_of_improvement(baseline, final, mmt_maximum=150))
    pd.testing.assert_frame_equal(result.enzymes, chosen)
    assert result.response == response_by_category(expected)


@given(patients, st.randoms(use_true_random=False))
@settings(settings.get_profile("whole"))
def test_patients_are_scored_alike_alone_in_any_order_and_in_another_unit_of_ck(cases, random):
    everyone = named(cases)
    result = study_improvement(study(*random.sample(everyone, len(everyone))))
    one = random.choice(everyone)
    alone = study_improvement(study(one))
    for ours, theirs in ((result.scores, alone.scores), (result.definition, alone.definition)):
        pd.testing.assert_frame_equal(ours.loc[[one.id]], theirs)
    doubled = [(each, [(2 * ck, 2 * uln) for ck, uln in enzyme]) for each, enzyme in cases]
    other = study_improvement(study(*named(doubled)))
    pd.testing.assert_frame_equal(other.scores, result.scores)
    assert other.response == result.response
