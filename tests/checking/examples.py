"""Examples of checked masks, made without a network: an ellipsoid, and the same with a part more and a part less."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from nibabel.affines import apply_affine

from deskull import Volume, formats
from deskull.checking.judging import Checked
from deskull.checking.pairs import Pair
from deskull.provenance import Provenance
from deskull.quality.comparison import compare_with
from deskull.quality.differences import far_parts, find_differences
from deskull.quality.given import judge_given
from deskull.quality.verdict import Quality, Verdict

#: Voxels of 2 mm with the axes left, anterior, superior, as many scans have them.
SHAPE, AFFINE = (76, 90, 70), np.array([[-2.0, 0, 0, 75], [0, 2.0, 0, -89], [0, 0, 2.0, -69], [0, 0, 0, 1]])
#: Centres and radii in mm of the balls that the mask has too much and lacks.
EXTRA, MISSING = ((-50.0, 60.0, -40.0), 12.0), ((40.0, -30.0, 25.0), 14.0)
OWN = Quality(
    Verdict.passed,
    predicted_dice=0.97,
    lower_bound=0.94,
    margin_mm=3.0,
    input={"noise": 0.02},
    measures={"volume_ml": 700.0},
)


def make_checked(folder: Path, *, is_good: bool = False, name: str = "a") -> Checked:
    """Write a scan and its mask to a folder, and compare the mask with the distance to an ellipsoid."""
    points = apply_affine(AFFINE, np.moveaxis(np.indices(SHAPE), 0, -1))
    distance = ((np.sqrt(((points / [60, 75, 55]) ** 2).sum(axis=-1)) - 1) * 55).astype(np.float32)
    inside = distance < 0
    if not is_good:
        for (centre, radius), value in ((EXTRA, True), (MISSING, False)):
            inside[((points - centre) ** 2).sum(axis=-1) < radius**2] = value
    scan = Volume(np.where(distance < 6, 800, 100).astype(np.int16), AFFINE)
    pair = Pair(folder / f"{name}.nii.gz", folder / f"{name}_mask.nii.gz")
    for volume, path in ((scan, pair.scan), (scan.with_data(inside.astype(np.uint8)), pair.mask)):
        formats.write(volume, path, overwrite=True)
    return _compared(pair, scan, distance, inside)


def _compared(pair: Pair, scan: Volume, distance: np.ndarray, inside: np.ndarray) -> Checked:
    """Compare a mask as `deskull.checking.judging.check_pair` does."""
    comparison = compare_with(distance, inside, scan.voxel_ml)
    own = distance < comparison.border_mm
    parts = far_parts(distance, inside, comparison.border_mm)
    differences = tuple(find_differences(parts, own, AFFINE))
    masks = (scan.with_data(mask.astype(np.uint8)) for mask in (inside, own))
    quality = judge_given(OWN, comparison, differences)
    made = Provenance("toy", "ab" * 32, "brain", 0.0)
    return Checked(pair, replace(scan, name=str(pair.scan)), *masks, parts, comparison, differences, quality, made)
