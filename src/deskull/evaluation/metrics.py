"""Metrics: how well a mask agrees with a reference.

Overlap measures after Taha and Hanbury, BMC Med Imaging 2015; surface distances between edge voxels (those
with a face neighbour outside), as MONAI and the Medical Segmentation Decathlon take them.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deskull.masking import Mask, distance_to, edge_voxels

#: Predicted voxels farther than this outside the reference count as leak, in mm.
LEAK_MM = 5.0


@dataclass(frozen=True)
class Scores:
    """Agreement of a predicted mask with a reference.

    Attributes
    ----------
    dice, iou, sensitivity, specificity : float
        Between 0 and 1; NaN where undefined (both masks empty, or nothing outside).
    hd95, surface_distance : float
        95th percentile of the surface distance (the larger of both directions) and mean symmetric surface
        distance, in mm; NaN where a mask is empty.
    volume_ml, reference_ml, volume_difference_ml : float
        Volumes and predicted minus reference.
    leak : float
        Share of the predicted mask farther than 5 mm outside the reference.
    """

    dice: float
    iou: float
    sensitivity: float
    specificity: float
    hd95: float
    surface_distance: float
    volume_ml: float
    reference_ml: float
    volume_difference_ml: float
    leak: float

    def as_dict(self) -> dict[str, float]:
        """Return every score by name."""
        return asdict(self)


def score(
    predicted: npt.ArrayLike,
    reference: npt.ArrayLike,
    spacing: npt.ArrayLike = (1.0, 1.0, 1.0),
    roi: npt.ArrayLike | None = None,
) -> Scores:
    """Compare two masks on one grid.

    Parameters
    ----------
    predicted, reference : array_like, shape (x, y, z)
        Not 0 is inside.
    spacing : array_like, shape (3,)
        Voxel edges in mm.
    roi : array_like, shape (x, y, z), optional
        Only voxels where it is not 0 are compared; where it cuts a mask is no edge of the mask.

    Raises
    ------
    ValueError
        If shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.zeros((8, 8, 8)); a[2:6, 2:6, 2:6] = 1
    >>> score(a, np.roll(a, 1, 0)).dice
    0.75
    """
    a, b = np.asarray(predicted) != 0, np.asarray(reference) != 0
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: {a.shape} and {b.shape}")
    seen = np.ones_like(a) if roi is None else np.asarray(roi) != 0
    if seen.shape != a.shape:
        raise ValueError(f"shapes differ: {a.shape} and roi {seen.shape}")
    a, b = a & seen, b & seen
    steps = np.asarray(spacing, float)
    both, ours, theirs = int((a & b).sum()), int(a.sum()), int(b.sum())
    outside = int(seen.sum()) - theirs
    voxel_ml = float(np.prod(steps)) / 1000
    hd95, mean, leak = _surface_scores(a, b, steps, None if roi is None else seen)
    return Scores(
        dice=_ratio(2 * both, ours + theirs),
        iou=_ratio(both, ours + theirs - both),
        sensitivity=_ratio(both, theirs),
        specificity=_ratio(outside - (ours - both), outside),
        hd95=hd95,
        surface_distance=mean,
        volume_ml=ours * voxel_ml,
        reference_ml=theirs * voxel_ml,
        volume_difference_ml=(ours - theirs) * voxel_ml,
        leak=leak,
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _surface_scores(
    a: Mask, b: Mask, spacing: npt.NDArray[np.float64], seen: Mask | None
) -> tuple[float, float, float]:
    """HD95 and mean symmetric surface distance in mm, and leak."""
    if not (a.any() and b.any()):
        return math.nan, math.nan, math.nan
    box = ndimage.find_objects((a | b).astype(np.uint8))[0]
    if seen is not None:  # where a mask is cut by the region that is compared it has no edge
        box = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in box)
        unseen = ~seen[box]
        edge_a, edge_b = (mask & edge_voxels(mask | unseen) for mask in (a[box], b[box]))
    else:
        edge_a, edge_b = edge_voxels(a[box]), edge_voxels(b[box])
    if not (edge_a.any() and edge_b.any()):
        return math.nan, math.nan, math.nan
    a, b = a[box], b[box]
    to_a, to_b = distance_to(edge_a, spacing), distance_to(edge_b, spacing)
    forward, backward = to_b[edge_a], to_a[edge_b]
    hd95 = max(np.percentile(forward, 95), np.percentile(backward, 95))
    mean = (forward.sum() + backward.sum()) / (forward.size + backward.size)
    leak = float(((to_b > LEAK_MM) & a & ~b).sum() / a.sum())
    return float(hd95), float(mean), leak
