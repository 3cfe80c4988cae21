"""Convolutions rearranged for the exported network: the same sums of products from fewer operations.

Engines compute the rearranged weights once, when they load the network; the file holds those of training.
"""

from __future__ import annotations

from itertools import product

import torch
import torch.nn.functional as functional
from torch import Tensor

#: First axis of space in tensors of shape (n, channels, x, y, z) and (outputs, inputs, x, y, z).
_SPACE = 2


def strided_convolution(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Convolve with a kernel of three strides, a stride of zeros at each side.

    The voxels of a stride become channels of a coarser grid, where the kernel has three voxels ("space to depth", Shi
    et al., CVPR 2016): the products are the same, but each voxel is copied 27 times instead of ``27 * stride**3``.

    Parameters
    ----------
    x : Tensor
        Shape (n, 1, x, y, z), each size a multiple of `stride`.
    weight : Tensor
        Shape (outputs, 1, k, k, k), k being ``3 * stride``.
    stride : int

    Returns
    -------
    Tensor
        Shape (n, outputs, x / stride, y / stride, z / stride).
    """
    starts = list(product(range(stride), repeat=3))
    parts = [x[:, :, i::stride, j::stride, k::stride] for i, j, k in starts]
    kernels = [weight[:, :, i::stride, j::stride, k::stride] for i, j, k in starts]
    return functional.conv3d(torch.cat(parts, dim=1), torch.cat(kernels, dim=1), padding=1)


def convolution_of_upsampled(coarse: Tensor, weight: Tensor) -> Tensor:
    """Convolve what nearest-neighbour upsampling by two would make of an image, a voxel of zeros at each side.

    Along an axis, two of the three voxels of a kernel lie in the same coarse voxel. So a kernel of two voxels on the
    coarse grid does for each of the eight places that a voxel can have in a coarse one: 8 products instead of 27.

    Parameters
    ----------
    coarse : Tensor
        Shape (n, channels, x, y, z).
    weight : Tensor
        Shape (outputs, channels, 3, 3, 3).

    Returns
    -------
    Tensor
        Shape (n, outputs, 2 x, 2 y, 2 z).
    """
    kernels = [weight]
    for axis in (_SPACE, _SPACE + 1, _SPACE + 2):
        kernels = [half for kernel in kernels for half in _kernels_on_coarse_grid(kernel, axis)]
    places = functional.conv3d(coarse, torch.cat(kernels), padding=1).chunk(8, dim=1)
    parts = [_from(part, starts) for part, starts in zip(places, product((0, 1), repeat=3), strict=True)]
    for axis in (_SPACE + 2, _SPACE + 1, _SPACE):
        parts = [_interleaved(first, second, axis) for first, second in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def _kernels_on_coarse_grid(kernel: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Return the kernels of two coarse voxels for the first and for the second fine voxel in a coarse one."""
    before, here, after = kernel.unbind(axis)
    return torch.stack([before, here + after], axis), torch.stack([before + here, after], axis)


def _from(x: Tensor, starts: tuple[int, ...]) -> Tensor:
    """Cut one voxel from each axis of space: the first one where the start is 1, and the last one where it is 0."""
    for axis, start in enumerate(starts, _SPACE):
        x = x.narrow(axis, start, x.shape[axis] - 1)
    return x


def _interleaved(first: Tensor, second: Tensor, axis: int) -> Tensor:
    """Take voxels of two images in turn along an axis."""
    return torch.stack([first, second], axis + 1).flatten(axis, axis + 1)
