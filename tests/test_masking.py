"""Masks: the largest component, without cavities, and the border where it was."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import Volume
from deskull.masking import (
    binarise,
    distance_to,
    edge_voxels,
    fill_holes,
    keep_largest,
    largest_component,
    mask_from_distance,
    moved_mask,
    signed_distance,
)

FAR = 10.0


def ball_distance(size=40, centre=(20, 20, 20), radius=12.0):
    index = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), -1)
    return (np.linalg.norm(index - np.array(centre), axis=-1) - radius).astype(np.float32)


def cube(size, first, last):
    mask = np.zeros((size,) * 3, bool)
    mask[first:last, first:last, first:last] = True
    return mask


def test_the_largest_component_is_kept():
    mask = cube(12, 1, 3) | cube(12, 5, 10)
    np.testing.assert_array_equal(largest_component(mask), cube(12, 5, 10))


def test_components_that_touch_at_an_edge_only_are_two():
    mask = np.zeros((4, 4, 1), bool)
    mask[0, 0] = mask[1:3, 1] = True
    assert largest_component(mask).sum() == 2


def test_moved_mask_is_the_largest_component_of_the_voxels_nearer_than_the_border():
    small = ball_distance(centre=(5, 5, 5), radius=2.0)
    distance = np.minimum(ball_distance(centre=(26, 26, 26)), small)
    for border in (-3.0, 0.0, 1.5):
        expected = largest_component(distance < border)
        np.testing.assert_array_equal(moved_mask(distance, border), expected)
    assert np.any((distance < 0.0) & ~moved_mask(distance, 0.0).view(bool))


def test_moved_mask_is_empty_where_no_voxel_is_nearer():
    assert not moved_mask(ball_distance(), -50.0).any()


@pytest.mark.parametrize("mask", [cube(5, 0, 0), cube(5, 1, 4)])
def test_an_empty_mask_or_one_of_a_single_component_is_unchanged(mask):
    np.testing.assert_array_equal(largest_component(mask), mask)


def test_a_cavity_is_filled_and_an_open_bay_is_not():
    mask = cube(12, 1, 11) & ~cube(12, 5, 7)
    mask[:4, 3, 3] = False
    filled = fill_holes(mask)
    assert filled[5:7, 5:7, 5:7].all()
    assert not filled[:4, 3, 3].any()


def test_a_distance_to_one_whole_component_is_unchanged():
    distance = ball_distance()
    np.testing.assert_array_equal(keep_largest(distance, 0.0, FAR), distance)


def test_islands_are_removed_and_cavities_filled():
    distance = ball_distance()
    distance[2:5, 2:5, 2:5] = -3
    distance[19:22, 19:22, 19:22] = 4
    cleaned = keep_largest(distance, 0.0, FAR)
    np.testing.assert_array_equal(cleaned < 0, ball_distance() < 0)


def test_a_distance_that_describes_an_empty_mask_stays_empty():
    distance = np.full((5, 5, 5), FAR, np.float32)
    assert not (keep_largest(distance, 0.0, FAR) < 0).any()


@pytest.mark.parametrize("border", [-4, -1.5, 0, 2, 5])
def test_a_border_moves_the_surface_of_the_mask_by_as_much(border):
    mask = mask_from_distance(keep_largest(ball_distance(), border, FAR), border)
    radius = (3 * mask.sum() / (4 * np.pi)) ** (1 / 3)
    assert radius == pytest.approx(12 + border, abs=0.15)
    assert mask.dtype == np.uint8


def test_a_component_outside_the_field_of_view_is_never_the_largest():
    distance = np.full((20, 20, 20), 5.0, np.float32)
    distance[2:5, 2:5, 2:6] = -2  # the brain, which the edge of the field of view cuts
    distance[10:18, 2:18, 2:18] = -2
    field_of_view = np.zeros(distance.shape, bool)
    field_of_view[:8, :, :5] = True
    cleaned = keep_largest(distance, 0.0, FAR, field_of_view)
    assert (cleaned[2:5, 2:5, 2:6] == -2).all()
    assert not (cleaned[10:] < 0).any()


@pytest.mark.parametrize(
    ("data", "slope", "expected"),
    [
        (np.array([[[0, 1, 255]]], np.uint8), 1.0, [0, 1, 1]),
        (np.array([[[0, 1, 255]]], np.uint8), 1 / 255, [0, 0, 1]),
        (np.array([[[0.2, 0.6, np.nan]]]), 1.0, [0, 1, 0]),
        (np.array([[[[0, 0, 1], [1, 1, 0]]]]), 1.0, [0, 1]),
    ],
    ids=["integers", "scaled", "not a number", "series"],
)
def test_a_mask_image_is_true_where_its_real_value_exceeds_a_half(data, slope, expected):
    assert binarise(Volume(data, np.eye(4), slope=slope)).ravel().tolist() == expected


@pytest.mark.parametrize("spacing", [(1, 1, 1), (0.5, 1, 3)])
def test_distances_to_a_mask_are_those_to_the_nearest_of_its_voxels(spacing):
    mask = np.random.default_rng(0).random((12, 15, 9)) > 0.97
    centres, of_mask = (np.argwhere(where) * spacing for where in (np.ones(mask.shape, bool), mask))
    expected = np.linalg.norm(centres[:, None] - of_mask, axis=-1).min(axis=1).reshape(mask.shape)
    np.testing.assert_allclose(distance_to(mask, spacing), expected, rtol=1e-6)


def test_distances_to_an_empty_mask_are_very_large_everywhere():
    assert distance_to(np.zeros((3, 4, 5), bool)).min() > 1e9


def test_signed_distances_change_sign_between_the_centres_on_both_sides_of_the_surface():
    distance = signed_distance(cube(9, 3, 6), 2.0)[4, 4]
    assert distance.tolist() == [5, 3, 1, -1, -3, -1, 1, 3, 5]


def test_edge_voxels_of_a_cube_are_its_shell():
    assert edge_voxels(cube(7, 1, 6)).sum() == 5**3 - 3**3


def test_a_mask_at_the_border_of_the_array_has_edge_voxels_there():
    assert edge_voxels(np.ones((3, 3, 3), bool)).sum() == 26
