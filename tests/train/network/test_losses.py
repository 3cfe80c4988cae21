"""Losses: nothing for the truth, something for errors, nothing where nothing is known."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("monai", reason="needs MONAI (deskull[train])")

from deskull.train.network.losses import DistanceLoss, MaskLoss, make_loss

KINDS = ("dice", "focal", "dice_focal")


def ball() -> torch.Tensor:
    """Signed distance to a ball, shape (1, 1, 16, 16, 16)."""
    index = torch.stack(torch.meshgrid(*[torch.arange(16.0)] * 3, indexing="ij"))
    return (index - 7.5).square().sum(0).sqrt()[None, None] - 5


def test_the_loss_is_zero_where_it_should_be():
    loss = DistanceLoss(10.0)
    target = (torch.randn(1, 2, 16, 16, 16) * 8).clamp(-10, 10)
    weight = torch.ones_like(target)
    far = target.abs() >= 10
    beyond = torch.where(far, target * 3, target)
    assert loss(beyond, target, weight) < loss(target + 2, target, weight)
    assert loss(target + 3.5, target, weight, 4.0) < 0.2
    assert loss(-target, target, weight, 4.0) > 3
    assert loss(target + 99, target, torch.zeros_like(weight)) == 0


def test_errors_at_the_edge_weigh_more():
    target, weight = ball(), torch.ones(1, 1, 16, 16, 16)
    at_edge, farther = (torch.where(target.abs() < 1, target + 2, target), torch.where(target > 5, target + 2, target))
    plain, close = DistanceLoss(10.0, dice=0), DistanceLoss(10.0, dice=0, edge=3)
    assert close(at_edge, target, weight) > 1.5 * plain(at_edge, target, weight)
    assert close(farther, target, weight) < plain(farther, target, weight)
    torch.testing.assert_close(close(target + 2, target, weight), plain(target + 2, target, weight))


def test_a_surface_that_is_off_as_a_whole_costs_more_than_one_that_is_off_here_and_there():
    target, weight = ball(), torch.ones(1, 1, 16, 16, 16)
    signs = torch.ones_like(target)
    signs[:, :, ::2] = -1
    shifted, ragged = target + 1, target + signs
    plain, strict = DistanceLoss(10.0, dice=0), DistanceLoss(10.0, dice=0, offset=0.5)
    torch.testing.assert_close(plain(shifted, target, weight), plain(ragged, target, weight))
    torch.testing.assert_close(strict(shifted, target, weight) - plain(shifted, target, weight), torch.tensor(0.5))
    torch.testing.assert_close(strict(ragged, target, weight), plain(ragged, target, weight), atol=0.02, rtol=0)
    assert strict(target + 3, target, weight, 4.0) == 0


def test_ignored_voxels_do_not_count():
    target = torch.full((1, 2, 8, 8, 8), 3.0)
    target[..., :4] = -3
    weight = torch.ones_like(target)
    weight[..., 6:] = 0
    spoiled = target.clone()
    spoiled[..., 6:] = -50
    for kind in ("distance", *KINDS):
        loss = make_loss(kind, 10.0)
        assert loss(spoiled, target, weight) == loss(target, target, weight)


@pytest.mark.parametrize("kind", KINDS)
def test_mask_losses_fall_as_the_answer_gets_better(kind):
    target = ball()
    weight = torch.ones_like(target)
    found = [float(MaskLoss(kind)(answer, target, weight)) for answer in (9 * target, target - 3, -target)]
    assert found == sorted(found)
    assert found[0] < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_mask_losses_can_be_followed_downhill(kind):
    target = ball()
    answer = torch.zeros_like(target, requires_grad=True)
    MaskLoss(kind)(answer, target, torch.ones_like(target)).backward()
    # Downhill is towards negative answers inside and positive ones outside.
    assert (answer.grad[target < 0] > 0).all()
    assert (answer.grad[target > 0] < 0).all()


def test_slack_leaves_the_edge_out_of_mask_losses():
    target = ball()
    weight = torch.ones_like(target)
    loss = MaskLoss("dice")
    wrong_at_edge = torch.where(target.abs() < 1, -target, 9 * target)
    assert loss(wrong_at_edge, target, weight, 1.0) < 0.05 < loss(wrong_at_edge, target, weight)
