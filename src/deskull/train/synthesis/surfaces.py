"""The brain and intracranial surfaces of a label map.

The definitions (docs/brain.md says why):

brain
    Tissue and ventricles, closed by `CLOSING_MM` so that the CSF in the sulci is inside; what closing adds
    is only CSF, vessels and dura; largest component; holes filled; no spinal cord.
intracranial
    The brain and the CSF, vessels and dura within `INTRACRANIAL_MM` of it, holes filled.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deskull.masking import Mask, fill_holes, largest_component, signed_distance
from deskull.train.synthesis.tissues import BRAIN_TISSUES, FILLABLE, Labels

CLOSING_MM = 6.0
INTRACRANIAL_MM = 12.0
#: Standard deviation of the Gaussian that takes the steps of voxels out of a surface, in voxels.
_SMOOTHING = 1.0


def close(mask: Mask, radius: float, spacing: float) -> Mask:
    """Morphological closing by a ball of `radius` mm, through distances (Soille 2003)."""
    dilated = signed_distance(mask, spacing) <= radius
    closed: Mask = signed_distance(dilated, spacing) <= -radius
    return closed | mask


def brain_mask(tissues: Labels, spacing: float, closing: float = CLOSING_MM) -> Mask:
    """Brain as defined above, shape of `tissues`; `closing` and `spacing` in mm."""
    tissue = largest_component(np.isin(tissues, BRAIN_TISSUES))
    added = close(tissue, closing, spacing) & np.isin(tissues, FILLABLE)
    return fill_holes(largest_component(tissue | added))


def intracranial_mask(tissues: Labels, brain: Mask, spacing: float, reach: float = INTRACRANIAL_MM) -> Mask:
    """Intracranial space as defined above, shape of `tissues`; `reach` and `spacing` in mm."""
    near = signed_distance(brain, spacing) <= reach
    return fill_holes(largest_component(brain | (near & np.isin(tissues, FILLABLE))))


def smooth_distance(mask: Mask, spacing: float) -> npt.NDArray[np.float32]:
    """Signed distance in mm to the surface that a mask stands for, without the steps of its voxels.

    Distances to a mask are off by up to half a voxel here and there, which no image shows: on a label map of 1 mm by
    0.2 mm (standard deviation, at the surface). Smoothing them moves the surface by their variance over its radius of
    curvature, 0.02 mm on a brain.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
    spacing : float
        Edge of the isotropic voxels in mm.
    """
    smooth: npt.NDArray[np.float32] = ndimage.gaussian_filter(signed_distance(mask, spacing), _SMOOTHING)
    return smooth
