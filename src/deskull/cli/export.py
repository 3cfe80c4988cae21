"""``deskull export``: from a training run to a model that ``deskull strip`` uses."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import needs_extra


class Checkpoint(enum.StrEnum):
    """Which weights of a run."""

    best = "best"
    last = "last"


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="The .onnx file to write; its card beside it.")] = Path(
        "model.onnx"
    ),
    checkpoint: Annotated[
        Checkpoint, typer.Option(help="The epoch with the best validation loss, or the last one.")
    ] = Checkpoint.best,
    figures: Annotated[
        list[Path] | None, typer.Option(help="JSON file with what a benchmark measured, for the card; repeatable.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a model that is there.")] = False,
) -> None:
    """Write a trained network as ONNX with its card."""
    with needs_extra("train"):
        from deskull.train.export import export as write

    card = write(run, out, checkpoint.value, figures or (), overwrite=overwrite)
    print(f"{out}: {card['parameters']} parameters, {card['steps']} steps; use it with: deskull strip --model {out}")
