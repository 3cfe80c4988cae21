"""Generator: reproducible, varied images, whose distances are those of the warped head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")


from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.contrast import ContrastConfig
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.label_map import LabelMap, surface_distances
from deskull.train.synthesis.meninges import MeningesConfig
from deskull.train.synthesis.spatial import PoseConfig
from deskull.train.synthesis.susceptibility import EpiConfig
from deskull.train.synthesis.tissues import Tissue
from tests.train.synthesis.test_surfaces import head

SHAPE = (48, 48, 48)
#: Settings of heads that nothing random happens to after they are painted.
NOTHING = dict.fromkeys(
    (
        "coil_probability",
        "thick_slices_probability",
        "coarse_voxels_probability",
        "ghosting_probability",
        "motion_probability",
        "spike_probability",
        "noise",
        "cropping_probability",
    ),
    0.0,
)


@pytest.fixture(scope="module")
def label_map():
    tissues, _ = head(81)
    return LabelMap("ball", tissues, 2.0, surface_distances(tissues, 2.0))


def test_same_seed_gives_the_same_image(label_map):
    first, second = (synthesise(label_map, 5, SHAPE, SynthesisConfig()) for _ in range(2))
    assert torch.equal(first.image, second.image)
    assert torch.equal(first.distance, second.distance)
    assert not torch.equal(first.image, synthesise(label_map, 6, SHAPE, SynthesisConfig()).image)


@pytest.mark.parametrize("stride", [1, 2])
def test_samples_have_the_shapes_and_ranges_that_training_expects(label_map, stride):
    families = set()
    for seed in range(20):
        sample = synthesise(label_map, seed, SHAPE, SynthesisConfig(stride=stride))
        families.add(sample.family)
        assert sample.image.shape == (1, 1, *(size * stride for size in SHAPE))
        assert sample.distance.shape == sample.weight.shape == (1, 2, *SHAPE)
        assert torch.isfinite(sample.image).all()
        assert sample.image.min() >= 0
        assert sample.image.max() <= 1.5
        assert sample.distance.abs().max() <= 10
        unseen = torch.nn.functional.interpolate(sample.weight[:, :1], scale_factor=stride) == 0
        assert (sample.image[unseen] == 0).all()
    assert len(families) >= 5


def test_image_with_a_stride_shows_the_same_head_on_finer_voxels(label_map):
    plain = replace(SynthesisConfig(), contrast=ContrastConfig(family_weights={"T1w": 1.0}), **NOTHING)
    coarse = synthesise(label_map, 3, SHAPE, plain)
    fine = synthesise(label_map, 3, SHAPE, replace(plain, stride=2))
    assert torch.equal(fine.distance, coarse.distance)
    averaged = torch.nn.functional.avg_pool3d(fine.image, 2)
    assert np.corrcoef(averaged.flatten(), coarse.image.flatten())[0, 1] > 0.98


def test_head_with_a_neck_has_its_brain_in_the_middle_of_the_grid(label_map):
    off = LabelMap("ball", label_map.tissues[:, :, 20:], 2.0, label_map.distances[:, :, :, 10:])
    assert off.brain_centre == pytest.approx([0, 0, -20], abs=1)
    assert label_map.brain_centre == pytest.approx([0, 0, 0], abs=0.1)
    still = PoseConfig(
        rotation=0,
        large_rotation_probability=0,
        scale=0,
        stretch=0,
        shear=0,
        axis_permutation_probability=0,
        shift=0,
        warp_mm=(0, 0),
    )
    sample = synthesise(
        off,
        1,
        SHAPE,
        SynthesisConfig(pose=still, atrophy_probability=0, ventricle_probability=0, cortical_erosion_probability=0),
    )
    heights = (sample.distance[0, 0] < 0).nonzero()[:, 2].float()
    assert abs(float(heights.mean()) - 23.5) < 6


def test_ct_is_clipped_to_its_display_window(label_map):
    contrast = ContrastConfig(family_weights={"CT": 1.0}, blooming_probability=1)
    config = SynthesisConfig(
        contrast=contrast, cropping_probability=0, skull_stripped_probability=0, motion_probability=0
    )
    for seed in range(4):
        image = synthesise(label_map, seed, SHAPE, config).image
        assert image.min() == 0
        assert (image == image.max()).float().mean() > 0.001  # bone lies at the window's end


def test_margin_moves_the_brain_surface_outwards_and_not_beyond_the_intracranial_one(label_map):
    narrow, wide = (synthesise(label_map, 5, SHAPE, SynthesisConfig(margin=margin)) for margin in (0.0, 0.5))
    near = narrow.distance[:, :1].abs() < 5
    torch.testing.assert_close(wide.distance[:, :1][near], narrow.distance[:, :1][near] - 0.5)
    assert (wide.distance[:, 1] <= wide.distance[:, 0]).all()


def test_sample_tells_the_tissues_that_its_image_shows(label_map):
    plain = replace(SynthesisConfig(stride=2), contrast=ContrastConfig(family_weights={"T1w": 1.0}), **NOTHING)
    plain = replace(plain, skull_stripped_probability=0, lesion_probability=0, bias_field=0)
    sample = synthesise(label_map, 3, SHAPE, plain)
    assert sample.tissues.shape == sample.image.shape
    assert sample.image[sample.tissues == Tissue.WHITE].mean() > 2 * sample.image[sample.tissues == Tissue.CSF].mean()


def test_every_effect_together_gives_usable_images(label_map):
    effects = SynthesisConfig(
        oblique_cut_probability=1.0,
        wide_cistern_probability=1.0,
        contrast=ContrastConfig(slow_flow_probability=1, bright_dura_probability=1, bright_fluid_probability=1),
        meninges=MeningesConfig(thick_dura_probability=1, sinus_probability=1, flow_probability=1),
        epi=EpiConfig(1, 1, 1, nyquist_ghost_probability=1),
    )
    for seed in range(8):
        sample = synthesise(label_map, seed, SHAPE, effects)
        assert torch.isfinite(sample.image).all()
        assert sample.image.min() >= 0
        assert (sample.distance[:, 0] < 0).any()
        assert (sample.distance[:, 1] <= sample.distance[:, 0]).all()
