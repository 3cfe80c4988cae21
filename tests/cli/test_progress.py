"""Progress bars: shown on a terminal for several items, and never in the way of the items."""

from __future__ import annotations

import io
from contextlib import redirect_stderr

import pytest

from deskull.batch.records import Record, Status
from deskull.cli.progress import progress_bar, with_batch_progress


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


def test_batch_for_programs_gets_no_bar(on_terminal):
    assert on_terminal(with_batch_progress(iter(RECORDS), 3, as_json=True)) == (RECORDS, "")
