"""Pictures of validation heads while a network trains: what it finds over what is there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
from lightning.pytorch.callbacks import Callback
from PIL import Image
from torch import Tensor

from deskull.formats.atomic import write_bytes
from deskull.report.mosaic import CONTOUR, outline
from deskull.train.data import Batch

TRUTH = (70, 200, 90)


def draw_sample(image: Tensor, predicted: Tensor, target: Tensor) -> npt.NDArray[np.uint8]:
    """Middle slices of one sample, the predicted contour (red) over the true one (green).

    Parameters
    ----------
    image, predicted, target : Tensor, shape (x, y, z)
        Image of about 0..1 and two signed distances in mm.
    """
    panels = []
    for axis in range(3):
        middle = image.shape[axis] // 2
        grey, found, truth = (
            np.rot90(t.select(axis, middle).float().cpu().numpy()) for t in (image, predicted, target)
        )
        shade = np.repeat((grey.clip(0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
        shade[outline(truth < 0)] = TRUTH
        shade[outline(found < 0)] = CONTOUR
        panels.append(shade)
    height = max(panel.shape[0] for panel in panels)
    return np.hstack([np.pad(panel, ((0, height - panel.shape[0]), (0, 2), (0, 0))) for panel in panels])


class ValidationPictures(Callback):
    """Write ``OUT/pictures/step-N.png`` with the first validation heads after each epoch.

    Parameters
    ----------
    out : Path
    count : int
        How many heads.
    """

    def __init__(self, out: Path, count: int = 6) -> None:
        self.out, self.count = out, count
        self._rows: list[npt.NDArray[np.uint8]] = []

    def on_validation_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Batch, index: int, loader: int = 0
    ) -> None:
        """Draw a batch's first head."""
        if index < self.count:
            self._rows.append(draw_sample(batch["image"][0, 0], outputs[0, 0], batch["distance"][0, 0]))

    def on_validation_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Write the picture."""
        if self._rows:
            buffer = io.BytesIO()
            Image.fromarray(np.vstack(self._rows)).save(buffer, "PNG")
            target = self.out / "pictures" / f"step-{trainer.global_step:06d}.png"
            write_bytes(target, buffer.getvalue(), overwrite=True)
        self._rows = []
