"""Demo: a head that is the same for a seed, oblique, and raw as a scanner's."""

from __future__ import annotations

import nibabel as nib
import numpy as np

from deskull.demo import SHAPE, make_head


def test_a_seed_makes_a_head():
    first, again, other = make_head(3), make_head(3), make_head(4)
    np.testing.assert_array_equal(first.data, again.data)
    assert not np.array_equal(first.data, other.data)
    assert first.data.shape == SHAPE
    assert first.data.dtype == np.int16
    np.testing.assert_allclose(first.voxel_sizes, 1.0)
    assert nib.aff2axcodes(first.affine) == ("L", "P", "S")
    assert np.abs(first.affine[1:3, 1:3]).min() > 0  # oblique
    air, head = first.data[:8].mean(), np.percentile(first.data, 95)
    assert 0 < air < 0.15 * head
