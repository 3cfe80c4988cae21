"""Range of values: single enormous voxels, offsets and slopes do not spoil the others."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import Volume
from deskull.preprocessing.intensity import rescale
from deskull.preprocessing.value_range import limit_range

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
