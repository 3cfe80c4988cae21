"""Lines: how far training is, where there is no terminal for a bar."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback

#: Time between two lines, in s.
LINE_INTERVAL_S = 10.0
#: Measures that are printed at the end of an epoch, in this order, where a run has them.
_MEASURES = ("loss", "val_loss", "val_dice")


class TrainingLines(Callback):
    """Print a line every ten seconds of training, and one with the measures at the end of each epoch.

    Parameters
    ----------
    log : callable
        Prints a line.
    """

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._last = time.monotonic()

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any, index: int
    ) -> None:
        """Print a line if the last one is ten seconds old."""
        if trainer.is_global_zero and time.monotonic() - self._last >= LINE_INTERVAL_S:
            self._print(trainer, ("minutes_left",))

    def on_train_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Print the measures of the epoch."""
        if trainer.is_global_zero:
            self._print(trainer, _MEASURES)

    def _print(self, trainer: pl.Trainer, names: tuple[str, ...]) -> None:
        """Print the step and measures."""
        measures = {name: float(trainer.callback_metrics[name]) for name in names if name in trainer.callback_metrics}
        text = "".join(f", {name.replace('_', ' ')} {value:.4g}" for name, value in measures.items())
        self._log(f"training: step {trainer.global_step} of {trainer.estimated_stepping_batches:.0f}{text}")
        self._last = time.monotonic()
