"""A few damaged files and interrupted writes, so that the scripts which try many of them work."""

import os
import runpy
from pathlib import Path

import pytest

DAMAGE, INTERRUPT = (runpy.run_path(str(Path(__file__).parent / name)) for name in ("fuzz_files.py", "interrupt_writes.py"))


def test_damaged_files_are_read_or_refused_in_words():
    found = DAMAGE["run"](60)
    assert sum(found.values()) == 60
    assert DAMAGE["is_sound"](found), found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not copied here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_interrupted_writes_leave_no_mix_and_nothing_behind():
    assert INTERRUPT["is_sound"](INTERRUPT["kill_writers"](4))
    assert INTERRUPT["is_sound"](INTERRUPT["let_writers_meet"](1))
