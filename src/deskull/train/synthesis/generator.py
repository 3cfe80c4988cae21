"""Generator: from a label map and a seed to a training image and its two distances.

The order is that in which a scan comes about: a head in some pose is painted with a contrast on a finer grid and
averaged into voxels (partial volume); then come coil, slices, motion, noise and field of view. Everything is computed
by torch on any device. The idea is that of SynthSeg (Billot et al., MedIA 2023) and SynthStrip (Hoopes et al.,
NeuroImage 2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deskull.train.synthesis import artefacts, meninges, pathology, surroundings, susceptibility
from deskull.train.synthesis.acquisition import acquire
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.contrast import draw_family
from deskull.train.synthesis.field_of_view import cut_obliquely, field_of_view
from deskull.train.synthesis.label_map import LabelMap
from deskull.train.synthesis.painting import paint_head
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.sample import Sample
from deskull.train.synthesis.spatial import (
    Shape,
    grid_points,
    random_affine,
    random_warp,
    sample_distances,
    sample_tissues,
)

#: Factor by which the size of a newborn's head is drawn: up to that of an adult's.
_NEWBORN_GROWTH = (1.0, 1.7)
#: Fraction of the way from the middle of the label map to that of the brain by which a head is shifted.
_CENTRING = (0.5, 1.0)
#: Fraction of its size that the brain loses by atrophy; negative: it swells.
_ATROPHY = (-0.03, 0.1)
#: Magnification of the ventricles (see `pathology.enlarge_ventricles`), and the reach of the effect in mm.
_VENTRICLE_AMOUNT, _VENTRICLE_REACH_MM = (0.1, 0.5), (15.0, 30.0)
#: Depth of cortical erosion in mm: a mean, plus a smooth field of this standard deviation, clipped to the maximum.
_EROSION_MEAN_MM, _EROSION_DEVIATION_MM, _EROSION_MAX_MM = (0.0, 2.5), 1.5, 4.0
#: Distance in mm between the control points of that field.
_EROSION_SPACING_MM = (20.0, 40.0)
#: Probability that white and grey matter of a newborn are swapped, as before myelination.
_UNMYELINATED_PROBABILITY = 0.5


def synthesise(label_map: LabelMap, seed: int, shape: Shape, config: SynthesisConfig, device: str = "cpu") -> Sample:
    """Make one image of a head.

    Parameters
    ----------
    label_map : LabelMap
    seed : int
        The same seed gives the same image.
    shape : tuple of int
        Grid of the distances, in voxels of ``config.voxel_size`` mm.
    config : SynthesisConfig
    device : str
        Where to compute, as torch names it.

    Returns
    -------
    Sample
    """
    rng = Rng(seed, device)
    family = draw_family(rng, config.contrast)
    pose = _draw_pose(label_map, family, rng, shape, config)
    tissues = _tissues(label_map, pose, rng, config)
    distance = _distances(label_map, pose, config)
    depth = _fluid_depth(distance, rng, shape, config)
    if depth is not None:
        tissues, distance = pathology.erode_cortex(tissues, distance, depth)
    tissues = meninges.vary_meninges(tissues, distance, rng, config.meninges, config.voxel_size)
    distance = _with_margin(distance, config.margin)
    unmyelinated = label_map.newborn and family in ("T1w", "T2w") and rng.chance(_UNMYELINATED_PROBABILITY)
    image = paint_head(tissues, distance, family, rng, config, unmyelinated)
    if family == "EPI":
        image = susceptibility.pile_up(image, pose.distortion, config.voxel_size)
    image = acquire(image, distance, family, rng, config)
    if config.oblique_cut_probability and rng.chance(config.oblique_cut_probability):
        image, distance, tissues = cut_obliquely(image, distance, tissues, rng, config.voxel_size)
    covered = field_of_view(shape, rng, config)
    image = artefacts.rescale(image, covered)
    distance = distance.clamp(-config.band, config.band)
    return Sample(image, distance, covered.expand_as(distance), family, tissues=tissues)


@dataclass(frozen=True)
class _Pose:
    """How a head lies on a grid: affine map, displacement (mm of the label map), distortion of EPI (mm of the grid)."""

    affine: Tensor
    warp: Tensor
    distortion: Tensor


def _draw_pose(label_map: LabelMap, family: str, rng: Rng, shape: Shape, config: SynthesisConfig) -> _Pose:
    """Draw the position of a head, its shape, and what age and disease did to the brain in it."""
    growth = _NEWBORN_GROWTH if label_map.newborn else (1.0, 1.0)
    voxel_size = config.voxel_size
    affine = random_affine(rng, config.pose, growth)
    # The middle of a label map with a neck lies below that of the brain.
    affine[:, 3] += rng.uniform(*_CENTRING) * torch.from_numpy(label_map.brain_centre)
    warp = random_warp(rng, config.pose, shape, voxel_size)
    distortion = torch.zeros_like(warp)
    if family == "EPI" and config.distortion:
        distortion = susceptibility.distortion(shape, rng, voxel_size, config.distortion)
        warp = warp + torch.einsum("rc,ncxyz->nrxyz", affine[:, :3].to(warp.device), distortion)
    if config.atrophy_probability and rng.chance(config.atrophy_probability):
        points = grid_points(affine, warp, voxel_size)
        warp = warp + pathology.shrink_brain(label_map, points, rng.uniform(*_ATROPHY), voxel_size)
    if config.ventricle_probability and rng.chance(config.ventricle_probability):
        points = grid_points(affine, warp, voxel_size)
        amount, reach = rng.uniform(*_VENTRICLE_AMOUNT), rng.uniform(*_VENTRICLE_REACH_MM)
        warp = warp + pathology.enlarge_ventricles(label_map, points, amount, reach)
    return _Pose(affine, warp, distortion)


def _tissues(label_map: LabelMap, pose: _Pose, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Tissues on the oversampled grid, shape (1, 1, k x, k y, k z) with `k` the oversampling."""
    points = grid_points(pose.affine, pose.warp, config.voxel_size)
    labels = torch.from_numpy(label_map.tissues).to(rng.device)
    edges = pose.affine[:, :3] * config.voxel_size
    extend_neck = rng.chance(config.neck_probability)
    tissues = sample_tissues(labels, points, label_map.voxel_size, extend_neck, config.oversampling, edges)
    return surroundings.add_fat(tissues, rng) if rng.chance(config.fat_probability) else tissues


def _distances(label_map: LabelMap, pose: _Pose, config: SynthesisConfig) -> Tensor:
    """Distances to both surfaces in mm, shape (1, 2, x, y, z)."""
    fields = torch.from_numpy(label_map.distances).to(pose.warp.device)
    points = grid_points(pose.affine, pose.warp, config.voxel_size)
    return sample_distances(fields, points, label_map.voxel_size, config.voxel_size)


def _fluid_depth(distance: Tensor, rng: Rng, shape: Shape, config: SynthesisConfig) -> Tensor | None:
    """Depth in mm of the tissue that becomes fluid, shape (1, 1, x, y, z); None if none does."""
    depth = None
    if config.cortical_erosion_probability and rng.chance(config.cortical_erosion_probability):
        depth = _erosion_depth(rng, shape, config)
    if config.wide_cistern_probability and rng.chance(config.wide_cistern_probability):
        cistern = pathology.wide_cistern(distance, rng, config.wide_cistern_mm, config.voxel_size)
        depth = cistern if depth is None else torch.maximum(depth, cistern)
    return depth


def _erosion_depth(rng: Rng, shape: Shape, config: SynthesisConfig) -> Tensor:
    """Depth of cortical erosion in mm, shape (1, 1, x, y, z)."""
    mean = rng.uniform(*_EROSION_MEAN_MM)
    field = rng.smooth(shape, rng.uniform(*_EROSION_SPACING_MM) / config.voxel_size)
    return (mean + _EROSION_DEVIATION_MM * field).clamp_(0, _EROSION_MAX_MM)


def _with_margin(distance: Tensor, margin: float) -> Tensor:
    """Move the brain surface outwards by a margin in mm, and the intracranial one with it where it would lie inside."""
    brain = distance[:, :1] - margin
    return torch.cat([brain, torch.minimum(brain, distance[:, 1:])], dim=1)
