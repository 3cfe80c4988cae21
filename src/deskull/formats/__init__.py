"""Image files: one module for each family of formats, all of which read and write `Volume`.

Each family's module has ``OUTPUT_SUFFIX`` (the suffix of results of its files), ``HEADER`` (the type that it keeps
in ``Volume.header``), ``SCALES`` (whether its files hold a slope and an intercept), ``read(path, options)`` and
``write(volume, path)``; NIfTI also has ``read_streamed``, which leaves the frames of a series in the file. DICOM, AFNI,
MINC and PAR/REC are only read: they have ``OUTPUT_SUFFIX`` and ``read``.
"""

from __future__ import annotations

import errno
import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from deskull.errors import InputError, OutputError, UsageError
from deskull.formats import dicom
from deskull.formats.files import check_source
from deskull.formats.limits import check_limits
from deskull.options import ReadOptions
from deskull.streamed import StreamedSeries, streamed
from deskull.system.atomic import atomic_path
from deskull.volume import Array, Volume

__all__ = ["FAMILIES", "check_volume", "from_array", "from_nibabel", "output_suffix", "read", "split_name", "write"]

#: The suffixes that each family's module reads. A module is imported when it is needed, as some import slowly.
FAMILIES: dict[str, tuple[str, ...]] = {
    "nifti": (".nii.gz", ".nii", ".hdr", ".img", ".hdr.gz", ".img.gz"),
    "mgh": (".mgz", ".mgh", ".mgh.gz"),
    "nrrd": (".nrrd", ".nhdr"),
    "metaimage": (".mha", ".mhd"),
    "afni": (".head", ".brik", ".brik.gz"),
    "minc": (".mnc", ".mnc.gz"),
    "parrec": (".par", ".rec"),
    "dicom": (".dcm", ".ima", ".zip"),
}
#: Suffixes of files that hold header and voxels together; only these are written.
WRITABLE = (".nii.gz", ".nii", ".mgz", ".mgh", ".mgh.gz", ".nrrd", ".mha")
_SUFFIXES = sorted((s for suffixes in FAMILIES.values() for s in suffixes), key=len, reverse=True)
_DEFAULT = ReadOptions()
#: Errors of the disk or network rather than of the file: no space left, a device or server that fails.
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.ETIMEDOUT}
#: What a library says of a fault is quoted up to this many characters, without any path in it.
_LONGEST_REASON = 150
_PATH = re.compile(r"(?:[A-Za-z]:)?[/\\][^\s'\",;:()]+")


def split_name(path: Path) -> tuple[str, str]:
    """Split a file name into its stem and its image suffix, which is '' if the name is not an image's.

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
    """Return the suffix of results of a scan: that of its own format family, compressed where possible."""
    suffix = split_name(path)[1]
    return str(_family(suffix).OUTPUT_SUFFIX) if suffix else ".nii.gz"


def read(path: str | Path, options: ReadOptions = _DEFAULT, *, keep_in_file: bool = False) -> Volume:
    """Read an image file.

    Parameters
    ----------
    path : str or Path
        NIfTI-1/2 (.nii, .nii.gz, .hdr/.img), Analyze, MGH/MGZ, NRRD, MetaImage, AFNI (.HEAD/.BRIK), MINC (.mnc) or
        PAR/REC; of DICOM a folder, a zip archive or a file of one series.
    options : ReadOptions
        Which series of a DICOM source to read, and what a file may refer to or expand to.
    keep_in_file : bool
        Whether the frames of a 4-D series stay in its file, where the format allows it (NIfTI), and are read one after
        the other when they are needed (see `deskull.streamed`).

    Returns
    -------
    Volume
        Voxels as stored, affine to RAS+ in mm, and the header of the file.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, of an unknown format, or not a scan of a head's size and shape.
    UsageError
        If a package that the format needs is not installed.
    """
    path = Path(path)
    with _input_errors(path):
        volume = _read(path, options, keep_in_file)
        check_limits(volume)
    return streamed(volume, partial(_checked_frames, path, volume)) if isinstance(volume, StreamedSeries) else volume


def _checked_frames(path: Path, volume: Volume) -> Iterator[Array]:
    """Read the frames of a series one after the other, with the errors of `read`."""
    with _input_errors(path):
        yield from volume.frames()


@contextmanager
def _input_errors(path: Path) -> Iterator[None]:
    """Turn the errors of libraries and of the system into one sentence that names the file."""
    try:
        yield
    except (InputError, UsageError, MemoryError):
        raise
    except PermissionError:
        raise InputError(f"{path}: may not be read; check its permissions.") from None
    except Exception as error:  # libraries have many errors of their own for damaged files
        raise _input_error(path, error) from error


def _input_error(path: Path, error: Exception) -> InputError:
    """Return the error that names the user's file for one that a library raised."""
    if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
        return InputError(f"{path}: could not be read ({error.strerror}); check the disk and its free space.")
    reason = _PATH.sub("...", " ".join(str(error).split()))[:_LONGEST_REASON] or type(error).__name__
    return InputError(f"{path}: is damaged or not what its name says ({reason}); copy it again.")


def _read(path: Path, options: ReadOptions, keep_in_file: bool) -> Volume:
    """Read a file or a DICOM folder; errors of libraries pass through."""
    if path.is_dir():
        if not dicom.holds_dicom(path):
            raise InputError(f"{path}: is a folder, not an image; name the image files in it.")
        return dicom.read(path, options)
    check_source(path)
    suffix = split_name(path)[1]
    if suffix in ("", ".img") and dicom.is_dicom(path) and not path.with_suffix(".hdr").exists():
        suffix = ".dcm"
    if not suffix:
        known = ", ".join(s for s in _SUFFIXES if s.count(".") == 1)
        raise InputError(f"{path}: not an image that deskull reads; it reads {known} and .nii.gz.")
    family = _family(suffix)
    read_file = getattr(family, "read_streamed", family.read) if keep_in_file else family.read
    volume: Volume = read_file(path, options)
    return volume


def write(volume: Volume, path: str | Path, *, overwrite: bool = False) -> None:
    """Write an image file, whole or not at all.

    Parameters
    ----------
    volume : Volume
        Its header is kept if it is of the file's format family; otherwise a new one is made from the affine.
    path : str or Path
        The file to write; its suffix chooses the format.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    OutputError
        If the file exists already, or cannot be written.
    """
    path = Path(path)
    with atomic_path(path, overwrite=overwrite) as partial:
        write_as(volume, path, partial)


def write_as(volume: Volume, path: Path, partial: Path) -> None:
    """Write a volume in the format of `path` under the temporary name `partial`.

    See `write`, and `deskull.system.atomic` for what becomes of the temporary name.

    Raises
    ------
    OutputError
        If no format of that suffix is written.
    """
    suffix = split_name(path)[1]
    if suffix not in WRITABLE:
        raise OutputError(f"{path}: nothing is written with this ending; use {', '.join(WRITABLE)}.")
    family = _family(suffix)
    if volume.header is not None and not isinstance(volume.header, family.HEADER):
        volume = replace(volume, header=None)
    if not family.SCALES and (volume.slope, volume.inter) != (1.0, 0.0):
        volume = volume.with_data(volume.values())
    if volume.dtype.kind == "b":
        volume = volume.with_data(volume.data.astype(np.uint8))
    family.write(volume, partial)


def from_nibabel(image: Any) -> Volume:
    """Return a nibabel image as a Volume that keeps its header.

    Raises
    ------
    InputError
        If its shape, voxels or affine are not those of a scan.
    """
    memory = importlib.import_module("deskull.formats.memory")
    volume: Volume = memory.from_nibabel(image)
    return volume


def from_array(data: Any, affine: Any, name: str = "array") -> Volume:
    """Return an array as a Volume, checked as files are.

    Parameters
    ----------
    data : ndarray, shape (x, y, z) or (x, y, z, t)
        Real values.
    affine : array_like, shape (4, 4)
        Voxel indices to world coordinates in mm (RAS+).
    name : str
        Name of the image in messages.

    Raises
    ------
    InputError
        If they are not those of a scan.
    """
    return check_volume(Volume(data, affine, name=name))


def check_volume(volume: Volume) -> Volume:
    """Check a volume that was made in memory, as files are checked.

    Returns
    -------
    Volume
        The same object if nothing had to be changed.

    Raises
    ------
    InputError
        If its data, affine or scaling are not those of a scan.
    """
    memory = importlib.import_module("deskull.formats.memory")
    checked: Volume = memory.check_volume(volume)
    return checked
