"""Every result shows itself: in a line, by its numbers, as rows that stack, and in a notebook."""

import importlib
import inspect
import math
import pkgutil
import re
import warnings
from collections.abc import Mapping

import attrs
import html5lib
import numpy as np
import pandas as pd
import pytest

import ivigmyo
from ivigmyo import change, contrasts, safety, saito2008, survival
from ivigmyo.display import Named, OneRow, Shown, cell, table_text
from ivigmyo.estimates import ConfidenceInterval, Proportion

CELL = '<!DOCTYPE html><html><head><title>n</title></head><body><div class="jp-OutputArea-output">{}</div></body></html>'
A, B = [1.0, 4.0, 2.5, 6.0, 3.0, 9.0], [2.0, 3.0, 5.0, 8.0, 2.0, 11.0]
ARMS = ["IVIG", "IVIG", "IVIG", "placebo", "placebo", "placebo"]


def two_arms():
    rng = np.random.default_rng(7)
    names = [f"P{k:02d}" for k in range(1, 25)]
    patients = pd.DataFrame({"patient": names, "diagnosis": ["PM", "DM"] * 12, "sex": ["F", "F", "M"] * 8, "age": 50})
    patients["arm"] = ["IVIG"] * 12 + ["placebo"] * 12
    rows = [
        (name, week, code, float(rng.integers(20, 45)) * (10 if code == "CK" else 1), 190.0 if code == "CK" else None)
        for name in names
        for week in (0, 8, 16)
        for code in ("MMT", "CK")
    ]
    values = pd.DataFrame(rows, columns=["patient", "week", "measure", "value", "uln"])
    plan = ivigmyo.Protocol(scheduled_weeks=(0, 8, 16), control="placebo", primary="MMT.response")
    return ivigmyo.study_from_frames(patients, values, protocol=plan)


def parts(value, seen):
    """Yield a result and every result that it holds."""
    if isinstance(value, Shown):
        if id(value) in seen:
            return
        seen[id(value)] = value
        yield value
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from parts(getattr(value, field.name), seen)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from parts(each, seen)
    elif isinstance(value, tuple | list) and len(value) < 400:
        for each in value:
            yield from parts(each, seen)


@pytest.fixture(scope="module")
def results(report_by_diagnosis, ledger):
    armed = ivigmyo.trial_report(two_arms())
    risk = ivigmyo.at_risk(saito2008.load_episodes())
    curve = ivigmyo.kaplan_meier(risk["duration"], risk["event"])
    found = [
        *(report_by_diagnosis, armed, armed.study.pair("MMT"), ledger),
        *(ivigmyo.Proportion(14, 15), ivigmyo.Proportion(0, 0), change.describe(A), change.describe([])),
        *(change.change_from_baseline(A, B), ivigmyo.compare_changes(A, B, A), ivigmyo.compare_log_changes(A, B, A)),
        *(change.fit_steroid_line(A, B), curve, curve.restricted_mean(300), survival.concordance(A, B, [1] * 6)),
        survival.interval_censored_curve([0, 5, 10, 20], [5, 12, math.inf, 25]),
        ivigmyo.find_normalization([0, 28, 56], [500, 150, 300], [190, 190, 190]),
        ivigmyo.compare_response([True, True, False, False, True, False], ARMS, "placebo"),
        ivigmyo.compare_means(A, B, ARMS, "placebo"),
        ivigmyo.compare_durations(A, [1, 1, 0, 1, 1, 1], ARMS, "placebo", until=3),
        ivigmyo.hodges_lehmann(A, B),
        ivigmyo.compare_crossover(A, B, ["AB"] * 3 + ["BA"] * 3, "AB"),
        ivigmyo.compare_survival(A, [1] * 6, ARMS),
        ivigmyo.hazard_ratio(A, [1, 1, 0, 1, 1, 1], ARMS, "placebo"),
        contrasts.tipping_points(Proportion(3, 3, 1), Proportion(0, 4)),
        ivigmyo.compare_changes(A, B, A).signed_rank,
        safety.event_rate(8, 664),
        safety.compare_findings([True, False], [False, False]),
        ivigmyo.bootstrap_mean_change(A, B, seed=1, n_resamples=50),
        ivigmyo.patients_for_shares(0.8, 0.4),
        ivigmyo.TrialDesign(),
        ivigmyo.simulate_trial(4, seed=1),
        ivigmyo.verify(armed, pd.DataFrame({"where": ["T"], "printed": ["371"], "quantity": ["treated.n"]})),
    ]
    seen = {}
    return [each for one in found for each in parts(one, seen)]


def shown_classes():
    modules = [module.name for module in pkgutil.walk_packages(ivigmyo.__path__, "ivigmyo.")]
    found = {}
    for name in modules:
        if not name.endswith("__main__"):
            module = importlib.import_module(name)
            for label, kind in inspect.getmembers(module, inspect.isclass):
                if issubclass(kind, Shown) and attrs.has(kind) and not label.startswith("_"):
                    found[kind] = name
    return found


SPECIAL = {
    "Document": "a report before it is laid out, which test_report_document looks at",
    "Reading": "a part of what the bare command prints",
    "CommonLimits": "what limits fit, of the bundled study alone",
    "GroupLimit": "a part of it",
}


def test_every_class_that_shows_itself_is_looked_at(results):
    looked_at = {type(each) for each in results}
    missed = {kind.__name__ for kind in shown_classes() if kind not in looked_at}
    assert missed <= set(SPECIAL) | {"ScoreCourse", "DeteriorationResult", "ImprovementResult", "CategoryResponse"}


def test_a_line_is_short_and_names_its_class(results):
    for each in results:
        line = repr(each)
        assert len(line) <= 400, line
        assert "\n" not in line
        assert line.startswith(f"{type(each).__name__}(")
        assert "..." in line or line.endswith(")")


def test_a_notebook_shows_a_small_table_that_is_valid_within_its_cell(results):
    once = {}
    for each in results:
        once.setdefault(type(each), []).append(each)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in once.values():
            for each in kind[:6]:
                piece = each._repr_html_()
                html5lib.HTMLParser(strict=True).parse(CELL.format(piece))
                assert piece.count("<tr") <= 30, type(each)
                assert not re.search(r"<style|<script|class=|\bid=|object at 0x|\bnan\b|\bNone\b|Timestamp", piece), (
                    type(each),
                    piece,
                )
                assert max(map(len, table_text(each._shown()).splitlines())) <= 120


def test_numbers_by_name_are_plain(results):
    for each in results:
        if isinstance(each, Named):
            row = each.to_dict()
            assert row
            kinds = {type(value) for value in row.values()}
            assert kinds <= {str, int, float, bool, type(None)}, (type(each), kinds)
            assert not any(isinstance(value, float) and math.isnan(value) for value in row.values())


def test_frames_of_results_stack(results):
    by_kind = {}
    for each in results:
        if isinstance(each, OneRow):
            by_kind.setdefault(type(each), []).append(each)
    assert len(by_kind) > 12
    for kind in by_kind.values():
        frames = [each.to_frame() for each in kind]
        assert {len(frame) for frame in frames} == {1}
        assert len(pd.concat(frames, ignore_index=True)) == len(kind)
        for each, frame in zip(kind, frames, strict=True):
            for name, value in each.to_dict().items():
                held = frame.loc[0, name]
                assert held == value or (value is None and (held is None or math.isnan(held)))


def test_limits_are_at_the_level_that_is_asked_for():
    share = Proportion(14, 15)
    for level in (0.8, 0.95):
        row = share.to_dict(level)
        assert ConfidenceInterval(row["conf_low"], row["conf_high"]) == share.confidence_interval(level)
        assert row["level"] == level
        assert share.to_frame(level).loc[0, "conf_low"] == row["conf_low"]
    estimate = ivigmyo.bootstrap_mean_change(A, B, seed=1, n_resamples=50, level=0.9)
    assert (estimate.to_dict()["conf_low"], estimate.to_frame().loc[0, "level"]) == (estimate.confidence_interval().low, 0.9)


def test_parts_of_a_report_are_rows_of_its_quantities():
    report = ivigmyo.trial_report(saito2008.load_study())
    rows = report.quantities().set_index("quantity")
    for part in (*report.measures, report.log_ck, report.duration):
        own = part.to_frame()
        assert len(own) > 5
        pd.testing.assert_frame_equal(own.set_index("quantity"), rows.loc[own["quantity"]])
        assert part.to_dict()
    stacked = pd.concat([measure.to_frame() for measure in report.measures], ignore_index=True)
    assert stacked["quantity"].is_unique


def test_what_one_looks_for_stands_in_the_table():
    study = saito2008.load_study()
    report = ivigmyo.trial_report(study)
    said = {
        study: ("16 (8 PM, 8 DM; 13 F, 3 M)", "76 values, weeks -4 to 12", "endpoint week    12"),
        study.patients[14]: ("Patient 15: DM, ", "Left on day"),
        study.protocol: ("CK: -4, 0, 1, 2, 4, 8, 12; others:", "comparison weeks"),
    }
    for each, words in said.items():
        for word in words:
            assert word in table_text(each._shown()), (word, table_text(each._shown()))
    text = table_text(report._shown())
    assert "14/15 (93.3 %; 68.1 to 99.8)" in text
    assert "median 371 (99 to not reached; n 13, events 8)" in text
    assert "371" in table_text(report.duration.curve._shown())
    assert "7/16" in table_text(report.incidence._shown())
    assert "Every verdict is the expected one." in table_text(saito2008.reproduce()._shown())


def test_a_long_field_is_counted_and_an_empty_one_left_out():
    @attrs.frozen(repr=False)
    class Many(Shown):
        frame: pd.DataFrame
        column: pd.Series
        array: np.ndarray
        text: str
        few: dict
        absent: object = None
        rest: tuple = ()

    row = Many(pd.DataFrame({"a": [1]}), pd.Series([1, 2]), np.zeros(3), "x" * 300, {"a": "b"})
    assert repr(row).split("Many(")[1] == (
        f"frame=<1 row x 1 column>, column=<2 values>, array=<3 values>, text='{'x' * 77}...', few={{'a': 'b'}}, "
        "absent=None, rest=())"
    )
    crowded = attrs.evolve(row, few={f"name {k}": "y" * 70 for k in range(9)}, rest=tuple("z" * 70 for _ in range(2)))
    assert len(repr(crowded)) <= 400
    assert "absent" in repr(crowded) or "rest" in repr(crowded)


def test_more_than_twelve_items_are_counted():
    @attrs.frozen(repr=False)
    class Few(Shown):
        rest: tuple

    assert repr(Few(tuple(range(12)))).endswith(f"Few(rest={tuple(range(12))})")
    assert repr(Few(tuple(range(13)))).endswith("Few(rest=<13 items>)")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("x", 1186.25, "1186"),
        ("x", 0.93333, "0.9333"),
        ("x", 0.00001234, "1.23e-05"),
        ("x", 0.0, "0"),
        ("x", 60.0, "60"),
        ("x", 0.95, "0.95"),
        ("x", 1400.0, "1400"),
        ("x", math.nan, "-"),
        ("x", math.inf, "inf"),
        ("p_value", 0.01216, "0.0122"),
        ("log_p_value", 1e-9, "<0.0001"),
        ("x", False, "no"),
        ("x", "", "-"),
        ("x", 12, "12"),
    ],
)
def test_a_cell_has_four_significant_digits(name, value, words):
    assert cell(name, value) == words
