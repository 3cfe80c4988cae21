"""Empty corners: a mask does not reach into them, and keeps what is empty inside a brain."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import Volume
from deskull.preprocessing.empty_corners import empty_corners

SHAPE = (60, 64, 56)
STEP = 3.0


@pytest.fixture
def world():
    """Coordinates in mm from the middle of the array."""
    axes = [(np.arange(n) - (n - 1) / 2) * STEP for n in SHAPE]
    return np.meshgrid(*axes, indexing="ij")


def ball(world, radius):
    """The mask of a ball: the brain that a network predicts."""
    return np.sqrt(sum(axis**2 for axis in world)) < radius


def cleared(mask, scan):
    """A mask without what is found to be empty."""
    kept = mask.copy()
    if found := empty_corners(mask, scan):
        box, empty = found
        kept[box][empty] = False
    return kept


def scan_of(filled, value=0):
    """Noise in the voxels that are filled, and one value in the others."""
    noise = np.random.default_rng(0).integers(1, 1000, SHAPE).astype(np.int16)
    return Volume(np.where(filled, noise, np.int16(value)), np.diag([STEP, STEP, STEP, 1.0]))


@pytest.mark.parametrize("value", [0, -1000, 2000])
@pytest.mark.parametrize("normal", [(0, 0.26, 0.97), (0.5, 0.5, -0.7), (0, 0, 1)])
def test_mask_beyond_an_oblique_end_of_the_scan_is_cleared(world, normal, value):
    height = sum(part * axis for part, axis in zip(normal, world, strict=True))
    scan, mask = scan_of(height < 30, value), ball(world, 60)
    kept = cleared(mask, scan)
    np.testing.assert_array_equal(kept[height < 30], mask[height < 30])
    beyond = height >= 30
    assert kept[beyond].sum() < 0.15 * mask[beyond].sum()


def test_rim_of_a_mask_outside_a_stripped_brain_stays(world):
    mask = ball(world, 60)
    np.testing.assert_array_equal(cleared(mask, scan_of(ball(world, 58))), mask)


def test_ventricles_and_sulci_of_zeros_stay(world):
    x, y, z = world
    mask = ball(world, 60)
    ventricle = np.sqrt(x**2 + y**2 + z**2) < 15
    fissure = (np.abs(x) < 6) & (z > 10)
    np.testing.assert_array_equal(cleared(mask, scan_of(mask & ~ventricle & ~fissure)), mask)


def test_voxels_that_happen_to_have_the_value_of_the_corners_stay(world):
    mask = ball(world, 60)
    scan = scan_of(np.random.default_rng(1).random(SHAPE) > 0.3)
    scan.data[::59, ::63, ::55] = 0
    np.testing.assert_array_equal(cleared(mask, scan), mask)


def test_scan_whose_corners_all_differ_has_none_that_are_empty(world):
    scan = scan_of(world[2] < 30)
    scan.data[::59, ::63, ::55] = np.arange(1, 9).reshape(2, 2, 2)
    assert empty_corners(ball(world, 60), scan) is None


def test_scan_of_one_slice_has_no_empty_corners_where_the_mask_is_empty():
    scan = Volume(np.zeros((8, 8, 1), np.int16), np.eye(4))
    assert empty_corners(np.zeros((8, 8, 1), bool), scan) is None
