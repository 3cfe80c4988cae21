"""Mask: from a signed distance to the brain and back; largest component and holes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deskull.volume import FloatArray, Volume

Mask = npt.NDArray[np.bool_]


def largest_component(mask: Mask) -> Mask:
    """Keep the largest face-connected component of a mask (all of an empty one)."""
    parts, count = ndimage.label(mask)
    if count < 2:
        return mask
    largest: Mask = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    return largest


def fill_holes(mask: Mask) -> Mask:
    """Fill cavities that do not reach the border of the array."""
    parts, count = ndimage.label(~mask)
    if count < 2:
        return mask
    faces = [np.take(parts, side, axis).ravel() for axis in range(mask.ndim) for side in (0, -1)]
    open_air = np.setdiff1d(np.concatenate(faces), [0])
    filled: Mask = ~np.isin(parts, open_air)
    return filled


def keep_largest(distance: FloatArray, border: float, far: float, field_of_view: Mask | None = None) -> FloatArray:
    """Push every part of a distance below `border` but the largest, and every cavity, to the other side.

    Works on the network's grid, where it is cheap; interpolation then carries clean distances.

    Parameters
    ----------
    distance : ndarray of float32, shape (x, y, z)
        Signed distance in mm.
    border : float
        The mask is where the distance is less, in mm.
    far : float
        What the distance is far from the brain, in mm.
    field_of_view : ndarray of bool, shape (x, y, z), optional
        The field of view. Networks say what they like beyond it: no part that lies there is the largest.

    Returns
    -------
    ndarray of float32
        A copy, changed only where parts were dropped or cavities filled.
    """
    inside = distance < border
    largest = largest_component(inside if field_of_view is None else inside & field_of_view)
    kept = largest
    if field_of_view is not None and (inside & ~field_of_view).any():
        # What goes on beyond the field of view stays, so that interpolation at its edge finds both neighbours.
        kept = largest | (ndimage.binary_dilation(largest) & ~field_of_view)
    cleaned = distance.copy()
    # Just past the border, not far past it: the sides of a neighbouring true surface must not be dented.
    cleaned[inside & ~kept] = min(far, border + 1.0)
    cleaned[fill_holes(largest) & ~largest] = border - 1.0
    return cleaned


def binarise(mask: Volume) -> Mask:
    """Voxels of a mask image (of a series: of its mean) whose real value is over a half, shape (x, y, z)."""
    over: Mask = mask.mean_frame().finite(0).values() > 0.5
    return over


def mask_from_distance(distance: FloatArray, border: float) -> npt.NDArray[np.uint8]:
    """Mask where a signed distance is below `border` mm: uint8, 1 inside."""
    return (distance < border).astype(np.uint8)


def signed_distance(mask: Mask, spacing: float) -> npt.NDArray[np.float32]:
    """Distance in mm from each voxel centre to the surface of a mask, negative inside.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
    spacing : float
        Edge of the isotropic voxels in mm.

    Notes
    -----
    Exact Euclidean distances (see `distance_to`) to the nearest centre on the other side, less half a voxel because
    the surface runs between centres.
    """
    half = np.float32(0.5)
    distance = np.where(mask, half - distance_to(~mask), distance_to(mask) - half)
    return distance * np.float32(spacing)


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
    The algorithm of Maurer, Qi and Raghavan, IEEE TPAMI 2003, as implemented in ITK.
    """
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(np.asarray(spacing, float)[::-1].tolist())
    field = sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    distance: npt.NDArray[np.float32] = sitk.GetArrayViewFromImage(field).clip(0)
    return distance


def edge_voxels(mask: Mask) -> Mask:
    """Find the voxels (or pixels) of a mask that have a face neighbour outside it or lie at the border of the array."""
    inner: Mask = ndimage.binary_erosion(mask)
    return mask & ~inner
