"""Demo: a head that is the same for a seed, oblique, and raw as from a scanner."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from deskull.demo import SHAPE, make_head


@pytest.fixture(scope="module")
def made():
    """A head at 4 mm."""
    return make_head(3, voxel_size=4)


def test_same_seed_makes_the_same_head(made):
    np.testing.assert_array_equal(made.data, make_head(3, voxel_size=4).data)


def test_another_seed_makes_another_head(made):
    assert not np.array_equal(made.data, make_head(4, voxel_size=4).data)


def test_field_of_view_does_not_depend_on_the_voxel_size(made):
    assert made.data.shape == tuple(size // 4 for size in SHAPE)
    np.testing.assert_allclose(made.voxel_sizes, 4.0)


def test_head_is_stored_as_integers_left_posterior_superior(made):
    assert made.data.dtype == np.int16
    assert nib.aff2axcodes(made.affine) == ("L", "P", "S")


def test_head_is_oblique(made):
    assert np.abs(made.affine[1:3, 1:3]).min() > 0


def test_air_around_the_head_is_dark_and_not_0(made):
    air, head = made.data[:2].mean(), np.percentile(made.data, 95)
    assert 0 < air < 0.15 * head
