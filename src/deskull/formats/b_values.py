"""B-values: the text file beside a diffusion series that states the diffusion weighting of each frame.

The format is FSL's, which dcm2niix and BIDS use: numbers in s/mm^2, separated by white space.
"""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deskull.errors import InputError, SeriesWarning
from deskull.formats import split_name
from deskull.formats.files import open_regular

#: Endings of the file, in the order in which they are looked for.
ENDINGS = (".bval", ".bvals")
#: A file larger than this, in bytes, is no list of b-values: 32,767 frames of 32 characters are not longer.
_MAX_BYTES = 1 << 20
_SEPARATORS = re.compile(r"[\s,;]+")


def file_beside(scan: Path) -> Path | None:
    """Return the file of b-values that lies beside a series and has its name; None if there is none.

    Parameters
    ----------
    scan : Path
        File of the series: beside ``dwi.nii.gz``, ``dwi.bval`` and ``dwi.bvals`` are looked for.
    """
    stem = split_name(scan)[0]
    return next((path for ending in ENDINGS if (path := scan.parent / (stem + ending)).exists()), None)


def read_b_values(scan: Path, n_frames: int, file: Path | None = None) -> npt.NDArray[np.float64] | None:
    """Read the b-values of a series.

    Parameters
    ----------
    scan : Path
        File of the series.
    n_frames : int
        Number of frames, each of which must have a b-value.
    file : Path, optional
        The file that states them; by default the one that `file_beside` returns.

    Returns
    -------
    ndarray of float64, shape (n_frames,), or None
        In s/mm^2; None if there is no such file, or it cannot be used.

    Warns
    -----
    SeriesWarning
        If there is a file that cannot be used.
    """
    path = file or file_beside(scan)
    if path is None:
        return None
    try:
        return _parse(_content(path), n_frames)
    except OSError as error:
        fault = f"could not be read ({error.strerror or error})"
    except InputError:
        fault = "is not a regular file"
    except ValueError as error:
        fault = str(error)
    remedy = "the mask is made from the mean of all frames; correct the file and strip again"
    warnings.warn(SeriesWarning(f"{path}: {fault}; {remedy}."), stacklevel=2)
    return None


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
