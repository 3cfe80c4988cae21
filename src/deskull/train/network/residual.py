"""The tutorial's network: a residual 3-D U-Net with batch norm and dropout, as it was meant and as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch.nn.functional as functional
from torch import Tensor, nn

from deskull.train.network.unet import UNet


class ResidualBlock(nn.Module):
    """Two convolutions with batch norm, added to what came in (He et al., CVPR 2016).

    Parameters
    ----------
    inputs, outputs : int
        Features.
    dropout : float
        Share of features dropped between the two (Tompson et al., CVPR 2015).
    first_dropped : bool
        The tutorial's mistake: its second convolution reads the block's input, so the first is thrown away.
    """

    def __init__(self, inputs: int, outputs: int, dropout: float, first_dropped: bool = False) -> None:
        super().__init__()
        layers = [] if first_dropped else [*_convolution(inputs, outputs), nn.ReLU(), nn.Dropout3d(dropout)]
        layers += _convolution(inputs if first_dropped else outputs, outputs)
        self.body = nn.Sequential(*layers)
        self.shortcut = nn.Conv3d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Features of shape (n, outputs, x, y, z)."""
        return functional.relu(self.body(x) + self.shortcut(x))


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    """3x3x3 convolution with He's weights (ICCV 2015), then batch norm (Ioffe and Szegedy 2015)."""
    convolution = nn.Conv3d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return [convolution, nn.BatchNorm3d(outputs)]


def residual_unet(
    channels: Sequence[int], dropout: float = 0.1, limit: float = 10.0, *, first_dropped: bool = False
) -> UNet:
    """A U-Net of residual blocks that says of each voxel whether it is brain.

    It answers with minus the logit, shape (n, 1, x, y, z): negative inside, like a distance.

    Parameters
    ----------
    channels : sequence of int
        Features at each level, finest first.
    dropout : float
        See `ResidualBlock`.
    limit : float
        Answers are clipped to plus or minus this outside training.
    first_dropped : bool
        See `ResidualBlock`.

    Notes
    -----
    The tutorial's transposed convolutions are nearest upsampling here: they run on every engine and leave no
    checkerboard.
    """
    block = partial(ResidualBlock, dropout=dropout, first_dropped=first_dropped)
    return UNet(channels, limit, surfaces=1, block=block, unit=-1.0)
