"""NRRD (.nrrd, and .nhdr with a data file), with the header kept as text.

See `deskull.formats.nrrd_header` for the standard, and `deskull.formats.nrrd_axes` for the meaning of axes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from deskull.formats import nrrd_header as fields
from deskull.formats.compression import PADDING, stream_of, write_gzip_to
from deskull.formats.detached import open_data_file
from deskull.formats.files import file_size, open_regular
from deskull.formats.limits import check_count, check_extent
from deskull.formats.nrrd_axes import axes_of
from deskull.formats.nrrd_header import NrrdHeader
from deskull.formats.shape import check_affine, split_shape
from deskull.formats.textual import read_decimal, read_hexadecimal
from deskull.options import ReadOptions
from deskull.volume import Array, Volume

OUTPUT_SUFFIX = ".nrrd"
SCALES = False
HEADER = NrrdHeader
_DEFAULT = ReadOptions()
#: Largest number of lines before the data that may be skipped.
_MAX_LINES = 10_000
#: Fields that describe how samples are stored: written anew.
_STORAGE = {"type", "dimension", "sizes", "endian", "encoding", "datafile", "byteskip", "lineskip", "blocksize"}
_STORAGE |= {"number", "min", "max", "oldmin", "oldmax"}
#: Fields with one entry for each axis.
_PER_AXIS = {"spacings", "thicknesses", "axismins", "axismaxs", "centerings", "labels", "units", "kinds"}
_PER_AXIS |= {"spacedirections"}
_TYPE_NAMES = {"i1": "int8", "u1": "uint8", "i2": "int16", "u2": "uint16", "i4": "int32", "u4": "uint32"}
_TYPE_NAMES |= {"i8": "int64", "u8": "uint64", "f4": "float", "f8": "double"}


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a NRRD file; an axis of frames becomes the last.

    Parameters
    ----------
    path : Path
        A file with header and samples (.nrrd) or a header that names a data file (.nhdr).
    options : ReadOptions
        Whether the data file may lie outside the header's folder.

    Raises
    ------
    InputError
        If a field is missing or damaged, the data are, or it does not hold intensities in three dimensions.
    """
    with open_regular(path) as file:
        header, size = fields.parse_header(file.read(fields.MAX_HEADER), path)
        sizes = fields.sizes_of(header, path)
        encoding = fields.encoding_of(header, path)
        dtype = fields.dtype_of(header, encoding, path)
        axes = axes_of(header, sizes, path)
        shape, trailing = split_shape(tuple(sizes[axis] for axis in axes.order), path)
        check_count(shape, path, dtype)
        check_extent(axes.affine, shape, path)
        check_affine(axes.affine, path)
        file.seek(size)
        with _data_file(file, header, path, options) as data_file:
            data = _samples(data_file, header, dtype, int(np.prod(sizes, dtype=np.int64)), path)
    data = data.reshape(sizes, order="F").transpose(axes.order)
    header = replace(header, order=axes.order)
    return Volume(data.reshape(shape), axes.affine, header=header, name=str(path), trailing=trailing)


@contextmanager
def _data_file(file: BinaryIO, header: NrrdHeader, path: Path, options: ReadOptions) -> Iterator[BinaryIO]:
    """Give the file of the samples: this one behind its header, or another one at its beginning."""
    name = header.text("datafile")
    if name is None:
        yield file
        return
    with open_data_file(path, name, options) as data_file:
        yield data_file


def _samples(file: BinaryIO, header: NrrdHeader, dtype: np.dtype[np.generic], count: int, path: Path) -> Array:
    """Read the samples as a flat array; every one is from the file, and checksums are verified."""
    encoding = fields.encoding_of(header, path)
    _skip_lines(file, fields.whole_number(header, "lineskip", _MAX_LINES, path))
    smallest = -1 if encoding == "raw" else 0
    skip = fields.whole_number(header, "byteskip", 2**62, path, smallest=smallest)
    if skip == -1:
        skip = max(0, file_size(file) - file.tell() - count * dtype.itemsize)
        file.seek(skip, os.SEEK_CUR)
        skip = 0
    stream = stream_of(file, path, "raw" if encoding in ("ascii", "hex") else encoding)
    stream.skip(skip)  # of compressed data, bytes are skipped after decompression
    if encoding == "ascii":
        return read_decimal(stream, dtype, count, path)
    if encoding == "hex":
        return read_hexadecimal(stream, dtype, count, path)
    data = stream.read_array(dtype, count)
    stream.finish(PADDING if encoding == "raw" else 0)
    return data


def _skip_lines(file: BinaryIO, number: int) -> None:
    """Pass over lines of any length."""
    while number > 0 and (part := file.readline(1 << 16)):
        number -= part.endswith(b"\n")


def write(volume: Volume, path: Path) -> None:
    """Write a gzip-compressed NRRD file with the header that the volume came with, or a new one in RAS.

    Parameters
    ----------
    volume : Volume
        Of real values.
    path : Path
        The file to write.
    """
    data: Array = volume.data.reshape(volume.data.shape + volume.trailing)
    data = data.astype(_storable(data.dtype), copy=False)
    if volume.header is None:
        magic, lines = b"NRRD0005", _new_lines(volume, data.ndim)
    else:
        magic = volume.header.magic
        lines, data = _kept_lines(volume.header, data)
    new = [f"type: {_TYPE_NAMES[data.dtype.str[1:]]}", f"dimension: {data.ndim}", f"sizes: {_joined(data.shape)}"]
    storage = ["endian: little"] if data.dtype.itemsize > 1 else []
    head = [magic, *(line.encode() for line in new), *lines, *(line.encode() for line in [*storage, "encoding: gzip"])]
    with path.open("wb") as file:
        file.write(b"\n".join(head) + b"\n\n")
        write_gzip_to(file, (data[..., index].tobytes(order="F") for index in range(data.shape[-1])))


def _storable(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """Return the nearest type that NRRD has, little-endian."""
    code = dtype.str[1:]
    if code not in _TYPE_NAMES:
        code = "u1" if dtype.kind == "b" else "f4" if dtype.itemsize < 4 else "f8"
    return np.dtype("<" + code)


def _kept_lines(header: NrrdHeader, data: Array) -> tuple[list[bytes], Array]:
    """Return the lines of a header that still hold, and the data with their axes in the header's order.

    Where frames were averaged, their axis is missing from both.
    """
    order = list(header.order)
    lines = [(name, line) for name, line in header.lines if name not in _STORAGE]
    if data.ndim < len(order):
        frames = order.pop(3)
        lines = [(name, fields.cut_axis(name, line, frames) if name in _PER_AXIS else line) for name, line in lines]
        order = [axis - (axis > frames) for axis in order]
    return [line for _, line in lines], data.transpose(np.argsort(order))


def _new_lines(volume: Volume, n_axes: int) -> list[bytes]:
    """Return the lines of a header for a volume that came with none."""
    directions = [f"({','.join(map(repr, column))})" for column in volume.affine[:3, :3].T.tolist()]
    other = n_axes - 3
    return [
        b"space: right-anterior-superior",
        f"space directions: {_joined([*directions, *['none'] * other])}".encode(),
        f"space origin: ({','.join(map(repr, volume.affine[:3, 3].tolist()))})".encode(),
        f"kinds: {_joined([*['domain'] * 3, *['list'] * other])}".encode(),
    ]


def _joined(entries: list[str] | tuple[int, ...]) -> str:
    """Return entries with spaces between them."""
    return " ".join(map(str, entries))
