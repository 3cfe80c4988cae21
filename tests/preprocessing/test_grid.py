"""Grid: to the network's voxels and back, whatever the scan's orientation, voxel size and shear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from deskull import Volume
from deskull.preprocessing.grid import (
    MAX_EXTENT_MM,
    MIN_EXTENT_MM,
    Conformed,
    _crop,
    _sampled_planes,
    choose_grid,
    conform,
    resample,
    rescaled_affine,
    to_native,
)
from deskull.volume import corners

CENTRE = np.array([5.0, -12.0, 20.0])


def world_of(shape, affine):
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def ball(shape, affine, radius=24.0):
    """Distance in mm to a ball around CENTRE: known exactly everywhere."""
    return (np.linalg.norm(world_of(shape, affine) - CENTRE, axis=-1) - radius).astype(np.float32)


def turned(angle):
    """A turn of so many degrees around an axis that is none of the world's."""
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_rotvec(np.radians(angle) * np.array([0.6, 0, 0.8])).as_matrix()
    return affine


def centred(matrix, shape):
    affine = np.eye(4)
    affine[:3, :3] = matrix
    affine[:3, 3] = CENTRE - matrix @ ((np.array(shape) - 1) / 2)
    return affine


@settings(max_examples=15, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    spacing=st.tuples(*[st.floats(0.8, 4.5)] * 3),
    shear=st.floats(-0.3, 0.3),
    flips=st.tuples(*[st.sampled_from([-1, 1])] * 3),
)
def test_a_distance_returns_to_where_it_was_for_any_rotation_shear_and_voxel_size(angles, spacing, shear, flips):
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    sheared = np.eye(3)
    sheared[0, 1] = shear
    matrix = rotation @ sheared @ np.diag(np.array(spacing) * flips)
    shape = tuple(int(np.ceil(72 / s)) for s in spacing)
    affine = centred(matrix, shape)
    volume = Volume(ball(shape, affine), affine)
    conformed = conform(volume, 2.0, 16)
    truth = ball(conformed.data.shape, conformed.affine)
    smooth = conformed.field_of_view & (np.abs(truth) < 8)
    assert np.abs(conformed.data - truth)[smooth].mean() < 0.25
    back = to_native(np.clip(truth, -10, 10), conformed.affine, volume, 10.0)
    near = np.abs(volume.data) < 8
    assert np.abs(back - volume.data)[near].max() < 0.2


@pytest.mark.parametrize("size_multiple", [1, 16])
def test_sizes_are_multiples_and_cover_the_scan(size_multiple):
    affine = centred(np.diag([2.0, 2.0, 6.0]), (50, 45, 20))
    conformed = conform(Volume(np.ones((50, 45, 20), np.int16), affine), 4.0, size_multiple)
    assert all(size % size_multiple == 0 for size in conformed.data.shape)
    assert conformed.field_of_view.sum() * 64 == pytest.approx(100 * 90 * 120, rel=0.05)


@settings(max_examples=10, deadline=None)
@given(
    shape=st.tuples(*[st.integers(75, 95)] * 3),
    order=st.permutations(range(3)),
    flips=st.tuples(*[st.booleans()] * 3),
    place=st.tuples(*[st.floats(-5, 5)] * 3),
)
def test_the_grid_does_not_depend_on_the_order_in_which_the_scan_is_stored(shape, order, flips, place):
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = place
    data = np.zeros(shape, np.float32)
    data[15:60, 12:65, 20:] = 1
    permutation = np.eye(4)[:, [*order, 3]]
    for column, axis in enumerate(order):
        if flips[column]:
            permutation[axis, column], permutation[axis, 3] = -1, shape[axis] - 1
    permuted = np.flip(data.transpose(order), np.flatnonzero(flips))
    first_shape, first = choose_grid(Volume(data, affine), 2.0, 16, crop=True)
    second_shape, second = choose_grid(Volume(permuted, affine @ permutation), 2.0, 16, crop=True)
    assert second_shape == first_shape
    np.testing.assert_allclose(second, first, atol=1e-6)


def test_a_slab_lies_in_the_middle_of_a_grid_of_the_minimum_extent():
    affine = centred(np.diag([2.0, 2.0, 5.0]), (50, 50, 4))
    conformed = conform(Volume(ball((50, 50, 4), affine), affine), 4.0, 8, crop=True)
    assert conformed.data.shape[2] == MIN_EXTENT_MM / 4
    planes = np.flatnonzero(conformed.field_of_view.any(axis=(0, 1)))
    assert len(planes) * 4 == pytest.approx(20, abs=4)
    assert abs(planes.mean() - (MIN_EXTENT_MM / 4 - 1) / 2) <= 1


def test_the_coarsened_grid_has_the_same_corners():
    affine = np.eye(4)
    affine[:3, 3] = (-7, 3, 5)
    inside = np.zeros((8, 6, 4), bool)
    inside[2:] = True
    half, coarse = Conformed(np.zeros(inside.shape, np.float32), inside, affine).coarsened(2)
    np.testing.assert_array_equal(half, inside[::2, ::2, ::2])
    np.testing.assert_allclose(corners((8, 6, 4), affine), corners((4, 3, 2), coarse))


def test_a_scan_on_the_grid_already_is_unchanged():
    data = np.random.default_rng(0).normal(size=(16, 32, 16)).astype(np.float32)
    conformed = conform(Volume(data, np.diag([2.0, 2.0, 2.0, 1.0])), 2.0, 16)
    np.testing.assert_allclose(conformed.data, data, atol=1e-5)
    assert conformed.field_of_view.all()


@pytest.mark.parametrize("permuted", [False, True])
def test_grid_points_lie_on_the_centres_of_voxels_of_the_same_size(permuted):
    data = np.random.default_rng(0).normal(size=(40, 36, 30)).astype(np.float32)
    axes = np.diag([2.0, -2.0, 3.0])[:, [2, 0, 1]] if permuted else np.diag([2.0, 2.0, 3.0])
    data = data.transpose(2, 0, 1) if permuted else data
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes, (0.3, 1.1, 0.7)
    conformed = conform(Volume(data, affine), 2.0, 16, crop=True)
    places = (np.linalg.inv(affine) @ conformed.affine)[:3, 3]
    same_size = [axis for axis in range(3) if abs(affine[:3, axis]).max() == 2]
    np.testing.assert_allclose(places[same_size], np.round(places[same_size]), atol=1e-6)


def test_thick_slices_are_not_flattened_between_their_centres():
    z, y, x = np.meshgrid(*[np.arange(-40, 40, 2.0)] * 3, indexing="ij")
    bump = np.exp(-(x**2 + y**2 + z**2) / 2 / 12**2).astype(np.float32)
    scan = Volume(np.ascontiguousarray(bump[:, :, 1:40:3]), np.diag([2.0, 2.0, 6.0, 1.0]))
    conformed = conform(scan, 2.0, 1)
    truth = bump[:, :, : conformed.data.shape[2]]
    assert np.abs(conformed.data - truth)[:, :, 2:-2].max() < 0.02


def test_slope_and_intercept_are_applied():
    data = np.full((8, 8, 8), 7, np.int16)
    volume = Volume(data, np.diag([2.0, 2.0, 2.0, 1.0]), slope=0.5, inter=-1)
    assert conform(volume, 2.0, 1).data.max() == pytest.approx(2.5)


def test_a_long_field_of_view_is_cut_below_the_head():
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    data = np.zeros((60, 60, 150), np.float32)
    data[20:40, 20:40, 100:140] = 1  # a head whose top is at 560 mm
    conformed = conform(Volume(data, affine), 4.0, 8)
    size = np.array(conformed.data.shape) * 4
    assert (size <= MAX_EXTENT_MM + 32).all()
    assert conformed.data.sum() == pytest.approx(data.sum(), rel=0.02)
    top = conformed.affine[2, 3] + size[2]
    assert 560 < top < 620


def test_a_mask_follows_its_scan_to_the_part_that_the_grid_covers():
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    data = np.zeros((90, 60, 150), np.float32)
    data[20:60, 20:40, 90:140] = 1
    mask = np.zeros(data.shape, np.uint8)
    mask[30:50, 25:35, 100:120] = 1
    scan = conform(Volume(data, affine), 4.0, 8)
    conformed = conform(Volume(mask, affine), 4.0, 8, reference_grid=scan)
    np.testing.assert_array_equal(conformed.affine, scan.affine)
    middle = np.argwhere(conformed.data > 0.5).mean(axis=0) @ scan.affine[:3, :3].T + scan.affine[:3, 3]
    np.testing.assert_allclose(middle, np.array([39.5, 29.5, 109.5]) * 4, atol=1)


def test_a_field_that_is_far_everywhere_is_far_in_the_scan():
    volume = Volume(np.zeros((8, 8, 8), np.int16), np.eye(4))
    back = to_native(np.full((16, 16, 16), 10, np.float32), np.eye(4), volume, 10.0)
    assert (back == 10).all()


@pytest.mark.parametrize("value", [0.0, 10.0], ids=["near", "far"])
def test_a_distance_comes_back_in_the_order_in_which_formats_store_voxels(value):
    volume = Volume(np.zeros((8, 9, 10), np.int16), np.eye(4))
    back = to_native(np.full((16, 16, 16), value, np.float32), np.eye(4), volume, 10.0)
    assert back.flags.f_contiguous


@pytest.mark.parametrize("step", [0.7, 1.0, 2.4])
def test_a_small_grid_reads_a_part_of_the_scan_and_gives_the_values_of_a_large_one(step):
    data = np.random.default_rng(1).normal(size=(70, 64, 66)).astype(np.float32)
    scan = Volume(data, np.diag([step, step, step, 1.0]))
    grid = np.diag([1.5, 1.5, 1.5, 1.0])
    grid[:3, 3] = 20 * step
    small = resample(scan, (12, 10, 14), grid)
    part = _crop(scan, (12, 10, 14), grid)
    assert part.data.size < data.size / 2
    grid[:3, 3] -= 10 * 1.5
    large = resample(scan, (40, 40, 40), grid)
    np.testing.assert_allclose(small.data, large.data[10:22, 10:20, 10:24], atol=0.02)


def test_of_voxels_of_25_mm_no_more_than_four_are_kept_around_the_grid():
    affine = np.diag([25.0, 25.0, 25.0, 1.0])
    grid = np.diag([1.0, 1.0, 1.0, 1.0])
    grid[:3, 3] = 356
    part = _crop(Volume(np.zeros((40, 40, 40), np.float32), affine), (288, 288, 288), grid)
    assert max(part.shape) <= 288 / 25 + 2 * 4 + 2


@given(st.integers(1, 2000))
def test_planes_are_sampled_the_same_from_either_end_and_include_both(size):
    planes = _sampled_planes(size)
    np.testing.assert_array_equal(planes, size - 1 - planes[::-1])
    assert planes[0] == 0
    assert 1 <= len(planes) <= 160
    assert (np.diff(planes) > 0).all()


@given(times=st.floats(0.25, 8), place=st.tuples(*[st.floats(-100, 100)] * 3))
def test_rescaling_a_grid_there_and_back_changes_nothing(times, place):
    grid = np.diag([2.0, 2.0, 2.0, 1.0])
    grid[:3, 3] = place
    back = rescaled_affine(rescaled_affine(grid, times), 1 / times)
    np.testing.assert_allclose(back, grid, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    shape=st.tuples(*[st.integers(2, 24)] * 3),
    steps=st.tuples(*[st.floats(0.5, 10)] * 3),
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    size_multiple=st.sampled_from([1, 8, 16]),
)
def test_the_grid_covers_a_scan_that_is_not_too_long_to_the_last_corner(shape, steps, angles, size_multiple):
    affine = centred(Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.diag(steps), shape)
    outer = corners(shape, affine)
    assume((np.ptp(outer, axis=0) <= MAX_EXTENT_MM).all())
    sizes, grid = choose_grid(Volume(np.ones(shape, np.float32), affine), 3.0, size_multiple)
    covered = corners(sizes, grid)
    assert (covered.min(axis=0) <= outer.min(axis=0) + 1e-3).all()
    assert (covered.max(axis=0) >= outer.max(axis=0) - 1e-3).all()
    assert all(size % size_multiple == 0 for size in sizes)


def head_in_air():
    """A bright block of 180 x 171 x 177 mm in dark air, in voxels of 3 mm: data, affine, and ends of the block."""
    data = np.zeros((80, 80, 80), np.float32)
    data[10:70, 11:68, 10:69] = 100
    return data, np.diag([3.0, 3.0, 3.0, 1.0]), np.array([30, 33, 30]), np.array([207, 201, 204])


def test_a_cropped_grid_keeps_more_than_10_mm_around_the_head():
    data, affine, low, high = head_in_air()
    covered = corners(*choose_grid(Volume(data, affine), 3.0, 1, crop=True))
    assert (covered.min(axis=0) < low - 10).all()
    assert (covered.max(axis=0) > high + 10).all()


def test_a_cropped_grid_is_smaller_than_that_of_the_whole_scan():
    data, affine, _, _ = head_in_air()
    cropped, whole = (np.prod(choose_grid(Volume(data, affine), 3.0, 1, crop=crop)[0]) for crop in (True, False))
    assert cropped < whole


def test_a_few_bright_voxels_in_the_air_do_not_enlarge_the_grid():
    data, affine, _, _ = head_in_air()
    expected, _ = choose_grid(Volume(data, affine), 3.0, 1, crop=True)
    data[0, 0, 0] = data[-1, -1, -1] = data[0, -1, 0] = 100
    assert choose_grid(Volume(data, affine), 3.0, 1, crop=True)[0] == expected


def test_a_scan_of_one_value_is_covered_whole():
    data = np.full((90, 95, 85), 7, np.float32)
    sizes, _ = choose_grid(Volume(data, np.diag([2.0, 2.0, 2.0, 1.0])), 2.0, 1, crop=True)
    assert sizes == data.shape


def test_a_fixed_grid_is_centred_on_a_scan_that_is_smaller():
    sizes, grid = choose_grid(Volume(np.ones((10, 12, 14), np.float32), np.eye(4)), 2.0, 16, (32, 48, 32), crop=True)
    assert sizes == (32, 48, 32)
    np.testing.assert_allclose(corners(sizes, grid).mean(axis=0), (np.array([10, 12, 14]) - 1) / 2)


@pytest.mark.parametrize("side", ["low", "high"])
def test_a_cut_grid_does_not_reach_beyond_the_side_of_the_scan_at_which_the_head_lies(side):
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    data = np.zeros((100, 40, 40), np.float32)
    data[slice(0, 20) if side == "low" else slice(80, 100), 10:30, 10:30] = 1
    covered = corners(*choose_grid(Volume(data, affine), 4.0, 8))[:, 0]
    assert np.ptp(covered) == MAX_EXTENT_MM
    assert covered.min() == -2 if side == "low" else covered.max() == 398


@settings(max_examples=20, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    steps=st.tuples(*[st.floats(2, 9)] * 3),
    place=st.tuples(*[st.floats(-20, 20)] * 3),
)
def test_the_field_of_view_is_where_the_scan_has_voxels(angles, steps, place):
    shape, sizes = (6, 7, 5), (9, 10, 11)
    affine = centred(Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.diag(steps), shape)
    grid = np.diag([4.0, 4.0, 4.0, 1.0])
    grid[:3, 3] = CENTRE - 20 + place
    index = (world_of(sizes, grid) - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
    outside = np.maximum(-0.5 - index, index - (np.array(shape) - 0.5)).max(axis=-1)  # in voxels, negative inside
    field_of_view = resample(Volume(np.ones(shape, np.float32), affine), sizes, grid).field_of_view
    clear = np.abs(outside) > 5e-3
    np.testing.assert_array_equal(field_of_view[clear], (outside < 0)[clear])


def test_a_grid_beside_the_scan_has_no_field_of_view_and_finite_values():
    scan = Volume(np.random.default_rng(0).normal(size=(9, 9, 9)).astype(np.float32), np.eye(4))
    grid = np.eye(4)
    grid[:3, 3] = 1000
    beside = resample(scan, (4, 5, 6), grid)
    assert not beside.field_of_view.any()
    assert np.isfinite(beside.data).all()


def test_nearest_neighbour_conforming_keeps_labels():
    labels = np.random.default_rng(0).choice([0, 2, 41, 251], (20, 22, 24)).astype(np.int16)
    conformed = conform(Volume(labels, np.diag([1.0, 1.3, 0.8, 1.0])), 2.0, 1, order=0)
    assert set(np.unique(conformed.data)) <= {0, 2, 41, 251}


def test_a_distance_near_the_brain_is_that_of_the_whole_field():
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    scan = Volume(np.zeros((20, 20, 20), np.float32), affine)
    distance = np.full((20, 20, 20), 10, np.float32)
    distance[6:14, 6:14, 6:14] = np.random.default_rng(0).uniform(-5, 5, (8, 8, 8))
    np.testing.assert_allclose(to_native(distance, affine, scan, 10.0), distance, atol=1e-5)


def test_a_brain_beside_the_scan_leaves_the_scan_far_from_it():
    grid = np.eye(4)
    grid[:3, 3] = 500
    back = to_native(np.full((8, 8, 8), -5, np.float32), grid, Volume(np.zeros((6, 6, 6)), np.eye(4)), 10.0)
    assert back.shape == (6, 6, 6)
    assert (back == 10).all()


@pytest.mark.parametrize(
    ("low", "high", "shape"),
    [
        ((10, 10, 10), (24, 40, 57), (4, 8, 12)),
        ((-90, 0, 0), (20, 99, 99), (8, 12, 12)),
        ((50, 22, 22), (99, 26, 26), (4, 4, 4)),
    ],
    ids=["inside", "beyond the start", "beyond the end"],
)
@pytest.mark.parametrize("angle", [0, 20])
def test_part_of_a_grid_around_points_lies_where_it_did(low, high, shape, angle):
    grid = turned(angle) @ np.diag([6.0, 6.0, 6.0, 1.0])
    data = np.random.default_rng(0).random((12, 12, 12), np.float32)
    ends = np.array([np.add(low, 1), np.subtract(high, 1)]) @ turned(angle)[:3, :3].T
    part = Conformed(data, data > 0.5, grid).cropped(ends, 1.0, 4)
    place = np.round(np.linalg.solve(grid, part.affine)[:3, 3]).astype(int)
    box = tuple(slice(first, first + size) for first, size in zip(place, part.data.shape, strict=True))
    np.testing.assert_array_equal(part.data, data[box])
    np.testing.assert_array_equal(part.field_of_view, data[box] > 0.5)
    assert part.data.shape == shape


@pytest.mark.parametrize("flip", [1, -1])
def test_grid_of_a_slightly_oblique_scan_runs_along_its_own_axes(flip):
    shape = (90, 100, 50)
    affine = centred(turned(20)[:3, :3] @ np.diag([flip * 2.0, 2.0, 4.0])[:, [1, 0, 2]], shape)
    data = np.random.default_rng(0).random(shape, np.float32)
    _, grid = choose_grid(Volume(data, affine), 2.0, 16, crop=True)
    steps = np.linalg.solve(affine, grid)[:3, :3]
    np.testing.assert_allclose(steps, [[0, 1, 0], [flip, 0, 0], [0, 0, 0.5]], atol=1e-6)


def test_grid_of_the_mask_of_a_slightly_oblique_scan_is_in_its_place():
    shape = (100, 100, 50)
    affine = centred(turned(20)[:3, :3] @ np.diag([2.0, 2.0, 4.0]), shape)
    volume = Volume(ball(shape, affine), affine)
    conformed = conform(volume, 2.0, 16, crop=True)
    expected = ball(conformed.data.shape, conformed.affine)
    inside = conformed.field_of_view & (np.abs(expected) < 15)
    np.testing.assert_allclose(conformed.data[inside], expected[inside], atol=0.15)
