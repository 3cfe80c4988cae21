"""Susceptibility: distortion along the phase axis, signal that piles up there or is lost."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.susceptibility import (
    EpiConfig,
    add_metal,
    distortion,
    lose_signal,
    lose_signal_beside_air,
    nyquist_ghost,
    pile_up,
)

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


@pytest.mark.parametrize(
    ("site", "lower", "kept"),
    [
        ("frontal", (20, 36, 15), (20, 4, 20)),
        ("petrous", (34, 18, 10), (20, 20, 38)),
        ("vertex", (20, 13, 33), (20, 20, 4)),
    ],
)
def test_signal_is_lost_at_the_site_that_is_named(site, lower, kept):
    index = torch.stack(torch.meshgrid(*[torch.arange(40.0)] * 3, indexing="ij"))
    distance = 2 * ((index - 19.5).square().sum(0).sqrt() - 17)[None, None]
    config = EpiConfig(**{f"{site}_loss_probability": 1.0}, loss_mm=(12.0, 12.0), loss_fraction=(0.8, 0.8))
    image = torch.ones(1, 1, 40, 40, 40)
    mean = torch.stack([lose_signal_beside_air(image, distance, Rng(seed), config, 2.0) for seed in range(5)]).mean(0)
    assert mean[0, 0][lower] < 0.75
    assert mean[0, 0][kept] > 0.95
    assert mean.min() > 0.1


def test_effects_of_epi_are_off_at_probabilities_of_zero():
    image, distance = torch.ones(1, 1, *SHAPE), torch.zeros(1, 2, *SHAPE)
    assert lose_signal_beside_air(image, distance, Rng(0), EpiConfig(), 2.0) is image
    assert nyquist_ghost(image, Rng(0), EpiConfig()) is image


def test_image_without_brain_may_lose_signal_too():
    config = EpiConfig(frontal_loss_probability=1.0)
    image = lose_signal_beside_air(torch.ones(1, 1, *SHAPE), torch.ones(1, 2, *SHAPE), Rng(0), config, 2.0)
    assert torch.isfinite(image).all()


def test_nyquist_ghost_lies_half_the_grid_away_along_the_phase_axis():
    image = torch.zeros(1, 1, 8, 40, 8)
    image[..., 3, 4, 5] = 1.0
    config = EpiConfig(nyquist_ghost_probability=1.0, nyquist_ghost=(0.1, 0.1))
    ghosted = nyquist_ghost(image, Rng(0), config)[0, 0]
    assert ghosted[3, 4, 5] == 1
    assert ghosted[3, 20:29, 5].max() == pytest.approx(0.1)
    assert ghosted.sum() == pytest.approx(1.1)


def test_metal_leaves_a_signal_void():
    image = torch.ones(1, 1, *SHAPE)
    found = add_metal(image, Rng(0))
    assert found.min() < 0.05
    assert found.shape == image.shape
