"""Zip archives of DICOM files: only DICOM files are unpacked, under names of our own and within limits."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from deskull.errors import InputError
from deskull.formats.dicom.files import SNIFFED_BYTES, starts_like_dicom
from deskull.options import ReadOptions
from deskull.system.leftovers import scratch_folder

_DEFAULT = ReadOptions()
#: Maximum number of files in an archive; a study of many 4-D series has some ten thousand.
MAX_FILES = 100_000
#: Maximum ratio of unpacked to packed size, and the unpacked size from which it is checked. Slices of a head compress
#: to between a half and a tenth of their size; a thousandth is the most that zip can do.
MAX_RATIO, RATIO_FROM_BYTES = 100, 50_000_000
_CHUNK = 1 << 20
#: What `zipfile` raises for damaged archives.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)


@contextmanager
def opened(path: Path, options: ReadOptions = _DEFAULT) -> Iterator[Path]:
    """Give the folder or file of a DICOM source; a zip archive is unpacked for as long as the context lasts.

    Archives within an archive are ignored, as are all files in it that are not DICOM.

    Parameters
    ----------
    path : Path
        A folder, a DICOM file or a zip archive.
    options : ReadOptions
        Its ``max_archive_gb`` limits the size of the unpacked files.

    Yields
    ------
    Path
        The source itself, or a temporary folder.

    Raises
    ------
    InputError
        If the archive is damaged or encrypted, exceeds a limit, or holds links or paths that lead out of it.
    """
    if path.suffix.lower() != ".zip" or path.is_dir():
        yield path
        return
    with scratch_folder() as scratch:
        try:
            with zipfile.ZipFile(path) as archive:
                members = checked_members(archive, path, options)
                for index, member in enumerate(members):
                    _unpack(archive, member, scratch / f"{index:06d}.dcm")
        except InputError:
            raise
        except DAMAGED:
            raise InputError(f"{path}: cannot be unpacked (the zip archive is damaged); copy it again.") from None
        yield scratch


def checked_members(archive: zipfile.ZipFile, path: Path, options: ReadOptions = _DEFAULT) -> list[zipfile.ZipInfo]:
    """List the files of an archive in the order of their names, after every check that needs no unpacking.

    Parameters
    ----------
    archive : ZipFile
    path : Path
        What messages name.
    options : ReadOptions
        Its ``max_archive_gb`` limits the size of the unpacked files.

    Raises
    ------
    InputError
        If it is encrypted, exceeds a limit, or holds links or paths that lead out of it.
    """
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MAX_FILES:
        raise InputError(f"{path}: holds {len(members)} files, more than {MAX_FILES}; unpack it and give one series.")
    if any(_leads_out(member.filename) for member in members):
        raise InputError(f"{path}: holds a file whose path is absolute or leads out of the archive; make it again.")
    if any(stat.S_ISLNK(member.external_attr >> 16) for member in members):
        raise InputError(f"{path}: holds links instead of files; make the archive again without them.")
    if any(member.flag_bits & 1 for member in members):
        raise InputError(f"{path}: is encrypted; unpack it and give the folder.")
    size = sum(member.file_size for member in members)
    if size > options.max_archive_gb * 1e9:
        fault = f"unpacks to {size / 1e9:.1f} GB, more than max_archive_gb={options.max_archive_gb:g}"
        raise InputError(f"{path}: {fault}; raise this limit or unpack the archive.")
    if size > RATIO_FROM_BYTES and size > MAX_RATIO * sum(member.compress_size for member in members):
        fault = f"unpacks to more than {MAX_RATIO} times its size, more than any scan"
        raise InputError(f"{path}: {fault}; unpack it yourself if you trust it.")
    return sorted(members, key=lambda member: PurePosixPath(member.filename))


def _leads_out(name: str) -> bool:
    """Whether the name of a file in an archive is absolute or has ``..`` in it, in the manner of any system."""
    windows = PureWindowsPath(name)
    return bool(windows.drive or windows.root) or ".." in windows.parts


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Unpack one file if it is DICOM or is named like it."""
    with archive.open(member) as source:
        start = source.read(SNIFFED_BYTES)
        named = PurePosixPath(member.filename).suffix.lower() == ".dcm"
        if PurePosixPath(member.filename).name.upper() == "DICOMDIR" or not (named or starts_like_dicom(start)):
            return
        with target.open("wb") as file:
            while start:
                file.write(start)
                start = source.read(_CHUNK)
