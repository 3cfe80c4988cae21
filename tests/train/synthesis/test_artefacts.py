"""Artefacts: each changes an image as it states."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from scipy import ndimage

from deskull.train.synthesis import artefacts, surroundings
from deskull.train.synthesis.rng import Rng


@pytest.fixture
def image():
    rng = Rng(0)
    return artefacts.blur(rng.noise(1, 1, 24, 26, 28).abs(), (2.0, 2.0, 2.0))


def test_blur_matches_scipy(image):
    ours = artefacts.blur(image, (1.2, 0.0, 2.0))[0, 0].numpy()
    scipys = ndimage.gaussian_filter(image[0, 0].numpy(), (1.2, 0, 2.0), mode="nearest", truncate=2.2)
    assert np.abs(ours - scipys)[4:-4, 4:-4, 4:-4].max() < 0.02 * scipys.max()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_thick_slices_blur_along_their_axis_only(axis):
    ramp = torch.arange(32, dtype=torch.float32).reshape([-1 if a == axis else 1 for a in range(3)]).expand(32, 32, 32)
    out = artefacts.thick_slices(ramp[None, None].clone(), axis, 3.0, 0.2, Rng(1))[0, 0]
    inner = slice(8, 24)
    assert (out - ramp)[inner, inner, inner].abs().max() < 0.1  # a voxel is cut anywhere, its values are even
    others = [a for a in range(3) if a != axis]
    assert out.std(dim=others[0]).max() < 1e-4


def test_thick_slice_is_the_mean_over_its_thickness():
    fine = Rng(4).noise(1, 1, 2, 2, 64).abs()
    thick = artefacts.thick_slices(fine, 2, 4.0, 0.0, Rng(2))
    spans = fine.unfold(4, 4, 1).mean(dim=-1)
    assert thick.std() < 0.7 * fine.std()
    assert spans.min() - 0.3 < thick.min() < thick.max() < spans.max() + 0.3
    assert thick.mean() == pytest.approx(float(fine.mean()), rel=0.1)
    assert torch.isfinite(artefacts.thick_slices(fine, 0, 3.75, 0.3, Rng(3))).all()


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


def test_noisy_air_is_noise_and_leaves_the_head_unchanged(image):
    air = torch.zeros_like(image, dtype=torch.bool)
    air[..., :8] = True
    found = surroundings.add_noisy_air(image, air, Rng(3))
    assert torch.equal(found[~air], image[~air])
    assert found[air].std() > 0.05
    assert found[air].min() >= 0


def test_gamma_keeps_the_maximum(image):
    assert artefacts.gamma(image, 2.0).max() == pytest.approx(float(image.max()), rel=1e-5)


def test_rician_noise_without_signal_has_the_mean_of_a_rayleigh_distribution(image):
    noise = artefacts.rician_noise(torch.zeros_like(image), Rng(2), 0.1)
    assert noise.mean() == pytest.approx(0.1 * np.sqrt(np.pi / 2), rel=0.05)


def test_drop_out_removes_the_signal_at_a_point_and_keeps_it_far_away(image):
    lost = artefacts.drop_out(image, torch.tensor([[12, 13, 14]]), [3.0])
    assert lost[0, 0, 12, 13, 14] == 0
    assert lost[0, 0, 0, 0, 0] == pytest.approx(float(image[0, 0, 0, 0, 0]), rel=1e-3)


def test_ghost_adds_a_shifted_copy(image):
    torch.testing.assert_close(artefacts.ghost(image, 1, 1, 0.5), image + 0.5 * torch.roll(image, 13, 3))


def test_coarse_voxels_keep_the_grid(image):
    assert artefacts.coarsen(image, (2, 2, 2), Rng(1)).shape == image.shape


def test_motion_changes_the_image_and_keeps_its_sum(image):
    moved = artefacts.motion(image, Rng(2), 2.0)
    assert not torch.equal(moved, image)
    assert moved.sum() == pytest.approx(float(image.sum()), rel=1e-4)


def test_spikes_have_the_stated_amplitude(image):
    stripes = artefacts.spikes(torch.ones_like(image), Rng(2), 0.1)
    assert 0.89 < stripes.min() < 0.95 < 1.05 < stripes.max() < 1.11


def test_bias_field_is_moderate(image):
    ratio = artefacts.bias_field(torch.ones_like(image), Rng(2), 0.3)
    assert 0.3 < ratio.min() < ratio.max() < 3


def test_rescaling_is_that_of_inference(image):
    from deskull.preprocessing.intensity import rescale

    seen = torch.ones_like(image)
    seen[:, :, :9] = 0
    ours = artefacts.rescale(image * 700, seen)[0, 0].numpy()
    theirs = rescale(image[0, 0].numpy() * 700, seen[0, 0].numpy() > 0)
    np.testing.assert_allclose(ours, theirs, atol=0.02)
