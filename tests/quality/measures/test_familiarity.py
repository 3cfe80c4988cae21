"""Familiarity: distances to a cohort's features, and features pooled over the mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.quality.measures import mask_measures
from deskull.quality.measures.familiarity import FeatureReference, pooled_features
from deskull.quality.measures.shape import MeanShape
from tests.quality.heads import FAR, ball, evidence_of, places

BALL = evidence_of(ball(24))
COHORT = np.random.default_rng(0).normal(3, [1, 5, 0.2], (200, 3)).astype(np.float32)


def layer(step: int) -> np.ndarray:
    """One channel that is 1 inside the ball, and one that is 1 to the right, on coarser voxels."""
    inside = BALL.inside.reshape([part for n in BALL.inside.shape for part in (n // step, step)]).mean(axis=(1, 3, 5))
    right = (places(48 // step, 2.0 * step)[..., 0] > 0).astype(float)
    return np.stack([inside, right]).astype(np.float32)


def test_components_of_a_cohort_have_unit_variance_and_no_correlation():
    components = FeatureReference.of(COHORT, 3).cohort
    np.testing.assert_allclose(np.cov(components.T, bias=True), np.eye(3), atol=1e-3)


def test_number_of_components_is_limited():
    assert FeatureReference.of(COHORT, 2).cohort.shape == (200, 2)


def test_a_scan_of_the_cohort_is_familiar_and_one_far_away_is_not():
    reference = FeatureReference.of(COHORT, 3)
    middle = reference.distance(COHORT.mean(axis=0))
    assert middle < 0.5
    assert reference.distance(COHORT.mean(axis=0) + np.array([0, 50, 0])) > 3


def test_distance_is_the_root_mean_square_to_the_five_nearest():
    cohort = np.array([[0.0], [1], [2], [3], [4], [100], [200]], np.float32)
    reference = FeatureReference(np.zeros(1, np.float32), np.eye(1, dtype=np.float32), cohort)
    assert reference.distance(np.zeros(1, np.float32)) == pytest.approx(((0 + 1 + 4 + 9 + 16) / 5) ** 0.5)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_features_are_averaged_over_the_mask(step):
    pooled = pooled_features(replace(BALL, features=(layer(step),)))
    filled = layer(step)[0]
    assert pooled[0] == pytest.approx((filled**2).sum() / filled.sum(), rel=0.01)
    assert pooled[1] == pytest.approx(0.5, abs=0.01)


def test_features_of_all_layers_are_joined():
    assert pooled_features(replace(BALL, features=(layer(1), layer(2), layer(4)))).shape == (6,)


def test_without_layers_or_a_mask_there_are_no_features():
    empty = np.full_like(BALL.distance, FAR)
    assert pooled_features(BALL) is None
    assert pooled_features(replace(BALL, features=(layer(2),), distance=empty)) is None


def test_unfamiliarity_is_measured_where_features_and_a_reference_are_given():
    mean, evidence = MeanShape(np.ones((8, 8, 8), np.float32), 0.8), replace(BALL, features=(layer(1),))
    reference = FeatureReference.of(np.random.default_rng(1).random((20, 2)).astype(np.float32), 2)
    assert mask_measures(evidence, mean, reference)["unfamiliarity"] > 0
    assert "unfamiliarity" not in mask_measures(evidence, mean, None)
    assert "unfamiliarity" not in mask_measures(BALL, mean, reference)
