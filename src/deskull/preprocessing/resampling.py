"""Resampling: interpolation through an affine map, and averaging or splitting voxels to the voxel size of a grid.

Interpolation is linear: axis by axis where the axes of both grids are parallel, in threads where they are not. A scan
finer than the network's grid is averaged before it is sampled; a coarser one is first split by cubic splines.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from nibabel.affines import voxel_sizes
from scipy import ndimage

from deskull.axes import along, broadcast_along, pad_widths
from deskull.volume import Affine, Array, FloatArray

Shape = tuple[int, ...]

#: Number of slabs that interpolation is divided into: independent of the number of threads, so that the result is
#: the same to the byte.
_N_SLABS = 8
#: Number of planes that are interpolated at a time along an axis, which bounds the memory of the steps in between.
_N_PLANES = 16
#: Two grids are parallel if, over the whole length of an axis, they diverge by less than this, in voxels.
_PARALLEL_TOLERANCE = 1e-3
#: Sampling points closer to a voxel centre than this, in voxels, take the voxel's value.
_CENTRE_TOLERANCE = 1e-4
#: Voxels are split by cubic splines if they are longer than this many voxels of the grid: below, linear interpolation
#: loses little.
_COARSE = 1.25
#: Cubic splines need at least this many voxels along the axis.
_SPLINE_VOXELS = 4
#: Voxel sizes in headers are rounded: 2.0000001 mm are two voxels of 1 mm, not three.
_SPLIT_TOLERANCE = 0.05
_BLOCK_TOLERANCE = 1e-3
#: Gaussian blurs narrower than this standard deviation, in voxels, change nothing worth the time.
_NARROWEST_BLUR = 0.1


def interpolate(
    data: FloatArray,
    matrix: Affine,
    offset: Affine,
    shape: Shape,
    threads: int = 1,
    order: int = 1,
    out: FloatArray | None = None,
) -> FloatArray:
    """Sample an array at ``matrix @ index + offset`` for each index of a grid; edge values extend outwards.

    Parameters
    ----------
    data : ndarray of float32, shape (x, y, z)
    matrix : ndarray, shape (3, 3)
    offset : ndarray, shape (3,)
        In voxels of `data`.
    shape : tuple of int
        Shape of the result.
    threads : int
        Maximum number of threads.
    order : {1, 0}
        1 for linear interpolation, 0 for the nearest voxel.
    out : ndarray of float32, shape `shape`, optional
        Where the result is written.

    Returns
    -------
    ndarray of float32, shape `shape`
        `out`, if it is given.
    """
    axes = _parallel_axes(matrix, shape) if order else None
    if axes is None:
        result = np.empty(shape, np.float32) if out is None else out
        _interpolate_slabs(data, matrix, offset, result, threads, order)
        return result
    sampled = data.transpose(axes)
    positions = [matrix[axis, j] * np.arange(shape[j]) + offset[axis] for j, axis in enumerate(axes)]
    # Axes that shrink the array come first and axes that enlarge it last, so that little is computed.
    *others, last = sorted(range(3), key=lambda j: shape[j] / sampled.shape[j])
    for axis in others:
        sampled = _interpolate_axis(sampled, axis, positions[axis])
    return _interpolate_axis(sampled, last, positions[last], out)


def _parallel_axes(matrix: Affine, shape: Shape) -> tuple[int, int, int] | None:
    """Return, for each axis of the result, the axis of the data parallel to it; None if the axes are not parallel."""
    extent = np.abs(matrix) * np.array(shape)
    axes = extent.argmax(axis=0)
    sideways = extent.copy()
    sideways[axes, range(3)] = 0
    if len(set(axes)) < 3 or sideways.max() > _PARALLEL_TOLERANCE:
        return None
    x, y, z = (int(axis) for axis in axes)
    return x, y, z


def _interpolate_axis(
    data: FloatArray, axis: int, positions: npt.NDArray[np.float64], out: FloatArray | None = None
) -> FloatArray:
    """Interpolate linearly at positions along one axis, a few planes at a time."""
    size = data.shape[axis]
    positions = np.clip(positions, 0, size - 1)
    lower_index = np.minimum(positions.astype(int), max(0, size - 2))
    weight = (positions - lower_index).astype(np.float32)
    exact = np.abs(weight - weight.round()).max() < _CENTRE_TOLERANCE
    if exact:
        lower_index += weight.round().astype(int)
        if out is None and isinstance(places := _regular(lower_index), slice):
            chosen: FloatArray = data[along(axis, places)]
            return chosen
    if out is None:
        out = np.empty([len(positions) if other == axis else n for other, n in enumerate(data.shape)], np.float32)
    for first in range(0, len(positions), _N_PLANES):
        planes = slice(first, first + _N_PLANES)
        values: FloatArray = data[along(axis, _regular(lower_index[planes]))]
        if not exact:
            upper = data[along(axis, _regular(np.minimum(lower_index[planes] + 1, size - 1)))]
            values = values + (upper - values) * broadcast_along(axis, weight[planes])
        out[along(axis, planes)] = values
    return out


def _regular(index: npt.NDArray[np.intp]) -> slice | npt.NDArray[np.intp]:
    """Return indices as a slice, of which NumPy makes a view instead of a copy, if their steps are the same."""
    step = int(index[1] - index[0]) if len(index) > 1 else 1
    if step == 0 or (np.diff(index) != step).any():
        return index
    end = int(index[-1]) + step
    return slice(int(index[0]), None if end < 0 else end, step)


def _interpolate_slabs(
    data: FloatArray, matrix: Affine, offset: Affine, out: FloatArray, threads: int, order: int
) -> None:
    """Interpolate slab by slab into `out`, in threads (SciPy releases the global interpreter lock)."""
    ends = np.linspace(0, out.shape[0], min(_N_SLABS, out.shape[0]) + 1).astype(int)
    # Neighbours along the last axis of the result are to be neighbours in memory: twice as fast for some orientations.
    order_in_memory = np.abs(matrix[:, 2]).argsort()
    data = np.ascontiguousarray(data.transpose(order_in_memory)).transpose(order_in_memory.argsort())

    def fill(first: int, last: int) -> None:
        """Interpolate one slab in place."""
        start = offset + matrix[:, 0] * first
        part = out[first:last]
        ndimage.affine_transform(data, matrix, start, part.shape, order=order, mode="nearest", output=part)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, ends[:-1], ends[1:]))


def downsample(data: FloatArray, affine: Affine, voxel: float) -> tuple[FloatArray, Affine]:
    """Average a fine image before it is sampled on a coarser grid, so that nothing aliases.

    Whole blocks of voxels are averaged first; a Gaussian removes what detail is left.

    Parameters
    ----------
    data : ndarray of float32, shape (x, y, z)
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm.
    voxel : float
        Voxel size of the grid in mm.

    Returns
    -------
    data : ndarray of float32
        Unchanged if its voxels are not smaller than those of the grid.
    affine : ndarray, shape (4, 4)
    """
    reduced, reduced_affine = average_blocks(data, affine, voxel)
    widths = [max(0.0, (voxel / step - 1) / 2) for step in voxel_sizes(reduced_affine)]
    for axis, width in enumerate(widths):
        if width > _NARROWEST_BLUR:
            reduced = _blur(reduced, width, axis)
    return reduced, reduced_affine


def average_blocks(data: Array, affine: Affine, voxel: float) -> tuple[Array, Affine]:
    """Average blocks of whole voxels, at most `voxel` mm long.

    Parameters
    ----------
    data : ndarray of a numeric type, shape (x, y, z)
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm.
    voxel : float
        In mm.

    Returns
    -------
    data : ndarray
        Of float32; `data` itself if no block has more than one voxel.
    affine : ndarray, shape (4, 4)
    """
    scale = block_affine(data.shape, affine, voxel)
    for axis, block in enumerate(np.diag(scale)[:3].astype(int)):
        if block > 1:
            data = block_mean(data, axis, block)
    return data, affine @ scale


def block_affine(shape: tuple[int, ...], affine: Affine, voxel: float) -> Affine:
    """Return the map from indices of blocks of whole voxels, at most `voxel` mm long, to voxel indices, (4, 4)."""
    scale: Affine = np.eye(4)
    for axis, step in enumerate(voxel_sizes(affine)):
        block = max(1, min(int(voxel / step + _BLOCK_TOLERANCE), shape[axis]))
        scale[axis, axis], scale[axis, 3] = block, (block - 1) / 2
    return scale


def block_mean(data: Array, axis: int, block: int) -> FloatArray:
    """Average `block` voxels at a time along an axis; a last block that is too short repeats the last voxel.

    Parameters
    ----------
    data : ndarray of a numeric type
    axis, block : int

    Returns
    -------
    ndarray of float32
    """
    size = data.shape[axis]
    count = math.ceil(size / block)
    total: FloatArray | None = None
    for offset in range(block):
        index = np.minimum(np.arange(count) * block + offset, size - 1)
        whole = slice(offset, offset + (count - 1) * block + 1, block)
        part = data[along(axis, whole if index[-1] == whole.stop - 1 else index)]
        total = part.astype(np.float32) if total is None else np.add(total, part, out=total)
    assert total is not None
    total /= block
    return total


def _blur(data: FloatArray, width: float, axis: int) -> FloatArray:
    """Blur along an axis with a Gaussian of standard deviation `width` voxels, cut off at three; edges are repeated.

    Hand-written because it adds whole planes, which takes a half to a third of the time of
    ``scipy.ndimage.gaussian_filter1d`` on arrays in Fortran order, as most formats store them.
    """
    reach = max(1, int(3 * width + 0.5))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    padded = np.pad(data, pad_widths(axis, reach), "edge")
    total: FloatArray = np.zeros_like(data)
    for first, weight in enumerate((weights / weights.sum()).astype(np.float32)):
        total += padded[along(axis, slice(first, first + data.shape[axis]))] * weight
    return total


def upsample(data: FloatArray, affine: Affine, voxel: float) -> tuple[FloatArray, Affine]:
    """Split voxels much longer than `voxel` mm by cubic splines; parameters and result as in `downsample`."""
    scale = np.eye(4)
    for axis, step in enumerate(voxel_sizes(affine)):
        if step > _COARSE * voxel and data.shape[axis] >= _SPLINE_VOXELS:
            times = math.ceil(step / voxel - _SPLIT_TOLERANCE)
            data = refine(data, axis, times)
            scale[axis, axis], scale[axis, 3] = 1 / times, (1 / times - 1) / 2
    return data, affine @ scale


def refine(data: FloatArray, axis: int, times: int) -> FloatArray:
    """Evaluate the cubic spline through the voxels along an axis at `times` points in each voxel.

    Linear interpolation would flatten the image where its surface curves between thick slices.

    Parameters
    ----------
    data : ndarray of float32, shape (x, y, z)
    axis : int
        An axis with at least four voxels.
    times : int
        Number of parts that each voxel is split into.

    Returns
    -------
    ndarray of float32
        `times` as long along the axis.

    Notes
    -----
    Hand-written because the points lie at the same places in every voxel, so that whole planes are weighted: 27 ms
    against 1,085 ms of ``scipy.ndimage.zoom`` where both were measured. B-splines as in Unser, Aldroubi and Eden, IEEE
    Transactions on Signal Processing 1993.
    """
    size = data.shape[axis]
    knots = ndimage.spline_filter1d(data, 3, axis, np.float32, "mirror")
    knots = np.pad(knots, pad_widths(axis, 2), "reflect")
    finer = np.empty([n * times if a == axis else n for a, n in enumerate(data.shape)], np.float32)
    for part in range(times):
        position = (part + 0.5) / times - 0.5
        first = math.floor(position) + 1
        weights = enumerate(_spline_weights(position % 1))
        terms = (knots[along(axis, slice(first + k, first + k + size))] * weight for k, weight in weights)
        finer[along(axis, slice(part, None, times))] = sum(terms)
    return finer


def _spline_weights(t: float) -> npt.NDArray[np.float32]:
    """Return the weights of the four cubic B-splines around a point that lies the fraction `t` between two knots."""
    u = 1 - t
    return np.array([u**3 / 6, 2 / 3 - t**2 + t**3 / 2, 2 / 3 - u**2 + u**3 / 2, t**3 / 6], np.float32)
