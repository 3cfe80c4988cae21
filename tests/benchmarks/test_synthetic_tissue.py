"""Tissue lost: counted where tissue is, within the field of view."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from benchmarks.synthetic_tissue import BORDERS, report_tissue, tissue_fraction, tissue_lost

from deskull.train.synthesis.sample import Sample
from deskull.train.synthesis.tissues import Tissue


@pytest.fixture
def sample():
    """An image of 8 voxels along each axis whose lower half is brain, seen in the first half along x."""
    tissues = torch.zeros(1, 1, 8, 8, 8, dtype=torch.uint8)
    tissues[..., :4] = Tissue.CORTEX
    tissues[..., 0] = Tissue.VENTRICLE
    weight = torch.ones(1, 2, 4, 4, 4)
    weight[:, :, 2:] = 0
    return Sample(torch.zeros(1, 1, 8, 8, 8), torch.zeros(1, 2, 4, 4, 4), weight, "T1w", tissues=tissues)


def test_tissue_is_counted_without_ventricles_and_within_the_field_of_view(sample):
    fraction = tissue_fraction(sample)
    assert fraction.sum() == 4 * 8 * 3
    assert fraction[:4, :, 1:4].all()


def test_tissue_of_a_finer_grid_is_averaged(sample):
    coarse = Sample(torch.zeros(1, 1, 4, 4, 4), sample.distance, sample.weight, "T1w", tissues=sample.tissues)
    assert tissue_fraction(coarse)[0, 0].tolist() == [0.5, 1.0, 0.0, 0.0]


def test_wider_border_loses_less_tissue(sample):
    tissue = tissue_fraction(sample)
    heights = np.broadcast_to(np.arange(8, dtype=np.float32) / 4 - 0.5, (8, 8, 8))
    lost = tissue_lost(heights, tissue)
    assert lost[0.0] == pytest.approx(100 * 2 / 3)
    assert lost[0.25] == pytest.approx(100 / 3)
    assert lost[0.5] == 0


def test_image_in_which_no_brain_was_found_loses_all_tissue(sample):
    assert tissue_lost(None, tissue_fraction(sample)) == dict.fromkeys(BORDERS, 100.0)


def test_report_has_a_line_for_each_kind_and_for_all(capsys):
    report_tissue({"T1w": [dict.fromkeys(BORDERS, 0.5)], "CT": [dict.fromkeys(BORDERS, 1.5)]})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines[-3:]] == ["| T1w", "| CT", "| all"]
    assert "1.000 / 1.50" in lines[-1]
