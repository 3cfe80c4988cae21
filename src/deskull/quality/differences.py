"""Differences: the parts in which a given mask differs from the network's by more than 5 mm, and where they lie."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from nibabel.affines import apply_affine
from scipy import ndimage

from deskull.volume import MM3_PER_ML, Affine, FloatArray

#: Parts of a mask farther from the other's edge than this are differences of shape, in mm.
FAR_MM = 5.0
#: At most this number of parts is named, and none smaller than this, in ml.
_N_NAMED, _SMALLEST_ML = 5, 0.1
#: Words for the directions from left to right, back to front and bottom to top, in the order in which they are said.
_WORDS = ((2, "lower", "upper"), (1, "back", "front"), (0, "left", "right"))
#: A direction is named if the part lies at least this far along it, of its distance from the centre: 17 degrees.
_NAMED_FROM = 0.3
#: Parts nearer to the centre than this part of the brain's radius have no direction.
_CENTRAL = 0.2


class Kind(enum.StrEnum):
    """Which of the two masks has a part."""

    #: The given mask, outside of the network's brain.
    extra = "extra"
    #: The network's brain; the given mask lacks it.
    missing = "missing"


@dataclass(frozen=True)
class Difference:
    """A connected part in which a given mask differs from the network's.

    Attributes
    ----------
    kind : Kind
    volume_ml : float
        Of what lies more than 5 mm from the border of the network's mask.
    centre_mm : (float, float, float)
        World coordinates in mm, RAS+: of the voxel of the part that is nearest to its centre of mass.
    place : str
        Direction from the centre of the brain, in words: ``lower front left``.
    """

    kind: Kind
    volume_ml: float
    centre_mm: tuple[float, float, float]
    place: str

    def as_dict(self) -> dict[str, Any]:
        """Return the part as JSON can hold it."""
        return {
            "kind": str(self.kind),
            "volume_ml": float(f"{self.volume_ml:.4g}"),
            "centre_ras_mm": [round(value, 1) + 0.0 for value in self.centre_mm],
            "place": self.place,
        }

    def where(self) -> str:
        """Return the place in words and in numbers, for a sentence.

        Examples
        --------
        >>> Difference(Kind.extra, 2.0, (-32.4, 45.0, -20.1), "lower front left").where()
        'lower front left (RAS -32, 45, -20 mm)'
        >>> Difference(Kind.missing, 2.0, (-0.4, 60.0, 1.0), "front").where()
        'front (RAS 0, 60, 1 mm)'
        """
        return f"{self.place} (RAS {', '.join(str(round(value)) for value in self.centre_mm)} mm)"


@dataclass(frozen=True, eq=False)
class FarParts:
    """Where a given mask and the network's differ by more than 5 mm.

    Attributes
    ----------
    extra : ndarray of bool, shape (x, y, z)
        Voxels of the given mask more than 5 mm outside of the border of the network's mask.
    missing : ndarray of bool, shape (x, y, z)
        Voxels more than 5 mm inside of that border that the given mask lacks.
    """

    extra: npt.NDArray[np.bool_]
    missing: npt.NDArray[np.bool_]


def far_parts(distance: FloatArray, mask: npt.NDArray[np.bool_], border: float) -> FarParts:
    """Find where a given mask and the network's differ by more than 5 mm.

    Parameters
    ----------
    distance : ndarray of float32, shape (x, y, z)
        Signed distance to the network's surface in mm, negative inside.
    mask : ndarray of bool, same shape
        The given mask.
    border : float
        Of the network's mask, in mm from its surface.

    Returns
    -------
    FarParts
    """
    return FarParts(mask & (distance > border + FAR_MM), ~mask & (distance < border - FAR_MM))


def find_differences(
    parts: FarParts, brain: npt.NDArray[np.bool_], affine: Affine, *, count: int = _N_NAMED
) -> list[Difference]:
    """Find the largest connected parts in which the masks differ by more than 5 mm.

    Parameters
    ----------
    parts : FarParts
    brain : ndarray of bool, shape (x, y, z)
        The network's mask, from whose centre directions are taken.
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm.
    count : int
        The most that are returned.

    Returns
    -------
    list of Difference
        The largest first, none below 0.1 ml.
    """
    voxel_ml = float(abs(np.linalg.det(affine[:3, :3]))) / MM3_PER_ML
    centre, radius = _centre_and_radius(brain, affine)
    found = [
        Difference(kind, volume_ml, (x, y, z), place_of((x - centre[0], y - centre[1], z - centre[2]), radius))
        for kind, voxels in ((Kind.extra, parts.extra), (Kind.missing, parts.missing))
        for volume_ml, (x, y, z) in _largest(voxels, voxel_ml, affine, count)
    ]
    return sorted(found, key=lambda part: -part.volume_ml)[:count]


def _largest(
    voxels: npt.NDArray[np.bool_], voxel_ml: float, affine: Affine, count: int
) -> list[tuple[float, tuple[float, float, float]]]:
    """Volume in ml and central voxel in world coordinates of the largest parts, whose voxels may touch at corners."""
    boxes = ndimage.find_objects(voxels.astype(np.uint8))
    if not boxes:
        return []
    labels, _ = ndimage.label(voxels[boxes[0]], np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    chosen = [int(label) for label in np.argsort(-sizes)[:count] if sizes[label] * voxel_ml >= _SMALLEST_ML]
    corner = [side.start for side in boxes[0]]
    return [
        (float(sizes[label]) * voxel_ml, _central_voxel(np.argwhere(labels == label) + corner, affine))
        for label in chosen
    ]


def _central_voxel(indices: npt.NDArray[np.intp], affine: Affine) -> tuple[float, float, float]:
    """World coordinates of the voxel nearest to the centre of mass of some, given by their indices, shape (n, 3)."""
    points = apply_affine(affine, indices)
    offsets = points - points.mean(axis=0)
    x, y, z = points[int(np.argmin((offsets**2).sum(axis=1)))].tolist()
    return x, y, z


def _centre_and_radius(brain: npt.NDArray[np.bool_], affine: Affine) -> tuple[Affine, float]:
    """Centre of mass in world coordinates, and radius in mm of the ball of the same volume."""
    count = int(np.count_nonzero(brain))
    if not count:
        return apply_affine(affine, (np.array(brain.shape) - 1) / 2), 0.0
    planes = [brain.sum(axis=tuple(other for other in range(3) if other != axis)) for axis in range(3)]
    index = [float(np.arange(len(counts)) @ counts) / count for counts in planes]
    volume = count * abs(float(np.linalg.det(affine[:3, :3])))
    return apply_affine(affine, index), (3 * volume / (4 * math.pi)) ** (1 / 3)


def place_of(offset_mm: Sequence[float], radius_mm: float) -> str:
    """Return the direction of an offset from the centre of the brain, in words.

    Parameters
    ----------
    offset_mm : sequence of float
        To the right, to the front and upwards, in mm.
    radius_mm : float
        Of the brain.

    Examples
    --------
    >>> place_of((-40, 50, -35), 70), place_of((2, -3, 60), 70), place_of((5, 0, 5), 70)
    ('lower front left', 'top', 'centre')
    """
    length = math.hypot(*offset_mm)
    if length <= _CENTRAL * radius_mm:
        return "centre"
    named = [
        high if offset_mm[axis] > 0 else low
        for axis, low, high in _WORDS
        if abs(offset_mm[axis]) >= _NAMED_FROM * length
    ]
    alone = {"lower": "bottom", "upper": "top"}
    return alone.get(named[0], named[0]) if len(named) == 1 else " ".join(named)
