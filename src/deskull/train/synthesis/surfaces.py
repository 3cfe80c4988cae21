"""The brain and intracranial surfaces of a label map.

The definitions (docs/concepts/brain.md gives the reasons):

brain
    Tissue and ventricles, closed by `CLOSING_MM` so that the CSF in the sulci is inside. Closing adds CSF, vessels and
    dura only. The largest component, with holes filled and without the spinal cord.
intracranial
    The brain and the CSF, vessels and dura within `INTRACRANIAL_MM` of it, holes filled.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deskull.masking import Mask, distance_to, fill_holes, largest_component, signed_distance
from deskull.train.synthesis.tissues import BRAIN_TISSUES, FILLABLE, TissueArray

#: Radius of the morphological closing that takes the sulci into the brain, in mm (docs/concepts/brain.md).
CLOSING_MM = 6.0
#: How far from the brain fluid belongs to the intracranial space, in mm: the widest normal cisterns.
INTRACRANIAL_MM = 12.0
#: Standard deviation in voxels of the Gaussian that removes the steps of the voxels from a surface.
_SMOOTHING = 1.0


def close(mask: Mask, radius: float, voxel_size: float) -> Mask:
    """Close a mask by a ball of `radius` mm, computed from distances (Soille, Morphological Image Analysis, 2003)."""
    dilated = _outer_distance(mask, voxel_size) <= radius
    closed: Mask = _outer_distance(~dilated, voxel_size) >= radius
    return closed | mask


def _outer_distance(mask: Mask, voxel_size: float) -> npt.NDArray[np.float32]:
    """Signed distance in mm outside a mask, in half the time of the whole one; half a voxel inside throughout."""
    return (distance_to(mask) - np.float32(0.5)) * np.float32(voxel_size)


def brain_mask(tissues: TissueArray, voxel_size: float, closing: float = CLOSING_MM) -> Mask:
    """Mask of the brain as defined above, shape of `tissues`; `closing` and `voxel_size` in mm."""
    tissue = largest_component(np.isin(tissues, BRAIN_TISSUES))
    added = close(tissue, closing, voxel_size) & np.isin(tissues, FILLABLE)
    return fill_holes(largest_component(tissue | added))


def intracranial_mask(tissues: TissueArray, brain: Mask, voxel_size: float, reach: float = INTRACRANIAL_MM) -> Mask:
    """Mask of the intracranial space as defined above, shape of `tissues`; `reach` and `voxel_size` in mm."""
    near = _outer_distance(brain, voxel_size) <= reach
    return fill_holes(largest_component(brain | (near & np.isin(tissues, FILLABLE))))


def smooth_distance(mask: Mask, voxel_size: float) -> npt.NDArray[np.float32]:
    """Signed distance in mm to the surface that a mask represents, without the steps of its voxels.

    Distances to a mask are wrong by up to half a voxel in places, which no image shows: by 0.2 mm on a label map of
    1 mm (standard deviation at the surface). Smoothing the distances removes these errors; it moves the surface by the
    variance of the Gaussian over the radius of curvature, 0.02 mm on a brain.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
    voxel_size : float
        Edge of the isotropic voxels in mm.
    """
    smooth: npt.NDArray[np.float32] = ndimage.gaussian_filter(signed_distance(mask, voxel_size), _SMOOTHING)
    return smooth
