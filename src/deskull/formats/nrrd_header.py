"""The text header of NRRD files, parsed and validated before anything else is read.

Standard: https://teem.sourceforge.net/nrrd/format.html. The lines are kept as they came, so that results carry
geometry and tags unchanged.
"""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deskull.errors import GeometryWarning, InputError
from deskull.formats.header_lines import lines_with_ends
from deskull.formats.quoting import quote

#: Largest header that is read, in bytes.
MAX_HEADER = 1 << 20
#: Most axes that the standard's reference implementation allows.
MAX_AXES = 16
_ALIASES = {"centers": "centerings"}
#: Every field of the standard.
_FIELDS = {
    "content", "number", "type", "dimension", "sizes", "spacings", "thicknesses", "axismins", "axismaxs", "centerings",
    "labels", "units", "kinds", "min", "max", "oldmin", "oldmax", "datafile", "endian", "encoding", "lineskip",
    "byteskip", "sampleunits", "blocksize", "space", "spacedimension", "spaceunits", "spaceorigin", "spacedirections",
    "measurementframe",
}  # fmt: skip
#: Those that place the image, which no one uses for key/value pairs of their own.
_GEOMETRY = {"space", "spacedimension", "spaceunits", "spaceorigin", "spacedirections", "spacings", "kinds"}
#: Names that are written with a space, as the standard has them.
_WRITTEN = {"lineskip": "line skip", "byteskip": "byte skip", "spaceorigin": "space origin"}
_WRITTEN |= {"spacedirections": "space directions"}
_INTEGERS = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
}
TYPES = {name: code for code, names in _INTEGERS.items() for name in names} | {"float": "f4", "double": "f8"}
ENCODINGS = {
    "raw": "raw",
    "gzip": "gzip",
    "gz": "gzip",
    "bzip2": "bzip2",
    "bz2": "bzip2",
    "ascii": "ascii",
    "text": "ascii",
    "txt": "ascii",
    "hex": "hex",
}
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_VECTOR = re.compile(r"none|\([^()]*\)", re.IGNORECASE)


@dataclass(frozen=True)
class NrrdHeader:
    """The lines of a header in the order of the file.

    Attributes
    ----------
    magic : bytes
        The first line.
    lines : tuple of (str, bytes)
        Name of each field in lower case without spaces ("" for comments and for key/value pairs), and its line as
        it stands in the file without the line break.
    order : tuple of int
        Axes of the file in the order of `Volume`, once `deskull.formats.nrrd_axes` has worked it out.
    """

    magic: bytes
    lines: tuple[tuple[str, bytes], ...]
    order: tuple[int, ...] = ()

    def text(self, name: str) -> str | None:
        """Return the value of a field, None if it is not given."""
        line = next((line for key, line in self.lines if key == name), None)
        return None if line is None else _decode(line.partition(b":")[2].strip())

    def words(self, name: str) -> list[str]:
        """Return the words of a field, without their quotes; none if it is not given."""
        return [quoted or plain for quoted, plain in _WORD.findall(self.text(name) or "")]


def _decode(content: bytes) -> str:
    """Decode a line that may be of any age: UTF-8, or else Latin-1."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def parse_header(content: bytes, path: Path) -> tuple[NrrdHeader, int]:
    """Parse a header up to the empty line that ends it, or to the end of the file.

    Parameters
    ----------
    content : bytes
        The beginning of the file.
    path : Path
        The file that messages name.

    Returns
    -------
    header : NrrdHeader
    size : int
        Number of bytes of the header: attached data begin there.

    Raises
    ------
    InputError
        If it is not a NRRD header of version 1 to 5, or a field is given twice.
    """
    position = content.find(b"\n") + 1
    magic = content[:position].rstrip()
    if not re.fullmatch(rb"NRRD000[1-5]", magic):
        raise InputError(f"{path}: is not a NRRD file of version 1 to 5 (by its first line); convert it again.")
    lines: list[tuple[str, bytes]] = []
    for whole_line, end in lines_with_ends(content, position):
        line, position = whole_line.rstrip(), end
        if not line:
            break
        lines.append((_name(line, path), line))
    else:
        if len(content) >= MAX_HEADER:
            raise InputError(f"{path}: its header does not end (no empty line); copy or convert it again.")
    names = [name for name, _ in lines if name]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{path}: gives the field {quote(twice)} twice; repair the header.")
    _warn_of_ignored_lines(lines, path)
    return NrrdHeader(magic, tuple(lines)), position


def _name(line: bytes, path: Path) -> str:
    """Return the name of a line's field, "" for a comment or a key/value pair."""
    name, separator, value = line.partition(b":")
    if line.startswith(b"#") or value.startswith(b"="):
        return ""
    if not separator or b"\0" in line:
        raise InputError(f"{path}: has the line {quote(_decode(line))} in its header; repair the header.")
    return _condensed(name)


def _condensed(name: bytes) -> str:
    """Return the name of a field in lower case without spaces, the standard's first where there are several."""
    key = _decode(name).lower().replace(" ", "")
    return _ALIASES.get(key, key)


def _warn_of_ignored_lines(lines: list[tuple[str, bytes]], path: Path) -> None:
    """Warn of a field that the standard does not have, and of geometry that is written as a key/value pair."""
    pairs = {_condensed(line.partition(b":")[0]) for name, line in lines if not name and not line.startswith(b"#")}
    text = ""
    if unknown := [name for name, _ in lines if name and name not in _FIELDS]:
        text = f"the field {quote(unknown[0])} of its header is unknown and ignored; check its spelling."
    elif misplaced := sorted(pairs & _GEOMETRY):
        text = (
            f"{quote(misplaced[0])} is followed by ':=' in its header and ignored; write ':' if it is meant as a field."
        )
    if text:
        warnings.warn(f"{path}: {text}", GeometryWarning, stacklevel=3)


def sizes_of(header: NrrdHeader, path: Path) -> tuple[int, ...]:
    """Return the number of samples along each axis, the fastest first.

    Raises
    ------
    InputError
        If the dimension is not 1 to 16, or a size is not a positive whole number.
    """
    text = header.text("dimension") or ""
    if not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= MAX_AXES:
        raise InputError(f"{path}: has the dimension {quote(text)}, not 1 to {MAX_AXES}; repair the header.")
    sizes = (header.text("sizes") or "").split()
    if len(sizes) != int(text) or not all(re.fullmatch(r"0*[1-9][0-9]{0,9}", size) for size in sizes):
        given = quote(" ".join(sizes))
        raise InputError(f"{path}: has the sizes {given}, not {int(text)} positive whole numbers; repair the header.")
    return tuple(map(int, sizes))


def encoding_of(header: NrrdHeader, path: Path) -> str:
    """Return the encoding of the data: raw, gzip, bzip2, ascii or hex.

    Raises
    ------
    InputError
        If it is unknown.
    """
    text = header.text("encoding") or ""
    if text.lower() not in ENCODINGS:
        raise InputError(f"{path}: has the unknown encoding {quote(text)}; save it as raw or gzip.")
    return ENCODINGS[text.lower()]


def dtype_of(header: NrrdHeader, encoding: str, path: Path) -> np.dtype[np.generic]:
    """Return the type of a sample in the file's byte order.

    Raises
    ------
    InputError
        If type or byte order are unknown or missing.
    """
    text = header.text("type") or ""
    code = TYPES.get(text.lower())
    if code is None:
        raise InputError(f"{path}: has the unknown type {quote(text)}; convert it to short or float.")
    dtype = np.dtype(code)
    if dtype.itemsize == 1 or encoding == "ascii":
        return dtype
    endian = (header.text("endian") or "").lower()
    if endian not in ("little", "big"):
        raise InputError(f"{path}: its byte order (endian) is {quote(endian)}, not little or big; repair the header.")
    return dtype.newbyteorder("<" if endian == "little" else ">")


def whole_number(header: NrrdHeader, name: str, largest: int, path: Path, *, smallest: int = 0) -> int:
    """Return a field that is a whole number, 0 if it is not given.

    Raises
    ------
    InputError
        If it is not a whole number from `smallest` to `largest`.
    """
    text = header.text(name)
    if text is None:
        return 0
    if not re.fullmatch(r"-?[0-9]{1,18}", text) or not smallest <= int(text) <= largest:
        raise InputError(
            f"{path}: its field {_written(name)} is {quote(text)}, not a number of lines or bytes that can be skipped; "
            "repair the header."
        )
    return int(text)


def numbers(header: NrrdHeader, name: str, count: int, path: Path) -> list[float] | None:
    """Return a field of `count` numbers, which may be NaN; None if it is not given.

    Raises
    ------
    InputError
        If there are not `count` numbers.
    """
    text = header.text(name)
    if text is None:
        return None
    values = _floats(text.split())
    if values is None or len(values) != count:
        raise InputError(f"{path}: its field {_written(name)} does not hold {count} numbers; repair the header.")
    return values


def vectors(header: NrrdHeader, name: str, count: int, path: Path) -> list[list[float] | None] | None:
    """Return a field of vectors of one length; a vector is None where it is given as none or holds NaN.

    Parameters
    ----------
    header : NrrdHeader
    name : str
    count : int
        Number of vectors.
    path : Path
        The file that messages name.

    Returns
    -------
    list of (list of float or None), or None
        None if the field is not given.

    Raises
    ------
    InputError
        If there are not `count` vectors, or they are damaged.
    """
    text = header.text(name)
    if text is None:
        return None
    parts = _VECTOR.findall(text)
    found = [None if part.lower() == "none" else _floats(part[1:-1].split(",")) for part in parts]
    usable = [None if one is None or any(map(math.isnan, one)) else one for one in found]
    damaged = _VECTOR.sub("", text).strip() or len(parts) != count
    damaged = damaged or any(one is None and part.lower() != "none" for one, part in zip(found, parts, strict=True))
    if damaged or len({len(one) for one in found if one is not None}) > 1:
        fault = f"its field {_written(name)} does not hold {count} vectors of one length"
        raise InputError(f"{path}: {fault}; repair the header.")
    return usable


def _written(name: str) -> str:
    """Return the name of a field as the standard writes it."""
    return _WRITTEN.get(name, name)


def _floats(words: list[str]) -> list[float] | None:
    """Return words as numbers, which may be NaN; None if one is infinite or not a number."""
    try:
        values = [float(word) for word in words]
    except ValueError:
        return None
    return None if any(map(math.isinf, values)) else values


def cut_axis(name: str, line: bytes, axis: int) -> bytes:
    """Return the line of a field that has one entry for each axis without the entry of one axis."""
    label, _, value = line.partition(b":")
    pattern = _VECTOR if name == "spacedirections" else _WORD
    entries = [match[0] for match in pattern.finditer(value.decode("latin-1"))]
    kept = [entry for index, entry in enumerate(entries) if index != axis]
    return label + b": " + " ".join(kept).encode("latin-1")
