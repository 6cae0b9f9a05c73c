"""The ledger: as expected, complete, true to the paper, and moved by every cell that a printed number uses."""

import csv
import inspect
import itertools
import math
import pkgutil
import statistics
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from importlib.resources import files

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import some
from scipy import stats

from ivigmyo import saito2008
from ivigmyo.errors import DataError
from ivigmyo.instruments import CK
from ivigmyo.saito2008.ledger import COMPUTATIONS, VERDICTS, Ledger, ledger_text, reproduce
from ivigmyo.saito2008.material import Material, claim, listed, of_patient
from ivigmyo.saito2008.published import PUBLISHED_STEROID_LINE, Printed, load_published
from ivigmyo.study import Study
from ivigmyo.study.patients import Assessment, Patient, Visit

WEEKS = (-4, 0, 4, 8, 12)


def read(name):
    text = (files("ivigmyo.saito2008") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def half_up(value, digits):
    return str(Decimal(f"{float(value):.10f}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def evolve(study, patient, **fields):
    others = [one for one in study.patients if one.id != patient]
    changed = attrs.evolve(next(one for one in study.patients if one.id == patient), **fields)
    return attrs.evolve(study, patients=[*others, changed])


# --- what it says ---

NOT_PLAINLY_REPRODUCED = {
    "erratum": {
        "table1/unscheduled.CK.-4": ("0 2 4 8 12", "16 patients"),
        "table1/unscheduled.CK.1": ("0 2 4 8 12", "15 patients"),
        "results/visit.efficacy.CK.12.sd": ("445.0", "455.0"),
        "results/first_week": ("4", "-4"),
        "table5/age.12": ("51", "50"),
        "discussion/response.ADL.percent": ("88.0", "80.0"),
        "discussion/dose_above_40": ("more than 40 mg of prednisolone", "13 of 15"),
    },
    "explained": {
        "abstract/median": ("334.5", "371.0"),
        "results/asthma.16": ("2", "1"),
        "results/median": ("334.5", "371.0"),
        "figure3/median": ("334.5", "371.0"),
        "figure3/mean": ("302.3", "292.8"),
        "figure3/se": ("40.0", "40.4"),
        "discussion/median": ("334.5", "371.0"),
    },
    "not supported": {
        "discussion/no_response.ADL": ("this was because two patients", "3"),
    },
    "not contradicted": {
        "methods/no_increase": ("even for steroid pulse therapy, were not allowed", "14 of 14"),
        "discussion/acceleration.ln.DM": ("clearly effective for both PM and DM", "P = 0.3314"),
        "discussion/steroid_association": ("no clear relationship was observed", "C = 0.48 (0.23 to 0.73)"),
    },
    "not derivable": {
        "abstract/significance.CK.1": ("significantly decreased from week 1", None),
        "abstract/significance.CK.2": ("significantly decreased from week 1", None),
        "abstract/significance.MMT.2": ("significantly increased from week 2", None),
        "abstract/significance.ADL.2": ("significantly increased from week 2", None),
        "abstract/unprinted.serious": ("none of the adverse reactions were considered to be serious", None),
        "methods/eligible.dose": ("≥50 mg/day or ≥1 mg/kg/day", "10 of 16"),
        "methods/unprinted.institutions": ("20", None),
        "methods/monitored.patients": ("all patients who had been tentatively registered", "15"),
        "results/significance.MMT.2": ("significantly increased by week 2", None),
        "results/significance.ADL.2": ("significantly increased by week 2", None),
        "results/significance.CK.1": ("significantly decreased by week 1", None),
        "results/event.3.back pain": ("45", None),
        "results/event.12.fracture": ("28", None),
        "figure1/seen.CK.1": ("15", None),
        "figure1/marks.1": ("*: P < 0.01", "MMT 4 8 12 M; ADL 4 8 12 M; CK 4 8 12 M"),
        "figure1/marks.5": ("**: P < 0.05", "MMT none; ADL none; CK none"),
        "figure2/line.slope": ("-0.25602", "-0.26280"),
        "figure2/line.intercept": ("6.60394", "6.63432"),
        "results/abnormal_before": ("13", "11"),
        "results/unprinted.emergency": ("None of the adverse reactions required emergency treatment", None),
        "results/unprinted.electrocardiography": ("28", None),
        "results/reactions.infections": ("no infections were observed during the course of the study", None),
        "table5/highest.10.CA19-9": ("133", None),
        "table5/highest.10.DUPAN-II": ("1,200", None),
        "discussion/significance.MMT.2": ("apparent by week 2 and persisted until week 12", None),
        "discussion/significance.ADL.2": ("apparent by week 2 and persisted until week 12", None),
        "discussion/sign.any": ("5", None),
        "discussion/sign.HELIOTROPE": ("3", None),
        "discussion/sign.GOTTRON": ("3", None),
        "discussion/sign.RAYNAUD": ("1", None),
        "discussion/sign_gone.HELIOTROPE": ("2", None),
        "discussion/sign_gone.HELIOTROPE.positive": ("1", None),
        "discussion/sign_gone.HELIOTROPE.false-positive": ("1", None),
        "discussion/sign_gone.GOTTRON": ("1", None),
        "discussion/sign_gone.GOTTRON.positive": ("1", None),
        "discussion/sign_kept.RAYNAUD": ("12", None),
        "discussion/unprinted.emergency": ("no adverse reactions requiring emergency treatment", None),
        "discussion/reactions.infections": ("infections such as pneumonia or sepsis", None),
    },
    "by definition": {
        "methods/items.MMT": ("18", "18"),
        "methods/full_score.MMT": ("90", "90"),
        "methods/items.ADL": ("15", "15"),
        "methods/full_score.ADL": ("45", "45"),
        "methods/threshold.MMT.marked": ("10", "10"),
        "methods/threshold.MMT.improved": ("5", "5"),
        "methods/threshold.MMT.worsened": ("5", "5"),
        "methods/threshold.ADL.marked": ("10", "10"),
        "methods/threshold.ADL.improved": ("5", "5"),
        "methods/threshold.ADL.worsened": ("5", "5"),
        "methods/threshold.CK.marked": ("50", "50"),
        "methods/threshold.CK.improved": ("30", "30"),
        "methods/threshold.CK.worsened": ("30", "30"),
        "table1/scheduled.MMT": ("-4 0 2 4 8 12", "-4 0 2 4 8 12"),
        "table1/scheduled.ADL": ("-4 0 2 4 8 12", "-4 0 2 4 8 12"),
        "table1/scheduled.CK": ("0 2 4 8 12", "0 2 4 8 12"),
    },
    "external": {
        "introduction/external.response": ("80", None),
        "discussion/external.dose": ("25", None),
        "discussion/external.first_months": ("19", None),
        "discussion/external.second_months": ("23", None),
        "discussion/external.interval": ("six weeks", None),
    },
}


def test_every_verdict_is_the_expected_one(ledger):
    assert ledger.unexpected == ()
    assert ledger.as_expected


def test_every_row_that_is_not_plainly_reproduced(ledger):
    found = {}
    for row in ledger.rows:
        if row.verdict != "reproduced":
            found.setdefault(row.verdict, {})[row.id] = (row.printed, row.computed)
    assert found == NOT_PLAINLY_REPRODUCED


def test_each_of_them_says_why_and_shows_its_numbers(ledger):
    for row in ledger.rows:
        assert "{" not in row.explanation
        if row.verdict != "reproduced":
            assert row.explanation.endswith(".")
        if row.verdict in ("erratum", "explained", "not supported"):
            assert row.computed not in (None, "", row.printed)


EXPLANATIONS = {
    "figure3/median": (
        "Counted from normalization, as the Methods and Table 4 do, the median is 371.0 days (8 events in 13 "
        "patients; 95 % interval 99 to not reached); from the start of IVIG, as the caption of Fig. 3 does, 390.0. "
        "334.5 follows only if, from the start of IVIG, patient 2, whose monitoring was discontinued, counts as an "
        "event on day 279 as well."
    ),
    "figure3/mean": (
        "Counted from normalization, the restricted mean up to the last event (day 423) is 292.8; from the start "
        "of IVIG, as the caption counts, 314.4. 302.3 is the one up to day 438 from the start of IVIG, with "
        "patient 2 as an event on day 279."
    ),
    "figure3/se": (
        "Counted from normalization, the mean's standard error is 40.4; from the start of IVIG, as the caption "
        "counts, 39.0. 40.0 is a standard error too, not an SD: that of 302.3, its variance times m / (m - 1), m = "
        "9 events."
    ),
    "results/abnormal_before": (
        "The limits are not printed. If one limit a sex held in all hospitals, those that fit all days of Table 4 "
        "(women [147, 159), men [229, 255) IU/L) would make patients 10 and 15 normal before IVIG (183 and 143 "
        "IU/L), and without them n = 11, median 379 days, mean up to day 423 311.7; with limits that differed "
        "between hospitals all may have been above."
    ),
    "results/asthma.16": (
        "The asthma came on the second day (Table 2, note b), 1 day after the first. 2 days after it is when the "
        "patient stopped, on the third day."
    ),
    "discussion/enrolled.DM": ("Of all 16 treated, with patient 16; of the 15 patients of the efficacy evaluation 7."),
    "discussion/acceleration.ln.DM": (
        "In the 7 patients with DM ln CK fell by 1.367 before and by 1.806 after: significance is not reached, nor "
        "is the claim refuted. PM and DM do not differ detectably: PM - DM 0.303 (95 % -0.732 to 1.338), Welch P = "
        "0.5180."
    ),
    "discussion/gain.MMT": (
        "MMT had fallen before IVIG (mean -6.8, P = 0.0030); the difference measures that fall as well."
    ),
    "discussion/no_response.ADL": (
        "12/15 leaves 3 without a response: patients 3, 12, 15. Two are unchanged, as the paper says; the third "
        "worsened, so the reason is incomplete, not the number wrong."
    ),
    "methods/monitored.patients": (
        "Of the 25 tentatively registered Table 4 prints the 15 of the efficacy evaluation; what monitoring the "
        "others gave is not printed."
    ),
    "methods/eligible.dose": (
        "10 of 16 by the dose at the start of the study. Of patients 1, 4, 6, 9, 15, 16 it does not tell: it was "
        "below 50 mg or is not printed, and neither the highest dose before nor the weight is."
    ),
    "results/visit.efficacy.MMT.12.mean": (
        "Of the 14 patients seen in week 12, without the one who worsened and left. With her last value carried "
        "forward: 76.9 ± 13.9."
    ),
    "results/visit.efficacy.ADL.12.mean": (
        "Of the 14 patients seen in week 12, without the one who worsened and left. With her last value carried "
        "forward: 32.5 ± 11.1."
    ),
    "results/visit.efficacy.CK.12.mean": (
        "Of the 14 patients seen in week 12, without the one who worsened and left. With her last value carried "
        "forward: 207.3 ± 440.9."
    ),
    "discussion/dose_above_40": ("Table 4 prints 40 mg or less for patients 4 and 15."),
    "discussion/acceleration.ln.all": (
        "On the ln scale, by which the Methods compare. In IU/L CK fell by 1637 on average before and by 961 after "
        "the first infusion (P = 0.1716)."
    ),
    "discussion/steroid_association": (
        "The interval of the concordance index holds 0.5, and much besides: 12 patients show neither a "
        "relationship nor its absence."
    ),
    "table1/unscheduled.CK.1": ("Table 1 schedules no laboratory test in week 1, yet Fig. 1c shows CK of 15 patients."),
    "methods/no_increase": ("The last dose is below the first in 14 of 14; the doses between are not printed."),
    "figure1/marks.1": (
        "Which points bear the mark stands in the drawing alone. By the rows it would be: MMT 4 8 12 M; ADL 4 8 12 "
        "M; CK 4 8 12 M."
    ),
}


@pytest.mark.parametrize("id", EXPLANATIONS)
def test_explanations_hold_computed_numbers(ledger, id):
    assert ledger.row(id).explanation == EXPLANATIONS[id]


def test_a_row_is_complete(ledger):
    row = ledger.row("table2/visit.treated.CK.0.mean")
    assert attrs.asdict(row) == {
        "id": "table2/visit.treated.CK.0.mean",
        "section": "Results",
        "table": "Table 2",
        "row": "Mean",
        "column": "CK, week 0",
        "where": "Table 2: Mean, CK, week 0",
        "printed": "1186.3",
        "precision": 1,
        "computed": "1186.3",
        "verdict": "reproduced",
        "expected": "reproduced",
        "function": "ivigmyo.analysis.trial_report",
        "conventions": "n = 16; scheduled weeks; SD divides by n - 1",
        "explanation": "",
    }
    assert ledger.row("abstract/patients.efficacy").where == "Abstract: patients, number"
    assert ledger.row("table3/log_ck.n").where == "Table 3: n"
    assert ledger.row("methods/eligible.age").precision is None
    assert ledger.row("figure2/line.slope").precision == 5


def test_a_row_that_is_not_there(ledger):
    with pytest.raises(ValueError, match=r"^'id' must be that of a row \(got 'table9/none'\)\.$"):
        ledger.row("table9/none")


def test_a_claim_is_quoted_and_its_test_named(ledger):
    tested = ("acceleration", "fall_before", "final", "final_by", "gain", "significance")
    for row in ledger.rows:
        if row.id.partition("/")[2].split(".")[0] in tested and row.computed is not None:
            assert len(row.printed.split()) > 3
            assert "t-test" in row.conventions


def test_what_is_covered(ledger):
    ids = [row.id for row in ledger.rows]
    assert len(ids) == len(set(ids)) == 312
    assert len({row.where for row in ledger.rows}) == len(ids)
    footers = [row for row in ledger.rows if row.table == "Table 2" and row.row.startswith(("Mean", "SD"))]
    assert len(footers) == 68
    assert {row.verdict for row in footers} == {"reproduced"}
    assert len([row for row in ledger.rows if row.id.startswith("table3/")]) == 9
    assert len([row for row in ledger.rows if row.id.startswith("table4/duration.")]) == 13
    assert len([row for row in ledger.rows if row.id.startswith("table4/status.")]) == 15
    assert {row.place for row in ledger.rows} == {
        "Abstract", "Introduction", "Methods", "Results", "Discussion",
        *(f"Table {k}" for k in range(1, 6)), *(f"Fig. {k}" for k in range(1, 4)),
    }  # fmt: skip
    rows = load_published().values()
    named = {row.computation[0] for row in rows} | {
        ".".join((name, *rest)) for name, rest in (row.computation for row in rows)
    }
    assert set(COMPUTATIONS) <= named
    assert all(row.quantity or {row.computation[0], row.id.partition("/")[2]} & set(COMPUTATIONS) for row in rows)


def test_each_computation_is_a_public_function(ledger):
    for row in ledger.rows:
        assert row.function or row.verdict in ("not derivable", "external")
        if row.function:
            module, name = row.function.removeprefix("ivigmyo.").split(".", 1)
            public = pkgutil.resolve_name(f"ivigmyo.{module}:__all__")
            assert name.split(".")[0] in public
            assert inspect.isroutine(pkgutil.resolve_name(f"ivigmyo.{module}:{name}"))


def test_summary(ledger):
    counts = ledger.summary()
    assert list(counts.columns) == list(VERDICTS)
    assert counts.index.name == "place"
    assert counts.sum().to_dict() == {
        "reproduced": 235,
        "erratum": 7,
        "explained": 7,
        "not supported": 1,
        "not contradicted": 3,
        "not derivable": 38,
        "by definition": 16,
        "external": 5,
        "not reproduced": 0,
    }
    assert counts.loc["Fig. 3"].tolist() == [1, 0, 3, 0, 0, 0, 0, 0, 0]
    assert counts.loc["Discussion"].tolist() == [23, 2, 1, 1, 2, 14, 0, 4, 0]


def test_frame(ledger):
    frame = ledger.to_frame()
    assert len(frame) == 312
    assert frame.columns.tolist() == [
        "id", "section", "table", "row", "column", "where", "printed", "precision", "computed", "verdict", "expected",
        "function", "conventions", "explanation",
    ]  # fmt: skip
    assert frame["precision"].dtype == float
    row = frame.set_index("id").loc["discussion/response.ADL.percent"]
    assert row[["printed", "precision", "computed", "verdict"]].tolist() == ["88.0", 1.0, "80.0", "erratum"]
    unprinted = frame.set_index("id").loc["methods/unprinted.institutions"]
    assert unprinted["computed"] is None
    assert math.isnan(frame.set_index("id").loc["methods/eligible.age", "precision"])


def test_it_is_the_same_on_every_call_and_for_the_bundled_study(ledger):
    assert saito2008.reproduce() == ledger
    assert saito2008.reproduce is reproduce


def test_nothing_else_is_exported_lazily():
    with pytest.raises(AttributeError) as error:
        saito2008.nothing  # noqa: B018
    assert str(error.value) == "module 'ivigmyo.saito2008' has no attribute 'nothing'"


# --- what is printed, and what is computed another way ---


def test_the_footers_of_table_2_computed_otherwise(ledger):
    rows = read("assessments.csv")
    people = read("patients.csv")
    for group, ids in (("treated", range(1, 17)), ("efficacy", range(1, 16))):
        columns = {
            f"visit.{group}.{code}.{week}": [
                Fraction(row["value"])
                for row in rows
                if row["measure"] == code and int(row["patient"]) in ids
                and (8 if row["week"] == "5" else int(row["week"])) == week
            ]
            for code in ("MMT", "ADL", "CK") for week in WEEKS
        }  # fmt: skip
        for name in ("age", "disease_duration"):
            columns[f"describe.{group}.{name}"] = [Fraction(one[name]) for one in people if int(one["patient"]) in ids]
        for name, values in columns.items():
            mean = sum(values) / len(values)
            digits = 2 if "duration" in name else 1
            sd = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
            assert ledger.row(f"table2/{name}.mean").computed == half_up(mean, digits)
            assert ledger.row(f"table2/{name}.sd").computed == half_up(sd, digits)


def wide(code):
    values = {
        (int(row["patient"]), int(row["week"])): float(row["value"])
        for row in read("assessments.csv")
        if row["measure"] == code
    }
    return {week: np.array([values.get((patient, week), np.nan) for patient in range(1, 16)]) for week in (*WEEKS, 5)}


def test_table_3_computed_otherwise(ledger):
    ck = wide("CK")
    pre, post = np.log(ck[-4] / ck[0]), np.log(ck[0] / ck[4])
    test = stats.ttest_rel(post, pre)
    for part, values in (("pre", pre), ("post", post), ("difference", post - pre)):
        assert ledger.row(f"table3/log_ck.{part}.mean").computed == half_up(statistics.fmean(values), 3)
        assert ledger.row(f"table3/log_ck.{part}.sd").computed == half_up(statistics.stdev(values), 3)
    assert ledger.row("table3/log_ck.t").computed == half_up(test.statistic, 3)
    assert ledger.row("table3/log_ck.p").computed == half_up(test.pvalue, 4)


def shown(p):
    return "P < 0.0001" if p < 0.0001 else f"P = {half_up(p, 4)}"


@pytest.mark.parametrize("code", ["MMT", "ADL", "CK"])
def test_significance_computed_otherwise(ledger, code):
    values = wide(code)
    final = np.where(np.isnan(values[12]), values[5], values[12])
    at_8 = np.where(np.isnan(values[8]), values[5], values[8])
    for week, later in ((4, values[4]), (8, at_8), (12, values[12])):
        p = stats.ttest_1samp(later - values[0], 0, nan_policy="omit").pvalue
        assert ledger.row(f"abstract/significance.{code}.{week}").computed == shown(p)
    for label, part in (("PM", slice(0, 8)), ("DM", slice(8, 15))):
        if code != "CK":
            p = stats.ttest_rel(final[part], values[0][part]).pvalue
            assert ledger.row(f"discussion/final_by.{label}.{code}").computed == shown(p)
    if code == "CK":
        assert ledger.row("discussion/fall_before").computed == shown(stats.ttest_rel(values[0], values[-4]).pvalue)
        raw = stats.ttest_rel(values[4] - values[0], values[0] - values[-4]).pvalue
        assert f"(P = {half_up(raw, 4)})" in ledger.row("discussion/acceleration.ln.all").explanation
    else:
        assert ledger.row(f"discussion/final.{code}").computed == shown(stats.ttest_rel(final, values[0]).pvalue)
        gain = stats.ttest_rel(values[4] - values[0], values[0] - values[-4]).pvalue
        assert ledger.row(f"discussion/gain.{code}").computed == shown(gain)


def test_the_line_of_figure_2_fits_no_subset_of_patients(ledger):
    ck = wide("CK")
    before, baseline = np.log(ck[-4]), np.log(ck[0])
    subsets = np.array(list(itertools.product((0, 1), repeat=15)))[1:]
    n = subsets.sum(axis=1)
    intercept = subsets @ baseline / n
    slope = (intercept - subsets @ before / n) / 4
    assert len(subsets) == 32767
    assert (half_up(slope[-1], 5), half_up(intercept[-1], 5)) == ("-0.26280", "6.63432")
    near = (abs(slope - PUBLISHED_STEROID_LINE.slope) < 1e-5) & (abs(intercept - PUBLISHED_STEROID_LINE.intercept) < 1e-5)
    assert not near.any()
    assert ledger.row("figure2/line.slope").printed == str(PUBLISHED_STEROID_LINE.slope)
    assert ledger.row("figure2/line.intercept").printed == str(PUBLISHED_STEROID_LINE.intercept)


def test_the_durations_of_table_4_from_its_days(ledger):
    for row in read("ck_follow_up.csv"):
        patient, end = row["patient"], row["re_elevated_on"] or row["observed_until"]
        status = ledger.row(f"table4/status.{patient}")
        if row["normalized_on"]:
            sign = "" if row["re_elevated_on"] else ">"
            expected = f"{sign}{int(end) - int(row['normalized_on'])}"
            assert ledger.row(f"table4/duration.{patient}").computed == expected
            assert status.printed == ("Re-elevated" if row["re_elevated_on"] else "Monitoring discontinued")
        else:
            assert status.printed == "Not normalized"
        assert status.computed == status.printed


@pytest.mark.parametrize(
    ("id", "computed", "conventions"),
    [
        ("results/adl_unlike_mmt.ids", "3, 12", "improved or markedly improved in MMT alone"),
        ("discussion/unchanged.ADL", "2", "n = 15"),
        ("discussion/reactions.liver", "4", "n = 16"),
        ("discussion/reactions.ischemia", "1", "n = 16"),
        (
            "discussion/steroid_association",
            "C = 0.48 (0.23 to 0.73)",
            "Harrell's C, n = 12, 56 pairs; 95 % by the infinitesimal jackknife; 0.5: none",
        ),
        ("results/last_seen.15", "35", "the week of the last values, as a day"),
        ("methods/resistant", "16 of 16", "all treated"),
        ("methods/eligible.MMT", "16 of 16", "all treated"),
        ("methods/full_score.MMT", "90", "every item 5"),
        ("methods/full_score.ADL", "45", "every item 3"),
        ("figure3/median", "371.0", "from normalization, as recorded; or from the first infusion, patient 2 an event"),
        ("table2/visit.efficacy.MMT.8.mean", "72.9", "n = 15; scheduled weeks; SD divides by n - 1"),
        ("table2/visit.efficacy.MMT.12.mean", "78.6", "n = 14; scheduled weeks; SD divides by n - 1"),
    ],
)
def test_what_else_is_computed_and_how(ledger, id, computed, conventions):
    row = ledger.row(id)
    assert (row.computed, row.conventions) == (computed, conventions)


def test_a_claim_needs_significance_and_direction():
    assert claim(0.0499, True, reproduce, "").holds
    assert not claim(0.05, True, reproduce, "").holds
    assert not claim(0.01, False, reproduce, "").holds
    assert claim(0.01234, True, reproduce, "").value == "P = 0.0123"
    assert claim(0.00001, True, reproduce, "").value == "P < 0.0001"
    missing = claim(None, True, reproduce, "")
    assert (missing.value, missing.holds) == ("P = -", False)


# --- other studies ---


@given(st.none() | st.floats(0, 1), st.booleans(), st.floats(0, 1))
def test_a_claim_holds_for_every_smaller_p_value_if_for_one(p, direction, share):
    found = claim(p, direction, stats.ttest_rel, "two-sided")
    assert found.holds == (p is not None and p < 0.05 and direction)
    if p is not None:
        assert claim(share * p, direction, stats.ttest_rel, "").holds >= found.holds
        sign, shown = found.value.removeprefix("P ").split()
        assert (sign == "<") == (p < 0.0001)
        assert sign == "<" or shown == half_up(p, 4)
    # an effect in the other direction is not the one claimed
    assert not claim(p, False, stats.ttest_rel, "").holds


@given(st.dictionaries(st.sampled_from(["1", "2", "10"]), st.none() | st.integers(0, 9)), st.sampled_from(["1", "2", "10"]))
def test_a_value_is_that_of_its_patient_or_there_is_none(values, patient):
    series = pd.Series(values, dtype=float)
    if values.get(patient) is not None:
        assert of_patient(series, patient) == of_patient(series[::-1], patient) == values[patient]
    else:
        with pytest.raises(DataError, match=f"^there is no such value of patient '{patient}'"):
            of_patient(series, patient)
    assert listed(values).split(", ") == ([*values] or ["none"])


PLACES = st.integers(0, 300)


@given(st.dictionaries(PLACES, st.sampled_from(VERDICTS), max_size=5))
@settings(settings.get_profile("whole"))
def test_the_ledger_counts_each_row_once_and_names_those_that_are_not_as_expected(ledger, changed):
    rows = [
        attrs.evolve(row, verdict=changed[k]) if k in changed and k < len(ledger.rows) else row
        for k, row in enumerate(ledger.rows)
    ]
    other = Ledger(tuple(rows))
    wrong = [row for row in rows if row.verdict != row.expected]
    assert list(other.unexpected) == wrong
    assert other.as_expected == (not wrong)
    summary = other.summary()
    assert summary.to_numpy().sum() == len(rows)
    for verdict in VERDICTS:
        assert summary[verdict].sum() == sum(row.verdict == verdict for row in rows)
    frame = other.to_frame()
    assert frame["id"].tolist() == [row.id for row in rows]
    assert [other.row(id) for id in frame["id"]] == rows
    assert frame["verdict"].tolist() == [row.verdict for row in rows]
    text = ledger_text(other)
    assert ("Not as expected" in text) == bool(wrong)
    outcome = f"{len(wrong)} have another verdict than expected" if wrong else "every verdict is the expected one"
    assert outcome in " ".join(text.split())


words = st.text("abc", min_size=1, max_size=4)


@given(words, words, st.lists(words, max_size=3), st.integers(-(10**6), 10**6), st.integers(0, 4), st.text("ab", max_size=2))
def test_what_is_printed_names_its_computation_and_its_precision(section, name, arguments, mantissa, digits, table):
    text = f"{mantissa / 10**digits:.{digits}f}"
    printed = Printed(".".join([f"{section}/{name}", *arguments]), section, table, "row", "", text, "reproduced", "", "", "")
    assert printed.computation == (name, tuple(arguments))
    assert printed.precision == digits
    assert half_up(float(text), printed.precision) == text or mantissa == 0
    assert printed.place == (table or section)
    assert printed.where == f"{table or section}: row"
    assert attrs.evolve(printed, printed=f"P < {text}").precision is None


def test_weeks_1_and_2_are_judged_where_a_study_has_them(study):
    def with_weeks(patient):
        later = [visit.assessments for visit in patient.visits if visit.week == 4]
        more = [Visit(week=week, assessments=assessments) for assessments in later for week in (1, 2)]
        return attrs.evolve(patient, visits=[*patient.visits, *more])

    more = reproduce(attrs.evolve(study, patients=[with_weeks(patient) for patient in study.patients]))
    assert more.row("abstract/significance.CK.1").verdict == "reproduced"
    assert more.row("results/significance.MMT.2").verdict == "reproduced"
    assert more.row("figure1/seen.CK.1").verdict == "reproduced"
    assert more.row("table1/unscheduled.CK.1").verdict == "erratum"
    assert more.row("table1/unscheduled.CK.1").computed == "15 patients"


def test_what_a_study_does_not_have_is_not_derivable(study):
    keep = {"MMT", "ADL"}

    def without_ck(patient):
        visits = [
            attrs.evolve(visit, assessments=[each for each in visit.assessments if each.instrument.code in keep])
            for visit in patient.visits
        ]
        return attrs.evolve(patient, visits=visits, follow_up=None, adverse_events=None)

    lacking = attrs.evolve(study, patients=[without_ck(patient) for patient in study.patients], disposition=())
    found = reproduce(lacking)
    assert not found.as_expected
    row = found.row("abstract/acceleration.ln.all")
    assert (row.verdict, row.computed, row.explanation) == (
        "not derivable",
        None,
        "no patient has a value of 'CK'.",
    )
    assert found.row("figure3/median").verdict == "not derivable"
    assert found.row("figure2/line.slope").explanation == "the report has no value of 'log_ck.line.slope'."
    assert found.row("results/registered").explanation == "who was registered is not recorded."
    assert found.row("results/reactions.count").verdict == "not derivable"
    assert found.row("results/asthma.16").verdict == "not derivable"
    assert found.row("results/first_week").verdict == "not derivable"
    assert found.row("table4/duration.2").verdict == "not derivable"
    assert found.row("table2/visit.efficacy.MMT.4.mean").verdict == "reproduced"


def test_a_part_of_the_study(study):
    part = study.split("diagnosis")["PM"]
    found = reproduce(part)
    row = found.row("discussion/acceleration.ln.DM")
    assert (row.verdict, row.explanation) == ("not derivable", "no patient of the efficacy set is DM.")
    assert found.row("discussion/acceleration.ln.PM").verdict == "reproduced"
    assert found.row("table5/age.12").explanation == "there is no such value of patient '12'."
    assert found.row("results/first_week").explanation == "no week's fall of ln CK is the one that Table 3 prints."
    assert found.row("abstract/patients.efficacy").explanation == "Expected was: reproduced."
    assert found.row("discussion/dose_above_40").explanation == "Expected was: erratum (13 of 15)."


def test_without_a_re_elevation_the_median_is_not_reached(study):
    def censored(patient):
        if patient.follow_up is None or patient.id == "2":
            return patient
        return attrs.evolve(patient, follow_up=attrs.evolve(patient.follow_up, re_elevated_on=None))

    quiet = attrs.evolve(study, patients=[censored(patient) for patient in study.patients])
    found = reproduce(quiet)
    assert (found.row("figure3/median").computed, found.row("figure3/median").verdict) == ("not reached", "not reproduced")
    assert (found.row("figure3/mean").computed, found.row("figure3/mean").verdict) == ("no event", "not reproduced")
    assert found.row("figure3/se").computed == "no event"
    assert found.row("table4/duration.3").computed == ">491"
    assert found.row("discussion/steroid_association").computed is None
    assert (
        found.row("discussion/steroid_association").explanation
        == "no two patients with a last steroid dose can be compared."
    )


def test_an_explanation_needs_the_other_number_too(study):
    # With two events exchanged the definition's median stays, and the published one goes.
    assert reproduce(study).row("figure3/median").verdict == "explained"
    patient = next(one for one in study.patients if one.id == "2")
    later = evolve(study, "2", follow_up=attrs.evolve(patient.follow_up, normalized_on=45, observed_until=299))
    row = reproduce(later).row("figure3/median")
    assert (row.computed, row.verdict, row.explanation) == ("371.0", "not reproduced", "Expected was: explained (371.0).")


def test_an_empty_efficacy_set(study):
    nobody = attrs.evolve(study, patients=[attrs.evolve(patient, efficacy_set=False) for patient in study.patients])
    found = reproduce(nobody)
    assert found.row("abstract/response.MMT.count").explanation == "the report has no value of 'MMT.response.count'."


def test_material_computes_once(study):
    material = Material(study)
    assert material.report is material.report
    assert material.quantity("MMT.response.count") is material.quantity("MMT.response.count")
    assert material.patients("treated") is study


# --- every cell counts ---


def moved(study, ids=None):
    """The rows, or those of these ids, that no longer say of a study what they are known to say."""
    return {row.id for row in reproduce(study, ids).unexpected}


def altered(value, maximum=None):
    """Five points more, or less where more is not possible; without a maximum a fifth more."""
    if maximum is None:
        return value * 1.2
    return value + 5 if value + 5 <= maximum else value - 5


def assessment_cells(study, patient):
    """The columns of Table 2 in which a patient has a score or CK, and the study in which all of these are altered."""

    def of(visit):
        changed = [attrs.evolve(each, value=altered(each.value, each.instrument.maximum)) for each in visit.assessments]
        return attrs.evolve(visit, assessments=changed)

    columns = [
        (each.instrument.code, str(8 if visit.week == 5 else visit.week))
        for visit in patient.visits
        for each in visit.assessments
    ]
    return columns, evolve(study, patient.id, visits=[of(visit) for visit in patient.visits])


def patient_cells(study, patient):
    """The study in which a patient's age and disease duration are altered."""
    names = ("age", "disease_duration")
    return names, evolve(study, patient.id, **{name: altered(getattr(patient, name)) for name in names})


def days_altered(follow_up, name):
    """A day a fifth later, or earlier where that contradicts the other days."""
    for factor in (1.2, 0.8):
        try:
            return attrs.evolve(follow_up, **{name: round(getattr(follow_up, name) * factor)})
        except ValueError:
            continue
    raise AssertionError(name)


def follow_up_cells(study, patient):
    for name in ("steroid_dose_start", "steroid_dose_last"):
        if getattr(patient, name) is not None:
            yield name, evolve(study, patient.id, **{name: altered(getattr(patient, name))})
    for name in ("normalized_on", "re_elevated_on", "observed_until"):
        if patient.follow_up is not None and getattr(patient.follow_up, name) is not None:
            yield name, evolve(study, patient.id, follow_up=days_altered(patient.follow_up, name))


@pytest.fixture(params=some(range(16)), ids=lambda position: f"patient {position + 1}")
def patient(study, request):
    return study.patients[request.param]


def test_every_score_and_ck_of_table_2_counts(study, patient):
    # Each column has footers of its own, so that all cells of a patient may be altered at once.
    sets = ("treated",) if patient.id == "16" else ("treated", "efficacy")
    columns, other = assessment_cells(study, patient)
    using = {
        column: {f"table2/visit.{group}.{'.'.join(column)}.{statistic}" for group in sets for statistic in ("mean", "sd")}
        for column in columns
    }
    named = moved(other, set.union(*using.values()))
    for column in columns:
        assert named & using[column], column


def test_every_age_and_disease_duration_of_table_2_counts(study, patient):
    group = "treated" if patient.id == "16" else "efficacy"
    names, other = patient_cells(study, patient)
    using = {name: {f"table2/describe.{group}.{name}.{statistic}" for statistic in ("mean", "sd")} for name in names}
    named = moved(other, set.union(*using.values()))
    for name in names:
        assert named & using[name], name


SILENT = {
    "a patient who re-elevated, or did not normalize, was monitored beyond the day that counts, and not longest": {
        *((patient, "observed_until") for patient in ("1", "3", "5", "6", "9", "10", "14")),
    },
    "a starting dose is used only in how many had 50 mg, and in how many had more than 40 mg": {
        *((patient, "steroid_dose_start") for patient in ("1", "2", "3", "5", "7", "8", "10", "11", "12", "13", "14")),
    },
    "a last dose is used only in the claim that no relationship was clear, which stays true": {
        *((str(patient), "steroid_dose_last") for patient in range(1, 15)),
    },
}
"""The cells of Table 4 whose change moves no printed figure, by the reason."""

USING = {
    "normalized_on": {"table4/duration.{}"},
    "re_elevated_on": {"table4/duration.{}"},
    "observed_until": {"table4/duration.{}", "methods/monitored.days"},
    "steroid_dose_start": {"methods/eligible.dose", "discussion/dose_above_40"},
}


def test_every_number_of_table_4_counts_unless_no_printed_figure_uses_it(study, patient):
    silent, together = set.union(*SILENT.values()), {}
    for name, other in follow_up_cells(study, patient):
        if (patient.id, name) in silent:
            changed = next(one for one in other.patients if one.id == patient.id)
            together |= {field: getattr(changed, field) for field in (name if hasattr(changed, name) else "follow_up",)}
        else:
            assert moved(other, [row.format(patient.id) for row in USING[name]]), name
    if together:
        assert not moved(evolve(study, patient.id, **together)), list(together)


def test_the_cells_are_all_there(study):
    def count(cells):
        return sum(len(cells(study, patient)[0]) for patient in study.patients)

    assert count(assessment_cells) == 228
    assert count(patient_cells) == 32
    follow_up = [cell for patient in study.patients for cell in follow_up_cells(study, patient)]
    assert len(follow_up) == 15 + 14 + 13 + 8 + 15


# --- the text ---


def test_the_text_of_the_bundled_study(ledger):
    text = ledger_text(ledger)
    assert text.endswith("\n")
    assert all(len(line) <= 80 for line in text.splitlines())
    titles = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert titles == [
        "Every checkable number and claim of Saito et al. 2008, held against the",
        "patients' rows",
        "Errata: the paper contradicts itself or its own table",
        "Explained: does not follow by the stated definition, but exactly by another",
        "Not supported: the rows do not bear the claim out",
        "Not contradicted: the rows neither bear the claim out nor speak against it",
        "Not derivable: needs data that are not printed",
        "By definition: compared with what the library holds for the same sentence",
        "External: quoted from others",
        "Reproduced, with a reservation",
    ]
    totals = [line.split() for line in text.splitlines() if line.startswith("  all ")]
    assert totals == [["all", "235", "7", "7", "1", "3"], ["all", "38", "16", "5"]]
    assert "  312 numbers and claims; every verdict is the expected one.\n" in text
    assert "not reproduced" not in text


def test_the_text_names_the_same_number_once(ledger):
    words = " ".join(ledger_text(ledger).split())
    assert words.count("334.5 371.0") == 1


def test_the_text_of_a_part(ledger):
    text = ledger_text(Ledger(ledger.rows[:3]))
    assert text.splitlines()[-1] == "  3 numbers and claims; every verdict is the expected one."


def test_the_text_with_every_row(ledger):
    text = ledger_text(ledger, every_row=True)
    assert text.startswith(ledger_text(ledger))
    rows = text.partition("Every row\n")[2]
    assert len([line for line in rows.splitlines() if line.endswith(("reproduced", *VERDICTS))]) == 312


def test_the_text_names_what_fails(study):
    other = evolve(study, "12", age=51)
    found = reproduce(other)
    assert not found.as_expected
    assert "table5/age.12" in {row.id for row in found.unexpected}
    text = ledger_text(found)
    words = " ".join(text.split())
    assert "not reproduced" in words
    assert "Not as expected" in text
    assert "Table 2: Mean, age 52.3 52.4 Expected was: reproduced." in words
    assert f"{len(found.unexpected)} have another verdict than expected." in words
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_study_of_ones_own():
    def visits(*values):
        return [
            Visit(week=week, assessments=[Assessment(CK, ck, uln=170)]) for week, ck in zip((-4, 0, 4), values, strict=True)
        ]

    patients = [
        Patient("1", "PM", "F", 40, visits=visits(900, 800, 90)),
        Patient("2", "PM", "F", 40, visits=visits(900, 80, 90)),
    ]
    found = reproduce(Study(patients))
    assert isinstance(found, Ledger)
    assert found.row("abstract/patients.efficacy").computed == "2"
    assert found.row("table4/status.1").computed == "Monitoring discontinued"
    assert found.row("table4/status.2").computed == "normal at baseline"
    assert found.row("table2/visit.treated.CK.0.mean").computed == "440.0"
    alone = reproduce(Study(patients[:1]))
    assert [alone.row(f"table2/visit.treated.CK.0.{name}").computed for name in ("mean", "sd")] == ["800.0", None]
    assert found.row("abstract/response.MMT.count").explanation == "the report has no value of 'MMT.response.count'."
    assert found.row("abstract/response.MMT.percent").verdict == "not derivable"
