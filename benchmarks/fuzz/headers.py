"""Mutations of headers: fields of binary ones, lines of text ones, and their bytes."""

from __future__ import annotations

import re

import numpy as np
from benchmarks.fuzz.files import OUTSIDE
from benchmarks.fuzz.seeds import Field, Seed

Rng = np.random.Generator

#: Fields that say how large and where an image is are damaged more often than remarks.
_IMPORTANT = re.compile(
    r"dim|pixdim|datatype|bitpix|vox_offset|scl_|[qs]form|srow|quatern|qoffset|magic|sizeof|xyzt|type|delta|Mdc|Pxyz"
    r"|version|goodRAS|extents"
)
_FLOATS = (0.0, -1.0, 1.0, 2.0, np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-30, 1e10, 1000.0, 0.001)
#: Words that stand for numbers and names in text headers.
HOSTILE = (
    b"", b"0", b"-1", b"1", b"1e30", b"-1e30", b"nan", b"inf", b"99999999999999999999", b"2147483647", b"-2147483648",
    b"100", b"1000000", b"1e-30", b"none", b"True", b"%n%n%n%n", b"%s%s%s%s", b"A" * 100_000, b"1 " * 50_000, b"()",
    b"(1,0,0)", b"(nan,nan,nan)", b"((((", b"../outside/voxels.raw", OUTSIDE + b"/voxels.raw", b"/dev/zero",
    b"/dev/stdin", b"/etc/passwd", b".", b"..", b"~", b"scan.raw", b"LOCAL", b"LIST", b"LIST 2", b"scan%03d.raw 1 9 1",
    b"M\xfcller", b"\xff\xfe", "Müller ☃".encode(), b"\x1b[31mred\x1b[0m", b"a\0b", b"\r", b"MET_DOUBLE", b"MET_CHAR",
    b"double", b"unsigned char", b"block", b"gzip", b"raw", b"ascii", b"hex", b"bzip2", b"big", b"um", b"complex",
    b"RGB-color", b"vector domain domain", b"left-posterior", b"scanner-xyz", b"1 1 1", b"0 0 0", b"3", b"4", b"2",
)  # fmt: skip
#: Lines that a format knows and seeds do not have.
EXTRA: dict[str, tuple[bytes, ...]] = {
    "nrrd nhdr": (
        b"line skip: 100000000", b"byte skip: -1", b"byte skip: 1000000000000", b"byte skip: 2", b"lineskip: -5",
        b"space units: \"um\" \"um\" \"um\"", b"units: \"m\" \"m\" \"m\"", b"spacings: 1 1 1", b"space dimension: 3",
        b"space dimension: 1000000", b"measurement frame: (1,0,0) (0,1,0) (0,0,1)", b"block size: -1",
        b"data file: LIST", b"data file: /dev/zero", b"data file: @OUTSIDE@/voxels.raw", b"centerings: cell cell cell",
        b"data file: scan%d.raw 1 1000000000 1", b"datafile: ../outside/voxels.raw", b"number: 3", b"axis mins: 0 0 0",
        b"thicknesses: nan nan 1e30", b"old min: 0", b"sample units: 1", b"content: %n%s", b"x:=\xff\xfe", b":=", b":",
    ),
    "mha mhd": (
        b"ElementNumberOfChannels = 3", b"ElementNumberOfChannels = 1000000", b"HeaderSize = -1", b"HeaderSize = 5",
        b"HeaderSize = 1000000000000", b"ElementByteOrderMSB = True", b"BinaryData = False", b"Rotation = 1 0 0",
        b"Position = 0 0 0", b"Origin = nan nan nan", b"ElementSize = 1 1 1", b"ElementMin = 1e999", b"ID = -1",
        b"ElementToIntensityFunctionSlope = 2", b"ElementToIntensityFunctionOffset = -5", b"DistanceUnits = um",
        b"CompressedDataSize = -1", b"CompressedDataSize = 9999999999", b"NDims = 3", b"Comment = %n%n%s%s",
        b"Name = M\xfcller", b"TransformType = Scale", b"CompressionLevel = 99999", b"SequenceID = 1 2 3", b"=", b" = ",
    ),
    "afni": (
        b"type = integer-attribute\nname = DATASET_RANK\ncount = 2\n 3 1000000", b"name = BRICK_TYPES\ncount = 1\n 5",
        b"type = float-attribute\nname = BRICK_FLOAT_FACS\ncount = 1\n 2.5", b"type = ", b"count = -1",
        b"count = 99999999",
        b"type = string-attribute\nname = BYTEORDER_STRING\ncount = 10\n'MSB_FIRST~", b"name = A\ncount = 1\n'",
        b"type = float-attribute\nname = DELTA\ncount = 3\n 1e30 0 nan", b"~" * 1000,
    ),
    "par": (
        b".    Max. number of slices/locations    :   1000000000", b".", b".    Nonsense    :   1", b"# V4.1", b"#",
        b"# CLINICAL TRYOUT  Research image export tool  V4", b"1 1 1", b".    FOV (ap,fh,rl) [mm] :   nan inf 0",
        b".    Scan resolution  (x, y)  :   100000 100000", b".    Max. number of dynamics  :   -1",
    ),
}  # fmt: skip
_NUMBER = re.compile(rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def _pick(rng: Rng, items: object) -> object:
    """Choose one of a sequence."""
    return items[int(rng.integers(len(items)))]  # type: ignore[arg-type, index]


def set_field(seed: Seed, rng: Rng) -> tuple[bytes, str]:
    """Set one element of a binary field, or all of them, to an extreme value."""
    important = [one for one in seed.fields if _IMPORTANT.search(one.name)]
    one: Field = _pick(rng, important if important and rng.random() < 0.8 else seed.fields)  # type: ignore[assignment]
    header = bytearray(seed.header)
    dtype = np.dtype(one.dtype)
    size = dtype.itemsize * one.count
    values = np.frombuffer(bytes(header[one.offset : one.offset + size]), dtype).copy()
    index = slice(None) if rng.random() < 0.2 else int(rng.integers(one.count))
    if dtype.kind not in "iuf":
        text = bytes(_pick(rng, HOSTILE))[: dtype.itemsize]  # type: ignore[arg-type]
        values = np.array([text], dtype)
        label = f"{one.name}={text[:20]!r}"
    else:
        value = _extreme(rng, dtype, values[index])
        with np.errstate(all="ignore"):
            values[index] = np.asarray(value).astype(dtype)
        label = f"{one.name}[{index if isinstance(index, int) else ':'}]={values[index]!s}"
    header[one.offset : one.offset + size] = values.tobytes()
    return bytes(header), label


def _extreme(rng: Rng, dtype: np.dtype, old: object) -> object:
    """Choose an extreme or a plausible value of a type."""
    kind = int(rng.integers(4))
    if dtype.kind == "f":
        if kind == 0:
            return np.asarray(old) * _pick(rng, (-1, 2, 0.5, 1000, 0.001, 1.01))
        if kind == 1:
            return rng.normal() * 10.0 ** rng.integers(-3, 6)
        return _pick(rng, _FLOATS)
    limits = np.iinfo(dtype)
    if kind == 0:
        return np.clip(np.asarray(old, np.int64) + int(_pick(rng, (-1, 1, 2, 3))), limits.min, limits.max)  # type: ignore[call-overload]
    if kind == 1:
        return rng.integers(0, min(limits.max, 3000))
    return _pick(rng, (0, limits.max, limits.min, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 768, limits.max // 2))


def edit_lines(seed: Seed, rng: Rng) -> tuple[bytes, str]:
    """Change the lines of a text header."""
    end = b"\n\n" if seed.header.endswith(b"\n\n") else b"\n"
    lines = seed.header.rstrip(b"\n").split(b"\n")
    at = int(rng.integers(len(lines)))
    action = str(_pick(rng, ("number", "number", "number", "value", "value", "delete", "repeat", "insert", "insert",
                             "swap", "separator", "endings", "join", "encode", "case")))  # fmt: skip
    separator = seed.separator.encode()
    if action == "number":
        places = [(row, found.span()) for row, line in enumerate(lines) for found in _NUMBER.finditer(line)]
        row, (start, stop) = _pick(rng, places)  # type: ignore[misc]
        word = _number(rng, lines[row][start:stop])
        lines[row] = lines[row][:start] + word + lines[row][stop:]
        label = lines[row][:60].decode("latin-1")
    elif action == "value":
        key = lines[at].split(separator)[0]
        word = bytes(_pick(rng, HOSTILE))  # type: ignore[arg-type]
        lines[at] = key + separator + word
        label = lines[at][:60].decode("latin-1")
    elif action == "insert":
        extra = bytes(_pick(rng, next(lines for names, lines in EXTRA.items() if seed.name[:4].rstrip("-.") in names)))  # type: ignore[arg-type]
        lines.insert(1 + int(rng.integers(len(lines) - 1)), extra)
        label = extra.decode("latin-1")
    else:
        label = _edit_line(lines, at, action, separator, rng)
    if action == "endings":
        line_end = bytes(_pick(rng, (b"\r\n", b"\r", b"\n\n", b"\0\n", b"")))  # type: ignore[arg-type]
        return line_end.join(lines) + end.replace(b"\n", line_end), f"line ends {line_end!r}"
    return b"\n".join(lines) + end, f"{action}: {label}"


def _number(rng: Rng, old: bytes) -> bytes:
    """Choose a number for text."""
    kind = int(rng.integers(4))
    if kind == 0 and b"." not in old:
        return str(int(old) + int(_pick(rng, (-1, 1, 2, 10)))).encode()  # type: ignore[call-overload]
    if kind <= 1:
        return f"{float(old) * _pick(rng, (-1, 2, 0.5, 1000, 0.001, 1.01)):.9g}".encode()  # type: ignore[operator]
    return bytes(_pick(rng, HOSTILE[1:14]))  # type: ignore[arg-type]


def _edit_line(lines: list[bytes], at: int, action: str, separator: bytes, rng: Rng) -> str:
    """Delete, repeat, exchange or rewrite one line in place."""
    line = lines[at]
    if action == "delete":
        del lines[at]
    elif action == "repeat":
        lines.insert(int(rng.integers(len(lines) + 1)), line)
    elif action == "swap":
        other = int(rng.integers(len(lines)))
        lines[at], lines[other] = lines[other], lines[at]
    elif action == "separator":
        lines[at] = line.replace(separator, bytes(_pick(rng, (b"", b":", b"=", b":=", b"  :  ", b"\t", b"=="))))  # type: ignore[arg-type]
    elif action == "join":
        lines[at : at + 2] = [b" ".join(lines[at : at + 2])]
    elif action == "encode":
        lines[at] = line.decode("latin-1").encode(str(_pick(rng, ("utf-16", "utf-8-sig", "utf-32", "cp037"))))
    elif action == "case":
        lines[at] = line.swapcase()
    return line[:40].decode("latin-1")


def damage_bytes(content: bytes, rng: Rng, *, end: int | None = None) -> tuple[bytes, str]:
    """Flip, delete, insert, repeat or overwrite bytes of any content.

    Parameters
    ----------
    content : bytes
    rng : Generator
    end : int, optional
        Only the bytes before this are damaged.

    Returns
    -------
    bytes
    str
        What was done.
    """
    stop = max(1, min(len(content), end or len(content)))
    at, length = int(rng.integers(stop)), int(2 ** rng.integers(0, 7))
    data = bytearray(content)
    action = str(_pick(rng, ("flip", "flip", "flip", "delete", "insert", "repeat", "noise", "zero", "truncate")))
    if action == "flip":
        for place in rng.integers(0, stop, int(rng.integers(1, 5))):
            data[place] ^= 1 << int(rng.integers(8))
    elif action == "delete":
        del data[at : at + length]
    elif action == "insert":
        data[at:at] = rng.bytes(length)
    elif action == "repeat":
        data[at:at] = data[at : at + length]
    elif action == "noise":
        data[at : at + length] = rng.bytes(len(data[at : at + length]))
    elif action == "zero":
        data[at : at + length] = bytes(len(data[at : at + length]))
    else:
        del data[at:]
    return bytes(data), f"{action} {length} at {at}"
