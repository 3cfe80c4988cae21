"""Speed of training: duration of the steps, time spent waiting for data, and memory."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback

from deskull.system.atomic import write_bytes

#: Number of first steps that are not counted, as they warm up.
_WARM_UP = 2


class TrainingSpeed(Callback):
    """Write ``OUT/speed.json`` after each epoch, about the steps of this process.

    Parameters
    ----------
    out : Path
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._steps: list[float] = []
        self._waits: list[float] = []
        self._samples = 0
        self._last = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Start the clock, so that waiting for the first batch of an epoch counts as well."""
        self._last = time.perf_counter()

    def on_train_batch_start(self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any, index: int) -> None:
        """Record the time spent waiting for a batch."""
        now = time.perf_counter()
        self._waits.append(now - self._last)
        self._last = now

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any, index: int
    ) -> None:
        """Record the duration of a step."""
        now = time.perf_counter()
        self._steps.append(now - self._last)
        self._samples = len(batch["image"]) * trainer.world_size
        self._last = now
        minutes = (trainer.estimated_stepping_batches - trainer.global_step) * self.seconds_per_step / 60
        module.log("minutes_left", minutes, prog_bar=True, logger=False)

    @property
    def seconds_per_step(self) -> float:
        """Median duration of a step with its wait, in seconds, without the warm-up."""
        both = [step + wait for step, wait in zip(self._steps, self._waits, strict=False)]
        return statistics.median(both[_WARM_UP:] or both)

    def figures(self) -> dict[str, Any]:
        """Seconds per step, samples per second, fraction of the time spent waiting for data, and peak memory in GiB."""
        steps, waits = self._steps[_WARM_UP:] or self._steps, self._waits[_WARM_UP:] or self._waits
        on_gpu = torch.cuda.is_available()
        peak = torch.cuda.max_memory_allocated() if on_gpu else peak_memory()
        return {
            "steps": len(steps),
            "samples_per_step": self._samples,
            "seconds_per_step": round(self.seconds_per_step, 3),
            "samples_per_second": round(self._samples / self.seconds_per_step, 3),
            "waiting_fraction": round(sum(waits) / (sum(steps) + sum(waits)), 4),
            "peak_memory_gib": round(peak / 2**30, 2),
            "device": torch.cuda.get_device_name() if on_gpu else f"CPU, {torch.get_num_threads()} threads",
        }

    def on_train_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Write the figures."""
        if trainer.is_global_zero and self._steps:
            content = json.dumps(self.figures(), indent=2) + "\n"
            write_bytes(self.out / "speed.json", content.encode(), overwrite=True)


def peak_memory() -> int:
    """Peak memory of this process in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
