"""Tile: one slice with its contour, orientation, position and scale bar."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.report.drawing import CONTOUR
from deskull.report.tile import SCALE_BAR_MM, View, direction_letters, draw_tile

SIZE = (90, 110, 100)
TEXT = (235, 235, 235)


@pytest.fixture(scope="module")
def view():
    """A grey box in black, whose mask is its middle."""
    image, mask = np.zeros(SIZE, np.float32), np.zeros(SIZE, bool)
    image[10:80, 10:100, 10:90] = 0.5
    mask[20:70, 20:90, 20:80] = True
    return View(image, mask, np.array([-45.0, -60.0, -30.0]))


def tile_of(view, axis=2, **options):
    settings = {"scale": 2.0, "convention": "radiological"} | options
    return np.asarray(draw_tile(view, axis, 50, **settings))


def contour(tile):
    return (tile == CONTOUR).all(axis=-1)


@pytest.mark.parametrize(("axis", "shape"), [(0, (200, 220)), (1, (200, 180)), (2, (220, 180))])
def test_size_is_that_of_the_slice_times_the_scale(view, axis, shape):
    assert tile_of(view, axis).shape[:2] == shape


@pytest.mark.parametrize(
    ("axis", "convention", "letters"),
    [
        (0, "radiological", "PASI"),
        (0, "neurological", "PASI"),
        (1, "radiological", "RLSI"),
        (1, "neurological", "LRSI"),
        (2, "radiological", "RLAP"),
        (2, "neurological", "LRAP"),
    ],
)
def test_letters_at_the_edges_are_those_of_the_directions_shown(axis, convention, letters):
    assert "".join(direction_letters(axis, convention)) == letters


def test_contour_is_a_closed_line_around_the_mask(view):
    line = contour(tile_of(view))
    rows, columns = np.nonzero(line)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (140, 100)
    assert line.sum() == pytest.approx(2 * (140 + 100), abs=20)


def test_scale_bar_has_the_length_of_5_cm(view):
    bar = (tile_of(view, scale=3.0)[-8] == TEXT).all(axis=-1)
    assert bar.sum() == pytest.approx(SCALE_BAR_MM * 3, abs=1)


def test_stripped_slice_is_black_outside_the_mask_and_has_no_contour(view):
    tile = tile_of(view, stripped=True)
    assert not contour(tile).any()
    assert not tile[30:36, 100:160].any()  # of the box, outside the mask
    assert tile[100, 90].any()


def test_tile_of_another_position_says_so(view):
    moved = View(view.image, view.mask, view.origin + 7)
    assert (tile_of(view) != tile_of(moved)).any()


def test_slice_without_a_mask_has_no_contour(view):
    assert not contour(tile_of(View(view.image, np.zeros(SIZE, bool), view.origin))).any()


@pytest.mark.parametrize(("scale", "width"), [(1.0, 1), (2.0, 1), (4.0, 2)])
def test_contour_is_as_wide_as_the_scale_asks_for(view, scale, width):
    middle = contour(tile_of(view, scale=scale))[round(55 * scale)]
    assert middle.sum() == 2 * width


def test_letters_grow_with_the_scale(view):
    small, large = (contour_free_text(tile_of(view, scale=scale)).sum() for scale in (2.0, 4.0))
    assert large > 2 * small


def contour_free_text(tile):
    """Pixels in the colour of the text, above the scale bar."""
    return (tile[: len(tile) // 2] == TEXT).all(axis=-1)
