"""The U-Net: any size, clipped distances, normalisation that is the same in training and in evaluation."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.train.network.unet import ScanNorm, UNet, upsample


@pytest.mark.parametrize("size", [(16, 16, 16), (8, 12, 20)])
def test_output_has_two_channels_on_the_grid_of_the_image(size):
    assert UNet([4, 8, 8]).eval()(torch.randn(1, 1, *size)).shape == (1, 2, *size)


def test_output_is_clipped_to_the_band_in_evaluation_only():
    network = UNet([4, 8], band=0.1)
    image = torch.randn(1, 1, 8, 8, 8)
    assert network(image).abs().max() > 0.1
    assert network.eval()(image).abs().max() <= 0.1


def test_output_of_a_network_with_stride_lies_on_a_coarser_grid():
    network = UNet([4, 8, 8], stride=2)
    assert network.size_multiple == 8
    assert network(torch.randn(1, 1, 16, 24, 32)).shape == (1, 2, 8, 12, 16)


def test_norm_is_the_same_in_training_and_in_evaluation():
    norm, x = ScanNorm(3), torch.randn(1, 3, 6, 7, 8)
    torch.testing.assert_close(norm.train()(x), norm.eval()(x))


def test_norm_treats_each_scan_of_a_batch_for_itself():
    x = torch.randn(1, 3, 6, 7, 8)
    first, second = ScanNorm(3)(torch.cat([x, 5 * x + 2]))
    torch.testing.assert_close(first, second, atol=1e-3, rtol=1e-3)


def _normalised_step_by_step(norm, x):
    """What a norm does, from its definition."""
    mean, variance = x.mean((2, 3, 4), keepdim=True), x.var((2, 3, 4), correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + 1e-5) * norm.weight.view(1, -1, 1, 1, 1) + norm.bias.view(1, -1, 1, 1, 1)


@pytest.mark.parametrize("n_images", [1, 2])
@pytest.mark.parametrize("channels", [12, 16])
def test_gradients_through_norms_are_right_when_voxels_hold_their_channels_together(monkeypatch, channels, n_images):
    network = UNet([channels, 8], stride=2).to(memory_format=torch.channels_last_3d).train()
    image = torch.randn(n_images, 1, 16, 16, 16).to(memory_format=torch.channels_last_3d)
    towards = torch.randn(n_images, 2, 8, 8, 8)
    gradients = []
    for forward in (ScanNorm.forward, _normalised_step_by_step):
        monkeypatch.setattr(ScanNorm, "forward", forward)
        network.zero_grad()
        network(image).backward(towards)
        gradients.append([weight.grad.clone() for weight in network.parameters()])
    for fast, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(fast, expected, atol=1e-3 * float(expected.abs().max()), rtol=1e-3)


def test_upsampling_repeats_each_voxel_along_every_axis():
    x = torch.arange(8.0).reshape(1, 1, 2, 2, 2)
    expected = x.repeat_interleave(2, 2).repeat_interleave(2, 3).repeat_interleave(2, 4)
    assert torch.equal(upsample(x), expected)
