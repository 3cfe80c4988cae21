"""Intensity: what the network expects, from whatever the scanner wrote."""

from __future__ import annotations

import numpy as np

from deskull.volume import Array, FloatArray

#: Percentiles that become 0 and 1.
LOW, HIGH = 1.0, 99.5
#: Where brighter voxels are clipped.
CEILING = 1.5
#: Hounsfield units kept of a CT: from below fat to soft bone; the brain lies within a tenth of it.
CT_WINDOW = (-100.0, 300.0)
#: A scan whose 5th percentile is below this is taken for a CT in Hounsfield units (air is -1000).
_CT_AIR = -500.0
_SAMPLE = 200_000


def rescale(image: FloatArray, inside: Array) -> FloatArray:
    """Scale robustly to about 0..1 and blank what lies outside the field of view; window a CT first.

    Parameters
    ----------
    image : ndarray of float32, shape (x, y, z)
    inside : ndarray of bool, same shape
        The field of view.

    Returns
    -------
    ndarray of float32
        0 at the 1st percentile and below, 1 at the 99.5th, clipped at 1.5; 0 outside.
    """
    seen = image[inside]
    sample = seen[:: max(1, seen.size // _SAMPLE)]
    if np.percentile(sample, 5) < _CT_AIR:
        image, sample = np.clip(image, *CT_WINDOW), np.clip(sample, *CT_WINDOW)
    low, high = np.percentile(sample, (LOW, HIGH))
    scaled = (image - np.float32(low)) / np.float32((high - low) or 1.0)
    np.clip(scaled, 0, CEILING, out=scaled)
    scaled[~inside] = 0
    return scaled
