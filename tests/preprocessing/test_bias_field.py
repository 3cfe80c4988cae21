"""Bias: N4 takes a known field out of a known brain."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import InputError, Volume
from deskull.preprocessing.bias_field import above_otsu, correct_bias, correct_head


@pytest.fixture
def shaded():
    index = np.stack(np.meshgrid(*[np.arange(48)] * 3, indexing="ij"), -1)
    radius = np.linalg.norm(index - 23.5, axis=-1)
    mask = radius < 20
    tissue = np.where(radius < 12, 100.0, 60.0) * mask
    field = np.exp(0.5 * np.sin(index[..., 0] / 20))
    noise = np.random.default_rng(0).normal(0, 1, tissue.shape)
    return tissue, mask, Volume((tissue * field + noise).astype(np.float32), np.diag([2.0, 2.0, 2.0, 1.0]))


def test_the_field_goes(shaded):
    tissue, mask, scan = shaded
    corrected = correct_bias(scan, mask)
    inner = tissue == 100

    def unevenness(image):
        return image[inner].std() / image[inner].mean()

    assert unevenness(corrected) < 0.5 * unevenness(scan.data)
    assert corrected.dtype == np.float32
    assert not corrected[~mask].any()


def test_an_empty_mask_gives_nothing(shaded):
    _, mask, scan = shaded
    assert not correct_bias(scan, np.zeros_like(mask)).any()


def test_too_little_brain_is_one_sentence(shaded):
    _, mask, scan = shaded
    speck = np.zeros_like(mask)
    speck[1, 1, 1] = True  # between the voxels that shrinking keeps
    with pytest.raises(InputError, match="too little brain"):
        correct_bias(scan, speck)


def test_a_whole_head_is_evened_out_where_it_is_and_kept_elsewhere(shaded):
    tissue, mask, scan = shaded
    corrected = correct_head(scan, shrink=2)
    inner = tissue == 100
    before, after = (v.data[inner].std() / v.data[inner].mean() for v in (scan, corrected))
    assert after < 0.5 * before
    assert corrected.shape == scan.shape
    assert corrected.data[~mask].any()  # the air keeps its noise


def test_otsu_finds_the_head(shaded):
    _, mask, scan = shaded
    assert (above_otsu(scan.values()) == mask).mean() > 0.95
