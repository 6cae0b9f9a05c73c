"""How the small trial is shown: its report in every form, and its figures, are what is kept."""

import importlib.util
import sys
from pathlib import Path

import pytest

import ivigmyo

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
_SPEC = importlib.util.spec_from_file_location("pin", HERE / "pin.py")
pin = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(pin)
sys.path.remove(str(HERE))

pytestmark = pytest.mark.skipif(bool(pin.OTHER_TICKS), reason=pin.OTHER_TICKS)


@pytest.fixture(scope="module", params=[False, True], ids=["series", "arms"])
def report(request):
    return ivigmyo.trial_report(pin.small_trial.small(arms=request.param))


def test_text_markdown_and_frames_are_what_is_kept(report):
    assert pin.differences(pin.of_outputs(report)) == []


def test_the_figures_are_what_is_kept(report):
    assert pin.differences(pin.of_figures(report)) == []


def test_the_page_is_what_is_kept(report):
    assert pin.differences(pin.of_structure(report)) == []


def test_the_word_document_is_what_is_kept(report):
    pytest.importorskip("docx")
    assert pin.differences(pin.of_word(report)) == []


def test_what_the_command_says_of_itself_is_what_is_kept():
    assert pin.differences(pin.of_command()) == []


def test_the_scores_of_arms_are_shown_as_kept():
    assert pin.differences(pin.of_scores()) == []
