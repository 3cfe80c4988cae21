"""Difference picture: the worst places are shown, with a legend, whatever the grid."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.quality.differences import FarParts
from deskull.report.difference_picture import Compared, draw_differences
from deskull.report.difference_tile import FILL_OPACITY
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR
from tests.checking.examples import make_checked


def compared(checked) -> Compared:
    return Compared(checked.scan, checked.given, checked.own, checked.parts, checked.comparison.border_mm)


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    return compared(make_checked(tmp_path_factory.mktemp("bad")))


@pytest.fixture(scope="module")
def picture(bad):
    return draw_differences(bad, "a_mask.nii.gz", ["A reason."])


def n_pixels(picture, colour) -> int:
    """Number of pixels of a colour."""
    return int((np.asarray(picture) == colour).all(axis=-1).sum())


def n_tinted(picture, colour) -> int:
    """Number of grey pixels over which a colour was laid: the grey does not change how its channels differ."""
    pixels, tint = np.asarray(picture).astype(float), FILL_OPACITY * np.array(colour)
    return int((np.abs((pixels - pixels[..., :1]) - (tint - tint[0])) < 2).all(axis=-1).sum())


def test_both_contours_are_drawn(picture):
    assert n_pixels(picture, CONTOUR) > 1000
    assert n_pixels(picture, REFERENCE_CONTOUR) > 600  # seen only where the red one does not cover it


def test_parts_that_differ_are_filled_in_both_colours(picture):
    assert n_tinted(picture, REFERENCE_CONTOUR) > 1000
    assert n_tinted(picture, CONTOUR) > 1000


def test_mask_that_agrees_has_nothing_filled(tmp_path):
    good = draw_differences(compared(make_checked(tmp_path, is_good=True)), "good")
    assert n_tinted(good, REFERENCE_CONTOUR) == n_tinted(good, CONTOUR) == 0


def test_notes_and_long_ones_take_lines_of_their_own(bad, picture):
    longer = draw_differences(bad, "a", ["Many words are written here. " * 30, "Another reason."])
    assert longer.width == picture.width
    assert longer.height > picture.height + 2 * 20


def test_empty_mask_is_drawn(bad):
    nothing = bad.given.with_data(np.zeros(bad.given.shape, np.uint8))
    empty = Compared(bad.scan, nothing, nothing, FarParts(nothing.data > 0, nothing.data > 0), 0.0)
    assert n_pixels(draw_differences(empty, "empty"), CONTOUR) < 1000  # the legend alone
