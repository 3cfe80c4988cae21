"""Volumes and nibabel images in memory: checked as files are, with the same sentences."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Header

from deskull.errors import InputError, IntensityWarning
from deskull.formats.limits import check_count, check_limits
from deskull.formats.shape import check_affine, check_dtype, split_shape
from deskull.volume import Affine, Array, Volume

#: Any affine's last row: an affine maps no point to infinity.
_LAST_ROW = (0.0, 0.0, 0.0, 1.0)


def check_volume(volume: Volume) -> Volume:
    """Check a volume that was made in memory.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    Volume
        The same object if nothing had to be changed. Masked voxels are filled with the lowest value; axes of length 1
        after the spatial ones and the frames are moved to `trailing`.

    Raises
    ------
    InputError
        If its data, affine or scaling are not those of a scan.
    """
    name = str(volume.name)
    data = _checked_data(volume.data, name)
    shape, trailing = split_shape(data.shape, name)
    affine = _checked_affine(volume.affine, name)
    for field, value in (("slope", volume.slope), ("inter", volume.inter)):
        if not (isinstance(value, int | float | np.number) and np.isfinite(value)):
            raise InputError(f"{name}: its {field} is {value!r}; give a finite number.")
    if volume.slope == 0:
        raise InputError(f"{name}: its slope is 0, so that all its values are the same; give 1 for no scaling.")
    checked = volume
    if data is not volume.data or shape != data.shape or affine is not volume.affine:
        trailing = trailing or volume.trailing
        checked = replace(volume, data=data.reshape(shape, order="F"), affine=affine, trailing=trailing)
    check_limits(checked)
    return checked


def _checked_data(data: Any, name: str) -> Array:
    """Return an array of real numbers, its masked voxels filled."""
    if not isinstance(data, np.ndarray):
        raise InputError(f"{name}: its data are of type {type(data).__name__}; give a NumPy array.")
    check_dtype(data.dtype, name)
    if not isinstance(data, np.ma.MaskedArray):
        return data
    if not np.ma.getmaskarray(data).any():
        return np.asarray(data)
    if data.count() == 0:
        raise InputError(f"{name}: every voxel is masked; give the scan without a mask.")
    warnings.warn(
        IntensityWarning(f"{name}: its masked voxels are taken as background (the lowest value)."), stacklevel=3
    )
    filled: Array = data.filled(data.min())
    return filled


def _checked_affine(affine: Any, name: str) -> Affine:
    """Return an affine of shape (4, 4) as float64."""
    if affine is None:
        raise InputError(f"{name}: has no affine; give one that maps voxel indices to mm.")
    try:
        if np.iscomplexobj(affine):
            raise TypeError
        matrix: Affine = np.asarray(affine, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: its affine is not an array of real numbers; give one of shape (4, 4).") from None
    if matrix.shape != (4, 4):
        raise InputError(f"{name}: its affine has shape {matrix.shape}; give one of shape (4, 4).")
    check_affine(matrix, name)
    if not np.array_equal(matrix[3], _LAST_ROW):
        raise InputError(f"{name}: the last row of its affine is not 0, 0, 0, 1; give an affine to the world in mm.")
    return matrix


def from_nibabel(image: Any) -> Volume:
    """Return a nibabel image as a `Volume`.

    An image of NIfTI keeps its header and its stored voxels; any other (MGH, Analyze, MINC, ...) its values and affine.

    Parameters
    ----------
    image : nibabel.spatialimages.SpatialImage
        In memory, or a proxy of a file that is still there.

    Raises
    ------
    InputError
        If its shape, voxels or affine are not those of a scan, or its file cannot be read any more.
    """
    name = str(image.get_filename() or "image in memory")
    shape, trailing = split_shape(tuple(int(n) for n in image.shape), name)
    dtype = image.get_data_dtype()
    check_dtype(dtype, name)
    check_count(shape, name, dtype)
    affine = _checked_affine(image.affine, name)
    header = image.header if isinstance(image.header, Nifti1Header) else None
    data, slope, inter = _voxels(image.dataobj, header is not None, name)
    volume = Volume(data, affine, slope, inter, header, name)
    return replace(check_volume(volume), trailing=trailing)


def _voxels(source: Any, stored: bool, name: str) -> tuple[Any, float, float]:
    """Return the voxels of an image, as stored with their slope and intercept where that is possible."""
    try:
        if stored and hasattr(source, "get_unscaled"):
            return np.asarray(source.get_unscaled()), float(source.slope), float(source.inter)
        return (source if isinstance(source, np.ndarray) else np.asarray(source)), 1.0, 0.0
    except FileNotFoundError:
        raise InputError(f"{name}: its file was moved or deleted since it was opened; open it again.") from None
    except MemoryError:
        raise
    except Exception as error:  # nibabel and the decompressors have many errors of their own for damaged files
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
        raise InputError(f"{name}: its voxels cannot be read ({reason}); copy the file again.") from error
