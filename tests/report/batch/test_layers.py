"""Layers: two pictures of one size, small, with the contour at the edge of the mask."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from deskull.report.batch.layers import draw_layers
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR
from deskull.report.tile import View


@pytest.fixture(scope="module")
def view():
    """Noise, in which the mask is a box off the centre."""
    mask = np.zeros((100, 120, 110), bool)
    mask[20:70, 30:100, 40:90] = True
    return View(np.random.default_rng(0).random(mask.shape, np.float32), mask, np.zeros(3))


def pictures(layers):
    return [np.asarray(Image.open(io.BytesIO(content)).convert("RGBA")) for content in (layers.scan, layers.contour)]


def test_both_layers_have_the_size_of_all_panels(view):
    scan, contour = pictures(draw_layers(view, [[(0, 45), (1, 60)], [(2, 60), (2, 50)]], (110, 100), line_width=1))
    assert scan.shape == contour.shape == (200, 220, 4)


def test_contour_encloses_the_mask_and_leaves_its_inside_free(view):
    _, contour = pictures(draw_layers(view, [[(2, 60)]], (100, 120), line_width=1))
    rows, columns = np.nonzero(contour[..., 3] > 128)
    # Radiological: the left of the picture is the patient's right, the top is the front; a pixel is 1 mm.
    assert [rows.min(), rows.max(), columns.min(), columns.max()] == pytest.approx([20, 89, 30, 79], abs=1)
    assert not contour[30:80, 40:70, 3].any()


def test_second_mask_has_a_contour_of_another_colour(view):
    other = np.zeros_like(view.mask)
    other[20:50, 30:100, 40:90] = True
    both = View(view.image, view.mask, view.origin, other)
    _, contour = pictures(draw_layers(both, [[(2, 60)]], (100, 120), line_width=1))
    opaque = contour[..., 3] > 128
    first, second = ((contour[..., :3] == colour).all(axis=-1) & opaque for colour in (CONTOUR, REFERENCE_CONTOUR))
    assert opaque.sum() == first.sum() + second.sum()
    assert first[50, 29:32].any()  # the edge at the patient's right, which the first mask alone has
    assert second[50, 48:52].any()
    assert not second[50, 76:82].any()  # where both end, the first is seen


def test_empty_mask_has_no_contour(view):
    empty = View(view.image, np.zeros_like(view.mask), view.origin)
    _, contour = pictures(draw_layers(empty, [[(2, 60)]], (100, 120), line_width=1))
    assert not contour[..., 3].any()


def test_quality_is_lowered_until_the_layers_are_small_enough(view):
    panels = [[(0, 45), (1, 60), (2, 60)]]
    free = draw_layers(view, panels, (170, 160), line_width=1)
    limited = draw_layers(view, panels, (170, 160), line_width=1, largest=25_000)
    assert len(free.scan) + len(free.contour) > 25_000 >= len(limited.scan) + len(limited.contour)
