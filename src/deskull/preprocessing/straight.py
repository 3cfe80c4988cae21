"""Straight grids: the axes along which the network's grid runs, those of the scan or those of the world."""

from __future__ import annotations

import numpy as np
from nibabel.orientations import io_orientation

from deskull.volume import Affine

#: A scan's own axes are used if none of them is farther than this from an axis of the world, in degrees: technologists
#: align slices with the head, and the network was trained on heads that are turned by as much.
_MAX_ANGLE = 30.0
#: Axes are perpendicular if the cosine of the angle between them is below this.
_PERPENDICULAR = 1e-3


def grid_directions(affine: Affine) -> Affine:
    """Return the directions of the axes of the network's grid for a scan.

    Along its own axes a scan is interpolated one axis at a time, or not at all, which blurs less and takes a quarter of
    the time of interpolation between turned grids.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel indices of the scan to world coordinates in mm.

    Returns
    -------
    ndarray, shape (4, 4)
        In its columns, the unit vectors nearest to the world's x, y and z axis: those of the scan's axes if they are
        perpendicular and not very oblique, otherwise the world's.
    """
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    turned: Affine = np.eye(4)
    for voxel_axis, (world_axis, sign) in enumerate(io_orientation(affine)):
        if np.isnan(world_axis):
            return np.eye(4)
        turned[:3, int(world_axis)] = sign * directions[:, voxel_axis]
    cosines = turned[:3, :3].T @ turned[:3, :3] - np.eye(3)
    oblique = np.diag(turned)[:3].min() < np.cos(np.radians(_MAX_ANGLE))
    return np.eye(4) if oblique or np.abs(cosines).max() > _PERPENDICULAR else turned
