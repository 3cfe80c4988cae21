"""The program that reads a MINC 2 file from its standard input; see `deskull.formats.minc2`.

Its arguments are the name of the file in messages and the seconds of processor time that it may use. It writes a line
of JSON, with the shape and the affine or with an error, and then the voxels as 32-bit floats.
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from nibabel.minc2 import Minc2File

from deskull.errors import InputError
from deskull.formats.compression import check_expansion
from deskull.formats.minc_image import check_image, read_image
from deskull.formats.quoting import quote
from deskull.volume import Affine, FloatArray

#: Bytes of memory for the process, and in addition for each voxel: 64-bit values, a copy and 32-bit values.
MEMORY_BYTES, BYTES_PER_VOXEL = 2_000_000_000, 40
#: Filters that are part of HDF5 (its specification, IV.A.2.l): deflate, shuffle, Fletcher-32. Others load a plug-in.
_FILTERS = {1, 2, 3}
#: Most that deflate adds to voxels that it cannot compress, and bytes that it adds to a chunk of any size.
_MAX_GROWTH, _CHUNK_OVERHEAD = 1.1, 64
#: Largest size in bytes of a chunk of an image that is itself smaller.
_CHUNK_BYTES = 1 << 24
_IMAGE = "minc-2.0/image/0"


def main() -> None:
    """Read the file and answer."""
    path, seconds = Path(sys.argv[1]), int(sys.argv[2])
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries that print do not print into the answer
    limit("RLIMIT_CORE", 0)
    limit("RLIMIT_CPU", seconds)
    limit("RLIMIT_AS", MEMORY_BYTES)
    header: dict[str, Any]
    try:
        values, affine = _read(path)
        header = {"shape": values.shape, "affine": affine.tolist()}
    except Exception as error:  # HDF5 has many errors for damaged files
        header = {"error": _sentence(error, path)}
    answer.write(json.dumps(header).encode() + b"\n")
    if "error" not in header:
        answer.write(np.ascontiguousarray(values, "<f4").data.cast("B"))
    answer.flush()


def limit(name: str, value: int) -> None:
    """Set a soft limit of this process, where the system has it; see setrlimit(2)."""
    try:
        import resource

        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
    except (ImportError, AttributeError, OSError, ValueError):  # not Linux
        return


def _read(path: Path) -> tuple[FloatArray, Affine]:
    """Check the header, then read the voxels."""
    with open(0, "rb", buffering=0, closefd=False) as stream, h5py.File(stream, "r") as file:
        for name in (_IMAGE, "minc-2.0/dimensions"):
            _check_links(file, name, path)
        for name in ("image", "image-min", "image-max"):
            _check_links(file, f"{_IMAGE}/{name}", path)
            _check_storage(file[_IMAGE][name], path)
        image = file[_IMAGE]["image"]
        _check_complete(image, os.fstat(0).st_size, path)
        if max(file[_IMAGE][name].size for name in ("image-min", "image-max")) > image.size:
            raise InputError(f"{path}: has more ranges of values than voxels; copy or convert it again.")
        for name in image.attrs["dimorder"].decode().split(","):
            _check_links(file, f"minc-2.0/dimensions/{name}", path)
        minc = Minc2File(file)
        shape = check_image(minc, path)
        _check_lengths(minc, shape, path)
        limit("RLIMIT_AS", MEMORY_BYTES + BYTES_PER_VOXEL * math.prod(shape))
        return read_image(minc, path)


def _check_links(file: Any, name: str, path: Path) -> None:
    """Refuse a name that leads to another place or file."""
    group = file
    for part in name.split("/"):
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise InputError(f"{path}: its part {quote(name)} is missing or a link; copy or convert it again.")
        group = group[part]


def _check_storage(data: Any, path: Path) -> None:
    """Refuse an array that is kept in another file, or that HDF5 cannot decode by itself."""
    properties = data.id.get_create_plist()
    if data.external or data.is_virtual:
        raise InputError(f"{path}: its voxels are in another file; convert it again, into one file.")
    if not {properties.get_filter(i)[0] for i in range(properties.get_nfilters())} <= _FILTERS:
        raise InputError(f"{path}: is compressed by a method other than deflate; convert it with mincconvert -2.")
    if data.chunks and math.prod(data.chunks) * data.dtype.itemsize > max(data.nbytes, _CHUNK_BYTES):
        raise InputError(f"{path}: is stored in chunks larger than the image; convert it with mincconvert -2.")


def _check_complete(image: Any, file_bytes: int, path: Path) -> None:
    """Refuse an image that was not written as a whole; HDF5 would fill the rest with zeros.

    The ranges of values need not be written: MINC gives them a default.
    """
    stored, expected = image.id.get_storage_size(), image.nbytes
    missing = stored < expected
    if image.chunks:
        count = math.prod(-(-size // chunk) for size, chunk in zip(image.shape, image.chunks, strict=True))
        expected = count * (math.prod(image.chunks) * image.dtype.itemsize + _CHUNK_OVERHEAD)
        missing = image.id.get_num_chunks() < count
    if missing or stored > file_bytes:
        raise InputError(f"{path}: holds fewer voxels than its header promises; copy or convert it again.")
    check_expansion(8 * image.size, stored, path)  # as 64-bit values
    if stored > _MAX_GROWTH * expected:
        raise InputError(f"{path}: holds more data than its header promises; copy or convert it again.")


def _check_lengths(minc: Any, shape: tuple[int, ...], path: Path) -> None:
    """Refuse an axis whose own length is not that of the image."""
    for name, axis, size in zip(minc._dim_names, minc._dims, shape, strict=True):
        length = int(getattr(axis, "length", size))
        if length != size:
            fault = f"its header gives {name} {length} voxels, but the image has {size}"
            raise InputError(f"{path}: {fault}; convert it again.")


def _sentence(error: Exception, path: Path) -> str:
    """Return what to tell the user of an error."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{path}: needs more memory than its header promises; copy or convert it again."
    reason = "irregular slices" if "Irregular" in str(error) else "damaged"
    return f"{path}: its HDF5 content cannot be read ({reason}); copy or convert it again."


if __name__ == "__main__":
    main()
