"""The network: a compact 3-D U-Net that predicts signed distances in mm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from deskull.train.network.rearranged import convolution_of_upsampled, strided_convolution

_UPSAMPLED_AXES = (4, 3, 2)
#: Slope of the leaky ReLU below 0.
_SLOPE = 0.1
#: Batch norm on a CPU is fast for multiples of this number of channels.
_FAST_CHANNELS = 16


class _ChannelsLast(torch.autograd.Function):
    """Store features channel by channel in each voxel, and their gradients voxel by voxel in each channel.

    Whole layers train twice as fast in the first order, torch's instance norm in the second; without this, it computed
    wrong gradients where the orders met (version 2.13, on a CPU).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Copy features of shape (n, channels, x, y, z)."""
        return x.contiguous(memory_format=torch.channels_last_3d)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """Copy their gradients back."""
        return gradient.contiguous()


class ScanNorm(nn.Module):
    """Normalise each scan by its own statistics, per channel: instance norm (Ulyanov et al., arXiv:1607.08022, 2016).

    For one scan this is batch norm in training mode, which on a CPU is faster than torch's instance norm for a multiple
    of 16 channels, and four times slower for others. No statistics are averaged over training, so the exported network
    does what the trained one did.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise features of shape (n, channels, x, y, z)."""
        if x.shape[0] == 1 and self.training and x.shape[1] % _FAST_CHANNELS == 0:
            return functional.batch_norm(x, None, None, self.weight, self.bias, training=True)
        y = functional.instance_norm(x, weight=self.weight, bias=self.bias)
        return _ChannelsLast.apply(y) if self.training else y  # type: ignore[no-untyped-call]


class StridedConvolution(nn.Conv3d):
    """Convolution over three voxels of its output in each direction, without a bias."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, 3 * stride, stride=stride, padding=stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Features, shape (n, outputs, x, y, z), of features of shape (n, inputs, k x, k y, k z), `k` the stride."""
        if self.stride[0] > 1:
            return strided_convolution(x, self.weight, self.stride[0])
        return super().forward(x)


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Convolution, scan norm, leaky ReLU."""
    return nn.Sequential(StridedConvolution(inputs, outputs, stride), ScanNorm(outputs), nn.LeakyReLU(_SLOPE))


class TwoConvolutions(nn.Sequential):
    """The block at each level of the U-Net: two convolutions, the first with a stride."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(convolution(inputs, outputs, stride), convolution(outputs, outputs))

    def of_joined(self, coarse: Tensor, skipped: Tensor) -> Tensor:
        """Features, shape (n, outputs, 2 x, 2 y, 2 z), of coarse features after upsampling and of skipped ones.

        Coarse features have the shape (n, channels, x, y, z), and skipped ones twice the size. It is what the block
        makes of both together, but needs fewer operations: the exported networks take a sixth less time.
        """
        weight = self.get_parameter("0.0.weight")
        from_coarse, from_skipped = weight.tensor_split([coarse.shape[1]], dim=1)
        x = convolution_of_upsampled(coarse, from_coarse) + functional.conv3d(skipped, from_skipped, padding=1)
        for name in ("0.1", "0.2", "1"):  # what follows the first convolution
            x = self.get_submodule(name)(x)
        return x


def upsample(x: Tensor) -> Tensor:
    """Nearest-neighbour upsampling by a factor of two: shape (n, channels, 2 x, 2 y, 2 z).

    In the exported network it is indexing along one axis after the other, which is faster in ONNX Runtime than its own
    resizing: the default network takes 0.70 s instead of 0.87 s (two cores).
    """
    if not torch.onnx.is_in_onnx_export():
        return functional.interpolate(x, scale_factor=2.0, mode="nearest")
    for axis in _UPSAMPLED_AXES:
        x = x.index_select(axis, torch.arange(2 * x.shape[axis]) // 2)
    return x


class UNet(nn.Module):
    """U-Net (Ronneberger et al., MICCAI 2015) with max-pooling, and upsampling instead of transposed convolutions.

    Parameters
    ----------
    channels : sequence of int
        Number of features at each level, finest first.
    band : float
        The output is clipped to plus or minus this (mm) outside training.
    surfaces : int
        Number of distances that it predicts.
    block : callable
        Makes the block of a level, given the numbers of features of its input and output.
    stride : int
        Number of image voxels along each edge of an output voxel (with `TwoConvolutions`): the first layer takes them
        all, the others cost what they would on the coarser grid.
    output_scale : float
        Factor of the last convolution: before training, the output then has the size of distances in mm.
    """

    def __init__(
        self,
        channels: Sequence[int] = (8, 32, 64, 96, 128),
        band: float = 10.0,
        surfaces: int = 2,
        block: Callable[[int, int], nn.Module] = TwoConvolutions,
        output_scale: float = 5.0,
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.band, self.output_scale = band, output_scale
        self.size_multiple = stride * 2 ** (len(channels) - 1)
        self.encoders = nn.ModuleList(block(a, b) for a, b in zip([1, *channels], channels, strict=False))
        if stride > 1:
            self.encoders[0] = TwoConvolutions(1, channels[0], stride)
        finer, coarser = channels[-2::-1], channels[:0:-1]
        self.reducers = nn.ModuleList(nn.Conv3d(c, f, 1) for f, c in zip(finer, coarser, strict=True))
        self.decoders = nn.ModuleList(block(2 * f, f) for f in finer)
        self.head = nn.Conv3d(channels[0], surfaces, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Signed distances in mm, shape (n, surfaces, x, y, z), of images of shape (n, 1, k x, k y, k z).

        `k` is the stride. Every spatial size of an image must be a multiple of `size_multiple`.
        """
        skips: list[Tensor] = []
        x = image
        for level, encoder in enumerate(self.encoders):
            x = encoder(functional.max_pool3d(x, 2) if level else x)
            skips.append(x)
        skips.pop()
        for reducer, decoder in zip(self.reducers, self.decoders, strict=True):
            x = _joined(decoder, reducer(x), skips.pop())
        distances: Tensor = self.head(x) * self.output_scale
        return distances if self.training else distances.clamp(-self.band, self.band)


def _joined(decoder: nn.Module, coarse: Tensor, skipped: Tensor) -> Tensor:
    """Apply a block to coarse features after upsampling, and skipped ones."""
    if isinstance(decoder, TwoConvolutions) and torch.onnx.is_in_onnx_export():
        return decoder.of_joined(coarse, skipped)
    features: Tensor = decoder(torch.cat([upsample(coarse), skipped], dim=1))
    return features
