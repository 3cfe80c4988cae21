"""What air beside the brain does to echo-planar images: distortion along the phase axis, and lost signal."""

from __future__ import annotations

import torch
from torch import Tensor

from deskull.train.synthesis import artefacts
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import Shape

#: Phase is encoded along this axis (back to front).
_PHASE = 1


def distortion(shape: Shape, rng: Rng, voxel: float, most: float) -> Tensor:
    """Smooth displacement along the phase axis, shape (1, 3, *shape) in mm.

    Parameters
    ----------
    shape : tuple of int
    rng : Rng
    voxel : float
        Edge of the voxels in mm.
    most : float
        Largest deviation of the displacement in mm.
    """
    field = torch.zeros(1, 3, *shape, device=rng.device)
    field[:, _PHASE] = rng.uniform(0, most) * rng.smooth(shape, rng.uniform(25, 60) / voxel)[:, 0]
    return field


def pile_up(image: Tensor, displacement: Tensor, voxel: float) -> Tensor:
    """Where a distortion squeezes, signal adds up; where it stretches, it thins out (Jezzard and Balaban 1995)."""
    stretch = torch.gradient(displacement[:, _PHASE : _PHASE + 1], spacing=voxel, dim=2 + _PHASE)[0]
    return image * (1 + stretch).clamp_(0.3, 2.5)


def lost_signal(image: Tensor, distance: Tensor, rng: Rng) -> Tensor:
    """Signal lost at one to five places around the lower surface of the brain."""
    edge = (distance[0, 0].abs() < 6).nonzero()
    if not len(edge):
        return image
    low = edge[edge[:, 2] <= edge[:, 2].float().median()]
    picks = [rng.integer(0, len(low) - 1) for _ in range(rng.integer(1, 5))]
    return artefacts.drop_out(image, low[picks], [rng.uniform(3, 11) for _ in picks])


def metal(image: Tensor, rng: Rng) -> Tensor:
    """A void with a bright rim anywhere: dental work, clips, shunt valves."""
    shape = image.shape[2:]
    centre = torch.tensor([[rng.integer(0, size - 1) for size in shape]])
    radius = rng.uniform(4, 14)
    kept, farther = (artefacts.drop_out(image, centre, [reach]) for reach in (radius, 1.25 * radius))
    return kept + (kept - farther) * rng.uniform(0, 2)
