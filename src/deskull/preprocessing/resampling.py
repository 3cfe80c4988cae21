"""Resampling: interpolation through an affine map, and averaging or splitting voxels to the size of a grid's first.

Interpolation is linear, axis by axis where the grids are parallel and in threads where they are not. A scan finer
than the network's grid is averaged before it is sampled, a coarser one is split by cubic splines.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from nibabel.affines import voxel_sizes
from scipy import ndimage

from deskull.volume import Affine, FloatArray

Shape = tuple[int, ...]

#: The work is cut into so many slabs whatever the number of threads, so that the same bytes come out.
_SLABS = 8
#: Grids are parallel if over their whole length they part by less than this, in voxels.
_PARALLEL = 1e-3
#: Nearer to voxels than this, in voxels, values are those of the voxels.
_ON_VOXELS = 1e-4
#: Voxels longer than this many of the grid's are split by cubic splines.
_COARSE = 1.25


def interpolate(
    data: FloatArray, matrix: Affine, offset: Affine, shape: Shape, threads: int = 1, order: int = 1
) -> FloatArray:
    """Sample an array at ``matrix @ index + offset`` for each index of a grid; edges are repeated.

    Parameters
    ----------
    data : ndarray of float32, shape (x, y, z)
    matrix : ndarray, shape (3, 3)
    offset : ndarray, shape (3,)
    shape : tuple of int
        Of the result.
    threads : int
        At most so many threads.
    order : {1, 0}
        Linear, or the nearest voxel.

    Returns
    -------
    ndarray of float32
    """
    axes = _parallel_axes(matrix, shape) if order else None
    if axes is None:
        return _by_slabs(data, matrix, offset, shape, threads, order)
    turned = data.transpose(axes)
    places = [matrix[axis, j] * np.arange(shape[j]) + offset[axis] for j, axis in enumerate(axes)]
    # What shrinks the array comes first, what grows it last.
    for axis in sorted(range(3), key=lambda j: shape[j] / turned.shape[j]):
        turned = _along(turned, axis, places[axis])
    return turned


def _parallel_axes(matrix: Affine, shape: Shape) -> tuple[int, int, int] | None:
    """For each axis of the result the one of the data that runs along it; None if they are askew."""
    reach = np.abs(matrix) * np.array(shape)
    axes = reach.argmax(axis=0)
    aside = reach.copy()
    aside[axes, range(3)] = 0
    if len(set(axes)) < 3 or aside.max() > _PARALLEL:
        return None
    x, y, z = (int(axis) for axis in axes)
    return x, y, z


def _along(data: FloatArray, axis: int, places: npt.NDArray[np.float64]) -> FloatArray:
    """Interpolate along one axis."""
    size = data.shape[axis]
    places = np.clip(places, 0, size - 1)
    low = np.minimum(places.astype(int), max(0, size - 2))
    share = (places - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
    if np.abs(share - share.round()).max() < _ON_VOXELS:
        exact: FloatArray = np.take(data, low + share.round().astype(int).ravel(), axis)
        return exact
    lower: FloatArray = np.take(data, low, axis)
    upper: FloatArray = np.take(data, np.minimum(low + 1, size - 1), axis)
    upper -= lower
    upper *= share
    upper += lower
    return upper


def refine(data: FloatArray, axis: int, times: int) -> FloatArray:
    """Cubic spline through the voxels along an axis at `times` as many places: lines would flatten what bulges.

    Parameters
    ----------
    data : ndarray of float32, shape (x, y, z)
    axis : int
        With at least four voxels.
    times : int
        Each voxel is split into so many.

    Returns
    -------
    ndarray of float32
    """
    size = data.shape[axis]
    before = (slice(None),) * axis
    knots = ndimage.spline_filter1d(data, 3, axis, np.float32, "mirror")
    knots = np.pad(knots, [(2, 2) if a == axis else (0, 0) for a in range(3)], "reflect")
    finer = np.empty([n * times if a == axis else n for a, n in enumerate(data.shape)], np.float32)
    for part in range(times):
        place = (part + 0.5) / times - 0.5
        first = math.floor(place) + 1
        terms = (knots[(*before, slice(first + k, first + k + size))] * w for k, w in enumerate(_bases(place % 1)))
        finer[(*before, slice(part, None, times))] = sum(terms)
    return finer


def _bases(t: float) -> npt.NDArray[np.float32]:
    """The four cubic B-splines around a place a share `t` of the way between two knots (Unser et al., TSP 1993)."""
    u = 1 - t
    return np.array([u**3 / 6, 2 / 3 - t**2 + t**3 / 2, 2 / 3 - u**2 + u**3 / 2, t**3 / 6], np.float32)


def _by_slabs(data: FloatArray, matrix: Affine, offset: Affine, shape: Shape, threads: int, order: int) -> FloatArray:
    """Interpolate slab by slab in threads (scipy lets go of Python's lock)."""
    result = np.empty(shape, np.float32)
    ends = np.linspace(0, shape[0], min(_SLABS, shape[0]) + 1).astype(int)

    def fill(first: int, last: int) -> None:
        """Interpolate one slab in its place."""
        start = offset + matrix[:, 0] * first
        part = result[first:last]
        ndimage.affine_transform(data, matrix, start, part.shape, order=order, mode="nearest", output=part)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, ends[:-1], ends[1:]))
    return result


def downsample(data: FloatArray, affine: Affine, voxel: float) -> tuple[FloatArray, Affine]:
    """Average whole blocks of voxels, and blur what is left to lose, before sampling at `voxel` mm.

    Parameters
    ----------
    data : ndarray of float32, shape (x, y, z)
    affine : ndarray, shape (4, 4)
        Indices to world mm.
    voxel : float
        In mm.

    Returns
    -------
    tuple of ndarray
        The image and its affine afterwards.
    """
    reduced, scale = data, block_affine(data.shape, affine, voxel)
    for axis, block in enumerate(np.diag(scale)[:3].astype(int)):
        if block > 1:
            reduced = _block_mean(reduced, axis, block)
    blurs = [max(0.0, (voxel / (step * scale[a, a]) - 1) / 2) for a, step in enumerate(voxel_sizes(affine))]
    for axis, deviation in enumerate(blurs):
        if deviation > 0.1:
            reduced = _blur(reduced, deviation, axis)
    return reduced, affine @ scale


def _blur(data: FloatArray, deviation: float, axis: int) -> FloatArray:
    """Gaussian blur along an axis, cut at three deviations (in voxels), edges repeated; whole planes at a time."""
    reach = max(1, int(3 * deviation + 0.5))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    padded = np.pad(data, [(reach, reach) if a == axis else (0, 0) for a in range(3)], "edge")
    total: FloatArray = np.zeros_like(data)
    for first, weight in enumerate((weights / weights.sum()).astype(np.float32)):
        total += padded[(slice(None),) * axis + (slice(first, first + data.shape[axis]),)] * weight
    return total


def block_affine(shape: tuple[int, ...], affine: Affine, voxel: float) -> Affine:
    """Indices of blocks of whole voxels, no larger than `voxel` mm, to those of their voxels, shape (4, 4)."""
    scale: Affine = np.eye(4)
    for axis, step in enumerate(voxel_sizes(affine)):
        block = max(1, min(int(voxel / step + 1e-3), shape[axis]))
        scale[axis, axis], scale[axis, 3] = block, (block - 1) / 2
    return scale


def upsample(data: FloatArray, affine: Affine, voxel: float) -> tuple[FloatArray, Affine]:
    """Split voxels that are much longer than `voxel` mm by cubic splines; arguments and result as in `downsample`."""
    scale = np.eye(4)
    for axis, step in enumerate(voxel_sizes(affine)):
        if step > _COARSE * voxel and data.shape[axis] >= 4:
            times = math.ceil(step / voxel - 0.05)  # headers round: 2.0000001 mm are two voxels of 1 mm
            data = refine(data, axis, times)
            scale[axis, axis], scale[axis, 3] = 1 / times, (1 / times - 1) / 2
    return data, affine @ scale


def _block_mean(data: FloatArray, axis: int, block: int) -> FloatArray:
    """Mean of `block` voxels at a time along an axis; the last block repeats the last voxel if short."""
    size = data.shape[axis]
    count = math.ceil(size / block)
    total: FloatArray | None = None
    for offset in range(block):
        index = np.minimum(np.arange(count) * block + offset, size - 1)
        whole = slice(offset, offset + (count - 1) * block + 1, block)
        part = data[(slice(None),) * axis + (whole if index[-1] == whole.stop - 1 else index,)]
        total = part.astype(np.float32) if total is None else np.add(total, part, out=total)
    assert total is not None
    total /= block
    return total
