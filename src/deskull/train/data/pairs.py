"""Pairs: prepared scans with masks as training and validation samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset

from deskull.data.cache import load_prepared
from deskull.errors import InputError
from deskull.train.data.base import TrainingData
from deskull.train.data.real_scans import RealScan, augmented_sample, moved_sample, unchanged_sample
from deskull.train.data.samples import Batch, as_batch
from deskull.train.recipe import Recipe
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.sample import Sample
from deskull.train.synthesis.spatial import Shape

#: Multiplied by the recipe's seed, so that the seeds of two recipes lie far from each other.
_SAMPLE_SEED, _SHAPE_SEED = 1_000_003, 7_000_003


@dataclass(frozen=True)
class PairSamples(Dataset[Batch]):
    """Prepared scans in an order and with an augmentation that follow the epoch.

    Attributes
    ----------
    files : sequence of Path
        Written by `deskull.data.prepare`.
    recipe : Recipe
    epoch : int
    training : bool
        Whether they are shuffled and augmented; validation scans are taken as prepared.
    batch_size : int
        Number of consecutive items with the same grid size: the batches of one step on all devices.
    """

    files: Sequence[Path]
    recipe: Recipe
    epoch: int
    training: bool
    batch_size: int = 1

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, item: int) -> Batch:
        path = self.files[self._order()[item]]
        scan = RealScan.of(path.stem, load_prepared(path), self.recipe.preprocessing.output_voxel_size)
        return as_batch(self._sample(scan, item), len(self.recipe.surfaces))

    def _order(self) -> list[int]:
        """Position in `files` of each item."""
        rng = np.random.default_rng([self.recipe.seed, self.epoch, self.training])
        count = len(self.files)
        if self.training:
            return [int(n) for n in rng.permutation(count)]
        if self.recipe.validation_sampling == "bootstrap":
            return [int(n) for n in rng.integers(0, count, count)]
        return list(range(count))

    def _sample(self, scan: RealScan, item: int) -> Sample:
        """Augment one scan."""
        recipe = self.recipe
        if not self.training or recipe.augmentation == "none":
            return unchanged_sample(scan, recipe.band)
        seed = recipe.seed * _SAMPLE_SEED + self.epoch * len(self.files) + item
        config = SynthesisConfig(recipe.preprocessing.output_voxel_size, recipe.stride, recipe.band)
        if recipe.augmentation == "pose":
            x, y, z = scan.reference.shape[2:]
            return moved_sample(scan, seed, (x, y, z), config)
        return augmented_sample(scan, seed, self._shape(item // self.batch_size), config, recipe.tolerance)

    def _shape(self, batch: int) -> Shape:
        """Draw the grid size of a batch, by its number."""
        rng = Rng(self.recipe.seed * _SHAPE_SEED + self.epoch * len(self.files) + batch)
        x, y, z = (sizes[rng.integer(0, len(sizes) - 1)] for sizes in self.recipe.grid_sizes)
        return x, y, z


class PairData(TrainingData):
    """Data of a recipe: prepared scans with masks.

    Parameters
    ----------
    recipe : Recipe
    training, validation : sequence of Path
        Prepared scans.
    facts : dict, optional
        What the run records about them.

    Raises
    ------
    InputError
        If there is nothing to train on, or a batch would mix grid sizes.
    """

    def __init__(
        self,
        recipe: Recipe,
        training: Sequence[Path],
        validation: Sequence[Path],
        facts: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(recipe)
        self.training, self.validation = training, validation
        self.facts = facts or {}
        self.reference_scans, self.validates = training, bool(validation)
        if not training:
            raise InputError(f"{recipe.name}: no scan is left to train on; check the splits and the scans left out.")
        if recipe.batch_size > 1 and recipe.augmentation != "full" and not recipe.preprocessing.size:
            raise InputError(
                f"{recipe.name}: scans of different grid sizes do not fit in batches of {recipe.batch_size}; set "
                "preprocess.size, augmentation full or batch_size 1."
            )

    def train_dataloader(self) -> DataLoader[Batch]:
        """Training samples of the current epoch."""
        return self._loader(self.training, training=True)

    def val_dataloader(self) -> DataLoader[Batch] | list[Batch]:
        """Validation scans, one at a time."""
        return self._loader(self.validation, training=False) if self.validation else []

    def _loader(self, files: Sequence[Path], *, training: bool) -> DataLoader[Batch]:
        """Loader of the samples of the current epoch."""
        recipe = self.recipe
        samples = PairSamples(files, recipe, self.epoch, training, recipe.batch_size * self.world_size)
        batch_size = recipe.batch_size if training else 1
        return DataLoader(samples, batch_size=batch_size, num_workers=recipe.workers if training else 0)
