"""Contrast: families by their weights, intensities by their family."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")


from deskull.train.synthesis.contrast import ContrastConfig, draw_family, draw_means
from deskull.train.synthesis.intensities import FAMILIES
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.tissues import Tissue


def test_families_are_drawn_by_their_weights():
    rng, config = Rng(0), ContrastConfig()
    drawn = [draw_family(rng, config) for _ in range(3000)]
    for name, share in config.family_weights.items():
        assert drawn.count(name) / 3000 == pytest.approx(share, abs=0.03)
    assert set(config.family_weights) == {*FAMILIES, "random"}
    uneven = ContrastConfig(family_weights={"CT": 3, "PD": 0, "random": 1})
    drawn = [draw_family(rng, uneven) for _ in range(1000)]
    assert drawn.count("CT") / 1000 == pytest.approx(0.75, abs=0.05)
    assert set(drawn) == {"CT", "random"}


def test_order_of_tissues_follows_the_family():
    rng, config = Rng(0), ContrastConfig()
    t1 = torch.stack([draw_means(rng, "T1w", config) for _ in range(50)]).mean(0)
    t2 = torch.stack([draw_means(rng, "T2w", config) for _ in range(50)]).mean(0)
    assert t1[Tissue.WHITE] > t1[Tissue.CORTEX] > t1[Tissue.CSF]
    assert t2[Tissue.WHITE] < t2[Tissue.CORTEX] < t2[Tissue.CSF]


def test_diffusion_darkens_fluid_and_blooming_lifts_bone_of_ct_above_its_window():
    epi = draw_means(Rng(1), "EPI", ContrastConfig(diffusion_probability=1.0))
    assert epi[Tissue.CSF] < 0.25 < draw_means(Rng(1), "EPI", ContrastConfig(diffusion_probability=0.0))[Tissue.CSF]
    ct = [
        float(draw_means(Rng(seed), "CT", ContrastConfig(blooming_probability=1.0))[Tissue.BONE]) for seed in range(20)
    ]
    assert max(ct) > 3
    assert draw_means(Rng(1), "CT", ContrastConfig(blooming_probability=0.0))[Tissue.BONE] < 1.3


@pytest.mark.parametrize(
    ("setting", "tissue", "look_alikes"),
    [
        ("slow_flow_probability", Tissue.VEIN, [Tissue.WHITE, Tissue.CORTEX, Tissue.CSF]),
        ("bright_dura_probability", Tissue.DURA, [Tissue.WHITE, Tissue.CORTEX]),
    ],
)
def test_veins_and_dura_may_be_about_as_bright_as_what_they_are_taken_for(setting, tissue, look_alikes):
    config = ContrastConfig(**{setting: 1.0})
    for seed in range(20):
        means = draw_means(Rng(seed), "T2w", config)
        ratios = means[tissue] / means[look_alikes]
        assert ((ratios > 0.79) & (ratios < 1.21)).any()


def test_fluid_of_b0_may_be_far_brighter_than_tissue():
    config = ContrastConfig(bright_fluid_probability=1.0, diffusion_probability=0.0)
    for seed in range(10):
        means = draw_means(Rng(seed), "EPI", config)
        assert means[Tissue.WHITE] < 0.6 * means[Tissue.CSF]
    assert torch.equal(
        draw_means(Rng(1), "T1w", config), draw_means(Rng(1), "T1w", ContrastConfig(diffusion_probability=0))
    )
