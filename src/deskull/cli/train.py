"""``deskull train``: train a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import needs_extra, say
from deskull.cli.progress import watched


def train(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="article, article_verbatim, nfbs, finetune, synthesis, or a YAML file of your own.",
            show_default=False,
        ),
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="Table that 'deskull data index' wrote (recipe synthesis: folder with labelmaps/).", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the run.", show_default=False)],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in OUT, if there is one.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin the run in OUT again.")] = False,
    cache: Annotated[Path | None, typer.Option(help="Folder of prepared scans (default: OUT/cache).")] = None,
    splits: Annotated[Path | None, typer.Option(help="Splits to use (default: splits.csv beside the table).")] = None,
    fold: Annotated[int | None, typer.Option(min=0, help="Validate on this fold of a k-fold split.")] = None,
    start: Annotated[str | None, typer.Option(help="Model to start from: a name or an ONNX file.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs, instead of the recipe's.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps, instead of the recipe's (synthesis).")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Scans a step, instead of the recipe's.")] = None,
    rate: Annotated[float | None, typer.Option(min=0, help="Learning rate, instead of the recipe's.")] = None,
    patience: Annotated[
        int | None, typer.Option(min=0, help="Stop after so many epochs without a better validation loss.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, instead of the recipe's.")] = None,
    precision: Annotated[str | None, typer.Option(help="As Lightning names it: bf16-mixed, 16-mixed, 32-true.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Processes that make samples.")] = None,
    devices: Annotated[int, typer.Option(min=1, help="GPUs, or processes on CPUs (DDP).")] = 1,
    nodes: Annotated[int, typer.Option(min=1, help="Machines.")] = 1,
    accelerator: Annotated[str, typer.Option(help="auto, cpu, gpu or mps.")] = "auto",
    sheet: Annotated[
        Path | None, typer.Option(help="Only draw the first samples here as PNG: look before training.")
    ] = None,
) -> None:
    """Train a network on scans with masks, or on heads made from label maps; go on where a run stopped."""
    with needs_extra("train"):
        from deskull.memory import keep_freed_memory
        from deskull.train.lightning import Hardware
        from deskull.train.recipe import load_recipe
        from deskull.train.run import Request, draw_samples, with_settings
        from deskull.train.run import train as run

    settings = {
        "start": start,
        "epochs": epochs,
        "steps": steps,
        "batch": batch,
        "rate": rate,
        "patience": patience,
        "seed": seed,
        "precision": precision,
        "workers": workers,
    }
    keep_freed_memory()
    chosen = with_settings(load_recipe(recipe), settings)
    hardware = Hardware(accelerator, devices, nodes)
    request = Request(chosen, data, out, cache, splits, fold, resume, overwrite, hardware)
    if sheet:
        draw_samples(request, sheet, say, watched("preparing"), overwrite=overwrite)
        print(sheet)
        return
    run(request, say, watched("preparing"))
    print(f"{out}: trained; next: deskull export {out} -o model.onnx")
