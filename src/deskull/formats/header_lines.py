"""Lines of a text header that stands before binary data."""

from __future__ import annotations

from collections.abc import Iterator


def lines_with_ends(content: bytes, start: int = 0) -> Iterator[tuple[bytes, int]]:
    r"""Yield each line, without its line feed, and the position behind it.

    Parameters
    ----------
    content : bytes
        The beginning of a file.
    start : int
        Position of the first line.

    Examples
    --------
    >>> list(lines_with_ends(b"NRRD\nsizes: 3\r\n\n\0\1"))
    [(b'NRRD', 5), (b'sizes: 3\r', 15), (b'', 16), (b'\x00\x01', 18)]
    """
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        yield content[start:end], min(end + 1, len(content))
        start = end + 1
