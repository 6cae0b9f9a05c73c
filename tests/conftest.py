"""What every test shares."""

import os

import pytest
from hypothesis import settings
from sampling import FULL

import ivigmyo
from ivigmyo import saito2008

# A slow machine is no fault of the code: no example fails for the time it takes.
settings.register_profile("quick", deadline=None, max_examples=12)
settings.register_profile("full", deadline=None, max_examples=250)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
# Properties of whole reports, files and figures: an example takes as long as a hundred of the others.
settings.register_profile("whole", parent=settings(), max_examples=max(1, settings().max_examples // 6))


@pytest.fixture(scope="session")
def study():
    """The bundled study."""
    return saito2008.load_study()


@pytest.fixture(scope="session")
def report(study):
    """Its report."""
    return ivigmyo.trial_report(study)


@pytest.fixture(scope="session")
def report_by_diagnosis(study):
    """Its report, with the patients of each diagnosis beside all of them."""
    return ivigmyo.trial_report(study, by="diagnosis")


@pytest.fixture(scope="session")
def page(report):
    """Its page."""
    return ivigmyo.report_page(report)


@pytest.fixture(scope="session")
def ledger(study):
    """The ledger of the bundled study."""
    return saito2008.reproduce(study)


@pytest.fixture(scope="session")
def rounds():
    """How many random trials a test draws: as many as are named for the full profile, or a tenth of them."""
    return lambda many: range(many if FULL else max(1, many // 10))
