"""Which closing radius do real brain masks have? The measurement behind ``surfaces.CLOSING_MM``.

    python benchmarks/closing.py DATA --cache FOLDER

A mask made by closing with radius R is unchanged by closing with R or less (closing is idempotent), so the
volume that a radius adds to a reference tells how far its sulci are filled. The same is printed for what each
radius makes of the label maps.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from deskull import formats
from deskull.preprocessing.grid import conform
from deskull.train.synthesis.label_map import load_label_map
from deskull.train.synthesis.surfaces import brain_mask, close

RADII = (2.0, 4.0, 6.0, 8.0, 10.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()
    print("| mask | volume ml |" + "".join(f" +{r:g} mm |" for r in RADII) + "\n|---|---|" + "---|" * len(RADII))
    for path in sorted((options.data / "labelled").glob("*_mask.nii.gz")):
        mask = np.pad(conform(formats.read(path), 1.0, 1).data > 0.5, 12)
        row(path.name.removesuffix("_mask.nii.gz"), mask)
    for name in ("synthseg_01", "synthseg_05", "scatterbrains_01", "scatterbrains_14"):
        label_map = load_label_map(options.data / "labelmaps" / f"{name}.nii.gz", options.cache)
        tissues = np.pad(label_map.tissues, 12)
        for radius in (4.0, 6.0, 8.0):
            row(f"{name}, closed {radius:g} mm", brain_mask(tissues, label_map.voxel_size, radius))


def row(name: str, mask: np.ndarray) -> None:
    """Print how much each closing adds to a mask, in percent of its volume."""
    volume = mask.sum()
    gains = [100 * (close(mask, radius, 1.0).sum() / volume - 1) for radius in RADII]
    print(f"| {name} | {volume / 1000:.0f} |" + "".join(f" {gain:.2f} % |" for gain in gains), flush=True)


main()
