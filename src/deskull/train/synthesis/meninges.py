"""Meninges: thick dura, venous sinuses that no label map shows, and cerebrospinal fluid that moves.

Label maps have one voxel of dura at most, and mostly no sinuses; yet both lie against the brain and may be as bright.
The true surface of the brain is unchanged by what is added here: all of it lies outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import Shape
from deskull.train.synthesis.tissues import Tissue

#: What may become dura or a sinus.
_OUTER = (Tissue.CSF, Tissue.DURA, Tissue.BONE, Tissue.MARROW)
#: Fraction of the thickness of the dura that lies on the side of the fluid; the rest replaces bone.
_INNER_FRACTION = (0.3, 1.0)
#: Distance in mm between the control points at which the thickness of the dura varies.
_DURA_SPACING_MM = (20.0, 60.0)
#: Sinuses run where a smooth field is 0; distance between its control points in mm.
_SINUS_SPACING_MM = (35.0, 70.0)
#: How far from the brain's surface a sinus stays, and how far into the skull it reaches, in mm.
_SINUS_CLEARANCE_MM, _SINUS_REACH_MM = 0.5, 3.0
#: Distance between the control points of moving fluid in mm, and the level of a standard normal field above which it
#: moves fully (half a unit lower it does not).
_FLOW_SPACING_MM, _FLOW_LEVEL = (15.0, 40.0), (0.0, 1.0)
#: Intensity of moving fluid, from a flow void to the inflow of FLAIR.
_FLOW_INTENSITY = (0.05, 0.8)


@dataclass(frozen=True)
class MeningesConfig:
    """How often and how far the surroundings of the brain differ from the label map. Probabilities are per image.

    Attributes
    ----------
    thick_dura_probability : float
        That the dura, with what looks like it (arachnoid, small veins), is thicker than one voxel.
    dura_mm : tuple of float
        Least and largest thickness of that layer in mm. Dura alone has 0.3 to 0.5 mm at the petrous apex (Fam et
        al., J Neurol Surg B 2018); the range adds what scans do not separate from it, most at the vertex.
    sinus_probability : float
        That a sinus of random course runs along the inside of the skull.
    sinus_mm : tuple of float
        Range of its width in mm: the project's own estimate for the large sinuses.
    flow_probability : float
        That fluid outside the brain is darker or brighter in places where it moves (MRI): voids in T2w and b0, inflow
        in FLAIR (Lisanti et al., AJR 2007).
    """

    thick_dura_probability: float = 0.0
    dura_mm: tuple[float, float] = (1.0, 3.0)
    sinus_probability: float = 0.0
    sinus_mm: tuple[float, float] = (4.0, 10.0)
    flow_probability: float = 0.0


def vary_meninges(tissues: Tensor, distance: Tensor, rng: Rng, config: MeningesConfig, voxel_size: float) -> Tensor:
    """Thicken the dura and add a sinus, each with its probability.

    Parameters
    ----------
    tissues : Tensor of uint8, shape (1, 1, k x, k y, k z)
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    rng : Rng
    config : MeningesConfig
    voxel_size : float
        Edge of the voxels of `distance` in mm.
    """
    if config.thick_dura_probability and rng.chance(config.thick_dura_probability):
        layer = _dura(distance, rng, config.dura_mm, voxel_size)
        tissues = _replace_outer(tissues, layer, Tissue.DURA)
    if config.sinus_probability and rng.chance(config.sinus_probability):
        tissues = _replace_outer(tissues, _sinus(distance, rng, config.sinus_mm, voxel_size), Tissue.VEIN)
    return tissues


def _dura(distance: Tensor, rng: Rng, thickness_mm: tuple[float, float], voxel_size: float) -> Tensor:
    """Depth within the layer of dura, shape (1, 1, x, y, z): 0 or more inside it, in mm."""
    shape: Shape = tuple(distance.shape[2:])  # type: ignore[assignment]
    field = rng.smooth(shape, rng.uniform(*_DURA_SPACING_MM) / voxel_size)
    half = (rng.uniform(*thickness_mm) * (1 + 0.3 * field)).clamp_(*thickness_mm) / 2
    inner = rng.uniform(*_INNER_FRACTION)
    middle = half * (1 - 2 * inner)
    return half - (distance[:, 1:] - middle).abs()


def _sinus(distance: Tensor, rng: Rng, width_mm: tuple[float, float], voxel_size: float) -> Tensor:
    """Depth within a ribbon along the inside of the skull, shape (1, 1, x, y, z): 0 or more inside it."""
    shape: Shape = tuple(distance.shape[2:])  # type: ignore[assignment]
    spacing = rng.uniform(*_SINUS_SPACING_MM)
    across = rng.smooth(shape, spacing / voxel_size).abs() * spacing
    width = rng.uniform(*width_mm)
    brain, intracranial = distance[:, :1], distance[:, 1:]
    shell = torch.minimum(brain - _SINUS_CLEARANCE_MM, width / 2 - (intracranial + width / 2 - _SINUS_REACH_MM).abs())
    return torch.minimum(width / 2 - across, shell)


def _replace_outer(tissues: Tensor, depth: Tensor, tissue: Tissue) -> Tensor:
    """Replace fluid, dura and bone by a tissue where a depth on a coarser grid is 0 or more."""
    inside = functional.interpolate(depth, size=tissues.shape[2:], mode="trilinear", align_corners=False) >= 0
    places = inside.reshape(-1).nonzero()[:, 0]
    flat = tissues.reshape(-1)
    outer = torch.isin(flat[places], torch.tensor(_OUTER, dtype=flat.dtype, device=flat.device))
    return flat.index_fill(0, places[outer], int(tissue)).reshape(tissues.shape)


def move_fluid(image: Tensor, fluid: Tensor, still: float, rng: Rng, voxel_size: float) -> Tensor:
    """Change the intensity of fluid smoothly in places where it moves.

    Parameters
    ----------
    image : Tensor, shape (1, n, x, y, z)
    fluid : Tensor, same shape
        Fraction of each voxel that is fluid outside the brain.
    still : float
        Intensity of fluid that does not move.
    rng : Rng
    voxel_size : float
        Edge of the voxels in mm.
    """
    shape = tuple(image.shape[2:])
    field = rng.smooth(shape, rng.uniform(*_FLOW_SPACING_MM) / voxel_size)
    moving = (2 * (field - rng.uniform(*_FLOW_LEVEL)) + 1).clamp_(0, 1)
    change = rng.uniform(*_FLOW_INTENSITY) - still
    return image.addcmul(fluid, moving, value=change)
