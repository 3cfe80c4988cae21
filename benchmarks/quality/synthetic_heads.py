"""Synthetic heads with exact surfaces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from heads import Head
from scipy import ndimage

from deskull.train.data.synthetic import synthesis_config
from deskull.train.recipe_files import load_recipe
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.intensities import RANDOM
from deskull.train.synthesis.label_map import LabelMap, load_label_map

#: Label maps from which no network was trained; the others are of the training split.
HELD_OUT = ("scatterbrains_13", "scatterbrains_14", "scatterbrains_15", "scatterbrains_16")
FIRST_SEEDS = {"train": 700_000, "test": 800_000}


@dataclass(frozen=True)
class Source:
    """A head and where it comes from."""

    name: str
    head: Head
    contrast: str
    real: bool


def synthetic_head(data: Path, cache_folder: Path, split: str, index: int, border: float) -> Source:
    """Make a head of one of the split's label maps, in any contrast; its edge lies `border` mm outside the true one."""
    names = sorted(path.name.removesuffix(".nii.gz") for path in (data / "labelmaps").glob("*.nii.gz"))
    names = [name for name in names if (name in HELD_OUT) == (split == "test")]
    seed = FIRST_SEEDS[split] + index
    rng = np.random.default_rng(seed)
    recipe = load_recipe("further" if rng.random() < 0.5 else "synthesis").curriculum[-1]
    shape = tuple(int(n) for n in rng.choice([80, 88, 96], 3))
    name = str(rng.choice(names))
    config = synthesis_config(recipe)
    weights = {name: 0.0 if name == RANDOM else weight for name, weight in config.contrast.family_weights.items()}
    config = replace(config, contrast=replace(config.contrast, family_weights=weights))
    sample = synthesise(_label_map(data / "labelmaps" / f"{name}.nii.gz", cache_folder), seed, shape,
                        config)  # fmt: skip
    distance = sample.distance[0, 0].numpy() - border
    fine = ndimage.zoom(distance, recipe.stride, order=1, mode="nearest", grid_mode=True)
    head = Head(sample.image[0, 0].numpy(), fine.astype(np.float32), np.eye(4))
    return Source(f"{split}{index:05d}_{name}", head, sample.family, False)


@cache
def _label_map(path: Path, cache_folder: Path) -> LabelMap:
    """Load a label map once."""
    return load_label_map(path, cache_folder)
