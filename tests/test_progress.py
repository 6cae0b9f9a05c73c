"""A bar on a terminal after two seconds, and nothing anywhere else."""

import io
import sys

import pytest

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
