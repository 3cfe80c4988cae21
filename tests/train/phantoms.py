"""Small data sets for training tests: round heads at 4 mm as scans with masks, and as label maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deskull import Volume, formats
from deskull.data.cases import Case, write_cases
from deskull.data.splits import Membership, write_splits
from deskull.train.recipe import Recipe

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
#: Recipe on scans with masks.
TINY = Recipe(
    "tiny",
    channels=[4, 8, 8],
    epochs=2,
    warmup_steps=3,
    learning_rate=0.01,
    voxel_size=4.0,
    grid_sizes=[[32], [32, 40], [32]],
    workers=0,
    precision="32-true",
)
#: Recipe on synthetic images.
TINY_SYNTHESIS = Recipe(
    "tiny",
    data="synthesis",
    channels=[4, 8],
    steps=4,
    steps_per_epoch=2,
    warmup_steps=2,
    learning_rate=0.01,
    validation_images=1,
    validation_label_maps=["synthseg_01"],
    ema_decay=0.9,
    grid_sizes=[[16], [16], [16]],
    voxel_size=8.0,
    workers=0,
    precision="32-true",
)


def round_head(seed: int, shape: tuple[int, int, int] = (32, 36, 34)) -> tuple[Volume, Volume]:
    """A scan (int16) of balls within balls, and the mask of its brain; the seed moves it and sets the noise."""
    rng = np.random.default_rng(seed)
    centre = (np.array(shape) - 1) / 2 + rng.uniform(-1.5, 1.5, 3)
    radius = np.linalg.norm(np.stack(np.indices(shape), -1) - centre, axis=-1)
    brain = radius < 10 + rng.uniform(-1, 1)
    image = np.where(brain, 600.0, np.where(radius < 12.5, 100.0, np.where(radius < 15, 900.0, 0.0)))
    image += rng.normal(0, 20, shape)
    return Volume(image.astype(np.int16), AFFINE), Volume(brain.astype(np.uint8), AFFINE)


def write_heads(folder: Path, count: int, held_out: int = 1) -> Path:
    """Write a data set of scans with its table and splits; the last `held_out` heads are for validation."""
    cases, splits = [], {}
    for number in range(count):
        paths = [folder / f"sub-{number:02d}{ending}.nii.gz" for ending in ("_T1w", "_T1w_brainmask")]
        for volume, path in zip(round_head(number), paths, strict=True):
            formats.write(volume, path)
        cases.append(Case(f"sub-{number:02d}_T1w", f"{number:02d}", *paths))
        splits[f"{number:02d}"] = Membership("validation" if number >= count - held_out else "train", -1)
    write_cases(cases, folder / "dataset.csv")
    write_splits(splits, folder / "splits.csv")
    return folder / "dataset.csv"


def write_label_maps(folder: Path, count: int = 2) -> Path:
    """Write label maps of round heads, ``labelmaps/synthseg_00.nii.gz`` and on; returns `folder`."""
    size = 29
    radius = np.linalg.norm(np.stack(np.indices((size,) * 3), -1) - (size - 1) / 2, axis=-1)
    for number in range(count):
        labels = np.zeros((size,) * 3, np.uint16)
        for outer, label in ((13, 511), (11.5, 515), (10 - 0.3 * number, 24), (9 - 0.3 * number, 2), (2, 4)):
            labels[radius <= outer] = label
        affine = np.diag([6.0, 6.0, 6.0, 1.0])
        formats.write(Volume(labels, affine), folder / "labelmaps" / f"synthseg_{number:02d}.nii.gz")
    return folder
