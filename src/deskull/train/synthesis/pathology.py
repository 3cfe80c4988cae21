"""What differs between brains and no label map here shows: atrophy, wide ventricles and fluid, lesions of any kind."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.train.synthesis.anatomy import Anatomy
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import sample_distances
from deskull.train.synthesis.tissues import BRAIN_TISSUES, Tissue

#: Depth under the skull in mm below which the whole brain shrinks or swells alike.
_RAMP_MM = 12.0


def shrink(anatomy: Anatomy, points: Tensor, amount: float, voxel: float) -> Tensor:
    """Displacement that makes the brain smaller in a skull that stays, shape (1, 3, x, y, z) in mm.

    Parameters
    ----------
    anatomy : Anatomy
    points : Tensor, shape (1, 3, x, y, z)
        Anatomy position in mm of each grid voxel.
    amount : float
        Share of its size that the brain loses (atrophy); negative where it swells.
    voxel : float
        Edge of the grid's voxels in mm.
    """
    fields = torch.from_numpy(anatomy.distances).to(points.device)
    intracranial = sample_distances(fields, points, anatomy.spacing, voxel)[:, 1:]
    share = amount * (-intracranial / _RAMP_MM).clamp_(0, 1)
    return (points - _middle(anatomy, points)) * share


def widen_ventricles(anatomy: Anatomy, points: Tensor, amount: float, reach: float) -> Tensor:
    """Displacement that magnifies the middle of the brain, shape (1, 3, x, y, z) in mm.

    Parameters
    ----------
    anatomy : Anatomy
    points : Tensor, shape (1, 3, x, y, z)
        Anatomy position in mm of each grid voxel.
    amount : float
        0 to 0.6; at the very middle lengths grow by 1 / (1 - amount).
    reach : float
        Deviation in mm of the Gaussian by which it fades outwards.
    """
    outwards = points - _middle(anatomy, points)
    return -outwards * amount * torch.exp(-0.5 * (outwards / reach).square().sum(dim=1, keepdim=True))


def _middle(anatomy: Anatomy, points: Tensor) -> Tensor:
    """Middle of the brain in mm, as positions are counted, shape (1, 3, 1, 1, 1)."""
    return torch.from_numpy(anatomy.middle).reshape(1, 3, 1, 1, 1).to(points.device)


def wear(tissues: Tensor, distance: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """Turn the outermost tissue of the brain into fluid: how wide the fluid is then tells nothing about the skull.

    Parameters
    ----------
    tissues : Tensor of uint8, shape (1, 1, k x, k y, k z)
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    depth : Tensor, shape (1, 1, x, y, z)
        How much is taken away, in mm; smooth.

    Returns
    -------
    tuple of Tensor
        Tissues and distances afterwards.
    """
    worn = distance[:, :1] + depth
    outside = functional.interpolate(worn, size=tissues.shape[2:], mode="trilinear", align_corners=False) > 0
    brain = (tissues >= min(BRAIN_TISSUES)) & (tissues <= max(BRAIN_TISSUES))
    return tissues.masked_fill(outside & brain, int(Tissue.CSF)), torch.cat([worn, distance[:, 1:]], dim=1)


def lesions(image: Tensor, distance: Tensor, rng: Rng) -> Tensor:
    """Add one to four blobs of any brightness inside the brain: tumours, oedema, bleeds, resections."""
    shape = tuple(image.shape[2:])
    inside = (distance[0, 0] < -4).nonzero()
    for _ in range(rng.integer(1, 4)):
        if not len(inside):
            break
        centre = inside[rng.integer(0, len(inside) - 1)].tolist()
        squared = torch.zeros(shape, device=image.device)
        for axis, size in enumerate(shape):
            along = (torch.arange(size, device=image.device) - centre[axis]) / rng.uniform(2, 12)
            squared += (along**2).reshape([-1 if a == axis else 1 for a in range(3)])
        ragged = squared * torch.exp(0.4 * rng.smooth(shape, 5))
        # Fading towards the surface, or its edge would draw the answer.
        blob = torch.sigmoid(4 * (1 - ragged)) * (-distance[:, :1] / 3).clamp(0, 1)
        image = image + blob * (rng.uniform(0, 1.1) - image) * rng.uniform(0.4, 1)
    return image
