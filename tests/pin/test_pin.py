"""No number moves unseen: what some studies give is what is kept beside the script."""

import importlib.util
import sys
from pathlib import Path

import ivigmyo
from ivigmyo.planning import example_trial

sys.path.insert(0, str(Path(__file__).parent))
_SPEC = importlib.util.spec_from_file_location("pin", Path(__file__).with_name("pin.py"))
pin = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(pin)
sys.path.remove(str(Path(__file__).parent))


def test_what_studies_give_is_what_is_kept():
    found = pin.found()
    assert len(found) >= 18
    assert pin.differences(found) == []


def test_the_text_of_the_bundled_report_is_what_is_kept(report_by_diagnosis):
    assert pin.differences({"saito2008.txt": pin.text_of(report_by_diagnosis)}) == []


def test_every_row_of_the_ledger_is_what_is_kept(ledger):
    assert pin.differences(pin.of_ledger(ledger)) == []


def test_every_number_of_two_arms_is_what_is_kept():
    assert pin.differences(pin.of_arms(ivigmyo.trial_report(example_trial()))) == []


def test_every_number_of_the_core_set_is_what_is_kept():
    report = ivigmyo.trial_report(pin.core_set(), by="diagnosis")
    assert pin.differences({"core_set.txt": pin.text_of(report)}) == []


def test_a_moved_digit_is_told():
    text = (pin.FOLDER / "kept" / "saito2008.txt").read_text(encoding="utf-8")
    assert len(pin.differences({"saito2008.txt": text.replace("57.4", "57.5")})) > 3
