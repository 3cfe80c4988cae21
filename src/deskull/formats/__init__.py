"""Files: one module per format family, all speaking `Volume`.

Each family module has ``OUTPUT_SUFFIX`` (what results of its files are written as), ``HEADER`` (the type it
keeps in ``Volume.header``), ``SCALES`` (whether its files hold slope and intercept), ``read(path) -> Volume`` and
``write(volume, path)``; DICOM, which is only read, has but the first and ``read``.
"""

from __future__ import annotations

import errno
import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from deskull.errors import InputError, OutputError, UsageError
from deskull.formats import dicom
from deskull.system.atomic import atomic_path
from deskull.volume import Volume

__all__ = ["FAMILIES", "from_nibabel", "output_suffix", "read", "split_name", "write"]

#: Module of each family, by the suffixes it reads. Modules load when needed: SimpleITK is slow to import.
FAMILIES: dict[str, tuple[str, ...]] = {
    "nifti": (".nii.gz", ".nii", ".hdr", ".img", ".hdr.gz", ".img.gz"),
    "mgh": (".mgz", ".mgh", ".mgh.gz"),
    "nrrd": (".nrrd", ".nhdr"),
    "metaimage": (".mha", ".mhd"),
    "dicom": (".dcm", ".ima", ".zip"),
}
#: Suffixes whose files hold header and voxels together; only these are written.
WRITABLE = (".nii.gz", ".nii", ".mgz", ".mgh", ".mgh.gz", ".nrrd", ".mha")
_SUFFIXES = sorted((s for suffixes in FAMILIES.values() for s in suffixes), key=len, reverse=True)


#: Faults that are not the file's: no space (for what is unpacked), a disk or a server that fails.
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.ETIMEDOUT}


def split_name(path: Path) -> tuple[str, str]:
    """Split a file name into its stem and its image suffix ('' if it is not an image's).

    >>> split_name(Path("a/sub-01.T1w.nii.gz"))
    ('sub-01.T1w', '.nii.gz')
    """
    lower = path.name.lower()
    for suffix in _SUFFIXES:
        if lower.endswith(suffix):
            return path.name[: -len(suffix)], suffix
    return path.stem, ""


def _family(suffix: str) -> ModuleType:
    """Import the module that handles a suffix."""
    name = next(name for name, suffixes in FAMILIES.items() if suffix in suffixes)
    return importlib.import_module(f"deskull.formats.{name}")


def output_suffix(path: Path) -> str:
    """Suffix that results of a scan are written with: its own family's, compressed where it can be."""
    suffix = split_name(path)[1]
    return str(_family(suffix).OUTPUT_SUFFIX) if suffix else ".nii.gz"


def read(path: str | Path) -> Volume:
    """Read an image file.

    Parameters
    ----------
    path : str or Path
        NIfTI-1/2 (.nii, .nii.gz, .hdr/.img), MGH/MGZ, NRRD or MetaImage; of DICOM a folder, a zip or a file that
        holds one series.

    Raises
    ------
    InputError
        One sentence: the file is missing, empty, damaged, of no known format or of a shape that is no scan.
    """
    return _guarded(Path(path), _read)


def read_series(path: Path, number: int) -> Volume:
    """Read one of several DICOM series; see `read`."""
    return _guarded(path, lambda source: dicom.read(source, number))


def _guarded(path: Path, reader: Callable[[Path], Volume]) -> Volume:
    """What a reader makes of a file; whatever it raises becomes one sentence."""
    try:
        return reader(path)
    except (InputError, UsageError, MemoryError):
        raise
    except PermissionError:
        raise InputError(f"{path}: may not be read; check its permissions.") from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
            raise InputError(f"{path}: could not be read ({error.strerror}); mend or free the disk.") from None
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: is damaged or not what its name says ({reason}); copy it again.") from error


def _read(path: Path) -> Volume:
    """Read a file, refusing what is plainly none; other faults are the family's exceptions."""
    if not path.exists():
        raise InputError(f"{path}: no such file; check the path.")
    if path.is_dir():
        if not dicom.holds_dicom(path):
            raise InputError(f"{path}: is a folder, not an image; name the image files in it.")
        return dicom.read(path)
    suffix = split_name(path)[1] or (".dcm" if dicom.is_dicom(path) else "")
    if not suffix:
        known = ", ".join(s for s in _SUFFIXES if s.count(".") == 1)
        raise InputError(f"{path}: not an image that deskull reads; it reads {known} and .nii.gz.")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; copy or convert it again.")
    volume: Volume = _family(suffix).read(path)
    return volume


def write(volume: Volume, path: str | Path, *, overwrite: bool = False) -> None:
    """Write an image file, whole or not at all.

    Parameters
    ----------
    volume : Volume
        With the header of the same format family, it is kept; another family's gives way to a new one.
    path : str or Path
        Where; its suffix says the format.
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    OutputError
        If the file is there already, or cannot be written.
    """
    path = Path(path)
    with atomic_path(path, overwrite=overwrite) as partial:
        write_as(volume, path, partial)


def write_as(volume: Volume, path: Path, partial: Path) -> None:
    """Write under a temporary name what will be the file `path`; see `write` and `deskull.system.atomic`."""
    suffix = split_name(path)[1]
    if suffix not in WRITABLE:
        raise OutputError(f"{path}: nothing is written with this ending; use {', '.join(WRITABLE)}.")
    family = _family(suffix)
    if not isinstance(volume.header, family.HEADER):
        volume = replace(volume, header=None)
    if not family.SCALES and (volume.slope, volume.inter) != (1.0, 0.0):
        volume = volume.with_data(volume.values())
    if volume.data.dtype.kind == "b":
        volume = volume.with_data(volume.data.astype(np.uint8))
    family.write(volume, partial)


def from_nibabel(image: Any) -> Volume:
    """Return a nibabel image as a Volume that keeps its header.

    Raises
    ------
    InputError
        If its shape, voxels or affine are no scan's.
    """
    nifti = importlib.import_module("deskull.formats.nifti")
    volume: Volume = nifti.from_nibabel(image)
    return volume
