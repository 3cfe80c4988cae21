"""Headers of NIfTI-1, NIfTI-2 and Analyze 7.5: parsed and checked before any voxel is read.

A header is kept as it came, because results are written with it. Only faults that would make a result unreadable are
removed: a damaged extension, and an sform of zeros beside a usable qform.
"""

from __future__ import annotations

import math
import struct
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.affines import voxel_sizes
from nibabel.analyze import AnalyzeHeader
from nibabel.nifti1 import Nifti1Extension, Nifti1Extensions, Nifti1Header, Nifti1PairHeader
from nibabel.nifti2 import Nifti2Header, Nifti2PairHeader
from nibabel.quaternions import quat2mat

from deskull.errors import GeometryWarning, InputError
from deskull.formats.compression import GZIP_MAGIC
from deskull.formats.limits import check_extent
from deskull.formats.shape import affine_fault, check_affine, check_dtype
from deskull.volume import Affine, corners

#: Sizes of the headers of NIfTI-1 (and Analyze) and of NIfTI-2, which their first four bytes state.
NIFTI1_SIZE, NIFTI2_SIZE = 348, 540
_KINDS: dict[bytes, Any] = {
    b"n+1\0": Nifti1Header,
    b"ni1\0": Nifti1PairHeader,
    b"n+2\0": Nifti2Header,
    b"ni2\0": Nifti2PairHeader,
}
#: Voxels of a single file start no later than this, in bytes: extensions are far smaller.
_MAX_OFFSET = 1 << 26
#: Codes of data types that hold no real numbers, or numbers that computers store differently (NIfTI-1, datatype).
_UNUSABLE_TYPES = {
    1: "single bits",
    32: "complex numbers",
    128: "colours (RGB)",
    1536: "128-bit floats",
    1792: "complex numbers",
    2048: "complex numbers",
    2304: "colours (RGBA)",
}
#: Millimetres in the units that the lowest three bits of xyzt_units may name (NIfTI-1, xyzt_units).
_UNITS = {1: ("metres", 1000.0), 3: ("micrometres", 0.001)}
#: A quaternion whose length exceeds 1 by no more than this was rounded, and is normalised.
_QUATERNION_TOLERANCE = 1e-3
#: Voxel sizes smaller than this, in the header's unit, are zero.
_MIN_SIZE = 1e-6
#: Voxel sizes of the sform and of the field pixdim agree if they differ by no more than this fraction.
_SIZE_TOLERANCE = 0.05
#: The sform and the qform agree if no corner differs by more than this, in voxels.
_AGREEMENT = 0.1


def header_size(first: bytes, path: Path) -> int:
    """Return the size of the header, which its first four bytes state in either byte order.

    Raises
    ------
    InputError
        If it is not the size of a NIfTI or Analyze header.
    """
    for size in (NIFTI1_SIZE, NIFTI2_SIZE):
        if size in (int.from_bytes(first, "little"), int.from_bytes(first, "big")):
            return size
    if first.startswith(GZIP_MAGIC):
        raise InputError(f"{path}: is compressed twice; decompress it once.")
    raise InputError(f"{path}: is not a NIfTI image (its first bytes are not a header); convert it again.")


def is_analyze(block: bytes) -> bool:
    """Whether a header is Analyze's: of the size of NIfTI-1, without the format's name."""
    return len(block) == NIFTI1_SIZE and block[344:348] not in _KINDS


def check_single(block: bytes, path: Path) -> None:
    """Refuse a single file whose header is that of a pair of files.

    Raises
    ------
    InputError
    """
    magic = block[344:348] if len(block) == NIFTI1_SIZE else block[4:8]
    if magic in (b"ni1\0", b"ni2\0"):
        raise InputError(f"{path}: its header is that of a pair of files; name them .hdr and .img.")
    if is_analyze(block):
        fault = "its header lacks the format's name (n+1), as those of Analyze pairs do"
        raise InputError(f"{path}: {fault}; repair the header, or name the pair .hdr and .img.")


def parse(block: bytes, path: Path) -> Any:
    """Parse a header without changing it; Analyze's becomes that of a NIfTI-1 pair.

    Parameters
    ----------
    block : bytes
        The header, without extensions.
    path : Path
        Name of the file in messages.

    Returns
    -------
    Nifti1Header or a class derived from it

    Raises
    ------
    InputError
        If a field has a value that no image can have.
    """
    order = "<" if int.from_bytes(block[:4], "little") in (NIFTI1_SIZE, NIFTI2_SIZE) else ">"
    magic = block[4:8] if len(block) == NIFTI2_SIZE else block[344:348]
    kind = Nifti1PairHeader if is_analyze(block) else _KINDS.get(magic)
    if kind is None or kind.sizeof_hdr != len(block):
        raise InputError(f"{path}: is not a NIfTI image (its header lacks the format's name); convert it again.")
    header = kind(block, endianness=order, check=False)
    _check_shape(header, path)
    _check_type(header, path)
    if is_analyze(block):
        analyze = AnalyzeHeader(block, endianness=order, check=False)
        return Nifti1PairHeader.from_header(analyze, check=False).as_byteswapped(analyze.endianness)
    return header


def _check_shape(header: Any, path: Path) -> None:
    """Refuse a number of dimensions, or sizes, that no image has."""
    dimensions = [int(size) for size in header["dim"]]
    if not 1 <= dimensions[0] <= 7:
        raise InputError(f"{path}: its header claims {dimensions[0]} dimensions (damaged); copy or convert it again.")
    sizes = dimensions[1 : dimensions[0] + 1]
    if min(sizes) < 0:
        text = "x".join(map(str, sizes))
        raise InputError(f"{path}: its header claims {text} voxels (damaged); copy or convert it again.")


def _check_type(header: Any, path: Path) -> None:
    """Refuse types of voxels that are not intensities; warn of a size of voxels that is not that of their type."""
    code, bits = int(header["datatype"]), int(header["bitpix"])
    if code in _UNUSABLE_TYPES:
        check_dtype(_UNUSABLE_TYPES[code], path)
    try:
        dtype = np.dtype(header.get_data_dtype())
    except Exception:  # nibabel raises its own error for an unknown code
        dtype = np.dtype("V")
    if dtype.itemsize == 0:  # of code 0, which stands for an unknown type
        raise InputError(f"{path}: holds voxels of an unknown type ({code}); convert it again.")
    check_dtype(dtype, path)
    if bits not in (0, dtype.itemsize * 8):
        message = f"{path}: its header claims {bits} bits per voxel, but its type {dtype.name} is used."
        warnings.warn(GeometryWarning(message), stacklevel=2)


def data_offset(header: Any, path: Path) -> int:
    """Return the position of the first voxel in its file, in bytes.

    Some programs leave the field 0 in single files; their voxels cannot start inside the header.

    Raises
    ------
    InputError
        If the field is negative, not a number or too large.
    """
    offset = float(header["vox_offset"])
    if not 0 <= offset <= _MAX_OFFSET:
        raise InputError(f"{path}: its header places the voxels at byte {offset:g} (damaged); copy it again.")
    first = header.single_vox_offset if header.is_single else 0
    if 0 < offset < first:
        message = f"{path}: its header places the voxels inside itself (byte {offset:g}); they are read after it."
        warnings.warn(GeometryWarning(message), stacklevel=2)
    return max(first, int(offset))


def parse_extensions(content: bytes, endianness: str, path: Path) -> Nifti1Extensions:
    """Parse the bytes between the header and the voxels; damaged extensions are ignored with a warning.

    Parameters
    ----------
    content : bytes
        From the four bytes that say whether there are extensions.
    endianness : {"<", ">"}
    path : Path
        Name of the file in messages.
    """
    extensions = Nifti1Extensions()
    if len(content) < 4 or content[0] == 0:
        return extensions
    position = 4
    while content[position:].strip(b"\0"):
        start = content[position : position + 8]
        size, code = struct.unpack(f"{endianness}ii", start) if len(start) == 8 else (0, 0)
        if size < 8 or position + size > len(content):
            message = f"{path}: a header extension is damaged; it is ignored, and missing from the results."
            warnings.warn(GeometryWarning(message), stacklevel=2)
            break
        extensions.append(Nifti1Extension(code, content[position + 8 : position + size]))
        position += size
    return extensions


def extension_bytes(header: Any) -> bytes:
    """Return the four bytes after a header, and its extensions."""
    if not header.extensions:
        return b"\x00\x00\x00\x00"
    buffer = BytesIO()
    header.extensions.write_to(buffer, header.endianness != "<")
    return b"\x01\x00\x00\x00" + buffer.getvalue()


def read_affine(header: Any, path: Path) -> Affine:
    """Return the affine of a header: the sform if there is one, else the qform, else the voxel sizes alone.

    An sform of zeros beside a usable qform is switched off in the header.

    Parameters
    ----------
    header : Nifti1Header
    path : Path
        Name of the file in messages.

    Returns
    -------
    ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm (RAS+).

    Raises
    ------
    InputError
        If the header has no usable affine.
    """
    if int(header["sform_code"]) > 0 and int(header["qform_code"]) > 0:
        affine = _sform_or_qform(header, path)
    elif int(header["sform_code"]) > 0:
        affine = _sform(header)
        _warn_of_voxel_sizes(affine, header, path)
    else:
        affine = _affine_without_sform(header, path)
    check_affine(affine, path)
    return _in_mm(affine, header, path)


def _sform(header: Any) -> Affine:
    """Return the sform, without NumPy's warning of bytes that are no number."""
    with np.errstate(invalid="ignore"):
        return np.asarray(header.get_sform(), np.float64)


def _sform_or_qform(header: Any, path: Path) -> Affine:
    """Return the sform, or the qform where only that is usable; warn where they disagree."""
    sform, qform = _sform(header), _qform(header)
    if qform is None or affine_fault(qform):
        if not affine_fault(sform):
            message = f"{path}: the qform is damaged; the sform is used and both are kept."
            warnings.warn(GeometryWarning(message), stacklevel=2)
        return sform
    if affine_fault(sform):
        message = f"{path}: the sform is damaged ({affine_fault(sform)}); the qform is used, also in the results."
        warnings.warn(GeometryWarning(message), stacklevel=2)
        header["sform_code"] = 0
        return qform
    shape = tuple(header.get_data_shape()[:3])
    if np.abs(corners(shape, sform) - corners(shape, qform)).max() > _AGREEMENT * voxel_sizes(sform).min():
        message = f"{path}: sform and qform disagree; the sform is used and both are kept."
        warnings.warn(GeometryWarning(message), stacklevel=2)
    return sform


def _warn_of_voxel_sizes(sform: Affine, header: Any, path: Path) -> None:
    """Warn where the sform has other voxel sizes than the field pixdim, which some programs prefer."""
    stated = np.abs(np.asarray(header["pixdim"][1:4], np.float64))
    with np.errstate(all="ignore"):  # sizes of 0, NaN and the like differ, too
        agree = np.abs(voxel_sizes(sform) / stated - 1) <= _SIZE_TOLERANCE
    if not agree.all() and not affine_fault(sform):
        sizes, others = (" x ".join(f"{size:.4g}" for size in one) for one in (voxel_sizes(sform), stated))
        message = f"{path}: its sform has voxels of {sizes}, but its field pixdim says {others}; the sform is used."
        warnings.warn(GeometryWarning(message), stacklevel=3)


def _affine_without_sform(header: Any, path: Path) -> Affine:
    """Return the qform, or an affine from the voxel sizes alone."""
    sizes = np.asarray(header["pixdim"][1:4], np.float64)
    if not (np.isfinite(sizes).all() and (np.abs(sizes) > _MIN_SIZE).all()):
        raise InputError(f"{path}: a voxel size is zero or not a number; repair the header.")
    if int(header["qform_code"]) > 0:
        qform = _qform(header)
        if qform is None:
            raise InputError(f"{path}: its orientation (the quaternion of the qform) is damaged; repair the header.")
        return qform
    warnings.warn(GeometryWarning(f"{path}: states no orientation; the axes are taken as stored."), stacklevel=2)
    with np.errstate(over="ignore", invalid="ignore"):  # infinite voxel sizes are refused by the caller
        return np.asarray(_with_positive_sizes(header).get_base_affine(), np.float64)


def _with_positive_sizes(header: Any) -> Any:
    """Return a copy whose voxel sizes are positive and whose qfac is 1 or -1 (NIfTI-1, pixdim)."""
    copy = header.copy()
    copy["pixdim"][0] = -1 if header["pixdim"][0] < 0 else 1
    copy["pixdim"][1:4] = np.abs(header["pixdim"][1:4])
    return copy


def _qform(header: Any) -> Affine | None:
    """Return the qform; None if its quaternion is not one, by more than rounding."""
    copy = _with_positive_sizes(header)
    quaternion = np.array([copy["quatern_b"], copy["quatern_c"], copy["quatern_d"]], np.float64)
    length = math.hypot(*quaternion)
    if not length <= 1 + _QUATERNION_TOLERANCE:
        return None
    if length <= 1:
        with np.errstate(over="ignore", invalid="ignore"):  # infinite voxel sizes are refused by the caller
            return np.asarray(copy.get_qform(), np.float64)
    affine = np.eye(4)
    zooms = np.asarray(copy["pixdim"][1:4], np.float64) * (1, 1, float(copy["pixdim"][0]))
    affine[:3, :3] = quat2mat([0, *(quaternion / length)]) * zooms
    affine[:3, 3] = [copy["qoffset_x"], copy["qoffset_y"], copy["qoffset_z"]]
    return affine


def _in_mm(affine: Affine, header: Any, path: Path) -> Affine:
    """Convert an affine from the header's unit to mm, where the result can be a head."""
    unit = _UNITS.get(int(header["xyzt_units"]) & 7)
    if unit is None:
        return affine
    name, factor = unit
    converted = np.diag([factor] * 3 + [1.0]) @ affine
    shape = tuple(header.get_data_shape())
    try:
        check_extent(converted, (*shape, 1, 1, 1)[:3], path)
    except InputError:
        message = f"{path}: its header states {name}, but no head has that size; millimetres are assumed."
        warnings.warn(GeometryWarning(message), stacklevel=2)
        return affine
    warnings.warn(GeometryWarning(f"{path}: its header is in {name} and is converted to millimetres."), stacklevel=2)
    return converted
