"""Reading ahead: waiting for a disk or a network overlaps with the arithmetic on the files before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")

_STEP = 128 * 1024


def read_ahead(items: Sequence[Item], count: int, path_of: Callable[[Item], Path | None]) -> Iterator[Item]:
    """Yield items, the system told to read the file of the one `count` further, so that it is in memory by its turn.

    Writing needs nothing of the kind: files are written to memory, and the system brings them to the disk.

    Parameters
    ----------
    items : sequence
    count : int
        As many as are worked on at a time.
    path_of : callable
        The file of an item, None if it need not be read.
    """
    for number, item in enumerate(items):
        for later in items[number + count : number + count + 1]:
            path = path_of(later)
            if path:
                _will_need(path)
        yield item


def _will_need(path: Path) -> None:
    """Tell the system that a file will be read soon (posix_fadvise(2)); what is wrong with it shows when it is read."""
    if not hasattr(os, "posix_fadvise"):
        return
    with suppress(OSError):
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            for start in range(0, os.fstat(file).st_size, _STEP):  # Linux reads no more than so much of one request
                os.posix_fadvise(file, start, _STEP, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(file)
