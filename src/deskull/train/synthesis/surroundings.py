"""What is around the brain and not the same in all scans: fat, pads and bandages, a face taken off, noisy air."""

from __future__ import annotations

import torch
from torch import Tensor

from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.tissues import Tissue


def add_fat(tissues: Tensor, rng: Rng) -> Tensor:
    """Turn random parts of the soft tissue into fat: label maps do not tell muscle from fat."""
    shape = tuple(tissues.shape[2:])
    lumps = rng.smooth(shape, rng.uniform(8, 30)) > rng.uniform(-0.3, 1.0)
    return torch.where(lumps & (tissues == Tissue.SOFT), int(Tissue.FAT), tissues)


def add_pads(image: Tensor, air: Tensor, rng: Rng) -> Tensor:
    """Fill random lumps of the air around the head: pads, bandages, a head rest, folded-over arms.

    Parameters
    ----------
    image : Tensor, shape (1, 1, x, y, z)
    air : Tensor of bool, same shape
        Where there is nothing.
    rng : Rng
    """
    lumps = rng.smooth(tuple(image.shape[2:]), rng.uniform(5, 25)) > rng.uniform(0.8, 1.8)
    return torch.where(lumps & air, rng.uniform(0.05, 0.9), image)


def noisy_air(image: Tensor, air: Tensor, rng: Rng) -> Tensor:
    """Fill the air with noise as bright as tissue, as ratio images have it (MP2RAGE, Marques et al. 2010).

    Parameters are those of `add_pads`.
    """
    return torch.where(air, rng.uniform(0.3, 1) * (0.5 + 0.29 * rng.noise(*image.shape)).clamp_(0, 1), image)


def deface(image: Tensor, distance: Tensor, rng: Rng) -> Tensor:
    """Blank what lies in front of and below a tilted plane that stays clear of the brain."""
    shape = image.shape[2:]
    forward, down = rng.uniform(0.3, 1), rng.uniform(0.2, 1)
    along = torch.linspace(0, 1, shape[1], device=image.device).reshape(1, -1, 1) * forward * shape[1]
    plane = along - torch.linspace(0, 1, shape[2], device=image.device).reshape(1, 1, -1) * down * shape[2]
    clear = rng.uniform(4, 25)
    brain = distance[0, 0] < clear
    if not brain.any():
        return image
    edge = torch.where(brain, plane, plane.min()).max()
    return image * (plane <= edge)
