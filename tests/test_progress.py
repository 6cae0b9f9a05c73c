"""A bar on a terminal after two seconds, and nothing anywhere else."""

import io
import itertools
import sys
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import progress
from ivigmyo.progress import track


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(monkeypatch, stream, seconds, stop_at=None):
    """Run one step at each of the times, and return the steps that came through."""
    times = iter([0.0, *seconds])
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    steps = []
    for step in track(range(len(seconds)), len(seconds), "drawing"):
        steps.append(step)
        if step == stop_at:
            break
    return steps


def test_the_bar_appears_after_two_seconds_and_is_wiped_away(monkeypatch):
    stream = Terminal()
    assert run(monkeypatch, stream, [0.5, 2.0, 2.1, 9.0]) == [0, 1, 2, 3]
    half = f"drawing [{'#' * 15}{' ' * 15}]  50 %"
    later = f"drawing [{'#' * 22}{' ' * 8}]  75 %"
    assert stream.getvalue() == f"\r{half}\r{later}\r{' ' * len(later)}\r"


def test_what_is_quick_shows_nothing(monkeypatch):
    stream = Terminal()
    assert run(monkeypatch, stream, [0.1, 0.2]) == [0, 1]
    assert stream.getvalue() == ""


@pytest.mark.parametrize("stream", [io.StringIO(), None])
def test_without_a_terminal_nothing_is_written(monkeypatch, stream):
    assert run(monkeypatch, stream, [5.0, 10.0]) == [0, 1]
    assert stream is None or stream.getvalue() == ""


def test_a_bar_that_is_left_early_is_wiped_away_too(monkeypatch):
    stream = Terminal()
    run(monkeypatch, stream, [3.0, 4.0], stop_at=0)
    assert stream.getvalue().endswith(f"{' ' * len('drawing [] 100 %')}{' ' * 30}\r")


@settings(max_examples=20)
@given(st.lists(st.floats(0, 9), min_size=1, max_size=12).map(sorted), st.text("ab ", max_size=5))
def test_steps_pass_unchanged_and_each_line_covers_the_one_before(seconds, label):
    stream, times = Terminal(), itertools.chain([0.0], seconds)
    with mock.patch.object(sys, "stderr", stream), mock.patch.object(progress.time, "monotonic", side_effect=times):
        assert list(track(seconds, len(seconds), label)) == seconds
    lines = stream.getvalue().split("\r")[1:]
    shown = [line for line in lines if line.strip()]
    late = [k for k, each in enumerate(seconds) if each > 2]
    assert [int(line.split()[-2]) for line in shown] == [100 * k // len(seconds) for k in late]
    assert len({len(line) for line in lines if line}) <= 1
    assert [line.count("#") for line in shown] == sorted(line.count("#") for line in shown)
    # at the end nothing is left to be seen
    assert lines[-2:] == ([" " * len(shown[-1]), ""] if shown else [])
