"""A progress bar with the time left, where somebody is looking."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from deskull.batch.records import Record

T = TypeVar("T")


def watched(what: str) -> Callable[[Iterator[T], int], Iterator[T]]:
    """A function that yields the items of an iterator again, with a progress bar named `what` on a terminal."""

    def _watch(items: Iterator[T], total: int) -> Iterator[T]:
        if total < 2 or not sys.stderr.isatty():
            yield from items
            return
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with _bar(*columns) as bar:
            yield from bar.track(items, total=total, description=what)

    return _watch


def counted(records: Iterator[Record], total: int, *, as_json: bool = False) -> Iterator[Record]:
    """Yield the records of a batch again, with a bar of rate, time left and failures on a terminal."""
    if total < 2 or as_json or not sys.stderr.isatty():
        yield from records
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    state = TextColumn("{task.fields[rate]:.0f} an hour, {task.fields[failed]} failed")
    columns = (BarColumn(), MofNCompleteColumn(), state, TimeRemainingColumn())
    with _bar(*columns) as bar:
        task, failed, start = bar.add_task("", total=total, rate=0.0, failed=0), 0, time.monotonic()
        for done, record in enumerate(records, 1):
            failed += record.status == "failed"
            rate = 3600 * done / (time.monotonic() - start)
            bar.update(task, advance=1, failed=failed, rate=rate)
            yield record


def _bar(*columns: Any) -> Any:
    """A bar on stderr; what is printed to a stdout that goes elsewhere goes there."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty())
