"""Voxels written as text: decimal numbers (NRRD ``ascii``, MetaImage ``BinaryData = False``) or hexadecimal bytes."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deskull.errors import InputError
from deskull.formats.compression import Stream

#: Longest text of one number: sign, 17 digits, point, exponent, and white space around it.
_CHARACTERS = 40


def read_decimal(stream: Stream, dtype: npt.DTypeLike, count: int, path: Path) -> npt.NDArray[Any]:
    """Read numbers separated by white space.

    Parameters
    ----------
    stream : Stream
        At the first number.
    dtype : dtype
        Type that the numbers are stored as.
    count : int
        Number of numbers that the header promises.
    path : Path
        The file that messages name.

    Raises
    ------
    InputError
        If there are fewer or more numbers, a word that is not a number, or a number that the type cannot hold.
    """
    kind = np.dtype(dtype).newbyteorder("=")
    text = _text(stream, count * _CHARACTERS + _CHARACTERS, path)
    exact = kind if kind.itemsize == 8 else np.dtype(np.float64)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = np.fromstring(text, exact, sep=" ")
    except (ValueError, DeprecationWarning):
        raise InputError(
            f"{path}: its voxels, stored as text, include a word that is not a number; save it again."
        ) from None
    _check_number(values.size, count, path)
    if kind.kind in "iu" and exact.kind == "f":
        limits = np.iinfo(kind)
        if not ((values >= limits.min) & (values <= limits.max) & (values == np.rint(values))).all():
            raise InputError(f"{path}: its voxels, stored as text, do not fit the type {kind}; repair the header.")
    with np.errstate(over="ignore"):
        return values.astype(kind)


def read_hexadecimal(stream: Stream, dtype: npt.DTypeLike, count: int, path: Path) -> npt.NDArray[Any]:
    """Read bytes written as pairs of hexadecimal digits; see `read_decimal`.

    Raises
    ------
    InputError
        If there are fewer or more bytes, or characters that are not hexadecimal digits.
    """
    size = count * np.dtype(dtype).itemsize
    text = _text(stream, 4 * size + _CHARACTERS, path)
    try:
        content = bytearray.fromhex(text.decode("ascii"))
    except ValueError:
        raise InputError(f"{path}: its voxels are not hexadecimal digits; save it again.") from None
    _check_number(len(content), size, path)
    return np.frombuffer(content, dtype)


def _text(stream: Stream, longest: int, path: Path) -> bytes:
    """Read the rest of a stream, refusing what is longer than the promised numbers can be."""
    text = stream.read_up_to(longest + 1)
    if len(text) > longest:
        _check_number(2, 1, path)
    return text


def _check_number(number: int, promised: int, path: Path) -> None:
    """Refuse fewer or more values than the header promises."""
    if number < promised:
        raise InputError(f"{path}: ends before its last voxel (cut short); copy it again.")
    if number > promised:
        raise InputError(f"{path}: holds more voxels as text than its header promises; repair the header.")
