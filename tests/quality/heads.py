"""Evidence from simple shapes: distances that are known, and scans of smooth tissue whose mask fits them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from deskull import Volume
from deskull.quality.evidence import Evidence, SecondLook

#: A function that returns signed distances in mm at points in mm, shape (..., 3) to (...).
Shape = Callable[[np.ndarray], np.ndarray]

#: Voxels of the grid, their edge in mm, and the distance to which networks clip theirs.
GRID, SPACING, FAR = 48, 2.0, 10.0
#: Half the extent of the grid and of the scan in mm.
REACH = GRID * SPACING / 2
#: Brightness of the brain and of what surrounds it, as stored.
BRAIN, OUTSIDE = 1000.0, 400.0


def ball(radius: float, centre: tuple[float, float, float] = (0, 0, 0)) -> Shape:
    """Distance to a ball."""
    return lambda points: np.linalg.norm(points - np.array(centre), axis=-1) - radius


def ellipsoid(x: float, y: float, z: float) -> Shape:
    """Distance to an ellipsoid of some half axes, to first order."""
    axes = np.array([x, y, z])

    def distance(points: np.ndarray) -> np.ndarray:
        level = np.linalg.norm(points / axes, axis=-1)
        return level * (level - 1) / np.maximum(np.linalg.norm(points / axes**2, axis=-1), 1e-6)

    return distance


def union(*shapes: Shape) -> Shape:
    """Distance to the union of shapes."""
    return lambda points: np.min([shape(points) for shape in shapes], axis=0)


def egg(axes: tuple[int, int, int] = (0, 1, 2)) -> Shape:
    """Distance to an asymmetric body: a ball with a smaller one in front and one on top, with its axes permuted."""
    upright = union(ball(24), ball(17, (0, 18, 0)), ball(10, (0, 0, 22)))
    return lambda points: upright(points[..., list(axes)])


def grid_affine(size: int, spacing: float) -> np.ndarray:
    """Affine of a cubic grid whose middle is the origin."""
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = -(size - 1) / 2 * spacing
    return affine


def places(size: int, spacing: float) -> np.ndarray:
    """World coordinates of a cubic grid whose middle is the origin, shape (size, size, size, 3)."""
    axis = (np.arange(size) - (size - 1) / 2) * spacing
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)


def distances(shape: Shape, size: int = GRID, spacing: float = SPACING) -> np.ndarray:
    """Distances to a shape on a grid, as a network clips them."""
    return np.clip(shape(places(size, spacing)), -FAR, FAR).astype(np.float32)


def second_look(shape: Shape, expected_error: float = 0.3) -> SecondLook:
    """A shape as a second network sees it, on voxels of 4 mm from the same corner; it expects an error in mm."""
    distance = distances(shape, round(GRID * SPACING / 4), 4.0)
    return SecondLook(distance, np.full_like(distance, expected_error), 2)


def scan_of(shape: Shape, voxel: float = 2.0, noise: float = 0.0) -> Volume:
    """A scan of a shape in smooth tissue on dark tissue: 16-bit, the extent of the grid."""
    size = round(2 * REACH / voxel)
    points = places(size, voxel)
    ripple = 1 + 0.1 * np.sin(points[..., 0] / 9) * np.cos(points[..., 1] / 11) * np.cos(points[..., 2] / 13)
    values = np.where(shape(points) < 0, BRAIN, OUTSIDE) * ripple
    values += noise * BRAIN * np.random.default_rng(0).standard_normal(values.shape)
    return Volume(np.round(values).astype(np.int16), grid_affine(size, voxel))


def mask_of(shape: Shape, voxel: float = 2.0) -> np.ndarray:
    """The mask of a shape on the voxels of `scan_of`."""
    return (shape(places(round(2 * REACH / voxel), voxel)) < 0).astype(np.uint8)


def evidence_of(shape: Shape, *, voxel: float = 2.0, noise: float = 0.0) -> Evidence:
    """Evidence for a mask that is right; the whole grid was scanned."""
    distance = distances(shape)
    image = np.where(distance < 0, 0.6, 0.24).astype(np.float32)
    return Evidence(
        scan_of(shape, voxel, noise),
        mask_of(shape, voxel),
        image,
        np.ones(distance.shape, bool),
        grid_affine(GRID, SPACING),
        distance,
        distance,
        distance - np.float32(2),
        0.0,
    )


def cut_at_top(evidence: Evidence, height: float, continued: int = 0) -> Evidence:
    """The evidence with a field of view that ends some mm above the middle.

    The mask goes on for a number of voxels, as a network's distance does.
    """
    last = round((REACH + height) / SPACING)
    seen, distance = evidence.field_of_view.copy(), evidence.distance.copy()
    seen[:, :, last:] = False
    distance[:, :, last + continued :] = FAR
    return replace(evidence, field_of_view=seen, distance=distance)


def with_values(evidence: Evidence, values: np.ndarray) -> Evidence:
    """The evidence with other stored values of the scan."""
    return replace(evidence, scan=replace(evidence.scan, data=values))


def distance_to_ball(radius: float, shape: tuple[int, int, int] = (64, 64, 64)) -> np.ndarray:
    """Signed distance in voxels to a ball in the middle."""
    grid = np.indices(shape, np.float32) - (np.array(shape, np.float32)[:, None, None, None] - 1) / 2
    return np.asarray(np.sqrt((grid**2).sum(axis=0)) - radius, np.float32)
