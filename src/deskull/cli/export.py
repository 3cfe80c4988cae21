"""``deskull export``: from a training run to a model that ``deskull strip`` uses."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import needs_extra


class Checkpoint(enum.StrEnum):
    """Which weights of a run are exported."""

    best = "best"
    last = "last"


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="ONNX file to write; its card is written beside it.")] = Path(
        "model.onnx"
    ),
    checkpoint: Annotated[
        Checkpoint, typer.Option(help="Weights of the epoch with the lowest validation loss, or of the last one.")
    ] = Checkpoint.best,
    figures: Annotated[
        list[Path] | None,
        typer.Option(help="JSON file with results of a benchmark, for the card. Can be given several times."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing model.")] = False,
) -> None:
    """Write the network of a training run as an ONNX file with its card."""
    with needs_extra("train"):
        from deskull.train.export import export as write

    card = write(run, out, checkpoint.value, figures or (), overwrite=overwrite)
    print(f"{out}: {card['parameters']} parameters, {card['steps']} steps; use it with: deskull strip --model {out}")
