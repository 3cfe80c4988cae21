"""Bias: N4 correction (Tustison et al., IEEE TMI 2010), through SimpleITK.

After stripping it is run inside the mask: fat and skull, which N4 would try to even out, are gone by then. Some
training recipes want it before, over the whole head.
"""

from __future__ import annotations

import numpy as np

from deskull.errors import InputError
from deskull.volume import Array, FloatArray, Volume

#: Iterations at each of N4's four levels, and the shrink factor: the schedule of the tutorial deskull began as.
ITERATIONS = (20, 10, 10, 5)
SHRINK = 3
#: Fewer voxels than this, after shrinking, are too few to fit a field to.
_FEWEST = 64


def correct_bias(scan: Volume, mask: Array, shrink: int = SHRINK, threads: int = 1) -> FloatArray:
    """Divide a scan by its bias field.

    Parameters
    ----------
    scan : Volume
        A 3-D scan.
    mask : ndarray, the scan's shape
        Where the field is estimated: the brain.
    shrink : int
        The field is estimated on every `shrink`-th voxel (fewer along thick slices), then applied to all.
    threads : int
        At most so many threads.

    Returns
    -------
    ndarray of float32
        Corrected real values inside the mask, 0 outside.

    Raises
    ------
    InputError
        If the mask is too small to estimate a field in.
    """
    if not mask.any():
        return np.zeros(scan.shape, np.float32)
    try:
        field = bias_field(scan, mask, shrink, threads)
    except InputError:
        raise InputError(f"{scan.name}: too little brain for N4; leave --bias-correct out.") from None
    corrected: FloatArray = np.where(mask > 0, scan.finite().values() / field, 0).astype(np.float32)
    return corrected


def correct_head(scan: Volume, shrink: int = SHRINK, threads: int = 1) -> Volume:
    """Divide a whole head by its bias field, estimated where Otsu's threshold (IEEE SMC 1979) finds tissue.

    Parameters
    ----------
    scan : Volume
        A 3-D scan.
    shrink, threads : int
        See `correct_bias`.

    Returns
    -------
    Volume
        Corrected real values as float32, the scan's geometry.

    Raises
    ------
    InputError
        If there is too little tissue to estimate a field in.
    """
    values = scan.finite().values()
    return scan.with_data(values / bias_field(scan, above_otsu(values), shrink, threads))


def above_otsu(values: FloatArray) -> Array:
    """Mask of the values above Otsu's threshold (IEEE SMC 1979), same shape."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.ascontiguousarray(values.T))
    found: Array = sitk.GetArrayFromImage(sitk.OtsuThreshold(image, 0, 1, 200)).T > 0
    return found


def bias_field(scan: Volume, mask: Array, shrink: int = SHRINK, threads: int = 1) -> FloatArray:
    """Estimate the field that multiplies a scan.

    Parameters
    ----------
    scan : Volume
        A 3-D scan.
    mask : ndarray, the scan's shape
        Where it is estimated.
    shrink, threads : int
        See `correct_bias`.

    Returns
    -------
    ndarray of float32, the scan's shape

    Raises
    ------
    InputError
        If the mask is too small to estimate a field in.
    """
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.ascontiguousarray(scan.finite().values().T))
    region = sitk.GetImageFromArray(np.ascontiguousarray((mask > 0).astype(np.uint8).T))
    for itk_image in (image, region):
        itk_image.SetSpacing(scan.voxel_sizes.tolist())
    finest = float(scan.voxel_sizes.min())
    factors = [max(1, round(shrink * finest / step)) for step in scan.voxel_sizes]
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations(list(ITERATIONS))
    corrector.SetNumberOfThreads(threads)
    small = sitk.Shrink(region, factors)
    if np.count_nonzero(sitk.GetArrayViewFromImage(small)) < _FEWEST:
        raise InputError(f"{scan.name}: too little tissue for N4; leave N4 out.")
    corrector.Execute(sitk.Shrink(image, factors), small)
    field: FloatArray = np.exp(sitk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(image)).T).astype(np.float32)
    return field
