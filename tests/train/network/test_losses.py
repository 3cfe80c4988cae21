"""Losses: nothing for the truth, something for errors, nothing where the target is unknown."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("monai", reason="needs MONAI (deskull[train])")

from deskull.train.network.losses import DistanceLoss, MaskLoss, make_loss
from deskull.train.recipe import Recipe

MASK_LOSSES = ("dice", "focal", "dice_focal")


@pytest.fixture
def target() -> torch.Tensor:
    """Signed distance to a ball, shape (1, 1, 16, 16, 16)."""
    index = torch.stack(torch.meshgrid(*[torch.arange(16.0)] * 3, indexing="ij"))
    return (index - 7.5).square().sum(0).sqrt()[None, None] - 5


@pytest.fixture
def ones(target):
    return torch.ones_like(target)


@pytest.fixture
def wide():
    """Distances to two surfaces, clipped to a band of 10 mm."""
    torch.manual_seed(0)
    return (torch.randn(1, 2, 16, 16, 16) * 8).clamp(-10, 10)


def test_prediction_beyond_the_band_on_the_right_side_is_no_error(wide):
    loss = DistanceLoss(10.0, dice=0)
    assert loss(torch.where(wide.abs() >= 10, wide * 3, wide), wide, torch.ones_like(wide)) == 0


def test_prediction_on_the_wrong_side_costs_more_than_a_tolerance(wide):
    assert DistanceLoss(10.0)(-wide, wide, torch.ones_like(wide), 4.0) > 3


def test_error_within_the_tolerance_costs_almost_nothing(wide):
    assert DistanceLoss(10.0)(wide + 3.5, wide, torch.ones_like(wide), 4.0) < 0.2


def test_error_without_weight_costs_nothing(wide):
    assert DistanceLoss(10.0)(wide + 99, wide, torch.zeros_like(wide)) == 0


def test_surface_weight_raises_the_cost_of_errors_at_the_surface(target, ones):
    at_surface = torch.where(target.abs() < 1, target + 2, target)
    plain, weighted = DistanceLoss(10.0, dice=0), DistanceLoss(10.0, dice=0, surface_weight=3)
    assert weighted(at_surface, target, ones) > 1.5 * plain(at_surface, target, ones)


def test_surface_weight_lowers_the_cost_of_errors_far_away(target, ones):
    far = torch.where(target > 5, target + 2, target)
    plain, weighted = DistanceLoss(10.0, dice=0), DistanceLoss(10.0, dice=0, surface_weight=3)
    assert weighted(far, target, ones) < plain(far, target, ones)


def test_surface_weight_leaves_the_cost_of_an_even_error_unchanged(target, ones):
    plain, weighted = DistanceLoss(10.0, dice=0), DistanceLoss(10.0, dice=0, surface_weight=3)
    torch.testing.assert_close(weighted(target + 2, target, ones), plain(target + 2, target, ones))


def test_offset_weight_adds_the_mean_offset_of_a_shifted_surface(target, ones):
    plain, strict = DistanceLoss(10.0, dice=0), DistanceLoss(10.0, dice=0, offset_weight=0.5)
    added = strict(target + 1, target, ones) - plain(target + 1, target, ones)
    torch.testing.assert_close(added, torch.tensor(0.5))


def test_offset_weight_adds_nothing_for_errors_that_cancel(target, ones):
    signs = torch.ones_like(target)
    signs[:, :, ::2] = -1
    plain, strict = DistanceLoss(10.0, dice=0), DistanceLoss(10.0, dice=0, offset_weight=0.5)
    added = strict(target + signs, target, ones) - plain(target + signs, target, ones)
    assert float(added) == pytest.approx(0, abs=0.02)


def test_offset_within_the_tolerance_costs_nothing(target, ones):
    assert DistanceLoss(10.0, dice=0, offset_weight=0.5)(target + 3, target, ones, 4.0) == 0


@pytest.mark.parametrize("kind", ["distance", *MASK_LOSSES])
def test_voxels_without_weight_do_not_count(kind):
    target = torch.full((1, 2, 8, 8, 8), 3.0)
    target[..., :4] = -3
    weight = torch.ones_like(target)
    weight[..., 6:] = 0
    spoiled = target.clone()
    spoiled[..., 6:] = -50
    loss = make_loss(Recipe("r", loss=kind, network="unet"))
    assert loss(spoiled, target, weight) == loss(target, target, weight)


@pytest.mark.parametrize("kind", MASK_LOSSES)
def test_mask_loss_falls_as_the_prediction_improves(kind, target, ones):
    losses = [float(MaskLoss(kind)(predicted, target, ones)) for predicted in (9 * target, target - 3, -target)]
    assert losses == sorted(losses)
    assert losses[0] < 0.1


@pytest.mark.parametrize("kind", MASK_LOSSES)
def test_gradient_of_a_mask_loss_points_outwards_inside_and_inwards_outside(kind, target, ones):
    predicted = torch.zeros_like(target, requires_grad=True)
    MaskLoss(kind)(predicted, target, ones).backward()
    assert (predicted.grad[target < 0] > 0).all()
    assert (predicted.grad[target > 0] < 0).all()


def test_tolerance_leaves_the_surface_out_of_mask_losses(target, ones):
    wrong_at_surface = torch.where(target.abs() < 1, -target, 9 * target)
    loss = MaskLoss("dice")
    assert loss(wrong_at_surface, target, ones, 1.0) < 0.05 < loss(wrong_at_surface, target, ones)


def test_recipe_sets_the_weights_of_the_distance_loss():
    loss = make_loss(Recipe("r", band=8.0, surface_weight=3.0, offset_weight=0.5))
    assert (loss.band, loss.surface_weight, loss.offset_weight) == (8.0, 3.0, 0.5)
