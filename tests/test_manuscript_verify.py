"""A manuscript held against its data: what was altered is found, what was not is not accused."""

import math
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.errors import DataError
from ivigmyo.manuscript import Ledger, Verdict, verification_text, verify
from ivigmyo.manuscript.table import read_printed_table

COLUMNS = ["quantity", "value", "unit", "n", "method", "conventions"]


def frame_of(*rows):
    return pd.DataFrame([[*row, *[""] * (6 - len(row))] for row in rows], columns=COLUMNS)


def table_of(*rows):
    return pd.DataFrame(rows, columns=["where", "printed", "quantity"])


def hold(report, printed, quantity):
    return verify(report, table_of(("here", printed, quantity))).rows[0]


ONE_ARM = frame_of(
    ("MMT.visits.0.mean", 57.4, "points", 15),
    ("MMT.visits.0.sd", 13.5144, "points", 15),
    ("MMT.visits.0.n", 15, "patients", 15),
    ("MMT.visits.8.mean", 72.8667, "points", 15),
    ("MMT.visits.8.sd", 13.8, "points", 15),
    ("MMT.visits.12.mean", 78.5714, "points", 14),
    ("MMT.visits.12.sd", 12.9, "points", 14),
    ("MMT.visits.12.se", 3.4477, "points", 14),
    ("MMT.response.rate", 14 / 15, "share of patients", 15),
    ("MMT.response.count", 14, "patients", 15),
    ("MMT.response.rate.conf_low", 0.6805, "share of patients", 15),
    ("MMT.response.rate.conf_high", 0.9983, "share of patients", 15),
    ("ADL.response.rate", 12 / 15, "share of patients", 15),
    ("ADL.response.count", 12, "patients", 15),
    ("ADL.response.n", 15, "patients", 15),
    ("reactions.n", 16, "patients", 16),
    ("CK.visits.0.mean", 1186.25, "IU/L", 16),
    ("MMT.before.mean", -6.8, "points", 15),
    ("log_ck.p_value", 0.012164, "", 15, "paired t-test"),
    ("log_ck.signed_rank_p_value", 0.00836, "", 15, "signed-rank test"),
    ("duration.median", 371, "days", 13),
    ("duration.median.conf_low", 99, "days", 13),
    ("duration.median.conf_high", math.nan, "days", 13),
    ("duration.from_treatment.median", 390, "days", 13),
    ("TIS.mean", math.nan, "points", 0),
    ("MMT.treated.visits.0.mean", 58.5, "points", 16),
    ("arms.IVIG.ADL.visits.0.mean", 20.125, "points", 8),
    ("arms.IVIG.ADL.visits.0.median", 21.5, "points", 8),
    ("arms.IVIG.ADL.visits.4.n", 8, "patients", 8),
    ("ADL.visits.0.mean", 18.933, "points", 15),
    ("age.mean", 51.9, "years", 15),
    ("age.minimum", 31, "years", 15),
    ("age.maximum", 64, "years", 15),
    ("disposition.seen", math.nan, "patients"),
    ("t.p_value", 0.0003, "", 15, "t-test"),
    ("few.rate", 3 / 15, "share of patients", 15),
    ("few.count", 3, "patients", 15),
)


@pytest.mark.parametrize(
    ("printed", "quantity", "computed"),
    [
        ("14/15 (93.3 %)", "MMT.response.rate", "14/15 (93.3 %)"),
        ("14/15 (93.3 %)", "MMT.response.count", "14/15 (93.3 %)"),
        ("14 (93.3 %)", "MMT.response.rate", "14 (93.3 %)"),
        ("14 (93.3)", "MMT.response.rate", "14 (93.3)"),
        ("14 (93.3)", "MMT.response.count", "14 (93.3)"),
        ("93.3", "MMT.response.rate", "93.3"),
        ("0.933", "MMT.response.rate", "0.933"),
        ("14/15", "MMT.response.rate", "14/15"),
        ("93.3 % (68.1 to 99.8 %)", "MMT.response.rate", "93.3 % (68.1 % to 99.8 %)"),
        ("93.3 % (95 % CI 68.1 to 99.8)", "MMT.response.rate", "93.3 % (68.1 % to 99.8 %)"),
        ("57.4 ± 13.5", "MMT.visits.0.mean", "57.4 ± 13.5"),
        ("57.4 +/- 13.5", "MMT.visits.0.mean", "57.4 ± 13.5"),
        ("57.4 +- 13.5", "MMT.visits.0.mean", "57.4 ± 13.5"),
        ("57.4 (13.5)", "MMT.visits.0.mean", "57.4 (13.5)"),
        ("n = 16", "reactions.n", "n = 16"),
        ("n = 15", "ADL.response.n", "n = 15"),
        ("57.4 (SD 13.5; n = 15)", "MMT.visits.0.mean", "57.4 (13.5) (n = 15)"),
        ("78.6 (SE 3.4)", "MMT.visits.12.mean", "78.6 (3.4)"),
        ("78.6 (n = 14)", "MMT.visits.12.mean", "78.6 (n = 14)"),
        ("1\u2009186.3", "CK.visits.0.mean", "1186.3"),
        ("\u22126.8", "MMT.before.mean", "-6.8"),
        ("P = 0.0122", "log_ck.p_value", "P = 0.0122"),
        ("0.0122", "log_ck.p_value", "0.0122"),
        ("P = 0.01", "log_ck.p_value", "P = 0.01"),
        ("P < 0.05", "log_ck.p_value", "P = 0.0122"),
        ("371 (99 to not reached)", "duration.median", "371 (99 to not reached)"),
        ("99 to not reached", "duration.median", "99 to not reached"),
        ("99 to not reached", "duration.median.conf_low", "99 to not reached"),
        ("not reached", "duration.median.conf_high", "not reached"),
        ("371.0 days", "duration.median", "371.0"),
        ("51.9 (31-64)", "age.mean", "51.9 (31 to 64)"),
        ("51.9 (range 31 to 64)", "age.mean", "51.9 (31 to 64)"),
    ],
)
def test_what_is_printed_right_is_reproduced(printed, quantity, computed):
    row = hold(ONE_ARM, printed, quantity)
    assert (row.verdict, row.computed) == ("reproduced", computed), row.explanation


@pytest.mark.parametrize(
    ("printed", "quantity", "explanation"),
    [
        ("72.9", "MMT.visits.12.mean", ["MMT.visits.12.mean is 78.6", "72.9 is MMT.visits.8.mean (week 8, not week 12)."]),
        (
            "78.5",
            "MMT.visits.12.mean",
            ["MMT.visits.12.mean is 78.6", "78.5 is 78.5714 truncated", "rounded half up it is 78.6."],
        ),
        (
            "1186.2",
            "CK.visits.0.mean",
            ["CK.visits.0.mean is 1186.3", "1186.2 is 1186.25 rounded half to even", "half up it is 1186.3."],
        ),
        (
            "78.6 ± 3.4",
            "MMT.visits.12.mean",
            ["MMT.visits.12.sd is 12.9", "3.4 is MMT.visits.12.se (a standard error, not a standard deviation)."],
        ),
        (
            "57.4 ± 3.5",
            "MMT.visits.0.mean",
            [
                "MMT.visits.0.sd is 13.5",
                "3.5 is the standard error of the mean, MMT.visits.0.sd divided by the root of n = 15.",
            ],
        ),
        ("6.8", "MMT.before.mean", ["MMT.before.mean is -6.8", "6.8 is it with the other sign."]),
        ("6.7 %", "MMT.response.rate", ["MMT.response.rate is 93.3 %", "6.7 % is one minus the share."]),
        ("39.3 %", "MMT.response.rate", ["MMT.response.rate is 93.3 %", "39.3 % is 93.3 with two digits exchanged."]),
        ("87.5 %", "MMT.response.rate", ["MMT.response.rate is 93.3 %", "87.5 % is 14 of n = 16, not of 15."]),
        ("14/16 (93.3 %)", "MMT.response.rate", ["n of MMT.response.count is 15."]),
        (
            "12/15 (80.0 %)",
            "MMT.response.rate",
            [
                "MMT.response.count is 14",
                "12 is ADL.response.count. MMT.response.rate is 93.3 %",
                "80.0 % is ADL.response.rate.",
            ],
        ),
        (
            "P = 0.0084",
            "log_ck.p_value",
            [
                "log_ck.p_value is 0.0122",
                "0.0084 is log_ck.signed_rank_p_value (P of another test: signed-rank test).",
            ],
        ),
        ("P < 0.01", "log_ck.p_value", ["log_ck.p_value is 0.0122."]),
        ("390", "duration.median", ["duration.median is 371", "390 is duration.from_treatment.median."]),
        ("371 (99 to 438)", "duration.median", ["duration.median.conf_high is not reached."]),
        ("371 (not reached)", "duration.median", ["The report has no standard deviation or error of it."]),
        (
            "99.8 %",
            "MMT.response.rate.conf_low",
            [
                "MMT.response.rate.conf_low is 68.1 %",
                "99.8 % is MMT.response.rate.conf_high (the upper limit, not the lower limit).",
            ],
        ),
        (
            "58.5",
            "MMT.visits.0.mean",
            ["MMT.visits.0.mean is 57.4", "58.5 is MMT.treated.visits.0.mean (all treated)."],
        ),
        (
            "18.9",
            "arms.IVIG.ADL.visits.0.mean",
            ["arms.IVIG.ADL.visits.0.mean is 20.1", "18.9 is ADL.visits.0.mean (all patients)."],
        ),
        (
            "20.1",
            "ADL.visits.0.mean",
            ["ADL.visits.0.mean is 18.9", "20.1 is arms.IVIG.ADL.visits.0.mean (an arm)."],
        ),
        (
            "21.5",
            "arms.IVIG.ADL.visits.0.mean",
            ["arms.IVIG.ADL.visits.0.mean is 20.1", "21.5 is arms.IVIG.ADL.visits.0.median (the median, not the mean)."],
        ),
        ("3710", "duration.median", ["duration.median is 371", "3710 is it with the point moved."]),
    ],
)
def test_what_differs_is_explained(printed, quantity, explanation):
    row = hold(ONE_ARM, printed, quantity)
    explanation = "; ".join(explanation)
    expected = "not in the data" if explanation.startswith("The report has no") else "differs"
    assert (row.verdict, row.explanation) == (expected, explanation)


@pytest.mark.parametrize(
    ("printed", "quantity", "verdict", "words"),
    [
        ("45.0", "TIS.mean", "not in the data", "The report has no value of TIS.mean."),
        ("12", "", "not in the data", "No quantity is named for it."),
        ("12", None, "not in the data", "No quantity is named for it."),
        ("12", math.nan, "not in the data", "No quantity is named for it."),
        ("57.4 (P = 0.03)", "MMT.visits.0.mean", "not in the data", "The report has no P value of it."),
        ("93.3 % (99 % CI 60 to 100)", "MMT.response.rate", "not in the data", "The intervals of the report are at 95 %."),
        ("1", "MMT.vists.12.mean", "unknown quantity", "nearest are 'MMT.visits.12.mean', "),
        ("1", "zzz", "unknown quantity", "nor one of a name like it."),
        ("57.4", "mmt.visits.0.mean", "unknown quantity", "nearest are 'MMT.visits.0.mean', "),
        ("51.9", "age", "unknown quantity", "the nearest are 'age.mean', 'age.minimum', 'age.maximum'."),
        ("16", "disposition.seen", "not in the data", "The report has no value of disposition.seen."),
    ],
)
def test_what_cannot_be_held_is_said(printed, quantity, verdict, words):
    row = hold(ONE_ARM, printed, quantity)
    assert row.verdict == verdict
    assert words in row.explanation


def test_a_part_that_differs_outweighs_one_that_is_not_there():
    assert hold(ONE_ARM, "58.4 (P = 0.03)", "MMT.visits.0.mean").verdict is Verdict.DIFFERS


def test_any_object_with_quantities_will_do():
    class Report:
        def quantities(self):
            return ONE_ARM

    assert hold(Report(), "57.4 ± 13.5", "MMT.visits.0.mean") == hold(ONE_ARM, "57.4 ± 13.5", "MMT.visits.0.mean")


def test_printed_numbers_and_notes_are_read_from_any_table():
    table = pd.DataFrame(
        {
            "where": ["Table 2", math.nan],
            "printed": [57.4, 14.0],
            "quantity": ["MMT.visits.0.mean", "MMT.response.count"],
            "note": ["baseline", math.nan],
        },
        index=[7, 7],
    )
    found = verify(ONE_ARM, table).to_frame()
    assert found.columns.tolist() == ["where", "printed", "quantity", "computed", "verdict", "explanation", "note"]
    assert found["verdict"].tolist() == ["reproduced", "reproduced"]
    assert [type(each) for each in found["verdict"]] == [str, str]
    assert found["note"].tolist() == ["baseline", ""]
    assert found["where"].tolist() == ["Table 2", ""]


@pytest.mark.parametrize(
    ("printed", "quantity", "computed"),
    [
        ("<0.001", "t.p_value", "0.0003"),
        ("P<.001", "t.p_value", "P = 0.0003"),
        ("\u22640.001 ", "t.p_value", "0.0003"),
        ("20 %", "few.rate", "20 %"),
        ("20%", "few.rate", "20 %"),
        ("3/15", "few.rate", "3/15"),
        (" 3 / 15 ", "few.count", "3/15"),
        ("3/15 (20 %)", "few.rate", "3/15 (20 %)"),
        ("31-64", "age.mean", "31 to 64"),
        ("31\u201364", "age.minimum", "31 to 64"),
        ("51.9 (31 \u2013 64)", "age.mean", "51.9 (31 to 64)"),
        ("\u20136.8", "MMT.before.mean", "-6.8"),
        ("\u00a057.4\u00a0", " MMT.visits.0.mean ", "57.4"),
    ],
)
def test_cells_as_people_type_them(printed, quantity, computed):
    row = hold(ONE_ARM, printed, quantity)
    assert (row.verdict, row.computed) == (Verdict.REPRODUCED, computed)


@pytest.mark.parametrize("text", ["57,4", "57,4 ± 13,5", "1186,3", "1.186,3", "P = 0,0122", "14/15 (93,3 %)"])
def test_a_decimal_comma_is_refused_with_what_to_write(text):
    with pytest.raises(
        DataError,
        match=f", with a point for a decimal comma \\(got {text!r}\\) in row 1".replace("(93", "\\(93").replace(
            "%)", "%\\)"
        ),
    ):
        hold(ONE_ARM, text, "MMT.visits.0.mean")


def test_one_place_may_hold_several_numbers_and_one_number_may_stand_in_several():
    rows = verify(
        ONE_ARM, table_of(*[("Table 2", "57.4", "MMT.visits.0.mean")] * 2, ("Table 2", "99", "MMT.visits.0.mean"))
    ).rows
    assert [row.verdict.value for row in rows] == ["reproduced", "reproduced", "differs"]


def test_every_text_that_cannot_be_read_is_named():
    table = table_of(("a", "abc", "q"), ("b", "1", "q"), ("c", math.nan, "q"))
    with pytest.raises(DataError) as error:
        verify(ONE_ARM, table)
    rule = "'printed' must be numbers as papers write them, such as '57.4 ± 13.5'"
    assert str(error.value).splitlines() == [f"{rule} (got 'abc') in row 1.", f"{rule} (got '') in row 3."]


def test_faulty_tables_are_refused():
    table = pd.DataFrame([("a", "1", "q")], columns=["where", "printed", "quantity"])
    with pytest.raises(ValueError, match="'printed' must have each of the columns"):
        verify(ONE_ARM, table[["where"]])
    with pytest.raises(ValueError, match="'report' must have each of the columns 'quantity', 'value' once"):
        verify(table, table)
    with pytest.raises(ValueError, match=r"each quantity of a report must have one row \(got 'MMT\.visits\.0\.mean'\)"):
        verify(pd.concat([ONE_ARM, ONE_ARM]), table)


# --- a manuscript of sixty numbers on a trial of two arms, twelve of them altered ---


def two_arms():
    """Quantities of a made-up trial, computed here by hand from drawn values."""
    rng = np.random.default_rng(20260)
    rows = []
    for arm, size, gain in (("IVIG", 37, 1.9), ("placebo", 35, 0.7)):
        for measure, start in (("MMT", 58.0), ("CK", 1900.0)):
            for week in (0, 4, 8, 12, 16):
                n = size - week // 5
                values = start + (gain if measure == "MMT" else -60 * gain) * week + rng.normal(0, start / 7, n)
                stem = f"arms.{arm}.{measure}.visits.{week}"
                rows += [
                    (f"{stem}.mean", values.mean(), "", n), (f"{stem}.sd", values.std(ddof=1), "", n),
                    (f"{stem}.se", values.std(ddof=1) / math.sqrt(n), "", n), (f"{stem}.n", n, "patients", n),
                ]  # fmt: skip
    counts = {"": (29, 37, 16, 35), "sensitivity.complete cases.": (29, 34, 16, 32)}
    for where, (a, n, b, m) in counts.items():
        for arm, count, size in (("IVIG", a, n), ("placebo", b, m)):
            stem = f"{where}arms.{arm}.MMT.response"
            half = 1.96 * math.sqrt(count / size * (1 - count / size) / size)
            rows += [
                (f"{stem}.rate", count / size, "share of patients", size), (f"{stem}.count", count, "patients", size),
                (f"{stem}.n", size, "patients", size),
                (f"{stem}.rate.conf_low", count / size - half, "share of patients", size),
                (f"{stem}.rate.conf_high", count / size + half, "share of patients", size),
            ]  # fmt: skip
        stem = f"{where}contrasts.IVIG.MMT.response"
        difference = a / n - b / m
        rows += [
            (f"{stem}.difference", difference, "", n + m),
            (f"{stem}.difference_low", difference - 0.2214, "", n + m),
            (f"{stem}.difference_high", difference + 0.2093, "", n + m),
            (f"{stem}.p_value", 0.00483 + len(where) / 1e4, "", n + m, "Fisher's exact test"),
            (f"{stem}.score_p_value", 0.00312 + len(where) / 1e4, "", n + m, "N - 1 chi-squared test"),
        ]  # fmt: skip
    stem = "contrasts.IVIG.MMT.change"
    rows += [
        (f"{stem}.difference", 12.348, "points", 70), (f"{stem}.conf_low", 8.127, "points", 70),
        (f"{stem}.conf_high", 16.569, "points", 70), (f"{stem}.p_value", 1.3e-6, "", 70, "ANCOVA"),
        ("contrasts.IVIG.CK.change.difference", -713.26, "IU/L", 70),
    ]  # fmt: skip
    for arm, days in (("IVIG", (371.0, 98.0, math.nan, 392.5)), ("placebo", (143.0, 61.0, 267.0, 171.0))):
        stem = f"arms.{arm}.duration"
        rows += [
            (f"{stem}.median", days[0], "days", 21), (f"{stem}.median.conf_low", days[1], "days", 21),
            (f"{stem}.median.conf_high", days[2], "days", 21), (f"{stem}.from_treatment.median", days[3], "days", 21),
        ]  # fmt: skip
    return frame_of(*rows)


def rounded(value, digits, rounding=ROUND_HALF_UP):
    return str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), rounding))


def manuscript(values):
    """Sixty texts as an author would print them."""
    texts = []
    for arm in ("IVIG", "placebo"):
        for measure in ("MMT", "CK"):
            for week in (0, 4, 8, 12, 16):
                stem = f"arms.{arm}.{measure}.visits.{week}"
                mean, sd = rounded(values[f"{stem}.mean"], 1), rounded(values[f"{stem}.sd"], 1)
                texts += [(f"{stem}.mean", f"{mean} ± {sd}"), (f"{stem}.n", str(int(values[f"{stem}.n"])))]
    for where in ("", "sensitivity.complete cases."):
        for arm in ("IVIG", "placebo"):
            stem = f"{where}arms.{arm}.MMT.response"
            rate = rounded(100 * values[f"{stem}.rate"], 1)
            low, high = (rounded(100 * values[f"{stem}.rate.conf_{side}"], 1) for side in ("low", "high"))
            texts += [
                (f"{stem}.rate", f"{int(values[f'{stem}.count'])}/{int(values[f'{stem}.n'])} ({rate} %)"),
                (f"{stem}.rate", f"{rate}% ({low} to {high})"),
            ]
        stem = f"{where}contrasts.IVIG.MMT.response"
        texts.append((f"{stem}.difference", f"{rounded(100 * values[f'{stem}.difference'], 2)} %"))
        texts.append((f"{stem}.p_value", f"P = {rounded(values[f'{stem}.p_value'], 4)}"))
    texts += [
        ("contrasts.IVIG.MMT.change.difference", "12.3 [8.1–16.6]"),
        ("contrasts.IVIG.MMT.change.p_value", "P < 0.0001"),
        ("contrasts.IVIG.MMT.change.conf_high", "16.57"),
        ("contrasts.IVIG.CK.change.difference", "\u2212713.3"),
        ("arms.IVIG.duration.median", "371 (98 to not reached)"),
        ("arms.IVIG.duration.median", "371.0"),
        ("arms.placebo.duration.median", "143 (61 to 267) days"),
        ("arms.placebo.duration.median.conf_low", "61"),
    ]
    return texts


def altered(values):
    """Twelve of the texts, altered, and what the explanation must say."""
    mmt, other, zero = (f"arms.{where}" for where in ("IVIG.MMT.visits", "placebo.MMT.visits.16", "placebo.MMT.visits.0"))
    whole, complete = "contrasts.IVIG.MMT.response", "sensitivity.complete cases.contrasts.IVIG.MMT.response.difference"

    def one(name):
        return rounded(values[name], 1)

    truncated = next(name for name in values if name.endswith(".mean") and one(name) != rounded(values[name], 1, ROUND_DOWN))
    text = one("arms.placebo.CK.visits.4.mean")
    swapped = text[1] + text[0] + text[2:]
    assert swapped != text
    rows = [
        (truncated, "±", rounded(values[truncated], 1, ROUND_DOWN), "truncated"),
        (f"{mmt}.16.mean", "±", f"{one(f'{other}.mean')} ± {one(f'{mmt}.16.sd')}", f"{other}.mean (another arm)"),
        (f"{zero}.mean", "±", f"{one(f'{zero}.mean')} ± {one(f'{zero}.se')}", f"{zero}.se (a standard error"),
        (f"{mmt}.12.mean", "±", f"{one(f'{mmt}.8.mean')} ± {one(f'{mmt}.12.sd')}", f"{mmt}.8.mean (week 8, not week 12)"),
        ("arms.placebo.CK.visits.4.mean", "±", swapped, "two digits exchanged"),
        ("arms.IVIG.MMT.response.rate", "29/37", f"{rounded(100 * 29 / 35, 1)} %", "29 of n = 35, not of 37"),
        (f"{whole}.difference", " %", f"{rounded(100 * values[complete], 2)} %", f"{complete} (a sensitivity analysis)"),
        (f"{whole}.p_value", "P", "P = 0.0031", "score_p_value (P of another test: N - 1 chi-squared test)"),
        ("arms.IVIG.duration.median", "371.0", "392.5", "arms.IVIG.duration.from_treatment.median"),
        ("contrasts.IVIG.MMT.change.conf_high", "16.57", "8.13", "(the lower limit, not the upper limit)"),
        ("arms.placebo.MMT.response.rate", "16/35", f"{rounded(100 - 100 * 16 / 35, 1)} %", "one minus the share"),
        ("contrasts.IVIG.CK.change.difference", "713", "713.3", "the other sign"),
    ]
    return {(name, mark): (printed, cause) for name, mark, printed, cause in rows}


def test_twelve_altered_numbers_of_sixty_are_found_and_no_other_is_accused():
    report = two_arms()
    values = dict(zip(report["quantity"], report["value"], strict=True))
    texts = manuscript(values)
    assert len(texts) == 60
    changes, causes = altered(values), {}
    assert len(changes) == 12
    for (name, mark), (printed, cause) in changes.items():
        place = next(i for i, (each, text) in enumerate(texts) if each == name and mark in text)
        assert place not in causes
        texts[place], causes[place] = (name, printed), cause
    table = table_of(*((f"line {i}", text, name) for i, (name, text) in enumerate(texts)))
    rows = verify(report, table).rows
    for place, row in enumerate(rows):
        assert row.verdict == ("differs" if place in causes else "reproduced"), row
        assert causes.get(place, "") in row.explanation, row


# --- properties ---


@given(st.floats(-1e6, 1e6), st.integers(0, 5))
def test_what_is_printed_half_up_is_reproduced_and_its_neighbours_are_not(value, digits):
    report = frame_of(("x.mean", value, "points", 9))
    exact = Decimal(f"{value:.12g}")
    step = Decimal(1).scaleb(-digits)
    right = exact.quantize(step, ROUND_HALF_UP)
    assert hold(report, f"{right:f}", "x.mean").verdict == "reproduced"
    for wrong in (right + step, right - step):
        row = hold(report, f"{wrong:f}", "x.mean")
        assert (row.verdict, Decimal(row.computed)) == ("differs", right)
        assert ("truncated" in row.explanation) == (
            exact.quantize(step, ROUND_DOWN) == wrong and "even" not in row.explanation
        )


@given(st.integers(0, 40), st.integers(1, 40))
def test_a_share_is_held_in_all_its_parts(count, n):
    count = min(count, n)
    report = frame_of(("r.rate", count / n, "share of patients", n), ("r.count", count, "patients", n))
    percent = rounded(Decimal(100 * count) / n, 1)
    assert hold(report, f"{count}/{n} ({percent} %)", "r.rate").verdict == "reproduced"
    assert hold(report, f"{count + 1}/{n} ({percent} %)", "r.rate").verdict == "differs"
    assert hold(report, f"{count}/{n + 1} ({percent} %)", "r.count").verdict == "differs"


@given(st.floats(0, 1), st.floats(0.001, 0.2))
def test_a_bound_on_p_holds_for_every_smaller_p(p, bound):
    report = frame_of(("t.p_value", p, "", 9))
    expected = Decimal(f"{p:.12g}") < Decimal(f"{bound:.6f}")
    assert (hold(report, f"P < {bound:.6f}", "t.p_value").verdict == "reproduced") == expected


# --- the text ---


def test_the_text_names_what_is_not_reproduced():
    table = pd.DataFrame(
        [
            ("Results", "14/15 (93.3 %)", "MMT.response.rate"), ("Table 2", "72.9", "MMT.visits.12.mean"),
            ("Table 2", "1", "MMT.vists.12.mean"), ("Discussion", "45", ""),
        ],
        columns=["where", "printed", "quantity"],
    )  # fmt: skip
    ledger = verify(ONE_ARM, table)
    text = verification_text(ledger)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert [line for line in text.splitlines() if line and not line.startswith(" ")] == [
        "Printed numbers held against the data",
        "Printed otherwise than the data give",
        "Held against no quantity: the report has none of that name",
        "Not in the data",
    ]
    assert "Reproduced" in verification_text(ledger, every_row=True)
    assert list(ledger.counts().values()) == [1, 1, 1, 1]
    assert [row.printed for row in ledger.differing] == ["72.9"]
    assert verification_text(Ledger(())).endswith("0\n")
    shown = ledger._shown()
    assert (shown.title, shown.left) == ("Printed numbers", {0, 3, 4})
    assert [tuple(row) for row in shown.rows] == [
        (
            "Table 2",
            "72.9",
            "78.6",
            "differs",
            "MMT.visits.12.mean is 78.6; 72.9 is MMT.visits.8.mean (week 8, not week 12).",
        )
    ]
    assert list(shown.notes) == ["1 reproduced, 1 differs, 1 not in the data, 1 unknown quantity."]


def test_what_is_not_in_the_data_has_a_dash_and_texts_stand_to_the_left():
    text = verification_text(verify(ONE_ARM, table_of(("Discussion of the results", "45", ""), ("Text", "5", ""))))
    listing = [line.rstrip() for line in text.splitlines()[-4:]]
    assert listing[2:] == [
        "  Discussion of the results  45       -         No quantity is named for it.",
        "  Text                       5        -         No quantity is named for it.",
    ]


def test_where_nothing_is_found_nothing_is_shown():
    assert hold(ONE_ARM, "P = 0.03", "MMT.visits.0.mean").computed is None


def test_a_share_whose_count_the_report_does_not_hold():
    row = hold(frame_of(("X.rate", 0.5, "share of patients", 4)), "2 (50 %)", "X.rate")
    assert row.verdict == "differs"


def test_a_table_without_notes_has_none():
    assert verify(ONE_ARM, table_of(("here", "371", "duration.median"))).rows[0].note == ""


def test_a_file_that_is_no_table_says_where(tmp_path):
    path = tmp_path / "printed.csv"
    path.write_text("where,printed,quantity\na,1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"^printed\.csv:2: "):
        read_printed_table(path)
    path.write_text("where,printed,quantity\na,1,duration.median\n,14.0,\n", encoding="utf-8")
    found = read_printed_table(path)
    assert found.to_dict("list") == {"where": ["a", ""], "printed": ["1", "14.0"], "quantity": ["duration.median", ""]}
