"""The critic's network: a small U-Net on cells that says which part of each is wrong, and how good the mask is.

Its idea is that of predicting segmentation errors from the image and the mask together (DeVries and Taylor 2018,
arXiv 1807.00502; Qiu et al., QCResUNet, MICCAI 2023).
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from deskull.quality.calibration import OFFSET
from deskull.quality.critic.cells import CELL, FAR_MM, N_CHANNELS

#: Features at each level, and groups of the norm.
CHANNELS, _GROUPS = (16, 48, 96), 4
#: Edge of the voxels in mm.
VOXEL_MM = 2.0
#: Channels of the depth and of the field of view.
_DEPTH, _SEEN = slice(CELL**3, 2 * CELL**3), 2 * CELL**3 + 1
#: By how much, as a logarithm, the whole may correct the sum of the cells.
_CORRECTION = 1.5


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Convolution, norm in groups (Wu and He, ECCV 2018), leaky ReLU."""
    return nn.Sequential(
        nn.Conv3d(inputs, outputs, 3, padding=1, bias=False), nn.GroupNorm(_GROUPS, outputs), nn.LeakyReLU(0.1)
    )


class CriticNetwork(nn.Module):
    """Says what is wrong with masks.

    Parameters
    ----------
    inputs : int
        Number of channels.
    """

    def __init__(self, inputs: int = N_CHANNELS) -> None:
        super().__init__()
        a, b, c = CHANNELS
        self.fine = nn.Sequential(nn.Conv3d(inputs, a, 3, padding=1), nn.LeakyReLU(0.1), _convolution(a, a))
        self.middle = nn.Sequential(_convolution(a, b), _convolution(b, b))
        self.coarse = nn.Sequential(_convolution(b, c), _convolution(c, c))
        self.to_middle, self.to_fine = nn.Conv3d(c, b, 1), nn.Conv3d(b, a, 1)
        self.middle_again = nn.Sequential(_convolution(2 * b, b), _convolution(b, b))
        self.fine_again = nn.Sequential(_convolution(2 * a, a), _convolution(a, a))
        self.cells = nn.Conv3d(a, 2, 1)
        self.whole = nn.Sequential(nn.Linear(2 * c, 32), nn.LeakyReLU(0.1), nn.Linear(32, 2))
        nn.init.constant_(self.cells.bias, -4.0)  # most cells are right

    def forward(self, window: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of the wrong fractions of cells (n, 2, u, v, w), and a summary (n, 2): error and odds."""
        fine = self.fine(window)
        middle = self.middle(functional.max_pool3d(fine, 2))
        coarse = self.coarse(functional.max_pool3d(middle, 2))
        again = self.middle_again(torch.cat([_up(self.to_middle(coarse)), middle], 1))
        again = self.fine_again(torch.cat([_up(self.to_fine(again)), fine], 1))
        logits = self.cells(again).float()
        inside = window[:, _SEEN] * (0.5 - window[:, _DEPTH].float() * (FAR_MM / VOXEL_MM)).clamp(0, 1).mean(1)
        pooled = torch.cat([coarse.mean((2, 3, 4)), coarse.amax((2, 3, 4))], 1)
        correction, odds = self.whole(pooled).float().unbind(1)
        error = torch.log(error_of(logits.sigmoid(), inside) + OFFSET) + _CORRECTION * torch.tanh(correction)
        return logits, torch.stack([error, odds], 1)


def error_of(wrong: Tensor, inside: Tensor) -> Tensor:
    """Return 1 - Dice, shape (n,).

    Parameters
    ----------
    wrong : Tensor, shape (n, 2, u, v, w)
        Fractions of cells that are wrongly inside and outside.
    inside : Tensor, shape (n, u, v, w)
        Fraction of each cell in the mask.
    """
    extra, missing = wrong.sum((2, 3, 4)).unbind(1)
    total = inside.sum((1, 2, 3)).clamp_min(1.0)
    return (extra + missing) / (2 * total - extra + missing).clamp_min(1.0)


def _up(x: Tensor) -> Tensor:
    """Nearest-neighbour upsampling by two."""
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
