"""Progress: a bar on a terminal, lines elsewhere, and never in the way of the items."""

from __future__ import annotations

import io
from contextlib import contextmanager, redirect_stderr

import pytest
import typer

from deskull.batch.records import Record, Status
from deskull.cli import progress
from deskull.cli.console import as_command
from deskull.cli.progress import STAGES, progress_bar, stages_shown, with_batch_progress
from deskull.system.activity import frame_done, stage_done


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def on_terminal(monkeypatch):
    """Take all items of an iterator with a terminal as stderr; returns them and what was printed."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")

    def taken(items):
        with redirect_stderr(Terminal()) as stream:
            return list(items), stream.getvalue()

    return taken


RECORDS = [Record(f"s{n}.nii", Status.failed if n == 1 else Status.done) for n in range(3)]


def test_items_pass_unchanged_with_a_bar(on_terminal):
    items, printed = on_terminal(progress_bar("checking")(iter([1, 2, 3]), 3))
    assert items == [1, 2, 3]
    assert "checking" in printed


def test_single_item_gets_no_bar(on_terminal):
    assert on_terminal(progress_bar("checking")(iter([1]), 1)) == ([1], "")


def test_no_bar_is_drawn_without_a_terminal(capsys):
    assert list(progress_bar("checking")(iter([1, 2, 3]), 3)) == [1, 2, 3]
    assert capsys.readouterr().err == ""


def test_batch_counts_failures_and_scans_per_hour(on_terminal):
    records, printed = on_terminal(with_batch_progress(iter(RECORDS), 3))
    assert records == RECORDS
    assert "per hour, 1 failed" in printed


@pytest.fixture
def lines(monkeypatch):
    """Take the lines that would be printed every ten seconds where there is no terminal."""
    printed = []

    @contextmanager
    def heartbeat(line):
        """Keep the function that makes the lines."""
        printed.append(line)
        yield

    monkeypatch.setattr(progress, "heartbeat", heartbeat)
    return printed


def test_line_counts_items_and_states_the_time_left(lines):
    items = progress_bar("checking")(iter("abcd"), 4)
    next(items)
    assert lines[0](20) == "checking: 1 of 4, about 60 s left"


def test_line_of_a_single_item_states_the_time_so_far(lines):
    next(progress_bar("checking")(iter("a"), 1))
    assert lines[0](20) == "still checking: 20 s"


def test_line_of_a_batch_counts_scans_and_failures(lines):
    records = with_batch_progress(iter(RECORDS), 3)
    next(records)
    assert lines[0](20) == "1 of 3 scans, about 40 s left"
    next(records)
    assert lines[0](20) == "2 of 3 scans, 1 failed, about 10 s left"


def test_line_of_a_single_scan_names_the_stage(lines):
    def stripped():
        """Strip a scan."""
        yield lines[0](10)
        stage_done("read")
        stage_done("conform")
        yield lines[0](20)

    records = with_batch_progress(stripped(), 1, scan="a\n.nii")
    assert list(records) == ["still stripping a\\n.nii: 10 s", "still stripping a\\n.nii: running the network, 20 s"]


def test_line_of_a_series_counts_frames(lines):
    with stages_shown("stripping a.nii"):
        frame_done(2, 8)
        assert lines[0](20) == "stripping a.nii: 2 of 8 frames, about 60 s left"


def test_unknown_stage_changes_nothing(lines):
    with stages_shown("stripping a.nii"):
        stage_done("odd")
        assert lines[0](20) == "still stripping a.nii: 20 s"


def test_stages_of_a_single_scan_are_a_bar_on_a_terminal(on_terminal):
    def stripped():
        """Strip a scan."""
        for stage in STAGES:
            stage_done(stage)
            yield stage

    stages, printed = on_terminal(with_batch_progress(stripped(), 1, scan="a[b].nii"))
    assert stages == list(STAGES)
    assert "stripping a[b].nii" in printed


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_command_shows_no_progress(terminal, on_terminal, lines):
    def command():
        """Do something with every kind of progress."""
        taken = on_terminal if terminal else lambda items: (list(items), "")
        for items in (progress_bar("x")(iter([1, 2]), 2), with_batch_progress(iter(RECORDS), 3)):
            assert taken(items)[1] == ""

    with pytest.raises(SystemExit) as ended:
        quietly(command)
    assert ended.value.code == 0
    assert lines == []


def quietly(function):
    """Run a function as a command with ``-q``."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(as_command(function))
    app(["-q"])
