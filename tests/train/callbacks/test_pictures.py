"""Pictures: contact sheets show every sample with its contours."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull.report.drawing import CONTOUR
from deskull.train.callbacks.pictures import TRUTH, contact_sheet, draw_sample


def sample(size, stride=1):
    index = torch.stack(torch.meshgrid(*[torch.arange(float(size))] * 3, indexing="ij"))
    distance = (index - (size - 1) / 2).square().sum(0).sqrt()
    image = torch.rand(1, *(size * stride,) * 3)
    return {"image": image, "distance": torch.stack([distance - size / 4, distance - size / 3])}


def test_contact_sheet_has_rows_of_three_slices_a_sample():
    picture = contact_sheet([sample(24) for _ in range(5)], columns=2)
    assert picture.size == (2 * 3 * 26, 3 * 24)


def test_contact_sheet_shows_both_contours():
    colours = set(map(tuple, np.asarray(contact_sheet([sample(24)])).reshape(-1, 3)))
    assert {TRUTH, CONTOUR} <= colours


def test_sample_with_a_finer_image_is_drawn_on_the_grid_of_its_distances():
    fine = sample(16, stride=2)
    assert draw_sample(fine["image"][0], fine["distance"][1], fine["distance"][0]).shape == (16, 3 * 18, 3)
