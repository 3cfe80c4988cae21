"""Files for the tests of the page's readers: each type and header, damaged and hostile ones among them."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import nrrd
import numpy as np

RNG = np.random.default_rng(5)
SHAPE = (7, 5, 6)
OBLIQUE = np.array([[1.1, -0.3, 0.05, -7.0], [0.32, 1.4, 0.1, 11.0], [-0.02, -0.2, 2.0, 5.5], [0, 0, 0, 1]])

Maker = Callable[[Path], None]
MAKERS: dict[str, Maker] = {}


def case(name: str) -> Callable[[Maker], Maker]:
    """Register what makes a file of a name."""

    def register(maker: Maker) -> Maker:
        MAKERS[name] = maker
        return maker

    return register


def voxels(dtype: Any, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """Values over a type's range."""
    return (
        RNG.integers(0, 120, shape).astype(dtype)
        if np.dtype(dtype).kind in "iu"
        else RNG.normal(size=shape).astype(dtype)
    )


def save_nifti(path: Path, data: np.ndarray, *, second: bool = False, big: bool = False, **fields: Any) -> None:
    """Write a file with header fields as they are given."""
    kind = nib.nifti2.Nifti2Header if second else nib.nifti1.Nifti1Header
    header = kind(endianness=">" if big else "<")
    header.set_data_shape(data.shape)
    header.set_data_dtype(data.dtype.newbyteorder(">" if big else "<"))
    header.set_xyzt_units("mm", "sec")
    header.set_sform(OBLIQUE, 1)
    header.set_qform(OBLIQUE, 2, strip_shears=True)
    extensions = fields.pop("extensions", b"\0\0\0\0")
    tail = fields.pop("tail", b"")
    header["vox_offset"] = header.sizeof_hdr + len(extensions)
    header["magic"] = kind.single_magic
    header["descrip"] = b"kept as it is"
    for name, value in fields.items():
        header[name] = value
    body = data.astype(header.get_data_dtype() if "datatype" not in fields else data.dtype).tobytes(order="F")
    content = header.binaryblock + extensions + body + tail
    path.write_bytes(gzip.compress(content, mtime=0) if path.name.endswith(".gz") else content)


for code in ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"):
    case(f"type_{code}.nii")(lambda path, code=code: save_nifti(path, voxels(code)))
    case(f"type_{code}_big.nii.gz")(lambda path, code=code: save_nifti(path, voxels(code), big=True))
NIFTI_FIELDS: dict[str, dict[str, Any]] = {
    "second": {"second": True},
    "second_big": {"second": True, "big": True},
    "scaled": {"scl_slope": 2.5, "scl_inter": -40},
    "no_slope": {"scl_slope": 0, "scl_inter": 9},
    "bad_inter": {"scl_slope": 1, "scl_inter": np.nan},
    "qform_only": {"sform_code": 0},
    "sform_only": {"qform_code": 0},
    "neither": {"sform_code": 0, "qform_code": 0},
    "left_handed": {"sform_code": 0, "pixdim": [-1, 1, 2, 3, 1, 1, 1, 1]},
    "zero_sform": {"srow_x": 0, "srow_y": 0, "srow_z": 0},
    "bad_quaternion": {"quatern_b": 5},
    "bad_quaternion_only": {"quatern_b": 5, "sform_code": 0},
    "rounded_quaternion": {"quatern_b": 0.8, "quatern_c": 0.6003, "quatern_d": 0, "sform_code": 0},
    "disagree": {"qoffset_x": 90},
    "metres": {
        "xyzt_units": 1,
        "srow_x": OBLIQUE[0] / 1e3,
        "srow_y": OBLIQUE[1] / 1e3,
        "srow_z": OBLIQUE[2] / 1e3,
        "qform_code": 0,
    },
    "micrometres": {"xyzt_units": 3},
    "nan_affine": {"srow_x": np.nan, "qform_code": 0},
    "singular": {"srow_y": OBLIQUE[0], "srow_z": OBLIQUE[0], "qform_code": 0},
    "far_away": {"srow_x": [1, 0, 0, 1e8], "qform_code": 0},
    "huge_voxels": {"srow_x": [400, 0, 0, 0], "qform_code": 0},
    "complex": {"datatype": 32},
    "colours": {"datatype": 128},
    "unknown_type": {"datatype": 7},
    "float128": {"datatype": 1536},
    "no_dimensions": {"dim": [0, 7, 5, 6, 1, 1, 1, 1]},
    "negative": {"dim": [3, -7, 5, 6, 1, 1, 1, 1]},
    "flat": {"dim": [3, 7, 5, 1, 1, 1, 1, 1]},
    "five": {"dim": [5, 7, 5, 3, 1, 2, 1, 1]},
    "empty": {"dim": [3, 7, 0, 6, 1, 1, 1, 1]},
    "cut_short": {"dim": [3, 7, 5, 9, 1, 1, 1, 1]},
    "too_many": {"dim": [3, 32000, 32000, 32000, 1, 1, 1, 1]},
    "trailing_axes": {"dim": [5, 7, 5, 6, 1, 1, 1, 1]},
    "negative_offset": {"vox_offset": -4},
    "offset_inside": {"vox_offset": 10},
    "offset_zero": {"vox_offset": 0},
    "offset_far": {"vox_offset": 1e12},
    "pair": {"magic": b"ni1"},
    "no_magic": {"magic": b"abc"},
    "trailing_bytes": {"tail": b"more"},
    "much_more": {"tail": b"x" * 70000},
    "extensions": {"extensions": b"\1\0\0\0" + struct.pack("<ii", 32, 6) + b"a comment".ljust(24, b"\0")},
    "odd_extension": {"extensions": b"\1\0\0\0" + struct.pack("<ii", 20, 4) + b"twelve bytes"},
    "damaged_extension": {"extensions": b"\1\0\0\0" + struct.pack("<ii", 999, 6) + b"\0" * 8},
}
for name, fields in NIFTI_FIELDS.items():
    case(f"{name}.nii")(lambda path, fields=fields: save_nifti(path, voxels("i2"), **fields))
case("series.nii.gz")(lambda path: save_nifti(path, voxels("i2", (*SHAPE, 4))))
case("series_one.nii.gz")(lambda path: save_nifti(path, voxels("f4", (*SHAPE, 1))))


@case("members.nii.gz")
def _(path: Path) -> None:
    save_nifti(path.with_suffix(""), voxels("i2"))
    content = path.with_suffix("").read_bytes()
    path.write_bytes(gzip.compress(content[:100]) + gzip.compress(content[100:]) + b"\0" * 50)


@case("packed_in_no_name.nii")
def _(path: Path) -> None:
    save_nifti(path, voxels("i2"))
    path.write_bytes(gzip.compress(path.read_bytes()))


def damaged(change: Callable[[bytes], bytes]) -> Maker:
    """Return what makes a gzip file and damages it."""

    def make(path: Path) -> None:
        save_nifti(path, voxels("f8", (9, 9, 9)))
        path.write_bytes(change(path.read_bytes()))

    return make


case("wrong_checksum.nii.gz")(damaged(lambda data: data[:-8] + b"1234" + data[-4:]))
case("damaged_data.nii.gz")(damaged(lambda data: data[:200] + b"\xff" * 20 + data[220:]))
case("cut.nii.gz")(damaged(lambda data: data[: len(data) // 2]))
case("followed.nii.gz")(damaged(lambda data: data + b"something else"))
case("twice.nii.gz")(damaged(gzip.compress))
case("text.nii")(lambda path: path.write_text("this is no image at all" * 30))
case("nothing.nii")(lambda path: path.write_bytes(b""))


@case("bomb.nii.gz")
def _(path: Path) -> None:
    header = nib.nifti1.Nifti1Header()
    header.set_data_shape((1000, 1000, 1000))
    header.set_data_dtype(np.uint8)
    header.set_sform(np.diag([0.2, 0.2, 0.2, 1]), 1)
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    path.write_bytes(gzip.compress(header.binaryblock + b"\0\0\0\0" + bytes(20_000_000)))


for code in ("u1", "i2", "i4", "f4"):
    case(f"type_{code}.mgz")(lambda path, code=code: nib.MGHImage(voxels(code), OBLIQUE).to_filename(path))
case("series.mgh")(lambda path: nib.MGHImage(voxels("f4", (*SHAPE, 3)), OBLIQUE).to_filename(path))


def mgh(change: Callable[[bytearray], None], tail: bytes = b"") -> Maker:
    """Return what makes an MGH file and changes its bytes."""

    def make(path: Path) -> None:
        nib.MGHImage(voxels("i2"), np.diag([1, 2, 1.5, 1])).to_filename(path)
        content = bytearray(path.read_bytes())
        change(content)
        path.write_bytes(bytes(content) + tail)

    return make


case("no_orientation.mgh")(mgh(lambda c: c.__setitem__(slice(28, 30), b"\0\0")))
case("footer.mgh")(mgh(lambda c: None, b"\0\0\0\x14tags"))
case("version.mgh")(mgh(lambda c: c.__setitem__(3, 9)))
case("colours.mgh")(mgh(lambda c: c.__setitem__(23, 9)))
case("negative.mgh")(mgh(lambda c: c.__setitem__(4, 255)))
case("directions.mgh")(mgh(lambda c: c.__setitem__(slice(42, 46), struct.pack(">f", 1.5))))
case("cut.mgh")(mgh(lambda c: c.__delitem__(slice(-60, None))))

NRRD_HEADERS: dict[str, dict[str, Any]] = {
    "lps": {"space": "left-posterior-superior"},
    "ras": {"space": "RAS"},
    "raw": {"encoding": "raw"},
    "big": {"endian": "big", "encoding": "raw"},
    "other_space": {"space": "scanner-xyz"},
    "centimetres": {"space units": ["cm", "cm", "cm"], "space directions": OBLIQUE[:3, :3] / 10},
    "unit": {"space units": ["furlong"] * 3},
    "kinds": {"kinds": ["domain", "domain", "vector"]},
    "complex": {"kinds": ["domain", "domain", "complex"]},
    "keys": {"keyvaluepairs": {"study": "kept", "space": "lps"}},
}


def save_nrrd(path: Path, data: np.ndarray, **fields: Any) -> None:
    """Write a file with a geometry."""
    header = {
        "space": "left-posterior-superior",
        "space directions": OBLIQUE[:3, :3].T,
        "space origin": OBLIQUE[:3, 3],
        "encoding": "gzip",
        "kinds": ["domain"] * 3,
        "endian": "little",
        **fields,
    }
    header |= header.pop("keyvaluepairs", {}) if "space" not in header.get("keyvaluepairs", {}) else {}
    nrrd.write(str(path), data, header, index_order="F")


for name, fields in NRRD_HEADERS.items():
    case(f"{name}.nrrd")(lambda path, fields=fields: save_nrrd(path, voxels("i2"), **fields))
for code in ("i1", "u1", "u2", "i4", "u4", "i8", "u8", "f4", "f8"):
    case(f"type_{code}.nrrd")(lambda path, code=code: save_nrrd(path, voxels(code)))


@case("frames_first.nrrd")
def _(path: Path) -> None:
    directions = np.vstack([[np.nan] * 3, OBLIQUE[:3, :3].T])
    save_nrrd(
        path,
        voxels("i2", (4, *SHAPE)),
        **{"space directions": directions, "kinds": ["list", "domain", "domain", "domain"]},
    )


def text_nrrd(*lines: str, data: bytes = voxels("i2").tobytes()) -> Maker:
    """Return what makes a raw file of a text header."""
    return lambda path: path.write_bytes("\n".join(["NRRD0004", *lines, "", ""]).encode() + data) and None


BASIC = ("type: short", "dimension: 3", "sizes: 7 5 6", "endian: little", "encoding: raw")
PLACED = ("space: RAS", "space directions: (1,0,0) (0,1,0) (0,0,1)", "space origin: (0,0,0)")
case("spacings.nrrd")(text_nrrd(*BASIC, "spacings: 1 2 3", "units: mm mm mm"))
case("nowhere.nrrd")(text_nrrd(*BASIC))
case("no_space.nrrd")(text_nrrd(*BASIC, *PLACED[1:]))
case("twice.nrrd")(text_nrrd(*BASIC, *PLACED, "type: short"))
case("unknown.nrrd")(text_nrrd(*BASIC, *PLACED, "spacng: 3"))
case("pair.nrrd")(text_nrrd(*BASIC, *PLACED, "kinds:=domain", "# a comment", "key:=value"))
case("line.nrrd")(text_nrrd(*BASIC, *PLACED, "nothing here"))
case("byte_skip.nrrd")(text_nrrd(*BASIC, *PLACED, "byte skip: -1", data=b"12345" + voxels("i2").tobytes()))
case("line_skip.nrrd")(text_nrrd(*BASIC, *PLACED, "line skip: 2", data=b"one\ntwo\n" + voxels("i2").tobytes()))
case("bad_skip.nrrd")(text_nrrd(*BASIC, *PLACED, "line skip: many"))
case("endian.nrrd")(text_nrrd(*(line for line in BASIC if "endian" not in line), *PLACED))
case("sizes.nrrd")(text_nrrd(*(line.replace("7 5 6", "7 5") for line in BASIC), *PLACED))
case("dimension.nrrd")(text_nrrd(*(line.replace("3", "99") for line in BASIC), *PLACED))
case("vectors.nrrd")(text_nrrd(*BASIC, "space: RAS", "space directions: (1,0,0) (0,1) (0,0,1)"))
case("version.nrrd")(lambda path: path.write_bytes(b"NRRD0009\n"))
case("short.nrrd")(text_nrrd(*BASIC, *PLACED, data=b"12"))
