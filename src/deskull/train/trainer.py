"""The Lightning trainer: hardware, callbacks and checkpoints."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger

from deskull.train.callbacks.curves import LearningCurves
from deskull.train.callbacks.lines import TrainingLines
from deskull.train.callbacks.pictures import ValidationPictures
from deskull.train.callbacks.speed import TrainingSpeed
from deskull.train.checkpoints import SafeCheckpointIO
from deskull.train.recipe import Recipe


@dataclass(frozen=True)
class Hardware:
    """Hardware to train on, as Lightning names it."""

    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1


def make_trainer(
    recipe: Recipe, out: Path, hardware: Hardware | None, log: Callable[[str], None], *, validates: bool = True
) -> pl.Trainer:
    """Make a trainer that logs to CSV and TensorBoard, draws curves and pictures, and keeps two checkpoints.

    Those are the last one and the one with the lowest validation loss.

    Parameters
    ----------
    recipe : Recipe
    out : Path
        Folder of the run.
    hardware : Hardware, optional
    log : callable
        Prints a line for the user, where there is no terminal for a bar.
    validates : bool
        Whether there is anything to validate on; otherwise only the last checkpoint is kept.
    """
    hardware = hardware or Hardware()
    callbacks: list[Callback] = [LearningCurves(out), ValidationPictures(out), TrainingSpeed(out)]
    if not sys.stdout.isatty():
        callbacks.append(TrainingLines(log))
    if recipe.ema_decay:
        callbacks.append(EMAWeightAveraging(decay=recipe.ema_decay))
    if recipe.patience and validates:
        callbacks.append(EarlyStopping("val_loss", patience=recipe.patience, check_on_train_epoch_end=True))
    # The best first: the last one then records it correctly, wherever a run is interrupted.
    kept = [("best", "val_loss"), ("last", None)] if validates else [("last", None)]
    callbacks += [
        ModelCheckpoint(out, filename=name, monitor=monitor, enable_version_counter=False, save_on_train_epoch_end=True)
        for name, monitor in kept
    ]
    length: dict[str, int] = {"max_steps": recipe.steps} if recipe.synthetic else {"max_epochs": recipe.epochs}
    precision = usable_precision(recipe.precision, hardware.accelerator, has_bf16=_cpu_has_bf16())
    if precision != recipe.precision:
        log(f"this processor only emulates {recipe.precision}, which is many times slower: training in {precision}")
    return pl.Trainer(
        accelerator=hardware.accelerator,
        devices=hardware.devices,
        num_nodes=hardware.nodes,
        precision=precision,  # type: ignore[arg-type]
        callbacks=callbacks,
        logger=TensorBoardLogger(out, name="tensorboard", version=""),
        gradient_clip_val=recipe.gradient_clip or None,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        log_every_n_steps=10,
        plugins=[SafeCheckpointIO()],
        enable_model_summary=False,
        enable_progress_bar=sys.stdout.isatty(),
        **length,  # type: ignore[arg-type]
    )


def usable_precision(precision: str, accelerator: str, *, has_bf16: bool) -> str:
    """Return the precision to train in: processors without instructions for bfloat16 use 32 bits in its place.

    Parameters
    ----------
    precision, accelerator : str
        As Lightning names them.
    has_bf16 : bool
        Whether the processor has such instructions.
    """
    on_cpu = accelerator == "cpu" or (accelerator == "auto" and not torch.accelerator.is_available())
    return "32-true" if on_cpu and precision.startswith("bf16") and not has_bf16 else precision


def _cpu_has_bf16() -> bool:
    """Whether oneDNN computes convolutions in bfloat16 on this processor without emulation."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
