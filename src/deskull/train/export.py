"""Export: from a training checkpoint to an ONNX file and its card."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import subprocess
import warnings
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import yaml
from onnx import TensorProto, helper, numpy_helper

from deskull._version import __version__
from deskull.errors import InputError, UsageError
from deskull.system.atomic import refuse_existing, write_bytes
from deskull.train.checkpoints import load_checkpoint
from deskull.train.network.build import make_network
from deskull.train.network.unet import UNet
from deskull.train.recipe import Recipe
from deskull.train.run import load_saved

#: Weights with fewer numbers than this stay in 32 bits.
_SMALL = 256


def load_network(checkpoint: Path, recipe: Recipe) -> tuple[UNet, int]:
    """Load the averaged weights of a checkpoint.

    Returns
    -------
    network : UNet
        In evaluation mode.
    steps : int
        Optimiser steps it was trained for.

    Raises
    ------
    InputError
        If the checkpoint is missing or of another network than the recipe's.
    """
    saved = load_checkpoint(checkpoint)
    prefix = "network."
    weights = {k.removeprefix(prefix): v for k, v in saved["state_dict"].items() if k.startswith(prefix)}
    network = make_network(recipe)
    try:
        network.load_state_dict(weights)
    except RuntimeError:
        raise InputError(f"{checkpoint}: holds another network than recipe {recipe.name}'s.") from None
    return network.eval(), int(saved["global_step"])


def to_onnx(network: UNet) -> bytes:
    """ONNX bytes of a network for one scan of any size, large weights in 16-bit floats."""
    factor = network.factor
    sizes = {axis: factor * torch.export.Dim(name, min=1) for axis, name in ((2, "x"), (3, "y"), (4, "z"))}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what libraries tell developers
        program = torch.onnx.export(
            network,
            (torch.zeros(1, 1, 2 * factor, 3 * factor, 4 * factor),),
            input_names=["image"],
            output_names=["distance"],
            dynamic_shapes=(sizes,),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    buffer = io.BytesIO()
    onnx.save(_forget_making(_halve_weights(program.model_proto)), buffer)
    return buffer.getvalue()


def _halve_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large weights as float16 with a cast back, which engines fold away when they load."""
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def _forget_making(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop notes on how the graph came to be: they name files of this machine and change from run to run."""
    for part in (
        model,
        model.graph,
        *model.graph.node,
        *model.graph.value_info,
        *model.graph.input,
        *model.graph.output,
    ):
        part.doc_string = ""
        del part.metadata_props[:]
    return model


def export(
    run: Path, target: Path, checkpoint: str = "best", figures: Sequence[Path] = (), *, overwrite: bool = False
) -> dict[str, Any]:
    """Write a run's network as ``target`` (.onnx) and its card (.json) and return the card.

    Parameters
    ----------
    run : Path
        Folder of `deskull.train.run`.
    target : Path
    checkpoint : {"best", "last"}
        The best validation loss, or the last epoch (also where nothing was validated on).
    figures : sequence of Path
        JSON files with what the benchmarks measured of this model.
    overwrite : bool
        Whether files that are there may be replaced.

    Raises
    ------
    UsageError
        If the folder holds no run, or the target has another ending.
    InputError
        If the checkpoint is missing, or a file of figures is none.
    OutputError
        If a file is there already, or cannot be written.
    """
    if target.suffix != ".onnx":
        raise UsageError(f"{target}: must end in .onnx.")
    for path in (target, target.with_suffix(".json")):
        refuse_existing(path, overwrite)
    recipe = load_saved(run)
    measured = {name: found for path in figures for name, found in _read_figures(path).items()}
    best = run / "best.ckpt"
    network, steps = load_network(best if checkpoint == "best" and best.exists() else run / "last.ckpt", recipe)
    content = to_onnx(network)
    card = {
        "name": target.stem,
        "sha256": hashlib.sha256(content).hexdigest(),
        "voxel_mm": recipe.voxel,
        "band_mm": recipe.band,
        "size_multiple_of": network.factor,
        "surfaces": list(recipe.surfaces),
        "distances": recipe.distances,
        "preprocess": {
            k: v for k, v in recipe.preprocessing.as_dict().items() if k not in ("voxel_size", "size_multiple")
        },
        "parameters": sum(p.numel() for p in network.parameters()),
        "steps": steps,
        "commit": _commit(),
        "recipe": recipe.as_dict(),
        "data_set": json.loads((run / "run.json").read_text()),
        "validation": _validation(run, steps),
        "deskull": __version__,
        **_notes(recipe.name),
        "figures": measured,
    }
    write_bytes(target, content, overwrite=True)
    write_bytes(target.with_suffix(".json"), (json.dumps(card, indent=2) + "\n").encode(), overwrite=True)
    return card


def _validation(run: Path, steps: int) -> dict[str, float]:
    """What the run measured on its validation scans at a step."""
    with (run / "metrics.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["step"]) == steps]
    return {name: float(value) for row in rows for name, value in row.items()}


def _read_figures(path: Path) -> dict[str, Any]:
    """A JSON file of figures."""
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: holds no figures in JSON ({error}); check the path.") from None


def _notes(recipe_name: str) -> dict[str, Any]:
    """What the card says about data, licences and known failures, written by hand beside the recipe."""
    notes = resources.files("deskull.train") / "recipes" / f"{Path(recipe_name).stem}.card.yaml"
    return dict(yaml.safe_load(notes.read_text())) if notes.is_file() else {}


def _commit() -> str:
    """The commit of the working tree, or 'unknown' outside one."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent, check=False)
    return found.stdout.strip() or "unknown"
