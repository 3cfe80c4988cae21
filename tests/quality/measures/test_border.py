"""Border: how sharp a predicted edge is, and what the scan shows there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.quality.measures.border import border_measures
from tests.quality.heads import FAR, ball, evidence_of

BALL = evidence_of(ball(30))


def test_a_true_distance_has_a_gradient_of_1():
    measures = border_measures(BALL)
    assert measures["gradient"] == pytest.approx(1, abs=0.02)
    assert measures["gradient_10"] == pytest.approx(1, abs=0.02)


def test_sharpness_of_a_ball_is_the_dice_of_balls_1_mm_smaller_and_larger():
    assert border_measures(BALL)["sharpness"] == pytest.approx(2 * 29**3 / (29**3 + 31**3), abs=0.01)


def test_a_distance_that_rises_half_as_fast_is_less_sharp():
    measures = border_measures(replace(BALL, distance=BALL.distance / 2))
    assert measures["gradient"] == pytest.approx(0.5, abs=0.02)
    assert measures["sharpness"] == pytest.approx(2 * 28**3 / (28**3 + 32**3), abs=0.01)


def test_an_edge_that_is_vague_on_one_side_lowers_the_lowest_gradients():
    distance = BALL.distance.copy()
    distance[:12] /= 2
    measures = border_measures(replace(BALL, distance=distance))
    assert measures["gradient_10"] < 0.6 < measures["gradient"]


def test_contrast_is_the_difference_in_standard_deviations():
    noise = np.random.default_rng(0).normal(0, 0.1, BALL.image.shape)
    measures = border_measures(replace(BALL, image=(BALL.image + noise).astype(np.float32)))
    assert measures["edge_contrast"] == pytest.approx(0.36 / 0.1, rel=0.05)


def test_an_edge_without_contrast_has_none():
    noise = np.random.default_rng(0).normal(0.5, 0.1, BALL.image.shape).astype(np.float32)
    measures = border_measures(replace(BALL, image=noise))
    assert measures["edge_contrast"] < 0.1
    assert measures["edge_gradient"] == pytest.approx(1, abs=0.1)


def test_a_scan_that_steps_at_the_edge_has_a_higher_gradient_there_than_inside():
    assert border_measures(BALL)["edge_gradient"] > 10


def test_an_edge_beyond_the_field_of_view_has_no_contrast():
    measures = border_measures(replace(BALL, field_of_view=BALL.distance < -5))
    assert np.isnan(measures["edge_contrast"])
    assert np.isnan(measures["gradient"])


def test_an_empty_mask_has_no_sharpness():
    assert border_measures(replace(BALL, distance=np.full_like(BALL.distance, FAR)))["sharpness"] == 0
