"""MINC (.mnc), read through nibabel; results are written as NIfTI.

MINC 1 is netCDF, which nibabel parses in Python from bytes in memory. MINC 2 is HDF5, which only a C library reads:
see `deskull.formats.minc2`.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from nibabel.externals.netcdf import netcdf_file
from nibabel.minc1 import Minc1File

from deskull.errors import InputError
from deskull.formats.compression import open_stream
from deskull.formats.files import open_regular
from deskull.formats.minc2 import read_minc2
from deskull.formats.minc_image import check_image, read_image
from deskull.formats.pairs import warn_of_nifti
from deskull.formats.shape import check_affine, split_shape
from deskull.options import ReadOptions
from deskull.volume import Affine, FloatArray, Volume

OUTPUT_SUFFIX = ".nii.gz"
_DEFAULT = ReadOptions()
_HDF5 = b"\x89HDF"
#: A compressed file is expanded to at most this many times its size, or this many bytes if that is more: nibabel reads
#: header and voxels in one go, so that the header cannot tell the size first.
_MAX_RATIO, _MIN_EXPANDED = 100, 1 << 24


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a MINC file.

    Parameters
    ----------
    path : Path
    options : ReadOptions
        Not used: a file that refers to another is refused.

    Returns
    -------
    Volume
        Real values as float32.

    Raises
    ------
    InputError
        If the header has values that no scan has, or the file ends early.
    UsageError
        If it is MINC 2 and h5py is not installed.
    """
    with open_regular(path) as file:
        hdf5 = file.read(len(_HDF5)) == _HDF5
    values, affine = read_minc2(path) if hdf5 else _read_minc1(path)
    shape, trailing = split_shape(values.shape, path)
    check_affine(affine, path)
    warn_of_nifti(path, "MINC")
    return Volume(values.reshape(shape), affine, name=str(path), trailing=trailing)


def _read_minc1(path: Path) -> tuple[FloatArray, Affine]:
    """Return the real values and the affine of a MINC 1 file."""
    minc = _parsed(_content(path), path)
    check_image(minc, path)
    return read_image(minc, path)


def _content(path: Path) -> bytes:
    """Return the whole content of a file, decompressed within bounds."""
    limit = max(_MIN_EXPANDED, _MAX_RATIO * path.stat().st_size)
    with open_stream(path) as stream:
        content = stream.read_up_to(limit)
        stream.finish(0)
    if content[:4] == _HDF5:
        raise InputError(f"{path}: is MINC 2 inside gzip, which is compressed twice; expand it with gunzip.")
    if content[:3] != b"CDF":
        raise InputError(f"{path}: is not a MINC image (its first bytes are not a header); convert it again.")
    return content


def _parsed(content: bytes, path: Path) -> Any:
    """Return nibabel's view of a MINC 1 file."""
    try:
        return Minc1File(netcdf_file(io.BytesIO(content), mmap=False))
    except MemoryError:
        raise
    except Exception as error:  # the parser has many errors for damaged headers
        reason = "irregular slices" if "rregular" in str(error) else "damaged"
        raise InputError(f"{path}: its header cannot be read ({reason}); copy or convert it again.") from None
