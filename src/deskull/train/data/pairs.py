"""Pairs: prepared scans with masks as training and validation samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
from torch.utils.data import DataLoader, Dataset

from deskull.data.cache import load_prepared
from deskull.errors import InputError
from deskull.train.data.real_scans import RealScan, moved_sample, real_sample, whole_sample
from deskull.train.data.samples import Batch, as_batch
from deskull.train.recipe import Recipe
from deskull.train.synthesis.generator import Sample, SynthesisConfig
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import Shape


@dataclass(frozen=True)
class PairSamples(Dataset[Batch]):
    """Prepared scans in an order and with changes that follow the epoch.

    Attributes
    ----------
    files : sequence of Path
        Files written by `deskull.data.prepare`.
    recipe : Recipe
    epoch : int
    training : bool
        Whether they are shuffled and changed; validation scans are taken as prepared.
    together : int
        Items in a row that share a grid: the batches of one step on all devices.
    """

    files: Sequence[Path]
    recipe: Recipe
    epoch: int
    training: bool
    together: int = 1

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, item: int) -> Batch:
        rng = np.random.default_rng([self.recipe.seed, self.epoch, self.training])
        count = len(self.files)
        if self.training:
            chosen = int(rng.permutation(count)[item])
        else:
            chosen = int(rng.integers(0, count, count)[item]) if self.recipe.validation == "drawn" else item
        path = self.files[chosen]
        scan = RealScan.of(path.stem, load_prepared(path), self.recipe.preprocessing.output_voxel_size)
        return as_batch(self._sample(scan, item), len(self.recipe.surfaces))

    def _sample(self, scan: RealScan, item: int) -> Sample:
        """One scan as the recipe's augmentation leaves it."""
        recipe = self.recipe
        if not self.training or recipe.augment == "none":
            return whole_sample(scan, recipe.band)
        seed = recipe.seed * 1_000_003 + self.epoch * len(self.files) + item
        config = SynthesisConfig(recipe.preprocessing.output_voxel_size, recipe.stride, recipe.band)
        if recipe.augment == "pose":
            x, y, z = scan.truth.shape[2:]
            return moved_sample(scan, seed, (x, y, z), config)
        return real_sample(scan, seed, self._shape(item // self.together), config, recipe.slack)

    def _shape(self, batch: int) -> Shape:
        """Grid size that the items of a batch share."""
        rng = Rng(self.recipe.seed * 7_000_003 + self.epoch * len(self.files) + batch)
        x, y, z = (sizes[rng.integer(0, len(sizes) - 1)] for sizes in self.recipe.sizes)
        return x, y, z


class Pairs(pl.LightningDataModule):
    """Prepared scans for a recipe.

    Parameters
    ----------
    recipe : Recipe
    training, validation : sequence of Path
        Prepared scans.

    Raises
    ------
    InputError
        If there is nothing to train on, or batches would mix grids.
    """

    def __init__(self, recipe: Recipe, training: Sequence[Path], validation: Sequence[Path]) -> None:
        super().__init__()
        self.recipe, self.training, self.validation = recipe, training, validation
        if not training:
            raise InputError("no scan to train on is left; check the splits and what was left out.")
        if recipe.batch > 1 and recipe.augment != "full" and not recipe.preprocessing.size:
            raise InputError(
                f"{recipe.name}: scans of different grids cannot be batched by {recipe.batch}; set preprocess.size, "
                "augment: full or --batch 1."
            )

    def train_dataloader(self) -> DataLoader[Batch]:
        """Samples of this epoch, so that a resumed run goes on where it stopped."""
        return self._loader(self.training, training=True)

    def val_dataloader(self) -> DataLoader[Batch] | list[Batch]:
        """Validation scans, one at a time."""
        return self._loader(self.validation, training=False) if self.validation else []

    def _loader(self, files: Sequence[Path], *, training: bool) -> DataLoader[Batch]:
        epoch = self.trainer.current_epoch if self.trainer else 0
        world = self.trainer.world_size if self.trainer else 1
        samples = PairSamples(files, self.recipe, epoch, training, self.recipe.batch * world)
        batch = self.recipe.batch if training else 1
        return DataLoader(samples, batch_size=batch, num_workers=self.recipe.workers if training else 0)
