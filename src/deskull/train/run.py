"""A run: a recipe, its data and a folder in which training can stop at any moment and go on."""

from __future__ import annotations

import json
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
import yaml

from deskull.data.cases import Case, read_cases
from deskull.data.prepare import Outcome, prepare
from deskull.data.splits import Membership, read_splits, select
from deskull.errors import DeskullError, InputError, UsageError
from deskull.report.drawing import save_picture
from deskull.system.atomic import write_bytes
from deskull.system.leftovers import remove_leftovers
from deskull.system.resources import default_threads
from deskull.train.callbacks.pictures import contact_sheet
from deskull.train.data.label_maps import Heads
from deskull.train.data.pairs import Pairs
from deskull.train.module import SurfaceModule
from deskull.train.network.pretrained import reference_border, starting_model, starting_weights
from deskull.train.recipe import Recipe
from deskull.train.trainer import Hardware, make_trainer

#: Settings that may change when a run goes on.
_MAY_CHANGE = ("description", "epochs", "steps", "patience", "workers", "precision")
#: What a run writes; removed when it is begun again.
_PARTS = ("recipe.yaml", "run.json", "best.ckpt", "last.ckpt", "metrics.csv", "curves.png", "speed.json")
_FOLDERS = ("pictures", "tensorboard")
#: How a list of cases is prepared: yields as each is done.
Preparer = Callable[[Iterator[Outcome], int], Iterator[Outcome]]


@dataclass(frozen=True)
class Request:
    """What a user asks for.

    Attributes
    ----------
    recipe : Recipe
    data : Path
        The table of a data set (pairs), or a folder with ``labelmaps/`` and ``labelled/`` (synthesis).
    out : Path
        Folder of the run.
    cache : Path, optional
        Where prepared scans or anatomies are kept; ``OUT/cache`` by default.
    splits : Path, optional
        ``splits.csv`` beside the table by default.
    fold : int, optional
        Validate on this fold of a k-fold split.
    resume, overwrite : bool
        Go on with the run in `out`; begin it again.
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
    def cache_folder(self) -> Path:
        """Where prepared scans or anatomies are kept."""
        return self.cache or self.out / "cache"


def train(request: Request, tell: Callable[[str], None] = print, watch: Preparer = lambda done, _: done) -> None:
    """Train, or go on where a killed run stopped: afterwards its folder holds the same either way.

    Parameters
    ----------
    request : Request
    tell : callable
        Says a line to the user.
    watch : callable
        Given the outcomes of preparing and their number, yields them again (a progress bar).

    Raises
    ------
    UsageError
        If the folder holds a run and neither `resume` nor `overwrite` is set, or another run than is resumed.
    InputError
        If the data cannot be used, or training fails in a way that a user can mend.
    """
    remove_leftovers(request.out)
    torch.manual_seed(request.recipe.seed)  # the initial weights; samples have seeds of their own
    if request.recipe.data == "synthesis":
        data = Heads(request.recipe, request.data, request.cache_folder)
        _open(request, {"data": "synthesis"})
        model = starting_model(request.recipe)
        weights = starting_weights(model, request.recipe) if model else None
        _fit(request, SurfaceModule(request.recipe, weights), data)
    else:
        _fit(request, *_from_pairs(request, tell, watch))


def _from_pairs(
    request: Request, tell: Callable[[str], None], watch: Preparer
) -> tuple[SurfaceModule, pl.LightningDataModule]:
    """Module and data for pairs, from a model's weights and in its definition where the recipe says so."""
    recipe = request.recipe
    training, validation = _prepared(request, tell, watch)
    facts: dict[str, Any] = {"training": _keys(training), "validation": _keys(validation)}
    data = Pairs(recipe, [path for _, path in training], [path for _, path in validation])
    model = starting_model(recipe)
    if model and recipe.align:
        facts["reference_border_mm"] = border = reference_border(model, data.training)
        tell(f"{recipe.start} fits these references best at a border of {border:+g} mm: strip such scans with it")
    _open(request, facts)
    return SurfaceModule(recipe, starting_weights(model, recipe) if model else None), data


def _prepared(
    request: Request, tell: Callable[[str], None], watch: Preparer
) -> tuple[list[tuple[Case, Path]], list[tuple[Case, Path]]]:
    """Training and validation scans, prepared; one that cannot be is named and left out."""
    cases = read_cases(request.data)
    splits = read_splits(request.splits or request.data.with_name("splits.csv"))
    wanted = [_selected(cases, splits, split, request.fold) for split in ("train", "validation")]
    both = [case for cases in wanted for case in cases]
    outcomes = prepare(both, request.recipe.preprocessing, request.cache_folder, default_threads())
    kept: dict[str, Path] = {}
    for outcome in watch(outcomes, len(both)):
        if outcome.path:
            kept[outcome.case.name] = outcome.path
        else:
            tell(f"warning: left out: {outcome.problem}")
    training, validation = ([(case, kept[case.name]) for case in cases if case.name in kept] for cases in wanted)
    return training, validation


def _selected(cases: list[Case], splits: dict[str, Membership], split: str, fold: int | None) -> list[Case]:
    """Cases of a split; a few scans of one person may all be trained on."""
    if split == "validation" and fold is None and all(its.split != "validation" for its in splits.values()):
        return []
    return select(cases, splits, split, fold)


def _keys(found: Sequence[tuple[Case, Path]]) -> dict[str, str]:
    """Cases of a split and the keys of their content."""
    return {case.name: path.stem for case, path in found}


def _open(request: Request, facts: dict[str, Any]) -> None:
    """Make the run's folder, or check that the run in it is the one asked for."""
    if not first_process():
        return
    out, recipe = request.out, request.recipe
    saved = out / "run.json"
    if saved.exists() and request.overwrite:
        clear(out)
    if saved.exists():
        if not request.resume:
            raise UsageError(f"{out}: holds a run; --resume goes on with it, --overwrite begins again.")
        _check_same(out, recipe, facts)
    text = yaml.safe_dump(recipe.as_dict(), sort_keys=False)
    write_bytes(out / "recipe.yaml", text.encode(), overwrite=True)
    write_bytes(saved, (json.dumps(facts, indent=2) + "\n").encode(), overwrite=True)


def first_process() -> bool:
    """Whether this is the process that speaks and writes for a distributed run (or the only one)."""
    return all(os.environ.get(name, "0") == "0" for name in ("LOCAL_RANK", "NODE_RANK", "GROUP_RANK"))


def clear(out: Path) -> None:
    """Remove what a run wrote, and nothing else; its cache stays."""
    for name in _PARTS:
        (out / name).unlink(missing_ok=True)
    for name in _FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)


def _check_same(out: Path, recipe: Recipe, facts: dict[str, Any]) -> None:
    """Refuse to go on with a run of another recipe or other data.

    Raises
    ------
    UsageError
    """
    before, now = load_saved(out).as_dict(), recipe.as_dict()
    changed = [name for name in now if before.get(name) != now[name] and name not in _MAY_CHANGE]
    if changed:
        what = ", ".join(f"{name} {before.get(name)} -> {now[name]}" for name in changed)
        raise UsageError(f"{out}: was begun with other settings ({what}); give those, or --overwrite to begin again.")
    if json.loads((out / "run.json").read_text()) != facts:
        raise UsageError(f"{out}: was begun on other data (see its run.json); --overwrite begins again.")


def load_saved(out: Path) -> Recipe:
    """The recipe of a run as it was trained.

    Raises
    ------
    UsageError
        If the folder holds no run.
    """
    try:
        return Recipe(**yaml.safe_load((out / "recipe.yaml").read_text()))
    except (OSError, TypeError, yaml.YAMLError):
        raise UsageError(f"{out}: holds no run of deskull train; check the path.") from None


def _fit(request: Request, module: SurfaceModule, data: pl.LightningDataModule) -> None:
    """Run Lightning from the last checkpoint, if there is one."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    last = request.out / "last.ckpt"
    validates = not isinstance(data, Pairs) or bool(data.validation)
    trainer = make_trainer(request.recipe, request.out, request.hardware, validates=validates)
    with _translated(request.recipe), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(lightning|torch)\b")  # what libraries tell developers
        trainer.fit(module, data, ckpt_path=last if last.exists() else None, weights_only=True)


@contextmanager
def _translated(recipe: Recipe) -> Iterator[None]:
    """Say in one sentence what can go wrong while training.

    Raises
    ------
    InputError
    """
    try:
        yield
    except DeskullError as error:
        # What a worker process raises comes with its traceback; the sentence is the last line.
        raise InputError(str(error).strip().rsplit("Error: ", 1)[-1]) from error
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error):
            size = recipe.preprocess.get("size") or [max(sizes) for sizes in recipe.sizes]
            raise InputError(
                f"{recipe.name}: out of memory at batch {recipe.batch} of {size} voxels; use --batch "
                f"{max(1, recipe.batch // 2)}, smaller sizes or fewer channels."
            ) from error
        raise


def with_settings(recipe: Recipe, settings: dict[str, Any]) -> Recipe:
    """The recipe with other values for the settings that are not None."""
    return replace(recipe, **{name: value for name, value in settings.items() if value is not None})


def draw_samples(
    request: Request, target: Path, tell: Callable[[str], None], watch: Preparer, *, count: int = 16, overwrite: bool
) -> None:
    """Draw the first training samples of a recipe on a contact sheet, without training.

    Parameters
    ----------
    request : Request
    target : Path
        PNG file.
    tell, watch : callable
        See `train`.
    count : int
        How many, at most.
    overwrite : bool
        Whether a file that is there may be replaced.
    """
    if request.recipe.data == "synthesis":
        data: pl.LightningDataModule = Heads(request.recipe, request.data, request.cache_folder)
    else:
        training, validation = _prepared(request, tell, watch)
        data = Pairs(request.recipe, [path for _, path in training], [path for _, path in validation])
    data.setup("fit")
    samples = data.train_dataloader().dataset
    found = [samples[item] for item in range(min(count, len(samples)))]
    save_picture(contact_sheet(found), target, overwrite=overwrite)
