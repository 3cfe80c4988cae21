"""Metrics: against shapes whose answers are known, and against MONAI."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.evaluation.metrics import score


def ball(radius, shift=(0, 0, 0), size=64, spacing=(1, 1, 1)):
    index = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), -1) * np.array(spacing)
    middle = (size - 1) / 2 * np.array(spacing) + np.array(shift)
    return np.linalg.norm(index - middle, axis=-1) <= radius


def test_identical_masks_are_perfect():
    scores = score(ball(20), ball(20))
    assert (scores.dice, scores.iou, scores.sensitivity, scores.specificity) == (1, 1, 1, 1)
    assert (scores.hd95, scores.surface_distance, scores.volume_difference_ml, scores.leak) == (0, 0, 0, 0)


def test_concentric_balls():
    scores = score(ball(24), ball(20), (1, 1, 1))
    inner, outer = 20**3, 24**3
    assert scores.dice == pytest.approx(2 * inner / (inner + outer), abs=0.005)
    assert scores.iou == pytest.approx(inner / outer, abs=0.005)
    assert scores.sensitivity == 1
    assert scores.surface_distance == pytest.approx(4, abs=0.25)
    assert scores.hd95 == pytest.approx(4, abs=0.5)
    assert scores.leak == 0
    assert scores.volume_difference_ml == pytest.approx(4 / 3 * np.pi * (outer - inner) / 1000, rel=0.01)


def test_half_shifted_box_counts_by_hand():
    a, b = np.zeros((20, 20, 20)), np.zeros((20, 20, 20))
    a[5:15, 5:15, 5:15] = 1
    b[10:20, 5:15, 5:15] = 1
    scores = score(a, b)
    assert scores.dice == 0.5
    assert scores.iou == pytest.approx(1 / 3)
    assert scores.sensitivity == 0.5
    assert scores.specificity == pytest.approx((7000 - 500) / 7000)
    assert scores.volume_difference_ml == 0


def test_leak_counts_only_what_is_far():
    reference, predicted = ball(20), ball(20)
    predicted[0:4, 0:4, 0:4] = True
    scores = score(predicted, reference)
    assert scores.leak == pytest.approx(64 / predicted.sum())


def test_where_the_roi_cuts_a_mask_is_no_surface():
    index = np.indices((24, 24, 24)) - 11.5
    radius = np.sqrt((index**2).sum(0))
    upper = index[2] > 0
    whole, half = (score(radius < 9, radius < 6, roi=roi) for roi in (None, upper))
    assert half.surface_distance == pytest.approx(whole.surface_distance, abs=0.1)
    assert half.hd95 == pytest.approx(whole.hd95, abs=0.1)
    inside = np.abs(index).max(0) < 3
    assert np.isnan(score(radius < 9, radius < 6, roi=inside).hd95)


def test_only_the_roi_counts():
    predicted, reference = ball(20), ball(20)
    predicted[:8] = True
    roi = np.ones(predicted.shape)
    roi[:8] = 0
    assert score(predicted, reference).dice < 1
    assert score(predicted, reference, roi=roi).dice == 1


def test_empty_masks():
    nothing = np.zeros((8, 8, 8))
    scores = score(nothing, ball(3, size=8))
    assert (scores.dice, scores.sensitivity) == (0, 0)
    assert math.isnan(scores.hd95)
    assert math.isnan(score(nothing, nothing).dice)


def test_shapes_must_match():
    with pytest.raises(ValueError, match="shapes differ"):
        score(np.zeros((2, 2, 2)), np.zeros((2, 2, 3)))
    with pytest.raises(ValueError, match="roi"):
        score(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)), roi=np.zeros((3, 2, 2)))


@settings(max_examples=15, deadline=None)
@given(
    radius=st.floats(6, 14),
    shift=st.tuples(*[st.floats(-4, 4)] * 3),
    spacing=st.sampled_from([(1.0, 1.0, 1.0), (0.8, 1.2, 2.0), (2.0, 2.0, 0.9)]),
)
def test_monai_agrees(radius, shift, spacing):
    torch = pytest.importorskip("torch", reason="needs torch and MONAI (deskull[train])")
    monai = pytest.importorskip("monai.metrics", reason="needs MONAI (deskull[train])")
    a, b = ball(radius, size=32, spacing=spacing), ball(11, shift, size=32, spacing=spacing)
    ours = score(a, b, spacing)
    one, two = (torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (a, b))
    assert ours.dice == pytest.approx(float(monai.compute_dice(one, two)), abs=1e-6)
    assert ours.iou == pytest.approx(float(monai.compute_iou(one, two)), abs=1e-6)
    settings_ = {"include_background": True, "spacing": list(spacing)}
    assert ours.hd95 == pytest.approx(
        float(monai.compute_hausdorff_distance(one, two, percentile=95, **settings_)), abs=0.02
    )
    mean = float(monai.compute_average_surface_distance(one, two, symmetric=True, **settings_))
    assert ours.surface_distance == pytest.approx(mean, abs=0.01)
    counts = monai.get_confusion_matrix(one, two)[0, 0]
    for name in ("sensitivity", "specificity"):
        assert getattr(ours, name) == pytest.approx(
            float(monai.compute_confusion_matrix_metric(name, counts)), abs=1e-6
        )
