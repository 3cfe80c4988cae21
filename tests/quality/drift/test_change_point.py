"""Change point: where it is found, and that it is not found where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.quality.drift.change_point import find_change_point


def _series(n, change=None, shift=0.0, k=3, seed=0):
    values = np.random.default_rng(seed).normal(size=(n, k))
    if change is not None:
        values[change:, 0] += shift
    return values


@pytest.mark.parametrize("change", [15, 50, 80])
def test_change_is_found_near_its_place(change):
    found = find_change_point(_series(100, change, 3.0))
    assert found.p <= 0.01
    assert abs(found.index - change) <= 3


def test_change_of_a_long_series_is_found_to_a_block():
    found = find_change_point(_series(10_000, 4000, 1.0), n_permutations=99)
    assert abs(found.index - 4000) <= 60


def test_series_without_a_change_rejects_in_about_5_of_100_runs():
    p_values = [find_change_point(_series(40, seed=run), n_permutations=99).p for run in range(100)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.12


@pytest.mark.parametrize("values", [_series(15), np.ones((50, 2)), np.full((50, 2), np.nan)])
def test_short_or_constant_series_has_no_change(values):
    assert find_change_point(values) is None


def test_outlier_is_no_change():
    values = _series(60)
    values[40] = 1e6
    assert find_change_point(values).p > 0.05


def test_missing_values_are_no_change():
    values = _series(60)
    values[30:, 1] = np.nan
    assert find_change_point(values).p > 0.05
