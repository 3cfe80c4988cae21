"""Data files that a header names (NRRD ``data file``, MetaImage ``ElementDataFile``), kept within the header's folder.

A header from a stranger could name any file of the computer; only a regular file in the header's own folder or below
it is opened unless the caller allows others.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from deskull.errors import InputError
from deskull.formats.files import open_regular, why_missing
from deskull.formats.quoting import quote
from deskull.options import ReadOptions


def open_data_file(header: Path, name: str, options: ReadOptions) -> BinaryIO:
    """Open the data file that a header names.

    Parameters
    ----------
    header : Path
        The header file; names are relative to its folder.
    name : str
        The name as written in the header.
    options : ReadOptions
        ``allow_outside_data`` permits files outside the header's folder.

    Returns
    -------
    file : binary file
        A regular file, positioned at its first byte.

    Raises
    ------
    InputError
        If it is a list or a pattern of several files, there is no such file, it is not a regular file, or it lies
        outside the header's folder.
    """
    if name.split()[:1] == ["LIST"] or ("%" in name and not (header.parent / name.replace("\0", "")).is_file()):
        fault = f"keeps its slices in several files ({quote(name)})"
        raise InputError(f"{header}: {fault}; convert it to one file that holds header and voxels.")
    if not name or "\0" in name:
        raise InputError(f"{header}: names no usable data file; repair the header.")
    path = header.parent / name
    try:
        real = path.resolve()
        exists = real.exists()
    except (OSError, RuntimeError):  # too long a name, or links in a circle
        raise InputError(f"{header}: its data file {quote(name)} cannot be opened; repair the header.") from None
    if not options.allow_outside_data and not _is_inside(real, header.parent):
        raise InputError(
            f"{header}: its data file {quote(name)} lies outside the header's folder; move it beside the header, "
            "or allow it with allow_outside_data=True."
        )
    if not exists:
        raise InputError(why_missing(path, header))
    return open_regular(path, header)


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether a path without links lies in a folder, below it, or among the contents that git-annex keeps for it."""
    root = folder.resolve()
    stores = (parent / ".git" / "annex" / "objects" for parent in (root, *root.parents))
    return path.is_relative_to(root) or any(path.is_relative_to(store) for store in stores)
