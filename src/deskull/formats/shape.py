"""Which shapes, data types and affines are those of a scan: the same checks for every format and for memory."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from nibabel.affines import voxel_sizes

from deskull.errors import GeometryWarning, InputError

#: Voxel sizes smaller than this, in mm, are zero.
_MIN_SIZE = 1e-6
#: Directions of axes are rounded; they are of length 1 to within this.
_DIRECTION_TOLERANCE = 0.01
#: An affine is singular if the volume of a voxel, relative to the product of its edges, is smaller than this.
_MIN_RELATIVE_VOLUME = 1e-4


def split_shape(shape: tuple[int, ...], name: str | Path) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Split a declared shape into the 3 or 4 axes of a scan and the axes of length 1 after them.

    Parameters
    ----------
    shape : tuple of int
    name : str or Path
        Name of the image in messages.

    Raises
    ------
    InputError
        If it is 2-D, empty, or has more than four axes that are longer than 1.
    """
    core = list(shape)
    while len(core) > 3 and core[-1] == 1:
        core.pop()
    text = "x".join(map(str, shape))
    if 0 in core:
        raise InputError(f"{name}: has no voxels (shape {text}); convert it again.")
    if len(core) < 3 or sum(size > 1 for size in core[:3]) < 3:
        raise InputError(f"{name}: is a 2-D image (shape {text}); deskull needs a whole 3-D scan.")
    if len(core) > 4:
        raise InputError(f"{name}: has {len(core)} dimensions (shape {text}); split it into 3-D or 4-D images.")
    return tuple(core), shape[len(core) :]


def check_dtype(dtype: npt.DTypeLike | npt.NDArray[Any], name: str | Path) -> None:
    """Refuse voxels that are not real numbers, by the name of what they are.

    Parameters
    ----------
    dtype : dtype or ndarray
        Type of the voxels, or the voxels; or a description of a type that NumPy does not have.
    name : str or Path
        Name of the image in messages.

    Raises
    ------
    InputError
        If the voxels are complex numbers, colours, 128-bit floats or no numbers at all.
    """
    if isinstance(dtype, str) and dtype in _DESCRIPTIONS:
        raise InputError(f"{name}: holds {dtype}, {_DESCRIPTIONS[dtype]}.")
    kind = np.dtype(dtype.dtype if isinstance(dtype, np.ndarray) else dtype)
    if kind.kind == "c":
        raise InputError(f"{name}: holds complex numbers, {_DESCRIPTIONS['complex numbers']}.")
    if kind.kind == "V":
        raise InputError(f"{name}: holds colours, {_DESCRIPTIONS['colours (RGB)']}.")
    if kind.kind == "f" and kind.itemsize > 8:
        raise InputError(f"{name}: holds 128-bit floats, {_DESCRIPTIONS['128-bit floats']}.")
    if kind.kind not in "iufb":
        raise InputError(f"{name}: holds {kind.name} values, not numbers; give an array of intensities.")


_COLOURS = "not intensities; give the scan it was made from"
#: What voxels can hold that deskull does not use, and what to give instead.
_DESCRIPTIONS = {
    "single bits": "not intensities; convert it to bytes",
    "complex numbers": "not intensities; give its magnitude image",
    "128-bit floats": "which computers store differently; convert it to 32-bit floats",
    "colours (RGB)": _COLOURS,
    "colours (RGBA)": _COLOURS,
}


def warn_of_directions(directions: npt.NDArray[Any], name: str | Path) -> None:
    """Warn if the directions of the axes, which should be of length 1, change the voxel sizes that a header states.

    Parameters
    ----------
    directions : ndarray, shape (3, 3)
        One direction in each column.
    name : str or Path
        Name of the image in messages.
    """
    lengths = np.linalg.norm(directions, axis=0)
    if (np.abs(lengths - 1) > _DIRECTION_TOLERANCE).any():
        message = f"{name}: its directions are not of length 1, so that voxels are not of the sizes that it states."
        warnings.warn(GeometryWarning(message), stacklevel=3)


def affine_fault(affine: npt.NDArray[Any]) -> str:
    """Describe why an affine of shape (4, 4) places no scan in the world; empty if it does.

    Returns
    -------
    str
        For instance ``a voxel size is zero``.
    """
    if not np.isfinite(affine).all():
        return "its orientation holds numbers that are not finite"
    with np.errstate(over="ignore"):
        sizes = voxel_sizes(affine)
    if not np.isfinite(sizes).all():
        return "a voxel size is too large for a number"
    if (sizes < _MIN_SIZE).any():
        return "a voxel size is zero"
    if abs(np.linalg.det(affine[:3, :3] / sizes)) < _MIN_RELATIVE_VOLUME:
        return "its affine is singular (two axes point the same way)"
    return ""


def check_affine(affine: npt.NDArray[Any], name: str | Path) -> None:
    """Refuse an affine that maps voxels to nowhere or onto a plane.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm.
    name : str or Path
        Name of the image in messages.

    Raises
    ------
    InputError
        If a voxel size is zero or not finite, or the affine is singular.
    """
    if fault := affine_fault(affine):
        raise InputError(f"{name}: {fault}; repair the header.")
