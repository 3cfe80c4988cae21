"""Resampling in the engine of the static page: the same values as in Python."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.preprocessing.resampling import average_blocks, downsample, interpolate, refine
from tests.web_engine.conftest import as_field, as_list, rotation, shaped

SHAPE = (14, 17, 12)
AFFINES = {
    "turned": rotation(0, 30) @ rotation(2, -15),
    "along the axes": np.array([[0, 0.7, 0, 2.3], [-0.9, 0, 0, 12], [0, 0, 1.4, -1], [0, 0, 0, 1]]),
    "on the centres": np.diag([2.0, 1.0, 1.0, 1.0]),
}


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(100, 20, SHAPE).astype(np.float32)


@pytest.mark.parametrize("name", AFFINES)
def test_interpolation_gives_the_values_of_python(web_engine, values, name):
    affine, shape = AFFINES[name], (9, 11, 10)
    expected = interpolate(values, affine[:3, :3], affine[:3, 3], shape)
    found = web_engine.call("interpolation.interpolate", as_field(values), as_list(affine), shape)
    np.testing.assert_allclose(shaped(found, shape), expected, rtol=1e-5)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("times", [2, 3])
def test_splines_have_the_values_of_python(web_engine, values, axis, times):
    expected = refine(values, axis, times)
    found = web_engine.call("splines.refine", as_field(values), axis, times)
    np.testing.assert_allclose(shaped(found["values"], expected.shape), expected, rtol=1e-5)


def test_blocks_of_stored_integers_have_the_means_of_python(web_engine):
    data = np.random.default_rng(1).integers(0, 4000, SHAPE).astype(np.uint16)
    affine = np.diag([0.4, -0.7, 3.0, 1.0])
    expected, expected_affine = average_blocks(data, affine, 1.5)
    image = {"values": data, "shape": SHAPE, "affine": as_list(affine)}
    found = web_engine.call("resampling.averageBlocks", image, 1.5)
    np.testing.assert_allclose(shaped(found["values"], expected.shape), expected, rtol=1e-6)
    np.testing.assert_allclose(np.reshape(found["affine"], (4, 4)), expected_affine)


def test_fine_image_is_blurred_as_in_python(web_engine, values):
    affine = np.diag([0.6, 0.45, 1.0, 1.0])
    expected, _ = downsample(values, affine, 1.0)
    found = web_engine.call("resampling.downsample", {**as_field(values), "affine": as_list(affine)}, 1.0)
    np.testing.assert_allclose(shaped(found["values"], expected.shape), expected, rtol=1e-5)
