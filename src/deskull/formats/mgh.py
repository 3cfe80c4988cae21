"""FreeSurfer's MGH and MGZ, through nibabel."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from nibabel.fileholders import FileHolder
from nibabel.freesurfer.mghformat import MGHImage

from deskull.formats.compression import read_bytes, write_gzip
from deskull.formats.shape import check_affine, check_dtype, split_shape
from deskull.volume import Volume

SUFFIXES = (".mgz", ".mgh", ".mgh.gz")
OUTPUT_SUFFIX = ".mgz"


def read(path: Path) -> Volume:
    """Read an MGH file with its header and footer."""
    image = MGHImage.from_bytes(read_bytes(path))
    affine = np.asarray(image.affine, np.float64)
    check_affine(affine, path)
    if not int(image.header["goodRASFlag"]):
        warnings.warn(f"{path}: no orientation in the header; FreeSurfer's default is used.", stacklevel=2)
    shape, trailing = split_shape(image.shape, path)
    data = np.asarray(image.dataobj).reshape(shape, order="F")
    check_dtype(data, path)
    return Volume(data, affine, header=image.header, name=path.name, trailing=trailing)


def write(volume: Volume, path: Path) -> None:
    """Write an MGH or MGZ file with the header the volume came with, or a new one."""
    header = volume.header.copy() if volume.header is not None else None
    data = np.asarray(volume.data, _storable(volume.data.dtype))
    if header is not None:
        header.set_data_dtype(data.dtype)
    image = MGHImage(data.reshape(data.shape + volume.trailing, order="F"), volume.affine, header)
    buffer = io.BytesIO()
    image.to_file_map({"image": FileHolder(fileobj=buffer)})
    if path.name.lower().endswith("h"):
        path.write_bytes(buffer.getvalue())
    else:
        write_gzip(path, [buffer.getbuffer()])


def _storable(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """The nearest type that MGH has: uint8, int16, int32 or float32."""
    native = dtype.newbyteorder("=")
    if native in (np.uint8, np.int16, np.int32, np.float32):
        return native
    small = native.kind in "iub" and native.itemsize <= 2
    return np.dtype(np.int32 if small else np.float32)
