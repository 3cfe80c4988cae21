"""A training run: a recipe, its data and a folder, in which training can be interrupted and resumed at any moment."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch

from deskull.errors import DeskullError, InputError
from deskull.report.drawing import save_picture
from deskull.system.leftovers import remove_leftovers
from deskull.train.callbacks.pictures import contact_sheet
from deskull.train.data.base import Progress, TrainingData, no_progress
from deskull.train.data.factory import DataSource, Log, open_data
from deskull.train.module import SurfaceModule
from deskull.train.network.pretrained import (
    adapted_weights,
    checkpoint_weights,
    initial_model,
    model_weights,
    reference_border,
)
from deskull.train.recipe import PREVIOUS_STAGE, Recipe
from deskull.train.run_folder import chosen_checkpoint, has_run, open_folder, refuse_run, stage_folder
from deskull.train.trainer import Hardware, make_trainer


@dataclass(frozen=True)
class Request:
    """What is to be trained.

    Attributes
    ----------
    recipe : Recipe
    data : Path
        Table of a data set (data pairs), or folder with ``labelmaps/`` and ``labelled/`` (data synthesis).
    out : Path
        Folder of the run.
    cache : Path, optional
        Folder of prepared scans or label maps; ``OUT/cache`` by default.
    splits : Path, optional
        ``splits.csv`` beside the data set's table by default.
    fold : int, optional
        Fold of a k-fold split on which to validate.
    resume, overwrite : bool
        Whether a run in `out` is continued, or started again.
    hardware : Hardware
    """

    recipe: Recipe
    data: Path
    out: Path
    cache: Path | None = None
    splits: Path | None = None
    fold: int | None = None
    resume: bool = False
    overwrite: bool = False
    hardware: Hardware = field(default_factory=Hardware)

    @property
    def source(self) -> DataSource:
        """Where the training data lie."""
        return DataSource(self.data, self.cache or self.out / "cache", self.splits, self.fold)


def train(request: Request, log: Log = print, progress: Progress = no_progress) -> None:
    """Train a recipe, stage by stage if it has stages.

    An interrupted run is resumed where it stopped; its folder then holds the same as that of an uninterrupted one.

    Parameters
    ----------
    request : Request
    log : callable
        Prints a line for the user.
    progress : callable
        Given what is prepared, one by one, and its number, yields it again (a progress bar).

    Raises
    ------
    UsageError
        If the folder holds a run and neither `resume` nor `overwrite` is set, or it holds another run.
    InputError
        If the data cannot be used, or training fails for a reason that the user can remove.
    """
    remove_leftovers(request.out)
    refuse_run(request.out, resume=request.resume, overwrite=request.overwrite)
    recipe = request.recipe
    if not recipe.stages:
        _train_one(request, recipe, request.out, None, log, progress)
        return
    facts = {"stages": len(recipe.stages)}
    open_folder(request.out, recipe, facts, resume=request.resume, overwrite=request.overwrite)
    previous = None
    for number, stage in enumerate(recipe.curriculum, start=1):
        folder = stage_folder(request.out, number)
        if not has_run(stage_folder(request.out, number + 1)):  # otherwise this stage was completed before
            log(f"stage {number} of {len(recipe.stages)}: {stage.description}")
            _train_one(request, stage, folder, previous, log, progress)
        previous = folder


def _train_one(
    request: Request, recipe: Recipe, out: Path, previous: Path | None, log: Log, progress: Progress
) -> None:
    """Train one recipe in a folder, from the weights of a previous stage if there is one."""
    torch.manual_seed(recipe.seed)  # of the initial weights; samples have seeds of their own
    data = open_data(recipe, request.source, log, progress)
    facts, model, weights = dict(data.facts), initial_model(recipe), None
    if previous:
        weights = adapted_weights(checkpoint_weights(chosen_checkpoint(previous)), recipe, PREVIOUS_STAGE)
    elif model:
        weights = adapted_weights(model_weights(model), recipe, model.path.name)
    if model and recipe.align_to_initial_model and data.reference_scans:
        facts["reference_border_mm"] = border = reference_border(model, data.reference_scans)
        log(f"{recipe.initial_model} agrees best with these references at a border of {border:g} mm (--border)")
    in_stage = out != request.out
    open_folder(out, recipe, facts, resume=request.resume or in_stage, overwrite=request.overwrite and not in_stage)
    _fit(request, SurfaceModule(recipe, weights), data, out, log)


def _fit(request: Request, module: SurfaceModule, data: TrainingData, out: Path, log: Log) -> None:
    """Run Lightning, from the last checkpoint if there is one."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    last = out / "last.ckpt"
    trainer = make_trainer(module.recipe, out, request.hardware, log, validates=data.validates)
    with _explained(module.recipe), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(lightning|torch)\b")  # remarks for developers
        trainer.fit(module, data, ckpt_path=last if last.exists() else None, weights_only=True)


@contextmanager
def _explained(recipe: Recipe) -> Iterator[None]:
    """Explain in one sentence what can go wrong in training.

    Raises
    ------
    InputError
    """
    try:
        yield
    except DeskullError as error:
        # An error in a worker process comes with that process's traceback, its line breaks escaped; its sentence is the
        # last line.
        raise InputError(str(error).replace("\\n", "\n").strip().rsplit("Error: ", 1)[-1]) from error
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error):
            size = recipe.preprocess.get("size") or [max(sizes) for sizes in recipe.grid_sizes]
            raise InputError(
                f"{recipe.name}: not enough memory for batch_size {recipe.batch_size} of {size} voxels; use batch_size "
                f"{max(1, recipe.batch_size // 2)}, smaller grid_sizes or fewer channels."
            ) from error
        raise


def draw_samples(
    request: Request,
    target: Path,
    log: Log = print,
    progress: Progress = no_progress,
    *,
    count: int = 16,
    overwrite: bool = False,
) -> None:
    """Draw the first training samples of a recipe (of its last stage) on a contact sheet, without training.

    Parameters
    ----------
    request : Request
    target : Path
        PNG file.
    log, progress : callable
        See `train`.
    count : int
        Maximum number of samples.
    overwrite : bool
        Whether an existing file may be replaced.
    """
    data = open_data(request.recipe.curriculum[-1], request.source, log, progress)
    data.setup("fit")
    samples = data.train_dataloader().dataset
    drawn = [samples[item] for item in range(min(count, len(samples)))]
    save_picture(contact_sheet(drawn), target, overwrite=overwrite)
