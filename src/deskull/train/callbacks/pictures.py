"""Pictures of validation images while a network trains: its contour over the true one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
from lightning.pytorch.callbacks import Callback
from PIL import Image
from torch import Tensor
from torch.nn import functional

from deskull.masking import edge_voxels
from deskull.report.drawing import CONTOUR, save_picture, scale_grey, to_rgb
from deskull.train.data.samples import Batch

#: Colour of the true contour, RGB.
TRUTH = (70, 200, 90)


def draw_sample(image: Tensor, predicted: Tensor, target: Tensor) -> npt.NDArray[np.uint8]:
    """Draw the middle slices of one sample, with the predicted contour (red) over the true one (green).

    Parameters
    ----------
    image : Tensor, shape (k x, k y, k z)
        Of about 0 to 1.
    predicted, target : Tensor, shape (x, y, z)
        Two signed distances in mm.
    """
    image = functional.avg_pool3d(image[None].float(), image.shape[0] // target.shape[0])[0]
    panels = []
    for axis in range(3):
        middle = image.shape[axis] // 2
        grey, prediction, truth = (
            np.rot90(t.select(axis, middle).float().cpu().numpy()) for t in (image, predicted, target)
        )
        shade = to_rgb(scale_grey(grey))
        shade[edge_voxels(truth < 0)] = TRUTH
        shade[edge_voxels(prediction < 0)] = CONTOUR
        panels.append(shade)
    height = max(panel.shape[0] for panel in panels)
    return np.hstack([np.pad(panel, ((0, height - panel.shape[0]), (0, 2), (0, 0))) for panel in panels])


def contact_sheet(samples: Sequence[Batch], columns: int = 4) -> Image.Image:
    """Draw training samples row by row, with the contours of brain (green) and, if known, intracranial space (red).

    Parameters
    ----------
    samples : sequence of dict
        With ``image`` and ``distance`` of shape (1, x, y, z) and (1 or 2, x, y, z).
    columns : int
        Number of samples in a row.
    """
    tiles = [draw_sample(s["image"][0], s["distance"][-1], s["distance"][0]) for s in samples]
    height, width = (max(tile.shape[axis] for tile in tiles) for axis in (0, 1))
    padded = [np.pad(t, ((0, height - t.shape[0]), (0, width - t.shape[1]), (0, 0))) for t in tiles]
    padded += [np.zeros_like(padded[0])] * (-len(padded) % columns)
    rows = [np.hstack(padded[start : start + columns]) for start in range(0, len(padded), columns)]
    return Image.fromarray(np.vstack(rows))


class ValidationPictures(Callback):
    """Write ``OUT/pictures/step-N.png`` with the first validation images after each epoch.

    Parameters
    ----------
    out : Path
        Folder of the run.
    count : int
        Number of images.
    """

    def __init__(self, out: Path, count: int = 6) -> None:
        self.out, self.count = out, count
        self._rows: list[npt.NDArray[np.uint8]] = []

    def on_validation_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Batch, index: int, loader: int = 0
    ) -> None:
        """Draw the first image of a batch, in the process that writes."""
        if index < self.count and trainer.is_global_zero:
            self._rows.append(draw_sample(batch["image"][0, 0], outputs[0, 0], batch["distance"][0, 0]))

    def on_validation_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Write the picture."""
        if self._rows:
            target = self.out / "pictures" / f"step-{trainer.global_step:06d}.png"
            save_picture(Image.fromarray(np.vstack(self._rows)), target, overwrite=True)
        self._rows = []
