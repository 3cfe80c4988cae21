"""The network of the tutorial: as intended and as published."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.train.network.residual import ResidualBlock, residual_unet


@pytest.mark.parametrize(("first_dropped", "number"), [(False, 2), (True, 1)])
def test_published_block_has_one_effective_convolution_less(first_dropped, number):
    block = ResidualBlock(2, 4, 0.1, first_dropped=first_dropped)
    convolutions = [m for m in block.modules() if isinstance(m, torch.nn.Conv3d) and m.kernel_size == (3, 3, 3)]
    assert len(convolutions) == number


@pytest.mark.parametrize("size", [(16, 16, 16), (8, 12, 20)])
def test_output_has_one_channel_and_is_clipped_outside_training(size):
    output = residual_unet([4, 8, 8], limit=3.0).eval()(50 * torch.randn(1, 1, *size))
    assert output.shape == (1, 1, *size)
    assert output.abs().max() <= 3


def test_dropout_changes_the_output_in_training_only():
    network = residual_unet([4, 8], dropout=0.5)
    image = torch.randn(2, 1, 8, 8, 8)
    assert not torch.equal(network(image), network(image))
    network.eval()
    assert torch.equal(network(image), network(image))
