"""Agreement of two networks: where they differ, at least one is wrong.

Pairwise Dice is the baseline that is hard to beat for finding failures of segmentation (Zenk et al. 2025, Medical Image
Analysis, arXiv 2406.03323).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from deskull.quality.evidence import BoolArray, Evidence, SecondLook
from deskull.volume import FloatArray

#: Nearer than this to either edge, in mm, the distances are compared.
_NEAR_MM = 3.0
#: A part that one network takes in and the other leaves out by more than this, in mm, is a difference of shape.
_FAR_MM = 3.0
#: Farther than this from the edge, in mm, the second network is taken to be certain: its distances end a little beyond.
_CERTAIN_MM = 9.5


def agreement_measures(evidence: Evidence) -> dict[str, float]:
    """Compare the distances of two networks.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to float
        ``agreement`` is the Dice of both masks, with voxels at the edge counted in part. Of the distances near the
        edge: ``difference_mm`` (mean of the absolute difference), ``difference_95_mm`` (95th percentile) and
        ``offset_mm`` (mean). ``second_adds`` and ``second_removes`` are volumes that differ by more than 3 mm, as a
        fraction of the mask's. ``expected_dice`` is the Dice that the second network expects of the mask, if its
        distance errs as it says (Laplace's distribution), and ``expected_error_mm`` the mean of that error near either
        edge. If the second network has looked at the mirror image, too: ``mirrored_agreement`` (of
        its answers for both images) and ``both_mirrored_agreement`` (of the first network with its answer for the
        mirror image).
    """
    look = evidence.second
    if look is None:
        return {}
    shape, spacing = look.distance.shape, look.spacing
    covered = evidence.field_of_view.astype(np.float32)
    seen = _at_centres(covered, shape, spacing, mode="constant") > 0.5
    edge_mm = float(evidence.spacing.mean()) * spacing
    first = _at_centres(evidence.depth, shape, spacing)
    measures = _compare(first, look.distance, seen, edge_mm) | _expected(first, look, seen, edge_mm)
    if evidence.mirrored is not None:
        mirrored = evidence.mirrored.distance
        measures["mirrored_agreement"] = _dice(look.distance, mirrored, seen, edge_mm)
        measures["both_mirrored_agreement"] = _dice(first, mirrored, seen, edge_mm)
    return measures


def _compare(first: FloatArray, second: FloatArray, seen: BoolArray, edge_mm: float) -> dict[str, float]:
    """Compare two distances on voxels of an edge in mm, where there is something to see."""
    differences = (second - first)[_near(first, second, seen)]
    absolute = np.abs(differences)
    volume = max(float(_partial(first, edge_mm, seen).sum()), 1.0)
    return {
        "agreement": _dice(first, second, seen, edge_mm),
        "difference_mm": float(absolute.mean()) if absolute.size else np.nan,
        "difference_95_mm": float(np.percentile(absolute, 95)) if absolute.size else np.nan,
        "offset_mm": float(differences.mean()) if absolute.size else np.nan,
        "second_adds": float((seen & (first > _FAR_MM) & (second < 0)).sum()) / volume,
        "second_removes": float((seen & (second > _FAR_MM) & (first < 0)).sum()) / volume,
    }


def _expected(first: FloatArray, look: SecondLook, seen: BoolArray, edge_mm: float) -> dict[str, float]:
    """Return what the second network expects of the mask, given how sure it is of its own edge."""
    depth = np.abs(look.distance)
    wrong = np.where(depth < _CERTAIN_MM, np.exp(-depth / look.expected_error) / 2, 0)
    probability = np.where(look.distance < 0, 1 - wrong, wrong) * seen
    mask = _partial(first, edge_mm, seen)
    errors = look.expected_error[_near(first, look.distance, seen)]
    return {
        "expected_dice": 2 * float((mask * probability).sum()) / max(float(mask.sum() + probability.sum()), 1e-6),
        "expected_error_mm": float(errors.mean()) if errors.size else np.nan,
    }


def _near(first: FloatArray, second: FloatArray, seen: BoolArray) -> BoolArray:
    """Return which voxels lie near either edge."""
    return np.asarray(seen & ((np.abs(first) < _NEAR_MM) | (np.abs(second) < _NEAR_MM)))


def _dice(first: FloatArray, second: FloatArray, seen: BoolArray, edge_mm: float) -> float:
    """Return the Dice of the masks of two distances, with voxels at the edge counted in part."""
    one, other = _partial(first, edge_mm, seen), _partial(second, edge_mm, seen)
    total = float(one.sum() + other.sum())
    return 2 * float(np.minimum(one, other).sum()) / total if total else 0.0


def _at_centres(values: FloatArray, shape: tuple[int, ...], spacing: float, mode: str = "nearest") -> FloatArray:
    """Interpolate at the centres of coarser voxels from the same corner; `mode` as in SciPy, beyond the grid."""
    offset = (spacing - 1) / 2
    return np.asarray(
        ndimage.affine_transform(values, [spacing] * 3, [offset] * 3, shape, order=1, mode=mode), np.float32
    )


def _partial(depth: FloatArray, edge_mm: float, seen: BoolArray) -> FloatArray:
    """Return the fraction of each voxel that lies inside."""
    return np.asarray(np.clip(0.5 - depth / edge_mm, 0, 1) * seen, np.float32)
