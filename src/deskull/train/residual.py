"""The tutorial's network: a residual 3-D U-Net with batch norm and dropout, as it was meant and as it was written."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor, nn


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


class ResidualUNet(nn.Module):
    """U-Net (Ronneberger et al. 2015) of residual blocks that says of each voxel whether it is brain.

    Parameters
    ----------
    channels : sequence of int
        Features at each level, finest first.
    dropout : float
        See `ResidualBlock`.
    limit : float
        The answer is clipped to plus or minus this outside training.
    first_dropped : bool
        See `ResidualBlock`.

    Notes
    -----
    The tutorial's transposed convolutions are nearest upsampling here: they run on every engine and leave no
    checkerboard.
    """

    def __init__(
        self, channels: Sequence[int], dropout: float = 0.1, limit: float = 10.0, first_dropped: bool = False
    ) -> None:
        super().__init__()
        self.limit = limit
        self.factor = 2 ** (len(channels) - 1)
        widths = [1, *channels]
        pairs = zip(widths, channels, strict=False)
        self.encoders = nn.ModuleList(ResidualBlock(a, b, dropout, first_dropped) for a, b in pairs)
        finer, coarser = channels[-2::-1], channels[:0:-1]
        self.reducers = nn.ModuleList(nn.Conv3d(c, f, 1) for f, c in zip(finer, coarser, strict=True))
        self.decoders = nn.ModuleList(ResidualBlock(2 * f, f, dropout, first_dropped) for f in finer)
        self.head = nn.Conv3d(channels[0], 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Minus the logit of being brain, shape (n, 1, x, y, z): negative inside, like a distance.

        Every spatial size must be a multiple of `factor`.
        """
        skips: list[Tensor] = []
        x = image
        for level, encoder in enumerate(self.encoders):
            x = encoder(functional.max_pool3d(x, 2) if level else x)
            skips.append(x)
        skips.pop()
        for reducer, decoder in zip(self.reducers, self.decoders, strict=True):
            x = functional.interpolate(reducer(x), scale_factor=2.0, mode="nearest")
            x = decoder(torch.cat([x, skips.pop()], dim=1))
        answer: Tensor = -self.head(x)
        return answer if self.training else answer.clamp(-self.limit, self.limit)
