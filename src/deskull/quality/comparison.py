"""Comparison: how a mask of another tool, or one drawn by hand, differs from the network's.

Definitions of the brain differ by a constant distance, so that the network's mask is taken at the border at which it
fits the given mask best. A larger distance than definitions explain is a fault: it is measured, and counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deskull.quality.differences import far_parts
from deskull.volume import FloatArray

_Numbers = npt.NDArray[np.float64]

#: Definitions of the brain differ by at most this distance from the network's default border, in mm.
DEFINITIONS_MM = 2.0
#: Farthest offset that is looked for, and the step, in mm.
FARTHEST_MM, _STEP_MM = 8.0, 0.25
_OFFSETS = np.arange(-FARTHEST_MM, FARTHEST_MM + _STEP_MM / 2, _STEP_MM)


@dataclass(frozen=True)
class Comparison:
    """A given mask against the network's.

    Attributes
    ----------
    dice : float
        At the border that fits best of those within 2 mm of the default one.
    border_mm : float
        That border, from the network's surface, at which the masks are compared; the default one for an empty mask.
    offset_mm : float
        How far the given mask's edge lies outside of the default border, by the best fit of all within 8 mm: negative
        where it lies inside.
    volume_ml : float
        Of the given mask.
    extra_ml, missing_ml : float
        Volume of the given mask more than 5 mm outside of the border of the network's, and of what lies more than 5 mm
        inside of that border and is missing in the given mask.
    edge_95_mm : float
        95 % of the given mask's edge lies within this distance from the network's edge at that border; NaN if it has
        no edge. Far from the brain the distance is not known and counts as that of the network's band, 10 mm.
    """

    dice: float
    border_mm: float
    offset_mm: float
    volume_ml: float
    extra_ml: float
    missing_ml: float
    edge_95_mm: float


def compare_with(
    distance: FloatArray, mask: npt.NDArray[np.bool_], voxel_ml: float, default_border: float = 0.0
) -> Comparison:
    """Compare a given mask with the network's distance.

    Parameters
    ----------
    distance : ndarray of float32, shape (x, y, z)
        Signed distance to the network's surface in mm, negative inside.
    mask : ndarray of bool, same shape
    voxel_ml : float
        Volume of a voxel.
    default_border : float
        At which the network's own masks end, in mm.

    Returns
    -------
    Comparison
    """
    dice = _dice_at(distance, mask, default_border + _OFFSETS)
    fitted = _best(dice)
    nearest = _best(np.where(np.abs(_OFFSETS) <= DEFINITIONS_MM, dice, -1.0))
    border = default_border + float(_OFFSETS[nearest])
    parts = far_parts(distance, mask, border)
    volume, extra, missing = (float(np.count_nonzero(part) * voxel_ml) for part in (mask, parts.extra, parts.missing))
    edge = _distance_of_edge(distance, mask) - border
    apart = float(np.percentile(np.abs(edge), 95)) if edge.size else float("nan")
    return Comparison(float(dice[nearest]), border, float(_OFFSETS[fitted]), volume, extra, missing, apart)


def _dice_at(distance: FloatArray, mask: npt.NDArray[np.bool_], borders: _Numbers) -> _Numbers:
    """Dice coefficients of a mask with the network's at some borders, which increase."""
    edges = np.concatenate([[-np.inf], borders, [np.inf]])
    ours, both = (np.cumsum(np.histogram(values, edges)[0])[:-1] for values in (distance, distance[mask]))
    return np.asarray(2.0 * both / np.maximum(ours + np.count_nonzero(mask), 1))


def _best(dice: _Numbers) -> int:
    """Index of the offset with the highest Dice coefficient, the smallest offset of several."""
    return min(np.flatnonzero(dice == dice.max()).tolist(), key=lambda index: abs(_OFFSETS[index]))


def _distance_of_edge(distance: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
    """Distance to the network's surface at each face between a voxel of the mask and one outside of it."""
    found = []
    for axis in range(3):
        ends = np.moveaxis(mask, axis, 0), np.moveaxis(distance, axis, 0)
        changes = np.nonzero(ends[0][1:] != ends[0][:-1])
        found.append((ends[1][1:][changes] + ends[1][:-1][changes]) / 2)
    return np.concatenate(found)
