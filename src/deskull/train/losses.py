"""Losses on signed distances."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from monai.losses import MaskedDiceLoss
from torch import Tensor, nn


class DistanceLoss(nn.Module):
    """How far predicted distances are from the true ones, plus soft Dice of the masks they mean.

    Near a surface (inside the band) the error is smooth L1 in mm; beyond it only an answer on the wrong
    side of the band is an error. MONAI's Dice on ``sigmoid(-distance)`` keeps the whole mask in view.

    Parameters
    ----------
    band : float
        Where target distances are clipped, in mm.
    far : float
        Weight of the voxels beyond the band.
    dice : float
        Weight of the Dice term.
    """

    def __init__(self, band: float, far: float = 0.5, dice: float = 2.0) -> None:
        super().__init__()
        self.band, self.far, self.dice = band, far, dice
        self.overlap = MaskedDiceLoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0)

    def forward(self, predicted: Tensor, target: Tensor, weight: Tensor, slack: Tensor | float = 0.0) -> Tensor:
        """Mean loss of a batch.

        Parameters
        ----------
        predicted, target, weight : Tensor, shape (n, 2, x, y, z)
            Distances in mm; weight 0 where nothing is known.
        slack : Tensor, shape (n, 1, 1, 1, 1), or float
            Error in mm that costs nothing; the Dice term leaves out voxels nearer the surface than that.
        """
        clipped = torch.where(target.abs() >= self.band, _towards(predicted, target, self.band), predicted)
        beyond = functional.relu((clipped - target).abs() - slack)
        error = functional.smooth_l1_loss(beyond, torch.zeros_like(beyond), reduction="none", beta=1.0) * weight
        near = (target.abs() < self.band).float() * weight
        far = weight - near
        loss = (error * near).sum() / near.sum().clamp_min(1)
        loss = loss + self.far * (error * far).sum() / far.sum().clamp_min(1)
        total: Tensor = loss + self.dice * self._overlap(predicted, target, weight * (target.abs() >= slack))
        return total

    def _overlap(self, predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Mean Dice loss over surfaces of which anything is known."""
        terms = [
            self.overlap(-predicted[:, c : c + 1], (target[:, c : c + 1] < 0).float(), weight[:, c : c + 1])
            for c in range(target.shape[1])
            if weight[:, c].any()
        ]
        return torch.stack(terms).mean() if terms else predicted.sum() * 0


def _towards(predicted: Tensor, target: Tensor, band: float) -> Tensor:
    """Clip an answer only on the side where going beyond the band is right."""
    return torch.where(target > 0, predicted.clamp_max(band), predicted.clamp_min(-band))
