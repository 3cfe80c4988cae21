"""Values: counts of grey values, of those cut off, and of zeros."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.quality.measures.values import value_measures
from tests.quality.heads import ball, evidence_of, with_values

BALL = evidence_of(ball(30))
RAMP = np.arange(48**3).reshape((48,) * 3)


@settings(max_examples=10)
@given(levels=st.integers(2, 900))
def test_grey_values_are_those_above_the_lowest(levels):
    quantised = (RAMP * levels // RAMP.size).astype(np.int16)
    assert value_measures(with_values(BALL, quantised))["grey_values"] == levels - 1


def test_many_grey_values_are_counted_up_to_a_thousand():
    assert value_measures(with_values(BALL, RAMP.astype(np.int32)))["grey_values"] == 1000


def test_a_label_map_has_few_values_and_one_common_one():
    labels = value_measures(with_values(BALL, np.where(BALL.mask, 1, 0).astype(np.uint8)))
    assert (labels["grey_values"], labels["most_common"]) == (1, 1)


@pytest.mark.parametrize("levels", [2, 5, 20])
def test_steps_of_a_quantised_scan_are_even(levels):
    quantised = (RAMP * levels // RAMP.size * 37).astype(np.int16)
    assert value_measures(with_values(BALL, quantised))["uneven_steps"] == 1


def test_steps_of_the_numbers_of_structures_are_uneven():
    numbers = np.array([0, 2, 3, 41, 42])[RAMP * 5 // RAMP.size].astype(np.int16)
    assert value_measures(with_values(BALL, numbers))["uneven_steps"] == 38


def test_a_scan_of_many_values_has_no_steps():
    assert np.isnan(value_measures(with_values(BALL, RAMP.astype(np.int32)))["uneven_steps"])


def test_neighbours_of_a_label_map_are_equal_and_those_of_a_ramp_are_not():
    labels = value_measures(with_values(BALL, np.where(BALL.mask, 2, 1).astype(np.uint8)))
    assert labels["equal_neighbours"] == 1  # above the lowest value, there is one label
    assert value_measures(with_values(BALL, RAMP.astype(np.int32)))["equal_neighbours"] == 0


def test_neighbours_are_equal_as_often_as_slices_are_repeated():
    values = np.repeat(RAMP[:24], 2, axis=0).astype(np.int32)
    assert value_measures(with_values(BALL, values))["equal_neighbours"] == pytest.approx(24 / 47, abs=0.03)


@pytest.mark.parametrize("fraction", [0.1, 0.3])
def test_values_that_are_cut_off_are_a_fraction_of_the_brighter_half(fraction):
    cut = np.minimum(RAMP, round(RAMP.size * (1 - fraction))).astype(np.int32)
    assert value_measures(with_values(BALL, cut))["at_maximum"] == pytest.approx(2 * fraction, rel=0.01)


def blocks(size: int) -> np.ndarray:
    """Numbers in blocks of so many voxels along each axis, none like its neighbours."""
    numbers = np.random.default_rng(0).permutation((48 // size) ** 3).reshape((48 // size,) * 3)
    return numbers.repeat(size, 0).repeat(size, 1).repeat(size, 2).astype(np.int32)


@pytest.mark.parametrize("size", [2, 4, 8])
def test_part_in_areas_of_one_value_is_that_of_equal_neighbours_in_blocks(size):
    areas = value_measures(with_values(BALL, blocks(size)))["one_value_areas"]
    assert areas == pytest.approx((48 - 48 // size) / 47, abs=0.02)


def test_repeated_slices_are_no_areas_of_one_value():
    values = np.repeat(RAMP[:24], 2, axis=0).astype(np.int32)
    assert value_measures(with_values(BALL, values))["one_value_areas"] == 0


def test_the_largest_area_of_one_value_does_not_count():
    values = np.where(BALL.mask, RAMP + 1, RAMP.size + 1).astype(np.int32)
    measures = value_measures(with_values(BALL, values))
    assert measures["equal_neighbours"] > 0.5
    assert measures["one_value_areas"] == 0


def test_values_below_zero_are_counted_as_real_values():
    evidence = with_values(BALL, RAMP.astype(np.int32))
    shifted = replace(evidence, scan=replace(evidence.scan, slope=2.0, inter=-0.5 * RAMP.size))
    assert value_measures(evidence)["negative"] == 0
    assert value_measures(shifted)["negative"] == pytest.approx(0.25, abs=0.01)  # 2 v - 0.5 n < 0 for a quarter of n


def test_values_of_a_negative_slope_are_below_zero():
    evidence = with_values(BALL, RAMP.astype(np.int32))
    assert value_measures(replace(evidence, scan=replace(evidence.scan, slope=-1.0)))["negative"] > 0.99


def test_zeros_are_a_fraction_of_all_voxels_and_of_the_mask():
    data = BALL.scan.data.copy()
    data[:24] = 0
    measures = value_measures(with_values(BALL, data))
    assert measures["zeros"] == pytest.approx(0.5, abs=0.01)
    assert measures["zeros_inside"] == pytest.approx(0.5, abs=0.01)


def test_an_empty_mask_has_no_zeros_inside():
    assert np.isnan(value_measures(replace(BALL, mask=np.zeros_like(BALL.mask)))["zeros_inside"])


def test_a_scan_of_few_bright_voxels_is_not_measured():
    data = np.zeros((48,) * 3, np.int16)
    data[:4, :4, :4] = 7
    assert all(np.isnan(value) for value in value_measures(with_values(BALL, data)).values())
