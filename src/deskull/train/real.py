"""Real scans with masks as training samples: they teach what no label map shows.

References differ by millimetres in what they call brain, so a real scan comes with a slack: the network's
distance may differ from the reference's by that much for nothing. Where the edge lies is learnt from
synthesis, where it is exact.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull import formats
from deskull.grid import Conformed, conform
from deskull.intensity import rescale
from deskull.train import artefacts
from deskull.train.deform import PoseConfig, Shape, grid_points, random_affine, random_warp
from deskull.train.rng import Rng
from deskull.train.surfaces import signed_distance
from deskull.train.synthesis import Sample, SynthesisConfig, field_of_view
from deskull.volume import Array


@dataclass(frozen=True)
class RealScan:
    """A scan on the network's grid.

    Attributes
    ----------
    name : str
    layers : Tensor, shape (1, 3, x, y, z)
        Scaled image, signed distance to the reference in mm, and 1 where the distance counts.
    centre : Tensor, shape (3,)
        Middle of the reference in mm from the middle of the grid.
    """

    name: str
    layers: Tensor
    centre: Tensor


def load_real(folder: Path, split: str, voxel: float) -> list[RealScan]:
    """Load the scans of a split of ``labelled/``, each with its mask and, where there is one, its roi.

    Parameters
    ----------
    folder : Path
        With ``cases.csv``.
    split : {"train", "validation"}
    voxel : float
        Edge of the network's voxels in mm.
    """
    with (folder / "cases.csv").open(newline="") as file:
        names = [row["case"] for row in csv.DictReader(file) if row["split"] == split]
    return [_load(folder, name, voxel) for name in names]


def _load(folder: Path, name: str, voxel: float) -> RealScan:
    """Read one case and bring image, mask and roi to one grid."""
    scan = conform(formats.read(folder / f"{name}.nii.gz").mean_frame(), voxel, 16)
    mask = _on_grid(folder / f"{name}_mask.nii.gz", scan, voxel)
    roi_path = folder / f"{name}_roi.nii.gz"
    counts = scan.inside & (_on_grid(roi_path, scan, voxel) if roi_path.exists() else True)
    distance = signed_distance(np.ascontiguousarray(mask), voxel)
    layers = np.stack([rescale(scan.data, scan.inside), distance, counts.astype(np.float32)])
    middle = (np.argwhere(mask).mean(axis=0) - (np.array(mask.shape) - 1) / 2) * voxel
    return RealScan(name, torch.from_numpy(layers)[None], torch.tensor(middle, dtype=torch.float32))


def _on_grid(path: Path, scan: Conformed, voxel: float) -> Array:
    """A mask on the grid of its conformed scan: where at least half of a voxel is covered."""
    return np.asarray(conform(formats.read(path), voxel, 16, like=scan).data > 0.5)


def real_sample(
    scan: RealScan, seed: int, shape: Shape, config: SynthesisConfig, slack: float, device: str = "cpu"
) -> Sample:
    """Move, bend and degrade one real scan.

    Parameters
    ----------
    scan : RealScan
    seed : int
    shape : tuple of int
        Grid of the result.
    config : SynthesisConfig
    slack : float
        Error in mm that costs nothing.
    device : str
        Where to compute.
    """
    rng = Rng(seed, device)
    affine = random_affine(rng, PoseConfig(shift=6.0))
    affine[:, 3] += scan.centre
    points = grid_points(affine, random_warp(rng, config.pose, shape, config.voxel), config.voxel)
    sizes = scan.layers.shape[2:]
    unit = torch.stack([points[0, a] / config.voxel * 2 / (sizes[a] - 1) for a in (2, 1, 0)], dim=-1)
    moved = functional.grid_sample(scan.layers.to(device), unit[None], align_corners=True, padding_mode="zeros")
    image, distance, counts = moved[:, :1], moved[:, 1:2], moved[:, 2:] > 0.99  # 0 beyond the scan
    image = artefacts.rescale(_degrade(image, rng, config))
    seen = field_of_view(shape, rng, config)
    both = torch.cat([distance, distance], dim=1).clamp(-config.band, config.band)
    weight = torch.cat([counts * seen, torch.zeros_like(seen)], dim=1)  # nothing is known of the second surface
    return Sample(image * seen, both, weight, "real", slack)


def _degrade(image: Tensor, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Milder artefacts than synthesis: the scan brings its own."""
    image = artefacts.bias_field(image, rng, rng.uniform(0, 0.25))
    if rng.chance(config.coil_share):
        image = artefacts.coil_falloff(image, rng, rng.uniform(0.1, 0.9))
    image = artefacts.gamma(image, 2.0 ** rng.normal(0.3))
    blur: Sequence[float] = [rng.uniform(0, 0.6) for _ in range(3)]
    image = artefacts.blur(image, (blur[0], blur[1], blur[2]))
    return artefacts.rician_noise(image, rng, 0.05 * rng.uniform(0, 1) ** 2)
