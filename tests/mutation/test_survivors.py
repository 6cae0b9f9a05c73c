"""The list of mutants that survive speaks of the code as it is."""

import runpy
import sys
from collections import Counter
from pathlib import Path

import pytest

import ivigmyo

HERE = Path(__file__).parent
WORKFLOW = HERE.parents[1] / ".github" / "workflows" / "nightly.yml"


@pytest.fixture(scope="module")
def survey():
    sys.path.insert(0, str(HERE))
    try:
        return runpy.run_path(str(HERE / "survey.py"))
    finally:
        sys.path.remove(str(HERE))


def test_each_listed_survivor_is_one_mutant_of_today(survey):
    files = {name[0] for name in survey["listed"]()}
    package = Path(ivigmyo.__file__).parent
    found = Counter(survey["name"](mutant) for file in files for mutant in survey["mutants"](package / file))
    assert [name for name in survey["listed"]() if found[name] != 1] == []


def test_each_room_has_tests_of_its_own(survey):
    assert set(survey["OWN"]) == {*survey["COMPUTING"], "shown"}
    files = {pattern.removeprefix("-").partition("::")[0] for patterns in survey["OWN"].values() for pattern in patterns}
    assert all(list(HERE.parent.glob(pattern)) for pattern in files)


@pytest.mark.skipif(not WORKFLOW.exists(), reason="the workflows are not beside the tests")
def test_each_room_has_a_part_of_the_nightly_run(survey):
    listing = WORKFLOW.read_text(encoding="utf-8").partition("rooms:\n")[2].partition("steps:")[0]
    assert sorted(listing.replace("- ", " ").split()) == sorted(survey["OWN"])


def test_a_sample_does_not_depend_on_the_other_mutants(survey):
    population = survey["of_room"]("decimals")
    whole, half = (survey["sample"](part, len(part), 1) for part in (population, population[::2]))
    assert half == [mutant for mutant in whole if mutant in set(half)]
    assert survey["sample"](population, 5, 1) == whole[:5] != survey["sample"](population, 5, 2)
