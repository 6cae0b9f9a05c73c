"""Simulated trials: what was asked for comes out, and they read as any other trial does."""

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ivigmyo
from ivigmyo.change import compare_log_changes
from ivigmyo.errors import DataError
from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.planning.simulation import Course, TrialDesign, draw_course, draw_last_visit, simulate_trial, simulated_study
from ivigmyo.study.patients import Sex

FLAT = Course(7.0, 0.0, (-1.0, -2.0), (0.0, 0.0))


def cells(trials, measure, week):
    rows = trials.assessments
    return rows[(rows["measure"] == measure) & (rows["week"] == week)].set_index(["trial", "patient"])["value"]


# --- courses ----------------------------------------------------------------------------------------------------------


def test_a_course_without_spread_is_its_means():
    assert FLAT.means == (7.0, 6.0, 4.0)
    np.testing.assert_array_equal(draw_course(np.random.default_rng(1), 3, FLAT), [[7, 6, 4]] * 3)


def test_a_course_has_the_moments_asked_for():
    course = Course(7.0, 0.8, (-1.0, -2.0, 0.5), (0.6, 0.3, 0.0), correlation=0.4, noise=0.2)
    drawn = draw_course(np.random.default_rng(5), 200_000, course)
    np.testing.assert_allclose(drawn.mean(axis=0), [7, 6, 4, 4.5], atol=0.01)
    # 0.64 + noise 0.04; then + 0.36; then + 0.09 + 2 x 0.4 x 0.6 x 0.3; then nothing
    np.testing.assert_allclose(drawn.var(axis=0), [0.68, 1.04, 1.274, 1.274], rtol=0.02)
    pre, post = drawn[:, 1] - drawn[:, 0], drawn[:, 2] - drawn[:, 1]
    # the middle measurement enters both changes, with opposite signs
    assert np.cov(pre, post)[0, 1] == pytest.approx(0.4 * 0.6 * 0.3 - 0.04, abs=0.003)
    assert np.cov(drawn[:, 2] - drawn[:, 1], drawn[:, 3] - drawn[:, 2])[0, 1] == pytest.approx(-0.04, abs=0.003)
    assert np.corrcoef(drawn[:, 0], pre)[0, 1] == pytest.approx(-0.04 / np.sqrt(0.68 * 0.44), abs=0.01)


def test_the_difference_has_the_moments_the_design_says():
    design = TrialDesign(
        ln_ck=Course(7.7, 0.85, (-1.0, -1.7, 0.0, 0.0), (0.5, 0.7, 0.1, 0.1), correlation=0.25, noise=0.2), dropout=0
    )
    assert design.difference_mean == pytest.approx(0.7)
    # 0.25 + 0.49 - 2 x 0.25 x 0.5 x 0.7 + 6 x 0.04
    assert design.difference_sd == pytest.approx(np.sqrt(0.805))
    trials = simulate_trial(40_000, seed=3, design=design)
    comparison = compare_log_changes(*(cells(trials, "CK", week) for week in (-4, 0, 4)))
    assert comparison.difference.mean == pytest.approx(0.7, abs=0.02)
    assert comparison.difference.sd == pytest.approx(np.sqrt(0.805), rel=0.01)


def test_the_default_lies_near_the_bundled_trial():
    design = TrialDesign()
    # Table 3 prints 0.601 and, from t = 2.877 of 15 patients, a standard deviation of 0.809
    assert design.difference_mean == pytest.approx(0.601, abs=0.01)
    assert design.difference_sd == pytest.approx(0.809, abs=0.02)
    study = ivigmyo.saito2008.load_study().efficacy_set
    weeks = list(design.weeks)
    assert np.log(study.values("CK"))[weeks].mean().tolist() == pytest.approx(design.ln_ck.means, abs=0.1)
    assert study.values("MMT")[weeks].mean().tolist() == pytest.approx(design.mmt.means, abs=1)
    assert study.values("ADL")[weeks].mean().tolist() == pytest.approx(design.adl.means, abs=2)
    episodes = ivigmyo.at_risk(ivigmyo.saito2008.load_episodes())
    assert episodes["event"].sum() / episodes["duration"].sum() == pytest.approx(design.relapse_hazard, rel=0.02)


# multiples of an eighth, which doubling leaves exact
eighths = st.integers(-16, 16).map(lambda k: k / 8)
spreads = st.integers(0, 8).map(lambda k: k / 8)


@st.composite
def courses(draw, n_changes=None):
    """Courses of so many changes, or of any number."""
    n = draw(st.integers(0, 5)) if n_changes is None else n_changes
    changes, sds = (tuple(draw(st.lists(each, min_size=n, max_size=n))) for each in (eighths, spreads))
    return Course(draw(eighths), draw(spreads), changes, sds, draw(st.sampled_from([0.0, 0.25, 1.0])), draw(spreads))


def doubled(course):
    """The same course in another unit."""
    twice = {name: 2 * getattr(course, name) for name in ("start", "start_sd", "noise")}
    twice |= {name: [2 * each for each in getattr(course, name)] for name in ("changes", "change_sds")}
    return attrs.evolve(course, **twice)


@given(courses(), eighths)
def test_means_differ_by_the_changes_and_move_with_the_start(course, shift):
    assert np.diff(course.means).tolist() == list(course.changes)
    moved = attrs.evolve(course, start=course.start + shift)
    assert moved.means == tuple(mean + shift for mean in course.means)
    assert doubled(course).means == tuple(2 * mean for mean in course.means)


@given(courses(), st.integers(1, 4), st.integers(0, 2**32), eighths)
def test_draws_move_and_stretch_with_their_course(course, n, seed, shift):
    drawn = draw_course(np.random.default_rng(seed), n, course)
    np.testing.assert_array_equal(draw_course(np.random.default_rng(seed), n, doubled(course)), 2 * drawn)
    moved = draw_course(np.random.default_rng(seed), n, attrs.evolve(course, start=course.start + shift))
    np.testing.assert_allclose(moved, drawn + shift, atol=1e-12)


@given(courses(), st.integers(0, 2**32))
def test_fully_correlated_changes_of_a_patient_lie_equally_far_from_their_means(course, seed):
    course = attrs.evolve(course, correlation=1.0, noise=0.0)
    changes = np.diff(draw_course(np.random.default_rng(seed), 3, course), axis=1)
    spread = np.array(course.change_sds) > 0
    away = (changes - course.changes)[:, spread] / np.array(course.change_sds)[spread]
    np.testing.assert_allclose(away, np.broadcast_to(away[:, :1], away.shape), atol=1e-12)
    np.testing.assert_allclose(changes[:, ~spread], np.broadcast_to(course.changes, changes.shape)[:, ~spread], atol=1e-12)


@given(st.integers(1, 3), st.integers(1, 3), st.data())
def test_the_difference_has_the_moments_of_a_contrast_of_three_measurements(n_before, n_after, data):
    n = n_before + n_after
    course = data.draw(courses(n))
    other = Course(0.0, 0.0, [0.0] * n, [0.0] * n)
    weeks = range(-n_before, n_after + 1)
    hazard = data.draw(st.floats(1e-4, 10))
    design = TrialDesign(weeks=weeks, ln_ck=course, mmt=other, adl=other, relapse_hazard=hazard)
    # twice the middle measurement less those on either side of it
    contrast = np.zeros(n + 1)
    contrast[n_before - 1 : n_before + 2] = -1, 2, -1
    assert design.difference_mean == pytest.approx(contrast @ course.means, abs=1e-12)
    sds, reached = np.array(course.change_sds), np.tri(n + 1, n, -1)
    together = np.where(np.eye(n, dtype=bool), 1, course.correlation) * np.outer(sds, sds)
    covariance = course.start_sd**2 + reached @ together @ reached.T + course.noise**2 * np.eye(n + 1)
    assert design.difference_sd**2 == pytest.approx(contrast @ covariance @ contrast, abs=1e-9)
    # at that hazard half of the patients stay normal for longer than the median
    assert np.exp(-hazard * design.median_duration) == pytest.approx(0.5)
    doubled_hazard = attrs.evolve(design, relapse_hazard=2 * hazard)
    assert doubled_hazard.median_duration == pytest.approx(design.median_duration / 2)


# --- trials -----------------------------------------------------------------------------------------------------------


def test_the_tables_of_many_trials():
    trials = simulate_trial(20, seed=9, n_trials=50)
    assert (trials.n_patients, trials.n_trials, trials.seed) == (20, 50, 9)
    assert trials.patients.columns.tolist() == [
        "trial", "patient", "diagnosis", "sex", "age", "discontinued_on", "discontinuation_reason",
    ]  # fmt: skip
    assert trials.assessments.columns.tolist() == ["trial", "patient", "week", "day", "measure", "value", "uln"]
    assert trials.ck_follow_up.columns.tolist() == [
        "trial", "patient", "normalized_on", "re_elevated_on", "observed_until",
    ]  # fmt: skip
    assert trials.patients.groupby("trial")["patient"].apply(list).tolist() == [[str(k) for k in range(1, 21)]] * 50
    rows = trials.assessments
    assert not rows.duplicated(["trial", "patient", "week", "measure"]).any()
    assert (rows["day"] == 7 * rows["week"]).all()
    assert (rows["uln"].notna() == (rows["measure"] == "CK")).all()
    scores = rows[rows["measure"] != "CK"]
    assert (scores["value"] % 1 == 0).all()
    assert scores.groupby("measure")["value"].agg(["min", "max"]).loc["MMT"].between(0, 90).all()
    assert scores.groupby("measure")["value"].agg(["min", "max"]).loc["ADL"].between(0, 45).all()
    # each value stands beside the patient whose limit it has
    sex = trials.patients.set_index(["trial", "patient"])["sex"]
    ck = rows[rows["measure"] == "CK"].set_index(["trial", "patient"])
    assert (ck["uln"] == sex.reindex(ck.index).map({"F": 150.0, "M": 240.0})).all()


def test_patients_are_as_asked_for():
    design = TrialDesign(female=0.3, dermatomyositis=0.9, age=40, age_sd=30, uln_female=100, uln_male=200)
    trials = simulate_trial(5000, seed=2, design=design)
    patients = trials.patients
    assert (patients["sex"] == "F").mean() == pytest.approx(0.3, abs=0.02)
    assert (patients["diagnosis"] == "DM").mean() == pytest.approx(0.9, abs=0.02)
    assert (patients["age"].min(), patients["age"].max()) == (18, 90)
    assert patients["age"].median() == pytest.approx(40, abs=2)
    assert set(trials.assessments["uln"].dropna()) == {100.0, 200.0}
    everyone = simulate_trial(50, seed=2, design=TrialDesign(female=1, dermatomyositis=0)).patients
    assert set(everyone["sex"] + everyone["diagnosis"]) == {"FPM"}


def test_who_drops_out_holds_no_later_visit():
    trials = simulate_trial(6000, seed=4, design=TrialDesign(dropout=0.3))
    patients = trials.patients
    stopped = patients["discontinued_on"].notna()
    assert stopped.mean() == pytest.approx(0.3, abs=0.02)
    assert patients.loc[stopped, "discontinued_on"].value_counts(normalize=True).sort_index().to_dict() == pytest.approx(
        {0.0: 1 / 3, 28.0: 1 / 3, 56.0: 1 / 3}, abs=0.04
    )
    assert (patients["discontinuation_reason"].notna() == stopped).all()
    last = trials.assessments.groupby("patient")["day"].max().reindex(patients["patient"])
    assert (last.to_numpy() == patients["discontinued_on"].fillna(84)).all()
    visits = trials.assessments.groupby(["patient", "measure"])["week"].count().unstack()
    assert (visits.min(axis=1) == visits.max(axis=1)).all()
    assert draw_last_visit(np.random.default_rng(1), 500, TrialDesign(dropout=1)).max() == 3


def test_the_duration_of_normal_ck_is_exponential():
    design = TrialDesign(relapse_hazard=0.01, monitored_from=5000, monitored_to=5000)
    follow_up = simulate_trial(8000, seed=6, design=design).ck_follow_up.dropna()
    durations = follow_up["re_elevated_on"] - follow_up["normalized_on"]
    assert (durations % 1 == 0).all()
    assert durations.min() == 1
    # rounded up to whole days: geometric
    assert durations.mean() == pytest.approx(1 / (1 - np.exp(-0.01)), rel=0.05)
    assert (durations > design.median_duration).mean() == pytest.approx(0.5, abs=0.02)


def test_monitoring_ends_between_its_two_days_but_not_before_the_last_visit():
    design = TrialDesign(monitored_from=50, monitored_to=90)
    until = simulate_trial(3000, seed=6, design=design).ck_follow_up["observed_until"]
    assert set(until) == {84.0, 85.0, 86.0, 87.0, 88.0, 89.0}
    assert (until == 84).mean() == pytest.approx(35 / 40, abs=0.03)
    follow_up = simulate_trial(3000, seed=6, design=attrs.evolve(design, relapse_hazard=0.02)).ck_follow_up
    gap = (follow_up["observed_until"] - follow_up["re_elevated_on"]).dropna()
    # a re-elevation on the last day of monitoring is one
    assert gap.min() == 0


def test_the_recorded_follow_up_is_what_the_visits_say():
    design = TrialDesign(relapse_hazard=0.05, dropout=0.3)
    trials = simulate_trial(3000, seed=8, design=design)
    ck = trials.assessments[trials.assessments["measure"] == "CK"].rename(columns={"value": "ck"})
    found = ivigmyo.find_normalizations(ck).set_index("patient")
    recorded = trials.ck_follow_up.set_index("patient")
    # a follow-up is recorded of those who could normalize, and of no others
    could = found["status"].isin(["re-elevated", "censored", "not normalized"])
    assert set(recorded.index) == set(found.index[could])
    assert set(found["status"]) == {"re-elevated", "censored", "not normalized", "normal at baseline", "no follow-up"}
    found = found.loc[recorded.index]
    pd.testing.assert_series_equal(found["normalized_on"], recorded["normalized_on"])
    # the visits show a re-elevation at the first of them on or after its day
    shown = found["re_elevated_on"].notna()
    assert (found["re_elevated_on"] >= recorded["re_elevated_on"])[shown].all()
    assert (found["re_elevated_on"] - recorded["re_elevated_on"])[shown].max() < 28
    assert shown.sum() > 500
    values = ck.set_index("patient").join(recorded["re_elevated_on"])
    after = values["day"] >= values["re_elevated_on"]
    assert (values["ck"][after] >= 1.5 * values["uln"][after]).all()
    # what is higher anyway stays
    assert (values["ck"][after] > 1.5 * values["uln"][after]).any()


shares = st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=2, max_size=2).map(sorted)


@given(st.integers(1, 20), st.integers(0, 2**32), shares, st.integers(1, 3), st.integers(1, 3))
def test_whoever_stops_stops_at_the_same_visit_when_more_do(n, seed, dropouts, n_before, n_after):
    none = Course(0.0, 0.0, [0.0] * (n_before + n_after), [0.0] * (n_before + n_after))
    design = TrialDesign(weeks=range(-n_before, n_after + 1), ln_ck=none, mmt=none, adl=none)
    few, many = (
        draw_last_visit(np.random.default_rng(seed), n, attrs.evolve(design, dropout=dropout)) for dropout in dropouts
    )
    last = n_before + n_after
    stopped = few < last
    assert (many[stopped] == few[stopped]).all()
    assert (many >= n_before).all()
    assert (few <= last).all()
    assert dropouts[0] > 0 or not stopped.any()
    assert dropouts[1] < 1 or (many < last).all()


@given(st.integers(1, 8), st.integers(0, 2**32), shares)
@settings(settings.get_profile("whole"))
def test_who_stops_loses_later_visits_and_nothing_else(n, seed, dropouts):
    few, many = (
        simulate_trial(n, seed=seed, n_trials=2, design=TrialDesign(dropout=dropout, relapse_hazard=0.05)).assessments
        for dropout in dropouts
    )
    key = ["trial", "patient", "measure", "week"]
    kept = few.set_index(key).loc[pd.MultiIndex.from_frame(many[key])].reset_index()
    pd.testing.assert_frame_equal(kept[many.columns], many)
    assert (few.groupby(key[:3]).size() >= many.groupby(key[:3]).size()).all()


@given(st.integers(1, 8), st.integers(0, 2**32), st.lists(st.sampled_from([0.001, 0.01, 0.1]), min_size=2, max_size=2))
@settings(settings.get_profile("whole"))
def test_a_higher_hazard_only_brings_re_elevations_forward(n, seed, hazards):
    slow, fast = (
        simulate_trial(n, seed=seed, n_trials=3, design=TrialDesign(relapse_hazard=hazard)).ck_follow_up
        for hazard in sorted(hazards)
    )
    same = ["trial", "patient", "normalized_on", "observed_until"]
    pd.testing.assert_frame_equal(slow[same], fast[same])
    seen = slow["re_elevated_on"].notna()
    assert (fast["re_elevated_on"][seen] <= slow["re_elevated_on"][seen]).all()
    for follow_up in (slow, fast):
        assert not (follow_up["re_elevated_on"] <= follow_up["normalized_on"]).any()
        assert not (follow_up["re_elevated_on"] > follow_up["observed_until"]).any()


@given(st.integers(1, 8), st.integers(0, 2**32))
@settings(settings.get_profile("whole"))
def test_ck_in_another_unit_takes_the_same_course(n, seed):
    design = TrialDesign(relapse_hazard=0.02, dropout=0.3)
    course = attrs.evolve(design.ln_ck, start=design.ln_ck.start + np.log(2))
    other = attrs.evolve(design, ln_ck=course, uln_female=2 * design.uln_female, uln_male=2 * design.uln_male)
    ours, theirs = (simulate_trial(n, seed=seed, n_trials=2, design=each) for each in (design, other))
    pd.testing.assert_frame_equal(ours.patients, theirs.patients)
    pd.testing.assert_frame_equal(ours.ck_follow_up, theirs.ck_follow_up)
    is_ck = ours.assessments["measure"] == "CK"
    ours.assessments.loc[is_ck, ["value", "uln"]] *= 2
    pd.testing.assert_frame_equal(ours.assessments, theirs.assessments)


# --- studies ----------------------------------------------------------------------------------------------------------


def test_a_trial_becomes_a_study_that_every_analysis_takes():
    trials = simulate_trial(25, seed=12, n_trials=3)
    study = trials.study(2)
    assert study.title == "simulated trial 2 (seed 12)"
    assert study.scheduled_weeks == (-4, 0, 4, 8, 12)
    ck = study.values("CK").unstack().dropna()
    rows = trials.assessments.query("trial == 2 and measure == 'CK'").set_index(["week", "patient"])["value"]
    assert ck.sort_index().tolist() == rows.sort_index().tolist()
    report = ivigmyo.trial_report(study)
    assert report.duration.curve.n == study_episodes(study)["duration"].notna().sum()
    assert "simulated trial 2" in ivigmyo.report_text(report)


def test_a_design_of_other_weeks():
    course = Course(7.5, 0.8, (-1.0, -1.5), (0.5, 0.5))
    score = Course(30.0, 5.0, (1.0, 2.0), (1.0, 1.0))
    design = TrialDesign(weeks=(-2, 0, 6), ln_ck=course, mmt=score, adl=score, dropout=0.5)
    study = simulated_study(10, seed=1, design=design)
    assert study.values("CK").columns.tolist() == [-2, 0, 6]
    assert study.scheduled_weeks == (-2, 0, 6)
    assert {patient.discontinued_on for patient in study.patients} == {None, 0}


def test_the_path_of_columns_and_the_path_of_objects_agree():
    trials = simulate_trial(300, seed=2008)
    study = trials.study()
    rows = trials.assessments.assign(patient=trials.assessments["patient"].astype(int))
    wide = rows.pivot(index="patient", columns=["measure", "week"], values="value")
    for measure, grade in (("MMT", ivigmyo.grade_mmt), ("ADL", ivigmyo.grade_adl)):
        values = wide[measure]
        final = values[[4, 8, 12]].ffill(axis=1)[12]
        direct = grade(values[0], final)
        modelled = grade(study.baseline(measure), study.final_values(measure))
        assert modelled.tolist() == direct.tolist()
    ck = wide["CK"]
    direct, modelled = (compare_log_changes(each[-4], each[0], each[4]) for each in (ck, study.values("CK")))
    assert direct == modelled
    episodes = ivigmyo.at_risk(study_episodes(study))
    recorded = trials.ck_follow_up.dropna(subset="normalized_on")
    end = recorded["re_elevated_on"].fillna(recorded["observed_until"])
    np.testing.assert_array_equal(episodes["duration"], end - recorded["normalized_on"])
    np.testing.assert_array_equal(episodes["event"], recorded["re_elevated_on"].notna())
    assert {patient.sex for patient in study.patients} == set(Sex)


@given(
    st.integers(1, 12),
    st.integers(0, 2**64),
    st.integers(1, 3),
    st.sampled_from([0, 0.5, 1]),
    st.sampled_from([0.001, 0.1, 3]),
)
@settings(settings.get_profile("whole"))
def test_every_trial_is_a_valid_study(n_patients, seed, n_trials, dropout, hazard):
    design = TrialDesign(dropout=dropout, relapse_hazard=hazard, monitored_from=0)
    trials = simulate_trial(n_patients, seed=seed, n_trials=n_trials, design=design)
    again = simulate_trial(n_patients, seed=seed, n_trials=n_trials, design=design)
    for table in ("patients", "assessments", "ck_follow_up"):
        pd.testing.assert_frame_equal(getattr(trials, table), getattr(again, table))
    study = trials.study(n_trials)
    assert len(study.patients) == n_patients
    assert study.notes == ()


@given(st.integers(1, 5), st.integers(0, 2**32))
@settings(settings.get_profile("whole"))
def test_studies_hold_every_row_of_the_trials_and_no_other(n, seed):
    design = TrialDesign(dropout=0.5, relapse_hazard=0.02)
    trials = simulate_trial(n, seed=seed, n_trials=2, design=design)
    for trial in (1, 2):
        study = trials.study(trial)
        rows = trials.assessments.query("trial == @trial")
        for measure, held in rows.groupby("measure"):
            found = study.values(measure)
            assert found.count().sum() == len(held)
            assert [found.loc[patient, week] for patient, week in zip(held["patient"], held["week"], strict=True)] == (
                held["value"].tolist()
            )
        followed = trials.ck_follow_up.query("trial == @trial").set_index("patient")
        assert (
            study.follow_up().set_index("patient").notna().sum().to_dict()
            == followed.drop(columns="trial").notna().sum().to_dict()
        )
    # the one study drawn alone is that of the one trial
    alone = simulate_trial(n, seed=seed, design=design)
    assert simulated_study(n, seed=seed, design=design) == alone.study()
    assert [patient.id for patient in alone.study().patients] == [str(k) for k in range(1, n + 1)]


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_patients": 0, "seed": 1}, "'n_patients' must be at least 1 (got 0)."),
        ({"n_patients": 5, "seed": -1}, "'seed' must be at least 0 (got -1)."),
        ({"n_patients": 5.5, "seed": 1, "n_trials": 0}, "'n_patients' must be a whole number (got 5.5).\n"
                                                        "'n_trials' must be at least 1 (got 0)."),
    ],
)  # fmt: skip
def test_trials_that_are_refused(arguments, message):
    with pytest.raises(DataError) as error:
        simulate_trial(**arguments)
    assert str(error.value) == message


def test_a_trial_that_was_not_drawn_is_refused():
    trials = simulate_trial(2, seed=1, n_trials=2)
    for number in (0, 3):
        with pytest.raises(DataError) as error:
            trials.study(number)
        assert str(error.value) == f"'trial' must be between 1 and 2 (got {number})."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": np.nan}, "'start' must be a finite number (got nan)."),
        ({"changes": (None, 1)}, "'changes' must be known."),
        ({"changes": (1,)}, "'change_sds' must have 1 values, one to each change (got 2)."),
        ({"change_sds": (1, -1)}, "'change_sds' must be at least 0 (got -1)."),
        ({"start_sd": -1, "noise": -2}, "'start_sd' must be at least 0 (got -1).\n'noise' must be at least 0 (got -2)."),
        ({"correlation": -0.1}, "'correlation' must be between 0 and 1 (got -0.1)."),
        ({"correlation": 1.1}, "'correlation' must be between 0 and 1 (got 1.1)."),
    ],
)
def test_courses_that_are_refused(changes, message):
    with pytest.raises(DataError) as error:
        attrs.evolve(FLAT, **changes)
    assert str(error.value) == message


ASCEND = "'weeks' must ascend, with 0 between the first and the last"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weeks": (-4, 0, 4, 12, 8)}, f"{ASCEND} (got (-4, 0, 4, 12, 8))."),
        ({"weeks": (-4, 0, 4, 4, 8)}, f"{ASCEND} (got (-4, 0, 4, 4, 8))."),
        ({"weeks": (0, 1, 4, 8, 12)}, f"{ASCEND} (got (0, 1, 4, 8, 12))."),
        ({"weeks": (-8, -4, -2, -1, 0)}, f"{ASCEND} (got (-8, -4, -2, -1, 0))."),
        ({"weeks": (-4, 0, 4, 8.5, 12)}, "'weeks' must be a whole number (got 8.5)."),
        ({"ln_ck": FLAT}, "'ln_ck' must have 4 changes, one to each visit (got 2)."),
        ({"mmt": FLAT, "adl": FLAT}, "'mmt' must have 4 changes, one to each visit (got 2).\n"
                                     "'adl' must have 4 changes, one to each visit (got 2)."),
        ({"female": 1.2}, "'female' must be between 0 and 1 (got 1.2)."),
        ({"dermatomyositis": -1}, "'dermatomyositis' must be between 0 and 1 (got -1)."),
        ({"dropout": 7}, "'dropout' must be between 0 and 1 (got 7)."),
        ({"age": -1, "age_sd": -2}, "'age' must be at least 0 (got -1).\n'age_sd' must be at least 0 (got -2)."),
        ({"uln_female": 0, "uln_male": 0}, "'uln_female' must be greater than 0 (got 0).\n"
                                           "'uln_male' must be greater than 0 (got 0)."),
        ({"relapse_hazard": 0}, "'relapse_hazard' must be greater than 0 (got 0)."),
        ({"relapse_ratio": 1}, "'relapse_ratio' must be greater than 1 (got 1)."),
        ({"monitored_to": 200}, "'monitored_to' must be at least 240 (got 200)."),
        ({"monitored_from": None}, "'monitored_from' must be known."),
        ({"monitored_from": -1}, "'monitored_from' must be at least 0 (got -1)."),
    ],
)  # fmt: skip
def test_designs_that_are_refused(changes, message):
    with pytest.raises(DataError) as error:
        TrialDesign(**changes)
    assert str(error.value) == message
