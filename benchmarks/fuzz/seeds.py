"""Valid small images of each format: the seeds that the fuzzer damages.

Every seed holds the same head of 12 x 14 x 10 voxels, so that one independent statement of its voxels and affine serves
all formats.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import nibabel as nib
import numpy as np
from benchmarks.fuzz.files import Files
from nibabel.freesurfer.mghformat import MGHImage
from nibabel.spm99analyze import Spm99AnalyzeImage

Array = np.ndarray[Any, np.dtype[Any]]

#: Shape in voxels; edge lengths in mm that make the image as large as a head.
SHAPE, VOXEL_MM = (12, 14, 10), (14.0, 13.0, 15.0)
#: Number of times as many voxels along each axis that a header of `Seed.large` states.
LARGE = 100
#: Stands in a header for the size of the encoded voxels.
SIZE = b"@SIZE@"


def head() -> Array:
    """Voxels of the seeds, int16: a bright ellipsoid with noise, reproducible."""
    rng = np.random.default_rng(14)
    axes = np.meshgrid(*(np.linspace(-1, 1, size) for size in SHAPE), indexing="ij")
    inside = sum(axis**2 for axis in axes) < 0.8
    return (100 + 600 * inside + rng.integers(0, 90, SHAPE)).astype(np.int16)


def secret() -> bytes:
    """Voxels of a file that no mutant may be read with: those of the head, brighter."""
    return (head() + 5000).astype(np.int16).tobytes(order="F")


def affine() -> Array:
    """Voxel indices to RAS mm of the seeds: a small rotation about the first axis."""
    angle = np.deg2rad(10)
    matrix = np.eye(4)
    matrix[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, :3] = np.round(matrix[:3, :3] * VOXEL_MM, 6)
    matrix[:3, 3] = (-80, -95, -70)
    return matrix


@dataclass(frozen=True)
class Field:
    """A field of a binary header.

    Attributes
    ----------
    name : str
    offset : int
        Bytes from the start of the header.
    dtype : str
        Type of one element, with its byte order.
    count : int
        Number of elements.
    """

    name: str
    offset: int
    dtype: str
    count: int


Encoder = Callable[[bytes], bytes]
ENCODERS: dict[str, Encoder] = {
    "raw": bytes,
    "gzip": lambda content: gzip.compress(content, 6, mtime=0),
    "zlib": lambda content: zlib.compress(content, 6),
    "bz2": bz2.compress,
}


@dataclass(frozen=True)
class Seed:
    """An undamaged image as header and voxels.

    Attributes
    ----------
    name : str
        The format, as the command line names it.
    header, body : bytes
        Before compression. A header may hold `SIZE`.
    names : tuple of str
        File of the header and file of the voxels; the same for a single file.
    encoding : str
        Key of `ENCODERS`.
    whole : bool
        Whether the header is compressed as well.
    fields : tuple of Field
        Of a binary header; empty for text.
    separator : str
        Between key and value in the lines of a text header.
    values, affine : ndarray
        What a reader must find.
    any_axes : bool
        Whether a reader may permute and flip the axes.
    large : bytes
        A header of 100 times as many voxels along each axis, each a hundredth as long; empty if there is none.
    """

    name: str
    header: bytes
    body: bytes
    names: tuple[str, str]
    encoding: str = "raw"
    whole: bool = False
    fields: tuple[Field, ...] = ()
    separator: str = ""
    values: Array = field(default_factory=head)
    affine: Array = field(default_factory=affine)
    any_axes: bool = False
    large: bytes = b""

    @property
    def main(self) -> str:
        """Name of the file that is given to deskull."""
        return self.names[0]

    def files(self, header: bytes | None = None, body: bytes | None = None, encode: Encoder | None = None) -> Files:
        """Assemble the files, with other parts where given."""
        header = self.header if header is None else header
        body = self.body if body is None else body
        encode = encode or ENCODERS[self.encoding]
        first, second = self.names
        if self.whole:
            return {first: encode(header + body)} if first == second else {first: encode(header), second: encode(body)}
        voxels = encode(body)
        header = header.replace(SIZE, str(len(voxels)).encode())
        return {first: header + voxels} if first == second else {first: header, second: voxels}


def _fields(dtype: Any, order: str = "=") -> tuple[Field, ...]:
    """Fields of a header from nibabel's structured type."""
    found = []
    for name, (kind, offset, *_) in dtype.fields.items():
        base = kind.subdtype[0] if kind.subdtype else kind
        base = base if order == "=" else base.newbyteorder(order)
        found.append(Field(name, offset, base.str, kind.itemsize // base.itemsize))
    return tuple(found)


def _nifti(name: str, kind: Any, files: tuple[str, str], encoding: str, frames: int = 1) -> Seed:
    """NIfTI-1 or 2, single or a pair."""
    voxels = head()
    if frames > 1:
        voxels = np.stack([voxels + 7 * t for t in range(frames)], axis=-1)
    image = kind(voxels, affine())
    image.set_qform(affine(), 1)
    image.header.set_xyzt_units("mm", "sec")
    single = files[0] == files[1]
    header = image.header.copy()
    header["vox_offset"] = header.sizeof_hdr + 4 if single else 0
    head_bytes = header.binaryblock + (b"\0\0\0\0" if single else b"")
    body = voxels.tobytes(order="F")
    whole = encoding != "raw"
    header["dim"][1:4] *= LARGE
    header["pixdim"][1:4] /= LARGE
    for row in ("srow_x", "srow_y", "srow_z"):
        header[row][:3] /= LARGE
    large = header.binaryblock + head_bytes[header.sizeof_hdr :]
    fields = _fields(header.template_dtype)
    return Seed(name, head_bytes, body, files, encoding, whole, fields, values=voxels, large=large)


def _nifti_float() -> Seed:
    """NIfTI of big-endian floats with a slope, an intercept and an extension."""
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(">f4")
    header.set_data_shape(SHAPE)
    header.set_qform(affine(), 1)
    header.set_sform(affine(), 1)
    header.set_xyzt_units("mm", "sec")
    header["scl_slope"], header["scl_inter"] = 2, -50
    header["vox_offset"] = 384
    extension = b"\1\0\0\0" + (32).to_bytes(4, "big") + (6).to_bytes(4, "big") + b"a remark".ljust(24)
    names = ("scan.nii", "scan.nii")
    content, body = header.binaryblock + extension, head().astype(">f4").tobytes(order="F")
    return Seed("nii-float", content, body, names, fields=_fields(header.template_dtype, ">"), values=2 * head() - 50)


def _analyze() -> Seed:
    """Analyze 7.5, which knows no orientation."""
    image = Spm99AnalyzeImage(head(), np.diag([*VOXEL_MM, 1.0]))
    block = bytearray(image.header.binaryblock)
    block[253:263] = bytes(10)  # no origin
    names = ("scan.hdr", "scan.img")
    fields = _fields(image.header.template_dtype)
    centred = np.diag([-VOXEL_MM[0], *VOXEL_MM[1:], 1.0])  # radiological, about the centre, as nibabel documents
    centred[:3, 3] = -centred[:3, :3] @ (np.array(SHAPE) - 1) / 2
    return Seed("analyze", bytes(block), head().tobytes(order="F"), names, fields=fields, affine=centred)


def _mgh(name: str, file: str, encoding: str, dtype: str = "i2") -> Seed:
    """FreeSurfer's format."""
    image = MGHImage(head().astype(dtype), affine())
    content = image.to_bytes()
    fields = _fields(image.header.template_dtype)
    header = content[:284]
    fields = tuple(f for f in fields if f.offset + np.dtype(f.dtype).itemsize * f.count <= 284)
    return Seed(name, header, content[284:], (file, file), encoding, encoding != "raw", fields)


def _vectors(matrix: Array) -> bytes:
    """Columns of an affine as NRRD writes them."""
    return " ".join("(" + ",".join(f"{x:.6f}" for x in column) + ")" for column in matrix[:3, :3].T).encode()


def _nrrd(name: str, files: tuple[str, str], encoding: str, dtype: str = "<i2") -> Seed:
    """NRRD, attached or detached, written by hand from the standard."""
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine()
    vectors = _vectors(matrix).decode()
    origin = "(" + ",".join(f"{x:.6f}" for x in matrix[:3, 3]) + ")"
    lines = [
        "NRRD0004",
        f"type: {'short' if dtype == '<i2' else 'float'}",
        "dimension: 3",
        "space: left-posterior-superior",
        "sizes: 12 14 10",
        f"space directions: {vectors}",
        "kinds: domain domain domain",
        f"endian: {'little' if dtype == '<i2' else 'big'}",
        f"encoding: {encoding if encoding != 'bz2' else 'bzip2'}",
        f"space origin: {origin}",
        "Modality:=MR",
    ]
    if files[0] != files[1]:
        lines.append(f"data file: {files[1]}")
    text = encoding == "text"
    body = (
        " ".join(map(str, head().ravel(order="F"))).encode() + b"\n"
        if text
        else head().astype(dtype).tobytes(order="F")
    )
    header = "\n".join(lines).encode() + (b"\n\n" if files[0] == files[1] else b"\n")
    large = header.replace(b"sizes: 12 14 10", b"sizes: 1200 1400 1000").replace(
        _vectors(matrix), _vectors(matrix / LARGE)
    )
    return Seed(name, header, body, files, "raw" if text else encoding, separator=": ", large=large)


def _metaimage(name: str, files: tuple[str, str], encoding: str, dtype: str = "<i2") -> Seed:
    """MetaImage, attached or detached, written by hand."""
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine()
    axes = (matrix[:3, :3] / VOXEL_MM).T
    lines = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        f"BinaryDataByteOrderMSB = {dtype != '<i2'}",
        f"CompressedData = {encoding != 'raw'}",
        *([f"CompressedDataSize = {SIZE.decode()}"] if encoding != "raw" else []),
        "TransformMatrix = " + " ".join(f"{x:.9f}" for x in axes.ravel()),
        "Offset = " + " ".join(f"{x:g}" for x in matrix[:3, 3]),
        "CenterOfRotation = 0 0 0",
        "AnatomicalOrientation = RAI",
        "ElementSpacing = " + " ".join(f"{x:g}" for x in VOXEL_MM),
        "DimSize = 12 14 10",
        "Modality = MET_MOD_MR",
        f"ElementType = {'MET_SHORT' if dtype == '<i2' else 'MET_FLOAT'}",
        f"ElementDataFile = {'LOCAL' if files[0] == files[1] else files[1]}",
    ]
    body = head().astype(dtype).tobytes(order="F")
    header = "\n".join(lines).encode() + b"\n"
    spacing = " ".join(f"{x:g}" for x in VOXEL_MM).encode()
    smaller = " ".join(f"{x / LARGE:g}" for x in VOXEL_MM).encode()
    large = header.replace(b"DimSize = 12 14 10", b"DimSize = 1200 1400 1000").replace(spacing, smaller)
    return Seed(name, header, body, files, encoding, separator=" = ", large=large)


@cache
def seeds() -> dict[str, Seed]:
    """Return the seeds of header and voxels by name."""
    pair, packed = ("scan.hdr", "scan.img"), ("scan.hdr.gz", "scan.img.gz")
    made = [
        _nifti("nii", nib.Nifti1Image, ("scan.nii", "scan.nii"), "raw"),
        _nifti("nii.gz", nib.Nifti1Image, ("scan.nii.gz", "scan.nii.gz"), "gzip"),
        _nifti("nii.gz-series", nib.Nifti1Image, ("scan.nii.gz", "scan.nii.gz"), "gzip", frames=3),
        _nifti("nifti2", nib.Nifti2Image, ("scan.nii", "scan.nii"), "raw"),
        _nifti("nifti2.gz", nib.Nifti2Image, ("scan.nii.gz", "scan.nii.gz"), "gzip"),
        _nifti("hdr-img", nib.Nifti1Pair, pair, "raw"),
        _nifti("hdr-img.gz", nib.Nifti1Pair, packed, "gzip"),
        _nifti_float(),
        _analyze(),
        _mgh("mgh", "scan.mgh", "raw"),
        _mgh("mgz", "scan.mgz", "gzip"),
        _mgh("mgz-float", "scan.mgz", "gzip", "f4"),
        _nrrd("nrrd-raw", ("scan.nrrd", "scan.nrrd"), "raw"),
        _nrrd("nrrd-float", ("scan.nrrd", "scan.nrrd"), "raw", ">f4"),
        _nrrd("nrrd-gzip", ("scan.nrrd", "scan.nrrd"), "gzip"),
        _nrrd("nrrd-bz2", ("scan.nrrd", "scan.nrrd"), "bz2"),
        _nrrd("nrrd-text", ("scan.nrrd", "scan.nrrd"), "text"),
        _nrrd("nhdr-raw", ("scan.nhdr", "scan.raw"), "raw"),
        _nrrd("nhdr-gzip", ("scan.nhdr", "scan.raw.gz"), "gzip"),
        _metaimage("mha-raw", ("scan.mha", "scan.mha"), "raw"),
        _metaimage("mha-float", ("scan.mha", "scan.mha"), "zlib", ">f4"),
        _metaimage("mha-zlib", ("scan.mha", "scan.mha"), "zlib"),
        _metaimage("mhd-raw", ("scan.mhd", "scan.raw"), "raw"),
        _metaimage("mhd-zlib", ("scan.mhd", "scan.zraw"), "zlib"),
    ]
    return {seed.name: seed for seed in made}
