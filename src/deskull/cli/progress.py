"""Progress: bars with the time left on a terminal, elsewhere a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from deskull.cli.console import is_quiet
from deskull.cli.heartbeat import duration_text, heartbeat, time_left_text
from deskull.cli.wording import on_one_line

if TYPE_CHECKING:
    from deskull.batch.records import Record

T = TypeVar("T")

#: What is being done in each stage of stripping a scan, in their order.
STAGES = {
    "read": "reading",
    "conform": "resampling to the network's grid",
    "network": "running the network",
    "resample": "resampling to the scan's grid",
    "quality": "judging the mask",
    "mask": "making the mask",
    "write": "writing",
}


def progress_bar(description: str) -> Callable[[Iterator[T], int], Iterator[T]]:
    """Return a function that passes the items of an iterator on and shows how many are done.

    Parameters
    ----------
    description : str
        What is being done: the text before the bar, or at the start of each line.

    Returns
    -------
    callable
        Takes an iterator and the number of its items.
    """

    def with_progress(items: Iterator[T], total: int) -> Iterator[T]:
        """Yield the items, and show how many of the total are done."""
        shown = Shown(description, total)
        with shown.on_stderr(_shows_bar() and total > 1):
            for item in items:
                shown.count()
                yield item

    return with_progress


def with_batch_progress(records: Iterator[Record], total: int, *, scan: str = "") -> Iterator[Record]:
    """Pass the records of a batch on, and show how many scans are done and failed, or the stages of a single one.

    Parameters
    ----------
    records : iterator of Record
    total : int
        Number of scans.
    scan : str
        Name of the scan, if it is the only one.
    """
    if is_quiet():
        yield from records
        return
    if total == 1:
        with stages_shown(f"stripping {scan}"):
            yield from records
        return
    shown = Shown("", total, fails=True)
    with shown.on_stderr(_shows_bar()):
        for record in records:
            shown.count(failed=record.status == "failed")
            yield record


@contextmanager
def stages_shown(description: str) -> Iterator[None]:
    """Show the stages of stripping a scan in the context, or the frames of a series.

    Parameters
    ----------
    description : str
        What is being done.
    """
    from deskull.system.activity import listening

    description = on_one_line(description)
    shown = Shown(description, len(STAGES), "stages", vanishes=True)

    def on_stage(stage: str) -> None:
        """Show the stage after the one that is done."""
        if stage in STAGES:
            done = list(STAGES).index(stage) + 1
            shown.update(done, len(STAGES), "stages", [*STAGES.values(), ""][done])

    def on_frame(done: int, total: int) -> None:
        """Show the number of frames."""
        shown.update(done, total, "frames")

    with shown.on_stderr(_shows_bar()), listening(on_stage, on_frame):
        yield


class Shown:
    """How far the work has got, as a bar or as lines.

    Parameters
    ----------
    description : str
        What is being done.
    total : int
        Number of items.
    unit : str
        What the items are.
    fails : bool
        Whether failures are counted, and the rate shown.
    vanishes : bool
        Whether the bar is removed when the work is done.
    """

    def __init__(
        self, description: str, total: int, unit: str = "", *, fails: bool = False, vanishes: bool = False
    ) -> None:
        self.description, self.total, self.unit, self.fails = description, total, unit, fails
        self.done = self.failed = 0
        self.detail = ""
        self._vanishes, self._start = vanishes, time.monotonic()
        self._bar: Any = None

    def count(self, *, failed: bool = False) -> None:
        """Count an item that is done."""
        self.failed += failed
        self.update(self.done + 1, self.total, self.unit)

    def update(self, done: int, total: int, unit: str, detail: str = "") -> None:
        """Show how many items are done, and what is being done with the next."""
        self.done, self.total, self.unit, self.detail = done, total, unit, detail
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=done, total=total, state=self._state())

    def line(self, seconds: float) -> str:
        """Return the line that is printed where there is no terminal."""
        if self.unit == "stages" or self.total == 1:
            detail = f"{self.detail}, " if self.detail else ""
            return f"still {self.description}: {detail}{duration_text(seconds)}"
        unit = self.unit or ("scans" if self.fails else "")
        counted = f"{self.done} of {self.total} {unit}".rstrip()
        failed = f", {self.failed} failed" if self.failed else ""
        start = f"{self.description}: " if self.description else ""
        return f"{start}{counted}{failed}{time_left_text(seconds, self.done, self.total)}"

    def on_stderr(self, as_bar: bool) -> AbstractContextManager[object]:
        """Return the context in which the progress is shown: a bar, or lines where there is no terminal."""
        if as_bar:
            return self._as_bar()
        return nullcontext() if is_quiet() or sys.stderr.isatty() else heartbeat(self.line)

    @contextmanager
    def _as_bar(self) -> Iterator[None]:
        """Show a bar on stderr; lines for stdout are printed above it only if stdout is the same terminal."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        text = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn()
        clock = TimeElapsedColumn if self._vanishes else TimeRemainingColumn  # stages differ in their durations
        columns = *text, TextColumn("{task.fields[state]}"), clock()
        with Progress(
            *columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty(), transient=self._vanishes
        ) as self._bar:
            self._bar.add_task(self.description, total=self.total, state=self._state())
            yield
        self._bar = None

    def _state(self) -> str:
        """Return the text behind the bar."""
        if not self.fails:
            return self.detail or self.unit
        rate = 3600 * self.done / max(time.monotonic() - self._start, 1e-9)
        return f"{rate:.0f} per hour, {self.failed} failed"


def _shows_bar() -> bool:
    """Whether a bar can be shown."""
    return not is_quiet() and sys.stderr.isatty()
