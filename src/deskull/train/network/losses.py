"""Losses: of signed distances, and those of MONAI for masks. All take the same arguments."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as functional
from monai.losses import DiceFocalLoss, DiceLoss, FocalLoss, MaskedDiceLoss
from torch import Tensor, nn

from deskull.train.recipe import Recipe

Loss = Callable[..., Tensor]
#: Logit of a voxel that is certainly outside.
_SURELY_OUTSIDE = -20.0
#: Errors smaller than this, in mm, count by their square, larger ones linearly (Huber, 1964).
_LINEAR_MM = 0.25
#: Width of the Gaussian by which the extra weight of the surface fades with the distance, in mm.
_SURFACE_MM = 2.5
#: The mean offset of a surface is taken over voxels closer to it than this, in mm.
_AT_SURFACE_MM = 2.0


class DistanceLoss(nn.Module):
    """Error of predicted distances, plus soft Dice of the masks that they stand for.

    Within the band the error is smooth L1, in mm; beyond it only a prediction inside the band is an error. MONAI's Dice
    of ``sigmoid(-distance)`` keeps the mask as a whole right.

    Parameters
    ----------
    band : float
        Target distances are clipped to plus or minus this, in mm.
    far : float
        Weight of the voxels beyond the band.
    dice : float
        Weight of the Dice term.
    surface_weight : float
        By how much errors at the surface weigh more than those at the end of the band, as a factor less 1.
    offset_weight : float
        Weight of the mean offset of a surface in mm. Definitions and contrasts shift a surface as a whole, by less than
        the errors of single voxels.
    """

    def __init__(
        self,
        band: float,
        far: float = 0.5,
        dice: float = 2.0,
        surface_weight: float = 0.0,
        offset_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.band, self.far, self.dice = band, far, dice
        self.surface_weight, self.offset_weight = surface_weight, offset_weight
        self.overlap = MaskedDiceLoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0)

    def forward(self, predicted: Tensor, target: Tensor, weight: Tensor, tolerance: Tensor | float = 0.0) -> Tensor:
        """Mean loss of a batch.

        Parameters
        ----------
        predicted, target, weight : Tensor, shape (n, 2, x, y, z)
            Distances in mm; the weight is 0 where the target is unknown.
        tolerance : Tensor, shape (n, 1, 1, 1, 1), or float
            Error in mm that costs nothing; the Dice term leaves out voxels closer to the surface than that.
        """
        clipped = torch.where(target.abs() >= self.band, _clip_beyond(predicted, target, self.band), predicted)
        beyond = functional.relu((clipped - target).abs() - tolerance)
        error = functional.smooth_l1_loss(beyond, torch.zeros_like(beyond), reduction="none", beta=_LINEAR_MM) * weight
        near = (target.abs() < self.band).float() * weight
        far = weight - near
        near = near * (1 + self.surface_weight * torch.exp(-((target / _SURFACE_MM) ** 2)))
        loss = (error * near).sum() / near.sum().clamp_min(1)
        loss = loss + self.far * (error * far).sum() / far.sum().clamp_min(1)
        if self.offset_weight:
            at_surface = weight * (target.abs() < _AT_SURFACE_MM)
            loss = loss + self.offset_weight * _mean_offset(predicted - target, at_surface, tolerance)
        total: Tensor = loss + self.dice * self._overlap(predicted, target, weight * (target.abs() >= tolerance))
        return total

    def _overlap(self, predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Mean Dice loss of the surfaces whose target is known anywhere."""
        terms = [
            self.overlap(-predicted[:, c : c + 1], (target[:, c : c + 1] < 0).float(), weight[:, c : c + 1])
            for c in range(target.shape[1])
            if weight[:, c].any()
        ]
        return torch.stack(terms).mean() if terms else predicted.sum() * 0


def _mean_offset(error: Tensor, weight: Tensor, tolerance: Tensor | float) -> Tensor:
    """Mean over images and surfaces of the absolute weighted mean error in mm, less the tolerance."""
    volume = (2, 3, 4)
    mean = (error * weight).sum(volume, keepdim=True) / weight.sum(volume, keepdim=True).clamp_min(1)
    return functional.relu(mean.abs() - tolerance).mean()


def _clip_beyond(predicted: Tensor, target: Tensor, band: float) -> Tensor:
    """Clip predictions to the band on the side of the target only."""
    return torch.where(target > 0, predicted.clamp_max(band), predicted.clamp_min(-band))


class MaskLoss(nn.Module):
    """A loss of MONAI between minus the prediction, taken as logits, and the mask that a distance stands for.

    Parameters
    ----------
    kind : {"dice", "focal", "dice_focal"}
        Soft Dice (Milletari et al., 3DV 2016), focal (Lin et al., ICCV 2017; gamma 2), or their sum.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        kinds: dict[str, Loss] = {
            "dice": DiceLoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0),
            "focal": FocalLoss(gamma=2.0),
            "dice_focal": DiceFocalLoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0),
        }
        self.loss = kinds[kind]

    def forward(self, predicted: Tensor, target: Tensor, weight: Tensor, tolerance: Tensor | float = 0.0) -> Tensor:
        """Mean loss of a batch; see `DistanceLoss.forward`. Voxels without weight count as outside and correct."""
        counts = (weight > 0) & (target.abs() >= tolerance)
        logits = torch.where(counts, -predicted, _SURELY_OUTSIDE)
        mask = ((target < 0) & counts).float()
        loss: Tensor = self.loss(logits, mask)
        return loss


def make_loss(recipe: Recipe) -> nn.Module:
    """The loss of a recipe."""
    if recipe.loss != "distance":
        return MaskLoss(recipe.loss)
    return DistanceLoss(recipe.band, surface_weight=recipe.surface_weight, offset_weight=recipe.offset_weight)
