"""Volumes: geometry, frames, values, and the one rule for the same grid."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import Volume
from deskull.volume import corners, grid_mismatch

AFFINE = np.array([[0, 0, 3.0, 0], [-2, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
SERIES = Volume(np.arange(120, dtype=np.int16).reshape(2, 3, 4, 5), AFFINE, slope=2.0, inter=1.0)
GAPS = Volume(np.array([[[np.nan, 5.0], [2.0, -np.inf]]]), np.eye(4))


def shifted(volume, x):
    affine = volume.affine.copy()
    affine[0, 3] += x
    return Volume(volume.data, affine, name="shifted")


def test_voxel_sizes_are_the_lengths_of_the_affines_columns():
    np.testing.assert_allclose(SERIES.voxel_sizes, (2, 1, 3))


def test_the_volume_of_a_voxel_is_in_millilitres():
    assert SERIES.voxel_ml == pytest.approx(0.006)


def test_the_shape_of_a_series_is_spatial():
    assert (SERIES.shape, SERIES.n_frames) == ((2, 3, 4), 5)


def test_a_frame_holds_the_voxels_of_its_time():
    np.testing.assert_array_equal(SERIES.frame(2).data, SERIES.data[..., 2])


def test_the_mean_of_the_frames_is_the_mean_of_their_values():
    np.testing.assert_allclose(SERIES.mean_frame().values(), SERIES.values().mean(axis=3))


def test_the_mean_of_chosen_frames_is_the_mean_of_their_values():
    np.testing.assert_allclose(SERIES.mean_frame([1, 4]).values(), SERIES.values()[..., [1, 4]].mean(axis=3))


def test_a_3d_volume_is_its_own_only_frame():
    single = SERIES.frame(0)
    assert single.frame(3) is single
    assert single.mean_frame() is single
    assert single.n_frames == 1


def test_values_are_scaled_to_float32():
    np.testing.assert_allclose(SERIES.values(), SERIES.data * 2 + 1)
    assert SERIES.values().dtype == np.float32


@pytest.mark.filterwarnings("error")
def test_values_beyond_float32_are_infinite_without_a_warning():
    assert np.isinf(Volume(np.full((1, 1, 1), 1e300), np.eye(4)).values()).all()


def test_a_mask_in_the_place_of_the_voxels_loses_the_scaling():
    mask = SERIES.with_data(np.ones((2, 3, 4), np.uint8))
    assert (mask.slope, mask.inter) == (1, 0)


def test_stored_values_in_the_place_of_the_voxels_keep_the_scaling():
    kept = SERIES.with_data(SERIES.data, scaled=True)
    assert (kept.slope, kept.inter) == (2, 1)


def test_voxels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="does not match"):
        SERIES.with_data(np.ones((2, 3, 5)))


@pytest.mark.parametrize(("fill", "expected"), [(None, [[[2, 5], [2, 2]]]), (0, [[[0, 5], [2, 0]]])])
def test_values_that_are_not_finite_are_replaced(fill, expected):
    np.testing.assert_array_equal(GAPS.finite(fill).data, expected)


@pytest.mark.parametrize("volume", [SERIES, Volume(np.ones((2, 2, 2)), np.eye(4))])
def test_a_volume_of_finite_values_is_returned_as_it_is(volume):
    assert volume.finite() is volume


def test_corners_are_the_outer_corners_of_the_outer_voxels():
    found = corners((2, 3, 4), np.eye(4))
    assert found.min(axis=0).tolist() == [-0.5] * 3
    assert found.max(axis=0).tolist() == [1.5, 2.5, 3.5]


@given(st.floats(-0.49, 0.49))
def test_grids_less_than_half_a_voxel_apart_are_the_same(x):
    scan = SERIES.frame(0)
    assert grid_mismatch(shifted(scan, x), scan) == ""


def test_grids_more_than_half_a_voxel_apart_are_different():
    fault = grid_mismatch(shifted(SERIES, 0.6), SERIES)
    assert fault == "shifted: is on another grid than image (0.6 mm away); resample one of them or repair its header."


def test_grids_of_different_shapes_are_different():
    other = Volume(SERIES.data[1:], SERIES.affine, name="part")
    assert "part: is on another grid than image (shapes (1, 3, 4) and (2, 3, 4))" in grid_mismatch(other, SERIES)


def test_a_flipped_grid_is_different_though_its_corners_coincide():
    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = 1
    assert grid_mismatch(Volume(SERIES.data, SERIES.affine @ flip), SERIES)


def test_representation_states_shape_voxel_sizes_and_type():
    volume = Volume(np.zeros((4, 5, 6, 7), np.int16), np.diag([1.0, 1.0, 2.5, 1.0]))
    assert repr(volume) == "<Volume 4 x 5 x 6 x 7 voxels, 1 x 1 x 2.5 mm, int16>"


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.int64, bool])
def test_nibabel_image_has_the_voxels_and_the_affine(dtype):
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    image = Volume(np.ones((4, 5, 6), dtype), affine).to_nibabel()
    np.testing.assert_array_equal(image.get_fdata(), 1)
    np.testing.assert_array_equal(image.affine, affine)


def test_nibabel_image_holds_real_values():
    volume = Volume(np.full((4, 5, 6), 3, np.int16), np.eye(4), slope=2.0, inter=1.0)
    np.testing.assert_array_equal(volume.to_nibabel().get_fdata(), 7)


def test_nibabel_image_keeps_the_header_of_a_nifti_file():
    header = nib.Nifti1Header()
    header["descrip"] = b"mine"
    header.set_data_shape((4, 5, 6))
    volume = Volume(np.ones((4, 5, 6), np.uint8), np.eye(4), header=header)
    assert volume.to_nibabel().header["descrip"].item() == b"mine"


def test_part_lies_where_its_voxels_did():
    affine = np.array([[0.0, 2, 0, 5], [-1, 0, 0, 6], [0, 0, 3, 7], [0, 0, 0, 1]])
    volume = Volume(np.arange(210).reshape(5, 6, 7), affine)
    part = volume.part((slice(1, 4), slice(0, 6), slice(2, 5)))
    np.testing.assert_array_equal(part.data, volume.data[1:4, :, 2:5])
    np.testing.assert_array_equal(part.affine @ [0, 0, 0, 1], affine @ [1, 0, 2, 1])
