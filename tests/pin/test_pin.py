"""No number moves unseen: what some studies give is what is kept beside the script."""

import attrs
import pin
import pytest

import ivigmyo
from ivigmyo.planning import example_trial


@pytest.fixture(scope="module")
def core_set():
    return ivigmyo.trial_report(pin.core_set(), by="diagnosis")


@pytest.mark.parametrize("name", ["simulated", "registry"])
def test_what_a_study_gives_is_what_is_kept(name):
    report = ivigmyo.trial_report(pin.STUDIES[name](), by="diagnosis")
    assert pin.differences({f"{name}.txt": pin.text_of(report)} | pin.of_frames(name, report)) == []


def test_the_text_of_the_bundled_report_is_what_is_kept(report_by_diagnosis):
    assert pin.differences({"saito2008.txt": pin.text_of(report_by_diagnosis)}) == []


@pytest.mark.skipif(bool(pin.OTHER_TICKS), reason=pin.OTHER_TICKS)
def test_its_markdown_page_and_frames_are_what_is_kept(report_by_diagnosis, page):
    found = pin.of_markdown("saito2008", report_by_diagnosis) | pin.of_page("saito2008", page)
    assert pin.differences(found | pin.of_frames("saito2008", report_by_diagnosis)) == []


@pytest.mark.skipif(bool(pin.OTHER_TICKS), reason=pin.OTHER_TICKS)
def test_the_page_and_frames_of_the_core_set_are_what_is_kept(core_set):
    page = ivigmyo.report_page(attrs.evolve(core_set, groups={}))
    assert pin.differences(pin.of_page("core_set", page) | pin.of_frames("core_set", core_set)) == []


def test_no_kept_text_is_of_nothing():
    names = {path.name for path in (pin.FOLDER / "kept").iterdir()}
    kinds = (
        "docx.txt",
        "estimands.txt",
        "figures.txt",
        "frames.csv",
        "json",
        "md",
        "page.txt",
        "quantities.csv",
        "shown.txt",
    )
    small = {f"{name}.{kind}" for name in ("small", "small_arms") for kind in (*kinds, "txt")}
    small |= {"small_scores.txt", "small_scores.figures.txt"}
    studies = {f"{name}.{kind}" for name in pin.STUDIES for kind in ("txt", "frames.csv")}
    pages = {f"{name}.page.txt" for name in pin.PAGES}
    assert names == studies | pages | small | {"saito2008.md", "ledger.csv", "ledger.txt", "command.txt"} | {
        "arms.txt",
        "arms.quantities.csv",
        "arms.shown.txt",
    }


def test_every_row_of_the_ledger_is_what_is_kept(ledger):
    assert pin.differences(pin.of_ledger(ledger)) == []


def test_every_number_of_two_arms_is_what_is_kept():
    assert pin.differences(pin.of_arms(ivigmyo.trial_report(example_trial()))) == []


def test_every_number_of_the_core_set_is_what_is_kept(core_set):
    assert pin.differences({"core_set.txt": pin.text_of(core_set)}) == []


def test_a_moved_digit_is_told():
    text = (pin.FOLDER / "kept" / "saito2008.txt").read_text(encoding="utf-8")
    assert len(pin.differences({"saito2008.txt": text.replace("57.4", "57.5")})) > 3
