"""Packing: an image as several channels of a coarser grid.

Effects that act on each voxel by itself can then use one smooth field on the coarser grid for all of them.
"""

from __future__ import annotations

from torch import Tensor


def pack(image: Tensor, stride: int) -> Tensor:
    """Move each block of voxels into the channels of one coarser voxel.

    Parameters
    ----------
    image : Tensor, shape (1, 1, stride x, stride y, stride z)
    stride : int
        Edge of the blocks in voxels.

    Returns
    -------
    Tensor, shape (1, stride^3, x, y, z)
    """
    if stride == 1:
        return image
    x, y, z = (size // stride for size in image.shape[2:])
    blocks = image.reshape(x, stride, y, stride, z, stride)
    return blocks.permute(1, 3, 5, 0, 2, 4).reshape(1, stride**3, x, y, z)


def unpack(image: Tensor, stride: int) -> Tensor:
    """Undo `pack`.

    Parameters
    ----------
    image : Tensor, shape (1, stride^3, x, y, z)
    stride : int

    Returns
    -------
    Tensor, shape (1, 1, stride x, stride y, stride z)
    """
    if stride == 1:
        return image
    x, y, z = image.shape[2:]
    blocks = image.reshape(stride, stride, stride, x, y, z).permute(3, 0, 4, 1, 5, 2)
    return blocks.reshape(1, 1, stride * x, stride * y, stride * z)
