"""Susceptibility: what air and metal do to images: distortion along the phase axis of EPI, and lost signal."""

from __future__ import annotations

import torch
from torch import Tensor

from deskull.train.synthesis import artefacts
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import Shape

#: Phase is encoded along this axis (posterior to anterior).
_PHASE = 1
#: Distance between the control points of the distortion, in mm.
_DISTORTION_SPACING_MM = (25.0, 60.0)
#: Bounds of the factor by which distortion changes the signal.
_PILE_UP = (0.3, 2.5)
#: Signal is lost at points no farther from the brain surface than this, in mm; how many, and their radius in voxels.
_LOSS_REACH_MM, _LOSSES, _LOSS_RADIUS = 6.0, (1, 5), (3.0, 11.0)
#: Metal: radius of the void in voxels, how much larger the rim is, and how bright, as a fraction of the signal.
_METAL_RADIUS, _METAL_RIM, _METAL_BRIGHTNESS = (4.0, 14.0), 1.25, (0.0, 2.0)


def distortion(shape: Shape, rng: Rng, voxel_size: float, largest: float) -> Tensor:
    """Draw a smooth displacement along the phase axis.

    Parameters
    ----------
    shape : tuple of int
    rng : Rng
    voxel_size : float
        Edge of the voxels in mm.
    largest : float
        Largest standard deviation of the displacement in mm.

    Returns
    -------
    Tensor, shape (1, 3, *shape)
        In mm.
    """
    field = torch.zeros(1, 3, *shape, device=rng.device)
    strength = rng.uniform(0, largest)
    field[:, _PHASE] = strength * rng.smooth(shape, rng.uniform(*_DISTORTION_SPACING_MM) / voxel_size)[:, 0]
    return field


def pile_up(image: Tensor, displacement: Tensor, voxel_size: float) -> Tensor:
    """Add up signal where a distortion compresses, and thin it where it stretches (Jezzard and Balaban, MRM 1995).

    Parameters
    ----------
    image : Tensor, shape (1, n, x, y, z)
    displacement : Tensor, shape (1, 3, x, y, z)
        In mm.
    voxel_size : float
        Edge of the voxels in mm.
    """
    stretch = torch.gradient(displacement[:, _PHASE : _PHASE + 1], spacing=voxel_size, dim=2 + _PHASE)[0]
    return image * (1 + stretch).clamp_(*_PILE_UP)


def lose_signal(image: Tensor, distance: Tensor, rng: Rng) -> Tensor:
    """Remove signal at one to five places around the lower surface of the brain.

    Parameters
    ----------
    image : Tensor, shape (1, n, x, y, z)
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    rng : Rng
    """
    edge = (distance[0, 0].abs() < _LOSS_REACH_MM).nonzero()
    if not len(edge):
        return image
    low = edge[edge[:, 2] <= edge[:, 2].float().median()]
    picks = [rng.integer(0, len(low) - 1) for _ in range(rng.integer(*_LOSSES))]
    return artefacts.drop_out(image, low[picks], [rng.uniform(*_LOSS_RADIUS) for _ in picks])


def add_metal(image: Tensor, rng: Rng) -> Tensor:
    """Add a signal void with a bright rim anywhere: dental work, clips, shunt valves."""
    shape = image.shape[2:]
    centre = torch.tensor([[rng.integer(0, size - 1) for size in shape]])
    radius = rng.uniform(*_METAL_RADIUS)
    kept, farther = (artefacts.drop_out(image, centre, [reach]) for reach in (radius, _METAL_RIM * radius))
    return kept + (kept - farther) * rng.uniform(*_METAL_BRIGHTNESS)
