"""Straight grids: along the axes of a scan unless they are very oblique or not perpendicular."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from deskull.preprocessing.straight import grid_directions


def affine_of(angle, axis="x"):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler(axis, angle, degrees=True).as_matrix()
    affine[:3, 3] = [-90, 40, 10]
    return affine


@pytest.mark.parametrize("angle", [-29, -3, 0, 15, 29])
def test_directions_are_those_of_the_scan_up_to_a_limit(angle):
    affine = affine_of(angle) @ np.diag([0.9, 0.9, 4.0, 1.0])
    np.testing.assert_allclose(grid_directions(affine)[:3, :3], affine_of(angle)[:3, :3], atol=1e-12)


def test_directions_do_not_depend_on_the_order_and_direction_in_which_voxels_are_stored():
    affine = affine_of(12, "z")
    stored_otherwise = affine[:, [2, 0, 1, 3]] @ np.diag([-1, 1, -1, 1])
    np.testing.assert_allclose(grid_directions(stored_otherwise), grid_directions(affine), atol=1e-12)


@pytest.mark.parametrize("angle", [31, 44, -58])
def test_directions_of_a_very_oblique_scan_are_the_worlds(angle):
    np.testing.assert_array_equal(grid_directions(affine_of(angle)), np.eye(4))


def test_directions_of_a_scan_beyond_45_degrees_are_those_of_its_other_axes():
    np.testing.assert_allclose(grid_directions(affine_of(75))[:3, :3], affine_of(-15)[:3, :3], atol=1e-12)


def test_directions_of_a_sheared_scan_are_the_worlds():
    affine = affine_of(10)
    affine[0, 2] += 0.05
    np.testing.assert_array_equal(grid_directions(affine), np.eye(4))
