"""``deskull train``: train a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import needs_extra, print_message
from deskull.cli.progress import progress_bar

Name = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="article, article_verbatim, nfbs, finetune, synthesis, small, or the path of your own YAML file.",
        show_default=False,
    ),
]
Data = Annotated[
    Path,
    typer.Option(
        help="Table that 'deskull data index' wrote (synthesis, small: folder with labelmaps/).", show_default=False
    ),
]
Out = Annotated[Path, typer.Option("-o", "--out", help="Folder of the run.", show_default=False)]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in OUT, if there is one.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Begin the run in OUT again.")]
Cache = Annotated[Path | None, typer.Option(help="Folder of prepared scans; by default OUT/cache.")]
Splits = Annotated[Path | None, typer.Option(help="Splits to use; by default splits.csv beside the table.")]
Fold = Annotated[int | None, typer.Option(min=0, help="Validate on this fold of a k-fold split.")]
Start = Annotated[str | None, typer.Option(help="Model to start from: a name or an ONNX file.")]
Epochs = Annotated[int | None, typer.Option(min=1, help="Epochs, instead of the recipe's.")]
Steps = Annotated[int | None, typer.Option(min=1, help="Steps, instead of the recipe's (synthesis).")]
Batch = Annotated[int | None, typer.Option(min=1, help="Scans a step, instead of the recipe's.")]
Rate = Annotated[float | None, typer.Option(min=0, help="Learning rate, instead of the recipe's.")]
Patience = Annotated[
    int | None, typer.Option(min=0, help="Stop after so many epochs without a better validation loss.")
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed, instead of the recipe's.")]
Precision = Annotated[str | None, typer.Option(help="As Lightning names it: bf16-mixed, 16-mixed, 32-true.")]
Workers = Annotated[int | None, typer.Option(min=0, help="Processes that make samples.")]
Devices = Annotated[int, typer.Option(min=1, help="GPUs, or processes on CPUs (DDP).")]
Nodes = Annotated[int, typer.Option(min=1, help="Machines.")]
Accelerator = Annotated[str, typer.Option(help="auto, cpu, gpu or mps.")]
Sheet = Annotated[Path | None, typer.Option(help="Only draw the first samples here (PNG): look before training.")]


def train(
    recipe: Name,
    data: Data,
    out: Out,
    resume: Resume = False,
    overwrite: Overwrite = False,
    cache: Cache = None,
    splits: Splits = None,
    fold: Fold = None,
    start: Start = None,
    epochs: Epochs = None,
    steps: Steps = None,
    batch: Batch = None,
    rate: Rate = None,
    patience: Patience = None,
    seed: Seed = None,
    precision: Precision = None,
    workers: Workers = None,
    devices: Devices = 1,
    nodes: Nodes = 1,
    accelerator: Accelerator = "auto",
    sheet: Sheet = None,
) -> None:
    """Train a network on scans with masks, or on heads made from label maps; go on where a run stopped."""
    with needs_extra("train"):
        from deskull.system.memory import keep_freed_memory
        from deskull.train.recipe import load_recipe
        from deskull.train.run import Request, draw_samples, first_process, with_settings
        from deskull.train.run import train as run
        from deskull.train.trainer import Hardware

    settings = {"start": start, "epochs": epochs, "steps": steps, "batch": batch, "rate": rate, "patience": patience}
    settings |= {"seed": seed, "precision": precision, "workers": workers}
    keep_freed_memory()
    hardware = Hardware(accelerator, devices, nodes)
    chosen = with_settings(load_recipe(recipe), settings)
    request = Request(chosen, data, out, cache, splits, fold, resume, overwrite, hardware)
    if sheet:
        draw_samples(request, sheet, print_message, progress_bar("preparing"), overwrite=overwrite)
        print(sheet)
        return
    run(request, print_message if first_process() else lambda _: None, progress_bar("preparing"))
    if first_process():
        print(f"{out}: trained; next: deskull export {out} -o model.onnx")
