"""Learning curves: the measures of every epoch as CSV and as a picture."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback
from matplotlib.figure import Figure

from deskull.system.atomic import atomic_path, write_bytes

Row = dict[str, float]
_LABELS = {
    "loss": "training",
    "val_loss": "validation",
    "val_dice": "Dice",
    "val_iou": "IoU",
    "val_accuracy": "accuracy",
}


class LearningCurves(Callback):
    """Write ``OUT/metrics.csv`` and ``OUT/curves.png`` after each epoch.

    Checkpoints hold the rows, so that an interrupted and resumed run leaves the same files.

    Parameters
    ----------
    out : Path
        Folder of the run.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.rows: list[Row] = []
        self._losses: list[float] = []

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint holds of this callback."""
        return {"rows": self.rows}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the rows from a checkpoint."""
        self.rows = list(state["rows"])

    def on_train_epoch_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Start a new mean of the loss."""
        self._losses = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any, index: int
    ) -> None:
        """Record the loss of a batch."""
        self._losses.append(float(outputs["loss"]))

    def on_train_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Add a row and write the files."""
        if not self._losses:
            return  # a finished run was resumed
        row = {"epoch": trainer.current_epoch, "step": trainer.global_step}
        measures = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("val_")}
        self.rows.append({**row, "loss": sum(self._losses) / len(self._losses), **measures})
        if trainer.is_global_zero:
            write_bytes(self.out / "metrics.csv", to_csv(self.rows).encode(), overwrite=True)
            with atomic_path(self.out / "curves.png", overwrite=True) as partial:
                draw_curves(self.rows).savefig(partial, format="png", dpi=100, metadata={"Software": None})


def to_csv(rows: list[Row]) -> str:
    """Rows of measures as CSV."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[-1]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: value if isinstance(value, int) else f"{value:.6g}" for name, value in row.items()})
    return buffer.getvalue()


def draw_curves(rows: list[Row]) -> Figure:
    """Draw the loss of training and validation on the left, Dice, IoU and accuracy of validation on the right."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    losses, overlaps = figure.subplots(1, 2)
    epochs = [row["epoch"] + 1 for row in rows]
    for axes, names in ((losses, ("loss", "val_loss")), (overlaps, ("val_dice", "val_iou", "val_accuracy"))):
        for name in (name for name in names if name in rows[0]):
            axes.plot(epochs, [row[name] for row in rows], marker=".", label=_LABELS[name])
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    losses.set_title("loss")
    overlaps.set_title("overlap on validation images")
    return figure
