"""Synthesis: reproducible, varied, and its distances are those of the warped head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from scipy import ndimage

from deskull import InputError
from deskull.masking import signed_distance
from deskull.train.synthesis import artefacts, surroundings
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.contrast import ContrastConfig, draw_family, draw_means
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.intensities import FAMILIES
from deskull.train.synthesis.label_map import LabelMap, load_label_map, surface_distances
from deskull.train.synthesis.packing import pack, unpack
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import (
    PoseConfig,
    correct_stretch,
    grid_points,
    random_affine,
    random_warp,
    sample_distances,
    sample_tissues,
)
from deskull.train.synthesis.surfaces import brain_mask
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


def test_the_same_seed_makes_the_same_image(label_map):
    first, second = (synthesise(label_map, 5, SHAPE, SynthesisConfig()) for _ in range(2))
    assert torch.equal(first.image, second.image)
    assert torch.equal(first.distance, second.distance)
    assert not torch.equal(first.image, synthesise(label_map, 6, SHAPE, SynthesisConfig()).image)


@pytest.mark.parametrize("stride", [1, 2])
def test_samples_are_what_training_expects(label_map, stride):
    families = set()
    for seed in range(40):
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


def test_finer_images_show_the_same_head(label_map):
    plain = replace(SynthesisConfig(), contrast=ContrastConfig(family_weights={"T1w": 1.0}), **NOTHING)
    coarse = synthesise(label_map, 3, SHAPE, plain)
    fine = synthesise(label_map, 3, SHAPE, replace(plain, stride=2))
    assert torch.equal(fine.distance, coarse.distance)
    averaged = torch.nn.functional.avg_pool3d(fine.image, 2)
    assert np.corrcoef(averaged.flatten(), coarse.image.flatten())[0, 1] > 0.98


def test_packed_images_hold_the_voxels_of_coarser_ones():
    image = torch.arange(6 * 4 * 8.0).reshape(1, 1, 6, 4, 8)
    packed = pack(image, 2)
    assert packed.shape == (1, 8, 3, 2, 4)
    assert packed[0, :, 1, 1, 2].tolist() == image[0, 0, 2:4, 2:4, 4:6].flatten().tolist()
    assert torch.equal(unpack(packed, 2), image)
    assert pack(image, 1) is image is unpack(image, 1)


def test_warped_distances_match_those_measured_after_the_warp(label_map):
    """f / |grad f| against an exact distance transform of the warped tissue image."""
    voxel, errors = 2.0, []
    for seed in range(4):
        rng = Rng(seed)
        config = PoseConfig(shift=2)
        affine, warp = random_affine(rng, config), random_warp(rng, config, (64, 64, 64), voxel)
        points = grid_points(affine, warp, voxel)
        tissues = sample_tissues(torch.from_numpy(label_map.tissues), points, 2.0, extend_neck=True)
        measured = signed_distance(brain_mask(tissues[0, 0].numpy(), voxel), voxel)
        carried = sample_distances(torch.from_numpy(label_map.distances), points, 2.0, voxel)[0, 0].numpy()
        near = np.abs(measured) < 6
        errors.append(np.abs(carried - measured)[near].mean())
    assert max(errors) < 0.6 * voxel / 2 + 0.3, errors


def test_the_warp_carries_tissues_and_distances_alike(label_map):
    rng = Rng(3)
    points = grid_points(random_affine(rng, PoseConfig()), random_warp(rng, PoseConfig(), (64, 64, 64), 2.0), 2.0)
    tissues = sample_tissues(torch.from_numpy(label_map.tissues), points, 2.0, extend_neck=True)
    distance = sample_distances(torch.from_numpy(label_map.distances), points, 2.0, 2.0)
    white = tissues == Tissue.WHITE
    assert (distance[:, :1][white] < 0.8).float().mean() > 0.99
    assert (distance[:, :1][tissues == Tissue.SKIN] > 2).all()


def test_voxels_split_into_the_points_of_a_finer_grid(label_map):
    labels, affine = (
        torch.from_numpy(label_map.tissues),
        random_affine(Rng(4), PoseConfig(axis_permutation_probability=1)),
    )
    straight = torch.zeros(1, 3, 40, 20, 24)
    fine = grid_points(affine, torch.zeros(1, 3, 80, 40, 48), 1.5)
    for goes_on in (True, False):
        at_once = sample_tissues(labels, fine, 2.0, goes_on)
        split = sample_tissues(labels, grid_points(affine, straight, 3.0), 2.0, goes_on, 2, 3.0 * affine[:, :3])
        assert (at_once == split).float().mean() > 0.999  # points midway between two tissues are rounded either way
        assert len(at_once.unique()) > 3


def test_mirror_images_occur():
    signs = {float(torch.linalg.det(random_affine(Rng(seed), PoseConfig())[:, :3])) > 0 for seed in range(20)}
    assert signs == {True, False}


def test_turned_heads_have_other_axes():
    straight = PoseConfig(
        rotation=0, large_rotation_probability=0, scale=0, stretch=0, shear=0, axis_permutation_probability=0
    )
    for seed in range(10):
        matrix = random_affine(Rng(seed), straight)[:, :3].abs()
        torch.testing.assert_close(matrix, torch.eye(3))
    turned = [
        random_affine(Rng(seed), replace(straight, axis_permutation_probability=1))[:, :3].round()
        for seed in range(400)
    ]
    assert len({tuple(matrix.flatten().tolist()) for matrix in turned}) == 48


def test_no_brain_below_a_map_that_ends_in_it():
    distances = torch.full((2, 21, 21, 21), -5.0)
    points = grid_points(torch.eye(3, 4), torch.zeros(1, 3, 30, 30, 60), 2.0)
    found = sample_distances(distances, points, 1.0, 2.0)[0, 0]
    bottom = -20.0
    heights = points[0, 2, 15, 15]
    assert (found[15, 15][heights > bottom] < 0).all()
    torch.testing.assert_close(found[15, 15][heights < bottom], (bottom - heights)[heights < bottom])


def test_distances_hold_where_a_warp_stretches_much():
    sphere = (torch.stack(torch.meshgrid(*[torch.arange(-30.0, 31)] * 3, indexing="ij")).norm(dim=0) - 20)[None, None]
    for stretch in (0.3, 0.5, 1.0):
        near = sphere.abs() < 3
        torch.testing.assert_close(correct_stretch(stretch * sphere, 1.0)[near], sphere[near], atol=0.1, rtol=0.05)


def test_heads_with_a_neck_lie_with_the_brain_in_the_grid(label_map):
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


def test_ct_is_seen_through_its_window(label_map):
    contrast = ContrastConfig(family_weights={"CT": 1.0}, blooming_probability=1)
    config = SynthesisConfig(
        contrast=contrast, cropping_probability=0, skull_stripped_probability=0, motion_probability=0
    )
    for seed in range(4):
        image = synthesise(label_map, seed, SHAPE, config).image
        assert image.min() == 0
        assert (image == image.max()).float().mean() > 0.001  # bone lies at the window's end


def test_the_margin_widens_the_brain(label_map):
    narrow, wide = (synthesise(label_map, 5, SHAPE, SynthesisConfig(margin=margin)) for margin in (0.0, 0.5))
    near = narrow.distance[:, :1].abs() < 5
    torch.testing.assert_close(wide.distance[:, :1][near], narrow.distance[:, :1][near] - 0.5)
    assert (wide.distance[:, 1] <= wide.distance[:, 0]).all()


def test_every_family_is_drawn_by_its_share():
    rng, config = Rng(0), ContrastConfig()
    drawn = [draw_family(rng, config) for _ in range(3000)]
    for name, share in config.family_weights.items():
        assert drawn.count(name) / 3000 == pytest.approx(share, abs=0.03)
    assert set(config.family_weights) == {*FAMILIES, "random"}
    uneven = ContrastConfig(family_weights={"CT": 3, "PD": 0, "random": 1})
    drawn = [draw_family(rng, uneven) for _ in range(1000)]
    assert drawn.count("CT") / 1000 == pytest.approx(0.75, abs=0.05)
    assert set(drawn) == {"CT", "random"}


def test_means_follow_the_family():
    rng, config = Rng(0), ContrastConfig()
    t1 = torch.stack([draw_means(rng, "T1w", config) for _ in range(50)]).mean(0)
    t2 = torch.stack([draw_means(rng, "T2w", config) for _ in range(50)]).mean(0)
    assert t1[Tissue.WHITE] > t1[Tissue.CORTEX] > t1[Tissue.CSF]
    assert t2[Tissue.WHITE] < t2[Tissue.CORTEX] < t2[Tissue.CSF]


@pytest.fixture
def image():
    rng = Rng(0)
    return artefacts.blur(rng.noise(1, 1, 24, 26, 28).abs(), (2.0, 2.0, 2.0))


def test_blur_matches_scipy(image):
    ours = artefacts.blur(image, (1.2, 0.0, 2.0))[0, 0].numpy()
    scipys = ndimage.gaussian_filter(image[0, 0].numpy(), (1.2, 0, 2.0), mode="nearest", truncate=2.2)
    assert np.abs(ours - scipys)[4:-4, 4:-4, 4:-4].max() < 0.02 * scipys.max()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_thick_slices_blur_only_their_axis(axis):
    ramp = torch.arange(32, dtype=torch.float32).reshape([-1 if a == axis else 1 for a in range(3)]).expand(32, 32, 32)
    out = artefacts.thick_slices(ramp[None, None].clone(), axis, 3.0, 0.2, Rng(1))[0, 0]
    inner = slice(8, 24)
    assert (out - ramp)[inner, inner, inner].abs().max() < 0.1  # a voxel is cut anywhere, its values are even
    others = [a for a in range(3) if a != axis]
    assert out.std(dim=others[0]).max() < 1e-4


def test_a_thick_slice_is_the_mean_over_its_thickness():
    fine = Rng(4).noise(1, 1, 2, 2, 64).abs()
    thick = artefacts.thick_slices(fine, 2, 4.0, 0.0, Rng(2))
    spans = fine.unfold(4, 4, 1).mean(dim=-1)
    assert thick.std() < 0.7 * fine.std()
    assert spans.min() - 0.3 < thick.min() < thick.max() < spans.max() + 0.3
    assert thick.mean() == pytest.approx(float(fine.mean()), rel=0.1)
    assert torch.isfinite(artefacts.thick_slices(fine, 0, 3.75, 0.3, Rng(3))).all()


def test_large_fields_of_noise_are_as_random_as_small_ones():
    noise = Rng(5).noise(1, 1, 160, 160, 160)
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert torch.equal(noise, Rng(5).noise(1, 1, 160, 160, 160))
    beside = np.corrcoef(noise[0, 0, :-1].flatten(), noise[0, 0, 1:].flatten())[0, 1]
    assert abs(beside) < 0.01


@pytest.mark.parametrize("factor", [1.05, 1.3, 1.9])
def test_coarse_voxels_blur_and_do_not_shift(factor):
    ramp = torch.arange(40, dtype=torch.float32).reshape(-1, 1, 1).expand(40, 40, 40)[None, None]
    found = artefacts.coarsen(ramp.clone(), (factor, 1.0, 1.0), Rng(1))[0, 0, 8:32, 8:32, 8:32]
    assert (found - ramp[0, 0, 8:32, 8:32, 8:32]).abs().max() < 0.1
    point = torch.zeros(1, 1, 40, 40, 40)
    point[0, 0, 20] = 1.0
    assert artefacts.coarsen(point, (factor, 1.0, 1.0), Rng(1)).max() < 0.95


@pytest.mark.parametrize("cubic", [False, True])
def test_planes_between_planes_are_interpolated(cubic):
    along = torch.arange(12, dtype=torch.float32)
    curve = (along**2 if cubic else along).reshape(1, 1, -1, 1, 1).expand(1, 1, 12, 2, 2)
    places = torch.tensor([2.0, 3.25, 5.5, 8.9])
    found = artefacts._planes(curve, 0, places, cubic=cubic)[0, 0, :, 0, 0]
    torch.testing.assert_close(found, places**2 if cubic else places)
    beyond = artefacts._planes(curve, 0, torch.tensor([-3.0, 40.0]), cubic=cubic)[0, 0, :, 0, 0]
    torch.testing.assert_close(beyond, curve[0, 0, [0, 11], 0, 0])


def test_noisy_air_is_noise_and_leaves_the_head_alone(image):
    air = torch.zeros_like(image, dtype=torch.bool)
    air[..., :8] = True
    found = surroundings.add_noisy_air(image, air, Rng(3))
    assert torch.equal(found[~air], image[~air])
    assert found[air].std() > 0.05
    assert found[air].min() >= 0


def test_diffusion_darkens_fluid_and_bone_of_ct_may_lie_beyond_its_window():
    epi = draw_means(Rng(1), "EPI", ContrastConfig(diffusion_probability=1.0))
    assert epi[Tissue.CSF] < 0.25 < draw_means(Rng(1), "EPI", ContrastConfig(diffusion_probability=0.0))[Tissue.CSF]
    ct = [
        float(draw_means(Rng(seed), "CT", ContrastConfig(blooming_probability=1.0))[Tissue.BONE]) for seed in range(20)
    ]
    assert max(ct) > 3
    assert draw_means(Rng(1), "CT", ContrastConfig(blooming_probability=0.0))[Tissue.BONE] < 1.3


def test_artefacts_do_what_they_say(image):
    rng = Rng(2)
    assert artefacts.gamma(image, 2.0).max() == pytest.approx(float(image.max()), rel=1e-5)
    assert artefacts.rician_noise(torch.zeros_like(image), rng, 0.1).mean() == pytest.approx(
        0.1 * np.sqrt(np.pi / 2), rel=0.05
    )
    lost = artefacts.drop_out(image, torch.tensor([[12, 13, 14]]), [3.0])
    assert lost[0, 0, 12, 13, 14] == 0
    assert lost[0, 0, 0, 0, 0] == pytest.approx(float(image[0, 0, 0, 0, 0]), rel=1e-3)
    ghosted = artefacts.ghost(image, 1, 1, 0.5)
    torch.testing.assert_close(ghosted, image + 0.5 * torch.roll(image, 13, 3))
    assert artefacts.coarsen(image, (2, 2, 2), Rng(1)).shape == image.shape
    moved = artefacts.motion(image, rng, 2.0)
    assert not torch.equal(moved, image)
    assert moved.sum() == pytest.approx(float(image.sum()), rel=1e-4)
    stripes = artefacts.spikes(torch.ones_like(image), rng, 0.1)
    assert 0.89 < stripes.min() < 0.95 < 1.05 < stripes.max() < 1.11
    ratio = artefacts.bias_field(torch.ones_like(image), rng, 0.3)
    assert 0.3 < ratio.min() < ratio.max() < 3


def test_rescale_is_that_of_inference(image):
    from deskull.preprocessing.intensity import rescale

    seen = torch.ones_like(image)
    seen[:, :, :9] = 0
    ours = artefacts.rescale(image * 700, seen)[0, 0].numpy()
    theirs = rescale(image[0, 0].numpy() * 700, seen[0, 0].numpy() > 0)
    np.testing.assert_allclose(ours, theirs, atol=0.02)


def test_a_label_map_of_unknown_numbers_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"mine_01\.nii\.gz: .*cannot be inferred from its name.*synthseg_"):
        load_label_map(tmp_path / "mine_01.nii.gz", tmp_path)


def test_real_label_maps_make_heads(data, tmp_path):
    path = data / "labelmaps" / "neonate_40w.nii.gz"
    label_map = load_label_map(path, tmp_path)
    again = load_label_map(path, tmp_path)
    np.testing.assert_array_equal(label_map.tissues, again.tissues)
    assert [p.suffix for p in tmp_path.iterdir()] == [".npz"]
    sample = synthesise(label_map, 1, (64, 64, 64), SynthesisConfig(cropping_probability=0))
    assert 200 < float((sample.distance[0, 0] < 0).sum()) * 8 / 1000 < 2000
