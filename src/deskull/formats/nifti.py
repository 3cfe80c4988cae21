"""NIfTI-1, NIfTI-2 (single files and pairs) and Analyze 7.5.

Headers are kept and written back as they came: only the voxel type, the scaling and, where frames were averaged, the
number of frames change. Standard: https://nifti.nimh.nih.gov.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Extensions, Nifti1Header
from nibabel.nifti2 import Nifti2Header

from deskull.errors import InputError
from deskull.formats.compression import open_stream, write_gzip
from deskull.formats.limits import check_count
from deskull.formats.nifti_header import (
    check_single,
    data_offset,
    extension_bytes,
    header_size,
    is_analyze,
    parse,
    parse_extensions,
    read_affine,
)
from deskull.formats.shape import split_shape
from deskull.options import ReadOptions
from deskull.streamed import streamed
from deskull.volume import Array, Volume, corners

OUTPUT_SUFFIX = ".nii.gz"
SCALES = True
_DEFAULT = ReadOptions()
HEADER = Nifti1Header

#: Extensions of a pair follow the header to the end of its file; at most this many bytes are read.
_MAX_EXTENSIONS = 1 << 24
#: A header's corners lie where a volume's do if they are no farther apart than this, in voxels.
_SAME_PLACE = 0.1
#: Largest size of an axis in a NIfTI-1 header.
_NIFTI1_MAX = 2**15 - 1


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a NIfTI or Analyze file, or a pair by either of its names.

    Parameters
    ----------
    path : Path
    options : ReadOptions
        Not used: the files refer to nothing.

    Returns
    -------
    Volume
        Voxels as stored, and the header as it came.

    Raises
    ------
    InputError
        If the header has values that no scan has, or the file ends before its last voxel.
    """
    scan, body, offset = _read_header(path)
    check_count(scan.data_shape, path, scan.dtype)
    with open_stream(body, path) as stream:
        stream.skip(offset)
        data = stream.read_array(scan.dtype, math.prod(scan.data_shape)).reshape(scan.data_shape, order="F")
        stream.finish()
    return scan.with_data(data, scaled=True)


def read_shape(path: Path) -> tuple[int, ...]:
    """Return the shape that the header of a file states, without a look at its voxels; errors as in `read`."""
    return _read_header(path)[0].data_shape


def read_streamed(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read the header of a series, whose frames are then read when they are needed; any other image as `read` does.

    Parameters, result and errors as in `read`.
    """
    scan, body, offset = _read_header(path)
    if scan.ndim == 3:
        return read(path, options)
    return streamed(scan, partial(_frames, scan, path, body, offset, _stamp(body)))


def _frames(scan: Volume, path: Path, body: Path, offset: int, stamp: tuple[int, int]) -> Iterator[Array]:
    """Read the frames of a series one after the other.

    Raises
    ------
    InputError
        If the file has changed since its header was read, or ends before its last voxel.
    """
    count = math.prod(scan.shape)
    with open_stream(body, path) as stream:
        if _stamp(body) != stamp:
            raise InputError(f"{path}: changed while it was being stripped; strip it again.")
        stream.check_size(offset + count * scan.n_frames * scan.dtype.itemsize)
        stream.skip(offset)
        for _ in range(scan.n_frames):
            yield stream.read_array(scan.dtype, count).reshape(scan.shape, order="F")
        stream.finish()


def _stamp(path: Path) -> tuple[int, int]:
    """Return the size of a file in bytes and the time of its last change in ns."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _read_header(path: Path) -> tuple[Volume, Path, int]:
    """Return a scan without its voxels (all are 0 and take no memory), the file that holds them, and their offset."""
    head, body = _files(path)
    with open_stream(head, path) as stream:
        first = stream.read(4)
        block = first + stream.read(header_size(first, path) - 4)
        if head == body:
            check_single(block, path)
        header = parse(block, path)
        shape, trailing = split_shape(tuple(int(n) for n in header.get_data_shape()), path)
        check_count(shape, path)
        offset = data_offset(header, path)
        if head == body:
            between = stream.read(offset - len(block))
        else:
            between = b"" if is_analyze(block) else stream.read_up_to(_MAX_EXTENSIONS)
    header.extensions = parse_extensions(between, header.endianness, path)
    slope, inter = _scaling(header, path)
    affine = read_affine(header, path)
    no_voxels = np.broadcast_to(np.zeros((), header.get_data_dtype()), shape)
    return Volume(no_voxels, affine, slope, inter, header, str(path), trailing), body, offset


def _files(path: Path) -> tuple[Path, Path]:
    """Return the files that hold the header and the voxels: the same twice for a single file."""
    lower = path.name.lower()
    packed = ".gz" if lower.endswith(".gz") else ""
    base = path.name[: len(path.name) - len(packed)]
    if not base.lower().endswith((".hdr", ".img")):
        return path, path
    head, body = (_sibling(path, base[:-4] + suffix + packed) for suffix in (".hdr", ".img"))
    return head, body


def _sibling(path: Path, name: str) -> Path:
    """Return the other file of a pair, whose name may be in other case."""
    sibling = path.with_name(name)
    if not sibling.exists():
        sibling = next((p for p in path.parent.iterdir() if p.name.lower() == name.lower()), sibling)
    if not sibling.exists():
        raise InputError(f"{path}: its other half {name} is missing; keep .hdr and .img together.")
    return sibling


def _scaling(header: Any, path: Path) -> tuple[float, float]:
    """Return the slope and intercept; a slope of 0 or NaN means none (NIfTI-1, scl_slope)."""
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not np.isfinite(slope):
        return 1.0, 0.0
    if not np.isfinite(inter):
        raise InputError(f"{path}: its intensity intercept is not a number; repair the header.")
    return slope, inter


def write(volume: Volume, path: Path) -> None:
    """Write a single NIfTI file with the header that the volume came with, or a new one.

    Parameters
    ----------
    volume : Volume
    path : Path
        Compressed if its name ends in .gz.
    """
    header = _output_header(volume)
    extensions = extension_bytes(header)
    header["vox_offset"] = header.sizeof_hdr + len(extensions)
    dtype = header.get_data_dtype()
    voxels = (memoryview(np.asarray(frame, dtype).ravel(order="F")).cast("B") for frame in volume.frames())  # type: ignore[arg-type]
    parts = itertools.chain((header.binaryblock, extensions), voxels)
    if path.name.lower().endswith(".gz"):
        write_gzip(path, parts)
        return
    with path.open("wb") as file:
        file.writelines(parts)


def _output_header(volume: Volume) -> Any:
    """Return the input's header with this volume's type, scaling and frames; a new one if it is of another geometry."""
    kept = volume.header is not None and _describes(volume.header, volume)
    header = _single(volume.header) if kept else _new_header(volume)
    dtype = _storable(volume.dtype)
    if header.get_data_dtype().newbyteorder("=") != dtype:
        header["cal_min"] = header["cal_max"] = 0  # the display window was meant for other values
    header.set_data_dtype(dtype.newbyteorder(header.endianness))
    if len(split_shape(tuple(header.get_data_shape()), volume.name)[0]) != volume.ndim:
        header["dim"][0], header["dim"][4:] = volume.ndim, 1
    if volume.ndim == 4:
        header["dim"][4] = volume.n_frames
    header["scl_slope"], header["scl_inter"] = volume.slope, volume.inter
    return header


def _describes(header: Any, volume: Volume) -> bool:
    """Whether a header has a volume's shape and affine; not after the volume was cropped or moved in memory."""
    if tuple(header.get_data_shape()[:3]) != volume.shape:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            affine = read_affine(header.copy(), Path(volume.name))
    except InputError:
        return False
    moved = np.abs(corners(volume.shape, affine) - corners(volume.shape, volume.affine)).max()
    return bool(moved < _SAME_PLACE * volume.voxel_sizes.min())


def _new_header(volume: Volume) -> Any:
    """Return a header made from the shape and the affine."""
    header = (Nifti1Header if max(volume.data_shape) <= _NIFTI1_MAX else Nifti2Header)()
    header.set_data_shape(volume.data_shape)
    header.set_data_dtype(_storable(volume.dtype))
    header.set_xyzt_units("mm", "sec")
    header.set_sform(volume.affine, code=1)
    header.set_qform(volume.affine, code=1, strip_shears=True)
    if not np.allclose(header.get_qform(), volume.affine, atol=1e-3):
        header["qform_code"] = 0  # a qform holds no shear
    return header


def _storable(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type in native byte order, or the nearest that NIfTI has: 16-bit floats become 32-bit ones."""
    native = dtype.newbyteorder("=")
    return np.dtype(np.float32) if native.kind == "f" and native.itemsize < 4 else native


def _single(header: Any) -> Any:
    """Return a copy of a header as that of a single file, its fields byte for byte."""
    kind = Nifti2Header if isinstance(header, Nifti2Header) else Nifti1Header
    single = kind(header.binaryblock, endianness=header.endianness, check=False)
    single["magic"] = kind.single_magic
    single.extensions = Nifti1Extensions(getattr(header, "extensions", ()))
    return single
