"""Masks in the engine of the static page: components and cavities as in Python."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from deskull.masking import fill_holes, keep_largest, largest_component
from tests.web_engine.conftest import as_field, shaped

SHAPE = (30, 34, 26)


@pytest.fixture(params=[0, 1, 2])
def distance(request):
    """A smooth field with many components and cavities."""
    noise = np.random.default_rng(request.param).normal(size=SHAPE)
    return (20 * ndimage.gaussian_filter(noise, 1.5)).astype(np.float32)


def test_largest_component_and_filled_holes_are_those_of_python(web_engine, distance):
    mask = distance < 0.7
    largest = web_engine.call("masking.largestComponent", mask.view(np.uint8), SHAPE)
    np.testing.assert_array_equal(shaped(largest, SHAPE), largest_component(mask))
    holes = web_engine.call("masking.fillHoles", mask.view(np.uint8), SHAPE)
    np.testing.assert_array_equal(shaped(holes, SHAPE), fill_holes(mask))


@pytest.mark.parametrize("border", [0.5, -0.3])
def test_distance_is_cleaned_as_in_python(web_engine, distance, border):
    inside = np.zeros(SHAPE, bool)
    inside[3:, :, 5:24] = True
    found = web_engine.call("masking.keepLargest", as_field(distance), border, 10.0, inside.view(np.uint8))
    np.testing.assert_array_equal(shaped(found, SHAPE), keep_largest(distance, border, 10.0, inside))


def test_mask_ends_where_that_of_python_does(web_engine):
    distance = np.array([0.3, 0.2999999, 0.30000001], np.float32)
    found = web_engine.call("masking.maskFromDistance", distance, 0.3)
    np.testing.assert_array_equal(found, distance < 0.3)
