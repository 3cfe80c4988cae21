"""Averaging: which frames of a series its mean is made of, as its b-values and its length tell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deskull.errors import UsageError
from deskull.formats.b_values import FoundBValues, read_b_values, read_given_b_values
from deskull.preprocessing.series import frames_to_average
from deskull.volume import Volume

#: B-values of a series in s/mm^2, or the file that states them.
BValues = str | Path | FoundBValues | Sequence[float] | npt.NDArray[Any]


def averaged_frames(scan: Volume, source: object = None, b_values: BValues | None = None) -> Sequence[int]:
    """Choose the frames of a series that show the head best.

    Parameters
    ----------
    scan : Volume
    source : object
        What it was read from; b-values are looked for beside the file of a path.
    b_values : str, Path, FoundBValues or sequence of float, optional
        By default those that the scan or a file beside it states.

    Returns
    -------
    sequence of int
        Indices of the frames; see `deskull.preprocessing.series.frames_to_average`. Empty for a 3-D scan.

    Warns
    -----
    SeriesWarning
        If a file of b-values that was found cannot be used.

    Raises
    ------
    InputError
        If a file that is given cannot be used.
    UsageError
        If there are b-values, but not one for each frame.
    """
    if scan.ndim == 3:
        return ()
    return frames_to_average(scan.n_frames, _b_values(scan, source, b_values))


def _b_values(scan: Volume, source: object, given: BValues | None) -> npt.NDArray[np.float64] | None:
    """B-values of a series: those that are given, those that it states, or those of a file beside it."""
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    if isinstance(given, str | os.PathLike):
        return read_given_b_values(Path(given), scan.n_frames)
    if isinstance(given, FoundBValues):
        return read_b_values(path or Path(), scan.n_frames, given)
    if given is not None:
        return _checked(given, scan.n_frames)
    if scan.b_values:
        return np.array(scan.b_values)
    return read_b_values(path, scan.n_frames) if path else None


def _checked(given: Sequence[float] | npt.NDArray[Any], n_frames: int) -> npt.NDArray[np.float64]:
    """B-values of a caller.

    Raises
    ------
    UsageError
    """
    try:
        values = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise UsageError("must be numbers, or the path of a file.", parameter="b_values") from None
    if values.shape != (n_frames,):
        shape = " x ".join(map(str, values.shape)) or "a single one"
        raise UsageError(f"must be {n_frames} numbers, one for each frame, not {shape}.", parameter="b_values")
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise UsageError("must be finite and not negative, in s/mm^2.", parameter="b_values")
    return values
