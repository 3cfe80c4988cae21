"""Headers of DICOM files, read without their pixels and without trust."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from deskull.errors import InputError
from deskull.formats.dicom.libraries import require
from deskull.formats.files import file_size, open_regular
from deskull.volume import Array

#: Compressing the whole data set, this transfer syntax hides any size from a reader; dcm2niix does not read it either.
_DEFLATED = "1.2.840.10008.1.2.1.99"
_UNDEFINED_LENGTH = 0xFFFFFFFF
_ITEM, _END_OF_ITEMS = 0xFFFEE000, 0xFFFEE0DD


@dataclass(frozen=True)
class Image:
    """A DICOM file of an image.

    Attributes
    ----------
    path : Path
    header : pydicom.Dataset
        Without the pixels.
    complete : bool
        Whether the file holds as many pixels as its header states.
    pixel_offset : int
        Where uncompressed pixels begin in the file, in bytes; 0 if they are compressed or not complete.
    """

    path: Path
    header: Any
    complete: bool
    pixel_offset: int = 0


def read_image(path: Path, tags: Sequence[str] | None = None) -> Image:
    """Read a DICOM file up to its pixels, and check that these are all there.

    Parameters
    ----------
    path : Path
        With or without the preamble of PS3.10.
    tags : sequence of str, optional
        Keywords of the data elements to read; all by default.

    Returns
    -------
    Image

    Raises
    ------
    InputError
        If the file is not a regular file or is deflated.
    Exception
        Whatever pydicom raises for damaged files: it has no error of its own for them.
    """
    pydicom = require("pydicom")
    with open_regular(path) as file:
        if _transfer_syntax(file) == _DEFLATED:
            raise InputError(
                f"{path}: is compressed as a whole (deflated), which deskull does not read; decompress it first."
            )
        file.seek(0)
        wanted = None if tags is None else list(tags)
        header = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=wanted)
        return _image(path, file, header)


def _transfer_syntax(file: BinaryIO) -> str:
    """Transfer syntax that the file meta information states; empty if there is none."""
    from pydicom.filereader import read_dataset

    start = file.read(132)
    file.seek(132 if start.endswith(b"DICM") else 0)
    meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag >> 16 != 2)
    return str(meta.get("TransferSyntaxUID", ""))


def _image(path: Path, file: BinaryIO, header: Any) -> Image:
    """Check the pixels that begin at the position of a file against its header."""
    implicit, little_endian = header.original_encoding
    order = "<" if little_endian else ">"
    element = file.read(8 if implicit else 12)
    if "Rows" not in header or len(element) < (8 if implicit else 12):
        return Image(path, header, complete=False)
    length = struct.unpack_from(f"{order}I", element, len(element) - 4)[0]
    if length == _UNDEFINED_LENGTH:
        return Image(path, header, _has_all_fragments(file))
    expected, of_a_row = _pixel_bytes(header)
    # A whole row too many is a fault of the header: the file has been cut at the end, or its matrix is another.
    complete = length - of_a_row < expected <= min(length, file_size(file) - file.tell())
    return Image(path, header, complete, file.tell() if complete else 0)


def _pixel_bytes(header: Any) -> tuple[int, int]:
    """Number of bytes of all uncompressed pixels and of those of a row (PS3.3 C.7.6.3).

    Raises
    ------
    ValueError
        If pixels are no whole bytes, as in a segmentation.
    """
    bits = int(header.get("BitsAllocated") or 0)
    if bits not in (8, 16, 32, 64):
        raise ValueError("pixels are not of 1, 2, 4 or 8 bytes")
    row = int(header.Columns) * int(header.get("SamplesPerPixel") or 1) * bits // 8
    return row * int(header.Rows) * max(int(header.get("NumberOfFrames") or 1), 1), row


def _has_all_fragments(file: BinaryIO) -> bool:
    """Whether a sequence of compressed fragments ends before the file does (PS3.5 A.4)."""
    size = file_size(file)
    while len(head := file.read(8)) == 8:
        group, element, length = struct.unpack("<HHI", head)
        tag = group << 16 | element
        if tag == _END_OF_ITEMS:
            return True
        if tag != _ITEM or file.tell() + length > size:
            return False
        file.seek(length, os.SEEK_CUR)
    return False


def read_pixels(image: Image) -> Array | None:
    """Read the uncompressed pixels of an image.

    Parameters
    ----------
    image : Image
        Its header must state how pixels are stored (PS3.3 C.7.6.3).

    Returns
    -------
    ndarray, shape (frames, rows, columns), or None
        As stored, or None if they are compressed, or of several samples.
    """
    header = image.header
    if not image.pixel_offset or int(header.get("SamplesPerPixel") or 1) != 1:
        return None
    kind = "i" if int(header.get("PixelRepresentation") or 0) == 1 else "u"
    order = "<" if header.original_encoding[1] else ">"
    dtype = np.dtype(f"{order}{kind}{int(header.BitsAllocated) // 8}")
    shape = (max(int(header.get("NumberOfFrames") or 1), 1), int(header.Rows), int(header.Columns))
    with open_regular(image.path) as file:
        file.seek(image.pixel_offset)
        return np.frombuffer(file.read(int(np.prod(shape)) * dtype.itemsize), dtype).reshape(shape)
