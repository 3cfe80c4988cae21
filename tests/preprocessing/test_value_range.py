"""Range of values: single enormous voxels, offsets and slopes do not spoil the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import Volume
from deskull.preprocessing.intensity import rescale
from deskull.preprocessing.value_range import limit_range, sample_values

IMAGE = np.random.default_rng(0).gamma(2, 50, (20, 20, 20)).astype(np.float32)
WHOLE = np.ones(IMAGE.shape, bool)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f4", "f8"])
def test_a_scan_of_ordinary_range_is_returned_as_it_is(dtype):
    scan = Volume(IMAGE.astype(dtype), np.eye(4), slope=0.3, inter=-12)
    assert limit_range(scan) is scan


@pytest.mark.parametrize("value", [3e38, -3e38, 1e30, 1e300])
def test_one_enormous_voxel_is_limited_and_the_others_are_kept(value):
    data = IMAGE.astype(np.float64)
    data[7, 8, 9] = value
    limited = limit_range(Volume(data, np.eye(4))).data
    others = np.arange(IMAGE.size) != np.ravel_multi_index((7, 8, 9), IMAGE.shape)
    np.testing.assert_array_equal(limited.ravel()[others], IMAGE.ravel()[others])
    assert abs(limited[7, 8, 9]) < 101 * np.ptp(IMAGE)


@pytest.mark.parametrize("dtype", ["i2", "f8"])
@pytest.mark.parametrize("offset", [1e10, -1e10, 1e8])
def test_an_offset_too_large_for_32_bits_is_subtracted(dtype, offset):
    stored = IMAGE.astype(dtype)
    limited = limit_range(Volume(stored, np.eye(4), inter=offset))
    expected = rescale(stored.astype(np.float32), WHOLE)
    np.testing.assert_allclose(rescale(limited.values(), WHOLE), expected, atol=1e-3)


@pytest.mark.parametrize("slope", [1e37, -1e37, 1e300, 1e-45, 1e-300])
def test_a_slope_beyond_32_bits_keeps_the_contrast(slope):
    limited = limit_range(Volume(IMAGE, np.eye(4), slope=slope))
    expected = rescale(np.sign(slope).astype(np.float32) * IMAGE, WHOLE)
    np.testing.assert_allclose(rescale(limited.values(), WHOLE), expected, atol=1e-3)


def test_a_scan_of_one_value_and_one_outlier_stays_finite():
    data = np.zeros((20, 20, 20))
    data[3, 3, 3] = 1e300
    assert np.isfinite(limit_range(Volume(data, np.eye(4))).values()).all()


def test_a_sparse_map_is_returned_as_it_is():
    data = np.zeros((20, 20, 20), np.float32)
    data[3, 3, 3:6] = (0.1, 0.5, 1)
    scan = Volume(data, np.eye(4))
    assert limit_range(scan) is scan


@settings(max_examples=40)
@given(slope=st.floats(1e-40, 1e40), inter=st.floats(-1e30, 1e30), sign=st.sampled_from([-1, 1]))
def test_any_slope_and_intercept_give_finite_values_that_need_no_second_limit(slope, inter, sign):
    limited = limit_range(Volume(IMAGE[:8, :8, :8], np.eye(4), slope=sign * slope, inter=inter))
    assert np.isfinite(limited.values()).all()
    assert limit_range(limited) is limited


@pytest.mark.parametrize(("value", "kept"), [(90, True), (110, False)])
def test_a_value_is_limited_if_it_lies_more_than_a_hundred_ranges_out(value, kept):
    data = np.linspace(0, 1, 8000).reshape(20, 20, 20)
    data[3, 3, 3] = value
    scan = Volume(data, np.eye(4))
    assert (limit_range(scan) is scan) == kept


def test_a_limited_scan_keeps_its_geometry_and_name():
    data = IMAGE.astype(np.float64)
    data[1, 1, 1] = 1e300
    affine = np.diag([2.0, -3.0, 4.0, 1.0])
    limited = limit_range(Volume(data, affine, name="head"))
    np.testing.assert_array_equal(limited.affine, affine)
    assert limited.name == "head"


@given(shape=st.tuples(*[st.integers(1, 40)] * 3), n_planes=st.integers(1, 16))
def test_a_sample_has_less_than_twice_the_number_of_planes_along_each_axis(shape, n_planes):
    sample = sample_values(Volume(np.zeros(shape, np.uint8), np.eye(4)), n_planes)
    assert all(1 <= size < 2 * n_planes + 1 for size in sample.shape)


def test_sampled_values_are_real_values():
    values = sample_values(Volume(np.full((4, 4, 4), 10, np.uint8), np.eye(4), slope=-300, inter=7), 32)
    assert np.unique(values).tolist() == [-2993]


def test_values_beyond_64_bits_become_finite():
    scan = Volume(IMAGE.astype(np.float64) * 1e300, np.eye(4), slope=1e300)
    with np.errstate(all="ignore"):
        assert np.isfinite(limit_range(scan).values()).all()
