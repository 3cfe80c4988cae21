"""Result: the brain, its volume, and masks that cannot be brains."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from deskull import InputError, PlausibilityWarning, UsageError, Volume
from deskull.masking import mask_from_distance
from deskull.provenance import Provenance
from deskull.result import MIN_BRAIN_ML, Result, check_plausible

#: Cubic voxels of 10 mm have 1 ml.
AFFINE = np.diag([10.0, 10.0, 10.0, 1.0])


def result_of(n_voxels, data=None, frames=None):
    """A result whose mask has a number of voxels of 1 ml, in one or several frames."""
    shape = (20, 20, 20)
    counts = [n_voxels] if frames is None else frames
    masks = [(np.arange(np.prod(shape)) < count).astype(np.uint8).reshape(shape) for count in counts]
    mask = masks[0] if frames is None else np.stack(masks, axis=-1)
    scan = Volume(np.full(mask.shape, 7, np.int16) if data is None else data, AFFINE, name="scan.nii")
    return Result(scan, lambda: np.zeros(mask.shape, np.float32), scan.with_data(mask))


def test_volume_counts_the_voxels_of_the_mask():
    assert result_of(1400).volume_ml == pytest.approx(1400)


def test_volume_of_a_series_is_the_mean_over_frames():
    assert result_of(0, frames=[1000, 1400]).volume_ml == pytest.approx(1200)


def test_brain_is_the_scan_inside_the_mask_and_0_outside():
    result = result_of(1400)
    np.testing.assert_array_equal(result.brain.data, 7 * result.mask.data)


@pytest.mark.parametrize(
    ("inter", "dtype", "stored"), [(-1024.0, np.int16, 1024), (1000.0, np.uint8, 0), (-0.5, np.float32, 0.5)]
)
def test_background_of_a_scaled_scan_is_the_stored_value_nearest_to_0(inter, dtype, stored):
    mask = np.zeros((4, 4, 4), np.uint8)
    scan = Volume(np.full((4, 4, 4), 9, dtype), AFFINE, inter=inter)
    assert np.all(Result(scan, lambda: mask, scan.with_data(mask)).brain.data == stored)


@pytest.mark.parametrize("volume", [0, 1, int(MIN_BRAIN_ML) - 1])
def test_mask_smaller_than_any_brain_is_refused(volume):
    with pytest.raises(InputError, match=r"scan\.nii: no brain found"):
        check_plausible(result_of(volume))


@pytest.mark.parametrize("volume", [int(MIN_BRAIN_ML), 149, 2301, 8000])
def test_unusual_volume_raises_a_warning(volume):
    with pytest.warns(PlausibilityWarning, match=f"scan.nii: a brain volume of {volume} ml is unusual"):
        check_plausible(result_of(volume))


@pytest.mark.parametrize("volume", [151, 1400, 2299])
def test_usual_volume_raises_no_warning(volume):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_plausible(result_of(volume))


def test_empty_frame_of_a_series_raises_a_warning_that_names_it():
    with pytest.warns(PlausibilityWarning, match=r"scan\.nii, frame 1: a brain volume of 0 ml"):
        check_plausible(result_of(0, frames=[1400, 0]))


def test_unusual_volumes_of_several_frames_are_one_warning():
    with pytest.warns(PlausibilityWarning) as caught:
        check_plausible(result_of(0, frames=[0, 20, 1400, 3000]))
    fault = "the brain volumes of 3 of 4 frames are unusual (0 to 3000 ml in frames 0-1, 3); look at the mask."
    assert [str(warning.message) for warning in caught] == [f"scan.nii: {fault}"]


def test_series_without_a_brain_in_any_frame_is_refused():
    with pytest.raises(InputError, match="no brain found"):
        check_plausible(result_of(0, frames=[0, 1]))


def test_representation_is_one_short_line():
    assert repr(result_of(1400)) == "<Result 1400 ml, of <Volume 20 x 20 x 20 voxels, 10 x 10 x 10 mm, int16>>"


def result_with_distance(distance, border=0.5):
    """A result with a distance on voxels of 1 ml."""
    mask = Volume(mask_from_distance(distance, border), AFFINE)
    return Result(mask, lambda: distance, mask, provenance=Provenance("toy", "0" * 64, "brain", border))


def ball(radius):
    """Signed distance to a sphere in the middle of 20 x 20 x 20 voxels, up to 5."""
    offset = np.indices((20, 20, 20)) - 9.5
    return np.clip(np.sqrt((offset**2).sum(0)) - radius, -5, 5).astype(np.float32)


@pytest.mark.parametrize("border", [-2.0, 0.0, 3.2])
def test_mask_at_another_border_holds_the_voxels_that_are_nearer(border):
    moved = result_with_distance(ball(6.0)).mask_at(border)
    np.testing.assert_array_equal(moved.data, ball(6.0) < border)
    assert moved.dtype == np.uint8


def test_mask_at_its_own_border_is_the_mask_itself():
    result = result_with_distance(ball(6.0))
    assert result.mask_at(0.5) is result.mask


def test_mask_of_each_frame_of_a_series_is_moved():
    distance = np.stack([ball(4.0), ball(6.0)], axis=-1)
    moved = result_with_distance(distance).mask_at(1.0)
    np.testing.assert_array_equal(moved.data, distance < 1.0)


@pytest.mark.parametrize("border", [5.5, float("nan")])
def test_border_beyond_the_reach_of_the_distance_is_refused(border):
    with pytest.raises(UsageError, match="must lie within 5 mm of the surface"):
        result_with_distance(ball(6.0)).mask_at(border)
