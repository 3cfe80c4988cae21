"""Comparison of a given mask with the network's distance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deskull.quality.comparison import compare_with
from tests.quality.heads import distance_to_ball


def test_same_mask_has_a_dice_of_1_at_border_0():
    distance = distance_to_ball(20)
    found = compare_with(distance, distance < 0, 0.001)
    assert (found.dice, found.border_mm, found.offset_mm, found.extra_ml, found.missing_ml) == (1.0, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("border", [-1.5, -0.75, 1.5, 2.0])
def test_other_definition_is_compared_at_its_own_border(border):
    distance = distance_to_ball(20)
    found = compare_with(distance, distance < border, 0.001)
    assert found.dice == 1.0
    assert found.border_mm == pytest.approx(border, abs=0.25)


@pytest.mark.parametrize("border", [-6.0, -3.0, 3.0, 7.0])
def test_offset_beyond_what_definitions_explain_is_found_and_lowers_the_dice(border):
    distance = distance_to_ball(20)
    found = compare_with(distance, distance < border, 0.001)
    assert found.offset_mm == pytest.approx(border, abs=0.25)
    assert found.border_mm == math.copysign(2.0, border)
    assert found.dice < 0.96


def test_offset_counts_from_the_default_border():
    distance = distance_to_ball(20)
    found = compare_with(distance, distance < 3.0, 0.001, default_border=1.0)
    assert found.offset_mm == pytest.approx(2.0, abs=0.25)
    assert found.border_mm == pytest.approx(3.0, abs=0.25)


def test_volume_is_that_of_the_given_mask():
    distance = distance_to_ball(20)
    assert compare_with(distance, distance < 4, 0.5).volume_ml == np.count_nonzero(distance < 4) * 0.5


def test_part_far_outside_counts_in_ml():
    distance = distance_to_ball(20)
    mask = distance < 0
    mask[:12, :12, :12] = True
    assert compare_with(distance, mask, 0.001).extra_ml == pytest.approx(12**3 * 0.001)


def test_part_far_outside_is_found_in_a_mask_that_is_far_too_large_where_distances_end_at_the_band():
    distance = np.minimum(distance_to_ball(20), np.float32(10))
    mask = distance < 7
    mask[:12, :12, :12] = True
    assert compare_with(distance, mask, 0.001).extra_ml == pytest.approx(12**3 * 0.001)


def test_brain_that_is_cut_off_counts_as_missing():
    distance = distance_to_ball(20)
    mask = (distance < 0) & (np.arange(64) < 32)[:, None, None]
    found = compare_with(distance, mask, 0.001)
    assert found.missing_ml == pytest.approx(np.count_nonzero((distance < found.border_mm - 5) & ~mask) * 0.001)


def test_edges_of_masks_that_differ_by_a_definition_are_not_apart():
    distance = distance_to_ball(20)
    assert compare_with(distance, distance < 1.5, 0.001).edge_95_mm < 0.5


def test_edge_of_a_cut_lies_as_far_from_the_border_as_it_is_deep():
    distance = distance_to_ball(20)
    half = (distance < 0) & (np.arange(64) < 32)[:, None, None]
    # A quarter of all faces lie on the cut, a fifth of these (5 % of all) within 20 / sqrt(5) = 9 mm of the centre.
    assert compare_with(distance, half, 0.001).edge_95_mm == pytest.approx(20 - 20 / math.sqrt(5), abs=1)


def test_empty_mask_is_compared_at_the_default_border_and_has_no_edge():
    distance = distance_to_ball(20)
    found = compare_with(distance, np.zeros(distance.shape, bool), 0.001, default_border=0.5)
    assert (found.dice, found.border_mm, found.offset_mm, found.volume_ml) == (0.0, 0.5, 0.0, 0.0)
    assert math.isnan(found.edge_95_mm)
