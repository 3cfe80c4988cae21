"""FreeSurfer's MGH and MGZ, read and written with every byte of header and footer kept.

A file is a header of 284 bytes, the voxels in big-endian order, and a footer with FreeSurfer's tags
(https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat). nibabel changes and drops some of these, so that
header and footer are kept as bytes.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.fileholders import FileHolder
from nibabel.freesurfer.mghformat import MGHHeader, MGHImage

from deskull.errors import GeometryWarning, InputError
from deskull.formats.compression import open_stream, write_gzip
from deskull.formats.limits import check_count
from deskull.formats.shape import check_affine, split_shape, warn_of_directions
from deskull.options import ReadOptions
from deskull.volume import Affine, Volume

OUTPUT_SUFFIX = ".mgz"
SCALES = False
_DEFAULT = ReadOptions()
_HEADER_SIZE = 284
_N_FRAMES, _TYPE = slice(16, 20), slice(20, 24)
#: Version, sizes of the four axes, type, degrees of freedom, and whether the header states an orientation.
_FIELDS = struct.Struct(">i4i2ih")
#: Version 1, with the intent of FreeSurfer 7.3 and later in the second byte: an image, labels or a shape, not a warp.
_VERSIONS = (0x001, 0x101, 0x201)
#: Codes of the types that are read and written (FreeSurfer, mri.h).
_CODES = {"u1": 0, "i4": 1, "f4": 3, "i2": 4, "u2": 10}
_DTYPES = {code: np.dtype(">" + name) for name, code in _CODES.items()}
#: Names of the types that are not read.
_OTHER_TYPES = {
    2: "long integers",
    5: "single bits (MRI_BITMAP)",
    6: "tensors",
    7: "complex numbers",
    8: "complex numbers",
    9: "colours (RGB)",
}
#: A footer holds a few kilobytes of tags; it is read up to this many bytes.
_MAX_FOOTER = 1 << 24


@dataclass(frozen=True)
class MghBytes:
    """The header and the footer of an MGH file, as they came."""

    head: bytes
    tail: bytes


HEADER = MghBytes


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read an MGH file with its header and footer.

    Parameters
    ----------
    path : Path
    options : ReadOptions
        Not used: the files refer to nothing.

    Raises
    ------
    InputError
        If the header has values that no scan has, or the file ends before its last voxel.
    """
    with open_stream(path) as stream:
        head = stream.read(_HEADER_SIZE)
        declared, dtype = _shape_and_type(head, path)
        shape, trailing = split_shape(declared, path)
        check_count(shape, path, dtype)
        data = stream.read_array(dtype, math.prod(shape)).reshape(shape, order="F")
        tail = stream.read_up_to(_MAX_FOOTER)
        stream.finish(0)
    affine = _affine(head, path)
    return Volume(data, affine, header=MghBytes(head, tail), name=str(path), trailing=trailing)


def _shape_and_type(head: bytes, path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the declared shape and the type of the voxels, both checked."""
    version, *sizes, code, _, has_orientation = _FIELDS.unpack_from(head)
    if version not in _VERSIONS:
        raise InputError(f"{path}: is not an MGH image (version {version}); convert it again.")
    if min(sizes) < 0:
        raise InputError(f"{path}: its header claims {'x'.join(map(str, sizes))} voxels (damaged); copy it again.")
    if code not in _DTYPES:
        name = _OTHER_TYPES.get(code, "an unknown type")
        remedy = "convert it with 'mri_convert -odt float'"
        raise InputError(f"{path}: holds {name} (FreeSurfer type {code}), not intensities; {remedy}.")
    if has_orientation != 1:
        message = f"{path}: states no orientation; FreeSurfer's default (coronal slices of 1 mm) is used."
        warnings.warn(GeometryWarning(message), stacklevel=2)
    return (tuple(sizes) if sizes[3] != 1 else tuple(sizes[:3])), _DTYPES[code]


def _affine(head: bytes, path: Path) -> Affine:
    """Return the affine of a header; warn if its directions are not of length 1."""
    header = MGHHeader(head, check=False)
    with np.errstate(over="ignore", invalid="ignore"):
        affine = np.asarray(header.get_affine(), np.float64)
    check_affine(affine, path)
    warn_of_directions(np.asarray(header["Mdc"], np.float64).T, path)
    return affine


def write(volume: Volume, path: Path) -> None:
    """Write an MGH or MGZ file with the header and footer that the volume came with, or new ones.

    Parameters
    ----------
    volume : Volume
        Its slope is 1 and its intercept 0.
    path : Path
        Compressed if its name ends in z.
    """
    data = np.asarray(volume.data, _storable(volume.data.dtype))
    kept = volume.header is not None and _FIELDS.unpack_from(volume.header.head)[1:4] == volume.shape
    parts = _kept_parts(volume.header, data) if kept else _new_parts(volume, data)
    if path.name.lower().endswith("h"):
        with path.open("wb") as file:
            file.writelines(parts)
    else:
        write_gzip(path, parts)


def _kept_parts(header: MghBytes, data: np.ndarray) -> list[bytes | memoryview]:
    """Return the header with this type and number of frames, the voxels, and the footer."""
    head = bytearray(header.head)
    head[_N_FRAMES] = (data.shape[3] if data.ndim == 4 else 1).to_bytes(4, "big")
    head[_TYPE] = _CODES[data.dtype.str[1:]].to_bytes(4, "big")
    voxels = data.astype(data.dtype.newbyteorder(">")).tobytes(order="F")
    return [bytes(head), voxels, header.tail]


def _new_parts(volume: Volume, data: np.ndarray) -> list[bytes | memoryview]:
    """Return what nibabel writes for an array and an affine; MGH has no axes after the frames."""
    buffer = io.BytesIO()
    image = MGHImage(data, volume.affine)
    image.to_file_map({"image": FileHolder(fileobj=buffer)})
    return [buffer.getvalue()]


def _storable(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """Return the nearest type that MGH has: uint8, int16, uint16, int32 or float32."""
    native = dtype.newbyteorder("=")
    if native.str[1:] in _CODES:
        return native
    return np.dtype(np.int32 if native.kind in "iub" and native.itemsize <= 2 else np.float32)
