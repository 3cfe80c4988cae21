"""FreeSurfer's MGH and MGZ: read through nibabel, written back around the bytes that came.

A file is a header of 284 bytes, the voxels big-endian, and a footer with FreeSurfer's tags
(https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat). nibabel mends and drops some of these, so
header and footer are kept as bytes.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from nibabel.fileholders import FileHolder
from nibabel.freesurfer.mghformat import MGHImage

from deskull.formats.compression import read_bytes, write_gzip
from deskull.formats.shape import check_affine, check_dtype, split_shape
from deskull.options import ReadOptions
from deskull.volume import Volume

OUTPUT_SUFFIX = ".mgz"
SCALES = False
_HEADER_SIZE = 284
_N_FRAMES, _TYPE, _GOOD_RAS = slice(16, 20), slice(20, 24), slice(28, 30)
_CODES = {"u1": 0, "i4": 1, "f4": 3, "i2": 4, "u2": 10}


@dataclass(frozen=True)
class MghBytes:
    """The header and footer of an MGH file, as they were."""

    head: bytes
    tail: bytes


_DEFAULT = ReadOptions()
HEADER = MghBytes


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read an MGH file with its header and footer."""
    content = read_bytes(path)
    image = MGHImage.from_bytes(content)
    affine = np.asarray(image.affine, np.float64)
    check_affine(affine, path)
    if int.from_bytes(content[_GOOD_RAS], "big") != 1:
        warnings.warn(f"{path}: no orientation in the header; FreeSurfer's default is used.", stacklevel=2)
    shape, trailing = split_shape(image.shape, path)
    stored = np.asarray(image.dataobj)
    check_dtype(stored, path)
    end = _HEADER_SIZE + stored.nbytes
    header = MghBytes(content[:_HEADER_SIZE], content[end:])
    return Volume(stored.reshape(shape, order="F"), affine, header=header, name=str(path), trailing=trailing)


def write(volume: Volume, path: Path) -> None:
    """Write an MGH or MGZ file around the header and footer the volume came with, or new ones."""
    data = np.asarray(volume.data, _storable(volume.data.dtype))
    parts = _fresh_parts(volume, data) if volume.header is None else _kept_parts(volume.header, data)
    if path.name.lower().endswith("h"):
        with path.open("wb") as file:
            file.writelines(parts)
    else:
        write_gzip(path, parts)


def _kept_parts(header: MghBytes, data: np.ndarray) -> list[bytes | memoryview]:
    """Header with this type and number of frames, voxels, footer."""
    head = bytearray(header.head)
    head[_N_FRAMES] = (data.shape[3] if data.ndim == 4 else 1).to_bytes(4, "big")
    head[_TYPE] = _CODES[data.dtype.str[1:]].to_bytes(4, "big")
    voxels = data.astype(data.dtype.newbyteorder(">")).tobytes(order="F")
    return [bytes(head), voxels, header.tail]


def _fresh_parts(volume: Volume, data: np.ndarray) -> list[bytes | memoryview]:
    """What nibabel writes for an array and an affine."""
    buffer = io.BytesIO()
    image = MGHImage(data.reshape(data.shape + volume.trailing, order="F"), volume.affine)
    image.to_file_map({"image": FileHolder(fileobj=buffer)})
    return [buffer.getvalue()]


def _storable(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """The nearest type that MGH has: uint8, int16, uint16, int32 or float32."""
    native = dtype.newbyteorder("=")
    if native.str[1:] in _CODES:
        return native
    return np.dtype(np.int32 if native.kind in "iub" and native.itemsize <= 2 else np.float32)
