"""Intensities in the engine of the static page: brought into range, clipped and scaled as in Python."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.web_engine import as_web_volume

from deskull import Volume
from deskull.preprocessing.intensity import clip_ct, rescale
from deskull.preprocessing.series import frames_to_average
from deskull.preprocessing.value_range import limit_range
from tests.web_engine.conftest import as_field, shaped


def with_voxel(scan, value, dtype=np.float64):
    """The scan with one voxel of another value."""
    data = scan.data.astype(dtype)
    data[3, 4, 5] = value
    return replace(scan, data=data)


RANGES = {
    "usual": lambda scan: scan,
    "one enormous voxel": lambda scan: with_voxel(scan, 3e38),
    "large offset": lambda scan: replace(scan, data=scan.data.astype(np.float64), inter=1e11),
    "tiny values": lambda scan: replace(scan, slope=1e-36),
}


@pytest.mark.parametrize("name", RANGES)
def test_values_are_brought_into_range_as_in_python(web_engine, tiny_head, name):
    scan = RANGES[name](tiny_head)
    expected = limit_range(scan)
    found = web_engine.call("valueRange.limitRange", as_web_volume(scan))
    np.testing.assert_allclose(shaped(found["values"], scan.shape), expected.data, rtol=1e-6, atol=1e-6)
    assert (found["slope"], found["inter"]) == (expected.slope, expected.inter)


@pytest.mark.parametrize("is_ct", [True, False])
def test_ct_is_clipped_as_in_python(web_engine, tiny_head, is_ct):
    hounsfield = np.interp(tiny_head.data, [0, tiny_head.data.max()], [-1000, 1500]).astype(np.int16)
    scan = Volume(hounsfield, tiny_head.affine) if is_ct else tiny_head
    expected = clip_ct(scan)
    assert (expected is not scan) == is_ct
    found = web_engine.call("intensity.clipCt", as_web_volume(scan))
    np.testing.assert_allclose(shaped(found["values"], scan.shape), expected.data)


def test_image_is_scaled_as_in_python(web_engine):
    image = np.random.default_rng(0).gamma(2, 100, (80, 72, 64)).astype(np.float32)
    inside = np.zeros(image.shape, bool)
    inside[5:70, 3:, :60] = True
    found = web_engine.call("intensity.rescale", as_field(image)["values"], inside.view(np.uint8), image.shape)
    np.testing.assert_allclose(shaped(found, image.shape), rescale(image, inside), atol=1e-6)


@pytest.mark.parametrize("b_values", [None, [1000, 0, 5, 2000] * 3, [1000, 700] * 6])
def test_frames_are_chosen_as_in_python(web_engine, b_values):
    given = None if b_values is None else np.array(b_values)
    found = web_engine.call("series.framesToAverage", 12, *([b_values] if b_values else []))
    assert found == list(frames_to_average(12, given))


def test_mean_of_frames_is_that_of_python(web_engine):
    series = np.random.default_rng(0).integers(0, 5000, (5, 6, 7, 4)).astype(np.int16)
    found = web_engine.call("series.meanFrame", series, [5, 6, 7], [1, 3])
    expected = Volume(series, np.eye(4)).mean_frame([1, 3]).data
    np.testing.assert_allclose(shaped(found, (5, 6, 7)), expected)
