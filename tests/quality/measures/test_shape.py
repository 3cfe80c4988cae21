"""Shape: alignment by moments, and the fit to a mean shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.quality.evidence import Evidence
from deskull.quality.measures.shape import MeanShape, aligned_points, mean_shape, shape_measures
from deskull.quality.turns import describe_turn
from tests.quality.heads import FAR, ball, egg, ellipsoid, evidence_of


def mean_of(*evidence: Evidence) -> MeanShape:
    """The mean shape of some masks."""
    return mean_shape([aligned_points(one)[0] for one in evidence], size=32)


EGG = evidence_of(egg())
MEAN_EGG = mean_of(EGG)
MEAN_BALL = mean_of(evidence_of(ball(30)))


def rotated(evidence: Evidence, degrees: float) -> Evidence:
    """The evidence on a grid that is rotated about the left-right axis."""
    angle = np.deg2rad(degrees)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine = evidence.affine.copy()
    affine[:3] = turn @ affine[:3]
    return replace(evidence, affine=affine)


def test_aligned_points_have_unit_variance_and_no_correlation():
    points, _ = aligned_points(rotated(evidence_of(ellipsoid(20, 32, 16)), 30))
    np.testing.assert_allclose(np.cov(points.T), np.eye(3), atol=1e-4)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-4)


def test_moments_of_an_ellipsoid_are_a_fifth_of_its_squared_half_axes():
    _, moments = aligned_points(evidence_of(ellipsoid(20, 32, 26)))
    np.testing.assert_allclose(np.diag(moments), np.array([20, 32, 26]) ** 2 / 5, rtol=0.03)


def test_about_as_many_points_are_used_as_were_asked_for():
    points, _ = aligned_points(EGG, n_points=1000)
    assert 1000 <= len(points) < 2000


def test_extents_are_four_standard_deviations():
    measures = shape_measures(evidence_of(ellipsoid(20, 32, 26)), MEAN_BALL)
    extents = [measures[name] for name in ("width_mm", "length_mm", "height_mm")]
    np.testing.assert_allclose(extents, 4 * np.array([20, 32, 26]) / 5**0.5, rtol=0.02)


def test_an_ellipsoid_fits_the_mean_of_balls_as_well_as_a_ball():
    long, round_ = (shape_measures(evidence_of(s), MEAN_BALL)["shape_fit"] for s in (ellipsoid(20, 36, 25), ball(30)))
    assert round_ > 0.97
    assert long == pytest.approx(round_, abs=0.03)


def test_another_shape_fits_worse():
    own, other = (shape_measures(EGG, mean)["shape_fit"] for mean in (MEAN_EGG, MEAN_BALL))
    assert own > 0.99
    assert other < own - 0.02


@pytest.mark.parametrize("axes", [(0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_swapped_axes_fit_better_when_they_are_swapped_back(axes):
    upright, swapped = (shape_measures(evidence, MEAN_EGG) for evidence in (EGG, evidence_of(egg(axes))))
    assert upright["turned_fit"] == 0
    assert swapped["turned_fit"] > 0.02
    assert swapped["shape_fit"] + swapped["turned_fit"] == pytest.approx(upright["shape_fit"], abs=0.01)


def test_a_reversed_axis_fits_better_when_it_is_reversed_back():
    upside_down = replace(EGG, distance=EGG.distance[:, :, ::-1])
    assert shape_measures(upside_down, MEAN_EGG)["turned_fit"] > 0.02


@pytest.mark.parametrize(
    ("axes", "turn"),
    [
        ((0, 2, 1), "the front-back and up-down axes were swapped"),
        ((1, 0, 2), "the left-right and front-back axes were swapped"),
        ((2, 1, 0), "the left-right and up-down axes were swapped"),
        ((1, 2, 0), "the left-right, front-back and up-down axes were swapped"),
    ],
)
def test_best_turn_names_the_axes_that_are_swapped(axes, turn):
    measures = shape_measures(evidence_of(egg(axes)), MEAN_EGG)
    assert describe_turn(int(measures["best_turn"])) == turn


@pytest.mark.parametrize(
    ("axis", "turn"), [(1, "the front-back axis was reversed"), (2, "the up-down axis was reversed")]
)
def test_best_turn_names_the_axis_that_is_reversed(axis, turn):
    measures = shape_measures(replace(EGG, distance=np.flip(EGG.distance, axis)), MEAN_EGG)
    assert describe_turn(int(measures["best_turn"])) == turn


def test_there_is_no_best_turn_where_none_fits_clearly_better():
    mirrored = replace(EGG, distance=EGG.distance[::-1])
    assert [shape_measures(evidence, MEAN_EGG)["best_turn"] for evidence in (EGG, mirrored)] == [0, 0]


def test_a_mirrored_shape_of_equal_sides_fits_as_well():
    mirrored = shape_measures(replace(EGG, distance=EGG.distance[::-1]), MEAN_EGG)
    assert mirrored["turned_fit"] < 0.01


def test_tilt_is_the_largest_correlation_between_the_axes():
    angle, length, height = np.deg2rad(20), 32.0**2, 20.0**2
    covariance = (length - height) * np.sin(angle) * np.cos(angle)
    variances = [length * np.cos(angle) ** 2 + height * np.sin(angle) ** 2,
                 length * np.sin(angle) ** 2 + height * np.cos(angle) ** 2]  # fmt: skip
    upright = evidence_of(ellipsoid(24, 32, 20))
    assert shape_measures(upright, MEAN_BALL)["tilt"] < 0.01
    measured = shape_measures(rotated(upright, 20), MEAN_BALL)["tilt"]
    assert measured == pytest.approx(covariance / np.prod(variances) ** 0.5, rel=0.03)


def test_a_mask_that_is_too_small_is_not_measured():
    small = evidence_of(ball(4))  # 33 voxels
    assert all(np.isnan(value) for value in shape_measures(small, MEAN_BALL).values())


def test_a_flat_mask_is_not_measured():
    distance = np.full(EGG.distance.shape, FAR, np.float32)
    distance[10:40, 10:40, 20] = -1
    assert aligned_points(replace(EGG, distance=distance)) is None


def test_mean_shape_of_two_is_a_half_where_only_one_is():
    mean = mean_of(EGG, evidence_of(egg((0, 2, 1))))
    assert set(np.unique(mean.probability)) == {0, 0.5, 1}


def test_points_beyond_the_mean_shape_have_no_probability():
    mean = MeanShape(np.ones((8, 8, 8), np.float32), 0.5)
    points = np.array([[0, 0, 0], [1.7, 0, 0], [2.1, 0, 0], [0, -3, 0]], np.float32)
    assert [mean.fits(point[None])[0] for point in points] == [1, 1, 0, 0]
