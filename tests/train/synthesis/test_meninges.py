"""Meninges: dura, sinuses and moving fluid lie outside the brain, where they are meant to."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.train.synthesis.meninges import MeningesConfig, move_fluid, vary_meninges
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.tissues import Tissue

SIZE, VOXEL_SIZE = 48, 2.0


@pytest.fixture(scope="module")
def radius():
    """Distance from the middle in mm, shape (1, 1, 48, 48, 48)."""
    index = torch.stack(torch.meshgrid(*[torch.arange(float(SIZE))] * 3, indexing="ij"))
    return VOXEL_SIZE * (index - (SIZE - 1) / 2).square().sum(0).sqrt()[None, None]


@pytest.fixture(scope="module")
def distance(radius):
    """A brain of 30 mm in an intracranial space of 36 mm."""
    return torch.cat([radius - 30, radius - 36], dim=1)


@pytest.fixture(scope="module")
def tissues(radius):
    tissues = torch.zeros(radius.shape, dtype=torch.uint8)
    for outer, tissue in ((46, Tissue.SKIN), (42, Tissue.BONE), (36, Tissue.CSF), (30, Tissue.CORTEX)):
        tissues[radius <= outer] = tissue
    return tissues


def test_nothing_changes_at_probabilities_of_zero(tissues, distance):
    assert vary_meninges(tissues, distance, Rng(0), MeningesConfig(), VOXEL_SIZE) is tissues


@pytest.mark.parametrize(
    ("settings", "tissue"),
    [({"thick_dura_probability": 1.0}, Tissue.DURA), ({"sinus_probability": 1.0}, Tissue.VEIN)],
)
def test_what_is_added_replaces_fluid_and_bone_alone(tissues, distance, settings, tissue):
    for seed in range(5):
        varied = vary_meninges(tissues, distance, Rng(seed), MeningesConfig(**settings), VOXEL_SIZE)
        changed = varied != tissues
        assert (varied[changed] == tissue).all()
        assert torch.isin(tissues[changed], torch.tensor([Tissue.CSF, Tissue.BONE])).all()


def test_dura_surrounds_the_brain_in_the_stated_thickness(tissues, distance, radius):
    config = MeningesConfig(thick_dura_probability=1.0, dura_mm=(4.0, 6.0))
    for seed in range(5):
        dura = vary_meninges(tissues, distance, Rng(seed), config, VOXEL_SIZE) == Tissue.DURA
        thickness = dura.sum() * VOXEL_SIZE**3 / (4 * torch.pi * radius[dura].square().mean())
        assert 3.5 < thickness < 6.5
        assert (radius[dura] - 36).abs().max() < 7


def test_sinus_is_a_ribbon_at_the_skull(tissues, distance, radius):
    config = MeningesConfig(sinus_probability=1.0, sinus_mm=(6.0, 6.0))
    found = 0
    for seed in range(8):
        sinus = vary_meninges(tissues, distance, Rng(seed), config, VOXEL_SIZE) == Tissue.VEIN
        found += bool(sinus.any())
        assert (radius[sinus] > 30).all()
        assert (radius[sinus] < 41).all()
        assert sinus.sum() < 0.35 * ((radius > 33) & (radius < 39)).sum()
    assert found >= 6


def test_moving_fluid_changes_fluid_alone(radius):
    image, fluid = torch.full_like(radius, 0.9), ((radius > 30) & (radius < 36)).float()
    moved = move_fluid(image, fluid, 0.9, Rng(3), VOXEL_SIZE)
    assert torch.equal(moved[fluid == 0], image[fluid == 0])
    assert (moved - image).abs().max() > 0.1
    assert moved.min() >= 0
