"""Bias field: N4 removes a known field from a known brain."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from deskull import InputError, UsageError, Volume
from deskull.preprocessing.bias_field import correct_bias, correct_head

pytest.importorskip("SimpleITK", reason="needs SimpleITK (deskull[n4])")

SIZE = 32
INDEX = np.stack(np.meshgrid(*[np.arange(SIZE)] * 3, indexing="ij"), -1)
RADIUS = np.linalg.norm(INDEX - (SIZE - 1) / 2, axis=-1)
BRAIN = RADIUS < 13
INNER = RADIUS < 8


@pytest.fixture(scope="module")
def shaded():
    """A brain of two tissues, multiplied by a smooth field, with noise everywhere."""
    tissue = np.where(INNER, 100.0, 60.0) * BRAIN
    field = np.exp(0.5 * np.sin(INDEX[..., 0] / 14))
    noise = np.random.default_rng(0).normal(0, 1, tissue.shape)
    return Volume((tissue * field + noise).astype(np.float32), np.diag([3.0, 3.0, 3.0, 1.0]))


def unevenness(image):
    return image[INNER].std() / image[INNER].mean()


def test_correction_halves_the_unevenness_of_a_tissue(shaded):
    assert unevenness(correct_bias(shaded, BRAIN, shrink=2)) < 0.5 * unevenness(shaded.data)


def test_a_corrected_brain_is_zero_outside_the_mask(shaded):
    corrected = correct_bias(shaded, BRAIN)
    assert corrected.dtype == np.float32
    assert not corrected[~BRAIN].any()


@pytest.mark.filterwarnings("error")
def test_a_value_near_the_limit_of_its_type_stays_finite(shaded):
    data = shaded.data.copy()
    data[INNER] *= 0.1  # the field there is below 1
    data[16, 16, 16] = np.finfo(np.float32).max
    assert np.isfinite(correct_bias(shaded.with_data(data), BRAIN)).all()


def test_an_empty_mask_gives_zeros(shaded):
    assert not correct_bias(shaded, np.zeros_like(BRAIN)).any()


def test_a_mask_of_too_few_voxels_is_refused(shaded):
    speck = np.zeros_like(BRAIN)
    speck[1, 1, 1] = True  # between the voxels that shrinking keeps
    with pytest.raises(InputError, match="has too little brain"):
        correct_bias(shaded, speck)


def test_a_corrected_head_is_evened_out_and_keeps_its_background(shaded):
    corrected = correct_head(shaded, shrink=2)
    assert unevenness(corrected.data) < 0.5 * unevenness(shaded.data)
    assert corrected.data[~BRAIN].any()


def test_without_simpleitk_the_command_that_installs_it_is_named(shaded, monkeypatch):
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    with pytest.raises(UsageError, match=r"^SimpleITK: is not installed, which N4 needs; pip install "):
        correct_bias(shaded, BRAIN)


def test_warnings_of_itk_are_off(shaded):
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(True)
    correct_bias(shaded, BRAIN)
    assert not sitk.ProcessObject.GetGlobalWarningDisplay()


@pytest.mark.parametrize("value", [3e38, 1e300])
def test_one_enormous_voxel_does_not_spoil_the_correction_of_the_others(shaded, value):
    data = shaded.data.astype(np.float64)
    data[16, 16, 16] = value
    corrected = correct_bias(Volume(data, shaded.affine), BRAIN, shrink=2)
    corrected[16, 16, 16] = corrected[16, 16, 17]
    assert unevenness(corrected) < 0.6 * unevenness(shaded.data)


def test_a_head_with_too_little_tissue_is_refused():
    scan = Volume(np.random.default_rng(0).random((3, 3, 3)), np.eye(4), name="speck.nii")
    with pytest.raises(InputError, match=r"speck\.nii: has too little tissue for N4; prepare it without N4"):
        correct_head(scan)


def test_a_scan_with_nan_is_corrected_to_finite_values(shaded):
    data = shaded.data.copy()
    data[16, 16, 16] = np.nan
    assert np.isfinite(correct_bias(Volume(data, shaded.affine), BRAIN)).all()


def test_slope_and_intercept_are_applied_before_the_correction(shaded):
    stored = Volume(shaded.data / 4 - 10, shaded.affine, slope=4, inter=40)
    expected, corrected = correct_bias(shaded, BRAIN), correct_bias(stored, BRAIN)
    np.testing.assert_allclose(corrected, expected, rtol=0.01, atol=0.5)


def test_thick_slices_are_not_shrunk_along_their_normal(shaded):
    thick = Volume(shaded.data[:, :, ::4], shaded.affine @ np.diag([1, 1, 4, 1]))
    mask = BRAIN[:, :, ::4]
    few = mask.copy()
    few[:, :, np.flatnonzero(mask.any(axis=(0, 1)))[3:]] = False  # three slices: shrinking by 3 would leave one
    assert correct_bias(thick, few).any()


def test_a_corrected_head_keeps_its_geometry(shaded):
    corrected = correct_head(Volume(shaded.data[::2, ::2, ::2], 2 * shaded.affine, name="head"), shrink=1)
    assert corrected.name == "head"
    np.testing.assert_array_equal(corrected.affine, 2 * shaded.affine)
