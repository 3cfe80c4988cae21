"""Synthesis: from an anatomy and a seed to a training image and its two distances.

The order follows how a scan comes to be: a head in some pose is painted with a contrast on a finer grid,
averaged into voxels (partial volume), then goes through coil, slices, motion, noise and
field of view. Everything is torch and runs on any device. Ideas: SynthSeg (Billot et al., MedIA 2023) and
SynthStrip (Hoopes et al., NeuroImage 2022).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.train import artefacts
from deskull.train.anatomy import Anatomy
from deskull.train.contrast import ContrastConfig, draw_family, draw_means, paint
from deskull.train.deform import (
    PoseConfig,
    Shape,
    grid_points,
    random_affine,
    random_warp,
    sample_distances,
    sample_tissues,
)
from deskull.train.rng import Rng
from deskull.train.tissues import Tissue


@dataclass(frozen=True)
class SynthesisConfig:
    """Shares (probabilities) and strengths of everything that varies between images."""

    voxel: float = 2.0
    band: float = 10.0
    oversampling: int = 2
    pose: PoseConfig = field(default_factory=PoseConfig)
    contrast: ContrastConfig = field(default_factory=ContrastConfig)
    neck_goes_on: float = 0.6
    fat_share: float = 0.7
    lesion_share: float = 0.12
    deface_share: float = 0.2
    stripped_share: float = 0.03
    bias: float = 0.45
    coil_share: float = 0.35
    slice_share: float = 0.45
    coarse_share: float = 0.15
    ghost_share: float = 0.08
    cut_share: float = 0.5
    noise: float = 0.1


@dataclass(frozen=True)
class Sample:
    """One training sample, or a batch of them.

    Attributes
    ----------
    image : Tensor, shape (n, 1, x, y, z)
        Scaled to about 0..1; 0 outside the field of view.
    distance : Tensor, shape (n, 2, x, y, z)
        Signed distances in mm to the brain and intracranial surfaces, clipped to the band.
    weight : Tensor, shape (n, 2, x, y, z)
        1 where the answer counts, 0 elsewhere (outside the field of view).
    family : str
        Name of the contrast.
    slack : float
        Error of the distance in mm that costs nothing: 0 where it is exact.
    """

    image: Tensor
    distance: Tensor
    weight: Tensor
    family: str
    slack: float = 0.0


def synthesise(anatomy: Anatomy, seed: int, shape: Shape, config: SynthesisConfig, device: str = "cpu") -> Sample:
    """Make one image of a head.

    Parameters
    ----------
    anatomy : Anatomy
    seed : int
        The same seed makes the same image.
    shape : tuple of int
        Grid of the result in voxels of ``config.voxel`` mm.
    config : SynthesisConfig
    device : str
        Where to compute.
    """
    rng = Rng(seed, device)
    tissues, distance = _pose(anatomy, rng, shape, config)
    family = draw_family(rng, config.contrast)
    image = _signal(tissues, distance, family, rng, config)
    image = _acquire(image, distance, family, rng, config)
    seen = field_of_view(shape, rng, config)
    image = artefacts.rescale(image) * seen
    distance = distance.clamp(-config.band, config.band)
    return Sample(image, distance, seen.expand_as(distance), family)


def _pose(anatomy: Anatomy, rng: Rng, shape: Shape, config: SynthesisConfig) -> tuple[Tensor, Tensor]:
    """Tissues on the oversampled grid, shape (1, 1, k x, k y, k z), and distances at the voxel."""
    growth = (1.0, 1.7) if anatomy.name.startswith("neonate") else (1.0, 1.0)
    affine = random_affine(rng, config.pose, growth)
    warp = random_warp(rng, config.pose, shape, config.voxel)
    tissues = torch.from_numpy(anatomy.tissues).to(rng.device)
    times = config.oversampling
    fine = functional.interpolate(warp, scale_factor=times, mode="trilinear") if times > 1 else warp
    painted = sample_tissues(
        tissues, grid_points(affine, fine, config.voxel / times), anatomy.spacing, rng.chance(config.neck_goes_on)
    )
    fields = torch.from_numpy(anatomy.distances).to(rng.device)
    distance = sample_distances(fields, grid_points(affine, warp, config.voxel), anatomy.spacing, config.voxel)
    return _add_fat(painted, rng, config), distance


def _add_fat(tissues: Tensor, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Turn random parts of the soft tissue into fat: label maps do not tell muscle from fat."""
    if not rng.chance(config.fat_share):
        return tissues
    shape = tuple(tissues.shape[2:])
    lumps = rng.smooth(shape, rng.uniform(8, 30)) > rng.uniform(-0.3, 1.0)
    return torch.where(lumps & (tissues == Tissue.SOFT), int(Tissue.FAT), tissues)


def _signal(tissues: Tensor, distance: Tensor, family: str, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Paint the tissues, average into voxels and add what no label map shows."""
    means = draw_means(rng, family, config.contrast)
    deviations = torch.tensor([abs(rng.normal(config.contrast.texture)) for _ in means])
    deviations[Tissue.AIR] = 0.0
    stripped = rng.chance(config.stripped_share)
    image = functional.avg_pool3d(paint(tissues, means, deviations, rng), config.oversampling)
    image = artefacts.texture(image, rng, abs(rng.normal(0.06)))
    if rng.chance(config.lesion_share):
        image = _lesion(image, distance, rng)
    if stripped:
        return image * (distance[:, :1] < rng.uniform(0, 3))
    if rng.chance(config.deface_share):
        image = _deface(image, distance, rng)
    return image


def _lesion(image: Tensor, distance: Tensor, rng: Rng) -> Tensor:
    """Add one to four blobs of any brightness inside the brain: tumours, oedema, bleeds, resections."""
    shape = tuple(image.shape[2:])
    inside = (distance[0, 0] < -4).nonzero()
    for _ in range(rng.integer(1, 4)):
        if not len(inside):
            break
        centre = inside[rng.integer(0, len(inside) - 1)].tolist()
        squared = torch.zeros(shape, device=image.device)
        for axis, size in enumerate(shape):
            along = (torch.arange(size, device=image.device) - centre[axis]) / rng.uniform(2, 12)
            squared += (along**2).reshape([-1 if a == axis else 1 for a in range(3)])
        ragged = squared * torch.exp(0.4 * rng.smooth(shape, 5))
        blob = torch.sigmoid(4 * (1 - ragged)) * (distance[:, :1] < 0)
        image = image + blob * (rng.uniform(0, 1.1) - image) * rng.uniform(0.4, 1)
    return image


def _deface(image: Tensor, distance: Tensor, rng: Rng) -> Tensor:
    """Blank what lies in front of and below a tilted plane that stays clear of the brain."""
    shape = image.shape[2:]
    forward, down = rng.uniform(0.3, 1), rng.uniform(0.2, 1)
    along = torch.linspace(0, 1, shape[1], device=image.device).reshape(1, -1, 1) * forward * shape[1]
    plane = along - torch.linspace(0, 1, shape[2], device=image.device).reshape(1, 1, -1) * down * shape[2]
    clear = rng.uniform(4, 25)
    brain = distance[0, 0] < clear
    if not brain.any():
        return image
    edge = torch.where(brain, plane, plane.min()).max()
    return image * (plane <= edge)


def _acquire(image: Tensor, distance: Tensor, family: str, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Coil, susceptibility, slices, motion and noise."""
    image = artefacts.bias_field(image, rng, rng.uniform(0, config.bias))
    if rng.chance(config.coil_share):
        strength = rng.uniform(-1.6, -0.2) if rng.chance(0.35) else rng.uniform(0.2, 1.6)
        image = artefacts.coil_falloff(image, rng, strength)
    if family == "EPI" and rng.chance(0.75):
        image = _susceptibility(image, distance, rng)
    image = artefacts.gamma(image, 2.0 ** rng.normal(0.35))
    image = _resolution(image, family, rng, config)
    if rng.chance(config.ghost_share):
        image = artefacts.ghost(image, rng.integer(0, 2), rng.integer(1, 3), rng.uniform(0.03, 0.25))
    bright = float(torch.quantile(image.reshape(-1)[::31], 0.98))
    return artefacts.rician_noise(image, rng, config.noise * bright * rng.uniform(0, 1) ** 1.5)


def _susceptibility(image: Tensor, distance: Tensor, rng: Rng) -> Tensor:
    """Signal lost at one to four places around the lower surface of the brain."""
    edge = (distance[0, 0].abs() < 6).nonzero()
    if not len(edge):
        return image
    low = edge[edge[:, 2] < edge[:, 2].float().median()]
    picks = [rng.integer(0, len(low) - 1) for _ in range(rng.integer(1, 4))]
    return artefacts.drop_out(image, low[picks], [rng.uniform(3, 9) for _ in picks])


def _resolution(image: Tensor, family: str, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Blur, and thick slices (mostly axial) or coarse voxels."""
    image = artefacts.blur(image, tuple(rng.uniform(0, 0.7) for _ in range(3)))  # type: ignore[arg-type]
    if family == "EPI" or rng.chance(config.coarse_share):
        inplane = rng.uniform(1, 1.9)
        image = artefacts.coarse(image, (inplane, inplane, rng.uniform(1, 2.2)))
    elif rng.chance(config.slice_share):
        axis = 2 if rng.chance(0.6) else rng.integer(0, 1)
        thickness = rng.uniform(2.5, 7.5) / config.voxel
        image = artefacts.slices(image, axis, thickness, rng.uniform(0, 0.3), rng)
    return image


def field_of_view(shape: Shape, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Mask of what the scan covers, shape (1, 1, *shape): faces cut at random, the neck most often."""
    seen = torch.ones(1, 1, *shape, device=rng.device)
    if not rng.chance(config.cut_share):
        return seen
    for axis, size in enumerate(shape):
        for side in (0, 1):
            if rng.chance(0.6 if (axis, side) == (2, 0) else 0.3):
                lost = round(size * rng.uniform(0, 0.3 if axis == 2 else 0.15))
                seen.narrow(2 + axis, 0 if side == 0 else size - lost, lost).zero_()
    return seen
