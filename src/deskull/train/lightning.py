"""Training with Lightning: the module, its optimiser and its callbacks."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import Tensor

from deskull.train.data import Batch
from deskull.train.losses import DistanceLoss
from deskull.train.network import UNet
from deskull.train.pictures import ValidationPictures
from deskull.train.recipe import Recipe


def dice(predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Dice of the masks of two distance images where `weight` is not 0."""
    a, b = (predicted < 0) & (weight > 0), (target < 0) & (weight > 0)
    total: Tensor = 2 * (a & b).sum() / (a.sum() + b.sum()).clamp_min(1)
    return total


class DistanceModule(pl.LightningModule):
    """The network, its loss and its schedule: AdamW with linear warm-up and a cosine."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.network = UNet(recipe.channels, recipe.band)
        self.network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self.loss = DistanceLoss(recipe.band)

    def forward(self, image: Tensor) -> Tensor:
        """Distances in mm of images of shape (n, 1, x, y, z)."""
        distances: Tensor = self.network(image.to(memory_format=torch.channels_last_3d))
        return distances

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Loss of one batch."""
        loss: Tensor = self.loss(self(batch["image"]).float(), batch["distance"], batch["weight"], batch["slack"])
        self.log("loss", loss, prog_bar=True)
        self.log("min_left", self._minutes_left(), prog_bar=True, logger=False)
        return loss

    def on_train_start(self) -> None:
        """Start the clock of the time left."""
        self._started = (time.monotonic(), self.global_step)

    def _minutes_left(self) -> float:
        """Minutes to the recipe's last step at the pace so far."""
        start, first = self._started
        done = max(1, self.global_step - first)
        return (time.monotonic() - start) / done * (self.recipe.steps - self.global_step) / 60

    def validation_step(self, batch: Batch, index: int) -> Tensor:
        """Loss and Dice of each surface on a held-out head; returns the distances, for pictures."""
        predicted: Tensor = self(batch["image"]).float()
        self.log("val_loss", self.loss(predicted, batch["distance"], batch["weight"]), batch_size=1)
        for channel, name in enumerate(("val_dice", "val_dice_intracranial")):
            fields = (predicted[:, channel], batch["distance"][:, channel], batch["weight"][:, channel])
            self.log(name, dice(*fields), prog_bar=channel == 0, batch_size=1)
        return predicted

    def rate_at(self, step: int) -> float:
        """Share of the peak learning rate at a step."""
        if step < self.recipe.warmup:
            return (step + 1) / self.recipe.warmup
        progress = min(1.0, step / self.recipe.steps)
        return 0.5 * (1 + math.cos(math.pi * progress)) + 0.002

    def configure_optimizers(self) -> Any:
        """AdamW (Loshchilov and Hutter 2019) with the schedule of `rate_at`."""
        optimiser = torch.optim.AdamW(self.parameters(), lr=self.recipe.rate, weight_decay=self.recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, self.rate_at)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def make_trainer(recipe: Recipe, out: Path, accelerator: str = "auto") -> pl.Trainer:
    """A trainer that logs to CSV and TensorBoard, keeps the last and best checkpoints, averages weights."""
    callbacks: list[Callback] = [
        # Two, because one with a monitor leaves the last epoch unsaved where it was not the best.
        ModelCheckpoint(out, filename="last", enable_version_counter=False),
        ModelCheckpoint(out, filename="best", monitor="val_loss", enable_version_counter=False),
        EMAWeightAveraging(decay=recipe.ema),
        ValidationPictures(out),
    ]
    return pl.Trainer(
        accelerator=accelerator,
        devices=1,
        precision="bf16-mixed",
        max_steps=recipe.steps,
        callbacks=callbacks,
        logger=[CSVLogger(out, name="csv"), TensorBoardLogger(out, name="tensorboard")],
        gradient_clip_val=recipe.clip,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        log_every_n_steps=10,
    )
