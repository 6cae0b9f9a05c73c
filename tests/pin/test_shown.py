"""How the small trial is shown: its report in every form, and its figures, are what is kept."""

import pin
import pytest
from sampling import FULL

import ivigmyo

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


@pytest.mark.skipif(not FULL, reason="a Word document is for the full profile: its parts are tested beside")
def test_the_word_document_is_what_is_kept(report):
    pytest.importorskip("docx")
    assert pin.differences(pin.of_word(report)) == []


def test_what_the_command_says_of_itself_is_what_is_kept():
    assert pin.differences(pin.of_command()) == []


def test_the_scores_of_arms_are_shown_as_kept():
    assert pin.differences(pin.of_scores()) == []
