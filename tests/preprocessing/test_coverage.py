"""Coverage: planes that were not scanned are left out, and air without noise and stripped brains stay whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import Volume
from deskull.axes import along
from deskull.preprocessing.coverage import find_coverage

SHAPE = (40, 44, 36)
WHOLE = tuple(slice(0, size) for size in SHAPE)


@pytest.fixture
def noise():
    """A scan of noise in voxels of 5 mm: every plane is a section of more than 200 cm^2."""
    data = np.random.default_rng(0).integers(0, 1000, SHAPE).astype(np.int16)
    return Volume(data, np.diag([5.0, -5.0, 5.0, 1.0]))


def ball(radius_mm, step=(2.0, 2.0, 2.0)):
    """A bright ball, like a stripped brain, in the middle of zeros."""
    shape = [round(2 * (radius_mm + 12) / size) for size in step]
    world = [(np.arange(n) - (n - 1) / 2) * size for n, size in zip(shape, step, strict=True)]
    x, y, z = np.meshgrid(*world, indexing="ij", sparse=True)
    return Volume((1000 * (x**2 + y**2 + z**2 < radius_mm**2)).astype(np.int16), np.diag([*step, 1.0]))


def filled(scan, axis, planes, value=0):
    data = scan.data.copy()
    data[along(axis, planes)] = value
    return replace(scan, data=data)


def test_scan_with_signal_everywhere_is_covered_whole(noise):
    coverage = find_coverage(noise)
    assert coverage.box == WHOLE
    assert coverage.gaps == ([], [], [])
    np.testing.assert_array_equal(coverage.part(noise).data, noise.data)


@pytest.mark.parametrize("value", [0, 5, -1024, 3000])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_planes_of_one_value_at_both_ends_are_left_out(noise, axis, value):
    padded = filled(filled(noise, axis, slice(0, 3), value), axis, slice(-5, None), value)
    expected = list(WHOLE)
    expected[axis] = slice(3, SHAPE[axis] - 5)
    assert find_coverage(padded).box == tuple(expected)


@settings(max_examples=20, deadline=None)
@given(widths=st.tuples(*[st.tuples(st.integers(0, 6), st.integers(0, 6))] * 3), value=st.integers(-2000, 2000))
def test_padding_a_scan_and_leaving_the_padding_out_gives_the_scan(widths, value):
    data = np.random.default_rng(0).integers(0, 1000, (30, 31, 32)).astype(np.int16)
    scan = Volume(data, np.diag([5.0, 5.0, 5.0, 1.0]))
    before = np.array([low for low, _ in widths])
    affine = scan.affine.copy()
    affine[:3, 3] -= 5 * before
    padded = Volume(np.pad(data, widths, constant_values=value), affine)
    part = find_coverage(padded).part(padded)
    np.testing.assert_array_equal(part.data, data)
    np.testing.assert_array_equal(part.affine, scan.affine)


def test_padding_with_another_value_than_an_empty_plane_of_the_scan_is_left_out_with_it(noise):
    padded = filled(filled(noise, 0, slice(-1, None), 0), 2, slice(30, None), -1000)
    assert find_coverage(padded).box == (slice(0, 39), slice(0, 44), slice(0, 30))


def test_rounding_errors_of_resampling_do_not_make_a_plane_scanned(noise):
    padded = filled(noise, 2, slice(30, None)).values()
    padded[..., 30:] += np.random.default_rng(1).normal(scale=0.01, size=padded[..., 30:].shape)
    assert find_coverage(noise.with_data(padded)).box[2] == slice(0, 30)


def test_values_are_compared_as_they_are_stored(noise):
    padded = replace(filled(noise, 1, slice(40, None)), slope=-1e-6, inter=7.0)
    assert find_coverage(padded).box[1] == slice(0, 40)


@pytest.mark.parametrize("step", [(1.0, 1.0, 1.0), (0.9, 0.9, 5.0), (2.0, 2.0, 2.0)])
def test_zeros_around_a_stripped_brain_are_not_padding(step):
    brain = ball(60, step)
    coverage = find_coverage(brain)
    assert coverage.part(brain).shape == brain.shape
    assert not any(coverage.gaps)


def test_zeros_inside_a_brain_stay(noise):
    ventricles = noise.data.copy()
    ventricles[10:30, 10:30, 10:30] = 0
    hollow = replace(noise, data=ventricles)
    coverage = find_coverage(hollow)
    np.testing.assert_array_equal(coverage.part(hollow).data, ventricles)


def test_zeros_above_a_cut_brain_are_padding():
    brain = ball(60)
    assert find_coverage(filled(brain, 2, slice(36, None))).box[2] == slice(0, 36)


def test_scan_of_one_value_is_covered_whole():
    blank = Volume(np.full(SHAPE, 7, np.int16), np.eye(4))
    assert find_coverage(blank).box == WHOLE


def test_scan_of_one_plane_is_covered_whole(noise):
    assert find_coverage(replace(noise, data=noise.data[:, :, :1])).box[2] == slice(0, 1)


def test_a_thin_layer_at_an_end_stays_and_is_far_in_the_distance(noise):
    fine = replace(filled(noise, 0, slice(-2, None)), affine=np.diag([2.0, 5.0, 5.0, 1.0]))
    coverage = find_coverage(fine)
    assert coverage.box == WHOLE
    np.testing.assert_array_equal(coverage.part(fine).data, fine.data)
    distance = coverage.embed(np.zeros(SHAPE, np.float32), SHAPE, 10.0)
    assert (distance[-2:] == 10).all()
    assert (distance[:-2] == 0).all()


def test_missing_slices_between_others_are_gaps(noise):
    coverage = find_coverage(filled(filled(noise, 2, slice(0, 4)), 2, slice(10, 12)))
    assert coverage.box[2] == slice(4, 36)
    assert coverage.gaps == ([], [], [(6, 8)])


def test_missing_slices_are_interpolated_between_their_neighbours(noise):
    with_gap = filled(noise, 0, slice(10, 13))
    data = find_coverage(with_gap).part(with_gap).data
    ends = noise.data[9].astype(float), noise.data[13].astype(float)
    np.testing.assert_allclose(data[10], 0.75 * ends[0] + 0.25 * ends[1], rtol=1e-5)
    np.testing.assert_allclose(data[12], 0.25 * ends[0] + 0.75 * ends[1], rtol=1e-5)
    np.testing.assert_array_equal(data[13:], noise.data[13:])


def test_scan_with_missing_slices_is_not_changed(noise):
    with_gap = filled(noise, 0, slice(10, 13))
    before = with_gap.data.copy()
    find_coverage(with_gap).part(with_gap)
    np.testing.assert_array_equal(with_gap.data, before)


def test_distance_is_far_where_nothing_was_scanned(noise):
    emptied = filled(filled(noise, 1, slice(0, 4)), 1, slice(20, 22))
    coverage = find_coverage(emptied)
    whole = coverage.embed(np.zeros(coverage.part(emptied).shape, np.float32), SHAPE, 10.0)
    far = (whole == 10).all(axis=(0, 2))
    assert np.flatnonzero(far).tolist() == [0, 1, 2, 3, 20, 21]
    assert (whole[:, ~far] == 0).all()
