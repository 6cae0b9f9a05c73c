"""A bar on a terminal, and nothing anywhere else."""

import io
import sys

import pytest

from ivigmyo.display import track


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("stream", [io.StringIO(), None])
def test_without_a_terminal_nothing_is_written(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(track(range(3), 3, "drawing")) == [0, 1, 2]
    assert stream is None or stream.getvalue() == ""


def test_on_a_terminal_the_steps_come_through_unchanged(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert list(track(range(3), 3, "drawing")) == [0, 1, 2]


def test_without_tqdm_the_steps_come_through_too(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm", None)
    steps = range(3)
    assert track(steps, 3, "drawing") is steps
