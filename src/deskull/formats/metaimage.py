"""MetaImage (.mha, and .mhd with a data file), read and written without a C++ library.

The header is kept as text, so that results carry geometry and tags exactly as they came. See
`deskull.formats.metaimage_header` for the standard.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from isal import isal_zlib

from deskull.errors import GeometryWarning, InputError, IntensityWarning
from deskull.formats import metaimage_header as fields
from deskull.formats.compression import LEVEL, PADDING, stream_of
from deskull.formats.detached import open_data_file
from deskull.formats.files import file_size, open_regular
from deskull.formats.limits import check_count, check_extent
from deskull.formats.metaimage_header import MetaHeader
from deskull.formats.shape import check_affine, split_shape, warn_of_directions
from deskull.formats.textual import read_decimal
from deskull.options import ReadOptions
from deskull.volume import Affine, Array, Volume

OUTPUT_SUFFIX = ".mha"
SCALES = False
HEADER = MetaHeader
_DEFAULT = ReadOptions()
#: Fields that describe how voxels are stored: written anew.
_STORAGE = {"BinaryData", *fields.BYTE_ORDER, "CompressedData", "CompressedDataSize", "CompressionLevel"}
_STORAGE |= {"HeaderSize", "ElementType", "ElementNBits", "ElementMin", "ElementMax", "ElementDataFile"}
_STORAGE |= set(fields.SCALING)
#: Fields with one entry for each axis, and with a matrix of them.
_PER_AXIS = {"DimSize", *fields.SPACING, *fields.ORIGIN, "CenterOfRotation"}
_TYPE_NAMES = {code: name for name, code in reversed(fields.TYPES.items())}


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a MetaImage file.

    Parameters
    ----------
    path : Path
        A header (.mhd) or a file with header and voxels (.mha).
    options : ReadOptions
        Whether the data file may lie outside the header's folder.

    Raises
    ------
    InputError
        If a field is missing or damaged, the data are, or it holds colours or vectors.
    """
    with open_regular(path) as file:
        header, size = fields.parse_header(file.read(fields.MAX_HEADER), path)
        declared = fields.shape_of(header, path)
        shape, trailing = split_shape(declared, path)
        dtype = fields.dtype_of(header, path)
        check_count(shape, path, dtype)
        affine = _affine(header, len(declared), path)
        _warn_of_scaling(header, path)
        file.seek(size)
        with _data_file(file, header, path, options) as data_file:
            data = _voxels(data_file, header, dtype, shape, path)
    return Volume(data.reshape(shape, order="F"), affine, header=header, name=str(path), trailing=trailing)


def _affine(header: MetaHeader, n_axes: int, path: Path) -> Affine:
    """Return the checked affine in mm; warn of what was assumed or converted."""
    affine, oriented = fields.affine_of(header, n_axes, path)
    factor = fields.mm_per_unit(header, path)
    if factor != 1:
        unit = header.text("DistanceUnits")
        warnings.warn(f"{path}: its distances in {unit} are converted to mm.", GeometryWarning, stacklevel=2)
        affine = np.diag([factor, factor, factor, 1.0]) @ affine
    if not oriented:
        text = "no orientation in the header; its axes are taken as stored."
        warnings.warn(f"{path}: {text}", GeometryWarning, stacklevel=2)
    check_extent(affine, fields.shape_of(header, path), path)
    check_affine(affine, path)
    if matrix := fields.numbers(header, fields.DIRECTION, n_axes**2, path):
        warn_of_directions(np.reshape(matrix, (n_axes, n_axes)).T[:3, :3], path)
    return affine


def _warn_of_scaling(header: MetaHeader, path: Path) -> None:
    """Say that slope and offset are ignored, as in every program that reads MetaImage through ITK."""
    if header.text(*fields.SCALING) is not None:
        text = "its scaling (ElementToIntensityFunctionSlope and Offset) is ignored, as ITK does."
        warnings.warn(f"{path}: {text}", IntensityWarning, stacklevel=2)


@contextmanager
def _data_file(file: BinaryIO, header: MetaHeader, path: Path, options: ReadOptions) -> Iterator[BinaryIO]:
    """Give the file of the voxels, positioned at the first of them unless ``HeaderSize`` says otherwise."""
    name = header.text("ElementDataFile") or ""
    if name in ("LOCAL", "Local", "local"):
        yield file
        return
    with open_data_file(path, name, options) as data_file:
        yield data_file


def _voxels(
    file: BinaryIO, header: MetaHeader, dtype: np.dtype[np.generic], shape: tuple[int, ...], path: Path
) -> Array:
    """Read the voxels as a flat array; every one is from the file, and checksums are verified."""
    count = int(np.prod(shape, dtype=np.int64))
    compressed = header.flag("CompressedData", default=False)
    _seek(file, header, count * dtype.itemsize, path)
    if not header.flag("BinaryData", default=True):
        return read_decimal(stream_of(file, path, "raw"), dtype, count, path)
    stream = stream_of(file, path, _encoding(file) if compressed else "raw")
    data = stream.read_array(dtype, count)
    stream.finish(0 if compressed else PADDING)
    return data


def _seek(file: BinaryIO, header: MetaHeader, size: int, path: Path) -> None:
    """Go to the first voxel: ``HeaderSize`` counts from the file's beginning, and -1 means at the file's end."""
    start = fields.whole_number(header, "HeaderSize", path) or 0
    if start > 0:
        file.seek(min(start, file_size(file)))
    elif start == -1:
        if header.flag("CompressedData", default=False):
            size = fields.whole_number(header, "CompressedDataSize", path) or 0
        if not 0 < size <= file_size(file):
            raise InputError(f"{path}: ends before its last voxel (cut short); copy it again.")
        file.seek(-size, os.SEEK_END)


def _encoding(file: BinaryIO) -> str:
    """Return the name of a compressed stream's format: MetaIO writes zlib and also reads gzip."""
    start = file.tell()
    magic = file.read(2)
    file.seek(start)
    return "gzip" if magic == b"\x1f\x8b" else "zlib"


def write(volume: Volume, path: Path) -> None:
    """Write a compressed MetaImage file with the geometry and tags that the volume came with, or its affine.

    Parameters
    ----------
    volume : Volume
        Of real values.
    path : Path
        The file to write.
    """
    data = volume.data.reshape(volume.data.shape + volume.trailing)
    data = data.astype(_storable(data.dtype), copy=False)
    compressor = isal_zlib.compressobj(LEVEL)
    parts = [compressor.compress(part) for part in _parts(data)]
    parts.append(compressor.flush())
    lines = _new_lines(volume, data.shape) if volume.header is None else _kept_lines(volume.header, data.shape)
    lines += [
        b"BinaryData = True",
        b"BinaryDataByteOrderMSB = False",
        b"CompressedData = True",
        b"CompressedDataSize = %d" % sum(map(len, parts)),
        b"ElementType = " + _TYPE_NAMES[data.dtype.str[1:]].encode(),
        b"ElementDataFile = LOCAL",
    ]
    with path.open("wb") as file:
        file.write(b"\n".join(lines) + b"\n")
        file.writelines(parts)


def _parts(data: Array) -> Iterator[bytes]:
    """Give the voxels in the order of the file, piece by piece along the last axis."""
    for index in range(data.shape[-1]):
        yield data[..., index].tobytes(order="F")


def _storable(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """Return the nearest type that MetaImage has, little-endian."""
    code = dtype.str[1:]
    if code not in _TYPE_NAMES:
        code = "u1" if dtype.kind == "b" else "f4" if dtype.itemsize < 4 else "f8"
    return np.dtype("<" + code)


def _kept_lines(header: MetaHeader, shape: tuple[int, ...]) -> list[bytes]:
    """Return the lines of a header that still hold, cut to the axes of `shape` if frames were averaged."""
    n_axes = len(fields.shape_of(header, Path("header")))
    lines = [(name, line) for name, line in header.lines if name not in _STORAGE]
    if len(shape) == n_axes:
        return [line for _, line in lines]
    return [_cut(name, line, n_axes, len(shape)) for name, line in lines]


def _cut(name: str, line: bytes, n_axes: int, n_kept: int) -> bytes:
    """Return a line of a header for the first axes only."""
    words = line.replace(b":", b"=").partition(b"=")[2].split()
    if name == "NDims":
        words = [b"%d" % n_kept]
    elif name == "AnatomicalOrientation" and words:
        words = [words[0][:n_kept]]
    elif name in _PER_AXIS:
        words = words[:n_kept]
    elif name in fields.DIRECTION:
        words = [words[row * n_axes + column] for row in range(n_kept) for column in range(n_kept)]
    else:
        return line
    return name.encode("latin-1") + b" = " + b" ".join(words)


def _new_lines(volume: Volume, shape: tuple[int, ...]) -> list[bytes]:
    """Return the lines of a header for a volume that came with none."""
    n_axes = len(shape)
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine
    spacing, direction, origin = np.ones(n_axes), np.eye(n_axes), np.zeros(n_axes)
    spacing[:3] = volume.voxel_sizes
    direction[:3, :3] = lps[:3, :3] / spacing[:3]
    origin[:3] = lps[:3, 3]
    values: dict[str, list[Any]] = {
        "ObjectType": ["Image"],
        "NDims": [n_axes],
        "TransformMatrix": direction.T.ravel().tolist(),
        "Offset": origin.tolist(),
        "CenterOfRotation": [0] * n_axes,
        "ElementSpacing": spacing.tolist(),
        "DimSize": list(shape),
    }
    return [f"{name} = {' '.join(str(entry) for entry in entries)}".encode() for name, entries in values.items()]
