"""The Lightning module: a network with its loss, optimiser and measures."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor

from deskull.errors import InputError
from deskull.train.data.samples import Batch
from deskull.train.network.build import make_network
from deskull.train.network.losses import make_loss
from deskull.train.network.unet import UNet
from deskull.train.recipe import Recipe

#: The surface of the initial network is compared with a sample's over voxels closer to the latter than this, in mm.
_NEAR_MM = 5.0
#: Fraction of the highest learning rate with which the cosine schedule ends.
_FINAL_RATE = 0.002


def _frozen(network: UNet) -> UNet:
    """Copy a network; the copy is not trained."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def overlap(predicted: Tensor, target: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """Compute IoU, Dice and accuracy of the masks of two distance images.

    Parameters
    ----------
    predicted, target : Tensor
        Distances, negative inside.
    weight : Tensor, same shape
        Voxels with the weight 0 do not count.
    """
    counts = weight > 0
    a, b = (predicted < 0) & counts, (target < 0) & counts
    both, either = (a & b).sum(), (a | b).sum()
    return {
        "iou": both / either.clamp_min(1),
        "dice": 2 * both / (both + either).clamp_min(1),
        "accuracy": 1 - (either - both) / counts.sum().clamp_min(1),
    }


class SurfaceModule(pl.LightningModule):
    """A network with its loss and its schedule.

    Parameters
    ----------
    recipe : Recipe
    initial_weights : mapping of str to Tensor, optional
        Of the network; random ones by default.
    """

    def __init__(self, recipe: Recipe, initial_weights: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        self.recipe = recipe
        self.network = make_network(recipe)
        if initial_weights:
            self.network.load_state_dict(initial_weights)
        self.network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self.loss = make_loss(recipe)
        self._initial_weights = dict(initial_weights or {})
        aligned = bool(initial_weights) and recipe.align_to_initial_model
        # In a list, so that it is no part of checkpoints.
        self._initial_network = [_frozen(self.network)] if aligned else []

    def forward(self, image: Tensor) -> Tensor:
        """Predict distances (or minus logits) from images of shape (n, 1, x, y, z)."""
        distances: Tensor = self.network(image.to(memory_format=torch.channels_last_3d))
        return distances

    def on_train_epoch_start(self) -> None:
        """Seed the draws of an epoch (dropout), so that a resumed run has the same."""
        torch.manual_seed((self.recipe.seed * 100_003 + self.current_epoch) * 64 + self.global_rank)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Compute the loss of one batch.

        Raises
        ------
        InputError
            If the loss is not finite, or no voxel of the batch counts.
        """
        if not batch["weight"].any():
            raise InputError(
                f"{self.recipe.name}: no voxel of a batch counts; check the masks and regions of interest."
            )
        target = self._aligned(batch)
        loss: Tensor = self.loss(self(batch["image"]).float(), target, batch["weight"], batch["tolerance"])
        if self.recipe.l2_sp_weight and self._initial_weights:
            loss = loss + self.recipe.l2_sp_weight * self._squared_change()
        if not torch.isfinite(loss):
            raise InputError(
                f"{self.recipe.name}: the loss is not finite at step {self.global_step}; lower learning_rate (now "
                f"{self.recipe.learning_rate:g}), set gradient_clip, or use precision 32-true."
            )
        self.log("loss", loss, prog_bar=True)
        return loss

    def _aligned(self, batch: Batch) -> Tensor:
        """Target distances of a batch, each shifted to the surface that the initial network predicts."""
        target = batch["distance"]
        if not self._initial_network:
            return target
        network = self._initial_network[0].to(target.device)
        with torch.no_grad():
            difference = network(batch["image"].to(memory_format=torch.channels_last_3d)).float() - target
        near = (target.abs() < _NEAR_MM) & (batch["weight"] > 0)
        shifts = [
            part[at].median() if at.any() else part.new_zeros(()) for part, at in zip(difference, near, strict=True)
        ]
        band = self.recipe.band
        return (target + torch.stack(shifts).reshape(-1, 1, 1, 1, 1)).clamp(-band, band)

    def _squared_change(self) -> Tensor:
        """Squared distance of the weights from the initial ones (L2-SP, Li et al., ICML 2018)."""
        initial = self._initial_weights
        changes = [(w - initial[name].to(w)).square().sum() for name, w in self.network.named_parameters()]
        return torch.stack(changes).sum()

    def validation_step(self, batch: Batch, index: int) -> Tensor:
        """Log loss and overlap of each surface of one validation image; return the distances, for pictures."""
        predicted: Tensor = self(batch["image"]).float()
        target = self._aligned(batch)
        loss = self.loss(predicted, target, batch["weight"])
        self.log("val_loss", loss, batch_size=1, sync_dist=True)
        for channel, surface in enumerate(self.recipe.surfaces):
            ending = f"_{surface}" if channel else ""
            fields = (predicted[:, channel], target[:, channel], batch["weight"][:, channel])
            for name, value in overlap(*fields).items():
                in_bar = name == "dice" and not channel
                self.log(f"val_{name}{ending}", value, prog_bar=in_bar, batch_size=1, sync_dist=True)
        return predicted

    def learning_rate_factor(self, step: int, steps: int) -> float:
        """Learning rate at a step of a training of `steps` steps, as a fraction of the highest one."""
        if step < self.recipe.warmup_steps:
            return (step + 1) / self.recipe.warmup_steps
        if self.recipe.schedule == "constant":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))) + _FINAL_RATE

    def configure_optimizers(self) -> Any:
        """Make the optimiser, with the schedule of `learning_rate_factor`."""
        kinds = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}
        recipe, steps = self.recipe, int(self.trainer.estimated_stepping_batches)
        settings = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
        optimiser = kinds[recipe.optimiser](self.parameters(), **settings)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: self.learning_rate_factor(step, steps))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
