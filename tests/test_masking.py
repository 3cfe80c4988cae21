"""Mask: the largest part, without cavities, and the border where it was."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from deskull.masking import distance_to, edge_voxels, keep_largest, mask_from_distance


def ball_distance(size=40, centre=(20, 20, 20), radius=12.0):
    index = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), -1)
    return (np.linalg.norm(index - np.array(centre), axis=-1) - radius).astype(np.float32)


def test_a_clean_distance_is_untouched():
    distance = ball_distance()
    np.testing.assert_array_equal(keep_largest(distance, 0.0, 10.0), distance)


def test_islands_go_and_cavities_fill():
    distance = ball_distance()
    distance[2:5, 2:5, 2:5] = -3
    distance[19:22, 19:22, 19:22] = 4
    cleaned = keep_largest(distance, 0.0, 10.0)
    np.testing.assert_array_equal(cleaned < 0, ball_distance() < 0)


def test_an_empty_mask_stays_empty():
    distance = np.full((5, 5, 5), 10, np.float32)
    assert not (keep_largest(distance, 0.0, 10.0) < 0).any()


def test_the_border_moves_the_mask_by_as_much():
    distance = ball_distance()
    for border in (-4, -1.5, 0, 2, 5):
        inside = mask_from_distance(keep_largest(distance, border, 10.0), border)
        radius = (3 * inside.sum() / (4 * np.pi)) ** (1 / 3)
        assert abs(radius - (12 + border)) < 0.15
        assert inside.dtype == np.uint8


def test_what_lies_beyond_the_field_of_view_is_never_the_largest():
    distance = np.full((20, 20, 20), 5.0, np.float32)
    distance[2:5, 2:5, 2:6] = -2  # the brain, cut by the edge of what is seen
    distance[10:18, 2:18, 2:18] = -2
    seen = np.zeros(distance.shape, bool)
    seen[:8, :, :5] = True
    cleaned = keep_largest(distance, 0.0, 10.0, seen)
    assert (cleaned[2:5, 2:5, 2:6] == -2).all()
    assert not (cleaned[10:] < 0).any()


@pytest.mark.parametrize("spacing", [(1, 1, 1), (0.5, 1, 3)])
def test_distances_to_a_mask_equal_those_of_scipy(spacing):
    mask = np.random.default_rng(0).random((12, 15, 9)) > 0.97
    expected = ndimage.distance_transform_edt(~mask, spacing)
    np.testing.assert_allclose(distance_to(mask, spacing), expected, rtol=1e-5)


def test_edge_voxels_of_a_cube_are_its_shell():
    cube = np.zeros((7, 7, 7), bool)
    cube[1:6, 1:6, 1:6] = True
    assert edge_voxels(cube).sum() == 5**3 - 3**3
