"""Intensity: what the network expects, from whatever the scanner wrote."""

from __future__ import annotations

import numpy as np

from deskull.preprocessing.value_range import sample_values
from deskull.volume import Array, FloatArray, Volume

#: Percentiles that become 0 and 1. Set by hand; the synthetic images of training are scaled by the same.
LOW, HIGH = 1.0, 99.5
#: Brighter voxels are clipped to this, on the scale on which the 99.5th percentile is 1.
CEILING = 1.5
#: About this number of voxels is enough for the percentiles.
_N_SAMPLED_VOXELS = 200_000
#: Number of bins of the histogram for Otsu's threshold.
_N_OTSU_BINS = 200
#: Hounsfield units of a CT that are kept: the brain's 0 to 50 in the middle, fat and air at one end, bone at the other.
CT_WINDOW = (-50.0, 150.0)
#: A scan is a CT in Hounsfield units (air is -1000) if its 5th percentile is below this, and at least this fraction of
#: its voxels lies between this and the window, as fat and the edge of the skin do. An MR image padded with -1000 has no
#: such voxels.
_CT_AIR = -500.0
_CT_FAT_FRACTION = 0.002
_CT_PERCENTILE = 5
#: CT is recognised on about this number of planes along each axis.
_N_CT_PLANES = 48


def clip_ct(scan: Volume) -> Volume:
    """Clip a CT in Hounsfield units to `CT_WINDOW`; any other scan is returned as it is.

    CT is clipped before it is resampled: otherwise bone of 1500 units would be averaged into the brain beside it.

    Parameters
    ----------
    scan : Volume
        A 3-D scan of finite values.

    Returns
    -------
    Volume
        The same object, or one of float32 real values.
    """
    return scan.with_data(np.clip(scan.values(), *CT_WINDOW)) if is_ct(scan) else scan


def is_ct(scan: Volume) -> bool:
    """Whether a scan is a CT in Hounsfield units.

    Parameters
    ----------
    scan : Volume
        A 3-D scan of finite values.

    Returns
    -------
    bool
    """
    sample = sample_values(scan, _N_CT_PLANES)
    fat = (sample > _CT_AIR) & (sample < CT_WINDOW[0])
    return bool(np.percentile(sample, _CT_PERCENTILE) <= _CT_AIR and fat.mean() >= _CT_FAT_FRACTION)


def rescale(image: FloatArray, field_of_view: Array) -> FloatArray:
    """Scale to about 0 to 1 by percentiles, and set what lies outside the field of view to 0.

    Parameters
    ----------
    image : ndarray of float32, shape (x, y, z)
    field_of_view : ndarray of bool, shape (x, y, z)

    Returns
    -------
    ndarray of float32, shape (x, y, z)
        0 at the 1st percentile and below, 1 at the 99.5th, clipped at 1.5; 0 outside the field of view.
    """
    step = max(1, image.size // _N_SAMPLED_VOXELS) | 1
    sample = image.ravel()[::step][field_of_view.ravel()[::step]]
    low, high = np.percentile(sample if sample.size else image[field_of_view], (LOW, HIGH))
    scaled = image - np.float32(low)
    scaled /= np.float32((high - low) or 1.0)
    np.clip(scaled, 0, CEILING, out=scaled)
    scaled *= field_of_view
    return scaled


def standardise(image: FloatArray, field_of_view: Array) -> FloatArray:
    """Scale to zero mean and unit variance inside the head (above Otsu's threshold).

    Parameters
    ----------
    image : ndarray of float32, shape (x, y, z)
    field_of_view : ndarray of bool, shape (x, y, z)

    Returns
    -------
    ndarray of float32, shape (x, y, z)
        The value of the darkest voxel outside the field of view.
    """
    filled = np.where(field_of_view, image, image[field_of_view].min())
    head = filled[above_otsu(filled)]
    scaled: FloatArray = (filled - head.mean()) / np.float32(head.std() or 1.0)
    return scaled


def above_otsu(values: FloatArray) -> Array:
    """Return the mask of the values above Otsu's threshold (Otsu, IEEE Transactions on SMC 1979).

    Parameters
    ----------
    values : ndarray of float32, shape (x, y, z)

    Returns
    -------
    ndarray of bool, shape (x, y, z)
        Empty if all values are the same.
    """
    if values.min() == values.max():
        return np.zeros(values.shape, bool)
    counts, edges = np.histogram(values, _N_OTSU_BINS)
    centres = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(counts)[:-1], np.cumsum(counts * centres)
    above = values.size - below
    # The variance between the two classes, for a threshold after each bin but the last.
    between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    mask: Array = values > edges[1 + np.argmax(between)]
    return mask


def to_bytes(image: FloatArray, field_of_view: Array) -> FloatArray:
    """Scale so that the darkest voxel is 0 and the brightest 255, and set what lies outside the field of view to 0.

    Parameters
    ----------
    image : ndarray of float32, shape (x, y, z)
    field_of_view : ndarray of bool, shape (x, y, z)

    Returns
    -------
    ndarray of float32, shape (x, y, z)
    """
    low, high = image[field_of_view].min(), image[field_of_view].max()
    scaled: FloatArray = np.where(field_of_view, (image - low) * (np.float32(255) / ((high - low) or 1)), 0)
    return scaled.astype(np.float32)


#: Functions that scale intensities, by their names in recipes and cards: ``rescale``, ``standardise``, ``bytes``.
#:
#: :meta hide-value:
SCALINGS = {"rescale": rescale, "standardise": standardise, "bytes": to_bytes}
