"""Label maps made ready for synthesis: tissues, and the distances to both surfaces; cached on disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import nibabel as nib
import numpy as np
import numpy.typing as npt

from deskull.errors import InputError
from deskull.system.atomic import atomic_path
from deskull.train.synthesis.surfaces import brain_mask, intracranial_mask, smooth_distance
from deskull.train.synthesis.tissues import BRAIN_TISSUES, SCHEMES, Tissue, TissueArray, tissues_of

#: Distances farther from a surface than this are clipped, in mm.
REACH_MM = 20.0
#: Air that is kept around the head, in voxels.
_MARGIN = 3
#: Part of the names of cached files: a new number has all of them computed again.
_CACHE_VERSION = 5


@dataclass(frozen=True)
class LabelMap:
    """The head of one person or atlas, from which images are made.

    Attributes
    ----------
    name : str
        Of its file, without the extension.
    tissues : ndarray of uint8, shape (x, y, z)
        `Tissue` numbers, RAS+, cropped to the head.
    voxel_size : float
        Edge of the isotropic voxels in mm.
    distances : ndarray of float16, shape (2, x', y', z')
        Signed distances in mm to the brain and intracranial surfaces at every second voxel of `tissues`.
    """

    name: str
    tissues: TissueArray
    voxel_size: float
    distances: npt.NDArray[np.float16]

    @property
    def newborn(self) -> bool:
        """Whether it is from the neonatal atlas."""
        return self.name.startswith("neonate")

    @cached_property
    def brain_centre(self) -> npt.NDArray[np.float32]:
        """Middle of the brain in mm from the middle of `tissues`, shape (3,)."""
        middle = (np.array(self.distances.shape[1:]) - 1) / 2
        centre: npt.NDArray[np.float32] = np.argwhere(self.distances[0] < 0).mean(axis=0) - middle
        return (centre * 2 * self.voxel_size).astype(np.float32)


def name_of(path: Path) -> str:
    """Name of a label map, from its file's."""
    return path.name.split(".")[0]


def read_label_map(path: Path) -> LabelMap:
    """Read a label map and compute its surfaces.

    Parameters
    ----------
    path : Path
        ``synthseg_*``, ``scatterbrains_*`` or ``neonate_*``; the name states the meaning of the labels.

    Raises
    ------
    InputError
        If the name does not.
    """
    name = name_of(path)
    scheme = name.split("_")[0]
    if scheme not in SCHEMES:
        known = ", ".join(f"{known}_*" for known in SCHEMES)
        raise InputError(
            f"{path}: the meaning of its labels cannot be inferred from its name; name label maps {known}."
        )
    image = nib.as_closest_canonical(nib.load(path))
    voxel_size = float(np.abs(image.affine[:3, :3]).max(axis=0).mean())
    tissues = _crop_to_head(tissues_of(np.asarray(image.dataobj), scheme, voxel_size))
    return LabelMap(name, tissues, voxel_size, surface_distances(tissues, voxel_size))


def _crop_to_head(tissues: TissueArray) -> TissueArray:
    """Crop to the head and a little air; below, exactly to the lowest slice, as the neck continues there."""
    head = np.argwhere(tissues > 0)
    low, high = head.min(axis=0) - _MARGIN, head.max(axis=0) + 1 + _MARGIN
    low[2] = head[:, 2].min()
    high -= (high - low + 1) % 2  # odd sizes: every second voxel then has the same middle
    padded = np.pad(tissues, _MARGIN)
    box = tuple(slice(lo + _MARGIN, hi + _MARGIN) for lo, hi in zip(low, high, strict=True))
    return np.ascontiguousarray(padded[box])


def surface_distances(tissues: TissueArray, voxel_size: float) -> npt.NDArray[np.float16]:
    """Signed distances to both surfaces, computed near the brain and clipped to `REACH_MM` elsewhere.

    Parameters
    ----------
    tissues : ndarray of uint8, shape (x, y, z)
        Of odd sizes.
    voxel_size : float
        Edge of the isotropic voxels in mm.

    Returns
    -------
    ndarray of float16, shape (2, (x + 1) / 2, (y + 1) / 2, (z + 1) / 2)
        In mm, at every second voxel.
    """
    pad = round(REACH_MM / voxel_size)
    padded = np.pad(tissues, pad)
    brain_voxels = np.argwhere((padded > Tissue.AIR) & (padded <= max(BRAIN_TISSUES)))
    low, high = brain_voxels.min(axis=0) - pad, brain_voxels.max(axis=0) + 1 + pad
    box = tuple(slice(lo, hi) for lo, hi in zip(low, high, strict=True))
    near = padded[box]
    brain = brain_mask(near, voxel_size)
    fields = np.full((2, *padded.shape), REACH_MM, np.float16)
    for channel, mask in enumerate((brain, intracranial_mask(near, brain, voxel_size))):
        fields[channel][box] = np.clip(smooth_distance(mask, voxel_size), -REACH_MM, REACH_MM)
    inner = tuple(slice(pad, -pad, 2) for _ in range(3))
    return np.ascontiguousarray(fields[(slice(None), *inner)])


def load_label_map(path: Path, cache: Path) -> LabelMap:
    """Read a label map through a cache folder; a killed process leaves no partial file in it.

    Parameters
    ----------
    path : Path
        See `read_label_map`.
    cache : Path
        Folder of label maps with their distances.

    Raises
    ------
    InputError
        If the meaning of the labels is unknown, or the cached file is damaged.
    """
    name = name_of(path)
    cached = cache / f"{name}.v{_CACHE_VERSION}.npz"
    if not cached.exists():
        fresh = read_label_map(path)
        with atomic_path(cached, overwrite=True) as partial:
            np.savez(partial, tissues=fresh.tissues, spacing=fresh.voxel_size, distances=fresh.distances)
    try:
        with np.load(cached) as arrays:
            return LabelMap(name, arrays["tissues"], float(arrays["spacing"]), arrays["distances"])
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise InputError(f"{cached}: is damaged; delete it, and it is computed again.") from error
