"""Mosaic: contour on the edge, sides as stated, the stripped brain beside the raw scan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deskull import InputError, Volume
from deskull.report.drawing import CONTOUR
from deskull.report.mosaic import draw_mosaic, make_view, slice_indices

AFFINE = np.diag([-2.0, -2.0, 2.0, 1.0])


@pytest.fixture(scope="module")
def scan():
    """A box whose half on the patient's right is bright."""
    data = np.zeros((40, 50, 45), np.float32)
    data[8:32, 10:40, 10:35] = 100
    data[8:20, 10:40, 10:35] = 200
    affine = AFFINE.copy()
    affine[:3, 3] = (39, 49, -44)
    return Volume(data, affine)


@pytest.fixture(scope="module")
def mask(scan):
    return scan.with_data((scan.data > 0).astype(np.uint8))


def _contour(picture):
    return (np.asarray(picture) == CONTOUR).all(axis=-1)


@pytest.mark.parametrize(("convention", "bright_side"), [("radiological", "left"), ("neurological", "right")])
def test_sides_follow_the_convention(scan, mask, convention, bright_side):
    pixels = np.asarray(draw_mosaic(scan, mask, slices=1, convention=convention)).astype(int).sum(-1)
    axial = pixels[-120:-100]  # above the letters of the sides
    columns = np.flatnonzero((axial > 150).any(axis=0))
    middle = (columns[0] + columns[-1]) // 2
    left, right = axial[:, :middle].sum(), axial[:, middle:].sum()
    assert ("right" if right > left else "left") == bright_side


def test_stripped_brain_is_drawn_only_if_asked_for(scan, mask):
    plain, both = draw_mosaic(scan, mask), draw_mosaic(scan, mask, stripped=True)
    assert _contour(plain).sum() == _contour(both).sum() > 500
    assert both.height > 1.8 * plain.height


def test_voxels_outside_the_field_of_view_are_black(scan):
    rotation = np.eye(4)
    rotation[:2, :2] = [[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]]
    bright = Volume(scan.data + 500, rotation @ scan.affine)
    view = make_view(bright, Volume(np.ones(scan.shape, np.uint8), rotation @ scan.affine))
    assert view.image[0, 0, 20] == 0


def test_mask_ends_at_the_field_of_view(scan):
    view = make_view(scan, scan.with_data(np.ones(scan.shape, np.uint8)))
    assert view.mask.sum() == 8 * scan.data.size


def test_empty_mask_gives_a_picture_without_contour(scan):
    picture = draw_mosaic(scan, scan.with_data(np.zeros(scan.shape, np.uint8)), slices=3)
    assert not _contour(picture).any()


def test_series_with_nan_is_drawn(scan, mask):
    data = np.stack([scan.data, scan.data], axis=-1)
    data[0, 0, 0] = np.nan
    assert _contour(draw_mosaic(Volume(data, scan.affine), mask)).any()


def test_rows_are_wrapped_at_the_width(scan, mask):
    wide, narrow = draw_mosaic(scan, mask, slices=6, width=2000), draw_mosaic(scan, mask, slices=6, width=600)
    assert narrow.width <= 600 < wide.width <= 2000
    assert narrow.height > 1.5 * wide.height


def test_slice_wider_than_the_width_is_drawn_alone_in_its_row(scan, mask):
    narrow = draw_mosaic(scan, mask, slices=2, width=10)
    assert narrow.width < draw_mosaic(scan, mask, slices=2).width


def test_view_holds_a_second_mask_on_the_same_grid(scan, mask):
    view = make_view(scan, mask, mask)
    assert view.other is not None
    assert (view.other == view.mask).all()


def test_mask_on_another_grid_is_refused(scan, mask):
    with pytest.raises(InputError, match="is on another grid than"):
        draw_mosaic(scan, Volume(mask.data, np.eye(4)))


@given(arrays.arrays(bool, (12, 7, 5)), st.integers(0, 2), st.integers(1, 9))
def test_slices_lie_within_the_mask_in_ascending_order(mask, axis, count):
    indices = slice_indices(mask, axis, count)
    occupied = np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis})))
    assert len(indices) == count
    assert indices == sorted(indices)
    if len(occupied):
        assert occupied[0] <= indices[0] <= indices[-1] <= occupied[-1]
    assert 0 <= indices[0] <= indices[-1] < mask.shape[axis]


def test_one_slice_is_the_middle_of_the_mask():
    mask = np.zeros((20, 5, 5), bool)
    mask[6:15] = True
    assert slice_indices(mask, 0, 1) == [10]


def test_title_replaces_the_name_of_the_scan(scan, mask):
    named = Volume(scan.data, scan.affine, name="head")
    plain = draw_mosaic(named, mask, slices=1)
    same, other = (draw_mosaic(named, mask, slices=1, title=title) for title in ("head", "another title"))
    assert same.tobytes() == plain.tobytes()
    assert other.tobytes() != plain.tobytes()


def test_pictures_of_both_conventions_say_which_is_which(scan):
    """With a scan that is the same on both sides, only the words can differ."""
    even = scan.with_data(np.full(scan.shape, 7, np.float32))
    whole = scan.with_data(np.ones(scan.shape, np.uint8))
    views = [draw_mosaic(even, whole, slices=1, convention=name) for name in ("radiological", "neurological")]
    assert views[0].tobytes() != views[1].tobytes()


def test_view_is_cropped_to_the_mask_with_a_margin_of_32_mm():
    speck = np.zeros((80, 80, 80), np.uint8)
    speck[40, 40, 40] = 1
    scan = Volume(np.random.default_rng(0).random((80, 80, 80)).astype(np.float32), AFFINE)
    assert make_view(scan, scan.with_data(speck)).mask.shape == (66, 66, 66)
