"""Small data sets of round heads: brain, gap and scalp as balls in balls, at 4 mm."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deskull import Volume, formats
from deskull.data.cases import Case, write_cases
from deskull.data.splits import Membership, write_splits
from deskull.train.recipe import Recipe

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
TINY = Recipe(
    "tiny", channels=[4, 8, 8], epochs=2, warmup=3, rate=0.01, voxel=4.0, sizes=[[32], [32, 48], [32]], workers=0,
)  # fmt: skip


def round_head(seed: int, shape: tuple[int, int, int] = (44, 52, 48)) -> tuple[Volume, Volume]:
    """A scan (int16) and its mask; the seed moves it and sets the noise."""
    rng = np.random.default_rng(seed)
    centre = (np.array(shape) - 1) / 2 + rng.uniform(-2, 2, 3)
    radius = np.linalg.norm(np.stack(np.indices(shape), -1) - centre, axis=-1)
    brain = radius < 14 + rng.uniform(-1, 1)
    image = np.where(brain, 600.0, np.where(radius < 17, 100.0, np.where(radius < 20, 900.0, 0.0)))
    image += rng.normal(0, 20, shape)
    return Volume(image.astype(np.int16), AFFINE), Volume(brain.astype(np.uint8), AFFINE)


def write_heads(folder: Path, count: int, held_out: int = 1) -> Path:
    """Write a data set with its table and splits; the last `held_out` heads validate."""
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
