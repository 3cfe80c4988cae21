"""Reading voxels from plain, gzip, zlib and bzip2 streams, decompressed no further than a caller asks for.

A reader of a format reads its header from a `Stream` first, then as many bytes as the header promises, then calls
`Stream.finish`. A small file that would expand to gigabytes behind a valid header (a decompression bomb) is thus
refused after a few kilobytes, and the checksum of a good file is verified. Gzip and zlib go through ISA-L, several
times faster than zlib at nearly the same size.
"""

from __future__ import annotations

import bz2
import sys
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt
from isal import igzip
from isal.igzip_lib import DECOMP_ZLIB, IgzipDecompressor, IsalError

from deskull.errors import GeometryWarning, InputError
from deskull.formats.files import file_size, open_regular, subject

#: Compression level, of 0 to 3; on three scans 2 to 7 % larger than zlib's default, and no other level is 2 % smaller.
LEVEL = 1
#: Largest ratio of expanded to compressed size that deflate can reach (RFC 1951: 258 bytes from 2 bits).
_DEFLATE_RATIO = 1032
#: What decompressors raise for damaged data, besides EOFError and OSError.
_DAMAGE: tuple[type[Exception], ...] = (zlib.error, IsalError, ValueError)  # type: ignore[assignment]  # a wrong stub
#: Data that expand to more than `_LARGE` bytes may reach this multiple of their compressed size. Scans are compressed
#: to a half or a fifth, masks to a hundredth; only data of one value reach the thousand of deflate.
_LARGE, _MAX_RATIO = 1 << 29, 200
#: First bytes of a gzip stream (RFC 1952).
GZIP_MAGIC = b"\x1f\x8b"
#: Bytes decompressed at a time.
_CHUNK = 1 << 20
#: Bytes that may follow the voxels by default: padding that some programs write.
PADDING = 1 << 16


def check_expansion(size: int, compressed: int, path: Path, name: Path | None = None) -> None:
    """Refuse compressed data that expand to far more than a scan would, although their header promises it.

    Parameters
    ----------
    size, compressed : int
        Bytes after and before expansion; 0 before, where the data are not compressed.
    path : Path
        The file that messages name.
    name : Path, optional
        The file that was asked for, where `path` is another one that belongs to it.

    Raises
    ------
    InputError
    """
    if compressed and size > max(_LARGE, _MAX_RATIO * compressed):
        fault = f"would expand from {compressed / 1e6:.1f} MB to {size / 1e9:.1f} GB, more than any scan"
        raise InputError(f"{subject(path, name)} {fault}; check where it comes from, or give it uncompressed.")


class _Readable(Protocol):
    """An object with a ``read`` method, such as a binary file."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


class Stream:
    """Bytes of one file in order, each read bounded by the caller.

    Parameters
    ----------
    source : readable
        A binary file, or a decompressor over one.
    path : Path
        The file that messages name.
    capacity : int, optional
        Upper bound of the number of bytes that can follow.
    compressed : int, optional
        Size of the compressed data in bytes; 0 where they are not compressed.
    name : Path, optional
        The file that was asked for, where `path` is another one that belongs to it.
    """

    def __init__(
        self,
        source: _Readable,
        path: Path,
        capacity: int = sys.maxsize,
        compressed: int = 0,
        name: Path | None = None,
    ) -> None:
        self._source, self._capacity, self._compressed = source, capacity, compressed
        self._path, self._name, self._subject = path, name, subject(path, name)

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes: for headers and other small parts.

        Raises
        ------
        InputError
            If the stream ends before, or is damaged.
        """
        return self.read_array(np.uint8, size).tobytes()

    def read_up_to(self, size: int) -> bytes:
        """Return at most `size` bytes, fewer only at the end of the stream: for footers.

        Raises
        ------
        InputError
            If the compressed data are damaged or end early.
        """
        parts: list[bytes] = []
        while size > 0 and (chunk := self._next(min(size, _CHUNK))):
            parts.append(chunk)
            size -= len(chunk)
        return b"".join(parts)

    def check_size(self, size: int) -> None:
        """Refuse to read more bytes than can follow, or than a scan is compressed to.

        Raises
        ------
        InputError
        """
        if size > self._capacity:
            raise self._cut_short()
        check_expansion(size, self._compressed, self._path, self._name)

    def read_array(self, dtype: npt.DTypeLike, count: int) -> npt.NDArray[Any]:
        """Return the next `count` elements as a flat array, every byte of it from the file.

        Raises
        ------
        InputError
            If the stream ends before, or is damaged.
        """
        size = count * np.dtype(dtype).itemsize
        self.check_size(size)
        array = np.empty(size, np.uint8)
        filled = 0
        while filled < size:
            chunk = self._next(min(size - filled, _CHUNK))
            if not chunk:
                raise self._cut_short()
            array[filled : filled + len(chunk)] = np.frombuffer(chunk, np.uint8)
            filled += len(chunk)
        return array.view(dtype)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes.

        Raises
        ------
        InputError
            If the stream ends before, or is damaged.
        """
        self.check_size(size)
        while size > 0:
            chunk = self._next(min(size, _CHUNK))
            if not chunk:
                raise self._cut_short()
            size -= len(chunk)

    def finish(self, allowance: int = PADDING) -> None:
        """Read to the end, by which the checksum of compressed data is verified.

        Warns where bytes other than zeros follow what was read.

        Parameters
        ----------
        allowance : int
            Number of bytes that may follow what was read.

        Raises
        ------
        InputError
            If the checksum is wrong, or more bytes follow: then the header or the data belong to another image.
        """
        rest = self.read_up_to(allowance + 1)
        if len(rest) > allowance:
            raise InputError(
                f"{self._subject} holds more data than its header promises (damaged, or a header of another image); "
                "copy or convert it again."
            )
        if rest.strip(b"\0"):
            text = f"has {len(rest)} bytes after its last voxel, which are ignored; check that header and voxels match."
            warnings.warn(f"{self._subject} {text}", GeometryWarning, stacklevel=2)

    def _next(self, size: int) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        try:
            return self._source.read(size)
        except EOFError:  # also of the few bytes after a gzip stream that are not another one
            fault = "has compressed data that are cut short, or followed by other bytes"
            raise InputError(f"{self._subject} {fault}; copy it again.") from None
        except _DAMAGE as error:
            raise self._damaged() from error
        except OSError as error:
            if error.errno is not None:  # the disk's fault, not the file's
                raise
            raise self._damaged() from error

    def _cut_short(self) -> InputError:
        """Return the error for a stream that ends early."""
        return InputError(f"{self._subject} ends before its last voxel (cut short); copy it again.")

    def _damaged(self) -> InputError:
        """Return the error for compressed data that are wrong: their structure or their checksum."""
        return InputError(f"{self._subject} has damaged compressed data; copy it again.")


class _ZlibFile:
    """A file-like reader of one zlib stream (RFC 1950); its Adler-32 checksum is verified where it ends."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._inflater = file, IgzipDecompressor(flag=DECOMP_ZLIB)

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end of the stream."""
        while not self._inflater.eof:
            content = self._file.read(_CHUNK) if self._inflater.needs_input else b""
            if self._inflater.needs_input and not content:
                raise EOFError
            chunk: bytes = self._inflater.decompress(content, size)
            if chunk:
                return chunk
        return b""


@contextmanager
def open_stream(path: Path, name: Path | None = None) -> Iterator[Stream]:
    """Open a file as a `Stream`, decompressed if its content is gzip, whatever its name is.

    Parameters
    ----------
    path : Path
        A regular file.
    name : Path, optional
        The file that was asked for, where `path` is another one that belongs to it; messages name both.

    Raises
    ------
    InputError
        If it is not a regular file.
    """
    with open_regular(path, name) as file:
        magic = file.read(2)
        file.seek(0)
        yield stream_of(file, path, "gzip" if magic == GZIP_MAGIC else "raw", name)


def stream_of(file: BinaryIO, path: Path, encoding: str, name: Path | None = None) -> Stream:
    """Return a `Stream` of the rest of an open file.

    Parameters
    ----------
    file : binary file
        At the first byte of the data.
    path : Path
        The file that messages name.
    encoding : {"raw", "gzip", "zlib", "bzip2"}
        How the data are compressed. Several gzip members or bzip2 streams in a row are one.
    name : Path, optional
        See `open_stream`.
    """
    left = max(0, file_size(file) - file.tell())
    expanded = left * _DEFLATE_RATIO + _CHUNK
    if encoding == "gzip":
        return Stream(igzip.IGzipFile(fileobj=file, mode="rb"), path, expanded, left, name)
    if encoding == "zlib":
        return Stream(_ZlibFile(file), path, expanded, left, name)
    if encoding == "bzip2":
        return Stream(bz2.BZ2File(file), path, compressed=left, name=name)
    return Stream(file, path, left, name=name)


def write_gzip(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write parts one after the other as one gzip file, without a name or time: equal parts give equal bytes."""
    with path.open("wb") as file:
        write_gzip_to(file, parts)


def write_gzip_to(file: BinaryIO, parts: Iterable[bytes | memoryview]) -> None:
    """Append a gzip stream to an open file; see `write_gzip`."""
    with igzip.IGzipFile("", "wb", LEVEL, file, mtime=0) as stream:
        for part in parts:
            stream.write(part)
