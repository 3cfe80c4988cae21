"""Field of view: which part of a head an image covers, cut along the grid or along an oblique plane."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from deskull.axes import broadcast_along
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import Shape

#: Probability that the field of view cuts the lowest face of the grid, and each of the others.
_CUT_BOTTOM_PROBABILITY, _CUT_PROBABILITY = 0.6, 0.3
#: Largest fraction of the grid that is cut at a face, along z and along x and y.
_CUT_Z, _CUT_XY = 0.3, 0.15
#: An oblique cut: its angle to the axial plane in degrees, the fraction of the brain's extent that it removes, and the
#: probability that it removes the lower end.
_OBLIQUE_DEGREES, _OBLIQUE_FRACTION, _OBLIQUE_BELOW_PROBABILITY = (4.0, 30.0), (0.0, 0.2), 0.7


def field_of_view(shape: Shape, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Draw the field of view: faces of the grid are cut at random, the neck most often.

    Returns
    -------
    Tensor, shape (1, 1, x, y, z)
        1 inside, 0 outside.
    """
    covered = torch.ones(1, 1, *shape, device=rng.device)
    if not rng.chance(config.cropping_probability):
        return covered
    for axis, size in enumerate(shape):
        for side in (0, 1):
            if rng.chance(_CUT_BOTTOM_PROBABILITY if (axis, side) == (2, 0) else _CUT_PROBABILITY):
                lost = round(size * rng.uniform(0, _CUT_Z if axis == 2 else _CUT_XY))
                covered.narrow(2 + axis, 0 if side == 0 else size - lost, lost).zero_()
    return covered


def cut_obliquely(
    image: Tensor, distance: Tensor, tissues: Tensor, rng: Rng, voxel_size: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Blank what lies beyond an oblique plane near the lower or the upper end of the brain.

    Parameters
    ----------
    image : Tensor, shape (1, 1, stride x, stride y, stride z)
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    tissues : Tensor of uint8, shape (1, 1, k x, k y, k z)
    rng : Rng
    voxel_size : float
        Edge of the voxels of `distance` in mm.

    Returns
    -------
    tuple of Tensor
        Image, distances and tissues after the cut: the plane becomes a part of both surfaces.
    """
    angle, turn = math.radians(rng.uniform(*_OBLIQUE_DEGREES)), rng.uniform(0, 2 * math.pi)
    sign = -1 if rng.chance(_OBLIQUE_BELOW_PROBABILITY) else 1
    normal = (math.sin(angle) * math.cos(turn), math.sin(angle) * math.sin(turn), sign * math.cos(angle))
    beyond = _height(distance, normal, voxel_size)
    brain = beyond[distance[:, :1] < 0]
    if not len(brain):
        return image, distance, tissues
    lowest, highest = float(brain.min()), float(brain.max())
    end = highest - rng.uniform(*_OBLIQUE_FRACTION) * (highest - lowest)
    finer = [distance.shape[2] / part.shape[2] * voxel_size for part in (image, tissues)]
    kept = [_height(part, normal, size) < end for part, size in zip((image, tissues), finer, strict=True)]
    return image * kept[0], torch.maximum(distance, beyond - end), tissues * kept[1]


def _height(grid: Tensor, normal: Sequence[float], voxel_size: float) -> Tensor:
    """Position of each voxel of a grid along a direction from its middle in mm, shape (1, 1, x, y, z)."""
    heights = torch.zeros(1, 1, *grid.shape[2:], device=grid.device)
    for axis, size in enumerate(grid.shape[2:]):
        middles = (torch.arange(size, device=grid.device) - (size - 1) / 2) * (normal[axis] * voxel_size)
        heights += broadcast_along(axis, middles)
    return heights
