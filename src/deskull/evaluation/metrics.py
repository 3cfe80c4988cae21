"""Metrics: how well a mask agrees with a reference mask.

Overlap measures follow Taha and Hanbury, BMC Med Imaging 2015. Surface distances are taken between edge voxels (those
with a face neighbour outside the mask), as in MONAI and the Medical Segmentation Decathlon.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deskull.masking import Mask, distance_to, edge_voxels

#: False positives farther than this from the reference, in mm, are counted separately: they lie in other tissue.
FAR_MM = 5.0


@dataclass(frozen=True)
class Scores:
    """Agreement of a predicted mask with a reference mask.

    Attributes
    ----------
    dice, iou, sensitivity, specificity : float
        Between 0 and 1; NaN where undefined (both masks are empty, or the reference fills the whole image).
    hd95, surface_distance : float
        95th percentile of the surface distance (the larger of both directions) and mean symmetric surface distance,
        in mm; NaN where a mask is empty.
    volume_ml, reference_ml, volume_difference_ml : float
        Volume of the predicted mask, of the reference, and predicted minus reference, in ml.
    far_false_positives : float
        Fraction of the predicted mask A that lies outside the reference B and more than 5 mm from its edge:
        ``|{v in A : v not in B, distance(v, B) > 5 mm}| / |A|``, between 0 and 1; NaN where a mask is empty.
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
    far_false_positives: float

    def as_dict(self) -> dict[str, float]:
        """Return every score by name.

        Returns
        -------
        dict of str to float
        """
        return asdict(self)


def score(
    predicted: npt.ArrayLike,
    reference: npt.ArrayLike,
    spacing: npt.ArrayLike = (1.0, 1.0, 1.0),
    roi: npt.ArrayLike | None = None,
) -> Scores:
    """Score a mask against a reference on the same grid.

    Parameters
    ----------
    predicted, reference : array_like, shape (x, y, z)
        Voxels that are not 0 belong to the mask.
    spacing : array_like, shape (3,)
        Voxel edges in mm.
    roi : array_like, shape (x, y, z), optional
        Region of interest: only voxels where it is not 0 are compared. Where it cuts through a mask, the cut is not
        counted as part of the mask's surface.

    Returns
    -------
    Scores

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.zeros((8, 8, 8)); a[2:6, 2:6, 2:6] = 1
    >>> score(a, np.roll(a, 1, 0)).dice
    0.75
    """
    a, b = np.asarray(predicted) != 0, np.asarray(reference) != 0
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: predicted {a.shape}, reference {b.shape}; resample one of them.")
    region = np.ones_like(a) if roi is None else np.asarray(roi) != 0
    if region.shape != a.shape:
        raise ValueError(f"shapes differ: predicted {a.shape}, roi {region.shape}; resample one of them.")
    a, b = a & region, b & region
    voxel_edges = np.asarray(spacing, float)
    common, n_predicted, n_reference = int((a & b).sum()), int(a.sum()), int(b.sum())
    n_background = int(region.sum()) - n_reference
    voxel_ml = float(np.prod(voxel_edges)) / 1000
    hd95, mean_distance, far = _surface_scores(a, b, voxel_edges, None if roi is None else region)
    return Scores(
        dice=_ratio(2 * common, n_predicted + n_reference),
        iou=_ratio(common, n_predicted + n_reference - common),
        sensitivity=_ratio(common, n_reference),
        specificity=_ratio(n_background - (n_predicted - common), n_background),
        hd95=hd95,
        surface_distance=mean_distance,
        volume_ml=n_predicted * voxel_ml,
        reference_ml=n_reference * voxel_ml,
        volume_difference_ml=(n_predicted - n_reference) * voxel_ml,
        far_false_positives=far,
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _surface_scores(
    a: Mask, b: Mask, spacing: npt.NDArray[np.float64], region: Mask | None
) -> tuple[float, float, float]:
    """Compute HD95 and mean symmetric surface distance in mm, and the fraction of far false positives."""
    if not (a.any() and b.any()):
        return math.nan, math.nan, math.nan
    box = ndimage.find_objects((a | b).astype(np.uint8))[0]
    if region is not None:  # one voxel more, so that the region is known on both sides of the masks' edges
        box = tuple(slice(max(0, part.start - 1), part.stop + 1) for part in box)
    a, b = a[box], b[box]
    edge_a, edge_b = (_surface(mask, None if region is None else region[box]) for mask in (a, b))
    if not (edge_a.any() and edge_b.any()):
        return math.nan, math.nan, math.nan
    to_a, to_b = distance_to(edge_a, spacing), distance_to(edge_b, spacing)
    forward, backward = to_b[edge_a], to_a[edge_b]
    hd95 = max(np.percentile(forward, 95), np.percentile(backward, 95))
    mean_distance = (forward.sum() + backward.sum()) / (forward.size + backward.size)
    far = float(((to_b > FAR_MM) & a & ~b).sum() / a.sum())
    return float(hd95), float(mean_distance), far


def _surface(mask: Mask, region: Mask | None) -> Mask:
    """Find the edge voxels of a mask; where the region of interest cuts the mask there is no edge."""
    return edge_voxels(mask) if region is None else mask & edge_voxels(mask | ~region)
