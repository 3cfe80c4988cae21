"""Rearranged convolutions: the same values as the convolutions that they stand for."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from torch.nn.functional import conv3d

from deskull.train.network.rearranged import convolution_of_upsampled, strided_convolution
from deskull.train.network.unet import TwoConvolutions, upsample


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_strided_convolution_is_a_convolution_with_a_stride(stride):
    x, weight = torch.randn(2, 1, 6, 12, 18), torch.randn(4, 1, *[3 * stride] * 3)
    expected = conv3d(x, weight, stride=stride, padding=stride)
    torch.testing.assert_close(strided_convolution(x, weight, stride), expected, atol=1e-4, rtol=1e-4)


def test_convolution_of_upsampled_is_a_convolution_after_upsampling_to_the_edge_of_the_image():
    coarse, weight = torch.randn(2, 5, 3, 4, 6), torch.randn(7, 5, 3, 3, 3)
    expected = conv3d(upsample(coarse), weight, padding=1)
    torch.testing.assert_close(convolution_of_upsampled(coarse, weight), expected, atol=1e-4, rtol=1e-4)


def test_block_of_joined_features_is_the_block_of_their_concatenation():
    block = TwoConvolutions(7, 4).eval()
    coarse, skipped = torch.randn(1, 5, 3, 4, 6), torch.randn(1, 2, 6, 8, 12)
    expected = block(torch.cat([upsample(coarse), skipped], dim=1))
    torch.testing.assert_close(block.of_joined(coarse, skipped), expected, atol=1e-4, rtol=1e-4)
