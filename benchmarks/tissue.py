"""Measure how much brain tissue a network's masks lose, for a range of borders.

    python benchmarks/tissue.py DATA/tissue [--model NAME ...] [--border MM ...]

The folder contains scans ``X``, reference masks ``X_mask`` and parcellations ``X_tissue`` in the numbers of DLMUSE.
Tissue lost is the percentage of tissue voxels outside the mask. The default border on a model's card is chosen by it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from deskull import formats
from deskull.evaluation.metrics import score
from deskull.pipeline import Stripper

#: Numbers of DLMUSE that are no tissue: nothing, the fluid in the sulci, the ventricles.
NO_TISSUE = (0, 1, 4, 11, 46, 49, 50, 51, 52)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", action="append", help="a deskull model, by name or file")
    parser.add_argument("--border", action="append", type=float, help="in mm; by default 0 to 1 in steps of 0.25")
    options = parser.parse_args()
    borders = options.border or [0.0, 0.25, 0.5, 0.75, 1.0]
    print("| model | border | tissue lost, median % | worst % | Dice, median | worst |\n|---|---|---|---|---|---|")
    for model in options.model or ["default", "small"]:
        measured = np.array([measure(Stripper(model), path, borders) for path in tissue_maps(options.folder)])
        for border, (lost, dice) in zip(borders, measured.transpose(1, 2, 0), strict=True):
            line = f"{np.median(lost):.3f} | {lost.max():.3f} | {np.median(dice):.4f} | {dice.min():.4f}"
            print(f"| {model} | {border:+.2f} | {line} |")


def tissue_maps(folder: Path) -> list[Path]:
    """Return the parcellations of a folder."""
    return sorted(folder.glob("*_tissue.nii.gz"))


def measure(stripper: Stripper, tissue_map: Path, borders: list[float]) -> list[tuple[float, float]]:
    """Return the tissue lost in per cent and the Dice of one scan at each border."""
    scan = Path(str(tissue_map).replace("_tissue", ""))
    tissue = ~np.isin(formats.read(tissue_map).data, NO_TISSUE)
    reference = formats.read(Path(str(tissue_map).replace("_tissue", "_mask")))
    distance = stripper.strip(scan, quality="none").distance.data
    measured = []
    for border in borders:
        mask = distance < border
        dice = score(mask, reference.data, reference.voxel_sizes).as_dict()["dice"]
        measured.append((100 * float((tissue & ~mask).sum() / tissue.sum()), float(dice)))
    return measured


if __name__ == "__main__":
    main()
