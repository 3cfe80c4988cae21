"""The Lightning module: a network, its loss, its optimiser and its measures."""

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

#: Voxels nearer than this to a sample's surface tell how far the starting network's lies from it, in mm.
_NEAR_MM = 5.0


def _frozen(network: UNet) -> UNet:
    """A copy that is never trained."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def overlap(predicted: Tensor, target: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """IoU, Dice and accuracy of the masks of two distance images where `weight` is not 0."""
    counts = weight > 0
    a, b = (predicted < 0) & counts, (target < 0) & counts
    both, either = (a & b).sum(), (a | b).sum()
    return {
        "iou": both / either.clamp_min(1),
        "dice": 2 * both / (both + either).clamp_min(1),
        "accuracy": 1 - (either - both) / counts.sum().clamp_min(1),
    }


class SurfaceModule(pl.LightningModule):
    """A network, its loss and its schedule.

    Parameters
    ----------
    recipe : Recipe
    start : mapping of str to Tensor, optional
        Weights to start from, and to stay near if the recipe has an anchor.
    """

    def __init__(self, recipe: Recipe, start: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        self.recipe = recipe
        self.network = make_network(recipe)
        if start:
            self.network.load_state_dict(start)
        self.network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self.loss = make_loss(recipe.loss, recipe.band, recipe.edge, recipe.offset)
        self._start = dict(start or {})
        self._teacher = [_frozen(self.network)] if start and recipe.align else []  # in a list: no part of checkpoints

    def forward(self, image: Tensor) -> Tensor:
        """Distances (or minus logits) of images of shape (n, 1, x, y, z)."""
        distances: Tensor = self.network(image.to(memory_format=torch.channels_last_3d))
        return distances

    def on_train_epoch_start(self) -> None:
        """Seed what is drawn in an epoch (dropout), so that a resumed run draws the same."""
        torch.manual_seed((self.recipe.seed * 100_003 + self.current_epoch) * 64 + self.global_rank)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Loss of one batch.

        Raises
        ------
        InputError
            If the loss is not a number, or no voxel of the batch counts.
        """
        if not batch["weight"].any():
            raise InputError(f"{self.recipe.name}: a batch in which no voxel counts; check the masks and rois.")
        target = self._aligned(batch)
        loss: Tensor = self.loss(self(batch["image"]).float(), target, batch["weight"], batch["slack"])
        if self.recipe.anchor and self._start:
            loss = loss + self.recipe.anchor * self._drift()
        if not torch.isfinite(loss):
            raise InputError(
                f"{self.recipe.name}: the loss is no number at step {self.global_step}; lower the rate "
                f"(now {self.recipe.rate:g}), set clip, or train with precision 32-true."
            )
        self.log("loss", loss, prog_bar=True)
        return loss

    def _aligned(self, batch: Batch) -> Tensor:
        """Distances of a batch, shifted to where the starting network sees each sample's surface."""
        target = batch["distance"]
        if not self._teacher:
            return target
        teacher = self._teacher[0].to(target.device)
        with torch.no_grad():
            gap = teacher(batch["image"].to(memory_format=torch.channels_last_3d)).float() - target
        near = (target.abs() < _NEAR_MM) & (batch["weight"] > 0)
        shifts = [part[at].median() if at.any() else part.new_zeros(()) for part, at in zip(gap, near, strict=True)]
        limit = self.recipe.band
        return (target + torch.stack(shifts).reshape(-1, 1, 1, 1, 1)).clamp(-limit, limit)

    def _drift(self) -> Tensor:
        """Squared distance of the weights from where they started (L2-SP, Li et al., ICML 2018)."""
        moved = [(w - self._start[name].to(w)).square().sum() for name, w in self.network.named_parameters()]
        return torch.stack(moved).sum()

    def validation_step(self, batch: Batch, index: int) -> Tensor:
        """Loss and overlap of each surface on one held-out head; returns the distances, for pictures."""
        predicted: Tensor = self(batch["image"]).float()
        target = self._aligned(batch)
        loss = self.loss(predicted, target, batch["weight"])
        self.log("val_loss", loss, batch_size=1, sync_dist=True)
        for channel, surface in enumerate(self.recipe.surfaces):
            ending = f"_{surface}" if channel else ""
            fields = (predicted[:, channel], target[:, channel], batch["weight"][:, channel])
            for name, value in overlap(*fields).items():
                shown = name == "dice" and not channel
                self.log(f"val_{name}{ending}", value, prog_bar=shown, batch_size=1, sync_dist=True)
        return predicted

    def rate_at(self, step: int, steps: int) -> float:
        """Share of the peak learning rate at a step of so many."""
        if step < self.recipe.warmup:
            return (step + 1) / self.recipe.warmup
        if self.recipe.schedule == "constant":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))) + 0.002

    def configure_optimizers(self) -> Any:
        """AdamW (Loshchilov and Hutter 2019) or Adam with the schedule of `rate_at`."""
        kinds = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}
        recipe, steps = self.recipe, int(self.trainer.estimated_stepping_batches)
        optimiser = kinds[recipe.optimiser](self.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: self.rate_at(step, steps))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
