"""The Lightning trainer: hardware, callbacks and checkpoints."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback, EarlyStopping, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger

from deskull.train.callbacks.curves import LearningCurves
from deskull.train.callbacks.pictures import ValidationPictures
from deskull.train.callbacks.speed import Pace
from deskull.train.checkpoints import SafeCheckpointIO
from deskull.train.recipe import Recipe


@dataclass(frozen=True)
class Hardware:
    """What to train on, as Lightning names it."""

    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1


def make_trainer(recipe: Recipe, out: Path, hardware: Hardware | None = None, *, validates: bool = True) -> pl.Trainer:
    """A trainer that logs to CSV and TensorBoard, draws curves and pictures, keeps the best and last checkpoints.

    Parameters
    ----------
    recipe : Recipe
    out : Path
        Folder of the run.
    hardware : Hardware, optional
    validates : bool
        False where there is nothing to validate on: only the last checkpoint is kept then.
    """
    hardware = hardware or Hardware()
    callbacks: list[Callback] = [LearningCurves(out), ValidationPictures(out), Pace(out)]
    if recipe.ema:
        callbacks.append(EMAWeightAveraging(decay=recipe.ema))
    if recipe.patience and validates:
        callbacks.append(EarlyStopping("val_loss", patience=recipe.patience, check_on_train_epoch_end=True))
    # The best first: what the last one remembers of it is then true, wherever a run is killed.
    kept = [("best", "val_loss"), ("last", None)] if validates else [("last", None)]
    callbacks += [
        ModelCheckpoint(out, filename=name, monitor=monitor, enable_version_counter=False, save_on_train_epoch_end=True)
        for name, monitor in kept
    ]
    length: dict[str, int] = (
        {"max_steps": recipe.steps} if recipe.data == "synthesis" else {"max_epochs": recipe.epochs}
    )
    return pl.Trainer(
        accelerator=hardware.accelerator,
        devices=hardware.devices,
        num_nodes=hardware.nodes,
        precision=recipe.precision,  # type: ignore[arg-type]
        callbacks=callbacks,
        logger=TensorBoardLogger(out, name="tensorboard", version=""),
        gradient_clip_val=recipe.clip or None,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        log_every_n_steps=10,
        plugins=[SafeCheckpointIO()],
        enable_model_summary=False,
        enable_progress_bar=sys.stdout.isatty(),
        **length,  # type: ignore[arg-type]
    )
