"""Range of values: what 32-bit arithmetic cannot handle is brought into range before a scan is resampled."""

from __future__ import annotations

import numpy as np

from deskull.volume import Array, Volume

#: The range of a scan is measured on about this number of planes along each axis.
_N_PLANES = 32
#: The range of a scan lies between these percentiles.
_RANGE_PERCENTILES = (0.1, 99.9)
#: Values farther out than this number of ranges are limited to it. In the real scans that deskull is
#: tested with, none lies farther out than 3.4.
_MAX_OUTLIER = 100.0
#: Largest magnitude (and inverse of the smallest range) at which averaging, blurring and splines neither overflow nor
#: underflow 32-bit floats.
_MAX_MAGNITUDE = 1e30
#: Rounding to 32-bit floats may lose at most this fraction of the range.
_MAX_ROUNDING = 1e-3


def limit_range(scan: Volume) -> Volume:
    """Bring a scan whose values 32-bit arithmetic cannot handle into range; any other is returned as it is.

    A few voxels of 3e38 would spread over the whole scan where it is resampled; an offset of 1e10 leaves no digits for
    tissue. Outliers are limited to 100 times the scan's range (0.1st to 99.9th percentile); an offset that is too large
    for the range is subtracted.

    Parameters
    ----------
    scan : Volume
        A 3-D scan of finite values.

    Returns
    -------
    Volume
        The same object, or one of float32 real values. After an offset was subtracted their unit is a thousandth of the
        range.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        ends = sorted(float(end) * scan.slope + scan.inter for end in (scan.data.min(), scan.data.max()))
        low, high = np.percentile(sample_values(scan, _N_PLANES), _RANGE_PERCENTILES).tolist()
    if not (high > low and np.isfinite((low, high)).all()):
        low, high = ends  # fewer than one voxel in a thousand differs from the rest
    extent = high - low
    floor, ceiling = low - _MAX_OUTLIER * extent, high + _MAX_OUTLIER * extent
    magnitude = max(abs(max(ends[0], floor)), abs(min(ends[1], ceiling)))
    rounding = magnitude * float(np.finfo(np.float32).eps)
    imprecise = magnitude > _MAX_MAGNITUDE or 0 < extent < 1 / _MAX_MAGNITUDE or rounding > _MAX_ROUNDING * extent > 0
    if not imprecise and floor <= ends[0] and ends[1] <= ceiling:
        return scan
    values = np.clip(scan.data.astype(np.float64) * scan.slope + scan.inter, floor, ceiling)
    if imprecise:
        values = (values - low) * (1000 / (extent or 1.0))
    return scan.with_data(np.nan_to_num(values).astype(np.float32))


def sample_values(scan: Volume, n_planes: int) -> Array:
    """Return the real values of a sample of a scan's voxels.

    Parameters
    ----------
    scan : Volume
        A 3-D scan.
    n_planes : int
        About this number of planes along each axis is kept.

    Returns
    -------
    ndarray of float64
    """
    sample = scan.data[tuple(slice(None, None, max(1, size // n_planes)) for size in scan.shape)]
    values: Array = sample.astype(np.float64) * scan.slope + scan.inter
    return values
