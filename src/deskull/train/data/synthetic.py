"""Synthetic images of label maps, each from a seed of its own, mixed with a few real scans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader, Dataset

from deskull.errors import InputError, UsageError
from deskull.train.data.base import Progress, TrainingData, no_progress
from deskull.train.data.real_scans import RealScan, augmented_sample, load_real_scans, real_scan_names
from deskull.train.data.samples import Batch, as_batch
from deskull.train.recipe import Recipe
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.contrast import ContrastConfig
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.label_map import LabelMap, load_label_map, name_of
from deskull.train.synthesis.meninges import MeningesConfig
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import PoseConfig, Shape
from deskull.train.synthesis.susceptibility import EpiConfig

#: First seed of the validation images; those of training are below and above it, never the same.
VALIDATION_SEED = 10_000_019
#: Distance between the first training seeds of two recipe seeds.
_SEED_STEP = 1_000_000
#: Added to an item's seed for draws other than its image's.
_CHOICE_SEED, _SHAPE_SEED = 7_000_003, 3_000_017
#: Fraction of the images that show newborns.
_NEWBORN_FRACTION = 0.15


def synthesis_config(recipe: Recipe) -> SynthesisConfig:
    """Synthesis settings of a recipe.

    Raises
    ------
    UsageError
        If a setting is unknown, or has a value that cannot be used.
    """
    kinds: dict[str, Callable[..., Any]] = {"pose": PoseConfig, "contrast": ContrastConfig}
    kinds |= {"meninges": MeningesConfig, "epi": EpiConfig}
    try:
        parts = {name: kind(**recipe.synthesis[name]) for name, kind in kinds.items() if name in recipe.synthesis}
        settings = recipe.synthesis | parts
        return SynthesisConfig(recipe.preprocessing.output_voxel_size, recipe.stride, recipe.band, **settings)
    except TypeError as error:
        reason = f"{recipe.name}: synthesis: {error}; deskull.train.synthesis.config lists the settings."
        raise UsageError(reason) from None
    except UsageError as error:
        raise UsageError(f"{recipe.name}: synthesis: {error}") from None


@dataclass(frozen=True)
class SyntheticImages(Dataset[Batch]):
    """Synthetic images: item `i` has the seed ``first + i``.

    Attributes
    ----------
    label_maps : sequence of LabelMap
    config : SynthesisConfig
    grid_sizes : sequence of sequence of int
        Grid sizes to draw from along each axis, in voxels of the distances.
    first, count : int
        First seed, and number of items.
    batch_size : int
        Number of consecutive items with the same grid size, so that they can be stacked.
    device : str
        Where they are computed, as torch names it.
    real_scans : sequence of RealScan
        Real scans to mix in.
    real_scan_probability : float
        Probability that an item is a real scan.
    tolerance : float
        Error in mm that costs nothing on real scans.
    """

    label_maps: Sequence[LabelMap]
    config: SynthesisConfig
    grid_sizes: Sequence[Sequence[int]]
    first: int
    count: int
    batch_size: int = 1
    device: str = "cpu"
    real_scans: Sequence[RealScan] = ()
    real_scan_probability: float = 0.0
    tolerance: float = 0.0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, item: int) -> Batch:
        seed = self.first + item
        shape = self._shape(item // self.batch_size)
        rng = Rng(seed + _CHOICE_SEED)
        if self.real_scans and rng.chance(self.real_scan_probability):
            scan = self.real_scans[rng.integer(0, len(self.real_scans) - 1)]
            return as_batch(augmented_sample(scan, seed, shape, self.config, self.tolerance, self.device), 2)
        return as_batch(synthesise(self._label_map(rng), seed, shape, self.config, self.device), 2)

    def _label_map(self, rng: Rng) -> LabelMap:
        """Draw a label map. Newborns are a third of them, but a smaller fraction of the images."""
        newborns = [label_map for label_map in self.label_maps if label_map.newborn]
        others = [label_map for label_map in self.label_maps if not label_map.newborn]
        chosen = newborns if newborns and (not others or rng.chance(_NEWBORN_FRACTION)) else others
        return chosen[rng.integer(0, len(chosen) - 1)]

    def _shape(self, batch: int) -> Shape:
        """Draw the grid size of a batch, by its number."""
        rng = Rng(self.first + batch * self.batch_size + _SHAPE_SEED)
        x, y, z = (sizes[rng.integer(0, len(sizes) - 1)] for sizes in self.grid_sizes)
        return x, y, z


class SyntheticData(TrainingData):
    """Data of a recipe: synthetic images for training, and others, of separate label maps, for validation.

    Parameters
    ----------
    recipe : Recipe
    folder : Path
        With ``labelmaps/``, and ``labelled/`` where real scans are mixed in.
    cache : Path
        Folder of label maps with their distances.
    progress : callable
        Given what is prepared, one by one, and its number, yields it again (a progress bar).

    Raises
    ------
    UsageError
        If the recipe's settings of synthesis cannot be used.
    InputError
        If there are no label maps to train on.
    """

    def __init__(self, recipe: Recipe, folder: Path, cache: Path, progress: Progress = no_progress) -> None:
        super().__init__(recipe)
        self.folder, self.cache, self._progress = folder, cache, progress
        self.config = synthesis_config(recipe)
        paths = sorted((folder / "labelmaps").glob("*.nii.gz"))
        held_out = recipe.validation_label_maps
        self._validation_paths = [path for path in paths if name_of(path) in held_out]
        self._training_paths = [path for path in paths if name_of(path) not in held_out]
        if not self._training_paths:
            raise InputError(f"{folder}: its folder labelmaps holds no label maps to train on; check the path.")
        self.validates = bool(self._validation_paths and recipe.validation_images)
        labelled = folder / "labelled"
        real = real_scan_names(labelled, "train") if recipe.real_scan_probability and labelled.is_dir() else []
        self.facts = {
            "training": [name_of(path) for path in self._training_paths],
            "validation": [name_of(path) for path in self._validation_paths],
            "real_scans": real,
        }
        self.training: list[LabelMap] = []
        self.validation: list[LabelMap] = []
        self.real_scans: list[RealScan] = []

    def setup(self, stage: str | None = None) -> None:
        """Read the label maps and the real scans, or what the cache holds of them."""
        if self.training:
            return
        paths = [*self._training_paths, *self._validation_paths]
        label_maps = list(self._progress((load_label_map(path, self.cache) for path in paths), len(paths)))
        self.training = label_maps[: len(self._training_paths)]
        self.validation = label_maps[len(self._training_paths) :]
        if self.facts["real_scans"]:
            names = self.facts["real_scans"]
            scans = load_real_scans(self.folder / "labelled", names, self.recipe.preprocessing)
            self.real_scans = list(self._progress(scans, len(names)))

    def train_dataloader(self) -> DataLoader[Batch]:
        """Training images of the current epoch."""
        recipe = self.recipe
        count = recipe.steps_per_epoch * recipe.batch_size * self.world_size
        images = SyntheticImages(
            self.training,
            self.config,
            recipe.grid_sizes,
            first=recipe.seed * _SEED_STEP + self.epoch * count,
            count=count,
            batch_size=recipe.batch_size * self.world_size,
            device=self._device(),
            real_scans=self.real_scans,
            real_scan_probability=recipe.real_scan_probability,
            tolerance=recipe.tolerance,
        )
        return DataLoader(images, batch_size=recipe.batch_size, num_workers=recipe.workers)

    def _device(self) -> str:
        """Where the network trains, and its images are computed."""
        return str(self.trainer.strategy.root_device) if self.trainer else "cpu"

    def val_dataloader(self) -> DataLoader[Batch] | list[Batch]:
        """Validation images: the same in every epoch, on the middle grid size."""
        if not self.validates:
            return []
        middle = [sizes[len(sizes) // 2 :][:1] for sizes in self.recipe.grid_sizes]
        count = self.recipe.validation_images
        images = SyntheticImages(self.validation, self.config, middle, VALIDATION_SEED, count, device=self._device())
        return DataLoader(images, batch_size=1)
