"""Opening files that nobody vouches for: only regular files are read, and placeholders are named as such."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from deskull.errors import InputError
from deskull.formats.quoting import quote

#: Opening a named pipe for reading waits for a writer unless this flag is set (POSIX open(2)).
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
#: First bytes of the text files that stand for content kept elsewhere.
_LFS = b"version https://git-lfs.github.com/spec/"
_ANNEX = b"/annex/objects/"


def open_regular(path: Path, name: Path | None = None) -> BinaryIO:
    """Open a regular file for reading, unbuffered state checked on the open file itself.

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
        If it is a folder, a named pipe, a device or a socket.
    OSError
        If it cannot be opened.
    """
    descriptor = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        which = f"{path}: is" if name is None else f"{name}: its data file {quote(path.name)} is"
        raise InputError(f"{which} not a regular file (it is a folder, a pipe or a device); give a file of voxels.")
    return os.fdopen(descriptor, "rb")


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
        raise InputError(_why_missing(path))
    if not path.is_file():
        raise InputError(f"{path}: is not a regular file (it is a pipe or a device); give the file of a scan.")
    with open_regular(path) as file:
        first = file.read(64)
    if not first:
        raise InputError(f"{path}: the file is empty; copy or convert it again.")
    if first.startswith(_LFS):
        raise InputError(f"{path}: is a Git LFS pointer, not the scan itself; fetch it with 'git lfs pull'.")
    if first.startswith(_ANNEX):
        raise InputError(_annexed(path))


def _why_missing(path: Path) -> str:
    """Return the sentence for a path that leads nowhere."""
    if not path.is_symlink():
        return f"{path}: no such file; check the path."
    if "annex" in path.readlink().parts:
        return _annexed(path)
    return f"{path}: is a link to a file that does not exist; restore the file or the link."


def _annexed(path: Path) -> str:
    """Return the sentence for a file whose content git-annex keeps elsewhere."""
    return f"{path}: its content is not here (git-annex); fetch it with 'datalad get' or 'git annex get'."
