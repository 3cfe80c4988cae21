"""Bias field: N4 correction (Tustison et al., IEEE Transactions on Medical Imaging 2010), through SimpleITK (extra n4).

After stripping, N4 runs inside the mask: fat and skull, which it would try to even out, are gone. Some training recipes
correct the whole head first.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from deskull.errors import InputError, UsageError
from deskull.preprocessing.intensity import above_otsu
from deskull.preprocessing.value_range import limit_range
from deskull.system.installation import install_command
from deskull.volume import Array, FloatArray, Volume

#: Maximum number of iterations at each of N4's four levels, and the shrink factor: the values of the tutorial that
#: deskull began as.
ITERATIONS = (20, 10, 10, 5)
SHRINK = 3
#: Minimum number of voxels, after shrinking, that a field is fitted to. Set by hand: N4's coarsest spline has 4 x 4 x 4
#: control points.
_MIN_VOXELS = 64


def correct_bias(scan: Volume, mask: Array, shrink: int = SHRINK, threads: int = 1) -> FloatArray:
    """Divide a scan by its bias field.

    Parameters
    ----------
    scan : Volume
        A 3-D scan.
    mask : ndarray, shape (x, y, z)
        Where the field is estimated: the brain, in the scan's shape.
    shrink : int
        The field is estimated from every `shrink`-th voxel (from more along thick slices) and applied to all.
    threads : int
        Maximum number of threads.

    Returns
    -------
    ndarray of float32, shape (x, y, z)
        Corrected real values inside the mask, 0 outside.

    Raises
    ------
    InputError
        If the mask is too small to estimate a field in.
    UsageError
        If SimpleITK is not installed.
    """
    if not mask.any():
        return np.zeros(scan.shape, np.float32)
    try:
        field = bias_field(scan, mask, shrink, threads)
    except InputError:
        raise InputError(f"{scan.name}: has too little brain for N4; strip it without bias correction.") from None
    with np.errstate(over="ignore"):  # where the field is below 1, a value near the limit of float32 exceeds it
        corrected: FloatArray = np.where(mask > 0, scan.finite().values() / field, 0)
    limit = np.finfo(np.float32).max
    return corrected.clip(-limit, limit, out=corrected)


def correct_head(scan: Volume, shrink: int = SHRINK, threads: int = 1) -> Volume:
    """Divide a whole head by its bias field, estimated above Otsu's threshold.

    Parameters
    ----------
    scan : Volume
        A 3-D scan.
    shrink, threads : int
        See `correct_bias`.

    Returns
    -------
    Volume
        Corrected real values as float32, with the scan's geometry.

    Raises
    ------
    InputError
        If there is too little tissue to estimate a field in.
    UsageError
        If SimpleITK is not installed.
    """
    values = limit_range(scan.finite()).values()
    return scan.with_data(values / bias_field(scan, above_otsu(values), shrink, threads))


def bias_field(scan: Volume, mask: Array, shrink: int = SHRINK, threads: int = 1) -> FloatArray:
    """Estimate the field that multiplies a scan.

    Parameters
    ----------
    scan : Volume
        A 3-D scan.
    mask : ndarray, shape (x, y, z)
        Where the field is estimated, in the scan's shape.
    shrink, threads : int
        See `correct_bias`.

    Returns
    -------
    ndarray of float32, shape (x, y, z)

    Raises
    ------
    InputError
        If the mask is too small to estimate a field in.
    UsageError
        If SimpleITK is not installed.
    """
    sitk = _simpleitk()
    image = sitk.GetImageFromArray(np.ascontiguousarray(limit_range(scan.finite()).values().T))
    region = sitk.GetImageFromArray(np.ascontiguousarray((mask > 0).astype(np.uint8).T))
    for itk_image in (image, region):
        itk_image.SetSpacing(scan.voxel_sizes.tolist())
    finest = float(scan.voxel_sizes.min())
    factors = [max(1, round(shrink * finest / step)) for step in scan.voxel_sizes]
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations(list(ITERATIONS))
    corrector.SetNumberOfThreads(threads)
    small = sitk.Shrink(region, factors)
    if np.count_nonzero(sitk.GetArrayViewFromImage(small)) < _MIN_VOXELS:
        raise InputError(f"{scan.name}: has too little tissue for N4; prepare it without N4.")
    corrector.Execute(sitk.Shrink(image, factors), small)
    field: FloatArray = np.exp(sitk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(image)).T).astype(np.float32)
    return field


def _simpleitk() -> Any:
    """Import SimpleITK, which is slow, and switch off the warnings that ITK prints on stderr.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        sitk = importlib.import_module("SimpleITK")
    except ModuleNotFoundError:
        raise UsageError(f"SimpleITK: is not installed, which N4 needs; {install_command('n4')}.") from None
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    return sitk
