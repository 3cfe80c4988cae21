"""The folder of a training run: what is in it, whether it may be used, and where its network is.

A curriculum has one folder for each stage, ``stages/1`` and so on, each like that of a single training.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import yaml

from deskull.errors import UsageError
from deskull.system.atomic import write_bytes
from deskull.train.recipe import Recipe

#: Settings that may differ when a run is resumed.
_MAY_CHANGE = ("description", "epochs", "steps", "patience", "workers", "precision")
#: What a run writes; removed when it is started again.
_FILES = ("recipe.yaml", "run.json", "best.ckpt", "last.ckpt", "metrics.csv", "curves.png", "speed.json")
_FOLDERS = ("pictures", "tensorboard")


def first_process() -> bool:
    """Whether this is the process of a distributed run that writes and prints, or the only one."""
    return all(os.environ.get(name, "0") == "0" for name in ("LOCAL_RANK", "NODE_RANK", "GROUP_RANK"))


def stage_folder(out: Path, number: int) -> Path:
    """Folder of a stage of a curriculum, counted from 1."""
    return out / "stages" / str(number)


def has_run(folder: Path) -> bool:
    """Whether a run was started in a folder."""
    return (folder / "run.json").exists()


def final_folder(out: Path, recipe: Recipe) -> Path:
    """Folder with the final network of a run: that of the last stage, if there are stages."""
    return stage_folder(out, len(recipe.stages)) if recipe.stages else out


def chosen_checkpoint(folder: Path, choice: str = "best") -> Path:
    """Path of a run's best or last checkpoint; the last one where nothing was validated on.

    Parameters
    ----------
    folder : Path
    choice : {"best", "last"}
    """
    best = folder / "best.ckpt"
    return best if choice == "best" and best.exists() else folder / "last.ckpt"


def refuse_run(out: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse a folder that holds a run already.

    Raises
    ------
    UsageError
        If it holds one and neither `resume` nor `overwrite` is set; in the first process only, as that makes the run.
    """
    if first_process() and has_run(out) and not resume and not overwrite:
        raise UsageError(f"{out}: holds a run already; continue it (--resume) or start it again (--overwrite).")


def open_folder(out: Path, recipe: Recipe, facts: dict[str, Any], *, resume: bool, overwrite: bool) -> None:
    """Make the folder of a run, or check that the run in it is the same.

    Parameters
    ----------
    out : Path
    recipe : Recipe
    facts : dict
        What the run records about its data.
    resume, overwrite : bool
        Whether a run in the folder is continued, or removed first.

    Raises
    ------
    UsageError
        If the folder holds a run that is neither to be continued nor removed, or one of another recipe or other data.
    """
    if not first_process():
        return
    refuse_run(out, resume=resume, overwrite=overwrite)
    if has_run(out):
        if overwrite:
            clear_folder(out)
        else:
            _check_same(out, recipe, facts)
    text = yaml.safe_dump(recipe.as_dict(), sort_keys=False)
    write_bytes(out / "recipe.yaml", text.encode(), overwrite=True)
    write_bytes(out / "run.json", (json.dumps(facts, indent=2) + "\n").encode(), overwrite=True)


def clear_folder(out: Path) -> None:
    """Remove what a run wrote, and nothing else; its cache stays."""
    for name in _FILES:
        (out / name).unlink(missing_ok=True)
    for name in _FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
    stages = out / "stages"
    for folder in stages.iterdir() if stages.is_dir() else ():
        clear_folder(folder)
    for folder in (stages, out):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _check_same(out: Path, recipe: Recipe, facts: dict[str, Any]) -> None:
    """Refuse to continue a run of another recipe or on other data.

    Raises
    ------
    UsageError
    """
    if changes := _changes(load_saved_recipe(out), recipe):
        what = ", ".join(changes)
        raise UsageError(
            f"{out}: was started with other settings ({what}); use those, or start it again (--overwrite)."
        )
    try:
        saved = json.loads((out / "run.json").read_text(encoding="utf-8"))
    except ValueError:
        saved = None
    if saved != facts:
        raise UsageError(f"{out}: was started with other data (see its run.json); start it again (--overwrite).")


def _changes(before: Recipe, now: Recipe) -> list[str]:
    """What differs between two recipes and must not, stage by stage."""
    if len(before.stages) != len(now.stages):
        return [f"stages {len(before.stages)} -> {len(now.stages)}"]
    changes = []
    for number, (old, new) in enumerate(zip(before.curriculum, now.curriculum, strict=True), start=1):
        prefix = f"stage {number}: " if now.stages else ""
        old_settings, new_settings = old.as_dict(), new.as_dict()
        changes += [
            f"{prefix}{name} {old_settings[name]} -> {value}"
            for name, value in new_settings.items()
            if old_settings[name] != value and name not in _MAY_CHANGE
        ]
    return changes


def load_saved_recipe(out: Path) -> Recipe:
    """The recipe of a run as it was trained.

    Raises
    ------
    UsageError
        If the folder holds no run.
    """
    try:
        return Recipe(**yaml.safe_load((out / "recipe.yaml").read_text(encoding="utf-8")))
    except (OSError, TypeError, UnicodeDecodeError, yaml.YAMLError):
        raise UsageError(f"{out}: holds no run of 'deskull train'; check the path.") from None
