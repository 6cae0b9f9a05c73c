"""Studies with arms, from the data to every output: nothing is pooled, and every contrast is what naive counting gives."""

import json
import re
from math import comb

import attrs
import numpy as np
import pandas as pd
import pytest
from sampling import some

from ivigmyo import Protocol, read_study, report_docx, report_markdown, report_page, report_text, trial_report, write_study
from ivigmyo.files.frames import study_from_frames
from ivigmyo.outcomes import NormalDays
from ivigmyo.planning import example_trial
from ivigmyo.report.document import report_document, report_tables
from ivigmyo.report.frames import report_frames, write_frames


def people(arms, **more):
    n = len(arms)
    return pd.DataFrame(
        {"patient": [f"P{i + 1:02d}" for i in range(n)], "diagnosis": "PM", "sex": "F", "age": 50, "arm": arms} | more
    )


def scores(finals, start=50, week=12, measure="MMT"):
    rows = [
        (f"P{i + 1:02d}", at, measure, value)
        for i, final in enumerate(finals)
        for at, value in ((0, start), (week, final))
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["patient", "week", "measure", "value"])


def responders(arms, protocol=None, **more):
    """Make a study of arms with so many responders each, of so many patients, `None` where the outcome is missing."""
    labels = [arm for arm, (_, n, *_) in arms.items() for _ in range(n)]
    finals = []
    for x, n, *missing in arms.values():
        lost = missing[0] if missing else 0
        finals += [70] * x + [51] * (n - x - lost) + [None] * lost
    plan = protocol or Protocol(scheduled_weeks=(0, 12), endpoint_week=12, control="placebo")
    return study_from_frames(people(labels, **more), scores(finals), protocol=plan)


# --- never pooled -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_sex():
    return trial_report(example_trial(), by="sex")


@pytest.fixture(scope="module")
def report(by_sex):
    return attrs.evolve(by_sex, groups={})


@pytest.fixture(scope="module")
def eight():
    return trial_report(responders({"IVIG": (4, 4), "placebo": (0, 4)}))


def outputs(report, folder):
    """Lay a report out in every way, as texts."""
    docx = pytest.importorskip("docx")
    with pytest.MonkeyPatch.context() as patch:  # the page has the pictures
        patch.setattr("ivigmyo.report.word.report_pictures", lambda _: [])
        report_docx(report, folder / "a.docx")
    word = docx.Document(folder / "a.docx")
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    write_frames(report_frames(report), folder / "csv")
    return {
        "text": report_text(report),
        "markdown": report_markdown(report),
        "page": report_page(report),
        "word": "\n".join([*(part.text for part in word.paragraphs), *cells]),
        "csv": "\n".join(path.read_text(encoding="utf-8") for path in (folder / "csv").iterdir()),
        "quantities": report.quantities().to_string(),
        "dict": json.dumps(report.to_dict(), allow_nan=False),
    }


def test_eight_patients_are_four_of_four_and_none_of_four_everywhere(eight, tmp_path):
    shown = outputs(eight, tmp_path)
    for name in ("text", "markdown", "page", "word"):
        assert "4/4" in shown[name], name
        assert "0/4" in shown[name], name
    for name, words in shown.items():
        assert "4/8" not in words, name
        assert not re.search(r"\b50\.0 %", words), name
    numbers = eight.quantities().set_index("quantity")["value"]
    for arm, count in (("IVIG", 4), ("placebo", 0)):
        assert numbers[f"arms.{arm}.MMT.response.count"] == count
        assert numbers[f"arms.{arm}.MMT.response.n"] == 4
    rates = [name for name in numbers.index if name.endswith("response.rate")]
    assert sorted(rates) == ["arms.IVIG.MMT.response.rate", "arms.placebo.MMT.response.rate"]
    frames = report_frames(eight)
    assert frames["response"][["arm", "count", "n"]].to_numpy().tolist() == [["IVIG", 4, 4], ["placebo", 0, 4]]
    assert set(frames["visits"]["arm"]) == set(frames["changes"]["arm"]) == {"IVIG", "placebo"}
    plain = eight.to_dict()
    assert plain["measures"] == []
    assert plain["contrasts"]["IVIG"]["MMT.response"]["treated_count"] == 4


def test_within_an_arm_there_is_no_p_value_in_any_output(report):
    numbers = report.quantities()["quantity"]
    assert not [name for name in numbers if name.startswith("arms.") and "p_value" in name]
    frames = report_frames(report)
    assert frames["changes"]["p_value"].isna().all()
    assert frames["changes"]["conf_low"].notna().any()

    def found(part):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if isinstance(key, str) and key.endswith("p_value") and value is not None:
                yield key
            if isinstance(value, dict | list):
                yield from found(value)

    assert not list(found(report.to_dict()["arms"]))
    for arm in report.arms.values():
        assert all(measure.final_change.p_value is None for measure in arm.measures)
        assert all(measure.final_change.confidence_interval().low is not None for measure in arm.measures)
        assert arm.duration.log_rank is None


def test_parts_of_a_study_with_arms_have_intervals_and_no_p_value(by_sex):
    report = by_sex
    assert set(report.groups) == {"F", "M"}
    for label, group in report.groups.items():
        assert group.contrasts["IVIG"]["MMT.response"].treated.n > 0
        assert group.n_tests == {}
        numbers = group.quantities()
        assert not [name for name in numbers["quantity"] if "p_value" in name], label
        assert not [table for table in report_tables(group) if "P" in table.header], label
    frames = report_frames(report)
    shares = frames["contrasts_shares"]
    assert shares.loc[shares["group"] != "all", "p_value"].isna().all()
    assert shares.loc[shares["group"] == "all", "p_value"].notna().all()
    response = frames["response"]
    assert set(zip(response["group"], response["arm"], strict=True)) == {
        (group, arm) for group in ("all", "F", "M") for arm in ("IVIG", "placebo")
    }
    counts = response[response["measure"] == "MMT"].set_index(["group", "arm"])["count"]
    for label, group in report.groups.items():
        for arm, part in group.arms.items():
            own = next(measure.response for measure in part.measures if measure.instrument.code == "MMT")
            assert counts[label, arm] == own.count


def test_by_arm_gives_the_arms_and_says_them_once():
    report = trial_report(responders({"IVIG": (4, 4), "placebo": (0, 4)}), by="arm")
    assert list(report.groups) == ["IVIG", "placebo"]
    assert report.groups["IVIG"].measures[0].response.count == 4
    assert report_text(report).count("Arm: IVIG") == 1
    assert "Patients: IVIG" not in report_text(report)
    frames = report_frames(report)
    assert frames["response"]["arm"].tolist() == ["IVIG", "placebo"]
    assert "group" not in frames["response"]


# --- naive counting ---------------------------------------------------------------------------------------------------


def fisher(x, n, y, m):
    """Add up the tables with the same margins that are no likelier, in fractions."""
    ways = {k: comb(n, k) * comb(m, x + y - k) for k in range(max(0, x + y - m), min(n, x + y) + 1)}
    return sum(each for each in ways.values() if each <= ways[x]) / sum(ways.values())


def least_squares(before, after, treated, strata):
    """Fit the change by numpy's least squares: the coefficient of the arm."""
    columns = [np.ones(len(before)), treated.astype(float), before - before.mean()]
    columns += [(strata == level).astype(float) for level in sorted(set(strata))[1:]]
    return np.linalg.lstsq(np.column_stack(columns), after - before, rcond=None)[0][1]


@pytest.mark.parametrize("block", some(range(4)))
def test_random_two_arm_studies_are_what_counting_gives(block, rounds):
    rng = np.random.default_rng(block)
    for _ in rounds(50):
        n = int(rng.integers(12, 30))
        arms = rng.choice(["IVIG", "placebo"], n)
        arms[:4] = ["IVIG", "placebo"] * 2
        site = rng.choice(["A", "B"], n)
        site[:4] = ["A", "A", "B", "B"]
        start, final = rng.integers(40, 60, n), rng.integers(40, 75, n).astype(float)
        final[rng.random(n) < 0.1] = np.nan
        final[:4] = rng.integers(40, 75, 4)
        stratified = bool(rng.random() < 0.5)
        plan = Protocol(scheduled_weeks=(0, 12), endpoint_week=12, control="placebo", strata=("site",) if stratified else ())
        rows = [(f"P{i + 1:02d}", 0, "MMT", start[i]) for i in range(n)]
        rows += [(f"P{i + 1:02d}", 12, "MMT", final[i]) for i in range(n) if final[i] == final[i]]
        values = pd.DataFrame(rows, columns=["patient", "week", "measure", "value"])
        who = people(list(arms), **({"site": site} if stratified else {}))
        report = trial_report(study_from_frames(who, values, protocol=plan))
        treated, known = arms == "IVIG", ~np.isnan(final)
        gain = np.where(known, final, -99) - start >= 5
        compared = report.contrasts["IVIG"]["MMT.response"]
        x, m = int(gain[treated].sum()), int((~treated).sum())
        y = int(gain[~treated].sum())
        assert (compared.treated.count, compared.treated.n) == (x, int(treated.sum()))
        assert (compared.control.count, compared.control.n) == (y, m)
        assert compared.treated.missing == "non-response"
        assert compared.treated.n_missing == int((~known & treated).sum())
        assert compared.p_value == pytest.approx(fisher(x, int(treated.sum()), y, m))
        complete = report.sensitivity["complete cases"]["IVIG"]["MMT.response"]
        assert (complete.treated.count, complete.treated.n) == (x, int((known & treated).sum()))
        change = report.contrasts["IVIG"]["MMT.change"]
        strata = site[known] if stratified else np.repeat("", known.sum())
        expected = least_squares(start[known].astype(float), final[known], treated[known], strata)
        assert change.difference == pytest.approx(expected, abs=1e-8)
        assert (change.n, change.n_excluded) == (int(known.sum()), int((~known).sum()))
        if stratified:
            parts = [(treated & (site == s), ~treated & (site == s)) for s in "AB"]
            weights = [t.sum() * c.sum() / (t.sum() + c.sum()) for t, c in parts]
            gaps = [gain[t].mean() - gain[c].mean() for t, c in parts]
            assert compared.common_difference == pytest.approx(np.average(gaps, weights=weights))
        for label, here in (("IVIG", treated), ("placebo", ~treated)):
            (measure,) = report.arms[label].measures
            assert measure.response.count == int(gain[here].sum())
            assert measure.final_change.mean == pytest.approx((final - start)[here & known].mean())


# --- the published trial ----------------------------------------------------------------------------------------------


def test_the_published_responders_through_a_study():
    report = trial_report(responders({"IVIG": (37, 47), "placebo": (21, 48)}))
    numbers = report.quantities().set_index("quantity")["value"]
    stem = "contrasts.IVIG.MMT.response."
    expected = {
        "difference": 0.349734,
        "difference_low": 0.156030,
        "difference_high": 0.518450,
        "score_p_value": 0.000508,
        "p_value": 0.000689,
        "boschloo_p_value": 0.000455,
        "risk_ratio": 1.799392,
        "risk_ratio_low": 1.263537,
        "risk_ratio_high": 2.562499,
        "odds_ratio": 4.757143,
        "odds_ratio_low": 1.930708,
        "odds_ratio_high": 11.721300,
    }
    for name, value in expected.items():
        assert numbers[stem + name] == pytest.approx(value, abs=6e-7), name
    shown = {table.title: table for table in report_tables(report)}
    row = shown["Shares: IVIG against placebo"].rows[0]
    assert row[1:] == ("37/47", "78.7 %", "21/48", "43.8 %", "35.0 (15.6 to 51.8)", "0.0007")
    assert shown["Ratios of shares: IVIG against placebo"].rows[0][1:] == ("1.80 (1.26 to 2.56)", "4.76 (1.93 to 11.72)")


# --- strata, three arms, arm received, missing ------------------------------------------------------------------------


def test_in_strata_mantel_and_haenszel_come_first():
    counts = [(10, 12, 4, 10), (19, 25, 14, 30), (8, 10, 3, 8)]
    arms, finals, sites = [], [], []
    for site, (x, n, y, m) in zip("abc", counts, strict=True):
        arms += ["IVIG"] * n + ["placebo"] * m
        finals += [70] * x + [51] * (n - x) + [70] * y + [51] * (m - y)
        sites += [site] * (n + m)
    plan = Protocol(scheduled_weeks=(0, 12), endpoint_week=12, control="placebo", strata=("site",), primary="MMT.response")
    report = trial_report(study_from_frames(people(arms, site=sites), scores(finals), protocol=plan))
    numbers = report.quantities().set_index("quantity")["value"]
    stem = "contrasts.IVIG.MMT.response."
    for name, value in {
        "cmh_statistic": 11.794931,
        "cmh_p_value": 0.000593922,
        "common_odds_ratio": 4.710263,
        "common_difference": 0.350644,
        "common_difference_low": 0.166493,
        "common_difference_high": 0.534795,
    }.items():
        assert numbers[stem + name] == pytest.approx(value, abs=6e-7), name
    first = report_tables(report)[0].rows[0]
    assert first == ("MMT response: IVIG vs placebo", "35.1 percentage points (16.6 to 53.5; P = 0.0006)")
    found = report.subgroups["IVIG"]
    assert found.rows["level"].tolist() == ["all patients", "a", "b", "c"]
    assert found.rows["n"].tolist() == [95, 22, 55, 18]
    assert found.rows["estimate"].iloc[1] == pytest.approx(10 / 12 - 4 / 10)
    assert set(found.interactions) == {"site"}
    assert numbers["subgroups.IVIG.MMT.response.site.interaction.p_value"] == found.interactions["site"].p_value
    assert "P" not in found.rows.columns


def test_each_of_several_arms_is_compared_with_the_control_on_those_two_alone():
    arms = {"high": (5, 6), "low": (3, 6), "placebo": (1, 6)}
    report = trial_report(responders(arms))
    assert list(report.arms) == ["high", "low", "placebo"]
    assert list(report.contrasts) == ["high", "low"]
    for arm in ("high", "low"):
        alone = trial_report(responders({arm: arms[arm], "placebo": arms["placebo"]}))
        assert report.contrasts[arm]["MMT.response"] == alone.contrasts[arm]["MMT.response"]
        assert report.contrasts[arm]["MMT.change"] == alone.contrasts[arm]["MMT.change"]
    titles = [table.title for table in report_tables(report)]
    assert "Shares: high against placebo" in titles
    assert "Shares: low against placebo" in titles
    assert report.n_tests == {"main analysis": 4, "complete cases": 2}


def test_efficacy_is_by_the_arm_planned_and_safety_by_the_arm_received():
    study = responders({"IVIG": (2, 4), "placebo": (1, 4)}, arm_received=["placebo", None, None, None] + [None] * 4)
    events = {"P01": "rash", "P02": "fever", "P08": "fever"}
    people_ = [
        attrs.evolve(each, adverse_events=(_event(events[each.id]),) if each.id in events else ()) for each in study.patients
    ]
    report = trial_report(attrs.evolve(study, patients=people_))
    assert report.contrasts["IVIG"]["MMT.response"].treated.n == 4
    reactions = report.contrasts["IVIG"]["reactions"]
    assert (reactions.treated.count, reactions.treated.n) == (1, 3)
    assert (reactions.control.count, reactions.control.n) == (2, 5)
    rows = report.reactions[report.reactions["kind"] == "term"].set_index("label")
    assert rows.loc["fever", ["treated_count", "treated_n", "control_count", "control_n"]].tolist() == [1, 3, 1, 5]
    assert rows.loc["rash", "difference"] == pytest.approx(-1 / 5)
    text = report_text(report)
    assert "1/3" in text
    assert "2/5" in text
    assert "3/8" not in text
    safe = report.consort[report.consort["step"] == "analysed for safety"]
    assert safe["patients"].tolist() == [3, 5]


def _event(term):
    from ivigmyo import AdverseEvent

    return AdverseEvent(term, day=1)


def test_a_treatment_that_nobody_was_randomized_to_is_named():
    study = responders({"IVIG": (2, 4), "placebo": (1, 4)}, arm_received=["open IVIG"] + [None] * 7)
    report = trial_report(study)
    assert report.absent["adverse reactions under open IVIG"] == "nobody was randomized to it; 1 received it."


def test_the_missing_count_as_non_response_and_complete_cases_stand_beside():
    report = trial_report(responders({"IVIG": (3, 5, 1), "placebo": (1, 5, 2)}))
    shown = {table.title: table.rows[0] for table in report_tables(report)}
    assert shown["Shares: IVIG against placebo"][1:5] == ("3/5", "60.0 %", "1/5", "20.0 %")
    assert shown["Shares: IVIG against placebo (complete cases)"][1:5] == ("3/4", "75.0 %", "1/3", "33.3 %")
    assert shown["Response rates by arm"][6] == "1"


def test_without_a_primary_outcome_results_are_called_exploratory(eight):
    assert "exploratory" in report_text(eight)
    assert "P = " not in dict(report_tables(eight)[0].rows)["MMT response: IVIG vs placebo"]
    assert eight.subgroups == {}
    primary = attrs.evolve(eight.study.protocol, primary="MMT.response")
    report = trial_report(eight.study.under(primary))
    assert report_tables(report)[0].rows[0][1].endswith("P = 0.0286)")


def test_what_cannot_be_contrasted_is_absent_with_a_reason():
    plan = Protocol(scheduled_weeks=(0, 12), endpoint_week=12)
    report = trial_report(responders({"IVIG": (2, 4), "placebo": (1, 4)}, plan))
    assert report.absent["contrasts"] == "'control' must be stated."
    assert report.contrasts == {}
    assert "4/8" not in report_text(report)
    told = Protocol(scheduled_weeks=(0, 12), endpoint_week=12, control="placebo", strata=("site",))
    report = trial_report(responders({"IVIG": (2, 4), "placebo": (1, 4)}, told, site=["x"] * 4 + ["y"] * 4))
    assert "must not be told by 'strata'" in report.absent["IVIG against placebo: MMT change"]
    assert report.contrasts["IVIG"]["MMT.response"].n_strata_without_weight == 2


# --- how the arms started, and what they were given -------------------------------------------------------------------


def test_arms_at_baseline_have_standardized_differences_and_no_p_value():
    study = responders({"IVIG": (2, 4), "placebo": (1, 4)}, age=[40, 50, 60, 70, 30, 40, 50, 60], sex=list("FFFMFFMM"))
    frame = trial_report(study).baseline.set_index(["characteristic", "level", "arm"])
    sd = np.std([40, 50, 60, 70], ddof=1)
    assert frame.loc[("age", "", "IVIG"), "mean"] == 55
    assert frame.loc[("age", "", "IVIG"), "standardized_difference"] == pytest.approx(10 / sd)
    assert np.isnan(frame.loc[("age", "", "placebo"), "standardized_difference"])
    assert frame.loc[("sex", "F", "IVIG"), "count"] == 3
    gap = 0.25 / np.sqrt((0.75 * 0.25 + 0.5 * 0.5) / 2)
    assert frame.loc[("sex", "F", "IVIG"), "standardized_difference"] == pytest.approx(gap)
    table = next(each for each in report_tables(trial_report(study)) if each.title == "Arms at baseline")
    assert table.header == ("", "IVIG", "placebo", "std. difference")


def test_infusions_and_deviations_by_arm():
    given = pd.DataFrame(
        [
            ("P01", "IVIG", 0, 4, 0.4, "g/kg/day"),
            ("P01", "IVIG", 28, 32, 400, "mg/kg/day"),
            ("P02", "IVIG", 0, 1, 35, "g/day"),
            ("P03", "placebo", 0, 4, 0, "g/kg/day"),
            ("P03", "methotrexate", 0, 90, 10, "mg"),
            ("P04", "placebo", 0, None, 0, "g/kg/day"),
        ],
        columns=["patient", "treatment", "start_day", "end_day", "dose", "unit"],
    )
    plan = Protocol(scheduled_weeks=(0, 12), endpoint_week=12, control="placebo")
    who = people(["IVIG", "IVIG", "placebo", "placebo"], weight=70.0)
    study = study_from_frames(who, scores([70, 51, 70, None]), treatments=given, protocol=plan)
    report = trial_report(study)
    found = report.exposure.set_index(["arm", "quantity"])
    assert found.loc[("IVIG", "infusions"), ["n", "minimum", "maximum"]].tolist() == [2, 2, 10]
    assert found.loc[("IVIG", "courses"), "maximum"] == 2
    assert found.loc[("IVIG", "dose_per_kg"), ["minimum", "maximum"]].tolist() == [1, 4]
    assert found.loc[("placebo", "dose_per_kg"), ["n", "n_missing", "maximum"]].tolist() == [1, 1, 0]
    assert found.loc[("placebo", "infusions"), "mean"] == 5
    missed = report.deviations.set_index(["finding", "arm"])["patients"]
    assert missed["a visit missing", "placebo"] == 1
    assert missed["a visit missing", "IVIG"] == 0


# --- durations --------------------------------------------------------------------------------------------------------


def ck_study():
    """Seven patients: days of normalization and re-elevation by hand; one normal before treatment, one not followed."""
    follow = pd.DataFrame(
        [
            ("P01", 28, None, 100),
            ("P02", 28, 56, 100),
            ("P03", None, None, 100),
            ("P04", 56, None, 60),
            ("P05", None, None, 90),
            ("P06", 80, None, 100),
        ],
        columns=["patient", "normalized_on", "re_elevated_on", "observed_until"],
    )
    rows = [(f"P{i:02d}", 0, "CK", 500.0, 150.0) for i in range(1, 7)] + [("P07", 0, "CK", 100.0, 150.0)]
    rows += [("P07", 12, "CK", 90.0, 150.0)]
    values = pd.DataFrame(rows, columns=["patient", "week", "measure", "value", "uln"])
    plan = Protocol(scheduled_weeks=(0, 12), endpoint_week=12, control="placebo")
    who = people(["IVIG"] * 4 + ["placebo"] * 3)
    return study_from_frames(who, values, ck_follow_up=follow, protocol=plan)


def test_days_of_normal_ck_by_hand():
    study = ck_study()
    observed = NormalDays().observe(study)
    # up to day 84: 28 to 84; 28 to 56; never; seen to day 60 only; never; 80 to 84; normal before
    expected = [56, 28, 0, np.nan, 0, 4, np.nan]
    np.testing.assert_array_equal(observed.amount, expected)
    assert observed.why["P04"] == "followed too short"
    assert observed.why["P07"] == "normal at baseline"
    np.testing.assert_array_equal(NormalDays(until=40).observe(study).amount, [12, 12, 0, 0, 0, 0, np.nan])
    compared = trial_report(study).contrasts["IVIG"]["CK.normal_days"]
    assert (compared.n, compared.n_excluded) == (5, 2)
    assert compared.difference == pytest.approx(28 - 2)
    assert compared.method == "two-sample t-test"
    with pytest.raises(ValueError, match="'until' must be greater than 0"):
        NormalDays(until=0)


def test_time_to_normal_ck_counts_all_abnormal_before_and_the_normalized_are_described_only():
    report = trial_report(ck_study())
    compared = report.contrasts["IVIG"]["CK.normalization"]
    assert (compared.treated_curve.n, compared.treated_curve.n_events) == (4, 3)
    assert (compared.control_curve.n, compared.control_curve.n_events) == (2, 1)
    assert "duration" not in report.contrasts["IVIG"]
    assert "described only" in report.absent["IVIG against placebo: duration"]
    numbers = report.quantities().set_index("quantity")["value"]
    assert numbers["arms.IVIG.CK.normal_days.mean"] == 28
    assert numbers["contrasts.IVIG.CK.normalization.treated_n"] == 4


# --- every table says which side favours, and how many tests were made ------------------------------------------------


def test_the_example_says_which_side_favours_and_how_many_tests_there_were(report):
    assert report.n_tests == {"main analysis": 9, "complete cases": 3, "interactions": 2}
    text = " ".join(report_text(report).split())
    assert "14 tests of the arms were made" in text
    compared = [table for table in report_tables(report) if "IVIG against placebo" in table.title]
    for table in compared:
        if table.title.startswith(("Shares", "Ratios", "Means", "Hazards", "MMT.response in", "Adverse")):
            assert any("avours IVIG" in note for note in table.notes), table.title
    assert max(map(len, report_text(report).splitlines())) <= 80
    assert report.better["reactions"] == "lower"
    assert report.better["CK.change"] == "lower"
    assert report.better["MMT.change"] == "higher"
    titles = [part.title for part in report_document(report).parts if hasattr(part, "level")]
    assert titles.index("Comparison of the arms") < titles.index("Results by arm")


def test_the_example_survives_its_files_and_its_adam_data_sets(tmp_path):
    from ivigmyo import adam

    study = example_trial()
    write_study(study, tmp_path / "files")
    again = read_study(tmp_path / "files")
    assert again == study
    adsl = adam.to_adsl(study)
    assert adsl["TRT01P"].tolist() == [patient.arm for patient in study.patients]
    assert adsl["TRT01A"].tolist() == [patient.arm_treated for patient in study.patients]
    assert (adsl["TRT01P"] != adsl["TRT01A"]).sum() == 1
    assert "DIAGNOSI" not in adsl


def test_the_days_of_placebo_are_judged_as_those_of_the_planned_course():
    from ivigmyo.conduct import check_course
    from ivigmyo.study import Course

    given = pd.DataFrame(
        [
            ("P01", "IVIG", 0, 4, 0.4, "g/kg/day"),
            ("P02", "IVIG", 0, 2, 0.4, "g/kg/day"),
            ("P03", "placebo", 0, 4, 0, "g/kg/day"),
            ("P04", "Placebo (saline)", 0, 2, 0, "g/kg/day"),
        ],
        columns=["patient", "treatment", "start_day", "end_day", "dose", "unit"],
    )
    plan = Protocol(scheduled_weeks=(0, 12), endpoint_week=12, control="placebo")
    who = people(["IVIG", "IVIG", "placebo", "placebo"])
    study = study_from_frames(who, scores([70, 51, 70, 60]), treatments=given, protocol=plan)
    found = check_course(study, Course("IVIG", days=5, dose=0.4, unit="g/kg/day"))
    assert found["finding"].tolist() == ["completed", "not completed", "completed", "not completed"]
    assert found["total_dose"].tolist() == pytest.approx([2.0, 1.2, 0.0, 0.0])
    assert found["days"].tolist() == [5, 3, 5, 3]
    assert found["reason"].iloc[3] == "3 of 5 consecutive days of placebo"


# --- figures ----------------------------------------------------------------------------------------------------------


def test_the_figures_of_arms_show_the_flow_the_subgroups_and_the_time_to_an_event(report):
    from ivigmyo.figures.gallery import report_pictures

    pictures = {picture.title: picture for picture in report_pictures(report)}
    assert list(pictures)[:3] == [
        "Flow of patients",
        "MMT.response in subgroups: IVIG against placebo",
        "How long it took until CK was normal, by arm",
    ]
    flow, forest, until = list(pictures.values())[:3]
    words = "\n".join(text.get_text() for text in flow.axes.texts)
    for said in (
        "screened (n = 118)",
        "IVIG\nrandomized (n = 47)",
        "withdrew consent (n = 4)",
        "analysed for safety (n = 47)",
    ):
        assert said in words
    shown = [text.get_text() for text in forest.axes.texts]
    assert "95" in shown
    assert any("favours IVIG" in text for text in shown)
    assert forest.caption.count("P = ") == 2
    assert "P = " not in forest.description
    assert "IVIG: 28 of 43 had the event" in until.description
    risk = [text.get_text() for text in until.axes.texts]
    assert {"43", "42"} <= set(risk)
    alone = [picture.title for arm in report.arms.values() for picture in report_pictures(arm)]
    assert "MMT by visit" not in alone


def test_complete_cases_do_not_stand_beside_themselves():
    study = responders({"IVIG": (3, 5, 1), "placebo": (1, 5, 2)})
    report = trial_report(study, missing="excluded")
    assert report.contrasts["IVIG"]["MMT.response"].treated.n == 4
    assert report.sensitivity == {}
    assert report.n_tests == {"main analysis": 2}
