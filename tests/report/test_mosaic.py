"""Mosaic: contour on the edge, sides as stated, the stripped brain beside the raw scan."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import InputError, Volume
from deskull.report.mosaic import CONTOUR, draw_mosaic, make_view

AFFINE = np.diag([-2.0, -2.0, 2.0, 1.0])


@pytest.fixture
def scan():
    """A box whose patient-right half is bright."""
    data = np.zeros((40, 50, 45), np.float32)
    data[8:32, 10:40, 10:35] = 100
    data[8:20, 10:40, 10:35] = 200  # low x index is +x: the patient's right
    affine = AFFINE.copy()
    affine[:3, 3] = (39, 49, -44)
    return Volume(data, affine)


@pytest.fixture
def mask(scan):
    return scan.with_data((scan.data > 0).astype(np.uint8))


def _bright_on_the_right(picture):
    """Whether the stripped axial slice is brighter on its right."""
    pixels = np.asarray(picture).astype(int).sum(-1)
    stripped = pixels[int(pixels.shape[0] * 0.75) :, pixels.shape[1] // 2 + 10 :]
    columns = np.flatnonzero((stripped > 150).any(axis=0))
    half = (columns[0] + columns[-1]) // 2
    return stripped[:, half:].sum() > stripped[:, :half].sum()


def test_sides_follow_the_convention(scan, mask):
    assert not _bright_on_the_right(draw_mosaic(scan, mask, slices=1, convention="radiological"))
    assert _bright_on_the_right(draw_mosaic(scan, mask, slices=1, convention="neurological"))


def test_the_contour_is_drawn_left_and_not_right(scan, mask):
    pixels = np.asarray(draw_mosaic(scan, mask))
    red = (pixels == CONTOUR).all(axis=-1)
    half = pixels.shape[1] // 2
    assert red[:, :half].sum() > 500
    assert red[:, half + 20 :].sum() == 0


def test_outside_the_field_of_view_is_black(scan, mask):
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]]
    bright = Volume(scan.data + 500, turn @ scan.affine)
    view = make_view(bright, Volume(np.ones(scan.shape, np.uint8), turn @ scan.affine))
    assert view.image[0, 0, 20] == 0


def test_an_empty_mask_still_gives_a_picture(scan):
    picture = draw_mosaic(scan, scan.with_data(np.zeros(scan.shape, np.uint8)), slices=3)
    assert not (np.asarray(picture) == CONTOUR).all(axis=-1).any()


def test_nan_and_series_are_shown(scan, mask):
    data = np.stack([scan.data, scan.data], axis=-1)
    data[0, 0, 0] = np.nan
    assert draw_mosaic(Volume(data, scan.affine), mask).size[0] > 100


def test_other_grids_are_refused(scan, mask):
    with pytest.raises(InputError, match="another grid"):
        draw_mosaic(scan, Volume(mask.data, np.eye(4)))
