"""Susceptibility: distortion along the phase axis, signal that piles up there or is lost."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.susceptibility import add_metal, distortion, lose_signal, pile_up

SHAPE = (32, 36, 40)


def test_distortion_is_along_the_phase_axis_only():
    field = distortion(SHAPE, Rng(4), 2.0, 5.0)
    assert field.shape == (1, 3, *SHAPE)
    assert field[:, 0].abs().max() == field[:, 2].abs().max() == 0
    assert 0.1 < field[:, 1].abs().max() < 25


def test_signal_adds_up_where_distortion_compresses():
    field = torch.zeros(1, 3, *SHAPE)
    field[:, 1] = 0.5 * (2.0 * torch.arange(36)).reshape(1, 1, 36, 1)  # each voxel shows 3 mm of the head, not 2
    image = torch.ones(1, 1, *SHAPE)
    torch.testing.assert_close(pile_up(image, field, 2.0), 1.5 * image)
    torch.testing.assert_close(pile_up(image, -field, 2.0), 0.5 * image)


def test_signal_is_lost_near_the_lower_surface_of_the_brain():
    index = torch.stack(torch.meshgrid(*[torch.arange(40.0)] * 3, indexing="ij"))
    distance = 2 * ((index - 19.5).square().sum(0).sqrt() - 12)[None, None]
    image = torch.ones(1, 1, 40, 40, 40)
    kept = torch.stack([lose_signal(image, distance, Rng(seed)) for seed in range(8)]).mean(0)[0, 0]
    assert kept[:, :, :16].mean() < kept[:, :, 28:].mean() - 0.05
    assert torch.equal(lose_signal(image, distance + 99, Rng(0)), image)


def test_metal_leaves_a_signal_void():
    image = torch.ones(1, 1, *SHAPE)
    found = add_metal(image, Rng(0))
    assert found.min() < 0.05
    assert found.shape == image.shape
