"""Statistics: the bootstrap interval covers the median, and Holm's adjustment has its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from deskull.evaluation.statistics import bootstrap_median, clustered_bootstrap_median, holm, signed_rank_p

P_VALUES = st.lists(st.floats(0, 1), max_size=12)


def test_95_percent_interval_covers_the_true_median_about_as_often():
    draws = np.random.default_rng(3).normal(size=(20, 15))
    covered = sum(low <= 0 <= high for low, high, _ in map(bootstrap_median, draws))
    assert covered >= 17


def test_interval_of_equal_values_is_that_value():
    assert bootstrap_median([0.3] * 7) == (0.3, 0.3, "percentile")


def test_interval_of_clusters_of_one_value_is_about_that_of_independent_values():
    values = np.random.default_rng(5).normal(size=25)
    ends = clustered_bootstrap_median(values, [str(n) for n in range(25)])
    assert ends == pytest.approx(bootstrap_median(values)[:2], abs=0.25)


def test_values_repeated_within_their_cluster_give_the_interval_of_single_ones():
    values = np.random.default_rng(5).normal(size=12)
    names = [str(n) for n in range(12)]
    single = clustered_bootstrap_median(values, names)
    assert clustered_bootstrap_median(np.repeat(values, 3), np.repeat(names, 3).tolist()) == single


def test_signed_rank_test_with_ties_gives_no_warning(recwarn):
    assert signed_rank_p([1.0, 1.0, 2.0, -1.0, 0.0, 3.0]) <= 1
    assert not recwarn.list


@given(P_VALUES)
def test_adjusted_p_values_are_never_smaller_and_never_above_1(values):
    assert all(raw <= adjusted <= 1 for raw, adjusted in zip(values, holm(values), strict=True))


@given(P_VALUES)
def test_adjustment_keeps_the_ranking(values):
    adjusted = holm(values)
    assert sorted(adjusted) == [adjusted[index] for index in np.argsort(values, kind="stable")]


@given(P_VALUES, st.randoms())
def test_adjustment_does_not_depend_on_the_order(values, random):
    order = random.sample(range(len(values)), len(values))
    adjusted = holm(values)
    assert holm([values[index] for index in order]) == [adjusted[index] for index in order]


def test_one_p_value_is_not_adjusted():
    assert holm([0.02]) == [0.02]


def test_signed_rank_p_value_is_that_of_scipy():
    values = np.random.default_rng(1).normal(size=12)
    assert signed_rank_p(values) == pytest.approx(stats.wilcoxon(values).pvalue)
