"""Opening files of unknown origin: only regular files are read, and placeholders are named as such."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

from deskull.errors import InputError
from deskull.formats.quoting import quote

#: Opening a named pipe for reading waits for a writer unless this flag is set (POSIX open(2)).
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
#: First bytes of the text files that stand for content kept elsewhere.
_LFS = b"version https://git-lfs.github.com/spec/"
_ANNEX = b"/annex/objects/"
_NOT_REGULAR = "is not a regular file (it is a folder, a pipe or a device); give a file of voxels"
_NOT_FETCHED = "has no content here (git-annex); fetch it with 'datalad get' or 'git annex get'"


#: Where the paths of the files that are opened are collected, in each context (thread) of its own.
_opened: ContextVar[list[Path] | None] = ContextVar("opened", default=None)


@contextmanager
def opened_files() -> Iterator[list[Path]]:
    """Collect the paths of the files that `open_regular` opens: those that a scan consists of.

    Yields
    ------
    list of Path
    """
    paths: list[Path] = []
    token = _opened.set(paths)
    try:
        yield paths
    finally:
        _opened.reset(token)


def open_regular(path: Path, name: Path | None = None) -> BinaryIO:
    """Open a regular file for reading; what it is, is checked on the open file.

    Parameters
    ----------
    path : Path
        The file to open.
    name : Path, optional
        The file that messages name, where it is not `path`: the header that refers to a data file.

    Returns
    -------
    file : binary file
        Positioned at the first byte.

    Raises
    ------
    InputError
        If it is a folder, a named pipe, a device or a socket, or a placeholder of git-annex or Git LFS.
    OSError
        If it cannot be opened.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise InputError(f"{subject(path, name)} {_NOT_REGULAR}.") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(f"{subject(path, name)} {_NOT_REGULAR}.")
    opened = _opened.get()
    if opened is not None:
        opened.append(path)
    file = os.fdopen(descriptor, "rb")
    first = file.read(len(_LFS))
    file.seek(0)
    if first.startswith((_LFS, _ANNEX)):
        file.close()
        fault = "is a Git LFS pointer, not the data themselves; fetch them with 'git lfs pull'"
        raise InputError(f"{subject(path, name)} {fault if first.startswith(_LFS) else _NOT_FETCHED}.")
    return file


def file_size(file: BinaryIO) -> int:
    """Return the size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size


def check_source(path: Path) -> None:
    """Refuse a path that has no content to read.

    Raises
    ------
    InputError
        If the file is missing, not a regular file, empty, or a placeholder of git-annex or Git LFS.
    """
    if not path.exists():
        raise InputError(why_missing(path))
    with open_regular(path) as file:
        if not file_size(file):
            raise InputError(f"{path}: the file is empty; copy or convert it again.")


def why_missing(path: Path, name: Path | None = None) -> str:
    """Return the sentence for a path that leads nowhere; see `open_regular` for `name`."""
    if not path.is_symlink():
        fault = "no such file; check the path" if name is None else "does not exist; keep header and data file together"
    elif "annex" in path.readlink().parts:
        fault = _NOT_FETCHED
    else:
        fault = "is a link that leads to no file; restore the file or the link"
    return f"{subject(path, name)} {fault}."


def subject(path: Path, name: Path | None = None) -> str:
    """Return the beginning of a sentence about a file, or about another file that belongs to it.

    >>> subject(Path("a/scan.img"), Path("a/scan.hdr"))
    "a/scan.hdr: its data file 'scan.img'"
    """
    if name is None or name == path:
        return f"{path}:"
    role = "header" if path.name.lower().endswith((".hdr", ".hdr.gz")) else "data file"
    relative = path.relative_to(name.parent) if path.is_relative_to(name.parent) else path
    return f"{name}: its {role} {quote(str(relative))}"
