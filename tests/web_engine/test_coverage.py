"""Coverage in the engine of the static page: what was not scanned is found, left out and put back as in Python."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.web_engine import as_web_volume

from deskull import Volume
from deskull.axes import along
from deskull.preprocessing.coverage import find_coverage
from deskull.preprocessing.empty_corners import empty_corners
from tests.web_engine.conftest import shaped

SHAPE = (40, 44, 36)


def filled(scan, axis, planes, value=7):
    """The scan with one value in some planes."""
    data = scan.data.copy()
    data[along(axis, planes)] = value
    return replace(scan, data=data)


CASES = {
    "whole": lambda scan: scan,
    "padded": lambda scan: filled(filled(scan, 0, slice(0, 6)), 2, slice(-4, None), -1000),
    "missing slices": lambda scan: filled(filled(scan, 2, slice(10, 12)), 1, slice(30, 31)),
    "one empty plane at the end": lambda scan: filled(replace(scan, affine=np.diag([2, 2, 2, 1.0])), 2, slice(0, 1)),
}


@pytest.fixture(params=CASES)
def scan(request):
    data = np.random.default_rng(0).integers(0, 1000, SHAPE).astype(np.int16)
    return CASES[request.param](Volume(data, np.diag([5.0, -5.0, 5.0, 1.0]), slope=2.0, inter=-3.0))


def test_coverage_is_that_of_python(web_engine, scan):
    expected = find_coverage(scan)
    found = web_engine.call("coverage.findCoverage", as_web_volume(scan))
    assert found["box"] == [[side.start, side.stop] for side in expected.box]
    assert found["gaps"] == [[list(run) for run in runs] for runs in expected.gaps]


def test_covered_part_and_its_way_back_are_those_of_python(web_engine, scan):
    expected = find_coverage(scan)
    part = expected.part(scan)
    coverage = web_engine.call("coverage.findCoverage", as_web_volume(scan))
    found = web_engine.call("coverage.coveredPart", coverage, as_web_volume(scan))
    values = shaped(found["values"], part.shape).astype(np.float32) * np.float32(found["slope"]) + np.float32(
        found["inter"]
    )
    np.testing.assert_allclose(values, part.values(), rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(np.reshape(found["affine"], (4, 4)), part.affine)
    embedded = web_engine.call("coverage.embed", coverage, part.values(), SHAPE, 10)
    np.testing.assert_array_equal(shaped(embedded, SHAPE), expected.embed(part.values(), SHAPE, 10))


@pytest.mark.parametrize("degrees", [0, 25, 45])
def test_empty_corners_are_those_of_python(web_engine, degrees):
    x, y, z = np.meshgrid(*[(np.arange(n) - (n - 1) / 2) * 3.0 for n in (60, 64, 56)], indexing="ij")
    a, b = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    noise = np.random.default_rng(0).integers(1, 1000, x.shape)
    data = np.where((np.abs(a * x + b * y) < 60) & (np.abs(a * y - b * x) < 64), noise, 0).astype(np.int16)
    scan, mask = Volume(data, np.diag([3.0, 3.0, 3.0, 1.0])), np.sqrt(x**2 + y**2 + z**2) < 80
    found = web_engine.call("emptyCorners.emptyCorners", mask.view(np.uint8), as_web_volume(scan))
    expected = empty_corners(mask, scan)
    assert found is not None
    assert expected is not None
    assert found["box"] == [[side.start, side.stop] for side in expected[0]]
    np.testing.assert_array_equal(shaped(found["empty"], expected[1].shape), expected[1])
