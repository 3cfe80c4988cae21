"""Real scans with their reference mask, or, where there is none, with the mask of the scan as it is."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from heads import Head
from scipy import ndimage
from synthetic_heads import Source

from deskull import Stripper, formats
from deskull.options import ReadOptions

_CONTRASTS = ("FLAIR", "T1", "T2", "PD", "CT", "b0", "fmri", "mb")


def real_heads(data: Path, split: str, index: int) -> Source | None:
    """Return a scan of a split, or None after the last one.

    The training split has scans that may be trained on; the test split has those that are for measuring only.
    """
    paths = list(_training_scans(data) if split == "train" else _test_scans(data))
    if index >= len(paths):
        return None
    path = paths[index]
    scan = formats.read(path, ReadOptions())
    if scan.ndim == 4:
        scan = scan.mean_frame(range(scan.n_frames))
    mask_path = path.with_name(path.name.replace(".nii.gz", "_mask.nii.gz"))
    if mask_path.exists():
        mask = formats.read(mask_path, ReadOptions()).data > 0
    else:
        mask = Stripper("default").strip(scan, quality="none").mask.data > 0
    step = scan.voxel_sizes
    outside, inside = (ndimage.distance_transform_edt(part, step) for part in (~mask, mask))
    distance = np.where(mask, 0.5 * min(step) - inside, outside - 0.5 * min(step))
    image = np.asarray(scan.values(), np.float32)
    head = Head(np.nan_to_num(image), distance.astype(np.float32).clip(-10, 10), scan.affine)
    name = path.name.removesuffix(".nii.gz")
    return Source(f"{split}_{name}", head, next((c for c in _CONTRASTS if c.lower() in name.lower()), ""), True)


def _training_scans(data: Path) -> list[Path]:
    """Return scans without a reference; they may be trained on with the mask of the clean scan."""
    return sorted((data / "unlabelled").glob("*.nii.gz"))


def _test_scans(data: Path) -> list[Path]:
    """Return scans that are for measuring only."""
    with (data / "labelled" / "cases.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "validation"]
    names = [row.get("case") or row.get("name") or row.get("id") for row in rows]
    return [data / "labelled" / f"{name}.nii.gz" for name in names] + sorted(
        path for path in (data / "tissue").glob("*.nii.gz") if path.name.endswith(("_T1.nii.gz", "_FLAIR.nii.gz"))
    )
