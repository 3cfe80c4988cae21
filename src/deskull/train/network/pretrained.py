"""Starting from a model: its weights, and the border at which it fits references best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from deskull.data.cache import Prepared, load_prepared
from deskull.errors import UsageError
from deskull.models import Model, load_model
from deskull.models.engine import Engine, make_engine
from deskull.system.resources import default_threads
from deskull.train.network.build import make_network
from deskull.train.recipe import Recipe

#: Layers that see the upsampled features and, beside them, the skipped ones.
_JOINED = re.compile(r"decoders\.\d+\.0\.0\.weight")
#: Borders tried, in mm.
BORDERS = np.arange(-4, 4.01, 0.25)


def starting_model(recipe: Recipe) -> Model | None:
    """The model that a recipe starts from, or None.

    Raises
    ------
    UsageError
        If there is no such model, or it sees scans otherwise than the recipe.
    """
    if not recipe.start:
        return None
    model = load_model(recipe.start)
    seen = model.preprocessing
    if recipe.data == "synthesis":
        # It can learn to see heads coarser or finer, given heads without end.
        seen = replace(
            seen, voxel_size=recipe.voxel, size_multiple=recipe.preprocessing.size_multiple, stride=recipe.stride
        )
    if seen != recipe.preprocessing:
        raise UsageError(f"{recipe.name}: {model.path.name} sees scans otherwise than this recipe's preprocess says.")
    return model


def starting_weights(model: Model, recipe: Recipe) -> dict[str, Tensor]:
    """Weights of an exported network under the names of the recipe's, the head cut to the recipe's surfaces.

    A recipe with more features than the model starts from a wider network that answers the same: the new features
    have random weights, and the old ones take nothing from them yet (Chen et al., Net2Net, ICLR 2016). One that sees
    finer voxels (stride) starts by averaging them, one that sees coarser ones takes each for so many alike.

    Raises
    ------
    UsageError
        If the networks differ otherwise.
    """
    graph = onnx.load_from_string(model.content()).graph
    found = {tensor.name.removesuffix("_half"): numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = {}
    for name, fresh in make_network(recipe).state_dict().items():
        values = found.get(name)
        if name.startswith("head.") and values is not None:
            values = values[: len(recipe.surfaces)]
        if values is not None and values.ndim == fresh.ndim == 5 and fresh.shape[2] != values.shape[2]:
            values = _of_voxels(values, fresh.shape[2])
        if values is None or values.ndim != fresh.ndim or any(np.greater(values.shape, fresh.shape)):
            raise UsageError(f"{recipe.name}: {model.path.name} holds another network; copy channels from its card.")
        weights[name] = _widened(torch.tensor(values, dtype=fresh.dtype), fresh, parts=2 if _JOINED.match(name) else 1)
    return weights


def _of_voxels(values: npt.NDArray[np.float32], width: int) -> npt.NDArray[np.float32]:
    """Weights of a convolution of another width that spans the same mm: over finer voxels, or over coarser ones."""
    for axis in (2, 3, 4):
        times = max(1, width // values.shape[axis])
        finer = np.repeat(values, times, axis) / np.float32(times)
        firsts = np.arange(0, finer.shape[axis], finer.shape[axis] // width)
        values = np.add.reduceat(finer, firsts, axis)
    return values


def _widened(values: Tensor, fresh: Tensor, parts: int) -> Tensor:
    """Weights of a layer grown to the size of `fresh`, whose inputs are so many parts joined."""
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
        Prepared scans; only those to be trained on.
    """
    engine = make_engine(model, default_threads())
    scores = np.mean([_dice_by_border(engine, load_prepared(path)) for path in files], axis=0)
    return float(BORDERS[scores.argmax()])


def _dice_by_border(engine: Engine, prepared: Prepared) -> list[float]:
    """Dice of one scan at each border."""
    counts = prepared.valid > 0
    answer = engine(prepared.image.astype(np.float32))[0][counts]
    reference = prepared.distance[counts] < 0
    return [
        2 * float((mask & reference).sum()) / max(1, int(mask.sum()) + int(reference.sum()))
        for mask in (answer < border for border in BORDERS)
    ]
