"""The network: a compact 3-D U-Net that answers with signed distances in mm."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

#: Output channels, in this order.
SURFACES = ("brain", "intracranial")


class ScanNorm(nn.Module):
    """Normalise each scan by its own statistics, per channel (Ulyanov et al. 2016).

    With one scan this is batch norm in training mode, several times faster on CPU than torch's instance
    norm; nothing is averaged over training, so the exported network does what the trained one did.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise a batch, shape (n, channels, x, y, z)."""
        if x.shape[0] == 1 and self.training:
            return functional.batch_norm(x, None, None, self.weight, self.bias, training=True)
        return functional.instance_norm(x, weight=self.weight, bias=self.bias)


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Convolution over three voxels of its answer in each direction, scan norm, leaky ReLU."""
    weights = nn.Conv3d(inputs, outputs, 3 * stride, stride=stride, padding=stride, bias=False)
    return nn.Sequential(weights, ScanNorm(outputs), nn.LeakyReLU(0.1))


def two_convolutions(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    """What stands at each level of the U-Net."""
    return nn.Sequential(convolution(inputs, outputs, stride), convolution(outputs, outputs))


def doubled(x: Tensor) -> Tensor:
    """Nearest upsampling: each voxel twice along x, y and z, shape (n, channels, 2 x, 2 y, 2 z).

    Exported as a choice of voxels along one axis after another: the default network takes 0.70 s in ONNX Runtime so,
    0.87 s with its resizing.
    """
    if not torch.onnx.is_in_onnx_export():
        return functional.interpolate(x, scale_factor=2.0, mode="nearest")
    for axis in (4, 3, 2):
        x = x.index_select(axis, torch.arange(2 * x.shape[axis]) // 2)
    return x


class UNet(nn.Module):
    """U-Net (Ronneberger et al. 2015) with max-pooling, nearest upsampling and no transposed convolution.

    Parameters
    ----------
    channels : sequence of int
        Features at each level, finest first.
    band : float
        Answers are clipped to plus or minus this (mm) outside training.
    surfaces : int
        How many distances it answers with.
    block : callable
        Makes what stands at a level, of the numbers of features that come in and go out.
    stride : int
        How many voxels of the image make one of the answer along each edge (with `two_convolutions`): the first layer
        sees them all, the rest costs what it would on the coarser grid.
    unit : float
        What the last convolution is multiplied by: answers start out of the size of distances in mm.
    """

    def __init__(
        self,
        channels: Sequence[int] = (8, 32, 64, 96, 128),
        band: float = 10.0,
        surfaces: int = len(SURFACES),
        block: Callable[[int, int], nn.Module] = two_convolutions,
        unit: float = 5.0,
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.band, self.unit = band, unit
        self.factor = stride * 2 ** (len(channels) - 1)
        self.encoders = nn.ModuleList(block(a, b) for a, b in zip([1, *channels], channels, strict=False))
        if stride > 1:
            self.encoders[0] = two_convolutions(1, channels[0], stride)
        finer, coarser = channels[-2::-1], channels[:0:-1]
        self.reducers = nn.ModuleList(nn.Conv3d(c, f, 1) for f, c in zip(finer, coarser, strict=True))
        self.decoders = nn.ModuleList(block(2 * f, f) for f in finer)
        self.head = nn.Conv3d(channels[0], surfaces, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Signed distances in mm, shape (n, surfaces, x, y, z), of images of shape (n, 1, k x, k y, k z), k the stride.

        Every spatial size of an image must be a multiple of `factor`.
        """
        skips: list[Tensor] = []
        x = image
        for level, encoder in enumerate(self.encoders):
            x = encoder(functional.max_pool3d(x, 2) if level else x)
            skips.append(x)
        skips.pop()
        for reducer, decoder in zip(self.reducers, self.decoders, strict=True):
            x = doubled(reducer(x))
            x = decoder(torch.cat([x, skips.pop()], dim=1))
        answer: Tensor = self.head(x) * self.unit
        return answer if self.training else answer.clamp(-self.band, self.band)
