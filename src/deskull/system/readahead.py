"""Reading ahead: the next files are read from disk or network while the present ones are processed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")

#: Bytes of one request: Linux by default reads no more than 128 KiB for each (read_ahead_kb in sysfs).
_REQUEST_BYTES = 128 * 1024


def read_ahead(items: Sequence[Item], distance: int, path_of: Callable[[Item], Path | None]) -> Iterator[Item]:
    """Yield items, and ask the system each time to read the file of a later item into memory.

    Writing needs no such help: files are written to memory, and the system copies them to the disk.

    Parameters
    ----------
    items : sequence
        What will be processed, in order.
    distance : int
        How many items ahead to read: the number that is processed at a time.
    path_of : callable
        Returns the file of an item, or None if it will not be read.

    Yields
    ------
    item
        Every item, in order.
    """
    for number, item in enumerate(items):
        for later in items[number + distance : number + distance + 1]:
            path = path_of(later)
            if path:
                _announce(path)
        yield item


def _announce(path: Path) -> None:
    """Announce that a file will be read soon (posix_fadvise(2)); its faults are reported when it is read."""
    if not hasattr(os, "posix_fadvise"):
        return
    with suppress(OSError):
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            for start in range(0, os.fstat(file).st_size, _REQUEST_BYTES):
                os.posix_fadvise(file, start, _REQUEST_BYTES, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(file)
