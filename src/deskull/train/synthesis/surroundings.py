"""Surroundings: what lies around the brain and varies between scans: fat, pads, a blanked face, noisy air."""

from __future__ import annotations

import torch
from torch import Tensor

from deskull.axes import broadcast_along
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.tissues import Tissue

#: Distance between the control points of lumps of fat and of pads, in voxels.
_FAT_SPACING, _PAD_SPACING = (8.0, 30.0), (5.0, 25.0)
#: Level of a standard normal field above which there is fat, and above which there is a pad.
_FAT_LEVEL, _PAD_LEVEL = (-0.3, 1.0), (0.8, 1.8)
#: Intensity of pads and of noisy air (0 to 1 is the display range); mean and standard deviation of the latter's noise.
_PAD_INTENSITY, _NOISY_AIR_INTENSITY, _NOISY_AIR = (0.05, 0.9), (0.3, 1.0), (0.5, 0.29)
#: Slope of the plane of defacing along y and z, and its least distance from the brain in mm.
_DEFACING_Y, _DEFACING_Z, _DEFACING_MARGIN_MM = (0.3, 1.0), (0.2, 1.0), (4.0, 25.0)


def add_fat(tissues: Tensor, rng: Rng) -> Tensor:
    """Turn random parts of the soft tissue into fat: label maps have one label for muscle and fat.

    Parameters
    ----------
    tissues : Tensor of uint8, shape (1, 1, x, y, z)
    rng : Rng
    """
    shape = tuple(tissues.shape[2:])
    lumps = rng.smooth(shape, rng.uniform(*_FAT_SPACING)) > rng.uniform(*_FAT_LEVEL)
    return torch.where(lumps & (tissues == Tissue.SOFT), int(Tissue.FAT), tissues)


def add_pads(image: Tensor, air: Tensor, rng: Rng) -> Tensor:
    """Fill random lumps of the air around the head: pads, bandages, a head rest, folded-over arms.

    Parameters
    ----------
    image : Tensor, shape (1, n, x, y, z)
    air : Tensor of bool, shape (1, 1, x, y, z)
        Where there is nothing.
    rng : Rng
    """
    lumps = rng.smooth(tuple(image.shape[2:]), rng.uniform(*_PAD_SPACING)) > rng.uniform(*_PAD_LEVEL)
    return torch.where(lumps & air, rng.uniform(*_PAD_INTENSITY), image)


def add_noisy_air(image: Tensor, air: Tensor, rng: Rng) -> Tensor:
    """Fill the air with noise as bright as tissue, as ratio images show it (MP2RAGE, Marques et al., NeuroImage 2010).

    Parameters
    ----------
    image : Tensor, shape (1, n, x, y, z)
    air : Tensor of bool, shape (1, 1, x, y, z)
        Where there is nothing.
    rng : Rng
    """
    mean, deviation = _NOISY_AIR
    intensity = rng.uniform(*_NOISY_AIR_INTENSITY)
    return torch.where(air, intensity * (mean + deviation * rng.noise(*image.shape)).clamp_(0, 1), image)


def deface(image: Tensor, distance: Tensor, rng: Rng) -> Tensor:
    """Blank what lies anterior to and below an oblique plane that keeps clear of the brain.

    Parameters
    ----------
    image : Tensor, shape (1, n, x, y, z)
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    rng : Rng
    """
    shape = image.shape[2:]
    forward, down = rng.uniform(*_DEFACING_Y), rng.uniform(*_DEFACING_Z)
    ramp_y = broadcast_along(1, torch.linspace(0, 1, shape[1], device=image.device)) * forward * shape[1]
    plane = ramp_y - broadcast_along(2, torch.linspace(0, 1, shape[2], device=image.device)) * down * shape[2]
    brain = distance[0, 0] < rng.uniform(*_DEFACING_MARGIN_MM)
    if not brain.any():
        return image
    edge = torch.where(brain, plane, plane.min()).max()
    return image * (plane <= edge)
