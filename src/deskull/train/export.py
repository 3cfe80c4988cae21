"""Export: from a training run to an ONNX file and its card."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from deskull._version import __version__
from deskull.errors import InputError, UsageError
from deskull.system.atomic import Transaction
from deskull.train.checkpoints import load_checkpoint
from deskull.train.network.build import make_network
from deskull.train.network.onnx_file import to_onnx
from deskull.train.network.unet import UNet
from deskull.train.recipe import Recipe
from deskull.train.run_folder import chosen_checkpoint, final_folder, load_saved_recipe

_PREFIX = "network."


def load_network(checkpoint: Path, recipe: Recipe) -> tuple[UNet, int]:
    """Load the network of a checkpoint, with averaged weights if the recipe has an ema_decay.

    Parameters
    ----------
    checkpoint : Path
    recipe : Recipe
        With which it was trained.

    Returns
    -------
    network : UNet
        In evaluation mode.
    steps : int
        Number of optimiser steps of its training.

    Raises
    ------
    InputError
        If the checkpoint cannot be read, or has another network than the recipe.
    """
    saved = load_checkpoint(checkpoint)
    weights = {k.removeprefix(_PREFIX): v for k, v in saved["state_dict"].items() if k.startswith(_PREFIX)}
    network = make_network(recipe)
    try:
        network.load_state_dict(weights)
    except RuntimeError:
        raise InputError(
            f"{checkpoint}: holds another network than recipe {recipe.name}; use a checkpoint of the run itself."
        ) from None
    return network.eval(), int(saved["global_step"])


def export(
    run: Path, target: Path, checkpoint: str = "best", figures: Sequence[Path] = (), *, overwrite: bool = False
) -> dict[str, Any]:
    """Write the network of a run (of its last stage) and its card, and return the card.

    Parameters
    ----------
    run : Path
        Folder of the run.
    target : Path
        ONNX file; the card has the same name with ``.json``.
    checkpoint : {"best", "last"}
        The epoch with the lowest validation loss, or the last one (also where nothing was validated on).
    figures : sequence of Path
        JSON files with what benchmarks measured of this model, for the card.
    overwrite : bool
        Whether existing files may be replaced.

    Raises
    ------
    UsageError
        If the folder holds no run, or the target has another extension.
    InputError
        If the checkpoint or a file of figures cannot be read.
    OutputError
        If a file exists already, or cannot be written.
    """
    if target.suffix != ".onnx":
        raise UsageError(f"{target}: must have the extension .onnx.")
    card_file = target.with_suffix(".json")
    with Transaction((target, card_file), overwrite=overwrite) as transaction:
        measured = {name: values for path in figures for name, values in _read_figures(path).items()}
        recipe = load_saved_recipe(run)
        network, steps = load_network(chosen_checkpoint(final_folder(run, recipe), checkpoint), recipe.curriculum[-1])
        content = to_onnx(network)
        card = _card(run, recipe, network, steps) | {"figures": measured}
        card |= {"name": target.stem, "sha256": hashlib.sha256(content).hexdigest()}
        with transaction.writing(target) as partial:
            partial.write_bytes(content)
        with transaction.writing(card_file) as partial:
            partial.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def _card(run: Path, recipe: Recipe, network: UNet, steps: int) -> dict[str, Any]:
    """What the card says about a network and its training; name and digest of the file are added later."""
    final, folder = recipe.curriculum[-1], final_folder(run, recipe)
    preprocess = final.preprocessing.as_dict()
    return {
        "name": "",
        "sha256": "",
        "voxel_size_mm": preprocess.pop("voxel_size"),
        "band_mm": final.band,
        "size_multiple": preprocess.pop("size_multiple"),
        "surfaces": list(final.surfaces),
        "distances": final.distances,
        "preprocess": preprocess,
        "parameters": sum(p.numel() for p in network.parameters()),
        "steps": steps,
        "commit": current_commit(),
        "recipe": recipe.as_dict(),
        "data_set": json.loads((folder / "run.json").read_text(encoding="utf-8")),
        "validation": _validation(folder, steps),
        "deskull": __version__,
        **_notes(recipe.name),
    }


def _validation(folder: Path, steps: int) -> dict[str, float]:
    """Measures of a run on its validation images at a step."""
    with (folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["step"]) == steps]
    return {name: float(value) for row in rows for name, value in row.items()}


def _read_figures(path: Path) -> dict[str, Any]:
    """Read a JSON file of figures."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise InputError(f"{path}: is not a JSON object of figures; give a result of a benchmark.") from None


def _notes(recipe_name: str) -> dict[str, Any]:
    """The part of the card that is written by hand beside the recipe: data, licences, history, known failures."""
    notes = resources.files("deskull.train") / "recipes" / f"{Path(recipe_name).stem}.card.yaml"
    return dict(yaml.safe_load(notes.read_text(encoding="utf-8"))) if notes.is_file() else {}


def current_commit() -> str:
    """Return the commit of the working tree of deskull; 'unknown' where it is installed otherwise."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    described = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent, check=False)
    return described.stdout.strip() or "unknown"
