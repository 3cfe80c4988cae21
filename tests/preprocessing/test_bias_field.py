"""Bias field: N4 removes a known field from a known brain."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import InputError, Volume
from deskull.preprocessing.bias_field import above_otsu, correct_bias, correct_head

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


def test_otsus_threshold_separates_the_head_from_air(shaded):
    assert (above_otsu(shaded.values()) == BRAIN).mean() > 0.95


def test_warnings_of_itk_are_off(shaded):
    sitk = pytest.importorskip("SimpleITK")
    sitk.ProcessObject.SetGlobalWarningDisplay(True)
    above_otsu(shaded.data)
    assert not sitk.ProcessObject.GetGlobalWarningDisplay()


@pytest.mark.parametrize("value", [3e38, 1e300])
def test_one_enormous_voxel_does_not_spoil_the_correction_of_the_others(shaded, value):
    data = shaded.data.astype(np.float64)
    data[16, 16, 16] = value
    corrected = correct_bias(Volume(data, shaded.affine), BRAIN, shrink=2)
    corrected[16, 16, 16] = corrected[16, 16, 17]
    assert unevenness(corrected) < 0.6 * unevenness(shaded.data)
