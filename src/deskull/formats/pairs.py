"""Formats of a header and a data file of the same name, and formats that are only read."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from deskull.errors import DeskullWarning, InputError
from deskull.formats.files import open_regular, subject

#: A header in text is read up to this many bytes.
_MAX_HEADER = 1 << 22


def find_sibling(path: Path, suffixes: Sequence[str]) -> Path:
    """Return the file of a pair that has one of the given suffixes, beside the file that was named.

    Parameters
    ----------
    path : Path
        Either file of the pair.
    suffixes : sequence of str
        With their dot; case does not matter.

    Raises
    ------
    InputError
        If there is none.
    """
    lower = path.name.lower()
    if lower.endswith(tuple(suffix.lower() for suffix in suffixes)):
        return path
    base = lower.removesuffix(".gz").rpartition(".")[0]
    names = [base + suffix.lower() for suffix in suffixes]
    beside = {other.name.lower(): other for other in path.parent.iterdir()}
    for name in names:
        if name in beside:
            return beside[name]
    expected = path.name[: len(base)] + suffixes[0]
    raise InputError(f"{path}: its other half {expected} is missing; keep the two files together.")


def read_text(path: Path, name: Path | None = None) -> str:
    """Return the text of a header file.

    Parameters
    ----------
    path : Path
    name : Path, optional
        The file that was asked for, where `path` is the other one of a pair; messages name both.

    Raises
    ------
    InputError
        If it is too large for a header, or holds bytes that no text has.
    """
    with open_regular(path, name) as file:
        content = file.read(_MAX_HEADER + 1)
    if len(content) > _MAX_HEADER or b"\0" in content:
        raise InputError(f"{subject(path, name)} is not the text of a header; copy or convert it again.")
    return content.decode("latin-1")


def warn_of_nifti(path: Path, family: str) -> None:
    """Warn that results of a format that is only read are written as NIfTI."""
    warnings.warn(DeskullWarning(f"{path}: {family} is read only; results are written as NIfTI."), stacklevel=3)


#: Suffix of the header that belongs to the suffix of a data file.
_HEADER_SUFFIXES = {".img": ".hdr", ".img.gz": ".hdr.gz", ".brik": ".head", ".brik.gz": ".head", ".rec": ".par"}


def has_header_beside(path: Path) -> bool:
    """Whether a file holds the voxels of a header beside it: then the header names the image, not this file.

    >>> has_header_beside(Path("no such folder/scan.img"))
    False
    """
    for suffix, header in _HEADER_SUFFIXES.items():
        if path.name.lower().endswith(suffix):
            base = path.name[: -len(suffix)]
            return any(path.with_name(base + name).exists() for name in (header, header.upper()))
    return False
