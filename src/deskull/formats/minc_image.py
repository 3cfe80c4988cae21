"""What MINC 1 and MINC 2 have in common: named axes in any order, and real values in a range of each slice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deskull.errors import InputError
from deskull.formats.limits import check_count
from deskull.formats.quoting import quote
from deskull.formats.shape import check_dtype
from deskull.volume import Affine, FloatArray

_SPATIAL = ("xspace", "yspace", "zspace")


def check_image(minc: Any, path: Path) -> tuple[int, ...]:
    """Refuse axes, voxels and sizes that are not those of a scan, before any voxel is read.

    Parameters
    ----------
    minc : nibabel.minc1.Minc1File or nibabel.minc2.Minc2File
    path : Path
        The file that messages name.

    Returns
    -------
    shape : tuple of int
        As stored.

    Raises
    ------
    InputError
    """
    names, shape = list(minc._dim_names), tuple(int(n) for n in minc.get_data_shape())
    others = [name for name in names if name not in _SPATIAL]
    distinct = len(set(names)) == len(names) == len(shape)
    if not distinct or len(names) - len(others) != 3 or len(others) > 1 or "vector_dimension" in others:
        raise InputError(f"{path}: has the axes {quote(', '.join(names))}; deskull needs x, y, z and perhaps time.")
    check_dtype(minc.get_data_dtype(), path)
    check_count(tuple(shape[names.index(name)] for name in (*_SPATIAL, *others)), path, np.float64)
    return shape


def read_image(minc: Any, path: Path) -> tuple[FloatArray, Affine]:
    """Read an image that `check_image` has accepted.

    Parameters
    ----------
    minc, path
        See `check_image`.

    Returns
    -------
    values : ndarray, 3-D or 4-D, float32
        Real values; time is the last axis.
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm; not yet checked.

    Raises
    ------
    InputError
        If a range of values is damaged.
    """
    values = _values(minc, path)
    for axis, name in enumerate(minc._dim_names):
        if name not in _SPATIAL:
            values = np.moveaxis(values, axis, -1)
    with np.errstate(over="ignore", invalid="ignore"):
        affine = np.asarray(minc.get_affine(), np.float64)
    return values, affine


def _values(minc: Any, path: Path) -> FloatArray:
    """Return the real values as float32; a range that 32-bit floats cannot hold is refused."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(minc.get_scaled_data())
    largest = float(np.abs(values).max(initial=0, where=np.isfinite(values)))
    limits = np.finfo(np.float32)
    if largest and not float(limits.tiny) < largest < float(limits.max):
        raise InputError(f"{path}: its values reach up to {largest:g} (damaged image-min or image-max); copy it again.")
    return values.astype(np.float32)
