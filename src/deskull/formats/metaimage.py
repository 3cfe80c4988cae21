"""MetaImage (.mha, .mhd), through SimpleITK."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from deskull.errors import InputError
from deskull.formats.shape import check_affine, check_dtype, split_shape
from deskull.options import ReadOptions
from deskull.volume import Affine, Volume

OUTPUT_SUFFIX = ".mha"
SCALES = False
_DEFAULT = ReadOptions()
HEADER = sitk.Image
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a MetaImage file; the empty image kept as header holds its geometry and tags."""
    image = sitk.ReadImage(str(path))
    data = sitk.GetArrayFromImage(image)
    if image.GetNumberOfComponentsPerPixel() > 1:
        raise InputError(f"{path}: holds colours or vectors, not intensities; give the scan it was made from.")
    data = data.T
    shape, trailing = split_shape(data.shape, path)
    check_dtype(data, path)
    affine = _affine(image)
    check_affine(affine, path)
    return Volume(data.reshape(shape), affine, header=image, name=str(path), trailing=trailing)


def _affine(image: sitk.Image) -> Affine:
    """Voxel to world RAS from ITK's LPS direction, spacing and origin."""
    size = image.GetDimension()
    affine = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(size, size)[:3, :3]
    affine[:3, :3] = direction @ np.diag(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    return _LPS_TO_RAS @ affine


def write(volume: Volume, path: Path) -> None:
    """Write a MetaImage file with the geometry and tags the volume came with, or its affine."""
    data = volume.data.reshape(volume.data.shape + volume.trailing)
    image = sitk.GetImageFromArray(np.ascontiguousarray(data.T), isVector=False)
    source = volume.header
    if source is not None and source.GetDimension() == image.GetDimension():
        image.SetOrigin(source.GetOrigin())
        image.SetSpacing(source.GetSpacing())
        image.SetDirection(source.GetDirection())
    else:
        _place(image, volume.affine)
    if source is not None:
        for key in source.GetMetaDataKeys():
            image.SetMetaData(key, source.GetMetaData(key))
    try:
        sitk.WriteImage(image, str(path), useCompression=True)
        written: Volume = read(path)  # ITK does not notice a full disk
    except (RuntimeError, InputError) as error:
        raise OSError(errno.EIO, "ITK could not write it", str(path)) from error
    if written.data.tobytes() != volume.data.tobytes():
        raise OSError(errno.EIO, "it did not read back as written", str(path))


def _place(image: sitk.Image, affine: Affine) -> None:
    """Set ITK's geometry from an RAS affine."""
    size = image.GetDimension()
    lps = _LPS_TO_RAS @ affine
    spacing = np.sqrt((lps[:3, :3] ** 2).sum(axis=0))
    direction = np.eye(size)
    direction[:3, :3] = lps[:3, :3] / spacing
    image.SetSpacing([*spacing.tolist(), *[1.0] * (size - 3)])
    image.SetOrigin([*lps[:3, 3].tolist(), *[0.0] * (size - 3)])
    image.SetDirection(direction.ravel().tolist())
