"""A little of the fuzz: what the nightly run does at length."""

import runpy
from pathlib import Path

FUZZ = runpy.run_path(str(Path(__file__).parent / "fuzz_api.py"))


def test_odd_arguments_are_refused_with_a_sentence_or_answered():
    counts, failures = FUZZ["fuzz"](300, seed=14)
    assert not failures, "\n".join(failures.values())
    assert counts["returned"] > 50
    assert counts["refused by ValueError"] > 50
