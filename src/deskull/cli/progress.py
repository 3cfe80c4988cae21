"""Progress bars with the time left, on terminals only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from deskull.batch.records import Record

T = TypeVar("T")


def progress_bar(description: str) -> Callable[[Iterator[T], int], Iterator[T]]:
    """Return a function that passes the items of an iterator on and shows a progress bar on a terminal.

    Parameters
    ----------
    description : str
        Text before the bar.

    Returns
    -------
    callable
        Takes an iterator and the number of its items.
    """

    def with_progress(items: Iterator[T], total: int) -> Iterator[T]:
        """Yield the items, and show how many of the total are done."""
        if not _is_shown(total):
            yield from items
            return
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with _bar(*columns) as bar:
            yield from bar.track(items, total=total, description=description)

    return with_progress


def with_batch_progress(records: Iterator[Record], total: int, *, as_json: bool = False) -> Iterator[Record]:
    """Pass the records of a batch on; on a terminal, show a bar with scans per hour, failures and the time left.

    Parameters
    ----------
    records : iterator of Record
    total : int
        Number of scans.
    as_json : bool
        Whether the output is for programs, which get no bar.
    """
    if as_json or not _is_shown(total):
        yield from records
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    state = TextColumn("{task.fields[rate]:.0f} per hour, {task.fields[failed]} failed")
    columns = (BarColumn(), MofNCompleteColumn(), state, TimeRemainingColumn())
    with _bar(*columns) as bar:
        task, failed, start = bar.add_task("", total=total, rate=0.0, failed=0), 0, time.monotonic()
        for done, record in enumerate(records, 1):
            failed += record.status == "failed"
            rate = 3600 * done / (time.monotonic() - start)
            bar.update(task, advance=1, failed=failed, rate=rate)
            yield record


def _is_shown(total: int) -> bool:
    """Whether a bar is of use: for several items, on a terminal."""
    return total > 1 and sys.stderr.isatty()


def _bar(*columns: Any) -> Any:
    """Return a bar on stderr; lines for stdout are printed above it only if stdout is the same terminal."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty())
