"""Pose and shape: a random affine map and a smooth warp carry a label map onto a training grid."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.axes import broadcast_along
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.tissues import Tissue

Shape = tuple[int, int, int]
#: Closer to a surface than this, in mm, another part of it is seldom equally close: the brain is closed by more.
_NEAR_MM = 4.0
#: Bounds of the gradient's length by which warped distances are divided: its least value near the surface and far from
#: it, and its largest.
_LEAST_NEAR, _LEAST_FAR, _LARGEST = 0.2, 0.65, 1.6
#: Probability that a head is mirrored.
_MIRROR_PROBABILITY = 0.5
#: Number of planes of a grid that are looked up at a time, so that what is computed stays in the processor's cache.
_SLAB = 16


@dataclass(frozen=True)
class PoseConfig:
    """How far a head is moved and deformed. Values are standard deviations unless stated otherwise.

    SynthSeg (Billot et al., MedIA 2023) has scale 0.2, rotation 15 degrees and shear 0.012 as bounds; these cover scans
    of heads that lie askew as well.

    Attributes
    ----------
    rotation : float
        About each axis, in degrees.
    large_rotation_probability, large_rotation : float
        Probability that a head is rotated by more, and that rotation in degrees.
    axis_permutation_probability : float
        Probability that the axes are permuted and flipped, as where a header names them wrongly.
    scale, stretch, shear : float
        Of the size, of the size along each axis, and of shear; fractions.
    shift : float
        Along each axis, in mm.
    warp_mm, warp_spacing_mm : tuple of float
        Largest standard deviation of each smooth displacement field, and the distance between its control points.
    """

    rotation: float = 9.0
    large_rotation_probability: float = 0.12
    large_rotation: float = 28.0
    axis_permutation_probability: float = 0.12
    scale: float = 0.08
    stretch: float = 0.04
    shear: float = 0.03
    shift: float = 10.0
    warp_mm: tuple[float, ...] = (3.5, 1.2)
    warp_spacing_mm: tuple[float, ...] = (45.0, 18.0)


def random_affine(rng: Rng, config: PoseConfig, growth: tuple[float, float] = (1.0, 1.0)) -> Tensor:
    """Draw the affine map from mm of the grid to mm of the label map.

    Parameters
    ----------
    rng : Rng
    config : PoseConfig
    growth : tuple of float
        Range of a factor by which the head is enlarged.

    Returns
    -------
    Tensor, shape (3, 4)
        Rotation, scale, shear, mirroring and shift.
    """
    rotation = _random_rotation(rng, config)
    size = rng.uniform(*growth) * (1 + rng.normal(config.scale))
    scale = torch.diag(torch.tensor([size * (1 + rng.normal(config.stretch)) for _ in range(3)]))
    shear = torch.eye(3)
    for row, column in ((0, 1), (0, 2), (1, 2)):
        shear[row, column] = rng.normal(config.shear)
    matrix = torch.linalg.inv(rotation @ shear @ scale)
    if rng.chance(_MIRROR_PROBABILITY):
        matrix[0] *= -1
    if config.axis_permutation_probability and rng.chance(config.axis_permutation_probability):
        matrix = matrix @ _axis_permutation(rng)
    shift = torch.tensor([[rng.normal(config.shift)] for _ in range(3)])
    return torch.cat([matrix, matrix @ shift], dim=1)


def _random_rotation(rng: Rng, config: PoseConfig) -> Tensor:
    """Draw a rotation, shape (3, 3)."""
    large = rng.chance(config.large_rotation_probability)
    deviation = config.large_rotation if large else config.rotation
    rotation = torch.eye(3)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        angle = torch.tensor(rng.normal(deviation) * torch.pi / 180)
        plane = torch.eye(3)
        plane[first, first] = plane[second, second] = torch.cos(angle)
        plane[first, second], plane[second, first] = -torch.sin(angle), torch.sin(angle)
        rotation = rotation @ plane
    return rotation


def _axis_permutation(rng: Rng) -> Tensor:
    """Draw one of the 48 ways to name and direct three axes, shape (3, 3)."""
    orders = list(itertools.permutations(range(3)))
    matrix = torch.zeros(3, 3)
    for row, column in enumerate(orders[rng.integer(0, len(orders) - 1)]):
        matrix[row, column] = 1.0 if rng.chance(0.5) else -1.0
    return matrix


def random_warp(rng: Rng, config: PoseConfig, shape: Shape, voxel_size: float) -> Tensor:
    """Draw a smooth displacement in mm, shape (1, 3, *shape): the sum of one field per spacing."""
    warp = torch.zeros(1, 3, *shape, device=rng.device)
    for amplitude, spacing in zip(config.warp_mm, config.warp_spacing_mm, strict=True):
        warp += rng.uniform(0, amplitude) * rng.smooth(shape, spacing / voxel_size, channels=3)
    return warp


def grid_points(affine: Tensor, warp: Tensor, voxel_size: float) -> Tensor:
    """Position of each grid voxel in the label map.

    Parameters
    ----------
    affine : Tensor, shape (3, 4)
        From mm of the grid to mm of the label map.
    warp : Tensor, shape (1, 3, *grid)
        Displacement in mm of the label map.
    voxel_size : float
        Edge of the grid's voxels in mm.

    Returns
    -------
    Tensor, shape (1, 3, *grid)
        In mm from the middle of the label map.
    """
    matrix = affine.to(warp.device)
    points = warp + matrix[:, 3].reshape(1, 3, 1, 1, 1)
    for axis, size in enumerate(warp.shape[2:]):
        centres = (torch.arange(size, device=warp.device, dtype=torch.float32) - (size - 1) / 2) * voxel_size
        points += matrix[:, axis].reshape(1, 3, 1, 1, 1) * broadcast_along(axis, centres)
    return points


def sample_tissues(
    tissues: Tensor,
    points: Tensor,
    voxel_size: float,
    extend_neck: bool,
    oversampling: int = 1,
    edges: Tensor | None = None,
) -> Tensor:
    """Sample the nearest tissue at each point, or at several points within its voxel.

    Parameters
    ----------
    tissues : Tensor of uint8, shape (x, y, z)
    points : Tensor, shape (1, 3, *grid)
        Positions in mm from the middle of `tissues`.
    voxel_size : float
        Edge of the voxels of `tissues` in mm.
    extend_neck : bool
        Whether the lowest slice is repeated below the label map; otherwise there is air.
    oversampling : int
        Number of samples along each edge of a grid voxel.
    edges : Tensor, shape (3, 3), optional
        Edges of the voxel of each point in mm, as columns, for `oversampling`; within a voxel the map is linear.

    Returns
    -------
    Tensor of uint8, shape (1, 1, *(oversampling * size for size in grid))
    """
    grid = points.shape[2:]
    middle = (torch.tensor(tissues.shape, dtype=torch.float32) - 1) / 2
    sampled = torch.empty([n for size in grid for n in (size, oversampling)], dtype=torch.uint8, device=points.device)
    for first in range(0, grid[0], _SLAB):
        slab = points[0, :, first : first + _SLAB] / voxel_size
        for part in itertools.product(range(oversampling), repeat=3):
            within = (torch.tensor(part, dtype=torch.float32) - (oversampling - 1) / 2) / oversampling
            shift = middle if edges is None else middle + edges.cpu() @ within / voxel_size
            into = sampled[first : first + _SLAB, part[0], :, part[1], :, part[2]]
            into.copy_(_nearest(tissues, slab, shift.tolist(), extend_neck))
    return sampled.reshape(1, 1, *(size * oversampling for size in grid))


def _nearest(tissues: Tensor, places: Tensor, shift: Sequence[float], extend_neck: bool) -> Tensor:
    """Tissue of the voxel nearest to each of the shifted places, shape (3, *grid), in voxels."""
    index = torch.zeros(places.shape[1:], dtype=torch.int32, device=places.device)
    below = None
    for axis, size in enumerate(tissues.shape):
        place = (places[axis] + shift[axis]).round_()
        if axis == 2 and not extend_neck:
            below = place < 0
        index.mul_(size).add_(place.clamp_(0, size - 1).to(torch.int32))
    nearest = tissues.reshape(-1).index_select(0, index.reshape(-1)).reshape(index.shape)
    return nearest if below is None else nearest.masked_fill_(below, Tissue.AIR)


def sample_distances(distances: Tensor, points: Tensor, label_voxel_size: float, voxel_size: float) -> Tensor:
    """Signed distances at each point of the warped head.

    The stored field f is exact in the label map; a warp stretches it, so the distance in the warped head is
    f / |grad f| to first order (Taubin, IEEE TPAMI 1991), exact at the surface.

    Parameters
    ----------
    distances : Tensor, shape (2, x', y', z')
        Distances at every second voxel of the tissues (which have odd sizes: both have the same middle).
    points : Tensor, shape (1, 3, *grid)
        Positions in mm from the middle of the tissues.
    label_voxel_size : float
        Edge of the tissues' voxels in mm.
    voxel_size : float
        Edge of the grid's voxels in mm.

    Returns
    -------
    Tensor, shape (1, 2, *grid)
        In mm.
    """
    sizes = torch.tensor(distances.shape[1:], device=points.device)
    place = points / (2 * label_voxel_size)
    unit = torch.stack([place[0, axis] * 2 / (sizes[axis] - 1) for axis in (2, 1, 0)], dim=-1)
    warped = functional.grid_sample(
        distances[None].float(), unit[None], mode="bilinear", padding_mode="border", align_corners=True
    )
    # Where a label map ends within the brainstem, nothing of the brain continues below it.
    below = -(sizes[2] - 1) * label_voxel_size - points[:, 2:]
    corrected = correct_stretch(warped, voxel_size)
    return torch.where(below > 0, torch.maximum(corrected, below), corrected)


def correct_stretch(distances: Tensor, voxel_size: float) -> Tensor:
    """Divide warped distances by the length of their gradient; see `sample_distances`.

    Far from the surface the gradient is short where two parts of the surface are equally close; it is trusted less
    there.

    Parameters
    ----------
    distances : Tensor, shape (1, n, x, y, z)
        In mm.
    voxel_size : float
        Edge of the voxels in mm.
    """
    slopes = torch.gradient(distances, spacing=voxel_size, dim=(2, 3, 4))
    steepness = torch.sqrt(sum(s * s for s in slopes)).clamp_max_(_LARGEST)  # type: ignore[arg-type]
    least = torch.where(distances.abs() < _NEAR_MM, _LEAST_NEAR, _LEAST_FAR)
    return distances / torch.maximum(steepness, least)
