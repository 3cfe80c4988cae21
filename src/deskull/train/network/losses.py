"""Losses: on signed distances, and MONAI's on masks. All take the same arguments."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as functional
from monai.losses import DiceFocalLoss, DiceLoss, FocalLoss, MaskedDiceLoss
from torch import Tensor, nn

Loss = Callable[..., Tensor]
#: A logit so low that sigmoid calls the voxel outside without doubt.
_SURELY_OUTSIDE = -20.0
#: Errors smaller than this count by their square, in mm; larger ones evenly, so that the answer is the median.
_EVEN_MM = 0.25
#: How far from the surface its neighbourhood reaches, in mm.
_EDGE_MM = 2.5
#: Voxels nearer than this to the surface tell how far off it lies as a whole, in mm.
_AT_SURFACE_MM = 2.0


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
    edge : float
        How much more the errors at the surface weigh than those at the end of the band.
    offset : float
        Weight of how far a surface lies off as a whole, in mm: what differs between definitions and contrasts is
        the same all round a head, and drowns in what differs from voxel to voxel.
    """

    def __init__(
        self, band: float, far: float = 0.5, dice: float = 2.0, edge: float = 0.0, offset: float = 0.0
    ) -> None:
        super().__init__()
        self.band, self.far, self.dice, self.edge, self.offset = band, far, dice, edge, offset
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
        error = functional.smooth_l1_loss(beyond, torch.zeros_like(beyond), reduction="none", beta=_EVEN_MM) * weight
        near = (target.abs() < self.band).float() * weight
        far = weight - near
        near = near * (1 + self.edge * torch.exp(-((target / _EDGE_MM) ** 2)))
        loss = (error * near).sum() / near.sum().clamp_min(1)
        loss = loss + self.far * (error * far).sum() / far.sum().clamp_min(1)
        if self.offset:
            loss = loss + self.offset * _offset(predicted - target, weight * (target.abs() < _AT_SURFACE_MM), slack)
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


def _offset(error: Tensor, weight: Tensor, slack: Tensor | float) -> Tensor:
    """Mean over images and surfaces of the size of the weighted mean error, in mm, less the slack."""
    volume = (2, 3, 4)
    mean = (error * weight).sum(volume, keepdim=True) / weight.sum(volume, keepdim=True).clamp_min(1)
    return functional.relu(mean.abs() - slack).mean()


def _towards(predicted: Tensor, target: Tensor, band: float) -> Tensor:
    """Clip an answer only on the side where going beyond the band is right."""
    return torch.where(target > 0, predicted.clamp_max(band), predicted.clamp_min(-band))


class MaskLoss(nn.Module):
    """A loss of MONAI's between minus the answer, taken as logits, and the mask that a distance means.

    Parameters
    ----------
    kind : {"dice", "focal", "dice_focal"}
        Soft Dice (Milletari et al. 2016), focal (Lin et al. 2017; gamma 2), or their sum.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        kinds: dict[str, Loss] = {
            "dice": DiceLoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0),
            "focal": FocalLoss(gamma=2.0),
            "dice_focal": DiceFocalLoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0),
        }
        self.loss = kinds[kind]

    def forward(self, predicted: Tensor, target: Tensor, weight: Tensor, slack: Tensor | float = 0.0) -> Tensor:
        """Mean loss of a batch; see `DistanceLoss.forward`. Voxels without weight count as outside, found so."""
        counts = (weight > 0) & (target.abs() >= slack)
        logits = torch.where(counts, -predicted, _SURELY_OUTSIDE)
        mask = ((target < 0) & counts).float()
        loss: Tensor = self.loss(logits, mask)
        return loss


def make_loss(kind: str, band: float, edge: float = 0.0, offset: float = 0.0) -> nn.Module:
    """The loss that a recipe names; `band` in mm, `edge` and `offset` are for distances."""
    return DistanceLoss(band, edge=edge, offset=offset) if kind == "distance" else MaskLoss(kind)
