"""Scans for the tests of the page: a head with its distances, and small volumes with known voxels."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from deskull import Stripper, Volume, formats
from deskull.demo import make_head
from deskull.masking import largest_component
from deskull.volume import FloatArray

ANGLE = np.deg2rad(20)
#: Directions of the axes of the small volumes, as columns.
DIRECTIONS = {
    "oblique": np.array([[np.cos(ANGLE), -np.sin(ANGLE), 0], [np.sin(ANGLE), np.cos(ANGLE), 0], [0, 0, 1]]),
    "permuted": np.array([[0.0, 1, 0], [0, 0, -1], [1, 0, 0]]),
    "flipped": np.diag([-1.0, -1, 1]),
}
#: Grid of the small volumes; no two axes are alike.
SHAPE, VOXEL_MM = (20, 26, 16), (2.0, 1.5, 3.0)
#: Voxels that are brighter than all others: a test finds them in the pictures, and must find them in what is saved.
BRIGHT = [(4, 7, 3), (5, 7, 3), (13, 20, 11)]
#: Border in mm at which the body of a small volume has a part apart from it, that is left out.
ISLAND_MM = 1.0


def write_scans(folder: Path, scan: str | None = None) -> None:
    """Write a folder for each scan: the files that the server offers, and ``job.json``."""
    head = formats.read(scan) if scan else make_head(1, voxel_size=2)
    _write_head(folder / "head", head, Path(scan).name if scan else "head_T1w.nii.gz")
    for name in DIRECTIONS:
        _write_small(folder / name, name)


def _write_head(folder: Path, head: Volume, name: str) -> None:
    stripper = Stripper()
    result = stripper.strip(head)
    distance = result.distance
    intracranial = stripper.strip(head, surface="intracranial", quality="none").distance
    assert result.quality is not None
    assert result.provenance is not None
    quality = result.quality.as_dict()
    quality["findings"] = quality["input"].get("findings", [])
    facts = {"volume_ml": result.volume_ml, "border_mm": result.provenance.border, "quality": quality, "seconds": 2.6}
    volumes = {"scan": result.scan, "distance": distance, "intracranial": intracranial, "mask": result.mask}
    _write(folder, name, volumes, facts)


def n_with_island() -> tuple[int, int]:
    """Voxels of the small body at the border with an island, and of its largest part alone."""
    inside = _small_distance() < np.float32(ISLAND_MM)
    return int(inside.sum()), int(largest_component(inside).sum())


def _small_distance() -> FloatArray:
    voxels = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), axis=-1)
    offsets = (voxels - (np.array(SHAPE) - 1) / 2) * VOXEL_MM
    distance = (np.linalg.norm(offsets, axis=-1) - 7).astype(np.float32)
    distance[2:4, 2:4, 2] = ISLAND_MM / 2
    return distance


def _write_small(folder: Path, orientation: str) -> None:
    """A dark volume with a round body in its middle; the bright voxels lie outside it, or at its edge."""
    affine = np.eye(4)
    affine[:3, :3] = DIRECTIONS[orientation] * VOXEL_MM
    affine[:3, 3] = (7, -11, 5)
    distance = _small_distance()
    data = np.where(distance < 0, 60, 10).astype(np.int16)
    for voxel in BRIGHT:
        data[voxel] = 1000
    scan, mask = Volume(data, affine), Volume((distance < 0).astype(np.uint8), affine)
    volumes = {"scan": scan, "distance": scan.with_data(distance), "mask": mask}
    facts = {"volume_ml": 1.4, "border_mm": 0.0, "quality": None, "seconds": 0.1}
    _write(folder, f"{orientation}.nii.gz", volumes, facts)


def _write(folder: Path, name: str, volumes: dict[str, Volume], facts: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    for kind, volume in volumes.items():
        formats.write(volume, folder / f"{kind}.nii.gz")
    scan = volumes["scan"]
    sizes = np.linalg.norm(scan.affine[:3, :3], axis=0)
    job = {"name": name, "shape": list(scan.shape), "voxel_mm": [round(float(size), 4) for size in sizes], **facts}
    (folder / "job.json").write_text(json.dumps(job))


if __name__ == "__main__":
    write_scans(Path(sys.argv[1]), *sys.argv[2:])
