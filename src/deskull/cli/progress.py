"""A progress bar with the time left, where somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


def watched(what: str) -> Callable[[Iterator[T], int], Iterator[T]]:
    """A function that yields the items of an iterator again, with a progress bar named `what` on a terminal."""

    def _watch(items: Iterator[T], total: int) -> Iterator[T]:
        if total < 2 or not sys.stderr.isatty():
            yield from items
            return
        from rich.console import Console
        from rich.progress import track

        yield from track(items, description=what, total=total, console=Console(stderr=True))

    return _watch
