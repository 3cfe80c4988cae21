"""B-values: the text file beside a diffusion series that states the diffusion weighting of each frame.

The format is FSL's, which dcm2niix and BIDS use: numbers in s/mm^2, separated by white space.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deskull.errors import InputError, SeriesWarning
from deskull.formats import split_name
from deskull.formats.b_value_lists import read_values
from deskull.formats.files import opened_files

#: Endings of the file, in the order in which they are looked for.
ENDINGS = (".bval", ".bvals")
#: Its whole name in folders of FSL and of the Human Connectome Project, where it lies beside ``data.nii.gz``.
PLAIN_NAMES = ("bvals", "bval")


def file_beside(scan: Path) -> Path | None:
    """Return the file of b-values that lies beside a series and has its name; None if there is none.

    Parameters
    ----------
    scan : Path
        File of the series: beside ``dwi.nii.gz``, ``dwi.bval`` and ``dwi.bvals`` are looked for.
    """
    stem = split_name(scan)[0]
    return next((path for ending in ENDINGS if (path := scan.parent / (stem + ending)).exists()), None)


@dataclass(frozen=True)
class FoundBValues:
    """A file of b-values that was found for a series, and not named by the user; one that does not fit is no error."""

    path: Path


def read_b_values(scan: Path, n_frames: int, found: FoundBValues | None = None) -> npt.NDArray[np.float64] | None:
    """Read the b-values of a series from the file that was found for it.

    Parameters
    ----------
    scan : Path
        File of the series.
    n_frames : int
        Number of frames, each of which must have a b-value.
    found : FoundBValues, optional
        The file that states them; by default the one that `file_beside` returns, or else ``bvals`` or ``bval`` in the
        folder of the series, if it has a b-value for each frame: it may belong to another series.

    Returns
    -------
    ndarray of float64, shape (n_frames,), or None
        In s/mm^2; None if there is no such file, or it cannot be used.

    Warns
    -----
    SeriesWarning
        If there is a file that cannot be used.
    """
    path = found.path if found else file_beside(scan) or _plain_file(scan.parent, n_frames)
    if path is None:
        return None
    try:
        return _read(path, n_frames)
    except ValueError as error:
        remedy = "the mask is made from the mean of all frames; correct the file and strip again"
        warnings.warn(SeriesWarning(f"{path}: {error}; {remedy}."), stacklevel=2)
        return None


def read_given_b_values(path: Path, n_frames: int) -> npt.NDArray[np.float64]:
    """Read the b-values of a series from a file that the user names.

    Parameters
    ----------
    path : Path
    n_frames : int
        Number of frames, each of which must have a b-value.

    Returns
    -------
    ndarray of float64, shape (n_frames,)
        In s/mm^2.

    Raises
    ------
    InputError
        If the file cannot be used.
    """
    try:
        return _read(path, n_frames)
    except ValueError as error:
        raise InputError(f"{path}: {error}; correct the file, or name that of the series.") from error


def _read(path: Path, n_frames: int) -> npt.NDArray[np.float64]:
    """Read a file of b-values.

    Raises
    ------
    ValueError
        If it cannot be used; the text says why, for the middle of a sentence that begins with the file.
    """
    try:
        return read_values(path, n_frames)
    except OSError as error:
        raise ValueError(f"could not be read ({error.strerror or error})") from error
    except InputError as error:
        raise ValueError("is not a regular file") from error


def _plain_file(folder: Path, n_frames: int) -> Path | None:
    """File of b-values in a folder that has no name of its own; None if there is none, or it does not fit."""
    for path in (folder / name for name in PLAIN_NAMES):
        try:
            with opened_files():  # one that does not fit is not part of the scan
                read_values(path, n_frames)
            return path
        except (OSError, ValueError):
            continue
    return None
