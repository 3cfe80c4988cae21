"""Resampling: what SciPy computes, on parallel and on rotated grids; no aliasing, no flattening."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from deskull.preprocessing.resampling import (
    _CENTRE_TOLERANCE,
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
    tolerance = 1e-4 + 3 * _CENTRE_TOLERANCE * np.ptp(DATA)  # points near centres are moved there, along three axes
    np.testing.assert_allclose(sampled, sampled_by_scipy(matrix, offset, shape), atol=tolerance)


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


@settings(max_examples=30, deadline=None)
@given(offset=st.tuples(*[st.floats(-4, 14)] * 3), scale=st.floats(0.3, 2))
def test_nearest_neighbour_sampling_makes_no_new_values(offset, scale):
    sampled = interpolate(DATA, np.eye(3) * scale, np.array(offset), (5, 6, 4), order=0)
    assert np.isin(sampled, DATA).all()


@pytest.mark.parametrize("matrix", [np.eye(3), ROTATED])
@pytest.mark.parametrize(("offset", "corner"), [(-500.0, (0, 0, 0)), (500.0, (-1, -1, -1))])
def test_points_beyond_the_image_have_the_value_of_its_nearest_corner(matrix, offset, corner):
    assert np.unique(interpolate(DATA, matrix, np.full(3, offset), (3, 3, 3))) == DATA[corner]


def test_an_image_of_one_slice_is_the_same_at_every_height():
    slab = DATA[:, :, :1]
    sampled = interpolate(slab, np.diag([1.0, 1.0, 0.25]), np.array([0.0, 0.0, -0.6]), (9, 12, 5))
    np.testing.assert_array_equal(sampled, np.repeat(slab, 5, axis=2))


@pytest.mark.parametrize("matrix", [np.diag([0.5, 1.5, 1.0]), ROTATED])
def test_sampling_leaves_the_image_as_it_was(matrix):
    before = DATA.copy()
    interpolate(DATA, matrix, np.array([0.3, 0.2, 0.1]), (6, 6, 6))
    np.testing.assert_array_equal(DATA, before)


def ramp(shape, affine, axis):
    """An image whose values are world coordinates along one axis."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1)
    return (index @ affine[:3, :3].T + affine[:3, 3])[..., axis].astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    steps=st.tuples(*[st.floats(0.3, 1.1)] * 3),
    voxel=st.floats(1.1, 3),
    axis=st.integers(0, 2),
    corner=st.tuples(*[st.floats(-90, 90)] * 3),
)
def test_averaged_voxels_lie_where_the_returned_affine_says(steps, voxel, axis, corner):
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = corner
    reduced, placed = downsample(ramp((48, 48, 48), affine, axis), affine, voxel)
    expected = ramp(reduced.shape, placed, axis)
    inner = (slice(2, -2),) * 3  # the edges are repeated
    np.testing.assert_allclose(reduced[inner], expected[inner], atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(steps=st.tuples(*[st.floats(1, 7)] * 3), axis=st.integers(0, 2))
def test_split_voxels_lie_where_the_returned_affine_says(steps, axis):
    affine = np.diag([*steps, 1.0])
    split, placed = upsample(ramp((20, 20, 20), affine, axis), affine, 1.0)
    middle = tuple(slice(n * 2 // 5, n * 3 // 5) for n in split.shape)  # away from the mirrored edges
    np.testing.assert_allclose(split[middle], ramp(split.shape, placed, axis)[middle], atol=0.02)


@pytest.mark.parametrize("step", [2.0, 2.4, 9.0])
def test_an_image_as_coarse_as_the_grid_is_not_averaged(step):
    affine = np.diag([step, step, step, 1.0])
    reduced, same = downsample(DATA, affine, 2.0)
    assert reduced is DATA
    np.testing.assert_array_equal(same, affine)


@pytest.mark.parametrize("step", [0.5, 1.0, 1.25])
def test_an_image_hardly_coarser_than_the_grid_is_not_split(step):
    assert upsample(DATA, np.diag([step, step, step, 1.0]), 1.0)[0] is DATA


@settings(max_examples=20, deadline=None)
@given(value=st.floats(-1e4, 1e4, width=32), step=st.floats(0.3, 7))
def test_a_constant_image_stays_constant_whether_averaged_or_split(value, step):
    constant, affine = np.full((8, 9, 10), value, np.float32), np.diag([step, 1.0, 1.0, 1.0])
    for resampled, _ in (downsample(constant, affine, 2.0), upsample(constant, affine, 1.0)):
        np.testing.assert_allclose(resampled, value, rtol=1e-5, atol=1e-30)  # subnormal numbers have few digits


def test_the_mean_of_whole_blocks_is_the_mean_of_the_image():
    data = DATA[:8, :, :6]
    assert downsample(data, np.eye(4), 2.0)[0].mean() == pytest.approx(data.mean(), abs=1e-6)


def test_integer_voxels_are_averaged_without_overflow():
    bytes_ = np.full((4, 4, 4), 250, np.uint8)
    assert np.unique(downsample(bytes_, np.eye(4), 2.0)[0]).tolist() == [250]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_voxels_that_are_not_split_keep_their_values(axis):
    np.testing.assert_allclose(refine(DATA, axis, 1), DATA, atol=1e-5)


@pytest.mark.parametrize("matrix", [np.diag([0.7, 1.0, 0.4]), np.diag([0.7, 1.0, 0.4]) + 0.05], ids=["axes", "oblique"])
def test_interpolation_into_an_array_gives_the_values_of_a_new_one(matrix):
    data = np.random.default_rng(0).random((20, 21, 22), np.float32)
    out = np.empty((18, 17, 40), np.float32, order="F")
    assert interpolate(data, matrix, np.zeros(3), out.shape, out=out) is out
    np.testing.assert_array_equal(out, interpolate(data, matrix, np.zeros(3), out.shape))
