"""Intensity: what the network expects, from whatever the scanner wrote."""

from __future__ import annotations

import numpy as np

from deskull.volume import Array, FloatArray, Volume

#: Percentiles that become 0 and 1.
LOW, HIGH = 1.0, 99.5
#: Where brighter voxels are clipped.
CEILING = 1.5
#: Hounsfield units kept of a CT: the brain's 0 to 50 in the middle, fat and air at one end, bone at the other.
CT_WINDOW = (-50.0, 150.0)
#: A scan whose 5th percentile is below this is taken for a CT in Hounsfield units (air is -1000), if such a share of it
#: lies between this and the window, as fat and the skin's edge do: MR padded with -1000 has nothing there.
_CT_AIR = -500.0
_CT_FAT = 0.002
_SAMPLE = 200_000


def clip_ct(scan: Volume) -> Volume:
    """Clip a CT in Hounsfield units to `CT_WINDOW`; any other scan is returned as it is.

    Done before resampling, or bone of 1500 units would spread over the brain beside it.

    Parameters
    ----------
    scan : Volume
        A 3-D scan of finite values.
    """
    sparse = scan.data[tuple(slice(None, None, max(1, size // 48)) for size in scan.shape)] * scan.slope + scan.inter
    fat = (sparse > _CT_AIR) & (sparse < CT_WINDOW[0])
    if np.percentile(sparse, 5) > _CT_AIR or fat.mean() < _CT_FAT:
        return scan
    return scan.with_data(np.clip(scan.values(), *CT_WINDOW))


def rescale(image: FloatArray, inside: Array) -> FloatArray:
    """Scale robustly to about 0..1 and blank what lies outside the field of view.

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
    step = max(1, image.size // _SAMPLE) | 1
    sample = image.ravel()[::step][inside.ravel()[::step]]
    low, high = np.percentile(sample if sample.size else image[inside], (LOW, HIGH))
    scaled = image - np.float32(low)
    scaled /= np.float32((high - low) or 1.0)
    np.clip(scaled, 0, CEILING, out=scaled)
    scaled *= inside
    return scaled


def standardise(image: FloatArray, inside: Array) -> FloatArray:
    """Zero mean and unit variance inside the head (above Otsu's threshold).

    Parameters
    ----------
    image : ndarray of float32, shape (x, y, z)
    inside : ndarray of bool, same shape
        The field of view.

    Returns
    -------
    ndarray of float32
        Outside the field of view what its darkest voxel has.
    """
    from deskull.preprocessing.bias_field import above_otsu

    filled = np.where(inside, image, image[inside].min())
    head = filled[above_otsu(filled)]
    scaled: FloatArray = (filled - head.mean()) / np.float32(head.std() or 1.0)
    return scaled


def to_bytes(image: FloatArray, inside: Array) -> FloatArray:
    """Scale linearly so that the darkest voxel is 0 and the brightest 255; 0 outside the field of view.

    Parameters
    ----------
    image : ndarray of float32, shape (x, y, z)
    inside : ndarray of bool, same shape
        The field of view.
    """
    low, high = image[inside].min(), image[inside].max()
    scaled: FloatArray = np.where(inside, (image - low) * (np.float32(255) / ((high - low) or 1)), 0)
    return scaled.astype(np.float32)


#: Ways of scaling by the name that recipes and cards give them.
SCALINGS = {"rescale": rescale, "standardise": standardise, "bytes": to_bytes}
