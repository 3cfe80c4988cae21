"""Fields on a grid that several effects share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def along_axis(values: Tensor, axis: int) -> Tensor:
    """Shape values along one spatial axis so that they combine with an image (x, y, z).

    Examples
    --------
    >>> along_axis(torch.zeros(5), 1).shape
    torch.Size([1, 5, 1])
    """
    return values.reshape([-1 if a == axis else 1 for a in range(3)])


def squared_distance(
    shape: Sequence[int], centre: Sequence[float], radii: Sequence[float], device: torch.device
) -> Tensor:
    """Squared distance of each voxel from a point, in units of a radius along each axis.

    Parameters
    ----------
    shape : sequence of int
    centre, radii : sequence of float
        In voxels.
    device : torch.device

    Returns
    -------
    Tensor, shape (x, y, z)
    """
    squared = torch.zeros(*shape, device=device)
    for axis, size in enumerate(shape):
        along = (torch.arange(size, device=device) - centre[axis]) / radii[axis]
        squared += along_axis(along**2, axis)
    return squared
