"""Verdicts on given masks."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from deskull.quality.comparison import Comparison, compare_with
from deskull.quality.differences import Difference, Kind
from deskull.quality.given import judge_given
from deskull.quality.verdict import Quality, Verdict
from tests.quality.heads import distance_to_ball

GOOD = Quality(
    Verdict.passed, predicted_dice=0.975, lower_bound=0.95, margin_mm=2.0, input={"noise": 0.02},
    measures={"volume_ml": 30.0}, percentiles={"noise": 40.0, "volume_ml": 60.0},
)  # fmt: skip
DOUBTFUL = Quality(Verdict.review, ("Low sharpness.",), predicted_dice=0.93, lower_bound=0.85, margin_mm=4.0)


def compared(
    dice: float, *, offset_mm: float = 0.0, extra_ml: float = 0.0, missing_ml: float = 0.0, edge_95_mm: float = 1.0
) -> Comparison:
    """Return the comparison of a mask of 30 ml at a border of 0."""
    return Comparison(dice, 0.0, offset_mm, 30.0, extra_ml, missing_ml, edge_95_mm)


@pytest.mark.parametrize("border", [-1.5, -0.75, 1.5, 2.0])
def test_wider_or_tighter_definition_passes(border):
    distance = distance_to_ball(20)
    assert judge_given(GOOD, compare_with(distance, distance < border, 0.001)).verdict is Verdict.passed


@pytest.mark.parametrize(
    ("offset", "sentence"),
    [
        (-3.5, "The mask is too small as a whole: its edge lies about 3.5 mm inside of the brain's border."),
        (2.25, "The mask is too large as a whole: its edge lies about 2.25 mm outside of the brain's border."),
        (8.0, "The mask is too large as a whole: its edge lies at least 8 mm outside of the brain's border."),
        (-8.0, "The mask is too small as a whole: its edge lies at least 8 mm inside of the brain's border."),
    ],
)
def test_border_that_no_definition_explains_is_a_reason_for_review(offset, sentence):
    judged = judge_given(GOOD, compared(0.975, offset_mm=offset))
    assert (judged.verdict, judged.reasons) == (Verdict.review, (sentence,))


def test_part_far_outside_is_a_reason():
    judged = judge_given(GOOD, compared(0.97, extra_ml=1.728))
    assert judged.verdict is Verdict.review
    assert judged.reasons == ("1.7 ml of the mask lie more than 5 mm outside of the brain.",)


def test_reason_names_the_place_of_the_largest_part():
    part = Difference(Kind.missing, 12.0, (-31.6, 40.0, 7.2), "front left")
    (reason,) = judge_given(GOOD, compared(0.98, extra_ml=0.2, missing_ml=15.0), [part]).reasons
    assert reason == (
        "15.0 ml more than 5 mm inside of the brain's border are missing, the largest part (12.0 ml): front left "
        "(RAS -32, 40, 7 mm)."
    )


def test_larger_of_two_differences_is_the_first_reason():
    reasons = judge_given(GOOD, compared(0.9, extra_ml=2.0, missing_ml=30.0)).reasons
    assert [reason.split(" ml")[0] for reason in reasons] == ["30.0", "2.0"]


def test_half_a_brain_fails():
    distance = distance_to_ball(20)
    mask = (distance < 0) & (np.arange(64) < 32)[:, None, None]
    assert judge_given(GOOD, compare_with(distance, mask, 0.001)).verdict is Verdict.failed


def test_empty_mask_fails_and_has_no_margin():
    distance = distance_to_ball(20)
    judged = judge_given(GOOD, compare_with(distance, np.zeros(distance.shape, bool), 0.001))
    assert (judged.verdict, judged.predicted_dice) == (Verdict.failed, 0.0)
    assert judged.reasons[0] == "The mask is empty."
    assert judged.margin_mm is None
    json.dumps(judged.as_dict(), allow_nan=False)


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


@pytest.mark.parametrize(("apart", "margin"), [(1.5, 3.5), (9.0, 10.0)])
def test_margin_adds_the_distance_between_the_two_edges_up_to_10_mm(apart, margin):
    assert judge_given(GOOD, compared(0.97, edge_95_mm=apart)).margin_mm == margin


def test_measures_and_percentiles_of_the_networks_mask_are_named_as_such():
    judged = judge_given(GOOD, compared(0.97))
    assert "volume_ml" not in judged.measures
    assert (judged.measures["given_volume_ml"], judged.measures["network_volume_ml"]) == (30.0, 30.0)
    assert judged.percentiles == {"noise": 40.0, "network_volume_ml": 60.0}
