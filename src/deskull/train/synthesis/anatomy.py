"""Anatomies: label maps made ready for synthesis, cached on disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from deskull.errors import InputError
from deskull.system.atomic import atomic_path
from deskull.train.synthesis.surfaces import brain_mask, intracranial_mask, smooth_distance
from deskull.train.synthesis.tissues import SCHEMES, Labels, tissues_of

#: Distances farther than this from a surface are clipped, in mm.
REACH_MM = 20.0
CACHE_VERSION = 5


@dataclass(frozen=True)
class Anatomy:
    """One head to synthesise images from.

    Attributes
    ----------
    name : str
    tissues : ndarray of uint8, shape (x, y, z)
        `Tissue` numbers, RAS+, cropped to the head.
    spacing : float
        Edge of the isotropic voxels in mm.
    distances : ndarray of float16, shape (2, x', y', z')
        Signed distances in mm to the brain and intracranial surfaces at every second voxel of `tissues`.
    """

    name: str
    tissues: Labels
    spacing: float
    distances: npt.NDArray[np.float16]

    @property
    def newborn(self) -> bool:
        """Whether it is from the neonatal atlas."""
        return self.name.startswith("neonate")

    @cached_property
    def middle(self) -> npt.NDArray[np.float32]:
        """Middle of the brain in mm from the centre of `tissues`, shape (3,)."""
        half = (np.array(self.distances.shape[1:]) - 1) / 2
        middle: npt.NDArray[np.float32] = (np.argwhere(self.distances[0] < 0).mean(axis=0) - half) * 2 * self.spacing
        return middle.astype(np.float32)


def read_anatomy(path: Path) -> Anatomy:
    """Read a label map of ``labelmaps/`` and build its surfaces.

    Parameters
    ----------
    path : Path
        ``synthseg_*``, ``scatterbrains_*`` or ``neonate_*``; the name tells the scheme.

    Raises
    ------
    InputError
        If the name tells none.
    """
    name = path.name.split(".")[0]
    scheme = name.split("_")[0]
    if scheme not in SCHEMES:
        known = ", ".join(f"{known}_*" for known in SCHEMES)
        raise InputError(f"{path}: its name does not tell how to read its labels; name label maps {known}.")
    image = nib.as_closest_canonical(nib.load(path))
    spacing = float(np.abs(image.affine[:3, :3]).max(axis=0).mean())
    labels = np.asarray(image.dataobj)
    tissues = _crop_to_head(tissues_of(labels, scheme, spacing))
    return Anatomy(name, tissues, spacing, _distances(tissues, spacing))


def _crop_to_head(tissues: Labels, margin: int = 3) -> Labels:
    """Crop to the head and a little air, but to the very last slice below: the neck goes on there."""
    found = np.argwhere(tissues > 0)
    low, high = found.min(axis=0) - margin, found.max(axis=0) + 1 + margin
    low[2] = found[:, 2].min()
    high -= (high - low + 1) % 2  # odd sizes: every second voxel then has the same centre
    padded = np.pad(tissues, margin)
    box = tuple(slice(lo + margin, hi + margin) for lo, hi in zip(low, high, strict=True))
    return np.ascontiguousarray(padded[box])


def _distances(tissues: Labels, spacing: float) -> npt.NDArray[np.float16]:
    """Both signed distances, computed near the brain only and clipped elsewhere."""
    pad = round(REACH_MM / spacing)
    padded = np.pad(tissues, pad)
    found = np.argwhere((padded > 0) & (padded < 9))
    low, high = found.min(axis=0) - pad, found.max(axis=0) + 1 + pad
    box = tuple(slice(lo, hi) for lo, hi in zip(low, high, strict=True))
    near = padded[box]
    brain = brain_mask(near, spacing)
    fields = np.full((2, *padded.shape), REACH_MM, np.float16)
    for channel, mask in enumerate((brain, intracranial_mask(near, brain, spacing))):
        fields[channel][box] = np.clip(smooth_distance(mask, spacing), -REACH_MM, REACH_MM)
    inner = tuple(slice(pad, -pad, 2) for _ in range(3))
    return np.ascontiguousarray(fields[(slice(None), *inner)])


def load_anatomy(path: Path, cache: Path) -> Anatomy:
    """Like `read_anatomy`, but through a cache folder: computed once, whole or not at all."""
    name = path.name.split(".")[0]
    kept = cache / f"{name}.v{CACHE_VERSION}.npz"
    if not kept.exists():
        anatomy = read_anatomy(path)
        with atomic_path(kept, overwrite=True) as partial:
            np.savez(partial, tissues=anatomy.tissues, spacing=anatomy.spacing, distances=anatomy.distances)
    with np.load(kept) as found:
        return Anatomy(name, found["tissues"], float(found["spacing"]), found["distances"])
