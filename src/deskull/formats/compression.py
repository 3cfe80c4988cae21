"""Gzip through ISA-L, several times faster than zlib at nearly the same size."""

from __future__ import annotations

import zlib
from pathlib import Path

from isal import igzip

#: Of 0 to 3; on three scans 2 to 7 % larger than zlib's default, and no other level is smaller by 2 %.
LEVEL = 1


def read_bytes(path: Path) -> bytes:
    """Read a file, decompressed if it is gzip, whatever it is called.

    Raises
    ------
    EOFError, OSError
        If the compressed stream is cut short or damaged.
    """
    content = path.read_bytes()
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        unpacked: bytes = igzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise EOFError(f"the compressed data are cut short or damaged: {error}") from error
    return unpacked


def write_gzip(path: Path, parts: list[bytes | memoryview]) -> None:
    """Write parts one after the other as one gzip file, with no name or time in it: same parts, same bytes."""
    with path.open("wb") as raw, igzip.IGzipFile("", "wb", LEVEL, raw, mtime=0) as file:
        for part in parts:
            file.write(part)
