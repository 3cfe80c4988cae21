"""Difference tile: contours and filled parts in the colours of their masks."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.report.difference_tile import FILL_OPACITY, DifferenceView, draw_difference_tile
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR

SIZE = (80, 90, 70)


def box(*ends: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[tuple(slice(*pair) for pair in ends)] = True
    return mask


@pytest.fixture(scope="module")
def pixels():
    """An axial slice at one pixel for each mm: the given mask ends farther at the patient's left."""
    given, own = box((20, 70), (20, 70), (10, 60)), box((20, 50), (20, 70), (10, 60))
    extra = box((55, 70), (20, 70), (10, 60))
    view = DifferenceView(np.zeros(SIZE, np.float32), given, own, extra, np.zeros(SIZE, bool), np.zeros(3))
    return np.asarray(draw_difference_tile(view, 2, 35, scale=1.0, convention="neurological"))


def is_coloured(pixels, colour, opacity=1.0):
    return (np.abs(pixels - opacity * np.array(colour)) < 1.5).all(axis=-1)


def test_contour_of_each_mask_has_its_colour(pixels):
    red, green = (is_coloured(pixels, colour) for colour in (CONTOUR, REFERENCE_CONTOUR))
    assert red[60, 69]
    assert green[60, 49]
    assert not green[60, 69]


def test_part_that_differs_is_filled_so_that_the_scan_is_seen(pixels):
    filled = is_coloured(pixels, CONTOUR, FILL_OPACITY)
    assert filled[60, 57:68].all()
    assert not filled[60, 22:48].any()


def test_position_is_that_of_the_slice():
    empty = np.zeros(SIZE, bool)
    view = DifferenceView(np.zeros(SIZE, np.float32), empty, empty, empty, empty, np.array([0.0, 0, -35]))
    middle, other = (draw_difference_tile(view, 2, i, scale=1.0, convention="radiological") for i in (35, 36))
    assert np.asarray(middle).any()
    assert (np.asarray(middle) != np.asarray(other)).any()
