"""Volume: geometry and values."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import Volume

AFFINE = np.array([[0, 0, 3.0, 0], [-2, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
SERIES = Volume(np.arange(120, dtype=np.int16).reshape(2, 3, 4, 5), AFFINE, slope=2.0, inter=1.0)


def test_geometry():
    assert SERIES.shape == (2, 3, 4)
    np.testing.assert_allclose(SERIES.voxel_sizes, (2, 1, 3))
    assert SERIES.voxel_ml == pytest.approx(0.006)


def test_frames():
    assert SERIES.n_frames == 5
    np.testing.assert_array_equal(SERIES.frame(2).data, SERIES.data[..., 2])
    np.testing.assert_allclose(SERIES.mean_frame().values(), SERIES.values().mean(axis=3))
    single = SERIES.frame(0)
    assert single.frame(3) is single
    assert single.mean_frame() is single
    assert single.n_frames == 1


def test_values_are_scaled():
    np.testing.assert_allclose(SERIES.values(), SERIES.data * 2 + 1)
    assert SERIES.values().dtype == np.float32


def test_other_voxels_keep_the_geometry():
    mask = SERIES.with_data(np.ones((2, 3, 4), np.uint8))
    assert (mask.slope, mask.inter) == (1, 0)
    assert SERIES.with_data(SERIES.data, scaled=True).slope == 2
    with pytest.raises(ValueError, match="does not match"):
        SERIES.with_data(np.ones((2, 3, 5)))


def test_finite():
    data = np.array([[[np.nan, 5.0], [2.0, -np.inf]]])
    volume = Volume(data, np.eye(4))
    np.testing.assert_array_equal(volume.finite().data, [[[2, 5], [2, 2]]])
    np.testing.assert_array_equal(volume.finite(0).data, [[[0, 5], [2, 0]]])
    assert SERIES.finite() is SERIES
    whole = Volume(np.ones((2, 2, 2)), np.eye(4))
    assert whole.finite() is whole
