"""Surroundings: what is added or taken away around the brain leaves the brain alone."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.surroundings import add_fat, add_pads, deface
from deskull.train.synthesis.tissues import Tissue

SHAPE = (1, 1, 32, 32, 32)


@pytest.fixture
def distance():
    index = torch.stack(torch.meshgrid(*[torch.arange(32.0)] * 3, indexing="ij"))
    return 5 * ((index - 15.5).square().sum(0).sqrt() - 6)[None, None]


def test_only_soft_tissue_becomes_fat():
    tissues = torch.randint(0, len(Tissue), SHAPE, generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    found = add_fat(tissues, Rng(1))
    changed = found != tissues
    assert changed.any()
    assert (tissues[changed] == Tissue.SOFT).all()
    assert (found[changed] == Tissue.FAT).all()


def test_pads_change_the_air_only(distance):
    image, air = torch.full(SHAPE, 0.5), distance > 3
    for seed in range(5):
        found = add_pads(image, air, Rng(seed))
        assert torch.equal(found[~air], image[~air])
    assert any((add_pads(image, air, Rng(seed)) != image).any() for seed in range(5))


def test_defacing_blanks_the_face_and_keeps_the_brain(distance):
    image = torch.ones(SHAPE)
    for seed in range(5):
        found = deface(image, distance, Rng(seed))
        assert (found[distance < 0] == 1).all()
        assert found[0, 0, :, -1, 0].max() == 0
        assert found[0, 0, :, 0, -1].min() == 1
    assert torch.equal(deface(image, distance + 99, Rng(0)), image)
