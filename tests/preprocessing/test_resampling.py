"""Interpolation: what scipy answers, on parallel grids and on tilted ones, whatever the number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from deskull.preprocessing.resampling import _parallel_axes, interpolate, refine

DATA = np.random.default_rng(0).normal(size=(9, 12, 7)).astype(np.float32)


def scipys(matrix, offset, shape, order=1):
    return ndimage.affine_transform(DATA, matrix, offset, shape, order=order, mode="nearest", output=np.float32)


@settings(max_examples=60, deadline=None)
@given(
    order=st.permutations(range(3)),
    scales=st.tuples(*[st.floats(0.2, 3) | st.floats(-3, -0.2)] * 3),
    offset=st.tuples(*[st.floats(-5, 15)] * 3),
    shape=st.tuples(*[st.integers(1, 16)] * 3),
)
def test_parallel_grids_of_any_order_direction_and_step(order, scales, offset, shape):
    matrix = np.zeros((3, 3))
    matrix[list(order), range(3)] = scales
    assert _parallel_axes(matrix, shape) == tuple(order)
    found = interpolate(DATA, matrix, np.array(offset), shape)
    np.testing.assert_allclose(found, scipys(matrix, offset, shape), atol=1e-4)


@pytest.mark.parametrize("order", [0, 1])
def test_tilted_grids(order):
    matrix = np.array([[0.7013, 0.2037, 0.0], [-0.2037, 0.7013, 0.1019], [0.0, -0.1019, 0.6007]])
    shape, offset = (20, 11, 13), np.array([1.003, 2.007, 0.513])
    assert _parallel_axes(matrix, shape) is None
    one, three = (interpolate(DATA, matrix, offset, shape, threads, order) for threads in (1, 3))
    assert one.tobytes() == three.tobytes()
    np.testing.assert_allclose(one, scipys(matrix, offset, shape, order), atol=1e-4)


def test_a_hair_askew_counts_as_parallel():
    matrix = np.diag([1.0, 1.0, 1.0])
    matrix[0, 1] = 1e-6
    assert _parallel_axes(matrix, (100, 100, 100)) == (0, 1, 2)
    matrix[0, 1] = 1e-3
    assert _parallel_axes(matrix, (100, 100, 100)) is None


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("times", [2, 3])
def test_voxels_are_split_by_the_spline_through_them(axis, times):
    found = refine(DATA, axis, times)
    places = (np.arange(DATA.shape[axis] * times) + 0.5) / times - 0.5
    index = np.meshgrid(*[places if a == axis else np.arange(n) for a, n in enumerate(DATA.shape)], indexing="ij")
    np.testing.assert_allclose(found, ndimage.map_coordinates(DATA, index, order=3, mode="mirror"), atol=1e-4)


def test_places_on_voxels_have_their_values():
    shifted = interpolate(DATA, np.eye(3), np.array([2.0, 0.0, -1.0]), (5, 12, 7))
    np.testing.assert_array_equal(shifted[:, :, 1:], DATA[2:7, :, :6])
    turned = interpolate(DATA, -np.eye(3), np.array(DATA.shape) - 1.0, DATA.shape)
    np.testing.assert_array_equal(turned, DATA[::-1, ::-1, ::-1])
