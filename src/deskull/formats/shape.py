"""Which array shapes are scans: shared by every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deskull.errors import InputError
from deskull.volume import Affine, Array


def split_shape(shape: tuple[int, ...], path: Path) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Split a declared shape into the 3 or 4 axes of a scan and singleton axes after them.

    Raises
    ------
    InputError
        If it is 2-D, empty, or has more than four axes that are not singletons.
    """
    core = list(shape)
    while len(core) > 3 and core[-1] == 1:
        core.pop()
    text = "x".join(map(str, shape))
    if 0 in core:
        raise InputError(f"{path}: has no voxels (shape {text}); convert it again.")
    if len(core) < 3 or sum(size > 1 for size in core[:3]) < 3:
        raise InputError(f"{path}: is a 2-D image (shape {text}); deskull needs a whole 3-D scan.")
    if len(core) > 4:
        raise InputError(f"{path}: has {len(core)} dimensions (shape {text}); split it into 3-D or 4-D images.")
    return tuple(core), shape[len(core) :]


def check_dtype(data: Array, path: Path) -> None:
    """Refuse complex and colour voxels.

    Raises
    ------
    InputError
        If the voxels are not real numbers.
    """
    if data.dtype.kind == "c":
        raise InputError(f"{path}: holds complex numbers; give its magnitude image.")
    if data.dtype.kind not in "iufb":
        raise InputError(f"{path}: holds colours, not intensities; give the scan it was made from.")


def check_affine(affine: Affine, path: Path) -> None:
    """Refuse an affine that maps voxels to nowhere or squeezes them flat.

    Raises
    ------
    InputError
        If a voxel size is zero or not finite, or the affine is singular.
    """
    if not np.isfinite(affine).all():
        raise InputError(f"{path}: its orientation holds numbers that are not finite; repair the header.")
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    if (spacing < 1e-6).any():
        raise InputError(f"{path}: a voxel size is zero; repair the header.")
    if abs(np.linalg.det(affine[:3, :3] / spacing)) < 1e-4:
        raise InputError(f"{path}: its affine is singular (two axes point the same way); repair the header.")
