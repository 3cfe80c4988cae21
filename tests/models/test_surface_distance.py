"""Surface distance: the mask and the values that it gives agree, however many planes are made at a time."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import Volume
from deskull.models import surface_distance
from deskull.models.surface_distance import SurfaceDistance
from deskull.preprocessing.coverage import Coverage

FAR, BORDER = 10.0, 0.5
SHAPE = (30, 26, 40)
AFFINE = np.array([[0.0, 2.1, 0.3, -20], [2.0, 0, 0, -30], [0, 0.2, 1.9, -33], [0, 0, 0, 1]])


def ball_on_grid():
    """Distance to a ball on a grid of 2 mm, and the grid."""
    grid = np.diag([2.0, 2.0, 2.0, 1.0])
    grid[:3, 3] = -40
    x, y, z = np.meshgrid(*[2.0 * np.arange(41) - 40] * 3, indexing="ij")
    return (np.sqrt(x**2 + y**2 + z**2) - 15).clip(-FAR, FAR).astype(np.float32), grid


@pytest.fixture
def found():
    scan = Volume(np.random.default_rng(0).integers(1, 99, SHAPE).astype(np.int16), AFFINE)
    whole = Coverage(tuple(slice(0, n) for n in SHAPE), ([], [], []))
    on_grid, grid = ball_on_grid()
    return SurfaceDistance(on_grid, grid, scan, whole, SHAPE, BORDER, FAR, 1)


def test_values_are_the_distance_on_the_voxels_of_the_scan(found):
    index = np.stack(np.meshgrid(*[np.arange(n) for n in SHAPE], indexing="ij"), -1)
    world = index @ AFFINE[:3, :3].T + AFFINE[:3, 3]
    expected = (np.linalg.norm(world, axis=-1) - 15).clip(-FAR, FAR)
    near = np.abs(expected) < 8
    np.testing.assert_allclose(found.values()[near], expected[near], atol=0.2)


def test_mask_is_where_the_distance_is_below_the_border(found):
    np.testing.assert_array_equal(found.mask(), found.values() < BORDER)


@pytest.mark.parametrize("n_voxels", [1, 30 * 26 * 7])
def test_result_does_not_depend_on_how_many_planes_are_made_at_a_time(found, monkeypatch, n_voxels):
    mask, values = found.mask(), found.values()
    monkeypatch.setattr(surface_distance, "_N_VOXELS", n_voxels)
    np.testing.assert_array_equal(found.mask(), mask)
    np.testing.assert_allclose(found.values(), values, atol=1e-5)


def test_what_was_not_scanned_is_far_and_outside_the_mask(found):
    box = (slice(0, 30), slice(0, 26), slice(2, 42))
    embedded = SurfaceDistance(
        found.on_grid, found.grid, found.part, Coverage(box, ([(12, 14)], [], [])), (30, 26, 45), BORDER, FAR, 1
    )
    values, mask = embedded.values(), embedded.mask()
    np.testing.assert_array_equal(mask, values < BORDER)
    for unscanned in (values[..., :2], values[..., 42:], values[12:14]):
        assert (unscanned == FAR).all()
    np.testing.assert_array_equal(values[:12, :, 2:42], found.values()[:12])
