"""Intensity: the same image whatever the scanner's units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import Volume
from deskull.preprocessing.intensity import CEILING, clip_ct, rescale

IMAGE = np.random.default_rng(0).gamma(2, 50, (20, 20, 20)).astype(np.float32)
INSIDE = np.ones(IMAGE.shape, bool)


@settings(max_examples=30, deadline=None)
@given(gain=st.floats(1e-3, 1e4), offset=st.floats(-5e3, 5e3))
def test_gain_and_offset_do_not_matter(gain, offset):
    np.testing.assert_allclose(
        rescale((IMAGE * gain + offset).astype(np.float32), INSIDE), rescale(IMAGE, INSIDE), atol=2e-2 + 1e-3 / gain
    )


def test_range_and_outside():
    inside = INSIDE.copy()
    inside[:5] = False
    scaled = rescale(np.where(inside, IMAGE, 1e6).astype(np.float32), inside)
    assert (scaled[:5] == 0).all()
    assert scaled.min() == 0
    assert scaled.max() <= CEILING
    assert np.percentile(scaled[inside], 99.5) == pytest.approx(1, abs=0.02)


def test_a_ct_is_windowed_and_nothing_else():
    hounsfield = np.full((60, 60, 60), -1000, np.int16)
    hounsfield[4:56, 4:56, 4:56] = -90  # fat under the skin
    hounsfield[5:55, 5:55, 5:55] = 35
    hounsfield[20, 20, 20] = 1500
    found = clip_ct(Volume(hounsfield, np.eye(4)))
    assert [found.data[i, i, i] for i in (0, 10, 20)] == [-50, 35, 150]
    stored = Volume((hounsfield + 1024).astype(np.uint16), np.eye(4), slope=1.0, inter=-1024.0)
    np.testing.assert_array_equal(clip_ct(stored).values(), found.values())
    padded = np.random.default_rng(0).integers(0, 900, (60, 60, 60)).astype(np.int16)
    padded[:8] = -1000  # MR, filled up with what CT has for air
    for other in (Volume(IMAGE, np.eye(4)), Volume(padded, np.eye(4))):
        assert clip_ct(other) is other
