"""Tissue lost on synthetic images, where the tissue of every voxel is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as functional

from deskull.train.synthesis.sample import Sample
from deskull.train.synthesis.tissues import BRAIN_TISSUES, Tissue
from deskull.volume import FloatArray

#: Borders in mm that are compared.
BORDERS = (0.0, 0.25, 0.5, 0.75, 1.0)
#: Tissue of the brain without the fluid in its ventricles, as a parcellation counts it.
PARENCHYMA = tuple(int(tissue) for tissue in BRAIN_TISSUES if tissue != Tissue.VENTRICLE)


def tissue_fraction(sample: Sample, tissues: Sequence[int] = PARENCHYMA) -> FloatArray:
    """Fraction of each voxel of a synthetic image that has one of several tissues, 0 outside the field of view."""
    assert sample.tissues is not None
    chosen = torch.isin(sample.tissues, torch.tensor(tissues, dtype=torch.uint8)).float()
    averaged = functional.avg_pool3d(chosen, chosen.shape[2] // sample.image.shape[2])
    covered = functional.interpolate(sample.weight[:, :1], size=sample.image.shape[2:])
    fraction: FloatArray = (averaged * covered)[0, 0].numpy()
    return fraction


def tissue_lost(distance: FloatArray | None, tissue: FloatArray) -> dict[float, float]:
    """Percentage of tissue outside the mask at each border; 100 where no brain was found.

    Parameters
    ----------
    distance : ndarray of float32, shape (x, y, z), optional
        Predicted signed distance to the brain surface, in mm.
    tissue : ndarray of float32, same shape
        Fraction of each voxel that is tissue.
    """
    if distance is None:
        return dict.fromkeys(BORDERS, 100.0)
    return {border: float(100 * tissue[distance >= border].sum() / tissue.sum()) for border in BORDERS}


def report_tissue(lost: Mapping[str, Sequence[Mapping[float, float]]]) -> None:
    """Print the median and the worst percentage of tissue lost for each kind of image and border."""
    heads = " | ".join(f"{border:g} mm" for border in BORDERS)
    print(f"\nTissue lost in %, median / worst\n\n| kind | images | {heads} |\n|---|---|{'---|' * len(BORDERS)}")
    together = [values for kind in lost.values() for values in kind]
    for name, values in {**lost, "all": together}.items():
        cells = [[value[border] for value in values] for border in BORDERS]
        row = " | ".join(f"{np.median(cell):.3f} / {max(cell):.2f}" for cell in cells)
        print(f"| {name} | {len(values)} | {row} |")
