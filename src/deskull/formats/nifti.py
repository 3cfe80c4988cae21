"""NIfTI-1, NIfTI-2 (single files and pairs) and Analyze 7.5.

Headers are read unchecked and written back as they came: only the voxel type, scaling and, where frames
were averaged, the number of frames change. Standard: https://nifti.nimh.nih.gov.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.analyze import AnalyzeHeader
from nibabel.nifti1 import Nifti1Extensions, Nifti1Header, Nifti1PairHeader
from nibabel.nifti2 import Nifti2Header, Nifti2PairHeader

from deskull.errors import InputError
from deskull.formats.compression import read_bytes, write_gzip
from deskull.formats.shape import check_affine, check_dtype, split_shape
from deskull.options import ReadOptions
from deskull.volume import Affine, Array, Volume

OUTPUT_SUFFIX = ".nii.gz"
SCALES = True
_DEFAULT = ReadOptions()
HEADER = Nifti1Header


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a NIfTI file, or a pair by either of its names, as stored voxels and untouched header."""
    head, body = _parts(path)
    header = _header(head, path)
    shape, trailing = split_shape(tuple(int(n) for n in header.get_data_shape()), path)
    affine = _affine(header, path)
    data = _voxels(header, body, shape, path)
    slope, inter = _scaling(header, path)
    return Volume(data, affine, slope, inter, header, str(path), trailing)


def _parts(path: Path) -> tuple[bytes, bytes]:
    """Contents that hold the header and the voxels: twice the same for a single file."""
    lower = path.name.lower()
    packed = ".gz" if lower.endswith(".gz") else ""
    base = path.name[: len(path.name) - len(packed)]
    if not base.lower().endswith((".hdr", ".img")):
        content = read_bytes(path)
        return content, content
    sides = []
    for suffix in (".hdr", ".img"):
        side = path.with_name(base[:-4] + suffix + packed)
        if not side.exists():  # written otherwise, perhaps
            side = next((p for p in path.parent.iterdir() if p.name.lower() == side.name.lower()), side)
        if not side.exists():
            raise InputError(f"{path}: its other half {side.name} is missing; keep .hdr and .img together.")
        sides.append(read_bytes(side))
    return sides[0], sides[1]


def _header(content: bytes, path: Path) -> Any:
    """Parse the header without mending it; Analyze's becomes a NIfTI-1 header."""
    size = content[:4]
    nifti2 = any(int.from_bytes(size, order) == 540 for order in ("little", "big"))
    nifti1 = any(int.from_bytes(size, order) == 348 for order in ("little", "big"))
    if not (nifti1 or nifti2):
        raise InputError(f"{path}: is not a NIfTI image (its first bytes are not a header); convert it again.")
    magic = content[4:12] if nifti2 else content[344:348]
    kinds: dict[bytes, Any] = {b"n+1\0": Nifti1Header, b"ni1\0": Nifti1PairHeader}
    kinds |= {b"n+2\0": Nifti2Header, b"ni2\0": Nifti2PairHeader}
    kind = kinds.get(magic[:4])
    if kind is None:
        warnings.warn(f"{path}: Analyze has no orientation; its axes are taken as stored.", stacklevel=2)
        analyze = AnalyzeHeader.from_fileobj(io.BytesIO(content), check=False)
        return Nifti1PairHeader.from_header(analyze, check=False).as_byteswapped(analyze.endianness)
    return kind.from_fileobj(io.BytesIO(content), check=False)


def _affine(header: Any, path: Path) -> Affine:
    """Voxel to world: the sform if set, else the qform, else the voxel sizes alone; checked."""
    sizes = np.asarray(header["pixdim"][1:4], np.float64)
    usable = np.isfinite(sizes).all() and (np.abs(sizes) > 1e-6).all()
    if not usable and int(header["sform_code"]) <= 0:
        raise InputError(f"{path}: a voxel size is zero; repair the header.")
    sform, qform = int(header["sform_code"]) > 0, int(header["qform_code"]) > 0
    mended = _with_usable_sizes(header)
    affine = np.asarray(mended.get_best_affine(), np.float64)
    check_affine(affine, path)
    if sform and qform and not _agree(affine, mended):
        warnings.warn(f"{path}: sform and qform disagree; the sform is used and both are kept.", stacklevel=2)
    if not (sform or qform):
        warnings.warn(f"{path}: no orientation in the header; its axes are taken as stored.", stacklevel=2)
    return affine


def _with_usable_sizes(header: Any) -> Any:
    """A copy to take geometry from: qfac 0 means 1 and voxel sizes are positive (NIfTI-1 standard, pixdim)."""
    mended = header.copy()
    mended["pixdim"][0] = -1 if header["pixdim"][0] < 0 else 1
    mended["pixdim"][1:4] = np.abs(header["pixdim"][1:4])
    return mended


def _agree(affine: Affine, header: Any) -> bool:
    """Whether the qform places voxels as the sform does, to a tenth of a voxel at the far corner."""
    try:
        other = np.asarray(header.get_qform(), np.float64)
    except Exception:
        return False
    far = np.append(np.array(header.get_data_shape()[:3], float), 1)
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0)).min()
    moved = max(np.abs((affine - other)[:3] @ corner).max() for corner in (far, np.array([0, 0, 0, 1.0])))
    return bool(moved < 0.1 * spacing)


def _voxels(header: Any, body: bytes, shape: tuple[int, ...], path: Path) -> Array:
    """Stored voxels, a read-only view of the file's contents."""
    dtype = np.dtype(header.get_data_dtype())
    # Some writers leave the offset of a single file at 0; its voxels cannot start inside the header.
    offset = max(header.single_vox_offset if header.is_single else 0, int(header["vox_offset"]))
    count = int(np.prod(shape, dtype=np.int64))
    if len(body) < offset + count * dtype.itemsize:
        raise InputError(f"{path}: ends before its last voxel (cut short); copy it again.")
    data = np.frombuffer(body, dtype, count, offset).reshape(shape, order="F")
    check_dtype(data, path)
    return data


def _scaling(header: Any, path: Path) -> tuple[float, float]:
    """Slope and intercept; a slope of 0 or NaN means none (NIfTI-1 standard, scl_slope)."""
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not np.isfinite(slope):
        return 1.0, 0.0
    if not np.isfinite(inter):
        raise InputError(f"{path}: its intensity intercept is not a number; repair the header.")
    return slope, inter


def write(volume: Volume, path: Path) -> None:
    """Write a single NIfTI file with the header the volume came with, or a new one."""
    header = _output_header(volume)
    extensions = _extension_bytes(header)
    header["vox_offset"] = header.sizeof_hdr + len(extensions)
    data = np.asarray(volume.data, header.get_data_dtype())
    voxels = memoryview(data.ravel(order="F")).cast("B")  # type: ignore[arg-type]
    parts: list[bytes | memoryview] = [header.binaryblock, extensions, voxels]
    if path.name.lower().endswith(".gz"):
        write_gzip(path, parts)
        return
    with path.open("wb") as file:
        file.writelines(parts)


def _output_header(volume: Volume) -> Any:
    """The input's header with this volume's type, scaling and frames."""
    if volume.header is not None:
        header = _single(volume.header)
    else:
        header = Nifti1Header()
        header.set_data_shape(volume.data.shape)
        header.set_xyzt_units("mm", "sec")
        header.set_qform(volume.affine, code=1, strip_shears=True)
        header.set_sform(volume.affine, code=1)
    if header.get_data_dtype().newbyteorder("=") != volume.data.dtype.newbyteorder("="):
        header["cal_min"] = header["cal_max"] = 0  # the display window was meant for other values
    header.set_data_dtype(volume.data.dtype.newbyteorder(header.endianness))
    if len(split_shape(tuple(header.get_data_shape()), Path("x"))[0]) != volume.data.ndim:
        header["dim"][0], header["dim"][4:] = volume.data.ndim, 1
    header["scl_slope"], header["scl_inter"] = volume.slope, volume.inter
    return header


def _single(header: Any) -> Any:
    """A copy of a header as that of a single file, its fields byte for byte."""
    kind = Nifti2Header if isinstance(header, Nifti2Header) else Nifti1Header
    block = bytearray(header.binaryblock)
    single = kind(bytes(block), endianness=header.endianness, check=False)
    single["magic"] = kind.single_magic
    single.extensions = Nifti1Extensions(getattr(header, "extensions", ()))
    return single


def _extension_bytes(header: Any) -> bytes:
    """The four bytes after the header, and the extensions as they came."""
    buffer = io.BytesIO()
    if header.extensions:
        buffer.write(b"\x01\x00\x00\x00")
        header.extensions.write_to(buffer, header.endianness != "<")
    else:
        buffer.write(b"\x00\x00\x00\x00")
    return buffer.getvalue()


def from_nibabel(image: Any) -> Volume:
    """Return a nibabel image in memory as a Volume.

    NIfTI keeps its header and stored voxels; other images (MGH, Analyze, ...) their values and affine.
    """
    path = Path(image.get_filename() or "image in memory")
    shape, trailing = split_shape(image.shape, path)
    affine = np.asarray(image.affine, np.float64)
    check_affine(affine, path)
    proxy = image.dataobj
    header = image.header if isinstance(image.header, Nifti1Header) else None
    if header is not None and hasattr(proxy, "get_unscaled"):
        data, slope, inter = np.asarray(proxy.get_unscaled()), float(proxy.slope), float(proxy.inter)
    else:
        data, slope, inter = np.asarray(proxy), 1.0, 0.0
    check_dtype(data, path)
    return Volume(data.reshape(shape, order="F"), affine, slope, inter, header, str(path), trailing)
