"""Real scans with masks as training samples: moved, warped, degraded and cropped at random.

Mixed into synthetic images they show what is in no label map. References differ by millimetres in their definition of
brain, so these samples have a tolerance: errors of the distance up to it cost nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.data.cache import Prepared
from deskull.data.cases import Case
from deskull.data.prepare import prepare_case
from deskull.errors import InputError
from deskull.preprocessing.settings import Preprocessing
from deskull.train.synthesis import artefacts
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.field_of_view import field_of_view
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.sample import Sample
from deskull.train.synthesis.spatial import PoseConfig, Shape, correct_stretch, grid_points, random_affine, random_warp

#: Real heads are nearly centred already; otherwise the pose of synthesis.
_POSE = PoseConfig(shift=6.0)
#: Artefacts, milder than those of synthesis as the scan has its own: standard deviation of the logarithm of the bias
#: field, change of the logarithm by coils, standard deviations of the binary logarithm of gamma, of the blur in mm, and
#: of the noise as a fraction of the display range. Source: the project's own choice.
_BIAS_FIELD, _COIL, _GAMMA, _BLUR_MM, _NOISE = (0.0, 0.25), (0.1, 0.9), 0.3, (0.0, 1.2), 0.05
#: A voxel counts where the interpolated weight is at least this.
_COUNTS = 0.99


@dataclass(frozen=True)
class RealScan:
    """A scan on the network's grid.

    Attributes
    ----------
    name : str
    image : Tensor, shape (1, 1, k x, k y, k z)
        Scaled.
    reference : Tensor, shape (1, 2, x, y, z)
        Signed distance to the reference surface in mm, and 1 where it counts.
    centre : Tensor, shape (3,)
        Middle of the reference mask in mm from the middle of the grid.
    """

    name: str
    image: Tensor
    reference: Tensor
    centre: Tensor

    @classmethod
    def of(cls, name: str, prepared: Prepared, voxel_size: float) -> RealScan:
        """Make one from a prepared case, whose distances lie on voxels of `voxel_size` mm."""
        distance = prepared.distance.astype(np.float32)
        reference = torch.from_numpy(np.stack([distance, prepared.valid.astype(np.float32)]))
        image = torch.from_numpy(prepared.image.astype(np.float32))
        inside = np.argwhere(distance < 0)
        middle = (np.array(distance.shape) - 1) / 2
        centre = (inside.mean(axis=0) - middle) * voxel_size if len(inside) else np.zeros(3)
        return cls(name, image[None, None], reference[None], torch.tensor(centre, dtype=torch.float32))


def real_scan_names(folder: Path, split: str) -> list[str]:
    """Names of the scans of a split.

    Parameters
    ----------
    folder : Path
        With ``cases.csv``, which has the columns case and split.
    split : {"train", "validation"}

    Raises
    ------
    InputError
        If there is no such table.
    """
    table = folder / "cases.csv"
    try:
        with table.open(newline="") as file:
            return [row["case"] for row in csv.DictReader(file) if row["split"] == split]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error):
        raise InputError(f"{table}: cannot be read as a table with the columns case and split; check it.") from None


def load_real_scans(folder: Path, names: Sequence[str], preprocessing: Preprocessing) -> Iterator[RealScan]:
    """Prepare scans in memory one by one, each with its mask and, if there is one, the region in which it is valid.

    Parameters
    ----------
    folder : Path
        With ``NAME.nii.gz``, ``NAME_mask.nii.gz`` and, optionally, ``NAME_roi.nii.gz``.
    names : sequence of str
    preprocessing : Preprocessing
    """
    return (_load(folder, name, preprocessing) for name in names)


def _load(folder: Path, name: str, preprocessing: Preprocessing) -> RealScan:
    """Prepare one scan."""
    roi = folder / f"{name}_roi.nii.gz"
    scan, mask = folder / f"{name}.nii.gz", folder / f"{name}_mask.nii.gz"
    case = Case(name, name, scan, mask, roi=roi if roi.exists() else None)
    return RealScan.of(name, prepare_case(case, preprocessing), preprocessing.output_voxel_size)


def unchanged_sample(scan: RealScan, band: float) -> Sample:
    """A scan as it was prepared, its distances clipped to the band in mm."""
    distance, counts = scan.reference.chunk(2, dim=1)
    return Sample(scan.image, distance.clamp(-band, band), counts, "real")


def moved_sample(scan: RealScan, seed: int, shape: Shape, config: SynthesisConfig, device: str = "cpu") -> Sample:
    """Move and warp a scan about the middle of its grid; see `augmented_sample`."""
    return _move(replace(scan, centre=torch.zeros(3)), Rng(seed, device), shape, config)


def augmented_sample(
    scan: RealScan, seed: int, shape: Shape, config: SynthesisConfig, tolerance: float, device: str = "cpu"
) -> Sample:
    """Move, warp, degrade and crop a scan about the middle of its brain.

    Parameters
    ----------
    scan : RealScan
        Scaled by `deskull.preprocessing.intensity.rescale`.
    seed : int
        The same seed gives the same sample.
    shape : tuple of int
        Grid of the sample's distances.
    config : SynthesisConfig
    tolerance : float
        Error in mm that costs nothing.
    device : str
        Where to compute, as torch names it.
    """
    rng = Rng(seed, device)
    moved = _move(scan, rng, shape, config)
    covered = field_of_view(shape, rng, config)
    image = artefacts.rescale(_degrade(moved.image, rng, config), covered)
    return replace(moved, image=image, weight=moved.weight * covered, tolerance=tolerance)


def _move(scan: RealScan, rng: Rng, shape: Shape, config: SynthesisConfig) -> Sample:
    """Carry a scan through a random pose and warp onto a grid; outside the scan lies its darkest value."""
    affine = random_affine(rng, _POSE)
    affine[:, 3] += scan.centre
    points = grid_points(affine, random_warp(rng, config.pose, shape, config.voxel_size), config.voxel_size)
    darkest = scan.image.amin()
    fine_points = _refined(points, config.stride)
    image = _interpolated((scan.image - darkest).to(rng.device), fine_points, config.image_voxel_size)
    distance, counts = _interpolated(scan.reference.to(rng.device), points, config.voxel_size).chunk(2, dim=1)
    distance = correct_stretch(distance, config.voxel_size).clamp(-config.band, config.band)
    return Sample(image + darkest, distance, (counts > _COUNTS).float(), "real")


def _interpolated(layers: Tensor, points: Tensor, voxel_size: float) -> Tensor:
    """Layers at points in mm from their middle, linearly; 0 outside."""
    sizes = layers.shape[2:]
    unit = torch.stack([points[0, a] / voxel_size * 2 / (sizes[a] - 1) for a in (2, 1, 0)], dim=-1)
    return functional.grid_sample(layers, unit[None], align_corners=True, padding_mode="zeros")


def _refined(points: Tensor, stride: int) -> Tensor:
    """Points of a grid with `stride` voxels along each edge of a voxel."""
    return functional.interpolate(points, scale_factor=float(stride), mode="trilinear") if stride > 1 else points


def _degrade(image: Tensor, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Bias field, coil, gamma, blur and noise."""
    image = artefacts.bias_field(image, rng, rng.uniform(*_BIAS_FIELD))
    if rng.chance(config.coil_probability):
        image = artefacts.coil_falloff(image, rng, rng.uniform(*_COIL))
    image = artefacts.gamma(image, 2.0 ** rng.normal(_GAMMA))
    blur: Sequence[float] = [rng.uniform(*_BLUR_MM) / config.image_voxel_size for _ in range(3)]
    image = artefacts.blur(image, (blur[0], blur[1], blur[2]))
    return artefacts.rician_noise(image, rng, _NOISE * rng.uniform(0, 1) ** 2)
