"""Susceptibility: what air and metal do to images: distortion along the phase axis of EPI, and lost signal."""

from __future__ import annotations

from dataclasses import dataclass

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
#: Where air lies beside the brain, as seen from its middle: direction (right, anterior, superior) to the frontal and
#: ethmoid sinuses, the petrous bones, and the posterior vertex, where EPI is often darkest; and how far it varies.
_FRONTAL, _PETROUS, _VERTEX = (0.0, 1.0, -0.45), (0.75, -0.1, -0.65), (0.0, -0.45, 0.9)
_SITE_VARIATION = 0.15
#: Metal: radius of the void in voxels, how much larger the rim is, and how bright, as a fraction of the signal.
_METAL_RADIUS, _METAL_RIM, _METAL_BRIGHTNESS = (4.0, 14.0), 1.25, (0.0, 2.0)


@dataclass(frozen=True)
class EpiConfig:
    """What susceptibility does to EPI at known places. Probabilities are per image of the family EPI.

    Attributes
    ----------
    frontal_loss_probability, petrous_loss_probability, vertex_loss_probability : float
        That signal is lost beside the frontal sinus, beside each petrous bone (Deichmann et al., NeuroImage 2003;
        Weiskopf et al., NeuroImage 2006), and at the posterior vertex.
    loss_mm : tuple of float
        Range of the standard deviation, in mm, of the Gaussian by which the loss fades: the project's own estimate.
        Half of what is lost in its middle is lost at 1.2 times that distance.
    loss_fraction : tuple of float
        Range of the fraction of the signal that is lost in the middle of the Gaussian.
    nyquist_ghost_probability : float
        That a ghost is displaced by about half the field of view along the phase axis (Chen and Wyrwicz, MRM 2004).
    nyquist_ghost : tuple of float
        Range of its strength as a fraction of the signal.
    """

    frontal_loss_probability: float = 0.0
    petrous_loss_probability: float = 0.0
    vertex_loss_probability: float = 0.0
    loss_mm: tuple[float, float] = (6.0, 20.0)
    loss_fraction: tuple[float, float] = (0.5, 1.0)
    nyquist_ghost_probability: float = 0.0
    nyquist_ghost: tuple[float, float] = (0.02, 0.2)


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


def lose_signal_beside_air(image: Tensor, distance: Tensor, rng: Rng, config: EpiConfig, voxel_size: float) -> Tensor:
    """Remove signal at the frontal pole, beside the petrous bones and at the vertex, each with its probability.

    The sites are found by their direction on the grid, so they are other ones where the axes are permuted.

    Parameters
    ----------
    image : Tensor, shape (1, n, x, y, z)
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    rng : Rng
    config : EpiConfig
    voxel_size : float
        Edge of the voxels in mm.
    """
    mirrored = (-_PETROUS[0], *_PETROUS[1:])
    sites = (
        (_FRONTAL, config.frontal_loss_probability),
        (_PETROUS, config.petrous_loss_probability),
        (mirrored, config.petrous_loss_probability),
        (_VERTEX, config.vertex_loss_probability),
    )
    chosen = [direction for direction, probability in sites if probability and rng.chance(probability)]
    brain = (distance[0, 0] < 0).nonzero()
    if not chosen or not len(brain):
        return image
    directions = [[part + rng.normal(_SITE_VARIATION) for part in direction] for direction in chosen]
    along = brain.float() @ torch.tensor(directions, device=brain.device).T
    radii = [rng.uniform(*config.loss_mm) / voxel_size for _ in chosen]
    fractions = [rng.uniform(*config.loss_fraction) for _ in chosen]
    return artefacts.drop_out(image, brain[along.argmax(dim=0)], radii, fractions)


def nyquist_ghost(image: Tensor, rng: Rng, config: EpiConfig) -> Tensor:
    """Add a faint copy that is displaced by about half the grid along the phase axis, with its probability."""
    if not (config.nyquist_ghost_probability and rng.chance(config.nyquist_ghost_probability)):
        return image
    size = image.shape[2 + _PHASE]
    shift = round(size * rng.uniform(0.4, 0.6))
    return image + rng.uniform(*config.nyquist_ghost) * torch.roll(image, shift, 2 + _PHASE)


def add_metal(image: Tensor, rng: Rng) -> Tensor:
    """Add a signal void with a bright rim anywhere: dental work, clips, shunt valves."""
    shape = image.shape[2:]
    centre = torch.tensor([[rng.integer(0, size - 1) for size in shape]])
    radius = rng.uniform(*_METAL_RADIUS)
    kept, farther = (artefacts.drop_out(image, centre, [reach]) for reach in (radius, _METAL_RIM * radius))
    return kept + (kept - farther) * rng.uniform(*_METAL_BRIGHTNESS)
