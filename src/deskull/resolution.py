"""Resolution: a scan finer than the network's grid is averaged, one coarser is split, before it is sampled."""

from __future__ import annotations

import math

import numpy as np

from deskull.interpolate import refine
from deskull.volume import Affine, FloatArray

#: Voxels longer than this many of the grid's are split by cubic splines.
_COARSE = 1.25


def reduce(data: FloatArray, affine: Affine, voxel: float) -> tuple[FloatArray, Affine]:
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
    reduced, scale = data, blocks(data.shape, affine, voxel)
    for axis, block in enumerate(np.diag(scale)[:3].astype(int)):
        if block > 1:
            reduced = _block_mean(reduced, axis, block)
    blurs = [max(0.0, (voxel / (step * scale[a, a]) - 1) / 2) for a, step in enumerate(_spacing(affine))]
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


def _spacing(affine: Affine) -> Affine:
    """Edges of a voxel in mm, shape (3,)."""
    spacing: Affine = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    return spacing


def blocks(shape: tuple[int, ...], affine: Affine, voxel: float) -> Affine:
    """Indices of blocks of whole voxels, no larger than `voxel` mm, to those of their voxels, shape (4, 4)."""
    scale: Affine = np.eye(4)
    for axis, step in enumerate(_spacing(affine)):
        block = max(1, min(int(voxel / step + 1e-3), shape[axis]))
        scale[axis, axis], scale[axis, 3] = block, (block - 1) / 2
    return scale


def split(data: FloatArray, affine: Affine, voxel: float) -> tuple[FloatArray, Affine]:
    """Split voxels that are much longer than `voxel` mm, by cubic splines; see `reduce` for what goes in and out."""
    scale = np.eye(4)
    for axis, step in enumerate(_spacing(affine)):
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
