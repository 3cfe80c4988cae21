"""Settings of preprocessing: fixed grids, scalings, N4; the same from a recipe and from a card."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deskull import InputError, UsageError, Volume
from deskull.preprocessing.settings import Preprocessing

COARSE = {"voxel_size": 4.0}


@pytest.mark.parametrize("size", [(48, 64, 80), (32, 48, 32)])
def test_a_fixed_grid_has_its_size_whatever_the_scan_covers(head, size):
    assert Preprocessing(**COARSE, size=size).apply(head).data.shape == size


def test_a_fixed_grid_smaller_than_the_scan_keeps_the_head(head):
    small = Preprocessing(**COARSE, size=(32, 48, 32)).apply(head)
    assert (small.data > 0.2).mean() > 0.3


def test_frames_share_the_grid_of_the_first(head):
    other = Volume(head.data.copy(), head.affine)
    other.data[:, :, 60:] = 0  # without the top of the head, which alone would not be covered
    first, alone = Preprocessing(**COARSE).apply(head), Preprocessing(**COARSE).apply(other)
    shared = Preprocessing(**COARSE).apply(other, reference_grid=first)
    assert not np.array_equal(alone.affine, first.affine)
    np.testing.assert_array_equal(shared.affine, first.affine)
    assert shared.data.shape == first.data.shape


def test_standardised_tissue_has_a_mean_of_zero(head):
    standard = Preprocessing(**COARSE, intensity="standardise").apply(head)
    tissue = standard.data[standard.data > standard.data[standard.field_of_view].mean()]
    assert abs(float(tissue.mean())) < 1


def test_intensity_bytes_reaches_from_0_to_255(head):
    scaled = Preprocessing(**COARSE, intensity="bytes").apply(head)
    assert scaled.data.min() == 0
    assert scaled.data.max() == pytest.approx(255)


def test_nearest_neighbour_interpolation_makes_no_new_values(head):
    nearest = Preprocessing(**COARSE, interpolation="nearest", intensity="bytes").apply(head)
    linear = Preprocessing(**COARSE, intensity="bytes").apply(head)
    assert len(np.unique(nearest.data)) < len(np.unique(linear.data))


def test_n4_reduces_the_difference_between_the_sides_of_a_shaded_head(tiny_head):
    pytest.importorskip("SimpleITK", reason="needs SimpleITK (deskull[n4])")
    ramp = np.linspace(0.5, 1.5, tiny_head.shape[0], dtype=np.float32)[:, None, None]
    shaded = Volume(tiny_head.values() * ramp, tiny_head.affine)

    def ratio_of_sides(preprocessing):
        left, right = np.array_split(preprocessing.apply(shaded).data, 2, axis=0)
        return np.median(left[left > 0.3]) / np.median(right[right > 0.3])

    plain, corrected = (Preprocessing(**COARSE, n4=n4, n4_shrink=2) for n4 in (False, True))
    assert abs(ratio_of_sides(corrected) - 1) < abs(ratio_of_sides(plain) - 1)


@pytest.mark.parametrize(
    ("added", "slope", "inter"),
    [(1e10, 1.0, 0.0), (0, 1.0, 1e10), (0, 1e35, 0.0), (0, 1e-300, 0.0)],
)
def test_enormous_offsets_and_slopes_give_the_image_of_the_plain_scan(head, added, slope, inter):
    plain = Preprocessing(**COARSE).apply(head)
    scaled = Preprocessing(**COARSE).apply(Volume(head.data + float(added), head.affine, slope, inter))
    np.testing.assert_array_equal(scaled.affine, plain.affine)
    np.testing.assert_allclose(scaled.data, plain.data, atol=1e-3)


@pytest.mark.parametrize("value", [3e38, -3e38])
@pytest.mark.parametrize("thickness", [1, 6])
def test_one_enormous_voxel_changes_the_image_only_near_it(head, value, thickness):
    data = head.data[:, :, ::thickness].astype(np.float32)
    affine = head.affine @ np.diag([1, 1, thickness, 1])
    spoilt = data.copy()
    spoilt[tuple(n // 2 for n in data.shape)] = value
    plain, changed = (Preprocessing(**COARSE).apply(Volume(image, affine)) for image in (data, spoilt))
    np.testing.assert_array_equal(changed.affine, plain.affine)
    assert (np.abs(changed.data - plain.data) > 0.01).mean() < 0.01


def test_settings_survive_a_card():
    made = Preprocessing(size=(96, 128, 160), n4=True, intensity="standardise")
    assert Preprocessing.of(json.loads(json.dumps(made.as_dict()))) == made


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"intensity": "loud"}, "intensity='loud': choose"),
        ({"intensity": ["rescale"]}, "intensity"),
        ({"interpolation": "cubic"}, "interpolation='cubic'"),
        ({"size": (95, 128, 160)}, "multiples of 16"),
        ({"size": [96, 128]}, "multiples of 16"),
        ({"size": 96}, "multiples of 16"),
        ({"size": [96, 128, "160"]}, "multiples of 16"),
        ({"voxel_size": 0}, "positive"),
        ({"voxel_size": "2"}, "positive"),
        ({"voxel_size": float("nan")}, "positive"),
        ({"voxel_size": 1e-6}, "between"),
        ({"size_multiple": 0}, "size_multiple=0"),
        ({"size_multiple": 1.5}, "size_multiple=1.5"),
        ({"stride": None}, "stride=None"),
        ({"n4_shrink": "3"}, "n4_shrink='3'"),
        ({"n4": "no"}, "n4='no'"),
        ({"colour": 1}, "colour is not a setting"),
    ],
)
def test_a_setting_of_wrong_name_type_or_value_is_refused(settings, fault):
    with pytest.raises(UsageError, match=fault):
        Preprocessing.of(settings)


def test_a_scan_of_a_few_tenths_of_a_millimetre_is_refused_as_too_small():
    with pytest.raises(InputError, match="too small for a head"):
        Preprocessing().apply(Volume(np.random.default_rng(0).random((3, 3, 3)), np.diag([0.1, 0.1, 0.1, 1])))


def test_a_scan_of_one_value_gives_no_image():
    assert Preprocessing().apply(Volume(np.zeros((32, 32, 32)), np.diag([6.0, 6, 6, 1]))) is None


def test_settings_left_out_have_their_defaults():
    assert Preprocessing.of({"stride": 2}) == Preprocessing(stride=2)


def test_voxels_of_the_output_are_as_much_longer_as_the_stride_says():
    assert Preprocessing(voxel_size=1.5, stride=4).output_voxel_size == 6


def test_a_size_in_a_list_becomes_a_tuple():
    assert Preprocessing.of({"size": [96, 128, 160]}).size == (96, 128, 160)


def test_an_unknown_setting_is_refused_with_the_names_of_those_that_exist():
    with pytest.raises(UsageError, match=r"choose from voxel_size, size_multiple, .*interpolation"):
        Preprocessing.of({"sise": None})


def test_a_ct_is_clipped_before_it_is_resampled():
    hounsfield = np.full((50, 50, 50), -1000, np.int16)
    hounsfield[8:42, 8:42, 8:42] = -90  # fat
    hounsfield[10:40, 10:40, 10:40] = 35
    hounsfield[20, 20, 20] = 3000
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    clipped = hounsfield.clip(-50, 150)
    settings = Preprocessing(voxel_size=6.0, intensity="bytes")
    expected, conformed = (settings.apply(Volume(data, affine)) for data in (clipped, hounsfield))
    np.testing.assert_allclose(conformed.data, expected.data, atol=1e-3)


def test_a_scan_too_small_for_a_head_is_refused_with_its_name_and_size():
    scan = Volume(np.random.default_rng(0).random((3, 4, 5)), np.diag([0.1, 0.1, 0.1, 1]), name="dot.nii")
    with pytest.raises(InputError, match=r"^dot\.nii: is 0\.3 x 0\.4 x 0\.5 mm, too small for a head"):
        Preprocessing().apply(scan)
