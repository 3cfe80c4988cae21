"""Archives: zip files that were sent are unpacked under names of our own, within limits."""

from __future__ import annotations

import zipfile
from pathlib import Path

from deskull.errors import InputError
from deskull.formats.dicom.archive import DAMAGED, checked_members
from deskull.formats.dicom.files import SNIFFED_BYTES, starts_like_dicom
from deskull.options import ReadOptions
from deskull.web.limits import Limits, check_free
from deskull.web.names import StoredNames, known_suffix

_CHUNK = 1 << 20


def unpack(archive: Path, shown: str, folder: Path, limits: Limits) -> dict[str, str]:
    """Unpack the scans of an archive; anything else in it is left out, other archives too.

    Parameters
    ----------
    archive : Path
    shown : str
        What messages call it.
    folder : Path
        Where to unpack; it is made.
    limits : Limits
        Of the disk.

    Returns
    -------
    dict of str to str
        What each file is called when it is shown, by its name in the folder.

    Raises
    ------
    InputError
        If the archive is damaged or encrypted, exceeds a limit, or holds links or paths that lead out of it.
    RefusedError
        If its files would fill the disk.
    """
    names = StoredNames()
    folder.mkdir(mode=0o700)
    try:
        with zipfile.ZipFile(archive) as opened:
            members = checked_members(opened, Path(shown), ReadOptions())
            check_free(folder, sum(member.file_size for member in members), limits)
            for member in members:
                _unpack(opened, member, folder, names)
    except InputError:
        raise
    except DAMAGED:
        raise InputError(f"{shown}: cannot be unpacked (the zip archive is damaged); copy it again.") from None
    return {stored: f"{shown}/{name}" for stored, name in names.shown.items()}


def _unpack(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, names: StoredNames) -> None:
    """Unpack one file, if it may be a scan."""
    suffix = known_suffix(member.filename).lower()
    if suffix == ".zip":
        return
    with opened.open(member) as source:
        start = source.read(SNIFFED_BYTES)
        if not suffix and not starts_like_dicom(start):
            return
        with (folder / names.stored(member.filename)).open("wb") as file:
            while start:
                file.write(start)
                start = source.read(_CHUNK)
