"""Journal: what became of each scan, a line for each change, which survives the end of the server."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deskull.system.atomic import write_bytes

Fields = dict[str, Any]


class Journal:
    """A file of JSON lines, of which the last one of a scan counts.

    Parameters
    ----------
    path : Path
        It need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()

    def read(self) -> list[Fields]:
        """Return the scans that were not removed, in the order in which they came.

        A line that was cut off when the server was killed is left out.
        """
        found: dict[str, Fields] = {}
        for fields in self._lines():
            if "removed" in fields:
                found.pop(str(fields["removed"]), None)
            elif isinstance(fields.get("id"), str):
                found[fields["id"]] = fields
        return list(found.values())

    def _lines(self) -> list[Fields]:
        """Whole lines of the file."""
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        return [fields for line in lines if isinstance(fields := _parsed(line), dict)]

    def append(self, changes: Iterable[Mapping[str, Any]]) -> None:
        """Add lines; they are on the disk when this returns."""
        text = "".join(f"{json.dumps(dict(change))}\n" for change in changes)
        with self._lock, self._path.open("ab") as file:
            if file.tell() and not self._ends_whole():
                file.write(b"\n")
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())

    def rewrite(self, scans: Iterable[Mapping[str, Any]]) -> None:
        """Replace the file by one line for each scan."""
        text = "".join(f"{json.dumps(dict(scan))}\n" for scan in scans)
        with self._lock:
            write_bytes(self._path, text.encode(), overwrite=True)

    def _ends_whole(self) -> bool:
        """Whether the last line was written to its end."""
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _parsed(line: str) -> Any:
    """Content of a line; None if it is damaged."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
