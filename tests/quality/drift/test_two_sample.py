"""Two-sample tests: levels, power, large cohorts, missing values and outliers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import cdist

from deskull.quality.drift.two_sample import (
    MAX_SCANS,
    _coefficients,
    benjamini_hochberg,
    detectable_shift,
    energy_test,
    kolmogorov_smirnov,
)


def _normal(n, k=4, seed=0):
    return np.random.default_rng(seed).normal(size=(n, k))


def test_energy_coefficient_is_that_of_its_definition():
    one, other = _normal(9), _normal(7, seed=1) + 1
    pooled = np.concatenate([one, other])
    across = cdist(one, other).mean()
    within = [cdist(part, part).sum() / (len(part) * (len(part) - 1)) for part in (one, other)]
    members = np.array([[0.0] * 9 + [1.0] * 7])
    expected = (2 * across - sum(within)) / (2 * across)
    assert _coefficients(cdist(pooled, pooled), members, 7)[0] == pytest.approx(expected)


def test_energy_test_of_equal_distributions_rejects_in_about_5_of_100_runs():
    p_values = [
        energy_test(_normal(12, seed=run), _normal(8, seed=1000 + run), n_permutations=99).p for run in range(200)
    ]
    assert np.mean(np.array(p_values) <= 0.05) < 0.095  # the 99.9th percentile of the binomial distribution


def test_energy_test_finds_a_shift_of_one_sd_in_all_measures():
    assert energy_test(_normal(50), _normal(30, seed=1) + 1).p <= 0.001


def test_energy_test_finds_a_change_of_correlation_that_no_single_measure_shows():
    independent, factor = _normal(150, 2), _normal(150, 1, seed=1)
    alike = np.hstack([factor, factor])
    assert energy_test(independent, alike).p <= 0.01
    assert kolmogorov_smirnov(independent[:, 0], alike[:, 0])[1] > 0.05


def test_same_seed_gives_the_same_result():
    assert energy_test(_normal(700), _normal(30, seed=1)) == energy_test(_normal(700), _normal(30, seed=1))


def test_large_cohort_is_subsampled():
    found = energy_test(_normal(3 * MAX_SCANS), _normal(20, seed=1), n_permutations=19)
    assert (found.n_reference, found.n) == (MAX_SCANS, 20)


def test_missing_values_and_constant_measures_are_no_drift():
    one, other = _normal(60), _normal(60, seed=1)
    other[::3, 0] = one[::3, 0] = np.nan
    one[:, 1] = other[:, 1] = 7.0
    assert energy_test(one, other).p > 0.05


def test_one_wild_value_does_not_hide_a_shift():
    sample = _normal(30, seed=1) + 1
    sample[0, 0] = 1e90
    assert energy_test(_normal(50), sample).p <= 0.001


@given(st.integers(8, 40), st.integers(8, 40), st.integers(0, 99))
def test_p_of_kolmogorov_smirnov_is_the_exact_one(n_reference, n, seed):
    one, other = _normal(n_reference, 1, seed)[:, 0], _normal(n, 1, seed + 100)[:, 0]
    expected = stats.ks_2samp(one, other, method="exact")
    assert kolmogorov_smirnov(one, other) == pytest.approx((expected.statistic, expected.pvalue))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_are_never_smaller_and_keep_their_order(p_values):
    adjusted = benjamini_hochberg(p_values)
    assert all(new >= old - 1e-12 for old, new in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(np.array(adjusted)[order]) >= -1e-12)


def test_no_p_values_are_adjusted_to_none():
    assert benjamini_hochberg([]) == []


@pytest.mark.parametrize("n", [20, 100])
def test_detectable_shift_is_found_in_about_four_of_five_samples(n):
    shift = detectable_shift(200, n, 0.01)
    found = [
        kolmogorov_smirnov(_normal(200, 1, run)[:, 0], _normal(n, 1, 999 + run)[:, 0] + shift)[1] <= 0.01
        for run in range(100)
    ]
    assert 0.65 < np.mean(found) < 0.93
