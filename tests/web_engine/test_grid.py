"""Grid of the engine of the static page: chosen, sampled and left as in Python, on grids of every kind."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.web_engine import as_web_volume

from deskull.preprocessing.grid import choose_grid, conform, to_native
from deskull.preprocessing.straight import grid_directions
from tests.web_engine.conftest import as_field, as_list, shaped

VOXEL, MULTIPLE = 3.0, 8


def test_directions_are_those_of_python(web_engine, scan):
    found = web_engine.call("straight.gridDirections", as_list(scan.affine))
    np.testing.assert_allclose(np.reshape(found, (4, 4)), grid_directions(scan.affine), atol=1e-12)


def test_grid_is_that_of_python(web_engine, scan):
    shape, grid = choose_grid(scan, VOXEL, MULTIPLE, crop=True)
    found = web_engine.call("gridChoice.chooseGrid", as_web_volume(scan), VOXEL, MULTIPLE)
    assert tuple(found["shape"]) == shape
    np.testing.assert_allclose(np.reshape(found["affine"], (4, 4)), grid, atol=1e-9)


@pytest.mark.parametrize("voxel", [3.0, 5.5])
def test_scan_is_sampled_on_the_grid_as_in_python(web_engine, scan, voxel):
    expected = conform(scan, voxel, MULTIPLE, crop=True)
    shape, grid = list(expected.data.shape), as_list(expected.affine)
    found = web_engine.call("grid.sampleOnGrid", as_web_volume(scan), shape, grid)
    np.testing.assert_array_equal(shaped(found["fieldOfView"], shape), expected.field_of_view)
    tolerance = 1e-5 * float(np.ptp(scan.data))
    np.testing.assert_allclose(shaped(found["values"], shape), expected.data, atol=tolerance)


def test_distance_is_carried_to_the_scan_as_in_python(web_engine, scan):
    shape, grid = choose_grid(scan, 6.0, 4, crop=True)
    index = np.indices(shape).astype(float) - np.reshape([n / 2 for n in shape], (3, 1, 1, 1))
    field = np.clip(6 * np.sqrt((index**2).sum(axis=0)) - 60, -10, 10).astype(np.float32)
    expected = to_native(field, grid, scan, 10.0)
    found = web_engine.call("grid.toNative", as_field(field), as_list(grid), as_web_volume(scan), 10.0)
    np.testing.assert_allclose(shaped(found, scan.shape), expected, atol=1e-4)


def test_coarser_grid_has_the_same_corners_as_in_python(web_engine, tiny_head):
    conformed = conform(tiny_head, VOXEL, MULTIPLE, crop=True)
    field_of_view, affine = conformed.coarsened(2)
    given = {**as_field(conformed.data), "fieldOfView": conformed.field_of_view.view(np.uint8)}
    found = web_engine.call("grid.coarsened", {**given, "affine": as_list(conformed.affine)}, 2)
    np.testing.assert_array_equal(shaped(found["fieldOfView"], field_of_view.shape), field_of_view)
    np.testing.assert_allclose(np.reshape(found["affine"], (4, 4)), affine, atol=1e-12)
    averaged = web_engine.call("grid.averaged", as_field(conformed.data), 3, 16)
    expected = conformed.averaged(3, 16)
    np.testing.assert_allclose(shaped(averaged["values"], expected.shape), expected, rtol=1e-5, atol=1e-4)
