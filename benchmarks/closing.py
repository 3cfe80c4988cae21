"""Measure the closing radius of real brain masks, on which ``surfaces.CLOSING_MM`` is based.

    python benchmarks/closing.py DATA --cache FOLDER

Closing a mask with a radius that it was closed with before, or a smaller one, does not change it. The volume that a
radius adds to a reference mask therefore shows how far its sulci were filled. The same is printed for masks that are
derived from label maps with several radii.
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
        print_row(path.name.removesuffix("_mask.nii.gz"), mask)
    for name in ("synthseg_01", "synthseg_05", "scatterbrains_01", "scatterbrains_14"):
        label_map = load_label_map(options.data / "labelmaps" / f"{name}.nii.gz", options.cache)
        tissues = np.pad(label_map.tissues, 12)
        for radius in (4.0, 6.0, 8.0):
            print_row(f"{name}, closed {radius:g} mm", brain_mask(tissues, label_map.voxel_size, radius))


def print_row(name: str, mask: np.ndarray) -> None:
    """Print the volume that each radius adds to a mask, in percent."""
    volume = mask.sum()
    gains = [100 * (close(mask, radius, 1.0).sum() / volume - 1) for radius in RADII]
    print(f"| {name} | {volume / 1000:.0f} |" + "".join(f" {gain:.2f} % |" for gain in gains), flush=True)


if __name__ == "__main__":
    main()
