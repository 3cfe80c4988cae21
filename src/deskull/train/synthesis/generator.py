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

from deskull.train.synthesis import artefacts, pathology, surroundings, susceptibility
from deskull.train.synthesis.anatomy import Anatomy
from deskull.train.synthesis.contrast import ContrastConfig, draw_family, draw_means, paint
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import (
    PoseConfig,
    Shape,
    grid_points,
    random_affine,
    random_warp,
    sample_distances,
    sample_tissues,
)
from deskull.train.synthesis.tissues import Tissue


@dataclass(frozen=True)
class SynthesisConfig:
    """Shares (probabilities) and strengths of everything that varies between images.

    Distances lie on voxels of `voxel` mm; the image has `stride` voxels along each edge of one of them, and tissues
    are drawn with `oversampling` (a multiple of it).
    """

    voxel: float = 2.0
    stride: int = 1
    band: float = 10.0
    margin: float = 0.5
    oversampling: int = 2
    pose: PoseConfig = field(default_factory=PoseConfig)
    contrast: ContrastConfig = field(default_factory=ContrastConfig)
    neck_goes_on: float = 0.6
    fat_share: float = 0.7
    lesion_share: float = 0.12
    deface_share: float = 0.2
    stripped_share: float = 0.03
    shrunken_share: float = 0.3
    worn_share: float = 0.4
    ventricle_share: float = 0.1
    pad_share: float = 0.08
    noisy_air_share: float = 0.05
    metal_share: float = 0.04
    bias: float = 0.45
    coil_share: float = 0.35
    slice_share: float = 0.45
    coarse_share: float = 0.15
    ghost_share: float = 0.08
    motion_share: float = 0.06
    spike_share: float = 0.02
    distortion: float = 5.0
    cut_share: float = 0.5
    noise: float = 0.1

    @property
    def image_voxel(self) -> float:
        """Edge of the image's voxels in mm."""
        return self.voxel / self.stride


@dataclass(frozen=True)
class Sample:
    """One training sample, or a batch of them.

    Attributes
    ----------
    image : Tensor, shape (n, 1, k x, k y, k z)
        Scaled to about 0..1; 0 outside the field of view; as fine as the distances, or finer.
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
        Grid of the distances in voxels of ``config.voxel`` mm.
    config : SynthesisConfig
    device : str
        Where to compute.
    """
    rng = Rng(seed, device)
    family = draw_family(rng, config.contrast)
    pose = _draw_pose(anatomy, family, rng, shape, config)
    tissues = _tissues(anatomy, pose, rng, config)
    distance = _distances(anatomy, pose, config)
    if config.worn_share and rng.chance(config.worn_share):
        depth = rng.uniform(0, 2.5) + 1.5 * rng.smooth(shape, rng.uniform(20, 40) / config.voxel)
        tissues, distance = pathology.wear(tissues, distance, depth.clamp_(0, 4))
    distance = _with_margin(distance, config.margin)
    unmyelinated = anatomy.newborn and family in ("T1w", "T2w") and rng.chance(0.5)
    image = _signal(tissues, distance, family, rng, config, unmyelinated)
    if family == "EPI":
        image = susceptibility.pile_up(image, pose.distortion, config.voxel)
    image = _acquire(image, distance, family, rng, config)
    seen = field_of_view(shape, rng, config)
    image = artefacts.rescale(image, seen)
    distance = distance.clamp(-config.band, config.band)
    return Sample(image, distance, seen.expand_as(distance), family)


@dataclass(frozen=True)
class _Pose:
    """How an anatomy comes to lie on a grid: affine map, displacement in anatomy mm, EPI's distortion in grid mm."""

    affine: Tensor
    warp: Tensor
    distortion: Tensor


def _draw_pose(anatomy: Anatomy, family: str, rng: Rng, shape: Shape, config: SynthesisConfig) -> _Pose:
    """Draw where a head lies, how it is bent, and what age and illness did to the brain in it."""
    growth = (1.0, 1.7) if anatomy.newborn else (1.0, 1.0)
    affine = random_affine(rng, config.pose, growth)
    affine[:, 3] += rng.uniform(0.5, 1) * torch.from_numpy(anatomy.middle)  # the box of a head with a neck lies low
    warp = random_warp(rng, config.pose, shape, config.voxel)
    distortion = torch.zeros_like(warp)
    if family == "EPI" and config.distortion:
        distortion = susceptibility.distortion(shape, rng, config.voxel, config.distortion)
        warp = warp + torch.einsum("rc,ncxyz->nrxyz", affine[:, :3].to(warp.device), distortion)
    if config.shrunken_share and rng.chance(config.shrunken_share):
        points = grid_points(affine, warp, config.voxel)
        warp = warp + pathology.shrink(anatomy, points, rng.uniform(-0.03, 0.1), config.voxel)
    if config.ventricle_share and rng.chance(config.ventricle_share):
        points = grid_points(affine, warp, config.voxel)
        warp = warp + pathology.widen_ventricles(anatomy, points, rng.uniform(0.1, 0.5), rng.uniform(15, 30))
    return _Pose(affine, warp, distortion)


def _tissues(anatomy: Anatomy, pose: _Pose, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Tissues on the oversampled grid, shape (1, 1, k x, k y, k z)."""
    points = grid_points(pose.affine, pose.warp, config.voxel)
    labels = torch.from_numpy(anatomy.tissues).to(rng.device)
    edges = pose.affine[:, :3] * config.voxel
    goes_on = rng.chance(config.neck_goes_on)
    tissues = sample_tissues(labels, points, anatomy.spacing, goes_on, config.oversampling, edges)
    return surroundings.add_fat(tissues, rng) if rng.chance(config.fat_share) else tissues


def _distances(anatomy: Anatomy, pose: _Pose, config: SynthesisConfig) -> Tensor:
    """Distances to both surfaces at the voxel, shape (1, 2, x, y, z)."""
    fields = torch.from_numpy(anatomy.distances).to(pose.warp.device)
    points = grid_points(pose.affine, pose.warp, config.voxel)
    return sample_distances(fields, points, anatomy.spacing, config.voxel)


def _with_margin(distance: Tensor, margin: float) -> Tensor:
    """Distances with the brain grown by a margin, and nothing of it outside the intracranial space."""
    brain = distance[:, :1] - margin
    return torch.cat([brain, torch.minimum(brain, distance[:, 1:])], dim=1)


def _signal(
    tissues: Tensor, distance: Tensor, family: str, rng: Rng, config: SynthesisConfig, unmyelinated: bool
) -> Tensor:
    """Paint the tissues, average into voxels and add what no label map shows; packed, see `pack`."""
    means = draw_means(rng, family, config.contrast)
    if unmyelinated:
        means[[Tissue.WHITE, Tissue.CORTEX]] = means[[Tissue.CORTEX, Tissue.WHITE]]
    deviations = torch.tensor([abs(rng.normal(config.contrast.texture)) for _ in means])
    deviations[Tissue.AIR] = 0.0
    stripped = rng.chance(config.stripped_share)
    image = paint(tissues, means, deviations, rng)
    if (averaged := config.oversampling // config.stride) > 1:
        image = functional.avg_pool3d(image, averaged)
    image = pack(image, config.stride)
    image = artefacts.texture(image, rng, abs(rng.normal(0.06)))
    if rng.chance(config.lesion_share):
        image = pathology.lesions(image, distance, rng)
    if stripped:
        return image * (distance[:, :1] < rng.uniform(0, 3))
    if rng.chance(config.deface_share):
        image = surroundings.deface(image, distance, rng)
    if config.pad_share and rng.chance(config.pad_share):
        return surroundings.add_pads(image, _air(tissues, config), rng)
    if family == "T1w" and config.noisy_air_share and rng.chance(config.noisy_air_share):
        return surroundings.noisy_air(image, _air(tissues, config), rng)
    return image


def pack(image: Tensor, stride: int) -> Tensor:
    """An image as so many channels of a coarser grid, shape (1, stride^3, x, y, z).

    What acts on each voxel by itself can then be a field on the coarser grid.
    """
    if stride == 1:
        return image
    x, y, z = (size // stride for size in image.shape[2:])
    blocks = image.reshape(x, stride, y, stride, z, stride)
    return blocks.permute(1, 3, 5, 0, 2, 4).reshape(1, stride**3, x, y, z)


def unpack(image: Tensor, stride: int) -> Tensor:
    """The image of a packed one, shape (1, 1, stride x, stride y, stride z)."""
    if stride == 1:
        return image
    x, y, z = image.shape[2:]
    blocks = image.reshape(stride, stride, stride, x, y, z).permute(3, 0, 4, 1, 5, 2)
    return blocks.reshape(1, 1, stride * x, stride * y, stride * z)


def _air(tissues: Tensor, config: SynthesisConfig) -> Tensor:
    """Where a voxel holds nothing but air, shape (1, 1, x, y, z)."""
    return functional.avg_pool3d((tissues != Tissue.AIR).float(), config.oversampling) == 0


def _acquire(image: Tensor, distance: Tensor, family: str, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Coil, susceptibility, slices, motion and noise, on a packed image; the image is unpacked afterwards."""
    if family == "CT":
        return _scan_by_ct(image, rng, config)
    image = _shade(image, rng, config)
    if family == "EPI" and rng.chance(0.8):
        image = susceptibility.lost_signal(image, distance, rng)
    if config.metal_share and rng.chance(config.metal_share):
        image = susceptibility.metal(image, rng)
    bright = float(torch.quantile(image.reshape(-1)[:: 31 * config.stride**3], 0.98))
    noise = config.noise * bright * rng.uniform(0, 1) ** 1.5
    # Half of the scans were interpolated after their noise had come in.
    if early := rng.chance(0.5):
        image = artefacts.rician_noise(image, rng, noise)
    image = _resolution(unpack(image, config.stride), family, rng, config)
    if rng.chance(config.ghost_share):
        image = artefacts.ghost(image, rng.integer(0, 2), rng.integer(1, 3), rng.uniform(0.03, 0.25))
    if config.motion_share and rng.chance(config.motion_share):
        image = artefacts.motion(image, rng, config.image_voxel)
    if config.spike_share and rng.chance(config.spike_share):
        image = artefacts.spikes(image, rng, rng.uniform(0.01, 0.06))
    return image if early else artefacts.rician_noise(image, rng, noise)


def _scan_by_ct(image: Tensor, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Noise and slices of CT, seen through its window: what lies beyond has the window's ends."""
    noise = config.noise * rng.uniform(0, 1) ** 1.5
    image = unpack(image + noise * rng.noise(*image.shape), config.stride)
    image = _resolution(image, "CT", rng, config)
    if config.motion_share and rng.chance(config.motion_share):
        image = artefacts.motion(image, rng, config.image_voxel)
    return image.clamp_(0, 1)


def _shade(image: Tensor, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Inhomogeneous coils, and a display curve."""
    image = artefacts.bias_field(image, rng, rng.uniform(0, config.bias))
    if rng.chance(config.coil_share):
        strength = rng.uniform(-1.6, -0.2) if rng.chance(0.35) else rng.uniform(0.2, 1.6)
        image = artefacts.coil_falloff(image, rng, strength)
    return artefacts.gamma(image, 2.0 ** rng.normal(0.35))


def _resolution(image: Tensor, family: str, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Blur, and thick slices (mostly axial) or coarse voxels."""
    voxel = config.image_voxel
    image = artefacts.blur(image, tuple(rng.uniform(0, 1.4) / voxel for _ in range(3)))  # type: ignore[arg-type]
    if family == "EPI" or rng.chance(config.coarse_share):
        inplane = rng.uniform(voxel, 4) / voxel
        thick = family == "EPI" and rng.chance(config.slice_share)
        image = artefacts.coarse(image, (inplane, inplane, 1.0 if thick else rng.uniform(voxel, 4.4) / voxel), rng)
        axis = 2
    else:
        thick, axis = rng.chance(config.slice_share), 2 if rng.chance(0.6) else rng.integer(0, 1)
    if thick:
        thickness = rng.uniform(2.5, 7.5) / voxel
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
