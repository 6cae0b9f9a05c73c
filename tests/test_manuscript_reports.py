"""Real reports, printed as papers print them and held against themselves."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

from ivigmyo import Protocol, saito2008, study_from_frames, trial_report
from ivigmyo.manuscript import verify
from ivigmyo.saito2008.ledger import reproduce
from ivigmyo.saito2008.published import load_published, printed_quantities


def two_arms():
    rng = np.random.default_rng(20)
    names = [f"P{i + 1:02d}" for i in range(60)]
    people = {"patient": names, "diagnosis": ["PM", "DM"] * 30, "sex": ["F", "F", "M"] * 20}
    patients = pd.DataFrame({**people, "age": rng.integers(20, 64, 60), "arm": ["IVIG"] * 31 + ["placebo"] * 29})
    rows = []
    for name, arm in zip(names, patients["arm"], strict=True):
        start, ck = rng.normal(55, 8), rng.normal(7, 0.6)
        for week in (0, 4, 8, 16):
            gain, fall = (0.9, 0.08) if arm == "IVIG" else (0.35, 0.02)
            mmt = np.clip(np.round(start + gain * week + rng.normal(0, 3)), 0, 90)
            value = np.round(np.exp(ck - fall * week + rng.normal(0, 0.2)))
            if week < 16 or rng.random() > 0.1:
                rows += [(name, week, "MMT", mmt, None), (name, week, "CK", value, 180.0)]
    values = pd.DataFrame(rows, columns=["patient", "week", "measure", "value", "uln"])
    protocol = Protocol(scheduled_weeks=(0, 4, 8, 16), endpoint_week=16, control="placebo")
    return study_from_frames(patients, values, protocol=protocol)


@pytest.fixture(scope="module")
def bundled():
    return trial_report(saito2008.load_study())


@pytest.fixture(scope="module")
def compared():
    return trial_report(two_arms())


def half_up(value, digits, rounding=ROUND_HALF_UP):
    return f"{Decimal(f'{value:.12g}').quantize(Decimal(1).scaleb(-digits), rounding):f}"


def hold(report, *rows):
    return verify(report, pd.DataFrame([("", *row) for row in rows], columns=["where", "printed", "quantity"])).rows


@pytest.mark.parametrize("which", ["bundled", "compared"])
def test_every_quantity_printed_at_any_precision_is_reproduced(which, request):
    report = request.getfixturevalue(which)
    quantities = report.quantities().dropna(subset="value")
    assert len(quantities) > 400
    for digits in (0, 1, 3):
        rows = [(half_up(row.value, digits), row.quantity) for row in quantities.itertuples()]
        assert {row.verdict for row in hold(report, *rows)} == {"reproduced"}


def test_the_plain_numbers_of_the_paper_are_verified_like_those_of_any_manuscript(bundled):
    found = verify(bundled, printed_quantities())
    rows = {row.note: row for row in found.rows}
    assert len(rows) > 150
    ledger = {row.id: row for row in reproduce().rows}
    for id, row in rows.items():
        assert row.verdict == ("reproduced" if ledger[id].verdict == "reproduced" else "differs")
        assert load_published()[id].quantity == row.quantity
        if row.verdict == "differs":
            assert row.computed == ledger[id].computed


def test_a_manuscript_on_two_arms(compared):
    q = compared.quantities().set_index("quantity")["value"]
    rows = []
    for arm in ("IVIG", "placebo"):
        for code in ("MMT", "CK"):
            for week in (0, 4, 8, 16):
                stem = f"arms.{arm}.{code}.visits.{week}"
                mean, sd, n = (q[f"{stem}.{name}"] for name in ("mean", "sd", "n"))
                rows.append((f"{half_up(mean, 1)} ± {half_up(sd, 1)} (n = {n:.0f})", f"{stem}.mean"))
            stem = f"arms.{arm}.{code}.response"
            rate, low, high = (half_up(100 * q[f"{stem}.{name}"], 1) for name in ("rate", "rate.conf_low", "rate.conf_high"))
            rows.append((f"{q[f'{stem}.count']:.0f}/{q[f'{stem}.n']:.0f} ({rate} %)", f"{stem}.rate"))
            rows.append((f"{rate} % ({low}–{high})", f"{stem}.rate"))
    for code in ("MMT", "CK"):
        for where in ("contrasts", "sensitivity.complete cases"):
            stem = f"{where}.IVIG.{code}.response"
            difference, low, high = (half_up(100 * q[f"{stem}.difference{end}"], 1) for end in ("", "_low", "_high"))
            rows.append((f"{difference} % (95 % CI {low} to {high})", f"{stem}.difference"))
            rows.append((f"P = {half_up(q[f'{stem}.p_value'], 4)}", f"{stem}.p_value"))
            ratio, low, high = (half_up(q[f"{stem}.risk_ratio{end}"], 2) for end in ("", "_low", "_high"))
            rows.append((f"{ratio} [{low}-{high}]", f"{stem}.risk_ratio"))
            rows.append((f"{q[f'{stem}.treated_count']:.0f}/{q[f'{stem}.treated_n']:.0f}", f"{stem}.treated_count"))
        stem = f"contrasts.IVIG.{code}.change"
        numbers = [half_up(q[f"{stem}.{name}"], 2) for name in ("difference", "conf_low", "conf_high")]
        rows.append(("{} ({} to {})".format(*numbers).replace("-", "\u2212"), f"{stem}.difference"))
        rows.append(("P < 0.001", f"{stem}.p_value"))
        mean, se = (half_up(q[f"{stem}.treated_{name}"], 2) for name in ("mean", "se"))
        rows.append((f"{mean} (SE {se})".replace("-", "\u2212"), f"{stem}.treated_mean"))
    ratio, low, high = (half_up(q[f"contrasts.IVIG.CK.change.ratio{end}"], 3) for end in ("", "_low", "_high"))
    rows.append((f"{ratio} ({low} to {high})", "contrasts.IVIG.CK.change.ratio"))
    assert len(rows) > 45
    for row in hold(compared, *rows):
        assert row.verdict == "reproduced", row


def test_what_was_altered_is_found_with_its_cause(compared):
    q = compared.quantities().set_index("quantity")["value"]
    mmt, response = "arms.IVIG.MMT.visits", "contrasts.IVIG.MMT.response"
    truncated = next(
        name
        for name, value in q.items()
        if name.startswith(mmt) and name.endswith(".mean") and half_up(value, 1) != half_up(value, 1, ROUND_DOWN)
    )
    complete = "sensitivity.complete cases.IVIG.MMT.response.difference"
    count, n, rate = (q[f"arms.IVIG.MMT.response.{name}"] for name in ("count", "n", "rate"))
    other = f"{mmt}.16.mean".replace("IVIG", "placebo")
    seen = q[f"{mmt}.16.n"]
    rows = [
        (half_up(q[truncated], 1, ROUND_DOWN), truncated, "truncated"),
        (half_up(q[other], 1), f"{mmt}.16.mean", f"{other} (another arm)"),
        (
            f"{half_up(q[f'{mmt}.16.mean'], 1)} ± {half_up(q[f'{mmt}.16.se'], 1)}",
            f"{mmt}.16.mean",
            f"{mmt}.16.se (a standard error, not a standard deviation)",
        ),
        (half_up(q[f"{mmt}.8.mean"], 1), f"{mmt}.16.mean", f"{mmt}.8.mean (week 8, not week 16)"),
        (half_up(q[f"{mmt}.8.median"], 1), f"{mmt}.8.mean", f"{mmt}.8.median (the median, not the mean)"),
        (
            f"{half_up(100 * count / seen, 1)} %",
            "arms.IVIG.MMT.response.rate",
            f"{count:.0f} of n = {seen:.0f}, not of {n:.0f}",
        ),
        (f"{half_up(100 * q[complete], 1)} %", f"{response}.difference", f"{complete} (a sensitivity analysis)"),
        (
            f"P = {half_up(q[f'{response}.score_p_value'], 7)}",
            f"{response}.p_value",
            f"{response}.score_p_value (P of another",
        ),
        (f"{half_up(100 - 100 * rate, 1)} %", "arms.IVIG.MMT.response.rate", "one minus the share"),
        (half_up(-q["contrasts.IVIG.CK.change.difference"], 2), "contrasts.IVIG.CK.change.difference", "the other sign"),
        (
            half_up(q["contrasts.IVIG.MMT.change.conf_low"], 2),
            "contrasts.IVIG.MMT.change.conf_high",
            "contrasts.IVIG.MMT.change.conf_low (the lower limit, not the upper limit)",
        ),
        (
            f"{half_up(100 * q[f'{response}.difference_low'], 1)} %",
            f"{response}.difference_high",
            f"{response}.difference_low",
        ),
    ]
    for row, (_, _, cause) in zip(hold(compared, *((printed, name) for printed, name, _ in rows)), rows, strict=True):
        assert row.verdict == "differs", row
        assert cause in row.explanation, row
