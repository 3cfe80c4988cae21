"""Geometry: volume, extent, symmetry, parts and contact with the edge of the field of view."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from deskull.quality.evidence import BoolArray, Evidence

#: Names of the grid's sides: its axes run to the right, to the front and upwards.
SIDES = ("left", "right", "back", "front", "bottom", "top")
#: Components smaller than this, in ml, are not counted.
_SMALL_ML = 0.5


def geometry_measures(evidence: Evidence) -> dict[str, float]:
    """Measure the mask's size and form.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to float
        ``volume_ml``; ``compactness`` (surface area over volume to the power of 2/3, 4.8 for a ball); ``symmetry``
        (Dice of the mask and its mirror image to the left and right); ``other_components`` (volume of the components
        that were removed, as a fraction); ``intracranial_ratio`` (intracranial volume over the mask's);
        ``contact_SIDE`` (of the mask's edge, the fraction that is the end of the field of view) and ``contact``, their
        sum; ``gap`` (of the slices between the ends of the mask, the fraction in which it has no voxel) and
        ``blank_contact`` (of the mask's edge, the fraction beside slices of a single value).
    """
    inside, ml = evidence.inside, float(np.prod(evidence.spacing)) / 1000
    volume = float(evidence.slice_counts[0].sum()) * evidence.scan.voxel_ml
    number = max(int(inside.sum()), 1)
    faces, area = _contacts(evidence), _surface_area(evidence)
    contacts = {f"contact_{side}": value / max(area, 1.0) for side, value in zip(SIDES, faces, strict=True)}
    wide = evidence.intracranial
    ratio = np.nan if wide is None else float(((wide < 0) & evidence.field_of_view).sum()) / number
    return {
        "volume_ml": volume,
        "compactness": area / max(number * ml * 1000, 1.0) ** (2 / 3),
        "symmetry": _symmetry(inside[evidence.box]),
        "other_components": _other_components(evidence, ml) / number,
        "intracranial_ratio": ratio,
        "contact": float(sum(contacts.values())),
        **contacts,
        **_blank_slices(evidence, area),
    }


def _blank_slices(evidence: Evidence, area: float) -> dict[str, float]:
    """Return how much of the mask is missing between slices, and how much of its edge lies beside blank ones."""
    data = evidence.scan.data
    gaps, beside = [0.0], 0.0
    for axis, counts in enumerate(evidence.slice_counts):
        held = np.flatnonzero(counts)
        if not len(held):
            continue
        first, last = int(held[0]), int(held[-1])
        gaps.append(1 - len(held) / (last - first + 1))
        face = float(np.prod(np.delete(evidence.scan.voxel_sizes, axis)))
        for end, neighbour in ((first, first - 1), (last, last + 1)):
            if 0 <= neighbour < len(counts) and np.ptp(np.moveaxis(data, axis, 0)[neighbour, ::2, ::2]) == 0:
                beside += float(counts[end]) * face
    return {"gap": max(gaps), "blank_contact": beside / max(area, 1.0)}


def _surface_area(evidence: Evidence) -> float:
    """Return the area of the mask's edge in square mm, from the fraction of voxels that it passes."""
    near = np.clip(1 - np.abs(evidence.depth[evidence.box]), 0, None)
    return float(near.sum() * np.prod(evidence.spacing))


def _contacts(evidence: Evidence) -> list[float]:
    """Return the area in square mm where the mask ends with the field of view, by side."""
    inside = np.pad(evidence.inside[evidence.box], 1)
    seen = np.pad(evidence.field_of_view[evidence.box], 1)
    areas = []
    for axis in range(3):
        face = float(np.prod(np.delete(evidence.spacing, axis)))
        for step in (1, -1):
            neighbour = np.roll(seen, step, axis)
            areas.append(float((inside & seen & ~neighbour).sum()) * face)
    return areas


def _symmetry(inside: BoolArray) -> float:
    """Return the Dice of a mask and its mirror image about the plane through its middle."""
    if not inside.any():
        return np.nan
    columns = inside.sum(axis=(1, 2))
    middle = float((columns * np.arange(len(columns))).sum() / columns.sum())
    mirrored = np.zeros_like(inside)
    at = np.round(2 * middle - np.arange(len(columns))).astype(int)
    valid = (at >= 0) & (at < len(columns))
    mirrored[valid] = inside[at[valid]]
    return float((inside & mirrored).sum() * 2 / (inside.sum() + mirrored.sum()))


def _other_components(evidence: Evidence, ml: float) -> float:
    """Return the number of voxels that the network took for brain, and that were removed as separate components."""
    removed = (evidence.predicted < evidence.border) & ~evidence.inside & evidence.field_of_view
    if removed.sum() * ml < _SMALL_ML:
        return 0.0
    return float(ndimage.binary_opening(removed).sum())
