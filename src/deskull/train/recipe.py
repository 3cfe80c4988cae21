"""Recipes: one small YAML file says everything about how a model is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from deskull.errors import UsageError


@dataclass(frozen=True)
class Recipe:
    """How to train one model.

    Attributes
    ----------
    name : str
    channels : list of int
        Features of the U-Net at each level, finest first.
    voxel, band : float
        Edge of the network's voxels and clip of its distances, in mm.
    steps, epoch_steps : int
        Optimiser steps in all, and between two validations.
    batch : int
        Images a step.
    rate, weight_decay, warmup : float
        Peak learning rate of AdamW, its weight decay, and the steps of linear warm-up before the cosine.
    clip, ema : float
        Gradient norm limit and decay of the weights' moving average.
    sizes : list of list of int
        Grid sizes to draw from along x, y and z, in voxels.
    hold_out : list of str
        Names of label maps kept for validation.
    real_share : float
        Share of training samples that are real scans (the `train` split of ``labelled/``).
    real_slack : float
        Error in mm that costs nothing on real scans, whose references differ in what they call brain.
    validation_images : int
        Synthetic images of held-out anatomies scored after each epoch.
    synthesis : dict
        Overrides of `deskull.train.synthesis.SynthesisConfig`.
    seed : int
    """

    name: str
    channels: list[int] = field(default_factory=lambda: [8, 32, 64, 96, 128])
    voxel: float = 2.0
    band: float = 10.0
    steps: int = 6000
    epoch_steps: int = 200
    batch: int = 1
    rate: float = 0.001
    weight_decay: float = 0.01
    warmup: int = 200
    clip: float = 1.0
    ema: float = 0.999
    sizes: list[list[int]] = field(default_factory=lambda: [[80, 96, 112], [96, 112, 128], [80, 96, 112]])
    hold_out: list[str] = field(default_factory=list)
    real_share: float = 0.0
    real_slack: float = 4.0
    validation_images: int = 12
    synthesis: dict[str, Any] = field(default_factory=dict)
    seed: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Return every setting by name."""
        return asdict(self)


def load_recipe(name: str) -> Recipe:
    """Read a recipe by the name of a shipped one or the path of a YAML file.

    Raises
    ------
    UsageError
        If there is no such recipe, or it has an unknown setting.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise UsageError(f"{path}: no such recipe file; check the path.")
        text = path.read_text()
    else:
        shipped = resources.files("deskull.train") / "recipes" / f"{name}.yaml"
        if not shipped.is_file():
            raise UsageError(f"{name}: no shipped recipe of that name; give one, or the path of a YAML file.")
        text = shipped.read_text()
    settings = {"name": path.stem, **(yaml.safe_load(text) or {})}
    try:
        return Recipe(**settings)
    except TypeError as error:
        raise UsageError(f"{name}: {error}; see Recipe for the settings there are.") from None
