"""Metrics: shapes whose scores are known, properties that hold for all masks, and agreement with MONAI."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deskull.evaluation.metrics import score

MASKS = arrays.arrays(bool, (5, 6, 4))
SPACINGS = st.tuples(*[st.sampled_from([0.5, 1.0, 2.0])] * 3)
SURFACE_SCORES = ("hd95", "surface_distance", "far_false_positives")


def ball(radius, shift=(0, 0, 0), size=64, spacing=(1, 1, 1)):
    index = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), -1) * np.array(spacing)
    centre = (size - 1) / 2 * np.array(spacing) + np.array(shift)
    return np.linalg.norm(index - centre, axis=-1) <= radius


def test_equal_masks_overlap_completely():
    scores = score(ball(5, size=16), ball(5, size=16))
    assert (scores.dice, scores.iou, scores.sensitivity, scores.specificity) == (1, 1, 1, 1)


def test_equal_masks_have_no_distance_and_no_difference():
    scores = score(ball(5, size=16), ball(5, size=16))
    assert (scores.hd95, scores.surface_distance) == (0, 0)
    assert (scores.volume_difference_ml, scores.far_false_positives) == (0, 0)


class TestConcentricBalls:
    """A ball of radius 24 scored against one of radius 20."""

    INNER, OUTER = 20**3, 24**3

    @pytest.fixture(scope="class")
    def scores(self):
        return score(ball(24), ball(20))

    def test_overlap_is_the_ratio_of_volumes(self, scores):
        assert scores.dice == pytest.approx(2 * self.INNER / (self.INNER + self.OUTER), abs=0.005)
        assert scores.iou == pytest.approx(self.INNER / self.OUTER, abs=0.005)

    def test_reference_is_covered(self, scores):
        assert scores.sensitivity == 1

    def test_surface_distance_is_the_difference_of_radii(self, scores):
        assert scores.surface_distance == pytest.approx(4, abs=0.25)
        assert scores.hd95 == pytest.approx(4, abs=0.5)

    def test_false_positives_within_5_mm_are_not_far(self, scores):
        assert scores.far_false_positives == 0

    def test_volume_difference_is_the_shell(self, scores):
        shell_ml = 4 / 3 * np.pi * (self.OUTER - self.INNER) / 1000
        assert scores.volume_difference_ml == pytest.approx(shell_ml, rel=0.01)


def test_overlap_of_half_shifted_boxes_is_as_counted_by_hand():
    a, b = np.zeros((20, 20, 20)), np.zeros((20, 20, 20))
    a[5:15, 5:15, 5:15] = 1
    b[10:20, 5:15, 5:15] = 1
    scores = score(a, b)
    assert (scores.dice, scores.iou, scores.sensitivity) == (0.5, pytest.approx(1 / 3), 0.5)
    assert scores.specificity == pytest.approx((7000 - 500) / 7000)
    assert scores.volume_difference_ml == 0


def test_voxels_far_outside_the_reference_are_far_false_positives():
    reference, predicted = ball(6, size=32), ball(6, size=32)
    predicted[0:4, 0:4, 0:4] = True
    assert score(predicted, reference).far_false_positives == pytest.approx(64 / predicted.sum())


@pytest.mark.parametrize(("spacing", "n_far"), [(1.0, 4), (2.0, 7), (0.5, 0)])
def test_far_false_positives_are_measured_in_mm(spacing, n_far):
    reference, predicted = np.zeros((20, 3, 3)), np.zeros((20, 3, 3))
    reference[:5], predicted[:14] = 1, 1  # the last voxel of the reference is 4, of the prediction 13
    found = score(predicted, reference, [spacing] * 3).far_false_positives
    assert found == pytest.approx(n_far * 9 / predicted.sum())


def _balls_cut_in_half(roi_of):
    index = np.indices((24, 24, 24)) - 11.5
    radius = np.sqrt((index**2).sum(0))
    return radius < 9, radius < 6, roi_of(index)


def test_cut_of_the_region_of_interest_is_not_a_surface():
    outer, inner, upper_half = _balls_cut_in_half(lambda index: index[2] > 0)
    whole, half = score(outer, inner), score(outer, inner, roi=upper_half)
    assert half.surface_distance == pytest.approx(whole.surface_distance, abs=0.1)
    assert half.hd95 == pytest.approx(whole.hd95, abs=0.1)


def test_surface_scores_are_undefined_where_the_region_of_interest_shows_no_surface():
    outer, inner, centre = _balls_cut_in_half(lambda index: np.abs(index).max(0) < 3)
    scores = score(outer, inner, roi=centre)
    assert all(math.isnan(getattr(scores, name)) for name in SURFACE_SCORES)


def test_errors_outside_the_region_of_interest_do_not_count():
    predicted, reference = ball(5, size=16), ball(5, size=16)
    predicted[:2] = True
    roi = np.ones(predicted.shape)
    roi[:2] = 0
    assert score(predicted, reference).dice < 1
    assert score(predicted, reference, roi=roi).dice == 1


@given(MASKS, MASKS)
def test_voxels_outside_the_region_of_interest_never_change_a_score(mask, roi):
    reference = np.zeros(mask.shape, bool)
    reference[1:4, 1:4, 1:3] = True
    np.testing.assert_equal(
        score(mask, reference, roi=roi).as_dict(), score(mask & roi, reference & roi, roi=roi).as_dict()
    )


def test_empty_mask_scores_zero_and_has_no_surface():
    scores = score(np.zeros((8, 8, 8)), ball(3, size=8))
    assert (scores.dice, scores.sensitivity) == (0, 0)
    assert all(math.isnan(getattr(scores, name)) for name in SURFACE_SCORES)


def test_overlap_of_two_empty_masks_is_undefined():
    scores = score(np.zeros((8, 8, 8)), np.zeros((8, 8, 8)))
    assert math.isnan(scores.dice)
    assert math.isnan(scores.iou)
    assert scores.specificity == 1


def test_specificity_is_undefined_if_the_reference_fills_the_image():
    assert math.isnan(score(ball(3, size=8), np.ones((8, 8, 8))).specificity)


def test_masks_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"shapes differ: predicted \(2, 2, 2\), reference \(2, 2, 3\)"):
        score(np.zeros((2, 2, 2)), np.zeros((2, 2, 3)))


def test_region_of_interest_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shapes differ: predicted \(2, 2, 2\), roi \(3, 2, 2\)"):
        score(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)), roi=np.zeros((3, 2, 2)))


@given(MASKS, MASKS, SPACINGS)
def test_fractions_lie_between_0_and_1_and_distances_are_not_negative(a, b, spacing):
    scores = score(a, b, spacing).as_dict()
    for name in ("dice", "iou", "sensitivity", "specificity", "far_false_positives"):
        assert math.isnan(scores[name]) or 0 <= scores[name] <= 1
    for name in ("hd95", "surface_distance"):
        assert math.isnan(scores[name]) or scores[name] >= 0


@given(MASKS, MASKS, SPACINGS)
def test_overlap_and_distances_are_symmetric(a, b, spacing):
    forward, backward = score(a, b, spacing), score(b, a, spacing)
    assert forward.dice == pytest.approx(backward.dice, nan_ok=True)
    assert forward.iou == pytest.approx(backward.iou, nan_ok=True)
    assert forward.hd95 == pytest.approx(backward.hd95, nan_ok=True)
    assert forward.surface_distance == pytest.approx(backward.surface_distance, nan_ok=True)
    assert forward.volume_difference_ml == -backward.volume_difference_ml


@given(MASKS, MASKS)
def test_iou_follows_from_dice(a, b):
    scores = score(a, b)
    assert scores.iou == pytest.approx(scores.dice / (2 - scores.dice), nan_ok=True)


@given(MASKS, MASKS, st.integers(0, 2))
def test_mirroring_both_masks_changes_no_score(a, b, axis):
    plain, mirrored = score(a, b).as_dict(), score(np.flip(a, axis), np.flip(b, axis)).as_dict()
    assert plain == pytest.approx(mirrored, nan_ok=True)


@given(MASKS, MASKS, st.permutations(range(3)), SPACINGS)
def test_permuting_the_axes_changes_no_score(a, b, order, spacing):
    permuted = score(a.transpose(order), b.transpose(order), [spacing[axis] for axis in order])
    assert score(a, b, spacing).as_dict() == pytest.approx(permuted.as_dict(), nan_ok=True)


@given(MASKS, MASKS)
def test_padding_with_background_changes_specificity_only(a, b):
    plain, padded = score(a, b).as_dict(), score(np.pad(a, 2), np.pad(b, 2)).as_dict()
    del plain["specificity"], padded["specificity"]
    assert plain == pytest.approx(padded, nan_ok=True)


@given(MASKS, MASKS)
def test_distances_scale_with_the_voxels(a, b):
    small, large = score(a, b), score(a, b, (2, 2, 2))
    assert large.hd95 == pytest.approx(2 * small.hd95, nan_ok=True)
    assert large.surface_distance == pytest.approx(2 * small.surface_distance, nan_ok=True)
    assert large.volume_ml == pytest.approx(8 * small.volume_ml)


@pytest.fixture(scope="module")
def monai():
    pytest.importorskip("torch", reason="needs torch and MONAI (deskull[train])")
    return pytest.importorskip("monai.metrics", reason="needs MONAI (deskull[train])")


@settings(max_examples=15, deadline=None)
@given(
    radius=st.floats(6, 14),
    shift=st.tuples(*[st.floats(-4, 4)] * 3),
    spacing=st.sampled_from([(1.0, 1.0, 1.0), (0.8, 1.2, 2.0), (2.0, 2.0, 0.9)]),
)
def test_monai_gives_the_same_scores(monai, radius, shift, spacing):
    import torch

    a, b = ball(radius, size=32, spacing=spacing), ball(11, shift, size=32, spacing=spacing)
    ours = score(a, b, spacing)
    one, two = (torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (a, b))
    options = {"include_background": True, "spacing": list(spacing)}
    counts = monai.get_confusion_matrix(one, two)[0, 0]
    theirs = {
        "dice": monai.compute_dice(one, two),
        "iou": monai.compute_iou(one, two),
        "sensitivity": monai.compute_confusion_matrix_metric("sensitivity", counts),
        "specificity": monai.compute_confusion_matrix_metric("specificity", counts),
        "hd95": monai.compute_hausdorff_distance(one, two, percentile=95, **options),
        "surface_distance": monai.compute_average_surface_distance(one, two, symmetric=True, **options),
    }
    tolerances = {"hd95": 0.02, "surface_distance": 0.01}
    for name, value in theirs.items():
        assert getattr(ours, name) == pytest.approx(float(value), abs=tolerances.get(name, 1e-6)), name
