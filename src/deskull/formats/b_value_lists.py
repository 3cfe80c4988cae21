"""Lists of b-values: text files that hold one number for each frame of a series."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deskull.formats.files import open_regular

#: A file larger than this, in bytes, is no list of b-values: 32,767 frames of 32 characters are not longer.
_MAX_BYTES = 1 << 20
_SEPARATORS = re.compile(r"[\s,;]+")


def read_values(path: Path, n_frames: int) -> npt.NDArray[np.float64]:
    """Read a file of b-values.

    Parameters
    ----------
    path : Path
    n_frames : int
        How many b-values it must hold.

    Raises
    ------
    OSError
        If it cannot be opened.
    ValueError
        If it holds anything else; the text says what, for the end of a sentence that begins with the file.
    """
    return _parse(_content(path), n_frames)


def _content(path: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    ValueError
        If it is too long, or no text.
    """
    with open_regular(path) as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError("is too long for a list of b-values")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not a text file") from None


def _parse(text: str, n_frames: int) -> npt.NDArray[np.float64]:
    """Return the numbers in a text.

    Raises
    ------
    ValueError
        If one is not a b-value, or their number is not that of the frames.
    """
    words = [word for word in _SEPARATORS.split(text) if word]
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise ValueError("holds something other than numbers") from None
    if not all(math.isfinite(value) and value >= 0 for value in values):
        raise ValueError("holds a number that is not a b-value")
    if len(values) != n_frames:
        raise ValueError(f"holds {len(values)} b-values for {n_frames} frames")
    return np.array(values)
