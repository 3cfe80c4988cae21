"""Grid: to the network's voxels and back, whatever the scan's orientation, voxel size and shear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from deskull import Volume
from deskull.preprocessing.grid import (
    LEAST_MM,
    REACH_MM,
    Conformed,
    _crop,
    choose_grid,
    conform,
    corners,
    resample,
    to_native,
)

CENTRE = np.array([5.0, -12.0, 20.0])


def world_of(shape, affine):
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def ball(shape, affine, radius=40.0):
    """Distance in mm to a ball around CENTRE: known exactly everywhere."""
    return (np.linalg.norm(world_of(shape, affine) - CENTRE, axis=-1) - radius).astype(np.float32)


def centred(matrix, shape):
    affine = np.eye(4)
    affine[:3, :3] = matrix
    affine[:3, 3] = CENTRE - matrix @ ((np.array(shape) - 1) / 2)
    return affine


@settings(max_examples=40, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    spacing=st.tuples(*[st.floats(0.6, 5.0)] * 3),
    shear=st.floats(-0.3, 0.3),
    flips=st.tuples(*[st.sampled_from([-1, 1])] * 3),
)
def test_there_and_back_is_where_it_was(angles, spacing, shear, flips):
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    sheared = np.eye(3)
    sheared[0, 1] = shear
    matrix = turn @ sheared @ np.diag(np.array(spacing) * flips)
    shape = tuple(int(np.ceil(110 / s)) for s in spacing)
    affine = centred(matrix, shape)
    volume = Volume(ball(shape, affine), affine)
    conformed = conform(volume, 2.0, 16)
    truth = ball(conformed.data.shape, conformed.affine)
    smooth = conformed.field_of_view & (np.abs(truth) < 8)
    assert np.abs(conformed.data - truth)[smooth].mean() < 0.25
    back = to_native(np.clip(truth, -10, 10), conformed.affine, volume, 10.0)
    near = np.abs(volume.data) < 8
    assert np.abs(back - volume.data)[near].max() < 0.2


@pytest.mark.parametrize("factor", [1, 16])
def test_sizes_are_multiples_and_cover_the_scan(factor):
    affine = centred(np.diag([1.0, 1.0, 3.0]), (100, 90, 40))
    conformed = conform(Volume(np.ones((100, 90, 40), np.int16), affine), 2.0, factor)
    assert all(size % factor == 0 for size in conformed.data.shape)
    assert conformed.field_of_view.sum() * 8 == pytest.approx(100 * 90 * 120, rel=0.05)


@settings(max_examples=20, deadline=None)
@given(
    shape=st.tuples(*[st.integers(150, 190)] * 3),
    order=st.permutations(range(3)),
    flips=st.tuples(*[st.booleans()] * 3),
    place=st.tuples(*[st.floats(-5, 5)] * 3),
)
def test_a_scan_stored_otherwise_is_seen_on_the_same_grid(shape, order, flips, place):
    affine = np.eye(4)
    affine[:3, 3] = place
    data = np.zeros(shape, np.float32)
    data[30:120, 25:130, 40:] = 1
    turn = np.eye(4)[:, [*order, 3]]
    for column, axis in enumerate(order):
        if flips[column]:
            turn[axis, column], turn[axis, 3] = -1, shape[axis] - 1
    turned = np.flip(data.transpose(order), np.flatnonzero(flips))
    seen, grid = choose_grid(data, affine, 1.0, 32, crop=True)
    same, again = choose_grid(turned, affine @ turn, 1.0, 32, crop=True)
    assert same == seen
    np.testing.assert_allclose(again, grid, atol=1e-6)


def test_around_a_slab_lies_what_is_not_seen():
    affine = centred(np.diag([1.0, 1.0, 5.0]), (200, 200, 4))
    conformed = conform(Volume(ball((200, 200, 4), affine), affine), 2.0, 16, crop=True)
    assert conformed.data.shape[2] == LEAST_MM / 2
    seen = np.flatnonzero(conformed.field_of_view.any(axis=(0, 1)))
    assert len(seen) == 10
    assert abs(seen.mean() - (LEAST_MM / 2 - 1) / 2) <= 1


def test_the_coarser_grid_has_the_same_corners():
    affine = np.diag([1.0, 1, 1, 1])
    affine[:3, 3] = (-7, 3, 5)
    inside = np.zeros((8, 6, 4), bool)
    inside[2:] = True
    half, coarser = Conformed(np.zeros(inside.shape, np.float32), inside, affine).coarsened(2)
    assert half.shape == (4, 3, 2)
    assert (half == inside[::2, ::2, ::2]).all()
    np.testing.assert_allclose(corners((8, 6, 4), affine), corners((4, 3, 2), coarser))


def test_identity_grid_changes_nothing():
    data = np.random.default_rng(0).normal(size=(16, 32, 16)).astype(np.float32)
    conformed = conform(Volume(data, np.diag([2.0, 2.0, 2.0, 1.0])), 2.0, 16)
    np.testing.assert_allclose(conformed.data, data, atol=1e-5)
    assert conformed.field_of_view.all()


@pytest.mark.parametrize("turned", [False, True])
def test_voxels_of_the_grids_size_are_taken_as_they_are(turned):
    data = np.random.default_rng(0).normal(size=(40, 36, 30)).astype(np.float32)
    axes = np.diag([2.0, -2.0, 3.0])[:, [2, 0, 1]] if turned else np.diag([2.0, 2.0, 3.0])
    data = data.transpose(2, 0, 1) if turned else data
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes, (0.3, 1.1, 0.7)
    found = conform(Volume(data, affine), 2.0, 16, crop=True)
    places = (np.linalg.inv(affine) @ found.affine)[:3, 3]
    alike = [axis for axis in range(3) if abs(affine[:3, axis]).max() == 2]
    np.testing.assert_allclose(places[alike], np.round(places[alike]), atol=1e-6)


def test_scaling_is_applied():
    data = np.full((20, 20, 20), 7, np.int16)
    volume = Volume(data, np.diag([2.0, 2.0, 2.0, 1.0]), slope=0.5, inter=-1)
    assert conform(volume, 2.0, 1).data.max() == pytest.approx(2.5)


def test_a_long_field_of_view_is_cut_below_the_head():
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    data = np.zeros((60, 60, 150), np.float32)
    data[20:40, 20:40, 100:140] = 1  # a head whose top is at 560 mm
    conformed = conform(Volume(data, affine), 2.0, 16)
    size = np.array(conformed.data.shape) * 2
    assert (size <= REACH_MM + 32).all()
    assert conformed.data.sum() * 8 == pytest.approx(data.sum() * 64, rel=0.02)
    top = conformed.affine[2, 3] + size[2]
    assert 560 < top < 620


def test_a_mask_goes_to_the_grid_of_its_scan():
    """Beyond the reach each volume would choose its own window; a mask must follow its scan."""
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    data = np.zeros((90, 60, 150), np.float32)
    data[20:60, 20:40, 90:140] = 1
    mask = np.zeros(data.shape, np.uint8)
    mask[30:50, 25:35, 100:120] = 1
    scan = conform(Volume(data, affine), 2.0, 16)
    found = conform(Volume(mask, affine), 2.0, 16, reference_grid=scan)
    np.testing.assert_array_equal(found.affine, scan.affine)
    middle = np.argwhere(found.data > 0.5).mean(axis=0) @ scan.affine[:3, :3].T + scan.affine[:3, 3]
    np.testing.assert_allclose(middle, np.array([39.5, 29.5, 109.5]) * 4, atol=1)


def test_nothing_near_is_all_far():
    volume = Volume(np.zeros((8, 8, 8), np.int16), np.eye(4))
    back = to_native(np.full((16, 16, 16), 10, np.float32), np.eye(4), volume, 10.0)
    assert (back == 10).all()


@pytest.mark.parametrize("step", [0.7, 1.0, 2.4])
def test_what_a_grid_does_not_see_does_not_matter(step):
    data = np.random.default_rng(1).normal(size=(90, 80, 85)).astype(np.float32)
    scan = Volume(data, np.diag([step, step, step, 1.0]))
    grid = np.diag([1.5, 1.5, 1.5, 1.0])
    grid[:3, 3] = 20 * step
    found = resample(scan, (12, 10, 14), grid)
    whole, _ = _crop(data, scan.affine, (12, 10, 14), grid)
    assert whole.size < data.size / 4
    grid[:3, 3] -= 10 * 1.5
    around = resample(scan, (60, 60, 60), grid)
    np.testing.assert_allclose(found.data, around.data[10:22, 10:20, 10:24], atol=0.02)
