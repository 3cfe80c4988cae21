"""The text header of MetaImage files, parsed and validated before anything else is read.

Fields and their meaning follow MetaIO (https://itk.org/Wiki/MetaIO/Documentation) as ITK reads them: ``MET_LONG`` has
four bytes, row i of ``TransformMatrix`` is the direction of axis i, ``ElementSize`` stands in for a missing
``ElementSpacing``, and a field given twice has its last value.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deskull.errors import InputError
from deskull.formats.header_lines import lines_with_ends
from deskull.formats.quoting import quote
from deskull.volume import Affine

#: Largest header that is read, in bytes.
MAX_HEADER = 1 << 20
#: Element types by their names in the header.
TYPES = {
    "MET_CHAR": "i1",
    "MET_ASCII_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
#: Alternative names of a field, the one that ITK prefers first.
BYTE_ORDER = ("BinaryDataByteOrderMSB", "ElementByteOrderMSB")
DIRECTION = ("TransformMatrix", "Rotation", "Orientation")
ORIGIN = ("Origin", "Offset", "Position")
SPACING = ("ElementSpacing", "ElementSize")
#: Scaling of intensities, which ITK ignores.
SCALING = ("ElementToIntensityFunctionSlope", "ElementToIntensityFunctionOffset")
#: Millimetres per unit of ``DistanceUnits``; MetaIO writes ? where none is known.
UNITS = {"?": 1.0, "": 1.0, "mm": 1.0, "um": 1e-3, "cm": 10.0}
_LINE = re.compile(rb"\s*([^=:\s][^=:]*?)\s*[=:][ \t]*([^\r\n]*?)\s*\Z")


@dataclass(frozen=True)
class MetaHeader:
    """The fields of a header in the order of the file.

    Attributes
    ----------
    lines : tuple of (str, bytes)
        Name of each field, and its line as it stands in the file without the line break.
    """

    lines: tuple[tuple[str, bytes], ...]

    def text(self, *names: str) -> str | None:
        """Return the value of the first of these fields that is given, None if none is."""
        values = dict(self.lines)
        line = next((values[name] for name in names if name in values), None)
        return None if line is None else _split(line)[1]

    def flag(self, *names: str, default: bool) -> bool:
        """Return a field that is true or false; as in MetaIO, a value that begins with T, t or 1 is true."""
        text = self.text(*names)
        return default if text is None else text[:1] in ("T", "t", "1")


def _split(line: bytes) -> tuple[str, str]:
    """Split a line into the name of its field and its value; two empty texts if it has no separator."""
    match = _LINE.match(line)
    return (match[1].decode("latin-1"), match[2].decode("latin-1")) if match else ("", "")


def parse_header(content: bytes, path: Path) -> tuple[MetaHeader, int]:
    """Parse a header up to its field ``ElementDataFile``, which is the last.

    Parameters
    ----------
    content : bytes
        The beginning of the file.
    path : Path
        The file that messages name.

    Returns
    -------
    header : MetaHeader
    size : int
        Number of bytes of the header: local data begin there.

    Raises
    ------
    InputError
        If it is not a MetaImage header.
    """
    lines = []
    for whole_line, position in lines_with_ends(content):
        line = whole_line.rstrip(b"\r")
        if not line.strip():
            continue
        name = _split(line)[0]
        if not name or b"\0" in line:
            break
        lines.append((name, line))
        if name == "ElementDataFile":
            return MetaHeader(tuple(lines)), position
    raise InputError(f"{path}: is not a MetaImage file (its header names no ElementDataFile); convert it again.")


def shape_of(header: MetaHeader, path: Path) -> tuple[int, ...]:
    """Return the number of voxels along each axis.

    Raises
    ------
    InputError
        If the number of axes is not 1 to 10, or a size is not a positive whole number.
    """
    ndims = header.text("NDims") or ""
    if not re.fullmatch(r"[0-9]{1,2}", ndims) or not 1 <= int(ndims) <= 10:
        raise InputError(f"{path}: has NDims = {quote(ndims)}, not a number of axes from 1 to 10; repair the header.")
    sizes = (header.text("DimSize") or "").split()
    if len(sizes) != int(ndims) or not all(re.fullmatch(r"0*[1-9][0-9]{0,9}", size) for size in sizes):
        text = quote(" ".join(sizes))
        raise InputError(f"{path}: has DimSize = {text}, not {int(ndims)} positive whole numbers; repair the header.")
    return tuple(map(int, sizes))


def dtype_of(header: MetaHeader, path: Path) -> np.dtype[np.generic]:
    """Return the type of a voxel in the file's byte order.

    Raises
    ------
    InputError
        If the type is unknown, or a voxel holds several numbers.
    """
    channels = header.text("ElementNumberOfChannels") or "1"
    if channels.strip() != "1":
        raise InputError(f"{path}: holds colours or vectors, not intensities; give the scan it was made from.")
    name = header.text("ElementType") or ""
    if name.removesuffix("_ARRAY") not in TYPES:
        raise InputError(f"{path}: has the unknown ElementType {quote(name)}; convert it to MET_SHORT or MET_FLOAT.")
    order = ">" if header.flag(*BYTE_ORDER, default=False) else "<"
    return np.dtype(order + TYPES[name.removesuffix("_ARRAY")])


def whole_number(header: MetaHeader, name: str, path: Path) -> int | None:
    """Return a field that is a whole number of at least -1, None if it is not given.

    Raises
    ------
    InputError
        If it is something else.
    """
    text = header.text(name)
    if text is None:
        return None
    if not re.fullmatch(r"-1|[0-9]{1,18}", text):
        raise InputError(f"{path}: has {name} = {quote(text)}, not a number of bytes; repair the header.")
    return int(text)


def numbers(header: MetaHeader, names: tuple[str, ...], count: int, path: Path) -> list[float] | None:
    """Return a field of finite numbers, None if it is not given.

    Raises
    ------
    InputError
        If there are not `count` finite numbers.
    """
    text = header.text(*names)
    if text is None:
        return None
    try:
        values = [float(word) for word in text.split()]
    except ValueError:
        values = []
    if len(values) != count or not all(map(math.isfinite, values)):
        raise InputError(f"{path}: its field {names[0]} does not hold {count} finite numbers; repair the header.")
    return values


def affine_of(header: MetaHeader, n_axes: int, path: Path) -> tuple[Affine, bool]:
    """Return voxel to world coordinates in mm, RAS+, and whether the header states an orientation.

    MetaImage stores direction, spacing and origin in LPS+.

    Parameters
    ----------
    header : MetaHeader
    n_axes : int
        Number of axes of the image; those after the third (frames) do not matter.
    path : Path
        The file that messages name.

    Raises
    ------
    InputError
        If there is no voxel size, or a field is damaged.
    """
    spacing = numbers(header, SPACING, n_axes, path)
    if spacing is None:
        raise InputError(f"{path}: gives no voxel size (ElementSpacing); add it to the header, in mm.")
    matrix = numbers(header, DIRECTION, n_axes * n_axes, path)
    origin = numbers(header, ORIGIN, n_axes, path) or [0.0] * n_axes
    direction = np.eye(n_axes) if matrix is None else np.reshape(matrix, (n_axes, n_axes)).T
    affine = np.eye(4)
    affine[:3, :3] = direction[:3, :3] @ np.diag(spacing[:3])
    affine[:3, 3] = origin[:3]
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine, matrix is not None


def mm_per_unit(header: MetaHeader, path: Path) -> float:
    """Return the factor from the header's unit of length to millimetres.

    Raises
    ------
    InputError
        If the unit is unknown.
    """
    unit = (header.text("DistanceUnits") or "").strip()
    if unit not in UNITS:
        raise InputError(f"{path}: has the unknown DistanceUnits {quote(unit)}; convert its header to mm.")
    return UNITS[unit]
