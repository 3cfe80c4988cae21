from __future__ import annotations

import math

import numpy as np
import pytest

from deskull.quality.differences import Difference, Kind
from deskull.quality.given import Comparison, compare_with, judge_given
from deskull.quality.verdict import Quality, Verdict

GOOD = Quality(Verdict.passed, predicted_dice=0.975, lower_bound=0.95, margin_mm=2.0)
DOUBTFUL = Quality(Verdict.review, ("Low sharpness.",), predicted_dice=0.93, lower_bound=0.85, margin_mm=4.0)


def distance_to_ball(radius: float, shape: tuple[int, int, int] = (64, 64, 64)) -> np.ndarray:
    """Signed distance in voxels to a ball in the middle."""
    grid = np.indices(shape, np.float32) - (np.array(shape, np.float32)[:, None, None, None] - 1) / 2
    return np.asarray(np.sqrt((grid**2).sum(axis=0)) - radius, np.float32)


def test_same_mask_has_a_dice_of_1_at_border_0():
    distance = distance_to_ball(20)
    found = compare_with(distance, distance < 0, 0.001)
    assert (found.dice, found.border_mm, found.extra_ml, found.missing_ml) == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("border", [-2.0, -0.75, 1.5, 3.0])
def test_wider_or_tighter_definition_is_a_border_and_no_fault(border):
    distance = distance_to_ball(20)
    found = compare_with(distance, distance < border, 0.001)
    assert found.dice == 1.0
    assert found.border_mm == pytest.approx(border, abs=0.25)
    assert judge_given(GOOD, found).verdict is Verdict.passed


def test_part_far_outside_counts_in_ml_and_is_a_reason():
    distance = distance_to_ball(20)
    mask = distance < 0
    mask[:12, :12, :12] = True
    found = compare_with(distance, mask, 0.001)
    assert found.extra_ml == pytest.approx(12**3 * 0.001)
    judged = judge_given(GOOD, found)
    assert judged.verdict is not Verdict.passed
    assert any("1.7 ml of the mask lie more than 5 mm outside of the brain" in reason for reason in judged.reasons)


def test_reason_names_the_place_of_the_largest_part():
    part = Difference(Kind.missing, 12.0, (-31.6, 40.0, 7.2), "front left")
    (reason,) = judge_given(GOOD, Comparison(0.98, 0.0, 0.2, 15.0), [part]).reasons
    assert reason == (
        "15.0 ml more than 5 mm inside of the brain's border are missing, the largest part (12.0 ml): front left "
        "(RAS -32, 40, 7 mm)."
    )


def test_larger_of_two_differences_is_the_first_reason():
    reasons = judge_given(GOOD, Comparison(0.9, 0.0, 2.0, 30.0)).reasons
    assert [reason.split(" ml")[0] for reason in reasons] == ["30.0", "2.0"]


def test_brain_that_is_cut_off_counts_as_missing():
    distance = distance_to_ball(20)
    mask = (distance < 0) & (np.arange(64) < 32)[:, None, None]
    found = compare_with(distance, mask, 0.001)
    assert found.missing_ml == pytest.approx(np.count_nonzero((distance < found.border_mm - 5) & ~mask) * 0.001)
    assert judge_given(GOOD, found).verdict is Verdict.failed


def test_empty_mask_fails():
    distance = distance_to_ball(20)
    found = compare_with(distance, np.zeros(distance.shape, bool), 0.001)
    judged = judge_given(GOOD, found)
    assert found.border_mm == 0.0
    assert (judged.verdict, judged.predicted_dice) == (Verdict.failed, 0.0)


def test_mask_is_trusted_no_further_than_the_networks_own():
    distance = distance_to_ball(20)
    judged = judge_given(DOUBTFUL, compare_with(distance, distance < 0, 0.001))
    assert judged.verdict is Verdict.review
    assert judged.predicted_dice == DOUBTFUL.predicted_dice
    assert "Low sharpness." in judged.reasons


def test_scan_that_cannot_be_judged_leaves_the_mask_unjudged():
    distance = distance_to_ball(20)
    judged = judge_given(Quality.unjudged("No calibration."), compare_with(distance, distance < 0, 0.001))
    assert judged.verdict is Verdict.not_judged
    assert judged.measures["given_dice"] == 1.0


def test_lower_bound_falls_with_the_disagreement():
    distance = distance_to_ball(20)
    cut = (distance < 0) & (np.arange(64) < 45)[:, None, None]
    judged = judge_given(GOOD, found := compare_with(distance, cut, 0.001))
    assert judged.lower_bound is not None
    assert math.isclose(judged.lower_bound, found.dice - 0.05, abs_tol=1e-9)
