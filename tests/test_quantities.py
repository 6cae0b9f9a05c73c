"""Every number of a report by its name: once, in order, and equal to the field that it names."""

import attrs
import numpy as np
import pandas as pd
import pytest

from ivigmyo import CK, MMT18, Assessment, Change, Patient, Protocol, Study, Visit, saito2008, trial_report
from ivigmyo.analysis.quantities import COLUMNS
from ivigmyo.outcomes import Changes


def two_arms():
    """Four patients an arm, one without a value at the end."""
    finals = {"IVIG": (66, 60, None, 52), "placebo": (50, 54, 62, 51)}
    patients = []
    for arm, values in finals.items():
        for i, final in enumerate(values):
            visits = [Visit(0, assessments=[Assessment(MMT18, 48 + i), Assessment(CK, 900 + 10 * i, 180)])]
            if final is not None:
                visits.append(Visit(12, assessments=[Assessment(MMT18, final), Assessment(CK, 100 + 200 * i, 180)]))
            patients.append(Patient(f"{arm}{i}", ("PM", "DM")[i % 2], "F", 40, visits=visits, adverse_events=[], arm=arm))
    return Study(patients, protocol=Protocol([0, 12], control="placebo"))


@pytest.fixture(scope="module")
def report(report_by_diagnosis):
    return report_by_diagnosis


@pytest.fixture(scope="module")
def rows(report):
    return report.quantities().set_index("quantity")


def test_names_are_unique_and_stable(report):
    frame = report.quantities()
    assert frame.columns.tolist() == list(COLUMNS) == ["quantity", "value", "unit", "n", "method", "conventions"]
    assert frame["quantity"].is_unique
    assert frame["quantity"].str.fullmatch(r"\S.*\S").all()
    assert frame.dtypes[["value", "n"]].tolist() == [float, float]
    pd.testing.assert_frame_equal(frame, trial_report(saito2008.load_study(), by="diagnosis").quantities())


def value(rows, name):
    found = rows.loc[name, "value"]
    return None if np.isnan(found) else found


def test_the_numbers_of_a_measure_are_its_fields(report, rows):
    for measure in report.measures:
        code = measure.instrument.code
        for week, row in measure.visits.iterrows():
            for statistic in ("n", "mean", "sd", "median", "minimum", "maximum"):
                assert value(rows, f"{code}.visits.{week}.{statistic}") == row[statistic]
            assert value(rows, f"{code}.visits.{week}.se") == pytest.approx(row["sd"] / np.sqrt(row["n"]))
            assert rows.loc[f"{code}.visits.{week}.mean", ["unit", "n"]].tolist() == [measure.instrument.unit, row["n"]]
        for week, row in measure.visits_treated.iterrows():
            assert value(rows, f"{code}.treated.visits.{week}.mean") == row["mean"]
        for week, row in measure.changes.iterrows():
            for statistic in ("n", "mean", "sd", "t", "df", "p_value", "conf_low", "conf_high"):
                found = value(rows, f"{code}.changes.{week}.{statistic}")
                assert found == row[statistic] or (found is None and np.isnan(row[statistic]))
        for statistic in ("n", "mean", "sd", "median", "minimum", "maximum"):
            assert value(rows, f"{code}.final.{statistic}") == getattr(measure.final, statistic)
        low, high = measure.final_change.confidence_interval()
        assert (value(rows, f"{code}.change.conf_low"), value(rows, f"{code}.change.conf_high")) == (low, high)
        for statistic in ("mean", "sd", "t", "df", "p_value", "n", "n_excluded"):
            assert value(rows, f"{code}.change.{statistic}") == getattr(measure.final_change, statistic)
        for label in ("worsened", "unchanged", "improved", "markedly improved"):
            assert value(rows, f"{code}.grades.{label}") == (measure.grades == label).sum()
        response = measure.response
        low, high = response.confidence_interval()
        assert [value(rows, f"{code}.response.{name}") for name in ("rate", "count", "n", "n_missing")] == [
            response.rate, response.count, response.n, response.n_missing,
        ]  # fmt: skip
        assert [value(rows, f"{code}.response.rate.{name}") for name in ("conf_low", "conf_high")] == [low, high]
        test = measure.comparison
        for part in ("pre", "post", "difference"):
            assert value(rows, f"{code}.before_and_after.{part}.mean") == getattr(test, part).mean
        assert value(rows, f"{code}.before_and_after.p_value") == test.p_value
        assert value(rows, f"{code}.before_and_after.signed_rank_p_value") == test.signed_rank_p_value


def test_the_other_numbers_are_their_fields(report, rows):
    log_ck, duration = report.log_ck, report.duration
    assert value(rows, "log_ck.p_value") == log_ck.comparison.p_value
    assert value(rows, "log_ck.difference.ratio") == log_ck.comparison.difference.ratio
    assert value(rows, "log_ck.line.slope") == log_ck.refitted_line.slope
    assert value(rows, "log_ck.line.intercept") == log_ck.refitted_line.intercept
    assert value(rows, "log_ck.visits.-4.mean") == log_ck.visits.loc[-4, "mean"]
    assert value(rows, "duration.median") == duration.curve.median == 371
    low, high = duration.curve.median_interval()
    assert (value(rows, "duration.median.conf_low"), value(rows, "duration.median.conf_high")) == (low, high) == (99, None)
    assert [value(rows, f"duration.{name}") for name in ("n", "n_events", "mean", "mean.se", "mean.until")] == [
        13, 8, duration.mean.mean, duration.mean.se, 423,
    ]  # fmt: skip
    assert value(rows, "duration.episodes.re-elevated") == 8
    assert value(rows, "duration.follow_up.median") == duration.follow_up.median
    assert value(rows, "duration.PM.n") == duration.curves_by_diagnosis["PM"].n
    assert value(rows, "duration.log_rank.p_value") == duration.log_rank.p_value
    assert value(rows, "duration.steroid_association") == duration.steroid_association.index
    assert (value(rows, "reactions.count"), value(rows, "reactions.n"), value(rows, "reactions.n_events")) == (
        7, 16, report.incidence.n_events,
    )  # fmt: skip
    for row in report.incidence.by_term().to_dict("records"):
        assert value(rows, f"reactions.term.{row['term']}") == row["patients"]
    assert value(rows, "treated.n") == 16
    assert value(rows, "efficacy.age.mean") == report.efficacy.age.mean
    assert value(rows, "efficacy.diagnosis.DM") == 7
    assert value(rows, "treated.sex.F") == report.treated.sexes["F"]
    assert value(rows, "disposition.seen at week 12") == 14
    assert rows.loc["MMT.response.rate.conf_low", "method"] == "Clopper and Pearson, 95 %"
    assert rows.loc["MMT.response.rate", ["unit", "conventions"]].tolist() == ["share of patients", "missing: excluded"]


def test_the_numbers_of_groups_are_those_of_the_groups(report, rows):
    for label, group in report.groups.items():
        own = group.quantities()
        part = rows[rows.index.str.startswith(f"groups.{label}.")]
        assert part.index.str.removeprefix(f"groups.{label}.").tolist() == own["quantity"].tolist()
        np.testing.assert_array_equal(part["value"], own["value"])


def test_the_numbers_of_arms_and_contrasts_are_theirs():
    report = trial_report(two_arms())
    frame = report.quantities()
    assert frame["quantity"].is_unique
    rows = frame.set_index("quantity")
    assert value(rows, "arms.IVIG.MMT.response.rate") == report.arms["IVIG"].measures[0].response.rate == 0.5
    assert value(rows, "arms.placebo.reactions.count") == 0
    found = report.contrasts["IVIG"]["MMT.response"]
    assert value(rows, "contrasts.IVIG.MMT.response.difference") == found.difference
    assert value(rows, "contrasts.IVIG.MMT.response.p_value") == found.p_value
    assert value(rows, "contrasts.IVIG.MMT.change.difference") == report.contrasts["IVIG"]["MMT.change"].difference
    assert value(rows, "contrasts.IVIG.CK.change.ratio") == report.contrasts["IVIG"]["CK.change"].ratio
    complete = report.sensitivity["complete cases"]["IVIG"]["MMT.response"]
    assert value(rows, "sensitivity.complete cases.IVIG.MMT.response.difference") == complete.difference
    for label, arm in report.arms.items():
        own = arm.quantities()
        part = rows[rows.index.str.startswith(f"arms.{label}.")]
        assert part.index.str.removeprefix(f"arms.{label}.").tolist() == own["quantity"].tolist()
    assert not rows.index.str.startswith("MMT").any()


@attrs.frozen
class Gain:
    """Points of strength gained from the first to the last value."""

    name: str = "MMT.gain"
    better: str = "higher"

    def observe(self, study):
        baseline, final = study.baseline("MMT"), study.final_values("MMT")
        return Changes(baseline, final, pd.Series(None, baseline.index, dtype=object))


def test_an_outcome_of_one_s_own_has_its_numbers_and_a_change_of_ln_stands_beside_the_raw_one():
    study = saito2008.load_study()
    planned = attrs.evolve(study.protocol, outcomes=(Gain(), Change("CK", scale="ln")))
    report = trial_report(attrs.evolve(study, protocol=planned))
    found = report.quantities().set_index("quantity")["value"]
    gained = study.final_values("MMT") - study.baseline("MMT")
    assert found["MMT.gain.mean"] == pytest.approx(gained.mean())
    assert found["MMT.gain.sd"] == pytest.approx(gained.std())
    fall = np.log(study.final_values("CK")) - np.log(study.baseline("CK"))
    assert found["CK.change.ln.mean"] == pytest.approx(fall.mean())
    assert found["CK.change.mean"] == pytest.approx((study.final_values("CK") - study.baseline("CK")).mean())
