"""Heads made from label maps on the fly, each by its own seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from torch.utils.data import DataLoader, Dataset

from deskull.errors import InputError, UsageError
from deskull.train.data.real_scans import RealScan, load_real, real_sample
from deskull.train.data.samples import Batch, as_batch
from deskull.train.recipe import Recipe
from deskull.train.synthesis.anatomy import Anatomy, load_anatomy
from deskull.train.synthesis.contrast import ContrastConfig
from deskull.train.synthesis.generator import SynthesisConfig, synthesise
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import PoseConfig, Shape

VALIDATION_SEED = 10_000_019
#: How many of the heads are newborns'.
_NEWBORN_SHARE = 0.15


def synthesis_config(recipe: Recipe) -> SynthesisConfig:
    """Synthesis settings of a recipe.

    Raises
    ------
    UsageError
        If one is unknown, or cannot be.
    """
    kinds: dict[str, Callable[..., Any]] = {"pose": PoseConfig, "contrast": ContrastConfig}
    try:
        parts = {name: kind(**recipe.synthesis[name]) for name, kind in kinds.items() if name in recipe.synthesis}
        settings = recipe.synthesis | parts
        return SynthesisConfig(recipe.preprocessing.output_voxel_size, recipe.stride, recipe.band, **settings)
    except TypeError as error:
        reason = f"{recipe.name}: synthesis: {error}; see deskull.train.synthesis.generator for the settings."
        raise UsageError(reason) from None
    except UsageError as error:
        raise UsageError(f"{recipe.name}: synthesis: {error}") from None


@dataclass(frozen=True)
class TrainingHeads(Dataset[Batch]):
    """Heads made on the fly: item `i` by seed ``first + i``.

    Attributes
    ----------
    anatomies : sequence of Anatomy
    config : SynthesisConfig
    sizes : sequence of sequence of int
        Grid sizes to draw from along each axis, in voxels of the distances.
    first, count : int
        The seeds.
    batch : int
        Items in a row that share one grid size, so that they can be stacked.
    device : str
        Where they are made.
    real : sequence of RealScan
        Real scans to mix in.
    real_share, slack : float
        Their share of the items, and the error in mm that costs nothing on them.
    """

    anatomies: Sequence[Anatomy]
    config: SynthesisConfig
    sizes: Sequence[Sequence[int]]
    first: int
    count: int
    batch: int = 1
    device: str = "cpu"
    real: Sequence[RealScan] = ()
    real_share: float = 0.0
    slack: float = 0.0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, item: int) -> Batch:
        seed = self.first + item
        shape = self._shape(item // self.batch)
        rng = Rng(seed + 7_000_003)
        if self.real and rng.chance(self.real_share):
            scan = self.real[rng.integer(0, len(self.real) - 1)]
            return as_batch(real_sample(scan, seed, shape, self.config, self.slack, self.device), 2)
        anatomy = self._anatomy(rng)
        return as_batch(synthesise(anatomy, seed, shape, self.config, self.device), 2)

    def _anatomy(self, rng: Rng) -> Anatomy:
        """Draw an anatomy: few newborns, though they are many of the maps."""
        born, grown = ([a for a in self.anatomies if a.newborn is newborn] for newborn in (True, False))
        chosen = born if born and (not grown or rng.chance(_NEWBORN_SHARE)) else grown
        return chosen[rng.integer(0, len(chosen) - 1)]

    def _shape(self, batch: int) -> Shape:
        """Grid size of a batch, drawn by its number."""
        rng = Rng(self.first + batch * self.batch + 3_000_017)
        x, y, z = (sizes[rng.integer(0, len(sizes) - 1)] for sizes in self.sizes)
        return x, y, z


class Heads(pl.LightningDataModule):
    """Data of a recipe: synthetic training heads, and held-out anatomies for validation.

    Parameters
    ----------
    recipe : Recipe
    data : Path
        Folder with ``labelmaps/`` (and ``labelled/`` where real scans are used).
    cache : Path
        Where prepared anatomies are kept.
    """

    def __init__(self, recipe: Recipe, data: Path, cache: Path) -> None:
        super().__init__()
        self.recipe, self.data, self.cache = recipe, data, cache
        self.config = synthesis_config(recipe)
        self.training: list[Anatomy] = []
        self.held_out: list[Anatomy] = []
        self.real: list[RealScan] = []

    def setup(self, stage: str | None = None) -> None:
        """Load (or prepare) the anatomies."""
        if self.training:
            return
        paths = sorted((self.data / "labelmaps").glob("*.nii.gz"))
        if not paths:
            raise InputError(f"{self.data}: no label maps in its folder labelmaps; check --data.")
        for path in paths:
            held = path.name.split(".")[0] in self.recipe.hold_out
            (self.held_out if held else self.training).append(load_anatomy(path, self.cache))
        if self.recipe.real_share:
            self.real = load_real(self.data / "labelled", "train", self.recipe.preprocessing)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Heads of this epoch: seeds follow the epoch, so a resumed run goes on where it stopped."""
        epoch = self.trainer.current_epoch if self.trainer else 0
        recipe = self.recipe
        world = self.trainer.world_size if self.trainer else 1
        count = recipe.epoch_steps * recipe.batch * world
        heads = TrainingHeads(
            self.training,
            self.config,
            recipe.sizes,
            first=recipe.seed * 1_000_000 + epoch * count,
            count=count,
            batch=recipe.batch * world,
            device=self._device(),
            real=self.real,
            real_share=recipe.real_share,
            slack=recipe.slack,
        )
        return DataLoader(heads, batch_size=recipe.batch, num_workers=recipe.workers)

    def _device(self) -> str:
        """Where the network trains, and so where its heads are made."""
        return str(self.trainer.strategy.root_device) if self.trainer else "cpu"

    def val_dataloader(self) -> DataLoader[Batch]:
        """The same images of held-out anatomies every time."""
        full = [sizes[len(sizes) // 2 :][:1] for sizes in self.recipe.sizes]
        count = self.recipe.validation_images
        heads = TrainingHeads(self.held_out, self.config, full, VALIDATION_SEED, count, device=self._device())
        return DataLoader(heads, batch_size=1)
