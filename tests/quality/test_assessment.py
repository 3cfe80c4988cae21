"""Assessment: verdict, reasons and bounds from measures, by a small calibration that is written by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.quality.assessment import assess, judge_measures
from deskull.quality.calibration import OFFSET, Calibration
from deskull.quality.measures.shape import MeanShape
from deskull.quality.verdict import Verdict
from tests.quality.heads import FAR, ball, evidence_of, second_look
from tests.quality.trees import added, constant, step

GOOD, DOUBTFUL, BAD = 0.98, 0.93, 0.7


#: Errors of 1, 4 and 20 % for high, doubtful and low agreement; a head where deep shells are bright; a margin of 2 mm.
CALIBRATION = Calibration(
    error=added(
        math.log(0.01 + OFFSET),
        ("agreement", 0.9, math.log(21 / 5), 0.0),
        ("agreement", 0.95, math.log(5 / 2), 0.0),
        ("tilt", 0.5, 0.0, 0.2),
        ("noise", 0.5, 0.0, 0.05),
    ),
    margin=constant(math.log(2)),
    head=step("bright_core", 0.5, -1.0, 1.0),
    thresholds={"pass": math.log(0.03 + OFFSET), "fail": math.log(0.1 + OFFSET), "head": 0.0, "no_head": -0.5},
    bounds={"edges": [math.log(0.1)], "error": [math.log(2), math.log(3)], "margin": [math.log(1.5), math.log(10)]},
    quantiles={
        "agreement": [0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99],
        "tilt": [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3],
    },
    shape=MeanShape(np.ones((8, 8, 8), np.float32), 0.8),
    card={},
)
SCAN = {"bright_core": 1.0, "bright_fluid": 0.4}


def judged(scan: dict[str, float] | None = None, **mask: float):
    """Quality of a mask by its measures."""
    return judge_measures(SCAN | (scan or {}), {"agreement": GOOD} | mask, CALIBRATION)


@pytest.mark.parametrize(
    ("agreement", "verdict", "dice"),
    [(GOOD, Verdict.passed, 0.99), (DOUBTFUL, Verdict.review, 0.96), (BAD, Verdict.failed, 0.8)],
)
def test_verdict_and_predicted_dice_follow_the_predicted_error(agreement, verdict, dice):
    quality = judged(agreement=agreement)
    assert quality.verdict is verdict
    assert quality.predicted_dice == pytest.approx(dice)


@pytest.mark.parametrize(("agreement", "bound", "margin"), [(GOOD, 0.97, 3.0), (BAD, 1.01 - 0.63, 10.0)])
def test_bounds_are_those_of_the_range_of_the_predicted_error(agreement, bound, margin):
    quality = judged(agreement=agreement)
    assert quality.lower_bound == pytest.approx(bound)
    assert quality.margin_mm == pytest.approx(margin)  # 20 mm are more than networks tell apart


def test_a_passed_mask_needs_no_reasons():
    assert judged().reasons == ()


def test_measures_that_raise_the_error_are_the_reasons_weightiest_first():
    reasons = judged(agreement=BAD, tilt=0.8).reasons
    assert [reason.split(":")[0] for reason in reasons] == [
        "Low agreement with a second network (Dice)",
        "High tilt",
    ]


def test_a_measure_that_raises_the_error_a_little_is_no_reason():
    assert not any("noise" in reason for reason in judged({"noise": 0.6}, agreement=BAD).reasons[:1])
    calibration = replace(CALIBRATION, quantiles={**CALIBRATION.quantiles, "noise": [0.0] * 6 + [0.1]})
    reasons = judge_measures(SCAN | {"noise": 0.6}, {"agreement": BAD}, calibration).reasons
    assert [reason.split()[1] for reason in reasons] == ["agreement"]


@pytest.mark.parametrize("agreement", [0.96, 0.9499])
def test_a_measure_within_its_usual_range_is_no_reason_however_much_it_raises_the_error(agreement):
    calibration = replace(CALIBRATION, error=added(math.log(0.02), ("agreement", 0.97, math.log(20), 0.0)))
    quality = judge_measures(SCAN, {"agreement": agreement}, calibration)
    assert quality.verdict is Verdict.failed
    assert quality.reasons == ("The predicted Dice is low: 0.61; no single measure explains it.",)


def test_a_missing_measure_is_no_reason():
    calibration = replace(CALIBRATION, error=added(math.log(0.02), ("agreement", 0.9, math.log(20), 0.0)))
    quality = judge_measures(SCAN, {"agreement": math.nan}, calibration)
    assert quality.verdict is Verdict.failed
    assert not any("agreement" in reason for reason in quality.reasons)


@pytest.mark.parametrize("error", [0.06, 0.3])
def test_a_mask_that_does_not_pass_has_a_reason(error):
    calibration = replace(CALIBRATION, error=constant(math.log(error)))
    quality = judge_measures(SCAN, {"agreement": GOOD}, calibration)
    assert quality.verdict in (Verdict.review, Verdict.failed)
    assert quality.reasons


def test_a_scan_without_a_head_fails_however_small_the_error():
    quality = judged({"bright_core": 0.1})
    assert quality.verdict is Verdict.failed
    assert quality.reasons[0] == "The scan does not look like a human head."


def test_a_scan_that_may_show_no_head_asks_for_a_review():
    doubtful = replace(CALIBRATION, thresholds={**CALIBRATION.thresholds, "no_head": -2.0})
    quality = judge_measures(SCAN | {"bright_core": 0.1}, {"agreement": GOOD}, doubtful)
    assert quality.verdict is Verdict.review
    assert quality.reasons == ("The scan may not show a human head.",)


def test_a_finding_that_bears_on_the_mask_asks_for_a_review():
    quality = judged(gap=0.3)
    assert quality.verdict is Verdict.review
    assert "gap" in quality.reasons[0]


def test_other_findings_are_listed_and_leave_the_verdict():
    quality = judged({"noise": 0.3})
    assert quality.verdict is Verdict.passed
    assert quality.input["findings"] == ["The scan is very noisy."]


@given(agreement=st.floats(0, 1), tilt=st.floats(0, 1), noise=st.floats(0, 1))
def test_lower_bound_is_at_most_the_predicted_dice_and_both_lie_between_0_and_1(agreement, tilt, noise):
    quality = judged({"noise": noise}, agreement=agreement, tilt=tilt)
    assert 0 <= quality.lower_bound <= quality.predicted_dice <= 1


def test_an_empty_mask_fails():
    evidence = replace(evidence_of(ball(24)), distance=np.full((48,) * 3, FAR, np.float32))
    quality = assess(evidence, CALIBRATION)
    assert quality.verdict is Verdict.failed
    assert "empty" in quality.reasons[0]
    assert quality.predicted_dice is None


def test_a_mask_on_which_two_networks_agree_has_a_better_predicted_dice_than_one_on_which_they_do_not():
    evidence = evidence_of(ball(24))
    same, other = (assess(replace(evidence, second=second_look(ball(r))), CALIBRATION) for r in (24, 18))
    assert same.predicted_dice == pytest.approx(0.99)
    assert other.predicted_dice == pytest.approx(0.8)


def test_measures_of_evidence_are_written_as_json_without_not_a_number():
    table = assess(replace(evidence_of(ball(24)), second=second_look(ball(24))), CALIBRATION).as_dict()
    assert json.loads(json.dumps(table, allow_nan=False)) == table
    assert table["measures"]["agreement"] == pytest.approx(1, abs=0.01)
