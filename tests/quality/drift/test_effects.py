"""Effect sizes: they measure the shift, and neither outliers nor numbers of scans move them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deskull.quality.drift.effects import cliffs_delta, robust_sd, spread_ratio, standardised_shift

SAMPLES = arrays(float, st.integers(8, 30), elements=st.floats(-1e6, 1e6))


def _normal(n, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def test_robust_sd_of_normal_values_is_their_standard_deviation():
    assert robust_sd(3 * _normal(20_000)) == pytest.approx(3, rel=0.03)


def test_robust_sd_of_values_of_which_most_are_equal_is_the_standard_deviation():
    values = np.array([0.0] * 9 + [1.0])
    assert robust_sd(values) == pytest.approx(np.std(values))


@pytest.mark.parametrize("n", [200, 20_000])
def test_shift_does_not_depend_on_the_number_of_values(n):
    assert standardised_shift(_normal(n), _normal(n) + 0.5) == pytest.approx(0.5, rel=0.15)


def test_shift_is_not_moved_by_an_outlier():
    values = _normal(100)
    with_outlier = np.append(values, 1e9)
    assert standardised_shift(values, with_outlier) == pytest.approx(0, abs=0.05)


def test_shift_against_a_reference_without_spread_is_undefined():
    assert np.isnan(standardised_shift(np.ones(10), _normal(10)))


def test_delta_of_separate_samples_is_1():
    assert cliffs_delta(_normal(10), _normal(10) + 100) == 1


@given(SAMPLES, SAMPLES)
def test_delta_changes_its_sign_when_the_samples_are_exchanged(one, other):
    assert cliffs_delta(one, other) == pytest.approx(-cliffs_delta(other, one))


@given(SAMPLES, SAMPLES)
def test_delta_is_the_difference_of_the_fractions_of_higher_and_lower_pairs(one, other):
    pairs = np.sign(other[:, None] - one[None, :])
    assert cliffs_delta(one, other) == pytest.approx(pairs.mean())


def test_spread_ratio_of_values_that_are_stretched_is_the_stretch():
    assert spread_ratio(_normal(50), 2 * _normal(50)) == pytest.approx(2)
