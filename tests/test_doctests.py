"""Every example in a docstring runs, and says what it prints."""

import doctest
import importlib
import pkgutil

import pytest

import ivigmyo

MODULES = ["ivigmyo", *(module.name for module in pkgutil.walk_packages(ivigmyo.__path__, "ivigmyo."))]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_examples_print_what_they_say(name):
    module = importlib.import_module(name)
    outcome = doctest.testmod(module, optionflags=OPTIONS)
    assert outcome.failed == 0
