"""What differs between brains and is in no label map here: atrophy, wide ventricles and fluid, lesions."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.train.synthesis.fields import squared_distance
from deskull.train.synthesis.label_map import LabelMap
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import sample_distances
from deskull.train.synthesis.tissues import BRAIN_TISSUES, Tissue

#: Depth under the skull, in mm, from which on the brain shrinks or swells by its full amount.
_RAMP_MM = 12.0
#: Standard deviation in mm of the Gaussian by which a wide cistern fades along the surface; the probability that it
#: lies at the lowest part of the surface, and what fraction that is: cisterna magna, cisterns before the brainstem.
_CISTERN_RADIUS_MM, _LOW_CISTERN_PROBABILITY, _LOW_CISTERN = (10.0, 22.0), 0.6, 0.25
#: Number of lesions, and their radius along each axis in voxels of the distance grid.
_LESIONS, _LESION_RADIUS = (1, 4), (2.0, 12.0)
#: Least depth of a lesion's centre under the brain surface, and the depth at which it has its full intensity, in mm.
_LESION_DEPTH_MM, _LESION_FADE_MM = 4.0, 3.0
#: Intensity of lesions (0 to 1 is the display range), and the fraction of the tissue's signal that it replaces.
_LESION_INTENSITY, _LESION_OPACITY = (0.0, 1.1), (0.4, 1.0)


def shrink_brain(label_map: LabelMap, points: Tensor, amount: float, voxel_size: float) -> Tensor:
    """Displacement that makes the brain smaller in a skull that keeps its size.

    Parameters
    ----------
    label_map : LabelMap
    points : Tensor, shape (1, 3, x, y, z)
        Position of each grid voxel in the label map, in mm.
    amount : float
        Fraction of its size that the brain loses (atrophy); negative where it swells.
    voxel_size : float
        Edge of the grid's voxels in mm.

    Returns
    -------
    Tensor, shape (1, 3, x, y, z)
        In mm.
    """
    fields = torch.from_numpy(label_map.distances).to(points.device)
    intracranial = sample_distances(fields, points, label_map.voxel_size, voxel_size)[:, 1:]
    fraction = amount * (-intracranial / _RAMP_MM).clamp_(0, 1)
    return (points - _brain_centre(label_map, points)) * fraction


def enlarge_ventricles(label_map: LabelMap, points: Tensor, amount: float, reach: float) -> Tensor:
    """Displacement that magnifies the middle of the brain.

    Parameters
    ----------
    label_map : LabelMap
    points : Tensor, shape (1, 3, x, y, z)
        Position of each grid voxel in the label map, in mm.
    amount : float
        0 to 0.6; at the very middle lengths grow by a factor of 1 / (1 - amount).
    reach : float
        Standard deviation in mm of the Gaussian by which the effect fades outwards.

    Returns
    -------
    Tensor, shape (1, 3, x, y, z)
        In mm.
    """
    outwards = points - _brain_centre(label_map, points)
    return -outwards * amount * torch.exp(-0.5 * (outwards / reach).square().sum(dim=1, keepdim=True))


def _brain_centre(label_map: LabelMap, points: Tensor) -> Tensor:
    """Middle of the brain in mm from the middle of the label map, shape (1, 3, 1, 1, 1)."""
    return torch.from_numpy(label_map.brain_centre).reshape(1, 3, 1, 1, 1).to(points.device)


def erode_cortex(tissues: Tensor, distance: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """Turn the outermost tissue of the brain into fluid.

    The width of the fluid then varies freely, and a network cannot infer the brain's surface from the skull's.

    Parameters
    ----------
    tissues : Tensor of uint8, shape (1, 1, k x, k y, k z)
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    depth : Tensor, shape (1, 1, x, y, z)
        How much is removed, in mm; smooth.

    Returns
    -------
    tuple of Tensor
        Tissues and distances after the erosion.
    """
    eroded = distance[:, :1] + depth
    outside = functional.interpolate(eroded, size=tissues.shape[2:], mode="trilinear", align_corners=False) > 0
    brain = (tissues >= min(BRAIN_TISSUES)) & (tissues <= max(BRAIN_TISSUES))
    return tissues.masked_fill(outside & brain, int(Tissue.CSF)), torch.cat([eroded, distance[:, 1:]], dim=1)


def wide_cistern(distance: Tensor, rng: Rng, depth_mm: tuple[float, float], voxel_size: float) -> Tensor:
    """Depth by which the brain recedes around one place of its surface, as beside a wide cistern or an arachnoid cyst.

    Parameters
    ----------
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    rng : Rng
    depth_mm : tuple of float
        Range of the largest depth in mm.
    voxel_size : float
        Edge of the voxels in mm.

    Returns
    -------
    Tensor, shape (1, 1, x, y, z)
        In mm.
    """
    edge = (distance[0, 0].abs() < voxel_size).nonzero()
    depth, radius = rng.uniform(*depth_mm), rng.uniform(*_CISTERN_RADIUS_MM) / voxel_size
    if not len(edge):
        return torch.zeros_like(distance[:, :1])
    if rng.chance(_LOW_CISTERN_PROBABILITY):
        edge = edge[edge[:, 2] <= torch.quantile(edge[:, 2].float(), _LOW_CISTERN)]
    centre = edge[rng.integer(0, len(edge) - 1)].tolist()
    squared = squared_distance(distance.shape[2:], centre, [radius] * 3, distance.device)
    return depth * torch.exp(-0.5 * squared)[None, None]


def lesions(image: Tensor, distance: Tensor, rng: Rng) -> Tensor:
    """Add one to four lesions of any intensity inside the brain: tumours, oedema, bleeds, resections.

    Parameters
    ----------
    image : Tensor, shape (1, n, x, y, z)
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    rng : Rng
    """
    shape = tuple(image.shape[2:])
    inside = (distance[0, 0] < -_LESION_DEPTH_MM).nonzero()
    for _ in range(rng.integer(*_LESIONS)):
        if not len(inside):
            break
        centre = inside[rng.integer(0, len(inside) - 1)].tolist()
        squared = squared_distance(shape, centre, [rng.uniform(*_LESION_RADIUS) for _ in shape], image.device)
        ragged = squared * torch.exp(0.4 * rng.smooth(shape, 5))
        # It fades towards the surface: an edge that ends there would give the answer away.
        blob = torch.sigmoid(4 * (1 - ragged)) * (-distance[:, :1] / _LESION_FADE_MM).clamp(0, 1)
        image = image + blob * (rng.uniform(*_LESION_INTENSITY) - image) * rng.uniform(*_LESION_OPACITY)
    return image
