"""``deskull train``: train a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import needs_extra, print_message, print_note
from deskull.cli.progress import progress_bar

_DATA, _RUN, _TRAINING, _HARDWARE = "Data", "Run", "Instead of the recipe's (in every stage)", "Hardware"

RecipeName = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="article, article_verbatim, finetune, finetune_small, further, nfbs, small or synthesis; or your own YAML "
        "file.",
        show_default=False,
    ),
]
Data = Annotated[
    Path,
    typer.Option(
        help="Table written by 'deskull data index'; for synthetic images, a folder with labelmaps/ and labelled/.",
        show_default=False,
        rich_help_panel=_DATA,
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(help="Folder of prepared scans or label maps; by default OUT/cache.", rich_help_panel=_DATA),
]
Splits = Annotated[
    Path | None, typer.Option(help="Table of the splits; by default splits.csv beside DATA.", rich_help_panel=_DATA)
]
Fold = Annotated[
    int | None, typer.Option(min=0, help="Fold of a k-fold split on which to validate.", rich_help_panel=_DATA)
]
Out = Annotated[Path, typer.Option("-o", "--out", help="Folder of the run.", show_default=False, rich_help_panel=_RUN)]
Resume = Annotated[
    bool, typer.Option("--resume", help="Continue the run in OUT, if there is one.", rich_help_panel=_RUN)
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Remove the run in OUT and start again.", rich_help_panel=_RUN)
]
Sheet = Annotated[
    Path | None,
    typer.Option(help="Do not train; draw the first samples into this PNG file.", rich_help_panel=_RUN),
]
InitialModel = Annotated[
    str | None,
    typer.Option(help="Model whose weights training starts from: a name or an ONNX file.", rich_help_panel=_TRAINING),
]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="Number of epochs (scans with masks).", rich_help_panel=_TRAINING)
]
Steps = Annotated[
    int | None, typer.Option(min=1, help="Number of steps (synthetic images).", rich_help_panel=_TRAINING)
]
BatchSize = Annotated[int | None, typer.Option(min=1, help="Number of images per step.", rich_help_panel=_TRAINING)]
LearningRate = Annotated[float | None, typer.Option(min=0, help="Highest learning rate.", rich_help_panel=_TRAINING)]
Patience = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Number of epochs without a lower validation loss after which to stop; 0 for never.",
        rich_help_panel=_TRAINING,
    ),
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of weights and samples.", rich_help_panel=_TRAINING)]
Precision = Annotated[
    str | None, typer.Option(help="As Lightning names it: bf16-mixed, 16-mixed, 32-true.", rich_help_panel=_TRAINING)
]
Workers = Annotated[
    int | None, typer.Option(min=0, help="Number of processes that make samples.", rich_help_panel=_TRAINING)
]
Devices = Annotated[
    int, typer.Option(min=1, help="Number of GPUs, or of processes on CPUs (DDP).", rich_help_panel=_HARDWARE)
]
Nodes = Annotated[int, typer.Option(min=1, help="Number of computers.", rich_help_panel=_HARDWARE)]
Accelerator = Annotated[str, typer.Option(help="auto, cpu, gpu or mps.", rich_help_panel=_HARDWARE)]


def train(
    recipe: RecipeName,
    data: Data,
    out: Out,
    resume: Resume = False,
    overwrite: Overwrite = False,
    sheet: Sheet = None,
    cache: Cache = None,
    splits: Splits = None,
    fold: Fold = None,
    initial_model: InitialModel = None,
    epochs: Epochs = None,
    steps: Steps = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    patience: Patience = None,
    seed: Seed = None,
    precision: Precision = None,
    workers: Workers = None,
    devices: Devices = 1,
    nodes: Nodes = 1,
    accelerator: Accelerator = "auto",
) -> None:
    """Train a network on scans with masks or on synthetic images of label maps; --resume continues a stopped run."""
    with needs_extra("train"):
        from deskull.system.memory import keep_freed_memory
        from deskull.train.recipe_files import load_recipe
        from deskull.train.run import Request, draw_samples
        from deskull.train.run import train as run
        from deskull.train.run_folder import first_process
        from deskull.train.trainer import Hardware

    settings: dict[str, object] = {
        "initial_model": initial_model,
        "epochs": epochs,
        "steps": steps,
        "batch_size": batch_size,
    }
    settings |= {"learning_rate": learning_rate, "patience": patience, "seed": seed}
    settings |= {"precision": precision, "workers": workers}
    keep_freed_memory()
    hardware = Hardware(accelerator, devices, nodes)
    chosen = load_recipe(recipe).with_settings(settings)
    request = Request(chosen, data, out, cache, splits, fold, resume, overwrite, hardware)
    if sheet:
        draw_samples(request, sheet, _log, progress_bar("preparing"), overwrite=overwrite)
        print(sheet)
        return
    run(request, _log if first_process() else lambda _: None, progress_bar("preparing"))
    if first_process():
        print(f"{out}: trained; next: deskull export {out} -o model.onnx")


def _log(message: str) -> None:
    """Print a line of the training; of a quiet one, warnings alone."""
    (print_message if message.startswith("warning: ") else print_note)(message)
