"""Headers of DICOM files, read without their pixels and without trust."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from deskull.errors import InputError
from deskull.formats.dicom.libraries import require
from deskull.formats.files import file_size, open_regular

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
        Whether the file holds all the pixels that its header promises.
    """

    path: Path
    header: Any
    complete: bool


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
            raise InputError(f"{path}: is deflated as a whole, which deskull does not read; convert it first.")
        file.seek(0)
        wanted = None if tags is None else list(tags)
        header = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=wanted)
        return Image(path, header, _has_all_pixels(file, header))


def _transfer_syntax(file: BinaryIO) -> str:
    """Transfer syntax that the file meta information states; empty if there is none."""
    from pydicom.filereader import read_dataset

    start = file.read(132)
    file.seek(132 if start.endswith(b"DICM") else 0)
    meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag >> 16 != 2)
    return str(meta.get("TransferSyntaxUID", ""))


def _has_all_pixels(file: BinaryIO, header: Any) -> bool:
    """Whether the pixels that begin at the position of a file are as many as its header states."""
    implicit, little_endian = header.original_encoding
    order = "<" if little_endian else ">"
    element = file.read(8 if implicit else 12)
    if len(element) < (8 if implicit else 12):
        return False
    length = struct.unpack_from(f"{order}I", element, len(element) - 4)[0]
    if length == _UNDEFINED_LENGTH:
        return _has_all_fragments(file)
    available = min(length, file_size(file) - file.tell())
    return bool(available >= _pixel_bytes(header))


def _pixel_bytes(header: Any) -> int:
    """Number of bytes of uncompressed pixels (PS3.3 C.7.6.3); pixels of a single bit are packed."""
    pixels = int(header.Rows) * int(header.Columns) * int(header.get("NumberOfFrames") or 1)
    bits = pixels * int(header.get("SamplesPerPixel") or 1) * int(header.get("BitsAllocated") or 16)
    return -(-bits // 8)


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
