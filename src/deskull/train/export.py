"""Export: from a training checkpoint to an ONNX file and its card."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
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
from deskull.errors import InputError
from deskull.formats.atomic import write_bytes
from deskull.train.network import SURFACES, UNet
from deskull.train.recipe import Recipe, load_recipe

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
    if not checkpoint.is_file():
        raise InputError(f"{checkpoint}: no such checkpoint; train first.")
    saved = torch.load(checkpoint, map_location="cpu", weights_only=False)
    prefix = "network."
    weights = {k.removeprefix(prefix): v for k, v in saved["state_dict"].items() if k.startswith(prefix)}
    network = UNet(recipe.channels, recipe.band)
    try:
        network.load_state_dict(weights)
    except RuntimeError:
        raise InputError(f"{checkpoint}: holds another network than recipe {recipe.name}'s.") from None
    return network.eval(), int(saved["global_step"])


def to_onnx(network: UNet) -> bytes:
    """ONNX bytes of a network for one scan of any size, large weights in 16-bit floats."""
    factor = network.factor
    sizes = {axis: factor * torch.export.Dim(name, min=1) for axis, name in ((2, "x"), (3, "y"), (4, "z"))}
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
    onnx.save(_halve_weights(program.model_proto), buffer)
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


def export(checkpoint: Path, recipe_name: str, target: Path, figures: Sequence[Path] = ()) -> dict[str, Any]:
    """Write ``target`` (.onnx) and its card (.json) and return the card.

    Parameters
    ----------
    checkpoint : Path
    recipe_name : str
        Recipe it was trained with; ``recipes/NAME.card.yaml`` holds what a card says besides.
    target : Path
        Files already there are replaced.
    figures : sequence of Path
        JSON files with what the benchmarks measured of this model.
    """
    recipe = load_recipe(recipe_name)
    network, steps = load_network(checkpoint, recipe)
    content = to_onnx(network)
    card = {
        "name": target.stem,
        "sha256": hashlib.sha256(content).hexdigest(),
        "voxel_mm": recipe.voxel,
        "band_mm": recipe.band,
        "size_multiple_of": network.factor,
        "surfaces": list(SURFACES),
        "parameters": sum(p.numel() for p in network.parameters()),
        "steps": steps,
        "commit": _commit(),
        "recipe": recipe.as_dict(),
        "deskull": __version__,
        **_notes(recipe_name),
        "figures": {name: found for path in figures for name, found in json.loads(path.read_text()).items()},
    }
    write_bytes(target, content, overwrite=True)
    write_bytes(target.with_suffix(".json"), (json.dumps(card, indent=2) + "\n").encode(), overwrite=True)
    return card


def _notes(recipe_name: str) -> dict[str, Any]:
    """What the card says about data, licences and known failures, written by hand beside the recipe."""
    notes = resources.files("deskull.train") / "recipes" / f"{Path(recipe_name).stem}.card.yaml"
    return dict(yaml.safe_load(notes.read_text())) if notes.is_file() else {}


def _commit() -> str:
    """The commit of the working tree, or 'unknown' outside one."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent, check=False)
    return found.stdout.strip() or "unknown"
