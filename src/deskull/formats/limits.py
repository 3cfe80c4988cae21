"""Limits of a scan of a head: sizes beyond them are faults of a file, not anatomy.

Sources: the smallest voxels of a published whole human brain are 0.1 mm, in 1760 x 1760 x 1280 voxels (Edlow et al.,
Scientific Data 2019); clinical slices are up to 10 mm thick; a scanner's bore is at most 0.7 m wide and its field of
view 0.5 m.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from nibabel.affines import voxel_sizes

from deskull.errors import InputError
from deskull.system.resources import available_gb
from deskull.volume import Affine, Volume

#: Edge length of a voxel in mm.
MIN_VOXEL_MM, MAX_VOXEL_MM = 0.02, 25.0
#: Extent of the whole grid along an axis in mm.
MAX_EXTENT_MM = 1000.0
#: A grid of at least this many voxels along its longest axis must extend over at least this many mm.
WHOLE_MATRIX, MIN_EXTENT_MM = 64, 30.0
#: Distance of the grid's corner from the origin of the world in mm.
MAX_OFFSET_MM = 1e5
#: Number of voxels of one frame, and number of frames (the most that NIfTI-1 can declare).
MAX_VOXELS, MAX_FRAMES = 2**33, 2**15 - 1


def check_limits(volume: Volume) -> None:
    """Refuse a volume whose size or place cannot be those of a scan of a head.

    Parameters
    ----------
    volume : Volume
        From a file, or made in memory; messages name it by its ``name``.

    Raises
    ------
    InputError
        If a limit of this module is exceeded; the sentence guesses the cause.
    """
    check_count(volume.data_shape, volume.name)
    check_extent(volume.affine, volume.data_shape, volume.name)


def check_count(shape: tuple[int, ...], name: str | Path, dtype: npt.DTypeLike = np.uint8) -> None:
    """Refuse a declared shape before anything is allocated for it.

    Parameters
    ----------
    shape : tuple of int
        Voxels along x, y, z and frames.
    name : str or Path
        What messages name.
    dtype : dtype
        Type of the stored voxels.

    Raises
    ------
    InputError
        If there are too many voxels or frames, or more bytes than this computer has memory.
    """
    text = " x ".join(map(str, shape))
    voxels, frames = _product(shape[:3]), _product(shape[3:])
    if voxels > MAX_VOXELS:
        raise InputError(f"{name}: claims {text} voxels, more than any head; repair its header.")
    if frames > MAX_FRAMES:
        raise InputError(f"{name}: claims {frames} frames; at most {MAX_FRAMES} are read, split the series.")
    needed = voxels * frames * np.dtype(dtype).itemsize / 1e9
    if needed > max(1.0, available_gb()):
        raise InputError(f"{name}: its {text} voxels take {needed:.1f} GB, more than the free memory; reduce it first.")


def check_extent(affine: Affine, shape: tuple[int, ...], name: str | Path) -> None:
    """Refuse voxel sizes and extents that are not those of a head.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm.
    shape : tuple of int
        Voxels along x, y, z (frames are ignored).
    name : str or Path
        What messages name.

    Raises
    ------
    InputError
        If a limit is exceeded.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = voxel_sizes(affine)
        extents = sizes * np.asarray(shape[:3])
    if not np.isfinite(sizes).all():
        raise InputError(f"{name}: a voxel size is too large for a number; repair the header.")
    if sizes.max() > MAX_VOXEL_MM:
        guess = "were micrometres taken for millimetres?"
        raise InputError(f"{name}: has voxels of {sizes.max():.4g} mm ({guess}); repair the header.")
    if sizes.min() == 0:
        raise InputError(f"{name}: a voxel size is zero; repair the header.")
    if sizes.min() < MIN_VOXEL_MM:
        guess = "were metres taken for millimetres?"
        raise InputError(f"{name}: has voxels of {sizes.min():.4g} mm ({guess}); repair the header.")
    if extents.max() > MAX_EXTENT_MM:
        guess = "is a voxel size wrong, or is it not a head?"
        raise InputError(f"{name}: extends over {extents.max():.4g} mm ({guess}); repair the header or crop it.")
    if max(shape[:3]) >= WHOLE_MATRIX and extents.max() < MIN_EXTENT_MM:
        guess = "were centimetres taken for millimetres?"
        raise InputError(f"{name}: extends over only {extents.max():.4g} mm ({guess}); repair the header.")
    if np.abs(affine[:3, 3]).max() > MAX_OFFSET_MM:
        guess = "is its origin damaged?"
        raise InputError(
            f"{name}: lies {np.abs(affine[:3, 3]).max() / 1e6:.4g} km from the origin ({guess}); repair the header."
        )


def _product(sizes: tuple[int, ...]) -> int:
    """Return the product in whole numbers of any size; 1 for none."""
    product = 1
    for size in sizes:
        product *= int(size)
    return product
