"""Acquisition: noise of known standard deviation, blur, and slices in disorder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from deskull.quality.measures.acquisition import acquisition_measures
from tests.quality.heads import ball, evidence_of, with_values

BALL = evidence_of(ball(30))
CLEAN = acquisition_measures(BALL)


@pytest.mark.parametrize(("voxel", "noise"), [(1.0, 0.05), (2.0, 0.02), (2.0, 0.05), (2.0, 0.1)])
def test_noise_of_known_standard_deviation_is_recovered(voxel, noise):
    measured = acquisition_measures(evidence_of(ball(30), voxel=voxel, noise=noise))["noise"]
    assert measured == pytest.approx(noise, rel=0.15)


def test_a_smooth_scan_has_little_noise():
    assert CLEAN["noise"] < 0.005


def test_values_that_are_scaled_have_the_same_noise():
    noisy = evidence_of(ball(30), noise=0.05)
    scaled = replace(noisy, scan=replace(noisy.scan, slope=0.01))
    assert acquisition_measures(scaled)["noise"] == pytest.approx(acquisition_measures(noisy)["noise"], rel=1e-3)


def test_noise_of_the_background_is_that_of_the_darkest_fifth():
    data = np.where(BALL.mask, 1000, 100)
    data[:24] += np.where(BALL.mask[:24], 0, 60 * (np.indices(data[:24].shape).sum(axis=0) % 2))
    measures = acquisition_measures(with_values(BALL, np.where(BALL.mask, data, data - 100).astype(np.int16)))
    assert measures["air_level"] == pytest.approx(0, abs=1e-6)  # three quarters of the background are 0
    assert measures["air_noise"] == pytest.approx(0, abs=1e-6)
    raised = acquisition_measures(with_values(BALL, data.astype(np.int16)))
    assert raised["air_level"] == pytest.approx(0.1, rel=0.01)


def test_blur_lowers_smoothness_of_a_noisy_scan():
    noisy = evidence_of(ball(30), noise=0.1)
    blurred = with_values(noisy, ndimage.gaussian_filter(noisy.scan.data.astype(np.float32), 1.5))
    sharp, smooth = (acquisition_measures(evidence)["smoothness"] for evidence in (noisy, blurred))
    assert sharp > 0.9  # voxels without correlation differ alike at all distances
    assert smooth < 0.7


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_shuffled_slices_raise_disorder(axis):
    order = np.random.default_rng(0).permutation(48)
    shuffled = acquisition_measures(with_values(BALL, np.take(BALL.scan.data, order, axis)))
    assert CLEAN["disorder"] < 0.75
    assert shuffled["disorder"] > 0.9
    assert shuffled["disorder_ratio"] > 1.3 * CLEAN["disorder_ratio"]


def test_interleaved_slices_that_differ_in_brightness_are_stripes():
    data = BALL.scan.data * np.where(np.arange(48) % 2, 1.05, 0.95)
    striped = acquisition_measures(with_values(BALL, data))["stripes"]
    assert striped == pytest.approx(0.2, rel=0.1)  # the second difference of 0.95, 1.05, 0.95
    assert CLEAN["stripes"] < 0.02


def test_each_slice_given_twice_is_repeated_by_half():
    noisy = evidence_of(ball(30), noise=0.02)
    data = noisy.scan.data[:, :, np.repeat(np.arange(0, 48, 2), 2)]
    assert acquisition_measures(with_values(noisy, data))["repeated"] == pytest.approx(0.5, abs=0.05)
    assert acquisition_measures(noisy)["repeated"] == 0


def test_a_mask_of_few_slices_is_not_measured():
    mask = BALL.mask.copy()
    mask[:, :, :22], mask[:, :, 26:] = 0, 0
    assert all(np.isnan(value) for value in acquisition_measures(replace(BALL, mask=mask)).values())


def test_an_empty_mask_is_not_measured():
    measures = acquisition_measures(replace(BALL, mask=np.zeros_like(BALL.mask)))
    assert measures.keys() == CLEAN.keys()
    assert all(np.isnan(value) for value in measures.values())
