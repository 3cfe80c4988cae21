"""Geometry: balls and cut balls, whose volume, surface and contact are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.quality.measures.geometry import SIDES, geometry_measures
from tests.quality.heads import (
    ball,
    cut_at_top,
    distances,
    ellipsoid,
    evidence_of,
    places,
    union,
    with_values,
)

BALL = evidence_of(ball(30))
MEASURES = geometry_measures(BALL)


@pytest.mark.parametrize("voxel", [1.0, 2.0])
def test_volume_is_that_of_the_mask_in_millilitres(voxel):
    volume = geometry_measures(evidence_of(ball(30), voxel=voxel))["volume_ml"]
    assert volume == pytest.approx(4 / 3 * np.pi * 3**3, rel=0.015)


def test_compactness_of_a_ball_is_the_least():
    assert MEASURES["compactness"] == pytest.approx((36 * np.pi) ** (1 / 3), rel=0.03)


def test_compactness_of_a_long_ellipsoid_is_higher():
    # A prolate spheroid of half axes 15 and 45: surface by its formula.
    e = (1 - (15 / 45) ** 2) ** 0.5
    surface = 2 * np.pi * 15**2 * (1 + 45 / 15 / e * np.arcsin(e))
    volume = 4 / 3 * np.pi * 15 * 15 * 45
    measured = geometry_measures(evidence_of(ellipsoid(15, 45, 15)))["compactness"]
    assert measured == pytest.approx(surface / volume ** (2 / 3), rel=0.05)


@pytest.mark.parametrize("centre", [(0, 0, 0), (7, 0, 0), (-6, 4, 2)])
def test_a_mask_that_equals_its_mirror_image_has_a_symmetry_of_1(centre):
    assert geometry_measures(evidence_of(ellipsoid_at(centre)))["symmetry"] == pytest.approx(1, abs=0.03)


def ellipsoid_at(centre):
    """Distance to an ellipsoid elsewhere."""
    shape = ellipsoid(24, 30, 20)
    return lambda points: shape(points - np.array(centre))


def test_a_part_on_one_side_lowers_the_symmetry():
    lopsided = geometry_measures(evidence_of(union(ball(28), ball(14, (26, 0, 0)))))["symmetry"]
    assert lopsided < 0.97 * MEASURES["symmetry"]


def test_a_part_in_front_leaves_the_symmetry():
    assert geometry_measures(evidence_of(union(ball(28), ball(14, (0, 26, 0)))))["symmetry"] == 1


def test_a_mask_within_the_field_of_view_has_no_contact():
    assert MEASURES["contact"] == 0


@pytest.mark.parametrize("height", [0, 10, 20])
def test_contact_of_a_ball_that_is_cut_is_the_disc_over_the_rest_of_its_surface(height):
    measures = geometry_measures(cut_at_top(BALL, height))
    disc, rest = np.pi * (30**2 - height**2), 2 * np.pi * 30 * (30 + height)
    assert measures["contact_top"] == pytest.approx(disc / rest, rel=0.08)
    assert measures["contact"] == measures["contact_top"]


@pytest.mark.parametrize(("axis", "forwards"), [(axis, forwards) for axis in range(3) for forwards in (False, True)])
def test_contact_is_named_by_the_side_where_the_field_of_view_ends(axis, forwards):
    seen = np.ones(BALL.distance.shape, bool)
    np.moveaxis(seen, axis, 0)[slice(34, None) if forwards else slice(None, 14)] = False
    measures = geometry_measures(replace(BALL, field_of_view=seen, distance=np.where(seen, BALL.distance, 10)))
    touching = [side for side in SIDES if measures[f"contact_{side}"] > 0]
    assert touching == [SIDES[2 * axis + forwards]]


def test_a_mask_at_the_end_of_the_grid_has_contact():
    assert geometry_measures(evidence_of(ball(30, (0, 0, 48))))["contact_top"] == pytest.approx(0.5, rel=0.08)


def test_a_mask_that_continues_beyond_the_field_of_view_has_contact_on_one_side_only():
    measures = geometry_measures(cut_at_top(BALL, 10, continued=1))
    assert measures["contact_left"] == measures["contact_front"] == 0
    assert measures["contact_top"] == pytest.approx((30**2 - 10**2) / (2 * 30 * (30 + 10)), rel=0.08)


def test_components_that_were_removed_are_a_fraction_of_the_mask():
    predicted = distances(union(ball(30), ball(10, (0, 0, 42))))
    measures = geometry_measures(replace(BALL, predicted=predicted))
    assert 0.3 * (10 / 30) ** 3 < measures["other_components"] < (10 / 30) ** 3


def test_specks_that_were_removed_are_not_counted():
    predicted = BALL.predicted.copy()
    predicted[2:4, 2:4, 2:4] = -1  # 0.06 ml
    assert geometry_measures(replace(BALL, predicted=predicted))["other_components"] == 0


def test_intracranial_ratio_is_that_of_the_volumes():
    assert MEASURES["intracranial_ratio"] == pytest.approx((32 / 30) ** 3, rel=0.02)


def test_without_an_intracranial_surface_its_ratio_is_missing():
    assert np.isnan(geometry_measures(replace(BALL, intracranial=None))["intracranial_ratio"])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_in_which_the_mask_is_missing_are_a_gap(axis):
    mask = BALL.mask.copy()
    np.moveaxis(mask, axis, 0)[20:23] = 0
    assert geometry_measures(replace(BALL, mask=mask))["gap"] == pytest.approx(3 / 30)  # 60 mm in voxels of 2 mm


def test_a_mask_without_gaps_has_none_and_no_blank_neighbour():
    assert (MEASURES["gap"], MEASURES["blank_contact"]) == (0, 0)


def test_a_blank_slice_beside_the_mask_is_contact_with_the_area_of_its_last_slice():
    cut = places(48, 2.0)[..., 2] > 10
    mask = np.where(cut, 0, BALL.mask).astype(np.uint8)
    measures = geometry_measures(replace(with_values(BALL, np.where(cut, 0, BALL.scan.data)), mask=mask))
    expected = np.pi * (30**2 - 10**2) / (4 * np.pi * 30**2)  # of the surface that the distance has
    assert measures["blank_contact"] == pytest.approx(expected, rel=0.08)
