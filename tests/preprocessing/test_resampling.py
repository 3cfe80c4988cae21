"""Resampling: what SciPy computes, on parallel and on rotated grids; no aliasing, no flattening."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from deskull.preprocessing.resampling import (
    _blur,
    _parallel_axes,
    block_affine,
    downsample,
    interpolate,
    refine,
    upsample,
)

DATA = np.random.default_rng(0).normal(size=(9, 12, 7)).astype(np.float32)
ROTATED = np.array([[0.7013, 0.2037, 0.0], [-0.2037, 0.7013, 0.1019], [0.0, -0.1019, 0.6007]])


def sampled_by_scipy(matrix, offset, shape, order=1):
    return ndimage.affine_transform(DATA, matrix, offset, shape, order=order, mode="nearest", output=np.float32)


@settings(max_examples=40, deadline=None)
@given(
    order=st.permutations(range(3)),
    scales=st.tuples(*[st.floats(0.2, 3) | st.floats(-3, -0.2)] * 3),
    offset=st.tuples(*[st.floats(-5, 15)] * 3),
    shape=st.tuples(*[st.integers(1, 16)] * 3),
)
def test_parallel_grids_of_any_order_direction_and_step_are_sampled_as_by_scipy(order, scales, offset, shape):
    matrix = np.zeros((3, 3))
    matrix[list(order), range(3)] = scales
    assert _parallel_axes(matrix, shape) == tuple(order)
    sampled = interpolate(DATA, matrix, np.array(offset), shape)
    np.testing.assert_allclose(sampled, sampled_by_scipy(matrix, offset, shape), atol=1e-4)


@pytest.mark.parametrize("order", [0, 1])
def test_rotated_grids_are_sampled_as_by_scipy(order):
    shape, offset = (20, 11, 13), np.array([1.003, 2.007, 0.513])
    sampled = interpolate(DATA, ROTATED, offset, shape, order=order)
    np.testing.assert_allclose(sampled, sampled_by_scipy(ROTATED, offset, shape, order), atol=1e-4)


@pytest.mark.parametrize("order", [0, 1])
def test_rotated_grids_are_the_same_to_the_byte_for_any_number_of_threads(order):
    one, three = (interpolate(DATA, ROTATED, np.zeros(3), (20, 11, 13), threads, order) for threads in (1, 3))
    assert one.tobytes() == three.tobytes()


@pytest.mark.parametrize(("deviation", "parallel"), [(1e-6, True), (1e-3, False)])
def test_grids_are_parallel_if_they_diverge_by_less_than_a_thousandth_of_a_voxel(deviation, parallel):
    matrix = np.eye(3)
    matrix[0, 1] = deviation
    assert (_parallel_axes(matrix, (100, 100, 100)) == (0, 1, 2)) is parallel


def test_points_on_voxel_centres_take_the_voxels_values():
    shifted = interpolate(DATA, np.eye(3), np.array([2.0, 0.0, -1.0]), (5, 12, 7))
    np.testing.assert_array_equal(shifted[:, :, 1:], DATA[2:7, :, :6])


def test_a_flipped_grid_takes_the_voxels_in_reverse():
    flipped = interpolate(DATA, -np.eye(3), np.array(DATA.shape) - 1.0, DATA.shape)
    np.testing.assert_array_equal(flipped, DATA[::-1, ::-1, ::-1])


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("times", [2, 3])
def test_split_voxels_lie_on_scipys_cubic_spline(axis, times):
    refined = refine(DATA, axis, times)
    points = (np.arange(DATA.shape[axis] * times) + 0.5) / times - 0.5
    index = np.meshgrid(*[points if a == axis else np.arange(n) for a, n in enumerate(DATA.shape)], indexing="ij")
    np.testing.assert_allclose(refined, ndimage.map_coordinates(DATA, index, order=3, mode="mirror"), atol=1e-4)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("order", ["C", "F"])
def test_blurring_gives_what_scipys_gaussian_gives(axis, order):
    expected = ndimage.gaussian_filter1d(DATA, 0.8, axis, mode="nearest", radius=2)
    np.testing.assert_allclose(_blur(np.asarray(DATA, order=order), 0.8, axis), expected, atol=1e-5)


@pytest.mark.parametrize("step", [2.0, 2.0000002, 1.9999998])
def test_voxel_sizes_rounded_in_the_header_are_split_into_the_same_number(step):
    assert upsample(DATA[:6], np.diag([step, 1.0, 1.0, 1.0]), 1.0)[0].shape == (12, 12, 7)


def test_too_few_slices_for_a_spline_are_not_split():
    data, affine = upsample(DATA[:3], np.diag([5.0, 1.0, 1.0, 1.0]), 1.0)
    assert data.shape == (3, 12, 7)
    np.testing.assert_array_equal(affine, np.diag([5.0, 1.0, 1.0, 1.0]))


def test_splitting_keeps_the_outer_faces_of_the_image():
    _, affine = upsample(DATA, np.diag([3.0, 1.0, 1.0, 1.0]), 1.0)
    assert (affine @ [-0.5, 0, 0, 1])[0] == pytest.approx(-1.5)


def test_blocks_of_a_length_that_does_not_divide_repeat_the_last_voxel():
    data = np.arange(5, dtype=np.float32).reshape(5, 1, 1)
    reduced, _ = downsample(data, np.diag([1.0, 1.0, 1.0, 1.0]), 2.0)
    assert reduced.ravel().tolist() == [0.5, 2.5, 4.0]


def test_a_block_is_never_longer_than_the_image():
    assert np.diag(block_affine((2, 50, 50), np.eye(4), 10.0)).tolist() == [2, 10, 10, 1]


@pytest.mark.parametrize(("step", "spread"), [(1.0, 1e-3), (0.8, 30)])
def test_alternating_planes_average_out_instead_of_aliasing(step, spread):
    stripes = np.zeros((32, 8, 8), np.float32)
    stripes[::2] = 100
    reduced, affine = downsample(stripes, np.diag([step] * 3 + [1.0]), 2.0)
    back = np.linalg.inv(affine)
    sampled = interpolate(reduced, back[:3, :3] * 2, back[:3, 3], (10, 2, 2))
    assert np.ptp(sampled[1:-1]) < spread
