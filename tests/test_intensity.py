"""Intensity: the same image whatever the scanner's units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.intensity import CEILING, rescale

IMAGE = np.random.default_rng(0).gamma(2, 50, (20, 20, 20)).astype(np.float32)
INSIDE = np.ones(IMAGE.shape, bool)


@settings(max_examples=30, deadline=None)
@given(gain=st.floats(1e-3, 1e4), offset=st.floats(-400, 5e3))
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


def test_a_ct_is_windowed():
    hounsfield = np.full((20, 20, 20), -1000, np.float32)
    hounsfield[5:15, 5:15, 5:15] = 35
    hounsfield[5:15, 5:15, 5] = 1500
    scaled = rescale(hounsfield, INSIDE)
    assert scaled[0, 0, 0] == 0
    assert scaled[10, 10, 10] == pytest.approx(135 / 400, abs=0.01)
    assert scaled[10, 10, 5] == pytest.approx(1)
