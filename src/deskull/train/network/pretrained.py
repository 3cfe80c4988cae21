"""Initial weights: those of a model or a checkpoint, adapted to a recipe's network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor

from deskull.data.cache import Prepared, load_prepared
from deskull.errors import UsageError
from deskull.models import Model, load_model
from deskull.models.engine import Engine, make_engine
from deskull.system.resources import default_threads
from deskull.train.checkpoints import load_checkpoint
from deskull.train.network.build import make_network
from deskull.train.network.narrowing import Weights, narrowed_weights
from deskull.train.recipe import PREVIOUS_STAGE, Recipe

#: Layers whose input is the upsampled features and, behind them, the skipped ones.
_CONCATENATED = re.compile(r"decoders\.\d+\.0\.0\.weight")
#: Borders that `reference_border` compares, in mm.
BORDERS = np.arange(-4, 4.01, 0.25)


def initial_model(recipe: Recipe) -> Model | None:
    """The model whose weights a recipe starts from, or None.

    Raises
    ------
    UsageError
        If there is no such model, or its preprocessing is not the recipe's.
    """
    if recipe.initial_model in ("", PREVIOUS_STAGE):
        return None
    model = load_model(recipe.initial_model)
    preprocessing, wanted = model.preprocessing, recipe.preprocessing
    if recipe.synthetic:  # there are enough images to learn another resolution
        grid = {"voxel_size": wanted.voxel_size, "size_multiple": wanted.size_multiple, "stride": wanted.stride}
        preprocessing = replace(preprocessing, **grid)  # type: ignore[arg-type]
    if preprocessing != wanted:
        raise UsageError(
            f"{recipe.name}: {model.path.name} needs other preprocessing; copy voxel_size, stride and preprocess from "
            "its card."
        )
    return model


def model_weights(model: Model) -> Weights:
    """Weights of an exported network, by the names that they had in training.

    Raises
    ------
    UsageError
        If the file is not ONNX.
    """
    try:
        graph = onnx.load_from_string(model.content()).graph
    except DecodeError:
        raise UsageError(f"{model.path}: is not an ONNX file; export the model again.") from None
    return {tensor.name.removesuffix("_half"): numpy_helper.to_array(tensor) for tensor in graph.initializer}


def checkpoint_weights(checkpoint: Path) -> Weights:
    """Weights of the network in a checkpoint (averaged, if the recipe has an ema_decay).

    Raises
    ------
    InputError
        If the checkpoint cannot be read.
    """
    state = load_checkpoint(checkpoint)["state_dict"]
    return {name.removeprefix("network."): tensor.float().numpy() for name, tensor in state.items()}


def adapted_weights(weights: Weights, recipe: Recipe, source: str) -> dict[str, Tensor]:
    """Fit weights to the network of a recipe, the head cut to the recipe's surfaces.

    Where the recipe has more features, the wider network starts with the same output: the new features have random
    weights, and the old ones take nothing from them yet (Chen et al., Net2Net, ICLR 2016). Where the voxels of its
    input are finer (stride), the first layer starts by averaging them; where they are coarser, it takes each for
    several equal ones. Where a recipe on synthetic images has fewer features, the most important ones are kept; there
    are enough images to learn the rest again.

    Parameters
    ----------
    weights : mapping of str to ndarray
    recipe : Recipe
    source : str
        Name of the model, for messages.

    Raises
    ------
    UsageError
        If the networks differ otherwise.
    """
    adapted = {}
    if recipe.synthetic and _has_levels(weights, len(recipe.channels)):
        weights = narrowed_weights(weights, recipe.channels)
    for name, fresh in make_network(recipe).state_dict().items():
        values = weights.get(name)
        if name.startswith("head.") and values is not None:
            values = values[: len(recipe.surfaces)]
        if values is not None and values.ndim == fresh.ndim == 5 and fresh.shape[2] != values.shape[2]:
            values = _with_kernel_size(values, fresh.shape[2])
        if values is None or values.ndim != fresh.ndim or any(np.greater(values.shape, fresh.shape)):
            raise UsageError(f"{recipe.name}: {source} has another network; copy channels from its card.")
        parts = 2 if _CONCATENATED.match(name) else 1
        adapted[name] = _widened(torch.tensor(values, dtype=fresh.dtype), fresh, parts)
    return adapted


def _has_levels(weights: Weights, number: int) -> bool:
    """Whether weights are those of a U-Net with that number of levels."""
    return f"encoders.{number - 1}.0.0.weight" in weights and f"encoders.{number}.0.0.weight" not in weights


def _with_kernel_size(values: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    """Weights of a convolution whose kernel spans the same mm in finer or in coarser voxels."""
    for axis in (2, 3, 4):
        repeats = max(1, size // values.shape[axis])
        finer = np.repeat(values, repeats, axis) / np.float32(repeats)
        starts = np.arange(0, finer.shape[axis], finer.shape[axis] // size)
        values = np.add.reduceat(finer, starts, axis)
    return values


def _widened(values: Tensor, fresh: Tensor, parts: int) -> Tensor:
    """Weights of a layer grown to the size of `fresh`, whose input is the concatenation of that number of parts."""
    wide = fresh.clone()
    wide[: len(values)] = values if values.ndim == 1 else 0
    if values.ndim > 1:
        old, new = values.shape[1] // parts, fresh.shape[1] // parts
        for part in range(parts):
            wide[: len(values), part * new : part * new + old] = values[:, part * old : (part + 1) * old]
    return wide


def reference_border(model: Model, files: Sequence[Path]) -> float:
    """Border in mm at which a model's masks agree best (mean Dice) with the references of prepared scans.

    Parameters
    ----------
    model : Model
    files : sequence of Path
        Prepared scans; training scans only, as this is fitted to them.
    """
    engine = make_engine(model, default_threads())
    scores = np.mean([_dice_by_border(engine, load_prepared(path)) for path in files], axis=0)
    return float(BORDERS[scores.argmax()])


def _dice_by_border(engine: Engine, prepared: Prepared) -> list[float]:
    """Dice of one scan at each border."""
    counts = prepared.valid > 0
    distance = engine(prepared.image.astype(np.float32))[0][counts]
    reference = prepared.distance[counts] < 0
    return [
        2 * float((mask & reference).sum()) / max(1, int(mask.sum()) + int(reference.sum()))
        for mask in (distance < border for border in BORDERS)
    ]
