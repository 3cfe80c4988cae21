"""The tutorial's network: as meant and as written."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.train.network.residual import ResidualBlock, residual_unet


def test_the_mistake_throws_a_convolution_away():
    def convolutions(block):
        return [m for m in block.modules() if isinstance(m, torch.nn.Conv3d) and m.kernel_size == (3, 3, 3)]

    assert len(convolutions(ResidualBlock(2, 4, 0.1))) == 2
    assert len(convolutions(ResidualBlock(2, 4, 0.1, first_dropped=True))) == 1


def test_it_answers_at_any_size_and_is_clipped_outside_training():
    network = residual_unet([4, 8, 8], limit=3.0).eval()
    for size in ((16, 16, 16), (8, 12, 20)):
        answer = network(50 * torch.randn(1, 1, *size))
        assert answer.shape == (1, 1, *size)
        assert answer.abs().max() <= 3


def test_dropout_acts_in_training_only():
    network = residual_unet([4, 8], dropout=0.5)
    image = torch.randn(2, 1, 8, 8, 8)
    assert not torch.equal(network(image), network(image))
    network.eval()
    assert torch.equal(network(image), network(image))
