"""Tile: one slice with its contour, orientation, position and scale bar."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from deskull.report.drawing import CONTOUR
from deskull.report.tile import SCALE_BAR_MM, View, direction_letters, draw_tile, enlarged_mask, outline

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


def disc(radius):
    """Voxels whose centres lie within a disc."""
    rows, columns = np.mgrid[:61, :61] - 30
    return np.hypot(rows, columns) <= radius


@pytest.mark.parametrize("scale", [3, 4, 8])
def test_edge_of_an_enlarged_disc_is_rounder_than_its_voxels(scale):
    smooth = enlarged_mask(disc(20.5), (61 * scale, 61 * scale))
    stepped = np.kron(disc(20.5), np.ones((scale, scale), bool))
    assert range_of_radii(smooth, scale) < 0.7 * range_of_radii(stepped, scale)


def range_of_radii(enlarged, scale):
    """Difference between the largest and the smallest radius of the edge of a disc, in voxels."""
    edge = np.argwhere(outline(enlarged, 1))
    return np.ptp(np.hypot(*((edge + 0.5) / scale - 30.5).T))


@given(arrays.arrays(bool, (12, 9)), st.integers(1, 5))
def test_edge_moves_by_no_more_than_half_a_voxel(mask, scale):
    stepped = np.kron(mask, np.ones((scale, scale), bool))
    moved = stepped != enlarged_mask(mask, stepped.shape[::-1])
    for values in (np.pad(stepped, 1), ~np.pad(stepped, 1)):
        depth = ndimage.distance_transform_edt(values)[1:-1, 1:-1] - 0.5
        assert (depth[moved & values[1:-1, 1:-1]] <= 0.5 * scale + 1e-6).all()


@pytest.mark.parametrize("scale", [0.5, 1.7, 4.0])
def test_half_of_a_slice_keeps_its_straight_edge(scale):
    half = np.zeros((40, 60), bool)
    half[:, :30] = True
    enlarged = enlarged_mask(half, (round(60 * scale), round(40 * scale)))
    assert enlarged[:, : round(30 * scale)].all()
    assert not enlarged[:, round(30 * scale) :].any()


def test_voxel_that_a_smaller_picture_leaves_out_has_no_contour():
    speck = np.zeros((40, 40), bool)
    speck[20, 20] = True
    assert not enlarged_mask(speck, (10, 10)).any()


def test_mask_of_the_whole_slice_stays_whole():
    assert enlarged_mask(np.ones((4, 6), bool), (18, 12)).all()
