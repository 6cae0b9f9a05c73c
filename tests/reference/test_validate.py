"""The page of validations is the one that its script writes, and what R printed is compared as it should be."""

import math
import os
import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import ivigmyo

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def validate():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)  # this folder is no package: its scripts find each other as they do when run
        yield SimpleNamespace(**runpy.run_path(str(HERE / "validate.py")))


@pytest.fixture
def log_rank_of_r(monkeypatch):
    """R's own log-rank tests in place of the package's: those take most of the time, and test_comparison.py has them."""
    stored = runpy.run_path(str(HERE / "stored.py"))
    answers = iter([each["log_rank"] for each in stored["survival_sets"]() if "log_rank" in each])

    def compare_survival(*_):
        r = next(answers)
        groups = [SimpleNamespace(observed=o, expected=e) for o, e in zip(r["observed"], r["expected"], strict=True)]
        return SimpleNamespace(statistic=r["statistic"], p_value=r["p_value"], groups=groups)

    monkeypatch.setattr(ivigmyo, "compare_survival", compare_survival)


def without_noise(page):
    """Leave out the last column: the largest difference is rounding, and differs between machines."""
    return re.sub(r" \d\.\de[+-]\d\d \|$", "", page, flags=re.MULTILINE)


@pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "full", reason="each of its rows has a test of its own")
@pytest.mark.usefixtures("log_rank_of_r")
def test_the_page_is_up_to_date(validate):
    rows = validate.rows()
    for row in rows:
        assert row.largest <= row.tolerance, row
        file, _, test = row.test.partition("::")
        assert f"def {test.partition('[')[0]}(" in (HERE.parent / file).read_text(encoding="utf-8"), row
        assert row.numbers or row.differences, row
    stored = validate.PAGE.read_text(encoding="utf-8")
    assert without_noise(stored) == without_noise(validate.page(rows)), "run tests/reference/validate.py"
    for _, largest in re.findall(r"\| (\S+) \| \d+ \| \d+ \| (\S+) \|$", stored, flags=re.MULTILINE):
        assert float(largest) < math.inf


def test_a_number_that_one_side_lacks_is_seen(validate):
    pair = validate.Pair

    def look(*pairs):
        row = validate.look("", "", "", pairs)
        return row.numbers, dict(row.differences), row.largest

    assert look(pair(1.0, 1.5), pair(300.0, 200.0), pair(None, None), pair(math.nan, None)) == (2, {}, 0.5)
    assert look(pair(1.0, None)) == look(pair(None, 1.0)) == look(pair(math.nan, 1.0)) == (0, {}, math.inf)
    assert look(pair(1.0, None, "named"), pair(2.0, 2.0)) == (1, {"named": 1}, 0.0)


def test_what_r_prints_is_compared_number_by_number():
    differences = runpy.run_path(str(HERE / "rerun.py"))["differences"]
    stored = {"R": "4.2.2", "sets": [{"name": "a", "time": [1, 2.5], "median": None}]}
    assert differences(stored, {"R": "4.3.0", "sets": [{"name": "a", "time": [1, 2.5 + 1e-13], "median": None}]}, "x") == []
    assert differences(stored, {"R": "4.2.2", "sets": [{"name": "a", "time": [1, 2.6], "median": 3}]}, "x") == [
        "x.sets[0].time[1]: 2.5 is now 2.6",
        "x.sets[0].median: None is now 3",
    ]
    assert len(differences(stored, {"R": "4.2.2", "sets": []}, "x")) == 1
