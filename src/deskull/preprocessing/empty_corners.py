"""Empty corners: what an oblique scan leaves empty in the array of a grid to which it was resampled.

Padding that fills whole planes is left out before the network sees a scan (`deskull.preprocessing.coverage`). A scan
that was rotated into another grid leaves wedges, into which the network may continue the brain.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from deskull.axes import along, occupied_indices
from deskull.volume import Affine, Array, Volume

Box = tuple[slice, ...]

#: The mask is cleared where the empty part of it is at least this thick, in mm. The mask of a stripped brain lies up to
#: 2 mm outside the brain, in voxels that are empty as well.
_THICK_MM = 6.0
#: Less mask than this in voxels of the value of the corners, in ml, is not looked at further.
_MIN_ML = 10.0
#: It is measured on about this number of planes.
_N_SAMPLED_PLANES = 32


def empty_corners(mask: Array, scan: Volume) -> tuple[Box, Array] | None:
    """Find where a mask reaches into corners of the array that the scan leaves empty.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
        On the voxels of the scan.
    scan : Volume
        A 3-D scan of finite values.

    Returns
    -------
    box : tuple of slice
        A part of the array.
    empty : ndarray of bool
        The empty voxels in that part. None is returned instead of both where there are none.

    Notes
    -----
    An oblique scan fills a convex part of the array: a straight line that leaves it does not return. Voxels are
    therefore empty if they have the value of the array's corners and lie along none of the three axes between voxels of
    other values. Ventricles, and the sulci of a stripped brain, lie between such voxels.
    """
    value = _shared_corner_value(scan.data)
    if value is None:
        return None
    step = max(1, scan.shape[2] // _N_SAMPLED_PLANES)
    sample = mask[..., ::step] & (scan.data[..., ::step] == value)
    if np.count_nonzero(sample) * step * scan.voxel_ml < _MIN_ML:
        return None
    empty = mask & (scan.data == value)
    ends = [occupied_indices(empty, axis)[[0, -1]] for axis in range(3)]
    box = tuple(slice(int(first), int(last) + 1) for first, last in ends)
    empty = empty[box] & ~_lies_between(scan.data, value, box)
    return box, _thick_parts(empty, scan.voxel_sizes)


def _shared_corner_value(data: Array) -> Any:
    """Return the stored value of most corners of an array, if at least two have it; otherwise None."""
    corners = data[np.ix_(*[(0, size - 1) for size in data.shape])]
    values, counts = np.unique(corners, return_counts=True)
    return values[counts.argmax()] if counts.max() > 1 else None


def _lies_between(data: Array, value: Any, box: Box) -> Array:
    """Return which voxels of a box lie along at least one axis between voxels that differ from a value."""
    between = np.zeros([side.stop - side.start for side in box], bool)
    for axis, side in enumerate(box):
        differs = data[tuple(slice(None) if other == axis else part for other, part in enumerate(box))] != value
        before = np.logical_or.accumulate(differs, axis)
        after = np.flip(np.logical_or.accumulate(np.flip(differs, axis), axis), axis)
        between |= (before & after)[along(axis, side)]
    return between


def _thick_parts(mask: Array, voxel_sizes: Affine) -> Array:
    """Return the parts of a mask that hold a box of `_THICK_MM` along each axis, and what lies within as much of them.

    An opening that also keeps the thin ends of thick parts, and crumbs beside them.
    """
    halves = [int(np.ceil(_THICK_MM / step / 2 - 0.5)) for step in voxel_sizes]
    eroded = ndimage.minimum_filter(mask.view(np.uint8), [2 * half + 1 for half in halves], mode="constant")
    parts: Array = ndimage.maximum_filter(eroded, [6 * half + 1 for half in halves], mode="constant") > 0
    return parts & mask
