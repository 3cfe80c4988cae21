"""Real scans with masks as training samples: moved, bent, degraded and cut on the fly.

Where they are mixed into synthesis they teach what no label map shows. References differ by millimetres in what
they call brain, so they come with a slack: the network's distance may differ from the reference's by that much
for nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.data.cache import Prepared
from deskull.data.cases import Case
from deskull.data.prepare import prepare_case
from deskull.preprocessing.settings import Preprocessing
from deskull.train.synthesis import artefacts
from deskull.train.synthesis.generator import Sample, SynthesisConfig, field_of_view
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import PoseConfig, Shape, grid_points, random_affine, random_warp, unstretch

#: Real heads lie nearly straight already.
_POSE = PoseConfig(shift=6.0)


@dataclass(frozen=True)
class RealScan:
    """A scan on the network's grid.

    Attributes
    ----------
    name : str
    image : Tensor, shape (1, 1, k x, k y, k z)
        Scaled.
    truth : Tensor, shape (1, 2, x, y, z)
        Signed distance to the reference in mm, and 1 where it counts.
    centre : Tensor, shape (3,)
        Middle of the reference in mm from the middle of the grid.
    """

    name: str
    image: Tensor
    truth: Tensor
    centre: Tensor

    @classmethod
    def of(cls, name: str, prepared: Prepared, voxel: float) -> RealScan:
        """Take over a prepared case, whose distances lie on voxels of `voxel` mm."""
        distance = prepared.distance.astype(np.float32)
        truth = torch.from_numpy(np.stack([distance, prepared.valid.astype(np.float32)]))
        image = torch.from_numpy(prepared.image.astype(np.float32))
        inside = np.argwhere(distance < 0)
        half = (np.array(distance.shape) - 1) / 2
        middle = (inside.mean(axis=0) - half) * voxel if len(inside) else np.zeros(3)
        return cls(name, image[None, None], truth[None], torch.tensor(middle, dtype=torch.float32))


def load_real(folder: Path, split: str, preprocessing: Preprocessing) -> list[RealScan]:
    """Load the scans of a split of ``labelled/``, each with its mask and, where there is one, its roi.

    Parameters
    ----------
    folder : Path
        With ``cases.csv``.
    split : {"train", "validation"}
    preprocessing : Preprocessing
    """
    with (folder / "cases.csv").open(newline="") as file:
        names = [row["case"] for row in csv.DictReader(file) if row["split"] == split]
    return [_load(folder, name, preprocessing) for name in names]


def _load(folder: Path, name: str, preprocessing: Preprocessing) -> RealScan:
    """Prepare one case in memory."""
    roi = folder / f"{name}_roi.nii.gz"
    scan, mask = folder / f"{name}.nii.gz", folder / f"{name}_mask.nii.gz"
    case = Case(name, name, scan, mask, roi=roi if roi.exists() else None)
    return RealScan.of(name, prepare_case(case, preprocessing), preprocessing.output_voxel_size)


def whole_sample(scan: RealScan, band: float) -> Sample:
    """A scan as it was prepared, distances clipped to the band in mm."""
    distance, counts = scan.truth.chunk(2, dim=1)
    return Sample(scan.image, distance.clamp(-band, band), counts, "real")


def moved_sample(scan: RealScan, seed: int, shape: Shape, config: SynthesisConfig, device: str = "cpu") -> Sample:
    """Move and bend one scan about the middle of its grid; see `real_sample`."""
    return _move(replace(scan, centre=torch.zeros(3)), Rng(seed, device), shape, config)


def real_sample(
    scan: RealScan, seed: int, shape: Shape, config: SynthesisConfig, slack: float, device: str = "cpu"
) -> Sample:
    """Move, bend, degrade and cut one scan about the middle of its brain.

    Parameters
    ----------
    scan : RealScan
        Scaled by `deskull.preprocessing.intensity.rescale`.
    seed : int
    shape : tuple of int
        Grid of the result's distances.
    config : SynthesisConfig
    slack : float
        Error in mm that costs nothing.
    device : str
        Where to compute.
    """
    rng = Rng(seed, device)
    moved = _move(scan, rng, shape, config)
    seen = field_of_view(shape, rng, config)
    image = artefacts.rescale(_degrade(moved.image, rng, config), seen)
    return replace(moved, image=image, weight=moved.weight * seen, slack=slack)


def _move(scan: RealScan, rng: Rng, shape: Shape, config: SynthesisConfig) -> Sample:
    """Carry a scan through a random pose and warp onto a grid; beyond it lies what its darkest voxel has."""
    affine = random_affine(rng, _POSE)
    affine[:, 3] += scan.centre
    points = grid_points(affine, random_warp(rng, config.pose, shape, config.voxel), config.voxel)
    darkest = scan.image.amin()
    image = _at((scan.image - darkest).to(rng.device), _finer(points, config.stride), config.image_voxel)
    distance, counts = _at(scan.truth.to(rng.device), points, config.voxel).chunk(2, dim=1)
    distance = unstretch(distance, config.voxel).clamp(-config.band, config.band)
    return Sample(image + darkest, distance, (counts > 0.99).float(), "real")


def _at(layers: Tensor, points: Tensor, voxel: float) -> Tensor:
    """Layers at points in mm from their middle, 0 beyond them; linear."""
    sizes = layers.shape[2:]
    unit = torch.stack([points[0, a] / voxel * 2 / (sizes[a] - 1) for a in (2, 1, 0)], dim=-1)
    return functional.grid_sample(layers, unit[None], align_corners=True, padding_mode="zeros")


def _finer(points: Tensor, times: int) -> Tensor:
    """Points of a grid that cuts the edges of each voxel into so many."""
    return functional.interpolate(points, scale_factor=float(times), mode="trilinear") if times > 1 else points


def _degrade(image: Tensor, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Milder artefacts than synthesis: the scan brings its own."""
    image = artefacts.bias_field(image, rng, rng.uniform(0, 0.25))
    if rng.chance(config.coil_share):
        image = artefacts.coil_falloff(image, rng, rng.uniform(0.1, 0.9))
    image = artefacts.gamma(image, 2.0 ** rng.normal(0.3))
    blur: Sequence[float] = [rng.uniform(0, 1.2) / config.image_voxel for _ in range(3)]
    image = artefacts.blur(image, (blur[0], blur[1], blur[2]))
    return artefacts.rician_noise(image, rng, 0.05 * rng.uniform(0, 1) ** 2)
