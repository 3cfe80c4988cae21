"""Mask: from a signed distance to the brain."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from deskull.volume import Array, FloatArray


def keep_largest(distance: FloatArray, border: float, far: float) -> FloatArray:
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

    Returns
    -------
    ndarray of float32
        A copy, changed only where parts were dropped or cavities filled.
    """
    inside = distance < border
    parts, count = ndimage.label(inside)
    if not count:
        return distance
    largest = np.bincount(parts.ravel())[1:].argmax() + 1
    cleaned = distance.copy()
    # Just past the border, not far past it: the sides of a neighbouring true surface must not be dented.
    cleaned[inside & (parts != largest)] = min(far, border + 1.0)
    cleaned[_cavities(parts == largest)] = border - 1.0
    return cleaned


def _cavities(mask: Array) -> Array:
    """Background that does not reach the border of the array."""
    parts, count = ndimage.label(~mask)
    if count < 2:
        return np.zeros_like(mask)
    faces = [np.take(parts, side, axis).ravel() for axis in range(3) for side in (0, -1)]
    cavities: Array = ~mask & ~np.isin(parts, np.unique(np.concatenate(faces)))
    return cavities


def mask_of(distance: FloatArray, border: float) -> Array:
    """Mask where a signed distance is below `border` mm: uint8, 1 inside."""
    return (distance < border).astype(np.uint8)
