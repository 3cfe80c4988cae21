"""Masks: from a signed distance to a mask and back; largest component, holes, edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deskull.volume import FloatArray, Volume

Mask = npt.NDArray[np.bool_]

#: Parts that are removed from a distance, and cavities that are filled, are set to this distance in mm from the border:
#: not farther, or interpolation would dent the surfaces beside them.
_CLEANED_MM = 1.0


def largest_component(mask: Mask) -> Mask:
    """Return the largest face-connected component of a mask (an empty mask as it is)."""
    labels, count = ndimage.label(mask)
    if count < 2:
        return mask
    largest: Mask = labels == np.bincount(labels.ravel())[1:].argmax() + 1
    return largest


def fill_holes(mask: Mask) -> Mask:
    """Fill the cavities of a mask that do not reach the border of the array."""
    labels, count = ndimage.label(~mask)
    if count < 2:
        return mask
    faces = [np.take(labels, side, axis).ravel() for axis in range(mask.ndim) for side in (0, -1)]
    outside = np.setdiff1d(np.concatenate(faces), [0])
    filled: Mask = ~np.isin(labels, outside)
    return filled


def keep_largest(distance: FloatArray, border: float, far: float, field_of_view: Mask | None = None) -> FloatArray:
    """Remove all but the largest component of the mask that a distance describes, and fill its cavities.

    This works on the network's grid, where it is fast; interpolation then carries the cleaned distance to the scan.

    Parameters
    ----------
    distance : ndarray of float32, shape (x, y, z)
        Signed distance to the surface in mm.
    border : float
        The mask is where the distance is smaller, in mm.
    far : float
        Distance in mm that is assumed away from the brain.
    field_of_view : ndarray of bool, shape (x, y, z), optional
        Where the scan has voxels. What a network predicts elsewhere means nothing: a component that lies there is
        never the largest.

    Returns
    -------
    ndarray of float32, shape (x, y, z)
        A copy, changed only where parts were removed or cavities filled.
    """
    inside = distance < border
    largest = largest_component(inside if field_of_view is None else inside & field_of_view)
    kept = largest
    if field_of_view is not None and (inside & ~field_of_view).any():
        # The component's continuation beyond the field of view stays: interpolation at the edge needs both neighbours.
        kept = largest | (ndimage.binary_dilation(largest) & ~field_of_view)
    cleaned = distance.copy()
    cleaned[inside & ~kept] = min(far, border + _CLEANED_MM)
    cleaned[fill_holes(largest) & ~largest] = border - _CLEANED_MM
    return cleaned


def binarise(mask: Volume) -> Mask:
    """Return the voxels of a mask image whose real value exceeds 0.5; of a series, those of its mean.

    Parameters
    ----------
    mask : Volume

    Returns
    -------
    ndarray of bool, shape (x, y, z)
    """
    inside: Mask = mask.mean_frame().finite(0).values() > 0.5
    return inside


def mask_from_distance(distance: FloatArray, border: float) -> npt.NDArray[np.uint8]:
    """Return the mask, 1 inside, of the voxels whose signed distance is smaller than `border` mm."""
    return (distance < border).view(np.uint8)


def moved_mask(distance: FloatArray, border: float) -> npt.NDArray[np.uint8]:
    """Return the mask at a border that the distance was not computed for.

    Parameters
    ----------
    distance : ndarray of float32, shape (x, y, z)
        Signed distance to the surface in mm; parts and cavities were removed at another border (see `keep_largest`).
    border : float
        In mm.

    Returns
    -------
    ndarray of uint8, shape (x, y, z)
        1 in the largest component of the voxels whose distance is smaller than `border`.
    """
    mask = np.asfortranarray(mask_from_distance(distance, border))
    for box in ndimage.find_objects(mask):  # one at most: labels outside the brain's box would only take time
        mask[box] = largest_component(mask[box].view(bool))
    return mask


def signed_distance(mask: Mask, spacing: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Compute the distance in mm from each voxel centre to the surface of a mask, negative inside.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
    spacing : float, or array_like, shape (3,)
        Voxel edges in mm; one number for cubic voxels.

    Returns
    -------
    ndarray of float32, shape (x, y, z)

    Notes
    -----
    Exact Euclidean distances (see `distance_to`) to the nearest centre on the other side, less half the shortest edge
    because the surface runs between centres.
    """
    edges = np.broadcast_to(np.asarray(spacing, float), 3)
    unit, half = edges.min(), np.float32(0.5)
    distance = np.where(mask, half - distance_to(~mask, edges / unit), distance_to(mask, edges / unit) - half)
    return distance * np.float32(unit)


def distance_to(mask: Mask, spacing: npt.ArrayLike = (1.0, 1.0, 1.0)) -> npt.NDArray[np.float32]:
    """Compute the exact Euclidean distance from each voxel to the nearest voxel of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
    spacing : array_like, shape (3,)
        Voxel edges, in the unit of the result.

    Returns
    -------
    ndarray of float32, shape (x, y, z)
        Between voxel centres; 0 inside the mask, very large everywhere if it is empty.

    Notes
    -----
    The algorithm of Maurer, Qi and Raghavan, IEEE TPAMI 2003, as implemented in SciPy.
    """
    if not mask.any():  # SciPy would measure to a voxel outside the array
        return np.full(mask.shape, np.finfo(np.float32).max)
    distance: npt.NDArray[np.float64] = ndimage.distance_transform_edt(~mask, sampling=spacing)
    return distance.astype(np.float32)


def edge_voxels(mask: Mask) -> Mask:
    """Find the voxels (or pixels) of a mask that have a face neighbour outside it or lie at the border of the array."""
    inner: Mask = ndimage.binary_erosion(mask)
    return mask & ~inner
