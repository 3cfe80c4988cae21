"""Fields on a grid that several effects share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from deskull.axes import broadcast_along


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
        squared += broadcast_along(axis, along**2)
    return squared
