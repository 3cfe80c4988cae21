"""Resolution: finer scans are averaged without aliasing, coarser ones bulge between their voxels."""

from __future__ import annotations

import numpy as np

from deskull.preprocessing.grid import conform
from deskull.preprocessing.resampling import upsample
from deskull.volume import Volume


def test_thick_slices_are_not_flattened():
    """A ball seen in slices of 6 mm: where it bulges between two of them it is brighter than both."""
    z, y, x = np.meshgrid(*[np.arange(-40, 40, 2.0)] * 3, indexing="ij")
    ball = np.exp(-(x**2 + y**2 + z**2) / 2 / 12**2).astype(np.float32)
    scan = Volume(np.ascontiguousarray(ball[:, :, 1:40:3]), np.diag([2.0, 2.0, 6.0, 1.0]))
    found = conform(scan, 2.0, 1)
    truth = ball[:, :, : found.data.shape[2]]
    assert np.abs(found.data - truth)[:, :, 2:-2].max() < 0.02


def test_downsampling_does_not_alias():
    """A pattern of alternating voxels averages out; picking voxels would show stripes."""
    data = np.zeros((64, 64, 64), np.float32)
    data[::2] = 100
    conformed = conform(Volume(data, np.diag([1.0, 1.0, 1.0, 1.0])), 2.0, 1)
    np.testing.assert_allclose(conformed.data, 50, atol=1e-4)
    fine = conform(Volume(data, np.diag([0.8, 0.8, 0.8, 1.0])), 2.0, 1).data[2:-2, 2:-2, 2:-2]
    assert np.ptp(fine) < 30


def test_a_header_that_rounds_splits_voxels_alike():
    data = np.random.default_rng(0).normal(size=(6, 6, 6)).astype(np.float32)
    for step in (2.0, 2.0000002, 1.9999998):
        assert upsample(data, np.diag([step, 1.0, 1.0, 1.0]), 1.0)[0].shape == (12, 6, 6)
