"""Write an sdist anew, so that the same files always give the same bytes.

    python tools/release/normalise_sdist.py SDIST FOLDER

Entries are sorted and belong to nobody; their time is ``SOURCE_DATE_EPOCH``, and their mode depends on the executable
bit alone.
"""

from __future__ import annotations

import gzip
import os
import sys
import tarfile
from pathlib import Path


def normalise(sdist: Path, folder: Path, time: int) -> Path:
    """Write an sdist to a folder under its own name, with the given time in seconds since 1970."""
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / sdist.name
    with (
        tarfile.open(sdist) as source,
        written.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=time) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as result,
    ):
        for entry in sorted(source.getmembers(), key=lambda one: one.name):
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = time, 0, 0, "", ""
            entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            entry.pax_headers = {}
            result.addfile(entry, source.extractfile(entry) if entry.isfile() else None)
    return written


if __name__ == "__main__":
    normalise(Path(sys.argv[1]), Path(sys.argv[2]), int(os.environ["SOURCE_DATE_EPOCH"]))
