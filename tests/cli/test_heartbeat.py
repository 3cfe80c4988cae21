"""Heartbeat: lines at intervals while something is being done, and none afterwards."""

from __future__ import annotations

import threading
import time

import pytest

from deskull.cli import heartbeat as module
from deskull.cli.heartbeat import duration_text, heartbeat, time_left_text


@pytest.fixture
def hurried(monkeypatch):
    """Lines at every hundredth of a second."""
    monkeypatch.setattr(module, "INTERVAL_S", 0.01)


def test_lines_are_printed_on_stderr_while_work_is_done(hurried, capsys):
    called = threading.Event()
    with heartbeat(lambda seconds: called.set() or f"still at it: {seconds:.0f} s"):
        assert called.wait(30)
        time.sleep(0.05)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("still at it: 0 s\n")


def test_no_line_is_printed_after_the_work(hurried, capsys):
    with heartbeat(lambda _: "still at it"):
        pass
    capsys.readouterr()
    time.sleep(0.05)
    assert capsys.readouterr().err == ""


def test_no_line_is_printed_for_short_work(capsys):
    with heartbeat(lambda _: "still at it"):
        pass
    assert capsys.readouterr().err == ""


def test_thread_ends_if_the_work_fails(hurried):
    before = threading.active_count()
    with pytest.raises(ValueError, match="odd"), heartbeat(lambda _: ""):
        raise ValueError("odd")
    assert threading.active_count() == before


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (99, "99 s"), (120, "2 min"), (7200, "2.0 h")])
def test_duration_has_one_unit(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(("done", "text"), [(0, ""), (1, ", about 30 s left"), (4, "")])
def test_time_left_is_stated_between_the_first_and_the_last_item(done, text):
    assert time_left_text(10, done, 4) == text
