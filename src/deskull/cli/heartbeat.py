"""Heartbeat: where stderr is no terminal, a line every ten seconds says what is being done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deskull.cli.console import print_note

#: Seconds between two lines.
INTERVAL_S = 10.0


@contextmanager
def heartbeat(line: Callable[[float], str]) -> Iterator[None]:
    """Print a line every ten seconds until the work in the context is done; none for work that takes less.

    Parameters
    ----------
    line : callable
        Given the seconds since the start, returns the line. It is called in another thread.
    """
    done, start = threading.Event(), time.monotonic()

    def print_lines() -> None:
        """Print lines until the work is done."""
        while not done.wait(INTERVAL_S):
            print_note(line(time.monotonic() - start))

    thread = threading.Thread(target=print_lines, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def duration_text(seconds: float) -> str:
    """Return a duration in one unit.

    Examples
    --------
    >>> duration_text(20.4), duration_text(200), duration_text(9000)
    ('20 s', '3 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def time_left_text(seconds: float, done: int, total: int) -> str:
    """Return how long the rest of the items will take at the pace so far, or nothing before the first is done.

    Examples
    --------
    >>> time_left_text(60, 20, 100)
    ', about 4 min left'
    """
    return f", about {duration_text(seconds / done * (total - done))} left" if 0 < done < total else ""
