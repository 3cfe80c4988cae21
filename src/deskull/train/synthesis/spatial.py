"""Pose and shape: a random affine map and smooth warp carry an anatomy onto a training grid."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.tissues import Tissue

Shape = tuple[int, int, int]
#: Nearer to a surface than this, in mm, another part of it is seldom as near: the brain is closed by more.
_NEAR_MM = 4.0
#: Planes of a grid that are looked up at a time.
_SLAB = 16


@dataclass(frozen=True)
class PoseConfig:
    """How far a head is moved and bent (deviations; angles in degrees, lengths in mm).

    Tilted heads lie askew; of turned ones the axes are not even those that the header names.
    """

    rotation: float = 9.0
    tilted_share: float = 0.12
    tilted_rotation: float = 28.0
    turned_share: float = 0.12
    scale: float = 0.08
    stretch: float = 0.04
    shear: float = 0.03
    shift: float = 10.0
    warp_mm: tuple[float, ...] = (3.5, 1.2)
    warp_cell_mm: tuple[float, ...] = (45.0, 18.0)


def random_affine(rng: Rng, config: PoseConfig, growth: tuple[float, float] = (1.0, 1.0)) -> Tensor:
    """Draw the map from grid mm to anatomy mm, shape (3, 4): rotation, scale, shear, mirror, shift."""
    angle = config.tilted_rotation if rng.chance(config.tilted_share) else config.rotation
    rotation = torch.eye(3)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        turn = torch.tensor(rng.normal(angle) * torch.pi / 180)
        plane = torch.eye(3)
        plane[first, first] = plane[second, second] = torch.cos(turn)
        plane[first, second], plane[second, first] = -torch.sin(turn), torch.sin(turn)
        rotation = rotation @ plane
    size = rng.uniform(*growth) * (1 + rng.normal(config.scale))
    scale = torch.diag(torch.tensor([size * (1 + rng.normal(config.stretch)) for _ in range(3)]))
    shear = torch.eye(3)
    for row, column in ((0, 1), (0, 2), (1, 2)):
        shear[row, column] = rng.normal(config.shear)
    matrix = torch.linalg.inv(rotation @ shear @ scale)
    if rng.chance(0.5):
        matrix[0] *= -1
    if config.turned_share and rng.chance(config.turned_share):
        matrix = matrix @ _quarter_turns(rng)
    shift = torch.tensor([[rng.normal(config.shift)] for _ in range(3)])
    return torch.cat([matrix, matrix @ shift], dim=1)


def _quarter_turns(rng: Rng) -> Tensor:
    """One of the 48 ways to name and direct three axes, shape (3, 3)."""
    orders = list(itertools.permutations(range(3)))
    turn = torch.zeros(3, 3)
    for row, column in enumerate(orders[rng.integer(0, len(orders) - 1)]):
        turn[row, column] = 1.0 if rng.chance(0.5) else -1.0
    return turn


def random_warp(rng: Rng, config: PoseConfig, shape: Shape, voxel: float) -> Tensor:
    """Smooth displacement in mm, shape (1, 3, *shape), the sum of one field per scale."""
    warp = torch.zeros(1, 3, *shape, device=rng.device)
    for amplitude, cell in zip(config.warp_mm, config.warp_cell_mm, strict=True):
        warp += rng.uniform(0, amplitude) * rng.smooth(shape, cell / voxel, channels=3)
    return warp


def _axis(size: int, voxel: float, device: torch.device) -> Tensor:
    """Voxel centres along one axis in mm, 0 at the middle of the grid."""
    return (torch.arange(size, device=device, dtype=torch.float32) - (size - 1) / 2) * voxel


def grid_points(affine: Tensor, warp: Tensor, voxel: float) -> Tensor:
    """Anatomy position in mm of each grid voxel, shape (1, 3, *grid)."""
    shape = warp.shape[2:]
    matrix = affine.to(warp.device)
    points = warp + matrix[:, 3].reshape(1, 3, 1, 1, 1)
    for axis, size in enumerate(shape):
        along = _axis(size, voxel, warp.device).reshape([-1 if a == axis else 1 for a in range(3)])
        points += matrix[:, axis].reshape(1, 3, 1, 1, 1) * along
    return points


def sample_tissues(
    tissues: Tensor, points: Tensor, spacing: float, neck_goes_on: bool, times: int = 1, edges: Tensor | None = None
) -> Tensor:
    """Nearest tissue at each point, shape (1, 1, *grid) uint8, or at `times` points along each edge of its voxel.

    Parameters
    ----------
    tissues : Tensor of uint8, shape (x, y, z)
    points : Tensor, shape (1, 3, *grid)
        Positions in mm from the centre of `tissues`.
    spacing : float
        Edge of the voxels of `tissues` in mm.
    neck_goes_on : bool
        Whether the lowest slice is repeated below the map; else there is air.
    times : int
        How much finer than `points` the answer is.
    edges : Tensor, shape (3, 3), optional
        Edges of the voxel of each point in mm, as columns (for `times` above 1): within a voxel nothing is bent.
    """
    grid = points.shape[2:]
    middle = (torch.tensor(tissues.shape, dtype=torch.float32) - 1) / 2
    found = torch.empty([n for size in grid for n in (size, times)], dtype=torch.uint8, device=points.device)
    for first in range(0, grid[0], _SLAB):  # slab by slab, so that what is computed stays in the cache
        slab = points[0, :, first : first + _SLAB] / spacing
        for part in itertools.product(range(times), repeat=3):
            within = (torch.tensor(part, dtype=torch.float32) - (times - 1) / 2) / times
            shift = middle if edges is None else middle + edges.cpu() @ within / spacing
            into = found[first : first + _SLAB, part[0], :, part[1], :, part[2]]
            into.copy_(_nearest(tissues, slab, shift.tolist(), neck_goes_on))
    return found.reshape(1, 1, *(size * times for size in grid))


def _nearest(tissues: Tensor, places: Tensor, shift: Sequence[float], neck_goes_on: bool) -> Tensor:
    """Tissue of the voxel nearest to each place, shape (3, *grid), in voxels, when all are shifted."""
    index = torch.zeros(places.shape[1:], dtype=torch.int32, device=places.device)
    below = None
    for axis, size in enumerate(tissues.shape):
        place = (places[axis] + shift[axis]).round_()
        if axis == 2 and not neck_goes_on:
            below = place < 0
        index.mul_(size).add_(place.clamp_(0, size - 1).to(torch.int32))
    found = tissues.reshape(-1).index_select(0, index.reshape(-1)).reshape(index.shape)
    return found if below is None else found.masked_fill_(below, Tissue.AIR)


def sample_distances(distances: Tensor, points: Tensor, spacing: float, voxel: float) -> Tensor:
    """Signed distances in mm at each point of the warped head, shape (1, 2, *grid).

    The stored field f is exact in the anatomy; a warp stretches it, so the distance in the warped head is
    f / |grad f| to first order (Taubin, TPAMI 1991), exact at the surface.

    Parameters
    ----------
    distances : Tensor, shape (2, x', y', z')
        Distances at every second voxel of the tissues (of odd sizes: both have one centre).
    points : Tensor, shape (1, 3, *grid)
        Positions in mm from the centre of the tissues.
    spacing : float
        Edge of the tissue voxels in mm.
    voxel : float
        Edge of the grid's voxels in mm.
    """
    sizes = torch.tensor(distances.shape[1:], device=points.device)
    place = points / (2 * spacing)
    unit = torch.stack([place[0, axis] * 2 / (sizes[axis] - 1) for axis in (2, 1, 0)], dim=-1)
    warped = functional.grid_sample(
        distances[None].float(), unit[None], mode="bilinear", padding_mode="border", align_corners=True
    )
    # Where a map ends within the brainstem nothing of the brain goes on below it.
    below = -(sizes[2] - 1) * spacing - points[:, 2:]
    found = unstretch(warped, voxel)
    return torch.where(below > 0, torch.maximum(found, below), found)


def unstretch(distances: Tensor, voxel: float) -> Tensor:
    """Divide warped distances, shape (1, n, x, y, z), by the length of their gradient; see `sample_distances`.

    Far from the surface a gradient is short where two parts of it are equally near, so there it is trusted less.
    """
    slopes = torch.gradient(distances, spacing=voxel, dim=(2, 3, 4))
    steepness = torch.sqrt(sum(s * s for s in slopes)).clamp_max_(1.6)  # type: ignore[arg-type]
    least = torch.where(distances.abs() < _NEAR_MM, 0.2, 0.65)
    return distances / torch.maximum(steepness, least)
