"""The network of the tutorial: a residual 3-D U-Net with batch norm and dropout, as intended and as published."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch.nn.functional as functional
from torch import Tensor, nn

from deskull.train.network.unet import UNet


class ResidualBlock(nn.Module):
    """Two convolutions with batch norm, added to their input (He et al., CVPR 2016).

    Parameters
    ----------
    inputs, outputs : int
        Number of features.
    dropout : float
        Fraction of features dropped between the two (Tompson et al., CVPR 2015).
    first_dropped : bool
        Whether to repeat the tutorial's mistake: its second convolution takes the input of the block, so that the first
        one has no effect.
    """

    def __init__(self, inputs: int, outputs: int, dropout: float, first_dropped: bool = False) -> None:
        super().__init__()
        layers = [] if first_dropped else [*_convolution(inputs, outputs), nn.ReLU(), nn.Dropout3d(dropout)]
        layers += _convolution(inputs if first_dropped else outputs, outputs)
        self.body = nn.Sequential(*layers)
        self.shortcut = nn.Conv3d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Features, shape (n, outputs, x, y, z), of features of shape (n, inputs, x, y, z)."""
        return functional.relu(self.body(x) + self.shortcut(x))


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    """3x3x3 convolution with weights of He et al. (ICCV 2015), then batch norm (Ioffe and Szegedy, ICML 2015)."""
    convolution = nn.Conv3d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return [convolution, nn.BatchNorm3d(outputs)]


def residual_unet(
    channels: Sequence[int], dropout: float = 0.1, limit: float = 10.0, *, first_dropped: bool = False
) -> UNet:
    """A U-Net of residual blocks that classifies each voxel as brain or not.

    Its output is minus the logit, shape (n, 1, x, y, z): negative inside, like a distance.

    Parameters
    ----------
    channels : sequence of int
        Number of features at each level, finest first.
    dropout : float
        See `ResidualBlock`.
    limit : float
        The output is clipped to plus or minus this outside training.
    first_dropped : bool
        See `ResidualBlock`.

    Notes
    -----
    Nearest-neighbour upsampling replaces the transposed convolutions of the tutorial: it runs on every engine and
    leaves no checkerboard pattern.
    """
    block = partial(ResidualBlock, dropout=dropout, first_dropped=first_dropped)
    return UNet(channels, limit, surfaces=1, block=block, output_scale=-1.0)
