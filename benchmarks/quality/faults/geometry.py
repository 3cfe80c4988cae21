"""Faults of the header: the voxels are right, and what the header says of them is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from heads import Head
from scipy.spatial.transform import Rotation

Rng = np.random.Generator


def _with_matrix(head: Head, matrix: np.ndarray) -> Head:
    """Return the head with its voxels' axes multiplied by a matrix from the right."""
    affine = head.affine.copy()
    centre = affine @ [*(np.array(head.image.shape) / 2), 1]
    affine[:3, :3] = affine[:3, :3] @ matrix
    affine[:3, 3] = centre[:3] - affine[:3, :3] @ (np.array(head.image.shape) / 2)
    return replace(head, affine=affine)


def wrong_voxel_size(head: Head, rng: Rng, strength: float) -> Head:
    """All axes are too long or too short."""
    factor = 1 + (0.15 + 1.0 * strength)
    return _with_matrix(head, np.eye(3) * (factor if rng.random() < 0.5 else 1 / factor))


def wrong_voxel_axis(head: Head, rng: Rng, strength: float) -> Head:
    """One axis is too long or too short, as where the distance of slices is lost."""
    factor = 1 + (0.15 + 1.5 * strength)
    scale = np.ones(3)
    scale[rng.integers(3)] = factor if rng.random() < 0.5 else 1 / factor
    return _with_matrix(head, np.diag(scale))


def swapped_axes(head: Head, rng: Rng, strength: float) -> Head:
    """Two axes are named in the wrong order."""
    order = [(1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1)][rng.integers(5)]
    return _with_matrix(head, np.eye(3)[:, order])


def flipped_axis(head: Head, rng: Rng, strength: float) -> Head:
    """One axis runs the other way, upside down or back to front."""
    scale = np.ones(3)
    directions = np.argmax(np.abs(head.affine[:3, :3]), axis=0)
    scale[list(directions).index(rng.integers(1, 3))] = -1
    return _with_matrix(head, np.diag(scale))


def rotated_header(head: Head, rng: Rng, strength: float) -> Head:
    """The header is rotated against the head."""
    angles = rng.uniform(-1, 1, 3) * (20 + 50 * strength)
    return _with_matrix(head, Rotation.from_euler("xyz", angles, degrees=True).as_matrix())


def sheared_header(head: Head, rng: Rng, strength: float) -> Head:
    """The axes are not perpendicular."""
    shear = np.eye(3)
    i, j = rng.permutation(3)[:2]
    shear[i, j] = (0.15 + 0.6 * strength) * rng.choice([-1, 1])
    return _with_matrix(head, shear)
