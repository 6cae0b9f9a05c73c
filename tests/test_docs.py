"""The documentation lists what is public, and its gallery shows every figure."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import ivigmyo

DOCS = Path(__file__).parents[1] / "docs"
ROOMS = (
    "adam", "analysis", "change", "conduct", "contrasts", "core_set", "figures", "manuscript", "normalization", "outcomes",
    "planning", "resampling", "response", "safety", "saito2008", "study", "survival",
)  # fmt: skip
INTERNAL = {"analysis.outcome_words", "response.ordered_grades", "survival.check_until"}


@pytest.fixture(scope="module")
def listed():
    """The names of the API page, by the module under which they stand."""
    module, names = "", set()
    for line in (DOCS / "api.md").read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\.\. currentmodule:: (\S+)", line):
            module = match[1]
        elif match := re.fullmatch(r" {3}(\w+)", line):
            names.add((module, match[1]))
    return names


def test_every_public_name_is_listed(listed):
    assert {name for module, name in listed if module == "ivigmyo"} == set(ivigmyo.__all__) - {"__version__"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_of_a_room_is_listed(listed, room):
    module = import_module(f"ivigmyo.{room}")
    shown = {id(getattr(import_module(where), name)) for where, name in listed}
    lacking = {f"{room}.{name}" for name in module.__all__ if id(getattr(module, name)) not in shown}
    assert not lacking - INTERNAL


def test_what_is_listed_exists(listed):
    assert not [f"{where}.{name}" for where, name in listed if not hasattr(import_module(where), name)]


def test_the_gallery_shows_every_figure():
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    for name in import_module("ivigmyo.figures").__all__:
        assert f"figures.{name}(" in text or not name.startswith("draw_"), name
    assert text.count("](_gallery/") == len(set(re.findall(r"\]\(_gallery/(\S+?)\)", text)))


def documented_parameters(text):
    """The names under the heading Parameters of a docstring; None without that heading."""
    match = re.search(r"^Parameters\n-+\n((?:.+\n|\n(?=\s))*)", f"{text}\n", re.MULTILINE)
    if match is None:
        return None
    names = [line.partition(" :")[0] for line in match[1].splitlines() if re.match(r"\S", line)]
    return [name.strip("* ") for each in names for name in each.split(", ")]


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_documented_of_a_name_are_its_parameters(room):
    module = import_module(f"ivigmyo.{room}")
    seen = 0
    for name in module.__all__:
        thing = getattr(module, name)
        if not callable(thing) or (documented := documented_parameters(inspect.getdoc(thing) or "")) is None:
            continue
        parameters = {each.removeprefix("_") for each in inspect.signature(thing).parameters}
        assert set(documented) == parameters, f"{room}.{name}"
        assert len(documented) == len(set(documented)), f"{room}.{name}"
        seen += 1
    assert seen or room in ("saito2008",)
