"""MINC 1 (.mnc), read through nibabel; results are written as NIfTI.

MINC 1 is netCDF, which nibabel parses in Python from bytes in memory. MINC 2 is HDF5, which only a C library reads
well, and no header of a stranger's file reaches a C library unchecked: it is refused by name.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.externals.netcdf import netcdf_file
from nibabel.minc1 import Minc1File

from deskull.errors import InputError
from deskull.formats.compression import open_stream
from deskull.formats.limits import check_count
from deskull.formats.pairs import warn_of_nifti
from deskull.formats.shape import check_affine, check_dtype, split_shape
from deskull.options import ReadOptions
from deskull.volume import FloatArray, Volume

OUTPUT_SUFFIX = ".nii.gz"
_DEFAULT = ReadOptions()
_SPATIAL = ("xspace", "yspace", "zspace")
#: A compressed file is expanded to at most this many times its size, or this many bytes if that is more: nibabel reads
#: header and voxels in one go, so that the header cannot tell the size first.
_MAX_RATIO, _MIN_EXPANDED = 100, 1 << 24


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a MINC 1 file.

    Parameters
    ----------
    path : Path
    options : ReadOptions
        Not used: the file refers to no other.

    Returns
    -------
    Volume
        Real values as float32.

    Raises
    ------
    InputError
        If the header has values that no scan has, the file ends early, or it is MINC 2.
    """
    content = _content(path)
    minc = _parsed(content, path)
    names, declared = list(minc._dim_names), tuple(int(n) for n in minc.get_data_shape())
    others = [name for name in names if name not in _SPATIAL]
    if sorted(set(names) - set(others)) != sorted(_SPATIAL) or len(others) > 1 or "vector_dimension" in others:
        raise InputError(f"{path}: has the axes {', '.join(names)[:80]}; deskull needs x, y, z and perhaps time.")
    check_dtype(minc.get_data_dtype(), path)
    check_count(declared, path, np.float64)
    values = _values(minc, path)
    if others:
        values = np.moveaxis(values, names.index(others[0]), -1)
    shape, trailing = split_shape(values.shape, path)
    with np.errstate(over="ignore", invalid="ignore"):
        affine = np.asarray(minc.get_affine(), np.float64)
    check_affine(affine, path)
    warn_of_nifti(path, "MINC")
    return Volume(values.reshape(shape), affine, name=str(path), trailing=trailing)


def _values(minc: Any, path: Path) -> FloatArray:
    """Return the real values as float32; a range that 32-bit floats cannot hold is refused."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(minc.get_scaled_data())
    largest = float(np.abs(values).max(initial=0, where=np.isfinite(values)))
    limits = np.finfo(np.float32)
    if largest and not float(limits.tiny) < largest < float(limits.max):
        raise InputError(f"{path}: its values reach up to {largest:g} (damaged image-min or image-max); copy it again.")
    return values.astype(np.float32)


def _content(path: Path) -> bytes:
    """Return the whole content of a file, decompressed within bounds."""
    limit = max(_MIN_EXPANDED, _MAX_RATIO * path.stat().st_size)
    with open_stream(path) as stream:
        content = stream.read_up_to(limit)
        stream.finish(0)
    if content[:4] == b"\x89HDF":
        raise InputError(f"{path}: is MINC 2, and only MINC 1 is read; convert it with mnc2nii.")
    if content[:3] != b"CDF":
        raise InputError(f"{path}: is not a MINC image (its first bytes are not a header); convert it again.")
    return content


def _parsed(content: bytes, path: Path) -> Any:
    """Return nibabel's view of a MINC file."""
    try:
        return Minc1File(netcdf_file(io.BytesIO(content), mmap=False))
    except MemoryError:
        raise
    except Exception as error:  # the parser has many errors for damaged headers
        reason = "irregular slices" if "rregular" in str(error) else "damaged"
        raise InputError(f"{path}: its header cannot be read ({reason}); copy or convert it again.") from None
